//! `Frame`: the few directions in which a batch can feel an embedding.
//!
//! A mean of embedding rows sees the table only as X = S E: S holds the shares of the rows in the texts,
//! `[texts, rows]`, E the batch's rows, `[rows, dim]`. Write S = L Q with L lower triangular, `[texts, texts]`,
//! and orthonormal rows in Q. Then X = L Z with Z = Q E, one row per text instead of one per token.
//! - Exact: every gradient with respect to E is Q′ times the one with respect to Z, and lengths and angles of
//!   such vectors are the same in both, so whatever a method does by sums and inner products, it can do on Z.
//! - Normal noise on E is normal noise on Z: Q of a standard normal vector is one again.
//! - Not for methods that look at single weights (`Method::rotates`).
//!
//! L comes from the Gram matrix S S′ = L L′ (Cholesky), and Q = A S with A L = 1 is never formed.
//! Source: this is the QR decomposition of S′; Golub & Van Loan, Matrix Computations, 4th ed., §4.2 and 5.2.
//! Elsewhere: the matrix S ([`crate::shares`]), and who makes it (`basin_train::batch`).

use burn::tensor::{Device, Tensor, TensorData};

use crate::fused;
use crate::shares::{Share, Shares};
use crate::weights::{Role, Weights};

/// Coordinates Z of an embedding, for one batch.
#[derive(Clone, Debug)]
pub struct Frame {
    /// S.
    shares: Shares,
    /// L, `[1, texts, texts]`.
    factor: Tensor<3>,
    /// A, `[1, texts, texts]`: A L = 1, with zeros for texts that are made of others.
    inverse: Tensor<3>,
}

impl Frame {
    /// The frame of `shares`. Cost: texts³/3 multiplications on the host, in f64.
    pub fn new(shares: Shares, device: &Device) -> Self {
        let texts = shares.texts();
        let (factor, inverse) = factorise(&gram(shares.entries(), texts), texts);
        Self { factor: square(&factor, texts, device), inverse: square(&inverse, texts, device), shares }
    }

    /// L, the shares of the rows of Z in the texts, `[1, texts, texts]`.
    pub fn factor(&self) -> &Tensor<3> {
        &self.factor
    }

    /// Z = Q E, and the other leaves as they are.
    pub fn enter(&self, w: &Weights) -> Weights {
        of_embedding(w, |table| fused::product(self.inverse.clone(), self.shares.means(table)))
    }

    /// Q′ v: a gradient or a move in these coordinates as one of the batch's rows.
    pub fn lift(&self, v: &Weights) -> Weights {
        of_embedding(v, |z| self.shares.spread(&self.at_texts(z)))
    }

    /// E + factor · Q′ z, the embedding of which `z` is a move in these coordinates; its rows are written in place.
    pub fn add_to(&self, table: Tensor<3>, z: &Tensor<3>, factor: f64) -> Tensor<3> {
        self.shares.add_spread(table, &self.at_texts(z), factor)
    }

    /// A′ z.
    fn at_texts(&self, z: &Tensor<3>) -> Tensor<3> {
        fused::product(self.inverse.clone().swap_dims(1, 2), z.clone())
    }
}

fn of_embedding(w: &Weights, f: impl Fn(&Tensor<3>) -> Tensor<3>) -> Weights {
    w.map(|leaf| match leaf.role {
        Role::Embedding => f(&leaf.value),
        Role::Matrix | Role::Bias => leaf.value.clone(),
    })
}

/// S S′, row by row of the table.
fn gram(shares: &[Share], texts: usize) -> Vec<f64> {
    let mut gram = vec![0.0; texts * texts];
    for of_row in shares.chunk_by(|a, b| a.row == b.row) {
        for a in of_row {
            for b in of_row {
                gram[a.text * texts + b.text] += f64::from(a.share) * f64::from(b.share);
            }
        }
    }
    gram
}

/// What is left of a text after the texts before it counts as nothing below this part of its square.
/// Texts differ in whole tokens, so what is left is either far above or rounding.
const NOTHING: f64 = 1e-10;

/// L with `gram` = L L′, and A with A L = 1. A text that is made of texts before it gets zeros in its column of
/// L and in its row of A: it adds no direction.
fn factorise(gram: &[f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut l, mut a) = (vec![0.0; n * n], vec![0.0; n * n]);
    for j in 0..n {
        let known: Vec<f64> = l[j * n..j * n + j].to_vec();
        let left = gram[j * n + j] - known.iter().map(|x| x * x).sum::<f64>();
        if left <= NOTHING * gram[j * n + j] {
            continue;
        }
        let root = left.sqrt();
        l[j * n + j] = root;
        for i in j + 1..n {
            let dot: f64 = l[i * n..i * n + j].iter().zip(&known).map(|(x, y)| x * y).sum();
            l[i * n + j] = (gram[i * n + j] - dot) / root;
        }
        let (before, own) = a.split_at_mut(j * n);
        own[j] = 1.0;
        for (row, factor) in before.chunks(n).zip(&known) {
            for (own, other) in own[..j].iter_mut().zip(row) {
                *own -= factor * other;
            }
        }
        for own in &mut own[..=j] {
            *own /= root;
        }
    }
    (l, a)
}

fn square(values: &[f64], n: usize, device: &Device) -> Tensor<3> {
    Tensor::from_data(TensorData::new(values.iter().map(|&v| v as f32).collect(), [1, n, n]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts over three tokens: a, b, and a text of both halves, which adds no direction.
    #[test]
    fn a_text_that_is_made_of_others_adds_no_direction() {
        let entries = [(0, 0, 1.0), (0, 2, 0.5), (1, 1, 0.6), (1, 2, 0.3), (2, 1, 0.8), (2, 2, 0.4)];
        let shares: Vec<Share> = entries.iter().map(|&(row, text, share)| Share { row, text, share }).collect();
        let (l, a) = factorise(&gram(&shares, 3), 3);
        // Text 0 has length 1, text 1 has √(0.36 + 0.64) = 1, and text 2 is their mean.
        let expected_l = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.5, 0.5, 0.0];
        let expected_a = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        for (found, expected) in l.iter().chain(&a).zip(expected_l.iter().chain(&expected_a)) {
            assert!((found - expected).abs() < 1e-7, "{l:?} {a:?}");
        }
    }

    #[test]
    fn the_factor_gives_the_gram_matrix_and_its_inverse_undoes_it() {
        let gram = [4.0, 2.0, 2.0, 2.0, 5.0, 3.0, 2.0, 3.0, 6.0];
        let (l, a) = factorise(&gram, 3);
        for i in 0..3 {
            for j in 0..3 {
                let product: f64 = (0..3).map(|k| l[i * 3 + k] * l[j * 3 + k]).sum();
                assert!((product - gram[i * 3 + j]).abs() < 1e-12);
                let one: f64 = (0..3).map(|k| a[i * 3 + k] * l[k * 3 + j]).sum();
                assert!((one - f64::from(i == j)).abs() < 1e-12);
            }
        }
    }
}
