//! The page: eframe draws the app on the canvas; the browser's files and settings and the page's scripts meet it here.
//!
//! Elsewhere: what window and page share (`basin_app::shell`), the page's own code (`host.rs`), the trainer's worker (`link.rs`).

use std::cell::{RefCell, RefMut};
use std::rc::Rc;

use basin_app::shell::{Answer, Platform, Shell};
use basin_app::{App, Opening};
use basin_train::data::files::{MOST_BYTES_IN_A_PAGE, check_size};
use basin_train::protocol::{DeviceChoice, NamedBytes};
use eframe::{WebLogger, WebOptions, WebRunner};
use egui::DroppedFileHandle;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsError, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlCanvasElement;

use crate::host::{Chosen, Host, Options, words_of};
use crate::link::{LinkToWorker, Wake};
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
    // Messages of the app are shown in it; the console is for what libraries complain about.
    let _ = WebLogger::init(log::LevelFilter::Warn);
    let runner = WebRunner::new();
    {
        let host = host.clone();
        crash::on_panic(move |text| host.failed(text));
    }
    let page = Page { runner, shell: Rc::default(), context: Wake::default() };
    let (made, wake) = (Rc::clone(&page.shell), Rc::clone(&page.context));
    page.draw(canvas, move |creation| {
        let saved = creation.storage.and_then(|storage| storage.get_string(SETTINGS));
        let link = LinkToWorker::new(host.clone(), wake);
        let app = App::new(Box::new(link), saved.as_deref(), opening(&options));
        made.replace(Some(Shell::new(app, Browser { host })));
    })
    .await?;
    Ok(page)
}

/// The app, which outlives what it is drawn with; none before it is drawn for the first time.
type Shared = Rc<RefCell<Option<Shell<Browser>>>>;

/// The running app, for `window.basin`.
#[wasm_bindgen]
pub struct Page {
    runner: WebRunner,
    shell: Shared,
    context: Wake,
}

impl Page {
    /// Draws the app on a canvas; `first` is called before its first frame.
    async fn draw(&self, canvas: HtmlCanvasElement, first: impl FnOnce(&eframe::CreationContext<'_>) + 'static) -> Result<(), JsValue> {
        let (shell, context) = (Rc::clone(&self.shell), Rc::clone(&self.context));
        let create = move |creation: &eframe::CreationContext<'_>| {
            context.replace(creation.egui_ctx.clone());
            first(creation);
            Ok(Box::new(Drawn { shell, shown: false }) as Box<dyn eframe::App>)
        };
        // Flat colours have no banding that dithering would hide.
        let web_options = WebOptions { dithering: false, ..WebOptions::default() };
        self.runner.start(canvas, web_options, Box::new(create)).await
    }
}

#[wasm_bindgen]
impl Page {
    /// The state of the app as JSON, up to date also in a hidden tab.
    ///
    /// # Errors
    /// The app has crashed.
    pub fn state(&self) -> Result<String, JsError> {
        let mut shell = self.shell()?;
        shell.logic(&self.context.borrow());
        Ok(shell.app().state_json().to_string())
    }

    /// Carries out a command of the protocol, given as JSON.
    ///
    /// # Errors
    /// It is no command, or a hyperparameter is out of bounds; or the app has crashed.
    pub fn send(&self, command: &str) -> Result<(), JsError> {
        let sent = self.shell()?.app_mut().send_json(command);
        self.context.borrow().request_repaint();
        sent.map_err(|text| JsError::new(&text))
    }

    /// Takes in what the trainer said. A hidden tab draws no frames, and its events would pile up.
    pub fn listen(&self) {
        if let Ok(mut shell) = self.shell() {
            shell.logic(&self.context.borrow());
        }
    }

