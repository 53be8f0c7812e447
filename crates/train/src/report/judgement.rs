//! How good answers are, and what they say of labels.

use serde::{Deserialize, Serialize};

/// How good the answers of every lane are on labelled examples.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// Steps done.
    pub step: usize,
    /// What they were asked, for people: "the test set", or the name of a file.
    pub on: String,
    /// Examples that were asked.
    pub examples: usize,
    /// Examples that there are; more than were asked where these would not fit in memory.
    pub total: usize,
    /// Examples that were asked, by label.
    pub class_counts: Vec<usize>,
    /// Training examples that were looked at for wrong labels.
    pub training_examples: usize,
    /// Of these, those whose label the noise knob made wrong.
    pub flipped: usize,
    /// Of a linear model on the same tokens; none where fitting it would take long.
    pub linear: Option<Figures>,
    /// How long that took.
    #[serde(with = "crate::any_float")]
    pub seconds: f64,
    /// One entry a lane.
    pub lanes: Vec<LaneJudgement>,
}

/// How good the answers of one lane are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LaneJudgement {
    /// Of each member alone.
    pub members: Vec<Figures>,
    /// Of all members that did not diverge together: of the mean of their probabilities.
    pub together: Figures,
    /// One entry a class.
    pub classes: Vec<ClassFigures>,
    /// The confusion matrix without its zeros, by label, then by answer.
    pub cells: Vec<Cell>,
    /// The reliability diagram: ten bins of confidence, from the lowest.
    pub bins: Vec<Bin>,
    /// Examples that all members together answer wrongly, the surest answer first.
    pub mistakes: Vec<Judged>,
    /// Training examples for which all members together answer another class than the label, those with the highest loss of the label first.
    pub suspects: Vec<Judged>,
    /// Share of the training labels, as they were trained on, that all members together answer, 0 to 1.
    #[serde(with = "crate::any_float")]
    pub train_accuracy: f64,
    /// The epochs whose weights were judged, one a member, where these were chosen among all; empty where they are the weights of the step.
    #[serde(with = "crate::any_float")]
    pub epochs: Vec<f64>,
    /// How many of the first k training examples, ranked by the loss of their label, have one that the noise knob made wrong; empty where
    /// it made none wrong.
    pub precision: Vec<PrecisionAt>,
}

/// From this share of its training labels on a lane has learned them by heart: of a hundred labels it doubts one at most.
const BY_HEART: f64 = 0.99;

impl LaneJudgement {
    /// What to know of the labels that it doubts, where it has learned its training labels by heart; with what finds each seed's best
    /// epoch, where that was not done.
    pub fn by_heart(&self, keeps_best: &str) -> Option<String> {
        let known = "This lane has learned its training labels by heart, so that its doubts say little";
        let remedy = if self.epochs.is_empty() { format!(": keep the best epoch ({keeps_best})") } else { String::new() };
        (self.train_accuracy >= BY_HEART).then(|| format!("{known}{remedy}."))
    }
}

/// Figures of all examples together.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Share of the examples that are answered by their label, 0 to 1. Of equally probable classes the first one is the answer.
    #[serde(with = "crate::any_float")]
    pub accuracy: f64,
    /// Mean of F1 over the classes that are a label or an answer, 0 to 1.
    #[serde(with = "crate::any_float")]
    pub macro_f1: f64,
    /// Mean of −ln p of the label, nats.
    #[serde(with = "crate::any_float")]
    pub log_loss: f64,
    /// Expected calibration error over ten bins, 0 to 1.
    #[serde(with = "crate::any_float")]
    pub calibration_error: f64,
    /// The temperature that makes the log loss smallest on all of the examples: above 1 the answers are too sure. NaN where none does, as
    /// where all answers are right, or none is.
    #[serde(with = "crate::any_float")]
    pub temperature: f64,
    /// The log loss with a temperature that was found on one half of the examples and used on the other, both ways.
    #[serde(with = "crate::any_float")]
    pub tempered_log_loss: f64,
    /// The expected calibration error, likewise.
    #[serde(with = "crate::any_float")]
    pub tempered_calibration_error: f64,
}

impl Default for Figures {
    /// Of no answers: none is a number.
    fn default() -> Self {
        let none = f64::NAN;
        Self {
            accuracy: none,
            macro_f1: none,
            log_loss: none,
            calibration_error: none,
            temperature: none,
            tempered_log_loss: none,
            tempered_calibration_error: none,
        }
    }
}

/// Figures of one class, one entry a member; NaN where a member has diverged, and where there is nothing to count.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClassFigures {
    /// Of the examples that are answered by the class, the share that has it as its label.
    #[serde(with = "crate::any_float")]
    pub precision: Vec<f64>,
    /// Of the examples that have the label, the share that is answered by it.
    #[serde(with = "crate::any_float")]
    pub recall: Vec<f64>,
    /// The harmonic mean of both: 2·TP/(2·TP + FP + FN).
    #[serde(with = "crate::any_float")]
    pub f1: Vec<f64>,
}

/// How often one class is answered where another one, or the same, is the label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The class of the label.
    pub label: usize,
    /// The class of the answer.
    pub answer: usize,
    /// How many answers, of all members.
    pub count: usize,
}

/// The answers whose confidence lies in one tenth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    /// How many answers, of all members.
    pub count: usize,
    /// Their mean confidence, 0 to 1; NaN without any.
    #[serde(with = "crate::any_float")]
    pub confidence: f64,
    /// The share of them that is right.
    #[serde(with = "crate::any_float")]
    pub accuracy: f64,
}

/// An example with what all members of a lane say of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Line of the example in its file, from 1; its number for generated data.
    pub row: usize,
    /// The text; a pair is joined by ` | `.
    pub text: String,
    /// Its label: what it was trained on, if it was.
    pub label: usize,
    /// The label in the data; another one where the noise knob flipped it.
    pub given_label: usize,
    /// The class that the members answer together.
    pub answer: usize,
    /// Mean probability of the answer over the members, 0 to 1.
    #[serde(with = "crate::any_float")]
    pub probability: f64,
    /// Mean probability of the label.
    #[serde(with = "crate::any_float")]
    pub label_probability: f64,
    /// Mean loss of the label over the members, nats.
    #[serde(with = "crate::any_float")]
    pub loss: f64,
    /// Members that give this answer themselves.
    pub agreeing: usize,
    /// Members that were asked.
    pub members: usize,
}

/// The examples of one cell of a confusion matrix.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct JudgedCell {
    /// Steps done.
    pub step: usize,
    /// The lane.
    pub lane: usize,
    /// The class of their label.
    pub label: usize,
    /// The class that some member answers.
    pub answer: usize,
    /// How many there are.
    pub total: usize,
    /// Those that most members answer so come first, then the surest ones; 200 at most. Their answer is that of the cell.
    pub examples: Vec<Judged>,
}

/// How many of the first suspects are rightly suspected.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrecisionAt {
    /// How many suspects.
    pub k: usize,
    /// The share of them whose label was flipped, 0 to 1.
    #[serde(with = "crate::any_float")]
    pub precision: f64,
}
