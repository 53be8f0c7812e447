//! GSAM: SAM that also closes the gap, by taking off the part of g that SAM's gradient does not see.
//!
//! Source: Zhuang et al. 2022, arXiv:2203.08065, Algorithm 1. g_p gradient at w + ε, g_⊥ the part of g
//! orthogonal to g_p; the step is g_p − α g_⊥, and ρ falls with the learning rate.

use crate::method::{Climb, Context, Cost, Method, StepReport};
use crate::objective::{Objective, evaluate};
use crate::weights::Weights;

/// w ← base(w, g_p − α g_⊥). Cost: two gradient evaluations.
#[derive(Clone, Copy, Debug)]
pub struct GsamStep {
    /// α, how much of g_⊥ is taken off.
    pub alpha: f64,
}

impl Method for GsamStep {
    fn rotates(&self) -> bool {
        true
    }

    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let here = evaluate(objective, w);
        let losses = here.losses();
        let slope = here.mean_gradient();

        let rho = cx.rho.clone().mul_scalar(cx.rate_fraction);
        let climb = Climb::along(slope.clone(), &rho);

        let up = evaluate(objective, &climb.from(w));
        let losses_up = Some(up.losses());
        let slope_up = up.mean_gradient();

        let descent = slope_up.add_times(&orthogonal_part(&slope, &slope_up), -self.alpha);

        let cost = Cost { gradients: 2.0, forwards: 0.0 };
        StepReport { losses, losses_up, p: None, fell_back: None, slope, climb: Some(climb), descent, cost }
    }
}

/// The part of `g` orthogonal to `axis`; `g` itself where the axis is zero.
fn orthogonal_part(g: &Weights, axis: &Weights) -> Weights {
    let length = axis.dot(axis);
    let flat = length.clone().lower_scalar(1e-24);
    let share = (g.dot(axis) / length).mask_fill(flat, 0.0);
    g.add_scaled(axis, &share.neg())
}
