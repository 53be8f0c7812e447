//! The parts of a judgement that are drawn: the confusion matrix and the reliability diagram.

use basin_train::report::{Bin, Cell};
use egui::{Align2, FontId, Label, Rect, RichText, ScrollArea, Sense, Stroke, Ui, Vec2, pos2, vec2};

use super::figure::save_ui;
use super::judged_examples::{Number, Shown, examples_ui};
use super::rows::{Column, rows_ui};
use super::view::View;
use crate::choices::JudgeChoice;
use crate::command::{Figure, ViewCommand};
use crate::{format, theme, widgets};

/// Classes of which the matrix is drawn whole; of more the most frequent confusions are listed.
const WHOLE: usize = 12;
const WHOLE_ON_A_PHONE: usize = 4;

/// Confusions that are listed.
const LISTED: usize = 200;

/// The matrix, or the list of confusions; and the texts of the cell that was pressed.
pub fn confusions_ui(ui: &mut Ui, view: &View<'_>, shown: Shown<'_>, choice: &mut JudgeChoice, out: &mut Vec<ViewCommand>) {
    let phone = view.layout.is_phone();
    let whole = shown.classes.len() <= if phone { WHOLE_ON_A_PHONE } else { WHOLE };
    let words = if whole {
        "Labels are rows, answers are columns; numbers are the mean over the seeds. Press one to read the texts."
    } else {
        "The most frequent confusions; numbers are the mean over the seeds. Press one to read the texts."
    };
    widgets::hint(ui, words);
    let open = choice.cell.is_some();
    let mut pressed = None;
    let height = if phone || !open { ui.available_height() } else { 0.5 * ui.available_height() };
    let matrix = |ui: &mut Ui| if whole { matrix_ui(ui, view, shown, choice.cell) } else { list_ui(ui, view, shown) };
    if phone {
        pressed = matrix(ui).or(pressed);
    } else {
        let size = vec2(ui.available_width(), height);
        ui.allocate_ui(size, |ui| {
            if whole {
                ScrollArea::both().id_salt("matrix").auto_shrink([false, true]).max_height(height).show(ui, |ui| pressed = matrix(ui));
            } else {
                pressed = matrix(ui);
            }
        });
    }
    if let Some(cell) = pressed {
        choice.cell = (choice.cell != Some(cell)).then_some(cell);
    }
    cell_ui(ui, view, shown, choice, out);
}

/// The texts of the cell that is open.
fn cell_ui(ui: &mut Ui, view: &View<'_>, shown: Shown<'_>, choice: &JudgeChoice, out: &mut Vec<ViewCommand>) {
    let Some([label, answer]) = choice.cell else { return };
    let found = view.state.run.judged_cell.as_deref().filter(|cell| (cell.lane, cell.label, cell.answer) == (choice.lane, label, answer));
    ui.add_space(6.0);
    let card = ui.clip_rect();
    ui.horizontal(|ui| {
        let words = format!("Label {}, answer {}", shown.class(label), shown.class(answer));
        let count = match found {
            Some(cell) => {
                let told = if cell.examples.len() < cell.total { format!(", the first {}", cell.examples.len()) } else { String::new() };
                format!("{} test examples, by some seed or by all{told}, at step {}", format::count(cell.total), format::count(cell.step))
            }
            None => "reading…".to_owned(),
        };
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            save_ui(ui, "Texts of the cell", Figure::JudgedCell, card, out);
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.add(Label::new(RichText::new(words).strong()).truncate());
                ui.add(Label::new(RichText::new(count).small().weak()).truncate());
            });
        });
    });
    if let Some(cell) = found {
        examples_ui(ui, view, shown, "Texts of the cell", &cell.examples, Number::Answer);
    }
}

fn count(shown: Shown<'_>, label: usize, answer: usize) -> f64 {
    let cell = shown.lane.cells.iter().find(|cell| (cell.label, cell.answer) == (label, answer));
    cell.map_or(0.0, |cell| cell.count as f64 / shown.members().max(1) as f64)
}

/// Whole numbers as such, means with one decimal.
fn mean_text(mean: f64) -> String {
    if mean.fract() == 0.0 { format::count(mean as usize) } else { format!("{mean:.1}") }
}

