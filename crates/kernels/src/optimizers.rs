//! Steps of optimizers on all leaves at once. What nobody else holds is written in place.

use burn::tensor::{Int, Tensor};

use crate::bag_matrix::BagMatrix;
use crate::elementwise::assign_rows;
use crate::place::{Kernel, Place, at, place};
use crate::pooling::{scatter, scatter_add};
use crate::rules::{AdamW, Momentum, Sgd};
use crate::{cpu, gpu, twin};

/// What of a table a gradient belongs to; other rows stay as they are.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// All of it: the gradient is shaped like the table.
    Whole,
    /// These distinct rows, `[rows]`: the gradient has one row for each, `[P, rows, cols]`.
    Rows(&'a Tensor<1, Int>),
    /// The rows of a bag matrix S, which are these: the gradient on them is S′ d, and given is d, `[P, texts, cols]`.
    Pooled(&'a BagMatrix, &'a Tensor<1, Int>),
}

/// A leaf that an optimizer moves, with what it remembers of it.
pub struct Moved<'a, const K: usize> {
    /// The weights, and then what is remembered, `[P, rows, cols]`.
    pub tables: [Tensor<3>; K],
    /// The gradient.
    pub g: Tensor<3>,
    /// What of the tables it belongs to.
    pub part: Part<'a>,
}

/// w − η (g + λ w).
pub fn sgd(leaves: Vec<Moved<'_, 1>>, rule: Sgd) -> Vec<[Tensor<3>; 1]> {
    let (mut tables, mut left) = (Vec::new(), Vec::new());
    for leaf in leaves {
        match leaf.part {
            // Without decay S′ d goes straight to the rows, and is nowhere written down.
            Part::Pooled(bag, _) if rule.decay <= 0.0 => {
                let [w] = leaf.tables;
                tables.push(Some([scatter_add(bag, w, &leaf.g, -rule.rate)]));
            }
            _ => {
                tables.push(None);
                left.push(leaf);
            }
        }
    }
    let mut moved = step(
        Kernel::Sgd,
        left,
        |w, g, at| cpu::optimizers::sgd(w, g, at, rule),
        |leaves| gpu::optimizers::sgd(leaves, rule),
        |w, g| twin::optimizers::sgd(w, g, rule),
    )
    .into_iter();
    tables.into_iter().map(|known| known.unwrap_or_else(|| moved.next().expect("what is left has moved"))).collect()
}

/// v ← μ v + g + λ w, then w − η v: from w and v to those of the next step.
pub fn momentum(leaves: Vec<Moved<'_, 2>>, rule: Momentum) -> Vec<[Tensor<3>; 2]> {
    step(
        Kernel::Momentum,
        leaves,
        |w_v, g, at| cpu::optimizers::momentum(w_v, g, at, rule),
        |leaves| gpu::optimizers::momentum(leaves, rule),
        |w_v, g| twin::optimizers::momentum(w_v, g, rule),
    )
}

/// Adam with decoupled weight decay (arXiv:1711.05101), β 0.9 and 0.999: from w and both moments to those of the
/// next step.
pub fn adam_w(leaves: Vec<Moved<'_, 3>>, rule: AdamW) -> Vec<[Tensor<3>; 3]> {
    step(
        Kernel::AdamW,
        leaves,
        |w_m, g, at| cpu::optimizers::adam_w(w_m, g, at, rule),
        |leaves| gpu::optimizers::adam_w(leaves, rule),
        |w_m, g| twin::optimizers::adam_w(w_m, g, rule),
    )
}

/// Takes `leaves` to the kernel or to the twin. All are on one device.
fn step<const K: usize>(
    kernel: Kernel,
    leaves: Vec<Moved<'_, K>>,
    on_cpu: impl Fn([cpu::Own; K], &cpu::Own, Option<&[usize]>) -> [cpu::Own; K],
    on_gpu: impl FnOnce(Vec<gpu::optimizers::Moved<K>>) -> Vec<[gpu::Own; K]>,
    in_twin: impl Fn([Tensor<3>; K], Tensor<3>) -> [Tensor<3>; K],
) -> Vec<[Tensor<3>; K]> {
    let on_rows = leaves.into_iter().map(|Moved { tables, g, part }| match part {
        Part::Whole => (tables, g, None),
        Part::Rows(rows) => (tables, g, Some(rows)),
        Part::Pooled(bag, rows) => (tables, scatter(bag, &g), Some(rows)),
    });
    let leaves: Vec<_> = on_rows.collect();
    if leaves.is_empty() {
        return Vec::new();
    }
    match place(kernel, leaves.iter().map(|(_, g, _)| at(g))) {
        Place::Cpu => {
            let step = |(tables, g, rows): ([Tensor<3>; K], _, Option<&_>)| {
                let rows = rows.map(cpu::host_rows);
                on_cpu(tables.map(cpu::own), &cpu::own(g), rows.as_deref()).map(cpu::out)
            };
            leaves.into_iter().map(step).collect()
        }
        Place::Gpu => {
            let own = leaves.into_iter().map(|(tables, g, rows)| gpu::optimizers::Moved {
                tables: tables.map(gpu::own),
                g: gpu::own(g),
                at: rows.map(gpu::own_rows),
            });
            on_gpu(own.collect()).into_iter().map(|tables| tables.map(gpu::out)).collect()
        }
        Place::Twin => {
            let step = |(tables, g, rows): ([Tensor<3>; K], _, Option<&Tensor<1, Int>>)| {
                let Some(rows) = rows else { return in_twin(tables, g) };
                let mut parts = in_twin(tables.each_ref().map(|table| table.clone().select(1, rows.clone())), g).into_iter();
                tables.map(|table| assign_rows(table, rows, parts.next().expect("one for each table")))
            };
            leaves.into_iter().map(step).collect()
        }
    }
}
