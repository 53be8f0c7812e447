//! A classifier that is handed on answers as the run that it came from: its page in JavaScript, its graph, its weights.
//!
//! Elsewhere: the same graphs in onnxruntime (`tests/onnx/run`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use basin_tests::onnx::Graph;
use basin_train::classifier::{Classifier, Form, Matrix, Precision, SMALL_BYTES, Small};
use basin_train::data::dataset::Example;
use basin_train::driver::Driver;
use basin_train::experiment::{Columns, DataSource, Experiment, ModelKind, Pair, Tokens};
use basin_train::models::batch::Batch;
use basin_train::models::{self, Sizes};
use basin_train::protocol::{Files, NamedBytes};
use basin_train::report::ExportFormat;
use basin_train::run::Compute;
use burn::tensor::{Device, Tensor, TensorData};
use pollster::block_on;
use safetensors::SafeTensors;
use serde_json::Value;

const KINDS: [ModelKind; 3] = [ModelKind::Bag, ModelKind::Cnn, ModelKind::Attention];

/// A run of one lane and one seed, some steps on.
fn run(kind: ModelKind, tokens: Tokens, pairs: Option<Pair>) -> Driver {
    run_of(kind, tokens, pairs, 12)
}

/// The same with so many numbers a token.
fn run_of(kind: ModelKind, tokens: Tokens, pairs: Option<Pair>, dim: usize) -> Driver {
    let mut experiment = Experiment { seeds: 1, ..Experiment::default() };
    experiment.lanes.truncate(1);
    experiment.model.kind = kind;
    (experiment.model.dim, experiment.model.hidden) = (dim, 20);
    experiment.data.source = DataSource::Reviews { examples: 200 };
    (experiment.data.tokens, experiment.data.max_length) = (tokens, 40);
    let files = pairs.map(|pair| {
        let name = "pairs.jsonl".to_owned();
        experiment.model.pair = pair;
        experiment.data.source = DataSource::File { name: name.clone() };
        let row = |i: usize| {
            let (a, b) = (["red", "green", "blue"][i % 3], ["red", "green", "blue"][i / 3 % 3]);
            format!("{{\"text\": \"the {a} box number {i}\", \"text_b\": \"I see a {b} box!\", \"label\": \"{}\"}}\n", a == b)
        };
        Files { train: NamedBytes { name, bytes: (0..90).map(row).collect::<String>().into_bytes() }, test: None }
    });
    let mut driver = Driver::prepare(experiment, files.as_ref(), Compute::cpu()).expect("good data");
    (0..12).for_each(|_| driver.step());
    driver
}

fn classifier(driver: &mut Driver) -> Classifier {
    block_on(driver.classifier(0, 0)).expect("lane and member are there")
}

/// Texts of words that are known, and of all that is odd about texts.
fn texts(classifier: &Classifier) -> Vec<String> {
    let words: Vec<&str> = classifier.vocabulary.tokens().iter().skip(2).map(String::as_str).collect();
    let of_words = |i: usize| (0..=i % 50).map(|k| words[(i * 37 + k * k * 11) % words.len()]).collect::<Vec<_>>().join(" ");
    let odd = [
        "",
        " \t\n",
        "!",
        "It isn’t  GOOD!?\n",
        "zyzzyva qwertz",
        "E\u{301}ve\u{301}nement É 3.5 1,000 1.000,5",
        "我爱你 カタカナ ひらがな ภาษาไทย",
        "👩\u{200d}👩\u{200d}👧 🇩🇪🇫🇷🇮 🎉!! \u{200b}\u{308}a \u{308}",
        "אב\"ג ד' a_b __ 1_a ΟΔΟΣ İ ﬁ don't.stop a:b a;b",
        "\u{0}\u{7}a\u{85}b\u{2028}c",
        "\r\n\r \u{308}x\u{200d}🛑y",
    ];
    let long = format!("{} {}", "é".repeat(3000), "x".repeat(70));
    odd.into_iter().map(str::to_owned).chain([long]).chain((0..120).map(of_words)).collect()
}

