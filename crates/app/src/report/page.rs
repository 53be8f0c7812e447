//! Some runs in one file of HTML, with figures, and with all that it takes to do them again.
//!
//! The file fetches nothing and runs no script; its figures are images inside it.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use basin_train::experiment::{DataSource, Experiment};
use basin_train::html::escaped;
use basin_train::report::{Sharpness, Side};

use super::compare;
use super::results;
use super::told::{Told, UsersFile};
use crate::{format, knobs, svg};

const STYLE: &str = include_str!("page.css");

/// The file; runs after the first are compared with it.
pub fn page(runs: &[Told<'_>]) -> String {
    let title = match runs {
        [run] => run.name.to_owned(),
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
    for (place, run) in runs.iter().enumerate() {
        page += "<section>\n";
        if runs.len() > 1 {
            // Writing to a string cannot fail.
            let _ = writeln!(page, "<h2>{}</h2>", escaped(run.name));
        }
        page += &section(run, (place > 0).then(|| &runs[0]));
        page += "</section>\n";
    }
    page + "</body>\n</html>\n"
}

/// All runs, and each against the first.
fn overview(first: &Told<'_>, others: &[Told<'_>]) -> String {
    let mut rows = vec![["Run", "Accuracy", "Against the first, by seed"].map(str::to_owned)];
    rows.push([first.name.to_owned(), compare::verdict(first), String::new()]);
    for run in others {
        let against = match compare::lanes(run, first) {
            Ok(lanes) => {
                let lanes: Vec<_> = lanes.iter().map(|(title, comparison)| format!("{title}: {}", compare::words(comparison))).collect();
                lanes.join("; ") + compare::epochs(run, first)
            }
            Err(why) => why,
        };
        rows.push([run.name.to_owned(), compare::verdict(run), against]);
    }
    let comparable = std::iter::once(first).chain(others.iter().filter(|run| compare::on_the_same_examples(run, first)));
    let named: Vec<_> = comparable.map(|run| (run.name.to_owned(), run.state)).collect();
    let curves = svg::overlay::figure(&named, first.on());
    let alt = format!("{} accuracy of the lanes that runs share, over the steps, a line for each run", first.on());
    let kept = if first.keeps_epochs() || others.iter().any(Told::keeps_epochs) {
        " Of a run that keeps the best epoch of each seed, accuracies are those at the epochs kept; its curves go on to the last."
    } else {
        ""
    };
    table(&rows, "Runs")
        + "<p>Differences are paired by seed, ± standard error; a verdict is Student's t with Holm's correction for the lanes of a run."
        + kept
        + "</p>\n"
        + &curves.map_or_else(String::new, |figure| image(&alt, &figure))
}

/// A figure inside the file.
fn image(alt: &str, figure: &str) -> String {
    let figure = STANDARD.encode(figure);
    format!(
        "<div class=\"box figure\" tabindex=\"0\" role=\"region\" aria-label=\"Figure\"><img alt=\"{alt}\" \
         src=\"data:image/svg+xml;base64,{figure}\"></div>\n"
    )
}

/// A run. Its setup is told as the difference to that of `first`, or to the defaults.
fn section(run: &Told<'_>, first: Option<&Told<'_>>) -> String {
    let mut text = String::new();
    if let Some(note) = &run.note {
        let _ = writeln!(text, "<p>{}</p>", escaped(note));
    }
    let when = run.at.map_or(String::new(), |at| format!(", {}", utc(at)));
    let standing = format::sentence(&format!("{}{when}; {}", run.standing(), compare::verdict(run)));
    let _ = writeln!(text, "<p>{}</p>", escaped(&standing));
    if let Some(summary) = &run.state.run.summary {
        let _ = writeln!(text, "<p>{} On {}.</p>", escaped(&results::examples(summary)), escaped(&summary.device));
    }
    if run.last().is_some() {
        text += &figures_table(&results::rows(run.state, run.context));
        let below: String = results::below(run.state, run.context).iter().map(|line| format!("<li>{}</li>", escaped(line))).collect();
        let _ = writeln!(text, "<ul>{below}</ul>");
        let alt = format!("{} accuracy, losses and gaps over the steps, mean and standard deviation of each lane", run.on());
        text += &image(&alt, &svg::curves::figure(run.state));
        text += &sharpness(run);
    }
    let (other, name) =
        first.map_or_else(|| (Experiment::default(), "Default".to_owned()), |first| (first.experiment.clone(), first.name.to_owned()));
    let _ = writeln!(text, "<h3>Setup, where it differs</h3>");
    let mut rows = vec![["Hyperparameter".to_owned(), name, "Here".to_owned()]];
    rows.extend(knobs::changes(run.experiment, &other));
    text += &if rows.len() > 1 { table(&rows, "Setup") } else { "<p>Nowhere.</p>\n".to_owned() };

    let notes = run.state.run.summary.iter().flat_map(|summary| &summary.notes);
    let notes: String = notes.map(|note| format!("<li>{}</li>", escaped(note))).collect();
    if !notes.is_empty() {
        let _ = writeln!(text, "<h3>Notes of the program</h3>\n<ul>{notes}</ul>");
    }
    let with = run.version.map_or_else(String::new, |version| format!("With basin {}: ", escaped(version)));
    // A page has its encoder in a small form, whose vectors are others.
    let encoder = run.state.run.summary.as_ref().and_then(|summary| summary.encoder.as_deref());
    let small = if encoder.is_some_and(|hash| hash.starts_with("int8-")) { "BASIN_ENCODER=int8 " } else { "" };
    // A set of the data folder is found by its name.
    let given = matches!(run.experiment.data.source, DataSource::File { .. });
    let flags = run.files.iter().filter(|_| given).map(|file| format!(" {} FILE", file.flag));
    let data: String = if given && run.files.is_empty() { " --data FILE".to_owned() } else { flags.collect() };
    let _ = writeln!(
        text,
        "<h3>To do it again</h3>\n<p>{with}<code>{small}basin train --experiment experiment.json{data} --out DIR</code>, where experiment.json is</p>"
    );
    let more = more_epochs(run);
    if more > 0 {
        let _ = writeln!(
            text,
            "<p>It went on past this plan: then also <code>basin train --resume DIR --more-epochs {more}</code> (in as many parts as it was).</p>"
        );
    }
    let about = |UsersFile { flag, name, bytes, sha256 }: &UsersFile| {
        let flag = if given { format!("{flag} ") } else { String::new() };
        format!("<li>{}</li>", escaped(&format!("{flag}{name}: {bytes} bytes, SHA-256 {sha256}")))
    };
    let files: String = run.files.iter().map(about).collect();
    let files = match &run.experiment.data.source {
        _ if !files.is_empty() => format!("<ul>{files}</ul>"),
        DataSource::File { name } => format!("<p>FILE is {}, of which nothing else is known here.</p>", escaped(name)),
        DataSource::Library { name } => format!("<p>Its data is fetched by <code>basin data get {}</code>.</p>", escaped(name)),
        _ => "<p>Its data comes with the program.</p>".to_owned(),
    };
    let experiment = serde_json::to_string_pretty(run.experiment).expect("an experiment is plain data") + "\n";
    let _ = writeln!(text, "<pre>{}</pre>\n{files}", escaped(&experiment));
    text
}

/// The latest sharpness of a run, where it was measured.
fn sharpness(run: &Told<'_>) -> String {
    let last = run.last().map_or(0, |last| last.step);
    let all = &run.state.run.sharpness;
    let latest =
        [Side::Train, Side::HeldOut].map(|side| all.iter().rev().find(|of| of.side == side && of.step <= last && !of.lanes.is_empty()));
    let Some(step) = latest.iter().flatten().map(|sharpness| sharpness.step).max() else { return String::new() };
    // Sides that were measured at different steps do not stand beside each other.
    let measured: Vec<Sharpness> = latest.into_iter().flatten().filter(|sharpness| sharpness.step == step).cloned().collect();
    let alt = format!("Sharpness of each lane at step {step}, a dot for each seed");
    image(&alt, &svg::sharpness::figure(&measured, &run.experiment.lanes))
}

/// Epochs beyond those of its experiment that a run was trained for.
fn more_epochs(run: &Told<'_>) -> usize {
    let (Some(last), Some(summary)) = (run.last(), &run.state.run.summary) else { return 0 };
    let epoch = summary.train_counts.iter().sum::<usize>().div_ceil(run.experiment.training.batch).max(1);
    // What is planned decides the learning rates on the way.
    last.step.max(run.state.run.progress.steps).div_ceil(epoch).saturating_sub(run.experiment.training.epochs)
}

/// Rows of words, of which the first names the columns.
fn table<const N: usize>(rows: &[[String; N]], about: &str) -> String {
    grid(rows, "words", about)
}

/// The same of numbers: the first column names the rows, the last has words.
fn figures_table(rows: &[Vec<String>]) -> String {
    grid(rows, "numbers", "Results")
}

/// A table in a box of its own, which scrolls where the page is narrower than it, also by keys.
fn grid(rows: &[impl AsRef<[String]>], class: &str, about: &str) -> String {
    let row = |cells: &[String], tag: &str| {
        let cells: String = cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let body: String = rows[1..].iter().map(|cells| row(cells.as_ref(), "td")).collect();
    let head = row(rows[0].as_ref(), "th");
    format!(
        "<div class=\"box\" tabindex=\"0\" role=\"region\" aria-label=\"{about}\"><table class=\"{class}\">\n{head}{body}</table></div>\n"
    )
}

/// A moment as `2026-08-17 09:05 UTC`. Source of the calendar: H. Hinnant, `civil_from_days`; these few lines are all of a calendar that
/// the program needs, too little for a crate of dates.
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
