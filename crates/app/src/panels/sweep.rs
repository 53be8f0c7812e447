//! The sweep: every method of the setup at many ρ, and each judged at its own best one.

use basin_train::brief::counted;
use basin_train::experiment::{Experiment, LaneConfig};
use basin_train::lab::choice::{Choice, of_point, values};
use basin_train::lab::grid::{Grid, Point, climbs};
use basin_train::lab::outcome::Column;
use basin_train::lab::relation::{MEASURES, TARGETS, correlation};
use basin_train::lab::words;
use basin_train::limits::in_words;
use basin_train::protocol::{Command, Phase};
use basin_train::stats::Spread;
use egui::{Rect, RichText, ScrollArea, Ui, Vec2, vec2};
use egui_plot::{FilledArea, HLine, Line as PlotLine, LineStyle, MarkerShape, Plot, PlotPoints, Points};

use super::axes::{along, pressable, room_around};
use super::cores::cores_ui;
use super::figure::{Head, empty_ui, figure_in, figure_ui};
use super::scatter::{NEAR, scatter_ui};
use super::view::View;
use crate::choices::{Ending, RADII};
use crate::client::Asked;
use crate::command::{Figure, ViewCommand};
use crate::state::Sweep;
use crate::sweeps::{Curve, curve};
use crate::theme::{self, LaneMark};
use crate::{format, widgets};

/// Switches, charts over ρ, and what they say.
pub fn sweep_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    controls_ui(ui, view, out);
    let Some(sweep) = &view.state.sweep else {
        return empty_ui(
            ui,
            "The best ρ differs by method, so methods are compared fairly when each stands at its own. A sweep trains every method of the \
             setup at many ρ and seeds on a part of the training data, chooses each method's ρ on the rest of it, and then compares the \
             methods on the test set.",
        );
    };
    let lanes = &sweep.grid.experiment.lanes;
    let marks = view.marks_of(lanes);
    if view.layout.is_phone() {
        told_ui(ui, view, sweep, &marks, out);
        for drawn in drawn(view) {
            figure_ui(ui, drawn.head(sweep, &mut String::new()), out, |ui, out| {
                let size = vec2(ui.available_width(), 200.0);
                drawn.ui(ui, view, sweep, &marks, size, out);
            });
        }
        return;
    }
    let room = ui.available_rect_before_wrap();
    let gap = 10.0;
    let below = (0.34 * room.height()).clamp(150.0, 260.0);
    let (charts, told) = room.split_top_bottom_at_y(room.bottom() - below);
    let size = vec2((charts.width() - gap) / 2.0, (charts.height() - 2.0 * gap) / 2.0);
    for (place, drawn) in drawn(view).into_iter().enumerate() {
        let at = charts.min + vec2((place % 2) as f32, (place / 2) as f32) * (size + Vec2::splat(gap));
        figure_in(ui, Rect::from_min_size(at, size), drawn.head(sweep, &mut String::new()), out, |ui, out| {
            let size = ui.available_size();
            drawn.ui(ui, view, sweep, &marks, size, out);
        });
    }
    ui.scope_builder(egui::UiBuilder::new().max_rect(told), |ui| {
        theme::card(ui).show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            ScrollArea::both().auto_shrink(false).show(ui, |ui| told_ui(ui, view, sweep, &marks, out));
        });
    });
    ui.advance_cursor_after_rect(room);
}

/// One of the four charts.
#[derive(Clone, Copy)]
enum Drawn {
    /// A number over ρ.
    OverRho(Column),
    /// A measure of sharpness against a target, run by run.
    Against(Column, Column),
}

/// The charts that were chosen.
fn drawn(view: &View<'_>) -> [Drawn; 4] {
    match view.choices.sweep.against {
        None => Column::DRAWN.map(Drawn::OverRho),
        Some(target) => MEASURES.map(|measure| Drawn::Against(measure, target)),
    }
}

