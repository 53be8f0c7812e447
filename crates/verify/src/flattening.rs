//! How SAM flattens: the steps on the valley and the small network against those of an independent program
//! (`tests/flattening/make_flattening.py`). Plain numbers in f64, on no device.
//!
//! Here: what agrees to the last digits. What differences and integration bring along, eigenvalues and predicted paths, the
//! tests hold to their own bands.

use basin_optim::flattening::{AscentDirection, Batch, Descent, Landscape, gradient_floor, sam_edge};

use crate::file::{Fields, VerifyError};

/// The problem's name in the file.
pub const NAME: &str = "flattening";

/// What the file does not say of steps, but of eigenvalues and paths.
const ELSEWHERE: [&str; 2] = ["curvatures", "flows"];
const HERE: [&str; 4] = ["problem", "runs", "ascent", "predictions"];

/// What is found and what the file holds, of one quantity of one rule.
pub struct Pair {
    pub rule: String,
    pub quantity: &'static str,
    pub found: Vec<f64>,
    pub expected: Vec<f64>,
}

/// All steps of the file.
pub fn pairs(file: &Fields<'_>) -> Result<Vec<Pair>, VerifyError> {
    let mut pairs = Vec::new();
    for run in file.objects("runs")? {
        let landscape = landscape(&run)?;
        let weights = landscape.weights();
        let start = run.vector("start", weights)?;
        let mut descent = Descent::new(landscape.problem(), &start, run.number("rho")?, run.number("rate")?);
        if run.is_null("examples") {
            for _ in 0..run.below("steps", 10_000_000)? {
                descent.step(Batch::Full);
            }
        } else {
            for example in run.all_below("examples", landscape.examples())? {
                descent.step(Batch::One(example));
            }
        }
        let (found, expected) = (descent.weights().to_vec(), run.vector("w", weights)?);
        pairs.push(Pair { rule: run.text("name")?.to_owned(), quantity: "w", found, expected });
    }
    let ascent = file.object("ascent")?;
    let start = ascent.vector("start", 3)?;
    let (place, rho, rate) = (ascent.number("place")?, ascent.number("rho")?, ascent.number("rate")?);
    let mut dot = AscentDirection::new(place, [start[0], start[1], start[2]], rho, rate);
    for _ in 0..ascent.below("steps", 10_000_000)? {
        dot.step();
    }
    let (found, expected) = (vec![dot.place()], vec![ascent.number("a")?]);
    pairs.push(Pair { rule: "ascent direction".to_owned(), quantity: "a", found, expected });
    for known in file.objects("predictions")? {
        let (lambda, rho) = (known.number("largest")?, known.number("rho")?);
        let (rate, floor) = (known.number("rate")?, known.number("floor")?);
        for (quantity, found, expected) in
            [("floor", gradient_floor(lambda, rho, rate), floor), ("edge", sam_edge(floor, rho, rate), lambda)]
        {
            pairs.push(Pair { rule: format!("quadratic, λ {lambda}"), quantity, found: vec![found], expected: vec![expected] });
        }
    }
    Ok(pairs)
}

/// The names of what is not known here.
pub fn skipped(file: &Fields<'_>) -> Vec<String> {
    file.names().filter(|name| !HERE.contains(name) && !ELSEWHERE.contains(name)).map(str::to_owned).collect()
}

fn landscape(of: &Fields<'_>) -> Result<Landscape, VerifyError> {
    let word = of.text("landscape")?;
    Landscape::ALL.into_iter().find(|landscape| landscape.word() == word).ok_or_else(|| of.wrong("landscape", "valley or network"))
}
