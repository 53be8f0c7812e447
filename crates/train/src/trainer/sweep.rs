//! A sweep, in slices, for which the run waits.

use super::host::Host;
use super::state::Trainer;
use super::time::SLICE_SECONDS;
use crate::data::files::Files;
use crate::keep::Keep;
use crate::lab::grid::Grid;
use crate::lab::sweeping::Sweeping;
use crate::protocol::{Event, Phase, Ticketed};
use crate::run::Compute;

impl<H: Host, K: Keep> Trainer<H, K> {
    /// Begins a sweep, for which the run waits.
    pub(super) fn sweep(&mut self, grid: Grid, files: Option<Files>, level: bool) {
        let compute = Compute::cpu().with_memory(self.host.memory());
        let files = self.files_of(&grid.experiment, files);
        let sweeping = match files.and_then(|files| Sweeping::new(grid, files, level, compute)) {
            Ok(sweeping) => sweeping,
            Err(text) => return self.fail(&text),
        };
        self.forget_sweep();
        if self.phase == Phase::Running {
            self.tell_progress();
            self.enter(Phase::Paused);
        }
        self.tell(Event::Sweeping { grid: Box::new(sweeping.grid().clone()) });
        self.sweep = Some((self.ticket.take(), Box::new(sweeping)));
    }

    /// Goes on with the sweep for a moment, while the run does not train.
    pub(super) async fn sweep_a_slice(&mut self) {
        if self.phase == Phase::Running {
            return;
        }
        let Some((ticket, sweeping)) = &mut self.sweep else { return };
        let (ticket, host) = (*ticket, &self.host);
        let percent = |sweeping: &Sweeping| (100.0 * sweeping.share_done()) as u32;
        let before = percent(sweeping);
        let gone_on = Box::pin(sweeping.go_on(SLICE_SECONDS, || host.clock())).await;
        let share = sweeping.share_done();
        let news = gone_on.as_ref().map_or(true, |cells| !cells.is_empty());
        let over = gone_on.is_err() || sweeping.is_over();
        let moved = percent(sweeping) > before;
        let message = match gone_on {
            Ok(cells) => Event::Swept { cells, share },
            Err(text) => Event::Failed { run: self.run, text },
        };
        if news || moved {
            self.host.emit(Ticketed { ticket, message });
        }
        if over {
            self.forget_sweep();
        }
    }

    /// Ends the sweep that is under way.
    pub(super) fn forget_sweep(&mut self) {
        if let Some((ticket, _)) = self.sweep.take() {
            self.close(ticket);
        }
    }
}
