//! What a grid says, in sentences: the same in the command, the window and the page.

use super::choice::{Choice, Edge, of_point, values};
use super::grid::{Grid, Knob, Point, climbs};
use super::outcome::{Column, Outcome};
use super::relation::{AtEqualLoss, MEASURES, RankCorrelation, TARGETS, at_equal_loss, correlation};
use crate::brief::counted;
use crate::experiment::MethodConfig;
use crate::stats::{Comparison, Difference, FEWEST, LEVEL, Spread, Verdict};

/// The setting of the other knobs: `label noise 0.2, batch size 32`; nothing where there are none.
pub fn setting(grid: &Grid, setting: usize) -> String {
    let words = |(knob, value): (Knob, f64)| knob.setting(value);
    grid.setting(setting).into_iter().map(words).collect::<Vec<_>>().join(", ")
}

/// `SAM at its own best ρ 0.4: 81.8 %, SGD: 69.6 %, difference +12.2 ± 0.6 points, higher on the test set.`, for each method that it is compared
/// with; nothing for SGD.
pub fn sentences(grid: &Grid, choices: &[Choice], choice: &Choice, outcomes: &[Option<Outcome>]) -> Vec<String> {
    let titles = grid.titles();
    let percent = |point: &Point| {
        let mean = Spread::of(&values(grid, point, outcomes, Column::TestAccuracy)).map_or(f64::NAN, |spread| spread.mean);
        format!("{:.1} %", 100.0 * mean)
    };
    let place = match &setting(grid, choice.point.setting)[..] {
        "" => String::new(),
        words => format!("At {words}: "),
    };
    // A verdict is for one look, when all is there.
    let whole = outcomes.iter().all(Option::is_some);
    let sentence = |(reference, comparison): &(usize, Comparison)| {
        let same = |other: &&Choice| other.point.setting == choice.point.setting && other.point.lane == *reference;
        let other = &choices.iter().find(same)?.point;
        let own = |point: &Point| {
            let title = &titles[point.lane];
            if climbs(&grid.experiment.lanes[point.lane]) { format!("{title} at its own best ρ {}", point.rho) } else { title.clone() }
        };
        let (here, there) = (own(&choice.point), own(other));
        let (found, to) = (percent(&choice.point), percent(other));
        let words = if whole { difference(comparison) } else { format!("{} so far", measured(comparison)) };
        Some(format!("{place}{here}: {found}, {there}: {to}, {words} on the test set."))
    };
    choice.against.iter().filter_map(sentence).collect()
}

/// `difference +12.2 ± 0.6 points`.
fn measured(comparison: &Comparison) -> String {
    let Difference { mean, standard_error, count, .. } = comparison.difference;
    let error = if count > 1 { format!(" ± {:.1}", 100.0 * standard_error) } else { String::new() };
    let points = 100.0 * mean;
    // No zero has a sign but the one that all zeros have.
    let points = if points.abs() < 0.05 { 0.0 } else { points };
    format!("difference {points:+.1}{error} points").replace('-', "−")
}

/// `difference +12.2 ± 0.6 points, higher`.
pub fn difference(comparison: &Comparison) -> String {
    match comparison.verdict {
        Verdict::Identical => comparison.verdict.words().to_owned(),
        verdict => format!("{}, {}", measured(comparison), verdict.words()),
    }
}

