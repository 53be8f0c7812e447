//! SAM: step along the gradient of the worst point nearby.
//!
//! Source: Foret et al. 2021, arXiv:2010.01412, Algorithm 1 with p = 2.
//! Symbols: w weights, g = ∇L(w), ρ radius, ε = ρ·g/‖g‖.

use super::step::{Context, Method, StepReport};
use crate::population::{Objective, Perturbation, Weights, ascent, evaluate};

/// w ← base(w, ∇L(w + ρ g/‖g‖)). Cost: two gradient evaluations.
#[derive(Clone, Copy, Debug)]
pub struct Sam;

impl Method for Sam {
    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        // Where we are: the losses, and the gradient of what we climb on (the loss, where nothing else was asked for).
        let here = ascent(objective, w, cx.climb);

        // Climb ρ along the gradient, to the worst point nearby (equation 2)…
        let perturbation = Perturbation::along(&here.gradient, &cx.rho);

        // …and let the gradient up there move the point we came from.
        let up = evaluate(objective, &perturbation.from(w));
        StepReport::descend(here, perturbation, up)
    }
}
