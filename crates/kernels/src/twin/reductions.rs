//! Sums over all numbers of a member, or over a row.

use burn::tensor::Tensor;

/// See [`crate::dot`].
pub fn dot(pairs: &[[&Tensor<3>; 2]]) -> Tensor<3> {
    let of_pair = |&[a, b]: &[&Tensor<3>; 2]| {
        let product = a.clone() * b.clone();
        let [members, rows, cols] = product.dims();
        product.reshape([members, 1, rows * cols]).sum_dim(2)
    };
    pairs.iter().map(of_pair).reduce(|sum, dot| sum + dot).expect("at least one pair")
}

/// See [`crate::norm`].
pub fn norm(pairs: &[[&Tensor<3>; 2]], squares: &[&Tensor<3>], factor: f64, least: f64) -> Tensor<3> {
    let all: Vec<_> = pairs.iter().copied().chain(squares.iter().map(|leaf| [*leaf; 2])).collect();
    // Rounding can leave a sum of products below zero.
    dot(&all).clamp_min(0.0).sqrt().mul_scalar(factor).clamp_min(least)
}

/// See [`crate::normalise`].
pub fn normalise(raw: &Tensor<2>) -> (Tensor<2>, Tensor<1>) {
    let [members, n] = raw.dims();
    let sum = raw.clone().sum_dim(1);
    // Written so that NaN counts as unusable: a comparison with NaN is false.
    let unusable = sum.clone().greater_scalar(0.0).bool_and(sum.clone().lower_scalar(f32::MAX)).bool_not();
    let p = (raw.clone() / sum).mask_fill(unusable.clone().expand([members, n]), 1.0 / n as f64);
    (p, unusable.float().squeeze_dim(1))
}
