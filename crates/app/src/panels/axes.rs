//! The numbers along the axes of charts: which stand there, and how they are written.

use std::hash::Hash;

use egui::{FontId, Rangef, Sense, Ui, Vec2, Vec2b, vec2};
use egui_plot::{AxisHints, GridInput, GridMark, Plot};

use crate::format;
use crate::state::Metric;

/// Least distance of two lines of the grid.
pub const GRID_POINTS: f32 = 30.0;

/// A plot that stands still under the pointer: it shows what it is given, and nothing moves it.
pub fn still(plot: Plot<'_>) -> Plot<'_> {
    plot.show_background(false)
        .show_crosshair(false)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_axis_zoom_drag(false)
        .allow_boxed_zoom(false)
        .auto_bounds(Vec2b::TRUE)
        .grid_fade(0.0)
        .y_grid_spacer(|input| marks_every(&input, 1.01))
        .label_formatter(|_| None)
}

/// A plot of `size` that stands still, on which points can be pressed; not with a finger, which scrolls the page.
pub fn pressable(ui: &Ui, id: impl Hash + std::fmt::Debug, size: Vec2, touch: bool) -> Plot<'static> {
    let beside =
        axis(AxisHints::new_y(), ui, 11.5).min_thickness(40.0).formatter(|mark: GridMark, _| decimal_label(mark.value, mark.step_size));
    let least = (size.y / 5.0).clamp(16.0, GRID_POINTS);
    still(Plot::new(id))
        .width(size.x)
        .height(size.y)
        .sense(if touch { Sense::focusable_noninteractive() } else { Sense::CLICK })
        .set_margin_fraction(vec2(0.05, 0.1))
        .grid_spacing(Rangef::new(least, 10.0 * least))
        .grid_color(ui.visuals().widgets.noninteractive.bg_stroke.color)
        .custom_y_axes(vec![beside])
}

