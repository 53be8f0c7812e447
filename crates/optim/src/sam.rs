//! SAM: step along the slope of the worst point nearby.
//!
//! Source: Foret et al. 2021, arXiv:2010.01412, Algorithm 1 with p = 2.
//! Symbols: w weights, g = ∇L(w), ρ radius, ε = ρ·g/‖g‖.

use crate::method::{Climb, Context, Cost, Method, StepReport};
use crate::objective::{Objective, evaluate};
use crate::weights::Weights;

/// w ← base(w, ∇L(w + ρ g/‖g‖)). Cost: two gradient evaluations.
#[derive(Clone, Copy, Debug)]
pub struct SamStep;

impl Method for SamStep {
    fn rotates(&self) -> bool {
        true
    }

    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        // Where we are: the losses and their slope.
        let here = evaluate(objective, w);
        let losses = here.losses();
        let slope = here.mean_gradient();

        // Climb ρ along the slope, to the worst point nearby (equation 2)…
        let climb = Climb::along(slope.clone(), &cx.rho);

        // …and let the slope up there move the point we came from.
        let up = evaluate(objective, &climb.from(w));
        let losses_up = Some(up.losses());
        let descent = up.mean_gradient();

        let cost = Cost { gradients: 2.0, forwards: 0.0 };
        StepReport { losses, losses_up, p: None, fell_back: None, slope, climb: Some(climb), descent, cost }
    }
}
