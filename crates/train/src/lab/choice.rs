//! Which ρ is the best of a method, and what the method is worth there.
//!
//! The choice is made by validation accuracy alone; only then is the test set looked at, paired by seed, and every difference
//! of a grid is judged together with all others (Student's t with Holm, `stats.rs`).

use serde::{Deserialize, Serialize};

use super::grid::{Grid, Point, climbs};
use super::outcome::{Column, Outcome};
use crate::experiment::MethodConfig;
use crate::stats::{Comparison, Difference, Spread, judge};

/// What a ρ is chosen by.
struct Candidate {
    /// Mean accuracy on the validation part; none where a seed diverged.
    accuracy: Option<f64>,
    /// Mean loss there, which decides between equals.
    loss: f64,
}

/// A method at its own best ρ.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Where it stands.
    pub point: Point,
    /// Whether a ρ beyond the grid might be better still.
    pub edge: Option<Edge>,
    /// Test accuracy against that of other methods at their own best ρ: SGD, and SAM where that is there.
    pub against: Vec<(usize, Comparison)>,
}

/// The end of the grid at which a ρ stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Edge {
    /// It is the smallest.
    Smallest,
    /// It is the largest.
    Largest,
}

/// The outcomes of a point, if all of them are there.
pub fn of_point<'a>(grid: &Grid, point: &Point, outcomes: &'a [Option<Outcome>]) -> Option<Vec<&'a Outcome>> {
    outcomes.get(point.first..point.first + grid.experiment.seeds)?.iter().map(Option::as_ref).collect()
}

/// A column of a point, one value per seed; empty where not all of them are there.
pub fn values(grid: &Grid, point: &Point, outcomes: &[Option<Outcome>], column: Column) -> Vec<f64> {
    of_point(grid, point, outcomes).map_or_else(Vec::new, |found| found.into_iter().map(|outcome| column.of(outcome)).collect())
}

/// The best point of each method at each setting, of those that are there. One value per cell in `outcomes`.
pub fn choose(grid: &Grid, outcomes: &[Option<Outcome>]) -> Vec<Choice> {
    let (mut choices, points): (Vec<Choice>, _) = (Vec::new(), grid.points());
    for of_lane in points.chunk_by(|a, b| (a.setting, a.lane) == (b.setting, b.lane)) {
        let candidates: Vec<Candidate> = of_lane.iter().map(|point| candidate(grid, point, outcomes)).collect();
        let Some(place) = best(&candidates) else { continue };
        // Of what its neighbour is as good as, there is no more to be had beyond.
        let better_than = |neighbour: usize| candidates[neighbour].accuracy < candidates[place].accuracy.map(|accuracy| accuracy - TIE);
        let edge = match place {
            _ if of_lane.len() < 2 || !climbs(&grid.experiment.lanes[of_lane[0].lane]) => None,
            0 if better_than(1) => Some(Edge::Smallest),
            place if place + 1 == of_lane.len() && better_than(place - 1) => Some(Edge::Largest),
            _ => None,
        };
        choices.push(Choice { point: of_lane[place], edge, against: Vec::new() });
    }
    compare(grid, outcomes, &mut choices);
    choices
}

/// The best of some points by validation, of those that are there, and its mean accuracy there.
pub fn best_of<'a>(grid: &Grid, points: &'a [Point], outcomes: &[Option<Outcome>]) -> Option<(&'a Point, f64)> {
    let candidates: Vec<Candidate> = points.iter().map(|point| candidate(grid, point, outcomes)).collect();
    let place = best(&candidates)?;
    Some((&points[place], candidates[place].accuracy?))
}

fn candidate(grid: &Grid, point: &Point, outcomes: &[Option<Outcome>]) -> Candidate {
    let of = |column| Spread::of(&values(grid, point, outcomes, column)).filter(|spread| spread.count == grid.experiment.seeds);
    let loss = of(Column::ValidationLoss).map_or(f64::INFINITY, |spread| spread.mean);
    Candidate { accuracy: of(Column::ValidationAccuracy).map(|spread| spread.mean), loss }
}

