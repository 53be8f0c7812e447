//! Products with a bag matrix, as one that is not sparse.

use burn::tensor::Tensor;

use super::elementwise::assign_rows;
use crate::bag_matrix::BagMatrix;

/// See [`crate::pool`].
pub fn pool(bag: &BagMatrix, table: &Tensor<3>) -> Tensor<3> {
    let device = table.device().without_autodiff();
    bag.dense(&device).cast(table.dtype()).matmul(table.clone().select(1, bag.rows(&device)))
}

/// See [`crate::scatter`].
pub fn scatter(bag: &BagMatrix, v: &Tensor<3>) -> Tensor<3> {
    bag.dense(&v.device().without_autodiff()).cast(v.dtype()).swap_dims(1, 2).matmul(v.clone())
}

/// See [`crate::scatter_add`].
pub fn scatter_add(bag: &BagMatrix, table: Tensor<3>, v: &Tensor<3>, factor: f64) -> Tensor<3> {
    let rows = bag.rows(&table.device().without_autodiff());
    let moved = table.clone().select(1, rows.clone()) + scatter(bag, v) * factor;
    assign_rows(table, &rows, moved)
}
