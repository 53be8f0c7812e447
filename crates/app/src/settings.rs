//! What the user set up and what is remembered between two starts.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use basin_train::experiment::{Experiment, presets};
use basin_train::protocol::DeviceChoice;
use egui::ThemePreference;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::state::Metric;

/// Everything that persists. What of it cannot be read costs itself alone ([`Settings::read`]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a panel or a way of drawing that is on or off by itself")]
pub struct Settings {
    /// The experiment as it stands in the setup panel.
    pub experiment: Experiment,
    /// Where to train.
    pub device: DeviceChoice,
    /// Light, dark, or as the system says.
    pub theme: ThemePreference,
    /// How the charts are drawn.
    pub charts: ChartOptions,
    /// The page of the narrow layout, and the lower page of the middle one.
    pub tab: Tab,
    /// What the middle shows.
    pub middle: Middle,
    /// Whether the setup panel is shown in the wide layouts.
    pub show_setup: bool,
    /// Whether results and questions are shown in the wide layouts.
    pub show_lower: bool,
    /// Whether a first visit still stands before its doors.
    pub welcome: bool,
    /// Where the reader is in the course.
    pub course: Course,
    /// What his eyes need.
    pub sight: Sight,
    /// Whether all is drawn for the last row of a class: large, with thick lines, one view alone.
    pub presenting: bool,
    /// Cores that a sweep takes; without it as many as the trainer advises.
    pub sweep_cores: Option<usize>,
    /// The setup in whose place that of a lesson or of a link came.
    pub aside: Option<Box<Experiment>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            experiment: presets::start(),
            device: DeviceChoice::Auto,
            theme: ThemePreference::System,
            charts: ChartOptions::default(),
            tab: Tab::Curves,
            middle: Middle::Curves,
            show_setup: true,
            show_lower: true,
            welcome: false,
            course: Course::default(),
            sight: Sight::default(),
            presenting: false,
            sweep_cores: None,
            aside: None,
        }
    }
}

impl Settings {
    /// The settings as a text to keep until the next start.
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("settings are plain data with text keys")
    }

    /// The settings in a text, and the names of those that could not be read or are out of bounds: they have their
    /// defaults.
    pub fn read(json: &str) -> (Self, Vec<String>) {
        let Some(saved) = serde_json::from_str::<Value>(json).ok().filter(Value::is_object) else {
            return (Self::default(), vec!["all of them".to_owned()]);
        };
        let good = |value: &Value| Self::deserialize(value).ok().filter(|settings| settings.experiment.check().is_ok());
        if let Some(settings) = good(&saved) {
            return (settings, Vec::new());
        }
        let mut value = serde_json::to_value(Self::default()).expect("settings are plain data with text keys");
        let mut lost = Vec::new();
        adopt(&mut value, "", &saved, &|value| good(value).is_some(), &mut lost);
        (good(&value).unwrap_or_default(), lost)
    }
}

/// Takes into the part of `whole` at `place` (a JSON pointer) all that is in `saved` and leaves the whole good; the
/// rest is `lost`.
fn adopt(whole: &mut Value, place: &str, saved: &Value, good: &impl Fn(&Value) -> bool, lost: &mut Vec<String>) {
    let Value::Object(fields) = saved else { return };
    for (key, field) in fields {
        let inner = format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"));
        let mut with = whole.clone();
        match with.pointer_mut(place) {
            Some(Value::Object(known)) => known.insert(key.clone(), field.clone()),
            _ => continue,
        };
        // What has no place in the whole is lost, even where a reader would pass over it.
        let known = whole.pointer(&inner).is_some();
        if known && good(&with) {
            *whole = with;
        } else if known && field.is_object() && whole.pointer(&inner).is_some_and(Value::is_object) {
            adopt(whole, &inner, field, good, lost);
        } else {
            lost.push(name_of(&inner));
        }
    }
}

/// `/experiment/data/seed` as people read it.
fn name_of(place: &str) -> String {
    place.trim_start_matches('/').replace('/', ".")
}

/// Where the reader is in the course.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Course {
    /// Whether it is shown.
    pub shown: bool,
    /// The lesson that is read; the list of them without one.
    pub lesson: Option<String>,
    /// Its step, from 0.
    pub step: usize,
    /// The choices that were predicted in its steps.
    pub answers: Vec<Option<usize>>,
    /// The last step that was reached, by lesson.
    pub furthest: BTreeMap<String, usize>,
}

impl Course {
    /// Opens a lesson at a step.
    pub fn open(&mut self, lesson: &str, step: usize) {
        self.lesson = Some(lesson.to_owned());
        self.answers.clear();
        self.turn(step);
    }

