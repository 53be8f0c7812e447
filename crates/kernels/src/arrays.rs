//! Products and wide loops on plain slices of the CPU, for work that is no training step: no tensors, no population.

pub use crate::cpu::{Matrix, erf, exp, largest, multiply};
pub use crate::simd::wide;
