//! Files of the kinds that people really have: what is taken of each, and what is said.
//!
//! Every kind comes in several variants, written here; each is looked at as the page does and read as training does.
//! Elsewhere: damaged files (`files.rs`), any bytes at all (`fuzz.rs`).

use basin_train::data::Format;
use basin_train::data::dataset::Dataset;
use basin_train::data::reading::{Chosen, inspect};
use basin_train::experiment::{Columns, DataConfig, DataSource};
use basin_train::protocol::{Files, NamedBytes, Table};

const TOPICS: [&str; 3] = ["billing", "delivery", "returns"];

/// A text of its own for each number; every second one has a comma.
fn text(i: usize) -> String {
    let what = ["the parcel", "my bill", "the kettle", "your letter"][i % 4];
    let comma = if i.is_multiple_of(2) { "," } else { "" };
    format!("{what} number {i}{comma} has come to the wrong house again")
}

/// Rows of text and topic, made by `row`.
fn rows(count: usize, row: impl Fn(&str, &str) -> String) -> String {
    (0..count).map(|i| row(&text(i), TOPICS[i % 3])).collect()
}

fn files(name: &str, text: impl AsRef<[u8]>) -> Files {
    Files { train: NamedBytes { name: name.to_owned(), bytes: text.as_ref().to_vec() }, test: None }
}

fn load(files: &Files) -> Result<Dataset, String> {
    let source = DataSource::File { name: files.train.name.clone() };
    Dataset::load(&DataConfig { source, ..DataConfig::default() }, Some(files)).map_err(|error| error.to_string())
}

