//! The app: takes in what the trainer says, draws, and carries out what the views ask for.
//!
//! A shell calls [`App::logic`] and [`App::ui`] each frame, answers [`App::wants_file`], [`App::wants_copied`] and
//! [`App::take_dropped`], and keeps [`App::settings_to_keep`]. Nothing here knows a clock, a file system or a platform.
//! Elsewhere: requests and runs (`client.rs`), what the trainer said (`state.rs`), the user's files (`files.rs`).

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use basin_train::experiment::{DataConfig, DataSource, Experiment};
use basin_train::protocol::{Command, DeviceChoice, Event, Files, NamedBytes, Phase, RunId, VERSION};
use basin_train::report::PlaneChoice;
use egui::{DroppedFileHandle, Rect};
use serde_json::{Value, json};

use crate::charts::Charts;
use crate::choices::{Choices, Question};
use crate::client::{Asked, Client, Heard, Started};
use crate::command::{Ending, Figure, ViewCommand};
use crate::files::{ContentId, FileRequest, OpenFiles, is_saved_run};
use crate::link::TrainerLink;
use crate::messages::{Offer, Topic};
use crate::panels;
use crate::panels::view::{ASKED_SECONDS, Layout, View};
use crate::picture;
use crate::sentences::Rows;
use crate::settings::{Middle, Settings, Tab};
use crate::state::{Consequence, PLANES, State};
use crate::theme;
use crate::{export, figures, format, measurements};

/// What a shell knows when it opens the app.
#[derive(Debug, Default)]
pub struct Opening {
    /// The text of a link ([`basin_train::experiment::link`]); it wins over the settings.
    pub link: Option<String>,
    /// An experiment of the command line; it wins over link and settings.
    pub experiment: Option<Experiment>,
    /// The files that the experiment's source [`DataSource::File`] means.
    pub files: Option<Files>,
    /// Where to train, if the shell was told; or what is wrong with what it was told.
    pub device: Option<Result<DeviceChoice, String>>,
    /// Prepare the first run and wait instead of training at once.
    pub paused: bool,
    /// What `Copy link` puts before the text of the link: `https://…/#`, or a command line.
    pub link_prefix: String,
    /// Whether the clipboard cannot be written: the shell then shows what was to be copied ([`App::wants_copied`]).
    pub no_clipboard: bool,
}

/// Points along each side of the plane, and of the two others that are only there to compare with.
const PLANE_POINTS: [usize; PLANES] = [51, 17, 17];

/// Seconds without a sign of life after which the user is told.
const SILENT_SECONDS: f64 = 20.0;

/// What happens at the first hello.
#[derive(Debug, PartialEq, Eq)]
enum First {
    /// The run that is set up starts.
    Start { paused: bool },
    /// Nothing starts: a run has been asked for already, or what was asked for cannot be had and the user chooses.
    Wait,
    /// It has happened.
    Past,
}

/// What the views look at besides the state: made of it, or chosen by the user for as long as the window lives.
#[derive(Default)]
struct Views {
    choices: Choices,
    question: Question,
    charts: Charts,
    rows: Rows,
    /// Index of the lane that others are compared to; `None` takes SAM, or the first.
    reference: Option<usize>,
    help_open: bool,
    /// Whether the run is to end so, and when the user was asked.
    ending: Option<(Ending, f64)>,
    /// Planes to measure once the one before is done, each with its place.
    planes: VecDeque<(usize, Command)>,
    /// The layout whose sizes are installed.
    installed: Option<bool>,
}

/// What waits for the shell, and what it has brought.
struct Outbox {
    link_prefix: String,
    no_clipboard: bool,
    requests: VecDeque<FileRequest>,
    copied: Option<String>,
    dropped: VecDeque<DroppedFileHandle>,
    /// A picture to take of the next frame, when the menu that asked for it is gone.
    picture: Option<(Figure, Rect)>,
    /// The figure whose picture is taken: shells need one or two frames for it.
    pictured: Option<Figure>,
    /// Where pictures arrive once they are taken.
    pictures: (Sender<FileRequest>, Receiver<FileRequest>),
    /// The settings as the shell keeps them.
    kept: Option<Settings>,
}

/// The whole picture. See the file's head for how a shell uses it.
pub struct App {
    client: Client,
    state: State,
    settings: Settings,
    files: OpenFiles,
    views: Views,
    outbox: Outbox,
    first: First,
    commands: Vec<ViewCommand>,
}

