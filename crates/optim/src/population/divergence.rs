//! The symmetric divergence of the answers of two passes, KL(π‖κ) + KL(κ‖π) = Σ_k (π_k − κ_k)(ln π_k − ln κ_k), and its gradient.
//!
//! With z and y the logits of π and κ and d = z − y: ∂/∂z = π∘(d − Σ π d) + π − κ, and the same with both exchanged for ∂/∂y. What
//! d lacks of ln π − ln κ, one number for all classes, falls out of both.

use basin_kernels::probabilities;
use burn::tensor::Tensor;

use super::gradient::Forward;
use super::weights::Weights;

/// Of two passes, for each member and example.
#[derive(Clone, Debug)]
pub struct Divergence {
    /// The divergence, nats, `[members, batch]`.
    pub value: Tensor<2>,
    /// Its gradient with respect to the logits of the first pass, `[members, batch, classes]`.
    pub first: Tensor<3>,
    /// And of the second.
    pub second: Tensor<3>,
}

impl Divergence {
    /// Of the answers to logits, `[members, batch, classes]` each.
    pub fn of(first: &Tensor<3>, second: &Tensor<3>) -> Self {
        let [p, q] = [first, second].map(|logits| probabilities(logits.clone()));
        let (d, apart) = (first.clone() - second.clone(), p.clone() - q.clone());
        let pull = |p: Tensor<3>, d: Tensor<3>| p.clone() * (d.clone() - (p * d).sum_dim(2));
        Self {
            value: (apart.clone() * d.clone()).sum_dim(2).squeeze_dim(2),
            first: pull(p, d.clone()) + apart.clone(),
            second: pull(q, d.neg()) - apart,
        }
    }
}

/// The gradient of the mean over the batch of `losses[0]` · loss of the first pass + `losses[1]` · loss of the second + `factor` ·
/// their divergence: its parts through each of them. Cost: two backward passes.
pub fn consistent_gradient(first: Forward<'_>, second: Forward<'_>, losses: [f64; 2], factor: f64) -> [Weights; 2] {
    let divergence = Divergence::of(&first.outputs().logits, &second.outputs().logits);
    let back = |pass: Forward<'_>, pull: Tensor<3>, loss| {
        let signal = pass.residual().mul_scalar(loss) + pull.mul_scalar(factor);
        pass.pull_back(signal)
    };
    [back(first, divergence.first, losses[0]), back(second, divergence.second, losses[1])]
}
