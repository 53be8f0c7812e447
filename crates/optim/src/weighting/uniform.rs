//! Equal weights, with which δ-SAM is SAM, bit for bit.

use burn::tensor::Tensor;

use super::p::Weighting;
use crate::population::{self, Cost, Forward};

/// p_i = 1/B, the same for all members. Cost: no pass.
pub fn uniform(here: &Forward<'_>) -> Weighting {
    let p = population::uniform(&here.losses());
    Weighting { raw: p.ones_like(), fell_back: Tensor::zeros([1], &p.device()), p, cost: Cost::default() }
}
