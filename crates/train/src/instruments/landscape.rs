//! The loss around the lanes' weights: one plane for all lanes, a grid on it, lines between lanes.
//!
//! Elsewhere: planes and points (`basin_optim::measures::landscape`).

use basin_optim::measures::landscape::Plane;
use basin_optim::population::{Noise, Purpose, Weights};
use burn::tensor::{Tensor, Transaction};

use super::error::{LookError, check_lane, lives};
use super::evaluate::{Evaluator, Score};
use crate::data::dataset::Example;
use crate::experiment::titles;
use crate::lost;
use crate::memory;
use crate::report::{Landscape, Line, PathOnPlane, PlaneChoice};
use crate::run::Run;

/// Training examples (and held-out ones, for lines) that are run at each point.
const EXAMPLES: usize = 256;

/// Points that are computed at once: members of one population.
const CHUNK: usize = 16;

/// Points along each side of the grids before the finest.
const COARSE: [usize; 2] = [9, 17];

/// Points of a line.
const LINE_POINTS: usize = 41;

/// Where the lanes have been: their weights now and then, fewer of them the larger they are.
pub(crate) struct Trajectory {
    pub(super) places: Vec<(usize, Vec<Weights>)>,
    most: usize,
}

impl Trajectory {
    pub(crate) fn new(initial: &Weights, lanes: usize) -> Self {
        let bytes = [initial.count(), initial.members(), lanes].iter().fold(4, |bytes, &factor| bytes * factor as u64);
        Self { places: Vec::new(), most: memory::trajectory_places(bytes) as usize }
    }

    /// Remembers the lanes' weights at `step`, if there is room at all. When it is full, every second place is forgotten.
    pub(crate) fn keep<'a>(&mut self, step: usize, lanes: impl Iterator<Item = &'a Weights>) {
        if self.most < 2 || self.places.last().is_some_and(|(last, _)| *last >= step) {
            return;
        }
        if self.places.len() == self.most {
            let mut place = 0;
            self.places.retain(|_| {
                place += 1;
                place % 2 == 1
            });
        }
        self.places.push((step, lanes.cloned().collect()));
    }
}

/// A landscape that is being measured.
pub struct Survey {
    plane: Plane,
    /// `[low, high]` along both axes.
    ranges: [[f64; 2]; 2],
    /// Sides of the grids, coarse first.
    sides: Vec<usize>,
    /// Numbers of the current grid so far.
    loss: Vec<f64>,
    accuracy: Vec<f64>,
    examples: Evaluator,
    so_far: Landscape,
    /// Points and seconds so far.
    spent: (usize, f64),
}

/// The weights that all lanes started from.
fn start(run: &Run, member: usize) -> Weights {
    run.model.init(&[run.experiment.first_seed + member as u64], &run.compute.device)
}

/// For populations of `members`.
fn evaluator(run: &Run, examples: &[Example], members: usize) -> Evaluator {
    // Evenly from all of them: files may be sorted.
    let every = examples.len().div_ceil(EXAMPLES).max(1);
    let at_once = memory::chunk(&run.experiment.model, &run.data_sizes, members as u64);
    Evaluator::new(examples.iter().step_by(every), at_once, run.data.classes.len(), &*run.model, &run.compute.device)
}

