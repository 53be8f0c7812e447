//! Operations that would be two to eight of burn's each: one launch on a GPU, one pass over memory on the CPU.
//!
//! Small networks are bound by launches there and by touched memory here. Each operation is written once per
//! backend (`cpu.rs`, `gpu/`), without a backward pass: models that use them write theirs out, and the tests
//! compare it with burn's tape. Other number types than f32 take burn's own operations.
//! Elsewhere: who composes them (`Bag` of `basin_train`, [`crate::weights`], [`crate::objective`]).

pub(crate) mod cpu;
pub(crate) mod gpu;
mod matrix;

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Backend, Cube, Dispatch, Flex, backend_extension};
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamWConfig, AdamWState, AdaptiveMomentumState, Optimizer, SgdConfig};
use burn::tensor::{DType, IndexingUpdateOp, Int, Tensor, TensorData};

use crate::objective::{Outputs, cross_entropy, probabilities};

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
    /// See [`dense_losses`].
    fn dense_losses(
        x: FloatTensor<Self>,
        hidden: FloatTensor<Self>,
        hidden_bias: FloatTensor<Self>,
        head: FloatTensor<Self>,
        head_bias: FloatTensor<Self>,
        one_hot: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
    /// See [`over_norm`].
    fn over_norm(length: FloatTensor<Self>, norm: FloatTensor<Self>, least: f32) -> FloatTensor<Self>;
    /// See [`normalise`].
    fn normalise(raw: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>);
    /// See [`head_weights`].
    fn head_weights(hidden: FloatTensor<Self>, logits: FloatTensor<Self>, one_hot: FloatTensor<Self>) -> FloatTensor<Self>;
    /// See [`second_difference`].
    fn second_difference(sides: FloatTensor<Self>, middle: FloatTensor<Self>, r: FloatTensor<Self>, size: bool) -> FloatTensor<Self>;
}

/// Numbers of an SGD step.
#[derive(Clone, Copy, Debug)]
pub struct Sgd {
    /// Learning rate η.
    pub rate: f64,
    /// Weight decay λ.
    pub decay: f64,
}

/// Numbers of a momentum step.
#[derive(Clone, Copy, Debug)]
pub struct Momentum {
    /// Learning rate η.
    pub rate: f64,
    /// Weight decay λ.
    pub decay: f64,
    /// μ.
    pub mu: f64,
}

/// Numbers of an AdamW step.
#[derive(Clone, Copy, Debug)]
pub struct AdamW {
    /// Learning rate η.
    pub rate: f64,
    /// Weight decay λ.
    pub decay: f64,
    /// Number of the step; the first is 1.
    pub time: usize,
}

/// β₁ and β₂ of AdamW.
const BETA: [f32; 2] = [0.9, 0.999];
/// Added to AdamW's root; burn's default.
const EPSILON: f32 = 1e-5;

impl AdamW {
    /// 1 − η λ.
    fn keep(self) -> f32 {
        (1.0 - self.rate * self.decay) as f32
    }

    /// 1 − β₁^t and 1 − β₂^t.
    fn correction(self) -> [f32; 2] {
        BETA.map(|beta| 1.0 - beta.powi(self.time as i32))
    }
}

/// Whether `tensors` can go through [`Fused`].
pub(crate) fn fits(tensors: &[&Tensor<3>]) -> bool {
    tensors.iter().all(|tensor| is_plain(tensor))
}

/// Whether `tensor` is of f32 and not on a tape.
fn is_plain<const D: usize>(tensor: &Tensor<D>) -> bool {
    tensor.dtype() == DType::F32 && !tensor.device().is_autodiff()
}

/// The CPU's own tensors, if all that belongs together is there.
fn all_on_cpu<const K: usize>(groups: &[[&Tensor<3>; K]]) -> Option<Vec<[FloatTensor<Flex>; K]>> {
    groups.iter().map(|group| group_on_cpu(*group)).collect()
}

fn group_on_cpu<const K: usize>(group: [&Tensor<3>; K]) -> Option<[FloatTensor<Flex>; K]> {
    let own: Vec<_> = group.into_iter().map(on_cpu).collect::<Option<_>>()?;
    own.try_into().ok()
}

