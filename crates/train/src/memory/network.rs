//! How many numbers a network on data of some sizes takes: its weights, and what is alive while it runs.

use serde::{Deserialize, Serialize};

use crate::data::encoder::EncoderSizes;
use crate::experiment::{ModelConfig, ModelKind, Pair, Tune};

/// Bytes of a number.
pub(super) const F32: u64 = 4;

/// Places of texts that are read at once, unless one text has more (`cpu/reading.rs` of `basin_kernels`).
const READ_AT_ONCE: u64 = 256;

/// What of the data decides how much memory a run takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DataSizes {
    /// Training examples.
    pub train: u64,
    /// Test examples.
    pub test: u64,
    /// Tokens of the vocabulary.
    pub vocabulary: u64,
    /// Classes.
    pub classes: u64,
    /// Whether examples are pairs.
    pub pairs: bool,
    /// Tokens of the longest text.
    pub longest: u64,
    /// Tokens of all texts together.
    pub tokens: u64,
    /// Bytes of all texts together.
    pub texts: u64,
    /// Bytes of the user's files.
    pub files: u64,
    /// Of the encoder, where layers of it are trained: tokens are its word pieces then.
    pub encoder: EncoderSizes,
}

impl DataSizes {
    /// The smallest data that there can be: what an experiment takes whatever it learns from.
    pub const LEAST: Self = Self {
        train: 2,
        test: 1,
        vocabulary: 3,
        classes: 2,
        pairs: false,
        longest: 1,
        tokens: 3,
        texts: 3,
        files: 0,
        encoder: EncoderSizes { layers: 6, heads: 12, inner: 1536, pieces: 30_522, longest: 256 },
    };

    pub(super) fn examples(&self) -> u64 {
        (self.train + self.test).max(1)
    }

    /// Texts of an example.
    pub(super) fn sides(&self) -> u64 {
        1 + u64::from(self.pairs)
    }

    /// Rows of the embedding that `examples` touch, no fewer than they do in the mean.
    pub(super) fn rows(&self, examples: u64) -> u64 {
        let mean = self.tokens.div_ceil(self.examples());
        self.vocabulary.min(examples.saturating_mul(mean)).max(1)
    }
}

/// A network on data of some sizes.
#[derive(Clone, Copy, Debug)]
pub struct Network {
    /// Its form.
    pub config: ModelConfig,
    /// What it runs on.
    pub data: DataSizes,
}

impl Network {
    /// How many times wider the features of an example are than those of a text.
    fn pair_width(&self) -> u64 {
        match (self.data.pairs, self.config.pair) {
            (false, _) => 1,
            (true, Pair::Concat) => 2,
            (true, Pair::Interaction) => 4,
        }
    }

    /// Filters of one width, of `cnn`.
    fn filters(&self) -> u64 {
        (self.config.hidden as u64).div_ceil(3)
    }

    /// Layers of an encoder that are trained.
    fn tuned(&self) -> Option<u64> {
        let layers = self.data.encoder.layers as u64;
        self.config.tune.map(|tune| match tune {
            Tune::Top(last) => layers.min(last as u64),
            Tune::All => layers,
        })
    }

    /// Weights of one member.
    pub fn weights(&self) -> u64 {
        self.embedding(self.data.vocabulary).saturating_add(self.layers())
    }

    /// Numbers in so many rows of the embedding, of a model that has one.
    pub(super) fn embedding(&self, rows: u64) -> u64 {
        let frozen = self.config.kind.learns_from_vectors() && self.config.tune != Some(Tune::All);
        if frozen { 0 } else { rows.saturating_mul(self.config.dim as u64) }
    }

    /// The same without the embedding.
    pub(super) fn layers(&self) -> u64 {
        let (dim, hidden, classes) = (self.config.dim as u64, self.config.hidden as u64, self.data.classes);
        let (filters, wide) = (self.filters(), self.pair_width());
        let EncoderSizes { inner, longest, .. } = self.data.encoder;
        if let Some(layers) = self.tuned() {
            let inner = inner as u64;
            let embedding = if self.config.tune == Some(Tune::All) { (longest as u64 + 2) * dim } else { 0 };
            return layers * (4 * dim * dim + 2 * dim * inner + 9 * dim + inner) + embedding + (dim * wide + 1) * classes;
        }
        match self.config.kind {
            ModelKind::Bag | ModelKind::Sentence => (dim * wide + 1) * hidden + (hidden + 1) * classes,
            ModelKind::Cnn => (12 * dim + 3) * filters + (3 * filters * wide + 1) * classes,
            ModelKind::Attention => 4 * dim * dim + (dim + 1) * hidden + (hidden + 1) * dim + (dim * wide + 1) * classes,
        }
    }

    /// Its largest matrix.
    pub(super) fn largest_layer(&self) -> u64 {
        let (dim, hidden) = (self.config.dim as u64, self.config.hidden as u64);
        if self.config.tune.is_some() {
            return dim * (3 * dim).max(self.data.encoder.inner as u64);
        }
        match self.config.kind {
            ModelKind::Bag | ModelKind::Sentence => dim * self.pair_width() * hidden,
            ModelKind::Cnn => 5 * dim * self.filters(),
            ModelKind::Attention => dim * dim.max(hidden),
        }
    }

    /// Whether per-instance SAM does without a copy of the weights per example on the CPU.
    pub(super) fn has_ghost(&self) -> bool {
        !self.data.pairs
    }

    /// The same on a GPU.
    pub(super) fn has_ghost_on_gpu(&self) -> bool {
        self.has_ghost() && self.config.tune.is_none() && matches!(self.config.kind, ModelKind::Bag | ModelKind::Sentence)
    }

