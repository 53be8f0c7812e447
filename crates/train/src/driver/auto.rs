//! The device choice `Auto`: a run starts on the CPU at once, and moves to the GPU only when that was measured faster.
//!
//! Small models are bound by kernel launches on a GPU, so guessing is often wrong; and shaders take seconds to
//! compile, so a short run is over before it could gain anything. Both devices are timed on the same ten bare steps: the
//! run takes them on the CPU as it goes, a copy that was made before takes them again on the GPU.

use crate::limits;
use crate::lost::unless_lost;
use crate::protocol::DeviceChoice;
use crate::run::{Compute, INSTEAD, Run, RunError};

/// A run that has less than this ahead of it stays where it is, in seconds.
const WORTH_SECONDS: f64 = 30.0;

/// Training time after which a run has shown its speed, in seconds.
const SHOWN_SECONDS: f64 = 2.0;

/// Steps that compile shaders and fill caches.
const WARM_UP: usize = 3;

/// Steps that are timed.
const TIMED: usize = 10;

/// The GPU must take less than this share of the CPU's time: moving costs something, too.
const GAIN: f64 = 0.8;

/// Whether a run is still to try the GPU.
#[derive(Default)]
pub struct Pending(Stage);

#[derive(Default)]
enum Stage {
    /// It is not, or has been.
    #[default]
    Over,
    /// The run has yet to show its speed.
    Waiting,
    /// The run was copied; at step `until` its steps begin to be timed.
    Copied { bytes: Vec<u8>, until: usize },
    /// They are timed from `since` on, up to step `until`.
    Timing { bytes: Vec<u8>, until: usize, since: f64 },
}

/// Ten steps on the CPU.
pub struct Lap {
    /// The run, [`WARM_UP`] steps before them.
    bytes: Vec<u8>,
    /// What one of them took.
    seconds_per_step: f64,
}

impl Pending {
    /// A run whose device was chosen so.
    pub fn new(choice: DeviceChoice) -> Self {
        Self(if choice == DeviceChoice::Auto { Stage::Waiting } else { Stage::Over })
    }

    /// The step at which [`Self::look`] wants to look, if the run must not go on without that.
    pub fn mark(&self) -> Option<usize> {
        match self.0 {
            Stage::Over | Stage::Waiting => None,
            Stage::Copied { until, .. } | Stage::Timing { until, .. } => Some(until),
        }
    }

    /// Looks at a run between two steps, at each of its marks at least: says once, when it has shown its speed, has
    /// enough ahead of it and has taken ten steps more, that the GPU is to be tried. `seconds` is what its last `done`
    /// steps have taken with all that belongs to them.
    pub async fn look(&mut self, run: &Run, seconds: f64, done: usize) -> Option<Lap> {
        let (step, ahead) = (run.steps.done, run.steps.planned() - run.steps.done);
        match std::mem::take(&mut self.0) {
            Stage::Over => {}
            Stage::Waiting if seconds < SHOWN_SECONDS || done == 0 => self.0 = Stage::Waiting,
            // Both devices take what is timed, and then there should be something left.
            Stage::Waiting if seconds / done as f64 * (ahead as f64) < WORTH_SECONDS || ahead <= WARM_UP + TIMED => {}
            Stage::Waiting => self.0 = Stage::Copied { bytes: run.save().await, until: step + WARM_UP },
            Stage::Copied { bytes, until } if step < until => self.0 = Stage::Copied { bytes, until },
            Stage::Copied { bytes, .. } => self.0 = Stage::Timing { bytes, until: step + TIMED, since: run.step_seconds() },
            Stage::Timing { bytes, until, since } if step < until => self.0 = Stage::Timing { bytes, until, since },
            Stage::Timing { bytes, since, .. } => {
                return Some(Lap { bytes, seconds_per_step: (run.step_seconds() - since) / TIMED as f64 });
            }
        }
        None
    }
}

/// How a trial ended.
pub struct Trial {
    /// The run on the GPU, at the step where it was, if that is faster.
    pub faster: Option<Box<Run>>,
    /// What was measured, for people.
    pub words: String,
}

/// Times the steps of `lap` on the GPU, unless that is an imitation; `run` is the run as it is now. `turn` is awaited
/// between the steps before them, so that the platform can do its work.
///
/// # Errors
/// If the copy cannot be made: a bug of ours.
pub async fn try_gpu(run: &Run, lap: &Lap, turn: impl AsyncFnMut()) -> Result<Trial, RunError> {
    match Compute::gpu().await {
        Ok(gpu) if gpu.imitated => Ok(Trial::stay(format!("The {} is an imitation by the CPU: training stays on the CPU.", gpu.name))),
        // A GPU that is lost while it is tried takes no run with it.
        Ok(gpu) => match unless_lost(try_on(gpu, run, lap, turn)).await {
            Ok(tried) => tried,
            Err(lost) => Ok(Trial::stay(format!("Training stays on the CPU: {lost}."))),
        },
        // Nobody has asked for one.
        Err(error) => Ok(Trial::stay(format!("Training stays on the CPU: {}.", error.trim_end_matches(INSTEAD)))),
    }
}

