//! One transformer block with one head, and the mean over the tokens (Vaswani et al. 2017, arXiv:1706.03762).
//!
//! x = rows + positions; x ← x + attention(norm x); x ← x + W₂ relu(W₁ norm x + b₁) + b₂; the mean of norm x. Dense layers take
//! the places of all texts at once, attention a text at a time.

use std::sync::Arc;

use super::matrix::{Matrix, multiply, multiply_add, multiply_into};
use super::network::Network;
use super::normed::Normed;
use super::scalar::{add_times, exp, largest, sum, sum_of_products};
use crate::simd::wide;
use crate::twin::reading::LEAST_VARIANCE;

/// Layers: queries, keys and values side by side, output, inner layer with bias, the layer behind it with bias.
pub struct Attention {
    dim: usize,
    hidden: usize,
    /// What is added at each place.
    positions: Arc<[f32]>,
    /// Before attention, before the inner layer and at the end.
    normed: [Normed; 3],
    /// Queries, keys and values of each place side by side.
    parts: Vec<f32>,
    /// How much each place attends to each, text after text.
    shares: Vec<f32>,
    /// What each place found.
    found: Vec<f32>,
    inner: Vec<f32>,
    /// The rows on their way, or gradients.
    scratch: [Vec<f32>; 3],
}

/// Where each layer begins.
struct Layers<'a> {
    parts: &'a [f32],
    output: &'a [f32],
    inner: &'a [f32],
    inner_bias: &'a [f32],
    back: &'a [f32],
    back_bias: &'a [f32],
}

impl Attention {
    pub fn new(dim: usize, hidden: usize, positions: Arc<[f32]>) -> Self {
        let (parts, shares, found, inner) = Default::default();
        Self { dim, hidden, positions, normed: Default::default(), parts, shares, found, inner, scratch: Default::default() }
    }

    fn sizes(&self) -> [usize; 6] {
        let (dim, hidden) = (self.dim, self.hidden);
        [3 * dim * dim, dim * dim, dim * hidden, hidden, hidden * dim, dim]
    }

    fn layers<'a>(&self, flat: &'a [f32]) -> Layers<'a> {
        let mut rest = flat;
        let [parts, output, inner, inner_bias, back, back_bias] = self.sizes().map(|size| {
            let (layer, behind) = rest.split_at(size);
            rest = behind;
            layer
        });
        Layers { parts, output, inner, inner_bias, back, back_bias }
    }
}

impl Network for Attention {
    fn size(&self) -> usize {
        self.sizes().iter().sum()
    }

    fn width(&self) -> usize {
        self.dim
    }

    fn least(&self) -> usize {
        1
    }

    fn enter(&self, layers: &[&[f32]], flat: &mut Vec<f32>) {
        for row in 0..self.dim {
            layers[..3].iter().for_each(|layer| flat.extend_from_slice(&layer[row * self.dim..][..self.dim]));
        }
        layers[3..].iter().for_each(|layer| flat.extend_from_slice(layer));
    }

    fn leave(&self, flat: &[f32], layers: &mut [&mut [f32]]) {
        let (parts, mut rest) = flat.split_at(self.sizes()[0]);
        for (row, parts) in parts.chunks(3 * self.dim).enumerate() {
            for (layer, part) in layers.iter_mut().zip(parts.chunks(self.dim)) {
                layer[row * self.dim..][..self.dim].copy_from_slice(part);
            }
        }
        for layer in &mut layers[3..] {
            let (own, behind) = rest.split_at(layer.len());
            layer.copy_from_slice(own);
            rest = behind;
        }
    }

