//! What was taken of a file: the statement that command line and page show, so that a guess can be doubted.
//!
//! Plain data. Elsewhere: who makes it (`columns.rs`).

use serde::{Deserialize, Serialize};

use super::dialect::delimiter_word;
use super::error::{column, counted, cut};
use super::rows::Format;
use crate::experiment::Columns;

/// What was taken of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    /// Name of the file.
    pub file: String,
    /// What it is made of.
    pub format: Format,
    /// What stands between its cells, where it is delimited.
    pub delimiter: Option<char>,
    /// Which columns are used, and whether the first row is a header.
    pub columns: Columns,
    /// Names of all columns: from the header or the keys, else "column 1", "column 2", …
    pub names: Vec<String>,
    /// Examples: rows that are used.
    pub rows: usize,
    /// The classes with their counts, most frequent first.
    pub classes: Vec<(String, usize)>,
    /// Rows that are not used, by reason.
    pub left_out: Vec<LeftOut>,
    /// What was repaired or looks odd; each names the file.
    pub notes: Vec<String>,
}

/// Rows that are not used for one reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Why, and what the user can do.
    pub why: String,
    /// How many.
    pub rows: usize,
    /// Lines of the first few, from 1.
    pub lines: Vec<usize>,
}

impl LeftOut {
    /// `2 rows (lines 21, 30): the label is empty`.
    pub fn words(&self) -> String {
        let lines: Vec<String> = self.lines.iter().map(ToString::to_string).collect();
        // Many rows may stand in one line, of JSON.
        let one = lines.len() == 1;
        let more = if self.rows > lines.len() && !one { ", …" } else { "" };
        let (rows, line) = (counted(self.rows, "row"), if one { "line" } else { "lines" });
        format!("{rows} ({line} {}{more}): {}", lines.join(", "), self.why)
    }
}

impl Taken {
    /// The format in words: "comma-separated with a header", "JSON lines".
    pub fn format_words(&self) -> String {
        match (self.format, self.delimiter) {
            (Format::JsonLines, _) => "JSON lines".to_owned(),
            (Format::JsonArray, _) => "a JSON list of objects".to_owned(),
            (Format::FastText, _) => "fastText format".to_owned(),
            (Format::Delimited, delimiter) => {
                let header = if self.columns.header { "with a header" } else { "without a header" };
                format!("{}-separated {header}", delimiter_word(delimiter.unwrap_or('\t')))
            }
        }
    }

    /// The columns in words: "text: column 1 (`message`), label: column 2 (`topic`)".
    pub fn columns_words(&self) -> String {
        let Columns { text, text_b, label, .. } = self.columns;
        let column = |number| column(number, &self.names);
        match text_b {
            Some(text_b) => format!("pairs of {} and {}, label: {}", column(text), column(text_b), column(label)),
            None => format!("text: {}, label: {}", column(text), column(label)),
        }
    }

    /// The classes in words: the first six with their counts.
    pub fn classes_words(&self) -> String {
        let few = self.classes.iter().take(6).map(|(class, count)| format!("{} {count}", cut(class, 20)));
        let more = self.classes.len().saturating_sub(6);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        few.collect::<Vec<_>>().join(", ") + &more
    }

    /// All notes, each with the name of the file: rows that are left out, then what else is odd.
    pub fn all_notes(&self) -> Vec<String> {
        let left_out = self.left_out.iter().map(|left| format!("{}: left out {}", self.file, left.words()));
        left_out.chain(self.notes.iter().cloned()).collect()
    }

    /// All of it in a line.
    pub fn words(&self) -> String {
        let (examples, classes) = (counted(self.rows, "example"), counted(self.classes.len(), "class"));
        format!("{} is {}; {}; {examples} in {classes}: {}.", self.file, self.format_words(), self.columns_words(), self.classes_words())
    }
}

/// A file that was looked at: the answer to `Command::Inspect`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// What was taken.
    #[serde(flatten)]
    pub taken: Taken,
    /// The first rows, cell by cell, each cell cut at 200 characters.
    pub head: Vec<Vec<String>>,
    /// What was taken of the test file, if there is one that can be used.
    pub test: Option<Taken>,
    /// Why the test file cannot be used.
    pub test_problem: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_stands_in_a_line() {
        let taken = Taken {
            file: "a.csv".to_owned(),
            format: Format::Delimited,
            delimiter: Some(';'),
            columns: Columns { header: true, text: 0, text_b: None, label: 1 },
            names: ["Nachricht", "Thema"].map(str::to_owned).to_vec(),
            rows: 60,
            classes: ["a", "b", "c", "d", "e", "f", "g"].map(|class| (class.to_owned(), 5)).to_vec(),
            left_out: vec![LeftOut { why: "the label is empty".to_owned(), rows: 4, lines: vec![3, 8, 9] }],
            notes: Vec::new(),
        };
        assert_eq!(
            taken.words(),
            "a.csv is semicolon-separated with a header; text: column 1 (`Nachricht`), label: column 2 (`Thema`); \
             60 examples in 7 classes: a 5, b 5, c 5, d 5, e 5, f 5, and 1 more."
        );
        assert_eq!(taken.left_out[0].words(), "4 rows (lines 3, 8, 9, …): the label is empty");
        let pairs = Taken { columns: Columns { header: false, text: 0, text_b: Some(1), label: 2 }, names: Vec::new(), ..taken };
        assert_eq!(pairs.columns_words(), "pairs of column 1 and column 2, label: column 3");
    }
}
