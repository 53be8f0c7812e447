//! `basin sharpness`: every measure of sharpness on a saved run, as a table, JSON, CSV and a figure.
//!
//! Elsewhere: what is measured (`basin_train::instruments::sharpness`), how (`basin_optim::measures::sharpness`), the figure
//! (`figures/sharpness.rs`).

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use basin_app::{figures as tables, quantities, svg};
use basin_train::experiment::titles;
use basin_train::protocol::DeviceChoice;
use basin_train::report::{Reading, Sharpness, Side};
use basin_train::stats::Spread;
use clap::Args;
use serde_json::json;

use crate::report::aligned;
use crate::terminal::{print, tell};
use crate::words::word;
use crate::{run_folder, saved};

/// What is measured.
#[derive(Args)]
pub struct SharpnessArgs {
    /// The folder of a run, as `basin train --out` made it.
    #[arg(value_name = "DIR")]
    run: PathBuf,
    /// Where to compute; auto is the CPU.
    #[arg(long, value_name = "auto|cpu|gpu", default_value = "auto", value_parser = word::<DeviceChoice>)]
    device: DeviceChoice,
    /// Also write NAME.json, NAME.csv and NAME.svg.
    #[arg(long, value_name = "NAME")]
    out: Option<PathBuf>,
    /// Print one JSON document instead of the table.
    #[arg(long)]
    json: bool,
}

/// Measures and prints.
///
/// # Errors
/// If the folder holds no run, or a file cannot be written.
pub fn sharpness(args: &SharpnessArgs) -> Result<ExitCode, String> {
    let (measured, lanes, first_seed) = saved::look(async {
        let mut driver = saved::open(&args.run, args.device).await?;
        let mut measured = Vec::new();
        for side in [Side::Train, Side::HeldOut] {
            tell(format_args!("Measuring {} at step {}.", side_title(side), driver.steps_done()));
            measured.push(driver.measure_sharpness(side).await);
        }
        let experiment = &driver.summary().experiment;
        Ok((measured, experiment.lanes.clone(), experiment.first_seed))
    })?;
    let titles = titles(&lanes);
    let words: Vec<String> = lanes.iter().map(ToString::to_string).collect();
    let document = json!({ "lanes": words, "titles": titles, "first_seed": first_seed, "measurements": measured });
    let json = run_folder::pretty(&document);
    print(&if args.json { String::from_utf8_lossy(&json).into_owned() } else { table(&measured, &titles) })?;
    let Some(stem) = &args.out else { return Ok(ExitCode::SUCCESS) };
    let (csv, svg) = (tables::sharpness(&measured, &lanes, first_seed), svg::sharpness::figure(&measured, &lanes));
    Ok(saved::write(stem, &[(".json", &json), (".csv", csv.as_bytes()), (".svg", svg.as_bytes())]))
}

fn side_title(side: Side) -> &'static str {
    match side {
        Side::Train => "training examples",
        Side::HeldOut => "held-out examples",
    }
}

/// The mean over members with its spread; `error` is the mean error of the estimates.
fn value_text(reading: &Reading) -> String {
    let Some(Spread { mean, sd, count, .. }) = Spread::of(&reading.values) else { return "–".to_owned() };
    let mut text = significant(mean);
    if count > 1 {
        let _ = write!(text, " ± {}", significant(sd));
    }
    if let Some(error) = Spread::of(&reading.errors) {
        let far = reading.convergence().map_or(String::new(), |words| format!(", {words}"));
        let _ = write!(text, " (error {}{far})", significant(error.mean));
    }
    text
}

/// Three significant digits.
fn significant(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    let decimals = (2 - value.abs().log10().floor() as i32).clamp(0, 12) as usize;
    format!("{value:.decimals$}")
}

fn table(measured: &[Sharpness], titles: &[String]) -> String {
    let mut text = String::new();
    let shown = svg::sharpness::shown(measured);
    for Sharpness { step, side, examples, seconds, lanes } in measured {
        let _ = writeln!(text, "On {examples} {} at step {step}, measured in {seconds:.1} s", side_title(*side));
        let mut head = vec!["quantity".to_owned(), "gradients".to_owned()];
        head.extend(titles.iter().cloned());
        let mut rows = vec![head];
        for (i, reading) in lanes[0].iter().enumerate().filter(|(_, reading)| shown.contains(&reading.quantity)) {
            let mut row = vec![quantities::title(reading.quantity), format!("{:.1}", reading.gradient_evaluations)];
            row.extend(lanes.iter().map(|lane| value_text(&lane[i])));
            rows.push(row);
        }
        text.push_str(&aligned(&rows));
        text.push('\n');
    }
    text.push_str("Mean ± standard deviation over seeds; error: residual of the eigenvalue, standard error of the others.\n");
    if measured.iter().flat_map(|m| m.lanes.iter().flatten()).any(|reading| reading.convergence().is_some()) {
        text.push_str("Not converged: the error is above a tenth of the value, and the largest eigenvalue may lie elsewhere.\n");
    }
    text.push_str("Rises in nats; gradients: evaluations of the probe that a value cost, each seed.\n");
    text
}

#[cfg(test)]
mod tests {
    use basin_train::report::Quantity;

    use super::*;

    #[test]
    fn the_edge_of_sam_is_left_out_where_there_is_none() {
        let reading = |quantity, value| Reading {
            quantity,
            values: vec![value],
            errors: Vec::new(),
            not_converged: Vec::new(),
            gradient_evaluations: 1.0,
        };
        let of = |edge| {
            let lanes = vec![vec![reading(Quantity::Trace, f64::NAN), reading(Quantity::SamEdge, edge)]];
            vec![Sharpness { step: 7, side: Side::Train, examples: 64, seconds: 0.1, lanes }]
        };
        let texts = |edge| {
            let (measured, lane) = (of(edge), "sam".parse().expect("lane words"));
            [table(&measured, &["SAM".to_owned()]), svg::sharpness::figure(&measured, &[lane])]
        };
        assert!(texts(f64::NAN).iter().all(|text| text.contains("Trace of the Hessian") && !text.contains("SAM edge")));
        assert!(texts(2.0).iter().all(|text| text.contains("SAM edge")));
        assert!(texts(2.0)[1].contains("Sharpness of the lanes at step 7"));
    }

    #[test]
    fn three_digits_are_enough() {
        let texts = [0.0, 0.012_345, -5.0, 1234.5].map(significant);
        assert_eq!(texts, ["0", "0.0123", "-5.00", "1234"]);
    }
}
