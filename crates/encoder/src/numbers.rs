//! Loops over numbers, without branches and calls, so that they become vector code.

use basin_kernels::arrays::{erf, exp, largest, wide};

/// Adds a bias to every row.
pub fn add_bias(rows: &mut [f32], bias: &[f32]) {
    wide(
        #[inline(always)]
        || {
            for row in rows.chunks_exact_mut(bias.len()) {
                for (x, b) in row.iter_mut().zip(bias) {
                    *x += b;
                }
            }
        },
    );
}

/// GELU of every number of the rows and their bias: x Φ(x), with the error function and not its neighbour by tanh.
pub fn gelu(rows: &mut [f32], bias: &[f32]) {
    wide(
        #[inline(always)]
        || {
            for row in rows.chunks_exact_mut(bias.len()) {
                for (x, b) in row.iter_mut().zip(bias) {
                    let sum = *x + b;
                    *x = 0.5 * sum * (1.0 + erf(sum * std::f32::consts::FRAC_1_SQRT_2));
                }
            }
        },
    );
}

/// Adds `more` and a bias to every row, and makes its mean 0 and its variance 1, up to `scale` and `shift`.
pub fn add_and_norm(rows: &mut [f32], more: &[f32], bias: &[f32], [scale, shift]: [&[f32]; 2], epsilon: f32) {
    wide(
        #[inline(always)]
        || {
            for (row, more) in rows.chunks_exact_mut(bias.len()).zip(more.chunks_exact(bias.len())) {
                for ((x, more), b) in row.iter_mut().zip(more).zip(bias) {
                    *x += more + b;
                }
                norm(row, scale, shift, epsilon);
            }
        },
    );
}

#[inline(always)]
fn norm(row: &mut [f32], scale: &[f32], shift: &[f32], epsilon: f32) {
    let n = row.len() as f32;
    let mean = sum(row, |x| x) / n;
    let variance = sum(row, |x| (x - mean) * (x - mean)) / n;
    let factor = (variance + epsilon).sqrt().recip();
    for ((x, scale), shift) in row.iter_mut().zip(scale).zip(shift) {
        *x = (*x - mean) * factor * scale + shift;
    }
}

/// Σ f(x), in partial sums that stay in vector registers.
#[inline(always)]
fn sum(row: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0.0_f32; 16];
    let blocks = row.chunks_exact(16);
    let rest: f32 = blocks.remainder().iter().map(|x| f(*x)).sum();
    for block in blocks {
        for (sum, x) in sums.iter_mut().zip(block) {
            *sum += f(*x);
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// The softmax of every row of `factor` times its numbers.
pub fn softmax(rows: &mut [f32], width: usize, factor: f32) {
    wide(
        #[inline(always)]
        || {
            for row in rows.chunks_exact_mut(width) {
                let most = largest(row);
                for x in row.iter_mut() {
                    *x = exp((*x - most) * factor);
                }
                let over = sum(row, |x| x).recip();
                for x in row.iter_mut() {
                    *x *= over;
                }
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_right() {
        for i in 0..8700 {
            let x = -i as f32 / 100.0;
            let expected = f64::from(x).exp();
            assert!((f64::from(exp(x)) / expected - 1.0).abs() < 5e-7, "exp {x}: {} instead of {expected}", exp(x));
        }
        assert!(exp(f32::NEG_INFINITY) < 1e-37);
    }

    #[test]
    fn rows_are_normed_and_shares_of_one() {
        let mut row = [1.0, 2.0, 3.0];
        // Mean 4, variance 6 after adding.
        add_and_norm(&mut row, &[1.0, 1.0, 3.0], &[-1.0, 1.0, 1.0], [&[1.0; 3], &[10.0, 10.0, 10.0]], 0.0);
        let expected = [1.0_f32, 4.0, 7.0].map(|x| (x - 4.0) / 6.0_f32.sqrt() + 10.0);
        assert!(row.iter().zip(expected).all(|(x, e)| (x - e).abs() < 1e-5), "{row:?}");
        let mut row = [0.0, 2.0_f32.ln(), f32::NEG_INFINITY];
        softmax(&mut row, 3, 1.0);
        assert!((row[0] - 1.0 / 3.0).abs() < 1e-6 && (row[1] - 2.0 / 3.0).abs() < 1e-6 && row[2] < 1e-37, "{row:?}");
    }
}
