//! The fused operations on the CPU: matrix products by burn, everything around them in one pass.

use burn::backend::flex::FlexDevice;
use burn::backend::ops::{FloatTensorOps, IntTensorOps};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Flex, TensorMetadata};
use burn::tensor::{IntDType, TensorData};

use super::{AdamW, BETA, EPSILON, Fused, Momentum};
use crate::shares::{Share, Shares};

type Own = FloatTensor<Flex>;

impl Fused for Flex {
    fn dense_tanh(x: Own, weight: Own, bias: Own) -> Own {
        let (scores, bias) = (Self::float_matmul(x, weight), bias.to_contiguous());
        let ([_, rows, cols], [_, bias_rows, _]) = (dims(&scores), dims(&bias));
        change(scores, |values| {
            for (member, bias) in values.chunks_mut(rows * cols).zip(numbers(&bias).chunks(bias_rows * cols)) {
                for (row, bias) in member.chunks_mut(cols).zip(bias.chunks(cols).cycle()) {
                    for (value, bias) in row.iter_mut().zip(bias) {
                        *value = tanh(*value + bias);
                    }
                }
            }
        })
    }

    fn tanh_backward(d: Own, transposed: Own, tanh: Own) -> Own {
        let tanh = tanh.to_contiguous();
        change(Self::float_matmul(d, transposed), |values| {
            for (value, tanh) in values.iter_mut().zip(numbers(&tanh)) {
                *value *= 1.0 - tanh * tanh;
            }
        })
    }

    fn softmax(scores: Own, bias: Own, one_hot: Own) -> (Own, Own, Own) {
        let [members, batch, classes] = dims(&scores);
        let (bias, one_hot) = (bias.to_contiguous(), one_hot.to_contiguous());
        let mut losses = Vec::with_capacity(members * batch);
        let mut errors = Vec::with_capacity(members * batch * classes);
        let logits = change(scores, |values| {
            let labels = numbers(&one_hot).chunks(classes).cycle();
            for ((row, label), example) in values.chunks_mut(classes).zip(labels).zip(0..) {
                let bias = &numbers(&bias)[example / batch * classes..][..classes];
                for (value, bias) in row.iter_mut().zip(bias) {
                    *value += bias;
                }
                let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                let begin = errors.len();
                errors.extend(row.iter().map(|logit| (logit - largest).exp()));
                let sum: f32 = errors[begin..].iter().sum();
                let at_label: f32 = row.iter().zip(label).map(|(logit, y)| (logit - largest) * y).sum();
                losses.push(sum.ln() - at_label);
                for (error, y) in errors[begin..].iter_mut().zip(label) {
                    *error = *error / sum - y;
                }
            }
        });
        (logits, make(losses, [members, batch]), make(errors, [members, batch, classes]))
    }

    fn outer(x: Own, d: Own) -> (Own, Own) {
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
        (Self::float_matmul(Self::float_swap_dims(x, 1, 2), d), make(bias, [members, 1, cols]))
    }

    fn dot(a: Own, b: Own) -> Own {
        let [members, rows, cols] = dims(&a);
        let (a, b) = (a.to_contiguous(), b.to_contiguous());
        let of_members = numbers(&a).chunks(rows * cols).zip(numbers(&b).chunks(rows * cols));
        make(of_members.map(|(a, b)| sum_of_products(a, b)).collect(), [members, 1, 1])
    }

    fn add_dot(sum: Own, a: Own, b: Own) -> Own {
        Self::float_add(sum, Self::dot(a, b))
    }

    fn over_norm(length: Own, norm: Own, least: f32) -> Own {
        let length = length.to_contiguous();
        change(norm, |values| {
            for (value, length) in values.iter_mut().zip(numbers(&length)) {
                *value = if *value < least { 0.0 } else { length / *value };
            }
        })
    }

