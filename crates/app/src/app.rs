//! The app: takes in what the trainer says, draws, and carries out what the views ask for.
//!
//! A shell calls [`App::logic`] and [`App::ui`] each frame, answers [`App::wants_file`] and
//! [`App::take_dropped`], and keeps [`App::settings_json`]. Nothing here knows a clock, a file
//! system or a platform.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use basin_train::config::{DataSource, Experiment};
use basin_train::landscape::PlaneChoice;
use basin_train::protocol::{Command, DeviceChoice, Event, Files, NamedBytes, Phase, RunId, VERSION};
use egui::{DroppedFileHandle, Rect};
use serde_json::Value;

use crate::charts::Charts;
use crate::choices::Choices;
use crate::command::{Figure, ViewCommand};
use crate::files::FileRequest;
use crate::link::TrainerLink;
use crate::panels;
use crate::picture;
use crate::sentences::Rows;
use crate::settings::{Middle, Settings, Tab};
use crate::state::{Consequence, PLANES, State};
use crate::theme;
use crate::{export, figures, format};

/// What a shell knows when it opens the app.
#[derive(Debug, Default)]
pub struct Opening {
    /// The text of a link ([`basin_train::link`]); it wins over the settings.
    pub link: Option<String>,
    /// An experiment of the command line; it wins over link and settings.
    pub experiment: Option<Experiment>,
    /// The files that the experiment's source [`DataSource::File`] means.
    pub files: Option<Files>,
    /// Where to train, if the shell was told.
    pub device: Option<DeviceChoice>,
    /// Prepare the first run and wait instead of training at once.
    pub paused: bool,
    /// What `Copy link` puts before the text of the link: `https://…/#`, or a command line.
    pub link_prefix: String,
}

/// The run as it was started, to compare the setup with.
#[derive(Clone, PartialEq)]
struct Started {
    experiment: Experiment,
    device: DeviceChoice,
    files_revision: u64,
}

/// The question in the text field.
#[derive(Debug, Default)]
pub struct Question {
    /// The text.
    pub text: String,
    /// The second text of a pair.
    pub text_b: String,
    /// What was asked last.
    pub asked: Option<(String, Option<String>)>,
    /// The number of the last question, and whether its answer is still to come.
    last: u64,
    pending: bool,
}

/// Points along each side of the plane, and of the two others that are only there to compare with.
const PLANE_POINTS: [usize; PLANES] = [51, 17, 17];

/// What the instrument still waits for.
#[derive(Debug, Default)]
struct Owed {
    /// Answers to come.
    answers: usize,
    /// The training examples were asked for.
    sentences: bool,
    /// A table of sentences is to come.
    table: bool,
    /// Planes to measure once the one before is done.
    planes: VecDeque<Command>,
}

/// The whole picture. See the file's head for how a shell uses it.
pub struct App {
    link: Box<dyn TrainerLink>,
    state: State,
    settings: Settings,
    choices: Choices,
    question: Question,
    charts: Charts,
    rows: Rows,
    owed: Owed,
    /// Index of the lane that others are compared to; `None` takes SAM, or the first.
    reference: Option<usize>,
    help_open: bool,
    files: Option<Files>,
    /// Counts up with every file that is opened or dropped.
    files_revision: u64,
    started: Option<Started>,
    /// The run whose experiment, once prepared, becomes the setup.
    adopting: Option<RunId>,
    last_run: u64,
    /// Counts up with questions about planes and lines.
    last_question: u64,
    /// Until the first hello: whether the first run shall wait instead of training.
    first_start: Option<bool>,
    /// Set while the trainer owes an answer to `Inspect` or `Save`.
    waiting: bool,
    link_prefix: String,
    requests: VecDeque<FileRequest>,
    /// A picture to take of the next frame, when the menu that asked for it is gone.
    picture: Option<(Figure, Rect)>,
    /// The figure whose picture is taken: shells need one or two frames for it.
    pictured: Option<Figure>,
    /// Where pictures arrive once they are taken.
    pictures: (Sender<FileRequest>, Receiver<FileRequest>),
    dropped: VecDeque<DroppedFileHandle>,
    commands: Vec<ViewCommand>,
    /// The layout whose sizes are installed.
    installed: Option<bool>,
}

