//! The placebo: weights that know nothing of the examples. A rule that is no better than this has no merit of its own.

use super::p::Weighting;
use crate::population::{Cost, Forward, Noise};

/// q_i = |standard normal|. Cost: no pass.
pub fn placebo(here: &Forward<'_>, noise: &Noise) -> Weighting {
    Weighting::of(noise.half_normal(&here.losses()), Cost::default())
}
