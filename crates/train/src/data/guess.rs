//! Guesses which column is the text, which the label, and whether the first row is a header.
//!
//! From names where there are any, else from the cells: a label repeats and is short, a text is long and mostly its own.
//! Elsewhere: what becomes of a guess, and of columns that the user chose (`columns.rs`).

use std::collections::{HashMap, HashSet};

use super::error::DataError;
use super::table::{RawTable, Row};
use crate::config::Columns;

/// Names of text columns, likeliest first.
const TEXT_NAMES: [&str; 20] = [
    "text",
    "sentence",
    "review",
    "utterance",
    "message",
    "content",
    "body",
    "comment",
    "tweet",
    "query",
    "question",
    "document",
    "premise",
    "headline",
    "title",
    "description",
    "phrase",
    "prompt",
    "input",
    "name",
];
/// Names of label columns, likeliest first.
const LABEL_NAMES: [&str; 18] = [
    "label",
    "class",
    "category",
    "intent",
    "sentiment",
    "target",
    "polarity",
    "topic",
    "language",
    "lang",
    "tag",
    "rating",
    "stars",
    "score",
    "output",
    "answer",
    "gender",
    "y",
];
/// Names of columns that repeat like a label and are none.
const OTHER_NAMES: [&str; 8] = ["id", "idx", "index", "split", "fold", "date", "source", "user"];
/// Names of the two texts of a pair, beside those that differ in a last `a`/`b` or `1`/`2` only.
const PAIR_NAMES: [(&str, &str); 4] = [("premise", "hypothesis"), ("question", "sentence"), ("query", "passage"), ("question", "answer")];

/// Rows that a guess looks at, spread over the file: files are often sorted by class.
const SAMPLE_ROWS: usize = 5000;
/// What the cells of a column look like.
#[derive(Debug, Default)]
struct Profile {
    rows: f64,
    distinct: f64,
    chars: f64,
    words: f64,
    numbers: f64,
    blanks: f64,
}

fn profile(rows: &[&Row], column: usize) -> Profile {
    let mut profile = Profile { rows: rows.len() as f64, ..Profile::default() };
    let mut distinct = HashSet::new();
    for row in rows {
        let cell = row.cell(column).unwrap_or_default();
        distinct.insert(cell);
        profile.chars += cell.chars().count() as f64 / profile.rows;
        profile.words += cell.split_whitespace().count() as f64 / profile.rows;
        profile.numbers += f64::from(u8::from(cell.parse::<f64>().is_ok())) / profile.rows;
        profile.blanks += f64::from(u8::from(cell.is_empty())) / profile.rows;
    }
    profile.distinct = distinct.len() as f64;
    profile
}

/// How well `name` fits a list of names: 2 if it is one, 1 if one of its words is one, with earlier names a little ahead.
fn fit(name: &str, list: &[&str]) -> f64 {
    let name = name.to_lowercase();
    let ahead = |place: usize| 1.0 - place as f64 / 100.0;
    if let Some(place) = list.iter().position(|known| *known == name) {
        return 1.0 + ahead(place);
    }
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).map(|word| word.trim_end_matches(|c: char| c.is_numeric())).collect();
    list.iter().position(|known| words.contains(known)).map_or(0.0, ahead)
}

/// Whether a row reads like a header: short cells, all different, one of them a name that we know.
pub(super) fn names_columns(row: &Row) -> bool {
    let cells: Vec<&str> = row.cells().collect();
    let short = |cell: &&str| cell.chars().count() <= 30 && cell.split_whitespace().count() <= 2;
    let known = |cell: &&str| fit(cell, &TEXT_NAMES) + fit(cell, &LABEL_NAMES) > 0.0;
    cells.iter().all(short) && cells.iter().any(known) && cells.iter().collect::<HashSet<_>>().len() == cells.len()
}

/// The columns of a table that has a row.
///
/// # Errors
/// If it has one column.
pub(super) fn guess(table: &RawTable, notes: &mut Vec<String>) -> Result<Columns, DataError> {
    let width = table.width(false).min(table.rows.iter().map(|row| row.cells().count()).max().unwrap_or(0));
    let width = table.keys.as_ref().map_or(width, Vec::len);
    let first = &table.rows[0];
    if width < 2 {
        let example = table.rows.iter().find(|row| row.cells().count() < 2).unwrap_or(first);
        let found = example.cells().collect::<Vec<_>>().join(" ").chars().take(60).collect();
        return Err(DataError::OneColumn { file: table.file.clone(), line: example.line, found });
    }
    let header_names: Option<Vec<&str>> = match &table.keys {
        Some(keys) => Some(keys.iter().map(String::as_str).collect()),
        None => names_columns(first).then(|| first.cells().collect()),
    };
    if let Some(names) = &header_names {
        let columns = choose(table, width, Some(names), usize::from(table.keys.is_none()));
        // A label that other rows share is no name of a column, whatever it looks like.
        if table.keys.is_some() || !label_recurs(table, columns.label) {
            return Ok(Columns { header: table.keys.is_none(), ..columns });
        }
    }
    let columns = choose(table, width, None, 0);
    if looks_like_header(table, &columns) {
        let header: Vec<&str> = first.cells().collect();
        notes.push(format!("{}: the first row was taken for a header ({})", table.file, header.join(", ")));
        return Ok(Columns { header: true, ..choose(table, width, None, 1) });
    }
    if columns.text_b.is_some() {
        notes.push(format!("{}: two columns hold texts, so they were read as pairs", table.file));
    }
    Ok(columns)
}

