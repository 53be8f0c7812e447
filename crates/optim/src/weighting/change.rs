//! The published estimator, read another way: examples whose loss changes more under noise weigh more.
//!
//! Source: Zhou et al. 2021, arXiv:2112.08772, which speaks of three further forward passes with Gaussian noise and of the change
//! that they show; see `noise.rs` for the reading that is the default. c_i is the mean of |l_i(w+rξ_k) − l_i(w)| over the draws,
//! p = c/Σc. To first order that change is the slope along ξ, so this is close to weights by the norms of the gradients.

use super::noise::Draws;
use super::p::Weighting;
use crate::population::{Cost, Forward, Noise, losses as losses_at};

/// p ∝ mean over the draws of |l_i(w + rξ) − l_i(w)|. Cost: a forward pass a draw.
pub fn change(here: &Forward<'_>, draws: Draws, noise: &Noise) -> Weighting {
    let (losses, r) = (here.losses(), draws.radius.of(here.w));
    let of_draw = |draw| {
        let there = here.w.add_scaled(&noise.gaussian(here.w, draw), &r);
        (losses_at(here.objective, &there) - losses.clone()).abs()
    };
    let sum = (0..draws.count as u64).map(of_draw).reduce(|a, b| a + b).expect("at least one draw");
    Weighting::of(sum.div_scalar(draws.count as f64), Cost::forwards(draws.count as f64))
}
