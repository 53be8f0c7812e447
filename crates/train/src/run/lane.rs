//! A lane: one method with its population.
//!
//! A step is computed first ([`Lane::step`]) and taken later ([`Lane::take`]): in between it can be looked at.

use basin_optim::base::{Base, Part, State};
use basin_optim::methods::{Context, Method, StepReport, Time};
use basin_optim::population::{Cost, Noise, Weights};
use burn::tensor::{Int, Tensor, TensorData};

use crate::experiment::{LaneConfig, build};
use crate::models::batch::{Batch, TextBatch};
use crate::models::{Dropout, Model, OnBatch};

/// One method with its population.
pub(crate) struct Lane {
    pub(crate) config: LaneConfig,
    pub(crate) method: Box<dyn Method>,
    /// `None` only while a step works on them.
    pub(crate) w: Option<Weights>,
    pub(crate) state: State,
    pub(crate) rho: Tensor<3>,
    /// Steps so far; whole numbers, so that their sums are exact.
    pub(crate) spent: Cost,
    /// Time of its steps so far; `None` once a device took some of them that works through a queue.
    pub(crate) seconds: Option<f64>,
    pub(crate) diverged: Vec<bool>,
    /// The epochs whose weights it has, of each member, where these were chosen among all; it is not trained on.
    pub(crate) chosen: Option<Vec<f64>>,
}

/// What of a lane its steps change.
#[derive(Clone)]
pub(super) struct LaneState {
    w: Weights,
    state: State,
    spent: Cost,
    seconds: Option<f64>,
    diverged: Vec<bool>,
}

/// A step of every lane that is computed but not yet taken.
pub(crate) struct NextStep {
    /// The training examples of its batch.
    pub(crate) examples: Vec<usize>,
    /// Its batch; none where all lanes see it in text coordinates.
    pub(super) batch: Option<Batch>,
    /// The batch in text coordinates, where it has such.
    pub(crate) texts: Option<TextBatch>,
    /// One entry per lane.
    pub(crate) lanes: Vec<LaneStep>,
}

/// A lane's step: all but its last line, the base optimizer's.
pub(crate) struct LaneStep {
    /// In text coordinates, where the lane sees the batch so ([`Lane::sees`]).
    pub(crate) report: StepReport,
    /// What the method remembers, of the embeddings the batch's rows.
    pub(super) memory: State,
    pub(crate) rate: f64,
    pub(super) seconds: f64,
}

/// What a step showed of its batch, still on the device: `[members, batch]` each.
pub(crate) struct Seen {
    pub(crate) losses: Tensor<2>,
    /// The weights of the examples, and their losses up there, where there are any.
    pub(crate) p: Option<Tensor<2>>,
    pub(crate) losses_up: Option<Tensor<2>>,
}

impl LaneStep {
    pub(super) fn seen(&self) -> Seen {
        let StepReport { losses, p, losses_up, .. } = &self.report;
        Seen { losses: losses.clone(), p: p.clone(), losses_up: losses_up.clone() }
    }
}

/// What a step takes from the run.
#[derive(Clone, Copy)]
pub(super) struct Settings<'a> {
    /// Learning rate over that at the start.
    pub(super) rate_fraction: f64,
    /// At the start, of a lane that has none of its own.
    pub(super) learning_rate: f64,
    pub(super) noise: &'a Noise,
    pub(super) dropout: Dropout<'a>,
    pub(super) time: Time,
}

impl Lane {
    pub(super) fn new(config: &LaneConfig, initial: &Weights, base: Base) -> Self {
        let method = build::method(config);
        let slots = base.slots().iter().chain(method.slots()).copied();
        let members = initial.members();
        let device = initial.leaves()[0].value.device();
        Self {
            state: State::new(slots, initial),
            rho: Tensor::from_data(TensorData::new(vec![config.rho as f32; members], [members, 1, 1]), &device),
            w: Some(initial.clone()),
            method,
            config: config.clone(),
            spent: Cost::default(),
            seconds: Some(0.0),
            diverged: vec![false; members],
            chosen: None,
        }
    }

    /// Gives each member a ρ of its own.
    pub(super) fn climb_at(&mut self, radii: impl Iterator<Item = f64>) {
        let radii: Vec<f32> = radii.map(|rho| rho as f32).collect();
        let shape = [radii.len(), 1, 1];
        self.rho = Tensor::from_data(TensorData::new(radii, shape), &self.rho.device());
    }

    pub(crate) fn weights(&self) -> &Weights {
        self.w.as_ref().expect("weights are away only inside a step")
    }

