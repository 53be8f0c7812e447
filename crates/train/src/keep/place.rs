//! What a platform does to keep runs: bytes under names.

use super::vector_form::Key;

/// Why a file was not written, for people.
#[derive(Debug)]
pub enum NotWritten {
    /// There is no room for it: with less there, there may be.
    Full(String),
    /// Anything else.
    Failed(String),
}

/// Files of one place, for all trainers that use it.
///
/// Errors are for people and begin with a small letter: "the disk is full".
#[expect(async_fn_in_trait, reason = "one trainer runs on one thread, so its future need not be Send")]
pub trait Keep {
    /// Names of the files that are there.
    ///
    /// # Errors
    /// Why nothing can be kept.
    async fn names(&mut self) -> Result<Vec<String>, String>;

    /// A file.
    ///
    /// # Errors
    /// It is not there, or cannot be read.
    async fn read(&mut self, name: &str) -> Result<Vec<u8>, String>;

    /// Writes a file and returns once it is on the disk. When that is interrupted the file may be anything.
    ///
    /// # Errors
    /// There is no room, or no right.
    async fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), NotWritten>;

    /// Removes a file; one that is not there has been removed.
    ///
    /// # Errors
    /// There is no right.
    async fn remove(&mut self, name: &str) -> Result<(), String>;

    /// Takes the files of a run for this trainer alone, until it releases them or ends, however it does. False where another
    /// trainer has them, and still has them after so many seconds.
    ///
    /// # Errors
    /// Nobody can take files here.
    async fn claim(&mut self, run: u64, patience: f64) -> Result<bool, String>;

    /// Gives the files of a run back.
    fn release(&mut self, run: u64);

    /// Bytes that all files may take together.
    fn space(&self) -> u64;

    /// Bytes for which there is room now, where that can be known; below 0 where more is there than may be.
    async fn room(&mut self) -> Option<i64> {
        None
    }

    /// Seconds since 1970; the clock may be set back.
    fn now(&self) -> f64;

    /// The key of each text under which its vector is kept here, beside the runs; none where encoders see to their vectors themselves.
    async fn keys(&mut self, _texts: &[&str]) -> Option<Vec<Key>> {
        None
    }
}

/// No place: nothing is kept.
pub enum Nowhere {}

impl Keep for Nowhere {
    async fn names(&mut self) -> Result<Vec<String>, String> {
        match *self {}
    }

    async fn read(&mut self, _name: &str) -> Result<Vec<u8>, String> {
        match *self {}
    }

    async fn write(&mut self, _name: &str, _bytes: &[u8]) -> Result<(), NotWritten> {
        match *self {}
    }

    async fn remove(&mut self, _name: &str) -> Result<(), String> {
        match *self {}
    }

    async fn claim(&mut self, _run: u64, _patience: f64) -> Result<bool, String> {
        match *self {}
    }

    fn release(&mut self, _run: u64) {
        match *self {}
    }

    fn space(&self) -> u64 {
        match *self {}
    }

    fn now(&self) -> f64 {
        match *self {}
    }
}
