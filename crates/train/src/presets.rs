//! Named starting points for experiments.
//!
//! Knobs are best chosen on a validation part of the training set (`--validation` on the command line,
//! [`crate::config::DataConfig::validation`]), never on the test set.

use crate::config::{Base, Experiment, Tokens};
use crate::lane::{LaneConfig, MethodConfig, Rule};

/// A starting point.
pub struct Preset {
    /// The word of the command line.
    pub name: &'static str,
    /// For people.
    pub about: &'static str,
    /// Sets its knobs; data source, seeds and device stay.
    pub apply: fn(&mut Experiment),
}

/// All presets, in the order of menus.
pub static ALL: [Preset; 3] = [
    Preset { name: "lesson", about: "SGD, SAM and δ-SAM on noisy labels", apply: |_| {} },
    Preset {
        name: "placebo",
        about: "SGD, SAM, δ-SAM and a lane whose weights are random",
        apply: |experiment| experiment.lanes.push(LaneConfig::new(MethodConfig::delta_sam(Rule::Random))),
    },
    Preset { name: "text", about: "clean labels, words and word pairs: for accuracy on real sentences", apply: text },
];

/// The preset named `name`.
pub fn find(name: &str) -> Option<&'static Preset> {
    ALL.iter().find(|preset| preset.name == name)
}

/// One rate and one number of epochs for all the real sets tried; each set's own best is a little better.
fn text(experiment: &mut Experiment) {
    experiment.data.label_noise = 0.0;
    experiment.data.tokens = Tokens::WordPairs;
    experiment.data.vocabulary = 60_000;
    experiment.training.base = Base::AdamW;
    experiment.training.learning_rate = 0.002;
    experiment.training.epochs = 5;
}
