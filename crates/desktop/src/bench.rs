//! `basin bench`: what a training step costs, by device, members and method.
//!
//! Measured is [`Driver::step`] with one lane, that is what a run does between two measurements: a batch from
//! token numbers to the device, the method's step, new weights. The network is the reference of the project's
//! numbers: `bag` with 4096 tokens, dim 64, hidden 128, 4 classes, batches of 32 texts of 32 random tokens, and
//! SGD as base. How each number comes about:
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
//! Elsewhere: the same step in other frameworks (`tests/peers`).

use std::fmt::Write;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use basin_train::driver::Driver;
use basin_train::experiment::{
    Base, Columns, DataConfig, DataSource, Experiment, LaneConfig, MethodConfig, ModelConfig, ModelKind, Rule, Schedule, TrainingConfig,
};
use basin_train::protocol::{DeviceChoice, Files, NamedBytes};
use basin_train::random::{Purpose, below, shuffle, stream};
use basin_train::run::Compute;
use clap::Args;
use cubecl_runtime::logging::{LaunchObservation, LaunchObserver};
use serde_json::{Value, json};

use crate::terminal::{print, tell};
use crate::{report, run_folder, word};

/// `<pad>`, `<unk>` and the words.
const VOCABULARY: usize = 4096;
/// Tokens of a text.
const LENGTH: usize = 32;
const CLASSES: usize = 4;
const MODEL: ModelConfig = ModelConfig { kind: ModelKind::Bag, dim: 64, hidden: 128, pair: basin_train::experiment::Pair::Concat };
const BATCH: usize = 32;
/// Batches of an epoch; 16 of them use every word four times.
const BATCHES: usize = 16;

/// Steps before anything is measured: shaders are compiled, caches filled, allocators warm. A GPU compiles more
/// than one kernel for an operation, depending on how the number of a batch's rows can be divided, so an epoch.
const WARM_UP: usize = BATCHES;
/// Once the warm-up has taken this many seconds, it ends.
const WARM_UP_LIMIT: f64 = 3.0;
/// Steps over which launches are counted, and from which the length of a turn follows.
const COUNTED: usize = 4;
/// Seconds of one case in one round.
const TURN: f64 = 0.2;

/// What is measured.
#[derive(Args)]
pub struct BenchArgs {
    /// Where to measure; auto is the CPU, and the GPU where there is a real one.
    #[arg(long, value_name = "auto|cpu|gpu", default_value = "auto", value_parser = word::<DeviceChoice>)]
    device: DeviceChoice,
    /// Lanes as in `basin train --lanes`; by default every method, δ-SAM with the noise rule and in closed form.
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
    let lanes = args.methods.clone().unwrap_or_else(every_method);
    let texts = texts();
    if args.memory_only {
        let mut case = Case { compute: Compute::cpu(), lane: lanes[0].clone(), members: args.members[0] }.start(&texts)?;
        case.warm_up()?;
        print(&format!("{}\n", peak_of_this_process().unwrap_or_default()))?;
        return Ok(ExitCode::SUCCESS);
    }

