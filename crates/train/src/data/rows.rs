//! The rows of one file, whatever its format was, and why some of them cannot be used.
//!
//! Elsewhere: who makes them (`delimited.rs`, `json.rs`, `fasttext.rs`), which columns are used (`columns.rs`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::{counted, cut};

/// Examples of one file at most: more do not fit beside their tokens in the memory of a browser tab.
pub const MOST_ROWS: usize = 200_000;

/// Cells of one row that are kept: a line of ten million commas is no table.
pub(super) const MOST_COLUMNS: usize = 256;

/// What a file is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Cells with a delimiter between them: CSV, TSV and their relatives.
    Delimited,
    /// JSON objects, one after the other.
    JsonLines,
    /// One JSON list of objects.
    JsonArray,
    /// `__label__NAME text`, as fastText reads it.
    FastText,
}

/// The rows of one file.
#[derive(Debug)]
pub(crate) struct RawTable {
    /// Name of the file, for messages.
    pub file: String,
    /// What the file is made of.
    pub format: Format,
    /// What stands between cells, in a delimited file.
    pub delimiter: Option<char>,
    /// Names of the fields in order of their first appearance, where the format has names; else `None`.
    pub keys: Option<Vec<String>>,
    /// The rows that are not blank, at most [`MOST_ROWS`] and a header.
    pub rows: Vec<Row>,
    /// Rows in the file, also those that are not kept here.
    pub total: usize,
    /// Lines that hold no row at all.
    pub bad: Vec<BadRow>,
    /// What was repaired.
    pub notes: Vec<String>,
}

impl RawTable {
    /// Nothing read yet.
    pub fn new(file: String, format: Format) -> Self {
        Self { file, format, delimiter: None, keys: None, rows: Vec::new(), total: 0, bad: Vec::new(), notes: Vec::new() }
    }

    /// Counts a row and keeps it, if there is room.
    pub fn push(&mut self, row: impl FnOnce() -> Result<Row, BadRow>) {
        self.total += 1;
        if self.rows.len() <= MOST_ROWS {
            match row() {
                Ok(row) => self.rows.push(row),
                Err(bad) => self.bad.push(bad),
            }
        }
    }

    /// Columns of the table: those of the header, else of most rows; without columns that are empty to the end.
    pub fn width(&self, header: bool) -> usize {
        if let Some(keys) = &self.keys {
            return keys.len();
        }
        let common = most_common(self.rows.iter().map(|row| row.width));
        let filled = |row: &Row| row.filled().min(common);
        let used = self.rows.iter().map(filled).max().unwrap_or(0);
        match self.rows.first() {
            Some(first) if header => first.filled().max(first.width.min(used)),
            _ => used,
        }
    }
}

/// What a cell of a JSON document was before it became text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A list of this many values.
    Several(usize),
    /// Parts of a text, with start and end.
    Spans,
    /// Lists or objects in one another.
    Nested,
}

/// One row: its cells in one piece of memory, because tables can have many columns.
#[derive(Debug)]
pub(crate) struct Row {
    /// Line of the file on which it starts, from 1.
    pub line: usize,
    /// Cells in the file, also those beyond [`MOST_COLUMNS`].
    pub width: usize,
    text: Box<str>,
    ends: Box<[usize]>,
    marks: Box<[(usize, Mark)]>,
}

