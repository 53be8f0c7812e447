//! Sharpness: how far, and how fast, the loss rises nearby.
//!
//! | measure | function | cost, in gradient evaluations |
//! |---|---|---|
//! | worst case at radius ρ, SAM's own | [`gap`] | [`evaluate`] and a third |
//! | the same, each example with its own ε | [`example_gap`] | 2 |
//! | largest eigenvalue of the Hessian | [`largest_eigenvalue`] | 2 an iteration |
//! | trace of the Hessian | [`trace`] | 2 a draw |
//! | average case at noise σ | [`average_rise`] | two thirds a draw |
//! | worst case, not changed by rescaling layers | [`adaptive_perturbation`] and [`rise`] | a third |
//! | average case, not changed by rescaling layers | [`average_rise`] with noise times \|w\| | two thirds a draw |
//! | where SAM would hold the largest eigenvalue | [`sam_edge`] | none |
//! | how far the examples disagree | [`gradient_variance`] | 2 |
//!
//! Hessian products are differences of gradients: burn's autodiff is of first order. Every value is per
//! member; nothing is read back. Rows of an embedding that a probe does not touch have no part in its
//! Hessian, so all of this is exact on the touched rows alone.

use burn::tensor::Tensor;

use crate::methods::Asam;
use crate::population::{
    ClimbLoss, Evaluation, Noise, Objective, Perturbation, Weights, evaluate, gradient_norms, hessian_product, losses as losses_at,
    mean_of_batch, per_example, unit,
};

/// L(w+ε) − L(w) for a given perturbation ε, `[members]`, nats. Cost: a forward pass.
pub fn rise(objective: &dyn Objective, w: &Weights, here: &Evaluation, perturbation: &Perturbation) -> Tensor<1> {
    mean_of_batch(losses_at(objective, &perturbation.from(w))) - mean_of_batch(here.losses.clone())
}

/// The gap L(w+ε) − L(w) with SAM's ε = ρ g/‖g‖, `[members]`, nats; `rho` is `[members, 1, 1]`.
///
/// Source: arXiv:2010.01412, equation 1. Cost: a forward pass.
pub fn gap(objective: &dyn Objective, w: &Weights, here: &Evaluation, rho: &Tensor<3>) -> Tensor<1> {
    rise(objective, w, here, &Perturbation::along(&here.gradient, rho))
}

/// The mean of the examples' own gaps, (1/B) Σ l_i(w+ε_i) − l_i(w) with ε_i = ρ ∇l_i/‖∇l_i‖, `[members]`, nats.
/// Cost: two gradient evaluations.
pub fn example_gap(objective: &dyn Objective, w: &Weights, rho: &Tensor<3>) -> Tensor<1> {
    let found = per_example(objective, w, rho, ClimbLoss::CrossEntropy);
    mean_of_batch(found.losses_up - found.losses)
}

/// ASAM's perturbation ε = ρ T²g/‖Tg‖ with T = |w| for every weight, so that rescaling layers changes neither ε/w nor
/// the rise. Source: arXiv:2102.11600, equation 7.
pub fn adaptive_perturbation(w: &Weights, here: &Evaluation, rho: &Tensor<3>) -> Perturbation {
    Asam { eta: 0.0, plain_biases: false }.perturbation(w, &here.gradient, rho)
}

/// An estimate of an eigenpair of the Hessian.
#[derive(Clone, Debug)]
pub struct Eigenpair {
    /// λ = vᵀHv, with its sign, `[members]`.
    pub value: Tensor<1>,
    /// ‖Hv − λv‖, `[members]`: an eigenvalue lies within this distance of λ.
    pub residual: Tensor<1>,
    /// Hv/‖Hv‖: where the next estimate goes on.
    pub next: Weights,
}

/// The eigenvalue that is largest in size, by `iterations` ≥ 1 power iterations from `start` (any length but 0).
///
/// Start from the result of the last measurement, or from the gradient. `h` is the length of the difference.
pub fn largest_eigenvalue(objective: &dyn Objective, w: &Weights, start: &Weights, iterations: usize, h: f64) -> Eigenpair {
    let mut v = unit(start);
    let mut product = hessian_product(objective, w, &v, h);
    for _ in 1..iterations {
        v = unit(&product);
        product = hessian_product(objective, w, &v, h);
    }
    let value = v.dot(&product);
    let residual = product.add_scaled(&v, &value.clone().neg()).norm();
    Eigenpair { value: value.reshape([-1]), residual: residual.reshape([-1]), next: unit(&product) }
}

