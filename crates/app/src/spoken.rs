//! What is told in words to whoever does not see the window: what goes on, what failed, the answers, the charts.

use basin_train::protocol::Phase;
use basin_train::results;
use basin_train::stats::Spread;

use crate::choices::{Ending, Question};
use crate::format;
use crate::state::{LaneSeries, Metric, State};

/// A mean in per cent that is worse than the best so far by more than this is told with that best, 0 to 1.
const FALL: f64 = 0.02;

/// The same for losses and gaps, as a part of the best.
const RISE: f64 = 0.05;

/// The phase in words. While it trains they stay the same: nobody wants to hear each step.
pub fn phase(state: &State) -> String {
    let progress = state.run.progress;
    let at = format!("at step {} of {}", format::count(progress.step), format::count(progress.steps));
    match state.phase() {
        _ if state.trainer_version.is_none() => "Waiting for the trainer".to_owned(),
        Phase::Idle => "Nothing is trained".to_owned(),
        Phase::Preparing => "The run is being prepared".to_owned(),
        Phase::Running => "The run trains".to_owned(),
        Phase::Paused => format!("The run is paused {at}"),
        Phase::Finished => format!("The run is finished {at}. {}", lanes(state, Metric::TestAccuracy)),
    }
}

/// What was said last that is no failure.
pub fn message(state: &State) -> &str {
    state.messages.list().iter().rev().find(|message| !message.failure).map_or("", |message| &message.text)
}

/// What stays on the screen until somebody has read it, the latest.
pub fn notice(state: &State) -> String {
    state.messages.notices().last().map_or(String::new(), |notice| format!("Notice: {}", notice.text))
}

/// The question whether the run is to end, and what would be lost; none while it is not asked. It was asked at a time.
pub fn ending(state: &State, asked: Option<(Ending, f64)>) -> Option<String> {
    let (ending, _) = asked?;
    let again = match ending {
        Ending::Restart => "Press Restart or R to begin anew",
        Ending::Stop => "Press Stop again to end the run",
        Ending::Lesson => "Press Train this again to train what the lesson is about",
    };
    // The same words for as long as it stands: they are read out once.
    let then =
        if state.open_kept.is_some() { "this run ends, and stays under Open, Kept runs" } else { "what it has learned so far is lost" };
    Some(format!("{again}: {then}."))
}

/// The answers to the last question, told once: they change with the weights, and nobody wants to hear each change.
#[derive(Debug, Default)]
pub struct Answers {
    question: Option<(String, Option<String>)>,
    text: String,
}

impl Answers {
    /// A question was asked, perhaps the same once more: its answer is to be told.
    pub fn asked(&mut self) {
        *self = Self::default();
    }

    /// Takes in the answers, once they have come; `pending` is whether they are still to come.
    pub fn update(&mut self, state: &State, question: &Question, pending: bool) {
        if state.run.classified.is_none() || question.asked.is_none() {
            self.asked();
        } else if !pending && self.question != question.asked {
            self.question.clone_from(&question.asked);
            self.text = answers(state, question);
        }
    }

