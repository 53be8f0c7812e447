//! What a population is, and how its losses and gradients are taken.

mod by_token;
mod climb_loss;
mod cost;
mod divergence;
mod gradient;
mod hessian;
mod noise;
mod objective;
mod per_example;
mod perturbation;
mod weights;

pub use self::by_token::{embedding, moved};
pub use self::climb_loss::ClimbLoss;
pub use self::cost::Cost;
pub use self::divergence::{Divergence, consistent_gradient};
pub use self::gradient::{Evaluation, Forward, antithetic_losses, ascent, evaluate, forward, losses, mean_of_batch, uniform};
pub use self::hessian::hessian_product;
pub use self::noise::{Noise, Purpose};
pub use self::objective::{Analytic, ByToken, FastPaths, Objective, Outputs, PerExample, Subset};
pub use self::per_example::{CHUNK, brute_force, gradient_norms, per_example};
pub use self::perturbation::{Perturbation, orthogonal_part, rho_over_norm, unit};
pub use self::weights::{Leaf, Role, Weights};
