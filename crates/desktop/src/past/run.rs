//! A run of the past, out of its folder.
//!
//! Elsewhere: which files a folder has (`run_folder.rs`), what is told of a run (`basin_app::report`).

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use basin_app::report::{Context, Told, UsersFile};
use basin_app::state::State;
use basin_train::experiment::Experiment;
use basin_train::run::{Compute, Plan, checkpoint};

use crate::report;
use crate::run_folder::{self, RunFolder};

/// A run of the past, with what [`Told`] says of each part.
pub struct PastRun {
    name: String,
    note: Option<String>,
    at: Option<f64>,
    experiment: Experiment,
    state: State,
    finished: bool,
    version: Option<String>,
    context: Context,
    /// As far as the length of their file tells.
    has_weights: bool,
    /// Empty unless all was read.
    files: Vec<UsersFile>,
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
            name: path.display().to_string(),
            note: run_folder::note(path),
            at: at.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map(|since| since.as_secs_f64()),
            context: results.as_ref().map_or_else(|| Context { unfinished: true, ..Context::default() }, report::context_of),
            has_weights: run_folder::has_weights(path),
            files: Vec::new(),
            finished: results.is_some(),
            version: results.and_then(|results| results["version"].as_str().map(str::to_owned)),
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
        run.files = files.as_ref().map_or_else(Vec::new, UsersFile::all);
        Ok(run)
    }

    /// What is told of it.
    pub fn told(&self) -> Told<'_> {
        let Self { name, note, at, experiment, state, finished, version, context, has_weights, files } = self;
        Told {
            name,
            note: note.as_deref(),
            at: *at,
            experiment,
            state,
            finished: *finished,
            version: version.as_deref(),
            context,
            has_weights: *has_weights,
            files,
        }
    }
}
