//! How good the answers of the lanes are: figures, confusions, classes, calibration, mistakes, doubted labels.
//!
//! Elsewhere: confusions and calibration, which are drawn (`judge_parts.rs`), examples (`judged_examples.rs`); what is computed
//! (`basin_train::instruments::judge`).

use basin_train::protocol::Command;
use basin_train::report::{Judgement, LaneJudgement};
use basin_train::stats::Spread;
use egui::{Label, Rect, Ui};

use super::figure::{Head, empty_ui, figure_in, figure_ui};
use super::judge_parts::{calibration_ui, confusions_ui};
use super::judged_examples::{Number, Shown, examples_ui};
use super::rows::{Column, rows_ui};
use super::view::View;
use crate::choices::{JudgeChoice, JudgePart};
use crate::command::{Figure, ViewCommand};
use crate::judged::FIGURES;
use crate::{format, widgets};

/// Switches, and the part that is chosen.
pub fn judge_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let mut choice = view.choices.judge;
    controls_ui(ui, view, &mut choice, out);
    let run = &view.state.run;
    let classes = run.summary.as_ref().map_or(&[][..], |summary| &summary.classes);
    let shown = run.judgement.as_deref().and_then(|judgement| {
        let lane = judgement.lanes.get(choice.lane.min(judgement.lanes.len().saturating_sub(1)))?;
        Some(Shown { judgement, lane, classes })
    });
    match shown {
        None if view.state.has_run() => empty_ui(ui, "The answers to the test set are being judged…"),
        None => empty_ui(ui, "Once a run has weights, the answers of its lanes are judged here."),
        Some(shown) => part_ui(ui, view, shown, &mut choice, out),
    }
    if choice != view.choices.judge {
        if let Some([label, answer]) =
            choice.cell.filter(|_| choice.cell != view.choices.judge.cell || choice.lane != view.choices.judge.lane)
        {
            out.push(ViewCommand::Send(Box::new(Command::JudgedCell { lane: choice.lane, label, answer })));
        }
        out.push(ViewCommand::Judging(choice));
    }
}

fn controls_ui(ui: &mut Ui, view: &View<'_>, choice: &mut JudgeChoice, out: &mut Vec<ViewCommand>) {
    let lanes = &view.state.run.lanes;
    if view.layout.is_phone() {
        widgets::choice(ui, "part of the judgement", &mut choice.part, JudgePart::ALL, |part| part.title().to_owned(), |part| part.help())
            .accessible_name("Part");
    }
    ui.horizontal_wrapped(|ui| {
        if !view.layout.is_phone() {
            let parts: Vec<_> = JudgePart::ALL.map(|part| (part, part.title(), part.help())).into();
            widgets::segments(ui, &mut choice.part, &parts);
        }
        if choice.part != JudgePart::Overview {
            ui.weak("of");
            let titles = lanes.iter().map(|lane| lane.title.as_str());
            widgets::pick(ui, "Judged lane", &mut choice.lane, titles, 24).on_hover_text("The lane whose answers are judged");
        }
        let button = ui.add_enabled(view.state.has_run(), egui::Button::new("Judge now").min_size(ui.spacing().interact_size));
        if button
            .on_hover_text(
                "Judge the answers at the weights of now; at the end of a run that keeps them, at those of each seed's best epoch",
            )
            .clicked()
        {
            out.push(ViewCommand::Judge);
        }
    });
}

/// The part in its card.
fn part_ui(ui: &mut Ui, view: &View<'_>, shown: Shown<'_>, choice: &mut JudgeChoice, out: &mut Vec<ViewCommand>) {
    let Judgement { step, on, examples, total, training_examples, .. } = shown.judgement;
    let of = if choice.part == JudgePart::Labels {
        format!("{} training examples", format::count(*training_examples))
    } else {
        let part = if examples < total { format!(" of {}", format::count(*total)) } else { String::new() };
        format!("{}{part} examples of {on}", format::count(*examples))
    };
    let unit = format!("{of}, {}", view.state.run.answered_at(*step));
    let head = Head { figure: Figure::Judged(choice.part), title: choice.part.title(), unit: &unit, help: choice.part.help() };
    let body = |ui: &mut Ui, out: &mut Vec<ViewCommand>| {
        if shown.members() == 0 && choice.part != JudgePart::Overview {
            widgets::hint(ui, "Every seed of this lane has diverged.");
            return;
        }
        match choice.part {
            JudgePart::Overview => overview_ui(ui, view, shown),
            JudgePart::Confusions => confusions_ui(ui, view, shown, choice, out),
            JudgePart::Classes => classes_ui(ui, view, shown),
            JudgePart::Calibration => calibration_ui(ui, view, shown),
            JudgePart::Mistakes => {
                widgets::hint(ui, "Wrong answers of all seeds together, the surest first: an error of the lane, or of the label.");
                examples_ui(ui, view, shown, "Mistakes", &shown.lane.mistakes, Number::Answer);
            }
            JudgePart::Labels => labels_ui(ui, view, shown),
        }
    };
    if view.layout.is_phone() {
        figure_ui(ui, head, out, body);
    } else {
        let room = ui.available_rect_before_wrap();
        figure_in(ui, Rect::from_min_max(room.min, room.max), head, out, body);
        ui.advance_cursor_after_rect(room);
    }
}

