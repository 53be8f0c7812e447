//! What a claim can speak of: numbers of a lane, each known once it has been measured.
//!
//! Accuracies are shares (0 to 1), losses and gaps nats; every number is a mean over the members that did not diverge.

use basin_train::report::{Quantity, Reading, Side};
use basin_train::stats::Spread;

use crate::state::{Metric, Run};

/// A number of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A point of its curves.
    Curve(Metric),
    /// Gradient evaluations of one member so far.
    Gradients,
    /// The highest test accuracy so far.
    Best,
    /// When it had it, as a share of the planned steps.
    BestAt,
    /// Share of the members that answer one class to every test example.
    OneAnswer,
    /// A measure of sharpness, on a side.
    Sharpness(Measure, Side),
    /// cos(D, D*).
    Cosine,
    /// Mean B·p of the training examples whose label was flipped, or of the others.
    Weight {
        /// Of the flipped ones.
        flipped: bool,
    },
}

/// A measure of sharpness that is none of the curves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The largest eigenvalue of the Hessian.
    Lambda,
    /// Its trace.
    Trace,
    /// The gap whose steps are in proportion to each weight.
    AdaptiveGap,
}

/// The point of the curves that is meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// That of where the run is.
    Now,
    /// The one nearest to this share of the planned steps.
    Share(f64),
    /// The first at which the lane's training loss is down to that of this other lane now.
    LossOf(usize),
}

/// What has to be asked for before a fact is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Sharpness on both sides.
    Sharpness,
    /// The table of sentences of a lane.
    Sentences(usize),
}

/// All facts by their words.
pub const WORDS: [(&str, Fact); 21] = [
    ("test_accuracy", Fact::Curve(Metric::TestAccuracy)),
    ("test_loss", Fact::Curve(Metric::TestLoss)),
    ("train_accuracy", Fact::Curve(Metric::TrainAccuracy)),
    ("train_loss", Fact::Curve(Metric::TrainLoss)),
    ("train_accuracy_flipped", Fact::Curve(Metric::FlippedAccuracy)),
    ("train_accuracy_kept", Fact::Curve(Metric::KeptAccuracy)),
    ("gap", Fact::Curve(Metric::Gap)),
    ("gap_held_out", Fact::Curve(Metric::GapHeldOut)),
    ("gradients", Fact::Gradients),
    ("best_test_accuracy", Fact::Best),
    ("best_at", Fact::BestAt),
    ("one_answer", Fact::OneAnswer),
    ("lambda", Fact::Sharpness(Measure::Lambda, Side::Train)),
    ("lambda_held_out", Fact::Sharpness(Measure::Lambda, Side::HeldOut)),
    ("trace", Fact::Sharpness(Measure::Trace, Side::Train)),
    ("trace_held_out", Fact::Sharpness(Measure::Trace, Side::HeldOut)),
    ("adaptive_gap", Fact::Sharpness(Measure::AdaptiveGap, Side::Train)),
    ("adaptive_gap_held_out", Fact::Sharpness(Measure::AdaptiveGap, Side::HeldOut)),
    ("cos", Fact::Cosine),
    ("weight_flipped", Fact::Weight { flipped: true }),
    ("weight_kept", Fact::Weight { flipped: false }),
];

impl Fact {
    /// The fact of a word.
    pub fn of(word: &str) -> Option<Self> {
        WORDS.iter().find(|(known, _)| *known == word).map(|(_, fact)| *fact)
    }

    /// Its name, before "of SGD".
    pub fn title(self) -> String {
        let on = |name: &str, side: Side| if side == Side::HeldOut { format!("Held-out {name}") } else { name.to_owned() };
        match self {
            Self::Curve(metric) => metric.title().to_owned(),
            Self::Gradients => "Gradients".to_owned(),
            Self::Best => "Best test accuracy so far".to_owned(),
            Self::BestAt => "Share of the steps after which that was so".to_owned(),
            Self::OneAnswer => "Seeds with one answer to everything".to_owned(),
            Self::Sharpness(Measure::Lambda, side) => on("λ", side),
            Self::Sharpness(Measure::Trace, side) => on("Tr H", side),
            Self::Sharpness(Measure::AdaptiveGap, Side::HeldOut) => "Held-out adaptive gap".to_owned(),
            Self::Sharpness(Measure::AdaptiveGap, Side::Train) => "Adaptive gap".to_owned(),
            Self::Cosine => "cos(D, D*)".to_owned(),
            Self::Weight { flipped: true } => "Mean B·p of wrong labels".to_owned(),
            Self::Weight { flipped: false } => "Mean B·p of right labels".to_owned(),
        }
    }

    /// Whether it is shown in per cent.
    pub fn is_share(self) -> bool {
        match self {
            Self::Curve(metric) => metric.is_fraction(),
            Self::Best | Self::BestAt | Self::OneAnswer => true,
            Self::Gradients | Self::Sharpness(..) | Self::Cosine | Self::Weight { .. } => false,
        }
    }

