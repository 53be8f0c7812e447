//! Time under control: play and pause, one step, one measurement, any step that the run has been at, how fast it goes, and
//! where it pauses. One bar below whatever the middle shows; on a phone its parts stand in the bar at the top.

use basin_train::protocol::Phase;
use egui::{Align, DragValue, Key, Layout as Line, Slider, Ui, vec2};

use super::status;
use super::view::View;
use crate::choices::TimeChoice;
use crate::command::ViewCommand;
use crate::icons::Icon;
use crate::locks::Part;
use crate::{format, widgets};

/// Steps a second that can be chosen.
const PACES: [Option<f64>; 7] = [Some(1.0), Some(2.0), Some(5.0), Some(20.0), Some(100.0), Some(500.0), None];

/// A fall of the test accuracy that is more than a wobble, 0 to 1.
const FALL: f64 = 0.02;

/// Height of the bar, with the gap above it.
pub fn height(ui: &Ui) -> f32 {
    ui.spacing().interact_size.y + 16.0
}

/// Width of a bar that has room for all in one line.
pub const ONE_LINE: f32 = 540.0;

/// Width of the choice of the speed.
const PACE: f32 = 104.0;

/// Width of buttons and slider that have room for a button, too, which does what the slider does.
const WITH_FIRST: f32 = 430.0;

/// The bar; on a phone, where a page around this one shows a view alone, in lines that large text may break.
pub fn transport_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    ui.add_enabled_ui(view.state.has_run() && view.locks.opens(Part::Transport), |ui| {
        if view.layout.is_phone() && ui.available_width() < ONE_LINE {
            ui.horizontal_wrapped(|ui| {
                buttons_ui(ui, view, out);
                choices_ui(ui, view, out);
            });
            ui.horizontal(|ui| slider_ui(ui, view, out));
            return;
        }
        ui.horizontal(|ui| {
            let chosen = &mut Vec::new();
            let left = |ui: &mut Ui| {
                buttons_ui(ui, view, out);
                slider_ui(ui, view, out);
            };
            widgets::sides(ui, left, |ui| choices_ui(ui, view, chosen));
            out.append(chosen);
        });
    });
}

/// Width of a phone's line that has room for the phase in a word.
const WITH_PHASE: f32 = 230.0;

/// The line of a phone: what the run does, any step that it has been at, and one menu for speed and pauses.
pub fn phone_line_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let state = view.state;
    let chosen = &mut Vec::new();
    let left = |ui: &mut Ui| {
        status::phase_ui(ui, state, ui.available_width() >= WITH_PHASE);
        match state.preparing() {
            Some(preparing) => status::preparing_ui(ui, preparing, 60.0),
            None if state.run.progress.steps > 0 => slider_ui(ui, view, out),
            None => {}
        }
    };
    let right = |ui: &mut Ui| menu_ui(ui, view, chosen);
    ui.add_enabled_ui(view.locks.opens(Part::Transport), |ui| widgets::sides(ui, left, right));
    out.append(chosen);
}

/// Speed and pauses behind one sign.
fn menu_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let mut time = view.choices.time;
    let set = time.pace.is_some() || time.stop_at.is_some() || time.stop_at_fall.is_some();
    let name = if set { "Speed and pauses, set" } else { "Speed and pauses" };
    widgets::icon_menu(ui, Icon::Sliders, name, "How fast the run goes, and where it pauses by itself", true, |ui| {
        ui.set_max_width(320.0_f32.min(ui.ctx().content_rect().width() - 40.0));
        ui.label("Most steps a second");
        ui.horizontal_wrapped(|ui| {
            for pace in PACES {
                ui.radio_value(&mut time.pace, pace, pace_words(pace));
            }
        });
        ui.separator();
        stops_ui(ui, view, &mut time);
    });
    if time != view.choices.time {
        out.push(ViewCommand::Time(time));
    }
}

