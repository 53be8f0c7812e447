//! How much memory the run of this setup takes, in one line, once its data has been read.

use basin_train::experiment::Experiment;
use basin_train::limits;
use basin_train::limits::{Limits, in_words};
use basin_train::protocol::DeviceChoice;
use egui::Ui;

use super::super::view::View;
use crate::widgets;

/// The line; none while nobody knows how large the data is.
pub fn memory_ui(ui: &mut Ui, view: &View<'_>, experiment: &Experiment) {
    let Some(run) = view.state.run.summary.as_ref().filter(|run| run.sizes.train > 0) else { return };
    let Some(sizes) = limits::sizes_after(&run.sizes, &run.experiment.data, &experiment.data) else { return };
    let on_gpu = view.settings.device == DeviceChoice::Gpu;
    // A GPU tells its limits when it is opened.
    let memory = view.state.memory.filter(|_| !on_gpu);
    match limits::check(experiment, &sizes, &Limits { memory, ..Limits::default() }) {
        Ok(estimate) => {
            let there_are = memory.map_or(String::new(), |bytes| format!(" of memory; there are about {}", in_words(bytes)));
            let place = if on_gpu { " on the GPU" } else { "" };
            widgets::hint(ui, format!("Needs about {}{place}{there_are}.", in_words(estimate.total())));
        }
        Err(too_much) => widgets::remark(ui, &format!("It would be refused: {too_much}.")),
    }
}
