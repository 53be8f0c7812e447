//! The window: eframe around `basin_app`, with dialogs, dropped files and settings.
//!
//! Nothing here waits: dialogs and files are waited for on helper threads, whose news come in with the next
//! frame. Elsewhere: what is drawn (`basin_app`), the trainer's thread (`thread.rs`).

use std::fs;
use std::future::Future;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use basin_app::{App, FileRequest, Opening, is_saved_run};
use basin_train::data::files::{MOST_BYTES, check_size};
use eframe::Storage;
use rfd::AsyncFileDialog;

use crate::disk;
use crate::source;
use crate::thread::LinkToThread;

/// Key of the settings in eframe's storage.
const SETTINGS: &str = "settings";

/// Opens the window and stays until it is closed.
///
/// # Errors
/// If there is no screen, or nothing that can draw.
pub fn open(opening: Opening) -> Result<(), String> {
    let icon = eframe::icon_data::from_png_bytes(include_bytes!("../../../assets/icon.png")).expect("the icon is a PNG of ours");
    let viewport = egui::ViewportBuilder::default()
        .with_app_id("basin")
        .with_title("Basin")
        .with_icon(icon)
        .with_inner_size([1440.0, 900.0])
        .with_min_inner_size([360.0, 480.0])
        .with_drag_and_drop(true);
    let options = eframe::NativeOptions { viewport, renderer: eframe::Renderer::Wgpu, ..eframe::NativeOptions::default() };
    let create = move |context: &eframe::CreationContext<'_>| -> Result<Box<dyn eframe::App>, Box<dyn std::error::Error + Send + Sync>> {
        let shell = Shell::new(context, opening)?;
        Ok(Box::new(shell))
    };
    eframe::run_native("basin", options, Box::new(create)).map_err(|error| match error {
        // The text of winit names its own source files.
        eframe::Error::WinitEventLoop(_) => {
            "there is no display to open the window on: start it in a desktop session, or use `basin train`".to_owned()
        }
        error => {
            format!(
                "the window cannot be opened ({error}): install a graphics driver (on Linux, mesa-vulkan-drivers), or use `basin train`"
            )
        }
    })
}

/// The app with what it asks of the system.
struct Shell {
    app: App,
    news: Receiver<FileNews>,
    /// Cloned for each helper thread.
    tell: Sender<FileNews>,
}

/// What a helper thread has come to.
enum FileNews {
    Done { request: FileRequest, name: String, bytes: Vec<u8> },
    Dropped { name: String, bytes: Vec<u8> },
    Failed(String),
}

impl Shell {
    fn new(context: &eframe::CreationContext<'_>, opening: Opening) -> std::io::Result<Self> {
        let waker = context.egui_ctx.clone();
        let link = LinkToThread::start(move || waker.request_repaint())?;
        let saved = context.storage.and_then(|storage| storage.get_string(SETTINGS));
        let (tell, news) = channel();
        Ok(Self { app: App::new(Box::new(link), saved.as_deref(), opening), news, tell })
    }

    /// Shows the dialog. It is made on this thread, as macOS demands, and waited for on another.
    fn answer(&mut self, request: FileRequest, context: &egui::Context) {
        match request {
            FileRequest::Save { name, bytes } => {
                let chosen = AsyncFileDialog::new().set_title("Save").set_file_name(&name).save_file();
                self.help(context, async move {
                    let path = chosen.await?.path().to_owned();
                    Some(match disk::write(&path, &bytes) {
                        Ok(()) => {
                            let request = FileRequest::Save { name, bytes: Vec::new() };
                            FileNews::Done { request, name: path.display().to_string(), bytes: Vec::new() }
                        }
                        Err(error) => FileNews::Failed(format!("{} cannot be written ({error}): save it elsewhere.", path.display())),
                    })
                });
            }
            request => {
                let (title, kind) = match &request {
                    FileRequest::Test => ("Open a test file", "Tables"),
                    FileRequest::Run => ("Open a saved run", "Saved runs"),
                    _ => ("Open a file to train on", "Tables"),
                };
                let dialog = AsyncFileDialog::new().set_title(title).add_filter(kind, request.endings()).add_filter("All files", &["*"]);
                let chosen = dialog.pick_file();
                self.help(context, async move {
                    let path = chosen.await?.path().to_owned();
                    let read = match &request {
                        FileRequest::Run => fs::read(&path).map_err(|error| format!("{} cannot be read: {error}", path.display())),
                        _ => source::read(&path).map(|file| file.bytes),
                    };
                    Some(match read {
                        Ok(bytes) => FileNews::Done { request, name: name_of(&path), bytes },
                        Err(error) => FileNews::Failed(format!("{error}; choose another file.")),
                    })
                });
            }
        }
    }

    fn read_dropped(&mut self, file: egui::DroppedFileHandle, context: &egui::Context) {
        self.help(context, async move {
            let name = name_of(file.path());
            let size = fs::metadata(file.path()).map_or(0, |about| about.len());
            if let (false, Err(error)) = (is_saved_run(&name), check_size(&name, size, MOST_BYTES)) {
                return Some(FileNews::Failed(error.to_string()));
            }
            Some(match file.bytes() {
                Ok(bytes) => FileNews::Dropped { name, bytes },
                Err(error) => FileNews::Failed(format!("{name} cannot be read ({error}): drop one file, not a folder.")),
            })
        });
    }

    /// Waits for `news` on a helper thread, then wakes the window.
    fn help(&mut self, context: &egui::Context, news: impl Future<Output = Option<FileNews>> + Send + 'static) {
        let (tell, waker) = (self.tell.clone(), context.clone());
        let spawned = thread::Builder::new().name("basin-files".to_owned()).spawn(move || {
            if let Some(news) = pollster::block_on(news) {
                // Nobody listens when the window has closed meanwhile.
                let _ = tell.send(news);
                waker.request_repaint();
            }
        });
        if let Err(error) = spawned {
            self.app.file_failed(format!("The system gives no thread to read files with ({error}): close other programs and try again."));
        }
    }
}

impl eframe::App for Shell {
    fn logic(&mut self, context: &egui::Context, _frame: &mut eframe::Frame) {
        while let Ok(news) = self.news.try_recv() {
            match news {
                FileNews::Done { request, name, bytes } => self.app.file_opened(&request, name, bytes),
                FileNews::Dropped { name, bytes } => self.app.file_dropped(name, bytes),
                FileNews::Failed(text) => self.app.file_failed(text),
            }
        }
        self.app.logic(context);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.app.ui(ui);
        while let Some(request) = self.app.wants_file() {
            self.answer(request, ui.ctx());
        }
        while let Some(file) = self.app.take_dropped() {
            self.read_dropped(file, ui.ctx());
        }
    }

    fn save(&mut self, storage: &mut dyn Storage) {
        storage.set_string(SETTINGS, self.app.settings_json());
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| "the file".to_owned(), |name| name.to_string_lossy().into_owned())
}
