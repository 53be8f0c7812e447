//! F-SAM (friendly SAM): climbs along what is particular to the batch, not along the mean gradient.
//!
//! Source: Li et al. 2024, arXiv:2403.12350. d = g − σ m, ε = ρ d/‖d‖, m ← λ m + (1−λ) g.
//! The authors' code takes off the m of the step before, and starts with d = m = g.
//! m covers all weights. On embedding rows that the batch does not touch, g = 0: m shrinks there, and d = −σ m counts in ‖d‖,
//! but no loss sees it.

use super::step::{Context, Method, StepReport};
use crate::population::{Objective, Perturbation, Weights, ascent, evaluate, rho_over_norm};

/// When the running mean takes in the gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// After the climb (the authors' code).
    MeanLater,
    /// Before the climb, from m = 0.
    MeanFirst,
}

/// w ← base(w, ∇L(w + ρ d/‖d‖)). Cost: two gradient evaluations.
#[derive(Clone, Copy, Debug)]
pub struct FSam {
    /// σ, how much of the running mean is taken off.
    pub sigma: f64,
    /// λ, decay of the running mean.
    pub lambda: f64,
    /// When the mean takes in g.
    pub order: Order,
}

const MEAN: &str = "f_sam_mean";

impl Method for FSam {
    fn slots(&self) -> &'static [&'static str] {
        &[MEAN]
    }

    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let here = ascent(objective, w, cx.climb);

        let (g, before) = (&here.gradient, cx.state.slot(MEAN).clone());
        let after = before.zip(g, |m, g| m.mul_scalar(self.lambda) + g.mul_scalar(1.0 - self.lambda));
        let taken_off = |m: &Weights| g.add_times(m, -self.sigma);
        let (d, mean, of_others) = match self.order {
            Order::MeanLater if cx.time.done == 0 => (g.clone(), g.clone(), 0.0),
            Order::MeanLater => (taken_off(&before), after, self.sigma),
            Order::MeanFirst => (taken_off(&after), after, self.sigma * self.lambda),
        };
        let on_other_rows = cx.state.square_on_other_rows(MEAN) * of_others * of_others;
        cx.state.set_mean(MEAN, mean, self.lambda);
        // ρ long on all rows, the batch's and the others.
        let length = (d.norm().square() + on_other_rows).sqrt();
        let perturbation = Perturbation::scaled(&d, rho_over_norm(&cx.rho, &length));

        let up = evaluate(objective, &perturbation.from(w));
        StepReport::descend(here, perturbation, up)
    }
}
