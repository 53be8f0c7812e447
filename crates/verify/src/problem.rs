//! The three small problems of the golden files, as weights and objectives.
//!
//! `logreg`: two classes with scores 0 and w·x + b, which is the logistic loss.
//! `mlp2`: 3 inputs, 2 hidden tanh units, 2 classes. `embbag`: the mean of embedding rows (5 tokens,
//! 2 numbers each), 2 hidden tanh units, 3 classes; it is `mlp2` on shares of tokens times the embedding.

use basin_optim::population::{ByToken, Leaf, Objective, Outputs, Role, Subset, Weights};
use burn::tensor::{DType, Device, Tensor, TensorData};

use crate::file::{Fields, VerifyError};

const MLP_INPUTS: usize = 3;
const TOKENS: usize = 5;
const DIM: usize = 2;
const HIDDEN: usize = 2;

/// A leaf, and how its numbers lie in the file.
#[derive(Clone, Copy, Debug)]
struct Piece {
    name: &'static str,
    role: Role,
    rows: usize,
    cols: usize,
}

/// A problem with its batch on a device.
#[derive(Clone, Debug)]
pub struct Problem {
    name: String,
    pieces: Vec<Piece>,
    device: Device,
    float: DType,
    batch: Examples,
    weights: Weights,
    noise: Weights,
}

/// What tells a problem from another: its leaves in the file's order, and its examples as numbers and labels.
struct Form {
    pieces: Vec<Piece>,
    classes: usize,
    /// Of `embbag`.
    tokens: Vec<Vec<usize>>,
    examples: Vec<(Vec<f64>, usize)>,
}

/// Examples as rows of numbers; the objective of every problem.
#[derive(Clone, Debug)]
pub struct Examples {
    /// What the first matrix sees, `[1 or members, batch, inputs]`.
    inputs: Tensor<3>,
    /// `[1 or members, batch, classes]`.
    one_hot: Tensor<3>,
    labels: Vec<usize>,
    /// Tokens of each example; none of other problems.
    tokens: Vec<Vec<usize>>,
    /// Masks of the last layer's inputs, `[1, batch, width]`: those of the first pass, and of the second.
    masks: Option<[Tensor<3>; 2]>,
}

impl Form {
    fn logreg(file: &Fields<'_>) -> Result<Self, VerifyError> {
        let with_bias = file.numbers("w")?.len();
        if with_bias < 2 {
            return Err(file.wrong("w", "a list of at least two numbers, the last one the bias"));
        }
        let pieces = vec![
            Piece { name: "head.weight", role: Role::Matrix, rows: with_bias - 1, cols: 1 },
            Piece { name: "head.bias", role: Role::Bias, rows: 1, cols: 1 },
        ];
        let example = |item: &Fields<'_>| {
            let mut x = item.vector("x", with_bias)?;
            if x.pop() != Some(1.0) {
                return Err(item.wrong("x", "a list of numbers that ends with 1, the input of the bias"));
            }
            match item.number("t")? {
                1.0 => Ok((x, 1)),
                -1.0 => Ok((x, 0)),
                _ => Err(item.wrong("t", "1 or -1")),
            }
        };
        Ok(Self { pieces, classes: 2, tokens: Vec::new(), examples: file.objects("batch")?.iter().map(example).collect::<Result<_, _>>()? })
    }

    fn mlp2(file: &Fields<'_>) -> Result<Self, VerifyError> {
        let classes = 2;
        let mut pieces = vec![Piece { name: "hidden.weight", role: Role::Matrix, rows: MLP_INPUTS, cols: HIDDEN }];
        pieces.extend(head(classes));
        let example = |item: &Fields<'_>| Ok((item.vector("x", MLP_INPUTS)?, item.below("y", classes)?));
        Ok(Self { pieces, classes, tokens: Vec::new(), examples: file.objects("batch")?.iter().map(example).collect::<Result<_, _>>()? })
    }

    fn embbag(file: &Fields<'_>) -> Result<Self, VerifyError> {
        let classes = 3;
        let mut pieces = vec![
            Piece { name: "embedding", role: Role::Embedding, rows: TOKENS, cols: DIM },
            Piece { name: "hidden.weight", role: Role::Matrix, rows: DIM, cols: HIDDEN },
        ];
        pieces.extend(head(classes));
        let items = file.objects("batch")?;
        let tokens = items.iter().map(|item| item.all_below("tokens", TOKENS)).collect::<Result<Vec<_>, _>>()?;
        let example = |(item, tokens): (&Fields<'_>, &Vec<usize>)| Ok((shares(tokens), item.below("y", classes)?));
        let examples = items.iter().zip(&tokens).map(example).collect::<Result<_, VerifyError>>()?;
        Ok(Self { pieces, classes, tokens, examples })
    }
}

