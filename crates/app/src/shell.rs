//! What window and page share: the frame of the app, and what it asks of its platform.
//!
//! A platform is the system or the browser behind [`Platform`]; its own crate makes it, opens the app with it, and passes on the
//! frames of eframe. Elsewhere: what the app wants (`app/outbox.rs`), the way to the trainer (`link.rs`).

use std::sync::mpsc::{Receiver, Sender, channel};

use basin_train::experiment::Experiment;
use basin_train::protocol::NamedBytes;
use egui::DroppedFileHandle;

use crate::app::App;
use crate::files::FileRequest;
use crate::handout::Handout;
use crate::settings::Settings;
use crate::widgets::writes_number;

/// What a system or a browser does for the app. Nothing here waits: dialogs and files tell their [`Answer`] when they are done.
pub trait Platform {
    /// Bytes of a table that there is room for.
    const MOST_BYTES: u64;

    /// Bytes of a saved run that there is room for. It holds what has been read before.
    const MOST_BYTES_OF_A_RUN: u64;

    /// Lets the user choose a file of the kind that is asked for, and reads it.
    fn open(&mut self, answer: Answer);

    /// Reads a file that was dropped, with this name.
    fn read(&mut self, file: DroppedFileHandle, name: String, answer: Answer);

    /// Saves bytes where the user says, or where downloads go. What it tells needs no bytes.
    fn save(&mut self, name: String, bytes: Vec<u8>, answer: Answer);

    /// Writes a text to the clipboard, or shows it to be copied by hand.
    fn copy(&mut self, text: String, ctx: &egui::Context, copied: Copied) {
        ctx.copy_text(text);
        copied.tell(true);
    }

    /// Fetches the lesson at an address, which is its name from then on.
    fn fetch(&mut self, address: String, answer: Answer) {
        let text = format!("The lesson {address} lies elsewhere: save it as a file, then open that (Open, Lesson…).");
        answer.tell(Err(text));
    }

    /// Makes this the text behind the `#` of the address, where there is one; an empty text takes it off, with all else that
    /// sets up somebody else's page.
    fn address(&mut self, _link: &str) {}

    /// Has the keyboard on the screen, where there is one, show digits, or letters again.
    fn digits(&mut self, _digits: bool) {}

    /// Stores settings that have changed, where nobody asks for them now and then.
    ///
    /// # Errors
    /// There is no room, or no storage: the reason, as a part of a sentence.
    fn keep(&mut self, _settings: String) -> Result<(), String> {
        Ok(())
    }

    /// Remembers which kept run is shown, for as long as this tab is there: loaded again, it goes on with that one.
    fn shows_run(&mut self, _kept: u64) {}

    /// Takes the version of the page that waits, where there can be one.
    fn renew(&mut self) {}
}

/// Where a platform tells what has become of a file. Dropping it tells nothing: the user has thought better of it.
#[derive(Clone)]
pub struct Answer {
    /// What the file is for.
    pub request: FileRequest,
    /// Bytes that it may have.
    pub most: u64,
    sender: Sender<Told>,
    wake: egui::Context,
}

/// What a platform tells when it is done.
enum Told {
    /// The file with its name, or why there is none and what to do.
    File(FileRequest, Result<NamedBytes, String>),
    /// Whether a text is on the clipboard; else it is shown.
    Copied(bool),
}

/// Where a platform tells whether it has copied a text.
pub struct Copied {
    sender: Sender<Told>,
    wake: egui::Context,
}

impl Copied {
    /// Tells that the text is on the clipboard, or else that it is shown to be copied by hand.
    pub fn tell(self, done: bool) {
        let _ = self.sender.send(Told::Copied(done));
        self.wake.request_repaint();
    }
}

impl Answer {
    /// Tells the file with its name, or why there is none and what to do; the next frame takes it in.
    pub fn tell(self, file: Result<NamedBytes, String>) {
        // Nobody listens when the window has closed meanwhile.
        let _ = self.sender.send(Told::File(self.request, file));
        self.wake.request_repaint();
    }
}

