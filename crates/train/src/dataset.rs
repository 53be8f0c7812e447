//! From files to examples: split, thinning, label noise, tokens. All of it seeded.

use crate::config::{Columns, DataConfig};
use crate::error::DataError;
use crate::protocol::Files;
use crate::text::Vocabulary;

/// Examples to train on and to test on.
pub struct Dataset {
    /// For people.
    pub title: String,
    /// Names of the classes, in the order of class numbers: sorted, numbers by value.
    pub classes: Vec<String>,
    /// Examples to train on, in file order.
    pub train: Vec<Example>,
    /// Examples to test on, in file order; their labels are never noisy.
    pub test: Vec<Example>,
    /// Built from the training texts.
    pub vocabulary: Vocabulary,
    /// Whether examples are pairs of texts.
    pub pairs: bool,
    /// Which columns of the file were used, guessed or given; `None` for generated data.
    pub columns: Option<Columns>,
    /// Things the user should know: repairs, guesses, classes with one example.
    pub notes: Vec<String>,
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
    /// The class it is trained on: an index of [`Dataset::classes`].
    pub label: u32,
    /// The class that the file gives.
    pub given_label: u32,
    /// Line in its file, from 1; the number of the example for generated data.
    pub row: usize,
}

impl Example {
    /// Whether the noise knob changed its label.
    pub fn flipped(&self) -> bool {
        self.label != self.given_label
    }
}

impl Dataset {
    /// Reads the data of an experiment.
    ///
    /// # Errors
    /// What is wrong with which file, on which line, and the remedy.
    pub fn load(_config: &DataConfig, _files: Option<&Files>) -> Result<Self, DataError> {
        Err(DataError::NoFile { name: "being written".into() })
    }

    /// Training examples per class, after noise.
    pub fn train_counts(&self) -> Vec<usize> {
        self.counts(&self.train)
    }

    /// Test examples per class.
    pub fn test_counts(&self) -> Vec<usize> {
        self.counts(&self.test)
    }

    fn counts(&self, examples: &[Example]) -> Vec<usize> {
        let mut counts = vec![0; self.classes.len()];
        for example in examples {
            counts[example.label as usize] += 1;
        }
        counts
    }

    /// Training examples whose label the noise knob changed.
    pub fn flipped(&self) -> usize {
        self.train.iter().filter(|example| example.flipped()).count()
    }

    /// Token numbers of a text, how many of its tokens the vocabulary knows, and of how many.
    pub fn encode(&self, text: &str) -> (Vec<u32>, usize, usize) {
        self.vocabulary.encode_counted(text)
    }
}

impl std::fmt::Debug for Dataset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dataset")
            .field("title", &self.title)
            .field("classes", &self.classes)
            .field("train", &self.train_counts())
            .field("test", &self.test_counts())
            .field("flipped", &self.flipped())
            .field("vocabulary", &self.vocabulary)
            .field("pairs", &self.pairs)
            .field("columns", &self.columns)
            .field("notes", &self.notes)
            .finish()
    }
}
