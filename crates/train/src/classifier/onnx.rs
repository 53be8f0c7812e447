//! A classifier as a graph of ONNX: token numbers in, probabilities out.
//!
//! Inputs: `ids`, `[batch, length]` of int64, 0 at the end of shorter texts; for pairs `ids_b` besides. Output: `probabilities`,
//! `[batch, classes]`. The formulas are those of `models/*`, each behind its name here; that both say the same is seen by
//! `tests/onnx/run`.

use super::graph::{FLOAT, Graph, Value};
use super::weights::{Classifier, Matrix};
use super::{card, onnx_encoder, tokenizer};
use crate::experiment::{ModelKind, Pair};
use crate::models::{WINDOWS, positions};

/// The file. Tokenizer, classes and card are in it, too, as its metadata, so that it is enough by itself.
pub fn file(classifier: &Classifier) -> Vec<u8> {
    // Texts of a pair are padded each by itself; a size of one name is one size everywhere.
    let inputs = if classifier.pairs { &[("ids", "length"), ("ids_b", "length_b")][..] } else { &[("ids", "length")] };
    let mut graph = Graph::default();
    let texts: Vec<String> = inputs.iter().map(|(ids, _)| graph.features(classifier, ids)).collect();
    let hidden = graph.join(texts, classifier.model.pair);
    // What `bag` has before the last layer, and `sentence` where the encoder stays as it is.
    let hidden = if matches!(classifier.model.kind, ModelKind::Bag | ModelKind::Sentence) && classifier.model.tune.is_none() {
        let inner = graph.layer(classifier, &hidden, "hidden.weight", Some("hidden.bias"));
        graph.node("Tanh", &[&inner], &[])
    } else {
        hidden
    };
    let logits = graph.layer(classifier, &hidden, "head.weight", Some("head.bias"));
    graph.named("Softmax", &[&logits], &[("axis", Value::Int(-1))], "probabilities");

    let classes = serde_json::to_string(&classifier.classes).expect("a list of texts");
    let (tokenizer, card) = (tokenizer::file(classifier), card::markdown(classifier));
    let texts = [("classes", &*classes), ("tokenizer", &*tokenizer), ("card", &*card)];
    graph.file(inputs, ("probabilities", classifier.classes.len()), &texts)
}

impl Graph {
    /// x W, and + b where there is one, of the classifier's own.
    fn layer(&mut self, classifier: &Classifier, x: &str, weight: &str, bias: Option<&str>) -> String {
        let weight = self.leaf(classifier.leaf(weight));
        let bias = bias.map(|bias| self.leaf(classifier.leaf(bias)));
        self.dense(x, &weight, bias.as_deref())
    }

    /// What the model makes of a text before texts meet: `[batch, width]`.
    fn features(&mut self, classifier: &Classifier, ids: &str) -> String {
        match classifier.model.kind {
            ModelKind::Bag => self.bag(classifier, ids),
            ModelKind::Cnn => self.cnn(classifier, ids),
            ModelKind::Attention => self.attention(classifier, ids),
            ModelKind::Sentence => onnx_encoder::vector(self, classifier, ids),
        }
    }

    /// 1 for a token, 0 for padding: `[batch, length]`.
    fn mask(&mut self, ids: &str) -> String {
        let zero = self.ints(&[0]);
        let tokens = self.node("Greater", &[ids, &zero], &[]);
        self.node("Cast", &[&tokens], &[("to", Value::Int(FLOAT))])
    }

    /// The rows of the tokens, zeros at padding: `[batch, length, dim]`.
    fn look_up(&mut self, classifier: &Classifier, ids: &str) -> String {
        let rows = self.leaf(classifier.leaf("embedding"));
        self.node("Gather", &[&rows, ids], &[])
    }

    fn bag(&mut self, classifier: &Classifier, ids: &str) -> String {
        let (x, mask) = (self.look_up(classifier, ids), self.mask(ids));
        self.mean(&x, &mask)
    }

