//! What `web/service.js` keeps of the page, so that it works without a network: every file with its hash, and the version.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::disk::{files, read};

/// Files that the page does not need to run: hosts and systems read them.
const NOT_KEPT: [&str; 3] = ["service.js", "_headers", "icons/"];

/// The SHA-256 of every file below `folder` that the page may need, by its path with `/`.
///
/// # Errors
/// A file that cannot be read, or has a name that is no text.
pub fn hashes(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut hashes = BTreeMap::new();
    for file in files(folder)? {
        let inside = file.strip_prefix(folder).context("it was found there")?;
        let names: Option<Vec<&str>> = inside.iter().map(OsStr::to_str).collect();
        let path = names.with_context(|| format!("{} has a name that is no text", file.display()))?.join("/");
        if !NOT_KEPT.iter().any(|not| path.starts_with(not)) {
            hashes.insert(path, sha256(&read(&file)?));
        }
    }
    Ok(hashes)
}

/// A word that changes when any file changes; addresses carry it, so that a browser never mixes two builds. `worker` is
/// `web/service.js`, which is filled with the word.
pub fn version(hashes: &BTreeMap<String, String>, worker: &str) -> String {
    let mut word = sha256(format!("{hashes:?}{worker}").as_bytes());
    word.truncate(16);
    word
}

/// The hashes as `web/service.js` has them: entries of a map.
pub fn entries(hashes: &BTreeMap<String, String>) -> String {
    let entries: Vec<String> = hashes.iter().map(|entry| serde_json::to_string(&entry).expect("two texts")).collect();
    entries.join(",\n  ")
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::disk::write;

    #[test]
    fn any_change_makes_another_version() {
        let folder = std::env::temp_dir().join(format!("basin-offline-{}", std::process::id()));
        for (name, text) in [("index.html", "page"), ("data/it's.tsv", "abc"), ("service.js", "worker"), ("icons/192.png", "icon")] {
            write(&folder.join(name), text.as_bytes()).expect("a temporary file can be written");
        }
        let first = hashes(&folder).expect("readable");
        assert_eq!(first.keys().collect::<Vec<_>>(), ["data/it's.tsv", "index.html"]);
        // FIPS 180-2, B.1.
        assert_eq!(first["data/it's.tsv"], "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(entries(&first).starts_with(r#"["data/it's.tsv","ba78"#), "{}", entries(&first));

        write(&folder.join("index.html"), b"Page").expect("it can be written");
        let second = hashes(&folder).expect("readable");
        let versions = [version(&first, "a"), version(&first, "b"), version(&second, "a")];
        assert!(versions.iter().all(|word| word.len() == 16), "{versions:?}");
        assert!(versions[0] != versions[1] && versions[0] != versions[2], "{versions:?}");
        assert_eq!(version(&first, "a"), versions[0]);
        fs::remove_dir_all(folder).expect("ours to remove");
    }
}
