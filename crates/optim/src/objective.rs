//! `Objective`: a loss per member and example, never averaged, and its weighted gradient.
//!
//! A model and a batch make an objective. [`evaluate`] runs it forward and keeps the way back, the model's own
//! or burn's tape; [`Evaluation::gradient`] runs backward with one weight per example. That order is what δ-SAM
//! needs: the weights p may depend on the losses, and are constants for the backward pass.
//! Elsewhere: the models (`basin_train::models`), the rules for p (`weighting.rs`).

use basin_kernels::{Softmax, weigh_rows};
pub use basin_kernels::{cross_entropy, probabilities};
use burn::tensor::Tensor;

use crate::noise::Noise;
use crate::weights::Weights;

/// What a forward pass gives, for each member and example.
#[derive(Clone, Debug)]
pub struct Outputs {
    /// Inputs of the last layer, `[members, batch, width]`.
    pub hidden: Tensor<3>,
    /// Scores of the classes, `[members, batch, classes]`.
    pub logits: Tensor<3>,
}

/// A model on a batch.
pub trait Objective {
    /// Examples in the batch, B.
    fn batch(&self) -> usize;

    /// Class of each example.
    fn labels(&self) -> &[usize];

    /// One row per example with a one at its label: `[1 or members, batch, classes]`.
    fn one_hot(&self) -> Tensor<3>;

    /// Runs the model. Cost: one forward pass.
    fn forward(&self, w: &Weights) -> Outputs;

    /// The same model on some examples of the batch, in the given order.
    fn examples(&self, indices: &[usize]) -> Box<dyn Objective + '_>;

    /// The same model where each member sees one example: member m·n + i sees example `range.start + i`,
    /// n the length of `range`; for populations from `Weights::repeat_each(n)`.
    fn one_each(&self, range: std::ops::Range<usize>, members: usize) -> Box<dyn Objective + '_>;

    /// Runs the model and keeps its own backward pass, where it has one written out. Cost: one forward pass.
    fn by_hand(&self, _w: &Weights) -> Option<ByHand> {
        None
    }

    /// Losses alone, `[members, batch]`, nats, where the model has a shorter way to them. Cost: one forward pass.
    fn losses(&self, _w: &Weights) -> Option<Tensor<2>> {
        None
    }

    /// Losses alone at w + r ξ of all members, and after them at w − r ξ of all, `[2 P, B]`, with r `[P, 1, 1]`, where the
    /// model has a shorter way to them than over the weights there. Cost: two forward passes.
    fn losses_on_both_sides(&self, _w: &Weights, _r: &Tensor<3>, _noise: &Noise, _draw: u64) -> Option<Tensor<2>> {
        None
    }

    /// Exact per-instance SAM without a copy of the weights per example, where the model has such a form.
    fn ghost(&self, _w: &Weights, _rho: &Tensor<3>) -> Option<Ghost> {
        None
    }
}

/// A forward pass with the model's own backward pass instead of a tape.
pub struct ByHand {
    /// Inputs of the last layer, `[members, batch, width]`.
    pub hidden: Tensor<3>,
    /// What the last layer says.
    pub softmax: Softmax,
    /// From the slope with respect to the logits, `[members, batch, classes]`, to that with respect to the weights.
    pub backward: Box<dyn FnOnce(Tensor<3>) -> Weights>,
}

/// Per-instance SAM in ghost form (see `per_instance.rs`).
#[derive(Clone, Debug)]
pub struct Ghost {
    /// l_i(w), `[members, batch]`.
    pub losses: Tensor<2>,
    /// l_i(w + ε_i), `[members, batch]`.
    pub losses_up: Tensor<2>,
    /// ‖∇l_i(w)‖, `[members, batch]`.
    pub norms: Tensor<2>,
    /// (1/B) Σ ∇l_i(w + ε_i).
    pub descent: Weights,
}

