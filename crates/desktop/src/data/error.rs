//! Why a set cannot be listed, fetched or read, in words for people.

use std::io;
use std::path::PathBuf;

/// Why a set cannot be listed, fetched or read.
#[derive(Debug, thiserror::Error)]
pub enum DataFolderError {
    /// A name that no set has.
    #[error("there is no data set `{name}`: the sets are {known}")]
    UnknownSet {
        /// What was asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A set that is not in the data folder.
    #[error("the data set `{name}` is not in {folder}: {remedy}")]
    NotHere {
        /// Its name.
        name: String,
        /// The data folder.
        folder: PathBuf,
        /// What to do.
        remedy: String,
    },
    /// An encoder that is not in the data folder, or not whole.
    #[error(
        "{title}, from whose vectors the model `sentence` learns, is not here ({file} is missing or damaged): fetch it with `basin data get {name}` (91 MB)"
    )]
    NoEncoder {
        /// What its authors call it.
        title: &'static str,
        /// The name to fetch it by.
        name: &'static str,
        /// What was looked for.
        file: PathBuf,
    },
    /// The system names no home folder.
    #[error("the system names no folder for data: set the variable BASIN_DATA to one")]
    NoFolder,
    /// The client of the registry is missing.
    #[error("`{client}` is needed to fetch the package {package} and cannot be started ({source}): {remedy}")]
    NoClient {
        /// The program.
        client: &'static str,
        /// What it should fetch.
        package: String,
        /// What to do.
        remedy: &'static str,
        /// Why it cannot.
        source: io::Error,
    },
    /// The client of the registry failed.
    #[error("`{command}` failed ({status}): {remedy}; it said:\n{said}")]
    ClientFailed {
        /// The command line.
        command: String,
        /// Its exit status.
        status: String,
        /// What to do.
        remedy: &'static str,
        /// The end of its error output.
        said: String,
    },
    /// The package lacks the file.
    #[error("the package {package} has no file {path}: please report it, the package must have changed")]
    NotInPackage {
        /// The package.
        package: String,
        /// The file.
        path: String,
    },
    /// The file is another than the one that was checked.
    #[error("{path} of the package {package} has the SHA-256 {found} instead of {expected}: it was changed, and nothing of it is used")]
    Changed {
        /// The package.
        package: String,
        /// The file.
        path: String,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// The file system failed.
    #[error("{path}: {source}")]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}
