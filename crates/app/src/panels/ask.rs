//! Type a sentence: what each lane answers, as class probabilities.

use basin_train::brief::counted;
use basin_train::report::Predictions;
use egui::{Align2, FontId, Label, RichText, ScrollArea, Sense, Stroke, TextEdit, Ui, pos2, vec2};

use super::cells;
use super::figure::save_ui;
use super::view::View;
use crate::client::Asked;
use crate::command::{Figure, ViewCommand};
use crate::files::FileRequest;
use crate::format;
use crate::locks::Part;
use crate::state::Classified;
use crate::theme;
use crate::widgets;

/// Classes that are shown: those some lane finds most likely.
const SHOWN_CLASSES: usize = 6;

/// The question, examples to click, and the answers.
pub fn ask_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let state = view.state;
    let (mut text, mut text_b) = (view.question.text.clone(), view.question.text_b.clone());
    let pairs = state.run.summary.as_ref().is_some_and(|s| s.pairs);
    let ready = state.has_run() && !text.trim().is_empty();
    let mut ask = false;
    if !view.locks.opens(Part::Ask) {
        ui.disable();
    }
    ui.horizontal(|ui| {
        let width = ui.available_width() - 68.0;
        let hint = if pairs { "The first text…" } else { "Type a sentence…" };
        let height = ui.spacing().interact_size.y;
        let edit = ui.add(
            TextEdit::singleline(&mut text)
                .hint_text(hint)
                .char_limit(10_000)
                .min_size(vec2(width, height))
                .desired_width(width - 8.0)
                .align(egui::Align2::LEFT_CENTER),
        );
        let edit = edit.accessible_name("Sentence");
        ask |= ready && edit.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let tip = if state.has_run() { "Ask every lane (Enter)" } else { "There are no weights to ask yet" };
        let button = ui.add_enabled(ready, egui::Button::new("Ask").min_size(vec2(60.0, height)));
        ask |= button.on_hover_text(tip).on_disabled_hover_text(tip).clicked();
    });
    if pairs {
        let edit = ui.add(TextEdit::singleline(&mut text_b).hint_text("The second text…").desired_width(f32::INFINITY));
        edit.accessible_name("Second sentence");
    }
    if text != view.question.text || text_b != view.question.text_b {
        out.push(ViewCommand::Write { text, text_b });
    }
    if ask {
        out.push(ViewCommand::Ask);
    }
    let scroll = !view.layout.is_phone();
    let mut body = |ui: &mut Ui| {
        match &state.run.classified {
            Some(classified) => answers_ui(ui, view, classified, out),
            None if !state.has_run() => {
                widgets::hint(ui, "Once a run has weights, every lane answers here with its class probabilities.");
            }
            None => {}
        }
        samples_ui(ui, view, out);
        many_ui(ui, view, out);
    };
    if scroll {
        ScrollArea::vertical().id_salt("answers").auto_shrink(false).show(ui, body);
    } else {
        body(ui);
    }
}

/// Many texts at once: a list that is written here, or a file; and what the lanes answer to each.
fn many_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    ui.add_space(4.0);
    if !widgets::section_head(ui, "Many texts", "a list or a file", false) {
        return;
    }
    let mut list = view.question.list.clone();
    let edit =
        TextEdit::multiline(&mut list).hint_text("One text a line…").desired_rows(3).desired_width(f32::INFINITY).char_limit(1_000_000);
    ui.add(edit).accessible_name("List of texts");
    if list != view.question.list {
        out.push(ViewCommand::WriteList(list.clone()));
    }
    let (run, pending) = (&view.state.run, view.client.is_pending(|asked| *asked == Asked::Predictions));
    ui.horizontal_wrapped(|ui| {
        let size = ui.spacing().interact_size;
        let ready = view.state.has_run() && !list.trim().is_empty();
        if ui.add_enabled(ready, egui::Button::new("Answer the list").min_size(size)).clicked() {
            out.push(ViewCommand::AskList);
        }
        let open = egui::Button::new("Open a file…").min_size(size);
        let tip = "One text a line, JSON objects or strings, or a CSV or TSV file with a column of texts; the first 20,000 are answered";
        if ui.add_enabled(view.state.has_run() && view.locks.opens(Part::Files), open).on_hover_text(tip).clicked() {
            out.push(ViewCommand::OpenFile(FileRequest::Texts));
        }
        if run.predictions.is_some()
            && !pending
            && ui.add(egui::Button::new("Save as CSV…").min_size(size)).on_hover_text("Every lane's answer to every text").clicked()
        {
            out.push(ViewCommand::Values(Figure::Predictions));
        }
    });
    if pending {
        widgets::hint(ui, "The lanes are answering…");
    }
    let Some(predictions) = run.predictions.as_deref() else { return };
    predictions_ui(ui, view, predictions);
}

