//! A linear model beside a run, on the same tokens, to see what a network adds: fitted a step at a time between two slices of training.

use crate::baseline::{Fitting, Linear};
use crate::run::Run;

/// Products of one pass over a training set on which a linear model is fitted in a second or so…
const QUICK: usize = 3_000_000;

/// …and on which nobody fits it beside a run: a step would be heard in the answers to commands.
const MOST: usize = 40_000_000;

/// Bytes that it may take beside a run: a page keeps for good what it once had.
const MOST_BYTES: usize = 128 << 20;

/// How far the linear model of a run is.
#[derive(Default)]
pub(super) enum Beside {
    #[default]
    NotBegun,
    Fitting(Box<Fitting>),
    Fitted(Linear),
    /// It is not fitted.
    TooMuch,
}

impl Beside {
    /// Goes on by a step; whether there is nothing left to do.
    pub(super) fn go_on(&mut self, run: &Run) -> bool {
        *self = match std::mem::take(self) {
            Self::NotBegun if Linear::cost(&run.data) > MOST || Linear::bytes(&run.data) > MOST_BYTES => Self::TooMuch,
            Self::NotBegun => Self::Fitting(Box::new(Fitting::new(&run.data))),
            Self::Fitting(mut fitting) => {
                if fitting.go_on() {
                    Self::Fitted(fitting.model())
                } else {
                    Self::Fitting(fitting)
                }
            }
            over => over,
        };
        matches!(self, Self::Fitted(_) | Self::TooMuch)
    }

    /// The model, where it is fitted, or that does not take long.
    pub(super) fn fitted(&mut self, run: &Run) -> Option<&Linear> {
        while !takes_long(run) && !self.go_on(run) {}
        match self {
            Self::Fitted(linear) => Some(linear),
            _ => None,
        }
    }
}

/// Whether fitting one takes longer than people wait without a word.
pub(super) fn takes_long(run: &Run) -> bool {
    Linear::cost(&run.data) >= QUICK
}
