//! Products of the small matrices of these networks, with what comes before and after them.

use burn::tensor::Tensor;

use crate::place::{Kernel, Place, at, place};
use crate::{cpu, gpu, twin};

/// a b: `[P or 1, m, k]`, `[P or 1, k, n]` → `[P, m, n]`.
pub fn product(a: Tensor<3>, b: Tensor<3>) -> Tensor<3> {
    match place(Kernel::Product, [at(&a), at(&b)]) {
        Place::Cpu => cpu::out(cpu::products::product(&cpu::own(a), &cpu::own(b))),
        Place::Gpu => gpu::out(gpu::products::product(gpu::own(a), gpu::own(b))),
        Place::Twin => twin::products::product(a, b),
    }
}

/// tanh(x W + bias), a dense layer: `[P, B, m]`, `[P, m, n]`, `[P, 1 or B, n]` → `[P, B, n]`.
pub fn dense_tanh(x: Tensor<3>, weight: Tensor<3>, bias: Tensor<3>) -> Tensor<3> {
    match place(Kernel::DenseTanh, [at(&x), at(&weight), at(&bias)]) {
        Place::Cpu => cpu::out(cpu::products::dense_tanh(cpu::own(x), cpu::own(weight), cpu::own(bias))),
        Place::Gpu => gpu::out(gpu::products::dense_tanh(gpu::own(x), gpu::own(weight), gpu::own(bias))),
        Place::Twin => twin::products::dense_tanh(x, weight, bias),
    }
}

/// (d W′)·(1 − h²): from the gradient d with respect to a layer's scores to that with respect to the scores of the tanh
/// layer before it, which gave h. `[P, B, n]`, `[P, m, n]`, `[P, B, m]` → `[P, B, m]`.
pub fn tanh_backward(d: Tensor<3>, weight: Tensor<3>, tanh: Tensor<3>) -> Tensor<3> {
    let transposed = weight.swap_dims(1, 2);
    match place(Kernel::TanhBackward, [at(&d), at(&transposed), at(&tanh)]) {
        Place::Cpu => cpu::out(cpu::products::tanh_backward(cpu::own(d), cpu::own(transposed), cpu::own(tanh))),
        Place::Gpu => gpu::out(gpu::products::tanh_backward(gpu::own(d), gpu::own(transposed), gpu::own(tanh))),
        Place::Twin => twin::products::tanh_backward(d, transposed, tanh),
    }
}

/// Σ over the batch of x′d and of d, the gradients with respect to a dense layer's weights and bias:
/// `[P or 1, B, m]`, `[P, B, n]` → `[P, m, n]`, `[P, 1, n]`.
pub fn outer(x: Tensor<3>, d: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
    match place(Kernel::Outer, [at(&x), at(&d)]) {
        Place::Cpu => {
            let (weight, bias) = cpu::products::outer(cpu::own(x), cpu::own(d));
            (cpu::out(weight), cpu::out(bias))
        }
        Place::Gpu => {
            let (weight, bias) = gpu::products::outer(gpu::own(x), gpu::own(d));
            (gpu::out(weight), gpu::out(bias))
        }
        Place::Twin => twin::products::outer(x, d),
    }
}
