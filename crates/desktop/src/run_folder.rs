//! The folder of a run: all that is needed to redo it, to plot it, and to go on with it.
//!
//! - `experiment.json`: the experiment with its guesses filled in; `basin train --experiment` reads it.
//! - `curves.csv`: every measurement, one row per step, lane and seed.
//! - `curves.svg`: the same as a figure.
//! - `checkpoint.safetensors`: the run as it was saved last.
//! - `note.txt`: what somebody wrote to it with `--note`.
//! - `results.json`: the document of `--json`; it exists once the run has reached its end.
//!
//! One run at a time writes to a folder. Elsewhere: how a file appears whole or not at all, and the lock (`disk.rs`).

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use basin_app::measurements;
use basin_app::state::State;
use basin_app::svg;
use basin_train::experiment::Experiment;
use basin_train::protocol::{Event, RunId};
use basin_train::report::{Measurement, Summary};
use serde_json::Value;

use crate::disk::{self, Lock, LockFailure};
use crate::shell::word;

/// The file that every run has.
const EXPERIMENT: &str = "experiment.json";
/// The file that every sweep has.
pub const SWEEP: &str = "sweep.json";
/// The folder of the cells of a sweep or a study.
pub const CELLS: &str = "cells";
const CURVES: &str = "curves.csv";
const FIGURE: &str = "curves.svg";
const CHECKPOINT: &str = "checkpoint.safetensors";
const RESULTS: &str = "results.json";
const NOTE: &str = "note.txt";

/// What a folder of this program is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// `basin train`.
    Run,
    /// `basin sweep`.
    Sweep,
    /// `basin study`.
    Study,
}

impl Owner {
    /// Whose a folder is; none where it is nobody's yet.
    fn of(path: &Path) -> Option<Self> {
        if path.join(SWEEP).exists() {
            Some(Self::Sweep)
        } else if path.join(EXPERIMENT).exists() {
            Some(Self::Run)
        } else {
            let cell = |name: &Path| name.extension().is_some_and(|ending| ending == "json");
            let mut cells = fs::read_dir(path.join(CELLS)).into_iter().flatten().flatten();
            cells.any(|entry| cell(entry.path().as_path())).then_some(Self::Study)
        }
    }

    /// Refuses a folder that is of something else; `remedy` says what to do then.
    ///
    /// # Errors
    /// It is.
    pub fn alone(self, path: &Path, remedy: &str) -> Result<(), String> {
        let name = path.display();
        match Self::of(path).filter(|owner| *owner != self) {
            None => Ok(()),
            Some(Self::Run) => Err(format!("{name} holds a run of `basin train`: {remedy}")),
            Some(Self::Sweep) => Err(format!("{name} holds a sweep of `basin sweep`: {remedy}")),
            Some(Self::Study) => Err(format!("{name} holds cells of `basin study`: {remedy}")),
        }
    }
}

/// What to do about a folder that holds something else.
pub const OTHER: &str = "choose another folder for --out";

/// A folder that one run writes to.
pub struct RunFolder {
    path: PathBuf,
    _lock: Lock,
    /// What an earlier part of the run has measured.
    earlier: Vec<Measurement>,
}

