//! Every example pulls equally hard: its gradient counts by direction alone.

use super::p::Weighting;
use crate::population::{Cost, Forward, gradient_norms};

/// q_i = 1/‖∇l_i‖. Cost: a gradient evaluation.
pub fn inverse_norm(here: &Forward<'_>) -> Weighting {
    Weighting::of(gradient_norms(here.objective, here.w).recip(), Cost::gradients(1.0))
}
