//! A linear model beside a run, on the same tokens, to see what a network adds: fitted a step at a time between two slices of training.

use crate::baseline::{Fitting, Linear};
use crate::run::Run;

/// Products of one pass over a training set on which a linear model is fitted in a second or so.
const QUICK: usize = 3_000_000;

/// How far the linear model of a run is.
#[derive(Default)]
pub(super) enum Beside {
    #[default]
    NotBegun,
    Fitting(Box<Fitting>),
    Fitted(Linear),
    /// Nobody waits for it.
    TakesLong,
}

impl Beside {
    /// Goes on by a step; whether there is nothing left to do.
    pub(super) fn go_on(&mut self, run: &Run) -> bool {
        *self = match std::mem::take(self) {
            Self::NotBegun if takes_long(run) => Self::TakesLong,
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
        matches!(self, Self::Fitted(_) | Self::TakesLong)
    }

    /// The model, where fitting it does not take long.
    pub(super) fn fitted(&mut self, run: &Run) -> Option<&Linear> {
        while !self.go_on(run) {}
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