fn label_recurs(table: &RawTable, label: usize) -> bool {
    let first = table.rows[0].cell(label);
    table.rows.iter().skip(1).any(|row| row.cell(label) == first)
}

/// Whether the first row is a header with names that we do not know: its label is no label of another row, and
/// either all other labels are numbers or every other class has two rows and texts are longer than names.
fn looks_like_header(table: &RawTable, columns: &Columns) -> bool {
    let is_number = |row: &Row| row.cell(columns.label).is_some_and(|cell| cell.parse::<f64>().is_ok());
    let [first, others @ ..] = table.rows.as_slice() else { return false };
    if others.is_empty() || label_recurs(table, columns.label) {
        return false;
    }
    if !is_number(first) && others.iter().all(is_number) {
        return true;
    }
    let mut counts: HashMap<Option<&str>, usize> = HashMap::new();
    for row in others {
        *counts.entry(row.cell(columns.label)).or_default() += 1;
    }
    let words = |row: &Row| row.cell(columns.text).map_or(0, |cell| cell.split_whitespace().count());
    let short =
        first.cells().all(|cell| cell.chars().count() <= 30 && cell.split_whitespace().count() <= 2 && cell.parse::<f64>().is_err());
    others.len() >= 10 && counts.values().all(|&count| count >= 2) && short && others.iter().map(words).sum::<usize>() >= 3 * others.len()
}

/// The columns that look most like label and text.
fn choose(table: &RawTable, width: usize, names: Option<&[&str]>, skip: usize) -> Columns {
    let all = &table.rows[skip.min(table.rows.len())..];
    let sample: Vec<&Row> = all.iter().step_by(all.len().div_ceil(SAMPLE_ROWS).max(1)).collect();
    let profiles: Vec<Profile> = (0..width).map(|column| profile(&sample, column)).collect();
    let name = |column: usize| names.and_then(|names| names.get(column)).copied().unwrap_or_default();
    let best = |score: &dyn Fn(usize) -> f64, not: Option<usize>| {
        let candidates = (0..width).filter(|&column| Some(column) != not);
        candidates.max_by(|&a, &b| score(a).total_cmp(&score(b)).then(b.cmp(&a))).expect("a table has two columns")
    };

    let label = best(
        &|column| {
            let p = &profiles[column];
            let by_name = 50.0 * (fit(name(column), &LABEL_NAMES) - fit(name(column), &TEXT_NAMES) - fit(name(column), &OTHER_NAMES));
            // Half of the rows at most, or, among three rows, two that agree.
            let repeats = if p.distinct <= p.rows / 2.0 || (p.rows < 4.0 && p.distinct < p.rows) { 25.0 } else { 0.0 };
            let short = if p.chars <= 40.0 { 5.0 } else { 0.0 };
            let constant = if p.distinct < 2.0 { -5.0 } else { 0.0 };
            let outside = if column == 0 || column + 1 == width { 5.0 } else { 0.0 };
            by_name + repeats + short + constant + outside - 20.0 * p.blanks - p.distinct.max(1.0).log2() - p.chars.min(100.0) / 10.0
        },
        None,
    );
    let text = best(
        &|column| {
            let p = &profiles[column];
            let by_name = 50.0 * (fit(name(column), &TEXT_NAMES) - fit(name(column), &LABEL_NAMES) - fit(name(column), &OTHER_NAMES));
            let sentence = if p.words >= 3.0 { 10.0 } else { 0.0 };
            by_name + sentence - 40.0 * p.numbers + 20.0 * p.distinct / p.rows.max(1.0) + 10.0 * (1.0 + p.chars).ln()
        },
        Some(label),
    );
    let (text, text_b) = match pair(names, &profiles, label) {
        Some((a, b)) => (a, Some(b)),
        None => (text, None),
    };
    Columns { header: false, text, text_b, label }
}

/// The two texts of a pair: by name, or three columns without names of which two hold sentences.
fn pair(names: Option<&[&str]>, profiles: &[Profile], label: usize) -> Option<(usize, usize)> {
    if let Some(names) = names {
        let lower: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        let place = |wanted: &str| lower.iter().position(|name| name == wanted).filter(|&column| column != label);
        let twin = lower.iter().enumerate().find_map(|(column, name)| {
            let (stem, other) =
                name.strip_suffix('a').map(|stem| (stem, 'b')).or_else(|| name.strip_suffix('1').map(|stem| (stem, '2')))?;
            Some((column, place(&format!("{stem}{other}"))?)).filter(|_| column != label && fit(stem, &TEXT_NAMES) > 0.0)
        });
        return twin.or_else(|| PAIR_NAMES.iter().find_map(|(a, b)| Some((place(a)?, place(b)?))));
    }
    let sentences = |p: &Profile| p.words >= 3.0 && p.distinct >= p.rows / 10.0;
    match (profiles, label) {
        ([a, b, _], 2) if sentences(a) && sentences(b) => Some((0, 1)),
        ([_, a, b], 0) if sentences(a) && sentences(b) => Some((1, 2)),
        _ => None,
    }
}
