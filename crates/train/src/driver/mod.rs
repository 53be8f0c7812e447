//! The one loop: window, page and command line drive a run with it.
//!
//! Read [`Driver::advance`] first. Elsewhere: the step (`run`), what is measured (`instruments`), commands and events
//! (`trainer`), when the GPU is tried (`auto.rs`), what is asked of a run beside its curves (`look.rs`).

pub mod auto;
mod linear;
mod look;

use std::ops::RangeInclusive;

use auto::{Lap, Pending, Trial};
use linear::Beside;

use crate::data::files::Files;
use crate::experiment::Experiment;
use crate::instruments::past::{self, Past};
use crate::instruments::{Instruments, curves};
use crate::protocol::DeviceChoice;
use crate::report::{Measurement, Sharpness, Summary};
use crate::run::checkpoint::Saved;
use crate::run::{Compute, Extra, History, Lane, Run, RunError, seconds_of_pass};

/// Training time after which a run whose next measurement is far away shows a sign of life.
const LIFE_SECONDS: f64 = 1.0;

/// …and again whenever it has trained so many times as long: a run of hours has some tens of these.
const LIFE_GROWTH: f64 = 1.3;

/// Examples of the batches that lanes on several cores are given at once, at most: these wait in memory.
const BLOCK_EXAMPLES: usize = 512;

/// A run, what is known of it, and how it goes on.
pub struct Driver {
    pub(crate) run: Run,
    instruments: Instruments,
    /// Whether the run may move to the GPU and has not tried yet.
    try_gpu: Pending,
    /// Whether it measures between its measurements when they are far apart.
    shows_life: bool,
    /// Where past steps are had again from, if somebody may want them.
    history: Option<History>,
    /// A linear model on the same tokens.
    beside: Beside,
    /// The last step that was reached.
    furthest: usize,
    speed: Speed,
}

/// How fast a run goes here.
#[derive(Default)]
struct Speed {
    /// Steps that it took.
    taken: usize,
    /// Training time, with the measurements that belong to it.
    seconds: f64,
    /// Training time at the last measurement.
    measured: f64,
}

impl Driver {
    /// Reads the data, makes the model and the lanes' common initial weights.
    ///
    /// # Errors
    /// A knob out of bounds, what is wrong with the data, or more memory than there is.
    pub fn prepare(experiment: Experiment, files: Option<&Files>, compute: Compute) -> Result<Self, RunError> {
        Ok(Self::new(Run::prepare(experiment, files, compute)?))
    }

    /// The run of [`Self::save`], as it was.
    ///
    /// # Errors
    /// What is wrong with the bytes, or more memory than there is.
    pub fn restore(bytes: &[u8], compute: Compute) -> Result<Self, RunError> {
        let saved = Saved::read(bytes)?;
        saved.fits(&compute.limits)?;
        let past = Past::read(&saved)?;
        Ok(Self::resume(saved, past, compute))
    }

    /// Goes on with a saved run and what it has shown.
    pub(crate) fn resume(saved: Saved<'_>, mut past: Past, compute: Compute) -> Self {
        let mut driver = Self::new(saved.resume(compute));
        driver.furthest = past.furthest();
        let Self { run, instruments, .. } = &mut driver;
        let Instruments { told, records, trajectory, best, .. } = instruments;
        if let Some(best) = best {
            best.recall(past.take_best());
        }
        if let Some(left_out) = past.recall(run, told, records, trajectory) {
            run.note(&left_out);
        }
        driver
    }

    /// Drives a run that stays on its device, without a clock.
    pub fn new(run: Run) -> Self {
        let (instruments, furthest) = (Instruments::new(&run), run.steps.done);
        Self {
            run,
            instruments,
            try_gpu: Pending::default(),
            shows_life: false,
            history: None,
            beside: Beside::default(),
            furthest,
            speed: Speed::default(),
        }
    }

    /// Gives the run a clock (seconds since some moment): it says what steps take, and with [`DeviceChoice::Auto`] whether
    /// the GPU is tried.
    pub fn set_clock(&mut self, clock: Box<dyn Fn() -> f64>, choice: DeviceChoice) {
        self.run.clock = clock;
        // Layers of an encoder run there on burn's tape, which compiles for each length of texts: not unasked.
        let unasked = choice == DeviceChoice::Auto && self.run.experiment.model.tune.is_some();
        self.try_gpu = Pending::new(if unasked { DeviceChoice::Cpu } else { choice });
    }

