//! SGD: step along the slope. No climb.

use crate::method::{Context, Cost, Method, StepReport};
use crate::objective::{Objective, evaluate};
use crate::weights::Weights;

/// w ← base(w, ∇L(w)).
#[derive(Clone, Copy, Debug)]
pub struct SgdStep;

impl Method for SgdStep {
    fn rotates(&self) -> bool {
        true
    }

    fn step(&self, w: &Weights, objective: &dyn Objective, _cx: &mut Context<'_>) -> StepReport {
        let here = evaluate(objective, w);
        let losses = here.losses();
        let slope = here.mean_gradient();

        let cost = Cost { gradients: 1.0, forwards: 0.0 };
        StepReport { losses, losses_up: None, p: None, fell_back: None, descent: slope.clone(), slope, climb: None, cost }
    }
}
