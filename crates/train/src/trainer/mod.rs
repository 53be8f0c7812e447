//! The loop behind the app: takes commands, trains in slices, tells what happens.
//!
//! The shell (a thread, a worker, a test) implements [`Host`]; everything else is the same everywhere.

mod host;
mod time;

use std::collections::VecDeque;

pub use self::host::{Host, Rest};
use self::time::{Pace, SLICE_SECONDS, StopAt};
use crate::data::files::Files;
use crate::data::reading::{self, Chosen};
use crate::driver::Driver;
use crate::experiment::{DataSource, Experiment, link, titles};
use crate::instruments::Survey;
use crate::instruments::past::Past;
use crate::keep::{Keep, Keeper};
use crate::lost::{Lost, unless_lost};
use crate::protocol::{Command, DeviceChoice, Event, Phase, RunId, Ticketed, VERSION};
use crate::report::{Budget, Progress, Side};
use crate::run::checkpoint::Saved;
use crate::run::{Compute, Plan, Run};

/// Bytes of a run that whoever holds the trainer is asked to hold, where there is no other place.
const MOST_HELD: usize = 64 << 20;

/// Time between two progress events.
const PROGRESS_SECONDS: f64 = 0.25;

/// Runs until the host goes away (which drops the future, or ends its thread), and keeps its runs in a place, if there is one.
pub async fn run(host: impl Host, place: Option<impl Keep>) {
    let clock = host.clock();
    let mut trainer = Trainer {
        host,
        keeper: Keeper::new(place).await,
        clock,
        ticket: None,
        run: RunId::default(),
        driver: None,
        phase: Phase::Idle,
        told: (0.0, 0),
        budget: Budget::default(),
        sharpness_takes: [0.0; 2],
        next_side: Side::Train,
        surveys: VecDeque::new(),
        seeking: None,
        pace: Pace::default(),
        stop_at: StopAt::default(),
    };
    let (library, memory) = (trainer.host.library(), trainer.host.memory());
    // First, so that whoever hears the hello knows what there is to go on with.
    trainer.tell_kept();
    trainer.tell(Event::Hello { version: VERSION, library, memory });
    loop {
        while let Some(Ticketed { ticket, message }) = trainer.host.poll() {
            trainer.ticket = ticket;
            if let Err(lost) = unless_lost(trainer.obey(message)).await {
                trainer.lose(&lost);
            }
            let ticket = trainer.ticket.take();
            trainer.close(ticket);
        }
        let work = async {
            let mut rest = Rest::UntilCommand;
            if trainer.phase == Phase::Running {
                rest = trainer.train_a_slice().await;
            }
            trainer.seek_a_slice().await;
            trainer.survey().await;
            match trainer.keep_when_due().await {
                Some(seconds) if rest == Rest::UntilCommand => Rest::For(seconds),
                _ => rest,
            }
        };
        let rest = match unless_lost(work).await {
            Ok(rest) => rest,
            Err(lost) => {
                trainer.lose(&lost);
                Rest::UntilCommand
            }
        };
        let busy = trainer.seeking.is_some() || !trainer.surveys.is_empty();
        trainer.host.give_turn(if busy { Rest::Not } else { rest }).await;
    }
}

/// A saved run that can go on.
struct Ready<'a> {
    saved: Saved<'a>,
    past: Past,
    compute: Compute,
}

struct Trainer<H, K> {
    host: H,
    keeper: Keeper<K>,
    clock: Box<dyn Fn() -> f64>,
    /// Of the command that is carried out.
    ticket: Option<u64>,
    run: RunId,
    driver: Option<Box<Driver>>,
    phase: Phase,
    /// Training time and step at the last progress event.
    told: (f64, usize),
    budget: Budget,
    /// Seconds that the last measurement of sharpness took on each side.
    sharpness_takes: [f64; 2],
    next_side: Side,
    /// Landscapes that were asked for, oldest first, with their tickets.
    surveys: VecDeque<(Option<u64>, Survey)>,
    /// The step that was asked for, with its ticket.
    seeking: Option<(Option<u64>, usize)>,
    pace: Pace,
    stop_at: StopAt,
}

