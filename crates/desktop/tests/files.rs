//! The command line on files of the user: what it says that it took, and the flags to choose otherwise.
//!
//! Every run is small: one seed, one epoch, one lane. Elsewhere: everything else of the command line (`cli.rs`), files of
//! every kind (`basin_train`'s tests).

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

/// A folder of its own for one test; it goes with the test unless the test fails.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("basin-files-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the folder for temporary files can be written");
        Self(path)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).expect("a folder of our own");
    }

    /// Trains one lane for one epoch.
    fn train(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_basin"));
        command.args(["train", "--seeds", "1", "--epochs", "1", "--lanes", "sgd", "--device", "cpu"]).args(arguments);
        command.current_dir(&self.0).env("BASIN_DATA", self.0.join("library")).output().expect("the program can be started")
    }

    /// What it says of a file that it can train on, and its JSON document.
    fn trained(&self, arguments: &[&str]) -> (String, Value) {
        let output = self.train(&[arguments, &["--json"]].concat());
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {text}");
        (text, serde_json::from_slice(&output.stdout).expect("one JSON document"))
    }

    /// What it says of what it cannot do: exit code 2, nothing on standard output, under 300 characters.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.train(arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]), "{arguments:?}: {text}");
        assert!(text.starts_with("basin: ") && text.trim().chars().count() < 307, "{text}");
        text
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

/// Forty rows: an identifier, a title, a text, a topic and a mood, divided by `between`.
fn table(between: &str) -> String {
    let row = |i: usize| {
        let topic = ["billing", "delivery"][i % 2];
        let mood = ["calm", "calm", "angry", "angry"][i % 4];
        [
            format!("{}", 700 + i),
            format!("case number {i} of them"),
            format!("this is what they wrote of {topic} on day {i}"),
            topic.to_owned(),
            mood.to_owned(),
        ]
        .join(between)
            + "\n"
    };
    ["id", "headline", "body", "topic", "mood"].join(between) + "\n" + &(0..40).map(row).collect::<String>()
}

#[test]
fn what_was_taken_is_said_and_in_the_document() {
    let folder = Folder::new("taken");
    folder.write("cases.csv", &(table(";") + "800;an odd one;a text without a topic;;calm\n"));
    let (text, document) = folder.trained(&["--data", "cases.csv"]);
    assert!(
        text.contains(
            "cases.csv is semicolon-separated with a header; text: column 3 (`body`), label: column 4 (`topic`); \
             40 examples in 2 classes: billing 20, delivery 20."
        ),
        "{text}"
    );
    assert!(text.contains("Note: cases.csv: left out 1 row (line 42): the label is empty"), "{text}");
    assert!(text.contains("Note: cases.csv: several columns hold texts: `body` was taken, not `headline`."), "{text}");
    let taken = &document["taken"];
    assert_eq!((&taken["delimiter"], &taken["format"]), (&Value::from(";"), &Value::from("delimited")));
    assert_eq!(taken["columns"], serde_json::json!({ "header": true, "text": 2, "text_b": null, "label": 3 }));
    assert_eq!(taken["names"], serde_json::json!(["id", "headline", "body", "topic", "mood"]));
    assert_eq!(taken["left_out"][0]["lines"], serde_json::json!([42]));
    assert_eq!((&document["flipped"], &document["experiment"]["data"]["label_noise"]), (&Value::from(0), &Value::Null));
}

