//! The estimate of memory against the truth: each case is a process of its own that trains, measures and saves, and tells
//! its peak as Linux knows it (`VmHWM`).
//!
//! A few cases take part in every run of the tests; with `BASIN_MEMORY` those whose name it is part of (`,` of all).
#![cfg(target_os = "linux")]

use std::fmt::Write;
use std::process::Command;

use basin_train::driver::Driver;
use basin_train::experiment::Experiment;
use basin_train::limits::{Limits, in_words};
use basin_train::memory::Part;
use basin_train::protocol::{Files, NamedBytes};
use basin_train::report::{PlaneChoice, Side};
use basin_train::run::{Compute, Plan};
use pollster::block_on;
use serde_json::Value;

/// What a case is called, whether it is one of every run, the texts of its file (count, words) where it has one, and its
/// experiment.
type Case = (&'static str, bool, Option<(usize, usize)>, &'static str);

const CASES: [Case; 14] = [
    ("bag, help desk, defaults", false, None, "{}"),
    ("bag, 64 seeds", false, None, r#"{"seeds":64}"#),
    ("bag, dim 512, 16 seeds", true, None, r#"{"seeds":16,"model":{"dim":512}}"#),
    (
        "bag, one lane of SGD, 64 seeds, dim 256",
        false,
        None,
        r#"{"seeds":64,"model":{"dim":256},"lanes":["sgd"],"training":{"base":"sgd"}}"#,
    ),
    (
        "bag, 8 lanes, 8 seeds, dim 256",
        false,
        None,
        r#"{"seeds":8,"model":{"dim":256},"lanes":["sgd","sam","delta-sam","per-instance","m-sam","asam","f-sam","fisher-sam"]}"#,
    ),
    (
        "bag, batch 1024, hidden 1024, 16 seeds",
        false,
        Some((3000, 20)),
        r#"{"seeds":16,"model":{"hidden":1024},"training":{"batch":1024,"probe":1024}}"#,
    ),
    ("bag, 40,000 texts of 30 words", false, Some((40_000, 30)), r#"{"seeds":2,"training":{"batch":256}}"#),
    ("cnn, help desk", true, None, r#"{"model":{"kind":"cnn"}}"#),
    ("cnn, 16 seeds, dim 128", false, None, r#"{"seeds":16,"model":{"kind":"cnn","dim":128}}"#),
    ("cnn, 1024 tokens, 1 seed", false, Some((60, 1100)), r#"{"seeds":1,"data":{"max_length":1024},"model":{"kind":"cnn"}}"#),
    ("cnn, per-instance, 8 seeds", false, None, r#"{"seeds":8,"model":{"kind":"cnn"},"lanes":["per-instance"]}"#),
    ("attention, help desk", false, None, r#"{"model":{"kind":"attention"}}"#),
    (
        "attention, 1024 tokens, 1 seed, batch 8",
        false,
        Some((60, 1100)),
        r#"{"seeds":1,"data":{"max_length":1024},"model":{"kind":"attention"},"training":{"batch":8,"probe":8}}"#,
    ),
    ("attention, batch 256, 4 seeds", false, Some((600, 60)), r#"{"seeds":4,"model":{"kind":"attention"},"training":{"batch":256}}"#),
];

/// Below this nobody asks; above it the estimate lies between these shares of the truth.
const MATTERS: u64 = 300_000_000;
const BAND: [f64; 2] = [0.7, 1.5];

/// Enough for a peak: what lasts and what passes is there after the second.
const STEPS: u64 = 2;

/// In the environment of the process that measures: the number of its case.
const CHILD: &str = "BASIN_MEMORY_CASE";

#[test]
fn the_estimate_is_near_the_truth() {
    let some = std::env::var("BASIN_MEMORY").ok();
    let mut wrong = Vec::new();
    for (number, (name, ..)) in
        CASES.iter().enumerate().filter(|(_, (name, always, ..))| some.as_ref().map_or(*always, |some| name.contains(some)))
    {
        let (experiment, files) = case(number);
        let plan = Plan::new(experiment, files.as_ref()).expect("a good case");
        let estimate = plan.fits(&Limits::default()).expect("no limits");
        let of = |part| estimate.parts.iter().find(|(p, _)| *p == part).map_or(0, |(_, bytes)| *bytes);
        // The lanes' paths become no longer than this here.
        let paths = of(Part::Paths).min((STEPS + 1) * of(Part::Weights));
        // Past steps are for whoever watches.
        let expected = estimate.total() - of(Part::Paths) - of(Part::Past) + paths;
        let exe = std::env::current_exe().expect("this test is a program");
        let output = Command::new(exe).args(["--exact", "one_case", "--nocapture"]).env(CHILD, number.to_string()).output();
        let output = output.expect("a test can be started");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let peak = text.lines().find_map(|line| line.split_once("peak ")).and_then(|(_, peak)| peak.trim().parse::<u64>().ok());
        let peak = peak.unwrap_or_else(|| panic!("{name}: {text}\n{}", String::from_utf8_lossy(&output.stderr)));
        let ratio = expected as f64 / peak as f64;
        println!("| {name} | {} | {} | {ratio:.2} |", in_words(expected), in_words(peak));
        if std::env::var("BASIN_MEMORY_PARTS").is_ok() {
            let parts: Vec<String> = estimate.parts.iter().map(|(part, bytes)| format!("{} {}", part.words(), in_words(*bytes))).collect();
            println!("{}\n{}", parts.join("; "), text.lines().filter(|line| line.starts_with("after ")).collect::<Vec<_>>().join("; "));
        }
        if peak.max(expected) > MATTERS && !(BAND[0]..=BAND[1]).contains(&ratio) {
            wrong.push(format!("{name}: {ratio:.2}"));
        }
    }
    assert!(wrong.is_empty(), "estimates, as shares of the truth: {wrong:?}");
}

/// Does all that takes memory, once; a test of its own only in the processes that the other one starts.
#[test]
fn one_case() {
    let Ok(number) = std::env::var(CHILD) else { return };
    let (mut experiment, files) = case(number.parse().expect("a number"));
    // As in a long run: visits of the examples are bounded by the epochs.
    experiment.training.epochs = experiment.training.epochs.min(15);
    let after = |what: &str| println!("after {what} {}", in_words(peak()));
    let mut driver = Driver::prepare(experiment, files.as_ref(), Compute::cpu()).expect("a good case");
    drop(files);
    after("preparing");
    for _ in 0..STEPS {
        block_on(driver.measure());
        driver.step();
    }
    after("steps");
    block_on(driver.measure());
    after("measuring");
    for side in [Side::Train, Side::HeldOut] {
        block_on(driver.measure_sharpness(side));
    }
    after("sharpness");
    let mut survey = block_on(driver.survey(PlaneChoice::Random { seed: 1 }, 9, 0)).expect("a plane");
    block_on(driver.survey_on(&mut survey));
    block_on(driver.line(0, 0, 0)).expect("a line");
    block_on(driver.trace(0)).expect("a step");
    after("looking");
    let saved = block_on(driver.save());
    after("saving");
    assert!(!saved.is_empty());
    println!("\npeak {}", peak());
}

/// The most memory that this process has held.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux tells the peak");
    1024 * line.trim().trim_end_matches("kB").trim().parse::<u64>().expect("a number of kB")
}

fn case(number: usize) -> (Experiment, Option<Files>) {
    let (_, _, texts, changed) = CASES[number];
    let changed: Value = serde_json::from_str(changed).expect("JSON");
    let mut experiment: Experiment = serde_json::from_value(changed).expect("an experiment");
    let files = texts.map(|(count, words)| {
        experiment.data.source = basin_train::experiment::DataSource::File { name: "texts.tsv".to_owned() };
        experiment.data.label_noise = Some(0.0);
        let files = texts_of(count, words);
        Files { train: NamedBytes { name: "texts.tsv".to_owned(), bytes: files.into_bytes() }, test: None }
    });
    (experiment, files)
}

/// As many texts in two classes, of words from a list of 5,000 of which small numbers are frequent.
fn texts_of(count: usize, words: usize) -> String {
    let mut rng = basin_train::random::stream(1, basin_train::random::Purpose::Reviews);
    let mut text = String::new();
    for i in 0..count {
        text.push_str(if i % 2 == 0 { "up\t" } else { "down\t" });
        for _ in 0..words {
            let wide = 1 + basin_train::random::below(&mut rng, 5000);
            // Writing to a string cannot fail.
            let _ = write!(text, "w{} ", basin_train::random::below(&mut rng, wide));
        }
        text.push('\n');
    }
    text
}