    fn cnn(&mut self, classifier: &Classifier, ids: &str) -> String {
        let widest = WINDOWS.iter().map(|(width, ..)| *width).max().unwrap_or(1);
        // So that the widest window fits into a text of one token; windows that reach into padding do not count.
        let ends = self.ints(&[0, 0, 0, widest as i64 - 1]);
        let ids = self.node("Pad", &[ids, &ends], &[]);
        let (x, mask) = (self.look_up(classifier, &ids), self.mask(&ids));
        let x = self.node("Transpose", &[&x], &[("perm", Value::Ints(&[0, 2, 1]))]);
        let [zero, one, end] = [0, 1, i64::MAX].map(|place| self.ints(&[place]));
        let first = self.node("Slice", &[&mask, &zero, &one, &one], &[]);
        let strongest = WINDOWS.map(|(width, weight, bias)| {
            let filters = filters(classifier.leaf(weight), width);
            let sizes = [classifier.leaf(weight).cols, classifier.model.dim, width];
            let (filters, bias) = (self.floats(weight, &sizes, &filters), self.leaf(classifier.leaf(bias)));
            let answers = self.node("Conv", &[&x, &filters, &bias], &[]);
            let answers = self.node("Relu", &[&answers], &[]);
            // A window counts if its last token is one, and the first window always.
            let from = self.ints(&[width as i64]);
            let others = self.node("Slice", &[&mask, &from, &end, &one], &[]);
            let counts = self.node("Concat", &[&first, &others], &[("axis", Value::Int(1))]);
            let counts = self.node("Unsqueeze", &[&counts, &one], &[]);
            let answers = self.node("Mul", &[&answers, &counts], &[]);
            self.node("ReduceMax", &[&answers], &[("axes", Value::Ints(&[2])), ("keepdims", Value::Int(0))])
        });
        self.node("Concat", &strongest.each_ref().map(String::as_str), &[("axis", Value::Int(1))])
    }

    fn attention(&mut self, classifier: &Classifier, ids: &str) -> String {
        let (dim, most) = (classifier.model.dim, classifier.vocabulary.max_length());
        let mask = self.mask(ids);

        let waves = self.floats("positions", &[most, dim], &positions(most, dim));
        let x = self.look_up(classifier, ids);
        let x = self.add_places(&x, &waves, ids);

        let seen = self.normed(&x, dim);
        let [query, key, value] = ["query", "key", "value"].map(|part| self.layer(classifier, &seen, part, None));
        let key = self.node("Transpose", &[&key], &[("perm", Value::Ints(&[0, 2, 1]))]);
        let scores = self.node("MatMul", &[&query, &key], &[]);
        let root = self.floats("root_of_dim", &[1], &[(dim as f32).sqrt()]);
        let scores = self.node("Div", &[&scores, &root], &[]);
        let unseen = self.unseen(&mask, &[1]);
        let scores = self.node("Add", &[&scores, &unseen], &[]);
        let shares = self.node("Softmax", &[&scores], &[("axis", Value::Int(-1))]);
        let attended = self.node("MatMul", &[&shares, &value], &[]);
        let attended = self.layer(classifier, &attended, "output", None);
        let x = self.node("Add", &[&x, &attended], &[]);

        let seen = self.normed(&x, dim);
        let inner = self.layer(classifier, &seen, "hidden.weight", Some("hidden.bias"));
        let inner = self.node("Relu", &[&inner], &[]);
        let back = self.layer(classifier, &inner, "back.weight", Some("back.bias"));
        let x = self.node("Add", &[&x, &back], &[]);

        let x = self.normed(&x, dim);
        self.mean_of_tokens(&x, &mask)
    }

    /// Each row with mean 0 and variance 1.
    fn normed(&mut self, x: &str, dim: usize) -> String {
        let scale = self.floats("ones", &[dim], &vec![1.0; dim]);
        // Its ε is 1e-5 unless another is given.
        self.node("LayerNormalization", &[x, &scale], &[])
    }

    /// The features of one text or two as one: `models/pairs.rs`.
    fn join(&mut self, mut texts: Vec<String>, pair: Pair) -> String {
        if texts.len() == 1 {
            return texts.remove(0);
        }
        if pair == Pair::Interaction {
            let (u, v) = (texts[0].clone(), texts[1].clone());
            let difference = self.node("Sub", &[&u, &v], &[]);
            texts.push(self.node("Abs", &[&difference], &[]));
            texts.push(self.node("Mul", &[&u, &v], &[]));
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        self.node("Concat", &texts, &[("axis", Value::Int(1))])
    }
}

/// The weights of a convolution, `[width · dim, filters]`, as ONNX has them: `[filters, dim, width]`.
fn filters(weight: &Matrix, width: usize) -> Vec<f32> {
    let (dim, filters) = (weight.rows / width, weight.cols);
    let at = |filter, k, place| weight.values[(place * dim + k) * filters + filter];
    (0..filters).flat_map(|filter| (0..dim).flat_map(move |k| (0..width).map(move |place| at(filter, k, place)))).collect()
}
