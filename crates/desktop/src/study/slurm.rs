//! A study on a cluster with Slurm: a job array, each task of which trains every so-manieth cell.
//!
//! A task that ends early, with its node or for another job, is put back into the queue (`--requeue`), finds the cells that it
//! has finished, and goes on with the others.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use basin_train::brief::counted;

use crate::identity;
use crate::run_folder::failed;
use crate::shell::word;

/// What the cluster is asked for.
pub struct Wish<'a> {
    pub partition: Option<&'a str>,
    /// Tasks of the array, at most.
    pub array_size: usize,
    /// Cells of a task, at most.
    pub cells_per_job: Option<usize>,
    /// Options for sbatch, as they are.
    pub more: &'a [String],
}

/// How many tasks share so many cells.
///
/// # Errors
/// If the wishes do not go together.
pub fn tasks(cells: usize, wish: &Wish<'_>) -> Result<usize, String> {
    let tasks = wish.cells_per_job.map_or(wish.array_size, |most| cells.div_ceil(most)).min(cells).max(1);
    if tasks > wish.array_size {
        let most = cells.div_ceil(wish.array_size);
        return Err(format!(
            "{} make {tasks} jobs, more than --array-size {}: raise it, or give --cells-per-job {most} or more",
            counted(cells, "cell"),
            wish.array_size
        ));
    }
    Ok(tasks)
}

/// The script of the array, in the folder of its study.
pub const SCRIPT: &str = "slurm.sh";

/// The name of a study's jobs: that of its folder, made unmistakable.
pub fn job_name(folder: &Path) -> String {
    format!("basin-{}", &identity::name(&folder.to_string_lossy())[..8])
}

/// Writes the script of the array, and says where.
///
/// # Errors
/// If the folder cannot be written, or a path has no form in a script.
pub fn write(plan: &Path, folder: &Path, tasks: usize, wish: &Wish<'_>) -> Result<PathBuf, String> {
    if folder.to_string_lossy().contains(char::is_control) {
        return Err(format!(
            "{} has a line end or the like in its name, which would end a line of the script: choose another folder for --out",
            folder.to_string_lossy().escape_debug()
        ));
    }
    let here = std::env::current_dir().map_err(|error| failed(Path::new("."), &error))?;
    let logs = folder.join("slurm");
    fs::create_dir_all(&logs).map_err(|error| failed(&logs, &error))?;
    let path = folder.join(SCRIPT);
    let program = std::env::current_exe().map_err(|error| format!("this program cannot be found: {error}"))?;
    let mut text = format!(
        "#!/bin/sh\n#SBATCH --job-name={}\n#SBATCH --array=0-{}\n#SBATCH --requeue\n#SBATCH --open-mode=append\n#SBATCH --ntasks=1\n\
         #SBATCH --cpus-per-task=1\n#SBATCH --output={}/%a.log\n",
        job_name(folder),
        tasks - 1,
        // A space ends an option there, unless it is written so.
        logs.to_string_lossy().replace('\\', "\\\\").replace(' ', "\\ ").replace('%', "%%"),
    );
    // Writing to a string cannot fail.
    if let Some(partition) = wish.partition {
        let _ = writeln!(text, "#SBATCH --partition={partition}");
    }
    for option in wish.more {
        let _ = writeln!(text, "#SBATCH {option}");
    }
    if let Some(data) = std::env::var_os("BASIN_DATA") {
        let data = std::path::absolute(&data).map_err(|error| failed(Path::new(&data), &error))?;
        let _ = writeln!(text, "export BASIN_DATA={}", word(&data));
    }
    // Data that the plan names by a path is named from here, wherever the script is submitted.
    let _ = writeln!(text, "cd {} || exit 1", word(&here));
    let _ = writeln!(
        text,
        "exec {} study run {} --out {} --cell \"$SLURM_ARRAY_TASK_ID\" --every {tasks}",
        word(&program),
        word(plan),
        word(folder)
    );
    fs::write(&path, text).map_err(|error| failed(&path, &error))?;
    Ok(path)
}

/// Submits a script; what Slurm says, or none where there is no `sbatch`.
///
/// # Errors
/// What Slurm does not like.
pub fn submit(script: &Path) -> Result<Option<String>, String> {
    let later = |error| format!("{error}; the script is there: submit it later with `sbatch {}`", word(script));
    said(Command::new("sbatch").arg(script), "sbatch").map_err(later)
}

/// The states of a study's jobs in the queue with their numbers; none where there is no `squeue`.
///
/// # Errors
/// What Slurm does not like.
pub fn queue(folder: &Path) -> Result<Option<Vec<(String, usize)>>, String> {
    let mut command = Command::new("squeue");
    command.args(["--noheader", "--array", "--format=%T", "--name"]).arg(job_name(folder));
    let Some(text) = said(&mut command, "squeue")? else { return Ok(None) };
    let mut states: Vec<(String, usize)> = Vec::new();
    for state in text.split_whitespace().map(str::to_lowercase) {
        match states.iter_mut().find(|(known, _)| *known == state) {
            Some((_, count)) => *count += 1,
            None => states.push((state, 1)),
        }
    }
    Ok(Some(states))
}

fn said(command: &mut Command, name: &str) -> Result<Option<String>, String> {
    match command.output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{name} cannot be started: {error}")),
        Ok(output) if output.status.success() => Ok(Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())),
        Ok(output) => Err(format!("{name} failed: {}", String::from_utf8_lossy(&output.stderr).trim())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_shared_out() {
        let wish = |array_size, cells_per_job| Wish { partition: None, array_size, cells_per_job, more: &[] };
        assert_eq!((tasks(200, &wish(1000, None)), tasks(2500, &wish(1000, None))), (Ok(200), Ok(1000)));
        assert_eq!(tasks(200, &wish(1000, Some(30))), Ok(7));
        let text = tasks(200, &wish(10, Some(5))).expect_err("40 tasks");
        assert!(text.contains("40 jobs") && text.contains("--cells-per-job 20"), "{text}");
        assert_eq!(job_name(Path::new("/a")), job_name(Path::new("/a")));
        assert_ne!(job_name(Path::new("/a")), job_name(Path::new("/b")));
    }
}
