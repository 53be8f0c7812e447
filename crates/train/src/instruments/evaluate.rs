//! Loss, accuracy and answers on fixed examples.

use basin_kernels::cross_entropy;
use basin_optim::population::Weights;
use burn::tensor::{Device, Tensor, TensorData};

use crate::data::dataset::Example;
use crate::models::Model;
use crate::models::batch::{Batch, TextBatch};

/// Fixed examples, prepared once.
pub struct Evaluator {
    /// Each with a one at every example whose label the noise made wrong, `[1, B, 1]`.
    chunks: Vec<(Chunk, Tensor<3>)>,
    examples: usize,
    /// Examples whose label the noise made wrong.
    flipped: usize,
    places: Tensor<3>,
}

/// How well weights do on the examples, one entry per member.
pub struct Score {
    /// Mean loss, `[members]`, nats.
    pub loss: Tensor<1>,
    /// Share of the examples that are answered by their label, `[members]`, 0 to 1. Of equally probable classes the first
    /// one is the answer.
    pub accuracy: Tensor<1>,
    /// Share of the examples that are answered by a label that the noise made wrong, `[members]`, 0 to 1: [`Evaluator::parts`].
    pub repeated: Tensor<1>,
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
        let mut examples: Vec<&Example> = examples.into_iter().collect();
        let in_order = model.reads_in_order();
        if in_order {
            // On a GPU texts are padded to the longest one beside them.
            examples.sort_by_key(|example| example.tokens.len().max(example.tokens_b.len()));
        }
        let chunk = |examples: &[&Example]| {
            let texts = (!in_order).then(|| TextBatch::new(examples, classes, device)).flatten();
            let chunk = texts.map_or_else(|| Chunk::Rows(Batch::new(examples.iter().copied(), classes, in_order, device)), Chunk::Texts);
            let flipped: Vec<f32> = examples.iter().map(|example| f32::from(u8::from(is_flipped(example)))).collect();
            (chunk, Tensor::from_data(TensorData::new(flipped, [1, examples.len(), 1]), device))
        };
        let flipped = examples.iter().filter(|example| is_flipped(example)).count();
        Self { chunks: examples.chunks(at_once).map(chunk).collect(), examples: examples.len(), flipped, places: places(classes, device) }
    }

    /// How many examples there are.
    pub fn examples(&self) -> usize {
        self.examples
    }

    /// Accuracy on the labels that the noise made wrong, NaN without any, and on the others, from the shares of a [`Score`].
    pub fn parts(&self, accuracy: f64, repeated: f64) -> (f64, f64) {
        let (all, wrong) = (self.examples as f64, self.flipped as f64);
        // Counts, whatever a device has rounded.
        let [right, repeated] = [accuracy, repeated].map(|share| (share * all).round());
        (repeated / wrong, (right - repeated) / (all - wrong))
    }

    /// Scores `w`; NaN without examples. Nothing is read back.
    pub fn evaluate(&self, model: &dyn Model, w: &Weights) -> Score {
        self.evaluate_on(model, |see| see(w))
    }

    /// The same for weights that are made for each forward pass, from what its examples see of others.
    pub fn evaluate_on(&self, model: &dyn Model, weights: impl Fn(&dyn Fn(&Weights) -> Weights) -> Weights) -> Score {
        let per_batch = self.chunks.iter().map(|(chunk, flipped)| {
            let batch = chunk.batch();
            let logits = model.forward(&weights(&|w| chunk.see(w)), batch).logits;
            let answers = answers(&logits, &self.places);
            let right = (answers.clone() * batch.one_hot.clone()).sum_dim(2);
            let repeated = (right.clone() * flipped.clone()).sum_dim(1).reshape([-1]);
            let loss = cross_entropy(logits, batch.one_hot.clone()).sum_dim(1).squeeze_dim::<1>(1);
            Score { loss, accuracy: right.sum_dim(1).reshape([-1]), repeated, answers: answers.sum_dim(1).squeeze_dim::<2>(1) }
        });
        let add = |a: Score, b: Score| Score {
            loss: a.loss + b.loss,
            accuracy: a.accuracy + b.accuracy,
            repeated: a.repeated + b.repeated,
            answers: a.answers + b.answers,
        };
        let Some(sums) = per_batch.reduce(add) else {
            let w = weights(&Weights::clone);
            let (members, [_, _, classes], device) = (w.members(), self.places.dims(), w.leaves()[0].value.device());
            let nothing = Tensor::full([members], f64::NAN, &device);
            let answers = Tensor::full([members, classes], f64::NAN, &device);
            return Score { loss: nothing.clone(), accuracy: nothing.clone(), repeated: nothing, answers };
        };
        let n = self.examples as f64;
        Score {
            loss: sums.loss.div_scalar(n),
            accuracy: sums.accuracy.div_scalar(n),
            repeated: sums.repeated.div_scalar(n),
            answers: sums.answers.div_scalar(n),
        }
    }
}

/// Whether the noise made its label wrong.
fn is_flipped(example: &Example) -> bool {
    example.label != example.given_label
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
    fn accuracy_falls_into_two_parts() {
        // Of 10 examples 4 are wrong: 3 of these repeated, and 5 of the others right.
        let evaluator = |flipped| Evaluator { chunks: Vec::new(), examples: 10, flipped, places: places(2, &Device::flex()) };
        assert_eq!(evaluator(4).parts(0.8, 0.3), (0.75, 5.0 / 6.0));
        let (flipped, kept) = evaluator(0).parts(0.8, 0.0);
        assert!(flipped.is_nan() && (kept - 0.8).abs() < 1e-12);
    }

    #[test]
    fn the_answer_is_the_first_of_the_highest() {
        let device = Device::flex();
        let logits = [[0.0; 4], [1.0, 3.0, 3.0, 2.0], [-1.0, -2.0, -1.5, -0.5], [f32::NAN; 4]];
        let logits = Tensor::<3>::from_data(TensorData::new(logits.concat(), [1, 4, 4]), &device);
        let found: Vec<f32> = answers(&logits, &places(4, &device)).into_data().try_to_vec_as().expect("f32");
        assert_eq!(found, [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0], [0.0; 4]].concat());
    }
}
