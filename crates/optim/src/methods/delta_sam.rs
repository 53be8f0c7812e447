//! δ-SAM: SAM whose perturbation weights the examples of the batch.
//!
//! Source: Zhou et al. 2021, arXiv:2112.08772: one ε for the batch comes closer to what each example
//! alone would choose when the examples with the larger change of gradient weigh more.
//! Symbols: p_i weights with Σp = 1, v = Σ p_i ∇l_i(w), ε = ρ·v/‖v‖.
//! Elsewhere: where p comes from (`weighting`); what is approximated (`per_instance.rs`).

use super::step::{Context, Method, StepReport};
use crate::population::{Objective, Perturbation, Weights, evaluate, forward};
use crate::weighting::Rule;

/// w ← base(w, ∇L(w + ρ v/‖v‖)), L the unweighted mean loss.
///
/// Cost: two gradient evaluations, and what the rule costs.
#[derive(Clone, Debug)]
pub struct DeltaSam {
    /// Gives the weights p.
    pub rule: Rule,
}

impl Method for DeltaSam {
    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        // Where we are, and which examples count in the perturbation: p is a constant for the backward pass.
        let here = forward(objective, w);
        let weighting = self.rule.weigh(&here, cx.noise);
        let here = here.climbing_on(cx.climb).gradient(&weighting.p);

        // Climb ρ along the weighted gradient…
        let perturbation = Perturbation::along(&here.gradient, &cx.rho);

        // …and let the unweighted gradient up there move the point we came from.
        let up = evaluate(objective, &perturbation.from(w));
        StepReport::descend(here, perturbation, up).weighted(weighting)
    }
}
