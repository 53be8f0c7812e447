//! The rules that give δ-SAM the weights p of the examples.
//!
//! Each rule gives raw weights q_i ≥ 0; p = q/Σq, and uniform where Σq is zero or not finite.
//! To first order, one ε for the batch comes closest to the climbs of the single examples when
//! p_i ∝ h_i/‖∇l_i‖, h_i the size of the Hessian of example i: that is what `Head` computes for the
//! last layer, and what the noise rules estimate (without the division, for the published one).
//! Symbols: π class probabilities, y one-hot label, h input of the last layer, ξ normal, r radius.

use basin_kernels::{gini_over_error, last_layer_curvature, norm, normalise, second_difference};
use burn::tensor::Tensor;

use crate::method::Cost;
use crate::noise::Noise;
use crate::objective::{Objective, Outputs, losses_on_both_sides, uniform};
use crate::per_instance::gradient_norms;
use crate::weights::{Role, Weights};

/// Where the weights come from.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a lane holds one rule; a box would only be in the way")]
pub enum Rule {
    /// Published estimator (our reading of arXiv:2112.08772): q_i = |l_i(w+rξ) + l_i(w−rξ) − 2 l_i(w)|/r²,
    /// averaged over draws before |·|. Cost: two forward passes a draw.
    Noise(Draws),
    /// The same over ‖∇l_i‖.
    NoiseOverNorm(Draws),
    /// q_i = √(‖h‖²+1)·(1 − Σπ²)/‖π − y‖: Hessian trace over gradient norm of the last layer. No extra pass.
    Head,
    /// q_i = (1 − Σπ²)/‖π − y‖. No extra pass.
    HeadSimple,
    /// q_i = π_y. No extra pass.
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

/// How the noise rules probe.
#[derive(Clone, Copy, Debug)]
pub struct Draws {
    /// Number of ξ.
    pub count: usize,
    /// Length scale of the probe.
    pub radius: Radius,
}

/// The radius r of a finite difference.
#[derive(Clone, Copy, Debug)]
pub enum Radius {
    /// This number.
    Absolute(f64),
    /// Times the root mean square of the weights of the member's layers, never under 1e-3: in f32 a smaller r
    /// measures only rounding. The embedding stays out: how much of it a step sees depends on the batch.
    Relative(f64),
}

impl Radius {
    /// r of each member, `[members, 1, 1]`.
    pub fn of(self, w: &Weights) -> Tensor<3> {
        match self {
            Self::Absolute(r) => Tensor::full([w.members(), 1, 1], r, (&w.leaves()[0].value.device(), w.leaves()[0].value.dtype())),
            Self::Relative(factor) => {
                let layers: Vec<&Tensor<3>> = w.leaves().iter().filter(|l| l.role == Role::Matrix).map(|l| &l.value).collect();
                let count: usize = layers.iter().map(|layer| layer.dims()[1] * layer.dims()[2]).sum();
                // The root mean square is the norm over the root of the number of weights.
                norm(&[], &layers, factor / (count as f64).sqrt(), 1e-3)
            }
        }
    }
}

/// The weights of a batch.
#[derive(Clone, Debug)]
pub struct Weighting {
    /// q, `[1 or members, batch]`.
    pub raw: Tensor<2>,
    /// p, `[1 or members, batch]`, each row sums to 1.
    pub p: Tensor<2>,
    /// 1 where p had to fall back to uniform, `[1 or members]`.
    pub fell_back: Tensor<1>,
    /// What the rule spent besides the climb's own forward pass.
    pub cost: Cost,
}

impl Rule {
    /// Weighs the examples of `objective` at `w`, where `losses` and `outputs` are known already.
    pub fn weigh(&self, objective: &dyn Objective, w: &Weights, losses: &Tensor<2>, outputs: &Outputs, noise: &Noise) -> Weighting {
        let gradient_cost = Cost { gradients: 1.0, forwards: 0.0 };
        let (raw, cost) = match self {
            Self::Noise(draws) => (curvature(objective, w, losses, *draws, noise), draws.cost()),
            Self::NoiseOverNorm(draws) => {
                let cost = Cost { gradients: 1.0, ..draws.cost() };
                (curvature(objective, w, losses, *draws, noise) / gradient_norms(objective, w), cost)
            }
            Self::Head => (last_layer_curvature(outputs.hidden.clone(), outputs.logits.clone(), objective.one_hot()), Cost::default()),
            Self::HeadSimple => (gini_over_error(&outputs.logits, objective.one_hot()), Cost::default()),
            // l = −ln π_y, so π_y is there already.
            Self::LabelProbability => (losses.clone().neg().exp(), Cost::default()),
            Self::InverseNorm => (gradient_norms(objective, w).recip(), gradient_cost),
            Self::Uniform => (uniform(losses).ones_like(), Cost::default()),
            Self::Random => (noise.half_normal(losses), Cost::default()),
            Self::Given(raw) => (raw.clone(), Cost::default()),
        };
        if matches!(self, Self::Uniform) {
            let p = uniform(losses);
            return Weighting { raw, fell_back: Tensor::zeros([1], &losses.device()), p, cost };
        }
        let (p, fell_back) = normalise(&raw);
        Weighting { raw, p, fell_back, cost }
    }
}

impl Draws {
    fn cost(self) -> Cost {
        Cost { gradients: 0.0, forwards: 2.0 * self.count as f64 }
    }
}

/// |second difference of the losses along ξ|/r², averaged over draws before |·|, `[members, batch]`.
fn curvature(objective: &dyn Objective, w: &Weights, losses: &Tensor<2>, draws: Draws, noise: &Noise) -> Tensor<2> {
    let r = draws.radius.of(w);
    let changes = (0..draws.count).map(|draw| {
        let sides = losses_on_both_sides(objective, w, &r, noise, draw as u64);
        second_difference(sides, losses, &r, draws.count == 1)
    });
    let sum = changes.reduce(|a, b| a + b).expect("at least one draw");
    // A single draw gives its size at once.
    if draws.count == 1 { sum } else { sum.abs().div_scalar(draws.count as f64) }
}
