//! What each kernel is worth: how much longer a training step, or a measurement, takes with its twin in its place.
//!
//! `cargo bench --workspace --bench kernels -- [cpu|gpu] [MEMBERS]` prints a table, a line a kernel, a column a kind of work: medians
//! over rounds of (time with the twin)/(time with all kernels), both taken in the same round. 1.00 is a kernel that it does
//! not use, or that buys nothing. Networks and batches are those of `basin bench`, and
//! where no other is named the network is `bag`.

use std::fmt::Write;
use std::time::Instant;

use basin_kernels::{Kernel, run_twins_of};
use basin_train::data::files::Files;
use basin_train::driver::Driver;
use basin_train::experiment::{Base, ModelKind};
use basin_train::reference;
use basin_train::reference::BATCHES;
use basin_train::report::Side;
use basin_train::run::Compute;

/// Odd; so many that the median of what differs by nothing stays within 2 % of 1.
const ROUNDS: usize = 41;
/// Seconds of one measurement.
const TURN: f64 = 0.03;

/// What is timed: a step, or what a run measures between two.
#[derive(Clone, Copy)]
enum Work {
    Step,
    Curves,
    Sharpness,
}

/// Lanes with their base optimizers, and what they do: together they use every kernel but `Kernel::Encoder`, whose row says nothing, for
/// the layers of an encoder are trained by none of them.
const COLUMNS: [(ModelKind, &str, Base, Work); 12] = [
    (ModelKind::Bag, "sgd", Base::Sgd, Work::Step),
    (ModelKind::Bag, "sam", Base::Sgd, Work::Step),
    (ModelKind::Bag, "sam", Base::Momentum, Work::Step),
    (ModelKind::Bag, "sam", Base::AdamW, Work::Step),
    (ModelKind::Bag, "delta-sam:rule=head", Base::Sgd, Work::Step),
    (ModelKind::Bag, "delta-sam:rule=noise", Base::Sgd, Work::Step),
    (ModelKind::Bag, "per-instance", Base::Sgd, Work::Step),
    (ModelKind::Bag, "f-sam", Base::Sgd, Work::Step),
    (ModelKind::Bag, "sam", Base::Sgd, Work::Curves),
    (ModelKind::Bag, "sam", Base::Sgd, Work::Sharpness),
    (ModelKind::Cnn, "sam", Base::Sgd, Work::Step),
    (ModelKind::Attention, "sam", Base::Sgd, Work::Step),
];

fn main() {
    // Cargo passes `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let compute = match words.first().map(String::as_str) {
        Some("gpu") => pollster::block_on(Compute::gpu()).expect("there is a GPU"),
        _ => Compute::cpu(),
    };
    let members: usize = words.get(1).map_or(1, |word| word.parse().expect("members are a number"));
    let texts = reference::texts();
    let mut columns = Vec::new();
    let mut heads = String::new();
    for (model, lane, base, work) in COLUMNS {
        let head = match work {
            Work::Step if model != ModelKind::Bag => format!("{model:?}"),
            Work::Step => format!("{}+{base:?}", lane.rsplit('=').next().unwrap_or(lane)),
            Work::Curves => "curves".to_owned(),
            Work::Sharpness => "sharpness".to_owned(),
        };
        eprintln!("{head}");
        let _ = write!(heads, "{head:>18}");
        columns.push(worth(&mut driver(model, lane, base, members, &compute, &texts), work, &compute));
    }
    println!("{} members, {}; times with the twin over times with the kernel", members, compute.name);
    println!("{:22}{heads}", "");
    for (row, kernel) in Kernel::ALL.iter().enumerate() {
        let cells: Vec<String> = columns.iter().map(|column| format!("{:>18.2}", column[row])).collect();
        println!("{:22}{}", format!("{kernel:?}"), cells.concat());
    }
}

/// The worth of each kernel in a driver's work.
fn worth(driver: &mut Driver, work: Work, compute: &Compute) -> Vec<f64> {
    let mut take = |times: usize| {
        let started = Instant::now();
        for _ in 0..times {
            match work {
                Work::Step => driver.step(),
                Work::Curves => drop(pollster::block_on(driver.measure())),
                Work::Sharpness => drop(pollster::block_on(driver.measure_sharpness(Side::Train))),
            }
        }
        compute.device.sync().expect("the device works");
        started.elapsed().as_secs_f64()
    };
    // Shaders are compiled and caches filled for every choice of kernels.
    let warm = if matches!(work, Work::Step) { BATCHES } else { 1 };
    for kernel in Kernel::ALL {
        run_twins_of(&[kernel]);
        take(warm);
    }
    run_twins_of(&[]);
    let times = (TURN * warm as f64 / take(warm)).ceil() as usize;
    let mut rounds = vec![Vec::new(); Kernel::ALL.len()];
    for _ in 0..ROUNDS {
        for (kernel, ratios) in Kernel::ALL.into_iter().zip(&mut rounds) {
            run_twins_of(&[]);
            let with_all = take(times);
            run_twins_of(&[kernel]);
            ratios.push(take(times) / with_all);
        }
    }
    run_twins_of(&[]);
    let median = |mut ratios: Vec<f64>| {
        ratios.sort_by(f64::total_cmp);
        ratios[ROUNDS / 2]
    };
    rounds.into_iter().map(median).collect()
}

fn driver(model: ModelKind, lane: &str, base: Base, members: usize, compute: &Compute, texts: &Files) -> Driver {
    let experiment = reference::experiment(model, lane.parse().expect("a lane"), base, members);
    Driver::prepare(experiment, Some(texts), compute.clone()).expect("the texts are good")
}
