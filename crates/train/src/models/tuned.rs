//! `sentence` with `tune`: layers of a pre-trained encoder that are trained further, the mean over the word pieces, softmax.
//!
//! With `top:K` the last K layers read what those below made of each word piece, which is computed once a text; with `all` the
//! embedding of the word pieces is trained as well. All members start from the same layers; their seeds draw the last layer.

use basin_kernels::{Encoder as Layers, Form};
use basin_optim::population::{FastPaths, Leaf, Outputs, Role, Weights};
use burn::tensor::{Device, Tensor, TensorData};

use super::batch::Batch;
use super::in_order::{Features, InOrder};
use super::initial::uniform;
use super::leaves::{OF_EMBEDDING, OF_LAYERS};
use super::model::{Model, Sizes};
use super::pairs::pair_width;
use crate::data::encoder::{self, Numbers};
use crate::experiment::{ModelConfig, Pair, Tune};

/// Sizes of the network, and what it starts from.
pub struct Tuned {
    config: ModelConfig,
    sizes: Sizes,
    layers: Layers,
    /// Leaves with their names, before the last layer.
    start: Vec<(&'static str, Numbers)>,
}

impl Tuned {
    /// Takes out of an encoder what is trained further.
    pub fn new(config: &ModelConfig, tune: Tune, sizes: Sizes, encoder: &dyn encoder::Layers) -> Self {
        let of_encoder = encoder.sizes();
        let (embeds, below) = match tune {
            Tune::Top(layers) => (false, of_encoder.layers - layers),
            Tune::All => (true, 0),
        };
        let embedding = embeds.then(|| OF_EMBEDDING.into_iter().zip(encoder.embedding()));
        let layers = (below..of_encoder.layers).flat_map(|layer| OF_LAYERS[layer].into_iter().zip(encoder.layer(layer)));
        let start = embedding.into_iter().flatten().chain(layers).collect();
        Self { config: *config, sizes, layers: Layers { heads: of_encoder.heads, embeds }, start }
    }
}

impl Features for Tuned {
    fn form(&self, _longest: usize) -> Form {
        Form::Encoder(self.layers)
    }

    fn pair(&self) -> Pair {
        self.config.pair
    }
}

impl Model for Tuned {
    fn init(&self, seeds: &[u64], device: &Device) -> Weights {
        let members = seeds.len();
        let same = |(name, Numbers { shape: [rows, cols], values }): &(&'static str, Numbers)| {
            let role = match (*name, rows) {
                ("embedding", _) => Role::Embedding,
                (_, 1) => Role::Bias,
                _ => Role::Matrix,
            };
            let values = TensorData::new(values.repeat(members), [members, *rows, *cols]);
            Leaf::new(name, role, Tensor::from_data(values, device))
        };
        let (inputs, classes) = (self.config.dim * pair_width(self.sizes.pairs, self.config.pair), self.sizes.classes);
        let head = uniform(seeds, 1, [inputs, classes], (inputs as f32).sqrt().recip(), device);
        let last = [
            Leaf::new("head.weight", Role::Matrix, head),
            Leaf::new("head.bias", Role::Bias, Tensor::zeros([members, 1, classes], device)),
        ];
        Weights::new(self.start.iter().map(same).chain(last).collect())
    }

    fn forward(&self, w: &Weights, batch: &Batch) -> Outputs {
        InOrder { model: self, batch }.forward(w)
    }

    fn fast<'a>(&'a self, batch: &'a Batch) -> Option<Box<dyn FastPaths + 'a>> {
        Some(Box::new(InOrder { model: self, batch }))
    }
}
