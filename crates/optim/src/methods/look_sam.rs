//! LookSAM: climbs every k-th step only, and between reuses what the climb added to the gradient.
//!
//! Source: Liu et al. 2022, arXiv:2203.02714, Algorithm 1. At a climb g_v = g_s − (g_s·g/‖g‖²) g, the part of SAM's gradient g_s
//! that is orthogonal to g; between, the step is g + α (‖g‖/‖g_v‖) g_v.
//! g_v covers all weights. Of the embedding a step moves the rows that its batch touches, so of g_v only these; the others count in
//! ‖g_v‖ and wait for the next climb, where they are zero, as they are for SAM.

use super::step::{Context, Method, StepReport};
use crate::population::{Objective, Perturbation, Weights, evaluate, orthogonal_part, rho_over_norm};

/// w ← base(w, g_s) at a climb, base(w, g + α (‖g‖/‖g_v‖) g_v) between. Cost: two gradient evaluations at a climb, else one.
#[derive(Clone, Copy, Debug)]
pub struct LookSam {
    /// k, steps from climb to climb; 1 is SAM.
    pub period: usize,
    /// α, how much of g_v is added.
    pub alpha: f64,
}

const ADDED: &str = "look_sam_added";

impl Method for LookSam {
    fn slots(&self) -> &'static [&'static str] {
        &[ADDED]
    }

    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let here = evaluate(objective, w);
        if !cx.time.begins(self.period) {
            let g_v = cx.state.slot(ADDED);
            let length = (g_v.norm().square() + cx.state.square_on_other_rows(ADDED)).sqrt();
            let factor = rho_over_norm(&here.gradient.norm().mul_scalar(self.alpha), &length);
            let descent = here.gradient.add_scaled(g_v, &factor);
            return StepReport { descent, ..StepReport::plain(here) };
        }
        let (along, beside) = cx.ascent_beside(objective, w, &here);
        let perturbation = Perturbation::along(&along, &cx.rho);
        let up = evaluate(objective, &perturbation.from(w));
        cx.state.set_mean(ADDED, orthogonal_part(&up.gradient, &here.gradient), 0.0);
        StepReport::descend(here, perturbation, up).with_cost(beside)
    }
}
