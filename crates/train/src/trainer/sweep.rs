//! A sweep, for which the run waits.

use super::host::Host;
use super::state::Trainer;
use super::time::SLICE_SECONDS;
use crate::data::files::Files;
use crate::keep::Keep;
use crate::lab::grid::Grid;
use crate::lab::sweeping::{News, Sweeping};
use crate::protocol::{Event, Phase, Ticketed};
use crate::run::Compute;

impl<H: Host, K: Keep> Trainer<H, K> {
    /// Begins a sweep, for which the run waits, on so many cores or as many as are advised.
    pub(super) async fn sweep(&mut self, grid: Grid, files: Option<Files>, level: bool, cores: Option<usize>) {
        let compute = Compute::cpu().with_memory(self.host.memory());
        let cores = self.host.cores_for_sweeps().taken(cores);
        let files = self.files_of(&grid.experiment, files);
        self.cells.recall(&mut self.keeper).await;
        // The vectors of an encoder are here alone.
        let crew = if grid.experiment.model.kind.learns_from_vectors() { None } else { self.host.crew() };
        let sweeping = match files.and_then(|files| Sweeping::new(grid, files, level, &self.cells.known, &compute, crew, cores)) {
            Ok(sweeping) => sweeping,
            Err(text) => return self.fail(&text),
        };
        self.forget_sweep();
        if self.phase == Phase::Running {
            self.tell_progress();
            self.enter(Phase::Paused);
        }
        let grid = Box::new(sweeping.grid().clone());
        self.tell(Event::Sweeping { grid, cores: sweeping.cores(), memory: sweeping.memory() });
        self.sweep = Some((self.ticket.take(), Box::new(sweeping)));
    }

    /// Whether a sweep is trained here now, by nobody else.
    pub(super) fn sweeps_here(&self) -> bool {
        self.phase != Phase::Running && self.sweep.as_ref().is_some_and(|(_, sweeping)| !sweeping.is_helped())
    }

    /// Goes on with the sweep for a moment; while the run trains, nothing of it begins.
    pub(super) async fn sweep_a_slice(&mut self) {
        let (waits, now) = (self.phase == Phase::Running, (self.clock)());
        let Some((ticket, sweeping)) = &mut self.sweep else { return };
        let (ticket, run, host) = (*ticket, self.run, &self.host);
        let percent = |sweeping: &Sweeping| (100.0 * sweeping.share_done()) as u32;
        let before = percent(sweeping);
        let gone_on = Box::pin(sweeping.go_on(waits, now, SLICE_SECONDS, || host.clock())).await;
        let (share, moved) = (sweeping.share_done(), percent(sweeping) > before);
        let over = gone_on.is_err() || sweeping.is_over();
        let mut messages = Vec::new();
        match gone_on {
            Ok(News { cells, notes, failures }) => {
                sweeping.note_in(&mut self.cells.known, &cells);
                if moved || !cells.is_empty() {
                    messages.push(Event::Swept { cells, share });
                }
                messages.extend(notes.into_iter().map(|text| Event::Note { run, text }));
                messages.extend(failures.into_iter().map(|text| Event::Failed { run, text }));
            }
            Err(text) => messages.push(Event::Failed { run, text }),
        }
        for message in messages {
            self.host.emit(Ticketed { ticket, message });
        }
        if over {
            self.forget_sweep();
        }
        if over {
            self.keep_cells().await;
        }
    }

    /// Ends the sweep that is under way, and its helpers with it.
    pub(super) fn forget_sweep(&mut self) {
        if let Some((ticket, _)) = self.sweep.take() {
            self.close(ticket);
        }
    }
}