/// A cell is as strongly coloured as its share of the row; returns the one that was pressed.
fn matrix_ui(ui: &mut Ui, view: &View<'_>, shown: Shown<'_>, open: Option<[usize; 2]>) -> Option<[usize; 2]> {
    let n = shown.classes.len();
    let names = if view.layout.is_phone() { 84.0 } else { 150.0 };
    let least = if theme::is_touch(ui) { 44.0 } else { 34.0 };
    let width = ((ui.available_width() - names - 8.0) / n as f32).clamp(46.0, 96.0);
    let size = vec2(width, least);
    let (rect, _) = ui.allocate_exact_size(vec2(names + n as f32 * width, (n + 1) as f32 * least), Sense::hover());
    let font = FontId::proportional(12.5);
    let visuals = ui.visuals().clone();
    let accent = theme::accent(visuals.dark_mode);
    for (class, name) in shown.classes.iter().enumerate() {
        let along = |offset: Vec2| Rect::from_min_size(rect.min + offset, vec2(0.0, least));
        let column =
            along(vec2(names + class as f32 * width + 3.0, 0.0)).with_max_x(rect.left() + names + (class + 1) as f32 * width - 3.0);
        super::cells::cell_ui(ui, column, false, name, visuals.weak_text_color());
        let row = along(vec2(4.0, (class + 1) as f32 * least)).with_max_x(rect.left() + names - 6.0);
        super::cells::cell_ui(ui, row, false, name, visuals.text_color());
    }
    let mut pressed = None;
    for label in 0..n {
        let labelled = shown.judgement.class_counts[label];
        for answer in 0..n {
            let at = rect.min + vec2(names + answer as f32 * width, (label + 1) as f32 * least);
            let cell = Rect::from_min_size(at, size).shrink(1.0);
            let mean = count(shown, label, answer);
            let share = if labelled > 0 { mean / labelled as f64 } else { 0.0 };
            let response = ui.interact(cell, ui.scope_id().with(("cell", label, answer)), Sense::click());
            let chosen = open == Some([label, answer]);
            let told = format!(
                "label {}, answer {}: {} ({} of the label)",
                shown.class(label),
                shown.class(answer),
                mean_text(mean),
                format::percent(share)
            );
            response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, chosen, told.clone()));
            // Right answers in the accent, wrong ones in the colour of warnings.
            let color = if label == answer { accent } else { visuals.warn_fg_color };
            ui.painter().rect_filled(cell, 4.0, color.gamma_multiply(0.75 * share as f32));
            let border = if chosen {
                Stroke::new(2.0, visuals.strong_text_color())
            } else if response.hovered() {
                visuals.widgets.hovered.bg_stroke
            } else {
                visuals.widgets.noninteractive.bg_stroke
            };
            ui.painter().rect_stroke(cell, 4.0, border, egui::StrokeKind::Inside);
            ui.painter().text(cell.center(), Align2::CENTER_CENTER, mean_text(mean), font.clone(), visuals.strong_text_color());
            if response.on_hover_text(told).on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
                pressed = Some([label, answer]);
            }
        }
    }
    pressed
}

/// The wrong cells, the most frequent first; returns the one that was pressed.
fn list_ui(ui: &mut Ui, view: &View<'_>, shown: Shown<'_>) -> Option<[usize; 2]> {
    let mut wrong: Vec<&Cell> = shown.lane.cells.iter().filter(|cell| cell.label != cell.answer).collect();
    wrong.sort_by_key(|cell| std::cmp::Reverse(cell.count));
    wrong.truncate(LISTED);
    let columns = [
        Column { name: "Label", help: "The label.", width: 0.0, number: false },
        Column { name: "Answer", help: "What is answered instead.", width: 190.0, number: false },
        Column { name: "Examples", help: "How many examples of the test set, mean over the seeds.", width: 80.0, number: true },
        Column { name: "Share", help: "The share of the examples with this label.", width: 80.0, number: true },
    ];
    let row = |place: usize| {
        let cell = wrong[place];
        let mean = count(shown, cell.label, cell.answer);
        let share = mean / shown.judgement.class_counts[cell.label] as f64;
        vec![shown.class(cell.label).to_owned(), shown.class(cell.answer).to_owned(), mean_text(mean), format::percent(share)]
    };
    rows_ui(ui, view, "Confusions", &columns, wrong.len(), row, true).map(|place| [wrong[place].label, wrong[place].answer])
}

