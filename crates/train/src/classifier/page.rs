//! A classifier as a page of its own: one file of HTML with text field, network, weights, tokenizer and card.
//!
//! One file, because a page that is opened from a disk (`file://`) may fetch nothing. Its content security policy lets the
//! script and the style below run, named by their hashes, and nothing else, and nothing be fetched from anywhere.
//! Elsewhere: the network in JavaScript (`web/small/model.js`), the page around it (`page.js`, `page.html`, `page.css`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::weights::{Classifier, Matrix};
use super::{card, tokenizer};
use crate::html::escaped;

const HTML: &str = include_str!("../../../../web/small/page.html");
const STYLE: &str = include_str!("../../../../web/small/page.css");
const SCRIPT: &str = concat!(include_str!("../../../../web/small/model.js"), include_str!("../../../../web/small/page.js"));

/// SHA-256 of script and style, as a content security policy names them; a test says what they are.
const SCRIPT_HASH: &str = "sha256-o7ab+CBotYhPxm1bI7rpRT+hQ75mCTySkty27pHbF5E=";
const STYLE_HASH: &str = "sha256-JMSTVBWDUrZfrwFXpVKcgFuVzbJ0gbhM6qkvOkEDPdQ=";

/// Bytes that a page with all digits may have; above that the weights have 16 bits.
pub const SMALL_BYTES: usize = 1 << 20;

/// How the weights stand in the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// As they are: 32 bits.
    Single,
    /// 16 bits: of 1000 texts of `amazon_cells` (bag, word pairs) none got another answer, and no probability differed by more
    /// than 7e-5.
    Half,
}

/// All digits where they fit into a small page.
pub fn precision(classifier: &Classifier) -> Precision {
    // Four letters are three bytes.
    let weights = classifier.count() * size_of::<f32>() / 3 * 4;
    let tokens: usize = classifier.vocabulary.tokens().iter().map(|token| token.len() + 3).sum();
    if weights + tokens + HTML.len() + STYLE.len() + SCRIPT.len() < SMALL_BYTES { Precision::Single } else { Precision::Half }
}

/// The page.
pub fn html(classifier: &Classifier, precision: Precision) -> String {
    let (bits, bytes): (u32, fn(&Matrix) -> Vec<u8>) = match precision {
        Precision::Single => (32, Matrix::bytes),
        Precision::Half => (16, Matrix::halves),
    };
    let leaves: Vec<_> = classifier.leaves.iter().map(|leaf| json!({ "name": leaf.name, "rows": leaf.rows, "cols": leaf.cols })).collect();
    let weights: Vec<u8> = classifier.leaves.iter().flat_map(bytes).collect();
    let model = json!({
        "model": classifier.model,
        "pairs": classifier.pairs,
        "classes": classifier.classes,
        "leaves": leaves,
        "bits": bits,
        "weights": STANDARD.encode(weights),
    });
    let about = match precision {
        Precision::Single => "The weights in this page are those of the network to the last digit.",
        Precision::Half => {
            "The weights in this page are rounded to 16 bits, so that it stays small: probabilities may differ from the network's in the fourth digit."
        }
    };
    let fill = |name: &str| match name {
        "policy" => {
            format!("default-src 'none'; script-src '{SCRIPT_HASH}'; style-src '{STYLE_HASH}'; base-uri 'none'; form-action 'none'")
        }
        "title" => escaped(&card::title(classifier)),
        "style" => STYLE.to_owned(),
        "second" => (if classifier.pairs { "" } else { " hidden" }).to_owned(),
        "card" => card::html(classifier) + &format!("<p>{about}</p>"),
        "tokenizer" => quiet(&tokenizer::json(&classifier.vocabulary)),
        "model" => quiet(&model.to_string()),
        "script" => SCRIPT.to_owned(),
        other => unreachable!("the page has no place {other}"),
    };
    // In one pass: what is filled in may hold marks of its own.
    let mut parts = HTML.split("{{");
    let mut page = parts.next().unwrap_or_default().to_owned();
    for (name, after) in parts.filter_map(|part| part.split_once("}}")) {
        page += &fill(name);
        page += after;
    }
    page
}

/// JSON that ends no element of HTML.
fn quiet(json: &str) -> String {
    json.replace('<', "\\u003c")
}
