//! The end of a run, for people (a table) and for programs (one JSON document).
//!
//! Elsewhere: the rows of the table (`basin_app::report`), verdicts and their words (`basin_train::results`), every single measurement
//! (`basin_app::measurements`).

use basin_app::report::{Context, below, last_values, reference, rows};
use basin_app::state::{Metric, State};
use basin_train::report::{BestEpoch, Figures};
use basin_train::results;
use basin_train::results::most_frequent;
use basin_train::stats::{Comparison, Spread};
use serde_json::{Value, json};

/// What stands beside the measurements in a document of [`document()`].
pub fn context_of(document: &Value) -> Context {
    let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
    let linear = &document["linear_model"];
    let linear = linear.is_object().then(|| Figures {
        accuracy: number(&linear["test_accuracy"]),
        log_loss: number(&linear["test_loss"]),
        macro_f1: number(&linear["macro_f1"]),
        ..Figures::default()
    });
    let lanes = document["lanes"].as_array().map_or(&[][..], Vec::as_slice);
    let best: Vec<BestEpoch> = lanes
        .iter()
        .map(|lane| &lane["best_epoch"])
        .filter(|best| best.is_object())
        .map(|best| {
            let values = |name: &str| best[name]["values"].as_array().into_iter().flatten().map(number).collect();
            BestEpoch {
                epoch: values("epoch"),
                held_back_loss: values("held_back_loss"),
                held_back_accuracy: values("held_back_accuracy"),
                test_loss: values("test_loss"),
                test_accuracy: values("test_accuracy"),
            }
        })
        .collect();
    // Of all lanes or of none.
    Context { linear, best: (!best.is_empty() && best.len() == lanes.len()).then_some(best), ..Context::default() }
}

/// Notes in the last measurement the answers that lanes give alone: a document has them, the table of measurements has not.
pub fn answer_alone(state: &mut State, document: &Value) {
    let classes = state.run.summary.as_ref().map_or(&[][..], |summary| &summary.classes);
    let Some(last) = state.run.measurements.last_mut() else { return };
    for (lane, told) in last.lanes.iter_mut().zip(document["lanes"].as_array().into_iter().flatten()) {
        let class = |answer: &Value| classes.iter().position(|class| Some(class.as_str()) == answer.as_str());
        lane.only_answer = told["only_answer"].as_array().into_iter().flatten().map(class).collect();
    }
}

