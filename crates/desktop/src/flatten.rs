//! `basin flatten`: how SAM flattens, on the toy and the small network, beside what theory predicts.
//!
//! Elsewhere: the arithmetic (`basin_optim::flattening`), the same in a view (`basin_app`), the figure (`figures/flattening.rs`).

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use basin_app::flattening::{csv, name, word as line_word};
use basin_optim::flattening::{Experiment, Finding, Landscape, Line, OutOfBounds, Point, Setup, findings};
use clap::Args;
use serde_json::{Value, json};

use crate::exit::CHECK_FAILED;
use crate::report::aligned;
use crate::terminal::{print, tell};
use crate::{figures, run_folder, saved};

/// Work between two looks at the clock.
const PORTION: usize = 10_000_000;

/// Seconds without a word.
const PATIENCE: f64 = 5.0;

/// What is run.
#[derive(Args)]
pub struct FlattenArgs {
    /// What is descended: valley, a toy of three weights whose floor has three sharpnesses, or network, 25 weights that fit six
    /// points.
    #[arg(long, value_name = "valley|network", default_value = "network", value_parser = landscape)]
    on: Landscape,
    /// Radii of full-batch SAM, 0.01 to 0.2; SAM with one example a step has the first [valley: 0.08, network: 0.04,0.02,0.08].
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    rho: Vec<f64>,
    /// The rate η, 0.001 to 0.05 [valley: 0.005, network: 0.05].
    #[arg(long, value_name = "NUMBER")]
    rate: Option<f64>,
    /// Ends at this time τ = η ρ² · steps, 0.1 to 10 [valley: 4, network: 2].
    #[arg(long, value_name = "NUMBER")]
    tau: Option<f64>,
    /// Where the dots of the valley start along its floor, −1.5 to 1.5; the network has a start of its own [valley: -0.5].
    #[arg(long, value_name = "NUMBER")]
    start: Option<f64>,
    /// Which examples are drawn, one a step.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Also write NAME.json, NAME.csv and NAME.svg.
    #[arg(long, value_name = "NAME")]
    out: Option<PathBuf>,
    /// Print one JSON document instead of the table.
    #[arg(long)]
    json: bool,
}

fn landscape(text: &str) -> Result<Landscape, String> {
    let known = Landscape::ALL.into_iter().find(|landscape| landscape.word() == text);
    known.ok_or_else(|| format!("there is no landscape `{text}`: use one of {}", Landscape::ALL.map(Landscape::word).join(", ")))
}

/// A hyperparameter by its flag.
fn named(error: OutOfBounds) -> String {
    let flags = [("ρ", "--rho"), ("the rate η", "--rate"), ("the time τ", "--tau"), ("the start a", "--start")];
    let flag = flags.iter().find(|(knob, _)| *knob == error.knob).map_or(error.knob, |(_, flag)| *flag);
    OutOfBounds { knob: flag, ..error }.to_string()
}