/// The numbers along the bottom of a plot: those of a logarithmic axis, whose marks are powers of ten, or of a plain one.
pub fn along(plot: Plot<'static>, ui: &Ui, log: bool) -> Plot<'static> {
    let below = axis(AxisHints::new_x(), ui, 11.5);
    if log {
        return plot
            .x_grid_spacer(|input| log_marks(&input))
            .custom_x_axes(vec![below.formatter(|mark, _| plain(10.0_f64.powf(mark.value)))]);
    }
    plot.x_grid_spacer(|input| marks_every(&input, 2.0))
        .custom_x_axes(vec![below.formatter(|mark, _| decimal_label(mark.value, mark.step_size))])
}

/// Numbers of an axis in this size.
pub fn axis(hints: AxisHints<'static>, ui: &Ui, size: f32) -> AxisHints<'static> {
    let color = ui.visuals().weak_text_color();
    hints.tick_label_color(color).tick_label_font(FontId::proportional(size)).label_spacing(Rangef::new(1.0, 2.0))
}

/// A number along the bottom.
pub fn x_label(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e7 {
        return if value.abs() >= 10_000.0 { format::count(value as usize) } else { format!("{value:.0}") };
    }
    format::short(value)
}

/// A number beside a chart of `metric`, whose axis may be logarithmic.
pub fn y_label(mark: GridMark, metric: Metric, log: bool) -> String {
    if log {
        return plain(10.0_f64.powf(mark.value));
    }
    let scale = if metric.is_fraction() { 100.0 } else { 1.0 };
    let text = decimal_label(scale * mark.value, scale * mark.step_size);
    if metric.is_fraction() { format!("{text} %") } else { text }
}

/// Where all numbers are the same, numbers below and above them that an axis should reach, a tenth of their size or
/// at least `least` away: without room its marks would be a millionth apart.
pub fn room_around(values: impl Iterator<Item = f64>, least: f64) -> Vec<f64> {
    let (low, high) = ends(values);
    let size = low.abs().max(high.abs());
    if low > high || high - low > 1e-3 * size {
        return Vec::new();
    }
    let room = if size > 0.0 { (0.1 * size).max(least) } else { 1.0 };
    vec![low - room, high + room]
}

/// Where all numbers lie within `span`, numbers below and above them that are so far apart: what chance alone makes of them should
/// not fill a chart.
pub fn no_shorter(values: impl Iterator<Item = f64>, span: f64) -> Vec<f64> {
    let (low, high) = ends(values);
    let middle = 0.5 * (low + high);
    if low > high || high - low >= span { Vec::new() } else { vec![middle - 0.5 * span, middle + 0.5 * span] }
}

/// The least and the greatest of the finite numbers; the least is above the greatest where there are none.
fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let finite = values.filter(|value| value.is_finite());
    finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
}

/// A number with as many decimals as tell it from its neighbour `step` away.
pub fn decimal_label(value: f64, step: f64) -> String {
    if value.abs() >= 1e6 {
        return format::short(value);
    }
    let decimals = if step > 0.0 { (-step.log10().floor()).clamp(0.0, 6.0) as usize } else { 1 };
    format!("{value:.decimals$}").replace('-', "−")
}

/// A number without needless zeros: `0.2`, `1`, `0.05`.
fn plain(value: f64) -> String {
    let decimals = (-value.abs().log10().floor()).clamp(0.0, 9.0) as usize;
    format!("{value:.decimals$}")
}

/// Marks at multiples of 1, 2 or 5 times a power of ten, at least `spread` times the grid's least distance apart.
pub fn marks_every(input: &GridInput, spread: f64) -> Vec<GridMark> {
    let least = spread * input.base_step_size;
    let (low, high) = input.bounds;
    if !(least.is_finite() && least > 0.0 && low.is_finite() && high.is_finite()) {
        return Vec::new();
    }
    let power = 10.0_f64.powf(least.log10().floor());
    let step_size = [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * power).find(|step| *step >= least).unwrap_or(10.0 * power);
    let (first, last) = ((low / step_size).ceil() as i64, (high / step_size).floor() as i64);
    (first..=last.min(first + 200)).map(|i| GridMark { value: i as f64 * step_size, step_size }).collect()
}

/// The same, of what is counted: there is nothing between two steps.
pub fn whole_marks(input: &GridInput, spread: f64) -> Vec<GridMark> {
    let mut marks = marks_every(input, spread);
    marks.retain(|mark| mark.value.fract() == 0.0);
    marks
}

/// 1, 2 and 5 of each decade, where there is room.
pub fn log_marks(input: &GridInput) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    if !(low.is_finite() && high.is_finite()) || high - low > 60.0 {
        return Vec::new();
    }
    let room = input.base_step_size;
    let mut marks = Vec::new();
    for decade in low.floor() as i32..=high.ceil() as i32 {
        for (digit, step_size) in [(1_u8, 1.0), (2, 0.3), (5, 0.3)] {
            let value = f64::from(decade) + f64::from(digit).log10();
            if value >= low && value <= high && (digit == 1 || room < step_size) {
                marks.push(GridMark { value, step_size });
            }
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_that_are_all_the_same_get_room() {
        assert_eq!(room_around([2.0, 2.0, f64::NAN].into_iter(), 0.0), [1.8, 2.2]);
        assert_eq!(room_around([2.0, 2.0].into_iter(), 1.0), [1.0, 3.0], "steps are whole");
        assert_eq!(room_around([0.0].into_iter(), 0.0), [-1.0, 1.0]);
        assert!(room_around([1.0, 2.0].into_iter(), 0.0).is_empty() && room_around(std::iter::empty(), 0.0).is_empty());
    }

    #[test]
    fn what_chance_makes_of_accuracies_fills_no_chart() {
        let reached = no_shorter([0.496, 0.5, f64::NAN].into_iter(), 0.05);
        assert!(matches!(reached[..], [low, high] if (low - 0.473).abs() < 1e-9 && (high - 0.523).abs() < 1e-9), "{reached:?}");
        assert!(no_shorter([0.5, 0.8].into_iter(), 0.05).is_empty() && no_shorter(std::iter::empty(), 0.05).is_empty());
    }

    #[test]
    fn there_is_nothing_between_two_steps() {
        let values = |high: f64| {
            let marks = whole_marks(&GridInput { bounds: (0.0, high), base_step_size: 0.08 * high }, 2.2);
            marks.iter().map(|mark| mark.value).collect::<Vec<f64>>()
        };
        assert_eq!([values(1.0), values(10.0)], [vec![0.0, 1.0], vec![0.0, 2.0, 4.0, 6.0, 8.0, 10.0]]);
    }

    #[test]
    fn logarithmic_marks_are_one_two_five() {
        // 0.1 to 10 with room: 0.1 0.2 0.5 1 2 5 10.
        let marks = log_marks(&GridInput { bounds: (-1.0, 1.0), base_step_size: 0.1 });
        let values: Vec<String> = marks.iter().map(|mark| y_label(*mark, Metric::TestLoss, true)).collect();
        assert_eq!(values, ["0.1", "0.2", "0.5", "1", "2", "5", "10"]);
        assert_eq!(log_marks(&GridInput { bounds: (-1.0, 1.0), base_step_size: 1.0 }).len(), 3);
    }

    #[test]
    fn marks_are_round_and_far_enough_apart() {
        // 0.065 apart at least: every 0.1, in per cent without decimals.
        let marks = marks_every(&GridInput { bounds: (0.17, 0.55), base_step_size: 0.065 }, 1.0);
        let labels: Vec<String> = marks.iter().map(|mark| y_label(*mark, Metric::TestAccuracy, false)).collect();
        assert_eq!(labels, ["20 %", "30 %", "40 %", "50 %"]);
        let marks = marks_every(&GridInput { bounds: (-0.001, 0.011), base_step_size: 0.004 }, 1.0);
        let labels: Vec<String> = marks.iter().map(|mark| y_label(*mark, Metric::Gap, false)).collect();
        assert_eq!(labels, ["0.000", "0.005", "0.010"]);
    }
}
