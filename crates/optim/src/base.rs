//! The last line of every step: burn's SGD (with momentum) or AdamW applies the gradient.
//!
//! Weight decay belongs here and stays out of the climb. When a step works on the rows of an
//! embedding that its batch touches, momentum, moments and decay of the other rows wait ("lazy"
//! momentum and Adam); for SGD without decay nothing changes.

use std::collections::BTreeMap;

use burn::optim::decay::{WeightDecay, WeightDecayConfig};
use burn::optim::momentum::{Momentum, MomentumConfig, MomentumState};
use burn::optim::{AdamW, AdamWConfig, AdamWState, AdaptiveMomentumState, Optimizer, Sgd, SgdConfig};
use burn::tensor::{Int, Tensor};

use crate::weights::Weights;

/// The optimizer that applies the gradient.
#[derive(Clone)]
pub enum Base {
    /// w − η (g + λ w).
    Sgd(Sgd),
    /// m ← μ m + g + λ w, then w − η m.
    Momentum(Momentum, Option<WeightDecay>),
    /// Adam with decoupled weight decay.
    AdamW(AdamW),
}

const VELOCITY: &str = "velocity";
const MOMENT_1: &str = "moment_1";
const MOMENT_2: &str = "moment_2";

impl Base {
    /// Plain SGD with weight decay λ.
    pub fn sgd(decay: f64) -> Self {
        Self::Sgd(SgdConfig::new().with_weight_decay(decay_config(decay)).build())
    }

    /// SGD with momentum μ (no dampening, not Nesterov) and weight decay λ.
    pub fn momentum(mu: f64, decay: f64) -> Self {
        let config = MomentumConfig { momentum: mu, dampening: 0.0, nesterov: false };
        Self::Momentum(Momentum::new(&config), decay_config(decay).as_ref().map(WeightDecay::new))
    }

    /// AdamW with burn's defaults (β 0.9 and 0.999) and weight decay λ.
    pub fn adam_w(decay: f64) -> Self {
        Self::AdamW(AdamWConfig::new().with_weight_decay(decay as f32).build())
    }

    /// Names of what it remembers.
    pub fn slots(&self) -> &'static [&'static str] {
        match self {
            Self::Sgd(_) => &[],
            Self::Momentum(..) => &[VELOCITY],
            Self::AdamW(_) => &[MOMENT_1, MOMENT_2],
        }
    }

    /// Applies `gradient` to `w` with learning rate `rate`.
    pub fn step(&self, w: &Weights, gradient: &Weights, rate: f64, state: &mut State) -> Weights {
        state.time += 1;
        match self {
            Self::Sgd(sgd) => w.zip(gradient, |w, g| sgd.step(rate, w, g, None).0),
            Self::Momentum(momentum, decay) => {
                let decayed = match decay {
                    Some(decay) => gradient.zip(w, |g, w| decay.transform(g, w)),
                    None => gradient.clone(),
                };
                // Without Nesterov and dampening, what burn returns as gradient is the velocity itself.
                let velocity = decayed.zip(state.slot(VELOCITY), |g, v| momentum.transform(g, Some(MomentumState::new(v))).0);
                let w = w.zip(&velocity, |w, v| w - v.mul_scalar(rate));
                state.set(VELOCITY, velocity);
                w
            }
            Self::AdamW(adam) => {
                let time = state.time - 1;
                let (mut first, mut second) = (Vec::new(), Vec::new());
                let before = state.slot(MOMENT_1).leaves().iter().zip(state.slot(MOMENT_2).leaves());
                let mut before = before.map(|(a, b)| (a.value.clone(), b.value.clone())).collect::<Vec<_>>().into_iter();
                let w = w.zip(gradient, |w, g| {
                    let (moment_1, moment_2) = before.next().expect("state has the leaves of the weights");
                    let known = AdamWState::new(AdaptiveMomentumState { time, moment_1, moment_2, max_moment_2: None });
                    let (w, known) = adam.step(rate, w, g, Some(known));
                    let known = known.expect("Adam always returns its state").momentum;
                    first.push(known.moment_1);
                    second.push(known.moment_2);
                    w
                });
                let (mut first, mut second) = (first.into_iter(), second.into_iter());
                state.set(MOMENT_1, w.map(|_| first.next().expect("one per leaf")));
                state.set(MOMENT_2, w.map(|_| second.next().expect("one per leaf")));
                w
            }
        }
    }
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
