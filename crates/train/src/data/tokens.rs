//! From a text to token numbers: what a token is, and which tokens have a number.
//!
//! Words are those of Unicode's UAX 29, composed (NFC) and lower-cased; punctuation is kept, because `!` and `?` carry
//! sentiment; white space is dropped. Everything is lazy and bounded: a text of ten megabytes costs
//! no more than the tokens that are read of it.
//! Elsewhere: which texts a vocabulary is built from (`dataset.rs`).

use std::borrow::Cow;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_segmentation::UnicodeSegmentation;

use crate::experiment::Tokens;

/// Fills the end of short texts; has no meaning and no weight.
pub const PAD: u32 = 0;
/// Stands for every token that the vocabulary lacks, and for a text without tokens.
pub const UNKNOWN: u32 = 1;

/// Longer words are cut here, in bytes: no word of a language is as long, but a line of base64 is.
pub(crate) const LONGEST_WORD: usize = 64;
/// Longest character n-gram.
pub(crate) const LONGEST_GRAM: usize = 4;

/// The tokens of `text` in reading order, at most `max_length` of them.
///
/// - [`Tokens::Words`]: `Don't!` → `don't`, `!`. A typographic apostrophe counts as `'`.
/// - [`Tokens::WordPairs`]: `so very good` → `so`, `so very`, `very`, `very good`, `good`.
/// - [`Tokens::Characters`]: each word between `<` and `>`; at each place its n-grams of one to four
///   characters, without the bare boundaries: `Al` → `<a`, `<al`, `<al>`, `a`, `al`, `al>`, `l`, `l>`.
///
/// White space gives no token, so the result can be empty.
pub fn tokenize(text: &str, kind: Tokens, max_length: usize) -> Vec<String> {
    match kind {
        Tokens::Words => words(text).take(max_length).collect(),
        Tokens::WordPairs => {
            let mut tokens: Vec<String> = Vec::new();
            let mut before: Option<String> = None;
            // Two tokens a word, one fewer at the start.
            for word in words(text).take(max_length / 2 + 1) {
                if let Some(before) = before {
                    tokens.push(format!("{before} {word}"));
                }
                tokens.push(word.clone());
                before = Some(word);
            }
            tokens.truncate(max_length);
            tokens
        }
        Tokens::Characters => words(text).take(max_length).flat_map(|word| grams(&word)).take(max_length).collect(),
    }
}

/// Lower-cased words and punctuation marks.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split_word_bounds().filter(|word| !word.chars().all(|c| c.is_whitespace() || c.is_control())).map(|word| {
        // Composed letters are shorter than their parts.
        let word = composed(&word[..word.floor_char_boundary(4 * LONGEST_WORD)]);
        let word = &word[..word.floor_char_boundary(LONGEST_WORD)];
        if word.contains('’') { word.replace('’', "'").to_lowercase() } else { word.to_lowercase() }
    })
}

fn composed(word: &str) -> Cow<'_, str> {
    if is_nfc_quick(word.chars()) == IsNormalized::Yes { Cow::Borrowed(word) } else { Cow::Owned(word.nfc().collect()) }
}

/// Character n-grams of `<word>`, by place, then by length.
fn grams(word: &str) -> Vec<String> {
    let marked: Vec<char> = std::iter::once('<').chain(word.chars()).chain(std::iter::once('>')).collect();
    let last = marked.len() - 1;
    let mut grams = Vec::new();
    for start in 0..last {
        let shortest = if start == 0 { 2 } else { 1 };
        for length in shortest..=LONGEST_GRAM.min(marked.len() - start) {
            grams.push(marked[start..start + length].iter().collect());
        }
    }
    grams
}

/// Which tokens have a number. Number 0 is `<pad>`, number 1 is `<unk>`, then the most frequent first.
///
/// In a checkpoint it is saved as its list of tokens.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Saved", into = "Saved")]
pub struct Vocabulary {
    kind: Tokens,
    max_length: usize,
    tokens: Vec<String>,
    ids: HashMap<String, u32>,
}

