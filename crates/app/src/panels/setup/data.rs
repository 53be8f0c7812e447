//! The data: where it comes from, and what is done to it before training. Elsewhere: how a file is read (`file.rs`).

use basin_train::experiment::{DataConfig, DataSource, Experiment, Tokens};
use egui::Ui;

use super::super::locked::of_part;
use super::super::pointed::pointed;
use super::super::view::View;
use super::file::file_ui;
use super::words;
use crate::command::ViewCommand;
use crate::files::FileRequest;
use crate::icons::Icon;
use crate::lessons::Control;
use crate::locks::Part;
use crate::{format, knobs, widgets};

fn source_help(source: &DataSource) -> &'static str {
    match source {
        DataSource::HelpDesk => "Messages to a help desk, written for Basin.",
        DataSource::Reviews { .. } => "Product reviews from a generator, as many as you like.",
        DataSource::Films { .. } => "Film reviews from a generator, as many as you like: wrong labels show most here.",
        DataSource::Library { .. } => "A data set of the library.",
        DataSource::File { .. } => "Your own file.",
    }
}

/// The section in a few words.
pub fn summary(data: &DataConfig) -> String {
    let source = knobs::source(&data.source);
    if data.noise() > 0.0 { format!("{source}, {:.0} % noise", 100.0 * data.noise()) } else { source }
}

/// Everything about the data.
pub fn data_ui(ui: &mut Ui, view: &View<'_>, experiment: &mut Experiment, out: &mut Vec<ViewCommand>) {
    let data = &mut experiment.data;
    of_part(ui, view, Part::Data, |ui| {
        source_ui(ui, view, data, out);
        match &mut data.source {
            DataSource::Reviews { examples } | DataSource::Films { examples } => {
                widgets::row(ui, "Reviews", "Generated reviews, 40 to 20,000, half of them positive.", |ui| {
                    widgets::whole(ui, examples, 40..=20_000, None)
                });
            }
            DataSource::File { .. } => file_ui(ui, view, data, out),
            DataSource::HelpDesk | DataSource::Library { .. } => {}
        }
    });
    of_part(ui, view, Part::Noise, |ui| pointed(ui, view, Control::Noise, |ui| noise_ui(ui, data)));
    of_part(ui, view, Part::Data, |ui| amount_ui(ui, view, data));
    if let Some(run) = &view.state.run.summary {
        let (train, test) = (run.train_counts.iter().sum(), run.test_counts.iter().sum());
        let flipped = if run.flipped > 0 { format!(" ({} labels flipped)", format::count(run.flipped)) } else { String::new() };
        let counts = format!("{} training{flipped} and {} test examples", format::count(train), format::count(test));
        widgets::hint(ui, format!("This run: {counts}, {} classes, {} tokens.", run.classes.len(), format::count(run.vocabulary)));
    }
}

/// How much of the data is trained on and measured on, and what few need.
fn amount_ui(ui: &mut Ui, view: &View<'_>, data: &mut DataConfig) {
    widgets::row(ui, knobs::title("data.train_size"), "Examples kept for training; all keeps every one.", |ui| {
        widgets::whole(ui, &mut data.train_size, 0..=200_000, Some("all"))
    });
    widgets::row(
        ui,
        knobs::title("data.balance"),
        "Rarest to most frequent class in the training set, in per cent; 100 leaves it as it is.",
        |ui| widgets::percent(ui, &mut data.balance, 0.01..=1.0),
    );
    let tip =
        "Measure on examples held out from the training set and leave the test set alone: for choosing ρ, learning rate and the like.";
    ui.checkbox(&mut data.validation, knobs::title("data.validation")).on_hover_text(tip);
    let id = ui.make_persistent_id("more data");
    let mut more = ui.data_mut(|memory| *memory.get_persisted_mut_or(id, false));
    if ui.checkbox(&mut more, "More about the data").on_hover_text("Test share, tokens, vocabulary, length, seed").changed() {
        ui.data_mut(|memory| memory.insert_persisted(id, more));
    }
    if more {
        more_ui(ui, view, data);
    }
}

