//! How far a study is: its cells, those that are damaged, and what is in the queue of a cluster.

use std::fmt::Write as _;
use std::path::Path;

use basin_train::brief::counted;

use super::plan::{Plan, Series};
use super::slurm;
use super::store::{Found, Store};
use crate::cell_file;
use crate::report::aligned;
use crate::words::told;

/// A row for each sweep and data set, and what else there is to say.
///
/// # Errors
/// If a file cannot be read.
pub fn status(plan: &Plan, folder: &Path) -> Result<String, String> {
    let store = Store::of(folder);
    let mut counts = vec![[0_usize; 2]; plan.series.len()];
    let mut damaged = Vec::new();
    for (cell, name) in plan.cells() {
        let count = &mut counts[cell.series];
        count[1] += 1;
        match store.find(&name, &plan.identity(&cell))? {
            Found::Done(_) => count[0] += 1,
            Found::Missing => {}
            Found::Damaged(path) => damaged.push(path),
        }
    }
    let mut rows = vec![["sweep", "data", "model", "cells", "done"].map(str::to_owned).to_vec()];
    for (Series { name, data, grid, .. }, [done, all]) in plan.series.iter().zip(&counts) {
        let model = told(grid.experiment.model.kind);
        rows.push(vec![name.clone(), plan.data[*data].name.clone(), model, all.to_string(), done.to_string()]);
    }
    let sum = |of: usize| counts.iter().map(|count| count[of]).sum::<usize>();
    let are = if sum(1) == 1 { "is" } else { "are" };
    let mut text = aligned(&rows);
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{} of {} {are} done; a cell that sweeps share counts with the first.", sum(0), counted(sum(1), "cell"));
    for path in damaged {
        let _ = writeln!(text, "{}.", cell_file::trouble(&path, "`basin study run` trains its cell again"));
    }
    // What was never handed to a cluster is in no queue.
    let queue = if folder.join(slurm::SCRIPT).exists() { slurm::queue(folder) } else { Ok(None) };
    match queue {
        // A machine that could be part of a cluster, and is none.
        Err(error) => {
            let _ = writeln!(text, "Slurm's queue cannot be read: {}", error.lines().next().unwrap_or_default());
        }
        Ok(None) => {}
        Ok(Some(states)) if states.is_empty() => text.push_str("Slurm has no jobs of this study in its queue.\n"),
        Ok(Some(states)) => {
            let states: Vec<String> = states.into_iter().map(|(state, count)| format!("{count} {state}")).collect();
            let _ = writeln!(text, "Slurm's queue: {}.", states.join(", "));
        }
    }
    Ok(text)
}
