//! What goes wrong, and what is left of the run, the setup and the message.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use basin_app::{FileRequest, Opening};
use basin_train::experiment::{DataSource, Experiment, LaneConfig, presets};
use basin_train::protocol::{Command, DeviceChoice, Event, Phase, RunId};
use basin_train::report::{Answer, PlaneChoice, Progress, Side};
use egui::{Key, Pos2, vec2};
use egui_kittest::kittest::{NodeT, Queryable};

use serde_json::{Value, json};

use super::instrument::{history, landscape, line, sentence_table, sentences, sharpness, trace};
use super::{Bench, DESKTOP, PHONE, hello, measured, phase, prepared, table};

/// The whole text of a table of 24 rows; the label is in the second column.
const GOOD: &str = include_str!("good.csv");

fn open_file(bench: &mut Bench, name: &str) {
    bench.app_mut().file_opened(&FileRequest::Train, name.to_owned(), name.as_bytes().to_vec());
    bench.harness.run();
}

fn table_of(name: &str) -> Event {
    let mut table = table();
    name.clone_into(&mut table.taken.file);
    Event::Table(Box::new(table))
}

/// A window whose first run trains on a file that has been read.
fn on_a_file(name: &str) -> Bench {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    open_file(&mut bench, name);
    bench.say([table_of(name)]);
    bench.click("Restart");
    let experiment = bench.app().settings().experiment.clone();
    bench.say(prepared(2, &experiment));
    bench.say([measured(2, 0, 3, 4), measured(2, 10, 3, 4)]);
    bench.sent();
    bench
}

#[test]
fn a_lane_that_diverged_answers_so() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    bench.app_mut().send_json(r#"{"command":"classify","text":"hi"}"#).expect("a question");
    let answer = |p: f64| Answer { probabilities: vec![p; 6], deviations: vec![0.0; 6] };
    bench.say([Event::Classified { run: RunId(1), answers: vec![answer(f64::NAN), answer(0.125), answer(0.125)], known_tokens: (0, 1) }]);
    assert!(bench.sees("billing: SGD diverged, SAM 12.5 %"));
    assert!(bench.app().state_json()["answer"]["lanes"][0]["probabilities"][0].is_null());
}

#[test]
fn a_bad_link_starts_nothing_and_stays_on_the_screen() {
    for link in ["1.zzz", "9.e30", "1.eyJzZWVkcyI6ODAwfQ"] {
        let mut bench = Bench::open(DESKTOP, None, Opening { link: Some(link.to_owned()), ..Opening::default() });
        bench.say([hello()]);
        assert_eq!(bench.sent(), [], "the default run is not what the link meant");
        assert!(bench.notices().len() == 1 && bench.sees("This link"), "{:?}", bench.notices());
        bench.click("Train");
        bench.sent();
        bench.say(prepared(1, &Experiment::default()));
        assert_eq!(bench.notices().len(), 1, "nothing but the user takes it off");
        bench.click("Start with the default setup");
        assert_eq!(bench.started(), (RunId(2), presets::start()));
        assert!(bench.notices().is_empty());
    }
}

#[test]
fn a_bad_device_is_told_and_waits() {
    let opening = Opening { device: Some(Err("The address says `?device=bogus`.".to_owned())), ..Opening::default() };
    let mut bench = Bench::open(DESKTOP, None, opening);
    bench.say([hello()]);
    assert_eq!((bench.sent().len(), bench.notices().len()), (0, 1));
    bench.click("Train on the device that is set up");
    assert!(matches!(bench.sent()[..], [Command::Start { device: DeviceChoice::Auto, .. }]));
}

#[test]
fn settings_that_cannot_be_read_cost_themselves() {
    let saved = r#"{"theme":"Purple","tab":"Ask","experiment":{"seeds":7}}"#;
    let mut bench = Bench::open(DESKTOP, Some(saved), Opening::default());
    bench.say([hello()]);
    assert_eq!(bench.started().1.seeds, 7);
    assert!(bench.notices()[0].ends_with("have their defaults: theme."), "{:?}", bench.notices());
}

