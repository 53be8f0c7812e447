//! The last line of every step: a base optimizer applies the gradient.
//!
//! Weight decay belongs here and stays out of the perturbation. When a step works on the rows of an embedding that its batch
//! touches, momentum, moments and decay of the other rows wait ("lazy" momentum and Adam); for SGD without decay nothing
//! changes.

mod moved;
mod state;

use basin_kernels::optimizers;
pub use basin_kernels::optimizers::Part;
use basin_kernels::rules::{AdamW, Momentum, Sgd};

use self::moved::moved;
pub use self::state::State;
use crate::population::Weights;

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
    /// Adam with decoupled weight decay (arXiv:1711.05101): m ← β₁ m + (1 − β₁) g, s ← β₂ s + (1 − β₂) g², then
    /// w ← (1 − ηλ) w − η m̂/(√ŝ + 1e-5), m̂ and ŝ without their bias; β₁ 0.9 and β₂ 0.999.
    AdamW {
        /// λ.
        decay: f64,
    },
}

impl Base {
    /// Names of what it remembers.
    pub fn slots(self) -> &'static [&'static str] {
        match self {
            Self::Sgd { .. } => &[],
            Self::Momentum { .. } => &["velocity"],
            Self::AdamW { .. } => &["moment_1", "moment_2"],
        }
    }

    /// Applies `gradient` to `w` with learning rate `rate`; `part` says what of the embeddings it belongs to.
    /// Tensors that nobody else holds are written in place.
    pub fn step(self, w: Weights, gradient: &Weights, part: Part<'_>, rate: f64, state: &mut State) -> Weights {
        state.time += 1;
        let (slots, time) = (self.slots(), state.time);
        match self {
            Self::Sgd { decay } => moved(w, slots, state, gradient, part, |leaves| optimizers::sgd(leaves, Sgd { rate, decay })),
            Self::Momentum { mu, decay } => {
                moved(w, slots, state, gradient, part, |leaves| optimizers::momentum(leaves, Momentum { rate, decay, mu }))
            }
            Self::AdamW { decay } => {
                moved(w, slots, state, gradient, part, |leaves| optimizers::adam_w(leaves, AdamW { rate, decay, time }))
            }
        }
    }
}
