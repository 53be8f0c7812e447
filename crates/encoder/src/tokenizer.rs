//! Texts as word pieces: the normalizer, pre-tokenizer and WordPiece of uncased BERT.
//!
//! 1. Characters that nobody sees go, white space becomes a space, each Chinese character stands for itself, accents go
//!    (Unicode's canonical decomposition without its nonspacing marks), letters are lowered.
//! 2. White space and punctuation divide words; a punctuation mark is a word.
//! 3. A word is the longest piece of the vocabulary that begins it, then the longest that goes on, and so forth; a word for which
//!    that does not work out is `[UNK]`.
//!
//! Words in brackets that mean something to the model, such as `[MASK]`, are these pieces wherever a text has them.

use std::collections::HashMap;

use serde_json::Value;
use unicode_general_category::{GeneralCategory as Category, get_general_category as category};
use unicode_normalization::UnicodeNormalization;

use crate::error::EncoderError;

/// Characters of a word at most; longer ones are unknown.
const LONGEST_WORD: usize = 100;

/// Marks pieces that go on a word.
const GOES_ON: &str = "##";

/// What turns texts into word pieces.
pub struct Tokenizer {
    /// Pieces that begin a word, and those that go on one, without their mark.
    begin: HashMap<String, u32>,
    go_on: HashMap<String, u32>,
    /// Words in brackets.
    special: Vec<(String, u32)>,
    unknown: u32,
    first: u32,
    last: u32,
    pieces: usize,
}

impl Tokenizer {
    /// Reads a `tokenizer.json`.
    ///
    /// # Errors
    /// If it is none of uncased BERT.
    pub fn read(json: &[u8]) -> Result<Self, EncoderError> {
        let wrong = |what: &str| EncoderError::Tokenizer(what.to_owned());
        let value: Value = serde_json::from_slice(json).map_err(|error| wrong(&error.to_string()))?;
        let normalizer = &value["normalizer"];
        if normalizer["type"] != "BertNormalizer" || normalizer["lowercase"] != true || value["model"]["type"] != "WordPiece" {
            return Err(wrong("it is no WordPiece of lowered letters"));
        }
        let vocabulary = value["model"]["vocab"].as_object().ok_or_else(|| wrong("it has no vocabulary"))?;
        let mut numbered = Vec::with_capacity(vocabulary.len());
        for (piece, id) in vocabulary {
            let id = id.as_u64().and_then(|id| u32::try_from(id).ok()).ok_or_else(|| wrong("a piece has no number"))?;
            numbered.push((piece.as_str(), id));
        }
        Self::of(numbered)
    }

    /// With these pieces and their numbers; those that go on a word begin with `##`.
    ///
    /// # Errors
    /// If one that it cannot do without is missing.
    pub fn of<'a>(vocabulary: impl IntoIterator<Item = (&'a str, u32)>) -> Result<Self, EncoderError> {
        let (mut begin, mut go_on) = (HashMap::new(), HashMap::new());
        let mut pieces = 0;
        for (piece, id) in vocabulary {
            pieces = pieces.max(id as usize + 1);
            match piece.strip_prefix(GOES_ON) {
                Some(rest) => go_on.insert(rest.to_owned(), id),
                None => begin.insert(piece.to_owned(), id),
            };
        }
        let id_of = |piece: &str| begin.get(piece).copied().ok_or_else(|| EncoderError::Tokenizer(format!("it has no {piece}")));
        let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
        let special = special.into_iter().filter_map(|piece| Some((piece.to_owned(), *begin.get(piece)?))).collect();
        let (unknown, first, last) = (id_of("[UNK]")?, id_of("[CLS]")?, id_of("[SEP]")?);
        Ok(Self { begin, go_on, special, unknown, first, last, pieces })
    }

    /// The pieces in the order of their numbers, as many as are wanted; where there is none, nothing.
    pub fn words(&self, count: usize) -> Vec<String> {
        let mut words = vec![String::new(); count];
        let begin = self.begin.iter().map(|(piece, id)| (piece.clone(), id));
        for (piece, id) in begin.chain(self.go_on.iter().map(|(piece, id)| (format!("{GOES_ON}{piece}"), id))) {
            if let Some(word) = words.get_mut(*id as usize) {
                *word = piece;
            }
        }
        words
    }

    /// Numbers that pieces have: one more than the largest.
    pub fn pieces(&self) -> usize {
        self.pieces
    }

    /// The number of what is in no vocabulary.
    pub fn unknown(&self) -> u32 {
        self.unknown
    }

    /// The numbers of a text's pieces, at most `longest` with the two around them.
    pub fn encode(&self, text: &str, longest: usize) -> Vec<u32> {
        let (mut ids, mut rest) = (vec![self.first], text);
        // A text may be a book of which a page is read.
        while !rest.is_empty() && ids.len() < longest {
            let next = self.special.iter().filter_map(|(word, id)| Some((rest.find(word.as_str())?, word.len(), *id))).min();
            let (before, after, special) = match next {
                Some((place, length, id)) => (&rest[..place], &rest[place + length..], Some(id)),
                None => (rest, "", None),
            };
            for_words(before, |word| {
                self.push_pieces(word, &mut ids);
                ids.len() < longest
            });
            ids.extend(special);
            rest = after;
        }
        ids.truncate(longest.saturating_sub(1));
        ids.push(self.last);
        ids
    }

    fn push_pieces(&self, word: &str, ids: &mut Vec<u32>) {
        let before = ids.len();
        let mut rest = word;
        if word.chars().count() > LONGEST_WORD {
            return ids.push(self.unknown);
        }
        while !rest.is_empty() {
            let pieces = if ids.len() == before { &self.begin } else { &self.go_on };
            let ends = rest.char_indices().map(|(place, c)| place + c.len_utf8()).collect::<Vec<_>>();
            let Some((end, id)) = ends.into_iter().rev().find_map(|end| Some((end, *pieces.get(&rest[..end])?))) else {
                ids.truncate(before);
                return ids.push(self.unknown);
            };
            ids.push(id);
            rest = &rest[end..];
        }
    }
}