#[test]
fn columns_are_chosen_by_name_or_number() {
    let folder = Folder::new("columns");
    folder.write("cases.csv", &table(","));
    for (arguments, expected) in [
        (&["--label", "mood"][..], [2, 4]),
        (&["--label", "5"], [2, 4]),
        (&["--label", "MOOD", "--text", "headline"], [1, 4]),
        (&["--text", "2"], [1, 3]),
    ] {
        let (_, document) = folder.trained(&[&["--data", "cases.csv"], arguments].concat());
        let columns = &document["taken"]["columns"];
        assert_eq!([&columns["text"], &columns["label"]], expected.map(Value::from).each_ref(), "{arguments:?}");
    }
    let (text, document) = folder.trained(&["--data", "cases.csv", "--text", "headline", "--text-b", "body"]);
    assert!(text.contains("pairs of column 2 (`headline`) and column 3 (`body`)"), "{text}");
    assert_eq!(document["pairs"], true);
    let (_, document) = folder.trained(&["--data", "cases.csv", "--text-b", "none"]);
    assert_eq!(document["pairs"], false);
    for (arguments, words) in [
        (&["--label", "tpoic"][..], "cases.csv has no column `tpoic`: it has 5 (id, headline, body, topic, mood)"),
        (&["--label", "6"], "cases.csv has no column `6`"),
        (&["--label", "0"], "cases.csv has no column `0`"),
        (&["--text", "topic", "--label", "topic"], "column 4 of cases.csv cannot be both text and label"),
    ] {
        let text = folder.refused(&[&["--data", "cases.csv"], arguments].concat());
        assert!(text.contains(words), "{arguments:?}: {text}");
    }
}

