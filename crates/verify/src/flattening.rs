//! How SAM flattens: the steps on the valley and the small network against those of an independent program
//! (`tests/flattening/make_flattening.py`). Plain numbers in f64, on no device.
//!
//! Here: what agrees to the last digits. What differences and integration bring along, eigenvalues and predicted paths, the
//! tests hold to their own bands.

use basin_optim::flattening::{AscentDirection, Batch, Descent, Landscape, gradient_floor, sam_edge};

use crate::file::{Fields, VerifyError};
use crate::{Report, Row, relative_error};

/// The problem's name in the file.
pub const NAME: &str = "flattening";

/// What the file does not say of steps, but of eigenvalues and paths.
const ELSEWHERE: [&str; 2] = ["curvatures", "flows"];
const HERE: [&str; 4] = ["problem", "runs", "ascent", "predictions"];

/// Compares all steps of the file.
pub fn verify(file: &Fields<'_>) -> Result<Report, VerifyError> {
    let mut rows = Vec::new();
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
        let error = relative_error(descent.weights(), &run.vector("w", weights)?);
        rows.push(Row { rule: run.text("name")?.to_owned(), quantity: "w".to_owned(), error });
    }
    let ascent = file.object("ascent")?;
    let start = ascent.vector("start", 3)?;
    let (place, rho, rate) = (ascent.number("place")?, ascent.number("rho")?, ascent.number("rate")?);
    let mut dot = AscentDirection::new(place, [start[0], start[1], start[2]], rho, rate);
    for _ in 0..ascent.below("steps", 10_000_000)? {
        dot.step();
    }
    let error = relative_error(&[dot.place()], &[ascent.number("a")?]);
    rows.push(Row { rule: "ascent direction".to_owned(), quantity: "a".to_owned(), error });
    for known in file.objects("predictions")? {
        let [lambda, rho, rate, floor] = ["largest", "rho", "rate", "floor"].map(|name| known.number(name));
        let (lambda, rho, rate, floor) = (lambda?, rho?, rate?, floor?);
        let rule = format!("quadratic, λ {lambda}");
        rows.push(Row {
            rule: rule.clone(),
            quantity: "floor".to_owned(),
            error: relative_error(&[gradient_floor(lambda, rho, rate)], &[floor]),
        });
        rows.push(Row { rule, quantity: "edge".to_owned(), error: relative_error(&[sam_edge(floor, rho, rate)], &[lambda]) });
    }
    let unknown = |name: &&str| !HERE.contains(name) && !ELSEWHERE.contains(name);
    Ok(Report { problem: NAME.to_owned(), rows, skipped: file.names().filter(unknown).map(str::to_owned).collect() })
}

fn landscape(of: &Fields<'_>) -> Result<Landscape, VerifyError> {
    let word = of.text("landscape")?;
    Landscape::ALL.into_iter().find(|landscape| landscape.word() == word).ok_or_else(|| of.wrong("landscape", "valley or network"))
}
