//! The fused operations on a GPU, in CubeCL: a unit for each number, each row or each member.

#![expect(clippy::needless_pass_by_value, reason = "kernels take their numbers by value")]

use burn::backend::Cube as Gpu;
use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::tensor::{DType, Shape};
use burn_cubecl::cubecl::{self, CubeCount, CubeDim, calculate_cube_count_elemwise, prelude::*};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;

use super::{AdamW, BETA, EPSILON, Fused, Momentum};
use crate::shares::Uploaded;

type Own = FloatTensor<Gpu>;

/// Units that add up one member together.
const TEAM: usize = 256;

impl Fused for Gpu {
    // Burn's tiled products, then one launch for what is around them: a unit for each number of a product, with
    // bias and tanh in the same launch, took 1.4 times as long on software Vulkan.
    fn dense_tanh(x: Own, weight: Own, bias: Own) -> Own {
        let scores = Self::float_matmul(x, weight);
        let (out, count, dim) = alike(&scores);
        bias_tanh_kernel::launch(&out.client, count, dim, arg(scores), arg(bias), arg(out.clone()));
        out
    }

    fn tanh_backward(d: Own, transposed: Own, tanh: Own) -> Own {
        let slope = Self::float_matmul(d, transposed);
        let (out, count, dim) = alike(&slope);
        tanh_backward_kernel::launch(&out.client, count, dim, arg(slope), arg(tanh), arg(out.clone()));
        out
    }

    fn softmax(scores: Own, bias: Own, one_hot: Own) -> (Own, Own, Own) {
        let [members, batch, _] = scores.shape().dims();
        let (logits, error) = (like(&scores, scores.shape()), like(&scores, scores.shape()));
        let losses = like(&scores, Shape::new([members, batch]));
        let (count, dim) = one_unit_each(&losses, members * batch);
        let outputs = (arg(logits.clone()), arg(losses.clone()), arg(error.clone()));
        softmax_kernel::launch(&losses.client, count, dim, arg(scores), arg(bias), arg(one_hot), outputs.0, outputs.1, outputs.2);
        (logits, losses, error)
    }

    fn outer(x: Own, d: Own) -> (Own, Own) {
        let ([_, _, rows], [members, _, cols]): ([usize; 3], [usize; 3]) = (x.shape().dims(), d.shape().dims());
        let (weight, bias) = (like(&d, Shape::new([members, rows, cols])), like(&d, Shape::new([members, 1, cols])));
        let (count, dim) = one_unit_each(&d, members * rows * cols);
        outer_kernel::launch(&bias.client, count, dim, arg(x), arg(d), arg(weight.clone()), arg(bias.clone()));
        (weight, bias)
    }

    fn dot(a: Own, b: Own) -> Own {
        launch_dot(None, a, b)
    }

    fn add_dot(sum: Own, a: Own, b: Own) -> Own {
        launch_dot(Some(sum), a, b)
    }

    fn over_norm(length: Own, norm: Own, least: f32) -> Own {
        let (out, count, dim) = alike(&norm);
        over_norm_kernel::launch(&out.client, count, dim, arg(length), arg(norm), arg(out.clone()), least);
        out
    }

    fn normalise(raw: Own) -> (Own, Own) {
        let [members, _] = raw.shape().dims();
        let (p, fell_back) = (like(&raw, raw.shape()), like(&raw, Shape::new([members])));
        let (count, dim) = one_unit_each(&fell_back, members);
        normalise_kernel::launch(&p.client, count, dim, arg(raw), arg(p.clone()), arg(fell_back.clone()));
        (p, fell_back)
    }

    fn add_scaled(a: Own, b: Own, factor: Own) -> Own {
        let (out, count, dim) = alike(&a);
        add_scaled_kernel::launch(&out.client, count, dim, arg(a), arg(b), arg(factor), arg(out.clone()));
        out
    }