impl App {
    /// Opens the app. `saved` is what [`Self::settings_json`] gave at the end of the last session.
    /// Training starts when the trainer says hello, unless what was asked for cannot be had: then a notice says so, and waits.
    pub fn new(link: Box<dyn TrainerLink>, saved: Option<&str>, opening: Opening) -> Self {
        let mut app = Self {
            client: Client::new(link),
            state: State::default(),
            settings: Settings::default(),
            files: OpenFiles::default(),
            views: Views::default(),
            outbox: Outbox {
                link_prefix: opening.link_prefix,
                no_clipboard: opening.no_clipboard,
                requests: VecDeque::new(),
                copied: None,
                dropped: VecDeque::new(),
                picture: None,
                pictured: None,
                pictures: channel(),
                kept: None,
            },
            first: First::Start { paused: opening.paused },
            commands: Vec::new(),
        };
        if let Some(json) = saved {
            let (settings, lost) = Settings::read(json);
            app.settings = settings;
            if !lost.is_empty() {
                let text = format!(
                    "Of the settings of the last session, these could not be read and have their defaults: {}.",
                    format::cut(&lost.join(", "), 120)
                );
                app.state.said.fail(Topic::Settings, text);
            }
        }
        match opening.device {
            Some(Ok(device)) => app.settings.device = device,
            Some(Err(text)) => app.wait(Topic::Device, text, &[Offer::Start]),
            None => {}
        }
        let given = opening.experiment.is_some();
        if let Some(experiment) = opening.experiment {
            app.settings.experiment = experiment;
            opening.files.into_iter().for_each(|files| app.files.set(files));
        } else if let Some(link) = opening.link.as_deref().filter(|link| !link.is_empty()) {
            match basin_train::experiment::link::decode(link) {
                Ok(experiment) => app.settings.experiment = experiment,
                Err(error) => app.wait(Topic::Link, format!("{}.", capital(&error.to_string())), &[Offer::StartDefault]),
            }
        }
        if let (DataSource::File { name }, false) = (&app.settings.experiment.data.source, given) {
            let text = format!("This setup learns from your file {name}, which only you have: open it, or train on the help desk instead.");
            app.wait(Topic::File, text, &[Offer::OpenFile, Offer::HelpDesk]);
        }
        app
    }

    /// Says what cannot be had, and starts nothing else in its place.
    fn wait(&mut self, topic: Topic, text: String, offers: &[Offer]) {
        self.state.said.notice(topic, text, offers);
        self.first = First::Wait;
    }

    /// Takes in what the trainer has said. Call it each frame, also while the window is hidden.
    pub fn logic(&mut self, ctx: &egui::Context) {
        while let Some(heard) = self.client.hear() {
            self.hear(heard);
        }
        if self.client.silent_seconds() > SILENT_SECONDS {
            if !self.state.said.notices().iter().any(|notice| notice.topic == Topic::Silence) {
                let text = "The trainer has not answered for a while: it may be at work on something long, or it is gone. \
                            Another one begins without the run; the setup is kept.";
                self.state.said.notice(Topic::Silence, text.to_owned(), &[Offer::ReplaceTrainer]);
            }
        } else {
            self.state.said.clear(Topic::Silence);
        }
        for taken in self.outbox.pictures.1.try_iter() {
            self.outbox.requests.push_back(taken);
            self.outbox.pictured = None;
        }
        // A link whose thread cannot wake the window is looked at regularly while something is to come.
        let busy = matches!(self.state.phase(), Phase::Preparing | Phase::Running);
        if busy || self.client.waits() || matches!(self.first, First::Start { .. }) {
            ctx.request_repaint_after(Duration::from_millis(50));
        }
    }

