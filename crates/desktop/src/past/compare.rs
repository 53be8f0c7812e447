//! Which does better: the lanes of a run, and the same lane in two runs.
//!
//! Elsewhere: the test behind a verdict (`basin_train::stats`), the lanes of one run in full (`report.rs`).

use basin_app::format;
use basin_train::experiment::DataConfig;
use basin_train::results;
use basin_train::stats::{Comparison, Difference, Spread, judge};

use super::run::PastRun;
use crate::report::reference;

/// The accuracy of each lane at the end, and the verdicts against the one that the table compares with, in a line.
pub fn verdict(run: &PastRun) -> String {
    let Some(last) = run.last() else { return "nothing was measured".to_owned() };
    let reference = reference(&run.state);
    let titles = run.titles();
    let comparisons = results::compare(last, reference);
    let lanes = titles.iter().enumerate().map(|(lane, title)| {
        let accuracy = Spread::of(run.accuracies(lane)).map_or("diverged".to_owned(), |s| format::percent_spread(s.mean, s.sd, s.count));
        match comparisons.get(lane).copied().flatten() {
            Some(Comparison { verdict, .. }) => {
                format!("{title} {accuracy} ({} {})", verdict.words(), against(verdict.is_clear(), &titles[reference]))
            }
            None => format!("{title} {accuracy}"),
        }
    });
    lanes.collect::<Vec<_>>().join("; ")
}

fn against(clear: bool, title: &str) -> String {
    if clear { format!("than {title}") } else { format!("against {title}") }
}

/// A lane in two runs: its title, and the other run minus the first, by seed; why not where they cannot be compared.
pub fn lanes(run: &PastRun, first: &PastRun) -> Result<Vec<(String, Comparison)>, String> {
    let seeds = |run: &PastRun| (run.experiment.first_seed, run.experiment.seeds);
    if seeds(run) != seeds(first) {
        return Err("other seeds: they cannot be compared seed by seed".to_owned());
    }
    let split = |run: &PastRun| {
        let DataConfig { source, seed, test_fraction, validation, .. } = &run.experiment.data;
        (source.clone(), *seed, test_fraction.to_bits(), *validation)
    };
    let examples = |run: &PastRun| run.state.run.summary.as_ref().map(|summary| (summary.test_counts.clone(), summary.classes.clone()));
    if split(run) != split(first) || examples(run) != examples(first) {
        return Err("other test examples: their accuracies mean different things".to_owned());
    }
    let others = first.titles();
    let shared: Vec<(String, usize, usize)> = run
        .titles()
        .into_iter()
        .enumerate()
        .filter_map(|(lane, title)| others.iter().position(|other| *other == title).map(|other| (title, lane, other)))
        .collect();
    let differences: Vec<Option<Difference>> =
        shared.iter().map(|(_, lane, other)| Difference::paired(run.accuracies(*lane), first.accuracies(*other))).collect();
    let judged = judge(&differences);
    let found: Vec<_> = shared.into_iter().zip(judged).filter_map(|((title, ..), comparison)| Some((title, comparison?))).collect();
    if found.is_empty() { Err("no lane in common that both have measured".to_owned()) } else { Ok(found) }
}

/// A comparison in words: `+1.25 ± 0.30 points, higher`.
pub fn words(comparison: &Comparison) -> String {
    let Difference { mean, standard_error, count, .. } = comparison.difference;
    let spread = if count > 1 { format!(" ± {:.2}", standard_error * 100.0) } else { String::new() };
    format!("{}{spread} points, {}", format::signed(mean * 100.0, 2), comparison.verdict.words())
}