/// The CPU's own tensor, if `tensor` is one of f32 and not on a tape.
pub(crate) fn on_cpu<const D: usize>(tensor: &Tensor<D>) -> Option<FloatTensor<Flex>> {
    if is_plain(tensor) { tensor.clone().try_into_primitive::<Flex>().ok() } else { None }
}

pub(crate) const ON_GPU: &str = "what trains is on the CPU or on a GPU, and not on a tape";

/// The GPU's own tensor.
pub(crate) fn on_gpu(tensor: &Tensor<3>) -> FloatTensor<Cube> {
    tensor.clone().try_into_primitive::<Cube>().expect(ON_GPU)
}

fn tensor<const D: usize>(primitive: FloatTensor<Dispatch>) -> Tensor<D> {
    Tensor::from_dispatch(primitive)
}

/// a b, for the small matrices of these networks: `[P or 1, m, k]`, `[P or 1, k, n]` → `[P, m, n]`.
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
        let losses = cross_entropy(logits.clone(), one_hot.clone());
        let error = probabilities(logits.clone()) - one_hot;
        return Softmax { logits, losses, error };
    }
    let (logits, losses, error) = Dispatch::softmax(scores.into_dispatch(), bias.into_dispatch(), one_hot.into_dispatch());
    Softmax { logits: tensor(logits), losses: tensor(losses), error: tensor(error) }
}

/// Each row times the weight of its example, on the CPU in place where nobody else holds the rows: `[P, B, n]`,
/// `[1 or P, B]` → `[P, B, n]`.
pub fn weigh_rows(rows: Tensor<3>, p: &Tensor<2>) -> Tensor<3> {
    match (on_cpu(&rows), on_cpu(p)) {
        (Some(own), Some(p)) => {
            drop(rows);
            Tensor::from_primitive::<Flex>(cpu::weigh_rows(own, &p))
        }
        _ => rows * p.clone().unsqueeze_dim::<3>(2),
    }
}