/// A text a row, with the answer of each lane below it: mean and standard deviation over the seeds.
fn predictions_ui(ui: &mut Ui, view: &View<'_>, predictions: &Predictions) {
    let Some(summary) = &view.state.run.summary else { return };
    let count = predictions.texts.len();
    let more = if predictions.more { ", the first of more: `basin predict` answers any number" } else { "" };
    widgets::hint(
        ui,
        format!("{} texts of {}, {}{more}.", format::count(count), predictions.file, view.state.run.answered_at(predictions.step)),
    );
    for note in &predictions.notes {
        widgets::hint(ui, format!("{note}."));
    }
    if predictions.unknown > 0 {
        let have = if predictions.unknown == 1 { "has" } else { "have" };
        let texts = counted(predictions.unknown, "text");
        let words = format!("{texts} {have} no token that the vocabulary knows: the answer is the same whatever stands there.");
        widgets::remark(ui, &words);
    }
    let height = theme::row_height(ui, 40.0);
    let row = |ui: &mut Ui, place: usize| {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
        let lanes = view.state.run.lanes.iter().zip(&predictions.lanes).filter_map(|(lane, answers)| {
            let predicted = answers.get(place)?;
            let class = predicted.class.and_then(|class| summary.classes.get(class)).map_or("diverged", String::as_str);
            let sure = share(predicted.probability, |p| match predicted.deviation {
                // Of one seed.
                deviation if deviation.is_nan() => format!("{:.0} %", 100.0 * p),
                deviation => format!("{:.0} ± {:.0} %", 100.0 * p, 100.0 * deviation),
            });
            Some(format!("{} {class} {sure}", lane.title))
        });
        let answers = lanes.collect::<Vec<_>>().join(" · ");
        let text = &predictions.texts[place];
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, format!("{text}: {answers}")));
        if !place.is_multiple_of(2) {
            ui.painter().rect_filled(rect, 0.0, ui.visuals().faint_bg_color);
        }
        let (above, below) = rect.shrink2(vec2(6.0, 2.0)).split_top_bottom_at_fraction(0.5);
        cells::cell_ui(ui, above, false, text, ui.visuals().text_color());
        cells::cell_ui(ui, below, false, &answers, ui.visuals().weak_text_color());
        response.on_hover_text(format!("{text}\n{answers}"));
    };
    cells::rows_in_page(ui, height, 0..count, row);
}

/// Test texts to click.
fn samples_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let Some(summary) = view.state.run.summary.as_ref().filter(|s| !s.samples.is_empty()) else { return };
    ui.add_space(4.0);
    widgets::hint(ui, "Or try one of the test set:");
    for sample in &summary.samples {
        let text = format::cut(sample, 200);
        let button = egui::Button::new(RichText::new(&text)).truncate().min_size(vec2(ui.available_width(), 0.0));
        if ui.add_enabled(view.state.has_run(), button).on_hover_text(sample).clicked() {
            out.push(ViewCommand::Write { text: sample.clone(), text_b: String::new() });
            if !summary.pairs {
                out.push(ViewCommand::Ask);
            }
        }
    }
}

/// The likeliest classes, by the highest probability that some lane gives them.
fn likeliest(classified: &Classified, classes: usize) -> Vec<usize> {
    let best = |class: usize| classified.answers.iter().filter_map(|a| a.probabilities.get(class)).copied().fold(0.0, f64::max);
    let mut order: Vec<usize> = (0..classes).collect();
    order.sort_by(|a, b| best(*b).total_cmp(&best(*a)).then(a.cmp(b)));
    order.truncate(SHOWN_CLASSES);
    order
}

/// A probability in words; a lane whose members have all diverged has none.
fn share(probability: f64, words: impl Fn(f64) -> String) -> String {
    if probability.is_finite() { words(probability) } else { "diverged".to_owned() }
}