/// What is taken of a file that can be trained on; training takes the same.
fn taken(name: &str, text: impl AsRef<[u8]>) -> Table {
    let files = files(name, text);
    let table = inspect(&files, Chosen::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let data = load(&files).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(data.taken.as_ref(), Some(&table.taken), "{name}");
    assert_eq!(data.flipped(), 0, "nobody's own labels are changed");
    for note in &data.notes {
        assert!(note.chars().count() < 300 && note.matches(name).count() == 1, "{note}");
    }
    table
}

/// What training says of a file that it cannot use.
fn told(name: &str, text: impl AsRef<[u8]>) -> String {
    let error = load(&files(name, text)).err().unwrap_or_else(|| panic!("{name} is no file to train on"));
    assert!(error.chars().count() < 300 && error.contains(name), "{error}");
    error
}

fn has(table: &Table, words: &str) -> bool {
    table.taken.all_notes().iter().any(|note| note.contains(words))
}

/// The three topics with `each` examples, whole texts.
fn three_topics(table: &Table, each: usize) {
    let mut classes = table.taken.classes.clone();
    classes.sort();
    assert_eq!(classes, TOPICS.map(|topic| (topic.to_owned(), each)), "{}", table.taken.words());
    let text = table.taken.columns.text;
    assert!(table.head.iter().all(|row| row[text].ends_with("has come to the wrong house again")), "{:?}", table.head);
}

fn columns(header: bool, text: usize, text_b: Option<usize>, label: usize) -> Columns {
    Columns { header, text, text_b, label }
}

/// A table of these columns, a row for each of 40 numbers.
fn rows_of(header: &str, row: impl Fn(usize) -> String) -> String {
    (0..40).map(row).fold(format!("{header}\n"), |table, row| table + &row + "\n")
}

#[test]
fn labels_that_combine_others_are_told_or_left_out() {
    let combined = taken(
        "combined.csv",
        rows_of("text,label", |i| {
            let topic = TOPICS[i % 3];
            format!("the parcel number {i} came late,\"{topic}{}\"", if i % 5 == 0 { ", other" } else { "" })
        }),
    );
    assert!(has(&combined, "8 rows with several labels in one (`"), "{:?}", combined.taken);
    let lists = taken(
        "lists.csv",
        rows_of("text,label", |i| {
            format!("the parcel number {i} came late,\"['{}'{}]\"", TOPICS[i % 3], if i % 5 == 0 { ", 'other'" } else { "" })
        }),
    );
    assert!(has(&lists, "8 rows (lines 2, 7, 12, …): more than one label"), "{:?}", lists.taken);
    assert_eq!(lists.taken.classes.len(), 3);
}

#[test]
fn numbers_are_no_texts() {
    let told = told("rooms.csv", rows_of("rooms,floors,class", |i| format!("{},{},{}", i % 9, i % 4, TOPICS[i % 3])));
    assert!(told.contains("rooms.csv has no column with texts (its columns: `rooms`, `floors`, `class`)"), "{told}");
}

#[test]
fn of_tables_side_by_side_the_first_is_read() {
    let row = |i: usize| format!("the parcel {i} came late,{},,a bill {i} came twice,{}", TOPICS[i % 3], TOPICS[i % 2]);
    let table = taken("two.csv", rows_of("text,label,,text,label", row));
    assert_eq!((table.taken.columns.text, table.taken.columns.label), (0, 1));
    assert!(has(&table, "column 2 (`label`) was taken, not column 5 (`label`)"), "{:?}", table.taken);
}

#[test]
fn texts_with_two_labels_are_told() {
    // The first and the last row have one text; 0 and 39 are even and odd.
    let table = taken("twice.csv", rows_of("text,label", |i| format!("the parcel number {} came late,{}", i % 39, TOPICS[i % 2])));
    assert!(has(&table, "1 text stands there with different labels, such as lines 2 (`billing`) and 41 (`delivery`)"), "{:?}", table.taken);
}

#[test]
fn fields_may_be_missing_in_the_first_objects() {
    let line = |i: usize| {
        let label = if i < 10 { String::new() } else { format!(", \"label\": \"{}\"", TOPICS[i % 3]) };
        format!("{{\"id\": {i}, \"text\": \"the parcel number {i} came late\"{label}}}\n")
    };
    let table = taken("late.jsonl", (0..40).map(line).collect::<String>());
    assert!(has(&table, "10 rows (lines 1, 2, 3, …): the label is empty"), "{:?}", table.taken);
    assert_eq!(table.taken.rows, 30);
}

#[test]
fn delimiters_are_judged_by_what_comes_out() {
    let greet = |i: usize| ["Guten Tag", "Hallo", "Moin", "Servus"][i % 4];
    for delimiter in [';', '\t', '|'] {
        for header in ["", "message;topic", "Nachricht;Thema", "Bitte;Stelle"] {
            let line = |i: usize| format!("{}, {}{delimiter}{}\n", greet(i), text(i), TOPICS[i % 3]);
            let header = header.replace(';', &delimiter.to_string()) + if header.is_empty() { "" } else { "\n" };
            let table = taken("greeting.csv", header.clone() + &(0..60).map(line).collect::<String>());
            three_topics(&table, 20);
            assert_eq!((table.taken.delimiter, table.taken.columns.header), (Some(delimiter), !header.is_empty()), "{header:?}");
        }
    }
    // A spreadsheet's own first line.
    for first in ["sep=;\n", "\u{FEFF}sep=;\r\n"] {
        let table = taken("sep.csv", format!("{first}message;topic\n{}", rows(30, |text, topic| format!("{text};{topic}\n"))));
        three_topics(&table, 10);
        assert_eq!(table.taken.names, ["message", "topic"]);
    }
}

#[test]
fn dialects_of_quotes_are_read() {
    let in_quotes = |open: &str, close: &str| rows(30, |text, topic| format!("{topic},{open}{text}, please{close}\n"));
    for (open, close) in [("\"", "\""), ("“", "”"), ("„", "“"), ("'", "'"), ("‘", "’"), ("«", "»"), ("「", "」")] {
        let table = taken(
            "quotes.csv",
            format!("label,text\n{}", in_quotes(open, close)).replace(", please", " has come to the wrong house again"),
        );
        three_topics(&table, 10);
        assert!(table.head.iter().all(|row| !row[1].starts_with(open)), "{:?}", table.head[0]);
    }
    let spoken = |quote: &str| rows(30, |text, topic| format!("{topic},\"he said {quote}yes, no{quote} and {text}\"\n"));
    for quote in ["\\\"", "\"\"", "\""] {
        let table = taken("spoken.csv", format!("label,text\n{}", spoken(quote)));
        three_topics(&table, 10);
        assert!(table.head[0][1].starts_with("he said \"yes, no\" and"), "{:?}", table.head[0]);
    }
    let spaced = rows(30, |text, topic| format!("{topic}, \"{text}\"\n"));
    three_topics(&taken("spaced.csv", format!("label, text\n{spaced}")), 10);
    let curly = "a cell that stands in “ ”";
    assert!(!has(&taken("plain.csv", format!("label,text\n{}", in_quotes("\"", "\""))), curly));
}

#[test]
fn a_return_inside_a_text_ends_no_line() {
    let table = taken("cr.tsv", format!("label\ttext\n{}", rows(30, |text, topic| format!("{topic}\t{}\n", text.replacen(' ', "\r", 1)))));
    three_topics(&table, 10);
}

#[test]
fn headers_in_any_script_and_in_unknown_words() {
    for (text_name, label_name) in [
        ("text", "label"),
        ("Nachricht", "Thema"),
        ("文本", "类别"),
        ("说法", "归处"),
        ("النص", "التصنيف"),
        ("كلام", "جهة"),
        ("énoncé", "rubrique"),
        ("текст", "метка"),
        ("foo", "bar"),
    ] {
        for label_first in [false, true] {
            let row = |a: &str, b: &str| if label_first { format!("{b}\t{a}\n") } else { format!("{a}\t{b}\n") };
            let table = taken("head.tsv", row(text_name, label_name) + &rows(30, row));
            three_topics(&table, 10);
            assert!(table.taken.columns.header, "{text_name}, {label_name}");
            assert_eq!(table.taken.names[table.taken.columns.label], label_name);
        }
    }
    let table = taken("none.tsv", rows(30, |text, topic| format!("{text}\t{topic}\n")));
    assert_eq!(table.taken.columns, columns(false, 0, None, 1));
    three_topics(&table, 10);
}

#[test]
fn what_people_put_around_a_table() {
    let body = rows(30, |text, topic| format!("\"{text}\",{topic}\n"));
    // A title above the header, once with the empty cells of a spreadsheet.
    for title in ["Survey of May 2026\n", "Survey of May 2026,\n\n", "Survey,2026\n"] {
        let table = taken("title.csv", format!("{title}text,label\n{body}"));
        three_topics(&table, 10);
        assert_eq!((table.taken.columns.header, table.taken.left_out[0].why.as_str()), (true, "it stands above the table"));
        assert_eq!(table.taken.left_out[0].lines, [1]);
    }
    // Joined files.
    let table = taken("joined.csv", format!("message,topic\n{body}message,topic\n{body}"));
    three_topics(&table, 20);
    assert_eq!((table.taken.left_out[0].rows, table.taken.left_out[0].lines.as_slice()), (1, &[32][..]));
    // R's row names.
    let named: String = (0..30).map(|i| format!("\"{i}\",\"{}\",\"{}\"\n", text(i), TOPICS[i % 3])).collect();
    let table = taken("r.csv", format!("\"text\",\"label\"\n{named}"));
    three_topics(&table, 10);
    assert_eq!(table.taken.columns, columns(true, 1, None, 2));
    let table = taken("r.txt", format!("\"text\" \"label\"\n{named}").replace("\",\"", "\" \""));
    three_topics(&table, 10);
    // A table in a text, drawn with bars and dashes.
    let drawn = rows(30, |text, topic| format!("| {text} | {topic} |\n"));
    let table = taken("drawn.md", format!("| text | label |\n|------|:-----:|\n{drawn}"));
    three_topics(&table, 10);
    assert!(has(&table, "line 2): it is a line of dashes"));
    let line = "+------+-------+\n";
    let table = taken("drawn.txt", format!("{line}| text | label |\n{line}{drawn}{line}"));
    three_topics(&table, 10);
    assert!(has(&table, "(lines 3, 34): it is a line of dashes"), "{:?}", table.taken.all_notes());
    // A form on the web: its questions are the header, and a date stands before them.
    let answered: String = (0..30).map(|i| format!("2026/01/{:02} 10:00,\"{}\",{}\n", i % 28 + 1, text(i), TOPICS[i % 3])).collect();
    let table =
        taken("form.csv", format!("Timestamp,What happened to your order? Please write one sentence.,Who should answer?\n{answered}"));
    three_topics(&table, 10);
    assert_eq!(table.taken.columns, columns(true, 1, None, 2));
    // Columns that are empty to the end.
    let table = taken("empty.csv", format!("text,label,,\n{}", body.replace('\n', ",,\n")));
    three_topics(&table, 10);
    assert_eq!(table.taken.names, ["text", "label"]);
}

#[test]
fn json_of_every_shape_is_read_or_told() {
    let object = |text: &str, topic: &str| format!("{{\"text\": \"{text}\", \"label\": \"{topic}\"}}");
    let lines = rows(30, |text, topic| object(text, topic) + "\n");
    let list = rows(30, |text, topic| object(text, topic) + ",\n");
    let list = list.trim_end().trim_end_matches(',');
    for (name, text, format) in [
        ("lines.jsonl", lines.clone(), Format::JsonLines),
        ("lines.json", lines.clone(), Format::JsonLines),
        ("lines.txt", lines, Format::JsonLines),
        ("list.json", format!("[{list}]"), Format::JsonArray),
        ("list.txt", format!("[\n{}\n]\n", list.replace('\n', "")), Format::JsonArray),
        ("around.json", format!("{{\"version\": 2, \"data\": [{list}]}}"), Format::JsonArray),
        ("pretty.json", list.replace("},", "}").replace(", \"", ",\n  \""), Format::JsonLines),
    ] {
        let table = taken(name, text);
        three_topics(&table, 10);
        assert_eq!((table.taken.format, table.taken.delimiter), (format, None), "{name}");
    }
    let parts = taken("parts.json", format!("{{\"train\": [{list}], \"test\": [{{\"text\": \"a\"}}, {{\"text\": \"b\"}}]}}"));
    assert!(has(&parts, "the rows are the list `train` of a JSON object; not read: `test` (2)"));
    let column = |what: &dyn Fn(usize) -> String| (0..30).map(|i| format!("\"{i}\": \"{}\"", what(i))).collect::<Vec<_>>().join(", ");
    let by_column = format!("{{\"text\": {{{}}}, \"label\": {{{}}}}}", column(&text), column(&|i| TOPICS[i % 3].to_owned()));
    assert!(told("pandas.json", by_column).contains("orient=\"records\", lines=True"));
}

#[test]
fn labels_of_annotation_tools() {
    let label = |i: usize| match i {
        5 | 8 => "[]".to_owned(),
        11 => "[\"billing\", \"returns\"]".to_owned(),
        _ => format!("[\"{}\"]", TOPICS[i % 3]),
    };
    let doccano = |key: &str| -> String {
        (0..60).map(|i| format!("{{\"id\": {i}, \"text\": \"{}\", \"{key}\": {}, \"Comments\": []}}\n", text(i), label(i))).collect()
    };
    for key in ["label", "labels", "category"] {
        let table = taken("doccano.jsonl", doccano(key));
        assert_eq!((table.taken.rows, table.taken.classes.len()), (57, 3));
        let left: Vec<(usize, &[usize])> = table.taken.left_out.iter().map(|left| (left.rows, left.lines.as_slice())).collect();
        assert_eq!(left, [(2, &[6, 9][..]), (1, &[12][..])]);
        assert!(has(&table, "more than one label"));
    }
    // Prodigy: an annotator's verdict on a label that a model proposed.
    let answer = |i: usize| ["accept", "accept", "accept", "accept", "reject", "ignore"][i % 6];
    let prodigy = |label: &dyn Fn(usize) -> &'static str| -> String {
        (0..60)
            .map(|i| {
                let (text, label, answer) = (text(i), label(i), answer(i));
                format!(
                    "{{\"text\": \"{text}\", \"_task_hash\": {i}, \"label\": \"{label}\", \"score\": 0.{i}, \"answer\": \"{answer}\"}}\n"
                )
            })
            .collect()
    };
    let table = taken("prodigy.jsonl", prodigy(&|i| TOPICS[i % 3]));
    assert_eq!(table.taken.rows, 40);
    assert!(has(&table, "10 rows") && has(&table, "`answer` is `reject`") && has(&table, "`answer` is `ignore`"));
    let binary = told("binary.jsonl", prodigy(&|_| "insult"));
    assert!(binary.contains("`insult`") && binary.contains("--label answer"), "{binary}");
    // Parts of texts.
    for spans in ["[[0, 3, \"PER\"]]", "[{\"start\": 0, \"end\": 3, \"label\": \"PER\"}]"] {
        let lines: String = (0..20).map(|i| format!("{{\"text\": \"{}\", \"label\": {spans}}}\n", text(i))).collect();
        assert!(told("spans.jsonl", lines).contains("marks a part of the text"));
    }
    // Every row with several labels.
    let many: String = (0..20).map(|i| format!("{{\"text\": \"{}\", \"label\": [\"a\", \"b\"]}}\n", text(i))).collect();
    assert!(told("many.jsonl", many).contains("several labels"));
    // Nested exports.
    let studio = rows(30, |text, topic| {
        format!(
            "{{\"id\": 1, \"data\": {{\"text\": \"{text}\"}}, \"annotations\": [{{\"result\": [{{\"value\": {{\"choices\": [\"{topic}\"]}}}}]}}]}},"
        )
    });
    three_topics(&taken("studio.json", format!("[{}]", studio.trim_end_matches(','))), 10);
    let cancelled = |i: usize| {
        let (text, topic, cancelled) = (text(i), TOPICS[i % 3], i % 10 == 9);
        format!(
            "{{\"text\": \"{text}\", \"annotations\": [{{\"result\": [{{\"choices\": [\"{topic}\"]}}], \"was_cancelled\": {cancelled}}}]}}\n"
        )
    };
    let table = taken("cancelled.jsonl", (0..30).map(cancelled).collect::<String>());
    assert!(table.taken.rows == 27 && has(&table, "`was_cancelled` is `true`"));
}