impl Drawn {
    /// What stands above it; `words` holds what is said of these runs.
    fn head<'a>(self, sweep: &Sweep, words: &'a mut String) -> Head<'a> {
        match self {
            Self::OverRho(column) => head(column),
            Self::Against(measure, target) => {
                *words = words::rank_correlation(correlation(&sweep.grid, &sweep.outcomes, measure, target));
                let help = "A dot for each run, in the colour of its method: the measure along, upwards what it is to predict. Rank \
                            correlation (Spearman) with its interval at 95 %; seeds of one ρ are no independent runs, so the true \
                            one is wider. Cross: collapsed to one class, not counted. A click on a dot sets up its run. Training \
                            loss stands beside the measures as what they have to beat; it is a part of the generalisation gap.";
                Head { figure: Figure::Sweep, title: title(measure), unit: words, help }
            }
        }
    }

    fn ui(self, ui: &mut Ui, view: &View<'_>, sweep: &Sweep, marks: &[LaneMark], size: Vec2, out: &mut Vec<ViewCommand>) {
        match self {
            Self::OverRho(column) => chart_ui(ui, view, sweep, column, marks, size, out),
            Self::Against(measure, target) => {
                if let Some(cell) = scatter_ui(ui, sweep, [measure, target], marks, size, view.layout.is_phone()) {
                    set_up_point(ui, view, &sweep.grid, &sweep.grid.point_of(cell), out);
                }
            }
        }
    }
}

fn title(column: Column) -> &'static str {
    match column {
        Column::ValidationAccuracy => "Validation accuracy",
        Column::TestLoss => "Test loss",
        Column::TrainLoss => "Training loss",
        Column::Gap => "Training gap",
        Column::GapHeldOut => "Held-out gap",
        _ => "λ_max",
    }
}

fn head(column: Column) -> Head<'static> {
    let help = "By ρ, on a logarithmic axis. Line: mean over the seeds; band: one standard deviation to each side; broken level: a \
                method without ρ, as SGD. Ring: the best ρ by validation accuracy. Cross: a seed collapsed to one class or diverged. A click on a \
                point sets up its run.";
    let unit = match column {
        Column::ValidationAccuracy => "per cent, by ρ",
        Column::LargestEigenvalue => "largest eigenvalue, by ρ",
        _ => "nats, by ρ",
    };
    Head { figure: Figure::Sweep, title: title(column), unit, help }
}

/// Begin or stop, and what is swept.
fn controls_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let mut choice = view.choices.sweep;
    let sweeps = view.client.is_pending(|asked| *asked == Asked::Sweep);
    ui.horizontal_wrapped(|ui| {
        let size = vec2(0.0, ui.spacing().interact_size.y);
        if sweeps {
            if ui.add(egui::Button::new("Stop sweep").min_size(size)).on_hover_text("What it has found stays").clicked() {
                out.push(ViewCommand::Send(Box::new(Command::StopSweep)));
            }
        } else {
            let ready = view.state.trainer_version.is_some();
            let tip = "Train the methods of the setup at every ρ; the run that is on its way pauses and is kept";
            if ui.add_enabled(ready, egui::Button::new("Sweep ρ").min_size(size)).on_hover_text(tip).clicked() {
                out.push(ViewCommand::StartSweep);
            }
        }
        if sweeps {
            ui.disable();
        }
        let own = "and what the lanes of the setup have";
        let counts = RADII.map(|radii| (radii.len(), format!("{} ρ", radii.len()), format!("{}, {own}", words_of(radii))));
        let segments: Vec<_> = counts.iter().map(|(count, title, tip)| (*count, title.as_str(), tip.as_str())).collect();
        widgets::segments(ui, &mut choice.radii, &segments);
        let tip = "Every method trains until it has spent as many gradients as SAM does in the epochs of the setup";
        ui.checkbox(&mut choice.level, "Equal gradients").on_hover_text(tip);
        cores_ui(ui, view, out);
    });
    if let Some(sweep) = &view.state.sweep {
        ui.horizontal_wrapped(|ui| {
            let tips = [
                "Each number over ρ, mean and band over the seeds",
                "Each measure of sharpness against test accuracy, run by run",
                "Each measure of sharpness against test loss − training loss, run by run",
            ];
            let [accuracy, gap] = TARGETS.map(Some);
            let segments = [(None, "Over ρ", tips[0]), (accuracy, "Against accuracy", tips[1]), (gap, "Against gap", tips[2])];
            widgets::segments(ui, &mut choice.against, &segments);
            let tip = "Set up all methods, each at its own best ρ, on all training data";
            let button = egui::Button::new("Set up the best").min_size(vec2(0.0, ui.spacing().interact_size.y));
            if !sweeps && !sweep.choices.is_empty() && ui.add(button).on_hover_text(tip).clicked() {
                set_up(ui, view, tuned(&sweep.grid, &sweep.choices), out);
            }
        });
    }
    if choice != view.choices.sweep {
        out.push(ViewCommand::Sweep(choice));
    }
    if let Some(sweep) = view.state.sweep.as_ref().filter(|_| sweeps) {
        let done = sweep.outcomes.iter().flatten().count();
        ui.horizontal(|ui| {
            widgets::progress(ui, sweep.share as f32, 160.0_f32.min(0.4 * ui.available_width()), "the sweep");
            let waits = view.state.phase() == Phase::Running;
            let on = format!("on {}, up to {} of memory", counted(sweep.cores, "core"), in_words(sweep.memory));
            let words = if waits { "waits while the run trains: pause it".to_owned() } else { on };
            ui.weak(format!("{done} of {} runs {words}", sweep.outcomes.len()));
        });
    } else if view.state.sweep.is_none() {
        match choice.grid(&view.settings.experiment) {
            Ok(grid) => widgets::hint(ui, asked(&grid)),
            Err(text) => widgets::hint(ui, text),
        };
    }
}

