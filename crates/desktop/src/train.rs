//! `basin train`: an experiment from words, the loop, and what it says.
//!
//! Read [`Run::train_to_end`] first. Elsewhere: a step (`basin_train::session`), the files of `--out`
//! (`run_folder.rs`), the table and the JSON document (`report.rs`).

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use basin_app::state::State;
use basin_train::auto;
use basin_train::compute::Compute;
use basin_train::config::{Base, Experiment, ExperimentError, ModelKind, Tokens};
use basin_train::lane::LaneConfig;
use basin_train::presets;
use basin_train::protocol::{DeviceChoice, Event, Files, RunId, Summary};
use basin_train::session::{Plan, Session};
use clap::Args;

use crate::progress::{Progress, tenth};
use crate::reading::ReadingArgs;
use crate::run_folder::{self, RunFolder};
use crate::terminal::{print, tell};
use crate::{NOT_WRITTEN, STOPPED, dry_run, memory, report, source, word};

/// The only run of this program; a state that has seen none waits for one above 0.
const RUN: RunId = RunId(1);

/// Where Ctrl-C leaves the run when there is no `--out`.
const CHECKPOINT_FOLDER: &str = "basin-checkpoint";

/// Knobs that are not given have the value of `--experiment`, or their default.
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line are")]
#[derive(Args)]
pub struct TrainArgs {
    /// Train on this: a CSV, TSV or JSONL file, a name of `basin data list`, helpdesk (the default), or reviews.
    #[arg(long, value_name = "FILE|NAME")]
    data: Option<String>,
    /// Test on this file instead of holding examples out.
    #[arg(long, value_name = "FILE", requires = "data")]
    test: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadingArgs,
    /// Start from these knobs: lesson and placebo (noisy labels), text and intents (clean labels, for accuracy on real sets).
    #[arg(long, value_name = "lesson|placebo|text|intents", conflicts_with = "experiment")]
    preset: Option<String>,
    /// Measure on a part of the training set and leave the test set alone, for choosing ρ and other knobs.
    #[arg(long)]
    validation: bool,
    /// The network.
    #[arg(long, value_name = "bag|cnn|attention", value_parser = word::<ModelKind>)]
    model: Option<ModelKind>,
    /// The methods to compare, such as sgd,sam:rho=0.7,delta-sam:rule=head:rho=0.8.
    #[arg(long, value_name = "LANE,…", value_delimiter = ',')]
    lanes: Option<Vec<LaneConfig>>,
    /// Independent initial weights per lane.
    #[arg(long, value_name = "COUNT")]
    seeds: Option<usize>,
    /// Passes over the training set.
    #[arg(long, value_name = "COUNT")]
    epochs: Option<usize>,
    /// Examples per batch.
    #[arg(long, value_name = "COUNT")]
    batch: Option<usize>,
    /// Learning rate at the start; a lane may have its own.
    #[arg(long, value_name = "NUMBER")]
    lr: Option<f64>,
    /// The optimizer that applies the gradient.
    #[arg(long, value_name = "sgd|momentum|adam-w", value_parser = word::<Base>)]
    base: Option<Base>,
    /// Fraction of the training labels to replace by another class; without it none, but 0.2 of the help desk and the reviews.
    #[arg(long, value_name = "FRACTION")]
    label_noise: Option<f64>,
    /// Rarest class to most frequent class in the training set; 1 leaves it as it is.
    #[arg(long, value_name = "RATIO")]
    balance: Option<f64>,
    /// Training examples to keep; 0 keeps all.
    #[arg(long, value_name = "COUNT")]
    train_size: Option<usize>,
    /// Seed of split, thinning, label noise and batch order.
    #[arg(long, value_name = "SEED")]
    data_seed: Option<u64>,
    /// What a token is.
    #[arg(long, value_name = "words|word-pairs|characters", value_parser = word::<Tokens>)]
    tokens: Option<Tokens>,
    /// Most frequent tokens that are kept.
    #[arg(long, value_name = "COUNT")]
    vocabulary: Option<usize>,
    /// Tokens of one text that are read, 1 to 1024; the rest is cut.
    #[arg(long, value_name = "COUNT")]
    max_length: Option<usize>,
    /// Start from this experiment, such as the experiment.json of another run.
    #[arg(long, value_name = "FILE")]
    experiment: Option<PathBuf>,
    /// Where to train.
    #[arg(long, value_name = "auto|cpu|gpu", default_value = "auto", value_parser = word::<DeviceChoice>)]
    device: DeviceChoice,
    /// Write experiment, curves, checkpoints and results to this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Replace a run that --out holds.
    #[arg(long, requires = "out")]
    force: bool,
    /// Go on with the run in this folder. On the CPU it ends as if it had never stopped.
    #[arg(long, value_name = "DIR", conflicts_with_all = [
        "data", "test", "model", "lanes", "seeds", "epochs", "batch", "lr", "base", "label_noise", "balance", "train_size", "data_seed",
        "tokens", "experiment", "out", "preset", "validation", "vocabulary", "max_length", "text", "text_b", "label", "header", "delimiter",
    ])]
    resume: Option<PathBuf>,
    /// With --resume of a finished run: train so many epochs more, with a warm restart (the learning rate starts again at
    /// its first value and falls along the same curve).
    #[arg(long, value_name = "COUNT", requires = "resume")]
    more_epochs: Option<usize>,
    /// Print one JSON document instead of the table.
    #[arg(long)]
    json: bool,
    /// Say what would be trained and how much memory it takes, part by part; train nothing.
    #[arg(long, conflicts_with_all = ["out", "resume"])]
    dry_run: bool,
    /// Stop after this step as if by Ctrl-C; for tests.
    #[arg(long, hide = true, value_name = "STEP")]
    stop_after_step: Option<usize>,
}