/// Mean ± deviation of shares in percent, or of other numbers.
pub fn spread_text(values: &[f64], percent: bool) -> String {
    match Spread::of(values) {
        None => "–".to_owned(),
        Some(s) if percent => format::percent_spread(s.mean, s.sd, s.count),
        Some(s) => format::spread(s.mean, s.sd, s.count),
    }
}

/// All figures of all lanes: a row a lane, and one of all its seeds together.
fn overview_ui(ui: &mut Ui, view: &View<'_>, shown: Shown<'_>) {
    let mut columns =
        vec![Column { name: "Lane", help: "Each seed alone; together: the mean of their probabilities.", width: 0.0, number: false }];
    let width = |percent: bool| if percent { 104.0 } else { 112.0 };
    columns.extend(FIGURES.map(|figure| Column { name: figure.title, help: figure.help, width: width(figure.percent), number: true }));
    let lanes: Vec<(&str, &LaneJudgement)> =
        view.state.run.lanes.iter().map(|lane| lane.title.as_str()).zip(&shown.judgement.lanes).collect();
    let each = if lanes.iter().any(|(_, lane)| lane.members.len() > 1) { 2 } else { 1 };
    let linear = shown.judgement.linear.or(view.state.run.linear);
    let row = |place: usize| {
        if let Some(linear) = linear.filter(|_| place == each * lanes.len()) {
            let cells = FIGURES.iter().map(|figure| spread_text(&[(figure.of)(&linear)], figure.percent));
            return std::iter::once("Linear model".to_owned()).chain(cells).collect();
        }
        let (title, lane) = lanes[place / each];
        let together = place % each == 1;
        let cell = |figure: &crate::judged::Figure| {
            let values: Vec<f64> = if together { vec![(figure.of)(&lane.together)] } else { lane.members.iter().map(figure.of).collect() };
            spread_text(&values, figure.percent)
        };
        let name = if together { format!("{title}, seeds together") } else { title.to_owned() };
        std::iter::once(name).chain(FIGURES.iter().map(cell)).collect()
    };
    widgets::hint(
        ui,
        "Mean ± sd over the seeds, each alone; together: the mean of their probabilities, as Ask answers. Log loss in nats. The \
         temperature divides the logits: above 1 the answers are too sure; – where all are right, or none is. Tempered: with one that was found on every second example and \
         used on the others, both ways. The linear model is a logistic regression on counts of the same tokens: what a net adds is above it, if it adds anything.",
    );
    rows_ui(ui, view, "Figures", &columns, each * lanes.len() + usize::from(linear.is_some()), row, false);
}

fn classes_ui(ui: &mut Ui, view: &View<'_>, shown: Shown<'_>) {
    let score = |name, help| Column { name, help, width: 104.0, number: true };
    let columns = [
        Column { name: "Class", help: "The class.", width: 0.0, number: false },
        Column { name: "Examples", help: "Examples that have it as their label.", width: 70.0, number: true },
        score("Precision", "Of the answers that say it, the share that is right."),
        score("Recall", "Of the examples that have the label, the share that is answered so."),
        score("F1", "The harmonic mean of both."),
    ];
    let row = |class: usize| {
        let scores = &shown.lane.classes[class];
        let texts = [&scores.precision, &scores.recall, &scores.f1].map(|values| spread_text(values, true));
        let count = format::count(shown.judgement.class_counts[class]);
        [shown.class(class).to_owned(), count].into_iter().chain(texts).collect()
    };
    rows_ui(ui, view, "Classes", &columns, shown.lane.classes.len(), row, false);
}

/// The training labels that are doubted, and how rightly.
fn labels_ui(ui: &mut Ui, view: &View<'_>, shown: Shown<'_>) {
    let Judgement { training_examples, flipped, .. } = shown.judgement;
    let mut words =
        "Training examples for which all seeds together answer another class than the label, the least likely label first.".to_owned();
    if !shown.lane.precision.is_empty() {
        let found: Vec<String> = (shown.lane.precision.iter())
            .map(|at| format!("{} of the first {}", format::percent(at.precision), format::count(at.k)))
            .collect();
        let chance = format::percent(*flipped as f64 / *training_examples as f64);
        words = format!(
            "{words} Here {} labels were made wrong on purpose ({chance}, which is what chance would find); among the most doubted were \
             found: {}.",
            format::count(*flipped),
            found.join(", ")
        );
    }
    if let Some(by_heart) = shown.lane.by_heart("Training, Find each seed's best epoch") {
        words = format!("{words} {by_heart}");
    }
    ui.add(Label::new(words).wrap());
    examples_ui(ui, view, shown, "Doubted labels", &shown.lane.suspects, Number::Loss);
}
