//! SGD, SAM, δ-SAM and their relatives on populations of weights.
//!
//! | floor | what it holds |
//! |---|---|
//! | [`population`] | weights of all members, seeded noise, a model's losses and gradients, perturbations |
//! | [`base`] | the last line of a step: SGD, momentum, AdamW; what is remembered between steps |
//! | [`weighting`] | the rules for the weights p of the examples, a file each |
//! | [`methods`] | the methods, a file each, and the table of them |
//! | [`measures`] | sharpness, alignment with per-instance SAM, planes through weight space |
//! | [`flattening`] | how SAM flattens, on a toy and a small network in plain numbers; knows none of the others |
//!
//! A floor knows those above it in this table. Begin with `methods/delta_sam.rs`.
//! Symbols: w weights, l_i loss of example i, g = ∇L(w) gradient of the mean loss, ρ radius,
//! ε the perturbation with ‖ε‖ = ρ, p weights of examples, B batch, P members of a population.
//! Everything is a pure function on [`population::Weights`]; nothing is read back from the device here.
//!
//! # A population
//!
//! All members are in one tensor, so a formula is one line for all of them, each with its own numbers:
//!
//! ```
//! use basin_optim::population::{Leaf, Perturbation, Role, Weights};
//! use burn::tensor::{Device, Tensor};
//!
//! // Gradients of two members, (3, 4) and (0.6, 0.8), and their radii: `[members, rows, cols]`.
//! let device = Device::flex();
//! let gradient = Tensor::from_data([[[3.0, 4.0]], [[0.6, 0.8]]], &device);
//! let gradient = Weights::new(vec![Leaf::new("w", Role::Matrix, gradient)]);
//! let rho = Tensor::from_data([[[1.0]], [[0.5]]], &device);
//!
//! // ε = ρ g/‖g‖: a fifth of the first, half of the second.
//! let epsilon = Perturbation::along(&gradient, &rho).vector();
//! let expected = Tensor::from_data([[[0.6, 0.8]], [[0.3, 0.4]]], &device);
//! assert!(epsilon.leaf("w").all_close(expected, None, None));
//! ```
//!
//! # SAM by hand
//!
//! With the model of two lines that stands at [`population::Objective`]:
//!
//! ```
//! # include!(concat!(env!("CARGO_MANIFEST_DIR"), "/doc/linear.rs"));
//! # fn main() {
//! use basin_optim::population::{Perturbation, evaluate, mean_of_batch};
//!
//! let device = Device::flex();
//! let (objective, mut w) = (two_examples(&device), two_members(&device));
//! let rho = Tensor::full([2, 1, 1], 0.05, &device);
//! let loss = |w: &Weights| mean_of_batch(evaluate(&objective, w).losses);
//! let before = loss(&w);
//! for _ in 0..10 {
//!     let here = evaluate(&objective, &w);
//!     let up = evaluate(&objective, &Perturbation::along(&here.gradient, &rho).from(&w));
//!     w = w.add_times(&up.gradient, -0.5);
//! }
//! assert!(loss(&w).lower(before).all().into_scalar::<bool>());
//! # }
//! ```
//!
//! A method of one's own: see [`methods::Method`].

pub mod base;
pub mod flattening;
pub mod measures;
pub mod methods;
pub mod population;
pub mod weighting;
