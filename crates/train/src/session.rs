//! A run: lanes in lockstep on one stream of batches.
//!
//! Read [`Session::step`] first: it is the loop's body. Nothing is read back from the device there;
//! [`Session::measure`] reads a handful of numbers when a measurement is due.
//! Elsewhere: who calls these, and when (`trainer.rs`); saving and resuming (`checkpoint.rs`).

use std::ops::Range;

use basin_kernels::probabilities;
use basin_optim::base::{Base, Part, State};
use basin_optim::measures::sharpness::{Here, gap};
use basin_optim::methods::{Context, Method, StepReport, runs_in_text_coordinates};
use basin_optim::population::{Cost, Noise, Purpose, Weights};
use burn::tensor::{Int, Tensor, TensorData, Transaction};

use crate::batch::{Batch, TextBatch, epoch_order};
use crate::compute::Compute;
use crate::config::{self, ConfigError, Experiment, Schedule, within};
use crate::data::dataset::{Dataset, Example};
use crate::data::error::DataError;
use crate::evaluate::Evaluator;
use crate::landscape::Trail;
use crate::lane::{LaneConfig, MethodConfig};
use crate::limits::{self, Limits, TooMuch};
use crate::memory::{self, DataSizes, Estimate, Network};
use crate::method;
use crate::models::{self, Model, OnBatch, Sizes};
use crate::protocol::{Answer, Files, LaneMeasurement, Measurement, Summary};
use crate::random::{self, shuffle, stream};
use crate::sentences::Chronicle;

/// Why a run cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A knob out of bounds.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// More memory than there is.
    #[error(transparent)]
    Memory(#[from] TooMuch),
    /// A saved run that cannot be resumed.
    #[error("this is no saved run of Basin: {0}")]
    Checkpoint(String),
    /// Bits of a saved run changed after it was saved.
    #[error("this saved run is damaged: its checksum does not fit what it holds; save it again, or take another copy of the file")]
    Damaged,
    /// The data of a saved run is not what it was.
    #[error(
        "this saved run learned from other data than `{data}` is here: tokens, classes or examples differ, so its weights would mean nothing; open it with the Basin and the data set that it was saved with"
    )]
    OtherData {
        /// Title of the data set.
        data: String,
    },
    /// A run that cannot go on past its planned end.
    #[error("{0}")]
    Extension(String),
}

/// Why a run cannot be looked at as asked. The words count nothing: people count from 1, programs from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookError {
    /// No such lane.
    #[error("there is no such lane: this run has {} ({})", titles.len(), titles.join(", "))]
    NoLane {
        /// Those that there are.
        titles: Vec<String>,
    },
    /// No such member.
    #[error("there is no such seed: this run has {seeds}")]
    NoMember {
        /// Those that there are.
        seeds: usize,
    },
    /// The lane has no numbers to show.
    #[error("{title} has diverged with this seed: choose another lane or seed")]
    Diverged {
        /// The lane.
        title: String,
    },
    /// Every lane has diverged.
    #[error("all lanes have diverged with this seed: choose another one")]
    AllDiverged,
    /// A plane through one lane, or none.
    #[error("a plane needs two lanes that have not diverged: choose different ones, or random directions")]
    NoPlane,
    /// A grid that is too coarse, or takes too long.
    #[error("a landscape of {points} × {points} points cannot be made: choose from 5 to 101")]
    Points {
        /// What was asked for.
        points: usize,
    },
    /// A training example that is not kept track of.
    #[error("there is no record of this training example: choose one of the first {known}")]
    NoExample {
        /// How many are kept track of.
        known: usize,
    },
}

/// Examples of the training set whose loss is measured.
const TRAIN_SAMPLE: usize = 1024;

/// Steps of a run, at most: ten thousand epochs of two hundred thousand examples one by one.
pub(crate) const MOST_STEPS: usize = 2_000_000_000;

/// Measurements of a whole run, when the experiment does not say how often.
const MEASUREMENTS: usize = 60;

