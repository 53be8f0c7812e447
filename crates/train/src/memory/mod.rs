//! How much memory a run takes, known before it starts.
//!
//! Sizes in, bytes out: nothing here looks at a device or reads data. With P members, K lanes, W weights of a member
//! (E of them in the embedding, N = W − E in the layers), B examples of a batch and R the rows of the embedding that
//! they touch, `S(n) = P (R dim + N)` are the weights that n examples see. All numbers are f32.
//!
//! | part | bytes | stays |
//! |---|---|---|
//! | program | [`PROGRAM`] | yes |
//! | data | texts, tokens, files (twice), what examples that are measured were prepared to | yes |
//! | weights | 4 K P W | yes |
//! | optimizer | 4 K P W for each moment or mean that base and method keep | yes |
//! | paths | places of [`trajectory_places`] × weights | yes |
//! | past | snapshots of [`snapshots`] × (weights + optimizer) | yes |
//! | records | visits of examples and reports that wait, bounded by [`VISITS_BYTES`] and [`REPORTS_BYTES`] | yes |
//! | eigenvectors | 4 · 2 K S(probe) | yes |
//! | step | what lanes report, 4 · 3 K S(B), what one works on, 4 · 6 S(B), and its activations | while it lasts |
//! | measuring | activations of a chunk, then of the probe, with 4 · 4 S(probe) | while it lasts |
//! | sharpness | 4 · 8 S(probe) and the activations of the probe | while it lasts |
//! | looking | 41 points of a line, or 17 places along a step, of one member, 3 times, and their activations | while it lasts |
//! | saving | all weights and moments, visits and places up to [`SAVED_BYTES`] of each, twice, and the files | while it lasts |
//!
//! Where each example has weights of its own (per-instance SAM without a ghost form: pairs, BiSAM), [`CHUNK`] examples at a time are a
//! population of so many times P, of which 4 copies are alive: weights, gradient, the weights after the climb, the gradient up there.
//! A run takes what stays and the largest of what passes.
//! Activations: [`Network::forward`] and [`Network::with_way_back`].
//! Elsewhere: who asks, and with which limits (`run/plan.rs`); how these numbers were held against measured ones
//! (`tests/memory.rs` of this crate).

mod bounds;
mod network;

use basin_optim::population::CHUNK;
use serde::{Deserialize, Serialize};

use self::bounds::VISIT;
pub use self::bounds::*;
pub use self::network::{DataSizes, Network};
use self::network::{F32, product};
use crate::experiment::{Base, ClimbLoss, Experiment, MethodConfig, ModelKind, Tune, build};

/// Bytes of the program itself, with the runtime of a device.
pub const PROGRAM: u64 = 32 << 20;

/// Examples that have weights of their own at one time.
const SIDE_BY_SIDE: u64 = CHUNK as u64;

/// What takes memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The program.
    Program,
    /// Examples and files.
    Data,
    /// The weights of all lanes and members.
    Weights,
    /// Moments and means of optimizers and methods.
    Optimizer,
    /// Where the lanes have been, for landscapes.
    Paths,
    /// Snapshots from which past steps are had again.
    Past,
    /// What became of each example.
    Records,
    /// Where the next estimates of eigenvalues start.
    Eigenvectors,
    /// A step of all lanes.
    Step,
    /// A point of the curves.
    Measuring,
    /// Sharpness of one lane.
    Sharpness,
    /// Landscapes, and one step under the microscope.
    Looking,
    /// A saved run before it is written.
    Saving,
}

impl Part {
    /// Whether it takes its memory for the whole run; what passes does so one after the other.
    pub fn stays(self) -> bool {
        !matches!(self, Self::Step | Self::Measuring | Self::Sharpness | Self::Looking | Self::Saving)
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Program => "the program",
            Self::Data => "the data",
            Self::Weights => "weights",
            Self::Optimizer => "the optimizer",
            Self::Paths => "the lanes' paths",
            Self::Past => "past steps, in window and page",
            Self::Records => "records of examples",
            Self::Eigenvectors => "eigenvectors",
            Self::Step => "a step",
            Self::Measuring => "measuring",
            Self::Sharpness => "sharpness",
            Self::Looking => "landscapes",
            Self::Saving => "saving",
        }
    }
}

