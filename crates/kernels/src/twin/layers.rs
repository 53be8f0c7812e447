//! Losses behind a dense tanh layer and a last layer.

use burn::tensor::Tensor;

use super::products::dense_tanh;
use super::softmax::cross_entropy;

/// See [`crate::dense_losses`].
pub fn dense_losses(x: Tensor<3>, hidden: [Tensor<3>; 2], head: [Tensor<3>; 2], one_hot: Tensor<3>) -> Tensor<2> {
    let [[hidden, hidden_bias], [head, head_bias]] = [hidden, head];
    cross_entropy(dense_tanh(x, hidden, hidden_bias).matmul(head) + head_bias, one_hot)
}
