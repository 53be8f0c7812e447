//! Any past step of a run, to the same bits: snapshots now and then, and replay from the nearest one before.
//!
//! A run is deterministic, so its past need not be kept, only places to begin from. (On a GPU sums may be added in another
//! order the second time; there a step comes back to rounding.)

use super::lane::{Lane, LaneState};
use super::lockstep::Run;
use crate::memory;

/// What a step begins from.
pub(crate) struct Snapshot {
    step: usize,
    lanes: Vec<LaneState>,
}

/// The snapshots of a run, oldest first; fewer of them the larger they are.
pub(crate) struct History {
    snapshots: Vec<Snapshot>,
    most: usize,
}

impl History {
    /// Of a run from its first step, which can be made anew, and from where it is now.
    pub(crate) fn new(run: &Run) -> Self {
        let bytes = run.lanes.iter().map(Lane::bytes).sum();
        let most = memory::snapshots(bytes) as usize;
        let mut snapshots = vec![Snapshot::of(run)];
        if most > 1 && run.steps.done > 0 {
            snapshots.insert(0, Snapshot { step: 0, lanes: run.first() });
        }
        Self { snapshots, most }
    }

    /// The first step that can be had again.
    pub(crate) fn first(&self) -> usize {
        self.snapshots[0].step
    }

    /// Keeps the run as it is, if there is room and it is further than before. When there is none, every second snapshot but
    /// the first is forgotten.
    pub(crate) fn keep(&mut self, run: &Run) {
        if self.most < 2 || self.snapshots.last().is_some_and(|last| last.step >= run.steps.done) {
            return;
        }
        if self.snapshots.len() == self.most {
            let mut place = 0;
            self.snapshots.retain(|_| {
                place += 1;
                place % 2 == 1
            });
        }
        self.snapshots.push(Snapshot::of(run));
    }

    /// Puts the run to the nearest step from which `step` can be reached: itself, where that is nearer than any snapshot.
    pub(crate) fn nearest(&self, run: &mut Run, step: usize) {
        let before = self.snapshots.iter().rev().find(|snapshot| snapshot.step <= step).unwrap_or(&self.snapshots[0]);
        if run.steps.done > step || run.steps.done < before.step {
            run.go_to(before.step, &before.lanes);
        }
    }
}

impl Snapshot {
    /// Cost: no numbers are copied; the next step writes its own beside them.
    fn of(run: &Run) -> Self {
        Self { step: run.steps.done, lanes: run.lanes.iter().map(Lane::snapshot).collect() }
    }
}
