//! What a result is of, as a name: the SHA-256 of everything that decides its numbers, so that it is found again, and no other for it.

use std::fmt::Write as _;

use basin_train::data::files::Files;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Letters of a name: two equal ones of different results are not to be feared.
const LETTERS: usize = 32;

/// What tells the user's files from others.
pub fn prints(files: Option<&Files>) -> Vec<String> {
    let Some(files) = files else { return Vec::new() };
    [Some(&files.train), files.test.as_ref()].into_iter().flatten().map(|file| sha256(&file.bytes)).collect()
}

/// The name of what is described.
pub fn name(identity: &impl Serialize) -> String {
    let words = serde_json::to_vec(identity).expect("an identity is plain data");
    let mut name = sha256(&words);
    name.truncate(LETTERS);
    name
}

/// The SHA-256 of some bytes, in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
