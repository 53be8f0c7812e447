//! The form of a file of vectors: what an encoder made of texts, by the texts' hashes.
//!
//! A head, records of a key and a vector, and a checksum. What is no such file, of another encoder or damaged counts as none: it would
//! change results without a word. Elsewhere: which files there are, in a page (`vectors.rs`) and on a disk (`basin-desktop`).

use std::collections::{HashMap, HashSet};

use crate::data::encoder::Vector;

/// The first half of a text's SHA-256.
pub type Key = [u8; 16];

/// The beginning of a file, before the hash of the encoder.
const MAGIC: &str = "basin vectors 1 ";

/// Bytes of the checksum at its end.
const CHECKSUM: usize = 4;

/// The form of the files of one encoder.
pub struct VectorForm {
    /// What a file begins with.
    head: Vec<u8>,
    /// Bytes of a record.
    record: usize,
}

impl VectorForm {
    /// For vectors of `width` numbers by the encoder of a hash.
    pub fn new(hash: &str, width: usize) -> Self {
        Self { head: format!("{MAGIC}{hash} {width}\n").into_bytes(), record: size_of::<Key>() + 4 * width }
    }

    /// Bytes of a record.
    pub fn record(&self) -> usize {
        self.record
    }

    /// Bytes of as many records as a file of so many bytes holds, at least one.
    pub(super) fn records_in(&self, bytes: usize) -> usize {
        (bytes.saturating_sub(self.head.len() + CHECKSUM) / self.record).max(1) * self.record
    }

    /// By which the files of encoders are told apart before they are read.
    pub(super) fn mark(&self) -> String {
        format!("{:08x}", crc32fast::hash(&self.head))
    }

    /// Vectors as records.
    pub fn to_records(&self, vectors: &[(Key, Vector)]) -> Vec<u8> {
        let mut records = Vec::with_capacity(vectors.len() * self.record);
        for (key, vector) in vectors {
            records.extend_from_slice(key);
            records.extend(vector.iter().flat_map(|number| number.to_le_bytes()));
        }
        records
    }

    /// A file of these records.
    pub fn file(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mut file = Vec::with_capacity(self.head.len() + parts.iter().map(|part| part.len()).sum::<usize>() + CHECKSUM);
        file.extend_from_slice(&self.head);
        for part in parts {
            file.extend_from_slice(part);
        }
        file.extend(crc32fast::hash(&file).to_le_bytes());
        file
    }

    /// The records of a file; none of one that is not whole, or not ours.
    pub fn records_of<'a>(&self, file: &'a [u8]) -> Option<&'a [u8]> {
        let (rest, checksum) = file.split_last_chunk::<CHECKSUM>()?;
        let records = rest.strip_prefix(&self.head[..])?;
        let whole = records.len().is_multiple_of(self.record) && crc32fast::hash(rest).to_le_bytes() == *checksum;
        whole.then_some(records)
    }

    /// Those of the vectors in records that are wanted.
    pub fn vectors(&self, records: &[u8], wanted: &HashSet<Key>) -> HashMap<Key, Vector> {
        let of_record = |record: &[u8]| {
            let (key, numbers) = record.split_first_chunk::<{ size_of::<Key>() }>()?;
            let numbers = || numbers.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            wanted.contains(key).then(|| (*key, numbers()))
        };
        records.chunks_exact(self.record).filter_map(of_record).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file of two vectors, and their form.
    fn two() -> (VectorForm, Vec<u8>) {
        let form = VectorForm::new("abc", 2);
        let vectors = [([1; 16], Vector::from([1.0, f32::MIN_POSITIVE])), ([2; 16], Vector::from([-0.0, f32::INFINITY]))];
        let file = form.file(&[&form.to_records(&vectors[..1]), &form.to_records(&vectors[1..])]);
        (form, file)
    }

    #[test]
    fn vectors_come_back_to_the_last_bit_and_only_those_that_are_wanted() {
        let (form, file) = two();
        let records = form.records_of(&file).expect("it is whole");
        assert_eq!(records.len(), 2 * (16 + 8));
        let found = form.vectors(records, &[[2; 16], [3; 16]].into());
        assert_eq!((found.len(), found[&[2; 16]].iter().map(|x| x.to_bits()).collect::<Vec<_>>()), (1, vec![1 << 31, 0x7f80_0000]));
        assert_eq!(form.vectors(records, &[[1; 16], [2; 16]].into()).len(), 2);
    }

    #[test]
    fn what_is_cut_off_damaged_or_longer_counts_as_none() {
        let (form, file) = two();
        for length in 0..file.len() {
            assert_eq!(form.records_of(&file[..length]), None, "cut off after {length} bytes");
        }
        for place in 0..file.len() {
            let mut damaged = file.clone();
            damaged[place] ^= 1;
            assert_eq!(form.records_of(&damaged), None, "byte {place}");
        }
        assert_eq!(form.records_of(&[&file[..], &[0]].concat()), None);
    }

    #[test]
    fn what_another_encoder_has_made_counts_as_none() {
        let (form, file) = two();
        for other in [VectorForm::new("abd", 2), VectorForm::new("abc", 1), VectorForm::new("abc 2\n", 2)] {
            assert_eq!(other.records_of(&file), None);
            assert_ne!(other.mark(), form.mark());
        }
    }

    #[test]
    fn a_file_holds_as_many_records_as_there_is_room_for() {
        let (form, file) = two();
        assert_eq!(form.records_in(file.len()), 2 * form.record());
        assert_eq!(form.records_in(file.len() - 1), form.record());
        assert_eq!(form.records_in(0), form.record(), "one, else there would be none for ever");
    }
}
