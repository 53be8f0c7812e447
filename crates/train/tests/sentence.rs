//! The model `sentence`, with a made-up encoder in place of the real one: a text's vector says how often it has each letter. Its
//! layers, which are trained further, are made up as well; those of a real one: `crates/encoder/tests/tuned.rs`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use basin_optim::population::{ClimbLoss, Weights, brute_force, evaluate, per_example};
use basin_train::data::Wish;
use basin_train::data::dataset::Example;
use basin_train::data::encoder::{Encoder, EncoderSizes, Layers, Numbers, Papers, Vector, Whole, provide};
use basin_train::data::reading::Chosen;
use basin_train::driver::Driver;
use basin_train::experiment::{
    Columns, DataSource, Experiment, LaneConfig, MethodConfig, ModelConfig, ModelKind, Pair, Rule, Tune, presets,
};
use basin_train::instruments::answers::{logits, read};
use basin_train::instruments::judge::judge_lanes;
use basin_train::instruments::predictor;
use basin_train::models::batch::Batch;
use basin_train::models::{Model, OnBatch, Sizes, Tuned};
use basin_train::protocol::{Files, NamedBytes};
use basin_train::report::Side;
use basin_train::run::{Compute, Plan, Run};
use burn::tensor::{Device, Tensor, TensorData};
use pollster::block_on;
use safetensors::SafeTensors;

/// Another encoder than before, one that is asked to stop, and how many texts it was asked for.
static OTHER: AtomicBool = AtomicBool::new(false);
static STOPPED: AtomicBool = AtomicBool::new(false);
static ENCODED: AtomicUsize = AtomicUsize::new(0);

/// Tests of this file share what stands above.
static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());

struct Letters;

fn vector(text: &str) -> Vector {
    let mut counts = vec![0.0_f32; 26];
    for letter in text.to_lowercase().bytes().filter(u8::is_ascii_lowercase) {
        counts[usize::from(letter - b'a')] += 1.0;
    }
    let length = counts.iter().map(|x| x * x).sum::<f32>().sqrt().max(1.0);
    counts.into_iter().map(|x| x / length).collect()
}

impl Encoder for Letters {
    fn name(&self) -> &'static str {
        "letters"
    }

    fn hash(&self) -> &str {
        if OTHER.load(Ordering::Relaxed) { "fedcba9876543210" } else { "0123456789abcdef" }
    }

    fn width(&self) -> usize {
        26
    }

    fn known(&self, text: &str) -> (usize, usize) {
        (text.bytes().filter(u8::is_ascii_alphabetic).count(), text.len())
    }

    fn encode(&self, texts: &[&str]) -> Vec<Vector> {
        texts.iter().map(|text| vector(text)).collect()
    }

    fn encode_and_keep(&self, texts: &[&str]) -> Option<Vec<Vector>> {
        ENCODED.fetch_add(texts.len(), Ordering::Relaxed);
        (!STOPPED.load(Ordering::Relaxed)).then(|| self.encode(texts))
    }

    fn missing<'a>(&self, texts: &[&'a str]) -> Vec<&'a str> {
        texts.to_vec()
    }

    fn take_in(&self, _: &[&str], _: Vec<Vector>) {}

    fn ahead(&self, texts: &[&str]) -> (usize, f64) {
        (texts.len(), 0.001 * texts.len() as f64)
    }

    fn layers(&self) -> Option<&dyn Layers> {
        Some(self)
    }

    fn whole(&self) -> Option<&dyn Whole> {
        Some(self)
    }
}

impl Whole for Letters {
    fn sizes(&self) -> EncoderSizes {
        EncoderSizes { layers: 3, heads: 2, inner: 20, pieces: 27, longest: 40 }
    }

    /// Made up, near nothing but for the norms: a layer hands on what it reads.
    fn layer(&self, layer: usize) -> Vec<Numbers> {
        let shapes = [[26, 78], [1, 78], [26, 26], [1, 26], [1, 26], [1, 26], [26, 20], [1, 20], [20, 26], [1, 26], [1, 26], [1, 26]];
        let made = |(leaf, [rows, cols]): (usize, [usize; 2])| {
            let wave = |i: usize| 0.1 * ((i * 7 + leaf * 5 + layer * 3) as f32).sin();
            let scale = if leaf == 4 || leaf == 10 { 1.0 } else { 0.0 };
            Numbers { shape: [rows, cols], values: (0..rows * cols).map(|i| scale + wave(i)).collect() }
        };
        shapes.into_iter().enumerate().map(made).collect()
    }

