//! The last line of every step: SGD, with momentum or without, or AdamW applies the gradient.
//!
//! Weight decay belongs here and stays out of the climb. When a step works on the rows of an
//! embedding that its batch touches, momentum, moments and decay of the other rows wait ("lazy"
//! momentum and Adam); for SGD without decay nothing changes.

use std::collections::BTreeMap;

use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::{Momentum, MomentumConfig, MomentumState};
use burn::optim::{AdamWConfig, AdamWState, AdaptiveMomentumState, Optimizer, SgdConfig};
use burn::tensor::{Int, Tensor};

use crate::fused;
use crate::weights::Weights;

/// The optimizer that applies the gradient; λ is the weight decay.
#[derive(Clone, Copy, Debug)]
pub enum Base {
    /// w − η (g + λ w).
    Sgd {
        /// λ.
        decay: f64,
    },
    /// v ← μ v + g + λ w, then w − η v.
    Momentum {
        /// μ; no dampening, not Nesterov.
        mu: f64,
        /// λ.
        decay: f64,
    },
    /// Adam with decoupled weight decay, β 0.9 and 0.999.
    AdamW {
        /// λ.
        decay: f64,
    },
}

/// β₁ and β₂ of AdamW.
const BETA: [f32; 2] = [0.9, 0.999];
/// Added to AdamW's root; burn's default.
const EPSILON: f32 = 1e-5;

const VELOCITY: &str = "velocity";
const MOMENT_1: &str = "moment_1";
const MOMENT_2: &str = "moment_2";

impl Base {
    /// Names of what it remembers.
    pub fn slots(self) -> &'static [&'static str] {
        match self {
            Self::Sgd { .. } => &[],
            Self::Momentum { .. } => &[VELOCITY],
            Self::AdamW { .. } => &[MOMENT_1, MOMENT_2],
        }
    }

    /// Whether it moves the weights along the gradient alone, so that it can work in a [`crate::frame::Frame`].
    pub fn follows_gradient(self) -> bool {
        matches!(self, Self::Sgd { decay } if decay == 0.0)
    }

    /// Applies `gradient` to `w` with learning rate `rate`.
    pub fn step(self, w: &Weights, gradient: &Weights, rate: f64, state: &mut State) -> Weights {
        state.time += 1;
        match self {
            Self::Sgd { decay } => w.zip(gradient, |w, g| sgd(w, g, rate, decay)),
            Self::Momentum { mu, decay } => {
                let mut velocity = state.take(VELOCITY).into_leaves().into_iter();
                let mut kept = Vec::new();
                let w = w.zip(gradient, |w, g| {
                    let leaf = velocity.next().expect("state has the leaves of the weights");
                    let [w, v] = momentum(w, g, leaf.value, mu, decay, rate);
                    kept.push(v);
                    w
                });
                state.set(VELOCITY, shaped_like(&w, kept));
                w
            }
            Self::AdamW { decay } => {
                let time = state.time;
                let first = state.take(MOMENT_1).into_leaves();
                let mut before = first.into_iter().zip(state.take(MOMENT_2).into_leaves());
                let (mut kept_1, mut kept_2) = (Vec::new(), Vec::new());
                let w = w.zip(gradient, |w, g| {
                    let (first, second) = before.next().expect("state has the leaves of the weights");
                    let [w, first, second] = adam_w(w, g, [first.value, second.value], decay, rate, time);
                    kept_1.push(first);
                    kept_2.push(second);
                    w
                });
                state.set(MOMENT_1, shaped_like(&w, kept_1));
                state.set(MOMENT_2, shaped_like(&w, kept_2));
                w
            }
        }
    }
}

fn shaped_like(w: &Weights, values: Vec<Tensor<3>>) -> Weights {
    let mut values = values.into_iter();
    w.map(|_| values.next().expect("one per leaf"))
}

// Each leaf: in one launch where that is possible, else by burn's optimizers, which are also the tests' reference.

fn sgd(w: Tensor<3>, g: Tensor<3>, rate: f64, decay: f64) -> Tensor<3> {
    if fused::fits(&[&w, &g]) {
        return fused::sgd(w, g, rate, decay);
    }
    SgdConfig::new().with_weight_decay(decay_config(decay)).build().step(rate, w, g, None).0
}

