//! Weights in fewer bits, as they stand in a page, and what they are there.
//!
//! 32 bits: as they are. 16: IEEE 754. 8 and 4: for each row its scale s in 32 bits, after the scales of all rows whole numbers, each
//! written as q + m + 1 with q from −m to m = 2^(bits − 1) − 1, the first of a byte in its low bits; the weight is q s, rounded once to
//! 32 bits. The largest weight of a row has q = ±m. Bytes of a number stand with the least first.
//! Elsewhere: the same read back (`web/small/model.js`).

use burn::tensor::f16;

use super::form::Form;
use super::weights::{Classifier, Matrix};
use crate::data::tokens::UNKNOWN;

/// A leaf as it stands in a page.
pub struct Rounded {
    /// Its rows: of an embedding those of the tokens that are kept.
    pub rows: usize,
    /// Bits of a weight.
    pub bits: u32,
    /// What is written.
    pub bytes: Vec<u8>,
    /// The weights that this stands for.
    pub values: Vec<f32>,
}

/// A leaf in a form.
pub fn rounded(leaf: &Matrix, Form { precision, tokens }: Form) -> Rounded {
    let (rows, bits) = if leaf.is_embedding() { (tokens, precision.bits()) } else { (leaf.rows, precision.bits().max(16)) };
    let kept = &leaf.values[..rows * leaf.cols];
    let (bytes, values) = match bits {
        32 => (kept.iter().flat_map(|value| value.to_le_bytes()).collect(), kept.to_vec()),
        16 => {
            let halves = kept.iter().map(|value| f16::from_f32(*value));
            (halves.clone().flat_map(f16::to_le_bytes).collect(), halves.map(f16::to_f32).collect())
        }
        _ => whole(kept, leaf.cols, bits),
    };
    Rounded { rows, bits, bytes, values }
}

/// Rows of `cols` numbers as whole numbers of few bits, and what these stand for.
fn whole(kept: &[f32], cols: usize, bits: u32) -> (Vec<u8>, Vec<f32>) {
    let most = (1_u8 << (bits - 1)) - 1;
    let (mut bytes, mut numbers, mut values) = (Vec::new(), Vec::with_capacity(kept.len()), Vec::with_capacity(kept.len()));
    for row in kept.chunks(cols) {
        let scale = row.iter().fold(0.0_f32, |largest, value| largest.max(value.abs())) / f32::from(most);
        bytes.extend(scale.to_le_bytes());
        for value in row {
            // In a row of zeros 0/0, which is cast to 0.
            let number = (value / scale).round() as i8;
            numbers.push(number.wrapping_add_unsigned(most + 1).cast_unsigned());
            values.push(f32::from(number) * scale);
        }
    }
    let in_a_byte = 8 / bits as usize;
    let join = |some: &[u8]| some.iter().rev().fold(0, |byte: u8, number| byte.unbounded_shl(bits) | number);
    bytes.extend(numbers.chunks(in_a_byte).map(join));
    (bytes, values)
}

impl Classifier {
    /// Its weights as they are in a page of a form, with all rows: a token that the page lacks has the row of the unknown, as which it
    /// counts there.
    pub fn rounded(&self, form: Form) -> Vec<Matrix> {
        let as_before = |leaf: &Matrix| {
            let Rounded { rows, mut values, .. } = rounded(leaf, form);
            let unknown = values[..].chunks(leaf.cols).nth(UNKNOWN as usize).map(<[f32]>::to_vec).unwrap_or_default();
            (rows..leaf.rows).for_each(|_| values.extend(&unknown));
            Matrix { values, ..*leaf }
        };
        self.leaves.iter().map(as_before).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_a_scale_a_row() {
        // Scales 7/7 and 14/7: the second row is −14, 2.9, 0 in twos, rounded −7, 1, 0. With 8 added, from the low bits:
        // 15, 8, 4 | 1, 9, 8 → 0x8f, 0x14, 0x89.
        let (bytes, values) = whole(&[7.0, 0.4, -3.6, -14.0, 2.9, 0.0], 3, 4);
        assert_eq!(values, [7.0, 0.0, -4.0, -14.0, 2.0, 0.0]);
        assert_eq!(bytes, [&1.0_f32.to_le_bytes()[..], &2.0_f32.to_le_bytes(), &[0x8f, 0x14, 0x89]].concat());

        // Scale 127/127; a row of zeros stays one. With 128 added.
        let (bytes, values) = whole(&[127.0, -126.6, 0.0, 0.0], 2, 8);
        assert_eq!(values, [127.0, -127.0, 0.0, 0.0]);
        assert_eq!(bytes, [&1.0_f32.to_le_bytes()[..], &[0; 4], &[255, 1, 128, 128]].concat());
    }

    #[test]
    fn a_weight_is_wrong_by_half_a_scale_at_most() {
        let row: Vec<f32> = (0..999).map(|i| (i as f32).sin() * 0.3).collect();
        for bits in [4, 8] {
            let scale = row.iter().fold(0.0_f32, |largest, value| largest.max(value.abs())) / ((1 << (bits - 1)) - 1) as f32;
            let (_, values) = whole(&row, row.len(), bits);
            assert!(row.iter().zip(&values).all(|(a, b)| (a - b).abs() <= scale * 0.5001), "{bits} bits");
        }
    }
}
