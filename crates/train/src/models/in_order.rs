//! What the models that read in order share: features of each text (`basin_kernels::Reading`), and a last layer behind them.

use basin_kernels::{
    Form, OneByOne, Reading, Sequences, cross_entropy, features, features_with_way_back, one_by_one, outer, product, softmax,
};
use basin_optim::population::{Analytic, FastPaths, Outputs, PerExample, Weights};
use burn::tensor::Tensor;

use super::batch::{Batch, Texts};
use super::pairs::{join, part};
use crate::experiment::Pair;

/// A model of an embedding, layers that make features of a text, and a last layer with its bias.
pub trait Features {
    /// What its layers do with texts of up to `longest` tokens.
    fn form(&self, longest: usize) -> Form;

    /// How the two texts of a pair meet.
    fn pair(&self) -> Pair;
}

/// Such a model on a batch.
pub struct InOrder<'a> {
    pub model: &'a dyn Features,
    pub batch: &'a Batch,
}

/// The leaves of such a model.
struct Leaves {
    rows: Tensor<3>,
    learns_rows: bool,
    layers: Vec<Tensor<3>>,
    head: [Tensor<3>; 2],
}

impl Leaves {
    /// Of `w`; the rows are those of the embedding, or those that are `given` and not learned.
    fn of(w: &Weights, given: Option<&Tensor<3>>) -> Self {
        let mut layers: Vec<Tensor<3>> = w.values().into_iter().cloned().collect();
        let mut last = || layers.pop().expect("an embedding and a last layer");
        let (bias, weight) = (last(), last());
        let rows = given.cloned().unwrap_or_else(|| layers.remove(0));
        Self { rows, learns_rows: given.is_none(), layers, head: [weight, bias] }
    }
}

impl InOrder<'_> {
    fn sequences(&self) -> impl Iterator<Item = (Form, &Sequences)> {
        self.batch.texts.iter().map(|texts| {
            let Texts::InOrder(texts) = texts else { panic!("the batch was made in order") };
            (self.model.form(texts.longest()), texts)
        })
    }

    /// Runs it.
    pub fn forward(&self, w: &Weights) -> Outputs {
        let Leaves { rows, learns_rows, layers, head: [weight, bias] } = Leaves::of(w, self.batch.states.as_ref());
        let read = |(form, texts): (Form, &Sequences)| features(Reading { form: &form, texts, rows: &rows, learns_rows, layers: &layers });
        let texts = self.sequences().map(read);
        let hidden = self.batch.drop_from(join(texts.collect(), self.model.pair()));
        let logits = product(hidden.clone(), weight) + bias;
        Outputs { hidden, logits }
    }
}

impl FastPaths for InOrder<'_> {
    fn analytic(&self, w: &Weights) -> Analytic {
        let Leaves { rows, learns_rows, layers, head: [weight, bias] } = Leaves::of(w, self.batch.states.as_ref());
        let read = |(form, texts): (Form, &Sequences)| {
            features_with_way_back(Reading { form: &form, texts, rows: &rows, learns_rows, layers: &layers })
        };
        let texts = self.sequences().map(read);
        let (texts, ways_back): (Vec<Tensor<3>>, Vec<_>) = texts.unzip();
        let hidden = self.batch.drop_from(join(texts.clone(), self.model.pair()));
        let softmax = softmax(product(hidden.clone(), weight.clone()), bias, self.batch.one_hot.clone());
        let (w, pair, inputs, batch) = (w.clone(), self.model.pair(), hidden.clone(), self.batch.clone());
        let backward = move |d: Tensor<3>| {
            let of_texts = part(batch.drop_from(product(d.clone(), weight.swap_dims(1, 2))), &texts, pair);
            let sides = ways_back.into_iter().zip(of_texts).map(|(way_back, d)| way_back(d));
            let sum = |a: Vec<Tensor<3>>, b: Vec<Tensor<3>>| a.into_iter().zip(b).map(|(a, b)| a + b).collect();
            let mut gradient = sides.reduce(sum).expect("a batch has a text or two");
            let (weight, bias) = outer(inputs, d);
            gradient.extend([weight, bias]);
            w.with_values(gradient)
        };
        Analytic { hidden, softmax, backward: Box::new(backward) }
    }

    fn losses(&self, w: &Weights) -> Tensor<2> {
        cross_entropy(self.forward(w).logits, self.batch.one_hot.clone())
    }

    fn per_example(&self, w: &Weights, rho: &Tensor<3>) -> Option<PerExample> {
        if self.batch.texts.len() > 1 || self.batch.kept.is_some() {
            return None;
        }
        let Leaves { rows, learns_rows, layers, head: [weight, bias] } = Leaves::of(w, self.batch.states.as_ref());
        let (form, texts) = self.sequences().next()?;
        let reading = Reading { form: &form, texts, rows: &rows, learns_rows, layers: &layers };
        let OneByOne { losses, losses_up, norms, descent } = one_by_one(reading, [&weight, &bias], &self.batch.one_hot, rho)?;
        Some(PerExample { losses, losses_up, norms, descent: w.with_values(descent) })
    }
}
