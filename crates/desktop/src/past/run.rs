//! A run of the past, out of its folder.
//!
//! Elsewhere: which files a folder has (`run_folder.rs`).

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use basin_app::state::{Metric, State};
use basin_train::experiment::{Experiment, titles};
use basin_train::report::Measurement;

use crate::run_folder;

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
}

impl PastRun {
    /// Reads the run in a folder.
    ///
    /// # Errors
    /// If the folder holds none, or what it holds cannot be read.
    pub fn read(path: &Path) -> Result<Self, String> {
        let (experiment, results, state) = run_folder::told(path)?;
        let modified = |file: &PathBuf| fs::metadata(file).and_then(|about| about.modified()).ok();
        let at = run_folder::written(path).iter().filter_map(modified).max();
        Ok(Self {
            note: run_folder::note(path),
            at: at.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map(|since| since.as_secs_f64()),
            finished_by: results.map(|results| results["version"].as_str().unwrap_or("an unknown version").to_owned()),
            path: path.to_owned(),
            experiment,
            state,
        })
    }

    /// The name of its folder, as it was given.
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// The last measurement.
    pub fn last(&self) -> Option<&Measurement> {
        self.state.run.measurements.last()
    }

    /// Titles of its lanes.
    pub fn titles(&self) -> Vec<String> {
        titles(&self.experiment.lanes)
    }

    /// The test accuracies of a lane at the end, one a seed.
    pub fn accuracies(&self, lane: usize) -> &[f64] {
        self.last().and_then(|last| last.lanes.get(lane)).map_or(&[], |lane| Metric::TestAccuracy.values(lane))
    }

    /// Where it stands: its end, or the step of its last measurement.
    pub fn standing(&self) -> String {
        match (&self.finished_by, self.last()) {
            (Some(_), last) => format!("finished at step {}", last.map_or(0, |last| last.step)),
            (None, Some(last)) => format!("not finished, measured up to step {}", last.step),
            (None, None) => "not finished, nothing measured".to_owned(),
        }
    }
}
