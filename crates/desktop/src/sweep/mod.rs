//! `basin sweep`: methods that are compared each at its own best ρ, on all cores.
//!
//! Elsewhere: what is compared and which ρ is chosen (`basin_train::lab`), who trains what (`jobs.rs`), what is kept of it
//! (`folder.rs`), the tables and the JSON document (`report.rs`), the figures (`figures/sweep.rs`,
//! `figures/scatter.rs`).

mod args;
mod folder;
pub mod jobs;
mod report;

use std::process::ExitCode;
use std::sync::Mutex;

pub use args::{Budget, SweepArgs};
use basin_train::brief::counted;
use basin_train::data::encoder;
use basin_train::lab::choice::choose;
use basin_train::lab::grid::Grid;
use basin_train::lab::outcome::Outcome;
use basin_train::lab::work::{self, Parts, Shelf};
use basin_train::run::Compute;

use self::folder::Folder;
use crate::exit::{NOT_WRITTEN, STOPPED};
use crate::progress::Progress;
use crate::terminal::{print, tell};
use crate::{cores, identity, interrupt, memory, run_folder, shell};

/// Trains what the command line asks for, and compares it.
///
/// # Errors
/// What is wrong with it, its files or its folder.
pub fn sweep(args: &SweepArgs) -> Result<ExitCode, String> {
    cores::limit(args.jobs);
    let (mut grid, files) = args.grid()?;
    let stop = interrupt::flag("Keeping the runs that are done; Ctrl-C again to end at once.")?;
    let compute = Compute::cpu().with_memory(memory::of_this_process());
    let mut prints = identity::prints(files.as_ref());
    prints.extend(encoder::hash_for(grid.experiment.model.kind));
    let mut shelf = Shelf::new(files);
    let needed = work::fits(&grid, &mut shelf, &compute).map_err(|error| error.to_string())?.total();
    let parts = work::parts(&grid, &mut shelf).map_err(|error| error.to_string())?;
    if args.budget == Budget::EqualGradients {
        work::level(&mut grid, &mut shelf, &compute).map_err(|error| error.to_string())?;
    }
    let folder = args.out.as_deref().map(|path| Folder::open(path, &grid, &prints)).transpose()?;
    let mut outcomes = match &folder {
        Some(folder) => folder.outcomes(&grid, &prints),
        None => vec![None; grid.cells()],
    };
    let jobs = jobs_for(args, needed, compute.limits.memory);
    introduce(&grid, &parts, &outcomes, jobs);

    let mut unwritten = None;
    let mut progress = Progress::new("runs", done(&outcomes), outcomes.len());
    let mut groups = work::groups(&grid, |cell| outcomes[cell].is_none());
    if let Some(most) = args.stop_after {
        let mut count = 0;
        groups.retain(|group| {
            count < most && {
                count += group.cells.len();
                true
            }
        });
    }
    jobs::train(&grid, groups, &Mutex::new(shelf), &compute, jobs, &stop, |cells| {
        for (cell, outcome) in cells {
            if let Some(folder) = &folder
                && let Err(text) = folder.write_cell(&grid, &prints, cell, &outcome)
                && unwritten.is_none()
            {
                progress.say(&format!("Warning: {text}. The sweep goes on."));
                unwritten = Some(text);
            }
            outcomes[cell] = Some(outcome);
        }
        let count = done(&outcomes);
        progress.tell(count, || report::latest(&grid, &outcomes));
    })?;
    progress.end();
    let count = done(&outcomes);
    if count < outcomes.len() {
        let again = match &folder {
            Some(folder) => format!("the same command with --out {} goes on", shell::word(folder.path())),
            None => "they are lost, for there is no --out".to_owned(),
        };
        let are = if count == 1 { "is" } else { "are" };
        tell(format_args!("Stopped: {count} of {} {are} done; {again}.", counted(outcomes.len(), "run")));
        return Ok(ExitCode::from(STOPPED));
    }
    let choices = choose(&grid, &outcomes);
    let document = report::document(&grid, &choices, &outcomes);
    let json = || String::from_utf8_lossy(&run_folder::pretty(&document)).into_owned();
    let printed = print(&if args.json { json() } else { report::tables(&grid, &choices, &outcomes) });
    if let Some(folder) = &folder {
        // Not those of an earlier grid: a cell that could not be written is in the results all the same.
        let told = match (folder.write_results(&grid, &choices, &outcomes, &document), unwritten) {
            (Err(text), _) => Some(format!("{text}; the results are those that were printed")),
            (Ok(()), Some(text)) => Some(format!("{text}; the results are written, but the same command trains some runs again")),
            (Ok(()), None) => None,
        };
        if let Some(text) = told {
            tell(format_args!("basin: {text}"));
            printed?;
            return Ok(ExitCode::from(NOT_WRITTEN));
        }
        tell(format_args!("Wrote {}.", folder.path().display()));
    }
    printed.map(|()| ExitCode::SUCCESS)
}

/// As many threads as are asked for, or as there are cores; fewer where their runs do not fit into the memory together.
fn jobs_for(args: &SweepArgs, needed: u64, memory: Option<u64>) -> usize {
    let wanted = cores::wanted(args.jobs);
    let fitting = memory.map_or(wanted, |memory| (memory / needed.max(1)).max(1) as usize);
    if fitting < wanted {
        tell(format_args!("Note: there is memory for {fitting} threads, not for {wanted}."));
    }
    wanted.min(fitting)
}

fn done(outcomes: &[Option<Outcome>]) -> usize {
    outcomes.iter().flatten().count()
}

/// Says what will be trained.
fn introduce(grid: &Grid, parts: &Parts, outcomes: &[Option<Outcome>], jobs: usize) {
    parts.taken.iter().for_each(tell);
    let (title, [train, choose, test]) = (&parts.title, parts.examples);
    let (train, classes) = (counted(train, "example"), counted(parts.classes, "class"));
    tell(format_args!("{title}: {train} to train on, {choose} to choose ρ on, {test} to compare on, {classes}."));
    for note in &parts.notes {
        tell(format_args!("Note: {note}"));
    }
    let (methods, seeds) = (grid.titles().join(", "), counted(grid.experiment.seeds, "seed"));
    let over: String =
        grid.over.iter().map(|axis| format!(" × {} of {}", counted(axis.values.len(), "value"), axis.knob.title())).collect();
    let threads = if jobs == 1 { "one thread".to_owned() } else { format!("{jobs} threads") };
    let runs = counted(outcomes.len(), "run");
    tell(format_args!("{methods}: {} ρ × {seeds}{over}, {runs} on {threads}.", grid.radii.len()));
    for (title, epochs) in grid.titles().iter().zip(&grid.epochs) {
        let epochs = counted(*epochs, "epoch");
        tell(format_args!("{title}: {epochs}, for about as many gradients as SAM takes in {}.", grid.experiment.training.epochs));
    }
    let before = done(outcomes);
    if before > 0 {
        let are = if before == 1 { "is" } else { "are" };
        tell(format_args!("{before} of them {are} in the folder already."));
    }
}
