//! Which column is the text, which the label, and whether the first row is a header.
//!
//! Guessed from names where there are any, else from the cells: a label repeats and is short, a text is
//! long and mostly its own. A guess is shown to the user (`Event::Table`), who can choose otherwise.
//! Elsewhere: how a file becomes rows (`table.rs`).

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::config::Columns;
use crate::error::DataError;
use crate::protocol::{Files, NamedBytes, Table};
use crate::table::{self, BadRow, MOST_ROWS, RawTable, Reason, Row, counted};

/// Classes at most: with more, the label column is not a label.
pub const MOST_CLASSES: usize = 1000;

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
/// Rows that [`Table`] shows.
const HEAD_ROWS: usize = 10;
/// Characters of a cell that [`Table`] shows.
const HEAD_CHARS: usize = 200;

/// An example of a file, its label still a word.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Labelled {
    /// Line in its file, from 1.
    pub line: usize,
    pub text: String,
    pub text_b: Option<String>,
    pub label: String,
}

/// Reads a table and says what it holds: the answer to `Command::Inspect`.
///
/// What only training would refuse (one class, too many rows that cannot be used) is a note here, so
/// that the user sees the table and can choose other columns.
///
/// # Errors
/// If there is no table to show: empty, no text, too many rows, or a chosen column is not there.
pub fn inspect(files: &Files, columns: Option<Columns>) -> Result<Table, DataError> {
    let table = &table::read(&files.train)?;
    let mut notes = table.notes.clone();
    let columns = resolve(table, columns, &mut notes)?;
    let (examples, bad) = examples(table, &columns)?;
    match check_bad(table, &bad, examples.len()) {
        Ok(note) => notes.extend(note),
        Err(error) => notes.push(error.to_string()),
    }
    let counts = class_counts(&examples);
    if let Err(error) = check_classes(&table.file, &columns, &counts, examples.len()) {
        notes.push(error.to_string());
    }
    let mut classes: Vec<(String, usize)> = counts.into_iter().map(|(class, count)| (class.to_owned(), count)).collect();
    classes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    classes.truncate(MOST_CLASSES);
    let head = table.rows.iter().skip(usize::from(columns.header)).take(HEAD_ROWS);
    let head = head.map(|row| row.cells().map(|cell| cell.chars().take(HEAD_CHARS).collect()).collect()).collect();
    if let Some(test) = &files.test {
        let (test_examples, test_notes) = test_examples(test, table, &columns)?;
        notes.extend(test_notes);
        notes.push(format!("{}: {} to test on", test.name, counted(test_examples.len(), "example")));
    }
    Ok(Table { name: table.file.clone(), names: names(table, &columns), rows: examples.len(), columns, head, classes, notes })
}

/// The examples of a training file, which columns they are in, and what the user should know.
pub(crate) fn train_examples(table: &RawTable, columns: Option<Columns>) -> Result<(Vec<Labelled>, Columns, Vec<String>), DataError> {
    let mut notes = table.notes.clone();
    let columns = resolve(table, columns, &mut notes)?;
    let (examples, bad) = examples(table, &columns)?;
    notes.extend(check_bad(table, &bad, examples.len())?);
    check_classes(&table.file, &columns, &class_counts(&examples), examples.len())?;
    Ok((examples, columns, notes))
}

/// The examples of a test file, in the columns of the training file: by name if both have names, else by place.
pub(crate) fn test_examples(file: &NamedBytes, train: &RawTable, columns: &Columns) -> Result<(Vec<Labelled>, Vec<String>), DataError> {
    let table = &table::read(file)?;
    let columns = columns_of_test(table, train, columns)?;
    let (examples, bad) = examples(table, &columns)?;
    let notes = table.notes.iter().cloned().chain(check_bad(table, &bad, examples.len())?).collect();
    Ok((examples, notes))
}