/// −ln π_y of each example, nats, behind a dense tanh layer and a last layer, each with its weights and bias, and nothing
/// of what a way back would need: `[P, B, m]`, `[P, m, n]` and `[P, 1, n]`, `[P, n, C]` and `[P, 1, C]`,
/// `[1 or P, B, C]` → `[P, B]`.
pub fn dense_losses(x: Tensor<3>, hidden: [Tensor<3>; 2], head: [Tensor<3>; 2], one_hot: Tensor<3>) -> Tensor<2> {
    let [[hidden, hidden_bias], [head, head_bias]] = [hidden, head];
    if !fits(&[&x, &hidden, &hidden_bias, &head, &head_bias, &one_hot]) {
        let scores = product(dense_tanh(x, hidden, hidden_bias), head);
        return cross_entropy(scores + head_bias, one_hot);
    }
    let [x, hidden, hidden_bias, head, head_bias, one_hot] = [x, hidden, hidden_bias, head, head_bias, one_hot].map(Tensor::into_dispatch);
    tensor(Dispatch::dense_losses(x, hidden, hidden_bias, head, head_bias, one_hot))
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

/// Σ a·b of each member over all pairs of `[P, rows, cols]`: at least one → `[P, 1, 1]`.
pub fn dot(pairs: &[[&Tensor<3>; 2]]) -> Tensor<3> {
    if !pairs.iter().all(|pair| fits(pair) && pair[0].dims() == pair[1].dims()) {
        let of_pair = |&[a, b]: &[&Tensor<3>; 2]| {
            let product = a.clone() * b.clone();
            let [members, rows, cols] = product.dims();
            product.reshape([members, 1, rows * cols]).sum_dim(2)
        };
        return pairs.iter().map(of_pair).reduce(|sum, dot| sum + dot).expect("at least one pair");
    }
    match all_on_cpu(pairs) {
        Some(pairs) => Tensor::from_primitive::<Flex>(cpu::dot(&pairs)),
        None => Tensor::from_primitive::<Cube>(gpu::dot(&pairs.iter().map(|pair| pair.map(on_gpu)).collect::<Vec<_>>())),
    }
}

/// factor · √(Σ a·b + Σ c²) of each member over all `pairs` and all `squares`, and never under `least`: at least one
/// of them, `[P, rows, cols]` → `[P, 1, 1]`.
pub fn norm(pairs: &[[&Tensor<3>; 2]], squares: &[&Tensor<3>], factor: f64, least: f64) -> Tensor<3> {
    if !fits(squares) || !pairs.iter().all(|pair| fits(pair)) {
        let all: Vec<_> = pairs.iter().copied().chain(squares.iter().map(|leaf| [*leaf; 2])).collect();
        // Rounding can leave a sum of products below zero.
        return dot(&all).clamp_min(0.0).sqrt().mul_scalar(factor).clamp_min(least);
    }
    let [factor, least] = [factor as f32, least as f32];
    if let (Some(pairs), Some(squares)) = (all_on_cpu(pairs), squares.iter().map(|leaf| on_cpu(leaf)).collect::<Option<Vec<_>>>()) {
        return Tensor::from_primitive::<Flex>(cpu::norm(pairs, squares, factor, least));
    }
    let pairs: Vec<_> = pairs.iter().map(|pair| pair.map(on_gpu)).collect();
    let squares: Vec<_> = squares.iter().map(|leaf| on_gpu(leaf)).collect();
    Tensor::from_primitive::<Cube>(gpu::norm(&pairs, &squares, factor, least))
}

/// length/norm, and 0 where `norm` is below `least`: `[P, 1, 1]`, `[P, n, 1]` → `[P, n, 1]`.
pub fn over_norm(length: Tensor<3>, norm: Tensor<3>, least: f64) -> Tensor<3> {
    if !fits(&[&length, &norm]) || length.dims() != [norm.dims()[0], 1, 1] {
        let flat = norm.clone().lower_scalar(least);
        return (length / norm).mask_fill(flat, 0.0);
    }
    tensor(Dispatch::over_norm(length.into_dispatch(), norm.into_dispatch(), least as f32))
}

/// p = q/Σq of each row, equal parts where Σq is not a positive number, and 1 where that happened:
/// `[P, n]` → `[P, n]`, `[P]`.
pub fn normalise(raw: &Tensor<2>) -> (Tensor<2>, Tensor<1>) {
    let [members, n] = raw.dims();
    if !is_plain(raw) {
        let sum = raw.clone().sum_dim(1);
        // Written so that NaN counts as unusable: a comparison with NaN is false.
        let unusable = sum.clone().greater_scalar(0.0).bool_and(sum.clone().lower_scalar(f32::MAX)).bool_not();
        let p = (raw.clone() / sum).mask_fill(unusable.clone().expand([members, n]), 1.0 / n as f64);
        return (p, unusable.float().squeeze_dim(1));
    }
    let (p, fell_back) = Dispatch::normalise(raw.clone().into_dispatch());
    (tensor(p), tensor(fell_back))
}

/// Raw weights of δ-SAM's rule for the last layer, [`crate::weighting::head_weights`]:
/// `[P, B, width]`, `[P, B, C]`, `[1 or P, B, C]` → `[P, B]`.
pub fn head_weights(outputs: &Outputs, one_hot: Tensor<3>) -> Tensor<2> {
    let Outputs { hidden, logits } = outputs.clone();
    if !fits(&[&hidden, &logits, &one_hot]) {
        return crate::weighting::head_weights(outputs, one_hot);
    }
    tensor(Dispatch::head_weights(hidden.into_dispatch(), logits.into_dispatch(), one_hot.into_dispatch()))
}

/// [`dense_losses`] at w + r ξ of all members, and after them at w − r ξ of all, on the CPU, where no more of either side
/// is made than a member at a time. `leaves` are x, weights and bias of the first layer, and those of the last;
/// ξ is normal numbers, those of x multiplied by `factor`, `[1, B, B]`; r is `[P, 1, 1]` → `[2 P, B]`.
///
/// `draw` fills in the next normal numbers of a member, leaf after leaf and in pieces of [`DRAWN`] numbers.
/// None, and nothing drawn, for other numbers than f32 and on a GPU.
pub fn dense_losses_on_both_sides(
    leaves: [&Tensor<3>; 5],
    factor: &Tensor<3>,
    one_hot: &Tensor<3>,
    r: &Tensor<3>,
    draw: impl FnMut(usize, &mut [f32]),
) -> Option<Tensor<2>> {
    let leaves = group_on_cpu(leaves)?;
    let [factor, one_hot, r] = group_on_cpu([factor, one_hot, r])?;
    Some(Tensor::from_primitive::<Flex>(cpu::dense_losses_on_both_sides(leaves, &factor, &one_hot, &r, draw)))
}

/// How many numbers [`dense_losses_on_both_sides`] has drawn at once: what fits into the nearest cache, and a multiple of
/// what a generator makes at once.
pub const DRAWN: usize = 1024;

/// A leaf that noise moves to both sides.
#[derive(Clone, Copy, Debug)]
pub struct Between<'a> {
    /// Where it is, `[P, rows, cols]`.
    pub middle: &'a Tensor<3>,
    /// What the normal numbers are multiplied with to make ξ, `[1, rows, rows]`; none for 1.
    pub factor: Option<&'a Tensor<3>>,
}

