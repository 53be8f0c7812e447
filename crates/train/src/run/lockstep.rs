//! A run: lanes in lockstep on one stream of batches.
//!
//! Read [`Run::advance`] first: it takes steps of training. [`Run::next_step`] and [`Run::take`] are one in two halves, between
//! which it can be looked at. Nothing is read back from the device there.
//! Elsewhere: who calls these, and when (`driver/mod.rs`); what is measured (`instruments`).

use std::sync::Arc;

use basin_optim::base::Base;
use basin_optim::methods::Time;
use basin_optim::population::{Noise, Purpose, Weights};
use burn::tensor::Transaction;

use super::cores;
use super::device::Compute;
use super::error::RunError;
use super::lane::{Lane, LaneState, LaneStep, NextStep, Seen, Settings};
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
use crate::models::{Dropout, Model};
use crate::report::Summary;

/// What all lanes see in a step.
struct Shared {
    examples: Vec<usize>,
    batch: Option<Batch>,
    texts: Option<TextBatch>,
    rate_fraction: f64,
    noise: Noise,
    masks: Noise,
    time: Time,
}

impl Shared {
    /// The same for every lane, whose learning rate may be its own.
    fn settings(&self, experiment: &Experiment) -> Settings<'_> {
        Settings {
            rate_fraction: self.rate_fraction,
            learning_rate: experiment.training.learning_rate,
            noise: &self.noise,
            dropout: Dropout { rate: experiment.model.dropout, noise: &self.masks },
            time: self.time,
        }
    }
}

/// What a step showed.
pub(crate) struct StepSeen {
    /// The training examples of its batch.
    pub(crate) examples: Vec<usize>,
    /// Of each lane.
    pub(crate) lanes: Vec<Seen>,
}

/// One set of weights of a population.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Member {
    /// Of its initial weights and random numbers.
    pub seed: u64,
    /// Radius ρ of its climb.
    pub rho: f64,
}

/// A run.
pub struct Run {
    pub(crate) experiment: Experiment,
    pub(crate) files: Option<Files>,
    pub(crate) data: Arc<Dataset>,
    pub(crate) data_sizes: DataSizes,
    pub(crate) model: Box<dyn Model>,
    pub(crate) compute: Compute,
    pub(crate) base: Base,
    pub(crate) lanes: Vec<Lane>,
    pub(crate) steps: Steps,
    /// Of the members' initial weights and random numbers.
    pub(crate) seeds: Vec<u64>,
    /// Members for which the passes over fixed examples are cut: their sums do not depend on who is there beside.
    pub(crate) passes_for: usize,
    /// Threads that its lanes may take.
    pub(crate) cores: usize,
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

    /// Whether its lanes have the weights of chosen epochs ([`crate::instruments::classifier`]).
    pub fn has_chosen_epochs(&self) -> bool {
        self.lanes.iter().any(|lane| lane.chosen.is_some())
    }

    /// Makes the model and the lanes' common initial weights, of a plan that fits.
    pub fn build(plan: Plan, compute: Compute) -> Self {
        let seeds = plan.experiment.member_seeds();
        Self::of_seeds(plan, seeds, compute)
    }

    /// The same with members of one's own, as many as the plan has seeds: each climbs at its own ρ in every lane. Such a run is
    /// not saved, and does not go back: its experiment does not say what its members are.
    pub(crate) fn of_members(plan: Plan, members: &[Member], compute: Compute) -> Self {
        assert_eq!(members.len(), plan.experiment.seeds, "the plan counts its members");
        let mut run = Self::of_seeds(plan, members.iter().map(|member| member.seed).collect(), compute);
        for lane in &mut run.lanes {
            lane.climb_at(members.iter().map(|member| member.rho));
        }
        run
    }

    fn of_seeds(plan: Plan, seeds: Vec<u64>, compute: Compute) -> Self {
        let (model, data_sizes, summary) = (plan.model(), plan.data_sizes(), plan.summary(&compute));
        let Plan { experiment, files, data, .. } = plan;
        let base = build::base(&experiment.training);
        let initial = model.init(&seeds, &compute.device);
        let lanes = experiment.lanes.iter().map(|config| Lane::new(config, &initial, base)).collect();
        let order = epoch_order(data.train.len(), experiment.training.batch, experiment.data.seed, 0);
        let steps = Steps::new(order.len(), experiment.training.epochs);
        let clock = Box::new(|| 0.0);
        let (cached, step_seconds, cores, passes_for) = (None, 0.0, 1, seeds.len());
        Self {
            experiment,
            files,
            data,
            data_sizes,
            model,
            compute,
            base,
            lanes,
            steps,
            seeds,
            passes_for,
            cores,
            order,
            cached,
            summary,
            clock,
            step_seconds,
        }
    }

