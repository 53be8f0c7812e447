//! Time under control: play and pause, one step, one measurement, any step that the run has been at, how fast it goes, and
//! where it pauses. One bar below whatever the middle shows.

use basin_train::protocol::Phase;
use egui::{Align, DragValue, Key, Layout as Line, Slider, Ui, vec2};

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

/// The bar.
pub fn transport_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let width = ui.available_width();
    let narrow = view.layout.is_phone() && width < ONE_LINE;
    // With large text the first of the two lines has room for the buttons alone.
    let small = narrow && width < PACE + 5.0 * (ui.spacing().interact_size.x + ui.spacing().item_spacing.x);
    ui.add_enabled_ui(view.state.has_run() && view.locks.opens(Part::Transport), |ui| {
        if small {
            ui.horizontal(|ui| buttons_ui(ui, view, out));
        }
        ui.horizontal(|ui| {
            let chosen = &mut Vec::new();
            widgets::sides(
                ui,
                |ui| {
                    if !small {
                        buttons_ui(ui, view, out);
                    }
                    if small || !narrow {
                        slider_ui(ui, view, out);
                    }
                },
                |ui| choices_ui(ui, view, chosen),
            );
            out.append(chosen);
        });
        if narrow && !small {
            ui.horizontal(|ui| slider_ui(ui, view, out));
        }
    });
}

fn buttons_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let progress = view.state.run.progress;
    let running = view.state.phase() == Phase::Running;
    let (icon, words, tip, play) = if running {
        (Icon::Pause, "Pause the run", "Stop between two steps (Space)", ViewCommand::Pause)
    } else {
        (Icon::Play, "Play", "Go on from here (Space)", ViewCommand::Resume)
    };
    if ui.max_rect().width() >= WITH_FIRST {
        // A phone has no room for it; its slider goes there, too.
        let first = ui.add_enabled(at(view) > progress.first, Icon::First.button(None).min_size(ui.spacing().interact_size));
        if first.on_hover_text("The first step that is known (Home)").accessible_name("To the beginning").clicked() {
            out.push(ViewCommand::Seek(progress.first));
        }
    }
    let arrow = |key, shift| self::key(view, key, shift);
    for (icon, words, tip, command) in [
        (Icon::StepBack, "One step back", "One step back (left arrow; with Shift to the measurement before)", arrow(Key::ArrowLeft, false)),
        (icon, words, tip, Some(play)),
        (Icon::Step, "One step on", "One step of every lane (right arrow, S)", arrow(Key::ArrowRight, false)),
        (
            Icon::Skip,
            "To the next measurement",
            "Go or train to the next point of the curves (Shift and right arrow)",
            arrow(Key::ArrowRight, true),
        ),
    ] {
        let button = ui.add_enabled(command.is_some(), icon.button(None).min_size(ui.spacing().interact_size));
        if button.on_hover_text(tip).accessible_name(words).clicked() {
            out.extend(command);
        }
    }
}

/// Any step that the run has been at.
fn slider_ui(ui: &mut Ui, view: &View<'_>, out: &mut Vec<ViewCommand>) {
    let progress = view.state.run.progress;
    let mut step = at(view);
    let (here, all) = (format::count(step), format::count(progress.steps));
    let words = if ui.available_width() < 220.0 { format!("{here} / {all}") } else { format!("step {here} of {all}") };
    ui.with_layout(Line::right_to_left(Align::Center), |ui| {
        ui.label(words)
            .on_hover_text("Drag the slider to any step that the run has been at: all views show it, and the run goes on from there");
        ui.spacing_mut().slider_width = (ui.available_width() - ui.spacing().item_spacing.x).max(ui.spacing().interact_size.x);
        // As long as the plan, so that the handle is where the run is in it; what is still to come cannot be gone to.
        let end = progress.steps.max(progress.first + 1);
        let before = step;
        let slider = widgets::deliberate(ui, &mut step, |ui, step| {
            ui.add_enabled(progress.furthest > progress.first, Slider::new(step, progress.first..=end).show_value(false))
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
