//! The file of a cell of a sweep or of a study: what it is, what came of it, and a checksum of both.
//!
//! Elsewhere: how a file appears whole or not at all (`disk.rs`), its name (`identity.rs`).

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::run_folder::{failed, pretty};
use crate::{disk, identity};

/// Under this name the checksum stands among the fields.
const CHECKSUM: &str = "checksum";

/// What there is in the place of a file.
pub enum Found<T> {
    /// All of it.
    Whole(T),
    /// Nothing.
    Missing,
    /// A file that is no whole one, or in which a digit has changed; or a folder.
    Damaged,
}

/// What to say of a place where no whole cell is; `again` is who trains it then.
pub fn trouble(path: &Path, again: &str) -> String {
    let name = path.display();
    if path.is_dir() {
        format!("{name} is a folder where the file of a cell belongs: remove it, then {again}")
    } else {
        format!("{name} is damaged: {again}")
    }
}

/// Looks for a cell. One of before there were checksums has none, and is believed.
///
/// # Errors
/// If its file is there, and cannot be read.
pub fn read<T: DeserializeOwned>(path: &Path) -> io::Result<Found<T>> {
    match fs::read(path) {
        Ok(bytes) => Ok(whole(&bytes).map_or(Found::Damaged, Found::Whole)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Found::Missing),
        Err(_) if path.is_dir() => Ok(Found::Damaged),
        Err(error) => Err(error),
    }
}

fn whole<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let mut value: Value = serde_json::from_slice(bytes).ok()?;
    if let Some(checksum) = value.as_object_mut()?.remove(CHECKSUM)
        && checksum != identity::name(&value)
    {
        return None;
    }
    serde_json::from_value(value).ok()
}

/// Writes a cell: an object.
///
/// # Errors
/// If the folder cannot be written.
pub fn write(path: &Path, cell: &impl Serialize) -> Result<(), String> {
    let mut value = serde_json::to_value(cell).expect("a cell is plain data");
    value[CHECKSUM] = identity::name(&value).into();
    disk::write(path, &pretty(&value)).map_err(|error| failed(path, &error))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_digit_that_has_changed_is_found() {
        let path = std::env::temp_dir().join(format!("basin-cell-{}.json", std::process::id()));
        let cell = BTreeMap::from([("a", 0.1), ("b", 1e-7), ("c", 1.0 / 3.0)]);
        let found = |text: &str| {
            fs::write(&path, text).expect("there is room");
            read::<BTreeMap<String, f64>>(&path).expect("it is there")
        };
        write(&path, &cell).expect("there is room");
        let text = fs::read_to_string(&path).expect("it is there");
        assert!(matches!(found(&text), Found::Whole(whole) if whole["c"].to_bits() == (1.0_f64 / 3.0).to_bits()));
        for damaged in [text.replace("0.333", "0.343"), text.replace("\"b\"", "\"d\""), text[..text.len() / 2].to_owned(), "[]".to_owned()]
        {
            assert!(matches!(found(&damaged), Found::Damaged), "{damaged}");
        }
        assert!(matches!(found("{\"a\": 2}"), Found::Whole(_)), "one without a checksum is of before there were such");
        fs::remove_file(&path).expect("ours");
        assert!(matches!(read::<BTreeMap<String, f64>>(&path), Ok(Found::Missing)));
        fs::create_dir(&path).expect("there is room");
        assert!(matches!(read::<BTreeMap<String, f64>>(&path), Ok(Found::Damaged)) && trouble(&path, "go on").contains("remove it"));
        fs::remove_dir(&path).expect("ours");
    }
}