/// How much memory a run takes, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Each part once.
    pub parts: Vec<(Part, u64)>,
    /// The largest tensor.
    pub largest_tensor: u64,
}

impl Estimate {
    /// What `experiment` takes on data of these sizes.
    pub fn of(experiment: &Experiment, data: &DataSizes) -> Self {
        let network = Network { config: experiment.model, data: *data };
        let (members, lanes) = (experiment.seeds as u64, experiment.lanes.len() as u64);
        let training = &experiment.training;
        let batch = (training.batch as u64).min(data.train.max(1));
        // The probe is measured on both sides.
        let probe = (training.probe as u64).min(data.train.max(data.test).max(1));
        let weights = product([F32, lanes, members, network.weights()]);
        let slots = |lane: &crate::experiment::LaneConfig| slots_of(training.base) + build::method(lane).slots().len() as u64;
        let optimizer = product([F32, members, network.weights(), experiment.lanes.iter().map(slots).sum()]);
        // The best epoch's beside those of now.
        let kept = if experiment.data.selection > 0.0 { weights } else { 0 };
        let remembered = trajectory_places(weights);
        let past = snapshots(weights.saturating_add(optimizer));

        // S(n) for one member, and the weights that are alive where examples have weights of their own.
        let seen = |examples: u64| network.embedding(data.rows(examples)) + network.layers();
        let one_by_one = |lane: &crate::experiment::LaneConfig| lane.method == MethodConfig::PerInstanceSam;
        // The ghost form climbs on the loss alone.
        let elsewhere = |lane: &crate::experiment::LaneConfig| one_by_one(lane) && lane.climb_loss == ClimbLoss::BiSam;
        let ghost = network.has_ghost() && !experiment.lanes.iter().any(elsewhere);
        let apart = |members: u64, examples: u64| {
            let each = 4 * seen(examples) + network.with_way_back(1);
            if ghost { 0 } else { product([F32, members, SIDE_BY_SIDE.min(examples), each]) }
        };

        let step = product([F32, members, seen(batch), 3 * lanes + 6])
            .saturating_add(product([F32, members, network.with_way_back(batch)]))
            .max(if experiment.lanes.iter().any(one_by_one) { apart(members, batch) } else { 0 });
        // Text regularisers have a row for each token, of which some copies are alive.
        let moves = experiment.lanes.iter().any(|lane| lane.method.climbs() && !lane.method.climbs_in_weights());
        let tokens = product([F32, 8, members, batch, data.sides(), data.longest, experiment.model.dim as u64]);
        let step = step.saturating_add(if moves { tokens } else { 0 });
        let on_probe = product([F32, members, network.with_way_back(probe)]);
        let chunk = network.passing_bytes(members, chunk(&network.config, data, members) as u64);
        let measuring = chunk.max(product([F32, members, seen(probe), 4]).saturating_add(on_probe));
        let sharpness =
            product([F32, members, seen(probe), 8]).saturating_add(on_probe).max(apart(members, probe)).max(apart(members, batch));
        let along = points_at_once(&network.config) as u64;
        let points = network.passing_bytes(along, self::chunk(&network.config, data, along) as u64);
        let points = points.saturating_add(product([F32, along, 3, seen(MOST_EXAMPLES as u64)]));
        let at_once = members_at_once(&network.config, data, batch as usize) as u64;
        let places = network.passing_bytes(at_once, batch).saturating_add(product([F32, at_once, 3, seen(batch)]));
        let looking = points.max(places).saturating_add(product([F32, 6, network.weights()]));
        let visits = lanes.saturating_mul(data.train.min(MOST_KEPT)).saturating_mul(VISIT).saturating_mul(training.epochs as u64);
        let reports = product([F32, 3, lanes, members, batch, reports_until_measured(experiment, data)]);
        let waiting = product([lanes, data.train.min(MOST_KEPT), 56]);
        // However few places are remembered of large weights, they are not counted as less than those of small ones.
        let shown = visits.min(SAVED_BYTES).saturating_add(weights.saturating_mul(TRAJECTORY_PLACES / 2).min(SAVED_BYTES));
        let saving = weights.saturating_add(optimizer).saturating_add(shown).saturating_mul(2).saturating_add(data.files);
        let parts = vec![
            (Part::Program, PROGRAM),
            (Part::Data, data_bytes(&network)),
            (Part::Weights, weights.saturating_add(kept)),
            (Part::Optimizer, optimizer),
            (Part::Paths, if remembered < 2 { 0 } else { remembered.saturating_mul(weights) }),
            (Part::Past, if past < 2 { 0 } else { past.saturating_mul(weights.saturating_add(optimizer)) }),
            (Part::Records, visits.min(VISITS_BYTES).saturating_add(reports.min(REPORTS_BYTES)).saturating_add(waiting)),
            (Part::Eigenvectors, product([F32, 2, lanes, members, seen(probe)])),
            (Part::Step, step),
            (Part::Measuring, measuring),
            (Part::Sharpness, sharpness),
            (Part::Looking, looking),
            (Part::Saving, saving),
        ];

        let populations = if ghost && network.has_ghost_on_gpu() { 1 } else { SIDE_BY_SIDE.min(batch.max(probe)) };
        // Of a step's tensors the noise has one for both sides of each member.
        let rows = product([network.embedding(data.rows(batch.max(probe))), members, populations.max(2)]);
        let table = product([network.embedding(data.vocabulary), members]);
        let inside = product([members, network.largest(batch.max(probe)).max(network.largest_layer().saturating_mul(populations.max(2)))]);
        let largest_tensor = F32.saturating_mul(table.max(rows).max(inside));
        Self { parts, largest_tensor }
    }

