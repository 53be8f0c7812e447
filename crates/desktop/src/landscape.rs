//! `basin landscape`: the loss around the lanes of a saved run, as JSON, CSV and a figure.
//!
//! Elsewhere: planes and points (`basin_optim::measures::landscape`), the measuring (`basin_train::instruments::landscape`), the figure
//! (`figures/landscape.rs`).

use std::path::PathBuf;
use std::process::ExitCode;

use basin_app::figures::{landscape as plane_csv, line as line_csv};
use basin_train::experiment::titles;
use basin_train::protocol::DeviceChoice;
use basin_train::report::PlaneChoice;
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::figures::landscape as figure;
use crate::terminal::{print, tell};
use crate::words::word;
use crate::{run_folder, saved};

/// Which plane.
#[derive(Clone, Copy, ValueEnum)]
enum PlaneWord {
    /// Through the weights of up to three lanes.
    Ends,
    /// Through the common start, along two random directions.
    Random,
}

/// What is measured.
#[derive(Args)]
pub struct LandscapeArgs {
    /// The folder of a run, as `basin train --out` made it.
    #[arg(value_name = "DIR")]
    run: PathBuf,
    /// Through the weights of up to three lanes, or through the start along two random directions.
    #[arg(long, value_enum, default_value_t = PlaneWord::Ends)]
    plane: PlaneWord,
    /// These lanes, three at most, by number from 1 or by title; by default the first three.
    #[arg(long, value_name = "A,B,C", value_delimiter = ',')]
    lanes: Vec<String>,
    /// Seed of the random directions.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// The member whose weights are looked at, by number from 1: the first has the run's first seed.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    member: usize,
    /// Points along each side of the grid, 5 to 101.
    #[arg(long, value_name = "COUNT", default_value_t = 51)]
    points: usize,
    /// Measure the line between two lanes instead, by number from 1 or by title.
    #[arg(long, value_name = "A,B", value_delimiter = ',', conflicts_with_all = ["plane", "lanes", "seed", "points"])]
    line: Vec<String>,
    /// Where to compute; auto is the CPU.
    #[arg(long, value_name = "auto|cpu|gpu", default_value = "auto", value_parser = word::<DeviceChoice>)]
    device: DeviceChoice,
    /// Write NAME.json, NAME.csv and NAME.svg; needed unless --json is given.
    #[arg(long, value_name = "NAME", required_unless_present = "json")]
    out: Option<PathBuf>,
    /// Print the JSON document, which counts lanes and members from 0, as programs do.
    #[arg(long)]
    json: bool,
}

/// Measures and writes.
///
/// # Errors
/// If the folder holds no run, a number is out of bounds, or a file cannot be written.
pub fn landscape(args: &LandscapeArgs) -> Result<ExitCode, String> {
    let (document, csv, svg) = saved::look(measure(args))?;
    let json = run_folder::pretty(&document);
    if args.json {
        print(&String::from_utf8_lossy(&json))?;
    }
    let files: [(&str, &[u8]); 3] = [(".json", &json), (".csv", csv.as_bytes()), (".svg", svg.as_bytes())];
    Ok(args.out.as_ref().map_or(ExitCode::SUCCESS, |stem| saved::write(stem, &files)))
}

/// The document, the table and the figure.
async fn measure(args: &LandscapeArgs) -> Result<(serde_json::Value, String, String), String> {
    let driver = saved::open(&args.run, args.device).await?;
    let experiment = &driver.summary().experiment;
    let lanes = experiment.lanes.clone();
    let titles = titles(&lanes);
    let (line, chosen) = (saved::places(&args.line, &lanes)?, saved::places(&args.lanes, &lanes)?);
    let seeds = experiment.seeds;
    let member = args.member.checked_sub(1).filter(|member| *member < seeds);
    let member =
        member.ok_or_else(|| format!("there is no member {}: the members of this run have the numbers 1 to {seeds}", args.member))?;
    let words: Vec<String> = lanes.iter().map(ToString::to_string).collect();
    if !line.is_empty() {
        let [from, to] = saved::once(line)[..] else { return Err("--line takes two lanes, such as --line 1,2".to_owned()) };
        let line = driver.line(from, to, member).await.map_err(|error| error.to_string())?;
        let (csv, svg) = (line_csv(&line), figure::line(&line, &lanes));
        return Ok((json!({ "lanes": words, "titles": titles, "member": member, "line": line }), csv, svg));
    }
    let choice = match args.plane {
        PlaneWord::Random => PlaneChoice::Random { seed: args.seed },
        PlaneWord::Ends => {
            if chosen.len() > 3 {
                return Err("a plane goes through three lanes: give --lanes three at most".to_owned());
            }
            let chosen = if chosen.is_empty() { (0..lanes.len().min(3)).collect() } else { chosen };
            let of = |place: usize| chosen.get(place).or(chosen.first()).copied().unwrap_or(0);
            PlaneChoice::Ends { lanes: [of(0), of(1), of(2)] }
        }
    };
    let mut survey = driver.survey(choice, args.points, member).await.map_err(|error| error.to_string())?;
    let landscape = loop {
        let Some(landscape) = driver.survey_on(&mut survey).await else { continue };
        let (side, speed) = (landscape.xs.len(), landscape.points_per_second);
        tell(format_args!("{side} × {side} points on {} examples, {speed:.0} points a second.", landscape.examples));
        if !landscape.more {
            break landscape;
        }
    };
    tell(format_args!("The plane goes {}.", landscape.plane));
    for (title, path) in titles.iter().zip(&landscape.paths) {
        tell(format_args!("{title}: {}", figure::outside(path)));
    }
    let (csv, svg) = (plane_csv(&landscape), figure::plane(&landscape, &lanes));
    Ok((json!({ "lanes": words, "titles": titles, "member": member, "landscape": landscape }), csv, svg))
}
