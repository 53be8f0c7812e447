//! SGD: step along the gradient. No perturbation.

use super::step::{Context, Method, StepReport};
use crate::population::{Objective, Weights, evaluate};

/// w ← base(w, ∇L(w)).
#[derive(Clone, Copy, Debug)]
pub struct Sgd;

impl Method for Sgd {
    fn step(&self, w: &Weights, objective: &dyn Objective, _cx: &mut Context<'_>) -> StepReport {
        StepReport::plain(evaluate(objective, w))
    }
}