#[test]
fn a_refused_file_leaves_the_run_that_trains() {
    let mut bench = on_a_file("good.csv");
    open_file(&mut bench, "bad.csv");
    bench.fail("bad.csv has one column: add the labels.");
    assert!(bench.sees("This file could not be read"), "and not \"Reading\" for ever");
    bench.press(Key::R);
    assert!(matches!(bench.sent()[..], [Command::Inspect { .. }, Command::Start { run: RunId(3), .. }]));
    bench.fail("bad.csv has one column: add the labels.");
    assert_eq!(bench.notices(), ["bad.csv has one column: add the labels. The run before goes on."], "said once");
    bench.say([measured(2, 20, 3, 4)]);
    let json = bench.app().state_json();
    assert_eq!((&json["run"], &json["phase"], &json["measurements"]), (&2.into(), &"running".into(), &3.into()));
    assert!(bench.sees("changed: press Restart"), "the setup is not what trains");

    // A good file takes the message of the bad one off.
    open_file(&mut bench, "other.csv");
    bench.say([table_of("other.csv")]);
    bench.click("Restart");
    let experiment = bench.app().settings().experiment.clone();
    bench.say(prepared(4, &experiment));
    assert!(bench.notices().is_empty(), "{:?}", bench.notices());
}

#[test]
fn a_saved_run_that_cannot_be_read_leaves_the_run_that_trains() {
    let mut bench = on_a_file("good.csv");
    bench.app_mut().file_opened(&FileRequest::Run, "notes.safetensors".to_owned(), b"hello".to_vec());
    bench.harness.run();
    assert!(bench.sent().is_empty() && bench.notices()[0].starts_with("notes.safetensors: this is no saved run of Basin"));
    let json = bench.app().state_json();
    assert_eq!((&json["run"], &json["phase"], &json["measurements"]), (&2.into(), &"running".into(), &2.into()));
}

#[test]
fn the_test_file_of_another_training_file_is_asked_about() {
    let mut bench = on_a_file("first.csv");
    bench.app_mut().file_opened(&FileRequest::Test, "test.csv".to_owned(), b"t".to_vec());
    bench.say([table_of("first.csv")]);
    bench.sent();
    open_file(&mut bench, "second.csv");
    assert!(bench.notices()[0].contains("test.csv was opened to test what learns from first.csv"));
    let [Command::Inspect { files, .. }] = &bench.sent()[..] else { panic!("expected a look at the file") };
    assert!(files.test.is_none(), "not kept before somebody said so");
    bench.say([table_of("second.csv")]);
    assert_eq!(bench.notices().len(), 1, "that the file is good is no answer");
    assert!(bench.sees("Not used: test.csv"));

    bench.harness.get_all_by_label("Test on it").next().expect("in the notice").click();
    bench.harness.run();
    let [Command::Inspect { files, .. }] = &bench.sent()[..] else { panic!("expected a look at both files") };
    assert_eq!(files.test.as_ref().map(|test| test.name.as_str()), Some("test.csv"));
    // It has other columns: the way out is there.
    bench.fail("test.csv has no column 3: choose other columns.");
    bench.click("Remove test file");
    let json = bench.app().state_json();
    assert_eq!((&json["files"]["train"], &json["files"]["test"]), (&"second.csv".into(), &Value::Null));
}

#[test]
fn the_test_file_can_be_removed_where_no_table_could_be_read() {
    let mut bench = on_a_file("first.csv");
    bench.app_mut().file_opened(&FileRequest::Test, "test.csv".to_owned(), b"t".to_vec());
    bench.say([table_of("first.csv")]);
    open_file(&mut bench, "second.csv");
    bench.fail("second.csv is empty.");
    bench.click("Remove test file");
    assert!(bench.app().state_json()["files"]["aside"].is_null());
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Ok(GOOD.as_bytes().to_vec())
    }
}

