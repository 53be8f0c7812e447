//! The kernels of the CPU: everything around the products of matrices in one pass over memory.

#![expect(clippy::needless_pass_by_value, reason = "kernels take their tensors as those of a GPU do")]

mod attention;
mod convolution;
pub mod elementwise;
#[cfg(not(target_family = "wasm"))]
mod encoder;
pub mod layers;
mod matrix;
mod network;
mod normed;
mod numbers;
pub mod optimizers;
pub mod pooling;
pub mod products;
pub mod rank_one;
pub mod reading;
pub mod reductions;
mod scalar;
pub mod softmax;

pub use self::matrix::{Matrix, multiply};
pub use self::numbers::{Own, host_rows, out, own};
pub use self::scalar::{erf, exp, largest};
