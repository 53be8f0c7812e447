//! Arithmetic of loops over numbers, without branches and calls, so that they become vector code.

/// Independent partial sums, so that the compiler can keep them in vector registers; it also rounds less.
const LANES: usize = 32;

#[inline(always)]
pub fn sum_of_products(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (a_blocks, b_blocks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_blocks.remainder().iter().zip(b_blocks.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a_blocks.zip(b_blocks) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// Σ aᵢ.
#[inline(always)]
pub fn sum(a: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let blocks = a.chunks_exact(LANES);
    let rest: f32 = blocks.remainder().iter().sum();
    for block in blocks {
        for (sum, a) in sums.iter_mut().zip(block) {
            *sum += a;
        }
    }
    sums.iter().sum::<f32>() + rest
}

/// The largest of some numbers, of none −∞.
#[inline(always)]
pub fn largest(a: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let mut most = [f32::NEG_INFINITY; LANES];
    let blocks = a.chunks_exact(LANES);
    let rest = blocks.remainder().iter().copied().fold(f32::NEG_INFINITY, larger);
    for block in blocks {
        for (most, &a) in most.iter_mut().zip(block) {
            *most = larger(*most, a);
        }
    }
    most.iter().copied().fold(rest, larger)
}

/// out += factor · a.
#[inline(always)]
pub fn add_times(out: &mut [f32], factor: f32, a: &[f32]) {
    for (out, a) in out.iter_mut().zip(a) {
        *out += factor * a;
    }
}

/// e^x for x ≤ 0: 2^k e^r, k whole and |r| ≤ ½ ln 2, with a polynomial of degree 6 (that of Cephes' `expf`). Below −87 it is
/// e^−87, some 10⁻³⁸. Rounding leaves an error of at most 2e-7 of the value; NaN stays NaN. No branches and no calls, so that
/// loops over it become vector code.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // To a sum with it a float adds whole numbers only, which are its lowest bits.
    const WHOLE: f32 = 12_582_912.0;
    // ln 2 as a sum of a number of few bits, whose multiples are exact, and the rest.
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    let x = if x < -87.0 { -87.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + WHOLE;
    let k = shifted - WHOLE;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let tail = 0.5 + r * (0.166_666_65 + r * (0.041_665_796 + r * (8.333_452e-3 + r * (1.398_199_9e-3 + r * 1.987_569_1e-4))));
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    power * (1.0 + r + r * r * tail)
}

/// tanh x = x P(x²)/Q(x²), P and Q fitted for the least largest relative error for |x| ≤ 8, 7e-9; beyond `LARGEST` it
/// is 1. No branches and no calls, so that loops over it become vector code. Rounding leaves an error of at most 3.1e-7
/// of the value; NaN stays NaN.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    // Where the rounded quotient is 1 to the last bit.
    const LARGEST: f32 = 8.1025;
    // Not `clamp`: comparisons that leave NaN alone are single instructions.
    let x = if x < -LARGEST { -LARGEST } else { x };
    let x = if x > LARGEST { LARGEST } else { x };
    let z = x * x;
    let p = 1.0 + z * (0.134_444_98 + z * (0.003_571_598 + z * (2.189_466_4e-5 + z * 1.523_042_1e-8)));
    let q = 1.0 + z * (0.467_778_27 + z * (0.026_164_444 + z * (3.411_292_3e-4 + z * 8.522_448e-7)));
    x * p / q
}

/// erf x = x P(x²)/Q(x²), P and Q fitted for the least largest error for |x| ≤ 4, 2e-8; beyond, it is 1 to the last bit. Rounding
/// leaves an error of at most 4e-7.
#[inline(always)]
#[expect(clippy::approx_constant, reason = "fitted with the others")]
pub fn erf(x: f32) -> f32 {
    let x = if x < -4.0 { -4.0 } else { x };
    let x = if x > 4.0 { 4.0 } else { x };
    let z = x * x;
    let p = 2.880_419_3e-4 + z * 1.974_833_4e-6;
    let p = 1.128_379 + z * (0.196_249_06 + z * (0.053_467_492 + z * (0.004_003_651_6 + z * p)));
    let q = 0.015_444_431 + z * (0.001_216_362_1 + z * 3.748_092_6e-5);
    let q = 1.0 + z * (0.507_252_36 + z * (0.116_476_46 + z * q));
    x * p / q
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error function by its series, in f64.
    fn by_series(x: f64) -> f64 {
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * std::f64::consts::FRAC_2_SQRT_PI
    }

    #[test]
    fn the_error_function_is_right() {
        for i in -400..=400 {
            let x = i as f32 / 100.0;
            assert!((f64::from(erf(x)) - by_series(f64::from(x))).abs() < 5e-7, "erf {x}: {}", erf(x));
        }
        assert!((erf(30.0) - 1.0).abs() < 5e-7 && (erf(-30.0) + 1.0).abs() < 5e-7);
    }

    /// Against the platform's tanh in f64.
    #[test]
    fn tanh_is_right_to_the_last_bits() {
        let mut x = 1e-6_f32;
        while x < 30.0 {
            for x in [x, -x] {
                let expected = f64::from(x).tanh();
                let error = (f64::from(tanh(x)) - expected).abs() / expected.abs();
                assert!(error < 3e-7, "tanh {x}: {} instead of {expected}", tanh(x));
            }
            x *= 1.01;
        }
        assert_eq!(tanh(0.0).to_bits(), 0.0_f32.to_bits());
        assert_eq!([tanh(f32::INFINITY), tanh(f32::NEG_INFINITY)].map(f32::to_bits), [1.0_f32, -1.0].map(f32::to_bits));
        assert!(tanh(f32::NAN).is_nan());
    }

    /// Against the platform's exp in f64.
    #[test]
    fn exp_is_right_to_the_last_bits() {
        let mut x = -1e-6_f32;
        while x > -87.0 {
            let expected = f64::from(x).exp();
            let error = (f64::from(exp(x)) - expected).abs() / expected;
            assert!(error < 2e-7, "e^{x}: {} instead of {expected}", exp(x));
            x *= 1.000_3;
        }
        assert_eq!(exp(0.0).to_bits(), 1.0_f32.to_bits());
        assert!(exp(f32::NEG_INFINITY) < 2e-38 && exp(f32::NAN).is_nan());
    }

    #[test]
    fn sums_and_the_largest_take_the_rest_too() {
        let a: Vec<f32> = (0..70).map(|i| if i == 69 { 100.0 } else { i as f32 }).collect();
        // Σ i for i below 69: 69·68/2.
        assert!((sum(&a) - 2446.0).abs() < 1e-3 && (largest(&a) - 100.0).abs() < 1e-6);
        assert!((largest(&a[..5]) - 4.0).abs() < 1e-6);
    }

    #[test]
    fn a_sum_of_products_takes_the_rest_too() {
        let a: Vec<f32> = (0..70).map(|i| i as f32).collect();
        // Σ i² for i below 70: 69·70·139/6.
        assert!((sum_of_products(&a, &a) - 111_895.0).abs() < 0.5);
    }
}
