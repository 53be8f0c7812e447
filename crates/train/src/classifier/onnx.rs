//! A classifier as a graph of ONNX: token numbers in, probabilities out.
//!
//! Inputs: `ids`, `[batch, length]` of int64, 0 at the end of shorter texts; for pairs `ids_b` besides. Output: `probabilities`,
//! `[batch, classes]`. Operators of opset 17. The formulas are those of `models/*`, each behind its name here; that both say the
//! same is seen by `tests/onnx/run`. Source: <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>.

use super::protobuf::Message;
use super::weights::{Classifier, Matrix};
use super::{card, tokenizer};
use crate::experiment::{ModelKind, Pair};
use crate::models::{WINDOWS, positions};

const OPSET: i64 = 17;
/// Of the file format that came with this opset.
const IR_VERSION: i64 = 8;

/// Types of numbers and of attributes.
const FLOAT: i64 = 1;
const INT64: i64 = 7;
const ATTRIBUTE_INT: i64 = 2;
const ATTRIBUTE_INTS: i64 = 7;

/// The file. Tokenizer, classes and card are in it, too, as its metadata, so that it is enough by itself.
pub fn file(classifier: &Classifier) -> Vec<u8> {
    // Texts of a pair are padded each by itself; a size of one name is one size everywhere.
    let inputs = if classifier.pairs { &[("ids", "length"), ("ids_b", "length_b")][..] } else { &[("ids", "length")] };
    let mut graph = Graph::default();
    let texts: Vec<String> = inputs.iter().map(|(ids, _)| graph.features(classifier, ids)).collect();
    let hidden = graph.join(texts, classifier.model.pair);
    let hidden = match classifier.model.kind {
        ModelKind::Bag => {
            let inner = graph.layer(classifier, &hidden, "hidden.weight", Some("hidden.bias"));
            graph.node("Tanh", &[&inner], &[])
        }
        ModelKind::Cnn | ModelKind::Attention | ModelKind::Sentence => hidden,
    };
    let logits = graph.layer(classifier, &hidden, "head.weight", Some("head.bias"));
    graph.named("Softmax", &[&logits], &[("axis", Value::Int(-1))], "probabilities");

    let classes = classifier.classes.len() as i64;
    let inputs: Vec<Message> = inputs.iter().map(|&(name, length)| value(name, INT64, [Size::Free("batch"), Size::Free(length)])).collect();
    let output = value("probabilities", FLOAT, [Size::Free("batch"), Size::Fixed(classes)]);
    let graph = Message::default()
        .messages(1, &graph.nodes)
        .bytes(2, "classifier")
        .messages(5, &graph.tensors)
        .messages(11, &inputs)
        .message(12, &output);
    let entry = |key: &str, text: &str| Message::default().bytes(1, key).bytes(2, text);
    let classes = serde_json::to_string(&classifier.classes).expect("a list of texts");
    let entries = [
        entry("classes", &classes),
        entry("tokenizer", &tokenizer::json(&classifier.vocabulary)),
        entry("card", &card::markdown(classifier)),
    ];
    Message::default()
        .int(1, IR_VERSION)
        .bytes(2, "basin")
        .bytes(3, env!("CARGO_PKG_VERSION"))
        .message(7, &graph)
        .message(8, &Message::default().bytes(1, "").int(2, OPSET))
        .messages(14, &entries)
        .into_bytes()
}

