//! `basin predict` and `basin evaluate` from outside: what they print, what they refuse, and how much memory they take.
//!
//! Every run is small. Elsewhere: the figures (`basin_train::instruments::judge`), how texts are read (`basin_train::data::texts`).

mod folder;

use serde_json::Value;

use folder::{Folder, err, out, refused};

/// 60 rows in two classes that one word tells apart, with a header.
fn table() -> String {
    let row = |i: usize| {
        let (label, word) = if i.is_multiple_of(2) { ("up", "rising") } else { ("down", "falling") };
        format!("{label},\"the tide, number {i}, is {word} today\"\n")
    };
    std::iter::once("topic,what was said\n".to_owned()).chain((0..60).map(row)).collect()
}

/// A folder with a run of two lanes and two seeds that has learned the table.
fn trained(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("tide.csv", &table());
    folder.basin_ok("train --data tide.csv --seeds 2 --epochs 20 --batch 8 --lanes sgd,sam:rho=0.1 --out run");
    folder
}

fn rows(csv: &str) -> Vec<Vec<&str>> {
    csv.lines().map(|line| line.split(',').collect()).collect()
}

#[test]
fn texts_are_answered_from_a_pipe_a_file_and_a_table() {
    let folder = trained("predict");
    let output = folder.shell("printf 'it is rising\\n\\nit is falling\\n' | \"$BASIN\" predict run --lane sam");
    let (text, told) = (out(&output), err(&output));
    let rows = rows(&text);
    assert_eq!(rows[0], ["line", "text", "lane", "rank", "class", "probability", "deviation", "seeds_agreeing"], "{told}");
    assert_eq!(rows.len(), 3, "{text}");
    for (row, (line, class)) in rows[1..].iter().zip([("1", "up"), ("3", "down")]) {
        assert_eq!((row[0], row[2], row[3], row[4], row[7]), (line, "SAM", "1", class, "2"), "{text}");
        let [probability, deviation] = [row[5], row[6]].map(|cell| cell.parse::<f64>().expect("a number"));
        assert!(probability > 0.5 && probability <= 1.0 && (0.0..0.5).contains(&deviation), "{text}");
    }
    assert!(told.contains("standard input: each line is a text") && told.contains("2 texts answered by 2 seeds a lane"), "{told}");

    // The column has the name that it had in the training file, wherever it stands; both lanes answer, two classes each.
    folder.write("new.csv", "id,what was said\n7,\"rising, rising\"\n8,\n");
    let text = out(&folder.basin_ok("predict run --data new.csv --top 2"));
    assert_eq!(text.lines().count(), 1 + 2 * 2 * 2, "{text}");
    assert!(text.contains("2,\"rising, rising\",SGD,1,up,"), "{text}");
    let told = err(&folder.basin_ok("predict run --data new.csv"));
    assert!(
        told.contains("text: column 2 (`what was said`)") && told.contains("Note: 1 text has no token that the vocabulary knows"),
        "{told}"
    );

    let output = folder.shell("printf '{\"text\": \"falling\"}\\n' | \"$BASIN\" predict run/checkpoint.safetensors --json --top 2");
    let value: Value = serde_json::from_str(&out(&output)).expect("one JSON object a line");
    assert_eq!((&value["line"], &value["text"]), (&Value::from(1), &Value::from("falling")));
    let answers = value["lanes"][1]["answers"].as_array().expect("two answers");
    assert_eq!((&value["lanes"][1]["lane"], &answers[0]["class"]), (&Value::from("sam:rho=0.1"), &Value::from("down")));
    let sum: f64 = answers.iter().filter_map(|answer| answer["probability"].as_f64()).sum();
    assert!((sum - 1.0).abs() < 1e-9, "{value}");
}

