//! Operations that would be two to eight of burn's each: one launch on a GPU, one pass over memory on the CPU.
//!
//! Small networks are bound by launches there and by touched memory here. Each operation is written once per
//! backend (`cpu.rs`, `gpu.rs`), without a backward pass: models that use them write theirs out, and the tests
//! compare it with burn's tape. Other number types than f32 take burn's own operations.
//! Elsewhere: who composes them (`Bag` of `basin_train`, [`crate::weights`], [`crate::objective`]).

pub(crate) mod cpu;
pub(crate) mod gpu;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{DType, IndexingUpdateOp, Int, Tensor};

use crate::weights::rows_of_all;

/// What a backend has to offer. All tensors are of f32.
#[backend_extension(Flex, Cube)]
pub trait Fused: Backend {
    /// See [`product`].
    fn product(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self>;
    /// See [`dense_tanh`].
    fn dense_tanh(x: FloatTensor<Self>, weight: FloatTensor<Self>, bias: FloatTensor<Self>) -> FloatTensor<Self>;
    /// See [`tanh_backward`].
    fn tanh_backward(d: FloatTensor<Self>, weight: FloatTensor<Self>, tanh: FloatTensor<Self>) -> FloatTensor<Self>;
    /// See [`softmax`].
    fn softmax(
        scores: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        one_hot: FloatTensor<Self>,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
    /// See [`outer`].
    fn outer(x: FloatTensor<Self>, d: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>);
    /// See [`dot`].
    fn dot(a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self>;
    /// See [`add_dot`].
    fn add_dot(sum: FloatTensor<Self>, a: FloatTensor<Self>, b: FloatTensor<Self>) -> FloatTensor<Self>;
    /// See [`over_norm`].
    fn over_norm(length: FloatTensor<Self>, norm: FloatTensor<Self>, least: f32) -> FloatTensor<Self>;
    /// See [`normalise`].
    fn normalise(raw: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>);
    /// See [`add_scaled`].
    fn add_scaled(a: FloatTensor<Self>, b: FloatTensor<Self>, factor: FloatTensor<Self>) -> FloatTensor<Self>;
    /// See [`sgd`].
    fn sgd(w: FloatTensor<Self>, g: FloatTensor<Self>, rate: f32, decay: f32) -> FloatTensor<Self>;
    /// See [`momentum`].
    fn momentum(
        w: FloatTensor<Self>,
        g: FloatTensor<Self>,
        velocity: FloatTensor<Self>,
        rule: Momentum,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
    /// See [`adam_w`].
    fn adam_w(
        w: FloatTensor<Self>,
        g: FloatTensor<Self>,
        moment_1: FloatTensor<Self>,
        moment_2: FloatTensor<Self>,
        rule: AdamW,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// Numbers of a momentum step.
#[derive(Clone, Copy, Debug)]
pub struct Momentum {
    /// Learning rate η.
    pub rate: f32,
    /// Weight decay λ.
    pub decay: f32,
    /// μ.
    pub mu: f32,
}

/// Numbers of an AdamW step.
#[derive(Clone, Copy, Debug)]
pub struct AdamW {
    /// Learning rate η.
    pub rate: f32,
    /// 1 − η λ, λ the weight decay.
    pub keep: f32,
    /// β₁ and β₂.
    pub beta: [f32; 2],
    /// 1 − β₁^t and 1 − β₂^t at step t.
    pub correction: [f32; 2],
    /// Added to the root.
    pub epsilon: f32,
}

/// Whether `tensors` can go through [`Fused`]: f32, and not on a tape.
pub(crate) fn fits(tensors: &[&Tensor<3>]) -> bool {
    tensors.iter().all(|t| t.dtype() == DType::F32 && !t.device().is_autodiff())
}

/// The CPU's own tensor, if `tensor` is one of f32 and not on a tape.
pub(crate) fn on_cpu(tensor: &Tensor<3>) -> Option<FloatTensor<Flex>> {
    if fits(&[tensor]) { tensor.clone().try_into_primitive::<Flex>().ok() } else { None }
}

fn tensor<const D: usize>(primitive: FloatTensor<Dispatch>) -> Tensor<D> {
    Tensor::from_dispatch(primitive)
}

/// a b: `[P or 1, m, k]`, `[P, k, n]` → `[P, m, n]`. Either may be a transposed view.
pub fn product(a: Tensor<3>, b: Tensor<3>) -> Tensor<3> {
    if !fits(&[&a, &b]) {
        return a.matmul(b);
    }
    tensor(Dispatch::product(a.into_dispatch(), b.into_dispatch()))
}

/// tanh(x W + bias), a dense layer: `[P, B, m]`, `[P, m, n]`, `[P, 1 or B, n]` → `[P, B, n]`.
pub fn dense_tanh(x: Tensor<3>, weight: Tensor<3>, bias: Tensor<3>) -> Tensor<3> {
    if !fits(&[&x, &weight, &bias]) {
        return (x.matmul(weight) + bias).tanh();
    }
    tensor(Dispatch::dense_tanh(x.into_dispatch(), weight.into_dispatch(), bias.into_dispatch()))
}

/// (d W′)·(1 − h²): from the slope d of a layer's scores to that of the scores of the tanh layer before it, which
/// gave h. `[P, B, n]`, `[P, m, n]`, `[P, B, m]` → `[P, B, m]`.
pub fn tanh_backward(d: Tensor<3>, weight: Tensor<3>, tanh: Tensor<3>) -> Tensor<3> {
    let transposed = weight.swap_dims(1, 2);
    if !fits(&[&d, &transposed, &tanh]) {
        return d.matmul(transposed) * tanh.square().neg().add_scalar(1.0);
    }
    tensor(Dispatch::tanh_backward(d.into_dispatch(), transposed.into_dispatch(), tanh.into_dispatch()))
}

/// What a last layer says, with π the softmax of its logits and y the one-hot label.
pub struct Softmax {
    /// scores + bias, `[P, B, C]`.
    pub logits: Tensor<3>,
    /// −ln π_y, `[P, B]`, nats.
    pub losses: Tensor<2>,
    /// π − y, the slope of each loss with respect to its logits, `[P, B, C]`.
    pub error: Tensor<3>,
}

/// Logits, losses and errors from `scores` `[P, B, C]`, `bias` `[P, 1, C]` and `one_hot` `[1 or P, B, C]`.
///
/// The largest logit is taken off first, so that nothing overflows.
pub fn softmax(scores: Tensor<3>, bias: Tensor<3>, one_hot: Tensor<3>) -> Softmax {
    if !fits(&[&scores, &bias, &one_hot]) {
        let logits = scores + bias;
        let losses = crate::objective::cross_entropy(logits.clone(), one_hot.clone());
        let error = crate::objective::probabilities(logits.clone()) - one_hot;
        return Softmax { logits, losses, error };
    }
    let (logits, losses, error) = Dispatch::softmax(scores.into_dispatch(), bias.into_dispatch(), one_hot.into_dispatch());
    Softmax { logits: tensor(logits), losses: tensor(losses), error: tensor(error) }
}

/// Σ over the batch of x′d and of d, the gradients of a dense layer's weights and bias:
/// `[P or 1, B, m]`, `[P, B, n]` → `[P, m, n]`, `[P, 1, n]`.
pub fn outer(x: Tensor<3>, d: Tensor<3>) -> (Tensor<3>, Tensor<3>) {
    if !fits(&[&x, &d]) {
        return (x.swap_dims(1, 2).matmul(d.clone()), d.sum_dim(1));
    }
    let (weight, bias) = Dispatch::outer(x.into_dispatch(), d.into_dispatch());
    (tensor(weight), tensor(bias))
}

/// Σ a·b of each member: both `[P, rows, cols]` → `[P, 1, 1]`.
pub fn dot(a: Tensor<3>, b: Tensor<3>) -> Tensor<3> {
    if !fits(&[&a, &b]) || a.dims() != b.dims() {
        let product = a * b;
        let [members, rows, cols] = product.dims();
        return product.reshape([members, 1, rows * cols]).sum_dim(2);
    }
    tensor(Dispatch::dot(a.into_dispatch(), b.into_dispatch()))
}

/// sum + Σ a·b of each member: `[P, 1, 1]`, both `[P, rows, cols]` → `[P, 1, 1]`.
pub fn add_dot(sum: Tensor<3>, a: Tensor<3>, b: Tensor<3>) -> Tensor<3> {
    if !fits(&[&sum, &a, &b]) || a.dims() != b.dims() || sum.dims()[0] != a.dims()[0] {
        return sum + dot(a, b);
    }
    tensor(Dispatch::add_dot(sum.into_dispatch(), a.into_dispatch(), b.into_dispatch()))
}

/// length/norm, and 0 where `norm` is below `least`: all `[P or 1, …]` with one number per member or example.
pub fn over_norm(length: Tensor<3>, norm: Tensor<3>, least: f64) -> Tensor<3> {
    if !fits(&[&length, &norm]) || length.dims() != norm.dims() {
        let flat = norm.clone().lower_scalar(least);
        return (length / norm).mask_fill(flat, 0.0);
    }
    tensor(Dispatch::over_norm(length.into_dispatch(), norm.into_dispatch(), least as f32))
}

/// p = q/Σq of each row, equal parts where Σq is not a positive number, and 1 where that happened:
/// `[P, n]` → `[P, n]`, `[P]`.
pub fn normalise(raw: &Tensor<2>) -> (Tensor<2>, Tensor<1>) {
    let [members, n] = raw.dims();
    if !fits(&[&raw.clone().unsqueeze()]) {
        let sum = raw.clone().sum_dim(1);
        // Written so that NaN counts as unusable: a comparison with NaN is false.
        let unusable = sum.clone().greater_scalar(0.0).bool_and(sum.clone().lower_scalar(f32::MAX)).bool_not();
        let p = (raw.clone() / sum).mask_fill(unusable.clone().expand([members, n]), 1.0 / n as f64);
        return (p, unusable.float().squeeze_dim(1));
    }
    let (p, fell_back) = Dispatch::normalise(raw.clone().into_dispatch());
    (tensor(p), tensor(fell_back))
}

/// a + factor · b, `factor` one number per member or one for all: `[P, rows, cols]` twice, `[P or 1, 1, 1]`.
pub fn add_scaled(a: Tensor<3>, b: Tensor<3>, factor: Tensor<3>) -> Tensor<3> {
    let of_members = |members| factor.dims() == [members, 1, 1];
    if !fits(&[&a, &b, &factor]) || a.dims() != b.dims() || !(of_members(1) || of_members(a.dims()[0])) {
        return a + b * factor;
    }
    tensor(Dispatch::add_scaled(a.into_dispatch(), b.into_dispatch(), factor.into_dispatch()))
}

/// w − η (g + λ w), all shaped alike.
pub fn sgd(w: Tensor<3>, g: Tensor<3>, rate: f64, decay: f64) -> Tensor<3> {
    tensor(Dispatch::sgd(w.into_dispatch(), g.into_dispatch(), rate as f32, decay as f32))
}

/// v ← μ v + g + λ w, then w − η v: the new w and v.
pub fn momentum(w: Tensor<3>, g: Tensor<3>, velocity: Tensor<3>, rule: Momentum) -> [Tensor<3>; 2] {
    let (w, velocity) = Dispatch::momentum(w.into_dispatch(), g.into_dispatch(), velocity.into_dispatch(), rule);
    [tensor(w), tensor(velocity)]
}

/// Adam with decoupled weight decay (arXiv:1711.05101): the new w and both moments.
pub fn adam_w(w: Tensor<3>, g: Tensor<3>, moments: [Tensor<3>; 2], rule: AdamW) -> [Tensor<3>; 3] {
    let [first, second] = moments.map(Tensor::into_dispatch);
    let (w, first, second) = Dispatch::adam_w(w.into_dispatch(), g.into_dispatch(), first, second, rule);
    [tensor(w), tensor(first), tensor(second)]
}

/// `table` with `values` in the rows `rows` of each member, in place where nobody else holds it:
/// `[P, vocabulary, cols]`, distinct `[rows]`, `[P, rows, cols]`.
pub fn assign_rows(table: Tensor<3>, rows: &Tensor<1, Int>, values: Tensor<3>) -> Tensor<3> {
    if let (Some(own), Some(values)) = (on_cpu(&table), on_cpu(&values)) {
        drop(table);
        let rows = rows.clone().try_into_primitive::<Flex>().expect("rows and table are on one device");
        return Tensor::from_primitive::<Flex>(cpu::assign_rows(own, rows, &values));
    }
    let [members, vocabulary, cols] = table.dims();
    let places = rows_of_all(rows, members, vocabulary);
    let values = values.reshape([places.dims()[0], cols]);
    let table = table.reshape([members * vocabulary, cols]).select_assign(0, places, values, IndexingUpdateOp::Assign);
    table.reshape([members, vocabulary, cols])
}
