//! What a run trains, where it is, and how well its lanes do.

use serde::{Deserialize, Serialize};

use crate::data::taken::Taken;
use crate::experiment::Experiment;
use crate::memory::DataSizes;

/// What a run trains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The experiment, with guesses filled in.
    pub experiment: Experiment,
    /// Title of the data set.
    pub data: String,
    /// What was taken of the training file; `None` for what the program brings along.
    #[serde(default)]
    pub taken: Option<Taken>,
    /// What was taken of the test file, if there is one.
    #[serde(default)]
    pub taken_of_test: Option<Taken>,
    /// Names of the classes, in the order of class numbers.
    pub classes: Vec<String>,
    /// Training examples per class, after noise.
    pub train_counts: Vec<usize>,
    /// Test examples per class.
    pub test_counts: Vec<usize>,
    /// Training examples whose label the noise knob flipped.
    pub flipped: usize,
    /// Tokens in the vocabulary, `<unk>` among them.
    pub vocabulary: usize,
    /// Weights of one member.
    pub weights: usize,
    /// Steps of the planned run.
    pub steps: usize,
    /// Whether examples are pairs of texts.
    pub pairs: bool,
    /// What of the data decides how much memory a run takes.
    #[serde(default)]
    pub sizes: DataSizes,
    /// A few test texts, to try out.
    pub samples: Vec<String>,
    /// Their classes.
    #[serde(default)]
    pub sample_labels: Vec<usize>,
    /// A checksum of the test texts with their labels, in their order; what older runs have told has none.
    #[serde(default)]
    pub test_print: Option<u32>,
    /// The hash of the encoder whose vectors the run learns from, if it does.
    #[serde(default)]
    pub encoder: Option<String>,
    /// The device in use, in words, with its adapter.
    pub device: String,
    /// Things the user should know: repairs, guesses, lanes at one common ρ.
    pub notes: Vec<String>,
}

/// Where a run is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Steps done.
    pub step: usize,
    /// Steps planned.
    pub steps: usize,
    /// The first step that can be gone back to.
    #[serde(default)]
    pub first: usize,
    /// The last step that was reached; the run is behind it after it was gone back.
    #[serde(default)]
    pub furthest: usize,
    /// Steps that were taken here in `seconds`, some of them again.
    #[serde(default)]
    pub taken: usize,
    /// Steps of all lanes together per second, lately.
    #[serde(with = "crate::any_float")]
    pub steps_per_second: f64,
    /// Training time so far, without pauses.
    #[serde(with = "crate::any_float")]
    pub seconds: f64,
}

/// All lanes at one step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Steps done.
    pub step: usize,
    /// Passes over the training set done.
    #[serde(with = "crate::any_float")]
    pub epoch: f64,
    /// One entry per lane.
    pub lanes: Vec<LaneMeasurement>,
}

/// One lane at one step. Each vector has one value per member; a member that diverged has NaN.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LaneMeasurement {
    /// Gradient evaluations of one member so far (a forward pass alone counts one third).
    #[serde(with = "crate::any_float")]
    pub gradient_evaluations: f64,
    /// Time spent in this lane's steps so far, in seconds, all members together. None on a GPU: it works through a queue
    /// in which the steps of all lanes overlap, and to wait for each would slow all down.
    #[serde(default, with = "crate::any_float")]
    pub seconds: Option<f64>,
    /// Mean loss on a fixed sample of the training set with the labels it trains on, nats.
    #[serde(with = "crate::any_float")]
    pub train_loss: Vec<f64>,
    /// Accuracy on the same sample, 0 to 1.
    #[serde(with = "crate::any_float")]
    pub train_accuracy: Vec<f64>,
    /// Mean loss on the test set, nats.
    #[serde(with = "crate::any_float")]
    pub test_loss: Vec<f64>,
    /// Accuracy on the test set, 0 to 1.
    #[serde(with = "crate::any_float")]
    pub test_accuracy: Vec<f64>,
    /// L(w+ε) − L(w) on the probe at the probe's ρ, nats.
    #[serde(with = "crate::any_float")]
    pub gap: Vec<f64>,
    /// The same on a probe of held-out examples.
    #[serde(default, with = "crate::any_float")]
    pub gap_held_out: Vec<f64>,
    /// Of the sample's labels that the noise made wrong, the share that the lane repeats, 0 to 1. NaN where none is wrong.
    #[serde(default, with = "crate::any_float")]
    pub train_accuracy_flipped: Vec<f64>,
    /// Of its other labels, the share that the lane repeats, 0 to 1.
    #[serde(default, with = "crate::any_float")]
    pub train_accuracy_kept: Vec<f64>,
    /// Members that diverged (non-finite loss) and stopped.
    pub diverged: Vec<bool>,
    /// The class of a member's answers, where it answers one and the same to every test example.
    #[serde(default)]
    pub only_answer: Vec<Option<usize>>,
}

/// The best epoch of each member of a lane, by examples that are held back from training; NaN where a member diverged at once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BestEpoch {
    /// The epoch, from 1.
    #[serde(with = "crate::any_float")]
    pub epoch: Vec<f64>,
    /// Mean loss on the held-back examples there, nats.
    #[serde(with = "crate::any_float")]
    pub held_back_loss: Vec<f64>,
    /// Accuracy on the held-back examples there, 0 to 1: the highest of all epochs.
    #[serde(with = "crate::any_float")]
    pub held_back_accuracy: Vec<f64>,
    /// Mean loss on the test set there, nats.
    #[serde(with = "crate::any_float")]
    pub test_loss: Vec<f64>,
    /// Accuracy on the test set there, 0 to 1.
    #[serde(with = "crate::any_float")]
    pub test_accuracy: Vec<f64>,
}

/// One lane's answer to a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Mean probability of each class over the members that did not diverge; NaN where all did.
    #[serde(with = "crate::any_float")]
    pub probabilities: Vec<f64>,
    /// Standard deviation over members; NaN for one member.
    #[serde(with = "crate::any_float")]
    pub deviations: Vec<f64>,
}
