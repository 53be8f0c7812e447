//! The fused operations on a GPU, in CubeCL: a unit for each vector of numbers, each tile, example or member.
//!
//! Units that have to know their row and member lie on a grid (columns, rows, members), and need not divide.
//! Kernels that go over all weights take them by vectors: four numbers where rows come in fours, else one.

#![expect(clippy::needless_pass_by_value, reason = "kernels take their numbers by value")]

mod product;

use burn::backend::Cube as Gpu;
use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::{DType, Shape};
use burn_cubecl::cubecl::{self, CubeCount, CubeDim, calculate_cube_count_elemwise, client::Client, prelude::*};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;

use self::product::Finish;
use super::{AdamW, BETA, EPSILON, Fused, Momentum, Sgd};
use crate::shares::Uploaded;
use crate::weighting::LEAST_S;

type Own = FloatTensor<Gpu>;

/// Units that add up one member together.
const TEAM: usize = 256;

/// Columns of a row for which a unit looks an entry up once.
const COLUMNS: usize = 8;

/// Numbers in a vector, for rows of `cols` numbers.
fn vector_size(cols: usize) -> usize {
    if cols.is_multiple_of(4) { 4 } else { 1 }
}

impl Fused for Gpu {
    fn product(a: Own, b: Own) -> Own {
        product::product(a, b, None, Finish::Nothing)
    }

    fn dense_tanh(x: Own, weight: Own, bias: Own) -> Own {
        product::product(x, weight, Some(bias), Finish::BiasAndTanh)
    }

