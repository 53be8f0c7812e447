//! The training examples, and what became of each.

use serde::{Deserialize, Serialize};

/// The training examples as people read them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sentences {
    /// Their texts; a pair is joined by ` | `.
    pub texts: Vec<String>,
    /// The class each is trained on.
    pub labels: Vec<usize>,
    /// The class in the data; differs where the noise knob flipped it.
    pub given_labels: Vec<usize>,
    /// Their lengths in tokens.
    pub lengths: Vec<usize>,
    /// Training examples in all; more than are listed when there are more than [`crate::instruments::MOST_SENTENCES`].
    pub total: usize,
}

/// How one lane sees the training examples now. One entry each, in the order of [`Sentences`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SentenceTable {
    /// The lane.
    pub lane: usize,
    /// Steps done.
    pub step: usize,
    /// Loss at the weights of now, mean over members, nats.
    #[serde(with = "crate::any_float")]
    pub loss: Vec<f64>,
    /// Curvature of the last layer over the gradient norm there (δ-SAM's rule `head`), at the weights of now.
    #[serde(with = "crate::any_float")]
    pub curvature: Vec<f64>,
    /// B·p when the example was last in a batch: 1 is an equal share; NaN before, and for lanes without weights.
    #[serde(with = "crate::any_float")]
    pub weight: Vec<f64>,
    /// l_i(w+ε) − l_i(w) when it was last in a batch, nats; NaN before, and without a climb.
    #[serde(with = "crate::any_float")]
    pub gap: Vec<f64>,
    /// Times it was in a batch.
    pub seen: Vec<u32>,
    /// Times B·p was above 1.
    pub weighted_up: Vec<u32>,
    /// Mean of B·p over all the times; NaN for lanes without weights.
    #[serde(with = "crate::any_float")]
    pub mean_weight: Vec<f64>,
}

/// One time that an example was in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// Steps done before.
    pub step: usize,
    /// Its loss, mean over members, nats.
    #[serde(with = "crate::any_float")]
    pub loss: f64,
    /// B·p, mean over members; none where examples are not weighted.
    #[serde(with = "crate::any_float")]
    pub weight: Option<f64>,
    /// l_i(w+ε) − l_i(w), mean over members, nats; none without a climb.
    #[serde(with = "crate::any_float")]
    pub gap: Option<f64>,
}

/// An example's visits in every lane, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SentenceHistory {
    /// Its number among the training examples, from 0.
    pub example: usize,
    /// One list per lane.
    pub lanes: Vec<Vec<Visit>>,
}
