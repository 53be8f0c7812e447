//! `basin landscape`: the loss around the lanes of a saved run, as JSON, CSV and a figure.
//!
//! Elsewhere: planes and points (`basin_optim::measures::landscape`), the measuring (`basin_train::instruments::landscape`).

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use basin_app::{colormap, theme};
use basin_train::brief::brief;
use basin_train::experiment::{LaneConfig, titles};
use basin_train::protocol::DeviceChoice;
use basin_train::report::{Landscape, Line, PathOnPlane, PlaneChoice};
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::svg::{Anchor, Svg, hex};
use crate::terminal::{print, tell};
use crate::{run_folder, saved, word};

/// Which plane.
#[derive(Clone, Copy, ValueEnum)]
enum PlaneWord {
    /// Through the weights of three lanes.
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
    /// Through the weights of three lanes, or through the start along two random directions.
    #[arg(long, value_enum, default_value_t = PlaneWord::Ends)]
    plane: PlaneWord,
    /// The three lanes, by number from 1 or by title; by default the first three.
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
    /// Write NAME.json, NAME.csv and NAME.svg.
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
    let files: [(&str, &[u8]); 3] = [("json", &json), ("csv", csv.as_bytes()), ("svg", svg.as_bytes())];
    Ok(args.out.as_ref().map_or(ExitCode::SUCCESS, |stem| saved::write(stem, &files)))
}

/// The places of the lanes that are meant by number, as people count, or by title.
fn places(words: &[String], titles: &[String]) -> Result<Vec<usize>, String> {
    let place = |word: &String| {
        let number = word.parse::<usize>().ok().and_then(|number| number.checked_sub(1)).filter(|place| *place < titles.len());
        let titled = || titles.iter().position(|title| title.to_lowercase() == word.to_lowercase());
        number.or_else(titled).ok_or_else(|| {
            let lanes: Vec<String> = titles.iter().zip(1..).map(|(title, number)| format!("{number} {title}")).collect();
            format!("there is no lane `{}`: choose by number or title of {}", brief(word, 40), lanes.join(", "))
        })
    };
    words.iter().map(place).collect()
}

/// The document, the table and the figure.
async fn measure(args: &LandscapeArgs) -> Result<(serde_json::Value, String, String), String> {
    let driver = saved::open(&args.run, args.device).await?;
    let experiment = &driver.summary().experiment;
    let lanes = experiment.lanes.clone();
    let titles = titles(&lanes);
    let (line, chosen) = (places(&args.line, &titles)?, places(&args.lanes, &titles)?);
    let seeds = experiment.seeds;
    let member = args.member.checked_sub(1).filter(|member| *member < seeds);
    let member =
        member.ok_or_else(|| format!("there is no member {}: the members of this run have the numbers 1 to {seeds}", args.member))?;
    let words: Vec<String> = lanes.iter().map(ToString::to_string).collect();
    if !line.is_empty() {
        let [from, to] = line[..] else { return Err("--line takes two lanes, such as --line 1,2".to_owned()) };
        let line = driver.line(from, to, member).await.map_err(|error| error.to_string())?;
        let (csv, svg) = (line_csv(&line), line_figure(&line, &titles));
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
        tell(format_args!("{title}: {}", outside_text(path)));
    }
    let (csv, svg) = (grid_csv(&landscape), grid_figure(&landscape, &lanes, &titles));
    Ok((json!({ "lanes": words, "titles": titles, "member": member, "landscape": landscape }), csv, svg))
}

/// Empty where there is no number.
fn number(value: f64) -> String {
    if value.is_finite() { value.to_string() } else { String::new() }
}

fn grid_csv(landscape: &Landscape) -> String {
    let mut text = "x,y,loss,accuracy\n".to_owned();
    let places = landscape.ys.iter().flat_map(|y| landscape.xs.iter().map(move |x| (x, y)));
    for ((x, y), (loss, accuracy)) in places.zip(landscape.loss.iter().zip(&landscape.accuracy)) {
        let _ = writeln!(text, "{x},{y},{},{}", number(*loss), number(*accuracy));
    }
    text
}

fn line_csv(line: &Line) -> String {
    let mut text = "t,train_loss,test_loss,test_accuracy\n".to_owned();
    for (i, t) in line.t.iter().enumerate() {
        let _ = writeln!(text, "{t},{},{},{}", number(line.train_loss[i]), number(line.test_loss[i]), number(line.test_accuracy[i]));
    }
    text
}

fn colors(lanes: &[LaneConfig]) -> Vec<String> {
    theme::marks(lanes).iter().map(|mark| hex(mark.color)).collect()
}

/// Lowest and highest finite number.
fn bounds(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let bounds = values.filter(|v| v.is_finite()).fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], v| [low.min(v), high.max(v)]);
    if bounds[0] < bounds[1] { bounds } else { [bounds[0].min(0.0), bounds[0].max(0.0) + 1.0] }
}

/// The figure's square.
const SQUARE: f64 = 480.0;
const LEFT: f64 = 70.0;
const TOP: f64 = 50.0;

