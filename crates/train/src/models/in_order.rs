//! What the models that read in order share: rows are looked up before them, and a last layer comes behind.
//!
//! The look-up stays off burn's tape, on which it would be a product with a matrix of zeros and ones, as large as texts ×
//! places × rows, or on a GPU, without float atomics, one serial kernel. Between look-up and loss the tape finds the way back.

use basin_kernels::{cross_entropy, softmax};
use basin_optim::population::{Analytic, FastPaths, Outputs, Role, Weights};
use burn::tensor::Tensor;

use super::batch::{Batch, Sequence};
use super::pairs::join;
use crate::experiment::Pair;

/// A model between look-up and last layer.
pub trait Features {
    /// What it makes of a text whose rows `x` were looked up: `[members, batch · length, dim]` → `[members, batch, width]`.
    fn features(&self, w: &Weights, x: Tensor<3>, text: &Sequence) -> Tensor<3>;

    /// How the two texts of a pair meet.
    fn pair(&self) -> Pair;
}

/// Such a model on a batch.
pub struct InOrder<'a> {
    pub model: &'a dyn Features,
    pub batch: &'a Batch,
}

impl InOrder<'_> {
    fn sequences(&self) -> impl Iterator<Item = &Sequence> {
        self.batch.texts.iter().map(|text| text.sequence.as_ref().expect("the batch was made in order"))
    }

    /// Runs it.
    pub fn forward(&self, w: &Weights) -> Outputs {
        let texts = self.sequences().map(|text| self.model.features(w, text.look_up(&w.leaf("embedding")), text));
        let hidden = self.batch.drop_from(join(texts.collect(), self.model.pair()));
        let logits = hidden.clone().matmul(w.leaf("head.weight")) + w.leaf("head.bias");
        Outputs { hidden, logits }
    }
}

impl FastPaths for InOrder<'_> {
    fn analytic(&self, w: &Weights) -> Analytic {
        let on_tape = |value: Tensor<3>| value.autodiff().require_grad();
        let taped = w.map(|leaf| if leaf.role == Role::Embedding { leaf.value.clone() } else { on_tape(leaf.value.clone()) });
        let found: Vec<Tensor<3>> = self.sequences().map(|text| on_tape(text.look_up(&w.leaf("embedding")))).collect();
        let texts = self.sequences().zip(&found).map(|(text, x)| self.model.features(&taped, x.clone(), text));
        let hidden = self.batch.drop_from(join(texts.collect(), self.model.pair()));
        let scores = hidden.clone().matmul(taped.leaf("head.weight"));

        let softmax = softmax(scores.clone().without_autodiff(), w.leaf("head.bias"), self.batch.one_hot.clone());
        let hidden = hidden.without_autodiff();
        let sequences: Vec<Sequence> = self.sequences().cloned().collect();
        let backward = move |d: Tensor<3>| {
            // Members share no weight, so the gradient of the sum over members is each member's own.
            let gradients = (scores * d.clone().autodiff()).sum().backward();
            let gradient = |value: &Tensor<3>| value.grad(&gradients).unwrap_or_else(|| value.clone().without_autodiff().zeros_like());
            let rows = sequences.iter().zip(&found).map(|(text, x)| text.to_rows(gradient(x)));
            let rows = rows.reduce(|a, b| a + b).expect("a batch has a text or two");
            taped.map(|leaf| match (leaf.role, leaf.name) {
                (Role::Embedding, _) => rows.clone(),
                // Added behind the tape.
                (_, "head.bias") => d.clone().sum_dim(1),
                _ => gradient(&leaf.value),
            })
        };
        Analytic { hidden, softmax, backward: Box::new(backward) }
    }

    fn losses(&self, w: &Weights) -> Tensor<2> {
        cross_entropy(self.forward(w).logits, self.batch.one_hot.clone())
    }
}
