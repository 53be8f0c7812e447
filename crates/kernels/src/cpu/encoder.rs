//! Layers of a BERT encoder (arXiv:1810.04805), and the mean over the tokens.
//!
//! In each x ← norm(x + attention x), then x ← norm(x + W₂ gelu(W₁ x + b₁) + b₂), where a norm has a scale and a shift. Dense layers
//! take the places of all texts at once, attention a text and a head at a time.

use super::attention::{softmax, softmax_back, sum_rows};
use super::matrix::{Matrix, multiply, multiply_add, multiply_into};
use super::network::Network;
use super::normed::Normed;
use super::scalar::{add_times, erf, exp};
use crate::form::{Encoder as Form, LEAVES};
use crate::simd::wide;
use crate::twin::encoder::LEAST_VARIANCE;

/// Layers, each with its leaves as [`Form`] has them, behind the embedding's, where there is one.
pub struct Encoder {
    dim: usize,
    hidden: usize,
    heads: usize,
    /// Places that the embedding knows; 0 where there is none.
    places: usize,
    /// Whether the gradient with respect to the rows is wanted.
    learns_rows: bool,
    embedding: Normed,
    layers: Vec<Layer>,
    /// What the last layer says.
    out: Vec<f32>,
    scratch: [Vec<f32>; 3],
}

/// What a layer's forward pass leaves, a row a place.
#[derive(Default)]
struct Layer {
    x: Vec<f32>,
    /// Queries, keys and values side by side.
    parts: Vec<f32>,
    /// How much each place attends to each, text after text and in it head after head.
    shares: Vec<f32>,
    /// What each place found.
    found: Vec<f32>,
    attended: Normed,
    /// Behind the first norm.
    middle: Vec<f32>,
    /// The inner layer before and after its function.
    before: Vec<f32>,
    inner: Vec<f32>,
    end: Normed,
}

impl Encoder {
    /// For rows of `dim` numbers and a number of leaves; `hidden` is the width of the inner layer, `places` those that the embedding
    /// knows.
    pub fn new(form: Form, [dim, hidden, places]: [usize; 3], leaves: usize, learns_rows: bool) -> Self {
        let of_embedding = if form.embeds { 3 } else { 0 };
        let layers = (leaves - of_embedding) / LEAVES;
        Self {
            dim,
            hidden,
            heads: form.heads,
            places: if form.embeds { places } else { 0 },
            learns_rows,
            embedding: Normed::default(),
            layers: (0..layers).map(|_| Layer::default()).collect(),
            out: Vec::new(),
            scratch: Default::default(),
        }
    }

    fn sizes(&self) -> [usize; LEAVES] {
        let (d, h) = (self.dim, self.hidden);
        [3 * d * d, 3 * d, d * d, d, d, d, d * h, h, h * d, d, d, d]
    }

    /// The embedding's leaves: places, scale and shift.
    fn of_embedding(&self) -> [usize; 3] {
        if self.places == 0 { [0; 3] } else { [self.places * self.dim, self.dim, self.dim] }
    }

    /// Numbers of a layer.
    fn of_layer(&self) -> usize {
        self.sizes().iter().sum()
    }
}

/// Parts of these sizes, one after the other.
fn cut<const N: usize>(mut flat: &[f32], sizes: [usize; N]) -> [&[f32]; N] {
    sizes.map(|size| {
        let (part, behind) = flat.split_at(size);
        flat = behind;
        part
    })
}

/// The same, to be written.
fn cut_mut<const N: usize>(mut flat: &mut [f32], sizes: [usize; N]) -> [&mut [f32]; N] {
    sizes.map(|size| {
        let (part, behind) = std::mem::take(&mut flat).split_at_mut(size);
        flat = behind;
        part
    })
}

impl Network for Encoder {
    fn size(&self) -> usize {
        self.of_embedding().iter().sum::<usize>() + self.layers.len() * self.of_layer()
    }

    fn width(&self) -> usize {
        self.dim
    }

    fn least(&self) -> usize {
        1
    }

    fn enter(&self, layers: &[&[f32]], flat: &mut Vec<f32>) {
        for layer in layers {
            flat.extend_from_slice(layer);
        }
    }

