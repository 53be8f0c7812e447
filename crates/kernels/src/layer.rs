//! A layer as per-example gradients see it.

use burn::tensor::Tensor;

/// A dense layer, of which the gradient of example i is the matrix a_i′ d_i, of rank one, and d_i for the bias, if there
/// is one.
#[derive(Clone, Copy, Debug)]
pub struct RankOne<'a> {
    /// Inputs, `[1 or P, B, m]`.
    pub a: &'a Tensor<3>,
    /// Gradient of the loss with respect to the outputs, `[P, B, n]`.
    pub d: &'a Tensor<3>,
    /// Whether the layer has a bias, which is a further input that is always 1.
    pub bias: bool,
}

impl RankOne<'_> {
    /// What the input of the bias adds to a scalar product of inputs.
    pub(crate) fn constant(&self) -> f32 {
        constant(self.bias)
    }
}

/// The square of the input of a bias, if there is one.
pub(crate) fn constant(bias: bool) -> f32 {
    if bias { 1.0 } else { 0.0 }
}
