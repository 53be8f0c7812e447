//! The fused operations on a GPU, in CubeCL: a unit for each vector of numbers, each tile, example or member.
//!
//! Kernels that go over all weights take several leaves in one launch, as many as [`BUFFERS`] allow, and most take them by
//! vectors: four numbers where they come in fours, else one. Where a kernel does little with each number, its units lie on
//! a grid by member, or by column, row and member: to find that by dividing would take longer.

#![expect(clippy::needless_pass_by_value, reason = "kernels take their numbers by value")]

mod product;

use burn::backend::Cube as Gpu;
use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::{DType, Shape, TensorData};
use burn_cubecl::cubecl::{self, CubeCount, CubeDim, calculate_cube_count_elemwise, client::Client, prelude::*};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;

use self::product::Finish;
use super::{AdamW, BETA, EPSILON, Fused, Momentum, Sgd};
use crate::shares::Uploaded;
use crate::weighting::LEAST_S;

type Own = FloatTensor<Gpu>;

/// Units that have the numbers of one member between them.
const TEAM: usize = 256;

/// Units that work on one example together: few, since they wait for each other.
const SMALL_TEAM: usize = 8;

/// Columns of a row for which a unit looks an entry up once.
const COLUMNS: usize = 8;

/// Most members for which it does so at once: they share the batch.
const MEMBERS: usize = 8;

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

    fn dense_losses(x: Own, hidden: Own, hidden_bias: Own, head: Own, head_bias: Own, one_hot: Own) -> Own {
        product::losses(Self::dense_tanh(x, hidden, hidden_bias), head, head_bias, one_hot)
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

    fn second_difference(sides: Own, middle: Own, r: Own, size: bool) -> Own {
        let (out, count, dim) = alike(&middle);
        second_difference_kernel::launch(&out.client, count, dim, arg(sides), arg(middle), arg(r), arg(out.clone()), size);
        out
    }
}

/// Buffers of numbers that every WebGPU device lets a kernel have.
const BUFFERS: usize = 8;

/// Units for all numbers of some leaves: those of a member across, members down, so that none has to divide to find its
/// member.
struct Units {
    count: CubeCount,
    dim: CubeDim,
    /// Numbers in a vector, of which each unit has one.
    size: usize,
}

impl Units {
    /// Units enough for the largest of `leaves`, with vectors of four where members come in fours.
    fn of(leaves: &[Own]) -> Self {
        let size = vector_size(leaves.iter().map(of_member));
        let across = leaves.iter().map(of_member).max().expect("there is a leaf").div_ceil(size * TEAM);
        Self { count: CubeCount::new_2d(across as u32, leaves[0].shape()[0] as u32), dim: CubeDim::new_1d(TEAM as u32), size }
    }
}

/// Numbers of one member.
fn of_member(leaf: &Own) -> usize {
    leaf.shape()[1] * leaf.shape()[2]
}

/// Numbers in a vector: four where all these counts come in fours, else one.
fn vector_size(counts: impl IntoIterator<Item = usize>) -> usize {
    if counts.into_iter().all(|count| count.is_multiple_of(4)) { 4 } else { 1 }
}

/// Whether a tensor can be read, as it lies, by vectors of `size` numbers along `axis`.
fn comes_in(size: usize, axis: usize, tensor: &Own) -> bool {
    let (shape, strides) = (tensor.shape(), tensor.meta.strides());
    strides[axis] == 1 && (0..3).all(|i| if i == axis { shape[i] } else { strides[i] }.is_multiple_of(size))
}

fn args_of<'a, T: LaunchArg<RuntimeArg = TensorArg>>(tensors: impl IntoIterator<Item = &'a Own>) -> SequenceArg<T> {
    sequence(tensors.into_iter().map(|tensor| arg(tensor.clone())).collect())
}

