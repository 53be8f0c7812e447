//! The encoder of the page: fetched by `web/encoder.js` when a run first needs it. The vectors that it has made are remembered as
//! long as the worker lives; the trainer keeps them for the next one (`basin_train::keep`).

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock};

use basin_encoder::{Origin, SmallEncoder};
use basin_train::data::encoder::{self, Encoder, Vector};
use basin_train::protocol::EncoderOffer;
use basin_train::trainer::Fetched;
use wasm_bindgen_futures::spawn_local;

use crate::host::{EncoderFile, resolved};

/// Vectors that are remembered beside those of the run's own texts: 30 MB.
const MOST: usize = 20_000;

/// The encoder, once it is here.
static HERE: OnceLock<Arc<Here>> = OnceLock::new();

/// Says how the encoder is opened, once it is here.
pub fn provide() {
    encoder::provide(|_| match HERE.get() {
        Some(here) => Ok(here.clone()),
        None => Err("the encoder has not been fetched: press Train".to_owned()),
    });
}

/// What is to be known of the encoder before it is here.
pub fn offer(file: &EncoderFile) -> EncoderOffer {
    match file.title() {
        Some(title) => EncoderOffer::Ready { title, bytes: file.bytes() as u64 },
        None => EncoderOffer::Missing(NONE.to_owned()),
    }
}

const NONE: &str = "This page comes without an encoder: whoever serves it adds one with `basin data get minilm` and builds the page \
                    again. The program for the desktop has one after the same command. Until then, choose another form of the model.";

/// Goes on with fetching it.
pub fn fetch(file: &EncoderFile) -> Fetched {
    if HERE.get().is_some() {
        return Fetched::Here;
    }
    if file.title().is_none() {
        return Fetched::Failed(NONE.to_owned());
    }
    if let Some(trouble) = file.trouble() {
        // The next run tries again.
        file.stop();
        return Fetched::Failed(format!(
            "The encoder could not be fetched ({trouble}): check the connection and press Train again. A run that is kept stays so."
        ));
    }
    if let Some(bytes) = file.take() {
        return match SmallEncoder::read_small(&bytes.to_vec()) {
            Ok((net, Origin { title, hash })) => {
                let _ = HERE.set(Arc::new(Here { net, title, hash, memory: Mutex::default() }));
                Fetched::Here
            }
            Err(error) => {
                let forgotten = file.forget();
                spawn_local(async move { resolved(forgotten).await });
                Fetched::Failed(format!("The encoder arrived, but {error}: press Train to fetch it again."))
            }
        };
    }
    file.begin();
    Fetched::Coming { bytes: file.arrived() as u64, of: file.bytes() as u64 }
}

struct Here {
    net: SmallEncoder,
    title: String,
    hash: String,
    memory: Mutex<HashMap<Box<str>, Vector>>,
}

impl Here {
    fn remembered(&self, text: &str) -> Option<Vector> {
        self.memory.lock().ok()?.get(text).cloned()
    }

    fn make(&self, texts: &[&str]) -> Vec<Vector> {
        let found = self.net.encode(texts, 1, |_| true);
        found.into_iter().map(|vector| vector.expect("nobody stopped it").into()).collect()
    }
}

impl Encoder for Here {
    fn name(&self) -> &str {
        &self.title
    }

    fn hash(&self) -> &str {
        &self.hash
    }

    fn width(&self) -> usize {
        self.net.width()
    }

    fn known(&self, text: &str) -> (usize, usize) {
        self.net.known(text)
    }

    fn encode(&self, texts: &[&str]) -> Vec<Vector> {
        let missing = self.missing(texts);
        let made: HashMap<&str, Vector> = missing.iter().copied().zip(self.make(&missing)).collect();
        texts.iter().map(|text| made.get(text).cloned().or_else(|| self.remembered(text)).expect("made, or remembered")).collect()
    }

    fn encode_and_keep(&self, texts: &[&str]) -> Option<Vec<Vector>> {
        let missing = self.missing(texts);
        self.take_in(&missing, self.make(&missing));
        let vectors = texts.iter().map(|text| self.remembered(text)).collect();
        if let Ok(mut memory) = self.memory.lock()
            && memory.len() > MOST
        {
            // Those of the run are in its examples, too: here they cost little more.
            let own: HashSet<&str> = texts.iter().copied().collect();
            memory.retain(|text, _| own.contains(&**text));
        }
        vectors
    }

    fn missing<'a>(&self, texts: &[&'a str]) -> Vec<&'a str> {
        let Ok(memory) = self.memory.lock() else { return texts.to_vec() };
        let mut seen = HashSet::new();
        texts.iter().copied().filter(|text| !memory.contains_key(*text) && seen.insert(*text)).collect()
    }

    fn take_in(&self, texts: &[&str], vectors: Vec<Vector>) {
        if let Ok(mut memory) = self.memory.lock() {
            memory.extend(texts.iter().map(|text| Box::from(*text)).zip(vectors));
        }
    }

    fn ahead(&self, texts: &[&str]) -> (usize, f64) {
        (self.missing(texts).len(), f64::NAN)
    }
}
