//! Word pieces and vectors against those of Hugging Face's tokenizers and of JAX: of a small model with random weights, always; of
//! the real one, with `tests/sentence/run`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use basin_encoder::{Form, MINILM, SentenceEncoder};
use serde::Deserialize;

/// What the tests may be off by: 1 − cosine.
const DISTANCE: f64 = 1e-5;

fn tiny(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sentence").join(file)
}

fn encoder(model: &Path, tokenizer: &Path, form: Form) -> SentenceEncoder {
    let [model, tokenizer] = [model, tokenizer].map(|path| fs::read(path).expect("the file is there"));
    SentenceEncoder::read(&model, &tokenizer, form).expect("it is a model")
}

fn distance(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    1.0 - dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[derive(Deserialize)]
struct Reference {
    heads: usize,
    longest: usize,
    examples: Vec<Example>,
}

#[derive(Deserialize)]
struct Example {
    text: String,
    tokens: Vec<u32>,
    vector: Vec<f32>,
}

#[test]
fn a_small_model_has_the_numbers_of_the_reference() {
    let reference = fs::read(tiny("tiny.json")).expect("it is part of the tests");
    let Reference { heads, longest, examples } = serde_json::from_slice(&reference).expect("it is JSON");
    let encoder = encoder(&tiny("tiny.safetensors"), &tiny("tiny-tokenizer.json"), Form { heads, longest });
    for Example { text, tokens, .. } in &examples {
        assert_eq!(encoder.tokens(text), *tokens, "{text:?}");
    }
    let texts: Vec<&str> = examples.iter().map(|example| &*example.text).collect();
    let together = encoder.encode(&texts, 2, |_| true);
    for (Example { text, vector, .. }, found) in examples.iter().zip(&together) {
        let found = found.as_ref().expect("nobody stopped it");
        assert!(distance(found, vector) < 1e-10, "{text:?}: {found:?} instead of {vector:?}");
        assert!((found.iter().map(|x| x * x).sum::<f32>() - 1.0).abs() < 1e-6, "of length 1");
        // Who is encoded beside it changes nothing.
        let alone = encoder.encode(&[text], 1, |_| true).remove(0).expect("nobody stopped it");
        assert!(distance(found, &alone) < 1e-10, "{text:?}");
    }
}

#[test]
fn who_has_had_enough_has_what_is_done() {
    let encoder = encoder(&tiny("tiny.safetensors"), &tiny("tiny-tokenizer.json"), Form { heads: 2, longest: 16 });
    let texts: Vec<String> = (0..2000).map(|i| format!("film {i}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let found = encoder.encode(&texts, 1, |done| done == 0);
    let done = found.iter().flatten().count();
    assert!(done > 0 && done < 2000, "{done}");
    assert!(encoder.encode(&[], 2, |_| true).is_empty());
}

#[test]
fn files_that_do_not_fit_are_told() {
    let [model, tokenizer] = [tiny("tiny.safetensors"), tiny("tiny-tokenizer.json")].map(|path| fs::read(path).expect("it is there"));
    let told = |model: &[u8], tokenizer: &[u8], form| SentenceEncoder::read(model, tokenizer, form).err().expect("it is none").to_string();
    let form = Form { heads: 2, longest: 16 };
    assert!(told(b"no", &tokenizer, form).contains("weights cannot be read"));
    assert!(told(&model, b"no", form).contains("tokenizer cannot be used"));
    assert!(told(&model, &tokenizer, Form { longest: 25, ..form }).contains("texts of 25 pieces do not fit"));
    assert!(told(&model, &tokenizer, Form { heads: 3, ..form }).contains("3 heads"));
    let more = String::from_utf8(tokenizer).expect("text").replace("\"good\": 5", "\"good\": 99");
    assert!(told(&model, more.as_bytes(), form).contains("100 word pieces"));
}

/// Texts with their word pieces, and the places of those whose vectors are there.
#[derive(Deserialize)]
struct Whole {
    texts: Vec<String>,
    tokens: Vec<Vec<u32>>,
    chosen: Vec<usize>,
}

/// `BASIN_MODEL`: folder of the model; `BASIN_REFERENCE`: what `reference.py whole` wrote.
#[test]
#[ignore = "needs the model of 91 MB: tests/sentence/run"]
fn the_model_has_the_numbers_of_the_reference() {
    let folder = |name: &str| PathBuf::from(std::env::var_os(name).expect("tests/sentence/run sets it"));
    let (model, reference) = (folder("BASIN_MODEL"), folder("BASIN_REFERENCE"));
    let encoder = encoder(&model.join("model.safetensors"), &model.join("tokenizer.json"), MINILM);
    let Whole { texts, tokens, chosen } =
        serde_json::from_slice(&fs::read(reference.join("texts.json")).expect("written")).expect("it is JSON");
    let other: Vec<&String> =
        texts.iter().zip(&tokens).filter(|(text, tokens)| encoder.tokens(text) != **tokens).map(|(text, _)| text).collect();
    assert!(
        other.is_empty(),
        "{} of {} texts have other word pieces, such as {:?}",
        other.len(),
        texts.len(),
        &other[..other.len().min(9)]
    );
    let vectors = fs::read(reference.join("vectors.safetensors")).expect("written");
    let vectors = safetensors::SafeTensors::deserialize(&vectors).expect("written");
    let vectors = vectors.tensor("vectors").expect("written").data();
    let vectors: Vec<f32> = vectors.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    let some: Vec<&str> = chosen.iter().map(|&place| &*texts[place]).collect();
    let began = Instant::now();
    let found = encoder.encode(&some, 1, |_| true);
    let millis = 1000.0 * began.elapsed().as_secs_f64() / some.len() as f64;
    let distances = found.iter().zip(vectors.chunks_exact(encoder.width())).map(|(a, b)| distance(a.as_ref().expect("all are done"), b));
    let furthest = distances.fold(0.0, f64::max);
    println!(
        "Basin: word pieces of {} texts; vectors of {}, {millis:.2} ms a text, 1 − cosine at most {furthest:.1e}",
        texts.len(),
        some.len()
    );
    assert!(furthest < DISTANCE, "{furthest}");
}
