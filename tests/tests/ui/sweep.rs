//! The sweep: what it asks for, what it shows of what was said, and what a click on a point does.
//!
//! The numbers are made up by formulas, to see that they are shown; nothing but these tests shows them.

use basin_app::FileRequest;
use basin_train::experiment::Experiment;
use basin_train::lab::grid::Grid;
use basin_train::lab::outcome::Outcome;
use basin_train::protocol::{Command, Event, Phase, RunId};
use basin_train::report::Progress;
use egui::Key;
use egui_kittest::kittest::{NodeT, Queryable};

use super::{Bench, DESKTOP, PHONE, measured, phase, prepared};

/// Accuracy rises with ρ up to 0.4, where SAM is at 0.8; at the largest it collapses.
pub fn outcome(grid: &Grid, cell: usize) -> Outcome {
    let point = grid.point_of(cell);
    let seed = (cell % grid.experiment.seeds) as f64;
    let collapsed = point.rho > 0.7 && point.lane == 1;
    let rise = if point.rho > 0.0 { 0.1 * (1.0 - (point.rho / 0.4).log2().abs() / 4.0) } else { 0.0 };
    let accuracy = if collapsed { 0.5 } else { 0.7 + rise + 0.002 * seed * (1.0 + point.lane as f64) };
    Outcome {
        validation_accuracy: accuracy,
        validation_loss: 1.0 - accuracy,
        test_accuracy: accuracy - 0.01,
        test_loss: 1.1 - accuracy,
        train_loss: 0.3,
        train_accuracy: 0.9,
        gap: 0.05,
        gap_held_out: 0.2 - rise,
        largest_eigenvalue: 12.0 - 80.0 * rise,
        eigenvalue_error: 0.1,
        gradient_evaluations: 840.0,
        collapsed,
        diverged: false,
        curve: Vec::new(),
    }
}

/// The grid of the only command sent, which sweeps.
fn swept(bench: &Bench) -> Grid {
    match bench.sent().as_slice() {
        [Command::Sweep { grid, files: None, level: false, .. }] => (**grid).clone(),
        other => panic!("expected one sweep, found {other:?}"),
    }
}

/// What the trainer says of a sweep until `share` of its cells are done.
pub fn told(grid: &Grid, share: f64) -> Vec<Event> {
    let cells = (0..(share * grid.cells() as f64) as usize).map(|cell| (cell, outcome(grid, cell))).collect();
    vec![Event::Sweeping { grid: Box::new(grid.clone()), cores: 2, memory: 80_000_000 }, Event::Swept { cells, share }]
}

/// A window in the view, with a run of the default experiment at step 10.
fn looking(size: egui::Vec2) -> Bench {
    let mut bench = Bench::greeted(size);
    bench.say(prepared(1, &Experiment::default()));
    bench.say([measured(1, 0, 3, 4), measured(1, 10, 3, 4)]);
    bench.press(Key::Num9);
    bench.sent();
    bench
}

/// A sweep that has come to its end.
pub fn finished(bench: &mut Bench) -> Grid {
    bench.sent();
    bench.click("Sweep ρ");
    let grid = swept(bench);
    bench.say(told(&grid, 1.0));
    bench.close(|command| matches!(command, Command::Sweep { .. }));
    grid
}

