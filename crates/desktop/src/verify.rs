//! `basin verify`: golden files against this implementation, on a device of choice.
//!
//! Elsewhere: the format, and what is compared (`basin_verify`).

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use basin_train::protocol::DeviceChoice;
use basin_train::run::Compute;
use basin_verify::{Report, verify as compare};
use burn::tensor::DType;
use clap::Args;
use serde_json::{Value, json};

use crate::exit::CHECK_FAILED;
use crate::run_folder;
use crate::terminal::{print, tell};
use crate::words::word;

/// Largest relative error on the CPU, which computes in f64.
const TOLERANCE_F64: f64 = 1e-9;

/// Largest relative error on a GPU, which computes in f32. The noise rules set it: rounded losses near 1 (2e-7)
/// over a squared radius of 0.0025 err by 1e-4, and the largest of their numbers are about 0.3.
const TOLERANCE_F32: f64 = 1e-3;

/// What is checked.
#[derive(Args)]
pub struct VerifyArgs {
    /// Golden files; their format is that of tests/golden.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Where to compute: the CPU in f64, the GPU in f32; auto is the CPU.
    #[arg(long, value_name = "auto|cpu|gpu", default_value = "auto", value_parser = word::<DeviceChoice>)]
    device: DeviceChoice,
    /// Largest relative error that passes; by default 1e-9 on the CPU and 1e-3 on the GPU.
    #[arg(long, value_name = "NUMBER", value_parser = tolerance)]
    tolerance: Option<f64>,
    /// Print one JSON document instead of the table.
    #[arg(long)]
    json: bool,
}

fn tolerance(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number >= 0.0 => Ok(number),
        _ => Err("a tolerance is a number from 0, such as 1e-6".to_owned()),
    }
}

/// Checks every file; exit code 1 if one is beyond the tolerance.
///
/// # Errors
/// If a file cannot be read or is no golden file, or if there is no such device.
pub fn verify(args: &VerifyArgs) -> Result<ExitCode, String> {
    let (compute, float, usual) = match args.device {
        DeviceChoice::Auto | DeviceChoice::Cpu => (Compute::cpu(), DType::F64, TOLERANCE_F64),
        DeviceChoice::Gpu => (pollster::block_on(Compute::gpu())?, DType::F32, TOLERANCE_F32),
    };
    let tolerance = args.tolerance.unwrap_or(usual);

    let mut reports = Vec::new();
    for path in &args.files {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|error| format!("{name} cannot be read: {error}"))?;
        let report = pollster::block_on(compare(&text, &compute.device, float)).map_err(|error| format!("{name}: {error}"))?;
        if report.rows.is_empty() {
            return Err(format!("{name} holds nothing to compare: see the format in tests/golden"));
        }
        reports.push((name, report));
    }
    let passed = reports.iter().all(|(_, report)| passes(report, tolerance));
    if args.json {
        let files: Vec<Value> = reports.iter().map(|(name, report)| of_file(name, report, tolerance)).collect();
        let document = json!({ "device": compute.name, "float": float, "tolerance": tolerance, "passed": passed, "files": files });
        print(&String::from_utf8_lossy(&run_folder::pretty(&document)))?;
    } else {
        for (name, report) in &reports {
            let verdict = if passes(report, tolerance) { "passed" } else { "FAILED" };
            let worst = report.worst().map_or(String::new(), |row| format!("{:.1e} at {} {}", row.error, row.rule, row.quantity));
            print(&format!("{name}: {report}  {verdict}: largest relative error {worst}, tolerance {tolerance:e}\n"))?;
        }
    }
    if !passed {
        tell(format_args!("basin: a relative error is beyond the tolerance {tolerance:e} on {} in {float:?}", compute.name));
        return Ok(ExitCode::from(CHECK_FAILED));
    }
    Ok(ExitCode::SUCCESS)
}

fn passes(report: &Report, tolerance: f64) -> bool {
    report.rows.iter().all(|row| row.error <= tolerance)
}

/// JSON has no infinity: an error that is not finite is `null`, and `passed` says what it means.
fn of_file(name: &str, report: &Report, tolerance: f64) -> Value {
    let mut value = serde_json::to_value(report).expect("a report is plain data");
    value["file"] = json!(name);
    value["passed"] = json!(passes(report, tolerance));
    value
}
