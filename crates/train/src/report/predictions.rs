//! What the lanes answer to many texts.

use serde::{Deserialize, Serialize};

/// What every lane answers to the texts of a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Predictions {
    /// Steps done.
    pub step: usize,
    /// Name of the file.
    pub file: String,
    /// How it was read, in words, and what was repaired.
    pub notes: Vec<String>,
    /// Line of each text in the file, from 1.
    pub lines: Vec<usize>,
    /// The texts; a pair is joined by ` | `.
    pub texts: Vec<String>,
    /// Texts of whose tokens the vocabulary knows none.
    pub unknown: usize,
    /// Whether the file has more texts than were answered.
    pub more: bool,
    /// By lane the likeliest class of each text.
    pub lanes: Vec<Vec<Predicted>>,
}

/// A class with what the members of a lane say of it together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Predicted {
    /// The class; none where every member has diverged.
    pub class: Option<usize>,
    /// Mean of its probability over the members, 0 to 1.
    #[serde(with = "crate::any_float")]
    pub probability: f64,
    /// Standard deviation over the members; NaN for one.
    #[serde(with = "crate::any_float")]
    pub deviation: f64,
    /// Members of which it is the likeliest class.
    pub agreeing: usize,
}
