//! What a study asks of a run beyond its outcome: how sure its answers are, more measures of sharpness, and how close its climbs
//! came to those of per-instance SAM.

use serde::{Deserialize, Serialize};

use crate::report::{Quantity, Reading};

/// A closer look at a cell. NaN of a cell that diverged, and where something is not defined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detail {
    /// Expected calibration error of the answers to the test set over ten bins, 0 to 1.
    #[serde(with = "crate::any_float")]
    pub calibration_error: f64,
    /// cos(D, D*) on a batch of training examples, the mean over the run's measurements: [`Quantity::AlignmentCosine`]. Not
    /// defined for SGD, and for methods that climb in a part of the run alone.
    #[serde(with = "crate::any_float")]
    pub alignment: f64,
    /// Mean rise of the loss of single examples, each up its own gradient, nats: [`Quantity::ExampleGap`].
    #[serde(with = "crate::any_float")]
    pub example_gap: f64,
    /// Trace of the Hessian.
    #[serde(with = "crate::any_float")]
    pub trace: f64,
    /// Mean rise of the loss under Gaussian noise, nats: [`Quantity::AverageRise`].
    #[serde(with = "crate::any_float")]
    pub average_rise: f64,
    /// The gap that rescaling of layers does not change, nats: [`Quantity::AdaptiveGap`].
    #[serde(with = "crate::any_float")]
    pub adaptive_gap: f64,
    /// tr V, how far the gradients of the examples disagree: [`Quantity::GradientVariance`].
    #[serde(with = "crate::any_float")]
    pub gradient_variance: f64,
}

impl Detail {
    /// Of one member, from the readings on the training probe at the end and the cosines on the way.
    pub(super) fn of_member(member: usize, calibration_error: f64, readings: &[Reading], cosines: &[Vec<f64>]) -> Self {
        let find = |wanted: fn(Quantity) -> bool| {
            readings.iter().find(|reading| wanted(reading.quantity)).map_or(f64::NAN, |reading| reading.values[member])
        };
        let defined: Vec<f64> = cosines.iter().map(|of_members| of_members[member]).filter(|cosine| cosine.is_finite()).collect();
        Self {
            calibration_error,
            // Of none it is 0/0.
            alignment: defined.iter().sum::<f64>() / defined.len() as f64,
            example_gap: find(|quantity| matches!(quantity, Quantity::ExampleGap { .. })),
            trace: find(|quantity| quantity == Quantity::Trace),
            average_rise: find(|quantity| matches!(quantity, Quantity::AverageRise { .. })),
            adaptive_gap: find(|quantity| matches!(quantity, Quantity::AdaptiveGap { .. })),
            gradient_variance: find(|quantity| quantity == Quantity::GradientVariance),
        }
    }
}
