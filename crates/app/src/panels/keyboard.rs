//! The keyboard: what a key asks for, but not while somebody writes.

use basin_train::protocol::Phase;
use egui::{Id, Key};

use super::transport;
use super::view::{FEW_STEPS, View};
use crate::choices::Ending;
use crate::command::ViewCommand;
use crate::settings::{Course, Middle, Tab};

/// Letters closer to each other than this are a sentence that somebody types, not commands.
const TYPING_SECONDS: f64 = 1.0;

/// The letter that was pressed in this frame, and whether another one than a key was pressed a moment ago.
fn typing(ctx: &egui::Context) -> (Option<Key>, impl Fn(Key) -> bool) {
    let id = Id::unique("last letter");
    let last: Option<(f64, Key)> = ctx.data(|data| data.get_temp(id)).unwrap_or_default();
    let (now, letter) = ctx.input(|input| {
        let letter = input.events.iter().rev().find_map(|event| match event {
            egui::Event::Key { key, pressed: true, .. } if key.name().len() == 1 && key.name() >= "A" => Some(*key),
            _ => None,
        });
        (input.time, letter)
    });
    if let Some(letter) = letter {
        ctx.data_mut(|data| data.insert_temp(id, Some((now, letter))));
    }
    (letter, move |key| last.is_some_and(|(at, before)| before != key && now - at < TYPING_SECONDS))
}

/// The keyboard: keys without modifiers, while no text is being written.
pub fn keys(ctx: &egui::Context, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let focused = ctx.memory(egui::Memory::focused).is_some();
    let (letter, typing) = typing(ctx);
    if ctx.text_edit_focused() || egui::Popup::is_any_open(ctx) {
        return;
    }
    let pressed = |key| !typing(key) && ctx.input(|input| input.modifiers.is_none() && input.key_pressed(key));
    // Space presses a focused button; it must not pause as well.
    if !focused && pressed(Key::Space) {
        match view.state.phase() {
            Phase::Running => out.push(ViewCommand::Pause),
            Phase::Paused | Phase::Finished => out.push(ViewCommand::Resume),
            Phase::Idle | Phase::Preparing => {}
        }
    }
    if pressed(Key::S) && view.state.has_run() {
        out.push(ViewCommand::Step);
    }
    if !focused && view.state.has_run() {
        let arrows = [Key::ArrowLeft, Key::ArrowRight, Key::Home, Key::End];
        let shift = ctx.input(|input| input.modifiers.shift_only());
        // The walk through one step has the arrows for itself.
        let walks = view.settings.middle == Middle::Step && !shift;
        let pressed = |key: &Key| (shift || ctx.input(|input| input.modifiers.is_none())) && ctx.input(|input| input.key_pressed(*key));
        let mut keys = arrows.into_iter().filter(|key| !walks && pressed(key));
        out.extend(keys.find_map(|key| transport::key(view, key, shift)));
    }
    if view.choices.ending.is_some() && letter.is_some_and(|letter| letter != Key::R) {
        // A sentence that began with R.
        out.push(ViewCommand::AskToEnd(None));
    }
    // A key that is held down presses itself again and again.
    let repeats = ctx.input(|input| input.events.iter().any(|event| matches!(event, egui::Event::Key { key: Key::R, repeat: true, .. })));
    if pressed(Key::R) && !repeats {
        out.push(view.end(Ending::Restart, ViewCommand::Start, view.state.loses_more_than(FEW_STEPS), ctx.input(|input| input.time)));
    }
    if pressed(Key::Escape) {
        if view.choices.ending.is_some() {
            out.push(ViewCommand::AskToEnd(None));
        } else if view.help_open {
            out.push(ViewCommand::Help(false));
        } else if view.sharing.is_some() {
            out.push(ViewCommand::Share(None));
        } else if view.settings.presenting {
            out.push(ViewCommand::Present(false));
        } else if view.settings.welcome {
            out.push(ViewCommand::Welcomed);
        }
    }
    // `?` needs Shift on many keyboards.
    if ctx.input(|input| input.events.iter().any(|event| matches!(event, egui::Event::Text(text) if text == "?"))) {
        out.push(ViewCommand::Help(!view.help_open));
    }
    if pressed(Key::C) {
        let course = &view.settings.course;
        out.push(ViewCommand::Course(Box::new(Course { shown: !course.shown, ..course.clone() })));
    }
    if pressed(Key::P) {
        out.push(ViewCommand::Present(!view.settings.presenting));
    }
    let wide = !view.layout.is_phone();
    for (tab, key) in Tab::ALL.into_iter().zip([Key::Num1, Key::Num2, Key::Num3, Key::Num4]) {
        if !pressed(key) {
            continue;
        }
        match tab {
            Tab::Setup if wide => out.push(ViewCommand::ShowSetup(!view.settings.show_setup)),
            Tab::Curves if wide && view.settings.middle == Middle::Curves => {
                out.push(ViewCommand::ShowLower(!view.settings.show_lower));
            }
            Tab::Curves => out.extend([ViewCommand::Middle(Middle::Curves), ViewCommand::Tab(tab)]),
            Tab::Results | Tab::Ask if wide => {
                out.extend([ViewCommand::Middle(Middle::Curves), ViewCommand::ShowLower(true), ViewCommand::Tab(tab)]);
            }
            Tab::Setup | Tab::Results | Tab::Ask => out.push(ViewCommand::Tab(tab)),
        }
    }
    let instrument = Middle::ALL.into_iter().filter(|middle| *middle != Middle::Curves);
    for (middle, key) in instrument.zip([Key::Num5, Key::Num6, Key::Num7, Key::Num8, Key::Num9, Key::Num0]) {
        if pressed(key) {
            out.push(ViewCommand::Middle(middle));
            if !wide {
                out.push(ViewCommand::Tab(Tab::Curves));
            }
        }
    }
}
