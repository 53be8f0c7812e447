//! How sharp the place of each lane is, by several definitions, and what each measurement costs.

use basin_train::protocol::Command;
use basin_train::report::{Quantity, Reading, Sharpness, Side};
use basin_train::stats::Spread;
use egui::{Grid, Label, Rect, RichText, ScrollArea, Ui, pos2, vec2};

use super::figure::{Head, empty_ui, figure_in, figure_ui};
use super::lines::{Series, lines_ui};
use super::pointed::pointed;
use super::view::View;
use crate::choices::SharpnessChoice;
use crate::command::{Figure, ViewCommand};
use crate::lessons::Control;
use crate::state::LaneSeries;
use crate::theme::{self, LaneMark, Pattern};
use crate::{format, quantities, widgets};

/// Switches and budget, the table, and the curve of the chosen quantity.
pub fn sharpness_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let mut choice = view.choices.sharpness;
    controls_ui(ui, view, &mut choice, out);
    match view.state.run.latest_sharpness(choice.side) {
        None => empty_ui(
            ui,
            "No sharpness on this side yet. It is measured now and then while a run trains, as far as the budget allows, or when you press \
             Measure now.",
        ),
        Some(sharpness) => figures_ui(ui, view, sharpness, &mut choice, out),
    }
    if choice != view.choices.sharpness {
        out.push(ViewCommand::Sharpness(choice));
    }
}

fn controls_ui(ui: &mut Ui, view: &View<'_>, choice: &mut SharpnessChoice, out: &mut Vec<ViewCommand>) {
    ui.horizontal_wrapped(|ui| {
        widgets::segments(
            ui,
            &mut choice.side,
            &[
                (Side::Train, quantities::side(Side::Train), "Measured on training examples, with the labels that are trained on"),
                (Side::HeldOut, quantities::side(Side::HeldOut), "Measured on examples that are not trained on"),
            ],
        );
        let button = egui::Button::new("Measure now").min_size(vec2(0.0, ui.spacing().interact_size.y));
        let button = pointed(ui, view, Control::Sharpness, |ui| ui.add_enabled(view.state.has_run(), button));
        if button.on_hover_text("Measure the sharpness of all lanes at the weights of now, whatever the budget says").clicked() {
            out.push(ViewCommand::Send(Box::new(Command::MeasureSharpness)));
        }
        if !view.layout.is_phone() {
            budget_ui(ui, view, choice, out);
        }
    });
    if view.layout.is_phone() {
        ui.horizontal_wrapped(|ui| budget_ui(ui, view, choice, out));
    }
}

/// The share of the training time that is allowed, and the share that was used.
fn budget_ui(ui: &mut Ui, view: &View<'_>, choice: &SharpnessChoice, out: &mut Vec<ViewCommand>) {
    let planned = view.state.run.summary.as_ref().map(|summary| summary.experiment.training.sharpness_budget);
    let Some(allowed) = choice.share.or(view.state.run.budget.map(|budget| budget.share)).or(planned) else { return };
    let tip = "The share of the training time that measuring sharpness may take; 0 measures only when asked.";
    let mut share = allowed;
    let label = ui.label("Budget").on_hover_text(tip);
    let width = ui.max_rect().width().min(190.0);
    ui.allocate_ui(vec2(width, ui.spacing().interact_size.y), |ui| {
        let slider = widgets::percent(ui, &mut share, 0.0..=1.0).labelled_by(label.id);
        slider.on_hover_text(tip).accessible_name("Sharpness budget");
    });
    if (share - allowed).abs() > 1e-9 {
        out.push(ViewCommand::Send(Box::new(Command::SharpnessBudget { share })));
    }
    if let Some(budget) = view.state.run.budget.filter(|budget| budget.training_seconds > 0.0) {
        let used = format!("{} of the time used so far", format::percent(budget.sharpness_seconds / budget.training_seconds));
        let tip = format!(
            "Sharpness has taken {:.1} s, training {:.1} s. The first measurement comes before its cost is known, so a young run \
             stands above its budget until training has caught up; what you asked for with Measure now counts too.",
            budget.sharpness_seconds, budget.training_seconds
        );
        ui.weak(used).on_hover_text(tip);
    }
}

