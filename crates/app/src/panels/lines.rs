//! A small chart of a few lines, with what stands at the pointer.

use std::hash::Hash;

use egui::{Rangef, Sense, Ui, Vec2, vec2};
use egui_plot::{AxisHints, GridMark, Line as PlotLine, Plot, PlotPoints, Points};

use super::axes::{GRID_POINTS, axis, decimal_label, marks_every, room_around, still, x_label};
use crate::format;
use crate::theme::LaneMark;
use crate::widgets;

/// One line.
pub struct Series<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its colour.
    pub mark: LaneMark,
    /// Its points, from left to right; those that are not finite are left out.
    pub points: Vec<[f64; 2]>,
}

/// A chart of `size`; `along` names what runs along the bottom, `marked` are points that stand out. `spoken` is the
/// chart in words.
pub fn lines_ui(
    ui: &mut Ui,
    id: impl Hash + std::fmt::Debug,
    size: Vec2,
    along: &str,
    series: &[Series<'_>],
    marked: &[[f64; 2]],
    spoken: &str,
) {
    let strong = ui.visuals().strong_text_color();
    let below = axis(AxisHints::new_x(), ui, 11.5).formatter(|mark: GridMark, _| {
        if mark.value >= 10_000.0 { x_label(mark.value) } else { decimal_label(mark.value, mark.step_size) }
    });
    let beside =
        axis(AxisHints::new_y(), ui, 11.5).min_thickness(40.0).formatter(|mark: GridMark, _| decimal_label(mark.value, mark.step_size));
    let finite = |points: &[[f64; 2]]| points.iter().copied().filter(|p| p[0].is_finite() && p[1].is_finite()).collect::<Vec<_>>();
    let mut pointer = None;
    // A low chart has room for two numbers all the same.
    let least = (size.y / 5.0).clamp(16.0, GRID_POINTS);
    let points = || series.iter().flat_map(|line| line.points.iter()).chain(marked);
    let plot = room_around(points().map(|p| p[0]), 1.0).into_iter().fold(still(Plot::new(id)), Plot::include_x);
    let plot = room_around(points().map(|p| p[1]), 0.0).into_iter().fold(plot, Plot::include_y);
    let response = plot
        .width(size.x)
        .height(size.y)
        .sense(Sense::focusable_noninteractive())
        .set_margin_fraction(vec2(0.03, 0.08))
        .grid_spacing(Rangef::new(least, 10.0 * least))
        .grid_color(ui.visuals().widgets.noninteractive.bg_stroke.color)
        .x_grid_spacer(move |input| marks_every(&input, f64::from(60.0 / least)))
        .custom_x_axes(vec![below])
        .custom_y_axes(vec![beside])
        .show(ui, |plot| {
            for line in series {
                let points = finite(&line.points);
                if points.len() < 3 {
                    plot.points(Points::new("", points.clone()).color(line.mark.color).radius(3.0).allow_hover(false));
                }
                let style = line.mark.pattern.line_style();
                plot.line(PlotLine::new("", PlotPoints::from(points)).color(line.mark.color).width(2.0).style(style).allow_hover(false));
            }
            plot.points(Points::new("", finite(marked)).color(strong).radius(4.0).allow_hover(false));
            if plot.response().hovered() {
                pointer = plot.pointer_coordinate();
            }
        })
        .response;
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, spoken));
    if let Some(pointer) = pointer {
        response.on_hover_ui_at_pointer(|ui| {
            egui::Grid::new("at the pointer").num_columns(3).spacing(vec2(10.0, 2.0)).show(ui, |ui| {
                for line in series {
                    let near = |p: &&[f64; 2]| (p[0] - pointer.x).abs();
                    let Some(point) = line.points.iter().filter(|p| p[1].is_finite()).min_by(|a, b| near(a).total_cmp(&near(b))) else {
                        continue;
                    };
                    widgets::swatch(ui, line.mark);
                    ui.label(line.name);
                    ui.label(format!("{} at {}", format::short(point[1]), x_label(point[0])));
                    ui.end_row();
                }
            });
            widgets::hint(ui, along);
        });
    }
}
