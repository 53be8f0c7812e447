//! The table of sentences: which rows it shows in which order, and whom the climb weights up.
//!
//! Made once for each change and not for each frame: there may be 20,000 rows.

use std::cmp::Ordering;

use basin_train::report::{SentenceTable, Sentences};
use basin_train::stats::{Comparison, Difference, Verdict, judge};

use crate::choices::{Column, SentenceChoice};
use crate::state::State;

/// A group of training examples, and how much the climb counts it against the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Who is in it.
    pub name: String,
    /// Examples in it that have a weight.
    pub count: usize,
    /// Mean of the mean B·p in the group and among the rest.
    pub means: [f64; 2],
    /// Their difference, judged together with those of the other groups.
    pub comparison: Comparison,
}

/// The rows that are shown and the summary over all of them.
#[derive(Debug, Default)]
pub struct Rows {
    made_of: Option<(u64, SentenceChoice)>,
    /// Numbers of the examples, in the order of the table.
    pub order: Vec<usize>,
    /// The groups that have both members and others; empty for lanes without weights.
    pub groups: Vec<Group>,
}

impl Rows {
    /// Makes the rows again if anything changed.
    pub fn update(&mut self, state: &State, choice: &SentenceChoice) {
        if self.made_of.as_ref().is_some_and(|(revision, made)| *revision == state.run.sentences_revision && made == choice) {
            return;
        }
        self.made_of = Some((state.run.sentences_revision, choice.clone()));
        let Some(sentences) = &state.run.sentences else {
            *self = Self { made_of: self.made_of.take(), ..Self::default() };
            return;
        };
        let lane = choice.lane.min(state.run.lanes.len().saturating_sub(1));
        let table = state.run.sentence_tables.get(&lane);
        self.order = order(sentences, table, choice);
        let classes = state.run.summary.as_ref().map_or(&[][..], |summary| &summary.classes);
        self.groups = table.map_or_else(Vec::new, |table| groups(sentences, table, classes));
    }
}

/// The value of a row in a column of numbers; NaN where there is none.
pub fn value(table: &SentenceTable, column: Column, row: usize) -> f64 {
    let number = |values: &[f64]| values.get(row).copied().unwrap_or(f64::NAN);
    let count = |values: &[u32]| values.get(row).copied().map_or(f64::NAN, f64::from);
    match column {
        Column::Loss => number(&table.loss),
        Column::Curvature => number(&table.curvature),
        Column::Weight => number(&table.weight),
        Column::MeanWeight => number(&table.mean_weight),
        Column::Gap => number(&table.gap),
        Column::Seen => count(&table.seen),
        Column::WeightedUp => count(&table.weighted_up),
        Column::Number | Column::Text | Column::Label => f64::NAN,
    }
}

/// Whether label noise flipped the label of a row.
pub fn is_flipped(sentences: &Sentences, row: usize) -> bool {
    sentences.labels.get(row) != sentences.given_labels.get(row)
}

/// The rows that pass the filter, sorted. Rows without a value come last; equal ones keep their order.
fn order(sentences: &Sentences, table: Option<&SentenceTable>, choice: &SentenceChoice) -> Vec<usize> {
    let search = choice.search.trim().to_lowercase();
    let passes = |row: &usize| {
        choice.label.is_none_or(|label| sentences.labels.get(*row) == Some(&label))
            && (!choice.flipped_only || is_flipped(sentences, *row))
            && (search.is_empty() || sentences.texts[*row].to_lowercase().contains(&search))
    };
    let mut rows: Vec<usize> = (0..sentences.texts.len()).filter(passes).collect();
    let turned = |order: Ordering| if choice.descending { order.reverse() } else { order };
    match (choice.column, table) {
        (Column::Number, _) => rows.sort_by(|a, b| turned(a.cmp(b))),
        (Column::Text, _) => rows.sort_by(|a, b| turned(sentences.texts[*a].cmp(&sentences.texts[*b]))),
        (Column::Label, _) => rows.sort_by(|a, b| turned(sentences.labels.get(*a).cmp(&sentences.labels.get(*b)))),
        (_, None) => {}
        (column, Some(table)) => rows.sort_by(|a, b| {
            let (a, b) = (value(table, column, *a), value(table, column, *b));
            match (a.is_nan(), b.is_nan()) {
                (false, false) => turned(a.total_cmp(&b)),
                (a, b) => a.cmp(&b),
            }
        }),
    }
    rows
}

