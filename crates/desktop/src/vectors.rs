//! The file of vectors: what an encoder made of texts, by the texts' hashes.
//!
//! A head, records of a key and a vector, the oldest first, and a checksum. It is written whole, and what is no such file, of
//! another encoder or damaged counts as none: it would change results without a word.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::{fs, io};

use basin_train::data::encoder::Vector;
use sha2::{Digest, Sha256};

use crate::disk;

/// The first half of a text's SHA-256.
pub type Key = [u8; 16];

/// Bytes that the file may take: 170,000 vectors of 384 numbers.
const MOST_BYTES: usize = 256 << 20;

/// The beginning of the file, before the hash of the encoder.
const MAGIC: &str = "basin vectors 1 ";

/// The key of a text.
pub fn key(text: &str) -> Key {
    let hash = Sha256::digest(text.as_bytes());
    hash[..16].try_into().expect("a hash has 32 bytes")
}

/// A file of vectors of one encoder.
pub struct Store {
    path: PathBuf,
    /// What the file begins with.
    head: Vec<u8>,
    /// Bytes of a record.
    record: usize,
    most: usize,
}

impl Store {
    /// For vectors of `width` numbers by the encoder of a hash.
    pub fn new(path: PathBuf, hash: &str, width: usize) -> Self {
        Self { path, head: format!("{MAGIC}{hash} {width}\n").into_bytes(), record: size_of::<Key>() + 4 * width, most: MOST_BYTES }
    }

    /// The vectors of those keys that are there.
    pub fn read(&self, keys: &[Key]) -> HashMap<Key, Vector> {
        let wanted: HashSet<&Key> = keys.iter().collect();
        let records = self.records();
        let of_key = |record: &[u8]| {
            let (key, numbers) = record.split_first_chunk::<16>()?;
            let numbers = || numbers.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            wanted.contains(key).then(|| (*key, numbers()))
        };
        records.chunks_exact(self.record).filter_map(of_key).collect()
    }

    /// Adds vectors that are not there yet; where the file grows too long, the oldest go.
    ///
    /// # Errors
    /// If it cannot be written; it is then as it was.
    pub fn add(&self, vectors: &[(Key, Vector)]) -> io::Result<()> {
        if vectors.is_empty() {
            return Ok(());
        }
        let before = self.records();
        let most = self.most / self.record;
        let vectors = &vectors[vectors.len().saturating_sub(most)..];
        let surplus = (before.len() / self.record + vectors.len()).saturating_sub(most);
        let mut bytes = self.head.clone();
        bytes.extend_from_slice(&before[surplus * self.record..]);
        for (key, vector) in vectors {
            bytes.extend_from_slice(key);
            bytes.extend(vector.iter().flat_map(|number| number.to_le_bytes()));
        }
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        disk::write(&self.path, &bytes)
    }

    /// All records, or none of a file that is not ours.
    fn records(&self) -> Vec<u8> {
        let Ok(mut bytes) = fs::read(&self.path) else { return Vec::new() };
        let whole = bytes.split_last_chunk::<4>().is_some_and(|(rest, checksum)| {
            let records = rest.strip_prefix(&self.head[..]);
            records.is_some_and(|records| records.len().is_multiple_of(self.record)) && crc32fast::hash(rest).to_le_bytes() == *checksum
        });
        if !whole {
            return Vec::new();
        }
        bytes.truncate(bytes.len() - 4);
        bytes.drain(..self.head.len());
        bytes
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
        Store { most: most * store.record, ..store }
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
