//! ASAM: SAM in a metric that scales with the weights, so that rescaling a layer changes nothing.
//!
//! Source: Kwon et al. 2021, arXiv:2102.11600, equation 7 with p = 2. ε = ρ T²g/‖Tg‖, T = |w| + η for
//! weights and 1 for biases (the authors' code), or T = |w| everywhere (a widely used other one).

use crate::method::{Climb, Context, Cost, Method, StepReport, rho_over_norm};
use crate::objective::{Objective, evaluate};
use crate::weights::{Role, Weights};

/// w ← base(w, ∇L(w + ρ T²g/‖Tg‖)). Cost: two gradient evaluations.
#[derive(Clone, Copy, Debug)]
pub struct AsamStep {
    /// η, added to |w|.
    pub eta: f64,
    /// Whether T is 1 for biases.
    pub plain_biases: bool,
}

impl AsamStep {
    /// The diagonal of T.
    pub fn metric(&self, w: &Weights) -> Weights {
        w.map(|l| match l.role {
            Role::Bias if self.plain_biases => l.value.ones_like(),
            Role::Bias | Role::Matrix | Role::Embedding => l.value.clone().abs().add_scalar(self.eta),
        })
    }

    /// ε = ρ T²g/‖Tg‖.
    pub fn climb(&self, w: &Weights, slope: &Weights, rho: &burn::tensor::Tensor<3>) -> Climb {
        let metric = self.metric(w);
        let scaled = metric.zip(slope, |t, g| t * g);
        Climb::scaled(metric.zip(&scaled, |t, tg| t * tg), rho_over_norm(rho, &scaled.norm()))
    }
}

impl Method for AsamStep {
    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let here = evaluate(objective, w);
        let losses = here.losses();
        let slope = here.mean_gradient();

        let climb = self.climb(w, &slope, &cx.rho);

        let up = evaluate(objective, &climb.from(w));
        let losses_up = Some(up.losses());
        let descent = up.mean_gradient();

        let cost = Cost { gradients: 2.0, forwards: 0.0 };
        StepReport { losses, losses_up, p: None, fell_back: None, slope, climb: Some(climb), descent, cost }
    }
}
