//! What the trainer knows, and how it tells what happens.

use std::collections::VecDeque;

use super::encoding::Encoding;
use super::host::Host;
use super::time::{Pace, StopAt};
use crate::driver::Driver;
use crate::instruments::Survey;
use crate::keep::{Cells, Keep, Keeper};
use crate::lab::sweeping::Sweeping;
use crate::protocol::{Event, Phase, RunId, Ticketed};
use crate::report::{Budget, Progress, Side};

pub(super) struct Trainer<H, K> {
    pub(super) host: H,
    pub(super) keeper: Keeper<K>,
    pub(super) clock: Box<dyn Fn() -> f64>,
    /// Of the command that is carried out.
    pub(super) ticket: Option<u64>,
    pub(super) run: RunId,
    pub(super) driver: Option<Box<Driver>>,
    pub(super) phase: Phase,
    /// Training time and step at the last progress event.
    pub(super) told: (f64, usize),
    pub(super) budget: Budget,
    /// Seconds that the last measurement of sharpness took on each side.
    pub(super) sharpness_takes: [f64; 2],
    pub(super) next_side: Side,
    /// Landscapes that were asked for, oldest first, with their tickets.
    pub(super) surveys: VecDeque<(Option<u64>, Survey)>,
    /// The step that was asked for, with its ticket.
    pub(super) seeking: Option<(Option<u64>, usize)>,
    /// What waits for the vectors of an encoder.
    pub(super) encoding: Option<Box<Encoding>>,
    /// Cells of the sweeps so far.
    pub(super) cells: Cells,
    /// The sweep that was asked for, with its ticket.
    pub(super) sweep: Option<(Option<u64>, Box<Sweeping>)>,
    pub(super) pace: Pace,
    pub(super) stop_at: StopAt,
}

impl<H: Host, K: Keep> Trainer<H, K> {
    pub(super) fn tell_progress(&mut self) {
        let Some(driver) = &self.driver else { return };
        let (seconds, step) = (driver.seconds(), driver.steps_done());
        let (told_seconds, told_step) = self.told;
        let steps_per_second = if seconds > told_seconds { step.saturating_sub(told_step) as f64 / (seconds - told_seconds) } else { 0.0 };
        self.told = (seconds, step);
        let (first, furthest) = driver.past().into_inner();
        let progress =
            Progress { step, steps: driver.steps_planned(), first, furthest, taken: driver.steps_taken(), steps_per_second, seconds };
        self.tell(Event::Progress { run: self.run, progress });
    }

    pub(super) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.tell(Event::Phase { run: self.run, phase });
    }

    pub(super) fn fail(&mut self, text: &str) {
        self.tell(Event::Failed { run: self.run, text: text.to_owned() });
    }

    /// Tells what happened, because of the command that is carried out or without one.
    pub(super) fn tell(&mut self, message: Event) {
        self.host.emit(Ticketed { ticket: self.ticket, message });
    }

    /// Says that nothing more follows from a command.
    pub(super) fn close(&mut self, ticket: Option<u64>) {
        if ticket.is_some() {
            self.host.emit(Ticketed { ticket, message: Event::Done });
        }
    }
}
