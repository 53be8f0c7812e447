//! The values of one chart or table as CSV, for other programs.
//!
//! Numbers have a point and no gaps; what is not defined is an empty cell. All measurements in one
//! file, and the state as JSON: `export.rs`.

use std::fmt::Write;

use basin_train::report::{Landscape, LaneTrace, Line, SentenceHistory, SentenceTable, Sentences, StepTrace};
use basin_train::results::most_frequent;
use basin_train::stats::Comparison;

use crate::choices::{Choices, Column, Stage};
use crate::command::Figure;
use crate::export::quoted;
use crate::quantities;
use crate::sentences::{self, Rows};
use crate::state::{Classified, Metric, State};

/// The name of a figure's file, without its ending.
pub fn name(figure: Figure) -> String {
    match figure {
        Figure::Chart(metric) => format!("basin-{}", metric.word().replace('_', "-")),
        Figure::Results => "basin-results".to_owned(),
        Figure::Answers => "basin-answers".to_owned(),
        Figure::Sharpness => "basin-sharpness".to_owned(),
        Figure::Step => "basin-step".to_owned(),
        Figure::Sentences => "basin-sentences".to_owned(),
        Figure::History => "basin-sentence".to_owned(),
        Figure::Landscape(0) => "basin-landscape".to_owned(),
        Figure::Landscape(other) => format!("basin-landscape-other-{other}"),
        Figure::Line => "basin-line".to_owned(),
    }
}

/// The values of a figure. `reference` is the lane that results are compared to. Without values only the head is there.
pub fn values(state: &State, choices: &Choices, rows: &Rows, reference: usize, figure: Figure) -> String {
    let text = match figure {
        Figure::Chart(metric) => Some(chart(state, metric)),
        Figure::Results => Some(results(state, reference)),
        Figure::Answers => state.classified.as_ref().map(|classified| answers(state, classified)),
        Figure::Sharpness => Some(sharpness(state)),
        Figure::Step => state.trace.as_ref().map(|trace| step(state, trace, choices.step.stage)),
        Figure::Sentences => {
            let lane = choices.sentences.lane.min(state.lanes.len().saturating_sub(1));
            state.sentences.as_ref().zip(state.sentence_tables.get(&lane)).map(|(texts, table)| table_of(state, texts, table, rows))
        }
        Figure::History => state.history.as_ref().map(|history| visits(state, history)),
        Figure::Landscape(slot) => state.surroundings.planes[slot].1.as_ref().map(landscape),
        Figure::Line => state.surroundings.line.1.as_ref().map(line),
    };
    text.unwrap_or_default()
}

/// A finite number, or nothing.
fn number(value: f64) -> String {
    if value.is_finite() { value.to_string() } else { String::new() }
}

/// The number at a place, or nothing.
fn at(values: &[f64], place: usize) -> String {
    number(values.get(place).copied().unwrap_or(f64::NAN))
}

fn title(state: &State, lane: usize) -> String {
    quoted(state.lanes.get(lane).map_or("", |lane| lane.title.as_str()))
}

fn first_seed(state: &State) -> u64 {
    state.summary.as_ref().map_or(0, |summary| summary.experiment.first_seed)
}

/// A row of text cells; what is written into a `String` cannot fail.
fn row(text: &mut String, cells: &[String]) {
    text.push_str(&cells.join(","));
    text.push('\n');
}

fn chart(state: &State, metric: Metric) -> String {
    let mut text = format!("step,gradient_evaluations,lane_seconds,lane,seed,{}\n", metric.word());
    for measurement in &state.measurements {
        for (i, lane) in measurement.lanes.iter().enumerate() {
            for (member, value) in metric.values(lane).iter().enumerate() {
                let seed = first_seed(state) + member as u64;
                let (spent, seconds) = (number(lane.gradient_evaluations), number(lane.seconds.unwrap_or(f64::NAN)));
                let _ = writeln!(text, "{},{spent},{seconds},{},{seed},{}", measurement.step, title(state, i), number(*value));
            }
        }
    }
    text
}

fn results(state: &State, reference: usize) -> String {
    let mut text = String::from("lane,step,gradient_evaluations");
    for metric in Metric::ALL {
        let _ = write!(text, ",{0},{0}_sd", metric.word());
    }
    text.push_str(
        ",most_frequent_class_share,one_answer,compared_to,test_accuracy_difference,standard_error,pairs,p,comparisons,verdict\n",
    );
    let Some(last) = state.measurements.last() else { return text };
    let share = state.summary.as_ref().and_then(most_frequent).map_or(String::new(), |most| number(most.share));
    let comparisons = state.comparisons(reference);
    for (i, lane) in state.lanes.iter().enumerate() {
        let mut cells = vec![title(state, i), last.step.to_string(), at(&lane.gradient_evaluations, state.steps.len().saturating_sub(1))];
        for metric in Metric::ALL {
            let spread = lane.last(metric);
            cells.push(spread.map_or(String::new(), |s| number(s.mean)));
            cells.push(spread.map_or(String::new(), |s| number(s.sd)));
        }
        cells.extend([share.clone(), quoted(&state.one_answer(i).unwrap_or_default()), title(state, reference)]);
        match comparisons.get(i).copied().flatten() {
            Some(Comparison { difference: d, p, among, verdict }) => {
                cells.extend([number(d.mean), number(d.standard_error), d.count.to_string()]);
                cells.extend([p.map_or(String::new(), number), among.to_string(), verdict.words().to_owned()]);
            }
            None => cells.extend([const { String::new() }; 6]),
        }
        row(&mut text, &cells);
    }
    text
}

