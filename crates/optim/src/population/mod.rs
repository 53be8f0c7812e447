//! What a population is, and how its losses and gradients are taken.

mod cost;
mod gradient;
mod metric;
mod noise;
mod objective;
mod per_example;
mod perturbation;
mod weights;

pub use self::cost::Cost;
pub use self::gradient::{Evaluation, Forward, antithetic_losses, evaluate, forward, losses, mean_of_batch, uniform};
pub use self::metric::Metric;
pub use self::noise::{Noise, Purpose};
pub use self::objective::{Analytic, FastPaths, Objective, Outputs, PerExample, Subset};
pub use self::per_example::{brute_force, gradient_norms, per_example};
pub use self::perturbation::{Perturbation, rho_over_norm, unit};
pub use self::weights::{Leaf, Role, Weights};
