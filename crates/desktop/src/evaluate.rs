//! `basin evaluate`: how good the answers of a saved run are, and which training labels it doubts.
//!
//! Elsewhere: what is computed (`basin_train::instruments::judge`), the tables for other programs (`basin_app::judged`).

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use basin_app::format::{cut, minus, percent};
use basin_app::judged::{FIGURES, Figure, Named};
use basin_train::brief;
use basin_train::data::Wish;
use basin_train::data::builtin::help_desk;
use basin_train::data::dataset::Example;
use basin_train::data::reading::Chosen;
use basin_train::experiment::{DataSource, titles};
use basin_train::instruments::judge::{judge_lanes, linear_of};
use basin_train::protocol::{DeviceChoice, NamedBytes};
use basin_train::report::{Judged, Judgement, LaneJudgement};
use basin_train::results::most_frequent_of;
use basin_train::run::Run;
use basin_train::stats::Spread;
use clap::Args;
use serde_json::{Value, json};

use crate::reading::ReadingArgs;
use crate::report::aligned;
use crate::terminal::{print, tell};
use crate::words::word;
use crate::{run_folder, saved, source};

/// Classes of which the confusion matrix is drawn whole.
const WHOLE: usize = 12;

/// Confusions, mistakes and suspects that the table tells.
const TOLD: usize = 10;

/// Characters of a text in the table.
const TEXT: usize = 70;

/// What is judged.
#[derive(Args)]
pub struct EvaluateArgs {
    /// The folder of a run, as `basin train --out` made it, or a saved run (.safetensors).
    #[arg(value_name = "DIR|FILE")]
    run: PathBuf,
    /// The lanes that are judged, by number from 1, by title, or by words such as delta-sam or sam:rho=0.2, in every detail; by default all, in short.
    #[arg(long = "lane", value_name = "LANE,…", value_delimiter = ',')]
    lanes: Vec<String>,
    /// Judge the answers to these labelled texts instead of the run's test set: a file, or a data set by name (its test file, where it has one).
    #[arg(long, value_name = "NAME|FILE")]
    data: Option<String>,
    #[command(flatten)]
    reading: ReadingArgs,
    /// Where to compute; auto is the CPU.
    #[arg(long, value_name = "auto|cpu|gpu", default_value = "auto", value_parser = word::<DeviceChoice>)]
    device: DeviceChoice,
    /// Also write NAME.json, and NAME-figures.csv, NAME-classes.csv, NAME-confusion.csv and so on.
    #[arg(long, value_name = "NAME")]
    out: Option<PathBuf>,
    /// Print one JSON document instead of the tables.
    #[arg(long)]
    json: bool,
}

/// What was judged, with its names.
struct Found {
    judgement: Judgement,
    titles: Vec<String>,
    words: Vec<String>,
    classes: Vec<String>,
    first_seed: u64,
    /// Whether the weights are those of chosen epochs.
    chosen: bool,
}

/// Judges and prints.
///
/// # Errors
/// If there is no such run, lane or file, or the labels are none of the run's.
pub fn evaluate(args: &EvaluateArgs) -> Result<ExitCode, String> {
    let found = saved::look(measure(args))?;
    let named = Named { judgement: &found.judgement, titles: &found.titles, classes: &found.classes, first_seed: found.first_seed };
    let json = run_folder::pretty(&document(&found));
    let details = !args.lanes.is_empty() || found.titles.len() == 1;
    print(&if args.json { String::from_utf8_lossy(&json).into_owned() } else { table(&found, details) })?;
    let Some(stem) = &args.out else { return Ok(ExitCode::SUCCESS) };
    let tables = named.tables();
    let mut files: Vec<(String, &[u8])> = vec![(".json".to_owned(), &json)];
    files.extend(tables.iter().map(|(word, text)| (format!("-{word}.csv"), text.as_bytes())));
    Ok(saved::write(stem, &files.iter().map(|(ending, bytes)| (ending.as_str(), *bytes)).collect::<Vec<_>>()))
}

