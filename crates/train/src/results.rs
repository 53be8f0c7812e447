//! What a measurement says in words, the same in table, page, JSON and CSV: which lane is better, what the most frequent
//! class would reach, and who answers one class only.
//!
//! Elsewhere: the test behind a verdict (`stats.rs`), what is measured (`instruments/curves.rs`).

use crate::report::{LaneMeasurement, Measurement, Summary};
use crate::stats::{Comparison, Difference, FEWEST, LEVEL, judge};

/// Test accuracy of every lane against that of lane `reference`, seed by seed, judged together; none for the reference
/// itself, and for lanes without a pair of seeds that is left.
pub fn compare(measurement: &Measurement, reference: usize) -> Vec<Option<Comparison>> {
    let accuracies: Vec<&[f64]> = measurement.lanes.iter().map(|lane| &lane.test_accuracy[..]).collect();
    compare_by_seed(&accuracies, reference)
}

/// The same of accuracies from elsewhere, such as those at the best epochs: a list a lane, one entry a seed.
pub fn compare_by_seed(accuracies: &[&[f64]], reference: usize) -> Vec<Option<Comparison>> {
    let Some(to) = accuracies.get(reference) else { return vec![None; accuracies.len()] };
    let lanes = accuracies.iter().enumerate();
    let differences: Vec<_> = lanes.map(|(i, lane)| Difference::paired(lane, to).filter(|_| i != reference)).collect();
    judge(&differences)
}

/// How the verdicts of [`compare_by_seed`] came about, in a sentence.
pub fn method(comparisons: &[Option<Comparison>]) -> String {
    let Some(among) = comparisons.iter().flatten().map(|comparison| comparison.among).find(|among| *among > 0) else {
        return format!("A verdict takes {FEWEST} seeds; 8 or more show differences of the size of their spread.");
    };
    let pairs = comparisons.iter().flatten().map(|comparison| comparison.difference.count).max().unwrap_or(0);
    let corrected = if among > 1 { format!(", corrected for {among} comparisons (Holm)") } else { ", one comparison".to_owned() };
    let weak = if pairs < 6 { ": with so few seeds only large differences show" } else { "" };
    format!("Verdicts: Student's t over {pairs} pairs of seeds at {:.0} %{corrected}{weak}.", LEVEL * 100.0)
}

impl Comparison {
    /// The numbers behind the verdict: `t = 3.46 with 2 degrees of freedom, p = 0.148 corrected for 2 comparisons`.
    pub fn details(&self) -> String {
        let Difference { mean, standard_error, degrees, count } = self.difference;
        match self.p {
            None => format!("n = {count}, a verdict takes {FEWEST}"),
            Some(p) if standard_error <= 1e-6 * mean.abs() => format!("no spread, n = {count}, p = {p:.2}"),
            Some(p) => {
                let p = if p < 0.001 { "p < 0.001".to_owned() } else { format!("p = {p:.3}") };
                let corrected = if self.among > 1 { format!(" corrected for {} comparisons", self.among) } else { String::new() };
                let t = format!("{:.2}", mean / standard_error).replace('-', "−");
                format!("t = {t} with {degrees:.0} degrees of freedom, {p}{corrected}")
            }
        }
    }
}

/// The class that most test examples have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MostFrequent<'a> {
    /// Its name.
    pub class: &'a str,
    /// Its share of the test examples, 0 to 1: the accuracy of always answering it.
    pub share: f64,
}

/// What always answering one class would reach on the test set; the first of equally frequent ones. `None` without
/// test examples.
pub fn most_frequent(summary: &Summary) -> Option<MostFrequent<'_>> {
    most_frequent_of(&summary.classes, &summary.test_counts)
}

/// The same of examples that are counted by class.
pub fn most_frequent_of<'a>(classes: &'a [String], counts: &[usize]) -> Option<MostFrequent<'a>> {
    let total: usize = counts.iter().sum();
    // The last of the largest is the first one in reverse.
    let (class, most) = classes.iter().zip(counts).rev().max_by_key(|(_, count)| **count)?;
    (total > 0).then(|| MostFrequent { class, share: *most as f64 / total as f64 })
}

