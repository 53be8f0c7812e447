//! Batches: examples as tensors, and the order in which training visits them.
//!
//! A batch names the distinct tokens that occur in it (`rows`); everything else counts in positions of
//! that list, so that a step sees only those rows of the embedding.

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::dataset::Example;
use crate::random::{Purpose, shuffle, stream};

/// Examples on a device.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Token numbers that occur, ascending, `[rows]`.
    pub rows: Tensor<1, Int>,
    /// One entry for single texts, two for pairs.
    pub texts: Vec<Texts>,
    /// One row per example with a one at its label, `[1 or members, batch, classes]`.
    pub one_hot: Tensor<3>,
    /// Class of each example.
    pub labels: Vec<usize>,
}

/// One text of each example.
#[derive(Clone, Debug)]
pub struct Texts {
    /// How often a row occurs in a text over the text's length: `[1 or members, batch, rows]`.
    pub shares: Tensor<3>,
    /// The texts in reading order, for models that read in order.
    pub sequence: Option<Sequence>,
}

/// Texts in reading order, padded at the end to one length.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// A one at each token's row, nothing for padding: `[1 or members, batch · length, rows]`.
    pub tokens: Tensor<3>,
    /// 1 for a token, 0 for padding: `[1 or members, batch, length]`.
    pub mask: Tensor<3>,
}

/// Shorter texts are padded to this length, so that every window of a convolution fits.
const SHORTEST: usize = 5;

impl Batch {
    /// The examples `examples`, at least one, with labels among `classes` classes; `in_order` adds [`Sequence`]s.
    pub fn new<'a>(examples: impl IntoIterator<Item = &'a Example>, classes: usize, in_order: bool, device: &Device) -> Self {
        let examples: Vec<&Example> = examples.into_iter().collect();
        let mut rows: Vec<u32> = examples.iter().flat_map(|e| e.tokens.iter().chain(&e.tokens_b)).copied().collect();
        rows.sort_unstable();
        rows.dedup();
        let position = |id: &u32| rows.binary_search(id).expect("every token of the batch is a row");
        let side = |tokens: fn(&Example) -> &[u32]| {
            let tokens: Vec<Vec<usize>> = examples.iter().map(|e| tokens(e).iter().map(position).collect()).collect();
            Texts { shares: shares(&tokens, rows.len(), device), sequence: in_order.then(|| sequence(&tokens, rows.len(), device)) }
        };
        let mut texts = vec![side(|e| &e.tokens)];
        if examples.iter().any(|e| !e.tokens_b.is_empty()) {
            texts.push(side(|e| &e.tokens_b));
        }
        let labels: Vec<usize> = examples.iter().map(|e| e.label as usize).collect();
        let mut one_hot = vec![0.0_f32; labels.len() * classes];
        for (example, &label) in labels.iter().enumerate() {
            one_hot[example * classes + label] = 1.0;
        }
        let ids: Vec<i32> = rows.iter().map(|&id| id as i32).collect();
        Self {
            rows: Tensor::from_data(TensorData::new(ids, [rows.len()]), device),
            texts,
            one_hot: Tensor::from_data(TensorData::new(one_hot, [1, labels.len(), classes]), device),
            labels,
        }
    }

    /// Some examples, in the given order.
    #[must_use]
    pub fn examples(&self, indices: &[usize]) -> Self {
        let ids: Vec<i32> = indices.iter().map(|&i| i as i32).collect();
        let which = Tensor::<1, Int>::from_data(TensorData::new(ids, [indices.len()]), &self.rows.device());
        let texts = self.texts.iter().map(|t| Texts {
            shares: t.shares.clone().select(1, which.clone()),
            sequence: t.sequence.as_ref().map(|Sequence { tokens, mask }| {
                let ([_, batch, length], rows) = (mask.dims(), tokens.dims()[2]);
                let chosen = tokens.clone().reshape([batch, length * rows]).select(0, which.clone());
                Sequence { tokens: chosen.reshape([1, indices.len() * length, rows]), mask: mask.clone().select(1, which.clone()) }
            }),
        });
        Self {
            rows: self.rows.clone(),
            texts: texts.collect(),
            one_hot: self.one_hot.clone().select(1, which.clone()),
            labels: indices.iter().map(|&i| self.labels[i]).collect(),
        }
    }

    /// One example for each of `members` · n members: member m·n + i sees example `range.start + i`.
    #[must_use]
    pub fn one_each(&self, range: std::ops::Range<usize>, members: usize) -> Self {
        let n = range.len();
        // `lines` rows belong to each example.
        let spread_lines = |all: &Tensor<3>, lines: usize| {
            let width = all.dims()[2];
            let part = all.clone().narrow(1, range.start * lines, n * lines).reshape([1, n, lines, width]);
            part.expand([members, n, lines, width]).reshape([members * n, lines, width])
        };
        let spread = |all: &Tensor<3>| spread_lines(all, 1);
        let texts = self.texts.iter().map(|t| Texts {
            shares: spread(&t.shares),
            sequence: t
                .sequence
                .as_ref()
                .map(|Sequence { tokens, mask }| Sequence { tokens: spread_lines(tokens, mask.dims()[2]), mask: spread(mask) }),
        });
        Self {
            rows: self.rows.clone(),
            texts: texts.collect(),
            one_hot: spread(&self.one_hot),
            // One column per member: callers look at the whole batch for labels.
            labels: self.labels[range.clone()].to_vec(),
        }
    }
}

fn shares(tokens: &[Vec<usize>], rows: usize, device: &Device) -> Tensor<3> {
    let mut shares = vec![0.0_f32; tokens.len() * rows];
    for (text, of_text) in tokens.iter().zip(shares.chunks_mut(rows)) {
        for &token in text {
            of_text[token] += 1.0 / text.len() as f32;
        }
    }
    Tensor::from_data(TensorData::new(shares, [1, tokens.len(), rows]), device)
}

fn sequence(tokens: &[Vec<usize>], rows: usize, device: &Device) -> Sequence {
    let length = tokens.iter().map(Vec::len).max().unwrap_or(0).max(SHORTEST);
    let mut ones = vec![0.0_f32; tokens.len() * length * rows];
    let mut mask = vec![0.0_f32; tokens.len() * length];
    for (text, of_text) in tokens.iter().enumerate() {
        for (place, &token) in of_text.iter().enumerate() {
            ones[(text * length + place) * rows + token] = 1.0;
            mask[text * length + place] = 1.0;
        }
    }
    Sequence {
        tokens: Tensor::from_data(TensorData::new(ones, [1, tokens.len() * length, rows]), device),
        mask: Tensor::from_data(TensorData::new(mask, [1, tokens.len(), length]), device),
    }
}

/// The examples of each step of an epoch: a seeded order, cut into batches; the last may be smaller.
pub fn epoch_order(examples: usize, batch: usize, seed: u64, epoch: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..examples).collect();
    let mut rng = stream(seed, Purpose::Batches);
    // Epochs lie far apart in one stream, so that each can be found without the ones before it.
    rng.set_word_pos((epoch as u128) << 32);
    shuffle(&mut rng, &mut order);
    order.chunks(batch).map(<[usize]>::to_vec).collect()
}