/// Lays a plane and plans grids on it up to `points` × `points`.
///
/// # Errors
/// A number out of bounds; a lane or member that does not exist; fewer than two lanes that have not diverged.
pub(crate) async fn survey(
    run: &Run,
    trajectory: &Trajectory,
    choice: PlaneChoice,
    points: usize,
    member: usize,
) -> Result<Survey, LookError> {
    if !(5..=101).contains(&points) {
        return Err(LookError::Points { points });
    }
    let titles = titles(&run.experiment.lanes);
    let mut gone = Vec::new();
    for (lane, title) in titles.iter().enumerate() {
        if !lives(run, lane, member)? {
            gone.push(title.as_str());
        }
    }
    let start = start(run, member);
    let end = |lane: usize| run.lanes[lane].weights().slice_members(member..member + 1);
    let title = |lane: usize| &titles[lane];
    let (plane, mut words) = match choice {
        PlaneChoice::Ends { lanes: [a, b, c] } => {
            [a, b, c].into_iter().try_for_each(|lane| check_lane(run, lane))?;
            let mut distinct = vec![a, b, c];
            distinct.sort_unstable();
            distinct.dedup();
            distinct.retain(|lane| !run.lanes[*lane].diverged[member]);
            match distinct[..] {
                [a, b, c] => (Plane::through(&end(a), &end(b), &end(c)), format!("through {}, {} and {}", title(a), title(b), title(c))),
                [a, b] => (Plane::through(&start, &end(a), &end(b)), format!("through the start, {} and {}", title(a), title(b))),
                _ => return Err(LookError::NoPlane),
            }
        }
        PlaneChoice::Random { seed } => {
            let noise = Noise::Seeded { seeds: vec![seed], purpose: Purpose::Plane, step: 0 };
            (Plane::random(&start, &noise), format!("through the start, along two random directions (seed {seed})"))
        }
    };
    if !gone.is_empty() {
        words = format!("{words}; without {}, which diverged", gone.join(" and "));
    }
    let paths = paths(run, trajectory, &plane, member).await;
    let ranges = match choice {
        PlaneChoice::Ends { .. } => around(&paths),
        PlaneChoice::Random { .. } => {
            // As wide as the lanes have gone, though in other directions.
            let mut far = 0.0_f64;
            for lane in (0..run.lanes.len()).filter(|lane| !run.lanes[*lane].diverged[member]) {
                far = far.max(distance(&plane, &end(lane)).await);
            }
            let far = if far > 0.0 { far } else { 1.0 };
            [[-far, far]; 2]
        }
    };
    let mut sides: Vec<usize> = COARSE.into_iter().filter(|side| *side < points).collect();
    sides.push(points);
    let examples = evaluator(run, &run.data.train, CHUNK);
    let [start_loss, _] = read_two(examples.evaluate(&*run.model, &start)).await;
    let start_loss = start_loss.first().copied();
    let so_far = Landscape { plane: words, step: run.steps.done, paths, start_loss, examples: examples.examples(), ..Landscape::default() };
    Ok(Survey { plane, ranges, sides, loss: Vec::new(), accuracy: Vec::new(), examples, so_far, spent: (0, 0.0) })
}

/// Where the lanes have been, on a plane: their start, what is remembered of the way, and where they are now.
async fn paths(run: &Run, trajectory: &Trajectory, plane: &Plane, member: usize) -> Vec<PathOnPlane> {
    let start = start(run, member);
    let mut paths = Vec::new();
    for (lane, now) in run.lanes.iter().enumerate() {
        if now.diverged[member] {
            paths.push(PathOnPlane::default());
            continue;
        }
        let between = trajectory.places.iter().filter(|(step, _)| (1..run.steps.done).contains(step));
        let after_start =
            between.map(|(step, lanes)| (*step, &lanes[lane])).chain((run.steps.done > 0).then(|| (run.steps.done, now.weights())));
        let places = after_start.map(|(step, w)| (step, w.slice_members(member..member + 1)));
        let (mut steps, mut transaction) = (Vec::new(), Transaction::default());
        for (step, w) in std::iter::once((0, start.clone())).chain(places) {
            let [x, y, far] = plane.coordinates(&w);
            transaction = transaction.register(Tensor::cat(vec![x, y, far], 0));
            steps.push(step);
        }
        let read = lost::read(transaction).await;
        let mut path = PathOnPlane { steps, ..PathOnPlane::default() };
        for values in read {
            let values: Vec<f32> = values.try_to_vec_as().expect("coordinates are f32");
            let [x, y, far] = [0, 1, 2].map(|i| f64::from(values[i]));
            path.points.push([x, y]);
            // At the origin nothing lies outside.
            path.outside.push(if far > 0.0 { (1.0 - (x * x + y * y) / (far * far)).max(0.0).sqrt() } else { 0.0 });
        }
        paths.push(path);
    }
    paths
}

