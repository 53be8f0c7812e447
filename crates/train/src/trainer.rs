//! The loop behind the picture: takes commands, trains in slices, tells what happens.
//!
//! The shell (a thread, a worker, a test) implements [`Host`]; everything else is the same everywhere.

use std::collections::VecDeque;

use crate::auto::{self, Pending, Trial};
use crate::compute::Compute;
use crate::config::{DataSource, Experiment};
use crate::data::columns;
use crate::landscape::Survey;
use crate::protocol::{Command, DeviceChoice, Event, Files, Phase, Progress, RunId, VERSION};
use crate::session::{Session, TrainError};
use crate::sharpness::{Budget, Side};

/// What the trainer needs from its platform.
#[expect(async_fn_in_trait, reason = "one trainer runs on one thread, so its future need not be Send")]
pub trait Host {
    /// The next command, if one has arrived.
    fn poll(&mut self) -> Option<Command>;
    /// Tells what happened.
    fn emit(&mut self, event: Event);
    /// The platform's clock: a function to seconds since some moment, never going back.
    fn clock(&self) -> Box<dyn Fn() -> f64>;
    /// Lets the platform do its work between slices; `idle` when there is nothing to train.
    async fn give_turn(&mut self, idle: bool);
    /// Names of the data sets at hand.
    fn library(&self) -> Vec<String>;
    /// The files of one of them.
    ///
    /// # Errors
    /// Why it cannot be read, for people.
    fn read_library(&mut self, name: &str) -> Result<Files, String>;
}

/// Longest time between two looks at the commands, while training.
const SLICE_SECONDS: f64 = 0.03;

/// Time between two progress events.
const PROGRESS_SECONDS: f64 = 0.25;

/// Runs until the host goes away (which drops the future, or ends its thread).
pub async fn run(host: impl Host) {
    let clock = host.clock();
    let mut trainer = Trainer {
        host,
        clock,
        run: RunId::default(),
        session: None,
        phase: Phase::Idle,
        speed: Speed::default(),
        budget: Budget::default(),
        sharpness_takes: [0.0; 2],
        next_side: Side::Train,
        surveys: VecDeque::new(),
        try_gpu: Pending::default(),
    };
    let library = trainer.host.library();
    trainer.host.emit(Event::Hello { version: VERSION, library });
    loop {
        while let Some(command) = trainer.host.poll() {
            trainer.obey(command).await;
        }
        let idle = trainer.phase != Phase::Running;
        if !idle {
            trainer.train_a_slice().await;
        }
        trainer.survey().await;
        trainer.host.give_turn(idle && trainer.surveys.is_empty()).await;
    }
}

struct Trainer<H> {
    host: H,
    clock: Box<dyn Fn() -> f64>,
    run: RunId,
    session: Option<Box<Session>>,
    phase: Phase,
    speed: Speed,
    budget: Budget,
    /// Seconds that the last measurement of sharpness took on each side.
    sharpness_takes: [f64; 2],
    next_side: Side,
    /// Landscapes that were asked for, oldest first.
    surveys: VecDeque<Survey>,
    /// Whether the run may move to the GPU and has not tried yet.
    try_gpu: Pending,
}

/// How fast the run goes.
#[derive(Default)]
struct Speed {
    /// Steps that were done when it was prepared.
    first: usize,
    /// Training time so far.
    seconds: f64,
    /// Training time and step at the last progress event.
    told: (f64, usize),
}

impl<H: Host> Trainer<H> {
    async fn obey(&mut self, command: Command) {
        match command {
            Command::Start { run, experiment, files, device, paused } => self.start(run, *experiment, files, device, paused).await,
            Command::Restore { run, bytes, device } => self.restore(run, &bytes, device).await,
            Command::Inspect { files, columns } => {
                let event = match columns::inspect(&files, columns) {
                    Ok(table) => Event::Table(table),
                    Err(error) => Event::Failed { run: self.run, text: error.to_string() },
                };
                self.host.emit(event);
            }
            Command::Pause if self.phase == Phase::Running => {
                // Progress is told now and then; a paused run shows where it really stands.
                self.tell_progress();
                self.enter(Phase::Paused);
            }
            Command::Resume => self.resume(),
            Command::Step => self.single_step().await,
            Command::Stop => self.stop().await,
            Command::Classify { id, text, text_b } => {
                let Some(session) = &self.session else {
                    return self.fail("There is no run to ask: start one first.");
                };
                let (answers, known_tokens) = session.classify(&text, text_b.as_deref()).await;
                self.host.emit(Event::Classified { run: self.run, id, answers, known_tokens });
            }
            Command::Save => {
                let Some(session) = &self.session else {
                    return self.fail("There is no run to save: start one first.");
                };
                let bytes = session.save().await;
                self.host.emit(Event::Saved { run: self.run, bytes });
            }
            Command::Pause => {}
            Command::SharpnessBudget { share } if (0.0..=1.0).contains(&share) => self.budget.share = share,
            Command::SharpnessBudget { share } => self.fail(&format!("The budget is {share}, but must be from 0 to 1.")),
            command => self.look(command).await,
        }
    }