impl Row {
    /// A row of these cells.
    pub fn new<'a>(line: usize, cells: impl IntoIterator<Item = &'a str>) -> Self {
        Self::marked(line, cells.into_iter().map(|cell| (cell, None)))
    }

    /// A row of cells of which some were more than text.
    pub fn marked<'a>(line: usize, cells: impl IntoIterator<Item = (&'a str, Option<Mark>)>) -> Self {
        let (mut text, mut ends, mut marks, mut width) = (String::new(), Vec::new(), Vec::new(), 0);
        for (cell, mark) in cells {
            if width < MOST_COLUMNS {
                text.push_str(cell);
                ends.push(text.len());
                marks.extend(mark.map(|mark| (width, mark)));
            }
            width += 1;
        }
        Self { line, width, text: text.into(), ends: ends.into(), marks: marks.into() }
    }

    /// A cell without the white space around it; `None` if the row is shorter.
    pub fn cell(&self, column: usize) -> Option<&str> {
        let end = *self.ends.get(column)?;
        let start = if column == 0 { 0 } else { self.ends[column - 1] };
        Some(self.text[start..end].trim_matches(is_blank))
    }

    /// What a cell was before it became text, if more than text.
    pub fn mark(&self, column: usize) -> Option<Mark> {
        self.marks.iter().find(|(marked, _)| *marked == column).map(|(_, mark)| *mark)
    }

    /// All cells, without the white space around them.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).filter_map(|column| self.cell(column))
    }

    /// Cells up to the last one that is not empty.
    pub fn filled(&self) -> usize {
        (0..self.ends.len()).rev().find(|&column| self.cell(column).is_some_and(|cell| !cell.is_empty())).map_or(0, |last| last + 1)
    }

    /// Cells that are not empty.
    pub fn full_cells(&self) -> usize {
        self.cells().filter(|cell| !cell.is_empty()).count()
    }

    /// Whether it is a line that somebody drew: dashes in every cell, or `+-----+---+`.
    pub fn is_ruler(&self) -> bool {
        let dashes = |cell: &str| cell.len() >= 3 && cell.bytes().all(|byte| matches!(byte, b'-' | b'=' | b':' | b'+'));
        let crossed = |cell: &str| cell.starts_with('+') && cell.ends_with('+');
        let (full, mut cells) = (self.full_cells(), self.cells().filter(|cell| !cell.is_empty()));
        full > 0 && cells.all(|cell| dashes(cell) && (full >= 2 || crossed(cell)))
    }

    /// Whether white space begins the second cell, as it does behind a comma in a sentence.
    pub fn goes_on_in_second_cell(&self) -> bool {
        self.ends.len() > 1 && self.text[self.ends[0]..self.ends[1]].starts_with(|c: char| c.is_whitespace())
    }

    /// The same row with one cell more at its start.
    pub fn shifted(&self) -> Self {
        Self::new(self.line, std::iter::once("").chain(self.cells()))
    }
}

/// White space, and marks that nobody sees: the byte order mark and spaces without width.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{FEFF}' | '\u{200B}' | '\u{2060}')
}

/// The most common number; of equally common ones the smallest; 0 if there is none.
pub(super) fn most_common(numbers: impl Iterator<Item = usize>) -> usize {
    let mut counts = BTreeMap::<usize, usize>::new();
    for number in numbers {
        *counts.entry(number).or_default() += 1;
    }
    counts.into_iter().max_by_key(|&(number, count)| (count, std::cmp::Reverse(number))).map_or(0, |(number, _)| number)
}

/// A row that is not used.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BadRow {
    /// Line of the file, from 1.
    pub line: usize,
    /// Why.
    pub reason: Reason,
}

/// Why a row is not used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub(crate) enum Reason {
    /// No JSON object.
    #[error("not a JSON object ({0})")]
    Json(String),
    /// A column that is needed is beyond its end.
    #[error("{}, but the label and the text need {need}", counted(*.have, "field"))]
    TooFew {
        /// Cells in the row.
        have: usize,
        /// Cells that are needed.
        need: usize,
    },
    /// Cells beyond the last column.
    #[error("{} in a table of {width}", counted(*.have, "field"))]
    TooMany {
        /// Cells in the row.
        have: usize,
        /// Columns of the table.
        width: usize,
    },
    /// Nothing to read.
    #[error("the text is empty")]
    NoText,
    /// A word that says that there is no text.
    #[error("the text `{0}` means none")]
    NoneText(String),
    /// A sum or a count below the table.
    #[error("it is a sum below the table (`{0}`)")]
    Sum(String),
    /// Parts of the text have labels, the whole has none.
    #[error("the label marks a part of the text (`{0}`)")]
    Spans(String),
    /// Objects in objects where a text or a label should be.
    #[error("a list or an object stands where a text or a label should be (`{0}`)")]
    Nested(String),
    /// More than one class.
    #[error("it has several labels (`{0}`)")]
    SeveralLabels(String),
    /// No class.
    #[error("the label is empty")]
    NoLabel,
    /// A word that says that there is no class.
    #[error("the label `{0}` means none")]
    NoneLabel(String),
    /// The annotator did not accept it.
    #[error("its `{name}` is `{}`", cut(word, 20))]
    NotAccepted {
        /// The column of the verdict.
        name: &'static str,
        /// The verdict.
        word: String,
    },
    /// A line of dashes, as below the header of a table in a text.
    #[error("it is a line of dashes")]
    Ruler,
    /// The header again.
    #[error("it repeats the header")]
    HeaderAgain,
    /// A title or a remark above the header.
    #[error("it stands above the table")]
    Title,
}

