//! Layers whose gradient of one example is a matrix of rank one.

use burn::backend::Flex;
use burn::backend::ops::FloatTensorOps;
use burn::tensor::Shape;

use super::numbers::{Own, change, dims, make, numbers};
use super::scalar::sum_of_products;
use crate::simd::wide;

/// See [`crate::rank_one_norms`].
pub fn rank_one_norms(layers: &[[Own; 2]], constants: [f32; 3]) -> Own {
    let [members, batch, _] = dims(&layers[0][1]);
    let mut sums = vec![0.0_f32; members * batch];
    for ([a, d], constant) in layers.iter().zip(constants) {
        let ([_, _, inputs], [_, _, outputs]) = (dims(a), dims(d));
        let [a, d] = [a, d].map(Own::to_contiguous);
        wide(
            #[inline(always)]
            || {
                let of_examples = numbers(&a).chunks(inputs).cycle().zip(numbers(&d).chunks(outputs));
                for (sum, (a, d)) in sums.iter_mut().zip(of_examples) {
                    *sum += sum_of_products(d, d) * (sum_of_products(a, a) + constant);
                }
            },
        );
    }
    for sum in &mut sums {
        *sum = sum.sqrt();
    }
    make(sums, [members, batch, 1])
}

/// See [`crate::add_rank_one`].
pub fn add_rank_one([base, s, u, v, z]: [Own; 5], constant: f32, tanh: Option<&Own>) -> Own {
    let ([members, batch, cols], [_, base_rows, _], [_, _, inner]) = (dims(&z), dims(&base), dims(&u));
    let [s, u, v, z] = [s, u, v, z].map(|t| t.to_contiguous());
    let tanh = tanh.map(Own::to_contiguous);
    // One row of `base` may serve all examples.
    let base = if base_rows == batch { base } else { Flex::float_expand(base, Shape::new([members, batch, cols])) };
    change(base, |values| {
        wide(
            #[inline(always)]
            || {
                let rows = numbers(&u).chunks(inner).cycle().zip(numbers(&v).chunks(inner).cycle());
                let of_examples = numbers(&s).iter().zip(rows).zip(numbers(&z).chunks(cols));
                for ((values, ((s, (u, v)), z)), example) in values.chunks_mut(cols).zip(of_examples).zip(0..) {
                    let factor = s * (sum_of_products(u, v) + constant);
                    for (value, z) in values.iter_mut().zip(z) {
                        *value += factor * z;
                    }
                    if let Some(tanh) = &tanh {
                        for (value, tanh) in values.iter_mut().zip(&numbers(tanh)[example * cols..]) {
                            *value *= 1.0 - tanh * tanh;
                        }
                    }
                }
            },
        );
    })
}
