//! The values of one chart or table as CSV, for other programs.
//!
//! Elsewhere: the dialect (`table.rs`), all measurements in one table (`measurements.rs`), the state as JSON (`export.rs`).

use basin_train::experiment::{LaneConfig, titles};
use basin_train::report::{
    BestEpoch, Judgement, Landscape, LaneTrace, Line, SentenceHistory, SentenceTable, Sentences, Sharpness, StepTrace,
};
use basin_train::results::most_frequent;
use basin_train::stats::Spread;

use crate::charts;
use crate::choices::{Choices, Column, JudgePart, Stage};
use crate::command::Figure;
use crate::flattening::{self, Flattening};
use crate::judged::{self, Named};
use crate::quantities;
use crate::sentences::{self, Rows};
use crate::state::{Classified, Metric, State};
use crate::sweeps;
use crate::table::Table;

/// The name of a figure's file, without its ending.
pub fn name(figure: Figure) -> String {
    match figure {
        Figure::Chart(Metric::GapHeldOut) => "basin-gap".to_owned(),
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
        Figure::Sweep => "basin-sweep".to_owned(),
        Figure::Judged(part) => format!("basin-judge-{}", part.title().to_lowercase()),
        Figure::JudgedCell => "basin-judge-cell".to_owned(),
        Figure::Predictions => "basin-predictions".to_owned(),
        Figure::Flatten => "basin-flatten".to_owned(),
    }
}

/// The values of a figure. `reference` is the lane that results are compared to. Without values only the head is there.
pub fn values(state: &State, choices: &Choices, rows: &Rows, flattening: &Flattening, reference: usize, figure: Figure) -> String {
    let text = match figure {
        Figure::Chart(metric) => Some(chart(state, metric)),
        Figure::Results => Some(results(state, reference)),
        Figure::Answers => state.run.classified.as_ref().map(|classified| answers(state, classified)),
        Figure::Sharpness => Some(sharpness(&state.run.sharpness, &lanes(state), first_seed(state))),
        Figure::Step => state.run.trace.as_ref().map(|trace| step(state, trace, choices.step.stage)),
        Figure::Sentences => {
            let lane = choices.sentences.lane.min(state.run.lanes.len().saturating_sub(1));
            state.run.sentences.as_ref().zip(state.run.sentence_tables.get(&lane)).map(|(texts, table)| table_of(state, texts, table, rows))
        }
        Figure::History => state.run.history.as_ref().map(|history| visits(state, history)),
        Figure::Landscape(slot) => state.run.landscapes.planes[slot].1.as_ref().map(landscape),
        Figure::Line => state.run.landscapes.line.1.as_ref().map(line),
        Figure::Sweep => state.sweep.as_ref().map(|sweep| sweeps::csv(&sweep.grid, &sweep.outcomes)),
        Figure::Judged(part) => state.run.judgement.as_ref().map(|judgement| judged(state, judgement, part)),
        Figure::JudgedCell => state.run.judged_cell.as_ref().map(|cell| judged::cell(cell, title(state, cell.lane), classes(state))),
        Figure::Flatten => flattening.shown(choices.flatten.landscape).map(flattening::csv),
        Figure::Predictions => {
            state.run.predictions.as_ref().map(|predictions| judged::predictions(predictions, &titles_of(state), classes(state)))
        }
    };
    text.unwrap_or_default()
}

fn title(state: &State, lane: usize) -> &str {
    state.run.lanes.get(lane).map_or("", |lane| &lane.title)
}

fn lanes(state: &State) -> Vec<LaneConfig> {
    state.run.lanes.iter().map(|lane| lane.config.clone()).collect()
}

fn first_seed(state: &State) -> u64 {
    state.run.summary.as_ref().map_or(0, |summary| summary.experiment.first_seed)
}

fn classes(state: &State) -> &[String] {
    state.run.summary.as_ref().map_or(&[], |summary| &summary.classes)
}

fn titles_of(state: &State) -> Vec<String> {
    state.run.lanes.iter().map(|lane| lane.title.clone()).collect()
}

