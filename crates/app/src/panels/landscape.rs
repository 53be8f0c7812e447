//! The loss around the lanes' weights: the plane that is chosen, two others, and the line between two lanes.
//!
//! Elsewhere: the plot of a plane (`plane.rs`).

use basin_train::protocol::Command;
use basin_train::report::{Landscape, Line, PlaneChoice};
use egui::{Label, Rect, ScrollArea, Ui, Vec2, pos2, vec2};

use super::figure::{Head, empty_ui, figure_in, figure_ui};
use super::lines::{Series, lines_ui};
use super::plane::{self, map_ui, nearest, surface_ui, value_text, values};
use super::pointed::pointed;
use super::view::View;
use crate::choices::LandscapeChoice;
use crate::colormap::Scale;
use crate::command::{Figure, ViewCommand};
use crate::lessons::Control;
use crate::theme::{LaneMark, Pattern};
use crate::{format, widgets};

/// Choices, the plane, two others, shares outside, the line.
pub fn landscape_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let mut choice = view.choices.landscape;
    controls_ui(ui, view, &mut choice, out);
    let room = ui.available_rect_before_wrap();
    if view.layout.is_phone() {
        let width = room.width();
        // All of it is seen at once.
        let height = (width - 90.0).min(ui.clip_rect().height() - 80.0).max(180.0);
        main_ui(ui, None, vec2(width - 20.0, height), view, &mut choice, out);
        ui.scope(|ui| paths_ui(ui, view));
        others_ui(ui, view, choice, out);
        line_ui(ui, view, &mut choice, out);
    } else {
        let gap = 10.0;
        // The map is about square; what is left is for the rest.
        let width = (room.height() + 20.0).min(0.6 * room.width()).round();
        let left = Rect::from_min_size(room.min, vec2(width, room.height()));
        let right = Rect::from_min_max(pos2(left.right() + gap, room.top()), room.max);
        main_ui(ui, Some(left), Vec2::ZERO, view, &mut choice, out);
        ui.scope_builder(egui::UiBuilder::new().max_rect(right), |ui| {
            ScrollArea::vertical().id_salt("beside").auto_shrink(false).show(ui, |ui| {
                ui.scope(|ui| paths_ui(ui, view));
                others_ui(ui, view, choice, out);
                line_ui(ui, view, &mut choice, out);
            });
        });
        ui.advance_cursor_after_rect(room);
    }
    if choice != view.choices.landscape {
        out.push(ViewCommand::Landscape(choice));
    }
}

/// Which plane, of which member, drawn how.
fn controls_ui(ui: &mut Ui, view: &View<'_>, choice: &mut LandscapeChoice, out: &mut Vec<ViewCommand>) {
    let lanes = &view.state.run.lanes;
    ui.horizontal_wrapped(|ui| {
        let measured = view.state.has_run() && !view.client.measures_planes();
        let button = egui::Button::new("Measure").min_size(ui.spacing().interact_size);
        let button = pointed(ui, view, Control::Landscape, |ui| ui.add_enabled(measured, button));
        if button.on_hover_text("Lay the plane through the weights of now and measure the loss on it, coarse first").clicked() {
            out.push(ViewCommand::MeasureLandscape);
        }
        let mut random = matches!(choice.plane, PlaneChoice::Random { .. });
        widgets::segments(
            ui,
            &mut random,
            &[
                (false, "Three lanes", "The plane through the weights of three lanes; where one is named twice, through the common start"),
                (true, "Random", "The plane through the common start along two random directions"),
            ],
        );
        choice.plane = match (random, choice.plane) {
            (true, PlaneChoice::Ends { .. }) => PlaneChoice::Random { seed: 1 },
            (false, PlaneChoice::Random { .. }) => {
                PlaneChoice::Ends { lanes: [0, 1, 2].map(|i: usize| i.min(lanes.len().saturating_sub(1))) }
            }
            (_, plane) => plane,
        };
        match &mut choice.plane {
            PlaneChoice::Ends { lanes: ends } => {
                for (end, name) in ends.iter_mut().zip(["First end", "Second end", "Third end"]) {
                    lane_choice_ui(ui, view, name, end);
                }
            }
            PlaneChoice::Random { seed } => {
                ui.weak("seed");
                let drag = widgets::deliberate(ui, seed, |ui, seed| ui.add(egui::DragValue::new(seed).range(1..=1_000_000)));
                drag.on_hover_text("Number that decides the two directions").accessible_name("Seed of the directions");
            }
        }
        let seeds = view.state.run.summary.as_ref().map_or(1, |summary| summary.experiment.seeds);
        if seeds > 1 {
            let mut shown = choice.member + 1;
            widgets::deliberate(ui, &mut shown, |ui, shown| ui.add(egui::DragValue::new(shown).range(1..=seeds).prefix("member ")))
                .on_hover_text("Whose weights")
                .accessible_name("Member of the plane");
            choice.member = shown - 1;
        }
        widgets::segments(
            ui,
            &mut choice.accuracy,
            &[
                (false, "Loss", "Colour is the mean loss, in nats"),
                (true, "Accuracy", "Colour is the share that is classified as labelled"),
            ],
        );
        widgets::segments(
            ui,
            &mut choice.surface,
            &[(false, "Map", "Seen from above, with contour lines"), (true, "Surface", "Height is the value; drag to turn")],
        );
    });
}

