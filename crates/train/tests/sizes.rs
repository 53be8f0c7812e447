//! Sizes at their edges: texts of one token, batches of one example, experiments drawn from all that the bounds allow.
//!
//! `BASIN_CASES` sets how many experiments are drawn (a few dozen otherwise).

use std::fmt::Write;
use std::panic::AssertUnwindSafe;

use basin_train::driver::Driver;
use basin_train::experiment::{Base, DataSource, Experiment, LaneConfig, MethodConfig, ModelKind, Pair, Rule, Tokens};
use basin_train::limits::{Limits, check};
use basin_train::memory::{DataSizes, Estimate, Part};
use basin_train::protocol::{Files, NamedBytes};
use basin_train::random::{Purpose, below, stream};
use basin_train::report::{PlaneChoice, Side};
use basin_train::run::{Compute, Plan, Run};
use pollster::block_on;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

fn file(name: &str, text: String) -> NamedBytes {
    NamedBytes { name: name.to_owned(), bytes: text.into_bytes() }
}

/// Everything that can be asked of a run, once.
fn use_all_of(driver: &mut Driver, questions: &[&str]) {
    block_on(driver.measure());
    driver.step();
    let measured = block_on(driver.measure());
    assert_eq!(measured.step, 1);
    for side in [Side::Train, Side::HeldOut] {
        block_on(driver.measure_sharpness(side));
    }
    for question in questions {
        let (answers, _) = block_on(driver.classify(question, Some(question)));
        for answer in answers {
            let sum: f64 = answer.probabilities.iter().sum();
            assert!(sum.is_nan() || (sum - 1.0).abs() < 1e-4, "{question:?}: {sum}");
        }
    }
    // A lane that diverged at once is told of, and nothing else.
    let plane = PlaneChoice::Random { seed: 1 };
    if let Ok(mut survey) = block_on(driver.survey(plane, 5, 0)) {
        while block_on(driver.survey_on(&mut survey)).is_none_or(|landscape| landscape.more) {}
    }
    let _ = block_on(driver.line(0, 0, 0));
    if driver.steps_done() < driver.steps_planned() {
        let _ = block_on(driver.trace(0));
        driver.step();
    }
    block_on(driver.sentence_table(0)).expect("there is a lane");
    block_on(driver.sentence_history(0)).expect("there is an example");
}

#[test]
fn every_model_reads_texts_of_any_length() {
    for kind in [ModelKind::Bag, ModelKind::Cnn, ModelKind::Attention] {
        for max_length in [1, 2, 5, 6, 1024] {
            let mut experiment = Experiment { seeds: 2, ..Experiment::default() };
            experiment.data.source = DataSource::Reviews { examples: 60 };
            experiment.data.max_length = max_length;
            experiment.model.kind = kind;
            experiment.model.dim = 8;
            experiment.model.hidden = 9;
            let mut driver = Driver::prepare(experiment, None, Compute::cpu()).expect("a good experiment");
            use_all_of(&mut driver, &["", "hello", "x y z w v u t", "a b c d e"]);
        }
    }
}

/// A text of one token alone in its batch, and beside a longer one: the padding says nothing.
#[test]
fn padding_changes_no_answer() {
    for kind in [ModelKind::Cnn, ModelKind::Attention] {
        let mut experiment = Experiment { seeds: 1, lanes: vec![LaneConfig::new(MethodConfig::Sgd)], ..Experiment::default() };
        experiment.data.source = DataSource::File { name: "t.tsv".to_owned() };
        experiment.data.label_noise = Some(0.0);
        experiment.model.kind = kind;
        let rows = |extra: &str| format!("a\tred\nb\tblue\na\tred{extra}\nb\tblue{extra}\n").repeat(4);
        // Both know the words of the long texts; the second measures on a short one alone.
        let train = rows(" one two three four five six seven eight");
        let losses = |test: &str| {
            let files = Files { train: file("t.tsv", train.clone()), test: Some(file("u.tsv", test.to_owned())) };
            let mut driver = Driver::prepare(experiment.clone(), Some(&files), Compute::cpu()).expect("good files");
            driver.step();
            block_on(driver.measure()).lanes[0].test_loss[0]
        };
        let [short, long, both] = ["a\tred\n", "b\tblue one two three four five six seven eight\n", ""].map(|test| match test {
            "" => losses("a\tred\nb\tblue one two three four five six seven eight\n"),
            test => losses(test),
        });
        assert!((f64::midpoint(short, long) - both).abs() < 1e-6, "{kind:?}: ({short} + {long})/2 is not {both}");
    }
}

