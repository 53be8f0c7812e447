//! The pre-trained encoder of this computer: opened when a run first needs it; the vectors of data sets are kept on the disk. Also in
//! its small form, which pages have: for runs that were trained there, and to compare.
//!
//! Elsewhere: fetching it (`data/model.rs`), its arithmetic (`basin_encoder`), the file of vectors (`vectors.rs`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use basin_encoder::{MINILM as FORM, Origin, SentenceEncoder, SmallEncoder};
use basin_train::brief::counted;
use basin_train::data::encoder::{self, Encoder, EncoderSizes, Layers, Numbers, Papers, Vector, Whole};
use basin_train::protocol::EncoderOffer;

use crate::data::{self, MINILM};
use crate::progress::Progress;
use crate::terminal::tell;
use crate::vectors::{self, Key, Store};
use crate::{cores, interrupt};

/// Texts on which the speed is measured.
const SAMPLE: usize = 16;

/// What is told of the small form where it is handed on.
const ROUNDED: &str = "Here its weights are rounded to 8 bits, as in Basin's page, on whose vectors the run was trained. Basin rounds \
    what they are multiplied with as well, to 12 bits, so that its own probabilities differ in the third digit.";

/// Says how the encoder is opened.
pub fn provide() {
    encoder::provide(open);
}

/// What the window says of it before a run needs it.
pub fn offer() -> Option<EncoderOffer> {
    let folder = data::folder().ok()?;
    Some(if MINILM.is_here(&folder) {
        EncoderOffer::Ready { title: MINILM.title.to_owned(), bytes: 0 }
    } else {
        let remedy = format!("fetch it with `basin data get {}` (91 MB), then press Train", MINILM.name);
        EncoderOffer::Missing(format!("The encoder {} is not on this computer: {remedy}.", MINILM.title))
    })
}

/// Encoders that were needed.
static OPENED: Mutex<Vec<Arc<Here>>> = Mutex::new(Vec::new());

/// Chooses the form with weights of 8 bits, where nobody wants a certain one.
const SMALL: &str = "BASIN_ENCODER";

fn open(wanted: Option<&str>) -> Result<Arc<dyn Encoder>, String> {
    let small = match wanted {
        Some(hash) => hash == MINILM.small_hash(),
        None => match std::env::var(SMALL) {
            Ok(form) if form == "int8" => true,
            Ok(form) if !form.is_empty() && form != "f32" => return Err(format!("{SMALL} is {form}: it can be f32 or int8")),
            _ => false,
        },
    };
    let hash = if small { MINILM.small_hash() } else { MINILM.weights.to_owned() };
    let mut opened = OPENED.lock().map_err(|_| "the encoder failed before".to_owned())?;
    if let Some(here) = opened.iter().find(|here| here.hash == hash) {
        return Ok(here.clone());
    }
    let folder = data::folder().map_err(|error| error.to_string())?;
    let [weights, tokenizer] = MINILM.read(&folder).map_err(|error| error.to_string())?;
    let full = SentenceEncoder::read(&weights, &tokenizer, FORM).map_err(|error| error.to_string())?;
    drop(weights);
    let (net, name, file) = if small {
        let (small, Origin { title, .. }) =
            full.small(&MINILM.origin()).and_then(|bytes| SmallEncoder::read_small(&bytes)).map_err(|error| error.to_string())?;
        (Net::Small(small), title, "vectors-int8.bin")
    } else {
        (Net::Full(full), MINILM.title.to_owned(), "vectors.bin")
    };
    let store = Store::new(MINILM.place(&folder).join(file), &hash, net.width());
    let here = Arc::new(Here { net, name, hash, store, last: Mutex::default(), fresh: Mutex::default() });
    opened.push(here.clone());
    Ok(here)
}

/// The network with one kind of weights or the other.
enum Net {
    Full(SentenceEncoder),
    Small(SmallEncoder),
}

/// The same of either network.
macro_rules! either {
    ($self:expr, $net:ident => $of:expr) => {
        match $self {
            Net::Full($net) => $of,
            Net::Small($net) => $of,
        }
    };
}

impl Net {
    fn width(&self) -> usize {
        either!(self, net => net.width())
    }

    fn known(&self, text: &str) -> (usize, usize) {
        either!(self, net => net.known(text))
    }

