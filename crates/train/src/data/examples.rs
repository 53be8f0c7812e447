//! An example, as a file or the generator gives it and as a run sees it.
//!
//! Elsewhere: who makes them (`columns.rs`, `reviews.rs`), which of them are trained on (`shape.rs`), tokens (`tokens.rs`).

use std::collections::HashMap;

use super::encoder::Vector;

/// Classes at most: with more, the label column is not a label.
pub const MOST_CLASSES: usize = 1000;

/// A text, or pair of texts, whose label is still a word.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Labelled {
    /// Line in its file, from 1.
    pub line: usize,
    pub text: String,
    pub text_b: Option<String>,
    pub label: String,
}

/// One text (or pair of texts) with its class.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The text.
    pub text: String,
    /// The second text of a pair.
    pub text_b: Option<String>,
    /// Token numbers of `text`: at least one, at most `max_length`, none of them padding.
    pub tokens: Vec<u32>,
    /// Token numbers of `text_b`; empty for single texts.
    pub tokens_b: Vec<u32>,
    /// The vectors of its text or texts, where an encoder gives the run such; else none. Where layers of the encoder are trained, what
    /// those below make of each word piece, one after the other.
    pub vectors: Vec<Vector>,
    /// The word pieces of its text or texts, where layers of an encoder are trained; else none.
    pub pieces: Vec<Vec<u32>>,
    /// The class it is trained on: an index of [`super::dataset::Dataset::classes`].
    pub label: u32,
    /// The class that the file gives.
    pub given_label: u32,
    /// Line in its file, from 1; the number of the example for generated data.
    pub row: usize,
}

impl Example {
    /// An example without tokens yet. Its label has a number in `numbers`.
    pub(super) fn new(Labelled { line, text, text_b, label }: Labelled, numbers: &HashMap<&str, u32>) -> Self {
        let label = numbers[label.as_str()];
        Self {
            text,
            text_b,
            tokens: Vec::new(),
            tokens_b: Vec::new(),
            vectors: Vec::new(),
            pieces: Vec::new(),
            label,
            given_label: label,
            row: line,
        }
    }

    /// Whether the noise knob changed its label.
    pub fn flipped(&self) -> bool {
        self.label != self.given_label
    }

    /// Text and second text as people read them: joined by ` | `.
    pub fn whole(&self) -> String {
        self.text_b.as_ref().map_or_else(|| self.text.clone(), |b| format!("{} | {b}", self.text))
    }

    /// Text and second text.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.text.as_str()).chain(self.text_b.as_deref())
    }
}

/// Examples per class.
pub(super) fn counts(examples: &[Example], classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    for example in examples {
        counts[example.label as usize] += 1;
    }
    counts
}

/// Places in `examples`, one list per class.
pub(super) fn by_class(examples: &[Example], classes: usize) -> Vec<Vec<usize>> {
    let mut places = vec![Vec::new(); classes];
    for (place, example) in examples.iter().enumerate() {
        places[example.label as usize].push(place);
    }
    places
}
