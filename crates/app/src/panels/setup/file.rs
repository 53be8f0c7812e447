//! The user's file: what was taken of it, what can be chosen otherwise, its first rows, and its test file.

use basin_train::data::{Format, delimiter_word};
use basin_train::experiment::{Columns, DataConfig};
use basin_train::protocol::{Files, Table, Taken};
use egui::{RichText, Ui};

use super::super::view::View;
use crate::command::ViewCommand;
use crate::files::FileRequest;
use crate::icons::Icon;
use crate::messages::{Offer, Topic};
use crate::{controls, format, knobs, widgets};

/// Rows of the file that the preview shows.
const PREVIEW_ROWS: usize = 3;
/// Reasons for leaving rows out, and notes, that are shown; all are among the messages.
const NOTES: usize = 4;
/// Characters of a note.
const NOTE_CHARS: usize = 240;

/// Delimiters that can be chosen.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];

/// How the user's file is read.
pub fn file_ui(ui: &mut Ui, view: &View<'_>, data: &mut DataConfig, out: &mut Vec<ViewCommand>) {
    let Some(files) = view.files else {
        widgets::remark(ui, "This file is not open: open it again, or choose other data.");
        return;
    };
    match view.state.table.as_ref() {
        Some(table) => {
            format_ui(ui, &table.taken, data);
            columns_ui(ui, &table.taken, data);
            preview_ui(ui, table);
            if view.left_to_right && table.head.iter().flatten().any(|cell| cell.contains(is_right_to_left)) {
                widgets::remark(ui, "The words of these texts stand from left to right in this window; Basin reads them as they are.");
            }
            notes_ui(ui, table);
        }
        None if view.client.reads_a_file() => drop(widgets::hint(ui, "Reading the file…")),
        None => widgets::remark(ui, "This file could not be read, as the message says: open another one, or choose other data."),
    }
    test_file_ui(ui, view, files, out);
}

/// The test file of this training file; one that belongs to another waits until somebody says whether it is meant.
fn test_file_ui(ui: &mut Ui, view: &View<'_>, files: &Files, out: &mut Vec<ViewCommand>) {
    ui.horizontal_wrapped(|ui| {
        let remove_ui = |ui: &mut Ui, out: &mut Vec<ViewCommand>| {
            let cross = ui.add(Icon::Cross.button(None)).on_hover_text("Hold test examples out of the training file instead");
            if cross.accessible_name("Remove test file").clicked() {
                out.push(ViewCommand::Accept(Topic::TestFile, Offer::DropTest));
            }
        };
        if let Some(test) = &files.test {
            ui.label(format::cut(&format!("Test: {}", test.name), 32));
            remove_ui(ui, out);
        } else if let Some(test) = view.test_aside {
            ui.label(format::cut(&format!("Not used: {test}"), 32)).on_hover_text("It was opened to test another training file");
            if ui.button("Test on it").clicked() {
                out.push(ViewCommand::Accept(Topic::TestFile, Offer::KeepTest));
            }
            remove_ui(ui, out);
        } else {
            let tip = "Test on a file of its own, with the same columns, instead of a part of this one";
            if ui.button("Add a test file…").on_hover_text(tip).clicked() {
                out.push(ViewCommand::OpenFile(FileRequest::Test));
            }
        }
    });
}

/// The format, and the delimiter where there is one.
fn format_ui(ui: &mut Ui, taken: &Taken, data: &mut DataConfig) {
    widgets::hint(ui, format!("{}: {}.", format::cut(&taken.file, 40), taken.format_words()));
    if taken.format != Format::Delimited {
        return;
    }
    let before = data.delimiter;
    widgets::row(ui, knobs::title("data.delimiter"), "What stands between two cells; Basin has guessed.", |ui| {
        let choices = std::iter::once(None).chain(DELIMITERS.map(Some)).chain(before.filter(|c| !DELIMITERS.contains(c)).map(Some));
        let guessed = taken.delimiter.filter(|_| before.is_none());
        let title = |choice: &Option<char>| match (choice, guessed) {
            (Some(delimiter), _) => delimiter_word(*delimiter),
            (None, Some(guessed)) => format!("guessed: {}", delimiter_word(guessed)),
            (None, None) => "guess".to_owned(),
        };
        widgets::choice(ui, "delimiter", &mut data.delimiter, choices, title, |_| "What stands between two cells")
    });
    if data.delimiter != before {
        // Other cells are other columns.
        data.columns = None;
    }
}

