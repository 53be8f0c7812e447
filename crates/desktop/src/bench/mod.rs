//! `basin bench`: what a training step costs, by device, members and method.
//!
//! Measured is [`basin_train::driver::Driver::step`] with one lane, that is what a run does between two measurements: a batch from
//! token numbers to the device, the method's step, new weights. The network is the reference of the project's
//! numbers (`basin_train::reference`) with SGD as base. How each number comes about:
//!
//! - Times are medians over rounds. A round runs every case in turn for about a fifth of a second, so that
//!   a machine that slows down slows all of them, and ratios are medians of quotients within a round.
//! - *Host* is the time until the calls have returned; *step* ends when the device has done the work. The CPU
//!   works while it is called, and a GPU that it imitates is waited for: there both are the same.
//! - *Launches* are counted by an observer that cubecl calls for each kernel which it hands to a GPU; uploads
//!   and copies are none. Counted after a warm-up, so that no trial of an autotuner is among them.
//! - *Memory* is on a GPU what burn's pools reserve for the case when they were empty before, and on the CPU the
//!   peak of a process that does nothing else, program included (`VmHWM`, on Linux).
//!
//! Elsewhere: what each kernel is worth in such a step (`tests/benches`), the same step in other frameworks (`tests/peers`).

mod case;
mod measure;
mod report;

use std::process::ExitCode;

use basin_train::experiment::{Base, LaneConfig, MethodConfig, ModelKind, Rule};
use basin_train::protocol::DeviceChoice;
use basin_train::reference;
use basin_train::run::Compute;
use clap::Args;

use self::case::Case;
use self::measure::{measure, peak_of_this_process};
use self::report::{document, table};
use crate::data::{self, MINILM};
use crate::run_folder;
use crate::terminal::{print, tell};
use crate::words::word;

/// Seconds of one case in one round.
const TURN: f64 = 0.2;

/// What is measured.
#[derive(Args)]
pub struct BenchArgs {
    /// Where to measure; auto is the CPU, and the GPU where there is a real one.
    #[arg(long, value_name = "auto|cpu|gpu", default_value = "auto", value_parser = word::<DeviceChoice>)]
    device: DeviceChoice,
    /// The network.
    #[arg(long, value_name = "bag|cnn|attention|sentence", default_value = "bag", value_parser = word::<ModelKind>)]
    model: ModelKind,
    /// Lanes as in `basin train --lanes`; by default every method that the network takes, δ-SAM with the noise rule and in closed form.
    #[arg(long, value_name = "LANE,…", value_delimiter = ',')]
    methods: Option<Vec<LaneConfig>>,
    /// Members that train side by side.
    #[arg(long, value_name = "COUNT,…", value_delimiter = ',', default_value = "1,3,8,16", value_parser = members)]
    members: Vec<usize>,
    /// Rounds; the table shows medians.
    #[arg(long, value_name = "COUNT", default_value = "5", value_parser = repeats)]
    repeats: usize,
    /// Print one JSON document with every round instead of the table.
    #[arg(long)]
    json: bool,
    /// Take some steps of the first method and print the peak memory of this process; how `bench` measures it.
    #[arg(long, hide = true)]
    memory_only: bool,
}

fn members(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| (1..=64).contains(count)).ok_or_else(|| "members are a number from 1 to 64".to_owned())
}

fn repeats(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| (1..=1000).contains(count)).ok_or_else(|| "rounds are a number from 1 to 1000".to_owned())
}

/// Measures and prints.
///
/// # Errors
/// A lane out of its bounds, no such device, or a device that fails.
pub fn bench(args: &BenchArgs) -> Result<ExitCode, String> {
    let model = args.model;
    let lanes = args.methods.clone().unwrap_or_else(|| every_method(model));
    // Before the first look, which takes its time.
    for lane in &lanes {
        reference::experiment(model, lane.clone(), Base::Sgd, 1).check().map_err(|error| error.to_string())?;
    }
    if model.learns_from_vectors() {
        let folder = data::folder().map_err(|error| error.to_string())?;
        MINILM.read(&folder).map_err(|error| error.to_string())?;
    }
    let texts = reference::texts();
    if args.memory_only {
        let mut case = Case { compute: Compute::cpu(), model, lane: lanes[0].clone(), members: args.members[0] }.start(&texts)?;
        case.warm_up()?;
        print(&format!("{}\n", peak_of_this_process().unwrap_or_default()))?;
        return Ok(ExitCode::SUCCESS);
    }

    let mut cases = Vec::new();
    for compute in devices(args.device)? {
        for &members in &args.members {
            cases.extend(lanes.iter().map(|lane| Case { compute: compute.clone(), model, lane: lane.clone(), members }));
        }
    }
    let rows = measure(cases, args.repeats, TURN, &texts)?;
    let text =
        if args.json { String::from_utf8_lossy(&run_folder::pretty(&document(model, &rows))).into_owned() } else { table(model, &rows) };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Every method with its defaults that a network takes, and δ-SAM in closed form beside the published estimator.
fn every_method(model: ModelKind) -> Vec<LaneConfig> {
    let mut lanes: Vec<LaneConfig> = MethodConfig::ALL.map(LaneConfig::new).to_vec();
    let noise = MethodConfig::ALL.iter().position(|method| *method == MethodConfig::delta_sam(Rule::Noise));
    lanes.insert(noise.map_or(lanes.len(), |place| place + 1), LaneConfig::new(MethodConfig::delta_sam(Rule::Head)));
    // One that learns from vectors sees no tokens that could be moved.
    lanes.retain(|lane| !model.learns_from_vectors() || !lane.method.moves_tokens());
    lanes
}

fn devices(choice: DeviceChoice) -> Result<Vec<Compute>, String> {
    let gpu = || pollster::block_on(Compute::gpu());
    match choice {
        DeviceChoice::Cpu => Ok(vec![Compute::cpu()]),
        DeviceChoice::Gpu => Ok(vec![gpu()?]),
        DeviceChoice::Auto => {
            let mut devices = vec![Compute::cpu()];
            match gpu() {
                Ok(compute) if compute.imitated => {
                    tell(format_args!(
                        "Only the CPU is measured: the {} is an imitation by the CPU; --device gpu measures it.",
                        compute.name
                    ));
                }
                Ok(compute) => devices.push(compute),
                Err(text) => tell(format_args!("Only the CPU is measured: {text}.")),
            }
            Ok(devices)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_without_tokens_is_measured_without_what_moves_them() {
        let fits = |model: ModelKind| {
            every_method(model).iter().all(|lane| reference::experiment(model, lane.clone(), Base::Sgd, 1).check().is_ok())
        };
        assert!(ModelKind::ALL.into_iter().all(fits));
        assert_eq!(every_method(ModelKind::Bag).len(), every_method(ModelKind::Sentence).len() + 3);
    }
}
