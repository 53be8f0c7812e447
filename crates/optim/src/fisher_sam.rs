//! Fisher-SAM: SAM in the metric of the diagonal Fisher information, estimated by g².
//!
//! Source: the baseline of arXiv:2605.16134. ε = ρ F⁻¹g/√(gᵀF⁻¹g), F = g² + 0.1.

use crate::method::{Climb, Context, Cost, Method, StepReport, rho_over_norm};
use crate::objective::{Objective, evaluate};
use crate::weights::Weights;

/// Added to g², so that F is never singular.
const DAMPING: f64 = 0.1;

/// w ← base(w, ∇L(w + ρ F⁻¹g/√(gᵀF⁻¹g))). Cost: two gradient evaluations.
#[derive(Clone, Copy, Debug)]
pub struct FisherSamStep;

impl Method for FisherSamStep {
    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let here = evaluate(objective, w);
        let losses = here.losses();
        let slope = here.mean_gradient();

        let natural = slope.map(|l| l.value.clone() / l.value.clone().square().add_scalar(DAMPING));
        let length = slope.dot(&natural).sqrt();
        let climb = Climb::scaled(natural, rho_over_norm(&cx.rho, &length));

        let up = evaluate(objective, &climb.from(w));
        let losses_up = Some(up.losses());
        let descent = up.mean_gradient();

        let cost = Cost { gradients: 2.0, forwards: 0.0 };
        StepReport { losses, losses_up, p: None, fell_back: None, slope, climb: Some(climb), descent, cost }
    }
}