    fn leave(&self, mut flat: &[f32], layers: &mut [&mut [f32]]) {
        for layer in layers {
            let (own, behind) = flat.split_at(layer.len());
            layer.copy_from_slice(own);
            flat = behind;
        }
    }

    fn forward(&mut self, layers: &[f32], x: &[f32], lengths: &[usize], features: &mut [f32]) {
        let (dim, sizes, of_embedding) = (self.dim, self.sizes(), self.of_embedding());
        let (embedding, layers) = layers.split_at(of_embedding.iter().sum());
        let Self { heads, out, scratch: [scratch, ..], .. } = self;
        out.clear();
        out.extend_from_slice(x);
        if self.places > 0 {
            let [places, scale, shift] = cut(embedding, of_embedding);
            each_text(out, lengths, dim, |text| add_times(text, 1.0, places));
            self.embedding.of(out, dim, LEAST_VARIANCE);
            scaled(&self.embedding, scale, shift, out);
        }
        for (layer, w) in self.layers.iter_mut().zip(layers.chunks(sizes.iter().sum())) {
            layer.forward(cut(w, sizes), [dim, self.hidden, *heads], lengths, out, scratch);
        }
        features.fill(0.0);
        let mut rest = &out[..];
        for (features, &length) in features.chunks_mut(dim).zip(lengths) {
            let (text, behind) = rest.split_at(length * dim);
            text.chunks(dim).for_each(|row| add_times(features, (length as f32).recip(), row));
            rest = behind;
        }
    }

    fn backward(&mut self, layers: &[f32], _x: &[f32], lengths: &[usize], d: &[f32], dx: &mut [f32], gradient: &mut [f32]) {
        let (dim, hidden, heads, sizes, of_embedding) = (self.dim, self.hidden, self.heads, self.sizes(), self.of_embedding());
        let (embedding, layers) = layers.split_at(of_embedding.iter().sum());
        let (to_embedding, gradient) = gradient.split_at_mut(embedding.len());
        let mut of_text = d.chunks(dim).zip(lengths);
        each_text(dx, lengths, dim, |text| {
            let (d, &length) = of_text.next().expect("a gradient a text");
            text.chunks_mut(dim).for_each(|row| row.iter_mut().zip(d).for_each(|(out, d)| *out = d / length as f32));
        });
        let Self { embedding: normed, scratch, .. } = self;
        let size = sizes.iter().sum();
        let all = self.layers.iter().zip(layers.chunks(size)).zip(gradient.chunks_mut(size)).enumerate().rev();
        for (place, ((layer, w), gradient)) in all {
            let goes_on = place > 0 || self.places > 0 || self.learns_rows;
            layer.backward(cut(w, sizes), cut_mut(gradient, sizes), [dim, hidden, heads], lengths, dx, scratch, goes_on);
        }
        if self.places > 0 {
            let [_, scale, _] = cut(embedding, of_embedding);
            let [to_places, to_scale, to_shift] = cut_mut(to_embedding, of_embedding);
            let [d_rows, ..] = scratch;
            scaled_back(normed, dx, scale, [to_scale, to_shift], d_rows);
            dx.copy_from_slice(d_rows);
            each_text(dx, lengths, dim, |text| add_times(&mut to_places[..text.len()], 1.0, text));
        }
    }
}

/// `f` of the rows of each text.
fn each_text(rows: &mut [f32], lengths: &[usize], dim: usize, mut f: impl FnMut(&mut [f32])) {
    let mut rest = rows;
    for &length in lengths {
        let (text, behind) = rest.split_at_mut(length * dim);
        f(text);
        rest = behind;
    }
}

