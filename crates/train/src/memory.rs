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
//! Where each example has weights of its own (per-instance SAM without a ghost form), 16 examples at a time are a
//! population of 16 P, of which 4 copies are alive: weights, gradient, the weights
//! after the climb, the gradient up there. A run takes what stays and the largest of what passes.
//! Activations: [`Network::forward`] and [`Network::with_way_back`].
//! Elsewhere: who asks, and with which limits (`plan.rs`); how these numbers were held against measured ones
//! (`tests/memory.rs` of the workspace).

use serde::{Deserialize, Serialize};

use crate::experiment::{Base, Experiment, MethodConfig, ModelConfig, ModelKind, Pair};

/// Bytes of the program itself, with the runtime of a device.
pub const PROGRAM: u64 = 32 << 20;

/// Bytes that the visits of all examples in all lanes may take.
pub const VISITS_BYTES: u64 = 128 << 20;

/// Bytes that reports of steps may take until a measurement reads them.
pub const REPORTS_BYTES: u64 = 64 << 20;

/// Bytes that remembered weights may take, all lanes together.
pub const TRAJECTORY_BYTES: u64 = 128 << 20;

/// Most places that are remembered of a path.
pub const TRAJECTORY_PLACES: u64 = 64;

/// Bytes that snapshots of past steps may take, all lanes together.
pub const SNAPSHOTS_BYTES: u64 = 192 << 20;

/// Most snapshots of a run.
pub const MOST_SNAPSHOTS: u64 = 64;

/// Bytes of a saved run that visits of examples may take, and as many that the lanes' paths may take.
pub const SAVED_BYTES: u64 = 8 << 20;

/// Bytes that the measurements of a run may take, and those of its sharpness.
pub const TOLD_BYTES: u64 = 8 << 20;

/// Bytes of activations that a forward pass over examples of our choice may take, unless one example takes more.
pub const FORWARD_BYTES: u64 = 128 << 20;

/// Most examples of such a pass: few enough that a batch's own rows stay few, too.
pub const MOST_EXAMPLES: usize = 64;

/// Bytes of one visit of an example.
const VISIT: u64 = 64;

/// Examples that have weights of their own at one time (`per_instance.rs` of `basin_optim`).
const SIDE_BY_SIDE: u64 = 16;

/// Points of a line between lanes, which are more than those of a landscape that are computed at once.
const ALONG: u64 = 41;

/// Places along a step that are looked at under the microscope.
const PLACES: u64 = 17;

/// Bytes of a number.
const F32: u64 = 4;

/// What of the data decides how much memory a run takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DataSizes {
    /// Training examples.
    pub train: u64,
    /// Test examples.
    pub test: u64,
    /// Tokens of the vocabulary.
    pub vocabulary: u64,
    /// Classes.
    pub classes: u64,
    /// Whether examples are pairs.
    pub pairs: bool,
    /// Tokens of the longest text.
    pub longest: u64,
    /// Tokens of all texts together.
    pub tokens: u64,
    /// Bytes of all texts together.
    pub texts: u64,
    /// Bytes of the user's files.
    pub files: u64,
}

impl DataSizes {
    /// The smallest data that there can be: what an experiment takes whatever it learns from.
    pub const LEAST: Self = Self { train: 2, test: 1, vocabulary: 3, classes: 2, pairs: false, longest: 1, tokens: 3, texts: 3, files: 0 };

    fn examples(&self) -> u64 {
        (self.train + self.test).max(1)
    }

    /// Texts of an example.
    fn sides(&self) -> u64 {
        1 + u64::from(self.pairs)
    }

