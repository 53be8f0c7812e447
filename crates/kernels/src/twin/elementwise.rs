//! What is done to each number, or to each row.

use burn::tensor::{IndexingUpdateOp, Int, Tensor, TensorData};

/// See [`crate::add_scaled`].
pub fn add_scaled(pairs: &[[&Tensor<3>; 2]], factor: &Tensor<3>) -> Vec<Tensor<3>> {
    pairs.iter().map(|&[a, b]| a.clone() + b.clone() * factor.clone()).collect()
}

/// See [`crate::second_difference`].
pub fn second_difference(pair: &Tensor<2>, middle: &Tensor<2>, r: &Tensor<3>, absolute: bool) -> Tensor<2> {
    let [members, _] = middle.dims();
    let [plus, minus] = [0, members].map(|first| pair.clone().narrow(0, first, members) - middle.clone());
    let difference = (plus + minus) / r.clone().square().squeeze_dim::<2>(2);
    if absolute { difference.abs() } else { difference }
}

/// See [`crate::over_norm`].
pub fn over_norm(length: Tensor<3>, norm: Tensor<3>, least: f64) -> Tensor<3> {
    let flat = norm.clone().lower_scalar(least);
    (length / norm).mask_fill(flat, 0.0)
}

/// See [`crate::weigh_rows`].
pub fn weigh_rows(rows: Tensor<3>, p: &Tensor<2>) -> Tensor<3> {
    rows * p.clone().unsqueeze_dim::<3>(2)
}

/// See [`crate::assign_rows`].
pub fn assign_rows(table: Tensor<3>, rows: &Tensor<1, Int>, values: Tensor<3>) -> Tensor<3> {
    let [members, vocabulary, cols] = table.dims();
    // One table of all members' rows.
    let firsts: Vec<i32> = (0..members).map(|member| (member * vocabulary) as i32).collect();
    let firsts = Tensor::<2, Int>::from_data(TensorData::new(firsts, [members, 1]), (&rows.device(), rows.dtype()));
    let places: Tensor<1, Int> = (firsts + rows.clone().unsqueeze_dim(0)).reshape([-1]);
    let values = values.reshape([places.dims()[0], cols]);
    let table = table.reshape([members * vocabulary, cols]).select_assign(0, places, values, IndexingUpdateOp::Assign);
    table.reshape([members, vocabulary, cols])
}
