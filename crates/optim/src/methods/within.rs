//! A method in a part of the run only, and plain steps in the rest: late SAM, or a plain start.
//!
//! Source: late SAM, Zhou et al. 2024, arXiv:2410.10373: SAM in the last part of training finds nearly what SAM all along does. A
//! plain start is the remedy where a climb undoes the first steps (arXiv:2509.21818).

use super::sgd::Sgd;
use super::step::{Context, Method, StepReport, Time};
use crate::population::{Objective, Weights};

/// A moment of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Moment {
    /// When this share of the steps is done that were planned at first.
    Share(f64),
    /// When so many steps are done.
    Step(usize),
}

impl Moment {
    fn step(self, planned: usize) -> usize {
        match self {
            Self::Share(share) => (share * planned as f64).ceil() as usize,
            Self::Step(step) => step,
        }
    }
}

/// `method` from one moment until another, which counts its steps from there; SGD before and after. Cost: that of the one whose
/// step it is.
pub struct Within {
    /// What climbs.
    pub method: Box<dyn Method>,
    /// Its first step.
    pub from: Moment,
    /// The first step that is plain again; none where it goes on.
    pub until: Option<Moment>,
}

impl Method for Within {
    fn slots(&self) -> &'static [&'static str] {
        self.method.slots()
    }

    fn radius_factor(&self, rate_fraction: f64) -> f64 {
        self.method.radius_factor(rate_fraction)
    }

    fn step(&self, w: &Weights, objective: &dyn Objective, cx: &mut Context<'_>) -> StepReport {
        let Time { done, planned } = cx.time;
        let from = self.from.step(planned);
        if done < from || self.until.is_some_and(|until| done >= until.step(planned)) {
            return Sgd.step(w, objective, cx);
        }
        cx.time = Time { done: done - from, planned: planned.saturating_sub(from).max(1) };
        self.method.step(w, objective, cx)
    }
}
