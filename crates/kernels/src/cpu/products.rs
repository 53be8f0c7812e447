//! Products of matrices (`matrix.rs`), and what is done to them while they are in the cache.

use burn::backend::Flex;
use burn::backend::ops::FloatTensorOps;

use super::matrix::{Matrix, multiply};
use super::numbers::{Own, change, dims, make, numbers};
use super::scalar::tanh;
use crate::simd::wide;

/// See [`crate::product`]. Burn's own clears and copies the memory of the product before it is computed: for small
/// matrices that is a tenth of a step.
pub fn product(a: &Own, b: &Own) -> Own {
    let ([of_a, rows, inner], [of_b, inner_b, cols]) = (dims(a), dims(b));
    let members = of_a.max(of_b);
    assert!(inner == inner_b && members % of_a == 0 && members % of_b == 0, "shapes fit");
    let mut out = vec![0.0_f32; members * rows * cols];
    for (member, out) in out.chunks_mut(rows * cols).enumerate() {
        multiply(out, &matrix(a, member), &matrix(b, member));
    }
    make(out, [members, rows, cols])
}

/// See [`crate::dense_tanh`].
pub fn dense_tanh(x: Own, weight: Own, bias: Own) -> Own {
    let (scores, bias) = (product(&x, &weight), bias.to_contiguous());
    let ([_, rows, cols], [_, bias_rows, _]) = (dims(&scores), dims(&bias));
    change(scores, |values| {
        for (member, bias) in values.chunks_mut(rows * cols).zip(numbers(&bias).chunks(bias_rows * cols)) {
            add_bias_and_tanh(member, bias, cols);
        }
    })
}

/// See [`crate::tanh_backward`].
pub fn tanh_backward(d: Own, transposed: Own, tanh: Own) -> Own {
    let tanh = tanh.to_contiguous();
    change(product(&d, &transposed), |values| {
        wide(
            #[inline(always)]
            || {
                for (value, tanh) in values.iter_mut().zip(numbers(&tanh)) {
                    *value *= 1.0 - tanh * tanh;
                }
            },
        );
    })
}

/// See [`crate::outer`].
pub fn outer(x: Own, d: Own) -> (Own, Own) {
    let d = d.to_contiguous();
    let [members, batch, cols] = dims(&d);
    let mut bias = vec![0.0_f32; members * cols];
    for (sums, member) in bias.chunks_mut(cols).zip(numbers(&d).chunks(batch * cols)) {
        for row in member.chunks(cols) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += value;
            }
        }
    }
    (product(&Flex::float_swap_dims(x, 1, 2), &d), make(bias, [members, 1, cols]))
}

/// The matrix of a member, or of all members where they share one.
pub fn matrix(tensor: &Own, member: usize) -> Matrix<'_> {
    let (layout, [members, rows, cols]) = (tensor.layout(), dims(tensor));
    let &[apart, down, across] = layout.strides() else { panic!("tensors have three dimensions") };
    let [apart, down, across] = [apart, down, across].map(|stride| usize::try_from(stride).expect("nothing here is flipped"));
    Matrix::new(&tensor.storage::<f32>()[layout.start_offset() + member % members * apart..], [rows, cols], [down, across])
}

/// tanh(x + bias) of rows of `cols` numbers; `bias` has one row for all or one for each.
pub fn add_bias_and_tanh(values: &mut [f32], bias: &[f32], cols: usize) {
    wide(
        #[inline(always)]
        || {
            for (row, bias) in values.chunks_mut(cols).zip(bias.chunks(cols).cycle()) {
                for (value, bias) in row.iter_mut().zip(bias) {
                    *value = tanh(*value + bias);
                }
            }
        },
    );
}