#[test]
fn of_several_files_dropped_at_once_none_is_taken() {
    let mut bench = on_a_file("good.csv");
    let dropped = |name: &str| -> egui::DroppedFileHandle { Arc::new(Dropped(name.into())) };
    bench.harness.input_mut().dropped_files = vec![dropped("a.csv"), dropped("b.csv")];
    bench.harness.run();
    assert!(bench.asked().dropped.is_empty());
    assert!(bench.notices()[0].starts_with("2 files were dropped at once"));
    bench.sent();
    bench.harness.input_mut().dropped_files = vec![dropped("a.csv")];
    bench.harness.run();
    assert!(matches!(bench.sent()[..], [Command::Inspect { .. }]), "one is read");
    bench.harness.input_mut().dropped_files = vec![dropped("b.safetensors")];
    bench.harness.run();
    assert!(
        bench.notices().iter().any(|notice| notice.starts_with("b.safetensors: this is no saved run")),
        "by its name it may be one, of any size"
    );
    assert_eq!(bench.asked().dropped, [("a.csv".to_owned(), 1_000), ("b.safetensors".to_owned(), u64::MAX)]);
}

#[test]
fn a_script_that_brings_files_has_them_looked_at() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.sent();
    let start = r#"{"command":"start","experiment":{"data":{"source":{"file":{"name":"x.csv"}}}},"files":{"train":{"name":"x.csv","bytes":"YSxi"}}}"#;
    bench.app_mut().send_json(start).expect("a command");
    assert!(matches!(bench.sent()[..], [Command::Inspect { .. }, Command::Start { .. }]));
    // Files that it only looks at are not those of the setup.
    bench.say([table_of("x.csv")]);
    bench.app_mut().send_json(r#"{"command":"inspect","files":{"train":{"name":"y.csv","bytes":"YSxi"}}}"#).expect("a command");
    bench.say([table_of("y.csv")]);
    assert_eq!(bench.app().state().table.as_ref().map(|table| table.taken.file.as_str()), Some("x.csv"));
    assert_eq!(bench.app().state_json()["table"]["file"], "y.csv");
    // Nor does a name alone stand for the file that is open.
    bench.sent();
    bench.app_mut().send_json(r#"{"command":"start","experiment":{"data":{"source":{"file":{"name":"z.csv"}}}}}"#).expect("a command");
    assert_eq!(bench.sent(), []);
    assert!(bench.notices()[0].contains("The file z.csv is not open"));
}

/// A run that learns from `good.csv`, saved after its first measurement.
pub(super) fn saved_run() -> (Experiment, Vec<u8>) {
    let files = basin_train::protocol::Files {
        train: basin_train::protocol::NamedBytes { name: "good.csv".to_owned(), bytes: GOOD.as_bytes().to_vec() },
        test: None,
    };
    let mut experiment = Experiment { seeds: 1, lanes: vec![LaneConfig::three()[0].clone()], ..Experiment::default() };
    experiment.data.source = DataSource::File { name: "good.csv".to_owned() };
    experiment.model.dim = 2;
    experiment.model.hidden = 2;
    let driver = basin_train::driver::Driver::prepare(experiment.clone(), Some(&files), basin_train::run::Compute::cpu());
    let mut driver = driver.expect("a good file");
    (driver.summary().experiment.clone(), pollster::block_on(driver.save()))
}

#[test]
fn restart_trains_on_the_file_of_the_saved_run() {
    let mut bench = on_a_file("three-columns.csv");
    let (experiment, bytes) = saved_run();
    bench.app_mut().file_opened(&FileRequest::Run, "run.safetensors".to_owned(), bytes);
    bench.harness.run();
    bench.sent();
    bench.say(prepared(3, &experiment));
    let [Command::Inspect { files, columns, .. }] = &bench.sent()[..] else { panic!("the preview shows the file of this run") };
    assert_eq!((files.train.bytes.as_slice(), columns), (GOOD.as_bytes(), &experiment.data.columns));
    assert!(!bench.sees("changed: press Restart"));
    bench.click("Restart");
    let [Command::Start { files: Some(files), .. }] = &bench.sent()[..] else { panic!("expected a start") };
    assert_eq!(files.train.bytes, GOOD.as_bytes());
}

#[test]
fn choices_of_the_views_fit_the_run() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    let two = Experiment { lanes: LaneConfig::three()[..2].to_vec(), seeds: 1, ..Experiment::default() };
    let json = json!({ "command": "start", "experiment": two });
    bench.app_mut().send_json(&json.to_string()).expect("a command");
    bench.say(prepared(2, &two));
    bench.press(Key::Num8);
    bench.sent();
    bench.click("Measure");
    let expected = Command::Landscape { plane: PlaneChoice::Ends { lanes: [0, 1, 1] }, points: 51, member: 0 };
    assert_eq!(bench.sent(), [expected]);
}

