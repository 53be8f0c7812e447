//! Random inputs: whatever a link, an experiment or a saved run holds, it is read or refused in a short sentence.
//!
//! `BASIN_CASES=1000000 cargo test --release -p basin-train --test properties` tries as many of each; CI a few thousand.

use std::sync::LazyLock;

use basin_train::driver::Driver;
use basin_train::experiment::{Base, Experiment, LaneConfig, link};
use basin_train::run::Compute;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};

/// Every message fits a banner.
const LONGEST: usize = 300;

/// Tries `usual` inputs, or as many as the environment says, always the same ones.
fn try_all<S: Strategy>(usual: u32, inputs: &S, check: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let cases = std::env::var("BASIN_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(usual);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 1_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    if let Err(error) = runner.run(inputs, check) {
        panic!("{error}");
    }
}

fn short(message: &str) -> Result<(), TestCaseError> {
    let length = message.chars().count();
    prop_assert!(length < LONGEST, "{} characters: {}", length, message);
    Ok(())
}

/// Numbers at and beyond the bounds of every knob.
fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        select(vec![0_u64, 1, 2, 64, 65, 1024, 10_000, u64::MAX - 64, u64::MAX - 1, u64::MAX]).prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        select(vec![0.0, -0.0, 0.5, 1.0, 1e-6, 1e-300, 1e300, -1.0]).prop_map(|number| json!(number)),
    ]
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        select(vec!["bag", "cnn", "attention", "adam-w", "cosine", "help-desk", "words", "null", "", "🦀"]).prop_map(str::to_owned),
        lane(),
        "[a-z]{1,400}".prop_map(|word| word),
    ]
}

/// The words of a lane, or nearly.
fn lane() -> impl Strategy<Value = String> {
    let method = prop_oneof![select(LaneConfig::three()).prop_map(|lane| lane.to_string()), "[a-z-]{0,12}".prop_map(|word| word)];
    let knob = (
        select(vec!["rho", "lr", "rule", "draws", "radius", "groups", "sorted", "eta", "sigma", "lambda", "alpha", "x"]),
        "[-+.0-9a-z_e]{0,24}",
    );
    (method, vec(knob, 0..4)).prop_map(|(method, knobs)| {
        let knobs: Vec<String> = knobs.into_iter().map(|(key, value)| format!(":{key}={value}")).collect();
        format!("{method}{}", knobs.concat())
    })
}

/// Values of any kind, some of them deep.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), number(), word().prop_map(Value::from)];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((word(), inner), 0..6).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// The JSON of an experiment in which some fields have other values.
fn experiment() -> impl Strategy<Value = Value> {
    let known = serde_json::to_value(Experiment::default()).expect("an experiment is plain data");
    let mut fields: Vec<(String, Option<String>)> = Vec::new();
    for (key, value) in known.as_object().expect("an object") {
        fields.push((key.clone(), None));
        fields.extend(value.as_object().into_iter().flat_map(Map::keys).map(|inner| (key.clone(), Some(inner.clone()))));
    }
    // Most fields that are changed get a number, as most of them are.
    let changed = prop_oneof![3 => number(), 1 => value(), 1 => vec(lane(), 0..14).prop_map(Value::from)];
    vec((select(fields), changed), 0..6).prop_map(|changes| {
        let mut experiment = json!({});
        for ((outer, inner), value) in changes {
            match inner {
                Some(inner) if experiment[&outer].is_object() || experiment[&outer].is_null() => experiment[&outer][&inner] = value,
                _ => experiment[&outer] = value,
            }
        }
        experiment
    })
}

/// What is read has numbers that can be used: no sum of seeds wraps, and the same experiment is read again.
fn usable(experiment: &Experiment) -> Result<(), TestCaseError> {
    let seeds = experiment.member_seeds();
    prop_assert_eq!(seeds.len(), experiment.seeds);
    prop_assert!(seeds.windows(2).all(|pair| pair[1] == pair[0] + 1), "{:?}", seeds);
    prop_assert!(experiment.training.epochs.checked_mul(200_000).is_some());
    let again = link::decode(&link::encode(experiment)).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert_eq!(link::encode(&again), link::encode(experiment));
    Ok(())
}