    fn encode(&self, texts: &[&str], threads: usize, told: impl FnMut(usize) -> bool) -> Vec<Option<Vec<f32>>> {
        either!(self, net => net.encode(texts, threads, told))
    }

    fn run_below(&self, texts: &[&str], below: usize, told: impl FnMut(usize) -> bool) -> Vec<Option<Vector>> {
        let found = either!(self, net => net.states(texts, below, cores::available(), told));
        found.into_iter().map(|states| states.map(Vector::from)).collect()
    }
}

struct Here {
    net: Net,
    name: String,
    hash: String,
    store: Store,
    /// The vectors of the data set that was asked for last: runs that are begun, tried and opened again have them at hand.
    last: Mutex<HashMap<Key, Vector>>,
    /// Those of them that are not on the disk yet.
    fresh: Mutex<Vec<(Key, Vector)>>,
}

impl Here {
    /// The vectors that are kept of texts with these keys.
    fn kept(&self, keys: &[Key]) -> HashMap<Key, Vector> {
        let mut kept = self.at_hand(keys);
        if keys.iter().any(|key| !kept.contains_key(key)) {
            kept.extend(self.store.read(keys));
        }
        kept
    }

    /// Those that no file has to be read for.
    fn at_hand(&self, keys: &[Key]) -> HashMap<Key, Vector> {
        let Ok(last) = self.last.lock() else { return HashMap::new() };
        keys.iter().filter_map(|key| Some((*key, last.get(key)?.clone()))).collect()
    }

    fn made(&self, texts: &[(Key, &str)]) -> Vec<(Key, Vector)> {
        let of_texts: Vec<&str> = texts.iter().map(|(_, text)| *text).collect();
        let found = self.net.encode(&of_texts, cores::available(), |_| true);
        let vectors = found.into_iter().map(|vector| Vector::from(vector.expect("nobody stopped it")));
        texts.iter().map(|(key, _)| *key).zip(vectors).collect()
    }

