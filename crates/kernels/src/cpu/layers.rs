//! Losses behind a dense tanh layer and a last layer, and nothing of what a way back would need.

use super::matrix::{Matrix, multiply};
use super::numbers::{Own, contiguous, dims, make, numbers};
use super::products::{add_bias_and_tanh, matrix};
use super::softmax::cross_entropy;
use crate::simd::wide;

/// See [`crate::DRAWN`].
pub const DRAWN: usize = 1024;

/// See [`crate::dense_losses`].
pub fn dense_losses(x: Own, hidden: Own, hidden_bias: Own, head: Own, head_bias: Own, one_hot: Own) -> Own {
    let ([members, batch, _], width, classes) = (dims(&x), dims(&hidden)[2], dims(&head)[2]);
    let [hidden_bias, head_bias, one_hot] = [hidden_bias, head_bias, one_hot].map(|t| t.to_contiguous());
    let mut layers = Layers::new(batch, width, classes);
    let mut losses = vec![0.0_f32; members * batch];
    for (member, (losses, labels)) in losses.chunks_mut(batch).zip(numbers(&one_hot).chunks(batch * classes).cycle()).enumerate() {
        let biases = [&numbers(&hidden_bias)[member * width..][..width], &numbers(&head_bias)[member * classes..][..classes]];
        layers.losses([&x, &hidden, &head].map(|leaf| matrix(leaf, member)), biases, labels, losses);
    }
    make(losses, [members, batch])
}

/// See [`crate::antithetic_dense_losses`].
pub fn antithetic_dense_losses(leaves: [Own; 5], factor: &Own, one_hot: &Own, r: &Own, mut draw: impl FnMut(usize, &mut [f32])) -> Own {
    let leaves = leaves.map(contiguous);
    let [one_hot, r] = [one_hot, r].map(Own::to_contiguous);
    let shapes = leaves.each_ref().map(dims);
    let [[members, batch, inputs], [_, _, width], _, [_, _, classes], _] = shapes;
    let sizes = shapes.map(|[_, rows, cols]| rows * cols);
    let mut layers = Layers::new(batch, width, classes);
    let mut pair = [(); 2].map(|()| sizes.map(Vec::with_capacity));
    let (mut zeta, mut of_x, mut drawn) = (vec![0.0_f32; sizes[0]], vec![0.0_f32; sizes[0]], [0.0_f32; DRAWN]);
    let mut losses = vec![0.0_f32; 2 * members * batch];
    let labels = numbers(&one_hot).chunks(batch * classes).cycle();
    for ((member, &r), labels) in numbers(&r).iter().enumerate().zip(labels) {
        pair.iter_mut().flatten().for_each(Vec::clear);
        let [plus, minus] = &mut pair;
        let w = |leaf: usize| &numbers(&leaves[leaf])[member * sizes[leaf]..][..sizes[leaf]];
        draw(member, &mut zeta);
        multiply(&mut of_x, &matrix(factor, member), &Matrix::by_rows(&zeta, inputs));
        push_pair(w(0), r, &of_x, &mut plus[0], &mut minus[0]);
        for leaf in 1..leaves.len() {
            // Used where they have just been made, in the nearest cache.
            for w in w(leaf).chunks(DRAWN) {
                let drawn = &mut drawn[..w.len()];
                draw(member, drawn);
                push_pair(w, r, drawn, &mut plus[leaf], &mut minus[leaf]);
            }
        }
        for (sign, [x, hidden, hidden_bias, head, head_bias]) in pair.iter().enumerate() {
            let matrices = [(x, inputs), (hidden, width), (head, classes)].map(|(numbers, cols)| Matrix::by_rows(numbers, cols));
            let losses = &mut losses[(sign * members + member) * batch..][..batch];
            layers.losses(matrices, [hidden_bias, head_bias], labels, losses);
        }
    }
    make(losses, [2 * members, batch])
}

/// Appends w + r ξ to `plus` and w − r ξ to `minus`.
fn push_pair(w: &[f32], r: f32, xi: &[f32], plus: &mut Vec<f32>, minus: &mut Vec<f32>) {
    wide(
        #[inline(always)]
        || {
            plus.extend(w.iter().zip(xi).map(|(w, xi)| w + r * xi));
            minus.extend(w.iter().zip(xi).map(|(w, xi)| w - r * xi));
        },
    );
}

/// Room for what a dense tanh layer and a last layer say of a batch: for one member at a time, so that it stays in the
/// nearest cache.
struct Layers {
    hidden: Vec<f32>,
    scores: Vec<f32>,
    width: usize,
    classes: usize,
}

impl Layers {
    fn new(batch: usize, width: usize, classes: usize) -> Self {
        Self { hidden: vec![0.0; batch * width], scores: vec![0.0; batch * classes], width, classes }
    }

    /// Losses of one member from the inputs, both layers' weights, both biases, and the one-hot labels.
    fn losses(&mut self, [x, hidden, head]: [Matrix<'_>; 3], [hidden_bias, head_bias]: [&[f32]; 2], labels: &[f32], losses: &mut [f32]) {
        multiply(&mut self.hidden, &x, &hidden);
        add_bias_and_tanh(&mut self.hidden, hidden_bias, self.width);
        multiply(&mut self.scores, &Matrix::by_rows(&self.hidden, self.width), &head);
        let of_examples = self.scores.chunks_mut(self.classes).zip(labels.chunks(self.classes));
        for (loss, (scores, label)) in losses.iter_mut().zip(of_examples) {
            *loss = cross_entropy(scores, head_bias, label, |_| ());
        }
    }
}
