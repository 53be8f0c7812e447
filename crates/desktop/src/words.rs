//! Words of the command line.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A word of the command line is the word of the experiment's JSON, so that there is one list of them.
///
/// # Errors
/// If there is no such word, with those that there are.
pub fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|error| error.to_string())
}

/// The word of the experiment's JSON, which is that of the command line.
pub fn told(word: impl Serialize) -> String {
    serde_json::to_value(word).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}