async fn measure(args: &EvaluateArgs) -> Result<Found, String> {
    let run = saved::classifier(&args.run, args.device).await?;
    let experiment = &run.summary().experiment;
    let all = titles(&experiment.lanes);
    let lanes = saved::lanes(&args.lanes, &experiment.lanes)?;
    let judgement = match &args.data {
        None => {
            let wish = args.reading.wish();
            if wish != Wish::default() || args.reading.delimiter().is_some() {
                return Err("the test set of the run is read as it was for training: --text, --text-b, --label, --header and --delimiter take --data FILE".to_owned());
            }
            let on = if experiment.data.validation { "the validation part" } else { "the test set" };
            judge_lanes(&run, &lanes, on, run.test(), Some(&linear_of(&run)), usize::MAX).await
        }
        Some(data) => {
            let (name, examples) = labelled(&run, data, &args.reading)?;
            judge_lanes(&run, &lanes, &name, &examples, Some(&linear_of(&run)), usize::MAX).await
        }
    };
    Ok(Found {
        judgement: judgement.map_err(|error| error.to_string())?,
        titles: lanes.iter().map(|lane| all[*lane].clone()).collect(),
        words: lanes.iter().map(|lane| experiment.lanes[*lane].to_string()).collect(),
        classes: run.summary().classes.clone(),
        first_seed: experiment.first_seed,
        chosen: run.has_chosen_epochs(),
    })
}

/// The labelled texts that `--data` means, with the name of their file.
fn labelled(run: &Run, data: &str, reading: &ReadingArgs) -> Result<(String, Vec<Example>), String> {
    let mut file = file_of(data)?;
    let name = file.name.clone();
    let alike = run.summary().taken.as_ref().is_some_and(|taken| taken.file == name);
    if let Some(folder) = Path::new(data).parent().and_then(Path::file_name).filter(|_| alike) {
        // Messages name both files.
        file.name = format!("{}/{name}", folder.to_string_lossy());
    }
    let chosen = Chosen { delimiter: reading.delimiter(), columns: None };
    let (examples, taken) = run.read_labelled(&file, chosen, &reading.wish()).map_err(|error| error.to_string())?;
    tell(taken.words());
    for note in taken.all_notes() {
        tell(format_args!("Note: {note}"));
    }
    Ok((name, examples))
}

/// The file of `--data`.
fn file_of(data: &str) -> Result<NamedBytes, String> {
    let found = source::find(data, None)?;
    match (found.source, found.files) {
        (_, Some(files)) => Ok(files.test.unwrap_or(files.train)),
        (DataSource::HelpDesk, None) => Ok(help_desk()),
        (_, None) => Err(format!(
            "the texts of `{data}` are generated for each run: without --data a run is judged by those that it was not trained on; or name a file"
        )),
    }
}

fn document(found: &Found) -> Value {
    let Found { judgement, titles, words, classes, first_seed, chosen } = found;
    json!({ "weights_of": if *chosen { "chosen epochs" } else { "the last step" }, "lanes": words, "titles": titles, "classes": classes, "first_seed": first_seed, "judgement": judgement })
}

/// Mean ± standard deviation over the members, or one member's.
fn spread(values: &[f64], show: impl Fn(f64) -> String) -> String {
    match Spread::of(values) {
        None => "–".to_owned(),
        Some(Spread { mean, count: 1, .. }) => show(mean),
        Some(Spread { mean, sd, .. }) => format!("{} ± {}", show(mean), show(sd)),
    }
}

/// In percent without its sign, or with three digits.
fn shown(figure: &Figure, value: f64) -> String {
    match value {
        value if !value.is_finite() => "–".to_owned(),
        value if figure.percent => minus(100.0 * value, 1),
        value => minus(value, 3),
    }
}