fn columns_of_test(table: &RawTable, train: &RawTable, columns: &Columns) -> Result<Columns, DataError> {
    let in_test: Option<Vec<&str>> = match &table.keys {
        Some(keys) => Some(keys.iter().map(String::as_str).collect()),
        None => table.rows.first().map(|row| row.cells().collect()),
    };
    let in_train = names(train, columns);
    let named = train.keys.is_some() || columns.header;
    let place = |column: usize| in_test.as_ref()?.iter().position(|name| name.eq_ignore_ascii_case(&in_train[column]));
    let by_name = || {
        let text_b = columns.text_b.map(place);
        Some(Columns {
            header: table.keys.is_none(),
            text: place(columns.text)?,
            label: place(columns.label)?,
            text_b: if let Some(text_b) = text_b { Some(text_b?) } else { None },
        })
    };
    if named && let Some(columns) = by_name() {
        return Ok(columns);
    }
    if table.keys.is_some() != train.keys.is_some() {
        // Places in a JSON object and places in a line have nothing to do with each other.
        return guess(table, &mut Vec::new());
    }
    if let Some(keys) = &table.keys {
        let missing = [Some(columns.text), columns.text_b, Some(columns.label)];
        let missing = missing.into_iter().flatten().find(|&column| place(column).is_none()).unwrap_or(columns.label);
        return Err(DataError::NoColumn {
            file: table.file.clone(),
            column: format!("`{}`", in_train[missing]),
            have: keys.len(),
            names: keys.join(", "),
        });
    }
    // A header that the training file does not have, or another one than there.
    let header = table.rows.first().is_some_and(names_columns)
        && !train.rows.iter().any(|row| row.cell(columns.label) == table.rows[0].cell(columns.label));
    check_columns(table, &Columns { header, ..columns.clone() })
}

/// The columns that are used: the chosen ones, else a guess.
fn resolve(table: &RawTable, chosen: Option<Columns>, notes: &mut Vec<String>) -> Result<Columns, DataError> {
    first_row(table)?;
    let columns = match chosen {
        Some(columns) => check_columns(table, &Columns { header: columns.header && table.keys.is_none(), ..columns })?,
        None => guess(table, notes)?,
    };
    let examples = table.total - usize::from(columns.header);
    if examples > MOST_ROWS {
        return Err(DataError::TooManyRows { file: table.file.clone(), rows: examples, limit: MOST_ROWS });
    }
    if examples == 0 {
        return Err(DataError::HeaderOnly { file: table.file.clone(), header: names(table, &columns).join(", ") });
    }
    Ok(columns)
}

/// The first row, if any; without one, every line was bad and the first bad one tells why.
fn first_row(table: &RawTable) -> Result<&Row, DataError> {
    table.rows.first().ok_or_else(|| {
        let first = table.bad.first().expect("a file that is not empty has rows or bad rows");
        bad_rows(table, first, table.bad.len())
    })
}

fn check_columns(table: &RawTable, columns: &Columns) -> Result<Columns, DataError> {
    let width = width(table, columns.header).max(table.keys.as_ref().map_or(0, Vec::len));
    let used = [Some(columns.text), columns.text_b, Some(columns.label)];
    if let Some(column) = used.into_iter().flatten().find(|&column| column >= width) {
        let names = names(table, columns).join(", ");
        return Err(DataError::NoColumn { file: table.file.clone(), column: (column + 1).to_string(), have: width, names });
    }
    if columns.text == columns.label || columns.text_b == Some(columns.text) || columns.text_b == Some(columns.label) {
        let column = columns.text_b.filter(|&b| b == columns.label).unwrap_or(columns.text) + 1;
        return Err(DataError::SameColumn { file: table.file.clone(), column });
    }
    Ok(columns.clone())
}

/// Columns of the table: those of the header, else of most rows.
fn width(table: &RawTable, header: bool) -> usize {
    match (&table.keys, table.rows.first()) {
        (Some(keys), _) => keys.len(),
        (None, Some(first)) if header => first.width,
        _ => table::most_common(table.rows.iter().map(|row| row.width)),
    }
}

/// Names of the columns, from the header or made up.
fn names(table: &RawTable, columns: &Columns) -> Vec<String> {
    let made_up = |column: usize| format!("column {}", column + 1);
    match (&table.keys, table.rows.first()) {
        (Some(keys), _) => keys.clone(),
        (None, Some(first)) if columns.header => {
            first.cells().enumerate().map(|(column, name)| if name.is_empty() { made_up(column) } else { name.to_owned() }).collect()
        }
        _ => (0..width(table, false)).map(made_up).collect(),
    }
}

