//! A linear model on the same tokens, to see what a network adds: multinomial logistic regression on counts of tokens.
//!
//! Each text is the vector of its token counts, of Euclidean length 1 (for pairs, those of both texts side by side). The weights W
//! and the biases b make Σ loss + ‖W‖²/(2C) smallest, C = 10, biases free, over the training labels as the lanes learn them. The
//! problem is convex, so it has one answer and needs no seed; L-BFGS finds it (Nocedal 1980, Math. Comp. 35:151; ten pairs,
//! Armijo's rule).
//!
//! Elsewhere: the same numbers by scikit-learn (`tests/judge`), who fits it beside a run (`driver/linear.rs`).

use std::collections::{BTreeMap, VecDeque};

use crate::data::dataset::{Dataset, Example};

/// How little the weights are held back.
const C: f64 = 10.0;

/// Steps at most, and how much smaller the gradient has to be than at the start.
const STEPS: usize = 200;
const TOLERANCE: f64 = 1e-4;

/// Pairs of L-BFGS.
const PAIRS: usize = 10;

/// A linear model.
pub struct Linear {
    /// `[tokens, classes]`, then the biases.
    weights: Vec<f64>,
    /// Features: tokens, of pairs those of both sides.
    tokens: usize,
    vocabulary: usize,
    classes: usize,
}

/// A linear model that is being fitted.
pub struct Fitting {
    /// With the weights that it began with.
    model: Linear,
    /// Features and label of each training text.
    texts: Vec<(Features, usize)>,
    search: Search,
}

impl Fitting {
    /// Begins with the training set. Cost: a pass over it.
    pub(crate) fn new(data: &Dataset) -> Self {
        let (vocabulary, classes, tokens) = (data.vocabulary.len(), data.classes.len(), features_of(data));
        let texts: Vec<(Features, usize)> =
            data.train.iter().map(|example| (features(example, vocabulary), example.label as usize)).collect();
        let model = Linear { weights: vec![0.0; (tokens + 1) * classes], tokens, vocabulary, classes };
        let search = Search::new(model.weights.clone(), |w| model.objective(w, &texts));
        Self { model, texts, search }
    }

    /// Goes on by a step; whether it has come to its end. Cost: a pass over the training set, seldom some.
    pub(crate) fn go_on(&mut self) -> bool {
        let Self { model, texts, search } = self;
        search.step(|w| model.objective(w, texts))
    }

    /// The model as it is by now.
    pub(crate) fn model(self) -> Linear {
        Linear { weights: self.search.w, ..self.model }
    }
}

/// Tokens of the training set.
fn tokens_of(data: &Dataset) -> usize {
    data.train.iter().map(|example| example.tokens.len() + example.tokens_b.len()).sum()
}

/// Features: tokens, of pairs those of both sides.
fn features_of(data: &Dataset) -> usize {
    if data.pairs { 2 * data.vocabulary.len() } else { data.vocabulary.len() }
}

/// A text as its features: their places and their sizes.
type Features = Vec<(usize, f64)>;

fn features(example: &Example, vocabulary: usize) -> Features {
    let mut counts: BTreeMap<usize, f64> = BTreeMap::new();
    let second = example.tokens_b.iter().map(|token| *token as usize + vocabulary);
    for token in example.tokens.iter().map(|token| *token as usize).chain(second) {
        *counts.entry(token).or_default() += 1.0;
    }
    let length = counts.values().map(|count| count * count).sum::<f64>().sqrt();
    counts.into_iter().map(|(token, count)| (token, count / length)).collect()
}

impl Linear {
    /// How many products a pass over the training set takes; fitting takes some tens of passes.
    pub(crate) fn cost(data: &Dataset) -> usize {
        tokens_of(data) * data.classes.len()
    }

    /// Bytes that fitting takes, at most: the pairs of L-BFGS, five more of the same size, and the features.
    pub(crate) fn bytes(data: &Dataset) -> usize {
        let weights = (features_of(data) + 1) * data.classes.len();
        weights * size_of::<f64>() * (2 * PAIRS + 5) + tokens_of(data) * size_of::<(usize, f64)>()
    }

    /// Fits the training set.
    pub(crate) fn fit(data: &Dataset) -> Self {
        let mut fitting = Fitting::new(data);
        while !fitting.go_on() {}
        fitting.model()
    }

    /// The logits of a text.
    pub(crate) fn logits(&self, example: &Example) -> Vec<f32> {
        self.scores(&self.weights, &features(example, self.vocabulary)).into_iter().map(|score| score as f32).collect()
    }

    fn scores(&self, w: &[f64], text: &Features) -> Vec<f64> {
        let c = self.classes;
        let mut scores = w[self.tokens * c..].to_vec();
        for (token, size) in text {
            for (score, weight) in scores.iter_mut().zip(&w[token * c..(token + 1) * c]) {
                *score += size * weight;
            }
        }
        scores
    }

