//! What a page that was handed on hides, and what it locks: whole panels, groups of controls, or single ones.
//!
//! Locks guide a class, they guard nothing: whoever leaves the page has everything. Elsewhere: what a view may still ask for
//! (`app/visit.rs`), the text of a link (`handout.rs`).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::settings::{Middle, Tab};

/// Something that can be hidden, or locked so that it is seen and does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The whole setup.
    Setup,
    /// Its data, with the label noise.
    Data,
    /// Its lanes, each with its ρ.
    Lanes,
    /// Its training, model, seeds and device.
    Training,
    /// The label noise, of the data.
    Noise,
    /// The ρ of each lane.
    Rho,
    /// The epochs, of the training, as the others from here on.
    Epochs,
    /// The batch size.
    Batch,
    /// The learning rate of all lanes.
    Rate,
    /// How many seeds.
    Seeds,
    /// Train, Pause, Step, Stop, and the bar of time.
    Transport,
    /// The table of results.
    Results,
    /// The question to all lanes.
    Ask,
    /// The view of sharpness.
    Sharpness,
    /// The view of one step.
    Step,
    /// The view of sentences.
    Sentences,
    /// The view of the landscape.
    Landscape,
    /// The view of the sweep.
    Sweep,
    /// The view that judges the answers.
    Judge,
    /// The view of how SAM flattens.
    Flatten,
    /// The course; locked, the lesson that is open stays open.
    Course,
    /// Opening and saving files.
    Files,
}

impl Part {
    /// All, in the order of the dialog.
    pub const ALL: [Self; 22] = [
        Self::Setup,
        Self::Data,
        Self::Noise,
        Self::Lanes,
        Self::Rho,
        Self::Training,
        Self::Epochs,
        Self::Batch,
        Self::Rate,
        Self::Seeds,
        Self::Transport,
        Self::Results,
        Self::Ask,
        Self::Sharpness,
        Self::Step,
        Self::Sentences,
        Self::Landscape,
        Self::Sweep,
        Self::Judge,
        Self::Flatten,
        Self::Course,
        Self::Files,
    ];

    /// The name for people, as in "setup is locked".
    pub fn title(self) -> &'static str {
        match self {
            Self::Setup => "setup",
            Self::Data => "data",
            Self::Lanes => "lanes",
            Self::Training => "training and model",
            Self::Noise => "label noise",
            Self::Rho => "ρ",
            Self::Epochs => "epochs",
            Self::Batch => "batch size",
            Self::Rate => "learning rate",
            Self::Seeds => "seeds",
            Self::Transport => "run and time",
            Self::Results => "results",
            Self::Ask => "question",
            Self::Sharpness => "sharpness view",
            Self::Step => "step view",
            Self::Sentences => "sentences view",
            Self::Landscape => "landscape view",
            Self::Sweep => "sweep view",
            Self::Judge => "judge view",
            Self::Flatten => "flatten view",
            Self::Course => "course",
            Self::Files => "files",
        }
    }

    /// Whether it can be locked: what is only looked at can only be hidden.
    pub fn can_be_locked(self) -> bool {
        !matches!(
            self,
            Self::Results | Self::Sharpness | Self::Step | Self::Sentences | Self::Landscape | Self::Sweep | Self::Judge | Self::Flatten
        )
    }

    /// What hides or locks it along with itself.
    fn whole(self) -> Option<Self> {
        match self {
            Self::Data | Self::Lanes | Self::Training => Some(Self::Setup),
            Self::Noise => Some(Self::Data),
            Self::Rho => Some(Self::Lanes),
            Self::Epochs | Self::Batch | Self::Rate | Self::Seeds => Some(Self::Training),
            _ => None,
        }
    }

    /// All that hides or locks it along with itself, the nearest first.
    pub fn wholes(self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.whole(), |part| part.whole())
    }

    /// Whether it is a single control, which can be free in a group that is locked.
    pub fn is_single(self) -> bool {
        self.wholes().count() == 2
    }

    /// The part that a view of the middle is; the curves are always there.
    pub fn of(middle: Middle) -> Option<Self> {
        match middle {
            Middle::Curves => None,
            Middle::Sharpness => Some(Self::Sharpness),
            Middle::Step => Some(Self::Step),
            Middle::Sentences => Some(Self::Sentences),
            Middle::Landscape => Some(Self::Landscape),
            Middle::Sweep => Some(Self::Sweep),
            Middle::Judge => Some(Self::Judge),
            Middle::Flatten => Some(Self::Flatten),
        }
    }
}

/// What is hidden and what is locked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Locks {
    /// What is not shown.
    pub hidden: BTreeSet<Part>,
    /// What is shown and does nothing.
    pub locked: BTreeSet<Part>,
    /// Single controls that can be used although their group is locked.
    pub free: BTreeSet<Part>,
}

impl Locks {
    /// Nothing is hidden or locked.
    pub const NONE: Self = Self { hidden: BTreeSet::new(), locked: BTreeSet::new(), free: BTreeSet::new() };

    /// Whether nothing is hidden or locked.
    pub fn is_none(&self) -> bool {
        self == &Self::NONE
    }

