//! Products of matrices.

use burn::tensor::Tensor;

/// See [`crate::product`].
pub fn product(a: Tensor<3>, b: Tensor<3>) -> Tensor<3> {
    a.matmul(b)
}

/// See [`crate::dense_tanh`].
pub fn dense_tanh(x: Tensor<3>, weight: Tensor<3>, bias: Tensor<3>) -> Tensor<3> {
    (x.matmul(weight) + bias).tanh()
}

/// See [`crate::tanh_backward`]; takes W′.
pub fn tanh_backward(d: Tensor<3>, transposed: Tensor<3>, tanh: Tensor<3>) -> Tensor<3> {
    d.matmul(transposed) * (1.0 - tanh.square())
}

/// See [`crate::outer`].
pub fn outer(x: Tensor<3>, d: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
    (x.swap_dims(1, 2).matmul(d.clone()), d.sum_dim(1))
}
