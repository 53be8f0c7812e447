//! Guesses which column is the text and which the label, where the user has not chosen.
//!
//! From names where there are any, else from the cells. Whatever is guessed is stated (`taken.rs`), with a note where
//! another choice would have been as good.
//! Elsewhere: points of names (`names.rs`) and cells (`profile.rs`), headers (`header.rs`).

use std::collections::HashMap;

use super::error::{DataError, cut, first_few};
use super::header::{self, Header};
use super::names::{Fit, PAIRS, are_twins};
use super::profile::Profile;
use super::rows::{RawTable, Row};
use crate::experiment::Columns;

/// Rows that a guess looks at, spread over the file: files are often sorted by class.
const SAMPLE_ROWS: usize = 5000;

/// An annotator's verdict on the row: the names of its column, and its words.
#[derive(Debug)]
pub(super) struct Approval {
    names: &'static [&'static str],
    accepts: &'static [&'static str],
    rejects: &'static [&'static str],
    /// Words that say nothing alone: they are a verdict beside one of the others.
    beside: &'static [&'static str],
}

/// What annotation tools write, in small letters.
static APPROVALS: [Approval; 4] = [
    Approval { names: &["answer"], accepts: &["accept"], rejects: &["reject", "ignore"], beside: &[] },
    Approval {
        names: &["was_cancelled", "deleted", "discarded", "rejected", "skipped"],
        accepts: &["false", "0", "no"],
        rejects: &["true", "1", "yes"],
        beside: &[],
    },
    Approval { names: &["accepted", "approved"], accepts: &["true", "1", "yes"], rejects: &["false", "0", "no"], beside: &[] },
    Approval {
        names: &["status"],
        accepts: &["approved", "accepted", "submitted", "validated"],
        rejects: &["rejected", "discarded"],
        beside: &["pending", "draft", "default", "skipped"],
    },
];

impl Approval {
    /// Whether a word of its column accepts the row.
    pub fn accepts(&self, word: &str) -> bool {
        self.accepts.contains(&word.to_lowercase().as_str())
    }
}

/// The verdicts that a column holds instead of labels, and what they are called.
pub(super) fn verdict<'a>(name: &str, cells: impl Iterator<Item = &'a str>) -> Option<(&'static str, &'static Approval)> {
    let last = name.rsplit('.').next().unwrap_or_default().to_lowercase();
    let (name, verdict) = APPROVALS.iter().find_map(|verdict| Some((*verdict.names.iter().find(|name| **name == last)?, verdict)))?;
    let mut says = false;
    let known = |cell: &str| {
        let word = cell.to_lowercase();
        let clear = verdict.accepts.contains(&word.as_str()) || verdict.rejects.contains(&word.as_str());
        says |= clear;
        clear || verdict.beside.contains(&word.as_str())
    };
    (cells.filter(|cell| !cell.is_empty()).all(known) && says).then_some((name, verdict))
}

/// What is settled already.
#[derive(Clone, Debug, Default)]
pub(super) struct Fixed {
    /// Whether the first row is a header.
    pub header: Option<bool>,
    /// The text's column.
    pub text: Option<usize>,
    /// The second text's column, or that there is none.
    #[expect(clippy::option_option, reason = "open, settled as none, or settled as a column")]
    pub text_b: Option<Option<usize>>,
    /// The label's column.
    pub label: Option<usize>,
}

/// The columns of a table that has a row; doubts go to `notes`.
///
/// # Errors
/// If it has one column.
pub(super) fn guess(table: &RawTable, fixed: &Fixed, notes: &mut Vec<String>) -> Result<Columns, DataError> {
    if table.width(false) < 2 {
        return Err(match &table.keys {
            Some(keys) => one_field(table, keys),
            None => one_column(table),
        });
    }
    let header = match (fixed.header, &table.keys) {
        (_, Some(_)) => false,
        (Some(header), None) => header,
        (None, None) => match header::of(table) {
            Header::No => false,
            Header::Known => true,
            Header::Unlike => {
                let cells: Vec<&str> = table.rows[0].cells().filter(|cell| !cell.is_empty()).collect();
                let names = cut(&cells.join(", "), 60);
                notes.push(format!("the first row was taken for a header ({names}); if it is an example, say so (`--header no`)"));
                true
            }
        },
    };
    let looked_at = Looked::at(table, header);
    let columns = looked_at.choose(header, fixed);
    if fixed.label.is_none() {
        notes.extend(looked_at.other_labels(&columns));
    }
    if fixed.text.is_none() && fixed.text_b.is_none() {
        notes.extend(looked_at.other_texts(&columns));
    }
    notes.extend(looked_at.parts());
    if fixed.text.is_none() {
        notes.extend(looked_at.no_sentences(&columns));
        if looked_at.profiles[columns.text].numbers > 0.9 {
            let columns = (0..looked_at.width()).map(|column| looked_at.word(column)).collect::<Vec<_>>();
            return Err(DataError::NumbersOnly { file: table.file.clone(), columns: first_few(&columns) });
        }
    }
    Ok(columns)
}

