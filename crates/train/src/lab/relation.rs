//! What the measures of sharpness are worth: whether they go with test accuracy and with the generalisation gap over all runs
//! of a sweep, and how methods compare at one training loss.
//!
//! At the end of training the method that has fitted the examples best looks flatter, for little of its loss is left to rise.

use super::choice::{Choice, of_point};
use super::grid::Grid;
use super::outcome::{Column, OnTheWay, Outcome};
use crate::stats::Spread;

/// Measures that are held against [`TARGETS`]: of sharpness, and the training loss, which costs nothing and which they have to
/// beat. It is a part of the generalisation gap, so these two go together anyway.
pub const MEASURES: [Column; 4] = [Column::Gap, Column::GapHeldOut, Column::LargestEigenvalue, Column::TrainLoss];

/// What a measure is to predict.
pub const TARGETS: [Column; 2] = [Column::TestAccuracy, Column::GeneralisationGap];

/// Fewest runs that have a rank correlation with an interval.
const FEWEST: usize = 8;

/// Spearman's rank correlation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankCorrelation {
    /// From −1 to 1.
    pub r: f64,
    /// Its interval at 95 % (Fisher's z with the standard error of Bonett and Wright 2000, Psychometrika 65:23).
    pub interval: [f64; 2],
    /// Pairs.
    pub count: usize,
}

impl RankCorrelation {
    /// Of pairs, of which those that are not finite are left out; none for fewer than eight, or where one side is constant.
    pub fn of(pairs: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        let pairs: Vec<(f64, f64)> = pairs.into_iter().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
        let count = pairs.len();
        if count < FEWEST {
            return None;
        }
        let (xs, ys): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let [x, y] = [ranks(&xs), ranks(&ys)];
        let middle = f64::midpoint(1.0, count as f64);
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - middle) * (b - middle)).sum::<f64>();
        let r = product(&x, &y) / (product(&x, &x) * product(&y, &y)).sqrt();
        if !r.is_finite() {
            return None;
        }
        Self::pooled(&[(r, count)])
    }

    /// Of correlations within several groups, each with its count, one: the mean of Fisher's z, each weighted by what it is
    /// certain to; none of none.
    fn pooled(groups: &[(f64, usize)]) -> Option<Self> {
        let weight = |(r, count): &(f64, usize)| (*count as f64 - 3.0) / (1.0 + r * r / 2.0);
        let z = |(r, _): &(f64, usize)| r.clamp(-1.0 + 1e-9, 1.0 - 1e-9).atanh();
        let weights: f64 = groups.iter().map(weight).sum();
        let mean = groups.iter().map(|group| weight(group) * z(group)).sum::<f64>() / weights;
        let interval = [-1.0, 1.0].map(|side| (mean + side * 1.959_964 / weights.sqrt()).tanh());
        let count = groups.iter().map(|(_, count)| count).sum();
        let r = if let [(r, _)] = groups { *r } else { mean.tanh() };
        (!groups.is_empty()).then_some(Self { r, interval, count })
    }
}

/// Ranks from 1 on; equals share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for equals in order.chunk_by(|a, b| values[*a].total_cmp(&values[*b]).is_eq()) {
        let rank = first as f64 + f64::midpoint(1.0, equals.len() as f64);
        for place in equals {
            ranks[*place] = rank;
        }
        first += equals.len();
    }
    ranks
}

/// How a measure goes with `target` over all runs of a setting that did not diverge, or collapse to one class: nothing is flatter than
/// a model that answers everything alike, and one such run would decide the order of all. Runs of several settings are never held
/// against each other, for noise or more examples move both: each setting has its own correlation, and these are pooled.
pub fn correlation(grid: &Grid, outcomes: &[Option<Outcome>], measure: Column, target: Column) -> Option<RankCorrelation> {
    let of_setting = |setting: usize| {
        let points = grid.points().into_iter().filter(move |point| point.setting == setting);
        let cells = points.flat_map(|point| point.first..point.first + grid.experiment.seeds);
        let learnt = cells.filter_map(|cell| outcomes.get(cell)?.as_ref()).filter(|outcome| !outcome.collapsed);
        RankCorrelation::of(learnt.map(|outcome| (measure.of(outcome), target.of(outcome))))
    };
    let found: Vec<(f64, usize)> = (0..grid.settings()).filter_map(of_setting).map(|found| (found.r, found.count)).collect();
    RankCorrelation::pooled(&found)
}