/// The figures of every lane, and where they are asked for, the details.
fn table(found: &Found, details: bool) -> String {
    let Found { judgement, titles, classes, .. } = found;
    let Judgement { step, on, examples, total, .. } = judgement;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let part = if examples < total { format!(", evenly chosen of {total}") } else { String::new() };
    let at = if found.chosen { "by the epoch of each seed that was chosen".to_owned() } else { format!("at step {step}") };
    let _ = writeln!(text, "{} of {on}{part}, answered {at}\n", brief::counted(*examples, "example"));
    let title = |figure: &Figure| if figure.percent { format!("{}, %", figure.title) } else { figure.title.to_owned() };
    let mut rows = vec![["lane".to_owned()].into_iter().chain(FIGURES.iter().map(title)).collect::<Vec<_>>()];
    for (title, lane) in titles.iter().zip(&judgement.lanes) {
        let cell = |figure: &Figure| {
            let values: Vec<f64> = lane.members.iter().map(figure.of).collect();
            spread(&values, |value| shown(figure, value))
        };
        rows.push([title.clone()].into_iter().chain(FIGURES.iter().map(cell)).collect());
        if lane.members.len() > 1 {
            let together = |figure: &Figure| shown(figure, (figure.of)(&lane.together));
            rows.push(["  all seeds together".to_owned()].into_iter().chain(FIGURES.iter().map(together)).collect());
        }
    }
    if let Some(linear) = &judgement.linear {
        rows.push(["linear model".to_owned()].into_iter().chain(FIGURES.iter().map(|figure| shown(figure, (figure.of)(linear)))).collect());
    }
    if let Some(most) = most_frequent_of(classes, &judgement.class_counts) {
        let mut row = vec![String::new(); rows[0].len()];
        row[0] = format!("always `{}`", most.class);
        row[1] = format!("{:.1}", 100.0 * most.share);
        rows.push(row);
    }
    // The last column on the right, too.
    for row in &mut rows {
        row.push(String::new());
    }
    text.push_str(&aligned(&rows));
    let seeds = judgement.lanes.first().map_or(0, |lane| lane.members.len());
    if seeds > 1 {
        let _ = writeln!(
            text,
            "Mean ± standard deviation over {seeds} seeds, each alone; together: the mean of their probabilities, as `basin predict` answers."
        );
    }
    text.push_str(
        "The linear model: logistic regression on the same tokens, counted. Log loss in nats. The temperature divides the logits: above 1 the answers are too sure; – where all are right, or none is, so that none is best. Tempered: with one that was found on \
         every second example and used on the others, both ways.\n",
    );
    if !details {
        text.push_str("`--lane LANE` shows a lane's classes, confusions, calibration, mistakes and the labels that it doubts.\n");
        return text;
    }
    for (title, lane) in titles.iter().zip(&judgement.lanes) {
        let _ = writeln!(text, "\n{title}");
        lane_table(&mut text, judgement, lane, classes);
    }
    text
}

