//! From rows to labelled texts: in the columns that were chosen, else in those that are guessed.
//!
//! A guess is shown to the user (`Event::Table`), who can choose otherwise.
//! Elsewhere: how a file becomes rows (`table.rs`), the guess (`guess.rs`).

use std::collections::BTreeMap;

use super::error::DataError;
use super::files::{Files, NamedBytes};
use super::guess::{guess, names_columns};
use super::table::{self, BadRow, MOST_ROWS, RawTable, Reason, Row, counted};
use crate::config::Columns;
use crate::protocol::Table;

/// Classes at most: with more, the label column is not a label.
pub const MOST_CLASSES: usize = 1000;

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
        first_row(table)?;
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
    let width = table.width(columns.header).max(table.keys.as_ref().map_or(0, Vec::len));
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

/// Names of the columns, from the header or made up.
fn names(table: &RawTable, columns: &Columns) -> Vec<String> {
    let made_up = |column: usize| format!("column {}", column + 1);
    match (&table.keys, table.rows.first()) {
        (Some(keys), _) => keys.clone(),
        (None, Some(first)) if columns.header => {
            first.cells().enumerate().map(|(column, name)| if name.is_empty() { made_up(column) } else { name.to_owned() }).collect()
        }
        _ => (0..table.width(false)).map(made_up).collect(),
    }
}

/// The usable rows, and why the others are not.
fn examples(table: &RawTable, columns: &Columns) -> Result<(Vec<Labelled>, Vec<BadRow>), DataError> {
    let width = table.width(columns.header);
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