fn words_of(radii: &[f64]) -> String {
    format!("ρ {}", radii.iter().map(f64::to_string).collect::<Vec<_>>().join(", "))
}

/// What a sweep of the setup would be.
fn asked(grid: &Grid) -> String {
    let Experiment { seeds, training, .. } = &grid.experiment;
    let [seeds, runs, epochs] = [(*seeds, "seed"), (grid.cells(), "run"), (training.epochs, "epoch")].map(|(n, noun)| counted(n, noun));
    format!("{}: {} ρ × {seeds}, {runs} of {epochs}.", grid.titles().join(", "), grid.radii.len())
}

/// The experiment with every method at its own best ρ.
fn tuned(grid: &Grid, choices: &[Choice]) -> Experiment {
    let lane = |choice: &Choice| LaneConfig { rho: choice.point.rho, ..grid.experiment.lanes[choice.point.lane].clone() };
    let mut experiment = grid.experiment.clone();
    experiment.lanes = choices.iter().filter(|choice| choice.point.setting == 0).map(lane).collect();
    experiment.data.validation = false;
    experiment
}

/// Puts an experiment into the setup, and trains it; asks first where that loses a run.
fn set_up(ui: &Ui, view: &View<'_>, experiment: Experiment, out: &mut Vec<ViewCommand>) {
    let loses = view.state.loses_more_than(0);
    out.push(ViewCommand::Edit(Box::new(experiment)));
    out.push(view.end(Ending::Restart, ViewCommand::Start, loses, ui.input(|input| input.time)));
}

fn set_up_point(ui: &Ui, view: &View<'_>, grid: &Grid, point: &Point, out: &mut Vec<ViewCommand>) {
    let mut experiment = grid.experiment_of(point);
    experiment.data.validation = false;
    set_up(ui, view, experiment, out);
}

