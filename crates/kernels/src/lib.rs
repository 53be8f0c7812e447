//! Fused operations on populations of tensors: one launch on a GPU, one pass over memory on the CPU.
//!
//! Small networks are bound by launches there and by touched memory here, so what would be two to eight of burn's operations
//! is one of these. An operation has a *door*, a function of this page, which looks where its tensors are; a *kernel* for the
//! CPU (`cpu/`) and for a GPU (`gpu/`), for f32; and a [*twin*](twin) in burn's own operations, for other numbers and for
//! tensors on a tape. All of a family are in files of one name. Kernels have no backward pass: models that use them write
//! theirs out.
//!
//! | family | operation | in place of | buys |
//! |---|---|---|---|
//! | products | [`product`] | burn's, which clears and copies the memory of small products before it computes them | 7 % |
//! | | [`dense_tanh`], [`tanh_backward`] | a product, and a pass or two over what it gave | 58 %, 9 % |
//! | | [`outer`] | a transposed product and a sum | 21 % |
//! | layers | [`dense_losses`] | two products, bias, tanh and a softmax, all written down | sharpness 29 %, curves 15 % |
//! | | [`antithetic_dense_losses`] | weights on both sides of all members, and [`dense_losses`] there | 21 % |
//! | softmax | [`softmax`] | ten passes over logits | 15 % |
//! | | [`last_layer_curvature`] | fifteen passes over logits and hidden units | 10 % |
//! | reductions | [`dot`], [`norm`] | three passes for each leaf | the sum that [`norm`] takes, 16 % |
//! | | [`normalise`] | eight launches on a number for each example | 5 % |
//! | elementwise | [`add_scaled`] | two passes for each leaf | 4 % |
//! | | [`antithetic_pair`] | six passes for each leaf, an upload for each | on a GPU |
//! | | [`second_difference`], [`over_norm`] | three to six launches on a few numbers | 5 %, 3 % |
//! | | [`weigh_rows`], [`assign_rows`] | a copy of what nobody else holds, on the CPU | 5 %, 2 % of F-SAM |
//! | rank_one | [`rank_one_norms`], [`add_rank_one`] | four passes for each layer | 8 %, 9 % |
//! | pooling | [`pool`], [`scatter`], [`scatter_add`] | a dense matrix, products with its zeros, rows gathered | 57 %, 31 %, 107 % |
//! | reading | [`features`], [`features_with_way_back`] | padding, copies of windows, a tape | `cnn` 310 %, `attention` 100 %, about |
//! | | [`one_by_one`] | a copy of the weights for each text | on the CPU |
//! | | the same of an [`Encoder`] | padded texts, and a tape | not measured, on the CPU alone |
//! | optimizers | [`optimizers::sgd`], [`optimizers::momentum`], [`optimizers::adam_w`] | 4 to 15 passes for each leaf | 4 %, 35 %, 69 % |
//!
//! What each buys: by how much the step that gains most takes longer with the twin in its place ([`run_twins_of`]), one member
//! on one core of a CPU with AVX2. `cargo bench --workspace --bench kernels -- cpu` or `gpu` measures it; medians of what buys
//! nothing lie within 2 % of 0. That of `reading` is of a whole run of both programs in turn, curves included; an encoder's layers are
//! trained by no case of it, nor of `basin bench`. On a GPU every operation that is one launch in place of several counts as well: a
//! step of SGD has 11 launches, one of SAM 25 (a test of `basin bench` holds them).
//!
//! Beside them: a sparse matrix ([`BagMatrix`]), the inner product that it leaves on its rows ([`Metric`]), random numbers
//! ([`Stream`]).
//!
//! In shapes, P is the number of members of a population, B that of examples, C that of classes.
//! Elsewhere: who composes them (`basin_optim`, the models of `basin_train`).

pub mod arrays;
mod attention;
mod bag_matrix;
mod cpu;
mod elementwise;
mod form;
mod gpu;
mod layer;
mod layers;
mod metric;
pub mod optimizers;
mod place;
mod pooling;
mod products;
mod rank_one;
mod reading;
mod reductions;
pub mod rules;
mod sequences;
mod simd;
mod softmax;
mod stream;
pub mod twin;

pub use bag_matrix::{BagMatrix, Entry};
pub use elementwise::{Between, add_scaled, antithetic_pair, assign_rows, over_norm, second_difference, weigh_rows};
pub use form::{Encoder, Form, LEAVES, Reading, WINDOWS, WayBack};
pub use layer::RankOne;
pub use layers::{DRAWN, antithetic_dense_losses, dense_losses};
pub use metric::Metric;
pub use place::{Kernel, run_twins_of};
pub use pooling::{pool, scatter, scatter_add};
pub use products::{dense_tanh, outer, product, tanh_backward};
pub use rank_one::{add_rank_one, rank_one_norms};
pub use reading::{OneByOne, features, features_with_way_back, one_by_one};
pub use reductions::{dot, norm, normalise};
pub use sequences::{SHORTEST, Sequences};
pub use softmax::{Softmax, cross_entropy, gini_over_error, last_layer_curvature, probabilities, softmax};
pub use stream::{Stream, filled};
