//! `basin lesson`: what lessons there are, and whether what they claim holds.
//!
//! A check trains what the lessons train, over several data seeds, and looks at each claim where its step stops. Lessons that
//! train the same share the run. Elsewhere: the form of a lesson and of a claim (`basin_app::lessons`).

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use basin_app::lessons::{self, Fault, Holds, Lesson, Need, Outcome, Step, Told};
use basin_app::state::State;
use basin_train::driver::Driver;
use basin_train::experiment::Experiment;
use basin_train::protocol::{Event, RunId};
use basin_train::report::{Budget, Side};
use basin_train::run::Compute;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::exit::CHECK_FAILED;
use crate::terminal::{print, tell};
use crate::{run_folder, source};

/// The run that a state is told of.
const RUN: RunId = RunId(1);

#[derive(Subcommand)]
pub enum LessonJob {
    /// Lists the lessons with title, minutes and level.
    List,
    /// Trains what lessons train and says of each claim in how many data seeds it held; exit code 1 if that is not as declared.
    Check(CheckArgs),
}

#[derive(Args)]
pub struct CheckArgs {
    /// Lessons: names that `basin lesson list` shows, or Markdown files.
    #[arg(value_name = "NAME|FILE", required_unless_present = "all")]
    lessons: Vec<String>,
    /// Check every lesson that Basin brings along.
    #[arg(long, conflicts_with = "lessons")]
    all: bool,
    /// Data seeds to try, from that of the lesson on.
    #[arg(long, value_name = "COUNT", default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=1_000))]
    seeds: u64,
    /// Print one JSON document instead of the table.
    #[arg(long)]
    json: bool,
}

/// Does the job.
///
/// # Errors
/// A lesson that is not there or not well-formed, or that cannot be trained.
pub fn lesson(job: &LessonJob) -> Result<ExitCode, String> {
    match job {
        LessonJob::List => list(),
        LessonJob::Check(args) => check(args),
    }
}

fn list() -> Result<ExitCode, String> {
    let longest = lessons::ALL.iter().map(|lesson| lesson.name.len()).max().unwrap_or(0);
    let line = |built_in: lessons::BuiltIn| {
        let lesson = read(built_in.name, built_in.text)?;
        let level = lesson.level.word();
        Ok(format!("{:<longest$} {:>2} min  {level:<6}  {}\n", built_in.name, lesson.minutes, lesson.title))
    };
    let text = lessons::ALL.into_iter().map(line).collect::<Result<String, String>>()?;
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn read(name: &str, text: &str) -> Result<Lesson, String> {
    let told = |faults: Vec<Fault>| faults.iter().map(|fault| format!("{name}, {fault}")).collect::<Vec<_>>().join("\n");
    lessons::parse(text).map_err(told)
}

/// The lesson of a name or a file.
fn find(name: &str) -> Result<(String, Lesson), String> {
    if let Some(built_in) = lessons::find(name) {
        return Ok((built_in.name.to_owned(), read(built_in.name, built_in.text)?));
    }
    if !Path::new(name).exists() {
        return Err(format!("there is no lesson `{name}`, and no file: see `basin lesson list`"));
    }
    let text = fs::read_to_string(name).map_err(|error| format!("{name} cannot be read: {error}"))?;
    Ok((name.to_owned(), read(name, &text)?))
}

/// What lessons train once, with the steps that look at it.
struct Trained<'a> {
    experiment: &'a Experiment,
    /// Lesson and step, in the order in which they stop.
    steps: Vec<(&'a str, &'a Step)>,
}

/// A claim, and what it was worth in each data seed.
struct Checked<'a> {
    lesson: &'a str,
    step: &'a Step,
    told: &'a Told,
    outcomes: Vec<Outcome>,
}

impl Checked<'_> {
    fn held(&self) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.held == Some(true)).count()
    }

    fn as_declared(&self) -> bool {
        self.told.holds.allows(self.held(), self.outcomes.len())
    }
}

