//! `cnn`: convolutions over 3, 4 and 5 tokens, maximum over time, softmax (Kim 2014, arXiv:1408.5882).
//!
//! Windows that reach into the padding do not count (but a text shorter than a window has one), so
//! that an example's loss does not depend on its neighbours in the batch.

use basin_optim::population::{FastPaths, Leaf, Outputs, Role, Weights};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

use super::batch::{Batch, Sequence};
use super::in_order::{Features, InOrder};
use super::initial::{embedding, uniform};
use super::model::{Model, Sizes};
use super::pairs::pair_width;
use crate::experiment::{ModelConfig, Pair};

/// Widths of the windows, with the names of their leaves.
pub const WINDOWS: [(usize, &str, &str); 3] =
    [(3, "conv3.weight", "conv3.bias"), (4, "conv4.weight", "conv4.bias"), (5, "conv5.weight", "conv5.bias")];

/// Sizes of the network.
#[derive(Clone, Copy, Debug)]
pub struct Cnn {
    config: ModelConfig,
    sizes: Sizes,
}

impl Cnn {
    pub fn new(config: &ModelConfig, sizes: Sizes) -> Self {
        Self { config: *config, sizes }
    }

    /// Filters of each window width: the hidden layer is shared out.
    fn filters(&self) -> usize {
        self.config.hidden.div_ceil(WINDOWS.len())
    }
}

impl Features for Cnn {
    /// The strongest answer of each filter to `x`, `[members, batch · length, dim]` → `[members, batch, 3 · filters]`.
    fn features(&self, w: &Weights, x: Tensor<3>, text: &Sequence) -> Tensor<3> {
        let [lead, batch, length] = text.mask.dims();
        let members = w.members();
        let dim = self.config.dim;
        let x = x.reshape([members, batch, length, dim]);
        let strongest = WINDOWS.map(|(width, weight, bias)| {
            let places = length - width + 1;
            let windows = Tensor::cat((0..width).map(|offset| x.clone().narrow(2, offset, places)).collect(), 3);
            let answers = windows.reshape([members, batch * places, width * dim]).matmul(w.leaf(weight)) + w.leaf(bias);
            let answers = relu(answers).reshape([members, batch, places, self.filters()]);
            // A window counts if its last token is one, and the first window always.
            let first = Tensor::ones([lead, batch, 1], &text.mask.device());
            let counts = match places {
                1 => first,
                _ => Tensor::cat(vec![first, text.mask.clone().narrow(2, width, places - 1)], 2),
            };
            (answers * counts.unsqueeze_dim::<4>(3)).max_dim(2).squeeze_dim::<3>(2)
        });
        Tensor::cat(strongest.to_vec(), 2)
    }

    fn pair(&self) -> Pair {
        self.config.pair
    }
}

impl Model for Cnn {
    fn init(&self, seeds: &[u64], device: &Device) -> Weights {
        let (dim, filters, classes) = (self.config.dim, self.filters(), self.sizes.classes);
        let zeros = |cols| Tensor::zeros([seeds.len(), 1, cols], device);
        let mut leaves = vec![Leaf::new("embedding", Role::Embedding, embedding(seeds, self.sizes.vocabulary, dim, device))];
        for (width, weight, bias) in WINDOWS {
            let inputs = width * dim;
            leaves.push(Leaf::new(
                weight,
                Role::Matrix,
                uniform(seeds, width as u64, [inputs, filters], (inputs as f32).sqrt().recip(), device),
            ));
            leaves.push(Leaf::new(bias, Role::Bias, zeros(filters)));
        }
        let inputs = WINDOWS.len() * filters * pair_width(self.sizes.pairs, self.config.pair);
        leaves.push(Leaf::new("head.weight", Role::Matrix, uniform(seeds, 1, [inputs, classes], (inputs as f32).sqrt().recip(), device)));
        leaves.push(Leaf::new("head.bias", Role::Bias, zeros(classes)));
        Weights::new(leaves)
    }

    fn forward(&self, w: &Weights, batch: &Batch) -> Outputs {
        InOrder { model: self, batch }.forward(w)
    }

    fn fast<'a>(&'a self, batch: &'a Batch) -> Option<Box<dyn FastPaths + 'a>> {
        Some(Box::new(InOrder { model: self, batch }))
    }
}
