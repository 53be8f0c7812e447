//! The pre-trained encoder of this computer: opened when a run first needs it; the vectors of data sets are kept on the disk.
//!
//! Elsewhere: fetching it (`data/model.rs`), its arithmetic (`basin_encoder`), the file of vectors (`vectors.rs`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use basin_encoder::{MINILM as FORM, SentenceEncoder};
use basin_train::brief::counted;
use basin_train::data::encoder::{self, Encoder, EncoderSizes, Numbers, Vector};

use crate::data::{self, MINILM};
use crate::progress::Progress;
use crate::terminal::tell;
use crate::vectors::{self, Key, Store};
use crate::{cores, interrupt};

/// Texts on which the speed is measured.
const SAMPLE: usize = 16;

/// Says how the encoder is opened.
pub fn provide() {
    encoder::provide(open);
}

/// The encoder, once it was needed.
static OPENED: Mutex<Option<Arc<Here>>> = Mutex::new(None);

fn open() -> Result<Arc<dyn Encoder>, String> {
    let mut opened = OPENED.lock().map_err(|_| "the encoder failed before".to_owned())?;
    if let Some(here) = &*opened {
        return Ok(here.clone());
    }
    let folder = data::folder().map_err(|error| error.to_string())?;
    let [weights, tokenizer] = MINILM.read(&folder).map_err(|error| error.to_string())?;
    let encoder = SentenceEncoder::read(&weights, &tokenizer, FORM).map_err(|error| error.to_string())?;
    let store = Store::new(MINILM.place(&folder).join("vectors.bin"), MINILM.weights, encoder.width());
    let here = Arc::new(Here { encoder, store, last: Mutex::default() });
    *opened = Some(here.clone());
    Ok(here)
}

struct Here {
    encoder: SentenceEncoder,
    store: Store,
    /// The vectors of the data set that was asked for last: runs that are begun, tried and opened again have them at hand.
    last: Mutex<HashMap<Key, Vector>>,
}

impl Here {
    /// The vectors that are kept of texts with these keys.
    fn kept(&self, keys: &[Key]) -> HashMap<Key, Vector> {
        let mut kept: HashMap<Key, Vector> = HashMap::new();
        if let Ok(last) = self.last.lock() {
            kept.extend(keys.iter().filter_map(|key| Some((*key, last.get(key)?.clone()))));
        }
        if keys.iter().any(|key| !kept.contains_key(key)) {
            kept.extend(self.store.read(keys));
        }
        kept
    }
}

/// The texts of which no vector is kept, each once, with their keys.
fn missing<'a>(texts: &[&'a str], keys: &[Key], kept: &HashMap<Key, Vector>) -> Vec<(Key, &'a str)> {
    let mut missing: HashMap<Key, &str> = HashMap::new();
    let mut in_order = Vec::new();
    for (key, text) in keys.iter().zip(texts) {
        if !kept.contains_key(key) && missing.insert(*key, text).is_none() {
            in_order.push((*key, *text));
        }
    }
    in_order
}

