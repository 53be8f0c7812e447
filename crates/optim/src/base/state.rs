//! What base optimizer and method remember from step to step.

use std::collections::BTreeMap;

use burn::tensor::{Int, Tensor};

use crate::population::Weights;

/// Running means and the like, by name, shaped like the weights.
#[derive(Clone, Debug)]
pub struct State {
    /// Steps done.
    pub time: usize,
    slots: BTreeMap<&'static str, Weights>,
    /// Of a part: what its slots have on the other rows.
    others: BTreeMap<&'static str, Others>,
}

/// What a slot has on the rows that are not part of a step.
#[derive(Clone, Debug)]
struct Others {
    /// ‖·‖² of each member there, `[members, 1, 1]`.
    square: Tensor<3>,
    /// What they are multiplied with when the part comes back.
    factor: f64,
}

impl State {
    /// Zeros for each of `slots`, shaped like `w`.
    pub fn new(slots: impl IntoIterator<Item = &'static str>, w: &Weights) -> Self {
        Self { time: 0, slots: slots.into_iter().map(|name| (name, w.zeros_like())).collect(), others: BTreeMap::new() }
    }

    /// What is remembered under `name`.
    ///
    /// # Panics
    /// If the method did not name it in `slots`: a bug there.
    pub fn slot(&self, name: &'static str) -> &Weights {
        self.slots.get(name).expect("a method names its slots")
    }

    /// Takes what is remembered under `name`, to set it anew.
    pub(super) fn take(&mut self, name: &'static str) -> Weights {
        self.slots.remove(name).expect("an optimizer names its slots")
    }

    /// Remembers `value` under `name`.
    pub fn set(&mut self, name: &'static str, value: Weights) {
        self.slots.insert(name, value);
    }

    /// The same for a running mean, which shrinks by `factor` where the batch adds nothing: on the rows that it does not touch.
    pub fn set_mean(&mut self, name: &'static str, value: Weights, factor: f64) {
        self.set(name, value);
        if let Some(others) = self.others.get_mut(name) {
            others.factor *= factor;
        }
    }

    /// ‖·‖² of what is remembered under `name` on the rows that the batch does not touch, `[members, 1, 1]`.
    pub fn square_on_other_rows(&self, name: &'static str) -> Tensor<3> {
        match self.others.get(name) {
            Some(others) => others.square.clone(),
            None => self.slot(name).leaves()[0].value.clone().narrow(1, 0, 1).narrow(2, 0, 1).zeros_like(),
        }
    }

    /// All that is remembered, by name.
    pub fn slots(&self) -> impl Iterator<Item = (&'static str, &Weights)> {
        self.slots.iter().map(|(name, value)| (*name, value))
    }

    /// The slots `names`, of the embeddings only the rows `rows` (see [`Weights::select_rows`]). Cost: a pass over all rows.
    #[must_use]
    pub fn select(&self, names: &[&'static str], rows: &Tensor<1, Int>) -> Self {
        let part = |name: &&'static str| {
            let whole = self.slot(name);
            let part = whole.select_rows(rows);
            // Rounding can leave a difference below zero.
            let square = (whole.norm().square() - part.norm().square()).clamp_min(0.0);
            (*name, part, Others { square, factor: 1.0 })
        };
        let mut state = Self { time: self.time, slots: BTreeMap::new(), others: BTreeMap::new() };
        for (name, part, others) in names.iter().map(part) {
            state.slots.insert(name, part);
            state.others.insert(name, others);
        }
        state
    }

    /// Writes such slots back.
    pub fn assign(&mut self, rows: &Tensor<1, Int>, mut part: Self) {
        for (name, slot) in part.slots {
            let mut whole = self.take(name);
            if let Some(Others { factor, .. }) = part.others.remove(name).filter(|others| others.factor < 1.0) {
                whole = whole.map_embedding(|table| table * factor);
            }
            self.set(name, whole.assign_rows(rows, slot));
        }
    }
}