fn buttons_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let progress = view.state.run.progress;
    if ui.max_rect().width() >= WITH_FIRST {
        // A phone has no room for it; its slider goes there, too.
        let first = (at(view) > progress.first).then_some(ViewCommand::Seek(progress.first));
        button_ui(ui, Icon::First, "To the beginning", "The first step that is known (Home)", first, out);
    }
    back_ui(ui, view, out);
    let (icon, words, tip, play) = match view.state.phase() {
        Phase::Running => (Icon::Pause, "Pause the run", "Stop between two steps (Space)", ViewCommand::Pause),
        Phase::Finished => (Icon::Play, "Resume the run", PAST_THE_END, ViewCommand::Resume),
        _ => (Icon::Play, "Resume the run", "Go on from here (Space)", ViewCommand::Resume),
    };
    button_ui(ui, icon, words, tip, Some(play), out);
    let on = key(view, Key::ArrowRight, false);
    button_ui(ui, Icon::Step, "One step on", ON, on, out);
    skip_ui(ui, view, out);
}

/// What going on at the end does.
pub const PAST_THE_END: &str = "Train as many epochs again, with a warm restart: the learning rate starts anew (Space)";

/// What a step on is.
const ON: &str = "One step of every lane (right arrow, S)";

/// A button that asks for something, or that has nothing to ask for.
fn button_ui(ui: &mut Ui, icon: Icon, words: &str, tip: &str, asks: Option<ViewCommand>, out: &mut Vec<ViewCommand>) {
    let button = ui.add_enabled(asks.is_some(), icon.button(None).min_size(ui.spacing().interact_size));
    if button.on_hover_text(tip).accessible_name(words).clicked() {
        out.extend(asks);
    }
}

/// One step back.
pub fn back_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let tip = "One step back (left arrow; with Shift to the measurement before)";
    button_ui(ui, Icon::StepBack, "One step back", tip, of_run(view, Key::ArrowLeft, false), out);
}

/// One step on, as the bar of a phone calls it.
pub fn on_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    button_ui(ui, Icon::Step, "Step", ON, of_run(view, Key::ArrowRight, false), out);
}

/// To the next measurement.
pub fn skip_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let tip = "Go or train to the next point of the curves (Shift and right arrow)";
    button_ui(ui, Icon::Skip, "To the next measurement", tip, of_run(view, Key::ArrowRight, true), out);
}

/// What a key asks for, where there is a run to ask.
fn of_run(view: &View<'_>, arrow: Key, shift: bool) -> Option<ViewCommand> {
    key(view, arrow, shift).filter(|_| view.state.has_run())
}

/// Any step that the run has been at.
fn slider_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let progress = view.state.run.progress;
    let mut step = at(view);
    let (here, all) = (format::count(step), format::count(progress.steps));
    let room = ui.available_width() >= 220.0;
    let words = match (view.layout.is_phone(), view.choices.time.pace, view.state.seconds_left()) {
        (false, ..) if room => format!("step {here} of {all}"),
        // A phone has no other place for these.
        (true, Some(pace), _) if room => format!("{here} / {all} · {}", pace_words(Some(pace))),
        (true, None, Some(left)) if room => format!("{here} / {all} · {} left", format::duration(left)),
        _ => format!("{here} / {all}"),
    };
    ui.with_layout(Line::right_to_left(Align::Center), |ui| {
        ui.label(words)
            .on_hover_text("Drag the slider to any step that the run has been at: all views show it, and the run goes on from there");
        ui.spacing_mut().slider_width = (ui.available_width() - ui.spacing().item_spacing.x).max(ui.spacing().interact_size.x);
        // As long as the plan, so that the handle is where the run is in it; what is still to come cannot be gone to.
        let end = progress.steps.max(progress.first + 1);
        let before = step;
        let slider = widgets::deliberate(ui, &mut step, |ui, step| {
            let known = view.state.has_run() && progress.furthest > progress.first;
            ui.add_enabled(known, Slider::new(step, progress.first..=end).show_value(false))
        });
        slider.accessible_name("Step that is shown");
        if step.min(progress.furthest) != before {
            out.push(ViewCommand::Seek(step.min(progress.furthest)));
        }
    });
}