#[test]
fn experiments_are_read_or_refused() {
    try_all(4_000, &experiment(), |json| match Experiment::parse(json.to_string().as_bytes()) {
        Ok(experiment) => usable(&experiment),
        Err(error) => short(&format!("experiment.json is no experiment: {error}; `basin train --out DIR` writes one")),
    });
}

#[test]
fn any_text_is_an_experiment_or_refused() {
    let text = prop_oneof![
        any::<String>().prop_map(String::into_bytes),
        vec(any::<u8>(), 0..300),
        value().prop_map(|v| v.to_string().into_bytes())
    ];
    try_all(4_000, &text, |text| match Experiment::parse(&text) {
        Ok(experiment) => usable(&experiment),
        Err(error) => short(&error.to_string()),
    });
}

#[test]
fn links_are_read_or_refused() {
    use base64::Engine;
    let encoded = |json: String| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json);
    let whole = experiment().prop_map(move |json| format!("1.{}", encoded(json.to_string()))).boxed();
    let links = prop_oneof![
        4 => whole.clone(),
        // One letter is another one, or the end is missing.
        2 => (whole.clone(), any::<prop::sample::Index>(), any::<char>()).prop_map(|(link, place, letter)| {
            let mut letters: Vec<char> = link.chars().collect();
            let place = place.index(letters.len());
            letters[place] = letter;
            letters.into_iter().collect()
        }),
        1 => (whole, any::<prop::sample::Index>()).prop_map(|(link, place)| link[..place.index(link.len())].to_owned()),
        1 => any::<String>(),
        1 => "#?[0-9]{0,30}\\.[A-Za-z0-9_-]{0,200}",
    ];
    try_all(4_000, &links, |link: String| match link::decode(&link) {
        Ok(experiment) => usable(&experiment),
        Err(error) => short(&error.to_string()),
    });
}

/// A saved run of a few kilobytes.
static SAVED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut experiment = Experiment { seeds: 1, lanes: vec!["sgd".parse().expect("a lane")], ..Experiment::default() };
    (experiment.model.dim, experiment.model.hidden) = (2, 2);
    (experiment.data.vocabulary, experiment.data.train_size) = (16, 64);
    experiment.training.base = Base::Sgd;
    let mut driver = Driver::prepare(experiment, None, Compute::cpu()).expect("the built-in data is good");
    pollster::block_on(driver.save())
});

#[test]
fn saved_runs_are_read_or_refused() {
    let damage = prop_oneof![
        // Some bytes are others; a part is missing; a part is there twice; it is none at all.
        vec((any::<prop::sample::Index>(), any::<u8>()), 1..6).prop_map(|changes| {
            let mut bytes = SAVED.clone();
            for (place, byte) in changes {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            bytes
        }),
        (any::<prop::sample::Index>(), any::<prop::sample::Index>()).prop_map(|(a, b)| {
            let (a, b) = (a.index(SAVED.len()), b.index(SAVED.len()));
            [&SAVED[..a.min(b)], &SAVED[a.max(b)..]].concat()
        }),
        (any::<prop::sample::Index>(), any::<prop::sample::Index>()).prop_map(|(a, b)| [
            &SAVED[..a.index(SAVED.len())],
            &SAVED[b.index(SAVED.len())..]
        ]
        .concat()),
        vec(any::<u8>(), 0..200),
    ];
    try_all(2_000, &damage, |bytes| match Driver::restore(&bytes, Compute::cpu()) {
        Ok(driver) => {
            prop_assert!(bytes == *SAVED, "damaged bytes are taken for a run");
            prop_assert_eq!(driver.steps_done(), 0);
            Ok(())
        }
        Err(error) => short(&error.to_string()),
    });
}
