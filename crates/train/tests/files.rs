//! Nasty files: what people drop on the window, and what they are told.
//!
//! Through the public interface only. Kinds of good files: `kinds.rs`. The finer points are tested beside the files of `src/data`.

use basin_train::data::dataset::Dataset;
use basin_train::data::reading::{Chosen, inspect};
use basin_train::experiment::{DataConfig, DataSource};
use basin_train::protocol::{Files, NamedBytes};

fn files(name: &str, bytes: impl Into<Vec<u8>>) -> Files {
    Files { train: NamedBytes { name: name.to_owned(), bytes: bytes.into() }, test: None }
}

fn load(files: &Files) -> Result<Dataset, String> {
    let source = DataSource::File { name: files.train.name.clone() };
    let config = DataConfig { source, ..DataConfig::default() };
    Dataset::load(&config, Some(files)).map_err(|error| error.to_string())
}

/// What `load` complains of; every word of `words` must be in it.
fn complains(files: &Files, words: &[&str]) {
    let error = load(files).expect_err("a file that cannot be trained on");
    assert!(words.iter().all(|word| error.contains(word)), "{error}");
}

/// Ten good lines.
const GOOD: &str =
    "pos\tI like it\nneg\tI hate it\npos\tso good\nneg\tso bad\npos\tlovely\nneg\tawful\npos\ta joy\nneg\ta pain\npos\tyes!\nneg\tno!\n";

#[test]
fn empty() {
    for bytes in [&b""[..], b"\n\n", b"\xEF\xBB\xBF", b" \t \r\n"] {
        complains(&files("empty.tsv", bytes), &["empty.tsv is empty", "label<TAB>text"]);
        assert!(inspect(&files("empty.tsv", bytes), Chosen::default()).is_err());
    }
}

#[test]
fn a_header_and_nothing_else() {
    complains(&files("head.csv", "text,label\n"), &["head.csv has a header (text, label) and no rows"]);
}

#[test]
fn one_class() {
    let one = "pos\tI like it\npos\tso good\npos\tlovely\n";
    complains(&files("one.tsv", one), &["every row of one.tsv has the label `pos`", "at least two classes"]);
}

#[test]
fn one_row() {
    complains(&files("row.tsv", "pos\tI like it\n"), &["row.tsv has the label `pos`"]);
}

#[test]
fn one_column() {
    complains(&files("lines.txt", "just a line\nand one more\n"), &["lines.txt has one column", "line 1", "just a line"]);
    complains(&files("lines.tsv", "text\tlabel\njust a line\n"), &["lines.tsv has one column", "line 2", "just a line"]);
}

#[test]
fn a_label_seen_once() {
    let data = load(&files("once.tsv", format!("{GOOD}odd\twhat is this\n"))).expect("ten good lines");
    assert_eq!(data.classes, ["neg", "odd", "pos"]);
    assert_eq!((data.train_counts()[1], data.test_counts()[1]), (1, 0));
    assert!(data.notes[0].contains("once.tsv") && data.notes[0].contains("`odd` (1, line 11)"), "{:?}", data.notes);
}

#[test]
fn a_line_of_ten_megabytes() {
    let long = "word ".repeat(2_000_000);
    for name in ["long.tsv", "long.txt", "long.csv"] {
        let data = load(&files(name, format!("{GOOD}pos\t{long}\n"))).expect("a long text is a text");
        let longest = data.train.iter().chain(&data.test).map(|example| example.tokens.len()).max();
        assert_eq!(longest, Some(128), "max_length cuts it");
        let table = inspect(&files(name, format!("pos\t{long}\n{GOOD}")), Chosen::default()).expect("a table");
        assert_eq!((table.taken.rows, table.head[0][1].chars().count()), (11, 200));
    }
    let json = format!("{{\"text\": \"{long}\", \"label\": 1}}\n{{\"text\": \"b\", \"label\": 0}}\n{{\"text\": \"c\", \"label\": 1}}\n");
    assert!(load(&files("long.jsonl", json)).is_ok());
    // One word of ten megabytes, a line of commas, an open quote before ten megabytes.
    assert!(load(&files("word.tsv", format!("{GOOD}pos\t{}\n", "x".repeat(10_000_000)))).is_ok());
    complains(&files("commas.csv", ",".repeat(10_000_000)), &["commas.csv is empty"]);
    complains(&files("quote.csv", format!("a,b\nc,\"{long}, d\n")), &["quote.csv, line 2: a quote opens"]);
}

#[test]
fn broken_utf_8() {
    let data = load(&files("latin.tsv", [GOOD.as_bytes(), b"pos\ttr\xE8s bien\n"].concat())).expect("one odd byte");
    assert!(
        data.notes[0].contains("latin.tsv: 1 line was not UTF-8") && data.notes[0].contains("line 11: `pos très bien`"),
        "{:?}",
        data.notes
    );
}