    /// Turns to a step of the lesson.
    pub fn turn(&mut self, step: usize) {
        self.step = step;
        if let Some(lesson) = &self.lesson {
            let furthest = self.furthest.entry(lesson.clone()).or_default();
            *furthest = step.max(*furthest);
        }
    }

    /// Where to go on in a lesson of so many steps: at the last one that was read, or at the beginning again.
    pub fn mark(&self, lesson: &str, steps: usize) -> usize {
        self.furthest.get(lesson).copied().filter(|furthest| furthest + 1 < steps).unwrap_or(0)
    }

    /// Notes a prediction.
    pub fn answer(&mut self, step: usize, choice: usize) {
        self.answers.resize(self.answers.len().max(step + 1), None);
        self.answers[step] = Some(choice);
    }
}

/// What the reader's eyes need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sight {
    /// How large text is, and all with it, in per cent of what the screen asks for; see [`Sight::zoom`].
    pub text_percent: u32,
    /// Whether nothing moves by itself; as the system says where nobody has chosen.
    pub still: Option<bool>,
    /// Whether text and lines are in the strongest contrast; as the system says where nobody has chosen.
    pub strong: Option<bool>,
    /// Whether the lines of lanes differ in their pattern too, not in colour alone.
    pub patterns: bool,
}

impl Default for Sight {
    fn default() -> Self {
        Self { text_percent: 100, still: None, strong: None, patterns: false }
    }
}

impl Sight {
    /// Sizes of text that can be chosen, in per cent.
    pub const PERCENT: RangeInclusive<u32> = 80..=200;

    /// The size of text by so many steps of 10 % larger or smaller, within bounds.
    #[must_use]
    pub fn larger(self, steps: i32) -> Self {
        let wanted = self.text_percent.saturating_add_signed(10 * steps);
        Self { text_percent: wanted.clamp(*Self::PERCENT.start(), *Self::PERCENT.end()), ..self }
    }

    /// The size of text as a factor, within bounds.
    pub fn zoom(self) -> f32 {
        self.larger(0).text_percent as f32 / 100.0
    }
}

/// How the charts are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChartOptions {
    /// What runs along the bottom.
    pub axis: Axis,
    /// Losses on a logarithmic axis.
    pub log_loss: bool,
    /// What the band around a mean shows.
    pub band: Band,
    /// Only as high and low as the later half of the run: where lanes end, a few hundredths are a difference.
    pub late: bool,
    /// The chart that has all the room; none shows all of them.
    pub alone: Option<Metric>,
    /// Without the curves of the run before.
    pub only_this: bool,
}

/// What runs along the bottom of a chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Axis {
    /// Optimizer steps.
    #[default]
    Step,
    /// Gradient evaluations of one member: SAM spends two a step.
    GradientEvaluations,
    /// Seconds spent in the lane's steps.
    Seconds,
}

impl Axis {
    /// All, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::Step, Self::GradientEvaluations, Self::Seconds];

    /// The name on the switch.
    pub fn title(self) -> &'static str {
        match self {
            Self::Step => "Steps",
            Self::GradientEvaluations => "Gradients",
            Self::Seconds => "Seconds",
        }
    }

    /// The unit under a chart.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Step => "steps",
            Self::GradientEvaluations => "gradient evaluations",
            Self::Seconds => "seconds of training",
        }
    }

    /// What it is, in one sentence.
    pub fn help(self) -> &'static str {
        match self {
            Self::Step => "Draw against optimizer steps: every lane has made the same number.",
            Self::GradientEvaluations => {
                "Draw against gradient evaluations: SGD spends one a step, SAM two, so equal cost stands above equal cost."
            }
            Self::Seconds => "Draw against the seconds spent in each lane's steps on this machine.",
        }
    }
}

/// What the band around a mean shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Band {
    /// One standard deviation over the seeds to each side.
    #[default]
    Deviation,
    /// Lowest to highest seed.
    Range,
    /// Nothing.
    Off,
}

impl Band {
    /// All, in the order of the menu.
    pub const ALL: [Self; 3] = [Self::Deviation, Self::Range, Self::Off];

    /// The name in the menu.
    pub fn title(self) -> &'static str {
        match self {
            Self::Deviation => "± 1 sd",
            Self::Range => "min–max",
            Self::Off => "none",
        }
    }
}

/// A page of the narrow layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Tab {
    /// What is trained.
    Setup,
    /// The charts.
    #[default]
    Curves,
    /// The table.
    Results,
    /// A sentence and its answers.
    Ask,
}

