//! The report of a study: `report.md` for people, `report.json` for programs, a figure a question, and `findings.json`, the
//! answers with the numbers of their figures, for whoever draws them anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use basin_app::format::{self, plus};
use basin_train::brief::counted;
use basin_train::experiment::{ModelConfig, ModelKind};
use basin_train::lab::choice::{Choice, Edge};
use basin_train::lab::grid::climbs;
use basin_train::lab::words::trouble;
use basin_train::report::{Dot, Finding, Forest, Row};
use basin_train::stats::{Comparison, LEVEL, Spread, Verdict};
use serde_json::{Map, Value, json};

use super::answers::{
    ACCURACY, ALIGNMENT, Answers, CALIBRATION, Compared, EIGENVALUE, GAP, GRADIENTS, LOSS, Number, Part, Reference, SHARPNESS,
};
use super::plan::Plan;
use super::questions::{Answer, points};
use crate::disk;
use crate::figures::forest;
use crate::run_folder::{failed, pretty};
use crate::sweep::Budget;
use crate::words::told;

/// Digits of a number that is kept of each seed: chance is in the third.
const DIGITS: i32 = 5;

/// Writes the report to a folder.
///
/// # Errors
/// If it cannot be written.
pub fn write(folder: &Path, plan: &Plan, study: &Answers, answers: &[Answer]) -> Result<(), String> {
    let put = |name: String, bytes: &[u8]| {
        let path = folder.join(name);
        disk::write(&path, bytes).map_err(|error| failed(&path, &error))
    };
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    for answer in answers {
        put(format!("{}.svg", answer.word), forest::figure(&answer.figure).as_bytes())?;
    }
    put("report.md".to_owned(), markdown(plan, study, answers).as_bytes())?;
    let findings: Vec<Finding> = answers.iter().map(finding).collect();
    put("findings.json".to_owned(), serde_json::to_string(&findings).expect("findings are plain data").as_bytes())?;
    // One line an entry would be five times as long.
    put("report.json".to_owned(), document(plan, study, answers).to_string().as_bytes())
}

/// The report as Markdown.
pub fn markdown(plan: &Plan, study: &Answers, answers: &[Answer]) -> String {
    let mut text = format!("# {}\n\n", plan.title);
    // Writing to a string cannot fail.
    for answer in answers {
        let _ = writeln!(text, "- {}", answer.sentence);
    }
    let [done, all] = study.cells;
    let time = format::duration(study.seconds);
    let unfinished = if done < all {
        format!(" **Not finished: {done} of {} are there.**", counted(all, "cell"))
    } else {
        format!(" {}.", counted(done, "cell"))
    };
    let _ = writeln!(
        text,
        "\nA setting is a data set with a model and a level of label noise. Each seed draws split, noise, order of the batches and initial \
         weights anew; methods are paired by seed. ρ is chosen for each method and setting by mean accuracy on a validation part of the \
         training set, whose labels the noise leaves alone; the test set is looked at once that is done. Verdicts: Student's t at {:.0} %, \
         corrected (Holm) for all differences to the same reference in this report; ± in tables of differences is half of the interval at \
         95 %.{unfinished} It took {time} of one core.",
        100.0 * LEVEL
    );
    if !study.short.is_empty() {
        let _ = writeln!(text, "\nSeeds of which a cell is missing or damaged are left out. There are, of {}.", study.short.join("; of "));
    }
    for Answer { word, question, sentence, grounds, .. } in answers {
        let _ = writeln!(text, "\n## {question}\n\n{sentence}\n\n![{question}]({word}.svg)\n");
        for line in grounds {
            let _ = writeln!(text, "- {line}");
        }
    }
    let _ = writeln!(text, "\n## In one table\n\n{}\n## The settings", summary(study));
    for (number, part) in study.parts.iter().enumerate() {
        let _ = writeln!(text, "\n### {}: {}\n\n{}", part.name, part.place(), setup(part));
        for setting in 0..part.grid.settings() {
            let _ = writeln!(text, "\n**{}**\n", part.setting(setting));
            text.push_str(&table(study, number, part, setting));
        }
    }
    text
}

