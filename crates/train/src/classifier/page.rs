//! A classifier as a page of its own: one file of HTML with text field, network, weights, tokenizer and card.
//!
//! One file, because a page that is opened from a disk (`file://`) may fetch nothing. Its content security policy lets the
//! script and the style below run, named by their hashes, and nothing else, and nothing be fetched from anywhere.
//! Elsewhere: the network in JavaScript (`web/small/model.js`), the page around it (`page.js`, `page.html`, `page.css`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::form::{Form, Precision, Small};
use super::rounding::{Rounded, rounded};
use super::weights::{Classifier, Facts};
use super::{card, tokenizer};
use crate::html::escaped;

const HTML: &str = include_str!("../../../../web/small/page.html");
const STYLE: &str = include_str!("../../../../web/small/page.css");
const SCRIPT: &str = concat!(include_str!("../../../../web/small/model.js"), include_str!("../../../../web/small/page.js"));

/// SHA-256 of script and style, as a content security policy names them; a test says what they are.
const SCRIPT_HASH: &str = "sha256-GzW1e/f9bMjSxZjiAhDUpF/pgZG39MjuvlxQn5MEKY0=";
const STYLE_HASH: &str = "sha256-JMSTVBWDUrZfrwFXpVKcgFuVzbJ0gbhM6qkvOkEDPdQ=";

/// The page of a form.
pub fn html(classifier: &Classifier, form: Form) -> String {
    let (mut leaves, mut weights) = (Vec::new(), Vec::new());
    for leaf in &classifier.leaves {
        let Rounded { rows, bits, bytes, .. } = rounded(leaf, form);
        leaves.push(json!({ "name": leaf.name, "rows": rows, "cols": leaf.cols, "bits": bits }));
        weights.extend(bytes);
    }
    let model = json!({
        "model": classifier.model,
        "pairs": classifier.pairs,
        "classes": classifier.classes,
        "leaves": leaves,
        "weights": STANDARD.encode(weights),
    });
    let fill = |name: &str| match name {
        "policy" => {
            format!("default-src 'none'; script-src '{SCRIPT_HASH}'; style-src '{STYLE_HASH}'; base-uri 'none'; form-action 'none'")
        }
        "title" => escaped(&card::title(classifier)),
        "style" => STYLE.to_owned(),
        "second" => (if classifier.pairs { "" } else { " hidden" }).to_owned(),
        // What was left out stands before the vocabulary of the network.
        "card" => format!("<p>{}</p>", about(classifier, form)) + &card::html(classifier),
        "tokenizer" => quiet(&tokenizer::json(&classifier.vocabulary.first(form.tokens))),
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

/// What was rounded and left out in a form, and what that costs.
pub fn about(classifier: &Classifier, form: Form) -> String {
    let small = classifier.small.map(|small| (small, cost(classifier, small)));
    match (form.precision, small) {
        (Precision::Single, _) => "The weights in this page are those of the network to the last digit.".to_owned(),
        (Precision::Half, small) => {
            let rounded = "The weights in this page are rounded to 16 bits, so that it stays small: probabilities may differ from the network's in the fourth digit.";
            let smaller = |(small, cost): (Small, String)| {
                format!(" It could be smaller still, with {}, but not as good. {cost}", what(classifier, small.form))
            };
            rounded.to_owned() + &small.map(smaller).unwrap_or_default()
        }
        (Precision::Eight | Precision::Four, small) => {
            let cost = small.filter(|(small, _)| small.form == form).map(|(_, cost)| format!(" {cost}"));
            format!("So that this page stays small, it has {}.{}", what(classifier, form), cost.unwrap_or_default())
        }
    }
}

/// The weights and tokens of a small form.
fn what(classifier: &Classifier, Form { precision, tokens }: Form) -> String {
    let bits = format!("the weights of tokens in {} bits, the others in 16", precision.bits());
    // Padding and the unknown are none.
    let [kept, all] = [tokens, classifier.vocabulary.len()].map(|tokens| tokens.saturating_sub(2));
    if kept == all { bits } else { format!("{bits}, and only the {kept} most frequent of {all} tokens: the others count as unknown") }
}

/// What a small form is worth.
fn cost(classifier: &Classifier, small: Small) -> String {
    let Facts { summary, measured, member, .. } = &classifier.facts;
    let own = measured.test_accuracy[*member];
    format!("{}: {:.2} % so, {:.2} % with the network's own weights.", card::accuracy_on(summary), small.accuracy * 100.0, own * 100.0)
}

/// JSON that ends no element of HTML.
fn quiet(json: &str) -> String {
    json.replace('<', "\\u003c")
}