#[test]
fn too_many_rows() {
    let row = |i: usize| format!("{}\ttext {i}\n", i % 2);
    let rows = |count: usize| (0..count).map(row).collect::<String>();
    complains(&files("many.tsv", rows(200_001)), &["many.tsv has 200001 rows", "200000 is the most"]);
    assert!(inspect(&files("many.tsv", rows(200_001)), Chosen::default()).is_err());
    // A header is no example.
    let most = load(&files("most.tsv", format!("label\ttext\n{}", rows(200_000)))).expect("exactly as many as allowed");
    assert_eq!(most.train.len() + most.test.len(), 200_000);
    let json = (0..250_000).map(|i| format!("{{\"text\": \"text {i}\", \"label\": {}}}\n", i % 2)).collect::<Vec<_>>().concat();
    complains(&files("many.jsonl", json), &["250000 rows"]);
}

#[test]
fn byte_order_mark_and_carriage_returns() {
    let plain = load(&files("a.tsv", GOOD)).expect("ten good lines");
    let windows = load(&files("a.tsv", format!("\u{FEFF}{}", GOOD.replace('\n', "\r\n")))).expect("the same lines");
    assert_eq!((plain.train, plain.test, plain.classes), (windows.train, windows.test, windows.classes));
}

#[test]
fn natural_quotes_in_tabs() {
    let data = load(&files("quotes.tsv", format!("{GOOD}1\the said \"no\n1\t\"quoted\n"))).expect("quotes are characters");
    assert!(data.train.iter().chain(&data.test).any(|example| example.text == "he said \"no"));
}

#[test]
fn quoted_commas_and_line_ends() {
    let text = "text,label\n\"good, very good\",1\n\"two\nlines\",0\n\"she said \"\"yes\"\"\",1\nbad,0\n";
    let data = load(&files("quoted.csv", text)).expect("proper CSV");
    let mut texts: Vec<(usize, &str)> = data.train.iter().chain(&data.test).map(|example| (example.row, example.text.as_str())).collect();
    texts.sort_unstable();
    assert_eq!(texts, [(2, "good, very good"), (3, "two\nlines"), (5, "she said \"yes\""), (6, "bad")]);
}

#[test]
fn header_or_none() {
    let with = inspect(&files("a.tsv", format!("label\ttext\n{GOOD}")), Chosen::default()).expect("a header");
    let without = inspect(&files("a.tsv", GOOD), Chosen::default()).expect("no header");
    assert_eq!((with.taken.columns.header, with.taken.rows, with.taken.names.join(" ")), (true, 10, "label text".to_owned()));
    assert_eq!(
        (without.taken.columns.header, without.taken.rows, without.taken.names.join(" ")),
        (false, 10, "column 1 column 2".to_owned())
    );
}

#[test]
fn pairs() {
    let text = "premise,hypothesis,label\n".to_owned() + &"a man sleeps,he is awake,no\na man sleeps,he rests,yes\n".repeat(5);
    let data = load(&files("nli.csv", text)).expect("pairs");
    assert!(data.pairs && data.train.iter().all(|example| !example.tokens_b.is_empty()));
    assert_eq!(data.classes, ["no", "yes"]);
}

#[test]
fn rows_with_too_few_fields() {
    let data = load(&files("few.tsv", format!("{GOOD}pos\n"))).expect("one bad row of eleven");
    assert!(data.notes[0].contains("few.tsv: left out 1 row (line 11): 1 field"), "{:?}", data.notes);
    complains(&files("few.tsv", format!("{GOOD}pos\nneg\n")), &["few.tsv, line 11: 1 field", "2 of 12 rows"]);
}

#[test]
fn json_with_a_bad_line() {
    let line = |i: usize| format!("{{\"utterance\": \"text {i}\", \"intent\": \"{}\"}}\n", ["go", "stop"][i % 2]);
    let good: String = (0..20).map(line).collect();
    let data = load(&files("a.jsonl", format!("{good}{{\"utterance\": \"cut o\n"))).expect("one bad line of 21");
    assert_eq!(data.train.len() + data.test.len(), 20);
    assert!(data.notes[0].contains("a.jsonl: left out 1 row (line 21): not a JSON object"), "{:?}", data.notes);
    complains(&files("b.jsonl", "nonsense\nmore nonsense\n"), &["b.jsonl, line 1: not a JSON object", "2 of 2 rows"]);
}

#[test]
fn a_text_column_is_no_label() {
    let rows = (0..3000).map(|i| format!("{i}\tsome words {i}\n")).collect::<Vec<_>>().concat();
    complains(&files("ids.tsv", rows), &["column", "of ids.tsv has 3000 different labels in 3000 rows", "choose the column of the label"]);
}

#[test]
fn a_spreadsheet() {
    complains(&files("book.xlsx", &b"PK\x03\x04\x14\0"[..]), &["book.xlsx is not a text file", "export it as CSV"]);
}

#[test]
fn the_same_file_gives_the_same_examples() {
    let (a, b) = (load(&files("a.tsv", GOOD)).expect("good"), load(&files("a.tsv", GOOD)).expect("good"));
    assert_eq!((a.train, a.test, a.vocabulary), (b.train, b.test, b.vocabulary));
}
