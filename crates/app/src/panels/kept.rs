//! The runs that are kept: opened, and forgotten; and what sweeps have trained, which is only forgotten.

use basin_train::brief::counted;
use basin_train::experiment::{Experiment, difference, link};
use basin_train::protocol::Command;
use basin_train::report::KeptRun;
use egui::containers::menu::{MenuConfig, SubMenuButton};
use egui::{Align2, Button, Id, PopupCloseBehavior, ScrollArea, TextEdit, Ui, vec2};

use crate::command::ViewCommand;
use crate::format;
use crate::state::State;

/// Seconds from one look at what is kept to the next, while the list is open.
const LOOK_SECONDS: f64 = 3.0;

/// A list of all of them, in the menu that opens things; none where there is none.
pub fn kept_ui(ui: &mut Ui, state: &State, setup: &Experiment, out: &mut Vec<ViewCommand>) {
    if state.kept.is_empty() && state.kept_cells.is_none() {
        return;
    }
    // It stays open for a second press on what deletes.
    let stays = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    SubMenuButton::new("Kept runs").config(stays).ui(ui, |ui| {
        look(ui, out);
        // Twelve of them are higher than a phone.
        let most = ui.ctx().content_rect().height() - 140.0;
        let mut runs_ui = |ui: &mut Ui| state.kept.iter().for_each(|run| run_ui(ui, state, run, setup, out));
        if state.kept.len() as f32 * 3.0 * ui.spacing().interact_size.y > most {
            ScrollArea::vertical().max_height(most).show(ui, runs_ui);
        } else {
            runs_ui(ui);
        }
        if state.kept_cells.is_some() {
            ui.horizontal(|ui| {
                let words = "What sweeps have trained";
                ui.label(words).on_hover_text("The next sweep trains only what is new");
                let asked = Id::unique("delete what sweeps have trained");
                delete_ui(ui, asked, words, true, || out.push(ViewCommand::Send(Box::new(Command::DeleteSwept))));
            });
        }
    });
}

/// Has the trainer look now and then what other tabs or windows have done to the list.
fn look(ui: &Ui, out: &mut Vec<ViewCommand>) {
    let (id, now) = (Id::unique("kept runs were looked at"), ui.input(|input| input.time));
    if ui.data(|data| data.get_temp::<f64>(id)).is_none_or(|then| now > then + LOOK_SECONDS) {
        ui.data_mut(|data| data.insert_temp(id, now));
        out.push(ViewCommand::Send(Box::new(Command::ListKept)));
    }
}

/// A run, and under it what else can be done with it.
fn run_ui(ui: &mut Ui, state: &State, run: &KeptRun, setup: &Experiment, out: &mut Vec<ViewCommand>) {
    let open = state.has_run() && state.open_kept == Some(run.number);
    let button = ui.add_enabled(
        !open && !run.elsewhere,
        Button::new(if run.name.is_empty() { words(run) } else { format!("{}\n{}", run.name, facts(run)) }),
    );
    let button = button.on_hover_ui(|ui| drop(ui.label(told(run, setup)))).on_disabled_hover_text(if open {
        "This one is open"
    } else {
        "Another tab or window has this one open"
    });
    if button.clicked() {
        out.push(ViewCommand::OpenKept(run.number));
        ui.close();
    }
    ui.horizontal(|ui| {
        // In a menu nothing has a frame, and nobody would see that a name can be written here.
        ui.reset_style();
        name_ui(ui, run, out);
        let compared = state.before.as_ref().is_some_and(|before| before.kept == Some(run.number));
        let button = Button::selectable(compared, "Compare").frame_when_inactive(true).min_size(ui.spacing().interact_size);
        let button = ui.add_enabled(state.has_run() && !open, button).accessible_name(format!("Compare with {}", words(run)));
        if button.on_hover_text("Its curves, dashed, beside those of the run that is here").clicked() {
            out.push(ViewCommand::Compare((!compared).then_some(run.number)));
        }
        let asked = Id::unique(("delete kept run", run.number));
        delete_ui(ui, asked, &words(run), !open && !run.elsewhere, || {
            out.push(ViewCommand::Send(Box::new(Command::DeleteKept { kept: run.number })));
        });
    });
    ui.add_space(4.0);
}