impl App {
    /// Opens the app. `saved` is what [`Self::settings_json`] gave at the end of the last session.
    /// Training starts when the trainer says hello.
    pub fn new(link: Box<dyn TrainerLink>, saved: Option<&str>, opening: Opening) -> Self {
        let mut state = State::default();
        let mut settings = Settings::default();
        if let Some(json) = saved {
            match serde_json::from_str(json) {
                Ok(read) => settings = read,
                Err(error) => state.note(format!("The settings of the last session could not be read ({error}); these are the defaults.")),
            }
        }
        if let Err(error) = settings.experiment.check() {
            state.note(format!("The setup of the last session is out of bounds ({error}); this is the default one."));
            settings.experiment = Experiment::default();
        }
        let mut app = Self {
            link,
            state,
            settings,
            choices: Choices::default(),
            question: Question::default(),
            charts: Charts::default(),
            rows: Rows::default(),
            owed: Owed::default(),
            reference: None,
            help_open: false,
            files: None,
            files_revision: 0,
            started: None,
            adopting: None,
            last_run: 0,
            last_question: 0,
            first_start: Some(opening.paused),
            waiting: false,
            link_prefix: opening.link_prefix,
            requests: VecDeque::new(),
            picture: None,
            pictured: None,
            pictures: channel(),
            dropped: VecDeque::new(),
            commands: Vec::new(),
            installed: None,
        };
        if let Some(device) = opening.device {
            app.settings.device = device;
        }
        let given = opening.experiment.is_some();
        if let Some(experiment) = opening.experiment {
            app.settings.experiment = experiment;
            app.files = opening.files;
        } else if let Some(link) = opening.link.as_deref().filter(|link| !link.is_empty()) {
            app.open_link(link);
        }
        if let (DataSource::File { name }, false) = (&app.settings.experiment.data.source, given) {
            let text =
                format!("The data was your file {name}, which only you have: open it again to train on it. Until then, the help desk.");
            app.state.note(text);
            app.settings.experiment.data.source = DataSource::HelpDesk;
            app.settings.experiment.data.columns = None;
        }
        app
    }

    /// Sets the experiment of a link up; a bad link only leaves its message.
    pub fn open_link(&mut self, link: &str) {
        match basin_train::link::decode(link) {
            Ok(experiment) => self.settings.experiment = experiment,
            Err(error) => self.state.fail(error.to_string()),
        }
    }

    /// Takes in what the trainer has said. Call it each frame, also while the window is hidden.
    pub fn logic(&mut self, ctx: &egui::Context) {
        while let Some(event) = self.link.poll() {
            self.hear(event);
        }
        for taken in self.pictures.1.try_iter() {
            self.requests.push_back(taken);
            self.pictured = None;
        }
        // A link whose thread cannot wake the window is looked at regularly while something is to come.
        let busy = matches!(self.state.phase, Phase::Preparing | Phase::Running);
        if busy || self.waiting || self.owed.answers > 0 || self.question.pending || self.first_start.is_some() {
            ctx.request_repaint_after(Duration::from_millis(50));
        }
    }

    /// Draws, and carries out what was asked for.
    pub fn ui(&mut self, ui: &mut egui::Ui) {
        let layout = panels::Layout::of(ui.ctx().content_rect().width());
        let touch = layout == panels::Layout::Narrow;
        if self.installed != Some(touch) {
            theme::install(ui.ctx(), touch);
            self.installed = Some(touch);
        }
        ui.ctx().set_theme(self.settings.theme);
        self.dropped.extend(ui.ctx().input(|input| input.raw.dropped_files.clone()));
        if let Some((figure, rect)) = self.picture.take() {
            self.pictured = Some(figure);
            picture::take(ui.ctx(), rect, format!("{}.png", figures::name(figure)), self.pictures.0.clone());
        }
        self.charts.update(&self.state, self.settings.charts);
        self.keep_sentences();
        self.rows.update(&self.state, &self.choices.sentences);

        let mut commands = std::mem::take(&mut self.commands);
        panels::keys(ui.ctx(), &self.view(layout), &mut commands);
        panels::app_ui(ui, &self.view(layout), &mut commands);
        let acted = !commands.is_empty();
        for command in commands.drain(..) {
            self.obey(command, ui.ctx());
        }
        self.commands = commands;
        if acted {
            // What was drawn is now out of date.
            ui.ctx().request_repaint();
        }
    }

