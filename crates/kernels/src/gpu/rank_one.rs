//! Layers whose gradient of one example is a matrix of rank one, a small workgroup for each example.

use burn::backend::TensorMetadata;
use burn::tensor::Shape;
use burn_cubecl::cubecl::{self, CubeCount, CubeDim, prelude::*};

use super::launch::{Own, arg, args_of, like, vector_size};

/// Units that work on one example together: few, since they wait for each other.
const SMALL_WORKGROUP: usize = 8;

/// See [`crate::rank_one_norms`].
pub fn rank_one_norms(layers: &[[Own; 2]; 3], constants: [f32; 3]) -> Own {
    let [members, batch, _] = layers[0][1].shape().dims();
    let out = like(&layers[0][1], Shape::new([members, batch, 1]));
    let (count, dim) = one_workgroup_each(batch, members);
    let size = vector_size(layers.iter().flatten().map(|side| side.shape()[2]));
    let [a, d] = [0, 1].map(|side| args_of(layers.iter().map(|layer| &layer[side])));
    let [first, second, third] = constants;
    rank_one_norms_kernel::launch(&out.client, count, dim, size, a, d, arg(out.clone()), first, second, third);
    out
}

/// See [`crate::add_rank_one`].
pub fn add_rank_one([base, s, u, v, z]: [Own; 5], constant: f32, tanh: Option<Own>) -> Own {
    let [members, batch, _] = z.shape().dims();
    let out = like(&z, z.shape());
    let (count, dim) = one_workgroup_each(batch, members);
    let [size, size_u] = [&z, &u].map(|rows| vector_size([rows.shape()[2]]));
    let (base, s, u, v, z, tanh) = (arg(base), arg(s), arg(u), arg(v), arg(z), args_of(&tanh));
    add_rank_one_kernel::launch(&out.client, count, dim, size, size_u, base, s, u, v, z, tanh, arg(out.clone()), constant);
    out
}

/// A workgroup for each example of each member.
fn one_workgroup_each(batch: usize, members: usize) -> (CubeCount, CubeDim) {
    (CubeCount::new_2d(batch as u32, members as u32), CubeDim::new_1d(SMALL_WORKGROUP as u32))
}

/// What this unit of a small workgroup has of Σ a·b over the rows of the workgroup's example.
#[cube]
fn part_of_dot<N: Size>(a: &Tensor<Vector<f32, N>>, b: &Tensor<Vector<f32, N>>) -> f32 {
    let size = N::value().comptime();
    let (begin_a, begin_b, count) = (row_of_workgroup::<N>(a), row_of_workgroup::<N>(b), a.shape(2) / size);
    let mut sums = Vector::<f32, N>::new(0.0);
    let mut place = UNIT_POS as usize;
    while place < count {
        sums += a[begin_a + place] * b[begin_b + place];
        place += SMALL_WORKGROUP;
    }
    let mut sum = 0.0f32;
    #[unroll]
    for i in 0..size {
        sum += sums.extract(i);
    }
    sum
}

/// Σ of what the units of a small workgroup have left in `parts`, sum number `which` of those there.
#[cube]
fn sum_of_parts(parts: &Shared<[f32]>, #[comptime] which: usize) -> f32 {
    let mut sum = 0.0f32;
    #[unroll]
    for unit in 0..SMALL_WORKGROUP {
        sum += parts[which * SMALL_WORKGROUP + unit];
    }
    sum
}

/// The first vector in the row of this workgroup's example.
#[cube]
fn row_of_workgroup<N: Size>(of: &Tensor<Vector<f32, N>>) -> usize {
    let (example, member) = (CUBE_POS_X as usize, CUBE_POS_Y as usize);
    (member % of.shape(0) * of.shape(1) + example % of.shape(1)) * of.shape(2) / N::value()
}

/// A workgroup for each example.
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
    let mut parts = Shared::<[f32]>::new_slice(6 * SMALL_WORKGROUP);
    #[unroll]
    for layer in 0..3 {
        parts[2 * layer * SMALL_WORKGROUP + unit] = part_of_dot::<N>(&a[layer], &a[layer]);
        parts[(2 * layer + 1) * SMALL_WORKGROUP + unit] = part_of_dot::<N>(&d[layer], &d[layer]);
    }
    sync_cube();
    if unit == 0 {
        let of_first = sum_of_parts(&parts, 1usize) * (sum_of_parts(&parts, 0usize) + first);
        let of_second = sum_of_parts(&parts, 3usize) * (sum_of_parts(&parts, 2usize) + second);
        let of_third = sum_of_parts(&parts, 5usize) * (sum_of_parts(&parts, 4usize) + third);
        out[CUBE_POS] = (of_first + of_second + of_third).sqrt();
    }
}

/// A workgroup for each example. `tanh` is one tensor or none.
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
    let mut parts = Shared::<[f32]>::new_slice(SMALL_WORKGROUP);
    parts[UNIT_POS as usize] = part_of_dot::<OfU>(u, v);
    sync_cube();
    let factor = Vector::new(s[CUBE_POS] * (sum_of_parts(&parts, 0usize) + constant));
    let (begin, begin_base, count) = (row_of_workgroup::<N>(z), row_of_workgroup::<N>(base), z.shape(2) / N::value());
    let mut place = UNIT_POS as usize;
    while place < count {
        let mut sum = base[begin_base + place] + factor * z[begin + place];
        if comptime![tanh.len() == 1] {
            let tanh = tanh[0][begin + place];
            sum *= Vector::new(1.0) - tanh * tanh;
        }
        out[begin + place] = sum;
        place += SMALL_WORKGROUP;
    }
}
