//! A command that waits until the texts of its run have the vectors of an encoder, which makes them in slices.

use std::sync::Arc;

use crate::data::encoder::{self, Encoder, EncoderError};
use crate::protocol::{Command, RunId};

/// What a slice is to take: between two of them commands are heard, and it is told how far it is.
const SLICE_SECONDS: f64 = 0.1;

/// Texts of the first slice, whose time nobody knows yet.
const FIRST: usize = 8;

/// See the file's head.
pub(super) struct Encoding {
    /// Of the command.
    pub(super) ticket: Option<u64>,
    pub(super) command: Command,
    /// The run that it is about.
    pub(super) run: RunId,
    /// The encoder of a saved run.
    wanted: Option<String>,
    /// What wants vectors; those that have one are left out once the encoder is here.
    texts: Vec<String>,
    done: usize,
    /// Texts of the next slice.
    slice: usize,
    encoder: Option<Arc<dyn Encoder>>,
}

impl Encoding {
    pub(super) fn new(ticket: Option<u64>, command: Command, run: RunId, texts: Vec<String>, wanted: Option<String>) -> Self {
        Self { ticket, command, run, wanted, texts, done: 0, slice: FIRST, encoder: None }
    }

    /// Whether the encoder is still to be fetched.
    pub(super) fn wants_encoder(&self) -> bool {
        self.encoder.is_none()
    }

    /// The encoder is here.
    pub(super) fn open(&mut self) -> Result<(), EncoderError> {
        let encoder = encoder::open(self.wanted.as_deref())?;
        let texts: Vec<&str> = self.texts.iter().map(String::as_str).collect();
        self.texts = encoder.missing(&texts).into_iter().map(str::to_owned).collect();
        self.encoder = Some(encoder);
        Ok(())
    }

    /// Encodes some texts.
    pub(super) fn go_on(&mut self, clock: &dyn Fn() -> f64) {
        let Some(encoder) = &self.encoder else { return };
        let some = &self.texts[self.done..self.texts.len().min(self.done + self.slice)];
        let texts: Vec<&str> = some.iter().map(String::as_str).collect();
        let began = clock();
        encoder.remember(&texts);
        let seconds = clock() - began;
        self.done += texts.len();
        let fit = if seconds > 0.0 { self.slice as f64 * SLICE_SECONDS / seconds } else { f64::INFINITY };
        self.slice = (fit as usize).clamp(1, 2 * self.slice);
    }

    /// Whether all texts have their vectors.
    pub(super) fn is_over(&self) -> bool {
        self.encoder.is_some() && self.done == self.texts.len()
    }

    /// Has what was encoded outlive the process.
    pub(super) fn store(&self) {
        if let (Some(encoder), true) = (&self.encoder, self.done > 0) {
            encoder.store();
        }
    }

    /// How far it is: for people, and as a share of 1.
    pub(super) fn told(&self) -> (String, f64) {
        let (done, all) = (self.done, self.texts.len());
        (format!("Encoded {done} of {all} texts"), done as f64 / all.max(1) as f64)
    }
}