/// What the measures of sharpness say: each method's gap beside SGD's at one training loss, and how each measure goes with test
/// accuracy and with the generalisation gap over all runs.
pub fn sharpness(grid: &Grid, choices: &[Choice], outcomes: &[Option<Outcome>]) -> Vec<String> {
    let titles = grid.titles();
    let mut told = Vec::new();
    for choice in choices.iter().filter(|choice| climbs(&grid.experiment.lanes[choice.point.lane])) {
        let sgd = |other: &&Choice| {
            other.point.setting == choice.point.setting && grid.experiment.lanes[other.point.lane].method == MethodConfig::Sgd
        };
        let Some(sgd) = choices.iter().find(sgd) else { continue };
        let Some(AtEqualLoss { loss, gaps: [gap, of_sgd] }) = at_equal_loss(grid, outcomes, choice, sgd) else { continue };
        let place = match &setting(grid, choice.point.setting)[..] {
            "" => String::new(),
            words => format!(", {words}"),
        };
        let (title, other) = (&titles[choice.point.lane], &titles[sgd.point.lane]);
        told.push(format!("At training loss {loss:.2}{place} the gap of {title} is {:.2} of that of {other}.", gap / of_sgd));
    }
    for target in TARGETS {
        let found = MEASURES
            .map(|measure| (measure, correlation(grid, outcomes, measure, target)))
            .into_iter()
            .filter(|(_, found)| found.is_some());
        let name = target.name().to_lowercase();
        let within = if grid.settings() > 1 { ", each setting by itself" } else { "" };
        told.extend(found.map(|(measure, found)| format!("{} and {name}: {}{within}.", measure.name(), rank_correlation(found))));
    }
    told
}

/// `rank correlation +0.52 (+0.20 to +0.74), 44 runs`, or why there is none.
pub fn rank_correlation(found: Option<RankCorrelation>) -> String {
    let Some(RankCorrelation { r, interval: [low, high], count }) = found else {
        return "no rank correlation: fewer than 8 runs, or all alike".to_owned();
    };
    format!("rank correlation {r:+.2} ({low:+.2} to {high:+.2}), {}", counted(count, "run")).replace('-', "−")
}

/// What to know before the numbers are believed: choices at an edge of the grid, and where a method collapses or diverges.
pub fn warnings(grid: &Grid, choices: &[Choice], outcomes: &[Option<Outcome>]) -> Vec<String> {
    let titles = grid.titles();
    let place = |point: &Point| match &setting(grid, point.setting)[..] {
        "" => String::new(),
        words => format!(" ({words})"),
    };
    let edge = |choice: &Choice| {
        let (end, other) = match choice.edge? {
            Edge::Smallest => ("smallest", "smaller"),
            Edge::Largest => ("largest", "larger"),
        };
        let (title, rho) = (&titles[choice.point.lane], choice.point.rho);
        Some(format!("{title}{}: the best ρ, {rho}, is the {end} that was tried; a {other} one may be better.", place(&choice.point)))
    };
    let mut warnings: Vec<String> = choices.iter().filter_map(edge).collect();
    for (lane, config) in grid.experiment.lanes.iter().enumerate() {
        let of_lane = grid.points().into_iter().filter(|point| point.lane == lane).filter_map(|point| of_point(grid, &point, outcomes));
        let steps = of_lane.flatten().filter_map(|outcome| Some(outcome.curve.last()?.step));
        warnings.extend(steps.min().and_then(|steps| config.never_climbs(steps)));
    }
    // From which ρ on a method collapses.
    let points = grid.points();
    for of_lane in points.chunk_by(|a, b| (a.setting, a.lane) == (b.setting, b.lane)) {
        let told = of_lane.iter().filter_map(|point| {
            let trouble = trouble(&of_point(grid, point, outcomes)?)?;
            Some(if climbs(&grid.experiment.lanes[point.lane]) { format!("at ρ {} {trouble}", point.rho) } else { trouble })
        });
        let told: Vec<String> = told.collect();
        let chosen = choices.iter().position(|choice| of_lane.contains(&choice.point)).map(|place| &choices[place].point);
        let next = chosen.and_then(|chosen| of_lane.iter().find(|point| point.rho > chosen.rho));
        if let (Some(chosen), Some(next)) = (chosen, next)
            && of_point(grid, next, outcomes).is_some_and(|outcomes| trouble(&outcomes).is_some())
        {
            let (title, rho, after) = (&titles[chosen.lane], chosen.rho, next.rho);
            warnings.push(format!(
                "{title}{}: its best ρ, {rho}, is the last before trouble: one between {rho} and {after} may be better still.",
                place(chosen)
            ));
        }
        if !told.is_empty() {
            warnings.push(format!("{}{}: {}.", titles[of_lane[0].lane], place(&of_lane[0]), told.join(", ")));
        }
    }
    warnings
}

