//! Operations that would be two to eight of burn's each: one launch on a GPU, one pass over memory on the CPU.
//!
//! Small networks are bound by launches there and by touched memory here. Each operation is written once per
//! backend (`cpu.rs`, `gpu/`), without a backward pass: models that use them write theirs out, and the tests
//! compare it with burn's tape. Other number types than f32 take burn's own operations.
//! Elsewhere: who composes them (`Bag` of `basin_train`, [`crate::weights`], [`crate::objective`]).

pub(crate) mod cpu;
pub(crate) mod gpu;

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
    /// See [`over_norm`].
    fn over_norm(length: FloatTensor<Self>, norm: FloatTensor<Self>, least: f32) -> FloatTensor<Self>;
    /// See [`normalise`].
    fn normalise(raw: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>);
    /// See [`head_weights`].
    fn head_weights(hidden: FloatTensor<Self>, logits: FloatTensor<Self>, one_hot: FloatTensor<Self>) -> FloatTensor<Self>;
    /// See [`both_sides`].
    fn both_sides(w: FloatTensor<Self>, xi: FloatTensor<Self>, r: FloatTensor<Self>) -> FloatTensor<Self>;
    /// See [`second_difference`].
    fn second_difference(sides: FloatTensor<Self>, middle: FloatTensor<Self>, r: FloatTensor<Self>) -> FloatTensor<Self>;
    /// See [`add_scaled`].
    fn add_scaled(a: FloatTensor<Self>, b: FloatTensor<Self>, factor: FloatTensor<Self>) -> FloatTensor<Self>;
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

/// Whether `tensors` can go through [`Fused`]: f32, and not on a tape.
fn fits(tensors: &[&Tensor<3>]) -> bool {
    tensors.iter().all(|t| t.dtype() == DType::F32 && !t.device().is_autodiff())
}

