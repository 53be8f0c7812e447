//! A run of the past, out of its folder.
//!
//! Elsewhere: which files a folder has (`run_folder.rs`).

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use basin_app::state::{Metric, State};
use basin_train::brief::counted;
use basin_train::experiment::{Experiment, titles};
use basin_train::report::Measurement;
use basin_train::run::{Compute, Plan, checkpoint};

use crate::identity::sha256;
use crate::report::{self, Beside};
use crate::run_folder::{self, RunFolder};

/// A file of the user that a run learned from or was tested on.
pub struct UsersFile {
    /// The flag that names it.
    pub flag: &'static str,
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: usize,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// A run of the past.
pub struct PastRun {
    /// Where it lies.
    pub path: PathBuf,
    /// What somebody wrote to it.
    pub note: Option<String>,
    /// When it was last written to, in seconds since 1970, where the system says so.
    pub at: Option<f64>,
    /// What was trained, with guesses filled in.
    pub experiment: Experiment,
    /// What has been measured of it.
    pub state: State,
    /// The version of the program that finished it; none of a run that is not finished.
    pub finished_by: Option<String>,
    /// What its results tell beside the measurements.
    pub beside: Beside,
    /// Whether the weights can be read, as far as the length of their file tells.
    pub has_weights: bool,
    /// The user's files, that with the test examples last; empty unless all was read.
    pub files: Vec<UsersFile>,
}

impl PastRun {
    /// Reads the run in a folder.
    ///
    /// # Errors
    /// If the folder holds none, or what it holds cannot be read.
    pub fn read(path: &Path) -> Result<Self, String> {
        let (experiment, results, mut state) = run_folder::told(path)?;
        if let Some(results) = &results {
            report::answer_alone(&mut state, results);
        }
        let modified = |file: &PathBuf| fs::metadata(file).and_then(|about| about.modified()).ok();
        let at = run_folder::written(path).iter().filter_map(modified).max();
        Ok(Self {
            note: run_folder::note(path),
            at: at.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map(|since| since.as_secs_f64()),
            beside: results.as_ref().map_or_else(|| Beside { unfinished: true, ..Beside::default() }, Beside::of),
            has_weights: run_folder::has_weights(path),
            files: Vec::new(),
            finished_by: results.map(|results| results["version"].as_str().unwrap_or("an unknown version").to_owned()),
            path: path.to_owned(),
            experiment,
            state,
        })
    }

    /// The same with the user's files, which its checkpoint holds, and with the summary of a run that has no results yet.
    ///
    /// # Errors
    /// As for [`Self::read`], or if there is no checkpoint.
    pub fn read_whole(path: &Path) -> Result<Self, String> {
        let mut run = Self::read(path)?;
        let bytes = RunFolder::checkpoint(path)?;
        let files = checkpoint::files(&bytes).map_err(|error| format!("{}: {error}", path.display()))?;
        if run.state.run.summary.is_none()
            && let Ok((plan, _)) = Plan::look(run.experiment.clone(), files.as_ref())
        {
            run.state.run.summary = Some(plan.summary(&Compute::cpu()));
        }
        let [train, test] = [files.as_ref().map(|files| &files.train), files.as_ref().and_then(|files| files.test.as_ref())];
        for (flag, file) in [("--data", train), ("--test", test)] {
            let Some(file) = file else { continue };
            run.files.push(UsersFile { flag, name: file.name.clone(), bytes: file.bytes.len(), sha256: sha256(&file.bytes) });
        }
        Ok(run)
    }

    /// Whether it has reached its planned end.
    pub fn is_finished(&self) -> bool {
        self.finished_by.is_some()
    }

    /// What its accuracies are of.
    pub fn on(&self) -> &'static str {
        if self.experiment.data.validation { "validation" } else { "test" }
    }

    /// The name of its folder, as it was given.
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// How many labels of its training examples were made wrong, if any were.
    pub fn flipped(&self) -> Option<String> {
        let flipped = self.state.run.summary.as_ref().map_or(0, |summary| summary.flipped);
        (flipped > 0).then(|| format!("{} flipped", counted(flipped, "training label")))
    }

    /// The last measurement.
    pub fn last(&self) -> Option<&Measurement> {
        self.state.run.measurements.last()
    }

    /// Titles of its lanes.
    pub fn titles(&self) -> Vec<String> {
        titles(&self.experiment.lanes)
    }

    /// Whether its accuracies are those at the epochs that it keeps, of which its weights are, too.
    pub fn keeps_epochs(&self) -> bool {
        self.beside.best.is_some()
    }

    /// The test accuracies of a lane, one a seed: at the epochs that it keeps, or else at the end.
    pub fn accuracies(&self, lane: usize) -> &[f64] {
        if let Some(best) = &self.beside.best {
            return best.get(lane).map_or(&[], |best| &best.test_accuracy);
        }
        self.last().and_then(|last| last.lanes.get(lane)).map_or(&[], |lane| Metric::TestAccuracy.values(lane))
    }

    /// Where it stands: its end, or the step of its last measurement; and whether it has lost its weights.
    pub fn standing(&self) -> String {
        let standing = match (&self.finished_by, self.last()) {
            (Some(_), last) => format!("finished at step {}", last.map_or(0, |last| last.step)),
            (None, Some(last)) => format!("not finished, measured up to step {}", last.step),
            (None, None) => "not finished, nothing measured".to_owned(),
        };
        if self.has_weights { standing } else { format!("{standing}, but its weights cannot be read") }
    }
}
