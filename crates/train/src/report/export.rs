//! The forms in which a classifier is handed on.

use serde::{Deserialize, Serialize};

/// A form in which a classifier is handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExportFormat {
    /// A graph for onnxruntime and others.
    Onnx,
    /// The weights alone.
    Safetensors,
    /// A page with a text field, in one file.
    Page,
}
