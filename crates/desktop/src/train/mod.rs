//! `basin train`: a run from its words to its results.
//!
//! Read [`Run::train_to_end`] first. Elsewhere: the loop (`basin_train::driver`), the files of `--out`
//! (`run_folder.rs`), the table and the JSON document (`report.rs`).

mod args;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

pub use args::TrainArgs;
use basin_app::report::{Context, examples};
use basin_app::state::State;
use basin_train::brief::counted;
use basin_train::driver::Driver;
use basin_train::limits::in_words;
use basin_train::lost::{Lost, unless_lost};
use basin_train::memory::Estimate;
use basin_train::protocol::{DeviceChoice, Event, RunId};
use basin_train::report::Summary;
use basin_train::run::{Compute, Plan};

use crate::exit::{NOT_WRITTEN, STOPPED};
use crate::progress::{Progress, losses, tenth};
use crate::run_folder::{self, RunFolder};
use crate::terminal::{print, tell};
use crate::{cores, dry_run, interrupt, memory, report, shell};

/// The only run of this program; a state that has seen none waits for one above 0.
const RUN: RunId = RunId(1);

/// Time between two looks at Ctrl-C and at the progress bar.
const SLICE_SECONDS: f64 = 0.05;

/// Least time from one checkpoint to the next between the tenths of a run, in seconds, and over what the last one took: 5 %.
const CHECKPOINT_SECONDS: f64 = 30.0;
const CHECKPOINT_SHARE: f64 = 19.0;

/// Where Ctrl-C leaves the run when there is no `--out`.
const CHECKPOINT_FOLDER: &str = "basin-checkpoint";

/// Trains what the command line asks for.
///
/// # Errors
/// What is wrong with it, its files or its folder.
pub fn train(args: &TrainArgs) -> Result<ExitCode, String> {
    cores::limit(args.jobs);
    if args.dry_run {
        return pollster::block_on(dry_run(args));
    }
    let stop = interrupt::flag("Finishing this step and saving the run; Ctrl-C again to lose it.")?;
    let mut run = pollster::block_on(Run::prepare(args))?;
    introduce(run.driver.summary(), args.device);
    tell_cost(run.driver.summary(), run.driver.seconds_of_pass());
    let finished = pollster::block_on(unless_lost(run.train_to_end(&stop, args.stop_after_step))).map_err(|error| lost(&error))??;
    run.progress.end();
    if !finished {
        let (done, steps) = (run.driver.steps_done(), run.driver.steps_planned());
        let saved = pollster::block_on(run.save_for_later());
        return Ok(ExitCode::from(match saved {
            Ok(folder) => {
                tell(format_args!("Stopped after step {done} of {steps}. Go on with `basin train --resume {folder}`."));
                STOPPED
            }
            Err(text) => {
                tell(format_args!("basin: stopped after step {done} of {steps}, and the run could not be saved: {text}"));
                NOT_WRITTEN
            }
        }));
    }
    if run.driver.linear_takes_long() {
        tell("Fitting a linear model on the same tokens, to compare with…");
    }
    // The numbers first: a full disk costs the files, never them.
    let beside = Context { linear: Some(run.driver.linear()), best: pollster::block_on(run.driver.best()), ..Context::default() };
    let document = report::document(&run.state, &beside);
    let text =
        if args.json { String::from_utf8_lossy(&run_folder::pretty(&document)).into_owned() } else { report::table(&run.state, &beside) };
    let printed = print(&text);
    // Results beside an older checkpoint would pass for those of that step: without the last one the run is not finished.
    let written = match (run.unwritten.take(), &run.folder) {
        (Some(text), _) => Err(text),
        (None, Some(folder)) => folder.write_results(&document),
        (None, None) => Ok(()),
    };
    if let Err(text) = written {
        tell(format_args!("basin: {text}; the results are those that were printed"));
        printed?;
        return Ok(ExitCode::from(NOT_WRITTEN));
    }
    if let Some(folder) = &run.folder {
        tell(format_args!("Wrote {}.", folder.path().display()));
    }
    printed.map(|()| ExitCode::SUCCESS)
}

/// What is left of a run on a GPU that was lost.
fn lost(lost: &Lost) -> String {
    format!(
        "{lost}, and what the run had learned since it last saved itself: start again with --device cpu, or go on with --resume DIR --device cpu"
    )
}

