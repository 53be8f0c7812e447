//! Layers that are trained further, from the encoder's own weights: losses and gradients against those of JAX in f64
//! (`tests/sentence/reference.py`): of a small model with random weights, always; of the real one, with `tests/sentence/run`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use basin_encoder::{Form, MINILM, Numbers, SentenceEncoder};
use basin_kernels::{Encoder, Reading, Sequences, cross_entropy, features_with_way_back, outer, product};
use burn::tensor::{Device, Tensor, TensorData};
use serde::Deserialize;

#[derive(Deserialize)]
struct Tuned {
    texts: Vec<String>,
    labels: Vec<usize>,
    head: Vec<f32>,
    losses: Vec<f32>,
    to_head: Vec<f32>,
    to_bias: Vec<f32>,
}

fn encoder(weights: &Path, tokenizer: &Path, form: Form) -> SentenceEncoder {
    let [weights, tokenizer] = [weights, tokenizer].map(|path| fs::read(path).expect("the file is there"));
    SentenceEncoder::read(&weights, &tokenizer, form).expect("it is a model")
}

fn tensor(Numbers { shape: [rows, cols], values }: Numbers) -> Tensor<3> {
    Tensor::from_data(TensorData::new(values, [1, rows, cols]), &Device::flex())
}

#[track_caller]
fn same(found: &[f32], expected: &[f32], band: f32, what: &str) {
    let largest = expected.iter().fold(0.0, |largest: f32, number| largest.max(number.abs()));
    assert_eq!(found.len(), expected.len(), "{what}");
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() <= band * largest, "{what}, number {place}: {found} instead of {expected}");
    }
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec_as().expect("f32")
}

/// Layers from `below` on, and the embedding where `embeds`; what numbers may be off by, over the largest of their leaf.
fn check(model: &SentenceEncoder, folder: &Path, tokenizer: &Path, form: Form, cases: &[(usize, bool)], band: f32) {
    let tuned = fs::read(folder.join("tuned.json")).expect("it is there");
    let Tuned { texts, labels, head, losses, to_head, to_bias } = serde_json::from_slice(&tuned).expect("it is JSON");
    let slopes = encoder(&folder.join("tuned.safetensors"), tokenizer, form);
    let (width, classes) = (model.width(), head.len() / model.width());
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let pieces: Vec<Vec<u32>> = texts.iter().map(|text| model.tokens(text)).collect();
    let one_hot: Vec<f32> = labels.iter().flat_map(|label| (0..classes).map(move |class| f32::from(u8::from(class == *label)))).collect();
    let one_hot = tensor(Numbers { shape: [labels.len(), classes], values: one_hot });
    let head = tensor(Numbers { shape: [width, classes], values: head });

    for &(below, embeds) in cases {
        let (rows, texts) = if embeds {
            (model.embedding().remove(0), Sequences::new(pieces.iter().map(Vec::as_slice), model.pieces()))
        } else {
            let states = model.states(&texts, below, 1, |_| true).into_iter().flat_map(|states| states.expect("nobody stopped it"));
            let values: Vec<f32> = states.collect();
            let count = values.len() / width;
            let all: Vec<u32> = (0..count as u32).collect();
            let mut rest = &all[..];
            let each = pieces.iter().map(|pieces| {
                let (text, behind) = rest.split_at(pieces.len());
                rest = behind;
                text
            });
            (Numbers { shape: [count, width], values }, Sequences::new(each.collect::<Vec<_>>(), count))
        };
        let leaves = |of: &SentenceEncoder| {
            let embedding = if embeds { of.embedding().split_off(1) } else { Vec::new() };
            embedding.into_iter().chain((below..of.layers()).flat_map(|layer| of.layer(layer))).collect::<Vec<Numbers>>()
        };
        let layers: Vec<Tensor<3>> = leaves(model).into_iter().map(tensor).collect();
        let form = basin_kernels::Form::Encoder(Encoder { heads: model.heads(), embeds });
        let (rows, learns_rows) = (tensor(rows), embeds);
        let began = Instant::now();
        let (features, way_back) =
            features_with_way_back(Reading { form: &form, texts: &texts, rows: &rows, learns_rows, layers: &layers });
        let logits = product(features.clone(), head.clone());
        let what = format!("from layer {below}, embedding {embeds}");
        same(&numbers(cross_entropy(logits.clone(), one_hot.clone())), &losses, band, &what);

        let error = (basin_kernels::probabilities(logits) - one_hot.clone()).div_scalar(labels.len() as f64);
        let (weight, bias) = outer(features, error.clone());
        same(&numbers(weight), &to_head, band, &what);
        same(&numbers(bias), &to_bias, band, &what);
        let expected = embeds.then(|| slopes.embedding().remove(0)).into_iter().chain(leaves(&slopes));
        let found = way_back(product(error, head.clone().swap_dims(1, 2)));
        println!("{what}: {:.2} ms a text", 1000.0 * began.elapsed().as_secs_f64() / labels.len() as f64);
        assert_eq!(found.len(), layers.len() + usize::from(embeds), "{what}");
        for (leaf, (found, expected)) in found.into_iter().zip(expected).enumerate() {
            same(&numbers(found), &expected.values, band, &format!("{what}, leaf {leaf}"));
        }
    }
}

#[test]
fn losses_and_gradients_of_a_small_model_are_those_of_jax() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sentence");
    let (tokenizer, form) = (folder.join("tiny-tokenizer.json"), Form { heads: 2, longest: 16 });
    let model = encoder(&folder.join("tiny.safetensors"), &tokenizer, form);
    // The last layer alone, both, and all with the embedding.
    check(&model, &folder, &tokenizer, form, &[(1, false), (0, false), (0, true)], 2e-5);
}

/// `BASIN_MODEL`: folder of the model; `BASIN_REFERENCE`: what `reference.py whole` wrote.
#[test]
#[ignore = "needs the model of 91 MB: tests/sentence/run"]
fn the_model_has_the_gradients_of_the_reference() {
    let folder = |name: &str| PathBuf::from(std::env::var_os(name).expect("tests/sentence/run sets it"));
    let (place, reference) = (folder("BASIN_MODEL"), folder("BASIN_REFERENCE"));
    let tokenizer = place.join("tokenizer.json");
    let model = encoder(&place.join("model.safetensors"), &tokenizer, MINILM);
    check(&model, &reference, &tokenizer, MINILM, &[(4, false), (0, true)], 1e-4);
}
