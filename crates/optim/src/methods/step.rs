//! What every method has in common: one step in, a gradient and a report out.
//!
//! Nothing is read back: reports hold tensors, and whoever wants numbers reads them later.

use burn::tensor::Tensor;

use crate::base::State;
use crate::population::{ClimbLoss, Cost, Evaluation, Noise, Objective, Perturbation, Weights, ascent};
use crate::weighting::Weighting;

/// A rule that turns weights and a batch into a gradient to descend.
///
/// One of your own, on the model that stands at [`Objective`]:
///
/// ```
/// # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/linear.rs"));
/// # fn main() {
/// use basin_optim::base::{Base, Part, State};
/// use basin_optim::methods::{Context, Method, StepReport};
/// use basin_optim::population::{Cost, Noise, Perturbation, Purpose, evaluate};
///
/// /// SAM that climbs twice, half as far each time.
/// struct TwoSteps;
///
/// impl Method for TwoSteps {
///     fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
///         let half = cx.rho.clone() / 2.0;
///         let here = evaluate(objective, w);
///         let between = Perturbation::along(&here.gradient, &half).from(w);
///         let second = Perturbation::along(&evaluate(objective, &between).gradient, &half);
///         let up = evaluate(objective, &second.from(&between));
///         StepReport::descend(here, second, up).with_cost(Cost::gradients(1.0))
///     }
/// }
///
/// let device = Device::flex();
/// let (objective, w) = (two_examples(&device), two_members(&device));
/// let (base, mut state) = (Base::Sgd { decay: 0.0 }, State::new([], &w));
/// let noise = Noise::Seeded { seeds: vec![1, 2], purpose: Purpose::Step, step: 0 };
/// let rho = Tensor::full([2, 1, 1], 0.05, &device);
/// let report = TwoSteps.step(&w, &objective, &mut Context::new(rho, &mut state, &noise));
/// assert_eq!(report.cost.gradient_evaluations(), 3.0);
/// let w = base.step(w, &report.descent, Part::Whole, 0.5, &mut state);
/// # assert_eq!(w.members(), 2);
/// # }
/// ```
pub trait Method: Send {
    /// One step of every member but for its last line, w ← base(w, descent): that is [`crate::base::Base::step`].
    fn step(&self, w: &Weights, objective: &dyn Objective, context: &mut Context<'_>) -> StepReport;

    /// Names of the running means this method keeps in [`State`], shaped like the weights.
    fn slots(&self) -> &'static [&'static str] {
        &[]
    }

    /// What the radius ρ is multiplied with where the learning rate is `rate_fraction` times that of the start of the run.
    fn radius_factor(&self, _rate_fraction: f64) -> f64 {
        1.0
    }
}

/// What a step needs besides weights and batch.
pub struct Context<'a> {
    /// Radius ρ of each member at this step, `[members, 1, 1]`.
    pub rho: Tensor<3>,
    /// What the method remembers from step to step.
    pub state: &'a mut State,
    /// Random draws of this step.
    pub noise: &'a Noise,
    /// What the climb goes up on.
    pub climb: ClimbLoss,
    /// Which step this is.
    pub time: Time,
}

impl<'a> Context<'a> {
    /// The first step of a run, with a climb on the loss itself.
    pub fn new(rho: Tensor<3>, state: &'a mut State, noise: &'a Noise) -> Self {
        Self { rho, state, noise, climb: ClimbLoss::CrossEntropy, time: Time { done: 0, planned: 1 } }
    }

    /// Along what a method climbs that wants ∇L(w) besides, which `here` has: along that, or for another climb loss along its
    /// gradient, at the cost of an evaluation more.
    pub fn ascent_beside(&self, objective: &dyn Objective, w: &Weights, here: &Evaluation) -> (Weights, Cost) {
        match self.climb {
            ClimbLoss::CrossEntropy => (here.gradient.clone(), Cost::default()),
            climb => (ascent(objective, w, climb).gradient, Cost::gradients(1.0)),
        }
    }
}

/// Where a step stands among those of its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// Steps of the method before it.
    pub done: usize,
    /// Steps as they were planned at first; a run may go on past them.
    pub planned: usize,
}

impl Time {
    /// The share of the planned steps that is done, at most 1.
    pub fn share(self) -> f64 {
        (self.done as f64 / self.planned.max(1) as f64).min(1.0)
    }

    /// Whether it is the first step of each `period`.
    pub fn begins(self, period: usize) -> bool {
        self.done.is_multiple_of(period)
    }
}

/// What a step saw. All tensors are per member and stay on the device.
#[derive(Clone, Debug)]
pub struct StepReport {
    /// l_i(w), `[members, batch]`.
    pub losses: Tensor<2>,
    /// l_i(w + ε), or l_i where the inputs were moved, `[members, batch]`; none without a perturbation.
    pub losses_up: Option<Tensor<2>>,
    /// Weights p of the examples in the perturbation, `[1 or members, batch]`; none where examples are not weighted.
    pub p: Option<Tensor<2>>,
    /// 1 where the weights were all zero or not finite and uniform ones took their place, `[1 or members]`.
    pub fell_back: Option<Tensor<1>>,
    /// The gradient that shaped the perturbation (g, or v for δ-SAM); where there is none for the whole batch, the descent.
    pub gradient: Weights,
    /// The perturbation ε; none without one, or where examples have their own.
    pub perturbation: Option<Perturbation>,
    /// The gradient that the base optimizer descends.
    pub descent: Weights,
    /// Share of the coordinates that a method made smaller on purpose, `[members]`; none where no method does.
    pub shrunk: Option<Tensor<1>>,
    /// What it cost.
    pub cost: Cost,
}

impl StepReport {
    /// A step along the gradient `here`.
    pub fn plain(here: Evaluation) -> Self {
        let Evaluation { losses, gradient } = here;
        let cost = Cost::gradients(1.0);
        Self {
            losses,
            losses_up: None,
            p: None,
            fell_back: None,
            descent: gradient.clone(),
            gradient,
            perturbation: None,
            shrunk: None,
            cost,
        }
    }

    /// A step from `here` along the gradient `up`, where `perturbation` leads.
    pub fn descend(here: Evaluation, perturbation: Perturbation, up: Evaluation) -> Self {
        let apart = Self::descend_apart(here.losses, up.losses, up.gradient);
        Self { gradient: here.gradient, perturbation: Some(perturbation), ..apart }
    }

    /// A step along `descent` in which examples, or parts of the batch, have perturbations of their own, or inputs are moved.
    pub fn descend_apart(losses: Tensor<2>, losses_up: Tensor<2>, descent: Weights) -> Self {
        let plain = Self::plain(Evaluation { losses, gradient: descent });
        Self { losses_up: Some(losses_up), cost: Cost::gradients(2.0), ..plain }
    }

    /// The same, when `weighting` shaped the perturbation.
    #[must_use]
    pub fn weighted(self, weighting: Weighting) -> Self {
        let Weighting { p, fell_back, cost, .. } = weighting;
        Self { p: Some(p), fell_back: Some(fell_back), cost: self.cost + cost, ..self }
    }

    /// The same, with what was spent besides.
    #[must_use]
    pub fn with_cost(self, cost: Cost) -> Self {
        Self { cost: self.cost + cost, ..self }
    }
}
