//! `Frame`: the few numbers in which a batch can feel an embedding.
//!
//! A mean of embedding rows sees the table only as X = S E: S holds the shares of the rows in the texts,
//! `[texts, rows]`, E the batch's rows, `[rows, dim]`. So a step can have X in place of E, one row per text instead
//! of one per token:
//! - The gradient with respect to E is S′D, with D the one with respect to X, and is kept as D.
//! - A move of E along S′D moves X by G D, where G = S S′ is the Gram matrix of the texts, and ⟨S′D, S′F⟩ = ⟨D, G F⟩.
//!   So whatever a method does by sums, by inner products and by moves along gradients, it can do on D and X.
//! - A standard normal ξ on E is L ζ on X, with ζ standard normal and L L′ = G (Cholesky).
//! - Not for methods that look at single weights (`Method::rotates`).
//!
//! Source: Golub & Van Loan, Matrix Computations, 4th ed., §4.2.
//! Elsewhere: the matrix S ([`BagMatrix`]), D and X among the weights ([`crate::weights`]), and who makes frames
//! (`basin_train::batch`).

use std::sync::{Arc, OnceLock};

use basin_kernels::{BagMatrix, pool, product, scatter, scatter_add};
use burn::tensor::{Device, Tensor, TensorData};

use crate::weights::{Role, Weights};

/// Texts as coordinates of an embedding, for one batch.
#[derive(Clone, Debug)]
pub struct Frame(Arc<Texts>);

#[derive(Debug)]
struct Texts {
    /// S.
    shares: BagMatrix,
    /// G, row by row.
    gram: Vec<f64>,
    /// G on the device, `[1, texts, texts]`.
    metric: Tensor<3>,
    /// L, once somebody draws noise.
    factor: OnceLock<Tensor<3>>,
    /// Once somebody asks for them.
    lengths: OnceLock<Tensor<3>>,
}

impl Frame {
    /// The frame of `shares`. Cost: a multiplication for each pair of texts that share a row, on the host.
    pub fn new(shares: BagMatrix, device: &Device) -> Self {
        let texts = shares.texts();
        let gram = shares.gram();
        let metric = square(&gram, texts, device);
        Self(Arc::new(Texts { shares, gram, metric, factor: OnceLock::new(), lengths: OnceLock::new() }))
    }

    /// The weights in this frame: X for the embedding, and the other leaves as they are.
    pub fn enter(&self, w: &Weights) -> Weights {
        of_embedding(w, |table| pool(&self.0.shares, table)).in_frame(Some(self.clone()))
    }

    /// A gradient in this frame as one of the batch's rows: S′D.
    pub fn lift(&self, gradient: &Weights) -> Weights {
        of_embedding(gradient, |d| scatter(&self.0.shares, d)).in_frame(None)
    }

    /// E + factor · S′D; the rows are written in place.
    pub fn add_to(&self, table: Tensor<3>, d: &Tensor<3>, factor: f64) -> Tensor<3> {
        scatter_add(&self.0.shares, table, d, factor)
    }

    /// The move of X when the embedding moves along a gradient: G D.
    pub(crate) fn as_move(&self, gradient: &Weights) -> Weights {
        of_embedding(gradient, |d| product(self.0.metric.clone(), d.clone())).in_frame(None)
    }

    /// What a standard normal vector on the weights is in this frame, from one shaped like the weights there: L ζ for the
    /// embedding.
    pub(crate) fn noise(&self, zeta: &Weights) -> Weights {
        of_embedding(zeta, |zeta| product(self.factor().clone(), zeta.clone())).in_frame(None)
    }

    /// L, `[1, texts, texts]`. Cost, once: texts³/3 multiplications on the host, in f64.
    pub fn factor(&self) -> &Tensor<3> {
        let Texts { gram, metric, factor, .. } = &*self.0;
        let n = metric.dims()[1];
        factor.get_or_init(|| square(&cholesky(gram, n), n, &metric.device()))
    }

    /// Length of each text's row of S, `[1, texts, 1]`.
    pub fn lengths(&self) -> &Tensor<3> {
        let Texts { shares, metric, lengths, .. } = &*self.0;
        lengths.get_or_init(|| shares.lengths(&metric.device()))
    }
}

fn of_embedding(w: &Weights, f: impl Fn(&Tensor<3>) -> Tensor<3>) -> Weights {
    w.map(|leaf| match leaf.role {
        Role::Embedding => f(&leaf.value),
        Role::Matrix | Role::Bias => leaf.value.clone(),
    })
}

/// What is left of a text after the texts before it counts as nothing below this part of its square.
/// Texts differ in whole tokens, so what is left is either far above or rounding.
const NOTHING: f64 = 1e-10;

/// L with `gram` = L L′. A text that is made of texts before it gets zeros in its column: it adds no direction.
fn cholesky(gram: &[f64], n: usize) -> Vec<f64> {
    let (mut l, mut left) = (vec![0.0; n * n], gram.to_vec());
    let mut column = vec![0.0; n];
    for j in 0..n {
        if left[j * n + j] <= NOTHING * gram[j * n + j] {
            continue;
        }
        let root = left[j * n + j].sqrt();
        for i in j..n {
            column[i] = left[i * n + j] / root;
            l[i * n + j] = column[i];
        }
        // What this column explains is taken off the rest, row by row up to its diagonal.
        for i in j + 1..n {
            let factor = column[i];
            for (left, other) in left[i * n + j + 1..=i * n + i].iter_mut().zip(&column[j + 1..]) {
                *left -= factor * other;
            }
        }
    }
    l
}

fn square(values: &[f64], n: usize, device: &Device) -> Tensor<3> {
    Tensor::from_data(TensorData::new(values.iter().map(|&v| v as f32).collect(), [1, n, n]), device)
}

#[cfg(test)]
mod tests {
    use basin_kernels::Entry;

    use super::*;

    /// Texts over three tokens: a, b, and a text of both halves, which adds no direction.
    #[test]
    fn a_text_that_is_made_of_others_adds_no_direction() {
        let entries = [(0, 0, 1.0), (0, 2, 0.5), (1, 1, 0.6), (1, 2, 0.3), (2, 1, 0.8), (2, 2, 0.4)];
        let entries = entries.map(|(row, text, share)| Entry { row, text, share }).to_vec();
        // Text 0 has length 1, text 1 has √(0.36 + 0.64) = 1, and text 2 is their mean.
        let expected = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.5, 0.5, 0.0];
        let found = cholesky(&BagMatrix::new(3, vec![0, 1, 2], entries).gram(), 3);
        assert!(found.iter().zip(&expected).all(|(found, expected)| (found - expected).abs() < 1e-7), "{found:?}");
    }

    #[test]
    fn the_factor_gives_the_gram_matrix() {
        let gram = [4.0, 2.0, 2.0, 2.0, 5.0, 3.0, 2.0, 3.0, 6.0];
        let l = cholesky(&gram, 3);
        for i in 0..3 {
            for j in 0..3 {
                let product: f64 = (0..3).map(|k| l[i * 3 + k] * l[j * 3 + k]).sum();
                assert!((product - gram[i * 3 + j]).abs() < 1e-12);
            }
        }
    }
}
