//! The setup: data, lanes, training, model, seeds and device. Edits change the next run, never the running one.

mod data;
mod file;
mod lanes;
mod memory;
mod words;

use basin_train::brief::counted;
use basin_train::experiment::presets::Preset;
use basin_train::experiment::{Base, DataConfig, DataSource, Experiment, ModelKind, Pair, SELECTION, Schedule, Tune, presets};
use basin_train::protocol::DeviceChoice;
use egui::{RichText, Ui};

use super::locked::of_part;
use super::pointed::{pointed, ring};
use super::view::View;
use crate::choices::Ending;
use crate::command::ViewCommand;
use crate::format;
use crate::lessons::Control;
use crate::locks::Part;
use crate::{knobs, theme, widgets};

/// All sections. What was changed is pushed as one [`ViewCommand::Edit`].
pub fn setup_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let mut experiment = view.settings.experiment.clone();
    // What sets up all of it may do so only where nothing of it is locked.
    let free = view.locks.opens_all_of(Part::Setup);
    let chosen = free && presets_ui(ui, &mut experiment);
    let data = Section { title: "Data", part: Part::Data, open: true, controls: &[Control::Data, Control::Noise] };
    data.ui(ui, view, &data::summary(&experiment.data), |ui| data::data_ui(ui, view, &mut experiment, out));
    let count = experiment.lanes.len();
    let summary = if count == 1 { "1 method".to_owned() } else { format!("{count} methods") };
    let lanes = Section { title: "Lanes", part: Part::Lanes, open: true, controls: &[Control::Lanes] };
    lanes.ui(ui, view, &summary, |ui| lanes::lanes_ui(ui, view, &mut experiment));
    let t = &experiment.training;
    let summary = format!("{} {}, η {}", format::count(t.epochs), if t.epochs == 1 { "epoch" } else { "epochs" }, t.learning_rate);
    let training = Section { title: "Training", part: Part::Training, open: false, controls: &[Control::Epochs, Control::Batch] };
    training.ui(ui, view, &summary, |ui| training_ui(ui, view, &mut experiment));
    let m = &experiment.model;
    let summary = match (m.kind, m.tune) {
        (ModelKind::Sentence, Some(_)) => knobs::model(m.kind).to_owned(),
        // The encoder says how wide it is.
        (ModelKind::Sentence, None) => format!("{}, {} hidden", knobs::model(m.kind), m.hidden),
        _ => format!("{}, {} × {}", knobs::model(m.kind), m.dim, m.hidden),
    };
    let model = Section { title: "Model", controls: &[], ..training };
    model.ui(ui, view, &summary, |ui| of_part(ui, view, Part::Training, |ui| model_ui(ui, view, &mut experiment)));
    let device = view.settings.device;
    let summary = format!("{}, {}", counted(experiment.seeds, "seed"), words::device(device));
    let seeds = Section { title: "Seeds and device", controls: &[Control::Seeds], ..training };
    seeds.ui(ui, view, &summary, |ui| {
        pointed(ui, view, Control::Seeds, |ui| seeds_ui(ui, view, &mut experiment));
        of_part(ui, view, Part::Training, |ui| device_ui(ui, device, out));
    });
    memory::memory_ui(ui, view, &experiment);
    if free && experiment != presets::start() {
        let reset = ui.button("Back to the start").on_hover_text("Set the whole setup to what Basin starts with");
        if reset.clicked() {
            experiment = presets::start();
        }
    }
    if experiment != view.settings.experiment {
        out.push(ViewCommand::Edit(Box::new(experiment)));
    }
    if chosen {
        out.push(view.end(Ending::Restart, ViewCommand::Start, view.state.loses_work(), ui.input(|input| input.time)));
    }
}

/// Named starting points; returns whether one was chosen, which is then trained.
fn presets_ui(ui: &mut Ui, experiment: &mut Experiment) -> bool {
    let before = experiment.clone();
    ui.menu_button("Start from…", |ui| {
        ui.set_max_width(420.0_f32.min(ui.ctx().content_rect().width() - 40.0));
        for preset in &presets::ALL {
            let next = preset_on(preset, &before);
            let data = if comes_with_data(preset) { String::new() } else { format!(" (on {})", data::summary(&next.data)) };
            let words = format!("{}: {}{data}", preset.name, preset.about);
            if ui.add(egui::Button::new(RichText::new(words)).wrap()).clicked() {
                *experiment = next;
            }
        }
    })
    .response
    .on_hover_text("Set up a named starting point and train it; the seeds stay; the data too, unless the preset has its own");
    *experiment != before
}

/// Whether a preset says which data it is about.
fn comes_with_data(preset: &Preset) -> bool {
    let other = DataSource::Library { name: String::new() };
    let mut experiment = Experiment { data: DataConfig { source: other.clone(), ..DataConfig::default() }, ..Experiment::default() };
    (preset.apply)(&mut experiment);
    experiment.data.source != other
}

