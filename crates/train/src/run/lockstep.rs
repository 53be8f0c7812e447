//! A run: lanes in lockstep on one stream of batches.
//!
//! Read [`Run::next_step`] and [`Run::take`] first: together they are one step of training. Nothing is read back from the
//! device there. Elsewhere: who calls these, and when (`driver.rs`); what is measured (`instruments`).

use basin_optim::base::Base;
use basin_optim::methods::runs_in_text_coordinates;
use basin_optim::population::{Noise, Purpose, Weights};
use burn::tensor::Transaction;

use super::device::Compute;
use super::error::RunError;
use super::lane::{Lane, LaneState, NextStep, Settings};
use super::plan::Plan;
use super::steps::Steps;
use crate::data::Wish;
use crate::data::dataset::{Dataset, Example};
use crate::data::error::DataError;
use crate::data::files::{Files, NamedBytes};
use crate::data::reading::Chosen;
use crate::data::taken::Taken;
use crate::experiment::{Experiment, build};
use crate::lost;
use crate::memory::DataSizes;
use crate::models::batch::{Batch, TextBatch, epoch_order};
use crate::models::{self, Model};
use crate::report::Summary;

/// A run.
pub struct Run {
    pub(crate) experiment: Experiment,
    pub(crate) files: Option<Files>,
    pub(crate) data: Dataset,
    pub(crate) data_sizes: DataSizes,
    pub(crate) model: Box<dyn Model>,
    pub(crate) compute: Compute,
    pub(crate) base: Base,
    pub(crate) lanes: Vec<Lane>,
    pub(crate) steps: Steps,
    /// Batches of the current epoch.
    order: Vec<Vec<usize>>,
    /// The next step, where it has been looked at already.
    cached: Option<NextStep>,
    summary: Summary,
    /// Seconds since some moment; the platform's clock, injected.
    pub(crate) clock: Box<dyn Fn() -> f64>,
    step_seconds: f64,
}

impl Run {
    /// Reads the data, makes the model and the lanes' common initial weights.
    ///
    /// # Errors
    /// A knob out of bounds, what is wrong with the data, or more memory than there is.
    pub fn prepare(experiment: Experiment, files: Option<&Files>, compute: Compute) -> Result<Self, RunError> {
        let plan = Plan::new(experiment, files)?;
        plan.fits(&compute.limits)?;
        Ok(Self::build(plan, compute))
    }

    /// Makes the model and the lanes' common initial weights, of a plan that fits.
    pub fn build(plan: Plan, compute: Compute) -> Self {
        let (sizes, data_sizes, summary) = (plan.sizes(), plan.data_sizes(), plan.summary(&compute));
        let Plan { experiment, files, data } = plan;
        let model = models::build(&experiment.model, sizes);
        let base = build::base(&experiment.training);
        let initial = model.init(&experiment.member_seeds(), &compute.device);
        let lanes = experiment.lanes.iter().map(|config| Lane::new(config, &initial, base)).collect();
        let order = epoch_order(data.train.len(), experiment.training.batch, experiment.data.seed, 0);
        let steps = Steps::new(order.len(), experiment.training.epochs);
        let clock = Box::new(|| 0.0);
        let (cached, step_seconds) = (None, 0.0);
        Self { experiment, files, data, data_sizes, model, compute, base, lanes, steps, order, cached, summary, clock, step_seconds }
    }

    /// The next step of every lane, not yet taken. After the planned end it is the first of as many epochs again.
    pub(crate) fn next_step(&mut self) -> NextStep {
        if let Some(cached) = self.cached.take() {
            return cached;
        }
        let began = (self.clock)();
        let training = &self.experiment.training;
        let (epoch, place) = (self.steps.done / self.order.len(), self.steps.done % self.order.len());
        if place == 0 {
            self.order = epoch_order(self.data.train.len(), training.batch, self.experiment.data.seed, epoch);
        }

        // One batch for all lanes…
        let examples = self.order[place].clone();
        let chosen: Vec<&Example> = examples.iter().map(|&i| &self.data.train[i]).collect();
        let some_can = !self.model.reads_in_order() && self.lanes.iter().any(|lane| runs_in_text_coordinates(&*lane.method));
        let texts = some_can.then(|| TextBatch::new(&chosen, self.data.classes.len(), &self.compute.device)).flatten();
        let all_do = self.lanes.iter().all(|lane| lane.sees(texts.as_ref()).is_some());
        let batch = (!all_do).then(|| self.batch(chosen));
        let rate_fraction = self.rate_fraction();
        let noise = self.noise(Purpose::Step);

        // …from which each lane takes its step, on the part of the embedding that the batch touches.
        let mut lanes = Vec::with_capacity(self.lanes.len());
        for lane in &self.lanes {
            let started = self.compute.now(&*self.clock);
            let rate = lane.config.learning_rate.unwrap_or(training.learning_rate) * rate_fraction;
            let mut step = lane.step(&*self.model, batch.as_ref(), texts.as_ref(), Settings { rate_fraction, rate, noise: &noise });
            step.seconds = self.compute.now(&*self.clock) - started;
            lanes.push(step);
        }
        self.step_seconds += (self.clock)() - began;
        NextStep { examples, batch, texts, lanes }
    }