    /// Carries out the commands that look at a run and change nothing of it.
    async fn look(&mut self, command: Command) {
        let run = self.run;
        let Some(session) = &mut self.session else {
            return self.fail("There is no run to look at: start one first.");
        };
        let event = match command {
            Command::MeasureSharpness => {
                self.measure_sharpness(Side::Train, false).await;
                return self.measure_sharpness(Side::HeldOut, false).await;
            }
            Command::Trace { member } => {
                let traced = session.trace(member).await;
                if self.phase == Phase::Running {
                    self.tell_progress();
                    self.enter(Phase::Paused);
                }
                traced.map(|trace| Event::Traced { run, trace: Box::new(trace) })
            }
            Command::Sentences => Ok(Event::Sentences { run, sentences: Box::new(session.sentences()) }),
            Command::SentenceTable { lane } => {
                session.sentence_table(lane).await.map(|table| Event::SentenceTable { run, table: Box::new(table) })
            }
            Command::SentenceHistory { example } => {
                session.sentence_history(example).await.map(|history| Event::SentenceHistory { run, history })
            }
            Command::Landscape { id, plane, points, member } => match session.survey(id, plane, points, member).await {
                Ok(survey) => return self.surveys.push_back(survey),
                Err(text) => Err(text),
            },
            Command::Line { id, from, to, member } => session.line(id, from, to, member).await.map(|line| Event::Line { run, line }),
            other => unreachable!("{other:?} does not look at a run"),
        };
        match event {
            Ok(event) => self.host.emit(event),
            Err(text) => self.fail(&text),
        }
    }

    /// Measures and tells the sharpness of all lanes; `counted` charges it to the budget.
    async fn measure_sharpness(&mut self, side: Side, counted: bool) {
        let Some(session) = &mut self.session else { return };
        let sharpness = session.measure_sharpness(side).await;
        self.sharpness_takes[side as usize] = sharpness.seconds;
        if counted {
            self.budget.sharpness_seconds += sharpness.seconds;
        }
        self.host.emit(Event::Sharpness { run: self.run, sharpness, budget: self.budget });
    }

    /// Measures sharpness, if the budget has time for it.
    async fn spend_the_budget(&mut self) {
        self.budget.training_seconds = self.speed.seconds;
        let side = self.next_side;
        if self.budget.allows(self.sharpness_takes[side as usize]) {
            self.measure_sharpness(side, true).await;
            self.next_side = side.other();
        }
    }

    /// Goes on with the landscape that was asked for first, for a moment.
    async fn survey(&mut self) {
        let (Some(session), Some(survey)) = (&self.session, self.surveys.front_mut()) else { return };
        let Some(landscape) = session.survey_on(survey).await else { return };
        if !landscape.more {
            self.surveys.pop_front();
        }
        self.host.emit(Event::Landscape { run: self.run, landscape: Box::new(landscape) });
    }

    async fn start(&mut self, run: RunId, experiment: Experiment, files: Option<Files>, device: DeviceChoice, paused: bool) {
        self.begin(run, "Reading the data");
        self.host.give_turn(false).await;
        let files = match (&experiment.data.source, files) {
            (DataSource::Library { name }, None) => match self.host.read_library(name) {
                Ok(files) => Some(files),
                Err(text) => return self.give_up(text),
            },
            (_, files) => files,
        };
        let prepared = match self.compute(device).await {
            Ok(compute) => Session::prepare(experiment, files.as_ref(), compute),
            Err(text) => return self.give_up(text),
        };
        self.take(prepared, paused).await;
    }

    async fn restore(&mut self, run: RunId, bytes: &[u8], device: DeviceChoice) {
        self.begin(run, "Reading the saved run");
        let restored = match self.compute(device).await {
            Ok(compute) => Session::restore(bytes, compute),
            Err(text) => return self.give_up(text),
        };
        self.take(restored, true).await;
    }

    /// The device of a choice. `Auto` is the CPU, which starts at once; the GPU is tried later.
    async fn compute(&mut self, choice: DeviceChoice) -> Result<Compute, String> {
        self.try_gpu = Pending::new(choice);
        match choice {
            DeviceChoice::Auto | DeviceChoice::Cpu => Ok(Compute::cpu()),
            DeviceChoice::Gpu => {
                self.host.emit(Event::Preparing { run: self.run, what: "Opening the GPU".to_owned() });
                Compute::gpu().await
            }
        }
    }

    fn begin(&mut self, run: RunId, what: &str) {
        self.session = None;
        self.run = run;
        self.speed = Speed::default();
        self.surveys.clear();
        self.enter(Phase::Preparing);
        self.host.emit(Event::Preparing { run, what: what.to_owned() });
    }

