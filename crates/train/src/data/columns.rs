//! From rows to labelled texts: in the columns that were chosen, else in those that are guessed.
//!
//! What was taken is stated (`taken.rs`), with every row that was left out and why.
//! Elsewhere: how a file becomes rows (`table.rs`), the guess (`guess.rs`), labels that mean none (`labels.rs`), who asks
//! for all of it (`reading.rs`), the columns of a test file (`test_file.rs`).

use std::collections::BTreeMap;

use super::error::{DataError, counted, cut};
use super::examples::Labelled;
use super::guess::{Approval, Fixed, guess, verdict};
use super::labels::{Labels, is_none_of_programs, several_written};
use super::profile::{number, words};
use super::rows::{BadRow, MOST_COLUMNS, MOST_ROWS, Mark, RawTable, Reason, Row};
use super::taken::{LeftOut, Taken};
use crate::experiment::Columns;

/// Lines that are named of the rows that are left out for one reason.
const LINES: usize = 3;
/// Rows at the end among which sums are looked for.
const SUMS: usize = 5;
/// What stands before a sum, in small letters.
const SUM: [&str; 16] = [
    "total",
    "totals",
    "grand total",
    "subtotal",
    "sum",
    "count",
    "average",
    "mean",
    "n",
    "gesamt",
    "summe",
    "somme",
    "suma",
    "totale",
    "totaal",
    "合计",
];
/// Rows that tell whether the texts are sentences.
const SAMPLE_ROWS: usize = 500;
/// Reasons that are told.
const REASONS: usize = 8;

/// The examples of a file.
#[derive(Debug)]
pub(super) struct Read {
    pub examples: Vec<Labelled>,
    /// How its labels were read.
    pub labels: Labels,
    pub taken: Taken,
    /// What training would refuse: the first of it is the reason.
    pub troubles: Vec<DataError>,
}

/// What a user asks of the reading of a file, as words; what is `None` is guessed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wish {
    /// Whether the first row is a header.
    pub header: Option<bool>,
    /// The text's column, by name or by number from 1.
    pub text: Option<String>,
    /// The second text's column, or `none`.
    pub text_b: Option<String>,
    /// The label's column.
    pub label: Option<String>,
}

/// The columns that a wish means in a table; `base` are those that are chosen already.
///
/// # Errors
/// A column that is not there.
pub(super) fn wished(table: &RawTable, base: Option<&Columns>, wish: &Wish) -> Result<Columns, DataError> {
    first_row(table)?;
    let asked = [&wish.text, &wish.text_b, &wish.label];
    let cells: Vec<&str> = table.rows[0].cells().collect();
    // Whoever names a column says that there are names; a number is one of a column before it is a name.
    let is_name = |name: &&String| name.trim().parse::<usize>().is_err();
    let names_first =
        || asked.iter().filter_map(|name| name.as_ref()).filter(is_name).any(|name| cells.iter().any(|cell| same_name(cell, name)));
    let header = wish.header.or(base.map(|base| base.header)).or_else(|| names_first().then_some(true));
    let mut fixed = Fixed { header, ..Fixed::default() };
    let header = guess(table, &fixed, &mut Vec::new())?.header;
    let names = names(table, header);
    let place = |asked: &Option<String>, base: Option<usize>| match asked {
        Some(name) => place_of(name, &names, &table.file).map(Some),
        None => Ok(base),
    };
    fixed.header = Some(header);
    fixed.text = place(&wish.text, base.map(|base| base.text))?;
    fixed.label = place(&wish.label, base.map(|base| base.label))?;
    fixed.text_b = match &wish.text_b {
        Some(none) if none == "none" => Some(None),
        Some(_) => Some(place(&wish.text_b, None)?),
        None => base.map(|base| base.text_b),
    };
    let columns = guess(table, &fixed, &mut Vec::new())?;
    check_columns(table, &columns, None)
}

fn same_name(a: &str, b: &str) -> bool {
    // Asked of every row: only what is no ASCII is written anew.
    a.trim().eq_ignore_ascii_case(b.trim()) || (!(a.is_ascii() && b.is_ascii()) && a.to_lowercase() == b.to_lowercase())
}

/// The column that is meant by a name or a number from 1.
pub(super) fn place_of(asked: &str, names: &[String], file: &str) -> Result<usize, DataError> {
    let by_name = names.iter().position(|name| name == asked).or_else(|| names.iter().position(|name| same_name(name, asked)));
    let by_number = || asked.trim().parse::<usize>().ok().filter(|number| (1..=names.len()).contains(number)).map(|number| number - 1);
    by_name.or_else(by_number).ok_or_else(|| no_column(file, format!("`{}`", cut(asked, 30)), names, None))
}

