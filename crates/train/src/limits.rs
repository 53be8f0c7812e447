//! What a device gives, and the refusal of a run that needs more: the number, and the knobs that bring it down.
//!
//! Elsewhere: the numbers (`memory`), who asks (`run/plan.rs`).

use std::fmt;

use crate::data::encoder::EncoderSizes;
use crate::experiment::{DataConfig, Experiment, Tune};
use crate::memory::{DataSizes, Estimate, Part};

/// What a device gives; `None` where nobody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that the computer, or the page, has left for a run.
    pub memory: Option<u64>,
    /// Bytes of the largest tensor that a GPU takes.
    pub tensor: Option<u64>,
    /// Whether tensors lie in a memory of their own, a GPU's, whose size nobody tells.
    pub apart: bool,
}

/// A run that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct TooMuch {
    /// Bytes that it needs, or its largest tensor.
    pub needs: u64,
    /// Bytes that there are.
    pub there_are: u64,
    /// The part that takes most; none where a tensor is too large for a GPU.
    pub part: Option<(Part, u64)>,
    /// One knob that alone makes it fit, with its value then.
    pub fits_with: Option<(&'static str, usize)>,
    /// Knobs that bring it down, with their values now.
    pub knobs: Vec<(&'static str, usize)>,
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (needs, there_are) = (in_words(self.needs), in_words(self.there_are));
        match self.part {
            Some((part, bytes)) => {
                write!(
                    f,
                    "this run needs about {needs} of memory ({} for {}), but about {there_are} are free: ",
                    in_words(bytes),
                    part.words()
                )?;
            }
            None => write!(f, "a tensor of this run takes {needs}, but this GPU takes {there_are} at most: choose the CPU, or ")?,
        }
        if let Some((knob, value)) = self.fits_with {
            write!(f, "it fits with {knob} {value}; ")?;
        }
        let knobs: Vec<String> = self.knobs.iter().map(|(knob, value)| format!("{knob} ({value})")).collect();
        write!(f, "lower {}", knobs.join(", "))
    }
}

