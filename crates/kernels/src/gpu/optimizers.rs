//! A step of an optimizer, a unit for each vector of the largest gradient.

use burn::backend::Cube;
use burn::backend::TensorMetadata;
use burn::backend::tensor::IntTensor;
use burn_cubecl::cubecl::{self, CubeCount, CubeDim, client::Client, prelude::*};

use super::launch::{BUFFERS, Own, arg, one_unit_each, sequence, to_write, to_write_by_row, vector_size};
use crate::rules::{AdamW, BETA, EPSILON, Momentum, Sgd};

/// See [`crate::optimizers::Moved`].
pub struct Moved<const K: usize> {
    pub tables: [Own; K],
    pub g: Own,
    pub at: Option<IntTensor<Cube>>,
}

/// See [`crate::optimizers::sgd`].
pub fn sgd(leaves: Vec<Moved<1>>, rule: Sgd) -> Vec<[Own; 1]> {
    let [rate, decay] = [rule.rate, rule.decay].map(|number| number as f32);
    update(leaves, |Launch { client, count, dim, size, tables: [w], g, rows }| {
        sgd_kernel::launch(&client, count, dim, size, sequence(w), sequence(g), rows, rate, decay);
    })
}

/// See [`crate::optimizers::momentum`].
pub fn momentum(leaves: Vec<Moved<2>>, rule: Momentum) -> Vec<[Own; 2]> {
    let [rate, decay, mu] = [rule.rate, rule.decay, rule.mu].map(|number| number as f32);
    update(leaves, |Launch { client, count, dim, size, tables: [w, v], g, rows }| {
        momentum_kernel::launch(&client, count, dim, size, sequence(w), sequence(v), sequence(g), rows, rate, decay, mu);
    })
}

/// See [`crate::optimizers::adam_w`].
pub fn adam_w(leaves: Vec<Moved<3>>, rule: AdamW) -> Vec<[Own; 3]> {
    let ([beta_1, beta_2], [correction_1, correction_2]) = (BETA, rule.correction());
    update(leaves, |Launch { client, count, dim, size, tables: [w, first, second], g, rows }| {
        let numbers = AdamWNumbersLaunch::new(rule.rate as f32, rule.keep(), beta_1, beta_2, correction_1, correction_2, EPSILON);
        adam_w_kernel::launch(&client, count, dim, size, sequence(w), sequence(first), sequence(second), sequence(g), rows, numbers);
    })
}

/// What the optimizers' launches have in common: a unit for each vector of the largest gradient.
struct Launch<const K: usize> {
    client: Client,
    count: CubeCount,
    dim: CubeDim,
    /// Numbers in a vector.
    size: usize,
    tables: [Vec<TensorArg>; K],
    g: Vec<TensorArg>,
    /// One tensor, or none.
    rows: SequenceArg<OwnedTensor<i32>>,
}

/// Launches for some leaves at a time; a leaf of which only rows are moved has one of its own.
fn update<const K: usize>(leaves: Vec<Moved<K>>, launch: impl Fn(Launch<K>)) -> Vec<[Own; K]> {
    let own = |leaf: Moved<K>| {
        let to_write = if leaf.at.is_some() { to_write_by_row } else { to_write };
        Moved { tables: leaf.tables.map(to_write), ..leaf }
    };
    let leaves: Vec<Moved<K>> = leaves.into_iter().map(own).collect();
    let (of_rows, whole): (Vec<_>, Vec<_>) = leaves.iter().partition(|leaf| leaf.at.is_some());
    for leaves in of_rows.chunks(1).chain(whole.chunks(BUFFERS / (K + 1))) {
        let (client, largest) = (leaves[0].g.client.clone(), leaves.iter().map(|leaf| leaf.g.shape().num_elements()).max());
        let size = vector_size(leaves.iter().map(|leaf| leaf.g.shape()[2]));
        let (count, dim) = one_unit_each(&leaves[0].g, largest.expect("a chunk is not empty") / size);
        launch(Launch {
            client,
            count,
            dim,
            size,
            tables: std::array::from_fn(|k| leaves.iter().map(|leaf| leaf.tables[k].clone().into_tensor_arg()).collect()),
            g: leaves.iter().map(|leaf| arg(leaf.g.clone())).collect(),
            rows: leaves.iter().filter_map(|leaf| leaf.at.clone()).map(arg).collect(),
        });
    }
    leaves.into_iter().map(|leaf| leaf.tables).collect()
}

