//! The kernels of a GPU, in CubeCL.

#![expect(clippy::needless_pass_by_value, reason = "kernels take their numbers by value")]

pub mod convolution;
pub mod elementwise;
mod launch;
pub mod optimizers;
pub mod pooling;
pub mod products;
pub mod rank_one;
pub mod reductions;
pub mod softmax;

pub use self::launch::{Own, out, own, own_rows};
