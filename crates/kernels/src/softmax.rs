//! The softmax of a last layer, and what follows from it: π are its probabilities, y is the one-hot label.

use burn::tensor::Tensor;

use crate::place::{Kernel, Place, at, place};
use crate::{cpu, gpu, twin};

/// What a last layer says.
pub struct Softmax {
    /// scores + bias, `[P, B, C]`.
    pub logits: Tensor<3>,
    /// −ln π_y, `[P, B]`, nats.
    pub losses: Tensor<2>,
    /// π − y, the gradient of each loss with respect to its logits, `[P, B, C]`.
    pub error: Tensor<3>,
}

/// Logits, losses and errors from `scores` `[P, B, C]`, `bias` `[P, 1, C]` and `one_hot` `[1 or P, B, C]`.
pub fn softmax(scores: Tensor<3>, bias: Tensor<3>, one_hot: Tensor<3>) -> Softmax {
    match place(Kernel::Softmax, [at(&scores), at(&bias), at(&one_hot)]) {
        Place::Cpu => {
            let (logits, losses, error) = cpu::softmax::softmax(cpu::own(scores), cpu::own(bias), cpu::own(one_hot));
            Softmax { logits: cpu::out(logits), losses: cpu::out(losses), error: cpu::out(error) }
        }
        Place::Gpu => {
            let (logits, losses, error) = gpu::softmax::softmax(gpu::own(scores), gpu::own(bias), gpu::own(one_hot));
            Softmax { logits: gpu::out(logits), losses: gpu::out(losses), error: gpu::out(error) }
        }
        Place::Twin => {
            let (logits, losses, error) = twin::softmax::softmax(scores, bias, one_hot);
            Softmax { logits, losses, error }
        }
    }
}

/// −ln π_y of logits: `[P, B, C]`, `[1 or P, B, C]` → `[P, B]`, nats. In burn's operations, on a tape too.
pub fn cross_entropy(logits: Tensor<3>, one_hot: Tensor<3>) -> Tensor<2> {
    twin::softmax::cross_entropy(logits, one_hot)
}

/// π of logits, `[P, B, C]`. In burn's operations.
pub fn probabilities(logits: Tensor<3>) -> Tensor<3> {
    twin::softmax::probabilities(logits)
}

/// (1 − Σπ²)/‖π − y‖ without cancellation: `[P, B, C]`, `[1 or P, B, C]` → `[P, B]`. In burn's operations.
pub fn gini_over_error(logits: &Tensor<3>, one_hot: Tensor<3>) -> Tensor<2> {
    twin::softmax::gini_over_error(logits, one_hot)
}

/// √(‖h‖² + 1)·(1 − Σπ²)/‖π − y‖, for the last layer the trace of its Hessian over the norm of its gradient, with h its
/// input: `[P, B, width]`, `[P, B, C]`, `[1 or P, B, C]` → `[P, B]`.
pub fn last_layer_curvature(hidden: Tensor<3>, logits: Tensor<3>, one_hot: Tensor<3>) -> Tensor<2> {
    match place(Kernel::LastLayerCurvature, [at(&hidden), at(&logits), at(&one_hot)]) {
        Place::Cpu => cpu::out(cpu::softmax::last_layer_curvature(cpu::own(hidden), cpu::own(logits), cpu::own(one_hot))),
        Place::Gpu => gpu::out(gpu::softmax::last_layer_curvature(gpu::own(hidden), gpu::own(logits), gpu::own(one_hot))),
        Place::Twin => twin::softmax::last_layer_curvature(hidden, &logits, one_hot),
    }
}