fn lane_choice_ui(ui: &mut Ui, view: &View<'_>, name: &str, lane: &mut usize) {
    let titles = view.state.run.lanes.iter().map(|lane| lane.title.as_str());
    widgets::pick(ui, name, lane, titles, 16);
}

/// The plane that was asked for, as large as there is room.
fn main_ui(ui: &mut Ui, rect: Option<Rect>, size: Vec2, view: &View<'_>, choice: &mut LandscapeChoice, out: &mut Vec<ViewCommand>) {
    let Some(landscape) = &view.state.run.landscapes.planes[0].1 else {
        let words = if view.client.measures_planes() {
            "Measuring…"
        } else {
            "Measure: a plane is laid through the weights of the lanes, and the loss is measured on it. It is one slice of a space of many \
             thousand dimensions; the two other planes show how much that can mislead."
        };
        match rect {
            Some(rect) => drop(ui.scope_builder(egui::UiBuilder::new().max_rect(rect), |ui| empty_ui(ui, words))),
            None => empty_ui(ui, words),
        }
        return;
    };
    let progress = progress_text(landscape);
    let unit = if rect.is_some() { progress.as_str() } else { "" };
    let title = if choice.accuracy { "Accuracy" } else { "Loss" };
    let head = Head { figure: Figure::Landscape(0), title, unit, help: "Coordinates are in units of |w|, the length of the weights." };
    let mut body = |ui: &mut Ui, size: Vec2| {
        if choice.surface {
            surface_ui(ui, size, view, landscape, choice);
        } else {
            map_ui(ui, size, view, landscape, choice.accuracy, None, true);
        }
        let beside = if rect.is_some() { String::new() } else { format!(" Measured {progress}.") };
        widgets::hint(
            ui,
            format!("{}. Hollow: start; filled: now; faded: far outside the plane, on other ground.{beside}", landscape.plane),
        );
    };
    match rect {
        Some(rect) => figure_in(ui, rect, head, out, |ui, _| {
            let size = ui.available_size() - vec2(0.0, 36.0);
            body(ui, size);
        }),
        None => figure_ui(ui, head, out, |ui, _| body(ui, size)),
    }
}

/// How fine it is, on what it was measured, how fast.
fn progress_text(landscape: &Landscape) -> String {
    let refining = if landscape.more { ", refining…" } else { "" };
    format!(
        "at step {}, {} × {} points{refining}, {} examples, {} points/s",
        format::count(landscape.step),
        landscape.xs.len(),
        landscape.ys.len(),
        format::count(landscape.examples),
        format::rate(landscape.points_per_second)
    )
}

/// How much of each lane's way lies outside the plane.
fn paths_ui(ui: &mut Ui, view: &View<'_>) {
    let Some(landscape) = &view.state.run.landscapes.planes[0].1 else { return };
    ui.weak("Outside this plane").on_hover_text(
        "How much of the way from the plane's origin to the lane lies outside the plane, as a share of its length: what the plot cannot show.",
    );
    ui.spacing_mut().interact_size.y = 20.0;
    if let Some(start) = plane::start_text(landscape) {
        ui.label(start)
            .on_hover_text("The loss of the weights that all lanes start from, not that of the point of the plane nearest to them");
    }
    for ((path, mark), lane) in landscape.paths.iter().zip(view.marks()).zip(&view.state.run.lanes) {
        let most = path.outside.iter().copied().filter(|v| v.is_finite()).fold(f64::NAN, f64::max);
        let now = path.outside.last().copied().unwrap_or(f64::NAN);
        ui.horizontal_wrapped(|ui| {
            widgets::legend_item(ui, mark, &lane.long_title);
            let diverged = path.points.is_empty();
            ui.label(if diverged {
                "diverged".to_owned()
            } else {
                format!("{} now, {} at most", format::percent(now), format::percent(most))
            });
        });
    }
    ui.add_space(4.0);
}

/// Two other planes, to show how much depends on the choice.
fn others_ui(ui: &mut Ui, view: &View<'_>, choice: LandscapeChoice, out: &mut Vec<ViewCommand>) {
    let planes = &view.state.run.landscapes.planes;
    if planes[0].1.is_none() {
        return;
    }
    let help = "The same weights on other planes: a valley here may be a slope there, so no single slice shows the landscape.";
    ui.weak("Two other planes").on_hover_text(help);
    ui.columns(planes.len() - 1, |columns| {
        for (ui, slot) in columns.iter_mut().zip(1..) {
            // Columns would stretch the lines of a text.
            ui.vertical(|ui| other_ui(ui, view, choice, slot, help, out));
        }
    });
}

