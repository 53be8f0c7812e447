//! Sums over all numbers of a member, or over a row.

use burn::backend::TensorMetadata;
use burn::tensor::Shape;
use burn_cubecl::cubecl::{self, CubeCount, CubeDim, prelude::*};

use super::launch::{BUFFERS, Own, WORKGROUP, arg, args_of, like, one_unit_each};

/// See [`crate::dot`].
pub fn dot(pairs: &[[Own; 2]]) -> Own {
    let add = |known: Option<Own>, pairs: &[[Own; 2]]| {
        let [a, b] = [0, 1].map(|side| pairs.iter().map(|pair| pair[side].clone()).collect::<Vec<_>>());
        Some(launch_dot(&a, &b, known, None))
    };
    pairs.chunks((BUFFERS - 2) / 2).fold(None, add).expect("at least one pair")
}

/// See [`crate::norm`].
pub fn norm(pairs: &[[Own; 2]], squares: &[Own], factor: f32, least: f32) -> Own {
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
    let (count, dim) = (CubeCount::new_1d(members as u32), CubeDim::new_1d(WORKGROUP as u32));
    let ([factor, least], root) = (root.unwrap_or_default(), root.is_some());
    dot_kernel::launch(&out.client, count, dim, args_of(&known), args_of(a), args_of(b), arg(out.clone()), factor, least, root);
    out
}

/// A workgroup for each member. `known` is one tensor or none, `b` may be fewer than `a`.
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
            place += WORKGROUP;
        }
    }
    let unit = UNIT_POS as usize;
    let mut sums = Shared::<[f32]>::new_slice(WORKGROUP);
    sums[unit] = sum;
    sync_cube();
    let mut half = (WORKGROUP / 2).runtime();
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

/// See [`crate::normalise`].
pub fn normalise(raw: Own) -> (Own, Own) {
    let [members, _] = raw.shape().dims();
    let (p, fell_back) = (like(&raw, raw.shape()), like(&raw, Shape::new([members])));
    let (count, dim) = one_unit_each(&fell_back, members);
    normalise_kernel::launch(&p.client, count, dim, arg(raw), arg(p.clone()), arg(fell_back.clone()));
    (p, fell_back)
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
