//! The published estimator (our reading): examples whose loss bends more under noise weigh more.
//!
//! Source: Zhou et al. 2021, arXiv:2112.08772, from public descriptions of it; the full text and the authors' code were not
//! available to us. c_i = |l_i(w+rξ) + l_i(w−rξ) − 2 l_i(w)|/r², with one standard normal ξ for the whole batch, several
//! draws averaged before |·|, and p = c/Σc. l_i(w) is known from the forward pass.

use basin_kernels::second_difference;
use burn::tensor::Tensor;

use super::p::Weighting;
use super::radius::Radius;
use crate::population::{Cost, Forward, Noise, antithetic_losses, gradient_norms};

/// How the noise rules probe.
#[derive(Clone, Copy, Debug)]
pub struct Draws {
    /// Number of ξ, at least one.
    pub count: usize,
    /// r.
    pub radius: Radius,
}

/// p = c/Σc. Cost: two forward passes a draw.
pub fn noise(here: &Forward<'_>, draws: Draws, noise: &Noise) -> Weighting {
    Weighting::of(curvature(here, draws, noise), Cost::forwards(2.0 * draws.count as f64))
}

/// c, `[members, batch]`.
fn curvature(here: &Forward<'_>, draws: Draws, noise: &Noise) -> Tensor<2> {
    let (losses, r) = (here.losses(), draws.radius.of(here.w));
    let change = |draw| {
        // Both sides of all members are one forward pass of twice as many: first w + rξ, then w − rξ.
        let pair = antithetic_losses(here.objective, here.w, &r, noise, draw);
        second_difference(pair, &losses, &r, draws.count == 1)
    };
    let sum = (0..draws.count as u64).map(change).reduce(|a, b| a + b).expect("at least one draw");
    // A single draw gives its absolute value at once.
    if draws.count == 1 { sum } else { sum.abs() / draws.count as f64 }
}

/// p ∝ c_i/‖∇l_i‖. Cost: a gradient evaluation more.
pub fn noise_over_norm(here: &Forward<'_>, draws: Draws, noise: &Noise) -> Weighting {
    let raw = curvature(here, draws, noise) / gradient_norms(here.objective, here.w);
    Weighting::of(raw, Cost::forwards(2.0 * draws.count as f64) + Cost::gradients(1.0))
}
