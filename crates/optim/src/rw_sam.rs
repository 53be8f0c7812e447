//! RW-SAM: a climb that weights up the examples with large gradients.
//!
//! Source: arXiv:2509.18001. p = softmax(λ |l_i(w + δz) − l_i(w)|/δ), z of random signs; λ and δ are not
//! verified against the authors' settings. Like δ-SAM, the descent is unweighted.

use burn::tensor::Tensor;

use crate::method::{Climb, Context, Cost, Method, StepReport};
use crate::noise::Noise;
use crate::objective::{Objective, evaluate, losses as losses_at};
use crate::weighting::Radius;
use crate::weights::Weights;

/// w ← base(w, ∇L(w + ρ v/‖v‖)), v = Σ p_i ∇l_i(w). Cost: two gradient evaluations and a forward pass.
#[derive(Clone, Copy, Debug)]
pub struct RwSamStep {
    /// λ, sharpness of the softmax.
    pub lambda: f64,
    /// δ, radius of the difference.
    pub radius: Radius,
}

impl RwSamStep {
    /// p of each example, `[members, batch]`.
    pub fn weigh(&self, objective: &dyn Objective, w: &Weights, losses: &Tensor<2>, noise: &Noise) -> Tensor<2> {
        let delta = self.radius.of(w);
        let moved = losses_at(objective, &w.add_scaled(&noise.rademacher(w, 0), &delta));
        let norm_estimate = (moved - losses.clone()).abs() / delta.squeeze_dim::<2>(2);
        let score = norm_estimate.mul_scalar(self.lambda);
        let exp = (score.clone() - score.max_dim(1)).exp();
        exp.clone() / exp.sum_dim(1)
    }
}

impl Method for RwSamStep {
    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let here = evaluate(objective, w);
        let losses = here.losses();
        let p = self.weigh(objective, w, &losses, cx.noise);
        let slope = here.gradient(&p);

        let climb = Climb::along(slope.clone(), &cx.rho);

        let up = evaluate(objective, &climb.from(w));
        let losses_up = Some(up.losses());
        let descent = up.mean_gradient();

        let cost = Cost { gradients: 2.0, forwards: 1.0 };
        StepReport { losses, losses_up, p: Some(p), fell_back: None, slope, climb: Some(climb), descent, cost }
    }
}
