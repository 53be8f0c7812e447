//! The examples of a test file, in the columns of the training file: by name if both have names, else by place.
//!
//! Its labels are read as those of the training file. Every message names the test file.
//! Elsewhere: the training file (`reading.rs`), classes that only the test file has (`dataset.rs`).

use super::columns::{Read, check_columns, first_row, names, no_column, read_in};
use super::error::{DataError, cut};
use super::files::NamedBytes;
use super::guess::{Fixed, guess};
use super::header::{self, Header};
use super::labels::Labels;
use super::rows::{Format, RawTable};
use super::table;
use super::taken::Taken;
use crate::experiment::Columns;

/// Reads a test file; `delimiter` is one that was chosen for the training file.
///
/// # Errors
/// What is wrong with it, or which column of the training file it lacks.
pub(super) fn read(file: &NamedBytes, delimiter: Option<char>, train: &Taken, labels: &Labels) -> Result<Read, DataError> {
    // The two need not have the same delimiter.
    let table = match table::read(file, delimiter) {
        Err(DataError::Delimiter { .. }) => table::read(file, None)?,
        other => other?,
    };
    first_row(&table)?;
    let columns = columns_of(&table, train)?;
    read_in(&table, columns, Some(labels))
}

fn columns_of(table: &RawTable, train: &Taken) -> Result<Columns, DataError> {
    let wanted = &train.columns;
    let train_has_keys = train.format != Format::Delimited;
    let in_test: Vec<&str> = match &table.keys {
        Some(keys) => keys.iter().map(String::as_str).collect(),
        None => table.rows[0].cells().collect(),
    };
    let place = |column: usize| {
        let name = train.names.get(column)?;
        in_test.iter().position(|found| found == name).or_else(|| in_test.iter().position(|found| found.eq_ignore_ascii_case(name)))
    };
    let by_name = || {
        let text_b = match wanted.text_b {
            Some(column) => Some(place(column)?),
            None => None,
        };
        Some(Columns { header: table.keys.is_none(), text: place(wanted.text)?, label: place(wanted.label)?, text_b })
    };
    if (train_has_keys || wanted.header)
        && let Some(columns) = by_name()
    {
        return Ok(columns);
    }
    if table.keys.is_some() != train_has_keys {
        // Places in a JSON object and places in a line have nothing to do with each other.
        let fixed = Fixed { text_b: wanted.text_b.is_none().then_some(None), ..Fixed::default() };
        return guess(table, &fixed, &mut Vec::new());
    }
    // Names that the training file does not have, or other ones than there.
    let label = table.rows[0].cell(wanted.label).unwrap_or_default();
    let header = table.keys.is_none() && header::of(table) != Header::No && train.classes.iter().all(|(class, _)| class != label);
    let missing = [Some(wanted.text), wanted.text_b, Some(wanted.label)].into_iter().flatten().find(|&column| place(column).is_none());
    let both_named = table.keys.is_some() || (header && wanted.header);
    if both_named && let Some(column) = missing {
        let name = train.names.get(column).map_or("", String::as_str);
        return Err(no_column(&table.file, format!("`{}`", cut(name, 30)), &names(table, header), Some(&train.file)));
    }
    check_columns(table, &Columns { header, ..wanted.clone() }, Some(&train.file))
}
