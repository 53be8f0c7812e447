//! What a sweep says, for people (tables and sentences) and for programs (one JSON document).

use std::fmt::Write;

use basin_app::report::{against, plus_minus};
use basin_train::lab::choice::{Choice, best_of, of_point, references, values};
use basin_train::lab::grid::{Grid, Point, climbs};
use basin_train::lab::outcome::{Column, Outcome};
use basin_train::lab::relation::{MEASURES, TARGETS, correlation};
use basin_train::lab::words;
use basin_train::stats::{Comparison, Spread};
use serde_json::{Map, Value, json};

use crate::report::{aligned, statistics};

/// Columns of the tables, with their heads and decimals.
const COLUMNS: [(Column, &str, usize); 6] = [
    (Column::ValidationAccuracy, "validation, %", 2),
    (Column::TestAccuracy, "test, %", 2),
    (Column::TestLoss, "test loss", 3),
    (Column::TrainLoss, "train loss", 3),
    (Column::GapHeldOut, "held-out gap", 4),
    (Column::LargestEigenvalue, "λ_max", 2),
];

/// A table for each setting of the other knobs, then the same in words.
pub fn tables(grid: &Grid, choices: &[Choice], outcomes: &[Option<Outcome>]) -> String {
    let (titles, references) = (grid.titles(), references(grid));
    let mut text = String::new();
    for of_setting in choices.chunk_by(|a, b| a.point.setting == b.point.setting) {
        let place = words::setting(grid, of_setting[0].point.setting);
        if !place.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{place}");
        }
        let mut head = vec!["method".to_owned(), "best ρ".to_owned()];
        head.extend(COLUMNS.map(|(_, head, _)| head.to_owned()));
        head.push("gradients".to_owned());
        head.extend(references.iter().map(|lane| format!("test against {}", titles[*lane])));
        let mut rows = vec![head];
        for choice in of_setting {
            let point = &choice.point;
            let rho = if climbs(&grid.experiment.lanes[point.lane]) { point.rho.to_string() } else { "–".to_owned() };
            let mut row = vec![titles[point.lane].clone(), rho];
            row.extend(COLUMNS.map(|(column, _, digits)| cell(grid, point, outcomes, column, digits)));
            let gradients = Spread::of(&values(grid, point, outcomes, Column::Gradients));
            row.push(gradients.map_or(String::new(), |spread| format!("{:.0}", spread.mean)));
            row.extend(references.iter().map(|reference| {
                let found = choice.against.iter().find(|(lane, _)| lane == reference);
                found.map_or(String::new(), |(_, comparison)| against(Some(*comparison)))
            }));
            rows.push(row);
        }
        text.push_str(&aligned(&rows));
        text.push('\n');
    }
    for choice in choices {
        for sentence in words::sentences(grid, choices, choice, outcomes) {
            let _ = writeln!(text, "{sentence}");
        }
    }
    for sentence in words::sharpness(grid, choices, outcomes) {
        let _ = writeln!(text, "{sentence}");
    }
    for warning in words::warnings(grid, choices, outcomes) {
        let _ = writeln!(text, "Note: {warning}");
    }
    if grid.experiment.model.tune.is_some() {
        text.push_str("–: λ_max is not measured where layers of the encoder are trained, nor is a correlation with it.\n");
    }
    let seeds = grid.experiment.seeds;
    let spread =
        if seeds > 1 { format!("Mean ± standard deviation over {seeds} seeds; differences") } else { "One seed; differences".to_owned() };
    let _ = writeln!(text, "{spread} in points, paired by seed, ± standard error; losses and gap in nats.");
    let _ = writeln!(text, "{}", words::method(grid, choices));
    text
}

/// A column of a point; – where a seed is left that did not diverge, but nothing was measured of it.
fn cell(grid: &Grid, point: &Point, outcomes: &[Option<Outcome>], column: Column, digits: usize) -> String {
    let spread = Spread::of(&values(grid, point, outcomes, column));
    let sound = || of_point(grid, point, outcomes).is_some_and(|found| found.iter().any(|outcome| !outcome.diverged));
    if spread.is_none() && sound() { "–".to_owned() } else { plus_minus(spread, column.scale(), digits) }
}

