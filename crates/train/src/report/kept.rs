//! A run that is kept, in a few words.

use serde::{Deserialize, Serialize};

/// A run that is kept, in a few words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptRun {
    /// Its number among those in one place.
    pub number: u64,
    /// Counts up through all of them each time that one is kept: that which was kept last has the largest.
    pub turn: u64,
    /// Which of its two files holds it, 0 or 1: they are written in turn.
    pub slot: u8,
    /// What somebody calls it; empty where nobody has named it.
    pub name: String,
    /// What somebody has noted of it; empty where nobody has.
    pub note: String,
    /// Title of the data set.
    pub data: String,
    /// The experiment as it was set up, before anything was guessed, as the text of a link.
    pub setup: String,
    /// How many lanes it has.
    pub lanes: usize,
    /// Members of each lane.
    pub seeds: usize,
    /// Steps done.
    pub step: usize,
    /// Steps planned.
    pub steps: usize,
    /// Whether it was training.
    pub running: bool,
    /// When it was kept, in seconds since 1970.
    #[serde(with = "crate::any_float")]
    pub at: f64,
    /// For how many seconds it had been there when this was told.
    #[serde(with = "crate::any_float")]
    pub age: f64,
    /// Bytes that both files take.
    pub bytes: u64,
    /// Seconds that it took to be kept last; 0 where that was not done here.
    #[serde(with = "crate::any_float")]
    pub seconds: f64,
    /// Whether another tab or window has it open.
    pub elsewhere: bool,
}
