//! The file of vectors: what an encoder made of texts, by the texts' hashes, the oldest first. It is written whole.
//!
//! Elsewhere: what such a file looks like (`basin_train::keep`, which keeps those of a page itself).

use std::collections::HashMap;
use std::path::PathBuf;
use std::{fs, io};

use basin_train::data::encoder::Vector;
use basin_train::keep::VectorForm;
use sha2::{Digest, Sha256};

use crate::disk;

pub use basin_train::keep::Key;

/// Bytes that the file may take: 170,000 vectors of 384 numbers.
const MOST_BYTES: usize = 256 << 20;

/// The key of a text.
pub fn key(text: &str) -> Key {
    let hash = Sha256::digest(text.as_bytes());
    hash[..16].try_into().expect("a hash has 32 bytes")
}

/// A file of vectors of one encoder.
pub struct Store {
    path: PathBuf,
    form: VectorForm,
    most: usize,
}

impl Store {
    /// For vectors of `width` numbers by the encoder of a hash.
    pub fn new(path: PathBuf, hash: &str, width: usize) -> Self {
        Self { path, form: VectorForm::new(hash, width), most: MOST_BYTES }
    }

    /// The vectors of those keys that are there.
    pub fn read(&self, keys: &[Key]) -> HashMap<Key, Vector> {
        let file = self.file();
        self.form.vectors(self.records(&file), &keys.iter().copied().collect())
    }

    /// Adds vectors that are not there yet; where the file grows too long, the oldest go.
    ///
    /// # Errors
    /// If it cannot be written; it is then as it was.
    pub fn add(&self, vectors: &[(Key, Vector)]) -> io::Result<()> {
        if vectors.is_empty() {
            return Ok(());
        }
        let (file, record) = (self.file(), self.form.record());
        let before = self.records(&file);
        let most = self.most / record;
        let vectors = &vectors[vectors.len().saturating_sub(most)..];
        let surplus = (before.len() / record + vectors.len()).saturating_sub(most);
        let bytes = self.form.file(&[&before[surplus * record..], &self.form.to_records(vectors)]);
        disk::write(&self.path, &bytes)
    }

    /// The file, empty where there is none.
    fn file(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap_or_default()
    }

    /// Its records, none of a file that is not ours.
    fn records<'a>(&self, file: &'a [u8]) -> &'a [u8] {
        self.form.records_of(file).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(name: &str, most: usize) -> Store {
        let folder = std::env::temp_dir().join(format!("basin-vectors-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
        let store = Store::new(folder.join("vectors.bin"), "abc", 2);
        Store { most: most * store.form.record(), ..store }
    }

    fn vector(text: &str, numbers: [f32; 2]) -> (Key, Vector) {
        (key(text), numbers.into())
    }

    #[test]
    fn what_is_added_is_read_and_the_oldest_go() {
        let store = store("add", 3);
        assert!(store.read(&[key("a")]).is_empty());
        store.add(&[vector("a", [1.0, 2.0]), vector("b", [3.0, f32::MIN_POSITIVE])]).expect("there is room");
        store.add(&[vector("c", [5.0, 6.0])]).expect("there is room");
        let read = store.read(&["a", "b", "c", "d"].map(key));
        assert_eq!((read.len(), &*read[&key("b")]), (3, &[3.0, f32::MIN_POSITIVE][..]));
        store.add(&[vector("d", [7.0, 8.0]), vector("e", [9.0, 10.0])]).expect("there is room");
        let mut left: Vec<f32> = store.read(&["a", "b", "c", "d", "e"].map(key)).values().map(|vector| vector[0]).collect();
        left.sort_by(f32::total_cmp);
        assert_eq!(left, [5.0, 7.0, 9.0]);
        // More than all of it at once.
        let many: Vec<_> = (0..5_u8).map(|i| vector(&i.to_string(), [f32::from(i), 0.0])).collect();
        store.add(&many).expect("there is room");
        assert_eq!(store.read(&["0", "1", "2", "3", "4"].map(key)).len(), 3);
    }

    #[test]
    fn a_file_of_another_encoder_or_a_damaged_one_counts_as_none() {
        let store = store("damaged", 10);
        store.add(&[vector("a", [1.0, 2.0])]).expect("there is room");
        let other = Store::new(store.path.clone(), "abd", 2);
        assert!(other.read(&[key("a")]).is_empty());
        let whole = fs::read(&store.path).expect("written");
        for place in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[place] ^= 1;
            fs::write(&store.path, bytes).expect("our folder");
            assert!(store.read(&[key("a")]).is_empty(), "byte {place}");
        }
        fs::write(&store.path, &whole[..whole.len() - 5]).expect("our folder");
        assert!(store.read(&[key("a")]).is_empty());
    }
}