    /// Rows of the embedding that `examples` touch, no fewer than they do in the mean.
    fn rows(&self, examples: u64) -> u64 {
        let mean = self.tokens.div_ceil(self.examples());
        self.vocabulary.min(examples.saturating_mul(mean)).max(1)
    }
}

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
        let slots =
            |lane: &crate::experiment::LaneConfig| slots_of(training.base) + u64::from(matches!(lane.method, MethodConfig::FSam { .. }));
        let optimizer = product([F32, members, network.weights(), experiment.lanes.iter().map(slots).sum()]);
        // The best epoch's beside those of now.
        let kept = if experiment.data.selection > 0.0 { weights } else { 0 };
        let remembered = trajectory_places(weights);
        let past = snapshots(weights.saturating_add(optimizer));

        // S(n) for one member, and the weights that are alive where examples have weights of their own.
        let seen = |examples: u64| data.rows(examples) * experiment.model.dim as u64 + network.layers();
        let apart = |members: u64, examples: u64| {
            let each = 4 * seen(examples) + network.with_way_back(1);
            if network.has_ghost() { 0 } else { product([F32, members, SIDE_BY_SIDE.min(examples), each]) }
        };
        let one_by_one = |lane: &crate::experiment::LaneConfig| lane.method == MethodConfig::PerInstanceSam;

        let step = product([F32, members, seen(batch), 3 * lanes + 6])
            .saturating_add(product([F32, members, network.with_way_back(batch)]))
            .max(if experiment.lanes.iter().any(one_by_one) { apart(members, batch) } else { 0 });
        let on_probe = product([F32, members, network.with_way_back(probe)]);
        let chunk = network.forward_bytes(members, chunk(&network.config, data, members) as u64);
        let measuring = chunk.max(product([F32, members, seen(probe), 4]).saturating_add(on_probe));
        let sharpness =
            product([F32, members, seen(probe), 8]).saturating_add(on_probe).max(apart(members, probe)).max(apart(members, batch));
        let points = network.forward_bytes(ALONG, self::chunk(&network.config, data, ALONG) as u64);
        let points = points.saturating_add(product([F32, ALONG, 3, seen(MOST_EXAMPLES as u64)]));
        let at_once = members_at_once(&network.config, data, batch as usize) as u64;
        let places = network.forward_bytes(at_once, batch).saturating_add(product([F32, at_once, 3, seen(batch)]));
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

        let populations = if network.has_ghost() { 1 } else { SIDE_BY_SIDE.min(batch.max(probe)) };
        // Of a step's tensors the noise has one for both sides of each member.
        let rows = product([experiment.model.dim as u64, data.rows(batch.max(probe)), members, populations.max(2)]);
        let table = product([experiment.model.dim as u64, data.vocabulary, members]);
        let inside = product([members, network.largest(batch.max(probe)).max(network.largest_layer().saturating_mul(populations.max(2)))]);
        let largest_tensor = F32.saturating_mul(table.max(rows).max(inside));
        Self { parts, largest_tensor }
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

/// Training examples that are kept track of (see `sentences.rs`).
pub const MOST_KEPT: u64 = 20_000;

/// Reports of steps that can wait for a measurement.
fn reports_until_measured(experiment: &Experiment, data: &DataSizes) -> u64 {
    let steps = data.train.div_ceil(experiment.training.batch.max(1) as u64).saturating_mul(experiment.training.epochs as u64);
    match experiment.training.evaluate_every as u64 {
        0 => steps.div_ceil(60),
        every => every.min(steps),
    }
}

/// Places that are remembered of paths whose weights take `bytes`, all lanes together.
pub fn trajectory_places(bytes: u64) -> u64 {
    (TRAJECTORY_BYTES / bytes.max(1)).min(TRAJECTORY_PLACES)
}

/// Snapshots that are kept of a run whose weights and moments take `bytes`.
pub fn snapshots(bytes: u64) -> u64 {
    (SNAPSHOTS_BYTES / bytes.max(1)).min(MOST_SNAPSHOTS)
}

/// Visits that are kept of one of `examples` examples in one of `lanes` lanes: a power of two, 8 at least.
pub fn most_visits(examples: usize, lanes: usize) -> usize {
    let each = VISITS_BYTES / (VISIT * (examples * lanes).max(1) as u64);
    1 << each.clamp(8, 256).ilog2()
}

/// Measurements that are remembered of a run of so many lanes and members: in f64, ten series of each member and two of a lane.
pub fn most_measurements(lanes: usize, members: usize) -> usize {
    (TOLD_BYTES as usize / (8 * (2 + lanes * (2 + 10 * members)))).max(64)
}

/// Measurements of sharpness that are remembered: as JSON, nine readings of a lane with values and errors of each member.
pub fn most_sharpness(lanes: usize, members: usize) -> usize {
    (TOLD_BYTES as usize / (20 * 9 * 2 * (lanes * members).max(1))).clamp(32, 4096)
}

/// Steps whose reports may wait for a measurement, of `lanes` lanes with as many numbers as members × batch.
pub fn most_reports(lanes: usize, numbers: usize) -> usize {
    // Losses, losses up there and weights; and what it takes to keep a tensor.
    let each = 3 * (F32 * numbers as u64 + 400) * lanes as u64;
    (REPORTS_BYTES / each.max(1)).clamp(1, 8192) as usize
}

