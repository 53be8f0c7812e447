//! J-SAM (Functional SAM): of the gradient up there it takes what the climb did to the network alone, not to the errors.
//!
//! Source: Baek, Kolter & Raghunathan 2024, arXiv:2405.03676; arXiv:2502.02407. With J = ∂z/∂w, z the logits, and r = π − y, SGD
//! descends J(w)ᵀ r(w), SAM J(w+ε)ᵀ r(w+ε), J-SAM J(w+ε)ᵀ r(w). In a model that is linear in its weights J does not change, and
//! J-SAM is SGD.
//! Elsewhere: the other half (`l_sam.rs`), the size of both (`measures/split.rs`).

use super::step::{Context, Method, StepReport};
use crate::population::{Evaluation, Objective, Perturbation, Weights, forward};

/// w ← base(w, J(w + ε)ᵀ r(w)/B). Cost: two gradient evaluations.
#[derive(Clone, Copy, Debug)]
pub struct JSam;

impl Method for JSam {
    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let here = forward(objective, w);
        let residual = here.residual();
        let here = here.climbing_on(cx.climb).mean_gradient();
        let perturbation = Perturbation::along(&here.gradient, &cx.rho);

        // The errors of where we are, seen from up there.
        let there = perturbation.from(w);
        let up = forward(objective, &there);
        let up = Evaluation { losses: up.losses(), gradient: up.pull_back(residual) };
        StepReport::descend(here, perturbation, up)
    }
}
