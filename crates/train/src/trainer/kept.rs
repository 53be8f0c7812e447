//! When the run is kept, so that it outlives the trainer.

use super::host::Host;
use super::state::Trainer;
use crate::instruments::past::Past;
use crate::keep::Keep;
use crate::lost::unless_lost;
use crate::protocol::{Event, Phase};
use crate::report::{Measurement, Summary};
use crate::run::checkpoint::Saved;
use crate::run::{Compute, RunError};

/// Bytes of a run that whoever holds the trainer is asked to hold, where there is no other place.
const MOST_HELD: usize = 64 << 20;

/// What a saved run has trained and measured.
fn shown(bytes: &[u8]) -> Result<(Box<Summary>, Vec<Measurement>), RunError> {
    let saved = Saved::read(bytes)?;
    let past = Past::read(&saved)?;
    Ok((Box::new(saved.summary(&Compute::cpu())), past.into_measurements()))
}

impl<H: Host, K: Keep> Trainer<H, K> {
    /// Tells which runs are kept.
    pub(super) fn tell_kept(&mut self) {
        let (runs, open) = self.keeper.runs();
        let swept = self.keeper.keeps_cells().then(|| self.cells.are_kept());
        self.tell(Event::Kept { runs, open, swept });
    }

    /// Tells what a kept run has shown.
    pub(super) async fn compare_kept(&mut self, number: u64) {
        let told = match self.keeper.read(number).await {
            Ok(bytes) => shown(&bytes).map_err(|error| error.to_string()),
            Err(text) => Err(text),
        };
        match told {
            Ok((summary, measurements)) => self.tell(Event::Compared { kept: number, summary, measurements }),
            Err(text) => self.fail(&text),
        }
    }

    /// Keeps the cells of sweeps, if that is due; in how many seconds it will be, if there are new ones.
    pub(super) async fn keep_cells_when_due(&mut self) -> Option<f64> {
        let wait = self.cells.wait(&self.keeper, (self.clock)())?;
        if wait > 0.0 {
            return Some(wait);
        }
        self.keep_cells().await;
        None
    }

    /// Keeps the cells of sweeps, if there are new ones.
    pub(super) async fn keep_cells(&mut self) {
        if self.cells.wait(&self.keeper, 0.0).is_some() {
            self.cells.keep(&mut self.keeper, &*self.clock).await;
            self.tell_kept();
        }
    }

    /// Keeps the run, if that is due; in how many seconds it will be, if it has changed since.
    pub(super) async fn keep_when_due(&mut self) -> Option<f64> {
        let running = self.phase == Phase::Running;
        let driver = self.driver.as_ref().filter(|_| self.seeking.is_none())?;
        let wait = self.keeper.wait(driver, running, (self.clock)())?;
        if wait > 0.0 {
            return Some(wait);
        }
        self.keep(running).await;
        None
    }

    pub(super) async fn keep(&mut self, running: bool) {
        let Some(driver) = &mut self.driver else { return };
        let held = self.keeper.keep(driver, running, &*self.clock).await;
        // Others may have gone for it, even in vain.
        self.tell_kept();
        if let Some(bytes) = held.filter(|bytes| bytes.len() <= MOST_HELD) {
            self.tell(Event::Snapshot { run: self.run, bytes });
        }
        if let Some(text) = self.keeper.take_trouble() {
            self.tell(Event::Note { run: self.run, text });
        }
    }

    /// Keeps the run before it ends, as one that waits.
    pub(super) async fn keep_at_its_end(&mut self) {
        if self.driver.as_ref().is_some_and(|driver| self.keeper.is_worth(driver, (self.clock)())) {
            // What is left of one whose device is gone has been kept before.
            let _ = unless_lost(self.keep(false)).await;
        }
    }
}
