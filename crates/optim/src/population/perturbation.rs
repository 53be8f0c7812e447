//! `Perturbation`: the ascent step ε of a method, which the app calls its climb.

use basin_kernels::over_norm;
use burn::tensor::Tensor;

use super::weights::Weights;

/// ε = ρ d/‖d‖ of each member along a direction d. It is kept as direction and factor: the point that it leads to needs no
/// vector of its own.
#[derive(Clone, Debug)]
pub struct Perturbation {
    /// d, or a multiple of it.
    direction: Weights,
    /// [`Weights::raised`] of it.
    raised: Weights,
    /// What makes it ε, `[members, 1, 1]`.
    factor: Tensor<3>,
}

impl Perturbation {
    /// ρ far along `direction`, ρ of each member, `[members, 1, 1]`.
    pub fn along(direction: &Weights, rho: &Tensor<3>) -> Self {
        let raised = direction.raised();
        let factor = rho_over_norm(rho, &direction.norm_with(&raised));
        Self { direction: direction.clone(), raised, factor }
    }

    /// `factor` times `direction`, `[members, 1, 1]`.
    pub fn scaled(direction: &Weights, factor: Tensor<3>) -> Self {
        Self { raised: direction.raised(), direction: direction.clone(), factor }
    }

    /// w + ε.
    #[must_use]
    pub fn from(&self, w: &Weights) -> Weights {
        w.add_scaled(&self.raised, &self.factor)
    }

    /// ε.
    #[must_use]
    pub fn vector(&self) -> Weights {
        self.direction.scale(&self.factor)
    }
}

/// Factor that scales a vector of norm `norm` to length `rho`, 0 where the norm is below 1e-12:
/// a gradient of zero leads nowhere. Both `[members, 1, 1]`.
pub fn rho_over_norm(rho: &Tensor<3>, norm: &Tensor<3>) -> Tensor<3> {
    over_norm(rho.clone(), norm.clone(), 1e-12)
}

/// `v` scaled to length 1, each member; zero where its norm is below 1e-12.
pub fn unit(v: &Weights) -> Weights {
    let norm = v.norm();
    v.scale(&rho_over_norm(&norm.ones_like(), &norm))
}

/// The part of `v` that is orthogonal to `axis`, each member; `v` itself where the axis is zero.
pub fn orthogonal_part(v: &Weights, axis: &Weights) -> Weights {
    let length = axis.dot(axis);
    let flat = length.clone().lower_scalar(1e-24);
    let share = (v.dot(axis) / length).mask_fill(flat, 0.0);
    v.add_scaled(axis, &share.neg())
}