/// A run.
pub struct Session {
    pub(crate) experiment: Experiment,
    pub(crate) files: Option<Files>,
    pub(crate) data: Dataset,
    pub(crate) data_sizes: DataSizes,
    pub(crate) model: Box<dyn Model>,
    pub(crate) compute: Compute,
    pub(crate) base: Base,
    pub(crate) lanes: Vec<Lane>,
    pub(crate) step: usize,
    /// Planned.
    pub(crate) steps: usize,
    /// Where the schedule of the learning rate began last: 0, or the planned end from which the run was extended.
    pub(crate) schedule_from: usize,
    step_seconds: f64,
    /// Batches of the current epoch.
    order: Vec<Vec<usize>>,
    /// The next step, where it has been looked at already.
    pub(crate) next: Option<NextStep>,
    train_sample: Evaluator,
    test: Evaluator,
    /// Training and held-out examples on which sharpness is measured.
    pub(crate) probes: [Batch; 2],
    /// As many training examples as a batch has, on which alignment is measured.
    pub(crate) alignment_batch: Batch,
    probe_rho: Tensor<3>,
    pub(crate) chronicle: Chronicle,
    pub(crate) trail: Trail,
    summary: Summary,
    /// Seconds since some moment; the platform's clock, injected.
    pub(crate) clock: Box<dyn Fn() -> f64>,
}

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
    /// Where the next estimate of the largest eigenvalue starts, on the training and the held-out probe.
    pub(crate) eigenvectors: [Option<Weights>; 2],
}

/// A step of every lane that is computed but not yet taken.
pub(crate) struct NextStep {
    /// The training examples of its batch.
    pub(crate) examples: Vec<usize>,
    /// Its batch; none where all lanes see it in text coordinates.
    batch: Option<Batch>,
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
    memory: State,
    pub(crate) rate: f64,
    seconds: f64,
}

/// What a step takes from the run.
#[derive(Clone, Copy)]
struct Settings<'a> {
    /// Learning rate over that at the start.
    rate_fraction: f64,
    rate: f64,
    noise: &'a Noise,
}

/// What a run needs before it takes a device: checked knobs and data. What can be wrong with a request is found
/// here, while the run before still trains.
pub struct Plan {
    pub(crate) experiment: Experiment,
    pub(crate) files: Option<Files>,
    pub(crate) data: Dataset,
}

impl Plan {
    /// Checks the knobs and reads the data.
    ///
    /// # Errors
    /// A knob out of bounds, or what is wrong with the data.
    pub fn new(mut experiment: Experiment, files: Option<&Files>) -> Result<Self, TrainError> {
        experiment.check()?;
        let data = Dataset::load(&experiment.data, files)?;
        if let Some(taken) = &data.taken {
            // What was guessed of a file stays with the run: it is resumed on the same columns.
            experiment.data.columns = Some(taken.columns.clone());
        }
        Ok(Self { experiment, files: files.cloned(), data })
    }

    /// What the model is as wide as.
    pub(crate) fn sizes(&self) -> Sizes {
        Sizes { vocabulary: self.data.vocabulary.len(), classes: self.data.classes.len(), pairs: self.data.pairs }
    }

    /// What of the data decides how much memory the run takes.
    pub fn data_sizes(&self) -> DataSizes {
        let Self { data, files, .. } = self;
        let examples = || data.train.iter().chain(&data.test);
        let lengths = |e: &Example| [e.tokens.len() as u64, e.tokens_b.len() as u64];
        let bytes = |files: &Files| files.train.bytes.len() + files.test.as_ref().map_or(0, |file| file.bytes.len());
        DataSizes {
            train: data.train.len() as u64,
            test: data.test.len() as u64,
            vocabulary: data.vocabulary.len() as u64,
            classes: data.classes.len() as u64,
            pairs: data.pairs,
            longest: examples().flat_map(lengths).max().unwrap_or(0),
            tokens: examples().flat_map(lengths).sum(),
            texts: examples().map(|e| (e.text.len() + e.text_b.as_ref().map_or(0, String::len)) as u64).sum(),
            files: files.as_ref().map_or(0, bytes) as u64,
        }
    }

    /// How much memory the run takes.
    ///
    /// # Errors
    /// There is less, with the knobs that bring it down.
    pub fn fits(&self, limits: &Limits) -> Result<Estimate, TooMuch> {
        limits::check(&self.experiment, &self.data_sizes(), limits)
    }