fn source_ui(ui: &mut Ui, view: &View<'_>, data: &mut DataConfig, out: &mut Vec<ViewCommand>) {
    let mut sources = DataSource::BUILT_IN.to_vec();
    sources.extend(view.state.library.iter().map(|name| DataSource::Library { name: name.clone() }));
    if let Some(files) = view.files {
        sources.push(DataSource::File { name: files.train.name.clone() });
    }
    let same = |a: &DataSource, b: &DataSource| a == b || (a.word().is_some() && a.word() == b.word());
    // The choice that is made already keeps its number; one that is gone (a file not open) stays visible.
    match sources.iter_mut().find(|source| same(source, &data.source)) {
        Some(source) => source.clone_from(&data.source),
        None => sources.push(data.source.clone()),
    }
    let before = data.source.clone();
    widgets::row(ui, knobs::title("data.source"), "Texts with labels: built in, generated, from the library, or your own.", |ui| {
        let open = ui.spacing().interact_size.x.max(40.0);
        ui.scope(|ui| {
            ui.set_max_width(ui.available_width() - open - ui.spacing().item_spacing.x);
            widgets::choice(ui, "source", &mut data.source, sources, knobs::source, source_help)
        });
        let tip = "Open your own file: CSV, TSV, JSON or fastText";
        let button = Icon::Folder.button(None).min_size(egui::vec2(open, 0.0));
        if ui.add(button).on_hover_text(tip).accessible_name("Open data file").clicked() {
            out.push(ViewCommand::OpenFile(FileRequest::Train));
        }
    });
    if before != data.source && !same(&before, &data.source) {
        // What was chosen for other data does not hold for this; but who may not change the noise does not by the way.
        (data.columns, data.delimiter) = (None, None);
        if view.locks.opens(Part::Noise) {
            data.label_noise = None;
        }
    }
}

/// Labels are changed only where the teaching sets come with noise, or where it is asked for; either is said.
fn noise_ui(ui: &mut Ui, data: &mut DataConfig) {
    let mut noise = data.noise();
    let tip = "Share of the training labels that are replaced by a wrong class, in per cent.";
    let before = noise;
    widgets::row(ui, knobs::title("data.label_noise"), tip, |ui| widgets::percent(ui, &mut noise, 0.0..=0.9));
    if noise.to_bits() != before.to_bits() {
        data.label_noise = Some(noise);
    }
    let percent = 100.0 * noise;
    match (data.source.own_noise() > 0.0, noise > 0.0) {
        (true, true) => {
            widgets::hint(ui, format!("{percent:.0} % of the training labels are made wrong, to show what that does; 0 keeps them."));
        }
        (false, true) => widgets::remark(ui, &format!("{percent:.0} % of your training labels are made wrong; 0 keeps them.")),
        (_, false) => {}
    }
}

fn more_ui(ui: &mut Ui, view: &View<'_>, data: &mut DataConfig) {
    let separate = matches!(data.source, DataSource::File { .. }) && view.files.is_some_and(|f| f.test.is_some());
    if !separate {
        widgets::row(
            ui,
            knobs::title("data.test_fraction"),
            "Share of the examples held out for testing, the same in each class, in per cent.",
            |ui| widgets::percent(ui, &mut data.test_fraction, 0.05..=0.9),
        );
    }
    widgets::row(ui, knobs::title("data.tokens"), "What a text is cut into.", |ui| {
        let title = |t: &Tokens| knobs::tokens(*t).to_owned();
        let all = [Tokens::Words, Tokens::WordPairs, Tokens::Characters];
        widgets::choice(ui, "tokens", &mut data.tokens, all, title, |t| words::tokens_help(*t))
    });
    widgets::row(ui, knobs::title("data.vocabulary"), "Most frequent tokens kept, 16 to 100,000; the others count as unknown.", |ui| {
        widgets::whole(ui, &mut data.vocabulary, 16..=100_000, None)
    });
    widgets::row(ui, knobs::title("data.max_length"), "Tokens of one text that are read, 1 to 1024; the rest is cut.", |ui| {
        widgets::whole(ui, &mut data.max_length, 1..=1024, None)
    });
    let mut seed = usize::try_from(data.seed).unwrap_or(usize::MAX);
    let tip = "Number that decides split, label noise and order of batches, shared by all lanes.";
    if widgets::row(ui, knobs::title("data.seed"), tip, |ui| widgets::whole(ui, &mut seed, 0..=1_000_000_000, None)).changed() {
        data.seed = seed as u64;
    }
}
