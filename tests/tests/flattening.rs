//! How SAM flattens, against an independent program (`tests/flattening/make_flattening.py`) and against its own predictions.

use basin_optim::flattening::{
    Curvature, Descent, Experiment, Flow, Landscape, Line, Lowers, Network, Setup, Valley, Who, findings, largest_eigenvalue, loss, settle,
    trace,
};
use basin_verify::verify;
use burn::tensor::{DType, Device};
use serde_json::Value;

const FILE: &str = include_str!("../flattening/flattening.json");

fn file() -> Value {
    serde_json::from_str(FILE).expect("the file is JSON")
}

fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of[name].as_array().unwrap_or_else(|| panic!("{name}"))
}

fn numbers(of: &Value, name: &str) -> Vec<f64> {
    list(of, name).iter().map(|number| number.as_f64().expect("a number")).collect()
}

fn number(of: &Value, name: &str) -> f64 {
    of[name].as_f64().unwrap_or_else(|| panic!("{name}"))
}

fn landscape(of: &Value) -> Landscape {
    Landscape::ALL.into_iter().find(|landscape| of["landscape"] == landscape.word()).expect("a landscape")
}

#[track_caller]
fn near(found: f64, expected: f64, band: f64, what: &str) {
    assert!((found / expected - 1.0).abs() <= band, "{what}: {found} is not {expected}");
}

/// Sixty thousand steps lose four digits of sixteen.
#[test]
fn steps_are_those_of_another_program() {
    let report = pollster::block_on(verify(FILE, &Device::flex(), DType::F64)).expect("the file is whole");
    println!("{report}");
    assert_eq!((report.problem.as_str(), report.rows.len(), report.skipped.len()), ("flattening", 8 + 1 + 6, 0));
    let far: Vec<_> = report.rows.iter().filter(|row| row.error > 1e-9).collect();
    assert!(far.is_empty(), "{far:#?}");
}

#[test]
fn a_changed_number_of_the_file_shows() {
    let mut changed = file();
    changed["runs"][2]["w"][0] = (number(&changed["runs"][2], "rho") + 0.812).into();
    changed["runs"][4]["examples"][3] = Value::from(1 - changed["runs"][4]["examples"][3].as_u64().expect("an example"));
    let report = pollster::block_on(verify(&changed.to_string(), &Device::flex(), DType::F64)).expect("the file is whole");
    let far: Vec<&str> = report.rows.iter().filter(|row| row.error > 1e-6).map(|row| row.rule.as_str()).collect();
    assert_eq!(far, ["valley, whole batch, 60000 steps", "valley, one example, 400 steps"]);
    changed["runs"][0]["landscape"] = "hill".into();
    let error = pollster::block_on(verify(&changed.to_string(), &Device::flex(), DType::F64)).expect_err("there is no hill");
    assert_eq!(error.to_string(), "`runs[0].landscape` in the golden file must be valley or network");
}

/// Products are differences over 2e-4: eight digits.
#[test]
fn eigenvalues_are_those_of_another_program() {
    for known in list(&file(), "curvatures") {
        let (problem, w) = (landscape(known).problem(), numbers(known, "w"));
        let Curvature { value, direction, cost } = largest_eigenvalue(problem, &w, &vec![1.0; w.len()]);
        near(value, number(known, "largest"), 1e-7, "λ₁");
        near(trace(problem, &w), number(known, "trace"), 1e-7, "Tr H");
        assert!((direction.iter().map(|v| v * v).sum::<f64>() - 1.0).abs() < 1e-12 && cost < 800, "it has converged");
    }
}

#[test]
fn predicted_paths_are_those_of_another_program() {
    for known in list(&file(), "flows") {
        let lowers = if known["lowers"] == "largest" { Lowers::Largest } else { Lowers::Trace };
        let (start, expected) = (numbers(known, "start"), numbers(known, "w"));
        let mut flow = Flow::new(landscape(known).problem(), start, lowers, number(known, "rate"));
        let steps = 200;
        for _ in 0..steps {
            flow.advance(number(known, "tau") / f64::from(steps));
        }
        for (found, expected) in flow.weights().iter().zip(expected) {
            assert!((found - expected).abs() < 2e-5, "{known:#}: {found} is not {expected}");
        }
        near(flow.curvature().value, number(known, "largest"), 1e-5, "λ₁");
    }
}

fn done(setup: Setup) -> Experiment {
    let mut experiment = Experiment::new(setup);
    experiment.advance(f64::INFINITY, usize::MAX);
    experiment
}

fn line(experiment: &Experiment, who: Who, theory: bool) -> &Line {
    experiment.lines().iter().find(|line| line.who == who && line.theory == theory).expect("there is one")
}