/// Mean accuracies that differ by no more are equal: they are shares of examples that were counted in f32.
const TIE: f64 = 1e-6;

/// The highest accuracy, among equals the lowest loss, then the smallest ρ.
fn best(candidates: &[Candidate]) -> Option<usize> {
    let mut best: Option<(usize, f64, f64)> = None;
    for (place, Candidate { accuracy, loss }) in candidates.iter().enumerate() {
        let Some(accuracy) = *accuracy else { continue };
        if best.is_none_or(|(_, before, of_before)| accuracy > before + TIE || accuracy >= before - TIE && *loss < of_before) {
            best = Some((place, accuracy, *loss));
        }
    }
    best.map(|(place, ..)| place)
}

/// Looks at the test set, and compares the methods at what was chosen for each.
fn compare(grid: &Grid, outcomes: &[Option<Outcome>], choices: &mut [Choice]) {
    let pairs = differences(grid, outcomes, choices, &references(grid));
    let judged = judge(&pairs.iter().map(|(.., difference)| *difference).collect::<Vec<_>>());
    for ((i, reference, _), comparison) in pairs.into_iter().zip(judged) {
        choices[i].against.extend(comparison.map(|comparison| (reference, comparison)));
    }
}

/// What each choice has more test accuracy than lanes of reference at the same setting, paired by seed, not yet judged: the
/// place of the choice, the other lane, the difference. Of two lanes of reference the later one is compared with the earlier.
pub fn differences(
    grid: &Grid,
    outcomes: &[Option<Outcome>],
    choices: &[Choice],
    references: &[usize],
) -> Vec<(usize, usize, Option<Difference>)> {
    let mut pairs = Vec::new();
    for (i, choice) in choices.iter().enumerate() {
        for &reference in references.iter().filter(|&&reference| worth_comparing(references, choice.point.lane, reference)) {
            let same = |other: &&Choice| other.point.setting == choice.point.setting && other.point.lane == reference;
            let Some(other) = choices.iter().find(same) else { continue };
            let [of, to] = [choice, other].map(|choice| values(grid, &choice.point, outcomes, Column::TestAccuracy));
            pairs.push((i, reference, Difference::paired(&of, &to)));
        }
    }
    pairs
}

/// The methods that others are compared with: SGD, and SAM.
pub fn references(grid: &Grid) -> Vec<usize> {
    let lanes = &grid.experiment.lanes;
    // Late SAM, and SAM that climbs on another loss, stand in only where there is none as its name says.
    let place = |method: MethodConfig| {
        let of = |plain: bool| lanes.iter().position(|lane| lane.method == method && lane.is_plain() == plain);
        of(true).or_else(|| of(false))
    };
    [MethodConfig::Sgd, MethodConfig::Sam].into_iter().filter_map(place).collect()
}

