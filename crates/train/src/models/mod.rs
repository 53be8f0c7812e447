//! The models: pure functions on weights, one file each.

mod attention;
mod bag;
mod cnn;
mod in_order;

use basin_optim::population::{FastPaths, Objective, Outputs, Subset, Weights};
use burn::tensor::{Device, Tensor, TensorData};
use rand::Rng;

use crate::batch::Batch;
use crate::config::{ModelConfig, ModelKind, Pair};
use crate::data::tokens::UNKNOWN;
use crate::random::leaf_stream;

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

/// The model of a configuration.
pub fn build(config: &ModelConfig, sizes: Sizes) -> Box<dyn Model> {
    match config.kind {
        ModelKind::Bag => Box::new(bag::Bag::new(config, sizes)),
        ModelKind::Cnn => Box::new(cnn::Cnn::new(config, sizes)),
        ModelKind::Attention => Box::new(attention::Attention::new(config, sizes)),
    }
}

/// A model on a batch: the objective that the methods see.
pub struct OnBatch<'a> {
    /// The model.
    pub model: &'a dyn Model,
    /// The batch.
    pub batch: std::borrow::Cow<'a, Batch>,
}

impl<'a> OnBatch<'a> {
    /// `model` on `batch`.
    pub fn new(model: &'a dyn Model, batch: &'a Batch) -> Self {
        Self { model, batch: std::borrow::Cow::Borrowed(batch) }
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
        Box::new(OnBatch { model: self.model, batch: std::borrow::Cow::Owned(self.batch.subset(of)) })
    }

    fn fast(&self) -> Option<Box<dyn FastPaths + '_>> {
        self.model.fast(&self.batch)
    }
}

/// Initial embeddings lie in ± this: small, so that rare words, which learn little, add little noise.
const EMBEDDING_BOUND: f32 = 0.1;

/// Initial embedding rows, `[seeds, vocabulary, dim]`. Those of `<pad>` and `<unk>` are zero: training
/// meets `<unk>` only when the vocabulary is cut, and a random row would be noise in every text with a new word.
fn embedding(seeds: &[u64], vocabulary: usize, dim: usize, device: &Device) -> Tensor<3> {
    let rows = uniform(seeds, 0, [vocabulary, dim], EMBEDDING_BOUND, device);
    let reserved = UNKNOWN as usize + 1;
    rows.slice_assign([0..seeds.len(), 0..reserved, 0..dim], Tensor::zeros([seeds.len(), reserved, dim], device))
}

/// How many times wider the features of a pair are than those of a text.
fn pair_width(pairs: bool, pair: Pair) -> usize {
    match (pairs, pair) {
        (false, _) => 1,
        (true, Pair::Concat) => 2,
        (true, Pair::Interaction) => 4,
    }
}

/// The features of each text, `[members, batch, width]`, as one: [u], [u, v] or [u, v, |u − v|, u·v].
fn join(mut texts: Vec<Tensor<3>>, pair: Pair) -> Tensor<3> {
    if texts.len() == 1 {
        return texts.remove(0);
    }
    if let ([u, v], Pair::Interaction) = (texts.as_slice(), pair) {
        let more = [(u.clone() - v.clone()).abs(), u.clone() * v.clone()];
        texts.extend(more);
    }
    Tensor::cat(texts, 2)
}

/// The way back from [`join`]: from the gradient with respect to the joined features to that with respect to each of `texts`.
fn part(joined: Tensor<3>, texts: &[Tensor<3>], pair: Pair) -> Vec<Tensor<3>> {
    if texts.len() == 1 {
        return vec![joined];
    }
    let width = texts[0].dims()[2];
    let of = |place: usize| joined.clone().narrow(2, place * width, width);
    match (texts, pair) {
        ([u, v], Pair::Interaction) => {
            let difference = (u.clone() - v.clone()).sign() * of(2);
            vec![of(0) + difference.clone() + v.clone() * of(3), of(1) - difference + u.clone() * of(3)]
        }
        _ => (0..texts.len()).map(of).collect(),
    }
}

/// Uniform numbers in ±`bound` for each seed, `[seeds, rows, cols]`; `leaf` separates the streams of a model's leaves.
fn uniform(seeds: &[u64], leaf: u64, [rows, cols]: [usize; 2], bound: f32, device: &Device) -> Tensor<3> {
    let mut values = Vec::with_capacity(seeds.len() * rows * cols);
    for &seed in seeds {
        let mut rng = leaf_stream(seed, leaf);
        // 24 random bits make a number in 0..1 that f32 holds exactly.
        values.extend((0..rows * cols).map(|_| ((rng.next_u32() >> 8) as f32 / (1 << 23) as f32 - 1.0) * bound));
    }
    Tensor::from_data(TensorData::new(values, [seeds.len(), rows, cols]), device)
}