fn figures_ui(ui: &mut Ui, view: &View<'_>, sharpness: &Sharpness, choice: &mut SharpnessChoice, out: &mut Vec<ViewCommand>) {
    let marks = view.marks();
    let from = format!(
        "at step {}, {} {} examples, {:.2} s",
        format::count(sharpness.step),
        format::count(sharpness.examples),
        quantities::side(sharpness.side).to_lowercase(),
        sharpness.seconds
    );
    let table = Head { figure: Figure::Sharpness, title: "Sharpness", unit: &from, help: "Each value is the mean ± sd over the seeds." };
    if view.layout.is_phone() {
        figure_ui(ui, table, out, |ui, _| narrow_table_ui(ui, view, sharpness, &marks, choice));
        curve_ui(ui, None, view, sharpness, &marks, *choice, out);
        return;
    }
    let room = ui.available_rect_before_wrap();
    let gap = 10.0;
    // Beside each other where there is room for both.
    let (left, right) = if room.width() > 900.0 {
        let middle = room.left() + (0.6 * room.width()).round();
        let right = Rect::from_min_max(pos2(middle + gap, room.top()), room.max);
        let height = right.height().min(0.8 * right.width() + 60.0);
        (Rect::from_min_max(room.min, pos2(middle, room.bottom())), Rect::from_min_size(right.min, vec2(right.width(), height)))
    } else {
        let middle = room.bottom() - (0.3 * room.height()).round();
        (Rect::from_min_max(room.min, pos2(room.right(), middle)), Rect::from_min_max(pos2(room.left(), middle + gap), room.max))
    };
    figure_in(ui, left, table, out, |ui, _| {
        ScrollArea::both().auto_shrink(false).show(ui, |ui| table_ui(ui, view, sharpness, &marks, choice));
    });
    curve_ui(ui, Some(right), view, sharpness, &marks, *choice, out);
    ui.advance_cursor_after_rect(room);
}

/// Titles of the two groups of quantities, by whether they are about alignment.
const GROUPS: [(bool, &str, &str); 2] = [
    (false, "How sharp the place is", "Larger is sharper; negative curvature bends down."),
    (
        true,
        "How close to per-instance SAM",
        "D is what the climb of a lane changes in its gradient, D* what exact per-instance SAM would change; δ-SAM sets out to approximate it.",
    ),
];

/// Quantities down, lanes across.
fn table_ui(ui: &mut Ui, view: &View<'_>, sharpness: &Sharpness, marks: &[LaneMark], choice: &mut SharpnessChoice) {
    let Some(first) = sharpness.lanes.first() else { return };
    ui.spacing_mut().interact_size.y = theme::row_height(ui, 20.0);
    Grid::new("sharpness table").striped(true).spacing(vec2(16.0, 4.0)).show(ui, |ui| {
        ui.label("");
        for (lane, mark) in view.state.run.lanes.iter().zip(marks) {
            widgets::legend_item(ui, *mark, &format::cut(&lane.title, 16)).on_hover_text(&lane.title);
        }
        ui.label(RichText::new("Cost").small().weak()).on_hover_text(COST);
        ui.end_row();
        for (alignment, title, help) in GROUPS {
            let of_group = |reading: &Reading| quantities::is_alignment(reading.quantity) == alignment;
            if !first.iter().any(of_group) {
                continue;
            }
            ui.label(RichText::new(title).small().weak()).on_hover_text(help);
            ui.end_row();
            for (i, reading) in first.iter().enumerate().filter(|(_, reading)| of_group(reading)) {
                name_ui(ui, reading, i, choice);
                for lane in 0..view.state.run.lanes.len() {
                    cell_ui(ui, view, sharpness, lane, i);
                }
                ui.weak(format::short(cost(sharpness, i))).on_hover_text(COST);
                ui.end_row();
            }
        }
    });
}

