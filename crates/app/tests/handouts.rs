//! Random links: whatever one holds beside the experiment, it is read, or refused in a short sentence.
//!
//! `BASIN_CASES=1000000` tries as many, as in the properties of `basin-train`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use basin_app::choices::Choices;
use basin_app::handout::Handout;
use basin_app::locks::Part;
use basin_app::settings::Settings;
use basin_train::experiment::Experiment;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

/// Every message fits a banner.
const LONGEST: usize = 300;

/// Values that some field takes, and others.
fn value() -> impl Strategy<Value = Value> {
    let word = select(vec!["Curves", "Landscape", "Ask", "Range", "Gap", "Seconds", "02-noise", "https://example.org/a.md", "", "🦀"]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        select(vec![0_u64, 1, 2, 63, 64, u64::MAX]).prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        select(vec![0.0, 0.02, 0.5, 1.0, 1e6, -1.0]).prop_map(|number| json!(number)),
        word.prop_map(Value::from),
        "[a-z]{1,3000}".prop_map(Value::from),
        subsequence(Part::ALL.to_vec(), 0..4).prop_map(|parts| json!(parts)),
        vec(0_usize..70, 0..4).prop_map(|numbers| json!(numbers)),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| vec((key(), inner), 0..4).prop_map(|fields| Value::Object(fields.into_iter().collect())))
}

fn key() -> impl Strategy<Value = String> {
    let known = ["middle", "tab", "charts", "axis", "band", "alone", "log_loss", "setup", "lower", "presenting", "lane", "pair", "member"];
    let more = ["pace", "stop_at", "stop_at_fall", "paused", "name", "step", "hidden", "locked", "moon", ""];
    select([known.as_slice(), more.as_slice()].concat()).prop_map(str::to_owned)
}

/// The JSON of a link: some groups, most of their fields with values of the right kind.
fn content() -> impl Strategy<Value = Value> {
    let group = select(vec!["view", "time", "lesson", "locks", "experiment", "moon"]);
    let one = vec((key(), value()), 0..4).prop_map(|fields| Value::Object(fields.into_iter().collect()));
    vec((group, prop_oneof![4 => one, 1 => value()]), 0..4).prop_map(|groups| {
        let groups = groups.into_iter().map(|(group, fields)| (group.to_owned(), fields));
        Value::Object(groups.collect())
    })
}

#[test]
fn links_are_read_or_refused() {
    let cases = std::env::var("BASIN_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(4_000);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 1_000, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let read = std::cell::Cell::new(0);
    let tried = runner.run(&content(), |json| {
        match Handout::decode(&format!("3.{}", URL_SAFE_NO_PAD.encode(json.to_string()))) {
            Ok((experiment, handout)) => {
                read.set(read.get() + 1);
                let again = Handout::decode(&handout.encode(&experiment)).map_err(|error| TestCaseError::fail(error.to_string()))?;
                prop_assert_eq!(&again, &(experiment, handout.clone()));
                let (mut settings, mut choices) = (Settings::default(), Choices::default());
                handout.apply(&mut settings, &mut choices);
                prop_assert!(handout.locks.shows_middle(settings.middle));
                prop_assert_eq!(Settings::read(&settings.json()), (settings, Vec::new()), "what it sets can be kept");
            }
            Err(error) => {
                let told = error.to_string();
                prop_assert!(told.chars().count() < LONGEST, "{} characters: {}", told.chars().count(), told);
            }
        }
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
    assert!(read.get() > cases / 20, "only {} of {cases} could be read", read.get());
}

#[test]
fn links_of_before_open_the_same_experiment() {
    let experiment = Experiment { seeds: 8, ..Experiment::default() };
    for version in [1, 2] {
        let link = format!("{version}.{}", URL_SAFE_NO_PAD.encode(r#"{"seeds":8}"#));
        assert_eq!(Handout::decode(&link).expect("a link of before"), (experiment.clone(), Handout::default()));
    }
}
