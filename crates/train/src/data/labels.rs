//! From the words of a label column to classes: what is one class in two spellings, and what means that there is none.
//!
//! White space inside a label counts as one space, and whole numbers are one class with and without decimals (`1`, `1.0`),
//! as programs write them that once had a gap in their column. Unicode's forms are one already (`bytes.rs`).
//! Words for "none" are no classes, unless the other labels show that they are: `-` beside `+`, `NA` beside `DE` and `US`.
//! Elsewhere: what becomes of rows without a class (`columns.rs`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::profile::number;
use super::rows::is_blank;

/// Words that say that a row has no label. `none` in small letters is a usual name of a class.
const NONE: [&str; 33] = [
    "-",
    "--",
    "–",
    "—",
    "[]",
    "{}",
    "n.a.",
    "N.A.",
    "(blank)",
    "?",
    "NA",
    "N/A",
    "n/a",
    "#N/A",
    "<NA>",
    "nan",
    "NaN",
    "NAN",
    "null",
    "NULL",
    "Null",
    "None",
    "\\N",
    "unlabeled",
    "unlabelled",
    "Unlabeled",
    "UNLABELED",
    "#REF!",
    "#VALUE!",
    "#NAME?",
    "#DIV/0!",
    "#NUM!",
    "#NULL!",
];

/// Whether a word stands where a program had nothing to write: a table's blank, a formula that failed.
pub(super) fn is_none_of_programs(word: &str) -> bool {
    NONE.contains(&word) && !matches!(word, "?" | "-" | "--" | "–" | "—")
}

/// How the labels of a training file are to be read; a test file's are read the same way.
#[derive(Clone, Debug, Default)]
pub(crate) struct Labels {
    /// All are whole numbers: decimals say nothing.
    whole_numbers: bool,
    /// Most of the rows have a number as their label.
    numbers: bool,
    /// Those that mean none, beside the words that always do.
    none: BTreeSet<String>,
    /// Words that mean none elsewhere and are classes here.
    kept: BTreeSet<String>,
    /// Classes that are written in several ways, with these.
    pub spellings: BTreeMap<String, BTreeSet<String>>,
}

impl Labels {
    /// Learns from all labels of a training file.
    pub fn learn<'a>(cells: impl Iterator<Item = &'a str>) -> Self {
        let mut raw: BTreeMap<&str, usize> = BTreeMap::new();
        for cell in cells.filter(|cell| !cell.is_empty()) {
            *raw.entry(cell).or_default() += 1;
        }
        let mut words: BTreeMap<String, usize> = BTreeMap::new();
        for (cell, count) in &raw {
            match several_written(cell) {
                Some(list) if list.len() > 1 => {}
                _ => *words.entry(word_of(cell)).or_default() += count,
            }
        }
        let none = nones(&words);
        let kept = words.keys().filter(|word| NONE.contains(&word.as_str()) && !none.contains(*word)).cloned().collect();
        let mut labels = Self { none, kept, ..Self::default() };
        let mut classes = words.keys().filter(|word| !labels.none.contains(*word)).peekable();
        let numbers: usize = words.iter().filter(|(word, _)| number(word).is_some()).map(|(_, count)| count).sum();
        labels.numbers = 2 * numbers > words.values().sum();
        labels.whole_numbers = classes.peek().is_some() && classes.all(|word| is_whole(word));
        let mut spellings: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for cell in raw.keys() {
            if let Ok(class) = labels.read(cell) {
                spellings.entry(class).or_default().insert((*cell).to_owned());
            }
        }
        spellings.retain(|_, written| written.len() > 1);
        labels.spellings = spellings;
        labels
    }

    /// Whether most of the labels are numbers.
    pub fn are_numbers(&self) -> bool {
        self.numbers
    }

    /// The class of a cell that is not empty.
    ///
    /// # Errors
    /// The word, if it means none.
    pub fn read(&self, cell: &str) -> Result<String, String> {
        let word = word_of(cell);
        // A test file can have words for none that the training file has not.
        if self.none.contains(&word) || (NONE.contains(&word.as_str()) && !self.kept.contains(&word)) {
            return Err(word);
        }
        Ok(if self.whole_numbers && is_whole(&word) { without_decimals(&word).to_owned() } else { word })
    }
}

