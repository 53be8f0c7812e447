//! An experiment as the text of a link: a version, a dot, and base64url of the JSON that differs from the default.
//!
//! `2.` is an experiment alone. `3.` has it as `experiment`, beside what else the app has to hand on (its own `handout.rs`).
//! The text fits behind the `#` of an address, so it never reaches a server. A link leaves out what
//! is default: whoever changes a default so that old links would mean something else raises [`VERSION`] and says in
//! `of_version_1` and its successors what the old default was.
//! Elsewhere: the bounds (`config.rs`), the words of a lane (`lane.rs`).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::bounds::ConfigError;
use super::config::{Experiment, ExperimentError};
use super::lane;
use crate::brief::brief;

/// The first number of a link that holds more than an experiment. Versions 1 and 2 are read too.
pub const VERSION: u32 = 3;

/// That of a link that holds an experiment alone, so that a Basin of before reads it.
const ALONE: u32 = 2;

/// What stands for the experiment in a link that holds more.
const EXPERIMENT: &str = "experiment";

/// Why a text is no link, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Another version, or no link at all.
    #[error(
        "this link starts with `{found}`, but this Basin reads links that start with `1.`, `2.` or `{VERSION}.`: copy the whole link again, or use the Basin that made it"
    )]
    Version {
        /// What is before the first dot, cut.
        found: String,
    },
    /// Letters are missing or wrong.
    #[error("this link is damaged ({what}): copy the whole link again, from its first to its last letter")]
    Damaged {
        /// What the decoder found.
        what: String,
    },
    /// A field that this version does not know, or a value that it cannot read.
    #[error("this link holds what this Basin cannot read ({what}): make it again with `Share`")]
    Field {
        /// What the reader found.
        what: String,
    },
    /// A knob is out of bounds.
    #[error("this link asks for something impossible: {0}; make it again with `Share`")]
    Bounds(#[from] ConfigError),
}

/// The experiment as text; [`decode`] reads it.
pub fn encode(experiment: &Experiment) -> String {
    encode_with(experiment, Map::new())
}

/// The experiment as text with what else is handed on; [`decode_with`] reads it.
pub fn encode_with(experiment: &Experiment, mut more: Map<String, Value>) -> String {
    let changed = changes(experiment, &Experiment::default(), 2);
    let (version, whole) = if more.is_empty() {
        (ALONE, changed)
    } else {
        more.insert(EXPERIMENT.to_owned(), changed);
        (VERSION, Value::Object(more))
    };
    format!("{version}.{}", URL_SAFE_NO_PAD.encode(whole.to_string()))
}

/// The experiment that a link describes, checked against its bounds. A leading `#` is allowed.
///
/// # Errors
/// What is wrong with the link, and what to do.
pub fn decode(link: &str) -> Result<Experiment, LinkError> {
    decode_with(link).map(|(experiment, _)| experiment)
}

/// The same with what else it hands on, unread.
///
/// # Errors
/// What is wrong with the link, and what to do.
pub fn decode_with(link: &str) -> Result<(Experiment, Map<String, Value>), LinkError> {
    let link = link.trim().trim_start_matches('#');
    let (version, code) = link.split_once('.').unwrap_or((link, ""));
    let Some(version) = version.parse().ok().filter(|version| (1..=VERSION).contains(version)) else {
        return Err(LinkError::Version { found: version.chars().take(12).collect() });
    };
    let damaged = |error: &dyn std::fmt::Display| LinkError::Damaged { what: brief(&error.to_string(), 150) };
    let bytes = URL_SAFE_NO_PAD.decode(code).map_err(|error| damaged(&error))?;
    let mut whole: Value = serde_json::from_slice(&bytes).map_err(|error| damaged(&error))?;
    let (changed, more) = match &mut whole {
        Value::Object(more) if version > ALONE => {
            (more.remove(EXPERIMENT).unwrap_or_else(|| Value::Object(Map::new())), std::mem::take(more))
        }
        _ => (whole, Map::new()),
    };
    let mut changed = changed;
    if let Some(Value::Array(lanes)) = changed.get_mut("lanes") {
        // A link that was written by hand may hold what was once ignored; it opens as it did.
        for lane in lanes.iter_mut().filter_map(|lane| if let Value::String(words) = lane { Some(words) } else { None }) {
            *lane = lane::without_ignored(lane);
        }
    }
    let mut experiment = Experiment::parse(changed.to_string().as_bytes()).map_err(|error| match error {
        ExperimentError::Words(what) => LinkError::Field { what },
        ExperimentError::Bounds(error) => LinkError::Bounds(error),
    })?;
    if version == 1 {
        of_version_1(&mut experiment);
    }
    Ok((experiment, more))
}

/// In links of version 1 a label noise that is not named is 0.2, whatever the data.
fn of_version_1(experiment: &mut Experiment) {
    let noise = &mut experiment.data.label_noise;
    if noise.is_none() && experiment.data.source.own_noise() < 0.2 {
        *noise = Some(0.2);
    }
}

