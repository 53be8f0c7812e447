//! `basin sweep` from outside. Every sweep is small: few films, one epoch.

mod folder;

use std::fs;

use serde_json::Value;

use folder::{Folder, SMALL, err, out, refused};

/// Two seeds of three epochs on few films, at two ρ.
const SWEEP: &str = "sweep --data films --train-size 96 --seeds 2 --epochs 1 --methods sam,per-instance --rho 0.1,0.4";

#[test]
fn a_sweep_names_the_best_radius_of_each_method_in_words() {
    let folder = Folder::new("sweep");
    let output = folder.basin_ok(&format!("{SWEEP} --out swept"));
    let (text, told) = (out(&output), err(&output));
    for words in ["best ρ", "SAM at its own best ρ 0.", "per-instance SAM at its own best ρ", "20 % of the training data"] {
        assert!(text.contains(words), "`{words}` is missing in:\n{text}");
    }
    // SGD's two seeds, and two at each ρ of the others.
    assert!(
        told.contains("to choose ρ on")
            && told.contains("2 ρ × 2 seeds, 10 runs")
            && told.contains("run 10 of 10 (100 %)")
            && told.contains("Wrote swept."),
        "{told}"
    );
    assert_eq!(
        (folder.read("swept/cells.csv").lines().count(), fs::read_dir(folder.0.join("swept/cells")).expect("ours").count()),
        (11, 10)
    );
    assert!(folder.read("swept/sweep.svg").contains("Validation accuracy, %"));
    assert!(folder.read("swept/scatter.svg").contains("rank correlation"));
    let value: Value = serde_json::from_str(&folder.read("swept/results.json")).expect("JSON");
    assert_eq!((value["best"].as_array().map(Vec::len), value["points"].as_array().map(Vec::len)), (Some(3), Some(5)));
    assert_eq!((&value["best"][0]["best_rho"], &value["best"][0]["method"]), (&Value::Null, &Value::from("sgd")));

    // The same again trains nothing, and one with another ρ only that.
    let again = folder.basin_ok(&format!("{SWEEP} --out swept --json"));
    assert!(err(&again).contains("10 of them are in the folder already"), "{}", err(&again));
    assert_eq!(serde_json::from_str::<Value>(&out(&again)).expect("JSON"), value);
    let more = folder.basin_ok(&format!("{SWEEP},0.2 --out swept"));
    assert!(err(&more).contains("14 runs") && err(&more).contains("10 of them are in the folder already"), "{}", err(&more));
    // What that said does not stay beside another grid that was stopped.
    let stopped = folder.basin(&format!("{SWEEP},0.8,1.6 --out swept --jobs 1 --stop-after 1"));
    assert_eq!(stopped.status.code(), Some(130), "{}", err(&stopped));
    for name in ["results.json", "cells.csv", "sweep.svg", "scatter.svg"] {
        assert!(!folder.0.join("swept").join(name).exists(), "{name}");
    }
}

#[test]
fn a_sweep_is_the_same_to_the_bit_on_any_number_of_threads_and_after_a_stop() {
    let folder = Folder::new("sweep-jobs");
    let numbers = |name: &str| (folder.read(&format!("{name}/cells.csv")), folder.read(&format!("{name}/results.json")));
    folder.basin_ok(&format!("{SWEEP} --jobs 1 --out one"));
    folder.basin_ok(&format!("{SWEEP} --jobs 3 --out three"));
    assert_eq!(numbers("one"), numbers("three"));
    let stopped = folder.basin(&format!("{SWEEP} --jobs 1 --stop-after 3 --out again"));
    assert_eq!(stopped.status.code(), Some(130), "{}", err(&stopped));
    assert!(err(&stopped).contains("of 10 runs are done; the same command with --out again goes on"), "{}", err(&stopped));
    assert!(!folder.0.join("again/results.json").exists());
    // A file that was cut off is trained again.
    let cell = fs::read_dir(folder.0.join("again/cells")).expect("ours").next().expect("one is done").expect("ours").path();
    fs::write(&cell, "{\"format\":1").expect("ours");
    let on = folder.basin_ok(&format!("{SWEEP} --out again"));
    assert!(err(&on).contains("is damaged: its run is trained again"), "{}", err(&on));
    assert_eq!(numbers("one"), numbers("again"));
}

