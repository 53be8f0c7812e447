//! `attention`: one transformer block with one head, mean over tokens, softmax (Vaswani et al. 2017, arXiv:1706.03762).
//!
//! x = embedding + position; x ← x + attention(norm x); x ← x + W₂ relu(W₁ norm x); mean; softmax.
//! The norms have no weights of their own; positions are sines.

use std::sync::{Arc, Mutex, PoisonError};

use basin_kernels::Form;
use basin_optim::population::{FastPaths, Leaf, Outputs, Role, Weights};
use burn::tensor::{Device, Tensor};

use super::batch::Batch;
use super::in_order::{Features, InOrder};
use super::initial::{embedding, uniform};
use super::model::{Model, Sizes};
use super::pairs::pair_width;
use crate::experiment::{ModelConfig, Pair};

/// Sizes of the network.
#[derive(Debug)]
pub struct Attention {
    config: ModelConfig,
    sizes: Sizes,
    /// Of the longest text so far, cached.
    positions: Mutex<Arc<[f32]>>,
}

impl Attention {
    pub fn new(config: &ModelConfig, sizes: Sizes) -> Self {
        Self { config: *config, sizes, positions: Mutex::new(Arc::new([])) }
    }
}

impl Features for Attention {
    fn form(&self, longest: usize) -> Form {
        let mut known = self.positions.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < longest * self.config.dim {
            // Twice as many at least, so that texts that get longer and longer do not make them anew each time.
            *known = positions(longest.next_power_of_two(), self.config.dim).into();
        }
        Form::Attention(known.clone())
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

/// Sines and cosines of each place, `[length, dim]`.
pub fn positions(length: usize, dim: usize) -> Vec<f32> {
    let wave = |place: usize, k: usize| {
        let angle = place as f32 / 10_000_f32.powf((k - k % 2) as f32 / dim as f32);
        // A tenth: embeddings start small, and places must not drown them.
        0.1 * if k.is_multiple_of(2) { angle.sin() } else { angle.cos() }
    };
    (0..length).flat_map(|place| (0..dim).map(move |k| wave(place, k))).collect()
}
