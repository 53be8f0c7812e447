//! Adam with decoupled weight decay (arXiv:1711.05101).

use basin_kernels::optimizers::{self, Part};
use basin_kernels::rules::AdamW;

use super::moved::moved;
use super::state::State;
use crate::population::Weights;

const MOMENT_1: &str = "moment_1";
const MOMENT_2: &str = "moment_2";
pub const SLOTS: [&str; 2] = [MOMENT_1, MOMENT_2];

/// m ← β₁ m + (1 − β₁) g, s ← β₂ s + (1 − β₂) g², then w ← (1 − ηλ) w − η m̂/(√ŝ + 1e-5), m̂ and ŝ without their bias.
pub fn step(w: Weights, g: &Weights, part: Part<'_>, rule: AdamW, state: &mut State) -> Weights {
    let [w, m, s] = moved([w, state.take(MOMENT_1), state.take(MOMENT_2)], g, part, |leaves| optimizers::adam_w(leaves, rule));
    state.set(MOMENT_1, m);
    state.set(MOMENT_2, s);
    w
}
