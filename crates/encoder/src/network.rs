//! The network: word pieces to a vector. BERT (arXiv:1810.04805) with the mean over all tokens, of Euclidean length 1
//! (Sentence-BERT, arXiv:1908.10084).
//!
//! Texts of any length lie one after the other as rows of one matrix, without padding; only attention looks at them one by one.

use basin_kernels::arrays::{Matrix, multiply};

use crate::numbers::{add_and_norm, add_bias, gelu, softmax};
use crate::weights::{Dense, Layer, Look, Product, Weights};

/// What keeps the root of a variance of zero from dividing.
const EPSILON: f32 = 1e-12;

/// Memory of a thread, taken once.
#[derive(Default)]
pub struct Scratch {
    /// `[tokens, width]`.
    x: Vec<f32>,
    /// Queries, keys and values, `[tokens, 3 · width]`.
    attention: Vec<f32>,
    /// What the heads found, `[tokens, width]`.
    heads: Vec<f32>,
    /// Of one head and text, `[length, length]` and `[length, width / heads]`.
    scores: Vec<f32>,
    head: Vec<f32>,
    /// `[tokens, width of the inner layer]`.
    inner: Vec<f32>,
    /// `[tokens, width]`.
    out: Vec<f32>,
}

/// The vectors of some texts, given as word pieces that the weights know.
pub fn vectors<M: Product, W: Look>(weights: &Weights<M, W>, heads: usize, texts: &[&[u32]], scratch: &mut Scratch) -> Vec<Vec<f32>> {
    let states = states(weights, heads, weights.layers.len(), texts, scratch);
    states.iter().map(|rows| mean_of_length_one(rows, weights.width)).collect()
}

/// What the first `below` layers make of each word piece, `[pieces, width]` of each text.
pub fn states<M: Product, W: Look>(
    weights: &Weights<M, W>,
    heads: usize,
    below: usize,
    texts: &[&[u32]],
    scratch: &mut Scratch,
) -> Vec<Vec<f32>> {
    let width = weights.width;
    embed(weights, texts, scratch);
    for layer in &weights.layers[..below] {
        attend(layer, heads, width, texts, scratch);
        let Scratch { x, inner, out, .. } = scratch;
        dense(inner, x, &layer.inner);
        gelu(inner, &layer.inner.bias);
        dense(out, inner, &layer.outer);
        add_and_norm(x, out, &layer.outer.bias, [&layer.outer_norm.scale, &layer.outer_norm.shift], EPSILON);
    }
    let mut rest = &scratch.x[..];
    let rows = |text: &&[u32]| {
        let (rows, after) = rest.split_at(text.len() * width);
        rest = after;
        rows.to_vec()
    };
    texts.iter().map(rows).collect()
}

/// Words, places and the type of first sentences.
fn embed<M, W: Look>(weights: &Weights<M, W>, texts: &[&[u32]], Scratch { x, out, .. }: &mut Scratch) {
    let width = weights.width;
    x.clear();
    out.clear();
    for text in texts {
        for &id in *text {
            weights.words.push_row(id as usize, width, x);
        }
        out.extend_from_slice(&weights.places[..text.len() * width]);
    }
    let (norm, no_bias) = (&weights.embedding_norm, vec![0.0; width]);
    add_and_norm(x, out, &no_bias, [&norm.scale, &norm.shift], EPSILON);
}

fn attend<M: Product>(layer: &Layer<M>, heads: usize, width: usize, texts: &[&[u32]], scratch: &mut Scratch) {
    let Scratch { x, attention, heads: found, scores, head, out, .. } = scratch;
    let of_head = width / heads;
    dense(attention, x, &layer.attention);
    add_bias(attention, &layer.attention.bias);
    found.clear();
    found.resize(x.len(), 0.0);
    let mut first = 0;
    for text in texts {
        let n = text.len();
        for place in (0..width).step_by(of_head) {
            // The part of queries, keys or values that this head sees of this text.
            let part = |which: usize| &attention[first * 3 * width + which * width + place..];
            let queries = Matrix::new(part(0), [n, of_head], [3 * width, 1]);
            let keys = Matrix::new(part(1), [of_head, n], [1, 3 * width]);
            let values = Matrix::new(part(2), [n, of_head], [3 * width, 1]);
            scores.resize(n * n, 0.0);
            multiply(scores, &queries, &keys);
            softmax(scores, n, (of_head as f32).sqrt().recip());
            head.resize(n * of_head, 0.0);
            multiply(head, &Matrix::by_rows(scores, n), &values);
            for (row, numbers) in head.chunks_exact(of_head).enumerate() {
                found[(first + row) * width + place..][..of_head].copy_from_slice(numbers);
            }
        }
        first += n;
    }
    dense(out, found, &layer.attended);
    add_and_norm(x, out, &layer.attended.bias, [&layer.attended_norm.scale, &layer.attended_norm.shift], EPSILON);
}

/// The rows times a layer's weights, without its bias.
fn dense<M: Product>(out: &mut Vec<f32>, rows: &[f32], layer: &Dense<M>) {
    let (inputs, outputs) = (layer.inputs, layer.bias.len());
    out.resize(rows.len() / inputs * outputs, 0.0);
    layer.weight.multiply_rows(out, rows, [outputs, inputs]);
}

fn mean_of_length_one(rows: &[f32], width: usize) -> Vec<f32> {
    let mut sum = vec![0.0_f32; width];
    for row in rows.chunks_exact(width) {
        for (sum, x) in sum.iter_mut().zip(row) {
            *sum += x;
        }
    }
    // The length of the sum is that of the mean up to a factor.
    let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-12);
    sum.iter().map(|x| x / length).collect()
}
