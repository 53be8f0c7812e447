//! The end of a run in rows and lines: the figures of each lane, what its difference is worth, and what the columns mean.
//!
//! Elsewhere: verdicts and their words (`basin_train::results`), every single measurement (`measurements.rs`), the page around the
//! rows (`page.rs`).

use basin_train::brief::counted;
use basin_train::report::{BestEpoch, Figures, Summary};
use basin_train::results;
use basin_train::results::most_frequent;
use basin_train::stats::{Comparison, Spread, Verdict};

use crate::format::{minus, plus};
use crate::state::{Metric, State};

/// What stands beside the measurements of the lanes.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// What a linear model reaches on the same tokens.
    pub linear: Option<Figures>,
    /// The best epochs, where they are kept.
    pub best: Option<Vec<BestEpoch>>,
    /// Whether the run is short of its planned end, where verdicts do not hold.
    pub unfinished: bool,
    /// The lane that somebody has chosen to compare the others with.
    pub reference: Option<usize>,
}

impl Context {
    /// Test accuracies at the best epochs against those of lane `reference`, as [`results::compare`] does it at the last; empty where
    /// none are kept.
    pub fn comparisons(&self, reference: usize) -> Vec<Option<Comparison>> {
        let accuracies: Vec<&[f64]> = self.best.iter().flatten().map(|best| &best.test_accuracy[..]).collect();
        results::compare_by_seed(&accuracies, reference)
    }
}

/// What examples there are, and how many of their labels were made wrong.
pub fn examples(summary: &Summary) -> String {
    let Summary { experiment, train_counts, test_counts, classes, flipped, .. } = summary;
    let (train, test): (usize, usize) = (train_counts.iter().sum(), test_counts.iter().sum());
    let flipped = if *flipped > 0 { format!(", {} flipped", counted(*flipped, "training label")) } else { String::new() };
    let on = if experiment.data.validation { "to validate on" } else { "to test on" };
    let train = counted(train, "example");
    format!("{}: {train} to train on, {test} {on}, {}{flipped}.", summary.data, counted(classes.len(), "class"))
}

/// The lane that the others are compared with: the chosen one, else SAM, or the first.
pub fn reference(state: &State, context: &Context) -> usize {
    let sam = || state.run.lanes.iter().position(|lane| lane.title == "SAM");
    context.reference.or_else(sam).unwrap_or(0)
}

/// At the last measurement, as everything here, also of a run that was gone back in.
fn comparisons(state: &State, reference: usize) -> Vec<Option<Comparison>> {
    state.run.measurements.last().map_or_else(Vec::new, |last| results::compare(last, reference))
}

/// Which members of a lane answer one class only, in words, if any do.
pub fn one_answer(state: &State, lane: usize) -> Option<String> {
    let classes = state.run.summary.as_ref().map_or(&[][..], |summary| &summary.classes);
    results::one_answer(state.run.measurements.last()?.lanes.get(lane)?, classes)
}

/// Values of each member at the last measurement; empty before the first.
pub fn last_values(state: &State, lane: usize, metric: Metric) -> &[f64] {
    state.run.measurements.last().and_then(|m| m.lanes.get(lane)).map_or(&[], |measured| metric.values(measured))
}

/// The last measurement in rows, of which the first names the columns.
pub fn rows(state: &State, context: &Context) -> Vec<Vec<String>> {
    let reference = reference(state, context);
    let name = state.run.lanes.get(reference).map_or("", |lane| lane.title.as_str());
    let experiment = state.run.summary.as_ref().map(|summary| &summary.experiment);
    let on = if experiment.is_some_and(|experiment| experiment.data.validation) { "validation" } else { "test" };
    let (accuracy, loss) = (format!("{on} accuracy, %"), format!("{on} loss"));
    let mut rows = vec![["lane", &accuracy, &loss, "train loss", "gap", "gradients", "seconds"].map(str::to_owned).to_vec()];
    rows[0].push(if context.unfinished { String::new() } else { format!("accuracy against {name}") });
    let comparisons = [comparisons(state, reference), context.comparisons(reference)];
    let verdict = |of: usize, lane: usize| {
        let silent = lane == reference || context.unfinished;
        if silent { String::new() } else { against(comparisons[of].get(lane).copied().flatten()) }
    };
    for (i, lane) in state.run.lanes.iter().enumerate() {
        let cell = |metric, scale, digits| plus_minus(Spread::of(last_values(state, i, metric)), scale, digits);
        let last = state.run.measurements.last().and_then(|m| m.lanes.get(i));
        rows.push(vec![
            lane.title.clone(),
            cell(Metric::TestAccuracy, 100.0, 2),
            cell(Metric::TestLoss, 1.0, 4),
            cell(Metric::TrainLoss, 1.0, 4),
            cell(Metric::Gap, 1.0, 4),
            last.map_or(String::new(), |l| format!("{:.0}", l.gradient_evaluations)),
            last.map_or(String::new(), |l| l.seconds.map_or("–".to_owned(), |seconds| format!("{seconds:.1}"))),
            verdict(0, i),
        ]);
        if let Some(best) = context.best.as_ref().and_then(|best| best.get(i)) {
            let mut row = vec![String::new(); rows[0].len()];
            row[0] = format!("  epoch {}", plus_minus(Spread::of(&best.epoch), 1.0, 1));
            row[1] = plus_minus(Spread::of(&best.test_accuracy), 100.0, 2);
            row[2] = plus_minus(Spread::of(&best.test_loss), 1.0, 4);
            *row.last_mut().expect("a row has columns") = verdict(1, i);
            rows.push(row);
        }
    }
    if let Some(linear) = &context.linear {
        let mut row = vec![String::new(); rows[0].len()];
        (row[0], row[1], row[2]) =
            ("linear model".to_owned(), format!("{:.2}", linear.accuracy * 100.0), format!("{:.4}", linear.log_loss));
        rows.push(row);
    }
    if let Some(most) = state.run.summary.as_ref().and_then(most_frequent) {
        let mut row = vec![String::new(); rows[0].len()];
        row[0] = format!("always `{}`", most.class);
        row[1] = format!("{:.2}", most.share * 100.0);
        rows.push(row);
    }
    rows
}