/// No delimiter divides these lines.
fn one_column(table: &RawTable) -> DataError {
    let example = table.rows.iter().find(|row| row.full_cells() < 2).unwrap_or(&table.rows[0]);
    let text: Vec<&str> = example.cells().collect();
    let mut first_words: HashMap<&str, usize> = HashMap::new();
    for row in &table.rows {
        *first_words.entry(row.cell(0).and_then(|cell| cell.split_whitespace().next()).unwrap_or_default()).or_default() += 1;
    }
    let repeat = table.rows.len() >= 8 && first_words.len() * 4 <= table.rows.len() && first_words.values().all(|&count| count > 1);
    let like_labels = repeat && first_words.keys().all(|word| word.contains(char::is_alphabetic) && !is_beginning(word));
    let hint = if text.iter().any(|cell| cell.contains("__label__")) {
        "A label of fastText stands at the start of its line: `__label__NAME text`"
    } else if like_labels {
        "The first word of each line looks like a label: put a tab behind it"
    } else {
        "Another one can be named with `--delimiter`"
    };
    DataError::OneColumn { file: table.file.clone(), line: example.line, found: cut(&text.join(" "), 40), hint }
}

/// Whether sentences begin with a word, in English.
fn is_beginning(word: &str) -> bool {
    const BEGINNINGS: [&str; 20] = [
        "the", "a", "an", "i", "it", "this", "that", "we", "you", "he", "she", "they", "my", "our", "your", "how", "what", "is", "in",
        "there",
    ];
    BEGINNINGS.contains(&word.to_lowercase().as_str())
}

/// Objects with a single field, perhaps a list.
fn one_field(table: &RawTable, keys: &[String]) -> DataError {
    let key = keys.first().map_or("", String::as_str);
    let nested = table.rows.iter().any(|row| row.mark(0).is_some());
    let what = if nested { "which holds a list or an object" } else { "which is a text alone" };
    DataError::OneField { file: table.file.clone(), key: cut(key, 30), what }
}

/// A table's columns as they look.
struct Looked<'a> {
    /// Names, empty where there are none.
    names: Vec<&'a str>,
    fits: Vec<Fit>,
    profiles: Vec<Profile>,
    sample: Vec<&'a Row>,
}

impl<'a> Looked<'a> {
    fn at(table: &'a RawTable, header: bool) -> Self {
        let width = table.width(header).clamp(2, super::rows::MOST_COLUMNS);
        let all = &table.rows[usize::from(header).min(table.rows.len())..];
        let sample: Vec<&Row> = all.iter().step_by(all.len().div_ceil(SAMPLE_ROWS).max(1)).collect();
        let named = |column: usize| match &table.keys {
            Some(keys) => keys.get(column).map_or("", String::as_str),
            None if header => table.rows[0].cell(column).unwrap_or_default(),
            None => "",
        };
        let names: Vec<&str> = (0..width).map(named).collect();
        let has_names = header || table.keys.is_some();
        let fits = names.iter().map(|name| if has_names { Fit::of(name) } else { Fit::default() }).collect();
        let cells = |column: usize| sample.iter().map(move |row| (row.cell(column).unwrap_or_default(), row.mark(column)));
        let profiles = (0..width).map(|column| Profile::of(cells(column))).collect();
        Self { names, fits, profiles, sample }
    }

    fn width(&self) -> usize {
        self.profiles.len()
    }

