//! Networks that read texts in order: what they do, and what they read.

use std::sync::Arc;

use burn::tensor::Tensor;

use crate::sequences::Sequences;

/// Widths of a convolution's windows.
pub const WINDOWS: [usize; 3] = [3, 4, 5];

/// What a network does with a text of rows of `dim` numbers.
#[derive(Clone, Debug)]
pub enum Form {
    /// The strongest answer of each filter of [`WINDOWS`], of no less than 0. Layers: for each width its filters,
    /// `[P, width · dim, F]`, and their biases `[P, 1, F]`. Features: 3 F.
    Convolution,
    /// One transformer block with one head, and the mean over the tokens. Layers: queries, keys, values and output, each
    /// `[P, dim, dim]`, the inner layer `[P, dim, h]` with its bias `[P, 1, h]`, and that behind it `[P, h, dim]` with its
    /// bias `[P, 1, dim]`. Features: dim. What is added at each place: `[places, dim]`, for the longest text.
    Attention(Arc<[f32]>),
}

/// A network with what it reads.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// What it does.
    pub form: &'a Form,
    /// The texts.
    pub texts: &'a Sequences,
    /// Rows of the embedding, `[P, rows, dim]`.
    pub rows: &'a Tensor<3>,
    /// The layers, in the order that [`Form`] says.
    pub layers: &'a [Tensor<3>],
}

/// From the gradient with respect to the features, `[P, B, width]`, to that with respect to the rows and then each layer.
pub type WayBack = Box<dyn FnOnce(Tensor<3>) -> Vec<Tensor<3>>>;
