//! The data: where it comes from, how a file is read, and what is done to it before training.

use basin_train::config::{Columns, DataConfig, DataSource, Experiment, Tokens};
use basin_train::protocol::{Files, Table};
use egui::{RichText, Ui};

use super::super::view::View;
use super::words;
use crate::command::ViewCommand;
use crate::files::FileRequest;
use crate::icons::Icon;
use crate::{format, widgets};

/// Rows of the file that the preview shows.
const PREVIEW_ROWS: usize = 3;

/// A source in a few words.
fn source_title(source: &DataSource) -> String {
    match source {
        DataSource::HelpDesk => "Help desk".to_owned(),
        DataSource::Reviews { .. } => "Generated reviews".to_owned(),
        DataSource::Library { name } => name.clone(),
        DataSource::File { name } => format!("File: {name}"),
    }
}

fn source_help(source: &DataSource) -> &'static str {
    match source {
        DataSource::HelpDesk => "Messages to a help desk, written for Basin.",
        DataSource::Reviews { .. } => "Product reviews from a generator, as many as you like.",
        DataSource::Library { .. } => "A data set of the library.",
        DataSource::File { .. } => "Your own file.",
    }
}

/// The section in a few words.
pub fn summary(data: &DataConfig) -> String {
    let source = source_title(&data.source);
    if data.label_noise > 0.0 { format!("{source}, {:.0} % noise", 100.0 * data.label_noise) } else { source }
}

/// Everything about the data.
pub fn data_ui(ui: &mut Ui, view: &View<'_>, experiment: &mut Experiment, out: &mut Vec<ViewCommand>) {
    let data = &mut experiment.data;
    source_ui(ui, view, data, out);
    match &mut data.source {
        DataSource::Reviews { examples } => {
            widgets::row(ui, "Reviews", "Generated reviews, 40 to 20,000, half of them positive.", |ui| {
                widgets::whole(ui, examples, 40..=20_000, None)
            });
        }
        DataSource::File { .. } => file_ui(ui, view, data, out),
        DataSource::HelpDesk | DataSource::Library { .. } => {}
    }
    widgets::row(ui, "Label noise", "Share of the training labels that are replaced by a wrong class, in per cent.", |ui| {
        widgets::percent(ui, &mut data.label_noise, 0.0..=0.9)
    });
    widgets::row(ui, "Training size", "Examples kept for training; all keeps every one.", |ui| {
        widgets::whole(ui, &mut data.train_size, 0..=200_000, Some("all"))
    });
    widgets::row(ui, "Balance", "Rarest to most frequent class in the training set, in per cent; 100 leaves it as it is.", |ui| {
        widgets::percent(ui, &mut data.balance, 0.01..=1.0)
    });
    let tip =
        "Measure on examples held out from the training set and leave the test set alone: for choosing ρ, learning rate and the like.";
    ui.checkbox(&mut data.validation, "Measure on a validation part").on_hover_text(tip);
    let id = ui.make_persistent_id("more data");
    let mut more = ui.data_mut(|memory| *memory.get_persisted_mut_or(id, false));
    if ui.checkbox(&mut more, "More about the data").on_hover_text("Test share, tokens, vocabulary, length, seed").changed() {
        ui.data_mut(|memory| memory.insert_persisted(id, more));
    }
    if more {
        more_ui(ui, view, data);
    }
    if let Some(run) = &view.state.summary {
        let (train, test) = (run.train_counts.iter().sum(), run.test_counts.iter().sum());
        let flipped = if run.flipped > 0 { format!(" ({} labels flipped)", format::count(run.flipped)) } else { String::new() };
        let counts = format!("{} training{flipped} and {} test examples", format::count(train), format::count(test));
        widgets::hint(ui, format!("This run: {counts}, {} classes, {} tokens.", run.classes.len(), format::count(run.vocabulary)));
    }
}

