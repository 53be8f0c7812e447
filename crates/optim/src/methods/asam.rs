//! ASAM: SAM in a metric that scales with the weights, so that rescaling a layer changes nothing.
//!
//! Source: Kwon et al. 2021, arXiv:2102.11600, equation 7 with p = 2. ε = ρ T²g/‖Tg‖, T = |w| + η for
//! weights and 1 for biases (the authors' code), or T = |w| everywhere (a widely used other one).

use burn::tensor::Tensor;

use super::step::{Context, Method, StepReport};
use crate::population::{Objective, Perturbation, Role, Weights, ascent, evaluate, rho_over_norm};

/// w ← base(w, ∇L(w + ρ T²g/‖Tg‖)). Cost: two gradient evaluations.
#[derive(Clone, Copy, Debug)]
pub struct Asam {
    /// η, added to |w|.
    pub eta: f64,
    /// Whether T is 1 for biases.
    pub plain_biases: bool,
}

impl Asam {
    /// The diagonal of T.
    pub fn metric(&self, w: &Weights) -> Weights {
        w.map(|l| match l.role {
            Role::Bias if self.plain_biases => l.value.ones_like(),
            Role::Bias | Role::Matrix | Role::Embedding => l.value.clone().abs().add_scalar(self.eta),
        })
    }

    /// ε = ρ T²g/‖Tg‖.
    pub fn perturbation(&self, w: &Weights, gradient: &Weights, rho: &Tensor<3>) -> Perturbation {
        let metric = self.metric(w);
        let scaled = metric.zip(gradient, |t, g| t * g);
        Perturbation::scaled(&metric.zip(&scaled, |t, tg| t * tg), rho_over_norm(rho, &scaled.norm()))
    }
}

impl Method for Asam {
    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let here = ascent(objective, w, cx.climb);
        let perturbation = self.perturbation(w, &here.gradient, &cx.rho);
        let up = evaluate(objective, &perturbation.from(w));
        StepReport::descend(here, perturbation, up)
    }
}