    fn sgd(w: Own, g: Own, rate: f32, decay: f32) -> Own {
        let (out, count, dim) = alike(&w);
        sgd_kernel::launch(&out.client, count, dim, arg(w), arg(g), arg(out.clone()), rate, decay);
        out
    }

    fn momentum(w: Own, g: Own, velocity: Own, rule: Momentum) -> (Own, Own) {
        let ((out, count, dim), out_velocity) = (alike(&w), like(&w, w.shape()));
        let outputs = (arg(out.clone()), arg(out_velocity.clone()));
        let [rate, decay, mu] = [rule.rate, rule.decay, rule.mu].map(|number| number as f32);
        momentum_kernel::launch(&out.client, count, dim, arg(w), arg(g), arg(velocity), outputs.0, outputs.1, rate, decay, mu);
        (out, out_velocity)
    }

    fn adam_w(w: Own, g: Own, moment_1: Own, moment_2: Own, rule: AdamW) -> (Own, Own, Own) {
        let outputs = [like(&w, w.shape()), like(&w, w.shape()), like(&w, w.shape())];
        let (count, dim) = one_unit_each(&w, w.shape().num_elements());
        let [out, out_1, out_2] = outputs.each_ref().map(|output| arg(output.clone()));
        let ([beta_1, beta_2], [correction_1, correction_2]) = (BETA, rule.correction());
        let client = w.client.clone();
        let numbers = AdamWNumbersLaunch::new(rule.rate as f32, rule.keep(), beta_1, beta_2, correction_1, correction_2, EPSILON);
        adam_w_kernel::launch(&client, count, dim, arg(w), arg(g), arg(moment_1), arg(moment_2), out, out_1, out_2, numbers);
        let [w, moment_1, moment_2] = outputs;
        (w, moment_1, moment_2)
    }
}

/// See [`crate::shares::Shares::means`].
pub(crate) fn means(table: Own, texts: usize, shares: &Uploaded) -> Own {
    let [members, _, dim] = table.shape().dims();
    let out = like(&table, Shape::new([members, texts, dim]));
    let (count, cube) = one_unit_each(&out, members * texts * dim);
    let entries = (arg(shares.by_text.clone()), arg(shares.shares_by_text.clone()));
    means_kernel::launch(&out.client, count, cube, arg(table), entries.0, entries.1, arg(out.clone()));
    out
}

/// See [`crate::shares::Shares::spread`].
pub(crate) fn spread(v: Own, rows: usize, shares: &Uploaded) -> Own {
    let [members, _, dim] = v.shape().dims();
    let out = like(&v, Shape::new([members, rows, dim]));
    launch_spread(&out, v, rows, shares, false);
    out
}

/// See [`crate::shares::Shares::add_spread`].
pub(crate) fn add_spread(table: Own, v: Own, rows: usize, shares: &Uploaded) -> Own {
    let table = into_contiguous(table);
    let table = if table.can_mut() { table } else { table.copy() };
    launch_spread(&table, v, rows, shares, true);
    table
}

fn launch_spread(out: &Own, v: Own, rows: usize, shares: &Uploaded, adds: bool) {
    let [members, _, dim] = v.shape().dims();
    let (count, cube) = one_unit_each(out, members * rows * dim);
    let entries = (arg(shares.by_row.clone()), arg(shares.shares_by_row.clone()));
    spread_kernel::launch(&out.client, count, cube, arg(v), entries.0, entries.1, out.clone().into_tensor_arg(), rows, adds);
}

fn launch_dot(sum: Option<Own>, a: Own, b: Own) -> Own {
    let [members, _, _] = a.shape().dims();
    let out = like(&a, Shape::new([members, 1, 1]));
    let (count, dim) = (CubeCount::new_1d(members as u32), CubeDim::new_1d(TEAM as u32));
    let adds = sum.is_some();
    // Without a sum its place is taken by something that is not read.
    let sum = sum.unwrap_or_else(|| a.clone());
    dot_kernel::launch(&out.client, count, dim, arg(sum), arg(a), arg(b), arg(out.clone()), adds);
    out
}