/// The usable rows, and why the others are not.
fn examples(table: &RawTable, columns: &Columns) -> Result<(Vec<Labelled>, Vec<BadRow>), DataError> {
    let width = width(table, columns.header);
    let need = 1 + columns.text.max(columns.label).max(columns.text_b.unwrap_or(0));
    let mut bad = table.bad.clone();
    let mut examples = Vec::with_capacity(table.rows.len());
    for row in table.rows.iter().skip(usize::from(columns.header)) {
        match example(row, columns, need, width) {
            Ok(example) => examples.push(example),
            Err(reason) => bad.push(BadRow { line: row.line, reason }),
        }
    }
    bad.sort_by_key(|bad| bad.line);
    match bad.first() {
        // Not one row: the first one tells why.
        Some(first) if examples.is_empty() => Err(bad_rows(table, first, bad.len())),
        _ => Ok((examples, bad)),
    }
}

fn example(row: &Row, columns: &Columns, need: usize, width: usize) -> Result<Labelled, Reason> {
    if row.width < need && row.cells().any(|cell| !cell.is_empty()) {
        return Err(Reason::TooFew { have: row.width, need });
    }
    if row.cells().skip(width).any(|cell| !cell.is_empty()) {
        return Err(Reason::TooMany { have: row.width, width });
    }
    let cell = |column| row.cell(column).filter(|cell| !cell.is_empty()).map(str::to_owned);
    let text_b = columns.text_b.map(|column| cell(column).ok_or(Reason::NoText)).transpose()?;
    Ok(Labelled {
        line: row.line,
        text: cell(columns.text).ok_or(Reason::NoText)?,
        text_b,
        label: cell(columns.label).ok_or(Reason::NoLabel)?,
    })
}

fn bad_rows(table: &RawTable, first: &BadRow, bad: usize) -> DataError {
    DataError::BadRows {
        file: table.file.clone(),
        line: first.line,
        reason: first.reason.to_string(),
        bad,
        rows: table.total,
        remedy: first.reason.remedy().to_owned(),
    }
}

/// A note on rows that are left out; an error if they are more than one in ten, for then the table is misread.
fn check_bad(table: &RawTable, bad: &[BadRow], good: usize) -> Result<Option<String>, DataError> {
    let Some(first) = bad.first() else { return Ok(None) };
    if bad.len() * 10 > bad.len() + good {
        return Err(bad_rows(table, first, bad.len()));
    }
    let mut list: Vec<String> = bad.iter().take(3).map(|bad| format!("line {}: {}", bad.line, bad.reason)).collect();
    if bad.len() > list.len() {
        list.push(format!("and {} more", bad.len() - list.len()));
    }
    Ok(Some(format!("{}: left out {} ({}). {}", table.file, counted(bad.len(), "row"), list.join("; "), first.reason.remedy())))
}

fn class_counts(examples: &[Labelled]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for example in examples {
        *counts.entry(example.label.as_str()).or_default() += 1;
    }
    counts
}

fn check_classes(file: &str, columns: &Columns, counts: &BTreeMap<&str, usize>, rows: usize) -> Result<(), DataError> {
    let (file, column) = (file.to_owned(), columns.label + 1);
    match counts.len() {
        0 | 1 => Err(DataError::OneClass { file, column, class: counts.keys().next().map_or_else(String::new, ToString::to_string) }),
        classes if classes > MOST_CLASSES => Err(DataError::TooManyClasses { file, column, classes, rows, limit: MOST_CLASSES }),
        _ => Ok(()),
    }
}

// ---- guessing ----

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
fn names_columns(row: &Row) -> bool {
    let cells: Vec<&str> = row.cells().collect();
    let short = |cell: &&str| cell.chars().count() <= 30 && cell.split_whitespace().count() <= 2;
    let known = |cell: &&str| fit(cell, &TEXT_NAMES) + fit(cell, &LABEL_NAMES) > 0.0;
    cells.iter().all(short) && cells.iter().any(known) && cells.iter().collect::<HashSet<_>>().len() == cells.len()
}