#[test]
fn a_sweep_takes_the_methods_of_the_setup_and_shows_itself_as_it_comes() {
    let mut bench = looking(DESKTOP);
    assert!(bench.sees("The best ρ differs by method") && bench.sees("5 ρ × 4 seeds, 44 runs"));
    bench.click("9 ρ");
    assert!(bench.sees("9 ρ × 4 seeds, 76 runs"));
    bench.click("5 ρ");
    bench.click("Sweep ρ");
    let grid = swept(&bench);
    assert_eq!((grid.radii.as_slice(), grid.experiment.lanes.len(), grid.cells()), (&[0.05, 0.1, 0.2, 0.4, 0.8][..], 3, 44));
    bench.say([phase(1, Phase::Paused)]);
    bench.say(told(&grid, 0.5));
    assert!(bench.sees("22 of 44 runs on 2 cores, up to 80 MB of memory"));
    assert!(bench.sees("Stop sweep"));
    assert!(bench.sees("So far:"));
    bench.say([phase(1, Phase::Running)]);
    assert!(bench.sees("waits while the run trains"));
    bench.click("Stop sweep");
    assert_eq!(bench.sent(), [Command::StopSweep]);
    bench.close(|command| matches!(command, Command::Sweep { .. }));
    assert!(bench.sees("Sweep ρ") && bench.sees("SAM at ρ 0.05"), "what was found stays");
}

#[test]
fn the_end_is_told_in_words_with_collapse_and_the_best_radius() {
    for size in [DESKTOP, PHONE] {
        let mut bench = looking(size);
        finished(&mut bench);
        // SAM 0.8 + 0.006, less the 0.01 that the test set has; SGD 0.7 + 0.003 less the same.
        assert!(bench.sees("SAM at its own best ρ 0.4: 79.6 %, SGD (AdamW): 69.3 %, difference +10.3 ± 0.1 points, higher"));
        assert!(bench.sees("SAM: at ρ 0.8 4 of 4 seeds collapsed to one class"));
        assert!(bench.sees("Validation accuracy, % by ρ: "), "a chart for ears");
        assert!(bench.sees("SAM at ρ 0.4: 80.6, the best"), "a cell for ears");
        assert!(!bench.sees("So far:"));
    }
}

#[test]
fn a_point_sets_up_its_run_and_asks_before_a_run_is_lost() {
    let mut bench = looking(DESKTOP);
    finished(&mut bench);
    bench.say([Event::Progress { run: RunId(1), progress: Progress { step: 10, steps: 390, furthest: 10, ..Progress::default() } }]);
    bench.harness.get_by_label_contains("SAM at ρ 0.2").click();
    bench.harness.run();
    let setup = &bench.app().settings().experiment;
    assert_eq!(setup.lanes.iter().map(ToString::to_string).collect::<Vec<_>>(), ["sam:rho=0.2"]);
    assert!(!setup.data.validation, "it learns from all training data");
    assert!(bench.sent().is_empty() && bench.sees("Press Restart or R to begin anew"), "the run on its way is not lost by one click");

    // All methods, each at its own best.
    let mut bench = looking(DESKTOP);
    finished(&mut bench);
    bench.say([phase(1, Phase::Finished)]);
    bench.click("Set up the best");
    let (_, started) = bench.started();
    assert_eq!(started.lanes.len(), 3);
    assert!((started.lanes[1].rho - 0.4).abs() < 1e-12 && started.lanes[0].rho == 0.0);
}

/// Each measure of sharpness against what it is to predict, run by run.
#[test]
fn sharpness_is_drawn_against_accuracy_and_the_generalisation_gap() {
    for size in [DESKTOP, PHONE] {
        let mut bench = looking(size);
        assert!(!bench.sees("Against accuracy"), "there is no run yet");
        finished(&mut bench);
        bench.click("Against accuracy");
        // The held-out gap is 0.2 less what is gained, so it falls where accuracy rises; the training gap is the same everywhere.
        assert!(bench.sees("Test accuracy against Gap on held-out examples, 44 dots: rank correlation −"), "a chart for ears");
        assert!(
            bench.sees("Test accuracy against Gap on training examples, 44 dots: no rank correlation: fewer than 8 runs, or all alike")
        );
        bench.click("Against gap");
        assert!(bench.sees("Generalisation gap (test − training loss) against Training loss, 44 dots"));
        bench.click("Over ρ");
        assert!(bench.sees("Validation accuracy, % by ρ: "));
    }
}

