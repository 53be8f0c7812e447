//! What the views of the instrument are set to, and the question. It lives as long as the window and is not kept between two starts.

use basin_optim::flattening::{Landscape, Setup};
use basin_train::experiment::{Experiment, LaneConfig, MethodConfig};
use basin_train::lab::grid::{Grid, climbs};
use basin_train::lab::outcome;
use basin_train::report::{PlaneChoice, Side};

use crate::format;

/// The question in the text field.
#[derive(Debug, Default)]
pub struct Question {
    /// The text.
    pub text: String,
    /// The second text of a pair.
    pub text_b: String,
    /// Many texts, one a line.
    pub list: String,
    /// What was asked last.
    pub asked: Option<(String, Option<String>)>,
}

/// What ends a run before it has reached its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Another one takes its place.
    Restart,
    /// Nothing does.
    Stop,
    /// That of a lesson takes its place.
    Lesson,
}

/// The choices of all views.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choices {
    /// Index of the lane that others are compared to; `None` takes SAM, or the first.
    pub reference: Option<usize>,
    /// How the time of the run goes.
    pub time: TimeChoice,
    /// Whether the run is to end so, and when the user was asked, in egui's seconds.
    pub ending: Option<(Ending, f64)>,
    /// Of the sharpness view.
    pub sharpness: SharpnessChoice,
    /// Of the step view.
    pub step: StepChoice,
    /// Of the sentences view.
    pub sentences: SentenceChoice,
    /// Of the landscape view.
    pub landscape: LandscapeChoice,
    /// Of the judge view.
    pub judge: JudgeChoice,
    /// Of the sweep view.
    pub sweep: SweepChoice,
    /// Of the view of how SAM flattens.
    pub flatten: FlattenChoice,
}

/// The radii ρ that a sweep may go over, in steps of 2 or about √2.
pub const RADII: [&[f64]; 2] = [&[0.05, 0.1, 0.2, 0.4, 0.8], &[0.05, 0.07, 0.1, 0.14, 0.2, 0.28, 0.4, 0.56, 0.8]];

/// What a sweep goes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SweepChoice {
    /// How many, besides those of the lanes: the list of [`RADII`] that has as many.
    pub radii: usize,
    /// Whether every method spends as many gradients as SAM.
    pub level: bool,
    /// What the measures of sharpness are drawn against, run by run; without it everything is drawn over ρ.
    pub against: Option<outcome::Column>,
}

impl Default for SweepChoice {
    fn default() -> Self {
        Self { radii: RADII[0].len(), level: false, against: None }
    }
}

impl SweepChoice {
    /// Part of the training data on which ρ is chosen.
    const VALIDATION: f64 = 0.2;

    /// The sweep over the methods of a setup; one that is there several times, at several ρ, is swept once. What the lanes have is tried,
    /// too: a list that leaves it out could call a worse ρ the best.
    ///
    /// # Errors
    /// Why there can be none, for people.
    pub fn grid(self, setup: &Experiment) -> Result<Grid, String> {
        let mut experiment = setup.clone();
        for lane in std::mem::take(&mut experiment.lanes) {
            let same = |other: &LaneConfig| other.method == lane.method && other.learning_rate == lane.learning_rate;
            if !experiment.lanes.iter().any(same) {
                experiment.lanes.push(lane);
            }
        }
        let mut radii = RADII.into_iter().find(|radii| radii.len() == self.radii).unwrap_or(RADII[0]).to_vec();
        radii.extend(setup.lanes.iter().filter(|lane| climbs(lane) && lane.rho > 0.0).map(|lane| lane.rho));
        radii.sort_by(f64::total_cmp);
        radii.dedup();
        let grid = Grid::new(experiment, radii, Vec::new(), Self::VALIDATION);
        grid.check().map_err(|error| format::sentence(&error.to_string()))?;
        Ok(grid)
    }
}