/// Where in a table the vector of its gradient belongs that this unit has: at the same place, or in one of `rows`, which is
/// one tensor or none; then members and rows of the table lie so far apart.
#[cube]
fn place_in<N: Size>(members_apart: usize, rows_apart: usize, g: &Tensor<Vector<f32, N>>, rows: &Sequence<OwnedTensor<i32>>) -> usize {
    if comptime![rows.len() == 1] {
        let (count, cols) = (g.shape(1), g.shape(2) / N::value());
        let (member, row) = (ABSOLUTE_POS / (cols * count), usize::cast_from(rows[0][ABSOLUTE_POS / cols % count]));
        (member * members_apart + row * rows_apart) / N::value() + ABSOLUTE_POS % cols
    } else {
        ABSOLUTE_POS
    }
}

#[cube(launch)]
fn sgd_kernel<N: Size>(
    w: &mut Sequence<OwnedTensor<Vector<f32, N>>>,
    g: &Sequence<OwnedTensor<Vector<f32, N>>>,
    rows: &Sequence<OwnedTensor<i32>>,
    rate: f32,
    decay: f32,
) {
    let leaves = comptime![g.len()];
    #[unroll]
    for leaf in 0..leaves {
        sgd_of::<N>(w.index_mut(leaf), &g[leaf], rows, rate, decay);
    }
}

#[cube]
fn sgd_of<N: Size>(w: &mut Tensor<Vector<f32, N>>, g: &Tensor<Vector<f32, N>>, rows: &Sequence<OwnedTensor<i32>>, rate: f32, decay: f32) {
    if ABSOLUTE_POS < g.len() {
        let place = place_in::<N>(w.stride(0), w.stride(1), g, rows);
        let value = w[place];
        w[place] = value - Vector::new(rate) * (g[ABSOLUTE_POS] + Vector::new(decay) * value);
    }
}

#[cube(launch)]
fn momentum_kernel<N: Size>(
    w: &mut Sequence<OwnedTensor<Vector<f32, N>>>,
    velocity: &mut Sequence<OwnedTensor<Vector<f32, N>>>,
    g: &Sequence<OwnedTensor<Vector<f32, N>>>,
    rows: &Sequence<OwnedTensor<i32>>,
    rate: f32,
    decay: f32,
    mu: f32,
) {
    let leaves = comptime![g.len()];
    #[unroll]
    for leaf in 0..leaves {
        momentum_of::<N>(w.index_mut(leaf), velocity.index_mut(leaf), &g[leaf], rows, rate, decay, mu);
    }
}

#[cube]
fn momentum_of<N: Size>(
    w: &mut Tensor<Vector<f32, N>>,
    velocity: &mut Tensor<Vector<f32, N>>,
    g: &Tensor<Vector<f32, N>>,
    rows: &Sequence<OwnedTensor<i32>>,
    rate: f32,
    decay: f32,
    mu: f32,
) {
    if ABSOLUTE_POS < g.len() {
        let place = place_in::<N>(w.stride(0), w.stride(1), g, rows);
        let value = w[place];
        let gradient = g[ABSOLUTE_POS] + Vector::new(decay) * value;
        let moved = Vector::new(mu) * velocity[place] + gradient;
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
    w: &mut Sequence<OwnedTensor<Vector<f32, N>>>,
    moment_1: &mut Sequence<OwnedTensor<Vector<f32, N>>>,
    moment_2: &mut Sequence<OwnedTensor<Vector<f32, N>>>,
    g: &Sequence<OwnedTensor<Vector<f32, N>>>,
    rows: &Sequence<OwnedTensor<i32>>,
    numbers: AdamWNumbers,
) {
    let leaves = comptime![g.len()];
    #[unroll]
    for leaf in 0..leaves {
        adam_w_of::<N>(w.index_mut(leaf), moment_1.index_mut(leaf), moment_2.index_mut(leaf), &g[leaf], rows, &numbers);
    }
}

#[cube]
fn adam_w_of<N: Size>(
    w: &mut Tensor<Vector<f32, N>>,
    moment_1: &mut Tensor<Vector<f32, N>>,
    moment_2: &mut Tensor<Vector<f32, N>>,
    g: &Tensor<Vector<f32, N>>,
    rows: &Sequence<OwnedTensor<i32>>,
    numbers: &AdamWNumbers,
) {
    if ABSOLUTE_POS < g.len() {
        let place = place_in::<N>(w.stride(0), w.stride(1), g, rows);
        let gradient = g[ABSOLUTE_POS];
        let first = Vector::new(numbers.beta_1) * moment_1[place] + Vector::new(1.0 - numbers.beta_1) * gradient;
        let second = Vector::new(numbers.beta_2) * moment_2[place] + Vector::new(1.0 - numbers.beta_2) * gradient * gradient;
        moment_1[place] = first;
        moment_2[place] = second;
        let root = (second / Vector::new(numbers.correction_2)).sqrt() + Vector::new(numbers.epsilon);
        w[place] = Vector::new(numbers.keep) * w[place] - Vector::new(numbers.rate) * (first / Vector::new(numbers.correction_1)) / root;
    }
}