pub(super) fn no_column(file: &str, column: String, names: &[String], train: Option<&str>) -> DataError {
    let remedy = match train {
        Some(train) => format!("give it the columns of {train}, or test without it"),
        None if names.len() >= MOST_COLUMNS => format!("of wide tables the first {MOST_COLUMNS} columns are read: put it among them"),
        None => "choose other columns".to_owned(),
    };
    DataError::NoColumn { file: file.to_owned(), column, have: names.len(), names: cut(&names.join(", "), 80), remedy }
}

/// The examples of a training file; `chosen` are the columns that the user has chosen.
///
/// # Errors
/// If there is nothing to show: one column, too many rows, a header and nothing below it, a chosen column that is not there,
/// no row that can be used.
pub(super) fn read(table: &RawTable, chosen: Option<&Columns>) -> Result<Read, DataError> {
    let mut guessed = Vec::new();
    first_row(table)?;
    let columns = match chosen {
        Some(columns) => check_columns(table, &Columns { header: columns.header && table.keys.is_none(), ..columns.clone() }, None)?,
        None => guess(table, &Fixed::default(), &mut guessed)?,
    };
    let mut read = read_in(table, columns, None)?;
    let file = &table.file;
    read.taken.notes.extend(guessed.into_iter().map(|note| format!("{file}: {note}")));
    Ok(read)
}

/// The same of a file whose labels are read as `labels` says; nothing is told of a guess.
pub(super) fn read_labelled(table: &RawTable, chosen: Option<&Columns>, labels: &Labels) -> Result<Read, DataError> {
    first_row(table)?;
    let columns = match chosen {
        Some(columns) => check_columns(table, columns, None)?,
        None => guess(table, &Fixed::default(), &mut Vec::new())?,
    };
    read_in(table, columns, Some(labels))
}

/// The examples in these columns, their labels read as `labels` says, or as they ask for themselves.
pub(super) fn read_in(table: &RawTable, columns: Columns, labels: Option<&Labels>) -> Result<Read, DataError> {
    let names = names(table, columns.header);
    let titles = table.bad.iter().filter(|bad| bad.reason == Reason::Title).count();
    let rows = table.total.saturating_sub(titles + usize::from(columns.header));
    if rows > MOST_ROWS {
        return Err(DataError::TooManyRows { file: table.file.clone(), rows, limit: MOST_ROWS });
    }
    let body = &table.rows[usize::from(columns.header).min(table.rows.len())..];
    if body.is_empty() && table.bad.iter().all(|bad| bad.reason == Reason::Title) {
        return Err(DataError::HeaderOnly { file: table.file.clone(), header: cut(&names.join(", "), 60) });
    }
    let labels = labels.cloned().unwrap_or_else(|| Labels::learn(body.iter().filter_map(|row| row.cell(columns.label))));
    let reader = RowReader::new(table, &columns, &labels);
    let mut bad = table.bad.clone();
    let mut examples = Vec::with_capacity(body.len());
    for row in body {
        match reader.read(row) {
            Ok(example) => examples.push(example),
            Err(reason) => bad.push(BadRow { line: row.line, reason }),
        }
    }
    bad.sort_by_key(|bad| bad.line);
    if examples.is_empty() {
        // Not one row: the first one that should be there tells why.
        let first = bad.iter().find(|bad| !matches!(bad.reason, Reason::Title | Reason::HeaderAgain)).unwrap_or(&bad[0]);
        return Err(bad_rows(table, first, bad.len(), rows));
    }
    let taken = Taken {
        file: table.file.clone(),
        format: table.format,
        delimiter: table.delimiter,
        rows: examples.len(),
        classes: classes(&examples),
        columns,
        names,
        left_out: left_out(&bad),
        notes: table.notes.clone(),
    };
    let troubles = misread(table, &bad, examples.len(), rows).into_iter().collect();
    Ok(Read { examples, labels, taken, troubles })
}

/// The first row, if any; without one, every line was bad and the first bad one tells why.
pub(super) fn first_row(table: &RawTable) -> Result<&Row, DataError> {
    table.rows.first().ok_or_else(|| match table.bad.first() {
        Some(first) => bad_rows(table, first, table.bad.len(), table.total),
        None => DataError::Empty { file: table.file.clone() },
    })
}