impl Layer {
    /// Makes of `x` what the layer says of it.
    fn forward(&mut self, w: [&[f32]; LEAVES], [dim, hidden, heads]: [usize; 3], lengths: &[usize], x: &mut [f32], out: &mut Vec<f32>) {
        let [weight, bias, output, output_bias, scale, shift, inner, inner_bias, outer, outer_bias, end_scale, end_shift] = w;
        let (places, of_head) = (x.len() / dim, dim / heads);
        self.x.clear();
        self.x.extend_from_slice(x);
        self.parts.resize(3 * places * dim, 0.0);
        multiply(&mut self.parts, &Matrix::by_rows(x, dim), &Matrix::by_rows(weight, 3 * dim));
        add_bias(&mut self.parts, bias);

        self.shares.resize(heads * lengths.iter().map(|length| length * length).sum::<usize>(), 0.0);
        self.found.resize(places * dim, 0.0);
        let (mut shares, mut begin) = (&mut self.shares[..], 0);
        for &length in lengths {
            for head in 0..heads {
                let (of_text, behind) = shares.split_at_mut(length * length);
                let [query, key, value] = [0, 1, 2].map(|part| part_of(&self.parts, [part, begin, head], [length, dim, of_head]));
                multiply(of_text, &query, &key.transposed());
                softmax(of_text, length, (of_head as f32).sqrt().recip());
                multiply_into(&mut self.found[begin * dim + head * of_head..], dim, &Matrix::by_rows(of_text, length), &value, false);
                shares = behind;
            }
            begin += length;
        }
        multiply_add(x, &Matrix::by_rows(&self.found, dim), &Matrix::by_rows(output, dim));
        add_bias(x, output_bias);
        self.attended.of(x, dim, LEAST_VARIANCE);
        self.middle.resize(x.len(), 0.0);
        scaled(&self.attended, scale, shift, &mut self.middle);

        self.before.resize(places * hidden, 0.0);
        multiply(&mut self.before, &Matrix::by_rows(&self.middle, dim), &Matrix::by_rows(inner, hidden));
        add_bias(&mut self.before, inner_bias);
        self.inner.resize(places * hidden, 0.0);
        gelu(&self.before, &mut self.inner);
        out.clear();
        out.extend_from_slice(&self.middle);
        multiply_add(out, &Matrix::by_rows(&self.inner, hidden), &Matrix::by_rows(outer, dim));
        add_bias(out, outer_bias);
        self.end.of(out, dim, LEAST_VARIANCE);
        scaled(&self.end, end_scale, end_shift, x);
    }

    /// From the gradient `dx` with respect to what the layer said to that with respect to its x, where it `goes_on`; that with
    /// respect to its leaves is added.
    #[expect(clippy::too_many_arguments, reason = "a layer, its gradient, what it saw, and room")]
    fn backward(
        &self,
        w: [&[f32]; LEAVES],
        gradient: [&mut [f32]; LEAVES],
        [dim, hidden, heads]: [usize; 3],
        lengths: &[usize],
        dx: &mut [f32],
        [d_rows, d_wide, d_shares]: &mut [Vec<f32>; 3],
        goes_on: bool,
    ) {
        let [weight, _, output, _, scale, _, inner, _, outer, _, end_scale, _] = w;
        let [
            to_weight,
            to_bias,
            to_output,
            to_output_bias,
            to_scale,
            to_shift,
            to_inner,
            to_inner_bias,
            to_outer,
            to_outer_bias,
            to_end_scale,
            to_end_shift,
        ] = gradient;
        let (places, of_head) = (dx.len() / dim, dim / heads);

        scaled_back(&self.end, dx, end_scale, [to_end_scale, to_end_shift], d_rows);
        sum_rows(d_rows, to_outer_bias);
        let d_end = Matrix::by_rows(d_rows, dim);
        multiply_add(to_outer, &Matrix::by_rows(&self.inner, hidden).transposed(), &d_end);
        d_wide.resize(places * hidden, 0.0);
        multiply(d_wide, &d_end, &Matrix::by_rows(outer, dim).transposed());
        gelu_back(d_wide, &self.before);
        sum_rows(d_wide, to_inner_bias);
        multiply_add(to_inner, &Matrix::by_rows(&self.middle, dim).transposed(), &Matrix::by_rows(d_wide, hidden));
        multiply_add(d_rows, &Matrix::by_rows(d_wide, hidden), &Matrix::by_rows(inner, hidden).transposed());
        dx.copy_from_slice(d_rows);

        scaled_back(&self.attended, dx, scale, [to_scale, to_shift], d_rows);
        dx.copy_from_slice(d_rows);
        sum_rows(dx, to_output_bias);
        let d_now = Matrix::by_rows(dx, dim);
        multiply_add(to_output, &Matrix::by_rows(&self.found, dim).transposed(), &d_now);
        multiply(d_rows, &d_now, &Matrix::by_rows(output, dim).transposed());
        d_wide.resize(3 * places * dim, 0.0);
        let (mut shares, mut begin) = (&self.shares[..], 0);
        for &length in lengths {
            for head in 0..heads {
                let (of_text, behind) = shares.split_at(length * length);
                let [query, key, value] = [0, 1, 2].map(|part| part_of(&self.parts, [part, begin, head], [length, dim, of_head]));
                let d_found = Matrix::new(&d_rows[begin * dim + head * of_head..], [length, of_head], [dim, 1]);
                let out = &mut d_wide[3 * begin * dim + head * of_head..];
                multiply_into(&mut out[2 * dim..], 3 * dim, &Matrix::by_rows(of_text, length).transposed(), &d_found, false);
                d_shares.resize(length * length, 0.0);
                multiply(d_shares, &d_found, &value.transposed());
                softmax_back(d_shares, of_text, length, (of_head as f32).sqrt().recip());
                let d_scores = Matrix::by_rows(d_shares, length);
                multiply_into(out, 3 * dim, &d_scores, &key, false);
                multiply_into(&mut out[dim..], 3 * dim, &d_scores.transposed(), &query, false);
                shares = behind;
            }
            begin += length;
        }
        sum_rows(d_wide, to_bias);
        let d_parts = Matrix::by_rows(d_wide, 3 * dim);
        multiply_add(to_weight, &Matrix::by_rows(&self.x, dim).transposed(), &d_parts);
        if goes_on {
            multiply_add(dx, &d_parts, &Matrix::by_rows(weight, 3 * dim).transposed());
        }
    }
}

