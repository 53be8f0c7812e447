//! What is made of runs that are over: classifiers of their own, a list, a report.

mod folder;

use std::fs;

use serde_json::Value;

use folder::{Folder, SMALL, err, out, refused};

/// A page may fetch nothing and name no other host.
fn stands_alone(page: &str) {
    assert!(page.contains("default-src 'none'"));
    for word in ["http://", "https://", "src=\"/", "@import", "<link", "javascript:", "onclick"] {
        assert!(!page.contains(word), "`{word}` in a page that stands alone");
    }
}

#[test]
fn a_lane_is_exported_in_each_form() {
    let folder = Folder::new("export");
    folder.basin_ok(&format!("{SMALL} --lanes sgd,sam:rho=0.3 --out run"));
    let output = folder.basin_ok("export run --lane sam --format onnx --out model");
    assert!(
        err(&output).contains("SAM with seed 1 at step 3 of 3: test accuracy") && err(&output).contains("Wrote model/model.onnx"),
        "{}",
        err(&output)
    );
    for file in ["model.onnx", "tokenizer.json", "model-card.md"] {
        assert!(folder.0.join("model").join(file).is_file(), "{file}");
    }
    let card = folder.read("model/model-card.md");
    let results: Value = serde_json::from_str(&folder.read("run/results.json")).expect("JSON");
    let accuracy = results["lanes"][1]["test_accuracy"]["values"][0].as_f64().expect("a number");
    assert!(card.contains(&format!("{:.2} % ±", accuracy * 100.0)), "the card has the numbers of the results: {card}");
    assert!(card.contains("| Seeds | 1 of the weights"), "{card}");

    // Another seed has other weights; the same one the same bytes.
    folder.basin_ok("export run --lane 2 --seed 2 --format safetensors --out second");
    folder.basin_ok("export run --lane 2 --format safetensors --out first");
    folder.basin_ok("export run --lane 2 --seed 1 --format safetensors --out again");
    let bytes = |name: &str| fs::read(folder.0.join(name).join("model.safetensors")).expect("written");
    assert!(bytes("first") == bytes("again") && bytes("first") != bytes("second"));

    let output = folder.basin_ok("export run --lane sgd --format page --out page");
    assert!(err(&output).contains("Open it in a browser"), "{}", err(&output));
    let page = folder.read("page/index.html");
    stands_alone(&page);
    assert!(page.len() < 1 << 20, "{} bytes", page.len());
}

#[test]
fn what_cannot_be_exported_is_told() {
    let folder = Folder::new("no-export");
    folder.basin_ok(&format!("{SMALL} --lanes sgd,sam --out run"));
    refused(&folder.basin("export nowhere --format onnx --out a"), &["nowhere holds no run"]);
    refused(&folder.basin("export run --format onnx --out a"), &["--lane is missing", "SGD, SAM"]);
    refused(&folder.basin("export run --lane asam --format onnx --out a"), &["no lane `asam`", "1 SGD, 2 SAM"]);
    refused(&folder.basin("export run --lane 1 --seed 9 --format onnx --out a"), &["no seed 9", "1, 2"]);
    refused(&folder.basin("export run --lane 1 --format gguf --out a"), &["gguf", "onnx"]);
    assert!(!folder.0.join("a").exists(), "what is refused leaves no folder");
    refused(&folder.basin("export run --lane 1 --format onnx --out run/results.json"), &["run/results.json", "cannot be"]);
}

