//! Per-instance SAM: every example climbs on its own. What δ-SAM approximates.
//!
//! ε_i = ρ ∇l_i(w)/‖∇l_i(w)‖, w ← base(w, (1/B) Σ ∇l_i(w + ε_i)).
//! Two forms, tested against each other:
//! - by brute force: a population of B members in chunks, each seeing one example (any model);
//! - in ghost form, where the model has one ([`Objective::ghost`]): a dense layer's gradient of one
//!   example is an outer product a d′, so both passes run without a copy of the weights per example.

use burn::tensor::Tensor;

use crate::method::{Climb, Context, Cost, Method, StepReport};
use crate::objective::{Ghost, Objective, evaluate};
use crate::weights::Weights;

/// Members of a brute-force population: enough to fill a device, few enough for its memory.
const CHUNK: usize = 16;

/// Which form is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The ghost form where the model has one, else brute force.
    Best,
    /// Brute force; the reference of the tests.
    BruteForce,
}

/// w ← base(w, (1/B) Σ ∇l_i(w + ε_i)). Cost: two gradient evaluations of the batch in all.
#[derive(Clone, Copy, Debug)]
pub struct PerInstanceSamStep {
    /// How the climbs of the examples are computed.
    pub form: Form,
}

impl Method for PerInstanceSamStep {
    fn rotates(&self) -> bool {
        true
    }

    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let Ghost { losses, losses_up, descent, .. } = match self.form {
            Form::Best => per_instance(objective, w, &cx.rho),
            Form::BruteForce => brute_force(objective, w, &cx.rho),
        };

        let cost = Cost { gradients: 2.0, forwards: 0.0 };
        StepReport { losses, losses_up: Some(losses_up), p: None, fell_back: None, slope: descent.clone(), climb: None, descent, cost }
    }
}

/// Per-instance SAM's losses and gradients, in the best form. Cost: two gradient evaluations of the batch.
pub fn per_instance(objective: &dyn Objective, w: &Weights, rho: &Tensor<3>) -> Ghost {
    objective.ghost(w, rho).unwrap_or_else(|| brute_force(objective, w, rho))
}

/// ‖∇l_i(w)‖ of each example, `[members, batch]`. Cost: one gradient evaluation of the batch.
pub fn gradient_norms(objective: &dyn Objective, w: &Weights) -> Tensor<2> {
    let members = w.members();
    let nowhere = Tensor::zeros([members, 1, 1], (&w.leaves()[0].value.device(), w.leaves()[0].value.dtype()));
    if let Some(ghost) = objective.ghost(w, &nowhere) {
        return ghost.norms;
    }
    let norms = chunks(objective.batch()).map(|range| {
        let n = range.len();
        let here = evaluate(&*objective.one_each(range, members), &w.repeat_each(n));
        let one = here.losses().ones_like();
        here.gradient(&one).norm().reshape([members, n])
    });
    Tensor::cat(norms.collect(), 1)
}

/// Per-instance SAM as a population in which each member sees one example.
pub fn brute_force(objective: &dyn Objective, w: &Weights, rho: &Tensor<3>) -> Ghost {
    let (members, batch) = (w.members(), objective.batch());
    let (mut losses, mut losses_up, mut norms) = (Vec::new(), Vec::new(), Vec::new());
    let mut descent = w.zeros_like();
    for range in chunks(batch) {
        let n = range.len();
        let alone = objective.one_each(range, members);
        let copies = w.repeat_each(n);
        let rho = rho.clone().unsqueeze_dim::<4>(1).expand([members, n, 1, 1]).reshape([members * n, 1, 1]);

        let here = evaluate(&*alone, &copies);
        losses.push(here.losses().reshape([members, n]));
        let one = here.losses().ones_like();
        let slope = here.gradient(&one);
        norms.push(slope.norm().reshape([members, n]));

        let up = evaluate(&*alone, &Climb::along(slope, &rho).from(&copies));
        losses_up.push(up.losses().reshape([members, n]));
        descent = descent.zip(&up.gradient(&one).sum_each(n), |sum, part| sum + part);
    }
    Ghost {
        losses: Tensor::cat(losses, 1),
        losses_up: Tensor::cat(losses_up, 1),
        norms: Tensor::cat(norms, 1),
        descent: descent.map(|l| l.value.clone().div_scalar(batch as f64)),
    }
}

fn chunks(batch: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    (0..batch).step_by(CHUNK).map(move |start| start..(start + CHUNK).min(batch))
}
