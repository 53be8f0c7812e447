//! `cnn`: convolutions over 3, 4 and 5 tokens, maximum over time, softmax (Kim 2014, arXiv:1408.5882).
//!
//! Windows that reach into the padding do not count (but a text shorter than a window has one), so
//! that an example's loss does not depend on its neighbours in the batch.

use basin_kernels::Form;
use basin_optim::population::{FastPaths, Leaf, Outputs, Role, Weights};
use burn::tensor::{Device, Tensor};

use super::batch::Batch;
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
    fn form(&self, _longest: usize) -> Form {
        Form::Convolution
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
