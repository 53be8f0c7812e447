//! The loss around the lanes' weights.

use serde::{Deserialize, Serialize};

/// Which plane.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "plane", rename_all = "kebab-case")]
pub enum PlaneChoice {
    /// Through the weights of three lanes now. With the same lane twice, or fewer lanes, the common start takes a place.
    Ends {
        /// Numbers of the lanes.
        lanes: [usize; 3],
    },
    /// Through the common start, along two random directions whose columns are as long as those of the weights.
    Random {
        /// Of the directions.
        seed: u64,
    },
}

/// A lane's path on a plane.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PathOnPlane {
    /// Where the lane was, from the start to now: distances along the axes of the plane.
    #[serde(with = "crate::any_float")]
    pub points: Vec<[f64; 2]>,
    /// Steps done at each point.
    pub steps: Vec<usize>,
    /// How much of w − origin lies outside the plane at each point, as a share of its length, 0 to 1.
    #[serde(with = "crate::any_float")]
    pub outside: Vec<f64>,
}

impl PathOnPlane {
    /// How strongly a point of the path is drawn, 0 to 1: the plane shows little of what lies outside it.
    pub fn strength(&self, point: usize) -> f64 {
        let outside = self.outside.get(point).copied().unwrap_or(0.0);
        // Of a place that is far away a trace is left, so that one sees where it comes from.
        (1.0 - outside).clamp(0.15, 1.0)
    }
}

/// Loss and accuracy on a grid.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Landscape {
    /// The plane, in words; a lane that has diverged is named, since it has no place there.
    pub plane: String,
    /// Steps done when the plane was laid.
    pub step: usize,
    /// Columns' coordinates, ascending: distances between weights.
    #[serde(with = "crate::any_float")]
    pub xs: Vec<f64>,
    /// Rows' coordinates, ascending.
    #[serde(with = "crate::any_float")]
    pub ys: Vec<f64>,
    /// Mean loss at each point, row by row, nats.
    #[serde(with = "crate::any_float")]
    pub loss: Vec<f64>,
    /// Accuracy at each point, row by row, 0 to 1.
    #[serde(with = "crate::any_float")]
    pub accuracy: Vec<f64>,
    /// One per lane; empty for one that has diverged.
    pub paths: Vec<PathOnPlane>,
    /// Mean loss at the common start itself, wherever the plane is, nats.
    #[serde(default, with = "crate::any_float")]
    pub start_loss: Option<f64>,
    /// Examples that were run at each point.
    pub examples: usize,
    /// Grid points a second, lately.
    #[serde(with = "crate::any_float")]
    pub points_per_second: f64,
    /// Whether a finer grid is still to come.
    pub more: bool,
}

/// Loss on the straight line between two lanes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Steps done.
    pub step: usize,
    /// The lane at t = 0.
    pub from: usize,
    /// The lane at t = 1.
    pub to: usize,
    /// Places on the line.
    #[serde(with = "crate::any_float")]
    pub t: Vec<f64>,
    /// Mean loss on training examples, nats.
    #[serde(with = "crate::any_float")]
    pub train_loss: Vec<f64>,
    /// Mean loss on held-out examples, nats.
    #[serde(with = "crate::any_float")]
    pub test_loss: Vec<f64>,
    /// Accuracy on held-out examples, 0 to 1.
    #[serde(with = "crate::any_float")]
    pub test_accuracy: Vec<f64>,
}