    /// What will be trained, on a device.
    pub fn summary(&self, compute: &Compute) -> Summary {
        let steps = self.data.train.len().div_ceil(self.experiment.training.batch).saturating_mul(self.experiment.training.epochs);
        let network = Network { config: self.experiment.model, data: self.data_sizes() };
        summarise(&self.experiment, &self.data, &network, steps, compute)
    }
}

impl Session {
    /// Reads the data, makes the model and the lanes' common initial weights.
    ///
    /// # Errors
    /// A knob out of bounds, what is wrong with the data, or more memory than there is.
    pub fn prepare(experiment: Experiment, files: Option<&Files>, compute: Compute) -> Result<Self, TrainError> {
        let plan = Plan::new(experiment, files)?;
        plan.fits(&compute.limits)?;
        Ok(Self::build(plan, compute))
    }

    /// Makes the model and the lanes' common initial weights, of a plan that fits.
    pub fn build(plan: Plan, compute: Compute) -> Self {
        let (sizes, data_sizes, summary) = (plan.sizes(), plan.data_sizes(), plan.summary(&compute));
        let Plan { experiment, files, data } = plan;
        let device = compute.device.clone();
        let model = models::build(&experiment.model, sizes);
        let base = method::base(&experiment.training);

        let initial = model.init(&experiment.member_seeds(), &device);
        let lanes = experiment.lanes.iter().map(|config| Lane::new(config, &initial, base)).collect();

        let classes = data.classes.len();
        let t = &experiment.training;
        let mut shuffled: Vec<usize> = (0..data.train.len()).collect();
        // Measured examples are chosen once, so that curves are smooth and lanes comparable.
        let mut rng = stream(experiment.data.seed, random::Purpose::Batches);
        rng.set_word_pos(u128::from(u64::MAX));
        shuffle(&mut rng, &mut shuffled);
        let sample = |n: usize| shuffled.iter().take(n).map(|&i| &data.train[i]);
        // Evenly from all of them: test files may be sorted.
        let (all, some) = (data.test.len(), t.probe.min(data.test.len()));
        let mut held_out = (0..some).map(|i| &data.test[i * all / some]);
        let batch = |examples: &mut dyn Iterator<Item = &Example>| Batch::new(examples, classes, model.reads_in_order(), &device);
        let at_once = memory::chunk(&experiment.model, &data_sizes, experiment.seeds as u64);

        Self {
            train_sample: Evaluator::new(sample(TRAIN_SAMPLE), at_once, classes, &*model, &device),
            test: Evaluator::new(&data.test, at_once, classes, &*model, &device),
            probes: [batch(&mut sample(t.probe)), batch(&mut held_out)],
            alignment_batch: batch(&mut sample(t.batch)),
            probe_rho: Tensor::full([experiment.seeds, 1, 1], t.probe_rho, &device),
            order: epoch_order(data.train.len(), t.batch, experiment.data.seed, 0),
            files,
            chronicle: Chronicle::new(experiment.lanes.len(), data.train.len(), experiment.seeds * t.batch.min(data.train.len())),
            trail: Trail::new(&initial, experiment.lanes.len()),
            next: None,
            step: 0,
            steps: summary.steps,
            schedule_from: 0,
            step_seconds: 0.0,
            data_sizes,
            lanes,
            base,
            summary,
            model,
            data,
            compute,
            experiment,
            clock: Box::new(|| 0.0),
        }
    }

    /// Gives the run a clock (seconds since some moment), so that it can say what each lane's steps took.
    pub fn set_clock(&mut self, clock: Box<dyn Fn() -> f64>) {
        self.clock = clock;
    }

    /// One step of every lane on the next batch. Nothing is read back.
    pub fn step(&mut self) {
        let began = (self.clock)();
        let schedule = self.schedule();
        let NextStep { examples, batch, texts, lanes } = match self.next.take() {
            Some(next) => next,
            None => self.compute_step(),
        };
        for (index, (lane, step)) in self.lanes.iter_mut().zip(lanes).enumerate() {
            self.chronicle.record(index, self.step, &examples, &step.report);
            let started = self.compute.now(&*self.clock);
            lane.take(self.base, batch.as_ref(), texts.as_ref(), step);
            lane.add_seconds(self.compute.now(&*self.clock) - started);
        }
        self.step += 1;
        // A step beyond the planned end is the first of as many epochs again.
        if self.step > self.steps {
            self.schedule_from = schedule.start;
            self.plan_until(schedule.end);
        }
        self.step_seconds += (self.clock)() - began;
    }

