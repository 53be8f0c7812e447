//! Alignment: how close a method's perturbation comes to what every example alone would have chosen.
//!
//! The claim of δ-SAM (arXiv:2112.08772), made measurable: D = (descent gradient of the method) − g is what its
//! perturbation adds to plain gradient descent, D* the same for exact per-instance SAM at the same ρ.

use burn::tensor::Tensor;

use crate::population::Weights;

/// How D compares to D*.
#[derive(Clone, Debug)]
pub struct Alignment {
    /// cos(D, D*), `[members]`; not a number where D or D* is zero. 1 is best.
    pub cosine: Tensor<1>,
    /// ‖D − D*‖/‖D*‖, `[members]`; not a number where D* is zero. 0 is best.
    pub distance: Tensor<1>,
}

/// Compares the descent gradients of a method and of exact per-instance SAM, given the plain gradient `gradient`.
pub fn alignment(descent: &Weights, exact: &Weights, gradient: &Weights) -> Alignment {
    let (d, best) = (descent.add_times(gradient, -1.0), exact.add_times(gradient, -1.0));
    let cosine = d.dot(&best) / (d.norm() * best.norm());
    let distance = d.add_times(&best, -1.0).norm() / best.norm();
    Alignment { cosine: cosine.reshape([-1]), distance: distance.reshape([-1]) }
}
