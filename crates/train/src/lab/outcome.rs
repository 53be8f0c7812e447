//! What a cell gives: one trained model, measured once at its end, and the few points of its curve.

use serde::{Deserialize, Serialize};

/// Changes when the same experiment gives other numbers, or other ones are kept of a cell: what was kept before is then trained again.
pub const NUMBERS: u32 = 1;

/// A cell at the end of its training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Accuracy on the validation part, 0 to 1; NaN of a cell that diverged, as all other numbers.
    #[serde(with = "crate::any_float")]
    pub validation_accuracy: f64,
    /// Mean loss there, nats.
    #[serde(with = "crate::any_float")]
    pub validation_loss: f64,
    /// Accuracy on the test set, at which no choice looks, 0 to 1.
    #[serde(with = "crate::any_float")]
    pub test_accuracy: f64,
    /// Mean loss there, nats.
    #[serde(with = "crate::any_float")]
    pub test_loss: f64,
    /// Mean loss on training examples with the labels that are trained on, nats.
    #[serde(with = "crate::any_float")]
    pub train_loss: f64,
    /// Accuracy on them, 0 to 1.
    #[serde(with = "crate::any_float")]
    pub train_accuracy: f64,
    /// L(w+ε) − L(w) on the probe of training examples, at the probe's ρ, nats.
    #[serde(with = "crate::any_float")]
    pub gap: f64,
    /// The same on a probe of validation examples.
    #[serde(with = "crate::any_float")]
    pub gap_held_out: f64,
    /// The eigenvalue of the Hessian that is largest in size, on the training probe.
    #[serde(with = "crate::any_float")]
    pub largest_eigenvalue: f64,
    /// Its error ‖Hv − λv‖.
    #[serde(with = "crate::any_float")]
    pub eigenvalue_error: f64,
    /// Gradient evaluations of the whole run; a forward pass alone counts one third.
    #[serde(with = "crate::any_float")]
    pub gradient_evaluations: f64,
    /// The model answers one class to every validation example.
    pub collapsed: bool,
    /// The loss is no number.
    pub diverged: bool,
    /// On its way there: the last place is the end.
    pub curve: Vec<OnTheWay>,
}

/// A cell while it trains.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnTheWay {
    /// Steps done.
    pub step: usize,
    /// Mean loss on training examples, nats.
    #[serde(with = "crate::any_float")]
    pub train_loss: f64,
    /// Accuracy on the validation part, 0 to 1.
    #[serde(with = "crate::any_float")]
    pub validation_accuracy: f64,
    /// Gap on training examples, nats.
    #[serde(with = "crate::any_float")]
    pub gap: f64,
    /// Gap on validation examples, nats.
    #[serde(with = "crate::any_float")]
    pub gap_held_out: f64,
}

/// A number of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Column {
    /// [`Outcome::validation_accuracy`].
    ValidationAccuracy,
    /// [`Outcome::validation_loss`].
    ValidationLoss,
    /// [`Outcome::test_accuracy`].
    TestAccuracy,
    /// [`Outcome::test_loss`].
    TestLoss,
    /// [`Outcome::train_loss`].
    TrainLoss,
    /// [`Outcome::train_accuracy`].
    TrainAccuracy,
    /// [`Outcome::gap`].
    Gap,
    /// [`Outcome::gap_held_out`].
    GapHeldOut,
    /// [`Outcome::largest_eigenvalue`].
    LargestEigenvalue,
    /// Test loss less training loss, nats: how much better the model looks on what it has seen.
    GeneralisationGap,
    /// [`Outcome::gradient_evaluations`].
    Gradients,
}

impl Column {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 11] = [
        Self::ValidationAccuracy,
        Self::ValidationLoss,
        Self::TestAccuracy,
        Self::TestLoss,
        Self::TrainAccuracy,
        Self::TrainLoss,
        Self::Gap,
        Self::GapHeldOut,
        Self::LargestEigenvalue,
        Self::GeneralisationGap,
        Self::Gradients,
    ];

    /// Those that are drawn against ρ.
    pub const DRAWN: [Self; 4] = [Self::ValidationAccuracy, Self::TestLoss, Self::GapHeldOut, Self::LargestEigenvalue];

    /// Its name in tables for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::ValidationAccuracy => "validation_accuracy",
            Self::ValidationLoss => "validation_loss",
            Self::TestAccuracy => "test_accuracy",
            Self::TestLoss => "test_loss",
            Self::TrainLoss => "train_loss",
            Self::TrainAccuracy => "train_accuracy",
            Self::Gap => "gap",
            Self::GapHeldOut => "gap_held_out",
            Self::LargestEigenvalue => "largest_eigenvalue",
            Self::GeneralisationGap => "generalisation_gap",
            Self::Gradients => "gradient_evaluations",
        }
    }

    /// For people, with its unit.
    pub fn title(self) -> &'static str {
        match self {
            Self::ValidationAccuracy => "Validation accuracy, %",
            Self::ValidationLoss => "Validation loss, nats",
            Self::TestAccuracy => "Test accuracy, %",
            Self::TestLoss => "Test loss, nats",
            Self::TrainLoss => "Training loss, nats",
            Self::TrainAccuracy => "Training accuracy, %",
            Self::Gap => "Gap on training examples, nats",
            Self::GapHeldOut => "Gap on held-out examples, nats",
            Self::LargestEigenvalue => "Largest eigenvalue λ_max",
            Self::GeneralisationGap => "Generalisation gap (test − training loss), nats",
            Self::Gradients => "Gradient evaluations",
        }
    }

    /// The same without its unit.
    pub fn name(self) -> &'static str {
        self.title().split(',').next().unwrap_or_default()
    }

    /// What a value is multiplied by where people read it.
    pub fn scale(self) -> f64 {
        if matches!(self, Self::ValidationAccuracy | Self::TestAccuracy | Self::TrainAccuracy) { 100.0 } else { 1.0 }
    }

    /// The number.
    pub fn of(self, outcome: &Outcome) -> f64 {
        match self {
            Self::ValidationAccuracy => outcome.validation_accuracy,
            Self::ValidationLoss => outcome.validation_loss,
            Self::TestAccuracy => outcome.test_accuracy,
            Self::TestLoss => outcome.test_loss,
            Self::TrainLoss => outcome.train_loss,
            Self::TrainAccuracy => outcome.train_accuracy,
            Self::Gap => outcome.gap,
            Self::GapHeldOut => outcome.gap_held_out,
            Self::LargestEigenvalue => outcome.largest_eigenvalue,
            Self::GeneralisationGap => outcome.test_loss - outcome.train_loss,
            Self::Gradients => outcome.gradient_evaluations,
        }
    }
}
