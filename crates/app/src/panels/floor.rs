//! The floor of the valley: the three sharpnesses along it, and a dot on each.

use basin_optim::flattening::{Experiment, Line, Setup, Valley, Who};
use egui::{Rangef, Sense, Stroke, Ui, Vec2, vec2};
use egui_plot::{AxisHints, GridMark, Line as PlotLine, LineStyle, MarkerShape, Plot, PlotPoints, Points, VLine};

use super::axes::{GRID_POINTS, axis, decimal_label, marks_every, still};
use crate::theme::LaneMark;
use crate::{flattening, format};

/// A sharpness along the floor: whose it is, its height at a place, and where it is lowest.
pub type Sharpness = (Who, fn(f64) -> f64, f64);

/// The three.
pub const SHARPNESSES: [Sharpness; 3] =
    [(Who::Full, Valley::largest, 1.0), (Who::One, Valley::trace, 0.0), (Who::AscentDirection, Valley::smallest, -1.0)];

/// The three curves along the floor, the places where each is lowest, and the dots.
pub fn floor_ui(ui: &mut Ui, experiment: &Experiment, mark: impl Fn(Who) -> LaneMark, size: Vec2) {
    let [least, most] = Setup::PLACE;
    let below = axis(AxisHints::new_x(), ui, 11.5).formatter(|mark: GridMark, _| decimal_label(mark.value, mark.step_size));
    let beside =
        axis(AxisHints::new_y(), ui, 11.5).min_thickness(40.0).formatter(|mark: GridMark, _| decimal_label(mark.value, mark.step_size));
    let least_gap = (size.y / 5.0).clamp(16.0, GRID_POINTS);
    let response = still(Plot::new("floor"))
        .width(size.x)
        .height(size.y)
        .sense(Sense::focusable_noninteractive())
        .set_margin_fraction(vec2(0.03, 0.08))
        .grid_spacing(Rangef::new(least_gap, 10.0 * least_gap))
        .grid_color(ui.visuals().widgets.noninteractive.bg_stroke.color)
        .x_grid_spacer(move |input| marks_every(&input, 2.0))
        .custom_x_axes(vec![below])
        .custom_y_axes(vec![beside])
        .include_y(0.0)
        .show(ui, |plot| {
            for (who, height, lowest) in SHARPNESSES {
                let LaneMark { color, pattern } = mark(who);
                let points: Vec<[f64; 2]> =
                    (0..=60).map(|i| least + (most - least) * f64::from(i) / 60.0).map(|a| [a, height(a)]).collect();
                plot.line(
                    PlotLine::new("", PlotPoints::from(points)).color(color).width(2.0).style(pattern.line_style()).allow_hover(false),
                );
                let faint = color.gamma_multiply(0.6);
                plot.vline(
                    VLine::new("", lowest).stroke(Stroke::new(1.0, faint)).style(LineStyle::Dotted { spacing: 5.0 }).allow_hover(false),
                );
                let target = Points::new("", vec![[lowest, height(lowest)]]).color(color).filled(false).radius(8.0).allow_hover(false);
                plot.points(target.shape(MarkerShape::Diamond));
            }
            for (who, height, _) in SHARPNESSES {
                for a in dots(experiment, who) {
                    let dot = |radius| Points::new("", vec![[a, height(a)]]).radius(radius).allow_hover(false);
                    plot.points(dot(7.5).color(egui::Color32::WHITE));
                    plot.points(dot(6.0).color(mark(who).color));
                }
            }
        })
        .response;
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, spoken(experiment)));
}

/// Where the dots of one kind are.
fn dots(experiment: &Experiment, who: Who) -> impl Iterator<Item = f64> {
    experiment.lines().iter().filter(move |line| line.who == who && !line.theory).map(place)
}

/// A dot's place along the floor.
pub fn place(line: &Line) -> f64 {
    line.place().first().copied().unwrap_or(f64::NAN)
}

/// The floor in words.
fn spoken(experiment: &Experiment) -> String {
    let of = |(who, _, lowest): Sharpness| {
        dots(experiment, who)
            .map(|a| format!("{} at {}, its sharpness is lowest at {lowest}", flattening::title(who), format::short(a)))
            .collect::<Vec<_>>()
    };
    format!("The floor of the valley: {}", SHARPNESSES.into_iter().flat_map(of).collect::<Vec<_>>().join("; "))
}