/// What of a [`Vocabulary`] is saved; the rest follows from it.
#[derive(Serialize, Deserialize)]
struct Saved {
    kind: Tokens,
    max_length: usize,
    tokens: Vec<String>,
}

impl From<Saved> for Vocabulary {
    fn from(Saved { kind, max_length, tokens }: Saved) -> Self {
        let ids = tokens.iter().zip(0..).skip(2).map(|(token, id)| (token.clone(), id)).collect();
        Self { kind, max_length, tokens, ids }
    }
}

impl From<Vocabulary> for Saved {
    fn from(Vocabulary { kind, max_length, tokens, .. }: Vocabulary) -> Self {
        Self { kind, max_length, tokens }
    }
}

impl std::fmt::Debug for Vocabulary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kind, max_length, .. } = self;
        write!(f, "Vocabulary({} tokens, {kind:?}, max_length {max_length})", self.len())
    }
}

impl Vocabulary {
    /// Numbers the `most` most frequent tokens of `texts`; of two equally frequent ones the earlier in
    /// the order of their characters comes first, so that the numbers depend on nothing but the texts.
    ///
    /// Only the first `max_length` tokens of a text count: no model ever reads the others.
    pub fn build<'a>(texts: impl IntoIterator<Item = &'a str>, kind: Tokens, most: usize, max_length: usize) -> Self {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for text in texts {
            for token in tokenize(text, kind, max_length) {
                *counts.entry(token).or_default() += 1;
            }
        }
        let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
        counts.sort_unstable_by(|(a, many), (b, more)| more.cmp(many).then_with(|| a.cmp(b)));
        let frequent = counts.into_iter().take(most).map(|(token, _)| token);
        let tokens = ["<pad>".to_owned(), "<unk>".to_owned()].into_iter().chain(frequent).collect();
        Saved { kind, max_length, tokens }.into()
    }

    /// Its first tokens, `<pad>` and `<unk>` among them: the most frequent ones. The others are unknown to it.
    #[must_use]
    pub fn first(&self, tokens: usize) -> Self {
        Saved { kind: self.kind, max_length: self.max_length, tokens: self.tokens[..tokens].to_vec() }.into()
    }

    /// The token numbers of a text: at least one, at most `max_length`; none is [`PAD`].
    pub fn encode(&self, text: &str) -> Vec<u32> {
        self.encode_counted(text).0
    }

    /// The token numbers of a text, how many of its tokens are known, and of how many.
    ///
    /// A text without tokens gives one [`UNKNOWN`] and 0 of 0.
    pub fn encode_counted(&self, text: &str) -> (Vec<u32>, usize, usize) {
        let mut ids: Vec<u32> = tokenize(text, self.kind, self.max_length).iter().map(|token| self.id(token)).collect();
        let known = ids.iter().filter(|&&id| id != UNKNOWN).count();
        let total = ids.len();
        if ids.is_empty() {
            ids.push(UNKNOWN);
        }
        (ids, known, total)
    }

    /// The token numbers of a text as [`Self::encode`] gives them, and whether the text has more.
    pub fn encode_cut(&self, text: &str) -> (Vec<u32>, bool) {
        let tokens = tokenize(text, self.kind, self.max_length + 1);
        let mut ids: Vec<u32> = tokens.iter().take(self.max_length).map(|token| self.id(token)).collect();
        if ids.is_empty() {
            ids.push(UNKNOWN);
        }
        (ids, tokens.len() > self.max_length)
    }

    /// The number of a token as [`tokenize`] writes it; [`UNKNOWN`] if it has none.
    pub fn id(&self, token: &str) -> u32 {
        self.ids.get(token).copied().unwrap_or(UNKNOWN)
    }

    /// All tokens, in the order of their numbers.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// Number of tokens, `<pad>` and `<unk>` included: the rows of an embedding.
    #[expect(clippy::len_without_is_empty, reason = "a vocabulary always has `<pad>` and `<unk>`")]
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// What a token is.
    pub fn kind(&self) -> Tokens {
        self.kind
    }

    /// Tokens of one text that are read.
    pub fn max_length(&self) -> usize {
        self.max_length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_lower_case_and_keep_punctuation() {
        assert_eq!(tokenize("It isn’t  GOOD!?\n", Tokens::Words, 99), ["it", "isn't", "good", "!", "?"]);
        assert_eq!(tokenize("ÅRHUS 3.5 我爱", Tokens::Words, 99), ["århus", "3.5", "我", "爱"]);
    }

    #[test]
    fn a_letter_is_one_token_however_it_is_composed() {
        let composed = tokenize("Événement ÇA", Tokens::Words, 99);
        assert_eq!(tokenize("E\u{301}ve\u{301}nement C\u{327}A", Tokens::Words, 99), composed);
        assert_eq!(composed, ["événement", "ça"]);
    }

    #[test]
    fn texts_beyond_the_longest_length_are_told_from_those_within() {
        for kind in [Tokens::Words, Tokens::WordPairs, Tokens::Characters] {
            let text = "so very good";
            let all = tokenize(text, kind, 99).len();
            for length in 1..=all + 1 {
                let vocabulary = Vocabulary::build([text], kind, 99, length);
                assert_eq!(vocabulary.encode_cut(text), (vocabulary.encode(text), all > length), "{kind:?} {length}");
            }
        }
    }

    #[test]
    fn pairs_stand_between_their_words() {
        assert_eq!(tokenize("so very good", Tokens::WordPairs, 99), ["so", "so very", "very", "very good", "good"]);
        for max_length in 1..=5 {
            assert_eq!(tokenize("so very good", Tokens::WordPairs, max_length).len(), max_length);
        }
    }

    #[test]
    fn grams_mark_where_words_begin_and_end() {
        let all = ["<a", "<al", "<al>", "a", "al", "al>", "l", "l>"];
        assert_eq!(tokenize("Al", Tokens::Characters, 99), all);
        // A word of n characters has n + 1 pairs, n threes, n − 1 fours and n ones: 4n in all.
        assert_eq!(tokenize("anna", Tokens::Characters, 99).len(), 16);
        assert_eq!(tokenize("Al Al", Tokens::Characters, 10), [&all[..], &["<a", "<al"]].concat());
    }

    #[test]
    fn texts_without_tokens_are_unknown() {
        let vocabulary = Vocabulary::build(["a b"], Tokens::Words, 16, 4);
        for text in ["", " \t\n", "\u{0}"] {
            assert_eq!(vocabulary.encode_counted(text), (vec![UNKNOWN], 0, 0));
        }
        assert_eq!(vocabulary.encode_counted("a z"), (vec![2, UNKNOWN], 1, 2));
    }

    #[test]
    fn frequent_tokens_come_first_and_ties_by_name() {
        let vocabulary = Vocabulary::build(["b a c", "c b", "d"], Tokens::Words, 3, 99);
        assert_eq!(vocabulary.tokens(), ["<pad>", "<unk>", "b", "c", "a"]);
        assert_eq!(vocabulary.encode("a d c"), [4, UNKNOWN, 3]);
    }

    #[test]
    fn tokens_that_no_model_reads_are_not_counted() {
        let vocabulary = Vocabulary::build(["a b c c c"], Tokens::Words, 16, 2);
        assert_eq!(vocabulary.tokens(), ["<pad>", "<unk>", "a", "b"]);
    }

    #[test]
    fn a_saved_vocabulary_encodes_the_same() {
        let vocabulary = Vocabulary::build(["so very good", "not good"], Tokens::WordPairs, 99, 12);
        let text = serde_json::to_string(&vocabulary).expect("a list of strings");
        let restored: Vocabulary = serde_json::from_str(&text).expect("written above");
        assert_eq!(restored, vocabulary);
        assert_eq!(restored.encode("very good"), vocabulary.encode("very good"));
    }

    #[test]
    fn a_huge_word_is_cut() {
        let huge = "é".repeat(5_000_000);
        let tokens = tokenize(&huge, Tokens::Words, 128);
        assert_eq!(tokens, ["é".repeat(LONGEST_WORD / 2)]);
    }
}
