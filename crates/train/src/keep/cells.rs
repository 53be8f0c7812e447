//! What sweeps have trained, in two files beside the runs, so that after a reload only what is new is trained.
//!
//! It is worth the time that it took and no more: what is damaged is trained again, and runs come first where there is little room.

use super::keeper::{EVERY_SECONDS, Keeper, SHARE};
use super::place::Keep;
use crate::lab::Known;

/// Times that writing is tried while nothing new has come.
const TRIES: usize = 3;

/// The cells of the sweeps of a trainer.
#[derive(Default)]
pub(crate) struct Cells {
    /// Those of this trainer, and of others once they have been read.
    pub(crate) known: Known,
    /// Whether what is kept has been read.
    read: bool,
    /// Cells of this trainer that came, and those of them that are kept.
    came: usize,
    kept: usize,
    /// The turn in which the last of those came.
    turn: u64,
    /// The file that is written next: the other one is whole.
    slot: usize,
    /// When they are to be kept next.
    due: f64,
    /// Times that writing has failed since one came.
    failed: usize,
}

impl Cells {
    /// Takes in what is kept, once.
    pub(crate) async fn recall<K: Keep>(&mut self, keeper: &mut Keeper<K>) {
        if !std::mem::replace(&mut self.read, true) {
            self.take_in_kept(keeper).await;
        }
    }

    /// So many came that were not known.
    pub(crate) fn note(&mut self, new: usize) {
        self.came += new;
        self.failed = if new > 0 { 0 } else { self.failed };
    }

    /// In how many seconds they are to be kept, on the trainer's clock; none where nothing has come.
    pub(crate) fn wait<K: Keep>(&self, keeper: &Keeper<K>, now: f64) -> Option<f64> {
        (self.came > self.kept && self.failed < TRIES && keeper.is_usable()).then_some(self.due - now)
    }

    /// Whether all that came is kept.
    pub(crate) fn are_kept(&self) -> bool {
        self.came == self.kept
    }

    /// Keeps them, if that can be done.
    pub(crate) async fn keep<K: Keep>(&mut self, keeper: &mut Keeper<K>, clock: &dyn Fn() -> f64) {
        let began = clock();
        // Another tab may have kept more since.
        self.take_in_kept(keeper).await;
        if keeper.write_cells(self.slot, &self.known.to_bytes()).await {
            (self.kept, self.turn, self.slot) = (self.came, self.known.turn(), 1 - self.slot);
        } else {
            self.failed += 1;
        }
        let over = clock();
        self.due = over + (SHARE * (over - began)).max(EVERY_SECONDS);
    }

    /// Forgets them, here and where they are kept.
    pub(crate) async fn delete<K: Keep>(&mut self, keeper: &mut Keeper<K>) {
        *self = Self { read: true, ..Self::default() };
        keeper.remove_cells().await;
    }

    async fn take_in_kept<K: Keep>(&mut self, keeper: &mut Keeper<K>) {
        let files = keeper.read_cells().await;
        if self.kept > 0 && files.iter().all(Option::is_none) {
            // Somebody has deleted them in another tab: they do not come back from here.
            self.known.forget_until(self.turn);
            return;
        }
        for (slot, bytes) in files.into_iter().enumerate() {
            let whole = bytes.is_some_and(|bytes| self.known.take_in_bytes(&bytes));
            if !whole {
                self.slot = slot;
            }
        }
    }
}
