//! The sharpness of every lane: what is measured, on which examples, and at what cost.
//!
//! One measurement takes every lane at one step on one fixed batch. Measurements cost many gradient
//! evaluations, so [`Budget`] decides how often there is time for one.
//! Elsewhere: the formulas (`basin_optim::sharpness`, `basin_optim::alignment`).

use serde::{Deserialize, Serialize};

/// Radii ρ of the gap, as multiples of the probe's ρ.
pub const GAP_RADII: [f64; 4] = [0.5, 1.0, 2.0, 4.0];

/// Standard deviation of the Gaussian noise of the average rise, added to each weight.
pub const SIGMA: f64 = 0.02;

/// Radius ρ of the adaptive gap: ‖ε/w‖, entry by entry.
pub const ADAPTIVE_RHO: f64 = 0.5;

/// Standard deviation of the noise of the adaptive average rise, as a share of each weight.
pub const ADAPTIVE_SIGMA: f64 = 0.1;

/// A quantity, with its radius where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "quantity", rename_all = "kebab-case")]
pub enum Quantity {
    /// L(w+ε) − L(w), ε = ρ g/‖g‖, nats.
    Gap {
        /// ρ.
        rho: f64,
    },
    /// Mean over the examples of l_i(w+ε_i) − l_i(w), each with its own ε_i, nats.
    ExampleGap {
        /// ρ.
        rho: f64,
    },
    /// The eigenvalue of the Hessian that is largest in size, with its sign; its error is ‖Hv − λv‖.
    LargestEigenvalue,
    /// The trace of the Hessian; its error is the standard error of the estimate.
    Trace,
    /// Mean of L(w+δ) − L(w) for Gaussian δ, nats; its error is a standard error.
    AverageRise {
        /// Standard deviation of δ, each weight.
        sigma: f64,
    },
    /// The gap with ε = ρ T²g/‖Tg‖, T = |w|: it does not change when layers are rescaled, nats.
    AdaptiveGap {
        /// ρ.
        rho: f64,
    },
    /// The average rise with δ = σ |w| ξ: it does not change when layers are rescaled, nats.
    AdaptiveAverageRise {
        /// σ, a share of each weight.
        sigma: f64,
    },
    /// cos(D, D*): D = the method's descent gradient − g, D* the same for exact per-instance SAM; 1 is best.
    AlignmentCosine,
    /// ‖D − D*‖/‖D*‖; 0 is best.
    AlignmentDistance,
}

/// Whose examples a measurement was taken on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Training examples, with the labels that are trained on.
    Train,
    /// Examples that are not trained on.
    HeldOut,
}

/// A quantity of one lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// What was measured.
    #[serde(flatten)]
    pub quantity: Quantity,
    /// One value per member; NaN (`null` in JSON) where it diverged or is not defined.
    #[serde(with = "crate::nan_as_null")]
    pub values: Vec<f64>,
    /// The error of each value, as the quantity says; empty for those that are exact.
    #[serde(default, with = "crate::nan_as_null")]
    pub errors: Vec<f64>,
    /// What it cost, in gradient evaluations of the measured batch, each member.
    pub gradient_evaluations: f64,
}

/// All lanes at one step on one batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sharpness {
    /// Steps done.
    pub step: usize,
    /// Whose examples.
    pub side: Side,
    /// How many examples.
    pub examples: usize,
    /// What it took, in seconds, all lanes together.
    pub seconds: f64,
    /// The readings of each lane; the same quantities in the same order.
    pub lanes: Vec<Vec<Reading>>,
}

/// How much time sharpness may take, and has taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// Allowed share of the training time, 0 to 1; 0 measures only when asked.
    pub share: f64,
    /// Time that training took, in seconds.
    pub training_seconds: f64,
    /// Time that sharpness took, in seconds.
    pub sharpness_seconds: f64,
}