#[test]
fn what_cannot_be_answered_is_told_with_its_line_and_remedy() {
    let folder = trained("refused");
    refused(&folder.basin("predict nowhere --data tide.csv"), &["nowhere holds no run"]);
    refused(&folder.basin("predict run --lane 3 --data tide.csv"), &["there is no lane `3`", "1 SGD, 2 SAM"]);
    refused(&folder.basin("predict run --data none.csv"), &["none.csv cannot be read"]);
    refused(&folder.basin("predict run --top 0 --data tide.csv"), &["--top is 0"]);
    refused(&folder.basin("predict run --label topic --data tide.csv"), &["basin evaluate"]);
    folder.write("other.csv", "a,b\n1,x y\n2,z\n");
    refused(&folder.basin("predict run --data other.csv"), &["no column that is surely the text", "(a, b)", "--text"]);
    folder.write("head.csv", "what was said\n");
    refused(&folder.basin("predict run --data head.csv"), &["head.csv has no rows below its header"]);
    refused(&folder.basin("predict run --data head.csv --json"), &["head.csv has no rows below its header"]);
    folder.write("wide.csv", "id,what was said\n");
    refused(&folder.basin("predict run --data wide.csv --header yes"), &["wide.csv has no rows below its header"]);
    refused(&folder.basin("predict tide.csv --data tide.csv"), &["tide.csv: this is no saved run of Basin", "`basin train --out`"]);
    // A lane answers once, however often it is named.
    let text = out(&folder.basin_ok("predict run --data other.csv --text b --lane 1,sgd,SGD"));
    assert_eq!(text.lines().count(), 3, "{text}");
    let text = out(&folder.basin_ok("predict run --data other.csv --text b --lane 1"));
    assert!(text.contains("2,x y,SGD,1,"), "{text}");
    let output = folder.shell("printf '{\"text\": \"a\"}\\n[]\\n' | \"$BASIN\" predict run");
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("standard input, line 2: it is no JSON object"), "{}", err(&output));

    refused(&folder.basin("evaluate run --text b"), &["--data FILE"]);
    folder.write("labelled.csv", "topic,what was said\nup,rising\nsideways,so so\n");
    refused(&folder.basin("evaluate run --data labelled.csv"), &["labelled.csv, line 3: the label `sideways` is in no row of tide.csv"]);
}

/// A run that learned from a table without a header takes sentences for sentences, and reads what `train` reads.
#[test]
#[cfg(unix)]
fn texts_are_whole_whatever_the_run_learned_from() {
    let folder = Folder::new("whole");
    folder.write("tide.tsv", &table().lines().skip(1).map(|line| line.replacen(',', "\t", 1).replace('"', "") + "\n").collect::<String>());
    folder.basin_ok("train --data tide.tsv --seeds 1 --epochs 2 --batch 8 --lanes sgd --out run");
    for text in ["it is rising, but falling", "it is rising; falling", "it is rising, a bit\nit is falling, a bit"] {
        let output = folder.shell(&format!("printf '{text}\n' | \"$BASIN\" predict run --json"));
        let texts: Vec<Value> = out(&output).lines().map(|line| serde_json::from_str(line).expect("one JSON object a line")).collect();
        let texts: Vec<&str> = texts.iter().filter_map(|value| value["text"].as_str()).collect();
        assert_eq!(texts, text.lines().collect::<Vec<_>>(), "{}", err(&output));
    }
    let told = err(&folder.basin_ok("predict run --data tide.tsv --text-b none"));
    assert!(told.contains("tide.tsv: tab-separated without a header, text: column 2"), "{told}");
    folder.write("fast.txt", "__label__up it is rising\n__label__down it is falling\n");
    let output = folder.basin_ok("predict run --data fast.txt");
    assert!(out(&output).contains("\n1,it is rising,SGD") && err(&output).contains("the labels before it"), "{}", err(&output));
    folder.write("list.json", "[{\"text\": \"it is rising\"},\n{\"text\": \"it is falling\"}]\n");
    assert!(out(&folder.basin_ok("predict run --data list.json")).contains("\n2,it is falling,SGD"));
    // Texts alone, as JSON: they can be answered, but not judged.
    folder.write("texts.json", "[\"it is rising\",\n\"it is falling, a bit\"]\n");
    assert!(out(&folder.basin_ok("predict run --data texts.json")).contains("\n2,\"it is falling, a bit\",SGD"));
    let output = folder.shell("printf '\"it is rising\"\\n\"it is falling\"\\n' | \"$BASIN\" predict run");
    assert!(out(&output).contains("\n2,it is falling,SGD"), "{}", err(&output));
    let told = ["texts.json, line 1: element 1 of its list (`\"it is rising\"`)", "one object per example", "`basin predict`"];
    refused(&folder.basin("evaluate run --data texts.json"), &told);
}