/// What all settings say of a method, where all train for as many epochs.
#[derive(Default)]
struct Tally {
    title: String,
    /// Settings in which it is compared with SGD, and with SAM; in which it is above, and below, beyond chance.
    all: [usize; 2],
    above: [usize; 2],
    below: [usize; 2],
    /// Its differences to SAM, in points.
    to_sam: Vec<f64>,
}

/// Every method in a row.
fn summary(study: &Answers) -> String {
    let mut rows: Vec<Tally> = Vec::new();
    for (place, reference) in [Reference::Sgd, Reference::Sam].into_iter().enumerate() {
        for Compared { part, choice, comparison } in study.against(reference) {
            let part = &study.parts[*part];
            if part.budget != Budget::EqualEpochs {
                continue;
            }
            let title = part.grid.titles().swap_remove(part.choices[*choice].point.lane);
            let row = rows.iter().position(|row| row.title == title).unwrap_or_else(|| {
                rows.push(Tally { title, ..Tally::default() });
                rows.len() - 1
            });
            let row = &mut rows[row];
            row.all[place] += 1;
            row.above[place] += usize::from(comparison.verdict == Verdict::Higher);
            row.below[place] += usize::from(comparison.verdict == Verdict::Lower);
            if reference == Reference::Sam {
                row.to_sam.push(100.0 * comparison.difference.mean);
            }
        }
    }
    let mut text =
        "| method | settings | above SGD | below SGD | above SAM | below SAM | to SAM, points (mean) |\n|---|---|---|---|---|---|---|\n"
            .to_owned();
    for Tally { title, all, above, below, to_sam } in &rows {
        let count = |counts: &[usize; 2], place: usize| if all[place] > 0 { counts[place].to_string() } else { "–".to_owned() };
        let mean = Spread::of(to_sam).map_or("–".to_owned(), |spread| plus(spread.mean, 1));
        let settings = all[0].max(all[1]);
        let _ = writeln!(
            text,
            "| {title} | {settings} | {} | {} | {} | {} | {mean} |",
            count(above, 0),
            count(below, 0),
            count(above, 1),
            count(below, 1)
        );
    }
    text
}

/// How a part is trained, in words.
fn setup(part: &Part) -> String {
    let experiment = &part.grid.experiment;
    let model = match experiment.model.kind {
        ModelKind::Bag => "bag of embeddings".to_owned(),
        other => told(other),
    };
    // An encoder says how wide it is.
    let widths = match experiment.model {
        ModelConfig { tune: Some(tune), .. } => format!("layers {tune}"),
        ModelConfig { kind: ModelKind::Sentence, hidden, .. } => format!("hidden {hidden}"),
        ModelConfig { dim, hidden, .. } => format!("dim {dim}, hidden {hidden}"),
    };
    let size = match experiment.data.train_size {
        0 => "all training examples".to_owned(),
        size => format!("at most {size} training examples"),
    };
    let budget = match part.budget {
        Budget::EqualEpochs => format!("{} epochs for all", experiment.training.epochs),
        Budget::EqualGradients => format!("as many gradients for all as SAM takes in {} epochs", experiment.training.epochs),
    };
    format!(
        "{model} ({widths}), {size}, batch {}, {budget}, learning rate {}, {} seeds, ρ on {:.0} % of the training data.",
        experiment.training.batch,
        experiment.training.learning_rate,
        experiment.seeds,
        100.0 * part.grid.validation,
    )
}

