//! A run as a report tells it, wherever it comes from: the app that shows it, or the folder that holds it.

use basin_train::brief::counted;
use basin_train::experiment::{Experiment, titles};
use basin_train::protocol::{Files, NamedBytes};
use basin_train::report::Measurement;

use super::results::Context;
use crate::fingerprint::sha256;
use crate::state::{Metric, State};

/// A file of the user that a run learned from or was tested on.
#[derive(Clone, Debug)]
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

impl UsersFile {
    /// Those of a run, that with the test examples last.
    pub fn all(files: &Files) -> Vec<Self> {
        let of = |flag, file: &NamedBytes| Self { flag, name: file.name.clone(), bytes: file.bytes.len(), sha256: sha256(&file.bytes) };
        std::iter::once(of("--data", &files.train)).chain(files.test.iter().map(|test| of("--test", test))).collect()
    }
}

/// See the file's head.
#[derive(Clone, Copy)]
pub struct Told<'a> {
    /// What it is called.
    pub name: &'a str,
    /// What somebody wrote to it.
    pub note: Option<&'a str>,
    /// When it was last written to, in seconds since 1970, where that is known.
    pub at: Option<f64>,
    /// What was trained, with guesses filled in.
    pub experiment: &'a Experiment,
    /// What has been measured of it.
    pub state: &'a State,
    /// Whether it has reached its planned end.
    pub finished: bool,
    /// The version of the program that finished it, where that is known.
    pub version: Option<&'a str>,
    /// What its results tell beside the measurements.
    pub context: &'a Context,
    /// Whether its weights are there.
    pub has_weights: bool,
    /// The user's files, that with the test examples last.
    pub files: &'a [UsersFile],
}

impl<'a> Told<'a> {
    /// Whether verdicts hold for it: they are on the end of what was planned, and one on the way would be one of many looks.
    pub fn has_verdicts(&self) -> bool {
        self.finished && !self.context.unfinished
    }

    /// What its accuracies are of.
    pub fn on(&self) -> &'static str {
        if self.experiment.data.validation { "validation" } else { "test" }
    }

    /// How many labels of its training examples were made wrong, if any were.
    pub fn flipped(&self) -> Option<String> {
        let flipped = self.state.run.summary.as_ref().map_or(0, |summary| summary.flipped);
        (flipped > 0).then(|| format!("{} flipped", counted(flipped, "training label")))
    }

    /// The last measurement.
    pub fn last(&self) -> Option<&'a Measurement> {
        self.state.run.measurements.last()
    }

    /// Titles of its lanes.
    pub fn titles(&self) -> Vec<String> {
        titles(&self.experiment.lanes)
    }

    /// Whether its accuracies are those at the epochs that it keeps, of which its weights are, too.
    pub fn keeps_epochs(&self) -> bool {
        self.context.best.is_some()
    }

    /// The test accuracies of a lane, one a seed: at the epochs that it keeps, or else at the end.
    pub fn accuracies(&self, lane: usize) -> &'a [f64] {
        match &self.context.best {
            Some(best) => best.get(lane).map_or(&[], |best| &best.test_accuracy),
            None => self.last_accuracies(lane),
        }
    }

    /// Those at the end.
    pub fn last_accuracies(&self, lane: usize) -> &'a [f64] {
        self.last().and_then(|last| last.lanes.get(lane)).map_or(&[], |lane| Metric::TestAccuracy.values(lane))
    }

    /// Where it stands: its end, or the step of its last measurement; and whether it has lost its weights.
    pub fn standing(&self) -> String {
        let standing = match (self.finished, self.last()) {
            (true, last) => format!("finished at step {}", last.map_or(0, |last| last.step)),
            (false, Some(last)) => format!("not finished, measured up to step {}", last.step),
            (false, None) => "not finished, nothing measured".to_owned(),
        };
        if self.has_weights { standing } else { format!("{standing}, but its weights cannot be read") }
    }
}