/// What of a value is not as in the default, as JSON.
///
/// Structs are compared key by key, `depth` deep; what lies deeper (data source, columns, lanes) is one value, for its keys name
/// variants.
pub fn changes<T: serde::Serialize>(value: &T, default: &T, depth: usize) -> Value {
    let json = |value: &T| serde_json::to_value(value).expect("it is plain data with text keys");
    let mut changed = json(value);
    keep_changes(&mut changed, &json(default), depth);
    changed
}

/// Takes off every key whose value is the default, `depth` deep.
fn keep_changes(value: &mut Value, default: &Value, depth: usize) {
    let (Value::Object(fields), Value::Object(defaults)) = (value, default) else { return };
    *fields = std::mem::take(fields)
        .into_iter()
        .filter(|(key, field)| defaults.get(key) != Some(field))
        .map(|(key, mut field)| {
            if depth > 1
                && let Some(default) = defaults.get(&key)
            {
                keep_changes(&mut field, default, depth - 1);
            }
            (key, field)
        })
        .collect::<Map<_, _>>();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Columns, DataSource, LaneConfig};

    #[test]
    fn an_experiment_survives_its_link() {
        let mut experiment = Experiment::default();
        experiment.data.source = DataSource::Reviews { examples: 400 };
        experiment.data.columns = Some(Columns { header: true, text: 0, text_b: None, label: 1 });
        experiment.training.learning_rate = 0.25;
        experiment.lanes.push("sam:rho=0.7".parse::<LaneConfig>().expect("lane words"));
        experiment.seeds = 8;
        let link = encode(&experiment);
        assert!(link.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)), "{link}");
        assert_eq!(decode(&format!("#{link}")).expect("its own link"), experiment);
    }

    #[test]
    fn a_link_carries_only_what_differs() {
        // base64 of `{}` is e30.
        assert_eq!(encode(&Experiment::default()), "2.e30");
        let experiment = Experiment { seeds: 8, ..Experiment::default() };
        assert_eq!(encode(&experiment), format!("2.{}", URL_SAFE_NO_PAD.encode(r#"{"seeds":8}"#)));
    }

    #[test]
    fn links_of_version_1_mean_what_they_meant() {
        let code = |json: &str| format!("1.{}", URL_SAFE_NO_PAD.encode(json));
        let noise = |json: &str| decode(&code(json)).expect("an old link").data.noise();
        assert_eq!(decode("1.e30").expect("the default then and now"), Experiment::default());
        let library = r#"{"data":{"source":{"library":{"name":"mr"}}}}"#;
        assert!((noise(library) - 0.2).abs() < 1e-12, "every set had noise");
        assert!(noise(r#"{"data":{"source":{"library":{"name":"mr"}},"label_noise":0.0}}"#).abs() < 1e-12);
        let new = format!("2.{}", URL_SAFE_NO_PAD.encode(library));
        assert!(decode(&new).expect("a new link").data.noise().abs() < 1e-12, "labels stay as they are");
    }

    #[test]
    fn links_with_words_that_were_once_ignored_still_open() {
        let code = URL_SAFE_NO_PAD.encode(r#"{"lanes":["sgd:rho=0.5","sam:rho=0.1:rho=0.2"]}"#);
        for version in [1, 2] {
            let lanes = decode(&format!("{version}.{code}")).expect("an old link").lanes;
            assert_eq!(lanes.iter().map(ToString::to_string).collect::<Vec<_>>(), ["sgd", "sam:rho=0.2"]);
        }
        let experiment = Experiment::parse(br#"{"lanes":["sgd:rho=0.5"]}"#).expect_err("a file is asked to say what it means");
        assert!(experiment.to_string().contains("`rho=0.5` is no knob of `sgd`"), "{experiment}");
    }

    #[test]
    fn what_else_is_handed_on_is_beside_the_experiment() {
        let experiment = Experiment { seeds: 8, ..Experiment::default() };
        let Value::Object(more) = serde_json::json!({ "view": { "middle": "Step" } }) else { unreachable!() };
        let link = encode_with(&experiment, more.clone());
        assert_eq!(link, format!("3.{}", URL_SAFE_NO_PAD.encode(r#"{"experiment":{"seeds":8},"view":{"middle":"Step"}}"#)));
        assert_eq!(decode_with(&link).expect("its own link"), (experiment, more));
        assert_eq!(decode("3.e30").expect("an empty one"), Experiment::default());
    }

    #[test]
    fn a_bad_link_says_what_to_do() {
        let told = |link: &str| decode(link).expect_err("no link").to_string();
        assert!(told("4.e30").contains("starts with `4`"), "{}", told("4.e30"));
        assert!(told("0.e30").contains("starts with `0`"), "{}", told("0.e30"));
        assert!(told("hello").contains("copy the whole link again"));
        assert!(told("2.e3").contains("damaged"), "{}", told("2.e3"));
        let code = |json: &str| format!("2.{}", URL_SAFE_NO_PAD.encode(json));
        assert!(told("3.NQ").contains("expected struct Experiment"), "{}", told("3.NQ"));
        assert!(told(&code(r#"{"sedes":8}"#)).contains("unknown field `sedes`"));
        assert!(told(&code(r#"{"seeds":800}"#)).contains("seeds is 800, but must be from 1 to 64"));
    }
}
