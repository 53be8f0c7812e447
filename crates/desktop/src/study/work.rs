//! Cells are trained: all that are wanted and not there, in any order, on any number of threads.

use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use basin_train::lab::outcome::Outcome;
use basin_train::lab::work::{Shelf, Work, groups};
use basin_train::run::Compute;

use super::plan::{Cell, Identity, Plan};
use super::store::{Found, Kept, Ran, Store};
use crate::cell_file;
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
    /// Not trained, for a folder lies where their file belongs.
    pub blocked: usize,
}

/// How a cell ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Trained here, and written.
    Trained,
    /// Found in the folder.
    There,
    /// Begun by another program.
    Elsewhere,
    /// A folder lies where its file belongs.
    Blocked,
}

/// Trains cells that are not there; `told` is called after each with how many are dealt with, its name, and how it ended.
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
    mut told: impl FnMut(usize, &str, End),
) -> Result<Done, String> {
    let shelves: Vec<Mutex<Shelf>> = plan.data.iter().map(|data| Mutex::new(Shelf::new(data.files.clone()))).collect();
    let (mut done, mut count) = (Done::default(), 0);
    let one = |(cell, name): (Cell, String)| {
        let identity = plan.identity(&cell);
        let shelf = &shelves[plan.series[cell.series].data];
        let end = one(&name, &identity, shelf, store, compute, stop).map_err(|error| format!("{}: {error}", plan.words(&cell)))?;
        Ok(end.map(|end| (name, end)))
    };
    pool::each(cells.into_iter().rev().collect(), jobs, stop, one, |(name, end)| {
        match end {
            End::Trained => done.trained += 1,
            End::There => done.there += 1,
            End::Elsewhere => done.elsewhere += 1,
            End::Blocked => done.blocked += 1,
        }
        count += 1;
        told(count, &name, end);
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
        Found::Done(_) => return Ok(Some(End::There)),
        Found::Damaged(path) if path.is_dir() => {
            tell(format_args!("Note: {}.", cell_file::trouble(&path, "the same command trains its cell")));
            return Ok(Some(End::Blocked));
        }
        Found::Damaged(path) => tell(format_args!("Note: {}.", cell_file::trouble(&path, "its cell is trained again"))),
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