/// The defaults with a preset's hyperparameters; where the data comes from and the seeds stay as they were.
fn preset_on(preset: &Preset, before: &Experiment) -> Experiment {
    let mut experiment = Experiment { seeds: before.seeds, first_seed: before.first_seed, ..Experiment::default() };
    experiment.data.source = before.data.source.clone();
    experiment.data.columns.clone_from(&before.data.columns);
    experiment.data.delimiter = before.data.delimiter;
    (preset.apply)(&mut experiment);
    experiment
}

/// A part of the setup that opens and closes.
#[derive(Clone, Copy)]
struct Section {
    title: &'static str,
    /// What a page that was handed on may hide; what it locks is up to what is inside.
    part: Part,
    /// Whether it is open at first.
    open: bool,
    /// What a lesson can point to in it.
    controls: &'static [Control],
}

impl Section {
    fn ui(self, ui: &mut Ui, view: &View<'_>, summary: &str, body: impl FnOnce(&mut Ui)) {
        if !view.locks.shows(self.part) {
            return;
        }
        let card = theme::card(ui).show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            let open = widgets::section_head(ui, self.title, summary, self.open);
            if open {
                ui.add_space(2.0);
                body(ui);
            }
            open
        });
        let whole = [Control::Data, Control::Lanes];
        let inside = view.pointed.filter(|control| self.controls.contains(control));
        if let Some(control) = inside.filter(|control| whole.contains(control) || !card.inner) {
            ring(ui, card.response.rect, control);
        }
    }
}

fn training_ui(ui: &mut Ui, view: &View<'_>, experiment: &mut Experiment) {
    let t = &mut experiment.training;
    of_part(ui, view, Part::Epochs, |ui| {
        pointed(ui, view, Control::Epochs, |ui| {
            let help = "Passes over the training set, 1 to 10,000.";
            widgets::row(ui, knobs::title("training.epochs"), help, |ui| widgets::whole(ui, &mut t.epochs, 1..=10_000, None));
        });
    });
    of_part(ui, view, Part::Batch, |ui| {
        pointed(ui, view, Control::Batch, |ui| {
            let help = "Examples per step, 1 to 1024; the same for all lanes.";
            widgets::row(ui, knobs::title("training.batch"), help, |ui| widgets::whole(ui, &mut t.batch, 1..=1024, None));
        });
    });
    of_part(ui, view, Part::Rate, |ui| {
        let help = "Length of a step, as a factor on the gradient; a lane may have its own.";
        widgets::row(ui, knobs::title("training.learning_rate"), help, |ui| widgets::real(ui, &mut t.learning_rate, 1e-6..=100.0));
    });
    of_part(ui, view, Part::Training, |ui| more_training_ui(ui, experiment));
}

/// What is locked with the training as a whole.
fn more_training_ui(ui: &mut Ui, experiment: &mut Experiment) {
    let t = &mut experiment.training;
    widgets::row(ui, knobs::title("training.schedule"), "How the learning rate changes over the run.", |ui| {
        let title = |s: &Schedule| knobs::schedule(*s).to_owned();
        widgets::choice(ui, "schedule", &mut t.schedule, [Schedule::Cosine, Schedule::Constant], title, |s| words::schedule_help(*s))
    });
    widgets::row(ui, knobs::title("training.base"), "What applies the gradient, after the climb of a lane.", |ui| {
        let title = |b: &Base| knobs::base(*b).to_owned();
        widgets::choice(ui, "optimizer", &mut t.base, [Base::Sgd, Base::Momentum, Base::AdamW], title, |b| words::base_help(*b))
    });
    let mut keeps_best = experiment.data.selection > 0.0;
    let tip = "Hold a tenth of the training examples back, and say at the end how good each seed was at its best epoch by these: early \
        stopping, without a look at the test set.";
    if ui.checkbox(&mut keeps_best, knobs::title("data.selection")).on_hover_text(tip).changed() {
        experiment.data.selection = if keeps_best { SELECTION } else { 0.0 };
    }
    let t = &mut experiment.training;
    widgets::row(
        ui,
        knobs::title("training.weight_decay"),
        "Pulls weights to zero each step, as a factor, 0 to 1; it is not part of the climb.",
        |ui| widgets::real(ui, &mut t.weight_decay, 0.0..=1.0),
    );
    widgets::row(ui, knobs::title("training.evaluate_every"), "Steps between two measurements; auto takes about 60 in a run.", |ui| {
        widgets::whole(ui, &mut t.evaluate_every, 0..=100_000, Some("auto"))
    });
    let tip = "Share of the training time that measuring sharpness may take, in per cent; 0 measures only when asked.";
    widgets::row(ui, knobs::title("training.sharpness_budget"), tip, |ui| widgets::percent(ui, &mut t.sharpness_budget, 0.0..=1.0));
    widgets::row(ui, knobs::title("training.probe"), "Examples on which the gap is measured, the same for all lanes, 1 to 1024.", |ui| {
        widgets::whole(ui, &mut t.probe, 1..=1024, None)
    });
    widgets::row(
        ui,
        knobs::title("training.probe_rho"),
        "Length of the climb with which the gap of every lane is measured, in weight space.",
        |ui| widgets::real(ui, &mut t.probe_rho, 1e-6..=10.0),
    );
}

