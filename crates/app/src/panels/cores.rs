//! How many cores a sweep takes.

use basin_train::brief::counted;
use basin_train::cores::Cores;
use egui::Ui;

use super::view::View;
use crate::command::ViewCommand;
use crate::widgets;

/// A list of counts where there is more than one core: as many as are advised, 1, 2, 4, … or all.
pub fn cores_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let Cores { there, advised } = view.state.cores;
    if there < 2 {
        return;
    }
    let doubled = std::iter::successors(Some(1), |cores| Some(2 * cores)).take_while(|cores| *cores < there);
    let counts: Vec<Option<usize>> = std::iter::once(None).chain(doubled.chain([there]).map(Some)).collect();
    let title = |cores: &Option<usize>| cores.map_or_else(|| format!("Auto: {}", counted(advised, "core")), |cores| counted(cores, "core"));
    let titles: Vec<String> = counts.iter().map(title).collect();
    let chosen = view.settings.sweep_cores.map(|cores| cores.min(there));
    let before = counts.iter().position(|count| *count == chosen).unwrap_or(0);
    let mut place = before;
    let tip = "How many runs train at a time, all of them on the CPU; the results are the same. Each core takes memory of its own, and a page \
               leaves one for the picture";
    widgets::pick(ui, "Cores", &mut place, titles.iter().map(String::as_str), 24).on_hover_text(tip);
    if place != before {
        out.push(ViewCommand::SweepCores(counts[place]));
    }
}
