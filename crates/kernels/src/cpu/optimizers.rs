//! A step of an optimizer in one pass over its tables.

use super::numbers::{Own, contiguous, dims, numbers, numbers_mut};
use crate::rules::{AdamW, BETA, EPSILON, Momentum, Sgd};

/// See [`crate::optimizers::sgd`].
pub fn sgd(w: [Own; 1], g: &Own, at: Option<&[usize]>, rule: Sgd) -> [Own; 1] {
    let [rate, decay] = [rule.rate, rule.decay].map(|number| number as f32);
    update(w, g, at, |[w], g| {
        for (w, g) in w.iter_mut().zip(g) {
            *w -= rate * (g + decay * *w);
        }
    })
}

/// See [`crate::optimizers::momentum`].
pub fn momentum(w_v: [Own; 2], g: &Own, at: Option<&[usize]>, rule: Momentum) -> [Own; 2] {
    let [rate, decay, mu] = [rule.rate, rule.decay, rule.mu].map(|number| number as f32);
    update(w_v, g, at, |[w, v], g| {
        for ((w, v), g) in w.iter_mut().zip(v).zip(g) {
            *v = mu * *v + (g + decay * *w);
            *w -= rate * *v;
        }
    })
}

/// See [`crate::optimizers::adam_w`].
pub fn adam_w(w_m: [Own; 3], g: &Own, at: Option<&[usize]>, rule: AdamW) -> [Own; 3] {
    let (rate, keep) = (rule.rate as f32, rule.keep());
    let ([beta_1, beta_2], [correction_1, correction_2]) = (BETA, rule.correction());
    update(w_m, g, at, |[w, first, second], g| {
        for (((w, first), second), g) in w.iter_mut().zip(first).zip(second).zip(g) {
            *first = beta_1 * *first + (1.0 - beta_1) * g;
            *second = beta_2 * *second + (1.0 - beta_2) * g * g;
            *w = keep * *w - rate * (*first / correction_1) / ((*second / correction_2).sqrt() + EPSILON);
        }
    })
}

/// `each` on what belongs together of all tables and of `g`: everything, or a row that `at` names.
fn update<const K: usize>(tables: [Own; K], g: &Own, at: Option<&[usize]>, each: impl Fn([&mut [f32]; K], &[f32])) -> [Own; K] {
    let mut tables = tables.map(contiguous);
    let ([_, vocabulary, cols], [_, count, _], g) = (dims(&tables[0]), dims(g), g.to_contiguous());
    let mut all = tables.each_mut().map(numbers_mut);
    match at {
        None => each(all, numbers(&g)),
        Some(rows) => {
            for (i, g) in numbers(&g).chunks(cols).enumerate() {
                let begin = (i / count * vocabulary + rows[i % count]) * cols;
                each(all.each_mut().map(|table| &mut table[begin..begin + cols]), g);
            }
        }
    }
    tables
}