/// Says what would be trained.
async fn dry_run(args: &TrainArgs) -> Result<ExitCode, String> {
    let (experiment, files) = args.experiment()?;
    let compute = compute(args.device).await?;
    let looked = Plan::look(experiment, files.as_ref());
    let (plan, ahead) = looked.map_err(|error| error.to_string())?;
    let (summary, pass) = (plan.summary(&compute), plan.seconds_of_pass());
    let estimate = plan.fits(&compute.limits).map_err(|error| {
        // What is too much is told part by part too.
        tell(dry_run::table(&Estimate::of(&summary.experiment, &summary.sizes), &compute.limits).trim_end());
        error.to_string()
    })?;
    introduce(&summary, args.device);
    tell_cost(&summary, pass);
    if let Some((texts, seconds)) = ahead {
        let texts = counted(texts, "text");
        tell(if summary.experiment.model.tune.is_some() {
            format!("{texts} go through the layers below first, about {seconds:.0} s on this computer.")
        } else {
            format!("{texts} to encode first, about {seconds:.0} s on this computer; vectors of others are kept from before.")
        });
    }
    let text = if args.json {
        String::from_utf8_lossy(&run_folder::pretty(&dry_run::document(&summary, &estimate, (ahead, pass), &compute.limits))).into_owned()
    } else {
        dry_run::table(&estimate, &compute.limits)
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// What was taken of the files, what is trained, and the notes on both.
fn introduce(summary: &Summary, choice: DeviceChoice) {
    let experiment = &summary.experiment;
    for taken in [&summary.taken, &summary.taken_of_test].into_iter().flatten() {
        tell(format_args!("{}", taken.words()));
    }
    tell(examples(summary));
    let auto = if choice == DeviceChoice::Auto && experiment.model.tune.is_none() { " (auto: a long run tries the GPU)" } else { "" };
    let Summary { weights, steps, device, .. } = summary;
    let (lanes, seeds) = (counted(experiment.lanes.len(), "lane"), counted(experiment.seeds, "seed"));
    tell(format_args!("{lanes} × {seeds}, {weights} weights each, {} on {device}{auto}.", counted(*steps, "step")));
    for note in &summary.notes {
        tell(format_args!("Note: {note}"));
    }
}

/// What layers of an encoder take that are trained: memory, and `seconds` of a core for a pass.
fn tell_cost(summary: &Summary, seconds: Option<f64>) {
    let Some(seconds) = seconds else { return };
    let Summary { experiment, sizes, .. } = summary;
    let memory = in_words(Estimate::of(experiment, sizes).total());
    let (epochs, of_each) = (counted(experiment.training.epochs, "epoch"), experiment.seeds * experiment.lanes.len());
    tell(format_args!(
        "About {memory} of memory. A pass over the training texts takes about {seconds:.1} s of a core for a lane and seed, and each climb as long again: {epochs} with {of_each} of them, {:.0} s and more; once an epoch all are measured.",
        seconds * (experiment.training.epochs * of_each) as f64
    ));
}

/// A run with what has been measured of it.
struct Run {
    driver: Driver,
    /// The same bookkeeping as the window's.
    state: State,
    folder: Option<RunFolder>,
    /// Why the folder does not hold what it should; training goes on all the same.
    unwritten: Option<String>,
    /// The last step whose measurement an earlier part of the run has written.
    measured: Option<usize>,
    progress: Progress,
}

impl Run {
    async fn prepare(args: &TrainArgs) -> Result<Self, String> {
        if let Some(path) = &args.resume {
            let (mut folder, bytes) = RunFolder::resume(path, args.more_epochs.is_some())?;
            let driver = Driver::restore(&bytes, compute(args.device).await?);
            let mut driver = driver.map_err(|error| format!("{}: {error}", path.display()))?;
            RunFolder::check_owner(path, &driver.summary().experiment)?;
            if let Some(note) = &args.note {
                folder.write_note(note)?;
            }
            if let Some(epochs) = args.more_epochs {
                tell(driver.extend(Some(epochs)).map_err(|error| error.to_string())?);
                folder.go_on(&driver.save().await)?;
            }
            let (done, steps) = (driver.steps_done(), driver.steps_planned());
            // A run that ended without its results measures its end again: they are made from that.
            let measured = folder.keep_until(if done < steps { done } else { steps.saturating_sub(1) });
            return Ok(Self::new(driver, Some(folder), measured, args));
        }
        let (experiment, files) = args.experiment()?;
        let driver = Driver::prepare(experiment, files.as_ref(), compute(args.device).await?).map_err(|error| error.to_string())?;
        // Only now: bad input leaves no folder behind.
        let folder = args.out.as_deref().map(|out| RunFolder::create(out, args.force)).transpose()?;
        if let Some(folder) = &folder {
            folder.write_experiment(&driver.summary().experiment)?;
            if let Some(note) = &args.note {
                folder.write_note(note)?;
            }
        }
        Ok(Self::new(driver, folder, None, args))
    }

    fn new(mut driver: Driver, folder: Option<RunFolder>, measured: Option<usize>, args: &TrainArgs) -> Self {
        let started = Instant::now();
        driver.set_clock(Box::new(move || started.elapsed().as_secs_f64()), args.device);
        driver.set_cores(cores::wanted(args.jobs));
        let mut state = State::default();
        state.apply(Event::Prepared { run: RUN, summary: Box::new(driver.summary().clone()) });
        let progress = Progress::new("steps", driver.steps_done(), driver.steps_planned());
        Self { driver, state, folder, unwritten: None, measured, progress }
    }

    /// Tries the GPU where that is due, and moves there if it is faster.
    async fn try_gpu_when_due(&mut self) -> Result<(), String> {
        let Some(lap) = self.driver.lap().await else { return Ok(()) };
        let (words, moved) = self.driver.try_gpu(&lap, async || ()).await.map_err(|error| error.to_string())?;
        self.progress.say(&words);
        if let Some(device) = moved {
            self.state.apply(Event::Moved { run: RUN, device });
        }
        Ok(())
    }

    /// Trains, measures where it is due, and saves at each tenth and every half minute. `false` if it was stopped before the end.
    async fn train_to_end(&mut self, stop: &AtomicBool, stop_after_step: Option<usize>) -> Result<bool, String> {
        let steps = self.driver.steps_planned();
        let mut saved = self.driver.steps_done();
        let (mut over, mut took) = (Instant::now(), 0.0);
        if self.driver.measurement_due() && self.measured.is_none_or(|step| step < saved) {
            let measurement = self.driver.measure().await;
            self.state.apply(Event::Measured { run: RUN, measurement });
        }
        if saved == 0 {
            // Killed at once, it can be resumed all the same.
            self.checkpoint().await;
        }
        loop {
            let done = self.driver.steps_done();
            self.progress.tell(done, || losses(&self.state));
            let long_ago = over.elapsed().as_secs_f64() > CHECKPOINT_SECONDS.max(CHECKPOINT_SHARE * took);
            if done > saved && (done == steps || tenth(done, steps) > tenth(saved, steps) || long_ago) {
                saved = done;
                let began = Instant::now();
                self.checkpoint().await;
                (over, took) = (Instant::now(), began.elapsed().as_secs_f64());
            }
            if done >= steps {
                return Ok(true);
            }
            if stop.load(Ordering::Relaxed) || stop_after_step.is_some_and(|step| done >= step) {
                return Ok(false);
            }
            self.try_gpu_when_due().await?;
            if let Some(measurement) = self.driver.advance(SLICE_SECONDS, stop_after_step.unwrap_or(usize::MAX)).await {
                self.state.apply(Event::Measured { run: RUN, measurement });
            }
        }
    }

    /// Writes curves and weights, if there is a folder; where that fails, training goes on.
    async fn checkpoint(&mut self) {
        let written = self.write().await;
        if let Err(text) = &written
            && self.unwritten.is_none()
        {
            self.progress.say(&format!("Warning: {text}. Training goes on."));
        }
        self.unwritten = written.err();
    }

    async fn write(&mut self) -> Result<(), String> {
        let Some(folder) = &self.folder else { return Ok(()) };
        // Each on its own: weights are not lost to a table that cannot be written.
        let curves = folder.write_curves(&self.state, self.driver.summary().experiment.first_seed);
        let saved = folder.write_checkpoint(&self.driver.save().await);
        curves.and(saved)
    }

    /// Saves a run that was stopped; the folder's name, as a shell reads it.
    async fn save_for_later(&mut self) -> Result<String, String> {
        if self.folder.is_none() {
            let folder = RunFolder::unused(CHECKPOINT_FOLDER)?;
            folder.write_experiment(&self.driver.summary().experiment)?;
            self.folder = Some(folder);
        }
        self.write().await?;
        Ok(self.folder.as_ref().map_or(String::new(), |folder| shell::word(folder.path())))
    }
}

/// The device of a choice.
///
/// # Errors
/// If there is no GPU that can be used.
pub async fn compute(choice: DeviceChoice) -> Result<Compute, String> {
    match choice {
        DeviceChoice::Auto | DeviceChoice::Cpu => Ok(Compute::cpu().with_memory(memory::of_this_process())),
        DeviceChoice::Gpu => Ok(Compute::gpu().await?.with_memory(memory::of_this_process())),
    }
}
