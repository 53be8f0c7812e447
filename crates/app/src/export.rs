//! The state for other programs, as JSON: what `window.basin` shows.
//!
//! Elsewhere: tables of numbers (`measurements.rs`, `figures.rs`).

use basin_train::lab::choice::{Choice, values};
use basin_train::lab::grid::Point;
use basin_train::lab::outcome::Column;
use basin_train::report::{Judgement, Landscape, LaneJudgement, Reading, Side};
use basin_train::results;
use basin_train::stats::Spread;
use serde_json::{Value, json};

use crate::state::{Metric, State, Sweep};

/// What tests, embedding pages and teachers' scripts read.
pub fn json(state: &State, question: &str) -> Value {
    let lanes: Vec<Value> = state
        .run
        .lanes
        .iter()
        .enumerate()
        .map(|(i, lane)| {
            let last = state.run.here().and_then(|m| m.lanes.get(i));
            let mut value = json!({
                "title": lane.title,
                "lane": lane.config.to_string(),
                "gradient_evaluations": last.map(|l| l.gradient_evaluations),
                "seconds": last.and_then(|l| l.seconds),
                "diverged": last.map_or(0, |l| l.diverged.iter().filter(|d| **d).count()),
            });
            for metric in Metric::ALL {
                value[metric.word()] = json!(state.run.spread(i, metric).map(|spread| spread.mean));
            }
            value["one_answer"] = json!(state.run.one_answer(i));
            value["sharpness"] = sharpness(state, i);
            value
        })
        .collect();
    let answer = state.run.classified.as_ref().map(|classified| {
        json!({
            "text": question,
            "step": classified.step,
            "known_tokens": classified.known_tokens,
            "classes": state.run.summary.as_ref().map(|s| &s.classes),
            "lanes": state.run.lanes.iter().zip(&classified.answers).map(|(lane, answer)| json!({
                "title": lane.title,
                "probabilities": answer.probabilities,
                "deviations": answer.deviations,
            })).collect::<Vec<_>>(),
        })
    });
    json!({
        "sweep": state.sweep.as_ref().map(sweep),
        "run": state.run.id,
        "phase": state.phase(),
        "preparing": state.preparing().map(|preparing| &preparing.what),
        "encoder": &state.encoder,
        "step": state.run.progress.step,
        "steps": state.run.progress.steps,
        "past": [state.run.progress.first, state.run.progress.furthest],
        "steps_per_second": state.run.progress.steps_per_second,
        "seconds": state.run.progress.seconds,
        "measurements": state.run.measurements.len(),
        "device": state.run.summary.as_ref().map(|s| &s.device),
        "data": state.run.summary.as_ref().map(|s| &s.data),
        "classes": state.run.summary.as_ref().map(|s| &s.classes),
        "most_frequent_class": state.run.summary.as_ref().and_then(results::most_frequent).map(|m| json!({ "class": m.class, "share": m.share })),
        "samples": state.run.summary.as_ref().map(|s| &s.samples),
        "library": state.library,
        "kept": state.kept,
        "open_kept": state.open_kept,
        "table": state.inspected,
        "lanes": lanes,
        "sharpness_budget": state.run.budget,
        "traced_step": state.run.trace.as_ref().map(|trace| trace.step),
        "sentences": state.run.sentences.as_ref().map(|sentences| sentences.texts.len()),
        "sentence_tables": state.run.sentence_tables.iter().map(|(lane, table)| json!({ "lane": lane, "step": table.step })).collect::<Vec<_>>(),
        "judgement": state.run.judgement.as_ref().map(|judgement| judged(judgement)),
        "predictions": state.run.predictions.as_ref().map(|predictions| json!({ "step": predictions.step, "texts": predictions.texts.len(), "lanes": predictions.lanes })),
        "planes": state.run.landscapes.planes.iter().map(|(_, plane)| plane.as_ref().map(plane_json)).collect::<Vec<_>>(),
        "line": state.run.landscapes.line.1.as_ref().map(|line| json!({ "from": line.from, "to": line.to, "points": line.t.len() })),
        "failure": state.messages.notices().iter().rfind(|notice| !notice.calm).map(|notice| &notice.text),
        "notices": state.messages.notices().iter().map(|notice| &notice.text).collect::<Vec<_>>(),
        "messages": state.messages.list().iter().map(|m| json!({ "failure": m.failure, "text": m.text })).collect::<Vec<_>>(),
        "answer": answer,
    })
}

/// The latest sharpness of a lane on each side: means over the members.
fn sharpness(state: &State, lane: usize) -> Value {
    let side = |side: Side| {
        state.run.latest_sharpness(side).map(|sharpness| {
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

/// The figures of every lane; texts and matrices are in the tables that the view saves.
fn judged(judgement: &Judgement) -> Value {
    let lane = |lane: &LaneJudgement| json!({ "members": lane.members, "together": lane.together, "precision": lane.precision });
    json!({
        "step": judgement.step,
        "examples": judgement.examples,
        "lanes": judgement.lanes.iter().map(lane).collect::<Vec<_>>(),
        "linear": judgement.linear,
    })
}

fn plane_json(plane: &Landscape) -> Value {
    json!({ "plane": plane.plane, "step": plane.step, "points": [plane.xs.len(), plane.ys.len()], "more": plane.more })
}

/// How far a sweep is, the best of each method so far, and the means of every point that are drawn.
fn sweep(sweep: &Sweep) -> Value {
    let Sweep { grid, outcomes, .. } = sweep;
    let titles = grid.titles();
    let point = |point: Point| {
        let mut value = json!({ "title": titles[point.lane], "rho": point.rho });
        for column in Column::DRAWN {
            value[column.word()] = json!(Spread::of(&values(grid, &point, outcomes, column)).map(|spread| spread.mean));
        }
        value
    };
    let best = |choice: &Choice| json!({ "title": titles[choice.point.lane], "rho": choice.point.rho });
    json!({
        "runs": sweep.outcomes.len(),
        "done": sweep.outcomes.iter().flatten().count(),
        "best": sweep.choices.iter().map(best).collect::<Vec<_>>(),
        "points": grid.points().into_iter().map(point).collect::<Vec<_>>(),
        "cores": sweep.cores,
        "memory": sweep.memory,
    })
}