    /// Draws, and carries out what was asked for.
    pub fn ui(&mut self, ui: &mut egui::Ui) {
        let layout = Layout::of(ui.ctx().content_rect().width());
        let touch = layout == Layout::Narrow;
        if self.views.installed != Some(touch) {
            theme::install(ui.ctx(), touch);
            self.views.installed = Some(touch);
        }
        ui.ctx().set_theme(self.settings.theme);
        self.take_drop(ui.ctx().input(|input| input.raw.dropped_files.clone()));
        if let Some((figure, rect)) = self.outbox.picture.take() {
            self.outbox.pictured = Some(figure);
            picture::take(ui.ctx(), rect, format!("{}.png", figures::name(figure)), self.outbox.pictures.0.clone());
        }
        self.views.charts.update(&self.state, self.settings.charts);
        if let Some((_, at)) = self.views.ending {
            let left = at + ASKED_SECONDS - ui.input(|input| input.time);
            if left > 0.0 {
                ui.ctx().request_repaint_after(Duration::from_secs_f64(left));
            } else {
                self.views.ending = None;
            }
        }
        self.keep_sentences();
        self.views.rows.update(&self.state, &self.views.choices.sentences);

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
    fn view(&self, layout: Layout) -> View<'_> {
        View {
            layout,
            state: &self.state,
            settings: &self.settings,
            choices: &self.views.choices,
            charts: &self.views.charts,
            rows: &self.views.rows,
            client: &self.client,
            question: &self.views.question,
            files: self.files.get(),
            test_aside: self.files.aside(),
            changed: self.changed(),
            reference: self.reference(),
            help_open: self.views.help_open,
            ending: self.views.ending,
            pictured: self.outbox.pictured,
        }
    }

    /// Whether the setup differs from what runs.
    fn changed(&self) -> bool {
        self.client.latest_start().is_some_and(|started| {
            started.experiment != self.settings.experiment
                || started.device != self.settings.device
                || (started.files != self.files.id() && matches!(started.experiment.data.source, DataSource::File { .. }))
        })
    }

    fn reference(&self) -> usize {
        let sam = || self.state.lanes.iter().position(|lane| lane.title == "SAM");
        self.views.reference.filter(|i| *i < self.state.lanes.len()).or_else(sam).unwrap_or(0)
    }

    fn hear(&mut self, heard: Heard) {
        let Heard { event, asked, late, failed } = heard;
        let answer = matches!(event.message, Event::Classified { .. } | Event::Table(_) | Event::Saved { .. });
        if late && answer {
            return;
        }
        let topic = if late { None } else { Some(asked.as_ref().map_or(Topic::Run, Asked::topic)) };
        match (&event.message, &asked) {
            (Event::Failed { .. }, Some(Asked::Plane(_))) => self.views.planes.clear(),
            (Event::Done, Some(asked)) => {
                if !failed && !matches!(asked, Asked::Start(_) | Asked::Restore(_)) {
                    self.state.said.clear(asked.topic());
                }
                if matches!(asked, Asked::Plane(_)) {
                    self.measure_next_plane();
                }
            }
            _ => {}
        }
        if matches!(event.message, Event::Stopped { .. }) {
            self.client.forget();
            self.views.planes.clear();
        }
        match self.state.apply_about(event, topic) {
            Some(Consequence::Hello) => self.greet(),
            Some(Consequence::Prepared(experiment)) => self.show(&experiment, asked),
            Some(Consequence::Measured) => {
                self.ask_again();
                self.look_at_sentences_again();
            }
            // A script may have other files looked at than those of the setup.
            Some(Consequence::Table(table)) if asked == Some(Asked::Inspect(self.files.id())) => self.state.table = Some(*table),
            None | Some(Consequence::Table(_)) => {}
            Some(Consequence::Saved(bytes)) => {
                let name = format!("basin-run-step-{}.safetensors", self.state.progress.step);
                self.outbox.requests.push_back(FileRequest::Save { name, bytes });
            }
        }
    }

    /// A run is prepared: it takes the place of the one before, and all that belonged to that one goes.
    fn show(&mut self, prepared: &Experiment, asked: Option<Asked>) {
        self.client.shows(self.state.run);
        match asked {
            Some(Asked::Start(started)) => self.client.started = Some(*started),
            // A run that was not started from the setup becomes the setup, with its files.
            Some(Asked::Restore(files)) => {
                self.settings.experiment = prepared.clone();
                if let Some(files) = files {
                    self.open(*files);
                }
                self.client.started = Some(self.setup());
            }
            _ => {}
        }
        let classes = self.state.summary.as_ref().map_or(0, |summary| summary.classes.len());
        self.views.choices.fit(prepared.lanes.len(), prepared.seeds, classes);
        self.views.reference = None;
        self.views.ending = None;
        self.views.planes.clear();
        for topic in [Topic::Start, Topic::Run, Topic::Question, Topic::Look, Topic::Save, Topic::Trainer] {
            self.state.said.clear(topic);
        }
    }