fn judged(state: &State, judgement: &Judgement, part: JudgePart) -> String {
    let titles = titles_of(state);
    let named = Named { judgement, titles: &titles, classes: classes(state), first_seed: first_seed(state) };
    match part {
        JudgePart::Overview => named.figures(),
        JudgePart::Confusions => named.confusion(),
        JudgePart::Classes => named.of_classes(),
        JudgePart::Calibration => named.reliability(),
        JudgePart::Mistakes => named.mistakes(),
        JudgePart::Labels => named.suspects(),
    }
}

fn chart(state: &State, metric: Metric) -> String {
    let metrics: Vec<Metric> = [metric].into_iter().chain(charts::thin(metric)).collect();
    let head =
        ["step", "gradient_evaluations", "lane_seconds", "lane", "seed"].into_iter().chain(metrics.iter().map(|metric| metric.word()));
    let mut table = Table::new(&head.collect::<Vec<_>>());
    for measurement in &state.run.measurements {
        for (i, lane) in measurement.lanes.iter().enumerate() {
            for (member, seed) in (0..lane.test_loss.len()).zip(first_seed(state)..) {
                let values: Vec<Option<f64>> = metrics.iter().map(|metric| metric.values(lane).get(member).copied()).collect();
                table.row(&[&measurement.step, &lane.gradient_evaluations, &lane.seconds, &title(state, i), &seed, &values]);
            }
        }
    }
    table.finish()
}

fn results(state: &State, reference: usize) -> String {
    let of_metrics: Vec<String> =
        Metric::ALL.iter().flat_map(|metric| [metric.word().to_owned(), format!("{}_sd", metric.word())]).collect();
    let mut head = vec!["lane", "step", "gradient_evaluations"];
    head.extend(of_metrics.iter().map(String::as_str));
    head.extend(["most_frequent_class_share", "one_answer", "compared_to", "test_accuracy_difference", "standard_error", "pairs", "p"]);
    head.extend(["comparisons", "verdict", "best_epoch", "best_epoch_test_accuracy"]);
    let mut table = Table::new(&head);
    let Some(last) = state.run.here() else { return table.finish() };
    let share = state.run.summary.as_ref().and_then(most_frequent).map(|most| most.share);
    let comparisons = state.run.comparisons(reference);
    for (i, lane) in state.run.lanes.iter().enumerate() {
        // One value has no deviation, and one difference no error.
        let of_metric = |spread: Spread| [Some(spread.mean), (spread.count > 1).then_some(spread.sd)];
        let spreads = Metric::ALL.map(|metric| state.run.spread(i, metric).map_or([None; 2], of_metric));
        let compared = comparisons.get(i).copied().flatten();
        let best = |number: fn(&BestEpoch) -> &Vec<f64>| Some(Spread::of(number(state.run.best(i)?))?.mean);
        let difference = compared.map(|compared| compared.difference);
        table.row(&[
            &lane.title,
            &last.step,
            &last.lanes.get(i).map(|lane| lane.gradient_evaluations),
            &spreads,
            &share,
            &state.run.one_answer(i),
            &title(state, reference),
            &difference.map(|difference| difference.mean),
            &difference.filter(|difference| difference.count > 1).map(|difference| difference.standard_error),
            &difference.map(|difference| difference.count),
            &compared.and_then(|compared| compared.p),
            &compared.map(|compared| compared.among),
            &compared.map(|compared| compared.verdict.words()),
            &best(|best| &best.epoch),
            &best(|best| &best.test_accuracy),
        ]);
    }
    table.finish()
}

fn answers(state: &State, classified: &Classified) -> String {
    let mut table = Table::new(&["step", "lane", "class", "probability", "deviation"]);
    let classes = classes(state);
    for (i, answer) in classified.answers.iter().enumerate() {
        for (class, probability) in answer.probabilities.iter().enumerate() {
            let name = classes.get(class).map_or_else(|| class.to_string(), Clone::clone);
            table.row(&[&classified.step, &title(state, i), &name, probability, &answer.deviations.get(class).copied()]);
        }
    }
    table.finish()
}