/// What the page says in node, and what the run says, of texts of one part or two: the largest difference of a probability.
fn page_against_run(driver: &mut Driver, precision: Precision, name: &str) -> f64 {
    let classifier = classifier(driver);
    page_against(&classifier, classifier.whole_in(precision), name, |asked| {
        let (answers, _) = block_on(driver.classify(asked[0], asked.get(1).copied()));
        answers[0].probabilities.clone()
    })
}

/// What the page says in node, and what the same weights say in Rust. They come from the file alone, for the tokens of the page.
fn page_against_its_weights(classifier: &Classifier, form: Form, name: &str) -> f64 {
    let (device, classes) = (Device::flex(), classifier.classes.len());
    // Tokens beyond those of the page still have a row; the vocabulary of the page does not lead to it.
    let sizes = Sizes { vocabulary: classifier.vocabulary.len(), classes, pairs: classifier.pairs };
    let model = models::build(&classifier.model, sizes);
    let tensor = |leaf: Matrix| Tensor::from_data(TensorData::new(leaf.values, [1, leaf.rows, leaf.cols]), &device);
    let w = model.init(&[1], &device).with_values(classifier.rounded(form).into_iter().map(tensor));
    let vocabulary = classifier.vocabulary.first(form.tokens);
    // As the run would read it: by its own tokens, of which those that the page lacks have the row of the unknown.
    page_against(classifier, form, name, |asked| {
        let said = [&vocabulary, &classifier.vocabulary].map(|vocabulary| {
            let example = Example {
                text: String::new(),
                text_b: None,
                tokens: vocabulary.encode(asked[0]),
                tokens_b: asked.get(1).map(|text| vocabulary.encode(text)).unwrap_or_default(),
                vectors: Vec::new(),
                pieces: Vec::new(),
                label: 0,
                given_label: 0,
                row: 1,
            };
            let batch = Batch::new([&example], classes, model.reads_in_order(), &device);
            let logits = model.forward(&w.select_rows(&batch.rows), &batch).logits;
            let logits: Vec<f32> = logits.into_data().try_to_vec_as().expect("f32");
            let exps: Vec<f64> = logits.iter().map(|logit| f64::from(*logit).exp()).collect();
            exps.iter().map(|exp| exp / exps.iter().sum::<f64>()).collect::<Vec<f64>>()
        });
        let same = said[0].iter().zip(&said[1]).all(|(a, b)| (a - b).abs() < 1e-6);
        assert!(same, "{said:?}: without tokens, and with the row of the unknown in their place");
        said[0].clone()
    })
}

/// What the page of a form says in node, and `expected`, of texts of one part or two: the largest difference of a probability.
fn page_against(classifier: &Classifier, form: Form, name: &str, expected: impl Fn(&[&str]) -> Vec<f64>) -> f64 {
    let vocabulary = classifier.vocabulary.first(form.tokens);
    let texts = texts(classifier);
    let asked: Vec<Vec<&str>> = texts
        .iter()
        .zip(texts.iter().rev())
        .map(|(a, b)| if classifier.pairs { vec![a.as_str(), b.as_str()] } else { vec![a.as_str()] })
        .collect();
    let folder = folder(name);
    fs::write(folder.join("index.html"), classifier.page(form)).expect("a folder of our own");
    fs::write(folder.join("texts.json"), serde_json::to_vec(&asked).expect("texts")).expect("a folder of our own");
    let answers = node("answers.mjs", &[&folder.join("index.html"), &folder.join("texts.json")]);
    let mut worst = 0.0_f64;
    for (asked, found) in asked.iter().zip(answers.as_array().expect("a list")) {
        for (text, ids) in asked.iter().zip(found["ids"].as_array().expect("a list a text")) {
            let (mut expected, _, total) = vocabulary.encode_counted(text);
            expected.truncate(total);
            assert_eq!(ids, &serde_json::json!(expected), "tokens of {text:?}");
        }
        let found: Vec<f64> = found["probabilities"].as_array().expect("numbers").iter().filter_map(Value::as_f64).collect();
        assert_eq!(found.len(), classifier.classes.len());
        worst = found.iter().zip(expected(asked)).fold(worst, |worst, (a, b)| worst.max((a - b).abs()));
    }
    fs::remove_dir_all(folder).expect("ours");
    worst
}

