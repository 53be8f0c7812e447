//! The only seam between the picture and the trainer.

use basin_train::protocol::{Command, Event};

/// A trainer at the other end: a thread (desktop), a worker (browser), a script (tests).
pub trait TrainerLink {
    /// Sends a command; it never blocks.
    fn send(&mut self, command: Command);
    /// The next event that has arrived, if any.
    fn poll(&mut self) -> Option<Event>;
}
