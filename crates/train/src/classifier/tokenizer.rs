//! How a text becomes token numbers, as a file that other programs read.
//!
//! The rules themselves are `data/tokens.rs`; [`python`] and `web/small/model.js` follow them, and are held against them. A classifier
//! that reads texts with an encoder has the encoder's own file.

use serde::Serialize;

use super::weights::{Classifier, Pretrained};
use crate::data::tokens::{LONGEST_GRAM, LONGEST_WORD, PAD, UNKNOWN, Vocabulary};
use crate::experiment::Tokens;

/// The rules in words, for whoever writes them in another language.
const RULES: &str = "1. Divide at the word boundaries of Unicode's UAX 29 (default rules, no dictionaries). 2. Leave out segments of nothing \
but White_Space and control characters. 3. Of each segment keep at most 4 * longest_word bytes of UTF-8, compose it (NFC), keep at most \
longest_word bytes, at whole characters. 4. Write ' for U+2019; lower case. 5. words: these are the tokens. word-pairs: between two \
neighbours stands one more token, both with a space between. characters: of `<word>` at each place the n-grams of 1 to longest_gram \
characters, shortest first, without `<` and `>` alone. 6. The first max_length tokens count. 7. The number of a token is its place in \
tokens, or unknown; a text without tokens is one unknown. 8. Shorter texts of a batch are filled up with pad at the end.";

/// The file.
#[derive(Serialize)]
struct Tokenizer<'a> {
    rules: &'static str,
    kind: Tokens,
    max_length: usize,
    longest_word: usize,
    longest_gram: usize,
    pad: u32,
    unknown: u32,
    tokens: &'a [String],
}

/// The file of a classifier.
pub fn file(classifier: &Classifier) -> String {
    match &classifier.pretrained {
        Some(Pretrained { papers, .. }) => papers.tokenizer.clone(),
        None => json(&classifier.vocabulary),
    }
}

/// The vocabulary and its rules as JSON.
pub fn json(vocabulary: &Vocabulary) -> String {
    let file = Tokenizer {
        rules: RULES,
        kind: vocabulary.kind(),
        max_length: vocabulary.max_length(),
        longest_word: LONGEST_WORD,
        longest_gram: LONGEST_GRAM,
        pad: PAD,
        unknown: UNKNOWN,
        tokens: vocabulary.tokens(),
    };
    serde_json::to_string(&file).expect("a list of texts")
}

/// A function of Python that follows the rules, for the card.
pub fn python(classifier: &Classifier) -> String {
    match &classifier.pretrained {
        Some(_) => include_str!("word_pieces.py").replace("LONGEST", &classifier.whole().sizes().longest.to_string()),
        None => include_str!("tokenize.py").to_owned(),
    }
}
