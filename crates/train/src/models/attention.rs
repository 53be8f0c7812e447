//! `attention`: one transformer block with one head, mean over tokens, softmax (Vaswani et al. 2017, arXiv:1706.03762).
//!
//! x = embedding + position; x ← x + attention(norm x); x ← x + W₂ relu(W₁ norm x); mean; softmax.
//! The norms have no weights of their own; positions are sines.

use basin_optim::population::{FastPaths, Leaf, Outputs, Role, Weights};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};

use super::batch::{Batch, Sequence};
use super::in_order::{Features, InOrder};
use super::initial::{embedding, uniform};
use super::model::{Model, Sizes};
use super::pairs::pair_width;
use crate::experiment::{ModelConfig, Pair};

/// Added to scores of padding before the softmax.
const NEVER: f64 = -1e9;

/// Sizes of the network.
#[derive(Clone, Copy, Debug)]
pub struct Attention {
    config: ModelConfig,
    sizes: Sizes,
}

impl Attention {
    pub fn new(config: &ModelConfig, sizes: Sizes) -> Self {
        Self { config: *config, sizes }
    }
}

impl Features for Attention {
    /// Mean over the tokens of the block's answers to `x`, `[members, batch · length, dim]` → `[members, batch, dim]`.
    fn features(&self, w: &Weights, x: Tensor<3>, text: &Sequence) -> Tensor<3> {
        let [lead, batch, length] = text.mask.dims();
        let members = w.members();
        let dim = self.config.dim;
        let flat = [members, batch * length, dim];
        let grid = [members, batch, length, dim];

        let places = TensorData::new(positions(length, dim), [1, 1, length, dim]);
        let x = (x.reshape(grid) + Tensor::from_data(places, &text.mask.device())).reshape(flat);

        let seen = normed(x.clone());
        let part = |name| seen.clone().matmul(w.leaf(name)).reshape(grid);
        let scores = part("query").matmul(part("key").swap_dims(2, 3)).div_scalar((dim as f64).sqrt());
        let hidden_by_padding = text.mask.clone().neg().add_scalar(1.0).mul_scalar(NEVER).reshape([lead, batch, 1, length]);
        let attended = softmax(scores + hidden_by_padding).matmul(part("value")).reshape(flat).matmul(w.leaf("output"));
        let x = x + attended;

        let inner = relu(normed(x.clone()).matmul(w.leaf("hidden.weight")) + w.leaf("hidden.bias"));
        let x = x + inner.matmul(w.leaf("back.weight")) + w.leaf("back.bias");

        let shares = text.mask.clone() / text.mask.clone().sum_dim(2);
        (normed(x).reshape(grid) * shares.unsqueeze_dim::<4>(3)).sum_dim(2).squeeze_dim(2)
    }

    fn pair(&self) -> Pair {
        self.config.pair
    }
}

impl Model for Attention {
    fn init(&self, seeds: &[u64], device: &Device) -> Weights {
        let ModelConfig { dim, hidden, pair, .. } = self.config;
        let classes = self.sizes.classes;
        let matrix = |name, stream, [rows, cols]: [usize; 2]| {
            Leaf::new(name, Role::Matrix, uniform(seeds, stream, [rows, cols], (rows as f32).sqrt().recip(), device))
        };
        let bias = |name, cols| Leaf::new(name, Role::Bias, Tensor::zeros([seeds.len(), 1, cols], device));
        let rows = embedding(seeds, self.sizes.vocabulary, dim, device);
        Weights::new(vec![
            Leaf::new("embedding", Role::Embedding, rows),
            matrix("query", 1, [dim, dim]),
            matrix("key", 2, [dim, dim]),
            matrix("value", 3, [dim, dim]),
            matrix("output", 4, [dim, dim]),
            matrix("hidden.weight", 5, [dim, hidden]),
            bias("hidden.bias", hidden),
            matrix("back.weight", 6, [hidden, dim]),
            bias("back.bias", dim),
            matrix("head.weight", 7, [dim * pair_width(self.sizes.pairs, pair), classes]),
            bias("head.bias", classes),
        ])
    }

    fn forward(&self, w: &Weights, batch: &Batch) -> Outputs {
        InOrder { model: self, batch }.forward(w)
    }

    fn fast<'a>(&'a self, batch: &'a Batch) -> Option<Box<dyn FastPaths + 'a>> {
        Some(Box::new(InOrder { model: self, batch }))
    }
}

/// Each row with mean 0 and variance 1.
fn normed(x: Tensor<3>) -> Tensor<3> {
    let centred = x.clone() - x.mean_dim(2);
    let variance = centred.clone().square().mean_dim(2);
    centred / variance.add_scalar(1e-5).sqrt()
}

fn softmax(scores: Tensor<4>) -> Tensor<4> {
    let exp = (scores.clone() - scores.detach().max_dim(3)).exp();
    exp.clone() / exp.sum_dim(3)
}

/// Sines and cosines of each place, `[length, dim]`.
pub fn positions(length: usize, dim: usize) -> Vec<f32> {
    let wave = |place: usize, k: usize| {
        let angle = place as f32 / 10_000_f32.powf((k - k % 2) as f32 / dim as f32);
        // A tenth: embeddings start small, and places must not drown them.
        0.1 * if k.is_multiple_of(2) { angle.sin() } else { angle.cos() }
    };
    (0..length).flat_map(|place| (0..dim).map(move |k| wave(place, k))).collect()
}
