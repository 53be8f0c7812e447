//! A claim: a condition over the facts of a run, such as `sgd.best_test_accuracy - sgd.test_accuracy > 10 %`.
//!
//! Elsewhere: the facts (`facts.rs`), how a claim is written and read (`grammar.rs`).

use basin_train::stats::Verdict;

use super::facts::{Fact, Need, When};
use crate::state::Run;

/// A condition over the facts of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// As it was written.
    pub text: String,
    pub(super) parts: Vec<Part>,
}

/// What a claim is worth, with its arithmetic: `84.9 % − 71.8 % = 13.1 % > 10 %`.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Whether it holds; `None` while a fact is not known.
    pub held: Option<bool>,
    /// The claim in numbers.
    pub numbers: String,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Chain(Term, Vec<(Relation, Term)>),
    Verdict { lane: usize, reference: usize, names: [String; 2], word: Word },
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Term {
    Number { value: f64, percent: bool },
    Fact { lane: usize, fact: Fact, when: When },
    Of(Box<Term>, Operator, Box<Term>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Plus,
    Minus,
    Times,
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
}

/// What a verdict can be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Higher,
    Lower,
    None,
    TooFew,
}

impl Claim {
    /// What has to be asked for before it can be told.
    pub fn needs(&self) -> Vec<Need> {
        let mut needs = Vec::new();
        for part in &self.parts {
            if let Part::Chain(first, rest) = part {
                std::iter::once(first).chain(rest.iter().map(|(_, term)| term)).for_each(|term| term.needs(&mut needs));
            }
        }
        needs
    }

    /// The numbers that it speaks of, each with its name: `Training accuracy of SGD: 94.1 %`.
    pub fn facts(&self, run: &Run) -> Vec<String> {
        let mut facts = Vec::new();
        for part in &self.parts {
            if let Part::Chain(first, rest) = part {
                std::iter::once(first).chain(rest.iter().map(|(_, term)| term)).for_each(|term| term.facts(run, &mut facts));
            }
        }
        facts
    }

    /// What it is worth now.
    pub fn outcome(&self, run: &Run) -> Outcome {
        let outcomes: Vec<Outcome> = self.parts.iter().map(|part| part.outcome(run)).collect();
        let held = if outcomes.iter().any(|outcome| outcome.held == Some(false)) {
            Some(false)
        } else {
            outcomes.iter().all(|outcome| outcome.held.is_some()).then_some(true)
        };
        let numbers = outcomes.into_iter().map(|outcome| outcome.numbers).collect::<Vec<_>>().join(" and ");
        Outcome { held, numbers }
    }
}

impl Part {
    fn outcome(&self, run: &Run) -> Outcome {
        match self {
            Self::Chain(first, rest) => {
                let (mut left, mut numbers, mut held) = (first.value(run), first.words(run), Some(true));
                for (relation, term) in rest {
                    let right = term.value(run);
                    let this = left.zip(right).map(|(left, right)| relation.holds(left, right));
                    held = match (held, this) {
                        (Some(false), _) | (_, Some(false)) => Some(false),
                        (Some(true), Some(true)) => Some(true),
                        _ => None,
                    };
                    numbers = format!("{numbers} {} {}", relation.sign(), term.words(run));
                    left = right;
                }
                Outcome { held, numbers }
            }
            Self::Verdict { lane, reference, names: [of, to], word } => {
                let comparison = run.comparisons(*reference).get(*lane).copied().flatten();
                let held = comparison.map(|comparison| word.is(comparison.verdict));
                let words = comparison.map_or_else(
                    || "not known yet".to_owned(),
                    |comparison| format!("{} ({})", comparison.verdict.words(), comparison.details()),
                );
                Outcome { held, numbers: format!("{of} against {to}: {words}") }
            }
        }
    }
}

impl Term {
    fn needs(&self, needs: &mut Vec<Need>) {
        match self {
            Self::Number { .. } => {}
            Self::Fact { lane, fact, .. } => needs.extend(fact.need(*lane).filter(|need| !needs.contains(need))),
            Self::Of(left, _, right) => [left, right].into_iter().for_each(|term| term.needs(needs)),
        }
    }

    fn facts(&self, run: &Run, facts: &mut Vec<String>) {
        match self {
            Self::Number { .. } => {}
            Self::Fact { lane, fact, when } => {
                let title = |lane: usize| run.lanes.get(lane).map_or("", |lane| lane.title.as_str());
                let when = match when {
                    When::Now => String::new(),
                    When::Share(share) => format!(" at {} of its steps", number(Some(*share), true)),
                    When::LossOf(other) => format!(" where its training loss is that of {}", title(*other)),
                };
                let words = format!("{} of {}{when}: {}", fact.title(), title(*lane), number(self.value(run), fact.is_share()));
                if !facts.contains(&words) {
                    facts.push(words);
                }
            }
            Self::Of(left, _, right) => [left, right].into_iter().for_each(|term| term.facts(run, facts)),
        }
    }

