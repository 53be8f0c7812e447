//! A graph of ONNX that is being written: its nodes, the tensors that they take, and what several networks have in common.
//!
//! Operators of opset 17. Source: <https://github.com/onnx/onnx/blob/main/onnx/onnx.proto>.

use super::protobuf::Message;
use super::weights::Matrix;

const OPSET: i64 = 17;
/// Of the file format that came with this opset.
const IR_VERSION: i64 = 8;

/// Types of numbers and of attributes.
pub const FLOAT: i64 = 1;
const INT64: i64 = 7;
const ATTRIBUTE_FLOAT: i64 = 1;
const ATTRIBUTE_INT: i64 = 2;
const ATTRIBUTE_INTS: i64 = 7;

/// A size of a tensor.
enum Size {
    /// Any, the same wherever it has this name.
    Free(&'static str),
    Fixed(i64),
}

/// The value of an attribute.
pub enum Value<'a> {
    Int(i64),
    Float(f32),
    Ints(&'a [i64]),
}

/// Nodes in their order, and the tensors that they take besides.
#[derive(Default)]
pub struct Graph {
    nodes: Vec<Message>,
    tensors: Vec<Message>,
    /// Names of the tensors that are there.
    known: Vec<String>,
}

impl Graph {
    /// A node; the name of its output.
    pub fn node(&mut self, operator: &str, inputs: &[&str], attributes: &[(&str, Value<'_>)]) -> String {
        let output = format!("{}_{}", operator.to_lowercase(), self.nodes.len());
        self.named(operator, inputs, attributes, &output);
        output
    }

    /// A node with a name for its output.
    pub fn named(&mut self, operator: &str, inputs: &[&str], attributes: &[(&str, Value<'_>)], output: &str) {
        let attribute = |(name, value): &(&str, Value<'_>)| {
            let named = Message::default().bytes(1, name);
            match value {
                Value::Int(value) => named.int(3, *value).int(20, ATTRIBUTE_INT),
                Value::Float(value) => named.float(2, *value).int(20, ATTRIBUTE_FLOAT),
                Value::Ints(values) => values.iter().fold(named, |message, value| message.int(8, *value)).int(20, ATTRIBUTE_INTS),
            }
        };
        let attributes: Vec<Message> = attributes.iter().map(attribute).collect();
        let node = inputs.iter().fold(Message::default(), |node, input| node.bytes(1, input));
        self.nodes.push(node.bytes(2, output).bytes(3, output).bytes(4, operator).messages(5, &attributes));
    }

    /// Whether it has a tensor of this name.
    pub fn knows(&self, name: &str) -> bool {
        self.known.iter().any(|known| known == name)
    }

    /// A tensor, once for each name; the name.
    fn tensor(&mut self, name: &str, kind: i64, sizes: &[usize], bytes: impl FnOnce() -> Vec<u8>) -> String {
        if !self.knows(name) {
            let tensor = sizes.iter().fold(Message::default(), |tensor, size| tensor.int(1, *size as i64));
            self.tensors.push(tensor.int(2, kind).bytes(8, name).bytes(9, bytes()));
            self.known.push(name.to_owned());
        }
        name.to_owned()
    }

    /// A leaf of the weights under its own name; a bias, a scale or a shift as one row of numbers.
    pub fn leaf(&mut self, leaf: &Matrix) -> String {
        let sizes = [leaf.rows, leaf.cols];
        let row = ["bias", "scale", "shift"].iter().any(|ending| leaf.name.ends_with(ending));
        let sizes = if row { &sizes[1..] } else { &sizes[..] };
        self.tensor(leaf.name, FLOAT, sizes, || leaf.bytes())
    }

    pub fn floats(&mut self, name: &str, sizes: &[usize], values: &[f32]) -> String {
        self.tensor(name, FLOAT, sizes, || values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    /// A whole number, without an axis.
    pub fn int(&mut self, value: i64) -> String {
        self.tensor(&format!("int_{value}"), INT64, &[], || value.to_le_bytes().to_vec())
    }

    /// A few whole numbers.
    pub fn ints(&mut self, values: &[i64]) -> String {
        let name = format!("ints_{}", values.iter().map(ToString::to_string).collect::<Vec<_>>().join("_"));
        self.tensor(&name, INT64, &[values.len()], || values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    /// x W, and + b where there is one.
    pub fn dense(&mut self, x: &str, weight: &str, bias: Option<&str>) -> String {
        let product = self.node("MatMul", &[x, weight], &[]);
        let Some(bias) = bias else { return product };
        self.node("Add", &[&product, bias], &[])
    }

    /// `x`, `[batch, length, dim]`, with a row of `places`, `[most, dim]`, added at each place.
    pub fn add_places(&mut self, x: &str, places: &str, ids: &str) -> String {
        let zero = self.ints(&[0]);
        let length = self.node("Shape", &[ids], &[("start", Value::Int(1)), ("end", Value::Int(2))]);
        let places = self.node("Slice", &[places, &zero, &length, &zero], &[]);
        self.node("Add", &[x, &places], &[])
    }

    /// What keeps padding from being attended to, to be added to scores: 0 for a token, −1e9 for padding. The mask is
    /// `[batch, length]`, and gets further axes at these places.
    pub fn unseen(&mut self, mask: &str, axes: &[i64]) -> String {
        let [one, never] = [self.floats("one", &[1], &[1.0]), self.floats("never", &[1], &[1e9])];
        let hidden = self.node("Sub", &[mask, &one], &[]);
        let hidden = self.node("Mul", &[&hidden, &never], &[]);
        let axes = self.ints(axes);
        self.node("Unsqueeze", &[&hidden, &axes], &[])
    }

    /// The mean over the tokens of `x`, `[batch, length, dim]`, whatever stands at padding.
    pub fn mean_of_tokens(&mut self, x: &str, mask: &str) -> String {
        let two = self.ints(&[2]);
        let counts = self.node("Unsqueeze", &[mask, &two], &[]);
        let x = self.node("Mul", &[x, &counts], &[]);
        self.mean(&x, mask)
    }

    /// The mean over the tokens of `x`, `[batch, length, dim]` with zeros at padding, → `[batch, dim]`.
    pub fn mean(&mut self, x: &str, mask: &str) -> String {
        let [axis, one] = [self.ints(&[1]), self.floats("one", &[1], &[1.0])];
        let sum = self.node("ReduceSum", &[x, &axis], &[("keepdims", Value::Int(0))]);
        let count = self.node("ReduceSum", &[mask, &axis], &[("keepdims", Value::Int(1))]);
        // A text of nothing but padding is no text; it gets numbers all the same.
        let count = self.node("Max", &[&count, &one], &[]);
        self.node("Div", &[&sum, &count], &[])
    }

    /// The file: inputs of token numbers, `[batch, length]`, each with a name for its length, one output, `[batch, width]`, and
    /// texts by name as metadata.
    pub fn file(self, inputs: &[(&str, &'static str)], (output, width): (&str, usize), texts: &[(&str, &str)]) -> Vec<u8> {
        let inputs = inputs.iter().map(|&(name, length)| value(name, INT64, [Size::Free("batch"), Size::Free(length)]));
        // Tensors are let go of as they are written: they may have a hundred megabytes.
        let graph = Message::default()
            .messages(1, self.nodes)
            .bytes(2, "classifier")
            .messages(5, self.tensors)
            .messages(11, inputs)
            .message(12, &value(output, FLOAT, [Size::Free("batch"), Size::Fixed(width as i64)]));
        let model = Message::default()
            .int(1, IR_VERSION)
            .bytes(2, "basin")
            .bytes(3, env!("CARGO_PKG_VERSION"))
            .message(8, &Message::default().bytes(1, "").int(2, OPSET))
            .messages(14, texts.iter().map(|(key, text)| Message::default().bytes(1, key).bytes(2, text)));
        model.message(7, &graph).into_bytes()
    }
}

/// Name, type and sizes of an input or output.
fn value(name: &str, kind: i64, sizes: [Size; 2]) -> Message {
    let size = |size| match size {
        Size::Free(name) => Message::default().bytes(2, name),
        Size::Fixed(size) => Message::default().int(1, size),
    };
    let shape = Message::default().messages(1, sizes.map(size));
    let tensor = Message::default().int(1, kind).message(2, &shape);
    Message::default().bytes(1, name).message(2, &Message::default().message(1, &tensor))
}
