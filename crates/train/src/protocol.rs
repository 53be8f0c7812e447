//! What the app and the trainer say to each other: commands in, events out.
//!
//! Both are plain data with a JSON form, so that the same messages cross a channel (desktop) and a `postMessage` (browser);
//! scripts (`window.basin`) have a form of commands that is easier to write ([`read_script`]). Every event of a run carries its [`RunId`]:
//! whoever receives it can drop what belongs to an earlier run. A command may carry a ticket ([`Ticketed`]): what
//! is said because of it carries the same, and [`Event::Done`] is the last of it.

use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use serde_json::{Error, Map, Value};

use crate::brief::brief;
use crate::cores::Cores;
pub use crate::data::files::{Files, NamedBytes};
pub use crate::data::taken::{LeftOut, Table, Taken};
use crate::experiment::{Columns, Experiment};
use crate::lab::grid::Grid;
use crate::lab::outcome::Outcome;
use crate::report::{
    Answer, BestEpoch, Budget, ExportFormat, Figures, JudgedCell, Judgement, KeptRun, Landscape, Line, Measurement, PlaneChoice,
    Predictions, Progress, SentenceHistory, SentenceTable, Sentences, Sharpness, StepTrace, Summary,
};

/// Version of this protocol; the page and its worker must agree.
pub const VERSION: u32 = 6;

/// Counts runs; the side that starts a run chooses a number it has not used before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunId(pub u64);

/// A command with the number of its request, or an event with the number of the request that it answers.
///
/// Without a ticket, nothing is said to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ticketed<T> {
    /// The number; whoever asks chooses one that it has not used before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<u64>,
    /// The command, or the event.
    pub message: T,
}

impl<T> From<T> for Ticketed<T> {
    /// Without a ticket.
    fn from(message: T) -> Self {
        Self { ticket: None, message }
    }
}

/// The command in a text that came from elsewhere.
///
/// # Errors
/// What cannot be read is answered at once, under its own ticket if that much can be read.
pub fn read_command(text: &str) -> Result<Ticketed<Command>, Vec<Ticketed<Event>>> {
    serde_json::from_str(text).map_err(|error| {
        let known: Option<Value> = serde_json::from_str(text).ok();
        let ticket = known.as_ref().and_then(|value| value.get("ticket")).and_then(Value::as_u64);
        let text = format!("This is no command of Basin: {}.", brief(&error.to_string(), MOST_OF_AN_ERROR));
        [Event::Failed { run: RunId::default(), text }, Event::Done].map(|message| Ticketed { ticket, message }).to_vec()
    })
}

/// A command as people write it: an object with its name as `command`, and its fields beside that. Fields that it does not have
/// are passed over.
///
/// # Errors
/// What is wrong with it.
pub fn read_script(text: &str) -> Result<Command, Error> {
    let mut fields: Map<String, Value> = serde_json::from_str(text)?;
    let name = match fields.remove("command") {
        Some(Value::String(name)) => name,
        Some(other) => return Err(Error::custom(format!("`command` is {}, not a name", brief(&other.to_string(), MOST_OF_AN_ERROR)))),
        None => return Err(Error::custom("missing field `command`")),
    };
    // One that has no fields is its name alone.
    let alone = serde_json::from_str(&Value::from(name.as_str()).to_string());
    alone.or_else(|_| serde_json::from_str(&Value::from_iter([(name, Value::Object(fields))]).to_string()))
}

/// The event in a text that came from elsewhere; one that cannot be read is a failure.
pub fn read_event(text: &str) -> Ticketed<Event> {
    serde_json::from_str(text).unwrap_or_else(|error| {
        let words = "The trainer said something that cannot be read";
        let text = format!("{words} ({}): reload the page without its cache.", brief(&error.to_string(), MOST_OF_AN_ERROR));
        Event::Failed { run: RunId::default(), text }.into()
    })
}

/// Characters of another's error that a message has room for.
const MOST_OF_AN_ERROR: usize = 180;

