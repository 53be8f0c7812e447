//! RW-SAM's weights: examples whose loss changes more under noise, those with large gradients, weigh more.
//!
//! Source: arXiv:2509.18001. p = softmax(λ |l_i(w + δz) − l_i(w)|/δ), z of random signs; λ and δ are not verified against the
//! authors' settings.

use basin_kernels::probabilities;
use burn::tensor::Tensor;

use super::p::Weighting;
use super::radius::Radius;
use crate::population::{Cost, Forward, Noise, losses as losses_at};

/// The weights for λ = `lambda` and δ = `radius`; raw is λ |·|/δ. Cost: a forward pass.
pub fn first_difference(here: &Forward<'_>, lambda: f64, radius: Radius, noise: &Noise) -> Weighting {
    let delta = radius.of(here.w);
    let moved = losses_at(here.objective, &here.w.add_scaled(&noise.rademacher(here.w, 0), &delta));
    let norm_estimate = (moved - here.losses()).abs() / delta.squeeze_dim::<2>(2);
    let raw = norm_estimate.mul_scalar(lambda);
    let p = probabilities(raw.clone().unsqueeze_dim(1)).squeeze_dim(1);
    Weighting { fell_back: Tensor::zeros([1], &raw.device()), raw, p, cost: Cost::forwards(1.0) }
}
