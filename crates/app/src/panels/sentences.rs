//! How a lane sees each training sentence, whom it weights up, and the history of one sentence.

use basin_train::protocol::Command;
use basin_train::report::{SentenceHistory, SentenceTable, Sentences, Visit};
use basin_train::stats::Comparison;
use egui::{Label, Rect, RichText, ScrollArea, Sense, Shape, TextEdit, Ui, pos2, vec2};

use super::cells::{self, Place};
use super::figure::{Head, empty_ui, figure_in, figure_ui};
use super::lines::{Series, lines_ui};
use super::sentence::{COLUMNS, Shown, ground_ui, list_ui};
use super::view::View;
use crate::choices::{Column, SentenceChoice};
use crate::command::{Figure, ViewCommand};
use crate::sentences::verdict;
use crate::theme::{self, LaneMark};
use crate::{format, widgets};

/// Height of a row.
const ROW: f32 = 22.0;

/// Choices, summary, table, history.
pub fn sentences_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let mut choice = view.choices.sentences.clone();
    let lane = choice.lane.min(view.state.run.lanes.len().saturating_sub(1));
    let Some(sentences) = &view.state.run.sentences else {
        let words = if view.state.has_run() {
            "Reading the training sentences…"
        } else {
            "Once a run trains, its training sentences are listed here."
        };
        empty_ui(ui, words);
        return;
    };
    controls_ui(ui, view, &mut choice);
    let table = view.state.run.sentence_tables.get(&lane);
    summary_ui(ui, view, table);
    let head_text = head_text(view, sentences, table);
    let head =
        Head { figure: Figure::Sentences, title: "Sentences", unit: &head_text, help: "Click a head to sort, a row for its history." };
    let history = view.state.run.history.as_ref().filter(|history| choice.selected == Some(history.example));
    if view.layout.is_phone() {
        figure_ui(ui, head, out, |ui, out| {
            list_ui(ui, view, sentences, table, &mut choice, |ui| {
                if let Some(history) = history {
                    history_ui(ui, None, view, sentences, history, out);
                }
            });
        });
    } else {
        let room = ui.available_rect_before_wrap();
        let below = if history.is_some() { (0.34 * room.height()).clamp(150.0, 230.0) } else { 0.0 };
        let gap = if history.is_some() { 8.0 } else { 0.0 };
        let middle = room.bottom() - below;
        let upper = Rect::from_min_max(room.min, pos2(room.right(), middle - gap));
        figure_in(ui, upper, head, out, |ui, _| {
            let height = ui.available_height();
            table_ui(ui, height, view, sentences, table, &mut choice);
        });
        if let Some(history) = history {
            history_ui(ui, Some(Rect::from_min_max(pos2(room.left(), middle), room.max)), view, sentences, history, out);
        }
        ui.advance_cursor_after_rect(room);
    }
    choice.picked |= choice.lane != view.choices.sentences.lane;
    if choice != view.choices.sentences {
        if let Some(example) = choice.selected.filter(|example| view.choices.sentences.selected != Some(*example)) {
            out.push(ViewCommand::Send(Box::new(Command::SentenceHistory { example })));
        }
        out.push(ViewCommand::Sentences(choice));
    }
}

/// How many rows, as of which step.
fn head_text(view: &View<'_>, sentences: &Sentences, table: Option<&SentenceTable>) -> String {
    let shown = format::count(view.rows.order.len());
    let all = format::count(sentences.texts.len());
    let more = if sentences.total > sentences.texts.len() {
        format!(" (the first {all} of {})", format::count(sentences.total))
    } else {
        String::new()
    };
    let step = table.map_or_else(|| "measuring…".to_owned(), |table| format!("at step {}", format::count(table.step)));
    format!("{shown} of {all}{more}, {step}")
}

fn controls_ui(ui: &mut Ui, view: &View<'_>, choice: &mut SentenceChoice) {
    let lanes = &view.state.run.lanes;
    let classes = view.state.run.summary.as_ref().map_or(&[][..], |summary| &summary.classes);
    ui.horizontal_wrapped(|ui| {
        ui.weak("seen by");
        let titles = lanes.iter().map(|lane| lane.title.as_str());
        widgets::pick(ui, "Seen by", &mut choice.lane, titles, 24).on_hover_text("The lane whose losses and weights are shown");
        let words = |label: Option<usize>| label.and_then(|label| classes.get(label)).map_or("all labels", String::as_str);
        let closed = egui::ComboBox::from_id_salt("label filter").selected_text(words(choice.label));
        let labels = std::iter::once(None).chain((0..classes.len()).map(Some));
        widgets::list(ui, closed, &mut choice.label, labels, |ui, label, chosen| ui.selectable_label(chosen, words(*label)))
            .on_hover_text("Only sentences that are trained on this label")
            .accessible_name("Only label");
        ui.checkbox(&mut choice.flipped_only, "flipped only").on_hover_text("Only sentences whose label was flipped");
        let height = ui.spacing().interact_size.y;
        let search = TextEdit::singleline(&mut choice.search)
            .hint_text("Search…")
            .desired_width(150.0)
            .min_size(vec2(0.0, height))
            .char_limit(200)
            .align(egui::Align2::LEFT_CENTER);
        ui.add(search).on_hover_text("Only sentences that contain this").accessible_name("Search sentences");
    });
}

