//! The device choice `Auto`: a run starts on the CPU at once, and moves to the GPU only when that was measured faster.
//!
//! Small models are bound by kernel launches on a GPU, so guessing is often wrong; and shaders take seconds to
//! compile, so a short run is over before it could gain anything. The trial trains a copy of the run.

use crate::compute::Compute;
use crate::limits;
use crate::protocol::DeviceChoice;
use crate::session::{Session, TrainError};

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
#[derive(Clone, Copy, Debug, Default)]
pub struct Pending(bool);

impl Pending {
    /// A run whose device was chosen so.
    pub fn new(choice: DeviceChoice) -> Self {
        Self(choice == DeviceChoice::Auto)
    }

    /// Says once, when a run has shown its speed and has enough ahead of it, that the GPU is to be tried: the seconds
    /// that a step takes. `seconds` is what its last `done` steps have taken, `ahead` the steps that are left.
    pub fn due(&mut self, seconds: f64, done: usize, ahead: usize) -> Option<f64> {
        if !self.0 || seconds < SHOWN_SECONDS || done == 0 {
            return None;
        }
        self.0 = false;
        let seconds_per_step = seconds / done as f64;
        (seconds_per_step * ahead as f64 >= WORTH_SECONDS).then_some(seconds_per_step)
    }
}

/// How a trial ended.
pub struct Trial {
    /// The run on the GPU, at the step where it was, if that is faster.
    pub faster: Option<Box<Session>>,
    /// What was measured, for people.
    pub words: String,
}

/// Times `session`'s next steps on a copy on the GPU, unless that is an imitation. `seconds_per_step` is what the run
/// has taken on the CPU; `turn` is awaited between steps, so that the platform can do its work.
///
/// # Errors
/// If the copy cannot be made: a bug of ours.
pub async fn try_gpu(
    session: &Session,
    seconds_per_step: f64,
    clock: &dyn Fn() -> f64,
    turn: impl AsyncFnMut(),
) -> Result<Trial, TrainError> {
    match Compute::gpu().await {
        Ok(gpu) if gpu.imitated => Ok(Trial::stay(format!("The {} is an imitation by the CPU: training stays on the CPU.", gpu.name))),
        Ok(gpu) => try_on(gpu, session, seconds_per_step, clock, turn).await,
        Err(error) => Ok(Trial::stay(format!("Training stays on the CPU: {error}."))),
    }
}

/// The same on a given device.
///
/// # Errors
/// If the copy cannot be made: a bug of ours.
pub async fn try_on(
    gpu: Compute,
    session: &Session,
    seconds_per_step: f64,
    clock: &dyn Fn() -> f64,
    mut turn: impl AsyncFnMut(),
) -> Result<Trial, TrainError> {
    if let Err(error) = limits::check(&session.experiment, &session.data_sizes, &gpu.limits) {
        return Ok(Trial::stay(format!("Training stays on the CPU: {error}.")));
    }
    let bytes = session.save().await;
    let mut copy = Box::new(Session::restore(&bytes, gpu.clone())?);
    if copy.steps_done() + WARM_UP + TIMED > copy.steps_planned() {
        return Ok(Trial::stay("The run is nearly over: training stays on the CPU.".to_owned()));
    }
    let mut started = 0.0;
    for step in 0..WARM_UP + TIMED {
        if step == WARM_UP {
            copy.wait_for_device().await;
            started = clock();
        }
        copy.step();
        turn().await;
    }
    copy.wait_for_device().await;
    let seconds = (clock() - started) / TIMED as f64;
    let times = format!("{:.1} ms a step on the {}, {:.1} ms on the CPU", seconds * 1e3, gpu.name, seconds_per_step * 1e3);
    if seconds >= GAIN * seconds_per_step {
        return Ok(Trial::stay(format!("{times}: training stays on the CPU.")));
    }
    let mut faster = Box::new(Session::restore(&bytes, gpu)?);
    faster.take_over_records(session).await;
    Ok(Trial { faster: Some(faster), words: format!("{times}: training goes on on the GPU.") })
}

impl Trial {
    fn stay(words: String) -> Self {
        Self { faster: None, words }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_tries_the_gpu_once_and_a_short_one_never() {
        let mut pending = Pending::new(DeviceChoice::Auto);
        assert_eq!(pending.due(1.9, 100, 100_000), None, "too early");
        assert_eq!(pending.due(2.0, 100, 1500), Some(0.02), "30 s are ahead");
        assert_eq!(pending.due(4.0, 200, 100_000), None, "once is enough");
        assert_eq!(Pending::new(DeviceChoice::Auto).due(2.0, 100, 1499), None, "nearly over");
        assert_eq!(Pending::new(DeviceChoice::Cpu).due(2.0, 100, 100_000), None, "not asked for");
    }
}
