//! Measuring: each case alone (launches, gradients, memory), then all of them in turn (time).

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use basin_train::lost::unless_lost;
use basin_train::protocol::Files;
use cubecl_runtime::logging::{LaunchObservation, LaunchObserver};

use super::case::Case;
use crate::terminal::tell;
use crate::words::told;

/// Steps over which launches are counted, and from which the length of a turn follows.
const COUNTED: usize = 4;

/// What is known of a case without a clock.
pub struct Facts {
    /// Kernels a step; none on the CPU.
    pub launches: Option<f64>,
    /// Gradient evaluations of one member a step.
    pub gradients: f64,
    /// Bytes; none where they cannot be told.
    pub memory: Option<u64>,
}

/// A case with its measurements.
pub struct Row {
    pub case: Case,
    pub facts: Facts,
    /// Milliseconds a step of each round, until the calls have returned.
    pub host_millis: Vec<f64>,
    /// Milliseconds a step of each round, until the work is done.
    pub step_millis: Vec<f64>,
}

/// Looks at each case alone, then times all of them in turn.
pub fn measure(cases: Vec<Case>, rounds: usize, turn: f64, texts: &Files) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        tell(format_args!("first look, {} of {}: {}", number + 1, cases.len(), case.title()));
        rows.push(Row { facts: look(case, texts)?, case: case.clone(), host_millis: Vec::new(), step_millis: Vec::new() });
    }

    let mut running = Vec::new();
    for case in cases {
        let mut case = case.start(texts)?;
        case.warm_up()?;
        let (_, seconds) = case.take(COUNTED)?;
        let steps = (turn * COUNTED as f64 / seconds).ceil().clamp(1.0, 10_000.0) as usize;
        running.push((case, steps));
    }
    for round in 1..=rounds {
        tell(format_args!("round {round} of {rounds}"));
        for ((case, steps), row) in running.iter_mut().zip(&mut rows) {
            // The caches belong to another case now.
            case.take(1)?;
            let (host, step) = case.take(*steps)?;
            row.host_millis.push(host * 1e3 / *steps as f64);
            row.step_millis.push(step * 1e3 / *steps as f64);
        }
    }
    Ok(rows)
}

/// Launches, gradients and memory of a case that is alone on its device.
fn look(case: &Case, texts: &Files) -> Result<Facts, String> {
    let device = case.compute.device.clone();
    let reserved = || device.memory_pool_usage().map(|usage| usage.bytes_reserved);
    device.memory_cleanup();
    let before = reserved();

    let mut running = case.clone().start(texts)?;
    running.warm_up()?;
    let counter = Arc::new(Launches::default());
    let watching = LaunchObservation::new(counter.clone());
    running.take(COUNTED)?;
    drop(watching);
    let memory = match (before, reserved()) {
        (Some(before), Some(after)) => Some(after.saturating_sub(before)),
        _ if case.on_cpu() => peak_of_a_process(case),
        _ => None,
    };
    let measured = pollster::block_on(unless_lost(running.driver.measure())).map_err(|lost| lost.to_string())?;
    Ok(Facts {
        launches: (!case.on_cpu()).then(|| counter.0.load(Ordering::Relaxed) as f64 / COUNTED as f64),
        gradients: measured.lanes[0].gradient_evaluations / running.driver.steps_done() as f64,
        memory,
    })
}

/// Counts kernels.
#[derive(Default)]
struct Launches(AtomicUsize);

impl LaunchObserver for Launches {
    fn launched(&self, _kernel: &'static str) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Peak memory of a process that trains this case and nothing else, on the CPU; bytes.
fn peak_of_a_process(case: &Case) -> Option<u64> {
    let (lane, members) = (case.lane.to_string(), case.members.to_string());
    let model = told(case.model);
    let words = ["bench", "--memory-only", "--model", &model, "--methods", &lane, "--members", &members];
    let output = Command::new(std::env::current_exe().ok()?).args(words).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok().filter(|&bytes| bytes > 0)
}

/// The most memory that this process has held, as Linux tells it; bytes.
pub fn peak_of_this_process() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes: u64 = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use basin_train::experiment::ModelKind;
    use basin_train::reference;
    use basin_train::run::Compute;

    use super::*;

    /// Launches are what a step of a small network costs on a GPU. Whoever needs more says why here.
    #[test]
    fn a_step_needs_no_more_launches_than_it_did_whatever_the_members() {
        // The runtime of an adapter can be set up once in a process; no other test here does.
        let gpu = pollster::block_on(Compute::gpu()).expect("this test needs a GPU; Mesa's software one is enough");
        // Lane, members, gradient evaluations, launches.
        let known = [
            ("sgd", 1, 1.0, 11.0),
            ("sam", 1, 2.0, 25.0),
            ("sam", 16, 2.0, 25.0),
            ("delta-sam:rule=head", 1, 2.0, 27.0),
            ("delta-sam:rule=noise", 1, 2.0 + 2.0 / 3.0, 33.0),
            ("per-instance", 1, 2.0, 23.0),
        ];
        let case =
            |lane: &str, members| Case { compute: gpu.clone(), model: ModelKind::Bag, lane: lane.parse().expect("lane words"), members };
        let cases = known.iter().map(|(lane, members, ..)| case(lane, *members)).collect();
        let rows = measure(cases, 1, 0.0, &reference::texts()).expect("the device works");
        for (row, (lane, _, gradients, most)) in rows.iter().zip(&known) {
            let launches = row.facts.launches.expect("a GPU launches kernels");
            println!("{lane}, {} members: {launches} launches", row.case.members);
            assert!((row.facts.gradients - gradients).abs() < 1e-9, "{lane}: {} gradient evaluations", row.facts.gradients);
            // A gradient takes at least two products and a softmax forwards, and two slopes and two sums of products back.
            assert!(launches >= 7.0 * gradients && launches <= *most, "{lane}, {} members: {launches}", row.case.members);
            assert!(row.facts.memory.expect("burn tells what its pools reserve") > 262_144 * 4, "the embedding alone takes that");
            assert!(row.host_millis[0] > 0.0 && row.step_millis[0] >= row.host_millis[0]);
        }
    }
}