/// The gap of a method beside that of SGD, both where their training loss was the same.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AtEqualLoss {
    /// The training loss, nats: the lowest that all seeds of both have reached.
    pub loss: f64,
    /// Mean gap there of the method, and of SGD, on training examples, nats.
    pub gaps: [f64; 2],
}

/// The gap of a method at its own best ρ beside that of SGD at one training loss; none where their curves do not meet.
pub fn at_equal_loss(grid: &Grid, outcomes: &[Option<Outcome>], choice: &Choice, sgd: &Choice) -> Option<AtEqualLoss> {
    let [here, there] = [of_point(grid, &choice.point, outcomes)?, of_point(grid, &sgd.point, outcomes)?];
    let lowest = |outcome: &&Outcome| outcome.curve.iter().map(|place| place.train_loss).fold(f64::INFINITY, f64::min);
    let loss = here.iter().chain(&there).map(lowest).fold(f64::NEG_INFINITY, f64::max);
    let gap = |seeds: &[&Outcome]| {
        let gaps: Option<Vec<f64>> = seeds.iter().map(|outcome| gap_at(&outcome.curve, loss)).collect();
        Spread::of(&gaps?).map(|spread| spread.mean)
    };
    let gaps = [gap(&here)?, gap(&there)?];
    (loss.is_finite() && gaps[1] > 0.0).then_some(AtEqualLoss { loss, gaps })
}

/// The gap where a curve first comes down to a training loss, on the straight line between two of its places.
fn gap_at(curve: &[OnTheWay], loss: f64) -> Option<f64> {
    let between = |pair: &[OnTheWay]| {
        let [before, after] = pair else { return None };
        let falls = before.train_loss >= loss && after.train_loss <= loss;
        let way = before.train_loss - after.train_loss;
        let share = if way > 0.0 { (before.train_loss - loss) / way } else { 1.0 };
        (falls && way.is_finite()).then_some(before.gap + share * (after.gap - before.gap))
    };
    curve.windows(2).find_map(between)
}

#[cfg(test)]
mod tests {
    use super::super::choice::choose;
    use super::super::choice::tests::swept;
    use super::super::grid::{Axis, Knob};
    use super::*;