#[test]
fn fasttext_is_read() {
    let mut text = rows(30, |text, topic| format!("__label__{topic} {text}\n"));
    text.push_str("__label__billing __label__urgent both of it\n");
    let table = taken("fast.txt", text);
    three_topics(&table, 10);
    assert_eq!((table.taken.format, table.taken.left_out[0].lines.as_slice()), (Format::FastText, &[31][..]));
}

#[test]
fn labels_that_mean_none_are_left_out() {
    for none in ["-", "NA", "N/A", "nan", "null", "None", "", "\\N"] {
        let body = rows(30, |text, topic| format!("{text}\t{topic}\n"));
        let table = taken("none.tsv", format!("{body}one more text\t{none}\nand another one\t{none}\n"));
        three_topics(&table, 10);
        assert_eq!((table.taken.left_out[0].rows, table.taken.left_out[0].lines.as_slice()), (2, &[31, 32][..]), "{none}");
    }
    let nli = |i: usize| {
        let gold = if i.is_multiple_of(10) { "-" } else { ["entailment", "neutral", "contradiction"][i % 3] };
        format!(
            "{{\"annotator_labels\": [\"neutral\", \"neutral\"], \"gold_label\": \"{gold}\", \"sentence1\": \"{0}\", \"sentence1_parse\": \"(ROOT {0})\", \
             \"sentence2\": \"so it is with {0}\", \"sentence2_parse\": \"(ROOT so it is with {0})\"}}\n",
            text(i)
        )
    };
    let table = taken("nli.jsonl", (0..60).map(nli).collect::<String>());
    assert_eq!((table.taken.rows, table.taken.classes.len(), table.taken.left_out[0].rows), (54, 3, 6));
    assert_eq!(table.taken.columns, columns(false, 2, Some(4), 1));
}

