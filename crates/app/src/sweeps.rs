//! A sweep as a table for other programs, and the curves and dots that are drawn of it.

use basin_train::lab::choice::{of_point, values};
use basin_train::lab::grid::{Grid, Point, climbs};
use basin_train::lab::outcome::{Column, Outcome};
use basin_train::stats::Spread;

use crate::table::Table;

/// Every run that is there as a row.
pub fn csv(grid: &Grid, outcomes: &[Option<Outcome>]) -> String {
    let knobs = grid.over.iter().map(|axis| axis.knob.word());
    let head = ["method", "rho", "seed"].into_iter().chain(knobs).chain(Column::ALL.map(Column::word)).chain(["collapsed", "diverged"]);
    let mut table = Table::new(&head.collect::<Vec<_>>());
    for point in grid.points() {
        let cells = point.first..point.first + grid.experiment.seeds;
        for (cell, outcome) in cells.filter_map(|cell| Some((cell, outcomes.get(cell)?.as_ref()?))) {
            let setting: Vec<f64> = grid.setting(point.setting).into_iter().map(|(_, value)| value).collect();
            let numbers = Column::ALL.map(|column| column.of(outcome));
            let method = grid.method(point.lane);
            table.row(&[&method, &point.rho, &grid.seed(cell), &setting, &numbers, &outcome.collapsed, &outcome.diverged]);
        }
    }
    table.finish()
}

/// A column of one method against ρ, at one setting of the other knobs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Of its points, from the smallest ρ on.
    pub spots: Vec<Spot>,
    /// The mean without a climb, which is no place on a logarithmic axis: of SGD alone.
    pub level: Option<f64>,
}

/// A point of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// ρ.
    pub rho: f64,
    /// Mean over the seeds, as it is drawn.
    pub mean: f64,
    /// Standard deviation over them.
    pub sd: f64,
    /// Whether a seed collapsed to one class or diverged.
    pub trouble: bool,
    /// Its point in the grid: [`Grid::points`].
    pub point: usize,
}

/// The curve of a lane; of accuracies in per cent.
pub fn curve(grid: &Grid, outcomes: &[Option<Outcome>], setting: usize, lane: usize, column: Column) -> Curve {
    let mut curve = Curve::default();
    for (place, point) in grid.points().iter().enumerate().filter(|(_, point)| (point.setting, point.lane) == (setting, lane)) {
        let Some(spread) = Spread::of(&values(grid, point, outcomes, column)) else { continue };
        let [mean, sd] = [spread.mean, spread.sd].map(|value| value * column.scale());
        if climbs(&grid.experiment.lanes[lane]) {
            let found = of_point(grid, point, outcomes).unwrap_or_default();
            let trouble = found.iter().any(|outcome| outcome.collapsed || outcome.diverged);
            curve.spots.push(Spot { rho: point.rho, mean, sd, trouble, point: place });
        } else {
            curve.level = Some(mean);
        }
    }
    curve
}

/// A run between a measure of sharpness and what that is to predict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dot {
    /// Its cell in the grid.
    pub cell: usize,
    /// Its lane.
    pub lane: usize,
    /// The measure, and the other number, as they are drawn.
    pub at: [f64; 2],
    /// Whether it collapsed to one class.
    pub trouble: bool,
}

/// Every run that is there and did not diverge, over all settings; of accuracies in per cent.
pub fn scatter(grid: &Grid, outcomes: &[Option<Outcome>], measure: Column, target: Column) -> Vec<Dot> {
    let dot = |(lane, cell): (usize, usize)| {
        let outcome = outcomes.get(cell)?.as_ref()?;
        let at = [measure, target].map(|column| column.scale() * column.of(outcome));
        at.iter().all(|number| number.is_finite()).then_some(Dot { cell, lane, at, trouble: outcome.collapsed })
    };
    let cells = |point: Point| (point.first..point.first + grid.experiment.seeds).map(move |cell| (point.lane, cell));
    grid.points().into_iter().flat_map(cells).filter_map(dot).collect()
}

/// Whether numbers along an axis are better told apart on a logarithmic one: all are above 0, and the largest is 20 times the
/// smallest.
pub fn is_wide(numbers: impl Iterator<Item = f64>) -> bool {
    let [low, high] = numbers.fold([f64::INFINITY, 0.0_f64], |[low, high], number| [low.min(number), high.max(number)]);
    low > 0.0 && high > 20.0 * low
}

#[cfg(test)]
mod tests {
    use basin_train::experiment::Experiment;
    use basin_train::lab::grid::{Axis, Knob};

    use super::*;

    fn outcome(accuracy: f64) -> Outcome {
        Outcome {
            validation_accuracy: accuracy,
            validation_loss: 0.5,
            test_accuracy: accuracy,
            test_loss: 0.5,
            train_loss: 0.25,
            train_accuracy: 1.0,
            gap: 0.125,
            gap_held_out: f64::NAN,
            largest_eigenvalue: 2.0,
            eigenvalue_error: 0.0,
            gradient_evaluations: 84.0,
            collapsed: accuracy <= 0.5,
            diverged: false,
            curve: Vec::new(),
        }
    }

    #[test]
    fn runs_are_rows_and_points_are_means() {
        let lanes = vec!["sam".parse().expect("lane words")];
        let over = vec![Axis { knob: Knob::LabelNoise, values: vec![0.25] }];
        let grid = Grid::new(Experiment { lanes, seeds: 2, ..Experiment::default() }, vec![0.1, 0.2], over, 0.2);
        let mut outcomes: Vec<Option<Outcome>> = [0.75, 0.75, 0.5, 0.75, 0.8, 0.9].map(|accuracy| Some(outcome(accuracy))).to_vec();
        outcomes[5] = None;
        let text = csv(&grid, &outcomes);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("method,rho,seed,label-noise,validation_accuracy,"), "{text}");
        assert_eq!((lines.len(), lines[3]), (6, "sam,0.1,1,0.25,0.5,0.5,0.5,0.5,1,0.25,0.125,,2,0.25,84,true,false"));

        let sam = curve(&grid, &outcomes, 0, 1, Column::ValidationAccuracy);
        assert_eq!((sam.spots.len(), sam.level), (1, None), "a point waits for all of its seeds");
        let spot = sam.spots[0];
        assert!((spot.mean - 62.5).abs() < 1e-9 && spot.trouble && spot.point == 1, "{spot:?}");
        assert_eq!(curve(&grid, &outcomes, 0, 0, Column::TestLoss).level, Some(0.5));

        let dots = scatter(&grid, &outcomes, Column::LargestEigenvalue, Column::TestAccuracy);
        let told: Vec<(usize, usize, bool)> = dots.iter().map(|dot| (dot.cell, dot.lane, dot.trouble)).collect();
        assert_eq!(told, [(0, 0, false), (1, 0, false), (2, 1, true), (3, 1, false), (4, 1, false)], "no run waits for another");
        assert!((dots[4].at[0] - 2.0).abs() < 1e-12 && (dots[4].at[1] - 80.0).abs() < 1e-9, "{dots:?}");
        assert!(scatter(&grid, &outcomes, Column::GapHeldOut, Column::TestAccuracy).is_empty(), "what is no number has no place");
        assert!(is_wide([0.1, 2.1].into_iter()) && !is_wide([0.1, 1.9].into_iter()) && !is_wide([0.0, 9.0].into_iter()));
    }
}
