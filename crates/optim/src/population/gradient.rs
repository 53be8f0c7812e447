//! Losses and gradients of an objective.
//!
//! [`forward`] runs it and keeps the way back, the model's own or burn's tape; [`Forward::gradient`] runs backward with one
//! weight per example. That order is what δ-SAM needs: the weights p may depend on the losses, and are constants for the
//! backward pass. Who wants the mean alone takes [`evaluate`], and for the direction of a climb [`ascent`].

use basin_kernels::{Softmax, cross_entropy, probabilities, weigh_rows};
use burn::tensor::Tensor;

use super::climb_loss::ClimbLoss;
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
    climb: ClimbLoss,
    /// From what goes back to the gradient with respect to the weights.
    backward: Box<dyn FnOnce(Signal<'_>) -> Weights + 'a>,
}

/// What goes back through a model.
enum Signal<'a> {
    /// The losses, each with its weight.
    Losses(Share<'a>),
    /// A gradient with respect to the logits, `[members, batch, classes]`.
    Logits(Tensor<3>),
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

/// The losses of `objective` at `w`, and the gradient there of the mean of `climb`, along which a method climbs. Cost: a gradient
/// evaluation.
pub fn ascent(objective: &dyn Objective, w: &Weights, climb: ClimbLoss) -> Evaluation {
    forward(objective, w).climbing_on(climb).mean_gradient()
}

/// Runs `objective` at `w` and keeps the way back. Cost: one forward pass.
pub fn forward<'a>(objective: &'a dyn Objective, w: &'a Weights) -> Forward<'a> {
    if let Some(fast) = objective.fast() {
        let Analytic { hidden, softmax: Softmax { logits, losses, error }, backward } = fast.analytic(w);
        let backward = Box::new(|signal: Signal<'_>| {
            backward(match signal {
                Signal::Losses(Share::Weighted(p)) => weigh_rows(error, p),
                Signal::Losses(Share::Equal(batch)) => error.mul_scalar(1.0 / batch as f64),
                Signal::Logits(signal) => signal,
            })
        });
        return Forward { objective, w, outputs: Outputs { hidden, logits }, losses, climb: ClimbLoss::CrossEntropy, backward };
    }
    let on_tape = w.map(|l| l.value.clone().autodiff().detach().require_grad());
    let outputs = objective.forward(&on_tape);
    let losses = cross_entropy(outputs.logits.clone(), objective.one_hot());
    let (taped, logits) = (losses.clone(), outputs.logits.clone());
    let backward = move |signal: Signal<'_>| {
        // Members share no weight, so the gradient of the sum over members is each member's own.
        let gradients = match signal {
            Signal::Losses(Share::Weighted(p)) => (taped * p.clone()).sum().backward(),
            Signal::Losses(Share::Equal(batch)) => taped.mul_scalar(1.0 / batch as f64).sum().backward(),
            Signal::Logits(signal) => (logits * signal.autodiff()).sum().backward(),
        };
        on_tape.map(|l| l.value.grad(&gradients).unwrap_or_else(|| l.value.clone().without_autodiff().zeros_like()))
    };
    Forward { objective, w, outputs, losses, climb: ClimbLoss::CrossEntropy, backward: Box::new(backward) }
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

    /// π − y of each example, the gradient of its loss with respect to its logits, `[members, batch, classes]`.
    pub fn residual(&self) -> Tensor<3> {
        probabilities(self.outputs().logits) - self.objective.one_hot()
    }

    /// The same pass, whose gradients below are those of `climb` in place of the loss; the losses stay.
    #[must_use]
    pub fn climbing_on(self, climb: ClimbLoss) -> Self {
        Self { climb, ..self }
    }

    /// Goes back with the weights `p` of the examples, `[1 or members, batch]`. Cost: one backward pass.
    pub fn gradient(self, p: &Tensor<2>) -> Evaluation {
        self.back(Share::Weighted(p))
    }

    /// Goes back with equal weights. Cost: one backward pass.
    pub fn mean_gradient(self) -> Evaluation {
        let [_, batch] = self.losses.dims();
        self.back(Share::Equal(batch))
    }

    /// Goes back with the weight 1 for every example: for members that see one each. Cost: one backward pass.
    pub fn sum_gradient(self) -> Evaluation {
        self.back(Share::Equal(1))
    }

    /// J(w)ᵀ r/B, with J the change of the logits with the weights and `r` a gradient with respect to the logits of each example,
    /// `[members, batch, classes]`: with [`Self::residual`] it is ∇L(w). Cost: one backward pass.
    pub fn pull_back(self, r: Tensor<3>) -> Weights {
        let [_, batch] = self.losses.dims();
        (self.backward)(Signal::Logits(r.div_scalar(batch as f64)))
    }

    fn back(self, share: Share<'_>) -> Evaluation {
        let losses = self.losses();
        let signal = match (self.climb.signal(self.outputs().logits, self.objective.one_hot()), share) {
            (None, share) => Signal::Losses(share),
            (Some(signal), Share::Weighted(p)) => Signal::Logits(signal * p.clone().unsqueeze_dim(2)),
            (Some(signal), Share::Equal(batch)) => Signal::Logits(signal.div_scalar(batch as f64)),
        };
        Evaluation { losses, gradient: (self.backward)(signal) }
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
