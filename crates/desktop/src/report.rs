//! The end of a run, for people (a table) and for programs (one JSON document).
//!
//! Elsewhere: verdicts and their words (`basin_train::results`), every single measurement (`basin_app::export`).

use std::fmt::Write;

use basin_app::state::{Metric, State};
use basin_train::report::{BestEpoch, Figures};
use basin_train::results;
use basin_train::results::most_frequent;
use basin_train::stats::{Comparison, Spread, Verdict};
use serde_json::{Value, json};

/// What stands beside the measurements of the lanes.
#[derive(Default)]
pub struct Beside {
    /// What a linear model reaches on the same tokens.
    pub linear: Option<Figures>,
    /// The best epochs, where they are kept.
    pub best: Option<Vec<BestEpoch>>,
}

/// The lane that the others are compared with: SAM, or the first.
pub fn reference(state: &State) -> usize {
    state.run.lanes.iter().position(|lane| lane.title == "SAM").unwrap_or(0)
}

/// Values of each member at the last measurement; empty before the first.
fn last_values(state: &State, lane: usize, metric: Metric) -> &[f64] {
    state.run.measurements.last().and_then(|m| m.lanes.get(lane)).map_or(&[], |measured| metric.values(measured))
}

/// The last measurement as a table, with what its columns mean below.
pub fn table(state: &State, beside: &Beside) -> String {
    let reference = reference(state);
    let name = state.run.lanes.get(reference).map_or("", |lane| lane.title.as_str());
    let experiment = state.run.summary.as_ref().map(|summary| &summary.experiment);
    let on = if experiment.is_some_and(|experiment| experiment.data.validation) { "validation" } else { "test" };
    let (accuracy, loss) = (format!("{on} accuracy, %"), format!("{on} loss"));
    let mut rows = vec![["lane", &accuracy, &loss, "train loss", "gap", "gradients", "seconds"].map(str::to_owned).to_vec()];
    rows[0].push(format!("accuracy against {name}"));
    let comparisons = state.run.comparisons(reference);
    for (i, lane) in state.run.lanes.iter().enumerate() {
        let cell = |metric, scale, digits| plus_minus(Spread::of(last_values(state, i, metric)), scale, digits);
        let last = state.run.measurements.last().and_then(|m| m.lanes.get(i));
        rows.push(vec![
            lane.title.clone(),
            cell(Metric::TestAccuracy, 100.0, 2),
            cell(Metric::TestLoss, 1.0, 4),
            cell(Metric::TrainLoss, 1.0, 4),
            cell(Metric::Gap, 1.0, 4),
            last.map_or(String::new(), |l| format!("{:.0}", l.gradient_evaluations)),
            last.map_or(String::new(), |l| l.seconds.map_or("–".to_owned(), |seconds| format!("{seconds:.1}"))),
            if i == reference { String::new() } else { against(comparisons.get(i).copied().flatten()) },
        ]);
        if let Some(best) = beside.best.as_ref().and_then(|best| best.get(i)) {
            let mut row = vec![String::new(); rows[0].len()];
            row[0] = format!("  epoch {}", plus_minus(Spread::of(&best.epoch), 1.0, 1));
            row[1] = plus_minus(Spread::of(&best.test_accuracy), 100.0, 2);
            row[2] = plus_minus(Spread::of(&best.test_loss), 1.0, 4);
            rows.push(row);
        }
    }
    if let Some(linear) = &beside.linear {
        let mut row = vec![String::new(); rows[0].len()];
        (row[0], row[1], row[2]) =
            ("linear model".to_owned(), format!("{:.2}", linear.accuracy * 100.0), format!("{:.4}", linear.log_loss));
        rows.push(row);
    }
    if let Some(most) = state.run.summary.as_ref().and_then(most_frequent) {
        let mut row = vec![String::new(); rows[0].len()];
        row[0] = format!("always `{}`", most.class);
        row[1] = format!("{:.2}", most.share * 100.0);
        rows.push(row);
    }
    let mut text = aligned(&rows);
    let seeds = state.run.measurements.last().and_then(|m| m.lanes.first()).map_or(0, |lane| lane.test_loss.len());
    let spread = if seeds > 1 { format!("mean ± standard deviation over {seeds} seeds") } else { "one seed".to_owned() };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{spread}; losses and gap in nats; gradients: evaluations of one seed; seconds: all seeds together.");
    if beside.best.is_some() {
        text.push_str("Epoch: the one of each seed with the highest accuracy on examples that are held back from training; `basin predict`, `evaluate` and `export` take it.\n");
    }
    if beside.linear.is_some() {
        text.push_str("Linear model: logistic regression on counts of the same tokens.\n");
    }
    if state.run.measurements.last().is_some_and(|m| m.lanes.iter().any(|lane| lane.seconds.is_none())) {
        let _ = writeln!(text, "Seconds are not measured on a GPU, where the lanes' steps overlap.");
    }
    if state.run.lanes.len() > 1 {
        let _ = writeln!(text, "Differences in points, paired by seed, ± standard error. {}", results::method(&comparisons));
    }
    for (i, lane) in state.run.lanes.iter().enumerate() {
        if let Some(words) = state.run.one_answer(i) {
            let climbs = experiment.and_then(|of| of.lanes.get(i)).is_some_and(|lane| lane.method.climbs());
            let remedy = if climbs { ": its ρ may be too large, or the run too short" } else { "" };
            let _ = writeln!(text, "{}: {words}{remedy}.", lane.title);
        }
        let diverged = last_values(state, i, Metric::TestLoss).iter().filter(|v| !v.is_finite()).count();
        if diverged > 0 {
            let title = &lane.title;
            let _ = writeln!(text, "{title}: {diverged} of {seeds} seeds diverged and are left out; lower its learning rate or ρ.");
        }
    }
    text
}

