//! What the views may look at, and how much room they have.

use basin_train::protocol::Files;

use crate::charts::Charts;
use crate::choices::{Choices, Question};
use crate::client::Client;
use crate::command::Figure;
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
    Middle,
    /// A phone.
    Narrow,
}

impl Layout {
    /// The layout for a width in points.
    pub fn of(width: f32) -> Self {
        match width {
            w if w >= 1240.0 => Self::Wide,
            w if w >= 820.0 => Self::Middle,
            _ => Self::Narrow,
        }
    }
}

/// What the views may look at.
#[derive(Clone, Copy)]
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
    /// What is still to come from the trainer.
    pub client: &'a Client,
    /// The question.
    pub question: &'a Question,
    /// The user's files.
    pub files: Option<&'a Files>,
    /// The name of the test file that belongs to another training file than the one that is open.
    pub test_aside: Option<&'a str>,
    /// Whether the setup differs from what runs.
    pub changed: bool,
    /// The lane that others are compared to.
    pub reference: usize,
    /// Whether the help is shown.
    pub help_open: bool,
    /// The figure whose picture is taken: it has to stand alone.
    pub pictured: Option<Figure>,
}

impl View<'_> {
    /// The marks of the lanes.
    pub fn marks(&self) -> Vec<LaneMark> {
        theme::marks(&self.state.lanes.iter().map(|lane| lane.config.clone()).collect::<Vec<_>>())
    }

    /// Whether results and questions are below the middle: they belong to the curves, the other views need the room.
    pub fn shows_lower(&self) -> bool {
        self.settings.show_lower && self.settings.middle == Middle::Curves
    }
}