fn answers(state: &State, classified: &Classified) -> String {
    let mut text = String::from("step,lane,class,probability,deviation\n");
    let classes = state.summary.as_ref().map_or(&[][..], |summary| &summary.classes);
    for (i, answer) in classified.answers.iter().enumerate() {
        for (class, probability) in answer.probabilities.iter().enumerate() {
            let name = classes.get(class).map_or_else(|| class.to_string(), |name| quoted(name));
            row(&mut text, &[classified.step.to_string(), title(state, i), name, number(*probability), at(&answer.deviations, class)]);
        }
    }
    text
}

/// One row per measurement, lane, quantity and seed.
pub fn sharpness(state: &State) -> String {
    let mut text = String::from("step,side,examples,lane,quantity,radius,seed,value,error,converged,gradient_evaluations\n");
    for sharpness in &state.sharpness {
        let side = quantities::side_word(sharpness.side);
        for (i, readings) in sharpness.lanes.iter().enumerate() {
            for reading in readings {
                for (member, value) in reading.values.iter().enumerate() {
                    let seed = first_seed(state) + member as u64;
                    let cells = [
                        sharpness.step.to_string(),
                        side.to_owned(),
                        sharpness.examples.to_string(),
                        title(state, i),
                        quantities::word(reading.quantity).to_owned(),
                        quantities::radius(reading.quantity).map_or(String::new(), number),
                        seed.to_string(),
                        number(*value),
                        at(&reading.errors, member),
                        reading.not_converged.get(member).map_or(String::new(), |not| (!not).to_string()),
                        number(reading.gradient_evaluations),
                    ];
                    row(&mut text, &cells);
                }
            }
        }
    }
    text
}

/// What the stage shows, of all lanes: the examples, the curve of the climb or the move, or lengths and angles.
fn step(state: &State, trace: &StepTrace, stage: Stage) -> String {
    match stage {
        Stage::Batch | Stage::After => step_examples(state, trace),
        Stage::Climb => step_curves(state, trace, |lane| &lane.ray),
        Stage::Move => step_curves(state, trace, |lane| &lane.path),
        Stage::Slope => step_numbers(state, trace),
    }
}

/// One row per lane and point of its curve.
fn step_curves(state: &State, trace: &StepTrace, curve: impl Fn(&LaneTrace) -> &[[f64; 2]]) -> String {
    let mut text = String::from("step,member,lane,t,loss\n");
    for (i, lane) in trace.lanes.iter().enumerate() {
        for [t, loss] in curve(lane) {
            let cells = [trace.step.to_string(), trace.member.to_string(), title(state, i), number(*t), number(*loss)];
            row(&mut text, &cells);
        }
    }
    text
}

/// One row per lane: lengths, cosines, and the vectors of the plane.
fn step_numbers(state: &State, trace: &StepTrace) -> String {
    let mut text = String::from(
        "step,member,lane,rho,rate,gradient_norm,climb_norm,descent_norm,move_norm,cos_descent,cos_climb,cos_move,\
         climb_x,climb_y,descent_x,descent_y,move_x,move_y,gradient_evaluations\n",
    );
    for (i, lane) in trace.lanes.iter().enumerate() {
        let mut cells = vec![trace.step.to_string(), trace.member.to_string(), title(state, i)];
        let lengths = [lane.rho, lane.rate, lane.gradient_norm, lane.climb_norm, lane.descent_norm, lane.move_norm];
        let angles = [lane.cos_descent, lane.cos_climb, lane.cos_move];
        let vectors = [lane.climb, lane.descent, lane.moved].concat();
        let all = lengths.into_iter().chain(angles).chain(vectors).chain([lane.gradient_evaluations]);
        cells.extend(all.map(number));
        row(&mut text, &cells);
    }
    text
}