impl Encoder for Here {
    #[expect(clippy::misnamed_getters, reason = "people know it by its title")]
    fn name(&self) -> &'static str {
        MINILM.title
    }

    fn hash(&self) -> &'static str {
        MINILM.weights
    }

    fn width(&self) -> usize {
        self.encoder.width()
    }

    fn known(&self, text: &str) -> (usize, usize) {
        self.encoder.known(text)
    }

    fn encode(&self, texts: &[&str]) -> Vec<Vector> {
        let found = self.encoder.encode(texts, cores::available(), |_| true);
        found.into_iter().map(|vector| vector.expect("nobody stopped it").into()).collect()
    }

    fn encode_and_keep(&self, texts: &[&str]) -> Option<Vec<Vector>> {
        let keys: Vec<Key> = texts.iter().map(|text| vectors::key(text)).collect();
        let mut kept = self.kept(&keys);
        let missing = missing(texts, &keys, &kept);
        if !missing.is_empty() {
            let (count, threads) = (counted(missing.len(), "text"), cores::available());
            tell(format_args!("{}: {count} to encode on {}…", MINILM.title, counted(threads, "core")));
            let (began, mut progress) = (Instant::now(), Progress::new("texts", 0, missing.len()));
            let of_missing: Vec<&str> = missing.iter().map(|(_, text)| *text).collect();
            let found = self.encoder.encode(&of_missing, threads, |done| {
                progress.tell(done, || MINILM.title.to_owned());
                !interrupt::asked()
            });
            progress.end();
            let found = missing.iter().zip(found).filter_map(|((key, _), vector)| Some((*key, Vector::from(vector?))));
            let found: Vec<(Key, Vector)> = found.collect();
            let seconds = began.elapsed().as_secs_f64();
            tell(format_args!(
                "{} encoded in {seconds:.1} s, {:.2} ms each.",
                counted(found.len(), "text"),
                1000.0 * seconds / found.len().max(1) as f64
            ));
            // Without the file the next run only takes longer.
            if let Err(error) = self.store.add(&found) {
                tell(format_args!("Warning: the vectors cannot be kept ({error}): the next run encodes these texts again."));
            }
            kept.extend(found);
        }
        let all = keys.iter().map(|key| kept.get(key).cloned()).collect::<Option<Vec<Vector>>>()?;
        if let Ok(mut last) = self.last.lock() {
            *last = kept;
        }
        Some(all)
    }

    fn sizes(&self) -> EncoderSizes {
        let (layers, heads, inner) = (self.encoder.layers(), self.encoder.heads(), self.encoder.inner());
        EncoderSizes { layers, heads, inner, pieces: self.encoder.pieces(), longest: self.encoder.longest() }
    }

    fn layer(&self, layer: usize) -> Vec<Numbers> {
        self.encoder.layer(layer).into_iter().map(numbers).collect()
    }

    fn embedding(&self) -> Vec<Numbers> {
        self.encoder.embedding().into_iter().map(numbers).collect()
    }

    fn pieces(&self, text: &str) -> Vec<u32> {
        self.encoder.tokens(text)
    }

    fn states(&self, texts: &[&str], below: usize) -> Vec<Vector> {
        let found = self.encoder.states(texts, below, cores::available(), |_| true);
        found.into_iter().map(|states| states.expect("nobody stopped it").into()).collect()
    }

    fn states_of_set(&self, texts: &[&str], below: usize) -> Option<Vec<Vector>> {
        let threads = cores::available();
        let (count, layers) = (counted(texts.len(), "text"), counted(below, "layer"));
        tell(format_args!("{}: {count} through the first {layers} on {}…", MINILM.title, counted(threads, "core")));
        let mut progress = Progress::new("texts", 0, texts.len());
        let found = self.encoder.states(texts, below, threads, |done| {
            progress.tell(done, || MINILM.title.to_owned());
            !interrupt::asked()
        });
        progress.end();
        found.into_iter().map(|states| states.map(Vector::from)).collect()
    }

    fn seconds_of_gradients(&self, texts: &[&str], layers: usize) -> f64 {
        let sample: Vec<&str> = texts.iter().step_by(texts.len().div_ceil(SAMPLE).max(1)).copied().collect();
        // The first pass brings the weights into memory.
        self.encoder.encode(&sample, 1, |_| true);
        let began = Instant::now();
        self.encoder.encode(&sample, 1, |_| true);
        let forward = began.elapsed().as_secs_f64() * texts.len() as f64 / sample.len().max(1) as f64;
        // The way back takes twice as long: to the activations, and to the weights.
        3.0 * forward * layers as f64 / self.encoder.layers().max(1) as f64
    }

    fn ahead(&self, texts: &[&str], below: Option<usize>) -> (usize, f64) {
        let keys: Vec<Key> = texts.iter().map(|text| vectors::key(text)).collect();
        let kept = if below.is_none() { self.kept(&keys) } else { HashMap::new() };
        let missing = missing(texts, &keys, &kept);
        // Those that are measured lie all over the set, as long and short ones may.
        let sample: Vec<&str> = missing.iter().step_by(missing.len().div_ceil(SAMPLE).max(1)).map(|(_, text)| *text).collect();
        if sample.is_empty() {
            return (0, 0.0);
        }
        let work = || match below {
            None => self.encode(&sample),
            Some(below) => self.states(&sample, below),
        };
        // The first pass brings the weights into memory.
        work();
        let began = Instant::now();
        work();
        (missing.len(), began.elapsed().as_secs_f64() * missing.len() as f64 / sample.len() as f64)
    }
}

fn numbers(basin_encoder::Numbers { shape, values }: basin_encoder::Numbers) -> Numbers {
    Numbers { shape, values }
}