/// w + r ξ of all members, and after them w − r ξ of all, of each of `leaves`, with r `[P, 1, 1]` → `[2 P, rows, cols]`.
///
/// `draw` fills in the next normal numbers of a member, leaf after leaf. None, and nothing drawn, for other numbers than
/// f32 and on the CPU, where burn's operations on whole leaves cost little beside what looks at both sides.
pub fn both_sides(leaves: &[Between<'_>], r: &Tensor<3>, draw: impl FnMut(usize, &mut [f32])) -> Option<Vec<Tensor<3>>> {
    if on_cpu(r).is_some() || !leaves.iter().all(|leaf| fits(&[leaf.middle, r])) {
        return None;
    }
    let leaves: Vec<_> = leaves.iter().map(|leaf| (on_gpu(leaf.middle), leaf.factor.map(on_gpu))).collect();
    Some(gpu::both_sides(&leaves, &on_gpu(r), draw).into_iter().map(Tensor::from_primitive::<Cube>).collect())
}

/// (f(w + rξ) + f(w − rξ) − 2 f(w))/r² from the numbers at [`both_sides`] and those in the middle, or with `size` its
/// size: `[2 P, B]`, `[P, B]`, `[P, 1, 1]` → `[P, B]`.
///
/// Differences come first: in f32 the sum of the two sides would already round the change away.
pub fn second_difference(sides: Tensor<2>, middle: &Tensor<2>, r: &Tensor<3>, size: bool) -> Tensor<2> {
    let [members, _] = middle.dims();
    if !(is_plain(&sides) && is_plain(middle) && is_plain(r)) {
        let [plus, minus] = [0, members].map(|first| sides.clone().narrow(0, first, members) - middle.clone());
        let difference = (plus + minus) / r.clone().square().squeeze_dim::<2>(2);
        return if size { difference.abs() } else { difference };
    }
    tensor(Dispatch::second_difference(sides.into_dispatch(), middle.clone().into_dispatch(), r.clone().into_dispatch(), size))
}

/// a + factor · b of each pair, `factor` one number per member or one for all: `[P, rows, cols]` twice, `[P or 1, 1, 1]`.
pub fn add_scaled(pairs: &[[&Tensor<3>; 2]], factor: &Tensor<3>) -> Vec<Tensor<3>> {
    let fit = |[a, b]: &[&Tensor<3>; 2]| {
        let of_members = |members| factor.dims() == [members, 1, 1];
        fits(&[a, b, factor]) && a.dims() == b.dims() && (of_members(1) || of_members(a.dims()[0]))
    };
    if !pairs.iter().all(fit) {
        return pairs.iter().map(|&[a, b]| a.clone() + b.clone() * factor.clone()).collect();
    }
    if let (Some(own), Some(factor)) = (all_on_cpu(pairs), on_cpu(factor)) {
        return own.iter().map(|pair| Tensor::from_primitive::<Flex>(cpu::add_scaled(pair, &factor))).collect();
    }
    let sums = gpu::add_scaled(&pairs.iter().map(|pair| pair.map(on_gpu)).collect::<Vec<_>>(), &on_gpu(factor));
    sums.into_iter().map(Tensor::from_primitive::<Cube>).collect()
}

/// A layer as per-instance SAM sees it: the gradient of example i is the matrix a_i′ d_i, of rank one, and d_i for the
/// bias, if there is one.
#[derive(Clone, Copy, Debug)]
pub struct RankOne<'a> {
    /// Inputs, `[1 or P, B, m]`.
    pub a: &'a Tensor<3>,
    /// Slope of the loss with respect to the outputs, `[P, B, n]`.
    pub d: &'a Tensor<3>,
    /// Whether the layer has a bias, which is a further input that is always 1.
    pub bias: bool,
}

