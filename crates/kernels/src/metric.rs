//! `Metric`: what length means on a table whose rows are no orthonormal coordinates.
//!
//! A table E may be seen only as X = S E, with fewer rows: texts that are means of embedding rows have one row a text instead of one
//! a token. Then X can stand in place of E:
//! - The gradient with respect to E is S′D, with D the one with respect to X, and is kept as D.
//! - A move of E along S′D moves X by G D, with the Gram matrix G = S S′, and ⟨S′D, S′F⟩ = ⟨D, G F⟩.
//! - A standard normal ξ on E is L ζ on X, with ζ standard normal and L L′ = G (Cholesky).
//!
//! So whatever is done by sums, inner products, moves along gradients and normal noise comes out the same.
//!
//! Source: Golub & Van Loan, Matrix Computations, 4th ed., §4.2. By hand, because a text may be made of other texts: burn's
//! Cholesky wants a matrix that is not singular.
//! Elsewhere: the matrix S ([`crate::BagMatrix`]), the leaves that have a metric (`basin_optim::population`), and who sees them so
//! (`basin_train::models::batch`).

use std::sync::{Arc, OnceLock};

use burn::tensor::{Device, Tensor, TensorData};

use crate::products::product;

/// The inner product of a table's rows. Copies are cheap.
#[derive(Clone, Debug)]
pub struct Metric(Arc<Gram>);

#[derive(Debug)]
struct Gram {
    /// G, row by row.
    on_host: Vec<f64>,
    /// G on the device, `[1, rows, rows]`.
    on_device: Tensor<3>,
    /// L, cached.
    factor: OnceLock<Tensor<3>>,
    /// Cached.
    lengths: OnceLock<Tensor<3>>,
}

impl Metric {
    /// The metric of a Gram matrix, row by row.
    pub fn new(gram: Vec<f64>, device: &Device) -> Self {
        let on_device = square(&gram, device);
        Self(Arc::new(Gram { on_host: gram, on_device, factor: OnceLock::new(), lengths: OnceLock::new() }))
    }

    /// G D, the move of a point along a gradient D: `[P, rows, cols]` → the same.
    pub fn raise(&self, gradient: &Tensor<3>) -> Tensor<3> {
        product(self.0.on_device.clone(), gradient.clone())
    }

    /// L, `[1, rows, rows]`. Cost, once: rows³/3 multiplications on the host, in f64.
    pub fn factor(&self) -> &Tensor<3> {
        let Gram { on_host, on_device, factor, .. } = &*self.0;
        factor.get_or_init(|| square(&cholesky(on_host), &on_device.device()))
    }

    /// √G_ii, the length of each row of S, `[1, rows, 1]`.
    pub fn lengths(&self) -> &Tensor<3> {
        let Gram { on_host, on_device, lengths, .. } = &*self.0;
        lengths.get_or_init(|| {
            let rows = on_device.dims()[1];
            let diagonal = on_host.iter().step_by(rows + 1).map(|square| square.sqrt() as f32);
            Tensor::from_data(TensorData::new(diagonal.collect(), [1, rows, 1]), &on_device.device())
        })
    }
}

/// What is left of a row after the rows before it counts as nothing below this part of its square.
/// Texts differ in whole tokens, so what is left is either far above or rounding.
const NOTHING: f64 = 1e-10;

/// L with `gram` = L L′. A row that is made of rows before it gets zeros in its column: it adds no direction.
fn cholesky(gram: &[f64]) -> Vec<f64> {
    let n = gram.len().isqrt();
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

fn square(values: &[f64], device: &Device) -> Tensor<3> {
    let n = values.len().isqrt();
    Tensor::from_data(TensorData::new(values.iter().map(|&v| v as f32).collect(), [1, n, n]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows a = (1, 0), b = (0, 1), and their mean, which adds no direction: a·mean = ½, mean·mean = ½.
    #[test]
    fn a_row_that_is_made_of_others_adds_no_direction() {
        let gram = [1.0, 0.0, 0.5, 0.0, 1.0, 0.5, 0.5, 0.5, 0.5];
        let expected = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.5, 0.5, 0.0];
        let found = cholesky(&gram);
        assert!(found.iter().zip(&expected).all(|(found, expected)| (found - expected).abs() < 1e-12), "{found:?}");
    }

    #[test]
    fn the_factor_gives_the_gram_matrix() {
        let gram = [4.0, 2.0, 2.0, 2.0, 5.0, 3.0, 2.0, 3.0, 6.0];
        let l = cholesky(&gram);
        for i in 0..3 {
            for j in 0..3 {
                let product: f64 = (0..3).map(|k| l[i * 3 + k] * l[j * 3 + k]).sum();
                assert!((product - gram[i * 3 + j]).abs() < 1e-12);
            }
        }
    }
}