/// The table of validation accuracies, whose cells set up their runs, and the sentences.
fn told_ui(ui: &mut Ui, view: &View<'_>, sweep: &Sweep, marks: &[LaneMark], out: &mut Vec<ViewCommand>) {
    let Sweep { grid, outcomes, choices, .. } = sweep;
    let titles = grid.titles();
    let is_best = |point: &Point| climbs(&grid.experiment.lanes[point.lane]) && choices.iter().any(|choice| choice.point == *point);
    let table = |ui: &mut Ui, out: &mut Vec<ViewCommand>| {
        egui::Grid::new("sweep table").spacing(vec2(10.0, 4.0)).show(ui, |ui| {
            ui.label(RichText::new("Validation accuracy, %").small().weak());
            let without = !grid.experiment.lanes.iter().all(climbs);
            if without {
                ui.label(RichText::new("no ρ").small().weak());
            }
            for rho in &grid.radii {
                ui.label(RichText::new(format!("ρ {rho}")).small().weak());
            }
            ui.end_row();
            let points = grid.points();
            for of_lane in points.chunk_by(|a, b| a.lane == b.lane) {
                let lane = of_lane[0].lane;
                widgets::legend_item(ui, marks[lane], &titles[lane]);
                if without && climbs(&grid.experiment.lanes[lane]) {
                    ui.label("");
                }
                for point in of_lane {
                    cell_ui(ui, view, sweep, point, is_best(point), out);
                }
                ui.end_row();
            }
        });
    };
    if view.layout.is_phone() {
        // A table would pass the edge: a line of cells for each method, with their ρ.
        ui.label(RichText::new("Validation accuracy, %, at each ρ").small().weak());
        for of_lane in grid.points().chunk_by(|a, b| a.lane == b.lane) {
            let lane = of_lane[0].lane;
            widgets::legend_item(ui, marks[lane], &titles[lane]);
            ui.horizontal_wrapped(|ui| {
                for point in of_lane {
                    cell_ui(ui, view, sweep, point, is_best(point), out);
                }
            });
        }
    } else {
        table(ui, out);
    }
    let partial = !sweep.is_complete();
    if partial && !choices.is_empty() {
        widgets::hint(ui, "So far: what is best, and the verdicts, are told when all runs are done.");
    }
    let strong = ui.visuals().strong_text_color();
    for choice in choices {
        for sentence in words::sentences(grid, choices, choice, outcomes) {
            ui.label(RichText::new(sentence).color(strong));
        }
    }
    if !partial {
        for sentence in words::sharpness(grid, choices, outcomes) {
            ui.label(sentence);
        }
    }
    for warning in words::warnings(grid, choices, outcomes) {
        ui.label(warning);
    }
    widgets::hint(ui, words::method(grid, choices));
}

/// The validation accuracy of a point, as a button that sets up its run.
fn cell_ui(ui: &mut Ui, view: &View<'_>, sweep: &Sweep, point: &Point, best: bool, out: &mut Vec<ViewCommand>) {
    let Sweep { grid, outcomes, .. } = sweep;
    let Some(spread) = Spread::of(&values(grid, point, outcomes, Column::ValidationAccuracy)) else {
        ui.weak("–");
        return;
    };
    let trouble = of_point(grid, point, outcomes).and_then(|found| words::trouble(&found));
    let rho = if view.layout.is_phone() && climbs(&grid.experiment.lanes[point.lane]) { format!("{}: ", point.rho) } else { String::new() };
    let text = format!("{:.1}{}", 100.0 * spread.mean, if trouble.is_some() { " ×" } else { "" });
    let title = &grid.titles()[point.lane];
    let place = if climbs(&grid.experiment.lanes[point.lane]) { format!("{title} at ρ {}", point.rho) } else { title.clone() };
    let best_words = if best { ", the best" } else { "" };
    let spoken = format!("{place}: {}{best_words}{}", text.replace(" ×", ""), trouble.as_ref().map_or(String::new(), |t| format!(", {t}")));
    let tip = format!(
        "{place}: {} on the validation part{best_words}{}. A click sets up this run.",
        format::percent_spread(spread.mean, spread.sd, spread.count),
        trouble.map_or(String::new(), |trouble| format!("; {trouble}"))
    );
    let least = if theme::is_touch(ui) { ui.spacing().interact_size } else { vec2(0.0, 20.0) };
    let button = egui::Button::selectable(best, rho + &text).min_size(least);
    if ui.add(button).on_hover_text(tip).accessible_name(spoken).clicked() {
        set_up_point(ui, view, grid, point, out);
    }
}

