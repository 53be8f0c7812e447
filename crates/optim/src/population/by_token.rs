//! `ByToken`: a batch with a row of the embedding for each token of each text, so that a token can be moved in one place without
//! being moved in the others.
//!
//! It is the batch itself, seen from elsewhere: the table that is looked up holds the tokens of the batch one after the other
//! instead of the distinct ones, so a gradient with respect to it is one for each token, and the sum of these over the places
//! of a row is the gradient with respect to that row. Text regularisers move tokens (`methods/r3f.rs` and its neighbours).

use burn::tensor::Tensor;

use super::noise::Noise;
use super::objective::ByToken;
use super::perturbation::rho_over_norm;
use super::weights::{Role, Weights};

impl ByToken<'_> {
    /// What the batch sees of `w`.
    pub fn enter(&self, w: &Weights) -> Weights {
        w.map_embedding(|rows| (self.look_up)(&rows))
    }

    /// A gradient as one of the rows.
    pub fn leave(&self, gradient: &Weights) -> Weights {
        gradient.map_embedding(|tokens| (self.to_rows)(&tokens))
    }

    /// Numbers for each token of `w`, which has entered, `[P, tokens, dim]`: those of `draw`, or what a given vector has there.
    pub fn drawn(&self, w: &Weights, noise: &Noise, draw: fn(&Noise, &Tensor<3>, u64) -> Tensor<3>) -> Tensor<3> {
        match noise {
            Noise::Given(vector) => (self.look_up)(&embedding(vector)),
            Noise::Seeded { .. } => draw(noise, &embedding(w), 0),
        }
    }

    /// ρ v/‖v‖ of each example over all of its tokens, zero where the norm is below 1e-12; ρ `[P, 1, 1]`.
    pub fn scaled_to(&self, v: &Tensor<3>, rho: &Tensor<3>) -> Tensor<3> {
        v.clone() * rho_over_norm(rho, &self.norms(v))
    }

    /// `v`, or where its example is longer than ρ, that of length ρ along it.
    pub fn within(&self, v: &Tensor<3>, rho: &Tensor<3>) -> Tensor<3> {
        v.clone() * rho_over_norm(rho, &self.norms(v)).clamp_max(1.0)
    }

    /// ‖v‖ of each token's example, `[P, tokens, 1]`.
    fn norms(&self, v: &Tensor<3>) -> Tensor<3> {
        (self.over_example)(&v.clone().square().sum_dim(2)).sqrt()
    }
}

/// `w`, which has entered, with its tokens moved by `shift`, `[P, tokens, dim]`.
pub fn moved(w: &Weights, shift: &Tensor<3>) -> Weights {
    w.map_embedding(|tokens| tokens + shift.clone())
}

/// The embedding of `w`, or of a gradient what belongs to it.
///
/// # Panics
/// If there is none: a model with tokens has one.
pub fn embedding(w: &Weights) -> Tensor<3> {
    let leaf = w.leaves().iter().find(|leaf| leaf.role == Role::Embedding);
    leaf.expect("a model with tokens has an embedding").value.clone()
}
