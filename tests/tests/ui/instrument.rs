//! The views of the instrument: what they show of what was said, and what they ask for.
//!
//! What is said here is made up by formulas, to see that it is shown; nothing but these tests shows it.

use basin_app::FileRequest;
use basin_train::experiment::Experiment;
use basin_train::protocol::{Command, Event, Phase, RunId};
use basin_train::report::{
    Budget, Landscape, LaneTrace, Line, PathOnPlane, PlaneChoice, Progress, Quantity, Reading, SentenceHistory, SentenceTable, Sentences,
    Sharpness, Side, StepTrace, TracedExample, Visit,
};
use egui::{Key, Theme, vec2};
use egui_kittest::kittest::{NodeT, Queryable};

use super::{Bench, DESKTOP, PHONE, TABLET, image_folder, measured, opened, phase, prepared, shoot, sweep, trained};

const RUN: RunId = RunId(1);

/// A window with a run of the default experiment, in a view of the instrument.
fn looking(size: egui::Vec2, key: Key) -> Bench {
    let mut bench = Bench::greeted(size);
    bench.say(prepared(1, &Experiment::default()));
    bench.say([measured(1, 0, 3, 4), measured(1, 10, 3, 4)]);
    bench.sent();
    bench.press(key);
    bench
}

const QUANTITIES: [Quantity; 12] = [
    Quantity::Gap { rho: 0.5 },
    Quantity::Gap { rho: 1.0 },
    Quantity::Gap { rho: 2.0 },
    Quantity::Gap { rho: 4.0 },
    Quantity::ExampleGap { rho: 1.0 },
    Quantity::LargestEigenvalue,
    Quantity::Trace,
    Quantity::AverageRise { sigma: 0.02 },
    Quantity::AdaptiveGap { rho: 0.5 },
    Quantity::AdaptiveAverageRise { sigma: 0.1 },
    Quantity::AlignmentCosine,
    Quantity::AlignmentDistance,
];

/// Quantity q of lane l, member m is `0.1 (q + 1) + 0.01 l + 0.002 m`; SGD has no alignment.
pub fn sharpness(step: usize, side: Side) -> Event {
    let reading = |l: usize, q: usize, quantity: Quantity| {
        let none = l == 0 && matches!(quantity, Quantity::AlignmentCosine | Quantity::AlignmentDistance);
        let value = |m: usize| if none { f64::NAN } else { 0.1 * (q + 1) as f64 + 0.01 * l as f64 + 0.002 * m as f64 };
        let estimated = matches!(quantity, Quantity::LargestEigenvalue | Quantity::Trace | Quantity::AverageRise { .. });
        Reading {
            quantity,
            values: (0..4).map(value).collect(),
            errors: if estimated { vec![0.03; 4] } else { Vec::new() },
            not_converged: if quantity == Quantity::LargestEigenvalue { vec![l == 2; 4] } else { Vec::new() },
            gradient_evaluations: 1.0 + q as f64,
        }
    };
    let lane = |l: usize| QUANTITIES.into_iter().enumerate().map(|(q, quantity)| reading(l, q, quantity)).collect();
    Event::Sharpness {
        run: RUN,
        sharpness: Sharpness { step, side, examples: 128, seconds: 0.25, lanes: (0..3).map(lane).collect() },
        budget: Budget { share: 0.2, training_seconds: 10.0, sharpness_seconds: 1.5 },
    }
}

const TEXTS: [&str; 6] = [
    "I was charged twice for the same month, could you refund one of them please?",
    "My parcel was supposed to arrive on Tuesday and the tracking page has not moved since",
    "The app closes itself whenever I open the camera",
    "How do I change the mail address of my account?",
    "I would like to send the shoes back, they are too small",
    "Thank you, the new colours are lovely",
];

