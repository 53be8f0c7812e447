//! The transformer block of [`crate::Form::Attention`] with its way back written out, as products: for a GPU, on which the tape would
//! compile and try a product of burn's for every length of texts. Sums over rows are products with ones for the same reason.
//!
//! With y = norm x, and r one over the deviation of a row x: dx = r (dy − mean dy − y mean(y dy)).

use burn::tensor::activation::relu;
use burn::tensor::{Tensor, TensorData};

use crate::products::{outer, product};
use crate::softmax::softmax;
use crate::twin::reading::LEAST_VARIANCE;
use crate::twin::softmax::NEVER;

/// What the way back needs; places are those of all texts of a member, `[P, B · length, …]`, or of one text, `[P · B, length, …]`.
pub struct Attention {
    seen: Normed,
    /// Queries over the root of their width, keys and values, each of one text.
    parts: [Tensor<3>; 3],
    shares: Tensor<3>,
    found: Tensor<3>,
    before_inner: Normed,
    inner: Tensor<3>,
    end: Normed,
    /// One over the length of the text at its tokens, 0 at padding, `[P · B or B, 1, length]`.
    of_mean: Tensor<3>,
    layers: Vec<Tensor<3>>,
}

/// Rows with mean 0 and variance 1, and one over the deviation of each.
struct Normed {
    rows: Tensor<3>,
    scales: Tensor<3>,
}

impl Normed {
    fn of(x: Tensor<3>) -> Self {
        let centred = x.clone() - mean(x);
        let scales = mean(centred.clone().square()).add_scalar(LEAST_VARIANCE).sqrt().recip();
        Self { rows: centred * scales.clone(), scales }
    }

    fn back(self, d: Tensor<3>) -> Tensor<3> {
        let along = mean(d.clone() * self.rows.clone());
        (d.clone() - mean(d) - self.rows * along) * self.scales
    }
}

/// The mean of each row.
fn mean(x: Tensor<3>) -> Tensor<3> {
    let dim = x.dims()[2];
    let ones = Tensor::full([1, dim, 1], 1.0 / dim as f64, &x.device());
    product(x, ones)
}

/// Features of rows `x`, `[P, B · length, dim]`, at the places that `mask` has, `[1 or P, B, length]`.
pub fn forward(x: Tensor<3>, mask: &Tensor<3>, positions: &[f32], layers: &[Tensor<3>]) -> (Tensor<3>, Attention) {
    let ([members, _, dim], [lead, batch, length]) = (x.dims(), mask.dims());
    let (flat, texts) = ([members, batch * length, dim], [members * batch, length, dim]);
    let [query, key, value, output, inner, inner_bias, back, back_bias] = layers else { panic!("attention has eight layers") };
    let device = x.device();

    let places = Tensor::<3>::from_data(TensorData::new(positions[..length * dim].to_vec(), [1, length, dim]), &device);
    let x = (x.reshape(texts) + places).reshape(flat);
    let seen = Normed::of(x.clone());
    let part = |layer: &Tensor<3>| product(seen.rows.clone(), layer.clone()).reshape(texts);
    let parts = [part(query).div_scalar((dim as f64).sqrt()), part(key), part(value)];
    let scores = product(parts[0].clone(), parts[1].clone().swap_dims(1, 2));
    let padding = mask.clone().neg().add_scalar(1.0).mul_scalar(NEVER);
    let padding = padding.expand([members, batch, length]).reshape([members * batch, 1, length]);
    // Without labels the error of a softmax is its probabilities.
    let shares = softmax(scores, padding, Tensor::zeros([1, length, length], &device)).error;
    let found = product(shares.clone(), parts[2].clone()).reshape(flat);
    let x = x + product(found.clone(), output.clone());

    let before_inner = Normed::of(x.clone());
    let inner = relu(product(before_inner.rows.clone(), inner.clone()) + inner_bias.clone());
    let end = Normed::of(x + product(inner.clone(), back.clone()) + back_bias.clone());
    let of_mean = (mask.clone() / mask.clone().sum_dim(2)).reshape([lead * batch, 1, length]);
    let features = product(of_mean.clone(), end.rows.clone().reshape(texts)).reshape([members, batch, dim]);
    (features, Attention { seen, parts, shares, found, before_inner, inner, end, of_mean, layers: layers.to_vec() })
}

impl Attention {
    /// From the gradient with respect to the features to that with respect to x and then each layer.
    pub fn back(self, d: Tensor<3>) -> Vec<Tensor<3>> {
        let Self { seen, parts, shares, found, before_inner, inner, end, of_mean, layers } = self;
        let ([members, batch, dim], [_, length, _]) = (d.dims(), parts[0].dims());
        let (flat, texts) = ([members, batch * length, dim], [members * batch, length, dim]);
        let transposed = |i: usize| layers[i].clone().swap_dims(1, 2);

        let d_end = product(of_mean.swap_dims(1, 2), d.reshape([members * batch, 1, dim])).reshape(flat);
        let dx = end.back(d_end);
        let (to_back, to_back_bias) = outer(inner.clone(), dx.clone());
        let d_inner = product(dx.clone(), transposed(6)) * inner.greater_elem(0.0).float();
        let (to_inner, to_inner_bias) = outer(before_inner.rows.clone(), d_inner.clone());
        let dx = dx + before_inner.back(product(d_inner, transposed(4)));

        let (to_output, _) = outer(found, dx.clone());
        let d_found = product(dx.clone(), transposed(3)).reshape(texts);
        let [query, key, value] = parts;
        let d_value = product(shares.clone().swap_dims(1, 2), d_found.clone());
        let d_shares = product(d_found, value.swap_dims(1, 2));
        let along = mean(d_shares.clone() * shares.clone()).mul_scalar(length as f64);
        let d_scores = shares * (d_shares - along);
        let d_key = product(d_scores.clone().swap_dims(1, 2), query);
        let d_query = product(d_scores, key).div_scalar((dim as f64).sqrt());
        let d_parts = [d_query, d_key, d_value].map(|d| d.reshape(flat));
        let to_parts = d_parts.clone().map(|d| outer(seen.rows.clone(), d).0);
        let d_seen = d_parts.into_iter().enumerate().map(|(i, d)| product(d, transposed(i))).reduce(|a, b| a + b);
        let dx = dx + seen.back(d_seen.expect("three parts"));

        let [to_query, to_key, to_value] = to_parts;
        vec![dx, to_query, to_key, to_value, to_output, to_inner, to_inner_bias, to_back, to_back_bias]
    }
}