/// Each pair once: SAM with SGD, and every other method with both.
fn worth_comparing(references: &[usize], lane: usize, reference: usize) -> bool {
    let place = |lane: usize| references.iter().position(|other| *other == lane).unwrap_or(usize::MAX);
    place(lane) > place(reference)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::experiment::Experiment;
    use crate::stats::Verdict;

    pub(crate) fn outcome(validation: f64, test: f64) -> Outcome {
        Outcome {
            validation_accuracy: validation,
            validation_loss: 1.0 - validation,
            test_accuracy: test,
            test_loss: 1.0 - test,
            train_loss: 0.5,
            train_accuracy: 0.75,
            gap: 0.1,
            gap_held_out: 0.2,
            largest_eigenvalue: 3.0,
            eigenvalue_error: 0.1,
            gradient_evaluations: 100.0,
            collapsed: validation <= 0.5,
            diverged: validation.is_nan(),
            curve: Vec::new(),
        }
    }

    /// SGD and SAM at 0.1, 0.2, 0.4 with three seeds: validation and test of each, with a spread over the seeds.
    pub(crate) fn swept(points: [[f64; 2]; 4]) -> (Grid, Vec<Option<Outcome>>) {
        let lanes = vec!["sam".parse().expect("lane words")];
        let grid = Grid::new(Experiment { lanes, seeds: 3, ..Experiment::default() }, vec![0.1, 0.2, 0.4], Vec::new(), 0.2);
        let of_seed =
            |[validation, test]: [f64; 2], seed: usize| Some(outcome(validation, test + 0.001 * (seed * seed) as f64 * (1.0 + validation)));
        (grid, points.into_iter().flat_map(|point| (0..3).map(move |seed| of_seed(point, seed))).collect())
    }

    #[test]
    fn the_best_radius_is_that_of_the_validation_part() {
        // On the test set 0.4 would have been better.
        let (grid, outcomes) = swept([[0.7, 0.7], [0.75, 0.72], [0.8, 0.8], [0.78, 0.9]]);
        let choices = choose(&grid, &outcomes);
        assert_eq!(choices.iter().map(|choice| choice.point.rho).collect::<Vec<_>>(), [0.0, 0.2]);
        let (reference, comparison) = choices[1].against[0];
        assert_eq!((reference, choices[1].edge, choices[0].against.len()), (0, None, 0));
        // 0.8 − 0.7, and of the spread 0.001 · (0 + 1 + 4)/3 · (0.8 − 0.7).
        assert!((comparison.difference.mean - 0.1 - 0.0005 / 3.0).abs() < 1e-9 && comparison.verdict == Verdict::Higher, "{comparison:?}");
    }

    #[test]
    fn what_is_missing_or_diverged_is_not_chosen_and_an_edge_is_told() {
        let (grid, mut outcomes) = swept([[0.7, 0.7], [0.75, 0.72], [f64::NAN, 0.8], [0.78, 0.9]]);
        assert_eq!(choose(&grid, &outcomes)[1].edge, Some(Edge::Largest));
        outcomes[11] = None;
        let choices = choose(&grid, &outcomes);
        assert_eq!((choices[1].point.rho, choices[1].edge), (0.1, Some(Edge::Smallest)));
        assert!(choose(&grid, &vec![None; 12]).is_empty());
    }

    #[test]
    fn of_equals_the_lower_loss_is_chosen_then_the_smaller_radius() {
        let candidate = |loss| Candidate { accuracy: Some(0.5), loss };
        assert_eq!(best(&[candidate(0.4), candidate(0.3), candidate(0.3)]), Some(1));
        // 99 of 136 from two counts in f32: the last bit is no reason.
        let [one, other] = [0.727_941_17, 0.727_941_19].map(Some);
        assert_eq!(best(&[Candidate { accuracy: one, loss: 0.9 }, Candidate { accuracy: other, loss: 1.0 }]), Some(0));
        assert_eq!(best(&[Candidate { accuracy: other, loss: 1.0 }, Candidate { accuracy: one, loss: 0.9 }]), Some(1));
        // Where the last is as good as the one before it, nothing speaks for a larger one.
        let (grid, mut outcomes) = swept([[0.7, 0.7], [0.8, 0.72], [0.8, 0.8], [0.8, 0.9]]);
        outcomes[9..].iter_mut().flatten().for_each(|outcome| outcome.validation_loss = 0.1);
        let choice = &choose(&grid, &outcomes)[1];
        assert_eq!((choice.point.rho, choice.edge), (0.4, None));
    }

    #[test]
    fn others_are_compared_with_the_method_as_its_name_says() {
        let lanes = ["sam:from=0.5", "asam", "sam"].map(|words| words.parse().expect("lane words")).to_vec();
        let grid = |lanes| Grid::new(Experiment { lanes, ..Experiment::default() }, vec![0.1], Vec::new(), 0.2);
        // SGD comes first.
        assert_eq!(references(&grid(lanes)), [0, 3]);
        assert_eq!(references(&grid(vec!["sam:from=0.5".parse().expect("lane words")])), [0, 1], "for want of a better one");
    }
}
