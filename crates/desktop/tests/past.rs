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
        "<td>Learning rate η</td><td>0.004</td><td>0.001</td>",
        "SGD: ",
        "points, ",
        "<td>Columns</td><td>guessed</td><td>text: column 2, label: column 1, no header</td>",
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
    // Three runs, and the two that share lanes and test examples over each other.
    assert_eq!((page.matches("<img").count(), page.matches("accuracy of the lanes that runs share").count()), (4, 1));
    // What it says redoes the run: the experiment is in it, whole.
    let experiment = page.split("<pre>{").nth(1).and_then(|rest| rest.split("</pre>").next()).expect("the first experiment");
    folder.write("again.json", &format!("{{{}", experiment.replace("&quot;", "\"")));
    folder.basin_ok("train --experiment again.json --data tides.tsv --out again");
    let accuracy = |name: &str| {
        serde_json::from_str::<Value>(&folder.read(&format!("{name}/results.json"))).expect("JSON")["lanes"][0]["test_accuracy"].clone()
    };
    assert_eq!(accuracy("again"), accuracy("first"));
    folder.basin_ok("report first ./first --out twice.html");
    assert_eq!(folder.read("twice.html").matches("<section>").count(), 1);
    refused(&folder.basin("report --out report.html"), &["DIR"]);
    refused(&folder.basin("report nowhere --out report.html"), &["nowhere holds no run"]);
}

/// Sixty short texts of two classes, in which `word` stands for what differs.
fn tides(word: &str) -> String {
    (0..60).map(|i| format!("{}\tthe {word} number {i} is {}\n", ["up", "down"][i % 2], ["rising", "falling"][i % 2])).collect()
}

#[test]
fn a_report_tells_what_the_results_told() {
    let folder = Folder::new("told");
    folder.write("tides.tsv", &tides("tide"));
    folder.basin_ok("train --data tides.tsv --seeds 2 --epochs 2 --lanes sgd,sam --validation --out held");
    folder.basin_ok("train --seeds 2 --epochs 2 --train-size 96 --lanes sgd,sam:rho=90 --lr 0.000001 --keep best --out kept");
    let path = folder.0.join("kept/results.json");
    let mut results: Value = serde_json::from_str(&folder.read("kept/results.json")).expect("JSON");
    let class = results["classes"][1].as_str().expect("a name").to_owned();
    results["lanes"][1]["only_answer"] = serde_json::json!([class, class]);
    fs::write(path, results.to_string()).expect("ours");

    folder.basin_ok("report held --out held.html");
    let page = folder.read("held.html");
    for words in ["validation accuracy, %", "validation loss", "always `", "linear model", "to validate on"] {
        assert!(page.contains(words), "`{words}` is missing in:\n{page}");
    }
    assert!(!page.contains("test accuracy") && page.contains("on validation examples: SGD"), "{page}");
    assert!(folder.read("held/curves.svg").contains("Validation accuracy"));
    assert!(out(&folder.basin_ok("runs held")).contains("on validation examples: SGD"));

    folder.basin_ok("report kept --out kept.html");
    let page = folder.read("kept.html");
    let best = results["lanes"][0]["best_epoch"]["test_accuracy"]["mean"].as_f64().expect("a number") * 100.0;
    let linear = results["linear_model"]["test_accuracy"].as_f64().expect("a number") * 100.0;
    let always = results["most_frequent_class"]["test_share"].as_f64().expect("a number") * 100.0;
    let flipped = results["flipped"].as_u64().expect("a number");
    assert!(flipped > 0);
    let all = [
        "<td>  epoch ".to_owned(),
        format!("<td>{best:.2} ± "),
        format!("<td>linear model</td><td>{linear:.2}</td>"),
        format!("</td><td>{always:.2}</td>"),
        format!("{flipped} training labels flipped"),
        format!("SAM: answers only `{class}`"),
        "<h3>Notes of the program</h3>".to_owned(),
    ];
    for words in all {
        assert!(page.contains(&words), "`{words}` is missing in:\n{page}");
    }
    // What is summed up is what the run hands on: its epochs kept, of which no class is known to be the only answer.
    let text = out(&folder.basin_ok("runs kept"));
    assert!(text.contains(&format!("  at the epochs kept: SGD {best:.1} ±")), "{text}");
    assert!(text.contains(&format!("at the last epoch answers only `{class}`")) && page.contains("at the epochs kept: SGD"), "{text}");
    let listed: Value = serde_json::from_str(&out(&folder.basin_ok("runs kept --json"))).expect("JSON");
    assert_eq!((&listed[0]["weights_of"], &listed[0]["weights_can_be_read"]), (&"chosen epochs".into(), &true.into()));
    assert!(text.contains(&format!("{flipped} training labels flipped")) && text.contains(&format!("answers only `{class}`")), "{text}");

    // Against another run that keeps its epochs: the mean of the differences of these, by seed.
    folder.basin_ok("train --experiment kept/experiment.json --lr 0.01 --out faster");
    folder.basin_ok("report kept faster --out both.html");
    let page = folder.read("both.html");
    let accuracies = |name: &str| -> Vec<f64> {
        let results: Value = serde_json::from_str(&folder.read(&format!("{name}/results.json"))).expect("JSON");
        let values = results["lanes"][0]["best_epoch"]["test_accuracy"]["values"].as_array().expect("of each seed");
        values.iter().map(|value| value.as_f64().expect("a number")).collect()
    };
    let (before, after) = (accuracies("kept"), accuracies("faster"));
    let mean = 100.0 * ((after[0] - before[0]) + (after[1] - before[1])) / 2.0;
    let row = page.lines().find(|line| line.starts_with("<tr><td>faster")).expect("a row");
    assert!(row.contains(&format!("{:.2} ± ", mean.abs())) && row.contains("(at the epochs kept)"), "{mean}: {row}");

    // Against one that keeps none, the last epochs of both count.
    folder.basin_ok("train --experiment kept/experiment.json --lr 0.01 --keep last --out plain");
    folder.basin_ok("report kept plain --out mixed.html");
    let page = folder.read("mixed.html");
    let last = |name: &str| -> Vec<f64> {
        let results: Value = serde_json::from_str(&folder.read(&format!("{name}/results.json"))).expect("JSON");
        let values = results["lanes"][0]["test_accuracy"]["values"].as_array().expect("of each seed");
        values.iter().map(|value| value.as_f64().expect("a number")).collect()
    };
    let (before, after) = (last("kept"), last("plain"));
    let mean = 100.0 * ((after[0] - before[0]) + (after[1] - before[1])) / 2.0;
    let row = page.lines().find(|line| line.starts_with("<tr><td>plain")).expect("a row");
    assert!(row.contains(&format!("{:.2} ± ", mean.abs())) && row.contains("(at the last epoch of both"), "{mean}: {row}");

    folder.basin_ok("train --resume kept --more-epochs 3");
    folder.basin_ok("report kept --out more.html");
    let page = folder.read("more.html");
    assert!(page.contains("It went on past this plan") && page.contains("--more-epochs 3</code>"), "{page}");

    // Without results the checkpoint tells the rest, and there is no verdict.
    let stopped = folder.basin("train --data tides.tsv --seeds 3 --epochs 2 --lanes sgd,sam --out short --stop-after-step 1");
    assert_eq!(stopped.status.code(), Some(130));
    folder.basin_ok("report short --out short.html");
    let page = folder.read("short.html");
    assert!(page.contains("always `") && page.contains("So far, without a verdict"), "{page}");
    assert!(!page.contains("beyond chance") && !page.contains("against SAM"), "{page}");
}