    /// Answers the first hello by starting the experiment.
    fn greet(&mut self) {
        let version = self.state.trainer_version.unwrap_or_default();
        if version != VERSION {
            self.state.said.fail(
                Topic::Trainer,
                format!(
                    "This trainer speaks version {version}, but the window needs {VERSION}: reload the page without its cache, or install both parts anew."
                ),
            );
            return;
        }
        match std::mem::replace(&mut self.first, First::Past) {
            First::Start { paused } => {
                // Files of the command line have not been looked at.
                self.inspect();
                self.start(paused);
            }
            First::Wait => {}
            First::Past => {
                // The trainer before is gone, and what it owed with it.
                self.client.forget();
                self.views.planes.clear();
            }
        }
    }

    /// Carries out a wish of the user.
    fn obey(&mut self, command: ViewCommand, ctx: &egui::Context) {
        match command {
            ViewCommand::Start => {
                self.views.ending = None;
                self.start(false);
            }
            ViewCommand::Pause => self.send(Command::Pause),
            ViewCommand::Resume => self.send(Command::Resume),
            ViewCommand::Step => self.send(Command::Step),
            ViewCommand::Stop => {
                self.views.ending = None;
                self.send(Command::Stop);
            }
            ViewCommand::AskToEnd(ending) => self.views.ending = ending.map(|ending| (ending, ctx.input(|input| input.time))),
            ViewCommand::SaveRun => self.send(Command::Save),
            ViewCommand::ExportCsv => {
                let first_seed = self.state.summary.as_ref().map_or(self.settings.experiment.first_seed, |s| s.experiment.first_seed);
                let bytes = measurements::csv(&self.state, first_seed).into_bytes();
                self.outbox.requests.push_back(FileRequest::Save { name: "basin-measurements.csv".to_owned(), bytes });
            }
            ViewCommand::Values(figure) => {
                let text = figures::values(&self.state, &self.views.choices, &self.views.rows, self.reference(), figure);
                let name = format!("{}.csv", figures::name(figure));
                self.outbox.requests.push_back(FileRequest::Save { name, bytes: text.into_bytes() });
            }
            ViewCommand::Picture(figure, rect) => self.outbox.picture = Some((figure, rect)),
            ViewCommand::Send(command) => self.send(*command),
            ViewCommand::MeasureLandscape => self.measure_landscape(),
            ViewCommand::Middle(middle) => self.settings.middle = middle,
            ViewCommand::Sharpness(choice) => self.views.choices.sharpness = choice,
            ViewCommand::Microscope(choice) => self.views.choices.step = choice,
            ViewCommand::Sentences(choice) => self.views.choices.sentences = choice,
            ViewCommand::Landscape(choice) => self.views.choices.landscape = choice,
            ViewCommand::CopyLink => self.copy_link(ctx),
            ViewCommand::OpenFile(request) => self.outbox.requests.push_back(request),
            ViewCommand::DropTestFile => self.accept(Offer::DropTest),
            ViewCommand::KeepTestFile => self.accept(Offer::KeepTest),
            ViewCommand::Edit(experiment) => self.edit(*experiment),
            ViewCommand::Device(device) => self.settings.device = device,
            ViewCommand::Write { text, text_b } => {
                self.views.question.text = text;
                self.views.question.text_b = text_b;
            }
            ViewCommand::Ask => self.ask(),
            ViewCommand::Dismiss(topic) => self.state.said.clear(topic),
            ViewCommand::Accept(topic, offer) => {
                self.state.said.clear(topic);
                self.accept(offer);
            }
            ViewCommand::Charts(options) => self.settings.charts = options,
            ViewCommand::Reference(lane) => self.views.reference = Some(lane),
            ViewCommand::Theme(theme) => self.settings.theme = theme,
            ViewCommand::Tab(tab) => self.settings.tab = tab,
            ViewCommand::ShowSetup(show) => self.settings.show_setup = show,
            ViewCommand::ShowLower(show) => self.settings.show_lower = show,
            ViewCommand::Help(open) => self.views.help_open = open,
        }
    }

    /// Does what a notice offered.
    fn accept(&mut self, offer: Offer) {
        match offer {
            Offer::Start => self.start(false),
            Offer::StartDefault => {
                self.settings.experiment = Experiment::default();
                self.start(false);
            }
            Offer::OpenFile => self.outbox.requests.push_back(FileRequest::Train),
            Offer::HelpDesk => {
                self.settings.experiment.data.source = DataSource::HelpDesk;
                self.settings.experiment.data.columns = None;
                self.start(false);
            }
            Offer::KeepTest => {
                self.files.keep_test();
                self.state.said.clear(Topic::TestFile);
                self.inspect();
            }
            Offer::DropTest => {
                self.files.drop_test();
                self.state.said.clear(Topic::TestFile);
                self.inspect();
            }
            Offer::ReplaceTrainer => self.client.replace_trainer(),
        }
    }