fn guess(table: &RawTable, notes: &mut Vec<String>) -> Result<Columns, DataError> {
    let width = width(table, false).min(table.rows.iter().map(|row| row.cells().count()).max().unwrap_or(0));
    let width = table.keys.as_ref().map_or(width, Vec::len);
    let first = first_row(table)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn files(name: &str, text: &str) -> Files {
        Files { train: NamedBytes { name: name.to_owned(), bytes: text.as_bytes().to_vec() }, test: None }
    }

    /// What is guessed of a file.
    fn guessed(name: &str, text: &str) -> Columns {
        inspect(&files(name, text), None).expect("a table").columns
    }

    fn columns(header: bool, text: usize, text_b: Option<usize>, label: usize) -> Columns {
        Columns { header, text, text_b, label }
    }

    #[test]
    fn two_columns_in_either_order() {
        assert_eq!(guessed("a.tsv", "pos\tgood film\nneg\tbad film\npos\tnice one\nneg\tawful\n"), columns(false, 1, None, 0));
        assert_eq!(guessed("a.tsv", "good film\t1\nbad film\t0\nnice one\t1\nawful\t0\n"), columns(false, 0, None, 1));
        // Single words: the label is what repeats.
        assert_eq!(guessed("a.tsv", "Aaren\tfemale\nAbel\tmale\nAbby\tfemale\nAdam\tmale\n"), columns(false, 0, None, 1));
    }

    #[test]
    fn headers_are_known_by_their_names() {
        assert_eq!(guessed("a.csv", "text,label\ngood,1\nbad,0\n"), columns(true, 0, None, 1));
        assert_eq!(guessed("a.csv", "id,airline_sentiment,tweet_text\n1,neg,late again\n2,pos,thanks a lot\n"), columns(true, 2, None, 1));
        // A word such as `question` is no header when it is a label elsewhere.
        assert_eq!(guessed("a.tsv", "question\twhere is it\nanswer\tover there\nquestion\twho\n"), columns(false, 1, None, 0));
    }

    #[test]
    fn headers_with_unknown_names_are_known_by_their_cells() {
        assert_eq!(guessed("a.csv", "what,v\ngood,1\nbad,0\n"), columns(true, 0, None, 1));
        let body = (0..10).map(|i| format!("the movie number {i},{}\n", ["pos", "neg"][i % 2])).collect::<Vec<_>>().concat();
        let table = inspect(&files("a.csv", &format!("remark,verdict\n{body}")), None).expect("a table");
        assert_eq!((table.columns, table.rows), (columns(true, 0, None, 1), 10));
        assert_eq!(table.notes, ["a.csv: the first row was taken for a header (remark, verdict)"]);
    }

    #[test]
    fn pairs_are_known_by_name_and_by_shape() {
        let named = "{\"premise\": \"a man sleeps\", \"hypothesis\": \"he rests\", \"label\": 1}\n{\"premise\": \"b\", \"hypothesis\": \"c\", \"label\": 0}\n";
        assert_eq!(guessed("a.jsonl", named), columns(false, 0, Some(1), 2));
        assert_eq!(guessed("a.tsv", "label\tsentence1\tsentence2\n1\ta b c\td e f\n0\tg h i\tj k l\n"), columns(true, 1, Some(2), 0));
        assert_eq!(guessed("a.tsv", "text_a\ttext_b\tclass\na b c\td e f\tx\ng h i\tj k l\ty\n"), columns(true, 0, Some(1), 2));
        let body = "0\tis it true\tno it is not\n1\twho is that\tit is him again\n0\twhere is she\tat home I think\n1\tis it far\tnot far at all\n";
        assert_eq!(guessed("a.tsv", body), columns(false, 1, Some(2), 0));
        // Numbers of rows are no sentences.
        assert_eq!(
            guessed("a.tsv", "1\tis it true\ta\n2\twho is that\tb\n3\twhere is she\ta\n4\tis it far\tb\n"),
            columns(false, 1, None, 2)
        );
    }

    #[test]
    fn a_table_shows_what_was_found() {
        let table = inspect(&files("a.tsv", "b\tone two\na\tthree four\nb\tfive six\n"), None).expect("a table");
        assert_eq!(table.names, ["column 1", "column 2"]);
        assert_eq!((table.rows, table.head.len()), (3, 3));
        assert_eq!(table.classes, [("b".to_owned(), 2), ("a".to_owned(), 1)]);
        assert!(table.notes.is_empty(), "{:?}", table.notes);
    }

    #[test]
    fn a_table_with_one_class_is_shown_with_a_note() {
        let table = inspect(&files("a.tsv", "pos\tgood film\npos\tbad film\npos\tnice one\n"), None).expect("a table");
        assert_eq!(table.columns, columns(false, 1, None, 0));
        assert_eq!(table.notes, ["every row of a.tsv has the label `pos`: at least two classes are needed; is column 1 the label?"]);
    }

    #[test]
    fn chosen_columns_are_checked() {
        let both = files("a.tsv", "b\tone two\na\tthree four\n");
        let missing = inspect(&both, Some(columns(false, 2, None, 0))).expect_err("two columns").to_string();
        assert_eq!(missing, "a.tsv has no column 3: it has 2 (column 1, column 2); choose other columns");
        let same = inspect(&both, Some(columns(false, 1, None, 1))).expect_err("one column").to_string();
        assert_eq!(same, "column 2 of a.tsv cannot be both text and label: choose two columns");
        let swapped = inspect(&both, Some(columns(false, 0, None, 1))).expect("both columns are there");
        assert_eq!(swapped.classes[0].0, "one two");
    }

    #[test]
    fn a_few_bad_rows_are_left_out_and_many_are_an_error() {
        let good = "pos\tgood film\nneg\tbad film\n".repeat(10);
        let table = inspect(&files("a.tsv", &format!("{good}pos\n\tno label\n")), None).expect("a table");
        assert_eq!(table.rows, 20);
        assert_eq!(
            table.notes,
            ["a.tsv: left out 2 rows (line 21: 1 field, but the label and the text need 2; line 22: the label is empty). \
              Give every line a label and a text, and check which columns are chosen"]
        );
        let text = format!("{good}pos\nneg\npos\n");
        let error = train_examples(&table::read(&files("a.tsv", &text).train).expect("rows"), None).expect_err("3 of 23").to_string();
        assert!(error.starts_with("a.tsv, line 21: 1 field") && error.contains("3 of 23 rows"), "{error}");
    }

    #[test]
    fn texts_with_unquoted_commas_are_told() {
        let text = "label,text\npos,good film\nneg,bad, really bad, film\npos,nice\n";
        let rows = table::read(&files("a.csv", text).train).expect("rows");
        let error = train_examples(&rows, None).expect_err("one of three").to_string();
        assert!(error.starts_with("a.csv, line 3: 4 fields in a table of 2") && error.contains("double quotes"), "{error}");
    }

    #[test]
    fn a_test_file_may_order_its_columns_differently() {
        let train = table::read(&files("train.csv", "text,label\ngood film,1\nbad film,0\n").train).expect("rows");
        let chosen = columns(true, 0, None, 1);
        let test = |text: &str| test_examples(&files("test.csv", text).train, &train, &chosen).expect("rows").0;
        let (by_name, by_place) = (test("label,text\n0,awful\n"), test("awful,0\n"));
        assert_eq!((by_name[0].label.as_str(), by_name[0].text.as_str(), by_name[0].line), ("0", "awful", 2));
        assert_eq!((by_place[0].label.as_str(), by_place[0].text.as_str(), by_place[0].line), ("0", "awful", 1));
    }

    #[test]
    fn a_test_file_without_the_field_is_told() {
        let train = table::read(&files("train.jsonl", "{\"text\": \"a\", \"label\": 1}\n").train).expect("rows");
        let test = files("test.jsonl", "{\"text\": \"a\", \"intent\": 1}\n").train;
        let error = test_examples(&test, &train, &columns(false, 0, None, 1)).expect_err("no label").to_string();
        assert_eq!(error, "test.jsonl has no column `label`: it has 2 (text, intent); choose other columns");
    }
}
