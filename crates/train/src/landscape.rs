//! The loss around the lanes' weights: one plane for all lanes, a grid on it, lines between lanes.
//!
//! Elsewhere: planes and points (`basin_optim::measures::landscape`).

use basin_optim::measures::landscape::Plane;
use basin_optim::population::{Noise, Purpose, Weights};
use burn::tensor::{Tensor, Transaction};
use serde::{Deserialize, Serialize};

use crate::data::dataset::Example;
use crate::evaluate::{Evaluator, Score};
use crate::lane::titles;
use crate::memory;
use crate::session::{LookError, Session};

/// Training examples (and held-out ones, for lines) that are run at each point.
const EXAMPLES: usize = 256;

/// Points that are computed at once: members of one population.
const CHUNK: usize = 16;

/// Points along each side of the grids before the finest.
const COARSE: [usize; 2] = [9, 17];

/// Points of a line.
const LINE_POINTS: usize = 41;

/// Which plane.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "plane", rename_all = "kebab-case")]
pub enum PlaneChoice {
    /// Through the weights of three lanes now. With the same lane twice, or fewer lanes, the common start takes a place.
    Ends {
        /// Numbers of the lanes.
        lanes: [usize; 3],
    },
    /// Through the common start, along two random directions whose columns are as long as those of the weights.
    Random {
        /// Of the directions.
        seed: u64,
    },
}

/// A lane's path on a plane.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PathOnPlane {
    /// Where the lane was, from the start to now: distances along the axes of the plane.
    #[serde(with = "crate::any_float")]
    pub points: Vec<[f64; 2]>,
    /// Steps done at each point.
    pub steps: Vec<usize>,
    /// How much of w − origin lies outside the plane at each point, as a share of its length, 0 to 1.
    #[serde(with = "crate::any_float")]
    pub outside: Vec<f64>,
}

/// Loss and accuracy on a grid.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Landscape {
    /// The plane, in words; a lane that has diverged is named, since it has no place there.
    pub plane: String,
    /// Steps done when the plane was laid.
    pub step: usize,
    /// Columns' coordinates, ascending: distances between weights.
    #[serde(with = "crate::any_float")]
    pub xs: Vec<f64>,
    /// Rows' coordinates, ascending.
    #[serde(with = "crate::any_float")]
    pub ys: Vec<f64>,
    /// Mean loss at each point, row by row, nats.
    #[serde(with = "crate::any_float")]
    pub loss: Vec<f64>,
    /// Accuracy at each point, row by row, 0 to 1.
    #[serde(with = "crate::any_float")]
    pub accuracy: Vec<f64>,
    /// One per lane; empty for one that has diverged.
    pub paths: Vec<PathOnPlane>,
    /// Examples that were run at each point.
    pub examples: usize,
    /// Grid points a second, lately.
    #[serde(with = "crate::any_float")]
    pub points_per_second: f64,
    /// Whether a finer grid is still to come.
    pub more: bool,
}

/// Loss on the straight line between two lanes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Steps done.
    pub step: usize,
    /// The lane at t = 0.
    pub from: usize,
    /// The lane at t = 1.
    pub to: usize,
    /// Places on the line.
    #[serde(with = "crate::any_float")]
    pub t: Vec<f64>,
    /// Mean loss on training examples, nats.
    #[serde(with = "crate::any_float")]
    pub train_loss: Vec<f64>,
    /// Mean loss on held-out examples, nats.
    #[serde(with = "crate::any_float")]
    pub test_loss: Vec<f64>,
    /// Accuracy on held-out examples, 0 to 1.
    #[serde(with = "crate::any_float")]
    pub test_accuracy: Vec<f64>,
}

/// Where the lanes have been: their weights now and then, fewer of them the larger they are.
pub(crate) struct Trail {
    places: Vec<(usize, Vec<Weights>)>,
    most: usize,
}