    /// The lane as it is. No numbers are copied.
    pub(super) fn snapshot(&self) -> LaneState {
        let Self { state, spent, seconds, diverged, .. } = self;
        LaneState { w: self.weights().clone(), state: state.clone(), spent: *spent, seconds: *seconds, diverged: diverged.clone() }
    }

    /// Makes the lane what it was.
    pub(super) fn restore(&mut self, then: LaneState) {
        let LaneState { w, state, spent, seconds, diverged } = then;
        (self.w, self.state, self.spent, self.seconds, self.diverged) = (Some(w), state, spent, seconds, diverged);
    }

    /// What its weights take, with what base optimizer and method remember.
    pub(super) fn bytes(&self) -> u64 {
        let numbers = |w: &Weights| (w.members() * w.count()) as u64;
        4 * (numbers(self.weights()) + self.state.slots().map(|(_, slot)| numbers(slot)).sum::<u64>())
    }

    /// The batch in text coordinates, for a method that runs there.
    pub(crate) fn sees<'a>(&self, texts: Option<&'a TextBatch>) -> Option<&'a TextBatch> {
        texts.filter(|_| self.config.method.in_text_coordinates())
    }

    /// A vector of a step's report as one of the batch's rows.
    pub(crate) fn on_rows(&self, v: Weights, texts: Option<&TextBatch>) -> Weights {
        match self.sees(texts) {
            Some(texts) => texts.leave(&v),
            None => v,
        }
    }

    /// What of the embedding the lane's step sees.
    fn part_of<'a>(&self, batch: Option<&'a Batch>, texts: Option<&'a TextBatch>) -> Part<'a> {
        match self.sees(texts) {
            Some(texts) => texts.part(),
            None => Part::Rows(&batch.expect(SEEN).rows),
        }
    }

    /// ρ of each member at the fraction `rate_fraction` of the learning rate, `[members, 1, 1]`.
    pub(crate) fn rho_at(&self, rate_fraction: f64) -> Tensor<3> {
        match self.method.radius_factor(rate_fraction) {
            1.0 => self.rho.clone(),
            factor => self.rho.clone() * factor,
        }
    }

    /// The lane's next step, on the batch or in its text coordinates. The weights stay as they are.
    pub(super) fn step(&self, model: &dyn Model, batch: Option<&Batch>, texts: Option<&TextBatch>, settings: Settings<'_>) -> LaneStep {
        let Settings { rate_fraction, learning_rate, noise, dropout, time } = settings;
        let rate = self.config.learning_rate.unwrap_or(learning_rate) * rate_fraction;
        let (w, on) = if let Some(texts) = self.sees(texts) {
            (texts.enter(self.weights()), &texts.batch)
        } else {
            let batch = batch.expect(SEEN);
            (self.weights().select_rows(&batch.rows), batch)
        };
        let mut memory = self.state.select(self.method.slots(), &on.rows);
        let climb = build::climb_loss(&self.config);
        let mut context = Context { rho: self.rho_at(rate_fraction), state: &mut memory, noise, climb, time };
        let report = self.method.step(&w, &OnBatch::new(model, on).dropping(&w, dropout), &mut context);
        LaneStep { report, memory, rate, seconds: 0.0 }
    }

    /// Takes a step: the base optimizer writes what it moves.
    pub(super) fn take(&mut self, base: Base, batch: Option<&Batch>, texts: Option<&TextBatch>, step: LaneStep) {
        let LaneStep { report: StepReport { descent, cost, .. }, memory, rate, seconds } = step;
        let part = self.part_of(batch, texts);
        if let Part::Rows(rows) = part {
            self.state.assign(rows, memory);
        }
        let w = self.w.take().expect("weights are away only inside a step");
        self.w = Some(base.step(w, &descent, part, rate, &mut self.state));
        self.spent = self.spent + cost;
        self.add_seconds(seconds);
    }

    /// Counts what a clock said of its steps; that says nothing where work only enters a queue (NaN).
    pub(super) fn add_seconds(&mut self, seconds: f64) {
        self.seconds = self.seconds.map(|before| before + seconds).filter(|sum| sum.is_finite());
    }

    /// The rows `rows` as they would be after a step that is not taken.
    pub(crate) fn rows_after(
        &self,
        step: &LaneStep,
        base: Base,
        batch: Option<&Batch>,
        texts: Option<&TextBatch>,
        rows: &Tensor<1, Int>,
    ) -> Weights {
        let part = self.part_of(batch, texts);
        base.step(self.weights().clone(), &step.report.descent, part, step.rate, &mut self.state.clone()).select_rows(rows)
    }
}

/// A step has a batch for all lanes that do not see it in text coordinates.
const SEEN: &str = "a step has a batch for every lane";