#[test]
fn a_sweep_over_a_knob_draws_maps_and_bad_input_is_refused_with_a_remedy() {
    let folder = Folder::new("sweep-over");
    let text = out(&folder.basin_ok(&format!("{SWEEP} --over label-noise=0,0.3 --budget equal-gradients --out swept")));
    assert!(text.contains("label noise 0\n") && text.contains("At label noise 0.3: SAM at its own best ρ"), "{text}");
    let map = folder.read("swept/sweep.svg");
    assert!(map.contains("SAM: label noise upwards, ρ along"), "{map}");
    for (more, words) in [
        ("--rho 0.1,0", &["--rho has the value 0", "above 0"][..]),
        ("--rho -0.1", &["--rho has the value -0.1", "above 0"]),
        ("--rho 0.1,0.1", &["--rho", "once"]),
        ("--rho x", &["--rho", "invalid"]),
        ("--over noise=1", &["--over", "no knob `noise`", "label-noise"]),
        ("--over label-noise=2", &["label_noise is 2", "0.9"]),
        ("--validation 0.99", &["validation is 0.99", "0.9"]),
        ("--methods sgd", &["no method has a ρ", "sam"]),
        ("--methods sam,sam", &["SAM is named twice"]),
        ("--methods sam:rho=0.3", &["`rho=0.3` has no place in the method `sam:rho=0.3`", "leave it out"]),
        ("--label-noise 0.2 --over label-noise=0,0.2", &["--label-noise would not count beside --over label-noise"]),
        ("--over lr=nan", &["lr has the value NaN: give finite numbers"]),
        ("--methods adam", &["unknown method `adam`"]),
        ("--methods sgd:rho=0.5,sam", &["`rho=0.5` is no knob of `sgd`", "lr=NUMBER"]),
        ("--methods sam:rho=0.1:rho=0.2", &["`rho` is given twice", "once"]),
        ("--jobs 0", &["--jobs"]),
        ("--budget little", &["--budget", "equal-gradients"]),
    ] {
        let arguments = format!("sweep --data films --epochs 1 {more}");
        refused(&folder.basin(&arguments), words);
    }
    folder.basin_ok(&format!("{SMALL} --out run"));
    refused(&folder.basin(&format!("{SWEEP} --out run")), &["run holds a run of `basin train`", "--out"]);
    // Nor is a sweep's folder one of a run, or of a study.
    for command in [format!("{SMALL} --out swept"), format!("{SMALL} --out swept --force"), "train --resume swept".to_owned()] {
        refused(&folder.basin(&command), &["swept holds a sweep of `basin sweep`"]);
    }
    assert!(folder.0.join("swept/results.json").is_file());
}

#[test]
fn a_cell_that_cannot_be_written_costs_no_results() {
    let folder = Folder::new("sweep-unwritten");
    folder.basin_ok(&format!("{SWEEP} --out swept"));
    let before = folder.read("swept/cells.csv");
    let cell = fs::read_dir(folder.0.join("swept/cells")).expect("ours").next().expect("ten").expect("ours").path();
    fs::remove_file(&cell).expect("ours");
    fs::create_dir_all(cell.join("in the way")).expect("ours");
    let output = folder.basin(&format!("{SWEEP},0.2 --out swept"));
    assert_eq!(output.status.code(), Some(3), "{}", err(&output));
    assert!(err(&output).contains("is a folder where the file of a cell belongs: remove it"), "{}", err(&output));
    assert!(err(&output).contains("the results are written"), "{}", err(&output));
    assert_eq!((before.lines().count(), folder.read("swept/cells.csv").lines().count()), (11, 15));
    let value: Value = serde_json::from_str(&folder.read("swept/results.json")).expect("JSON");
    assert_eq!(value["grid"]["radii"], serde_json::json!([0.1, 0.2, 0.4]));
}

/// Every command that the README shows for sweeps, on less data.
#[test]
fn the_sweeps_of_the_readme_can_be_typed() {
    let folder = Folder::new("sweep-readme");
    let commands: Vec<&str> = include_str!("../../../README.md").lines().filter_map(|line| line.strip_prefix("basin sweep ")).collect();
    assert_eq!(commands.len(), 2);
    for command in commands {
        folder.basin_ok(&format!("sweep {command} --train-size 96 --seeds 1 --epochs 1"));
    }
}
