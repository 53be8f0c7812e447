//! Runs that are kept: the one of last time, those whose trainer has ended, and the list.

use basin_app::{FileRequest, Opening};
use basin_train::experiment::{Experiment, link, presets};
use basin_train::protocol::{Command, DeviceChoice, Event, Files, NamedBytes, RunId};
use basin_train::report::{KeptRun, Progress, Side, Summary};

use egui_kittest::kittest::{NodeT, Queryable};

use super::faults::saved_run;
use super::instrument::sharpness;
use super::sweep::told;
use super::{Bench, DESKTOP, PHONE, hello, image_folder, measured, phase, prepared, shoot, summary};

fn kept_run(number: u64, setup: &Experiment) -> KeptRun {
    let (data, setup) = ("Help desk".to_owned(), link::encode(setup));
    let (lanes, seeds, step, steps) = (3, 4, 120, 390);
    KeptRun { number, turn: number, data, setup, lanes, seeds, step, steps, running: true, age: 90.0, bytes: 1 << 20, ..KeptRun::default() }
}

fn list(runs: Vec<KeptRun>, open: Option<u64>) -> Event {
    Event::Kept { runs, open, swept: None }
}

/// A window that was opened so, whose trainer keeps these runs.
fn opened(opening: Opening, runs: Vec<KeptRun>) -> Bench {
    let mut bench = Bench::open(DESKTOP, Some(r#"{"experiment":{}}"#), opening);
    bench.say([list(runs, None), hello()]);
    bench
}

/// What the trainer says when it has read a kept run.
fn read(run: u64, kept: KeptRun, files: Option<Files>) -> Vec<Event> {
    let setup = link::decode(&kept.setup).expect("a link of ours");
    let number = kept.number;
    let [prepared, phase] = prepared(run, &setup);
    let curves = (0..=120).step_by(10).filter_map(|step| match measured(run, step, setup.lanes.len(), setup.seeds) {
        Event::Measured { measurement, .. } => Some(measurement),
        _ => None,
    });
    let curves = Event::Curves { run: RunId(run), measurements: curves.collect(), sharpness: Vec::new() };
    let kept = Box::new(kept);
    vec![Event::Opened { run: RunId(run), kept: kept.clone(), files }, prepared, curves, list(vec![*kept], Some(number)), phase]
}

/// A run that is kept under number 7, and trains.
fn training() -> Bench {
    let kept = kept_run(7, &Experiment::default());
    let mut bench = opened(Opening::default(), vec![kept.clone()]);
    bench.say(read(1, kept, None));
    bench.sent();
    bench
}

fn at(run: u64, step: usize) -> Event {
    let progress =
        Progress { step, steps: 390, first: 0, furthest: step, taken: step, steps_per_second: 90.0, seconds: step as f64 / 10.0 };
    Event::Progress { run: RunId(run), progress }
}

fn stopped() -> Event {
    Event::Stopped { text: "The trainer stopped: on purpose.".to_owned() }
}

#[test]
fn the_run_of_last_time_goes_on_and_says_so() {
    let kept = kept_run(7, &Experiment::default());
    let mut bench = opened(Opening::default(), vec![kept.clone(), kept_run(3, &presets::start())]);
    assert_eq!(bench.sent(), [Command::OpenKept { run: RunId(1), kept: 7, device: DeviceChoice::Auto, paused: false }]);
    bench.say(read(1, kept, None));
    let json = bench.app().state_json();
    assert_eq!(
        (json["phase"].as_str(), json["measurements"].as_u64(), json["changed"].as_bool()),
        (Some("running"), Some(13), Some(false))
    );
    assert!(bench.sees("This run was here last time: it goes on from step 120 of 390"), "{:?}", bench.notices());
    assert!(json["failure"].is_null(), "nothing is wrong");
    assert!(!bench.sees("Welcome to Basin"), "he has been here");
    bench.click("Start anew");
    assert!(matches!(bench.sent()[..], [Command::Start { run: RunId(2), paused: false, .. }]));
    bench.say(prepared(2, &Experiment::default()));
    assert!(bench.notices().is_empty());
}

#[test]
fn a_run_on_a_file_brings_its_file() {
    let (experiment, _) = saved_run();
    let kept = kept_run(7, &experiment);
    let saved = format!("{{\"experiment\":{}}}", serde_json::to_string(&experiment).expect("plain data"));
    let mut bench = Bench::open(DESKTOP, Some(&saved), Opening::default());
    bench.say([list(vec![kept.clone()], None), hello()]);
    assert!(bench.notices().is_empty(), "nobody has to open the file again");
    let train = NamedBytes { name: "good.csv".to_owned(), bytes: b"text,label\nhi,a\n".to_vec() };
    bench.sent();
    bench.say(read(1, kept, Some(Files { train, test: None })));
    assert!(matches!(bench.sent()[..], [Command::Inspect { .. }]));
    let json = bench.app().state_json();
    assert_eq!((json["files"]["train"].as_str(), json["changed"].as_bool()), (Some("good.csv"), Some(false)));
    // Without a run that brings it, it has to be opened.
    let mut bench = Bench::open(DESKTOP, Some(&saved), Opening::default());
    bench.say([hello()]);
    assert!(bench.sent().is_empty() && bench.notices()[0].contains("good.csv, which only you have"));
}

#[test]
fn what_was_asked_for_is_not_replaced_by_the_run_of_last_time() {
    let setup = Experiment { seeds: 2, ..Experiment::default() };
    let by_link = |reloaded: bool| Opening { link: Some(link::encode(&setup)), reloaded, ..Opening::default() };
    let given = Opening { experiment: Some(setup.clone()), ..Opening::default() };
    for opening in [by_link(false), given, by_link(true)] {
        let reloaded = opening.reloaded;
        let bench = opened(opening, vec![kept_run(7, &Experiment::default())]);
        assert!(matches!(bench.sent()[..], [Command::Start { .. }]), "reloaded: {reloaded}");
        assert!(bench.app().state_json()["kept"].as_array().is_some_and(|runs| runs.len() == 1), "it stays in the list");
    }
    // A page that is loaded again goes on with what its link had set up.
    assert!(matches!(opened(by_link(true), vec![kept_run(7, &setup)]).sent()[..], [Command::OpenKept { kept: 7, .. }]));
    assert!(matches!(opened(by_link(false), vec![kept_run(7, &setup)]).sent()[..], [Command::Start { .. }]));
    // Another tab has it; the run before that one is not what somebody left here.
    let elsewhere = KeptRun { elsewhere: true, ..kept_run(7, &setup) };
    let bench = opened(Opening::default(), vec![elsewhere, kept_run(3, &setup)]);
    assert!(matches!(bench.sent()[..], [Command::Start { .. }]));
}

#[test]
fn whoever_stops_the_run_of_last_time_gets_no_other_one() {
    let mut bench = opened(Opening::default(), vec![kept_run(7, &Experiment::default())]);
    bench.sent();
    bench.click("Stop");
    bench.leave_off("Stopped before the run began.");
    assert_eq!(bench.sent(), [Command::Stop], "nothing begins in its place");
    assert_eq!(bench.notices(), ["Stopped before the run began."]);
    assert!(bench.app().state_json()["failure"].is_null() && bench.sees("Idle"));
}

/// The ground on which a notice stands: the smallest area around it that is filled.
fn ground(bench: &Bench, text: &str) -> egui::Color32 {
    // The status bar may have the same words.
    let labels = bench.harness.query_all_by_role_and_label(egui::accesskit::Role::Label, text);
    let inside = labels.map(|label| label.rect()).min_by(|a, b| a.top().total_cmp(&b.top())).expect("it is there");
    let fills = bench.harness.output().shapes.iter().filter_map(|clipped| match &clipped.shape {
        egui::Shape::Rect(shape) if shape.fill.a() == 255 && shape.rect.contains_rect(inside) => Some((shape.rect.area(), shape.fill)),
        _ => None,
    });
    fills.min_by(|(a, _), (b, _)| a.total_cmp(b)).expect("a ground").1
}

#[test]
fn only_a_failure_stands_on_the_ground_of_failures() {
    for size in [DESKTOP, PHONE] {
        let kept = kept_run(7, &Experiment::default());
        let mut bench = Bench::open(size, Some(r#"{"experiment":{}}"#), Opening::default());
        bench.say([list(vec![kept.clone()], None), hello()]);
        bench.say(read(1, kept, None));
        let news = bench.notices().pop().expect("it goes on, and says so");
        let alone = ground(&bench, &news);
        let text = "The file has no line with a label.".to_owned();
        bench.say([Event::Failed { run: RunId(1), text: text.clone() }]);
        assert_eq!(bench.notices(), [news.clone(), text.clone()], "{size}");
        assert_eq!(ground(&bench, &news), alone, "{size}");
        assert_ne!(ground(&bench, &text), alone, "{size}");
    }
}

#[test]
fn where_the_run_of_last_time_cannot_be_read_the_setup_trains() {
    let mut bench = opened(Opening::default(), vec![kept_run(7, &Experiment::default())]);
    bench.sent();
    bench.fail("This run was kept, but both of its copies are damaged or gone.");
    assert!(matches!(bench.sent()[..], [Command::Start { run: RunId(2), .. }]));
    bench.say(prepared(2, &Experiment::default()));
    assert!(bench.app().state_json()["messages"].to_string().contains("both of its copies"), "it is told");
}

#[test]
fn a_run_whose_trainer_ends_goes_on_in_the_next_one() {
    let mut bench = training();
    let before = bench.app().settings().clone();
    bench.say([at(1, 150)]);
    bench.say([stopped()]);
    assert!(bench.notices()[1].contains("on purpose. The run goes on in another one."), "{:?}", bench.notices());
    let kept = kept_run(7, &Experiment::default());
    bench.say([list(vec![kept.clone()], None), hello()]);
    assert_eq!(bench.sent(), [Command::OpenKept { run: RunId(2), kept: 7, device: DeviceChoice::Auto, paused: false }]);
    bench.say(read(2, kept, None));
    assert_eq!(bench.notices(), ["The trainer stopped: on purpose. The run goes on in another one, from step 120 of 390."]);
    assert_eq!(bench.app().settings(), &before);
    // One that waited waits again.
    bench.say([phase(2, basin_train::protocol::Phase::Paused), stopped(), list(Vec::new(), None), hello()]);
    assert!(matches!(bench.sent()[..], [Command::OpenKept { paused: true, .. }]));
}

#[test]
fn what_the_page_holds_goes_on_where_what_is_kept_is_older() {
    let held = |bench: &mut Bench| bench.say([at(1, 150), Event::Snapshot { run: RunId(1), bytes: b"the run".to_vec() }]);
    let mut bench = training();
    let kept = kept_run(7, &Experiment::default());
    bench.say([list(vec![kept.clone()], Some(7))]);
    held(&mut bench);
    bench.say([stopped(), list(vec![kept.clone()], None), hello()]);
    assert!(matches!(&bench.sent()[..], [Command::Restore { bytes, .. }, Command::Resume] if bytes == b"the run"));
    // Once it has been kept again, that is later.
    let mut bench = training();
    bench.say([list(vec![kept.clone()], Some(7))]);
    held(&mut bench);
    bench.say([list(vec![KeptRun { turn: kept.turn + 1, ..kept }], Some(7)), stopped(), hello()]);
    assert!(matches!(bench.sent()[..], [Command::OpenKept { kept: 7, .. }]));
}

#[test]
fn a_kept_run_is_named_and_laid_beside_the_one_that_is_here() {
    let mut bench = Bench::greeted(DESKTOP);
    let here = Experiment::default();
    bench.say(prepared(1, &here));
    bench.say((0..4).map(|k| measured(1, 10 * k, 3, 4)));
    let other = Experiment { seeds: 4, lanes: vec![here.lanes[1].clone()], ..here.clone() };
    let named = |name: &str| KeptRun { name: name.to_owned(), ..kept_run(3, &other) };
    bench.say([list(vec![named("")], None)]);
    bench.sent();
    bench.click("Open");
    bench.click("Kept runs");
    let words = "Help desk · 3 lanes × 4 seeds · step 120 of 390 · 1 min 30 s ago";
    bench.click(&format!("Name of {words}"));
    bench.harness.event(egui::Event::Text("small".to_owned()));
    bench.press(egui::Key::Enter);
    assert!(bench.sent().contains(&Command::NameKept { kept: 3, name: "small".to_owned() }));
    bench.say([list(vec![named("small")], None)]);
    bench.click(&format!("Compare with small: {words}"));
    assert!(bench.sent().contains(&Command::CompareKept { kept: 3 }));
    let points = |lanes: usize| {
        let one = |k: usize| match measured(9, 10 * k, lanes, 4) {
            Event::Measured { measurement, .. } => measurement,
            other => panic!("{other:?}"),
        };
        (0..4).map(one).collect::<Vec<_>>()
    };
    bench.say([Event::Compared { kept: 3, summary: Box::new(summary(&other)), measurements: points(1) }]);
    assert!(bench.sees("Dashed: “small”") && bench.sees("before 5"));
    // Lane 1 here and lane 0 there: 0.51 and 0.5, + 0.000, 0.002, 0.004, 0.006 in both.
    assert!(bench.sees("SAM here 51.3 %, in “small” 50.3 %: difference +1.0 ± 0.0 points, paired by seed, so far"));
    assert!(bench.sees("A verdict on “small” takes the planned end of both."));
    // One that cannot be compared is told, and the other stays.
    bench.say([Event::Compared { kept: 4, summary: Box::new(summary(&here)), measurements: points(3) }]);
    assert!(bench.notices()[0].starts_with("That run is the same experiment"), "{:?}", bench.notices());
    bench.click(&format!("Compare with small: {words}"));
    assert!(!bench.sees("Dashed: “small”"));
}

#[test]
fn a_refused_comparison_names_the_run_and_the_data_of_both() {
    // What is set up by now is no data of either run.
    let setup = r#"{"experiment":{"data":{"source":{"reviews":{"examples":400}}}}}"#;
    let mut bench = Bench::open(DESKTOP, Some(setup), Opening::default());
    let kept = kept_run(7, &Experiment::default());
    bench.say([list(vec![kept.clone()], None), hello()]);
    bench.say(read(1, kept.clone(), None));
    let named = KeptRun { name: "small".to_owned(), ..kept_run(3, &presets::start()) };
    bench.say([list(vec![kept, named], Some(7))]);
    let compared = |kept: u64, data: &str, of_each_class: usize| {
        let summary = Summary { data: data.to_owned(), test_counts: vec![of_each_class; 6], ..summary(&presets::start()) };
        let measurements = (0..4).map(|k| match measured(9, 10 * k, 4, 4) {
            Event::Measured { measurement, .. } => measurement,
            other => panic!("{other:?}"),
        });
        Event::Compared { kept, summary: Box::new(summary), measurements: measurements.collect() }
    };
    bench.say([compared(3, "Film reviews", 30)]);
    let told = bench.notices().pop().expect("it is refused");
    assert!(told.starts_with("“small” learned from Film reviews, and this one from Help desk: "), "{told}");
    // The same data, otherwise split.
    bench.say([compared(4, "Help desk", 20)]);
    let told = bench.notices().pop().expect("it is refused");
    assert!(told.starts_with("That run answers other test examples of Help desk than this one: "), "{told}");
}

/// What was measured at a step, with these test accuracies of each lane.
fn accuracies(run: u64, step: usize, lanes: &[[f64; 4]]) -> Event {
    let Event::Measured { run, mut measurement } = measured(run, step, lanes.len(), 4) else { panic!("it measures") };
    for (lane, accuracies) in measurement.lanes.iter_mut().zip(lanes) {
        lane.test_accuracy = accuracies.to_vec();
    }
    Event::Measured { run, measurement }
}

#[test]
fn a_kept_run_that_has_ended_has_a_verdict_beside_one_that_has_ended() {
    let here = Experiment::default();
    // Three lanes, in the same order; d of SAM = 2, 3, 4, 3 points.
    let (ours, theirs) = ([[0.7, 0.71, 0.72, 0.73], [0.82, 0.83, 0.84, 0.83], [0.6; 4]], [[0.7, 0.71, 0.72, 0.73], [0.8; 4], [0.6; 4]]);
    let curves = |run: u64, lanes: &[[f64; 4]]| [0, 10, 20, 390].map(|step| accuracies(run, step, lanes));
    let compared = |other: &Experiment| {
        let measurements = curves(9, &theirs).into_iter().filter_map(|event| match event {
            Event::Measured { measurement, .. } => Some(measurement),
            _ => None,
        });
        Event::Compared { kept: 3, summary: Box::new(summary(other)), measurements: measurements.collect() }
    };
    let mut other = here.clone();
    other.training.learning_rate *= 2.0;
    for size in [DESKTOP, PHONE] {
        let mut bench = Bench::greeted(size);
        bench.say(prepared(1, &here));
        bench.say(curves(1, &ours));
        bench.say([list(vec![kept_run(3, &other)], None), compared(&other)]);
        if size == PHONE {
            bench.click("Results");
        }
        // Mean 3, standard error √(1/6) points, t = 7.35 with 3 degrees: p = 0.0052 alone; Holm's correction is for three lanes.
        let words = "SAM here 83.0 %, in a kept run 80.0 %: difference +3.0 ± 0.4 points, paired by seed, higher (t = 7.35 with 3 degrees \
            of freedom, p = 0.016 corrected for 3 comparisons)";
        assert!(bench.sees(words), "{size}");
        assert!(bench.sees("difference ±0.0 ± 0.0 points, paired by seed, identical in every seed"), "{size}");
        if let Some(folder) = image_folder() {
            shoot(&folder, &mut bench, &format!("beside-{}", size.x));
        }
        // Other seeds have no pairs.
        bench.say([compared(&Experiment { first_seed: 77, ..other.clone() })]);
        assert!(bench.sees("SAM here 83.0 %, in a kept run 80.0 %: difference +3.0 ± 0.4 points, other seeds, by Welch's test, higher"));
    }
}

/// The report that *Save*, *Report…* makes.
fn report(bench: &mut Bench) -> String {
    bench.click("Save");
    bench.click("Report…");
    match bench.asked().files.pop_front() {
        Some(FileRequest::Save { name, bytes }) if name == "basin-report.html" => String::from_utf8(bytes).expect("text"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_run_is_saved_as_a_report_with_the_one_that_is_laid_beside_it() {
    let here = Experiment::default();
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &here));
    bench.click("Save");
    assert!(bench.harness.get_by_label("Report…").accesskit_node().is_disabled(), "nothing was measured");
    bench.press(egui::Key::Escape);
    bench.say([measured(1, 10, 3, 4)]);
    let page = report(&mut bench);
    // SGD: 0.5, 0.502, 0.504, 0.506.
    for words in [
        "<h1>Help desk</h1>",
        "Not finished, measured up to step 10;",
        "50.30 ± 0.26",
        "So far, without a verdict",
        "84 training labels flipped",
    ] {
        assert!(page.contains(words), "`{words}` is missing in:\n{page}");
    }
    assert!(!page.contains("Sharpness of each lane"));
    // SGD − SAM at the end: −12, −12, −12, −10 points, mean −11.5, standard error 0.5.
    let lanes = [[0.7, 0.71, 0.72, 0.73], [0.82, 0.83, 0.84, 0.83], [0.6; 4]];
    bench.say([measured(1, 20, 3, 4), accuracies(1, 390, &lanes), sharpness(390, Side::Train), sharpness(390, Side::HeldOut)]);
    let page = report(&mut bench);
    for words in [
        "Finished at step 390;",
        "Sharpness of each lane at step 390",
        "accuracy against SAM",
        "−11.50 ± 0.50, lower",
        "Its data comes with the program.",
    ] {
        assert!(page.contains(words), "`{words}` is missing in:\n{page}");
    }
    assert_eq!(page.matches("<img").count(), 2);
    // Whoever looks back at an early step gets the same one.
    let at = |step: usize, steps: usize| Event::Progress {
        run: RunId(1),
        progress: Progress { step, steps, furthest: steps, ..Progress::default() },
    };
    bench.say([at(20, 390)]);
    assert_eq!(report(&mut bench), page);

    let mut other = here.clone();
    other.training.learning_rate *= 2.0;
    let measurements = [0, 10, 20, 390].map(|step| match measured(9, step, 3, 4) {
        Event::Measured { measurement, .. } => measurement,
        other => panic!("{other:?}"),
    });
    let kept = KeptRun { name: "<slow>".to_owned(), note: "as in class".to_owned(), ..kept_run(3, &other) };
    bench.say([
        list(vec![kept], None),
        Event::Compared { kept: 3, summary: Box::new(summary(&other)), measurements: measurements.to_vec() },
    ]);
    let page = report(&mut bench);
    // SGD: 0.7 to 0.73 here, 0.5 to 0.506 there: 20.0, 20.8, 21.6, 22.4 points more, mean 21.2, standard error √(0.8²·5/3/4).
    for words in ["<h2>&lt;slow&gt;</h2>", "as in class", "<h2>This run</h2>", "SGD: +21.20 ± 0.52 points, higher"] {
        assert!(page.contains(words), "`{words}` is missing in:\n{page}");
    }
    assert!(page.contains(&format!("<td>{}</td><td>{}</td>", other.training.learning_rate, here.training.learning_rate)), "{page}");
    // Curves of both, sharpness of one, and both over each other.
    assert_eq!(page.matches("<img").count(), 4);
    // Past its planned end there is no verdict.
    bench.say([at(450, 450), measured(1, 450, 3, 4)]);
    let page = report(&mut bench);
    for words in ["Finished at step 450;", "So far, without a verdict", "This run went on past its planned end", "--more-epochs"] {
        assert!(page.contains(words), "`{words}` is missing in:\n{page}");
    }
    assert!(!page.contains("higher"), "{page}");
}

#[test]
fn a_kept_run_is_told_by_its_setup_and_by_what_is_noted_of_it() {
    for size in [DESKTOP, PHONE] {
        let mut bench = Bench::greeted(size);
        bench.say(prepared(1, &Experiment::default()));
        let mut other = Experiment { seeds: 7, ..Experiment::default() };
        other.lanes.push("asam".parse().expect("a lane"));
        let noted = |note: &str| KeptRun { note: note.to_owned(), ..kept_run(3, &other) };
        bench.say([list(vec![noted("")], None)]);
        bench.sent();
        bench.click("Open");
        bench.click("Kept runs");
        bench.pause();
        let words = "Help desk · 3 lanes × 4 seeds · step 120 of 390 · 1 min 30 s ago";
        let line = bench.harness.query_all_by_label_contains("Beside the setup here: ").next().expect("a line").rect();
        assert!(line.left() >= 0.0 && line.right() <= size.x, "{size}: {line:?}");
        bench.click(&format!("Note of {words}"));
        bench.harness.event(egui::Event::Text("too few seeds".to_owned()));
        bench.press(egui::Key::Enter);
        assert!(bench.sent().contains(&Command::NoteKept { kept: 3, note: "too few seeds".to_owned() }), "{size}");
        // A long one has all the lines that it takes.
        bench.say([list(vec![noted("too few seeds")], None)]);
        let height = |bench: &Bench| bench.harness.get_by_label(&format!("Note of {words}")).rect().height();
        let before = height(&bench);
        bench.say([list(vec![noted(&"too few seeds ".repeat(14))], None)]);
        assert!(height(&bench) > before + 20.0, "{size}: {before}");
        if let Some(folder) = image_folder() {
            shoot(&folder, &mut bench, &format!("note-{}", size.x));
        }
    }
}

#[test]
fn a_run_that_somebody_has_ended_stays_so() {
    let mut bench = training();
    bench.say([at(1, 150), phase(1, basin_train::protocol::Phase::Idle)]);
    bench.say([stopped(), list(vec![kept_run(7, &Experiment::default())], None), hello()]);
    assert_eq!(bench.sent(), []);
    assert!(bench.notices()[1].ends_with("the setup is kept: press Train."), "{:?}", bench.notices());
}

#[test]
fn a_run_that_only_the_page_holds_can_be_saved_when_it_is_not_tried_again() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    for run in 1..=3 {
        bench.say([Event::Snapshot { run: RunId(run), bytes: b"the run".to_vec() }, at(run, 150)]);
        bench.say([stopped(), hello()]);
        if run < 3 {
            bench.say(prepared(run + 1, &Experiment::default()));
        }
    }
    assert!(bench.notices().iter().any(|notice| notice.contains("third time at step 150")), "{:?}", bench.notices());
    bench.click("Save the run…");
    assert!(matches!(bench.asked().files.back(), Some(FileRequest::Save { bytes, .. }) if bytes == b"the run"));
}

#[test]
fn a_run_that_ends_its_trainer_at_one_place_is_not_tried_for_ever() {
    let mut bench = training();
    let kept = kept_run(7, &Experiment::default());
    for run in 1..=2 {
        bench.say([at(run, 150)]);
        bench.say([stopped(), list(vec![kept.clone()], None), hello()]);
        assert!(matches!(bench.sent()[..], [Command::OpenKept { .. }]), "time {run}");
        bench.say(read(run + 1, kept.clone(), None));
    }
    bench.say([at(3, 150)]);
    bench.say([stopped(), list(vec![kept.clone()], None), hello()]);
    assert_eq!(bench.sent(), []);
    let notice = &bench.notices()[1];
    assert!(notice.contains("third time at step 150") && notice.contains("The run is kept") && notice.contains("fewer seeds"), "{notice}");
    // Somebody has changed something and begins anew; what was before does not count.
    bench.harness.get_all_by_label("Start anew").last().expect("an offer").click();
    bench.harness.run();
    assert!(matches!(bench.sent()[..], [Command::Start { .. }]));
    bench.say(prepared(4, &Experiment::default()));
    bench.say([at(4, 10)]);
    bench.say([stopped(), hello()]);
    assert!(matches!(bench.sent()[..], [Command::Start { .. }]), "it goes on");
}

#[test]
fn a_run_that_gets_further_each_time_goes_on() {
    let mut bench = training();
    let kept = kept_run(7, &Experiment::default());
    for run in 1..=6 {
        bench.say([at(run, 130 + run as usize)]);
        bench.say([stopped(), list(vec![kept.clone()], None), hello()]);
        assert!(matches!(bench.sent()[..], [Command::OpenKept { .. }]), "time {run}");
        bench.say(read(run + 1, kept.clone(), None));
    }
}

#[test]
fn where_the_trainer_cannot_keep_a_run_the_app_does() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    let (_, bytes) = saved_run();
    bench.say([Event::Snapshot { run: RunId(1), bytes: bytes.clone() }, at(1, 50)]);
    bench.sent();
    bench.say([stopped(), hello()]);
    assert_eq!(bench.sent(), [Command::Restore { run: RunId(2), bytes, device: DeviceChoice::Auto }, Command::Resume]);
    let before = bench.app().settings().clone();
    bench.say(prepared(2, &Experiment::default()));
    assert_eq!(bench.app().settings(), &before, "the setup stays as it was");
    assert!(bench.notices()[0].contains("goes on in another one; it repeats what it has done since it was kept last"));
}

#[test]
fn a_run_whose_device_is_lost_goes_on_on_the_cpu() {
    let mut bench = training();
    bench.say([at(1, 150), Event::Lost { run: RunId(1), text: "The GPU was lost (unplugged).".to_owned() }]);
    assert_eq!(bench.sent(), [Command::OpenKept { run: RunId(2), kept: 7, device: DeviceChoice::Cpu, paused: false }]);
    bench.say(read(2, kept_run(7, &Experiment::default()), None));
    assert!(bench.notices()[0].starts_with("The GPU was lost (unplugged). The run goes on"), "{:?}", bench.notices());
}

#[test]
fn a_trainer_that_does_not_answer_for_long_is_replaced() {
    let mut bench = training();
    let silent = |bench: &mut Bench, seconds: f64| {
        bench.script.0.borrow_mut().silent_seconds = seconds;
        bench.harness.run_ok();
        bench.script.0.borrow_mut().silent_seconds = 0.0;
        bench.script.0.borrow().replaced
    };
    assert_eq!(silent(&mut bench, 59.0), 0);
    assert!(silent(&mut bench, 61.0) > 0);
    // One that has been silent for ten seconds before, and came back, has more time.
    let mut bench = training();
    assert_eq!([10.0, 0.0, 149.0].map(|seconds| silent(&mut bench, seconds)), [0; 3]);
    assert!(silent(&mut bench, 151.0) > 0);
    // At work on something long it has, too.
    let mut bench = training();
    bench.app_mut().send_json(r#"{"command":"measure-sharpness"}"#).expect("a command");
    assert_eq!(silent(&mut bench, 599.0), 0);
    assert!(silent(&mut bench, 601.0) > 0);
}

#[test]
fn a_saved_run_asks_before_it_takes_the_place_of_one_on_its_way() {
    let (_, bytes) = saved_run();
    let mut bench = training();
    bench.say([at(1, 150)]);
    let open = |bench: &mut Bench, bytes: &[u8]| {
        bench.app_mut().file_opened(&FileRequest::Run, "run.safetensors".to_owned(), bytes.to_vec());
        bench.harness.run();
    };
    open(&mut bench, &bytes);
    assert_eq!(bench.sent(), []);
    assert!(bench.sees("Open run.safetensors? It takes the place of the run that is at step 150 of 390."), "{:?}", bench.notices());
    bench.click("Open it");
    assert!(matches!(bench.sent()[..], [Command::Restore { .. }]));
    // What is no saved run goes nowhere.
    open(&mut bench, b"hello");
    assert!(bench.sent().is_empty() && bench.notices()[1].contains("run.safetensors: this is no saved run"), "{:?}", bench.notices());
    // A run that has reached its end loses nothing.
    let mut bench = training();
    bench.say([at(1, 390)]);
    open(&mut bench, &bytes);
    assert!(matches!(bench.sent()[..], [Command::Restore { .. }]));
}

/// As many as there can be, with names as long as they can be, have room on every screen.
#[test]
fn a_long_list_of_kept_runs_stays_on_the_screen() {
    const LONG: &str = "the name of a run as long as it can be..";
    for (size, name) in [(DESKTOP, "desktop"), (PHONE, "phone")] {
        let mut bench = Bench::greeted(size);
        bench.say(prepared(1, &Experiment::default()));
        let runs = (1..=12).map(|number| KeptRun { name: LONG.to_owned(), ..kept_run(number, &presets::start()) });
        bench.say([list(runs.collect(), Some(1))]);
        bench.click("Open");
        bench.click("Kept runs");
        bench.pause();
        if let Some(folder) = image_folder() {
            shoot(&folder, &mut bench, &format!("kept-{name}"));
        }
        let facts = "Help desk · 3 lanes × 4 seeds · step 120 of 390 · 1 min 30 s ago";
        let (shown, words) = (format!("{LONG}\n{facts}"), format!("{LONG}: {facts}"));
        let nodes: Vec<egui::Rect> = bench.harness.query_all_by_label(&shown).map(|node| node.rect()).collect();
        assert_eq!(nodes.len(), 12);
        assert!(nodes.iter().all(|rect| rect.left() >= 0.0 && rect.right() <= size.x), "{size}: {nodes:?}");
        bench.harness.get_all_by_label(&format!("Delete: {words}")).last().expect("twelve").scroll_to_me();
        bench.harness.run();
        let last = bench.harness.get_all_by_label(&format!("Delete: {words}")).last().expect("twelve").rect();
        assert!(last.bottom() <= size.y, "{size}: {last:?}");
    }
}

#[test]
fn kept_runs_are_listed_and_opened() {
    for size in [DESKTOP, PHONE] {
        let mut bench = Bench::greeted(size);
        bench.say(prepared(1, &Experiment::default()));
        let elsewhere = KeptRun { elsewhere: true, data: "Films".to_owned(), ..kept_run(2, &presets::start()) };
        let mine = KeptRun { data: "Reviews".to_owned(), ..kept_run(1, &presets::start()) };
        let runs = vec![kept_run(3, &Experiment::default()), elsewhere, mine.clone()];
        bench.say([list(runs, Some(3))]);
        bench.sent();
        bench.click("Open");
        bench.click("Kept runs");
        for data in ["Help desk", "Films", "Reviews"] {
            assert!(bench.sees(&format!("{data} · 3 lanes × 4 seeds · step 120 of 390 · 1 min 30 s ago")));
        }
        assert!(!bench.sees("What sweeps have trained"));
        let open = r#"{"command":"open-kept","kept":1}"#;
        bench.sent();
        bench.app_mut().send_json(open).expect("a command");
        assert_eq!(bench.sent(), [Command::OpenKept { run: RunId(2), kept: 1, device: DeviceChoice::Auto, paused: false }]);
        bench.say(read(2, mine, None));
        assert_eq!(bench.app().settings().experiment, presets::start(), "it becomes the setup");
    }
}

#[test]
fn a_kept_run_takes_the_place_of_one_that_is_not_kept_only_when_that_is_agreed_to() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    // There is no room for it; the older one is still there.
    bench.say([list(vec![kept_run(3, &presets::start())], None), at(1, 120)]);
    bench.sent();
    let open = r#"{"command":"open-kept","kept":3}"#;
    bench.click("Open");
    bench.click("Kept runs");
    bench.click("Help desk · 3 lanes × 4 seeds · step 120 of 390 · 1 min 30 s ago");
    let opened = |bench: &mut Bench| bench.sent().iter().any(|command| matches!(command, Command::OpenKept { kept: 3, .. }));
    assert!(!opened(&mut bench) && bench.notices()[0].starts_with("Open the kept run?"), "{:?}", bench.notices());
    bench.click("Open it");
    assert!(opened(&mut bench));
    // A script is asked nothing.
    bench.app_mut().send_json(open).expect("a command");
    assert!(opened(&mut bench));
}

#[test]
fn what_sweeps_have_trained_is_listed_and_deleted() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say([Event::Kept { runs: Vec::new(), open: None, swept: Some(true) }]);
    bench.sent();
    bench.click("Open");
    bench.click("Kept runs");
    assert_eq!(bench.sent(), [Command::ListKept], "another tab may have changed it");
    bench.click("Delete: What sweeps have trained");
    assert!(!bench.sent().contains(&Command::DeleteSwept), "it asks first");
    bench.pause();
    bench.click("Delete for good: What sweeps have trained");
    assert!(bench.sent().contains(&Command::DeleteSwept));
}

#[test]
fn a_tab_that_is_loaded_again_goes_on_with_its_own_run() {
    // Another tab has kept later; and what seems to be open elsewhere may be the worker of this tab, which is about to end.
    for elsewhere in [false, true] {
        let own = KeptRun { elsewhere, ..kept_run(7, &Experiment::default()) };
        let others = KeptRun { elsewhere: true, ..kept_run(9, &presets::start()) };
        let mut bench = opened(Opening { own_run: Some(7), ..Opening::default() }, vec![others, own.clone()]);
        assert!(matches!(bench.sent()[..], [Command::OpenKept { kept: 7, .. }]));
        if elsewhere {
            // A third tab has it.
            bench.fail("Another tab or window has this run open: go on there, or close it first.");
            assert!(matches!(bench.sent()[..], [Command::Start { .. }]));
            bench.say(prepared(2, &Experiment::default()));
            assert!(bench.notices()[0].ends_with("close it first. What is set up is trained anew instead."), "{:?}", bench.notices());
        } else {
            bench.say(read(1, own, None));
            assert_eq!(bench.asked().shown, [7]);
        }
    }
}

#[test]
fn a_new_version_waits_until_somebody_takes_it() {
    for size in [DESKTOP, PHONE] {
        let mut bench = opened(Opening::default(), vec![kept_run(7, &Experiment::default())]);
        bench.say(read(1, kept_run(7, &Experiment::default()), None));
        bench.say([at(1, 150)]);
        bench.app_mut().version_waits();
        bench.harness.set_size(size);
        bench.harness.run();
        assert!(bench.sees("A new version of Basin is ready"), "{:?}", bench.notices());
        assert_eq!(bench.asked().renewed, 0);
        if let Some(folder) = image_folder() {
            shoot(&folder, &mut bench, &format!("new-version-{}", size.x));
        }
        bench.click("Load the new version");
        assert_eq!((bench.asked().renewed, bench.sent().len()), (1, 1), "the run goes on until the page is loaded again");
    }
}

#[test]
fn a_new_version_takes_no_run_that_is_not_kept() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    bench.say([at(1, 150), list(Vec::new(), None)]);
    bench.app_mut().version_waits();
    bench.harness.run();
    bench.click("Load the new version");
    assert_eq!(bench.asked().renewed, 0);
    assert!(bench.sees("The run that is here is not kept"), "{:?}", bench.notices());
    bench.click("Load it anyway");
    assert_eq!(bench.asked().renewed, 1);
    // Nor a sweep.
    let mut bench = training();
    let grid = bench.app().choices().sweep.grid(&presets::start()).expect("what is set up first can be swept");
    bench.say(told(&grid, 0.5));
    bench.app_mut().version_waits();
    bench.harness.run();
    bench.click("Load the new version");
    assert!(bench.sees("The sweep that is here is not kept"), "{:?}", bench.notices());
    assert_eq!(bench.asked().renewed, 0);
}

#[test]
fn settings_that_cannot_be_kept_are_said_once() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.asked().full = true;
    for seeds in [2, 3] {
        bench.app_mut().send_json(&format!(r#"{{"command":"start","experiment":{{"seeds":{seeds}}}}}"#)).expect("a command");
        bench.harness.run();
    }
    assert_eq!(bench.asked().kept.len(), 3, "it is tried again");
    let messages = bench.app().state().messages.list();
    let said: Vec<&str> =
        messages.iter().map(|message| message.text.as_str()).filter(|text| text.contains("the storage is full")).collect();
    assert_eq!(said, ["What is set up here is not kept until the next start: the storage is full. A link has it as well (Share)."]);
}