    /// A letter is itself.
    fn embedding(&self) -> Vec<Numbers> {
        let numbers = |rows: usize, f: &dyn Fn(usize, usize) -> f32| Numbers {
            shape: [rows, 26],
            values: (0..rows).flat_map(|row| (0..26).map(move |col| f(row, col))).collect(),
        };
        let letter = |row: usize, col: usize| f32::from(u8::from(row == col + 1));
        vec![
            numbers(27, &letter),
            numbers(40, &|row, col| 0.01 * ((row * col) as f32).cos()),
            numbers(1, &|_, _| 1.0),
            numbers(1, &|_, _| 0.0),
        ]
    }

    fn papers(&self) -> Result<Papers, String> {
        Err("the letters have no papers".to_owned())
    }
}

impl Layers for Letters {
    fn pieces(&self, text: &str) -> Vec<u32> {
        let letters = text.to_lowercase().into_bytes().into_iter().filter(u8::is_ascii_lowercase);
        std::iter::once(0).chain(letters.map(|letter| u32::from(letter - b'a') + 1)).take(40).collect()
    }

    fn states(&self, texts: &[&str], below: usize) -> Vec<Vector> {
        let state = |piece: u32| (0..26).map(move |col| f32::from(u8::from(piece == col + 1)) + 0.1 * below as f32);
        texts.iter().map(|text| self.pieces(text).into_iter().flat_map(state).collect()).collect()
    }

    fn states_of_set(&self, texts: &[&str], below: usize) -> Option<Vec<Vector>> {
        ENCODED.fetch_add(texts.len(), Ordering::Relaxed);
        (!STOPPED.load(Ordering::Relaxed)).then(|| self.states(texts, below))
    }

    fn seconds_of_gradients(&self, texts: &[&str], layers: usize) -> f64 {
        0.003 * (texts.len() * layers) as f64
    }

    fn seconds_of_states(&self, texts: &[&str], below: usize) -> f64 {
        0.001 * (texts.len() * below) as f64
    }
}

fn letters() {
    provide(|_| Ok(Arc::new(Letters)));
}

/// Short sentences about a cat or a dog, which letters tell apart.
fn files(pairs: bool) -> Files {
    let row = |i: usize| {
        let (label, animal) = if i.is_multiple_of(2) { ("cat", "a cat purrs") } else { ("dog", "dogs go woof") };
        let second = if pairs { format!("\tnumber {}", i % 5) } else { String::new() };
        format!("{label}\t{animal} {}{second}\n", ["here", "there", "again", "at night", "today"][i % 5].repeat(1 + i % 3))
    };
    let head = if pairs { "label\ttext\tsecond\n" } else { "label\ttext\n" };
    let table = head.to_owned() + &(0..60).map(row).collect::<String>();
    Files { train: NamedBytes { name: "animals.tsv".to_owned(), bytes: table.into_bytes() }, test: None }
}

fn experiment() -> Experiment {
    let mut experiment = Experiment { seeds: 2, ..Experiment::default() };
    experiment.data.source = DataSource::File { name: "animals.tsv".to_owned() };
    experiment.model.kind = ModelKind::Sentence;
    experiment.model.hidden = 8;
    experiment.training.epochs = 30;
    experiment.training.batch = 8;
    experiment.lanes = [MethodConfig::Sgd, MethodConfig::Sam, MethodConfig::PerInstanceSam, MethodConfig::delta_sam(Rule::Noise)]
        .map(LaneConfig::new)
        .into();
    experiment
}

fn train(experiment: Experiment, files: &Files) -> Driver {
    let mut driver = Driver::prepare(experiment, Some(files), Compute::cpu()).expect("good data");
    while !driver.finished() {
        driver.step();
    }
    driver
}

