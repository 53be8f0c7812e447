//! The loop behind the picture: takes commands, trains in slices, tells what happens.
//!
//! The shell (a thread, a worker, a test) implements [`Host`]; everything else is the same everywhere.

use std::collections::VecDeque;

use crate::auto::{self, Pending, Trial};
use crate::checkpoint::Saved;
use crate::compute::Compute;
use crate::config::{DataSource, Experiment};
use crate::data::reading::{self, Chosen};
use crate::landscape::Survey;
use crate::protocol::{Command, DeviceChoice, Event, Files, Phase, Progress, RunId, Ticketed, VERSION};
use crate::session::{Plan, Session};
use crate::sharpness::{Budget, Side};

/// What the trainer needs from its platform.
#[expect(async_fn_in_trait, reason = "one trainer runs on one thread, so its future need not be Send")]
pub trait Host {
    /// The next command, if one has arrived.
    fn poll(&mut self) -> Option<Ticketed<Command>>;
    /// Tells what happened.
    fn emit(&mut self, event: Ticketed<Event>);
    /// The platform's clock: a function to seconds since some moment, never going back.
    fn clock(&self) -> Box<dyn Fn() -> f64>;
    /// Lets the platform do its work between slices; `idle` when there is nothing to train.
    async fn give_turn(&mut self, idle: bool);
    /// Bytes that a run may take on the CPU, where the platform knows.
    fn memory(&self) -> Option<u64>;
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

/// Training time after which a run whose next measurement is far away shows a sign of life.
const LIFE_SECONDS: f64 = 1.0;

/// …and again whenever it has trained so many times as long: a run of hours has some tens of these.
const LIFE_GROWTH: f64 = 1.3;

/// Runs until the host goes away (which drops the future, or ends its thread).
pub async fn run(host: impl Host) {
    let clock = host.clock();
    let mut trainer = Trainer {
        host,
        clock,
        ticket: None,
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
    let (library, memory) = (trainer.host.library(), trainer.host.memory());
    trainer.tell(Event::Hello { version: VERSION, library, memory });
    loop {
        while let Some(Ticketed { ticket, message }) = trainer.host.poll() {
            trainer.ticket = ticket;
            trainer.obey(message).await;
            let ticket = trainer.ticket.take();
            trainer.close(ticket);
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
    /// Of the command that is carried out.
    ticket: Option<u64>,
    run: RunId,
    session: Option<Box<Session>>,
    phase: Phase,
    speed: Speed,
    budget: Budget,
    /// Seconds that the last measurement of sharpness took on each side.
    sharpness_takes: [f64; 2],
    next_side: Side,
    /// Landscapes that were asked for, oldest first, with their tickets.
    surveys: VecDeque<(Option<u64>, Survey)>,
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
    /// Training time at the last measurement.
    measured: f64,
}

impl<H: Host> Trainer<H> {
    async fn obey(&mut self, command: Command) {
        match command {
            Command::Start { run, experiment, files, device, paused } => self.start(run, *experiment, files, device, paused).await,
            Command::Restore { run, bytes, device } => self.restore(run, &bytes, device).await,
            Command::Inspect { files, columns, delimiter } => {
                let event = match reading::inspect(&files, Chosen { delimiter, columns: columns.as_ref() }) {
                    Ok(table) => Event::Table(Box::new(table)),
                    Err(error) => Event::Failed { run: self.run, text: error.to_string() },
                };
                self.tell(event);
            }
            Command::Pause if self.phase == Phase::Running => {
                // Progress is told now and then; a paused run shows where it really stands.
                self.tell_progress();
                self.enter(Phase::Paused);
            }
            Command::Resume => self.resume(),
            Command::Step => self.single_step().await,
            Command::Stop => self.stop().await,
            Command::Classify { text, text_b } => {
                let Some(session) = &self.session else {
                    return self.fail("There is no run to ask: start one first.");
                };
                let (answers, known_tokens) = session.classify(&text, text_b.as_deref()).await;
                self.tell(Event::Classified { run: self.run, answers, known_tokens });
            }
            Command::Save => {
                let Some(session) = &self.session else {
                    return self.fail("There is no run to save: start one first.");
                };
                let bytes = session.save().await;
                self.tell(Event::Saved { run: self.run, bytes });
            }
            Command::Pause | Command::Ping => {}
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
            Command::Landscape { plane, points, member } => match session.survey(plane, points, member).await {
                // It is measured between slices of training, and closes the ticket at its end.
                Ok(survey) => return self.surveys.push_back((self.ticket.take(), survey)),
                Err(error) => Err(error),
            },
            Command::Line { from, to, member } => session.line(from, to, member).await.map(|line| Event::Line { run, line }),
            other => unreachable!("{other:?} does not look at a run"),
        };
        match event {
            Ok(event) => self.tell(event),
            Err(error) => self.fail(&error.to_string()),
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
        self.tell(Event::Sharpness { run: self.run, sharpness, budget: self.budget });
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
        let (Some(session), Some((ticket, survey))) = (&self.session, self.surveys.front_mut()) else { return };
        let Some(landscape) = session.survey_on(survey).await else { return };
        let (ticket, done) = (*ticket, !landscape.more);
        let message = Event::Landscape { run: self.run, landscape: Box::new(landscape) };
        self.host.emit(Ticketed { ticket, message });
        if done {
            self.surveys.pop_front();
            self.close(ticket);
        }
    }

    async fn start(&mut self, run: RunId, experiment: Experiment, files: Option<Files>, device: DeviceChoice, paused: bool) {
        self.prepare(run, "Reading the data").await;
        let files = match (&experiment.data.source, files) {
            (DataSource::Library { name }, None) => match self.host.read_library(name) {
                Ok(files) => Some(files),
                Err(text) => return self.refuse(run, text),
            },
            (_, files) => files,
        };
        let plan = match Plan::new(experiment, files.as_ref()) {
            Ok(plan) => plan,
            Err(error) => return self.refuse(run, error.to_string()),
        };
        let compute = match self.compute(run, device).await {
            Ok(compute) => compute,
            Err(text) => return self.refuse(run, text),
        };
        if let Err(error) = plan.fits(&compute.limits) {
            return self.refuse(run, error.to_string());
        }
        self.end(run, device);
        self.begin(Session::build(plan, compute), paused).await;
    }

    async fn restore(&mut self, run: RunId, bytes: &[u8], device: DeviceChoice) {
        self.prepare(run, "Reading the saved run").await;
        let saved = match Saved::read(bytes) {
            Ok(saved) => saved,
            Err(error) => return self.refuse(run, error.to_string()),
        };
        let compute = match self.compute(run, device).await {
            Ok(compute) => compute,
            Err(text) => return self.refuse(run, text),
        };
        if let Err(error) = saved.fits(&compute.limits) {
            return self.refuse(run, error.to_string());
        }
        self.end(run, device);
        self.begin(saved.resume(compute), true).await;
    }

    /// Says what goes on before a run can begin. The one before it is still there.
    async fn prepare(&mut self, run: RunId, what: &str) {
        self.tell(Event::Preparing { run, what: what.to_owned() });
        self.host.give_turn(false).await;
    }

    /// The device of a choice. `Auto` is the CPU, which starts at once; the GPU is tried later.
    async fn compute(&mut self, run: RunId, choice: DeviceChoice) -> Result<Compute, String> {
        match choice {
            DeviceChoice::Auto | DeviceChoice::Cpu => Ok(Compute::cpu().with_memory(self.host.memory())),
            DeviceChoice::Gpu => {
                self.tell(Event::Preparing { run, what: "Opening the GPU".to_owned() });
                Ok(Compute::gpu().await?.with_memory(self.host.memory()))
            }
        }
    }

    /// A run that cannot begin; the one before it goes on.
    fn refuse(&mut self, run: RunId, text: String) {
        self.tell(Event::Failed { run, text });
    }

    /// Ends the run that is there, since all that the next one needs has been found; its memory is free before the next
    /// one takes any.
    fn end(&mut self, next: RunId, device: DeviceChoice) {
        self.forget_surveys();
        self.session = None;
        self.run = next;
        self.speed = Speed::default();
        self.try_gpu = Pending::new(device);
        self.enter(Phase::Preparing);
    }

    /// Landscapes of a run that ends.
    fn forget_surveys(&mut self) {
        for (ticket, _) in std::mem::take(&mut self.surveys) {
            self.close(ticket);
        }
    }

    async fn begin(&mut self, mut session: Session, paused: bool) {
        session.set_clock(self.host.clock());
        self.speed.first = session.steps_done();
        self.budget = Budget { share: session.summary().experiment.training.sharpness_budget, ..Budget::default() };
        self.sharpness_takes = [0.0; 2];
        self.next_side = Side::Train;
        self.tell(Event::Prepared { run: self.run, summary: Box::new(session.summary().clone()) });
        self.tell(Event::Preparing { run: self.run, what: "Measuring the initial weights".to_owned() });
        self.host.give_turn(false).await;
        let measurement = session.measure().await;
        let done = session.steps_done() >= session.steps_planned();
        self.session = Some(Box::new(session));
        self.tell(Event::Measured { run: self.run, measurement });
        self.tell_progress();
        self.enter(match () {
            () if done => Phase::Finished,
            () if paused => Phase::Paused,
            () => Phase::Running,
        });
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
            if self.try_gpu.mark() == Some(session.steps_done()) {
                break;
            }
        }
        let done = session.steps_done() >= session.steps_planned();
        let seconds = self.speed.seconds + (self.clock)() - started;
        // Measuring changes nothing of what is trained, so when it happens may depend on the clock.
        if measured.is_none() && session.measures_by_itself() && seconds >= (self.speed.measured * LIFE_GROWTH).max(LIFE_SECONDS) {
            measured = Some(session.measure().await);
        }
        self.speed.seconds += (self.clock)() - started;
        let new_point = measured.is_some();
        if let Some(measurement) = measured {
            self.speed.measured = self.speed.seconds;
            self.tell(Event::Measured { run: self.run, measurement });
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
        let done = session.steps_done() - self.speed.first;
        let Some(lap) = self.try_gpu.look(session, self.speed.seconds, done).await else { return };
        let run = self.run;
        self.host.emit(Event::Note { run, text: "Trying whether the GPU is faster…".to_owned() }.into());
        self.host.give_turn(false).await;
        let host = &mut self.host;
        let trial = auto::try_gpu(session, &lap, &*self.clock, async || host.give_turn(false).await).await;
        match trial {
            Ok(Trial { faster, words }) => {
                self.tell(Event::Note { run, text: words });
                if let Some(mut faster) = faster {
                    faster.set_clock(self.host.clock());
                    self.tell(Event::Moved { run, device: faster.summary().device.clone() });
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
            match session.extend(None) {
                Ok(text) => self.host.emit(Event::Note { run: self.run, text }.into()),
                Err(error) => return self.fail(&error.to_string()),
            }
        }
        session.step();
        let measurement = session.measure().await;
        self.tell(Event::Measured { run: self.run, measurement });
        self.tell_progress();
        self.enter(Phase::Paused);
    }

    fn resume(&mut self) {
        match (&mut self.session, self.phase) {
            (Some(session), Phase::Paused | Phase::Finished) => {
                // Also paused: by a single step, or as it was saved.
                if session.steps_done() >= session.steps_planned() {
                    match session.extend(None) {
                        Ok(text) => self.tell(Event::Note { run: self.run, text }),
                        Err(error) => return self.fail(&error.to_string()),
                    }
                    self.tell_progress();
                }
                self.enter(Phase::Running);
            }
            (None, _) => self.fail("There is no run to resume: start one first."),
            _ => {}
        }
    }

    async fn stop(&mut self) {
        self.forget_surveys();
        if let Some(mut session) = self.session.take() {
            let measurement = session.measure().await;
            self.tell(Event::Measured { run: self.run, measurement });
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
        self.tell(Event::Progress { run: self.run, progress });
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.tell(Event::Phase { run: self.run, phase });
    }

    fn fail(&mut self, text: &str) {
        self.tell(Event::Failed { run: self.run, text: text.to_owned() });
    }

    /// Tells what happened, because of the command that is carried out or without one.
    fn tell(&mut self, message: Event) {
        self.host.emit(Ticketed { ticket: self.ticket, message });
    }

    /// Says that nothing more follows from a command.
    fn close(&mut self, ticket: Option<u64>) {
        if ticket.is_some() {
            self.host.emit(Ticketed { ticket, message: Event::Done });
        }
    }
}