#[test]
fn a_failure_of_one_question_leaves_the_others() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    bench.press(Key::Num8);
    bench.sent();
    bench.click("Measure");
    bench.app_mut().send_json(r#"{"command":"trace","member":9}"#).expect("a command");
    bench.fail("there is no such seed: this run has 4");
    bench.say([landscape(0, "three lanes", 51, false)]);
    let sent = bench.sent();
    assert!(matches!(sent[..], [Command::Landscape { .. }, Command::Trace { .. }, Command::Landscape { .. }]), "{sent:?}");
}

#[test]
fn a_run_at_its_end_is_stepped_without_a_word_of_complaint() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    bench.say([measured(1, 390, 3, 4), phase(1, Phase::Finished)]);
    bench.sent();
    bench.click("Step");
    bench.press(Key::Num6);
    bench.click("Look at the next step");
    assert_eq!(bench.sent(), [Command::Step, Command::Trace { member: 0 }]);
}

#[test]
fn a_trainer_that_ends_leaves_the_setup() {
    let mut bench = on_a_file("good.csv");
    let before = bench.app().settings().clone();
    bench.say([Event::Stopped { text: "The trainer stopped: it ran out of memory.".to_owned() }, hello()]);
    assert!(bench.notices()[0].ends_with("out of memory. The run goes on in another one."), "{:?}", bench.notices());
    // It had not been kept: it repeats itself from its first step.
    assert!(matches!(bench.sent()[..], [Command::Start { run: RunId(3), files: Some(_), paused: false, .. }]));
    assert_eq!(bench.app().settings(), &before);
    let experiment = before.experiment;
    bench.say(prepared(3, &experiment));
    assert!(bench.app().state_json()["failure"].is_null(), "a run that is prepared is the proof that it is over");
}

#[test]
fn a_trainer_that_does_not_answer_can_be_replaced() {
    let mut bench = on_a_file("good.csv");
    bench.script.0.borrow_mut().silent_seconds = 30.0;
    bench.harness.run_ok();
    assert!(bench.notices()[0].contains("has not answered for a while"));
    bench.click("Start another trainer");
    assert_eq!(bench.script.0.borrow().replaced, 1);
    bench.script.0.borrow_mut().silent_seconds = 0.0;
    bench.harness.run_ok();
    assert!(bench.notices().is_empty());
}

#[test]
fn letters_of_a_sentence_are_no_commands() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    bench.sent();
    for key in [Key::P, Key::R, Key::I, Key::N, Key::S, Key::Space, Key::T] {
        bench.harness.key_press(key);
        bench.harness.step();
    }
    assert_eq!(bench.sent(), []);
    bench.pause();
    bench.press(Key::S);
    bench.press(Key::S);
    assert_eq!(bench.sent(), [Command::Step, Command::Step], "the same key again is meant");
}

/// A run that is `step` of 390 steps and `seconds` long.
fn on_its_way(bench: &mut Bench, step: usize, seconds: f64) {
    bench.say(prepared(1, &Experiment::default()));
    let progress = Progress { step, steps: 390, first: 0, furthest: step, taken: step, steps_per_second: 10.0, seconds };
    bench.say([Event::Progress { run: RunId(1), progress }]);
    bench.sent();
}