/// Examples of one forward pass, with the longest text as long as that of the data, for a population of `members`.
pub fn chunk(config: &ModelConfig, data: &DataSizes, members: u64) -> usize {
    let network = Network { config: *config, data: *data };
    let each = network.forward_bytes(members, 1).max(1);
    (FORWARD_BYTES / each).clamp(1, MOST_EXAMPLES as u64) as usize
}

/// Members of one forward pass over `examples`.
pub fn members_at_once(config: &ModelConfig, data: &DataSizes, examples: usize) -> usize {
    let network = Network { config: *config, data: *data };
    let each = network.forward_bytes(1, examples as u64).max(1);
    (FORWARD_BYTES / each).clamp(1, PLACES) as usize
}

fn slots_of(base: Base) -> u64 {
    match base {
        Base::Sgd => 0,
        Base::Momentum => 1,
        Base::AdamW => 2,
    }
}

fn product<const N: usize>(factors: [u64; N]) -> u64 {
    factors.into_iter().fold(1, u64::saturating_mul)
}

/// Examples in memory, those that are measured a second time as the batches that they were prepared to.
fn data_bytes(network: &Network) -> u64 {
    let data = &network.data;
    let tokens = data.tokens.div_ceil(data.examples());
    let measured = data.test.saturating_add(data.train.min(1024));
    // A text's share of a batch: entries of its tokens twice; in order also their places and the mask.
    let in_order = if network.config.kind == ModelKind::Bag { 800 } else { 32 * tokens + 4 * data.sides() * data.longest.max(5) };
    let prepared = measured.saturating_mul(48 * tokens + in_order);
    let examples = data.examples().saturating_mul(200).saturating_add(data.texts).saturating_add(data.tokens.saturating_mul(4));
    examples.saturating_add(prepared).saturating_add(data.vocabulary.saturating_mul(120)).saturating_add(data.files.saturating_mul(2))
}

/// A network on data of some sizes.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    /// Its form.
    pub config: ModelConfig,
    /// What it runs on.
    pub data: DataSizes,
}

impl Network {
    /// How many times wider the features of an example are than those of a text.
    fn pair_width(&self) -> u64 {
        match (self.data.pairs, self.config.pair) {
            (false, _) => 1,
            (true, Pair::Concat) => 2,
            (true, Pair::Interaction) => 4,
        }
    }

    /// Filters of one width, of `cnn`.
    fn filters(&self) -> u64 {
        (self.config.hidden as u64).div_ceil(3)
    }

    /// Weights of one member.
    pub fn weights(&self) -> u64 {
        self.data.vocabulary.saturating_mul(self.config.dim as u64).saturating_add(self.layers())
    }

    /// The same without the embedding.
    fn layers(&self) -> u64 {
        let (dim, hidden, classes) = (self.config.dim as u64, self.config.hidden as u64, self.data.classes);
        let (filters, wide) = (self.filters(), self.pair_width());
        match self.config.kind {
            ModelKind::Bag => (dim * wide + 1) * hidden + (hidden + 1) * classes,
            ModelKind::Cnn => (12 * dim + 3) * filters + (3 * filters * wide + 1) * classes,
            ModelKind::Attention => 4 * dim * dim + (dim + 1) * hidden + (hidden + 1) * dim + (dim * wide + 1) * classes,
        }
    }

    /// Its largest matrix.
    fn largest_layer(&self) -> u64 {
        let (dim, hidden) = (self.config.dim as u64, self.config.hidden as u64);
        match self.config.kind {
            ModelKind::Bag => dim * self.pair_width() * hidden,
            ModelKind::Cnn => 5 * dim * self.filters(),
            ModelKind::Attention => dim * dim.max(hidden),
        }
    }

    /// Whether per-instance SAM does without a copy of the weights per example.
    fn has_ghost(&self) -> bool {
        self.config.kind == ModelKind::Bag && !self.data.pairs
    }

    /// Places of a padded text.
    fn length(&self) -> u64 {
        self.data.longest.max(5)
    }

