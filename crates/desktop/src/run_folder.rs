//! The folder of a run: all that is needed to redo it, to plot it, and to go on with it.
//!
//! - `experiment.json`: the experiment with its guesses filled in; `basin train --experiment` reads it.
//! - `curves.csv`: every measurement, one row per step, lane and seed.
//! - `checkpoint.safetensors`: the run as it was saved last.
//! - `results.json`: the document of `--json`; it exists once the run has reached its end.
//!
//! One run at a time writes to a folder. Elsewhere: how a file appears whole or not at all, and the lock (`disk.rs`).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use basin_app::export;
use basin_app::state::State;
use basin_train::experiment::Experiment;
use serde_json::Value;

use crate::disk::{self, Lock, LockFailure};

const EXPERIMENT: &str = "experiment.json";
const CURVES: &str = "curves.csv";
const CHECKPOINT: &str = "checkpoint.safetensors";
const RESULTS: &str = "results.json";

/// A folder that one run writes to.
pub struct RunFolder {
    path: PathBuf,
    _lock: Lock,
    /// Rows of `curves.csv` that an earlier part of the run has measured.
    earlier: String,
}

impl RunFolder {
    /// A folder for a new run; it is made if it is missing. `force` lets it replace another run.
    ///
    /// # Errors
    /// If it holds a run, or cannot be written.
    pub fn create(path: &Path, force: bool) -> Result<Self, String> {
        let name = path.display();
        fs::create_dir_all(path).map_err(|error| failed(path, &error))?;
        let lock = lock(path)?;
        if force {
            // First, so that a run that is stopped does not pass for the one that was finished.
            for file in [RESULTS, CHECKPOINT, CURVES] {
                match fs::remove_file(path.join(file)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&path.join(file), &error)),
                    _ => {}
                }
            }
        } else if path.join(RESULTS).exists() {
            return Err(format!("{name} holds a finished run: choose another folder for --out, or replace that run with --force"));
        } else if path.join(CHECKPOINT).exists() {
            return Err(format!("{name} holds an unfinished run: go on with `basin train --resume {name}`, or replace it with --force"));
        }
        Ok(Self { path: path.to_owned(), _lock: lock, earlier: String::new() })
    }

    /// The folder of a run that was stopped, or of a finished one that goes on past its end, and the bytes of its checkpoint.
    ///
    /// # Errors
    /// If it holds none, or one that is finished and is to go `on` no further.
    pub fn resume(path: &Path, on: bool) -> Result<(Self, Vec<u8>), String> {
        if path.join(RESULTS).exists() && !on {
            let (name, results) = (path.display(), path.join(RESULTS));
            return Err(format!(
                "the run in {name} is finished: its numbers are in {}; `--more-epochs COUNT` goes on past its end",
                results.display()
            ));
        }
        // First: a folder without a run gets no lock.
        Self::checkpoint(path)?;
        let lock = lock(path)?;
        let bytes = Self::checkpoint(path)?;
        let curves = path.join(CURVES);
        let earlier = fs::read_to_string(&curves).map_err(|error| failed(&curves, &error))?;
        Ok((Self { path: path.to_owned(), _lock: lock, earlier }, bytes))
    }

    /// Makes a finished run one that goes on from `bytes`, past its end.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn go_on(&self, bytes: &[u8]) -> Result<(), String> {
        self.write_checkpoint(bytes)?;
        let results = self.path.join(RESULTS);
        match fs::remove_file(&results) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(&results, &error)),
            _ => Ok(()),
        }
    }

    /// The bytes of the run's last checkpoint.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    pub fn checkpoint(path: &Path) -> Result<Vec<u8>, String> {
        let checkpoint = path.join(CHECKPOINT);
        fs::read(&checkpoint).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                format!("{} holds no run ({CHECKPOINT} is missing): name the folder that was given to --out", path.display())
            }
            _ => failed(&checkpoint, &error),
        })
    }

    /// The first of `stem`, `stem-2`, `stem-3`, … that holds no run.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn unused(stem: &str) -> Result<Self, String> {
        let names = std::iter::once(stem.to_owned()).chain((2..).map(|n| format!("{stem}-{n}"))).map(PathBuf::from);
        for path in names {
            fs::create_dir_all(&path).map_err(|error| failed(&path, &error))?;
            match Lock::of(&path) {
                // Another run that is being saved at this moment.
                Err(LockFailure::Taken(_)) => {}
                Err(LockFailure::Io(path, error)) => return Err(failed(&path, &error)),
                Ok(_) if path.join(CHECKPOINT).exists() || path.join(RESULTS).exists() => {}
                Ok(lock) => return Ok(Self { path, _lock: lock, earlier: String::new() }),
            }
        }
        unreachable!("numbers do not end")
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Forgets the earlier rows beyond `step`, which the run will measure again; the last step that is left, if any.
    ///
    /// # Errors
    /// If `curves.csv` is not one of ours.
    pub fn keep_until(&mut self, step: usize) -> Result<Option<usize>, String> {
        let (kept, last) = rows_until(&self.earlier, step).map_err(|line| {
            let path = self.path.join(CURVES);
            format!("{}, line {line}: a row starts with its step; move the file away to go on without the earlier rows", path.display())
        })?;
        self.earlier = kept;
        Ok(last)
    }

    /// Writes the experiment.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn write_experiment(&self, experiment: &Experiment) -> Result<(), String> {
        self.write(EXPERIMENT, &pretty(&serde_json::to_value(experiment).expect("an experiment is plain data")))
    }

    /// Writes the measurements so far.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn write_curves(&self, state: &State, first_seed: u64) -> Result<(), String> {
        let new = export::csv(state, first_seed);
        let (header, rows) = new.split_once('\n').expect("the header ends its line");
        self.write(CURVES, format!("{header}\n{}{rows}", self.earlier).as_bytes())
    }

    /// Writes the run as it is now. Curves come first: rows beyond the checkpoint are dropped on resuming.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn write_checkpoint(&self, bytes: &[u8]) -> Result<(), String> {
        self.write(CHECKPOINT, bytes)
    }

    /// Writes the results: the run is finished.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn write_results(&self, document: &Value) -> Result<(), String> {
        self.write(RESULTS, &pretty(document))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let path = self.path.join(name);
        disk::write(&path, bytes).map_err(|error| failed(&path, &error))
    }
}

