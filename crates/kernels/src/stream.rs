//! A stream of random numbers, sixteen at a time, so that its loops become vector code.
//!
//! Generator: xoshiro128+ (Blackman & Vigna 2021, doi:10.1145/3460772), sixteen of them side by side. Its lowest four
//! bits can fail tests of linearity, as its authors say, so they are not used.
//! Normal numbers: r cos φ and r sin φ, r = √(−2 ln u), φ uniform (Box & Muller 1958, doi:10.1214/aoms/1177706645),
//! without branches. u is at least 2⁻²⁴, so none is beyond ±5.8; of true ones that would be 1 in 10⁸. The functions are
//! right to some 10⁻⁵: moments that far off would show after 10¹⁰ numbers.

use std::f32::consts::{FRAC_1_SQRT_2, FRAC_PI_4, LN_2};

use burn::tensor::{Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::simd::wide;

/// Generators side by side.
const LANES: usize = 16;

/// Bits of a number that are used one by one: the upper ones.
const BITS: usize = 24;

/// The generators' states.
pub struct Stream {
    state: [[u32; LANES]; 4],
}

impl Stream {
    /// The stream of a key, by `ChaCha8`, whose streams are independent by design.
    pub fn keyed(key: [u64; 4]) -> Self {
        let mut bytes = [0; 32];
        for (part, word) in bytes.chunks_mut(8).zip(key) {
            part.copy_from_slice(&word.to_le_bytes());
        }
        Self::new(&mut ChaCha8Rng::from_seed(bytes))
    }

    /// A stream whose states are drawn from `rng`.
    fn new(rng: &mut impl Rng) -> Self {
        Self { state: std::array::from_fn(|_| std::array::from_fn(|_| rng.next_u32())) }
    }

    /// Standard normal numbers.
    pub fn fill_normal(&mut self, values: &mut [f32]) {
        wide(
            #[inline(always)]
            || {
                let (blocks, rest) = values.as_chunks_mut();
                for block in blocks {
                    *block = self.normals();
                }
                if !rest.is_empty() {
                    rest.copy_from_slice(&self.normals()[..rest.len()]);
                }
            },
        );
    }

    /// Signs ±1, a bit each.
    pub fn fill_signs(&mut self, values: &mut [f32]) {
        for block in values.chunks_mut(BITS * LANES) {
            for (signs, bits) in block.chunks_mut(BITS).zip(self.next()) {
                for (place, sign) in signs.iter_mut().enumerate() {
                    *sign = if bits << place >> 31 == 1 { 1.0 } else { -1.0 };
                }
            }
        }
    }

    /// Uniform numbers between −1 and 1.
    pub fn fill_uniform(&mut self, values: &mut [f32]) {
        for block in values.chunks_mut(LANES) {
            for (value, bits) in block.iter_mut().zip(self.next()) {
                // The middles of 2²³ equal parts, which f32 holds exactly.
                *value = ((bits >> 9) as f32 + 0.5) / 4_194_304.0 - 1.0;
            }
        }
    }

    #[inline(always)]
    fn next(&mut self) -> [u32; LANES] {
        let [s0, s1, s2, s3] = &mut self.state;
        let mut numbers = [0; LANES];
        for (i, number) in numbers.iter_mut().enumerate() {
            *number = s0[i].wrapping_add(s3[i]);
            let shifted = s1[i] << 9;
            s2[i] ^= s0[i];
            s3[i] ^= s1[i];
            s1[i] ^= s2[i];
            s0[i] ^= s3[i];
            s2[i] ^= shifted;
            s3[i] = s3[i].rotate_left(11);
        }
        numbers
    }

    #[inline(always)]
    fn normals(&mut self) -> [f32; 2 * LANES] {
        let (lengths, angles) = (self.next(), self.next());
        let mut normals = [0.0; 2 * LANES];
        for i in 0..LANES {
            [normals[i], normals[LANES + i]] = pair(lengths[i], angles[i]);
        }
        normals
    }
}

/// The next numbers of each member's stream, shaped like `x`, `[P, rows, cols]`, and of its type.
pub fn filled(streams: &mut [Stream], fill: fn(&mut Stream, &mut [f32]), x: &Tensor<3>) -> Tensor<3> {
    let [members, rows, cols] = x.dims();
    let mut values = vec![0.0; members * rows * cols];
    for (stream, own) in streams.iter_mut().zip(values.chunks_mut(rows * cols)) {
        fill(stream, own);
    }
    Tensor::from_data(TensorData::new(values, [members, rows, cols]), (&x.device(), x.dtype()))
}

/// Two independent normal numbers from two uniform ones.
#[inline(always)]
fn pair(length: u32, angle: u32) -> [f32; 2] {
    // The upper 23 bits, in the middle of their interval: never 0 or 1.
    let u = ((length >> 9) as i32 as f32 + 0.5) / 8_388_608.0;
    let r = (-2.0 * ln(u)).sqrt();
    // The two upper bits say which quarter of the circle, those after them where in it.
    let (sin, cos) = sin_cos((((angle << 2) as i32 >> 9) as f32 + 0.5) * (FRAC_PI_4 / 4_194_304.0));
    let (x, y) = if (angle << 1) >> 31 == 1 { (sin, cos) } else { (cos, sin) };
    let half_turn = angle & 1 << 31;
    let [x, y] = [x.to_bits() ^ half_turn, y.to_bits() ^ half_turn];
    [r * f32::from_bits(x), r * f32::from_bits(y)]
}

/// ln x of a normal x > 0, by a polynomial with the least largest error, 1.3e-5 of the value.
#[inline(always)]
fn ln(x: f32) -> f32 {
    // x = 2^k (1 + f) with √½ ≤ 1 + f < √2.
    const MANTISSA: u32 = 0x007f_ffff;
    let from_root = x.to_bits().wrapping_sub(FRAC_1_SQRT_2.to_bits());
    let k = (from_root as i32 >> 23) as f32;
    let f = f32::from_bits((from_root & MANTISSA) + FRAC_1_SQRT_2.to_bits()) - 1.0;
    // ln(1 + f) = f − f²/2 + f³ P(f).
    let p = 0.332_854_74 + f * (-0.252_449_6 + f * (0.217_765_6 - f * 0.145_928_7));
    k * LN_2 + (f - f * f * (0.5 - f * p))
}

/// For |x| ≤ π/4, by polynomials with the least largest errors: 1e-6 and 1.3e-5.
#[inline(always)]
fn sin_cos(x: f32) -> (f32, f32) {
    let z = x * x;
    let sin = x * (1.0 + z * (-0.166_628_34 + z * 0.008_152_992));
    let cos = 1.0 + z * (-0.499_776_3 + z * 0.040_488_94);
    (sin, cos)
}

#[cfg(test)]
mod tests {
    use rand_xoshiro::Xoshiro128Plus;

    use super::*;

    fn stream(seed: u64) -> Stream {
        Stream::new(&mut ChaCha8Rng::seed_from_u64(seed))
    }

    /// A million and a few numbers, in four of their standard errors.
    #[test]
    fn uniform_numbers_fill_their_range_evenly() {
        const COUNT: usize = 1_000_003;
        let mut values = vec![0.0_f32; COUNT];
        stream(1).fill_uniform(&mut values);
        assert!(values.iter().all(|x| x.abs() < 1.0));
        let mean = |f: fn(f64) -> f64| values.iter().map(|&x| f(f64::from(x))).sum::<f64>() / COUNT as f64;
        // E x = 0, E x² = 1/3, a quarter below −1/2, with variances 1/3, 1/5 − 1/9 and 3/16.
        let below = mean(|x| f64::from(u8::from(x < -0.5)));
        for (found, expected, variance) in
            [(mean(|x| x), 0.0, 1.0 / 3.0), (mean(|x| x * x), 1.0 / 3.0, 4.0 / 45.0), (below, 0.25, 3.0 / 16.0)]
        {
            assert!((found - expected).abs() < 4.0 * f64::sqrt(variance / COUNT as f64), "{found} instead of {expected}");
        }
    }

    /// Against the platform's functions in f64.
    #[test]
    fn functions_have_the_errors_that_they_state() {
        let mut u = 1.0 / 16_777_216.0_f32;
        while u < 1.0 {
            let expected = f64::from(u).ln();
            let error = (f64::from(ln(u)) - expected).abs();
            assert!(error < 1.3e-5 * expected.abs(), "ln {u}: {} instead of {expected}", ln(u));
            u *= 1.000_1;
        }
        let mut x = -FRAC_PI_4;
        while x < FRAC_PI_4 {
            let ((sin, cos), expected) = (sin_cos(x), f64::from(x).sin_cos());
            assert!((f64::from(sin) - expected.0).abs() < 1.1e-6 && (f64::from(cos) - expected.1).abs() < 1.3e-5, "{x}: {sin} {cos}");
            x += 1e-4;
        }
    }

    /// Against the crate of its authors' programs.
    #[test]
    fn every_lane_is_xoshiro128_plus() {
        let mut own = stream(1);
        let mut lanes: [Xoshiro128Plus; LANES] = std::array::from_fn(|lane| {
            let seed: Vec<u8> = own.state.iter().flat_map(|word| word[lane].to_le_bytes()).collect();
            Xoshiro128Plus::from_seed(seed.try_into().expect("four words"))
        });
        for _ in 0..1000 {
            assert_eq!(own.next(), lanes.each_mut().map(Xoshiro128Plus::next_u32));
        }
    }

    /// `fill_normal` takes AVX2 where the CPU has it, this test's own loop never does.
    #[test]
    fn vectors_of_any_width_give_the_same_bits() {
        let (mut wide, mut narrow) = (stream(1), stream(1));
        let mut values = vec![0.0_f32; 1000];
        wide.fill_normal(&mut values);
        for block in values.chunks(2 * LANES) {
            assert_eq!(block, &narrow.normals()[..block.len()]);
        }
    }

    /// A million numbers: each moment within four of its standard errors, and as many numbers below some bounds as the
    /// normal distribution has.
    #[test]
    fn numbers_are_standard_normal() {
        const COUNT: usize = 1_000_003;
        let mut values = vec![0.0_f32; COUNT];
        stream(1).fill_normal(&mut values);
        let mean = |f: fn(f64) -> f64| values.iter().map(|&x| f(f64::from(x))).sum::<f64>() / COUNT as f64;
        // E x = 0, E x² = 1, E x³ = 0, E x⁴ = 3, with variances 1, 2, 15 and 105 − 9.
        let moments =
            [(mean(|x| x), 0.0, 1.0_f64), (mean(|x| x * x), 1.0, 2.0), (mean(|x| x.powi(3)), 0.0, 15.0), (mean(|x| x.powi(4)), 3.0, 96.0)];
        for (found, expected, variance) in moments {
            assert!((found - expected).abs() < 4.0 * (variance / COUNT as f64).sqrt(), "{found} instead of {expected}");
        }
        // Φ from a table of the normal distribution.
        for (bound, below) in [
            (-3.0, 0.001_349_9),
            (-2.0, 0.022_750_1),
            (-1.0, 0.158_655_3),
            (0.0, 0.5),
            (0.5, 0.691_462_5),
            (1.5, 0.933_192_8),
            (2.5, 0.993_790_3),
        ] {
            let found = values.iter().filter(|&&x| x < bound).count() as f64 / COUNT as f64;
            assert!(
                (found - below).abs() < 4.0 * f64::sqrt(below * (1.0 - below) / COUNT as f64),
                "below {bound}: {found} instead of {below}"
            );
        }
        // Neighbours, the two of a pair, and their squares do not hang together.
        for apart in [1, LANES, 2 * LANES] {
            let pairs = values.iter().zip(&values[apart..]).map(|(&a, &b)| (f64::from(a), f64::from(b)));
            let (sum, of_squares) =
                pairs.fold((0.0, 0.0), |(sum, of_squares), (a, b)| (sum + a * b, of_squares + (a * a - 1.0) * (b * b - 1.0)));
            let n = (COUNT - apart) as f64;
            // Variances of the products: 1, and 2² = 4.
            assert!(
                (sum / n).abs() < 4.0 / n.sqrt() && (of_squares / n).abs() < 8.0 / n.sqrt(),
                "{apart} apart: {} {}",
                sum / n,
                of_squares / n
            );
        }
    }

    #[test]
    fn signs_are_fair_and_no_two_streams_are_alike() {
        let draw = |seed| {
            let mut signs = vec![0.0_f32; 100_003];
            stream(seed).fill_signs(&mut signs);
            signs
        };
        let (one, other) = (draw(1), draw(2));
        assert!(one.iter().all(|sign| [1.0_f32, -1.0].map(f32::to_bits).contains(&sign.to_bits())));
        // Sums of 100,003 signs have a standard deviation of 316.
        assert!(one.iter().sum::<f32>().abs() < 4.0 * 316.0);
        assert!(one.iter().zip(&other).map(|(a, b)| a * b).sum::<f32>().abs() < 4.0 * 316.0);
    }
}