    fn forward(&mut self, layers: &[f32], x: &[f32], lengths: &[usize], features: &mut [f32]) {
        let (dim, hidden) = (self.dim, self.hidden);
        let places = x.len() / dim;
        let w = self.layers(layers);
        let Self { positions, normed: [seen, before_inner, end], parts, shares, found, inner, scratch: [x_now, ..], .. } = self;
        x_now.clear();
        x_now.extend_from_slice(x);
        let mut rest = &mut x_now[..];
        for &length in lengths {
            let (text, behind) = rest.split_at_mut(length * dim);
            add_times(text, 1.0, positions);
            rest = behind;
        }

        seen.of(x_now, dim, LEAST_VARIANCE);
        parts.resize(3 * places * dim, 0.0);
        multiply(parts, &Matrix::by_rows(&seen.rows, dim), &Matrix::by_rows(w.parts, 3 * dim));
        shares.resize(lengths.iter().map(|length| length * length).sum(), 0.0);
        found.resize(places * dim, 0.0);
        let (mut shares, mut begin) = (&mut shares[..], 0);
        for &length in lengths {
            let (of_text, behind) = shares.split_at_mut(length * length);
            let [query, key, value] = [0, 1, 2].map(|part| part_of(parts, part, begin, length, dim));
            multiply(of_text, &query, &key.transposed());
            softmax(of_text, length, (dim as f32).sqrt().recip());
            multiply(&mut found[begin * dim..][..length * dim], &Matrix::by_rows(of_text, length), &value);
            (shares, begin) = (behind, begin + length);
        }
        multiply_add(x_now, &Matrix::by_rows(found, dim), &Matrix::by_rows(w.output, dim));

        before_inner.of(x_now, dim, LEAST_VARIANCE);
        inner.resize(places * hidden, 0.0);
        multiply(inner, &Matrix::by_rows(&before_inner.rows, dim), &Matrix::by_rows(w.inner, hidden));
        wide(
            #[inline(always)]
            || {
                for row in inner.chunks_mut(hidden) {
                    for (value, bias) in row.iter_mut().zip(w.inner_bias) {
                        let answer = *value + bias;
                        *value = if answer < 0.0 { 0.0 } else { answer };
                    }
                }
                for row in x_now.chunks_mut(dim) {
                    add_times(row, 1.0, w.back_bias);
                }
            },
        );
        multiply_add(x_now, &Matrix::by_rows(inner, hidden), &Matrix::by_rows(w.back, dim));

        end.of(x_now, dim, LEAST_VARIANCE);
        features.fill(0.0);
        let mut rest = &end.rows[..];
        for (features, &length) in features.chunks_mut(dim).zip(lengths) {
            let (text, behind) = rest.split_at(length * dim);
            text.chunks(dim).for_each(|row| add_times(features, (length as f32).recip(), row));
            rest = behind;
        }
    }

