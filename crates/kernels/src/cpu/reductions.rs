//! Sums over all numbers of a member, or over a row.

use burn::backend::TensorMetadata;

use super::numbers::{Own, change, dims, make, numbers};
use super::scalar::sum_of_products;
use crate::simd::wide;

/// See [`crate::dot`].
pub fn dot(pairs: &[[Own; 2]]) -> Own {
    let [members, _, _] = dims(&pairs[0][0]);
    let mut sums = vec![0.0; members];
    for [a, b] in pairs {
        let ([_, rows, cols], a, b) = (dims(a), a.to_contiguous(), b.to_contiguous());
        let of_members = numbers(&a).chunks(rows * cols).zip(numbers(&b).chunks(rows * cols));
        for (sum, (a, b)) in sums.iter_mut().zip(of_members) {
            wide(
                #[inline(always)]
                || *sum += sum_of_products(a, b),
            );
        }
    }
    make(sums, [members, 1, 1])
}

/// See [`crate::norm`].
pub fn norm(mut pairs: Vec<[Own; 2]>, squares: Vec<Own>, factor: f32, least: f32) -> Own {
    pairs.extend(squares.into_iter().map(|leaf| [leaf.clone(), leaf]));
    // Not `max`, which would make a number of NaN.
    let at_least = |least: f32, value: f32| if value < least { least } else { value };
    change(dot(&pairs), |sums| {
        for sum in sums {
            // Rounding can leave a sum of products below zero.
            *sum = at_least(least, factor * at_least(0.0, *sum).sqrt());
        }
    })
}

/// See [`crate::normalise`].
pub fn normalise(raw: Own) -> (Own, Own) {
    let [members, n]: [usize; 2] = raw.shape().dims();
    let mut fell_back = vec![0.0; members];
    let p = change(raw, |values| {
        for (row, fell_back) in values.chunks_mut(n).zip(&mut fell_back) {
            let sum: f32 = row.iter().sum();
            let usable = sum > 0.0 && sum < f32::MAX;
            *fell_back = if usable { 0.0 } else { 1.0 };
            for value in row {
                *value = if usable { *value / sum } else { 1.0 / n as f32 };
            }
        }
    });
    (p, make(fell_back, [members]))
}