/// What follows the first matrix of `mlp2` and `embbag`.
fn head(classes: usize) -> [Piece; 3] {
    [
        Piece { name: "hidden.bias", role: Role::Bias, rows: 1, cols: HIDDEN },
        Piece { name: "head.weight", role: Role::Matrix, rows: HIDDEN, cols: classes },
        Piece { name: "head.bias", role: Role::Bias, rows: 1, cols: classes },
    ]
}

impl Problem {
    /// The problem of a golden file, on `device` in numbers of type `float`.
    ///
    /// # Errors
    /// The field that is missing or wrong.
    pub fn read(file: &Fields<'_>, device: &Device, float: DType) -> Result<Self, VerifyError> {
        let name = file.text("problem")?;
        let Form { pieces, classes, tokens, examples } = match name {
            "logreg" => Form::logreg(file)?,
            "mlp2" => Form::mlp2(file)?,
            "embbag" => Form::embbag(file)?,
            _ => return Err(file.wrong("problem", "logreg, mlp2 or embbag")),
        };
        let count = pieces.iter().map(|piece| piece.rows * piece.cols).sum();
        let weights = from_flat(&pieces, &file.vector("w", count)?, device, float);
        let noise = from_flat(&pieces, &file.vector("noise_xi", count)?, device, float);
        let batch = Examples { tokens, ..Examples::new(&examples, classes, device, float) };
        Ok(Self { name: name.to_owned(), pieces, device: device.clone(), float, batch, weights, noise })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Number of weights.
    pub fn count(&self) -> usize {
        self.weights.count()
    }

    /// The file's weights, one member.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// The file's noise vector, shaped like the weights; one member, so it broadcasts to populations.
    pub fn noise(&self) -> &Weights {
        &self.noise
    }

    /// The loss on the file's batch.
    pub fn objective(&self) -> &dyn Objective {
        &self.batch
    }

    /// The same with these masks of the last layer's inputs, row by row: one of each pass, and its width.
    pub fn dropping(&self, masks: &[Vec<Vec<f64>>; 2]) -> Examples {
        let tensor = |rows: &Vec<Vec<f64>>| {
            let data = TensorData::new(rows.concat(), [1, rows.len(), rows[0].len()]);
            Tensor::from_data(data, (&self.device, self.float))
        };
        Examples { masks: Some([tensor(&masks[0]), tensor(&masks[1])]), ..self.batch.clone() }
    }

    /// One number for every member, `[members, 1, 1]`.
    pub fn per_member(&self, number: f64, members: usize) -> Tensor<3> {
        Tensor::full([members, 1, 1], number, (&self.device, self.float))
    }

    /// One number per example, `[1, batch]`.
    pub fn per_example(&self, numbers: &[f64]) -> Tensor<2> {
        Tensor::from_data(TensorData::new(numbers.to_vec(), [1, numbers.len()]), (&self.device, self.float))
    }

    /// Weights of one member from the file's layout.
    ///
    /// # Panics
    /// If there are not [`Self::count`] numbers.
    pub fn from_flat(&self, flat: &[f64]) -> Weights {
        from_flat(&self.pieces, flat, &self.device, self.float)
    }

    /// Each member's weights in the file's layout, from the numbers of each leaf.
    pub fn to_flat(&self, leaves: &[Vec<f64>], members: usize) -> Vec<Vec<f64>> {
        let of_member = |member: usize| {
            let parts = self.pieces.iter().zip(leaves).flat_map(move |(piece, all)| {
                let size = piece.rows * piece.cols;
                piece.to_file(&all[member * size..(member + 1) * size])
            });
            parts.collect()
        };
        (0..members).map(of_member).collect()
    }
}

impl Piece {
    /// The file keeps matrices as `[outputs][inputs]`, a leaf is `[inputs, outputs]`.
    fn transposed(&self) -> bool {
        self.role == Role::Matrix
    }