/// How the time of the run goes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TimeChoice {
    /// Most steps a second; none is as many as there is time for.
    pub pace: Option<f64>,
    /// The step that somebody wants to see, while the run is on its way there.
    pub sought: Option<usize>,
    /// Pause at this step.
    pub stop_at: Option<usize>,
    /// Pause when the test accuracy of a lane has fallen by so much, 0 to 1.
    pub stop_at_fall: Option<f64>,
}

impl Choices {
    /// Keeps every choice within a run that has been prepared: its lanes, and so many members and classes.
    pub fn fit(&mut self, configs: &[LaneConfig], members: usize, classes: usize) {
        let lanes = configs.len();
        let lane = |lane: &mut usize| *lane = (*lane).min(lanes.saturating_sub(1));
        let member = |member: &mut usize| *member = (*member).min(members.saturating_sub(1));
        self.reference = None;
        self.ending = None;
        self.time.sought = None;
        self.sharpness.share = None;
        self.step.lanes.iter_mut().for_each(lane);
        member(&mut self.step.member);
        if !self.sentences.picked {
            let weights = |lane: &LaneConfig| matches!(lane.method, MethodConfig::DeltaSam { .. } | MethodConfig::RwSam { .. });
            self.sentences.lane = configs.iter().position(weights).unwrap_or(0);
        }
        lane(&mut self.sentences.lane);
        self.sentences.label = self.sentences.label.filter(|label| *label < classes);
        self.sentences.selected = None;
        lane(&mut self.judge.lane);
        self.judge.cell = None;
        let landscape = &mut self.landscape;
        member(&mut landscape.member);
        landscape.line.iter_mut().for_each(lane);
        if landscape.line[0] == landscape.line[1] && lanes > 1 {
            landscape.line = [0, 1];
        }
        if let Some(plane) = landscape.aside.take_if(|_| lanes > 1) {
            landscape.plane = plane;
        }
        if let PlaneChoice::Ends { lanes: ends } = &mut landscape.plane {
            ends.iter_mut().for_each(lane);
            if lanes < 2 {
                landscape.aside = Some(std::mem::replace(&mut landscape.plane, PlaneChoice::Random { seed: 1 }));
            } else if ends.iter().all(|end| *end == ends[0]) {
                *ends = [0, 1, lanes.min(3) - 1];
            }
        }
    }
}

/// Which sharpness is drawn, and what it may cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SharpnessChoice {
    /// Index of the quantity among the readings.
    pub quantity: usize,
    /// Whose examples.
    pub side: Side,
    /// The share of the training time that was asked for in this run; the trainer confirms it with its next measurement.
    pub share: Option<f64>,
}

impl Default for SharpnessChoice {
    fn default() -> Self {
        Self { quantity: 0, side: Side::Train, share: None }
    }
}

/// A stage of the walk through one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Which examples, and how much each counts.
    #[default]
    Batch,
    /// From w to w + ε.
    Climb,
    /// The gradient up there.
    Gradient,
    /// From w to where the step ends.
    Move,
    /// What it did to the losses.
    After,
}

impl Stage {
    /// All, in the order of the walk.
    pub const ALL: [Self; 5] = [Self::Batch, Self::Climb, Self::Gradient, Self::Move, Self::After];

    /// The name on the switch.
    pub fn title(self) -> &'static str {
        match self {
            Self::Batch => "Batch",
            Self::Climb => "Climb",
            Self::Gradient => "Gradient",
            Self::Move => "Move",
            Self::After => "After",
        }
    }

    /// The stage `by` places further, within the walk.
    #[must_use]
    pub fn further(self, by: isize) -> Self {
        Self::ALL[(self as usize).saturating_add_signed(by).min(Self::ALL.len() - 1)]
    }
}

/// Where the walk through a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepChoice {
    /// The stage that is shown.
    pub stage: Stage,
    /// The two lanes beside each other.
    pub lanes: [usize; 2],
    /// The member that is looked at next.
    pub member: usize,
}