/// A step of three lanes on six examples: SGD, SAM with equal shares, δ-SAM with shares.
pub fn trace(step: usize) -> Event {
    let example = |i: usize| TracedExample {
        example: 10 + i,
        text: TEXTS[i].to_owned(),
        text_b: None,
        label: i,
        given_label: if i == 2 { 0 } else { i },
    };
    let lane = |l: usize| {
        let losses: Vec<f64> = (0..6).map(|i| 0.4 + 0.2 * f64::from(i)).collect();
        let by = |change: f64| losses.iter().enumerate().map(|(i, loss)| loss + change * (1.0 - 0.3 * i as f64)).collect::<Vec<f64>>();
        let climbs = l > 0;
        let t = || (0..=20).map(|i| 0.1 * f64::from(i));
        LaneTrace {
            diverged: false,
            losses_up: if climbs { losses.iter().map(|loss| loss + 0.15).collect() } else { Vec::new() },
            losses_after: by(-0.08),
            p: if l == 2 { [0.3, 0.1, 0.25, 0.05, 0.2, 0.1].to_vec() } else { Vec::new() },
            norms: (0..6).map(|i| 1.0 + 0.5 * f64::from(i)).collect(),
            losses,
            fell_back: false,
            rho: 0.5,
            rate: 0.1,
            gradient_norm: 2.0,
            climb_norm: if climbs { 0.5 } else { 0.0 },
            descent_norm: 2.5,
            move_norm: 0.25,
            cos_descent: if climbs { 0.8 } else { 1.0 },
            cos_climb: if climbs { [0.0, 1.0, 0.6][l] } else { 0.0 },
            cos_move: 1.0,
            climb: [[0.0, 0.0], [0.5, 0.0], [0.3, 0.4]][l],
            descent: if climbs { [2.0, 1.5] } else { [2.5, 0.0] },
            moved: if climbs { [-0.2, -0.15] } else { [-0.25, 0.0] },
            ray: if climbs { t().map(|t| [t, 0.9 + 0.12 * t + 0.03 * t * t]).collect() } else { Vec::new() },
            path: t().map(|t| [t, 0.9 - 0.05 * t + 0.02 * t * t]).collect(),
            pull: if climbs { (0..6).map(|i| 0.9 + 0.1 * f64::from(i)).collect() } else { Vec::new() },
            up_norm: if climbs { [0.0, 0.3, 2.2][l] } else { 0.0 },
            split: if climbs { vec![0.5, 0.7, 0.1] } else { Vec::new() },
            shrunk: None,
            gradient_evaluations: [1.0, 2.0, 8.0 / 3.0][l],
        }
    };
    Event::Traced {
        run: RUN,
        trace: Box::new(StepTrace { step, member: 0, batch: (0..6).map(example).collect(), lanes: (0..3).map(lane).collect() }),
    }
}

/// `count` sentences; every seventh is flipped.
pub fn sentences(count: usize) -> Event {
    let given = |i: usize| if i.is_multiple_of(7) { (i + 1) % 6 } else { i % 6 };
    Event::Sentences {
        run: RUN,
        sentences: Box::new(Sentences {
            texts: (0..count).map(|i| format!("No. {i}: {}", TEXTS[i % 6])).collect(),
            labels: (0..count).map(|i| i % 6).collect(),
            given_labels: (0..count).map(given).collect(),
            lengths: (0..count).map(|i| 6 + i % 9).collect(),
            total: count,
        }),
    }
}

/// Loss `0.01 i`; flipped ones have a mean B·p of 1.6, the others of 0.9, give or take 0.05.
pub fn sentence_table(lane: usize, count: usize) -> Event {
    let weighted = lane == 2;
    let weight = |i: usize| {
        let (share, wave) = (if i.is_multiple_of(7) { 1.6 } else { 0.9 }, if i.is_multiple_of(2) { 0.05 } else { -0.05 });
        if weighted { share + wave } else { f64::NAN }
    };
    let table = SentenceTable {
        lane,
        step: 10,
        loss: (0..count).map(|i| 0.01 * i as f64).collect(),
        curvature: (0..count).map(|i| 1.0 + (i as f64).sin()).collect(),
        weight: (0..count).map(weight).collect(),
        gap: (0..count).map(|i| 0.1 + 0.02 * (i as f64).cos()).collect(),
        seen: (0..count).map(|i| 3 + i as u32 % 3).collect(),
        weighted_up: (0..count).map(|i| i as u32 % 3).collect(),
        mean_weight: (0..count).map(weight).collect(),
    };
    Event::SentenceTable { run: RUN, table: Box::new(table) }
}

pub fn history(example: usize) -> Event {
    let visit = |l: usize, i: usize| Visit {
        step: 13 * i + 5,
        loss: 1.8 * (-0.08 * i as f64).exp() + 0.1 * l as f64,
        weight: (l == 2).then(|| 1.0 + 0.4 * (i as f64).sin()),
        gap: (l > 0).then(|| 0.2 * (-0.05 * i as f64).exp()),
    };
    let lanes = (0..3).map(|l| (0..24).map(|i| visit(l, i)).collect()).collect();
    Event::SentenceHistory { run: RUN, history: SentenceHistory { example, lanes } }
}

