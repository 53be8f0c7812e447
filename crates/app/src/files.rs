//! Files cross the picture as bytes; dialogs, paths and downloads are the shell's business.

/// What the shell is asked to open or to save.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileRequest {
    /// Open a table to train on: CSV, TSV or JSONL.
    Train,
    /// Open a table to test on.
    Test,
    /// Open a saved run.
    Run,
    /// Save bytes.
    Save {
        /// The name to propose.
        name: String,
        /// The contents.
        bytes: Vec<u8>,
    },
}

impl FileRequest {
    /// Endings of the names that a dialog for opening should offer; empty for saving.
    pub fn endings(&self) -> &'static [&'static str] {
        match self {
            Self::Train | Self::Test => &["csv", "tsv", "txt", "jsonl", "ndjson"],
            Self::Run => &["safetensors"],
            Self::Save { .. } => &[],
        }
    }
}