    /// Time of the steps since the run was prepared or restored here, in seconds, without measurements and whatever else
    /// comes between steps. On a device that works through a queue: the time to fill it.
    pub(crate) fn step_seconds(&self) -> f64 {
        self.step_seconds
    }

    /// The steps over which the learning rate of the next one follows its schedule. After the planned end those are as many
    /// epochs again, on which the schedule begins anew.
    fn schedule(&self) -> Range<usize> {
        if self.step < self.steps { self.schedule_from..self.steps } else { self.steps..self.steps + self.round() }
    }

    /// The next step of every lane, not yet taken. After the planned end it is the first of as many epochs again.
    pub(crate) fn compute_step(&mut self) -> NextStep {
        let training = &self.experiment.training;
        let (epoch, place) = (self.step / self.order.len(), self.step % self.order.len());
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
        NextStep { examples, batch, texts, lanes }
    }

    /// The members' random numbers at this step.
    pub(crate) fn noise(&self, purpose: Purpose) -> Noise {
        Noise::Seeded { seeds: self.experiment.member_seeds(), purpose, step: self.step as u64 }
    }

    /// The learning rate of the next step over that at the start.
    pub(crate) fn rate_fraction(&self) -> f64 {
        let schedule = self.schedule();
        match self.experiment.training.schedule {
            Schedule::Constant => 1.0,
            Schedule::Cosine => cosine(self.step - schedule.start, schedule.len()),
        }
    }