impl TrainArgs {
    /// The experiment and its files.
    fn experiment(&self) -> Result<(Experiment, Option<Files>), String> {
        let mut experiment = Experiment::default();
        if let Some(path) = &self.experiment {
            let name = path.display();
            let text = fs::read_to_string(path).map_err(|error| format!("{name} cannot be read: {error}"))?;
            experiment = Experiment::parse(text.as_bytes()).map_err(|error| match error {
                ExperimentError::Words(error) => {
                    format!("{name} is no experiment: {error}; `basin train --out DIR` writes one to DIR/experiment.json")
                }
                ExperimentError::Bounds(error) => format!("{name}: {error}"),
            })?;
        }
        if let Some(name) = &self.preset {
            let known = || presets::ALL.iter().map(|preset| preset.name).collect::<Vec<_>>().join(", ");
            let preset = presets::find(name).ok_or_else(|| format!("there is no preset `{name}`: use one of {}", known()))?;
            (preset.apply)(&mut experiment);
        }
        let found = match &self.data {
            Some(data) => source::find(data, self.test.as_deref())?,
            None => source::of(&experiment.data.source)?,
        };
        let Experiment { data, model, training, lanes, seeds, .. } = &mut experiment;
        data.source = found.source;
        self.reading.apply(data, found.files.as_ref())?;
        data.label_noise = self.label_noise.or(data.label_noise);
        set(&mut data.balance, self.balance);
        set(&mut data.train_size, self.train_size);
        set(&mut data.seed, self.data_seed);
        set(&mut data.tokens, self.tokens);
        set(&mut data.vocabulary, self.vocabulary);
        set(&mut data.max_length, self.max_length);
        data.validation |= self.validation;
        set(&mut model.kind, self.model);
        set(&mut training.epochs, self.epochs);
        set(&mut training.batch, self.batch);
        set(&mut training.learning_rate, self.lr);
        set(&mut training.base, self.base);
        set(lanes, self.lanes.clone());
        set(seeds, self.seeds);
        experiment.check().map_err(|error| error.to_string())?;
        Ok((experiment, found.files))
    }
}

fn set<T>(knob: &mut T, given: Option<T>) {
    if let Some(value) = given {
        *knob = value;
    }
}

