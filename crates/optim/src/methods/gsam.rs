//! GSAM: SAM that also closes the gap, by taking off the part of g that SAM's gradient does not see.
//!
//! Source: Zhuang et al. 2022, arXiv:2203.08065, Algorithm 1. g_p gradient at w + ε, g_⊥ the part of g
//! orthogonal to g_p; the step is g_p − α g_⊥, and ρ falls with the learning rate.

use super::step::{Context, Method, StepReport};
use crate::population::{Objective, Perturbation, Weights, evaluate, orthogonal_part};

/// w ← base(w, g_p − α g_⊥). Cost: two gradient evaluations.
#[derive(Clone, Copy, Debug)]
pub struct Gsam {
    /// α, how much of g_⊥ is taken off.
    pub alpha: f64,
}

impl Method for Gsam {
    fn radius_factor(&self, rate_fraction: f64) -> f64 {
        rate_fraction
    }

    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let here = evaluate(objective, w);
        let (along, beside) = cx.ascent_beside(objective, w, &here);
        let perturbation = Perturbation::along(&along, &cx.rho);
        let up = evaluate(objective, &perturbation.from(w));

        let descent = up.gradient.add_times(&orthogonal_part(&here.gradient, &up.gradient), -self.alpha);
        StepReport { descent, ..StepReport::descend(here, perturbation, up).with_cost(beside) }
    }
}
