//! The softmax of a last layer, and what follows from it.
//!
//! The largest logit is taken off first everywhere, so that nothing overflows.

use burn::tensor::Tensor;

/// See [`crate::cross_entropy`].
pub fn cross_entropy(logits: Tensor<3>, one_hot: Tensor<3>) -> Tensor<2> {
    let largest = logits.clone().detach().max_dim(2);
    let shifted = logits - largest;
    let log_sum = shifted.clone().exp().sum_dim(2).log();
    (log_sum - (shifted * one_hot).sum_dim(2)).squeeze_dim(2)
}

/// See [`crate::probabilities`].
pub fn probabilities(logits: Tensor<3>) -> Tensor<3> {
    let largest = logits.clone().max_dim(2);
    let exp = (logits - largest).exp();
    exp.clone() / exp.sum_dim(2)
}

/// Added to scores of padding before a softmax.
pub const NEVER: f64 = -1e9;

/// See [`crate::softmax`].
pub fn softmax(scores: Tensor<3>, bias: Tensor<3>, one_hot: Tensor<3>) -> (Tensor<3>, Tensor<2>, Tensor<3>) {
    let logits = scores + bias;
    let losses = cross_entropy(logits.clone(), one_hot.clone());
    let error = probabilities(logits.clone()) - one_hot;
    (logits, losses, error)
}

/// See [`crate::last_layer_curvature`].
pub fn last_layer_curvature(hidden: Tensor<3>, logits: &Tensor<3>, one_hot: Tensor<3>) -> Tensor<2> {
    let width = (hidden.square().sum_dim(2) + 1.0).sqrt().squeeze_dim::<2>(2);
    width * gini_over_error(logits, one_hot)
}

/// A perfectly fitted example has s = 0 in f32; its t is then 0, and the ratio below its limit of about 2.
pub const LEAST_S: f32 = 1e-30;

/// See [`crate::gini_over_error`].
///
/// With s = 1 − π_y = Σ_{k≠y} π_k and t_k = π_k/s: 1 − Σπ² = s(2 − s − s Σt²) and ‖π − y‖ = s √(1 + Σt²), so s cancels.
pub fn gini_over_error(logits: &Tensor<3>, one_hot: Tensor<3>) -> Tensor<2> {
    let others: Tensor<3> = probabilities(logits.clone()) * (1.0 - one_hot);
    let s = others.clone().sum_dim(2);
    let t2 = (others / s.clone().clamp_min(LEAST_S)).square().sum_dim(2);
    let ratio: Tensor<3> = (2.0 - (t2.clone() + 1.0) * s) / (t2 + 1.0).sqrt();
    ratio.squeeze_dim(2)
}
