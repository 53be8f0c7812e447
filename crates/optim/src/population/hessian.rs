//! Products of the Hessian with a vector. burn's autodiff is of first order, so they are differences of gradients.

use super::gradient::evaluate;
use super::objective::Objective;
use super::weights::Weights;

/// The Hessian of the mean loss times `v`, by the difference of two gradients at w ± h v.
///
/// The error is of order h² in exact arithmetic; rounding adds about ‖g‖·1e-7/h in f32, 1e-16/h in f64.
/// Cost: two gradient evaluations.
pub fn hessian_product(objective: &dyn Objective, w: &Weights, v: &Weights, h: f64) -> Weights {
    let [up, down] = [h, -h].map(|h| evaluate(objective, &w.add_times(v, h)).gradient);
    up.zip(&down, |up, down| (up - down).div_scalar(2.0 * h))
}
