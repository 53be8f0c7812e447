//! The weights of a BERT model, out of a safetensors file with the names of PyTorch's.

use basin_kernels::arrays::{Matrix, multiply};
use safetensors::tensor::{Dtype, SafeTensors};

use crate::error::EncoderError;

/// What the files of a model do not say.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Heads of an attention layer.
    pub heads: usize,
    /// Word pieces of a text that are read, with the two around it; the rest is cut.
    pub longest: usize,
}

/// A matrix of weights, `[outputs, inputs]`, however it is held, that rows are multiplied with.
pub trait Product: Sync {
    /// `rows`, `[_, inputs]`, times the weights: `[_, outputs]`.
    fn multiply_rows(&self, out: &mut [f32], rows: &[f32], size: [usize; 2]);

    /// The weights with a row for each input: `[inputs, outputs]`.
    fn by_inputs(&self, [outputs, inputs]: [usize; 2]) -> Vec<f32> {
        // A product with the rows of the identity.
        let mut identity = vec![0.0; inputs * inputs];
        identity.iter_mut().step_by(inputs + 1).for_each(|x| *x = 1.0);
        let mut weights = vec![0.0; inputs * outputs];
        self.multiply_rows(&mut weights, &identity, [outputs, inputs]);
        weights
    }
}

impl Product for Vec<f32> {
    fn multiply_rows(&self, out: &mut [f32], rows: &[f32], [outputs, inputs]: [usize; 2]) {
        multiply(out, &Matrix::by_rows(rows, inputs), &Matrix::new(self, [inputs, outputs], [1, inputs]));
    }

    fn by_inputs(&self, [outputs, inputs]: [usize; 2]) -> Vec<f32> {
        (0..inputs).flat_map(|input| (0..outputs).map(move |output| self[output * inputs + input])).collect()
    }
}

/// A matrix whose rows are looked up, however it is held.
pub trait Look: Sync {
    /// Adds a row of `width` numbers.
    fn push_row(&self, row: usize, width: usize, out: &mut Vec<f32>);

    /// How many there are.
    fn rows(&self, width: usize) -> usize;
}

impl Look for Vec<f32> {
    fn push_row(&self, row: usize, width: usize, out: &mut Vec<f32>) {
        out.extend_from_slice(&self[row * width..][..width]);
    }

    fn rows(&self, width: usize) -> usize {
        self.len() / width
    }
}

/// A dense layer.
pub struct Dense<M = Vec<f32>> {
    /// `[outputs, inputs]`.
    pub weight: M,
    pub bias: Vec<f32>,
    pub inputs: usize,
}

/// Scale and shift of a norm.
pub struct Norm {
    pub scale: Vec<f32>,
    pub shift: Vec<f32>,
}

/// A transformer layer.
pub struct Layer<M = Vec<f32>> {
    /// Queries, keys and values in one.
    pub attention: Dense<M>,
    pub attended: Dense<M>,
    pub attended_norm: Norm,
    pub inner: Dense<M>,
    pub outer: Dense<M>,
    pub outer_norm: Norm,
}

/// All of them.
pub struct Weights<M = Vec<f32>, W = Vec<f32>> {
    /// Numbers of a token on its way, and of a vector.
    pub width: usize,
    /// `[pieces, width]`.
    pub words: W,
    /// `[longest, width]`, with the type of first sentences added.
    pub places: Vec<f32>,
    pub embedding_norm: Norm,
    pub layers: Vec<Layer<M>>,
}

impl Weights {
    /// Reads a safetensors file.
    pub fn read(bytes: &[u8], form: Form) -> Result<Self, EncoderError> {
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| EncoderError::Weights(error.to_string()))?;
        let file = File(tensors);
        let (words, [_, width]) = file.matrix("embeddings.word_embeddings.weight")?;
        let (mut places, [count, _]) = file.matrix("embeddings.position_embeddings.weight")?;
        if width == 0 || !width.is_multiple_of(form.heads) || count < form.longest {
            let problem = format!("is [{count}, {width}]: {} heads and texts of {} pieces do not fit", form.heads, form.longest);
            return Err(EncoderError::Tensor { name: "embeddings.position_embeddings.weight".to_owned(), problem });
        }
        let (types, _) = file.matrix("embeddings.token_type_embeddings.weight")?;
        for place in places.chunks_exact_mut(width) {
            for (x, of_type) in place.iter_mut().zip(&types) {
                *x += of_type;
            }
        }
        let layers = (0..).take_while(|layer| file.has(*layer)).map(|layer| Layer::read(&file, layer, width)).collect::<Result<_, _>>()?;
        Ok(Self { width, words, places, embedding_norm: file.norm("embeddings.LayerNorm", width)?, layers })
    }
}

