//! Initial weights: the same numbers for the same seed, on every device.

use burn::tensor::{Device, Tensor, TensorData};
use rand::Rng;

use crate::data::tokens::UNKNOWN;
use crate::random::leaf_stream;

/// Initial embeddings lie in ± this: small, so that rare words, which learn little, add little noise.
const EMBEDDING_BOUND: f32 = 0.1;

/// Initial embedding rows, `[seeds, vocabulary, dim]`. Those of `<pad>` and `<unk>` are zero: training
/// meets `<unk>` only when the vocabulary is cut, and a random row would be noise in every text with a new word.
pub(super) fn embedding(seeds: &[u64], vocabulary: usize, dim: usize, device: &Device) -> Tensor<3> {
    let rows = uniform(seeds, 0, [vocabulary, dim], EMBEDDING_BOUND, device);
    let reserved = UNKNOWN as usize + 1;
    rows.slice_assign([0..seeds.len(), 0..reserved, 0..dim], Tensor::zeros([seeds.len(), reserved, dim], device))
}

/// Uniform numbers in ±`bound` for each seed, `[seeds, rows, cols]`; `leaf` separates the streams of a model's leaves.
pub(super) fn uniform(seeds: &[u64], leaf: u64, [rows, cols]: [usize; 2], bound: f32, device: &Device) -> Tensor<3> {
    let mut values = Vec::with_capacity(seeds.len() * rows * cols);
    for &seed in seeds {
        let mut rng = leaf_stream(seed, leaf);
        // 24 random bits make a number in 0..1 that f32 holds exactly.
        values.extend((0..rows * cols).map(|_| ((rng.next_u32() >> 8) as f32 / (1 << 23) as f32 - 1.0) * bound));
    }
    Tensor::from_data(TensorData::new(values, [seeds.len(), rows, cols]), device)
}
