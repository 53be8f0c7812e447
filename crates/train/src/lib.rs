//! Data, models and the training loop of Basin.
//!
//! Reading order, which is also the order in which these import each other:
//!
//! - [`experiment`]: what is to be run;
//! - [`data`]: bytes to examples;
//! - [`models`]: pure functions on weights;
//! - [`report`] and [`protocol`]: what is told of a run;
//! - [`run`]: the step;
//! - [`instruments`]: what is measured;
//! - [`classifier`]: what is made of it;
//! - [`driver`]: the loop;
//! - [`lab`]: sweeps over many;
//! - [`keep`]: what outlives it;
//! - [`trainer`]: the loop behind the app.
//!
//! The methods themselves are in `basin_optim`.

pub mod any_float;
pub mod baseline;
pub mod brief;
pub mod bytes64;
pub mod classifier;
pub mod cores;
pub mod data;
pub mod driver;
pub mod experiment;
pub mod html;
pub mod instruments;
pub mod keep;
pub mod lab;
pub mod limits;
pub mod lost;
pub mod memory;
pub mod models;
pub mod protocol;
pub mod random;
pub mod reference;
pub mod report;
pub mod results;
pub mod run;
pub mod stats;
#[cfg(test)]
mod tests;
pub mod trainer;