    /// The same without what it takes to go back in a run, to look into it and to save it: a cell of a sweep.
    #[must_use]
    pub fn unwatched(mut self) -> Self {
        self.parts.retain(|(part, _)| !matches!(part, Part::Past | Part::Records | Part::Looking | Part::Saving));
        self
    }

    /// What stays, and the largest of what passes.
    pub fn total(&self) -> u64 {
        let of = |stays: bool| self.parts.iter().filter(move |(part, _)| part.stays() == stays).map(|(_, bytes)| *bytes);
        of(true).fold(of(false).max().unwrap_or(0), u64::saturating_add)
    }

    /// Of the total, what lies in the memory of the computer where a GPU has memory of its own.
    pub fn beside_gpu(&self) -> u64 {
        let of = |part| self.parts.iter().filter(move |(p, _)| *p == part).map(|(_, bytes)| *bytes).sum::<u64>();
        [Part::Program, Part::Data, Part::Records, Part::Saving].into_iter().map(of).fold(0, u64::saturating_add)
    }

    /// The part that takes most, of those that count for the total.
    pub fn largest_part(&self) -> (Part, u64) {
        self.parts.iter().copied().max_by_key(|(_, bytes)| *bytes).unwrap_or((Part::Program, PROGRAM))
    }
}

/// Reports of steps that can wait for a measurement.
fn reports_until_measured(experiment: &Experiment, data: &DataSizes) -> u64 {
    let steps = data.train.div_ceil(experiment.training.batch.max(1) as u64).saturating_mul(experiment.training.epochs as u64);
    let epoch = steps.div_ceil(experiment.training.epochs.max(1) as u64);
    (experiment.measure_every(steps as usize, epoch as usize) as u64).min(steps.max(1))
}

