//! Data, models and the training loop of Basin.
//!
//! Reading order: [`config`] (what an experiment is), [`data`] (bytes to examples), `models`
//! (pure functions on weights), `session` (the loop), [`protocol`] (what the picture hears of it).
//! The methods themselves are in `basin_optim`.

pub mod any_float;
pub mod auto;
pub mod batch;
pub mod brief;
pub mod bytes64;
pub mod checkpoint;
pub mod compute;
pub mod config;
pub mod data;
pub mod evaluate;
pub mod landscape;
pub mod lane;
pub mod limits;
pub mod link;
pub mod memory;
#[cfg(test)]
mod messages;
pub mod method;
pub mod microscope;
pub mod models;
pub mod presets;
pub mod protocol;
pub mod random;
pub mod results;
pub mod sentences;
pub mod session;
pub mod sharpness;
pub mod stats;
pub mod trainer;
pub mod verify;