#[test]
fn a_run_on_its_way_is_not_lost_to_one_press() {
    let mut bench = Bench::greeted(DESKTOP);
    on_its_way(&mut bench, 120, 8.0);
    bench.press(Key::R);
    assert!(bench.sent().is_empty() && bench.sees("Press Restart or R to begin anew: what it has learned so far is lost."));
    bench.harness.run_steps(2);
    bench.press(Key::R);
    assert_eq!(bench.started().0, RunId(2));
    assert!(!bench.sees("to begin anew"));

    // Nor where there are no bars.
    let mut bench = Bench::greeted(DESKTOP);
    on_its_way(&mut bench, 120, 8.0);
    bench.press(Key::P);
    bench.press(Key::R);
    assert!(bench.sent().is_empty() && bench.sees("Press Restart or R to begin anew"));
    bench.press(Key::Escape);
    assert!(!bench.sees("to begin anew") && bench.app().settings().presenting, "Escape takes the question back first");

    // The question goes away by itself, and with it what was pressed.
    let mut bench = Bench::greeted(DESKTOP);
    on_its_way(&mut bench, 120, 8.0);
    bench.press(Key::R);
    bench.harness.run_steps(42);
    assert!(!bench.sees("to begin anew"));
    bench.press(Key::R);
    assert_eq!(bench.sent(), []);

    // What is at its beginning or its end is not asked about.
    for step in [10, 390] {
        let mut bench = Bench::greeted(DESKTOP);
        on_its_way(&mut bench, step, 8.0);
        bench.press(Key::R);
        assert_eq!(bench.started().0, RunId(2));
    }
}

#[test]
fn a_sentence_that_begins_with_r_ends_no_run() {
    let mut bench = Bench::greeted(DESKTOP);
    on_its_way(&mut bench, 120, 8.0);
    // "Rear error": a letter every quarter of a second, of which an r comes twice.
    for key in [Key::R, Key::E, Key::A, Key::R, Key::E, Key::R, Key::R, Key::O, Key::R] {
        bench.harness.key_press(key);
        bench.harness.step();
    }
    assert_eq!(bench.sent(), []);
    // So does one that is typed slowly, where another letter comes in between.
    bench.pause();
    for key in [Key::R, Key::E, Key::R] {
        bench.harness.key_press(key);
        bench.harness.run_steps(5);
    }
    assert_eq!(bench.sent(), []);
}

#[test]
fn the_buttons_that_end_a_long_run_ask_too() {
    for (button, size) in [("Stop", DESKTOP), ("Restart", DESKTOP), ("Stop", PHONE), ("Restart", PHONE)] {
        let mut bench = Bench::greeted(size);
        on_its_way(&mut bench, 120, 12.0);
        bench.click(button);
        assert!(bench.sent().is_empty() && bench.sees(&format!("Press {button}")), "{button}");
        bench.harness.run_steps(2);
        bench.click(button);
        assert!(matches!(bench.sent()[..], [Command::Stop | Command::Start { .. }]), "{button}");
        // Ten seconds are soon made again; Stop, which makes nothing, asks all the same.
        let mut bench = Bench::greeted(size);
        on_its_way(&mut bench, 120, 8.0);
        bench.click(button);
        assert_eq!(bench.sent().is_empty(), button == "Stop", "{button}");
    }
}

/// One press of Stop takes no run that has come further than a few steps, and of one that has ended nothing at all.
#[test]
fn a_finished_run_has_nothing_to_stop() {
    for size in [DESKTOP, PHONE] {
        let mut bench = Bench::greeted(size);
        on_its_way(&mut bench, 10, 1.0);
        bench.click("Stop");
        assert_eq!(bench.sent(), [Command::Stop], "ten steps");
        let mut bench = Bench::greeted(size);
        on_its_way(&mut bench, 390, 1.0);
        bench.say([phase(1, Phase::Finished)]);
        bench.click("Stop");
        assert!(bench.sent().is_empty() && !bench.sees("Press Stop again"), "at {size}");
        assert!(bench.harness.get_by_label("Stop").accesskit_node().is_disabled());
    }
}

