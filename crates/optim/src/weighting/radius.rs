//! The radius of a finite difference.

use basin_kernels::norm;
use burn::tensor::Tensor;

use crate::population::{Role, Weights};

/// How far a difference looks.
#[derive(Clone, Copy, Debug)]
pub enum Radius {
    /// This number.
    Absolute(f64),
    /// Times the root mean square of the weights of the member's layers, never under 1e-3: in f32 a smaller r
    /// measures only rounding. The embedding stays out: how much of it a step sees depends on the batch.
    Relative(f64),
}

impl Radius {
    /// r of each member, `[members, 1, 1]`.
    pub fn of(self, w: &Weights) -> Tensor<3> {
        match self {
            Self::Absolute(r) => Tensor::full([w.members(), 1, 1], r, (&w.leaves()[0].value.device(), w.leaves()[0].value.dtype())),
            Self::Relative(factor) => {
                let layers: Vec<&Tensor<3>> = w.leaves().iter().filter(|l| l.role == Role::Matrix).map(|l| &l.value).collect();
                let count: usize = layers.iter().map(|layer| layer.dims()[1] * layer.dims()[2]).sum();
                // The root mean square is the norm over the root of the number of weights.
                norm(&[], &layers, factor / (count as f64).sqrt(), 1e-3)
            }
        }
    }
}