/// See [`super::add_scaled`].
pub(crate) fn add_scaled(pairs: &[[Own; 2]], factor: &Own) -> Vec<Own> {
    let of_some = |pairs: &[[Own; 2]]| {
        let out: Vec<Own> = pairs.iter().map(|[a, _]| like(a, a.shape())).collect();
        let Units { count, dim, size } = Units::of(&out);
        let of_side = |side: usize| pairs.iter().map(move |pair| &pair[side]);
        add_scaled_kernel::launch(
            &factor.client,
            count,
            dim,
            size,
            args_of(of_side(0)),
            args_of(of_side(1)),
            arg(factor.clone()),
            args_of(&out),
        );
        out
    };
    pairs.chunks((BUFFERS - 1) / 3).flat_map(of_some).collect()
}

/// In the drawn numbers each leaf begins at a multiple of so many, so that it can be read by vectors and seen as a tensor
/// of its own.
const APART: usize = 64;

/// See [`super::both_sides`]: leaves with their factors.
pub(crate) fn both_sides(leaves: &[(Own, Option<Own>)], r: &Own, mut draw: impl FnMut(usize, &mut [f32])) -> Vec<Own> {
    let mut drawn = Vec::new();
    let with_place = leaves.iter().map(|(leaf, factor)| {
        let place = drawn.len()..drawn.len() + leaf.shape().num_elements();
        drawn.resize(place.end.next_multiple_of(APART), 0.0);
        drawn[place.clone()].chunks_mut(of_member(leaf)).enumerate().for_each(|(member, own)| draw(member, own));
        (leaf, factor, place)
    });
    let with_place: Vec<_> = with_place.collect();
    let count = drawn.len();
    let drawn = Gpu::float_from_data(TensorData::new(drawn, [count]), &r.device);
    // Leaves that lie one after the other share a launch, unless they have a factor.
    let mut sides = Vec::with_capacity(leaves.len());
    for leaves in with_place.chunk_by(|(_, a, _), (_, b, _)| a.is_none() && b.is_none()) {
        if let [(leaf, Some(factor), place)] = leaves {
            let zeta = Gpu::float_slice(drawn.clone(), &[place.clone().into()]);
            let zeta = Gpu::float_reshape(zeta, leaf.shape());
            sides.push(product::both_sides(factor.clone(), zeta, (*leaf).clone(), r.clone()));
            continue;
        }
        for leaves in leaves.chunks((BUFFERS - 2) / 2) {
            let middles: Vec<Own> = leaves.iter().map(|(leaf, ..)| (*leaf).clone()).collect();
            let out: Vec<Own> = middles.iter().map(twice_the_members).collect();
            let Units { count, dim, size } = Units::of(&middles);
            let begin = leaves[0].2.start / size;
            let (drawn, r) = (arg(drawn.clone()), arg(r.clone()));
            both_sides_kernel::launch(&out[0].client, count, dim, size, args_of(&middles), drawn, r, args_of(&out), begin);
            sides.extend(out);
        }
    }
    sides
}

/// A tensor yet to be written, for both sides of `middle`.
fn twice_the_members(middle: &Own) -> Own {
    let [members, rows, cols] = middle.shape().dims();
    like(middle, Shape::new([2 * members, rows, cols]))
}

/// See [`super::rank_one_norms`].
pub(crate) fn rank_one_norms(layers: &[[Own; 2]; 3], constants: [f32; 3]) -> Own {
    let [members, batch, _] = layers[0][1].shape().dims();
    let out = like(&layers[0][1], Shape::new([members, batch, 1]));
    let (count, dim) = one_team_each(batch, members);
    let size = vector_size(layers.iter().flatten().map(|side| side.shape()[2]));
    let [a, d] = [0, 1].map(|side| args_of(layers.iter().map(|layer| &layer[side])));
    let [first, second, third] = constants;
    rank_one_norms_kernel::launch(&out.client, count, dim, size, a, d, arg(out.clone()), first, second, third);
    out
}

