//! The models: pure functions on weights, one file each, and what they see of examples (`batch`).

mod attention;
mod bag;
pub mod batch;
mod cnn;
mod in_order;
mod initial;
mod leaves;
mod model;
mod pairs;
#[cfg(not(target_family = "wasm"))]
mod tuned;

pub(crate) use attention::positions;
pub(crate) use cnn::WINDOWS;
pub(crate) use leaves::{OF_EMBEDDING, OF_LAYERS};
pub use model::{Dropout, Model, OnBatch, Sizes};

#[cfg(not(target_family = "wasm"))]
pub use tuned::Tuned;

use crate::experiment::{ModelConfig, ModelKind};

/// The model of a configuration.
pub fn build(config: &ModelConfig, sizes: Sizes) -> Box<dyn Model> {
    match config.kind {
        ModelKind::Bag | ModelKind::Sentence => Box::new(bag::Bag::new(config, sizes)),
        ModelKind::Cnn => Box::new(cnn::Cnn::new(config, sizes)),
        ModelKind::Attention => Box::new(attention::Attention::new(config, sizes)),
    }
}
