//! Per-instance SAM: every example climbs on its own. What δ-SAM approximates.
//!
//! ε_i = ρ ∇l_i(w)/‖∇l_i(w)‖, w ← base(w, (1/B) Σ ∇l_i(w + ε_i)).
//! Elsewhere: how that is computed (`population/per_example.rs`).

use super::step::{Context, Method, StepReport};
use crate::population::{Objective, PerExample, Weights, brute_force, per_example};

/// Which form is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The model's own where it has one, else brute force.
    Best,
    /// Brute force; the reference of the tests.
    BruteForce,
}

/// w ← base(w, (1/B) Σ ∇l_i(w + ε_i)). Cost: two gradient evaluations of the batch in all.
#[derive(Clone, Copy, Debug)]
pub struct PerInstanceSam {
    /// How the perturbations of the examples are computed.
    pub form: Form,
}

impl Method for PerInstanceSam {
    fn name(&self) -> &'static str {
        "per-instance SAM"
    }

    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let PerExample { losses, losses_up, descent, .. } = match self.form {
            Form::Best => per_example(objective, w, &cx.rho, cx.climb),
            Form::BruteForce => brute_force(objective, w, &cx.rho, cx.climb),
        };
        // The mean gradient at w is nowhere made.
        StepReport::descend_apart(losses, losses_up, descent.clone(), descent)
    }
}
