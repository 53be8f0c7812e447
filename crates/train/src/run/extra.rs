//! What a saved run holds besides its weights and files: numbers and texts, each a tensor of its own with a name.
//!
//! A run opens without any of them; those that are there must be what they say.

use burn::tensor::bf16;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::error::RunError;
use crate::brief::brief;

/// Something that goes into a saved run.
pub(crate) struct Extra {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Extra {
    /// Numbers as they are, in f64.
    pub(crate) fn numbers(name: impl Into<String>, shape: &[usize], values: impl IntoIterator<Item = f64>) -> Self {
        let bytes = values.into_iter().flat_map(f64::to_le_bytes).collect();
        Self { name: name.into(), dtype: Dtype::F64, shape: shape.to_vec(), bytes }
    }

    /// Numbers as they are, in f32.
    pub(crate) fn floats(name: impl Into<String>, shape: &[usize], values: impl IntoIterator<Item = f32>) -> Self {
        let bytes = values.into_iter().flat_map(f32::to_le_bytes).collect();
        Self { name: name.into(), dtype: Dtype::F32, shape: shape.to_vec(), bytes }
    }

    /// Numbers to three digits, in bf16: two bytes each.
    pub(crate) fn rounded(name: impl Into<String>, shape: &[usize], values: impl IntoIterator<Item = f32>) -> Self {
        let bytes = values.into_iter().flat_map(|value| bf16::from_f32(value).to_le_bytes()).collect();
        Self { name: name.into(), dtype: Dtype::BF16, shape: shape.to_vec(), bytes }
    }

    /// A text, as its bytes.
    pub(crate) fn text(name: impl Into<String>, text: String) -> Self {
        Self { name: name.into(), dtype: Dtype::U8, shape: vec![text.len()], bytes: text.into_bytes() }
    }

    /// With its name in the file.
    pub(super) fn view(&self) -> (String, TensorView<'_>) {
        let view = TensorView::new(self.dtype, self.shape.clone(), &self.bytes).expect("shape and bytes belong together");
        (self.name.clone(), view)
    }
}

/// What a saved run holds besides.
pub(crate) struct Extras<'a, 'bytes> {
    pub(super) tensors: &'a SafeTensors<'bytes>,
}

impl Extras<'_, '_> {
    /// The shape of a tensor, if it is there.
    pub(crate) fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.tensors.tensor(name).ok().map(|view| view.shape().to_vec())
    }

    /// Numbers in this shape.
    ///
    /// # Errors
    /// They are not there, or not so.
    pub(crate) fn numbers(&self, name: &str, shape: &[usize]) -> Result<Vec<f64>, RunError> {
        let bytes = self.bytes(name, Dtype::F64, shape)?;
        Ok(bytes.as_chunks().0.iter().map(|number| f64::from_le_bytes(*number)).collect())
    }

    /// Numbers in f32, in this shape.
    ///
    /// # Errors
    /// They are not there, or not so.
    pub(crate) fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, RunError> {
        let bytes = self.bytes(name, Dtype::F32, shape)?;
        Ok(bytes.as_chunks().0.iter().map(|number| f32::from_le_bytes(*number)).collect())
    }

    /// Numbers that were rounded, in this shape.
    ///
    /// # Errors
    /// They are not there, or not so.
    pub(crate) fn rounded(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, RunError> {
        let bytes = self.bytes(name, Dtype::BF16, shape)?;
        Ok(bytes.as_chunks().0.iter().map(|half| bf16::from_le_bytes(*half).to_f32()).collect())
    }

    /// A text, if it is there.
    ///
    /// # Errors
    /// It is no text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, RunError> {
        let Some(shape) = self.shape(name) else { return Ok(None) };
        let bytes = self.bytes(name, Dtype::U8, &shape)?;
        String::from_utf8(bytes.to_vec()).map(Some).map_err(|_| broken(format!("{name} is no text")))
    }

    fn bytes(&self, name: &str, dtype: Dtype, shape: &[usize]) -> Result<&[u8], RunError> {
        let view = self.tensors.tensor(name).map_err(|error| broken(format!("{name}: {error}")))?;
        if view.shape() != shape || view.dtype() != dtype {
            let (found, found_dtype) = (brief(&format!("{:?}", view.shape()), 60), view.dtype());
            return Err(broken(format!("{name} is {found} {found_dtype:?}, not {} {dtype:?}", brief(&format!("{shape:?}"), 60))));
        }
        Ok(view.data())
    }
}

/// What is wrong with the bytes of a saved run.
pub(crate) fn broken(why: impl std::fmt::Display) -> RunError {
    RunError::Checkpoint(brief(&why.to_string(), 200))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_is_rounded_to_the_nearest_half() {
        // 1 + 2⁻⁷ is the next number above 1 in bf16; half way between, the even one.
        let step = f32::powi(2.0, -7);
        let there_and_back = |value: f32| {
            let bytes = Extra::rounded("x", &[1], [value]).bytes;
            bf16::from_le_bytes([bytes[0], bytes[1]]).to_f32()
        };
        for (value, expected) in [
            (1.0, 1.0),
            (1.0 + 0.4 * step, 1.0),
            (1.0 + 0.5 * step, 1.0),
            (1.0 + 0.6 * step, 1.0 + step),
            (1.0 + 1.5 * step, 1.0 + 2.0 * step),
            (-3.0, -3.0),
            (f32::INFINITY, f32::INFINITY),
        ] {
            assert_eq!(there_and_back(value).to_bits(), f32::to_bits(expected), "{value}");
        }
        assert!(there_and_back(f32::NAN).is_nan());
    }
}