/// Bytes for people: `410 MB`, `5.6 GB`.
pub fn in_words(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

/// What `experiment` takes on data of these sizes.
///
/// # Errors
/// It does not fit.
pub fn check(experiment: &Experiment, data: &DataSizes, limits: &Limits) -> Result<Estimate, TooMuch> {
    let estimate = Estimate::of(experiment, data);
    let Some(limit) = limits.exceeded(&estimate) else { return Ok(estimate) };
    let of = |changed: &Experiment| {
        let less = with(data, &changed.data);
        // Word pieces of an encoder are no tokens of ours.
        let less = if changed.model.tune.is_some() { DataSizes { train: less.train, ..*data } } else { less };
        Estimate::of(changed, &less)
    };
    let fits_with = LEVERS.iter().find_map(|knob| {
        let value = knob.smaller(experiment).find(|&value| limits.exceeded(&of(&knob.at(experiment, value))).is_none())?;
        Some((knob.name, value))
    });
    let needs = limit.needs(&estimate);
    // A knob matters if half its value brings the need down by a tenth.
    let matters =
        |knob: &&Lever| knob.smaller(experiment).next().is_some_and(|value| limit.needs(&of(&knob.at(experiment, value))) < needs / 10 * 9);
    let mut knobs: Vec<_> = LEVERS.iter().filter(matters).map(|knob| (knob.name, (knob.get)(experiment))).collect();
    // A message has room for so many.
    knobs.truncate(4);
    let in_memory = !matches!(limit, Limit::Tensor(_));
    if in_memory && experiment.lanes.len() > 1 {
        knobs.push(("the number of lanes", experiment.lanes.len()));
    }
    let part = in_memory.then(|| estimate.largest_part());
    Err(TooMuch { needs, there_are: limit.bytes(), part, fits_with, knobs })
}

/// One limit, in bytes.
enum Limit {
    /// Of all that a run takes.
    Memory(u64),
    /// Of what it takes beside a GPU.
    BesideGpu(u64),
    /// Of its largest tensor.
    Tensor(u64),
}

impl Limit {
    fn bytes(&self) -> u64 {
        let (Self::Memory(bytes) | Self::BesideGpu(bytes) | Self::Tensor(bytes)) = self;
        *bytes
    }

    /// What a run needs of it.
    fn needs(&self, estimate: &Estimate) -> u64 {
        match self {
            Self::Memory(_) => estimate.total(),
            Self::BesideGpu(_) => estimate.beside_gpu(),
            Self::Tensor(_) => estimate.largest_tensor,
        }
    }
}

impl Limits {
    /// The first limit that a run does not keep.
    fn exceeded(&self, estimate: &Estimate) -> Option<Limit> {
        let memory = self.memory.map(if self.apart { Limit::BesideGpu } else { Limit::Memory });
        [memory, self.tensor.map(Limit::Tensor)].into_iter().flatten().find(|limit| limit.needs(estimate) > limit.bytes())
    }
}

/// The sizes of data that was read with other knobs; none where they cannot be told.
pub fn sizes_after(data: &DataSizes, before: &DataConfig, now: &DataConfig) -> Option<DataSizes> {
    let comparable = DataConfig { vocabulary: now.vocabulary, max_length: now.max_length, train_size: now.train_size, ..before.clone() };
    let same_texts = DataConfig { label_noise: now.label_noise, seed: now.seed, ..comparable } == *now;
    // What a knob has cut off, nobody knows.
    let known = |cut: bool, before: usize, now: usize| !cut || now <= before;
    let all_known = known(data.vocabulary == before.vocabulary as u64 + 2, before.vocabulary, now.vocabulary)
        && known(data.longest == before.max_length as u64, before.max_length, now.max_length)
        && (before.train_size == 0 || (1..=before.train_size).contains(&now.train_size));
    (same_texts && all_known).then(|| with(data, now))
}

/// The sizes of the data where less of it is read.
fn with(data: &DataSizes, now: &DataConfig) -> DataSizes {
    let train = if now.train_size == 0 { data.train } else { data.train.min(now.train_size as u64) };
    let vocabulary = data.vocabulary.min(now.vocabulary as u64 + 2);
    DataSizes { longest: data.longest.min(now.max_length as u64), vocabulary, train, ..*data }
}

/// A number of an experiment that decides how large a run is.
struct Lever {
    name: &'static str,
    least: usize,
    get: fn(&Experiment) -> usize,
    set: fn(&mut Experiment, usize),
}

const LEVERS: [Lever; 8] = [
    Lever { name: "seeds", least: 1, get: |e| e.seeds, set: |e, value| e.seeds = value },
    Lever { name: "tuned layers", least: 1, get: layers, set: |e, value| e.model.tune = e.model.tune.map(|_| Tune::Top(value)) },
    Lever { name: "model.dim", least: 2, get: |e| e.model.dim, set: lower_dim },
    Lever { name: "data.max_length", least: 8, get: |e| e.data.max_length, set: |e, value| e.data.max_length = value },
    Lever { name: "training.batch", least: 1, get: |e| e.training.batch, set: |e, value| e.training.batch = value },
    Lever { name: "training.probe", least: 1, get: |e| e.training.probe, set: |e, value| e.training.probe = value },
    Lever { name: "model.hidden", least: 2, get: |e| e.model.hidden, set: |e, value| e.model.hidden = value },
    Lever { name: "data.vocabulary", least: 16, get: |e| e.data.vocabulary, set: |e, value| e.data.vocabulary = value },
];

/// Layers of an encoder that are trained; for all one more, the embedding.
fn layers(experiment: &Experiment) -> usize {
    match experiment.model.tune {
        None => 0,
        Some(Tune::Top(layers)) => layers,
        Some(Tune::All) => EncoderSizes::default().layers + 1,
    }
}

/// An encoder's vectors are as wide as they are.
fn lower_dim(experiment: &mut Experiment, value: usize) {
    if !experiment.model.kind.learns_from_vectors() {
        experiment.model.dim = value;
    }
}

impl Lever {
    /// The value and its halves down to the least.
    fn smaller(&self, experiment: &Experiment) -> impl Iterator<Item = usize> {
        let least = self.least;
        std::iter::successors(Some((self.get)(experiment)), |value| Some(value / 2)).skip(1).take_while(move |value| *value >= least)
    }

    fn at(&self, experiment: &Experiment, value: usize) -> Experiment {
        let mut changed = experiment.clone();
        (self.set)(&mut changed, value);
        changed
    }
}
