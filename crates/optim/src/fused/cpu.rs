//! The fused operations on the CPU: matrix products (`matrix.rs`), and everything around them in one pass.

use burn::backend::flex::FlexDevice;
use burn::backend::ops::{FloatTensorOps, IntTensorOps};
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Flex, TensorMetadata};
use burn::tensor::{IntDType, Shape, TensorData};

use super::matrix::{Matrix, multiply};
use super::{AdamW, BETA, DRAWN, EPSILON, Fused, Momentum, Sgd};
use crate::shares::{Share, Shares};
use crate::weighting::LEAST_S;
use crate::wide::wide;

type Own = FloatTensor<Flex>;

impl Fused for Flex {
    fn product(a: Own, b: Own) -> Own {
        product(&a, &b)
    }

    fn dense_tanh(x: Own, weight: Own, bias: Own) -> Own {
        let (scores, bias) = (product(&x, &weight), bias.to_contiguous());
        let ([_, rows, cols], [_, bias_rows, _]) = (dims(&scores), dims(&bias));
        change(scores, |values| {
            for (member, bias) in values.chunks_mut(rows * cols).zip(numbers(&bias).chunks(bias_rows * cols)) {
                add_bias_and_tanh(member, bias, cols);
            }
        })
    }

    fn tanh_backward(d: Own, transposed: Own, tanh: Own) -> Own {
        let tanh = tanh.to_contiguous();
        change(product(&d, &transposed), |values| {
            wide(
                #[inline(always)]
                || {
                    for (value, tanh) in values.iter_mut().zip(numbers(&tanh)) {
                        *value *= 1.0 - tanh * tanh;
                    }
                },
            );
        })
    }

    fn softmax(scores: Own, bias: Own, one_hot: Own) -> (Own, Own, Own) {
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

    fn outer(x: Own, d: Own) -> (Own, Own) {
        let d = d.to_contiguous();
        let [members, batch, cols] = dims(&d);
        let mut bias = vec![0.0_f32; members * cols];
        for (sums, member) in bias.chunks_mut(cols).zip(numbers(&d).chunks(batch * cols)) {
            for row in member.chunks(cols) {
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += value;
                }
            }
        }
        (product(&Self::float_swap_dims(x, 1, 2), &d), make(bias, [members, 1, cols]))
    }

