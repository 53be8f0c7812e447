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
mod reporting;
mod survival;
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
use crate::flattening::Flattening;
use crate::handout::{Handout, Sharing};
use crate::images::Images;
use crate::link::TrainerLink;
use crate::locks::Part;
use crate::messages::{Offer, Topic};
use crate::panels;
use crate::panels::view::{ASKED_SECONDS, Layout, View};
use crate::sentences::Rows;
use crate::settings::{Middle, Settings, Tab};
use crate::spoken::Answers;
use crate::state::State;
use crate::theme::{self, Look};
use crate::{figures, measurements, widgets};

/// What is made of the workspace to be drawn, and what is drawn over it.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct Drawn {
    charts: Charts,
    rows: Rows,
    images: Images,
    answers: Answers,
    flattening: Flattening,
    help_open: bool,
    sharing: Option<Sharing>,
    /// Whether the screen is a phone's.
    phone: bool,
    /// Whether a finger has touched the screen.
    touched: bool,
    /// What the themes were made for; none before the first frame.
    look: Option<Look>,
    /// Whether the system asks for less motion.
    still: bool,
    /// Whether the system asks for strong contrast.
    strong: bool,
    /// Whether all lines are drawn from left to right.
    left_to_right: bool,
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
        let drawn = Drawn { still: opening.still, strong: opening.strong, left_to_right: opening.left_to_right, ..Drawn::default() };
        let mut work = Workspace::open(link, saved, opening);
        let fetched = work.lesson_to_fetch(&link_prefix);
        Self { work, drawn, outbox: Outbox { fetched, link_prefix, ..Outbox::default() } }
    }

    /// It is drawn in another place from now on: what was made to be drawn in the last one is made anew.
    pub fn move_to_another_place(&mut self) {
        let Drawn { help_open, touched, still, strong, left_to_right, .. } = self.drawn;
        self.drawn = Drawn { help_open, touched, still, strong, left_to_right, ..Drawn::default() };
    }

    /// Takes in what the trainer has said. Call it each frame, also while the window is hidden.
    pub fn logic(&mut self, ctx: &egui::Context) {
        self.work.listen(self.drawn.phone, |request| self.outbox.requests.push_back(request));
        self.outbox.requests.extend(self.drawn.images.arrived());
        // A link whose thread cannot wake the window is looked at regularly while something is to come.
        let pause = match self.work.state.phase() {
            // A bar, and to draw it takes time of a core, without a graphics card a good part of it.
            Phase::Preparing => Some(200),
            Phase::Running => Some(50),
            _ => None,
        };
        let waits = self.work.client.has_pending() || matches!(self.work.first, First::Start { .. });
        if let Some(millis) = pause.or(waits.then_some(50)) {
            ctx.request_repaint_after(Duration::from_millis(millis));
        }
    }

    /// Draws, and carries out what was asked for.
    pub fn ui(&mut self, ui: &mut egui::Ui) {
        let room = ui.ctx().content_rect().size();
        self.present(room);
        let layout = Layout::of(room);
        self.drawn.phone = layout.is_phone();
        self.take_look(ui.ctx());
        widgets::let_fingers_rest(ui.ctx());
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
        self.work.keep_sentences(layout.is_phone());
        self.work.keep_judgement(layout.is_phone());
        self.drawn.charts.update(&self.work.state, self.work.settings.charts);
        self.drawn.rows.update(&self.work.state, &self.work.choices.sentences);
        let pending = self.work.client.is_pending(|asked| *asked == Asked::Answer);
        self.drawn.answers.update(&self.work.state, &self.work.question, pending);

        self.flatten(ui.ctx(), layout);

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

    /// Lets the dots go on that show how SAM flattens, where they are looked at.
    fn flatten(&mut self, ctx: &egui::Context, layout: Layout) {
        let Settings { middle, tab, .. } = self.work.settings;
        if middle != Middle::Flatten || (layout.is_phone() && tab != Tab::Curves) {
            return;
        }
        let choice = &self.work.choices.flatten;
        let plays = choice.plays.unwrap_or(self.drawn.look.is_some_and(|look| !look.still));
        let seconds = if plays { f64::from(ctx.input(|input| input.stable_dt)) } else { 0.0 };
        if self.drawn.flattening.go_on(choice, seconds) && plays {
            ctx.request_repaint_after(Duration::from_millis(15));
        }
    }

    /// Whether all is as large as the last row needs it, and how much larger that is than without; `room` is what there is now.
    fn present(&mut self, room: egui::Vec2) {
        let drawn = &mut self.drawn;
        let before = drawn.enlarged.max(1.0);
        // A phone has no last row.
        drawn.presents = self.work.settings.presenting && !Layout::of(room * before).is_phone();
        let enlarged = if drawn.presents { (room.x * before / theme::PRESENTING).max(1.0) } else { 1.0 };
        if (enlarged - before).abs() > 0.01 {
            drawn.enlarged = enlarged;
        }
    }

    /// Installs what the themes are made for, where that has changed.
    fn take_look(&mut self, ctx: &egui::Context) {
        let Drawn { phone, touched, look, still, strong, presents, enlarged, .. } = &mut self.drawn;
        *touched |= ctx.input(egui::InputState::any_touches);
        let sight = &mut self.work.settings.sight;
        // In a window Ctrl and + make everything larger, too.
        let larger = enlarged.max(1.0);
        let installed = look.is_some_and(|look| look.presents == *presents && look.zoom.to_bits() == (larger * sight.zoom()).to_bits());
        if installed && (larger * sight.zoom() - ctx.zoom_factor()).abs() > 0.01 {
            sight.text_percent = (100.0 * ctx.zoom_factor() / larger).round() as u32;
            *sight = sight.larger(0);
        }
        let wanted = Look {
            touch: *phone || *touched,
            still: sight.still.unwrap_or(*still),
            presents: *presents,
            strong: *presents || sight.strong.unwrap_or(*strong),
            zoom: larger * sight.zoom(),
        };
        if *look != Some(wanted) {
            theme::install(ctx, wanted);
            ctx.set_zoom_factor(wanted.zoom);
            *look = Some(wanted);
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
            flattening: &drawn.flattening,
            client: &work.client,
            question: &work.question,
            answers: drawn.answers.text(),
            files: work.files.get(),
            test_aside: work.files.aside(),
            changed: work.changed(),
            is_kept: work.is_run_kept(),
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
            still: drawn.look.is_some_and(|look| look.still),
            strong: drawn.look.is_some_and(|look| look.strong),
            left_to_right: drawn.left_to_right,
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
            ViewCommand::SaveModel(lane, format) => work.send(Command::Export { lane, member: 0, format }),
            ViewCommand::ExportCsv => {
                let run = work.state.run.summary.as_ref().map(|summary| &summary.experiment);
                let first_seed = run.unwrap_or(&work.settings.experiment).first_seed;
                self.outbox.save("basin-measurements.csv".to_owned(), measurements::csv(&work.state, first_seed).into_bytes());
            }
            ViewCommand::SaveReport => self.save_report(),
            ViewCommand::Values(figure) => {
                let Drawn { rows, flattening, .. } = &self.drawn;
                let text = figures::values(&work.state, &work.choices, rows, flattening, work.reference(), figure);
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
            ViewCommand::Sweep(choice) => work.choices.sweep = choice,
            ViewCommand::SweepCores(cores) => work.settings.sweep_cores = cores,
            ViewCommand::Flatten(choice) => work.choices.flatten = *choice,
            ViewCommand::FlattenAgain => self.drawn.flattening.again(&work.choices.flatten),
            ViewCommand::FlattenStep => {
                work.choices.flatten.plays = Some(false);
                self.drawn.flattening.step(work.choices.flatten.landscape);
            }
            ViewCommand::StartSweep => work.sweep(),
            ViewCommand::Judge => work.judge(),
            ViewCommand::Judging(choice) => work.choices.judge = choice,
            ViewCommand::WriteList(list) => work.question.list = list,
            ViewCommand::AskList => work.ask_list(),
            ViewCommand::Share(sharing) => self.drawn.sharing = sharing.map(|sharing| *sharing),
            ViewCommand::Copy(address) => self.outbox.copied = Some(address),
            ViewCommand::TryOut(handout) => {
                self.drawn.sharing = None;
                work.visit(*handout);
            }
            ViewCommand::Leave => work.leave(),
            ViewCommand::Aside(true) => work.take_back(),
            ViewCommand::Aside(false) => work.settings.aside = None,
            ViewCommand::OpenKept(kept) => work.open_chosen(kept),
            ViewCommand::Compare(Some(kept)) => {
                work.settings.charts.only_this = false;
                work.send(Command::CompareKept { kept });
            }
            ViewCommand::Compare(None) => work.state.before = None,
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
            ViewCommand::ExampleFile => {
                let example = basin_train::data::builtin::help_desk();
                self.outbox.save(format!("basin-example-{}", example.name), example.bytes);
            }
            ViewCommand::Reference(lane) => work.choices.reference = Some(lane),
            ViewCommand::Theme(theme) => work.settings.theme = theme,
            ViewCommand::Sight(sight) => work.settings.sight = sight,
            ViewCommand::Tab(tab) => work.settings.tab = tab,
            ViewCommand::ShowSetup(show) => work.settings.show_setup = show,
            ViewCommand::ShowLower(show) => work.settings.show_lower = show,
            ViewCommand::Welcomed => work.settings.welcome = false,
            ViewCommand::Course(course) => work.turn_course(*course),
            ViewCommand::Teach(step) => work.teach(*step),
            ViewCommand::Present(presenting) => work.settings.presenting = presenting,
            ViewCommand::Help(open) => self.drawn.help_open = open,
        }
    }

    fn save_report(&mut self) {
        if let Some(page) = self.work.report() {
            self.outbox.save("basin-report.html".to_owned(), page.into_bytes());
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
            Offer::OpenRun => work.open_waiting(),
            Offer::SaveHeld => {
                if let Some(bytes) = work.survival.snapshot.as_ref().map(|held| held.bytes.clone()) {
                    self.outbox.save("basin-run.safetensors".to_owned(), bytes);
                }
            }
            Offer::FetchLesson => self.outbox.fetched = work.coming.as_ref().map(|reading| reading.name.clone()),
            Offer::Renew => match work.not_kept() {
                Some(what) => {
                    let text = format!("The {what} that is here is not kept, and a new version would begin without it: save it first.");
                    work.state.messages.notice(Topic::Version, text, &[Offer::RenewAllTheSame]);
                }
                None => self.outbox.renews = true,
            },
            Offer::RenewAllTheSame => self.outbox.renews = true,
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
            self.work.state.messages.note("It is on the clipboard.".to_owned());
        }
    }

    /// Whether a run or a sweep is under way.
    pub fn works(&self) -> bool {
        self.work.works()
    }

    /// Whether who leaves now loses a run or a sweep on its way.
    pub fn loses_by_leaving(&self) -> bool {
        self.work.loses_by_leaving()
    }

    /// Another version of the page waits.
    pub fn version_waits(&mut self) {
        let text = "A new version of Basin is ready. Loading it reloads the page; the run goes on from where it was kept.";
        self.work.state.messages.tell(Topic::Version, text.to_owned(), &[Offer::Renew]);
    }

    /// What was set up is not kept until the next start, for this reason.
    pub fn settings_not_kept(&mut self, reason: &str) {
        let text = format!("What is set up here is not kept until the next start: {reason}. A link has it as well (Share).");
        self.work.state.messages.note(text);
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
