//! Steps of optimizers on all leaves at once. What nobody else holds is written in place.

use burn::tensor::{Int, Tensor};

use crate::elementwise::assign_rows;
use crate::place::{Kernel, Place, at, place};
use crate::rules::{AdamW, Momentum, Sgd};
use crate::{cpu, gpu, twin};

/// A leaf that an optimizer moves, with what it remembers of it.
pub struct Moved<'a, const K: usize> {
    /// The weights, and then what is remembered, `[P, rows, cols]`.
    pub tables: [Tensor<3>; K],
    /// The gradient: like the tables, or with `at` of these rows of them; the others stay as they are.
    pub g: Tensor<3>,
    /// Distinct rows, `[rows]`.
    pub at: Option<&'a Tensor<1, Int>>,
}

/// w − η (g + λ w).
pub fn sgd(leaves: Vec<Moved<'_, 1>>, rule: Sgd) -> Vec<[Tensor<3>; 1]> {
    match place_of(Kernel::Sgd, &leaves) {
        Place::Cpu => on_cpu(leaves, |w, g, at| cpu::optimizers::sgd(w, g, at, rule)),
        Place::Gpu => on_gpu(leaves, |leaves| gpu::optimizers::sgd(leaves, rule)),
        Place::Twin => with_twin(leaves, |w, g| twin::optimizers::sgd(w, g, rule)),
    }
}

/// v ← μ v + g + λ w, then w − η v: from w and v to those of the next step.
pub fn momentum(leaves: Vec<Moved<'_, 2>>, rule: Momentum) -> Vec<[Tensor<3>; 2]> {
    match place_of(Kernel::Momentum, &leaves) {
        Place::Cpu => on_cpu(leaves, |w_v, g, at| cpu::optimizers::momentum(w_v, g, at, rule)),
        Place::Gpu => on_gpu(leaves, |leaves| gpu::optimizers::momentum(leaves, rule)),
        Place::Twin => with_twin(leaves, |w_v, g| twin::optimizers::momentum(w_v, g, rule)),
    }
}

/// Adam with decoupled weight decay (arXiv:1711.05101), β 0.9 and 0.999: from w and both moments to those of the
/// next step.
pub fn adam_w(leaves: Vec<Moved<'_, 3>>, rule: AdamW) -> Vec<[Tensor<3>; 3]> {
    match place_of(Kernel::AdamW, &leaves) {
        Place::Cpu => on_cpu(leaves, |w_m, g, at| cpu::optimizers::adam_w(w_m, g, at, rule)),
        Place::Gpu => on_gpu(leaves, |leaves| gpu::optimizers::adam_w(leaves, rule)),
        Place::Twin => with_twin(leaves, |w_m, g| twin::optimizers::adam_w(w_m, g, rule)),
    }
}

fn place_of<const K: usize>(kernel: Kernel, leaves: &[Moved<'_, K>]) -> Place {
    place(kernel, leaves.iter().map(|leaf| at(&leaf.g)))
}

fn on_cpu<const K: usize>(
    leaves: Vec<Moved<'_, K>>,
    step: impl Fn([cpu::Own; K], &cpu::Own, Option<&[usize]>) -> [cpu::Own; K],
) -> Vec<[Tensor<3>; K]> {
    let moved = |Moved { tables, g, at }: Moved<'_, K>| {
        let rows = at.map(cpu::host_rows);
        step(tables.map(cpu::own), &cpu::own(g), rows.as_deref()).map(cpu::out)
    };
    leaves.into_iter().map(moved).collect()
}

fn on_gpu<const K: usize>(
    leaves: Vec<Moved<'_, K>>,
    step: impl FnOnce(Vec<gpu::optimizers::Moved<K>>) -> Vec<[gpu::Own; K]>,
) -> Vec<[Tensor<3>; K]> {
    let own = leaves.into_iter().map(|Moved { tables, g, at }| gpu::optimizers::Moved {
        tables: tables.map(gpu::own),
        g: gpu::own(g),
        at: at.map(gpu::own_rows),
    });
    step(own.collect()).into_iter().map(|tables| tables.map(gpu::out)).collect()
}

fn with_twin<const K: usize>(leaves: Vec<Moved<'_, K>>, step: impl Fn([Tensor<3>; K], Tensor<3>) -> [Tensor<3>; K]) -> Vec<[Tensor<3>; K]> {
    let moved = |Moved { tables, g, at }: Moved<'_, K>| {
        let Some(rows) = at else { return step(tables, g) };
        let mut parts = step(tables.each_ref().map(|table| table.clone().select(1, rows.clone())), g).into_iter();
        tables.map(|table| assign_rows(table, rows, parts.next().expect("one for each table")))
    };
    leaves.into_iter().map(moved).collect()
}