/// A bowl of `points` × `points` with a ripple, turned a little for each `place`.
pub fn landscape(place: u64, plane: &str, points: usize, more: bool) -> Event {
    let side: Vec<f64> = (0..points).map(|i| -1.0 + 2.0 * i as f64 / (points - 1) as f64).collect();
    let turn = 0.6 * place as f64;
    let height = |x: f64, y: f64| {
        let (u, v) = (x * turn.cos() + y * turn.sin(), y * turn.cos() - x * turn.sin());
        0.25 + 1.6 * (u - 0.1).powi(2) + 0.5 * (v + 0.1).powi(2) + 0.08 * (7.0 * u).sin() * (5.0 * v).cos()
    };
    let loss: Vec<f64> = side.iter().flat_map(|y| side.iter().map(move |x| height(*x, *y))).collect();
    let path = |l: usize| {
        let ends = [[-0.5, 0.4], [0.35, 0.45], [0.5, -0.3]][l];
        let along = || (0..=20).map(|i| f64::from(i) / 20.0);
        PathOnPlane {
            points: along().map(|t| [ends[0] * t, ends[1] * t + 0.15 * (3.0 * t).sin() * (1.0 - t)]).collect(),
            steps: (0..=20).map(|i| 15 * i).collect(),
            outside: along().map(|t| 0.4 * (1.0 - t) + 0.1 * l as f64).collect(),
        }
    };
    Event::Landscape {
        run: RUN,
        landscape: Box::new(Landscape {
            plane: plane.to_owned(),
            step: 10,
            accuracy: loss.iter().map(|loss| (-0.6 * loss).exp()).collect(),
            xs: side.clone(),
            ys: side,
            loss,
            paths: (0..3).map(path).collect(),
            start_loss: Some(1.79),
            examples: 512,
            points_per_second: 210.0,
            more,
        }),
    }
}

pub fn line() -> Event {
    let t: Vec<f64> = (0..=24).map(|i| -0.25 + 1.5 * f64::from(i) / 24.0).collect();
    let ridge = |t: &f64| 0.35 + 1.2 * (t * (1.0 - t)).max(-0.4);
    Event::Line {
        run: RUN,
        line: Line {
            step: 10,
            from: 0,
            to: 1,
            train_loss: t.iter().map(ridge).collect(),
            test_loss: t.iter().map(|t| ridge(t) + 0.25).collect(),
            test_accuracy: vec![0.7; t.len()],
            t,
        },
    }
}

/// The plane of the only question that was sent, and its points.
fn asked_plane(bench: &Bench) -> (PlaneChoice, usize) {
    match bench.sent().as_slice() {
        [Command::Landscape { plane, points, .. }] => (*plane, *points),
        other => panic!("expected a question about one plane, found {other:?}"),
    }
}

/// The file that the app wants saved, as text.
fn saved(bench: &mut Bench) -> (String, Vec<u8>) {
    match bench.asked().files.pop_front() {
        Some(FileRequest::Save { name, bytes }) => (name, bytes),
        other => panic!("expected a file to save, found {other:?}"),
    }
}

#[test]
fn sharpness_is_measured_shown_and_paid_for() {
    let mut bench = looking(DESKTOP, Key::Num5);
    assert!(bench.sees("No sharpness on this side yet"));
    bench.click("Measure now");
    assert_eq!(bench.sent(), [Command::MeasureSharpness]);
    bench.say([sharpness(10, Side::Train)]);
    // Members 0.100 0.102 0.104 0.106: mean 0.103, sd 0.0026.
    assert!(bench.harness.query_by_label("0.103 ± 0.0026").is_some());
    assert!(bench.sees("How close to per-instance SAM"));
    // 1.5 s of 10 s.
    assert!(bench.sees("15.0 % of the time used so far"));
    // The curve is that of the first quantity, until another is clicked: the trace is 0.7 and more.
    assert!(bench.sees("Curve of Gap, ρ 0.5: SGD 0.103"));
    bench.click("Trace of the Hessian");
    assert!(bench.sees("Curve of Trace of the Hessian: SGD 0.703"));
    bench.click("Held out");
    assert!(bench.sees("No sharpness on this side yet"));
    bench.say([sharpness(10, Side::HeldOut)]);
    assert!(bench.sees("128 held out examples"));
    let json = bench.app().state_json();
    let reading = &json["lanes"][1]["sharpness"]["held_out"]["readings"][0];
    assert_eq!((&reading["quantity"], &reading["rho"]), (&"gap".into(), &0.5.into()));
    // SAM: 0.11 0.112 0.114 0.116.
    assert!((reading["mean"].as_f64().expect("a number") - 0.113).abs() < 1e-12);
    assert!(json["lanes"][0]["sharpness"]["train"]["readings"][10]["mean"].is_null(), "SGD has no alignment");
}

