//! Per-instance SAM: every example climbs on its own. What δ-SAM approximates.
//!
//! ε_i = ρ ∇l_i(w)/‖∇l_i(w)‖, w ← base(w, (1/B) Σ ∇l_i(w + ε_i)).
//! Elsewhere: how that is computed (`population/per_example.rs`).

use super::step::{Context, Method, StepReport};
use crate::population::{Objective, PerExample, Weights, per_example};

/// w ← base(w, (1/B) Σ ∇l_i(w + ε_i)). Cost: two gradient evaluations of the batch in all.
#[derive(Clone, Copy, Debug)]
pub struct PerInstanceSam;

impl Method for PerInstanceSam {
    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let PerExample { losses, losses_up, descent, .. } = per_example(objective, w, &cx.rho, cx.climb);
        StepReport::descend_apart(losses, losses_up, descent)
    }
}