    /// Draws the app on another canvas: the context of the last one is lost. What is trained does not notice.
    ///
    /// # Errors
    /// There is no WebGL any more.
    pub async fn redraw(&self, canvas: HtmlCanvasElement) -> Result<(), JsValue> {
        let shell = Rc::clone(&self.shell);
        let first = move |_: &eframe::CreationContext<'_>| {
            if let Some(shell) = shell.borrow_mut().as_mut() {
                shell.app_mut().move_to_another_place();
            }
        };
        self.draw(canvas, first).await
    }

    fn shell(&self) -> Result<RefMut<'_, Shell<Browser>>, JsError> {
        // After a panic nothing of it can be trusted.
        let shell = if self.runner.has_panicked() { None } else { self.shell.try_borrow_mut().ok() };
        let shell = shell.and_then(|shell| RefMut::filter_map(shell, Option::as_mut).ok());
        shell.ok_or_else(|| JsError::new("Basin has stopped: reload the page"))
    }
}

/// What the address asks for.
fn opening(options: &Options) -> Opening {
    let asked = options.device();
    let device = (!asked.is_empty()).then(|| {
        let choice = serde_json::from_value::<DeviceChoice>(asked.clone().into());
        choice
            .map_err(|_| format!("The address says `?device={}`: it can be auto, cpu or gpu.", asked.chars().take(30).collect::<String>()))
    });
    Opening {
        link: Some(options.link()),
        device,
        paused: options.paused(),
        reloaded: options.reloaded(),
        link_prefix: options.prefix(),
        no_clipboard: !options.clipboard(),
        ..Opening::default()
    }
}

/// What eframe draws on the canvas.
struct Drawn {
    shell: Shared,
    /// Whether the page knows that something is drawn.
    shown: bool,
}

impl eframe::App for Drawn {
    fn logic(&mut self, context: &egui::Context, _frame: &mut eframe::Frame) {
        if let Some(shell) = self.shell.borrow_mut().as_mut() {
            shell.logic(context);
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        if let Some(shell) = self.shell.borrow_mut().as_mut() {
            shell.ui(ui);
            if !std::mem::replace(&mut self.shown, true) {
                shell.platform_mut().host.shown();
            }
        }
    }

    fn as_any_mut(&mut self) -> Option<&mut dyn std::any::Any> {
        Some(self)
    }
}

/// The browser, by way of the page's own code.
struct Browser {
    host: Host,
}

impl Platform for Browser {
    const MOST_BYTES: u64 = MOST_BYTES_IN_A_PAGE;

    fn open(&mut self, answer: Answer) {
        let accept = answer.request.endings().iter().map(|ending| format!(".{ending}")).collect::<Vec<_>>().join(",");
        let chosen = JsFuture::from(self.host.choose(&accept, answer.most as f64));
        spawn_local(async move {
            let file = match chosen.await {
                Ok(file) if file.is_null() => return,
                Ok(file) => {
                    let file: Chosen = file.unchecked_into();
                    // One that is too large was not read.
                    let checked = check_size(&file.name(), file.size() as u64, answer.most).map_err(|error| error.to_string());
                    checked.map(|()| NamedBytes { name: file.name(), bytes: file.bytes().to_vec() })
                }
                Err(error) => Err(format!("The file could not be read ({}): choose it again.", words_of(&error))),
            };
            answer.tell(file);
        });
    }

    fn read(&mut self, file: DroppedFileHandle, name: String, answer: Answer) {
        spawn_local(async move {
            // Before it is read: a file of gigabytes would take the page with it.
            let size = file.web_file().map_or(0, |file| file.size() as u64);
            let file = match check_size(&name, size, answer.most) {
                Ok(()) => match file.bytes_async().await {
                    Ok(bytes) => Ok(NamedBytes { name, bytes }),
                    Err(error) => Err(format!("{name} could not be read ({error}): drop one file, not a folder.")),
                },
                Err(error) => Err(error.to_string()),
            };
            answer.tell(file);
        });
    }

    fn save(&mut self, name: String, bytes: Vec<u8>, answer: Answer) {
        self.host.save(&name, &bytes);
        answer.tell(Ok(NamedBytes { name, bytes: Vec::new() }));
    }

    fn show(&mut self, text: &str) {
        self.host.show(text);
    }

    fn keep(&mut self, settings: String) {
        // A browser without storage has none to lose.
        let storage = web_sys::window().and_then(|window| window.local_storage().ok().flatten());
        if let Some(Err(_)) = storage.map(|storage| storage.set_item(SETTINGS, &settings)) {
            log::warn!("the browser's storage is full: the setup is not kept");
        }
    }
}