#[test]
fn the_budget_of_sharpness_can_be_changed() {
    let mut bench = looking(DESKTOP, Key::Num5);
    bench.say([sharpness(10, Side::Train)]);
    bench.app_mut().send_json(r#"{"command":"sharpness-budget","share":0.35}"#).expect("a command");
    assert_eq!(bench.sent(), [Command::SharpnessBudget { share: 0.35 }]);
    bench.harness.run();
    assert_eq!(bench.harness.get_by_label("Sharpness budget").accesskit_node().numeric_value(), Some(35.0));
}

#[test]
fn a_step_is_looked_at_and_taken() {
    let mut bench = looking(DESKTOP, Key::Num6);
    bench.click("Look at the next step");
    assert_eq!(bench.sent(), [Command::Trace { member: 0 }]);
    bench.say([phase(1, Phase::Paused), trace(10)]);
    assert!(bench.sees("Step 11, member 1, not yet taken"));
    // Six examples: B·p of the first is 6 · 0.3.
    assert!(bench.sees("refund one of them please?: billing, loss 0.400, B·p 1.80, gradient norm 1.00"));
    assert!(bench.sees("The app closes itself whenever I open the camera: account, flipped from billing"));
    assert!(bench.sees("This lane does not weight examples"), "SAM does not");
    bench.click("Take this step");
    assert_eq!(bench.sent(), [Command::Step]);
    bench.say([measured(1, 11, 3, 4)]);
    assert!(bench.sees("Step 11, member 1, taken"));
}

#[test]
fn the_walk_goes_on_and_back_by_key() {
    let mut bench = looking(DESKTOP, Key::Num6);
    bench.say([trace(10)]);
    bench.press(Key::ArrowRight);
    assert!(bench.sees("Plane with g (2.00, 0) and ε (0.500, 0)"), "SAM climbs along g");
    assert!(bench.sees("Plane with g (2.00, 0) and ε (0.300, 0.400)"), "δ-SAM does not");
    // 0.9 + 0.12 + 0.03 at the end of the climb; cos 0.6 is 53.1°.
    assert!(bench.sees("Curve of t: L(w + t·ε), nats, 1.05 at t = 1"));
    assert!(bench.sees("0.600 (53.1°)"));
    bench.press(Key::ArrowRight);
    assert!(bench.sees("Plane with g (2.00, 0) and descent (2.00, 1.50)"));
    // cos 0.8 is 36.9°.
    assert!(bench.sees("0.800 (36.9°)"));
    // Up there SAM's gradient is 0.3 of 2 long; of the six examples, the one with a wrong label stands at 1.1, the others at 1.16.
    assert!(bench.sees("by the network") && bench.sees("0.300 (0.150× of |g|)"));
    assert!(bench.sees("the climb has found a place where nothing pulls"));
    assert!(bench.sees("wrong labels ×1.10, others ×1.16"));
    assert!(bench.sees("whenever I open the camera, a wrong label: ×1.10"));
    bench.press(Key::ArrowRight);
    assert!(bench.sees("Δ (−0.200, −0.150)"));
    // 0.9 − 0.05 + 0.02 where the step ends.
    assert!(bench.sees("nats, 0.870 at t = 1"));
    bench.press(Key::ArrowRight);
    // The changes −0.08 (1 − 0.3 i) add up to −0.08 (6 − 4.5) = −0.12, a sixth of which is −0.02; those of 4 and 5 are above 0.
    assert!(bench.sees("The mean loss of the batch changes by −0.0200; it rises for 2 of 6 examples."));
    bench.press(Key::ArrowRight);
    assert!(bench.sees("it rises for 2 of 6"), "the walk ends here");
    bench.press(Key::ArrowLeft);
    assert!(bench.sees("Δ (−0.200, −0.150)"));
    bench.click("Back");
    assert!(bench.sees("descent (2.00, 1.50)"));
    // SGD does not climb.
    bench.click("Climb");
    bench.harness.get_by_label("First lane").click();
    bench.harness.run();
    bench.click_last("SGD");
    assert!(bench.sees("This lane does not climb"));
}

#[test]
fn sentences_are_asked_for_while_they_are_looked_at() {
    let mut bench = looking(DESKTOP, Key::Num7);
    bench.harness.run();
    assert_eq!(bench.sent(), [Command::Sentences, Command::SentenceTable { lane: 2 }]);
    bench.say([sentences(70), sentence_table(2, 70)]);
    assert_eq!(bench.sent(), []);
    assert!(bench.sees("70 of 70, at step 10"));
    bench.say([measured(1, 20, 3, 4)]);
    assert_eq!(bench.sent(), [Command::SentenceTable { lane: 2 }], "new weights are asked again");
    bench.say([sentence_table(2, 70)]);
    bench.press(Key::Num2);
    bench.say([measured(1, 30, 3, 4)]);
    assert_eq!(bench.sent(), [], "nobody looks");
}

/// The rows that are visible, from above.
fn rows(bench: &Bench) -> Vec<String> {
    let mut rows: Vec<(f32, String)> = bench
        .harness
        .query_all_by_label_contains("No. ")
        .map(|node| (node.rect().top(), node.accesskit_node().label().unwrap_or_default()))
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    rows.into_iter().map(|(_, label)| label.split(':').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn sentences_are_sorted_searched_and_filtered() {
    let mut bench = looking(DESKTOP, Key::Num7);
    bench.say([sentences(70), sentence_table(2, 70)]);
    assert_eq!(rows(&bench)[..2], ["No. 69", "No. 68"], "the largest loss first");
    bench.click("Sort by Loss");
    assert_eq!(rows(&bench)[..2], ["No. 0", "No. 1"]);
    bench.click("Sort by mean B·p");
    // 1.65: flipped and even.
    assert_eq!(rows(&bench)[..3], ["No. 0", "No. 14", "No. 28"]);
    bench.click("flipped only");
    assert!(bench.sees("10 of 70"));
    bench.click("flipped only");
    bench.harness.get_by_label("Search sentences").focus();
    bench.harness.run();
    bench.harness.get_by_label("Search sentences").type_text("CAMERA");
    bench.harness.run();
    // Text 2 of 6, at 2, 8, …, 68.
    assert!(bench.sees("12 of 70"));
    let (name, bytes) = {
        bench.click("Save Sentences");
        bench.click("CSV: its values…");
        saved(&mut bench)
    };
    let text = String::from_utf8(bytes).expect("CSV is text");
    assert_eq!((name.as_str(), text.lines().count()), ("basin-sentences.csv", 1 + 12), "what is filtered out is not in the file");
}

#[test]
fn twenty_thousand_sentences_cost_no_more_than_what_is_visible() {
    let mut bench = looking(DESKTOP, Key::Num7);
    bench.say([sentences(20_000), sentence_table(2, 20_000)]);
    assert!(bench.sees("20\u{a0}000 of 20\u{a0}000"));
    assert!(rows(&bench).len() < 60, "{} rows are laid out", rows(&bench).len());
}

#[test]
fn the_summary_says_who_is_weighted_up() {
    let mut bench = looking(DESKTOP, Key::Num7);
    bench.say([sentences(70), sentence_table(2, 70)]);
    assert!(bench.sees("Flipped labels: weighted up"));
    // 10 flipped at 1.6 on average, 60 others at 0.9: five of the ten are even, thirty of the sixty.
    assert!(bench.sees("mean B·p 1.60 (10) against 0.900: +0.700"));
    assert!(bench.sees("Long sentences, 12 tokens or more: no difference beyond chance"));
    bench.harness.get_by_label("Seen by").click();
    bench.harness.run();
    bench.click_last("SGD");
    bench.say([sentence_table(0, 70)]);
    assert!(bench.sees("This lane does not weight examples"));
}

#[test]
fn a_sentence_has_its_history() {
    let mut bench = looking(DESKTOP, Key::Num7);
    bench.say([sentences(70), sentence_table(2, 70)]);
    bench.sent();
    bench.harness.get_all_by_label_contains("No. 69").next().expect("the first row").click();
    bench.harness.run();
    assert_eq!(bench.sent(), [Command::SentenceHistory { example: 69 }]);
    bench.say([history(69)]);
    // The last visit: 1.8 exp(−1.84) = 0.286, and 0.1 more a lane.
    assert!(bench.sees("History of Loss, nats: SGD 0.286, SAM 0.386, δ-SAM noise 0.486"));
    assert!(bench.sees("History of Gap, nats: SAM"), "SGD has no gap");
    bench.say([measured(1, 20, 3, 4)]);
    assert_eq!(bench.sent(), [Command::SentenceTable { lane: 2 }, Command::SentenceHistory { example: 69 }]);
}

#[test]
fn planes_are_measured_one_after_the_other() {
    let mut bench = looking(DESKTOP, Key::Num8);
    bench.click("Measure");
    assert_eq!(asked_plane(&bench), (PlaneChoice::Ends { lanes: [0, 1, 2] }, 51));
    bench.say([landscape(0, "through SGD, SAM and δ-SAM noise", 9, true)]);
    assert!(bench.sees("9 × 9 points, refining…, 512 examples, 210 points/s"));
    assert_eq!(bench.sent(), [], "the first plane is still refined");
    bench.say([landscape(0, "through SGD, SAM and δ-SAM noise", 51, false)]);
    assert_eq!(asked_plane(&bench), (PlaneChoice::Random { seed: 1 }, 17));
    bench.say([landscape(1, "random directions, seed 1", 17, false)]);
    assert_eq!(asked_plane(&bench), (PlaneChoice::Random { seed: 2 }, 17));
    bench.say([landscape(2, "random directions, seed 2", 17, false)]);
    assert_eq!(bench.sent(), []);
    assert!(bench.sees("Map of loss: through SGD, SAM and δ-SAM noise") && bench.sees("Map of loss: random directions, seed 2"));
    // Outside: 0.4 (1 − t) + 0.1 l.
    assert!(bench.sees("0.0 % now, 40.0 % at most") && bench.sees("20.0 % now, 60.0 % at most"));
    bench.click("Accuracy");
    assert!(bench.sees("Map of accuracy"));
    bench.click("Surface");
    assert!(bench.sees("Surface of accuracy"));
    // A late answer to a question before is not shown.
    bench.say_late(landscape(0, "from another question", 9, false));
    assert!(!bench.sees("from another question"));
}

#[test]
fn random_planes_differ_from_the_chosen_one() {
    let mut bench = looking(DESKTOP, Key::Num8);
    bench.click("Random");
    bench.click("Measure");
    assert_eq!(asked_plane(&bench).0, PlaneChoice::Random { seed: 1 });
    bench.say([landscape(0, "random directions, seed 1", 17, false)]);
    assert_eq!(asked_plane(&bench).0, PlaneChoice::Random { seed: 2 });
    bench.fail("no memory");
    bench.sent();
    bench.click("Measure");
    assert_eq!(asked_plane(&bench).0, PlaneChoice::Random { seed: 1 }, "a failure leaves nothing waiting");
}

#[test]
fn the_surface_turns_when_it_is_dragged() {
    let mut bench = looking(DESKTOP, Key::Num8);
    bench.click("Measure");
    bench.say([landscape(0, "three lanes", 17, false)]);
    bench.click("Surface");
    let before = bench.app().choices().landscape.turn;
    let middle = bench.harness.get_by_label_contains("Surface of loss").rect().center();
    bench.harness.drag_at(middle);
    bench.harness.run();
    bench.harness.hover_at(middle + vec2(60.0, 0.0));
    bench.harness.run();
    bench.harness.drop_at(middle + vec2(60.0, 0.0));
    bench.harness.run();
    let after = bench.app().choices().landscape.turn;
    // A hundredth of a radian for each point.
    assert!((after[0] - before[0] - 0.6).abs() < 0.05, "{before:?} {after:?}");
}

#[test]
fn the_line_between_two_lanes_is_measured() {
    let mut bench = looking(DESKTOP, Key::Num8);
    bench.click("Measure the line");
    assert_eq!(bench.sent(), [Command::Line { from: 0, to: 1, member: 0 }]);
    bench.say_late(line());
    assert!(!bench.sees("Loss on the line"), "the answer to another question");
    bench.say([line()]);
    // The ridge is 1.2 · ¼ above both ends.
    assert!(bench.sees("rises 0.300 nats above the higher end"));
}

#[test]
fn every_figure_is_saved_as_values_and_as_an_image() {
    let mut bench = looking(DESKTOP, Key::Num5);
    bench.say([sharpness(10, Side::Train)]);
    bench.click("Save Sharpness");
    bench.click("CSV: its values…");
    let (name, bytes) = saved(&mut bench);
    // Three lanes, twelve quantities, four members.
    assert_eq!((name.as_str(), String::from_utf8(bytes).expect("CSV is text").lines().count()), ("basin-sharpness.csv", 1 + 3 * 12 * 4));
    bench.say([trace(10)]);
    bench.press(Key::Num6);
    bench.click("Save SAM: Batch");
    bench.click("CSV: its values…");
    let text = |bench: &mut Bench| String::from_utf8(saved(bench).1).expect("CSV is text");
    let batch = text(&mut bench);
    assert_eq!(batch.lines().count(), 1 + 3 * 6, "three lanes, six examples");
    for (stage, rows, first) in [
        // Two lanes climb, on 21 points.
        ("Climb", 1 + 2 * 21, "10,0,SAM,0,0.9"),
        ("Gradient", 1 + 3, "10,0,SGD,0.5,0.1,2,0,2.5,0.25,1,0,1,0,0,2.5,0,-0.25,0,1"),
        ("Move", 1 + 3 * 21, "10,0,SGD,0,0.9"),
    ] {
        bench.press(Key::ArrowRight);
        bench.click(&format!("Save SAM: {stage}"));
        bench.click("CSV: its values…");
        let text = text(&mut bench);
        assert_eq!((text.lines().count(), text.lines().nth(1)), (rows, Some(first)), "{stage}");
    }
    bench.press(Key::Num2);
    for (title, name) in [("Test accuracy", "basin-test-accuracy.csv"), ("Gap", "basin-gap.csv"), ("Results", "basin-results.csv")] {
        bench.click(&format!("Save {title}"));
        bench.click("CSV: its values…");
        assert_eq!(saved(&mut bench).0, name);
    }
    let Some(chart) = bench.harness.query_by_label_contains("Chart of Test loss") else { panic!("a chart") };
    let size = chart.rect().size();
    bench.click("Save Test loss");
    bench.harness.get_by_label("PNG: its image…").click();
    let legends = |bench: &Bench| bench.harness.query_all_by_label("SAM").count();
    let before = legends(&bench);
    // The click is heard in the first frame, the image taken in the second.
    bench.harness.step();
    bench.harness.step();
    assert_eq!(legends(&bench), before + 1, "the image has a legend of its own");
    bench.harness.run();
    assert_eq!(legends(&bench), before);
    let (name, bytes) = saved(&mut bench);
    assert_eq!((name.as_str(), &bytes[..8]), ("basin-test-loss.png", &b"\x89PNG\r\n\x1a\n"[..]));
    // Width and height stand in the header, after length and name of the first block.
    let side = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    assert!(side(16) as f32 >= size.x && side(20) as f32 >= size.y, "the card is larger than its chart");
    assert!(side(16) < 720 && side(20) < 450, "four of them lie in one window of 1440 × 900");
}

/// Where a lane is outside the plane, nothing says that it has come to the loss there.
#[test]
fn a_lane_outside_the_plane_has_no_place_on_it() {
    let mut bench = looking(DESKTOP, Key::Num8);
    let Event::Landscape { run, mut landscape } = landscape(0, "through SGD, SAM and δ-SAM", 5, false) else { unreachable!("a plane") };
    *landscape.paths[0].outside.last_mut().expect("a path") = 1.0;
    bench.click("Measure");
    bench.say([Event::Landscape { run, landscape }]);
    assert!(bench.sees("SGD lies outside it (100.0 %)") && bench.sees("SAM has come to"));
    assert!(!bench.sees("SGD has come to"));
}

#[test]
fn a_new_run_forgets_what_was_measured() {
    let mut bench = looking(DESKTOP, Key::Num5);
    bench.say([sharpness(10, Side::Train), trace(10), sentences(7), sentence_table(2, 7), history(1)]);
    bench.click("Restart");
    bench.say(prepared(2, &Experiment::default()));
    let json = bench.app().state_json();
    assert!(json["traced_step"].is_null() && json["sentences"].is_null() && json["sharpness_budget"].is_null());
    assert!(bench.sees("No sharpness on this side yet"));
    // The other run's answers come too late.
    bench.say([sharpness(20, Side::Train)]);
    assert!(bench.sees("No sharpness on this side yet"));
}

#[test]
fn a_preset_is_set_up_and_trained() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.sent();
    bench.click("Measure on a validation split");
    assert!(bench.app().settings().experiment.data.validation);
    bench.click("Start from…");
    let text = basin_train::experiment::presets::find("text").expect("a preset");
    // It says on which data, where it brings none.
    bench.click(&format!("{}: {} (on Help desk)", text.name, text.about));
    let mut expected = Experiment::default();
    (text.apply)(&mut expected);
    assert_eq!(bench.app().settings().experiment, expected);
    assert_eq!(bench.started().1, expected);
    bench.say(prepared(2, &expected));
    // A run on its way is not lost without a question.
    bench.say([measured(2, 10, 4, 4)]);
    let progress = Progress { step: 10, steps: 390, first: 0, furthest: 10, taken: 10, steps_per_second: 1.0, seconds: 60.0 };
    bench.say([Event::Progress { run: RunId(2), progress }]);
    bench.sent();
    bench.click("Start from…");
    let films = basin_train::experiment::presets::find("lesson").expect("a preset");
    bench.click(&format!("{}: {}", films.name, films.about));
    assert_eq!(bench.sent(), []);
    assert!(bench.sees("Press Restart or R to begin anew"));
    bench.harness.run_steps(2);
    bench.click("Restart");
    assert_eq!(bench.started().1, basin_train::experiment::presets::start());
}

#[test]
fn the_phone_has_every_view() {
    let mut bench = looking(PHONE, Key::Num5);
    assert!(bench.sees("Measure now"));
    for (key, shows) in [(Key::Num6, "Look at the next step"), (Key::Num7, "Reading the training sentences"), (Key::Num8, "Three lanes")] {
        bench.press(key);
        assert!(bench.sees(shows), "{shows} is not there");
    }
    bench.harness.get_by_label("View").click();
    bench.harness.run();
    bench.click_last("Sharpness");
    assert!(bench.sees("Measure now"));
}

/// A view for an image: what is said in it, and the stages of its walk.
pub fn fill(bench: &mut Bench, middle: &str) {
    match middle {
        "Sharpness" => {
            for step in [0, 60, 120, 180, 240, 312] {
                bench.say([sharpness(step, Side::Train), sharpness(step, Side::HeldOut)]);
            }
        }
        "Step" => bench.say([trace(312)]),
        "Sentences" => {
            bench.say([sentences(420), sentence_table(2, 420)]);
            bench.harness.get_all_by_label_contains("No. 419").next().expect("the first row").click_accesskit();
            bench.harness.run();
            bench.say([history(419)]);
        }
        "Landscape" => {
            bench.click("Measure");
            bench.sent();
            for (slot, plane) in
                ["through SGD, SAM and δ-SAM noise", "random directions, seed 1", "random directions, seed 2"].into_iter().enumerate()
            {
                bench.say([landscape(slot as u64, plane, if slot == 0 { 51 } else { 17 }, false)]);
            }
            bench.click("Measure the line");
            bench.say([line()]);
        }
        "Sweep" => drop(sweep::finished(bench)),
        _ => {}
    }
}

#[test]
fn screenshots() {
    let Some(folder) = image_folder() else { return };
    for (theme, shade) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        for (size, name) in [(DESKTOP, "desktop"), (TABLET, "tablet"), (PHONE, "phone")] {
            for middle in ["Sharpness", "Step", "Sentences", "Landscape", "Sweep"] {
                let mut bench = opened(size, theme, "Curves", middle);
                trained(&mut bench, 312);
                fill(&mut bench, middle);
                let word = middle.to_lowercase();
                shoot(&folder, &mut bench, &format!("{name}-{shade}-{word}"));
                if middle == "Step" {
                    for stage in ["Climb", "Gradient", "Move", "After"] {
                        bench.press(Key::ArrowRight);
                        shoot(&folder, &mut bench, &format!("{name}-{shade}-{word}-{}", stage.to_lowercase()));
                    }
                }
                if middle == "Sweep" {
                    bench.click("Against accuracy");
                    shoot(&folder, &mut bench, &format!("{name}-{shade}-{word}-scatter"));
                }
                if middle == "Landscape" {
                    bench.click("Surface");
                    shoot(&folder, &mut bench, &format!("{name}-{shade}-{word}-surface"));
                }
                if size == PHONE {
                    // What lies below the first screen.
                    bench.harness.hover_at(egui::pos2(195.0, 500.0));
                    bench.harness.event(egui::Event::MouseWheel {
                        unit: egui::MouseWheelUnit::Point,
                        delta: vec2(0.0, -560.0),
                        phase: egui::TouchPhase::Move,
                        source: egui::MouseWheelSource::Wheel,
                        modifiers: egui::Modifiers::NONE,
                    });
                    for _ in 0..30 {
                        bench.harness.step();
                    }
                    shoot(&folder, &mut bench, &format!("{name}-{shade}-{word}-below"));
                }
            }
        }
    }
}

#[test]
fn the_run_before_stands_under_the_new_one_where_both_answer_the_same_examples() {
    let run = |bench: &mut Bench, number: u64, experiment: &Experiment| {
        bench.say(prepared(number, experiment));
        let lanes = experiment.lanes.len();
        bench.say((0..4).map(|i| measured(number, 10 * i, lanes, experiment.seeds)));
        bench.harness.run();
    };
    let words = "Dashed: the run before";
    let mut bench = Bench::greeted(DESKTOP);
    let first = Experiment::default();
    run(&mut bench, 1, &first);
    assert!(!bench.sees(words), "there is none");
    run(&mut bench, 2, &first);
    assert!(!bench.sees(words), "the same run again has the same curves");
    let mut second = first.clone();
    second.training.learning_rate *= 2.0;
    run(&mut bench, 3, &second);
    assert!(bench.sees(words));
    if let Some(folder) = image_folder() {
        shoot(&folder, &mut bench, "before");
    }
    // Other data has other test examples.
    let third = Experiment { seeds: 2, ..second };
    bench.say([Event::Prepared { run: RunId(4), summary: Box::new(summary_of_other_data(&third)) }, phase(4, Phase::Running)]);
    bench.say((0..4).map(|i| measured(4, 10 * i, third.lanes.len(), 2)));
    bench.harness.run();
    assert!(!bench.sees(words));
}

#[test]
fn who_does_not_want_the_run_before_does_not_see_it() {
    let charts = basin_app::settings::ChartOptions { only_this: true, ..Default::default() };
    let settings = basin_app::settings::Settings { charts, ..Default::default() };
    let mut bench = Bench::visited(DESKTOP, Some(&settings.json()));
    for (number, seeds) in [(1, 4), (2, 3)] {
        let experiment = Experiment { seeds, ..Experiment::default() };
        bench.say(prepared(number, &experiment));
        bench.say((0..4).map(|i| measured(number, 10 * i, experiment.lanes.len(), seeds)));
    }
    bench.harness.run();
    assert!(!bench.sees("Dashed: the run before"));
}

fn summary_of_other_data(experiment: &Experiment) -> basin_train::report::Summary {
    basin_train::report::Summary { data: "Films".to_owned(), ..super::summary(experiment) }
}
