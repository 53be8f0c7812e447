//! What the page's own code, `web/main.js` and `web/worker.js`, does for app and trainer: the functions and options
//! that it passes to `start_page` and `start_worker`.

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Worker;

#[wasm_bindgen]
extern "C" {
    /// Functions of the page.
    #[derive(Clone)]
    pub type Host;

    /// A new worker that runs `worker.js`.
    ///
    /// # Errors
    /// The browser refuses workers.
    #[wasm_bindgen(method, catch)]
    pub fn worker(this: &Host) -> Result<Worker, JsValue>;

    /// The first frame is drawn: the loading screen can go.
    #[wasm_bindgen(method)]
    pub fn shown(this: &Host);

    /// The app panicked; the page says what to do.
    #[wasm_bindgen(method)]
    pub fn failed(this: &Host, details: &str);

    /// Lets the user choose a file; resolves to a [`Chosen`], or to null. One of more than `most` bytes is not read.
    #[wasm_bindgen(method)]
    pub fn choose(this: &Host, accept: &str, most: f64) -> Promise;

    /// Offers bytes as a download.
    #[wasm_bindgen(method)]
    pub fn save(this: &Host, name: &str, bytes: &[u8]);

    /// Has the elements over the canvas follow the app: what has changed as JSON, after so much was done to them (`web/mirror.js`).
    #[wasm_bindgen(method)]
    pub fn mirror(this: &Host, changes: &str, done: u32);

    /// Copies a text; resolves to whether it is on the clipboard, else it is shown to be copied by hand.
    #[wasm_bindgen(method)]
    pub fn copy(this: &Host, text: &str) -> Promise;

    /// Fetches the text of a lesson; resolves to a [`Chosen`]. One of more than `most` bytes is not read.
    #[wasm_bindgen(method)]
    pub fn fetch(this: &Host, address: &str, most: f64) -> Promise;

    /// Makes this the part after `#` of the address; an empty one takes off all that sets up somebody else's page.
    #[wasm_bindgen(method)]
    pub fn address(this: &Host, link: &str);

    /// Has the keyboard on the screen show digits, or letters again.
    #[wasm_bindgen(method)]
    pub fn digits(this: &Host, digits: bool);

    /// Takes the version of the page that waits: loads the page again.
    #[wasm_bindgen(method)]
    pub fn renew(this: &Host);

    /// What a worker tells beside its port: why it ends, where that takes more than a text.
    pub type End;

    /// Bytes that it asked for and did not get.
    #[wasm_bindgen(method, getter)]
    pub fn memory(this: &End) -> Option<f64>;

    /// Bytes that it had.
    #[wasm_bindgen(method, getter)]
    pub fn used(this: &End) -> Option<f64>;

    /// What the address asks for.
    pub type Options;

    /// `?device=`, or nothing.
    #[wasm_bindgen(method, getter)]
    pub fn device(this: &Options) -> String;

    /// `?paused`.
    #[wasm_bindgen(method, getter)]
    pub fn paused(this: &Options) -> bool;

    /// Whether the system asks for less motion.
    #[wasm_bindgen(method, getter)]
    pub fn still(this: &Options) -> bool;

    /// Whether the system asks for strong contrast.
    #[wasm_bindgen(method, getter)]
    pub fn strong(this: &Options) -> bool;

    /// `?lesson=`, or nothing.
    #[wasm_bindgen(method, getter)]
    pub fn lesson(this: &Options) -> String;

    /// `?embed=`, in a page around this one; else nothing.
    #[wasm_bindgen(method, getter)]
    pub fn embed(this: &Options) -> Option<String>;

    /// The part after `#`, or nothing.
    #[wasm_bindgen(method, getter)]
    pub fn link(this: &Options) -> String;

    /// What stands before the text of a link: this page's address, and `#`.
    #[wasm_bindgen(method, getter)]
    pub fn prefix(this: &Options) -> String;

    /// A file that was chosen, and read if it is not too large.
    pub type Chosen;

    /// Its size in bytes.
    #[wasm_bindgen(method, getter)]
    pub fn size(this: &Chosen) -> f64;

    /// Its name.
    #[wasm_bindgen(method, getter)]
    pub fn name(this: &Chosen) -> String;

    /// Its contents.
    #[wasm_bindgen(method, getter)]
    pub fn bytes(this: &Chosen) -> Uint8Array;

    /// Whether the page was loaded again.
    #[wasm_bindgen(method, getter)]
    pub fn reloaded(this: &Options) -> bool;

    /// The files of runs in the browser's own file system, as `web/keep.js` sees to them.
    pub type Files;

    /// Why there are none, if so.
    #[wasm_bindgen(method, getter)]
    pub fn trouble(this: &Files) -> Option<String>;

    /// Bytes that they may take together.
    #[wasm_bindgen(method, getter)]
    pub fn space(this: &Files) -> f64;

    /// Resolves to the bytes for which the browser has room, a number, where it says so.
    #[wasm_bindgen(method)]
    pub fn room(this: &Files) -> Promise;

    /// Resolves to their names, an array.
    #[wasm_bindgen(method)]
    pub fn names(this: &Files) -> Promise;

    /// Resolves to a file's contents.
    #[wasm_bindgen(method)]
    pub fn read(this: &Files, name: &str) -> Promise;

    /// Resolves to a file that can be written once.
    #[wasm_bindgen(method)]
    pub fn open(this: &Files, name: &str) -> Promise;

    /// Resolves when a file is gone.
    #[wasm_bindgen(method)]
    pub fn remove(this: &Files, name: &str) -> Promise;

    /// Resolves to whether this worker alone has a run, if need be after so many seconds.
    #[wasm_bindgen(method)]
    pub fn claim(this: &Files, run: f64, patience: f64) -> Promise;

    /// Gives a run back.
    #[wasm_bindgen(method)]
    pub fn release(this: &Files, run: f64);

    /// Resolves to the first half of the SHA-256 of each of these texts, one after the other.
    #[wasm_bindgen(method)]
    pub fn keys(this: &Files, texts: &Array) -> Promise;

    /// An open file.
    pub type OpenFile;

    /// Writes it, waits until it is on the disk, and closes it.
    ///
    /// # Errors
    /// There is no room.
    #[wasm_bindgen(method, catch)]
    pub fn put(this: &OpenFile, bytes: &[u8]) -> Result<(), JsValue>;

    /// What begins helpers beside the trainer, as `web/worker.js` does.
    #[derive(Clone)]
    pub type Helpers;

    /// A new worker that runs `worker.js`; its name says what it is for.
    ///
    /// # Errors
    /// The browser refuses workers.
    #[wasm_bindgen(method, catch)]
    pub fn worker(this: &Helpers, name: &str) -> Result<Worker, JsValue>;

    /// Cores of this computer, as far as the browser tells.
    #[wasm_bindgen(method, getter)]
    pub fn cores(this: &Helpers) -> u32;

    /// Whether it is a small device, such as a phone.
    #[wasm_bindgen(method, getter)]
    pub fn small(this: &Helpers) -> bool;

    /// The encoder beside the page, as `web/encoder.js` fetches it.
    #[derive(Clone)]
    pub type EncoderFile;

    /// What its authors call it; none where there is no encoder.
    #[wasm_bindgen(method, getter)]
    pub fn title(this: &EncoderFile) -> Option<String>;

    /// Its size in bytes.
    #[wasm_bindgen(method, getter)]
    pub fn bytes(this: &EncoderFile) -> f64;

    /// Bytes that have arrived.
    #[wasm_bindgen(method, getter)]
    pub fn arrived(this: &EncoderFile) -> f64;

    /// Why it does not come, if so.
    #[wasm_bindgen(method, getter)]
    pub fn trouble(this: &EncoderFile) -> Option<String>;

    /// Begins to fetch it, unless it is on its way.
    #[wasm_bindgen(method)]
    pub fn begin(this: &EncoderFile);

    /// Leaves off, and forgets what went wrong.
    #[wasm_bindgen(method)]
    pub fn stop(this: &EncoderFile);

    /// All of it, once, when it has arrived.
    #[wasm_bindgen(method)]
    pub fn take(this: &EncoderFile) -> Option<Uint8Array>;

    /// The same as a blob, for workers, from then on.
    #[wasm_bindgen(method, getter)]
    pub fn blob(this: &EncoderFile) -> JsValue;

    /// Drops the copy that the browser has kept; resolves when that is done.
    #[wasm_bindgen(method)]
    pub fn forget(this: &EncoderFile) -> Promise;

    /// Data sets beside the page, as `web/worker.js` reads them.
    pub type Library;

    /// Their names.
    #[wasm_bindgen(method, getter)]
    pub fn names(this: &Library) -> Vec<String>;

    /// Whether a set comes with a test file of its own.
    #[wasm_bindgen(method)]
    pub fn has_test(this: &Library, name: &str) -> bool;

    /// A file's contents; waits for it, which workers may.
    ///
    /// # Errors
    /// It cannot be loaded.
    #[wasm_bindgen(method, catch)]
    pub fn read(this: &Library, file: &str) -> Result<Vec<u8>, JsValue>;
}

/// Waits for a promise of which nobody wants to know how it ends.
pub async fn resolved(promise: Promise) {
    let _ = JsFuture::from(promise).await;
}

/// The words of an error of JavaScript, without the trace of its calls.
pub fn words_of(error: &JsValue) -> String {
    let words = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    words.or_else(|| error.as_string()).unwrap_or_else(|| "for no reason that it tells".to_owned())
}
