//! A measure of sharpness against what it is to predict: a dot for each run of a sweep.

use basin_train::brief::counted;
use basin_train::lab::grid::climbs;
use basin_train::lab::outcome::Column;
use basin_train::lab::relation::correlation;
use basin_train::lab::words;
use egui::{Ui, Vec2};
use egui_plot::{MarkerShape, Plot, PlotPoint, Points};

use super::axes::{along, pressable, room_around};
use crate::format;
use crate::state::Sweep;
use crate::sweeps::{Dot, is_wide, scatter};
use crate::theme::LaneMark;

/// Pixels from a point within which a click means it.
pub const NEAR: f32 = 24.0;

/// The dots, along `[measure, target]`; the cell of the one that was clicked.
pub fn scatter_ui(ui: &mut Ui, sweep: &Sweep, columns: [Column; 2], marks: &[LaneMark], size: Vec2, touch: bool) -> Option<usize> {
    let [measure, target] = columns;
    let dots = scatter(&sweep.grid, &sweep.outcomes, measure, target);
    let log = is_wide(dots.iter().map(|dot| dot.at[0]));
    let place = |dot: &Dot| [if log { dot.at[0].log10() } else { dot.at[0] }, dot.at[1]];
    let plot = along(pressable(ui, ("scatter", measure.word(), target.word()), size, touch), ui, log);
    let plot = room_around(dots.iter().map(|dot| place(dot)[0]), 0.0).into_iter().fold(plot, Plot::include_x);
    let plot = room_around(dots.iter().map(|dot| place(dot)[1]), 0.0).into_iter().fold(plot, Plot::include_y);
    let shown = plot.show(ui, |plot| {
        for (lane, mark) in marks.iter().enumerate() {
            let of = |trouble| dots.iter().filter(|dot| dot.lane == lane && dot.trouble == trouble).map(place).collect::<Vec<_>>();
            let points = |trouble| Points::new("", of(trouble)).color(mark.color.gamma_multiply(0.85)).allow_hover(false);
            plot.points(points(false).radius(3.0));
            plot.points(points(true).radius(4.5).shape(MarkerShape::Cross));
        }
    });
    let (transform, response) = (shown.transform, shown.response);
    let distance = |dot: &Dot, pointer: egui::Pos2| {
        let [x, y] = place(dot);
        transform.position_from_point(&PlotPoint::new(x, y)).distance(pointer)
    };
    let near = |pointer: egui::Pos2| {
        let nearest = dots.iter().map(|dot| (dot, distance(dot, pointer))).min_by(|(_, a), (_, b)| a.total_cmp(b));
        nearest.filter(|(_, distance)| *distance < NEAR).map(|(dot, _)| *dot)
    };
    // A finger is gone in the moment in which it has pressed.
    let dot = response.interact_pointer_pos().or_else(|| response.hover_pos()).and_then(near);
    let clicked = dot.filter(|_| response.clicked()).map(|dot| dot.cell);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, spoken(sweep, columns, dots.len())));
    if let Some(dot) = dot {
        response.on_hover_text_at_pointer(told(sweep, columns, &dot));
    }
    clicked
}

/// One run in words.
fn told(sweep: &Sweep, [measure, target]: [Column; 2], dot: &Dot) -> String {
    let grid = &sweep.grid;
    let point = grid.point_of(dot.cell);
    let rho = if climbs(&grid.experiment.lanes[dot.lane]) { format!(" at ρ {}", point.rho) } else { String::new() };
    let setting = match words::setting(grid, point.setting) {
        words if words.is_empty() => words,
        words => format!(", {words}"),
    };
    let [x, y] = dot.at.map(format::short);
    let trouble = if dot.trouble { "\nCollapsed to one class" } else { "" };
    let (title, seed) = (&grid.titles()[dot.lane], grid.seed(dot.cell));
    format!("{title}{rho}, seed {seed}{setting}\n{}: {x}\n{}: {y}{trouble}", measure.title(), target.title())
}

/// The chart in words.
fn spoken(sweep: &Sweep, [measure, target]: [Column; 2], dots: usize) -> String {
    let found = words::rank_correlation(correlation(&sweep.grid, &sweep.outcomes, measure, target));
    format!("{} against {}, {}: {found}", target.name(), measure.name(), counted(dots, "dot"))
}