/// Whether the climb weights up the noisy, the rare, the long.
fn summary_ui(ui: &mut Ui, view: &View<'_>, table: Option<&SentenceTable>) {
    let Some(table) = table else { return };
    if view.rows.groups.is_empty() {
        let words = if table.mean_weight.iter().all(|w| w.is_nan()) {
            if table.seen.iter().all(|seen| *seen == 0) {
                "No sentence has been in a batch yet."
            } else {
                "This lane does not weight examples: each counts the same in its climb."
            }
        } else {
            "No group to compare: no labels were flipped, and there are too few sentences."
        };
        widgets::hint(ui, words);
        return;
    }
    let narrow = view.layout.is_phone();
    // Lines of text, as near as lines of text are.
    let height = std::mem::replace(&mut ui.spacing_mut().interact_size.y, 18.0);
    for group in &view.rows.groups {
        let Comparison { difference: d, verdict: found, .. } = &group.comparison;
        let numbers = format!(
            "mean B·p {} ({}) against {}: {} ± {}",
            format::short(group.means[0]),
            format::count(group.count),
            format::short(group.means[1]),
            format::signed(d.mean, 3),
            format::short(d.standard_error)
        );
        let text = format!("{}: {}", group.name, verdict(*found));
        let help = format!(
            "Mean B·p of the group (its size) against that of all others, and the difference ± its standard error; Welch's test, {}.",
            group.comparison.details()
        );
        let help = help.as_str();
        if narrow {
            ui.add(Label::new(text).wrap()).on_hover_text(help);
            widgets::hint(ui, numbers);
        } else {
            ui.horizontal(|ui| {
                ui.add(Label::new(text)).on_hover_text(help);
                ui.add(Label::new(RichText::new(numbers).small().weak()).truncate()).on_hover_text(help);
            });
        }
    }
    ui.spacing_mut().interact_size.y = height;
}

fn table_ui(ui: &mut Ui, height: f32, view: &View<'_>, sentences: &Sentences, table: Option<&SentenceTable>, choice: &mut SentenceChoice) {
    let numbers: f32 = COLUMNS.iter().map(|column| column.3 + cells::GAP).sum();
    let text = (ui.available_width() - numbers - 24.0).max(220.0);
    let mut columns = vec![Place { width: text, right: false }];
    columns.extend(COLUMNS.iter().map(|column| Place { width: column.3, right: column.0 != Column::Label }));
    ScrollArea::horizontal().id_salt("across").auto_shrink(false).show(ui, |ui| {
        ui.set_width(cells::width(&columns) + 12.0);
        ui.spacing_mut().item_spacing.y = 0.0;
        heads_ui(ui, &columns, choice);
        let down = ScrollArea::vertical().id_salt("down").auto_shrink(false).max_height(height - theme::row_height(ui, 24.0) - 16.0);
        down.show_rows(ui, theme::row_height(ui, ROW), view.rows.order.len(), |ui, range| {
            for place in range {
                row_ui(ui, view, Shown { sentences, table, row: view.rows.order[place] }, &columns, place, choice);
            }
        });
    });
}

/// The heads: a click sorts, a second one turns the order round.
fn heads_ui(ui: &mut Ui, columns: &[Place], choice: &mut SentenceChoice) {
    let (row, _) = ui.allocate_exact_size(vec2(cells::width(columns), theme::row_height(ui, 24.0)), Sense::hover());
    let heads = std::iter::once((Column::Text, "Sentence", "The training sentence.")).chain(COLUMNS.iter().map(|c| (c.0, c.1, c.2)));
    for ((rect, column), (sorts, name, help)) in cells::places(row, columns).into_iter().zip(columns).zip(heads) {
        let response = ui.interact(rect, ui.scope_id().with(name), Sense::click()).on_hover_text(help);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Sort by {name}")));
        let chosen = choice.column == sorts;
        let visuals = ui.visuals();
        let color = if chosen || response.hovered() { visuals.strong_text_color() } else { visuals.weak_text_color() };
        cells::cell_ui(ui, rect, column.right, name, color);
        if chosen {
            // A small triangle under the head: down for largest first.
            let center = pos2(if column.right { rect.right() - 5.0 } else { rect.left() + 5.0 }, rect.bottom() - 2.0);
            let y = if choice.descending { 2.0 } else { -2.0 };
            let points = vec![center + vec2(-4.0, -y), center + vec2(4.0, -y), center + vec2(0.0, y)];
            ui.painter().add(Shape::convex_polygon(points, color, egui::Stroke::NONE));
        }
        if response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
            // Numbers start with the largest, texts with the first.
            choice.descending = if chosen { !choice.descending } else { !matches!(sorts, Column::Text | Column::Label) };
            choice.column = sorts;
        }
    }
}