    /// Examples as a batch on the run's device.
    pub(crate) fn batch<'a>(&self, examples: impl IntoIterator<Item = &'a Example>) -> Batch {
        Batch::new(examples, self.data.classes.len(), self.model.reads_in_order(), &self.compute.device)
    }

    /// Steps done.
    pub fn steps_done(&self) -> usize {
        self.step
    }

    /// Steps planned.
    pub fn steps_planned(&self) -> usize {
        self.steps
    }

    /// Plans `epochs` more from the planned end on, or as many again as the experiment has. The schedule of the learning
    /// rate begins again there: a warm restart (SGDR, arXiv:1608.03983), for at the end of a cosine it is zero and nothing
    /// would move. Says so in a sentence.
    ///
    /// # Errors
    /// If the run is not at its planned end, or the number is out of bounds.
    pub fn extend(&mut self, epochs: Option<usize>) -> Result<String, TrainError> {
        within("more epochs", epochs.unwrap_or(1), 1, 10_000)?;
        if self.step < self.steps {
            let (done, steps) = (self.step, self.steps);
            return Err(TrainError::Extension(format!("the run has done {done} of {steps} planned steps: let it reach its end first")));
        }
        let epochs = epochs.unwrap_or(self.experiment.training.epochs);
        let more = self.order.len() * epochs;
        let steps = self.steps.checked_add(more).filter(|steps| *steps <= MOST_STEPS);
        let steps = steps.ok_or_else(|| TrainError::Extension(format!("a run has {MOST_STEPS} steps at most: start a new one")))?;
        self.schedule_from = self.steps;
        self.plan_until(steps);
        let rate = match self.experiment.training.schedule {
            Schedule::Constant => "the learning rate stays as it is",
            Schedule::Cosine => "the learning rate starts again at its first value and falls to zero (a warm restart)",
        };
        Ok(format!("{epochs} more epochs, {more} steps: {rate}."))
    }

    /// Steps of as many epochs as were planned at first.
    fn round(&self) -> usize {
        self.order.len() * self.experiment.training.epochs
    }

    fn plan_until(&mut self, steps: usize) {
        self.steps = steps;
        self.summary.steps = steps;
    }

    /// Whether Basin chooses when it measures.
    pub fn measures_by_itself(&self) -> bool {
        self.experiment.training.evaluate_every == 0
    }

    /// Whether the curves want a point here: at the start, at the end, and every so often.
    pub fn measurement_due(&self) -> bool {
        let every = match self.experiment.training.evaluate_every {
            0 => self.steps.div_ceil(MEASUREMENTS).max(1),
            every => every,
        };
        self.step.is_multiple_of(every) || self.step == self.steps
    }

    /// Loss, accuracy and gap of every lane, now.
    pub async fn measure(&mut self) -> Measurement {
        let epoch = self.step as f64 / self.order.len() as f64;
        // All lanes begin at the same weights: there, what the first one measures holds for all.
        let apart = if self.step == 0 { 1 } else { self.lanes.len() };
        let mut transaction = Transaction::default();
        for lane in &self.lanes[..apart] {
            let w = lane.weights();
            let train = self.train_sample.evaluate(&*self.model, w);
            let test = self.test.evaluate(&*self.model, w);
            let probe = OnBatch::new(&*self.model, &self.probes[0]);
            let touched = w.select_rows(&self.probes[0].rows);
            let gap = gap(&probe, &touched, &Here::at(&probe, &touched), &self.probe_rho);
            let values = Tensor::stack::<2>(vec![train.loss, train.accuracy, test.loss, test.accuracy, gap], 0);
            // Below them the share of each class among the answers, a row a class.
            transaction = transaction.register(Tensor::cat(vec![values, test.answers.transpose()], 0));
        }
        let read = transaction.execute_async().await.expect("the device computes what it was asked for");
        let read: Vec<Vec<f32>> = read.into_iter().map(|values| values.try_to_vec_as().expect("measurements are f32")).collect();

        // More than this share are all test examples; a device may round n/n.
        let all = 1.0 - 0.5 / self.test.examples() as f64;
        let lanes = self.lanes.iter_mut().zip(read.iter().cycle()).map(|(lane, values)| {
            let mut rows = values.chunks(lane.diverged.len()).map(|row| row.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>());
            let mut next = || rows.next().expect("five rows stand above those of the classes");
            let mut measured = LaneMeasurement {
                train_loss: next(),
                train_accuracy: next(),
                test_loss: next(),
                test_accuracy: next(),
                gap: next(),
                gradient_evaluations: lane.spent.gradient_evaluations(),
                seconds: lane.seconds,
                diverged: Vec::new(),
                only_answer: Vec::new(),
            };
            let classes: Vec<Vec<f64>> = rows.collect();
            for (member, diverged) in lane.diverged.iter_mut().enumerate() {
                *diverged |= !(measured.train_loss[member].is_finite() && measured.test_loss[member].is_finite());
                if *diverged {
                    for series in [
                        &mut measured.train_loss,
                        &mut measured.train_accuracy,
                        &mut measured.test_loss,
                        &mut measured.test_accuracy,
                        &mut measured.gap,
                    ] {
                        series[member] = f64::NAN;
                    }
                }
            }
            measured.diverged.clone_from(&lane.diverged);
            let only = |member: usize| classes.iter().position(|share| share[member] > all).filter(|_| !lane.diverged[member]);
            measured.only_answer = (0..lane.diverged.len()).map(only).collect();
            measured
        });
        let measurement = Measurement { step: self.step, epoch, lanes: lanes.collect() };
        self.chronicle.read().await;
        self.trail.keep(self.step, self.lanes.iter().map(Lane::weights));
        measurement
    }

    /// Each lane's class probabilities for a text, and how many of its tokens are known, of how many.
    pub async fn classify(&self, text: &str, text_b: Option<&str>) -> (Vec<Answer>, (usize, usize)) {
        let (tokens, mut known, mut total) = self.data.encode(text);
        let mut tokens_b = Vec::new();
        if self.data.pairs {
            let (encoded, known_b, total_b) = self.data.encode(text_b.unwrap_or_default());
            (tokens_b, known, total) = (encoded, known + known_b, total + total_b);
        }
        let example = Example { text: String::new(), text_b: None, tokens, tokens_b, label: 0, given_label: 0, row: 0 };
        let classes = self.data.classes.len();
        let batch = self.batch([&example]);
        let mut transaction = Transaction::default();
        for lane in &self.lanes {
            let outputs = self.model.forward(&lane.weights().select_rows(&batch.rows), &batch);
            transaction = transaction.register(probabilities(outputs.logits));
        }
        let read = transaction.execute_async().await.expect("the device computes what it was asked for");
        let answers = self.lanes.iter().zip(read).map(|(lane, values)| {
            let values: Vec<f32> = values.try_to_vec_as().expect("probabilities are f32");
            // A member that has just diverged is known as such with the next measurement.
            let alive = |(row, diverged): &(&[f32], &bool)| !**diverged && row.iter().all(|p| p.is_finite());
            let alive: Vec<&[f32]> = values.chunks(classes).zip(&lane.diverged).filter(alive).map(|(row, _)| row).collect();
            answer(&alive, classes)
        });
        (answers.collect(), (known, total))
    }

    /// Returns when the device has done all that it was asked for.
    pub async fn wait_for_device(&self) {
        let mut transaction = Transaction::default();
        for lane in &self.lanes {
            let bias = lane.weights().leaves().last().expect("a model has leaves").value.clone();
            transaction = transaction.register(bias);
        }
        transaction.execute_async().await.expect("the device computes what it was asked for");
    }

    /// Takes over what another session of the same run knows of its past, apart from where the lanes have been:
    /// those weights are on the other device.
    pub(crate) async fn take_over_records(&mut self, other: &Self) {
        self.chronicle = other.chronicle.clone();
        // What is pending is on the other device: it is read before anything of this one joins it.
        self.chronicle.read().await;
    }

    /// What is trained.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Tells something about the run, with its summary.
    pub(crate) fn note(&mut self, text: &str) {
        self.summary.notes.push(text.to_owned());
    }

    /// Goes on from step `step` of `steps`, with a schedule that began at `schedule_from`.
    pub(crate) fn resume_at(&mut self, step: usize, steps: usize, schedule_from: usize) {
        self.step = step;
        self.schedule_from = schedule_from;
        self.next = None;
        self.plan_until(steps);
        self.order = epoch_order(self.data.train.len(), self.experiment.training.batch, self.experiment.data.seed, step / self.order.len());
    }
}

