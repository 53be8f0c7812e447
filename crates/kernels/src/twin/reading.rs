//! Networks that read texts in order, on texts that are padded at the end to one length.
//!
//! Padding changes nothing: windows that reach into it do not count (but a text shorter than a window has one), and nobody
//! attends to it, so that what is made of a text does not depend on its neighbours.

use burn::tensor::activation::relu;
use burn::tensor::{IndexingUpdateOp, Tensor, TensorData};

use super::softmax::NEVER;
use crate::form::{Form, Reading, WINDOWS, WayBack};
use crate::sequences::Sequences;

/// See [`crate::features`].
pub fn features(reading: Reading<'_>) -> Tensor<3> {
    of_rows(reading, look_up(reading.texts, reading.rows), reading.layers)
}

/// See [`crate::features_with_way_back`]. The look-up stays off the tape, on which it would be a serial kernel on a GPU without
/// float atomics.
pub fn features_with_way_back(reading: Reading<'_>) -> (Tensor<3>, WayBack) {
    let on_tape = |value: Tensor<3>| value.autodiff().require_grad();
    let found = look_up(reading.texts, reading.rows);
    let found = if reading.learns_rows { on_tape(found) } else { found.autodiff() };
    let layers: Vec<Tensor<3>> = reading.layers.iter().cloned().map(on_tape).collect();
    let features = of_rows(reading, found.clone(), &layers);
    let (texts, learns_rows) = (reading.texts.clone(), reading.learns_rows);
    let way_back = {
        let features = features.clone();
        move |d: Tensor<3>| {
            // Members share no weight, so the gradient of the sum over members is each member's own.
            let gradients = (features * d.autodiff()).sum().backward();
            let gradient = |value: &Tensor<3>| value.grad(&gradients).unwrap_or_else(|| value.clone().without_autodiff().zeros_like());
            let rows = learns_rows.then(|| to_rows(&texts, gradient(&found)));
            rows.into_iter().chain(layers.iter().map(gradient)).collect()
        }
    };
    (features.without_autodiff(), Box::new(way_back))
}

/// The rows at each place, zeros at padding: `[P, rows, dim]` → `[P, texts of a member · length, dim]`.
fn look_up(texts: &Sequences, rows: &Tensor<3>) -> Tensor<3> {
    let ([members, count, dim], apart) = (rows.dims(), texts.apart());
    let padded = texts.padded(&rows.device().without_autodiff());
    let found = rows.clone().reshape([members / apart, apart * count, dim]).select(1, padded.rows.clone());
    let places = found.dims()[1];
    (found * padded.mask.clone().cast(rows.dtype()).reshape([1, places, 1])).reshape([members, places / apart, dim])
}

/// The way back from [`look_up`].
fn to_rows(texts: &Sequences, found: Tensor<3>) -> Tensor<3> {
    let ([members, count, dim], apart, padded) = (found.dims(), texts.apart(), texts.padded(&found.device()));
    let shares = padded.mask.clone().cast(found.dtype()).reshape([1, apart * count, 1]);
    let table = Tensor::zeros([members / apart, apart * texts.table(), dim], (&found.device(), found.dtype()));
    let found = found.reshape([members / apart, apart * count, dim]) * shares;
    table.select_assign(1, padded.rows.clone(), found, IndexingUpdateOp::Add).reshape([members, texts.table(), dim])
}

/// The features of texts whose rows `x` were looked up, `[P, B · length, dim]`.
fn of_rows(Reading { form, texts, .. }: Reading<'_>, x: Tensor<3>, layers: &[Tensor<3>]) -> Tensor<3> {
    let padded = texts.padded(&x.device().without_autodiff());
    let mask = texts.as_seen(&padded.mask, x.dims()[0]).cast(x.dtype());
    match form {
        Form::Convolution => convolution(x, &mask, layers),
        Form::Attention(positions) => attention(x, &mask, positions, layers),
        #[cfg(not(target_family = "wasm"))]
        Form::Encoder(form) => super::encoder::features(*form, x, &mask, layers),
    }
}

fn convolution(x: Tensor<3>, mask: &Tensor<3>, layers: &[Tensor<3>]) -> Tensor<3> {
    let ([members, _, dim], [lead, batch, length]) = (x.dims(), mask.dims());
    let x = x.reshape([members, batch, length, dim]);
    let strongest = WINDOWS.iter().zip(layers.chunks(2)).map(|(&width, layer)| {
        let places = length - width + 1;
        let windows = Tensor::cat((0..width).map(|offset| x.clone().narrow(2, offset, places)).collect(), 3);
        let answers = windows.reshape([members, batch * places, width * dim]).matmul(layer[0].clone()) + layer[1].clone();
        let answers = relu(answers).reshape([members, batch, places, layer[1].dims()[2]]);
        // A window counts if its last token is one, and the first window always.
        let first = Tensor::ones([lead, batch, 1], (&mask.device(), mask.dtype()));
        let counts = match places {
            1 => first,
            _ => Tensor::cat(vec![first, mask.clone().narrow(2, width, places - 1)], 2),
        };
        (answers * counts.unsqueeze_dim::<4>(3)).max_dim(2).squeeze_dim::<3>(2)
    });
    Tensor::cat(strongest.collect(), 2)
}

fn attention(x: Tensor<3>, mask: &Tensor<3>, positions: &[f32], layers: &[Tensor<3>]) -> Tensor<3> {
    let ([members, _, dim], [lead, batch, length]) = (x.dims(), mask.dims());
    let (flat, grid) = ([members, batch * length, dim], [members, batch, length, dim]);
    let [query, key, value, output, inner, inner_bias, back, back_bias] = layers else { panic!("attention has eight layers") };

    let places = TensorData::new(positions[..length * dim].to_vec(), [1, 1, length, dim]);
    let x = (x.reshape(grid) + Tensor::from_data(places, (&mask.device(), mask.dtype()))).reshape(flat);

    let seen = normed(x.clone());
    let part = |layer: &Tensor<3>| seen.clone().matmul(layer.clone()).reshape(grid);
    let scores = part(query).matmul(part(key).swap_dims(2, 3)).div_scalar((dim as f64).sqrt());
    let hidden_by_padding = mask.clone().neg().add_scalar(1.0).mul_scalar(NEVER).reshape([lead, batch, 1, length]);
    let attended = softmax(scores + hidden_by_padding).matmul(part(value)).reshape(flat).matmul(output.clone());
    let x = x + attended;

    let inner = relu(normed(x.clone()).matmul(inner.clone()) + inner_bias.clone());
    let x = x + inner.matmul(back.clone()) + back_bias.clone();

    let shares = mask.clone() / mask.clone().sum_dim(2);
    (normed(x).reshape(grid) * shares.unsqueeze_dim::<4>(3)).sum_dim(2).squeeze_dim(2)
}

/// What is added to a variance before its root is taken.
pub const LEAST_VARIANCE: f64 = 1e-5;

/// Each row with mean 0 and variance 1.
fn normed(x: Tensor<3>) -> Tensor<3> {
    let centred = x.clone() - x.mean_dim(2);
    let variance = centred.clone().square().mean_dim(2);
    centred / variance.add_scalar(LEAST_VARIANCE).sqrt()
}

fn softmax(scores: Tensor<4>) -> Tensor<4> {
    let exp = (scores.clone() - scores.detach().max_dim(3)).exp();
    exp.clone() / exp.sum_dim(3)
}