fn columns_ui(ui: &mut Ui, taken: &Taken, data: &mut DataConfig) {
    let mut columns: Columns = data.columns.clone().unwrap_or_else(|| taken.columns.clone());
    let before = columns.clone();
    let all: Vec<usize> = (0..taken.names.len()).collect();
    let name = |i: usize| taken.names.get(i).map_or_else(|| format!("column {}", i + 1), |n| format::cut(n, 30));
    if taken.format == Format::Delimited {
        ui.checkbox(&mut columns.header, "The first row is a header").on_hover_text("It names the columns and is no example");
    }
    widgets::row(ui, "Text column", "Which column holds the text; Basin has guessed.", |ui| {
        widgets::choice(ui, "text column", &mut columns.text, all.iter().copied(), |i| name(*i), |_| "The text")
    });
    widgets::row(ui, "Second text", "The second text of a pair, if examples are pairs.", |ui| {
        let choices = std::iter::once(None).chain(all.iter().copied().map(Some));
        let title = |c: &Option<usize>| c.map_or_else(|| "none".to_owned(), name);
        widgets::choice(ui, "second text", &mut columns.text_b, choices, title, |_| "The second text of a pair")
    });
    widgets::row(ui, "Label column", "Which column holds the class; Basin has guessed.", |ui| {
        widgets::choice(ui, "label column", &mut columns.label, all.iter().copied(), |i| name(*i), |_| "The label")
    });
    if columns != before {
        data.columns = Some(columns);
    }
}

/// Whether a letter is of a script that is written from right to left, such as Arabic or Hebrew.
fn is_right_to_left(letter: char) -> bool {
    matches!(letter, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}')
}

/// The first rows, text and label side by side, and the classes.
fn preview_ui(ui: &mut Ui, table: &Table) {
    let Taken { columns, classes, rows, .. } = &table.taken;
    let width = ui.available_width();
    let visuals = ui.visuals();
    let frame = egui::Frame::new().fill(visuals.panel_fill).corner_radius(6).inner_margin(6);
    frame.show(ui, |ui| {
        ui.set_width(width - 12.0);
        ui.spacing_mut().item_spacing.y = 3.0;
        for row in table.head.iter().take(PREVIEW_ROWS) {
            let cell = |i: usize| row.get(i).map_or("", String::as_str);
            ui.horizontal(|ui| {
                let text_width = 0.66 * ui.available_width();
                let line = |text: &str| egui::Label::new(RichText::new(text.replace('\n', " ")).small()).truncate();
                ui.allocate_ui(egui::vec2(text_width, 16.0), |ui| {
                    ui.set_min_width(text_width);
                    ui.add(line(cell(columns.text))).on_hover_text(cell(columns.text));
                });
                ui.add(egui::Label::new(RichText::new(cell(columns.label)).small().color(ui.visuals().hyperlink_color)).truncate());
            });
        }
        let few: Vec<String> =
            classes.iter().take(6).map(|(name, count)| format!("{}: {}", format::cut(name, 24), format::count(*count))).collect();
        let more = if classes.len() > 6 { format!(", and {} more", classes.len() - 6) } else { String::new() };
        widgets::hint(ui, format!("{} examples in {} classes: {}{more}", format::count(*rows), classes.len(), few.join(", ")));
    });
}

/// Rows that are left out, and what looks odd.
fn notes_ui(ui: &mut Ui, table: &Table) {
    for left in table.taken.left_out.iter().take(NOTES) {
        widgets::hint(ui, format::cut(&format!("Left out {}", left.words()), NOTE_CHARS));
    }
    let notes = &table.taken.notes;
    let own = |note: &str| note.strip_prefix(&table.taken.file).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(note).to_owned();
    for note in notes.iter().take(NOTES) {
        widgets::remark(ui, &format::cut(&controls::named(&own(note)), NOTE_CHARS));
    }
    if notes.len() > NOTES {
        widgets::hint(ui, format!("{} more notes are among the messages.", notes.len() - NOTES));
    }
    if let Some(problem) = &table.test_problem {
        widgets::remark(ui, &controls::named(problem));
    }
}
