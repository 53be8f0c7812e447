//! SGD with momentum.

use basin_kernels::optimizers::{self, Part};
use basin_kernels::rules::Momentum;

use super::moved::moved;
use super::state::State;
use crate::population::Weights;

const VELOCITY: &str = "velocity";
pub const SLOTS: [&str; 1] = [VELOCITY];

/// v ← μ v + g + λ w, then w ← w − η v.
pub fn step(w: Weights, g: &Weights, part: Part<'_>, rule: Momentum, state: &mut State) -> Weights {
    let [w, v] = moved([w, state.take(VELOCITY)], g, part, |leaves| optimizers::momentum(leaves, rule));
    state.set(VELOCITY, v);
    w
}
