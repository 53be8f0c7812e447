//! `basin train --dry-run`: what would be trained, and the memory that it takes, part by part.

use std::fmt::Write;

use basin_train::limits::{Limits, in_words};
use basin_train::memory::Estimate;
use basin_train::report::Summary;
use serde_json::{Map, Value, json};

use crate::report::aligned;

/// Memory by part as a table.
pub fn table(estimate: &Estimate, limits: &Limits) -> String {
    let row = |words: &str, bytes: u64, when: &str| vec![words.to_owned(), in_words(bytes), when.to_owned()];
    let mut rows = vec![["memory", "", ""].map(str::to_owned).to_vec()];
    rows.extend(estimate.parts.iter().map(|(part, bytes)| row(part.words(), *bytes, if part.stays() { "" } else { "for a while" })));
    rows.push(row("in all", estimate.total(), "what stays, and the largest of what passes"));
    rows.push(row("largest tensor", estimate.largest_tensor, ""));
    let mut text = aligned(&rows);
    // Writing to a string cannot fail.
    let _ = match (limits.memory, limits.tensor) {
        (Some(bytes), None) => writeln!(text, "This computer has about {} for it.", in_words(bytes)),
        (_, Some(bytes)) => writeln!(text, "This GPU takes tensors of up to {}.", in_words(bytes)),
        (None, None) => Ok(()),
    };
    text
}

/// The same with all that is known of the run, as one document.
/// `ahead` is texts to encode and seconds for them, and seconds of a core for a pass, where there is such to tell.
pub fn document(summary: &Summary, estimate: &Estimate, (ahead, pass): (Option<(usize, f64)>, Option<f64>), limits: &Limits) -> Value {
    let word = |part| serde_json::to_value(part).expect("a part is a word");
    let parts: Map<String, Value> =
        estimate.parts.iter().map(|(part, bytes)| (word(part).as_str().unwrap_or_default().to_owned(), json!(bytes))).collect();
    let mut value = serde_json::to_value(summary).expect("a summary is plain data");
    value["version"] = json!(env!("CARGO_PKG_VERSION"));
    if let Some((texts, seconds)) = ahead {
        value["encoding"] = json!({ "texts": texts, "seconds": seconds });
    }
    if let Some(seconds) = pass {
        value["pass"] = json!({ "seconds": seconds });
    }
    value["memory"] = json!({
        "bytes": estimate.total(),
        "parts": parts,
        "largest_tensor": estimate.largest_tensor,
        "available": limits.memory,
        "tensor_limit": limits.tensor,
    });
    value
}
