//! R-Drop: two passes with different masks of dropout shall answer alike.
//!
//! Source: Liang et al. 2021, arXiv:2106.14448, equation 4, as in the authors' code: ½(L₁ + L₂) + (α/2)(KL(π₁‖π₂) + KL(π₂‖π₁)).
//! Without dropout both passes are one, and this is SGD at twice its cost.

use super::step::{Context, Method, StepReport};
use crate::population::{Cost, Evaluation, Objective, Weights, consistent_gradient, forward};

/// w ← base(w, ∇ of the above). Cost: two gradient evaluations.
#[derive(Clone, Copy, Debug)]
pub struct RDrop {
    /// α, how much the divergence counts.
    pub alpha: f64,
}

impl Method for RDrop {
    fn step(&self, w: &Weights, objective: &dyn Objective, _: &mut Context<'_>) -> StepReport {
        let other = objective.dropping_anew();
        let (first, second) = (forward(objective, w), forward(other.as_deref().unwrap_or(objective), w));
        let losses = first.losses();
        let [a, b] = consistent_gradient(first, second, [0.5, 0.5], 0.5 * self.alpha);
        StepReport::plain(Evaluation { losses, gradient: a.add_times(&b, 1.0) }).with_cost(Cost::gradients(1.0))
    }
}