/// A folder of its own for one test.
fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("basin-classifier-{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("the folder for temporary files can be written");
    path
}

/// What a script beside these tests prints.
fn node(script: &str, files: &[&Path]) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("classifier").join(script);
    let output = Command::new("node").arg(script).args(files).output().expect("these tests need node");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("the script prints JSON")
}

#[test]
fn the_page_answers_as_the_run() {
    for kind in KINDS {
        for tokens in [Tokens::Words, Tokens::WordPairs, Tokens::Characters] {
            let worst = page_against_run(&mut run(kind, tokens, None), Precision::Single, &format!("{kind:?}-{tokens:?}"));
            assert!(worst < 1e-4, "{kind:?} on {tokens:?}: {worst}");
        }
        for pair in [Pair::Concat, Pair::Interaction] {
            let worst = page_against_run(&mut run(kind, Tokens::Words, Some(pair)), Precision::Single, &format!("{kind:?}-{pair:?}"));
            assert!(worst < 1e-4, "{kind:?} on pairs by {pair:?}: {worst}");
        }
        let worst = page_against_run(&mut run(kind, Tokens::Words, None), Precision::Half, &format!("{kind:?}-half"));
        assert!(worst < 5e-3, "{kind:?} in 16 bits: {worst}");
    }
}

#[test]
fn a_small_page_answers_as_its_weights() {
    for (kind, pairs) in KINDS.into_iter().flat_map(|kind| [(kind, None), (kind, Some(Pair::Interaction))]) {
        // 13 numbers a row: with 4 bits rows begin inside a byte.
        let mut driver = run_of(kind, Tokens::Words, pairs, 13);
        let classifier = classifier(&mut driver);
        let half = classifier.vocabulary.len() / 2;
        for form in [classifier.whole_in(Precision::Eight), Form { precision: Precision::Four, tokens: half }] {
            let worst = page_against_its_weights(&classifier, form, &format!("{kind:?}-{}-{:?}", pairs.is_some(), form.precision));
            assert!(worst < 1e-5, "{kind:?} with {form:?}: {worst}");
        }
    }
}

/// `texts` texts of 40 words each that no other one has, learned by heart: the page of the classifier, and how small it is.
fn page_of_words(texts: usize, marked: bool) -> (Classifier, String) {
    // In the order of their letters, as equally frequent tokens are numbered. The class is a word of its own where it is `marked`,
    // else it lies in the words alone.
    let text = |i: usize| {
        let words = (0..40).map(|k| format!("w{:05}", 40 * i + k)).collect::<Vec<_>>().join(" ");
        let class = ["no", "yes"][i % 2];
        format!("{class}\t{}{words}\n", if marked { format!("{class} ") } else { String::new() })
    };
    let bytes = (0..texts).map(text).collect::<String>().into_bytes();
    let file = |name: &str| NamedBytes { name: name.to_owned(), bytes: bytes.clone() };
    let mut experiment = Experiment { seeds: 1, ..Experiment::default() };
    experiment.lanes.truncate(1);
    experiment.data.source = DataSource::File { name: "words.tsv".to_owned() };
    experiment.data.columns = Some(Columns { header: false, label: 0, text: 1, text_b: None });
    (experiment.data.tokens, experiment.data.vocabulary) = (Tokens::Words, 60_000);
    (experiment.model.kind, experiment.model.dim, experiment.training.learning_rate) = (ModelKind::Bag, 64, 0.02);
    let files = Files { train: file("words.tsv"), test: Some(file("again.tsv")) };
    let mut driver = Driver::prepare(experiment, Some(&files), Compute::cpu()).expect("good data");
    (0..driver.summary().steps).for_each(|_| driver.step());
    let mut classifier = classifier(&mut driver);
    block_on(driver.shrink(&mut classifier));
    let page = classifier.files(ExportFormat::Page).expect("it has one").swap_remove(0).bytes;
    (classifier, String::from_utf8(page).expect("HTML"))
}