/// The SAM edge: the largest eigenvalue at which full-batch SAM with rate η = `rate` still settles,
/// (‖g‖/2ρ)(√(1 + 8ρ/(η‖g‖)) − 1), from ‖g‖ and ρ, both `[members]`; 2/η, that of gradient descent, at ρ = 0. It is derived for
/// plain gradient steps, without momentum or Adam's scales.
///
/// Source: Long & Bartlett, arXiv:2309.12488.
pub fn sam_edge(gradient_norm: &Tensor<1>, rho: &Tensor<1>, rate: f64) -> Tensor<1> {
    // The same as (4/η)/(1 + √(1 + 8ρ/(η‖g‖))), which cancels nowhere.
    let root = (rho.clone() / gradient_norm.clone()).mul_scalar(8.0 / rate).add_scalar(1.0).sqrt();
    root.add_scalar(1.0).recip().mul_scalar(4.0 / rate)
}

/// tr V = mean ‖∇l_i‖² − ‖∇L‖², the trace of the covariance of the examples' gradients, `[members]`: what batches of one example
/// differ by. Cost: two gradient evaluations.
pub fn gradient_variance(objective: &dyn Objective, w: &Weights) -> Tensor<1> {
    let square = evaluate(objective, w).gradient.norm().square().reshape([-1]);
    mean_of_batch(gradient_norms(objective, w).square()) - square
}

/// A mean over random draws.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// `[members]`.
    pub mean: Tensor<1>,
    /// Standard error of the mean, `[members]`; zero for one draw.
    pub error: Tensor<1>,
}

impl Estimate {
    fn of(draws: Vec<Tensor<1>>) -> Self {
        let n = draws.len() as f64;
        let draws = Tensor::stack::<2>(draws, 0);
        let mean = draws.clone().mean_dim(0);
        let squares = (draws - mean.clone()).square().sum_dim(0);
        let error = if n > 1.0 { squares.div_scalar(n * (n - 1.0)).sqrt() } else { squares };
        Self { mean: mean.squeeze_dim(0), error: error.squeeze_dim(0) }
    }
}

/// The trace of the Hessian by Hutchinson's estimator: the mean of zᵀHz over `draws` ≥ 1 vectors of signs.
///
/// `h` is the length of the difference along z/‖z‖.
pub fn trace(objective: &dyn Objective, w: &Weights, noise: &Noise, draws: usize, h: f64) -> Estimate {
    let count = w.count() as f64;
    let draw = |draw| {
        // z/‖z‖ and ‖z‖² = the number of weights.
        let v = noise.rademacher(w, draw).map(|l| l.value.clone().div_scalar(count.sqrt()));
        v.dot(&hessian_product(objective, w, &v, h)).mul_scalar(count).reshape([-1])
    };
    Estimate::of((0..draws as u64).map(draw).collect())
}

/// The mean of L(w+δ) − L(w) over noise δ = σ ξ, with σ = `sigma` and ξ as `xi` draws it, `[members]`, nats: standard normal, or that
/// times |w|, which rescaling layers does not change.
///
/// Each draw takes +δ and −δ, so that the gradient, which says nothing of sharpness, cancels.
pub fn average_rise(
    objective: &dyn Objective,
    w: &Weights,
    here: &Evaluation,
    xi: impl Fn(u64) -> Weights,
    draws: usize,
    sigma: f64,
) -> Estimate {
    let loss = mean_of_batch(here.losses.clone());
    let draw = |draw| {
        let xi = xi(draw);
        let [up, down] = [sigma, -sigma].map(|s| mean_of_batch(losses_at(objective, &w.add_times(&xi, s))));
        (up + down).div_scalar(2.0) - loss.clone()
    };
    Estimate::of((0..draws as u64).map(draw).collect())
}
