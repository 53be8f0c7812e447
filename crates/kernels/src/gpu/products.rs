//! Products of small matrices on a GPU: a unit for each square tile of the product.
//!
//! Loads are what it costs: at each place of the sum a tile of T × T takes 2 T numbers for T² multiplications. It takes
//! four at a time where they lie side by side along the tile, two where they do along the sum, and is finished and written
//! by fours where rows come in fours.

use burn::backend::Cube;
use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::tensor::Shape;
use burn_cubecl::cubecl::{self, prelude::*};

use super::launch::{Own, arg, args_of, clamp_max, comes_in, grid, like, twice_the_members, vector_size};

/// What is done to the numbers of a product before they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Finish {
    Nothing,
    /// tanh(x + bias).
    BiasAndTanh,
    /// x (1 − h²).
    TanhBackward,
    /// middle + r x of all members, and after them middle − r x of all.
    AntitheticPair,
}

/// See [`crate::product`].
pub fn product(a: Own, b: Own) -> Own {
    finished(a, b, None, Finish::Nothing)
}

/// See [`crate::dense_tanh`].
pub fn dense_tanh(x: Own, weight: Own, bias: Own) -> Own {
    finished(x, weight, Some(bias), Finish::BiasAndTanh)
}

/// See [`crate::tanh_backward`].
pub fn tanh_backward(d: Own, transposed: Own, tanh: Own) -> Own {
    finished(d, transposed, Some(tanh), Finish::TanhBackward)
}

/// finish(a b); `aside` is what `finish` needs, the bias, `[P, 1 or rows, cols]`, or h.
fn finished(a: Own, b: Own, aside: Option<Own>, finish: Finish) -> Own {
    let ([of_a, rows, _], [of_b, _, cols]): ([usize; 3], [usize; 3]) = (a.shape().dims(), b.shape().dims());
    let out = like(&a, Shape::new([of_a.max(of_b), rows, cols]));
    launch(Tiles::of(&out), a, b, [aside, None], &out, finish);
    out
}

/// middle + r a b of all members, and after them middle − r a b of all.
pub fn antithetic_pair(a: Own, b: Own, middle: Own, r: Own) -> Own {
    let (tiles, out) = (Tiles::of(&middle), twice_the_members(&middle));
    launch(tiles, a, b, [Some(middle), Some(r)], &out, Finish::AntitheticPair);
    out
}

/// `aside` is what `finish` needs: numbers as the kernel takes them by vectors, and a number for each member.
fn launch(Tiles { count, dim, side }: Tiles, a: Own, b: Own, aside: [Option<Own>; 2], out: &Own, finish: Finish) {
    let (size, [aside, r]) = (vector_size([out.shape()[2]]), aside);
    let reading = Reading::of(&a, &b);
    let (a, b, aside, r) = (a.into_tensor_arg(), b.into_tensor_arg(), args_of(&aside), args_of(&r));
    let sizes = [size, reading.a.size, reading.b.size];
    product_kernel::launch(&out.client, count, dim, sizes[0], sizes[1], sizes[2], a, b, aside, r, arg(out.clone()), side, reading, finish);
}

/// See [`crate::outer`]: x′d, and the sums of d's columns.
pub fn outer(x: Own, d: Own) -> (Own, Own) {
    let (a, b) = (Cube::float_swap_dims(x, 1, 2), d);
    let ([_, rows, _], [members, _, cols]): ([usize; 3], [usize; 3]) = (a.shape().dims(), b.shape().dims());
    let (out, sums) = (like(&b, Shape::new([members, rows, cols])), like(&b, Shape::new([members, 1, cols])));
    let Tiles { count, dim, side } = Tiles::of(&out);
    let (size, outputs) = (vector_size([cols]), (arg(out.clone()), arg(sums.clone())));
    let reading = Reading::of(&a, &b);
    let (a, b, sizes) = (a.into_tensor_arg(), b.into_tensor_arg(), [size, reading.a.size, reading.b.size]);
    product_and_sums_kernel::launch(&sums.client, count, dim, sizes[0], sizes[1], sizes[2], a, b, outputs.0, outputs.1, side, reading);
    (out, sums)
}