/// See [`super::add_rank_one`].
pub(crate) fn add_rank_one([base, s, u, v, z]: [Own; 5], constant: f32, tanh: Option<Own>) -> Own {
    let [members, batch, _] = z.shape().dims();
    let out = like(&z, z.shape());
    let (count, dim) = one_team_each(batch, members);
    let [size, size_u] = [&z, &u].map(|rows| vector_size([rows.shape()[2]]));
    let (base, s, u, v, z, tanh) = (arg(base), arg(s), arg(u), arg(v), arg(z), args_of(&tanh));
    add_rank_one_kernel::launch(&out.client, count, dim, size, size_u, base, s, u, v, z, tanh, arg(out.clone()), constant);
    out
}

/// A team for each example of each member.
fn one_team_each(batch: usize, members: usize) -> (CubeCount, CubeDim) {
    (CubeCount::new_2d(batch as u32, members as u32), CubeDim::new_1d(SMALL_TEAM as u32))
}

/// See [`super::Moved`].
pub(crate) struct Moved<const K: usize> {
    pub tables: [Own; K],
    pub g: Own,
    pub at: Option<IntTensor<Gpu>>,
}

/// See [`super::sgd`].
pub(crate) fn sgd(leaves: Vec<Moved<1>>, rule: Sgd) -> Vec<[Own; 1]> {
    let [rate, decay] = [rule.rate, rule.decay].map(|number| number as f32);
    update(leaves, |Launch { client, count, dim, size, tables: [w], g, rows }| {
        sgd_kernel::launch(&client, count, dim, size, sequence(w), sequence(g), rows, rate, decay);
    })
}

/// See [`super::momentum`].
pub(crate) fn momentum(leaves: Vec<Moved<2>>, rule: Momentum) -> Vec<[Own; 2]> {
    let [rate, decay, mu] = [rule.rate, rule.decay, rule.mu].map(|number| number as f32);
    update(leaves, |Launch { client, count, dim, size, tables: [w, v], g, rows }| {
        momentum_kernel::launch(&client, count, dim, size, sequence(w), sequence(v), sequence(g), rows, rate, decay, mu);
    })
}