#[test]
fn one_class_in_two_spellings_is_one_class() {
    let spelled =
        |a: &'static str, b: &'static str| -> String { (0..40).map(|i| format!("{}\t{}\n", text(i), [a, b, "0", "0"][i % 4])).collect() };
    for (a, b) in [("1", "1.0"), ("1.00", "1"), ("1", "1")] {
        let table = taken("spelled.tsv", spelled(a, b));
        assert_eq!(table.taken.classes, [("0".to_owned(), 20), ("1".to_owned(), 20)], "{a}, {b}");
        assert_eq!(has(&table, "are one class"), a != b);
    }
    let form = |i: usize| ["\u{C9}v\u{E9}nement", "E\u{301}ve\u{301}nement", "R\u{E9}clamation", "Re\u{301}clamation"][i % 4];
    let table = taken("forms.tsv", (0..40).map(|i| format!("{}\t{}\n", text(i), form(i))).collect::<String>());
    assert_eq!(table.taken.classes, [("Réclamation".to_owned(), 20), ("Événement".to_owned(), 20)]);
    let spaced = |i: usize| ["card payment", "card  payment", "card\u{A0}payment", "other"][i % 4];
    let table = taken("spaces.tsv", (0..40).map(|i| format!("{}\t{}\n", text(i), spaced(i))).collect::<String>());
    assert_eq!(table.taken.classes, [("card payment".to_owned(), 30), ("other".to_owned(), 10)]);
    let case = |i: usize| ["Spam", "spam", "ham"][i % 3];
    let table = taken("case.tsv", (0..30).map(|i| format!("{}\t{}\n", text(i), case(i))).collect::<String>());
    assert!(table.taken.classes.len() == 3 && has(&table, "capitals only"));
}