    fn backward(&mut self, layers: &[f32], _x: &[f32], lengths: &[usize], d: &[f32], dx: &mut [f32], gradient: &mut [f32]) {
        let (dim, hidden) = (self.dim, self.hidden);
        let (places, sizes, w) = (dx.len() / dim, self.sizes(), self.layers(layers));
        let mut rest = gradient;
        let [to_parts, to_output, to_inner, to_inner_bias, to_back, to_back_bias] = sizes.map(|size| {
            let (layer, behind) = std::mem::take(&mut rest).split_at_mut(size);
            rest = behind;
            layer
        });
        let Self { normed: [seen, before_inner, end], parts, shares, found, inner, scratch: [d_rows, d_wide, d_shares], .. } = self;
        d_rows.resize(places * dim, 0.0);

        let mut rest = &mut d_rows[..];
        for (d, &length) in d.chunks(dim).zip(lengths) {
            let (text, behind) = rest.split_at_mut(length * dim);
            text.chunks_mut(dim).for_each(|row| row.iter_mut().zip(d).for_each(|(out, d)| *out = d / length as f32));
            rest = behind;
        }
        dx.fill(0.0);
        end.back(d_rows, dim, dx);

        sum_rows(dx, to_back_bias);
        let d_now = Matrix::by_rows(dx, dim);
        multiply_add(to_back, &Matrix::by_rows(inner, hidden).transposed(), &d_now);
        d_wide.resize(places * hidden, 0.0);
        multiply(d_wide, &d_now, &Matrix::by_rows(w.back, dim).transposed());
        d_wide.iter_mut().zip(&*inner).for_each(|(d, inner)| *d = if *inner > 0.0 { *d } else { 0.0 });
        sum_rows(d_wide, to_inner_bias);
        multiply_add(to_inner, &Matrix::by_rows(&before_inner.rows, dim).transposed(), &Matrix::by_rows(d_wide, hidden));
        multiply(d_rows, &Matrix::by_rows(d_wide, hidden), &Matrix::by_rows(w.inner, hidden).transposed());
        before_inner.back(d_rows, dim, dx);

        let d_now = Matrix::by_rows(dx, dim);
        multiply_add(to_output, &Matrix::by_rows(found, dim).transposed(), &d_now);
        multiply(d_rows, &d_now, &Matrix::by_rows(w.output, dim).transposed());
        d_wide.resize(3 * places * dim, 0.0);
        let (mut shares, mut begin) = (&shares[..], 0);
        for &length in lengths {
            let (of_text, behind) = shares.split_at(length * length);
            let [query, key, value] = [0, 1, 2].map(|part| part_of(parts, part, begin, length, dim));
            let d_found = Matrix::by_rows(&d_rows[begin * dim..][..length * dim], dim);
            let out = &mut d_wide[3 * begin * dim..3 * (begin + length) * dim];
            multiply_into(&mut out[2 * dim..], 3 * dim, &Matrix::by_rows(of_text, length).transposed(), &d_found, false);
            d_shares.resize(length * length, 0.0);
            multiply(d_shares, &d_found, &value.transposed());
            softmax_back(d_shares, of_text, length, (dim as f32).sqrt().recip());
            let d_scores = Matrix::by_rows(d_shares, length);
            multiply_into(out, 3 * dim, &d_scores, &key, false);
            multiply_into(&mut out[dim..], 3 * dim, &d_scores.transposed(), &query, false);
            (shares, begin) = (behind, begin + length);
        }
        let d_parts = Matrix::by_rows(d_wide, 3 * dim);
        multiply_add(to_parts, &Matrix::by_rows(&seen.rows, dim).transposed(), &d_parts);
        multiply(d_rows, &d_parts, &Matrix::by_rows(w.parts, 3 * dim).transposed());
        seen.back(d_rows, dim, dx);
    }
}

/// Queries (0), keys (1) or values (2) of a text.
fn part_of(parts: &[f32], part: usize, begin: usize, length: usize, dim: usize) -> Matrix<'_> {
    Matrix::new(&parts[(3 * begin + part) * dim..], [length, dim], [3 * dim, 1])
}

/// Softmax of `scale` times the scores, row by row.
pub(super) fn softmax(scores: &mut [f32], length: usize, scale: f32) {
    wide(
        #[inline(always)]
        || {
            for row in scores.chunks_exact_mut(length) {
                let most = largest(row);
                for score in row.iter_mut() {
                    *score = exp((*score - most) * scale);
                }
                let over = sum(row).recip();
                for share in row.iter_mut() {
                    *share *= over;
                }
            }
        },
    );
}

/// From the gradient with respect to the shares to that with respect to the scores.
pub(super) fn softmax_back(d: &mut [f32], shares: &[f32], length: usize, scale: f32) {
    wide(
        #[inline(always)]
        || {
            for (d, shares) in d.chunks_exact_mut(length).zip(shares.chunks_exact(length)) {
                let mean = sum_of_products(d, shares);
                d.iter_mut().zip(shares).for_each(|(d, share)| *d = scale * share * (*d - mean));
            }
        },
    );
}

/// Adds the rows of `d` to `out`.
pub(super) fn sum_rows(d: &[f32], out: &mut [f32]) {
    wide(
        #[inline(always)]
        || d.chunks_exact(out.len()).for_each(|row| add_times(out, 1.0, row)),
    );
}