/// What the trainer is asked to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// Prepares this run; once it is ready, ends the current one and trains it. A start that is refused ends nothing.
    Start {
        /// The number of the new run.
        #[serde(default)]
        run: RunId,
        /// What to run.
        #[serde(default)]
        experiment: Box<Experiment>,
        /// The user's files, when `experiment.data.source` is a file; else the trainer has the data.
        #[serde(default)]
        files: Option<Files>,
        /// Where to train.
        #[serde(default)]
        device: DeviceChoice,
        /// Prepare, show the first measurements, and wait instead of training.
        #[serde(default)]
        paused: bool,
    },
    /// Reads a table and answers with [`Event::Table`]: columns, guess, classes, first rows.
    Inspect {
        /// The files to look at.
        files: Files,
        /// Use these columns instead of guessing.
        #[serde(default)]
        columns: Option<Columns>,
        /// Divide cells by this instead of guessing.
        #[serde(default)]
        delimiter: Option<char>,
    },
    /// Stops between two steps and keeps everything.
    Pause,
    /// Goes on after a pause; after the planned end, trains as many epochs again, the learning rate starting anew.
    Resume,
    /// One step of every lane, then pause; after the planned end, the first step of as many epochs again.
    Step,
    /// Trains up to the next measurement, then pauses; after the planned end, that of as many epochs again.
    StepToMeasurement,
    /// Goes to a step that the run has been at, pauses and measures there. From there it goes on as it did the first time.
    Seek {
        /// Steps done; one that is out of reach means the nearest that is not.
        step: usize,
    },
    /// Takes at most so many steps a second from now on.
    Pace {
        /// Above 0; none is as many as there is time for.
        #[serde(default, with = "crate::any_float")]
        steps_per_second: Option<f64>,
    },
    /// Pauses there from now on, instead of what was asked for before.
    StopAt {
        /// Steps done.
        #[serde(default)]
        step: Option<usize>,
        /// A lane's mean test accuracy is so much below its best, 0 to 1.
        #[serde(default, with = "crate::any_float")]
        fall: Option<f64>,
    },
    /// Ends the run: measures once more, then drops its weights.
    Stop,
    /// Asks every lane for the class probabilities of a text.
    Classify {
        /// The text.
        text: String,
        /// The second text of a pair.
        #[serde(default)]
        text_b: Option<String>,
    },
    /// Asks for [`Event::Saved`]: the run as bytes from which it can be resumed.
    Save,
    /// Reads a saved run; once it is ready, ends the current one and shows the saved one, paused.
    Restore {
        /// The number of the new run.
        #[serde(default)]
        run: RunId,
        /// What [`Event::Saved`] carried.
        #[serde(with = "crate::bytes64")]
        bytes: Vec<u8>,
        /// Where to train.
        #[serde(default)]
        device: DeviceChoice,
    },
    /// Opens a run that is kept where this trainer keeps its own; once it is read, ends the current one and goes on with it.
    OpenKept {
        /// The number of the new run.
        #[serde(default)]
        run: RunId,
        /// Its number among those of [`Event::Kept`].
        kept: u64,
        /// Where to train.
        #[serde(default)]
        device: DeviceChoice,
        /// Wait instead of training on, where it trained when it was kept.
        #[serde(default)]
        paused: bool,
    },
    /// Asks for [`Event::Compared`]: the curves of a run that is kept, to be laid beside those of the one that is shown.
    CompareKept {
        /// Its number among those of [`Event::Kept`].
        kept: u64,
    },
    /// Names a run that is kept; an empty name takes the last one off.
    NameKept {
        /// Its number among those of [`Event::Kept`].
        kept: u64,
        /// What it is called from now on; longer ones are cut.
        name: String,
    },
    /// Notes something of a run that is kept; an empty note takes the last one off.
    NoteKept {
        /// Its number among those of [`Event::Kept`].
        kept: u64,
        /// In 200 characters; longer ones are cut.
        note: String,
    },
    /// Forgets a run that is kept and not open.
    DeleteKept {
        /// Its number among those of [`Event::Kept`].
        kept: u64,
    },
    /// Looks again at what is kept, which others may have changed: it is told.
    ListKept,
    /// Forgets what sweeps have trained, here and where it is kept.
    DeleteSwept,
    /// Measures the sharpness of all lanes now, whatever the budget says.
    MeasureSharpness,
    /// Sharpness may take this share of the training time from now on, 0 to 1.
    SharpnessBudget {
        /// The share.
        #[serde(with = "crate::any_float")]
        share: f64,
    },
    /// Pauses, computes the next step of every lane and tells it ([`Event::Traced`]); the next `Step` or
    /// `Resume` takes that very step.
    Trace {
        /// The member to look at.
        #[serde(default)]
        member: usize,
    },
    /// Asks for the training examples, [`Event::Sentences`].
    Sentences,
    /// Asks how a lane sees the training examples, [`Event::SentenceTable`].
    SentenceTable {
        /// The lane.
        lane: usize,
    },
    /// Asks for the visits of one training example, [`Event::SentenceHistory`].
    SentenceHistory {
        /// Its number, from 0.
        example: usize,
    },
    /// Asks how good the answers of all lanes are on the test set, and which training labels they doubt: [`Event::Judged`].
    Judge,
    /// Asks for the test examples in a cell of a lane's confusion matrix, [`Event::JudgedCell`].
    JudgedCell {
        /// The lane.
        lane: usize,
        /// The class of the label.
        label: usize,
        /// The class of the answer.
        answer: usize,
    },
    /// Asks what the lanes answer to the texts of a file, [`Event::Predicted`].
    Predict {
        /// One text a line, JSON objects or strings, on a line each or as one list, or a table.
        file: NamedBytes,
    },
    /// Lays a plane through the weights and measures the loss on it: [`Event::Landscape`], coarse first.
    Landscape {
        /// Which plane.
        plane: PlaneChoice,
        /// Points along each side of the finest grid, 5 to 101; grids are 9, 17, … points wide before that.
        points: usize,
        /// The member whose weights are looked at.
        #[serde(default)]
        member: usize,
    },
    /// Measures the loss on the line between two lanes: [`Event::Line`].
    Line {
        /// The lane at t = 0.
        from: usize,
        /// The lane at t = 1.
        to: usize,
        /// The member whose weights are looked at.
        #[serde(default)]
        member: usize,
    },
    /// Compares methods over a grid, on the CPU: [`Event::Sweeping`], then [`Event::Swept`] until all is told. The run waits; while
    /// it trains, the sweep begins nothing. Another sweep ends this one.
    Sweep {
        /// What is compared.
        grid: Box<Grid>,
        /// The user's files, when its source is a file; else the trainer has the data.
        #[serde(default)]
        files: Option<Files>,
        /// Every method spends as many gradients as SAM, instead of as many passes.
        #[serde(default)]
        level: bool,
        /// Cores that it takes, at most; without it as many as are advised here. The results are the same.
        #[serde(default)]
        cores: Option<usize>,
    },
    /// Ends the sweep; what it has told stays true.
    StopSweep,
    /// Asks for [`Event::Exported`]: a lane as a classifier of its own, in one file.
    Export {
        /// The lane.
        lane: usize,
        /// The member whose weights are taken.
        #[serde(default)]
        member: usize,
        /// In which form.
        format: ExportFormat,
    },
    /// Asks for nothing but [`Event::Done`]: a sign of life.
    Ping,
}