/// Says so where members of a lane give one answer to every test example: ``answers only `positive` ``.
pub fn one_answer(lane: &LaneMeasurement, classes: &[String]) -> Option<String> {
    let alive = lane.diverged.iter().filter(|diverged| !**diverged).count();
    let stuck: Vec<usize> = lane.only_answer.iter().copied().flatten().collect();
    let (first, others) = stuck.split_first()?;
    let class = classes.get(*first).map_or("?", String::as_str);
    Some(match () {
        () if stuck.len() < alive => format!("{} of {alive} seeds answer one class only", stuck.len()),
        () if others.iter().all(|other| other == first) => format!("answers only `{class}`"),
        () => "each seed answers one class only".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiment;
    use crate::memory::DataSizes;

    fn measurement(accuracies: &[&[f64]]) -> Measurement {
        let lane = |values: &&[f64]| LaneMeasurement { test_accuracy: values.to_vec(), ..LaneMeasurement::default() };
        Measurement { lanes: accuracies.iter().map(lane).collect(), ..Measurement::default() }
    }

    #[test]
    fn lanes_are_compared_with_one_of_them() {
        let measured = measurement(&[&[0.5, 0.5, 0.5], &[0.6, 0.7, 0.8], &[0.5, 0.5, f64::NAN]]);
        let found = compare(&measured, 0);
        assert_eq!(found[0], None);
        // d = 0.1, 0.2, 0.3: mean 0.2, standard error 0.1/√3, t = 2√3; one comparison is left, for the other has two pairs.
        let words = found[1].expect("three pairs").details();
        assert_eq!(words, "t = 3.46 with 2 degrees of freedom, p = 0.074");
        assert_eq!(found[2].expect("two pairs").details(), "n = 2, a verdict takes 3");
        let words = method(&found);
        assert!(words.contains("3 pairs of seeds at 5 %, one comparison") && words.contains("few seeds"), "{words}");
        assert!(method(&compare(&measurement(&[&[0.5], &[0.6]]), 0)).starts_with("A verdict takes 3 seeds"));
        let words = method(&compare(&measurement(&[&[0.5; 8], &[0.6; 8], &[0.4; 8]]), 0));
        assert_eq!(words, "Verdicts: Student's t over 8 pairs of seeds at 5 %, corrected for 2 comparisons (Holm).");
    }

    #[test]
    fn the_most_frequent_class_has_its_share() {
        let summary = |counts: &[usize]| Summary {
            experiment: Experiment::default(),
            data: String::new(),
            taken: None,
            taken_of_test: None,
            classes: ["a", "b", "c"].map(str::to_owned).to_vec(),
            train_counts: Vec::new(),
            test_counts: counts.to_vec(),
            flipped: 0,
            vocabulary: 0,
            weights: 0,
            steps: 0,
            pairs: false,
            samples: Vec::new(),
            sample_labels: Vec::new(),
            test_print: None,
            encoder: None,
            device: String::new(),
            notes: Vec::new(),
            sizes: DataSizes::default(),
        };
        assert_eq!(most_frequent(&summary(&[1, 4, 5])), Some(MostFrequent { class: "c", share: 0.5 }));
        assert_eq!(most_frequent(&summary(&[2, 4, 4])), Some(MostFrequent { class: "b", share: 0.4 }));
        assert_eq!(most_frequent(&summary(&[0, 0, 0])), None);
    }

    #[test]
    fn lanes_that_answer_one_class_are_named() {
        let classes = ["late", "on time"].map(str::to_owned);
        let lane = |only_answer: &[Option<usize>], diverged: &[bool]| LaneMeasurement {
            only_answer: only_answer.to_vec(),
            diverged: diverged.to_vec(),
            ..LaneMeasurement::default()
        };
        let words = |only_answer: &[Option<usize>], diverged: &[bool]| one_answer(&lane(only_answer, diverged), &classes);
        assert_eq!(words(&[Some(1), Some(1)], &[false, false]).as_deref(), Some("answers only `on time`"));
        assert_eq!(words(&[Some(1), None], &[false, true]).as_deref(), Some("answers only `on time`"), "of those that are left");
        assert_eq!(words(&[Some(1), Some(0)], &[false, false]).as_deref(), Some("each seed answers one class only"));
        assert_eq!(words(&[Some(1), None], &[false, false]).as_deref(), Some("1 of 2 seeds answer one class only"));
        assert_eq!(words(&[None, None], &[false, false]), None);
    }
}
