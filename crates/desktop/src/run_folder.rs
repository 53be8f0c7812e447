//! The folder of a run: all that is needed to redo it, to plot it, and to go on with it.
//!
//! - `experiment.json`: the experiment with its guesses filled in; `basin train --experiment` reads it.
//! - `curves.csv`: every measurement, one row per step, lane and seed.
//! - `checkpoint.safetensors`: the run as it was saved last.
//! - `results.json`: the document of `--json`; it exists once the run has reached its end.
//!
//! Each file appears whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use basin_app::export;
use basin_app::state::State;
use basin_train::config::Experiment;
use serde_json::Value;

const EXPERIMENT: &str = "experiment.json";
const CURVES: &str = "curves.csv";
const CHECKPOINT: &str = "checkpoint.safetensors";
const RESULTS: &str = "results.json";

/// A folder that one run writes to.
pub struct RunFolder {
    path: PathBuf,
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
        fs::create_dir_all(path).map_err(|error| failed(path, &error))?;
        Ok(Self { path: path.to_owned(), earlier: String::new() })
    }

    /// The folder of a run that was stopped, and the bytes of its checkpoint.
    ///
    /// # Errors
    /// If it holds none, or one that is finished.
    pub fn resume(path: &Path) -> Result<(Self, Vec<u8>), String> {
        if path.join(RESULTS).exists() {
            return Err(format!("the run in {} is finished: its numbers are in {}", path.display(), path.join(RESULTS).display()));
        }
        let bytes = Self::checkpoint(path)?;
        let curves = path.join(CURVES);
        let earlier = fs::read_to_string(&curves).map_err(|error| failed(&curves, &error))?;
        Ok((Self { path: path.to_owned(), earlier }, bytes))
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
        let names = std::iter::once(stem.to_owned()).chain((2..).map(|n| format!("{stem}-{n}")));
        let mut free = names.map(PathBuf::from).filter(|path| !path.join(CHECKPOINT).exists() && !path.join(RESULTS).exists());
        Self::create(&free.next().expect("numbers do not end"), false)
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
        let mut kept = String::new();
        let mut last = None;
        for (index, row) in self.earlier.lines().enumerate().skip(1) {
            let of_row: usize = row.split(',').next().and_then(|cell| cell.parse().ok()).ok_or_else(|| {
                let path = self.path.join(CURVES);
                format!(
                    "{}, line {}: a row starts with its step; move the file away to go on without the earlier rows",
                    path.display(),
                    index + 1
                )
            })?;
            if of_row <= step {
                kept.push_str(row);
                kept.push('\n');
                last = Some(of_row);
            }
        }
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
        let unfinished = self.path.join(format!(".{name}.part"));
        fs::write(&unfinished, bytes).and_then(|()| fs::rename(&unfinished, &path)).map_err(|error| failed(&path, &error))
    }
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
        let mut folder = RunFolder { path: PathBuf::from("here"), earlier: rows.to_owned() };
        assert_eq!(folder.keep_until(10), Ok(Some(10)));
        assert_eq!(folder.earlier, "0,0\n0,0\n10,1\n");
        let mut folder = RunFolder { path: PathBuf::from("here"), earlier: "step\n0\nx\n".to_owned() };
        let text = folder.keep_until(10).expect_err("x is no step");
        assert!(text.contains("curves.csv, line 3"), "{text}");
    }
}