/// See [`crate::dense_losses`].
pub fn dense_losses(x: Own, hidden: Own, hidden_bias: Own, head: Own, head_bias: Own, one_hot: Own) -> Own {
    losses(dense_tanh(x, hidden, hidden_bias), head, head_bias, one_hot)
}

/// −ln π_y of each example, π the softmax of a b + bias, `[P, rows]`.
fn losses(a: Own, b: Own, bias: Own, one_hot: Own) -> Own {
    let [members, rows, _]: [usize; 3] = a.shape().dims();
    let losses = like(&a, Shape::new([members, rows]));
    let (count, dim) = grid(1, rows.div_ceil(Tiles::SMALL), members);
    let (reading, out) = (Reading::of(&a, &b), arg(losses.clone()));
    let (a, b, bias, one_hot) = (a.into_tensor_arg(), b.into_tensor_arg(), arg(bias), arg(one_hot));
    let [size_a, size_b] = [reading.a.size, reading.b.size];
    losses_kernel::launch(&losses.client, count, dim, size_a, size_b, a, b, bias, one_hot, out, Tiles::SMALL, reading);
    losses
}

/// How the factors of a product are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Reading {
    /// Places of the sum that are taken at once: two, or one where they are odd in number. A loop over four is too long for
    /// a CPU that imitates a GPU.
    depth: usize,
    a: Vectors,
    b: Vectors,
}

/// The vectors by which a factor is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Vectors {
    /// Numbers in one.
    size: usize,
    /// Whether these are at places of the sum, not in rows or columns of the tile.
    along_sum: bool,
}

impl Reading {
    /// That of a and b as they lie: a transposed matrix is read in its own order.
    fn of(a: &Own, b: &Own) -> Self {
        let depth = if a.shape()[2].is_multiple_of(2) { 2 } else { 1 };
        Self { depth, a: Vectors::of(a, 1, 2, depth), b: Vectors::of(b, 2, 1, depth) }
    }
}

impl Vectors {
    fn of(factor: &Own, tile_axis: usize, sum_axis: usize, depth: usize) -> Self {
        if comes_in(4, tile_axis, factor) {
            Self { size: 4, along_sum: false }
        } else if comes_in(depth, sum_axis, factor) {
            Self { size: depth, along_sum: true }
        } else {
            Self { size: 1, along_sum: false }
        }
    }

    /// Which row or column of the tile, and which place of the sum, number `i` of vector `n` belongs to.
    fn place(self, n: usize, i: usize, side: usize) -> (usize, usize) {
        if self.along_sum { (n, i) } else { (n * self.size % side + i, n * self.size / side) }
    }
}

/// How a product is cut into tiles.
struct Tiles {
    count: CubeCount,
    dim: CubeDim,
    /// Rows and columns of a tile.
    side: usize,
}

impl Tiles {
    const SMALL: usize = 4;
    const LARGE: usize = 8;

    /// Large tiles where enough of them are left to keep a small GPU busy.
    fn of(out: &Own) -> Self {
        const BUSY: usize = 512;
        let [members, rows, cols]: [usize; 3] = out.shape().dims();
        let units = |side: usize| rows.div_ceil(side) * cols.div_ceil(side) * members;
        let side = if units(Self::LARGE) >= BUSY { Self::LARGE } else { Self::SMALL };
        let (count, dim) = grid(cols.div_ceil(side), rows.div_ceil(side), members);
        Self { count, dim, side }
    }
}

/// `aside` and `r` are one tensor or none.
#[cube(launch)]
fn product_kernel<N: Size, OfA: Size, OfB: Size>(
    a: &Tensor<Vector<f32, OfA>>,
    b: &Tensor<Vector<f32, OfB>>,
    aside: &Sequence<OwnedTensor<Vector<f32, N>>>,
    r: &Sequence<OwnedTensor<f32>>,
    out: &mut Tensor<Vector<f32, N>>,
    #[comptime] side: usize,
    #[comptime] reading: Reading,
    #[comptime] finish: Finish,
) {
    let (rows, cols) = (out.shape(1), out.shape(2));
    let (first_row, first_col) = (ABSOLUTE_POS_Y as usize * side, ABSOLUTE_POS_X as usize * side);
    let member = ABSOLUTE_POS_Z as usize;
    if first_row < rows && first_col < cols {
        let sums = tile::<OfA, OfB>(a, b, first_row, first_col, member, side, reading, false);
        write_tile::<N>(sums, aside, r, out, first_row, first_col, member, side, finish);
    }
}