/// What quantity number `i` costs a lane: the most of any, since a lane for which it is not defined pays nothing.
fn cost(sharpness: &Sharpness, i: usize) -> f64 {
    sharpness.lanes.iter().filter_map(|readings| readings.get(i)).map(|reading| reading.gradient_evaluations).fold(0.0, f64::max)
}

const COST: &str = "Gradient evaluations of the measured examples that one value costs, each seed; a forward pass alone counts one third.";

/// The name of a quantity; a click draws its curve.
fn name_ui(ui: &mut Ui, reading: &Reading, index: usize, choice: &mut SharpnessChoice) {
    let title = quantities::title(reading.quantity);
    if ui.selectable_label(choice.quantity == index, title).on_hover_text(quantities::help(reading.quantity)).clicked() {
        choice.quantity = index;
    }
}

/// A lane's value: mean ± sd over the seeds, and the mean of the errors of measurement.
fn cell_ui(ui: &mut Ui, view: &View<'_>, sharpness: &Sharpness, lane: usize, index: usize) {
    let Some(reading) = sharpness.lanes.get(lane).and_then(|readings| readings.get(index)) else {
        ui.weak("–");
        return;
    };
    let Some(spread) = Spread::of(&reading.values) else {
        ui.weak("–").on_hover_text(quantities::why_none(reading, &view.state.run.lanes[lane]));
        return;
    };
    let value = Label::new(value_text(&spread)).extend();
    let small = Spread::of(&reading.errors).map(|error| format!("error {}", format::short(error.mean)));
    let small = reading.convergence().or(small);
    let response = match small {
        None => ui.add(value),
        Some(small) => {
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                ui.add(value);
                ui.add(Label::new(RichText::new(small).size(11.0).weak()).extend());
            })
            .response
        }
    };
    let count = if spread.count == 1 { "one seed".to_owned() } else { format!("mean ± sd over {} seeds", spread.count) };
    let error = if reading.errors.is_empty() { "" } else { "; the error is that of one value, from the method of measurement" };
    let far = match (reading.convergence(), Spread::of(&reading.errors)) {
        (Some(words), Some(error)) => {
            format!(
                "; {words}: the error, {}, is above a tenth of the value, which may be far from the largest eigenvalue. Measure again: it goes on from here",
                format::short(error.mean)
            )
        }
        _ => String::new(),
    };
    response.on_hover_text(format!("{count}, in {}{error}{far}", quantities::unit(reading.quantity)));
}

fn value_text(spread: &Spread) -> String {
    let mean = format::short(spread.mean);
    if spread.count > 1 { format!("{mean} ± {}", format::short(spread.sd)) } else { mean }
}

/// A quantity a block, a lane a line.
fn narrow_table_ui(ui: &mut Ui, view: &View<'_>, sharpness: &Sharpness, marks: &[LaneMark], choice: &mut SharpnessChoice) {
    let Some(first) = sharpness.lanes.first() else { return };
    for (alignment, title, help) in GROUPS {
        let mut told = false;
        for (i, reading) in first.iter().enumerate() {
            if quantities::is_alignment(reading.quantity) != alignment {
                continue;
            }
            if !std::mem::replace(&mut told, true) {
                widgets::hint(ui, title).on_hover_text(help);
            }
            ui.horizontal_wrapped(|ui| {
                name_ui(ui, reading, i, choice);
                ui.weak(format!("cost {}", format::short(cost(sharpness, i)))).on_hover_text(COST);
            });
            if ui.available_width() < 300.0 {
                // Large text on a phone: the value under its lane.
                for (lane, mark) in marks.iter().enumerate() {
                    widgets::legend_item(ui, *mark, &view.state.run.lanes[lane].title);
                    cell_ui(ui, view, sharpness, lane, i);
                }
                continue;
            }
            Grid::new(("quantity", i)).num_columns(2).min_col_width(120.0).min_row_height(20.0).spacing(vec2(10.0, 2.0)).show(ui, |ui| {
                ui.spacing_mut().interact_size.y = 20.0;
                for (lane, mark) in marks.iter().enumerate() {
                    widgets::legend_item(ui, *mark, &view.state.run.lanes[lane].title);
                    cell_ui(ui, view, sharpness, lane, i);
                    ui.end_row();
                }
            });
            ui.add_space(6.0);
        }
    }
}

