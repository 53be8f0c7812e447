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
    /// The turn up to which what came is kept.
    kept: u64,
    /// Whether something was kept at the last look.
    there: bool,
    /// The file that is written next: the other one is whole.
    slot: usize,
    /// When they are to be kept next.
    due: f64,
    /// The turn that was last tried in vain, and how often.
    failed: (u64, usize),
}

impl Cells {
    /// Takes in what is kept, once.
    pub(crate) async fn recall<K: Keep>(&mut self, keeper: &mut Keeper<K>) {
        if !std::mem::replace(&mut self.read, true) {
            self.take_in_kept(keeper).await;
        }
    }

    /// In how many seconds they are to be kept, on the trainer's clock; none where nothing has come.
    pub(crate) fn wait<K: Keep>(&self, keeper: &Keeper<K>, now: f64) -> Option<f64> {
        let given_up = self.failed.0 == self.known.turn() && self.failed.1 >= TRIES;
        (!self.are_kept() && !given_up && keeper.is_usable()).then_some(self.due - now)
    }

    /// Whether all that came is kept.
    pub(crate) fn are_kept(&self) -> bool {
        self.known.turn() == self.kept
    }

    /// Keeps them, if that can be done.
    pub(crate) async fn keep<K: Keep>(&mut self, keeper: &mut Keeper<K>, clock: &dyn Fn() -> f64) {
        let began = clock();
        // Another tab may have kept more since.
        self.take_in_kept(keeper).await;
        if keeper.write_cells(self.slot, &self.known.to_bytes()).await {
            (self.kept, self.there, self.slot) = (self.known.turn(), true, 1 - self.slot);
        } else {
            let (turn, times) = self.failed;
            self.failed = (self.known.turn(), if turn == self.known.turn() { times + 1 } else { 1 });
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
        let there = files.iter().any(Option::is_some);
        let gave_up = keeper.take_gave_up_cells();
        if std::mem::replace(&mut self.there, there) && !there && !gave_up {
            // Somebody has deleted them in another tab: they do not come back from here, neither what was kept nor what was read.
            self.known.forget_until(self.kept);
        }
        for (slot, bytes) in files.into_iter().enumerate() {
            let whole = bytes.is_some_and(|bytes| self.known.take_in_bytes(&bytes));
            if !whole {
                self.slot = slot;
            }
        }
    }
}
