//! `basin report`: some runs in one file of HTML, with figures, and with all that it takes to do them again.
//!
//! The file fetches nothing and runs no script; its figures are images inside it.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use basin_train::data::files::NamedBytes;
use basin_train::experiment::Experiment;
use basin_train::html::escaped;
use basin_train::run::checkpoint;
use clap::Args;

use super::compare;
use super::run::PastRun;
use super::setup;
use crate::identity::sha256;
use crate::report::{self as results, Beside};
use crate::run_folder::{self, RunFolder};
use crate::terminal::tell;
use crate::{disk, figures};

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
    let runs = args.runs.iter().map(|path| PastRun::read(path)).collect::<Result<Vec<_>, _>>()?;
    let files = args.runs.iter().map(|path| files(path)).collect::<Result<Vec<_>, _>>()?;
    let page = page(&runs, &files);
    disk::write(&args.out, page.as_bytes()).map_err(|error| run_folder::failed(&args.out, &error))?;
    tell(format_args!("Wrote {}.", args.out.display()));
    Ok(ExitCode::SUCCESS)
}

/// The user's files that a run learned from, each with its SHA-256.
fn files(path: &std::path::Path) -> Result<Vec<String>, String> {
    let bytes = RunFolder::checkpoint(path)?;
    let files = checkpoint::files(&bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    let words =
        |file: &NamedBytes, flag: &str| format!("{flag} {}: {} bytes, SHA-256 {}", file.name, file.bytes.len(), sha256(&file.bytes));
    Ok(files
        .iter()
        .flat_map(|files| std::iter::once(words(&files.train, "--data")).chain(files.test.iter().map(|test| words(test, "--test"))))
        .collect())
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:0 auto;padding:1rem;color:#222;background:#fff}\
table{border-collapse:collapse;margin:.5rem 0 1rem}th,td{padding:.2rem 1rem .2rem 0;text-align:left;vertical-align:top;border-bottom:1px solid #ddd;overflow-wrap:break-word}\
pre{overflow-x:auto;padding:.7rem;background:#f3f3f1}img{max-width:100%;height:auto}section{margin-top:2.5rem;border-top:2px solid #777}";

/// The file.
fn page(runs: &[PastRun], files: &[Vec<String>]) -> String {
    let title = match runs {
        [run] => format!("Run {}", run.name()),
        runs => format!("{} runs", runs.len()),
    };
    let title = escaped(&title);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>{title}</h1>\n<p>Made by basin {}.</p>\n",
        env!("CARGO_PKG_VERSION")
    );
    if let [first, others @ ..] = runs
        && !others.is_empty()
    {
        page += &overview(first, others);
    }
    for (place, (run, files)) in runs.iter().zip(files).enumerate() {
        page += &section(run, files, (place > 0).then(|| &runs[0]));
    }
    page + "</body>\n</html>\n"
}

/// All runs, and each against the first.
fn overview(first: &PastRun, others: &[PastRun]) -> String {
    let mut rows = vec![["Run", "Test accuracy at the end", "Against the first, by seed"].map(str::to_owned)];
    rows.push([first.name(), compare::verdict(first), String::new()]);
    for run in others {
        let against = match compare::lanes(run, first) {
            Ok(lanes) => {
                lanes.iter().map(|(title, comparison)| format!("{title}: {}", compare::words(comparison))).collect::<Vec<_>>().join("; ")
            }
            Err(why) => why,
        };
        rows.push([run.name(), compare::verdict(run), against]);
    }
    table(&rows)
        + "<p>Differences are paired by seed, ± standard error; a verdict is Student's t with Holm's correction for the lanes of a run.</p>\n"
}

/// A run. Its setup is told as the difference to that of `first`, or to the defaults.
fn section(run: &PastRun, files: &[String], first: Option<&PastRun>) -> String {
    let mut text = format!("<section>\n<h2>{}</h2>\n", escaped(&run.name()));
    // Writing to a string cannot fail.
    if let Some(note) = &run.note {
        let _ = writeln!(text, "<p>{}</p>", escaped(note));
    }
    let when = run.at.map_or(String::new(), |at| format!(", {}", utc(at)));
    let _ = writeln!(text, "<p>{}{when}. {}.</p>", escaped(&run.standing()), escaped(&compare::verdict(run)));
    if run.last().is_some() {
        let _ = writeln!(text, "<pre>{}</pre>", escaped(&results::table(&run.state, &Beside::default())));
        let figure = STANDARD.encode(figures::curves::figure(&run.state));
        let _ = writeln!(
            text,
            "<img alt=\"Test accuracy, losses and gaps over the steps, mean and standard deviation of each lane\" src=\"data:image/svg+xml;base64,{figure}\">"
        );
    }
    let (other, name) =
        first.map_or_else(|| (Experiment::default(), "Default".to_owned()), |first| (first.experiment.clone(), first.name()));
    let _ = writeln!(text, "<h3>Setup, where it differs</h3>");
    let mut rows = vec![["Hyperparameter".to_owned(), name, "Here".to_owned()]];
    rows.extend(setup::difference(&run.experiment, &other).into_iter().map(|(name, before, now)| [name, before, now]));
    text += &if rows.len() > 1 { table(&rows) } else { "<p>Nowhere.</p>\n".to_owned() };

    let notes = run.state.run.summary.iter().flat_map(|summary| &summary.notes);
    let notes: String = notes.map(|note| format!("<li>{}</li>", escaped(note))).collect();
    if !notes.is_empty() {
        let _ = writeln!(text, "<h3>Notes of the program</h3>\n<ul>{notes}</ul>");
    }
    let version = run.finished_by.as_ref().map_or("a version that is not known".to_owned(), |version| format!("basin {version}"));
    let data = if files.is_empty() { "" } else { " --data FILE" };
    let _ = writeln!(
        text,
        "<h3>To do it again</h3>\n<p>With {}: <code>basin train --experiment experiment.json{data} --out DIR</code>, where experiment.json is</p>",
        escaped(&version)
    );
    let more = more_epochs(run);
    if more > 0 {
        let _ = writeln!(
            text,
            "<p>It went on past this plan: then also <code>basin train --resume DIR --more-epochs {more}</code> (in as many parts as it was).</p>"
        );
    }
    let files: String = files.iter().map(|file| format!("<li>{}</li>", escaped(file))).collect();
    let files = if files.is_empty() { "<p>Its data comes with the program.</p>".to_owned() } else { format!("<ul>{files}</ul>") };
    let experiment = run_folder::pretty(&serde_json::to_value(&run.experiment).expect("an experiment is plain data"));
    let _ = writeln!(text, "<pre>{}</pre>\n{files}\n</section>", escaped(&String::from_utf8_lossy(&experiment)));
    text
}

/// Epochs beyond those of its experiment that a run was trained for.
fn more_epochs(run: &PastRun) -> usize {
    let (Some(last), Some(summary)) = (run.last(), &run.state.run.summary) else { return 0 };
    let epoch = summary.train_counts.iter().sum::<usize>().div_ceil(run.experiment.training.batch).max(1);
    last.step.div_ceil(epoch).saturating_sub(run.experiment.training.epochs)
}

/// Rows of a table, of which the first names the columns.
fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let row = |cells: &[String; N], tag: &str| {
        let cells: String = cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let body: String = rows[1..].iter().map(|cells| row(cells, "td")).collect();
    format!("<table>\n{}{body}</table>\n", row(&rows[0], "th"))
}

/// A moment as `2026-08-17 09:05 UTC`. Source of the calendar: H. Hinnant, `civil_from_days`.
fn utc(seconds: f64) -> String {
    let seconds = seconds as i64;
    let (days, minutes) = (seconds.div_euclid(86_400) + 719_468, seconds.rem_euclid(86_400) / 60);
    // Eras of 400 years, years that begin in March.
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + i64::from(month < 3);
    format!("{year}-{month:02}-{day:02} {:02}:{:02} UTC", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of `date -u -d @…`.
    #[test]
    fn moments_are_those_of_the_calendar() {
        let dates = [0.0, 951_782_399.0, 951_782_400.0, 1_709_251_199.0, 1_798_761_599.9].map(utc);
        assert_eq!(
            dates,
            ["1970-01-01 00:00 UTC", "2000-02-28 23:59 UTC", "2000-02-29 00:00 UTC", "2024-02-29 23:59 UTC", "2026-12-31 23:59 UTC"]
        );
    }
}