    /// Lets the lanes train on so many cores, where the run is on the CPU. What is trained stays the same, to the bit.
    pub fn set_cores(&mut self, cores: usize) {
        self.run.cores = if self.run.compute.is_cpu() { cores.max(1) } else { 1 };
    }

    /// Lets the run measure more often than planned when it is slow, for somebody who watches. What is trained stays the
    /// same, but when it is measured then depends on the clock.
    pub fn show_life(&mut self) {
        self.shows_life = self.run.experiment.training.evaluate_every == 0;
    }

    /// Keeps what it takes to go back to steps from here on ([`Self::seek`]).
    pub fn remember(&mut self) {
        self.history = Some(History::new(&self.run));
    }

    /// The steps that can be had again: from the first one that is remembered to the furthest that was reached; where none is
    /// remembered, the one where it is.
    pub fn past(&self) -> RangeInclusive<usize> {
        match &self.history {
            Some(history) => history.first()..=self.furthest,
            None => self.run.steps.done..=self.run.steps.done,
        }
    }

    /// Goes on for about `seconds` towards step `step` of the past, by replay from the nearest snapshot, or to the end of
    /// what is remembered. Whether it is there.
    pub fn seek(&mut self, step: usize, seconds: f64) -> bool {
        let Some(history) = &self.history else { return true };
        let step = step.clamp(history.first(), self.furthest);
        history.nearest(&mut self.run, step);
        let started = self.now();
        while self.run.steps.done < step && self.now() - started < seconds {
            self.run.step();
        }
        self.run.steps.done == step
    }

    /// Trains for about `seconds` and up to step `until` at most. Comes back at once with a measurement where one is due,
    /// and where the GPU may have to be tried ([`Self::lap`]).
    pub async fn advance(&mut self, seconds: f64, until: usize) -> Option<Measurement> {
        let until = until.min(self.run.steps.planned());
        let (started, before) = (self.now(), self.run.steps.done);
        let mut measured = None;
        loop {
            let left = seconds - (self.now() - started);
            if self.run.steps.done >= until || left.is_nan() || left <= 0.0 {
                break;
            }
            self.steps(self.block(left, until));
            if self.measurement_due() {
                measured = Some(self.measure().await);
                break;
            }
            if self.try_gpu.mark() == Some(self.run.steps.done) {
                break;
            }
        }
        let so_far = self.speed.seconds + self.now() - started;
        if self.shows_life && measured.is_none() && so_far >= (self.speed.measured * LIFE_GROWTH).max(LIFE_SECONDS) {
            measured = Some(self.measure().await);
        }
        self.speed.seconds += self.now() - started;
        self.speed.taken += self.run.steps.done - before;
        if measured.is_some() {
            self.speed.measured = self.speed.seconds;
        }
        measured
    }

    /// One step of every lane on the next batch. Nothing is read back.
    pub fn step(&mut self) {
        self.steps(1);
    }

    /// So many steps of every lane, up to the planned end.
    fn steps(&mut self, count: usize) {
        let first = self.run.steps.done;
        for (step, seen) in (first..).zip(self.run.advance(count)) {
            // What a step shows the second time is known.
            if step >= self.furthest {
                self.instruments.records.record(step, seen);
            }
        }
        if let Some(best) = &mut self.instruments.best
            && self.run.steps.done > self.furthest
            && self.run.steps.done.is_multiple_of(self.run.steps.epoch)
        {
            best.look(&self.run);
        }
        self.furthest = self.furthest.max(self.run.steps.done);
    }

    /// Steps that the lanes may take each on its own, on several cores: as many as end within `left` seconds, and before anything
    /// is to be looked at.
    fn block(&self, left: f64, until: usize) -> usize {
        let Run { steps, cores, experiment, model, .. } = &self.run;
        if *cores < 2 || model.reads_in_order() {
            return 1;
        }
        let every = self.every();
        let mark = self.try_gpu.mark().filter(|mark| *mark > steps.done).unwrap_or(usize::MAX);
        let next = until.min(mark) - steps.done;
        let in_time = (left * self.speed.taken as f64 / self.speed.seconds) as usize;
        let epoch = if self.instruments.best.is_some() { steps.epoch - steps.done % steps.epoch } else { usize::MAX };
        let most = (BLOCK_EXAMPLES / experiment.training.batch).min(every - steps.done % every).min(epoch);
        next.min(in_time).min(most).max(1)
    }