/// Columns that are there, and of which no two are the same. `train` is the training file, if the table is of a test file.
pub(super) fn check_columns(table: &RawTable, columns: &Columns, train: Option<&str>) -> Result<Columns, DataError> {
    let names = names(table, columns.header);
    let used = [Some(columns.text), columns.text_b, Some(columns.label)];
    if let Some(column) = used.into_iter().flatten().find(|&column| column >= names.len()) {
        return Err(no_column(&table.file, (column + 1).to_string(), &names, train));
    }
    if columns.text == columns.label || columns.text_b == Some(columns.text) || columns.text_b == Some(columns.label) {
        let column = columns.text_b.filter(|&b| b == columns.label).unwrap_or(columns.text) + 1;
        return Err(DataError::SameColumn { file: table.file.clone(), column });
    }
    Ok(columns.clone())
}

/// Names of the columns, from the keys or the header, or made up.
pub(super) fn names(table: &RawTable, header: bool) -> Vec<String> {
    let made_up = |column: usize| format!("column {}", column + 1);
    let header = table.rows.first().filter(|_| header);
    if let Some(keys) = &table.keys {
        return keys.clone();
    }
    let name = |column: usize| header.and_then(|row| row.cell(column)).filter(|name| !name.is_empty());
    (0..table.width(header.is_some())).map(|column| name(column).map_or_else(|| made_up(column), str::to_owned)).collect()
}

/// Reads one row after the other.
struct RowReader<'a> {
    columns: &'a Columns,
    labels: &'a Labels,
    header: Option<&'a Row>,
    width: usize,
    need: usize,
    /// Whether the texts are of several words: among single words, such as names, a word for none can be one of them.
    sentences: bool,
    /// Line from which sums may stand.
    end: usize,
    /// Where the annotator's verdict stands.
    verdict: Option<(usize, (&'static str, &'static Approval))>,
}

impl<'a> RowReader<'a> {
    fn new(table: &'a RawTable, columns: &'a Columns, labels: &'a Labels) -> Self {
        let cells = |column: usize| table.rows.iter().filter_map(move |row| row.cell(column));
        let verdict_in = |(column, name): (usize, &String)| Some((column, verdict(name, cells(column).skip(usize::from(columns.header)))?));
        let sample = table.rows.iter().step_by(table.rows.len().div_ceil(SAMPLE_ROWS).max(1));
        Self {
            labels,
            header: table.rows.first().filter(|_| columns.header),
            width: table.width(columns.header),
            // A field that an object does not have is empty.
            need: if table.keys.is_some() { 0 } else { 1 + columns.text.max(columns.label).max(columns.text_b.unwrap_or(0)) },
            sentences: sample.clone().map(|row| words(row.cell(columns.text).unwrap_or_default())).sum::<f64>()
                >= 1.5 * sample.count() as f64,
            end: table.rows.len().checked_sub(SUMS).filter(|end| *end > SUMS).map_or(usize::MAX, |end| table.rows[end].line),
            verdict: names(table, columns.header).iter().enumerate().find_map(verdict_in),
            columns,
        }
    }

    fn read(&self, row: &Row) -> Result<Labelled, Reason> {
        if self.header.is_some_and(|header| is_same_header(header, row)) {
            return Err(Reason::HeaderAgain);
        }
        if row.is_ruler() {
            return Err(Reason::Ruler);
        }
        if row.line >= self.end && self.is_sum(row) {
            return Err(Reason::Sum(cut(row.cell(self.columns.text).unwrap_or_default(), 20)));
        }
        if row.width < self.need {
            return Err(Reason::TooFew { have: row.width, need: self.need });
        }
        if row.cells().skip(self.width).any(|cell| !cell.is_empty()) {
            return Err(Reason::TooMany { have: row.width, width: self.width });
        }
        if let Some((column, (name, verdict))) = self.verdict {
            let word = row.cell(column).unwrap_or_default();
            // As a label of its own, a verdict is yes or no.
            if !verdict.accepts(word) && (column != self.columns.label || word == "ignore") {
                return Err(Reason::NotAccepted { name, word: word.to_owned() });
            }
        }
        let text = |column: usize| match (row.cell(column).unwrap_or_default(), row.mark(column)) {
            ("", _) => Err(Reason::NoText),
            (cell, None) if self.sentences && is_none_of_programs(cell) => Err(Reason::NoneText(cell.to_owned())),
            (cell, Some(Mark::Nested | Mark::Spans)) => Err(Reason::Nested(cut(cell, 40))),
            // A list of words is a text.
            (cell, _) => Ok(cell.to_owned()),
        };
        let label = match (row.cell(self.columns.label).unwrap_or_default(), row.mark(self.columns.label)) {
            ("", _) => return Err(Reason::NoLabel),
            (cell, None) if several_written(cell).is_some_and(|list| list.len() > 1) => return Err(Reason::SeveralLabels(cut(cell, 40))),
            (cell, Some(Mark::Several(_))) => return Err(Reason::SeveralLabels(cut(cell, 40))),
            (cell, Some(Mark::Spans)) => return Err(Reason::Spans(cut(cell, 40))),
            (cell, Some(Mark::Nested)) => return Err(Reason::Nested(cut(cell, 40))),
            (cell, None) => self.labels.read(cell).map_err(|word| Reason::NoneLabel(cut(&word, 20)))?,
        };
        let text_b = self.columns.text_b.map(text).transpose()?;
        Ok(Labelled { line: row.line, text: text(self.columns.text)?, text_b, label })
    }
}