/// The reliability diagram, with the table of its bins.
pub fn calibration_ui(ui: &mut Ui, view: &View<'_>, shown: Shown<'_>) {
    let bins = &shown.lane.bins;
    widgets::hint(
        ui,
        "Of the answers of all seeds with such a confidence, so many are right. Bars below the diagonal: too sure; above it: too shy. The \
         dot of a bar stands at its mean confidence; narrow bars at the foot say how many answers there are.",
    );
    let side =
        (ui.available_width() - 40.0).min(if view.layout.is_phone() { 320.0 } else { 0.6 * ui.available_height() }).clamp(160.0, 420.0);
    diagram_ui(ui, bins, side);
    let all: usize = bins.iter().map(|bin| bin.count).sum();
    let number = |name, help| Column { name, help, width: 110.0, number: true };
    let columns = [
        Column { name: "Confidence", help: "The probability of the answer.", width: 0.0, number: false },
        number("Answers", "The share of all answers."),
        number("Mean confidence", "The mean of the probabilities."),
        number("Right", "The share of them that is right."),
    ];
    let filled: Vec<usize> = (0..bins.len()).filter(|place| bins[*place].count > 0).collect();
    let row = |place: usize| {
        let bin = bins[filled[place]];
        let edges = [filled[place], filled[place] + 1].map(|edge| edge as f64 / bins.len() as f64);
        vec![
            format!("{:.1} to {:.1}", edges[0], edges[1]),
            format::percent(bin.count as f64 / all as f64),
            format::percent(bin.confidence),
            format::percent(bin.accuracy),
        ]
    };
    rows_ui(ui, view, "Bins", &columns, filled.len(), row, false);
}

fn diagram_ui(ui: &mut Ui, bins: &[Bin], side: f32) {
    let foot = 26.0;
    let (rect, response) = ui.allocate_exact_size(vec2(side + 40.0, side + foot + 18.0), Sense::hover());
    let visuals = ui.visuals();
    let plot = Rect::from_min_size(rect.min + vec2(36.0, 2.0), vec2(side, side));
    let at = |x: f64, y: f64| pos2(plot.left() + x as f32 * side, plot.bottom() - y as f32 * side);
    let told: Vec<String> = (bins.iter().enumerate().filter(|(_, bin)| bin.count > 0))
        .map(|(place, bin)| format!("{:.1}: {} right", (place as f64 + 0.5) / bins.len() as f64, format::percent(bin.accuracy)))
        .collect();
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, format!("Reliability by confidence: {}", told.join(", "))));
    let (weak, strong) = (visuals.weak_text_color(), visuals.strong_text_color());
    let accent = theme::accent(visuals.dark_mode);
    let painter = ui.painter();
    painter.rect_filled(plot, 0.0, visuals.extreme_bg_color);
    let most = bins.iter().map(|bin| bin.count).max().unwrap_or(0).max(1) as f32;
    let step = 1.0 / bins.len().max(1) as f64;
    for (place, bin) in bins.iter().enumerate().filter(|(_, bin)| bin.count > 0) {
        let left = place as f64 * step;
        let bar = Rect::from_two_pos(at(left, 0.0), at(left + step, bin.accuracy)).shrink2(vec2(1.0, 0.0));
        painter.rect_filled(bar, 1.0, accent.gamma_multiply(0.55));
        let share = Rect::from_min_max(
            pos2(bar.left(), plot.bottom() + 2.0),
            pos2(bar.right(), plot.bottom() + 2.0 + (foot - 6.0) * bin.count as f32 / most),
        );
        painter.rect_filled(share, 0.0, weak.gamma_multiply(0.6));
        painter.circle_filled(at(bin.confidence, bin.accuracy), 3.5, strong);
    }
    painter.line_segment([at(0.0, 0.0), at(1.0, 1.0)], Stroke::new(1.5, weak));
    painter.rect_stroke(plot, 0.0, visuals.widgets.noninteractive.bg_stroke, egui::StrokeKind::Outside);
    let font = FontId::proportional(11.5);
    for tick in [0.0, 0.5, 1.0] {
        painter.text(at(0.0, tick) - vec2(5.0, 0.0), Align2::RIGHT_CENTER, format!("{:.0} %", 100.0 * tick), font.clone(), weak);
        let below = pos2(at(tick, 0.0).x, plot.bottom() + foot);
        let anchor = if tick == 0.0 {
            Align2::LEFT_TOP
        } else if tick >= 1.0 {
            Align2::RIGHT_TOP
        } else {
            Align2::CENTER_TOP
        };
        let unit = if tick >= 1.0 { "confidence 100 %".to_owned() } else { format!("{:.0} %", 100.0 * tick) };
        painter.text(below, anchor, unit, font.clone(), weak);
    }
    painter.text(plot.left_top() + vec2(6.0, 4.0), Align2::LEFT_TOP, "right", font, weak);
}
