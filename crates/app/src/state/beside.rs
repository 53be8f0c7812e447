//! The run that is shown beside the run before: which lanes belong together, and what their difference is worth.
//!
//! Elsewhere: what is known of each (`run.rs`), the test behind a verdict (`basin_train::stats`), its words (`panels/beside.rs`).

use std::mem::discriminant;

use basin_train::report::Summary;
use basin_train::stats::{Comparison, Difference, Spread, judge};

use super::run::{Before, LaneSeries, Run};

/// A lane in its place.
type Placed<'a> = (usize, &'a LaneSeries);

/// A lane in both runs: test accuracies, of the run before those at its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// Its place in the run that is shown.
    pub lane: usize,
    /// Its place in the run before.
    pub other: usize,
    /// Over the members of the run that is shown.
    pub here: Spread,
    /// Over those of the run before.
    pub before: Spread,
    /// The first minus the second, judged together with all other lanes.
    pub comparison: Comparison,
}

/// For each lane of a run the one of another that belongs to it, which belongs to no second one: the same in every knob, or else of the
/// same name, or else of the same method in the same place.
pub fn partners(here: &[LaneSeries], there: &[LaneSeries]) -> Vec<Option<usize>> {
    let alike: [fn(Placed<'_>, Placed<'_>) -> bool; 3] = [
        |(_, a), (_, b)| a.config == b.config,
        |(_, a), (_, b)| a.title == b.title,
        |(i, a), (k, b)| i == k && discriminant(&a.config.method) == discriminant(&b.config.method),
    ];
    let mut partners = vec![None; here.len()];
    for alike in alike {
        for (i, lane) in here.iter().enumerate() {
            if partners[i].is_none() {
                let mut others = there.iter().enumerate();
                let found = others.find(|(k, other)| !partners.contains(&Some(*k)) && alike((i, lane), (*k, other)));
                partners[i] = found.map(|(k, _)| k);
            }
        }
    }
    partners
}

impl Run {
    /// Whether its members have the seeds of those of the run before, so that the two can be compared one by one.
    pub fn has_seeds_of(&self, before: &Before) -> bool {
        let seeds = |summary: &Summary| (summary.experiment.first_seed, summary.experiment.seeds);
        self.summary.as_ref().is_some_and(|summary| seeds(summary) == seeds(&before.summary))
    }