    fn choose(&self, header: bool, fixed: &Fixed) -> Columns {
        let best = |score: &dyn Fn(usize) -> f64, not: &[Option<usize>]| {
            let candidates = (0..self.width()).filter(|column| !not.contains(&Some(*column)));
            candidates.max_by(|&a, &b| score(a).total_cmp(&score(b)).then(b.cmp(&a)))
        };
        let outside = |column: usize| if column == 0 || column + 1 == self.width() { 2.0 } else { 0.0 };
        let as_label = |column: usize| {
            let verdict = if self.is_verdict(column) { -60.0 } else { 0.0 };
            self.profiles[column].as_label() + self.fits[column].as_label() + outside(column) + verdict - self.again(column)
        };
        let second = fixed.text_b.flatten();
        // A table has two columns at least; with both fixed as texts there may be none left, which is told later.
        let label = fixed.label.or_else(|| best(&as_label, &[fixed.text, second])).unwrap_or(0);
        let pair = if fixed.text_b.is_none() { self.pair(label, fixed.text) } else { None };
        let text = fixed.text.or(pair.map(|(a, _)| a)).or_else(|| best(&|column| self.text_points(column), &[Some(label), second]));
        Columns { header, text: text.unwrap_or(0), text_b: second.or(pair.map(|(_, b)| b)), label }
    }

    fn is_verdict(&self, column: usize) -> bool {
        verdict(self.names[column], self.sample.iter().filter_map(|row| row.cell(column))).is_some()
    }

    fn text_points(&self, column: usize) -> f64 {
        self.profiles[column].as_text() + self.fits[column].as_text() - self.again(column)
    }

    /// Points that a column loses because one before it has its name: of tables side by side the first is read.
    fn again(&self, column: usize) -> f64 {
        let name = self.names[column];
        if !name.is_empty() && self.names[..column].contains(&name) { 8.0 } else { 0.0 }
    }

    /// The two texts of a pair: by name, or two columns of sentences in a table without names.
    fn pair(&self, label: usize, first: Option<usize>) -> Option<(usize, usize)> {
        let others = || (0..self.width()).filter(move |&column| column != label);
        let sentences =
            |column: usize| self.profiles[column].is_sentence() && self.profiles[column].distinct >= self.profiles[column].rows / 10.0;
        let pairs: Vec<(usize, usize)> = if self.names.iter().all(|name| name.is_empty()) {
            match others().filter(|&column| sentences(column)).collect::<Vec<_>>()[..] {
                [a, b] => vec![(a, b)],
                _ => Vec::new(),
            }
        } else {
            let readable = |column: usize| self.profiles[column].numbers < 0.5 && self.profiles[column].several < 0.5;
            let textual = |column: usize| readable(column) && (self.profiles[column].is_sentence() || self.fits[column].text > 0.0);
            let lower: Vec<String> = self.names.iter().map(|name| name.to_lowercase()).collect();
            let known = |a: usize, b: usize| PAIRS.iter().any(|(x, y)| *x == lower[a] && *y == lower[b]);
            let twins = |a: usize, b: usize| textual(a) && textual(b) && are_twins(self.names[a], self.names[b]);
            let all = others().flat_map(|a| others().map(move |b| (a, b))).filter(|(a, b)| a != b);
            all.filter(|&(a, b)| (known(a, b) && readable(a) && readable(b)) || twins(a, b)).collect()
        };
        let points = |&(a, b): &(usize, usize)| self.text_points(a).min(self.text_points(b));
        let mine = pairs.into_iter().filter(|(a, _)| first.is_none_or(|first| first == *a));
        mine.max_by(|a, b| points(a).total_cmp(&points(b)).then(b.cmp(a)))
    }

    /// A column for people.
    fn word(&self, column: usize) -> String {
        match self.names[column] {
            "" => format!("column {}", column + 1),
            name if self.names.iter().filter(|other| **other == name).count() > 1 => format!("column {} (`{}`)", column + 1, cut(name, 24)),
            name => format!("`{}`", cut(name, 24)),
        }
    }

