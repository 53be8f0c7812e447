//! What is done to each number, or to each row.

use burn::backend::TensorMetadata;

use super::numbers::{Own, change, dims, make, numbers};

/// See [`crate::add_scaled`].
pub fn add_scaled([a, b]: &[Own; 2], factor: &Own) -> Own {
    let [members, rows, cols] = dims(a);
    let [a, b, factor] = [a, b, factor].map(Own::to_contiguous);
    let mut sums = Vec::with_capacity(members * rows * cols);
    let of_members = numbers(&a).chunks(rows * cols).zip(numbers(&b).chunks(rows * cols));
    for ((a, b), factor) in of_members.zip(numbers(&factor).iter().cycle()) {
        sums.extend(a.iter().zip(b).map(|(a, b)| a + factor * b));
    }
    make(sums, [members, rows, cols])
}

/// See [`crate::over_norm`].
pub fn over_norm(length: Own, norm: Own, least: f32) -> Own {
    let ([_, count, _], length) = (dims(&norm), length.to_contiguous());
    change(norm, |values| {
        for (values, length) in values.chunks_mut(count).zip(numbers(&length)) {
            for value in values {
                *value = if *value < least { 0.0 } else { length / *value };
            }
        }
    })
}

/// See [`crate::second_difference`].
pub fn second_difference(pair: Own, middle: Own, r: Own, absolute: bool) -> Own {
    let [members, batch]: [usize; 2] = middle.shape().dims();
    let [pair, r] = [pair, r].map(|t| t.to_contiguous());
    let (plus, minus) = numbers(&pair).split_at(members * batch);
    change(middle, |values| {
        for (i, value) in values.iter_mut().enumerate() {
            let r = numbers(&r)[i / batch];
            let difference = ((plus[i] - *value) + (minus[i] - *value)) / (r * r);
            *value = if absolute { difference.abs() } else { difference };
        }
    })
}

/// See [`crate::weigh_rows`].
pub fn weigh_rows(rows: Own, p: &Own) -> Own {
    let ([_, _, cols], p) = (dims(&rows), p.to_contiguous());
    change(rows, |values| {
        for (row, p) in values.chunks_mut(cols).zip(numbers(&p).iter().cycle()) {
            for value in row {
                *value *= p;
            }
        }
    })
}

/// See [`crate::assign_rows`].
pub fn assign_rows(table: Own, rows: &[usize], values: &Own) -> Own {
    let ([_, vocabulary, cols], [_, count, _]) = (dims(&table), dims(values));
    let values = values.to_contiguous();
    change(table, |table| {
        for (table, values) in table.chunks_mut(vocabulary * cols).zip(numbers(&values).chunks(count * cols)) {
            for (row, values) in rows.iter().zip(values.chunks(cols)) {
                table[row * cols..][..cols].copy_from_slice(values);
            }
        }
    })
}