#[test]
fn a_page_becomes_small_where_that_costs_nothing() {
    // 5 000 words of 64 numbers. With 16 bits these are 128 bytes, and 4/3 letters a byte, beside 9 letters of the word: 0.9 MB.
    let (classifier, page) = page_of_words(125, true);
    assert_eq!((classifier.form(), classifier.small), (classifier.whole_in(Precision::Half), None));
    assert!(page.len() < SMALL_BYTES, "{}", page.len());

    // 8 000 words: 1.4 MB with 16 bits. With 8 bits and a scale 68 bytes: 0.8 MB.
    let (classifier, page) = page_of_words(200, true);
    assert_eq!(classifier.form(), classifier.whole_in(Precision::Eight));
    assert!(page.len() < SMALL_BYTES && page.contains("the weights of tokens in 8 bits, the others in 16."), "{}", page.len());

    // 28 000 words: with 4 bits 36 bytes, 57 letters with the word, 1.6 MB. 17 000 of them would be 1 MB, without all else.
    let (classifier, page) = page_of_words(700, true);
    let form = classifier.form();
    assert!(form.precision == Precision::Four && (16_000..17_500).contains(&form.tokens), "{form:?}");
    assert!((SMALL_BYTES - 1_000..SMALL_BYTES).contains(&page.len()), "{}", page.len());
    let accuracy = classifier.small.expect("it was measured").accuracy * 100.0;
    let own = classifier.facts.measured.test_accuracy[0] * 100.0;
    for words in [
        format!("only the {} most frequent of 28002 tokens", form.tokens - 2),
        format!("Accuracy on the test set: {accuracy:.2} % so, {own:.2} % with the network's own weights."),
    ] {
        assert!(page.contains(&words), "`{words}` is missing in {}", classifier.page_words(form));
    }
}

#[test]
fn a_page_stays_large_where_being_small_would_make_it_wrong() {
    // No text is known by another's words. Of those whose words are left out, all get the same answer: half of them are right.
    let (classifier, page) = page_of_words(700, false);
    let own = classifier.facts.measured.test_accuracy[0];
    assert!(own > 0.99, "{own}");
    assert_eq!(classifier.form(), classifier.whole_in(Precision::Half));
    let Small { form, accuracy, holds } = classifier.small.expect("it was measured");
    let kept = form.tokens as f64 / 28_002.0;
    assert!(!holds && (accuracy - f64::midpoint(1.0, kept)).abs() < 0.02, "{accuracy} with {kept} of the words");
    assert!(page.len() > SMALL_BYTES && page.contains(&format!("but not as good. Accuracy on the test set: {:.2} % so", accuracy * 100.0)));
}

/// Every letter of the first planes, between letters, digits, marks and joiners: all rules of word boundaries meet it.
#[test]
fn the_page_divides_words_as_the_program_does() {
    let mut driver = run(ModelKind::Bag, Tokens::Words, None);
    let classifier = classifier(&mut driver);
    let around = |letter: char| {
        format!("a{letter}a 1{letter}1 א{letter}א {letter}{letter} ア{letter}ア _{letter}a \u{200d}{letter} 🇩{letter}🇪 {letter}\u{308}_")
    };
    // Every 7th: a multiple of no block's size.
    let letters = (0..0x3000)
        .chain((0x3000..0x1_fc00).step_by(7))
        .filter_map(char::from_u32)
        .filter(|letter| letter.is_alphanumeric() || letter.is_ascii() || is_mark(*letter));
    let texts: Vec<String> = letters.map(around).collect();
    assert!(texts.len() > 10_000);
    let folder = folder("words");
    fs::write(folder.join("index.html"), classifier.page(classifier.whole_in(Precision::Half))).expect("a folder of our own");
    fs::write(folder.join("texts.json"), serde_json::to_vec(&texts).expect("texts")).expect("a folder of our own");
    let found = node("words.mjs", &[&folder.join("index.html"), &folder.join("texts.json")]);
    for (text, found) in texts.iter().zip(found.as_array().expect("a list")) {
        assert_eq!(found, &serde_json::json!(basin_train::data::tokens::tokenize(text, Tokens::Words, 999)), "{text:?}");
    }
    fs::remove_dir_all(folder).expect("ours");
}

