//! Products with a bag matrix, an entry at a time.

use super::numbers::{Own, change, dims, make, numbers};
use crate::bag_matrix::{BagMatrix, Entry};
use crate::simd::wide;

/// See [`crate::pool`].
pub fn pool(bag: &BagMatrix, table: &Own) -> Own {
    let [members, vocabulary, dim] = dims(table);
    let (table, texts) = (table.to_contiguous(), bag.texts());
    let mut means = vec![0.0_f32; members * texts * dim];
    for (table, means) in numbers(&table).chunks(vocabulary * dim).zip(means.chunks_mut(texts * dim)) {
        wide(
            #[inline(always)]
            || {
                for &Entry { row, text, share } in bag.entries() {
                    let row = &table[bag.ids()[row] as usize * dim..][..dim];
                    for (mean, value) in means[text * dim..][..dim].iter_mut().zip(row) {
                        *mean += share * value;
                    }
                }
            },
        );
    }
    make(means, [members, texts, dim])
}

/// See [`crate::scatter`].
pub fn scatter(bag: &BagMatrix, v: &Own) -> Own {
    let [members, _, dim] = dims(v);
    let rows = bag.ids().len();
    let v = v.to_contiguous();
    let mut out = vec![0.0_f32; members * rows * dim];
    add(&mut out, &v, 1.0, bag, rows * dim, |row| row * dim);
    make(out, [members, rows, dim])
}

/// See [`crate::scatter_add`].
pub fn scatter_add(bag: &BagMatrix, table: Own, v: &Own, factor: f32) -> Own {
    let [_, vocabulary, dim] = dims(&table);
    let v = v.to_contiguous();
    change(table, |table| add(table, &v, factor, bag, vocabulary * dim, |row| bag.ids()[row] as usize * dim))
}

/// Adds factor · S′ v to `out`, of which each member has `size` numbers and row r begins at `place(r)`.
fn add(out: &mut [f32], v: &Own, factor: f32, bag: &BagMatrix, size: usize, place: impl Fn(usize) -> usize) {
    let [_, texts, dim] = dims(v);
    for (out, v) in out.chunks_mut(size).zip(numbers(v).chunks(texts * dim)) {
        wide(
            #[inline(always)]
            || {
                for &Entry { row, text, share } in bag.entries() {
                    let share = factor * share;
                    for (out, value) in out[place(row)..][..dim].iter_mut().zip(&v[text * dim..][..dim]) {
                        *out += share * value;
                    }
                }
            },
        );
    }
}