    fn dense_losses(x: Own, hidden: Own, hidden_bias: Own, head: Own, head_bias: Own, one_hot: Own) -> Own {
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

    fn over_norm(length: Own, norm: Own, least: f32) -> Own {
        let ([_, count, _], length) = (dims(&norm), length.to_contiguous());
        change(norm, |values| {
            for (values, length) in values.chunks_mut(count).zip(numbers(&length)) {
                for value in values {
                    *value = if *value < least { 0.0 } else { length / *value };
                }
            }
        })
    }

    fn normalise(raw: Own) -> (Own, Own) {
        let [members, n]: [usize; 2] = raw.shape().dims();
        let mut fell_back = vec![0.0; members];
        let p = change(raw, |values| {
            for (row, fell_back) in values.chunks_mut(n).zip(&mut fell_back) {
                let sum: f32 = row.iter().sum();
                let usable = sum > 0.0 && sum < f32::MAX;
                *fell_back = if usable { 0.0 } else { 1.0 };
                for value in row {
                    *value = if usable { *value / sum } else { 1.0 / n as f32 };
                }
            }
        });
        (p, make(fell_back, [members]))
    }

    fn head_weights(hidden: Own, logits: Own, one_hot: Own) -> Own {
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

    fn second_difference(sides: Own, middle: Own, r: Own, size: bool) -> Own {
        let [members, batch]: [usize; 2] = middle.shape().dims();
        let [sides, r] = [sides, r].map(|t| t.to_contiguous());
        let (plus, minus) = numbers(&sides).split_at(members * batch);
        change(middle, |values| {
            for (i, value) in values.iter_mut().enumerate() {
                let r = numbers(&r)[i / batch];
                let difference = ((plus[i] - *value) + (minus[i] - *value)) / (r * r);
                *value = if size { difference.abs() } else { difference };
            }
        })
    }
}

/// See [`super::weigh_rows`].
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

/// See [`super::product`]. Burn's own clears and copies the memory of the product before it is computed: for small
/// matrices that is a tenth of a step.
fn product(a: &Own, b: &Own) -> Own {
    let ([of_a, rows, inner], [of_b, inner_b, cols]) = (dims(a), dims(b));
    let members = of_a.max(of_b);
    assert!(inner == inner_b && members % of_a == 0 && members % of_b == 0, "shapes fit");
    let mut out = vec![0.0_f32; members * rows * cols];
    for (member, out) in out.chunks_mut(rows * cols).enumerate() {
        multiply(out, &matrix(a, member), &matrix(b, member));
    }
    make(out, [members, rows, cols])
}

/// The matrix of a member, or of all members where they share one.
fn matrix(tensor: &Own, member: usize) -> Matrix<'_> {
    let (layout, [members, rows, cols]) = (tensor.layout(), dims(tensor));
    let &[apart, down, across] = layout.strides() else { panic!("tensors have three dimensions") };
    let [apart, down, across] = [apart, down, across].map(|stride| usize::try_from(stride).expect("nothing here is flipped"));
    Matrix::new(&tensor.storage::<f32>()[layout.start_offset() + member % members * apart..], [rows, cols], [down, across])
}

/// tanh(x + bias) of rows of `cols` numbers; `bias` has one row for all or one for each.
fn add_bias_and_tanh(values: &mut [f32], bias: &[f32], cols: usize) {
    wide(
        #[inline(always)]
        || {
            for (row, bias) in values.chunks_mut(cols).zip(bias.chunks(cols).cycle()) {
                for (value, bias) in row.iter_mut().zip(bias) {
                    *value = tanh(*value + bias);
                }
            }
        },
    );
}

/// Makes logits of an example's scores, and gives its loss −ln π_y; tells e^(logit − the largest) of each class.
fn cross_entropy(scores: &mut [f32], bias: &[f32], label: &[f32], mut tell: impl FnMut(f32)) -> f32 {
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

/// See [`super::add_scaled`].
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

/// See [`super::dense_losses_on_both_sides`].
pub fn dense_losses_on_both_sides(leaves: [Own; 5], factor: &Own, one_hot: &Own, r: &Own, mut draw: impl FnMut(usize, &mut [f32])) -> Own {
    let leaves = leaves.map(contiguous);
    let [one_hot, r] = [one_hot, r].map(Own::to_contiguous);
    let shapes = leaves.each_ref().map(dims);
    let [[members, batch, inputs], [_, _, width], _, [_, _, classes], _] = shapes;
    let sizes = shapes.map(|[_, rows, cols]| rows * cols);
    let mut layers = Layers::new(batch, width, classes);
    let mut sides = [(); 2].map(|()| sizes.map(Vec::with_capacity));
    let (mut zeta, mut of_x, mut drawn) = (vec![0.0_f32; sizes[0]], vec![0.0_f32; sizes[0]], [0.0_f32; DRAWN]);
    let mut losses = vec![0.0_f32; 2 * members * batch];
    let labels = numbers(&one_hot).chunks(batch * classes).cycle();
    for ((member, &r), labels) in numbers(&r).iter().enumerate().zip(labels) {
        sides.iter_mut().flatten().for_each(Vec::clear);
        let [plus, minus] = &mut sides;
        let w = |leaf: usize| &numbers(&leaves[leaf])[member * sizes[leaf]..][..sizes[leaf]];
        draw(member, &mut zeta);
        multiply(&mut of_x, &matrix(factor, member), &Matrix::by_rows(&zeta, inputs));
        push_both_sides(w(0), r, &of_x, &mut plus[0], &mut minus[0]);
        for leaf in 1..leaves.len() {
            // Used where they have just been made, in the nearest cache.
            for w in w(leaf).chunks(DRAWN) {
                let drawn = &mut drawn[..w.len()];
                draw(member, drawn);
                push_both_sides(w, r, drawn, &mut plus[leaf], &mut minus[leaf]);
            }
        }
        for (side, [x, hidden, hidden_bias, head, head_bias]) in sides.iter().enumerate() {
            let matrices = [(x, inputs), (hidden, width), (head, classes)].map(|(numbers, cols)| Matrix::by_rows(numbers, cols));
            let losses = &mut losses[(side * members + member) * batch..][..batch];
            layers.losses(matrices, [hidden_bias, head_bias], labels, losses);
        }
    }
    make(losses, [2 * members, batch])
}

/// Appends w + r ξ to `plus` and w − r ξ to `minus`.
fn push_both_sides(w: &[f32], r: f32, xi: &[f32], plus: &mut Vec<f32>, minus: &mut Vec<f32>) {
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

/// See [`super::rank_one_norms`].
pub fn rank_one_norms(layers: &[[Own; 2]], constants: [f32; 3]) -> Own {
    let [members, batch, _] = dims(&layers[0][1]);
    let mut sums = vec![0.0_f32; members * batch];
    for ([a, d], constant) in layers.iter().zip(constants) {
        let ([_, _, inputs], [_, _, outputs]) = (dims(a), dims(d));
        let [a, d] = [a, d].map(Own::to_contiguous);
        wide(
            #[inline(always)]
            || {
                let of_examples = numbers(&a).chunks(inputs).cycle().zip(numbers(&d).chunks(outputs));
                for (sum, (a, d)) in sums.iter_mut().zip(of_examples) {
                    *sum += sum_of_products(d, d) * (sum_of_products(a, a) + constant);
                }
            },
        );
    }
    for sum in &mut sums {
        *sum = sum.sqrt();
    }
    make(sums, [members, batch, 1])
}

/// See [`super::add_rank_one`].
pub fn add_rank_one([base, s, u, v, z]: [Own; 5], constant: f32, tanh: Option<&Own>) -> Own {
    let ([members, batch, cols], [_, base_rows, _], [_, _, inner]) = (dims(&z), dims(&base), dims(&u));
    let [s, u, v, z] = [s, u, v, z].map(|t| t.to_contiguous());
    let tanh = tanh.map(Own::to_contiguous);
    // One row of `base` may serve all examples.
    let base = if base_rows == batch { base } else { Flex::float_expand(base, Shape::new([members, batch, cols])) };
    change(base, |values| {
        wide(
            #[inline(always)]
            || {
                let rows = numbers(&u).chunks(inner).cycle().zip(numbers(&v).chunks(inner).cycle());
                let of_examples = numbers(&s).iter().zip(rows).zip(numbers(&z).chunks(cols));
                for ((values, ((s, (u, v)), z)), example) in values.chunks_mut(cols).zip(of_examples).zip(0..) {
                    let factor = s * (sum_of_products(u, v) + constant);
                    for (value, z) in values.iter_mut().zip(z) {
                        *value += factor * z;
                    }
                    if let Some(tanh) = &tanh {
                        for (value, tanh) in values.iter_mut().zip(&numbers(tanh)[example * cols..]) {
                            *value *= 1.0 - tanh * tanh;
                        }
                    }
                }
            },
        );
    })
}

/// See [`super::norm`].
pub fn norm(mut pairs: Vec<[Own; 2]>, squares: Vec<Own>, factor: f32, least: f32) -> Own {
    pairs.extend(squares.into_iter().map(|leaf| [leaf.clone(), leaf]));
    // Not `max`, which would make a number of NaN.
    let at_least = |least: f32, value: f32| if value < least { least } else { value };
    change(dot(&pairs), |sums| {
        for sum in sums {
            // Rounding can leave a sum of products below zero.
            *sum = at_least(least, factor * at_least(0.0, *sum).sqrt());
        }
    })
}

/// See [`super::dot`].
pub fn dot(pairs: &[[Own; 2]]) -> Own {
    let [members, _, _] = dims(&pairs[0][0]);
    let mut sums = vec![0.0; members];
    for [a, b] in pairs {
        let ([_, rows, cols], a, b) = (dims(a), a.to_contiguous(), b.to_contiguous());
        let of_members = numbers(&a).chunks(rows * cols).zip(numbers(&b).chunks(rows * cols));
        for (sum, (a, b)) in sums.iter_mut().zip(of_members) {
            wide(
                #[inline(always)]
                || *sum += sum_of_products(a, b),
            );
        }
    }
    make(sums, [members, 1, 1])
}

/// See [`super::sgd`].
pub fn sgd(w: [Own; 1], g: &Own, at: Option<IntTensor<Flex>>, rule: Sgd) -> [Own; 1] {
    let [rate, decay] = [rule.rate, rule.decay].map(|number| number as f32);
    update(w, g, at, |[w], g| {
        for (w, g) in w.iter_mut().zip(g) {
            *w -= rate * (g + decay * *w);
        }
    })
}

/// See [`super::momentum`].
pub fn momentum(w_v: [Own; 2], g: &Own, at: Option<IntTensor<Flex>>, rule: Momentum) -> [Own; 2] {
    let [rate, decay, mu] = [rule.rate, rule.decay, rule.mu].map(|number| number as f32);
    update(w_v, g, at, |[w, v], g| {
        for ((w, v), g) in w.iter_mut().zip(v).zip(g) {
            *v = mu * *v + (g + decay * *w);
            *w -= rate * *v;
        }
    })
}

/// See [`super::adam_w`].
pub fn adam_w(w_m: [Own; 3], g: &Own, at: Option<IntTensor<Flex>>, rule: AdamW) -> [Own; 3] {
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
fn update<const K: usize>(tables: [Own; K], g: &Own, at: Option<IntTensor<Flex>>, each: impl Fn([&mut [f32]; K], &[f32])) -> [Own; K] {
    let mut tables = tables.map(contiguous);
    let ([_, vocabulary, cols], [_, count, _], g) = (dims(&tables[0]), dims(g), g.to_contiguous());
    let mut all = tables.each_mut().map(numbers_mut);
    match at.map(host_rows) {
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

/// See [`Shares::means`].
pub fn means(table: &Own, shares: &Shares) -> Own {
    let [members, vocabulary, dim] = dims(table);
    let (table, texts) = (table.to_contiguous(), shares.texts());
    let mut means = vec![0.0_f32; members * texts * dim];
    for (table, means) in numbers(&table).chunks(vocabulary * dim).zip(means.chunks_mut(texts * dim)) {
        wide(
            #[inline(always)]
            || {
                for &Share { row, text, share } in shares.entries() {
                    let row = &table[shares.ids()[row] as usize * dim..][..dim];
                    for (mean, value) in means[text * dim..][..dim].iter_mut().zip(row) {
                        *mean += share * value;
                    }
                }
            },
        );
    }
    make(means, [members, texts, dim])
}

/// See [`Shares::spread`].
pub fn spread(v: &Own, shares: &Shares) -> Own {
    let [members, _, dim] = dims(v);
    let rows = shares.ids().len();
    let v = v.to_contiguous();
    let mut out = vec![0.0_f32; members * rows * dim];
    add(&mut out, &v, 1.0, shares, rows * dim, |row| row * dim);
    make(out, [members, rows, dim])
}

/// See [`Shares::add_spread`].
pub fn add_spread(table: Own, v: &Own, factor: f32, shares: &Shares) -> Own {
    let [_, vocabulary, dim] = dims(&table);
    let v = v.to_contiguous();
    change(table, |table| add(table, &v, factor, shares, vocabulary * dim, |row| shares.ids()[row] as usize * dim))
}

/// Adds factor · S′ v to `out`, of which each member has `size` numbers and row r begins at `place(r)`.
fn add(out: &mut [f32], v: &Own, factor: f32, shares: &Shares, size: usize, place: impl Fn(usize) -> usize) {
    let [_, texts, dim] = dims(v);
    for (out, v) in out.chunks_mut(size).zip(numbers(v).chunks(texts * dim)) {
        wide(
            #[inline(always)]
            || {
                for &Share { row, text, share } in shares.entries() {
                    let share = factor * share;
                    for (out, value) in out[place(row)..][..dim].iter_mut().zip(&v[text * dim..][..dim]) {
                        *out += share * value;
                    }
                }
            },
        );
    }
}

/// See [`super::assign_rows`].
pub fn assign_rows(table: Own, rows: IntTensor<Flex>, values: &Own) -> Own {
    let ([_, vocabulary, cols], [_, count, _]) = (dims(&table), dims(values));
    let values = values.to_contiguous();
    let rows = host_rows(rows);
    change(table, |table| {
        for (table, values) in table.chunks_mut(vocabulary * cols).zip(numbers(&values).chunks(count * cols)) {
            for (row, values) in rows.iter().zip(values.chunks(cols)) {
                table[row * cols..][..cols].copy_from_slice(values);
            }
        }
    })
}

fn dims(tensor: &Own) -> [usize; 3] {
    tensor.shape().dims()
}

/// The numbers of a contiguous tensor.
fn numbers(tensor: &Own) -> &[f32] {
    let layout = tensor.layout();
    &tensor.storage::<f32>()[layout.start_offset()..][..layout.num_elements()]
}

/// The same, to be written; copied before if somebody else holds them.
fn numbers_mut(tensor: &mut Own) -> &mut [f32] {
    let (start, count) = (tensor.layout().start_offset(), tensor.layout().num_elements());
    &mut tensor.storage_mut::<f32>()[start..][..count]
}

fn host_rows(rows: IntTensor<Flex>) -> Vec<usize> {
    let rows = Flex::int_cast(rows, IntDType::I32).to_contiguous();
    let layout = rows.layout();
    rows.storage::<i32>()[layout.start_offset()..][..layout.num_elements()].iter().map(|&row| row as usize).collect()
}

/// The same numbers in the order of the shape; the same tensor if they are. (`to_contiguous` would hold it twice, and
/// what is held twice is copied before it is written.)
fn contiguous(tensor: Own) -> Own {
    if tensor.is_contiguous() { tensor } else { tensor.to_contiguous() }
}

/// `tensor` with other numbers; written in place where nobody else holds them.
fn change(tensor: Own, f: impl FnOnce(&mut [f32])) -> Own {
    let mut tensor = contiguous(tensor);
    f(numbers_mut(&mut tensor));
    tensor
}

fn make<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Own {
    Flex::float_from_data(TensorData::new(values, shape), &FlexDevice)
}

/// Independent partial sums, so that the compiler can keep them in vector registers; it also rounds less.
const LANES: usize = 32;

#[inline(always)]
fn sum_of_products(a: &[f32], b: &[f32]) -> f32 {
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

/// tanh x = x P(x²)/Q(x²), P and Q fitted for the least largest relative error for |x| ≤ 8, 7e-9; beyond `LARGEST` it
/// is 1. No branches and no calls, so that loops over it become vector code. Rounding leaves an error of at most 3.1e-7
/// of the value; NaN stays NaN.
#[inline(always)]
fn tanh(x: f32) -> f32 {
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

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_sum_of_products_takes_the_rest_too() {
        let a: Vec<f32> = (0..70).map(|i| i as f32).collect();
        // Σ i² for i below 70: 69·70·139/6.
        assert!((sum_of_products(&a, &a) - 111_895.0).abs() < 0.5);
    }
}