/// The name of a run, to be written.
fn name_ui(ui: &mut Ui, run: &KeptRun, out: &mut Vec<ViewCommand>) {
    let id = Id::unique(("name of a kept run", run.number));
    let mut name = ui.data(|data| data.get_temp::<String>(id)).unwrap_or_else(|| run.name.clone());
    let size = vec2(150.0, ui.spacing().interact_size.y);
    let field = TextEdit::singleline(&mut name).hint_text("Name it").desired_width(size.x).min_size(size).char_limit(40);
    let field = field.align(Align2::LEFT_CENTER);
    let field = ui.add_enabled(!run.elsewhere, field).accessible_name(format!("Name of {}", words(run)));
    if field.changed() {
        ui.data_mut(|data| data.insert_temp(id, name.clone()));
    }
    if field.lost_focus() {
        ui.data_mut(|data| data.remove::<String>(id));
        if name != run.name {
            out.push(ViewCommand::Send(Box::new(Command::NameKept { kept: run.number, name })));
        }
    }
}

/// A button that deletes with its second press, later than the first: it is gone for good then.
fn delete_ui(ui: &mut Ui, asked: Id, what: &str, can: bool, delete: impl FnOnce()) {
    let now = ui.input(|input| input.time);
    let sure = ui.data(|data| data.get_temp::<f64>(asked)).is_some_and(|then| then < now);
    let button =
        ui.add_enabled(can, Button::new(if sure { "Press again to delete" } else { "Delete" }).min_size(ui.spacing().interact_size));
    let name = format!("{}: {what}", if sure { "Delete for good" } else { "Delete" });
    if button.accessible_name(&name).clicked() {
        if sure {
            ui.data_mut(|data| data.remove::<f64>(asked));
            delete();
        } else {
            ui.data_mut(|data| data.insert_temp(asked, now));
            ui.ctx().request_repaint();
        }
    }
}

/// What opening it does, and how it was set up otherwise than `setup`.
fn told(run: &KeptRun, setup: &Experiment) -> String {
    let other = link::decode(&run.setup).map(|experiment| difference::line(&experiment, setup));
    let other = other.map_or_else(|_| String::new(), |words| format!("\nBeside the setup here: {words}"));
    format!("Go on with it, where it stood{other}")
}

/// What it is, in one line.
fn words(run: &KeptRun) -> String {
    if run.name.is_empty() { facts(run) } else { format!("{}: {}", run.name, facts(run)) }
}

/// What it is of, how far it is, and since when.
fn facts(run: &KeptRun) -> String {
    let KeptRun { data, lanes, seeds, step, steps, age, .. } = run;
    let (step, steps) = (format::count(*step), format::count(*steps));
    let (lanes, seeds) = (counted(*lanes, "lane"), counted(*seeds, "seed"));
    format!("{} · {lanes} × {seeds} · step {step} of {steps} · {} ago", format::cut(data, 40), format::duration(*age))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_run_is_told_by_what_differs_from_the_setup() {
        let here = Experiment::default();
        let other = Experiment { seeds: here.seeds + 3, ..here.clone() };
        let run = |setup: String| KeptRun { setup, ..KeptRun::default() };
        assert_eq!(
            told(&run(link::encode(&other)), &here),
            format!("Go on with it, where it stood\nBeside the setup here: seeds {}", other.seeds)
        );
        assert!(told(&run(link::encode(&here)), &here).ends_with("here: the same"));
        assert_eq!(told(&run("9.x".to_owned()), &here), "Go on with it, where it stood");
    }
}