/// One column over ρ.
fn chart_ui(ui: &mut Ui, view: &View<'_>, sweep: &Sweep, column: Column, marks: &[LaneMark], size: Vec2, out: &mut Vec<ViewCommand>) {
    let Sweep { grid, outcomes, choices, .. } = sweep;
    let lanes = grid.experiment.lanes.len();
    let curves: Vec<Curve> = (0..lanes).map(|lane| curve(grid, outcomes, 0, lane, column)).collect();
    let titles = grid.titles();
    let best = |lane: usize| choices.iter().find(|choice| choice.point.lane == lane).map(|choice| choice.point.rho);
    let ends = [grid.radii.first(), grid.radii.last()].map(|rho| rho.map_or(0.0, |rho| rho.log10()));
    let levels = curves.iter().flat_map(|c| c.spots.iter().flat_map(|s| [s.mean - s.sd, s.mean + s.sd]).chain(c.level));
    let plot = pressable(ui, ("sweep", column.word()), size, view.layout.is_phone()).include_x(ends[0] - 0.05).include_x(ends[1] + 0.05);
    let plot = room_around(levels, 0.0).into_iter().fold(along(plot, ui, true), Plot::include_y);
    let shown = plot.show(ui, |plot| {
        for (curve, mark) in curves.iter().zip(marks) {
            let along: Vec<f64> = curve.spots.iter().map(|spot| spot.rho.log10()).collect();
            let [low, high] = [-1.0, 1.0].map(|sign| curve.spots.iter().map(|spot| spot.mean + sign * spot.sd).collect::<Vec<_>>());
            if along.len() > 1 {
                plot.add(FilledArea::new("", &along, &low, &high).fill_color(mark.color.gamma_multiply(0.16)).allow_hover(false));
            }
            if let Some(level) = curve.level {
                plot.hline(HLine::new("", level).color(mark.color).width(2.0).style(LineStyle::dashed_loose()).allow_hover(false));
            }
        }
        for (lane, (curve, mark)) in curves.iter().zip(marks).enumerate() {
            let points = |wanted: &dyn Fn(&crate::sweeps::Spot) -> bool| {
                curve.spots.iter().filter(|spot| wanted(spot)).map(|spot| [spot.rho.log10(), spot.mean]).collect::<Vec<_>>()
            };
            let style = mark.pattern.line_style();
            plot.line(PlotLine::new("", PlotPoints::from(points(&|_| true))).color(mark.color).width(2.0).style(style).allow_hover(false));
            let dot = |points| Points::new("", points).color(mark.color).allow_hover(false);
            plot.points(dot(points(&|spot| !spot.trouble)).radius(3.0));
            plot.points(dot(points(&|spot| spot.trouble)).radius(6.0).shape(MarkerShape::Cross));
            let chosen = points(&|spot| best(lane).is_some_and(|rho| rho.total_cmp(&spot.rho).is_eq()));
            plot.points(dot(chosen).radius(7.0).filled(false));
        }
    });
    let at = |spot: &crate::sweeps::Spot| shown.transform.position_from_point(&egui_plot::PlotPoint::new(spot.rho.log10(), spot.mean));
    let response = shown.response;
    let near = |pointer: egui::Pos2| {
        let spots = curves.iter().flat_map(|curve| &curve.spots).map(|spot| (spot, at(spot).distance(pointer)));
        spots.min_by(|(_, a), (_, b)| a.total_cmp(b)).filter(|(_, distance)| *distance < NEAR).map(|(spot, _)| spot)
    };
    // A finger is gone in the moment in which it has pressed.
    let spot = response.interact_pointer_pos().or_else(|| response.hover_pos()).and_then(near);
    if let Some(spot) = spot.filter(|_| response.clicked()) {
        set_up_point(ui, view, grid, &grid.points()[spot.point], out);
    }
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, spoken(column, &titles, &curves)));
    if let Some(spot) = spot {
        let title = &titles[grid.points()[spot.point].lane];
        let trouble = if spot.trouble { "; a seed collapsed or diverged" } else { "" };
        let text = format!("{title} at ρ {}: {} ± {}{trouble}", spot.rho, format::short(spot.mean), format::short(spot.sd));
        response.on_hover_text_at_pointer(text);
    }
}

/// A chart in words.
fn spoken(column: Column, titles: &[String], curves: &[Curve]) -> String {
    let of_lane = |(title, curve): (&String, &Curve)| {
        let spots = curve.spots.iter().map(|spot| format!("{} at ρ {}", format::short(spot.mean), spot.rho));
        let told: Vec<String> = curve.level.map(format::short).into_iter().chain(spots).collect();
        (!told.is_empty()).then(|| format!("{title} {}", told.join(", ")))
    };
    let told: Vec<String> = titles.iter().zip(curves).filter_map(of_lane).collect();
    format!("{} by ρ: {}", column.title(), told.join("; "))
}
