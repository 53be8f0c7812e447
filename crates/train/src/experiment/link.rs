//! An experiment as the text of a link: `2.` and base64url of the JSON that differs from the default.
//!
//! The text fits behind the `#` of an address, so it never reaches a server. A link leaves out what
//! is default: whoever changes a default so that old links would mean something else raises [`VERSION`] and says in
//! `of_version_1` and its successors what the old default was.
//! Elsewhere: the bounds (`config.rs`), the words of a lane (`lane.rs`).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::bounds::ConfigError;
use super::config::{Experiment, ExperimentError};
use crate::brief::brief;

/// The first number of a link. Version 1 is read too.
pub const VERSION: u32 = 2;

/// Why a text is no link, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Another version, or no link at all.
    #[error(
        "this link starts with `{found}`, but this Basin reads links that start with `1.` or `{VERSION}.`: copy the whole link again, or use the Basin that made it"
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
    #[error("this link does not describe an experiment ({what}): make it again with `Copy link`")]
    Field {
        /// What the reader found.
        what: String,
    },
    /// A knob is out of bounds.
    #[error("this link asks for something impossible: {0}; make it again with `Copy link`")]
    Bounds(#[from] ConfigError),
}

/// The experiment as text; [`decode`] reads it.
pub fn encode(experiment: &Experiment) -> String {
    let value = |e: &Experiment| serde_json::to_value(e).expect("an experiment is plain data with text keys");
    let mut changed = value(experiment);
    keep_changes(&mut changed, &value(&Experiment::default()), 2);
    format!("{VERSION}.{}", URL_SAFE_NO_PAD.encode(changed.to_string()))
}

/// The experiment that a link describes, checked against its bounds. A leading `#` is allowed.
///
/// # Errors
/// What is wrong with the link, and what to do.
pub fn decode(link: &str) -> Result<Experiment, LinkError> {
    let link = link.trim().trim_start_matches('#');
    let (version, code) = link.split_once('.').unwrap_or((link, ""));
    let version_read: Option<u32> = version.parse().ok().filter(|version| (1..=VERSION).contains(version));
    if version_read.is_none() {
        return Err(LinkError::Version { found: version.chars().take(12).collect() });
    }
    let damaged = |error: &dyn std::fmt::Display| LinkError::Damaged { what: brief(&error.to_string(), 150) };
    let bytes = URL_SAFE_NO_PAD.decode(code).map_err(|error| damaged(&error))?;
    serde_json::from_slice::<IgnoredAny>(&bytes).map_err(|error| damaged(&error))?;
    let mut experiment = Experiment::parse(&bytes).map_err(|error| match error {
        ExperimentError::Words(what) => LinkError::Field { what },
        ExperimentError::Bounds(error) => LinkError::Bounds(error),
    })?;
    if version_read == Some(1) {
        of_version_1(&mut experiment);
    }
    Ok(experiment)
}

/// In links of version 1 a label noise that is not named is 0.2, whatever the data.
fn of_version_1(experiment: &mut Experiment) {
    let noise = &mut experiment.data.label_noise;
    if noise.is_none() && experiment.data.source.own_noise() < 0.2 {
        *noise = Some(0.2);
    }
}

/// Takes off every key whose value is the default. Structs are compared key by key, `depth` deep;
/// what lies deeper (data source, columns, lanes) is one value, for its keys name variants.
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
    fn a_bad_link_says_what_to_do() {
        let told = |link: &str| decode(link).expect_err("no link").to_string();
        assert!(told("3.e30").contains("starts with `3`"), "{}", told("3.e30"));
        assert!(told("0.e30").contains("starts with `0`"), "{}", told("0.e30"));
        assert!(told("hello").contains("copy the whole link again"));
        assert!(told("2.e3").contains("damaged"), "{}", told("2.e3"));
        let code = |json: &str| format!("2.{}", URL_SAFE_NO_PAD.encode(json));
        assert!(told(&code(r#"{"sedes":8}"#)).contains("unknown field `sedes`"));
        assert!(told(&code(r#"{"seeds":800}"#)).contains("seeds is 800, but must be from 1 to 64"));
    }
}