fn lane_table(text: &mut String, judgement: &Judgement, lane: &LaneJudgement, classes: &[String]) {
    let seeds = lane.members.iter().filter(|figures| figures.accuracy.is_finite()).count();
    if seeds == 0 {
        text.push_str("Every seed has diverged.\n");
        return;
    }
    let figure = |value: f64| if value.is_finite() { format!("{:.1}", 100.0 * value) } else { "–".to_owned() };
    let mut rows = vec![["class", "examples", "precision, %", "recall, %", "F1, %"].map(str::to_owned).to_vec()];
    for ((class, count), scores) in classes.iter().zip(&judgement.class_counts).zip(&lane.classes) {
        let scores = [&scores.precision, &scores.recall, &scores.f1].map(|values| spread(values, figure));
        rows.push([cut(class, 30), count.to_string()].into_iter().chain(scores).collect());
    }
    let _ = writeln!(text, "\n{}", aligned(&rows).trim_end());

    let n = seeds as f64;
    if classes.len() <= WHOLE {
        let _ = writeln!(text, "\nLabels (rows) and answers (columns), mean over the seeds:");
        let mut rows = vec![[String::new()].into_iter().chain(classes.iter().map(|class| cut(class, 16))).collect::<Vec<_>>()];
        for (label, class) in classes.iter().enumerate() {
            let count = |answer: usize| lane.cells.iter().find(|c| c.label == label && c.answer == answer).map_or(0, |cell| cell.count);
            let cell = |answer: usize| counted(count(answer) as f64 / n);
            rows.push([cut(class, 30)].into_iter().chain((0..classes.len()).map(cell)).collect());
        }
        // The last column on the right, too.
        for row in &mut rows {
            row.push(String::new());
        }
        text.push_str(&aligned(&rows));
    } else {
        let mut wrong: Vec<_> = lane.cells.iter().filter(|cell| cell.label != cell.answer).collect();
        wrong.sort_by_key(|cell| std::cmp::Reverse(cell.count));
        let _ = writeln!(text, "\nThe most frequent confusions, mean over the seeds:");
        let mut rows = vec![["label", "answer", "examples", ""].map(str::to_owned).to_vec()];
        for cell in wrong.into_iter().take(TOLD) {
            rows.push(vec![classes[cell.label].clone(), classes[cell.answer].clone(), counted(cell.count as f64 / n), String::new()]);
        }
        text.push_str(&aligned(&rows));
    }

    let _ = writeln!(text, "\nReliability: of the answers with such a confidence, so many are right");
    let mut rows = vec![["confidence", "answers, %", "mean confidence, %", "right, %", ""].map(str::to_owned).to_vec()];
    let all: usize = lane.bins.iter().map(|bin| bin.count).sum();
    for (place, bin) in lane.bins.iter().enumerate().filter(|(_, bin)| bin.count > 0) {
        let share = 100.0 * bin.count as f64 / all as f64;
        let edges = format!("{:.1} to {:.1}", place as f64 / 10.0, (place + 1) as f64 / 10.0);
        let of_bin = [bin.confidence, bin.accuracy].map(figure);
        rows.push([edges, format!("{share:.1}")].into_iter().chain(of_bin).chain([String::new()]).collect());
    }
    text.push_str(&aligned(&rows));

    let _ = writeln!(text, "\nThe surest mistakes of all seeds together, in {}{}:", judgement.on, first_of(lane.mistakes.len()));
    examples(text, &lane.mistakes, classes, |one| percent(one.probability), "p of answer");
    let _ = writeln!(
        text,
        "\nThe training labels that all seeds together doubt most, for they answer another class, of {}{}:",
        judgement.training_examples,
        first_of(lane.suspects.len())
    );
    examples(text, &lane.suspects, classes, |one| format!("{:.2}", one.loss), "loss of label");
    if let Some(by_heart) = lane.by_heart("`--keep best`") {
        let _ = writeln!(text, "{by_heart}");
    }
    if let Some(last) = lane.precision.last() {
        let at: Vec<String> = lane.precision.iter().map(|at| format!("{} of the first {}", percent(at.precision), at.k)).collect();
        let chance = judgement.flipped as f64 / judgement.training_examples as f64;
        let _ = writeln!(
            text,
            "{} labels were made wrong on purpose ({}, which is what chance would find); found among the most doubted: {}.",
            last.k,
            percent(chance),
            at.join(", ")
        );
    }
}

/// How many of a list are told, where not all of it is.
fn first_of(count: usize) -> String {
    if count > TOLD { format!(" (the first {TOLD} of {count})") } else { String::new() }
}

/// Whole counts as such, means with one decimal.
fn counted(mean: f64) -> String {
    if mean.fract() == 0.0 { format!("{mean:.0}") } else { format!("{mean:.1}") }
}

fn examples(text: &mut String, list: &[Judged], classes: &[String], number: impl Fn(&Judged) -> String, head: &str) {
    if list.is_empty() {
        text.push_str("none\n");
        return;
    }
    let mut rows = vec![["row", "label", "answer", head, "seeds", "text"].map(str::to_owned).to_vec()];
    for one in list.iter().take(TOLD) {
        let label = cut(&classes[one.label], 24);
        // Of a label that was made wrong on purpose it is known.
        let label = if one.label == one.given_label { label } else { format!("{label} (was {})", cut(&classes[one.given_label], 24)) };
        let seeds = format!("{}/{}", one.agreeing, one.members);
        let plain = one.text.split_whitespace().collect::<Vec<_>>().join(" ");
        rows.push(vec![one.row.to_string(), label, cut(&classes[one.answer], 24), number(one), seeds, cut(&plain, TEXT)]);
    }
    text.push_str(&aligned(&rows));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_shown_as_people_read_them() {
        let of = |place: usize, value: f64| shown(&FIGURES[place], value);
        assert_eq!([of(0, 0.8432), of(2, 0.4321), of(0, f64::NAN)], ["84.3", "0.432", "–"]);
        assert_eq!(spread(&[0.5, 0.7], |v| format!("{v:.2}")), "0.60 ± 0.14");
        assert_eq!(spread(&[f64::NAN], |v| v.to_string()), "–");
        assert_eq!([counted(12.0), counted(2.25)], ["12", "2.2"]);
    }
}