/// Speed, and where to pause.
fn choices_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let mut time = view.choices.time;
    let set = time.stop_at.is_some() || time.stop_at_fall.is_some();
    ui.allocate_ui(vec2(PACE, ui.spacing().interact_size.y), |ui| {
        let tip = |_: &Option<f64>| "Most steps a second; up to 4 a second, each step is measured";
        widgets::choice(ui, "pace", &mut time.pace, PACES, |pace| pace_words(*pace), tip)
            .on_hover_text(tip(&None))
            .accessible_name("Speed");
    });
    widgets::icon_menu(ui, Icon::Sliders, if set { "Pause at, set" } else { "Pause at" }, "Where the run pauses by itself", true, |ui| {
        stops_ui(ui, view, &mut time);
    });
    if time != view.choices.time {
        out.push(ViewCommand::Time(time));
    }
}

fn stops_ui(ui: &mut Ui, view: &View<'_>, time: &mut TimeChoice) {
    let progress = view.state.run.progress;
    let mut at_step = time.stop_at.is_some();
    ui.horizontal(|ui| {
        ui.checkbox(&mut at_step, "Pause at step");
        let mut step = time.stop_at.unwrap_or(progress.steps / 2).max(1);
        let range = 1..=progress.steps.max(1);
        let field = widgets::deliberate(ui, &mut step, |ui, step| ui.add_enabled(at_step, DragValue::new(step).range(range)));
        field.accessible_name("Step to pause at");
        time.stop_at = at_step.then_some(step);
    });
    let mut at_fall = time.stop_at_fall.is_some();
    let words = format!("Pause when a test accuracy falls by {:.0} points", 100.0 * FALL);
    ui.checkbox(&mut at_fall, words).on_hover_text("A lane's mean over the seeds, against its best so far, in two measurements in a row");
    time.stop_at_fall = at_fall.then_some(FALL);
}

fn pace_words(pace: Option<f64>) -> String {
    pace.map_or_else(|| "fastest".to_owned(), |pace| format!("{pace} steps/s"))
}

/// The step that is shown, or is about to be.
fn at(view: &View<'_>) -> usize {
    view.choices.time.sought.unwrap_or(view.state.run.progress.step)
}

/// The step of the measurement before or after `step`, among those that are known.
fn measurement_beside(view: &View<'_>, step: usize, after: bool) -> Option<usize> {
    let steps = view.state.run.measurements.iter().map(|measurement| measurement.step);
    if after { steps.into_iter().find(|known| *known > step) } else { steps.rev().find(|known| *known < step) }
}

/// What the arrows, Home and End ask for, and the buttons that do the same.
pub fn key(view: &View<'_>, key: Key, shift: bool) -> Option<ViewCommand> {
    let progress = view.state.run.progress;
    let (step, back) = (at(view), view.state.run.is_back() || view.choices.time.sought.is_some());
    let target = match (key, shift) {
        (Key::ArrowLeft, false) => step.checked_sub(1)?,
        (Key::ArrowLeft, true) => measurement_beside(view, step, false)?,
        (Key::ArrowRight, false) if back => step + 1,
        (Key::ArrowRight, false) => return Some(ViewCommand::Step),
        (Key::ArrowRight, true) => match measurement_beside(view, step, true) {
            Some(known) => known,
            None => return Some(ViewCommand::StepToMeasurement),
        },
        (Key::Home, _) => progress.first,
        (Key::End, _) => progress.furthest,
        _ => return None,
    };
    (progress.first..=progress.furthest).contains(&target).then_some(ViewCommand::Seek(target))
}
