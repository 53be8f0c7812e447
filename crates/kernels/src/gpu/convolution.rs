//! Convolutions over a few tokens and the strongest answer of each filter, of texts that are padded to one length.
//!
//! The windows of texts that lie one after the other are rows of one matrix which overlap, so a width is one product of tiles; on
//! the way back each filter has one window a text.

use burn::backend::TensorMetadata;
use burn::tensor::Shape;
use burn_cubecl::cubecl::{self, prelude::*};
use burn_cubecl::kernel::into_contiguous;

use super::launch::{Own, arg, grid, like};
use super::products::product;
use crate::form::WINDOWS;

/// What the way back needs.
pub struct Convolution {
    /// The rows that were looked up, `[P, B · length, dim]`.
    x: Own,
    /// The filters of each width.
    weights: Vec<Own>,
    /// Where the strongest window of each filter begins in each text, from 1 on; 0 where nothing comes through, `[P, B, 3 F]`.
    places: Own,
    /// Places of a text.
    length: usize,
}

/// Features `[P, B, 3 F]` of rows `x`, `[P, B · length, dim]`, of texts of `lengths`, `[1 or P, B, 1]`, by layers as
/// [`crate::Form::Convolution`] has them.
pub fn forward(x: Own, lengths: Own, layers: Vec<Own>) -> (Own, Convolution) {
    let (x, lengths) = (into_contiguous(x), into_contiguous(lengths));
    let [members, rows, dim]: [usize; 3] = x.shape().dims();
    let [lead, of_lead, _]: [usize; 3] = lengths.shape().dims();
    // Where every text has a member of its own, there is one a member.
    let texts = if lead == 1 { of_lead } else { 1 };
    let (length, filters) = (rows / texts, layers[0].shape()[2]);
    let out = Shape::new([members, texts, WINDOWS.len() * filters]);
    let (features, places) = (like(&x, out.clone()), like(&x, out));
    for (i, width) in WINDOWS.into_iter().enumerate() {
        let mut windows = x.clone();
        // Rows stay as far apart as they are, so they overlap.
        windows.meta.shape = Shape::new([members, rows - width + 1, width * dim]);
        let answers = product(windows, layers[2 * i].clone());
        let (count, cube) = grid(filters, texts, members);
        let (bias, lengths) = (arg(layers[2 * i + 1].clone()), arg(lengths.clone()));
        let outputs = [&features, &places].map(|out| arg(out.clone()));
        let [features, places] = outputs;
        strongest_kernel::launch(&x.client, count, cube, arg(answers), bias, lengths, features, places, length, width, i * filters);
    }
    let weights = layers.into_iter().step_by(2).collect();
    (features, Convolution { x, weights, places: places.clone(), length })
}

impl Convolution {
    /// From the gradient with respect to the features to that with respect to x and then each layer.
    pub fn back(self, d: Own) -> Vec<Own> {
        let Self { x, weights, places, length } = self;
        let ([members, texts, _], dim): ([usize; 3], usize) = (d.shape().dims(), x.shape()[2]);
        let mut gradient = vec![like(&x, x.shape())];
        for (i, weight) in weights.iter().enumerate() {
            let [_, inputs, filters]: [usize; 3] = weight.shape().dims();
            let outputs = [like(weight, weight.shape()), like(weight, Shape::new([members, 1, filters]))];
            let (count, cube) = grid(filters, inputs, members);
            let [of_weight, of_bias] = outputs.each_ref().map(|out| arg(out.clone()));
            let [x, d, places] = [&x, &d, &places].map(|tensor| arg(tensor.clone()));
            filters_kernel::launch(&weight.client, count, cube, x, d, places, of_weight, of_bias, length, i * filters);
            gradient.extend(outputs);
        }
        let (count, cube) = grid(dim, texts, members);
        let [first, second, third] = [0, 1, 2].map(|i| arg(weights[i].clone()));
        let [out, d, places] = [&gradient[0], &d, &places].map(|tensor| arg(tensor.clone()));
        rows_kernel::launch(&x.client, count, cube, d, places, first, second, third, out, length);
        gradient
    }
}