    #[test]
    fn ranks_of_equals_are_shared_and_the_correlation_is_that_of_the_ranks() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
        // y is x but for one swap of neighbours: Σd² = 2, r = 1 − 6·2/(8·63).
        let pairs = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0].into_iter().zip([1.0, 2.0, 3.0, 5.0, 4.0, 6.0, 7.0, 800.0]);
        let found = RankCorrelation::of(pairs.clone()).expect("eight pairs");
        assert!((found.r - (1.0 - 12.0 / 504.0)).abs() < 1e-12, "{found:?}");
        assert!(found.interval[0] > 0.8 && found.interval[0] < found.r && found.interval[1] < 1.0, "{found:?}");
        assert_eq!(RankCorrelation::of(pairs.clone().take(7)), None);
        assert_eq!(RankCorrelation::of(pairs.map(|(x, _)| (x, 0.5))), None, "a constant has no order");
        let falling = RankCorrelation::of((0..9).map(|i| (f64::from(i), -f64::from(i)))).expect("nine pairs");
        assert!((falling.r + 1.0).abs() < 1e-12 && falling.interval[1] < 0.0);
    }

    #[test]
    fn settings_are_not_held_against_each_other_and_what_has_collapsed_does_not_count() {
        let (grid, mut outcomes) = swept([[0.9; 2]; 4]);
        let found = |grid: &Grid, outcomes: &[Option<Outcome>]| correlation(grid, outcomes, Column::Gap, Column::TestAccuracy);
        // Within a setting the gap falls as the accuracy rises; between settings both are higher.
        let over = vec![Axis { knob: Knob::LabelNoise, values: vec![0.0, 0.4] }];
        let two = Grid { over, ..grid.clone() };
        let set = |setting: usize| {
            let of = move |(place, outcome): (usize, Option<Outcome>)| {
                outcome.map(|outcome| Outcome {
                    gap: 10.0 * setting as f64 - place as f64,
                    test_accuracy: 0.01 * place as f64 + 0.5 * setting as f64,
                    ..outcome
                })
            };
            outcomes.clone().into_iter().enumerate().map(of)
        };
        let both: Vec<Option<Outcome>> = set(0).chain(set(1)).collect();
        let pooled = found(&two, &both).expect("two settings of twelve runs");
        assert!((pooled.r + 1.0).abs() < 1e-6 && pooled.count == 24, "{pooled:?}");
        let one = found(&grid, &both[..12]).expect("twelve runs");
        assert!((one.r + 1.0).abs() < 1e-12 && one.count == 12, "{one:?}");
        // z = atanh 0.5 = 0.5493 and atanh 0.2 = 0.2027, weighted by 17/1.125 = 15.11 and 9/1.02 = 8.824: 0.4215, tanh 0.3982.
        // 1.96/√23.93 = 0.4006 around 0.4215: 0.0209 to 0.8222, tanh 0.0209 to 0.6762.
        let pooled = RankCorrelation::pooled(&[(0.5, 20), (0.2, 12)]).expect("two groups");
        assert!((pooled.r - 0.398_2).abs() < 5e-4 && (pooled.interval[0] - 0.020_9).abs() < 5e-4, "{pooled:?}");
        assert!((pooled.interval[1] - 0.676_2).abs() < 5e-4 && pooled.count == 32, "{pooled:?}");
        // A model that answers everything alike is as flat as can be.
        outcomes.iter_mut().flatten().enumerate().for_each(|(place, outcome)| {
            (outcome.gap, outcome.test_accuracy, outcome.collapsed) = (place as f64, 0.01 * place as f64, place >= 9);
        });
        outcomes[11].as_mut().expect("it is there").gap = -1.0;
        let learnt = found(&grid, &outcomes).expect("nine runs");
        assert!((learnt.r - 1.0).abs() < 1e-12 && learnt.count == 9, "{learnt:?}");
    }

    #[test]
    fn gaps_are_compared_where_the_training_loss_is_the_same() {
        let place = |train_loss, gap| OnTheWay { step: 0, train_loss, validation_accuracy: 0.5, gap, gap_held_out: 0.0 };
        // From 0.8 to 0.4: at 0.5 three quarters of the way.
        let curve = [place(1.0, 0.1), place(0.8, 0.2), place(0.4, 0.6), place(0.2, 0.3)];
        assert!((gap_at(&curve, 0.5).expect("it comes down to it") - 0.5).abs() < 1e-12);
        assert_eq!((gap_at(&curve, 0.1), gap_at(&curve, 1.1)), (None, None));

        let (grid, mut outcomes) = swept([[0.7, 0.7], [0.75, 0.72], [0.8, 0.8], [0.5, 0.5]]);
        for (cell, outcome) in outcomes.iter_mut().enumerate() {
            let sgd = cell < 3;
            // SGD goes on to 0.2; at 0.4, which is as far as SAM comes, its gap is 0.6.
            outcome.as_mut().expect("it is there").curve = if sgd { curve.to_vec() } else { vec![place(1.0, 0.1), place(0.4, 0.3)] };
        }
        let choices = choose(&grid, &outcomes);
        let found = at_equal_loss(&grid, &outcomes, &choices[1], &choices[0]).expect("both come to 0.4");
        assert!(
            (found.loss - 0.4).abs() < 1e-12 && (found.gaps[0] - 0.3).abs() < 1e-12 && (found.gaps[1] - 0.6).abs() < 1e-12,
            "{found:?}"
        );
    }
}