/// Measures some more points; the landscape when a grid is complete. Ends with one that has no `more` to come.
pub(crate) async fn survey_on(run: &Run, survey: &mut Survey) -> Option<Landscape> {
    let side = *survey.sides.first()?;
    let started = (run.clock)();
    let [xs, ys] = survey.ranges.map(|[low, high]| evenly(low, high, side));
    let done = survey.loss.len();
    let at_once = CHUNK.min(memory::points_at_once(&run.experiment.model));
    let points: Vec<[f64; 2]> = (done..(done + at_once).min(side * side)).map(|i| [xs[i % side], ys[i / side]]).collect();
    let score = survey.examples.evaluate_on(&*run.model, |see| survey.plane.map(see).points(&points));
    let [loss, accuracy] = read_two(score).await;
    survey.loss.extend(loss);
    survey.accuracy.extend(accuracy);
    survey.spent.0 += points.len();
    survey.spent.1 += (run.clock)() - started;
    if survey.loss.len() < side * side {
        return None;
    }
    survey.sides.remove(0);
    let points_per_second = if survey.spent.1 > 0.0 { survey.spent.0 as f64 / survey.spent.1 } else { 0.0 };
    let (loss, accuracy) = (std::mem::take(&mut survey.loss), std::mem::take(&mut survey.accuracy));
    Some(Landscape { xs, ys, loss, accuracy, points_per_second, more: !survey.sides.is_empty(), ..survey.so_far.clone() })
}

/// Loss on the straight line from lane `from` to lane `to`, and a little beyond.
///
/// # Errors
/// A lane or member that does not exist or has diverged.
pub(crate) async fn line(run: &Run, from: usize, to: usize, member: usize) -> Result<Line, LookError> {
    for lane in [from, to] {
        if !lives(run, lane, member)? {
            return Err(LookError::Diverged { title: titles(&run.experiment.lanes).swap_remove(lane) });
        }
    }
    let [a, b] = [from, to].map(|lane| run.lanes[lane].weights().slice_members(member..member + 1));
    let plane = Plane::through(&a, &b, &b);
    let length = distance(&plane, &b).await;
    let t = evenly(-0.25, 1.25, LINE_POINTS);
    let points: Vec<[f64; 2]> = t.iter().map(|t| [t * length, 0.0]).collect();
    let [mut train_loss, mut test_loss, mut test_accuracy] = [const { Vec::new() }; 3];
    let [train, test] = [&run.data.train, &run.data.test].map(|examples| evaluator(run, examples, LINE_POINTS));
    for points in points.chunks(memory::points_at_once(&run.experiment.model)) {
        let measure = |examples: &Evaluator| examples.evaluate_on(&*run.model, |see| plane.map(see).points(points));
        let [loss, _] = read_two(measure(&train)).await;
        train_loss.extend(loss);
        let [loss, accuracy] = read_two(measure(&test)).await;
        test_loss.extend(loss);
        test_accuracy.extend(accuracy);
    }
    Ok(Line { step: run.steps.done, from, to, t, train_loss, test_loss, test_accuracy })
}

async fn distance(plane: &Plane, w: &Weights) -> f64 {
    let [_, _, far] = plane.coordinates(w);
    let values = lost::read(Transaction::default().register(far)).await;
    values.iter().flat_map(|values| values.iter::<f32>()).next().map_or(0.0, f64::from)
}

/// Losses and accuracies; where the loss is no number there is no accuracy either.
async fn read_two(Score { loss, accuracy, .. }: Score) -> [Vec<f64>; 2] {
    let read = lost::read(Transaction::default().register(loss).register(accuracy)).await;
    let mut numbers = read.into_iter().map(|values| {
        let values: Vec<f32> = values.try_to_vec_as().expect("losses are f32");
        values.into_iter().map(f64::from).collect::<Vec<f64>>()
    });
    let mut next = || numbers.next().expect("two were asked for");
    let (loss, accuracy) = (next(), next());
    let accuracy = loss.iter().zip(accuracy).map(|(loss, accuracy)| if loss.is_finite() { accuracy } else { f64::NAN }).collect();
    [loss, accuracy]
}

/// `count` ≥ 2 numbers from `low` to `high`.
fn evenly(low: f64, high: f64, count: usize) -> Vec<f64> {
    (0..count).map(|i| low + (high - low) * i as f64 / (count - 1) as f64).collect()
}