    /// Numbers that are alive at the peak of a forward pass of one member over `examples`.
    pub fn forward(&self, examples: u64) -> u64 {
        let (dim, hidden, length) = (self.config.dim as u64, self.config.hidden as u64, self.length());
        let of_text = match self.config.kind {
            ModelKind::Bag => dim,
            // What was looked up, the windows of the widest filter twice, and their answers.
            ModelKind::Cnn => length * (dim + 10 * dim + 3 * self.filters()),
            // Rows, queries and keys and values; scores through their softmax; the inner layer.
            ModelKind::Attention => length * (7 * dim + 3 * length + 2 * hidden),
        };
        examples.saturating_mul(of_text + self.behind(1))
    }

    /// The same with all that the way back needs, there and on it.
    pub fn with_way_back(&self, examples: u64) -> u64 {
        let (dim, hidden, length) = (self.config.dim as u64, self.config.hidden as u64, self.length());
        let of_text = match self.config.kind {
            ModelKind::Bag => 2 * dim,
            ModelKind::Cnn => length * (2 * dim + 24 * dim + 15 * self.filters()),
            ModelKind::Attention => length * (20 * dim + 8 * length + 5 * hidden),
        };
        examples.saturating_mul(self.data.sides() * of_text + self.behind(3))
    }

    /// The layers behind the texts, `times` kept.
    fn behind(&self, times: u64) -> u64 {
        let (dim, hidden, classes) = (self.config.dim as u64, self.config.hidden as u64, self.data.classes);
        let width = match self.config.kind {
            ModelKind::Bag => dim * self.pair_width() + hidden,
            ModelKind::Cnn => 3 * self.filters() * self.pair_width(),
            ModelKind::Attention => dim * self.pair_width(),
        };
        times * (width + 2 * classes)
    }

    fn forward_bytes(&self, members: u64, examples: u64) -> u64 {
        product([F32, members, self.forward(examples)])
    }

    /// Numbers of the largest tensor between texts and losses, of one member.
    fn largest(&self, examples: u64) -> u64 {
        let (dim, hidden, length) = (self.config.dim as u64, self.config.hidden as u64, self.length());
        let of_example = match self.config.kind {
            ModelKind::Bag => (dim * self.pair_width()).max(hidden).max(self.data.classes),
            ModelKind::Cnn => length * 5 * dim,
            ModelKind::Attention => length * length.max(dim).max(hidden),
        };
        examples.saturating_mul(of_example)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::experiment::{LaneConfig, Rule};
    use crate::models;
    use crate::models::Sizes;

    fn data() -> DataSizes {
        DataSizes { train: 400, test: 100, vocabulary: 50, classes: 3, longest: 12, tokens: 4000, texts: 20_000, ..DataSizes::default() }
    }

    #[test]
    fn weights_are_those_that_models_make() {
        for kind in [ModelKind::Bag, ModelKind::Cnn, ModelKind::Attention] {
            for (pairs, pair) in [(false, Pair::Concat), (true, Pair::Concat), (true, Pair::Interaction)] {
                let config = ModelConfig { kind, dim: 6, hidden: 10, pair };
                let made = models::build(&config, Sizes { vocabulary: 50, classes: 3, pairs }).init(&[1], &Device::flex());
                let network = Network { config, data: DataSizes { pairs, ..data() } };
                assert_eq!(network.weights(), made.count() as u64, "{config:?}, pairs {pairs}");
            }
        }
    }

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
    }

    #[test]
    fn long_texts_come_in_smaller_chunks() {
        let config = |kind| ModelConfig { kind, ..ModelConfig::default() };
        let long = DataSizes { longest: 1024, ..data() };
        assert_eq!(chunk(&config(ModelKind::Attention), &data(), 4), MOST_EXAMPLES);
        assert_eq!(chunk(&config(ModelKind::Bag), &long, 4), MOST_EXAMPLES);
        let few = chunk(&config(ModelKind::Attention), &long, 4);
        // Scores alone are 3 · 1024² numbers of 4 bytes in 4 members: 50 MB of 134 MB.
        assert!((1..=2).contains(&few), "{few}");
        assert_eq!(chunk(&config(ModelKind::Attention), &long, 64), 1);
    }

    #[test]
    fn records_are_bounded_by_bytes() {
        // 128 MiB over 48 bytes · 20,000 examples · 12 lanes = 11.6 visits.
        assert_eq!((most_visits(20_000, 12), most_visits(100, 3)), (8, 256));
        // 64 MiB over 3 · (4 · 65,536 + 400) bytes · 12 lanes = 7.1 steps.
        assert_eq!((most_reports(12, 64 * 1024), most_reports(1, 1)), (7, 8192));
    }
}
