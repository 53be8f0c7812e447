//! Loss, accuracy and answers on fixed examples.

use basin_kernels::cross_entropy;
use basin_optim::population::Weights;
use burn::tensor::{Device, Tensor, TensorData};

use crate::data::dataset::Example;
use crate::models::Model;
use crate::models::batch::{Batch, TextBatch};

/// Fixed examples, prepared once.
pub struct Evaluator {
    chunks: Vec<Chunk>,
    examples: usize,
    places: Tensor<3>,
}

/// How well weights do on the examples, one entry per member.
pub struct Score {
    /// Mean loss, `[members]`, nats.
    pub loss: Tensor<1>,
    /// Share of the examples that are answered by their label, `[members]`, 0 to 1. Of equally probable classes the first
    /// one is the answer.
    pub accuracy: Tensor<1>,
    /// Share of the examples that are answered by each class, `[members, classes]`.
    pub answers: Tensor<2>,
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
        Self { chunks: examples.chunks(at_once).map(chunk).collect(), examples: examples.len(), places: places(classes, device) }
    }

    /// How many examples there are.
    pub fn examples(&self) -> usize {
        self.examples
    }

    /// Scores `w`; NaN without examples. Nothing is read back.
    pub fn evaluate(&self, model: &dyn Model, w: &Weights) -> Score {
        self.evaluate_on(model, |see| see(w))
    }

    /// The same for weights that are made for each forward pass, from what its examples see of others.
    pub fn evaluate_on(&self, model: &dyn Model, weights: impl Fn(&dyn Fn(&Weights) -> Weights) -> Weights) -> Score {
        let per_batch = self.chunks.iter().map(|chunk| {
            let batch = chunk.batch();
            let logits = model.forward(&weights(&|w| chunk.see(w)), batch).logits;
            let answers = answers(&logits, &self.places);
            let right = (answers.clone() * batch.one_hot.clone()).sum_dim(2).sum_dim(1).reshape([-1]);
            let loss = cross_entropy(logits, batch.one_hot.clone()).sum_dim(1).squeeze_dim::<1>(1);
            Score { loss, accuracy: right, answers: answers.sum_dim(1).squeeze_dim::<2>(1) }
        });
        let add = |a: Score, b: Score| Score { loss: a.loss + b.loss, accuracy: a.accuracy + b.accuracy, answers: a.answers + b.answers };
        let Some(sums) = per_batch.reduce(add) else {
            let w = weights(&Weights::clone);
            let (members, [_, _, classes], device) = (w.members(), self.places.dims(), w.leaves()[0].value.device());
            let nothing = Tensor::full([members], f64::NAN, &device);
            return Score { loss: nothing.clone(), accuracy: nothing, answers: Tensor::full([members, classes], f64::NAN, &device) };
        };
        let n = self.examples as f64;
        Score { loss: sums.loss.div_scalar(n), accuracy: sums.accuracy.div_scalar(n), answers: sums.answers.div_scalar(n) }
    }
}

/// C, C − 1, …, 1, `[1, 1, classes]`: the first class has the highest.
fn places(classes: usize, device: &Device) -> Tensor<3> {
    let places: Vec<f32> = (1..=classes).rev().map(|place| place as f32).collect();
    Tensor::from_data(TensorData::new(places, [1, 1, classes]), device)
}

/// A one at the class of the highest logit, `[P, B, C]`: the first of several, whatever the label is, and nowhere where
/// none is a number. Not `argmax`, whose choice among equals is each device's own.
fn answers(logits: &Tensor<3>, places: &Tensor<3>) -> Tensor<3> {
    let highest = (logits.clone() - logits.clone().max_dim(2)).greater_equal_elem(0.0).float() * places.clone();
    let first = highest.clone().max_dim(2).clamp_min(1.0);
    (highest - first).greater_equal_elem(0.0).float()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_the_first_of_the_highest() {
        let device = Device::flex();
        let logits = [[0.0; 4], [1.0, 3.0, 3.0, 2.0], [-1.0, -2.0, -1.5, -0.5], [f32::NAN; 4]];
        let logits = Tensor::<3>::from_data(TensorData::new(logits.concat(), [1, 4, 4]), &device);
        let found: Vec<f32> = answers(&logits, &places(4, &device)).into_data().try_to_vec_as().expect("f32");
        assert_eq!(found, [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0], [0.0; 4]].concat());
    }
}
