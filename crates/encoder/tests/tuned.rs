//! Layers that are trained further, from the encoder's own weights: losses and gradients against those of JAX in f64
//! (`tests/sentence/reference.py tiny`).

use std::fs;
use std::path::Path;

use basin_encoder::{Form, Numbers, SentenceEncoder};
use basin_kernels::{Encoder, Reading, Sequences, cross_entropy, features_with_way_back, outer, product};
use burn::tensor::{Device, Tensor, TensorData};
use serde::Deserialize;

/// What numbers may be off by, over the largest of their leaf.
const BAND: f32 = 2e-5;

#[derive(Deserialize)]
struct Tuned {
    texts: Vec<String>,
    labels: Vec<usize>,
    head: Vec<f32>,
    losses: Vec<f32>,
    to_head: Vec<f32>,
    to_bias: Vec<f32>,
}

fn read(file: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sentence").join(file)).expect("it is part of the tests")
}

fn encoder(weights: &str) -> SentenceEncoder {
    SentenceEncoder::read(&read(weights), &read("tiny-tokenizer.json"), Form { heads: 2, longest: 16 }).expect("it is a model")
}

fn tensor(Numbers { shape: [rows, cols], values }: Numbers) -> Tensor<3> {
    Tensor::from_data(TensorData::new(values, [1, rows, cols]), &Device::flex())
}

#[track_caller]
fn same(found: Vec<f32>, expected: &[f32], what: &str) {
    let largest = expected.iter().fold(0.0, |largest: f32, number| largest.max(number.abs()));
    assert_eq!(found.len(), expected.len(), "{what}");
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found - expected).abs() <= BAND * largest, "{what}, number {place}: {found} instead of {expected}");
    }
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec_as().expect("f32")
}

#[test]
fn losses_and_gradients_are_those_of_jax() {
    let Tuned { texts, labels, head, losses, to_head, to_bias } = serde_json::from_slice(&read("tuned.json")).expect("it is JSON");
    let (model, slopes) = (encoder("tiny.safetensors"), encoder("tuned.safetensors"));
    let (width, classes) = (model.width(), head.len() / model.width());
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let pieces: Vec<Vec<u32>> = texts.iter().map(|text| model.tokens(text)).collect();
    let one_hot: Vec<f32> = labels.iter().flat_map(|label| (0..classes).map(move |class| f32::from(u8::from(class == *label)))).collect();
    let one_hot = tensor(Numbers { shape: [labels.len(), classes], values: one_hot });
    let head = tensor(Numbers { shape: [width, classes], values: head });

    // The last layer alone, both, and all with the embedding.
    for (below, embeds) in [(1, false), (0, false), (0, true)] {
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
        let layers: Vec<Tensor<3>> = leaves(&model).into_iter().map(tensor).collect();
        let form = basin_kernels::Form::Encoder(Encoder { heads: model.heads(), embeds });
        let (rows, learns_rows) = (tensor(rows), embeds);
        let (features, way_back) =
            features_with_way_back(Reading { form: &form, texts: &texts, rows: &rows, learns_rows, layers: &layers });
        let logits = product(features.clone(), head.clone());
        let what = format!("from layer {below}, embedding {embeds}");
        same(numbers(cross_entropy(logits.clone(), one_hot.clone())), &losses, &what);

        let error = (basin_kernels::probabilities(logits) - one_hot.clone()).div_scalar(labels.len() as f64);
        let (weight, bias) = outer(features, error.clone());
        same(numbers(weight), &to_head, &what);
        same(numbers(bias), &to_bias, &what);
        let expected = embeds.then(|| slopes.embedding().remove(0)).into_iter().chain(leaves(&slopes));
        let found = way_back(product(error, head.clone().swap_dims(1, 2)));
        assert_eq!(found.len(), layers.len() + usize::from(embeds), "{what}");
        for (leaf, (found, expected)) in found.into_iter().zip(expected).enumerate() {
            same(numbers(found), &expected.values, &format!("{what}, leaf {leaf}"));
        }
    }
}
