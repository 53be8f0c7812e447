//! Why data cannot be trained on: file, line or column, and the remedy.
//!
//! Lines count from 1 in the file, the header and blank lines included. Columns count from 1 too, as
//! people do; [`crate::experiment::Columns`] counts from 0. What a message repeats of a file is cut, so that each stays
//! shorter than 300 characters.
//! Elsewhere: knobs out of bounds (`config::ConfigError`), rows that are left out (`rows::Reason`).

use crate::brief::brief;
pub(crate) use crate::brief::counted;

/// The start of a text on one line, for messages: `most` characters, `…` among them.
pub(crate) fn cut(text: &str, most: usize) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    // A cell can be a megabyte: no more of it is copied than brief looks at.
    let plain: String = text.trim().chars().take(most + 1).map(plain).collect();
    brief(&plain, most)
}

/// The first five of a list, and how many more.
pub(crate) fn first_few(list: &[String]) -> String {
    let more = if list.len() > 5 { format!(" and {} more", list.len() - 5) } else { String::new() };
    list[..list.len().min(5)].join(", ") + &more
}

/// A column for people: its number, and its name if it has one.
pub(crate) fn column(number: usize, names: &[String]) -> String {
    match names.get(number) {
        Some(name) if *name != format!("column {}", number + 1) => format!("column {} (`{}`)", number + 1, cut(name, 30)),
        _ => format!("column {}", number + 1),
    }
}

/// How a JSON document that is no list of examples is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonShape {
    /// `{"text": {"0": …}, "label": {"0": …}}`, or the same with lists: what pandas writes by default.
    ByColumn,
    /// `{"0": {"text": …}, "1": {"text": …}}`.
    ByRow,
    /// `[["a text", "a label"], …]`, with or without names beside it.
    Arrays,
}

