//! δ-SAM: SAM whose climb weights the examples of the batch.
//!
//! Source: Zhou et al. 2021, arXiv:2112.08772: one ε for the batch comes closer to what each example
//! alone would choose when the examples with the larger change of gradient weigh more.
//! Symbols: p_i weights with Σp = 1, v = Σ p_i ∇l_i(w), ε = ρ·v/‖v‖.
//! Elsewhere: where p comes from (`weighting.rs`); what is approximated (`per_instance.rs`).

use crate::method::{Climb, Context, Cost, Method, StepReport};
use crate::objective::{Objective, evaluate};
use crate::weighting::Rule;
use crate::weights::Weights;

/// w ← base(w, ∇L(w + ρ v/‖v‖)), L the unweighted mean loss.
///
/// Cost: two gradient evaluations, and what the rule costs.
#[derive(Clone, Debug)]
pub struct DeltaSamStep {
    /// Gives the weights p.
    pub rule: Rule,
}

impl Method for DeltaSamStep {
    fn rotates(&self) -> bool {
        true
    }

    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        // Where we are, and which examples count in the climb: p is a constant for the backward pass.
        let here = evaluate(objective, w);
        let losses = here.losses();
        let weighting = self.rule.weigh(objective, w, &losses, &here.outputs(), cx.noise);
        let slope = here.gradient(&weighting.p);

        // Climb ρ along the weighted slope…
        let climb = Climb::along(slope.clone(), &cx.rho);

        // …and let the unweighted slope up there move the point we came from.
        let up = evaluate(objective, &climb.from(w));
        let losses_up = Some(up.losses());
        let descent = up.mean_gradient();

        let cost = Cost { gradients: 2.0 + weighting.cost.gradients, forwards: weighting.cost.forwards };
        let (p, fell_back) = (Some(weighting.p), Some(weighting.fell_back));
        StepReport { losses, losses_up, p, fell_back, slope, climb: Some(climb), descent, cost }
    }
}
