//! How SAM flattens: its steps where the loss is lowest, and what theory says of them.
//!
//! SAM is said to lower the sharpness, but three sharpnesses fit its formula, and near a minimiser they differ: over ρ², for
//! ρ → 0, the worst direction makes the loss rise by λ₁/2 (half the largest eigenvalue of the Hessian), the ascent direction
//! can make it rise by as little as λ_M/2 (the smallest one that is not zero), and a mean over directions by a share of Tr H.
//! Wen, Ma & Li (arXiv:2211.05729) show which of them the steps lower: with the whole batch λ₁, with one example a step Tr H,
//! in the time τ = η ρ² · steps along the gradient flow of half of it on the minimisers.
//!
//! All is plain `f64`, in numbers so small that a page can do tens of thousands of steps between two frames: there are no
//! tensors here, no populations. The formulas for a finite rate (κ in `flow.rs`) are ours; tests hold them against steps.
//!
//! | file | what it holds |
//! |---|---|
//! | `problem.rs` | a sum of squares: residuals and their slopes, all that the rest knows of a loss |
//! | `valley.rs` | the toy: three weights, a floor along one of them |
//! | `network.rs` | two classes of points in the plane, and a network that fits them |
//! | `sam.rs` | SAM with the whole batch or one example, and the descent on the ascent-direction sharpness |
//! | `spectrum.rs` | λ₁, Tr H and the worst rise at some weights |
//! | `flow.rs` | minimisers, and the predicted path along them |
//! | `predictions.rs` | the floor of the gradient, the SAM edge, the worst rise: what measured numbers must meet |
//! | `setup.rs`, `experiment.rs` | runs side by side from one start, in portions, with their curves and the predicted ones |
//! | `findings.rs` | how far the curves are from the predictions P1 to P5 |

mod experiment;
mod findings;
mod flow;
mod network;
mod predictions;
mod problem;
mod sam;
mod setup;
mod spectrum;
mod valley;

pub use experiment::{Experiment, Line, POINTS, Point, Who};
pub use findings::{Finding, findings};
pub use flow::{Flow, Lowers, settle};
pub use network::Network;
pub use predictions::{gradient_floor, sam_edge, worst_rise as predicted_rise};
pub use problem::{Problem, loss};
pub use sam::{AscentDirection, Batch, Descent};
pub use setup::{Landscape, OutOfBounds, Setup};
pub use spectrum::{Curvature, largest_eigenvalue, trace, worst_rise};
pub use valley::Valley;
