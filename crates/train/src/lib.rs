//! Data, models and the training loop of Basin.
//!
//! Reading order: [`config`] (what an experiment is), [`dataset`] (bytes to examples), `models`
//! (pure functions on weights), `session` (the loop), [`protocol`] (what the picture hears of it).
//! The methods themselves are in `basin_optim`.

pub mod batch;
pub mod builtin;
pub mod bytes64;
pub mod checkpoint;
pub mod columns;
pub mod compute;
pub mod config;
pub mod dataset;
pub mod error;
pub mod evaluate;
pub mod landscape;
pub mod lane;
pub mod link;
pub mod method;
pub mod microscope;
pub mod models;
pub mod nan_as_null;
pub mod presets;
pub mod protocol;
pub mod random;
pub mod reviews;
pub mod sentences;
pub mod session;
pub mod sharpness;
pub mod table;
pub mod text;
pub mod trainer;
pub mod verify;
