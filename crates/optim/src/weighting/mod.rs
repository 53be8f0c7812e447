//! The rules that give the examples of a batch their weights p in a perturbation, a file each.
//!
//! A rule gives raw weights q_i ≥ 0; p = q/Σq. To first order, one ε for the batch comes closest to the perturbations of the
//! single examples when p_i ∝ h_i/‖∇l_i‖, h_i the size of the Hessian of example i: that is what [`Rule::Head`] computes for
//! the last layer, and what the noise rules estimate (without the division, for the published one).
//! Symbols: π class probabilities, y one-hot label, h input of the last layer, ξ normal, r radius.

mod change;
mod first_difference;
mod head;
mod inverse_norm;
mod label_probability;
mod noise;
mod p;
mod placebo;
mod radius;
mod uniform;

use burn::tensor::Tensor;

pub use self::first_difference::first_difference;
pub use self::noise::Draws;
pub use self::p::Weighting;
pub use self::radius::Radius;
use crate::population::{Cost, Forward, Noise};

/// Where δ-SAM's weights come from.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a lane holds one rule; a box would only be in the way")]
pub enum Rule {
    /// Published estimator (our reading of arXiv:2112.08772): q_i = |l_i(w+rξ) + l_i(w−rξ) − 2 l_i(w)|/r².
    Noise(Draws),
    /// Its other reading: q_i = mean over the draws of |l_i(w+rξ) − l_i(w)|.
    Change(Draws),
    /// The rule [`Rule::Noise`] over ‖∇l_i‖.
    NoiseOverNorm(Draws),
    /// q_i = √(‖h‖²+1)·(1 − Σπ²)/‖π − y‖.
    Head,
    /// q_i = (1 − Σπ²)/‖π − y‖.
    HeadSimple,
    /// q_i = π_y.
    LabelProbability,
    /// q_i = 1/‖∇l_i‖.
    InverseNorm,
    /// Equal weights: SAM, bit for bit.
    Uniform,
    /// Placebo: |normal| draws.
    Random,
    /// Given raw weights, `[members, batch]`; for checks and what-if questions.
    Given(Tensor<2>),
}

impl Rule {
    /// Weighs the examples of a forward pass. Cost: what [`Weighting::cost`] says.
    pub fn weigh(&self, here: &Forward<'_>, noise: &Noise) -> Weighting {
        match self {
            Self::Noise(draws) => noise::noise(here, *draws, noise),
            Self::Change(draws) => change::change(here, *draws, noise),
            Self::NoiseOverNorm(draws) => noise::noise_over_norm(here, *draws, noise),
            Self::Head => head::head(here),
            Self::HeadSimple => head::head_simple(here),
            Self::LabelProbability => label_probability::label_probability(here),
            Self::InverseNorm => inverse_norm::inverse_norm(here),
            Self::Uniform => uniform::uniform(here),
            Self::Random => placebo::placebo(here, noise),
            Self::Given(raw) => Weighting::of(raw.clone(), Cost::default()),
        }
    }
}