/// The units of the first rows write the column sums.
#[cube(launch)]
fn product_and_sums_kernel<N: Size, OfA: Size, OfB: Size>(
    a: &Tensor<Vector<f32, OfA>>,
    b: &Tensor<Vector<f32, OfB>>,
    out: &mut Tensor<Vector<f32, N>>,
    column_sums: &mut Tensor<f32>,
    #[comptime] side: usize,
    #[comptime] reading: Reading,
) {
    let (rows, cols) = (out.shape(1), out.shape(2));
    let (first_row, first_col) = (ABSOLUTE_POS_Y as usize * side, ABSOLUTE_POS_X as usize * side);
    let member = ABSOLUTE_POS_Z as usize;
    if first_row < rows && first_col < cols {
        let sums = tile::<OfA, OfB>(a, b, first_row, first_col, member, side, reading, true);
        write_tile::<N>(sums, &Sequence::new(), &Sequence::new(), out, first_row, first_col, member, side, Finish::Nothing);
        if first_row == 0 {
            #[unroll]
            for j in 0..side {
                let col = first_col + j;
                if col < cols {
                    column_sums[member * cols + col] = sums[side * side + j];
                }
            }
        }
    }
}

/// A unit for each `side` examples, which goes from tile to tile of their classes.
#[cube(launch)]
fn losses_kernel<OfA: Size, OfB: Size>(
    a: &Tensor<Vector<f32, OfA>>,
    b: &Tensor<Vector<f32, OfB>>,
    bias: &Tensor<f32>,
    one_hot: &Tensor<f32>,
    losses: &mut Tensor<f32>,
    #[comptime] side: usize,
    #[comptime] reading: Reading,
) {
    let (rows, classes) = (a.shape(1), b.shape(2));
    let (first_row, member) = (ABSOLUTE_POS_Y as usize * side, ABSOLUTE_POS_Z as usize);
    if ABSOLUTE_POS_X == 0 && first_row < rows {
        // Σ e^(logit − largest) over the classes so far: a new largest one makes it less.
        let mut largest = Array::<f32>::new(side);
        let mut sum = Array::<f32>::new(side);
        let mut at_label = Array::<f32>::new(side);
        #[unroll]
        for i in 0..side {
            largest[i] = f32::MIN;
            sum[i] = 0.0;
            at_label[i] = 0.0;
        }
        for block in 0..classes.div_ceil(side) {
            let first_class = block * side;
            let scores = tile::<OfA, OfB>(a, b, first_row, first_class, member, side, reading, false);
            #[unroll]
            for i in 0..side {
                #[unroll]
                for j in 0..side {
                    let class = first_class + j;
                    if class < classes {
                        let logit = scores[i * side + j] + bias[member * classes + class];
                        let label_row = (member * rows + clamp_max(first_row + i, rows - 1)) * classes;
                        at_label[i] += logit * one_hot[label_row % one_hot.len() + class];
                        if logit > largest[i] {
                            sum[i] = sum[i] * (largest[i] - logit).exp() + 1.0;
                            largest[i] = logit;
                        } else {
                            sum[i] += (logit - largest[i]).exp();
                        }
                    }
                }
            }
        }
        #[unroll]
        for i in 0..side {
            if first_row + i < rows {
                losses[member * rows + first_row + i] = sum[i].ln() - (at_label[i] - largest[i]);
            }
        }
    }
}

