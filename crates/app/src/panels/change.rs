//! What a climb changed in the gradient, and in how much each example counts.

use basin_train::report::{LaneTrace, StepTrace, TracedExample};
use basin_train::stats::Spread;
use egui::{Grid, Sense, Ui, vec2};

use super::cells::{self, Place};
use crate::theme::LaneMark;
use crate::{format, widgets};

/// Below this share of the gradient at w the one up there says little: the climb stands where nothing pulls.
const STALLED: f64 = 0.2;

/// Numbers of the change, with a warning where the climb has come to rest.
pub fn change_ui(ui: &mut Ui, trace: &StepTrace, lane: &LaneTrace, mark: LaneMark) {
    let numbers = numbers(trace, lane);
    if numbers.is_empty() {
        return;
    }
    Grid::new("change numbers").num_columns(2).spacing(vec2(14.0, 2.0)).min_row_height(18.0).show(ui, |ui| {
        for (name, value, help) in numbers {
            ui.weak(name).on_hover_text(help);
            ui.label(value).on_hover_text(help);
            ui.end_row();
        }
    });
    if stalls(lane) {
        widgets::remark(
            ui,
            "Up there the gradient is far shorter than at w: the climb has found a place where nothing pulls, and the step hardly moves. \
             ρ may be too large; a plain start (from=0.1) or a smaller ρ helps.",
        );
    }
    pulls_ui(ui, trace, lane, mark);
}

/// Examples that the climb makes count for more, and for less, so many each.
const SHOWN: usize = 4;

/// The examples that the climb lifts most and least, with how much.
fn pulls_ui(ui: &mut Ui, trace: &StepTrace, lane: &LaneTrace, mark: LaneMark) {
    let shown = most_and_least(&lane.pull);
    let most = shown.iter().map(|i| lane.pull[*i]).fold(0.0, f64::max);
    if shown.is_empty() {
        return;
    }
    widgets::hint(ui, "Each counts in the gradient up there by its error π − y; these the climb made to count for more, and for less:");
    for i in shown {
        let (row, response) = ui.allocate_exact_size(vec2(ui.available_width(), 20.0), Sense::hover());
        let bar = 120.0_f32.min(0.4 * row.width());
        let text = (row.width() - bar - cells::GAP - 8.0).max(36.0);
        let places = cells::places(row, &[Place { width: text, right: false }, Place { width: bar, right: false }]);
        let example = &trace.batch[i];
        let flipped = example.label != example.given_label;
        let (color, sign) = if flipped { (ui.visuals().warn_fg_color, "≠ ") } else { (ui.visuals().text_color(), "") };
        let times = format!("×{}", format::short(lane.pull[i]));
        cells::cell_ui(ui, places[0], false, &format!("{sign}{}", example.text), color);
        cells::bar_ui(ui, places[1], (lane.pull[i] / most) as f32, &times, mark.color);
        let told = format!("{}{}: {times}", example.text, if flipped { ", a wrong label" } else { "" });
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, told.clone()));
        response.on_hover_text(told);
    }
}

/// Places of the largest values, and after them of the smallest; those that are no numbers are left out.
fn most_and_least(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).filter(|i| values[*i].is_finite()).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    if order.len() > 2 * SHOWN {
        order.drain(SHOWN..order.len() - SHOWN);
    }
    order
}

/// Whether the gradient after the climb is far shorter than before it.
fn stalls(lane: &LaneTrace) -> bool {
    !lane.split.is_empty() && lane.up_norm < STALLED * lane.gradient_norm
}

/// Names, values, and a sentence on each.
fn numbers(trace: &StepTrace, lane: &LaneTrace) -> Vec<(&'static str, String, &'static str)> {
    let mut numbers = Vec::new();
    if let [errors, network, both] = lane.split[..] {
        let ratio = format!("{} ({}× of |g|)", format::short(lane.up_norm), format::short(lane.up_norm / lane.gradient_norm));
        numbers.push(("gradient up there", ratio, "Length of the gradient of the mean loss up there, and how many times that at w it is"));
        let help = "How far the climb turned the errors, π − y of each example: the part that L-SAM keeps";
        numbers.push(("by the errors", format::short(errors), help));
        let help = "How far the climb changed the network, how its answers follow its weights: the part that J-SAM keeps";
        numbers.push(("by the network", format::short(network), help));
        numbers.push(("by both together", format::short(both), "What is left of the change: small where the two parts hardly meet"));
    }
    let mean = |flipped: bool| {
        let of = |(example, pull): (&TracedExample, &f64)| ((example.label != example.given_label) == flipped).then_some(*pull);
        Spread::of(&trace.batch.iter().zip(&lane.pull).filter_map(of).collect::<Vec<f64>>()).map(|spread| spread.mean)
    };
    let help = "Length of the error π − y of an example up there over that at w, on average: above 1, the climb makes it count for more";
    match (mean(true), mean(false)) {
        (Some(flipped), Some(others)) => {
            let value = format!("wrong labels ×{}, others ×{}", format::short(flipped), format::short(others));
            numbers.push(("pull of examples", value, help));
        }
        (None, Some(all)) | (Some(all), None) => numbers.push(("pull of examples", format!("×{}", format::short(all)), help)),
        (None, None) => {}
    }
    if let Some(shrunk) = lane.shrunk {
        numbers.push((
            "held back",
            format::percent(shrunk),
            "Share of the coordinates that the climb made smaller, which this method shrinks",
        ));
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_many_is_left_out() {
        let values: Vec<f64> = [5.0, 1.0, f64::NAN, 9.0, 3.0, 7.0, 2.0, 8.0, 4.0, 6.0, 0.0].to_vec();
        assert_eq!(most_and_least(&values), [3, 7, 5, 9, 4, 6, 1, 10], "9 8 7 6, without 5 and 4, 3 2 1 0");
        assert_eq!(most_and_least(&values[..3]), [0, 1]);
    }

    #[test]
    fn a_climb_to_rest_is_told_and_wrong_labels_stand_apart() {
        let example = |flipped: bool| TracedExample { label: u8::from(flipped).into(), ..TracedExample::default() };
        let trace = StepTrace { step: 0, member: 0, batch: vec![example(false), example(true), example(true)], lanes: Vec::new() };
        let lane = LaneTrace {
            gradient_norm: 1.0,
            up_norm: 0.1,
            split: vec![0.3, 0.2, 0.1],
            pull: vec![2.0, 0.5, 1.5],
            shrunk: Some(0.25),
            ..LaneTrace::default()
        };
        assert!(stalls(&lane));
        assert!(!stalls(&LaneTrace { up_norm: 0.9, ..lane.clone() }));
        assert!(!stalls(&LaneTrace::default()), "no climb, no warning");
        let told = numbers(&trace, &lane);
        assert_eq!(told.len(), 6);
        assert_eq!(told[4].1, "wrong labels ×1.00, others ×2.00");
        assert_eq!(told[5].1, "25.0 %");
        assert!(numbers(&trace, &LaneTrace::default()).is_empty());
    }
}
