//! Cells that are trained together: seeds and radii of one method at one setting, as one population.
//!
//! Members never mix, so what a cell gives does not depend on which others it is trained with, or on how many threads.

use std::sync::Arc;

use burn::tensor::Transaction;

use super::detail::Detail;
use super::grid::{Grid, Point};
use super::outcome::{OnTheWay, Outcome};
use crate::data::files::Files;
use crate::data::taken::Taken;
use crate::driver::Driver;
use crate::experiment::{DataConfig, Experiment, ModelConfig, Tune};
use crate::instruments::{Evaluator, judge};
use crate::lost;
use crate::memory::{self, Estimate};
use crate::protocol::DeviceChoice;
use crate::report::{Figures, LaneMeasurement, Measurement, Reading, Side};
use crate::run::{Compute, Member, Plan, Run, RunError};

/// Members of a population, at most: enough that a batch is made for many, few enough that every core has some.
pub const MEMBERS: usize = 8;

/// Data that is kept at hand.
const AT_HAND: usize = 4;

/// Steps over which the cost of a method is taken.
const COSTED: usize = 10;

/// Gradient evaluations of a step with the most usual climb, SAM's: what each method may spend.
const SPENT: f64 = 2.0;

/// Cells that are trained together.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The first of their points; the others differ in ρ alone.
    pub point: Point,
    /// Each with its member.
    pub cells: Vec<(usize, Member)>,
}

/// The cells that are `wanted`, in groups.
pub fn groups(grid: &Grid, wanted: impl Fn(usize) -> bool) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for point in grid.points() {
        for cell in (point.first..point.first + grid.experiment.seeds).filter(|cell| wanted(*cell)) {
            let member = Member { seed: grid.seed(cell), rho: point.rho };
            match groups.last_mut() {
                Some(group) if group.takes(&point) => group.cells.push((cell, member)),
                _ => groups.push(Group { point, cells: vec![(cell, member)] }),
            }
        }
    }
    groups
}

impl Group {
    fn takes(&self, point: &Point) -> bool {
        (self.point.setting, self.point.lane) == (point.setting, point.lane) && self.cells.len() < MEMBERS
    }
}

/// The configuration of data, whether the texts have the vectors of an encoder, and which of its layers are trained.
type DataKey = (DataConfig, bool, Option<Tune>);

/// The data of a grid, read once for each setting that changes it.
pub struct Shelf {
    files: Option<Files>,
    read: Vec<(DataKey, Plan)>,
}

impl Shelf {
    /// With the user's files, where the source is one.
    pub fn new(files: Option<Files>) -> Self {
        Self { files, read: Vec::new() }
    }

    /// The user's files.
    pub(super) fn files(&self) -> Option<&Files> {
        self.files.as_ref()
    }

    /// What a run of this experiment needs.
    ///
    /// # Errors
    /// A knob out of bounds, or what is wrong with the data.
    pub fn plan(&mut self, experiment: Experiment, validation: f64) -> Result<Plan, RunError> {
        let key = (experiment.data.clone(), experiment.model.kind.learns_from_vectors(), experiment.model.tune);
        let found = self.read.iter().find(|(of, _)| *of == key);
        let Plan { experiment: with_columns, data, pieces, .. } = if let Some((_, plan)) = found {
            plan.clone()
        } else {
            let plan = Plan::with_validation(experiment.clone(), self.files.as_ref(), validation)?;
            if self.read.len() == AT_HAND {
                self.read.remove(0);
            }
            // Cells are not saved: they need no bytes of files.
            let plan = Plan { files: None, ..plan };
            self.read.push((key.clone(), plan.clone()));
            plan
        };
        // What was found out about columns stays, and how wide the vectors of an encoder are.
        let dim = if key.1 { with_columns.model.dim } else { experiment.model.dim };
        let model = ModelConfig { dim, ..experiment.model };
        Ok(Plan { experiment: Experiment { data: with_columns.data, model, ..experiment }, files: None, data, pieces })
    }
}

/// What of the data a sweep trains on, chooses on and compares on.
pub struct Parts {
    /// Title of the data set.
    pub title: String,
    /// What was taken of the user's files, in words.
    pub taken: Vec<String>,
    /// Examples that are trained on, on which ρ is chosen, and on which methods are compared.
    pub examples: [usize; 3],
    /// Classes.
    pub classes: usize,
    /// What the user should know: repairs, guesses.
    pub notes: Vec<String>,
}

/// The parts of a grid's data, at its first setting.
///
/// # Errors
/// A knob out of bounds, or what is wrong with the data.
pub fn parts(grid: &Grid, shelf: &mut Shelf) -> Result<Parts, RunError> {
    let plan = first_plan(grid, shelf)?;
    let data = &plan.data;
    let taken = [&data.taken, &data.taken_of_test].into_iter().flatten().map(Taken::words).collect();
    let examples = [&data.train, &data.test, &data.reserved].map(Vec::len);
    let notes = [data.notes.clone(), plan.idle_lanes()].concat();
    Ok(Parts { title: data.title.clone(), taken, examples, classes: data.classes.len(), notes })
}