/// One of the other planes, in its card.
fn other_ui(ui: &mut Ui, view: &View<'_>, choice: LandscapeChoice, slot: usize, help: &str, out: &mut Vec<ViewCommand>) {
    let plane = view.state.run.landscapes.planes[slot].1.as_ref();
    let title = format!("Plane {}", slot + 1);
    let unit = if plane.is_some() { "" } else { "not yet measured" };
    figure_ui(ui, Head { figure: Figure::Landscape(slot), title: &title, unit, help }, out, |ui, _| {
        let side = ui.available_width();
        let Some(plane) = plane else {
            ui.allocate_space(vec2(side, side));
            return;
        };
        // What is flat here is not to look like hills.
        let scale = view.state.run.landscapes.planes[0].1.as_ref().and_then(|first| Scale::of(self::values(first, choice.accuracy)));
        map_ui(ui, vec2(side, side), view, plane, choice.accuracy, scale, false);
        let values = values(plane, choice.accuracy);
        let finite = || values.iter().copied().filter(|v| v.is_finite());
        let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
        let range = format!("{} to {}", value_text(low, choice.accuracy), value_text(high, choice.accuracy));
        widgets::hint(ui, format!("{}: {range}, in the colours of the large plane", plane.plane));
    });
}

/// The line between two lanes: ends, button, curves.
fn line_ui(ui: &mut Ui, view: &View<'_>, choice: &mut LandscapeChoice, out: &mut Vec<ViewCommand>) {
    if view.state.run.lanes.len() < 2 {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.weak("Line from");
        let [from, to] = &mut choice.line;
        lane_choice_ui(ui, view, "Line from", from);
        ui.weak("to");
        lane_choice_ui(ui, view, "Line to", to);
        let ready = view.state.has_run() && *from != *to;
        let button = ui.add_enabled(ready, egui::Button::new("Measure the line"));
        if button.on_hover_text("Measure train and test loss on the straight line between the weights of the two lanes").clicked() {
            out.push(ViewCommand::Send(Box::new(Command::Line { from: *from, to: *to, member: choice.member })));
        }
    });
    let Some(line) = &view.state.run.landscapes.line.1 else { return };
    let title = |lane: usize| view.state.run.lanes.get(lane).map_or("", |lane| lane.title.as_str());
    let (from, to) = (title(line.from), title(line.to));
    let unit = format!("nats, t = 0 {from}, t = 1 {to}, at step {}", format::count(line.step));
    let help = "A ridge: the straight way between the two leads over higher ground; a curved one may not. No ridge: nothing parts the two on this line.";
    let head = Head { figure: Figure::Line, title: "Loss on the line", unit: &unit, help };
    figure_ui(ui, head, out, |ui, _| {
        let (strong, weak) = (ui.visuals().strong_text_color(), ui.visuals().weak_text_color());
        let of = |values: &[f64]| line.t.iter().copied().zip(values.iter().copied()).map(|(t, loss)| [t, loss]).collect::<Vec<_>>();
        let series = [
            Series { name: "train loss", mark: LaneMark { color: strong, pattern: Pattern::Solid }, points: of(&line.train_loss) },
            Series { name: "test loss", mark: LaneMark { color: weak, pattern: Pattern::Dashed }, points: of(&line.test_loss) },
        ];
        let size = vec2(ui.available_width(), 150.0);
        lines_ui(ui, "line", size, "t", &series, &[], &spoken(line, from, to));
        ui.horizontal(|ui| {
            for series in &series {
                widgets::legend_item(ui, series.mark, series.name);
            }
        });
        ui.add(Label::new(ridge(line)).wrap());
    });
}

fn spoken(line: &Line, from: &str, to: &str) -> String {
    format!("Curve of the loss from {from} to {to}: {}", ridge(line))
}

/// How far the train loss between the ends rises above the higher end.
fn ridge(line: &Line) -> String {
    let inner = line.t.iter().zip(&line.train_loss).filter(|(t, loss)| (0.0..=1.0).contains(*t) && loss.is_finite());
    let top = inner.map(|(_, loss)| *loss).fold(f64::NEG_INFINITY, f64::max);
    let end = |t: f64| {
        let place = nearest(&line.t, t)?;
        line.train_loss.get(place).copied().filter(|loss| loss.is_finite())
    };
    match (end(0.0), end(1.0)) {
        (Some(a), Some(b)) if top.is_finite() => {
            format!("Between the ends the train loss rises {} nats above the higher end.", format::short((top - a.max(b)).max(0.0)))
        }
        _ => "The train loss at an end is not finite.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ridge_is_above_the_higher_end() {
        // Ends 0.4 and 0.3, top 0.9 between them; 2.0 lies beyond an end.
        let line = Line { t: vec![-0.5, 0.0, 0.5, 1.0], train_loss: vec![2.0, 0.4, 0.9, 0.3], ..Line::default() };
        assert_eq!(ridge(&line), "Between the ends the train loss rises 0.500 nats above the higher end.");
        let flat = Line { t: vec![0.0, 0.5, 1.0], train_loss: vec![0.4, 0.2, 0.3], ..Line::default() };
        assert_eq!(ridge(&flat), "Between the ends the train loss rises 0 nats above the higher end.");
    }
}
