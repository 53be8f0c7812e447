//! What a model is: a pure function on weights; on a batch it is the objective that the methods see.

use std::borrow::Cow;

use basin_kernels::{pool, scatter};
use basin_optim::population::{ByToken, FastPaths, Noise, Objective, Outputs, Subset, Weights};
use burn::tensor::{Device, Tensor};

use super::batch::{Batch, TokenBatch};

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
    dropout: Option<Dropout<'a>>,
}

/// Dropout in a step (Srivastava et al. 2014): every input of the last layer is 0 with the probability `rate`, and else as much larger
/// as keeps its mean.
#[derive(Clone, Copy)]
pub struct Dropout<'a> {
    /// The probability. 0 to 0.9.
    pub rate: f64,
    /// Where masks are drawn from.
    pub noise: &'a Noise,
}

impl Dropout<'_> {
    /// Mask number `draw`, shaped like `hidden`, `[members, batch, width]`.
    fn mask(self, hidden: &Tensor<3>, draw: u64) -> Tensor<3> {
        let drawn = self.noise.uniform(hidden, draw);
        // Of −1 … 1 the part below 2 rate − 1.
        drawn.greater_scalar(2.0 * self.rate - 1.0).float().mul_scalar(1.0 / (1.0 - self.rate))
    }
}

impl<'a> OnBatch<'a> {
    /// `model` on `batch`.
    pub fn new(model: &'a dyn Model, batch: &'a Batch) -> Self {
        Self { model, batch: Cow::Borrowed(batch), dropout: None }
    }

    /// The same with dropout, for these weights.
    #[must_use]
    pub fn dropping(self, w: &Weights, dropout: Dropout<'a>) -> Self {
        if dropout.rate <= 0.0 {
            return self;
        }
        let head = w.leaf("head.weight");
        let [members, width, _] = head.dims();
        let hidden = Tensor::zeros([members, self.batch.labels.len(), width], (&head.device(), head.dtype()));
        Self { dropout: Some(dropout), ..self.masked(dropout.mask(&hidden, 0)) }
    }

    fn masked(&self, mask: Tensor<3>) -> Self {
        let kept = Some(mask);
        Self { model: self.model, batch: Cow::Owned(Batch { kept, ..Batch::clone(&self.batch) }), dropout: None }
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
        Box::new(OnBatch { model: self.model, batch: Cow::Owned(self.batch.subset(of)), dropout: None })
    }

    fn by_token(&self) -> Option<ByToken<'_>> {
        let TokenBatch { places, of_examples, batch } = self.batch.by_token()?;
        let back = places.clone();
        Some(ByToken {
            objective: Box::new(OnBatch { model: self.model, batch: Cow::Owned(batch), dropout: None }),
            look_up: Box::new(move |rows| pool(&places, rows)),
            to_rows: Box::new(move |tokens| scatter(&back, tokens)),
            over_example: Box::new(move |tokens| scatter(&of_examples, &pool(&of_examples, tokens))),
        })
    }

    fn dropping_anew(&self) -> Option<Box<dyn Objective + '_>> {
        let mask = self.dropout?.mask(self.batch.kept.as_ref()?, 1);
        Some(Box::new(self.masked(mask)))
    }

    fn fast(&self) -> Option<Box<dyn FastPaths + '_>> {
        self.model.fast(&self.batch)
    }
}