    /// Whether the curves want a point here: at the start, at the end, and every so often.
    pub fn measurement_due(&self) -> bool {
        self.run.steps.done.is_multiple_of(self.every()) || self.run.steps.done == self.run.steps.planned()
    }

    /// Steps between two measurements.
    fn every(&self) -> usize {
        let Run { experiment, steps, .. } = &self.run;
        experiment.measure_every(steps.planned(), steps.epoch)
    }

    /// Loss, accuracy and gap of every lane, now.
    pub async fn measure(&mut self) -> Measurement {
        let Self { run, instruments, history, .. } = self;
        let measurement = curves::measure(run, &instruments.probes).await;
        instruments.records.read().await;
        if let Some(history) = history {
            history.keep(run);
        }
        instruments.trajectory.keep(run.steps.done, run.lanes.iter().map(Lane::weights));
        instruments.told.measured(&measurement);
        measurement
    }

    /// What has been measured so far: as much of it as is remembered ([`crate::memory::TOLD_BYTES`]).
    pub fn told(&self) -> (&[Measurement], &[Sharpness]) {
        self.instruments.told.all()
    }

    /// Steps done.
    pub fn steps_done(&self) -> usize {
        self.run.steps.done
    }

    /// Steps planned.
    pub fn steps_planned(&self) -> usize {
        self.run.steps.planned()
    }

    /// Steps that were taken here in [`Self::seconds`].
    pub fn steps_taken(&self) -> usize {
        self.speed.taken
    }

    /// Whether the planned end is reached.
    pub fn finished(&self) -> bool {
        self.run.steps.over()
    }

    /// Training time here so far, in seconds, without pauses.
    pub fn seconds(&self) -> f64 {
        self.speed.seconds
    }

    /// About how many seconds a pass over the training texts takes ([`Plan::seconds_of_pass`](crate::run::Plan::seconds_of_pass)).
    pub fn seconds_of_pass(&self) -> Option<f64> {
        seconds_of_pass(&self.run.experiment, &self.run.data)
    }

    /// What is trained.
    pub fn summary(&self) -> &Summary {
        self.run.summary()
    }

    /// Plans `epochs` more from the planned end on, or as many again as the experiment has: a warm restart of the learning
    /// rate. Says so in a sentence.
    ///
    /// # Errors
    /// If the run is not at its planned end, or the number is out of bounds.
    pub fn extend(&mut self, epochs: Option<usize>) -> Result<String, RunError> {
        self.run.extend(epochs)
    }

    /// The run as bytes, with what it has shown so far. Cost: reads all weights back.
    pub async fn save(&mut self) -> Vec<u8> {
        self.save_with(None).await
    }

    /// The run as bytes, with something that whoever keeps it wants to know again.
    pub(crate) async fn save_with(&mut self, more: Option<Extra>) -> Vec<u8> {
        let Self { run, instruments, furthest, .. } = self;
        let Instruments { told, records, trajectory, best, .. } = instruments;
        records.read().await;
        let mut extras = past::save(run, told, records, trajectory, *furthest).await;
        if let Some(best) = best {
            extras.extend(best.save().await);
        }
        extras.extend(more);
        run.save_with(&extras).await
    }

    /// Ten timed steps, once: when the run has shown its speed and has enough ahead of it, the GPU is to be tried on them.
    pub async fn lap(&mut self) -> Option<Lap> {
        self.try_gpu.look(&self.run, self.speed.seconds, self.speed.taken).await
    }

    /// Tries the GPU on the steps of `lap` and moves there if it is faster; what was measured, in words, and the name of the
    /// device if the run moved. `turn` is awaited between steps, so that the platform can do its work.
    ///
    /// # Errors
    /// If the run cannot be copied: a bug of ours.
    pub async fn try_gpu(&mut self, lap: &Lap, turn: impl AsyncFnMut()) -> Result<(String, Option<String>), RunError> {
        let trial = auto::try_gpu(&self.run, lap, turn).await?;
        Ok(self.accept(trial).await)
    }

    async fn accept(&mut self, Trial { faster, words }: Trial) -> (String, Option<String>) {
        let Some(mut faster) = faster else { return (words, None) };
        std::mem::swap(&mut faster.clock, &mut self.run.clock);
        let device = faster.summary().device.clone();
        // What was told and what batches have shown stays known; it is read before anything of the new device joins it. Where
        // the lanes have been is forgotten: those weights are on the other device.
        self.instruments.records.read().await;
        let before = std::mem::replace(&mut self.instruments, Instruments::new(&faster));
        (self.instruments.records, self.instruments.told) = (before.records, before.told);
        if let Some(best) = &before.best {
            self.instruments.best = Some(best.move_to(&faster).await);
        }
        self.run = *faster;
        if self.history.is_some() {
            self.remember();
        }
        (words, Some(device))
    }

