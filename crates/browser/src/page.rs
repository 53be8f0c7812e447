//! The page: eframe draws the app on the canvas; the browser's files and settings and the page's scripts meet it here.
//!
//! Elsewhere: what window and page share (`basin_app::shell`), the page's own code (`host.rs`), the trainer's worker (`link.rs`).

use std::cell::{RefCell, RefMut};
use std::rc::Rc;

use basin_app::settings::Settings;
use basin_app::shell::{Answer, Copied, Platform, Shell};
use basin_app::tabs::merged;
use basin_app::{App, Opening};
use basin_train::data::files::{MOST_BYTES_IN_A_PAGE, MOST_BYTES_OF_A_RUN_IN_A_PAGE, check_size};
use basin_train::protocol::{DeviceChoice, NamedBytes};
use eframe::{WebLogger, WebOptions, WebRunner};
use egui::DroppedFileHandle;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsError, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{HtmlCanvasElement, Storage};

use crate::host::{Chosen, Host, Options, words_of};
use crate::joined::Joined;
use crate::link::{LinkToWorker, Wake};
use crate::{constructors, crash, mirror};

/// Where the settings lie in the browser's storage.
const SETTINGS: &str = "basin.settings";

/// Where the number of this tab's run lies, in the storage of the tab.
const RUN: &str = "basin.run";

/// A lesson is text: those of the course have 3 to 6 kB.
const MOST_BYTES_OF_A_LESSON: u64 = 256 << 10;

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
    let page = Page { runner, shell: Rc::default(), context: Wake::default(), host };
    let (made, wake, host) = (Rc::clone(&page.shell), Rc::clone(&page.context), page.host.clone());
    page.draw(canvas, move |creation| {
        let embedded = options.embed().is_some();
        // The page around this one hears of what is set up here, which must not be what the visitor has kept.
        let saved = creation.storage.filter(|_| !embedded).and_then(|storage| storage.get_string(SETTINGS));
        let link = LinkToWorker::new(host.clone(), wake);
        let own_run = session().filter(|_| !embedded).and_then(|session| session.get_item(RUN).ok()??.parse().ok());
        let app = App::new(Box::new(link), saved.as_deref(), Opening { own_run, ..opening(&options) });
        let settings = saved.unwrap_or_else(|| Settings::default().json());
        made.replace(Some(Shell::new(app, Browser { host, embedded, settings })));
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
    host: Host,
}

impl Page {
    /// Draws the app on a canvas; `first` is called before its first frame.
    async fn draw(&self, canvas: HtmlCanvasElement, first: impl FnOnce(&eframe::CreationContext<'_>) + 'static) -> Result<(), JsValue> {
        let (shell, context, host) = (Rc::clone(&self.shell), Rc::clone(&self.context), self.host.clone());
        let create = move |creation: &eframe::CreationContext<'_>| {
            context.replace(creation.egui_ctx.clone());
            mirror::install(&creation.egui_ctx, host);
            creation.egui_ctx.add_plugin(Joined::default());
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

    /// Whether something trains.
    pub fn works(&self) -> bool {
        self.shell().is_ok_and(|shell| shell.app().works())
    }

    /// Whether who leaves the page now loses what nobody keeps.
    pub fn loses_by_leaving(&self) -> bool {
        self.shell().is_ok_and(|shell| shell.app().loses_by_leaving())
    }

    /// Another version of the page waits.
    pub fn version_waits(&self) {
        if let Ok(mut shell) = self.shell() {
            shell.app_mut().version_waits();
            self.context.borrow().request_repaint();
        }
    }

    /// Mirrors what is drawn as elements for assistive technology, or no longer.
    pub fn switch_mirror(&self, on: bool) {
        mirror::switch(&self.context.borrow(), on);
    }

    /// Something was done to an element of the mirror: `focus`, `click`, `more`, `less`, `write` a text, `set` a number, `mark` from
    /// one character to another.
    pub fn act(&self, element: &str, action: &str, value: &str) {
        mirror::act(&self.context.borrow(), element, action, value);
    }

    /// A key was pressed or let go on an element of the mirror.
    pub fn key(&self, name: &str, pressed: bool, shift: bool) {
        mirror::key(&self.context.borrow(), name, pressed, if shift { egui::Modifiers::SHIFT } else { egui::Modifiers::NONE });
    }

    /// The page's focus has left the mirror.
    pub fn leave_mirror(&self) {
        mirror::left(&self.context.borrow());
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
        embed: options.embed(),
        lesson: Some(options.lesson()).filter(|lesson| !lesson.is_empty()),
        device,
        paused: options.paused(),
        reloaded: options.reloaded(),
        link_prefix: options.prefix(),
        still: options.still(),
        strong: options.strong(),
        ..Opening::default()
    }
}

/// What the browser stores for this tab alone.
fn session() -> Option<Storage> {
    web_sys::window()?.session_storage().ok().flatten()
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
    /// Whether it is a part of another page.
    embedded: bool,
    /// The settings as this tab has read or written them last, or as they are where nothing is stored.
    settings: String,
}

impl Platform for Browser {
    const MOST_BYTES: u64 = MOST_BYTES_IN_A_PAGE;

    const MOST_BYTES_OF_A_RUN: u64 = MOST_BYTES_OF_A_RUN_IN_A_PAGE;

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

    fn copy(&mut self, text: String, _ctx: &egui::Context, copied: Copied) {
        let done = JsFuture::from(self.host.copy(&text));
        spawn_local(async move { copied.tell(done.await.is_ok_and(|done| done.is_truthy())) });
    }

    fn fetch(&mut self, address: String, answer: Answer) {
        let fetched = JsFuture::from(self.host.fetch(&address, MOST_BYTES_OF_A_LESSON as f64));
        spawn_local(async move {
            let file = match fetched.await {
                Ok(file) => {
                    let file: Chosen = file.unchecked_into();
                    if file.size() as u64 > MOST_BYTES_OF_A_LESSON {
                        Err(format!("{address} is no lesson: it has more than {} kB.", MOST_BYTES_OF_A_LESSON >> 10))
                    } else {
                        Ok(NamedBytes { name: file.name(), bytes: file.bytes().to_vec() })
                    }
                }
                Err(error) => Err(format!("The lesson {address} could not be fetched: {}", words_of(&error))),
            };
            answer.tell(file);
        });
    }

    fn address(&mut self, link: &str) {
        self.host.address(link);
    }

    fn digits(&mut self, digits: bool) {
        self.host.digits(digits);
    }

    fn keep(&mut self, settings: String) -> Result<(), String> {
        if self.embedded {
            return Ok(());
        }
        let storage = web_sys::window().and_then(|window| window.local_storage().ok().flatten());
        let storage = storage.ok_or("this browser stores nothing for this page")?;
        let stored = storage.get_item(SETTINGS).ok().flatten().unwrap_or_default();
        if let Some(merged) = merged(&self.settings, &settings, &stored) {
            storage.set_item(SETTINGS, &merged).map_err(|_| "the browser's storage for this page is full")?;
        }
        self.settings = settings;
        Ok(())
    }

    fn shows_run(&mut self, kept: u64) {
        if let Some(session) = session().filter(|_| !self.embedded) {
            // Where there is no room for a number, the run that was kept last goes on.
            let _ = session.set_item(RUN, &kept.to_string());
        }
    }

    fn renew(&mut self) {
        self.host.renew();
    }
}