/// Marks and punctuation of the first plane, in blocks that are full.
fn is_mark(letter: char) -> bool {
    matches!(letter as u32, 0x80..=0x36f | 0x483..=0x489 | 0x591..=0x5c7 | 0x600..=0x61f | 0x64b..=0x66d | 0x900..=0x903 | 0x1ab0..=0x1abe | 0x2000..=0x206f | 0x20d0..=0x20f0 | 0x2190..=0x23ff | 0x2500..=0x27ff | 0x1f300..=0x1f64f)
}

/// The graph read back: every input of a node is there before it, the answer is at the end, and the weights are those of the
/// safetensors file.
#[test]
fn the_graph_is_whole_and_has_the_weights() {
    for (kind, pairs) in KINDS.into_iter().flat_map(|kind| [(kind, None), (kind, Some(Pair::Interaction))]) {
        let mut driver = run(kind, Tokens::Words, pairs);
        let classifier = classifier(&mut driver);
        let file = |format, name: &str| {
            let files = classifier.files(format).expect("each model has one");
            files.into_iter().find(|file| file.name == name).unwrap_or_else(|| panic!("no {name}")).bytes
        };
        let model = file(ExportFormat::Onnx, "model.onnx");
        let graph = Graph::read(&model);
        assert_eq!(graph.inputs, if pairs.is_some() { vec!["ids", "ids_b"] } else { vec!["ids"] });

        let weights = file(ExportFormat::Safetensors, "model.safetensors");
        let weights = SafeTensors::deserialize(&weights).expect("a file of weights");
        for (name, view) in weights.tensors() {
            let raw = &graph.tensors[&*name];
            // A convolution has them in another order.
            if name.starts_with("conv") && name.ends_with("weight") {
                let sorted = |bytes: &[u8]| {
                    let mut numbers: Vec<[u8; 4]> = bytes.chunks_exact(4).map(|four| four.try_into().expect("four")).collect();
                    numbers.sort_unstable();
                    numbers
                };
                assert_eq!(sorted(raw), sorted(view.data()), "{name}");
            } else {
                assert_eq!(raw, view.data(), "{name}");
            }
        }
        assert_eq!(weights.tensors().len(), classifier.leaves.len());
    }
}

#[test]
fn card_and_tokenizer_say_what_the_run_was() {
    let mut driver = run(ModelKind::Bag, Tokens::Words, None);
    let classifier = classifier(&mut driver);
    let files = classifier.files(ExportFormat::Onnx).expect("each model has one");
    let text =
        |name: &str| String::from_utf8(files.iter().find(|file| file.name == name).expect("it is there").bytes.clone()).expect("text");
    let tokenizer: Value = serde_json::from_str(&text("tokenizer.json")).expect("JSON");
    assert_eq!(tokenizer["tokens"], serde_json::json!(classifier.vocabulary.tokens()));
    assert_eq!((&tokenizer["kind"], &tokenizer["max_length"], &tokenizer["pad"]), (&"words".into(), &40.into(), &0.into()));
    let card = text("model-card.md");
    let accuracy = classifier.facts.measured.test_accuracy[0] * 100.0;
    for words in [
        "Product reviews (generated)",
        &format!("{accuracy:.2} %"),
        &format!("{:08x}", classifier.facts.data),
        "| Seeds | 1 of the weights",
        "def encode(text)",
        "step",
    ] {
        assert!(card.contains(words), "`{words}` is missing in:\n{card}");
    }
    assert!(block_on(driver.classifier(1, 0)).is_err() && block_on(driver.classifier(0, 1)).is_err(), "there is one lane with one seed");
}
