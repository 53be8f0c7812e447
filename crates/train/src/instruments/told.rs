//! What a run has been measured to be so far: its curves and its sharpness, for whoever comes later.

use crate::memory;
use crate::report::{Measurement, Sharpness, thin};

/// The measurements of a run, by their steps. When there is no room for more, every second one is forgotten.
#[derive(Clone, Default)]
pub(crate) struct Told {
    pub(super) measurements: Vec<Measurement>,
    pub(super) sharpness: Vec<Sharpness>,
    /// How many of each are remembered.
    pub(super) most: [usize; 2],
    /// Measurements that were forgotten.
    pub(super) forgotten: usize,
}

impl Told {
    /// For a run of so many lanes and members.
    pub(crate) fn new(lanes: usize, members: usize) -> Self {
        Self { most: [memory::most_measurements(lanes, members), memory::most_sharpness(lanes, members)], ..Self::default() }
    }

    /// All that is remembered.
    pub(crate) fn all(&self) -> (&[Measurement], &[Sharpness]) {
        (&self.measurements, &self.sharpness)
    }

    /// Remembers a measurement. A step that was gone back to measures what it did the first time.
    pub(crate) fn measured(&mut self, measurement: &Measurement) {
        if let Err(place) = self.measurements.binary_search_by_key(&measurement.step, |before| before.step) {
            self.measurements.insert(place, measurement.clone());
            let before = self.measurements.len();
            thin(&mut self.measurements, self.most[0]);
            self.forgotten += before - self.measurements.len();
        }
    }

    /// Remembers a measurement of sharpness.
    pub(crate) fn measured_sharpness(&mut self, sharpness: &Sharpness) {
        self.forgotten += sharpness.clone().put_within(&mut self.sharpness, self.most[1]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Side;

    #[test]
    fn a_long_run_remembers_its_first_and_its_last_measurements() {
        let mut told = Told { most: [8, 8], ..Told::default() };
        for step in 0..100 {
            told.measured(&Measurement { step, ..Measurement::default() });
            for side in [Side::Train, Side::HeldOut] {
                told.measured_sharpness(&Sharpness { step, side, examples: 1, seconds: 0.0, lanes: Vec::new() });
            }
        }
        told.measured(&Measurement { step: 50, ..Measurement::default() });
        let steps: Vec<usize> = told.measurements.iter().map(|measurement| measurement.step).collect();
        assert!((4..=8).contains(&steps.len()) && steps.is_sorted() && steps[0] == 0 && steps.contains(&99), "{steps:?}");
        for side in [Side::Train, Side::HeldOut] {
            let steps: Vec<usize> = told.sharpness.iter().filter(|one| one.side == side).map(|one| one.step).collect();
            assert!(steps.len() >= 2 && steps[0] == 0 && steps.last() == Some(&99), "{side:?}: {steps:?}");
        }
        assert!(told.sharpness.len() <= 9 && told.forgotten > 150, "{} of sharpness, {} forgotten", told.sharpness.len(), told.forgotten);
    }
}
