//! Files as they travel: names and bytes.
//!
//! Elsewhere: who opens them (the shells), what is in them (`table.rs`).

use serde::{Deserialize, Serialize};

/// A training file and perhaps a test file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Files {
    /// Examples to train on (and to hold out from, without `test`).
    pub train: NamedBytes,
    /// Examples to test on.
    #[serde(default)]
    pub test: Option<NamedBytes>,
}

/// A file that has been read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamedBytes {
    /// Its name, for messages; the ending helps to guess the format.
    pub name: String,
    /// Its contents.
    #[serde(with = "crate::bytes64")]
    pub bytes: Vec<u8>,
}
