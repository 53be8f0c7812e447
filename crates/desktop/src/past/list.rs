//! `basin runs`: the runs below a folder, the one that was written to last first.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use basin_app::format;
use basin_app::report::{Told, compare};
use basin_train::experiment::{Experiment, difference};
use clap::Args;
use serde_json::json;

use super::run::PastRun;
use crate::run_folder;
use crate::terminal::{print, tell};

/// Folders inside each other that are looked into.
const DEEPEST: usize = 8;

/// Which runs.
#[derive(Args)]
pub struct RunsArgs {
    /// The folder below which runs are looked for.
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// Tell setups as their difference to that of the run in this folder, instead of to the defaults.
    #[arg(long, value_name = "DIR")]
    against: Option<PathBuf>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// Finds and prints.
///
/// # Errors
/// If there is no such folder, or none to compare with.
pub fn runs(args: &RunsArgs) -> Result<ExitCode, String> {
    let against = args.against.as_deref().map(PastRun::read).transpose()?;
    let mut paths = Vec::new();
    find(&args.folder, DEEPEST, &mut paths).map_err(|error| run_folder::failed(&args.folder, &error))?;
    let mut runs = Vec::new();
    for path in &paths {
        match PastRun::read(path) {
            Ok(run) => runs.push(run),
            Err(text) => tell(format_args!("Left out: {text}")),
        }
    }
    let mut runs: Vec<Told<'_>> = runs.iter().map(PastRun::told).collect();
    runs.sort_by(|a, b| b.at.unwrap_or_default().total_cmp(&a.at.unwrap_or_default()).then_with(|| a.name.cmp(b.name)));
    let other = against.as_ref().map_or_else(Experiment::default, |run| run.told().experiment.clone());
    if args.json {
        let document: Vec<_> = runs.iter().map(|run| of(run, &other)).collect();
        print(&String::from_utf8_lossy(&run_folder::pretty(&json!(document))))?;
        return Ok(ExitCode::SUCCESS);
    }
    if runs.is_empty() {
        tell(format_args!("There are no runs below {}: `basin train --out DIR` leaves one.", args.folder.display()));
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
    let against = args.against.as_ref().map_or("the defaults".to_owned(), |path| path.display().to_string());
    for run in &runs {
        let age = run.at.map_or(String::new(), |at| format!(", {} ago", format::duration((now - at).max(0.0))));
        let note = run.note.map_or(String::new(), |note| format!("\n  {}", note.replace('\n', "\n  ")));
        let setup = difference::line(run.experiment, &other);
        let flipped = run.flipped().map_or(String::new(), |words| format!(", {words}"));
        print(&format!(
            "{}{note}\n  {}{age}{flipped}\n  against {against}: {setup}\n  {}\n",
            run.name,
            run.standing(),
            compare::verdict(run)
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A run for programs.
fn of(run: &Told<'_>, other: &Experiment) -> serde_json::Value {
    let difference = difference::difference(run.experiment, other);
    let changes: Vec<_> = difference.iter().map(|(name, before, now)| json!({ "name": name, "before": before, "now": now })).collect();
    json!({
        "folder": run.name,
        "note": run.note,
        "written": run.at,
        "finished": run.finished,
        "version": run.version,
        "flipped": run.state.run.summary.as_ref().map(|summary| summary.flipped),
        "step": run.last().map(|last| last.step),
        "difference": changes,
        "weights_of": if run.keeps_epochs() { "chosen epochs" } else { "the last step" },
        "weights_can_be_read": run.has_weights,
        "verdict": compare::verdict(run),
        "experiment": run.experiment,
    })
}

/// The folders with runs below one, itself among them. Links and hidden folders are left out.
fn find(folder: &Path, deeper: usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
    if run_folder::holds_run(folder) {
        found.push(folder.to_owned());
        return Ok(());
    }
    let mut below = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !hidden && entry.file_type()?.is_dir() {
            below.push(entry.path());
        }
    }
    below.sort();
    for folder in below.into_iter().filter(|_| deeper > 0) {
        // One that may not be read hides no other.
        let _ = find(&folder, deeper - 1, found);
    }
    Ok(())
}