    async fn take(&mut self, session: Result<Session, TrainError>, paused: bool) {
        let mut session = match session {
            Ok(session) => session,
            Err(error) => return self.give_up(error.to_string()),
        };
        session.set_clock(self.host.clock());
        self.speed.first = session.steps_done();
        self.budget = Budget { share: session.summary().experiment.training.sharpness_budget, ..Budget::default() };
        self.sharpness_takes = [0.0; 2];
        self.next_side = Side::Train;
        self.host.emit(Event::Prepared { run: self.run, summary: Box::new(session.summary().clone()) });
        self.host.emit(Event::Preparing { run: self.run, what: "Measuring the initial weights".to_owned() });
        self.host.give_turn(false).await;
        let measurement = session.measure().await;
        self.session = Some(Box::new(session));
        self.host.emit(Event::Measured { run: self.run, measurement });
        self.tell_progress();
        self.enter(if paused { Phase::Paused } else { Phase::Running });
    }

    async fn train_a_slice(&mut self) {
        let Some(session) = &mut self.session else { return };
        let started = (self.clock)();
        let mut measured = None;
        while session.steps_done() < session.steps_planned() && (self.clock)() - started < SLICE_SECONDS {
            session.step();
            if session.measurement_due() {
                measured = Some(session.measure().await);
                break;
            }
        }
        let done = session.steps_done() >= session.steps_planned();
        self.speed.seconds += (self.clock)() - started;
        let new_point = measured.is_some();
        if let Some(measurement) = measured {
            self.host.emit(Event::Measured { run: self.run, measurement });
        }
        if done || self.speed.seconds - self.speed.told.0 > PROGRESS_SECONDS {
            self.tell_progress();
        }
        if !done {
            self.try_gpu_when_due().await;
            // The first sharpness, whose time nobody knows yet, waits until the curves have moved.
            if new_point || self.budget.sharpness_seconds > 0.0 {
                self.spend_the_budget().await;
            }
            return;
        }
        // The end is always measured: it is no longer training time.
        if self.budget.share > 0.0 {
            self.measure_sharpness(Side::Train, false).await;
            self.measure_sharpness(Side::HeldOut, false).await;
        }
        self.enter(Phase::Finished);
    }

    /// Tries the GPU where that is due, and moves there if it is faster.
    async fn try_gpu_when_due(&mut self) {
        let Some(session) = &self.session else { return };
        let (done, ahead) = (session.steps_done() - self.speed.first, session.steps_planned() - session.steps_done());
        let Some(seconds_per_step) = self.try_gpu.due(self.speed.seconds, done, ahead) else { return };
        let run = self.run;
        self.host.emit(Event::Note { run, text: "Trying whether the GPU is faster…".to_owned() });
        self.host.give_turn(false).await;
        let host = &mut self.host;
        let trial = auto::try_gpu(session, seconds_per_step, &*self.clock, async || host.give_turn(false).await).await;
        match trial {
            Ok(Trial { faster, words }) => {
                self.host.emit(Event::Note { run, text: words });
                if let Some(mut faster) = faster {
                    faster.set_clock(self.host.clock());
                    self.host.emit(Event::Moved { run, device: faster.summary().device.clone() });
                    self.session = Some(faster);
                }
            }
            Err(error) => self.fail(&error.to_string()),
        }
    }

    async fn single_step(&mut self) {
        let Some(session) = &mut self.session else {
            return self.fail("There is no run to step through: start one first.");
        };
        if session.steps_done() >= session.steps_planned() {
            return self.fail("The run has reached its planned end: resume it to train as many epochs again.");
        }
        session.step();
        let measurement = session.measure().await;
        self.host.emit(Event::Measured { run: self.run, measurement });
        self.tell_progress();
        self.enter(Phase::Paused);
    }

    fn resume(&mut self) {
        match (&mut self.session, self.phase) {
            (Some(_), Phase::Paused) => self.enter(Phase::Running),
            (Some(session), Phase::Finished) => {
                session.extend();
                self.enter(Phase::Running);
            }
            (None, _) => self.fail("There is no run to resume: start one first."),
            _ => {}
        }
    }

    async fn stop(&mut self) {
        self.surveys.clear();
        if let Some(mut session) = self.session.take() {
            let measurement = session.measure().await;
            self.host.emit(Event::Measured { run: self.run, measurement });
        }
        self.enter(Phase::Idle);
    }

    fn tell_progress(&mut self) {
        let Some(session) = &self.session else { return };
        let (seconds, step) = (self.speed.seconds, session.steps_done());
        let (told_seconds, told_step) = self.speed.told;
        let steps_per_second = if seconds > told_seconds { (step - told_step) as f64 / (seconds - told_seconds) } else { 0.0 };
        self.speed.told = (seconds, step);
        let progress = Progress { step, steps: session.steps_planned(), steps_per_second, seconds };
        self.host.emit(Event::Progress { run: self.run, progress });
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.host.emit(Event::Phase { run: self.run, phase });
    }

    fn fail(&mut self, text: &str) {
        self.host.emit(Event::Failed { run: self.run, text: text.to_owned() });
    }

    fn give_up(&mut self, text: String) {
        self.host.emit(Event::Failed { run: self.run, text });
        self.enter(Phase::Idle);
    }
}