/// `3 of 4 seeds collapsed to one class`, where some did, or diverged.
pub fn trouble(outcomes: &[&Outcome]) -> Option<String> {
    let seeds = outcomes.len();
    let count = |of: fn(&&Outcome) -> bool| outcomes.iter().copied().filter(of).count();
    let told = [(count(|o| o.collapsed), "collapsed to one class"), (count(|o| o.diverged), "diverged")];
    let told: Vec<String> =
        told.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} of {} {what}", counted(seeds, "seed"))).collect();
    (!told.is_empty()).then(|| told.join(" and "))
}

/// How the numbers came about.
pub fn method(grid: &Grid, choices: &[Choice]) -> String {
    let part = 100.0 * grid.validation;
    let among = choices.iter().flat_map(|choice| &choice.against).map(|(_, comparison)| comparison.among).max().unwrap_or(0);
    let chosen = format!(
        "Each ρ is the one with the highest mean accuracy on {part:.0} % of the training data, which are not trained on and whose \
         labels the noise leaves alone, among equals the one with the lowest loss; the test set has no part in the choice."
    );
    let verdict = match among {
        0 => format!("A verdict takes {FEWEST} seeds."),
        1 => format!("Verdict: Student's t over the seeds at {:.0} %, one comparison.", 100.0 * LEVEL),
        n => format!("Verdicts: Student's t over the seeds at {:.0} %, corrected for {n} comparisons (Holm).", 100.0 * LEVEL),
    };
    format!("{chosen} {verdict}")
}

#[cfg(test)]
mod tests {
    use super::super::choice::choose;
    use super::super::choice::tests::swept;
    use super::*;

    #[test]
    fn a_sweep_is_told_in_sentences() {
        let (grid, outcomes) = swept([[0.7, 0.696], [0.75, 0.72], [0.8, 0.818], [0.5, 0.5]]);
        let choices = choose(&grid, &outcomes);
        let told = sentences(&grid, &choices, &choices[1], &outcomes);
        assert_eq!(
            told,
            ["SAM at its own best ρ 0.2: 82.1 %, SGD (AdamW): 69.9 %, difference +12.2 ± 0.0 points, higher on the test set."]
        );
        assert!(sentences(&grid, &choices, &choices[0], &outcomes).is_empty());
        let before = "SAM: its best ρ, 0.2, is the last before trouble: one between 0.2 and 0.4 may be better still.";
        assert_eq!(warnings(&grid, &choices, &outcomes), [before, "SAM: at ρ 0.4 3 of 3 seeds collapsed to one class."]);
        let (grid, mut one) = swept([[0.5, 0.5], [0.75, 0.72], [0.8, 0.8], [0.7, 0.7]]);
        (0..3).for_each(|seed| one[seed].as_mut().expect("it is there").collapsed = seed == 1);
        assert_eq!(warnings(&grid, &choose(&grid, &one), &one), ["SGD (AdamW): 1 of 3 seeds collapsed to one class."], "it has no ρ");
        assert_eq!(trouble(&[one[1].as_ref().expect("it is there")]).as_deref(), Some("1 of 1 seed collapsed to one class"));
        assert!(method(&grid, &choices).contains("20 % of the training data") && method(&grid, &choices).contains("one comparison"));
    }

    #[test]
    fn a_best_radius_at_the_end_of_the_grid_is_warned_of() {
        let (grid, outcomes) = swept([[0.7, 0.7], [0.75, 0.72], [0.8, 0.8], [0.9, 0.9]]);
        let warned = warnings(&grid, &choose(&grid, &outcomes), &outcomes);
        assert_eq!(warned, ["SAM: the best ρ, 0.4, is the largest that was tried; a larger one may be better."]);
    }
}
