//! The folder of a sweep.
//!
//! - `cells/HASH.json`: one run, named by what it is; a sweep with more values trains those alone that are not there.
//! - `sweep.json`: what was asked for last.
//! - `results.json`, `cells.csv`: the document of `--json`, and every run as a row.
//! - `sweep.svg`, `scatter.svg`: what each ρ is worth, and what the measures of sharpness say of it.
//!
//! Elsewhere: how a file appears whole or not at all, and the lock (`disk.rs`).

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use basin_app::sweeps;
use basin_train::experiment::Experiment;
use basin_train::lab::choice::Choice;
use basin_train::lab::grid::{Grid, Point};
use basin_train::lab::outcome::{NUMBERS, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cell_file::{self, Found};
use crate::disk::{self, Lock};
use crate::run_folder::{self, CELLS, OTHER, Owner, SWEEP, failed, pretty};
use crate::terminal::tell;
use crate::{figures, identity};

/// What a sweep says once it has ended: a table, two figures, the document.
const RESULTS: [&str; 4] = ["cells.csv", "sweep.svg", "scatter.svg", "results.json"];

/// The folder of a sweep, for this program alone.
pub struct Folder {
    path: PathBuf,
    _lock: Lock,
}

/// All that a cell is.
#[derive(Serialize, Deserialize, PartialEq)]
struct Identity {
    format: u32,
    experiment: Experiment,
    validation: f64,
    /// SHA-256 of the user's files, and of the encoder that it learns from.
    files: Vec<String>,
}

/// A file of a cell.
#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    identity: Identity,
    outcome: Outcome,
}

impl Folder {
    /// Opens the folder, which is made if it is missing.
    ///
    /// # Errors
    /// If it holds something else, or cannot be written.
    pub fn open(path: &Path, grid: &Grid, prints: &[String]) -> Result<Self, String> {
        Owner::Sweep.alone(path, OTHER)?;
        fs::create_dir_all(path).map_err(|error| failed(path, &error))?;
        let folder = Self { path: path.to_owned(), _lock: run_folder::lock(path)? };
        let sweep = pretty(&json!({ "grid": grid, "files": prints }));
        if fs::read(path.join(SWEEP)).is_ok_and(|before| before != sweep) {
            // What another grid said would pass for what this one says, should this one be stopped.
            tell(format_args!(
                "Note: {} was about another grid: its results go. Its runs stay, and the command from before brings the results back.",
                path.display()
            ));
            for file in RESULTS.map(|name| path.join(name)) {
                match fs::remove_file(&file) {
                    Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(&file, &error)),
                    _ => {}
                }
            }
        }
        // First: cells alone would pass for those of a study.
        folder.write(SWEEP, &sweep)?;
        let cells = path.join(CELLS);
        fs::create_dir_all(&cells).map_err(|error| failed(&cells, &error))?;
        Ok(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds of a grid, one entry per cell. A file that cannot be read is told of, and trained again.
    pub fn outcomes(&self, grid: &Grid, prints: &[String]) -> Vec<Option<Outcome>> {
        let points = grid.points();
        let read = |(point, cell): (&Point, usize)| {
            let identity = identity_of(grid, point, cell, prints);
            let path = self.path_of(&identity);
            match cell_file::read::<Kept>(&path) {
                Ok(Found::Whole(kept)) if kept.identity == identity => Some(kept.outcome),
                Ok(Found::Missing) => None,
                _ => {
                    tell(format_args!("Note: {}.", cell_file::trouble(&path, "its run is trained again")));
                    None
                }
            }
        };
        let seeds = grid.experiment.seeds;
        points.iter().flat_map(|point| (point.first..point.first + seeds).map(move |cell| (point, cell))).map(read).collect()
    }

    /// Writes a cell.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn write_cell(&self, grid: &Grid, prints: &[String], cell: usize, outcome: &Outcome) -> Result<(), String> {
        let point = grid.point_of(cell);
        let identity = identity_of(grid, &point, cell, prints);
        cell_file::write(&self.path_of(&identity), &Kept { identity, outcome: outcome.clone() })
    }

    /// Writes what the sweep says.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn write_results(&self, grid: &Grid, choices: &[Choice], outcomes: &[Option<Outcome>], document: &Value) -> Result<(), String> {
        let [table, figure, scatter, results] = RESULTS;
        let table = self.write(table, sweeps::csv(grid, outcomes).as_bytes());
        let figure = self.write(figure, figures::sweep::figure(grid, choices, outcomes).as_bytes());
        let scatter = self.write(scatter, figures::scatter::figure(grid, outcomes).as_bytes());
        table.and(figure).and(scatter).and(self.write(results, &pretty(document)))
    }

    fn path_of(&self, identity: &Identity) -> PathBuf {
        self.path.join(CELLS).join(format!("{}.json", identity::name(identity)))
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let path = self.path.join(name);
        disk::write(&path, bytes).map_err(|error| failed(&path, &error))
    }
}

fn identity_of(grid: &Grid, point: &Point, cell: usize, prints: &[String]) -> Identity {
    let experiment = grid.experiment_of_cell(point, cell);
    Identity { format: NUMBERS, experiment, validation: grid.validation, files: prints.to_vec() }
}