impl Default for StepChoice {
    fn default() -> Self {
        Self { stage: Stage::Batch, lanes: [1, 2], member: 0 }
    }
}

/// A column of the table of sentences.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Column {
    /// Its number among the training examples.
    Number,
    /// The text.
    Text,
    /// The label it is trained on.
    Label,
    /// Loss now.
    #[default]
    Loss,
    /// Curvature now.
    Curvature,
    /// B·p when it was last in a batch.
    Weight,
    /// Mean B·p.
    MeanWeight,
    /// Gap when it was last in a batch.
    Gap,
    /// Times it was in a batch.
    Seen,
    /// Times it was weighted up.
    WeightedUp,
}

/// What the table of sentences shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentenceChoice {
    /// Whose eyes.
    pub lane: usize,
    /// Whether somebody has chosen it; else it is the first lane that weights.
    pub picked: bool,
    /// What it is sorted by.
    pub column: Column,
    /// Largest first.
    pub descending: bool,
    /// Only texts that contain this, in any case.
    pub search: String,
    /// Only this label.
    pub label: Option<usize>,
    /// Only examples whose label was flipped.
    pub flipped_only: bool,
    /// The example whose history is shown.
    pub selected: Option<usize>,
}

impl Default for SentenceChoice {
    fn default() -> Self {
        Self {
            lane: 0,
            picked: false,
            column: Column::Loss,
            descending: true,
            search: String::new(),
            label: None,
            flipped_only: false,
            selected: None,
        }
    }
}

/// What the landscape shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LandscapeChoice {
    /// The plane that is measured next.
    pub plane: PlaneChoice,
    /// The one that comes back once there are lanes enough to span it.
    pub aside: Option<PlaneChoice>,
    /// The member that is looked at next.
    pub member: usize,
    /// Accuracy instead of loss.
    pub accuracy: bool,
    /// The turnable surface instead of the map.
    pub surface: bool,
    /// Turn about the vertical and tilt towards the viewer, in radians.
    pub turn: [f32; 2],
    /// The ends of the line that is measured next.
    pub line: [usize; 2],
}

impl Default for LandscapeChoice {
    fn default() -> Self {
        let plane = PlaneChoice::Ends { lanes: [0, 1, 2] };
        Self { plane, aside: None, member: 0, accuracy: false, surface: false, turn: [0.6, 0.9], line: [0, 1] }
    }
}

/// A part of the judgement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JudgePart {
    /// The figures of all lanes.
    #[default]
    Overview,
    /// Which class is taken for which.
    Confusions,
    /// Precision, recall and F1 of each class.
    Classes,
    /// Whether confidence is deserved.
    Calibration,
    /// The surest mistakes.
    Mistakes,
    /// The training labels that are doubted most.
    Labels,
}

impl JudgePart {
    /// All, in the order of the switch.
    pub const ALL: [Self; 6] = [Self::Overview, Self::Confusions, Self::Classes, Self::Calibration, Self::Mistakes, Self::Labels];

    /// The name on the switch.
    pub fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Confusions => "Confusions",
            Self::Classes => "Classes",
            Self::Calibration => "Calibration",
            Self::Mistakes => "Mistakes",
            Self::Labels => "Labels",
        }
    }

    /// What it shows, in one sentence.
    pub fn help(self) -> &'static str {
        match self {
            Self::Overview => "All figures of all lanes.",
            Self::Confusions => "Which class is taken for which; a cell shows the texts.",
            Self::Classes => "Precision, recall and F1 of each class.",
            Self::Calibration => "Whether answers of 90 % confidence are right nine times of ten.",
            Self::Mistakes => "The wrong answers that are given with most confidence: errors of the lane, or of the label.",
            Self::Labels => "The training labels that fit worst what the lane has learned: the likeliest to be wrong.",
        }
    }
}

