//! Fused operations on populations of tensors: one launch on a GPU, one pass over memory on the CPU.
//!
//! Small networks are bound by launches there and by touched memory here, so what would be two to eight of burn's operations
//! is one of these. An operation has a *door*, a function of this page, which looks where its tensors are; a *kernel* for the
//! CPU (`cpu/`) and for a GPU (`gpu/`), for f32; and a [*twin*](twin) in burn's own operations, for other numbers and for
//! tensors on a tape. All of a family are in files of one name. Kernels have no backward pass: models that use them write
//! theirs out.
//!
//! | family | operations |
//! |---|---|
//! | products | [`product`], [`dense_tanh`], [`tanh_backward`], [`outer`] |
//! | layers | [`dense_losses`], [`antithetic_dense_losses`] |
//! | softmax | [`softmax`], [`last_layer_curvature`] |
//! | reductions | [`dot`], [`norm`], [`normalise`] |
//! | elementwise | [`add_scaled`], [`antithetic_pair`], [`second_difference`], [`over_norm`], [`weigh_rows`], [`assign_rows`] |
//! | rank_one | [`rank_one_norms`], [`add_rank_one`] |
//! | pooling | [`pool`], [`scatter`], [`scatter_add`] |
//! | optimizers | [`optimizers::sgd`], [`optimizers::momentum`], [`optimizers::adam_w`] |
//!
//! In shapes, P is the number of members of a population, B that of examples, C that of classes.
//! Elsewhere: who composes them (`basin_optim`, the models of `basin_train`).

mod bag_matrix;
mod cpu;
mod elementwise;
mod gpu;
mod layer;
mod layers;
pub mod optimizers;
mod place;
mod pooling;
mod products;
mod rank_one;
mod reductions;
pub mod rules;
mod simd;
mod softmax;
mod stream;
pub mod twin;

pub use bag_matrix::{BagMatrix, Entry};
pub use elementwise::{Between, add_scaled, antithetic_pair, assign_rows, over_norm, second_difference, weigh_rows};
pub use layer::RankOne;
pub use layers::{DRAWN, antithetic_dense_losses, dense_losses};
pub use place::{Kernel, run_twins_of};
pub use pooling::{pool, scatter, scatter_add};
pub use products::{dense_tanh, outer, product, tanh_backward};
pub use rank_one::{add_rank_one, rank_one_norms};
pub use reductions::{dot, norm, normalise};
pub use softmax::{Softmax, cross_entropy, gini_over_error, last_layer_curvature, probabilities, softmax};
pub use stream::Stream;
