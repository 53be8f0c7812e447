//! RW-SAM: a perturbation that weights up the examples with large gradients.
//!
//! Source: arXiv:2509.18001. Like δ-SAM, the descent is unweighted. Elsewhere: the weights (`weighting/first_difference.rs`).

use super::step::{Context, Method, StepReport};
use crate::population::{Objective, Perturbation, Weights, evaluate, forward};
use crate::weighting::{Radius, first_difference};

/// w ← base(w, ∇L(w + ρ v/‖v‖)), v = Σ p_i ∇l_i(w). Cost: two gradient evaluations and a forward pass.
#[derive(Clone, Copy, Debug)]
pub struct RwSam {
    /// λ, sharpness of the softmax.
    pub lambda: f64,
    /// δ, radius of the difference.
    pub radius: Radius,
}

impl Method for RwSam {
    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let here = forward(objective, w);
        let weighting = first_difference(&here, self.lambda, self.radius, cx.noise);
        let here = here.climbing_on(cx.climb).gradient(&weighting.p);

        let perturbation = Perturbation::along(&here.gradient, &cx.rho);

        let up = evaluate(objective, &perturbation.from(w));
        StepReport::descend(here, perturbation, up).weighted(weighting)
    }
}
