//! The app: draws what the workspace holds, and carries out what the views ask for.
//!
//! The shell (`shell.rs`) calls [`App::logic`] and [`App::ui`] each frame and sees to what waits in the outbox. Nothing
//! here knows a clock, a file system or a platform.

mod answers;
mod opened;
mod opening;
mod outbox;
mod questions;
mod teaching;
mod time;
mod visit;
mod workspace;

use std::borrow::Cow;
use std::time::Duration;

use basin_train::experiment::{DataSource, Experiment, presets};
use basin_train::protocol::{Command, Phase};
use egui::DroppedFileHandle;

pub use self::opening::Opening;
use self::outbox::Outbox;
use self::workspace::{First, Workspace};
use crate::charts::Charts;
use crate::choices::Choices;
use crate::client::Asked;
use crate::command::ViewCommand;
use crate::files::FileRequest;
use crate::handout::{Handout, Sharing};
use crate::images::Images;
use crate::link::TrainerLink;
use crate::locks::Part;
use crate::messages::{Offer, Topic};
use crate::panels;
use crate::panels::view::{ASKED_SECONDS, Layout, View};
use crate::sentences::Rows;
use crate::settings::Settings;
use crate::spoken::Answers;
use crate::state::State;
use crate::theme;
use crate::{figures, measurements};

/// What is made of the workspace to be drawn, and what is drawn over it.
#[derive(Default)]
struct Drawn {
    charts: Charts,
    rows: Rows,
    images: Images,
    answers: Answers,
    help_open: bool,
    sharing: Option<Sharing>,
    /// Whether the screen is narrow, and its sizes are installed; none before the first frame.
    narrow: Option<bool>,
    /// Whether all is drawn for the last row.
    presents: bool,
    /// How much larger that is; none before the first time.
    enlarged: f32,
}

/// The whole app. See the file's head for how a shell uses it.
pub struct App {
    pub(crate) work: Workspace,
    drawn: Drawn,
    pub(crate) outbox: Outbox,
}

impl App {
    /// Opens the app. `saved` is what [`Settings::json`] gave at the end of the last session.
    /// Training starts when the trainer says hello, unless what was asked for cannot be had: then a notice says so, and waits.
    pub fn new(link: Box<dyn TrainerLink>, saved: Option<&str>, mut opening: Opening) -> Self {
        let link_prefix = std::mem::take(&mut opening.link_prefix);
        let work = Workspace::open(link, saved, opening);
        let fetched = work.coming.as_ref().map(|reading| reading.name.clone());
        Self { work, drawn: Drawn::default(), outbox: Outbox { fetched, link_prefix, ..Outbox::default() } }
    }

    /// Takes in what the trainer has said. Call it each frame, also while the window is hidden.
    pub fn logic(&mut self, ctx: &egui::Context) {
        let narrow = self.drawn.narrow == Some(true);
        self.work.listen(narrow, |request| self.outbox.requests.push_back(request));
        self.outbox.requests.extend(self.drawn.images.arrived());
        // A link whose thread cannot wake the window is looked at regularly while something is to come.
        let busy = matches!(self.work.state.phase(), Phase::Preparing | Phase::Running);
        if busy || self.work.client.has_pending() || matches!(self.work.first, First::Start { .. }) {
            ctx.request_repaint_after(Duration::from_millis(50));
        }
    }

    /// Draws, and carries out what was asked for.
    pub fn ui(&mut self, ui: &mut egui::Ui) {
        let presents = self.present(ui.ctx());
        let layout = Layout::of(ui.ctx().content_rect().width());
        let narrow = layout == Layout::Narrow;
        if self.drawn.narrow != Some(narrow) || self.drawn.presents != presents {
            theme::install(ui.ctx(), narrow, presents);
            self.drawn.narrow = Some(narrow);
        }
        self.drawn.presents = presents;
        ui.ctx().set_theme(self.work.settings.theme);
        self.take_drop(ui.ctx().input(|input| input.raw.dropped_files.clone()));
        self.drawn.images.take_wanted(ui.ctx());
        if let Some((_, at)) = self.work.choices.ending {
            let left = at + ASKED_SECONDS - ui.input(|input| input.time);
            if left > 0.0 {
                ui.ctx().request_repaint_after(Duration::from_secs_f64(left));
            } else {
                self.work.choices.ending = None;
            }
        }
        self.work.keep_sentences(narrow);
        self.drawn.charts.update(&self.work.state, self.work.settings.charts);
        self.drawn.rows.update(&self.work.state, &self.work.choices.sentences);
        let pending = self.work.client.is_pending(|asked| *asked == Asked::Answer);
        self.drawn.answers.update(&self.work.state, &self.work.question, pending);

        let mut commands = Vec::new();
        let view = self.view(layout);
        panels::focus::keys(ui.ctx());
        panels::keyboard::keys(ui.ctx(), &view, &mut commands);
        panels::app_ui(ui, &view, &mut commands);
        if !commands.is_empty() {
            // What was drawn is now out of date.
            ui.ctx().request_repaint();
        }
        for command in commands {
            // Keys know nothing of locks.
            if self.work.allows(&command) {
                self.obey(command, ui.ctx());
            }
        }
    }

