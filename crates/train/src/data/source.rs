//! Where labelled texts come from: files, what the program brings along, a generator.
//!
//! Elsewhere: what becomes of them (`dataset.rs`), what is read of a file (`reading.rs`).

use super::builtin;
use super::error::{DataError, column, cut};
use super::examples::Labelled;
use super::files::{Files, NamedBytes};
use super::films;
use super::labels::Labels;
use super::reading::{Chosen, read_test, read_train};
use super::reviews;
use super::taken::Taken;
use crate::experiment::{Columns, DataConfig, DataSource};

/// Labelled texts, wherever they come from.
pub struct Source {
    pub title: String,
    /// Name of the training file, for messages.
    pub file: String,
    /// The column of the label, for messages.
    pub label: String,
    pub train: Vec<Labelled>,
    /// Name and rows of a separate test file.
    pub test: Option<(String, Vec<Labelled>)>,
    pub taken: Option<Taken>,
    pub taken_of_test: Option<Taken>,
    pub labels: Labels,
    pub notes: Vec<String>,
}

impl Source {
    /// Reads what an experiment names; `files` are the bytes where that is a file or a set of the library.
    ///
    /// # Errors
    /// What is wrong with which file, on which line, and the remedy.
    pub fn read(config: &DataConfig, files: Option<&Files>) -> Result<Self, DataError> {
        match &config.source {
            DataSource::Reviews { examples } => {
                let train = reviews::generate(*examples, config.seed);
                Ok(Self::of_program("Product reviews (generated)", "the generated reviews", train))
            }
            DataSource::Films { examples } => {
                let train = films::generate(*examples, config.seed);
                Ok(Self::of_program("Film reviews (generated)", "the generated film reviews", train))
            }
            DataSource::HelpDesk => {
                // Our own set is `label<TAB>text` without header: nothing to guess.
                let ours = Columns { header: false, label: 0, text: 1, text_b: None };
                let file = builtin::help_desk();
                let train = read_train(&file, Chosen { delimiter: Some('\t'), columns: Some(&ours) })?.examples;
                Ok(Self::of_program("Help desk", &file.name, train))
            }
            DataSource::Library { name } | DataSource::File { name } => {
                let files = files.ok_or_else(|| DataError::NoFile { name: cut(name, 60) })?;
                let chosen = Chosen { delimiter: config.delimiter, columns: config.columns.as_ref() };
                Self::of_files(name.clone(), files, chosen)
            }
        }
    }

    fn of_program(title: &str, file: &str, train: Vec<Labelled>) -> Self {
        Self {
            title: title.to_owned(),
            file: file.to_owned(),
            label: "the first column".to_owned(),
            train,
            test: None,
            taken: None,
            taken_of_test: None,
            labels: Labels::default(),
            notes: Vec::new(),
        }
    }

    fn of_files(title: String, files: &Files, chosen: Chosen<'_>) -> Result<Self, DataError> {
        let train = read_train(&files.train, chosen)?;
        let of_test = |file: &NamedBytes| read_test(file, chosen, &train.taken, &train.labels);
        let test = files.test.as_ref().map(of_test).transpose()?;
        let mut notes = train.taken.all_notes();
        let (test, taken_of_test) = match test {
            Some(test) => {
                notes.extend(test.taken.all_notes());
                (Some((test.taken.file.clone(), test.examples)), Some(test.taken))
            }
            None => (None, None),
        };
        let label = column(train.taken.columns.label, &train.taken.names);
        Ok(Self {
            title,
            file: train.taken.file.clone(),
            label,
            train: train.examples,
            test,
            taken: Some(train.taken),
            taken_of_test,
            labels: train.labels,
            notes,
        })
    }
}