/// Trains what the command line asks for.
///
/// # Errors
/// What is wrong with it, its files or its folder.
pub fn train(args: &TrainArgs) -> Result<ExitCode, String> {
    if args.dry_run {
        return pollster::block_on(dry_run(args));
    }
    let stop = stop_flag()?;
    let mut run = pollster::block_on(Run::prepare(args))?;
    introduce(run.session.summary(), args.device);
    let finished = pollster::block_on(run.train_to_end(&stop, args.stop_after_step))?;
    run.progress.end();
    if !finished {
        let (done, steps) = (run.session.steps_done(), run.session.steps_planned());
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
    // The numbers first: a full disk costs the files, never them.
    let document = report::document(&run.state);
    let text = if args.json { String::from_utf8_lossy(&run_folder::pretty(&document)).into_owned() } else { report::table(&run.state) };
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

/// Says what would be trained.
async fn dry_run(args: &TrainArgs) -> Result<ExitCode, String> {
    let (experiment, files) = args.experiment()?;
    let compute = compute(args.device).await?;
    let fitting = Plan::new(experiment, files.as_ref()).and_then(|plan| Ok((plan.fits(&compute.limits)?, plan.summary(&compute))));
    let (estimate, summary) = fitting.map_err(|error| error.to_string())?;
    introduce(&summary, args.device);
    let text = if args.json {
        String::from_utf8_lossy(&run_folder::pretty(&dry_run::document(&summary, &estimate, &compute.limits))).into_owned()
    } else {
        dry_run::table(&estimate, &compute.limits)
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Becomes true with the first Ctrl-C (or a request to terminate); the second one ends the process at once.
fn stop_flag() -> Result<Arc<AtomicBool>, String> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let handler = move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(STOPPED));
        }
        tell(format_args!("Finishing this step and saving the run; Ctrl-C again to lose it."));
    };
    ctrlc::set_handler(handler).map_err(|error| format!("Ctrl-C cannot be listened to: {error}"))?;
    Ok(stop)
}

/// What was taken of the files, what is trained, and the notes on both.
fn introduce(summary: &Summary, choice: DeviceChoice) {
    let Summary { experiment, train_counts, test_counts, classes, flipped, .. } = summary;
    for taken in [&summary.taken, &summary.taken_of_test].into_iter().flatten() {
        tell(format_args!("{}", taken.words()));
    }
    let (train, test): (usize, usize) = (train_counts.iter().sum(), test_counts.iter().sum());
    let flipped = if *flipped > 0 { format!(", {flipped} training labels flipped") } else { String::new() };
    tell(format_args!("{}: {train} examples to train on, {test} to test on, {} classes{flipped}.", summary.data, classes.len()));
    let auto = if choice == DeviceChoice::Auto { " (auto: a long run tries the GPU)" } else { "" };
    let Summary { weights, steps, device, .. } = summary;
    let (lanes, seeds) = (experiment.lanes.len(), experiment.seeds);
    tell(format_args!("{lanes} lanes × {seeds} seeds, {weights} weights each, {steps} steps on {device}{auto}."));
    for note in &summary.notes {
        tell(format_args!("Note: {note}"));
    }
}

/// A run with what has been measured of it.
struct Run {
    session: Session,
    /// The same bookkeeping as the window's.
    state: State,
    folder: Option<RunFolder>,
    /// Why the folder does not hold what it should; training goes on all the same.
    unwritten: Option<String>,
    /// The last step whose measurement an earlier part of the run has written.
    measured: Option<usize>,
    progress: Progress,
    /// When this program began to train, and how many steps were done before.
    started: (Instant, usize),
    /// Whether the run may move to the GPU and has not tried yet.
    try_gpu: auto::Pending,
}

impl Run {
    async fn prepare(args: &TrainArgs) -> Result<Self, String> {
        if let Some(path) = &args.resume {
            let (mut folder, bytes) = RunFolder::resume(path, args.more_epochs.is_some())?;
            let mut session = Session::restore(&bytes, compute(args.device).await?).map_err(|error| error.to_string())?;
            if let Some(epochs) = args.more_epochs {
                tell(session.extend(Some(epochs)).map_err(|error| error.to_string())?);
                folder.go_on(&session.save().await)?;
            }
            let (done, steps) = (session.steps_done(), session.steps_planned());
            // A run that ended without its results measures its end again: they are made from that.
            let measured = folder.keep_until(if done < steps { done } else { steps.saturating_sub(1) })?;
            return Ok(Self::new(session, Some(folder), measured, args.device));
        }
        let (experiment, files) = args.experiment()?;
        let session = Session::prepare(experiment, files.as_ref(), compute(args.device).await?);
        let session = session.map_err(|error| error.to_string())?;
        // Only now: bad input leaves no folder behind.
        let folder = args.out.as_deref().map(|out| RunFolder::create(out, args.force)).transpose()?;
        if let Some(folder) = &folder {
            folder.write_experiment(&session.summary().experiment)?;
        }
        Ok(Self::new(session, folder, None, args.device))
    }

