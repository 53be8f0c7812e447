//! How fast a run is seen, and where it pauses by itself.

use crate::report::{LaneMeasurement, Measurement};
use crate::stats::Spread;

/// Longest time between two looks at the commands, while training.
pub(super) const SLICE_SECONDS: f64 = 0.03;

/// Steps a second up to which each one is measured.
const SLOW: f64 = 4.0;

/// How fast somebody wants to see it.
#[derive(Default)]
pub(super) struct Pace {
    pub(super) steps_per_second: Option<f64>,
    /// When the next step is to be taken.
    pub(super) due: f64,
}

impl Pace {
    /// How many steps may be taken now, none of them later than asked for; or how long there is to wait.
    pub(super) fn allow(&mut self, now: f64) -> Result<usize, f64> {
        let Some(pace) = self.steps_per_second else { return Ok(usize::MAX) };
        if self.due > now {
            return Err(self.due - now);
        }
        // What was missed while something else went on is not made up for.
        self.due = self.due.max(now - SLICE_SECONDS);
        let steps = 1 + ((now - self.due) * pace) as usize;
        self.due += steps as f64 / pace;
        Ok(steps)
    }

    /// Whether each single step is to be seen on the curves.
    pub(super) fn shows_each(&self) -> bool {
        self.steps_per_second.is_some_and(|pace| pace <= SLOW)
    }
}

/// Where somebody wants it to pause.
#[derive(Default)]
pub(super) struct StopAt {
    pub(super) step: Option<usize>,
    pub(super) fall: Option<f64>,
    /// At the next measurement.
    pub(super) measurement: bool,
    /// The best mean test accuracy of each lane so far.
    pub(super) best: Vec<f64>,
    /// For how many measurements it has been below that by as much as is asked for.
    pub(super) below: Vec<usize>,
}

/// Measurements in which a lane has to be low: the first ones of a run go up and down.
const LASTS: usize = 2;

impl StopAt {
    /// The lane that has fallen and stays down, with its best accuracy and the one now. Members that diverged have no part.
    pub(super) fn fallen(&mut self, measurement: &Measurement) -> Option<(usize, [f64; 2])> {
        let mean = |lane: &LaneMeasurement| Spread::of(&lane.test_accuracy).map_or(f64::NAN, |spread| spread.mean);
        let now: Vec<f64> = measurement.lanes.iter().map(mean).collect();
        self.best.resize(now.len(), f64::NEG_INFINITY);
        self.best.iter_mut().zip(&now).for_each(|(best, now)| *best = best.max(*now));
        let fall = self.fall?;
        self.below.resize(now.len(), 0);
        for ((below, now), best) in self.below.iter_mut().zip(&now).zip(&self.best) {
            *below = if best - now >= fall { *below + 1 } else { 0 };
        }
        let lane = self.below.iter().position(|below| *below >= LASTS)?;
        Some((lane, [self.best[lane], now[lane]]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_allows_what_is_due() {
        let mut pace = Pace { steps_per_second: Some(8.0), due: 5.0 };
        // Due at 5 s: one at once, and the next an eighth of a second later.
        assert_eq!((pace.allow(5.0), pace.allow(5.0625)), (Ok(1), Err(0.0625)));
        // What was missed is not made up for.
        assert_eq!((pace.allow(60.0), pace.allow(60.0).is_err()), (Ok(1), true));
        // A thousand a second: those of the last slice, 30 ms, and one.
        let mut pace = Pace { steps_per_second: Some(1000.0), due: 0.0 };
        assert!(pace.allow(1.0).is_ok_and(|steps| (30..=31).contains(&steps)));
        assert_eq!(Pace::default().allow(1.0), Ok(usize::MAX));
    }

    #[test]
    fn a_lane_falls_from_its_own_best() {
        let measurement = |accuracies: [&[f64]; 2]| Measurement {
            lanes: accuracies.map(|of| LaneMeasurement { test_accuracy: of.to_vec(), ..LaneMeasurement::default() }).to_vec(),
            ..Measurement::default()
        };
        let mut stop = StopAt { fall: Some(0.125), ..StopAt::default() };
        // Means 0.5 and 0.75; then 0.5 and 0.6875, a sixteenth below; then 0.25 of the member that is left: half below 0.75.
        assert_eq!(stop.fallen(&measurement([&[0.25, 0.75], &[0.75, 0.75]])), None);
        assert_eq!(stop.fallen(&measurement([&[0.5, 0.5], &[0.625, 0.75]])), None);
        assert_eq!(stop.fallen(&measurement([&[0.5, 0.5], &[0.25, f64::NAN]])), None, "it may be a wobble");
        assert_eq!(stop.fallen(&measurement([&[0.5, 0.5], &[0.75, f64::NAN]])), None, "it was one");
        assert_eq!(stop.fallen(&measurement([&[0.5, 0.5], &[0.5, f64::NAN]])), None);
        assert_eq!(stop.fallen(&measurement([&[0.5, 0.5], &[0.25, f64::NAN]])), Some((1, [0.75, 0.25])), "a second one below");
    }
}
