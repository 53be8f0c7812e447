//! Groups of cells on several threads. What they give does not depend on how many there are, or on who takes which.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use basin_train::lab::grid::Grid;
use basin_train::lab::outcome::Outcome;
use basin_train::lab::work::{self, Group, Shelf, Work};
use basin_train::run::Compute;

use crate::pool;

/// Time between two looks at the wish to stop.
const SLICE_SECONDS: f64 = 0.1;

/// Trains groups on up to `jobs` threads; `take` is called on this one with the cells of each as they come. When `stop` becomes
/// true, what is under way is left.
///
/// # Errors
/// The first thing that is wrong with a group; the others are then left.
pub fn train(
    grid: &Grid,
    mut groups: Vec<Group>,
    shelf: &Mutex<Shelf>,
    compute: &Compute,
    jobs: usize,
    stop: &AtomicBool,
    take: impl FnMut(Vec<(usize, Outcome)>),
) -> Result<(), String> {
    // The last is taken first: SGD, which is the fastest, comes at the end of each setting, and fills what is left of a core.
    groups.sort_by_key(|group| (group.point.lane, std::cmp::Reverse(group.point.setting), group.point.first));
    pool::each(groups, jobs, stop, |group| one(grid, group, shelf, compute, stop), take)
}

/// Trains one group; nothing of one that was stopped on its way.
fn one(
    grid: &Grid,
    group: Group,
    shelf: &Mutex<Shelf>,
    compute: &Compute,
    stop: &AtomicBool,
) -> Result<Option<Vec<(usize, Outcome)>>, String> {
    let plan = {
        let mut shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
        work::plan(grid, &group, &mut shelf).map_err(|error| error.to_string())?
    };
    let mut work = Work::build(plan, group, compute.clone());
    Ok(to_the_end(&mut work, stop).then(|| pollster::block_on(work.outcomes())))
}

/// Trains until the end, or until `stop` becomes true; whether it came to the end.
pub fn to_the_end(work: &mut Work, stop: &AtomicBool) -> bool {
    let started = Instant::now();
    work.set_clock(Box::new(move || started.elapsed().as_secs_f64()));
    while !pollster::block_on(work.advance(SLICE_SECONDS)) {
        if stop.load(Ordering::Relaxed) {
            return false;
        }
    }
    true
}