/// The best so far, for the bar of progress.
pub fn latest(grid: &Grid, outcomes: &[Option<Outcome>]) -> String {
    let points = grid.points();
    let words = |(lane, title): (usize, String)| {
        let of_lane: Vec<Point> = points.iter().copied().filter(|point| point.lane == lane).collect();
        let (Point { rho, .. }, accuracy) = best_of(grid, &of_lane, outcomes)?;
        let at = if climbs(&grid.experiment.lanes[lane]) { format!(" at ρ {rho}") } else { String::new() };
        Some(format!("{title} {:.1} %{at}", 100.0 * accuracy))
    };
    let told: Vec<String> = grid.titles().into_iter().enumerate().filter_map(words).collect();
    format!("validation accuracy so far: {}", told.join(", "))
}

/// The whole sweep: what was chosen, and every point.
pub fn document(grid: &Grid, choices: &[Choice], outcomes: &[Option<Outcome>]) -> Value {
    let lane = |lane: usize| grid.method(lane);
    let knobs =
        |setting| grid.setting(setting).into_iter().map(|(knob, value)| (knob.word().to_owned(), json!(value))).collect::<Map<_, _>>();
    let chosen = |choice: &Choice| {
        let compared = |(reference, comparison): &(usize, Comparison)| {
            json!({
                "method": lane(*reference),
                "difference": comparison.difference.mean,
                "standard_error": (comparison.difference.count > 1).then_some(comparison.difference.standard_error),
                "pairs": comparison.difference.count,
                "p": comparison.p,
                "comparisons": comparison.among,
                "verdict": comparison.verdict.words(),
                "beyond_noise": comparison.verdict.is_clear(),
            })
        };
        json!({
            "setting": knobs(choice.point.setting),
            "method": lane(choice.point.lane),
            "title": grid.titles()[choice.point.lane],
            "best_rho": climbs(&grid.experiment.lanes[choice.point.lane]).then_some(choice.point.rho),
            "edge_of_the_grid": choice.edge,
            "test_accuracy": statistics(&values(grid, &choice.point, outcomes, Column::TestAccuracy)),
            "against": choice.against.iter().map(compared).collect::<Vec<_>>(),
            "words": words::sentences(grid, choices, choice, outcomes),
        })
    };
    let points = grid.points().into_iter().filter_map(|point| {
        let found = of_point(grid, &point, outcomes)?;
        let mut value = json!({
            "setting": knobs(point.setting),
            "method": lane(point.lane),
            "rho": point.rho,
            "collapsed": found.iter().filter(|outcome| outcome.collapsed).count(),
            "diverged": found.iter().filter(|outcome| outcome.diverged).count(),
        });
        for column in Column::ALL {
            value[column.word()] = statistics(&values(grid, &point, outcomes, column));
        }
        Some(value)
    });
    let relations = |target| {
        let relation = |measure: Column| {
            let found = correlation(grid, outcomes, measure, target);
            json!({
                "measure": measure.word(),
                "rank_correlation": found.map(|found| found.r),
                "interval": found.map(|found| found.interval),
                "runs": found.map(|found| found.count),
            })
        };
        MEASURES.map(relation)
    };
    let [accuracy, gap] = TARGETS.map(relations);
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "grid": grid,
        "best": choices.iter().map(chosen).collect::<Vec<_>>(),
        "points": points.collect::<Vec<_>>(),
        "sharpness_and_test_accuracy": accuracy,
        "sharpness_and_generalisation_gap": gap,
        "warnings": words::warnings(grid, choices, outcomes),
        "verdicts": words::method(grid, choices),
    })
}

#[cfg(test)]
mod tests {
    use basin_train::lab::choice::choose;

    use super::*;
    use crate::figures::sweep::tests::swept;

    #[test]
    fn what_was_not_measured_did_not_diverge() {
        let (mut grid, mut outcomes) = swept(Vec::new());
        let last = |text: &str, method: &str| {
            let row = text.lines().find(|line| line.starts_with(method)).expect("a row each");
            row.split("  ").filter(|cell| !cell.is_empty()).nth(7).expect("λ_max").trim().to_owned()
        };
        outcomes.iter_mut().flatten().for_each(|outcome| outcome.largest_eigenvalue = f64::NAN);
        grid.experiment.model.tune = Some("all".parse().expect("layers"));
        let text = tables(&grid, &choose(&grid, &outcomes), &outcomes);
        assert!(last(&text, "SAM ") == "–" && text.contains("λ_max is not measured") && !text.contains("diverged"), "{text}");
        assert_eq!(cell(&grid, &grid.points()[0], &outcomes, Column::TestLoss, 1), "0.5 ± 0.0");
        outcomes.iter_mut().flatten().for_each(|outcome| (outcome.diverged, outcome.test_loss) = (true, f64::NAN));
        assert_eq!(cell(&grid, &grid.points()[0], &outcomes, Column::TestLoss, 1), "diverged");
    }
}