    fn to_leaf(self, of_file: &[f64]) -> Vec<f64> {
        if self.transposed() { transpose(of_file, self.cols, self.rows) } else { of_file.to_vec() }
    }

    fn to_file(self, of_leaf: &[f64]) -> Vec<f64> {
        if self.transposed() { transpose(of_leaf, self.rows, self.cols) } else { of_leaf.to_vec() }
    }
}

/// `[rows][cols]` → `[cols][rows]`.
fn transpose(numbers: &[f64], rows: usize, cols: usize) -> Vec<f64> {
    (0..cols).flat_map(|col| (0..rows).map(move |row| numbers[row * cols + col])).collect()
}

fn from_flat(pieces: &[Piece], flat: &[f64], device: &Device, float: DType) -> Weights {
    let mut rest = flat;
    let leaves = pieces.iter().map(|&piece| {
        let (own, others) = rest.split_at(piece.rows * piece.cols);
        rest = others;
        let data = TensorData::new(piece.to_leaf(own), [1, piece.rows, piece.cols]);
        Leaf::new(piece.name, piece.role, Tensor::from_data(data, (device, float)))
    });
    let weights = Weights::new(leaves.collect());
    assert!(rest.is_empty(), "the layout has as many numbers as the leaves");
    weights
}

/// How often each token occurs over the text's length: a repeated token counts once, with its sum.
fn shares(tokens: &[usize]) -> Vec<f64> {
    let mut counts = [0.0; TOKENS];
    for &token in tokens {
        counts[token] += 1.0;
    }
    counts.iter().map(|count| count / tokens.len() as f64).collect()
}

impl Examples {
    fn new(examples: &[(Vec<f64>, usize)], classes: usize, device: &Device, float: DType) -> Self {
        let (batch, width) = (examples.len(), examples[0].0.len());
        let inputs: Vec<f64> = examples.iter().flat_map(|(x, _)| x.iter().copied()).collect();
        let labels: Vec<usize> = examples.iter().map(|(_, label)| *label).collect();
        let one_hot: Vec<f64> = labels.iter().flat_map(|&label| (0..classes).map(move |k| f64::from(k == label))).collect();
        Self {
            inputs: Tensor::from_data(TensorData::new(inputs, [1, batch, width]), (device, float)),
            one_hot: Tensor::from_data(TensorData::new(one_hot, [1, batch, classes]), (device, float)),
            labels,
            tokens: Vec::new(),
            masks: None,
        }
    }

    /// What dropout leaves of the last layer's inputs.
    fn drop_from(&self, hidden: Tensor<3>) -> Tensor<3> {
        match &self.masks {
            Some([mask, _]) => hidden * mask.clone(),
            None => hidden,
        }
    }