/// A square around all paths, with a margin.
fn around(paths: &[PathOnPlane]) -> [[f64; 2]; 2] {
    let of_axis = |axis: usize| {
        let along = paths.iter().flat_map(|path| path.points.iter().map(move |point| point[axis])).filter(|v| v.is_finite());
        along.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], v| [low.min(v), high.max(v)])
    };
    let bounds = [of_axis(0), of_axis(1)];
    let half = bounds.iter().map(|[low, high]| (high - low) / 2.0).fold(0.0, f64::max) * 1.3;
    let half = if half > 0.0 && half.is_finite() { half } else { 1.0 };
    bounds.map(|[low, high]| {
        let middle = if low.is_finite() { f64::midpoint(low, high) } else { 0.0 };
        [middle - half, middle + half]
    })
}

#[cfg(test)]
mod tests {
    use pollster::block_on;

    use super::*;
    use crate::driver::Driver;
    use crate::experiment::{DataSource, Experiment};
    use crate::run::Compute;

    /// SGD, SAM and δ-SAM after three steps; the last one's first member is gone.
    fn with_a_lane_that_diverged() -> Driver {
        let mut experiment = Experiment { seeds: 2, ..Experiment::default() };
        experiment.data.source = DataSource::Reviews { examples: 60 };
        (experiment.model.dim, experiment.model.hidden) = (4, 4);
        let mut driver = Driver::prepare(experiment, None, Compute::cpu()).expect("the built-in data is good");
        (0..3).for_each(|_| driver.step());
        driver.run.lanes[2].diverged[0] = true;
        driver
    }

    #[test]
    fn a_lane_that_diverged_leaves_the_planes_to_the_others() {
        let mut driver = with_a_lane_that_diverged();
        for choice in [PlaneChoice::Ends { lanes: [0, 1, 2] }, PlaneChoice::Ends { lanes: [0, 1, 0] }, PlaneChoice::Random { seed: 1 }] {
            let mut survey = block_on(driver.survey(choice, 5, 0)).expect("two lanes are left");
            let grid = (0..2).find_map(|_| block_on(driver.survey_on(&mut survey))).expect("25 points are two pieces");
            assert!(grid.plane.ends_with("; without δ-SAM noise, which diverged"), "{}", grid.plane);
            let points: Vec<usize> = grid.paths.iter().map(|path| path.points.len()).collect();
            assert_eq!(points, [2, 2, 0], "{choice:?}");
            // Two classes, and weights that know nothing yet.
            assert!(grid.start_loss.is_some_and(|loss| (loss - 2.0_f64.ln()).abs() < 0.1), "{:?}", grid.start_loss);
            assert!(grid.loss.iter().all(|loss| loss.is_finite()));
        }
        assert!(
            block_on(driver.survey(PlaneChoice::Ends { lanes: [0, 1, 2] }, 5, 1))
                .is_ok_and(|survey| survey.so_far.plane.ends_with("δ-SAM noise"))
        );
        assert!(block_on(driver.line(0, 1, 0)).is_ok());
        let title = "δ-SAM noise".to_owned();
        assert_eq!(block_on(driver.line(0, 2, 0)), Err(LookError::Diverged { title }));
        let trace = block_on(driver.trace(0)).expect("two lanes are left");
        assert_eq!(trace.lanes.iter().map(|lane| lane.diverged).collect::<Vec<_>>(), [false, false, true]);
        driver.run.lanes[1].diverged[0] = true;
        assert!(block_on(driver.survey(PlaneChoice::Ends { lanes: [0, 1, 2] }, 5, 0)).is_err_and(|error| error == LookError::NoPlane));
        assert!(block_on(driver.survey(PlaneChoice::Random { seed: 1 }, 5, 0)).is_ok());
    }

    #[test]
    fn the_square_holds_all_paths_with_a_margin() {
        let path = |points: &[[f64; 2]]| PathOnPlane { points: points.to_vec(), ..PathOnPlane::default() };
        // Along x from 0 to 4, half 2·1.3 = 2.6 around 2; along y around 1.
        let [x, y] = around(&[path(&[[0.0, 1.0]]), path(&[[4.0, 1.0]])]);
        assert!((x[0] + 0.6).abs() < 1e-12 && (x[1] - 4.6).abs() < 1e-12, "{x:?}");
        assert!((y[0] + 1.6).abs() < 1e-12 && (y[1] - 3.6).abs() < 1e-12, "{y:?}");
        assert_eq!(around(&[path(&[[0.0, 0.0]])]), [[-1.0, 1.0]; 2], "one point still has a neighbourhood");
    }
}
