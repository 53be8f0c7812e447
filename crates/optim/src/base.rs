//! The last line of every step: SGD, with momentum or without, or AdamW applies the gradient.
//!
//! Weight decay belongs here and stays out of the climb. When a step works on the rows of an
//! embedding that its batch touches, momentum, moments and decay of the other rows wait ("lazy"
//! momentum and Adam); for SGD without decay nothing changes.

use std::collections::BTreeMap;

use burn::tensor::{Int, Tensor};

use crate::frame::Frame;
use crate::fused::{self, AdamW, Momentum, Sgd};
use crate::weights::{Leaf, Role, Weights};

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

    /// Applies `gradient` to `w` with learning rate `rate`; `of` says what of the embeddings it is the gradient of.
    /// Tensors that nobody else holds are written in place.
    pub fn step(self, w: Weights, gradient: &Weights, of: Part<'_>, rate: f64, state: &mut State) -> Weights {
        state.time += 1;
        if let (Self::Sgd { decay: 0.0 }, Part::Framed(frame, _)) = (self, of) {
            // A move along the gradient alone is the same in every frame.
            return of_leaves(w, gradient, |leaf, g| match leaf.role {
                Role::Embedding => frame.add_to(leaf.value, &g, -rate),
                Role::Matrix | Role::Bias => fused::sgd(leaf.value, g, None, Sgd { rate, decay: 0.0 }),
            });
        }
        let gradient = if let Part::Framed(frame, _) = of { &frame.lift(gradient) } else { gradient };
        let rows_of = |role| match of {
            Part::Rows(rows) | Part::Framed(_, rows) if role == Role::Embedding => Some(rows),
            _ => None,
        };
        let mut taken = self.slots().iter().map(|name| state.take(name).into_leaves().into_iter()).collect::<Vec<_>>();
        let mut kept = vec![Vec::new(); taken.len()];
        let w = of_leaves(w, gradient, |leaf, g| {
            let rows = rows_of(leaf.role);
            let mut slots = taken.iter_mut().map(|leaves| leaves.next().expect("state has the leaves of the weights").value);
            let mut next = || slots.next().expect("one for each name");
            let (w, slots) = match self {
                Self::Sgd { decay } => (fused::sgd(leaf.value, g, rows, Sgd { rate, decay }), vec![]),
                Self::Momentum { mu, decay } => {
                    let [w, velocity] = fused::momentum([leaf.value, next()], g, rows, Momentum { rate, decay, mu });
                    (w, vec![velocity])
                }
                Self::AdamW { decay } => {
                    let [w, first, second] = fused::adam_w([leaf.value, next(), next()], g, rows, AdamW { rate, decay, time: state.time });
                    (w, vec![first, second])
                }
            };
            for (kept, value) in kept.iter_mut().zip(slots) {
                kept.push(value);
            }
            w
        });
        for (name, values) in self.slots().iter().zip(kept) {
            state.set(name, w.with_values(values));
        }
        w
    }
}

/// What of the embeddings a gradient belongs to. Other leaves are always whole.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// All rows.
    Whole,
    /// These.
    Rows(&'a Tensor<1, Int>),
    /// What a frame sees of these rows.
    Framed(&'a Frame, &'a Tensor<1, Int>),
}

fn of_leaves(w: Weights, gradient: &Weights, mut f: impl FnMut(Leaf, Tensor<3>) -> Tensor<3>) -> Weights {
    let leaves = w.into_leaves().into_iter().zip(gradient.leaves());
    Weights::new(leaves.map(|(leaf, g)| Leaf { name: leaf.name, role: leaf.role, value: f(leaf, g.value.clone()) }).collect())
}

/// What base optimizer and method remember from step to step.
#[derive(Clone, Debug)]
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

    /// The slots `names`, of the embeddings only the rows `rows` (see [`Weights::select_rows`]).
    #[must_use]
    pub fn select(&self, names: &[&'static str], rows: &Tensor<1, Int>) -> Self {
        Self { time: self.time, slots: names.iter().map(|name| (*name, self.slot(name).select_rows(rows))).collect() }
    }

    /// Writes such slots back.
    pub fn assign(&mut self, rows: &Tensor<1, Int>, part: Self) {
        for (name, part) in part.slots {
            let whole = self.take(name);
            self.set(name, whole.assign_rows(rows, part));
        }
    }
}
