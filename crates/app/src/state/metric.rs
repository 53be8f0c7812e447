//! The quantities that are measured for every lane.

use basin_train::report::LaneMeasurement;
use serde::{Deserialize, Serialize};

/// A quantity that is measured for every lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Metric {
    /// Fraction of the test set that is classified correctly.
    TestAccuracy,
    /// Mean loss on the test set.
    TestLoss,
    /// Mean loss on a fixed sample of the training set.
    TrainLoss,
    /// L(w+ε) − L(w) on the probe.
    Gap,
    /// Fraction of the training sample that is classified as labelled.
    TrainAccuracy,
    /// L(w+ε) − L(w) on a probe of held-out examples.
    GapHeldOut,
    /// Of the labels in the training sample that the noise made wrong, the fraction that is repeated.
    FlippedAccuracy,
    /// The fraction of its other labels that is repeated.
    KeptAccuracy,
}

impl Metric {
    /// All, in the order of columns.
    pub const ALL: [Self; 8] = [
        Self::TestAccuracy,
        Self::TestLoss,
        Self::TrainLoss,
        Self::Gap,
        Self::TrainAccuracy,
        Self::GapHeldOut,
        Self::FlippedAccuracy,
        Self::KeptAccuracy,
    ];

    /// The name in charts and tables.
    pub fn title(self) -> &'static str {
        match self {
            Self::TestAccuracy => "Test accuracy",
            Self::TestLoss => "Test loss",
            Self::TrainLoss => "Training loss",
            Self::Gap => "Gap",
            Self::TrainAccuracy => "Training accuracy",
            Self::GapHeldOut => "Held-out gap",
            Self::FlippedAccuracy => "Wrong repeated",
            Self::KeptAccuracy => "Right repeated",
        }
    }

    /// The name in JSON and CSV.
    pub fn word(self) -> &'static str {
        match self {
            Self::TestAccuracy => "test_accuracy",
            Self::TestLoss => "test_loss",
            Self::TrainLoss => "train_loss",
            Self::Gap => "gap",
            Self::TrainAccuracy => "train_accuracy",
            Self::GapHeldOut => "gap_held_out",
            Self::FlippedAccuracy => "train_accuracy_flipped",
            Self::KeptAccuracy => "train_accuracy_kept",
        }
    }

    /// Its unit.
    pub fn unit(self) -> &'static str {
        match self {
            _ if self.is_fraction() => "%",
            _ => "nats",
        }
    }

    /// What it is, in one sentence.
    pub fn help(self) -> &'static str {
        match self {
            Self::TestAccuracy => "Share of the test examples that the model classifies correctly, in per cent. Higher is better.",
            Self::TestLoss => {
                "Mean cross-entropy on the test examples, in nats. Lower is better; it rises when the model is confidently wrong."
            }
            Self::TrainLoss => {
                "Mean cross-entropy on a fixed sample of the training examples with the labels it trains on, noise included, in nats."
            }
            Self::Gap => {
                "Sharpness: how much the loss rises after a climb of the probe's ρ, L(w+ε) − L(w), in nats, on training examples; same probe and ρ for all lanes. Where the loss is nearly 0 it rises little, sharp or not."
            }
            Self::TrainAccuracy => "Share of a fixed training sample that the model classifies as labelled, noise included, in per cent.",
            Self::GapHeldOut => "The gap on examples that no lane trains on, in nats.",
            Self::FlippedAccuracy => {
                "Of the labels in the training sample that were made wrong, the share that the model answers: learned by heart, in per cent."
            }
            Self::KeptAccuracy => "Of the training sample's labels that were left right, the share that the model answers, in per cent.",
        }
    }

    /// Whether it is a fraction that is shown in per cent.
    pub fn is_fraction(self) -> bool {
        matches!(self, Self::TestAccuracy | Self::TrainAccuracy | Self::FlippedAccuracy | Self::KeptAccuracy)
    }

    /// Its values in a measurement, one per member.
    pub fn values(self, lane: &LaneMeasurement) -> &[f64] {
        match self {
            Self::TestAccuracy => &lane.test_accuracy,
            Self::TestLoss => &lane.test_loss,
            Self::TrainLoss => &lane.train_loss,
            Self::Gap => &lane.gap,
            Self::TrainAccuracy => &lane.train_accuracy,
            Self::GapHeldOut => &lane.gap_held_out,
            Self::FlippedAccuracy => &lane.train_accuracy_flipped,
            Self::KeptAccuracy => &lane.train_accuracy_kept,
        }
    }
}
