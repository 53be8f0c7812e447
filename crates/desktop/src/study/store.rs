//! The folder of a study: `cells/HASH.json`, one file a cell, named by all that the cell is, written whole or not at all.
//!
//! Any number of programs may work on it, on any machines that share it: who trains a cell holds a lock beside its file, which
//! the system frees however that program ends. Elsewhere: what a file holds (`cell_file.rs`), the lock (`disk.rs`).

use std::fs;
use std::path::{Path, PathBuf};

use basin_train::lab::detail::Detail;
use basin_train::lab::outcome::Outcome;
use serde::{Deserialize, Serialize};

use super::plan::Identity;
use crate::cell_file;
use crate::disk::{Lock, LockFailure};
use crate::run_folder::{CELLS, failed};

/// The file of a cell.
#[derive(Serialize, Deserialize)]
pub struct Kept {
    #[serde(flatten)]
    pub identity: Identity,
    /// One a radius.
    pub runs: Vec<Ran>,
    /// What it took, all radii together; no part of what it says.
    pub seconds: f64,
}

/// A method at one radius.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ran {
    pub rho: f64,
    /// Without its curve.
    pub outcome: Outcome,
    pub detail: Detail,
}

/// What there is of a cell.
pub enum Found {
    /// All of it.
    Done(Box<Kept>),
    /// Nothing.
    Missing,
    /// A file that is no whole one, or one of another cell; or a folder.
    Damaged(PathBuf),
}

/// The folder.
pub struct Store {
    cells: PathBuf,
}

/// The right to train a cell.
pub struct Claim {
    path: PathBuf,
    _lock: Lock,
}

impl Store {
    /// Of a study in this folder, which need not be there.
    pub fn of(folder: &Path) -> Self {
        Self { cells: folder.join(CELLS) }
    }

    /// Makes the folder where it is missing.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn make(&self) -> Result<(), String> {
        fs::create_dir_all(&self.cells).map_err(|error| failed(&self.cells, &error))
    }

    /// Looks for a cell.
    ///
    /// # Errors
    /// If its file is there, and cannot be read.
    pub fn find(&self, name: &str, identity: &Identity) -> Result<Found, String> {
        let path = self.path(name);
        Ok(match cell_file::read::<Kept>(&path).map_err(|error| failed(&path, &error))? {
            cell_file::Found::Whole(kept) if kept.identity == *identity && kept.runs.len() == identity.radii.len() => {
                Found::Done(Box::new(kept))
            }
            cell_file::Found::Missing => Found::Missing,
            _ => Found::Damaged(path),
        })
    }

    /// Writes a cell and gives up the right to it.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn put(&self, name: &str, kept: &Kept, claim: Claim) -> Result<(), String> {
        let written = cell_file::write(&self.path(name), kept);
        drop(claim);
        written
    }

    /// Asks for the right to train a cell; none where another program has it.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn claim(&self, name: &str) -> Result<Option<Claim>, String> {
        let path = self.cells.join(format!(".{name}.lock"));
        match Lock::at(path.clone()) {
            Ok(lock) => Ok(Some(Claim { path, _lock: lock })),
            Err(LockFailure::Taken(_)) => Ok(None),
            Err(LockFailure::Io(path, error)) => Err(failed(&path, &error)),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.cells.join(format!("{name}.json"))
    }
}

impl Drop for Claim {
    /// Takes the file of the lock away while it is held: who opened it meanwhile finds the cell done.
    fn drop(&mut self) {
        // One that stays, as after a kill, is a lock that nobody holds.
        let _ = fs::remove_file(&self.path);
    }
}