impl Trail {
    pub(crate) fn new(initial: &Weights, lanes: usize) -> Self {
        let bytes = [initial.count(), initial.members(), lanes].iter().fold(4, |bytes, &factor| bytes * factor as u64);
        Self { places: Vec::new(), most: memory::trail_places(bytes) as usize }
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

impl Session {
    /// The lanes' names, no two of them the same.
    fn titles(&self) -> Vec<String> {
        titles(&self.experiment.lanes)
    }

    pub(crate) fn check_lane(&self, lane: usize) -> Result<(), LookError> {
        if lane < self.lanes.len() { Ok(()) } else { Err(LookError::NoLane { titles: self.titles() }) }
    }

    /// Whether a member of a lane has numbers; else it has diverged.
    pub(crate) fn lives(&self, lane: usize, member: usize) -> Result<bool, LookError> {
        self.check_lane(lane)?;
        self.lanes[lane].diverged.get(member).map(|diverged| !diverged).ok_or(LookError::NoMember { seeds: self.experiment.seeds })
    }

    /// The weights that all lanes started from.
    fn start(&self, member: usize) -> Weights {
        self.model.init(&[self.experiment.first_seed + member as u64], &self.compute.device)
    }

    /// For populations of `members`.
    fn evaluator(&self, examples: &[Example], members: usize) -> Evaluator {
        // Evenly from all of them: files may be sorted.
        let every = examples.len().div_ceil(EXAMPLES).max(1);
        let at_once = memory::chunk(&self.experiment.model, &self.data_sizes, members as u64);
        Evaluator::new(examples.iter().step_by(every), at_once, self.data.classes.len(), &*self.model, &self.compute.device)
    }

    /// Lays a plane and plans grids on it up to `points` × `points`.
    ///
    /// # Errors
    /// A number out of bounds; a lane or member that does not exist; fewer than two lanes that have not diverged.
    pub async fn survey(&self, choice: PlaneChoice, points: usize, member: usize) -> Result<Survey, LookError> {
        if !(5..=101).contains(&points) {
            return Err(LookError::Points { points });
        }
        let titles = self.titles();
        let mut gone = Vec::new();
        for (lane, title) in titles.iter().enumerate() {
            if !self.lives(lane, member)? {
                gone.push(title.as_str());
            }
        }
        let start = self.start(member);
        let end = |lane: usize| self.lanes[lane].weights().slice_members(member..member + 1);
        let title = |lane: usize| &titles[lane];
        let (plane, mut words) = match choice {
            PlaneChoice::Ends { lanes: [a, b, c] } => {
                [a, b, c].into_iter().try_for_each(|lane| self.check_lane(lane))?;
                let mut distinct = vec![a, b, c];
                distinct.sort_unstable();
                distinct.dedup();
                distinct.retain(|lane| !self.lanes[*lane].diverged[member]);
                match distinct[..] {
                    [a, b, c] => {
                        (Plane::through(&end(a), &end(b), &end(c)), format!("through {}, {} and {}", title(a), title(b), title(c)))
                    }
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
        let paths = self.paths(&plane, member).await;
        let ranges = match choice {
            PlaneChoice::Ends { .. } => around(&paths),
            PlaneChoice::Random { .. } => {
                // As wide as the lanes have gone, though in other directions.
                let mut far = 0.0_f64;
                for lane in (0..self.lanes.len()).filter(|lane| !self.lanes[*lane].diverged[member]) {
                    far = far.max(distance(&plane, &end(lane)).await);
                }
                let far = if far > 0.0 { far } else { 1.0 };
                [[-far, far]; 2]
            }
        };
        let mut sides: Vec<usize> = COARSE.into_iter().filter(|side| *side < points).collect();
        sides.push(points);
        let examples = self.evaluator(&self.data.train, CHUNK);
        let so_far = Landscape { plane: words, step: self.step, paths, examples: examples.examples(), ..Landscape::default() };
        Ok(Survey { plane, ranges, sides, loss: Vec::new(), accuracy: Vec::new(), examples, so_far, spent: (0, 0.0) })
    }

    /// Where the lanes have been, on a plane: their start, what is remembered of the way, and where they are now.
    async fn paths(&self, plane: &Plane, member: usize) -> Vec<PathOnPlane> {
        let start = self.start(member);
        let mut paths = Vec::new();
        for (lane, now) in self.lanes.iter().enumerate() {
            if now.diverged[member] {
                paths.push(PathOnPlane::default());
                continue;
            }
            let between = self.trail.places.iter().filter(|(step, _)| (1..self.step).contains(step));
            let after_start = between.map(|(step, lanes)| (*step, &lanes[lane])).chain((self.step > 0).then(|| (self.step, now.weights())));
            let places = after_start.map(|(step, w)| (step, w.slice_members(member..member + 1)));
            let (mut steps, mut transaction) = (Vec::new(), Transaction::default());
            for (step, w) in std::iter::once((0, start.clone())).chain(places) {
                let [x, y, far] = plane.coordinates(&w);
                transaction = transaction.register(Tensor::cat(vec![x, y, far], 0));
                steps.push(step);
            }
            let read = transaction.execute_async().await.expect("the device computes what it was asked for");
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
    pub async fn survey_on(&self, survey: &mut Survey) -> Option<Landscape> {
        let side = *survey.sides.first()?;
        let started = (self.clock)();
        let [xs, ys] = survey.ranges.map(|[low, high]| evenly(low, high, side));
        let done = survey.loss.len();
        let points: Vec<[f64; 2]> = (done..(done + CHUNK).min(side * side)).map(|i| [xs[i % side], ys[i / side]]).collect();
        let score = survey.examples.evaluate_on(&*self.model, |see| survey.plane.map(see).points(&points));
        let [loss, accuracy] = read_two(score).await;
        survey.loss.extend(loss);
        survey.accuracy.extend(accuracy);
        survey.spent.0 += points.len();
        survey.spent.1 += (self.clock)() - started;
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
    pub async fn line(&self, from: usize, to: usize, member: usize) -> Result<Line, LookError> {
        for lane in [from, to] {
            if !self.lives(lane, member)? {
                return Err(LookError::Diverged { title: self.titles().swap_remove(lane) });
            }
        }
        let [a, b] = [from, to].map(|lane| self.lanes[lane].weights().slice_members(member..member + 1));
        let plane = Plane::through(&a, &b, &b);
        let length = distance(&plane, &b).await;
        let t = evenly(-0.25, 1.25, LINE_POINTS);
        let points: Vec<[f64; 2]> = t.iter().map(|t| [t * length, 0.0]).collect();
        let measure =
            |examples: &[Example]| self.evaluator(examples, LINE_POINTS).evaluate_on(&*self.model, |see| plane.map(see).points(&points));
        let [train_loss, _] = read_two(measure(&self.data.train)).await;
        let [test_loss, test_accuracy] = read_two(measure(&self.data.test)).await;
        Ok(Line { step: self.step, from, to, t, train_loss, test_loss, test_accuracy })
    }
}

async fn distance(plane: &Plane, w: &Weights) -> f64 {
    let [_, _, far] = plane.coordinates(w);
    let values = far.into_data_async().await.expect("the device computes what it was asked for");
    values.iter::<f32>().next().map_or(0.0, f64::from)
}

/// Losses and accuracies; where the loss is no number there is no accuracy either.
async fn read_two(Score { loss, accuracy, .. }: Score) -> [Vec<f64>; 2] {
    let read = Transaction::default().register(loss).register(accuracy).execute_async().await;
    let mut numbers = read.expect("the device computes what it was asked for").into_iter().map(|values| {
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
    use crate::compute::Compute;
    use crate::config::{DataSource, Experiment};

    /// SGD, SAM and δ-SAM after three steps; the last one's first member is gone.
    fn with_a_lane_that_diverged() -> Session {
        let mut experiment = Experiment { seeds: 2, ..Experiment::default() };
        experiment.data.source = DataSource::Reviews { examples: 60 };
        (experiment.model.dim, experiment.model.hidden) = (4, 4);
        let mut session = Session::prepare(experiment, None, Compute::cpu()).expect("the built-in data is good");
        (0..3).for_each(|_| session.step());
        session.lanes[2].diverged[0] = true;
        session
    }

    #[test]
    fn a_lane_that_diverged_leaves_the_planes_to_the_others() {
        let mut session = with_a_lane_that_diverged();
        for choice in [PlaneChoice::Ends { lanes: [0, 1, 2] }, PlaneChoice::Ends { lanes: [0, 1, 0] }, PlaneChoice::Random { seed: 1 }] {
            let mut survey = block_on(session.survey(choice, 5, 0)).expect("two lanes are left");
            let grid = (0..2).find_map(|_| block_on(session.survey_on(&mut survey))).expect("25 points are two pieces");
            assert!(grid.plane.ends_with("; without δ-SAM noise, which diverged"), "{}", grid.plane);
            let points: Vec<usize> = grid.paths.iter().map(|path| path.points.len()).collect();
            assert_eq!(points, [2, 2, 0], "{choice:?}");
            assert!(grid.loss.iter().all(|loss| loss.is_finite()));
        }
        assert!(
            block_on(session.survey(PlaneChoice::Ends { lanes: [0, 1, 2] }, 5, 1))
                .is_ok_and(|survey| survey.so_far.plane.ends_with("δ-SAM noise"))
        );
        assert!(block_on(session.line(0, 1, 0)).is_ok());
        let title = "δ-SAM noise".to_owned();
        assert_eq!(block_on(session.line(0, 2, 0)), Err(LookError::Diverged { title }));
        let trace = block_on(session.trace(0)).expect("two lanes are left");
        assert_eq!(trace.lanes.iter().map(|lane| lane.diverged).collect::<Vec<_>>(), [false, false, true]);
        session.lanes[1].diverged[0] = true;
        assert!(block_on(session.survey(PlaneChoice::Ends { lanes: [0, 1, 2] }, 5, 0)).is_err_and(|error| error == LookError::NoPlane));
        assert!(block_on(session.survey(PlaneChoice::Random { seed: 1 }, 5, 0)).is_ok());
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
