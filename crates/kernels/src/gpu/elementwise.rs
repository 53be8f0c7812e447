//! What is done to each number, or to each row.

use burn::backend::Cube;
use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::tensor::TensorData;
use burn_cubecl::cubecl::{self, prelude::*};

use super::launch::{BUFFERS, Own, Units, alike, arg, args_of, like, of_member, twice_the_members};
use super::products;

/// See [`crate::add_scaled`].
pub fn add_scaled(pairs: &[[Own; 2]], factor: &Own) -> Vec<Own> {
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

/// In the drawn numbers each leaf begins at a multiple of so many, so that it can be read by vectors and seen as a tensor
/// of its own.
const APART: usize = 64;

/// See [`crate::antithetic_pair`]: leaves with their factors.
pub fn antithetic_pair(leaves: &[(Own, Option<Own>)], r: &Own, mut draw: impl FnMut(usize, &mut [f32])) -> Vec<Own> {
    let mut drawn = Vec::new();
    let with_place = leaves.iter().map(|(leaf, factor)| {
        let place = drawn.len()..drawn.len() + leaf.shape().num_elements();
        drawn.resize(place.end.next_multiple_of(APART), 0.0);
        drawn[place.clone()].chunks_mut(of_member(leaf)).enumerate().for_each(|(member, own)| draw(member, own));
        (leaf, factor, place)
    });
    let with_place: Vec<_> = with_place.collect();
    let count = drawn.len();
    let drawn = Cube::float_from_data(TensorData::new(drawn, [count]), &r.device);
    // Leaves that lie one after the other share a launch, unless they have a factor.
    let mut pair = Vec::with_capacity(leaves.len());
    for leaves in with_place.chunk_by(|(_, a, _), (_, b, _)| a.is_none() && b.is_none()) {
        if let [(leaf, Some(factor), place)] = leaves {
            let zeta = Cube::float_slice(drawn.clone(), &[place.clone().into()]);
            let zeta = Cube::float_reshape(zeta, leaf.shape());
            pair.push(products::antithetic_pair(factor.clone(), zeta, (*leaf).clone(), r.clone()));
            continue;
        }
        for leaves in leaves.chunks((BUFFERS - 2) / 2) {
            let middles: Vec<Own> = leaves.iter().map(|(leaf, ..)| (*leaf).clone()).collect();
            let out: Vec<Own> = middles.iter().map(twice_the_members).collect();
            let Units { count, dim, size } = Units::of(&middles);
            let begin = leaves[0].2.start / size;
            let (drawn, r) = (arg(drawn.clone()), arg(r.clone()));
            antithetic_pair_kernel::launch(&out[0].client, count, dim, size, args_of(&middles), drawn, r, args_of(&out), begin);
            pair.extend(out);
        }
    }
    pair
}

/// The vectors of `xi` for the first leaf begin at `begin`.
#[cube(launch)]
fn antithetic_pair_kernel<N: Size>(
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
        pair_of::<N>(&w[leaf], xi, xi_begin, r, out.index_mut(leaf));
        xi_begin += w[leaf].len().div_ceil(apart) * apart;
    }
}

#[cube]
fn pair_of<N: Size>(
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

/// See [`crate::over_norm`].
pub fn over_norm(length: Own, norm: Own, least: f32) -> Own {
    let (out, count, dim) = alike(&norm);
    over_norm_kernel::launch(&out.client, count, dim, arg(length), arg(norm), arg(out.clone()), least);
    out
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

/// See [`crate::second_difference`].
pub fn second_difference(pair: Own, middle: Own, r: Own, absolute: bool) -> Own {
    let (out, count, dim) = alike(&middle);
    second_difference_kernel::launch(&out.client, count, dim, arg(pair), arg(middle), arg(r), arg(out.clone()), absolute);
    out
}

#[cube(launch)]
fn second_difference_kernel(pair: &Tensor<f32>, middle: &Tensor<f32>, r: &Tensor<f32>, out: &mut Tensor<f32>, #[comptime] absolute: bool) {
    if ABSOLUTE_POS < out.len() {
        let middle = middle[ABSOLUTE_POS];
        let r = r[ABSOLUTE_POS / out.shape(1)];
        let difference = ((pair[ABSOLUTE_POS] - middle) + (pair[out.len() + ABSOLUTE_POS] - middle)) / (r * r);
        if comptime!(absolute) {
            out[ABSOLUTE_POS] = difference.abs();
        } else {
            out[ABSOLUTE_POS] = difference;
        }
    }
}
