//! SANER: SAM that holds back where the climb made the gradient smaller.
//!
//! Source: Luong et al. 2024, arXiv:2411.17132. Coordinates with 0 < g_s/(g + 1e-8) < 1, g_s the gradient up there, are those with
//! which SAM learns wrong labels more slowly; SANER multiplies them with a factor that falls from 1 to α over the first part of the run.

use burn::tensor::Tensor;

use super::step::{Context, Method, StepReport};
use crate::population::{Objective, Perturbation, Weights, evaluate};

/// w ← base(w, g_s), smaller where g_s is smaller than g. Cost: two gradient evaluations.
#[derive(Clone, Copy, Debug)]
pub struct Saner {
    /// α, the factor at last.
    pub alpha: f64,
    /// Share of the planned steps over which the factor falls to it.
    pub ramp: f64,
}

impl Method for Saner {
    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let here = evaluate(objective, w);
        let (along, beside) = cx.ascent_beside(objective, w, &here);
        let perturbation = Perturbation::along(&along, &cx.rho);
        let up = evaluate(objective, &perturbation.from(w));

        // 1 where the climb made the gradient smaller, without turning it round.
        let smaller = up.gradient.zip(&here.gradient, |up, g| {
            let ratio = up / g.add_scalar(1e-8);
            let inside = ratio.clone().greater_scalar(0.0).bool_and(ratio.clone().lower_scalar(1.0));
            ratio.zeros_like().mask_fill(inside, 1.0)
        });
        let share = cx.time.share();
        let factor = if share < self.ramp { 1.0 - (1.0 - self.alpha) * share / self.ramp } else { self.alpha };
        let descent = up.gradient.zip(&smaller, |up, smaller| up * smaller.mul_scalar(factor - 1.0).add_scalar(1.0));
        let shrunk: Tensor<1> = smaller.dot(&smaller).div_scalar(w.count() as f64).reshape([-1]);
        StepReport { descent, shrunk: Some(shrunk), ..StepReport::descend(here, perturbation, up).with_cost(beside) }
    }
}
