//! The softmax of a last layer, a unit for each example.

use burn::backend::TensorMetadata;
use burn::tensor::Shape;
use burn_cubecl::cubecl::{self, prelude::*};

use super::launch::{Own, arg, like, one_unit_each};
use crate::twin::softmax::LEAST_S;

/// See [`crate::softmax`].
pub fn softmax(scores: Own, bias: Own, one_hot: Own) -> (Own, Own, Own) {
    let [members, batch, _] = scores.shape().dims();
    let (logits, error) = (like(&scores, scores.shape()), like(&scores, scores.shape()));
    let losses = like(&scores, Shape::new([members, batch]));
    let (count, dim) = one_unit_each(&losses, members * batch);
    let outputs = (arg(logits.clone()), arg(losses.clone()), arg(error.clone()));
    softmax_kernel::launch(&losses.client, count, dim, arg(scores), arg(bias), arg(one_hot), outputs.0, outputs.1, outputs.2);
    (logits, losses, error)
}

/// See [`crate::last_layer_curvature`].
pub fn last_layer_curvature(hidden: Own, logits: Own, one_hot: Own) -> Own {
    let [members, batch, _] = logits.shape().dims();
    let out = like(&logits, Shape::new([members, batch]));
    let (count, dim) = one_unit_each(&out, members * batch);
    last_layer_curvature_kernel::launch(&out.client, count, dim, arg(hidden), arg(logits), arg(one_hot), arg(out.clone()), LEAST_S);
    out
}

/// A unit for each example.
#[cube(launch)]
fn softmax_kernel(
    scores: &Tensor<f32>,
    bias: &Tensor<f32>,
    one_hot: &Tensor<f32>,
    logits: &mut Tensor<f32>,
    losses: &mut Tensor<f32>,
    error: &mut Tensor<f32>,
) {
    if ABSOLUTE_POS < losses.len() {
        let classes = scores.shape(2);
        let begin = ABSOLUTE_POS * classes;
        let bias_begin = ABSOLUTE_POS / scores.shape(1) * classes;
        let label_begin = begin % one_hot.len();

        let mut largest = scores[begin] + bias[bias_begin];
        for class in 0..classes {
            let logit = scores[begin + class] + bias[bias_begin + class];
            logits[begin + class] = logit;
            if logit > largest {
                largest = logit;
            }
        }
        let mut sum = 0.0f32;
        let mut at_label = 0.0f32;
        for class in 0..classes {
            let shifted = logits[begin + class] - largest;
            let exp = shifted.exp();
            error[begin + class] = exp;
            sum += exp;
            at_label += shifted * one_hot[label_begin + class];
        }
        losses[ABSOLUTE_POS] = sum.ln() - at_label;
        for class in 0..classes {
            error[begin + class] = error[begin + class] / sum - one_hot[label_begin + class];
        }
    }
}

/// A unit for each example.
#[cube(launch)]
fn last_layer_curvature_kernel(hidden: &Tensor<f32>, logits: &Tensor<f32>, one_hot: &Tensor<f32>, out: &mut Tensor<f32>, least_s: f32) {
    if ABSOLUTE_POS < out.len() {
        let (width, classes) = (hidden.shape(2), logits.shape(2));
        let begin = ABSOLUTE_POS * classes;
        let label_begin = begin % one_hot.len();
        let mut square = 1.0f32;
        for i in 0..width {
            let value = hidden[ABSOLUTE_POS * width + i];
            square += value * value;
        }
        let mut largest = logits[begin];
        for class in 1..classes {
            if logits[begin + class] > largest {
                largest = logits[begin + class];
            }
        }
        let mut sum = 0.0f32;
        let mut sum_others = 0.0f32;
        let mut squares_others = 0.0f32;
        for class in 0..classes {
            let exp = (logits[begin + class] - largest).exp();
            sum += exp;
            sum_others += exp * (1.0 - one_hot[label_begin + class]);
        }
        let s = sum_others / sum;
        let mut divisor = s;
        if divisor < least_s {
            divisor = least_s;
        }
        for class in 0..classes {
            let exp = (logits[begin + class] - largest).exp();
            let t = exp / sum * (1.0 - one_hot[label_begin + class]) / divisor;
            squares_others += t * t;
        }
        out[ABSOLUTE_POS] = square.sqrt() * (2.0 - (squares_others + 1.0) * s) / (squares_others + 1.0).sqrt();
    }
}
