//! A run: data, model, lanes, and the step. What is measured of it: `instruments`.

pub mod checkpoint;
mod checksum;
mod device;
mod error;
mod extra;
mod history;
mod lane;
mod lockstep;
mod plan;
mod steps;

pub use device::Compute;
#[cfg(test)]
pub(crate) use device::tests::LOSABLE;
pub use error::RunError;
pub(crate) use extra::{Extra, broken};
pub(crate) use history::History;
pub(crate) use lane::{Lane, LaneStep, NextStep};
pub use lockstep::Run;
pub use plan::Plan;
