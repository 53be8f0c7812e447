//! A command that waits until the texts of its run have the vectors of an encoder, which makes them in slices; beside the trainer,
//! helpers do.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::host::Encoders;
use crate::data::encoder::{self, Encoder, EncoderError};
use crate::protocol::{Command, RunId};

/// What a slice is to take: between two of them commands are heard, and it is told how far it is.
const SLICE_SECONDS: f64 = 0.1;

/// How often it is told how far it is: whoever draws that takes time of a core, and without a graphics card a good part of it.
const TELL_SECONDS: f64 = 0.2;

/// Texts of the first slice, whose time nobody knows yet.
const FIRST: usize = 8;

/// Slices that a helper is given at once…
const OF_A_HELPER: usize = 4;

/// …and the share of what is left that it gets at most: the last pieces are small, so that all come to their end together.
const SHARE: usize = 8;

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
    /// Which of them have one.
    made: Vec<bool>,
    /// Somebody has begun with those before this place.
    begun: usize,
    /// Texts of the next slice.
    slice: usize,
    encoder: Option<Arc<dyn Encoder>>,
    helpers: Option<Box<dyn Encoders>>,
    /// What they are at.
    given: BTreeMap<usize, Range<usize>>,
    /// When it was told how far it is.
    told: f64,
}

impl Encoding {
    pub(super) fn new(ticket: Option<u64>, command: Command, run: RunId, texts: Vec<String>, wanted: Option<String>) -> Self {
        let (made, given) = (vec![false; texts.len()], BTreeMap::new());
        Self {
            ticket,
            command,
            run,
            wanted,
            texts,
            made,
            begun: 0,
            slice: FIRST,
            encoder: None,
            helpers: None,
            given,
            told: f64::NEG_INFINITY,
        }
    }

    /// Whether the encoder is still to be fetched.
    pub(super) fn wants_encoder(&self) -> bool {
        self.encoder.is_none()
    }

    /// The encoder is here; `helpers` for so many texts.
    pub(super) fn open(&mut self, helpers: impl FnOnce(usize) -> Option<Box<dyn Encoders>>) -> Result<(), EncoderError> {
        let encoder = encoder::open(self.wanted.as_deref())?;
        let texts: Vec<&str> = self.texts.iter().map(String::as_str).collect();
        self.texts = encoder.missing(&texts).into_iter().map(str::to_owned).collect();
        self.made = vec![false; self.texts.len()];
        self.helpers = helpers(self.texts.len());
        self.encoder = Some(encoder);
        Ok(())
    }

    /// Takes in what helpers have made, gives them more, and encodes some texts here.
    pub(super) fn go_on(&mut self, clock: &dyn Fn() -> f64) {
        let Some(encoder) = self.encoder.clone() else { return };
        self.hear(&*encoder);
        self.employ();
        let places = self.next_slice();
        let texts = self.some(&places);
        let began = clock();
        encoder.take_in(&texts, encoder.encode(&texts));
        let seconds = clock() - began;
        for place in &places {
            self.made[*place] = true;
        }
        let fit = if seconds > 0.0 { places.len() as f64 * SLICE_SECONDS / seconds } else { f64::INFINITY };
        self.slice = (fit.round() as usize).clamp(1, 2 * self.slice);
    }

    fn some(&self, places: &[usize]) -> Vec<&str> {
        places.iter().map(|place| &*self.texts[*place]).collect()
    }

    fn hear(&mut self, encoder: &dyn Encoder) {
        while let Some((number, vectors)) = self.helpers.as_mut().and_then(|helpers| helpers.hear()) {
            let Some(places) = self.given.remove(&number) else { continue };
            let texts: Vec<&str> = self.texts[places.clone()].iter().map(String::as_str).collect();
            encoder.take_in(&texts, vectors);
            self.made[places].fill(true);
        }
    }

    fn employ(&mut self) {
        let Some(helpers) = &mut self.helpers else { return };
        while self.begun < self.texts.len() && helpers.one_is_free() {
            let left = self.texts.len() - self.begun;
            let piece = self.begun..self.begun + (left / SHARE).clamp(1, OF_A_HELPER * self.slice);
            let texts: Vec<&str> = self.texts[piece.clone()].iter().map(String::as_str).collect();
            // Where it begins is a number that no other piece has.
            helpers.give(piece.start, &texts);
            self.begun = piece.end;
            self.given.insert(piece.start, piece);
        }
    }

    /// Texts with which nobody has begun; at the end those that helpers are at, from the last on: they may have ended, or be slow.
    fn next_slice(&mut self) -> Vec<usize> {
        let first = self.begun;
        self.begun = self.texts.len().min(first + self.slice);
        if first < self.begun {
            return (first..self.begun).collect();
        }
        (0..self.texts.len()).rev().filter(|place| !self.made[*place]).take(self.slice).collect()
    }

    /// Whether all texts have their vectors.
    pub(super) fn is_over(&self) -> bool {
        self.encoder.is_some() && self.done() == self.texts.len()
    }

    fn done(&self) -> usize {
        self.made.iter().filter(|made| **made).count()
    }

    /// Has what was encoded outlive the process.
    pub(super) fn store(&self) {
        if let (Some(encoder), true) = (&self.encoder, self.done() > 0) {
            encoder.store();
        }
    }

    /// How far it is, where it is time to say so.
    pub(super) fn news(&mut self, clock: &dyn Fn() -> f64) -> Option<(String, f64)> {
        let now = clock();
        (now - self.told >= TELL_SECONDS).then(|| {
            self.told = now;
            self.how_far()
        })
    }

    /// How far it is: for people, and as a share of 1.
    pub(super) fn how_far(&self) -> (String, f64) {
        let (done, all) = (self.done(), self.texts.len());
        (format!("Encoded {done} of {all} texts"), done as f64 / all.max(1) as f64)
    }
}
