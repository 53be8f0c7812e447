//! One step in numbers.

use serde::{Deserialize, Serialize};

/// The next step of all lanes, for one member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepTrace {
    /// Steps done before it.
    pub step: usize,
    /// The member that is looked at.
    pub member: usize,
    /// The batch.
    pub batch: Vec<TracedExample>,
    /// One entry per lane.
    pub lanes: Vec<LaneTrace>,
}

/// An example of the batch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TracedExample {
    /// Its number among the training examples, from 0.
    pub example: usize,
    /// Its text; of a pair the first.
    pub text: String,
    /// The second text of a pair.
    pub text_b: Option<String>,
    /// The class it is trained on.
    pub label: usize,
    /// The class in the data; differs where the noise knob flipped it.
    pub given_label: usize,
}

/// The step of one lane.
///
/// Vectors of the plane are `[x, y]`: x along the plain gradient g, y along the part of the climb (without
/// one: of the descent gradient) that is orthogonal to g.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LaneTrace {
    /// Whether the lane has diverged; then nothing else is told.
    pub diverged: bool,
    /// l_i(w), nats.
    #[serde(with = "crate::any_float")]
    pub losses: Vec<f64>,
    /// l_i(w+ε), nats; empty without a climb.
    #[serde(with = "crate::any_float")]
    pub losses_up: Vec<f64>,
    /// l_i after the step, nats.
    #[serde(with = "crate::any_float")]
    pub losses_after: Vec<f64>,
    /// Weights p_i of the climb, sum 1; empty where examples are not weighted.
    #[serde(with = "crate::any_float")]
    pub p: Vec<f64>,
    /// ‖∇l_i(w)‖.
    #[serde(with = "crate::any_float")]
    pub norms: Vec<f64>,
    /// ‖r_i(w+ε)‖/‖r_i(w)‖, r_i = π_i − y_i: how much more the climb makes each example count; empty without a common climb.
    #[serde(with = "crate::any_float")]
    pub pull: Vec<f64>,
    /// Whether p fell back to equal weights because all raw weights were zero or not finite.
    pub fell_back: bool,
    /// The radius ρ of the lane.
    #[serde(with = "crate::any_float")]
    pub rho: f64,
    /// The learning rate η of this step.
    #[serde(with = "crate::any_float")]
    pub rate: f64,
    /// ‖g‖, g the gradient of the mean loss at w.
    #[serde(with = "crate::any_float")]
    pub gradient_norm: f64,
    /// ‖ε‖; 0 without a common climb.
    #[serde(with = "crate::any_float")]
    pub climb_norm: f64,
    /// ‖descent gradient‖.
    #[serde(with = "crate::any_float")]
    pub descent_norm: f64,
    /// ‖w after − w‖.
    #[serde(with = "crate::any_float")]
    pub move_norm: f64,
    /// ‖∇L(w+ε)‖; 0 without a common climb.
    #[serde(with = "crate::any_float")]
    pub up_norm: f64,
    /// Lengths of the parts of ∇L(w+ε) − ∇L(w): J(w)ᵀΔr of the errors r, ΔJᵀr of the network, ΔJᵀΔr of both together; empty without
    /// a common climb.
    #[serde(with = "crate::any_float")]
    pub split: Vec<f64>,
    /// Share of the coordinates that the method made smaller on purpose (SANER).
    #[serde(with = "crate::any_float")]
    pub shrunk: Option<f64>,
    /// Cosine of the angle between g and the descent gradient.
    #[serde(with = "crate::any_float")]
    pub cos_descent: f64,
    /// Cosine of the angle between the climb ε and g; 0 without a common climb.
    #[serde(with = "crate::any_float")]
    pub cos_climb: f64,
    /// Cosine of the angle between the move and −(descent gradient).
    #[serde(with = "crate::any_float")]
    pub cos_move: f64,
    /// ε in the plane.
    #[serde(with = "crate::any_float")]
    pub climb: [f64; 2],
    /// The descent gradient in the plane.
    #[serde(with = "crate::any_float")]
    pub descent: [f64; 2],
    /// The move in the plane.
    #[serde(with = "crate::any_float")]
    pub moved: [f64; 2],
    /// `[t, L(w + t ε)]`, nats; empty without a common climb.
    #[serde(with = "crate::any_float")]
    pub ray: Vec<[f64; 2]>,
    /// `[t, L(w + t·move)]`, nats.
    #[serde(with = "crate::any_float")]
    pub path: Vec<[f64; 2]>,
    /// Gradient evaluations of the step.
    #[serde(with = "crate::any_float")]
    pub gradient_evaluations: f64,
}