/// A forward pass at some weights, with what one backward pass needs.
pub struct Evaluation {
    outputs: Outputs,
    losses: Tensor<2>,
    /// From the weights of the examples to Σ p_i ∇l_i.
    backward: Box<dyn FnOnce(Share<'_>) -> Weights>,
}

/// How much each example counts in a gradient.
enum Share<'a> {
    /// This weight, `[1 or members, batch]`.
    Weighted(&'a Tensor<2>),
    /// One part in so many, all alike: a number needs no tensor.
    Equal(usize),
}

/// Runs `objective` at `w` and keeps the way back: the model's own where it has one, else burn's tape.
/// Cost: one forward pass.
pub fn evaluate(objective: &dyn Objective, w: &Weights) -> Evaluation {
    if let Some(ByHand { hidden, softmax: Softmax { logits, losses, error }, backward }) = objective.by_hand(w) {
        let backward = Box::new(|share: Share<'_>| {
            backward(match share {
                Share::Weighted(p) => weigh_rows(error, p),
                Share::Equal(batch) => error.mul_scalar(1.0 / batch as f64),
            })
        });
        return Evaluation { outputs: Outputs { hidden, logits }, losses, backward };
    }
    let one_hot = objective.one_hot();
    let w = w.map(|l| l.value.clone().autodiff().detach().require_grad());
    let outputs = objective.forward(&w);
    let losses = cross_entropy(outputs.logits.clone(), one_hot);
    let taped = losses.clone();
    let backward = move |share: Share<'_>| {
        let weighted = match share {
            Share::Weighted(p) => taped * p.clone(),
            Share::Equal(batch) => taped.mul_scalar(1.0 / batch as f64),
        };
        // Members share no weight, so the gradient of the sum over members is each member's own.
        let gradients = weighted.sum().backward();
        w.map(|l| l.value.grad(&gradients).unwrap_or_else(|| l.value.clone().without_autodiff().zeros_like()))
    };
    Evaluation { outputs, losses, backward: Box::new(backward) }
}

/// Losses of `objective` at `w`, `[members, batch]`, nats. Cost: one forward pass, no tape.
pub fn losses(objective: &dyn Objective, w: &Weights) -> Tensor<2> {
    objective.losses(w).unwrap_or_else(|| cross_entropy(objective.forward(w).logits, objective.one_hot()))
}

/// Losses of `objective` at w + r ξ of all members, and after them at w − r ξ of all, `[2 P, B]`: ξ as
/// [`Noise::gaussian`] draws it, and r of each member, `[members, 1, 1]`. Cost: two forward passes, no tape.
pub fn losses_on_both_sides(objective: &dyn Objective, w: &Weights, r: &Tensor<3>, noise: &Noise, draw: u64) -> Tensor<2> {
    // Both sides of all members are one population: all of them see the same examples.
    objective.losses_on_both_sides(w, r, noise, draw).unwrap_or_else(|| losses(objective, &noise.both_sides(w, r, draw)))
}

impl Evaluation {
    /// One loss per member and example, `[members, batch]`, nats; no longer part of the tape.
    pub fn losses(&self) -> Tensor<2> {
        self.losses.clone().without_autodiff()
    }

    /// What the model gave; no longer part of the tape.
    pub fn outputs(&self) -> Outputs {
        Outputs { hidden: self.outputs.hidden.clone().without_autodiff(), logits: self.outputs.logits.clone().without_autodiff() }
    }

    /// Σ p_i ∇l_i(w) of each member; `p` is `[1 or members, batch]`. Cost: one backward pass.
    pub fn gradient(self, p: &Tensor<2>) -> Weights {
        (self.backward)(Share::Weighted(p))
    }

    /// ∇L(w) of each member, L the mean loss of the batch. Cost: one backward pass.
    pub fn mean_gradient(self) -> Weights {
        let [_, batch] = self.losses.dims();
        (self.backward)(Share::Equal(batch))
    }
}

/// Equal weights 1/B, `[1, batch]`, of the type of `losses`.
pub fn uniform(losses: &Tensor<2>) -> Tensor<2> {
    let [_, batch] = losses.dims();
    Tensor::full([1, batch], 1.0 / batch as f64, (&losses.device().without_autodiff(), losses.dtype()))
}

/// Mean over the batch, `[members, batch]` → `[members]`.
pub fn mean_of_batch(losses: Tensor<2>) -> Tensor<1> {
    losses.mean_dim(1).squeeze_dim(1)
}