impl RankOne<'_> {
    /// What the input of the bias adds to a scalar product of inputs.
    fn constant(&self) -> f32 {
        if self.bias { 1.0 } else { 0.0 }
    }
}

/// ‖∇l_i‖ of each example over three layers, √Σ ‖d_i‖²(‖a_i‖² + 1): → `[P, B, 1]`.
pub fn rank_one_norms(layers: [RankOne<'_>; 3]) -> Tensor<3> {
    if !layers.iter().all(|layer| fits(&[layer.a, layer.d])) {
        let square = |t: &Tensor<3>| t.clone().square().sum_dim(2);
        let squares = layers.iter().map(|layer| square(layer.d) * square(layer.a).add_scalar(layer.constant()));
        return squares.reduce(|sum, square| sum + square).expect("there are three layers").sqrt();
    }
    let (pairs, constants) = (layers.map(|layer| [layer.a, layer.d]), layers.map(|layer| layer.constant()));
    match all_on_cpu(&pairs) {
        Some(pairs) => Tensor::from_primitive::<Flex>(cpu::rank_one_norms(&pairs, constants)),
        None => Tensor::from_primitive::<Cube>(gpu::rank_one_norms(&pairs.map(|pair| pair.map(on_gpu)), constants)),
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
    let [u, v] = u_v;
    let constant = if bias { 1.0 } else { 0.0 };
    if !fits(&[&base, s, u, v, z]) {
        let sum = base + s.clone() * (u.clone() * v.clone()).sum_dim(2).add_scalar(constant) * z.clone();
        return match tanh {
            Some(tanh) => sum * tanh.clone().square().neg().add_scalar(1.0),
            None => sum,
        };
    }
    match group_on_cpu([&base, s, u, v, z]) {
        Some(own) => {
            // What nobody else holds is written in place.
            drop(base);
            let tanh = tanh.map(|tanh| on_cpu(tanh).expect("all is on one device"));
            Tensor::from_primitive::<Flex>(cpu::add_rank_one(own, constant, tanh.as_ref()))
        }
        None => Tensor::from_primitive::<Cube>(gpu::add_rank_one([&base, s, u, v, z].map(on_gpu), constant, tanh.map(on_gpu))),
    }
}

/// A leaf that an optimizer moves, with what it remembers of it.
pub struct Moved<'a, const K: usize> {
    /// The weights, and then what is remembered, `[P, rows, cols]`.
    pub tables: [Tensor<3>; K],
    /// The gradient: like the tables, or with `at` of these rows of them; the others stay as they are.
    pub g: Tensor<3>,
    /// Distinct rows, `[rows]`.
    pub at: Option<&'a Tensor<1, Int>>,
}

/// w − η (g + λ w). Here and below what nobody else holds is written in place.
pub fn sgd(leaves: Vec<Moved<'_, 1>>, rule: Sgd) -> Vec<[Tensor<3>; 1]> {
    update(
        leaves,
        |w, g, at| cpu::sgd(w, &g, at, rule),
        |leaves| gpu::sgd(leaves, rule),
        |[w], g| {
            let decay = (rule.decay > 0.0).then(|| WeightDecayConfig::new(rule.decay as f32));
            [SgdConfig::new().with_weight_decay(decay).build().step(rule.rate, w, g, None).0]
        },
    )
}

/// v ← μ v + g + λ w, then w − η v: from w and v to those of the next step.
pub fn momentum(leaves: Vec<Moved<'_, 2>>, rule: Momentum) -> Vec<[Tensor<3>; 2]> {
    update(
        leaves,
        |w_v, g, at| cpu::momentum(w_v, &g, at, rule),
        |leaves| gpu::momentum(leaves, rule),
        |[w, v], g| {
            let v = v.mul_scalar(rule.mu) + g + w.clone().mul_scalar(rule.decay);
            [w - v.clone().mul_scalar(rule.rate), v]
        },
    )
}

/// Adam with decoupled weight decay (arXiv:1711.05101), β 0.9 and 0.999: from w and both moments to those of the
/// next step.
pub fn adam_w(leaves: Vec<Moved<'_, 3>>, rule: AdamW) -> Vec<[Tensor<3>; 3]> {
    update(
        leaves,
        |w_m, g, at| cpu::adam_w(w_m, &g, at, rule),
        |leaves| gpu::adam_w(leaves, rule),
        |[w, moment_1, moment_2], g| {
            let known = AdamWState::new(AdaptiveMomentumState { time: rule.time - 1, moment_1, moment_2, max_moment_2: None });
            let config = AdamWConfig::new().with_beta_1(BETA[0]).with_beta_2(BETA[1]).with_epsilon(EPSILON);
            let (w, known) = config.with_weight_decay(rule.decay as f32).build().step(rule.rate, w, g, Some(known));
            let known = known.expect("Adam always returns its state").momentum;
            [w, known.moment_1, known.moment_2]
        },
    )
}

/// Takes `leaves` to the backend that has a fused form of the rule, or to burn's operations. All are on one device.
fn update<const K: usize>(
    leaves: Vec<Moved<'_, K>>,
    on_flex: impl Fn([FloatTensor<Flex>; K], FloatTensor<Flex>, Option<IntTensor<Flex>>) -> [FloatTensor<Flex>; K],
    on_cube: impl FnOnce(Vec<gpu::Moved<K>>) -> Vec<[FloatTensor<Cube>; K]>,
    with_burn: impl Fn([Tensor<3>; K], Tensor<3>) -> [Tensor<3>; K],
) -> Vec<[Tensor<3>; K]> {
    if !leaves.iter().all(|leaf| fits(&[&leaf.g])) {
        let moved = |Moved { tables, g, at }: Moved<'_, K>| {
            let Some(rows) = at else { return with_burn(tables, g) };
            let parts = with_burn(tables.each_ref().map(|table| table.clone().select(1, rows.clone())), g);
            let mut parts = parts.into_iter();
            tables.map(|table| assign_rows(table, rows, parts.next().expect("one for each table")))
        };
        return leaves.into_iter().map(moved).collect();
    }
    if leaves.iter().all(|leaf| on_cpu(&leaf.g).is_some()) {
        let moved = |Moved { tables, g, at }: Moved<'_, K>| {
            let at = at.map(|at| at.clone().try_into_primitive::<Flex>().expect("all is on one device"));
            let g = g.try_into_primitive::<Flex>().expect("all is on one device");
            let tables = tables.map(|table| table.try_into_primitive::<Flex>().expect("all is on one device"));
            on_flex(tables, g, at).map(Tensor::from_primitive::<Flex>)
        };
        return leaves.into_iter().map(moved).collect();
    }
    let own = leaves.into_iter().map(|Moved { tables, g, at }| gpu::Moved {
        tables: tables.map(|table| table.try_into_primitive::<Cube>().expect(ON_GPU)),
        g: on_gpu(&g),
        at: at.map(|at| at.clone().try_into_primitive::<Cube>().expect(ON_GPU)),
    });
    on_cube(own.collect()).into_iter().map(|tables| tables.map(Tensor::from_primitive::<Cube>)).collect()
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
    // One table of all members' rows.
    let firsts: Vec<i32> = (0..members).map(|member| (member * vocabulary) as i32).collect();
    let firsts = Tensor::<2, Int>::from_data(TensorData::new(firsts, [members, 1]), (&rows.device(), rows.dtype()));
    let places: Tensor<1, Int> = (firsts + rows.clone().unsqueeze_dim(0)).reshape([-1]);
    let values = values.reshape([places.dims()[0], cols]);
    let table = table.reshape([members * vocabulary, cols]).select_assign(0, places, values, IndexingUpdateOp::Assign);
    table.reshape([members, vocabulary, cols])
}
