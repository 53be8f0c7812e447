//! Products with a bag matrix S, which walk its entries and touch no row of the table that no text has.

use burn::tensor::Tensor;

use crate::bag_matrix::BagMatrix;
use crate::place::{Kernel, Place, at, place};
use crate::{cpu, gpu, twin};

/// S E, the mean of each text's rows, from the whole table: `[P, vocabulary, dim]` → `[P, texts, dim]`.
pub fn pool(bag: &BagMatrix, table: &Tensor<3>) -> Tensor<3> {
    match place(Kernel::Pool, [at(table)]) {
        Place::Cpu => cpu::out(cpu::pooling::pool(bag, &cpu::own(table.clone()))),
        Place::Gpu => gpu::out(gpu::pooling::pool(bag.uploaded(&table.device()), bag.texts(), gpu::own(table.clone()))),
        Place::Twin => twin::pooling::pool(bag, table),
    }
}

/// S′ v, what numbers at the texts are at the rows: `[P, texts, dim]` → `[P, rows, dim]`.
pub fn scatter(bag: &BagMatrix, v: &Tensor<3>) -> Tensor<3> {
    match place(Kernel::Scatter, [at(v)]) {
        Place::Cpu => cpu::out(cpu::pooling::scatter(bag, &cpu::own(v.clone()))),
        Place::Gpu => gpu::out(gpu::pooling::scatter(bag.uploaded(&v.device()), bag.ids().len(), gpu::own(v.clone()))),
        Place::Twin => twin::pooling::scatter(bag, v),
    }
}

/// E + factor · S′ v: adds to the rows of the whole table, in place where nobody else holds it.
pub fn scatter_add(bag: &BagMatrix, table: Tensor<3>, v: &Tensor<3>, factor: f64) -> Tensor<3> {
    match place(Kernel::ScatterAdd, [at(&table), at(v)]) {
        Place::Cpu => cpu::out(cpu::pooling::scatter_add(bag, cpu::own(table), &cpu::own(v.clone()), factor as f32)),
        Place::Gpu => {
            let (uploaded, rows) = (bag.uploaded(&v.device()), bag.ids().len());
            gpu::out(gpu::pooling::scatter_add(uploaded, rows, gpu::own(table), gpu::own(v.clone()), factor as f32))
        }
        Place::Twin => twin::pooling::scatter_add(bag, table, v, factor),
    }
}