#[test]
fn data_sets_are_judged_by_name_and_files_called_alike_are_told_apart() {
    let folder = trained("alike");
    std::fs::create_dir_all(folder.0.join("library")).expect("a folder of our own");
    folder.write("library/tides.tsv", "up\tit is rising\ndown\tit is falling\n");
    let output = folder.basin_ok("evaluate run --data tides --text 2 --label 1 --header no");
    assert!(out(&output).contains("2 examples of tides.tsv"), "{}", out(&output));
    refused(&folder.basin("evaluate run --data reviews"), &["`reviews` are generated", "name a file"]);
    refused(&folder.basin("evaluate run --data nowhere"), &["there is no file nowhere, and no data set of that name"]);
    folder.write("library/tide.csv", "topic,what was said\nsideways,so so\n");
    refused(
        &folder.basin("evaluate run --data library/tide.csv"),
        &["library/tide.csv, line 2: the label `sideways` is in no row of the tide.csv that the run learned from"],
    );
}

/// 100,000 texts through one process, whose memory stays below a bound; and a reader that has seen enough ends it in peace.
#[test]
#[cfg(target_os = "linux")]
fn a_hundred_thousand_texts_stream_through() {
    let folder = trained("stream");
    let texts = "seq 1 100000 | sed 's/.*/the tide number & is rising today, and so on, and so on/'";
    let script = format!("{texts} | (ulimit -v 4000000; \"$BASIN\" predict run --lane sgd) | tail -n 1");
    let output = folder.shell(&script);
    let text = out(&output);
    assert!(text.starts_with("100000,") && text.contains(",SGD,1,up,"), "{text}\n{}", err(&output));
    assert!(err(&output).contains("100000 texts answered"), "{}", err(&output));
    let output = folder.shell(&format!("{texts} | \"$BASIN\" predict run | head -n 3"));
    assert_eq!(out(&output).lines().count(), 3);
    assert!(!err(&output).contains("panicked") && !err(&output).contains("basin:"), "{}", err(&output));
}

#[test]
fn a_run_is_judged_in_short_and_in_detail() {
    let folder = trained("evaluate");
    let text = out(&folder.basin_ok("evaluate run"));
    for words in [
        "18 examples of the test set, answered at step",
        "accuracy, %",
        "SAM",
        "all seeds together",
        "linear model",
        "always `",
        "--lane LANE",
    ] {
        assert!(text.contains(words), "`{words}` is missing in:\n{text}");
    }
    assert!(!text.contains("Reliability"), "{text}");
    let text = out(&folder.basin_ok("evaluate run --lane sgd --out judged"));
    for words in ["SGD", "precision, %", "Labels (rows) and answers (columns)", "Reliability", "surest mistakes", "doubt most"] {
        assert!(text.contains(words), "`{words}` is missing in:\n{text}");
    }
    assert!(!text.contains("SAM"), "{text}");
    for name in ["figures", "classes", "confusion", "reliability", "mistakes", "suspects"] {
        assert!(folder.read(&format!("judged-{name}.csv")).lines().count() >= 1);
    }
    assert_eq!(rows(&folder.read("judged-figures.csv")).len(), 1 + 2 + 1 + 1, "two seeds, both together, the linear model");

    // The accuracies are those of the run itself; all is right of what one word tells apart.
    let value: Value = serde_json::from_str(&out(&folder.basin_ok("evaluate run --json"))).expect("one JSON document");
    let results: Value = serde_json::from_str(&folder.read("run/results.json")).expect("one JSON document");
    for (lane, judged) in value["judgement"]["lanes"].as_array().expect("lanes").iter().enumerate() {
        for member in 0..2 {
            let [found, told] = [&judged["members"][member]["accuracy"], &results["lanes"][lane]["test_accuracy"]["values"][member]]
                .map(|number| number.as_f64().expect("a number"));
            assert!((found - told).abs() < 1e-6, "{found} {told}");
        }
    }

    // Other labelled texts: two of three right.
    folder.write("new.csv", "what was said,topic\nit is rising,up\nit is falling,down\nit is falling again,up\n");
    let output = folder.basin_ok("evaluate run --lane sgd --data new.csv");
    let text = out(&output);
    assert!(text.contains("3 examples of new.csv") && text.contains("66.7"), "{text}");
    assert!(text.contains("it is falling again"), "the mistake is told: {text}");
    assert!(err(&output).contains("new.csv is comma-separated with a header"), "{}", err(&output));
}

