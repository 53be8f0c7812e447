//! What is measured of a run: each instrument is a function on it, beside the little that it keeps between two measurements.

pub mod answers;
pub(crate) mod best;
pub(crate) mod curves;
mod error;
mod evaluate;
pub(crate) mod examples;
pub mod judge;
pub(crate) mod landscape;
pub(crate) mod microscope;
pub(crate) mod past;
mod probes;
pub(crate) mod sharpness;
mod told;

pub use best::{classifier, predictor};
pub use error::LookError;
pub(crate) use error::lives;
pub use evaluate::{Evaluator, Score};
pub use examples::MOST as MOST_SENTENCES;
pub use landscape::Survey;
pub use sharpness::{ADAPTIVE_RHO, ADAPTIVE_SIGMA, GAP_RADII, SIGMA};

use best::Best;
use examples::ExampleRecords;
use landscape::Trajectory;
use probes::Probes;
use sharpness::Directions;
pub(crate) use told::Told;

use crate::run::Run;

/// What the instruments of a run keep.
pub(crate) struct Instruments {
    pub(crate) probes: Probes,
    pub(crate) directions: Vec<Directions>,
    pub(crate) records: ExampleRecords,
    pub(crate) trajectory: Trajectory,
    pub(crate) told: Told,
    /// None where the run keeps its last epoch.
    pub(crate) best: Option<Best>,
}

impl Instruments {
    /// For a run that has not been looked at.
    pub(crate) fn new(run: &Run) -> Self {
        let (lanes, examples) = (run.lanes.len(), run.data.train.len());
        let batch = run.experiment.training.batch.min(examples);
        Self {
            probes: Probes::new(run),
            directions: vec![[None, None]; lanes],
            records: ExampleRecords::new(lanes, examples, run.experiment.seeds * batch),
            trajectory: Trajectory::new(run.lanes[0].weights(), lanes),
            told: Told::new(lanes, run.experiment.seeds),
            best: Best::new(run),
        }
    }
}
