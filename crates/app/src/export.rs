//! The numbers for other programs: CSV of all measurements, and the state that `window.basin` shows.

use basin_train::report::{Landscape, Reading, Side};
use basin_train::results;
use basin_train::stats::Spread;
use serde_json::{Value, json};

use crate::state::{Metric, State};

/// All measurements, one row per step, lane and seed. Numbers have a point and no gaps; a diverged
/// member has empty cells.
pub fn csv(state: &State, first_seed: u64) -> String {
    let head = ["step", "epoch", "lane", "lane_words", "seed", "gradient_evaluations", "lane_seconds", "diverged"];
    let head: Vec<String> = head.into_iter().chain(Metric::ALL.map(Metric::word)).map(str::to_owned).collect();
    let mut rows = vec![head];
    for measurement in &state.measurements {
        for (series, lane) in state.lanes.iter().zip(&measurement.lanes) {
            for member in 0..lane.test_loss.len() {
                let mut row = vec![
                    measurement.step.to_string(),
                    measurement.epoch.to_string(),
                    series.title.clone(),
                    series.config.to_string(),
                    (first_seed + member as u64).to_string(),
                    lane.gradient_evaluations.to_string(),
                    lane.seconds.map_or(String::new(), |seconds| seconds.to_string()),
                    lane.diverged.get(member).copied().unwrap_or(false).to_string(),
                ];
                row.extend(Metric::ALL.map(|metric| {
                    let value = metric.values(lane).get(member).filter(|v| v.is_finite());
                    value.map_or(String::new(), f64::to_string)
                }));
                rows.push(row);
            }
        }
    }
    table(&rows)
}

/// Rows as CSV, quoted where that is needed.
fn table(rows: &[Vec<String>]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).expect("a vector takes every row, and rows are equally long");
    }
    String::from_utf8(writer.into_inner().expect("a vector takes every row")).expect("cells are text")
}

/// A CSV field.
pub fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// The state as JSON: what tests, embedding pages and teachers' scripts read.
pub fn json(state: &State, question: &str) -> Value {
    let lanes: Vec<Value> = state
        .lanes
        .iter()
        .enumerate()
        .map(|(i, lane)| {
            let last = state.measurements.last().and_then(|m| m.lanes.get(i));
            let mut value = json!({
                "title": lane.title,
                "lane": lane.config.to_string(),
                "gradient_evaluations": last.map(|l| l.gradient_evaluations),
                "seconds": last.and_then(|l| l.seconds),
                "diverged": last.map_or(0, |l| l.diverged.iter().filter(|d| **d).count()),
            });
            for metric in Metric::ALL {
                value[metric.word()] = json!(lane.last(metric).map(|spread| spread.mean));
            }
            value["one_answer"] = json!(state.one_answer(i));
            value["sharpness"] = sharpness(state, i);
            value
        })
        .collect();
    let answer = state.classified.as_ref().map(|classified| {
        json!({
            "text": question,
            "step": classified.step,
            "known_tokens": classified.known_tokens,
            "classes": state.summary.as_ref().map(|s| &s.classes),
            "lanes": state.lanes.iter().zip(&classified.answers).map(|(lane, answer)| json!({
                "title": lane.title,
                "probabilities": answer.probabilities,
                "deviations": answer.deviations,
            })).collect::<Vec<_>>(),
        })
    });
    json!({
        "run": state.run,
        "phase": state.phase(),
        "preparing": state.preparing(),
        "step": state.progress.step,
        "steps": state.progress.steps,
        "steps_per_second": state.progress.steps_per_second,
        "seconds": state.progress.seconds,
        "measurements": state.measurements.len(),
        "device": state.summary.as_ref().map(|s| &s.device),
        "data": state.summary.as_ref().map(|s| &s.data),
        "classes": state.summary.as_ref().map(|s| &s.classes),
        "most_frequent_class": state.summary.as_ref().and_then(results::most_frequent).map(|m| json!({ "class": m.class, "share": m.share })),
        "samples": state.summary.as_ref().map(|s| &s.samples),
        "library": state.library,
        "table": state.inspected,
        "lanes": lanes,
        "sharpness_budget": state.budget,
        "traced_step": state.trace.as_ref().map(|trace| trace.step),
        "sentences": state.sentences.as_ref().map(|sentences| sentences.texts.len()),
        "sentence_tables": state.sentence_tables.iter().map(|(lane, table)| json!({ "lane": lane, "step": table.step })).collect::<Vec<_>>(),
        "planes": state.surroundings.planes.iter().map(|(_, plane)| plane.as_ref().map(plane_json)).collect::<Vec<_>>(),
        "line": state.surroundings.line.1.as_ref().map(|line| json!({ "from": line.from, "to": line.to, "points": line.t.len() })),
        "failure": state.said.notices().last().map(|notice| &notice.text),
        "notices": state.said.notices().iter().map(|notice| &notice.text).collect::<Vec<_>>(),
        "messages": state.said.messages().iter().map(|m| json!({ "failure": m.failure, "text": m.text })).collect::<Vec<_>>(),
        "answer": answer,
    })
}

