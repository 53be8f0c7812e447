//! `basin flatten` from outside.

mod folder;

use serde_json::Value;

use folder::{Folder, out, refused};

#[test]
fn the_valley_meets_its_predictions_and_is_written_in_three_forms() {
    let folder = Folder::new("flatten");
    let output = folder.basin_ok("flatten --on valley --rho 0.08,0.08 --out flat --json");
    let value: Value = serde_json::from_str(&out(&output)).expect("one JSON document");
    let written: Value = serde_json::from_str(&folder.read("flat.json")).expect("JSON");
    assert_eq!(value, written);
    let predictions = value["predictions"].as_array().expect("predictions");
    assert!(predictions.len() == 5 && predictions.iter().all(|found| found["met"] == true), "{predictions:#?}");
    let lines = value["lines"].as_array().expect("lines");
    let end =
        |line: &Value| line["points"].as_array().expect("points").last().expect("a point")["first_weight"].as_f64().expect("a number");
    let ends: Vec<String> = lines.iter().map(|line| format!("{} {} {:.1}", line["line"], line["predicted"], end(line))).collect();
    assert_eq!(
        ends,
        [
            "\"full-batch\" false 1.0",
            "\"one-example\" false 0.0",
            "\"ascent-direction\" false -1.0",
            "\"full-batch\" true 1.0",
            "\"one-example\" true 0.0"
        ]
    );
    // Three runs, and two predicted paths with their starts.
    assert_eq!(folder.read("flat.csv").lines().count(), 1 + 3 * 160 + 2 * 161);
    assert!(folder.read("flat.svg").contains("How SAM flattens: valley"));
}

#[test]
fn the_table_says_how_far_each_prediction_is_off() {
    let folder = Folder::new("flatten-table");
    // At first one example a step lowers λ₁ faster than the whole batch.
    let output = folder.basin("flatten --rho 0.08,0.16 --tau 0.5");
    let text = out(&output);
    for words in
        ["network at rate 0.05", "SAM, whole batch, ρ 0.16", "SAM, one example: predicted", "P1 met, off by at most", "P4 NOT MET:"]
    {
        assert!(text.contains(words), "`{words}` is missing in:\n{text}");
    }
    assert_eq!(output.status.code(), Some(1), "{text}");
}

#[test]
fn numbers_out_of_bounds_are_refused_by_name() {
    let folder = Folder::new("flatten-bounds");
    refused(&folder.basin("flatten --rho 0.04,2"), &["--rho is 2, but must lie between 0.01 and 0.2"]);
    refused(&folder.basin("flatten --rate 1"), &["--rate is 1, but must lie between"]);
    refused(&folder.basin("flatten --tau 0"), &["--tau is 0, but must lie between 0.1 and 10"]);
    refused(&folder.basin("flatten --on valley --start 2"), &["--start is 2"]);
    refused(&folder.basin("flatten --start 0.9"), &["--start is where the valley begins", "--on valley"]);
    refused(&folder.basin("flatten --on hill"), &["there is no landscape `hill`", "valley, network"]);
}