    fn copy_link(&mut self, ctx: &egui::Context) {
        let link = format!("{}{}", self.outbox.link_prefix, self.experiment_link());
        let file = match &self.settings.experiment.data.source {
            DataSource::File { name } => format!(" It does not hold your file {name}: whoever opens the link needs that file, too."),
            _ => String::new(),
        };
        if self.outbox.no_clipboard {
            self.outbox.copied = Some(link);
            if !file.is_empty() {
                self.state.said.note(format!("The link to this setup:{file}"));
            }
            return;
        }
        ctx.copy_text(link);
        self.state.said.note(format!("The link to this setup is on the clipboard.{file}"));
    }

    /// Takes over an edit of the setup; other columns of the user's file are looked at again.
    fn edit(&mut self, experiment: Experiment) {
        let is_file = matches!(experiment.data.source, DataSource::File { .. });
        let (new, old) = (&experiment.data, &self.settings.experiment.data);
        let look = is_file && (&new.columns, new.delimiter) != (&old.columns, old.delimiter);
        self.settings.experiment = experiment;
        if look {
            self.inspect();
        }
    }

    /// Takes over files that belong together, and looks at them.
    fn open(&mut self, files: Files) {
        self.files.set(files);
        self.state.table = None;
        self.state.said.clear(Topic::TestFile);
        self.inspect();
    }

    fn inspect(&mut self) {
        if let Some(files) = self.files.get().cloned() {
            let DataConfig { columns, delimiter, .. } = &self.settings.experiment.data;
            let command = Command::Inspect { files, columns: columns.clone(), delimiter: *delimiter };
            self.client.request(command, Asked::Inspect(self.files.id()));
        }
    }

    /// The setup as a run would be started from it.
    fn setup(&self) -> Started {
        Started { experiment: self.settings.experiment.clone(), device: self.settings.device, files: self.files.id() }
    }

    /// Trains what is set up, if it can be. The run that is there goes on until this one is prepared.
    fn start(&mut self, paused: bool) {
        let setup = self.setup();
        if let Err(error) = setup.experiment.check() {
            self.state.said.fail(Topic::Start, format!("{}.", capital(&error.to_string())));
            return;
        }
        let files = match &setup.experiment.data.source {
            DataSource::File { name } => {
                let files = self.files.get().filter(|files| files.train.name == *name).cloned();
                if files.is_none() {
                    let text = format!("The file {name} is not open: open it, or choose other data.");
                    self.state.said.notice(Topic::Start, text, &[Offer::OpenFile]);
                    return;
                }
                files
            }
            _ => None,
        };
        let run = self.client.start(setup, files, paused);
        self.await_run(run);
    }

    /// Goes on with a saved run, once it is read.
    fn restore(&mut self, bytes: Vec<u8>, device: DeviceChoice) {
        let run = self.client.restore(bytes, device);
        self.await_run(run);
    }

    /// A run was asked for: nothing else starts in its place at the first hello.
    fn await_run(&mut self, run: RunId) {
        if self.first != First::Past {
            self.first = First::Wait;
        }
        self.state.await_run(run);
    }