#[test]
fn runs_with_other_test_examples_have_no_verdict() {
    let folder = Folder::new("other-tests");
    for (name, word) in [("a", "tide"), ("b", "flood"), ("c", "tide")] {
        fs::create_dir(folder.0.join(name)).expect("ours");
        folder.write(&format!("{name}/tides.tsv"), &tides(word));
        folder.basin_ok(&format!("train --data {name}/tides.tsv --seeds 3 --epochs 1 --lanes sgd --out run-{name}"));
    }
    folder.basin_ok("report run-a run-b run-c --out report.html");
    let page = folder.read("report.html");
    let row = |name: &str| page.lines().find(|line| line.starts_with(&format!("<tr><td>run-{name}"))).expect("a row").to_owned();
    // The same names and counts in another file; a copy of the file.
    assert!(row("b").contains("other test examples"), "{}", row("b"));
    assert!(row("c").contains("points, ") || row("c").contains("identical in every seed"), "{}", row("c"));
}

#[test]
fn a_lane_is_meant_by_its_words_too() {
    let folder = Folder::new("lane-words");
    folder.basin_ok(&format!("{SMALL} --lanes sgd,sam,delta-sam:rule=head --out run"));
    for word in ["delta-sam", "delta-sam:rule=head", "3"] {
        assert!(
            err(&folder.basin_ok(&format!("export run --lane {word} --format safetensors --out m{word}"))).contains("δ-SAM head"),
            "{word}"
        );
    }
    refused(
        &folder.basin("export run --lane delta-sam:rule=noise --format onnx --out a"),
        &["there is no lane `delta-sam:rule=noise`", "3 δ-SAM head"],
    );
}

#[test]
fn a_table_with_other_names_is_judged_by_its_columns() {
    let folder = Folder::new("other-names");
    folder.write("tides.csv", &format!("label,text\n{}", tides("tide").replace('\t', ",")));
    folder.write("floods.csv", &format!("topic,comment\n{}", tides("flood").replace('\t', ",")));
    let output = folder.basin_ok("train --data tides.csv --seeds 1 --epochs 1 --lanes sgd --validation --label-noise 0.1 --out run");
    assert!(!err(&output).contains("test texts"), "{}", err(&output));
    refused(&folder.basin("evaluate run --data floods.csv"), &["floods.csv has no column `text`", "`--text` and `--label`", "tides.csv"]);
    let text = out(&folder.basin_ok("evaluate run --data floods.csv --text comment --label topic"));
    assert!(text.contains("60 examples of floods.csv"), "{text}");
    // The rows of a class are copies of each other: validation texts are known from training.
    folder.write("same.csv", &format!("label,text\n{}", "up,the tide is rising\ndown,the tide is falling\n".repeat(30)));
    let told = err(&folder.basin_ok("train --data same.csv --seeds 1 --epochs 1 --lanes sgd --validation"));
    assert!(told.contains("validation texts are also in the training set") && !told.contains("test texts"), "{told}");
}