/// What the judge view shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JudgeChoice {
    /// Whose answers.
    pub lane: usize,
    /// Which part.
    pub part: JudgePart,
    /// The cell of the confusion matrix whose examples are shown: label and answer.
    pub cell: Option<[usize; 2]>,
}

/// What the view of how SAM flattens is set to.
#[derive(Clone, Debug, PartialEq)]
pub struct FlattenChoice {
    /// What is descended.
    pub landscape: Landscape,
    /// Whether the dots move; none where nobody has said, and they do unless nothing is to move by itself.
    pub plays: Option<bool>,
    /// Seconds that a whole run takes.
    pub seconds: f64,
    /// Where each landscape begins, in the order of [`Landscape::ALL`].
    pub setups: [Setup; 2],
}

impl Default for FlattenChoice {
    fn default() -> Self {
        Self { landscape: Landscape::Valley, plays: None, seconds: 20.0, setups: Landscape::ALL.map(Setup::of) }
    }
}

impl FlattenChoice {
    /// Seconds that a whole run may take.
    pub const SECONDS: [f64; 4] = [60.0, 20.0, 8.0, 3.0];

    /// The setup of the landscape that is chosen.
    pub fn setup(&self) -> &Setup {
        &self.setups[self.landscape as usize]
    }

    /// The same, to be changed.
    pub fn setup_mut(&mut self) -> &mut Setup {
        &mut self.setups[self.landscape as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_fit_the_run_that_is_prepared() {
        let mut choices = Choices::default();
        choices.step = StepChoice { member: 3, ..choices.step };
        choices.landscape.member = 3;
        choices.sentences.label = Some(5);
        let lanes = |words: &[&str]| words.iter().map(|words| words.parse().expect("lane words")).collect::<Vec<_>>();
        choices.fit(&lanes(&["sgd", "delta-sam"]), 1, 4);
        assert_eq!((choices.step.lanes, choices.step.member), ([1, 1], 0));
        assert_eq!((choices.sentences.lane, choices.sentences.label), (1, None));
        let landscape = choices.landscape;
        assert_eq!((landscape.plane, landscape.line, landscape.member), (PlaneChoice::Ends { lanes: [0, 1, 1] }, [0, 1], 0));
        choices.fit(&lanes(&["sgd"]), 1, 4);
        assert_eq!(choices.landscape.plane, PlaneChoice::Random { seed: 1 }, "one lane spans no plane");
        choices.fit(&lanes(&["sgd"]), 1, 4);
        choices.fit(&lanes(&["sgd", "sam", "delta-sam"]), 1, 4);
        assert_eq!(choices.landscape.plane, PlaneChoice::Ends { lanes: [0, 1, 2] }, "three do");
        assert_eq!(choices.sentences.lane, 2, "the first that weights");
        choices.sentences = SentenceChoice { lane: 1, picked: true, ..choices.sentences };
        choices.fit(&lanes(&["sgd", "sam", "delta-sam"]), 1, 4);
        assert_eq!(choices.sentences.lane, 1, "unless somebody has chosen");
    }

    #[test]
    fn a_sweep_tries_what_the_lanes_have() {
        let mut setup = Experiment { lanes: vec!["sam:rho=0.25".parse().expect("lane words")], ..Experiment::default() };
        let radii = |setup: &Experiment| SweepChoice::default().grid(setup).expect("a good setup").radii;
        assert_eq!(radii(&setup), [0.05, 0.1, 0.2, 0.25, 0.4, 0.8]);
        setup.lanes[0].rho = 0.4;
        assert_eq!(radii(&setup), RADII[0]);
    }

    #[test]
    fn the_walk_ends_at_both_ends() {
        assert_eq!(
            [Stage::Batch.further(-1), Stage::Batch.further(1), Stage::After.further(1)],
            [Stage::Batch, Stage::Climb, Stage::After]
        );
    }
}
