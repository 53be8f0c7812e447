//! What a user should know of the examples that a run trains and tests on, in a line each.

use std::collections::HashSet;

use super::error::{counted, cut, first_few};
use super::examples::{Example, counts};
use super::tokens::UNKNOWN;

/// Texts that are longer than a model reads.
pub fn too_long(cut: usize, of: usize, length: usize, file: &str) -> Option<String> {
    (cut > 0).then(|| {
        format!(
            "{file}: {cut} of {} have more than {length} tokens: the rest of them is not read (`--max-length` up to 1024 reads more)",
            counted(of, "text")
        )
    })
}

/// Test texts of which a model knows nothing; `whose` are they, of the `test` or of the `validation` part.
pub fn unknown(test: &[Example], file: &str, whose: &str) -> Option<String> {
    let known = |example: &&Example| example.tokens.iter().chain(&example.tokens_b).any(|&token| token != UNKNOWN);
    let unknown = test.len() - test.iter().filter(known).count();
    let remedy = if unknown * 5 > test.len() { "; `--tokens characters` knows parts of words" } else { "" };
    (unknown > 0).then(|| {
        format!(
            "{file}: {unknown} of {} {whose} texts have no token that the vocabulary knows, so the answer to them is the same whatever they say{remedy}",
            test.len()
        )
    })
}

/// Classes that the test set lacks, or the part that stands for it.
pub fn untested(train: &[Example], test: &[Example], classes: &[String], file: &str, whose: &str) -> Option<String> {
    let (in_train, in_test) = (counts(train, classes.len()), counts(test, classes.len()));
    let untested = (0..classes.len()).filter(|&class| in_test[class] == 0 && in_train[class] > 1);
    let untested: Vec<String> = untested.map(|class| format!("`{}`", cut(&classes[class], 24))).collect();
    (!untested.is_empty()).then(|| format!("{file}: no {whose} example has these labels: {}", first_few(&untested)))
}

/// Test texts that can be known by heart.
pub fn copies(train: &[Example], test: &[Example], file: &str, whose: &str) -> Option<String> {
    let seen: HashSet<(&str, Option<&str>)> = train.iter().map(|example| (example.text.as_str(), example.text_b.as_deref())).collect();
    let copies = test.iter().filter(|example| seen.contains(&(example.text.as_str(), example.text_b.as_deref()))).count();
    (copies > 0).then(|| format!("{file}: {copies} of {} {whose} texts are also in the training set, word for word", test.len()))
}