    /// The next step of every lane, not yet taken. After the planned end it is the first of as many epochs again.
    pub(crate) fn next_step(&mut self) -> NextStep {
        if let Some(cached) = self.cached.take() {
            return cached;
        }
        let began = (self.clock)();
        let steps = self.steps.clone();
        let shared = self.share(&steps);
        let mut lanes = Vec::with_capacity(self.lanes.len());
        for lane in &self.lanes {
            let started = self.compute.now(&*self.clock);
            let mut step = lane.step(&*self.model, shared.batch.as_ref(), shared.texts.as_ref(), shared.settings(&self.experiment));
            step.seconds = self.compute.now(&*self.clock) - started;
            lanes.push(step);
        }
        self.step_seconds += (self.clock)() - began;
        let Shared { examples, batch, texts, .. } = shared;
        NextStep { examples, batch, texts, lanes }
    }

    /// What all lanes see in the next step of `steps`: one batch, the part of the embedding that it touches.
    fn share(&mut self, steps: &Steps) -> Shared {
        let training = &self.experiment.training;
        let (epoch, place) = (steps.done / self.order.len(), steps.done % self.order.len());
        if place == 0 {
            self.order = epoch_order(self.data.train.len(), training.batch, self.experiment.data.seed, epoch);
        }
        let examples = self.order[place].clone();
        let chosen: Vec<&Example> = examples.iter().map(|&i| &self.data.train[i]).collect();
        let some_can = !self.model.reads_in_order() && self.lanes.iter().any(|lane| lane.config.method.in_text_coordinates());
        let texts = some_can.then(|| TextBatch::new(&chosen, self.data.classes.len(), &self.compute.device)).flatten();
        let all_do = self.lanes.iter().all(|lane| lane.sees(texts.as_ref()).is_some());
        let batch = (!all_do).then(|| self.batch(chosen));
        let drawn = |purpose| Noise::Seeded { seeds: self.seeds.clone(), purpose, step: steps.done as u64 };
        let (noise, masks) = (drawn(Purpose::Step), drawn(Purpose::Dropout));
        Shared {
            examples,
            batch,
            texts,
            rate_fraction: steps.rate_fraction(training.schedule, training.warm_up),
            noise,
            masks,
            time: steps.time(),
        }
    }

    /// `count` steps up to the planned end, or the one that was looked at; what they showed. Each lane goes through the same
    /// batches on its own, so they may do so on several cores.
    pub(crate) fn advance(&mut self, count: usize) -> Vec<StepSeen> {
        if let Some(cached) = self.cached.take() {
            let seen = StepSeen { examples: cached.examples.clone(), lanes: cached.lanes.iter().map(LaneStep::seen).collect() };
            self.take(cached);
            return vec![seen];
        }
        let began = (self.clock)();
        let mut steps = self.steps.clone();
        let mut ahead = Vec::with_capacity(count);
        for _ in 0..count {
            ahead.push(self.share(&steps));
            steps.advance();
        }
        let Self { experiment, model, compute, base, lanes, cores, clock, .. } = self;
        let now = || compute.now(&**clock);
        let seen = cores::each(
            lanes,
            *cores,
            |lane| lane.spent.gradient_evaluations(),
            &now,
            |lane| {
                let step = |shared: &Shared| {
                    let (batch, texts) = (shared.batch.as_ref(), shared.texts.as_ref());
                    let step = lane.step(&**model, batch, texts, shared.settings(experiment));
                    let seen = step.seen();
                    lane.take(*base, batch, texts, step);
                    seen
                };
                ahead.iter().map(step).collect::<Vec<Seen>>()
            },
        );
        let mut of_lanes = Vec::with_capacity(seen.len());
        for (lane, (seen, seconds)) in self.lanes.iter_mut().zip(seen) {
            lane.add_seconds(seconds);
            of_lanes.push(seen.into_iter());
        }
        self.steps = steps;
        self.summary.steps = self.steps.planned();
        self.step_seconds += (self.clock)() - began;
        let next = |of_lanes: &mut Vec<std::vec::IntoIter<Seen>>| of_lanes.iter_mut().filter_map(Iterator::next).collect();
        ahead.into_iter().map(|shared| StepSeen { examples: shared.examples, lanes: next(&mut of_lanes) }).collect()
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
        self.advance(1);
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
        Noise::Seeded { seeds: self.seeds.clone(), purpose, step: self.steps.done as u64 }
    }

    /// The learning rate of the next step over that at the start.
    pub(crate) fn rate_fraction(&self) -> f64 {
        let training = &self.experiment.training;
        self.steps.rate_fraction(training.schedule, training.warm_up)
    }

    /// Examples as a batch on the run's device.
    pub(crate) fn batch<'a>(&self, examples: impl IntoIterator<Item = &'a Example>) -> Batch {
        let examples: Vec<&Example> = examples.into_iter().collect();
        let batch = Batch::new(examples.iter().copied(), self.data.classes.len(), self.model.reads_in_order(), &self.compute.device);
        if self.lanes.iter().any(|lane| lane.config.method.moves_tokens()) { batch.with_tokens(&examples) } else { batch }
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
        self.model.init(&self.seeds, &self.compute.device)
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
