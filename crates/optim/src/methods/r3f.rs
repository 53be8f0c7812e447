//! R3F: the answers shall not change when noise is added to the embeddings of the tokens.
//!
//! Source: Aghajanyan et al. 2020, arXiv:2008.03156, equations 2 and 3 with uniform noise: L + λ (KL(f(x)‖f(x+z)) + KL(f(x+z)‖f(x))),
//! z uniform from −ρ to ρ. The authors' ρ is 1e-5, for large pre-trained networks, and λ 1.

use super::sgd::Sgd;
use super::step::{Context, Method, StepReport};
use crate::population::{Noise, Objective, Weights, consistent_gradient, forward, moved};

/// w ← base(w, ∇(L + λ KL_S(f(x), f(x + z)))). Cost: two gradient evaluations. A batch without tokens has nothing to move: SGD.
#[derive(Clone, Copy, Debug)]
pub struct R3f {
    /// λ, how much the divergence counts.
    pub lambda: f64,
}

impl Method for R3f {
    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let Some(tokens) = objective.by_token() else { return Sgd.step(w, objective, cx) };
        let start = tokens.enter(w);
        let there = moved(&start, &(tokens.drawn(&start, cx.noise, Noise::uniform) * cx.rho.clone()));

        let (here, near) = (forward(objective, w), forward(&*tokens.objective, &there));
        let (losses, losses_near) = (here.losses(), near.losses());
        let [at_rows, at_tokens] = consistent_gradient(here, near, [1.0, 0.0], self.lambda);
        StepReport::descend_apart(losses, losses_near, at_rows.add_times(&tokens.leave(&at_tokens), 1.0))
    }
}
