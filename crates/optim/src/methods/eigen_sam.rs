//! Eigen-SAM: leans the climb towards the direction in which the loss curves most.
//!
//! Source: Luo et al. 2024, arXiv:2501.12666. ε = ρ (ĝ + α sign(g·v) v_⊥), ĝ = g/‖g‖, v an eigenvector of the Hessian for the
//! eigenvalue largest in size, v_⊥ = v − (v·ĝ) ĝ; v from a few power iterations now and then, each from the one before plus ĝ, so
//! that it never starts from nothing.

use super::step::{Context, Method, StepReport};
use crate::population::{Cost, Objective, Perturbation, Weights, ascent, evaluate, hessian_product, orthogonal_part, unit};

/// w ← base(w, ∇L(w + ε)). Cost: two gradient evaluations, and two a power iteration in the steps that have some.
#[derive(Clone, Copy, Debug)]
pub struct EigenSam {
    /// α, how far the climb leans towards v.
    pub alpha: f64,
    /// Steps from one estimate of v to the next.
    pub period: usize,
    /// Power iterations of each.
    pub iterations: usize,
}

const VECTOR: &str = "eigen_sam_vector";
/// Length of the differences that Hessian products are made of.
const DIFFERENCE: f64 = 0.01;

impl Method for EigenSam {
    fn slots(&self) -> &'static [&'static str] {
        &[VECTOR]
    }

    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let here = ascent(objective, w, cx.climb);
        let g = unit(&here.gradient);
        let mut cost = Cost::default();
        if cx.time.begins(self.period) {
            let start = unit(&cx.state.slot(VECTOR).add_times(&g, 1.0));
            let v = (0..self.iterations).fold(start, |v, _| unit(&hessian_product(objective, w, &v, DIFFERENCE)));
            // The Hessian of this batch is zero on the rows of others.
            cx.state.set_mean(VECTOR, v, 0.0);
            cost = Cost::gradients(2.0 * self.iterations as f64);
        }
        let v = cx.state.slot(VECTOR);
        let side = g.dot(v).sign().mul_scalar(self.alpha);
        let perturbation = Perturbation::scaled(&g.add_scaled(&orthogonal_part(v, &g), &side), cx.rho.clone());

        let up = evaluate(objective, &perturbation.from(w));
        StepReport::descend(here, perturbation, up).with_cost(cost)
    }
}