/// Where to train.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceChoice {
    /// Start on the CPU; move to the GPU only when it measured faster.
    #[default]
    Auto,
    /// burn's `flex`: pure Rust, also in the browser.
    Cpu,
    /// burn's `wgpu`: Vulkan, Metal, DirectX 12, WebGPU.
    Gpu,
}

/// What the trainer has to say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// The trainer is up; the first event.
    Hello {
        /// [`VERSION`] of the trainer.
        version: u32,
        /// Names of the data sets that [`crate::experiment::DataSource::Library`] can name.
        library: Vec<String>,
        /// Bytes that a run may take on the CPU, where that is known.
        #[serde(default)]
        memory: Option<u64>,
        /// Cores that a sweep may take.
        #[serde(default)]
        cores: Cores,
        /// The encoder that runs of the model `sentence` learn from, where the trainer knows of one or why there is none.
        #[serde(default)]
        encoder: Option<EncoderOffer>,
    },
    /// The runs that are kept here: before the hello, and when they have changed.
    Kept {
        /// All of them, the one that was kept last first.
        runs: Vec<KeptRun>,
        /// The number of that which is open here.
        open: Option<u64>,
        /// Whether all that sweeps have trained here is kept as well, so that the next one trains only what is new; none where
        /// nothing of them is.
        #[serde(default)]
        swept: Option<bool>,
    },
    /// What a run that is kept has shown: the answer to [`Command::CompareKept`].
    Compared {
        /// Its number among those of [`Event::Kept`].
        kept: u64,
        /// What was trained.
        summary: Box<Summary>,
        /// All measurements, in order.
        measurements: Vec<Measurement>,
    },
    /// A run that is kept was read: it comes next.
    Opened {
        /// The run.
        run: RunId,
        /// As it was kept.
        kept: Box<KeptRun>,
        /// The user's files that it learns from.
        #[serde(default)]
        files: Option<Files>,
    },
    /// The run as it is now, for whoever holds the trainer to keep where the trainer cannot: what [`Command::Restore`] takes.
    Snapshot {
        /// The run.
        run: RunId,
        /// A safetensors file.
        #[serde(with = "crate::bytes64")]
        bytes: Vec<u8>,
    },
    /// The device of the run is gone, and the run with it; the trainer is there for the next one.
    Lost {
        /// The run.
        run: RunId,
        /// For people: a sentence that says what happened.
        text: String,
    },
    /// The answer to [`Command::Inspect`].
    Table(Box<Table>),
    /// What goes on before a run can train: a sentence.
    Preparing {
        /// The run.
        run: RunId,
        /// For people: "reading the data", "compiling the first step for the GPU".
        what: String,
        /// The share of it that is done, 0 to 1, where that can be said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        share: Option<f64>,
    },
    /// The data is read and the weights are made.
    Prepared {
        /// The run.
        run: RunId,
        /// What will be trained.
        summary: Box<Summary>,
    },
    /// What a run that is opened again has measured before: told once, before anything is measured here.
    Curves {
        /// The run.
        run: RunId,
        /// Its measurements, by their steps.
        measurements: Vec<Measurement>,
        /// Its sharpness, by its steps.
        sharpness: Vec<Sharpness>,
    },
    /// Measurements of all lanes at one step, in the order of the experiment's lanes.
    Measured {
        /// The run.
        run: RunId,
        /// The measurement.
        measurement: Measurement,
    },
    /// How far the run is; a few times a second.
    Progress {
        /// The run.
        run: RunId,
        /// Where it is.
        progress: Progress,
    },
    /// The trainer changed its state.
    Phase {
        /// The run.
        run: RunId,
        /// The new state.
        phase: Phase,
    },
    /// How good a linear model on the same tokens is on the test set: once it is fitted, beside the run.
    Linear {
        /// The run.
        run: RunId,
        /// Its figures.
        linear: Figures,
    },
    /// The answer to [`Command::Classify`].
    Classified {
        /// The run whose weights answered.
        run: RunId,
        /// One answer per lane.
        answers: Vec<Answer>,
        /// How many tokens of the text the vocabulary knows, of how many.
        known_tokens: (usize, usize),
    },
    /// The answer to [`Command::Save`].
    Saved {
        /// The run.
        run: RunId,
        /// A safetensors file.
        #[serde(with = "crate::bytes64")]
        bytes: Vec<u8>,
    },
    /// The answer to [`Command::Export`].
    Exported {
        /// The run.
        run: RunId,
        /// The file, with a name for it.
        file: NamedBytes,
    },
    /// Sharpness of all lanes, and what it has cost so far.
    Sharpness {
        /// The run.
        run: RunId,
        /// The measurement.
        sharpness: Sharpness,
        /// The budget.
        budget: Budget,
    },
    /// The answer to [`Command::Trace`].
    Traced {
        /// The run.
        run: RunId,
        /// The step.
        trace: Box<StepTrace>,
    },
    /// The answer to [`Command::Sentences`].
    Sentences {
        /// The run.
        run: RunId,
        /// The training examples.
        sentences: Box<Sentences>,
    },
    /// The answer to [`Command::SentenceTable`].
    SentenceTable {
        /// The run.
        run: RunId,
        /// How a lane sees them.
        table: Box<SentenceTable>,
    },
    /// The answer to [`Command::SentenceHistory`].
    SentenceHistory {
        /// The run.
        run: RunId,
        /// The visits.
        history: SentenceHistory,
    },
    /// The best epoch of each lane so far, at the end of a run that holds examples back for it (`data.selection`).
    Best {
        /// The run.
        run: RunId,
        /// One a lane.
        best: Vec<BestEpoch>,
    },
    /// The answer to [`Command::Judge`].
    Judged {
        /// The run.
        run: RunId,
        /// How good the answers are.
        judgement: Box<Judgement>,
    },
    /// The answer to [`Command::JudgedCell`].
    JudgedCell {
        /// The run.
        run: RunId,
        /// The examples.
        cell: Box<JudgedCell>,
    },
    /// The answer to [`Command::Predict`].
    Predicted {
        /// The run.
        run: RunId,
        /// The answers.
        predictions: Box<Predictions>,
    },
    /// The answer to [`Command::Landscape`], several times, finer each time.
    Landscape {
        /// The run.
        run: RunId,
        /// The landscape.
        landscape: Box<Landscape>,
    },
    /// The answer to [`Command::Line`].
    Line {
        /// The run.
        run: RunId,
        /// The line.
        line: Line,
    },
    /// A sweep begins.
    Sweeping {
        /// What is compared, with the passes of each method.
        grid: Box<Grid>,
        /// Cores that it takes, at most.
        #[serde(default)]
        cores: usize,
        /// Bytes that it takes on them together, at most.
        #[serde(default)]
        memory: u64,
    },
    /// How far the sweep is.
    Swept {
        /// Cells that are new, each with its number.
        cells: Vec<(usize, Outcome)>,
        /// The share that is done, 0 to 1.
        #[serde(with = "crate::any_float")]
        share: f64,
    },
    /// The run goes on on another device.
    Moved {
        /// The run.
        run: RunId,
        /// The device in words, with its adapter.
        device: String,
    },
    /// Something worth knowing that does not end the run.
    Note {
        /// The run.
        run: RunId,
        /// For people.
        text: String,
    },
    /// A command could not be carried out; the text names line or field and the remedy.
    Failed {
        /// The run that could not start, or the one that goes on without the command's effect.
        run: RunId,
        /// For people.
        text: String,
    },
    /// A command was left off on its way because somebody wanted that, which is no failure.
    LeftOff {
        /// The run that does not begin, or the one that goes on without the command's effect.
        run: RunId,
        /// For people: what was left off, and what remains of it.
        text: String,
    },
    /// All that follows from the command with this ticket has been said.
    Done,
    /// The trainer has ended, and its run with it; said by whoever held it. If another takes its place, that one says hello.
    Stopped {
        /// For people: what is known of the cause, and what to do.
        text: String,
    },
}

/// What is to be known of an encoder before there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EncoderOffer {
    /// It can be had.
    Ready {
        /// What its authors call it.
        title: String,
        /// Bytes that are fetched before the first run that needs it; 0 where it is on this computer.
        bytes: u64,
    },
    /// It cannot: why, and what to do.
    Missing(String),
}

/// What the trainer does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// No run.
    #[default]
    Idle,
    /// Reading data, making weights, compiling.
    Preparing,
    /// Training.
    Running,
    /// Waiting for `Resume` or `Step`.
    Paused,
    /// Reached the planned end; `Resume` goes on.
    Finished,
}
