//! What each kernel is worth: how much longer a training step takes with its twin in its place.
//!
//! `cargo bench --workspace --bench kernels -- [cpu|gpu] [MEMBERS]` prints a table, a line a kernel, a column a step: medians
//! over rounds of (time with the twin)/(time with all kernels), both taken in the same round. 1.00 is a kernel that a step does
//! not use, or that buys nothing. The network and the batches are those of `basin bench`.

use std::time::Instant;

use basin_kernels::{Kernel, run_twins_of};
use basin_train::data::files::Files;
use basin_train::driver::Driver;
use basin_train::experiment::Base;
use basin_train::reference;
use basin_train::reference::BATCHES;
use basin_train::run::Compute;

const ROUNDS: usize = 5;
/// Seconds of one measurement.
const TURN: f64 = 0.1;

/// Lanes with their base optimizers: together they use every kernel.
const STEPS: [(&str, Base); 7] = [
    ("sgd", Base::Sgd),
    ("sam", Base::Sgd),
    ("sam", Base::Momentum),
    ("sam", Base::AdamW),
    ("delta-sam:rule=head", Base::Sgd),
    ("delta-sam:rule=noise", Base::Sgd),
    ("per-instance", Base::Sgd),
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
    for (lane, base) in STEPS {
        eprintln!("{lane} with {base:?}");
        columns.push(worth(&mut driver(lane, base, members, &compute, &texts), &compute));
    }
    println!("{} members, {}; times with the twin over times with the kernel", members, compute.name);
    println!(
        "{:24}{}",
        "",
        STEPS.map(|(lane, base)| format!("{:>20}", format!("{}+{base:?}", lane.rsplit('=').next().unwrap_or(lane)))).concat()
    );
    for (row, kernel) in Kernel::ALL.iter().enumerate() {
        let cells: Vec<String> = columns.iter().map(|column| format!("{:>20.2}", column[row])).collect();
        println!("{:24}{}", format!("{kernel:?}"), cells.concat());
    }
}

/// The worth of each kernel in a driver's steps.
fn worth(driver: &mut Driver, compute: &Compute) -> Vec<f64> {
    let mut take = |steps: usize| {
        let started = Instant::now();
        (0..steps).for_each(|_| driver.step());
        compute.device.sync().expect("the device works");
        started.elapsed().as_secs_f64()
    };
    // Shaders are compiled and caches filled for every choice of kernels.
    for kernel in Kernel::ALL {
        run_twins_of(&[kernel]);
        take(BATCHES);
    }
    run_twins_of(&[]);
    let steps = (TURN * BATCHES as f64 / take(BATCHES)).ceil() as usize;
    let mut rounds = vec![Vec::new(); Kernel::ALL.len()];
    for _ in 0..ROUNDS {
        for (kernel, ratios) in Kernel::ALL.into_iter().zip(&mut rounds) {
            run_twins_of(&[]);
            let with_all = take(steps);
            run_twins_of(&[kernel]);
            ratios.push(take(steps) / with_all);
        }
    }
    run_twins_of(&[]);
    let median = |mut ratios: Vec<f64>| {
        ratios.sort_by(f64::total_cmp);
        ratios[ROUNDS / 2]
    };
    rounds.into_iter().map(median).collect()
}

fn driver(lane: &str, base: Base, members: usize, compute: &Compute, texts: &Files) -> Driver {
    let experiment = reference::experiment(lane.parse().expect("a lane"), base, members);
    Driver::prepare(experiment, Some(texts), compute.clone()).expect("the texts are good")
}
