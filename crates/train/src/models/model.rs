//! What a model is: a pure function on weights; on a batch it is the objective that the methods see.

use std::borrow::Cow;

use basin_optim::population::{FastPaths, Objective, Outputs, Subset, Weights};
use burn::tensor::{Device, Tensor};

use super::batch::Batch;

/// A network's form: makes weights, and runs them on a batch.
pub trait Model: Send + Sync {
    /// Initial weights, one member per seed.
    fn init(&self, seeds: &[u64], device: &Device) -> Weights;

    /// Whether batches need their texts in reading order.
    fn reads_in_order(&self) -> bool {
        true
    }

    /// Runs `w`, whose embedding holds what the batch sees of it: its rows, or in text coordinates the means of its texts.
    fn forward(&self, w: &Weights, batch: &Batch) -> Outputs;

    /// Shorter ways on a batch, where there are any.
    fn fast<'a>(&'a self, _batch: &'a Batch) -> Option<Box<dyn FastPaths + 'a>> {
        None
    }
}

/// What a model is made for.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Tokens of the vocabulary.
    pub vocabulary: usize,
    /// Classes.
    pub classes: usize,
    /// Whether examples are pairs.
    pub pairs: bool,
}

/// A model on a batch: the objective that the methods see.
pub struct OnBatch<'a> {
    /// The model.
    pub model: &'a dyn Model,
    /// The batch.
    pub batch: Cow<'a, Batch>,
}

impl<'a> OnBatch<'a> {
    /// `model` on `batch`.
    pub fn new(model: &'a dyn Model, batch: &'a Batch) -> Self {
        Self { model, batch: Cow::Borrowed(batch) }
    }
}

impl Objective for OnBatch<'_> {
    fn labels(&self) -> &[usize] {
        &self.batch.labels
    }

    fn one_hot(&self) -> Tensor<3> {
        self.batch.one_hot.clone()
    }

    fn forward(&self, w: &Weights) -> Outputs {
        self.model.forward(w, &self.batch)
    }

    fn subset(&self, of: Subset<'_>) -> Box<dyn Objective + '_> {
        Box::new(OnBatch { model: self.model, batch: Cow::Owned(self.batch.subset(of)) })
    }

    fn fast(&self) -> Option<Box<dyn FastPaths + '_>> {
        self.model.fast(&self.batch)
    }
}