#[test]
fn scores_are_no_classes() {
    let scored = |i: usize| format!("{}\t{}.{}\n", text(i), i % 5, (i * 7) % 9 + 1);
    let error = told("scores.tsv", (0..60).map(scored).collect::<String>());
    assert!(error.contains("scores") && error.contains("low"), "{error}");
    let stars = |i: usize| format!("{}\t{}\n", text(i), ["1.5", "2.0", "2.5", "3.0"][i % 4]);
    let table = taken("stars.tsv", (0..40).map(stars).collect::<String>());
    assert!(table.taken.classes.len() == 4 && has(&table, "numbers with decimals"));
    let ids: String = (0..60).map(|i| format!("{}\tcase {i}\n", text(i))).collect();
    assert!(told("ids.tsv", ids).contains("is column 2 the label?"));
}

#[test]
fn the_columns_of_usual_sets() {
    // CoLA: source, 0/1, mark, sentence.
    let cola = |i: usize| format!("{}\t{}\t{}\t{}\n", ["ab03", "kw_7", "m9", "x1", "y2", "z3"][i / 10], i % 2, ["*", ""][i % 2], text(i));
    let table = taken("cola.tsv", (0..60).map(cola).collect::<String>());
    assert_eq!((table.taken.columns.label, table.taken.columns.text, table.taken.columns.text_b), (1, 3, None));
    assert!(has(&table, "several columns look like labels: column 2 was taken, not column 1"));
    // MRPC and QQP: names that differ in a number.
    for (head, columns) in [
        ("Quality\t#1 ID\t#2 ID\t#1 String\t#2 String", columns(true, 3, Some(4), 0)),
        ("is_duplicate\tqid1\tqid2\tquestion1\tquestion2", columns(true, 3, Some(4), 0)),
        ("gold\tid1\tid2\tleft text\tright text", columns(true, 3, Some(4), 0)),
        ("same\tx1\tx2\tq1_body\tq2_body", columns(true, 3, Some(4), 0)),
    ] {
        let row = |i: usize| format!("{}\t{}\t{}\t{}\tso they say {}\n", i % 2, 700 + i, 900 + i, text(i), text(i + 1));
        let table = taken("pairs.tsv", format!("\u{FEFF}{head}\n{}", (0..40).map(row).collect::<String>()));
        assert_eq!(table.taken.columns, columns, "{head}");
    }
    // One column a label.
    let toxic = |i: usize| format!("{i:08x},\"{}\",{},{},{}\n", text(i), i % 2, usize::from(i.is_multiple_of(4)), usize::from(i % 4 < 2));
    let table = taken("toxic.csv", format!("id,comment_text,rude,spam,threat\n{}", (0..40).map(toxic).collect::<String>()));
    assert!(has(&table, "several columns look like labels") && has(&table, "1 in more than one") && has(&table, "--label"));
    // Sentiment140: a date is no text, however many words it has.
    let tweet =
        |i: usize| format!("\"{}\",\"{}\",\"Mon Apr 06 22:19:{i:02} PDT 2009\",\"{}\"\n", [0, 4][i % 2], 1_467_810_369 + i, text(i));
    let table = taken("tweets.csv", (0..40).map(tweet).collect::<String>());
    assert_eq!(table.taken.columns, columns(false, 3, None, 0));
    // A second text that nobody asked for, a label by number and by name.
    let row = |i: usize| format!("\"{}\",\"short title of {i}\",{},{}\n", text(i), i % 3, TOPICS[i % 3]);
    let table = taken("review.csv", format!("text,headline,label,label_text\n{}", (0..30).map(row).collect::<String>()));
    assert_eq!((table.taken.columns.text, table.taken.columns.label), (0, 2));
    assert!(has(&table, "several columns hold texts: `text` was taken, not `headline`") && !has(&table, "look like labels"));
}

#[test]
fn a_person_would_frown() {
    let nine = |i: usize| format!("{}\t{}\n", text(i), if i.is_multiple_of(9) { "alarm" } else { "ok" });
    assert!(has(&taken("nine.tsv", (0..54).map(nine).collect::<String>()), "48 of 54 rows have the label `ok`"));
    let table =
        taken("rare.tsv", rows(30, |text, topic| format!("{text}\t{topic}\n")) + "odd one\tother\nodd two\tother\nodd three\tlast\n");
    assert!(has(&table, "2 labels with fewer than three examples") && has(&table, "`last` (1, line 33)"), "{:?}", table.taken.notes);
    let long = |i: usize| format!("{}\t{}\n", format!("{} ", text(i)).repeat(20), TOPICS[i % 3]);
    let data = load(&files("long.tsv", (0..30).map(long).collect::<String>())).expect("long texts are texts");
    assert!(data.notes.iter().any(|note| note.contains("30 of 30 texts have more than 128 tokens") && note.contains("--max-length")));
}