impl Reason {
    /// Whether a file can hold many such rows without being misread.
    pub fn is_usual(&self) -> bool {
        matches!(
            self,
            Self::NoLabel
                | Self::NoneLabel(_)
                | Self::NotAccepted { .. }
                | Self::HeaderAgain
                | Self::Title
                | Self::Sum(_)
                | Self::Ruler
                | Self::SeveralLabels(_)
        )
    }

    /// The same without what differs from row to row, to count rows by.
    pub fn kind(&self) -> String {
        match self {
            Self::Json(_) => "not a JSON object".to_owned(),
            Self::Spans(_) => "the label marks a part of the text".to_owned(),
            Self::Nested(_) => "a list or an object stands where a text or a label should be".to_owned(),
            Self::SeveralLabels(_) => "more than one label".to_owned(),
            Self::NoneLabel(word) => format!("the label `{}` means none", cut(word, 20)),
            Self::NoneText(_) => "the text is a word for none".to_owned(),
            Self::NotAccepted { name, word } if word.is_empty() => format!("`{name}` is empty"),
            Self::NotAccepted { name, word } => format!("`{name}` is `{}`", cut(word, 20)),
            other => other.to_string(),
        }
    }

    /// What the user can do; nothing where nothing need be done.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Json(_) => "Write one JSON object per line, or one list of objects",
            Self::TooFew { .. } => "Give every line a label and a text, and check which columns are chosen",
            Self::TooMany { .. } => "Put texts that contain the delimiter in double quotes, or save as TSV",
            Self::NoText | Self::NoneText(_) => "Fill it in or remove the rows, and check which columns are chosen",
            Self::NoLabel => "Give them a label if they should count, and check which column is the label",
            Self::Spans(_) => "Basin gives a whole text one class: choose a column with such a label",
            Self::Nested(_) => "Choose other columns, or write text and label as plain strings",
            Self::SeveralLabels(_) => "Basin gives each text one class: keep one label, or name the combination as a class of its own",
            Self::NoneLabel(_) => "If it is a class, give it another name",
            Self::NotAccepted { .. } | Self::HeaderAgain | Self::Title | Self::Sum(_) | Self::Ruler => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_common_number_is_the_smaller_of_two() {
        assert_eq!(most_common([3, 2, 3, 2, 5].into_iter()), 2);
        assert_eq!(most_common(std::iter::empty()), 0);
    }

    #[test]
    fn cells_come_without_what_nobody_sees() {
        let row = Row::new(3, ["\u{FEFF} a\u{A0}", "", "b\u{200B}", ""]);
        assert_eq!(row.cells().collect::<Vec<_>>(), ["a", "", "b", ""]);
        assert_eq!((row.width, row.filled(), row.full_cells()), (4, 3, 2));
        assert_eq!(row.shifted().cells().collect::<Vec<_>>(), ["", "a", "", "b", ""]);
    }

    #[test]
    fn columns_that_are_empty_to_the_end_do_not_count() {
        let mut table = RawTable::new("a.csv".to_owned(), Format::Delimited);
        for cells in [["text", "label", "", ""], ["a", "b", "", ""], ["c", "d", "", ""]] {
            table.push(|| Ok(Row::new(1, cells)));
        }
        assert_eq!((table.width(true), table.width(false)), (2, 2));
    }
}
