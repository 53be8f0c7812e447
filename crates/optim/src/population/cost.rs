//! What a step spends.

use std::ops::Add;

/// What was spent, per member.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Gradient evaluations: a forward and a backward pass.
    pub gradients: f64,
    /// Forward passes besides those.
    pub forwards: f64,
}

impl Cost {
    /// So many gradient evaluations.
    pub fn gradients(count: f64) -> Self {
        Self { gradients: count, forwards: 0.0 }
    }

    /// So many forward passes.
    pub fn forwards(count: f64) -> Self {
        Self { gradients: 0.0, forwards: count }
    }

    /// In gradient evaluations; a forward pass is a third of one (forward, backward through
    /// activations, backward to weights cost about the same).
    pub fn gradient_evaluations(self) -> f64 {
        self.gradients + self.forwards / 3.0
    }
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { gradients: self.gradients + other.gradients, forwards: self.forwards + other.forwards }
    }
}
