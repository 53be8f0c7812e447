//! The softmax of a last layer, an example at a time.

use super::numbers::{Own, change, dims, make, numbers};
use super::scalar::sum_of_products;
use crate::simd::wide;
use crate::twin::softmax::LEAST_S;

/// See [`crate::softmax`].
pub fn softmax(scores: Own, bias: Own, one_hot: Own) -> (Own, Own, Own) {
    let [members, batch, classes] = dims(&scores);
    let (bias, one_hot) = (bias.to_contiguous(), one_hot.to_contiguous());
    let mut losses = Vec::with_capacity(members * batch);
    let mut errors = Vec::with_capacity(members * batch * classes);
    let logits = change(scores, |values| {
        let labels = numbers(&one_hot).chunks(classes).cycle();
        for ((row, label), example) in values.chunks_mut(classes).zip(labels).zip(0..) {
            let bias = &numbers(&bias)[example / batch * classes..][..classes];
            let begin = errors.len();
            losses.push(cross_entropy(row, bias, label, |exp| errors.push(exp)));
            let sum: f32 = errors[begin..].iter().sum();
            for (error, y) in errors[begin..].iter_mut().zip(label) {
                *error = *error / sum - y;
            }
        }
    });
    (logits, make(losses, [members, batch]), make(errors, [members, batch, classes]))
}

/// See [`crate::last_layer_curvature`].
pub fn last_layer_curvature(hidden: Own, logits: Own, one_hot: Own) -> Own {
    let ([members, batch, classes], [_, _, width]) = (dims(&logits), dims(&hidden));
    let [hidden, logits, one_hot] = [hidden, logits, one_hot].map(|t| t.to_contiguous());
    let of_examples = numbers(&hidden).chunks(width).zip(numbers(&logits).chunks(classes));
    let mut others = vec![0.0; classes];
    let weights = of_examples.zip(numbers(&one_hot).chunks(classes).cycle()).map(|((hidden, logits), label)| {
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        for ((other, logit), y) in others.iter_mut().zip(logits).zip(label) {
            let exp = (logit - largest).exp();
            sum += exp;
            *other = exp * (1.0 - y);
        }
        let s = others.iter().sum::<f32>() / sum;
        let t2: f32 = others.iter().map(|other| (other / sum / s.max(LEAST_S)).powi(2)).sum();
        let mut square = 0.0;
        wide(
            #[inline(always)]
            || square = sum_of_products(hidden, hidden),
        );
        (square + 1.0).sqrt() * (2.0 - (t2 + 1.0) * s) / (t2 + 1.0).sqrt()
    });
    make(weights.collect(), [members, batch])
}

/// Makes logits of an example's scores, and gives its loss −ln π_y; tells e^(logit − the largest) of each class.
pub fn cross_entropy(scores: &mut [f32], bias: &[f32], label: &[f32], mut tell: impl FnMut(f32)) -> f32 {
    for (score, bias) in scores.iter_mut().zip(bias) {
        *score += bias;
    }
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let (mut sum, mut at_label) = (0.0, 0.0);
    for (logit, y) in scores.iter().zip(label) {
        let exp = (logit - largest).exp();
        tell(exp);
        sum += exp;
        at_label += (logit - largest) * y;
    }
    sum.ln() - at_label
}