/// The app on a platform.
pub struct Shell<P> {
    app: App,
    platform: P,
    answers: (Sender<Told>, Receiver<Told>),
    /// The settings as the platform keeps them.
    kept: Option<Settings>,
    /// Whether it was said that they cannot be kept.
    said: bool,
    /// The kept run that is shown.
    run: Option<u64>,
    /// Whether the keyboard on the screen shows digits.
    digits: bool,
    /// What the address says.
    address: Option<(Experiment, Handout)>,
}

impl<P: Platform> Shell<P> {
    /// Puts an app on its platform.
    pub fn new(app: App, platform: P) -> Self {
        let address = app.address();
        Self { app, platform, answers: channel(), kept: None, said: false, run: None, digits: false, address }
    }

    /// Takes in what has arrived. Call it each frame, and now and then while the window is hidden.
    pub fn logic(&mut self, ctx: &egui::Context) {
        for told in self.answers.1.try_iter() {
            match told {
                Told::File(request, Ok(NamedBytes { name, bytes })) => self.app.file_opened(&request, name, bytes),
                Told::File(_, Err(text)) => self.app.file_failed(text),
                Told::Copied(done) => self.app.copied(done),
            }
        }
        self.app.logic(ctx);
        self.serve(ctx);
    }

    /// Draws a frame.
    pub fn ui(&mut self, ui: &mut egui::Ui) {
        self.app.ui(ui);
        // Before the frame ends: then the keyboard opens.
        let digits = ui.data_mut(|data| data.remove_temp::<()>(writes_number())).is_some();
        if std::mem::replace(&mut self.digits, digits) != digits {
            self.platform.digits(digits);
        }
        // At once: browsers open dialogs only in the frame of a click.
        self.serve(ui.ctx());
    }

    /// Has the platform do what the app wants.
    fn serve(&mut self, ctx: &egui::Context) {
        let answer = |request: FileRequest| {
            let most = if request == FileRequest::Run { P::MOST_BYTES_OF_A_RUN } else { P::MOST_BYTES };
            Answer { request, most, sender: self.answers.0.clone(), wake: ctx.clone() }
        };
        let outbox = &mut self.app.outbox;
        for request in outbox.requests.drain(..) {
            match request {
                FileRequest::Save { name, bytes } => {
                    let saved = FileRequest::Save { name: name.clone(), bytes: Vec::new() };
                    self.platform.save(name, bytes, answer(saved));
                }
                request => self.platform.open(answer(request)),
            }
        }
        for file in outbox.dropped.drain(..) {
            let name = file.path().file_name().map_or_else(|| "the file".to_owned(), |name| name.to_string_lossy().into_owned());
            let request = FileRequest::of_dropped(&name);
            self.platform.read(file, name, answer(request));
        }
        if let Some(text) = outbox.copied.take() {
            self.platform.copy(text, ctx, Copied { sender: self.answers.0.clone(), wake: ctx.clone() });
        }
        if let Some(address) = outbox.fetched.take() {
            self.platform.fetch(address, answer(FileRequest::Lesson));
        }
        if std::mem::take(&mut outbox.renews) {
            self.platform.renew();
        }
        // At once: after a crash nothing can be asked for any more.
        let settings = self.app.kept();
        if self.kept.as_ref() != Some(&*settings) {
            let kept = self.platform.keep(settings.json());
            self.kept = Some(settings.into_owned());
            if let Err(reason) = kept
                && !std::mem::replace(&mut self.said, true)
            {
                self.app.settings_not_kept(&reason);
            }
        }
        if let Some(run) = self.app.state().open_kept.filter(|run| self.run != Some(*run)) {
            self.run = Some(run);
            self.platform.shows_run(run);
        }
        let address = self.app.address();
        if self.address != address {
            self.platform.address(&address.as_ref().map_or_else(String::new, |(experiment, handout)| handout.encode(experiment)));
            self.address = address;
        }
    }

    /// The app.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The app, to tell it something.
    pub fn app_mut(&mut self) -> &mut App {
        &mut self.app
    }

    /// The platform.
    pub fn platform_mut(&mut self) -> &mut P {
        &mut self.platform
    }
}