fn source_ui(ui: &mut Ui, view: &View<'_>, data: &mut DataConfig, out: &mut Vec<ViewCommand>) {
    let mut sources = vec![DataSource::HelpDesk, DataSource::Reviews { examples: 2_000 }];
    sources.extend(view.state.library.iter().map(|name| DataSource::Library { name: name.clone() }));
    if let Some(files) = view.files {
        sources.push(DataSource::File { name: files.train.name.clone() });
    }
    let same = |a: &DataSource, b: &DataSource| matches!((a, b), (DataSource::Reviews { .. }, DataSource::Reviews { .. })) || a == b;
    // The choice that is made already keeps its number; one that is gone (a file not open) stays visible.
    match sources.iter_mut().find(|source| same(source, &data.source)) {
        Some(source) => source.clone_from(&data.source),
        None => sources.push(data.source.clone()),
    }
    let before = data.source.clone();
    widgets::row(ui, "Source", "Texts with labels: built in, generated, from the library, or your own.", |ui| {
        let open = 40.0;
        ui.scope(|ui| {
            ui.set_max_width(ui.available_width() - open - ui.spacing().item_spacing.x);
            widgets::choice(ui, "source", &mut data.source, sources, source_title, source_help)
        });
        let tip = "Open your own CSV, TSV or JSONL file";
        let button = Icon::Folder.button(None).min_size(egui::vec2(open, 0.0));
        if ui.add(button).on_hover_text(tip).accessible_name("Open data file").clicked() {
            out.push(ViewCommand::OpenFile(FileRequest::Train));
        }
    });
    if before != data.source && !same(&before, &data.source) {
        data.columns = None;
    }
}

/// How the user's file is read: columns, classes, first rows, test file.
fn file_ui(ui: &mut Ui, view: &View<'_>, data: &mut DataConfig, out: &mut Vec<ViewCommand>) {
    let Some(files) = view.files else {
        widgets::remark(ui, "This file is not open: open it again, or choose other data.");
        return;
    };
    match view.state.table.as_ref() {
        Some(table) => {
            columns_ui(ui, table, data);
            preview_ui(ui, table);
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
                out.push(ViewCommand::DropTestFile);
            }
        };
        if let Some(test) = &files.test {
            ui.label(format::cut(&format!("Test: {}", test.name), 32));
            remove_ui(ui, out);
        } else if let Some(test) = view.test_aside {
            ui.label(format::cut(&format!("Not used: {test}"), 32)).on_hover_text("It was opened to test another training file");
            if ui.button("Test on it").clicked() {
                out.push(ViewCommand::KeepTestFile);
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

fn columns_ui(ui: &mut Ui, table: &Table, data: &mut DataConfig) {
    let mut columns: Columns = data.columns.clone().unwrap_or_else(|| table.columns.clone());
    let before = columns.clone();
    let all: Vec<usize> = (0..table.names.len()).collect();
    let name = |i: usize| table.names.get(i).map_or_else(|| format!("column {}", i + 1), |n| format::cut(n, 30));
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
    ui.checkbox(&mut columns.header, "The first row is a header").on_hover_text("It names the columns and is no example");
    if columns != before {
        data.columns = Some(columns);
    }
}

/// The first rows, text and label side by side, and the classes.
fn preview_ui(ui: &mut Ui, table: &Table) {
    let columns = &table.columns;
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
        let classes: Vec<String> =
            table.classes.iter().take(6).map(|(name, count)| format!("{} {}", format::cut(name, 24), format::count(*count))).collect();
        let more = if table.classes.len() > 6 { format!(", and {} more", table.classes.len() - 6) } else { String::new() };
        widgets::hint(
            ui,
            format!("{} examples in {} classes: {}{more}", format::count(table.rows), table.classes.len(), classes.join(", ")),
        );
    });
}

fn more_ui(ui: &mut Ui, view: &View<'_>, data: &mut DataConfig) {
    let separate = matches!(data.source, DataSource::File { .. }) && view.files.is_some_and(|f| f.test.is_some());
    if !separate {
        widgets::row(ui, "Test share", "Share of the examples held out for testing, the same in each class, in per cent.", |ui| {
            widgets::percent(ui, &mut data.test_fraction, 0.05..=0.9)
        });
    }
    widgets::row(ui, "Tokens", "What a text is cut into.", |ui| {
        let title = |t: &Tokens| words::tokens(*t).to_owned();
        let all = [Tokens::Words, Tokens::WordPairs, Tokens::Characters];
        widgets::choice(ui, "tokens", &mut data.tokens, all, title, |t| words::tokens_help(*t))
    });
    widgets::row(ui, "Vocabulary", "Most frequent tokens kept, 16 to 100,000; the others count as unknown.", |ui| {
        widgets::whole(ui, &mut data.vocabulary, 16..=100_000, None)
    });
    widgets::row(ui, "Longest text", "Tokens of one text that are read, 1 to 1024; the rest is cut.", |ui| {
        widgets::whole(ui, &mut data.max_length, 1..=1024, None)
    });
    let mut seed = usize::try_from(data.seed).unwrap_or(usize::MAX);
    let tip = "Number that decides split, label noise and order of batches, shared by all lanes.";
    if widgets::row(ui, "Data seed", tip, |ui| widgets::whole(ui, &mut seed, 0..=1_000_000_000, None)).changed() {
        data.seed = seed as u64;
    }
}