#[test]
fn the_test_file_is_named_in_what_is_wrong_with_it() {
    let train = files("train.csv", format!("text,label\n{}", rows(30, |text, topic| format!("\"{text}\",{topic}\n"))));
    let with =
        |text: &str| Files { test: Some(NamedBytes { name: "held.csv".to_owned(), bytes: text.as_bytes().to_vec() }), ..train.clone() };
    for (text, words) in [
        ("text,label\n", "held.csv has a header (text, label) and no rows"),
        ("text,label", "no rows below it"),
        ("", "held.csv is empty"),
        ("text,topic\none two three,billing\n", "held.csv has no column `label`: it has 2 (text, topic); give it the columns of train.csv"),
        ("just one text\nand another one\n", "held.csv has no column 2"),
        ("text,label\none two three,refund\n", "held.csv, line 2: the label `refund` is in no row of train.csv"),
    ] {
        let error = load(&with(text)).expect_err(text);
        assert!(error.contains(words) && error.chars().count() < 300, "{text:?}: {error}");
        let table = inspect(&with(text), Chosen::default()).expect("the training file is shown all the same");
        assert_eq!(table.taken.rows, 30);
        assert!(table.test.is_some() || table.test_problem.is_some_and(|problem| problem.contains("held.csv")));
    }
    let data = load(&with("label,text\nbilling,zzz yyy xxx\nreturns,my bill\n")).expect("columns go by name");
    assert!(
        data.notes.iter().any(|note| note.contains("held.csv: 1 of 2 test texts have no token that the vocabulary knows")),
        "{:?}",
        data.notes
    );
    // Spellings and words for none are those of the training file.
    let train = files("n.tsv", (0..30).map(|i| format!("{}\t{}\n", text(i), i % 2)).collect::<String>());
    let test = NamedBytes { name: "t.tsv".to_owned(), bytes: b"my bill\t1.0\nthe parcel\t0.0\nmy letter\tNA\n".to_vec() };
    let data = load(&Files { test: Some(test), ..train }).expect("the same classes");
    assert_eq!((data.test_counts(), data.taken_of_test.map(|taken| taken.left_out.len())), (vec![1, 1], Some(1)));
}

#[test]
fn what_was_chosen_is_used() {
    let both = files("a.tsv", "b\tone two\na\tthree four\nb\tfive six\na\tseven eight\n");
    let look = |columns: Columns| inspect(&both, Chosen { columns: Some(&columns), ..Chosen::default() });
    let missing = look(columns(false, 2, None, 0)).expect_err("two columns").to_string();
    assert_eq!(missing, "a.tsv has no column 3: it has 2 (column 1, column 2); choose other columns");
    let same = look(columns(false, 1, None, 1)).expect_err("one column").to_string();
    assert_eq!(same, "column 2 of a.tsv cannot be both text and label: choose two columns");
    let swapped = look(columns(false, 0, None, 1)).expect("both columns are there");
    assert_eq!(swapped.taken.classes.len(), 4);
    let headed = look(columns(true, 1, None, 0)).expect("a header is what the user calls one");
    assert_eq!((headed.taken.names, headed.taken.rows), (vec!["b".to_owned(), "one two".to_owned()], 3));
    let table =
        inspect(&files("b.csv", "x,1;a\ny,2;b\nz,3;a\nu,4;b\n"), Chosen { delimiter: Some(','), ..Chosen::default() }).expect("as told");
    assert_eq!((table.taken.delimiter, table.head[0].len()), (Some(','), 2));
}

#[test]
fn a_delimiter_inside_texts_makes_no_names_of_rows() {
    // Every first half is another one, so it could be the name of its row; but the sentence goes on behind a comma.
    let greetings = ["Hello", "Hi", "Hey", "Dear all"];
    let halves: String = (0..4).map(|i| format!("{}, the lamp number {i} broke,{}\n", greetings[i], TOPICS[i % 2])).collect();
    let error = told("k.csv", format!("text,label\n{halves}"));
    assert!(error.contains("line 2") && error.contains("3 fields in a table of 2") && error.contains("double quotes"), "{error}");
    let error =
        told("k.csv", format!("text,label\n{}", rows(12, |text, topic| format!("{}\\, and more,{topic}\n", text.replace(',', ";")))));
    assert!(error.contains("3 fields in a table of 2"), "{error}");
    // As R writes them.
    let numbered = rows(12, |text, topic| format!("\"{text}\",{topic}\n"));
    let numbered: String = numbered.lines().zip(1..).map(|(line, i)| format!("{i},{line}\n")).collect();
    let table = taken("r.csv", format!("text,label\n{numbered}"));
    assert!(has(&table, "taken for names of rows"), "{:?}", table.taken.notes);
    assert_eq!(table.taken.columns, columns(true, 1, None, 2));
}

