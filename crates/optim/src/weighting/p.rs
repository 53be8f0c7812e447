//! p, the weights of a batch's examples.

use basin_kernels::normalise;
use burn::tensor::Tensor;

use crate::population::Cost;

/// The weights of the examples, and how they came about.
#[derive(Clone, Debug)]
pub struct Weighting {
    /// q, `[1 or members, batch]`.
    pub raw: Tensor<2>,
    /// p, `[1 or members, batch]`, each row sums to 1.
    pub p: Tensor<2>,
    /// 1 where p had to fall back to uniform, `[1 or members]`.
    pub fell_back: Tensor<1>,
    /// What the rule spent besides the forward pass that it weighs.
    pub cost: Cost,
}

impl Weighting {
    /// p = q/Σq, and uniform where Σq is zero or not finite.
    pub fn of(raw: Tensor<2>, cost: Cost) -> Self {
        let (p, fell_back) = normalise(&raw);
        Self { raw, p, fell_back, cost }
    }
}