/// One row per measurement, lane, quantity and seed.
pub fn sharpness(measured: &[Sharpness], lanes: &[LaneConfig], first_seed: u64) -> String {
    let head = ["step", "side", "examples", "lane", "lane_words", "quantity", "radius", "seed", "value", "error", "converged"];
    let mut table = Table::new(&[&head[..], &["gradient_evaluations"]].concat());
    let titles = titles(lanes);
    for sharpness in measured {
        for ((title, lane), readings) in titles.iter().zip(lanes).zip(&sharpness.lanes) {
            for reading in readings {
                for (member, value) in reading.values.iter().enumerate() {
                    table.row(&[
                        &sharpness.step,
                        &quantities::side_word(sharpness.side),
                        &sharpness.examples,
                        title,
                        &lane.to_string(),
                        &quantities::word(reading.quantity),
                        &quantities::radius(reading.quantity),
                        &(first_seed + member as u64),
                        value,
                        &reading.errors.get(member).copied(),
                        &reading.not_converged.get(member).map(|not| !not),
                        &reading.gradient_evaluations,
                    ]);
                }
            }
        }
    }
    table.finish()
}

/// What the stage shows, of all lanes: the examples, the curve of the climb or the move, or lengths and angles.
fn step(state: &State, trace: &StepTrace, stage: Stage) -> String {
    match stage {
        Stage::Batch | Stage::After => step_examples(state, trace),
        Stage::Climb => step_curves(state, trace, |lane| &lane.ray),
        Stage::Move => step_curves(state, trace, |lane| &lane.path),
        Stage::Gradient => step_numbers(state, trace),
    }
}

/// One row per lane and point of its curve.
fn step_curves(state: &State, trace: &StepTrace, curve: impl Fn(&LaneTrace) -> &[[f64; 2]]) -> String {
    let mut table = Table::new(&["step", "member", "lane", "t", "loss"]);
    for (i, lane) in trace.lanes.iter().enumerate() {
        for point in curve(lane) {
            table.row(&[&trace.step, &trace.member, &title(state, i), point]);
        }
    }
    table.finish()
}

/// One row per lane: lengths, cosines, and the vectors of the plane.
fn step_numbers(state: &State, trace: &StepTrace) -> String {
    let lengths = ["rho", "rate", "gradient_norm", "climb_norm", "descent_norm", "move_norm"];
    let angles = ["cos_descent", "cos_climb", "cos_move"];
    let vectors = ["climb_x", "climb_y", "descent_x", "descent_y", "move_x", "move_y"];
    let mut table = Table::new(&[&["step", "member", "lane"][..], &lengths, &angles, &vectors, &["gradient_evaluations"]].concat());
    for (i, lane) in trace.lanes.iter().enumerate() {
        let lengths = [lane.rho, lane.rate, lane.gradient_norm, lane.climb_norm, lane.descent_norm, lane.move_norm];
        let angles = [lane.cos_descent, lane.cos_climb, lane.cos_move];
        let vectors = [lane.climb, lane.descent, lane.moved];
        table.row(&[&trace.step, &trace.member, &title(state, i), &lengths, &angles, &vectors, &lane.gradient_evaluations]);
    }
    table.finish()
}

/// One row per lane and example of the batch.
fn step_examples(state: &State, trace: &StepTrace) -> String {
    let head = ["step", "member", "lane", "example", "text", "label", "given_label"];
    let mut table = Table::new(&[&head[..], &["loss", "loss_up", "loss_after", "p", "gradient_norm"]].concat());
    for (i, lane) in trace.lanes.iter().enumerate() {
        for (b, example) in trace.batch.iter().enumerate() {
            table.row(&[
                &trace.step,
                &trace.member,
                &title(state, i),
                &example.example,
                &example.text,
                &example.label,
                &example.given_label,
                &[&lane.losses, &lane.losses_up, &lane.losses_after, &lane.p, &lane.norms].map(|values| values.get(b).copied()),
            ]);
        }
    }
    table.finish()
}

fn table_of(state: &State, texts: &Sentences, table: &SentenceTable, rows: &Rows) -> String {
    let head = ["lane", "step", "example", "text", "label", "given_label", "tokens", "loss", "curvature", "weight", "mean_weight", "gap"];
    let mut out = Table::new(&[&head[..], &["times_seen", "times_weighted_up"]].concat());
    let columns = [Column::Loss, Column::Curvature, Column::Weight, Column::MeanWeight, Column::Gap, Column::Seen, Column::WeightedUp];
    for i in &rows.order {
        out.row(&[
            &title(state, table.lane),
            &table.step,
            i,
            &texts.texts[*i],
            &[&texts.labels, &texts.given_labels, &texts.lengths].map(|numbers| numbers.get(*i).copied()),
            &columns.map(|column| sentences::value(table, column, *i)),
        ]);
    }
    out.finish()
}