/// A tensor yet to be written, on the device of `tensor`.
fn like(tensor: &Own, shape: Shape) -> Own {
    empty_device_contiguous_dtype(tensor.client.clone(), tensor.device.clone(), shape, DType::F32)
}

/// A tensor shaped like `tensor`, yet to be written, and a unit for each of its numbers.
fn alike(tensor: &Own) -> (Own, CubeCount, CubeDim) {
    let out = like(tensor, tensor.shape());
    let (count, dim) = one_unit_each(&out, out.shape().num_elements());
    (out, count, dim)
}

fn arg(tensor: Own) -> TensorArg {
    into_contiguous(tensor).into_tensor_arg()
}

fn one_unit_each(tensor: &Own, count: usize) -> (CubeCount, CubeDim) {
    let dim = CubeDim::new(&tensor.client, count);
    (calculate_cube_count_elemwise(&tensor.client, count, dim), dim)
}

#[cube(launch)]
fn bias_tanh_kernel(scores: &Tensor<f32>, bias: &Tensor<f32>, out: &mut Tensor<f32>) {
    if ABSOLUTE_POS < out.len() {
        let (rows, cols) = (scores.shape(1), scores.shape(2));
        let bias_row = ABSOLUTE_POS / (rows * cols) * bias.shape(1) + ABSOLUTE_POS / cols % bias.shape(1);
        out[ABSOLUTE_POS] = (scores[ABSOLUTE_POS] + bias[bias_row * cols + ABSOLUTE_POS % cols]).tanh();
    }
}

#[cube(launch)]
fn tanh_backward_kernel(slope: &Tensor<f32>, tanh: &Tensor<f32>, out: &mut Tensor<f32>) {
    if ABSOLUTE_POS < out.len() {
        let tanh = tanh[ABSOLUTE_POS];
        out[ABSOLUTE_POS] = slope[ABSOLUTE_POS] * (1.0 - tanh * tanh);
    }
}

/// A unit for each example.
#[cube(launch)]
fn softmax_kernel(
    scores: &Tensor<f32>,
    bias: &Tensor<f32>,
    one_hot: &Tensor<f32>,
    logits: &mut Tensor<f32>,
    losses: &mut Tensor<f32>,
    error: &mut Tensor<f32>,
) {
    if ABSOLUTE_POS < losses.len() {
        let classes = scores.shape(2);
        let begin = ABSOLUTE_POS * classes;
        let bias_begin = ABSOLUTE_POS / scores.shape(1) * classes;
        let label_begin = begin % one_hot.len();

        let mut largest = scores[begin] + bias[bias_begin];
        for class in 0..classes {
            let logit = scores[begin + class] + bias[bias_begin + class];
            logits[begin + class] = logit;
            if logit > largest {
                largest = logit;
            }
        }
        let mut sum = 0.0f32;
        let mut at_label = 0.0f32;
        for class in 0..classes {
            let shifted = logits[begin + class] - largest;
            let exp = shifted.exp();
            error[begin + class] = exp;
            sum += exp;
            at_label += shifted * one_hot[label_begin + class];
        }
        losses[ABSOLUTE_POS] = sum.ln() - at_label;
        for class in 0..classes {
            error[begin + class] = error[begin + class] / sum - one_hot[label_begin + class];
        }
    }
}

/// A unit for each weight; those of the first row add up the bias too.
#[cube(launch)]
fn outer_kernel(x: &Tensor<f32>, d: &Tensor<f32>, weight: &mut Tensor<f32>, bias: &mut Tensor<f32>) {
    if ABSOLUTE_POS < weight.len() {
        let (batch, rows, cols) = (d.shape(1), x.shape(2), d.shape(2));
        let member = ABSOLUTE_POS / (rows * cols);
        let row = ABSOLUTE_POS / cols % rows;
        let col = ABSOLUTE_POS % cols;
        let x_begin = member * batch * rows % x.len();
        let d_begin = member * batch * cols;
        let mut sum = 0.0f32;
        let mut sum_d = 0.0f32;
        for example in 0..batch {
            let value = d[d_begin + example * cols + col];
            sum += x[x_begin + example * rows + row] * value;
            sum_d += value;
        }
        weight[ABSOLUTE_POS] = sum;
        if row == 0 {
            bias[member * cols + col] = sum_d;
        }
    }
}