    /// Whether a part is on the screen.
    pub fn shows(&self, part: Part) -> bool {
        !self.hidden.contains(&part) && part.wholes().all(|whole| !self.hidden.contains(&whole))
    }

    /// Whether a part is on the screen and can be used.
    pub fn opens(&self, part: Part) -> bool {
        self.shows(part) && !self.locked.contains(&part) && (self.free.contains(&part) || !self.locks_whole_of(part))
    }

    /// Whether a part and all that belongs to it can be used.
    pub fn opens_all_of(&self, part: Part) -> bool {
        Part::ALL.into_iter().filter(|&other| other == part || other.wholes().any(|whole| whole == part)).all(|part| self.opens(part))
    }

    /// Whether something is locked that a part belongs to.
    fn locks_whole_of(&self, part: Part) -> bool {
        part.wholes().any(|whole| self.locked.contains(&whole))
    }

    /// Whether a view of the middle is there.
    pub fn shows_middle(&self, middle: Middle) -> bool {
        Part::of(middle).is_none_or(|part| self.shows(part))
    }

    /// Whether a page of the narrow layout is there.
    pub fn shows_tab(&self, tab: Tab) -> bool {
        match tab {
            Tab::Setup => self.shows(Part::Setup),
            Tab::Curves => true,
            Tab::Results => self.shows(Part::Results),
            Tab::Ask => self.shows(Part::Ask),
        }
    }

    /// Sets what becomes of a part. A single control that is to be used where its group is locked becomes free.
    pub fn set(&mut self, part: Part, hidden: bool, locked: bool) {
        let free = part.is_single() && !hidden && !locked && self.locks_whole_of(part);
        for (set, wanted) in [(&mut self.hidden, hidden), (&mut self.locked, locked), (&mut self.free, free)] {
            if wanted {
                set.insert(part);
            } else {
                set.remove(&part);
            }
        }
        // Where no group is locked any more, nothing has to be free of it.
        let locked = &self.locked;
        self.free.retain(|part| part.wholes().any(|whole| locked.contains(&whole)));
    }

    /// What is locked, what of it is free, and what is hidden, for people; nothing where nothing is.
    pub fn words(&self) -> String {
        let list = |parts: &BTreeSet<Part>, what: &str| {
            let titles: Vec<&str> = parts.iter().map(|part| part.title()).collect();
            match titles.as_slice() {
                [] => None,
                [one] if one.ends_with('s') => Some(format!("{one} are {what}")),
                [one] => Some(format!("{one} is {what}")),
                [first @ .., last] => Some(format!("{} and {last} are {what}", first.join(", "))),
            }
        };
        [list(&self.locked, "locked"), list(&self.free, "free"), list(&self.hidden, "hidden")]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_for_the_setup_holds_for_its_groups() {
        let mut locks = Locks::default();
        assert!(Part::ALL.into_iter().all(|part| locks.opens(part)) && locks.is_none());
        locks.set(Part::Setup, false, true);
        assert!(locks.shows(Part::Lanes) && !locks.opens(Part::Lanes) && locks.opens(Part::Transport));
        locks.set(Part::Setup, true, false);
        assert!(!locks.shows(Part::Lanes) && !locks.shows(Part::Setup));
        locks.set(Part::Setup, false, false);
        locks.set(Part::Data, false, true);
        assert!(locks.opens(Part::Setup) && !locks.opens(Part::Data) && locks.opens(Part::Lanes));
    }

    #[test]
    fn a_single_control_can_be_free_or_locked_by_itself() {
        let mut locks = Locks::default();
        locks.set(Part::Seeds, false, true);
        assert!(!locks.opens(Part::Seeds) && locks.opens(Part::Training) && !locks.opens_all_of(Part::Setup));
        locks.set(Part::Seeds, false, false);
        assert!(locks.is_none() && locks.opens_all_of(Part::Setup));
        locks.set(Part::Setup, false, true);
        locks.set(Part::Rho, false, false);
        assert!(locks.opens(Part::Rho) && !locks.opens(Part::Lanes) && !locks.opens(Part::Seeds));
        assert_eq!(locks.words(), "setup is locked; ρ is free");
        locks.set(Part::Lanes, true, false);
        assert!(!locks.shows(Part::Rho), "what is not on the screen cannot be used");
        locks.set(Part::Lanes, false, false);
        locks.set(Part::Setup, false, false);
        assert!(locks.is_none(), "{locks:?}");
    }

    #[test]
    fn it_is_told_in_words() {
        let mut locks = Locks::default();
        assert_eq!(locks.words(), "");
        locks.set(Part::Setup, false, true);
        assert_eq!(locks.words(), "setup is locked");
        for part in [Part::Landscape, Part::Files, Part::Ask] {
            locks.set(part, true, false);
        }
        assert_eq!(locks.words(), "setup is locked; question, landscape view and files are hidden");
    }

    #[test]
    fn the_curves_cannot_be_hidden() {
        let locks = Locks { hidden: Part::ALL.into(), ..Locks::default() };
        assert_eq!(Middle::ALL.map(|middle| locks.shows_middle(middle)), [true, false, false, false, false, false, false, false]);
    }
}
