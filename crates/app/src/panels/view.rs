//! What the views may look at, and how much room they have.

use basin_train::experiment::LaneConfig;
use basin_train::protocol::Files;
use egui::Vec2;

use crate::charts::Charts;
use crate::choices::{Choices, Ending, Question};
use crate::client::Client;
use crate::command::{Figure, ViewCommand};
use crate::flattening::Flattening;
use crate::handout::Sharing;
use crate::lessons::{Control, Lesson};
use crate::locks::{Locks, Part};
use crate::sentences::Rows;
use crate::settings::{Middle, Settings};
use crate::state::State;
use crate::theme::{self, LaneMark};

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A desktop window.
    Wide,
    /// A tablet, a small window.
    Medium,
    /// A phone.
    Narrow,
    /// A phone turned on its side: wide, and hardly high.
    Low,
}

impl Layout {
    /// The layout for a room in points.
    pub fn of(room: Vec2) -> Self {
        match (room.x, room.y) {
            (w, h) if h < 500.0 && (w >= 560.0 || w >= 1.5 * h) && w >= 400.0 => Self::Low,
            (w, _) if w >= 1240.0 => Self::Wide,
            (w, _) if w >= 820.0 => Self::Medium,
            _ => Self::Narrow,
        }
    }

    /// Whether it shows one page at a time, in a column that scrolls as a whole.
    pub fn is_phone(self) -> bool {
        matches!(self, Self::Narrow | Self::Low)
    }
}

/// What the views may look at.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is something that is so or not by itself")]
pub struct View<'a> {
    /// How much room there is.
    pub layout: Layout,
    /// What the trainer said.
    pub state: &'a State,
    /// What the user set up.
    pub settings: &'a Settings,
    /// The points of the charts.
    pub charts: &'a Charts,
    /// What the views of the instrument are set to.
    pub choices: &'a Choices,
    /// The rows of the table of sentences.
    pub rows: &'a Rows,
    /// How SAM flattens, as far as the dots have come.
    pub flattening: &'a Flattening,
    /// What is still to come from the trainer.
    pub client: &'a Client,
    /// The question.
    pub question: &'a Question,
    /// The answers to it in words, told once.
    pub answers: &'a str,
    /// The user's files.
    pub files: Option<&'a Files>,
    /// The name of the test file that belongs to another training file than the one that is open.
    pub test_aside: Option<&'a str>,
    /// Whether the setup differs from what runs.
    pub changed: bool,
    /// The lane that others are compared to.
    pub reference: usize,
    /// The lesson that the user opened, with the name of its file.
    pub own_lesson: Option<(&'a str, &'a Lesson)>,
    /// Whether a lesson started the run that is there.
    pub trains_lesson: bool,
    /// Whether the run is kept, as it was a moment ago.
    pub is_kept: bool,
    /// The control that the step of the open lesson points to.
    pub pointed: Option<Control>,
    /// What a page that was handed on hides and locks.
    pub locks: &'a Locks,
    /// Whether somebody else has set this up: by a link, or by a lesson in the address.
    pub visits: bool,
    /// The views that a page around this one shows; none where there is no such page.
    pub embedded: &'a [Middle],
    /// Whether all is drawn for the last row of a class.
    pub presents: bool,
    /// The link that is being made, if one is.
    pub sharing: Option<&'a Sharing>,
    /// What stands before the text of a link.
    pub link_prefix: &'a str,
    /// Whether the help is shown.
    pub help_open: bool,
    /// Whether nothing moves by itself.
    pub still: bool,
    /// Whether text and lines are in the strongest contrast.
    pub strong: bool,
    /// Whether all lines are drawn from left to right, also those of Arabic and Hebrew.
    pub left_to_right: bool,
    /// The figure whose image is taken: it has to stand alone.
    pub captured: Option<Figure>,
}

/// How long the question whether a run is to end stands, in seconds: long enough to be heard by a screen reader and answered.
pub const ASKED_SECONDS: f64 = 10.0;

/// Steps that the key R and Stop end without a question.
pub const FEW_STEPS: usize = 10;

/// A second press that comes sooner is a doubled letter or a double click, and no answer.
const DOUBLED_SECONDS: f64 = 0.4;

impl View<'_> {
    /// What to do when the user ends the run by what he does `then`, `now`: at once where that `loses` nothing, else the question,
    /// to which the same wish once more is the answer.
    pub fn end(&self, ending: Ending, then: ViewCommand, loses: bool, now: f64) -> ViewCommand {
        let answered = self.choices.ending.is_some_and(|(asked, at)| asked == ending && now - at >= DOUBLED_SECONDS);
        if loses && !answered { ViewCommand::AskToEnd(Some(ending)) } else { then }
    }

    /// The views that there are to choose from.
    pub fn middles(&self) -> Vec<Middle> {
        let there = |middle: &Middle| self.embedded.is_empty() || self.embedded.contains(middle);
        Middle::ALL.into_iter().filter(there).filter(|middle| self.locks.shows_middle(*middle)).collect()
    }

    /// The marks of the lanes.
    pub fn marks(&self) -> Vec<LaneMark> {
        self.marks_of(&self.state.run.lanes.iter().map(|lane| lane.config.clone()).collect::<Vec<_>>())
    }

    /// The marks of these lanes, as the reader wants them.
    pub fn marks_of(&self, lanes: &[LaneConfig]) -> Vec<LaneMark> {
        let marks = theme::marks(lanes);
        if self.settings.sight.patterns { theme::patterned(&marks) } else { marks }
    }

    /// Whether results and questions are below the middle: they belong to the curves, the other views need the room.
    pub fn shows_lower(&self) -> bool {
        let any = self.locks.shows(Part::Results) || self.locks.shows(Part::Ask);
        any && self.settings.show_lower && self.settings.middle == Middle::Curves
    }
}
