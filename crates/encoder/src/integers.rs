//! Products with weights of 8 bits: a row of numbers is rounded to whole ones, too, so that the loop multiplies and adds whole
//! numbers of 16 bits, of which vectors hold twice as many as of f32.

use std::array::from_fn;

use basin_kernels::arrays::wide;

use self::pack::{Pack, Sums, WIDE, ZERO};

/// The most that an activation is rounded to: 12 bits and a sign, where a sum over all inputs has room for that.
const MOST: i32 = 4095;

/// Rows and outputs of a tile: as many as have their sums in registers.
const ROWS: usize = 2;
const OUTPUTS: usize = 4;

/// Rows that stay in a core's own memory while all weights pass by.
const BLOCK: usize = 64;

/// What the compiler makes vectors of by itself: on x86 a product and a sum of sixteen are two instructions.
#[cfg(not(target_family = "wasm"))]
mod pack {
    /// Numbers of a pack.
    pub const WIDE: usize = 16;

    /// Numbers that are multiplied at once.
    #[derive(Clone, Copy)]
    #[repr(align(32))]
    pub struct Pack([i16; WIDE]);

    pub const ZERO: Pack = Pack([0; WIDE]);

    #[derive(Clone, Copy)]
    pub struct Sums([i32; WIDE / 2]);

    impl Pack {
        #[inline(always)]
        pub fn new(numbers: [i16; WIDE]) -> Self {
            Self(numbers)
        }

        /// `factor` times these, as whole numbers.
        #[inline(always)]
        pub fn rounded(numbers: [f32; WIDE], factor: f32) -> Self {
            // The sum of a number and this one is rounded to a whole number, which stands in its last bits.
            let magic = 12_582_912.0_f32;
            Self(numbers.map(|x| (x * factor + magic).to_bits() as i16))
        }
    }

    impl Sums {
        pub const ZERO: Self = Self([0; WIDE / 2]);

        #[inline(always)]
        pub fn add(&mut self, a: Pack, b: Pack) {
            let product = |place: usize| i32::from(a.0[place]) * i32::from(b.0[place]);
            for (pair, sum) in self.0.iter_mut().enumerate() {
                *sum += product(2 * pair) + product(2 * pair + 1);
            }
        }

        /// The total of each.
        #[inline(always)]
        pub fn totals(all: [Self; 4]) -> [i32; 4] {
            all.map(|sums| sums.0.iter().sum())
        }
    }
}

/// …and what it does not: its instructions for this are asked for by name.
#[cfg(target_family = "wasm")]
mod pack {
    use std::arch::wasm32::{
        f32x4, f32x4_mul, f32x4_nearest, f32x4_splat, i16x8, i16x8_narrow_i32x4, i32x4, i32x4_add, i32x4_dot_i16x8, i32x4_extract_lane,
        i32x4_shuffle, i32x4_trunc_sat_f32x4, v128,
    };

    pub const WIDE: usize = 8;

    #[derive(Clone, Copy)]
    pub struct Pack(v128);

    pub const ZERO: Pack = Pack(i16x8(0, 0, 0, 0, 0, 0, 0, 0));

    #[derive(Clone, Copy)]
    pub struct Sums(v128);

    impl Pack {
        #[inline(always)]
        pub fn new([a, b, c, d, e, f, g, h]: [i16; WIDE]) -> Self {
            Self(i16x8(a, b, c, d, e, f, g, h))
        }

        #[inline(always)]
        pub fn rounded([a, b, c, d, e, f, g, h]: [f32; WIDE], factor: f32) -> Self {
            let whole = |numbers| i32x4_trunc_sat_f32x4(f32x4_nearest(f32x4_mul(numbers, f32x4_splat(factor))));
            Self(i16x8_narrow_i32x4(whole(f32x4(a, b, c, d)), whole(f32x4(e, f, g, h))))
        }
    }

    impl Sums {
        pub const ZERO: Self = Self(i32x4(0, 0, 0, 0));

        #[inline(always)]
        pub fn add(&mut self, a: Pack, b: Pack) {
            self.0 = i32x4_add(self.0, i32x4_dot_i16x8(a.0, b.0));
        }

