//! Checksums of saved runs: whether a file is what was saved, and whether the data is what it was.

use std::ops::Range;

use crc32fast::Hasher;

use crate::data::dataset::Dataset;

/// What stands before the digits of the checksum: quotes are escaped, because the metadata is JSON in JSON.
const CHECKSUM: &[u8] = br#"\"checksum\":\""#;

/// The digits while the checksum is taken.
pub(super) const NO_DIGITS: &str = "00000000";

/// Where the digits of the checksum are, if the file has one.
pub(super) fn place_of_checksum(bytes: &[u8]) -> Option<Range<usize>> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let header = &rest[..usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX).min(rest.len())];
    let before = header.windows(CHECKSUM.len()).position(|window| window == CHECKSUM)?;
    let start = length.len() + before + CHECKSUM.len();
    (start + NO_DIGITS.len() <= bytes.len()).then(|| start..start + NO_DIGITS.len())
}

/// CRC-32 of `bytes` with zeros in `place`.
pub(super) fn checksum(bytes: &[u8], place: &Range<usize>) -> u32 {
    let mut hasher = Hasher::new();
    for part in [&bytes[..place.start], NO_DIGITS.as_bytes(), &bytes[place.end..]] {
        hasher.update(part);
    }
    hasher.finalize()
}

/// CRC-32 of all that gives the weights of a run their meaning: tokens and classes by number, and the examples.
pub(super) fn checksum_of(data: &Dataset) -> u32 {
    let mut hasher = Hasher::new();
    for text in data.vocabulary.tokens().iter().chain(&data.classes) {
        hasher.update(text.as_bytes());
        // No byte of UTF-8: "ab", "c" and "a", "bc" differ.
        hasher.update(&[0xff]);
    }
    for example in data.train.iter().chain(&data.test) {
        for number in [example.label].iter().chain(&example.tokens).chain(&[u32::MAX]).chain(&example.tokens_b) {
            hasher.update(&number.to_le_bytes());
        }
    }
    hasher.finalize()
}
