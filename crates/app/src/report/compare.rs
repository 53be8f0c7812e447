//! Which does better: the lanes of a run, and the same lane in two runs.
//!
//! Elsewhere: the test behind a verdict (`basin_train::stats`), the lanes of one run in full (`results.rs`).

use basin_train::experiment::DataConfig;
use basin_train::results;
use basin_train::stats::{Comparison, Difference, Spread, Verdict, judge};

use super::results::{one_answer, reference};
use super::told::Told;
use crate::format::{self, plus};
use crate::knobs;
use crate::state::partners;

/// The accuracy of each lane, at the epochs kept where the run keeps them, and at the end of its run the verdicts against the one that
/// the table compares with, in a line.
pub fn verdict(run: &Told<'_>) -> String {
    if run.last().is_none() {
        return "nothing was measured".to_owned();
    }
    let reference = reference(run.state, run.context);
    let titles = run.titles();
    let accuracies: Vec<&[f64]> = (0..titles.len()).map(|lane| run.accuracies(lane)).collect();
    let comparisons = if run.has_verdicts() { results::compare_by_seed(&accuracies, reference) } else { Vec::new() };
    // Who answers one class only is known of the last epoch.
    let one_answer = |lane: usize| {
        let words = one_answer(run.state, lane)?;
        Some(if run.keeps_epochs() { format!("at the last epoch {words}") } else { words })
    };
    let lanes = titles.iter().enumerate().map(|(lane, title)| {
        let accuracy = Spread::of(accuracies[lane]).map_or("diverged".to_owned(), |s| format::percent_spread(s.mean, s.sd, s.count));
        let verdict = comparisons.get(lane).copied().flatten().map(|comparison| against(comparison.verdict, &titles[reference]));
        let remarks: Vec<String> = verdict.into_iter().chain(one_answer(lane)).collect();
        if remarks.is_empty() { format!("{title} {accuracy}") } else { format!("{title} {accuracy} ({})", remarks.join(", ")) }
    });
    let lanes = lanes.collect::<Vec<_>>().join("; ");
    let validation = run.experiment.data.validation.then_some("on validation examples");
    let of: Vec<&str> = validation.into_iter().chain(run.keeps_epochs().then_some("at the epochs kept")).collect();
    let lanes = if of.is_empty() { lanes } else { format!("{}: {lanes}", of.join(", ")) };
    if run.has_verdicts() { lanes } else { format!("so far, without a verdict: {lanes}") }
}

fn against(verdict: Verdict, title: &str) -> String {
    match verdict {
        Verdict::Higher | Verdict::Lower => format!("{} than {title}", verdict.words()),
        Verdict::Identical => format!("as {title} in every seed"),
        Verdict::TooFew | Verdict::Noise => format!("{} against {title}", verdict.words()),
    }
}

/// Whether two runs that were read whole are measured on the same examples.
pub fn on_the_same_examples(run: &Told<'_>, first: &Told<'_>) -> bool {
    let split = |run: &Told<'_>| {
        let DataConfig { source, seed, test_fraction, validation, .. } = &run.experiment.data;
        (source.clone(), *seed, test_fraction.to_bits(), *validation)
    };
    let file = |run: &Told<'_>| run.files.last().map(|file| file.sha256.clone());
    let examples = |run: &Told<'_>| run.state.run.summary.as_ref().map(|summary| (summary.test_counts.clone(), summary.classes.clone()));
    let (ours, theirs) = (examples(run), examples(first));
    // A file of which nothing is known is not another one.
    let same_file = file(run).zip(file(first)).is_none_or(|(ours, theirs)| ours == theirs);
    let print = |run: &Told<'_>| run.state.run.summary.as_ref().and_then(|summary| summary.test_print);
    let same_texts = print(run).zip(print(first)).is_none_or(|(ours, theirs)| ours == theirs);
    ours.is_some() && split(run) == split(first) && same_file && same_texts && ours == theirs
}

/// A lane in two runs that were read whole: its title, and the other run minus the first, by seed; why not where they cannot be compared.
pub fn lanes<'a>(run: &Told<'a>, first: &Told<'a>) -> Result<Vec<(String, Comparison)>, String> {
    if let Some(run) = [run, first].into_iter().find(|run| !run.has_verdicts()) {
        let where_it_is = if run.finished { "went on past its planned end" } else { "is not finished" };
        return Err(format!("{} {where_it_is}: a verdict takes that end", run.name));
    }
    let seeds = |run: &Told<'_>| (run.experiment.first_seed, run.experiment.seeds);
    if seeds(run) != seeds(first) {
        return Err("other seeds: they cannot be compared seed by seed".to_owned());
    }
    if !on_the_same_examples(run, first) {
        return Err("other test examples: their accuracies mean different things".to_owned());
    }
    let [ours, theirs] = [run, first].map(|run| &run.state.run.lanes);
    let pairs = partners(ours, theirs).into_iter().enumerate();
    let shared: Vec<(usize, usize)> = pairs.filter_map(|(lane, other)| Some((lane, other?))).collect();
    // What was chosen is better than what came last: the two are no pair.
    let chosen = run.keeps_epochs() && first.keeps_epochs();
    let accuracies = |run: &Told<'a>, lane| if chosen { run.accuracies(lane) } else { run.last_accuracies(lane) };
    let differences: Vec<Option<Difference>> =
        shared.iter().map(|(lane, other)| Difference::paired(accuracies(run, *lane), accuracies(first, *other))).collect();
    let judged = judge(&differences);
    let title = |lane: usize, other: usize| {
        let (here, there) = (&ours[lane], &theirs[other]);
        if here.config == there.config { here.title.clone() } else { [here, there].map(|of| knobs::lane(&of.config)).join(" against ") }
    };
    let pairs = shared.into_iter().zip(judged);
    let found: Vec<_> = pairs.filter_map(|((lane, other), comparison)| Some((title(lane, other), comparison?))).collect();
    if found.is_empty() { Err("no lane in common that both have measured".to_owned()) } else { Ok(found) }
}

/// At which epochs a run and the first were compared, where one of them keeps other ones than the last.
pub fn epochs(run: &Told<'_>, first: &Told<'_>) -> &'static str {
    match (run.keeps_epochs(), first.keeps_epochs()) {
        (false, false) => "",
        (true, true) => " (at the epochs kept)",
        _ => " (at the last epoch of both: only one of them keeps others)",
    }
}

/// A comparison in words: `+1.25 ± 0.30 points, higher`.
pub fn words(comparison: &Comparison) -> String {
    let Difference { mean, standard_error, count, .. } = comparison.difference;
    let spread = if count > 1 { format!(" ± {:.2}", standard_error * 100.0) } else { String::new() };
    format!("{}{spread} points, {}", plus(mean * 100.0, 2), comparison.verdict.words())
}
