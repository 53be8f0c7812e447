//! A trained classifier on its own: out of a run into files that other programs and people use.
//!
//! From the ground up: `weights` (one member of a lane, out of a run), `tokenizer`, `card`, `protobuf` and `onnx` (a graph),
//! `page` (a page of its own). Here: which files a format has.

mod card;
mod onnx;
mod page;
mod protobuf;
mod tokenizer;
mod weights;

use std::collections::HashMap;

use safetensors::tensor::{Dtype, TensorView, serialize};
use serde_json::json;

pub use page::{Precision, SMALL_BYTES};
pub use weights::{Classifier, Facts, Matrix};

use crate::data::files::NamedBytes;
use crate::report::ExportFormat;

impl Classifier {
    /// The files of a format, the one with the weights first.
    pub fn files(&self, format: ExportFormat) -> Vec<NamedBytes> {
        let named = |name: &str, bytes| NamedBytes { name: name.to_owned(), bytes };
        let card = || named("model-card.md", card::markdown(self).into_bytes());
        let tokenizer = || named("tokenizer.json", tokenizer::json(&self.vocabulary).into_bytes());
        match format {
            ExportFormat::Onnx => vec![named("model.onnx", onnx::file(self)), tokenizer(), card()],
            ExportFormat::Safetensors => vec![named("model.safetensors", self.safetensors()), tokenizer(), card()],
            ExportFormat::Page => vec![named("index.html", page::html(self, self.precision()).into_bytes())],
        }
    }

    /// The file of a format that is enough by itself, with a name that says what it is: `basin-sam-seed-1.onnx`.
    pub fn file(&self, format: ExportFormat) -> NamedBytes {
        let file = self.files(format).swap_remove(0);
        let ending = file.name.rsplit('.').next().unwrap_or_default();
        let method = self.facts.summary.experiment.lanes[self.facts.lane].method.word();
        NamedBytes { name: format!("basin-{method}-seed-{}.{ending}", self.facts.seed()), bytes: file.bytes }
    }

    /// How the weights stand in its page.
    pub fn precision(&self) -> Precision {
        page::precision(self)
    }

    /// The page with its weights in this precision.
    pub fn page(&self, precision: Precision) -> String {
        page::html(self, precision)
    }

    /// The weights as a safetensors file, with what the network is as metadata under `basin`.
    fn safetensors(&self) -> Vec<u8> {
        let about = json!({ "model": self.model, "pairs": self.pairs, "classes": self.classes, "version": env!("CARGO_PKG_VERSION") });
        let bytes: Vec<Vec<u8>> = self.leaves.iter().map(Matrix::bytes).collect();
        let views = self.leaves.iter().zip(&bytes).map(|(leaf, bytes)| {
            let view = TensorView::new(Dtype::F32, vec![leaf.rows, leaf.cols], bytes).expect("shape and bytes belong together");
            (leaf.name, view)
        });
        serialize(views, Some(HashMap::from([("basin".to_owned(), about.to_string())]))).expect("views are valid")
    }
}