/// A heat map of the loss with the lanes' paths, and a scale.
fn grid_figure(landscape: &Landscape, lanes: &[LaneConfig], titles: &[String]) -> String {
    let side = landscape.xs.len();
    let mut svg = Svg::new(LEFT + SQUARE + 130.0, TOP + SQUARE + 60.0 + 18.0 * titles.len() as f64);
    svg.text([LEFT, 24.0], 14.0, Anchor::Start, &format!("Training loss on the plane {}", landscape.plane));
    let [low, high] = bounds(landscape.loss.iter().copied());
    let cell = SQUARE / side as f64;
    for (place, loss) in landscape.loss.iter().enumerate() {
        let at = [LEFT + (place % side) as f64 * cell, TOP + SQUARE - (place / side + 1) as f64 * cell];
        let fill = if loss.is_finite() { hex(colormap::color((loss - low) / (high - low))) } else { "#ffffff".to_owned() };
        // A hair wider, so that no gap shows between neighbours.
        svg.rect(at, [cell + 0.3, cell + 0.3], &fill);
    }
    // Grid points are the middles of their cells.
    let [xs, ys] = [&landscape.xs, &landscape.ys];
    let scale = |v: f64, along: &[f64]| {
        let step = (along[side - 1] - along[0]) / (side - 1) as f64;
        ((v - along[0]) / step + 0.5) * cell
    };
    let place = |[x, y]: [f64; 2]| [LEFT + scale(x, xs), TOP + SQUARE - scale(y, ys)];
    for (path, color) in landscape.paths.iter().zip(colors(lanes)) {
        let points: Vec<[f64; 2]> = path.points.iter().map(|point| place(*point)).collect();
        svg.line(&points, "#ffffff", 4.0);
        svg.line(&points, &color, 2.0);
        if let (Some(first), Some(last)) = (points.first(), points.last()) {
            svg.disc(*first, 3.0, "#222222");
            svg.disc(*last, 6.0, &color);
        }
    }
    for (along, vertical) in [(xs, false), (ys, true)] {
        for i in [0, side / 2, side - 1] {
            let text = format!("{:.2}", along[i]);
            let v = scale(along[i], along);
            if vertical {
                svg.text([LEFT - 8.0, TOP + SQUARE - v + 4.0], 11.0, Anchor::End, &text);
            } else {
                svg.text([LEFT + v, TOP + SQUARE + 16.0], 11.0, Anchor::Middle, &text);
            }
        }
    }
    svg.text([LEFT + SQUARE / 2.0, TOP + SQUARE + 34.0], 12.0, Anchor::Middle, "distance between weights");
    let bar = LEFT + SQUARE + 24.0;
    for i in 0..100 {
        let from_top = SQUARE * f64::from(i) / 100.0;
        svg.rect([bar, TOP + from_top], [18.0, SQUARE / 100.0 + 0.3], &hex(colormap::color(1.0 - f64::from(i) / 99.0)));
    }
    for (i, share) in [0.0, 0.25, 0.5, 0.75, 1.0].into_iter().enumerate() {
        let y = TOP + SQUARE * (1.0 - share) + 4.0;
        let unit = if i == 4 { " nats" } else { "" };
        svg.text([bar + 24.0, y], 11.0, Anchor::Start, &format!("{:.3}{unit}", low + share * (high - low)));
    }
    for (i, (title, (path, color))) in titles.iter().zip(landscape.paths.iter().zip(colors(lanes))).enumerate() {
        let y = TOP + SQUARE + 56.0 + 18.0 * i as f64;
        svg.disc([LEFT + 6.0, y - 4.0], 5.0, &color);
        svg.text([LEFT + 18.0, y], 12.0, Anchor::Start, &format!("{title}: {}", outside_text(path)));
    }
    svg.finish()
}

/// What a slice hides: the share of the distance from the plane's origin that lies beside the plane.
fn outside_text(path: &PathOnPlane) -> String {
    let Some(end) = path.outside.last() else { return "diverged".to_owned() };
    let most = path.outside.iter().copied().fold(0.0, f64::max);
    format!("{:.0} % outside the plane at its end, {:.0} % at most", end * 100.0, most * 100.0)
}

/// Train and test loss along a line.
fn line_figure(line: &Line, titles: &[String]) -> String {
    let mut svg = Svg::new(LEFT + SQUARE + 40.0, TOP + 320.0 + 60.0);
    let (height, [low, high]) = (320.0, bounds(line.train_loss.iter().chain(&line.test_loss).copied()));
    let [first, last] = [line.t[0], line.t[line.t.len() - 1]];
    let place = |t: f64, loss: f64| [LEFT + (t - first) / (last - first) * SQUARE, TOP + height * (1.0 - (loss - low) / (high - low))];
    svg.text([LEFT, 24.0], 14.0, Anchor::Start, &format!("Loss from {} (t = 0) to {} (t = 1), nats", titles[line.from], titles[line.to]));
    for t in [0.0, 1.0] {
        svg.line(&[place(t, low), place(t, high)], "#bbbbbb", 1.0);
        svg.text([place(t, low)[0], TOP + height + 16.0], 11.0, Anchor::Middle, &format!("{t}"));
    }
    for (name, losses, color, x) in [("train", &line.train_loss, "#1f6fb4", LEFT), ("test", &line.test_loss, "#c4541a", LEFT + 80.0)] {
        let points: Vec<[f64; 2]> = line.t.iter().zip(losses).filter(|(_, l)| l.is_finite()).map(|(t, l)| place(*t, *l)).collect();
        svg.line(&points, color, 2.0);
        svg.disc([x + 6.0, TOP + height + 40.0], 5.0, color);
        svg.text([x + 18.0, TOP + height + 44.0], 12.0, Anchor::Start, name);
    }
    for v in [low, high] {
        svg.text([LEFT - 8.0, place(first, v)[1] + 4.0], 11.0, Anchor::End, &format!("{v:.3}"));
    }
    svg.finish()
}