/// Grouped bars: for each class one bar a lane, with a whisker of one standard deviation over the seeds.
fn answers_ui(ui: &mut Ui, view: &View<'_>, classified: &Classified, out: &mut Vec<ViewCommand>) {
    let Some(summary) = &view.state.run.summary else { return };
    let marks = view.marks();
    let asked = view.question.asked.as_ref().map_or("", |(text, _)| text.as_str());
    let (known, all) = classified.known_tokens;
    ui.add_space(2.0);
    let page = ui.clip_rect();
    ui.horizontal(|ui| {
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            save_ui(ui, "Answers", Figure::Answers, page, out);
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.add(Label::new(RichText::new(format!("“{}”", format::cut(asked, 120)))).truncate());
            });
        });
    });
    let words = if known == all { "all its tokens are known".to_owned() } else { format!("{known} of {all} tokens known") };
    widgets::hint(ui, format!("Answered {}; {words}", view.state.run.answered_at(classified.step)));
    // Of a sentence of the test set it is known what would be right.
    let sample = summary.samples.iter().position(|sample| sample == asked).filter(|_| !summary.pairs);
    if let Some(label) = sample.and_then(|sample| summary.classes.get(*summary.sample_labels.get(sample)?)) {
        ui.add(Label::new(format!("Its label in the test set: {label}")).wrap());
    }
    ui.horizontal_wrapped(|ui| {
        for (lane, mark) in view.state.run.lanes.iter().zip(&marks) {
            widgets::legend_item(ui, *mark, &lane.title);
        }
    });
    ui.add_space(2.0);

    let shown = likeliest(classified, summary.classes.len());
    let bar = if marks.len() > 5 { 9.0 } else { 13.0 };
    let name_width = (0.34 * ui.available_width()).min(170.0);
    let visuals = ui.visuals().clone();
    let font = FontId::proportional(11.5);
    for class in shown {
        let height = (classified.answers.len() as f32 * bar).max(18.0) + 6.0;
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
        let name = &summary.classes[class];
        let words: Vec<String> = view
            .state
            .run
            .lanes
            .iter()
            .zip(&classified.answers)
            .map(|(lane, answer)| {
                format!("{} {}", lane.title, share(answer.probabilities.get(class).copied().unwrap_or(f64::NAN), format::percent))
            })
            .collect();
        let spoken = format!("{name}: {}", words.join(", "));
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, spoken.clone()));
        response.on_hover_text(&spoken);
        let galley = {
            let mut job = egui::text::LayoutJob::simple_singleline(name.clone(), FontId::proportional(13.0), visuals.text_color());
            job.wrap = egui::text::TextWrapping::truncate_at_width(name_width - 8.0);
            ui.fonts_mut(|fonts| fonts.layout_job(job))
        };
        let painter = ui.painter();
        painter.galley(pos2(rect.left(), rect.center().y - galley.size().y / 2.0), galley, visuals.text_color());
        let left = rect.left() + name_width;
        let full = rect.right() - left - 46.0;
        for (i, (answer, mark)) in classified.answers.iter().zip(&marks).enumerate() {
            let probability = answer.probabilities.get(class).copied().unwrap_or(f64::NAN);
            let deviation = answer.deviations.get(class).copied().unwrap_or_default() as f32;
            let percent = share(probability, |p| format!("{:.0} %", 100.0 * p));
            let probability = if probability.is_finite() { probability.clamp(0.0, 1.0) as f32 } else { 0.0 };
            let top = rect.top() + 3.0 + i as f32 * bar;
            let track = egui::Rect::from_min_size(pos2(left, top + 1.5), vec2(full, bar - 3.0));
            painter.rect_filled(track, 2.0, visuals.widgets.inactive.bg_fill);
            let mut fill = track;
            fill.set_width((probability * full).max(1.0));
            painter.rect_filled(fill, 2.0, mark.color);
            if mark.is_broken() {
                // The same mark as the broken line: a light middle.
                painter.line_segment([fill.left_center(), fill.right_center()], Stroke::new(2.0, visuals.extreme_bg_color));
            }
            if deviation > 0.004 {
                let at = |p: f32| left + p.clamp(0.0, 1.0) * full;
                let y = track.center().y;
                let stroke = Stroke::new(1.0, visuals.strong_text_color());
                painter.line_segment([pos2(at(probability - deviation), y), pos2(at(probability + deviation), y)], stroke);
            }
            painter.text(pos2(rect.right(), track.center().y), Align2::RIGHT_CENTER, percent, font.clone(), visuals.text_color());
        }
    }
    if summary.classes.len() > SHOWN_CLASSES {
        widgets::hint(ui, format!("The {SHOWN_CLASSES} likeliest of {} classes", summary.classes.len()));
    }
}

#[cfg(test)]
mod tests {
    use basin_train::report::Answer;

    use super::*;

    #[test]
    fn the_likeliest_classes_come_first() {
        let answer = |probabilities: [f64; 4]| Answer { probabilities: probabilities.to_vec(), deviations: vec![0.0; 4] };
        let answers = vec![answer([0.1, 0.2, 0.6, 0.1]), answer([0.5, 0.2, 0.2, 0.1])];
        let classified = Classified { step: 0, answers, known_tokens: (1, 1) };
        assert_eq!(likeliest(&classified, 4), [2, 0, 1, 3]);
    }
}
