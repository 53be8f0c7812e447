//! A trained classifier on its own: out of a run into files that other programs and people use.
//!
//! From the ground up: `form` (how it stands in a page), `weights` (one member of a lane, out of a run), `rounding` (weights in fewer
//! bits), `tokenizer`, `card`, `protobuf`, `graph`, `onnx_encoder` and `onnx` (a graph), `page` (a page of its own), `small` (which
//! form that has). Here: which files a format has.

mod card;
mod form;
mod graph;
mod onnx;
mod onnx_encoder;
mod page;
mod protobuf;
mod rounding;
mod small;
mod tokenizer;
mod weights;

use std::borrow::Cow;
use std::collections::HashMap;

use safetensors::tensor::{Dtype, View, serialize};
use serde_json::json;

pub use form::{Form, Precision, Small};
pub use small::SMALL_BYTES;
pub use weights::{Classifier, Facts, Matrix, Pretrained};

use crate::data::files::NamedBytes;
use crate::experiment::ModelKind;
use crate::instruments::LookError;
use crate::report::ExportFormat;

/// Whether runs of a model are handed on in a format.
///
/// # Errors
/// If not, why, and what to do instead.
pub fn check(kind: ModelKind, format: ExportFormat) -> Result<(), LookError> {
    if !kind.learns_from_vectors() {
        return Ok(());
    }
    match format {
        ExportFormat::Page => Err(LookError::NoSmallPage),
        // Pages have the encoder in another form.
        ExportFormat::Onnx | ExportFormat::Safetensors if cfg!(target_family = "wasm") => Err(LookError::EncoderStays),
        ExportFormat::Onnx | ExportFormat::Safetensors => Ok(()),
    }
}

impl Classifier {
    /// The files of a format, the one with the weights first.
    ///
    /// # Errors
    /// If its model is not handed on so.
    pub fn files(&self, format: ExportFormat) -> Result<Vec<NamedBytes>, LookError> {
        check(self.model.kind, format)?;
        let named = |name: &str, bytes| NamedBytes { name: name.to_owned(), bytes };
        let card = || named("model-card.md", card::markdown(self).into_bytes());
        let tokenizer = || named("tokenizer.json", tokenizer::file(self).into_bytes());
        Ok(match format {
            ExportFormat::Onnx => vec![named("model.onnx", onnx::file(self)), tokenizer(), card()],
            ExportFormat::Safetensors => vec![named("model.safetensors", self.safetensors()), tokenizer(), card()],
            ExportFormat::Page => vec![named("index.html", page::html(self, self.form()).into_bytes())],
        })
    }

    /// The file of a format that is enough by itself, with a name that says what it is: `basin-sam-seed-1.onnx`.
    ///
    /// # Errors
    /// As for [`Self::files`].
    pub fn file(&self, format: ExportFormat) -> Result<NamedBytes, LookError> {
        let file = self.files(format)?.swap_remove(0);
        let ending = file.name.rsplit('.').next().unwrap_or_default();
        let method = self.facts.summary.experiment.lanes[self.facts.lane].method.word();
        Ok(NamedBytes { name: format!("basin-{method}-seed-{}.{ending}", self.facts.seed()), bytes: file.bytes })
    }

    /// Its page in a form.
    pub fn page(&self, form: Form) -> String {
        page::html(self, form)
    }

    /// What its page says of a form: what was rounded and left out, and what that costs.
    pub fn page_words(&self, form: Form) -> String {
        page::about(self, form)
    }

    /// The weights as a safetensors file, with what the network is as metadata under `basin`.
    fn safetensors(&self) -> Vec<u8> {
        let mut about = json!({ "model": self.model, "pairs": self.pairs, "classes": self.classes, "version": env!("CARGO_PKG_VERSION") });
        if let Some(Pretrained { encoder, .. }) = &self.pretrained {
            about["encoder"] = json!({ "name": encoder.name(), "hash": encoder.hash() });
        }
        let views = self.leaves.iter().map(|leaf| (leaf.name, Leaf { leaf, shape: [leaf.rows, leaf.cols] }));
        serialize(views, Some(HashMap::from([("basin".to_owned(), about.to_string())]))).expect("shapes and bytes belong together")
    }
}

/// A leaf as a tensor of a safetensors file; its bytes are made when they are written.
struct Leaf<'a> {
    leaf: &'a Matrix,
    shape: [usize; 2],
}

impl View for Leaf<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        self.leaf.bytes().into()
    }

    fn data_len(&self) -> usize {
        size_of_val(&*self.leaf.values)
    }
}