/// Why files are no data set.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DataError {
    /// Nothing but white space.
    #[error("{file} is empty: each line needs a text and its label, such as `label<TAB>text`")]
    Empty {
        /// The file.
        file: String,
    },
    /// One row that reads like a header.
    #[error("{file} has a header ({header}) and no rows below it: add one line per example, or choose another file")]
    HeaderOnly {
        /// The file.
        file: String,
        /// The header's cells.
        header: String,
    },
    /// Not text at all.
    #[error("{file} is not a text file ({reason}): export it as CSV, TSV or JSONL in UTF-8")]
    NotText {
        /// The file.
        file: String,
        /// What gives it away.
        reason: String,
    },
    /// More bytes than fit.
    #[error("{file} has {megabytes} MB, but {limit} MB is the most that is read here: keep a part of its rows")]
    TooLarge {
        /// The file.
        file: String,
        /// Its size, in millions of bytes, rounded up.
        megabytes: u64,
        /// What is read at most.
        limit: u64,
    },
    /// A JSON document that is no list of objects.
    #[error("{file} {}", shape_words(*shape))]
    JsonShape {
        /// The file.
        file: String,
        /// What it is instead.
        shape: JsonShape,
    },
    /// JSON whose elements are texts, or other values, where each example needs its label.
    #[error(
        "{file}, line {line}: {what} (`{found}`) is a single value, and an example is a text with its label: write one object per example, such as {{\"text\": …, \"label\": …}}. Texts alone can be answered, by `basin predict` or under “Many texts”"
    )]
    NoLabels {
        /// The file.
        file: String,
        /// The line.
        line: usize,
        /// Which of them it is.
        what: String,
        /// How it begins.
        found: String,
    },
    /// Text that is something else.
    #[error("{file} is {what}, no table: {remedy}")]
    NoTable {
        /// The file.
        file: String,
        /// What it is.
        what: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// More rows than a page can hold.
    #[error("{file} has {rows} rows, but {limit} is the most that can be trained on: keep the first {limit}, or a random part")]
    TooManyRows {
        /// The file.
        file: String,
        /// Rows found.
        rows: usize,
        /// Rows allowed.
        limit: usize,
    },
    /// Only numbers to read.
    #[error(
        "{file} has no column with texts (its columns: {columns}): a text classifier reads sentences. If numbers are meant as texts, name their column with `--text`"
    )]
    NumbersOnly {
        /// The file.
        file: String,
        /// Names of its columns.
        columns: String,
    },
    /// No delimiter was found.
    #[error(
        "{file} has one column: each line needs a text and its label, with a tab, comma, semicolon or `|` between them (line {line}: `{found}`). {hint}"
    )]
    OneColumn {
        /// The file.
        file: String,
        /// An example line.
        line: usize,
        /// Its start.
        found: String,
        /// What to do with this line.
        hint: &'static str,
    },
    /// JSON objects of one field.
    #[error("{file} has objects with one field, `{key}`, {what}: each needs a text and its label, such as {{\"text\": …, \"label\": …}}")]
    OneField {
        /// The file.
        file: String,
        /// The field.
        key: String,
        /// What it holds.
        what: &'static str,
    },
    /// A delimiter was asked for that is not there, or in a file that has none.
    #[error("{file} {why}: leave the delimiter to Basin, or choose the one between its cells (`--delimiter`)")]
    Delimiter {
        /// The file.
        file: String,
        /// What is wrong.
        why: String,
    },
    /// A quote that opens and does not close.
    #[error(
        "{file}, line {line}: a quote opens a field here and never closes it: double the quotes inside quoted fields, or save as TSV without quotes"
    )]
    OpenQuote {
        /// The file.
        file: String,
        /// Where the quote is.
        line: usize,
    },
    /// Too many rows cannot be read.
    #[error("{file}, line {line}: {reason}; so it is with {bad} of {rows} rows. {remedy}")]
    BadRows {
        /// The file.
        file: String,
        /// The first such row.
        line: usize,
        /// What is wrong with it.
        reason: String,
        /// How many rows are like that.
        bad: usize,
        /// Rows in the file.
        rows: usize,
        /// What to do.
        remedy: String,
    },
    /// A column that the table lacks.
    #[error("{file} has no column {column}: it has {have} ({names}); {remedy}")]
    NoColumn {
        /// The file.
        file: String,
        /// The column that was asked for: its number from 1, or its name.
        column: String,
        /// Number of columns.
        have: usize,
        /// Their names.
        names: String,
        /// What to do.
        remedy: String,
    },
    /// Text and label in one column.
    #[error("column {column} of {file} cannot be both text and label: choose two columns")]
    SameColumn {
        /// The file.
        file: String,
        /// The column, from 1.
        column: usize,
    },
    /// Nothing to tell apart.
    #[error("every row of {file} has the label `{class}`: at least two classes are needed; is {column} the label? {hint}")]
    OneClass {
        /// The file.
        file: String,
        /// The class.
        class: String,
        /// The label's column, for people.
        column: String,
        /// What else could be the label.
        hint: String,
    },
    /// The label column is no label.
    #[error("{column} of {file} has {classes} different labels in {rows} rows, but {limit} is the most: choose the column of the label")]
    TooManyClasses {
        /// The file.
        file: String,
        /// The label's column, for people.
        column: String,
        /// Different labels.
        classes: usize,
        /// Rows in the file.
        rows: usize,
        /// Labels allowed.
        limit: usize,
    },
    /// The label column holds measurements.
    #[error(
        "{column} of {file} holds scores (such as {example}; {classes} different ones in {rows} rows), not classes: cut them into a few classes, such as `low` and `high`, or choose another column as the label"
    )]
    Scores {
        /// The file.
        file: String,
        /// The label's column, for people.
        column: String,
        /// One of its cells.
        example: String,
        /// Different ones.
        classes: usize,
        /// Rows in the file.
        rows: usize,
    },
    /// Nothing is left to test on.
    #[error(
        "{file}: no class has two examples, so none can be held out for testing: is {column} the label? Choose another, add rows, or give a test file"
    )]
    NothingToTest {
        /// The file.
        file: String,
        /// The label's column, for people.
        column: String,
    },
    /// A class that cannot be learned.
    #[error("{file}, line {line}: the label `{class}` is in no row of {train}: correct it, or add training rows with it")]
    ClassOnlyInTest {
        /// The test file.
        file: String,
        /// Its first such line.
        line: usize,
        /// The label.
        class: String,
        /// The training file.
        train: String,
    },
    /// Fewer examples asked for than there are classes.
    #[error(
        "data.train_size is {asked}, but there are {classes} classes and each needs an example: set it to {classes} or more, or 0 for all"
    )]
    TrainSizeTooSmall {
        /// The knob's value.
        asked: usize,
        /// Classes in the data.
        classes: usize,
    },
    /// The source is a file and none was given.
    #[error("the experiment learns from `{name}`, which is not here: open the file, or fetch it with `basin data get {name}`")]
    NoFile {
        /// Its name.
        name: String,
    },
    /// No text to answer.
    #[error("{file} is empty: each line needs a text, or a table a column of texts")]
    NoTexts {
        /// The file.
        file: String,
    },
    /// A line that holds no text to answer.
    #[error("{file}, line {line}: {reason}. {remedy}")]
    BadText {
        /// The file.
        file: String,
        /// The line.
        line: usize,
        /// What is wrong with it.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The system cannot read it.
    #[error("{file} cannot be read: {why}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the system says.
        why: String,
    },
}

fn shape_words(shape: JsonShape) -> &'static str {
    match shape {
        JsonShape::ByColumn => {
            "is a JSON object by column, as pandas writes it: one object per example is needed. In pandas: `df.to_json(PATH, orient=\"records\", lines=True)`"
        }
        JsonShape::ByRow => {
            "is a JSON object with one entry per row: a list of objects is needed. In pandas: `df.to_json(PATH, orient=\"records\", lines=True)`"
        }
        JsonShape::Arrays => {
            "is JSON whose rows are lists without names: one object per example is needed, such as {\"text\": …, \"label\": …}. In pandas: `df.to_json(PATH, orient=\"records\", lines=True)`"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_is_cut_and_stands_on_one_line() {
        assert_eq!(cut("  short \n", 10), "short");
        assert_eq!(cut("two\nlines", 10), "two lines");
        assert_eq!(cut("exactly ten", 11), "exactly ten");
        assert_eq!(cut("ééééé", 4), "ééé…");
    }

    #[test]
    fn columns_go_by_number_and_name() {
        let names = ["column 1".to_owned(), "label".to_owned()];
        assert_eq!([0, 1, 2].map(|number| column(number, &names)), ["column 1", "column 2 (`label`)", "column 3"]);
    }
}
