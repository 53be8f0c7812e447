//! Networks that read texts in order, from the rows of an embedding to features of each text, with the way back.
//!
//! A kernel for the CPU alone, which reads a text at its own length; elsewhere, and for other numbers, the twin on padded
//! texts, whose way back is burn's tape. Elsewhere: the layer behind the features (`basin_train::models`).

use std::sync::Arc;

use burn::tensor::Tensor;

use crate::place::{Kernel, Place, at, place};
use crate::sequences::Sequences;
use crate::{cpu, twin};

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

/// What is known of each text where each has a perturbation of its own: [`one_by_one`].
#[derive(Clone, Debug)]
pub struct OneByOne {
    /// l_i(w), `[P, B]`.
    pub losses: Tensor<2>,
    /// l_i(w + ε_i), `[P, B]`.
    pub losses_up: Tensor<2>,
    /// ‖∇l_i(w)‖, `[P, B]`.
    pub norms: Tensor<2>,
    /// (1/B) Σ ∇l_i(w + ε_i): of the rows, of each layer, of the head's weights and of its bias.
    pub descent: Vec<Tensor<3>>,
}

impl Reading<'_> {
    fn place(&self) -> Place {
        let kernel = match self.form {
            Form::Convolution => Kernel::Convolution,
            Form::Attention(_) => Kernel::Attention,
        };
        match place(kernel, std::iter::once(self.rows).chain(self.layers).map(at)) {
            Place::Cpu => Place::Cpu,
            Place::Gpu | Place::Twin => Place::Twin,
        }
    }

    fn own(&self) -> cpu::reading::Reading {
        let own = |tensor: &Tensor<3>| cpu::own(tensor.clone());
        cpu::reading::Reading::new(self.form, self.texts, own(self.rows), self.layers.iter().map(own).collect())
    }
}

/// The features of each text, `[P, B, width]`, B the texts that each member sees.
pub fn features(reading: Reading<'_>) -> Tensor<3> {
    match reading.place() {
        Place::Cpu => cpu::out(reading.own().features()),
        Place::Gpu | Place::Twin => twin::reading::features(reading),
    }
}

/// The same with its way back.
pub fn features_with_way_back(reading: Reading<'_>) -> (Tensor<3>, WayBack) {
    match reading.place() {
        Place::Cpu => {
            let (features, way_back) = reading.own().features_with_way_back();
            (cpu::out(features), Box::new(|d| way_back.go(cpu::own(d)).into_iter().map(cpu::out).collect()))
        }
        Place::Gpu | Place::Twin => twin::reading::features_with_way_back(reading),
    }
}

/// Losses of each text behind a last layer, `head`, its weights `[P, width, C]` and bias `[P, 1, C]`, at w and at w + ε_i
/// with ε_i = ρ ∇l_i(w)/‖∇l_i(w)‖ of that text alone; ρ is `[P, 1, 1]`, `one_hot` `[1 or P, B, C]`. A text at a time, with weights
/// of its own that nobody else sees; where all members see all texts. None elsewhere than on the CPU.
pub fn one_by_one(reading: Reading<'_>, head: [&Tensor<3>; 2], one_hot: &Tensor<3>, rho: &Tensor<3>) -> Option<OneByOne> {
    let places = head.into_iter().chain([one_hot, rho]).map(at);
    if reading.place() != Place::Cpu || places.into_iter().any(|place| place != Place::Cpu) || reading.texts.are_one_each() {
        return None;
    }
    let own = |tensor: &Tensor<3>| cpu::own(tensor.clone());
    let (numbers, descent) = reading.own().one_by_one(head.map(own), own(one_hot), own(rho));
    let [losses, losses_up, norms] = numbers.map(cpu::out);
    Some(OneByOne { losses, losses_up, norms, descent: descent.into_iter().map(cpu::out).collect() })
}