/// One row per lane and example of the batch.
fn step_examples(state: &State, trace: &StepTrace) -> String {
    let mut text = String::from("step,member,lane,example,text,label,given_label,loss,loss_up,loss_after,p,gradient_norm\n");
    for (i, lane) in trace.lanes.iter().enumerate() {
        for (b, example) in trace.batch.iter().enumerate() {
            let cells = [
                trace.step.to_string(),
                trace.member.to_string(),
                title(state, i),
                example.example.to_string(),
                quoted(&example.text),
                example.label.to_string(),
                example.given_label.to_string(),
                at(&lane.losses, b),
                at(&lane.losses_up, b),
                at(&lane.losses_after, b),
                at(&lane.p, b),
                at(&lane.norms, b),
            ];
            row(&mut text, &cells);
        }
    }
    text
}

fn table_of(state: &State, texts: &Sentences, table: &SentenceTable, rows: &Rows) -> String {
    let mut text = String::from(
        "lane,step,example,text,label,given_label,tokens,loss,curvature,weight,mean_weight,gap,times_seen,times_weighted_up\n",
    );
    for i in &rows.order {
        let value = |column| number(sentences::value(table, column, *i));
        let class = |labels: &[usize]| labels.get(*i).map_or(String::new(), usize::to_string);
        let cells = [
            title(state, table.lane),
            table.step.to_string(),
            i.to_string(),
            quoted(&texts.texts[*i]),
            class(&texts.labels),
            class(&texts.given_labels),
            class(&texts.lengths),
            value(Column::Loss),
            value(Column::Curvature),
            value(Column::Weight),
            value(Column::MeanWeight),
            value(Column::Gap),
            value(Column::Seen),
            value(Column::WeightedUp),
        ];
        row(&mut text, &cells);
    }
    text
}

fn visits(state: &State, history: &SentenceHistory) -> String {
    let mut text = String::from("example,lane,step,loss,weight,gap\n");
    for (i, lane) in history.lanes.iter().enumerate() {
        for visit in lane {
            let some = |value: Option<f64>| value.map_or(String::new(), number);
            let cells = [
                history.example.to_string(),
                title(state, i),
                visit.step.to_string(),
                number(visit.loss),
                some(visit.weight),
                some(visit.gap),
            ];
            row(&mut text, &cells);
        }
    }
    text
}

fn landscape(landscape: &Landscape) -> String {
    let mut text = String::from("x,y,loss,accuracy\n");
    for (j, y) in landscape.ys.iter().enumerate() {
        for (i, x) in landscape.xs.iter().enumerate() {
            let place = j * landscape.xs.len() + i;
            row(&mut text, &[number(*x), number(*y), at(&landscape.loss, place), at(&landscape.accuracy, place)]);
        }
    }
    text
}

fn line(line: &Line) -> String {
    let mut text = String::from("t,train_loss,test_loss,test_accuracy\n");
    for (i, t) in line.t.iter().enumerate() {
        row(&mut text, &[number(*t), at(&line.train_loss, i), at(&line.test_loss, i), at(&line.test_accuracy, i)]);
    }
    text
}

#[cfg(test)]
mod tests {
    use basin_train::experiment::Experiment;
    use basin_train::protocol::{Event, RunId};
    use basin_train::report::{Budget, Quantity, Reading, Sharpness, Side};

    use super::*;

    #[test]
    fn sharpness_has_a_row_per_quantity_and_seed() {
        let mut state = State::default();
        let experiment = Experiment { lanes: vec!["sam".parse().expect("lane words")], ..Experiment::default() };
        state.begin(RunId(1), &experiment);
        let reading = |quantity, values: &[f64], errors: &[f64]| Reading {
            quantity,
            values: values.to_vec(),
            errors: errors.to_vec(),
            not_converged: Vec::new(),
            gradient_evaluations: 1.5,
        };
        let readings =
            vec![reading(Quantity::Gap { rho: 0.05 }, &[0.25, f64::NAN], &[]), reading(Quantity::Trace, &[3.0, 4.0], &[0.5, 0.25])];
        let sharpness = Sharpness { step: 10, side: Side::HeldOut, examples: 64, seconds: 0.1, lanes: vec![readings] };
        state.apply(Event::Sharpness { run: RunId(1), sharpness, budget: Budget::default() });
        let text = super::sharpness(&state);
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [
                "step,side,examples,lane,quantity,radius,seed,value,error,converged,gradient_evaluations",
                "10,held_out,64,SAM,gap,0.05,0,0.25,,,1.5",
                "10,held_out,64,SAM,gap,0.05,1,,,,1.5",
                "10,held_out,64,SAM,trace,,0,3,0.5,,1.5",
                "10,held_out,64,SAM,trace,,1,4,0.25,,1.5",
            ]
        );
    }

    #[test]
    fn a_landscape_has_a_row_per_point() {
        let map =
            Landscape { xs: vec![0.0, 1.0], ys: vec![-0.5], loss: vec![0.75, f64::NAN], accuracy: vec![0.5, 0.25], ..Landscape::default() };
        assert_eq!(landscape(&map), "x,y,loss,accuracy\n0,-0.5,0.75,0.5\n1,-0.5,,0.25\n");
    }
}