/// See [`super::adam_w`].
pub(crate) fn adam_w(leaves: Vec<Moved<3>>, rule: AdamW) -> Vec<[Own; 3]> {
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

/// Tensors as an argument of the kernel's type.
fn sequence<T: LaunchArg<RuntimeArg = TensorArg>>(tensors: Vec<TensorArg>) -> SequenceArg<T> {
    SequenceArg { values: tensors.into() }
}

/// `tensor`, which nobody else sees when it is written.
fn to_write(tensor: Own) -> Own {
    let tensor = into_contiguous(tensor);
    if tensor.can_mut() { tensor } else { tensor.copy() }
}

/// The same, with each row of all members in one place, for a table of which a batch takes rows: these are few long runs
/// of memory then, not many short ones.
fn to_write_by_row(table: Own) -> Own {
    if table.shape()[0] == 1 {
        return to_write(table);
    }
    let by_row = Gpu::float_swap_dims(table, 0, 1);
    Gpu::float_swap_dims(to_write(by_row), 0, 1)
}

/// See [`crate::shares::Shares::means`].
pub(crate) fn means(table: Own, texts: usize, shares: &Uploaded) -> Own {
    let [members, _, dim] = table.shape().dims();
    let out = like(&table, Shape::new([members, texts, dim]));
    launch_share_sums(table, [&shares.by_text, &shares.shares_by_text], [texts, texts + 1], &out, None);
    out
}

/// See [`crate::shares::Shares::spread`].
pub(crate) fn spread(v: Own, rows: usize, shares: &Uploaded) -> Own {
    let [members, _, dim] = v.shape().dims();
    let out = like(&v, Shape::new([members, rows, dim]));
    launch_share_sums(v, [&shares.by_row, &shares.shares_by_row], [rows, 2 * rows + 1], &out, None);
    out
}

/// See [`crate::shares::Shares::add_spread`].
pub(crate) fn add_spread(table: Own, v: Own, factor: f32, rows: usize, shares: &Uploaded) -> Own {
    let table = to_write_by_row(table);
    launch_share_sums(v, [&shares.by_row, &shares.shares_by_row], [rows, 2 * rows + 1], &table, Some(factor));
    table
}

/// Writes the sums of `count` lists of entries, whose rows are in `lists` from `rows_at` on, or with a factor adds them.
/// Rows of `out` are whole.
fn launch_share_sums(of: Own, [lists, shares]: [&Own; 2], [count, rows_at]: [usize; 2], out: &Own, factor: Option<f32>) {
    let [members, _, dim] = of.shape().dims();
    let of = if of.meta.strides()[2] == 1 { of } else { into_contiguous(of) };
    let each = power_of_two_in(members).min(MEMBERS);
    let (cubes, cube) = grid(dim.div_ceil(COLUMNS), count, members / each);
    let (entries, sums) = ((arg(lists.clone()), arg(shares.clone())), out.clone().into_tensor_arg());
    let (factor, adds) = (factor.unwrap_or_default(), factor.is_some());
    let size = if [&of, out].iter().all(|tensor| comes_in(4, 2, tensor)) { 4 } else { 1 };
    let of = of.into_tensor_arg();
    share_sums_kernel::launch(&out.client, cubes, cube, size, of, entries.0, entries.1, sums, factor, count, rows_at, each, adds);
}

/// See [`super::dot`].
pub(crate) fn dot(pairs: &[[Own; 2]]) -> Own {
    let add = |known: Option<Own>, pairs: &[[Own; 2]]| {
        let [a, b] = [0, 1].map(|side| pairs.iter().map(|pair| pair[side].clone()).collect::<Vec<_>>());
        Some(launch_dot(&a, &b, known, None))
    };
    pairs.chunks((BUFFERS - 2) / 2).fold(None, add).expect("at least one pair")
}

/// See [`super::norm`].
pub(crate) fn norm(pairs: &[[Own; 2]], squares: &[Own], factor: f32, least: f32) -> Own {
    let sides = |pairs: &[[Own; 2]]| [0, 1].map(|side| pairs.iter().map(|pair| pair[side].clone()).collect::<Vec<_>>());
    let mut launches: Vec<[Vec<Own>; 2]> = pairs.chunks((BUFFERS - 2) / 2).map(sides).collect();
    for leaf in squares {
        match launches.last_mut() {
            Some([a, b]) if a.len() + b.len() < BUFFERS - 2 => a.push(leaf.clone()),
            _ => launches.push([vec![leaf.clone()], Vec::new()]),
        }
    }
    let last = launches.len() - 1;
    let add = |known, (i, [a, b]): (usize, [Vec<Own>; 2])| Some(launch_dot(&a, &b, known, (i == last).then_some([factor, least])));
    launches.into_iter().enumerate().fold(None, add).expect("at least one leaf")
}

/// What is known, Σ a·b and, of those of `a` for which there is no b, Σ a²; with a factor and a least number the root of
/// all that, times the factor and not under the least.
fn launch_dot(a: &[Own], b: &[Own], known: Option<Own>, root: Option<[f32; 2]>) -> Own {
    let [members, _, _] = a[0].shape().dims();
    let out = like(&a[0], Shape::new([members, 1, 1]));
    let (count, dim) = (CubeCount::new_1d(members as u32), CubeDim::new_1d(TEAM as u32));
    let ([factor, least], root) = (root.unwrap_or_default(), root.is_some());
    dot_kernel::launch(&out.client, count, dim, args_of(&known), args_of(a), args_of(b), arg(out.clone()), factor, least, root);
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

/// Units on a grid, few of them over its edges, where they have nothing to do.
fn grid(across: usize, down: usize, members: usize) -> (CubeCount, CubeDim) {
    const SIDE: usize = 8;
    let [x, y] = [across, down].map(|count| count.next_power_of_two().min(SIDE));
    let z = power_of_two_in(members).min(SIDE * SIDE / (x * y));
    let count = [across.div_ceil(x), down.div_ceil(y), members / z].map(|count| count as u32);
    (CubeCount::new_3d(count[0], count[1], count[2]), CubeDim::new_3d(x as u32, y as u32, z as u32))
}

/// The largest power of two that divides `count`.
fn power_of_two_in(count: usize) -> usize {
    1 << count.trailing_zeros()
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

/// A team for each member. `known` is one tensor or none, `b` may be fewer than `a`.
#[cube(launch)]
fn dot_kernel(
    known: &Sequence<OwnedTensor<f32>>,
    a: &Sequence<OwnedTensor<f32>>,
    b: &Sequence<OwnedTensor<f32>>,
    out: &mut Tensor<f32>,
    factor: f32,
    least: f32,
    #[comptime] root: bool,
) {
    let leaves = comptime![a.len()];
    let pairs = comptime![b.len()];
    let mut sum = 0.0f32;
    #[unroll]
    for leaf in 0..leaves {
        let count = a[leaf].shape(1) * a[leaf].shape(2);
        let begin = CUBE_POS * count;
        let mut place = UNIT_POS as usize;
        while place < count {
            let left = a[leaf][begin + place];
            if comptime!(leaf < pairs) {
                sum += left * b[leaf][begin + place];
            } else {
                sum += left * left;
            }
            place += TEAM;
        }
    }
    let unit = UNIT_POS as usize;
    let mut sums = Shared::<[f32]>::new_slice(TEAM);
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
        let mut sum = sums[0];
        if comptime![known.len() == 1] {
            sum += known[0][CUBE_POS];
        }
        if comptime!(root) {
            // Rounding can leave a sum of products below zero.
            if sum < 0.0 {
                sum = 0.0;
            }
            sum = factor * sum.sqrt();
            if sum < least {
                sum = least;
            }
        }
        out[CUBE_POS] = sum;
    }
}

/// What this unit of a small team has of Σ a·b over the rows of the team's example.
#[cube]
fn part_of_dot<N: Size>(a: &Tensor<Vector<f32, N>>, b: &Tensor<Vector<f32, N>>) -> f32 {
    let size = N::value().comptime();
    let (begin_a, begin_b, count) = (row_of_team::<N>(a), row_of_team::<N>(b), a.shape(2) / size);
    let mut sums = Vector::<f32, N>::new(0.0);
    let mut place = UNIT_POS as usize;
    while place < count {
        sums += a[begin_a + place] * b[begin_b + place];
        place += SMALL_TEAM;
    }
    let mut sum = 0.0f32;
    #[unroll]
    for i in 0..size {
        sum += sums.extract(i);
    }
    sum
}

/// Σ of what the units of a small team have left in `parts`, sum number `which` of those there.
#[cube]
fn sum_of_parts(parts: &Shared<[f32]>, #[comptime] which: usize) -> f32 {
    let mut sum = 0.0f32;
    #[unroll]
    for unit in 0..SMALL_TEAM {
        sum += parts[which * SMALL_TEAM + unit];
    }
    sum
}

/// The first vector in the row of this team's example.
#[cube]
fn row_of_team<N: Size>(of: &Tensor<Vector<f32, N>>) -> usize {
    let (example, member) = (CUBE_POS_X as usize, CUBE_POS_Y as usize);
    (member % of.shape(0) * of.shape(1) + example % of.shape(1)) * of.shape(2) / N::value()
}

/// A team for each example.
#[cube(launch)]
fn rank_one_norms_kernel<N: Size>(
    a: &Sequence<OwnedTensor<Vector<f32, N>>>,
    d: &Sequence<OwnedTensor<Vector<f32, N>>>,
    out: &mut Tensor<f32>,
    first: f32,
    second: f32,
    third: f32,
) {
    let unit = UNIT_POS as usize;
    let mut parts = Shared::<[f32]>::new_slice(6 * SMALL_TEAM);
    #[unroll]
    for layer in 0..3 {
        parts[2 * layer * SMALL_TEAM + unit] = part_of_dot::<N>(&a[layer], &a[layer]);
        parts[(2 * layer + 1) * SMALL_TEAM + unit] = part_of_dot::<N>(&d[layer], &d[layer]);
    }
    sync_cube();
    if unit == 0 {
        let of_first = sum_of_parts(&parts, 1usize) * (sum_of_parts(&parts, 0usize) + first);
        let of_second = sum_of_parts(&parts, 3usize) * (sum_of_parts(&parts, 2usize) + second);
        let of_third = sum_of_parts(&parts, 5usize) * (sum_of_parts(&parts, 4usize) + third);
        out[CUBE_POS] = (of_first + of_second + of_third).sqrt();
    }
}

/// A team for each example. `tanh` is one tensor or none.
#[cube(launch)]
fn add_rank_one_kernel<N: Size, OfU: Size>(
    base: &Tensor<Vector<f32, N>>,
    s: &Tensor<f32>,
    u: &Tensor<Vector<f32, OfU>>,
    v: &Tensor<Vector<f32, OfU>>,
    z: &Tensor<Vector<f32, N>>,
    tanh: &Sequence<OwnedTensor<Vector<f32, N>>>,
    out: &mut Tensor<Vector<f32, N>>,
    constant: f32,
) {
    let mut parts = Shared::<[f32]>::new_slice(SMALL_TEAM);
    parts[UNIT_POS as usize] = part_of_dot::<OfU>(u, v);
    sync_cube();
    let factor = Vector::new(s[CUBE_POS] * (sum_of_parts(&parts, 0usize) + constant));
    let (begin, begin_base, count) = (row_of_team::<N>(z), row_of_team::<N>(base), z.shape(2) / N::value());
    let mut place = UNIT_POS as usize;
    while place < count {
        let mut sum = base[begin_base + place] + factor * z[begin + place];
        if comptime![tanh.len() == 1] {
            let tanh = tanh[0][begin + place];
            sum *= Vector::new(1.0) - tanh * tanh;
        }
        out[begin + place] = sum;
        place += SMALL_TEAM;
    }
}

#[cube(launch)]
fn over_norm_kernel(length: &Tensor<f32>, norm: &Tensor<f32>, out: &mut Tensor<f32>, least: f32) {
    if ABSOLUTE_POS < out.len() {
        let count = norm.shape(1);
        let norm = norm[ABSOLUTE_POS];
        if norm < least {
            out[ABSOLUTE_POS] = 0.0;
        } else {
            out[ABSOLUTE_POS] = length[ABSOLUTE_POS / count] / norm;
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

/// The vectors of `xi` for the first leaf begin at `begin`.
#[cube(launch)]
fn both_sides_kernel<N: Size>(
    w: &Sequence<OwnedTensor<Vector<f32, N>>>,
    xi: &Tensor<Vector<f32, N>>,
    r: &Tensor<f32>,
    out: &mut Sequence<OwnedTensor<Vector<f32, N>>>,
    begin: usize,
) {
    let leaves = comptime![w.len()];
    let apart = APART / N::value();
    let mut xi_begin = begin;
    #[unroll]
    for leaf in 0..leaves {
        both_sides_of::<N>(&w[leaf], xi, xi_begin, r, out.index_mut(leaf));
        xi_begin += w[leaf].len().div_ceil(apart) * apart;
    }
}

#[cube]
fn both_sides_of<N: Size>(
    w: &Tensor<Vector<f32, N>>,
    xi: &Tensor<Vector<f32, N>>,
    xi_begin: usize,
    r: &Tensor<f32>,
    out: &mut Tensor<Vector<f32, N>>,
) {
    let (member, count) = (ABSOLUTE_POS_Y as usize, w.shape(1) * w.shape(2) / N::value());
    if (ABSOLUTE_POS_X as usize) < count {
        let place = member * count + ABSOLUTE_POS_X as usize;
        let (middle, away) = (w[place], Vector::new(r[member]) * xi[xi_begin + place]);
        out[place] = middle + away;
        out[w.len() + place] = middle - away;
    }
}

#[cube(launch)]
fn second_difference_kernel(sides: &Tensor<f32>, middle: &Tensor<f32>, r: &Tensor<f32>, out: &mut Tensor<f32>, #[comptime] size: bool) {
    if ABSOLUTE_POS < out.len() {
        let middle = middle[ABSOLUTE_POS];
        let r = r[ABSOLUTE_POS / out.shape(1)];
        let difference = ((sides[ABSOLUTE_POS] - middle) + (sides[out.len() + ABSOLUTE_POS] - middle)) / (r * r);
        if comptime!(size) {
            out[ABSOLUTE_POS] = difference.abs();
        } else {
            out[ABSOLUTE_POS] = difference;
        }
    }
}

#[cube(launch)]
fn add_scaled_kernel<N: Size>(
    a: &Sequence<OwnedTensor<Vector<f32, N>>>,
    b: &Sequence<OwnedTensor<Vector<f32, N>>>,
    factor: &Tensor<f32>,
    out: &mut Sequence<OwnedTensor<Vector<f32, N>>>,
) {
    let leaves = comptime![a.len()];
    #[unroll]
    for leaf in 0..leaves {
        add_scaled_of::<N>(&a[leaf], &b[leaf], factor, out.index_mut(leaf));
    }
}

#[cube]
fn add_scaled_of<N: Size>(a: &Tensor<Vector<f32, N>>, b: &Tensor<Vector<f32, N>>, factor: &Tensor<f32>, out: &mut Tensor<Vector<f32, N>>) {
    let (member, count) = (ABSOLUTE_POS_Y as usize, a.shape(1) * a.shape(2) / N::value());
    if (ABSOLUTE_POS_X as usize) < count {
        let place = member * count + ABSOLUTE_POS_X as usize;
        out[place] = a[place] + Vector::new(factor[member % factor.len()]) * b[place];
    }
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
        let slope = g[ABSOLUTE_POS] + Vector::new(decay) * value;
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
        let slope = g[ABSOLUTE_POS];
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

/// Σ share · row of `of` over the entries of each of `count` lists. `lists` has where their entries begin and where the last
/// ones end, and from `rows_at` on the row of each entry. `adds` the sums, times `factor`, to the rows of a table that
/// `lists` has in between, or writes them alone.
///
/// A unit for eight columns of a sum, of `each` members: neighbours take neighbouring vectors, and each looks an entry up
/// once.
#[cube(launch)]
fn share_sums_kernel<N: Size>(
    of: &Tensor<Vector<f32, N>>,
    lists: &Tensor<i32>,
    shares: &Tensor<f32>,
    out: &mut Tensor<Vector<f32, N>>,
    factor: f32,
    count: usize,
    rows_at: usize,
    #[comptime] each: usize,
    #[comptime] adds: bool,
) {
    let size = N::value().comptime();
    let vectors = comptime!(COLUMNS / size);
    let (list, first_member) = (ABSOLUTE_POS_Y as usize, ABSOLUTE_POS_Z as usize * each);
    let dim = of.shape(2) / size;
    let (first, apart) = (ABSOLUTE_POS_X as usize, dim.div_ceil(vectors));
    if list < count && first < apart {
        let mut sums = Array::<Vector<f32, N>>::new(comptime!(each * vectors));
        #[unroll]
        for i in 0..comptime!(each * vectors) {
            sums[i] = Vector::new(0.0);
        }
        for entry in usize::cast_from(lists[list])..usize::cast_from(lists[list + 1]) {
            let (share, row) = (Vector::new(shares[entry]), usize::cast_from(lists[rows_at + entry]));
            #[unroll]
            for member in 0..each {
                let begin = ((first_member + member) * of.stride(0) + row * of.stride(1)) / size;
                #[unroll]
                for i in 0..vectors {
                    sums[member * vectors + i] += share * of[begin + clamp_max(first + i * apart, dim - 1)];
                }
            }
        }
        let mut out_row = list;
        if comptime!(adds) {
            out_row = usize::cast_from(lists[count + 1 + list]);
        }
        #[unroll]
        for member in 0..each {
            let begin = ((first_member + member) * out.stride(0) + out_row * out.stride(1)) / size;
            #[unroll]
            for i in 0..vectors {
                let col = first + i * apart;
                if col < dim {
                    if comptime!(adds) {
                        out[begin + col] += Vector::new(factor) * sums[member * vectors + i];
                    } else {
                        out[begin + col] = sums[member * vectors + i];
                    }
                }
            }
        }
    }
}