impl RunFolder {
    /// A folder for a new run; it is made if it is missing. `force` lets it replace another run.
    ///
    /// # Errors
    /// If it holds a run, or cannot be written.
    pub fn create(path: &Path, force: bool) -> Result<Self, String> {
        let name = path.display();
        Owner::Run.alone(path, OTHER)?;
        fs::create_dir_all(path).map_err(|error| failed(path, &error))?;
        let lock = lock(path)?;
        if force {
            // First, so that a run that is stopped does not pass for the one that was finished.
            for file in [RESULTS, CHECKPOINT, CURVES, FIGURE, NOTE] {
                match fs::remove_file(path.join(file)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&path.join(file), &error)),
                    _ => {}
                }
            }
        } else if path.join(RESULTS).exists() {
            return Err(format!("{name} holds a finished run: choose another folder for --out, or replace that run with --force"));
        } else if path.join(CHECKPOINT).exists() {
            return Err(format!(
                "{name} holds an unfinished run: go on with `basin train --resume {}`, or replace it with --force",
                word(path)
            ));
        }
        Ok(Self { path: path.to_owned(), _lock: lock, earlier: Vec::new() })
    }

    /// The folder of a run that was stopped, or of a finished one that goes on past its end, and the bytes of its checkpoint.
    ///
    /// # Errors
    /// If it holds none, or one that is finished and is to go `on` no further.
    pub fn resume(path: &Path, on: bool) -> Result<(Self, Vec<u8>), String> {
        Owner::Run.alone(path, "there is no run in it to go on with; sweeps and studies go on by the command that they began with")?;
        if path.join(RESULTS).exists() && !on {
            let (name, results) = (path.display(), path.join(RESULTS));
            return Err(format!(
                "the run in {name} is finished: its numbers are in {}; `--more-epochs COUNT` goes on past its end",
                results.display()
            ));
        }
        // First: a folder without a run gets no lock.
        Self::checkpoint(path)?;
        let lock = lock(path)?;
        let bytes = Self::checkpoint(path)?;
        let earlier = earlier(&path.join(CURVES))?;
        Ok((Self { path: path.to_owned(), _lock: lock, earlier }, bytes))
    }

    /// Makes a finished run one that goes on from `bytes`, past its end.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn go_on(&self, bytes: &[u8]) -> Result<(), String> {
        let results = self.path.join(RESULTS);
        // First: a run that is finished and has no results can be gone on with, but results beside a longer run say the wrong thing.
        match fs::remove_file(&results) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(&results, &error)),
            _ => self.write_checkpoint(bytes),
        }
    }

    /// The bytes of the run's last checkpoint.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    pub fn checkpoint(path: &Path) -> Result<Vec<u8>, String> {
        let checkpoint = path.join(CHECKPOINT);
        let bytes = fs::read(&checkpoint).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                format!("{} holds no run ({CHECKPOINT} is missing): name the folder that was given to --out", path.display())
            }
            _ => failed(&checkpoint, &error),
        })?;
        if is_cut_off(&bytes[..], bytes.len() as u64).unwrap_or(true) {
            return Err(format!(
                "{0}/{CHECKPOINT} is empty or cut off, so that the weights of this run cannot be read: put a copy of the file there, or train it \
                 anew with `basin train --experiment {1} --out DIR` (and its --data FILE)",
                path.display(),
                word(&path.join(EXPERIMENT))
            ));
        }
        Ok(bytes)
    }

    /// Whether a checkpoint of `path` is of the run whose experiment lies beside it: one that was copied from elsewhere would be
    /// shown under the name, and with the curves, of another.
    ///
    /// # Errors
    /// If it is of another run.
    pub fn check_owner(path: &Path, of_checkpoint: &Experiment) -> Result<(), String> {
        let beside = fs::read(path.join(EXPERIMENT)).ok().and_then(|json| Experiment::parse(&json).ok());
        // A run that goes on past its end has more epochs.
        let owner = |e: &Experiment| (e.lanes.clone(), e.seeds, e.first_seed, e.data.clone(), e.model, e.training.batch);
        match beside {
            Some(beside) if owner(&beside) != owner(of_checkpoint) => Err(format!(
                "{0}/{CHECKPOINT} is of another run than {0}/{EXPERIMENT}: put the right one there, or move it to a folder of its own",
                path.display()
            )),
            _ => Ok(()),
        }
    }

    /// The first of `stem`, `stem-2`, `stem-3`, … that holds no run.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn unused(stem: &str) -> Result<Self, String> {
        let names = std::iter::once(stem.to_owned()).chain((2..).map(|n| format!("{stem}-{n}"))).map(PathBuf::from);
        for path in names {
            fs::create_dir_all(&path).map_err(|error| failed(&path, &error))?;
            match Lock::of(&path) {
                // Another run that is being saved at this moment.
                Err(LockFailure::Taken(_)) => {}
                Err(LockFailure::Io(path, error)) => return Err(failed(&path, &error)),
                Ok(_) if path.join(CHECKPOINT).exists() || path.join(RESULTS).exists() => {}
                Ok(lock) => return Ok(Self { path, _lock: lock, earlier: Vec::new() }),
            }
        }
        unreachable!("numbers do not end")
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Forgets what was measured beyond `step`, which the run will measure again; the last step that is left, if any.
    pub fn keep_until(&mut self, step: usize) -> Option<usize> {
        self.earlier.retain(|measurement| measurement.step <= step);
        self.earlier.last().map(|measurement| measurement.step)
    }

    /// Writes the experiment.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn write_experiment(&self, experiment: &Experiment) -> Result<(), String> {
        self.write(EXPERIMENT, &pretty(&serde_json::to_value(experiment).expect("an experiment is plain data")))
    }

    /// Writes what somebody has to say of the run.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn write_note(&self, note: &str) -> Result<(), String> {
        self.write(NOTE, format!("{}\n", note.trim()).as_bytes())
    }

    /// Writes the measurements so far, as a table and as a figure.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn write_curves(&self, state: &State, first_seed: u64) -> Result<(), String> {
        let mut whole = State::default();
        if let Some(summary) = &state.run.summary {
            whole.apply(Event::Prepared { run: state.run.id, summary: Box::new(summary.clone()) });
        }
        for measurement in self.earlier.iter().chain(&state.run.measurements) {
            whole.apply(Event::Measured { run: state.run.id, measurement: measurement.clone() });
        }
        let table = self.write(CURVES, measurements::csv(&whole, first_seed).as_bytes());
        table.and(self.write(FIGURE, svg::curves::figure(&whole).as_bytes()))
    }

    /// Writes the run as it is now. Curves come first: rows beyond the checkpoint are dropped on resuming.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn write_checkpoint(&self, bytes: &[u8]) -> Result<(), String> {
        self.write(CHECKPOINT, bytes)
    }

    /// Writes the results: the run is finished.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn write_results(&self, document: &Value) -> Result<(), String> {
        self.write(RESULTS, &pretty(document))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let path = self.path.join(name);
        disk::write(&path, bytes).map_err(|error| failed(&path, &error))
    }
}