    /// Whether it is known at every point of the curves, not only now.
    pub fn has_past(self) -> bool {
        matches!(self, Self::Curve(_) | Self::Gradients)
    }

    /// What has to be asked for.
    pub fn need(self, lane: usize) -> Option<Need> {
        match self {
            Self::Sharpness(..) | Self::Cosine => Some(Need::Sharpness),
            Self::Weight { .. } => Some(Need::Sentences(lane)),
            Self::Curve(_) | Self::Gradients | Self::Best | Self::BestAt | Self::OneAnswer => None,
        }
    }

    /// Its value for a lane of a run; `None` while it is not known.
    pub fn value(self, run: &Run, lane: usize, when: When) -> Option<f64> {
        let series = run.lanes.get(lane)?;
        match self {
            Self::Curve(metric) => mean(series.spreads(metric).get(point(run, lane, when)?)?.as_ref()),
            Self::Gradients => series.gradient_evaluations.get(point(run, lane, when)?).copied(),
            Self::Best => best(run, lane).map(|(_, accuracy)| accuracy),
            Self::BestAt => Some(run.steps[best(run, lane)?.0] / planned(run)?),
            Self::OneAnswer => {
                let answers = &run.here()?.lanes.get(lane)?.only_answer;
                let stuck = answers.iter().flatten().count();
                (!answers.is_empty()).then(|| stuck as f64 / answers.len() as f64)
            }
            Self::Sharpness(measure, side) => reading(run, lane, side, |quantity| measure.is(quantity)),
            Self::Cosine => reading(run, lane, Side::Train, |quantity| matches!(quantity, Quantity::AlignmentCosine)),
            Self::Weight { flipped } => weight(run, lane, flipped),
        }
        .filter(|value| value.is_finite())
    }
}

impl Measure {
    fn is(self, quantity: Quantity) -> bool {
        matches!(
            (self, quantity),
            (Self::Lambda, Quantity::LargestEigenvalue)
                | (Self::Trace, Quantity::Trace)
                | (Self::AdaptiveGap, Quantity::AdaptiveGap { .. })
        )
    }
}

fn mean(spread: Option<&Spread>) -> Option<f64> {
    spread.map(|spread| spread.mean)
}

/// Whether something that was looked at in a step belongs to the latest point of the curves.
fn is_now(run: &Run, step: usize) -> bool {
    run.here().is_some_and(|measurement| measurement.step == step)
}

fn planned(run: &Run) -> Option<f64> {
    run.summary.as_ref().map(|summary| summary.steps as f64).filter(|steps| *steps > 0.0)
}

/// The index of a point of the curves.
fn point(run: &Run, lane: usize, when: When) -> Option<usize> {
    let last = run.place()?;
    match when {
        When::Now => Some(last),
        When::Share(share) => {
            let step = share * planned(run)?;
            // Not known before the run is there.
            (run.steps[last] >= step).then(|| run.steps.partition_point(|s| *s < step)).map(|after| nearest(&run.steps, after, step))
        }
        When::LossOf(other) => {
            let goal = run.spread(other, Metric::TrainLoss)?.mean;
            let losses = &run.lanes.get(lane)?.spreads(Metric::TrainLoss)[..=last];
            losses.iter().position(|spread| spread.is_some_and(|spread| spread.mean <= goal))
        }
    }
}

/// Of the points `after` and the one before it, the one nearer to `step`.
fn nearest(steps: &[f64], after: usize, step: f64) -> usize {
    match after.checked_sub(1) {
        Some(before) if step - steps[before] < steps[after] - step => before,
        _ => after,
    }
}

/// The highest mean test accuracy so far, and at which point it first was there.
fn best(run: &Run, lane: usize) -> Option<(usize, f64)> {
    let points = run.lanes[lane].spreads(Metric::TestAccuracy)[..=run.place()?].iter().enumerate();
    // The last of the highest is the first one in reverse.
    points.rev().filter_map(|(i, spread)| Some((i, spread.as_ref()?.mean))).max_by(|(_, a), (_, b)| a.total_cmp(b))
}

/// The mean of a reading of the measurement that was taken now.
fn reading(run: &Run, lane: usize, side: Side, is: impl Fn(Quantity) -> bool) -> Option<f64> {
    let sharpness = run.latest_sharpness(side).filter(|sharpness| is_now(run, sharpness.step))?;
    let Reading { values, .. } = sharpness.lanes.get(lane)?.iter().find(|reading| is(reading.quantity))?;
    mean(Spread::of(values).as_ref())
}

/// The mean over sentences of their mean B·p.
fn weight(run: &Run, lane: usize, flipped: bool) -> Option<f64> {
    let table = run.sentence_tables.get(&lane).filter(|table| is_now(run, table.step))?;
    let sentences = run.sentences.as_ref()?;
    let labels = sentences.labels.iter().zip(&sentences.given_labels);
    let of = labels.zip(&table.mean_weight).filter(|((label, given), _)| (label != given) == flipped).map(|(_, weight)| *weight);
    mean(Spread::of(&of.collect::<Vec<_>>()).as_ref())
}