    /// Takes a step: every lane's weights move. After the planned end it is the first of as many epochs again.
    pub(crate) fn take(&mut self, step: NextStep) {
        let began = (self.clock)();
        let NextStep { batch, texts, lanes, .. } = step;
        for (lane, step) in self.lanes.iter_mut().zip(lanes) {
            let started = self.compute.now(&*self.clock);
            lane.take(self.base, batch.as_ref(), texts.as_ref(), step);
            lane.add_seconds(self.compute.now(&*self.clock) - started);
        }
        self.steps.advance();
        self.summary.steps = self.steps.planned();
        self.step_seconds += (self.clock)() - began;
    }

    /// One step that nobody looks at.
    pub(crate) fn step(&mut self) {
        let next = self.next_step();
        self.take(next);
    }

    /// Keeps a step that was looked at: the next one is this very step.
    pub(crate) fn keep(&mut self, step: NextStep) {
        self.cached = Some(step);
    }

    /// Time of the steps since the run was prepared or restored here, in seconds, without measurements and whatever else
    /// comes between steps. On a device that works through a queue: the time to fill it.
    pub(crate) fn step_seconds(&self) -> f64 {
        self.step_seconds
    }

    /// The members' random numbers at this step.
    pub(crate) fn noise(&self, purpose: Purpose) -> Noise {
        Noise::Seeded { seeds: self.experiment.member_seeds(), purpose, step: self.steps.done as u64 }
    }

    /// The learning rate of the next step over that at the start.
    pub(crate) fn rate_fraction(&self) -> f64 {
        self.steps.rate_fraction(self.experiment.training.schedule)
    }

    /// Examples as a batch on the run's device.
    pub(crate) fn batch<'a>(&self, examples: impl IntoIterator<Item = &'a Example>) -> Batch {
        Batch::new(examples, self.data.classes.len(), self.model.reads_in_order(), &self.compute.device)
    }

    /// Plans more epochs after the planned end, and says so ([`Steps::extend`]).
    pub(crate) fn extend(&mut self, epochs: Option<usize>) -> Result<String, RunError> {
        let words = self.steps.extend(epochs, self.experiment.training.schedule)?;
        self.summary.steps = self.steps.planned();
        Ok(words)
    }

    /// Returns when the device has done all that it was asked for.
    pub(crate) async fn wait_for_device(&self) {
        let mut transaction = Transaction::default();
        for lane in &self.lanes {
            let bias = lane.weights().leaves().last().expect("a model has leaves").value.clone();
            transaction = transaction.register(bias);
        }
        lost::read(transaction).await;
    }

    /// The examples that it is tested on.
    pub fn test(&self) -> &[Example] {
        &self.data.test
    }

    /// The labelled examples of another file, and what was taken of it ([`Dataset::read`]).
    ///
    /// # Errors
    /// What is wrong with the file, and with which line.
    pub fn read_labelled(&self, file: &NamedBytes, chosen: Chosen<'_>, wish: &Wish) -> Result<(Vec<Example>, Taken), DataError> {
        self.data.read(file, chosen, wish)
    }

    /// What is trained.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Tells something about the run, with its summary.
    pub(crate) fn note(&mut self, text: &str) {
        self.summary.notes.push(text.to_owned());
    }

    /// Goes on from where `steps` are, with the lanes as they are.
    pub(super) fn resume_at(&mut self, steps: Steps) {
        self.steps = steps;
        self.summary.steps = self.steps.planned();
        self.cached = None;
        let Experiment { data, training, .. } = &self.experiment;
        self.order = epoch_order(self.data.train.len(), training.batch, data.seed, self.steps.done / self.steps.epoch);
    }

    /// The weights that all lanes started from.
    pub(crate) fn initial(&self) -> Weights {
        self.model.init(&self.experiment.member_seeds(), &self.compute.device)
    }

    /// The lanes as they were before the first step.
    pub(super) fn first(&self) -> Vec<LaneState> {
        let initial = self.initial();
        self.lanes.iter().map(|lane| Lane::new(&lane.config, &initial, self.base).snapshot()).collect()
    }

    /// Goes back, or on, to a step at which the lanes were like this. What is planned stays.
    pub(super) fn go_to(&mut self, step: usize, lanes: &[LaneState]) {
        for (lane, then) in self.lanes.iter_mut().zip(lanes) {
            lane.restore(then.clone());
        }
        self.resume_at(self.steps.at(step, self.steps.ends().to_vec()));
    }
}