    /// Keeps vectors on the disk; without the file the next run only takes longer.
    fn write(&self, vectors: &[(Key, Vector)]) {
        if let Err(error) = self.store.add(vectors) {
            tell(format_args!("Warning: the vectors cannot be kept ({error}): the next run encodes these texts again."));
        }
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
    fn name(&self) -> &str {
        &self.name
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
        let keys: Vec<Key> = texts.iter().map(|text| vectors::key(text)).collect();
        let mut here = self.at_hand(&keys);
        let missing = missing(texts, &keys, &here);
        here.extend(self.made(&missing));
        keys.iter().map(|key| here[key].clone()).collect()
    }

    fn missing<'a>(&self, texts: &[&'a str]) -> Vec<&'a str> {
        let keys: Vec<Key> = texts.iter().map(|text| vectors::key(text)).collect();
        missing(texts, &keys, &self.kept(&keys)).into_iter().map(|(_, text)| text).collect()
    }

    fn take_in(&self, texts: &[&str], vectors: Vec<Vector>) {
        let keyed: Vec<(Key, Vector)> = texts.iter().map(|text| vectors::key(text)).zip(vectors).collect();
        if let (Ok(mut last), Ok(mut fresh)) = (self.last.lock(), self.fresh.lock()) {
            last.extend(keyed.iter().cloned());
            fresh.extend(keyed);
        }
    }

    fn store(&self) {
        let fresh = self.fresh.lock().map(|mut fresh| std::mem::take(&mut *fresh)).unwrap_or_default();
        self.write(&fresh);
    }

    fn encode_and_keep(&self, texts: &[&str]) -> Option<Vec<Vector>> {
        let keys: Vec<Key> = texts.iter().map(|text| vectors::key(text)).collect();
        let mut kept = self.kept(&keys);
        let missing = missing(texts, &keys, &kept);
        if !missing.is_empty() {
            let (count, threads) = (counted(missing.len(), "text"), cores::available());
            tell(format_args!("{}: {count} to encode on {}…", self.name, counted(threads, "core")));
            let (began, mut progress) = (Instant::now(), Progress::new("texts", 0, missing.len()));
            let of_missing: Vec<&str> = missing.iter().map(|(_, text)| *text).collect();
            let found = self.net.encode(&of_missing, threads, |done| {
                progress.tell(done, || self.name.clone());
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
            self.write(&found);
            kept.extend(found);
        }
        let all = keys.iter().map(|key| kept.get(key).cloned()).collect::<Option<Vec<Vector>>>()?;
        if let Ok(mut last) = self.last.lock() {
            *last = kept;
        }
        Some(all)
    }

    fn ahead(&self, texts: &[&str]) -> (usize, f64) {
        let keys: Vec<Key> = texts.iter().map(|text| vectors::key(text)).collect();
        let missing: Vec<&str> = missing(texts, &keys, &self.kept(&keys)).into_iter().map(|(_, text)| text).collect();
        (missing.len(), seconds(&missing, |sample| drop(self.net.encode(sample, cores::available(), |_| true))))
    }

    fn layers(&self) -> Option<&dyn Layers> {
        // Weights of 8 bits have no gradients worth following.
        matches!(self.net, Net::Full(_)).then_some(&self.net)
    }

    fn whole(&self) -> Option<&dyn Whole> {
        Some(&self.net)
    }
}

impl Whole for Net {
    fn sizes(&self) -> EncoderSizes {
        either!(self, net => EncoderSizes {
            layers: net.layers(),
            heads: net.heads(),
            inner: net.inner(),
            pieces: net.pieces(),
            longest: net.longest(),
        })
    }

    fn layer(&self, layer: usize) -> Vec<Numbers> {
        either!(self, net => net.layer(layer)).into_iter().map(numbers).collect()
    }

    fn embedding(&self) -> Vec<Numbers> {
        either!(self, net => net.embedding()).into_iter().map(numbers).collect()
    }

    fn papers(&self) -> Result<Papers, String> {
        let folder = data::folder().map_err(|error| error.to_string())?;
        let papers = MINILM.papers(&folder).map_err(|error| error.to_string())?;
        Ok(match self {
            Self::Full(_) => papers,
            Self::Small(_) => Papers { origin: format!("{} {ROUNDED}", papers.origin), ..papers },
        })
    }
}

impl Layers for Net {
    fn pieces(&self, text: &str) -> Vec<u32> {
        either!(self, net => net.tokens(text))
    }

    fn states(&self, texts: &[&str], below: usize) -> Vec<Vector> {
        let found = self.run_below(texts, below, |_| true);
        found.into_iter().map(|states| states.expect("nobody stopped it")).collect()
    }

    fn states_of_set(&self, texts: &[&str], below: usize) -> Option<Vec<Vector>> {
        let (count, layers, cores) = (counted(texts.len(), "text"), counted(below, "layer"), counted(cores::available(), "core"));
        tell(format_args!("{}: {count} through the first {layers} on {cores}…", MINILM.title));
        let mut progress = Progress::new("texts", 0, texts.len());
        let found = self.run_below(texts, below, |done| {
            progress.tell(done, || MINILM.title.to_owned());
            !interrupt::asked()
        });
        progress.end();
        found.into_iter().collect()
    }

    fn seconds_of_gradients(&self, texts: &[&str], layers: usize) -> f64 {
        let forward = seconds(texts, |sample| drop(self.encode(sample, 1, |_| true)));
        // The way back takes twice as long: to the activations, and to the weights.
        3.0 * forward * layers as f64 / self.sizes().layers.max(1) as f64
    }

    fn seconds_of_states(&self, texts: &[&str], below: usize) -> f64 {
        seconds(texts, |sample| drop(self.run_below(sample, below, |_| true)))
    }
}

/// About how many seconds a work on these texts takes, by that on a few of them, which lie all over the set, as long and short ones may.
fn seconds(texts: &[&str], work: impl Fn(&[&str])) -> f64 {
    let sample: Vec<&str> = texts.iter().step_by(texts.len().div_ceil(SAMPLE).max(1)).copied().collect();
    if sample.is_empty() {
        return 0.0;
    }
    // The first pass brings the weights into memory.
    work(&sample);
    let began = Instant::now();
    work(&sample);
    began.elapsed().as_secs_f64() * texts.len() as f64 / sample.len() as f64
}

fn numbers(basin_encoder::Numbers { shape, values }: basin_encoder::Numbers) -> Numbers {
    Numbers { shape, values }
}