/// The CPU's own tensor, if `tensor` is one of f32 and not on a tape.
pub(crate) fn on_cpu(tensor: &Tensor<3>) -> Option<FloatTensor<Flex>> {
    if fits(&[tensor]) { tensor.clone().try_into_primitive::<Flex>().ok() } else { None }
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
    let own: Option<Vec<[FloatTensor<Flex>; 2]>> = pairs.iter().map(|[a, b]| Some([on_cpu(a)?, on_cpu(b)?])).collect();
    match own {
        Some(pairs) => Tensor::from_primitive::<Flex>(cpu::dot(&pairs)),
        None => Tensor::from_primitive::<Cube>(gpu::dot(pairs.iter().map(|pair| pair.map(on_gpu)))),
    }
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

/// Raw weights of δ-SAM's rule for the last layer, [`crate::weighting::head_weights`]:
/// `[P, B, width]`, `[P, B, C]`, `[1 or P, B, C]` → `[P, B]`.
pub fn head_weights(outputs: &Outputs, one_hot: Tensor<3>) -> Tensor<2> {
    let Outputs { hidden, logits } = outputs.clone();
    if !fits(&[&hidden, &logits, &one_hot]) {
        return crate::weighting::head_weights(outputs, one_hot);
    }
    tensor(Dispatch::head_weights(hidden.into_dispatch(), logits.into_dispatch(), one_hot.into_dispatch()))
}

/// w + r ξ of all members, and after them w − r ξ of all: `[P, rows, cols]` twice, `[P, 1, 1]` → `[2 P, rows, cols]`.
pub fn both_sides(w: Tensor<3>, xi: Tensor<3>, r: Tensor<3>) -> Tensor<3> {
    if !fits(&[&w, &xi, &r]) || w.dims() != xi.dims() || w.dims()[0] != r.dims()[0] {
        let away = xi * r;
        return Tensor::cat(vec![w.clone() + away.clone(), w - away], 0);
    }
    tensor(Dispatch::both_sides(w.into_dispatch(), xi.into_dispatch(), r.into_dispatch()))
}

/// (f(w + rξ) + f(w − rξ) − 2 f(w))/r² from the numbers at [`both_sides`] and those in the middle:
/// `[2 P, B]`, `[P, B]`, `[P, 1, 1]` → `[P, B]`.
///
/// Differences come first: in f32 the sum of the two sides would already round the change away.
pub fn second_difference(sides: Tensor<2>, middle: &Tensor<2>, r: &Tensor<3>) -> Tensor<2> {
    let [members, _] = middle.dims();
    if !fits(&[&sides.clone().unsqueeze(), &middle.clone().unsqueeze(), r]) {
        let [plus, minus] = [0, members].map(|first| sides.clone().narrow(0, first, members) - middle.clone());
        return (plus + minus) / r.clone().square().squeeze_dim::<2>(2);
    }
    tensor(Dispatch::second_difference(sides.into_dispatch(), middle.clone().into_dispatch(), r.clone().into_dispatch()))
}

/// a + factor · b, `factor` one number per member or one for all: `[P, rows, cols]` twice, `[P or 1, 1, 1]`.
pub fn add_scaled(a: Tensor<3>, b: Tensor<3>, factor: Tensor<3>) -> Tensor<3> {
    let of_members = |members| factor.dims() == [members, 1, 1];
    if !fits(&[&a, &b, &factor]) || a.dims() != b.dims() || !(of_members(1) || of_members(a.dims()[0])) {
        return a + b * factor;
    }
    tensor(Dispatch::add_scaled(a.into_dispatch(), b.into_dispatch(), factor.into_dispatch()))
}

/// w − η (g + λ w). Here and below `w` is `[P, rows, cols]`, and `g` like it, or with `at` of these rows of it;
/// the others stay as they are. What nobody else holds is written in place.
pub fn sgd(w: Tensor<3>, g: Tensor<3>, at: Option<&Tensor<1, Int>>, rule: Sgd) -> Tensor<3> {
    let [w] = update(
        [w],
        g,
        at,
        |w, g, at| cpu::sgd(w, &g, at, rule),
        |w, g, at| gpu::sgd(w, g, at, rule),
        |[w], g| {
            let decay = (rule.decay > 0.0).then(|| WeightDecayConfig::new(rule.decay as f32));
            [SgdConfig::new().with_weight_decay(decay).build().step(rule.rate, w, g, None).0]
        },
    );
    w
}

/// v ← μ v + g + λ w, then w − η v: from w and v to those of the next step.
pub fn momentum(w_v: [Tensor<3>; 2], g: Tensor<3>, at: Option<&Tensor<1, Int>>, rule: Momentum) -> [Tensor<3>; 2] {
    update(
        w_v,
        g,
        at,
        |w_v, g, at| cpu::momentum(w_v, &g, at, rule),
        |w_v, g, at| gpu::momentum(w_v, g, at, rule),
        |[w, v], g| {
            let v = v.mul_scalar(rule.mu) + g + w.clone().mul_scalar(rule.decay);
            [w - v.clone().mul_scalar(rule.rate), v]
        },
    )
}

/// Adam with decoupled weight decay (arXiv:1711.05101), β 0.9 and 0.999: from w and both moments to those of the
/// next step.
pub fn adam_w(w_m: [Tensor<3>; 3], g: Tensor<3>, at: Option<&Tensor<1, Int>>, rule: AdamW) -> [Tensor<3>; 3] {
    update(
        w_m,
        g,
        at,
        |w_m, g, at| cpu::adam_w(w_m, &g, at, rule),
        |w_m, g, at| gpu::adam_w(w_m, g, at, rule),
        |[w, moment_1, moment_2], g| {
            let known = AdamWState::new(AdaptiveMomentumState { time: rule.time - 1, moment_1, moment_2, max_moment_2: None });
            let config = AdamWConfig::new().with_beta_1(BETA[0]).with_beta_2(BETA[1]).with_epsilon(EPSILON);
            let (w, known) = config.with_weight_decay(rule.decay as f32).build().step(rule.rate, w, g, Some(known));
            let known = known.expect("Adam always returns its state").momentum;
            [w, known.moment_1, known.moment_2]
        },
    )
}

/// Takes `tables` to the backend that has a fused form of the rule, or to burn's operations.
fn update<const K: usize>(
    tables: [Tensor<3>; K],
    g: Tensor<3>,
    at: Option<&Tensor<1, Int>>,
    on_flex: impl FnOnce([FloatTensor<Flex>; K], FloatTensor<Flex>, Option<IntTensor<Flex>>) -> [FloatTensor<Flex>; K],
    on_cube: impl FnOnce([FloatTensor<Cube>; K], FloatTensor<Cube>, Option<IntTensor<Cube>>) -> [FloatTensor<Cube>; K],
    with_burn: impl FnOnce([Tensor<3>; K], Tensor<3>) -> [Tensor<3>; K],
) -> [Tensor<3>; K] {
    if !fits(&[&g]) {
        let Some(rows) = at else { return with_burn(tables, g) };
        let parts = with_burn(tables.each_ref().map(|table| table.clone().select(1, rows.clone())), g);
        let mut parts = parts.into_iter();
        return tables.map(|table| assign_rows(table, rows, parts.next().expect("one for each table")));
    }
    if let Some(g) = on_cpu(&g) {
        let at = at.map(|at| at.clone().try_into_primitive::<Flex>().expect("all is on one device"));
        let tables = tables.map(|table| table.try_into_primitive::<Flex>().expect("all is on one device"));
        return on_flex(tables, g, at).map(Tensor::from_primitive::<Flex>);
    }
    let at = at.map(|at| at.clone().try_into_primitive::<Cube>().expect(ON_GPU));
    let tables = tables.map(|table| table.try_into_primitive::<Cube>().expect(ON_GPU));
    on_cube(tables, on_gpu(&g), at).map(Tensor::from_primitive::<Cube>)
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
