//! The bar below the middle: any step that the run has been at, how fast it goes, and where it pauses.

use basin_train::experiment::Experiment;
use basin_train::protocol::{Command, Event, Phase, RunId};
use basin_train::report::Progress;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;

use super::{Bench, DESKTOP, PHONE, measured, phase, prepared};

/// A run that has been measured at steps 0, 10, 20 and 30, and is paused at `step`.
fn at(size: egui::Vec2, step: usize) -> Bench {
    let mut bench = Bench::greeted(size);
    bench.say(prepared(1, &Experiment::default()));
    bench.say([0, 10, 20, 30].map(|step| measured(1, step, 3, 4)));
    bench.say([progress(step), phase(1, Phase::Paused)]);
    bench.sent();
    bench
}

fn progress(step: usize) -> Event {
    let progress = Progress { step, steps: 390, first: 0, furthest: 30, taken: 30, steps_per_second: 9.0, seconds: 3.0 };
    Event::Progress { run: RunId(1), progress }
}

fn press(bench: &mut Bench, key: Key, shift: bool) -> Vec<Command> {
    bench.harness.key_press_modifiers(if shift { Modifiers::SHIFT } else { Modifiers::NONE }, key);
    bench.harness.run();
    bench.sent()
}

/// What the trainer answers when it has gone to a step.
fn gone_to(bench: &mut Bench, step: usize) {
    bench.say([measured(1, step, 3, 4), progress(step), phase(1, Phase::Paused)]);
    bench.close(|command| matches!(command, Command::Seek { .. }));
}

#[test]
fn arrows_go_through_the_steps_that_are_known() {
    let mut bench = at(DESKTOP, 30);
    assert_eq!(press(&mut bench, Key::ArrowLeft, false), [Command::Seek { step: 29 }]);
    // While that one is sought, others wait; the last of them is sought next.
    assert_eq!(press(&mut bench, Key::ArrowLeft, false), []);
    assert_eq!(press(&mut bench, Key::ArrowLeft, true), []);
    gone_to(&mut bench, 29);
    assert_eq!(bench.sent(), [Command::Seek { step: 20 }], "the measurement before 28");
    gone_to(&mut bench, 20);
    assert_eq!(bench.sent(), []);
    assert_eq!(press(&mut bench, Key::ArrowRight, false), [Command::Seek { step: 21 }]);
    gone_to(&mut bench, 21);
    assert_eq!(press(&mut bench, Key::Home, false), [Command::Seek { step: 0 }]);
    gone_to(&mut bench, 0);
    assert_eq!(press(&mut bench, Key::ArrowLeft, false), [], "there is nothing before the start");
    assert_eq!(press(&mut bench, Key::End, false), [Command::Seek { step: 30 }]);
    gone_to(&mut bench, 30);
    // At the furthest step the arrow trains on.
    assert_eq!(press(&mut bench, Key::ArrowRight, false), [Command::Step]);
    assert_eq!(press(&mut bench, Key::ArrowRight, true), [Command::StepToMeasurement]);
}

#[test]
fn a_step_of_the_past_is_what_is_shown() {
    let mut bench = at(DESKTOP, 30);
    let state = bench.app().state();
    assert_eq!((state.run.here().map(|here| here.step), state.run.is_back()), (Some(30), false));
    bench.say([measured(1, 15, 3, 4), progress(15)]);
    let run = &bench.app().state().run;
    assert_eq!((run.here().map(|here| here.step), run.is_back()), (Some(15), true));
    assert_eq!(run.steps, [0.0, 10.0, 15.0, 20.0, 30.0], "it joins the curves in its place");
    let spent: Vec<f64> = run.lanes[1].gradient_evaluations.clone();
    assert_eq!(spent, [0.0, 20.0, 30.0, 40.0, 60.0]);
    assert!(bench.sees("step 15 of 390"));
    // Between two measurements the earlier one stands for the step; measured again, nothing is there twice.
    bench.say([progress(17), measured(1, 15, 3, 4), progress(17)]);
    let run = &bench.app().state().run;
    assert_eq!((run.here().map(|here| here.step), run.measurements.len()), (Some(15), 5));
}

#[test]
fn speed_and_pauses_are_chosen_and_told_to_a_new_trainer() {
    let mut bench = at(DESKTOP, 30);
    bench.click("Speed");
    bench.click("5 steps/s");
    let pace = Command::Pace { steps_per_second: Some(5.0) };
    let nowhere = Command::StopAt { step: None, fall: None };
    assert_eq!(bench.sent(), [pace.clone(), nowhere]);
    bench.click("Pause at");
    bench.click("Pause when a test accuracy falls by 2 points");
    let fall = Command::StopAt { step: None, fall: Some(0.02) };
    assert_eq!(bench.sent(), [pace.clone(), fall.clone()]);
    bench.say([super::hello()]);
    assert_eq!(bench.sent(), [pace, fall]);
}

#[test]
fn what_is_looked_at_follows_to_the_step() {
    let mut bench = at(DESKTOP, 30);
    bench.harness.key_press(Key::Num5);
    bench.harness.run();
    bench.sent();
    assert_eq!(press(&mut bench, Key::ArrowLeft, true), [Command::Seek { step: 20 }]);
    gone_to(&mut bench, 20);
    assert_eq!(bench.sent(), [Command::MeasureSharpness], "nothing is known of the sharpness there");
}

#[test]
fn a_phone_has_the_bar_too() {
    let mut bench = at(PHONE, 30);
    let row = ["Restart", "One step back", "Resume", "Step", "To the next measurement", "Stop"];
    let rects = row.map(|label| bench.harness.get_by_label(label).rect());
    for pair in rects.windows(2) {
        assert!(pair[1].left() >= pair[0].right() && (pair[1].center().y - pair[0].center().y).abs() < 1.0, "{row:?}: {rects:?}");
    }
    assert!(rects[0].left() >= 0.0 && rects[5].right() <= PHONE.x);
    bench.click("One step back");
    assert_eq!(bench.sent(), [Command::Seek { step: 29 }]);
    gone_to(&mut bench, 29);
    // In the past its step goes through what is known.
    bench.click("Step");
    assert_eq!(bench.sent(), [Command::Seek { step: 30 }]);
    gone_to(&mut bench, 30);
    bench.click("Speed and pauses");
    bench.click("5 steps/s");
    assert_eq!(bench.sent()[0], Command::Pace { steps_per_second: Some(5.0) });
    assert!(bench.sees("30 / 390 · 5 steps/s"));
    // It is there on every page.
    bench.press(Key::Escape);
    bench.click("Setup");
    bench.click("To the next measurement");
    assert_eq!(bench.sent(), [Command::StepToMeasurement]);
}