    fn new(mut session: Session, folder: Option<RunFolder>, measured: Option<usize>, device: DeviceChoice) -> Self {
        let started = Instant::now();
        session.set_clock(clock(started));
        let summary = session.summary().clone();
        let mut state = State::default();
        state.apply(Event::Prepared { run: RUN, summary: Box::new(summary) });
        let progress = Progress::new(session.steps_done(), session.steps_planned());
        let (started, try_gpu) = ((started, session.steps_done()), auto::Pending::new(device));
        Self { session, state, folder, unwritten: None, measured, progress, started, try_gpu }
    }

    /// Tries the GPU where that is due, and moves there if it is faster.
    async fn try_gpu_when_due(&mut self) -> Result<(), String> {
        let (since, first) = self.started;
        let done = self.session.steps_done() - first;
        let Some(lap) = self.try_gpu.look(&self.session, since.elapsed().as_secs_f64(), done).await else { return Ok(()) };
        let trial = auto::try_gpu(&self.session, &lap, &*clock(since), async || ()).await.map_err(|error| error.to_string())?;
        self.progress.say(&trial.words);
        if let Some(mut faster) = trial.faster {
            faster.set_clock(clock(since));
            self.state.apply(Event::Moved { run: RUN, device: faster.summary().device.clone() });
            self.session = *faster;
        }
        Ok(())
    }

    /// The loop: measure where it is due, step, save at each tenth. `false` if it was stopped before the end.
    async fn train_to_end(&mut self, stop: &AtomicBool, stop_after_step: Option<usize>) -> Result<bool, String> {
        let first = self.session.steps_done();
        loop {
            let (done, steps) = (self.session.steps_done(), self.session.steps_planned());
            if self.session.measurement_due() && self.measured.is_none_or(|step| step < done) {
                let measurement = self.session.measure().await;
                self.state.apply(Event::Measured { run: RUN, measurement });
            }
            self.progress.tell(done, &self.state);
            let ends = done >= steps;
            if done > first && (ends || tenth(done, steps) > tenth(done - 1, steps)) {
                let written = self.checkpoint().await;
                if let Err(text) = &written
                    && self.unwritten.is_none()
                {
                    self.progress.say(&format!("Warning: {text}. Training goes on."));
                }
                self.unwritten = written.err();
            }
            if ends {
                return Ok(true);
            }
            if stop.load(Ordering::Relaxed) || stop_after_step.is_some_and(|step| done >= step) {
                return Ok(false);
            }
            self.try_gpu_when_due().await?;
            self.session.step();
        }
    }

    /// Writes curves and weights, if there is a folder.
    async fn checkpoint(&self) -> Result<(), String> {
        let Some(folder) = &self.folder else { return Ok(()) };
        folder.write_curves(&self.state, self.session.summary().experiment.first_seed)?;
        folder.write_checkpoint(&self.session.save().await)
    }

    /// Saves a run that was stopped; the folder's name.
    async fn save_for_later(&mut self) -> Result<String, String> {
        if self.folder.is_none() {
            let folder = RunFolder::unused(CHECKPOINT_FOLDER)?;
            folder.write_experiment(&self.session.summary().experiment)?;
            self.folder = Some(folder);
        }
        self.checkpoint().await?;
        Ok(self.folder.as_ref().map_or(String::new(), |folder| folder.path().display().to_string()))
    }
}

/// Seconds since `started`.
fn clock(started: Instant) -> Box<dyn Fn() -> f64> {
    Box::new(move || started.elapsed().as_secs_f64())
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
