//! An encoder in one small file, for a page: weights of 8 bits, with a scale for each row, and the word pieces.
//!
//! In turn: a line that says what it is; a line of sizes; title and hash, a line each; a line for each word piece; the embeddings of
//! the word pieces, of places, and their norm; of each layer the attention, what joins its heads, a norm, the inner dense layer, the
//! outer one, a norm; the CRC-32 of all this. A matrix is a byte a weight and then its scales, a dense layer has its bias
//! behind that; scales, biases, norms and places are f32, little-endian.

use std::fmt::Write as _;

use crate::error::EncoderError;
use crate::integers::{Packed, round};
use crate::tokenizer::Tokenizer;
use crate::weights::{Dense, Form, Layer, Look, Norm, Product, Weights};

/// The first line.
const MAGIC: &[u8] = b"basin encoder int8 1\n";

/// What a file may ask for at most: heads, longest text, width, width of the inner layer, layers, word pieces.
const MOST: [usize; 6] = [256, 4096, 4096, 16_384, 64, 1 << 20];

/// Embeddings of 8 bits, row by row.
pub struct Bytes {
    values: Vec<i8>,
    scales: Vec<f32>,
}

impl Look for Bytes {
    fn push_row(&self, row: usize, width: usize, out: &mut Vec<f32>) {
        let scale = self.scales[row];
        out.extend(self.values[row * width..][..width].iter().map(|x| f32::from(*x) * scale));
    }

    fn rows(&self, _: usize) -> usize {
        self.scales.len()
    }
}

impl Product for Packed {
    fn multiply_rows(&self, out: &mut [f32], rows: &[f32], _: [usize; 2]) {
        self.multiply(out, rows);
    }
}

/// Whose weights a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// What its authors call it.
    pub title: String,
    /// By which runs know it again.
    pub hash: String,
}

/// The file of an encoder.
pub fn write(weights: &Weights, tokenizer: &Tokenizer, form: Form, origin: &Origin) -> Result<Vec<u8>, EncoderError> {
    let inner = weights.layers.first().map_or(1, |layer| layer.inner.bias.len());
    let (width, pieces) = (weights.width, weights.pieces());
    let sizes = [form.heads, form.longest, width, inner, weights.layers.len(), pieces];
    let mut head = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(head, "{}\n{}\n{}", sizes.map(|size| size.to_string()).join(" "), origin.title, origin.hash);
    let words = tokenizer.words(pieces);
    if words.iter().any(|word| word.contains('\n')) {
        return Err(EncoderError::Tokenizer("a piece has a line break".to_owned()));
    }
    head.extend(words.iter().flat_map(|word| [word.as_str(), "\n"]));
    let mut file = Writer([MAGIC, head.as_bytes()].concat());
    file.matrix(&weights.words, width);
    file.numbers(&weights.places[..form.longest * width]);
    file.norm(&weights.embedding_norm);
    for layer in &weights.layers {
        file.dense(&layer.attention);
        file.dense(&layer.attended);
        file.norm(&layer.attended_norm);
        file.dense(&layer.inner);
        file.dense(&layer.outer);
        file.norm(&layer.outer_norm);
    }
    let checksum = crc32fast::hash(&file.0);
    file.0.extend(checksum.to_le_bytes());
    Ok(file.0)
}

struct Writer(Vec<u8>);

impl Writer {
    fn numbers(&mut self, numbers: &[f32]) {
        self.0.extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
    }

    fn matrix(&mut self, weights: &[f32], inputs: usize) {
        let mut whole = Vec::with_capacity(weights.len());
        let scales: Vec<f32> = weights.chunks_exact(inputs).map(|row| round(row, &mut whole)).collect();
        self.0.extend(whole.iter().map(|x| x.cast_unsigned()));
        self.numbers(&scales);
    }

    fn dense(&mut self, layer: &Dense) {
        self.matrix(&layer.weight, layer.inputs);
        self.numbers(&layer.bias);
    }

    fn norm(&mut self, norm: &Norm) {
        self.numbers(&norm.scale);
        self.numbers(&norm.shift);
    }
}

/// What a file holds.
pub struct Read {
    pub origin: Origin,
    pub form: Form,
    pub tokenizer: Tokenizer,
    pub weights: Weights<Packed, Bytes>,
}