fn slots_of(base: Base) -> u64 {
    match base {
        Base::Sgd => 0,
        Base::Momentum => 1,
        Base::AdamW => 2,
    }
}

/// Bytes of a pre-trained encoder at work: its weights, its vocabulary, and what its threads need.
const ENCODER: u64 = 160 << 20;

/// Examples in memory, those that are measured a second time as the batches that they were prepared to.
fn data_bytes(network: &Network) -> u64 {
    let data = &network.data;
    let tokens = data.tokens.div_ceil(data.examples());
    let measured = data.test.saturating_add(data.train.min(1024));
    // A text's share of a batch: entries of its tokens twice, or in order one number a token, and the rows that occur.
    let frozen = network.config.kind.learns_from_vectors();
    let of_text = if frozen || network.config.kind == ModelKind::Bag { 48 * tokens + 800 } else { 8 * tokens + 300 };
    let prepared = measured.saturating_mul(of_text);
    // The encoder, and the vectors of all texts: here, in its store, and of those that are measured in their batches.
    let vectors = product([F32, network.config.dim as u64, data.sides(), data.examples().saturating_mul(2).saturating_add(measured)]);
    // Where its layers are trained, what those below made of each word piece, here and of those that are measured; or nothing.
    let states = product([F32, network.config.dim as u64, data.tokens.saturating_add(tokens.saturating_mul(measured))]);
    let vectors = match network.config.tune {
        None => vectors,
        Some(Tune::Top(_)) => states,
        Some(Tune::All) => 0,
    };
    let vectors = if frozen { ENCODER.saturating_add(vectors) } else { 0 };
    let examples = data.examples().saturating_mul(200).saturating_add(data.texts).saturating_add(data.tokens.saturating_mul(4));
    examples
        .saturating_add(vectors)
        .saturating_add(prepared)
        .saturating_add(data.vocabulary.saturating_mul(120))
        .saturating_add(data.files.saturating_mul(2))
}

#[cfg(test)]
mod tests {
    use super::network::tests::data;
    use super::*;
    use crate::experiment::{LaneConfig, Rule};

    #[test]
    fn every_lane_member_and_moment_counts() {
        let mut experiment = Experiment { seeds: 5, lanes: vec![LaneConfig::new(MethodConfig::Sgd); 2], ..Experiment::default() };
        let part = |experiment: &Experiment, part| {
            Estimate::of(experiment, &data()).parts.iter().find(|(p, _)| *p == part).map(|(_, bytes)| *bytes).expect("each part once")
        };
        // 50 · 64 + 65 · 128 + 129 · 3 weights.
        let weights = 4 * 5 * 2 * (3200 + 8320 + 387);
        assert_eq!((part(&experiment, Part::Weights), part(&experiment, Part::Optimizer)), (weights, 2 * weights));
        experiment.training.base = Base::Momentum;
        experiment.lanes[1] = LaneConfig::new(MethodConfig::FSam { sigma: 1.0, lambda: 0.9 });
        // One velocity in each lane, and a mean in the second.
        assert_eq!(part(&experiment, Part::Optimizer), weights / 2 * 3);
        experiment.lanes = vec![LaneConfig::new(MethodConfig::delta_sam(Rule::Head))];
        experiment.training.base = Base::Sgd;
        assert_eq!((part(&experiment, Part::Weights), part(&experiment, Part::Optimizer)), (weights / 2, 0));

        // Vectors of an encoder: no embedding, but the encoder, and 500 vectors here, in its store and in 500 places of batches.
        let bag = part(&experiment, Part::Data);
        experiment.model.kind = ModelKind::Sentence;
        assert_eq!(part(&experiment, Part::Weights), 4 * 5 * (8320 + 387));
        assert_eq!(part(&experiment, Part::Data), bag + ENCODER + 4 * 64 * 1500);
    }
}