/// The chosen quantity over the steps.
fn curve_ui(
    ui: &mut Ui,
    rect: Option<Rect>,
    view: &View<'_>,
    sharpness: &Sharpness,
    marks: &[LaneMark],
    choice: SharpnessChoice,
    out: &mut Vec<ViewCommand>,
) {
    let Some(first) = sharpness.lanes.first() else { return };
    let Some(quantity) = first.get(choice.quantity).or(first.first()).map(|reading| reading.quantity) else { return };
    let run = &view.state.run;
    let points_of = |lane: usize, quantity: Quantity| -> Vec<[f64; 2]> {
        let of_side = run.sharpness.iter().filter(|s| s.side == choice.side);
        let point = |s: &Sharpness| {
            let reading = s.lanes.get(lane)?.iter().find(|reading| reading.quantity == quantity)?;
            Some([s.step as f64, Spread::of(&reading.values)?.mean])
        };
        of_side.filter_map(point).collect()
    };
    let mut series: Vec<Series<'_>> = Vec::new();
    for (i, (lane, mark)) in run.lanes.iter().zip(marks).enumerate() {
        series.push(Series { name: &lane.title, mark: *mark, points: points_of(i, quantity) });
    }
    let edges: Vec<(String, LaneMark, Vec<[f64; 2]>)> = if quantity == Quantity::LargestEigenvalue {
        let of_lane = |(i, (lane, mark)): (usize, (&LaneSeries, &LaneMark))| {
            let mark = LaneMark { pattern: Pattern::Dotted, color: mark.color.gamma_multiply(0.7) };
            (format!("edge of {}", lane.title), mark, below(points_of(i, Quantity::SamEdge), &series))
        };
        run.lanes.iter().zip(marks).enumerate().map(of_lane).filter(|(_, _, points)| !points.is_empty()).collect()
    } else {
        Vec::new()
    };
    for (name, mark, points) in &edges {
        series.push(Series { name, mark: *mark, points: points.clone() });
    }
    let told: Vec<String> = series.iter().filter_map(|s| s.points.last().map(|p| format!("{} {}", s.name, format::short(p[1])))).collect();
    let title = quantities::title(quantity);
    let spoken = format!("Curve of {title}: {}", told.join(", "));
    let unit = format!("{}, by steps", quantities::unit(quantity));
    let head = Head { figure: Figure::Sharpness, title: &title, unit: &unit, help: quantities::help(quantity) };
    let body =
        |ui: &mut Ui, size: egui::Vec2| lines_ui(ui, ("sharpness", quantities::word(quantity)), size, "steps", &series, &[], &spoken);
    match rect {
        Some(rect) => figure_in(ui, rect, head, out, |ui, _| {
            let size = ui.available_size();
            body(ui, size);
        }),
        None => figure_ui(ui, head, out, |ui, _| {
            let size = vec2(ui.available_width(), 200.0);
            body(ui, size);
        }),
    }
}

/// The part of an edge that lies where the curves do: at most this many times above the highest of them, so that an edge far away,
/// which nothing reaches, does not press them flat.
fn below(edge: Vec<[f64; 2]>, curves: &[Series<'_>]) -> Vec<[f64; 2]> {
    const FAR: f64 = 4.0;
    let highest = curves.iter().flat_map(|curve| &curve.points).fold(0.0_f64, |highest, point| highest.max(point[1]));
    edge.into_iter().filter(|point| point[1] <= FAR * highest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_far_above_the_curves_is_not_drawn() {
        let mark = LaneMark { color: egui::Color32::RED, pattern: Pattern::Solid };
        let curves = [Series { name: "", mark, points: vec![[0.0, 1.0], [1.0, 2.0]] }];
        assert_eq!(below(vec![[0.0, 500.0], [1.0, 8.0], [2.0, f64::NAN]], &curves), [[1.0, 8.0]]);
    }
}