/// The latest sharpness of a lane on each side: means over the members.
fn sharpness(state: &State, lane: usize) -> Value {
    let side = |side: Side| {
        state.latest_sharpness(side).map(|sharpness| {
            let readings = sharpness.lanes.get(lane).map_or(&[][..], Vec::as_slice).iter();
            json!({ "step": sharpness.step, "readings": readings.map(reading).collect::<Vec<_>>() })
        })
    };
    json!({ "train": side(Side::Train), "held_out": side(Side::HeldOut) })
}

fn reading(reading: &Reading) -> Value {
    let mut value = serde_json::to_value(reading.quantity).expect("a word and a number");
    let spread = Spread::of(&reading.values);
    value["mean"] = json!(spread.map(|s| s.mean));
    value["sd"] = json!(spread.map(|s| s.sd));
    if let Some(words) = reading.convergence() {
        value["note"] = json!(words);
    }
    value["gradient_evaluations"] = json!(reading.gradient_evaluations);
    value
}

fn plane_json(plane: &Landscape) -> Value {
    json!({ "plane": plane.plane, "step": plane.step, "points": [plane.xs.len(), plane.ys.len()], "more": plane.more })
}

#[cfg(test)]
mod tests {
    use basin_train::experiment::Experiment;
    use basin_train::protocol::{Event, RunId};
    use basin_train::report::{LaneMeasurement, Measurement};

    use super::*;

    #[test]
    fn csv_has_a_row_per_step_lane_and_seed() {
        let mut state = State::default();
        let experiment = Experiment { lanes: vec!["delta-sam:rule=random".parse().expect("lane words")], ..Experiment::default() };
        state.begin(RunId(1), &experiment);
        let lane = LaneMeasurement {
            gradient_evaluations: 20.0,
            seconds: Some(0.5),
            train_loss: vec![0.25, f64::NAN],
            train_accuracy: vec![0.75, f64::NAN],
            test_loss: vec![0.5, f64::NAN],
            test_accuracy: vec![0.625, f64::NAN],
            gap: vec![0.125, f64::NAN],
            diverged: vec![false, true],
            only_answer: Vec::new(),
        };
        state.apply(Event::Measured { run: RunId(1), measurement: Measurement { step: 10, epoch: 0.5, lanes: vec![lane] } });
        let text = csv(&state, 3);
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows.len(), 3);
        let words = &experiment.lanes[0];
        assert_eq!(rows[1], format!("10,0.5,placebo (random weights),{words},3,20,0.5,false,0.625,0.5,0.25,0.125,0.75"));
        assert!(rows[2].ends_with(",4,20,0.5,true,,,,,"), "{}", rows[2]);
    }
}
