//! The end of a run, for people (a table) and for programs (one JSON document).
//!
//! Elsewhere: the statistics (`basin_app::stats`), every single measurement (`basin_app::export`).

use std::fmt::Write;

use basin_app::state::{Metric, State};
use basin_app::stats::{Paired, Spread, Verdict};
use serde_json::{Value, json};

/// What the JSON document has one `{mean, sd, values}` of.
const METRICS: [Metric; 5] = [Metric::TestAccuracy, Metric::TestLoss, Metric::TrainLoss, Metric::Gap, Metric::TrainAccuracy];

/// The lane that the others are compared with: SAM, or the first.
fn reference(state: &State) -> usize {
    state.lanes.iter().position(|lane| lane.title == "SAM").unwrap_or(0)
}

/// Values of each member at the last measurement; empty before the first.
fn last_values(state: &State, lane: usize, metric: Metric) -> &[f64] {
    state.measurements.last().and_then(|m| m.lanes.get(lane)).map_or(&[], |measured| metric.values(measured))
}

/// The last measurement as a table, with what its columns mean below.
pub fn table(state: &State) -> String {
    let reference = reference(state);
    let name = state.lanes.get(reference).map_or("", |lane| lane.title.as_str());
    let mut rows = vec![["lane", "test accuracy, %", "test loss", "train loss", "gap", "gradients", "seconds"].map(str::to_owned).to_vec()];
    rows[0].push(format!("accuracy against {name}"));
    for (i, lane) in state.lanes.iter().enumerate() {
        let cell = |metric, scale, digits| plus_minus(Spread::of(last_values(state, i, metric)), scale, digits);
        let last = state.measurements.last().and_then(|m| m.lanes.get(i));
        rows.push(vec![
            lane.title.clone(),
            cell(Metric::TestAccuracy, 100.0, 2),
            cell(Metric::TestLoss, 1.0, 4),
            cell(Metric::TrainLoss, 1.0, 4),
            cell(Metric::Gap, 1.0, 4),
            last.map_or(String::new(), |l| format!("{:.0}", l.gradient_evaluations)),
            last.map_or(String::new(), |l| format!("{:.1}", l.seconds)),
            if i == reference { String::new() } else { against(state, i, reference) },
        ]);
    }
    let mut text = aligned(&rows);
    let seeds = state.measurements.last().and_then(|m| m.lanes.first()).map_or(0, |lane| lane.test_loss.len());
    let spread = if seeds > 1 { format!("mean ± standard deviation over {seeds} seeds") } else { "one seed".to_owned() };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{spread}; losses and gap in nats; gradients: evaluations of one seed; seconds: all seeds together.");
    let _ = writeln!(text, "Differences in points, paired by seed, ± standard error.");
    for (i, lane) in state.lanes.iter().enumerate() {
        let diverged = last_values(state, i, Metric::TestLoss).iter().filter(|v| !v.is_finite()).count();
        if diverged > 0 {
            let title = &lane.title;
            let _ = writeln!(text, "{title}: {diverged} of {seeds} seeds diverged and are left out; lower its learning rate or ρ.");
        }
    }
    text
}

fn plus_minus(spread: Option<Spread>, scale: f64, digits: usize) -> String {
    match spread {
        None => "diverged".to_owned(),
        Some(Spread { mean, count: 1, .. }) => format!("{:.digits$}", mean * scale),
        Some(Spread { mean, sd, .. }) => format!("{:.digits$} ± {:.digits$}", mean * scale, sd * scale),
    }
}

fn against(state: &State, lane: usize, reference: usize) -> String {
    let (lane, reference) = (last_values(state, lane, Metric::TestAccuracy), last_values(state, reference, Metric::TestAccuracy));
    let Some(paired) = Paired::of(lane, reference) else { return "no pair of seeds is left".to_owned() };
    let difference = format!("{:+.2} ± {:.2}", paired.mean * 100.0, paired.standard_error * 100.0);
    match paired.verdict() {
        Verdict::TooFew => format!("{:+.2}, one seed: noise unknown", paired.mean * 100.0),
        Verdict::Identical => "identical".to_owned(),
        Verdict::Noise => format!("{difference}, no difference beyond noise"),
        Verdict::Higher => format!("{difference}, higher"),
        Verdict::Lower => format!("{difference}, lower"),
    }
}