        #[inline(always)]
        pub fn totals([a, b, c, d]: [Self; 4]) -> [i32; 4] {
            // The halves of two of them are added at once, and then the halves of what that gives.
            let halves = |a: Self, b: Self| Self(i32x4_add(i32x4_shuffle::<0, 1, 4, 5>(a.0, b.0), i32x4_shuffle::<2, 3, 6, 7>(a.0, b.0)));
            let [Self(ab), Self(cd)] = [halves(a, b), halves(c, d)];
            let all = i32x4_add(i32x4_shuffle::<0, 2, 4, 6>(ab, cd), i32x4_shuffle::<1, 3, 5, 7>(ab, cd));
            [i32x4_extract_lane::<0>(all), i32x4_extract_lane::<1>(all), i32x4_extract_lane::<2>(all), i32x4_extract_lane::<3>(all)]
        }
    }
}

/// Whole numbers of 8 bits for a row of numbers, and what they are to be multiplied with.
pub fn round(row: &[f32], out: &mut Vec<i8>) -> f32 {
    let scale = largest(row) / 127.0;
    out.extend(row.iter().map(|x| if scale > 0.0 { (x / scale).round_ties_even() as i8 } else { 0 }));
    scale
}

#[inline(always)]
fn largest(row: &[f32]) -> f32 {
    let larger = |most: f32, x: f32| if x.abs() > most { x.abs() } else { most };
    // Of some columns each: one after the other would have to wait for each other.
    let mut most = [0.0; 16];
    let (blocks, rest) = row.as_chunks::<16>();
    for block in blocks {
        most.iter_mut().zip(block).for_each(|(most, x)| *most = larger(*most, *x));
    }
    most.iter().chain(rest).fold(0.0, |most, x| larger(most, *x))
}

/// Weights of 8 bits as products take them.
pub struct Packed {
    /// For some outputs at a time, the packs of their inputs in turn; both filled up with zeros.
    tiles: Vec<[Pack; OUTPUTS]>,
    /// Of each output.
    scales: Vec<f32>,
    inputs: usize,
}

impl Packed {
    /// Of weights `[outputs, inputs]`, with the scale of each output.
    pub fn new(weights: &[i8], scales: Vec<f32>, inputs: usize) -> Self {
        let length = inputs.div_ceil(WIDE);
        let mut tiles = vec![[ZERO; OUTPUTS]; scales.len().div_ceil(OUTPUTS) * length];
        for (output, row) in weights.chunks_exact(inputs).enumerate() {
            let tile = &mut tiles[output / OUTPUTS * length..][..length];
            for (packs, some) in tile.iter_mut().zip(row.chunks(WIDE)) {
                packs[output % OUTPUTS] = Pack::new(from_fn(|i| some.get(i).map_or(0, |x| i16::from(*x))));
            }
        }
        Self { tiles, scales, inputs }
    }

    /// `rows`, `[_, inputs]`, times the weights: `[_, outputs]`.
    pub fn multiply(&self, out: &mut [f32], rows: &[f32]) {
        let outputs = self.scales.len();
        for (rows, out) in rows.chunks(BLOCK * self.inputs).zip(out.chunks_mut(BLOCK * outputs)) {
            wide(
                #[inline(always)]
                || self.multiply_block(out, rows),
            );
        }
    }

    #[inline(always)]
    fn multiply_block(&self, out: &mut [f32], rows: &[f32]) {
        let (count, outputs) = (rows.len() / self.inputs, self.scales.len());
        // The sum of all products has room in 32 bits, whatever the numbers are.
        let most = MOST.min(i32::MAX / 128 / self.inputs as i32) as f32;
        let length = self.inputs.div_ceil(WIDE);
        let mut tiles = vec![[ZERO; ROWS]; count.div_ceil(ROWS) * length];
        let mut scales = [0.0; BLOCK];
        for ((place, row), scale) in rows.chunks_exact(self.inputs).enumerate().zip(&mut scales) {
            *scale = round_row(row, most, place % ROWS, &mut tiles[place / ROWS * length..][..length]);
        }
        for (weights, first) in self.tiles.chunks_exact(length).zip((0..).step_by(OUTPUTS)) {
            let of_weights = &self.scales[first..outputs.min(first + OUTPUTS)];
            for (tile, first_row) in tiles.chunks_exact(length).zip((0..).step_by(ROWS)) {
                let sums = products(tile, weights);
                for ((sums, scale), row) in sums.iter().zip(&scales[first_row..]).zip(out[first_row * outputs..].chunks_exact_mut(outputs))
                {
                    let out = row[first..].iter_mut();
                    out.zip(sums).zip(of_weights).for_each(|((out, sum), of_output)| *out = *sum as f32 * (scale * of_output));
                }
            }
        }
    }
}

