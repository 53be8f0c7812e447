//! Words of the command line.

use serde::de::DeserializeOwned;

/// A word of the command line is the word of the experiment's JSON, so that there is one list of them.
///
/// # Errors
/// If there is no such word, with those that there are.
pub fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|error| error.to_string())
}