/// The folder for one run alone.
fn lock(path: &Path) -> Result<Lock, String> {
    Lock::of(path).map_err(|failure| match failure {
        LockFailure::Taken(process) => {
            let process = process.map_or(String::new(), |process| format!(" (process {process})"));
            format!("another run{process} writes to {}: wait until it ends, or choose another folder", path.display())
        }
        LockFailure::Io(path, error) => failed(&path, &error),
    })
}

/// The rows up to `step` without their header, and the last step that is left, if any; or the line that is no row.
fn rows_until(rows: &str, step: usize) -> Result<(String, Option<usize>), usize> {
    let (mut kept, mut last) = (String::new(), None);
    for (index, row) in rows.lines().enumerate().skip(1) {
        let of_row: usize = row.split(',').next().and_then(|cell| cell.parse().ok()).ok_or(index + 1)?;
        if of_row <= step {
            kept.push_str(row);
            kept.push('\n');
            last = Some(of_row);
        }
    }
    Ok((kept, last))
}

/// JSON for people, with a line end.
pub fn pretty(value: &Value) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(value).expect("a value has text keys");
    text.push(b'\n');
    text
}

/// What to say of a file that cannot be read or written.
pub fn failed(path: &Path, error: &io::Error) -> String {
    format!("{} cannot be read or written ({error}): check its rights and the free space, or choose another folder", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_beyond_the_checkpoint_are_dropped() {
        let rows = "step,epoch\n0,0\n0,0\n10,1\n20,2\n";
        assert_eq!(rows_until(rows, 10), Ok(("0,0\n0,0\n10,1\n".to_owned(), Some(10))));
        assert_eq!(rows_until("step\n0\nx\n", 10), Err(3), "x is no step");
    }
}
