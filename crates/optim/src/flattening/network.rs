//! A network small enough that every number of its Hessian can be had, and a task that it fits exactly.
//!
//! Points in the plane of two classes, labelled ±1; r = f(x) − y with f(x) = v · tanh(U x + b) + c. Squared loss, because
//! plain cross-entropy has no minimiser at finite weights.

use std::sync::OnceLock;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::flow::settle;
use super::problem::Problem;

/// Hidden units.
const HIDDEN: usize = 6;
/// Two inputs and a bias into each unit, one weight out of it, and a bias of the answer.
const WEIGHTS: usize = 4 * HIDDEN + 1;

/// The points with their labels: no straight line parts them.
const POINTS: [([f64; 2], f64); 6] =
    [([1.0, 0.8], 1.0), ([-0.9, -1.0], 1.0), ([0.3, -0.2], 1.0), ([-1.0, 0.9], -1.0), ([0.8, -1.1], -1.0), ([-0.4, 0.1], -1.0)];

/// The network and its task; the weights are U and b, three for each hidden unit, then v, then c.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Network;

/// Seed of the first weights from which it is brought to the minimiser where all runs begin. From it, as from all
/// that were tried, one example a step lowers λ₁ as well, and at first faster; by τ = 2 the whole batch is lower.
const SEED: u64 = 2;

impl Network {
    /// The minimiser where all runs begin.
    pub fn minimiser() -> &'static [f64] {
        static MINIMISER: OnceLock<Vec<f64>> = OnceLock::new();
        MINIMISER.get_or_init(|| settle(&Self, &Self::initial(SEED), 0.02, 2_000).expect("a test brings it there"))
    }

    /// Random first weights: uniform in ±1.5, the same for the same seed.
    pub fn initial(seed: u64) -> Vec<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // 53 random bits are a number in 0..1 that f64 holds exactly.
        (0..WEIGHTS).map(|_| 3.0 * ((rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64) - 1.5).collect()
    }
}

impl Problem for Network {
    fn weights(&self) -> usize {
        WEIGHTS
    }

    fn examples(&self) -> usize {
        POINTS.len()
    }

    fn residual(&self, example: usize, w: &[f64], slope: &mut [f64]) -> f64 {
        let ([x, y], label) = POINTS[example];
        let (into, out) = w.split_at(3 * HIDDEN);
        let (slope_into, slope_out) = slope.split_at_mut(3 * HIDDEN);
        let mut answer = out[HIDDEN];
        slope_out[HIDDEN] = 1.0;
        for unit in 0..HIDDEN {
            let at = 3 * unit;
            let hidden = (into[at] * x + into[at + 1] * y + into[at + 2]).tanh();
            answer += out[unit] * hidden;
            slope_out[unit] = hidden;
            let back = out[unit] * (1.0 - hidden * hidden);
            slope_into[at] = back * x;
            slope_into[at + 1] = back * y;
            slope_into[at + 2] = back;
        }
        answer - label
    }
}