/// The last measurement as a table, with what its columns mean below.
pub fn table(state: &State, context: &Context) -> String {
    let below: String = below(state, context).into_iter().map(|line| line + "\n").collect();
    aligned(&rows(state, context)) + &below
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
pub fn document(state: &State, context: &Context) -> Value {
    let reference = reference(state, context);
    let [comparisons, of_best] = [state.run.comparisons(reference), context.comparisons(reference)];
    let told = |comparison: Comparison| compared(comparison, &state.run.lanes[reference].config.to_string());
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
            if let Some(best) = context.best.as_ref().and_then(|best| best.get(i)) {
                value["best_epoch"] = json!({
                    "epoch": statistics(&best.epoch),
                    "held_back_loss": statistics(&best.held_back_loss),
                    "held_back_accuracy": statistics(&best.held_back_accuracy),
                    "test_loss": statistics(&best.test_loss),
                    "test_accuracy": statistics(&best.test_accuracy),
                });
                if let Some(comparison) = of_best.get(i).copied().flatten() {
                    value["best_epoch"]["test_accuracy_against"] = told(comparison);
                }
            }
            // Of each one `{mean, sd, values}`.
            for metric in Metric::ALL {
                value[metric.word()] = statistics(last_values(state, i, metric));
            }
            if let Some(comparison) = comparisons.get(i).copied().flatten() {
                value["test_accuracy_against"] = told(comparison);
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
        context.linear.map(|linear| json!({ "test_accuracy": linear.accuracy, "test_loss": linear.log_loss, "macro_f1": linear.macro_f1 }))
    );
    value["verdicts"] = json!(results::method(&comparisons));
    value
}

/// A comparison with the lane that these words are of.
fn compared(Comparison { difference, p, among, verdict }: Comparison, lane: &str) -> Value {
    json!({
        "lane": lane,
        "difference": difference.mean,
        "standard_error": (difference.count > 1).then_some(difference.standard_error),
        "pairs": difference.count,
        "p": p,
        "comparisons": among,
        "verdict": verdict.words(),
        "beyond_noise": verdict.is_clear(),
    })
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
        let text = table(&state(&[0.5, 0.7], &[0.6, 0.8]), &Context::default());
        let row = text.lines().nth(1).expect("a row for SGD");
        assert!(row.starts_with("SGD") && row.contains("60.00 ± 14.14"), "{text}");
        assert!(row.ends_with("−10.00 ± 0.00, too few seeds to tell") && text.contains("A verdict takes 3 seeds"), "{text}");
        // Differences −0.1, 0.3, 0.1: mean 0.1, sd 0.2, standard error 0.2/√3 = 0.1155, t = 0.87.
        let text = table(&state(&[0.5, 0.9, 0.7], &[0.6, 0.6, 0.6]), &Context::default());
        assert!(text.contains("+10.00 ± 11.55, no difference beyond chance"), "{text}");
        // Differences −0.2, −0.21, −0.19, −0.2: mean −0.2, sd √(2·10⁻⁴/3) = 0.00816, standard error 0.00408.
        let lower = state(&[0.4, 0.39, 0.41, 0.4], &[0.6; 4]);
        let text = table(&lower, &Context::default());
        assert!(text.contains("−20.00 ± 0.41, lower") && text.contains("4 pairs of seeds at 5 %, one comparison"), "{text}");
        let against = &document(&lower, &Context::default())["lanes"][0]["test_accuracy_against"];
        assert_eq!((&against["verdict"], &against["comparisons"], &against["beyond_noise"]), (&json!("lower"), &json!(1), &json!(true)));
    }

    #[test]
    fn a_lane_that_answers_one_class_is_named() {
        let mut state = state(&[0.5, 0.5, 0.5], &[0.5, 0.75, 0.5]);
        state.run.measurements[0].lanes[0].only_answer = vec![Some(1); 3];
        let text = table(&state, &Context::default());
        assert!(text.contains("SGD: answers only `?`."), "without a summary the class has no name: {text}");
        assert_eq!(document(&state, &Context::default())["lanes"][0]["one_answer"], json!("answers only `?`"));
    }

    #[test]
    fn one_seed_has_no_spread() {
        let state = state(&[0.5], &[0.75]);
        let text = table(&state, &Context::default());
        assert!(text.contains("−25.00, too few seeds to tell") && text.contains("\none seed; "), "{text}");
        let lane = &document(&state, &Context::default())["lanes"][0];
        assert_eq!(lane["test_accuracy"], json!({ "mean": 0.5, "sd": null, "values": [0.5] }));
        assert_eq!(lane["test_accuracy_against"]["beyond_noise"], json!(false));
    }

    #[test]
    fn a_diverged_seed_is_null_and_told() {
        let state = state(&[0.5, f64::NAN], &[0.75, 0.75]);
        assert_eq!(document(&state, &Context::default())["lanes"][0]["gap"], json!({ "mean": 0.5, "sd": null, "values": [0.5, null] }));
        assert!(table(&state, &Context::default()).contains("SGD: 1 of 2 seeds diverged"), "{}", table(&state, &Context::default()));
    }

    #[test]
    fn a_run_on_its_way_has_no_verdict() {
        let text = table(&state(&[0.4, 0.39, 0.41, 0.4], &[0.6; 4]), &Context { unfinished: true, ..Context::default() });
        assert!(text.contains("40.00 ±") && text.contains("So far, without a verdict"), "{text}");
        assert!(!text.contains("lower") && !text.contains("against") && !text.contains("Student"), "{text}");
    }

    #[test]
    fn what_stands_beside_survives_the_document() {
        let state = state(&[0.5, f64::NAN], &[0.75, 0.75]);
        let linear = Figures { accuracy: 0.625, log_loss: 0.5, macro_f1: 0.25, ..Figures::default() };
        let one = |epoch: f64| BestEpoch {
            epoch: vec![epoch, f64::NAN],
            held_back_loss: vec![0.5, f64::NAN],
            held_back_accuracy: vec![0.75, f64::NAN],
            test_loss: vec![0.25, f64::NAN],
            test_accuracy: vec![0.875, f64::NAN],
        };
        let beside = Context { linear: Some(linear), best: Some(vec![one(2.0), one(3.0)]), ..Context::default() };
        let again = context_of(&document(&state, &beside));
        assert_eq!(table(&state, &again), table(&state, &beside));
        assert!(table(&state, &again).contains("epoch 3.0") && table(&state, &again).contains("linear model"));
        let none = context_of(&document(&state, &Context::default()));
        assert!(none.linear.is_none() && none.best.is_none());
    }

    #[test]
    fn the_epochs_kept_have_a_verdict_of_their_own() {
        // At the end the lanes are the same; at the epochs kept SGD is 0.2, 0.21, 0.19, 0.2 below SAM: as above, standard error 0.0041.
        let state = state(&[0.5; 4], &[0.5; 4]);
        let one = |accuracies: [f64; 4]| BestEpoch { test_accuracy: accuracies.to_vec(), ..BestEpoch::default() };
        let beside = Context { best: Some(vec![one([0.4, 0.39, 0.41, 0.4]), one([0.6; 4])]), ..Context::default() };
        let rows = rows(&state, &beside);
        let last = |row: usize| rows[row].last().map(String::as_str);
        assert_eq!([last(1), last(2)], [Some("identical in every seed"), Some("−20.00 ± 0.41, lower")], "{rows:?}");
        assert_eq!([last(3), last(4)], [Some(""); 2], "SAM is the one that is compared with");
        assert!(below(&state, &beside).iter().any(|line| line.ends_with("each for themselves.")));
        let lanes = &document(&state, &beside)["lanes"];
        assert_eq!(lanes[0]["best_epoch"]["test_accuracy_against"]["verdict"], "lower");
        assert_eq!(lanes[0]["test_accuracy_against"]["verdict"], "identical in every seed");
        assert!(lanes[1]["best_epoch"]["test_accuracy_against"].is_null());
        let on_its_way = Context { unfinished: true, ..beside };
        assert!(!table(&state, &on_its_way).contains("lower"));
    }
}
