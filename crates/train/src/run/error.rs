//! Why a run cannot start.

use crate::data::encoder::EncoderError;
use crate::data::error::DataError;
use crate::experiment::ConfigError;
use crate::limits::TooMuch;

/// Why a run cannot start.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A knob out of bounds.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// No encoder for a model that learns from one, or another.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    /// More memory than there is.
    #[error(transparent)]
    Memory(#[from] TooMuch),
    /// A saved run that cannot be resumed.
    #[error("this is no saved run of Basin: {0}; take one that *Save* or `basin train --out` made")]
    Checkpoint(String),
    /// Bits of a saved run changed after it was saved.
    #[error("this saved run is damaged: its checksum does not fit what it holds; save it again, or take another copy of the file")]
    Damaged,
    /// A later version of Basin has saved it.
    #[error("this saved run has format {format}, and this Basin reads up to {reads}: use a newer Basin")]
    Newer {
        /// Its format.
        format: u32,
        /// The latest that is read here.
        reads: u32,
    },
    /// The data of a saved run is not what it was.
    #[error(
        "this saved run learned from other data than `{data}` is here: tokens, classes or examples differ, so its weights would mean nothing; open it with the Basin and the data set that it was saved with"
    )]
    OtherData {
        /// Title of the data set.
        data: String,
    },
    /// A run that cannot go on past its planned end.
    #[error("{0}")]
    Extension(String),
}