/// The same on a given device.
///
/// # Errors
/// If the copy cannot be made: a bug of ours.
pub async fn try_on(gpu: Compute, run: &Run, lap: &Lap, mut turn: impl AsyncFnMut()) -> Result<Trial, RunError> {
    if let Err(error) = limits::check(&run.experiment, &run.data_sizes, &gpu.limits) {
        return Ok(Trial::stay(format!("Training stays on the CPU: {error}.")));
    }
    let mut copy = Box::new(Run::restore(&lap.bytes, gpu.clone())?);
    for _ in 0..WARM_UP {
        copy.step();
        copy.wait_for_device().await;
        turn().await;
    }
    let started = (run.clock)();
    for _ in 0..TIMED {
        copy.step();
    }
    copy.wait_for_device().await;
    let seconds = ((run.clock)() - started) / TIMED as f64;
    let (of_gpu, of_cpu) = (seconds * 1e3, lap.seconds_per_step * 1e3);
    let times = format!("{of_gpu:.1} ms a step on the {}, {of_cpu:.1} ms on the CPU, the same {TIMED} steps", gpu.name);
    if seconds >= GAIN * lap.seconds_per_step {
        return Ok(Trial::stay(format!("{times}: training stays on the CPU.")));
    }
    let faster = Box::new(Run::restore(&run.save().await, gpu)?);
    Ok(Trial { faster: Some(faster), words: format!("{times}: training goes on on the GPU.") })
}

impl Trial {
    fn stay(words: String) -> Self {
        Self { faster: None, words }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use pollster::block_on;

    use super::*;
    use crate::experiment::Experiment;

    /// A run whose every step takes `step` seconds and every measurement `measurement`, on a clock of its own.
    struct Timed {
        run: Run,
        now: Rc<Cell<f64>>,
        measurement: f64,
    }

    impl Timed {
        fn new(epochs: usize, step: f64, measurement: f64) -> Self {
            let mut experiment = Experiment { seeds: 1, lanes: vec!["sgd".parse().expect("a lane")], ..Experiment::default() };
            (experiment.model.dim, experiment.model.hidden, experiment.data.train_size) = (4, 4, 64);
            experiment.training.epochs = epochs;
            let mut run = Run::prepare(experiment, None, Compute::cpu()).expect("the built-in data is good");
            let now = Rc::new(Cell::new(0.0));
            let clock = Rc::clone(&now);
            // A step of one lane looks four times: at its begin and end, and around the lane.
            run.clock = Box::new(move || {
                clock.set(clock.get() + step / 3.0);
                clock.get()
            });
            Self { run, now, measurement }
        }

        /// A step and a measurement, and what the choice says of it.
        fn go(&mut self, pending: &mut Pending) -> Option<Lap> {
            self.run.step();
            self.now.set(self.now.get() + self.measurement);
            block_on(pending.look(&self.run, self.now.get(), self.run.steps.done))
        }
    }

    #[test]
    fn the_cpu_is_timed_on_ten_bare_steps() {
        // 64 examples are two steps an epoch: 2,000 steps. With a measurement, each takes 1.1 s; without, 0.1 s.
        let mut run = Timed::new(1000, 0.1, 1.0);
        let mut pending = Pending::new(DeviceChoice::Auto);
        let (mut laps, mut marks) = (Vec::new(), Vec::new());
        for step in 1..30 {
            marks.extend(pending.mark());
            laps.extend(run.go(&mut pending).map(|lap| (step, lap.seconds_per_step)));
        }
        // Two seconds are over after step 2; three steps warm up, ten are timed.
        assert_eq!((laps.len(), laps[0].0), (1, 15), "{laps:?}");
        assert!((laps[0].1 - 0.1).abs() < 1e-9, "a measurement is no part of a step: {laps:?}");
        assert_eq!((marks.first(), marks.last()), (Some(&5), Some(&15)));
    }

    #[test]
    fn a_short_run_never_tries_the_gpu() {
        // When two seconds are over, a run of 20 steps has 18 · 1.1 s = 20 s ahead; one of 14 has 13 · 5.1 s, but only 13 steps.
        let (auto, cpu) = (DeviceChoice::Auto, DeviceChoice::Cpu);
        for (epochs, measurement, choice, tries) in [(10, 1.0, auto, 0), (7, 5.0, auto, 0), (1000, 1.0, cpu, 0), (1000, 1.0, auto, 1)] {
            let mut run = Timed::new(epochs, 0.1, measurement);
            let mut pending = Pending::new(choice);
            let laps = (0..20.min(2 * epochs)).filter_map(|_| run.go(&mut pending)).count();
            assert_eq!(laps, tries, "{epochs} epochs, {choice:?}");
        }
    }
}
