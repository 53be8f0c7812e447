//! The page: eframe draws the app on the canvas; files, settings and scripts meet it here.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::Path;
use std::rc::Rc;

use basin_app::{App, FileRequest, Opening, is_saved_run};
use basin_train::data::files::{MOST_BYTES_IN_A_PAGE, check_size};
use basin_train::protocol::DeviceChoice;
use eframe::{Storage, WebLogger, WebOptions, WebRunner};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsError, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlCanvasElement;

use crate::host::{Chosen, Host, Options, words_of};
use crate::link::LinkToWorker;
use crate::{constructors, crash};

/// Where the settings lie in the browser's storage.
const SETTINGS: &str = "basin.settings";

/// Draws the app on `canvas` and starts its trainer; returns what scripts use. `host` is the page's own code.
///
/// # Errors
/// The browser has no WebGL, with which the page is drawn.
#[wasm_bindgen]
pub async fn start_page(canvas: HtmlCanvasElement, options: Options, host: Host) -> Result<Page, JsValue> {
    constructors::run();
    // Messages of the app go to the picture; the console is for what libraries complain about.
    let _ = WebLogger::init(log::LevelFilter::Warn);
    let runner = WebRunner::new();
    {
        let host = host.clone();
        crash::on_panic(move |text| host.failed(text));
    }
    let context = Rc::new(RefCell::new(egui::Context::default()));
    let made = Rc::clone(&context);
    let create = move |creation: &eframe::CreationContext<'_>| {
        made.replace(creation.egui_ctx.clone());
        let saved = creation.storage.and_then(|storage| storage.get_string(SETTINGS));
        Ok(Box::new(Shell::new(&creation.egui_ctx, saved.as_deref(), &options, host)) as Box<dyn eframe::App>)
    };
    // Flat colours have no banding that dithering would hide.
    let web_options = WebOptions { dithering: false, ..WebOptions::default() };
    runner.start(canvas, web_options, Box::new(create)).await?;
    let context = context.borrow().clone();
    Ok(Page { runner, context })
}

/// The running app, for `window.basin`.
#[wasm_bindgen]
pub struct Page {
    runner: WebRunner,
    context: egui::Context,
}

#[wasm_bindgen]
impl Page {
    /// The state of the app as JSON, up to date also in a hidden tab.
    ///
    /// # Errors
    /// The app has crashed.
    pub fn state(&self) -> Result<String, JsError> {
        let mut shell = self.shell()?;
        shell.app.logic(&self.context);
        Ok(shell.app.state_json().to_string())
    }

    /// Carries out a command of the protocol, given as JSON.
    ///
    /// # Errors
    /// It is no command, or a knob is out of bounds; or the app has crashed.
    pub fn send(&self, command: &str) -> Result<(), JsError> {
        let sent = self.shell()?.app.send_json(command);
        self.context.request_repaint();
        sent.map_err(|text| JsError::new(&text))
    }

    /// Takes in what the trainer said. A hidden tab draws no frames, and its events would pile up.
    pub fn listen(&self) {
        if let Ok(mut shell) = self.shell() {
            shell.app.logic(&self.context);
            shell.serve(&self.context);
        }
    }

    fn shell(&self) -> Result<std::cell::RefMut<'_, Shell>, JsError> {
        self.runner.app_mut::<Shell>().ok_or_else(|| JsError::new("Basin has stopped: reload the page"))
    }
}

/// The app with what it asks of the browser.
struct Shell {
    app: App,
    host: Host,
    /// Whether the page knows that something is drawn.
    shown: bool,
    /// What dialogs and dropped files have come to, for the next frame.
    files: Rc<RefCell<VecDeque<FileNews>>>,
}

/// A file has been read, or could not be.
enum FileNews {
    Opened { request: FileRequest, name: String, bytes: Vec<u8> },
    Dropped { name: String, bytes: Vec<u8> },
    Failed(String),
}

impl Shell {
    fn new(context: &egui::Context, saved: Option<&str>, options: &Options, host: Host) -> Self {
        let link = LinkToWorker::new(host.clone(), context.clone());
        let asked = options.device();
        let device = (!asked.is_empty()).then(|| {
            let choice = serde_json::from_value::<DeviceChoice>(asked.clone().into());
            choice.map_err(|_| {
                format!("The address says `?device={}`: it can be auto, cpu or gpu.", asked.chars().take(30).collect::<String>())
            })
        });
        let opening = Opening {
            link: Some(options.link()),
            device,
            paused: options.paused(),
            link_prefix: options.prefix(),
            no_clipboard: !options.clipboard(),
            ..Opening::default()
        };
        Self { app: App::new(Box::new(link), saved, opening), host, shown: false, files: Rc::default() }
    }

