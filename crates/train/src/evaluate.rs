//! Loss and accuracy on fixed examples.

use basin_kernels::cross_entropy;
use basin_optim::population::Weights;
use burn::tensor::{Device, Tensor};

use crate::batch::{Batch, TextBatch};
use crate::data::dataset::Example;
use crate::models::Model;

/// Fixed examples, prepared once.
pub struct Evaluator {
    chunks: Vec<Chunk>,
    examples: usize,
}

/// Examples of one forward pass: in text coordinates, where the model can see them so, since their means are far fewer
/// numbers than their rows.
enum Chunk {
    Rows(Batch),
    Texts(TextBatch),
}

impl Chunk {
    fn batch(&self) -> &Batch {
        match self {
            Self::Rows(batch) | Self::Texts(TextBatch { batch, .. }) => batch,
        }
    }

    /// What the examples see of `w`; sums of weights are seen as sums.
    fn see(&self, w: &Weights) -> Weights {
        match self {
            Self::Rows(batch) => w.select_rows(&batch.rows),
            Self::Texts(texts) => texts.enter(w),
        }
    }
}

impl Evaluator {
    /// Prepares `examples` for passes over `at_once` of them, at least one ([`crate::memory::chunk`]).
    pub fn new<'a>(
        examples: impl IntoIterator<Item = &'a Example>,
        at_once: usize,
        classes: usize,
        model: &dyn Model,
        device: &Device,
    ) -> Self {
        let examples: Vec<&Example> = examples.into_iter().collect();
        let in_order = model.reads_in_order();
        let chunk = |examples: &[&Example]| {
            let texts = (!in_order).then(|| TextBatch::new(examples, classes, device)).flatten();
            texts.map_or_else(|| Chunk::Rows(Batch::new(examples.iter().copied(), classes, in_order, device)), Chunk::Texts)
        };
        Self { chunks: examples.chunks(at_once).map(chunk).collect(), examples: examples.len() }
    }

    /// How many examples there are.
    pub fn examples(&self) -> usize {
        self.examples
    }

    /// Mean loss (nats) and accuracy (0 to 1) of each member, `[members]` each, NaN without examples; nothing is read back.
    pub fn evaluate(&self, model: &dyn Model, w: &Weights) -> [Tensor<1>; 2] {
        self.evaluate_on(model, |see| see(w))
    }

    /// The same for weights that are made for each forward pass, from what its examples see of others.
    pub fn evaluate_on(&self, model: &dyn Model, weights: impl Fn(&dyn Fn(&Weights) -> Weights) -> Weights) -> [Tensor<1>; 2] {
        let per_batch = self.chunks.iter().map(|chunk| {
            let batch = chunk.batch();
            let logits = model.forward(&weights(&|w| chunk.see(w)), batch).logits;
            let label_logit = (logits.clone() * batch.one_hot.clone()).sum_dim(2);
            // Right when no class scores higher; written so that NaN is wrong.
            let right = label_logit.greater_equal(logits.clone().max_dim(2)).float().sum_dim(1).reshape([-1]);
            let loss = cross_entropy(logits, batch.one_hot.clone()).sum_dim(1).squeeze_dim::<1>(1);
            [loss, right]
        });
        let Some(sums) = per_batch.reduce(|[a, b], [c, d]| [a + c, b + d]) else {
            let w = weights(&Weights::clone);
            let nothing = Tensor::full([w.members()], f64::NAN, &w.leaves()[0].value.device());
            return [nothing.clone(), nothing];
        };
        sums.map(|sum| sum.div_scalar(self.examples as f64))
    }
}
