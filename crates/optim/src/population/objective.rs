//! `Objective`: a model on a batch, which gives a loss per member and example, never averaged.
//!
//! Four functions are enough: methods, rules and measures see no more of a model. What a model can do faster stands behind
//! one door, [`Objective::fast`]. Elsewhere: gradients of it (`gradient.rs`), the models (`basin_train::models`).

use std::ops::Range;

use basin_kernels::Softmax;
use burn::tensor::Tensor;

use super::noise::Noise;
use super::weights::Weights;

/// What a forward pass gives, for each member and example.
#[derive(Clone, Debug)]
pub struct Outputs {
    /// Inputs of the last layer, `[members, batch, width]`.
    pub hidden: Tensor<3>,
    /// Scores of the classes, `[members, batch, classes]`.
    pub logits: Tensor<3>,
}

/// Some examples of a batch.
#[derive(Clone, Debug)]
pub enum Subset<'a> {
    /// These, in the given order; all members see them all.
    Together(&'a [usize]),
    /// Member m·n + i sees example `range.start + i` alone, n the length of the range: for populations from
    /// `Weights::repeat_each(n)` of so many members.
    OneEach(Range<usize>, usize),
}

/// A model on a batch.
///
/// ```
#[doc = include_str!("../../doc/linear.rs")]
/// ```
pub trait Objective {
    /// Class of each example.
    fn labels(&self) -> &[usize];

    /// One row per example with a one at its label: `[1 or members, batch, classes]`.
    fn one_hot(&self) -> Tensor<3>;

    /// Runs the model. Cost: one forward pass.
    fn forward(&self, w: &Weights) -> Outputs;

    /// The same model on some examples of the batch.
    fn subset(&self, of: Subset<'_>) -> Box<dyn Objective + '_>;

    /// Examples in the batch, B.
    fn batch(&self) -> usize {
        self.one_hot().dims()[1]
    }

    /// The batch with a row of the embedding for each token, where its examples have tokens that can be moved.
    fn by_token(&self) -> Option<ByToken<'_>> {
        None
    }

    /// The same batch with other masks of dropout, where there are any. All else that is done with one objective has its masks.
    fn dropping_anew(&self) -> Option<Box<dyn Objective + '_>> {
        None
    }

    /// Shorter ways to some numbers, where the model has such.
    fn fast(&self) -> Option<Box<dyn FastPaths + '_>> {
        None
    }
}

/// From what belongs to rows or tokens to what belongs to others: `[members, …, …]` → `[members, …, …]`.
type Way<'a> = Box<dyn Fn(&Tensor<3>) -> Tensor<3> + 'a>;

/// A batch with a row of the embedding for each token of each text. What can be done with it is in `by_token.rs`.
pub struct ByToken<'a> {
    /// The batch, for weights whose embedding has these rows.
    pub objective: Box<dyn Objective + 'a>,
    /// From the rows of the batch to its tokens: `[P, rows, dim]` → `[P, tokens, dim]`.
    pub look_up: Way<'a>,
    /// The way back of a gradient, the sum over the places of each row: `[P, tokens, dim]` → `[P, rows, dim]`.
    pub to_rows: Way<'a>,
    /// For each token the sum over all tokens of its example: `[P, tokens, 1]` → `[P, tokens, 1]`.
    pub over_example: Way<'a>,
}

/// Shorter ways of a model on a batch to numbers that [`Objective::forward`] and a tape would give, too.
pub trait FastPaths {
    /// Runs the model and keeps its own backward pass. Cost: one forward pass.
    fn analytic(&self, w: &Weights) -> Analytic;

    /// Losses alone, `[members, batch]`, nats. Cost: one forward pass.
    fn losses(&self, w: &Weights) -> Tensor<2>;

    /// Losses alone at the antithetic pair w ± r ξ, `[2 P, batch]`, with r `[P, 1, 1]` and ξ that of
    /// [`Noise::antithetic_pair`], where there is a way to them that makes no such weights. Cost: two forward passes.
    fn antithetic_losses(&self, _w: &Weights, _r: &Tensor<3>, _noise: &Noise, _draw: u64) -> Option<Tensor<2>> {
        None
    }

    /// Per-instance SAM without a copy of the weights per example, where there is such a form. Cost: two gradient
    /// evaluations.
    fn per_example(&self, _w: &Weights, _rho: &Tensor<3>) -> Option<PerExample> {
        None
    }
}

/// A forward pass with the model's analytic backward pass in place of a tape.
pub struct Analytic {
    /// Inputs of the last layer, `[members, batch, width]`.
    pub hidden: Tensor<3>,
    /// What the last layer says.
    pub softmax: Softmax,
    /// From the gradient with respect to the logits, `[members, batch, classes]`, to that with respect to the weights.
    pub backward: Box<dyn FnOnce(Tensor<3>) -> Weights>,
}

/// What per-instance SAM sees, where every example has a perturbation ε_i of its own.
#[derive(Clone, Debug)]
pub struct PerExample {
    /// l_i(w), `[members, batch]`.
    pub losses: Tensor<2>,
    /// l_i(w + ε_i), `[members, batch]`.
    pub losses_up: Tensor<2>,
    /// ‖∇l_i(w)‖, of the climb loss where that leads elsewhere, `[members, batch]`.
    pub norms: Tensor<2>,
    /// (1/B) Σ ∇l_i(w + ε_i).
    pub descent: Weights,
}
