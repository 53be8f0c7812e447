//! `basin sharpness`: every measure of sharpness on a saved run, as a table, JSON, CSV and a figure.
//!
//! Elsewhere: what is measured (`basin_train::instruments::sharpness`), how (`basin_optim::measures::sharpness`).

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use basin_app::{quantities, theme};
use basin_train::experiment::{LaneConfig, titles};
use basin_train::protocol::DeviceChoice;
use basin_train::report::{Quantity, Reading, Sharpness, Side};
use basin_train::stats::Spread;
use clap::Args;
use serde_json::json;

use crate::report::aligned;
use crate::svg::{Anchor, Svg, hex};
use crate::terminal::{print, tell};
use crate::{run_folder, saved, word};

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
    let (csv, svg) = (csv(&measured, &words, first_seed), figure(&measured, &lanes, &titles));
    Ok(saved::write(stem, &[("json", &json), ("csv", csv.as_bytes()), ("svg", svg.as_bytes())]))
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
    for Sharpness { step, side, examples, seconds, lanes } in measured {
        let _ = writeln!(text, "On {examples} {} at step {step}, measured in {seconds:.1} s", side_title(*side));
        let mut head = vec!["quantity".to_owned(), "gradients".to_owned()];
        head.extend(titles.iter().cloned());
        let mut rows = vec![head];
        for (i, reading) in lanes[0].iter().enumerate() {
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

fn csv(measured: &[Sharpness], words: &[String], first_seed: u64) -> String {
    let mut text = "step,side,examples,lane,quantity,radius,seed,value,error,converged,gradient_evaluations\n".to_owned();
    let number = |v: Option<&f64>| v.filter(|v| v.is_finite()).map_or(String::new(), f64::to_string);
    for Sharpness { step, side, examples, lanes, .. } in measured {
        let side = quantities::side_word(*side);
        for (lane, readings) in words.iter().zip(lanes) {
            for reading in readings {
                let (quantity, radius) = (quantities::word(reading.quantity), quantities::radius(reading.quantity));
                for (member, value) in reading.values.iter().enumerate() {
                    let _ = writeln!(
                        text,
                        "{step},{side},{examples},{lane},{quantity},{},{},{},{},{},{}",
                        number(radius.as_ref()),
                        first_seed + member as u64,
                        number(Some(value)),
                        number(reading.errors.get(member)),
                        reading.not_converged.get(member).map_or(String::new(), |not| (!not).to_string()),
                        reading.gradient_evaluations
                    );
                }
            }
        }
    }
    text
}

const PANEL: [f64; 2] = [280.0, 150.0];
const COLUMNS: usize = 3;

/// One panel a quantity: a disc a seed, a line at the mean, training above held-out examples.
fn figure(measured: &[Sharpness], lanes: &[LaneConfig], titles: &[String]) -> String {
    let colors: Vec<String> = theme::marks(lanes).iter().map(|mark| hex(mark.color)).collect();
    let quantities: Vec<Quantity> = measured[0].lanes[0].iter().map(|r| r.quantity).collect();
    let row_height = 18.0;
    let panel = [PANEL[0], 44.0 + row_height * (measured.len() * lanes.len()) as f64 + 20.0];
    let panels = quantities.len().div_ceil(COLUMNS);
    let mut svg = Svg::new(COLUMNS as f64 * panel[0], 34.0 + panels as f64 * panel[1]);
    let mut x = 12.0;
    for (title, color) in titles.iter().zip(&colors) {
        svg.disc([x, 16.0], 5.0, color);
        svg.text([x + 9.0, 20.0], 12.0, Anchor::Start, title);
        x += 30.0 + 7.0 * title.chars().count() as f64;
    }
    svg.text([x, 20.0], 12.0, Anchor::Start, "a disc a seed; large: training examples, small: held-out examples; line: mean");
    for (place, quantity) in quantities.iter().enumerate() {
        let (left, top) = ((place % COLUMNS) as f64 * panel[0], 34.0 + (place / COLUMNS) as f64 * panel[1]);
        svg.text([left + 12.0, top + 16.0], 12.0, Anchor::Start, &quantities::title(*quantity));
        let readings: Vec<(usize, usize, &Reading)> = measured
            .iter()
            .enumerate()
            .flat_map(|(side, m)| {
                let of_lane = move |(lane, readings): (usize, &'_ Vec<Reading>)| {
                    let found = readings.iter().position(|r| r.quantity == *quantity)?;
                    Some((side, lane, found))
                };
                m.lanes.iter().enumerate().filter_map(of_lane).map(move |(side, lane, found)| (side, lane, &m.lanes[lane][found]))
            })
            .collect();
        let all: Vec<f64> = readings.iter().flat_map(|(_, _, r)| r.values.iter().copied()).chain([0.0]).collect();
        let Some(Spread { low, high, .. }) = Spread::of(&all) else { continue };
        let (from, to) = (left + 24.0, left + panel[0] - 24.0);
        let across = |v: f64| if high > low { from + (v - low) / (high - low) * (to - from) } else { from };
        let bottom = top + panel[1] - 28.0;
        svg.line(&[[across(0.0), top + 26.0], [across(0.0), bottom]], "#bbbbbb", 1.0);
        for (side, lane, reading) in readings {
            let y = top + 36.0 + row_height * (side * lanes.len() + lane) as f64;
            for value in reading.values.iter().filter(|v| v.is_finite()) {
                svg.disc([across(*value), y], if side == 0 { 4.0 } else { 3.0 }, &colors[lane]);
            }
            if let Some(spread) = Spread::of(&reading.values) {
                svg.line(&[[across(spread.mean), y - 7.0], [across(spread.mean), y + 7.0]], "#222222", 1.0);
            }
        }
        svg.text([from, bottom + 14.0], 10.0, Anchor::Middle, &significant(low));
        svg.text([to, bottom + 14.0], 10.0, Anchor::Middle, &significant(high));
    }
    svg.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_are_enough() {
        let texts = [0.0, 0.012_345, -5.0, 1234.5].map(significant);
        assert_eq!(texts, ["0", "0.0123", "-5.00", "1234"]);
    }

    #[test]
    fn csv_has_a_row_per_seed_and_leaves_out_what_is_no_number() {
        let reading = Reading {
            quantity: Quantity::Trace,
            values: vec![1.5, f64::NAN],
            errors: vec![0.25, f64::NAN],
            not_converged: Vec::new(),
            gradient_evaluations: 8.0,
        };
        let measured = [Sharpness { step: 7, side: Side::HeldOut, examples: 64, seconds: 0.1, lanes: vec![vec![reading]] }];
        let text = csv(&measured, &["sam".to_owned()], 3);
        let rows: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(rows, ["7,held_out,64,sam,trace,,3,1.5,0.25,,8", "7,held_out,64,sam,trace,,4,,,,8"]);
    }
}
