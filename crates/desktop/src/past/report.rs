//! `basin report`: some runs in one file of HTML.
//!
//! Elsewhere: what it says (`basin_app::report`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use basin_app::report::page;
use clap::Args;

use super::run::PastRun;
use crate::disk;
use crate::run_folder;
use crate::terminal::tell;

/// Which runs, and where to.
#[derive(Args)]
pub struct ReportArgs {
    /// The folders of the runs, as `basin train --out` made them; the others are compared with the first.
    #[arg(value_name = "DIR", required = true)]
    runs: Vec<PathBuf>,
    /// The file that is written.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Reads and writes.
///
/// # Errors
/// If a folder holds no run, or the file cannot be written.
pub fn report(args: &ReportArgs) -> Result<ExitCode, String> {
    // A run is told once, whatever its folder is called.
    let mut paths: Vec<&PathBuf> = Vec::new();
    let same = |a: &Path, b: &Path| a == b || fs::canonicalize(a).ok().is_some_and(|a| fs::canonicalize(b).is_ok_and(|b| a == b));
    for path in &args.runs {
        if !paths.iter().any(|other| same(other, path)) {
            paths.push(path);
        }
    }
    let runs = paths.into_iter().map(|path| PastRun::read_whole(path)).collect::<Result<Vec<_>, _>>()?;
    let told: Vec<_> = runs.iter().map(PastRun::told).collect();
    disk::write(&args.out, page(&told).as_bytes()).map_err(|error| run_folder::failed(&args.out, &error))?;
    tell(format_args!("Wrote {}.", args.out.display()));
    Ok(ExitCode::SUCCESS)
}