fn check(args: &CheckArgs) -> Result<ExitCode, String> {
    let names: Vec<&str> =
        if args.all { lessons::ALL.map(|lesson| lesson.name).to_vec() } else { args.lessons.iter().map(String::as_str).collect() };
    let lessons = names.into_iter().map(find).collect::<Result<Vec<_>, _>>()?;
    let mut trained: Vec<Trained<'_>> = Vec::new();
    for (name, step) in lessons.iter().flat_map(|(name, lesson)| lesson.steps.iter().map(move |step| (name.as_str(), step))) {
        match trained.iter_mut().find(|trained| *trained.experiment == step.experiment) {
            Some(trained) => trained.steps.push((name, step)),
            None => trained.push(Trained { experiment: &step.experiment, steps: vec![(name, step)] }),
        }
    }
    let (mut checked, runs) = (Vec::new(), trained.len());
    for (i, Trained { experiment, steps }) in trained.iter_mut().enumerate() {
        steps.sort_by_key(|(_, step)| step.stop.unwrap_or(usize::MAX));
        let mut claims: Vec<Checked<'_>> = steps
            .iter()
            .filter_map(|(lesson, step)| Some(Checked { lesson, step, told: step.claim.as_ref()?, outcomes: Vec::new() }))
            .collect();
        let mut names: Vec<&str> = steps.iter().map(|(lesson, _)| *lesson).collect();
        names.sort_unstable();
        names.dedup();
        for seed in 0..if claims.is_empty() { 1 } else { args.seeds } {
            let mut experiment = experiment.clone();
            experiment.data.seed = experiment.data.seed.saturating_add(seed);
            tell(format_args!("Run {} of {runs} ({}), data seed {}.", i + 1, names.join(", "), experiment.data.seed));
            pollster::block_on(train(experiment, &mut claims)).map_err(|error| format!("{}: {error}", steps[0].0))?;
        }
        checked.extend(claims);
    }
    let place = |checked: &Checked<'_>| (lessons.iter().position(|(name, _)| name == checked.lesson), checked.told.line);
    checked.sort_by_key(place);
    let passed = checked.iter().all(Checked::as_declared);
    if args.json {
        let document = json!({ "seeds": args.seeds, "passed": passed, "claims": checked.iter().map(of_claim).collect::<Vec<_>>() });
        print(&String::from_utf8_lossy(&run_folder::pretty(&document)))?;
    } else {
        print(&checked.iter().map(words).collect::<String>())?;
    }
    if !passed {
        let failed = checked.iter().filter(|checked| !checked.as_declared()).count();
        tell(format_args!("basin: {failed} of {} claims did not hold as declared", checked.len()));
        return Ok(ExitCode::from(CHECK_FAILED));
    }
    Ok(ExitCode::SUCCESS)
}

/// Trains one experiment and notes what the claims about it are worth, which stand in the order of their stops. What nothing
/// is claimed of is only prepared.
async fn train(experiment: Experiment, claims: &mut [Checked<'_>]) -> Result<(), String> {
    let files = source::of(&experiment.data.source)?.files;
    let mut driver = Driver::prepare(experiment, files.as_ref(), Compute::cpu()).map_err(|error| error.to_string())?;
    let mut state = State::default();
    state.apply(Event::Prepared { run: RUN, summary: Box::new(driver.summary().clone()) });
    for Checked { step, told, outcomes, .. } in claims {
        let stop = step.stop.unwrap_or(usize::MAX).min(driver.steps_planned());
        // The first point of the curves, and the last one of a stop between two points.
        if state.run.measurements.is_empty() {
            let measurement = driver.measure().await;
            state.apply(Event::Measured { run: RUN, measurement });
        }
        while driver.steps_done() < stop {
            if let Some(measurement) = driver.advance(f64::INFINITY, stop).await {
                state.apply(Event::Measured { run: RUN, measurement });
            }
        }
        if state.run.measurements.last().is_none_or(|last| last.step < stop) {
            let measurement = driver.measure().await;
            state.apply(Event::Measured { run: RUN, measurement });
        }
        for need in told.claim.needs() {
            look(&mut driver, &mut state, need).await?;
        }
        outcomes.push(told.claim.outcome(&state.run));
    }
    Ok(())
}

/// Measures what a claim needs and the curves do not hold.
async fn look(driver: &mut Driver, state: &mut State, need: Need) -> Result<(), String> {
    match need {
        Need::Sharpness => {
            for side in [Side::Train, Side::HeldOut] {
                if state.run.latest_sharpness(side).is_none_or(|sharpness| sharpness.step < driver.steps_done()) {
                    let sharpness = driver.measure_sharpness(side).await;
                    state.apply(Event::Sharpness { run: RUN, sharpness, budget: Budget::default() });
                }
            }
        }
        Need::Sentences(lane) => {
            let table = driver.sentence_table(lane).await.map_err(|error| error.to_string())?;
            state.apply(Event::Sentences { run: RUN, sentences: Box::new(driver.sentences()) });
            state.apply(Event::SentenceTable { run: RUN, table: Box::new(table) });
        }
    }
    Ok(())
}

fn words(checked: &Checked<'_>) -> String {
    let Checked { lesson, step, told, outcomes } = checked;
    let verdict = if checked.as_declared() { "ok    " } else { "FAILED" };
    let (held, seeds, holds) = (checked.held(), outcomes.len(), declared(told.holds));
    let first = &outcomes[0].numbers;
    format!(
        "{verdict} {lesson}:{} {}\n       {}\n       held in {held} of {seeds} data seeds, declared {holds}; the first: {first}\n",
        told.line, step.title, told.claim.text
    )
}

/// How often a claim is to hold, for people.
fn declared(holds: Holds) -> String {
    let least = holds != Holds::ALWAYS && holds.most == holds.of;
    format!("{}{}", if least { "at least " } else { "" }, holds.words())
}

fn of_claim(checked: &Checked<'_>) -> Value {
    let Checked { lesson, step, told, outcomes } = checked;
    let outcomes: Vec<Value> = outcomes.iter().map(|Outcome { held, numbers }| json!({ "held": held, "numbers": numbers })).collect();
    json!({
        "lesson": lesson,
        "step": step.title,
        "line": told.line,
        "claim": told.claim.text,
        "declared": told.holds.words(),
        "held": checked.held(),
        "as_declared": checked.as_declared(),
        "outcomes": outcomes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_declared_is_a_bound() {
        let of = |least, most, of| declared(Holds { least, most, of });
        assert_eq!([of(3, 8, 8), of(2, 6, 8), declared(Holds::ALWAYS)], ["at least 3 of 8", "2 to 6 of 8", "always"]);
    }
}