impl<H: Host, K: Keep> Trainer<H, K> {
    async fn obey(&mut self, command: Command) {
        match command {
            Command::Start { run, experiment, files, device, paused } => self.start(run, *experiment, files, device, paused).await,
            Command::Restore { run, bytes, device } => self.restore(run, &bytes, device).await,
            Command::OpenKept { run, kept, device, paused } => self.open_kept(run, kept, device, paused).await,
            Command::DeleteKept { kept } => match self.keeper.delete(kept).await {
                Ok(()) => self.tell_kept(),
                Err(text) => self.fail(&text),
            },
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
                let Some(driver) = &self.driver else {
                    return self.fail("There is no run to ask: start one first.");
                };
                let (answers, known_tokens) = driver.classify(&text, text_b.as_deref()).await;
                self.tell(Event::Classified { run: self.run, answers, known_tokens });
            }
            Command::Save => {
                let Some(driver) = &mut self.driver else {
                    return self.fail("There is no run to save: start one first.");
                };
                let bytes = driver.save().await;
                self.tell(Event::Saved { run: self.run, bytes });
            }
            Command::StepToMeasurement => {
                self.stop_at.measurement = true;
                self.resume();
            }
            Command::Seek { step } => self.seek(step),
            Command::Pace { steps_per_second: Some(pace) } if !(pace > 0.0 && pace.is_finite()) => {
                self.fail(&format!("The pace is {pace} steps a second, but must be above 0."));
            }
            Command::Pace { steps_per_second } => self.pace = Pace { steps_per_second, due: (self.clock)() },
            Command::StopAt { step, fall } => self.stop_at = StopAt { step, fall, ..StopAt::default() },
            Command::Pause | Command::Ping => {}
            Command::SharpnessBudget { share } if (0.0..=1.0).contains(&share) => self.budget.share = share,
            Command::SharpnessBudget { share } => self.fail(&format!("The budget is {share}, but must be from 0 to 1.")),
            command => self.look(command).await,
        }
    }

    /// Carries out the commands that look at a run and change nothing of it.
    async fn look(&mut self, command: Command) {
        let run = self.run;
        let Some(driver) = &mut self.driver else {
            return self.fail("There is no run to look at: start one first.");
        };
        let event = match command {
            Command::MeasureSharpness => {
                self.measure_sharpness(Side::Train, false).await;
                return self.measure_sharpness(Side::HeldOut, false).await;
            }
            Command::Trace { member } => {
                let traced = driver.trace(member).await;
                if self.phase == Phase::Running {
                    self.tell_progress();
                    self.enter(Phase::Paused);
                }
                traced.map(|trace| Event::Traced { run, trace: Box::new(trace) })
            }
            Command::Sentences => Ok(Event::Sentences { run, sentences: Box::new(driver.sentences()) }),
            Command::SentenceTable { lane } => {
                driver.sentence_table(lane).await.map(|table| Event::SentenceTable { run, table: Box::new(table) })
            }
            Command::SentenceHistory { example } => {
                driver.sentence_history(example).await.map(|history| Event::SentenceHistory { run, history })
            }
            Command::Judge => Ok(Event::Judged { run, judgement: Box::new(driver.judge().await) }),
            Command::JudgedCell { lane, label, answer } => {
                driver.judged_cell(lane, label, answer).await.map(|cell| Event::JudgedCell { run, cell: Box::new(cell) })
            }
            Command::Predict { file } => match driver.predict(&file).await {
                Ok(predictions) => Ok(Event::Predicted { run, predictions: Box::new(predictions) }),
                Err(error) => return self.fail(&error.to_string()),
            },
            Command::Landscape { plane, points, member } => match driver.survey(plane, points, member).await {
                // It is measured between slices of training, and closes the ticket at its end.
                Ok(survey) => return self.surveys.push_back((self.ticket.take(), survey)),
                Err(error) => Err(error),
            },
            Command::Line { from, to, member } => driver.line(from, to, member).await.map(|line| Event::Line { run, line }),
            other => unreachable!("{other:?} does not look at a run"),
        };
        match event {
            Ok(event) => self.tell(event),
            Err(error) => self.fail(&error.to_string()),
        }
    }

    /// Measures and tells the sharpness of all lanes; `counted` charges it to the budget.
    async fn measure_sharpness(&mut self, side: Side, counted: bool) {
        let Some(driver) = &mut self.driver else { return };
        let sharpness = driver.measure_sharpness(side).await;
        self.sharpness_takes[side as usize] = sharpness.seconds;
        if counted {
            self.budget.sharpness_seconds += sharpness.seconds;
        }
        self.tell(Event::Sharpness { run: self.run, sharpness, budget: self.budget });
    }

    /// Measures sharpness, if the budget has time for it.
    async fn spend_the_budget(&mut self) {
        self.budget.training_seconds = self.driver.as_ref().map_or(0.0, |driver| driver.seconds());
        let side = self.next_side;
        if self.budget.allows(self.sharpness_takes[side as usize]) {
            self.measure_sharpness(side, true).await;
            self.next_side = side.other();
        }
    }

    /// Goes on with the landscape that was asked for first, for a moment.
    async fn survey(&mut self) {
        let (Some(driver), Some((ticket, survey))) = (&self.driver, self.surveys.front_mut()) else { return };
        let Some(landscape) = driver.survey_on(survey).await else { return };
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
        let setup = link::encode(&experiment);
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
        self.end(run).await;
        self.keeper.begin(setup, (self.clock)());
        self.tell_kept();
        self.begin(Driver::new(Run::build(plan, compute)), device, paused).await;
    }

    async fn restore(&mut self, run: RunId, bytes: &[u8], device: DeviceChoice) {
        self.prepare(run, "Reading the saved run").await;
        let (driver, setup) = match self.read(run, bytes, device).await {
            Ok(Ready { saved, past, compute }) => {
                let setup = link::encode(saved.experiment());
                self.end(run).await;
                (Driver::resume(saved, past, compute), setup)
            }
            Err(text) => return self.refuse(run, text),
        };
        self.keeper.begin(setup, (self.clock)());
        self.tell_kept();
        self.begin(driver, device, true).await;
    }

    /// A saved run with all that it takes to go on with it.
    async fn read<'a>(&mut self, run: RunId, bytes: &'a [u8], device: DeviceChoice) -> Result<Ready<'a>, String> {
        let saved = Saved::read(bytes).map_err(|error| error.to_string())?;
        let past = Past::read(&saved).map_err(|error| error.to_string())?;
        let compute = self.compute(run, device).await?;
        saved.fits(&compute.limits).map_err(|error| error.to_string())?;
        Ok(Ready { saved, past, compute })
    }

    /// Goes on with a run that was kept, as it was, or waits.
    async fn open_kept(&mut self, run: RunId, number: u64, device: DeviceChoice, paused: bool) {
        self.prepare(run, "Reading the run that was kept").await;
        if self.driver.is_some() && self.keeper.runs().1 == Some(number) {
            return self.refuse(run, "This run is the one that is open.".to_owned());
        }
        let (kept, bytes) = match self.keeper.take(number).await {
            Ok(taken) => taken,
            Err(text) => return self.refuse(run, text),
        };
        let (driver, files) = match self.read(run, &bytes, device).await {
            Ok(Ready { saved, past, compute }) => {
                self.end(run).await;
                let files = saved.files().cloned();
                (Driver::resume(saved, past, compute), files)
            }
            Err(text) => {
                self.keeper.give_back(number);
                return self.refuse(run, text);
            }
        };
        drop(bytes);
        let waits = paused || !kept.running;
        self.tell(Event::Opened { run, kept: Box::new(kept.clone()), files });
        self.keeper.adopt(kept, &driver, (self.clock)());
        self.begin(driver, device, waits).await;
        self.tell_kept();
    }

    /// Tells which runs are kept.
    fn tell_kept(&mut self) {
        let (runs, open) = self.keeper.runs();
        self.tell(Event::Kept { runs, open });
    }

    /// Keeps the run, if that is due; in how many seconds it will be, if it has changed since.
    async fn keep_when_due(&mut self) -> Option<f64> {
        let running = self.phase == Phase::Running;
        let driver = self.driver.as_ref().filter(|_| self.seeking.is_none())?;
        let wait = self.keeper.wait(driver, running, (self.clock)())?;
        if wait > 0.0 {
            return Some(wait);
        }
        self.keep(running).await;
        None
    }

    async fn keep(&mut self, running: bool) {
        let Some(driver) = &mut self.driver else { return };
        match self.keeper.keep(driver, running, &*self.clock).await {
            None => self.tell_kept(),
            Some(bytes) if bytes.len() <= MOST_HELD => self.tell(Event::Snapshot { run: self.run, bytes }),
            Some(_) => {}
        }
        if let Some(text) = self.keeper.take_trouble() {
            self.tell(Event::Note { run: self.run, text });
        }
    }

    /// Keeps the run before it ends, as one that waits.
    async fn keep_at_its_end(&mut self) {
        if self.driver.as_ref().is_some_and(|driver| self.keeper.is_worth(driver, (self.clock)())) {
            // What is left of one whose device is gone has been kept before.
            let _ = unless_lost(self.keep(false)).await;
        }
    }

    /// Says what goes on before a run can begin. The one before it is still there.
    async fn prepare(&mut self, run: RunId, what: &str) {
        self.tell(Event::Preparing { run, what: what.to_owned() });
        self.host.give_turn(Rest::Not).await;
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

    /// Ends the run that is there, since all that the next one needs has been found; it is kept as it is, and its memory is
    /// free before the next one takes any.
    async fn end(&mut self, next: RunId) {
        self.keep_at_its_end().await;
        self.forget_surveys();
        self.forget_seek();
        self.stop_at = StopAt { best: Vec::new(), measurement: false, ..std::mem::take(&mut self.stop_at) };
        self.driver = None;
        self.run = next;
        self.enter(Phase::Preparing);
    }

    /// Landscapes of a run that ends.
    fn forget_surveys(&mut self) {
        for (ticket, _) in std::mem::take(&mut self.surveys) {
            self.close(ticket);
        }
    }

    async fn begin(&mut self, mut driver: Driver, device: DeviceChoice, paused: bool) {
        driver.set_clock(self.host.clock(), device);
        driver.show_life();
        driver.remember();
        self.told = (0.0, driver.steps_done());
        self.budget = Budget { share: driver.summary().experiment.training.sharpness_budget, ..Budget::default() };
        self.sharpness_takes = [0.0; 2];
        self.next_side = Side::Train;
        self.tell(Event::Prepared { run: self.run, summary: Box::new(driver.summary().clone()) });
        let (measurements, sharpness) = driver.told();
        if !measurements.is_empty() {
            self.tell(Event::Curves { run: self.run, measurements: measurements.to_vec(), sharpness: sharpness.to_vec() });
        }
        self.tell(Event::Preparing { run: self.run, what: "Measuring the initial weights".to_owned() });
        self.host.give_turn(Rest::Not).await;
        let measurement = driver.measure().await;
        let done = driver.finished();
        self.driver = Some(Box::new(driver));
        self.tell(Event::Measured { run: self.run, measurement });
        self.tell_progress();
        self.enter(match () {
            () if done => Phase::Finished,
            () if paused => Phase::Paused,
            () => Phase::Running,
        });
    }

    /// Trains for a moment; how long there is nothing to do then.
    async fn train_a_slice(&mut self) -> Rest {
        let Some(driver) = &mut self.driver else { return Rest::UntilCommand };
        let before = driver.steps_done();
        let stop = self.stop_at.step.filter(|step| *step > before).unwrap_or(usize::MAX);
        let steps = match self.pace.allow((self.clock)()) {
            Ok(steps) => steps,
            Err(seconds) => return Rest::For(seconds),
        };
        let mut measured = driver.advance(SLICE_SECONDS, stop.min(before.saturating_add(steps))).await;
        let stopped = driver.steps_done() == stop;
        if measured.is_none() && (stopped || self.pace.shows_each()) {
            measured = Some(driver.measure().await);
        }
        let (done, seconds) = (driver.finished(), driver.seconds());
        let why = match &measured {
            Some(_) if stopped => Some(format!("Paused at step {stop}, as asked.")),
            Some(measurement) => self.stop_at.fallen(measurement).map(|(lane, [best, now])| {
                let title = titles(&driver.summary().experiment.lanes).swap_remove(lane);
                format!("Paused: {title} is at {:.1} % on the test set, and was at {:.1} %.", now * 100.0, best * 100.0)
            }),
            None => None,
        };
        let pause = why.is_some() || measured.is_some() && std::mem::take(&mut self.stop_at.measurement);
        let new_point = measured.is_some();
        if let Some(measurement) = measured {
            self.tell(Event::Measured { run: self.run, measurement });
        }
        if done || pause || self.pace.shows_each() || seconds - self.told.0 > PROGRESS_SECONDS {
            self.tell_progress();
        }
        if let Some(text) = why {
            self.tell(Event::Note { run: self.run, text });
        }
        if !done && pause {
            self.enter(Phase::Paused);
            return Rest::Not;
        }
        if !done {
            self.try_gpu_when_due().await;
            // The first sharpness, whose time nobody knows yet, waits until the curves have moved.
            if new_point || self.budget.sharpness_seconds > 0.0 {
                self.spend_the_budget().await;
            }
            return Rest::Not;
        }
        // The end is always measured: it is no longer training time.
        if self.budget.share > 0.0 {
            self.measure_sharpness(Side::Train, false).await;
            self.measure_sharpness(Side::HeldOut, false).await;
        }
        self.stop_at.measurement = false;
        self.enter(Phase::Finished);
        Rest::Not
    }

    fn seek(&mut self, step: usize) {
        if self.driver.is_none() {
            return self.fail("There is no run to go back in: start one first.");
        }
        let ticket = self.ticket.take();
        self.forget_seek();
        self.seeking = Some((ticket, step));
        if self.phase == Phase::Running {
            self.enter(Phase::Paused);
        }
    }

    /// Goes on towards the step that was asked for; there it is measured.
    async fn seek_a_slice(&mut self) {
        let (Some(driver), Some((ticket, step))) = (&mut self.driver, self.seeking) else { return };
        if !driver.seek(step, SLICE_SECONDS) {
            return self.tell_progress();
        }
        let measurement = driver.measure().await;
        let done = driver.finished();
        self.tell(Event::Measured { run: self.run, measurement });
        self.tell_progress();
        self.enter(if done { Phase::Finished } else { Phase::Paused });
        self.seeking = None;
        self.close(ticket);
    }

    fn forget_seek(&mut self) {
        if let Some((ticket, _)) = self.seeking.take() {
            self.close(ticket);
        }
    }

    /// Tries the GPU where that is due, and moves there if it is faster.
    async fn try_gpu_when_due(&mut self) {
        let (run, Some(driver)) = (self.run, &mut self.driver) else { return };
        let Some(lap) = driver.lap().await else { return };
        self.host.emit(Event::Note { run, text: "Trying whether the GPU is faster…".to_owned() }.into());
        self.host.give_turn(Rest::Not).await;
        let host = &mut self.host;
        match driver.try_gpu(&lap, async || host.give_turn(Rest::Not).await).await {
            Ok((words, moved)) => {
                self.tell(Event::Note { run, text: words });
                if let Some(device) = moved {
                    self.tell(Event::Moved { run, device });
                }
            }
            Err(error) => self.fail(&error.to_string()),
        }
    }

    /// The device of the run is gone, and the run with it; as it was kept it can go on elsewhere.
    fn lose(&mut self, lost: &Lost) {
        self.driver = None;
        self.forget_surveys();
        self.forget_seek();
        let text = format!("{}.", lost.to_string().replacen("the", "The", 1));
        self.tell(Event::Lost { run: self.run, text });
        self.enter(Phase::Idle);
    }

    async fn single_step(&mut self) {
        let Some(driver) = &mut self.driver else {
            return self.fail("There is no run to step through: start one first.");
        };
        if driver.finished() {
            match driver.extend(None) {
                Ok(text) => self.host.emit(Event::Note { run: self.run, text }.into()),
                Err(error) => return self.fail(&error.to_string()),
            }
        }
        driver.step();
        let measurement = driver.measure().await;
        self.tell(Event::Measured { run: self.run, measurement });
        self.tell_progress();
        self.enter(Phase::Paused);
    }

    fn resume(&mut self) {
        match (&mut self.driver, self.phase) {
            (Some(driver), Phase::Paused | Phase::Finished) => {
                // Also paused: by a single step, or as it was saved.
                if driver.finished() {
                    match driver.extend(None) {
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
        self.forget_seek();
        self.keep_at_its_end().await;
        if let Some(mut driver) = self.driver.take() {
            let measurement = driver.measure().await;
            self.tell(Event::Measured { run: self.run, measurement });
        }
        self.enter(Phase::Idle);
    }

    fn tell_progress(&mut self) {
        let Some(driver) = &self.driver else { return };
        let (seconds, step) = (driver.seconds(), driver.steps_done());
        let (told_seconds, told_step) = self.told;
        let steps_per_second = if seconds > told_seconds { step.saturating_sub(told_step) as f64 / (seconds - told_seconds) } else { 0.0 };
        self.told = (seconds, step);
        let (first, furthest) = driver.past().into_inner();
        let progress =
            Progress { step, steps: driver.steps_planned(), first, furthest, taken: driver.steps_taken(), steps_per_second, seconds };
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
