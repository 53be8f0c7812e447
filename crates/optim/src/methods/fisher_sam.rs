//! Fisher-SAM: SAM in the metric of the diagonal Fisher information, estimated by g².
//!
//! Source: the baseline of arXiv:2605.16134. ε = ρ F⁻¹g/√(gᵀF⁻¹g), F = g² + 0.1.

use super::step::{Context, Method, StepReport};
use crate::population::{Objective, Perturbation, Weights, ascent, evaluate, rho_over_norm};

/// Added to g², so that F is never singular.
const DAMPING: f64 = 0.1;

/// w ← base(w, ∇L(w + ρ F⁻¹g/√(gᵀF⁻¹g))). Cost: two gradient evaluations.
#[derive(Clone, Copy, Debug)]
pub struct FisherSam;

impl Method for FisherSam {
    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let here = ascent(objective, w, cx.climb);

        let natural = here.gradient.map(|l| l.value.clone() / l.value.clone().square().add_scalar(DAMPING));
        let length = here.gradient.dot(&natural).sqrt();
        let perturbation = Perturbation::scaled(&natural, rho_over_norm(&cx.rho, &length));

        let up = evaluate(objective, &perturbation.from(w));
        StepReport::descend(here, perturbation, up)
    }
}