    fn now(&self) -> f64 {
        (self.run.clock)()
    }
}

/// With Mesa's software GPU in the place of a real one, and clocks that say what the test wants.
#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use pollster::block_on;

    use super::auto::try_on;
    use super::*;

    fn small() -> Driver {
        let lanes = vec!["sam".parse().expect("a lane")];
        let mut experiment = Experiment { seeds: 2, lanes, ..Experiment::default() };
        experiment.model.dim = 16;
        experiment.model.hidden = 24;
        experiment.data.train_size = 128;
        experiment.training.epochs = 8;
        let mut driver = Driver::prepare(experiment, None, Compute::cpu()).expect("the built-in data is good");
        for _ in 0..6 {
            driver.step();
        }
        driver
    }

    /// A clock that is so much further at each look.
    fn ticking(seconds: f64) -> Box<dyn Fn() -> f64> {
        let now = Cell::new(0.0);
        Box::new(move || {
            now.set(now.get() + seconds);
            now.get()
        })
    }

    /// Ten steps on the CPU that take `seconds` each: a step of one lane takes the clock three ticks.
    fn lap(driver: &mut Driver, seconds: f64) -> Lap {
        driver.run.clock = ticking(seconds / 3.0);
        let mut pending = Pending::new(DeviceChoice::Auto);
        loop {
            // Long enough to have shown its speed, and slow enough to be worth a trial.
            if let Some(lap) = block_on(pending.look(&driver.run, 1000.0, 1)) {
                return lap;
            }
            driver.step();
        }
    }

    #[test]
    fn a_run_moves_to_a_faster_device_and_goes_on() {
        let gpu = block_on(Compute::gpu()).expect("this test needs a GPU; Mesa's software one is enough");
        let (mut here, mut moved) = (small(), small());
        // Step 6 is copied, 9 to 19 are timed. The clock says 0.1 s a step on the GPU (one second for ten), the CPU took one.
        let ten = lap(&mut moved, 1.0);
        assert_eq!(moved.steps_done(), 19);
        moved.run.clock = ticking(1.0);
        let turns = Cell::new(0);
        let trial = block_on(try_on(gpu.clone(), &moved.run, &ten, async || turns.set(turns.get() + 1))).expect("it can be copied");
        assert_eq!(turns.get(), 3, "the platform gets its turns, but not while steps are timed");
        let (words, device) = block_on(moved.accept(trial));
        assert!(words.contains("100.0 ms a step on the GPU") && words.ends_with("on the GPU."), "{words}");
        assert!(words.contains("1000.0 ms on the CPU, the same 10 steps"), "{words}");
        assert_eq!((device.as_deref(), moved.summary().device.as_str()), (Some(gpu.name.as_str()), gpu.name.as_str()));
        assert_eq!((moved.steps_done(), moved.steps_planned()), (19, here.steps_planned()));

        // Both go on; f32 on another device, six steps later.
        (6..25).for_each(|_| here.step());
        (19..25).for_each(|_| moved.step());
        let measured = [block_on(here.measure()), block_on(moved.measure())].map(|measured| measured.lanes[0].clone());
        let [here, there] = measured;
        assert_eq!(here.gradient_evaluations.to_bits(), there.gradient_evaluations.to_bits());
        for (a, b) in here.train_loss.iter().zip(&there.train_loss) {
            assert!((a - b).abs() < 1e-3, "{a} on the CPU, {b} on the GPU");
        }
        let table = block_on(moved.sentence_table(0)).expect("lane 0 is there");
        assert_eq!(table.seen.iter().sum::<u32>(), 25 * 32, "what was seen before the move is not forgotten");

        // As slow as the CPU: it stays.
        let mut driver = small();
        let ten = lap(&mut driver, 0.1);
        driver.run.clock = ticking(1.0);
        let trial = block_on(try_on(gpu, &driver.run, &ten, async || ())).expect("it can be copied");
        let (words, device) = block_on(driver.accept(trial));
        assert!(device.is_none() && words.ends_with("training stays on the CPU."), "{words}");
    }
}
