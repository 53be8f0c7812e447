//! The trainer's worker: a wasm instance of its own, at the other end of `link.rs`.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use basin_train::cores::Cores;
use basin_train::data::files::MOST_BYTES_OF_A_RUN_IN_A_PAGE;
use basin_train::lab::crew::{Clock, Crew};
use basin_train::protocol::{Command, EncoderOffer, Event, Files, NamedBytes, Ticketed, read_command};
use basin_train::trainer::{self, Fetched, Rest};
use eframe::WebLogger;
use js_sys::Reflect;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, MessagePort};

use crate::crew::Workers;
use crate::encoders::Encoders;
use crate::host::{EncoderFile, Files as KeptFiles, Helpers, Library, words_of};
use crate::keep::BrowserFiles;
use crate::turn::Turn;
use crate::{constructors, crash, encoder};

/// Bytes that a run may take of the four GiB that wasm can address: the rest is for what is in pieces.
const ADDRESSABLE: u64 = 3_600_000_000;

/// Starts the trainer, which takes its commands from `port` and answers there, as JSON text. `library` reads the
/// data sets that lie beside the page, `encoder_file` fetches the encoder there; runs are kept in `files`; sweeps train, and long
/// lists of texts are encoded, in workers of `helpers`.
#[wasm_bindgen]
pub fn start_worker(port: MessagePort, library: Library, encoder_file: EncoderFile, files: KeptFiles, helpers: Helpers) {
    prepare();
    encoder::provide();
    let host = WorkerHost { inbox: Rc::default(), port, turn: Turn::new(), library, encoder_file, helpers };
    let on_command = {
        let (inbox, port, turn) = (Rc::clone(&host.inbox), host.port.clone(), host.turn.clone());
        Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
            match read_command(&message.data().as_string().unwrap_or_default()) {
                Ok(command) => inbox.borrow_mut().push_back(command),
                Err(answers) => answers.iter().for_each(|answer| post(&port, answer)),
            }
            turn.wake();
        })
    };
    host.port.set_onmessage(Some(on_command.as_ref().unchecked_ref()));
    // Commands come as long as the worker lives.
    on_command.forget();
    spawn_local(trainer::run(host, Some(BrowserFiles(files))));
}

/// What every worker does first.
pub fn prepare() {
    constructors::run();
    let _ = WebLogger::init(log::LevelFilter::Warn);
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    crash::on_panic(move |text| {
        // Beside the port, as worker.js does for what it catches: whoever holds this worker takes it for its end.
        let _ = scope.post_message(&JsValue::from_str(text));
        web_sys::console::error_1(&text.into());
    });
}

/// A clock that begins now.
pub fn clock() -> Clock {
    let start = web_time::Instant::now();
    Box::new(move || start.elapsed().as_secs_f64())
}

fn post(port: &MessagePort, event: &Ticketed<Event>) {
    let text = serde_json::to_string(event).expect("events are plain data");
    port.post_message(&text.into()).expect("text can always be posted");
}

/// What the trainer needs of the browser.
struct WorkerHost {
    inbox: Rc<RefCell<VecDeque<Ticketed<Command>>>>,
    port: MessagePort,
    turn: Turn,
    library: Library,
    encoder_file: EncoderFile,
    helpers: Helpers,
}

impl trainer::Host for WorkerHost {
    fn poll(&mut self) -> Option<Ticketed<Command>> {
        self.inbox.borrow_mut().pop_front()
    }

    fn emit(&mut self, mut event: Ticketed<Event>) {
        if let Event::Saved { run, bytes } = &event.message
            && bytes.len() as u64 > MOST_BYTES_OF_A_RUN_IN_A_PAGE
        {
            let [size, most] = [bytes.len() as u64, MOST_BYTES_OF_A_RUN_IN_A_PAGE].map(|bytes| bytes / 1_000_000);
            let text = format!(
                "This run takes {size} MB, and a page saves {most} MB at most: train it in the window or with `basin train --out`, or \
                 with fewer seeds or lanes."
            );
            event.message = Event::Failed { run: *run, text };
        }
        post(&self.port, &event);
    }

    fn clock(&self) -> Clock {
        clock()
    }

    async fn give_turn(&mut self, rest: Rest) {
        match rest {
            Rest::Not => self.turn.give().await,
            _ if !self.inbox.borrow().is_empty() => {}
            Rest::For(seconds) => self.turn.sleep(Some(seconds)).await,
            Rest::UntilCommand => self.turn.sleep(None).await,
        }
    }

    fn memory(&self) -> Option<u64> {
        // GiB, rounded to a power of two; not every browser tells.
        let device =
            Reflect::get(&js_sys::global(), &"navigator".into()).and_then(|navigator| Reflect::get(&navigator, &"deviceMemory".into()));
        let device = device.ok().and_then(|gib| gib.as_f64()).map(|gib| (gib * 0.75 * f64::from(1 << 30)) as u64);
        Some(device.map_or(ADDRESSABLE, |bytes| bytes.min(ADDRESSABLE)))
    }

    fn cores_for_sweeps(&self) -> Cores {
        Cores::of_page(self.helpers.cores() as usize, self.helpers.small())
    }

    fn crew(&mut self) -> Option<Box<dyn Crew>> {
        Some(Box::new(Workers::new(self.helpers.clone(), self.turn.clone())))
    }

    fn library(&self) -> Vec<String> {
        self.library.names()
    }

    fn read_library(&mut self, name: &str) -> Result<Files, String> {
        // A host may answer 200 for every path, with a page of its own.
        let names = self.library.names();
        if !names.iter().any(|known| known == name) {
            let there = if names.is_empty() { "this page comes with none".to_owned() } else { format!("there are {}", names.join(", ")) };
            return Err(format!("There is no data set {name} here ({there}): choose other data."));
        }
        let failed = |error: JsValue| {
            format!("The data set {name} could not be loaded ({}): reload the page, or choose other data.", words_of(&error))
        };
        let named = |file: String| -> Result<NamedBytes, JsValue> { Ok(NamedBytes { bytes: self.library.read(&file)?, name: file }) };
        let train = named(format!("{name}.tsv")).map_err(failed)?;
        let test = self.library.has_test(name).then(|| named(format!("{name}.test.tsv"))).transpose().map_err(failed)?;
        Ok(Files { train, test })
    }

    fn encoder_offer(&self) -> Option<EncoderOffer> {
        Some(encoder::offer(&self.encoder_file))
    }

    fn fetch_encoder(&mut self) -> Fetched {
        encoder::fetch(&self.encoder_file)
    }

    fn stop_fetching(&mut self) {
        self.encoder_file.stop();
    }

    fn encoders(&mut self, texts: usize) -> Option<Box<dyn trainer::Encoders>> {
        Encoders::begin(&self.helpers, &self.encoder_file, texts).map(|encoders| Box::new(encoders) as Box<_>)
    }
}