fn model_ui(ui: &mut Ui, view: &View<'_>, experiment: &mut Experiment) {
    let m = &mut experiment.model;
    widgets::row(ui, knobs::title("model.kind"), "The network, the same for all lanes.", |ui| {
        let title = |k: &ModelKind| knobs::model(*k).to_owned();
        widgets::choice(ui, "form", &mut m.kind, ModelKind::ALL, title, |k| words::model_help(*k))
    });
    if m.kind.learns_from_vectors() {
        match view.state.encoder.as_ref().map(words::encoder) {
            Some((text, true)) => widgets::remark(ui, &text),
            Some((text, false)) => {
                widgets::hint(ui, text);
            }
            None => {}
        }
    } else {
        m.tune = None;
        widgets::row(ui, knobs::title("model.dim"), "Numbers per token, 2 to 512.", |ui| widgets::whole(ui, &mut m.dim, 2..=512, None));
    }
    if m.tune.is_some() {
        let both = [m.tune, None];
        widgets::row(ui, knobs::title("model.tune"), "Which of its layers are trained further; `basin train --tune` takes any.", |ui| {
            let title = |tune: &Option<Tune>| knobs::encoder(*tune);
            widgets::choice(ui, "encoder", &mut m.tune, both, title, |_| "Where layers are trained, one linear layer stands behind them.")
        });
    } else {
        widgets::row(ui, knobs::title("model.hidden"), "Units of the hidden layer, 2 to 1024.", |ui| {
            widgets::whole(ui, &mut m.hidden, 2..=1024, None)
        });
    }
    let help = "Share of the last layer's inputs that a step of training leaves out at random, 0 to 0.9; none of it where it answers.";
    widgets::row(ui, knobs::title("model.dropout"), help, |ui| widgets::real(ui, &mut m.dropout, 0.0..=0.9));
    let pairs = view.state.run.summary.as_ref().is_some_and(|s| s.pairs)
        || view.state.table.as_ref().is_some_and(|t| t.taken.columns.text_b.is_some())
        || experiment.data.columns.as_ref().is_some_and(|c| c.text_b.is_some());
    if pairs {
        widgets::row(ui, knobs::title("model.pair"), "How the two texts of a pair meet.", |ui| {
            let title = |p: &Pair| knobs::pair(*p).to_owned();
            widgets::choice(ui, "pairs", &mut m.pair, [Pair::Interaction, Pair::Concat], title, |p| words::pair_help(*p))
        });
    }
}

fn seeds_ui(ui: &mut Ui, view: &View<'_>, experiment: &mut Experiment) {
    of_part(ui, view, Part::Seeds, |ui| {
        widgets::row(ui, knobs::title("seeds"), "Members per lane, 1 to 64: independent first weights, for the mean and the band.", |ui| {
            widgets::whole(ui, &mut experiment.seeds, 1..=64, None)
        });
    });
    of_part(ui, view, Part::Training, |ui| {
        let mut first = usize::try_from(experiment.first_seed).unwrap_or(usize::MAX);
        let response = widgets::row(ui, knobs::title("first_seed"), "The number of the first member's seed; the others follow.", |ui| {
            widgets::whole(ui, &mut first, 0..=1_000_000_000, None)
        });
        if response.changed() {
            experiment.first_seed = first as u64;
        }
    });
}

fn device_ui(ui: &mut Ui, device: DeviceChoice, out: &mut Vec<ViewCommand>) {
    let mut chosen = device;
    widgets::row(ui, "Device", "Where to train. Auto starts on the CPU and moves to the GPU only if that measured faster.", |ui| {
        let title = |d: &DeviceChoice| words::device(*d).to_owned();
        let all = [DeviceChoice::Auto, DeviceChoice::Cpu, DeviceChoice::Gpu];
        widgets::choice(ui, "device", &mut chosen, all, title, |d| words::device_help(*d))
    });
    if chosen != device {
        out.push(ViewCommand::Device(chosen));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preset_keeps_the_seeds_and_the_data_unless_it_comes_with_its_own() {
        let mut before = Experiment { seeds: 7, first_seed: 3, ..Experiment::default() };
        before.data.source = DataSource::Library { name: "mr".to_owned() };
        before.training.epochs = 99;
        let after = preset_on(presets::find("text").expect("it is in the list"), &before);
        let expected = Experiment { seeds: 7, first_seed: 3, ..Experiment::default() };
        assert_eq!(after.data.source, before.data.source);
        assert_eq!((after.seeds, after.first_seed, after.training.batch), (7, 3, expected.training.batch));
        let start = preset_on(presets::find("lesson").expect("the first"), &before);
        assert_eq!(start, Experiment { seeds: 7, first_seed: 3, ..presets::start() });
    }
}
