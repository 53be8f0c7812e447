//! A run: data, model, lanes, and the step. What is measured of it: `instruments`.

pub mod checkpoint;
mod checksum;
mod cores;
mod device;
mod error;
mod extra;
mod history;
mod lane;
mod lockstep;
mod plan;
mod steps;

pub use device::Compute;
pub(crate) use device::INSTEAD;
#[cfg(test)]
pub(crate) use device::tests::LOSABLE;
pub use error::RunError;
pub(crate) use extra::{Extra, broken};
pub(crate) use history::History;
pub(crate) use lane::{Lane, LaneStep, Seen};
pub(crate) use lockstep::StepSeen;
pub use lockstep::{Member, Run};
pub use plan::Plan;
pub(crate) use plan::seconds_of_pass;