/// What the columns of [`rows`] mean, and what is to be known of single lanes, a line each.
pub fn below(state: &State, context: &Context) -> Vec<String> {
    let experiment = state.run.summary.as_ref().map(|summary| &summary.experiment);
    let seeds = state.run.measurements.last().and_then(|m| m.lanes.first()).map_or(0, |lane| lane.test_loss.len());
    let spread = if seeds > 1 { format!("mean ± standard deviation over {seeds} seeds") } else { "one seed".to_owned() };
    let mut lines = vec![format!(
        "{spread}; losses and gap in nats, the gap on training examples; gradients: evaluations of one seed; seconds: all seeds together."
    )];
    if context.best.is_some() {
        lines.push("Epoch: the one of each seed with the highest accuracy on examples that are held back from training; `basin predict`, `evaluate` and `export` take it. Curves go on to the last.".to_owned());
    }
    if context.linear.is_some() {
        lines.push("Linear model: logistic regression on counts of the same tokens.".to_owned());
    }
    if state.run.measurements.last().is_some_and(|m| m.lanes.iter().any(|lane| lane.seconds.is_none())) {
        lines.push("Seconds are not measured on a GPU, where the lanes' steps overlap.".to_owned());
    }
    if context.unfinished {
        lines.push("So far, without a verdict: it takes the planned end of a run.".to_owned());
    } else if state.run.lanes.len() > 1 {
        let comparisons = comparisons(state, reference(state, context));
        let each =
            if context.best.is_some() { " Those at the epochs kept and at the last one are corrected each for themselves." } else { "" };
        lines.push(format!("Differences in points, paired by seed, ± standard error. {}{each}", results::method(&comparisons)));
    }
    for (i, lane) in state.run.lanes.iter().enumerate() {
        if let Some(words) = one_answer(state, i) {
            let climbs = experiment.and_then(|of| of.lanes.get(i)).is_some_and(|lane| lane.method.climbs());
            let remedy = if climbs { ": its ρ may be too large, or the run too short" } else { "" };
            lines.push(format!("{}: {words}{remedy}.", lane.title));
        }
        let diverged = last_values(state, i, Metric::TestLoss).iter().filter(|v| !v.is_finite()).count();
        if diverged > 0 {
            let title = &lane.title;
            lines.push(format!("{title}: {diverged} of {seeds} seeds diverged and are left out; lower its learning rate or ρ."));
        }
    }
    lines
}

/// `mean ± standard deviation`, in a scale.
pub fn plus_minus(spread: Option<Spread>, scale: f64, digits: usize) -> String {
    match spread {
        None => "diverged".to_owned(),
        Some(Spread { mean, count: 1, .. }) => minus(mean * scale, digits),
        Some(Spread { mean, sd, .. }) => format!("{} ± {:.digits$}", minus(mean * scale, digits), sd * scale),
    }
}

/// A difference in points with its verdict.
pub fn against(comparison: Option<Comparison>) -> String {
    let Some(Comparison { difference, verdict, .. }) = comparison else { return "no pair of seeds is left".to_owned() };
    let mean = plus(difference.mean * 100.0, 2);
    match verdict {
        Verdict::Identical => verdict.words().to_owned(),
        _ if difference.count < 2 => format!("{mean}, {}", verdict.words()),
        _ => format!("{mean} ± {:.2}, {}", difference.standard_error * 100.0, verdict.words()),
    }
}
