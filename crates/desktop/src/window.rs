//! The window: eframe around `basin_app`, with the dialogs and files of the system.
//!
//! Elsewhere: what window and page share (`basin_app::shell`), the trainer's thread (`thread.rs`).

use std::path::Path;
use std::sync::Arc;
use std::thread;

use basin_app::shell::{Answer, Platform, Shell};
use basin_app::{App, FileRequest, Opening};
use basin_train::data::files::MOST_BYTES;
use basin_train::protocol::NamedBytes;
use egui::DroppedFileHandle;
use rfd::AsyncFileDialog;

use crate::disk;
use crate::fonts::SystemFonts;
use crate::keep::Folder;
use crate::settings::SettingsFile;
use crate::source;
use crate::thread::LinkToThread;

/// Key of the settings in eframe's storage, where they were kept once; the place of the window still is.
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
        Ok(Box::new(Window(shell(context, opening)?)))
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

/// Opens an app that trains on a thread of its own.
fn shell(context: &eframe::CreationContext<'_>, opening: Opening) -> std::io::Result<Shell<System>> {
    context.egui_ctx.add_font_provider(Arc::new(SystemFonts::default()));
    let opening = Opening { left_to_right: true, ..opening };
    let waker = context.egui_ctx.clone();
    let link = LinkToThread::start(Folder::of_user, move || waker.request_repaint())?;
    let mut settings = SettingsFile::of_user();
    let saved = settings.read().or_else(|| context.storage?.get_string(SETTINGS));
    Ok(Shell::new(App::new(Box::new(link), saved.as_deref(), opening), System { settings }))
}

/// The window that eframe draws.
struct Window(Shell<System>);

impl eframe::App for Window {
    fn logic(&mut self, context: &egui::Context, _frame: &mut eframe::Frame) {
        self.0.logic(context);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.0.ui(ui);
    }
}

/// The system. Its dialogs are made on the window's thread, as macOS demands, and waited for on another.
struct System {
    settings: SettingsFile,
}

impl Platform for System {
    const MOST_BYTES: u64 = MOST_BYTES;

    const MOST_BYTES_OF_A_RUN: u64 = u64::MAX;

    fn open(&mut self, answer: Answer) {
        let (title, kind) = match &answer.request {
            FileRequest::Test => ("Open a test file", "Tables"),
            FileRequest::Texts => ("Open texts to answer", "Texts"),
            FileRequest::Run => ("Open a saved run", "Saved runs"),
            FileRequest::Lesson => ("Open a lesson", "Lessons"),
            _ => ("Open a file to train on", "Tables"),
        };
        let dialog = AsyncFileDialog::new().set_title(title).add_filter(kind, answer.request.endings()).add_filter("All files", &["*"]);
        let (chosen, most) = (dialog.pick_file(), answer.most);
        tell_later(answer, async move { Some(read(chosen.await?.path(), most)) });
    }

    fn read(&mut self, file: DroppedFileHandle, _name: String, answer: Answer) {
        let most = answer.most;
        tell_later(answer, async move { Some(read(file.path(), most)) });
    }

    fn keep(&mut self, settings: String) -> Result<(), String> {
        self.settings.keep(settings)
    }

    fn save(&mut self, name: String, bytes: Vec<u8>, answer: Answer) {
        let chosen = AsyncFileDialog::new().set_title("Save").set_file_name(&name).save_file();
        tell_later(answer, async move {
            let path = chosen.await?.path().to_owned();
            let saved = disk::write(&path, &bytes).map(|()| NamedBytes { name: path.display().to_string(), bytes: Vec::new() });
            Some(saved.map_err(|error| format!("{} cannot be written ({error}): save it elsewhere.", path.display())))
        });
    }
}

fn read(path: &Path, most: u64) -> Result<NamedBytes, String> {
    source::read_up_to(path, most).map_err(|error| format!("{error}; choose another file."))
}

/// Waits for a file on a helper thread.
fn tell_later(answer: Answer, file: impl Future<Output = Option<Result<NamedBytes, String>>> + Send + 'static) {
    let without_thread = answer.clone();
    let spawned = thread::Builder::new().name("basin-files".to_owned()).spawn(move || {
        if let Some(file) = pollster::block_on(file) {
            answer.tell(file);
        }
    });
    if let Err(error) = spawned {
        let text = format!("The system gives no thread to read files with ({error}): close other programs and try again.");
        without_thread.tell(Err(text));
    }
}
