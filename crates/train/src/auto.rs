//! The device choice `Auto`: a run starts on the CPU at once, and moves to the GPU only when that was measured faster.
//!
//! Small models are bound by kernel launches on a GPU, so guessing is often wrong; and shaders take seconds to
//! compile, so a short run is over before it could gain anything. The trial trains a copy of the run.

use crate::compute::Compute;
use crate::session::{Session, TrainError};

/// A run that has less than this ahead of it stays where it is, in seconds.
pub const WORTH_SECONDS: f64 = 30.0;

/// Steps that compile shaders and fill caches.
const WARM_UP: usize = 3;

/// Steps that are timed.
const TIMED: usize = 10;

/// The GPU must take less than this share of the CPU's time: moving costs something, too.
const GAIN: f64 = 0.8;

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