    /// Places of a padded text.
    fn length(&self) -> u64 {
        self.data.longest.max(5)
    }

    /// Numbers that layers of an encoder keep of a text: in each, for each word piece, what went in, queries, keys and values, what
    /// was found, both norms and what is between; the inner layer before and after its function; shares of each head.
    fn of_encoder(&self, layers: u64) -> u64 {
        let (dim, length, EncoderSizes { heads, inner, .. }) = (self.config.dim as u64, self.length(), self.data.encoder);
        length * (dim + layers * (8 * dim + 2 * inner as u64 + heads as u64 * length))
    }

    /// Numbers that are alive at the peak of a forward pass of one member over `examples`.
    pub fn forward(&self, examples: u64) -> u64 {
        if let Some(layers) = self.tuned() {
            return examples.saturating_mul(self.of_encoder(layers) + self.behind(1));
        }
        let (dim, hidden, length) = (self.config.dim as u64, self.config.hidden as u64, self.length());
        let of_text = match self.config.kind {
            ModelKind::Bag | ModelKind::Sentence => dim,
            // What was looked up, and the answers of the filters.
            ModelKind::Cnn => length * (dim + 3 * self.filters()),
            // Rows, queries and keys and values; scores through their softmax; the inner layer.
            ModelKind::Attention => length * (7 * dim + 3 * length + 2 * hidden),
        };
        examples.saturating_mul(of_text + self.behind(1))
    }

    /// Bytes that are alive at the peak of a forward pass on the CPU: there texts are read a few at a time, one member after
    /// the other, where they are read in order.
    pub(super) fn passing_bytes(&self, members: u64, examples: u64) -> u64 {
        match self.config.kind {
            ModelKind::Bag | ModelKind::Sentence if self.config.tune.is_none() => self.forward_bytes(members, examples),
            _ => {
                let texts = READ_AT_ONCE.div_ceil(self.length()).min(examples);
                let behind = product([members, examples, self.behind(1)]);
                product([F32, self.with_way_back(texts).saturating_add(self.layers()).saturating_add(behind)])
            }
        }
    }

    /// The same with all that the way back needs, there and on it, on the CPU.
    pub fn with_way_back(&self, examples: u64) -> u64 {
        if let Some(layers) = self.tuned() {
            return examples.saturating_mul(self.data.sides() * self.of_encoder(layers) + self.behind(3));
        }
        let (dim, hidden, length) = (self.config.dim as u64, self.config.hidden as u64, self.length());
        let of_text = match self.config.kind {
            ModelKind::Bag | ModelKind::Sentence => 2 * dim,
            // What was looked up, and the answers of a width.
            ModelKind::Cnn => length * (dim + self.filters()),
            // What was looked up, its sum so far, three norms, queries and keys and values, what was found; the inner layer;
            // shares.
            ModelKind::Attention => length * (9 * dim + hidden + length),
        };
        examples.saturating_mul(self.data.sides() * of_text + self.behind(3))
    }

    /// The layers behind the texts, `times` kept.
    fn behind(&self, times: u64) -> u64 {
        let (dim, hidden, classes) = (self.config.dim as u64, self.config.hidden as u64, self.data.classes);
        let width = match self.config.kind {
            _ if self.config.tune.is_some() => dim * self.pair_width(),
            ModelKind::Bag | ModelKind::Sentence => dim * self.pair_width() + hidden,
            ModelKind::Cnn => 3 * self.filters() * self.pair_width(),
            ModelKind::Attention => dim * self.pair_width(),
        };
        times * (width + 2 * classes)
    }

    pub(super) fn forward_bytes(&self, members: u64, examples: u64) -> u64 {
        product([F32, members, self.forward(examples)])
    }

    /// Numbers of the largest tensor between texts and losses, of one member.
    pub(super) fn largest(&self, examples: u64) -> u64 {
        let (dim, hidden, length) = (self.config.dim as u64, self.config.hidden as u64, self.length());
        let EncoderSizes { heads, inner, .. } = self.data.encoder;
        let of_example = match self.config.kind {
            _ if self.config.tune.is_some() => length * (inner as u64).max(3 * dim).max(heads as u64 * length),
            ModelKind::Bag | ModelKind::Sentence => (dim * self.pair_width()).max(hidden).max(self.data.classes),
            ModelKind::Cnn => length * dim.max(self.filters()),
            ModelKind::Attention => length * length.max(dim).max(hidden),
        };
        examples.saturating_mul(of_example)
    }
}

pub(super) fn product<const N: usize>(factors: [u64; N]) -> u64 {
    factors.into_iter().fold(1, u64::saturating_mul)
}

#[cfg(test)]
pub(super) mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::models;
    use crate::models::Sizes;

    pub(in super::super) fn data() -> DataSizes {
        DataSizes { train: 400, test: 100, vocabulary: 50, classes: 3, longest: 12, tokens: 4000, texts: 20_000, ..DataSizes::default() }
    }

    #[test]
    fn weights_are_those_that_models_make() {
        for kind in [ModelKind::Bag, ModelKind::Cnn, ModelKind::Attention, ModelKind::Sentence] {
            for (pairs, pair) in [(false, Pair::Concat), (true, Pair::Concat), (true, Pair::Interaction)] {
                let config = ModelConfig { kind, dim: 6, hidden: 10, pair, dropout: 0.0, tune: None };
                let made = models::build(&config, Sizes { vocabulary: 50, classes: 3, pairs }).init(&[1], &Device::flex());
                let network = Network { config, data: DataSizes { pairs, ..data() } };
                assert_eq!(network.weights(), made.count() as u64, "{config:?}, pairs {pairs}");
            }
        }
    }
}