#[test]
fn every_method_learns_from_vectors_and_all_can_be_asked() {
    let _one = ONE_AT_A_TIME.lock();
    letters();
    for pair in [None, Some(Pair::Concat), Some(Pair::Interaction)] {
        let mut experiment = experiment();
        experiment.model.pair = pair.unwrap_or(Pair::Concat);
        let text_b = pair.map(|_| 2);
        experiment.data.columns = Some(Columns { header: true, label: 0, text: 1, text_b });
        let files = files(pair.is_some());
        let mut driver = train(experiment, &files);
        let sides = match pair {
            None => 1,
            Some(Pair::Concat) => 2,
            Some(Pair::Interaction) => 4,
        };
        // No embedding: (26 · sides + 1) · 8 + (8 + 1) · 2 weights; the experiment says how wide a vector is.
        assert_eq!((driver.summary().weights, driver.summary().experiment.model.dim), ((26 * sides + 1) * 8 + 18, 26));
        let measured = block_on(driver.measure());
        for lane in &measured.lanes {
            assert!(lane.test_accuracy.iter().all(|accuracy| *accuracy > 0.99), "{pair:?}: {:?}", lane.test_accuracy);
        }
        // Words that it has not learned from, with the letters of those that it has.
        let second = pair.map(|_| "number 1");
        let (answers, known) = block_on(driver.classify("tac rups rac", second));
        assert!(answers.iter().all(|answer| answer.probabilities[0] > 0.5), "{answers:?}");
        assert_eq!(known.0, known.1 - 2 - usize::from(pair.is_some()) * 2, "spaces and digits are no letters");
        let sharpness = block_on(driver.measure_sharpness(Side::Train));
        assert_eq!(sharpness.lanes.len(), 4);
        block_on(driver.trace(0)).expect("a step is shown");
        block_on(driver.line(0, 2, 0)).expect("two lanes");
    }
}

#[test]
fn texts_of_files_are_answered_and_judged() {
    let _one = ONE_AT_A_TIME.lock();
    letters();
    let files = files(false);
    let mut driver = train(experiment(), &files);
    let run = Run::restore(&block_on(driver.save()), Compute::cpu()).expect("just saved");
    let file = NamedBytes { name: "new.tsv".to_owned(), bytes: b"label\ttext\ncat\tcats purr\ndog\twoof woof\n".to_vec() };
    let (examples, _) = run.read_labelled(&file, Chosen { delimiter: None, columns: None }, &Wish::default()).expect("the same columns");
    let judgement = block_on(judge_lanes(&run, &[0, 1], "new.tsv", &examples, None, 50)).expect("these lanes are there");
    assert_eq!(judgement.examples, 2);
    let (texts, known) = read(&run, [("a cat", None), ("a dog 7", None)]);
    assert_eq!(known, [(4, 5), (4, 7)]);
    let answers = block_on(logits(&run, &[0], &texts)).expect("a lane").remove(0);
    assert_eq!((answers.choice(0, 0), answers.choice(0, 1)), (Some(0), Some(1)));
    let Err(error) = block_on(driver.classifier(0, 0)).map_err(|error| error.to_string()) else { panic!("it needs its encoder") };
    assert_eq!(error, "the letters have no papers");
}

#[test]
fn a_saved_run_goes_on_with_the_same_encoder_alone() {
    let _one = ONE_AT_A_TIME.lock();
    letters();
    let files = files(false);
    let mut half = Driver::prepare(experiment(), Some(&files), Compute::cpu()).expect("good data");
    for _ in 0..10 {
        half.step();
    }
    let bytes = block_on(half.save());
    let mut again = Driver::restore(&bytes, Compute::cpu()).expect("just saved");
    while !again.finished() {
        again.step();
    }
    let answers = |driver: &Driver| block_on(driver.classify("a dog or a cat", None)).0;
    let bits = |driver: &Driver| answers(driver).iter().flat_map(|a| a.probabilities.clone()).map(f64::to_bits).collect::<Vec<_>>();
    assert_eq!(bits(&again), bits(&train(experiment(), &files)), "bit for bit");
    OTHER.store(true, Ordering::Relaxed);
    let error = Driver::restore(&bytes, Compute::cpu()).err().expect("another encoder").to_string();
    OTHER.store(false, Ordering::Relaxed);
    assert!(error.contains("another encoder (0123456789a…") && error.contains("fedcba98765…"), "{error}");
}

#[test]
fn whoever_looks_waits_for_nothing_and_whoever_stops_is_told() {
    let _one = ONE_AT_A_TIME.lock();
    letters();
    let files = files(false);
    let before = ENCODED.load(Ordering::Relaxed);
    let (plan, ahead) = Plan::look(experiment(), Some(&files)).expect("good data");
    assert_eq!((ahead, ENCODED.load(Ordering::Relaxed)), (Some((60, 0.06)), before));
    assert_eq!(plan.data_sizes().train + plan.data_sizes().test, 60);
    STOPPED.store(true, Ordering::Relaxed);
    let error = Plan::new(experiment(), Some(&files)).err().expect("it was stopped").to_string();
    STOPPED.store(false, Ordering::Relaxed);
    assert!(error.starts_with("stopped while the texts were encoded"), "{error}");
}

