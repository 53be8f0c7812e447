//! Any bytes at all: no file makes the reading panic, and every message names its file and is short.
//!
//! Files of all formats are cut, joined, doubled and sprinkled with the characters that mean something to a reader. CI tries
//! a few thousand; `PROPTEST_CASES=1000000 cargo test --release --workspace --test fuzz` tries a million.

use basin_train::data::Wish;
use basin_train::data::dataset::Dataset;
use basin_train::data::reading::{Chosen, choose, inspect};
use basin_train::experiment::{Columns, DataConfig, DataSource};
use basin_train::protocol::{Files, NamedBytes};
use proptest::prelude::*;

/// Files that are good, and some that are not.
const CORPUS: [&str; 16] = [
    "text,label\n\"good, very good\",pos\nbad,neg\nnice,pos\nawful,neg\n",
    "pos\tI like it\nneg\tI hate it\npos\tso good\nneg\tso bad\npos\tlovely\nneg\tawful\n",
    "\u{FEFF}sep=;\r\nNachricht;Thema\r\nGuten Tag, hallo;a\r\nMoin, moin;b\r\nServus, du;a\r\n",
    "label, text\na, \"one, two\"\nb, \"three \\\"four\\\", five\"\na, “six, seven”\n",
    "\"text\" \"label\"\n\"1\" \"good film\" \"pos\"\n\"2\" \"bad film\" \"neg\"\n\"3\" \"nice\" \"pos\"\n",
    "{\"text\": \"a b\", \"label\": [\"x\"], \"answer\": \"accept\"}\n{\"text\": \"c\", \"label\": [], \"answer\": \"reject\"}\n{\"text\": \"d\", \"label\": \"y\"}\n",
    "[{\"data\": {\"text\": \"a\"}, \"label\": 1},\n {\"data\": {\"text\": \"b\"}, \"label\": 0.0}]",
    "{\"text\": {\"0\": \"a\", \"1\": \"b\"}, \"label\": {\"0\": 1, \"1\": 0}}",
    "{\"version\": 1, \"rows\": [{\"row\": {\"text\": \"a\", \"label\": 1}}, {\"row\": {\"text\": \"b\", \"label\": [[0, 1, \"X\"]]}}]}",
    "__label__a one two\n__label__b three\n__label__a __label__b four\n",
    "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t7\t8\tone two three\tfour five six\n0\t9\t10\tseven\teight nine ten\n",
    "类别\t文本\n物流\t这个包裹还没有收到\n账单\t账单来了两次\n物流\t它在哪里\n",
    "a\r1\rb\r2\rc\t1\rd\t2\r",
    "Survey\n\nid,text,rude,spam\n1,you fool,1,0\n2,buy now,0,1\n3,fine,0,0\n",
    "E\u{301}ve\u{301}nement\tun deux\nÉvénement\ttrois\n-\tquatre\nNA\tcinq\n1.0\tsix\n1\tsept\n",
    "good film,1.25\nbad film,3.5\nnice film,2.75\nawful film,4.125\n",
];

/// What means something to a reader.
const SPRINKLES: [&str; 44] = [
    ",",
    ";",
    "\t",
    "|",
    " ",
    "\"",
    "\"\"",
    "\\\"",
    "'",
    "“",
    "”",
    "«",
    "\n",
    "\r",
    "\r\n",
    "{",
    "}",
    "[",
    "]",
    ":",
    "null",
    "NaN",
    "-",
    "NA",
    "0",
    "1",
    "1.0",
    "-1",
    "1e999",
    "nan",
    "inf",
    "__label__",
    "text",
    "label",
    "answer",
    "\u{301}",
    "\u{FEFF}",
    "\u{FFFD}",
    "\0",
    "sep=",
    "类",
    "😀",
    "\\",
    "{\"a\": [",
];

const NAMES: [&str; 8] = ["a.csv", "a.tsv", "a.txt", "a.jsonl", "a.json", "a", "x\u{301}\n.csv", ".tab"];