    /// The objective over the number of texts, and its gradient.
    fn objective(&self, w: &[f64], texts: &[(Features, usize)]) -> (f64, Vec<f64>) {
        let (c, n) = (self.classes, texts.len() as f64);
        let held = &w[..self.tokens * c];
        let mut value = held.iter().map(|weight| weight * weight).sum::<f64>() / (2.0 * C * n);
        let mut gradient: Vec<f64> = held.iter().map(|weight| weight / (C * n)).chain(vec![0.0; c]).collect();
        for (text, label) in texts {
            let mut p = self.scores(w, text);
            let most = p.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            for score in &mut p {
                *score = (*score - most).exp();
            }
            let sum: f64 = p.iter().sum();
            value -= (p[*label] / sum).ln() / n;
            for power in &mut p {
                *power /= sum * n;
            }
            p[*label] -= n.recip();
            for (token, size) in text {
                for (slope, error) in gradient[token * c..(token + 1) * c].iter_mut().zip(&p) {
                    *slope += size * error;
                }
            }
            for (slope, error) in gradient[self.tokens * c..].iter_mut().zip(&p) {
                *slope += error;
            }
        }
        (value, gradient)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The way to where a convex function is smallest.
struct Search {
    w: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
    /// Norm of a gradient that is small enough.
    enough: f64,
    /// Moves and changes of the gradient, the latest last.
    pairs: VecDeque<(Vec<f64>, Vec<f64>)>,
    steps: usize,
}

impl Search {
    fn new(w: Vec<f64>, of: impl Fn(&[f64]) -> (f64, Vec<f64>)) -> Self {
        let (value, gradient) = of(&w);
        let enough = TOLERANCE * dot(&gradient, &gradient).sqrt();
        Self { w, value, gradient, enough, pairs: VecDeque::new(), steps: 0 }
    }

    /// A step of L-BFGS; whether it was the last one.
    fn step(&mut self, of: impl Fn(&[f64]) -> (f64, Vec<f64>)) -> bool {
        let Self { w, value, gradient, enough, pairs, steps } = self;
        let steepness = dot(gradient, gradient).sqrt();
        if *steps == STEPS || steepness <= *enough {
            return true;
        }
        *steps += 1;
        let mut direction: Vec<f64> = gradient.iter().map(|slope| -slope).collect();
        let mut shares = Vec::with_capacity(pairs.len());
        for (moved, changed) in pairs.iter().rev() {
            let share = dot(moved, &direction) / dot(moved, changed);
            direction.iter_mut().zip(changed).for_each(|(d, y)| *d -= share * y);
            shares.push(share);
        }
        if let Some((moved, changed)) = pairs.back() {
            let scale = dot(moved, changed) / dot(changed, changed);
            for d in &mut direction {
                *d *= scale;
            }
        }
        for ((moved, changed), share) in pairs.iter().zip(shares.iter().rev()) {
            let back = dot(changed, &direction) / dot(moved, changed);
            direction.iter_mut().zip(moved).for_each(|(d, s)| *d += (share - back) * s);
        }
        let slope = dot(gradient, &direction);
        let mut length = if pairs.is_empty() { steepness.recip().max(1.0) } else { 1.0 };
        let (next, next_value, next_gradient) = loop {
            let next: Vec<f64> = w.iter().zip(&direction).map(|(w, d)| w + length * d).collect();
            let (value_there, gradient_there) = of(&next);
            if value_there <= *value + 1e-4 * length * slope || length < 1e-10 {
                break (next, value_there, gradient_there);
            }
            length *= 0.5;
        };
        let moved: Vec<f64> = next.iter().zip(&*w).map(|(a, b)| a - b).collect();
        let changed: Vec<f64> = next_gradient.iter().zip(&*gradient).map(|(a, b)| a - b).collect();
        if dot(&moved, &changed) > 1e-14 {
            pairs.push_back((moved, changed));
            if pairs.len() > PAIRS {
                pairs.pop_front();
            }
        }
        (*w, *value, *gradient) = (next, next_value, next_gradient);
        false
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::data::dataset::Dataset;
    use crate::experiment::{DataConfig, DataSource};

    #[test]
    fn the_smallest_place_of_a_parabola_is_found() {
        // (x − 3)² + 10 (y + 1)².
        let parabola = |w: &[f64]| ((w[0] - 3.0).powi(2) + 10.0 * (w[1] + 1.0).powi(2), vec![2.0 * (w[0] - 3.0), 20.0 * (w[1] + 1.0)]);
        let mut search = Search::new(vec![0.0, 0.0], parabola);
        while !search.step(parabola) {}
        assert!((search.w[0] - 3.0).abs() < 1e-3 && (search.w[1] + 1.0).abs() < 1e-3, "{:?}", search.w);
    }

    /// The texts of `tests/judge/linear.json` and what scikit-learn's logistic regression says to them.
    #[test]
    fn probabilities_are_those_of_scikit_learn() {
        let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/judge/linear.json"));
        let expected: Value = serde_json::from_str(text).expect("JSON");
        let rows: Vec<(Vec<u32>, u32)> = serde_json::from_value(expected["texts"].clone()).expect("tokens and labels");
        let example = |(tokens, label): &(Vec<u32>, u32)| Example {
            text: String::new(),
            text_b: None,
            tokens: tokens.clone(),
            tokens_b: Vec::new(),
            vectors: Vec::new(),
            pieces: Vec::new(),
            label: *label,
            given_label: *label,
            row: 0,
        };
        let config = DataConfig { source: DataSource::HelpDesk, vocabulary: 16, ..DataConfig::default() };
        let mut data = Dataset::load(&config, None).expect("built in");
        data.classes.truncate(3);
        data.train = rows.iter().map(example).collect();
        let model = Linear::fit(&data);
        let probabilities: Vec<Vec<f64>> = serde_json::from_value(expected["probabilities"].clone()).expect("a row a text");
        for (example, expected) in data.train.iter().zip(&probabilities) {
            let logits = model.logits(example);
            let sum: f64 = logits.iter().map(|z| f64::from(*z).exp()).sum();
            for (z, p) in logits.iter().zip(expected) {
                assert!((f64::from(*z).exp() / sum - p).abs() < 2e-3, "{logits:?} {expected:?}");
            }
        }
    }
}
