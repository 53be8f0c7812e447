//! Layers whose gradient of one example is a matrix of rank one: norms of such gradients, and moves along them, without a
//! copy of the weights per example.

use burn::tensor::Tensor;

use crate::layer::{RankOne, constant};
use crate::place::{Kernel, Place, at, place};
use crate::{cpu, gpu, twin};

/// ‖∇l_i‖ of each example over three layers, √Σ ‖d_i‖²(‖a_i‖² + 1): → `[P, B, 1]`.
pub fn rank_one_norms(layers: [RankOne<'_>; 3]) -> Tensor<3> {
    let (pairs, constants) = (layers.map(|layer| [layer.a, layer.d]), layers.map(|layer| layer.constant()));
    match place(Kernel::RankOneNorms, pairs.as_flattened().iter().map(|t| at(t))) {
        Place::Cpu => cpu::out(cpu::rank_one::rank_one_norms(&pairs.map(|pair| pair.map(|t| cpu::own(t.clone()))), constants)),
        Place::Gpu => gpu::out(gpu::rank_one::rank_one_norms(&pairs.map(|pair| pair.map(|t| gpu::own(t.clone()))), constants)),
        Place::Twin => twin::rank_one::rank_one_norms(layers),
    }
}

/// A product with the matrix s v′z of each example, which is never formed: base + s (u·v + 1) z, without 1 where the
/// layer has no bias. With `tanh` all of it times 1 − tanh².
/// base `[P, 1 or B, n]`, s `[P, B, 1]`, u and v `[1 or P, B, m]`, z and tanh `[P, B, n]` → `[P, B, n]`.
pub fn add_rank_one(
    base: Tensor<3>,
    s: &Tensor<3>,
    u_v: [&Tensor<3>; 2],
    bias: bool,
    z: &Tensor<3>,
    tanh: Option<&Tensor<3>>,
) -> Tensor<3> {
    let ([u, v], constant) = (u_v, constant(bias));
    match place(Kernel::AddRankOne, [&base, s, u, v, z].into_iter().chain(tanh).map(at)) {
        Place::Cpu => {
            let tanh = tanh.map(|tanh| cpu::own(tanh.clone()));
            let [s, u, v, z] = [s, u, v, z].map(|t| cpu::own(t.clone()));
            cpu::out(cpu::rank_one::add_rank_one([cpu::own(base), s, u, v, z], constant, tanh.as_ref()))
        }
        Place::Gpu => {
            let tanh = tanh.map(|tanh| gpu::own(tanh.clone()));
            let [s, u, v, z] = [s, u, v, z].map(|t| gpu::own(t.clone()));
            gpu::out(gpu::rank_one::add_rank_one([gpu::own(base), s, u, v, z], constant, tanh))
        }
        Place::Twin => twin::rank_one::add_rank_one(base, s, u_v, constant, z, tanh),
    }
}