#[derive(Clone, Debug)]
enum Change {
    Insert(usize, usize),
    Remove(usize, usize),
    Double(usize, usize),
    Byte(usize, u8),
    Cut(usize),
    Swap(usize, usize),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (any::<usize>(), 0..SPRINKLES.len()).prop_map(|(at, what)| Change::Insert(at, what)),
        3 => (any::<usize>(), 1..20_usize).prop_map(|(at, length)| Change::Remove(at, length)),
        2 => (any::<usize>(), 1..40_usize).prop_map(|(at, length)| Change::Double(at, length)),
        2 => (any::<usize>(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        1 => any::<usize>().prop_map(Change::Cut),
        1 => (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Change::Swap(a, b)),
    ]
}

fn changed(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
    for change in changes {
        let place = |at: usize, bytes: &[u8]| at % (bytes.len() + 1);
        match *change {
            Change::Insert(at, what) => {
                let at = place(at, &bytes);
                bytes.splice(at..at, SPRINKLES[what].bytes());
            }
            Change::Remove(at, length) => {
                let at = place(at, &bytes);
                bytes.drain(at..(at + length).min(bytes.len()));
            }
            Change::Double(at, length) => {
                let at = place(at, &bytes);
                let piece = bytes[at..(at + length).min(bytes.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            Change::Byte(at, byte) => {
                let at = place(at, &bytes);
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
            }
            Change::Cut(at) => bytes.truncate(place(at, &bytes)),
            Change::Swap(a, b) => {
                let (a, b) = (place(a, &bytes), place(b, &bytes));
                if a < bytes.len() && b < bytes.len() {
                    bytes.swap(a, b);
                }
            }
        }
    }
    bytes
}

/// A file made of one or two others.
fn file() -> impl Strategy<Value = NamedBytes> {
    let pieces = prop::collection::vec(0..CORPUS.len(), 1..=2);
    (0..NAMES.len(), pieces, prop::collection::vec(change(), 0..12)).prop_map(|(name, pieces, changes)| {
        let bytes = pieces.into_iter().flat_map(|piece| CORPUS[piece].bytes()).collect();
        NamedBytes { name: NAMES[name].to_owned(), bytes: changed(bytes, &changes) }
    })
}

fn columns() -> impl Strategy<Value = Option<Columns>> {
    prop::option::weighted(0.3, (any::<bool>(), 0..5_usize, prop::option::of(0..5_usize), 0..5_usize))
        .prop_map(|columns| columns.map(|(header, text, text_b, label)| Columns { header, text, text_b, label }))
}

fn wish() -> impl Strategy<Value = Wish> {
    let column = || prop::option::of(prop::sample::select(vec!["text", "label", "1", "2", "3", "0", "none", "#1 String", "文本"]));
    (prop::option::of(any::<bool>()), column(), column(), column()).prop_map(|(header, text, text_b, label)| {
        let owned = |name: Option<&str>| name.map(str::to_owned);
        Wish { header, text: owned(text), text_b: owned(text_b), label: owned(label) }
    })
}

/// A message: short, on one line, and about a file that there is.
fn is_good(message: &str, names: &[&str]) {
    assert!(message.chars().count() < 300, "{} characters: {message}", message.chars().count());
    assert!(!message.contains(['\n', '\r', '\0']), "{message:?}");
    assert!(names.iter().any(|name| message.contains(name)) || message.starts_with("data."), "{message:?} names none of {names:?}");
}

fn shown(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn any_file_is_read_or_told(
        train in file(),
        test in prop::option::weighted(0.3, file()),
        columns in columns(),
        delimiter in prop::option::weighted(0.2, prop::sample::select(vec![',', '\t', ';', '|', ' ', '§'])),
        wish in wish(),
    ) {
        let names: Vec<String> = std::iter::once(&train).chain(&test).map(|file| shown(&file.name)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let chosen = Chosen { delimiter, columns: columns.as_ref() };
        if let Err(error) = choose(&train, chosen, &wish) {
            is_good(&error.to_string(), &names);
        }
        let files = Files { train, test };
        match inspect(&files, chosen) {
            Err(error) => is_good(&error.to_string(), &names),
            Ok(table) => {
                let statements = [&table.taken].into_iter().chain(&table.test);
                for taken in statements {
                    taken.all_notes().iter().for_each(|note| is_good(note, &names));
                    assert!(taken.rows > 0 && taken.classes.iter().map(|(_, count)| count).sum::<usize>() == taken.rows);
                }
                if let Some(problem) = &table.test_problem {
                    is_good(problem, &names);
                }
            }
        }
        let source = DataSource::File { name: files.train.name.clone() };
        let config = DataConfig { source, columns: columns.clone(), delimiter, ..DataConfig::default() };
        match Dataset::load(&config, Some(&files)) {
            Err(error) => is_good(&error.to_string(), &names),
            Ok(data) => {
                data.notes.iter().for_each(|note| is_good(note, &names));
                assert!(!data.train.is_empty() && !data.test.is_empty() && data.classes.len() >= 2);
                let labels = data.train.iter().chain(&data.test).map(|example| example.label as usize);
                assert!(labels.max() < Some(data.classes.len()) && data.flipped() == 0);
            }
        }
    }
}
