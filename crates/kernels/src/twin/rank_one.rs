//! Layers whose gradient of one example is a matrix of rank one.

use burn::tensor::Tensor;

use crate::layer::RankOne;

/// See [`crate::rank_one_norms`].
pub fn rank_one_norms(layers: [RankOne<'_>; 3]) -> Tensor<3> {
    let square = |t: &Tensor<3>| t.clone().square().sum_dim(2);
    let squares = layers.iter().map(|layer| square(layer.d) * (square(layer.a) + layer.constant()));
    squares.reduce(|sum, square| sum + square).expect("there are three layers").sqrt()
}

/// See [`crate::add_rank_one`].
pub fn add_rank_one(
    base: Tensor<3>,
    s: &Tensor<3>,
    [u, v]: [&Tensor<3>; 2],
    constant: f32,
    z: &Tensor<3>,
    tanh: Option<&Tensor<3>>,
) -> Tensor<3> {
    let sum = base + s.clone() * ((u.clone() * v.clone()).sum_dim(2) + constant) * z.clone();
    match tanh {
        Some(tanh) => sum * (1.0 - tanh.clone().square()),
        None => sum,
    }
}
