//! The state for other programs, as JSON: what `window.basin` shows.
//!
//! Elsewhere: tables of numbers (`measurements.rs`, `figures.rs`).

use basin_train::report::{Landscape, Reading, Side};
use basin_train::results;
use basin_train::stats::Spread;
use serde_json::{Value, json};

use crate::state::{Metric, State};

/// What tests, embedding pages and teachers' scripts read.
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