/// Runs it and tells what became of the predictions; exit code 1 if one is not met.
///
/// # Errors
/// If a number is out of its bounds.
pub fn flatten(args: &FlattenArgs) -> Result<ExitCode, String> {
    let mut setup = Setup::of(args.on);
    if !args.rho.is_empty() {
        setup.rho = saved::once(args.rho.clone());
    }
    setup.rate = args.rate.unwrap_or(setup.rate);
    setup.end = args.tau.unwrap_or(setup.end);
    if let Some(start) = args.start {
        if args.on == Landscape::Network {
            return Err(
                "--start is where the valley begins, and the network has a start of its own: leave it out, or say --on valley".to_owned()
            );
        }
        setup.start[0] = start;
    }
    setup.seed = args.seed;
    setup.check().map_err(named)?;
    let mut experiment = Experiment::new(setup);
    // Long runs say early that they are on their way.
    let (mut told, mut at) = (0.0, Instant::now());
    while !experiment.is_done() {
        experiment.advance(f64::INFINITY, PORTION);
        let share = experiment.tau() / experiment.setup().end;
        if share < 1.0 && (share - told >= 0.1 || at.elapsed().as_secs_f64() > PATIENCE) {
            tell(format_args!("τ = {:.3} of {}", experiment.tau(), experiment.setup().end));
            (told, at) = (share, Instant::now());
        }
    }
    let found = findings(&experiment);
    let json = run_folder::pretty(&document(&experiment, &found));
    print(&if args.json { String::from_utf8_lossy(&json).into_owned() } else { table(&experiment, &found) })?;
    let met = found.iter().all(|finding| finding.met);
    let verdict = if met { ExitCode::SUCCESS } else { ExitCode::from(CHECK_FAILED) };
    let Some(stem) = &args.out else { return Ok(verdict) };
    let (csv, svg) = (csv(&experiment), figures::flattening::figure(&experiment));
    let written = saved::write(stem, &[(".json", &json), (".csv", csv.as_bytes()), (".svg", svg.as_bytes())]);
    Ok(if met { written } else { verdict })
}

fn table(experiment: &Experiment, found: &[Finding]) -> String {
    let setup = experiment.setup();
    let mut rows =
        vec![["", "steps", "λ₁", "Tr H", if setup.landscape == Landscape::Valley { "a" } else { "" }].map(str::to_owned).to_vec()];
    for line in experiment.lines() {
        let Some(Point { lambda, trace, place, .. }) = line.points.last() else { continue };
        let steps = if line.theory { String::new() } else { line.steps().to_string() };
        let place = if setup.landscape == Landscape::Valley { format!("{place:.4}") } else { String::new() };
        rows.push(vec![name(experiment, line), steps, format!("{lambda:.4}"), format!("{trace:.4}"), place]);
    }
    let mut text = format!("{} at rate {}, at the end, τ = {}\n{}\n", setup.landscape.word(), setup.rate, setup.end, aligned(&rows));
    for finding in found {
        let verdict = if finding.met { "met" } else { "NOT MET" };
        let off = match finding.off {
            None => String::new(),
            Some(off) if off < 5e-5 => ", off by less than 0.01 %".to_owned(),
            Some(off) => format!(", off by at most {:.2} %", 100.0 * off),
        };
        let _ = writeln!(text, "{} {verdict}{off}: {}\n   {}", finding.name, finding.prediction, finding.numbers);
    }
    text + "Met: off by at most 5 % in the later half of the run (P3: of the way that λ₁ has come). Sources: arXiv:2211.05729, arXiv:2309.12488.\n"
}

fn document(experiment: &Experiment, found: &[Finding]) -> Value {
    let setup = experiment.setup();
    // What a line does not have is null.
    let point = |point: &Point| {
        let Point { tau, place, lambda, trace, gradient, cosine, rise } = *point;
        json!({
            "tau": tau, "first_weight": place, "largest_eigenvalue": lambda, "trace": trace, "gradient_norm": gradient,
            "cosine": cosine, "rise": rise,
        })
    };
    let line = |line: &Line| {
        json!({
            "line": line_word(line.who), "predicted": line.theory, "rho": (!line.theory).then_some(line.rho), "steps": line.steps(),
            "points": line.points.iter().map(point).collect::<Vec<_>>(),
        })
    };
    let finding = |finding: &Finding| {
        json!({
            "name": finding.name, "prediction": finding.prediction, "met": finding.met, "off": finding.off, "numbers": finding.numbers,
        })
    };
    json!({
        "landscape": setup.landscape.word(), "rho": setup.rho, "rate": setup.rate, "tau": setup.end, "start": setup.start,
        "seed": setup.seed, "predictions": found.iter().map(finding).collect::<Vec<_>>(),
        "lines": experiment.lines().iter().map(line).collect::<Vec<_>>(),
    })
}
