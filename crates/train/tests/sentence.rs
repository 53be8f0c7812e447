//! The model `sentence`, with a made-up encoder in place of the real one: a text's vector says how often it has each letter.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use basin_train::data::Wish;
use basin_train::data::encoder::{Encoder, Vector, provide};
use basin_train::data::reading::Chosen;
use basin_train::driver::Driver;
use basin_train::experiment::{Columns, DataSource, Experiment, LaneConfig, MethodConfig, ModelKind, Pair, Rule};
use basin_train::instruments::answers::{logits, read};
use basin_train::instruments::judge::judge_lanes;
use basin_train::protocol::{Files, NamedBytes};
use basin_train::report::Side;
use basin_train::run::{Compute, Plan, Run};
use pollster::block_on;

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
    fn name(&self) -> &str {
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

    fn remember(&self, _: &[&str]) {}

    fn ahead(&self, texts: &[&str]) -> (usize, f64) {
        (texts.len(), 0.001 * texts.len() as f64)
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
    let judgement = block_on(judge_lanes(&run, &[0, 1], "new.tsv", &examples, None)).expect("these lanes are there");
    assert_eq!(judgement.examples, 2);
    let (texts, known) = read(&run, [("a cat", None), ("a dog 7", None)]);
    assert_eq!(known, [(4, 5), (4, 7)]);
    let answers = block_on(logits(&run, &[0], &texts)).expect("a lane").remove(0);
    assert_eq!((answers.choice(0, 0), answers.choice(0, 1)), (Some(0), Some(1)));
    let Err(error) = block_on(driver.classifier(0, 0)).map_err(|error| error.to_string()) else { panic!("it needs its encoder") };
    assert!(error.contains("`basin predict`"), "{error}");
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