/// A finger goes down at `from`, to `to` in three steps, and up again.
pub fn swipe(bench: &mut Bench, from: Pos2, to: Pos2) {
    let touch = |bench: &mut Bench, phase, pos| {
        let (device_id, id) = (egui::TouchDeviceId(0), egui::TouchId(1));
        bench.harness.event(egui::Event::Touch { device_id, id, phase, pos, force: None });
    };
    let press = |bench: &mut Bench, pos, pressed| {
        let (button, modifiers) = (egui::PointerButton::Primary, egui::Modifiers::NONE);
        bench.harness.event(egui::Event::PointerButton { pos, button, pressed, modifiers });
    };
    bench.harness.event(egui::Event::PointerMoved(from));
    touch(bench, egui::TouchPhase::Start, from);
    press(bench, from, true);
    bench.harness.step();
    for part in [0.3, 0.6, 1.0] {
        let at = from + part * (to - from);
        touch(bench, egui::TouchPhase::Move, at);
        bench.harness.event(egui::Event::PointerMoved(at));
        bench.harness.step();
    }
    touch(bench, egui::TouchPhase::End, to);
    press(bench, to, false);
    bench.harness.event(egui::Event::PointerGone);
    bench.harness.run();
}

#[test]
fn a_finger_that_scrolls_turns_no_slider() {
    let mut bench = Bench::greeted(PHONE);
    bench.click("Setup");
    let slider_of = |bench: &Bench| bench.harness.get_by_role_and_label(egui::accesskit::Role::Slider, "Label noise").rect();
    let noise = |bench: &Bench| bench.app().settings().experiment.data.noise();
    let before = noise(&bench);
    let place = slider_of(&bench);
    let slider = Pos2::new(place.left() + 0.2 * place.width(), place.center().y);
    swipe(&mut bench, slider, slider - vec2(6.0, 120.0));
    assert_eq!(noise(&bench).to_bits(), before.to_bits(), "up");
    let after = slider_of(&bench);
    assert!(after.top() < place.top() - 60.0, "the page has scrolled: {place} {after}");
    let place = slider_of(&bench);
    let slider = Pos2::new(place.left() + 0.2 * place.width(), place.center().y);
    swipe(&mut bench, slider, slider + vec2(50.0, 4.0));
    assert!((noise(&bench) - before).abs() > 0.01, "sideways turns it");
}

#[test]
fn the_settings_are_stored_when_they_change() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.harness.run_steps(2);
    assert_eq!(bench.asked().kept.len(), 1);
    bench.app_mut().send_json(r#"{"command":"start","experiment":{"seeds":3}}"#).expect("a command");
    bench.harness.run_steps(2);
    let [_, kept] = &bench.asked().kept[..] else { panic!("another setup is stored once") };
    assert!(kept.contains("\"seeds\":3"), "{kept}");
}

/// The event with `word` in place of every float.
fn poisoned(event: Event, word: &Value) -> Event {
    fn poison(value: &mut Value, word: &Value) {
        match value {
            Value::Number(number) if number.is_f64() => *value = word.clone(),
            Value::Array(items) => items.iter_mut().for_each(|item| poison(item, word)),
            Value::Object(fields) => fields.values_mut().for_each(|field| poison(field, word)),
            _ => {}
        }
    }
    let mut value = serde_json::to_value(event).expect("plain data");
    poison(&mut value, word);
    serde_json::from_value(value).expect("any float will do")
}