/// The folder for one run alone.
///
/// # Errors
/// If another program has it, or it cannot be written.
pub fn lock(path: &Path) -> Result<Lock, String> {
    Lock::of(path).map_err(|failure| match failure {
        LockFailure::Taken(process) => {
            let process = process.map_or(String::new(), |process| format!(" (process {process})"));
            format!("another run{process} writes to {}: wait until it ends, or choose another folder", path.display())
        }
        LockFailure::Io(path, error) => failed(&path, &error),
    })
}

/// What an earlier part of the run has measured; nothing if the file was moved away.
fn earlier(curves: &Path) -> Result<Vec<Measurement>, String> {
    let text = match fs::read_to_string(curves) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(|error| failed(curves, &error))?,
    };
    measurements::read(&text).map_err(|row| {
        format!("{}, row {row}: it is none of this program; move the file away to go on without what it tells", curves.display())
    })
}

/// The files that say when a run was last written to.
pub fn written(path: &Path) -> [PathBuf; 2] {
    [CHECKPOINT, RESULTS].map(|file| path.join(file))
}

/// Whether a folder holds a run.
pub fn holds_run(path: &Path) -> bool {
    path.join(EXPERIMENT).is_file() && written(path).iter().any(|file| file.is_file())
}

/// Whether the weights of a run can be read, as far as the length of their file tells: of large ones only the header is read.
pub fn has_weights(path: &Path) -> bool {
    let whole = || {
        let file = fs::File::open(path.join(CHECKPOINT))?;
        let length = file.metadata()?.len();
        is_cut_off(file, length).map(|cut_off| !cut_off)
    };
    whole().unwrap_or(false)
}

/// Whether a safetensors file is shorter than its header says. The format: the length of the header in eight bytes, the header as
/// JSON, and behind it the tensors, of which the header says where each begins and ends.
///
/// # Errors
/// If it ends before its header does.
fn is_cut_off(mut file: impl Read, length: u64) -> io::Result<bool> {
    let mut size = [0; 8];
    file.read_exact(&mut size)?;
    let size = u64::from_le_bytes(size);
    let mut header = Vec::new();
    file.take(size).read_to_end(&mut header)?;
    let Ok(Value::Object(tensors)) = serde_json::from_slice(&header) else {
        // What has another content has another trouble, unless it ends here.
        return Ok(header.len() as u64 != size);
    };
    let end = tensors.values().filter_map(|tensor| tensor["data_offsets"][1].as_u64()).max().unwrap_or(0);
    Ok(length < end.saturating_add(size).saturating_add(8))
}

/// What somebody wrote to the run, if there is anything.
pub fn note(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path.join(NOTE)).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// What a folder tells of its run without its weights: the experiment, the results of a finished one, and all measurements.
///
/// # Errors
/// If it holds no run, or a file that is none of this program.
pub fn told(path: &Path) -> Result<(Experiment, Option<Value>, State), String> {
    let name = path.display();
    if !holds_run(path) {
        return Err(format!("{name} holds no run ({EXPERIMENT} or {CHECKPOINT} is missing): name the folder that was given to --out"));
    }
    let read = |file: &str| fs::read(path.join(file)).map_err(|error| failed(&path.join(file), &error));
    let experiment = Experiment::parse(&read(EXPERIMENT)?).map_err(|error| format!("{name}/{EXPERIMENT}: {error}"))?;
    let parsed = |bytes: Vec<u8>| serde_json::from_slice(&bytes).map_err(|error| format!("{name}/{RESULTS} holds no results: {error}"));
    let results: Option<Value> = path.join(RESULTS).is_file().then(|| read(RESULTS).and_then(parsed)).transpose()?;
    let mut state = State::default();
    // A state that has seen none waits for one above 0.
    let run = RunId(1);
    // The results begin with the summary; one of another version may lack what this one has.
    match results.as_ref().and_then(|results| serde_json::from_value::<Summary>(results.clone()).ok()) {
        Some(summary) => {
            state.apply(Event::Prepared { run, summary: Box::new(summary) });
        }
        None => state.begin(run, &experiment),
    }
    for measurement in earlier(&path.join(CURVES))? {
        state.apply(Event::Measured { run, measurement });
    }
    Ok((experiment, results, state))
}

/// JSON for people, with a line end.
pub fn pretty(value: &Value) -> Vec<u8> {
    let mut text = serde_json::to_vec_pretty(value).expect("a value has text keys");
    text.push(b'\n');
    text
}

/// What to say of a file that cannot be read or written.
pub fn failed(path: &Path, error: &io::Error) -> String {
    format!("{} cannot be read or written ({error}): check its rights and the free space, or choose another folder", path.display())
}
