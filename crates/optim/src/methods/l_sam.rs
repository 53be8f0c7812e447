//! L-SAM: of the gradient up there it takes what the climb did to the errors alone.
//!
//! Source: Baek, Kolter & Raghunathan 2024, arXiv:2405.03676. With J = ∂z/∂w, z the logits, and r = π − y, SGD descends J(w)ᵀ r(w),
//! SAM J(w+ε)ᵀ r(w+ε), L-SAM J(w)ᵀ r(w+ε). In a model that is linear in its weights J does not change, and L-SAM is SAM.
//! Elsewhere: the other half (`j_sam.rs`), the size of both (`measures/split.rs`).

use super::step::{Context, Method, StepReport};
use crate::population::{Cost, Evaluation, Objective, Perturbation, Weights, ascent, forward};

/// w ← base(w, J(w)ᵀ r(w + ε)/B). Cost: two gradient evaluations and a forward pass.
#[derive(Clone, Copy, Debug)]
pub struct LSam;

impl Method for LSam {
    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let here = ascent(objective, w, cx.climb);
        let perturbation = Perturbation::along(&here.gradient, &cx.rho);

        // The errors of up there, seen from where we are.
        let there = perturbation.from(w);
        let up = forward(objective, &there);
        let gradient = forward(objective, w).pull_back(up.residual());
        StepReport::descend(here, perturbation, Evaluation { losses: up.losses(), gradient }).with_cost(Cost::forwards(1.0))
    }
}