fn row_ui(ui: &mut Ui, view: &View<'_>, shown: Shown<'_>, columns: &[Place], place: usize, choice: &mut SentenceChoice) {
    let size = vec2(cells::width(columns), theme::row_height(ui, ROW));
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let chosen = choice.selected == Some(shown.row);
    let [text, warn] = ground_ui(ui, view, rect, &response, shown, chosen, place.is_multiple_of(2));
    let places = cells::places(rect, columns);
    cells::cell_ui(ui, places[0], false, shown.text(), text);
    cells::cell_ui(ui, places[1], false, &shown.label(view), if shown.is_flipped() { warn } else { text });
    if shown.table.is_some() {
        for ((column, ..), rect) in COLUMNS.iter().skip(1).zip(&places[2..]) {
            cells::cell_ui(ui, *rect, true, &shown.number(*column), text);
        }
    }
    let response = response.on_hover_ui(|ui| {
        ui.label(shown.text());
        if let Some(flip) = shown.flip(view) {
            ui.label(flip);
        }
    });
    if response.clicked() {
        choice.selected = (!chosen).then_some(shown.row);
    }
}

/// Loss, share and gap of one sentence at its visits, as curves of all lanes.
fn history_ui(
    ui: &mut Ui,
    rect: Option<Rect>,
    view: &View<'_>,
    sentences: &Sentences,
    history: &SentenceHistory,
    out: &mut Vec<ViewCommand>,
) {
    let text = sentences.texts.get(history.example).map_or("", String::as_str);
    let head = Head {
        figure: Figure::History,
        title: "History",
        unit: text,
        help: "What became of this sentence each time it was in a batch, mean over the seeds.",
    };
    let marks = view.marks();
    let visits = history.lanes.iter().map(Vec::len).sum::<usize>();
    let body = |ui: &mut Ui, stacked: bool| {
        if visits == 0 {
            widgets::hint(ui, "This sentence has not been in a batch yet.");
            return;
        }
        let width = if stacked { ui.available_width() } else { (ui.available_width() - 2.0 * ui.spacing().item_spacing.x) / 3.0 };
        let height = if stacked { 130.0 } else { (ui.available_height() - 22.0).max(70.0) };
        let charts = |ui: &mut Ui| {
            for (name, value) in VALUES {
                ui.vertical(|ui| {
                    ui.set_width(width);
                    widgets::hint(ui, name);
                    let series = series(view, &marks, history, value);
                    lines_ui(ui, ("history", name), vec2(width, height), "steps", &series, &[], &spoken(name, &series));
                });
            }
        };
        if stacked { charts(ui) } else { drop(ui.horizontal(charts)) }
    };
    match rect {
        Some(rect) => figure_in(ui, rect, head, out, |ui, _| body(ui, false)),
        None => figure_ui(ui, head, out, |ui, _| body(ui, true)),
    }
}

/// A value of a visit, where it has one.
type OfVisit = fn(&Visit) -> Option<f64>;

/// The three values of a visit.
const VALUES: [(&str, OfVisit); 3] =
    [("Loss, nats", |visit| Some(visit.loss)), ("B·p", |visit| visit.weight), ("Gap, nats", |visit| visit.gap)];

fn series<'a>(view: &View<'a>, marks: &[LaneMark], history: &SentenceHistory, value: OfVisit) -> Vec<Series<'a>> {
    let lanes = view.state.run.lanes.iter().zip(marks).zip(&history.lanes);
    lanes
        .map(|((lane, mark), visits)| {
            let points = visits.iter().filter_map(|visit| Some([visit.step as f64, value(visit)?])).collect();
            Series { name: &lane.title, mark: *mark, points }
        })
        .collect()
}

fn spoken(name: &str, series: &[Series<'_>]) -> String {
    let last: Vec<String> =
        series.iter().filter_map(|line| line.points.last().map(|p| format!("{} {}", line.name, format::short(p[1])))).collect();
    format!("History of {name}: {}", last.join(", "))
}
