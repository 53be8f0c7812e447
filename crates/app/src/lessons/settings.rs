//! The words in which a lesson sets its experiment: `epochs: 30`.

use std::str::FromStr;

use basin_train::experiment::{Base, DataSource, Experiment, LaneConfig, MethodConfig, Rule, Tokens, presets};
use serde::de::DeserializeOwned;

/// The words that set an experiment.
pub const WORDS: [&str; 13] =
    ["data", "noise", "train-size", "data-seed", "tokens", "dim", "hidden", "batch", "epochs", "rate", "base", "lanes", "seeds"];

/// Words of a claim, which cannot be names of lanes.
const TAKEN: [&str; 3] = ["verdict", "and", "at"];

/// An experiment, and the names that claims have for its lanes.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// The experiment.
    pub experiment: Experiment,
    /// A name for each lane.
    pub lanes: Vec<String>,
}

impl Setup {
    /// What Basin begins with.
    pub fn start() -> Self {
        let experiment = presets::start();
        let lanes: Vec<String> = experiment.lanes.iter().map(ToString::to_string).collect();
        let mut setup = Self { experiment, lanes: Vec::new() };
        setup.set_lanes(&lanes.join(", ")).expect("lanes of ours");
        setup
    }

    /// Sets what `word` names.
    ///
    /// # Errors
    /// What is wrong with the value, and what to write.
    pub fn set(&mut self, word: &str, value: &str) -> Result<(), String> {
        let Experiment { data, model, training, seeds, .. } = &mut self.experiment;
        match word {
            "data" => data.source = source(value)?,
            "noise" => data.label_noise = Some(share(value)?),
            "train-size" => data.train_size = number(value)?,
            "data-seed" => data.seed = number(value)?,
            "tokens" => data.tokens = choice::<Tokens>(value)?,
            "dim" => model.dim = number(value)?,
            "hidden" => model.hidden = number(value)?,
            "batch" => training.batch = number(value)?,
            "epochs" => training.epochs = number(value)?,
            "rate" => training.learning_rate = number(value)?,
            "base" => training.base = choice::<Base>(value)?,
            "lanes" => self.set_lanes(value)?,
            "seeds" => *seeds = number(value)?,
            _ => return Err(format!("`{word}` is no word of an experiment: use one of {}", WORDS.join(", "))),
        }
        self.experiment.check().map_err(|error| error.to_string())
    }

    fn set_lanes(&mut self, value: &str) -> Result<(), String> {
        let (mut lanes, mut names, mut wrong) = (Vec::new(), Vec::new(), None);
        for words in value.split(',') {
            match named(words, &names) {
                Ok((lane, name)) => {
                    lanes.push(lane);
                    names.push(name);
                }
                Err(error) => {
                    wrong.get_or_insert(error);
                }
            }
        }
        // The others are there all the same, so that of one fault nothing else is told.
        if !lanes.is_empty() {
            (self.experiment.lanes, self.lanes) = (lanes, names);
        }
        wrong.map_or(Ok(()), Err)
    }
}

/// A lane and its name, which none of `names` may be.
fn named(words: &str, names: &[String]) -> Result<(LaneConfig, String), String> {
    let (words, name) = words.split_once(" as ").map_or((words, None), |(words, name)| (words, Some(name.trim())));
    let lane = LaneConfig::from_str(words.trim()).map_err(|error| error.to_string())?;
    let name = name.map_or_else(|| own_name(&lane), str::to_owned);
    let letters = name.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !name.starts_with('-') && !name.ends_with('-');
    if name.is_empty() || !letters || name.contains("--") || TAKEN.contains(&name.as_str()) {
        return Err(format!("`{name}` is no name for a lane: use small letters, such as `{} as mine`", words.trim()));
    }
    if names.contains(&name) {
        return Err(format!("two lanes are called `{name}`: give one another name, such as `{} as other`", words.trim()));
    }
    Ok((lane, name))
}

/// The name of a lane that is given none: its method, but the placebo is called so.
fn own_name(lane: &LaneConfig) -> String {
    match lane.method {
        MethodConfig::DeltaSam { rule: Rule::Random, .. } => "placebo".to_owned(),
        method => method.word().to_owned(),
    }
}

fn source(value: &str) -> Result<DataSource, String> {
    match value.split_once(' ') {
        Some(("library", name)) if !name.trim().is_empty() => Ok(DataSource::Library { name: name.trim().to_owned() }),
        _ => DataSource::built_in(value)
            .ok_or_else(|| format!("`{value}` is no data set of a lesson: use films, reviews, helpdesk or `library NAME`")),
    }
}

fn number<T: FromStr>(value: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("`{value}` is no number that can stand here"))
}

/// `0.3`, or `30 %`.
fn share(value: &str) -> Result<f64, String> {
    match value.strip_suffix('%') {
        Some(percent) => number::<f64>(percent.trim()).map(|percent| percent / 100.0),
        None => number(value),
    }
}

fn choice<T: DeserializeOwned>(value: &str) -> Result<T, String> {
    serde_json::from_value(serde_json::Value::String(value.to_owned())).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_have_names() {
        let mut setup = Setup::start();
        assert_eq!(setup.lanes, ["sgd", "sam", "per-instance", "delta-sam"]);
        setup.set("lanes", "sam:rho=0.1, sam:rho=0.6 as big, delta-sam:rule=random").expect("good lanes");
        assert_eq!(setup.lanes, ["sam", "big", "placebo"]);
        for (lanes, told) in [
            ("sam, sam:rho=0.6", "two lanes are called `sam`: give one another name, such as `sam:rho=0.6 as other`"),
            ("sam as and", "`and` is no name for a lane"),
            ("sam as Big", "`Big` is no name for a lane"),
            ("san", "unknown method `san`"),
        ] {
            let error = setup.set("lanes", lanes).expect_err(lanes);
            assert!(error.starts_with(told), "{error}");
        }
        setup.set("lanes", "sam, sam:rho=0.6, delta-sam:rule=random").expect_err("two of a name");
        assert_eq!(setup.lanes, ["sam", "placebo"], "claims about the others are no fault");
    }

    #[test]
    fn words_set_their_knob() {
        let mut setup = Setup::start();
        for (word, value) in [("data", "helpdesk"), ("noise", "10 %"), ("epochs", "3"), ("rate", "0.01"), ("base", "momentum")] {
            setup.set(word, value).unwrap_or_else(|error| panic!("{word}: {error}"));
        }
        let Experiment { data, training, .. } = &setup.experiment;
        assert_eq!((&data.source, data.label_noise, training.epochs, training.base), (&DataSource::HelpDesk, Some(0.1), 3, Base::Momentum));
        for (word, value, told) in [
            ("epochs", "many", "`many` is no number"),
            ("noise", "2", "data.label_noise"),
            ("data", "moon", "`moon` is no data set of a lesson"),
            ("base", "adam", "unknown variant `adam`"),
            ("colour", "red", "`colour` is no word of an experiment"),
        ] {
            let error = Setup::start().set(word, value).expect_err(word);
            assert!(error.contains(told), "{error}");
        }
    }
}
