//! Encoders: pre-trained networks that turn texts into vectors before a run begins, and stay as they are.
//!
//! A platform provides its own once; where none is provided, runs that need one do not start. Before a run, texts are encoded in
//! slices (`trainer/vectors.rs`) or at once (`data/dataset.rs`).

use std::sync::{Arc, OnceLock};

/// A text as an encoder gives it: as many numbers as the encoder is wide.
pub type Vector = Arc<[f32]>;

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

    /// Encodes some texts, and has the vectors at hand for [`Self::encode_and_keep`].
    fn remember(&self, texts: &[&str]);

    /// Has the vectors that are only at hand outlive this process, where there is a place for them.
    fn store(&self) {}

    /// How many of these texts are not kept yet, and about how many seconds they take; NaN where that is not measured.
    fn ahead(&self, texts: &[&str]) -> (usize, f64);
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

/// This platform's encoder; the one of a saved run, where there are several.
pub(crate) fn open(wanted: Option<&str>) -> Result<Arc<dyn Encoder>, EncoderError> {
    PROVIDED.get().ok_or(EncoderError::NoneHere)?(wanted).map_err(EncoderError::Unavailable)
}