/// A team for each member.
#[cube(launch)]
fn dot_kernel(known: &Tensor<f32>, a: &Tensor<f32>, b: &Tensor<f32>, out: &mut Tensor<f32>, #[comptime] adds: bool) {
    let count = a.shape(1) * a.shape(2);
    let begin = CUBE_POS * count;
    let unit = UNIT_POS as usize;
    let mut sums = Shared::<[f32]>::new_slice(TEAM);
    let mut sum = 0.0f32;
    let mut place = unit;
    while place < count {
        sum += a[begin + place] * b[begin + place];
        place += TEAM;
    }
    sums[unit] = sum;
    sync_cube();
    let mut half = (TEAM / 2).runtime();
    while half > 0 {
        if unit < half {
            sums[unit] += sums[unit + half];
        }
        sync_cube();
        half /= 2;
    }
    if unit == 0 {
        if comptime!(adds) {
            out[CUBE_POS] = known[CUBE_POS] + sums[0];
        } else {
            out[CUBE_POS] = sums[0];
        }
    }
}

#[cube(launch)]
fn over_norm_kernel(length: &Tensor<f32>, norm: &Tensor<f32>, out: &mut Tensor<f32>, least: f32) {
    if ABSOLUTE_POS < out.len() {
        let norm = norm[ABSOLUTE_POS];
        if norm < least {
            out[ABSOLUTE_POS] = 0.0;
        } else {
            out[ABSOLUTE_POS] = length[ABSOLUTE_POS] / norm;
        }
    }
}

/// A unit for each row: batches are small.
#[cube(launch)]
fn normalise_kernel(raw: &Tensor<f32>, p: &mut Tensor<f32>, fell_back: &mut Tensor<f32>) {
    if ABSOLUTE_POS < fell_back.len() {
        let n = raw.shape(1);
        let begin = ABSOLUTE_POS * n;
        let mut sum = 0.0f32;
        for i in 0..n {
            sum += raw[begin + i];
        }
        if sum > 0.0 && sum < f32::MAX {
            fell_back[ABSOLUTE_POS] = 0.0;
            for i in 0..n {
                p[begin + i] = raw[begin + i] / sum;
            }
        } else {
            fell_back[ABSOLUTE_POS] = 1.0;
            for i in 0..n {
                p[begin + i] = 1.0 / f32::cast_from(n);
            }
        }
    }
}

#[cube(launch)]
fn add_scaled_kernel(a: &Tensor<f32>, b: &Tensor<f32>, factor: &Tensor<f32>, out: &mut Tensor<f32>) {
    if ABSOLUTE_POS < out.len() {
        let member = ABSOLUTE_POS / (a.shape(1) * a.shape(2));
        out[ABSOLUTE_POS] = a[ABSOLUTE_POS] + factor[member % factor.len()] * b[ABSOLUTE_POS];
    }
}

#[cube(launch)]
fn sgd_kernel(w: &Tensor<f32>, g: &Tensor<f32>, out: &mut Tensor<f32>, rate: f32, decay: f32) {
    if ABSOLUTE_POS < out.len() {
        let value = w[ABSOLUTE_POS];
        out[ABSOLUTE_POS] = value - rate * (g[ABSOLUTE_POS] + decay * value);
    }
}