fn momentum(w: Tensor<3>, g: Tensor<3>, velocity: Tensor<3>, mu: f64, decay: f64, rate: f64) -> [Tensor<3>; 2] {
    if fused::fits(&[&w, &g, &velocity]) {
        let rule = fused::Momentum { rate: rate as f32, decay: decay as f32, mu: mu as f32 };
        return fused::momentum(w, g, velocity, rule);
    }
    let g = if decay > 0.0 { g + w.clone().mul_scalar(decay) } else { g };
    let rule = Momentum::new(&MomentumConfig { momentum: mu, dampening: 0.0, nesterov: false });
    // Without Nesterov and dampening, what burn returns as gradient is the velocity itself.
    let velocity = rule.transform(g, Some(MomentumState::new(velocity))).0;
    [w - velocity.clone().mul_scalar(rate), velocity]
}

/// Step number `time`, the first is 1.
fn adam_w(w: Tensor<3>, g: Tensor<3>, moments: [Tensor<3>; 2], decay: f64, rate: f64, time: usize) -> [Tensor<3>; 3] {
    let [first, second] = &moments;
    if fused::fits(&[&w, &g, first, second]) {
        let correction = |beta: f32| 1.0 - beta.powi(time as i32);
        let rule = fused::AdamW {
            rate: rate as f32,
            keep: (1.0 - rate * decay) as f32,
            beta: BETA,
            correction: [correction(BETA[0]), correction(BETA[1])],
            epsilon: EPSILON,
        };
        return fused::adam_w(w, g, moments, rule);
    }
    let [moment_1, moment_2] = moments;
    let known = AdamWState::new(AdaptiveMomentumState { time: time - 1, moment_1, moment_2, max_moment_2: None });
    let [beta_1, beta_2] = BETA;
    let config = AdamWConfig::new().with_beta_1(beta_1).with_beta_2(beta_2).with_epsilon(EPSILON).with_weight_decay(decay as f32);
    let (w, known) = config.build().step(rate, w, g, Some(known));
    let known = known.expect("Adam always returns its state").momentum;
    [w, known.moment_1, known.moment_2]
}

fn decay_config(decay: f64) -> Option<WeightDecayConfig> {
    (decay > 0.0).then(|| WeightDecayConfig::new(decay as f32))
}

/// What base optimizer and method remember from step to step.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Steps done.
    pub time: usize,
    slots: BTreeMap<&'static str, Weights>,
}

impl State {
    /// Zeros for each of `slots`, shaped like `w`.
    pub fn new(slots: impl IntoIterator<Item = &'static str>, w: &Weights) -> Self {
        Self { time: 0, slots: slots.into_iter().map(|name| (name, w.zeros_like())).collect() }
    }

    /// What is remembered under `name`.
    ///
    /// # Panics
    /// If the method did not name it in `slots`: a bug there.
    pub fn slot(&self, name: &'static str) -> &Weights {
        self.slots.get(name).expect("a method names its slots")
    }

    /// Takes what is remembered under `name`, to set it anew.
    fn take(&mut self, name: &'static str) -> Weights {
        self.slots.remove(name).expect("an optimizer names its slots")
    }

    /// Remembers `value` under `name`.
    pub fn set(&mut self, name: &'static str, value: Weights) {
        self.slots.insert(name, value);
    }

    /// All that is remembered, by name.
    pub fn slots(&self) -> impl Iterator<Item = (&'static str, &Weights)> {
        self.slots.iter().map(|(name, value)| (*name, value))
    }

    /// The part that belongs to the rows `rows` of the embeddings (see [`Weights::select_rows`]).
    #[must_use]
    pub fn select_rows(&self, rows: &Tensor<1, Int>) -> Self {
        Self { time: self.time, slots: self.slots.iter().map(|(name, value)| (*name, value.select_rows(rows))).collect() }
    }

    /// Writes such a part back.
    #[must_use]
    pub fn assign_rows(self, rows: &Tensor<1, Int>, mut part: Self) -> Self {
        let slots = self.slots.into_iter().map(|(name, whole)| {
            let part = part.slots.remove(name).expect("a part has the slots of the whole");
            (name, whole.assign_rows(rows, part))
        });
        Self { time: part.time, slots: slots.collect() }
    }
}
