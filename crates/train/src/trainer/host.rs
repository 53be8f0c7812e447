//! What a trainer needs from its platform.

use crate::cores::Cores;
use crate::data::encoder::Vector;
use crate::data::files::Files;
use crate::lab::crew::Crew;
use crate::protocol::{Command, EncoderOffer, Event, Ticketed};

/// What the trainer needs from its platform.
#[expect(async_fn_in_trait, reason = "one trainer runs on one thread, so its future need not be Send")]
pub trait Host {
    /// The next command, if one has arrived.
    fn poll(&mut self) -> Option<Ticketed<Command>>;
    /// Tells what happened.
    fn emit(&mut self, event: Ticketed<Event>);
    /// The platform's clock: a function to seconds since some moment, never going back.
    fn clock(&self) -> Box<dyn Fn() -> f64>;
    /// Lets the platform do its work, and rests where there is nothing to do.
    async fn give_turn(&mut self, rest: Rest);
    /// Bytes that a run may take on the CPU, where the platform knows.
    fn memory(&self) -> Option<u64>;
    /// Threads that the lanes of a run may take on the CPU.
    fn cores(&self) -> usize {
        1
    }
    /// Cores that a sweep may take.
    fn cores_for_sweeps(&self) -> Cores {
        Cores::default()
    }
    /// Who trains a sweep's cells, where there is anybody beside the trainer.
    fn crew(&mut self) -> Option<Box<dyn Crew>> {
        None
    }
    /// Names of the data sets at hand.
    fn library(&self) -> Vec<String>;
    /// The files of one of them.
    ///
    /// # Errors
    /// Why it cannot be read, for people.
    fn read_library(&mut self, name: &str) -> Result<Files, String>;
    /// What is to be known of the encoder that runs of the model `sentence` need, before there is one.
    fn encoder_offer(&self) -> Option<EncoderOffer> {
        None
    }
    /// Fetches that encoder where it is not here: says how far it is, and goes on.
    fn fetch_encoder(&mut self) -> Fetched {
        Fetched::Here
    }
    /// Leaves off fetching it.
    fn stop_fetching(&mut self) {}
    /// Who encodes so many texts beside the trainer, where that is worth while.
    fn encoders(&mut self, _texts: usize) -> Option<Box<dyn Encoders>> {
        None
    }
}

/// Helpers that encode texts, each with the encoder in a memory of its own. What one of them does not give the trainer makes itself, so
/// that it may end at any time. Dropping it ends them all.
pub trait Encoders {
    /// Whether one of them has nothing to do.
    fn one_is_free(&self) -> bool;

    /// Has that one encode some texts; `number` is by which [`Self::hear`] tells of them.
    fn give(&mut self, number: usize, texts: &[&str]);

    /// The vectors of some texts that were given, in their order.
    fn hear(&mut self) -> Option<(usize, Vec<Vector>)>;
}

/// How far an encoder is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// It can be opened, or what opens it says why not.
    Here,
    /// On its way.
    Coming {
        /// Bytes that have arrived.
        bytes: u64,
        /// All of them.
        of: u64,
    },
    /// It cannot be had: why, for people.
    Failed(String),
}

/// How long the trainer has nothing to do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rest {
    /// No time at all.
    Not,
    /// So many seconds, or until a command comes.
    For(f64),
    /// Until a command comes.
    UntilCommand,
}

impl Rest {
    /// No longer than so many seconds.
    pub(super) fn at_most(self, seconds: f64) -> Self {
        match self {
            Self::Not => Self::Not,
            Self::For(rest) => Self::For(rest.min(seconds)),
            Self::UntilCommand => Self::For(seconds),
        }
    }
}
