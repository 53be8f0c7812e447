//! Which examples are trained and tested on, and with which labels: split, thinning, label noise. All of it seeded.
//!
//! Each draws from a stream of its own and takes the first of one fixed order: with more noise the labels that were wrong
//! before stay wrong in the same way, and a smaller training set is part of the larger one as long as each class gets no
//! larger.
//! Elsewhere: the order of these steps (`dataset.rs`).

use std::collections::HashSet;

use super::error::{DataError, counted};
use super::examples::{Example, by_class};
use crate::experiment::DataConfig;
use crate::random::{Purpose, below, shuffle, stream};

/// Takes the test examples out of `train`: `test_fraction` of each class, rounded, but at least one of a class
/// and never all of it. A class with one example stays in the training set. `None` if nothing can be held out.
pub(super) fn split(train: &mut Vec<Example>, classes: usize, config: &DataConfig, purpose: Purpose) -> Option<Vec<Example>> {
    let mut rng = stream(config.seed, purpose);
    let mut held_out: HashSet<usize> = HashSet::new();
    for places in &mut by_class(train, classes) {
        shuffle(&mut rng, places);
        let wanted = (places.len() as f64 * config.test_fraction).round() as usize;
        held_out.extend(&places[..wanted.max(1).min(places.len().saturating_sub(1))]);
    }
    if held_out.is_empty() {
        return None;
    }
    let all = std::mem::take(train).into_iter().enumerate();
    let (test, rest): (Vec<_>, Vec<_>) = all.partition(|(place, _)| held_out.contains(place));
    *train = rest.into_iter().map(|(_, example)| example).collect();
    Some(test.into_iter().map(|(_, example)| example).collect())
}

/// Makes the training set less balanced, then smaller.
pub(super) fn thin(train: &mut Vec<Example>, classes: usize, config: &DataConfig, notes: &mut Vec<String>) -> Result<(), DataError> {
    let mut places = by_class(train, classes);
    let counts: Vec<usize> = places.iter().map(Vec::len).collect();
    let balanced = balanced_counts(&counts, config.balance);
    if config.balance < 1.0 {
        let (least, most) = (balanced.iter().min().unwrap_or(&0), balanced.iter().max().unwrap_or(&0));
        // Rounding to whole examples moves the ratio by up to half an example.
        if (*least as f64) + 1.0 < config.balance * *most as f64 {
            notes.push(format!("the rarest class has {least} training examples and the most frequent {most}: less balanced than the balance of {} asks for", config.balance));
        }
    }
    let available = balanced.iter().sum::<usize>();
    if config.train_size > available {
        notes.push(format!(
            "data.train_size is {}, but there are {}: all are used",
            config.train_size,
            counted(available, "training example")
        ));
    }
    let kept_counts = sized_counts(&balanced, config.train_size)?;
    let mut rng = stream(config.seed, Purpose::Thinning);
    let mut kept: HashSet<usize> = HashSet::new();
    for (places, count) in places.iter_mut().zip(kept_counts) {
        shuffle(&mut rng, places);
        kept.extend(&places[..count]);
    }
    let mut place = 0..;
    train.retain(|_| kept.contains(&place.next().expect("places do not end")));
    Ok(())
}

/// Examples per class after thinning to `balance` (rarest : most frequent).
///
/// The classes, ranked by size, are thinned to a geometric row from the largest count n₀ down to `balance`·n₀: the
/// class of rank i of C keeps at most n₀ · balance^(i/(C−1)), rounded, and at least one. (Cui et al. 2019,
/// "long-tailed" sets.) A class that is already smaller stays as it is, so `balance` = 1 changes nothing.
fn balanced_counts(counts: &[usize], balance: f64) -> Vec<usize> {
    let mut ranked: Vec<usize> = (0..counts.len()).collect();
    ranked.sort_by_key(|&class| (std::cmp::Reverse(counts[class]), class));
    let most = ranked.first().map_or(0, |&class| counts[class]);
    let mut balanced = counts.to_vec();
    if balance < 1.0 {
        for (rank, &class) in ranked.iter().enumerate().skip(1) {
            let share = balance.powf(rank as f64 / (counts.len() - 1) as f64);
            let target = (most as f64 * share).round().max(1.0) as usize;
            balanced[class] = counts[class].min(target);
        }
    }
    balanced
}

