//! Examples that the model believes weigh more: SAM's climb on 1 − π_y, the mean absolute error, in place of the
//! cross-entropy (for the same idea with a bound of the 0-1 loss see BiSAM, arXiv:2407.12993).

use super::p::Weighting;
use crate::population::{Cost, Forward};

/// q_i = π_y. Cost: no pass.
pub fn label_probability(here: &Forward<'_>) -> Weighting {
    // l = −ln π_y, so π_y is there already.
    Weighting::of(here.losses().neg().exp(), Cost::default())
}