#[test]
fn a_method_that_moves_tokens_is_refused() {
    for lane in ["r3f", "free-lb", "smart"] {
        let lanes = vec![lane.parse().expect("lane words")];
        let error = Experiment { lanes: lanes.clone(), ..experiment() }.check().expect_err("there are no tokens").to_string();
        assert!(error.contains("model.kind is sentence") && error.contains(&format!("{lane} moves tokens")), "{error}");
        assert_eq!(Experiment { lanes, ..Experiment::default() }.check(), Ok(()));
    }
}

/// The same where layers of the encoder are trained.
fn tuning(tune: &str) -> Experiment {
    let mut experiment = experiment();
    presets::tuning(&mut experiment, tune.parse().expect("it names layers"));
    (experiment.training.epochs, experiment.training.batch, experiment.training.learning_rate) = (20, 8, 0.002);
    experiment
}

/// Numbers of a made-up layer.
const LAYER: usize = 4 * 26 * 26 + 2 * 26 * 20 + 9 * 26 + 20;

#[test]
fn layers_are_trained_by_every_method_and_all_can_be_asked() {
    let _one = ONE_AT_A_TIME.lock();
    letters();
    for (tune, layers, embedding, pairs) in [("top:1", 1, 0, false), ("top:2", 2, 0, true), ("all", 3, (40 + 2 + 27) * 26, false)] {
        let mut experiment = tuning(tune);
        experiment.data.columns = Some(Columns { header: true, label: 0, text: 1, text_b: pairs.then_some(2) });
        experiment.model.pair = Pair::Concat;
        let files = files(pairs);
        let mut driver = train(experiment, &files);
        let weights = layers * LAYER + embedding + (26 * if pairs { 2 } else { 1 } + 1) * 2;
        assert_eq!(driver.summary().weights, weights, "{tune}");
        let bytes = block_on(driver.save());
        let saved = SafeTensors::deserialize(&bytes).expect("just saved");
        let of_first = saved.tensors().into_iter().filter(|(name, _)| name.starts_with("0/") && !name.contains("moment"));
        assert_eq!(of_first.map(|(_, tensor)| tensor.data().len()).sum::<usize>(), 4 * 2 * weights, "{tune}: what is estimated is there");
        let measured = block_on(driver.measure());
        for lane in &measured.lanes {
            assert!(lane.test_accuracy.iter().all(|accuracy| *accuracy > 0.9), "{tune}: {:?}", lane.test_accuracy);
        }
        let (answers, known) = block_on(driver.classify("dogs go woof", pairs.then_some("number 1")));
        assert!(answers.iter().all(|answer| answer.probabilities[1] > 0.5), "{tune}: {answers:?}");
        assert_eq!(known.0, if pairs { 16 } else { 10 });
        assert_eq!(block_on(driver.measure_sharpness(Side::HeldOut)).lanes.len(), 4);
        block_on(driver.trace(1)).expect("a step is shown");
    }
}

/// Texts with what the layers below `below` made of them.
fn read_texts(texts: &[&str], below: Option<usize>) -> Vec<Example> {
    let example = |(place, text): (usize, &&str)| Example {
        text: (*text).to_owned(),
        text_b: None,
        tokens: vec![1],
        tokens_b: Vec::new(),
        vectors: below.map(|below| Letters.states(&[text], below)).unwrap_or_default(),
        pieces: vec![Letters.pieces(text)],
        label: place as u32 % 3,
        given_label: place as u32 % 3,
        row: place + 1,
    };
    texts.iter().enumerate().map(example).collect()
}