    fn normalise(raw: Own) -> (Own, Own) {
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

    fn add_scaled(a: Own, b: Own, factor: Own) -> Own {
        let ([_, rows, cols], b, factor) = (dims(&a), b.to_contiguous(), factor.to_contiguous());
        change(a, |values| {
            let factors = numbers(&factor).iter().cycle();
            for ((a, b), factor) in values.chunks_mut(rows * cols).zip(numbers(&b).chunks(rows * cols)).zip(factors) {
                for (a, b) in a.iter_mut().zip(b) {
                    *a += factor * b;
                }
            }
        })
    }

    fn sgd(w: Own, g: Own, rate: f32, decay: f32) -> Own {
        let g = g.to_contiguous();
        change(w, |values| {
            for (w, g) in values.iter_mut().zip(numbers(&g)) {
                *w -= rate * (g + decay * *w);
            }
        })
    }

    fn momentum(w: Own, g: Own, velocity: Own, rule: Momentum) -> (Own, Own) {
        let [rate, decay, mu] = [rule.rate, rule.decay, rule.mu].map(|number| number as f32);
        let g = g.to_contiguous();
        let mut velocity = contiguous(velocity);
        let start = velocity.layout().start_offset();
        let w = change(w, |values| {
            let velocity = velocity.storage_mut::<f32>()[start..].iter_mut();
            for ((w, v), g) in values.iter_mut().zip(velocity).zip(numbers(&g)) {
                *v = mu * *v + (g + decay * *w);
                *w -= rate * *v;
            }
        });
        (w, velocity)
    }

    fn adam_w(w: Own, g: Own, moment_1: Own, moment_2: Own, rule: AdamW) -> (Own, Own, Own) {
        let (rate, keep) = (rule.rate as f32, rule.keep());
        let ([beta_1, beta_2], [correction_1, correction_2]) = (BETA, rule.correction());
        let g = g.to_contiguous();
        let (mut first, mut second) = (contiguous(moment_1), contiguous(moment_2));
        let starts = [first.layout().start_offset(), second.layout().start_offset()];
        let w = change(w, |values| {
            let moments = first.storage_mut::<f32>()[starts[0]..].iter_mut().zip(&mut second.storage_mut::<f32>()[starts[1]..]);
            for ((w, (first, second)), g) in values.iter_mut().zip(moments).zip(numbers(&g)) {
                *first = beta_1 * *first + (1.0 - beta_1) * g;
                *second = beta_2 * *second + (1.0 - beta_2) * g * g;
                *w = keep * *w - rate * (*first / correction_1) / ((*second / correction_2).sqrt() + EPSILON);
            }
        });
        (w, first, second)
    }
}

/// See [`Shares::means`].
pub fn means(table: &Own, shares: &Shares) -> Own {
    let [members, vocabulary, dim] = dims(table);
    let (table, texts) = (table.to_contiguous(), shares.texts());
    let mut means = vec![0.0_f32; members * texts * dim];
    for (table, means) in numbers(&table).chunks(vocabulary * dim).zip(means.chunks_mut(texts * dim)) {
        for &Share { row, text, share } in shares.entries() {
            let row = &table[shares.ids()[row] as usize * dim..][..dim];
            for (mean, value) in means[text * dim..][..dim].iter_mut().zip(row) {
                *mean += share * value;
            }
        }
    }
    make(means, [members, texts, dim])
}

/// See [`Shares::spread`].
pub fn spread(v: &Own, shares: &Shares) -> Own {
    let [members, _, dim] = dims(v);
    let rows = shares.ids().len();
    let v = v.to_contiguous();
    let mut out = vec![0.0_f32; members * rows * dim];
    add(&mut out, &v, shares, rows * dim, |row| row * dim);
    make(out, [members, rows, dim])
}

/// See [`Shares::add_spread`].
pub fn add_spread(table: Own, v: &Own, shares: &Shares) -> Own {
    let [_, vocabulary, dim] = dims(&table);
    let v = v.to_contiguous();
    change(table, |table| add(table, &v, shares, vocabulary * dim, |row| shares.ids()[row] as usize * dim))
}

/// Adds S′ v to `out`, of which each member has `size` numbers and row r begins at `place(r)`.
fn add(out: &mut [f32], v: &Own, shares: &Shares, size: usize, place: impl Fn(usize) -> usize) {
    let [_, texts, dim] = dims(v);
    for (out, v) in out.chunks_mut(size).zip(numbers(v).chunks(texts * dim)) {
        for &Share { row, text, share } in shares.entries() {
            for (out, value) in out[place(row)..][..dim].iter_mut().zip(&v[text * dim..][..dim]) {
                *out += share * value;
            }
        }
    }
}

/// See [`super::assign_rows`].
pub fn assign_rows(table: Own, rows: IntTensor<Flex>, values: &Own) -> Own {
    let ([_, vocabulary, cols], [_, count, _]) = (dims(&table), dims(values));
    let values = values.to_contiguous();
    let rows = Flex::int_cast(rows, IntDType::I32).to_contiguous();
    let rows: Vec<usize> = rows.storage::<i32>()[rows.layout().start_offset()..][..count].iter().map(|&row| row as usize).collect();
    change(table, |table| {
        for (table, values) in table.chunks_mut(vocabulary * cols).zip(numbers(&values).chunks(count * cols)) {
            for (row, values) in rows.iter().zip(values.chunks(cols)) {
                table[row * cols..][..cols].copy_from_slice(values);
            }
        }
    })
}

fn dims(tensor: &Own) -> [usize; 3] {
    tensor.shape().dims()
}

/// The numbers of a contiguous tensor.
fn numbers(tensor: &Own) -> &[f32] {
    let layout = tensor.layout();
    &tensor.storage::<f32>()[layout.start_offset()..][..layout.num_elements()]
}

/// The same numbers in the order of the shape; the same tensor if they are. (`to_contiguous` would hold it twice, and
/// what is held twice is copied before it is written.)
fn contiguous(tensor: Own) -> Own {
    if tensor.is_contiguous() { tensor } else { tensor.to_contiguous() }
}

/// `tensor` with other numbers; written in place where nobody else holds them.
fn change(tensor: Own, f: impl FnOnce(&mut [f32])) -> Own {
    let mut tensor = contiguous(tensor);
    let (start, count) = (tensor.layout().start_offset(), tensor.layout().num_elements());
    f(&mut tensor.storage_mut::<f32>()[start..][..count]);
    tensor
}

fn make<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Own {
    Flex::float_from_data(TensorData::new(values, shape), &FlexDevice)
}

/// Independent partial sums, so that the compiler can keep them in vector registers; it also rounds less.
const LANES: usize = 32;

fn sum_of_products(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (a_blocks, b_blocks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_blocks.remainder().iter().zip(b_blocks.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_blocks.zip(b_blocks) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// tanh x = −m/(2 + m) with m = e^(−2|x|) − 1, which loses nothing near 0. No branches and no calls, so that loops
/// over it become vector code. Error below 3e-7 of the value (see the test); NaN stays NaN.
#[inline]
fn tanh(x: f32) -> f32 {
    // Beyond this tanh is 1 in f32. Not `max`: that would turn NaN into a number.
    const LEAST: f32 = -20.0;
    // Adding and subtracting 1.5·2²³ rounds to a whole number, which then stands in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let y = -2.0 * x.abs();
    let y = if y < LEAST { LEAST } else { y };

    // y = k ln 2 + r with |r| ≤ ln 2/2; ln 2 in two parts, so that r is exact to the last bits.
    let shifted = y * std::f32::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (y - k * 0.693_359_4) - k * -2.121_944_4e-4;
    // e^r − 1 by its series.
    let series = r * (1.0 + r * (1.0 / 2.0 + r * (1.0 / 6.0 + r * (1.0 / 24.0 + r * (1.0 / 120.0 + r * (1.0 / 720.0 + r / 5040.0))))));
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    // e^y − 1 = 2^k (e^r − 1) + (2^k − 1).
    let m = power * series + (power - 1.0);
    (-m / (2.0 + m)).copysign(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the platform's tanh in f64.
    #[test]
    fn tanh_is_right_to_the_last_bits() {
        let mut x = 1e-6_f32;
        while x < 30.0 {
            for x in [x, -x] {
                let expected = f64::from(x).tanh();
                let error = (f64::from(tanh(x)) - expected).abs() / expected.abs();
                assert!(error < 3e-7, "tanh {x}: {} instead of {expected}", tanh(x));
            }
            x *= 1.01;
        }
        assert_eq!(tanh(0.0).to_bits(), 0.0_f32.to_bits());
        assert_eq!([tanh(f32::INFINITY), tanh(f32::NEG_INFINITY)].map(f32::to_bits), [1.0_f32, -1.0].map(f32::to_bits));
        assert!(tanh(f32::NAN).is_nan());
    }

    #[test]
    fn a_sum_of_products_takes_the_rest_too() {
        let a: Vec<f32> = (0..70).map(|i| i as f32).collect();
        // Σ i² for i below 70: 69·70·139/6.
        assert!((sum_of_products(&a, &a) - 111_895.0).abs() < 0.5);
    }
}
