//! Which step a run is at, and how its learning rate falls over the planned ones.

use std::ops::Range;

use basin_optim::methods::Time;

use super::error::RunError;
use crate::brief::counted;
use crate::experiment::{Schedule, within};

/// Steps of a run, at most: ten thousand epochs of two hundred thousand examples one by one.
pub(crate) const MOST_STEPS: usize = 2_000_000_000;

/// The steps of a run.
#[derive(Clone, Debug)]
pub(crate) struct Steps {
    pub(crate) done: usize,
    /// Where the plans end, ascending: the first one, and one for each time that the run was extended. The schedule of the
    /// learning rate begins anew after each.
    ends: Vec<usize>,
    /// Of an epoch.
    pub(crate) epoch: usize,
    /// As planned at first.
    epochs: usize,
}

impl Steps {
    /// `epochs` of `epoch` steps each, none of them done.
    pub(crate) fn new(epoch: usize, epochs: usize) -> Self {
        Self { done: 0, ends: vec![epoch.saturating_mul(epochs)], epoch, epochs }
    }

    /// The same run where `done` steps are done, and its plans end at `ends`.
    pub(crate) fn at(&self, done: usize, ends: Vec<usize>) -> Self {
        Self { done, ends, ..*self }
    }

    pub(crate) fn ends(&self) -> &[usize] {
        &self.ends
    }

    /// The last planned step.
    pub(crate) fn planned(&self) -> usize {
        *self.ends.last().expect("there is a plan")
    }

    /// Where the next step stands among those that were planned at first: what comes after them changes no step before.
    pub(crate) fn time(&self) -> Time {
        Time { done: self.done, planned: self.ends[0] }
    }

    /// Whether the planned end is reached.
    pub(crate) fn over(&self) -> bool {
        self.done >= self.planned()
    }

    /// The steps over which the learning rate of the next one follows its schedule. After the planned end those are as many
    /// epochs again.
    fn schedule(&self) -> Range<usize> {
        let plan = self.ends.partition_point(|end| *end <= self.done);
        let start = plan.checked_sub(1).map_or(0, |before| self.ends[before]);
        start..self.ends.get(plan).copied().unwrap_or(start + self.epoch * self.epochs)
    }

    /// The learning rate of the next step over the highest. It rises evenly over a share `warm_up` of the steps that were planned at
    /// first, and then follows the schedule.
    pub(crate) fn rate_fraction(&self, schedule: Schedule, warm_up: f64) -> f64 {
        let steps = self.schedule();
        let rising = if steps.start == 0 { (warm_up * steps.len() as f64).round() as usize } else { 0 };
        let step = self.done - steps.start;
        if step < rising {
            return (step + 1) as f64 / (rising + 1) as f64;
        }
        match schedule {
            Schedule::Constant => 1.0,
            Schedule::Cosine => cosine(step - rising, steps.len() - rising),
        }
    }

    /// One more is done. Beyond the planned end it is the first of as many epochs again.
    pub(crate) fn advance(&mut self) {
        if self.over() {
            self.ends.push(self.schedule().end);
        }
        self.done += 1;
    }

    /// Plans `epochs` more from the planned end on, or as many again as the run had at first. The schedule of the learning
    /// rate begins again there: a warm restart (SGDR, arXiv:1608.03983), for at the end of a cosine it is zero and nothing
    /// would move. Says so in a sentence.
    ///
    /// # Errors
    /// If the run is not at its planned end, or the number is out of bounds.
    pub(crate) fn extend(&mut self, epochs: Option<usize>, schedule: Schedule) -> Result<String, RunError> {
        within("more epochs", epochs.unwrap_or(1), 1, 10_000)?;
        if !self.over() {
            let (done, planned) = (self.done, self.planned());
            return Err(RunError::Extension(format!("the run has done {done} of {planned} planned steps: let it reach its end first")));
        }
        let epochs = epochs.unwrap_or(self.epochs);
        let more = self.epoch * epochs;
        let planned = self.planned().checked_add(more).filter(|steps| *steps <= MOST_STEPS);
        self.ends.push(planned.ok_or_else(|| RunError::Extension(format!("a run has {MOST_STEPS} steps at most: start a new one")))?);
        let rate = match schedule {
            Schedule::Constant => "the learning rate stays as it is",
            Schedule::Cosine => "the learning rate starts again at its first value and falls to zero (a warm restart)",
        };
        Ok(format!("{}, {}: {rate}.", counted(epochs, "more epoch"), counted(more, "step")))
    }
}

/// Half a cosine from 1 at the first step to 0 after the last.
fn cosine(step: usize, steps: usize) -> f64 {
    f64::midpoint(1.0, (std::f64::consts::PI * step as f64 / steps as f64).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_falls_to_zero_and_begins_anew_after_the_end() {
        let mut steps = Steps::new(2, 2);
        let mut rates = Vec::new();
        for _ in 0..6 {
            rates.push(steps.rate_fraction(Schedule::Cosine, 0.0));
            steps.advance();
        }
        // (1 + cos(π t/4))/2 at t = 0, 1, 2, 3, and again from the fifth step on.
        let expected = [1.0, 0.853_553_390_593_273_8, 0.5, 0.146_446_609_406_726_24, 1.0, 0.853_553_390_593_273_8];
        assert!(rates.iter().zip(expected).all(|(rate, expected)| (rate - expected).abs() < 1e-12), "{rates:?}");
        assert_eq!((steps.done, steps.planned(), steps.ends()), (6, 8, &[4, 8][..]));
        // The rate of a step is the same whatever came after it.
        let back = steps.at(1, steps.ends().to_vec());
        assert_eq!(back.rate_fraction(Schedule::Cosine, 0.0).to_bits(), rates[1].to_bits());
    }

    #[test]
    fn the_rate_rises_before_it_falls_and_at_the_start_alone() {
        let mut steps = Steps::new(5, 1);
        let mut rates = Vec::new();
        for _ in 0..6 {
            rates.push(steps.rate_fraction(Schedule::Cosine, 0.4));
            steps.advance();
        }
        // Two steps of a third each, and (1 + cos(π t/3))/2; the sixth is the first of another plan.
        let expected = [1.0 / 3.0, 2.0 / 3.0, 1.0, 0.75, 0.25, 1.0];
        assert!(rates.iter().zip(expected).all(|(rate, expected)| (rate - expected).abs() < 1e-12), "{rates:?}");
        assert!((Steps::new(5, 1).rate_fraction(Schedule::Constant, 0.4) - 1.0 / 3.0).abs() < 1e-12);
    }
}