/// What of the grid's methods makes them another than they are called, at its first setting, in words.
///
/// # Errors
/// As [`parts`].
pub(crate) fn idle_lanes(grid: &Grid, shelf: &mut Shelf) -> Result<Vec<String>, RunError> {
    first_plan(grid, shelf).map(|plan| plan.idle_lanes())
}

/// All methods at the grid's first setting.
fn first_plan(grid: &Grid, shelf: &mut Shelf) -> Result<Plan, RunError> {
    let lanes = grid.experiment.lanes.clone();
    let experiment = Experiment { lanes, ..grid.experiment_of(&grid.points()[0]) };
    shelf.plan(experiment, grid.validation)
}

/// A group on its way.
pub struct Work {
    driver: Driver,
    group: Group,
    test: Evaluator,
    curve: Vec<Measurement>,
    /// cos(D, D*) of each member at each measurement, where a closer look is wished.
    cosines: Option<Vec<Vec<f64>>>,
}

impl Work {
    /// Reads the data and makes the initial weights.
    ///
    /// # Errors
    /// A knob out of bounds, what is wrong with the data, or more memory than there is.
    pub fn prepare(grid: &Grid, group: Group, shelf: &mut Shelf, compute: Compute) -> Result<Self, RunError> {
        let plan = plan(grid, &group, shelf)?;
        plan.fits(&compute.limits)?;
        Ok(Self::build(plan, group, compute))
    }

    /// The same of a [`plan`] that fits.
    pub fn build(mut plan: Plan, group: Group, compute: Compute) -> Self {
        let training = &mut plan.experiment.training;
        let steps = plan.data.train.len().div_ceil(training.batch).saturating_mul(training.epochs);
        // Where layers of an encoder are trained, measuring takes as long as an epoch: at the start and the end alone.
        training.evaluate_every = if plan.experiment.model.tune.is_some() { steps } else { Grid::measure_every(steps) };
        let members: Vec<Member> = group.cells.iter().map(|(_, member)| *member).collect();
        let mut run = Run::of_members(plan, &members, compute);
        run.passes_for = MEMBERS;
        let data = Arc::clone(&run.data);
        let at_once = memory::chunk(&run.experiment.model, &run.data_sizes, MEMBERS as u64);
        let test = Evaluator::new(&data.reserved, at_once, data.classes.len(), &*run.model, &run.compute.device);
        let mut driver = Driver::new(run);
        driver.forget_examples();
        Self { driver, group, test, curve: Vec::new(), cosines: None }
    }

    /// Gives it a clock, in seconds since some moment, so that it can be trained in slices.
    pub fn set_clock(&mut self, clock: Box<dyn Fn() -> f64>) {
        self.driver.set_clock(clock, DeviceChoice::Cpu);
    }

    /// Looks closer on its way, for [`Self::details`].
    pub fn look_closer(&mut self) {
        self.cosines = (!self.is_tuned()).then(Vec::new);
    }

    /// Whether it trains layers of an encoder: there every measure of sharpness but the gap, tens of gradients each, would take longer
    /// than training, and is left out.
    fn is_tuned(&self) -> bool {
        self.driver.run.experiment.model.tune.is_some()
    }

    /// Trains for about `seconds`, or to the next measurement; whether it is at its end.
    pub async fn advance(&mut self, seconds: f64) -> bool {
        let measured = self.driver.advance(seconds, usize::MAX).await;
        if let Some(measured) = measured {
            self.curve.push(measured);
            // Outside of its part of the run a method takes plain steps, of which D is rounding.
            if let Some(cosines) = &mut self.cosines
                && self.driver.run.experiment.lanes[0].is_whole()
            {
                cosines.push(self.driver.measure_alignment().await);
            }
        }
        self.driver.finished()
    }

    /// The share of its steps that are done.
    pub fn share_done(&self) -> f64 {
        self.driver.steps_done() as f64 / self.driver.steps_planned().max(1) as f64
    }

    /// How many cells it trains.
    pub fn cells(&self) -> usize {
        self.group.cells.len()
    }

    /// A closer look at each of its cells at the end, in their order.
    pub async fn details(&mut self) -> Vec<Detail> {
        let figures = judge::of_first_lane(&self.driver.run, &self.driver.run.data.reserved).await;
        let readings = if self.is_tuned() { Vec::new() } else { self.driver.measure_sharpness(Side::Train).await.lanes.swap_remove(0) };
        let cosines = self.cosines.as_deref().unwrap_or_default();
        let detail = |(member, figures): (usize, Figures)| Detail::of_member(member, figures.calibration_error, &readings, cosines);
        figures.into_iter().enumerate().map(detail).collect()
    }