#[test]
fn labels_that_were_made_wrong_are_found() {
    let folder = Folder::new("suspects");
    folder.basin_ok("train --data films --seeds 2 --epochs 3 --lanes sam:rho=0.7 --train-size 400 --out run");
    let value: Value = serde_json::from_str(&out(&folder.basin_ok("evaluate run --json"))).expect("one JSON document");
    let judgement = &value["judgement"];
    // 30 % of 400.
    assert_eq!((&judgement["flipped"], &judgement["training_examples"]), (&Value::from(120), &Value::from(400)));
    let precision = judgement["lanes"][0]["precision"].as_array().expect("there is something to find");
    let at: Vec<(u64, f64)> =
        precision.iter().map(|at| (at["k"].as_u64().expect("a number"), at["precision"].as_f64().expect("a number"))).collect();
    assert_eq!(at.iter().map(|(k, _)| *k).collect::<Vec<_>>(), [10, 20, 50, 100, 120]);
    assert!(at[0].1 > 0.6, "chance finds 30 %: {at:?}");
    let text = out(&folder.basin_ok("evaluate run --out judged"));
    assert!(text.contains("120 labels were made wrong on purpose (30.0 %"), "{text}");
    // The table tells ten, the file all: every label that all seeds together do not answer.
    let lane = &judgement["lanes"][0];
    let learned = (400.0 * lane["train_accuracy"].as_f64().expect("a number")).round() as usize;
    let suspects = lane["suspects"].as_array().expect("a list");
    assert!(suspects.iter().all(|one| one["label"] != one["answer"]) && suspects.len() > 50, "{suspects:?}");
    assert_eq!((suspects.len(), folder.read("judged-suspects.csv").lines().count()), (400 - learned, 401 - learned));
    assert!(text.contains(&format!("(the first 10 of {})", suspects.len())), "{text}");
    let wrong = (1.0 - lane["together"]["accuracy"].as_f64().expect("a number")) * judgement["examples"].as_f64().expect("a number");
    assert_eq!(folder.read("judged-mistakes.csv").lines().count(), 1 + wrong.round() as usize);
}

#[test]
fn a_lane_that_knows_its_labels_by_heart_doubts_none_and_says_so() {
    let folder = trained("by-heart");
    let text = out(&folder.basin_ok("evaluate run --lane sgd --out judged"));
    assert!(text.contains("has learned its training labels by heart") && text.contains("--keep best"), "{text}");
    assert_eq!(folder.read("judged-suspects.csv").lines().count(), 1, "it answers them all");
    // All 18 are right: no temperature is best, and an empty cell says so.
    let figures = folder.read("judged-figures.csv");
    let rows = rows(&figures);
    let [accuracy, temperature] = ["accuracy", "temperature"].map(|name| rows[0].iter().position(|head| *head == name).expect("a column"));
    assert_eq!((rows[1][accuracy], rows[1][temperature], rows[1][1]), ("1", "", ""), "{figures}");
}

#[test]
fn one_seed_has_no_deviation() {
    let folder = Folder::new("one-seed");
    folder.write("tide.csv", &table());
    folder.basin_ok("train --data tide.csv --seeds 1 --epochs 2 --batch 8 --lanes sgd --out run");
    let text = out(&folder.shell("echo 'it is rising' | \"$BASIN\" predict run"));
    let rows = rows(&text);
    assert_eq!((rows[0][6], rows[1][6], rows[1][7]), ("deviation", "", "1"), "{text}");
    let text = out(&folder.shell("echo 'it is rising' | \"$BASIN\" predict run --json"));
    assert!(text.contains("\"deviation\":null"), "{text}");
}

