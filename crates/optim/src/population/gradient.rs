//! Losses and gradients of an objective.
//!
//! [`forward`] runs it and keeps the way back, the model's own or burn's tape; [`Forward::gradient`] runs backward with one
//! weight per example. That order is what δ-SAM needs: the weights p may depend on the losses, and are constants for the
//! backward pass. Who wants the mean alone takes [`evaluate`].

use basin_kernels::{Softmax, cross_entropy, weigh_rows};
use burn::tensor::Tensor;

use super::noise::Noise;
use super::objective::{Analytic, Objective, Outputs};
use super::weights::Weights;

/// Losses at some weights, and a gradient there.
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// l_i(w), `[members, batch]`, nats.
    pub losses: Tensor<2>,
    /// Σ p_i ∇l_i(w), p_i = 1/B where nothing else was asked for.
    pub gradient: Weights,
}

/// A forward pass at some weights, with what one backward pass needs.
pub struct Forward<'a> {
    /// What was run.
    pub objective: &'a dyn Objective,
    /// Where.
    pub w: &'a Weights,
    outputs: Outputs,
    losses: Tensor<2>,
    /// From the weights of the examples to Σ p_i ∇l_i.
    backward: Box<dyn FnOnce(Share<'_>) -> Weights + 'a>,
}

/// How much each example counts in a gradient.
enum Share<'a> {
    /// This weight, `[1 or members, batch]`.
    Weighted(&'a Tensor<2>),
    /// One part in so many, all alike: a number needs no tensor.
    Equal(usize),
}

/// The losses of `objective` at `w`, and ∇L(w), L the mean loss of the batch. Cost: a gradient evaluation.
pub fn evaluate(objective: &dyn Objective, w: &Weights) -> Evaluation {
    forward(objective, w).mean_gradient()
}

/// Runs `objective` at `w` and keeps the way back. Cost: one forward pass.
pub fn forward<'a>(objective: &'a dyn Objective, w: &'a Weights) -> Forward<'a> {
    if let Some(fast) = objective.fast() {
        let Analytic { hidden, softmax: Softmax { logits, losses, error }, backward } = fast.analytic(w);
        let backward = Box::new(|share: Share<'_>| {
            backward(match share {
                Share::Weighted(p) => weigh_rows(error, p),
                Share::Equal(batch) => error.mul_scalar(1.0 / batch as f64),
            })
        });
        return Forward { objective, w, outputs: Outputs { hidden, logits }, losses, backward };
    }
    let on_tape = w.map(|l| l.value.clone().autodiff().detach().require_grad());
    let outputs = objective.forward(&on_tape);
    let losses = cross_entropy(outputs.logits.clone(), objective.one_hot());
    let taped = losses.clone();
    let backward = move |share: Share<'_>| {
        let weighted = match share {
            Share::Weighted(p) => taped * p.clone(),
            Share::Equal(batch) => taped.mul_scalar(1.0 / batch as f64),
        };
        // Members share no weight, so the gradient of the sum over members is each member's own.
        let gradients = weighted.sum().backward();
        on_tape.map(|l| l.value.grad(&gradients).unwrap_or_else(|| l.value.clone().without_autodiff().zeros_like()))
    };
    Forward { objective, w, outputs, losses, backward: Box::new(backward) }
}

impl Forward<'_> {
    /// One loss per member and example, `[members, batch]`, nats; no longer part of the tape.
    pub fn losses(&self) -> Tensor<2> {
        self.losses.clone().without_autodiff()
    }

    /// What the model gave; no longer part of the tape.
    pub fn outputs(&self) -> Outputs {
        Outputs { hidden: self.outputs.hidden.clone().without_autodiff(), logits: self.outputs.logits.clone().without_autodiff() }
    }

    /// Goes back with the weights `p` of the examples, `[1 or members, batch]`. Cost: one backward pass.
    pub fn gradient(self, p: &Tensor<2>) -> Evaluation {
        Evaluation { losses: self.losses(), gradient: (self.backward)(Share::Weighted(p)) }
    }

    /// Goes back with equal weights. Cost: one backward pass.
    pub fn mean_gradient(self) -> Evaluation {
        let [_, batch] = self.losses.dims();
        Evaluation { losses: self.losses(), gradient: (self.backward)(Share::Equal(batch)) }
    }

    /// Goes back with the weight 1 for every example: for members that see one each. Cost: one backward pass.
    pub fn sum_gradient(self) -> Evaluation {
        Evaluation { losses: self.losses(), gradient: (self.backward)(Share::Equal(1)) }
    }
}

/// Losses of `objective` at `w`, `[members, batch]`, nats. Cost: one forward pass, no tape.
pub fn losses(objective: &dyn Objective, w: &Weights) -> Tensor<2> {
    match objective.fast() {
        Some(fast) => fast.losses(w),
        None => cross_entropy(objective.forward(w).logits, objective.one_hot()),
    }
}

/// Losses of `objective` at the antithetic pair: at w + r ξ of all members, and after them at w − r ξ of all, `[2 P, batch]`,
/// with ξ as [`Noise::gaussian`] draws it, and r of each member, `[P, 1, 1]`. Cost: two forward passes, no tape.
pub fn antithetic_losses(objective: &dyn Objective, w: &Weights, r: &Tensor<3>, noise: &Noise, draw: u64) -> Tensor<2> {
    let fast = objective.fast().and_then(|fast| fast.antithetic_losses(w, r, noise, draw));
    // Both sides of all members are one population: all of them see the same examples.
    fast.unwrap_or_else(|| losses(objective, &noise.antithetic_pair(w, r, draw)))
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