/// Not a number, the infinities, and what is nearly infinite: a view that cannot draw them takes the page with it.
#[test]
fn every_view_draws_numbers_that_are_none() {
    for (size, word) in [
        (DESKTOP, Value::Null),
        (DESKTOP, json!("inf")),
        (PHONE, json!("-inf")),
        (PHONE, Value::Null),
        (DESKTOP, json!(1e308)),
        (DESKTOP, json!(-1e308)),
        (DESKTOP, json!(5e-324)),
    ] {
        let mut bench = Bench::greeted(size);
        bench.say(prepared(1, &Experiment::default()));
        bench.app_mut().send_json(r#"{"command":"classify","text":"hi"}"#).expect("a question");
        let answers = vec![Answer { probabilities: vec![0.5; 6], deviations: vec![0.5; 6] }; 3];
        let said = [
            measured(1, 0, 3, 4),
            measured(1, 10, 3, 4),
            Event::Classified { run: RunId(1), answers, known_tokens: (0, 1) },
            sharpness(10, Side::Train),
            sharpness(10, Side::HeldOut),
            trace(10),
            sentences(30),
            sentence_table(2, 30),
            history(3),
        ];
        bench.say(said.map(|event| poisoned(event, &word)));
        bench.app_mut().send_json(r#"{"command":"landscape","plane":{"plane":"random","seed":1},"points":9}"#).expect("a question");
        bench.app_mut().send_json(r#"{"command":"line","from":0,"to":1}"#).expect("a question");
        bench.say([landscape(0, "a plane", 9, false), line()].map(|event| poisoned(event, &word)));
        for key in
            [Key::Num2, Key::Num5, Key::Num6, Key::ArrowRight, Key::ArrowRight, Key::ArrowRight, Key::ArrowRight, Key::Num7, Key::Num8]
        {
            bench.press(key);
        }
        bench.click("Surface");
        bench.click("Accuracy");
        for key in [Key::Num3, Key::Num4] {
            bench.press(key);
        }
        bench.app().state_json();
    }
}

/// Pieces that a text for `window.basin.send` is damaged with.
const PIECES: [&str; 14] =
    ["null", "-1", "1e308", "18446744073709551615", "\"\"", "\"x\"", "[]", "{}", ",", ":", "}", "\"nan\"", "0.5", "[[[[[[[[[[1]]]]]]]]]]"];

/// `BASIN_FUZZ` says how many texts are sent, as for the messages of the trainer.
#[test]
fn no_text_of_a_script_makes_the_page_panic() {
    let valid = [
        r#"{"command":"start","experiment":{"seeds":2,"lanes":["sgd","sam:rho=0.7"],"data":{"label_noise":0.1}},"device":"cpu","paused":true}"#,
        r#"{"command":"start","experiment":{"data":{"source":{"file":{"name":"x.csv"}}}},"files":{"train":{"name":"x.csv","bytes":"YSxi"}}}"#,
        r#"{"command":"restore","bytes":"aGVsbG8="}"#,
        r#"{"command":"inspect","files":{"train":{"name":"y.csv","bytes":"YSxi"},"test":null},"columns":{"header":true,"text":0,"text_b":null,"label":1}}"#,
        r#"{"command":"classify","text":"hi","text_b":"you"}"#,
        r#"{"command":"landscape","plane":{"plane":"ends","lanes":[0,1,2]},"points":9,"member":1}"#,
        r#"{"command":"line","from":0,"to":1}"#,
        r#"{"command":"sharpness-budget","share":0.5}"#,
        r#"{"command":"trace","member":1}"#,
        r#"{"command":"sentence-table","lane":1}"#,
    ];
    let rounds = std::env::var("BASIN_FUZZ").ok().and_then(|count| count.parse().ok()).unwrap_or(2_000);
    let mut bench = Bench::greeted(DESKTOP);
    let (mut sent, mut refused) = (0_u32, 0_u32);
    // A linear congruential generator (Knuth, MMIX): its upper bits are random enough to damage texts.
    let mut state = 1_u64;
    let mut below = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    for round in 0..rounds {
        let mut text = valid[below(valid.len())].to_owned();
        for _ in 0..below(3) {
            let from = below(text.len());
            let to = (from + below(12)).min(text.len());
            text.replace_range(from..to, PIECES[below(PIECES.len())]);
        }
        match bench.app_mut().send_json(&text) {
            Ok(()) => sent += 1,
            Err(told) => {
                refused += 1;
                assert!(!told.is_empty());
            }
        }
        if round % 500 == 0 {
            // A new trainer owes nothing.
            bench.script.0.borrow_mut().open.clear();
            bench.say([hello()]);
            bench.sent();
        }
    }
    println!("{sent} commands, {refused} refused");
    assert!(sent > 0 && refused > 0);
}

#[test]
fn a_file_with_an_experiment_is_set_up_and_no_data() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    bench.sent();
    let experiment = Experiment { seeds: 7, ..Experiment::default() };
    let json = serde_json::to_vec_pretty(&experiment).expect("it is plain data");
    bench.app_mut().file_opened(&FileRequest::Train, "experiment.json".to_owned(), json);
    bench.harness.run();
    assert_eq!(bench.app().settings().experiment, experiment);
    assert!(bench.app().state().messages.list().iter().any(|said| said.text.contains("Set up as in experiment.json")));
    assert!(bench.sent().is_empty(), "nothing is read, and nothing trained before somebody says so");
}
