//! Sums over all numbers of a member, or over a row.

use burn::tensor::Tensor;

use crate::place::{Kernel, Place, at, place};
use crate::{cpu, gpu, twin};

/// Σ a·b of each member over all pairs of `[P, rows, cols]`: at least one → `[P, 1, 1]`.
pub fn dot(pairs: &[[&Tensor<3>; 2]]) -> Tensor<3> {
    let same_shape = pairs.iter().all(|[a, b]| a.dims() == b.dims());
    match place(Kernel::Dot, pairs.as_flattened().iter().map(|t| at(t))) {
        Place::Cpu if same_shape => cpu::out(cpu::reductions::dot(&owned(pairs, cpu::own))),
        Place::Gpu if same_shape => gpu::out(gpu::reductions::dot(&owned(pairs, gpu::own))),
        _ => twin::reductions::dot(pairs),
    }
}

/// factor · √(Σ a·b + Σ c²) of each member over all `pairs` and all `squares`, and never under `least`: at least one
/// of them, `[P, rows, cols]` → `[P, 1, 1]`.
pub fn norm(pairs: &[[&Tensor<3>; 2]], squares: &[&Tensor<3>], factor: f64, least: f64) -> Tensor<3> {
    let all = pairs.as_flattened().iter().chain(squares);
    match place(Kernel::Norm, all.map(|t| at(t))) {
        Place::Cpu => {
            let squares = squares.iter().map(|leaf| cpu::own((*leaf).clone())).collect();
            cpu::out(cpu::reductions::norm(owned(pairs, cpu::own), squares, factor as f32, least as f32))
        }
        Place::Gpu => {
            let squares: Vec<_> = squares.iter().map(|leaf| gpu::own((*leaf).clone())).collect();
            gpu::out(gpu::reductions::norm(&owned(pairs, gpu::own), &squares, factor as f32, least as f32))
        }
        Place::Twin => twin::reductions::norm(pairs, squares, factor, least),
    }
}

fn owned<T>(pairs: &[[&Tensor<3>; 2]], own: impl Fn(Tensor<3>) -> T) -> Vec<[T; 2]> {
    pairs.iter().map(|pair| pair.map(|t| own(t.clone()))).collect()
}

/// p = q/Σq of each row, equal parts where Σq is not a positive number, and 1 where that happened:
/// `[P, n]` → `[P, n]`, `[P]`.
pub fn normalise(raw: &Tensor<2>) -> (Tensor<2>, Tensor<1>) {
    match place(Kernel::Normalise, [at(raw)]) {
        Place::Cpu => {
            let (p, fell_back) = cpu::reductions::normalise(cpu::own(raw.clone()));
            (cpu::out(p), cpu::out(fell_back))
        }
        Place::Gpu => {
            let (p, fell_back) = gpu::reductions::normalise(gpu::own(raw.clone()));
            (gpu::out(p), gpu::out(fell_back))
        }
        Place::Twin => twin::reductions::normalise(raw),
    }
}