/// Examples per class when `size` of all are kept: in proportion, by largest remainder, but one of each class at
/// least, which the largest class pays for. 0 keeps all.
fn sized_counts(counts: &[usize], size: usize) -> Result<Vec<usize>, DataError> {
    let total: usize = counts.iter().sum();
    if size == 0 || size >= total {
        return Ok(counts.to_vec());
    }
    if size < counts.len() {
        return Err(DataError::TrainSizeTooSmall { asked: size, classes: counts.len() });
    }
    // 200,000² does not fit the 32 bits of a browser.
    let share = |class: usize| counts[class] as u64 * size as u64;
    let mut sized: Vec<usize> = (0..counts.len()).map(|class| (share(class) / total as u64) as usize).collect();
    let mut by_remainder: Vec<usize> = (0..counts.len()).collect();
    by_remainder.sort_by_key(|&class| (std::cmp::Reverse(share(class) % total as u64), class));
    let missing = size - sized.iter().sum::<usize>();
    for &class in &by_remainder[..missing] {
        sized[class] += 1;
    }
    while let Some(empty) = sized.iter().position(|&count| count == 0) {
        let largest = (0..sized.len()).max_by_key(|&class| (sized[class], std::cmp::Reverse(class))).expect("there are classes");
        sized[largest] -= 1;
        sized[empty] += 1;
    }
    Ok(sized)
}

/// Gives exactly round(noise · n) training examples another class, each other class equally likely.
pub(super) fn add_noise(train: &mut [Example], classes: usize, config: &DataConfig) {
    let mut rng = stream(config.seed, Purpose::Noise);
    let mut places: Vec<usize> = (0..train.len()).collect();
    shuffle(&mut rng, &mut places);
    let flips = (config.noise() * train.len() as f64).round() as usize;
    for &place in places.iter().take(flips) {
        let example = &mut train[place];
        let other = below(&mut rng, classes - 1) as u32;
        example.label = if other < example.given_label { other } else { other + 1 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balance_thins_to_a_geometric_row() {
        // 100 · 0.01^(i/2) = 100, 10, 1.
        assert_eq!(balanced_counts(&[100, 100, 100], 0.01), [100, 10, 1]);
        // Ranked by size, not by name; a class that is small enough stays.
        assert_eq!(balanced_counts(&[50, 100, 3], 0.25), [50, 100, 3]);
        assert_eq!(balanced_counts(&[7, 9], 1.0), [7, 9]);
        assert_eq!(balanced_counts(&[20, 10], 0.01), [20, 1]);
    }

    #[test]
    fn train_size_keeps_proportions_and_every_class() {
        assert_eq!(sized_counts(&[80, 40, 8], 64), Ok(vec![40, 20, 4]));
        // 10 · 80/128 = 6.25, 10 · 40/128 = 3.125, 10 · 8/128 = 0.625: the missing one goes to the last.
        assert_eq!(sized_counts(&[80, 40, 8], 10), Ok(vec![6, 3, 1]));
        assert_eq!(sized_counts(&[1000, 1, 1], 4), Ok(vec![2, 1, 1]));
        assert_eq!(sized_counts(&[5, 5], 0), Ok(vec![5, 5]));
        assert_eq!(sized_counts(&[5, 5], 11), Ok(vec![5, 5]));
        let error = sized_counts(&[5, 5, 5], 2).expect_err("three classes").to_string();
        assert!(error.contains("data.train_size is 2, but there are 3 classes"), "{error}");
    }
}
