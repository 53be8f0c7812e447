//! The flags that say how a file is to be read, for `basin train` and the window.
//!
//! What is not said is guessed, and the guess is printed. Elsewhere: what `--data` means (`source.rs`), reading itself
//! (`basin_train::data`).

use basin_train::data::Wish;
use basin_train::data::reading::{Chosen, choose};
use basin_train::experiment::{DataConfig, DataSource, can_divide};
use basin_train::protocol::Files;
use clap::Args;

/// How a file is to be read.
#[derive(Args, Clone, Debug, Default)]
pub struct ReadingArgs {
    /// The column of the text, by name or by number from 1.
    #[arg(long, value_name = "COLUMN")]
    text: Option<String>,
    /// The column of the second text of a pair, or none.
    #[arg(long, value_name = "COLUMN|none")]
    text_b: Option<String>,
    /// The column of the label, by name or by number from 1.
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,
    /// Whether the first row names the columns.
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    header: Option<bool>,
    /// What stands between two cells.
    #[arg(long, value_name = "tab|comma|semicolon|pipe|CHARACTER", value_parser = delimiter)]
    delimiter: Option<char>,
}

fn yes_or_no(word: &str) -> Result<bool, String> {
    match word {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("say yes or no".to_owned()),
    }
}

fn delimiter(word: &str) -> Result<char, String> {
    let mut characters = word.chars();
    let found = match (word, characters.next(), characters.next()) {
        ("tab" | "\\t", ..) => '\t',
        ("comma", ..) => ',',
        ("semicolon", ..) => ';',
        ("pipe", ..) => '|',
        ("space", ..) => ' ',
        (_, Some(one), None) => one,
        _ => return Err("say tab, comma, semicolon, pipe, space, or one character".to_owned()),
    };
    if can_divide(found) { Ok(found) } else { Err("letters, digits and quotes cannot divide cells".to_owned()) }
}

impl ReadingArgs {
    /// What stands between two cells, where that is said.
    pub fn delimiter(&self) -> Option<char> {
        self.delimiter
    }

    /// The wish of who reads texts without labels, or `pairs` of them.
    ///
    /// # Errors
    /// If a label is asked for, or no second text of a pair.
    pub fn of_texts(&self, pairs: bool) -> Result<Wish, String> {
        let none = self.text_b.as_deref() == Some("none");
        match self.label {
            Some(_) => Err("--label names a column that is not read here: `basin evaluate` compares answers with labels".to_owned()),
            None if none && pairs => {
                Err("--text-b is none, but this run reads pairs: name the column of the second text with `--text-b`".to_owned())
            }
            None => Ok(Wish { text_b: self.text_b.clone().filter(|_| !none), ..self.wish() }),
        }
    }

    /// What is asked.
    pub fn wish(&self) -> Wish {
        Wish { header: self.header, text: self.text.clone(), text_b: self.text_b.clone(), label: self.label.clone() }
    }

    /// Writes what the flags say into `data`, whose source and files these are.
    ///
    /// # Errors
    /// A column that the file lacks, a file that cannot be read, or flags for a set that has no columns to choose.
    pub fn apply(&self, data: &mut DataConfig, files: Option<&Files>) -> Result<(), String> {
        let wish = self.wish();
        let asked = wish != Wish::default() || self.delimiter.is_some();
        if let DataSource::HelpDesk | DataSource::Reviews { .. } | DataSource::Films { .. } = data.source {
            return match (asked, data.columns.is_some() || data.delimiter.is_some()) {
                (false, false) => Ok(()),
                (true, _) => Err("the built-in sets have no columns to choose: name a file with --data, or leave out --text, --text-b, --label, --header and --delimiter".to_owned()),
                (false, true) => Err("the experiment chooses the columns of a file, but its data is built in: name the file with --data".to_owned()),
            };
        }
        data.delimiter = self.delimiter.or(data.delimiter);
        if wish != Wish::default()
            && let Some(files) = files
        {
            let chosen = Chosen { delimiter: data.delimiter, columns: data.columns.as_ref() };
            data.columns = Some(choose(&files.train, chosen, &wish).map_err(|error| error.to_string())?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_have_names_and_any_sign_will_do() {
        let found = ["tab", "\\t", "comma", "semicolon", "pipe", "space", "~", "¦"].map(delimiter);
        assert_eq!(found, ['\t', '\t', ',', ';', '|', ' ', '~', '¦'].map(Ok));
        for wrong in ["", "a", "7", "\"", ",,", "colon"] {
            assert!(delimiter(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_second_text_may_be_none_unless_pairs_are_read() {
        let asked = |column: &str| ReadingArgs { text_b: Some(column.to_owned()), ..ReadingArgs::default() };
        assert_eq!(asked("none").of_texts(false), Ok(Wish::default()));
        assert_eq!(asked("b").of_texts(true).map(|wish| wish.text_b), Ok(Some("b".to_owned())));
        assert!(asked("none").of_texts(true).expect_err("it reads pairs").contains("--text-b"));
    }

    #[test]
    fn built_in_sets_have_no_columns_to_choose() {
        let asked = ReadingArgs { label: Some("topic".to_owned()), ..ReadingArgs::default() };
        let told = asked.apply(&mut DataConfig::default(), None).expect_err("the help desk");
        assert!(told.contains("--data"), "{told}");
        assert_eq!(ReadingArgs::default().apply(&mut DataConfig::default(), None), Ok(()));
    }
}
