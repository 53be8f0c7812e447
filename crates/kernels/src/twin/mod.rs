//! The twins: each operation in burn's own, for every number type, on every device, and on a tape.
//!
//! They are what an operation means. Tests hold the kernels against them, and them against numbers of other programs.

pub mod elementwise;
#[cfg(not(target_family = "wasm"))]
pub mod encoder;
pub mod layers;
pub mod optimizers;
pub mod pooling;
pub mod products;
pub mod rank_one;
pub mod reading;
pub mod reductions;
pub mod softmax;
