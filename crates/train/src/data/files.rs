//! Files as they travel: names and bytes, and how many bytes there may be.
//!
//! Elsewhere: who opens them (the shells), what is in them (`table.rs`).

use serde::{Deserialize, Serialize};

use super::error::{DataError, cut};

/// Bytes of a file that the program reads at most: text, rows and tokens of one take several times its size in memory.
pub const MOST_BYTES: u64 = 200_000_000;

/// The same in a page, which has 4 GiB for everything.
pub const MOST_BYTES_IN_A_PAGE: u64 = 64_000_000;

/// The largest saved run that a page reads and writes, in bytes: as base64 it has to be a text, and browsers end at 2²⁹ characters.
pub const MOST_BYTES_OF_A_RUN_IN_A_PAGE: u64 = 380_000_000;

/// A training file and perhaps a test file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Files {
    /// Examples to train on (and to hold out from, without `test`).
    pub train: NamedBytes,
    /// Examples to test on.
    #[serde(default)]
    pub test: Option<NamedBytes>,
}

/// A file that has been read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamedBytes {
    /// Its name, for messages; the ending helps to guess the format.
    pub name: String,
    /// Its contents.
    #[serde(with = "crate::bytes64")]
    pub bytes: Vec<u8>,
}

impl NamedBytes {
    /// The name as messages show it.
    pub(crate) fn shown(&self) -> String {
        cut(&self.name, 60)
    }
}

/// Whether a file of `bytes` bytes may be read where `most` are allowed. Ask before reading it.
///
/// # Errors
/// [`DataError::TooLarge`].
pub fn check_size(name: &str, bytes: u64, most: u64) -> Result<(), DataError> {
    if bytes <= most {
        return Ok(());
    }
    Err(DataError::TooLarge { file: cut(name, 60), megabytes: bytes.div_ceil(1_000_000), limit: most / 1_000_000 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_just_the_size_is_read_and_one_byte_more_is_told() {
        assert_eq!(check_size("a.csv", MOST_BYTES, MOST_BYTES), Ok(()));
        let told = check_size("a.csv", MOST_BYTES_IN_A_PAGE + 1, MOST_BYTES_IN_A_PAGE).expect_err("a byte too many").to_string();
        assert_eq!(told, "a.csv has 65 MB, but 64 MB is the most that is read here: keep a part of its rows");
    }
}