    /// The lanes that both runs have, where this one is, each against itself in the run before: by seed where the seeds are the same,
    /// by Welch's test where they are not.
    pub fn beside(&self, before: &Before) -> Vec<Beside> {
        let Some(measured) = self.here() else { return Vec::new() };
        let difference = if self.has_seeds_of(before) { Difference::paired } else { Difference::of_groups };
        let partners = partners(&self.lanes, &before.lanes);
        let found: Vec<_> = (partners.iter().enumerate())
            .filter_map(|(lane, other)| {
                let (lane, other) = (lane, (*other)?);
                let (ours, theirs) = (&measured.lanes.get(lane)?.test_accuracy, &before.last.lanes.get(other)?.test_accuracy);
                Some((lane, other, Spread::of(ours)?, Spread::of(theirs)?, difference(ours, theirs)))
            })
            .collect();
        let judged = judge(&found.iter().map(|(.., difference)| *difference).collect::<Vec<_>>());
        let told = found.into_iter().zip(judged);
        told.filter_map(|((lane, other, here, before, _), comparison)| Some(Beside { lane, other, here, before, comparison: comparison? }))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use basin_train::experiment::{Experiment, LaneConfig};
    use basin_train::protocol::RunId;
    use basin_train::report::{LaneMeasurement, Measurement};
    use basin_train::stats::Verdict;

    use super::*;
    use crate::state::tests::summary;

    fn experiment(lanes: &[&str], seeds: usize) -> Experiment {
        let lanes = lanes.iter().map(|words| words.parse::<LaneConfig>().expect("a lane")).collect();
        Experiment { lanes, seeds, ..Experiment::default() }
    }

    fn measurement(step: usize, accuracies: &[&[f64]]) -> Measurement {
        let lane = |values: &&[f64]| LaneMeasurement { test_accuracy: values.to_vec(), ..LaneMeasurement::default() };
        Measurement { step, lanes: accuracies.iter().map(lane).collect(), ..Measurement::default() }
    }

    /// A run of 390 steps that has come to its end with these accuracies.
    fn run(experiment: &Experiment, end: &[&[f64]]) -> Run {
        let mut run = Run::new(RunId(1), experiment, &Run::default());
        run.summary = Some(summary(experiment.clone()));
        for step in [0, 10, 390] {
            run.measured(measurement(step, end));
        }
        run
    }

    fn before(experiment: &Experiment, end: &[&[f64]]) -> Before {
        Before::of(run(experiment, end)).expect("it has measured enough")
    }

    #[test]
    fn lanes_belong_together_by_their_knobs_their_names_or_their_place() {
        let partners = |here: &[&str], there: &[&str]| {
            let before = before(&experiment(there, 2), &vec![&[0.5, 0.5][..]; there.len()]);
            partners(&run(&experiment(here, 2), &[]).lanes, &before.lanes)
        };
        assert_eq!(partners(&["sgd", "sam"], &["sam", "sgd"]), [Some(1), Some(0)]);
        assert_eq!(partners(&["sgd", "sam:rho=0.1"], &["sam:rho=0.3", "asam"]), [None, Some(0)], "both are called SAM");
        // Two are called by their ρ: the one of the same ρ is the same, and the other one stays alone.
        assert_eq!(partners(&["sam:rho=0.1", "sam:rho=0.3"], &["sam:rho=0.3"]), [None, Some(0)]);
        assert_eq!(partners(&["sam:rho=0.1", "sam:rho=0.3"], &["sam:rho=0.2", "sam:rho=0.4"]), [Some(0), Some(1)]);
    }

    #[test]
    fn the_same_seeds_are_compared_one_by_one() {
        let here = experiment(&["sgd", "sam"], 3);
        let there = experiment(&["sam", "sgd"], 3);
        // SGD: d = 2, 3, 4 points; SAM: d = −1, 0.5, 1 points.
        let found = run(&here, &[&[0.82, 0.83, 0.84], &[0.79, 0.805, 0.81]]).beside(&before(&there, &[&[0.8; 3], &[0.8; 3]]));
        assert_eq!(found.iter().map(|found| (found.lane, found.other)).collect::<Vec<_>>(), [(0, 1), (1, 0)]);
        let Comparison { difference, p, among, verdict } = found[0].comparison;
        // Mean 3, standard error 1/√3 points; t = 3√3 with 2 degrees: p = 1 − √27/√29 = 0.0351, doubled by Holm for two lanes.
        assert!((difference.mean - 0.03).abs() < 1e-9 && (difference.standard_error - 0.01 / 3.0_f64.sqrt()).abs() < 1e-9);
        assert!((p.expect("three pairs") - 2.0 * (1.0 - (27.0_f64 / 29.0).sqrt())).abs() < 1e-6);
        assert_eq!((among, verdict), (2, Verdict::Noise));
    }

    #[test]
    fn other_seeds_are_compared_as_groups() {
        // 1, 3, 5: mean 3, s²/n = 4/3. 0, 1, 2, 1: mean 1, s²/n = 1/6. Welch: standard error √(3/2), degrees 2.25·108/97.
        let found = run(&experiment(&["sam"], 3), &[&[0.1, 0.3, 0.5]]).beside(&before(&experiment(&["sam"], 4), &[&[0.0, 0.1, 0.2, 0.1]]));
        let Difference { mean, standard_error, degrees, count } = found[0].comparison.difference;
        assert!((mean - 0.2).abs() < 1e-9 && (standard_error - 0.1 * 1.5_f64.sqrt()).abs() < 1e-9);
        assert!((degrees - 2.25 * 108.0 / 97.0).abs() < 1e-6 && count == 3);
    }

    #[test]
    fn the_run_before_is_taken_at_its_planned_end() {
        let experiment = experiment(&["sam"], 1);
        let mut longer = run(&experiment, &[&[0.5]]);
        longer.measured(measurement(400, &[&[0.9]]));
        let longer = Before::of(longer).expect("it has measured enough");
        assert!(longer.is_whole() && longer.last.lanes[0].test_accuracy == [0.5]);
        let mut shorter = Run::new(RunId(1), &experiment, &Run::default());
        shorter.summary = Some(summary(experiment));
        for step in [0, 10, 20] {
            shorter.measured(measurement(step, &[&[0.1 + step as f64]]));
        }
        let shorter = Before::of(shorter).expect("it has measured enough");
        assert!(!shorter.is_whole() && shorter.last.step == 20);
    }

    #[test]
    fn another_split_has_other_test_examples() {
        let first = experiment(&["sam"], 1);
        let before = before(&first, &[&[0.5]]);
        let mut other = Experiment { seeds: 2, ..first };
        assert!(run(&other, &[&[0.5]]).compares_with(&before));
        // Another file of the same name, with as many of each class.
        let mut edited = run(&other, &[&[0.5]]);
        let print = |run: &mut Run, print| run.summary.as_mut().expect("it has one").test_print = print;
        let mut before = before;
        before.summary.test_print = Some(1);
        for (known, same) in [(Some(1), true), (Some(2), false), (None, true)] {
            print(&mut edited, known);
            assert_eq!(edited.compares_with(&before), same, "{known:?}");
        }
        other.data.seed += 1;
        assert!(!run(&other, &[&[0.5]]).compares_with(&before));
    }
}
