//! What a view asks for. Views draw and push these; `App::obey` is the one place that carries them out.

use basin_train::config::Experiment;
use basin_train::protocol::DeviceChoice;
use egui::ThemePreference;

use crate::files::FileRequest;
use crate::settings::{ChartOptions, Tab};

/// A wish of the user.
#[derive(Clone, Debug, PartialEq)]
pub enum ViewCommand {
    /// Train what is set up, from the beginning.
    Start,
    /// Pause.
    Pause,
    /// Go on.
    Resume,
    /// One step of every lane.
    Step,
    /// End the run.
    Stop,
    /// Save the run.
    SaveRun,
    /// Write the measurements as CSV.
    ExportCsv,
    /// Copy a link that sets the experiment up.
    CopyLink,
    /// Open a file.
    OpenFile(FileRequest),
    /// Hold test examples out of the training file instead.
    DropTestFile,
    /// The setup is now this.
    Edit(Box<Experiment>),
    /// Train here.
    Device(DeviceChoice),
    /// The question is now this, not yet asked.
    Write {
        /// The text.
        text: String,
        /// The second text of a pair.
        text_b: String,
    },
    /// Ask every lane the question that is written.
    Ask,
    /// Take the failure off the screen.
    Dismiss,
    /// Draw the charts so.
    Charts(ChartOptions),
    /// The lane that the others are compared to.
    Reference(usize),
    /// Light, dark, or as the system says.
    Theme(ThemePreference),
    /// Show this page.
    Tab(Tab),
    /// Show or hide the setup panel of the wide layouts.
    ShowSetup(bool),
    /// Show or hide results and questions in the wide layouts.
    ShowLower(bool),
    /// Show or hide the help.
    Help(bool),
}
