//! A classifier that reads texts with an encoder, a small one with random weights, as it is handed on: its graph, its weights, its card.
//!
//! Elsewhere: such graphs with the real encoder in onnxruntime, against `basin predict` (`tests/onnx/run`).

use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use basin_encoder::{Form, SentenceEncoder};
use basin_tests::onnx::Graph;
use basin_train::classifier::Classifier;
use basin_train::data::encoder::{Encoder, EncoderSizes, Layers, Numbers, Papers, Vector, Whole, provide};
use basin_train::driver::Driver;
use basin_train::experiment::{Columns, DataSource, Experiment, ModelKind, Pair, Tune};
use basin_train::protocol::{Files, NamedBytes};
use basin_train::report::ExportFormat;
use basin_train::run::Compute;
use pollster::block_on;
use safetensors::SafeTensors;
use serde_json::Value;

struct Tiny(SentenceEncoder);

fn file(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("sentence").join(name)).expect("it is part of the tests")
}

static TINY: LazyLock<Arc<Tiny>> = LazyLock::new(|| {
    let form = Form { heads: 2, longest: 16 };
    Arc::new(Tiny(SentenceEncoder::read(&file("tiny.safetensors"), &file("tiny-tokenizer.json"), form).expect("it is a model")))
});

fn vectors(found: Vec<Option<Vec<f32>>>) -> Vec<Vector> {
    found.into_iter().map(|vector| vector.expect("nobody stopped it").into()).collect()
}

fn numbers(found: Vec<basin_encoder::Numbers>) -> Vec<Numbers> {
    found.into_iter().map(|basin_encoder::Numbers { shape, values }| Numbers { shape, values }).collect()
}

impl Encoder for Tiny {
    fn name(&self) -> &'static str {
        "tiny"
    }

    fn hash(&self) -> &'static str {
        "0123456789abcdef"
    }

    fn width(&self) -> usize {
        self.0.width()
    }

    fn known(&self, text: &str) -> (usize, usize) {
        self.0.known(text)
    }

    fn encode(&self, texts: &[&str]) -> Vec<Vector> {
        vectors(self.0.encode(texts, 1, |_| true))
    }

    fn encode_and_keep(&self, texts: &[&str]) -> Option<Vec<Vector>> {
        Some(self.encode(texts))
    }

    fn missing<'a>(&self, texts: &[&'a str]) -> Vec<&'a str> {
        texts.to_vec()
    }

    fn take_in(&self, _: &[&str], _: Vec<Vector>) {}

    fn ahead(&self, texts: &[&str]) -> (usize, f64) {
        (texts.len(), f64::NAN)
    }

    fn layers(&self) -> Option<&dyn Layers> {
        Some(self)
    }

    fn whole(&self) -> Option<&dyn Whole> {
        Some(self)
    }
}

impl Whole for Tiny {
    fn sizes(&self) -> EncoderSizes {
        let Self(net) = self;
        EncoderSizes { layers: net.layers(), heads: net.heads(), inner: net.inner(), pieces: net.pieces(), longest: net.longest() }
    }

    fn layer(&self, layer: usize) -> Vec<Numbers> {
        numbers(self.0.layer(layer))
    }

    fn embedding(&self) -> Vec<Numbers> {
        numbers(self.0.embedding())
    }

    fn papers(&self) -> Result<Papers, String> {
        let tokenizer = String::from_utf8(file("tiny-tokenizer.json")).expect("text");
        Ok(Papers { tokenizer, licence: "Apache-2.0".to_owned(), origin: "Drawn at random.".to_owned() })
    }
}

impl Layers for Tiny {
    fn pieces(&self, text: &str) -> Vec<u32> {
        self.0.tokens(text)
    }

    fn states(&self, texts: &[&str], below: usize) -> Vec<Vector> {
        vectors(self.0.states(texts, below, 1, |_| true))
    }

    fn states_of_set(&self, texts: &[&str], below: usize) -> Option<Vec<Vector>> {
        Some(self.states(texts, below))
    }

    fn seconds_of_states(&self, _: &[&str], _: usize) -> f64 {
        f64::NAN
    }

    fn seconds_of_gradients(&self, _: &[&str], _: usize) -> f64 {
        f64::NAN
    }
}

/// What becomes of a run of one lane and one seed, some steps on.
fn classifier(tune: Option<Tune>, pair: Option<Pair>) -> Classifier {
    provide(|_| Ok(TINY.clone()));
    let name = "films.tsv".to_owned();
    let row = |i: usize| {
        let second = if pair.is_some() { "\ta film!" } else { "" };
        format!("{}\t{} film{second}\n", ["fine", "poor"][i % 2], ["good", "unable"][i % 2].repeat(1 + i % 3))
    };
    let head = if pair.is_some() { "label\ttext\tsecond\n" } else { "label\ttext\n" };
    let bytes = (head.to_owned() + &(0..40).map(row).collect::<String>()).into_bytes();
    let mut experiment = Experiment { seeds: 1, ..Experiment::default() };
    experiment.lanes.truncate(1);
    experiment.data.source = DataSource::File { name: name.clone() };
    experiment.data.columns = Some(Columns { header: true, label: 0, text: 1, text_b: pair.map(|_| 2) });
    (experiment.model.kind, experiment.model.hidden, experiment.model.tune) = (ModelKind::Sentence, 6, tune);
    experiment.model.pair = pair.unwrap_or(experiment.model.pair);
    let files = Files { train: NamedBytes { name, bytes }, test: None };
    let mut driver = Driver::prepare(experiment, Some(&files), Compute::cpu()).expect("good data");
    (0..3).for_each(|_| driver.step());
    block_on(driver.classifier(0, 0)).expect("lane and member are there")
}

