//! `basin study`: a comparison of methods over data sets, models and noise levels, as cells that are trained anywhere in any order.
//!
//! A study is a set of sweeps: what is compared and which ρ is chosen is `basin_train::lab`. Here: the plan (`plan.rs`), the folder
//! of cells (`store.rs`), who trains them (`work.rs`, `slurm.rs`), how far they are (`status.rs`), what they say (`answers.rs`,
//! `questions.rs`) and the report of it (`report.rs`).

mod answers;
mod plan;
mod questions;
mod report;
mod slurm;
mod status;
mod store;
mod work;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use basin_train::brief::counted;
use basin_train::run::Compute;
use clap::{Args, Subcommand};

use self::answers::Answers;
use self::plan::Plan;
use self::slurm::Wish;
use self::store::Store;
use self::work::End;
use crate::exit::{BAD_INPUT, NOT_WRITTEN, STOPPED};
use crate::progress::Progress;
use crate::run_folder::{OTHER, Owner};
use crate::shell::word;
use crate::terminal::{print, tell};
use crate::{cell_file, cores, interrupt, memory};

/// What is done with a study.
#[derive(Subcommand)]
pub enum StudyJob {
    /// Reads a plan and says which cells it has.
    Plan {
        #[command(flatten)]
        study: Study,
        /// List every cell: number, name of its file, what it is.
        #[arg(long)]
        cells: bool,
    },
    /// Trains the cells that are not there.
    Run(RunArgs),
    /// Says how far it is.
    Status(Study),
    /// Writes report.md, report.json and a figure a question of what is there.
    Report {
        #[command(flatten)]
        study: Study,
        /// Write the report to this folder rather than to that of the study.
        #[arg(long, value_name = "DIR")]
        to: Option<PathBuf>,
        /// Print one JSON document instead of the answers.
        #[arg(long)]
        json: bool,
    },
    /// Hands a study to a cluster.
    Submit(SubmitArgs),
}

/// A study.
#[derive(Args)]
pub struct Study {
    /// The plan, a TOML file.
    #[arg(value_name = "FILE")]
    plan: PathBuf,
    /// The folder of its cells; without it the name of the plan without its ending.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Which cells, and how.
#[derive(Args)]
pub struct RunArgs {
    #[command(flatten)]
    study: Study,
    /// This cell alone, by its number from 0.
    #[arg(long, value_name = "NUMBER", conflicts_with = "jobs")]
    cell: Option<usize>,
    /// With --cell, from there on one cell in so many.
    #[arg(long, value_name = "COUNT", requires = "cell", value_parser = clap::value_parser!(u32).range(1..))]
    every: Option<u32>,
    /// Threads; without it one for each core. The results are the same.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Stop after so many cells; for tests.
    #[arg(long, hide = true, value_name = "COUNT")]
    stop_after: Option<usize>,
}

/// What the cluster is asked for.
#[derive(Args)]
pub struct SubmitArgs {
    #[command(flatten)]
    study: Study,
    /// By Slurm: writes slurm.sh, and submits it where there is `sbatch`.
    #[arg(long, required = true)]
    slurm: bool,
    /// The partition.
    #[arg(long, value_name = "NAME", value_parser = plain)]
    partition: Option<String>,
    /// Tasks of the job array, at most; clusters allow about 1000.
    #[arg(long, value_name = "COUNT", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    array_size: u32,
    /// Cells of a task, at most; without it as few as the array allows.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    cells_per_job: Option<u32>,
    /// Options for sbatch, such as -- --time=60 --mem=2G.
    #[arg(last = true, value_name = "OPTION", value_parser = option)]
    more: Vec<String>,
}

/// A word that needs no quotes in a script.
fn plain(text: &str) -> Result<String, String> {
    let good = !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_-.,".contains(c));
    if good { Ok(text.to_owned()) } else { Err("give its name: letters, digits, `_`, `-`, `.`".to_owned()) }
}

/// An option of sbatch, which is one line of the script.
fn option(text: &str) -> Result<String, String> {
    let good = text.starts_with('-') && !text.contains(char::is_control);
    if good { Ok(text.to_owned()) } else { Err("an option of sbatch begins with `-`, such as --time=60".to_owned()) }
}

impl Study {
    fn read(&self) -> Result<Plan, String> {
        Plan::read(&self.plan)
    }

