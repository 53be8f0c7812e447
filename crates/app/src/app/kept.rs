//! What the app knows of runs that outlive their trainer. Elsewhere: what it does with them (`survival.rs`).

use basin_train::protocol::{DeviceChoice, Files};
use basin_train::report::KeptRun;

use crate::client::Started;
use crate::life::Silence;

/// What is to be done at the first hello with the run that was kept last.
#[derive(Debug, PartialEq, Eq)]
pub enum LastRun {
    /// Nothing: another one was asked for.
    Left,
    /// It goes on if it was set up so: the text of a link.
    Same(String),
    /// It goes on.
    Wanted,
}

/// See the file's head.
#[derive(Default)]
pub struct Survival {
    /// The run as it was a moment ago, where the trainer cannot keep it.
    pub snapshot: Option<Held>,
    /// The kept run that comes next.
    pub opened: Option<(Box<KeptRun>, Option<Files>)>,
    /// The run that is to go on in the next trainer.
    pub fallen: Option<Fallen>,
    /// Why it does, to be said when it does.
    pub cause: Option<String>,
    /// How often trainers have ended since a run got further than this.
    pub ends: usize,
    pub furthest: usize,
    /// For how long its trainer has been silent.
    pub silence: Silence,
    /// The kept run that was here before the page was loaded again; another tab may have kept later ones.
    pub own: Option<u64>,
    /// Why the run that was here last time could not be opened.
    pub refused: Option<String>,
    /// A run that waits until somebody has said whether it may take the place of the one that trains.
    pub waiting: Option<Waiting>,
}

/// A saved run that nobody else has.
pub struct Held {
    /// All of it.
    pub bytes: Vec<u8>,
    /// The turn of its last copy among the kept runs: it is older. None where there is none.
    pub after: Option<u64>,
}

/// A run that may take the place of another.
pub enum Waiting {
    /// One that was saved.
    Saved(Vec<u8>),
    /// One that is kept, by its number.
    Kept(u64),
}

/// A run whose trainer has ended.
pub struct Fallen {
    /// Its number among those that are kept, if it was.
    pub kept: Option<u64>,
    /// Whether it trained.
    pub running: bool,
    /// As it was started.
    pub started: Option<Started>,
    /// Where it goes on.
    pub device: DeviceChoice,
}