    /// What the views may look at.
    fn view(&self, layout: panels::Layout) -> panels::View<'_> {
        panels::View {
            layout,
            state: &self.state,
            settings: &self.settings,
            choices: &self.choices,
            charts: &self.charts,
            rows: &self.rows,
            measuring_planes: !self.owed.planes.is_empty(),
            question: &self.question,
            files: self.files.as_ref(),
            changed: self.changed(),
            reference: self.reference(),
            help_open: self.help_open,
            pictured: self.pictured,
        }
    }

    /// Whether the setup differs from what runs.
    fn changed(&self) -> bool {
        self.started.as_ref().is_some_and(|started| {
            started.experiment != self.settings.experiment
                || started.device != self.settings.device
                || (started.files_revision != self.files_revision && matches!(started.experiment.data.source, DataSource::File { .. }))
        })
    }

    fn reference(&self) -> usize {
        let sam = || self.state.lanes.iter().position(|lane| lane.title == "SAM");
        self.reference.filter(|i| *i < self.state.lanes.len()).or_else(sam).unwrap_or(0)
    }

    fn hear(&mut self, event: Event) {
        match &event {
            Event::Classified { id, .. } if *id != self.question.last => return,
            Event::Classified { .. } => self.question.pending = false,
            Event::SentenceTable { .. } => self.owed.table = false,
            Event::Table(_) | Event::Saved { .. } => self.waiting = false,
            Event::Failed { .. } => {
                self.waiting = false;
                self.owed.answers = 0;
                self.owed.table = false;
                self.owed.planes.clear();
                self.question.pending = false;
            }
            _ => {}
        }
        let planes = matches!(event, Event::Landscape { .. });
        match self.state.apply(event) {
            None | Some(Consequence::Answered { done: false }) => {}
            Some(Consequence::Hello) => self.greet(),
            Some(Consequence::Prepared(experiment)) => {
                // A run that was not started from the setup becomes the setup.
                let adopted = self.adopting.take().is_some_and(|run| run == self.state.run);
                if adopted {
                    self.settings.experiment = *experiment;
                    self.started = Some(self.as_started());
                }
            }
            Some(Consequence::Measured) => {
                self.ask_again();
                self.look_at_sentences_again();
            }
            Some(Consequence::Answered { done: true }) => {
                self.owed.answers = self.owed.answers.saturating_sub(1);
                if planes && let Some(next) = self.owed.planes.pop_front() {
                    self.send(next);
                }
            }
            Some(Consequence::Saved(bytes)) => {
                let name = format!("basin-run-step-{}.safetensors", self.state.progress.step);
                self.requests.push_back(FileRequest::Save { name, bytes });
            }
        }
    }

    /// Answers the first hello by starting the experiment.
    fn greet(&mut self) {
        let version = self.state.trainer_version.unwrap_or_default();
        if version != VERSION {
            self.state.fail(format!(
                "This trainer speaks version {version}, but the window needs {VERSION}: reload the page without its cache, or install both parts anew."
            ));
            return;
        }
        if let Some(paused) = self.first_start.take() {
            // Files of the command line have not been looked at.
            self.inspect();
            self.start(paused);
        } else {
            // The trainer before is gone, and what it owed with it.
            self.started = None;
            self.question.pending = false;
            self.waiting = false;
            self.owed = Owed::default();
        }
    }

    /// Carries out a wish of the user.
    fn obey(&mut self, command: ViewCommand, ctx: &egui::Context) {
        match command {
            ViewCommand::Start => self.start(false),
            ViewCommand::Pause => self.link.send(Command::Pause),
            ViewCommand::Resume => self.link.send(Command::Resume),
            ViewCommand::Step => self.link.send(Command::Step),
            ViewCommand::Stop => self.link.send(Command::Stop),
            ViewCommand::SaveRun => {
                self.waiting = true;
                self.link.send(Command::Save);
            }
            ViewCommand::ExportCsv => {
                let first_seed = self.state.summary.as_ref().map_or(self.settings.experiment.first_seed, |s| s.experiment.first_seed);
                let bytes = export::csv(&self.state, first_seed).into_bytes();
                self.requests.push_back(FileRequest::Save { name: "basin-measurements.csv".to_owned(), bytes });
            }
            ViewCommand::Values(figure) => {
                let text = figures::values(&self.state, &self.choices, &self.rows, self.reference(), figure);
                let name = format!("{}.csv", figures::name(figure));
                self.requests.push_back(FileRequest::Save { name, bytes: text.into_bytes() });
            }
            ViewCommand::Picture(figure, rect) => self.picture = Some((figure, rect)),
            ViewCommand::Send(command) => self.send(*command),
            ViewCommand::MeasureLandscape => self.measure_landscape(),
            ViewCommand::Middle(middle) => self.settings.middle = middle,
            ViewCommand::Sharpness(choice) => self.choices.sharpness = choice,
            ViewCommand::Microscope(choice) => self.choices.step = choice,
            ViewCommand::Sentences(choice) => self.choices.sentences = choice,
            ViewCommand::Landscape(choice) => self.choices.landscape = choice,
            ViewCommand::CopyLink => {
                ctx.copy_text(format!("{}{}", self.link_prefix, self.experiment_link()));
                self.state.note("The link to this setup is on the clipboard.".to_owned());
            }
            ViewCommand::OpenFile(request) => self.requests.push_back(request),
            ViewCommand::DropTestFile => {
                if let Some(files) = &mut self.files {
                    files.test = None;
                    self.files_revision += 1;
                }
            }
            ViewCommand::Edit(experiment) => self.edit(*experiment),
            ViewCommand::Device(device) => self.settings.device = device,
            ViewCommand::Write { text, text_b } => {
                self.question.text = text;
                self.question.text_b = text_b;
            }
            ViewCommand::Ask => self.ask(),
            ViewCommand::Dismiss => self.state.failure = None,
            ViewCommand::Charts(options) => self.settings.charts = options,
            ViewCommand::Reference(lane) => self.reference = Some(lane),
            ViewCommand::Theme(theme) => self.settings.theme = theme,
            ViewCommand::Tab(tab) => self.settings.tab = tab,
            ViewCommand::ShowSetup(show) => self.settings.show_setup = show,
            ViewCommand::ShowLower(show) => self.settings.show_lower = show,
            ViewCommand::Help(open) => self.help_open = open,
        }
    }

    /// Takes over an edit of the setup; other columns of the user's file are looked at again.
    fn edit(&mut self, experiment: Experiment) {
        let is_file = matches!(experiment.data.source, DataSource::File { .. });
        let look = is_file && experiment.data.columns != self.settings.experiment.data.columns;
        self.settings.experiment = experiment;
        if look {
            self.inspect();
        }
    }

    fn inspect(&mut self) {
        if let Some(files) = self.files.clone() {
            self.waiting = true;
            self.link.send(Command::Inspect { files, columns: self.settings.experiment.data.columns.clone() });
        }
    }

    /// Trains what is set up, if it can be.
    fn start(&mut self, paused: bool) {
        let experiment = self.settings.experiment.clone();
        if let Err(error) = experiment.check() {
            self.state.fail(error.to_string());
            return;
        }
        let files = match (&experiment.data.source, &self.files) {
            (DataSource::File { name }, None) => {
                self.state.fail(format!("The file {name} is not open: open it, or choose other data."));
                return;
            }
            (DataSource::File { .. }, Some(files)) => Some(files.clone()),
            _ => None,
        };
        let device = self.settings.device;
        self.send(Command::Start { run: RunId(0), experiment: Box::new(experiment), files, device, paused });
    }

    fn as_started(&self) -> Started {
        Started { experiment: self.settings.experiment.clone(), device: self.settings.device, files_revision: self.files_revision }
    }

    /// Sends a command, numbers runs, and remembers what follows from it.
    fn send(&mut self, mut command: Command) {
        match &mut command {
            Command::Start { run, experiment, files, device, .. } => {
                *run = self.next_run();
                self.settings.experiment = (**experiment).clone();
                self.settings.device = *device;
                if files.is_some() && *files != self.files {
                    self.files.clone_from(files);
                    self.files_revision += 1;
                }
                self.state.begin(*run, Some(experiment));
                self.started = Some(self.as_started());
                self.adopting = None;
            }
            Command::Restore { run, .. } => {
                *run = self.next_run();
                self.state.begin(*run, None);
                self.adopting = Some(*run);
                self.started = None;
            }
            Command::Classify { id, text, text_b } => {
                self.question.last += 1;
                *id = self.question.last;
                self.question.pending = true;
                self.question.asked = Some((text.clone(), text_b.clone()));
            }
            Command::Save | Command::Inspect { .. } => self.waiting = true,
            Command::Landscape { id, .. } => {
                // The question says which of the planes it is for.
                let slot = *id as usize % PLANES;
                self.last_question += PLANES as u64;
                *id = self.last_question + slot as u64;
                self.state.surroundings.planes[slot].0 = *id;
                self.owed.answers += 1;
            }
            Command::Line { id, .. } => {
                self.last_question += PLANES as u64;
                *id = self.last_question;
                self.state.surroundings.line.0 = *id;
                self.owed.answers += 1;
            }
            Command::SentenceTable { .. } => {
                self.owed.table = true;
                self.owed.answers += 1;
            }
            Command::MeasureSharpness | Command::Trace { .. } | Command::Sentences | Command::SentenceHistory { .. } => {
                self.owed.answers += 1;
            }
            Command::SharpnessBudget { share } => self.choices.sharpness.share = Some(*share),
            Command::Pause | Command::Resume | Command::Step | Command::Stop => {}
        }
        if matches!(command, Command::Start { .. } | Command::Restore { .. }) {
            self.question.pending = false;
            self.reference = None;
            self.owed = Owed::default();
            self.choices.sharpness.share = None;
            self.choices.sentences.selected = None;
        }
        self.link.send(command);
    }

    fn next_run(&mut self) -> RunId {
        self.last_run += 1;
        RunId(self.last_run)
    }

    fn ask(&mut self) {
        let text = self.question.text.trim().to_owned();
        if text.is_empty() {
            return;
        }
        let pairs = self.state.summary.as_ref().is_some_and(|s| s.pairs);
        let text_b = pairs.then(|| self.question.text_b.trim().to_owned());
        self.send(Command::Classify { id: 0, text, text_b });
    }

    /// Keeps the answers up to date with the weights, one question at a time.
    fn ask_again(&mut self) {
        if self.question.pending || self.state.classified.is_none() || !self.state.has_run() {
            return;
        }
        if let Some((text, text_b)) = self.question.asked.clone() {
            self.send(Command::Classify { id: 0, text, text_b });
        }
    }

    /// Whether the table of sentences is on the screen of a run.
    fn looks_at_sentences(&self) -> bool {
        let narrow = self.installed == Some(true);
        self.settings.middle == Middle::Sentences && (!narrow || self.settings.tab == Tab::Curves) && self.state.has_run()
    }

    /// Asks for the sentences and for how the chosen lane sees them, while they are looked at.
    fn keep_sentences(&mut self) {
        if !self.looks_at_sentences() {
            return;
        }
        if !std::mem::replace(&mut self.owed.sentences, true) {
            self.send(Command::Sentences);
        }
        let lane = self.choices.sentences.lane.min(self.state.lanes.len().saturating_sub(1));
        if !self.owed.table && !self.state.sentence_tables.contains_key(&lane) {
            self.send(Command::SentenceTable { lane });
        }
    }

    /// Keeps the table of sentences up to date with the weights, one question at a time.
    fn look_at_sentences_again(&mut self) {
        let choice = &self.choices.sentences;
        let (lane, selected) = (choice.lane.min(self.state.lanes.len().saturating_sub(1)), choice.selected);
        if !self.looks_at_sentences() || self.owed.table {
            return;
        }
        self.send(Command::SentenceTable { lane });
        if let Some(example) = selected {
            self.send(Command::SentenceHistory { example });
        }
    }

    /// Measures the plane that is chosen, then two others one after the other, coarsely: a slice depends on its plane.
    fn measure_landscape(&mut self) {
        let choice = self.choices.landscape;
        let chosen = match choice.plane {
            PlaneChoice::Random { seed } => Some(seed),
            PlaneChoice::Ends { .. } => None,
        };
        let others = (1..).filter(|seed| Some(*seed) != chosen).map(|seed| PlaneChoice::Random { seed });
        let planes = std::iter::once(choice.plane).chain(others).zip(PLANE_POINTS).enumerate();
        self.owed.planes =
            planes.map(|(slot, (plane, points))| Command::Landscape { id: slot as u64, plane, points, member: choice.member }).collect();
        for plane in &mut self.state.surroundings.planes {
            plane.1 = None;
        }
        if let Some(first) = self.owed.planes.pop_front() {
            self.send(first);
        }
    }

    /// What the shell should open or save next, if anything. It answers with [`Self::file_opened`],
    /// or with [`Self::file_failed`]; a cancelled dialog needs no answer.
    pub fn wants_file(&mut self) -> Option<FileRequest> {
        self.requests.pop_front()
    }

    /// The shell has opened a file, or saved it (then `bytes` is not looked at).
    pub fn file_opened(&mut self, request: &FileRequest, name: String, bytes: Vec<u8>) {
        match request {
            FileRequest::Train => {
                let test = self.files.take().and_then(|files| files.test);
                self.settings.experiment.data.source = DataSource::File { name: name.clone() };
                self.settings.experiment.data.columns = None;
                self.files = Some(Files { train: NamedBytes { name, bytes }, test });
                self.files_revision += 1;
                self.state.table = None;
                self.inspect();
            }
            FileRequest::Test => match &mut self.files {
                Some(files) => {
                    files.test = Some(NamedBytes { name, bytes });
                    self.files_revision += 1;
                    self.inspect();
                }
                None => self.state.fail(format!("{name} is a test file, but there is no training file: open that one first.")),
            },
            FileRequest::Run => self.send(Command::Restore { run: RunId(0), bytes, device: self.settings.device }),
            FileRequest::Save { .. } => self.state.note(format!("Saved {name}.")),
        }
    }

    /// The shell could not open or save a file; `text` says why and what to do.
    pub fn file_failed(&mut self, text: String) {
        self.state.fail(text);
    }

    /// A file that was dropped on the window: the shell reads it and calls [`Self::file_dropped`].
    pub fn take_dropped(&mut self) -> Option<DroppedFileHandle> {
        self.dropped.pop_front()
    }

    /// A dropped file: a saved run by its ending, else a table to train on.
    pub fn file_dropped(&mut self, name: String, bytes: Vec<u8>) {
        let is_run = name.to_lowercase().ends_with(".safetensors");
        self.file_opened(if is_run { &FileRequest::Run } else { &FileRequest::Train }, name, bytes);
    }

    /// The text of the link to this setup, without prefix.
    pub fn experiment_link(&self) -> String {
        basin_train::link::encode(&self.settings.experiment)
    }

    /// The settings to keep until the next start.
    pub fn settings_json(&self) -> String {
        serde_json::to_string(&self.settings).expect("settings are plain data with text keys")
    }

    /// The state for scripts: run, phase, step, device, the last means of each lane, messages, answers.
    pub fn state_json(&self) -> Value {
        let asked = self.question.asked.as_ref().map_or("", |(text, _)| text);
        let mut value = export::json(&self.state, asked);
        value["changed"] = Value::Bool(self.changed());
        value["link"] = Value::String(self.experiment_link());
        value
    }

    /// Takes a command of the protocol as JSON. Runs and questions are numbered here: a `run` or `id`
    /// in the command is replaced.
    ///
    /// # Errors
    /// What is wrong with the JSON, or which knob is out of bounds.
    pub fn send_json(&mut self, json: &str) -> Result<(), String> {
        let command: Command = serde_json::from_str(json).map_err(|error| {
            format!("{error}; a command looks like {{\"command\":\"start\",\"experiment\":{{\"seeds\":2}}}} or {{\"command\":\"pause\"}}")
        })?;
        if let Command::Start { experiment, .. } = &command {
            experiment.check().map_err(|error| error.to_string())?;
        }
        if let Command::Classify { text, .. } = &command {
            self.question.text = format::cut(text, 10_000);
        }
        self.send(command);
        Ok(())
    }

    /// What the trainer has said so far; for tests.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What the views of the instrument are set to; for tests.
    pub fn choices(&self) -> &Choices {
        &self.choices
    }

    /// What is set up; for tests.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}