/// The values of a list that is written as a text: `["returns", "urgent"]`, `['returns']` of Python, `{"choices": […]}` of
/// Label Studio; `None` for any other text.
pub(super) fn several_written(cell: &str) -> Option<Vec<String>> {
    let cell = cell.trim();
    if !((cell.starts_with('[') && cell.ends_with(']')) || (cell.starts_with("{\"choices\"") && cell.ends_with('}'))) {
        return None;
    }
    let read = |text: &str| match serde_json::from_str(text).ok()? {
        Value::Array(list) => Some(list),
        Value::Object(mut object) => object.remove("choices").and_then(|list| list.as_array().cloned()),
        _ => None,
    };
    let list = read(cell).or_else(|| read(&cell.replace('\'', "\"")))?;
    let words = list.into_iter().map(|value| match value {
        Value::String(word) => Some(word),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    words.collect::<Option<Vec<String>>>().filter(|words| !words.is_empty())
}

/// The label that a cell is, also where it stands in a list of its own.
fn word_of(cell: &str) -> String {
    match several_written(cell).as_deref() {
        Some([only]) => one_space(only),
        _ => one_space(cell),
    }
}

/// A label with one space for each stretch of white space.
fn one_space(cell: &str) -> String {
    let mut words = cell.split(is_blank).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |label, word| label + " " + word)
}

fn is_whole(word: &str) -> bool {
    number(word).is_some_and(|number| number.fract() == 0.0)
}

/// `1` for `1.00`; anything else as it is.
fn without_decimals(word: &str) -> &str {
    match word.split_once(['.', ',']) {
        Some((whole, decimals)) if !whole.is_empty() && decimals.bytes().all(|byte| byte == b'0') => whole,
        _ => word,
    }
}

/// Of these words, those that mean none.
fn nones(words: &BTreeMap<String, usize>) -> BTreeSet<String> {
    let listed: BTreeSet<&str> = words.keys().map(String::as_str).filter(|word| NONE.contains(word)).collect();
    let others: Vec<&str> = words.keys().map(String::as_str).filter(|word| !listed.contains(word)).collect();
    let is_sign = |word: &str| !word.chars().any(char::is_alphanumeric);
    let signs = others.iter().any(|word| is_sign(word));
    // Codes of countries (`NA` is Namibia) and languages (`nan` is Min Nan) look all the same.
    let codes = |word: &str| {
        let alike = |other: &&str| {
            other.len() == word.len()
                && other.chars().all(|c| c.is_ascii_alphabetic())
                && other.chars().all(char::is_uppercase) == word.chars().all(char::is_uppercase)
                && other.chars().all(char::is_lowercase) == word.chars().all(char::is_lowercase)
        };
        word.chars().all(|c| c.is_ascii_alphabetic()) && word.len() <= 3 && others.len() >= 3 && others.iter().all(alike)
    };
    let mut none: BTreeSet<String> =
        listed.into_iter().filter(|word| !(codes(word) || (is_sign(word) && signs))).map(str::to_owned).collect();
    none.extend(minus_one(words, &others));
    none
}

/// `-1` where it clearly means none: beside the classes 0 to 2 or more, which have more rows each. Beside 0 and 1 alone it
/// can be a class, as in negative, neutral, positive.
fn minus_one(words: &BTreeMap<String, usize>, others: &[&str]) -> Option<String> {
    let minus = others.iter().find(|word| number(word) == Some(-1.0))?;
    let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
    for word in others.iter().filter(|word| word != &minus) {
        let number = number(word).filter(|number| number.fract() == 0.0 && (0.0..1e6).contains(number))?;
        *counts.entry(number as i64).or_default() += words[*word];
    }
    let counted_up = counts.len() >= 3 && counts.keys().copied().eq(0..counts.len() as i64);
    // A file whose every label is hidden, as in published test sets.
    let all_hidden = counts.is_empty() && others.len() == 1;
    (all_hidden || (counted_up && counts.values().all(|&count| count > words[*minus]))).then(|| (*minus).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The class of each cell; `None` where it means none.
    fn read(cells: &[&str]) -> Vec<Option<String>> {
        let labels = Labels::learn(cells.iter().copied());
        cells.iter().map(|cell| labels.read(cell).ok()).collect()
    }

    fn classes(cells: &[&str]) -> Vec<String> {
        let mut classes: Vec<String> = read(cells).into_iter().flatten().collect();
        classes.sort();
        classes.dedup();
        classes
    }

    #[test]
    fn whole_numbers_are_one_class_however_they_are_written() {
        assert_eq!(classes(&["1", "1.0", "1.00", "0", "0.0"]), ["0", "1"]);
        // Decimals that say something stay as they are; so do zeros in front, versions and words.
        assert_eq!(classes(&["1.0", "1.5", "2.0"]), ["1.0", "1.5", "2.0"]);
        assert_eq!(classes(&["01", "1"]), ["01", "1"]);
        assert_eq!(classes(&["1.0", "1", "pos"]), ["1", "1.0", "pos"]);
        let labels = Labels::learn(["1", "1.0"].into_iter());
        assert_eq!(labels.spellings["1"].iter().collect::<Vec<_>>(), ["1", "1.0"]);
    }

    #[test]
    fn white_space_makes_no_class() {
        assert_eq!(classes(&["card payment", "card  payment", "card\u{A0}payment", "card\u{200B} payment"]), ["card payment"]);
    }

    #[test]
    fn words_for_none_are_no_class() {
        for none in ["-", "NA", "N/A", "nan", "NaN", "null", "None", "?", "\\N"] {
            assert_eq!(classes(&["good", "bad", none]), ["bad", "good"], "{none}");
        }
        assert_eq!(classes(&["racism", "sexism", "none"]), ["none", "racism", "sexism"]);
        assert_eq!(read(&["-", "NA"]), [None, None]);
    }

    #[test]
    fn the_other_labels_can_show_that_none_is_a_class() {
        assert_eq!(classes(&["+", "-"]), ["+", "-"]);
        assert_eq!(classes(&["DE", "US", "NA", "FR"]), ["DE", "FR", "NA", "US"]);
        assert_eq!(classes(&["deu", "eng", "nan", "fra"]), ["deu", "eng", "fra", "nan"]);
        assert_eq!(classes(&["Pos", "Neg", "NA"]), ["Neg", "Pos"]);
    }

    #[test]
    fn minus_one_is_none_only_beside_classes_that_count_up() {
        let nli = ["0", "1", "2", "0", "1", "2", "-1"];
        assert_eq!(classes(&nli), ["0", "1", "2"]);
        assert_eq!(classes(&["-1", "0", "1", "0", "1"]), ["-1", "0", "1"]);
        assert_eq!(classes(&["-1", "1", "1"]), ["-1", "1"]);
        assert_eq!(classes(&["0", "1", "2", "-1", "-1"]), ["-1", "0", "1", "2"]);
        assert_eq!(read(&["-1", "-1"]), [None, None]);
    }
}