#[test]
fn an_old_encoding_merges_no_classes() {
    let mut bytes = b"text,label\n".to_vec();
    for i in 0..30 {
        bytes.extend(format!("the text number {i},B").bytes().chain([[0xE4, 0xF6, 0xFC][i % 3]]).chain(*b"r\n"));
    }
    let table = taken("latin.csv", bytes);
    let classes: Vec<&str> = table.taken.classes.iter().map(|(class, _)| class.as_str()).collect();
    assert_eq!((classes, has(&table, "30 lines were not UTF-8 and read as Windows-1252")), (vec!["Bär", "Bör", "Bür"], true));
    assert!(told("wide.csv", b"\xFF\xFE\0\0t\0\0\0").contains("UTF-32"));
}

#[test]
fn what_annotators_did_not_accept_is_left_out_and_told() {
    for (name, yes, no) in [
        ("status", "approved", "rejected"),
        ("status", "Submitted", "Discarded"),
        ("accepted", "true", "false"),
        ("deleted", "0", "1"),
        ("skipped", "False", "True"),
    ] {
        let text: String = (0..40).map(|i| format!("{},{},{}\n", text(2 * i + 1), TOPICS[i % 2], if i < 30 { yes } else { no })).collect();
        let table = taken("tool.csv", format!("text,label,{name}\n{text}"));
        assert_eq!((table.taken.rows, table.taken.columns.label), (30, 1), "{name}");
        assert!(has(&table, &format!("left out 10 rows (lines 32, 33, 34, …): `{name}` is `{no}`")), "{:?}", table.taken.all_notes());
    }
    // Other words are no verdict, and a verdict that is the label has classes.
    let other: String = (0..40).map(|i| format!("{},{},{}\n", text(2 * i + 1), TOPICS[i % 2], ["open", "closed"][i / 20])).collect();
    assert_eq!(taken("o.csv", format!("text,label,status\n{other}")).taken.rows, 40);
    let only: String = (0..40).map(|i| format!("{},{}\n", text(2 * i + 1), ["approved", "rejected"][i % 2])).collect();
    assert_eq!(taken("v.csv", format!("text,status\n{only}")).taken.classes.len(), 2);
    // The annotation is the label, and not what became of its row.
    let of = |i: usize| {
        format!(
            "{{\"text\": \"{}\", \"annotation\": \"{}\", \"status\": \"{}\"}}\n",
            text(i),
            TOPICS[i % 3],
            ["Validated", "Default"][i / 52]
        )
    };
    let table = taken("argilla.jsonl", (0..60).map(of).collect::<String>());
    assert_eq!((table.taken.rows, table.taken.columns.label), (52, 1));
    // All parts of a set in one file.
    let parts: String = (0..30).map(|i| format!("{},{},{}\n", text(2 * i + 1), TOPICS[i % 3], ["train", "test"][i / 20])).collect();
    assert!(has(&taken("s.csv", format!("text,label,split\n{parts}")), "whatever `split` says"));
}

#[test]
fn what_has_one_column_is_told_in_the_words_of_its_format() {
    let chat = |i: usize| {
        format!(
            "{{\"messages\": [{{\"role\": \"user\", \"content\": \"{}\"}}, {{\"role\": \"assistant\", \"content\": \"ok\"}}]}}\n",
            text(i)
        )
    };
    let error = told("chat.jsonl", (0..12).map(chat).collect::<String>());
    assert!(error.contains("one field, `messages`, which holds a list or an object") && !error.contains("tab"), "{error}");
    let error = told("t.jsonl", (0..12).map(|i| format!("{{\"text\": \"{}\"}}\n", text(i))).collect::<String>());
    assert!(error.contains("one field, `text`, which is a text alone"), "{error}");
    let error = told("t.txt", (0..12).map(|i| format!("the parcel {i} is late\n")).collect::<String>());
    assert!(!error.contains("looks like a label"), "{error}");
    let error = told("t.txt", (0..12).map(|i| format!("billing parcel {i} is late\n")).collect::<String>());
    assert!(error.contains("looks like a label"), "{error}");
    let error = told("ft.txt", (0..12).map(|i| format!("parcel {i} is late __label__a\n")).collect::<String>());
    assert!(error.contains("stands at the start"), "{error}");
}

#[test]
fn one_class_alone_tells_what_was_left_out() {
    let rows: String = (0..40).map(|i| format!("{},{}\n", text(2 * i + 1), ["true", "null"][i % 2])).collect();
    let error = told("m.csv", format!("text,label\n{rows}"));
    assert!(error.contains("20 rows left out: the label `null` means none"), "{error}");
}

#[test]
fn of_wide_tables_it_is_told_what_is_read() {
    let wide = |first: &str| (0..300).map(|i| if i == 0 { first.to_owned() } else { format!("c{i}") }).collect::<Vec<_>>().join(",");
    let rows: String = (0..12).map(|i| format!("{},{}{}\n", text(2 * i + 1), TOPICS[i % 3], ",1".repeat(298))).collect();
    let table = taken("w.csv", format!("{}\n{rows}", wide("text").replace("c1,", "label,")));
    assert!(has(&table, "of its 300 columns the first 256 are read"), "{:?}", table.taken.notes);
}

