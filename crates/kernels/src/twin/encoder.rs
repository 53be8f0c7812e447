//! Layers of a BERT encoder (arXiv:1810.04805), and the mean over the tokens, on texts that are padded at the end to one length.

use burn::tensor::Tensor;
use burn::tensor::activation::gelu;

use super::softmax::{NEVER, probabilities};
use crate::form::{Encoder, LEAVES};

/// What is added to a variance before its root is taken.
pub const LEAST_VARIANCE: f64 = 1e-12;

/// Features of the rows `x`, `[P, B · length, dim]`, at the places that `mask` has, `[1 or P, B, length]`.
pub fn features(form: Encoder, mut x: Tensor<3>, mask: &Tensor<3>, mut layers: &[Tensor<3>]) -> Tensor<3> {
    let ([members, _, dim], [_, batch, length]) = (x.dims(), mask.dims());
    let (flat, texts) = ([members, batch * length, dim], members * batch);
    if form.embeds {
        let ([places, scale, shift], rest) = layers.split_first_chunk().expect("the embedding has three leaves");
        let places = places.clone().narrow(1, 0, length).unsqueeze_dim::<4>(1);
        x = norm((x.reshape([members, batch, length, dim]) + places).reshape(flat), scale, shift);
        layers = rest;
    }
    let hidden_by_padding = mask.clone().neg().add_scalar(1.0).mul_scalar(NEVER);
    let hidden_by_padding = hidden_by_padding.expand([members, batch, length]).reshape([texts, 1, length]);
    for layer in layers.chunks(LEAVES) {
        let [weight, bias, output, output_bias, scale, shift, inner, inner_bias, outer, outer_bias, end_scale, end_shift] = layer else {
            panic!("a layer has {LEAVES} leaves")
        };
        let parts = x.clone().matmul(weight.clone()) + bias.clone();
        let of_head = dim / form.heads;
        let found = (0..form.heads).map(|head| {
            let part = |which: usize| parts.clone().narrow(2, which * dim + head * of_head, of_head).reshape([texts, length, of_head]);
            let scores = part(0).matmul(part(1).swap_dims(1, 2)).div_scalar((of_head as f64).sqrt());
            probabilities(scores + hidden_by_padding.clone()).matmul(part(2)).reshape([members, batch * length, of_head])
        });
        let attended = Tensor::cat(found.collect(), 2).matmul(output.clone()) + output_bias.clone();
        x = norm(x + attended, scale, shift);
        let inner = gelu(x.clone().matmul(inner.clone()) + inner_bias.clone());
        x = norm(x + inner.matmul(outer.clone()) + outer_bias.clone(), end_scale, end_shift);
    }
    let shares = mask.clone() / mask.clone().sum_dim(2);
    (x.reshape([members, batch, length, dim]) * shares.unsqueeze_dim::<4>(3)).sum_dim(2).squeeze_dim(2)
}

/// Each row with mean 0 and variance 1, up to a scale and a shift.
fn norm(x: Tensor<3>, scale: &Tensor<3>, shift: &Tensor<3>) -> Tensor<3> {
    let centred = x.clone() - x.mean_dim(2);
    let variance = centred.clone().square().mean_dim(2);
    centred / variance.add_scalar(LEAST_VARIANCE).sqrt() * scale.clone() + shift.clone()
}
