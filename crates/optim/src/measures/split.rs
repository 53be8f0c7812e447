//! What a climb changes in the gradient, by where it comes from: the errors, the network, or both together.
//!
//! With J = ∂z/∂w, z the logits, r = π − y, and Δ what w → w+ε changes: SAM − SGD = J(w)ᵀΔr + ΔJᵀr + ΔJᵀΔr, exactly. The first part
//! is what L-SAM descends beside SGD, the second J-SAM (arXiv:2405.03676); the split is ours.

use burn::tensor::Tensor;

use crate::population::{Objective, Weights, forward};

/// The lengths of the parts of ∇L(w+ε) − ∇L(w), each `[members]`.
#[derive(Clone, Debug)]
pub struct Split {
    /// ‖J(w)ᵀΔr‖/B, of the errors.
    pub errors: Tensor<1>,
    /// ‖ΔJᵀr‖/B, of the network.
    pub network: Tensor<1>,
    /// ‖ΔJᵀΔr‖/B, of both together.
    pub both: Tensor<1>,
    /// ‖∇L(w+ε)‖, of the whole: far below ‖∇L(w)‖ the climb has found a place where nothing pulls (arXiv:2509.21818).
    pub there: Tensor<1>,
}

/// Splits the change of the gradient from `w` to `there`. Cost: four gradient evaluations.
pub fn split(objective: &dyn Objective, w: &Weights, there: &Weights) -> Split {
    let [r, r_there] = [w, there].map(|w| forward(objective, w).residual());
    let pull = |w: &Weights, r: &Tensor<3>| forward(objective, w).pull_back(r.clone());
    let change = r_there - r.clone();
    let errors = pull(w, &change);
    let (old_errors, new_errors) = (pull(there, &r), pull(there, &change));
    let network = old_errors.add_times(&pull(w, &r), -1.0);
    let both = new_errors.add_times(&errors, -1.0);
    let whole = old_errors.add_times(&new_errors, 1.0);
    let norm = |part: &Weights| part.norm().reshape([-1]);
    Split { errors: norm(&errors), network: norm(&network), both: norm(&both), there: norm(&whole) }
}

/// The weight that plain SAM gives each example: ‖r_i(w+ε)‖/‖r_i(w)‖ where `there` is w + ε, `[members, batch]`. Above 1, the climb
/// made the example count for more (ours). Cost: two forward passes.
pub fn pull(objective: &dyn Objective, w: &Weights, there: &Weights) -> Tensor<2> {
    let length = |w: &Weights| forward(objective, w).residual().square().sum_dim(2).sqrt().squeeze_dim::<2>(2);
    length(there) / length(w)
}