    /// Does what the app asks of the browser, and keeps its settings: after a crash nobody could ask for them.
    fn serve(&mut self, context: &egui::Context) {
        while let Some(request) = self.app.wants_file() {
            self.answer(request, context);
        }
        while let Some(file) = self.app.take_dropped() {
            self.read_dropped(file, context);
        }
        if let Some(text) = self.app.wants_copied() {
            self.host.show(&text);
        }
        if let Some(settings) = self.app.settings_to_keep() {
            // A browser without storage has none to lose.
            let storage = web_sys::window().and_then(|window| window.local_storage().ok().flatten());
            if let Some(Err(_)) = storage.map(|storage| storage.set_item(SETTINGS, &settings)) {
                log::warn!("the browser's storage is full: the setup is not kept");
            }
        }
    }

    /// Opens the dialog, or saves; an opened file arrives in a later frame.
    fn answer(&mut self, request: FileRequest, context: &egui::Context) {
        if let FileRequest::Save { name, bytes } = &request {
            self.host.save(name, bytes);
            let name = name.clone();
            return self.app.file_opened(&request, name, Vec::new());
        }
        let accept = request.endings().iter().map(|ending| format!(".{ending}")).collect::<Vec<_>>().join(",");
        let most = if request == FileRequest::Run { u64::MAX } else { MOST_BYTES_IN_A_PAGE };
        let chosen = JsFuture::from(self.host.choose(&accept, most as f64));
        self.later(context, async move {
            match chosen.await {
                Ok(file) if file.is_null() => None,
                Ok(file) => {
                    let file: Chosen = file.unchecked_into();
                    if let Err(error) = check_size(&file.name(), file.size() as u64, most) {
                        // It was not read.
                        return Some(FileNews::Failed(error.to_string()));
                    }
                    Some(FileNews::Opened { request, name: file.name(), bytes: file.bytes().to_vec() })
                }
                Err(error) => Some(FileNews::Failed(format!("The file could not be read ({}): choose it again.", words_of(&error)))),
            }
        });
    }

    fn read_dropped(&self, file: egui::DroppedFileHandle, context: &egui::Context) {
        self.later(context, async move {
            let name = name_of(file.path());
            // Before it is read: a file of gigabytes would take the page with it.
            let size = file.web_file().map_or(0, |file| file.size() as u64);
            if let (false, Err(error)) = (is_saved_run(&name), check_size(&name, size, MOST_BYTES_IN_A_PAGE)) {
                return Some(FileNews::Failed(error.to_string()));
            }
            Some(match file.bytes_async().await {
                Ok(bytes) => FileNews::Dropped { name, bytes },
                Err(error) => FileNews::Failed(format!("{name} could not be read ({error}): drop one file, not a folder.")),
            })
        });
    }

    /// Awaits news of a file, then draws a frame that takes them in.
    fn later(&self, context: &egui::Context, news: impl Future<Output = Option<FileNews>> + 'static) {
        let (files, context) = (Rc::clone(&self.files), context.clone());
        spawn_local(async move {
            if let Some(news) = news.await {
                files.borrow_mut().push_back(news);
                context.request_repaint();
            }
        });
    }
}

impl eframe::App for Shell {
    fn logic(&mut self, context: &egui::Context, _frame: &mut eframe::Frame) {
        // Taken before any is handled: handling one may await another.
        let arrived = std::mem::take(&mut *self.files.borrow_mut());
        for news in arrived {
            match news {
                FileNews::Opened { request, name, bytes } => self.app.file_opened(&request, name, bytes),
                FileNews::Dropped { name, bytes } => self.app.file_dropped(name, bytes),
                FileNews::Failed(text) => self.app.file_failed(text),
            }
        }
        self.app.logic(context);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.app.ui(ui);
        self.serve(ui.ctx());
        if !self.shown {
            self.shown = true;
            self.host.shown();
        }
    }

    fn save(&mut self, storage: &mut dyn Storage) {
        storage.set_string(SETTINGS, self.app.settings_json());
    }

    fn as_any_mut(&mut self) -> Option<&mut dyn std::any::Any> {
        Some(self)
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| "the dropped file".to_owned(), |name| name.to_string_lossy().into_owned())
}