/// `mean ± standard deviation`, in a scale.
pub fn plus_minus(spread: Option<Spread>, scale: f64, digits: usize) -> String {
    match spread {
        None => "diverged".to_owned(),
        Some(Spread { mean, count: 1, .. }) => format!("{:.digits$}", mean * scale),
        Some(Spread { mean, sd, .. }) => format!("{:.digits$} ± {:.digits$}", mean * scale, sd * scale),
    }
}

/// A difference in points with its verdict.
pub fn against(comparison: Option<Comparison>) -> String {
    let Some(Comparison { difference, verdict, .. }) = comparison else { return "no pair of seeds is left".to_owned() };
    let mean = format!("{:+.2}", difference.mean * 100.0);
    match verdict {
        Verdict::Identical => verdict.words().to_owned(),
        _ if difference.count < 2 => format!("{mean}, {}", verdict.words()),
        _ => format!("{mean} ± {:.2}, {}", difference.standard_error * 100.0, verdict.words()),
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
pub fn document(state: &State, beside: &Beside) -> Value {
    let reference = reference(state);
    let comparisons = state.run.comparisons(reference);
    let classes = state.run.summary.as_ref().map_or(&[][..], |summary| &summary.classes);
    let lanes: Vec<Value> = state
        .run
        .lanes
        .iter()
        .enumerate()
        .map(|(i, lane)| {
            let last = state.run.measurements.last().and_then(|m| m.lanes.get(i));
            let mut value = json!({
                "lane": lane.config.to_string(),
                "title": lane.title,
                "gradient_evaluations": last.map(|l| l.gradient_evaluations),
                "seconds": last.and_then(|l| l.seconds),
                "diverged": last.map(|l| &l.diverged),
                // Per member, the class that it answers to every test example.
                "only_answer": last.map(|l| l.only_answer.iter().map(|class| class.and_then(|i| classes.get(i))).collect::<Vec<_>>()),
                "one_answer": state.run.one_answer(i),
            });
            if let Some(best) = beside.best.as_ref().and_then(|best| best.get(i)) {
                value["best_epoch"] = json!({
                    "epoch": statistics(&best.epoch),
                    "held_back_loss": statistics(&best.held_back_loss),
                    "held_back_accuracy": statistics(&best.held_back_accuracy),
                    "test_loss": statistics(&best.test_loss),
                    "test_accuracy": statistics(&best.test_accuracy),
                });
            }
            // Of each one `{mean, sd, values}`.
            for metric in Metric::ALL {
                value[metric.word()] = statistics(last_values(state, i, metric));
            }
            if let Some(Comparison { difference, p, among, verdict }) = comparisons.get(i).copied().flatten() {
                value["test_accuracy_against"] = json!({
                    "lane": state.run.lanes[reference].config.to_string(),
                    "difference": difference.mean,
                    "standard_error": (difference.count > 1).then_some(difference.standard_error),
                    "pairs": difference.count,
                    "p": p,
                    "comparisons": among,
                    "verdict": verdict.words(),
                    "beyond_noise": verdict.is_clear(),
                });
            }
            value
        })
        .collect();
    let mut value = serde_json::to_value(&state.run.summary).expect("a summary is plain data");
    value["version"] = json!(env!("CARGO_PKG_VERSION"));
    value["steps_done"] = json!(state.run.measurements.last().map_or(0, |m| m.step));
    value["lanes"] = Value::Array(lanes);
    value["most_frequent_class"] =
        json!(state.run.summary.as_ref().and_then(most_frequent).map(|most| json!({ "class": most.class, "test_share": most.share })));
    value["linear_model"] = json!(
        beside.linear.map(|linear| json!({ "test_accuracy": linear.accuracy, "test_loss": linear.log_loss, "macro_f1": linear.macro_f1 }))
    );
    value["verdicts"] = json!(results::method(&comparisons));
    value
}

/// `{mean, sd, values}`.
pub fn statistics(values: &[f64]) -> Value {
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
    use basin_train::experiment::Experiment;
    use basin_train::protocol::{Event, RunId};
    use basin_train::report::{LaneMeasurement, Measurement};

    use super::*;

    /// A run of SGD and SAM with these test accuracies.
    fn state(sgd: &[f64], sam: &[f64]) -> State {
        let lane = |accuracies: &[f64]| LaneMeasurement {
            gradient_evaluations: 12.0,
            seconds: Some(0.25),
            train_loss: accuracies.to_vec(),
            train_accuracy: accuracies.to_vec(),
            test_loss: accuracies.to_vec(),
            test_accuracy: accuracies.to_vec(),
            gap: accuracies.to_vec(),
            gap_held_out: accuracies.to_vec(),
            train_accuracy_flipped: accuracies.to_vec(),
            train_accuracy_kept: accuracies.to_vec(),
            diverged: accuracies.iter().map(|a| a.is_nan()).collect(),
            only_answer: vec![None; accuracies.len()],
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
        let text = table(&state(&[0.5, 0.7], &[0.6, 0.8]), &Beside::default());
        let row = text.lines().nth(1).expect("a row for SGD");
        assert!(row.starts_with("SGD") && row.contains("60.00 ± 14.14"), "{text}");
        assert!(row.ends_with("-10.00 ± 0.00, too few seeds to tell") && text.contains("A verdict takes 3 seeds"), "{text}");
        // Differences −0.1, 0.3, 0.1: mean 0.1, sd 0.2, standard error 0.2/√3 = 0.1155, t = 0.87.
        let text = table(&state(&[0.5, 0.9, 0.7], &[0.6, 0.6, 0.6]), &Beside::default());
        assert!(text.contains("+10.00 ± 11.55, no difference beyond noise"), "{text}");
        // Differences −0.2, −0.21, −0.19, −0.2: mean −0.2, sd √(2·10⁻⁴/3) = 0.00816, standard error 0.00408.
        let lower = state(&[0.4, 0.39, 0.41, 0.4], &[0.6; 4]);
        let text = table(&lower, &Beside::default());
        assert!(text.contains("-20.00 ± 0.41, lower") && text.contains("4 pairs of seeds at 5 %, one comparison"), "{text}");
        let against = &document(&lower, &Beside::default())["lanes"][0]["test_accuracy_against"];
        assert_eq!((&against["verdict"], &against["comparisons"], &against["beyond_noise"]), (&json!("lower"), &json!(1), &json!(true)));
    }

    #[test]
    fn a_lane_that_answers_one_class_is_named() {
        let mut state = state(&[0.5, 0.5, 0.5], &[0.5, 0.75, 0.5]);
        state.run.measurements[0].lanes[0].only_answer = vec![Some(1); 3];
        let text = table(&state, &Beside::default());
        assert!(text.contains("SGD: answers only `?`."), "without a summary the class has no name: {text}");
        assert_eq!(document(&state, &Beside::default())["lanes"][0]["one_answer"], json!("answers only `?`"));
    }

    #[test]
    fn one_seed_has_no_spread() {
        let state = state(&[0.5], &[0.75]);
        let text = table(&state, &Beside::default());
        assert!(text.contains("-25.00, too few seeds to tell") && text.contains("\none seed; "), "{text}");
        let lane = &document(&state, &Beside::default())["lanes"][0];
        assert_eq!(lane["test_accuracy"], json!({ "mean": 0.5, "sd": null, "values": [0.5] }));
        assert_eq!(lane["test_accuracy_against"]["beyond_noise"], json!(false));
    }

    #[test]
    fn a_diverged_seed_is_null_and_told() {
        let state = state(&[0.5, f64::NAN], &[0.75, 0.75]);
        assert_eq!(document(&state, &Beside::default())["lanes"][0]["gap"], json!({ "mean": 0.5, "sd": null, "values": [0.5, null] }));
        assert!(table(&state, &Beside::default()).contains("SGD: 1 of 2 seeds diverged"), "{}", table(&state, &Beside::default()));
    }
}