fn visits(state: &State, history: &SentenceHistory) -> String {
    let mut table = Table::new(&["example", "lane", "step", "loss", "weight", "gap"]);
    for (i, lane) in history.lanes.iter().enumerate() {
        for visit in lane {
            table.row(&[&history.example, &title(state, i), &visit.step, &visit.loss, &visit.weight, &visit.gap]);
        }
    }
    table.finish()
}

/// One row per point of the plane.
pub fn landscape(landscape: &Landscape) -> String {
    let mut table = Table::new(&["x", "y", "loss", "accuracy"]);
    let places = landscape.ys.iter().flat_map(|y| landscape.xs.iter().map(move |x| [*x, *y]));
    for (place, (loss, accuracy)) in places.zip(landscape.loss.iter().zip(&landscape.accuracy)) {
        table.row(&[&place, loss, accuracy]);
    }
    table.finish()
}

/// One row per point of the line.
pub fn line(line: &Line) -> String {
    let mut table = Table::new(&["t", "train_loss", "test_loss", "test_accuracy"]);
    for (i, t) in line.t.iter().enumerate() {
        table.row(&[t, &[&line.train_loss, &line.test_loss, &line.test_accuracy].map(|values| values.get(i).copied())]);
    }
    table.finish()
}

#[cfg(test)]
mod tests {
    use basin_train::experiment::Experiment;
    use basin_train::protocol::{Event, RunId};
    use basin_train::report::{LaneMeasurement, Measurement, Quantity, Reading, Side};

    use super::*;

    #[test]
    fn sharpness_has_a_row_per_quantity_and_seed() {
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
        let text = super::sharpness(&[sharpness], &["sam:rho=0.3".parse().expect("lane words")], 0);
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [
                "step,side,examples,lane,lane_words,quantity,radius,seed,value,error,converged,gradient_evaluations",
                "10,held_out,64,SAM,sam:rho=0.3,gap,0.05,0,0.25,,,1.5",
                "10,held_out,64,SAM,sam:rho=0.3,gap,0.05,1,,,,1.5",
                "10,held_out,64,SAM,sam:rho=0.3,trace,,0,3,0.5,,1.5",
                "10,held_out,64,SAM,sam:rho=0.3,trace,,1,4,0.25,,1.5",
            ]
        );
    }

    #[test]
    fn one_seed_has_neither_deviation_nor_error() {
        let lanes = ["sgd", "sam"].map(|words| words.parse().expect("lane words")).to_vec();
        let cells = |accuracies: [&[f64]; 2]| {
            let mut state = State::default();
            state.begin(RunId(0), &Experiment { lanes: lanes.clone(), ..Experiment::default() });
            let lane = |values: &[f64]| LaneMeasurement { test_accuracy: values.to_vec(), ..LaneMeasurement::default() };
            let measurement = Measurement { lanes: accuracies.map(lane).to_vec(), ..Measurement::default() };
            state.apply(Event::Measured { run: RunId(0), measurement });
            let rows = crate::table::tests::read(&results(&state, 1));
            let column = |name: &str| rows[0].iter().position(|head| head == name).expect("a column");
            ["test_accuracy", "test_accuracy_sd", "test_accuracy_difference", "standard_error"].map(|name| rows[1][column(name)].clone())
        };
        assert_eq!(cells([&[0.75], &[0.5]]), ["0.75", "", "0.25", ""]);
        // 0.5 and 1: sd √(2 · 1/16) = 0.3536. Differences 0 and 0.5: mean 0.25, standard error 0.3536/√2 = 0.25.
        let [mean, sd, difference, error] = cells([&[0.5, 1.0], &[0.5, 0.5]]);
        assert_eq!((mean.as_str(), &sd[..6], difference.as_str(), &error[..4]), ("0.75", "0.3535", "0.25", "0.25"));
    }

    #[test]
    fn a_landscape_has_a_row_per_point() {
        let map =
            Landscape { xs: vec![0.0, 1.0], ys: vec![-0.5], loss: vec![0.75, f64::NAN], accuracy: vec![0.5, 0.25], ..Landscape::default() };
        assert_eq!(landscape(&map), "x,y,loss,accuracy\n0,-0.5,0.75,0.5\n1,-0.5,,0.25\n");
    }
}
