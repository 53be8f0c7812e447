//! The data set that is part of the program.
//!
//! Elsewhere: how its file is read (`reading.rs`, like any other), generated reviews (`reviews.rs`),
//! where every data set comes from (`assets/SOURCES.md`).

use super::files::NamedBytes;

/// Messages to a help desk, each with the team that should answer: `label<TAB>text`, written for Basin.
pub fn help_desk() -> NamedBytes {
    let bytes = include_bytes!("../../../../assets/helpdesk.tsv");
    NamedBytes { name: "helpdesk.tsv".to_owned(), bytes: bytes.to_vec() }
}
