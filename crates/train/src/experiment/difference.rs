//! A setup as its difference to another: one line a hyperparameter.

use super::config::{Columns, Experiment};
use super::link;
use serde_json::Value;

/// What `experiment` has otherwise than `other`: name and both values, in the order of the experiment's JSON.
pub fn difference(experiment: &Experiment, other: &Experiment) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let [whole, theirs] = [experiment, other].map(|of| serde_json::to_value(of).expect("an experiment is plain data"));
    // Groups of hyperparameters are compared one by one; what lies deeper names variants and is one value.
    let changes = link::changes(experiment, other, 2);
    for (group, values) in changes.as_object().into_iter().flatten() {
        match (values, &theirs[group]) {
            (Value::Object(fields), Value::Object(before)) => {
                // What is off may be left out.
                let off = before.keys().filter(|name| whole[group].get(name.as_str()).is_none());
                found.extend(fields.keys().chain(off).map(|name| {
                    let [before, now] =
                        [(other, before.get(name)), (experiment, fields.get(name))].map(|(of, value)| match name.as_str() {
                            "columns" => columns(of.data.columns.as_ref()),
                            // That of the data set where none is given.
                            "label_noise" => of.data.noise().to_string(),
                            _ => words(value),
                        });
                    (format!("{group}.{name}"), before, now)
                }));
            }
            (value, before) => found.push((group.clone(), words(Some(before)), words(Some(value)))),
        }
    }
    // Noise that is asked for may be what the data set has by itself.
    found.retain(|(_, before, now)| before != now);
    found
}

/// The same in a line; `the same` where there is none.
pub fn line(experiment: &Experiment, other: &Experiment) -> String {
    let changes: Vec<String> = difference(experiment, other).into_iter().map(|(name, _, value)| format!("{name} {value}")).collect();
    if changes.is_empty() { "the same".to_owned() } else { changes.join(", ") }
}

/// Columns as people count them, and as `--text` and `--label` do.
fn columns(columns: Option<&Columns>) -> String {
    let Some(Columns { header, text, text_b, label }) = columns else { return "guessed".to_owned() };
    let second = text_b.map_or(String::new(), |column| format!(", second text: column {}", column + 1));
    let header = if *header { "" } else { ", no header" };
    format!("text: column {}{second}, label: column {}{header}", text + 1, label + 1)
}

/// A value as people read it.
fn words(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "none".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(values)) => values.iter().map(|value| words(Some(value))).collect::<Vec<_>>().join(" "),
        // A variant with a name: `{"file": {"name": "a.csv"}}`.
        Some(Value::Object(fields)) => {
            let field = |(name, value): (&String, &Value)| format!("{name} {}", words(Some(value)));
            fields.iter().map(field).collect::<Vec<_>>().join(" ")
        }
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setup_is_told_by_what_differs() {
        let plain = Experiment::default();
        let mut other = Experiment { seeds: 8, ..plain.clone() };
        other.training.epochs = 3;
        other.lanes = vec!["sgd".parse().expect("a lane")];
        assert_eq!(line(&plain, &plain), "the same");
        let found = difference(&other, &plain);
        let of = |name: &str| found.iter().find(|(found, ..)| found == name).map(|(_, before, now)| (before.as_str(), now.as_str()));
        assert_eq!((of("seeds"), of("training.epochs")), (Some(("4", "8")), Some(("15", "3"))));
        assert!(
            of("lanes").is_some_and(|(before, now)| before.contains("sam") && now.starts_with("sgd") && !now.contains("sam")),
            "{found:?}"
        );
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn columns_count_from_1_and_noise_is_what_it_is() {
        let plain = Experiment::default();
        let mut other = plain.clone();
        other.data.columns = Some(Columns { header: true, text: 1, text_b: None, label: 2 });
        other.data.label_noise = Some(0.5);
        let found = difference(&other, &plain);
        let of = |name: &str| found.iter().find(|(found, ..)| found == name).map(|(_, before, now)| (before.as_str(), now.as_str()));
        assert_eq!(of("data.columns"), Some(("guessed", "text: column 2, label: column 3")));
        assert_eq!(of("data.label_noise"), Some((plain.data.noise().to_string().as_str(), "0.5")));
        other = plain.clone();
        other.data.label_noise = Some(plain.data.noise());
        assert_eq!(line(&other, &plain), "the same");
    }

    #[test]
    fn what_is_off_is_told_of_either_side() {
        let plain = Experiment::default();
        let mut other = plain.clone();
        other.model.dropout = 0.25;
        assert_eq!(line(&other, &plain), "model.dropout 0.25");
        assert_eq!(line(&plain, &other), "model.dropout none");
        other.training.epochs += 1;
        assert_eq!(difference(&plain, &other).len(), 2);
    }
}