/// Reads a file.
pub fn read(bytes: &[u8]) -> Result<Read, EncoderError> {
    let damaged = || EncoderError::Small("it is damaged or not whole".to_owned());
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| EncoderError::Small("it is no encoder of this Basin".to_owned()))?;
    let (_, checksum) = bytes.split_last_chunk::<4>().ok_or_else(damaged)?;
    if crc32fast::hash(&bytes[..bytes.len() - 4]) != u32::from_le_bytes(*checksum) {
        return Err(damaged());
    }
    let mut file = Reader(rest.get(..rest.len().saturating_sub(4)).unwrap_or_default());
    let sizes = file.line()?.split(' ').map(|size| size.parse().ok()).collect::<Option<Vec<usize>>>();
    let sizes = sizes.and_then(|sizes| <[usize; 6]>::try_from(sizes).ok()).ok_or_else(damaged)?;
    let [heads, longest, width, inner, layers, pieces] = sizes;
    let fit = sizes.iter().zip(MOST).all(|(size, most)| (1..=most).contains(size)) && width.is_multiple_of(heads) && longest > 2;
    if !fit {
        return Err(EncoderError::Small(format!("its sizes are {sizes:?}, which no encoder has")));
    }
    let origin = Origin { title: file.line()?.to_owned(), hash: file.line()?.to_owned() };
    let words = (0..pieces).map(|_| file.line()).collect::<Result<Vec<&str>, _>>()?;
    let tokenizer = Tokenizer::of(words.into_iter().zip(0..).filter(|(word, _)| !word.is_empty()))?;
    let (values, scales) = file.matrix([pieces, width])?;
    let weights = Weights {
        width,
        words: Bytes { values, scales },
        places: file.numbers(longest, width)?,
        embedding_norm: file.norm(width)?,
        layers: (0..layers).map(|_| file.layer(width, inner)).collect::<Result<_, _>>()?,
    };
    if !file.0.is_empty() {
        return Err(damaged());
    }
    Ok(Read { origin, form: Form { heads, longest }, tokenizer, weights })
}

/// What is still to be read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn ends() -> EncoderError {
        EncoderError::Small("it ends too early".to_owned())
    }

    fn line(&mut self) -> Result<&'a str, EncoderError> {
        let end = self.0.iter().position(|byte| *byte == b'\n').ok_or_else(Self::ends)?;
        let (line, rest) = self.0.split_at(end);
        self.0 = &rest[1..];
        str::from_utf8(line).map_err(|_| EncoderError::Small("a word piece of it is no text".to_owned()))
    }

    /// `rows × columns` things of `size` bytes.
    fn take(&mut self, rows: usize, columns: usize, size: usize) -> Result<&'a [u8], EncoderError> {
        let bytes = rows.checked_mul(columns).and_then(|count| count.checked_mul(size));
        let (taken, rest) = bytes.and_then(|bytes| self.0.split_at_checked(bytes)).ok_or_else(Self::ends)?;
        self.0 = rest;
        Ok(taken)
    }

    fn numbers(&mut self, rows: usize, columns: usize) -> Result<Vec<f32>, EncoderError> {
        let bytes = self.take(rows, columns, size_of::<f32>())?;
        let numbers: Vec<f32> = bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        if numbers.iter().all(|x| x.is_finite()) {
            return Ok(numbers);
        }
        Err(EncoderError::Small("it holds weights that are no numbers".to_owned()))
    }

    fn matrix(&mut self, [outputs, inputs]: [usize; 2]) -> Result<(Vec<i8>, Vec<f32>), EncoderError> {
        let values = self.take(outputs, inputs, 1)?.iter().map(|x| x.cast_signed()).collect();
        Ok((values, self.numbers(outputs, 1)?))
    }

    fn dense(&mut self, [outputs, inputs]: [usize; 2]) -> Result<Dense<Packed>, EncoderError> {
        let (values, scales) = self.matrix([outputs, inputs])?;
        Ok(Dense { weight: Packed::new(&values, scales, inputs), bias: self.numbers(outputs, 1)?, inputs })
    }

    fn norm(&mut self, width: usize) -> Result<Norm, EncoderError> {
        Ok(Norm { scale: self.numbers(width, 1)?, shift: self.numbers(width, 1)? })
    }

    fn layer(&mut self, width: usize, inner: usize) -> Result<Layer<Packed>, EncoderError> {
        Ok(Layer {
            attention: self.dense([3 * width, width])?,
            attended: self.dense([width, width])?,
            attended_norm: self.norm(width)?,
            inner: self.dense([inner, width])?,
            outer: self.dense([width, inner])?,
            outer_norm: self.norm(width)?,
        })
    }
}
