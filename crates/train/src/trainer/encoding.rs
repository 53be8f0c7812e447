//! A command that waits until the texts of its run have the vectors of an encoder, which makes them in slices; beside the trainer,
//! helpers do.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::host::Encoders;
use crate::data::encoder::{self, Encoder, EncoderError, Vector};
use crate::keep::{Keep, Keeper, Key, VectorForm};
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

/// New vectors that are written at once: who leaves the page meanwhile has lost fewer.
const BATCH: usize = 500;

/// See the file's head.
pub(super) struct Encoding {
    /// Of the command.
    pub(super) ticket: Option<u64>,
    pub(super) command: Command,
    /// The run that it is about.
    pub(super) run: RunId,
    /// Somebody has asked meanwhile that the saved run goes on, which waits by itself.
    pub(super) goes_on: bool,
    /// The encoder of a saved run.
    wanted: Option<String>,
    /// What wants vectors; those that have one are left out once the encoder is here.
    texts: Vec<String>,
    /// Their keys, where vectors are kept beside the runs; else there are none.
    keys: Vec<Key>,
    /// Which of them have one.
    made: Vec<bool>,
    /// Those that are to be kept.
    fresh: Vec<(Key, Vector)>,
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
            goes_on: false,
            wanted,
            texts,
            keys: Vec::new(),
            made,
            fresh: Vec::new(),
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
    pub(super) async fn open<K: Keep>(
        &mut self,
        keeper: &mut Keeper<K>,
        helpers: impl FnOnce(usize) -> Option<Box<dyn Encoders>>,
    ) -> Result<(), EncoderError> {
        let encoder = encoder::open(self.wanted.as_deref())?;
        let texts: Vec<&str> = self.texts.iter().map(String::as_str).collect();
        let missing = encoder.missing(&texts);
        let (keys, mut kept) = keeper.recall_vectors(&form_of(&*encoder), &missing).await.unwrap_or_default();
        let (mut recalled, mut vectors, mut rest) = (Vec::new(), Vec::new(), Vec::new());
        for (place, text) in missing.into_iter().enumerate() {
            let key = keys.get(place);
            if let Some(vector) = key.and_then(|key| kept.remove(key)) {
                recalled.push(text);
                vectors.push(vector);
            } else {
                rest.push(text.to_owned());
                self.keys.extend(key);
            }
        }
        encoder.take_in(&recalled, vectors);
        self.texts = rest;
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
        let vectors = encoder.encode(&texts);
        let seconds = clock() - began;
        self.take_in(&*encoder, &places, vectors);
        let fit = if seconds > 0.0 { places.len() as f64 * SLICE_SECONDS / seconds } else { f64::INFINITY };
        self.slice = (fit.round() as usize).clamp(1, 2 * self.slice);
    }

    fn some(&self, places: &[usize]) -> Vec<&str> {
        places.iter().map(|place| &*self.texts[*place]).collect()
    }

    fn hear(&mut self, encoder: &dyn Encoder) {
        while let Some((number, vectors)) = self.helpers.as_mut().and_then(|helpers| helpers.hear()) {
            let Some(places) = self.given.remove(&number) else { continue };
            self.take_in(encoder, &places.collect::<Vec<_>>(), vectors);
        }
    }

    fn take_in(&mut self, encoder: &dyn Encoder, places: &[usize], vectors: Vec<Vector>) {
        for (place, vector) in places.iter().zip(&vectors) {
            let had_one = std::mem::replace(&mut self.made[*place], true);
            if let (false, Some(key)) = (had_one, self.keys.get(*place)) {
                self.fresh.push((*key, vector.clone()));
            }
        }
        encoder.take_in(&self.some(places), vectors);
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
    pub(super) async fn store<K: Keep>(&mut self, keeper: &mut Keeper<K>) {
        if let (Some(encoder), true) = (&self.encoder, self.done() > 0) {
            encoder.store();
            self.keep(keeper).await;
        }
    }

    /// The same on the way, now and then, where vectors are kept beside the runs.
    pub(super) async fn store_a_batch<K: Keep>(&mut self, keeper: &mut Keeper<K>) {
        if self.fresh.len() >= BATCH {
            self.keep(keeper).await;
        }
    }

    async fn keep<K: Keep>(&mut self, keeper: &mut Keeper<K>) {
        if let Some(encoder) = &self.encoder {
            keeper.keep_vectors(&form_of(&**encoder), &std::mem::take(&mut self.fresh)).await;
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

/// In which its vectors are kept beside the runs.
fn form_of(encoder: &dyn Encoder) -> VectorForm {
    VectorForm::new(encoder.hash(), encoder.width())
}
