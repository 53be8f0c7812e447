//! Why data cannot be trained on: file, line or column, and the remedy.
//!
//! Lines count from 1 in the file, the header and blank lines included. Columns count from 1 too, as
//! people do; [`crate::config::Columns`] counts from 0.
//! Elsewhere: knobs out of bounds (`config::ConfigError`).

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
    #[error("{file} has a header ({header}) and no rows below it: add one line per example")]
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
    /// One JSON document instead of one per line.
    #[error("{file} is one JSON array: write one object per line (JSONL), for example with `jq -c '.[]'`")]
    JsonArray {
        /// The file.
        file: String,
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
    /// No delimiter was found.
    #[error("{file} has one column: each line needs a text and its label, divided by a tab or a comma (line {line}: `{found}`)")]
    OneColumn {
        /// The file.
        file: String,
        /// An example line.
        line: usize,
        /// Its start.
        found: String,
    },
    /// A quote that opens and does not close.
    #[error("{file}, line {line}: a quote opens a field here and never closes it: double the quotes inside quoted fields, or save as TSV")]
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
    #[error("{file} has no column {column}: it has {have} ({names}); choose other columns")]
    NoColumn {
        /// The file.
        file: String,
        /// The column that was asked for: its number from 1, or its name.
        column: String,
        /// Number of columns.
        have: usize,
        /// Their names.
        names: String,
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
    #[error("every row of {file} has the label `{class}`: at least two classes are needed; is column {column} the label?")]
    OneClass {
        /// The file.
        file: String,
        /// The class.
        class: String,
        /// The label's column, from 1.
        column: usize,
    },
    /// The label column is no label.
    #[error(
        "column {column} of {file} has {classes} different labels in {rows} rows, but {limit} is the most: choose the column of the label"
    )]
    TooManyClasses {
        /// The file.
        file: String,
        /// The label's column, from 1.
        column: usize,
        /// Different labels.
        classes: usize,
        /// Rows in the file.
        rows: usize,
        /// Labels allowed.
        limit: usize,
    },
    /// Nothing is left to test on.
    #[error("{file}: no class has two examples, so none can be held out for testing: add rows, or give a test file")]
    NothingToTest {
        /// The file.
        file: String,
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
}