fn written(classifier: &Classifier, format: ExportFormat, name: &str) -> Vec<u8> {
    let files = classifier.files(format).expect("it is handed on so");
    files.into_iter().find(|file| file.name == name).unwrap_or_else(|| panic!("no {name}")).bytes
}

/// Leaves of the encoder under the names that trained ones have.
fn originals() -> Vec<(String, Numbers)> {
    let parts = [
        "attention.weight",
        "attention.bias",
        "output.weight",
        "output.bias",
        "norm.scale",
        "norm.shift",
        "inner.weight",
        "inner.bias",
        "outer.weight",
        "outer.bias",
        "end.scale",
        "end.shift",
    ];
    let embedding = ["embedding", "places", "embedding.scale", "embedding.shift"].map(str::to_owned).into_iter().zip(TINY.embedding());
    let layers = (0..2).flat_map(|layer| parts.map(|part| format!("layer{}.{part}", layer + 1)).into_iter().zip(TINY.layer(layer)));
    embedding.chain(layers).collect()
}

#[test]
fn the_graph_has_the_encoder_in_front_with_what_was_trained_in_its_place() {
    for (tune, pair) in [
        (None, None),
        (None, Some(Pair::Interaction)),
        (Some(Tune::Top(1)), None),
        (Some(Tune::Top(1)), Some(Pair::Concat)),
        (Some(Tune::All), None),
    ] {
        let classifier = classifier(tune, pair);
        let graph = Graph::read(&written(&classifier, ExportFormat::Onnx, "model.onnx"));
        assert_eq!(graph.inputs, if pair.is_some() { vec!["ids", "ids_b"] } else { vec!["ids"] });
        let count = |operator: &str| graph.operators.iter().filter(|found| *found == operator).count();
        let texts = 1 + usize::from(pair.is_some());
        // Two layers with two norms each, and that of the embedding.
        assert_eq!((count("LayerNormalization"), count("Erf")), (5 * texts, 2 * texts), "{tune:?}");
        // Vectors have length 1 where the encoder stays as it is, and a hidden layer behind them.
        let frozen = usize::from(tune.is_none());
        assert_eq!((count("ReduceL2"), count("Tanh")), (frozen * texts, frozen), "{tune:?}");
        assert_eq!(graph.texts["classes"], r#"["fine","poor"]"#);
        assert_eq!(graph.texts["tokenizer"].as_bytes(), file("tiny-tokenizer.json"), "the encoder's own");

        // What was trained, in both files, and nothing else in that of the weights.
        let weights = written(&classifier, ExportFormat::Safetensors, "model.safetensors");
        let (_, about) = SafeTensors::read_metadata(&weights).expect("a file of weights");
        let about: Value = serde_json::from_str(&about.metadata().as_ref().expect("it has some")["basin"]).expect("JSON");
        assert_eq!(about["encoder"], serde_json::json!({ "name": "tiny", "hash": "0123456789abcdef" }));
        let weights = SafeTensors::deserialize(&weights).expect("a file of weights");
        let trained = match tune {
            None => 4,
            Some(Tune::Top(_)) => 12 + 2,
            Some(Tune::All) => 4 + 2 * 12 + 2,
        };
        assert_eq!(weights.tensors().len(), trained, "{tune:?}");
        for (name, view) in weights.tensors() {
            assert_eq!(graph.tensors[&*name], view.data(), "{tune:?}: {name}");
        }
        // Three steps of training move every layer, and what is not trained is the encoder's.
        for (name, Numbers { shape, values }) in originals() {
            let sizes = &graph.sizes[&*name];
            assert!(*sizes == shape || *sizes == [shape[1]], "{name}: {sizes:?} instead of {shape:?}");
            let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
            let is_trained = weights.tensor(&name).is_ok();
            assert_eq!(graph.tensors[&*name] != bytes, is_trained, "{tune:?}: {name}");
        }
    }
}

#[test]
fn the_card_names_the_encoder_and_encodes_as_basin_does() {
    let classifier = classifier(None, None);
    let card = String::from_utf8(written(&classifier, ExportFormat::Onnx, "model-card.md")).expect("text");
    for words in [
        "| Name | tiny |",
        "| Licence | Apache-2.0 |",
        "| Origin | Drawn at random. |",
        "0123456789abcdef",
        "the first 16 of a text read",
        "Tokenizer.from_file(\"tokenizer.json\")",
        "tokenizer.enable_truncation(16)",
        "2 layers, 8 wide, 2 heads, 12 wide inside",
    ] {
        assert!(card.contains(words), "`{words}` is missing in:\n{card}");
    }
    assert!(!card.contains("LONGEST"), "{card}");
    let refused = classifier.files(ExportFormat::Page).expect_err("its encoder has more bytes than a small page").to_string();
    assert!(refused.contains("below 1 MB") && refused.contains("`--format onnx`"), "{refused}");
}