    fn value(&self, run: &Run) -> Option<f64> {
        match self {
            Self::Number { value, .. } => Some(*value),
            Self::Fact { lane, fact, when } => fact.value(run, *lane, *when),
            Self::Of(left, operator, right) => {
                let (left, right) = (left.value(run)?, right.value(run)?);
                Some(match operator {
                    Operator::Plus => left + right,
                    Operator::Minus => left - right,
                    Operator::Times => left * right,
                    Operator::Over => left / right,
                })
                .filter(|value| value.is_finite())
            }
        }
    }

    /// Whether it is shown in per cent: a ratio of shares is none, a sum of them is one.
    fn is_share(&self) -> bool {
        match self {
            Self::Number { percent, .. } => *percent,
            Self::Fact { fact, .. } => fact.is_share(),
            Self::Of(_, Operator::Over, _) => false,
            Self::Of(left, _, right) => left.is_share() || right.is_share(),
        }
    }

    /// With its result, where it is more than one number.
    fn words(&self, run: &Run) -> String {
        match self {
            Self::Of(..) => format!("{} = {}", self.inner(run), number(self.value(run), self.is_share())),
            _ => self.inner(run),
        }
    }

    fn inner(&self, run: &Run) -> String {
        match self {
            Self::Of(left, operator, right) => {
                let side = |term: &Self| match term {
                    Self::Of(..) => format!("({})", term.inner(run)),
                    _ => term.inner(run),
                };
                format!("{} {} {}", side(left), operator.sign(), side(right))
            }
            term => number(term.value(run), term.is_share()),
        }
    }
}

/// Three digits that count, or per cent with one decimal.
fn number(value: Option<f64>, share: bool) -> String {
    match value {
        None => "?".to_owned(),
        Some(value) if share => format!("{} %", trimmed(value * 100.0, 1)),
        Some(0.0) => "0".to_owned(),
        Some(value) => trimmed(value, (2 - value.abs().log10().floor() as i32).clamp(0, 8) as usize),
    }
}

fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = text.replace('-', "−");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

impl Operator {
    fn sign(self) -> &'static str {
        match self {
            Self::Plus => "+",
            Self::Minus => "−",
            Self::Times => "·",
            Self::Over => "/",
        }
    }
}

impl Relation {
    fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "≤",
            Self::More => ">",
            Self::AtLeast => "≥",
            Self::Equal => "=",
        }
    }

    /// Equal is equal to nine digits: accuracies are means in floating point.
    fn holds(self, left: f64, right: f64) -> bool {
        let equal = (left - right).abs() <= 1e-9 * left.abs().max(right.abs()).max(1e-9);
        match self {
            Self::Less => left < right && !equal,
            Self::AtMost => left < right || equal,
            Self::More => left > right && !equal,
            Self::AtLeast => left > right || equal,
            Self::Equal => equal,
        }
    }
}

