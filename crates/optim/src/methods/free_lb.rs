//! FreeLB: the mean gradient of a few points on the way to where the embeddings of the tokens hurt most.
//!
//! Source: Zhu et al. 2020, arXiv:1909.11764, Algorithm 1: K times g ← g + ∇_w l(x + δ)/K and δ ← Π(δ + a ∇_δ l/‖∇_δ l‖), Π to ‖δ‖ ≤ ρ,
//! norms over all tokens of an example. It begins at δ = 0, as the authors' code can (`adv-init-mag` 0) in place of noise, so that
//! the first of the K passes is the plain one. Masks of dropout are the same in all of them.

use super::sgd::Sgd;
use super::step::{Context, Method, StepReport};
use crate::population::{Cost, Objective, Weights, embedding, evaluate, moved};

/// w ← base(w, (1/K) Σ_k ∇L(w; x + δ_k)). Cost: K gradient evaluations. A batch without tokens has nothing to move: SGD.
#[derive(Clone, Copy, Debug)]
pub struct FreeLb {
    /// K, passes; 1 is SGD.
    pub passes: usize,
    /// a, a step of the ascent over ρ.
    pub stride: f64,
}

impl Method for FreeLb {
    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let Some(tokens) = objective.by_token() else { return Sgd.step(w, objective, cx) };
        let start = tokens.enter(w);
        let first = evaluate(&*tokens.objective, &start);
        let stride = cx.rho.clone().mul_scalar(self.stride);

        let (mut at, mut sum, mut delta) = (first.clone(), first.gradient.clone(), embedding(&start).zeros_like());
        for _ in 1..self.passes {
            delta = delta + tokens.scaled_to(&embedding(&at.gradient), &stride);
            delta = tokens.within(&delta, &cx.rho);
            at = evaluate(&*tokens.objective, &moved(&start, &delta));
            sum = sum.add_times(&at.gradient, 1.0);
        }
        let descent = tokens.leave(&sum).map(|leaf| leaf.value.clone().div_scalar(self.passes as f64));
        let spent = Cost::gradients(self.passes as f64);
        StepReport { cost: spent, ..StepReport::descend_apart(first.losses, at.losses, descent) }
    }
}
