//! The data sets that go with the page: those that `basin data get` brought to the data folder.
//!
//! The folder may hold files of the user too. A set goes with the page only if its licence lies beside it,
//! as it does for every fetched one: a page is made to be published.
//! Elsewhere: fetching (`crates/desktop`), reading in the browser (`web/worker.js`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::disk::{files, read, write};

/// The data folder, as `basin data list` prints it; `None` if the system names none.
pub fn folder() -> Option<PathBuf> {
    match std::env::var_os("BASIN_DATA") {
        Some(folder) if !folder.is_empty() => Some(folder.into()),
        _ => directories::ProjectDirs::from("", "", "basin").map(|dirs| dirs.data_dir().to_owned()),
    }
}

/// Copies the sets of `folder` into `to`, with an `index.json` that maps each name to its files. Returns the names.
///
/// # Errors
/// A file that cannot be read or written.
pub fn copy(folder: Option<&Path>, to: &Path) -> Result<Vec<String>> {
    let mut index = BTreeMap::<String, Vec<String>>::new();
    for licence in folder.filter(|folder| folder.is_dir()).map(files).transpose()?.unwrap_or_default() {
        let Some(name) = licence.file_name().and_then(|file| file.to_str()?.strip_suffix(".LICENCE.txt")) else { continue };
        let file_names = ["tsv", "test.tsv", "LICENCE.txt"].map(|ending| format!("{name}.{ending}"));
        let here: Vec<String> = file_names.into_iter().filter(|file| licence.with_file_name(file).is_file()).collect();
        if !here.contains(&format!("{name}.tsv")) {
            continue;
        }
        for file in &here {
            write(&to.join(file), &read(&licence.with_file_name(file))?)?;
        }
        index.insert(name.to_owned(), here);
    }
    write(&to.join("index.json"), serde_json::to_string(&index)?.as_bytes())?;
    Ok(index.into_keys().collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_sets_with_a_licence_go_with_the_page() {
        let base = std::env::temp_dir().join(format!("basin-library-{}", std::process::id()));
        let (from, to) = (base.join("from"), base.join("to"));
        for file in ["mine.tsv", "set.tsv", "set.test.tsv", "set.LICENCE.txt", "lost.LICENCE.txt"] {
            write(&from.join(file), file.as_bytes()).expect("a temporary file can be written");
        }
        assert_eq!(copy(Some(&from), &to).expect("copies"), ["set"]);
        let index = fs::read_to_string(to.join("index.json")).expect("written");
        assert_eq!(index, r#"{"set":["set.tsv","set.test.tsv","set.LICENCE.txt"]}"#);
        assert!(to.join("set.test.tsv").is_file() && !to.join("mine.tsv").exists());

        assert!(copy(Some(&base.join("nowhere")), &to).expect("no folder is no error").is_empty());
        assert_eq!(fs::read_to_string(to.join("index.json")).expect("written"), "{}");
        fs::remove_dir_all(base).expect("ours to remove");
    }
}