/// The numbers of the tile of a b that begins at this row and column, row by row; with `column_sums` one row more, as
/// if a had a row of ones.
#[cube]
fn tile<OfA: Size, OfB: Size>(
    a: &Tensor<Vector<f32, OfA>>,
    b: &Tensor<Vector<f32, OfB>>,
    first_row: usize,
    first_col: usize,
    member: usize,
    #[comptime] side: usize,
    #[comptime] reading: Reading,
    #[comptime] column_sums: bool,
) -> Array<f32> {
    let (depth, of_a, of_b) = (comptime!(reading.depth), comptime!(reading.a), comptime!(reading.b));
    let (size_a, size_b) = (comptime!(of_a.size), comptime!(of_b.size));
    let (count_a, count_b) = (comptime!(side * depth / size_a), comptime!(side * depth / size_b));
    let (last_row, last_col) = (a.shape(1) - 1, b.shape(2) - 1);
    let (begin_a, begin_b) = (member % a.shape(0) * a.stride(0), member % b.shape(0) * b.stride(0));
    // What lies over the edge is read within it; nobody writes it.
    let mut places_a = Array::<usize>::new(count_a);
    let mut places_b = Array::<usize>::new(count_b);
    #[unroll]
    for n in 0..count_a {
        let (i, k) = comptime!(of_a.place(n, 0, side));
        places_a[n] = (begin_a + clamp_max(first_row + i, last_row) * a.stride(1) + k * a.stride(2)) / size_a;
    }
    #[unroll]
    for n in 0..count_b {
        let (j, k) = comptime!(of_b.place(n, 0, side));
        places_b[n] = (begin_b + clamp_max(first_col + j, last_col) * b.stride(2) + k * b.stride(1)) / size_b;
    }
    let (a_across, b_down) = (depth * a.stride(2) / size_a, depth * b.stride(1) / size_b);
    let count = comptime!(if column_sums { side * (side + 1) } else { side * side });
    let mut sums = Array::<f32>::new(count);
    #[unroll]
    for i in 0..count {
        sums[i] = 0.0;
    }
    let mut left = Array::<f32>::new(comptime!(side * depth));
    for _ in 0..a.shape(2) / depth {
        #[unroll]
        for n in 0..count_a {
            let numbers = a[places_a[n]];
            places_a[n] += a_across;
            #[unroll]
            for number in 0..size_a {
                let (i, k) = comptime!(of_a.place(n, number, side));
                left[i * depth + k] = numbers.extract(number);
            }
        }
        #[unroll]
        for n in 0..count_b {
            let numbers = b[places_b[n]];
            places_b[n] += b_down;
            #[unroll]
            for number in 0..size_b {
                let (j, k) = comptime!(of_b.place(n, number, side));
                let right = numbers.extract(number);
                #[unroll]
                for i in 0..side {
                    sums[i * side + j] += left[i * depth + k] * right;
                }
                if comptime!(column_sums) {
                    sums[side * side + j] += right;
                }
            }
        }
    }
    sums
}

/// Writes what of a tile lies within the matrix.
#[cube]
fn write_tile<N: Size>(
    sums: Array<f32>,
    aside: &Sequence<OwnedTensor<Vector<f32, N>>>,
    r: &Sequence<OwnedTensor<f32>>,
    out: &mut Tensor<Vector<f32, N>>,
    first_row: usize,
    first_col: usize,
    member: usize,
    #[comptime] side: usize,
    #[comptime] finish: Finish,
) {
    let size = N::value().comptime();
    let (rows, cols) = (out.shape(1), out.shape(2));
    #[unroll]
    for i in 0..side {
        #[unroll]
        for j in 0..comptime!(side / size) {
            let (row, col) = (first_row + i, first_col + j * size);
            if row < rows && col < cols {
                let place = ((member * rows + row) * cols + col) / size;
                let mut sum = Vector::<f32, N>::empty();
                #[unroll]
                for k in 0..size {
                    sum.insert(k, sums[i * side + j * size + k]);
                }
                match comptime!(finish) {
                    Finish::Nothing => out[place] = sum,
                    Finish::BiasAndTanh => {
                        let bias_rows = aside[0].shape(1);
                        out[place] = (sum + aside[0][((member * bias_rows + row % bias_rows) * cols + col) / size]).tanh();
                    }
                    Finish::TanhBackward => {
                        let tanh = aside[0][place];
                        out[place] = sum * (Vector::new(1.0) - tanh * tanh);
                    }
                    Finish::AntitheticPair => {
                        let (middle, away) = (aside[0][place], Vector::new(r[0][member]) * sum);
                        out[place] = middle + away;
                        out[aside[0].len() + place] = middle - away;
                    }
                }
            }
        }
    }
}