/// A size of a tensor.
enum Size {
    Free(&'static str),
    Fixed(i64),
}

/// Name, type and sizes of an input or output.
fn value(name: &str, kind: i64, sizes: [Size; 2]) -> Message {
    let size = |size| match size {
        Size::Free(name) => Message::default().bytes(2, name),
        Size::Fixed(size) => Message::default().int(1, size),
    };
    let shape = Message::default().messages(1, &sizes.map(size));
    let tensor = Message::default().int(1, kind).message(2, &shape);
    Message::default().bytes(1, name).message(2, &Message::default().message(1, &tensor))
}

/// The value of an attribute.
enum Value<'a> {
    Int(i64),
    Ints(&'a [i64]),
}

/// Nodes in their order, and the tensors that they take besides.
#[derive(Default)]
struct Graph {
    nodes: Vec<Message>,
    tensors: Vec<Message>,
    /// Names of the tensors that are there.
    known: Vec<String>,
}

impl Graph {
    /// A node; the name of its output.
    fn node(&mut self, operator: &str, inputs: &[&str], attributes: &[(&str, Value<'_>)]) -> String {
        let output = format!("{}_{}", operator.to_lowercase(), self.nodes.len());
        self.named(operator, inputs, attributes, &output);
        output
    }

    /// A node with a name for its output.
    fn named(&mut self, operator: &str, inputs: &[&str], attributes: &[(&str, Value<'_>)], output: &str) {
        let attribute = |(name, value): &(&str, Value<'_>)| {
            let named = Message::default().bytes(1, name);
            match value {
                Value::Int(value) => named.int(3, *value).int(20, ATTRIBUTE_INT),
                Value::Ints(values) => values.iter().fold(named, |message, value| message.int(8, *value)).int(20, ATTRIBUTE_INTS),
            }
        };
        let attributes: Vec<Message> = attributes.iter().map(attribute).collect();
        let node = inputs.iter().fold(Message::default(), |node, input| node.bytes(1, input));
        self.nodes.push(node.bytes(2, output).bytes(3, output).bytes(4, operator).messages(5, &attributes));
    }

    /// A tensor, once for each name; the name.
    fn tensor(&mut self, name: &str, kind: i64, sizes: &[usize], bytes: impl FnOnce() -> Vec<u8>) -> String {
        if !self.known.iter().any(|known| known == name) {
            let tensor = sizes.iter().fold(Message::default(), |tensor, size| tensor.int(1, *size as i64));
            self.tensors.push(tensor.int(2, kind).bytes(8, name).bytes(9, bytes()));
            self.known.push(name.to_owned());
        }
        name.to_owned()
    }

    /// A leaf of the weights under its own name; a bias as one row of numbers.
    fn leaf(&mut self, leaf: &Matrix) -> String {
        let sizes = [leaf.rows, leaf.cols];
        let sizes = if leaf.name.ends_with("bias") { &sizes[1..] } else { &sizes[..] };
        self.tensor(leaf.name, FLOAT, sizes, || leaf.bytes())
    }

    fn floats(&mut self, name: &str, sizes: &[usize], values: &[f32]) -> String {
        self.tensor(name, FLOAT, sizes, || values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    /// A few whole numbers.
    fn ints(&mut self, values: &[i64]) -> String {
        let name = format!("ints_{}", values.iter().map(ToString::to_string).collect::<Vec<_>>().join("_"));
        self.tensor(&name, INT64, &[values.len()], || values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    /// x W, and + b where there is one.
    fn layer(&mut self, classifier: &Classifier, x: &str, weight: &str, bias: Option<&str>) -> String {
        let weight = self.leaf(classifier.leaf(weight));
        let product = self.node("MatMul", &[x, &weight], &[]);
        let Some(bias) = bias else { return product };
        let bias = self.leaf(classifier.leaf(bias));
        self.node("Add", &[&product, &bias], &[])
    }

    /// What the model makes of a text before texts meet: `[batch, width]`.
    fn features(&mut self, classifier: &Classifier, ids: &str) -> String {
        match classifier.model.kind {
            ModelKind::Bag => self.bag(classifier, ids),
            ModelKind::Cnn => self.cnn(classifier, ids),
            ModelKind::Attention => self.attention(classifier, ids),
            ModelKind::Sentence => unreachable!("no run of this model becomes a classifier of its own"),
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

    /// The mean over the tokens of `x`, `[batch, length, dim]` with zeros at padding, → `[batch, dim]`.
    fn mean(&mut self, x: &str, mask: &str) -> String {
        let [axis, one] = [self.ints(&[1]), self.floats("one", &[1], &[1.0])];
        let sum = self.node("ReduceSum", &[x, &axis], &[("keepdims", Value::Int(0))]);
        let count = self.node("ReduceSum", &[mask, &axis], &[("keepdims", Value::Int(1))]);
        // A text of nothing but padding is no text; it gets numbers all the same.
        let count = self.node("Max", &[&count, &one], &[]);
        self.node("Div", &[&sum, &count], &[])
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
        let [zero, one, two] = [0, 1, 2].map(|place| self.ints(&[place]));

        let waves = self.floats("positions", &[most, dim], &positions(most, dim));
        let length = self.node("Shape", &[ids], &[("start", Value::Int(1)), ("end", Value::Int(2))]);
        let waves = self.node("Slice", &[&waves, &zero, &length, &zero], &[]);
        let x = self.look_up(classifier, ids);
        let x = self.node("Add", &[&x, &waves], &[]);

        let seen = self.normed(&x, dim);
        let [query, key, value] = ["query", "key", "value"].map(|part| self.layer(classifier, &seen, part, None));
        let key = self.node("Transpose", &[&key], &[("perm", Value::Ints(&[0, 2, 1]))]);
        let scores = self.node("MatMul", &[&query, &key], &[]);
        let root = self.floats("root_of_dim", &[1], &[(dim as f32).sqrt()]);
        let scores = self.node("Div", &[&scores, &root], &[]);
        let (float_one, never) = (self.floats("one", &[1], &[1.0]), self.floats("never", &[1], &[1e9]));
        let hidden = self.node("Sub", &[&mask, &float_one], &[]);
        let hidden = self.node("Mul", &[&hidden, &never], &[]);
        let hidden = self.node("Unsqueeze", &[&hidden, &one], &[]);
        let scores = self.node("Add", &[&scores, &hidden], &[]);
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
        let counts = self.node("Unsqueeze", &[&mask, &two], &[]);
        let x = self.node("Mul", &[&x, &counts], &[]);
        self.mean(&x, &mask)
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