#[test]
fn runs_are_listed_with_note_setup_and_verdict() {
    let folder = Folder::new("runs");
    assert!(err(&folder.basin_ok("runs")).contains("no runs below ."));
    folder.basin_ok(&format!("{SMALL} --lanes sgd,sam --out deep/first"));
    let stopped = folder.basin("train --seeds 3 --epochs 2 --train-size 96 --lanes sgd --out deep/second --stop-after-step 2");
    assert_eq!(stopped.status.code(), Some(130));
    folder.basin_ok(&format!("{SMALL} --lanes sgd,sam --lr 0.01 --out third --note=a<higher>rate"));
    let text = out(&folder.basin_ok("runs"));
    for words in [
        "deep/first",
        "deep/second",
        "third",
        "a<higher>rate",
        "finished at step 3",
        "not finished, measured up to step",
        "training.learning_rate 0.01",
        "data.train_size 96",
        "too few seeds to tell",
    ] {
        assert!(text.contains(words), "`{words}` is missing in:\n{text}");
    }
    let value: Value = serde_json::from_str(&out(&folder.basin_ok("runs --json --against deep/first"))).expect("one JSON document");
    let runs = value.as_array().expect("a list");
    assert_eq!(runs.len(), 3);
    let third = runs.iter().find(|run| run["folder"].as_str().is_some_and(|name| name.ends_with("third"))).expect("it is there");
    assert_eq!(third["difference"], serde_json::json!([{ "name": "training.learning_rate", "before": "0.004", "now": "0.01" }]));
    assert_eq!((&third["note"], &third["finished"], &third["step"]), (&"a<higher>rate".into(), &true.into(), &3.into()));
    let second = runs.iter().find(|run| run["folder"].as_str().is_some_and(|name| name.ends_with("second"))).expect("it is there");
    assert_eq!(second["finished"], false);

    fs::write(folder.0.join("third/curves.csv"), "no table").expect("ours");
    let output = folder.basin_ok("runs");
    assert!(err(&output).contains("Left out: ") && err(&output).contains("curves.csv"), "{}", err(&output));
    refused(&folder.basin("runs nowhere"), &["nowhere"]);
    refused(&folder.basin("train --note x"), &["--out"]);
}

#[test]
fn a_report_has_all_that_redoes_its_runs() {
    let folder = Folder::new("report");
    let rows: String =
        (0..60).map(|i| format!("{}\tthe tide number {i} is {}\n", ["up", "down"][i % 2], ["rising", "falling"][i % 2])).collect();
    folder.write("tides.tsv", &rows);
    let run = "train --data tides.tsv --seeds 3 --epochs 4 --batch 8 --lanes sgd,sam";
    folder.basin_ok(&format!("{run} --out first"));
    folder.basin_ok(&format!("{run} --lr 0.001 --out second"));
    folder.basin_ok("train --seeds 2 --epochs 1 --train-size 96 --lanes sgd --out other --note=<b>note</b>");
    let output = folder.basin_ok("report first second other --out report.html");
    assert!(err(&output).contains("Wrote report.html"), "{}", err(&output));
    let page = folder.read("report.html");
    stands_alone(&page);
    assert!(!page.contains("<script"));
    let all = [
        "<h2>first</h2>",
        "<h2>second</h2>",
        "data:image/svg+xml;base64,",
        "<td>training.learning_rate</td><td>0.004</td><td>0.001</td>",
        "SGD: ",
        "points, ",
        "other seeds: they cannot be compared",
        "&lt;b&gt;note&lt;/b&gt;",
        "accuracy against SAM",
        "basin train --experiment experiment.json --data FILE",
        "SHA-256 ",
        "Its data comes with the program.",
        concat!("With basin ", env!("CARGO_PKG_VERSION")),
    ];
    for words in all {
        assert!(page.contains(words), "`{words}` is missing in:\n{page}");
    }
    // What it says redoes the run: the experiment is in it, whole.
    let experiment = page.split("<pre>{").nth(1).and_then(|rest| rest.split("</pre>").next()).expect("the first experiment");
    folder.write("again.json", &format!("{{{}", experiment.replace("&quot;", "\"")));
    folder.basin_ok("train --experiment again.json --data tides.tsv --out again");
    let accuracy = |name: &str| {
        serde_json::from_str::<Value>(&folder.read(&format!("{name}/results.json"))).expect("JSON")["lanes"][0]["test_accuracy"].clone()
    };
    assert_eq!(accuracy("again"), accuracy("first"));
    refused(&folder.basin("report --out report.html"), &["DIR"]);
    refused(&folder.basin("report nowhere --out report.html"), &["nowhere holds no run"]);
}
