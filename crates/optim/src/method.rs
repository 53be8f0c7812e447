//! What every method has in common: one step in, new weights and a report out.
//!
//! Nothing is read back: reports hold tensors, and whoever wants numbers reads them later.

use basin_kernels::over_norm;
use burn::tensor::Tensor;

use crate::base::State;
use crate::noise::Noise;
use crate::objective::{Objective, mean_of_batch};
use crate::weights::Weights;

/// A rule that turns weights and a batch into better weights.
pub trait Method: Send {
    /// One step of every member but for its last line, w ← base(w, descent): that is [`crate::base::Base::step`].
    fn step(&self, w: &Weights, objective: &dyn Objective, context: &mut Context<'_>) -> StepReport;

    /// Names of the running means this method keeps in [`State`], shaped like the weights.
    fn slots(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether the step is the same after any rotation of the weights: it looks at them through sums, inner
    /// products and normal noise only, and keeps nothing shaped like them. Then it can run in a
    /// [`Frame`](crate::frame::Frame).
    fn rotates(&self) -> bool {
        false
    }
}

/// What a step needs besides weights and batch.
pub struct Context<'a> {
    /// Radius ρ of each member, `[members, 1, 1]`.
    pub rho: Tensor<3>,
    /// Learning rate η over its value at the start of the run, 0 to 1.
    pub rate_fraction: f64,
    /// What the method remembers from step to step.
    pub state: &'a mut State,
    /// Random draws of this step.
    pub noise: &'a Noise,
}

/// What a step spent, per member.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Gradient evaluations: a forward and a backward pass.
    pub gradients: f64,
    /// Forward passes besides those.
    pub forwards: f64,
}

impl Cost {
    /// In gradient evaluations; a forward pass is a third of one (forward, backward through
    /// activations, backward to weights cost about the same).
    pub fn gradient_evaluations(self) -> f64 {
        self.gradients + self.forwards / 3.0
    }
}

/// What a step saw. All tensors are per member and stay on the device.
#[derive(Clone, Debug)]
pub struct StepReport {
    /// l_i(w), `[members, batch]`.
    pub losses: Tensor<2>,
    /// l_i(w + ε), `[members, batch]`; none without a climb.
    pub losses_up: Option<Tensor<2>>,
    /// Weights p of the examples in the climb, `[1 or members, batch]`; none where examples are not weighted.
    pub p: Option<Tensor<2>>,
    /// 1 where the weights were all zero or not finite and uniform ones took their place, `[members]`.
    pub fell_back: Option<Tensor<1>>,
    /// The gradient that shaped the climb (g, or v for δ-SAM).
    pub slope: Weights,
    /// The climb ε; none without one, or where each example has its own.
    pub climb: Option<Climb>,
    /// The gradient that the base optimizer descends.
    pub descent: Weights,
    /// What it cost.
    pub cost: Cost,
}

impl StepReport {
    /// L(w+ε) − L(w) of each member on this batch, `[members]`; none without a climb.
    pub fn gap(&self) -> Option<Tensor<1>> {
        self.losses_up.clone().map(|up| mean_of_batch(up) - mean_of_batch(self.losses.clone()))
    }
}

/// The climb ε = ρ d/‖d‖ of each member along a direction d. It is kept as direction and factor: the point that it
/// leads to needs no vector of its own.
#[derive(Clone, Debug)]
pub struct Climb {
    /// d, or a multiple of it.
    direction: Weights,
    /// [`Weights::as_move`] of it.
    moved: Weights,
    /// What makes it ε, `[members, 1, 1]`.
    factor: Tensor<3>,
}

impl Climb {
    /// ρ far along `direction`, ρ of each member, `[members, 1, 1]`.
    pub fn along(direction: Weights, rho: &Tensor<3>) -> Self {
        let moved = direction.as_move();
        let factor = rho_over_norm(rho, &direction.norm_with(&moved));
        Self { direction, moved, factor }
    }

    /// `factor` times `direction`, `[members, 1, 1]`.
    pub fn scaled(direction: Weights, factor: Tensor<3>) -> Self {
        Self { moved: direction.as_move(), direction, factor }
    }

    /// w + ε.
    #[must_use]
    pub fn from(&self, w: &Weights) -> Weights {
        w.add_scaled(&self.moved, &self.factor)
    }

    /// ε.
    #[must_use]
    pub fn vector(&self) -> Weights {
        self.direction.scale(&self.factor)
    }
}

/// Factor that scales a vector of norm `norm` to length `rho`, 0 where the norm is below 1e-12:
/// a zero slope climbs nowhere. Both `[members, 1, 1]`.
pub fn rho_over_norm(rho: &Tensor<3>, norm: &Tensor<3>) -> Tensor<3> {
    over_norm(rho.clone(), norm.clone(), 1e-12)
}

/// `v` scaled to length 1, each member; zero where its norm is below 1e-12.
pub fn unit(v: &Weights) -> Weights {
    let norm = v.norm();
    v.scale(&rho_over_norm(&norm.ones_like(), &norm))
}