#[test]
fn words_for_none_are_no_texts() {
    for none in ["nan", "NaN", "#N/A", "NULL", "\\N", "#REF!"] {
        let table = taken("a.csv", format!("text,topic\n{}{none},billing\n{none},returns\n", rows(60, |t, l| format!("\"{t}\",{l}\n"))));
        three_topics(&table, 20);
        assert!(has(&table, "left out 2 rows (lines 62, 63): the text is a word for none"), "{none}: {:?}", table.taken.all_notes());
    }
    // Where texts are words, such as names, it is one of them.
    let names: String = (0..60).map(|i| format!("{}{i},{}\n", ["nan", "bo", "cy"][i % 3], TOPICS[i % 3])).collect();
    assert_eq!(taken("a.csv", format!("text,topic\n{names}nan,billing\n")).taken.rows, 61);
}

#[test]
fn a_sum_below_the_table_is_no_example() {
    for sum in ["Total,60", "total:,60", "Gesamt,60", "Average,0.5", "合计,60"] {
        let table = taken("a.csv", format!("text,topic\n{}{sum}\n", rows(60, |t, l| format!("\"{t}\",{l}\n"))));
        three_topics(&table, 20);
        assert!(has(&table, "it is a sum below the table"), "{sum}: {:?}", table.taken.all_notes());
    }
    let stars = |t: &str, l: &str| format!("\"{t}\",{}\n", l.len() % 3);
    assert_eq!(taken("a.csv", format!("text,stars\n{}total,1\n", rows(60, stars))).taken.rows, 61, "stars are numbers");
}

#[test]
fn labels_of_merged_cells_are_told() {
    let block = |i: usize| if i.is_multiple_of(5) { TOPICS[i / 5 % 3] } else { "" };
    let body: String = (0..90).map(|i| format!("{},\"{}\"\n", block(i), text(i))).collect();
    let table = taken("a.csv", format!("topic,text\n{body}"));
    assert!(has(&table, "as in merged cells") && has(&table, "left out 72 rows"), "{:?}", table.taken.all_notes());
    // Some rows that nobody has labelled yet are another matter.
    let some: String = (0..90).map(|i| format!("{},\"{}\"\n", if i % 5 < 2 { TOPICS[i % 3] } else { "" }, text(i))).collect();
    assert!(!has(&taken("a.csv", format!("topic,text\n{some}")), "merged"));
}

#[test]
fn decimals_with_a_comma_are_numbers() {
    let score = |i: usize| format!("{},{}", i % 7, i % 10);
    let body: String = (0..60).map(|i| format!("{};{}\n", text(i), score(i))).collect();
    let error = told("a.csv", format!("text;score\n{body}"));
    assert!(error.contains("`score`") && error.contains("holds scores (such as "), "{error}");
    let whole: String = (0..60).map(|i| format!("{};{}\n", text(i), ["0", "1,0", "1", "0,0"][i % 4])).collect();
    assert_eq!(taken("a.csv", format!("text;score\n{whole}")).taken.classes, [("0".to_owned(), 30), ("1".to_owned(), 30)]);
}

#[test]
fn labels_that_are_dates_are_told() {
    for day in ["2024-03-0", "01/03/202", "2024-03-01 10:0"] {
        let body: String = (0..60).map(|i| format!("\"{}\",{day}{}\n", text(i), i % 3)).collect();
        let table = taken("a.csv", format!("text,when\n{body}"));
        assert!(has(&table, "the labels are dates (such as "), "{day}: {:?}", table.taken.all_notes());
    }
    let versions: String = (0..60).map(|i| format!("\"{}\",1.2.{}\n", text(i), i % 3)).collect();
    assert!(!has(&taken("a.csv", format!("text,version\n{versions}")), "dates"));
}

#[test]
fn rows_in_quotes_as_a_whole_are_rows() {
    for delimiter in [',', ';', '\t'] {
        let row = |t: &str, l: &str| format!("\"\"\"{t}\"\"{delimiter}{l}\"\n");
        let table = taken("a.csv", format!("\"text{delimiter}topic\"\n{}", rows(60, row)));
        three_topics(&table, 20);
        assert!(has(&table, "each row stood in quotes as a whole"), "{:?}", table.taken.all_notes());
        let below = taken("a.csv", format!("text{delimiter}topic\n{}", rows(60, row)));
        three_topics(&below, 20);
    }
    // Texts alone are no table, whatever stands in them.
    let alone = told("a.csv", (0..60).map(|i| format!("\"{}\"\n", text(i))).collect::<String>());
    assert!(alone.contains("has one column"), "{alone}");
}

#[test]
fn what_is_no_table_is_told_by_name() {
    let sql = rows(60, |t, l| format!("INSERT INTO notes (text, topic) VALUES ('{t}', '{l}');\n"));
    assert!(told("a.sql", sql).contains("is a dump of a database (SQL), no table"));
    let python = format!("[\n{}]\n", rows(60, |t, l| format!("    ('{t}', '{l}'),\n")));
    assert!(told("a.txt", python).contains("is source code, a list of rows"));
    let experiment = serde_json::to_string_pretty(&basin_train::experiment::presets::start()).expect("it is plain data");
    assert!(told("a.json", experiment).contains("is an experiment of Basin, no table"));
}
