//! What is known of a sweep.

use basin_train::lab::choice::{Choice, choose};
use basin_train::lab::grid::Grid;
use basin_train::lab::outcome::Outcome;

/// A sweep, as far as it has been told.
#[derive(Debug)]
pub struct Sweep {
    /// What is compared.
    pub grid: Grid,
    /// One entry per cell.
    pub outcomes: Vec<Option<Outcome>>,
    /// The best of each method so far.
    pub choices: Vec<Choice>,
    /// The share that is done, 0 to 1.
    pub share: f64,
    /// Cores that it takes, at most.
    pub cores: usize,
    /// Bytes that it takes on them together, at most.
    pub memory: u64,
}

impl Sweep {
    /// One that begins.
    pub fn new(grid: Grid, cores: usize, memory: u64) -> Self {
        let outcomes = vec![None; grid.cells()];
        Self { grid, outcomes, choices: Vec::new(), share: 0.0, cores, memory }
    }

    /// Takes in some cells; those that the grid does not have are left out.
    pub fn take_in(&mut self, cells: Vec<(usize, Outcome)>, share: f64) {
        self.share = share;
        if cells.is_empty() {
            return;
        }
        for (cell, outcome) in cells {
            if let Some(place) = self.outcomes.get_mut(cell) {
                *place = Some(outcome);
            }
        }
        self.choices = choose(&self.grid, &self.outcomes);
    }

    /// Whether every cell has been told.
    pub fn is_complete(&self) -> bool {
        self.outcomes.iter().all(Option::is_some)
    }
}
