//! The workspace: what is set up, what is open, what was asked of the trainer and what it said.
//!
//! Here: starting a run, and sending commands. Elsewhere, each with its own part of the workspace: how it opens
//! (`opening.rs`), somebody else's page (`visit.rs`), lessons (`teaching.rs`), files (`opened.rs`), questions that are asked again (`questions.rs`), what the trainer says
//! (`answers.rs`).

use std::collections::VecDeque;

use basin_train::experiment::{DataConfig, DataSource, Experiment};
use basin_train::protocol::{Command, DeviceChoice, Files, RunId};

use super::kept::{LastRun, Survival};
use crate::choices::{Choices, Question, TimeChoice};
use crate::client::{Asked, Client, Started, Why};
use crate::files::{ContentId, OpenFiles};
use crate::format;
use crate::handout::{Handout, Reading};
use crate::lessons::Lesson;
use crate::link::TrainerLink;
use crate::messages::{Offer, Topic};
use crate::settings::{Middle, Settings};
use crate::state::State;

/// What happens at the first hello.
#[derive(Debug, PartialEq, Eq)]
pub enum First {
    /// The run that was kept last goes on, or the one that is set up starts.
    Start {
        /// It waits instead of training.
        paused: bool,
        /// What becomes of the run that was kept last.
        last: LastRun,
    },
    /// Nothing starts: a run has been asked for already, or what was asked for cannot be had and the user chooses.
    Wait,
    /// It has happened.
    Past,
}

/// A session that somebody else has set up; what becomes of it is in `visit.rs`.
pub struct Visit {
    /// What the visitor had kept.
    pub own: Settings,
    /// What was handed on to him.
    pub handout: Handout,
}

/// What a lesson changes, as it was before.
#[derive(Debug)]
pub struct Taught {
    /// The experiment that the lesson set up last.
    pub experiment: Option<Experiment>,
    /// How the run went before the lesson.
    pub time: TimeChoice,
}

/// See the file's head.
pub struct Workspace {
    pub client: Client,
    pub state: State,
    pub settings: Settings,
    pub files: OpenFiles,
    pub choices: Choices,
    pub question: Question,
    /// The run and its step when its answers were last asked to be judged.
    pub judged_at: Option<(RunId, usize)>,
    /// Planes to measure once the one before is done, each with its place.
    pub planes: VecDeque<(usize, Command)>,
    pub first: First,
    pub survival: Survival,
    /// The lesson that the user opened, with the name of its file.
    pub own_lesson: Option<(String, Lesson)>,
    /// The lesson that is still to come from elsewhere.
    pub coming: Option<Reading>,
    /// While somebody reads a lesson and trains what it says.
    pub taught: Option<Taught>,
    /// While somebody else's page is open.
    pub visit: Option<Visit>,
    /// The views that a page around this one shows; none where there is no such page.
    pub embedded: Vec<Middle>,
}

impl Workspace {
    /// With the settings that Basin comes with.
    pub fn new(link: Box<dyn TrainerLink>, first: First) -> Self {
        Self {
            client: Client::new(link),
            state: State::default(),
            settings: Settings::default(),
            files: OpenFiles::default(),
            choices: Choices::default(),
            question: Question::default(),
            judged_at: None,
            planes: VecDeque::new(),
            first,
            survival: Survival::default(),
            own_lesson: None,
            coming: None,
            taught: None,
            visit: None,
            embedded: Vec::new(),
        }
    }

    /// The setup as a run would be started from it.
    pub fn setup(&self) -> Started {
        Started { experiment: self.settings.experiment.clone(), device: self.settings.device, files: self.files.id() }
    }

    /// Whether the setup differs from what runs.
    pub fn changed(&self) -> bool {
        self.client.latest_start().is_some_and(|started| {
            started.experiment != self.settings.experiment
                || started.device != self.settings.device
                || (started.files != self.files.id() && matches!(started.experiment.data.source, DataSource::File { .. }))
        })
    }

    /// The lane that others are compared to: the chosen one, else SAM, or the first.
    pub fn reference(&self) -> usize {
        let sam = || self.state.run.lanes.iter().position(|lane| lane.title == "SAM");
        self.choices.reference.filter(|i| *i < self.state.run.lanes.len()).or_else(sam).unwrap_or(0)
    }

    /// Trains what is set up, if it can be. The run that is there goes on until this one is prepared.
    pub fn start(&mut self, paused: bool) {
        let setup = self.setup();
        if let Err(error) = setup.experiment.check() {
            self.state.messages.fail(Topic::Start, format::sentence(&error.to_string()));
            return;
        }
        let Some(files) = self.files_of(&setup.experiment, Topic::Start) else { return };
        self.let_it_rest();
        let run = self.client.start(setup, files, paused);
        self.await_run(run);
    }

