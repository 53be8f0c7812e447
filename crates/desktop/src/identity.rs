//! What a result is of, as a name: the SHA-256 of everything that decides its numbers, so that it is found again, and no other for it.

use basin_app::fingerprint::sha256;
use basin_train::data::files::Files;
use serde::Serialize;

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