/// Noisy labels, the rarest class and the longest quarter, each against all others.
fn groups(sentences: &Sentences, table: &SentenceTable, classes: &[String]) -> Vec<Group> {
    let rows = sentences.texts.len();
    let mut counts = std::collections::BTreeMap::<usize, usize>::new();
    for label in &sentences.labels {
        *counts.entry(*label).or_default() += 1;
    }
    let rarest = counts.iter().min_by_key(|(_, count)| **count).map(|(label, _)| *label);
    let mut lengths = sentences.lengths.clone();
    lengths.sort_unstable();
    let long = lengths.get(3 * lengths.len() / 4).copied().unwrap_or(usize::MAX);
    let class = rarest.and_then(|label| classes.get(label)).map_or("the rarest", |name| name.as_str());
    let groups = [
        group(table, rows, "Flipped labels".to_owned(), |row| is_flipped(sentences, row)),
        group(table, rows, format!("The rarest class, {class}"), |row| sentences.labels.get(row) == rarest.as_ref()),
        group(table, rows, format!("Long sentences, {long} tokens or more"), |row| sentences.lengths.get(row).is_some_and(|l| *l >= long)),
    ];
    let comparisons = judge(&groups.each_ref().map(|group| group.as_ref().map(|(_, _, _, difference)| *difference)));
    let judged = groups.into_iter().zip(comparisons).filter_map(|(group, comparison)| {
        let (name, count, means, _) = group?;
        Some(Group { name, count, means, comparison: comparison? })
    });
    judged.collect()
}

/// A group's name, size, means inside and outside, and their difference.
type Unjudged = (String, usize, [f64; 2], Difference);

fn group(table: &SentenceTable, rows: usize, name: String, is_in: impl Fn(usize) -> bool) -> Option<Unjudged> {
    let weighted = (0..rows).filter(|row| value(table, Column::MeanWeight, *row).is_finite());
    let (members, rest): (Vec<usize>, Vec<usize>) = weighted.partition(|row| is_in(*row));
    let weights = |rows: &[usize]| rows.iter().map(|row| value(table, Column::MeanWeight, *row)).collect::<Vec<f64>>();
    let (members, rest) = (weights(&members), weights(&rest));
    let difference = Difference::of_groups(&members, &rest)?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    Some((name, members.len(), [mean(&members), mean(&rest)], difference))
}

/// What a group's difference says.
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::TooFew => "too few to tell",
        Verdict::Identical => "exactly as the others",
        Verdict::Noise => Verdict::Noise.words(),
        Verdict::Higher => "weighted up",
        Verdict::Lower => "weighted down",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences() -> Sentences {
        Sentences {
            texts: ["the Cat", "a dog", "cats and dogs and more", "fish"].map(str::to_owned).to_vec(),
            labels: vec![0, 1, 0, 0],
            given_labels: vec![0, 1, 1, 0],
            lengths: vec![2, 2, 5, 1],
            total: 4,
        }
    }

    fn table() -> SentenceTable {
        SentenceTable { loss: vec![0.5, f64::NAN, 2.0, 1.0], mean_weight: vec![0.5, 1.5, 1.0, 0.5], ..SentenceTable::default() }
    }

    #[test]
    fn rows_are_sorted_with_gaps_last() {
        let choice = SentenceChoice::default();
        assert_eq!(order(&sentences(), Some(&table()), &choice), [2, 3, 0, 1]);
        assert_eq!(order(&sentences(), Some(&table()), &SentenceChoice { descending: false, ..choice.clone() }), [0, 3, 2, 1]);
        let by_text = SentenceChoice { column: Column::Text, descending: false, ..choice };
        assert_eq!(order(&sentences(), None, &by_text), [1, 2, 3, 0]);
    }

    #[test]
    fn rows_are_filtered() {
        let choice = SentenceChoice { column: Column::Number, descending: false, ..SentenceChoice::default() };
        let found = |choice: SentenceChoice| order(&sentences(), Some(&table()), &choice);
        assert_eq!(found(SentenceChoice { search: " cat".to_owned(), ..choice.clone() }), [0, 2]);
        assert_eq!(found(SentenceChoice { label: Some(0), ..choice.clone() }), [0, 2, 3]);
        assert_eq!(found(SentenceChoice { flipped_only: true, ..choice }), [2]);
    }

    #[test]
    fn groups_are_compared_with_the_rest() {
        let classes = ["animals", "dogs"].map(str::to_owned);
        let groups = groups(&sentences(), &table(), &classes);
        // Row 2 is flipped: 1.0 against (0.5 + 1.5 + 0.5)/3. Row 1 alone has label 1: 1.5 against (0.5 + 1 + 0.5)/3.
        // Lengths 1 2 2 5: the longest quarter begins at 5: row 2 again.
        let means: Vec<[f64; 2]> = groups.iter().map(|g| g.means).collect();
        assert_eq!(
            groups.iter().map(|g| g.name.as_str()).collect::<Vec<_>>(),
            ["Flipped labels", "The rarest class, dogs", "Long sentences, 5 tokens or more"]
        );
        for (mean, expected) in means.iter().zip([[1.0, 2.5 / 3.0], [1.5, 2.0 / 3.0], [1.0, 2.5 / 3.0]]) {
            assert!((mean[0] - expected[0]).abs() < 1e-12 && (mean[1] - expected[1]).abs() < 1e-12, "{mean:?}");
        }
        assert_eq!(verdict(groups[0].comparison.verdict), "too few to tell", "one member only");
        assert!(super::groups(&sentences(), &SentenceTable::default(), &classes).is_empty(), "a lane without weights");
    }
}
