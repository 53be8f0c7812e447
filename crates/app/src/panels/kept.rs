//! The runs that are kept: opened, and forgotten.

use basin_train::brief::counted;
use basin_train::protocol::Command;
use basin_train::report::KeptRun;
use egui::containers::menu::{MenuConfig, SubMenuButton};
use egui::{Button, Id, PopupCloseBehavior, Ui};

use crate::command::ViewCommand;
use crate::format;
use crate::state::State;

/// A list of all of them, in the menu that opens things; none where there is none.
pub fn kept_ui(ui: &mut Ui, state: &State, out: &mut Vec<ViewCommand>) {
    if state.kept.is_empty() {
        return;
    }
    // It stays open for a second press on what deletes.
    let stays = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    SubMenuButton::new("Kept runs").config(stays).ui(ui, |ui| {
        for run in &state.kept {
            ui.horizontal(|ui| run_ui(ui, run, state.has_run() && state.open_kept == Some(run.number), out));
        }
    });
}

fn run_ui(ui: &mut Ui, run: &KeptRun, open: bool, out: &mut Vec<ViewCommand>) {
    let button = ui.add_enabled(!open && !run.elsewhere, Button::new(words(run)));
    let button = button.on_hover_text("Go on with it, where it stood").on_disabled_hover_text(if open {
        "This one is open"
    } else {
        "Another tab or window has this one open"
    });
    if button.clicked() {
        out.push(ViewCommand::OpenKept(run.number));
        ui.close();
    }
    // A second press, later than the first: it is gone for good then.
    let asked = Id::unique(("delete kept run", run.number));
    let now = ui.input(|input| input.time);
    let sure = ui.data(|data| data.get_temp::<f64>(asked)).is_some_and(|then| then < now);
    let delete = ui.add_enabled(!open && !run.elsewhere, Button::new(if sure { "Press again to delete" } else { "Delete" }).small());
    let name = format!("{}: {}", if sure { "Delete for good" } else { "Delete" }, words(run));
    if delete.accessible_name(&name).clicked() {
        if sure {
            ui.data_mut(|data| data.remove::<f64>(asked));
            out.push(ViewCommand::Send(Box::new(Command::DeleteKept { kept: run.number })));
        } else {
            ui.data_mut(|data| data.insert_temp(asked, now));
            ui.ctx().request_repaint();
        }
    }
}

/// What it is, how far it is, and since when.
fn words(run: &KeptRun) -> String {
    let KeptRun { data, lanes, seeds, step, steps, age, .. } = run;
    let (step, steps) = (format::count(*step), format::count(*steps));
    let (lanes, seeds) = (counted(*lanes, "lane"), counted(*seeds, "seed"));
    format!("{} · {lanes} × {seeds} · step {step} of {steps} · {} ago", format::cut(data, 40), format::duration(*age))
}
