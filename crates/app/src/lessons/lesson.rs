//! What a lesson is. Elsewhere: its text form (`parse.rs`), the conditions in it (`claim.rs`).

use basin_train::experiment::Experiment;
use basin_train::report::Finding;

use super::claim::Claim;
use crate::settings::Middle;

/// A lesson: an experiment that is looked at in steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// Its title.
    pub title: String,
    /// Minutes it takes a class.
    pub minutes: usize,
    /// How much it asks for.
    pub level: Level,
    /// What is said before the first step, in Markdown.
    pub about: String,
    /// What the study found about it, shown with the last step.
    pub study: Option<&'static Finding>,
    /// The steps, at least one.
    pub steps: Vec<Step>,
}

/// How much a lesson asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// A derivative.
    Easy,
    /// The lessons before.
    Medium,
    /// Time to think.
    Hard,
}

impl Level {
    /// All, with their words.
    pub const ALL: [(&str, Self); 3] = [("easy", Self::Easy), ("medium", Self::Medium), ("hard", Self::Hard)];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its title.
    pub title: String,
    /// Its line in the file, from 1.
    pub line: usize,
    /// What it says, in Markdown.
    pub text: String,
    /// What the reader is asked before anything is shown.
    pub question: Option<Question>,
    /// The experiment that is looked at.
    pub experiment: Experiment,
    /// The names that claims have for its lanes.
    pub lanes: Vec<String>,
    /// The view that shows it.
    pub show: Option<Middle>,
    /// The lane to look at.
    pub lane: Option<usize>,
    /// The control to use.
    pub point: Option<Control>,
    /// Steps a second; as fast as it goes without it.
    pub pace: Option<f64>,
    /// The step of the run to stop after; its end without it.
    pub stop: Option<usize>,
    /// What is claimed then.
    pub claim: Option<Told>,
}

/// A claim, and what is told when it holds and when it does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The condition.
    pub claim: Claim,
    /// Its line in the file, from 1.
    pub line: usize,
    /// How often it holds.
    pub holds: Holds,
    /// The explanation if it holds, in Markdown.
    pub if_so: String,
    /// The explanation if it does not.
    pub if_not: String,
}

/// A prediction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What is asked.
    pub text: String,
    /// What can be answered.
    pub choices: Vec<String>,
    /// The answer that the run confirms; none where it is a matter of opinion.
    pub right: Option<usize>,
}

/// In how many data seeds a claim holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holds {
    /// At least so many…
    pub least: usize,
    /// …and at most so many…
    pub most: usize,
    /// …of so many.
    pub of: usize,
}

impl Holds {
    /// In every data seed.
    pub const ALWAYS: Self = Self { least: 1, most: 1, of: 1 };

    /// Whether `held` of `seeds` is as it says, rounded in its favour where fewer seeds are tried than it speaks of.
    pub fn allows(self, held: usize, seeds: usize) -> bool {
        let Self { least, most, of } = self;
        (seeds * least / of..=(seeds * most).div_ceil(of)).contains(&held)
    }

    /// As it is written.
    pub fn words(self) -> String {
        match self {
            Self::ALWAYS => "always".to_owned(),
            Self { least, most, of } if most == of => format!("{least} of {of}"),
            Self { least, most, of } => format!("{least} to {most} of {of}"),
        }
    }
}

/// A control that a step can point to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// Starts a run.
    Start,
    /// One step.
    Step,
    /// The data of the setup.
    Data,
    /// Its label noise.
    Noise,
    /// Its lanes, each with its ρ.
    Lanes,
    /// Its epochs.
    Epochs,
    /// Its batch size.
    Batch,
    /// Its seeds.
    Seeds,
    /// The table of results.
    Results,
    /// The question to all lanes.
    Ask,
    /// Measures sharpness.
    Sharpness,
    /// What the charts are drawn against.
    Axis,
    /// Tells the next step before it is taken.
    Look,
    /// Measures the landscape.
    Landscape,
}

impl Control {
    /// All, with their words.
    pub const ALL: [(&str, Self); 14] = [
        ("start", Self::Start),
        ("step", Self::Step),
        ("data", Self::Data),
        ("noise", Self::Noise),
        ("lanes", Self::Lanes),
        ("epochs", Self::Epochs),
        ("batch", Self::Batch),
        ("seeds", Self::Seeds),
        ("results", Self::Results),
        ("ask", Self::Ask),
        ("sharpness", Self::Sharpness),
        ("axis", Self::Axis),
        ("look", Self::Look),
        ("landscape", Self::Landscape),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_often_a_claim_holds_is_a_range() {
        assert!(Holds::ALWAYS.allows(8, 8) && !Holds::ALWAYS.allows(7, 8));
        let some = Holds { least: 2, most: 6, of: 8 };
        assert_eq!([1, 2, 6, 7].map(|held| some.allows(held, 8)), [false, true, true, false]);
        // Of one seed 2/8 is rounded to none and 6/8 to one: nothing can be said.
        assert!(some.allows(0, 1) && some.allows(1, 1));
        // Of four: 1 to 3.
        assert_eq!([0, 1, 3, 4].map(|held| some.allows(held, 4)), [false, true, true, false]);
        assert_eq!([some.words(), Holds::ALWAYS.words()], ["2 to 6 of 8", "always"]);
    }
}