impl Tab {
    /// All, in the order of the keys 1 to 4.
    pub const ALL: [Self; 4] = [Self::Setup, Self::Curves, Self::Results, Self::Ask];

    /// The name on the tab.
    pub fn title(self) -> &'static str {
        match self {
            Self::Setup => "Setup",
            Self::Curves => "Curves",
            Self::Results => "Results",
            Self::Ask => "Ask",
        }
    }
}

/// What the middle of the window shows; narrow, what the page of the curves shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Middle {
    /// The four curves.
    #[default]
    Curves,
    /// How sharp the lanes' places are.
    Sharpness,
    /// One step under the microscope.
    Step,
    /// What became of each training example.
    Sentences,
    /// The loss around the lanes' weights.
    Landscape,
    /// Every method at many ρ.
    Sweep,
    /// How good the answers are.
    Judge,
    /// How SAM flattens, on a toy and a small network of its own.
    Flatten,
}

impl Middle {
    /// All, in the order of the switch.
    pub const ALL: [Self; 8] =
        [Self::Curves, Self::Sharpness, Self::Step, Self::Sentences, Self::Landscape, Self::Sweep, Self::Judge, Self::Flatten];

    /// The word in lessons and addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Curves => "curves",
            Self::Sharpness => "sharpness",
            Self::Step => "step",
            Self::Sentences => "sentences",
            Self::Landscape => "landscape",
            Self::Sweep => "sweep",
            Self::Judge => "judge",
            Self::Flatten => "flatten",
        }
    }

    /// The name on the switch.
    pub fn title(self) -> &'static str {
        match self {
            Self::Curves => "Curves",
            Self::Sharpness => "Sharpness",
            Self::Step => "One step",
            Self::Sentences => "Sentences",
            Self::Landscape => "Landscape",
            Self::Sweep => "Sweep",
            Self::Judge => "Judge",
            Self::Flatten => "Flatten",
        }
    }

    /// What it shows, in one sentence.
    pub fn help(self) -> &'static str {
        match self {
            Self::Curves => "Accuracy, losses and gap of all lanes over the run (key 2).",
            Self::Sharpness => "How sharp the place of each lane is, by several definitions, and what each costs (key 5).",
            Self::Step => "The next step of two lanes, number by number: batch, climb, gradient, move (key 6).",
            Self::Sentences => "How a lane sees each training sentence: loss, weight, gap (key 7).",
            Self::Landscape => "The loss on a plane through the lanes' weights, and the lanes' paths on it (key 8).",
            Self::Sweep => "Every method at many ρ, each judged at its own best one (key 9).",
            Self::Judge => "How good the answers are, and where they are wrong: confusions, calibration, mistakes, doubted labels (key 0).",
            Self::Flatten => {
                "How SAM flattens: dots that go to three places on one landscape, and a small network, beside what theory predicts."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_their_own_json() {
        let settings = Settings { tab: Tab::Ask, theme: ThemePreference::Dark, ..Settings::default() };
        assert_eq!(Settings::read(&settings.json()), (settings, Vec::new()));
    }

    #[test]
    fn text_stays_within_what_can_be_used() {
        let sight = |text_percent| Sight { text_percent, ..Sight::default() };
        assert_eq!([sight(100).larger(1), sight(200).larger(1), sight(80).larger(-1)].map(|s| s.text_percent), [110, 200, 80]);
        // As settings of another version may have it.
        assert_eq!([sight(0), sight(5_000), sight(130)].map(|sight| (100.0 * sight.zoom()).round() as u32), [80, 200, 130]);
    }

    #[test]
    fn what_cannot_be_read_costs_itself_alone() {
        let mut settings = Settings { tab: Tab::Ask, ..Settings::default() };
        settings.experiment.seeds = 7;
        settings.experiment.data.label_noise = Some(0.1);
        let mut json = serde_json::to_value(&settings).expect("plain data");
        json["theme"] = "Purple".into();
        json["colour_blind"] = true.into();
        json["charts"]["axis"] = "Moons".into();
        json["charts"]["log_loss"] = true.into();
        json["experiment"]["data"]["balance"] = 7.into();
        json["experiment"]["model"]["wings"] = 2.into();
        let (read, mut lost) = Settings::read(&json.to_string());
        settings.charts.log_loss = true;
        assert_eq!(read, settings);
        lost.sort_unstable();
        assert_eq!(lost, ["charts.axis", "colour_blind", "experiment.data.balance", "experiment.model.wings", "theme"]);
        for text in ["{not json", "[1]", "7"] {
            assert_eq!(Settings::read(text), (Settings::default(), vec!["all of them".to_owned()]));
        }
    }
}