impl RowReader<'_> {
    /// Whether a row holds a word for a sum and numbers alone, in a table of sentences whose labels are no numbers.
    fn is_sum(&self, row: &Row) -> bool {
        let mut cells = row.cells().filter(|cell| !cell.is_empty());
        let first = cells.next().unwrap_or_default().trim_end_matches(':').to_lowercase();
        self.sentences && SUM.contains(&&*first) && !self.labels.are_numbers() && cells.all(|cell| number(cell).is_some())
    }
}

/// Whether a row is the header once more, as in files that were joined.
fn is_same_header(header: &Row, row: &Row) -> bool {
    let mut cells = row.cells();
    header.cells().all(|name| cells.next().is_some_and(|cell| same_name(name, cell))) && cells.all(str::is_empty)
}

fn bad_rows(table: &RawTable, first: &BadRow, bad: usize, rows: usize) -> DataError {
    DataError::BadRows {
        file: table.file.clone(),
        line: first.line,
        reason: first.reason.to_string(),
        bad,
        rows,
        remedy: first.reason.remedy().to_owned(),
    }
}

/// An error if more than one row in ten is broken, for then the table is misread, or if more rows have several labels than one.
fn misread(table: &RawTable, bad: &[BadRow], good: usize, total: usize) -> Option<DataError> {
    let those = |wanted: fn(&Reason) -> bool| bad.iter().filter(|bad| wanted(&bad.reason)).collect::<Vec<_>>();
    let broken = those(|reason| !reason.is_usual());
    let several = those(|reason| matches!(reason, Reason::SeveralLabels(_)));
    let rows = if broken.len() * 10 > broken.len() + good {
        broken
    } else if several.len() > good {
        several
    } else {
        return None;
    };
    rows.first().map(|first| bad_rows(table, first, rows.len(), total))
}

/// Rows that are left out, by reason, most frequent first.
fn left_out(bad: &[BadRow]) -> Vec<LeftOut> {
    let mut by_reason: BTreeMap<String, (LeftOut, &str)> = BTreeMap::new();
    for bad in bad {
        let kind = bad.reason.kind();
        // What is wrong with JSON differs from row to row: the first one is told.
        let why = if matches!(bad.reason, Reason::Json(_)) { bad.reason.to_string() } else { kind.clone() };
        let new = || (LeftOut { why, rows: 0, lines: Vec::new() }, bad.reason.remedy());
        let (left, _) = by_reason.entry(kind).or_insert_with(new);
        left.rows += 1;
        if left.lines.len() < LINES && !left.lines.contains(&bad.line) {
            left.lines.push(bad.line);
        }
    }
    let mut all: Vec<LeftOut> = by_reason
        .into_values()
        .map(|(left, remedy)| if remedy.is_empty() { left } else { LeftOut { why: format!("{}. {remedy}", left.why), ..left } })
        .collect();
    all.sort_by_key(|left| (std::cmp::Reverse(left.rows), left.lines[0]));
    if all.len() > REASONS {
        let rest = all.split_off(REASONS);
        let rows = rest.iter().map(|left| left.rows).sum();
        let lines = rest.iter().flat_map(|left| left.lines.clone()).take(LINES).collect();
        all.push(LeftOut { why: format!("{} more", counted(rest.len(), "reason")), rows, lines });
    }
    all
}

/// The classes with their counts, most frequent first.
fn classes(examples: &[Labelled]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for example in examples {
        *counts.entry(example.label.as_str()).or_default() += 1;
    }
    let mut classes: Vec<(String, usize)> = counts.into_iter().map(|(class, count)| (class.to_owned(), count)).collect();
    classes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    classes
}
