//! The last line of every step: SGD, with momentum or without, or AdamW applies the gradient.
//!
//! Weight decay belongs here and stays out of the climb. When a step works on the rows of an
//! embedding that its batch touches, momentum, moments and decay of the other rows wait ("lazy"
//! momentum and Adam); for SGD without decay nothing changes.

use std::collections::BTreeMap;

use basin_kernels::optimizers::{self, Moved};
use basin_kernels::rules::{AdamW, Momentum, Sgd};
use burn::tensor::{Int, Tensor};

use crate::frame::Frame;
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
            // S′D goes straight to the rows, and is nowhere written down.
            let add = |leaf: Leaf, g: &Tensor<3>| match leaf.role {
                Role::Embedding => Leaf { value: frame.add_to(leaf.value, g, -rate), ..leaf },
                Role::Matrix | Role::Bias => leaf,
            };
            let leaves = w.into_leaves().into_iter().zip(gradient.values()).map(|(leaf, g)| add(leaf, g));
            let the_others = |role| if role == Role::Embedding { Moving::Nothing } else { Moving::All };
            let [w] =
                moved([Weights::new(leaves.collect())], gradient, the_others, |leaves| optimizers::sgd(leaves, Sgd { rate, decay: 0.0 }));
            return w;
        }
        let gradient = if let Part::Framed(frame, _) = of { &frame.lift(gradient) } else { gradient };
        let moving = |role| match of {
            Part::Rows(rows) | Part::Framed(_, rows) if role == Role::Embedding => Moving::Rows(rows),
            _ => Moving::All,
        };
        match self {
            Self::Sgd { decay } => {
                let [w] = moved([w], gradient, moving, |leaves| optimizers::sgd(leaves, Sgd { rate, decay }));
                w
            }
            Self::Momentum { mu, decay } => {
                let rule = Momentum { rate, decay, mu };
                let [w, velocity] = moved([w, state.take(VELOCITY)], gradient, moving, |leaves| optimizers::momentum(leaves, rule));
                state.set(VELOCITY, velocity);
                w
            }
            Self::AdamW { decay } => {
                let rule = AdamW { rate, decay, time: state.time };
                let tables = [w, state.take(MOMENT_1), state.take(MOMENT_2)];
                let [w, first, second] = moved(tables, gradient, moving, |leaves| optimizers::adam_w(leaves, rule));
                state.set(MOMENT_1, first);
                state.set(MOMENT_2, second);
                w
            }
        }
    }
}

/// What of a leaf an optimizer moves.
#[derive(Clone, Copy)]
enum Moving<'a> {
    Nothing,
    All,
    Rows(&'a Tensor<1, Int>),
}

/// Moves the leaves of `tables`, the weights and what is remembered of them, by `rule`, all in one call.
fn moved<'a, const K: usize>(
    tables: [Weights; K],
    gradient: &Weights,
    moving: impl Fn(Role) -> Moving<'a>,
    rule: impl FnOnce(Vec<Moved<'a, K>>) -> Vec<[Tensor<3>; K]>,
) -> [Weights; K] {
    let mut tables = tables.map(|weights| weights.into_leaves().into_iter());
    let (mut kept, mut to_move) = (Vec::new(), Vec::new());
    for leaf in gradient.leaves() {
        let tables = tables.each_mut().map(|leaves| leaves.next().expect("all have the leaves of the weights"));
        let Leaf { name, role, .. } = tables[0];
        let values = tables.map(|leaf| leaf.value);
        let at = match moving(role) {
            Moving::Nothing => {
                kept.push((name, role, Some(values)));
                continue;
            }
            Moving::All => None,
            Moving::Rows(rows) => Some(rows),
        };
        to_move.push(Moved { tables: values, g: leaf.value.clone(), at });
        kept.push((name, role, None));
    }
    let mut moved = rule(to_move).into_iter();
    let mut leaves = [const { Vec::new() }; K];
    for (name, role, values) in kept {
        let values = values.unwrap_or_else(|| moved.next().expect("one for each leaf that moves"));
        for (leaves, value) in leaves.iter_mut().zip(values) {
            leaves.push(Leaf { name, role, value });
        }
    }
    leaves.map(Weights::new)
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
