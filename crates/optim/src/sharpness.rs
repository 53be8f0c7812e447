//! Sharpness: how far the loss rises nearby.

use burn::tensor::Tensor;

use crate::method::rho_over_norm;
use crate::objective::{Objective, evaluate, losses as losses_at, mean_of_batch, uniform};
use crate::weights::Weights;

/// The gap L(w+ε) − L(w) with SAM's ε = ρ g/‖g‖, `[members]`, nats; `rho` is `[members, 1, 1]`.
///
/// Measured with the same ρ on the same probe for every lane, whatever the lane trains with.
/// Cost: a gradient evaluation and a forward pass. Source: arXiv:2010.01412, equation 1.
pub fn gap(objective: &dyn Objective, w: &Weights, rho: &Tensor<3>) -> Tensor<1> {
    let here = evaluate(objective, w);
    let losses = here.losses();
    let slope = here.gradient(&uniform(&losses));
    let climbed = w.add_scaled(&slope, &rho_over_norm(rho, &slope.norm()));
    mean_of_batch(losses_at(objective, &climbed)) - mean_of_batch(losses)
}