#[cube(launch)]
fn momentum_kernel(
    w: &Tensor<f32>,
    g: &Tensor<f32>,
    velocity: &Tensor<f32>,
    out: &mut Tensor<f32>,
    out_velocity: &mut Tensor<f32>,
    rate: f32,
    decay: f32,
    mu: f32,
) {
    if ABSOLUTE_POS < out.len() {
        let value = w[ABSOLUTE_POS];
        let moved = mu * velocity[ABSOLUTE_POS] + (g[ABSOLUTE_POS] + decay * value);
        out_velocity[ABSOLUTE_POS] = moved;
        out[ABSOLUTE_POS] = value - rate * moved;
    }
}

/// [`AdamW`] and what follows from it, for the device.
#[derive(CubeType, CubeLaunch)]
struct AdamWNumbers {
    rate: f32,
    keep: f32,
    beta_1: f32,
    beta_2: f32,
    correction_1: f32,
    correction_2: f32,
    epsilon: f32,
}

#[cube(launch)]
fn adam_w_kernel(
    w: &Tensor<f32>,
    g: &Tensor<f32>,
    moment_1: &Tensor<f32>,
    moment_2: &Tensor<f32>,
    out: &mut Tensor<f32>,
    out_1: &mut Tensor<f32>,
    out_2: &mut Tensor<f32>,
    numbers: AdamWNumbers,
) {
    if ABSOLUTE_POS < out.len() {
        let slope = g[ABSOLUTE_POS];
        let first = numbers.beta_1 * moment_1[ABSOLUTE_POS] + (1.0 - numbers.beta_1) * slope;
        let second = numbers.beta_2 * moment_2[ABSOLUTE_POS] + (1.0 - numbers.beta_2) * slope * slope;
        out_1[ABSOLUTE_POS] = first;
        out_2[ABSOLUTE_POS] = second;
        let root = (second / numbers.correction_2).sqrt() + numbers.epsilon;
        out[ABSOLUTE_POS] = numbers.keep * w[ABSOLUTE_POS] - numbers.rate * (first / numbers.correction_1) / root;
    }
}

/// A unit for each number of the means.
#[cube(launch)]
fn means_kernel(table: &Tensor<f32>, by_text: &Tensor<i32>, shares: &Tensor<f32>, out: &mut Tensor<f32>) {
    if ABSOLUTE_POS < out.len() {
        let (texts, dim) = (out.shape(1), out.shape(2));
        let member = ABSOLUTE_POS / (texts * dim);
        let text = ABSOLUTE_POS / dim % texts;
        let begin = member * table.shape(1) * dim + ABSOLUTE_POS % dim;
        let mut sum = 0.0f32;
        for entry in usize::cast_from(by_text[text])..usize::cast_from(by_text[text + 1]) {
            sum += shares[entry] * table[begin + usize::cast_from(by_text[texts + 1 + entry]) * dim];
        }
        out[ABSOLUTE_POS] = sum;
    }
}

/// A unit for each number of the rows that the batch touches. `adds` to a whole table, or writes the rows alone.
#[cube(launch)]
fn spread_kernel(v: &Tensor<f32>, by_row: &Tensor<i32>, shares: &Tensor<f32>, out: &mut Tensor<f32>, rows: usize, #[comptime] adds: bool) {
    let (texts, dim) = (v.shape(1), v.shape(2));
    if ABSOLUTE_POS < v.shape(0) * rows * dim {
        let member = ABSOLUTE_POS / (rows * dim);
        let row = ABSOLUTE_POS / dim % rows;
        let col = ABSOLUTE_POS % dim;
        let mut sum = 0.0f32;
        for entry in usize::cast_from(by_row[row])..usize::cast_from(by_row[row + 1]) {
            let text = usize::cast_from(by_row[2 * rows + 1 + entry]);
            sum += shares[entry] * v[(member * texts + text) * dim + col];
        }
        if comptime!(adds) {
            let place = (member * out.shape(1) + usize::cast_from(by_row[rows + 1 + row])) * dim + col;
            out[place] += sum;
        } else {
            out[ABSOLUTE_POS] = sum;
        }
    }
}