    /// In words.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// What each lane takes the question for.
fn answers(state: &State, question: &Question) -> String {
    let (Some(classified), Some((asked, _))) = (&state.run.classified, &question.asked) else { return String::new() };
    let classes = state.run.summary.as_ref().map_or(&[][..], |summary| &summary.classes);
    let told = state.run.lanes.iter().zip(&classified.answers).map(|(lane, answer)| {
        let likeliest =
            (0..classes.len().min(answer.probabilities.len())).max_by(|a, b| answer.probabilities[*a].total_cmp(&answer.probabilities[*b]));
        match likeliest.filter(|class| answer.probabilities[*class].is_finite()) {
            Some(class) => format!("{} {} {}", lane.title, classes[class], format::percent(answer.probabilities[class])),
            None => format!("{} diverged", lane.title),
        }
    });
    format!("“{}”: {}", format::cut(asked, 120), told.collect::<Vec<_>>().join(", "))
}

/// A chart in words: where each lane is, and where it comes from.
pub fn chart(state: &State, metric: Metric) -> String {
    let most = state.run.summary.as_ref().and_then(results::most_frequent).filter(|_| metric == Metric::TestAccuracy);
    let most = most.map_or(String::new(), |most| format!("; dotted: always `{}`, {}", most.class, format::percent(most.share)));
    let linear = state.run.linear_accuracy().filter(|_| metric == Metric::TestAccuracy);
    let linear = linear.map_or(String::new(), |linear| format!("; dense dots: a linear model, {}", format::percent(linear)));
    format!("Chart of {}: {}{most}{linear}", metric.title(), lanes(state, metric))
}

/// The lanes' values of a metric, and how they came there.
fn lanes(state: &State, metric: Metric) -> String {
    let Some(place) = state.run.place() else { return String::new() };
    let told = |lane: &LaneSeries| {
        let now = lane.spreads(metric).get(place).copied().flatten()?;
        let before = before(lane.spreads(metric), place, metric.is_fraction());
        let before = before.map_or(String::new(), |(at, mean)| {
            let way = if now.mean < mean { "down" } else { "up" };
            format!(", {way} from {} at step {}", one(metric, mean), format::count(state.run.steps[at] as usize))
        });
        Some(format!("{} {}{before}", lane.title, value(metric, &now)))
    };
    state.run.lanes.iter().filter_map(told).collect::<Vec<_>>().join("; ")
}

/// The measurement that says most about how a lane came to where it is at `place`: its best, if it is clearly worse now, else its
/// first. The mean there, in the metric's unit.
fn before(spreads: &[Option<Spread>], place: usize, higher_is_better: bool) -> Option<(usize, f64)> {
    let mut means = spreads[..place].iter().enumerate().filter_map(|(at, spread)| Some((at, spread.as_ref()?.mean)));
    let first = means.next()?;
    let better = |a: f64, b: f64| if higher_is_better { a > b } else { a < b };
    let best = means.fold(first, |best, other| if better(other.1, best.1) { other } else { best });
    let now = spreads[place]?.mean;
    let worse = if higher_is_better { best.1 - now > FALL } else { now - best.1 > RISE * best.1.abs() };
    Some(if worse { best } else { first }).filter(|(_, mean)| mean.to_bits() != now.to_bits())
}

/// A mean with its standard deviation, as people read it.
pub fn value(metric: Metric, spread: &Spread) -> String {
    if metric.is_fraction() {
        format::percent_spread(spread.mean, spread.sd, spread.count)
    } else {
        format::spread(spread.mean, spread.sd, spread.count)
    }
}

fn one(metric: Metric, mean: f64) -> String {
    if metric.is_fraction() { format::percent(mean) } else { format::short(mean) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_is_told_from_its_top_and_a_rise_from_its_start() {
        let series = |means: &[f64]| means.iter().map(|mean| Spread::of(&[*mean])).collect::<Vec<_>>();
        // Three points below the best of step 1.
        assert_eq!(before(&series(&[0.3, 0.8, 0.77]), 2, true), Some((1, 0.8)));
        // One point is a wobble: it has risen.
        assert_eq!(before(&series(&[0.3, 0.8, 0.79]), 2, true), Some((0, 0.3)));
        // A loss that rises again by a tenth, and one that falls.
        assert_eq!(before(&series(&[2.0, 0.5, 0.55]), 2, false), Some((1, 0.5)));
        assert_eq!(before(&series(&[2.0, 0.5, 0.4]), 2, false), Some((0, 2.0)));
        // What diverged, what did not move, and what has just begun come from nowhere.
        assert_eq!(before(&[None, None, Spread::of(&[1.0])], 2, false), None);
        assert_eq!(before(&series(&[0.5, 0.5]), 1, true), None);
        assert_eq!(before(&series(&[0.5]), 0, true), None);
    }
}