/// The methods at one setting, each at its own best ρ.
fn table(study: &Answers, number: usize, part: &Part, setting: usize) -> String {
    let mut text =
        "| method | ρ | test accuracy, % | to SGD | to SAM | log-loss | calibration error, % | gap | λ_max | cos(D, D*) | gradients |\n\
                    |---|---|---|---|---|---|---|---|---|---|---|\n"
            .to_owned();
    let titles = part.grid.titles();
    for (place, choice) in part.choices.iter().enumerate().filter(|(_, choice)| choice.point.setting == setting) {
        let spread = |number: &Number, digits: usize| match Spread::of(&part.values(&choice.point, number)) {
            Some(Spread { mean, sd, count, .. }) if count > 1 => format!("{mean:.digits$} ± {sd:.digits$}"),
            Some(Spread { mean, .. }) => format!("{mean:.digits$}"),
            None => "–".to_owned(),
        };
        let mean = |number: &Number, digits: usize| {
            Spread::of(&part.values(&choice.point, number)).map_or("–".to_owned(), |spread| format!("{:.digits$}", spread.mean))
        };
        let against = |reference| study.of(reference, number, place).map_or("–".to_owned(), |comparison| cell(&comparison));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            titles[choice.point.lane],
            radius(part, choice),
            spread(&ACCURACY, 1),
            against(Reference::Sgd),
            against(Reference::Sam),
            mean(&LOSS, 3),
            mean(&CALIBRATION, 1),
            mean(&GAP, 4),
            mean(&EIGENVALUE, 2),
            mean(&ALIGNMENT, 2),
            mean(&GRADIENTS, 0),
        );
    }
    text.push_str(&notes(part, setting));
    text
}

/// A difference, bold where it is beyond chance.
fn cell(comparison: &Comparison) -> String {
    if comparison.verdict.is_clear() { format!("**{}**", points(comparison)) } else { points(comparison) }
}

/// The best ρ; marked where it is the first or the last that was tried.
fn radius(part: &Part, choice: &Choice) -> String {
    if !climbs(&part.grid.experiment.lanes[choice.point.lane]) {
        return "–".to_owned();
    }
    match choice.edge {
        Some(Edge::Smallest) => format!("{} (smallest)", choice.point.rho),
        Some(Edge::Largest) => format!("{} (largest)", choice.point.rho),
        None => choice.point.rho.to_string(),
    }
}

/// Where seeds collapsed or diverged at the ρ that was chosen.
fn notes(part: &Part, setting: usize) -> String {
    let titles = part.grid.titles();
    let told = part.choices.iter().filter(|choice| choice.point.setting == setting).filter_map(|choice| {
        let outcomes: Vec<_> = part.runs(&choice.point).map(|(outcome, _)| outcome).collect();
        Some(format!("{}: {}", titles[choice.point.lane], trouble(&outcomes)?))
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { String::new() } else { format!("\n{}.\n", told.join("; ")) }
}

/// A number with [`DIGITS`] digits; null where it is none.
fn short(value: f64) -> Value {
    json!(rounded(value, DIGITS))
}

fn rounded(value: f64, digits: i32) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10_f64.powi(digits - 1 - value.abs().log10().floor() as i32);
    (value * scale).round() / scale
}

/// The answer with its figure, in as many digits as can be seen.
fn finding(Answer { word, question, sentence, figure, .. }: &Answer) -> Finding {
    let dot = |dot: &Dot| Dot { x: rounded(dot.x, 3), half: dot.half.map(|half| rounded(half, 3)), ..*dot };
    let row = |row: &Row| Row { label: row.label.clone(), dots: row.dots.iter().map(dot).collect() };
    Finding {
        word: (*word).to_owned(),
        question: (*question).to_owned(),
        sentence: sentence.clone(),
        figure: Forest { rows: figure.rows.iter().map(row).collect(), ..figure.clone() },
    }
}

fn all(values: &[f64]) -> Value {
    Value::Array(values.iter().map(|value| short(*value)).collect())
}

/// Everything, as one document: of the chosen ρ every number of every seed, of the others both accuracies.
fn document(plan: &Plan, study: &Answers, answers: &[Answer]) -> Value {
    let answer = |answer: &Answer| json!({ "question": answer.question, "answer": answer.sentence, "negative": answer.negative, "grounds": answer.grounds, "figure": format!("{}.svg", answer.word) });
    let part = |(number, part): (usize, &Part)| {
        let settings = (0..part.grid.settings()).map(|setting| {
            let methods = part.choices.iter().enumerate().filter(|(_, choice)| choice.point.setting == setting);
            json!({ "label_noise": part.noise(setting), "methods": methods.map(|(place, _)| method(study, number, part, place)).collect::<Vec<_>>() })
        });
        json!({
            "sweep": part.name,
            "data": part.data,
            "budget": part.budget,
            "grid": part.grid,
            "seeds": part.seeds,
            "settings": settings.collect::<Vec<_>>(),
        })
    };
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "title": plan.title,
        "cells": { "done": study.cells[0], "planned": study.cells[1] },
        "core_seconds": short(study.seconds),
        "answers": answers.iter().map(answer).collect::<Vec<_>>(),
        "parts": study.parts.iter().enumerate().map(part).collect::<Vec<_>>(),
    })
}