impl Word {
    fn is(self, verdict: Verdict) -> bool {
        match self {
            Self::Higher => verdict == Verdict::Higher,
            Self::Lower => verdict == Verdict::Lower,
            Self::None => matches!(verdict, Verdict::Noise | Verdict::Identical),
            Self::TooFew => verdict == Verdict::TooFew,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use basin_train::protocol::{Event, RunId};
    use basin_train::report::{Budget, LaneMeasurement, Measurement, Quantity, Reading, SentenceTable, Sentences, Sharpness, Side};

    use super::super::settings::Setup;
    use super::*;
    use crate::state::State;

    const RUN: RunId = RunId(1);

    /// Two lanes, two members, points at the steps 0, 50 and 100 of a run of 100.
    pub(in super::super) fn state() -> State {
        let mut state = State::default();
        let mut setup = Setup::start();
        setup.set("lanes", "sgd, sam").expect("two lanes");
        let mut summary = crate::state::tests::summary(setup.experiment);
        summary.steps = 100;
        state.apply(Event::Prepared { run: RUN, summary: Box::new(summary) });
        let lane = |accuracy: f64, loss: f64, step: usize, cost: f64| LaneMeasurement {
            gradient_evaluations: cost * step as f64,
            // Two members around the mean.
            test_accuracy: vec![accuracy - 0.01, accuracy + 0.01],
            train_loss: vec![loss, loss],
            gap: vec![0.1 * loss, 0.1 * loss],
            only_answer: vec![None, (loss > 0.6).then_some(0)],
            ..LaneMeasurement::default()
        };
        let points = [(0, [(0.5, 0.7), (0.5, 0.7)]), (50, [(0.84, 0.4), (0.7, 0.65)]), (100, [(0.72, 0.2), (0.82, 0.4)])];
        for (step, [sgd, sam]) in points {
            let lanes = vec![lane(sgd.0, sgd.1, step, 1.0), lane(sam.0, sam.1, step, 2.0)];
            state.apply(Event::Measured { run: RUN, measurement: Measurement { step, epoch: 0.0, lanes } });
        }
        state
    }

    pub(in super::super) fn names() -> Vec<String> {
        ["sgd", "sam"].map(str::to_owned).to_vec()
    }

    fn outcome(state: &State, text: &str) -> (Option<bool>, String) {
        let Outcome { held, numbers } = Claim::parse(text, &names()).unwrap_or_else(|error| panic!("{text}: {error}")).outcome(&state.run);
        (held, numbers)
    }

    #[test]
    fn the_numbers_of_a_claim_have_names() {
        let state = state();
        let claim = Claim::parse("sgd.best_test_accuracy - sgd.test_accuracy > 10 % and sam.gradients = 2 * sgd.gradients", &names());
        let facts = claim.expect("a claim").facts(&state.run);
        assert_eq!(facts.len(), 4, "{facts:?}");
        assert!(facts[0].starts_with("Best test accuracy so far of SGD") && facts[0].ends_with(": 84 %"), "{facts:?}");
        assert!(facts[2].starts_with("Gradients of SAM") && facts[2].ends_with(": 200"), "{facts:?}");
    }

    #[test]
    fn a_claim_shows_its_arithmetic() {
        let state = state();
        for (text, held, numbers) in [
            ("sgd.best_test_accuracy - sgd.test_accuracy > 10 %", true, "84 % − 72 % = 12 % > 10 %"),
            ("sgd.best_test_accuracy - sgd.test_accuracy > 0.13", false, "84 % − 72 % = 12 % > 0.13"),
            ("sgd.best_at = 50 %", true, "50 % = 50 %"),
            ("0.9 > sgd.train_loss >= 0.2 and sam.gradients = 2 * sgd.gradients", true, "0.9 > 0.2 ≥ 0.2 and 200 = 2 · 100 = 200"),
            ("sam.test_accuracy at 50 % < 75 %", true, "70 % < 75 %"),
            ("sam.test_accuracy at 20 % = 0.5", true, "50 % = 0.5"),
            // SGD's training loss is down to SAM's 0.4 at step 50, where its gap is 0.04; SAM's is 0.04 as well.
            ("sgd.gap at loss of sam = sam.gap", true, "0.04 = 0.04"),
            ("(sgd.train_loss + 1) * 2 / sam.train_loss = 6", true, "((0.2 + 1) · 2) / 0.4 = 6 = 6"),
            ("-1 % <= sgd.test_accuracy - sam.test_accuracy", false, "−1 % ≤ 72 % − 82 % = −10 %"),
            ("sgd.one_answer = 0", true, "0 % = 0"),
            ("verdict(sgd, sam) = too_few", true, "sgd against sam: too few seeds to tell (n = 2, a verdict takes 3)"),
            ("verdict(sgd, sam) = lower", false, "sgd against sam: too few seeds to tell (n = 2, a verdict takes 3)"),
        ] {
            assert_eq!(outcome(&state, text), (Some(held), numbers.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_not_measured_is_not_known() {
        let mut state = state();
        let claim = "sgd.lambda_held_out > sam.lambda_held_out";
        assert_eq!(outcome(&state, claim), (None, "? > ?".to_owned()));
        assert_eq!(outcome(&state, "sgd.train_loss > 1 and sgd.lambda > 1").0, Some(false), "one condition that fails is enough");
        let reading = |quantity, value: f64| Reading {
            quantity,
            values: vec![value],
            errors: vec![],
            not_converged: vec![],
            gradient_evaluations: 0.0,
        };
        let readings = |lambda| vec![reading(Quantity::Trace, 9.0), reading(Quantity::LargestEigenvalue, lambda)];
        let lanes = vec![readings(0.06), readings(0.012)];
        let mut sharpness = Sharpness { step: 50, side: Side::HeldOut, examples: 64, seconds: 0.0, lanes };
        state.apply(Event::Sharpness { run: RUN, sharpness: sharpness.clone(), budget: Budget::default() });
        assert_eq!(outcome(&state, claim).0, None, "that was measured earlier");
        sharpness.step = 100;
        state.apply(Event::Sharpness { run: RUN, sharpness, budget: Budget::default() });
        assert_eq!(outcome(&state, claim), (Some(true), "0.06 > 0.012".to_owned()));
        assert_eq!(Claim::parse(claim, &names()).expect("a claim").needs(), [Need::Sharpness]);
    }

    #[test]
    fn weights_of_flipped_sentences_are_told_apart() {
        let mut state = state();
        let claim = "sam.weight_flipped > sam.weight_kept";
        assert_eq!(Claim::parse(claim, &names()).expect("a claim").needs(), [Need::Sentences(1)]);
        let sentences = Sentences { labels: vec![0, 1, 1, 0], given_labels: vec![1, 1, 0, 0], ..Sentences::default() };
        state.apply(Event::Sentences { run: RUN, sentences: Box::new(sentences) });
        let table = SentenceTable { lane: 1, step: 100, mean_weight: vec![1.5, 0.5, 1.7, f64::NAN], ..SentenceTable::default() };
        state.apply(Event::SentenceTable { run: RUN, table: Box::new(table) });
        // (1.5 + 1.7)/2; of the others one was never in a batch.
        assert_eq!(outcome(&state, claim), (Some(true), "1.6 > 0.5".to_owned()));
    }
}