    fn tanh_backward(d: Own, transposed: Own, tanh: Own) -> Own {
        product::product(d, transposed, Some(tanh), Finish::SlopeOfTanh)
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
        product::product_and_sums(Self::float_swap_dims(x, 1, 2), d)
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

    fn head_weights(hidden: Own, logits: Own, one_hot: Own) -> Own {
        let [members, batch, _] = logits.shape().dims();
        let out = like(&logits, Shape::new([members, batch]));
        let (count, dim) = one_unit_each(&out, members * batch);
        head_weights_kernel::launch(&out.client, count, dim, arg(hidden), arg(logits), arg(one_hot), arg(out.clone()), LEAST_S);
        out
    }

    fn both_sides(w: Own, xi: Own, r: Own) -> Own {
        let [members, rows, cols] = w.shape().dims();
        let out = like(&w, Shape::new([2 * members, rows, cols]));
        let size = vector_size(cols);
        let (count, dim) = grid(cols / size, rows, members);
        both_sides_kernel::launch(&out.client, count, dim, size, arg(w), arg(xi), arg(r), arg(out.clone()));
        out
    }

    fn second_difference(sides: Own, middle: Own, r: Own) -> Own {
        let (out, count, dim) = alike(&middle);
        second_difference_kernel::launch(&out.client, count, dim, arg(sides), arg(middle), arg(r), arg(out.clone()));
        out
    }

    fn add_scaled(a: Own, b: Own, factor: Own) -> Own {
        let (out, count, dim) = alike(&a);
        add_scaled_kernel::launch(&out.client, count, dim, arg(a), arg(b), arg(factor), arg(out.clone()));
        out
    }
}

/// See [`super::sgd`].
pub(crate) fn sgd(w: [Own; 1], g: Own, at: Option<Rows>, rule: Sgd) -> [Own; 1] {
    let [rate, decay] = [rule.rate, rule.decay].map(|number| number as f32);
    let tables = w.map(to_write);
    let Update { client, count, dim, size, g, rows, at_rows } = Update::of(g, at);
    let [w] = args(&tables);
    sgd_kernel::launch(&client, count, dim, size, w, g, rows, rate, decay, at_rows);
    tables
}

/// See [`super::momentum`].
pub(crate) fn momentum(w_v: [Own; 2], g: Own, at: Option<Rows>, rule: Momentum) -> [Own; 2] {
    let [rate, decay, mu] = [rule.rate, rule.decay, rule.mu].map(|number| number as f32);
    let tables = w_v.map(to_write);
    let Update { client, count, dim, size, g, rows, at_rows } = Update::of(g, at);
    let [w, v] = args(&tables);
    momentum_kernel::launch(&client, count, dim, size, w, v, g, rows, rate, decay, mu, at_rows);
    tables
}

/// See [`super::adam_w`].
pub(crate) fn adam_w(w_m: [Own; 3], g: Own, at: Option<Rows>, rule: AdamW) -> [Own; 3] {
    let ([beta_1, beta_2], [correction_1, correction_2]) = (BETA, rule.correction());
    let tables = w_m.map(to_write);
    let Update { client, count, dim, size, g, rows, at_rows } = Update::of(g, at);
    let numbers = AdamWNumbersLaunch::new(rule.rate as f32, rule.keep(), beta_1, beta_2, correction_1, correction_2, EPSILON);
    let [w, first, second] = args(&tables);
    adam_w_kernel::launch(&client, count, dim, size, w, first, second, g, rows, numbers, at_rows);
    tables
}

type Rows = IntTensor<Gpu>;

/// What the optimizers' launches have in common: a unit for each vector of the gradient.
struct Update {
    client: Client,
    count: CubeCount,
    dim: CubeDim,
    /// Numbers in a vector.
    size: usize,
    g: TensorArg,
    rows: TensorArg,
    at_rows: bool,
}

impl Update {
    fn of(g: Own, at: Option<Rows>) -> Self {
        let [members, rows, cols] = g.shape().dims();
        let size = vector_size(cols);
        let (count, dim) = grid(cols / size, rows, members);
        let at_rows = at.is_some();
        // Without rows their place is taken by something that is not read.
        let rows = at.map_or_else(|| arg(g.clone()), arg);
        Self { client: g.client.clone(), count, dim, size, g: arg(g), rows, at_rows }
    }
}

/// `tensor`, which nobody else sees when it is written.
fn to_write(tensor: Own) -> Own {
    let tensor = into_contiguous(tensor);
    if tensor.can_mut() { tensor } else { tensor.copy() }
}

fn args<const K: usize>(tables: &[Own; K]) -> [TensorArg; K] {
    tables.each_ref().map(|table| table.clone().into_tensor_arg())
}

/// See [`crate::shares::Shares::means`].
pub(crate) fn means(table: Own, texts: usize, shares: &Uploaded) -> Own {
    let [members, _, dim] = table.shape().dims();
    let out = like(&table, Shape::new([members, texts, dim]));
    let (count, cube) = grid(dim.div_ceil(COLUMNS), texts, members);
    let entries = (arg(shares.by_text.clone()), arg(shares.shares_by_text.clone()));
    means_kernel::launch(&out.client, count, cube, arg(table), entries.0, entries.1, arg(out.clone()));
    out
}

/// See [`crate::shares::Shares::spread`].
pub(crate) fn spread(v: Own, rows: usize, shares: &Uploaded) -> Own {
    let [members, _, dim] = v.shape().dims();
    let out = like(&v, Shape::new([members, rows, dim]));
    launch_spread(&out, v, 1.0, rows, shares, false);
    out
}

/// See [`crate::shares::Shares::add_spread`].
pub(crate) fn add_spread(table: Own, v: Own, factor: f32, rows: usize, shares: &Uploaded) -> Own {
    let table = to_write(table);
    launch_spread(&table, v, factor, rows, shares, true);
    table
}

fn launch_spread(out: &Own, v: Own, factor: f32, rows: usize, shares: &Uploaded, adds: bool) {
    let [members, _, dim] = v.shape().dims();
    let (count, cube) = grid(dim.div_ceil(COLUMNS), rows, members);
    let entries = (arg(shares.by_row.clone()), arg(shares.shares_by_row.clone()));
    let sums = out.clone().into_tensor_arg();
    spread_kernel::launch(&out.client, count, cube, arg(v), entries.0, entries.1, sums, factor, rows, adds);
}

/// See [`super::dot`]. A launch for each pair, which adds to the sum so far.
pub(crate) fn dot(pairs: impl Iterator<Item = [Own; 2]>) -> Own {
    let add = |sum: Option<Own>, [a, b]: [Own; 2]| {
        let [members, _, _] = a.shape().dims();
        let out = like(&a, Shape::new([members, 1, 1]));
        let (count, dim) = (CubeCount::new_1d(members as u32), CubeDim::new_1d(TEAM as u32));
        let adds = sum.is_some();
        // Without a sum its place is taken by something that is not read.
        let sum = sum.unwrap_or_else(|| a.clone());
        dot_kernel::launch(&out.client, count, dim, arg(sum), arg(a), arg(b), arg(out.clone()), adds);
        Some(out)
    };
    pairs.fold(None, add).expect("at least one pair")
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

/// Units on a grid; those over its edges have nothing to do.
fn grid(across: usize, down: usize, members: usize) -> (CubeCount, CubeDim) {
    const SIDE: usize = 8;
    let count = [across.div_ceil(SIDE), down.div_ceil(SIDE), members].map(|count| count as u32);
    (CubeCount::new_3d(count[0], count[1], count[2]), CubeDim::new_2d(SIDE as u32, SIDE as u32))
}

fn one_unit_each(tensor: &Own, count: usize) -> (CubeCount, CubeDim) {
    let dim = CubeDim::new(&tensor.client, count);
    (calculate_cube_count_elemwise(&tensor.client, count, dim), dim)
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

/// A unit for each example.
#[cube(launch)]
fn head_weights_kernel(hidden: &Tensor<f32>, logits: &Tensor<f32>, one_hot: &Tensor<f32>, out: &mut Tensor<f32>, least_s: f32) {
    if ABSOLUTE_POS < out.len() {
        let (width, classes) = (hidden.shape(2), logits.shape(2));
        let begin = ABSOLUTE_POS * classes;
        let label_begin = begin % one_hot.len();
        let mut square = 1.0f32;
        for i in 0..width {
            let value = hidden[ABSOLUTE_POS * width + i];
            square += value * value;
        }
        let mut largest = logits[begin];
        for class in 1..classes {
            if logits[begin + class] > largest {
                largest = logits[begin + class];
            }
        }
        let mut sum = 0.0f32;
        let mut sum_others = 0.0f32;
        let mut squares_others = 0.0f32;
        for class in 0..classes {
            let exp = (logits[begin + class] - largest).exp();
            sum += exp;
            sum_others += exp * (1.0 - one_hot[label_begin + class]);
        }
        let s = sum_others / sum;
        let mut divisor = s;
        if divisor < least_s {
            divisor = least_s;
        }
        for class in 0..classes {
            let exp = (logits[begin + class] - largest).exp();
            let t = exp / sum * (1.0 - one_hot[label_begin + class]) / divisor;
            squares_others += t * t;
        }
        out[ABSOLUTE_POS] = square.sqrt() * (2.0 - (squares_others + 1.0) * s) / (squares_others + 1.0).sqrt();
    }
}

/// Which vector of a tensor of `rows` rows of `cols` vectors this unit on its grid has.
#[cube]
fn place_on_grid(rows: usize, cols: usize) -> usize {
    let (row, col, member) = (ABSOLUTE_POS_Y as usize, ABSOLUTE_POS_X as usize, ABSOLUTE_POS_Z as usize);
    (member * rows + row) * cols + col
}

/// Whether this unit on its grid has anything to do.
#[cube]
fn is_on_grid(rows: usize, cols: usize) -> bool {
    (ABSOLUTE_POS_Y as usize) < rows && (ABSOLUTE_POS_X as usize) < cols
}

/// A unit for each vector of weights.
#[cube(launch)]
fn both_sides_kernel<N: Size>(w: &Tensor<Vector<f32, N>>, xi: &Tensor<Vector<f32, N>>, r: &Tensor<f32>, out: &mut Tensor<Vector<f32, N>>) {
    let (rows, cols) = (w.shape(1), w.shape(2) / N::value());
    if is_on_grid(rows, cols) {
        let place = place_on_grid(rows, cols);
        let away = Vector::new(r[ABSOLUTE_POS_Z as usize]) * xi[place];
        out[place] = w[place] + away;
        out[w.len() + place] = w[place] - away;
    }
}

#[cube(launch)]
fn second_difference_kernel(sides: &Tensor<f32>, middle: &Tensor<f32>, r: &Tensor<f32>, out: &mut Tensor<f32>) {
    if ABSOLUTE_POS < out.len() {
        let middle = middle[ABSOLUTE_POS];
        let r = r[ABSOLUTE_POS / out.shape(1)];
        out[ABSOLUTE_POS] = ((sides[ABSOLUTE_POS] - middle) + (sides[out.len() + ABSOLUTE_POS] - middle)) / (r * r);
    }
}

#[cube(launch)]
fn add_scaled_kernel(a: &Tensor<f32>, b: &Tensor<f32>, factor: &Tensor<f32>, out: &mut Tensor<f32>) {
    if ABSOLUTE_POS < out.len() {
        let member = ABSOLUTE_POS / (a.shape(1) * a.shape(2));
        out[ABSOLUTE_POS] = a[ABSOLUTE_POS] + factor[member % factor.len()] * b[ABSOLUTE_POS];
    }
}

/// Where in a table of `table_rows` rows of `cols` vectors the vector of its gradient belongs that this unit has.
#[cube]
fn place_in(table_rows: usize, cols: usize, rows: &Tensor<i32>, #[comptime] at_rows: bool) -> usize {
    let (row, col, member) = (ABSOLUTE_POS_Y as usize, ABSOLUTE_POS_X as usize, ABSOLUTE_POS_Z as usize);
    if comptime!(at_rows) { (member * table_rows + usize::cast_from(rows[row])) * cols + col } else { place_on_grid(table_rows, cols) }
}

#[cube(launch)]
fn sgd_kernel<N: Size>(
    w: &mut Tensor<Vector<f32, N>>,
    g: &Tensor<Vector<f32, N>>,
    rows: &Tensor<i32>,
    rate: f32,
    decay: f32,
    #[comptime] at_rows: bool,
) {
    let cols = g.shape(2) / N::value();
    if is_on_grid(g.shape(1), cols) {
        let place = place_in(w.shape(1), cols, rows, at_rows);
        let value = w[place];
        w[place] = value - Vector::new(rate) * (g[place_on_grid(g.shape(1), cols)] + Vector::new(decay) * value);
    }
}

#[cube(launch)]
fn momentum_kernel<N: Size>(
    w: &mut Tensor<Vector<f32, N>>,
    velocity: &mut Tensor<Vector<f32, N>>,
    g: &Tensor<Vector<f32, N>>,
    rows: &Tensor<i32>,
    rate: f32,
    decay: f32,
    mu: f32,
    #[comptime] at_rows: bool,
) {
    let cols = g.shape(2) / N::value();
    if is_on_grid(g.shape(1), cols) {
        let place = place_in(w.shape(1), cols, rows, at_rows);
        let value = w[place];
        let slope = g[place_on_grid(g.shape(1), cols)] + Vector::new(decay) * value;
        let moved = Vector::new(mu) * velocity[place] + slope;
        velocity[place] = moved;
        w[place] = value - Vector::new(rate) * moved;
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
fn adam_w_kernel<N: Size>(
    w: &mut Tensor<Vector<f32, N>>,
    moment_1: &mut Tensor<Vector<f32, N>>,
    moment_2: &mut Tensor<Vector<f32, N>>,
    g: &Tensor<Vector<f32, N>>,
    rows: &Tensor<i32>,
    numbers: AdamWNumbers,
    #[comptime] at_rows: bool,
) {
    let cols = g.shape(2) / N::value();
    if is_on_grid(g.shape(1), cols) {
        let place = place_in(w.shape(1), cols, rows, at_rows);
        let slope = g[place_on_grid(g.shape(1), cols)];
        let first = Vector::new(numbers.beta_1) * moment_1[place] + Vector::new(1.0 - numbers.beta_1) * slope;
        let second = Vector::new(numbers.beta_2) * moment_2[place] + Vector::new(1.0 - numbers.beta_2) * slope * slope;
        moment_1[place] = first;
        moment_2[place] = second;
        let root = (second / Vector::new(numbers.correction_2)).sqrt() + Vector::new(numbers.epsilon);
        w[place] = Vector::new(numbers.keep) * w[place] - Vector::new(numbers.rate) * (first / Vector::new(numbers.correction_1)) / root;
    }
}

#[cube]
fn clamp_max(i: usize, largest: usize) -> usize {
    if i < largest { i } else { largest }
}

/// A unit for eight columns of each mean: neighbours take neighbouring columns, and each looks an entry up once.
#[cube(launch)]
fn means_kernel(table: &Tensor<f32>, by_text: &Tensor<i32>, shares: &Tensor<f32>, out: &mut Tensor<f32>) {
    let (text, first, member) = (ABSOLUTE_POS_Y as usize, ABSOLUTE_POS_X as usize, ABSOLUTE_POS_Z as usize);
    let (texts, dim) = (out.shape(1), out.shape(2));
    let apart = dim.div_ceil(COLUMNS);
    if text < texts && first < apart {
        let begin = member * table.shape(1) * dim;
        let mut sums = Array::<f32>::new(COLUMNS);
        #[unroll]
        for i in 0..COLUMNS {
            sums[i] = 0.0;
        }
        for entry in usize::cast_from(by_text[text])..usize::cast_from(by_text[text + 1]) {
            let (share, row) = (shares[entry], begin + usize::cast_from(by_text[texts + 1 + entry]) * dim);
            #[unroll]
            for i in 0..COLUMNS {
                sums[i] += share * table[row + clamp_max(first + i * apart, dim - 1)];
            }
        }
        #[unroll]
        for i in 0..COLUMNS {
            let col = first + i * apart;
            if col < dim {
                out[(member * texts + text) * dim + col] = sums[i];
            }
        }
    }
}

/// A unit for eight columns of each row that the batch touches. `adds` to a whole table, or writes the rows alone.
#[cube(launch)]
fn spread_kernel(
    v: &Tensor<f32>,
    by_row: &Tensor<i32>,
    shares: &Tensor<f32>,
    out: &mut Tensor<f32>,
    factor: f32,
    rows: usize,
    #[comptime] adds: bool,
) {
    let (row, first, member) = (ABSOLUTE_POS_Y as usize, ABSOLUTE_POS_X as usize, ABSOLUTE_POS_Z as usize);
    let (texts, dim) = (v.shape(1), v.shape(2));
    let apart = dim.div_ceil(COLUMNS);
    if row < rows && first < apart {
        let mut sums = Array::<f32>::new(COLUMNS);
        #[unroll]
        for i in 0..COLUMNS {
            sums[i] = 0.0;
        }
        for entry in usize::cast_from(by_row[row])..usize::cast_from(by_row[row + 1]) {
            let text = (member * texts + usize::cast_from(by_row[2 * rows + 1 + entry])) * dim;
            let share = shares[entry];
            #[unroll]
            for i in 0..COLUMNS {
                sums[i] += share * v[text + clamp_max(first + i * apart, dim - 1)];
            }
        }
        let mut begin = (member * rows + row) * dim;
        if comptime!(adds) {
            begin = (member * out.shape(1) + usize::cast_from(by_row[rows + 1 + row])) * dim;
        }
        #[unroll]
        for i in 0..COLUMNS {
            let col = first + i * apart;
            if col < dim {
                if comptime!(adds) {
                    out[begin + col] += factor * sums[i];
                } else {
                    out[begin + col] = sums[i];
                }
            }
        }
    }
}