    /// The folder of its cells, which is of no run or sweep.
    ///
    /// # Errors
    /// If it is, or would be the plan.
    fn folder(&self) -> Result<PathBuf, String> {
        let folder = self.out.clone().unwrap_or_else(|| self.plan.with_extension(""));
        if folder == self.plan {
            return Err(format!(
                "{} has no ending that could be left out for the name of the folder: say with --out DIR where the cells are",
                folder.display()
            ));
        }
        Owner::Study.alone(&folder, OTHER)?;
        Ok(folder)
    }
}

/// Does what the command line asks for.
///
/// # Errors
/// What is wrong with the plan, its data, or the folder.
pub fn study(job: &StudyJob) -> Result<ExitCode, String> {
    match job {
        StudyJob::Plan { study, cells } => tell_plan(&study.read()?, *cells)?,
        StudyJob::Run(args) => return run(args),
        StudyJob::Status(study) => print(&status::status(&study.read()?, &absolute(&study.folder()?)?)?)?,
        StudyJob::Report { study, to, json } => return report_on(study, to.as_deref(), *json),
        StudyJob::Submit(args) => submit(args)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn tell_plan(plan: &Plan, every: bool) -> Result<(), String> {
    let cells = plan.cells();
    let runs: usize = cells.iter().map(|(cell, _)| plan.series[cell.series].grid.radii_of(cell.lane).len()).sum();
    let mut text = format!("{}\n", plan.title);
    // Writing to a string cannot fail.
    for (number, series) in plan.series.iter().enumerate() {
        let (grid, data) = (&series.grid, &plan.data[series.data].name);
        let count = counted(cells.iter().filter(|(cell, _)| cell.series == number).count(), "cell");
        let methods = grid.titles().join(", ");
        let (settings, seeds) = (counted(grid.settings(), "noise level"), counted(grid.experiment.seeds, "seed"));
        let _ = writeln!(text, "{}, {data}: {methods}; {settings}, {seeds}: {count}", series.name);
        for (title, epochs) in grid.titles().iter().zip(&grid.epochs) {
            let _ = writeln!(
                text,
                "  {title}: {}, for about as many gradients as SAM takes in {}",
                counted(*epochs, "epoch"),
                grid.experiment.training.epochs
            );
        }
    }
    let _ = writeln!(text, "{}, {}.", counted(cells.len(), "cell"), counted(runs, "run"));
    if every {
        for (number, (cell, name)) in cells.iter().enumerate() {
            let _ = writeln!(text, "{number}\t{name}\t{}", plan.words(cell));
        }
    }
    print(&text)
}

fn run(args: &RunArgs) -> Result<ExitCode, String> {
    let plan = args.study.read()?;
    let mut cells = plan.cells();
    if let Some(first) = args.cell {
        if first >= cells.len() {
            return Err(format!("--cell is {first}, but the cells of this plan have the numbers 0 to {}", cells.len().saturating_sub(1)));
        }
        let step = args.every.map_or(usize::MAX, |every| every as usize);
        cells = cells.into_iter().skip(first).step_by(step).collect();
    }
    let store = Store::of(&args.study.folder()?);
    store.make()?;
    let stop = interrupt::flag("Keeping the cells that are done; Ctrl-C again to end at once.")?;
    let jobs = match args.cell {
        Some(_) => 1,
        None => cores::wanted(args.jobs),
    };
    cores::limit(args.jobs.or(args.cell.map(|_| 1)));
    let all = cells.len();
    cells.truncate(args.stop_after.unwrap_or(all));
    let threads = if jobs == 1 { "one thread".to_owned() } else { format!("{jobs} threads") };
    tell(format_args!("{}: {} on {threads}.", plan.title, counted(all, "cell")));
    let mut progress = Progress::new("cells", 0, all);
    let compute = Compute::cpu().with_memory(memory::of_this_process());
    let done = work::train(&plan, cells, &store, &compute, jobs, &stop, |count, name, end| {
        if end != End::Trained {
            progress.skip_one();
        }
        match args.cell {
            // The log of a task says what became of each of its cells.
            Some(_) if end == End::Trained => progress.say(&format!("{name} trained: {count} of {all}")),
            Some(_) => {}
            None => progress.tell(count, String::new),
        }
    })?;
    progress.end();
    let work::Done { trained, there, elsewhere, blocked } = done;
    let others = if elsewhere > 0 { format!(", {elsewhere} left to other programs, which have begun them") } else { String::new() };
    let was = if there == 1 { "was" } else { "were" };
    tell(format_args!("{} trained, {there} {was} there{others}.", counted(trained, "cell")));
    if trained + there + elsewhere + blocked < all {
        tell(format_args!("Stopped: the same command goes on."));
        return Ok(ExitCode::from(STOPPED));
    }
    if blocked > 0 {
        tell(format_args!("basin: {} left: folders lie where their files belong", counted(blocked, "cell")));
        return Ok(ExitCode::from(NOT_WRITTEN));
    }
    Ok(ExitCode::SUCCESS)
}

fn report_on(study: &Study, to: Option<&Path>, json: bool) -> Result<ExitCode, String> {
    let (plan, folder) = (study.read()?, study.folder()?);
    let found = Answers::read(&plan, &Store::of(&folder))?;
    for path in &found.damaged {
        tell(format_args!("Note: {}; it is left out.", cell_file::trouble(path, "`basin study run` trains its cell again")));
    }
    if found.parts.is_empty() {
        let (path, folder) = (word(&study.plan), word(&folder));
        tell(format_args!("basin: no data set has all cells of a seed yet: `basin study run {path} --out {folder}` trains them"));
        return Ok(ExitCode::from(BAD_INPUT));
    }
    let answers = questions::answers(&found);
    let to = to.unwrap_or(&folder);
    // The numbers first: a full disk costs the files, never them.
    let printed = print(&if json { report::json(&plan, &found, &answers) } else { report::sentences(&found, &answers) });
    if let Err(text) = report::write(to, &plan, &found, &answers) {
        tell(format_args!("basin: {text}; the answers are those that were printed"));
        printed?;
        return Ok(ExitCode::from(NOT_WRITTEN));
    }
    tell(format_args!("Wrote {}.", to.join("report.md").display()));
    printed.map(|()| ExitCode::SUCCESS)
}

/// A path that is the same from every folder.
fn absolute(path: &Path) -> Result<PathBuf, String> {
    std::path::absolute(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn submit(args: &SubmitArgs) -> Result<(), String> {
    let plan = args.study.read()?;
    let (file, folder) = (absolute(&args.study.plan)?, absolute(&args.study.folder()?)?);
    let wish = Wish {
        partition: args.partition.as_deref(),
        array_size: args.array_size as usize,
        cells_per_job: args.cells_per_job.map(|most| most as usize),
        more: &args.more,
    };
    let cells = plan.cells().len();
    let tasks = slurm::tasks(cells, &wish)?;
    let script = slurm::write(&file, &folder, tasks, &wish)?;
    Store::of(&folder).make()?;
    let (of_cells, jobs) = (counted(cells, "cell"), counted(tasks, "job"));
    tell(format_args!("{of_cells} in {jobs}, {} or fewer each: {}", cells.div_ceil(tasks), script.display()));
    if let Some(said) = slurm::submit(&script)? {
        return print(&format!("{said}\n"));
    }
    tell(format_args!("There is no `sbatch` here: submit it with `sbatch {}` on the cluster.", word(&script)));
    Ok(())
}
