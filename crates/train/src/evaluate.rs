//! Loss and accuracy on fixed examples.

use basin_optim::objective::cross_entropy;
use basin_optim::weights::Weights;
use burn::tensor::{Device, Int, Tensor};

use crate::batch::Batch;
use crate::dataset::Example;
use crate::models::Model;

/// Examples per forward pass: few enough that a batch's own rows stay few, too.
const CHUNK: usize = 64;

/// Fixed examples, prepared once.
pub struct Evaluator {
    batches: Vec<Batch>,
    examples: usize,
}

impl Evaluator {
    /// Prepares `examples`, at least one.
    pub fn new<'a>(examples: impl IntoIterator<Item = &'a Example>, classes: usize, model: &dyn Model, device: &Device) -> Self {
        let examples: Vec<&Example> = examples.into_iter().collect();
        let batches =
            examples.chunks(CHUNK).map(|chunk| Batch::new(chunk.iter().copied(), classes, model.reads_in_order(), device)).collect();
        Self { batches, examples: examples.len() }
    }

    /// How many examples there are.
    pub fn examples(&self) -> usize {
        self.examples
    }

    /// Mean loss (nats) and accuracy (0 to 1) of each member, `[members]` each; nothing is read back.
    pub fn evaluate(&self, model: &dyn Model, w: &Weights) -> [Tensor<1>; 2] {
        self.evaluate_on(model, |rows| w.select_rows(rows))
    }

    /// The same for weights that are made for the rows of each batch.
    pub fn evaluate_on(&self, model: &dyn Model, weights: impl Fn(&Tensor<1, Int>) -> Weights) -> [Tensor<1>; 2] {
        let per_batch = self.batches.iter().map(|batch| {
            let logits = model.forward(&weights(&batch.rows), batch).logits;
            let label_logit = (logits.clone() * batch.one_hot.clone()).sum_dim(2);
            // Right when no class scores higher; written so that NaN is wrong.
            let right = label_logit.greater_equal(logits.clone().max_dim(2)).float().sum_dim(1).reshape([-1]);
            let loss = cross_entropy(logits, batch.one_hot.clone()).sum_dim(1).squeeze_dim::<1>(1);
            [loss, right]
        });
        let sums = per_batch.reduce(|[a, b], [c, d]| [a + c, b + d]).expect("there is at least one example");
        sums.map(|sum| sum.div_scalar(self.examples as f64))
    }
}
