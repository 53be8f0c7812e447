//! The graph of a pre-trained encoder: BERT (arXiv:1810.04805), from the word pieces of a text to its vector.
//!
//! In each layer x ← norm(x + attention x), then x ← norm(x + W₂ gelu(W₁ x + b₁) + b₂), as in `basin_encoder`. The layers that a run
//! has trained further are its own, the others the encoder's.

use super::graph::{FLOAT, Graph, Value};
use super::weights::{Classifier, Matrix};
use crate::data::encoder::{EncoderSizes, Numbers};
use crate::models::{OF_EMBEDDING, OF_LAYERS};

/// What keeps the root of a variance of zero from dividing.
const LEAST_VARIANCE: f32 = 1e-12;

/// The vector of each text, `[batch, width]`: the mean over its word pieces, of length 1 where the encoder stays as it is.
pub fn vector(graph: &mut Graph, classifier: &Classifier, ids: &str) -> String {
    let whole = classifier.whole();
    let EncoderSizes { layers, heads, .. } = whole.sizes();
    let mask = mask(graph, ids);
    let [words, places, scale, shift] = leaves(graph, classifier, OF_EMBEDDING, || whole.embedding());
    let x = graph.node("Gather", &[words, ids], &[]);
    let x = graph.add_places(&x, places, ids);
    let mut x = norm(graph, &x, [scale, shift]);
    let unseen = graph.unseen(&mask, &[1, 2]);
    for (place, names) in OF_LAYERS[..layers].iter().enumerate() {
        let [attention @ .., inner, inner_bias, outer, outer_bias, end_scale, end_shift] =
            leaves(graph, classifier, *names, || whole.layer(place));
        x = attend(graph, &x, &unseen, [heads, classifier.model.dim / heads], attention);
        let inner = graph.dense(&x, inner, Some(inner_bias));
        let inner = gelu(graph, &inner);
        let outer = graph.dense(&inner, outer, Some(outer_bias));
        x = graph.node("Add", &[&x, &outer], &[]);
        x = norm(graph, &x, [end_scale, end_shift]);
    }
    let mean = graph.mean_of_tokens(&x, &mask);
    if classifier.model.tune.is_some() { mean } else { of_length_one(graph, &mean) }
}

/// Tensors of these names: the run's own where it has trained them, else the encoder's. Each is there once, however many texts there are.
fn leaves<const N: usize>(
    graph: &mut Graph,
    classifier: &Classifier,
    names: [&'static str; N],
    original: impl FnOnce() -> Vec<Numbers>,
) -> [&'static str; N] {
    let own: Vec<&Matrix> = classifier.leaves.iter().filter(|leaf| names.contains(&leaf.name)).collect();
    for leaf in &own {
        graph.leaf(leaf);
    }
    if own.is_empty() && !graph.knows(names[0]) {
        for (name, Numbers { shape: [rows, cols], values }) in names.into_iter().zip(original()) {
            graph.leaf(&Matrix { name, rows, cols, values });
        }
    }
    names
}

/// 1 for a word piece, 0 for the padding behind the last one: `[batch, length]`. A text may have `[PAD]` in it, whose number is 0, too.
fn mask(graph: &mut Graph, ids: &str) -> String {
    let [axis, zero] = [graph.int(1), graph.int(0)];
    let from_here_on = graph.node("CumSum", &[ids, &axis], &[("reverse", Value::Int(1))]);
    let pieces = graph.node("Greater", &[&from_here_on, &zero], &[]);
    graph.node("Cast", &[&pieces], &[("to", Value::Int(FLOAT))])
}

/// Attention, added to what it reads, and the norm behind it.
fn attend(graph: &mut Graph, x: &str, unseen: &str, [heads, of_head]: [usize; 2], leaves: [&str; 6]) -> String {
    let [weight, bias, output, output_bias, scale, shift] = leaves;
    let [heads, of_head] = [heads as i64, of_head as i64];
    // Queries, keys and values side by side, each of all heads: one axis for each of these three, and those of texts and places kept.
    let all = graph.dense(x, weight, Some(bias));
    let sizes = graph.ints(&[0, 0, 3, heads, of_head]);
    let all = graph.node("Reshape", &[&all, &sizes], &[]);
    let [query, key, value] = [0, 1, 2].map(|part| {
        let part = graph.int(part);
        graph.node("Gather", &[&all, &part], &[("axis", Value::Int(2))])
    });
    let by_heads = |graph: &mut Graph, part: &str, axes: [i64; 4]| graph.node("Transpose", &[part], &[("perm", Value::Ints(&axes))]);
    let query = by_heads(graph, &query, [0, 2, 1, 3]);
    let key = by_heads(graph, &key, [0, 2, 3, 1]);
    let value = by_heads(graph, &value, [0, 2, 1, 3]);
    let scores = graph.node("MatMul", &[&query, &key], &[]);
    let root = graph.floats("root_of_head", &[1], &[(of_head as f32).sqrt()]);
    let scores = graph.node("Div", &[&scores, &root], &[]);
    let scores = graph.node("Add", &[&scores, unseen], &[]);
    let shares = graph.node("Softmax", &[&scores], &[("axis", Value::Int(-1))]);
    let found = graph.node("MatMul", &[&shares, &value], &[]);
    let found = by_heads(graph, &found, [0, 2, 1, 3]);
    let sizes = graph.ints(&[0, 0, heads * of_head]);
    let found = graph.node("Reshape", &[&found, &sizes], &[]);
    let found = graph.dense(&found, output, Some(output_bias));
    let x = graph.node("Add", &[x, &found], &[]);
    norm(graph, &x, [scale, shift])
}

/// Each row with mean 0 and variance 1, up to scale and shift.
fn norm(graph: &mut Graph, x: &str, [scale, shift]: [&str; 2]) -> String {
    graph.node("LayerNormalization", &[x, scale, shift], &[("epsilon", Value::Float(LEAST_VARIANCE))])
}

/// x Φ(x), with the error function and not its neighbour by tanh.
fn gelu(graph: &mut Graph, x: &str) -> String {
    let [root, one, half] =
        [("root_of_two", 2.0_f32.sqrt()), ("one", 1.0), ("half", 0.5)].map(|(name, value)| graph.floats(name, &[1], &[value]));
    let share = graph.node("Div", &[x, &root], &[]);
    let share = graph.node("Erf", &[&share], &[]);
    let share = graph.node("Add", &[&share, &one], &[]);
    let x = graph.node("Mul", &[x, &share], &[]);
    graph.node("Mul", &[&x, &half], &[])
}

/// The same direction, of Euclidean length 1.
fn of_length_one(graph: &mut Graph, x: &str) -> String {
    let length = graph.node("ReduceL2", &[x], &[("axes", Value::Ints(&[-1])), ("keepdims", Value::Int(1))]);
    let least = graph.floats("least_length", &[1], &[1e-12]);
    let length = graph.node("Max", &[&length, &least], &[]);
    graph.node("Div", &[x, &length], &[])
}
