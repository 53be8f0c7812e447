//! What an experiment begins with.

use std::fmt;

use super::network::Network;
use super::problem::Problem;
use super::valley::Valley;

/// What is descended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landscape {
    /// The toy of three weights.
    Valley,
    /// The small network.
    Network,
}

impl Landscape {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Valley, Self::Network];

    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Valley => "valley",
            Self::Network => "network",
        }
    }

    /// How many weights it has.
    pub fn weights(self) -> usize {
        self.problem().weights()
    }

    /// How many examples it has.
    pub fn examples(self) -> usize {
        self.problem().examples()
    }

    /// Its residuals.
    pub fn problem(self) -> &'static dyn Problem {
        match self {
            Self::Valley => &Valley,
            Self::Network => &Network,
        }
    }
}

/// Where an experiment begins, and its hyperparameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// What is descended.
    pub landscape: Landscape,
    /// The radii of full-batch SAM, at least one; SAM with one example has the first.
    pub rho: Vec<f64>,
    /// The rate η.
    pub rate: f64,
    /// The time τ at which it ends.
    pub end: f64,
    /// Where the dots of the valley start, `[a, c, d]`; the network starts at a minimiser of its own.
    pub start: [f64; 3],
    /// Which examples are drawn.
    pub seed: u64,
}

/// A hyperparameter that is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutOfBounds {
    /// Its name.
    pub knob: &'static str,
    /// What was asked for.
    pub value: f64,
    /// Least and most.
    pub bounds: [f64; 2],
}

impl fmt::Display for OutOfBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [least, most] = self.bounds;
        write!(f, "{} is {}, but must lie between {least} and {most}", self.knob, self.value)
    }
}

impl std::error::Error for OutOfBounds {}

impl Setup {
    /// ρ: below, steps are many; above, the lowest order in ρ says little.
    pub const RHO: [f64; 2] = [0.01, 0.2];
    /// η: above, 1-SAM in the valley no longer settles across its steeper wall.
    pub const RATE: [f64; 2] = [0.001, 0.05];
    /// τ.
    pub const END: [f64; 2] = [0.1, 10.0];
    /// a, along the floor.
    pub const PLACE: [f64; 2] = [-1.5, 1.5];

    /// What a landscape shows best.
    pub fn of(landscape: Landscape) -> Self {
        let (rho, rate, end) = match landscape {
            Landscape::Valley => (vec![0.08], 0.005, 4.0),
            Landscape::Network => (vec![0.04, 0.02, 0.08], 0.05, 2.0),
        };
        Self { landscape, rho, rate, end, start: Valley::START, seed: 1 }
    }

    /// Whether all lies within its bounds.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self) -> Result<(), OutOfBounds> {
        let all = self.rho.iter().map(|rho| ("ρ", *rho, Self::RHO)).chain([
            ("the rate η", self.rate, Self::RATE),
            ("the time τ", self.end, Self::END),
            ("the start a", self.start[0], Self::PLACE),
        ]);
        let within = |value: f64, [least, most]: [f64; 2]| (least..=most).contains(&value);
        all.into_iter()
            .find(|(_, value, bounds)| !within(*value, *bounds))
            .map_or(Ok(()), |(knob, value, bounds)| Err(OutOfBounds { knob, value, bounds }))
    }
}
