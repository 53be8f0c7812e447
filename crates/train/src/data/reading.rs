//! Reads files: for a look at them, for choosing columns by their names, and for training.
//!
//! Elsewhere: the steps (`table.rs`, `columns.rs`, `test_file.rs`), what becomes of the examples (`dataset.rs`).

use super::columns::{self, Read, Wish};
use super::doubts;
use super::error::DataError;
use super::examples::Labelled;
use super::files::{Files, NamedBytes};
use super::labels::Labels;
use super::table;
use super::taken::{Table, Taken};
use super::test_file;
use crate::experiment::Columns;

/// Rows that [`Table`] shows.
const HEAD_ROWS: usize = 10;
/// Characters of a cell that [`Table`] shows.
const HEAD_CHARS: usize = 200;

/// How a file is to be read; what is `None` is guessed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Chosen<'a> {
    /// What stands between two cells.
    pub delimiter: Option<char>,
    /// Which columns are used.
    pub columns: Option<&'a Columns>,
}

/// The examples of a file that can be trained on or tested on.
pub(super) struct Reading {
    pub examples: Vec<Labelled>,
    pub labels: Labels,
    pub taken: Taken,
}

/// Reads files and says what they hold: the answer to `Command::Inspect`.
///
/// What only training would refuse (one class, too many rows that cannot be used, a test file with other columns) is told in
/// the table, so that the user sees it and can choose otherwise.
///
/// # Errors
/// If there is no table to show: empty, no text, too many rows, or a chosen column is not there.
pub fn inspect(files: &Files, chosen: Chosen<'_>) -> Result<Table, DataError> {
    let table = table::read(&files.train, chosen.delimiter)?;
    let Read { labels, mut taken, troubles, .. } = with_doubts(columns::read(&table, chosen.columns)?);
    taken.notes.extend(troubles.iter().map(ToString::to_string));
    // Lines that somebody drew are no rows, and are counted among what is left out.
    let head = table.rows.iter().skip(usize::from(taken.columns.header)).filter(|row| !row.is_ruler()).take(HEAD_ROWS);
    let head = head.map(|row| row.cells().map(|cell| cell.chars().take(HEAD_CHARS).collect()).collect()).collect();
    let (test, test_problem) = match files.test.as_ref().map(|file| read_test(file, chosen, &taken, &labels)) {
        None => (None, None),
        Some(Ok(reading)) => (Some(reading.taken), None),
        Some(Err(error)) => (None, Some(error.to_string())),
    };
    Ok(Table { taken, head, test, test_problem })
}

/// The columns that `wish` means in a file, where `chosen` has none; of what it does not say the rest is guessed.
///
/// # Errors
/// If the file cannot be read, or a column is not there.
pub fn choose(file: &NamedBytes, chosen: Chosen<'_>, wish: &Wish) -> Result<Columns, DataError> {
    columns::wished(&table::read(file, chosen.delimiter)?, chosen.columns, wish)
}

/// The examples of a training file.
///
/// # Errors
/// Why it cannot be trained on.
pub(super) fn read_train(file: &NamedBytes, chosen: Chosen<'_>) -> Result<Reading, DataError> {
    let table = table::read(file, chosen.delimiter)?;
    usable(with_doubts(columns::read(&table, chosen.columns)?))
}

/// The examples of a file that is no test file of this run, in chosen or guessed columns; its labels are read as `labels` says.
///
/// # Errors
/// Why it cannot be tested on.
pub(super) fn read_labelled(file: &NamedBytes, chosen: Chosen<'_>, labels: &Labels) -> Result<Reading, DataError> {
    let table = table::read(file, chosen.delimiter)?;
    usable(columns::read_labelled(&table, chosen.columns, labels)?)
}

/// The examples of a test file.
///
/// # Errors
/// Why it cannot be tested on.
pub(super) fn read_test(file: &NamedBytes, chosen: Chosen<'_>, train: &Taken, labels: &Labels) -> Result<Reading, DataError> {
    usable(test_file::read(file, chosen.delimiter, train, labels)?)
}

fn with_doubts(mut read: Read) -> Read {
    let (notes, troubles) = doubts::of(&read.taken, &read.examples, &read.labels);
    read.taken.notes.extend(notes);
    read.troubles.extend(troubles);
    read
}

fn usable(read: Read) -> Result<Reading, DataError> {
    let Read { examples, labels, taken, troubles } = read;
    match troubles.into_iter().next() {
        Some(trouble) => Err(trouble),
        None => Ok(Reading { examples, labels, taken }),
    }
}
