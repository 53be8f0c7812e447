//! Rows with mean 0 and variance 1. With y = norm x, and r one over the deviation of a row x: dx = r (dy − mean dy − y mean(y dy)).

use super::scalar::{sum, sum_of_products};
use crate::simd::wide;

/// Rows with mean 0 and variance 1.
#[derive(Default)]
pub struct Normed {
    pub rows: Vec<f32>,
    /// One over the deviation of each.
    scales: Vec<f32>,
}

impl Normed {
    /// Those of `x`; `least` is what is added to a variance before its root is taken.
    pub fn of(&mut self, x: &[f32], dim: usize, least: f64) {
        self.rows.resize(x.len(), 0.0);
        self.scales.clear();
        wide(
            #[inline(always)]
            || {
                for (out, x) in self.rows.chunks_exact_mut(dim).zip(x.chunks_exact(dim)) {
                    let mean = sum(x) / dim as f32;
                    for (out, x) in out.iter_mut().zip(x) {
                        *out = x - mean;
                    }
                    let scale = (sum_of_products(out, out) / dim as f32 + least as f32).sqrt().recip();
                    for out in out.iter_mut() {
                        *out *= scale;
                    }
                    self.scales.push(scale);
                }
            },
        );
    }

    /// Adds the gradient with respect to x from that with respect to these rows.
    pub fn back(&self, d: &[f32], dim: usize, dx: &mut [f32]) {
        wide(
            #[inline(always)]
            || {
                let rows = self.rows.chunks_exact(dim).zip(&self.scales).zip(d.chunks_exact(dim));
                for (dx, ((y, scale), d)) in dx.chunks_exact_mut(dim).zip(rows) {
                    let (mean, along) = (sum(d) / dim as f32, sum_of_products(y, d) / dim as f32);
                    for ((dx, y), d) in dx.iter_mut().zip(y).zip(d) {
                        *dx += scale * (d - mean - along * y);
                    }
                }
            },
        );
    }
}
