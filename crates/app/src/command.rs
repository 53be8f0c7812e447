//! What a view asks for. Views draw and push these; `App::obey` is the one place that carries them out.

use basin_train::experiment::Experiment;
use basin_train::protocol::{Command, DeviceChoice};
use basin_train::report::ExportFormat;
use egui::{Rect, ThemePreference};

use crate::choices::{
    Ending, FlattenChoice, JudgeChoice, JudgePart, LandscapeChoice, SentenceChoice, SharpnessChoice, StepChoice, SweepChoice, TimeChoice,
};
use crate::files::FileRequest;
use crate::handout::{Handout, Sharing};
use crate::lessons::Step;
use crate::messages::{Offer, Topic};
use crate::settings::{ChartOptions, Course, Middle, Sight, Tab};
use crate::state::Metric;

/// Something whose values can be saved as CSV and whose image as PNG.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// One of the charts of the middle.
    Chart(Metric),
    /// The table of results.
    Results,
    /// The answers to the question.
    Answers,
    /// The sharpness of all lanes.
    Sharpness,
    /// The step under the microscope.
    Step,
    /// The table of sentences, as it is sorted and filtered.
    Sentences,
    /// The visits of one sentence.
    History,
    /// The plane, or one of the two others: 0 to 2.
    Landscape(usize),
    /// The line between two lanes.
    Line,
    /// Every run of the sweep.
    Sweep,
    /// A part of the judgement, of all lanes.
    Judged(JudgePart),
    /// The examples of the cell that is open.
    JudgedCell,
    /// The answers to the list.
    Predictions,
    /// How SAM flattens: every point of every line.
    Flatten,
}

/// What the user asks for.
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
    /// Train up to the next measurement.
    StepToMeasurement,
    /// Go to a step that the run has been at.
    Seek(usize),
    /// Take so many steps a second at most, and pause where this says.
    Time(TimeChoice),
    /// End the run.
    Stop,
    /// Ask whether the run is to end so, or take the question back.
    AskToEnd(Option<Ending>),
    /// Save the run.
    SaveRun,
    /// Save this lane as a classifier of its own.
    SaveModel(usize, ExportFormat),
    /// Write the measurements as CSV.
    ExportCsv,
    /// Write a report on the run as one file of HTML.
    SaveReport,
    /// Write the values of a figure as CSV.
    Values(Figure),
    /// Write the image of a figure, which lies there on the screen, as PNG.
    Image(Figure, Rect),
    /// Ask the trainer this.
    Send(Box<Command>),
    /// Measure the plane that is chosen, then two others.
    MeasureLandscape,
    /// Show this in the middle.
    Middle(Middle),
    /// The sharpness view is now set to this.
    Sharpness(SharpnessChoice),
    /// The step view is now set to this.
    Microscope(StepChoice),
    /// The sentences view is now set to this.
    Sentences(SentenceChoice),
    /// The landscape view is now set to this.
    Landscape(LandscapeChoice),
    /// The sweep view is now set to this.
    Sweep(SweepChoice),
    /// Sweeps take so many cores, or as many as are advised.
    SweepCores(Option<usize>),
    /// The view of how SAM flattens is now set to this.
    Flatten(Box<FlattenChoice>),
    /// Its dots begin again.
    FlattenAgain,
    /// Its dots take one step.
    FlattenStep,
    /// Compare the methods of the setup over ρ.
    StartSweep,
    /// Have the answers judged now.
    Judge,
    /// The judge view is now set to this.
    Judging(JudgeChoice),
    /// The list of texts is now this, not yet asked.
    WriteList(String),
    /// Ask every lane the list that is written.
    AskList,
    /// The link that is being made is now this; none ends that.
    Share(Option<Box<Sharing>>),
    /// Copy the address of a link.
    Copy(String),
    /// Show here what whoever opens the link finds.
    TryOut(Box<Handout>),
    /// Leave the page that somebody else has set up: show everything, keep the run.
    Leave,
    /// Put back the setup that was put aside, or forget it.
    Aside(bool),
    /// Open a file.
    OpenFile(FileRequest),
    /// Go on with a run that is kept.
    OpenKept(u64),
    /// Lay a run that is kept beside the one that is shown; none takes it away.
    Compare(Option<u64>),
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
    /// Take the notice on this off the screen.
    Dismiss(Topic),
    /// Do what the notice on this offers.
    Accept(Topic, Offer),
    /// Draw the charts so.
    Charts(ChartOptions),
    /// Write a table of labelled texts, to try out how a file is opened.
    ExampleFile,
    /// The lane that the others are compared to.
    Reference(usize),
    /// Light, dark, or as the system says.
    Theme(ThemePreference),
    /// Draw for eyes that need this.
    Sight(Sight),
    /// Show this page.
    Tab(Tab),
    /// Show or hide the setup panel of the wide layouts.
    ShowSetup(bool),
    /// Show or hide results and questions in the wide layouts.
    ShowLower(bool),
    /// A first visit has gone through one of its doors, or wants none.
    Welcomed,
    /// The course is now at this.
    Course(Box<Course>),
    /// Train what this step of a lesson is about.
    Teach(Box<Step>),
    /// Draw all for the last row of a class, or no longer.
    Present(bool),
    /// Show or hide the help.
    Help(bool),
}