/// One text after the other with weights of its own, against a copy of the weights for each.
#[test]
fn the_gradients_of_single_texts_are_the_brute_force() {
    let device = Device::flex();
    let texts = ["a cat purrs", "dogs", "zebras run and run", "", "an ox"];
    for tune in [Tune::Top(2), Tune::All] {
        let config = ModelConfig { kind: ModelKind::Sentence, dim: 26, tune: Some(tune), ..ModelConfig::default() };
        let model = Tuned::new(&config, tune, Sizes { vocabulary: 27, classes: 3, pairs: false }, &Letters);
        let examples = read_texts(&texts, matches!(tune, Tune::Top(_)).then_some(1));
        let batch = Batch::new(&examples, 3, model.reads_in_order(), &device);
        let w = model.init(&[1, 2], &device).select_rows(&batch.rows);
        let objective = OnBatch::new(&model, &batch);
        let rho = Tensor::<3>::from_data(TensorData::new(vec![0.1_f32, 0.3], [2, 1, 1]), &device);
        let (found, brute) =
            (per_example(&objective, &w, &rho, ClimbLoss::CrossEntropy), brute_force(&objective, &w, &rho, ClimbLoss::CrossEntropy));
        let flat =
            |w: &Weights| w.values().into_iter().flat_map(|leaf| leaf.clone().into_data().iter::<f32>().collect::<Vec<f32>>()).collect();
        let numbers = |tensor: &Tensor<2>| tensor.clone().into_data().iter::<f32>().collect::<Vec<f32>>();
        for (what, found, brute) in [
            ("losses", numbers(&found.losses), numbers(&brute.losses)),
            ("norms", numbers(&found.norms), numbers(&brute.norms)),
            ("losses up", numbers(&found.losses_up), numbers(&brute.losses_up)),
            ("descent", flat(&found.descent), flat(&brute.descent)),
        ] {
            let largest = brute.iter().fold(0.0, |largest: f32, number| largest.max(number.abs()));
            assert!(
                found.iter().zip(&brute).all(|(a, b)| (a - b).abs() <= 2e-5 * largest),
                "{tune}, {what}: {found:?} instead of {brute:?}"
            );
        }
        // Their mean, each at its own place, is no gradient of the batch, but at ρ = 0.
        let (nowhere, mean) = (Tensor::zeros([2, 1, 1], &device), evaluate(&objective, &w).gradient);
        let (found, mean): (Vec<f32>, Vec<f32>) =
            (flat(&per_example(&objective, &w, &nowhere, ClimbLoss::CrossEntropy).descent), flat(&mean));
        let largest = mean.iter().fold(0.0, |largest: f32, number| largest.max(number.abs()));
        assert!(found.iter().zip(&mean).all(|(a, b)| (a - b).abs() <= 2e-5 * largest), "{tune}");
    }
}

#[test]
fn a_saved_run_with_trained_layers_goes_on_to_the_same_bits() {
    let _one = ONE_AT_A_TIME.lock();
    letters();
    let files = files(false);
    for tune in ["top:1", "all"] {
        let experiment = tuning(tune);
        let mut half = Driver::prepare(experiment.clone(), Some(&files), Compute::cpu()).expect("good data");
        for _ in 0..5 {
            half.step();
        }
        let mut again = Driver::restore(&block_on(half.save()), Compute::cpu()).expect("just saved");
        while !again.finished() {
            again.step();
        }
        let bits = |driver: &Driver| {
            let (answers, _) = block_on(driver.classify("a dog or a cat", None));
            answers.iter().flat_map(|answer| answer.probabilities.clone()).map(f64::to_bits).collect::<Vec<_>>()
        };
        assert_eq!(bits(&again), bits(&train(experiment, &files)), "{tune}: bit for bit");

        // Who has new texts answered waits for none of those that it learned from.
        let saved = block_on(again.save());
        let before = ENCODED.load(Ordering::Relaxed);
        let run = predictor(&saved, Compute::cpu()).expect("just saved");
        assert_eq!(ENCODED.load(Ordering::Relaxed), before);
        let (texts, _) = read(&run, [("a dog or a cat", None)]);
        let answers = block_on(logits(&run, &[0], &texts)).expect("a lane").remove(0).answer(0);
        let (expected, _) = block_on(again.classify("a dog or a cat", None));
        assert_eq!(answers.probabilities, expected[0].probabilities, "{tune}");
    }
}

#[test]
fn layers_that_are_not_there_are_told_with_the_remedy() {
    let _one = ONE_AT_A_TIME.lock();
    letters();
    let files = files(false);
    let told = |experiment: Experiment| Plan::look(experiment, Some(&files)).err().expect("it is refused").to_string();
    assert_eq!(told(tuning("top:4")), "model.tune is top:4, but letters has 3 layers: write top:1 to top:3, or all");
    let mut bag = tuning("top:2");
    bag.model.kind = ModelKind::Bag;
    let error = told(bag);
    assert!(error.contains("model.tune is top:2") && error.contains("model.kind sentence"), "{error}");
    for word in ["top", "top:0", "top:13", "top:-1", "two", "All"] {
        let error = word.parse::<Tune>().expect_err("no layers");
        assert!(error.contains(word) && error.contains("top:2 for the last two, or all"), "{error}");
    }
    // What it takes is told without training: the lower layers on all texts, and a pass over those that are trained on.
    let (plan, ahead) = Plan::look(tuning("top:1"), Some(&files)).expect("good data");
    assert_eq!((ahead, plan.data_sizes().longest), (Some((60, 0.06 * 2.0)), 32));
    assert!(plan.seconds_of_pass().is_some_and(|seconds| (seconds - 0.003 * plan.data_sizes().train as f64).abs() < 1e-9));
    assert_eq!(Plan::look(experiment(), Some(&files)).expect("good data").0.seconds_of_pass(), None);
}
