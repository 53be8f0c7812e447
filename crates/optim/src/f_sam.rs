//! F-SAM (friendly SAM): climbs along what is particular to the batch, not along the mean slope.
//!
//! Source: Li et al. 2024, arXiv:2403.12350. d = g − σ m, ε = ρ d/‖d‖, m ← λ m + (1−λ) g.
//! The authors' code takes off the m of the step before, and starts with d = m = g.

use crate::method::{Climb, Context, Cost, Method, StepReport};
use crate::objective::{Objective, evaluate};
use crate::weights::Weights;

/// When the running mean takes in the slope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// After the climb (the authors' code).
    MeanLater,
    /// Before the climb, from m = 0.
    MeanFirst,
}

/// w ← base(w, ∇L(w + ρ d/‖d‖)). Cost: two gradient evaluations.
#[derive(Clone, Copy, Debug)]
pub struct FSamStep {
    /// σ, how much of the running mean is taken off.
    pub sigma: f64,
    /// λ, decay of the running mean.
    pub lambda: f64,
    /// When the mean takes in g.
    pub order: Order,
}

const MEAN: &str = "f_sam_mean";

impl Method for FSamStep {
    fn slots(&self) -> &'static [&'static str] {
        &[MEAN]
    }

    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let here = evaluate(objective, w);
        let losses = here.losses();
        let slope = here.mean_gradient();

        let before = cx.state.slot(MEAN).clone();
        let after = before.zip(&slope, |m, g| m.mul_scalar(self.lambda) + g.mul_scalar(1.0 - self.lambda));
        let first = cx.state.time == 0;
        let (direction, mean) = match self.order {
            Order::MeanLater if first => (slope.clone(), slope.clone()),
            Order::MeanLater => (slope.add_times(&before, -self.sigma), after),
            Order::MeanFirst => (slope.add_times(&after, -self.sigma), after),
        };
        cx.state.set(MEAN, mean);
        let climb = Climb::along(direction, &cx.rho);

        let up = evaluate(objective, &climb.from(w));
        let losses_up = Some(up.losses());
        let descent = up.mean_gradient();

        let cost = Cost { gradients: 2.0, forwards: 0.0 };
        StepReport { losses, losses_up, p: None, fell_back: None, slope, climb: Some(climb), descent, cost }
    }
}