#[test]
fn header_delimiter_and_length_are_chosen() {
    let folder = Folder::new("header");
    folder.write("cases.csv", &table(","));
    folder.write("odd.txt", &table("~").replace("they wrote", "they, wrote;"));
    let (_, document) = folder.trained(&["--data", "cases.csv", "--header", "no", "--label", "4", "--text", "3"]);
    assert_eq!((&document["taken"]["rows"], &document["taken"]["names"][0]), (&Value::from(41), &Value::from("column 1")));
    assert_eq!(document["classes"], serde_json::json!(["billing", "delivery", "topic"]));
    let (_, document) = folder.trained(&["--data", "odd.txt", "--delimiter", "~"]);
    assert_eq!((&document["taken"]["delimiter"], &document["experiment"]["data"]["delimiter"]), (&Value::from("~"), &Value::from("~")));
    let text = folder.refused(&["--data", "cases.csv", "--delimiter", "pipe"]);
    assert!(text.contains("cases.csv has no pipe in its rows (line 1: `id,headline,body,topic,mood`)"), "{text}");
    let (text, _) = folder.trained(&["--data", "cases.csv", "--max-length", "5"]);
    assert!(text.contains("40 of 40 texts have more than 5 tokens") && text.contains("`--max-length`"), "{text}");
    for arguments in [["--header", "maybe"], ["--delimiter", "colon"], ["--delimiter", "7"], ["--max-length", "0"]] {
        let output = folder.train(&[&["--data", "cases.csv"], &arguments[..]].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    let text = folder.refused(&["--data", "helpdesk", "--label", "1"]);
    assert!(text.contains("built-in sets have no columns to choose"), "{text}");
}

#[test]
fn the_columns_of_an_experiment_are_used_with_any_file_or_refused() {
    let folder = Folder::new("experiment");
    folder.write("cases.csv", &table(","));
    folder.write("two.csv", "text,label\na b,x\nc d,y\ne f,x\ng h,y\n");
    let experiment = |name: &str| {
        format!(
            "{{\"data\": {{\"source\": {{\"file\": {{\"name\": \"{name}\"}}}}, \"columns\": {{\"header\": true, \"text\": 1, \"text_b\": null, \"label\": 4}}}}}}"
        )
    };
    folder.write("mine.json", &experiment("cases.csv"));
    folder.write("other.json", &experiment("elsewhere.csv"));
    for name in ["mine.json", "other.json"] {
        let (_, document) = folder.trained(&["--experiment", name, "--data", "cases.csv"]);
        let columns = &document["taken"]["columns"];
        assert_eq!([&columns["text"], &columns["label"]], [1, 4].map(Value::from).each_ref(), "{name}");
        let text = folder.refused(&["--experiment", name, "--data", "two.csv"]);
        assert!(text.contains("two.csv has no column 5: it has 2 (text, label)"), "{text}");
        // A flag beside it changes its own column.
        let (_, document) = folder.trained(&["--experiment", name, "--data", "cases.csv", "--label", "topic"]);
        let columns = &document["taken"]["columns"];
        assert_eq!([&columns["text"], &columns["label"]], [1, 3].map(Value::from).each_ref(), "{name}");
    }
    let text = folder.refused(&["--experiment", "mine.json", "--data", "helpdesk"]);
    assert!(text.contains("the experiment chooses the columns of a file, but its data is built in"), "{text}");
}

#[test]
fn labels_are_changed_only_when_that_is_asked_for() {
    let folder = Folder::new("noise");
    folder.write("cases.csv", &table(","));
    let flipped = |arguments: &[&str]| folder.trained(arguments).1["flipped"].clone();
    assert_eq!(flipped(&["--data", "cases.csv"]), 0);
    assert_eq!(flipped(&["--data", "cases.csv", "--preset", "lesson"]), 0);
    // Seven tenths of 40 are trained on: 28, of which a quarter is 7.
    let (text, document) = folder.trained(&["--data", "cases.csv", "--label-noise", "0.25"]);
    assert_eq!(document["flipped"], 7);
    assert!(text.contains("cases.csv: 7 of 28 training examples have another label than the file gives"), "{text}");
    // The teaching sets come with noise: 0.2 of their training examples.
    let (_, document) = folder.trained(&[]);
    let count: u64 = document["train_counts"].as_array().expect("counts").iter().filter_map(Value::as_u64).sum();
    assert_eq!(document["flipped"], (count as f64 * 0.2).round() as u64);
    // A run that was started with noise keeps it; one that was not stays without.
    for (noise, flips) in [("0.25", 7), ("0", 0)] {
        let out = format!("run{flips}");
        let started =
            folder.train(&["--data", "cases.csv", "--label-noise", noise, "--out", &out, "--stop-after-step", "1", "--batch", "8"]);
        assert_eq!(started.status.code(), Some(130), "{}", String::from_utf8_lossy(&started.stderr));
        let mut resumed = Command::new(env!("CARGO_BIN_EXE_basin"));
        let output = resumed.args(["train", "--json", "--resume", &out]).current_dir(&folder.0).output().expect("it can be started");
        let document: Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
        assert_eq!(document["flipped"], flips);
    }
}

#[test]
fn a_test_file_is_named_in_what_is_wrong_with_it() {
    let folder = Folder::new("test");
    folder.write("cases.csv", &table(","));
    for (text, words) in [
        ("id,headline,body,topic,mood\n", "held.csv has a header (id, headline, body, topic, mood) and no rows"),
        ("", "held.csv is empty"),
        ("text,label\nsome text,billing\n", "held.csv has no column `body`: it has 2 (text, label); give it the columns of cases.csv"),
        ("body,topic\nsome text,refund\n", "held.csv, line 2: the label `refund` is in no row of cases.csv"),
    ] {
        folder.write("held.csv", text);
        let told = folder.refused(&["--data", "cases.csv", "--test", "held.csv"]);
        assert!(told.contains(words), "{told}");
    }
    folder.write("held.csv", "topic,body\nbilling,zzz yyy xxx\ndelivery,they wrote this\n");
    let (text, document) = folder.trained(&["--data", "cases.csv", "--test", "held.csv"]);
    assert!(
        text.contains("held.csv is comma-separated with a header; text: column 2 (`body`), label: column 1 (`topic`); 2 examples"),
        "{text}"
    );
    assert!(text.contains("held.csv: 1 of 2 test texts have no token that the vocabulary knows"), "{text}");
    assert_eq!(document["taken_of_test"]["rows"], 2);
}

#[test]
fn a_file_that_does_not_fit_is_refused_before_it_is_read() {
    let folder = Folder::new("large");
    // A file with a hole: it has no blocks on the disk, and would need 200 MB of memory.
    let file = fs::File::create(folder.0.join("large.csv")).expect("a folder of our own");
    file.set_len(200_000_001).expect("holes cost nothing");
    let text = folder.refused(&["--data", "large.csv"]);
    assert!(text.contains("large.csv has 201 MB, but 200 MB is the most"), "{text}");
}