    /// What its cells give, each with its number: at the end the test set is looked at, and curvature is measured.
    pub async fn outcomes(mut self) -> Vec<(usize, Outcome)> {
        let [test_loss, test_accuracy] = self.look_at_test().await;
        let eigenvalue = if self.is_tuned() { None } else { Some(self.driver.measure_eigenvalue().await) };
        let last = match self.curve.last() {
            Some(last) if last.step == self.driver.steps_done() => last.clone(),
            _ => self.driver.measure().await,
        };
        let outcome = |(place, (cell, _)): (usize, &(usize, Member))| {
            let outcome = of_member(place, &last.lanes[0], eigenvalue.as_ref(), &self.curve);
            let [test_loss, test_accuracy] = [&test_loss, &test_accuracy].map(|v| if outcome.diverged { f64::NAN } else { v[place] });
            (*cell, Outcome { test_accuracy, test_loss, ..outcome })
        };
        self.group.cells.iter().enumerate().map(outcome).collect()
    }

    /// Loss and accuracy of each member on the test set.
    async fn look_at_test(&self) -> [Vec<f64>; 2] {
        let run = &self.driver.run;
        let score = self.test.evaluate(&*run.model, run.lanes[0].weights());
        let read = lost::read(Transaction::default().register(score.loss).register(score.accuracy)).await;
        let mut read = read.into_iter().map(|values| {
            let values: Vec<f32> = values.try_to_vec_as().expect("scores are f32");
            values.into_iter().map(f64::from).collect()
        });
        [(); 2].map(|()| read.next().expect("two were asked for"))
    }
}

/// What the group's run needs.
///
/// # Errors
/// A knob out of bounds, or what is wrong with the data.
pub fn plan(grid: &Grid, group: &Group, shelf: &mut Shelf) -> Result<Plan, RunError> {
    let mut experiment = grid.experiment_of(&group.point);
    experiment.seeds = group.cells.len();
    shelf.plan(experiment, grid.validation)
}

/// The memory that the largest group takes.
///
/// # Errors
/// What is wrong with the data of a setting, or more memory than there is.
pub fn fits(grid: &Grid, shelf: &mut Shelf, compute: &Compute) -> Result<Estimate, RunError> {
    let mut groups = groups(grid, |_| true);
    // Of each lane and setting the largest, which is the first.
    groups.dedup_by_key(|group| (group.point.setting, group.point.lane));
    let mut largest = None::<Estimate>;
    for group in &groups {
        let estimate = plan(grid, group, shelf)?.fits(&compute.limits)?.unwatched();
        if largest.as_ref().is_none_or(|before| before.total() < estimate.total()) {
            largest = Some(estimate);
        }
    }
    Ok(largest.expect("a grid has cells"))
}

/// Gives each method as many passes as cost what SAM spends in those of the experiment: the cost of a step is measured
/// over ten steps in which the method climbs, and holds for the part of the run in which it does.
///
/// # Errors
/// What is wrong with the data, or more memory than there is.
pub fn level(grid: &mut Grid, shelf: &mut Shelf, compute: &Compute) -> Result<(), RunError> {
    grid.epochs.clear();
    let mut passes = Vec::new();
    for lane in 0..grid.experiment.lanes.len() {
        let point = grid.points().into_iter().find(|point| point.lane == lane).expect("every lane has points");
        let epochs = grid.experiment.training.epochs as f64;
        let group = Group { point, cells: vec![(point.first, Member { seed: grid.seed(point.first), rho: point.rho })] };
        let mut plan = plan(grid, &group, shelf)?;
        plan.fits(&compute.limits)?;
        let planned = plan.steps() as f64;
        let window = plan.experiment.lanes[0].share_of(planned);
        plan.experiment.lanes[0].climb_always();
        let mut work = Work::build(plan, group, compute.clone());
        let steps = COSTED.min(work.driver.steps_planned());
        (0..steps).for_each(|_| work.driver.step());
        let cost = work.driver.run.lanes[0].spent.gradient_evaluations() / steps as f64;
        // Outside its window a method takes plain steps.
        let cost = 1.0 + window * (cost - 1.0);
        passes.push(((epochs * SPENT / cost).round() as usize).clamp(1, 10_000));
    }
    grid.epochs = passes;
    Ok(())
}

/// A member at the end, without what the test set says.
fn of_member(place: usize, last: &LaneMeasurement, eigenvalue: Option<&Reading>, curve: &[Measurement]) -> Outcome {
    let on_the_way = |measured: &Measurement| {
        let lane = &measured.lanes[0];
        OnTheWay {
            step: measured.step,
            train_loss: lane.train_loss[place],
            validation_accuracy: lane.test_accuracy[place],
            gap: lane.gap[place],
            gap_held_out: lane.gap_held_out[place],
        }
    };
    Outcome {
        // What the run takes for its test set is the validation part.
        validation_accuracy: last.test_accuracy[place],
        validation_loss: last.test_loss[place],
        test_accuracy: f64::NAN,
        test_loss: f64::NAN,
        train_loss: last.train_loss[place],
        train_accuracy: last.train_accuracy[place],
        gap: last.gap[place],
        gap_held_out: last.gap_held_out[place],
        largest_eigenvalue: eigenvalue.map_or(f64::NAN, |reading| reading.values[place]),
        eigenvalue_error: eigenvalue.map_or(f64::NAN, |reading| reading.errors[place]),
        gradient_evaluations: last.gradient_evaluations,
        collapsed: last.only_answer[place].is_some(),
        diverged: last.diverged[place],
        curve: curve.iter().map(on_the_way).collect(),
    }
}
