//! Cells are trained: all that are wanted and not there, in any order, on any number of threads.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use basin_train::lab::outcome::Outcome;
use basin_train::lab::work::{Shelf, Work, groups};
use basin_train::run::Compute;

use super::plan::{Cell, Identity, Plan};
use super::store::{Found, Kept, Ran, Store};
use crate::pool;
use crate::sweep::jobs::to_the_end;
use crate::terminal::tell;

/// What became of the cells that were wanted.
#[derive(Default)]
pub struct Done {
    /// Trained here.
    pub trained: usize,
    /// Found in the folder.
    pub there: usize,
    /// Left to another program, which has begun them.
    pub elsewhere: usize,
}

/// How a cell ended.
enum End {
    Trained,
    There,
    Elsewhere,
}

/// Trains cells that are not there; `told` is called after each with the number of those that are dealt with.
///
/// # Errors
/// What is wrong with a cell, or with the folder.
pub fn train(
    plan: &Plan,
    cells: Vec<(Cell, String)>,
    store: &Store,
    compute: &Compute,
    jobs: usize,
    stop: &AtomicBool,
    mut told: impl FnMut(usize),
) -> Result<Done, String> {
    let shelves: Vec<Mutex<Shelf>> = plan.data.iter().map(|data| Mutex::new(Shelf::new(data.files.clone()))).collect();
    let (mut done, count) = (Done::default(), AtomicUsize::new(0));
    let one = |(cell, name): (Cell, String)| {
        let identity = plan.identity(&cell);
        let shelf = &shelves[plan.series[cell.series].data];
        one(&name, &identity, shelf, store, compute, stop).map_err(|error| format!("{}: {error}", plan.words(&cell)))
    };
    pool::each(cells.into_iter().rev().collect(), jobs, stop, one, |end| {
        match end {
            End::Trained => done.trained += 1,
            End::There => done.there += 1,
            End::Elsewhere => done.elsewhere += 1,
        }
        told(count.fetch_add(1, Ordering::Relaxed) + 1);
    })?;
    Ok(done)
}

/// Trains one cell, if it is not there and nobody else does; none where it was stopped.
fn one(
    name: &str,
    identity: &Identity,
    shelf: &Mutex<Shelf>,
    store: &Store,
    compute: &Compute,
    stop: &AtomicBool,
) -> Result<Option<End>, String> {
    if let Found::Done(_) = store.find(name, identity)? {
        return Ok(Some(End::There));
    }
    let Some(claim) = store.claim(name)? else { return Ok(Some(End::Elsewhere)) };
    // Whoever had the right to it before may have finished it.
    match store.find(name, identity)? {
        Found::Done(_) => {
            claim.give_up();
            return Ok(Some(End::There));
        }
        Found::Damaged(path) => tell(format_args!("Note: {} is damaged, and its cell is trained again.", path.display())),
        Found::Missing => {}
    }
    let started = Instant::now();
    let Some(runs) = runs(identity, shelf, compute, stop)? else { return Ok(None) };
    let kept = Kept { identity: identity.clone(), runs, seconds: started.elapsed().as_secs_f64() };
    store.put(name, &kept, claim)?;
    Ok(Some(End::Trained))
}

/// The runs of a cell, one a radius.
fn runs(identity: &Identity, shelf: &Mutex<Shelf>, compute: &Compute, stop: &AtomicBool) -> Result<Option<Vec<Ran>>, String> {
    let grid = identity.grid();
    let mut runs = Vec::new();
    for group in groups(&grid, |_| true) {
        let work = {
            let mut shelf = shelf.lock().unwrap_or_else(PoisonError::into_inner);
            Work::prepare(&grid, group, &mut shelf, compute.clone())
        };
        let mut work = work.map_err(|error| error.to_string())?;
        work.look_closer();
        if !to_the_end(&mut work, stop) {
            return Ok(None);
        }
        let details = pollster::block_on(work.details());
        let outcomes = pollster::block_on(work.outcomes());
        runs.extend(outcomes.into_iter().zip(details).map(|((cell, outcome), detail)| Ran {
            rho: grid.point_of(cell).rho,
            outcome: Outcome { curve: Vec::new(), ..outcome },
            detail,
        }));
    }
    Ok(Some(runs))
}