    /// A note where other columns could be the label as well.
    fn other_labels(&self, chosen: &Columns) -> Option<String> {
        let named = self.fits[chosen.label].label > 1.0;
        let used = [Some(chosen.text), chosen.text_b, Some(chosen.label)];
        let other = |&column: &usize| {
            !used.contains(&Some(column))
                && self.profiles[column].could_be_label()
                && (self.fits[column].other == 0.0 || self.fits[chosen.label].other > 0.0)
                && !self.is_verdict(column)
                && (!named || self.fits[column].label > 0.0)
                && !self.says_the_same(column, chosen.label)
        };
        let others: Vec<usize> = (0..self.width()).filter(other).collect();
        if others.is_empty() {
            return None;
        }
        let words: Vec<String> = others.iter().map(|&column| self.word(column)).collect();
        let flags: Vec<usize> = others.iter().copied().chain([chosen.label]).filter(|&column| self.profiles[column].is_code).collect();
        let set = |row: &Row| flags.iter().filter(|&&column| row.cell(column) == Some("1")).count();
        let many = self.sample.iter().filter(|row| set(row) > 1).count();
        let many = if flags.len() > 1 && many > 0 { format!(", and {many} rows are 1 in more than one of them") } else { String::new() };
        Some(format!(
            "several columns look like labels: {} was taken, not {}{many}. Choose with `--label`",
            self.word(chosen.label),
            first_few(&words)
        ))
    }

    /// A note where other columns could be the text as well, or the two texts are a guess from their cells.
    fn other_texts(&self, chosen: &Columns) -> Option<String> {
        if let Some(second) = chosen.text_b {
            let by_cells = self.names.iter().all(|name| name.is_empty());
            let (a, b) = (self.word(chosen.text), self.word(second));
            return by_cells
                .then(|| format!("two columns hold texts, so they were read as pairs ({a}, {b}); `--text-b none` reads one alone"));
        }
        let other = |&column: &usize| {
            let profile = &self.profiles[column];
            column != chosen.text
                && column != chosen.label
                && profile.is_sentence()
                && profile.distinct > profile.rows / 3.0
                && profile.blanks < 0.5
                && profile.several < 0.5
                && self.fits[column].other == 0.0
        };
        let others: Vec<String> = (0..self.width()).filter(other).map(|column| self.word(column)).collect();
        if others.is_empty() {
            return None;
        }
        Some(format!(
            "several columns hold texts: {} was taken, not {}. Choose with `--text`, or read pairs with `--text-b`",
            self.word(chosen.text),
            first_few(&others)
        ))
    }

    /// A note where the texts are a few words that repeat, as codes do.
    fn no_sentences(&self, chosen: &Columns) -> Option<String> {
        let profile = &self.profiles[chosen.text];
        let filled = profile.rows * (1.0 - profile.blanks);
        (filled >= 12.0 && profile.words < 1.5 && profile.distinct * 4.0 <= filled).then(|| {
            let (distinct, word) = (profile.distinct, self.word(chosen.text));
            format!("{word}, taken for the text, has {distinct} different values of about one word: are there texts? `--text` names another column")
        })
    }

    /// A note where a column says which rows are for training and which for testing.
    fn parts(&self) -> Option<String> {
        const PARTS: [&str; 8] = ["train", "training", "test", "dev", "val", "valid", "validation", "eval"];
        let says_parts = |&column: &usize| {
            let cells = || self.sample.iter().filter_map(|row| row.cell(column)).map(str::to_lowercase);
            ["split", "set", "subset", "part", "partition"].contains(&self.names[column].to_lowercase().as_str())
                && cells().all(|cell| PARTS.contains(&cell.as_str()))
                && cells().any(|cell| cell.starts_with("train"))
                && !cells().all(|cell| cell.starts_with("train"))
        };
        let column = (0..self.width()).find(says_parts)?;
        Some(format!(
            "all rows are used, whatever {} says: to test on its test rows, make a file of them and add it (`--test`)",
            self.word(column)
        ))
    }

    /// Whether two columns name the same classes, one perhaps by number and one by word.
    fn says_the_same(&self, a: usize, b: usize) -> bool {
        let (mut there, mut back) = (HashMap::new(), HashMap::new());
        self.sample.iter().all(|row| {
            let (a, b) = (row.cell(a), row.cell(b));
            *there.entry(a).or_insert(b) == b && *back.entry(b).or_insert(a) == a
        })
    }
}
