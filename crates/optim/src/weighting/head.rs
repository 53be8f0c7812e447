//! The closed form (ours): the trace of the last layer's Hessian over the norm of its gradient, from the forward pass alone.
//!
//! The last layer of example i has the Hessian (diag π − ππ′) ⊗ h̄h̄′ and the gradient (π − y) h̄′, with h̄ = (h, 1): the trace
//! is (1 − Σπ²)‖h̄‖², the norm ‖π − y‖ ‖h̄‖.

use basin_kernels::{gini_over_error, last_layer_curvature};

use super::p::Weighting;
use crate::population::{Cost, Forward, Outputs};

/// q_i = √(‖h‖² + 1)·(1 − Σπ²)/‖π − y‖. Cost: no pass.
pub fn head(here: &Forward<'_>) -> Weighting {
    let Outputs { hidden, logits } = here.outputs();
    Weighting::of(last_layer_curvature(hidden, logits, here.objective.one_hot()), Cost::default())
}

/// q_i = (1 − Σπ²)/‖π − y‖. Cost: no pass.
pub fn head_simple(here: &Forward<'_>) -> Weighting {
    Weighting::of(gini_over_error(&here.outputs().logits, here.objective.one_hot()), Cost::default())
}