    /// Sends a command and remembers what follows from it.
    fn send(&mut self, command: Command) {
        let asked = match command {
            Command::Start { experiment, files, device, paused, .. } => {
                self.settings.experiment = *experiment;
                self.settings.device = device;
                if let Some(files) = files {
                    self.open(files);
                }
                return self.start(paused);
            }
            Command::Restore { bytes, device, .. } => return self.restore(bytes, device),
            Command::Landscape { .. } => return self.measure_plane(0, command),
            Command::Line { .. } => {
                self.state.surroundings.line.0 = self.client.request(command, Asked::Line);
                return;
            }
            Command::Classify { ref text, ref text_b } => {
                self.views.question.asked = Some((text.clone(), text_b.clone()));
                Asked::Answer
            }
            Command::Inspect { ref files, .. } => Asked::Inspect(ContentId::of(files)),
            Command::Save => Asked::Save,
            Command::Sentences => Asked::Sentences,
            Command::SentenceTable { .. } => Asked::SentenceTable,
            Command::MeasureSharpness | Command::Trace { .. } | Command::SentenceHistory { .. } => Asked::Look,
            Command::SharpnessBudget { share } => {
                self.views.choices.sharpness.share = Some(share);
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
            | Command::Ping => Asked::Control,
        };
        self.client.request(command, asked);
    }

    fn ask(&mut self) {
        let text = self.views.question.text.trim().to_owned();
        if text.is_empty() {
            return;
        }
        let pairs = self.state.summary.as_ref().is_some_and(|s| s.pairs);
        let text_b = pairs.then(|| self.views.question.text_b.trim().to_owned());
        self.send(Command::Classify { text, text_b });
    }

    /// Keeps the answers up to date with the weights, one question at a time.
    fn ask_again(&mut self) {
        let pending = self.client.waits_for(|asked| *asked == Asked::Answer);
        if pending || self.state.classified.is_none() || !self.state.has_run() {
            return;
        }
        if let Some((text, text_b)) = self.views.question.asked.clone() {
            self.send(Command::Classify { text, text_b });
        }
    }

    /// Whether the table of sentences is on the screen of a run.
    fn looks_at_sentences(&self) -> bool {
        let narrow = self.views.installed == Some(true);
        self.settings.middle == Middle::Sentences && (!narrow || self.settings.tab == Tab::Curves) && self.state.has_run()
    }

    /// Asks for the sentences and for how the chosen lane sees them, while they are looked at.
    fn keep_sentences(&mut self) {
        if !self.looks_at_sentences() {
            return;
        }
        if self.state.sentences.is_none() && !self.client.waits_for(|asked| *asked == Asked::Sentences) {
            self.send(Command::Sentences);
        }
        let lane = self.views.choices.sentences.lane;
        if !self.state.sentence_tables.contains_key(&lane) && !self.client.waits_for(|asked| *asked == Asked::SentenceTable) {
            self.send(Command::SentenceTable { lane });
        }
    }

    /// Keeps the table of sentences up to date with the weights, one question at a time.
    fn look_at_sentences_again(&mut self) {
        if !self.looks_at_sentences() || self.client.waits_for(|asked| *asked == Asked::SentenceTable) {
            return;
        }
        let choice = &self.views.choices.sentences;
        let (lane, selected) = (choice.lane, choice.selected);
        self.send(Command::SentenceTable { lane });
        if let Some(example) = selected {
            self.send(Command::SentenceHistory { example });
        }
    }

    /// Measures the plane that is chosen, then two others one after the other, coarsely: a slice depends on its plane.
    fn measure_landscape(&mut self) {
        let choice = self.views.choices.landscape;
        let chosen = match choice.plane {
            PlaneChoice::Random { seed } => Some(seed),
            PlaneChoice::Ends { .. } => None,
        };
        let others = (1..).filter(|seed| Some(*seed) != chosen).map(|seed| PlaneChoice::Random { seed });
        let planes = std::iter::once(choice.plane).chain(others).zip(PLANE_POINTS);
        let commands = planes.map(|(plane, points)| Command::Landscape { plane, points, member: choice.member });
        self.views.planes = commands.enumerate().collect();
        for plane in &mut self.state.surroundings.planes {
            plane.1 = None;
        }
        self.measure_next_plane();
    }

    fn measure_next_plane(&mut self) {
        if let Some((place, command)) = self.views.planes.pop_front() {
            self.measure_plane(place, command);
        }
    }

    fn measure_plane(&mut self, place: usize, command: Command) {
        self.state.surroundings.planes[place].0 = self.client.request(command, Asked::Plane(place));
    }

    /// What the shell should open or save next, if anything. It answers with [`Self::file_opened`],
    /// or with [`Self::file_failed`]; a cancelled dialog needs no answer.
    pub fn wants_file(&mut self) -> Option<FileRequest> {
        self.outbox.requests.pop_front()
    }

    /// A text that the shell should show to be copied by hand, where [`Opening::no_clipboard`].
    pub fn wants_copied(&mut self) -> Option<String> {
        self.outbox.copied.take()
    }

    /// The shell has opened a file, or saved it (then `bytes` is not looked at).
    pub fn file_opened(&mut self, request: &FileRequest, name: String, bytes: Vec<u8>) {
        match request {
            FileRequest::Train => self.open_train(NamedBytes { name, bytes }),
            FileRequest::Test => {
                if self.files.open_test(NamedBytes { name: name.clone(), bytes }) {
                    self.state.said.clear(Topic::TestFile);
                    self.inspect();
                } else {
                    let text = format!("{name} is a test file, but there is no training file: open that one first.");
                    self.state.said.fail(Topic::File, text);
                }
            }
            FileRequest::Run => self.restore(bytes, self.settings.device),
            FileRequest::Save { .. } => {
                self.state.said.clear(Topic::Save);
                self.state.said.note(format!("Saved {name}."));
            }
        }
    }

    fn open_train(&mut self, train: NamedBytes) {
        let source = DataSource::File { name: train.name.clone() };
        // The columns of a link or of the last session are those of the file that was meant.
        let data = &mut self.settings.experiment.data;
        if self.files.get().is_some() || data.source != source {
            (data.columns, data.delimiter) = (None, None);
        }
        // Nobody's own labels are changed unasked.
        data.label_noise = None;
        data.source = source;
        let before = self.files.get().map(|files| files.train.name.clone());
        let name = train.name.clone();
        self.files.open_train(train);
        self.state.table = None;
        self.state.said.clear(Topic::File);
        match (self.files.aside(), before) {
            (Some(test), Some(before)) => {
                let text = format!("{test} was opened to test what learns from {before}. Test what learns from {name} on it, too?");
                self.state.said.notice(Topic::TestFile, text, &[Offer::KeepTest, Offer::DropTest]);
            }
            _ => self.state.said.clear(Topic::TestFile),
        }
        self.inspect();
    }

    /// The shell could not open or save a file; `text` says why and what to do.
    pub fn file_failed(&mut self, text: String) {
        self.state.said.fail(Topic::File, text);
    }

    /// Files that were dropped on the window: one is read; of several nobody could say which is meant.
    fn take_drop(&mut self, dropped: Vec<DroppedFileHandle>) {
        if dropped.len() > 1 {
            let text = format!(
                "{} files were dropped at once, and none was read: drop the file to train on alone, then add the test file in the setup.",
                dropped.len()
            );
            self.state.said.fail(Topic::File, text);
            return;
        }
        self.outbox.dropped.extend(dropped);
    }

    /// A file that was dropped on the window: the shell reads it and calls [`Self::file_dropped`].
    pub fn take_dropped(&mut self) -> Option<DroppedFileHandle> {
        self.outbox.dropped.pop_front()
    }

    /// A dropped file: a saved run by its ending, else a table to train on.
    pub fn file_dropped(&mut self, name: String, bytes: Vec<u8>) {
        let is_run = is_saved_run(&name);
        self.file_opened(if is_run { &FileRequest::Run } else { &FileRequest::Train }, name, bytes);
    }

    /// The text of the link to this setup, without prefix.
    pub fn experiment_link(&self) -> String {
        basin_train::experiment::link::encode(&self.settings.experiment)
    }

    /// The settings to keep until the next start.
    pub fn settings_json(&self) -> String {
        serde_json::to_string(&self.settings).expect("settings are plain data with text keys")
    }

    /// The settings, if they are others than those that the shell keeps. It stores them at once: after a crash nothing
    /// can be asked for any more.
    pub fn settings_to_keep(&mut self) -> Option<String> {
        if self.outbox.kept.as_ref() == Some(&self.settings) {
            return None;
        }
        self.outbox.kept = Some(self.settings.clone());
        Some(self.settings_json())
    }

    /// The state for scripts: run, phase, step, device, the last means of each lane, messages, answers.
    pub fn state_json(&self) -> Value {
        let asked = self.views.question.asked.as_ref().map_or("", |(text, _)| text);
        let mut value = export::json(&self.state, asked);
        value["changed"] = Value::Bool(self.changed());
        value["link"] = Value::String(self.experiment_link());
        let test = self.files.get().and_then(|files| files.test.as_ref()).map(|file| &file.name);
        value["files"] = json!({ "train": self.files.get().map(|files| &files.train.name), "test": test, "aside": self.files.aside() });
        value
    }

    /// Takes a command of the protocol as JSON. Runs and tickets are numbered here: those in the command are replaced.
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
            self.views.question.text = format::cut(text, 10_000);
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
        &self.views.choices
    }

    /// What is set up; for tests.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

/// A sentence with a capital letter.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