fn method(study: &Answers, number: usize, part: &Part, place: usize) -> Value {
    let choice = &part.choices[place];
    let numbers = [&ACCURACY, &LOSS, &CALIBRATION, &ALIGNMENT, &GRADIENTS].into_iter().chain(&SHARPNESS);
    let seeds: Map<String, Value> = numbers.map(|number| (number.word.to_owned(), all(&part.values(&choice.point, number)))).collect();
    let against = |(reference, word)| {
        let Comparison { difference, p, among, verdict } = study.of(reference, number, place)?;
        let value = json!({
            "difference": short(difference.mean),
            "half_width": difference.half_width().map(short),
            "pairs": difference.count,
            "p": p.map(short),
            "comparisons": among,
            "verdict": verdict.words(),
        });
        Some((String::from(word), value))
    };
    let references = [(Reference::Sgd, "sgd"), (Reference::Sam, "sam"), (Reference::Placebo, "placebo")];
    let radii = part.grid.points().into_iter().filter(|point| (point.setting, point.lane) == (choice.point.setting, choice.point.lane));
    let radii = radii.map(|point| {
        let validation: Vec<f64> = part.runs(&point).map(|(outcome, _)| 100.0 * outcome.validation_accuracy).collect();
        let collapsed = part.runs(&point).filter(|(outcome, _)| outcome.collapsed).count();
        json!({ "rho": point.rho, "validation_accuracy": all(&validation), "test_accuracy": all(&part.values(&point, &ACCURACY)), "collapsed": collapsed })
    });
    json!({
        "method": part.grid.method(choice.point.lane),
        "title": part.grid.titles()[choice.point.lane],
        "best_rho": climbs(&part.grid.experiment.lanes[choice.point.lane]).then_some(choice.point.rho),
        "edge_of_the_grid": choice.edge,
        "seeds": seeds,
        "against": references.into_iter().filter_map(against).collect::<Map<_, _>>(),
        "radii": radii.collect::<Vec<_>>(),
    })
}

/// The answers for a terminal.
pub fn sentences(study: &Answers, answers: &[Answer]) -> String {
    let mut text = String::new();
    for answer in answers {
        let _ = writeln!(text, "{}\n  {}", answer.question, answer.sentence);
    }
    let [done, planned] = study.cells;
    let _ = writeln!(text, "{done} of {}, {} of one core.", counted(planned, "cell"), format::duration(study.seconds));
    text
}

/// The same document on standard output.
pub fn json(plan: &Plan, study: &Answers, answers: &[Answer]) -> String {
    String::from_utf8_lossy(&pretty(&document(plan, study, answers))).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_with_their_first_digits() {
        let texts = [0.123_456_78, -12.345_678, 0.0, f64::NAN, 123_456.0].map(|value| short(value).to_string());
        assert_eq!(texts, ["0.12346", "-12.346", "0.0", "null", "123460.0"]);
    }
}