#[test]
fn a_dot_sets_up_its_run() {
    let mut bench = looking(DESKTOP);
    finished(&mut bench);
    bench.say([phase(1, Phase::Finished)]);
    bench.click("Against accuracy");
    // All training gaps are alike, so the dots stand in the middle of that chart, one above the other.
    let chart = bench.harness.get_by_label_contains("Test accuracy against Gap on training examples").rect();
    let middle = |share: f32| egui::pos2(chart.center().x, chart.top() + share * chart.height());
    for pointer in (1..20).map(|step| middle(0.05 * step as f32)) {
        bench.harness.hover_at(pointer);
        bench.harness.run();
        bench.harness.drag_at(pointer);
        bench.harness.drop_at(pointer);
        bench.harness.run();
        if let [lane] = &bench.app().settings().experiment.lanes[..] {
            let lane = lane.clone();
            assert!(lane.method.word() == "sgd" || [0.05, 0.1, 0.2, 0.4, 0.8].contains(&lane.rho), "{lane}");
            assert_eq!(bench.started().1.lanes, [lane]);
            return;
        }
    }
    panic!("no dot is on {chart:?}");
}

#[test]
fn every_run_can_be_saved_as_a_table() {
    let mut bench = looking(DESKTOP);
    finished(&mut bench);
    bench.click("Save Held-out gap");
    bench.click("CSV: its values…");
    let Some(FileRequest::Save { name, bytes }) = bench.asked().files.pop_back() else { panic!("a file was expected") };
    let text = String::from_utf8(bytes).expect("text");
    assert_eq!((name.as_str(), text.lines().count()), ("basin-sweep.csv", 45));
    assert!(text.starts_with("method,rho,seed,validation_accuracy,"), "{text}");
}

#[test]
fn a_setup_without_a_climb_says_what_is_missing() {
    let saved = r#"{"experiment":{"lanes":["sgd"]}}"#;
    let mut bench = Bench::visited(DESKTOP, Some(saved));
    bench.press(Key::Num9);
    assert!(bench.sees("No method has a ρ: name one that climbs"));
    bench.sent();
    bench.click("Sweep ρ");
    assert!(bench.sent().is_empty() && bench.notices()[0].contains("No method has a ρ"));
}

/// What a trainer refuses is a notice.
#[test]
fn a_sweep_that_cannot_begin_is_a_notice() {
    let mut bench = looking(DESKTOP);
    bench.click("Sweep ρ");
    bench.sent();
    bench.fail("This would take more memory than there is.");
    assert!(bench.notices().iter().any(|notice| notice.contains("more memory")), "{:?}", bench.notices());
    assert!(bench.harness.query_by_label("Sweep ρ").is_some_and(|node| !node.accesskit_node().is_disabled()));
}

/// How many cores a sweep takes is chosen where it begins, and kept.
#[test]
fn the_number_of_cores_is_chosen_and_kept() {
    for size in [DESKTOP, PHONE] {
        let mut bench = looking(size);
        let chosen = |bench: &mut Bench| {
            bench.click("Sweep ρ");
            let sent = bench.sent();
            bench.close(|command| matches!(command, Command::Sweep { .. }));
            match sent.as_slice() {
                [Command::Sweep { cores, .. }] => *cores,
                other => panic!("expected one sweep, found {other:?}"),
            }
        };
        assert_eq!(chosen(&mut bench), None, "as many as are advised");
        bench.click("Cores");
        assert!(bench.sees("Auto: 3 cores") && bench.sees("1 core") && bench.sees("4 cores"));
        bench.click("2 cores");
        assert_eq!((chosen(&mut bench), bench.app().settings().sweep_cores), (Some(2), Some(2)));
    }
    // What was kept is of a computer with more of them.
    let mut bench = Bench::visited(DESKTOP, Some(r#"{"sweep_cores":32}"#));
    bench.press(Key::Num9);
    bench.sent();
    bench.click("Sweep ρ");
    assert!(matches!(bench.sent().as_slice(), [Command::Sweep { cores: Some(4), .. }]));
}