/// Hands on the words of a text, until `each` has seen enough.
fn for_words(text: &str, mut each: impl FnMut(&str) -> bool) {
    let mut word = String::new();
    let cleaned = text.chars().filter(|c| is_seen(*c)).flat_map(|c| {
        let (around, c) = if is_white(c) { (None, ' ') } else { (is_chinese(c).then_some(' '), c) };
        around.into_iter().chain([c]).chain(around)
    });
    for c in cleaned.nfd().filter(|c| category(*c) != Category::NonspacingMark).flat_map(char::to_lowercase) {
        if !is_white(c) && !is_punctuation(c) {
            word.push(c);
            continue;
        }
        if !word.is_empty() && !each(&word) || is_punctuation(c) && !each(c.encode_utf8(&mut [0; 4])) {
            return;
        }
        word.clear();
    }
    if !word.is_empty() {
        each(&word);
    }
}

/// Whether a character is more than a control sign.
fn is_seen(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => true,
        '\0' | '\u{FFFD}' => false,
        _ => !matches!(category(c), Category::Control | Category::Format | Category::PrivateUse),
    }
}

fn is_white(c: char) -> bool {
    c.is_whitespace()
}

/// ASCII's signs that are no letters and digits, and what Unicode calls punctuation.
fn is_punctuation(c: char) -> bool {
    c.is_ascii_punctuation()
        || matches!(
            category(c),
            Category::ConnectorPunctuation
                | Category::DashPunctuation
                | Category::OpenPunctuation
                | Category::ClosePunctuation
                | Category::InitialPunctuation
                | Category::FinalPunctuation
                | Category::OtherPunctuation
        )
}

/// The blocks of CJK ideographs, as BERT has them.
fn is_chinese(c: char) -> bool {
    matches!(
        u32::from(c),
        0x4E00..=0x9FFF
            | 0x3400..=0x4DBF
            | 0x20000..=0x2A6DF
            | 0x2A700..=0x2B73F
            | 0x2B740..=0x2B81F
            | 0x2B920..=0x2CEAF
            | 0xF900..=0xFAFF
            | 0x2F800..=0x2FA1F
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        for_words(text, |word| {
            words.push(word.to_owned());
            true
        });
        words
    }

    fn tokenizer() -> Tokenizer {
        let pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##able", "##a", "able", "."];
        let vocabulary: serde_json::Map<String, Value> =
            pieces.iter().zip(0..).map(|(piece, id)| ((*piece).to_owned(), Value::from(id))).collect();
        let json = serde_json::json!({
            "normalizer": { "type": "BertNormalizer", "lowercase": true },
            "model": { "type": "WordPiece", "vocab": vocabulary },
        });
        Tokenizer::read(json.to_string().as_bytes()).expect("it is one of BERT")
    }

    #[test]
    fn words_are_lowered_and_lose_their_accents() {
        assert_eq!(words("  Café\tİstanbul\u{200B}s\u{0} naïve\r\n"), ["cafe", "istanbuls", "naive"]);
        assert_eq!(words("don't-stop… 5%"), ["don", "'", "t", "-", "stop", "…", "5", "%"]);
        assert_eq!(words("x北京y"), ["x", "北", "京", "y"]);
        assert!(words(" \u{a0}\u{ad}").is_empty());
    }

    #[test]
    fn pieces_are_the_longest_that_fit() {
        let encode = |text: &str| tokenizer().encode(text, 64);
        assert_eq!(encode("Unable able."), [2, 5, 6, 8, 9, 3]);
        // The second piece is there, the third is not: the word is unknown as a whole.
        assert_eq!(encode("unab"), [2, 1, 3]);
        assert_eq!(encode(""), [2, 3]);
        assert_eq!(encode("un[MASK]able [mask]"), [2, 5, 4, 8, 1, 1, 1, 3]);
        assert_eq!(encode(&"a".repeat(101)), [2, 1, 3]);
    }

    #[test]
    fn long_texts_are_cut_with_their_end_sign() {
        assert_eq!(tokenizer().encode(&"able ".repeat(100), 5), [2, 8, 8, 8, 3]);
        assert_eq!(tokenizer().encode(&"able[MASK]".repeat(100), 6), [2, 8, 4, 8, 4, 3]);
    }

    #[test]
    fn another_tokenizer_is_refused() {
        let error = |json: &[u8]| Tokenizer::read(json).err().expect("none of BERT").to_string();
        assert!(error(b"{}").contains("no WordPiece of lowered letters"));
        assert!(error(b"not json").contains("cannot be used"));
    }
}