impl Lane {
    fn new(config: &LaneConfig, initial: &Weights, base: Base) -> Self {
        let method = method::build(&config.method);
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
            eigenvectors: [None, None],
        }
    }

    pub(crate) fn weights(&self) -> &Weights {
        self.w.as_ref().expect("weights are away only inside a step")
    }

    /// The batch in text coordinates, for a method that runs there.
    pub(crate) fn sees<'a>(&self, texts: Option<&'a TextBatch>) -> Option<&'a TextBatch> {
        texts.filter(|_| runs_in_text_coordinates(&*self.method))
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
    fn step(&self, model: &dyn Model, batch: Option<&Batch>, texts: Option<&TextBatch>, settings: Settings<'_>) -> LaneStep {
        let Settings { rate_fraction, rate, noise } = settings;
        let (w, on) = if let Some(texts) = self.sees(texts) {
            (texts.enter(self.weights()), &texts.batch)
        } else {
            let batch = batch.expect(SEEN);
            (self.weights().select_rows(&batch.rows), batch)
        };
        let mut memory = self.state.select(self.method.slots(), &on.rows);
        let mut context = Context { rho: self.rho_at(rate_fraction), state: &mut memory, noise };
        let report = self.method.step(&w, &OnBatch::new(model, on), &mut context);
        LaneStep { report, memory, rate, seconds: 0.0 }
    }

    /// Takes a step: the base optimizer writes what it moves.
    fn take(&mut self, base: Base, batch: Option<&Batch>, texts: Option<&TextBatch>, step: LaneStep) {
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
    fn add_seconds(&mut self, seconds: f64) {
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

/// Half a cosine from 1 at the first step to 0 after the last.
fn cosine(step: usize, steps: usize) -> f64 {
    f64::midpoint(1.0, (std::f64::consts::PI * step as f64 / steps as f64).cos())
}

/// Mean and standard deviation of each class over members; without any, the mean is NaN.
fn answer(members: &[&[f32]], classes: usize) -> Answer {
    let n = members.len() as f64;
    let of_class = |class: usize| members.iter().map(move |row| f64::from(row[class]));
    let probabilities: Vec<f64> = (0..classes).map(|class| of_class(class).sum::<f64>() / n).collect();
    let deviation = |class: usize| {
        let squares: f64 = of_class(class).map(|p| (p - probabilities[class]).powi(2)).sum();
        if members.len() > 1 { (squares / (n - 1.0)).sqrt() } else { 0.0 }
    };
    Answer { deviations: (0..classes).map(deviation).collect(), probabilities }
}

fn summarise(experiment: &Experiment, data: &Dataset, network: &Network, steps: usize, compute: &Compute) -> Summary {
    let mut notes = data.notes.clone();
    notes.extend(common_rho(&experiment.lanes));
    if experiment.training.base == config::Base::AdamW && experiment.lanes.iter().any(|lane| lane.method == MethodConfig::Sgd) {
        notes.push("The optimizer is AdamW for all lanes: the lane SGD is AdamW without a climb.".to_owned());
    }
    Summary {
        data: data.title.clone(),
        classes: data.classes.clone(),
        train_counts: data.train_counts(),
        test_counts: data.test_counts(),
        flipped: data.flipped(),
        vocabulary: data.vocabulary.len(),
        weights: network.weights() as usize,
        sizes: network.data,
        steps,
        pairs: data.pairs,
        samples: data.test.iter().step_by((data.test.len() / 6).max(1)).take(6).map(|e| e.text.clone()).collect(),
        device: compute.name.clone(),
        notes,
        experiment: experiment.clone(),
        taken: data.taken.clone(),
        taken_of_test: data.taken_of_test.clone(),
    }
}

/// A note when all climbing lanes share one ρ, since the best one differs by method.
fn common_rho(lanes: &[LaneConfig]) -> Option<String> {
    let climbing: Vec<&LaneConfig> = lanes.iter().filter(|lane| lane.method != MethodConfig::Sgd).collect();
    let (first, others) = climbing.split_first()?;
    let common = !others.is_empty() && others.iter().all(|lane| lane.rho.total_cmp(&first.rho).is_eq());
    common.then(|| {
        format!("All climbing lanes use ρ = {}: the best ρ differs by method, so tune it for each before you call one better.", first.rho)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lanes that differ in their method alone begin alike, and each then measures its own weights.
    #[test]
    fn every_lane_tells_what_it_would_tell_alone() {
        let lanes = [MethodConfig::Sgd, MethodConfig::Sam].map(LaneConfig::new);
        let measured = |lanes: &[LaneConfig]| {
            let experiment = Experiment { lanes: lanes.to_vec(), ..Experiment::default() };
            let mut session = Session::prepare(experiment, None, Compute::cpu()).expect("the built-in data is good");
            let first = pollster::block_on(session.measure());
            session.step();
            [first, pollster::block_on(session.measure())].map(|point| point.lanes)
        };
        let together = measured(&lanes);
        for (lane, config) in lanes.iter().enumerate() {
            for (together, alone) in together.iter().zip(measured(std::slice::from_ref(config))) {
                assert_eq!((&together[lane].train_loss, &together[lane].gap), (&alone[0].train_loss, &alone[0].gap), "{:?}", config.method);
            }
        }
        assert_ne!(together[1][0].train_loss, together[1][1].train_loss, "one step apart");
    }

    /// A member whose weights are no numbers stands for one whose training blew up.
    #[test]
    fn a_member_that_diverges_is_marked_and_the_others_go_on() {
        let experiment = Experiment { seeds: 2, lanes: vec![LaneConfig::new(MethodConfig::Sam)], ..Experiment::default() };
        let mut session = Session::prepare(experiment, None, Compute::cpu()).expect("the built-in data is good");
        let lane = &mut session.lanes[0];
        let factor = Tensor::from_data(TensorData::new(vec![f32::NAN, 1.0], [2, 1, 1]), &session.compute.device);
        lane.w = Some(lane.weights().scale(&factor));
        session.step();
        let measured = pollster::block_on(session.measure()).lanes.remove(0);
        assert_eq!(measured.diverged, [true, false]);
        assert!(measured.test_loss[0].is_nan() && measured.gap[0].is_nan());
        assert!(measured.test_loss[1].is_finite() && measured.gap[1].is_finite());
        let (answers, _) = pollster::block_on(session.classify("my screen is black", None));
        let sum: f64 = answers[0].probabilities.iter().sum();
        assert!((sum - 1.0).abs() < 1e-5, "the member that is left answers with probabilities: {sum}");
    }
}