/// Writes rows with a scale and a shift.
fn scaled(normed: &Normed, scale: &[f32], shift: &[f32], out: &mut [f32]) {
    let dim = scale.len();
    wide(
        #[inline(always)]
        || {
            for (out, row) in out.chunks_exact_mut(dim).zip(normed.rows.chunks_exact(dim)) {
                for ((out, x), (scale, shift)) in out.iter_mut().zip(row).zip(scale.iter().zip(shift)) {
                    *out = x * scale + shift;
                }
            }
        },
    );
}

/// From the gradient `d` with respect to [`scaled`] rows to that with respect to what was normed, which is written; those of scale and
/// shift are added, and `d` becomes that with respect to the rows.
fn scaled_back(normed: &Normed, d: &mut [f32], scale: &[f32], [to_scale, to_shift]: [&mut [f32]; 2], dx: &mut Vec<f32>) {
    let dim = scale.len();
    wide(
        #[inline(always)]
        || {
            for (d, y) in d.chunks_exact_mut(dim).zip(normed.rows.chunks_exact(dim)) {
                add_times(to_shift, 1.0, d);
                for (((to_scale, y), d), scale) in to_scale.iter_mut().zip(y).zip(d).zip(scale) {
                    *to_scale += y * *d;
                    *d *= scale;
                }
            }
        },
    );
    dx.clear();
    dx.resize(d.len(), 0.0);
    normed.back(d, dim, dx);
}

/// Queries (0), keys (1) or values (2) of a head in a text.
fn part_of(parts: &[f32], [part, begin, head]: [usize; 3], [length, dim, of_head]: [usize; 3]) -> Matrix<'_> {
    Matrix::new(&parts[(3 * begin + part) * dim + head * of_head..], [length, of_head], [3 * dim, 1])
}

fn add_bias(rows: &mut [f32], bias: &[f32]) {
    wide(
        #[inline(always)]
        || rows.chunks_exact_mut(bias.len()).for_each(|row| add_times(row, 1.0, bias)),
    );
}

/// x Φ(x), Φ the normal distribution.
fn gelu(before: &[f32], out: &mut [f32]) {
    wide(
        #[inline(always)]
        || {
            for (out, &x) in out.iter_mut().zip(before) {
                *out = 0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2));
            }
        },
    );
}

/// Multiplies with the slope of [`gelu`], Φ(x) + x φ(x).
fn gelu_back(d: &mut [f32], before: &[f32]) {
    /// 1/√(2π).
    const DENSITY: f32 = 0.398_942_3;
    wide(
        #[inline(always)]
        || {
            for (d, &x) in d.iter_mut().zip(before) {
                *d *= 0.5 * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2)) + x * DENSITY * exp(-0.5 * x * x);
            }
        },
    );
}