/// Columns two spaces apart; the first and the last on the left, numbers on the right.
pub fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows[0].len();
    let width = |c: usize| rows.iter().map(|row| row[c].chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = (0..columns)
            .map(|c| match (c, width(c)) {
                (0, width) => format!("{:<width$}", row[c]),
                (c, _) if c + 1 == columns => row[c].clone(),
                (_, width) => format!("{:>width$}", row[c]),
            })
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// The run as one document: the summary's fields, `steps_done`, and per lane the last measurement.
/// A diverged member is `null`; `sd` is `null` where fewer than two members are left.
pub fn document(state: &State) -> Value {
    let reference = reference(state);
    let lanes: Vec<Value> = state
        .lanes
        .iter()
        .enumerate()
        .map(|(i, lane)| {
            let last = state.measurements.last().and_then(|m| m.lanes.get(i));
            let mut value = json!({
                "lane": lane.config.to_string(),
                "title": lane.title,
                "gradient_evaluations": last.map(|l| l.gradient_evaluations),
                "seconds": last.map(|l| l.seconds),
                "diverged": last.map(|l| &l.diverged),
            });
            for metric in METRICS {
                value[metric.word()] = statistics(last_values(state, i, metric));
            }
            let paired = Paired::of(last_values(state, i, Metric::TestAccuracy), last_values(state, reference, Metric::TestAccuracy));
            if let (Some(paired), true) = (paired, i != reference) {
                value["test_accuracy_against"] = json!({
                    "lane": state.lanes[reference].config.to_string(),
                    "difference": paired.mean,
                    "standard_error": (paired.count > 1).then_some(paired.standard_error),
                    "pairs": paired.count,
                    "beyond_noise": matches!(paired.verdict(), Verdict::Higher | Verdict::Lower),
                });
            }
            value
        })
        .collect();
    let mut value = serde_json::to_value(&state.summary).expect("a summary is plain data");
    value["version"] = json!(env!("CARGO_PKG_VERSION"));
    value["steps_done"] = json!(state.measurements.last().map_or(0, |m| m.step));
    value["lanes"] = Value::Array(lanes);
    value
}

fn statistics(values: &[f64]) -> Value {
    let spread = Spread::of(values);
    json!({
        "mean": spread.map(|s| s.mean),
        "sd": spread.filter(|s| s.count > 1).map(|s| s.sd),
        // serde_json writes NaN as null.
        "values": values,
    })
}

#[cfg(test)]
mod tests {
    use basin_train::config::Experiment;
    use basin_train::protocol::{Event, LaneMeasurement, Measurement, RunId};

    use super::*;

    /// A run of SGD and SAM with these test accuracies.
    fn state(sgd: &[f64], sam: &[f64]) -> State {
        let lane = |accuracies: &[f64]| LaneMeasurement {
            gradient_evaluations: 12.0,
            seconds: 0.25,
            train_loss: accuracies.to_vec(),
            train_accuracy: accuracies.to_vec(),
            test_loss: accuracies.to_vec(),
            test_accuracy: accuracies.to_vec(),
            gap: accuracies.to_vec(),
            diverged: accuracies.iter().map(|a| a.is_nan()).collect(),
        };
        let lanes = ["sgd", "sam"].map(|words| words.parse().expect("lane words")).to_vec();
        let mut state = State::default();
        state.begin(RunId(0), &Experiment { lanes, ..Experiment::default() });
        let measurement = Measurement { step: 12, epoch: 1.0, lanes: vec![lane(sgd), lane(sam)] };
        state.apply(Event::Measured { run: RunId(0), measurement });
        state
    }

    #[test]
    fn the_table_compares_with_sam_by_seed() {
        // SGD 0.5, 0.7: mean 0.6, sd √0.02 = 0.1414. Differences −0.1, −0.1: standard error 0.
        let text = table(&state(&[0.5, 0.7], &[0.6, 0.8]));
        let row = text.lines().nth(1).expect("a row for SGD");
        assert!(row.starts_with("SGD") && row.contains("60.00 ± 14.14") && row.ends_with("-10.00 ± 0.00, lower"), "{text}");
        // Differences −0.1, +0.3: mean 0.1, sd √0.08 = 0.2828, standard error 0.2.
        let text = table(&state(&[0.5, 0.9], &[0.6, 0.6]));
        assert!(text.contains("+10.00 ± 20.00, no difference beyond noise"), "{text}");
    }

    #[test]
    fn one_seed_has_no_spread() {
        let state = state(&[0.5], &[0.75]);
        let text = table(&state);
        assert!(text.contains("-25.00, one seed: noise unknown") && text.contains("\none seed; "), "{text}");
        let lane = &document(&state)["lanes"][0];
        assert_eq!(lane["test_accuracy"], json!({ "mean": 0.5, "sd": null, "values": [0.5] }));
        assert_eq!(lane["test_accuracy_against"]["beyond_noise"], json!(false));
    }

    #[test]
    fn a_diverged_seed_is_null_and_told() {
        let state = state(&[0.5, f64::NAN], &[0.75, 0.75]);
        assert_eq!(document(&state)["lanes"][0]["gap"], json!({ "mean": 0.5, "sd": null, "values": [0.5, null] }));
        assert!(table(&state).contains("SGD: 1 of 2 seeds diverged"), "{}", table(&state));
    }
}
