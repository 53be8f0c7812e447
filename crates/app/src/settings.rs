//! What the user set up and what is remembered between two starts.

use basin_train::config::Experiment;
use basin_train::protocol::DeviceChoice;
use egui::ThemePreference;
use serde::{Deserialize, Serialize};

/// Everything that persists. An old or damaged file loses only what it does not know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
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
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            experiment: Experiment::default(),
            device: DeviceChoice::Auto,
            theme: ThemePreference::System,
            charts: ChartOptions::default(),
            tab: Tab::Curves,
            middle: Middle::Curves,
            show_setup: true,
            show_lower: true,
        }
    }
}

/// How the charts are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct ChartOptions {
    /// What runs along the bottom.
    pub axis: Axis,
    /// Losses on a logarithmic axis.
    pub log_loss: bool,
    /// What the band around a mean shows.
    pub band: Band,
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
}

impl Middle {
    /// All, in the order of the switch.
    pub const ALL: [Self; 5] = [Self::Curves, Self::Sharpness, Self::Step, Self::Sentences, Self::Landscape];

    /// The name on the switch.
    pub fn title(self) -> &'static str {
        match self {
            Self::Curves => "Curves",
            Self::Sharpness => "Sharpness",
            Self::Step => "One step",
            Self::Sentences => "Sentences",
            Self::Landscape => "Landscape",
        }
    }

    /// What it shows, in one sentence.
    pub fn help(self) -> &'static str {
        match self {
            Self::Curves => "Accuracy, losses and gap of all lanes over the run (key 2).",
            Self::Sharpness => "How sharp the place of each lane is, by several definitions, and what each costs (key 5).",
            Self::Step => "The next step of two lanes, number by number: batch, climb, slope, move (key 6).",
            Self::Sentences => "How a lane sees each training sentence: loss, weight, gap (key 7).",
            Self::Landscape => "The loss on a plane through the lanes' weights, and the lanes' paths on it (key 8).",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_their_own_json() {
        let settings = Settings { tab: Tab::Ask, theme: ThemePreference::Dark, ..Settings::default() };
        let json = serde_json::to_string(&settings).expect("plain data");
        assert_eq!(serde_json::from_str::<Settings>(&json).expect("its own words"), settings);
    }
}