    /// Compares the methods of the setup over ρ.
    pub fn sweep(&mut self) {
        let grid = match self.choices.sweep.grid(&self.settings.experiment) {
            Ok(grid) => grid,
            Err(text) => return self.state.messages.fail(Topic::Sweep, text),
        };
        let Some(files) = self.files_of(&grid.experiment, Topic::Sweep) else { return };
        // What was chosen on another computer is more than there is here.
        let cores = self.settings.sweep_cores.map(|cores| cores.min(self.state.cores.there));
        self.client.request(Command::Sweep { grid: Box::new(grid), files, level: self.choices.sweep.level, cores }, Asked::Sweep);
    }

    /// The files that an experiment learns from, if it needs any of the user's; without an answer where they are not open, which
    /// is told.
    #[expect(clippy::option_option, reason = "missing, not needed, or there")]
    fn files_of(&mut self, experiment: &Experiment, topic: Topic) -> Option<Option<Files>> {
        let DataSource::File { name } = &experiment.data.source else { return Some(None) };
        let files = self.files.get().filter(|files| files.train.name == *name).cloned();
        if files.is_none() {
            let text = format!("The file {name} is not open: open it, or choose other data.");
            self.state.messages.notice(topic, text, &[Offer::OpenFile]);
        }
        files.map(Some)
    }

    /// Goes on with a saved run, once it is read.
    pub fn restore(&mut self, bytes: Vec<u8>, device: DeviceChoice) {
        let run = self.client.restore(bytes, device);
        self.await_run(run);
    }

    /// A run was asked for: nothing else starts in its place at the first hello.
    pub(super) fn await_run(&mut self, run: RunId) {
        if self.first != First::Past {
            self.first = First::Wait;
        }
        self.state.await_run(run);
    }

    /// Takes over files that belong together, and looks at them.
    pub fn open_files(&mut self, files: Files) {
        self.files.set(files);
        self.state.table = None;
        self.state.messages.clear(Topic::TestFile);
        self.inspect();
    }

    /// Looks at the files that are open.
    pub fn inspect(&mut self) {
        if let Some(files) = self.files.get().cloned() {
            let DataConfig { columns, delimiter, .. } = &self.settings.experiment.data;
            let command = Command::Inspect { files, columns: columns.clone(), delimiter: *delimiter };
            self.client.request(command, Asked::Inspect(self.files.id()));
        }
    }

    /// Measures a plane, which will stand in this place.
    pub fn measure_plane(&mut self, place: usize, command: Command) {
        self.state.run.landscapes.planes[place].0 = self.client.request(command, Asked::Plane(place));
    }

    /// Sends a command and remembers what follows from it.
    pub fn send(&mut self, command: Command) {
        let asked = match command {
            Command::Start { experiment, files, device, paused, .. } => {
                self.settings.experiment = *experiment;
                self.settings.device = device;
                if let Some(files) = files {
                    self.open_files(files);
                }
                return self.start(paused);
            }
            Command::Restore { bytes, device, .. } => return self.restore(bytes, device),
            Command::OpenKept { kept, device, paused, .. } => {
                self.settings.device = device;
                return self.open_kept(kept, paused, Why::Chosen);
            }
            Command::Landscape { .. } => return self.measure_plane(0, command),
            Command::Line { .. } => {
                self.state.run.landscapes.line.0 = self.client.request(command, Asked::Line);
                return;
            }
            Command::Classify { ref text, ref text_b } => {
                self.question.asked = Some((text.clone(), text_b.clone()));
                Asked::Answer
            }
            Command::Inspect { ref files, .. } => Asked::Inspect(ContentId::of(files)),
            Command::Save | Command::Export { .. } => Asked::Save,
            Command::CompareKept { .. } => Asked::Comparison,
            Command::Sentences => Asked::Sentences,
            Command::SentenceTable { .. } => Asked::SentenceTable,
            Command::Judge => {
                self.judged_at = Some((self.state.run.id, self.state.run.progress.step));
                Asked::Judgement
            }
            Command::JudgedCell { .. } => Asked::JudgedCell,
            Command::Predict { .. } => Asked::Predictions,
            Command::MeasureSharpness | Command::Trace { .. } | Command::SentenceHistory { .. } => Asked::Look,
            Command::Sweep { .. } => Asked::Sweep,
            Command::SharpnessBudget { share } => {
                self.choices.sharpness.share = Some(share);
                Asked::Control
            }
            Command::Pause
            | Command::Resume
            | Command::Step
            | Command::StepToMeasurement
            | Command::Seek { .. }
            | Command::Pace { .. }
            | Command::StopAt { .. }
            | Command::Stop
            | Command::NameKept { .. }
            | Command::NoteKept { .. }
            | Command::DeleteKept { .. }
            | Command::ListKept
            | Command::DeleteSwept
            | Command::StopSweep
            | Command::Ping => Asked::Control,
        };
        self.client.request(command, asked);
    }
}
