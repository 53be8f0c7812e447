//! Gradients of single examples: their norms, and perturbations along each.
//!
//! Two forms, tested against each other:
//! - by brute force: a population of B members in chunks, each seeing one example (any model);
//! - by the model's own ([`FastPaths::per_example`](super::FastPaths)): the gradient of one example with respect to a dense
//!   layer is an outer product a d′, so both passes run without a copy of the weights per example.

use std::ops::Range;

use burn::tensor::Tensor;

use super::climb_loss::ClimbLoss;
use super::gradient::forward;
use super::objective::{Objective, PerExample, Subset};
use super::perturbation::Perturbation;
use super::weights::Weights;

/// Examples that [`brute_force`] and [`gradient_norms`] give weights of their own at one time: enough to fill a device, few enough for
/// its memory.
pub const CHUNK: usize = 16;

/// ‖∇l_i(w)‖ of each example, `[members, batch]`. Cost: one gradient evaluation of the batch.
pub fn gradient_norms(objective: &dyn Objective, w: &Weights) -> Tensor<2> {
    let members = w.members();
    let nowhere = Tensor::zeros([members, 1, 1], (&w.leaves()[0].value.device(), w.leaves()[0].value.dtype()));
    if let Some(fast) = objective.fast().and_then(|fast| fast.per_example(w, &nowhere)) {
        return fast.norms;
    }
    let norms = chunks(objective.batch()).map(|range| {
        let n = range.len();
        let alone = objective.subset(Subset::OneEach(range, members));
        forward(&*alone, &w.repeat_each(n)).sum_gradient().gradient.norm().reshape([members, n])
    });
    Tensor::cat(norms.collect(), 1)
}

/// Losses and gradients with ε_i = ρ ∇q_i(w)/‖∇q_i(w)‖ for each example, q_i its climb loss, in the model's form if it has one
/// for that. Cost: two gradient evaluations of the batch.
pub fn per_example(objective: &dyn Objective, w: &Weights, rho: &Tensor<3>, climb: ClimbLoss) -> PerExample {
    let fast = objective.fast().filter(|_| climb.along_the_loss()).and_then(|fast| fast.per_example(w, rho));
    fast.unwrap_or_else(|| brute_force(objective, w, rho, climb))
}

/// The same as a population in which each member sees one example.
pub fn brute_force(objective: &dyn Objective, w: &Weights, rho: &Tensor<3>, climb: ClimbLoss) -> PerExample {
    // Whose gradient differs by a factor alone climbs to the same place.
    let climb = if climb.along_the_loss() { ClimbLoss::CrossEntropy } else { climb };
    let (members, batch) = (w.members(), objective.batch());
    let (mut losses, mut losses_up, mut norms) = (Vec::new(), Vec::new(), Vec::new());
    let mut descent = w.zeros_like();
    for range in chunks(batch) {
        let n = range.len();
        let alone = objective.subset(Subset::OneEach(range, members));
        let copies = w.repeat_each(n);
        let rho = rho.clone().unsqueeze_dim::<4>(1).expand([members, n, 1, 1]).reshape([members * n, 1, 1]);

        let here = forward(&*alone, &copies).climbing_on(climb).sum_gradient();
        losses.push(here.losses.reshape([members, n]));
        norms.push(here.gradient.norm().reshape([members, n]));

        let up = forward(&*alone, &Perturbation::along(&here.gradient, &rho).from(&copies)).sum_gradient();
        losses_up.push(up.losses.reshape([members, n]));
        descent = descent.zip(&up.gradient.sum_each(n), |sum, part| sum + part);
    }
    PerExample {
        losses: Tensor::cat(losses, 1),
        losses_up: Tensor::cat(losses_up, 1),
        norms: Tensor::cat(norms, 1),
        descent: descent.map(|l| l.value.clone().div_scalar(batch as f64)),
    }
}

fn chunks(batch: usize) -> impl Iterator<Item = Range<usize>> {
    (0..batch).step_by(CHUNK).map(move |start| start..(start + CHUNK).min(batch))
}
