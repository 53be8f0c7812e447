//! How a run begins and ends. The one before it goes on until all that the next one needs has been found.

use super::host::{Host, Rest};
use super::state::Trainer;
use super::time::StopAt;
use crate::data::files::Files;
use crate::driver::Driver;
use crate::experiment::{DataSource, Experiment, link};
use crate::instruments::past::Past;
use crate::keep::Keep;
use crate::lost::Lost;
use crate::protocol::{DeviceChoice, Event, Phase, RunId};
use crate::report::{Budget, Side};
use crate::run::checkpoint::Saved;
use crate::run::{Compute, Plan, Run};

/// A saved run that can go on.
struct Ready<'a> {
    saved: Saved<'a>,
    past: Past,
    compute: Compute,
}

impl<H: Host, K: Keep> Trainer<H, K> {
    /// The files that an experiment learns from: those of the user, or of the library.
    pub(super) fn files_of(&mut self, experiment: &Experiment, files: Option<Files>) -> Result<Option<Files>, String> {
        match (&experiment.data.source, files) {
            (DataSource::Library { name }, None) => self.host.read_library(name).map(Some),
            (_, files) => Ok(files),
        }
    }

    pub(super) async fn start(&mut self, run: RunId, experiment: Experiment, files: Option<Files>, device: DeviceChoice, paused: bool) {
        self.prepare(run, "Reading the data").await;
        let setup = link::encode(&experiment);
        let files = match self.files_of(&experiment, files) {
            Ok(files) => files,
            Err(text) => return self.refuse(run, text),
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

    pub(super) async fn restore(&mut self, run: RunId, bytes: &[u8], device: DeviceChoice) {
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
    pub(super) async fn open_kept(&mut self, run: RunId, number: u64, device: DeviceChoice, paused: bool) {
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

    /// Says what goes on before a run can begin. The one before it is still there.
    async fn prepare(&mut self, run: RunId, what: &str) {
        self.tell(Event::Preparing { run, what: what.to_owned(), share: None });
        self.host.give_turn(Rest::Not).await;
    }

    /// The device of a choice. `Auto` is the CPU, which starts at once; the GPU is tried later.
    async fn compute(&mut self, run: RunId, choice: DeviceChoice) -> Result<Compute, String> {
        match choice {
            DeviceChoice::Auto | DeviceChoice::Cpu => Ok(Compute::cpu().with_memory(self.host.memory())),
            DeviceChoice::Gpu => {
                self.tell(Event::Preparing { run, what: "Opening the GPU".to_owned(), share: None });
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

    async fn begin(&mut self, mut driver: Driver, device: DeviceChoice, paused: bool) {
        driver.set_clock(self.host.clock(), device);
        driver.set_cores(self.host.cores());
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
        self.tell(Event::Preparing { run: self.run, what: "Measuring the initial weights".to_owned(), share: None });
        self.host.give_turn(Rest::Not).await;
        let measurement = driver.measure().await;
        let done = driver.finished();
        self.driver = Some(Box::new(driver));
        self.tell(Event::Measured { run: self.run, measurement });
        self.tell_progress();
        if done {
            self.tell_best().await;
        }
        self.enter(match () {
            () if done => Phase::Finished,
            () if paused => Phase::Paused,
            () => Phase::Running,
        });
    }

    pub(super) async fn stop(&mut self) {
        self.forget_surveys();
        self.forget_seek();
        self.keep_at_its_end().await;
        if let Some(mut driver) = self.driver.take() {
            let measurement = driver.measure().await;
            self.tell(Event::Measured { run: self.run, measurement });
        }
        self.enter(Phase::Idle);
    }

    /// The device of the run is gone, and the run with it; as it was kept it can go on elsewhere.
    pub(super) fn lose(&mut self, lost: &Lost) {
        self.driver = None;
        self.forget_surveys();
        self.forget_seek();
        let text = format!("{}.", lost.to_string().replacen("the", "The", 1));
        self.tell(Event::Lost { run: self.run, text });
        self.enter(Phase::Idle);
    }
}
