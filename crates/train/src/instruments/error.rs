//! Why a run cannot be looked at as asked.

use crate::experiment::titles;
use crate::run::Run;

/// Why a run cannot be looked at as asked. The words count nothing: people count from 1, programs from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookError {
    /// No such lane.
    #[error("there is no such lane: this run has {} ({})", titles.len(), titles.join(", "))]
    NoLane {
        /// Those that there are.
        titles: Vec<String>,
    },
    /// No such member.
    #[error("there is no such seed: this run has {seeds}")]
    NoMember {
        /// Those that there are.
        seeds: usize,
    },
    /// The lane has no numbers to show.
    #[error("{title} has diverged with this seed: choose another lane or seed")]
    Diverged {
        /// The lane.
        title: String,
    },
    /// A page of its own would have the encoder in it.
    #[error(
        "a run of the model `sentence` reads texts with its encoder, which has 23 MB at least, and a page of one file is to stay below 1 MB: take the form onnx (`--format onnx`), for programs, or give people Basin's own page, which has an encoder, and a run that was trained there"
    )]
    NoSmallPage,
    /// The encoder here cannot be handed on.
    #[error(
        "a run of the model `sentence` is handed on with its encoder, of which there is only the small form here: save the run (Save, Run…) and give the file to the program for the desktop, `basin export FILE --format onnx --out model`"
    )]
    EncoderStays,
    /// What goes with the encoder cannot be read.
    #[error("{0}")]
    NoPapers(String),
    /// Every lane has diverged.
    #[error("all lanes have diverged with this seed: choose another one")]
    AllDiverged,
    /// A plane through one lane, or none.
    #[error("a plane needs two lanes that have not diverged: choose different ones, or random directions")]
    NoPlane,
    /// A grid that is too coarse, or takes too long.
    #[error("a landscape of {points} × {points} points cannot be made: choose from 5 to 101")]
    Points {
        /// What was asked for.
        points: usize,
    },
    /// A training example that is not kept track of.
    #[error("there is no record of this training example: choose one of the first {known}")]
    NoExample {
        /// How many are kept track of.
        known: usize,
    },
}

/// Whether there is such a lane.
pub(crate) fn check_lane(run: &Run, lane: usize) -> Result<(), LookError> {
    if lane < run.lanes.len() { Ok(()) } else { Err(LookError::NoLane { titles: titles(&run.experiment.lanes) }) }
}

/// Whether a member of a lane has numbers; else it has diverged.
pub(crate) fn lives(run: &Run, lane: usize, member: usize) -> Result<bool, LookError> {
    check_lane(run, lane)?;
    run.lanes[lane].diverged.get(member).map(|diverged| !diverged).ok_or(LookError::NoMember { seeds: run.experiment.seeds })
}