    /// Makes all as large as the last row needs it, or as it was; says whether it does.
    fn present(&mut self, ctx: &egui::Context) -> bool {
        let before = self.drawn.enlarged.max(1.0);
        let width = ctx.content_rect().width() * before;
        // A phone has no last row.
        let presents = self.work.settings.presenting && Layout::of(width) != Layout::Narrow;
        let enlarged = if presents { (width / theme::PRESENTING).max(1.0) } else { 1.0 };
        if (enlarged - before).abs() > 0.01 {
            ctx.set_zoom_factor(ctx.zoom_factor() * enlarged / before);
            self.drawn.enlarged = enlarged;
        }
        presents
    }

    /// What the views may look at.
    fn view(&self, layout: Layout) -> View<'_> {
        let (work, drawn) = (&self.work, &self.drawn);
        View {
            layout,
            state: &work.state,
            settings: &work.settings,
            choices: &work.choices,
            charts: &drawn.charts,
            rows: &drawn.rows,
            client: &work.client,
            question: &work.question,
            answers: drawn.answers.text(),
            files: work.files.get(),
            test_aside: work.files.aside(),
            changed: work.changed(),
            reference: work.reference(),
            own_lesson: work.own_lesson(),
            pointed: work.pointed(),
            trains_lesson: work.trains_lesson(),
            locks: work.locks(),
            visits: work.visit.is_some(),
            embedded: &work.embedded,
            presents: drawn.presents,
            sharing: drawn.sharing.as_ref(),
            link_prefix: &self.outbox.link_prefix,
            help_open: drawn.help_open,
            captured: drawn.images.taken(),
        }
    }

    /// Carries out what a view asks for.
    fn obey(&mut self, command: ViewCommand, ctx: &egui::Context) {
        let work = &mut self.work;
        match command {
            ViewCommand::Start => {
                work.choices.ending = None;
                work.start(false);
            }
            ViewCommand::Pause => work.send(Command::Pause),
            ViewCommand::Resume => work.send(Command::Resume),
            ViewCommand::Step => work.send(Command::Step),
            ViewCommand::StepToMeasurement => work.send(Command::StepToMeasurement),
            ViewCommand::Seek(step) => work.seek(step),
            ViewCommand::Time(choice) => work.set_time(choice),
            ViewCommand::Stop => {
                work.choices.ending = None;
                work.send(Command::Stop);
            }
            ViewCommand::AskToEnd(ending) => work.choices.ending = ending.map(|ending| (ending, ctx.input(|input| input.time))),
            ViewCommand::SaveRun => work.send(Command::Save),
            ViewCommand::ExportCsv => {
                let run = work.state.run.summary.as_ref().map(|summary| &summary.experiment);
                let first_seed = run.unwrap_or(&work.settings.experiment).first_seed;
                self.outbox.save("basin-measurements.csv".to_owned(), measurements::csv(&work.state, first_seed).into_bytes());
            }
            ViewCommand::Values(figure) => {
                let text = figures::values(&work.state, &work.choices, &self.drawn.rows, work.reference(), figure);
                self.outbox.save(format!("{}.csv", figures::name(figure)), text.into_bytes());
            }
            ViewCommand::Image(figure, rect) => self.drawn.images.want(figure, rect),
            ViewCommand::Send(command) => work.send(*command),
            ViewCommand::MeasureLandscape => work.measure_landscape(),
            ViewCommand::Middle(middle) => work.settings.middle = middle,
            ViewCommand::Sharpness(choice) => work.choices.sharpness = choice,
            ViewCommand::Microscope(choice) => work.choices.step = choice,
            ViewCommand::Sentences(choice) => work.choices.sentences = choice,
            ViewCommand::Landscape(choice) => work.choices.landscape = choice,
            ViewCommand::Share(sharing) => self.drawn.sharing = sharing.map(|sharing| *sharing),
            ViewCommand::Copy(address) => self.outbox.copied = Some(address),
            ViewCommand::TryOut(handout) => {
                self.drawn.sharing = None;
                work.visit(*handout);
            }
            ViewCommand::Leave => work.leave(),
            ViewCommand::Aside(true) => work.take_back(),
            ViewCommand::Aside(false) => work.settings.aside = None,
            ViewCommand::OpenFile(request) => self.outbox.requests.push_back(request),
            ViewCommand::Edit(experiment) => work.edit(*experiment),
            ViewCommand::Device(device) => work.settings.device = device,
            ViewCommand::Write { text, text_b } => {
                work.question.text = text;
                work.question.text_b = text_b;
            }
            ViewCommand::Ask => {
                self.drawn.answers.asked();
                work.ask();
            }
            ViewCommand::Dismiss(topic) => work.state.messages.clear(topic),
            ViewCommand::Accept(topic, offer) => {
                work.state.messages.clear(topic);
                self.accept(offer);
            }
            ViewCommand::Charts(options) => work.settings.charts = options,
            ViewCommand::Reference(lane) => work.choices.reference = Some(lane),
            ViewCommand::Theme(theme) => work.settings.theme = theme,
            ViewCommand::Tab(tab) => work.settings.tab = tab,
            ViewCommand::ShowSetup(show) => work.settings.show_setup = show,
            ViewCommand::ShowLower(show) => work.settings.show_lower = show,
            ViewCommand::Welcomed => work.settings.welcome = false,
            ViewCommand::Course(course) => work.turn_course(*course, self.drawn.narrow == Some(true)),
            ViewCommand::Teach(step) => work.teach(*step),
            ViewCommand::Present(presenting) => work.settings.presenting = presenting,
            ViewCommand::Help(open) => self.drawn.help_open = open,
        }
    }

    /// Does what a notice offered.
    fn accept(&mut self, offer: Offer) {
        let work = &mut self.work;
        match offer {
            Offer::Start => work.start(false),
            Offer::StartDefault => {
                work.settings.experiment = presets::start();
                work.start(false);
            }
            Offer::OpenFile => self.outbox.requests.push_back(FileRequest::Train),
            Offer::HelpDesk => {
                work.settings.experiment.data.source = DataSource::HelpDesk;
                work.settings.experiment.data.columns = None;
                work.start(false);
            }
            Offer::KeepTest => work.decide_on_test(true),
            Offer::DropTest => work.decide_on_test(false),
            Offer::ReplaceTrainer => work.client.replace_trainer(),
        }
    }

    /// Files that were dropped on the window: one is read; of several nobody could say which is meant.
    fn take_drop(&mut self, dropped: Vec<DroppedFileHandle>) {
        if !dropped.is_empty() && !self.work.locks().opens(Part::Files) {
            self.work.state.messages.fail(Topic::File, "This page takes no files: leave it first.".to_owned());
            return;
        }
        if dropped.len() > 1 {
            let text = format!(
                "{} files were dropped at once, and none was read: drop the file to train on alone, then add the test file in the setup.",
                dropped.len()
            );
            self.work.state.messages.fail(Topic::File, text);
            return;
        }
        self.outbox.dropped.extend(dropped);
    }

    /// The shell has opened a file, or saved it (then `bytes` is not looked at).
    pub fn file_opened(&mut self, request: &FileRequest, name: String, bytes: Vec<u8>) {
        self.work.file_opened(request, name, bytes);
    }

    /// The shell could not open or save a file; `text` says why and what to do.
    pub fn file_failed(&mut self, text: String) {
        self.work.state.messages.fail(Topic::File, text);
    }

    /// The shell has copied the text that it was asked to copy, or shows it to be copied by hand.
    pub fn copied(&mut self, done: bool) {
        if let Some(sharing) = &mut self.drawn.sharing {
            sharing.copied = Some(done);
        }
        if done {
            self.work.state.messages.note("The link is on the clipboard.".to_owned());
        }
    }

    /// The settings to keep until the next start: what is set up, unless somebody else has set it up.
    pub fn kept(&self) -> Cow<'_, Settings> {
        self.work.kept()
    }

    /// What the address has to say, while it is that of somebody else's page.
    pub fn address(&self) -> Option<(Experiment, Handout)> {
        self.work.address()
    }

    /// What the trainer has said so far; for tests.
    pub fn state(&self) -> &State {
        &self.work.state
    }

    /// What the views of the instrument are set to; for tests.
    pub fn choices(&self) -> &Choices {
        &self.work.choices
    }

    /// What is set up.
    pub fn settings(&self) -> &Settings {
        &self.work.settings
    }
}