impl<M, W: Look> Weights<M, W> {
    /// Word pieces that it knows.
    pub fn pieces(&self) -> usize {
        self.words.rows(self.width)
    }
}

impl<M: Product> Dense<M> {
    /// With a row for each input: `[inputs, outputs]`, and its bias, `[1, outputs]`.
    fn by_inputs(&self) -> [Numbers; 2] {
        let (inputs, outputs) = (self.inputs, self.bias.len());
        [Numbers { shape: [inputs, outputs], values: self.weight.by_inputs([outputs, inputs]) }, Numbers::row(&self.bias)]
    }
}

impl Norm {
    /// Scale and shift.
    pub fn rows(&self) -> [Numbers; 2] {
        [Numbers::row(&self.scale), Numbers::row(&self.shift)]
    }
}

/// A matrix, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// Rows and columns.
    pub shape: [usize; 2],
    /// Its numbers.
    pub values: Vec<f32>,
}

impl Numbers {
    fn row(values: &[f32]) -> Self {
        Self { shape: [1, values.len()], values: values.to_vec() }
    }
}

impl<M: Product> Layer<M> {
    /// Its leaves, as `basin_kernels::Encoder` has them.
    pub fn leaves(&self) -> Vec<Numbers> {
        let parts = [
            self.attention.by_inputs(),
            self.attended.by_inputs(),
            self.attended_norm.rows(),
            self.inner.by_inputs(),
            self.outer.by_inputs(),
            self.outer_norm.rows(),
        ];
        parts.into_iter().flatten().collect()
    }
}

impl Layer {
    fn read(file: &File<'_>, layer: usize, width: usize) -> Result<Self, EncoderError> {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        let parts = ["query", "key", "value"].map(|part| file.dense(&name(&format!("attention.self.{part}")), [width, width]));
        let mut attention = Dense { weight: Vec::new(), bias: Vec::new(), inputs: width };
        for part in parts {
            let part = part?;
            attention.weight.extend(part.weight);
            attention.bias.extend(part.bias);
        }
        let (_, [inner, _]) = file.matrix(&name("intermediate.dense.weight"))?;
        Ok(Self {
            attention,
            attended: file.dense(&name("attention.output.dense"), [width, width])?,
            attended_norm: file.norm(&name("attention.output.LayerNorm"), width)?,
            inner: file.dense(&name("intermediate.dense"), [inner, width])?,
            outer: file.dense(&name("output.dense"), [width, inner])?,
            outer_norm: file.norm(&name("output.LayerNorm"), width)?,
        })
    }
}

/// The file, asked by name.
struct File<'a>(SafeTensors<'a>);

impl File<'_> {
    fn has(&self, layer: usize) -> bool {
        self.0.tensor(&format!("encoder.layer.{layer}.output.dense.weight")).is_ok()
    }

    fn tensor(&self, name: &str) -> Result<(Vec<f32>, Vec<usize>), EncoderError> {
        let wrong = |problem: String| EncoderError::Tensor { name: name.to_owned(), problem };
        let view = self.0.tensor(name).map_err(|_| wrong("is missing".to_owned()))?;
        if view.dtype() != Dtype::F32 {
            return Err(wrong(format!("is {:?}, not F32", view.dtype())));
        }
        let numbers = view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        Ok((numbers, view.shape().to_vec()))
    }

    fn matrix(&self, name: &str) -> Result<(Vec<f32>, [usize; 2]), EncoderError> {
        let (numbers, shape) = self.tensor(name)?;
        let problem = format!("is {shape:?}, no matrix");
        let shape = <[usize; 2]>::try_from(shape).map_err(|_| EncoderError::Tensor { name: name.to_owned(), problem })?;
        Ok((numbers, shape))
    }

    /// A tensor of this shape.
    fn exactly(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, EncoderError> {
        let (numbers, found) = self.tensor(name)?;
        if found == shape {
            return Ok(numbers);
        }
        Err(EncoderError::Tensor { name: name.to_owned(), problem: format!("is {found:?}, not {shape:?}") })
    }

    fn dense(&self, name: &str, [outputs, inputs]: [usize; 2]) -> Result<Dense, EncoderError> {
        let weight = self.exactly(&format!("{name}.weight"), &[outputs, inputs])?;
        let bias = self.exactly(&format!("{name}.bias"), &[outputs])?;
        Ok(Dense { weight, bias, inputs })
    }

    fn norm(&self, name: &str, width: usize) -> Result<Norm, EncoderError> {
        let scale = self.exactly(&format!("{name}.weight"), &[width])?;
        Ok(Norm { scale, shift: self.exactly(&format!("{name}.bias"), &[width])? })
    }
}
