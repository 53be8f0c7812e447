//! Networks that read texts in order: what they do, and what they read.

use std::sync::Arc;

use burn::tensor::Tensor;

use crate::sequences::Sequences;

/// Widths of a convolution's windows.
pub const WINDOWS: [usize; 3] = [3, 4, 5];

/// Leaves of a layer of an [`Encoder`].
pub const LEAVES: usize = 12;

/// Layers of a BERT encoder (arXiv:1810.04805). Leaves of each: queries, keys and values side by side, `[P, dim, 3 · dim]`, with
/// their bias, `[P, 1, 3 · dim]`; output of attention, `[P, dim, dim]`, its bias, and scale and shift of the norm behind it,
/// `[P, 1, dim]` each; the inner layer `[P, dim, h]` with its bias, that behind it `[P, h, dim]` with its bias, and scale and shift
/// of the norm at the end.
#[derive(Clone, Copy, Debug)]
pub struct Encoder {
    /// Of each attention.
    pub heads: usize,
    /// Whether the rows are those of words: before the layers stand what is added at each place, `[P, places, dim]`, and scale and
    /// shift of a norm.
    pub embeds: bool,
}

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
    /// Layers of an encoder, and the mean over the tokens. Features: dim. In a page there is none.
    #[cfg(not(target_family = "wasm"))]
    Encoder(Encoder),
}

/// A network with what it reads.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// What it does.
    pub form: &'a Form,
    /// The texts.
    pub texts: &'a Sequences,
    /// Rows of the embedding, `[P, rows, dim]`, or where they are not learned `[1 or P, rows, dim]`.
    pub rows: &'a Tensor<3>,
    /// Whether they are learned.
    pub learns_rows: bool,
    /// The layers, in the order that [`Form`] says.
    pub layers: &'a [Tensor<3>],
}

/// From the gradient with respect to the features, `[P, B, width]`, to that with respect to the rows, where
/// they are learned, and then each layer.
pub type WayBack = Box<dyn FnOnce(Tensor<3>) -> Vec<Tensor<3>>>;
