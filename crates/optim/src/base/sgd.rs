//! SGD.

use basin_kernels::optimizers::{self, Part};
use basin_kernels::rules::Sgd;

use super::moved::moved;
use crate::population::Weights;

/// w ← w − η (g + λ w).
pub fn step(w: Weights, g: &Weights, part: Part<'_>, rule: Sgd) -> Weights {
    let [w] = moved([w], g, part, |leaves| optimizers::sgd(leaves, rule));
    w
}
