//! The app: draws what the workspace holds, and carries out what the views ask for.
//!
//! The shell (`shell.rs`) calls [`App::logic`] and [`App::ui`] each frame and sees to what waits in the outbox. Nothing
//! here knows a clock, a file system or a platform.

mod answers;
mod kept;
mod opened;
mod opening;
mod outbox;
mod questions;
mod survival;
mod time;
mod workspace;

use std::time::Duration;

use basin_train::experiment::{DataSource, presets};
use basin_train::protocol::{Command, Phase};
use egui::DroppedFileHandle;

pub use self::opening::Opening;
use self::outbox::Outbox;
use self::workspace::{First, Workspace};
use crate::charts::Charts;
use crate::choices::Choices;
use crate::client::Why;
use crate::command::ViewCommand;
use crate::files::FileRequest;
use crate::images::Images;
use crate::link::TrainerLink;
use crate::messages::{Offer, Topic};
use crate::panels;
use crate::panels::view::{ASKED_SECONDS, Layout, View};
use crate::sentences::Rows;
use crate::settings::Settings;
use crate::state::State;
use crate::theme;
use crate::{figures, measurements};

/// What is made of the workspace to be drawn, and what is drawn over it.
#[derive(Default)]
struct Drawn {
    charts: Charts,
    rows: Rows,
    images: Images,
    help_open: bool,
    /// Whether the screen is narrow, and its sizes are installed; none before the first frame.
    narrow: Option<bool>,
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
        let outbox = Outbox { link_prefix, no_clipboard: opening.no_clipboard, ..Outbox::default() };
        Self { work: Workspace::open(link, saved, opening), drawn: Drawn::default(), outbox }
    }

    /// It is drawn in another place from now on: what was made to be drawn in the last one is made anew.
    pub fn move_to_another_place(&mut self) {
        self.drawn = Drawn { help_open: self.drawn.help_open, ..Drawn::default() };
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
        let layout = Layout::of(ui.ctx().content_rect().width());
        let narrow = layout == Layout::Narrow;
        if self.drawn.narrow != Some(narrow) {
            theme::install(ui.ctx(), narrow);
            self.drawn.narrow = Some(narrow);
        }
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

        let mut commands = Vec::new();
        let view = self.view(layout);
        panels::keyboard::keys(ui.ctx(), &view, &mut commands);
        panels::app_ui(ui, &view, &mut commands);
        if !commands.is_empty() {
            // What was drawn is now out of date.
            ui.ctx().request_repaint();
        }
        for command in commands {
            self.obey(command, ui.ctx());
        }
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
            files: work.files.get(),
            test_aside: work.files.aside(),
            changed: work.changed(),
            reference: work.reference(),
            own_lesson: work.own_lesson.as_ref().map(|(name, lesson)| (name.as_str(), lesson)),
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
            ViewCommand::CopyLink => self.copy_link(ctx),
            ViewCommand::OpenKept(kept) => work.open_kept(kept, false, Why::Chosen),
            ViewCommand::OpenFile(request) => self.outbox.requests.push_back(request),
            ViewCommand::Edit(experiment) => work.edit(*experiment),
            ViewCommand::Device(device) => work.settings.device = device,
            ViewCommand::Write { text, text_b } => {
                work.question.text = text;
                work.question.text_b = text_b;
            }
            ViewCommand::Ask => work.ask(),
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
            ViewCommand::Course(course) => work.settings.course = *course,
            ViewCommand::Help(open) => self.drawn.help_open = open,
        }
    }

    /// Does what a notice offered.
    fn accept(&mut self, offer: Offer) {
        let work = &mut self.work;
        match offer {
            Offer::Start | Offer::StartAnew => work.start(false),
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
            Offer::OpenRun => {
                if let Some(bytes) = work.survival.waiting.take() {
                    work.restore(bytes, work.settings.device);
                }
            }
        }
    }

    fn copy_link(&mut self, ctx: &egui::Context) {
        let file = match &self.work.settings.experiment.data.source {
            DataSource::File { name } => format!(" It does not hold your file {name}: whoever opens the link needs that file, too."),
            _ => String::new(),
        };
        let copied = self.outbox.copy(&basin_train::experiment::link::encode(&self.work.settings.experiment), ctx);
        let messages = &mut self.work.state.messages;
        if copied {
            messages.note(format!("The link to this setup is on the clipboard.{file}"));
        } else if !file.is_empty() {
            messages.note(format!("The link to this setup:{file}"));
        }
    }

    /// Files that were dropped on the window: one is read; of several nobody could say which is meant.
    fn take_drop(&mut self, dropped: Vec<DroppedFileHandle>) {
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