    let mut cases = Vec::new();
    for compute in devices(args.device)? {
        for &members in &args.members {
            cases.extend(lanes.iter().map(|lane| Case { compute: compute.clone(), lane: lane.clone(), members }));
        }
    }
    let rows = measure(cases, args.repeats, TURN, &texts)?;
    let text = if args.json { String::from_utf8_lossy(&run_folder::pretty(&document(&rows))).into_owned() } else { table(&rows) };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Every method with its defaults, and δ-SAM in closed form beside the published estimator.
fn every_method() -> Vec<LaneConfig> {
    let mut lanes: Vec<LaneConfig> = MethodConfig::ALL.map(LaneConfig::new).to_vec();
    let noise = MethodConfig::ALL.iter().position(|method| *method == MethodConfig::delta_sam(Rule::Noise));
    lanes.insert(noise.map_or(lanes.len(), |place| place + 1), LaneConfig::new(MethodConfig::delta_sam(Rule::Head)));
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

/// One method with its members on one device.
#[derive(Clone)]
struct Case {
    compute: Compute,
    lane: LaneConfig,
    members: usize,
}

/// What is known of a case without a clock.
struct Facts {
    /// Kernels a step; none on the CPU.
    launches: Option<f64>,
    /// Gradient evaluations of one member a step.
    gradients: f64,
    /// Bytes; none where they cannot be told.
    memory: Option<u64>,
}

/// A case with its measurements.
struct Row {
    case: Case,
    facts: Facts,
    /// Milliseconds a step of each round, until the calls have returned.
    host_millis: Vec<f64>,
    /// Milliseconds a step of each round, until the work is done.
    step_millis: Vec<f64>,
}

/// A case that is training.
struct Running {
    case: Case,
    driver: Driver,
}

impl Case {
    fn title(&self) -> String {
        let plural = if self.members == 1 { "" } else { "s" };
        format!("{}, {} member{plural}, {}", self.lane.title(), self.members, self.compute.name)
    }

    fn on_cpu(&self) -> bool {
        self.compute.device == Compute::cpu().device
    }

    fn start(self, texts: &Files) -> Result<Running, String> {
        let experiment = Experiment {
            data: DataConfig {
                source: DataSource::File { name: texts.train.name.clone() },
                columns: Some(Columns { header: false, text: 0, text_b: None, label: 1 }),
                label_noise: Some(0.0),
                vocabulary: VOCABULARY,
                ..DataConfig::default()
            },
            model: MODEL,
            training: TrainingConfig {
                batch: BATCH,
                base: Base::Sgd,
                learning_rate: 0.1,
                schedule: Schedule::Constant,
                ..TrainingConfig::default()
            },
            lanes: vec![self.lane.clone()],
            seeds: self.members,
            first_seed: 1,
        };
        let driver = Driver::prepare(experiment, Some(texts), self.compute.clone()).map_err(|error| error.to_string())?;
        Ok(Running { case: self, driver })
    }
}

impl Running {
    /// Takes `steps` steps: seconds until the calls have returned, and until the work is done.
    fn take(&mut self, steps: usize) -> Result<(f64, f64), String> {
        let started = Instant::now();
        for _ in 0..steps {
            self.driver.step();
        }
        let host = started.elapsed().as_secs_f64();
        self.synchronise()?;
        Ok((host, started.elapsed().as_secs_f64()))
    }

    fn warm_up(&mut self) -> Result<(), String> {
        let started = Instant::now();
        for _ in 0..WARM_UP {
            self.take(1)?;
            if started.elapsed().as_secs_f64() > WARM_UP_LIMIT {
                break;
            }
        }
        Ok(())
    }

    fn synchronise(&self) -> Result<(), String> {
        let device = &self.case.compute.device;
        device.sync().map_err(|error| format!("{} failed ({error}); try fewer --members, or --device cpu", self.case.title()))
    }
}

/// Looks at each case alone, then times all of them in turn.
fn measure(cases: Vec<Case>, rounds: usize, turn: f64, texts: &Files) -> Result<Vec<Row>, String> {
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
    let measured = pollster::block_on(running.driver.measure());
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
    let words = ["bench", "--memory-only", "--methods", &lane, "--members", &members];
    let output = Command::new(std::env::current_exe().ok()?).args(words).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok().filter(|&bytes| bytes > 0)
}

/// The most memory that this process has held, as Linux tells it; bytes.
fn peak_of_this_process() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes: u64 = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Texts of random words with random labels: each word equally often, the same in every run.
fn texts() -> Files {
    let mut rng = stream(1, Purpose::Reviews);
    let words = VOCABULARY - 2;
    let mut drawn: Vec<usize> = (0..BATCHES * BATCH * LENGTH).map(|i| i % words).collect();
    shuffle(&mut rng, &mut drawn);
    let mut lines = String::new();
    for text in drawn.chunks(LENGTH) {
        let text: Vec<String> = text.iter().map(|word| format!("w{word}")).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{},class{}", text.join(" "), below(&mut rng, CLASSES));
    }
    let test: Vec<String> = (0..CLASSES).map(|class| format!("w{class},class{class}")).collect();
    let file = |name: &str, text: String| NamedBytes { name: name.to_owned(), bytes: text.into_bytes() };
    Files { train: file("random.csv", lines), test: Some(file("test.csv", test.join("\n"))) }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}

impl Row {
    /// Median over rounds of this step's time over that of `other`.
    fn over(&self, other: &Self) -> f64 {
        median(&self.step_millis.iter().zip(&other.step_millis).map(|(a, b)| a / b).collect::<Vec<_>>())
    }

    /// Gradient evaluations a second, all members together.
    fn gradients_per_second(&self) -> f64 {
        self.facts.gradients * self.case.members as f64 * 1e3 / median(&self.step_millis)
    }
}

/// SAM with as many members on the same device.
fn sam_beside<'a>(rows: &'a [Row], row: &Row) -> Option<&'a Row> {
    rows.iter().find(|other| {
        other.case.lane.method == MethodConfig::Sam
            && other.case.members == row.case.members
            && other.case.compute.device == row.case.compute.device
    })
}

/// The same method with one member on the same device.
fn alone<'a>(rows: &'a [Row], row: &Row) -> Option<&'a Row> {
    rows.iter()
        .find(|other| other.case.members == 1 && other.case.lane == row.case.lane && other.case.compute.device == row.case.compute.device)
}

