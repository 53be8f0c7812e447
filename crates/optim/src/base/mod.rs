//! The last line of every step: a base optimizer applies the gradient.
//!
//! Weight decay belongs here and stays out of the perturbation. When a step works on the rows of an embedding that its batch
//! touches, momentum, moments and decay of the other rows wait ("lazy" momentum and Adam); for SGD without decay nothing
//! changes.

mod adam_w;
mod momentum;
mod moved;
mod sgd;
mod state;

pub use basin_kernels::optimizers::Part;
use basin_kernels::rules::{AdamW, Momentum, Sgd};

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
    /// Adam with decoupled weight decay, β 0.9 and 0.999.
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
            Self::Momentum { .. } => &momentum::SLOTS,
            Self::AdamW { .. } => &adam_w::SLOTS,
        }
    }

    /// Applies `gradient` to `w` with learning rate `rate`; `part` says what of the embeddings it belongs to.
    /// Tensors that nobody else holds are written in place.
    pub fn step(self, w: Weights, gradient: &Weights, part: Part<'_>, rate: f64, state: &mut State) -> Weights {
        state.time += 1;
        match self {
            Self::Sgd { decay } => sgd::step(w, gradient, part, Sgd { rate, decay }),
            Self::Momentum { mu, decay } => momentum::step(w, gradient, part, Momentum { rate, decay, mu }, state),
            Self::AdamW { decay } => adam_w::step(w, gradient, part, AdamW { rate, decay, time: state.time }, state),
        }
    }
}
