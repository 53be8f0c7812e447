//! The runs that are kept: opened, and forgotten; and what sweeps have trained, which is only forgotten.

use basin_train::brief::counted;
use basin_train::experiment::{Experiment, link};
use basin_train::protocol::Command;
use basin_train::report::KeptRun;
use egui::containers::menu::{MenuConfig, SubMenuButton};
use egui::{Align2, Button, Id, Key, Label, PopupCloseBehavior, RichText, ScrollArea, Sense, TextEdit, Ui, vec2};

use crate::command::ViewCommand;
use crate::format;
use crate::knobs;
use crate::state::State;

/// Letters of a line under a run.
const LINE: usize = 60;

/// Width of a note, where the window is no narrower.
const NOTE: f32 = 310.0;

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
        if state.kept.len() as f32 * 5.0 * ui.spacing().interact_size.y > most {
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
    let button = button.on_hover_text("Go on with it, where it stood").on_disabled_hover_text(if open {
        "This one is open"
    } else {
        "Another tab or window has this one open"
    });
    if button.clicked() {
        out.push(ViewCommand::OpenKept(run.number));
        ui.close();
    }
    if let Some(beside) = beside_setup(run, setup) {
        // It senses clicks so that a finger that rests on it is told the whole.
        let line = Label::new(RichText::new(format::cut(&beside, LINE)).small().weak()).extend().sense(Sense::CLICK);
        ui.add(line).on_hover_text(beside);
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
    ui.horizontal(|ui| {
        ui.reset_style();
        note_ui(ui, run, out);
    });
    ui.add_space(4.0);
}

/// The name of a run, to be written.
fn name_ui(ui: &mut Ui, run: &KeptRun, out: &mut Vec<ViewCommand>) {
    let size = vec2(150.0, ui.spacing().interact_size.y);
    let written = written(ui, run, "Name", &run.name, |name| {
        TextEdit::singleline(name).hint_text("Name it").desired_width(size.x).min_size(size).char_limit(40).align(Align2::LEFT_CENTER)
    });
    if let Some(name) = written {
        out.push(ViewCommand::Send(Box::new(Command::NameKept { kept: run.number, name })));
    }
}

/// What is noted of a run, to be written: as many lines as it takes, so that a phone shows all of it.
fn note_ui(ui: &mut Ui, run: &KeptRun, out: &mut Vec<ViewCommand>) {
    let size = vec2(NOTE.min(ui.ctx().content_rect().width() - 60.0), ui.spacing().interact_size.y);
    let written = written(ui, run, "Note", &run.note, |note| {
        let field = TextEdit::multiline(note).hint_text("Note").desired_width(size.x).desired_rows(1).min_size(size);
        field.char_limit(200).align(Align2::LEFT_CENTER).return_key(None)
    });
    if let Some(note) = written {
        out.push(ViewCommand::Send(Box::new(Command::NoteKept { kept: run.number, note })));
    }
}

/// A field with what somebody has written of a run; what he has written instead, once he has done so.
fn written(
    ui: &mut Ui,
    run: &KeptRun,
    what: &str,
    before: &str,
    field: impl for<'t> FnOnce(&'t mut String) -> TextEdit<'t>,
) -> Option<String> {
    let id = Id::unique((what, "of a kept run", run.number));
    let mut text = ui.data(|data| data.get_temp::<String>(id)).unwrap_or_else(|| before.to_owned());
    let field = ui.add_enabled(!run.elsewhere, field(&mut text)).accessible_name(format!("{what} of {}", words(run)));
    // Where there may be several lines, nothing else would end it.
    if field.has_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
        field.surrender_focus();
    }
    if field.changed() {
        ui.data_mut(|data| data.insert_temp(id, text.clone()));
    }
    if field.lost_focus() {
        ui.data_mut(|data| data.remove::<String>(id));
        return (text != before).then_some(text);
    }
    None
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

/// How it was set up otherwise than `setup`; none where that cannot be told.
fn beside_setup(run: &KeptRun, setup: &Experiment) -> Option<String> {
    let other = link::decode(&run.setup).ok()?;
    Some(format!("Beside the setup here: {}", knobs::line(&other, setup)))
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
        assert_eq!(beside_setup(&run(link::encode(&other)), &here), Some(format!("Beside the setup here: Seeds {}", other.seeds)));
        assert_eq!(beside_setup(&run(link::encode(&here)), &here).as_deref(), Some("Beside the setup here: the same"));
        assert_eq!(beside_setup(&run("9.x".to_owned()), &here), None);
    }
}