#[test]
fn the_smallest_data_trains() {
    for kind in [ModelKind::Bag, ModelKind::Cnn, ModelKind::Attention] {
        // Two training examples, one to test on.
        let files = Files { train: file("t.tsv", "a\tone\nb\ttwo\n".to_owned()), test: Some(file("u.tsv", "a\tone\n".to_owned())) };
        let mut experiment = Experiment { seeds: 1, ..Experiment::default() };
        experiment.data.source = DataSource::File { name: "t.tsv".to_owned() };
        experiment.data.label_noise = Some(0.0);
        experiment.training.batch = 1;
        experiment.model.kind = kind;
        let mut driver = Driver::prepare(experiment, Some(&files), Compute::cpu()).expect("small, but data");
        use_all_of(&mut driver, &["one", ""]);
    }
}

fn cases(few: usize) -> usize {
    std::env::var("BASIN_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(few)
}

/// A number from `low` to `high`, small ones as often as large ones.
fn draw(rng: &mut ChaCha8Rng, low: usize, high: usize) -> usize {
    match below(rng, 8) {
        0 => low,
        1 => high,
        _ => {
            let unit = below(rng, 1 << 20) as f64 / f64::from(1 << 20);
            let value = (low as f64).max(0.5) * (high as f64 / (low as f64).max(0.5)).powf(unit);
            (value as usize).clamp(low, high)
        }
    }
}

fn one_of<T: Copy, const N: usize>(rng: &mut ChaCha8Rng, all: [T; N]) -> T {
    all[below(rng, N)]
}

fn lane(rng: &mut ChaCha8Rng) -> LaneConfig {
    let method = match one_of(rng, MethodConfig::ALL) {
        MethodConfig::DeltaSam { radius, .. } => {
            let (rule, draws) = (one_of(rng, Rule::ALL), if below(rng, 4) == 0 { draw(rng, 1, 64) } else { 1 });
            MethodConfig::DeltaSam { rule, draws, radius }
        }
        MethodConfig::MSam { .. } => MethodConfig::MSam { groups: draw(rng, 1, 1024), sorted: below(rng, 2) == 0 },
        other => other,
    };
    LaneConfig::new(method)
}

/// An experiment from all that the bounds allow.
fn anything(rng: &mut ChaCha8Rng) -> Experiment {
    let mut e = Experiment { seeds: draw(rng, 1, 64), ..Experiment::default() };
    e.lanes = (0..draw(rng, 1, 12)).map(|_| lane(rng)).collect();
    e.model.kind = one_of(rng, [ModelKind::Bag, ModelKind::Cnn, ModelKind::Attention]);
    e.model.dim = draw(rng, 2, 512);
    e.model.hidden = draw(rng, 2, 1024);
    e.model.pair = one_of(rng, [Pair::Concat, Pair::Interaction]);
    e.data.tokens = one_of(rng, [Tokens::Words, Tokens::WordPairs, Tokens::Characters]);
    e.data.vocabulary = draw(rng, 16, 100_000);
    e.data.max_length = draw(rng, 1, 1024);
    e.data.seed = rng.next_u64();
    e.data.label_noise = Some(one_of(rng, [0.0, 0.3, 0.9]));
    e.data.balance = one_of(rng, [0.01, 0.5, 1.0]);
    e.data.validation = below(rng, 4) == 0;
    e.data.test_fraction = one_of(rng, [0.05, 0.3, 0.9]);
    e.data.train_size = if below(rng, 3) == 0 { draw(rng, 1, 60) } else { 0 };
    e.training.batch = draw(rng, 1, 1024);
    e.training.epochs = draw(rng, 1, 10_000);
    e.training.probe = draw(rng, 1, 1024);
    e.training.evaluate_every = one_of(rng, [0, 1, usize::MAX]);
    e.training.base = one_of(rng, [Base::Sgd, Base::Momentum, Base::AdamW]);
    e
}

/// A few texts of a few words, some of them empty, as pairs or single.
fn texts(rng: &mut ChaCha8Rng) -> Files {
    let (count, longest, pairs) = (4 + below(rng, 60), 1 + below(rng, 12), below(rng, 3) == 0);
    let words = |rng: &mut ChaCha8Rng| -> String {
        let words: Vec<String> = (0..=below(rng, longest)).map(|_| format!("w{}", below(rng, 40))).collect();
        words.join(" ")
    };
    let mut train = String::from(if pairs { "text_a\ttext_b\tlabel\n" } else { "text\tlabel\n" });
    for i in 0..count {
        let (text, label) = (words(rng), i % (2 + count % 3));
        train.push_str(&text);
        if pairs {
            train.push('\t');
            train.push_str(&words(rng));
        }
        // Writing to a string cannot fail.
        let _ = writeln!(train, "\tclass{label}");
    }
    Files { train: file("drawn.tsv", train), test: None }
}

#[test]
fn estimates_hold_for_every_size() {
    let mut rng = stream(7, Purpose::Reviews);
    let (mut fitting, mut refused) = (0, 0);
    for _ in 0..cases(2_000) {
        let experiment = anything(&mut rng);
        experiment.check().expect("drawn within the bounds");
        let mut size = |high: u64| (rng.next_u64() >> below(&mut rng, 64)).min(high);
        let data = DataSizes {
            train: size(u64::MAX),
            test: size(u64::MAX),
            vocabulary: size(100_002),
            classes: size(1000),
            pairs: size(1) == 1,
            longest: size(1024),
            tokens: size(u64::MAX),
            texts: size(u64::MAX),
            files: size(u64::MAX),
            ..DataSizes::default()
        };
        let estimate = Estimate::of(&experiment, &data);
        // More members never take less.
        let more = Estimate::of(&Experiment { seeds: experiment.seeds + 1, ..experiment.clone() }, &data);
        let grows = |part: Part| matches!(part, Part::Weights | Part::Optimizer | Part::Step | Part::Sharpness | Part::Saving);
        for ((part, bytes), (_, more)) in estimate.parts.iter().zip(&more.parts).filter(|((part, _), _)| grows(*part)) {
            assert!(more >= bytes, "{part:?}: {experiment:?}");
        }
        let limits = Limits { memory: Some(1 << 30), tensor: Some(128 << 20), apart: false };
        match check(&experiment, &data, &limits) {
            Ok(estimate) => {
                fitting += 1;
                assert!(estimate.total() <= 1 << 30 && estimate.largest_tensor <= 128 << 20);
            }
            Err(error) => {
                refused += 1;
                let text = error.to_string();
                assert!(text.chars().count() < 300 && error.needs > error.there_are, "{text}");
                if let Some((knob, value)) = error.fits_with {
                    assert!(text.contains(&format!("it fits with {knob} {value}")), "{text}");
                }
            }
        }
    }
    assert!(fitting > 0 && refused > 0, "{fitting} fit, {refused} do not");
}

/// Each measure needs an example: whatever is thinned, held out and probed, one is left on both sides.
#[test]
fn nothing_is_measured_on_nothing() {
    let mut rng = stream(9, Purpose::Reviews);
    let (wanted, mut planned) = (cases(2_000), 0);
    while planned < wanted {
        let mut experiment = anything(&mut rng);
        let mut files = texts(&mut rng);
        if below(&mut rng, 3) == 0 {
            files.test = Some(NamedBytes { name: "test.tsv".to_owned(), ..texts(&mut rng).train });
        }
        experiment.data.source = DataSource::File { name: files.train.name.clone() };
        let Ok(plan) = Plan::new(experiment, Some(&files)) else { continue };
        planned += 1;
        let DataSizes { train, test, .. } = plan.data_sizes();
        assert!(train > 0 && test > 0, "{train} to train on, {test} to test on");
    }
    let nothing = serde_json::json!({ "training": { "probe": 0 } });
    let refused = Experiment::parse(nothing.to_string().as_bytes()).expect_err("a probe of nothing");
    assert_eq!(refused.to_string(), "training.probe is 0, but must be from 1 to 1024");
    let unchecked: Experiment = serde_json::from_value(nothing).expect("a number is a number");
    assert!(Plan::new(unchecked.clone(), None).is_err(), "also where nobody has looked before");
    assert!(
        basin_train::experiment::link::decode(&basin_train::experiment::link::encode(&unchecked)).is_err(),
        "nor does a link bring one"
    );
}

/// What is said to fit trains, and everything that can be asked of it is answered.
#[test]
fn experiments_that_fit_train() {
    let mut rng = stream(8, Purpose::Reviews);
    let limits = Limits { memory: Some(200 << 20), ..Limits::default() };
    let (wanted, mut trained, mut refused) = (cases(40), 0, 0);
    while trained < wanted {
        let mut experiment = anything(&mut rng);
        let files = texts(&mut rng);
        experiment.data.source = DataSource::File { name: files.train.name.clone() };
        let plan = match Plan::new(experiment.clone(), Some(&files)) {
            Ok(plan) => plan,
            // Such as no class with two examples.
            Err(error) => {
                assert!(error.to_string().chars().count() < 300, "{error}");
                continue;
            }
        };
        if let Err(error) = plan.fits(&limits) {
            refused += 1;
            assert!(error.to_string().chars().count() < 300, "{error}");
            continue;
        }
        trained += 1;
        let text = serde_json::to_string(&experiment).expect("an experiment is JSON");
        let survived = std::panic::catch_unwind(AssertUnwindSafe(|| {
            let mut driver = Driver::new(Run::build(plan, Compute::cpu()));
            use_all_of(&mut driver, &["", "w1", "w1 w2 unknown"]);
        }));
        assert!(survived.is_ok(), "{text}\n{}", String::from_utf8_lossy(&files.train.bytes));
    }
    println!("{trained} trained, {refused} refused");
}
