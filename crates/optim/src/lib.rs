//! SGD, SAM, δ-SAM and their relatives on populations of weights.
//!
//! | method | file | climbs along | gradients |
//! |---|---|---|---|
//! | SGD | [`sgd`] | – | 1 |
//! | SAM | [`sam`] | g | 2 |
//! | δ-SAM | [`delta_sam`] | Σ p_i g_i, p from [`weighting`] | 2 and the rule's |
//! | per-instance SAM | [`per_instance`] | g_i, for each example | 2 |
//! | m-SAM | [`m_sam`] | g of each part of the batch | 2 |
//! | ASAM | [`asam`] | T²g | 2 |
//! | F-SAM | [`f_sam`] | g − σ m | 2 |
//! | RW-SAM | [`rw_sam`] | Σ p_i g_i, p from first differences | 2 and a forward pass |
//! | GSAM | [`gsam`] | g; descends g_p − α g_⊥ | 2 |
//! | Fisher-SAM | [`fisher_sam`] | F⁻¹g | 2 |
//!
//! Symbols: w weights, l_i loss of example i, g = ∇L(w) gradient of the mean loss ("slope"), ρ radius,
//! ε the climb with ‖ε‖ = ρ, p weights of examples, B batch, P members of a population.
//! What is measured of them: [`sharpness`], [`alignment`] with per-instance SAM, the [`landscape`].
//! Everything is a pure function on [`weights::Weights`]; nothing is read back from the device here.

pub mod alignment;
pub mod asam;
pub mod base;
pub mod delta_sam;
pub mod f_sam;
pub mod fisher_sam;
pub mod frame;
pub mod gsam;
pub mod landscape;
pub mod m_sam;
pub mod method;
pub mod noise;
pub mod objective;
pub mod per_instance;
pub mod rw_sam;
pub mod sam;
pub mod sgd;
pub mod sharpness;
pub mod weighting;
pub mod weights;
