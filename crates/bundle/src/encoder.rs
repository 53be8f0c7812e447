//! The encoder that goes with the page, for the model `sentence`: the small form of the one that `basin data get` brought to the data
//! folder, under a name with its hash, so that a browser that has it need not fetch it again with the next version of the page.
//!
//! Elsewhere: making it (`crates/encoder`), fetching it in the browser (`web/encoder.js`).

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;

use crate::disk::{files, read, write};
use crate::offline::sha256;

/// A folder with both holds an encoder that may be handed on.
const SMALL: &str = "small.bin";
const LICENCE: &str = "LICENCE.txt";

/// Copies the encoder in `folder` into `to`, with its licence and an `index.json` that names it, or names none. Returns its title.
///
/// # Errors
/// A file that cannot be read or written, or is no encoder.
pub fn copy(folder: Option<&Path>, to: &Path) -> Result<Option<String>> {
    let all = folder.filter(|folder| folder.is_dir()).map(files).transpose()?.unwrap_or_default();
    let found = all.into_iter().find(|file| file.ends_with(SMALL) && file.with_file_name(LICENCE).is_file());
    let Some(small) = found else {
        write(&to.join("index.json"), b"{}")?;
        return Ok(None);
    };
    let bytes = read(&small)?;
    // The third line of the file.
    let title = bytes.split(|byte| *byte == b'\n').nth(2).filter(|_| bytes.starts_with(b"basin encoder int8 1\n"));
    let title = title.and_then(|title| str::from_utf8(title).ok());
    let title = title.with_context(|| format!("{} is no encoder: remove it and run `basin data get minilm` again", small.display()))?;
    let file = format!("{}.bin", &sha256(&bytes)[..16]);
    write(&to.join(&file), &bytes)?;
    write(&to.join(LICENCE), &read(&small.with_file_name(LICENCE))?)?;
    let index = json!({ "title": title, "file": file, "bytes": bytes.len() });
    write(&to.join("index.json"), index.to_string().as_bytes())?;
    Ok(Some(title.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_an_encoder_with_a_licence_goes_with_the_page() {
        let base = std::env::temp_dir().join(format!("basin-page-encoder-{}", std::process::id()));
        let (from, to) = (base.join("from"), base.join("to"));
        let put = |file: &str, text: &str| write(&from.join(file), text.as_bytes()).expect("a temporary file can be written");
        let index = || fs::read_to_string(to.join("index.json")).expect("written");
        assert_eq!((copy(Some(&base.join("nowhere")), &to).expect("no folder is no error"), index()), (None, "{}".to_owned()));
        put("mine/small.bin", "basin encoder int8 1\n1 2 3\nMine\n");
        assert_eq!((copy(Some(&from), &to).expect("none to copy"), index()), (None, "{}".to_owned()));

        put("mine/LICENCE.txt", "free");
        assert_eq!(copy(Some(&from), &to).expect("it is one").as_deref(), Some("Mine"));
        let index: serde_json::Value = serde_json::from_str(&index()).expect("JSON");
        let file = index["file"].as_str().expect("a name");
        assert_eq!((index["title"].as_str(), index["bytes"].as_u64(), file.len()), (Some("Mine"), Some(32), 20));
        assert!(to.join(file).is_file() && to.join(LICENCE).is_file());

        put("mine/small.bin", "something else");
        let error = copy(Some(&from), &to).expect_err("it is none").to_string();
        assert!(error.contains("`basin data get minilm`"), "{error}");
        fs::remove_dir_all(base).expect("ours to remove");
    }
}
