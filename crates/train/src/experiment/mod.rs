//! What an experiment is: everything that a link carries, and every knob with its unit, its default and its bounds.

mod bounds;
pub mod build;
mod config;
pub mod difference;
mod lane;
pub mod link;
mod method;
pub mod presets;

pub use bounds::ConfigError;
pub(crate) use bounds::within;
pub use config::{
    Base, Columns, DataConfig, DataSource, Experiment, ExperimentError, MOST_LAYERS, ModelConfig, ModelKind, Pair, SELECTION, Schedule,
    Tokens, TrainingConfig, Tune, can_divide,
};
pub use lane::{LaneConfig, LaneError, titles};
pub use method::{ClimbLoss, MethodConfig, Rule, knobs};