#[test]
fn weights_that_are_cut_off_are_told() {
    let folder = trained("cut-off");
    assert!(!out(&folder.basin_ok("runs run")).contains("cannot be read"));
    let whole = std::fs::read(folder.0.join("run/checkpoint.safetensors")).expect("it was saved");
    for length in [0, 7, 100, whole.len() - 1] {
        std::fs::write(folder.0.join("run/checkpoint.safetensors"), &whole[..length]).expect("ours");
        let text = out(&folder.basin_ok("runs run"));
        assert!(text.contains("finished at step") && text.contains("but its weights cannot be read"), "{length}: {text}");
        let remedy = "put a copy of the file there, or train it anew with `basin train --experiment run/experiment.json";
        for command in ["predict run --data tide.csv", "evaluate run", "export run --lane 1 --format onnx --out model"] {
            refused(&folder.basin(command), &["run/checkpoint.safetensors is empty or cut off", remedy]);
        }
    }
}

#[test]
fn the_best_epoch_is_kept_and_told_beside_the_last() {
    let folder = Folder::new("best");
    let output = folder.basin_ok("train --data films --seeds 2 --epochs 6 --lanes sgd --train-size 300 --keep best --out run");
    let text = out(&output);
    assert!(text.contains("\n  epoch ") && text.contains("linear model") && text.contains("held back from training"), "{text}");
    assert!(err(&output).contains("held back from training, to choose the best epoch of each seed by"), "{}", err(&output));
    let results: Value = serde_json::from_str(&folder.read("run/results.json")).expect("one JSON document");
    let lane = &results["lanes"][0];
    let best = lane["best_epoch"]["test_accuracy"]["values"].as_array().expect("of each seed");
    assert!(results["linear_model"]["test_accuracy"].as_f64().is_some_and(|accuracy| accuracy > 0.5), "{results}");
    // What is judged and asked is the best epoch.
    let value: Value = serde_json::from_str(&out(&folder.basin_ok("evaluate run --json"))).expect("one JSON document");
    for (member, best) in best.iter().enumerate() {
        let [found, told] =
            [&value["judgement"]["lanes"][0]["members"][member]["accuracy"], best].map(|number| number.as_f64().expect("a number"));
        assert!((found - told).abs() < 1e-6, "{found} {told}");
    }
    assert_eq!(value["weights_of"], "chosen epochs");
    let epoch = lane["best_epoch"]["epoch"]["values"][1].as_f64().expect("a number");
    folder.basin_ok("evaluate run --out judged");
    let figures = folder.read("judged-figures.csv");
    // The second seed: no step, but an epoch.
    assert_eq!(rows(&figures)[2][..2], [String::new(), epoch.to_string()], "{figures}");
    let exported = err(&folder.basin_ok("export run --seed 2 --format onnx --out model"));
    let when = format!("with seed 2 at epoch {epoch} of 6, which was chosen by examples that were held back from training: test");
    assert!(exported.contains(&when), "{exported}");
    assert!(folder.read("model/model-card.md").contains(&format!("epoch {epoch} of 6")));
    let experiment: Value = serde_json::from_str(&folder.read("run/experiment.json")).expect("one JSON document");
    assert_eq!(experiment["data"]["selection"], 0.1);
    folder.basin_ok("train --experiment run/experiment.json --keep last --epochs 1 --out last");
    let experiment: Value = serde_json::from_str(&folder.read("last/experiment.json")).expect("one JSON document");
    assert_eq!(experiment["data"]["selection"], 0.0);
}

/// The examples of the README, as they stand there.
#[test]
#[cfg(unix)]
fn the_examples_of_the_readme_work() {
    let readme = include_str!("../../../README.md");
    let (_, part) = readme.split_once("## Judge and use a run\n").expect("the part on judging");
    let block = part.split("```").nth(1).expect("a block of commands");
    let commands: Vec<&str> = block.lines().filter(|line| !line.trim().is_empty()).collect();
    assert!(commands.len() >= 4 && commands[0].starts_with("basin train"), "{commands:?}");
    let folder = Folder::new("readme");
    folder.write("reviews.csv", &table().replace("topic", "label").replace("what was said", "text"));
    folder.write("new.csv", "text,label\nit is rising,up\nit is falling,down\n");
    folder.write("mails.txt", "it is rising\nit is falling\n");
    for command in commands {
        let script = command.replace("basin ", "\"$BASIN\" ");
        let output = folder.shell(&script);
        assert!(output.status.success(), "{command}: {}", err(&output));
        assert!(command.contains("train") || !out(&output).is_empty(), "{command}");
    }
}
