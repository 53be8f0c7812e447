//! SMART: the answers shall not change when the embeddings of the tokens are moved to where they change most.
//!
//! Source: Jiang et al. 2020, arXiv:1911.03437, equations 2 and 3 with the symmetric divergence and one step of ascent: from normal
//! noise ν, δ = ν + ρ ∇_δ KL_S/‖∇_δ KL_S‖_∞, cut to −ρ … ρ. The norm is that of each token, as we read it. The authors' ρ is 1e-3
//! with noise of 1e-5, whose ratio is kept. The paper's second part, a Bregman proximal point method, is left out.

use super::sgd::Sgd;
use super::step::{Context, Method, StepReport};
use crate::population::{Cost, Divergence, Noise, Objective, Weights, consistent_gradient, embedding, forward, moved, rho_over_norm};

/// Size of the noise over ρ.
const NOISE: f64 = 0.01;

/// w ← base(w, ∇(L + λ KL_S(f(x), f(x + δ)))). Cost: three gradient evaluations. A batch without tokens has nothing to move: SGD.
#[derive(Clone, Copy, Debug)]
pub struct Smart {
    /// λ, how much the divergence counts.
    pub lambda: f64,
}

impl Method for Smart {
    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let Some(tokens) = objective.by_token() else { return Sgd.step(w, objective, cx) };
        let (start, rho) = (tokens.enter(w), &cx.rho);
        let here = forward(objective, w);

        // From noise, for at δ = 0 the divergence is flat, one step up…
        let noise = tokens.drawn(&start, cx.noise, Noise::normal).mul_scalar(NOISE);
        let beside = moved(&start, &(noise.clone() * rho.clone()));
        let near = forward(&*tokens.objective, &beside);
        let uphill = Divergence::of(&here.outputs().logits, &near.outputs().logits).second;
        let g = embedding(&near.pull_back(uphill));
        let largest = g.clone().abs().max_dim(2);
        let up = noise + g * rho_over_norm(&rho.ones_like(), &largest);
        let delta = up.clamp(-1.0, 1.0) * rho.clone();

        // …and down on what has changed there.
        let there = moved(&start, &delta);
        let far = forward(&*tokens.objective, &there);
        let (losses, losses_far) = (here.losses(), far.losses());
        let [at_rows, at_tokens] = consistent_gradient(here, far, [1.0, 0.0], self.lambda);
        let descent = at_rows.add_times(&tokens.leave(&at_tokens), 1.0);
        StepReport::descend_apart(losses, losses_far, descent).with_cost(Cost::gradients(1.0))
    }
}