/// Three dots go to three places, and each along its predicted path.
#[test]
fn three_dots_go_to_three_places() {
    let experiment = done(Setup::of(Landscape::Valley));
    let end = |who, theory| line(&experiment, who, theory).points.last().expect("it has come to its end").place;
    let [full, one, ascent] = [Who::Full, Who::One, Who::AscentDirection].map(|who| end(who, false));
    assert!(full > 0.95 && one.abs() < 0.1 && ascent < -0.95, "{full}, {one}, {ascent}");
    assert!((full - end(Who::Full, true)).abs() < 1e-3 && (one - end(Who::One, true)).abs() < 0.02);
    // A run needs some τ = 0.03 to come down to the floor, and is that much late.
    for who in [Who::Full, Who::One] {
        let (run, path) = (line(&experiment, who, false), line(&experiment, who, true));
        // The path is known at its start, too.
        for (point, predicted) in run.points.iter().zip(&path.points[1..]) {
            assert!(
                (point.place - predicted.place).abs() < 0.04,
                "{who:?} at τ = {}: {} is not {}",
                point.tau,
                point.place,
                predicted.place
            );
        }
    }
}

#[test]
fn the_predictions_hold_on_both_landscapes() {
    // What is met within a hundredth; P1 to P5 but P4, which is about which is lower.
    for landscape in Landscape::ALL {
        let found = findings(&done(Setup::of(landscape)));
        let names: Vec<&str> = found.iter().map(|finding| finding.name).collect();
        assert_eq!(names, ["P1", "P2", "P3", "P4", "P5"], "{landscape:?}");
        for finding in found {
            assert!(finding.met && finding.off.is_none_or(|off| off < 0.01), "{landscape:?}: {finding:?}");
        }
    }
}

/// The numbers do not depend on the portions in which they are made, and no portion is long.
#[test]
fn portions_change_nothing() {
    for landscape in Landscape::ALL {
        let setup = Setup { end: 0.4, ..Setup::of(landscape) };
        let whole = done(setup.clone());
        let mut parts = Experiment::new(setup);
        let mut portions = 0;
        while !parts.is_done() {
            // A measurement that is begun is finished.
            assert!(parts.advance(f64::INFINITY, 20_000) < 80_000);
            portions += 1;
        }
        assert!(portions > 10);
        for (a, b) in whole.lines().iter().zip(parts.lines()) {
            let bits = |line: &Line| line.points.iter().map(|point| (point.tau.to_bits(), point.lambda.to_bits())).collect::<Vec<_>>();
            assert_eq!(bits(a), bits(b), "{:?}", a.who);
        }
    }
}

/// What the view says of other starts: from all, one example lowers the trace further; from two, the whole batch λ₁.
#[test]
fn from_other_starts_one_example_lowers_the_trace_further() {
    let mut lower = [0, 0];
    for seed in 1..8 {
        let start = settle(&Network, &Network::initial(seed), 0.02, 2_000).expect("a minimiser");
        assert!(loss(&Network, &start, &mut vec![0.0; start.len()]) < 1e-18);
        let [full, one] = [Lowers::Largest, Lowers::Trace].map(|lowers| {
            let mut flow = Flow::new(&Network, start.clone(), lowers, 0.05);
            for _ in 0..200 {
                flow.advance(0.01);
            }
            (flow.curvature().value, trace(&Network, flow.weights()))
        });
        lower[0] += usize::from(full.0 < one.0);
        lower[1] += usize::from(one.1 < full.1);
    }
    assert_eq!(lower, [2, 7]);
}

#[test]
fn what_is_out_of_bounds_is_named() {
    let valley = || Setup::of(Landscape::Valley);
    for (setup, told) in [
        (Setup { rho: vec![0.08, 0.5], ..valley() }, "ρ is 0.5, but must lie between 0.01 and 0.2"),
        (Setup { rate: f64::NAN, ..valley() }, "the rate η is NaN, but must lie between 0.001 and 0.05"),
        (Setup { end: 0.0, ..valley() }, "the time τ is 0, but must lie between 0.1 and 10"),
        (Setup { start: [3.0, 0.3, 0.4], ..valley() }, "the start a is 3, but must lie between -1.5 and 1.5"),
    ] {
        assert_eq!(setup.check().expect_err("it is out of bounds").to_string(), told);
    }
    assert!(valley().check().is_ok());
}

/// On the floor itself the gradient is 0, and SAM has nowhere to climb.
#[test]
fn on_a_minimiser_nothing_moves() {
    let mut descent = Descent::new(&Valley, &[0.3, 0.0, 0.0], 0.1, 0.01);
    descent.step(basin_optim::flattening::Batch::Full);
    assert!(descent.weights().iter().zip([0.3_f64, 0.0, 0.0]).all(|(w, start)| w.to_bits() == start.to_bits()), "{:?}", descent.weights());
}
