//! Who trains the cells of a sweep beside the trainer: helpers on threads of the program, or in workers of a page.
//!
//! A helper is told once what is compared, and then which cells to train, one piece after the other. What a cell gives does not
//! depend on who trains it. Helpers train on the CPU: a GPU has one queue, at which a second worker would only stand in line, so
//! whatever runs there stays with the trainer. Elsewhere: who gets which cells (`sweeping.rs`), the helpers themselves (the shells).

use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::grid::Grid;
use super::known::Known;
use super::outcome::Outcome;
use super::work::{Shelf, Work, groups};
use crate::data::files::Files;
use crate::run::Compute;

/// Time between two words on how far a piece is.
const SLICE_SECONDS: f64 = 0.1;

/// Seconds since some moment.
pub type Clock = Box<dyn Fn() -> f64>;

/// What all who train cells of a sweep are told. Clones share their data.
#[derive(Clone)]
pub struct Task {
    /// What is compared.
    pub grid: Arc<Grid>,
    shelf: Arc<Mutex<Shelf>>,
    /// Bytes that a helper may take, where that is known.
    memory: Option<u64>,
}

impl Task {
    /// Cells of this grid, on the data of this shelf.
    pub fn new(grid: Grid, shelf: Shelf, memory: Option<u64>) -> Self {
        Self { grid: Arc::new(grid), shelf: Arc::new(Mutex::new(shelf)), memory }
    }

    /// Takes note of cells of it that have come to their end.
    pub(super) fn note_in(&self, known: &mut Known, cells: &[(usize, Outcome)]) {
        // Asked many times a second: a helper that reads its data holds the shelf, and to know files is to go through their bytes.
        if cells.is_empty() {
            return;
        }
        let shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        known.take_in(&self.grid, shelf.files(), cells);
    }

    /// As a text, for a helper with a memory of its own: the data set goes with it.
    pub fn text(&self) -> String {
        let shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        serde_json::to_string(&(&*self.grid, shelf.files(), self.memory)).expect("a task is plain data")
    }

    /// From [`Self::text`].
    ///
    /// # Errors
    /// It is none.
    pub fn read(text: &str) -> Result<Self, String> {
        let (grid, files, memory): (Grid, Option<Files>, Option<u64>) = serde_json::from_str(text).map_err(|error| error.to_string())?;
        Ok(Self::new(grid, Shelf::new(files), memory))
    }

    /// Cells of one group, ready to be trained.
    ///
    /// # Errors
    /// What is wrong with the data of their setting, or more memory than there is.
    pub fn prepare(&self, cells: &[usize]) -> Result<Work, String> {
        let group = groups(&self.grid, |cell| cells.contains(&cell)).pop().ok_or("these cells are none of the sweep's")?;
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        Work::prepare(&self.grid, group, &mut shelf, Compute::cpu().with_memory(self.memory)).map_err(|error| error.to_string())
    }

    /// Trains cells to their end, as a helper does. `goes_on` is told the share that is done, some times a second, and says whether to
    /// go on; nothing comes of cells that were left.
    pub async fn train(&self, cells: &[usize], clock: Clock, mut goes_on: impl FnMut(f64) -> bool) -> Option<Word> {
        let mut work = match self.prepare(cells) {
            Ok(work) => work,
            Err(text) => return Some(Word::Failed { text }),
        };
        work.set_clock(clock);
        while !work.advance(SLICE_SECONDS).await {
            if !goes_on(work.share_done()) {
                return None;
            }
        }
        Some(Word::Done { cells: Box::pin(work.outcomes()).await })
    }
}

/// What is heard of a helper.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "word", rename_all = "kebab-case")]
pub enum Word {
    /// It can begin.
    Ready,
    /// How much of its piece is done.
    Share {
        /// 0 to 1.
        share: f64,
    },
    /// Its piece is at its end.
    Done {
        /// What each cell gave.
        cells: Vec<(usize, Outcome)>,
    },
    /// Its piece cannot be trained, here or elsewhere.
    Failed {
        /// For people: what is wrong.
        text: String,
    },
    /// It has ended, and what it was at is lost; said by whoever held it.
    Died {
        /// For people: what is known of the cause.
        text: String,
    },
}

/// Helpers. Dropping it ends them all.
pub trait Crew {
    /// Begins a helper, which will say [`Word::Ready`] or [`Word::Died`].
    ///
    /// # Errors
    /// Why there is none, for people.
    fn hire(&mut self, helper: usize, task: &Task) -> Result<(), String>;

    /// Has a helper that is ready, and at nothing, train a piece.
    fn give(&mut self, helper: usize, cells: &[usize]);

    /// Ends one helper; nothing more is heard of it.
    fn end(&mut self, helper: usize);

    /// The next word of any of them.
    fn hear(&mut self) -> Option<(usize, Word)>;

    /// Ends all of them at once; nothing more is heard of them.
    fn dismiss(&mut self);
}