/// Puts a row of whole numbers up to `most` into its place in a tile; the scale that they have.
#[inline(always)]
fn round_row(row: &[f32], most: f32, place: usize, tile: &mut [[Pack; ROWS]]) -> f32 {
    let largest = largest(row);
    let factor = if largest > 0.0 { most / largest } else { 0.0 };
    for (packs, some) in tile.iter_mut().zip(row.chunks(WIDE)) {
        let numbers = some.first_chunk().copied();
        packs[place] = Pack::rounded(numbers.unwrap_or_else(|| from_fn(|i| some.get(i).copied().unwrap_or_default())), factor);
    }
    largest / most
}

/// The products of some rows with some outputs.
#[inline(always)]
fn products(rows: &[[Pack; ROWS]], weights: &[[Pack; OUTPUTS]]) -> [[i32; OUTPUTS]; ROWS] {
    let mut sums = [[Sums::ZERO; OUTPUTS]; ROWS];
    for (rows, weights) in rows.iter().zip(weights) {
        for (row, sums) in rows.iter().zip(&mut sums) {
            for (weight, sum) in weights.iter().zip(sums) {
                sum.add(*row, *weight);
            }
        }
    }
    sums.map(Sums::totals)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random, from −1 to 1.
    fn numbers(count: usize) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * 12.9898).sin()).collect()
    }

    #[test]
    fn products_are_those_of_numbers_up_to_rounding() {
        // Sizes that fill packs, tiles and blocks, and such that do not.
        for [rows, inputs, outputs] in [[1, 1, 1], [3, 17, 5], [4, 32, 8], [67, 40, 9]] {
            let (a, w) = (numbers(rows * inputs), numbers(outputs * inputs + 7).split_off(7));
            let mut whole = Vec::new();
            let scales: Vec<f32> = w.chunks_exact(inputs).map(|row| round(row, &mut whole)).collect();
            let mut out = vec![f32::NAN; rows * outputs];
            Packed::new(&whole, scales, inputs).multiply(&mut out, &a);
            for (place, found) in out.iter().enumerate() {
                let (row, output) = (place / outputs, place % outputs);
                let pairs = a[row * inputs..][..inputs].iter().zip(&w[output * inputs..][..inputs]);
                let expected: f32 = pairs.map(|(a, w)| a * w).sum();
                // Half a step of a weight, and of a number, for each input.
                let most = inputs as f32 * (0.5 / 127.0 + 0.5 / 4095.0) + 1e-6;
                assert!((found - expected).abs() <= most, "{rows} {inputs} {outputs}: {found} instead of {expected}");
            }
        }
    }

    #[test]
    fn the_largest_numbers_have_room_and_none_is_none() {
        let inputs = 3000;
        let packed = Packed::new(&vec![-128; inputs], vec![1.0], inputs);
        let mut out = [0.0];
        packed.multiply(&mut out, &vec![2.0; inputs]);
        assert!((out[0] / (-128.0 * 2.0 * inputs as f32) - 1.0).abs() < 1e-3, "{out:?}");
        packed.multiply(&mut out, &vec![0.0; inputs]);
        assert_eq!(out.map(f32::to_bits), [0]);
        let mut whole = Vec::new();
        assert_eq!((round(&[0.0, 0.0], &mut whole), round(&[1.0, -2.0], &mut whole)), (0.0, 2.0 / 127.0));
        assert_eq!(whole, [0, 0, 64, -127]);
    }
}
