//! The only seam between the app and the trainer.

use basin_train::protocol::{Command, Event, Ticketed};

/// A trainer at the other end: a thread (desktop), a worker (browser), a script (tests).
pub trait TrainerLink {
    /// Sends a command; it never blocks.
    fn send(&mut self, command: Ticketed<Command>);

    /// The next event that has arrived, if any.
    fn poll(&mut self) -> Option<Ticketed<Event>>;

    /// For how many seconds the trainer has owed a sign of life; zero while it answers, and where it cannot vanish.
    fn silent_seconds(&self) -> f64 {
        0.0
    }

    /// Whether another trainer can take the place of one that does not answer.
    fn can_replace(&self) -> bool {
        true
    }

    /// Puts another trainer in the place of one that does not answer.
    fn replace(&mut self) {}
}
