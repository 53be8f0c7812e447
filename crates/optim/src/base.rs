//! The last line of every step: SGD, with momentum or without, or AdamW applies the gradient.
//!
//! Weight decay belongs here and stays out of the climb. When a step works on the rows of an
//! embedding that its batch touches, momentum, moments and decay of the other rows wait ("lazy"
//! momentum and Adam); for SGD without decay nothing changes.

use std::collections::BTreeMap;

use burn::tensor::{Int, Tensor};

use crate::fused::{self, AdamW, Momentum};
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
            Self::Sgd { decay } => w.zip(gradient, |w, g| fused::sgd(w, g, rate, decay)),
            Self::Momentum { mu, decay } => {
                let mut velocity = state.take(VELOCITY).into_leaves().into_iter();
                let mut kept = Vec::new();
                let w = w.zip(gradient, |w, g| {
                    let leaf = velocity.next().expect("state has the leaves of the weights");
                    let [w, v] = fused::momentum(w, g, leaf.value, Momentum { rate, decay, mu });
                    kept.push(v);
                    w
                });
                state.set(VELOCITY, w.with_values(kept));
                w
            }
            Self::AdamW { decay } => {
                let rule = AdamW { rate, decay, time: state.time };
                let first = state.take(MOMENT_1).into_leaves();
                let mut before = first.into_iter().zip(state.take(MOMENT_2).into_leaves());
                let (mut kept_1, mut kept_2) = (Vec::new(), Vec::new());
                let w = w.zip(gradient, |w, g| {
                    let (first, second) = before.next().expect("state has the leaves of the weights");
                    let [w, first, second] = fused::adam_w(w, g, [first.value, second.value], rule);
                    kept_1.push(first);
                    kept_2.push(second);
                    w
                });
                state.set(MOMENT_1, w.with_values(kept_1));
                state.set(MOMENT_2, w.with_values(kept_2));
                w
            }
        }
    }
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
