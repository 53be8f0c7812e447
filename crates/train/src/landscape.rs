//! The loss around the lanes' weights: one plane for all lanes, a grid on it, lines between lanes.
//!
//! Elsewhere: planes and points (`basin_optim::landscape`).

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
    /// Where the lane was, from the start to now: coordinates on the plane, in units of ‖w‖.
    pub points: Vec<[f64; 2]>,
    /// Steps done at each point.
    pub steps: Vec<usize>,
    /// How much of w − origin lies outside the plane at each point, as a share of its length, 0 to 1.
    #[serde(with = "crate::nan_as_null")]
    pub outside: Vec<f64>,
}

/// Loss and accuracy on a grid.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Landscape {
    /// From the question.
    pub id: u64,
    /// The plane, in words.
    pub plane: String,
    /// Steps done when the plane was laid.
    pub step: usize,
    /// Columns' coordinates, ascending.
    pub xs: Vec<f64>,
    /// Rows' coordinates, ascending.
    pub ys: Vec<f64>,
    /// Mean loss at each point, row by row, nats.
    #[serde(with = "crate::nan_as_null")]
    pub loss: Vec<f64>,
    /// Accuracy at each point, row by row, 0 to 1.
    #[serde(with = "crate::nan_as_null")]
    pub accuracy: Vec<f64>,
    /// One per lane.
    pub paths: Vec<PathOnPlane>,
    /// Examples that were run at each point.
    pub examples: usize,
    /// Grid points a second, lately.
    pub points_per_second: f64,
    /// Whether a finer grid is still to come.
    pub more: bool,
}

/// Loss on the straight line between two lanes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// From the question.
    pub id: u64,
    /// Steps done.
    pub step: usize,
    /// The lane at t = 0.
    pub from: usize,
    /// The lane at t = 1.
    pub to: usize,
    /// Places on the line.
    pub t: Vec<f64>,
    /// Mean loss on training examples, nats.
    #[serde(with = "crate::nan_as_null")]
    pub train_loss: Vec<f64>,
    /// Mean loss on held-out examples, nats.
    #[serde(with = "crate::nan_as_null")]
    pub test_loss: Vec<f64>,
    /// Accuracy on held-out examples, 0 to 1.
    #[serde(with = "crate::nan_as_null")]
    pub test_accuracy: Vec<f64>,
}