/// A unit for each filter and text. `first` is the filter's place among the features.
#[cube(launch)]
fn strongest_kernel(
    answers: &Tensor<f32>,
    bias: &Tensor<f32>,
    lengths: &Tensor<f32>,
    features: &mut Tensor<f32>,
    places: &mut Tensor<f32>,
    length: usize,
    width: usize,
    first: usize,
) {
    let (filters, texts) = (answers.shape(2), features.shape(1));
    let (filter, text, member) = (ABSOLUTE_POS_X as usize, ABSOLUTE_POS_Y as usize, ABSOLUTE_POS_Z as usize);
    if filter < filters && text < texts {
        let begin = (member * answers.shape(1) + text * length) * filters + filter;
        let of_text = usize::cast_from(lengths[(member * texts + text) % lengths.len()]);
        let mut best = answers[begin];
        let mut place = 1.0f32;
        // A window counts if its last token is one, and the first window always.
        for last in width..of_text {
            let window = last + 1 - width;
            let answer = answers[begin + window * filters];
            if answer > best {
                best = answer;
                place = f32::cast_from(window + 1);
            }
        }
        best += bias[member * filters + filter];
        if best <= 0.0 {
            best = 0.0f32;
            place = 0.0f32;
        }
        let out = (member * texts + text) * features.shape(2) + first + filter;
        features[out] = best;
        places[out] = place;
    }
}

/// A unit for each weight: Σ over texts of d times the number that the weight met in the strongest window.
#[cube(launch)]
fn filters_kernel(
    x: &Tensor<f32>,
    d: &Tensor<f32>,
    places: &Tensor<f32>,
    of_weight: &mut Tensor<f32>,
    of_bias: &mut Tensor<f32>,
    length: usize,
    first: usize,
) {
    let (inputs, filters, texts, dim) = (of_weight.shape(1), of_weight.shape(2), d.shape(1), x.shape(2));
    let (filter, input, member) = (ABSOLUTE_POS_X as usize, ABSOLUTE_POS_Y as usize, ABSOLUTE_POS_Z as usize);
    if filter < filters && input < inputs {
        let mut sum = 0.0f32;
        let mut of_all = 0.0f32;
        for text in 0..texts {
            let at = (member * texts + text) * d.shape(2) + first + filter;
            let place = usize::cast_from(places[at]);
            if place > 0 {
                sum += d[at] * x[(member * x.shape(1) + text * length + place - 1) * dim + input];
                of_all += d[at];
            }
        }
        of_weight[(member * inputs + input) * filters + filter] = sum;
        if input == 0 {
            of_bias[member * filters + filter] = of_all;
        }
    }
}

/// A unit for each column of a text's rows.
#[cube(launch)]
fn rows_kernel(
    d: &Tensor<f32>,
    places: &Tensor<f32>,
    first: &Tensor<f32>,
    second: &Tensor<f32>,
    third: &Tensor<f32>,
    dx: &mut Tensor<f32>,
    length: usize,
) {
    let (dim, texts, filters) = (dx.shape(2), d.shape(1), first.shape(2));
    let (col, text, member) = (ABSOLUTE_POS_X as usize, ABSOLUTE_POS_Y as usize, ABSOLUTE_POS_Z as usize);
    if col < dim && text < texts {
        let begin = (member * dx.shape(1) + text * length) * dim + col;
        for place in 0..length {
            dx[begin + place * dim] = 0.0f32;
        }
        let at = (member * texts + text) * d.shape(2);
        add_windows(d, places, first, dx, at, begin, member, col);
        add_windows(d, places, second, dx, at + filters, begin, member, col);
        add_windows(d, places, third, dx, at + 2 * filters, begin, member, col);
    }
}

/// Adds what comes back through the filters of one width, whose numbers are at `at`.
#[cube]
fn add_windows(
    d: &Tensor<f32>,
    places: &Tensor<f32>,
    weights: &Tensor<f32>,
    dx: &mut Tensor<f32>,
    at: usize,
    begin: usize,
    member: usize,
    col: usize,
) {
    let (inputs, filters, dim) = (weights.shape(1), weights.shape(2), dx.shape(2));
    for filter in 0..filters {
        let place = usize::cast_from(places[at + filter]);
        if place > 0 {
            for offset in 0..inputs / dim {
                let weight = weights[(member * inputs + offset * dim + col) * filters + filter];
                dx[begin + (place - 1 + offset) * dim] += d[at + filter] * weight;
            }
        }
    }
}