fn table(rows: &[Row]) -> String {
    let head = ["method", "device", "members", "launches", "host, ms", "step, ms", "× SAM", "× 1 member", "gradients/s", "memory, MB", ""];
    let or_dash = |cell: Option<String>| cell.unwrap_or_else(|| "–".to_owned());
    let mut lines = vec![head.map(str::to_owned).to_vec()];
    lines.extend(rows.iter().map(|row| {
        vec![
            row.case.lane.title(),
            row.case.compute.name.clone(),
            row.case.members.to_string(),
            or_dash(row.facts.launches.map(|count| format!("{count:.0}"))),
            format!("{:.3}", median(&row.host_millis)),
            format!("{:.3}", median(&row.step_millis)),
            or_dash(sam_beside(rows, row).map(|sam| format!("{:.2}", row.over(sam)))),
            or_dash(alone(rows, row).map(|one| format!("{:.2}", row.over(one)))),
            format!("{:.0}", row.gradients_per_second()),
            or_dash(row.facts.memory.map(|bytes| format!("{:.1}", bytes as f64 / 1e6))),
            String::new(),
        ]
    }));
    let rounds = rows.first().map_or(0, |row| row.step_millis.len());
    let mut text = report::aligned(&lines);
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "A training step of bag: {VOCABULARY} tokens, dim {}, hidden {}, {CLASSES} classes, batch {BATCH} × {LENGTH}, base SGD. \
         Medians of {rounds} rounds.",
        MODEL.dim, MODEL.hidden
    );
    text.push_str(
        "host: until the calls return; step: until the work is done. × SAM: with as many members; × 1 member: of the same method.\n\
         gradients/s: evaluations of all members. memory: on a GPU what burn's pools reserve, on the CPU a whole process at its peak.\n",
    );
    text
}

fn document(rows: &[Row]) -> Value {
    let of_row = |row: &Row| {
        json!({
            "lane": row.case.lane.to_string(),
            "title": row.case.lane.title(),
            "device": row.case.compute.name,
            "members": row.case.members,
            "launches": row.facts.launches,
            "gradients": row.facts.gradients,
            "memory_bytes": row.facts.memory,
            "host_millis": { "median": median(&row.host_millis), "rounds": row.host_millis },
            "step_millis": { "median": median(&row.step_millis), "rounds": row.step_millis },
            "gradients_per_second": row.gradients_per_second(),
            "over_sam": sam_beside(rows, row).map(|sam| row.over(sam)),
            "over_one_member": alone(rows, row).map(|one| row.over(one)),
        })
    };
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "model": { "kind": "bag", "vocabulary": VOCABULARY, "dim": MODEL.dim, "hidden": MODEL.hidden, "classes": CLASSES },
        "batch": BATCH,
        "length": LENGTH,
        "base": "sgd",
        "rows": rows.iter().map(of_row).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(lane: &str, members: usize, compute: &Compute) -> Case {
        Case { compute: compute.clone(), lane: lane.parse().expect("lane words"), members }
    }

    #[test]
    fn medians_are_those_of_the_textbook() {
        // 1, 2, 9: the middle; 1, 2, 4, 9: (2 + 4)/2.
        assert_eq!(median(&[9.0, 1.0, 2.0]).to_bits(), 2.0_f64.to_bits());
        assert_eq!(median(&[9.0, 1.0, 4.0, 2.0]).to_bits(), 3.0_f64.to_bits());
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        let row = |lane, step_millis: [f64; 3]| Row {
            case: case(lane, 1, &Compute::cpu()),
            facts: Facts { launches: None, gradients: 2.0, memory: None },
            host_millis: step_millis.to_vec(),
            step_millis: step_millis.to_vec(),
        };
        // The machine was ten times slower in the second round. Quotients 1.5, 1.5, 2: the median is 1.5,
        // and the quotient of the medians 1.5/2 would be a slow round over a fast one.
        let rows = [row("sam", [1.0, 20.0, 2.0]), row("gsam", [1.5, 30.0, 4.0])];
        assert_eq!(rows[1].over(&rows[0]).to_bits(), 1.5_f64.to_bits());
        // Medians 2 and 4 ms: 2 gradients in 2 ms are 1000 a second.
        assert_eq!(rows[0].gradients_per_second().to_bits(), 1000.0_f64.to_bits());
        let text = table(&rows);
        let line = text.lines().nth(2).expect("a line for GSAM");
        assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["GSAM", "CPU", "1", "–", "4.000", "4.000", "1.50", "1.00", "500", "–"]);
    }

    #[test]
    fn the_network_is_the_one_that_the_table_names() {
        let running = case("sam", 1, &Compute::cpu()).start(&texts()).expect("the texts are good");
        let summary = running.driver.summary();
        assert_eq!(summary.vocabulary, VOCABULARY);
        assert_eq!(summary.classes.len(), CLASSES);
        // 4096·64 embedding, 64·128 + 128 hidden, 128·4 + 4 head.
        assert_eq!(summary.weights, 262_144 + 8_320 + 516);
        assert_eq!(summary.train_counts.iter().sum::<usize>(), BATCHES * BATCH);
    }

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
        let cases = known.iter().map(|(lane, members, ..)| case(lane, *members, &gpu)).collect();
        let rows = measure(cases, 1, 0.0, &texts()).expect("the device works");
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
