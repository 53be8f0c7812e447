//! Encoders: pre-trained networks that turn texts into vectors before a run begins, and stay as they are.
//!
//! A platform that has one provides it once; where none is provided, as in a page, runs that need one do not start.

use std::sync::{Arc, OnceLock};

/// A text as an encoder gives it: as many numbers as the encoder is wide.
pub type Vector = Arc<[f32]>;

/// An encoder that is ready.
pub trait Encoder: Send + Sync {
    /// Its name, for people.
    fn name(&self) -> &'static str;

    /// SHA-256 of its weights, hexadecimal: another encoder gives other vectors.
    fn hash(&self) -> &'static str;

    /// Numbers of a vector.
    fn width(&self) -> usize;

    /// Pieces of a text, known ones and all.
    fn known(&self, text: &str) -> (usize, usize);

    /// The vector of each text, for a moment.
    fn encode(&self, texts: &[&str]) -> Vec<Vector>;

    /// The vector of each text of a data set: kept for the next run on it, with a word on how far it is. `None` if whoever waits
    /// has had enough.
    fn encode_and_keep(&self, texts: &[&str]) -> Option<Vec<Vector>>;

    /// How many of these texts are not kept yet, and about how many seconds they take.
    fn ahead(&self, texts: &[&str]) -> (usize, f64);
}

/// Why there are no vectors.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncoderError {
    /// The platform has none.
    #[error(
        "the model `sentence` learns from the vectors of a pre-trained encoder, which only the program for the desktop has: choose another form here, or open this setup there"
    )]
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

/// What opens a platform's encoder; in words why it cannot.
pub type Open = fn() -> Result<Arc<dyn Encoder>, String>;

static PROVIDED: OnceLock<Open> = OnceLock::new();

/// Says how this platform's encoder is opened, when a run needs it. The first one to say so is heard.
pub fn provide(open: Open) {
    let _ = PROVIDED.set(open);
}

/// This platform's encoder.
pub(crate) fn open() -> Result<Arc<dyn Encoder>, EncoderError> {
    PROVIDED.get().ok_or(EncoderError::NoneHere)?().map_err(EncoderError::Unavailable)
}
