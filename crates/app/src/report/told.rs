//! A run as a report tells it, wherever it comes from: the app that shows it, or the folder that holds it.

use basin_train::brief::counted;
use basin_train::experiment::{Experiment, titles};
use basin_train::protocol::{Files, NamedBytes};
use basin_train::report::Measurement;
use sha2::{Digest, Sha256};

use super::results::Context;
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

/// The SHA-256 of some bytes, in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
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
    /// The version of the program that finished it; none of a run that is not finished.
    pub finished_by: Option<&'a str>,
    /// What its results tell beside the measurements.
    pub context: &'a Context,
    /// Whether its weights are there.
    pub has_weights: bool,
    /// The user's files, that with the test examples last.
    pub files: &'a [UsersFile],
}

impl<'a> Told<'a> {
    /// Whether it has reached its planned end.
    pub fn is_finished(&self) -> bool {
        self.finished_by.is_some()
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
        if let Some(best) = &self.context.best {
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

#[cfg(test)]
mod tests {
    /// Numbers of `printf abc | sha256sum` and of the empty text.
    #[test]
    fn bytes_have_their_print() {
        assert_eq!(super::sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(super::sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
