//! Encoders: pre-trained networks that turn texts into vectors before a run begins, and stay as they are; or whose last layers a run
//! trains further, on what the layers below make of texts.
//!
//! A platform provides its own once; where none is provided, runs that need one do not start. Before a run, texts are encoded in
//! slices (`trainer/vectors.rs`) or at once (`data/dataset.rs`).

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::experiment::ModelKind;

/// A text as an encoder gives it: as many numbers as the encoder is wide.
pub type Vector = Arc<[f32]>;

/// What of an encoder decides how large a run is that trains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncoderSizes {
    /// Transformer layers.
    pub layers: usize,
    /// Heads of each.
    pub heads: usize,
    /// Numbers of their inner parts.
    pub inner: usize,
    /// Word pieces of the vocabulary.
    pub pieces: usize,
    /// Word pieces of a text that are read.
    pub longest: usize,
}

impl Default for EncoderSizes {
    /// Those of all-MiniLM-L6-v2, for whoever asks before one is here.
    fn default() -> Self {
        Self { layers: 6, heads: 12, inner: 1536, pieces: 30_522, longest: 256 }
    }
}

/// A matrix of an encoder's weights, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// Rows and columns.
    pub shape: [usize; 2],
    /// Its numbers.
    pub values: Vec<f32>,
}

/// An encoder that is ready.
pub trait Encoder: Send + Sync {
    /// Its name, for people.
    fn name(&self) -> &str;

    /// By which saved runs know it again, with the SHA-256 of its weights: another encoder gives other vectors.
    fn hash(&self) -> &str;

    /// Numbers of a vector.
    fn width(&self) -> usize;

    /// Pieces of a text, known ones and all.
    fn known(&self, text: &str) -> (usize, usize);

    /// The vector of each text, for a moment.
    fn encode(&self, texts: &[&str]) -> Vec<Vector>;

    /// The vector of each text of a data set: kept for the next run on it, with a word on how far it is. `None` if whoever waits
    /// has had enough.
    fn encode_and_keep(&self, texts: &[&str]) -> Option<Vec<Vector>>;

    /// Those of the texts of which no vector is kept, each once, in their order.
    fn missing<'a>(&self, texts: &[&'a str]) -> Vec<&'a str>;

    /// Has the vectors of some texts, of [`Self::encode`] or of the same encoder elsewhere, at hand for [`Self::encode_and_keep`].
    fn take_in(&self, texts: &[&str], vectors: Vec<Vector>);

    /// Has the vectors that are only at hand outlive this process, where there is a place for them.
    fn store(&self) {}

    /// How many of these texts are not kept yet, and about how many seconds they take; NaN where that is not measured.
    fn ahead(&self, texts: &[&str]) -> (usize, f64);

    /// Its layers, where they can be trained further.
    fn layers(&self) -> Option<&dyn Layers> {
        None
    }

    /// All of it, where it can be handed on with what learned from it.
    fn whole(&self) -> Option<&dyn Whole> {
        None
    }
}

impl std::fmt::Debug for dyn Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.name(), self.hash())
    }
}

/// The network of an encoder, and what goes with it.
pub trait Whole {
    /// Its sizes.
    fn sizes(&self) -> EncoderSizes;

    /// The weights of one of its layers, from the first on: leaves as `basin_kernels::Encoder` has them.
    fn layer(&self, layer: usize) -> Vec<Numbers>;

    /// The weights before its layers: words, `[pieces, width]`, what is added at each place, `[longest, width]`, and scale and shift of the
    /// norm behind them, a row each.
    fn embedding(&self) -> Vec<Numbers>;

    /// Tokenizer, licence and origin.
    ///
    /// # Errors
    /// In words, what cannot be read.
    fn papers(&self) -> Result<Papers, String>;
}

/// What goes with an encoder that is handed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Papers {
    /// Its own `tokenizer.json`, as Hugging Face's tokenizers read it.
    pub tokenizer: String,
    /// Its licence.
    pub licence: String,
    /// Who made it of what, and where it was fetched from; a sentence or some.
    pub origin: String,
}

/// The layers of an encoder, for a run that trains the last of them further on what those below make of texts.
pub trait Layers: Whole {
    /// The word pieces of a text, as its network reads them.
    fn pieces(&self, text: &str) -> Vec<u32>;

    /// What the first `below` layers make of the word pieces of each text, `[pieces of the text, width]`, for a moment.
    fn states(&self, texts: &[&str], below: usize) -> Vec<Vector>;

    /// The same of a data set, with a word on how far it is. `None` if whoever waits has had enough.
    fn states_of_set(&self, texts: &[&str], below: usize) -> Option<Vec<Vector>>;

    /// About how many seconds that takes.
    fn seconds_of_states(&self, texts: &[&str], below: usize) -> f64;

    /// About how many seconds of one core the gradients of these texts take with respect to so many of its layers.
    fn seconds_of_gradients(&self, texts: &[&str], layers: usize) -> f64;
}

/// The layers of an encoder that a run trains further.
///
/// # Panics
/// If it has none to train: a plan refuses that.
pub(crate) fn layers_of(encoder: &dyn Encoder) -> &dyn Layers {
    encoder.layers().expect("a plan looks at that first")
}

/// Why there are no vectors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncoderError {
    /// The platform has none.
    #[error("the model `sentence` learns from the vectors of a pre-trained encoder, and there is none here: choose another form")]
    NoneHere,
    /// There could be one.
    #[error("{0}")]
    Unavailable(String),
    /// It can only be learned from as it is.
    #[error(
        "model.tune trains layers of the encoder further, which its form here cannot: use the program for the desktop, or leave it out"
    )]
    Fixed,
    /// Fewer layers than asked for.
    #[error("model.tune is top:{asked}, but {name} has {layers} layers: write top:1 to top:{layers}, or all")]
    Layers {
        /// Layers that were asked for.
        asked: usize,
        /// The encoder's name.
        name: String,
        /// Its layers.
        layers: usize,
    },
    /// Another one than the weights were trained with.
    #[error(
        "this saved run learned from the vectors of another encoder ({saved}) than the one here ({here}), so its weights would mean nothing: open it with the Basin that it was saved with"
    )]
    Another {
        /// The hash that was saved.
        saved: String,
        /// That of the one here.
        here: String,
    },
    /// Whoever waited has had enough.
    #[error("stopped while the texts were encoded: what is done is kept, and the same command goes on from there")]
    Stopped,
}

/// What opens a platform's encoder, that of a hash if there are several and one is wanted; in words why it cannot.
pub type Open = fn(Option<&str>) -> Result<Arc<dyn Encoder>, String>;

static PROVIDED: OnceLock<Open> = OnceLock::new();

/// Says how this platform's encoder is opened, when a run needs it. The first one to say so is heard.
pub fn provide(open: Open) {
    let _ = PROVIDED.set(open);
}

/// The hash of the encoder that a new run of a model learns from, empty where there is none; none for a model that needs none.
pub fn hash_for(model: ModelKind) -> Option<String> {
    model.learns_from_vectors().then(|| open(None).map_or_else(|_| String::new(), |encoder| encoder.hash().to_owned()))
}

/// This platform's encoder; the one of a saved run, where there are several.
pub(crate) fn open(wanted: Option<&str>) -> Result<Arc<dyn Encoder>, EncoderError> {
    PROVIDED.get().ok_or(EncoderError::NoneHere)?(wanted).map_err(EncoderError::Unavailable)
}