    /// A matrix of zeros and ones, `[1, rows, cols]`, with the ones where `is_one`.
    fn ones(&self, [rows, cols]: [usize; 2], is_one: impl Fn(usize, usize) -> bool) -> Tensor<3> {
        let numbers = (0..rows * cols).map(|i| f64::from(u8::from(is_one(i / cols, i % cols))));
        let data = TensorData::new(numbers.collect::<Vec<f64>>(), [1, rows, cols]);
        Tensor::from_data(data, (&self.inputs.device(), self.inputs.dtype()))
    }
}

impl Objective for Examples {
    fn labels(&self) -> &[usize] {
        &self.labels
    }

    fn one_hot(&self) -> Tensor<3> {
        self.one_hot.clone()
    }

    fn forward(&self, w: &Weights) -> Outputs {
        let has = |name: &str| w.leaves().iter().any(|leaf| leaf.name == name);
        let score = |hidden: &Tensor<3>| hidden.clone().matmul(w.leaf("head.weight")) + w.leaf("head.bias");
        if !has("hidden.weight") {
            let [_, batch, width] = self.inputs.dims();
            let inputs = self.drop_from(self.inputs.clone());
            let right = score(&inputs);
            return Outputs { hidden: inputs.expand([w.members(), batch, width]), logits: Tensor::cat(vec![right.zeros_like(), right], 2) };
        }
        let x = if has("embedding") { self.inputs.clone().matmul(w.leaf("embedding")) } else { self.inputs.clone() };
        let hidden = self.drop_from((x.matmul(w.leaf("hidden.weight")) + w.leaf("hidden.bias")).tanh());
        Outputs { logits: score(&hidden), hidden }
    }

    fn by_token(&self) -> Option<ByToken<'_>> {
        let of: Vec<(usize, usize)> =
            self.tokens.iter().enumerate().flat_map(|(example, tokens)| tokens.iter().map(move |token| (example, *token))).collect();
        if of.is_empty() {
            return None;
        }
        let places = self.ones([of.len(), TOKENS], |place, token| of[place].1 == token);
        let same = self.ones([of.len(), of.len()], |a, b| of[a].0 == of[b].0);
        let of_example = self.ones([self.tokens.len(), of.len()], |example, place| of[place].0 == example);
        let inputs = of_example.clone() / of_example.sum_dim(2);
        let back = places.clone().swap_dims(1, 2);
        Some(ByToken {
            objective: Box::new(Self { inputs, tokens: Vec::new(), ..self.clone() }),
            look_up: Box::new(move |rows| places.clone().matmul(rows.clone())),
            to_rows: Box::new(move |tokens| back.clone().matmul(tokens.clone())),
            over_example: Box::new(move |tokens| same.clone().matmul(tokens.clone())),
        })
    }

    fn dropping_anew(&self) -> Option<Box<dyn Objective + '_>> {
        let [first, second] = self.masks.clone()?;
        Some(Box::new(Self { masks: Some([second, first]), ..self.clone() }))
    }

    fn subset(&self, of: Subset<'_>) -> Box<dyn Objective + '_> {
        // Of rules that see examples alone none moves tokens, or drops inputs.
        let without = Self { tokens: Vec::new(), masks: None, ..self.clone() };
        match of {
            Subset::Together(indices) => {
                let pick = |all: &Tensor<3>| Tensor::cat(indices.iter().map(|&i| all.clone().narrow(1, i, 1)).collect(), 1);
                let labels = indices.iter().map(|&i| self.labels[i]).collect();
                Box::new(Self { inputs: pick(&self.inputs), one_hot: pick(&self.one_hot), labels, ..without })
            }
            Subset::OneEach(range, members) => {
                // [1, batch, width] → [n, 1, width] → that, once for each member.
                let spread = |all: &Tensor<3>| all.clone().narrow(1, range.start, range.len()).swap_dims(0, 1).repeat(&[members, 1, 1]);
                let labels = self.labels[range.clone()].to_vec();
                Box::new(Self { inputs: spread(&self.inputs), one_hot: spread(&self.one_hot), labels, ..without })
            }
        }
    }
}
