//! A sweep on one thread, a slice at a time: what a window or a page does beside everything else.

use std::collections::VecDeque;

use super::grid::Grid;
use super::outcome::Outcome;
use super::work::{self, Group, Shelf, Work};
use crate::data::files::Files;
use crate::run::Compute;

/// A sweep on its way.
pub struct Sweeping {
    grid: Grid,
    shelf: Shelf,
    compute: Compute,
    /// Those that have not begun.
    groups: VecDeque<Group>,
    work: Option<Work>,
    done: usize,
}

impl Sweeping {
    /// Checks the grid and its data; with `level`, every method spends as many gradients as SAM.
    ///
    /// # Errors
    /// What is wrong with the grid or the data, or more memory than there is.
    pub fn new(mut grid: Grid, files: Option<Files>, level: bool, compute: Compute) -> Result<Self, String> {
        grid.check().map_err(|error| error.to_string())?;
        let mut shelf = Shelf::new(files);
        work::fits(&grid, &mut shelf, &compute).map_err(|error| error.to_string())?;
        if level {
            work::level(&mut grid, &mut shelf, &compute).map_err(|error| error.to_string())?;
        }
        let groups = work::groups(&grid, |_| true).into();
        Ok(Self { grid, shelf, compute, groups, work: None, done: 0 })
    }

    /// What is compared, with the passes of each method.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Whether all cells are done.
    pub fn is_over(&self) -> bool {
        self.work.is_none() && self.groups.is_empty()
    }

    /// The share of the cells that are done, 0 to 1.
    pub fn share_done(&self) -> f64 {
        let under_way = self.work.as_ref().map_or(0.0, |work| work.share_done() * work.cells() as f64);
        (self.done as f64 + under_way) / self.grid.cells().max(1) as f64
    }

    /// Goes on for about `seconds` on the clock that `clock` makes; the cells of a group that has come to its end.
    ///
    /// # Errors
    /// What is wrong with the data of a setting.
    pub async fn go_on(&mut self, seconds: f64, clock: impl FnOnce() -> Box<dyn Fn() -> f64>) -> Result<Vec<(usize, Outcome)>, String> {
        let Some(work) = &mut self.work else {
            if let Some(group) = self.groups.pop_front() {
                let prepared = Work::prepare(&self.grid, group, &mut self.shelf, self.compute.clone());
                let mut work = prepared.map_err(|error| error.to_string())?;
                work.set_clock(clock());
                self.work = Some(work);
            }
            return Ok(Vec::new());
        };
        if !work.advance(seconds).await {
            return Ok(Vec::new());
        }
        let Some(work) = self.work.take() else { return Ok(Vec::new()) };
        self.done += work.cells();
        Ok(Box::pin(work.outcomes()).await)
    }
}
