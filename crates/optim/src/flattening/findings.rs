//! How far the curves are from what was predicted of them.
//!
//! P1 to P4 are looked at in the later half of a run: before that, the weights are still on their way to the minimisers.

use super::experiment::{Experiment, Line, Point, Who};
use super::predictions::{gradient_floor, sam_edge, worst_rise};

/// What became of a prediction.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Its name: `P1` to `P5`.
    pub name: &'static str,
    /// What was predicted.
    pub prediction: &'static str,
    /// How far off it is at most, as a share of what was predicted (P3: of the way that λ₁ has come); none where it is about
    /// which is lower.
    pub off: Option<f64>,
    /// Whether what is said of which is lower is so; for the others, whether they are off by at most 5 % of what is predicted.
    pub met: bool,
    /// The numbers behind it, in words.
    pub numbers: String,
}

/// A prediction counts as met where it is off by at most this share.
pub const MET: f64 = 0.05;

/// What became of the predictions, of those that can be told by now.
pub fn findings(experiment: &Experiment) -> Vec<Finding> {
    let rate = experiment.setup().rate;
    let of = |who, theory| experiment.lines().iter().filter(move |line| line.who == who && line.theory == theory);
    let full: Vec<&Line> = of(Who::Full, false).collect();
    let half = 0.5 * experiment.setup().end;
    // The largest relative distance of two numbers of a point, over the later half of all full-batch runs.
    let farthest = |pair: &dyn Fn(&Line, &Point) -> [f64; 2]| {
        let late = full.iter().flat_map(|line| line.points.iter().filter(|point| point.tau > half).map(|point| pair(line, point)));
        late.map(|[found, predicted]| (found / predicted - 1.0).abs()).reduce(f64::max)
    };
    let mut found = Vec::new();
    let mut tell = |name, prediction, off: Option<f64>, numbers: String| {
        if let Some(off) = off {
            found.push(Finding { name, prediction, off: Some(off), met: off <= MET, numbers });
        }
    };
    let last = |line: &Line| line.points.last().copied();
    let at_end = |text: &dyn Fn(&Line, &Point) -> String| {
        full.iter().filter_map(|line| last(line).map(|point| text(line, &point))).collect::<Vec<_>>().join("; ")
    };
    let floor = farthest(&|line, point| [point.gradient, gradient_floor(point.lambda, line.rho, rate)]);
    let least = full.iter().flat_map(|line| &line.points).filter(|point| point.tau > half).map(|point| point.cosine).reduce(f64::min);
    tell(
        "P1",
        "the gradient falls to the floor ηρλ₁²/(2 − ηλ₁) and lies along v₁",
        floor,
        at_end(&|line, point| {
            format!("ρ {}: {:.4e}, floor {:.4e}", line.rho, point.gradient, gradient_floor(point.lambda, line.rho, rate))
        }) + &least.map_or_else(String::new, |least| format!("; |cos(g, v₁)| at least {least:.4}")),
    );
    tell(
        "P2",
        "λ₁ lies on the SAM edge (|g|/2ρ)(√(1 + 8ρ/(η|g|)) − 1)",
        farthest(&|line, point| [point.lambda, sam_edge(point.gradient, line.rho, rate)]),
        at_end(&|line, point| format!("ρ {}: λ₁ {:.4}, edge {:.4}", line.rho, point.lambda, sam_edge(point.gradient, line.rho, rate))),
    );
    if let Some(path) = of(Who::Full, true).next() {
        let (off, numbers) = one_curve(&full, path, half);
        tell("P3", "λ₁ against τ = ηρ²·steps is one curve for all ρ, the predicted one", off, numbers);
    }
    let one = of(Who::One, false).next();
    if let Some((full, one)) = full.first().and_then(|full| last(full)).zip(one.and_then(last)).filter(|(point, _)| point.tau > half) {
        found.push(Finding {
            name: "P4",
            prediction: "from one start, the whole batch ends with the lower λ₁, one example a step with the lower Tr H",
            off: None,
            met: full.lambda < one.lambda && one.trace < full.trace,
            numbers: format!("λ₁ {:.3} and {:.3}; Tr H {:.3} and {:.3}", full.lambda, one.lambda, full.trace, one.trace),
        });
    }
    let rise = farthest(&|line, point| [point.rise, worst_rise(point.lambda, line.rho)]);
    if let Some(off) = rise {
        found.push(Finding {
            name: "P5",
            prediction: "within ρ of a minimiser the loss rises by ρ²λ₁/2 at most",
            off: Some(off),
            met: off <= MET,
            numbers: at_end(&|line, point| {
                format!("ρ {}: {:.4e}, ρ²λ₁/2 {:.4e}", line.rho, point.rise, worst_rise(point.lambda, line.rho))
            }),
        });
    }
    found
}

/// The largest distance of the runs' λ₁ from the predicted path, as a share of the way that this has come by then.
fn one_curve(full: &[&Line], path: &Line, half: f64) -> (Option<f64>, String) {
    let Some(start) = path.points.first().map(|point| point.lambda) else { return (None, String::new()) };
    let mut words = Vec::new();
    let mut farthest: Option<f64> = None;
    for line in full {
        let off = line.points.iter().filter(|point| point.tau > half).filter_map(|point| {
            let predicted = at(path, point.tau)?;
            Some((point.lambda - predicted).abs() / (predicted - start).abs())
        });
        let Some(off) = off.reduce(f64::max) else { continue };
        words.push(format!("ρ {}: off by {:.2} % of the fall", line.rho, 100.0 * off));
        farthest = Some(farthest.map_or(off, |farthest| farthest.max(off)));
    }
    (farthest, words.join("; "))
}

/// λ₁ of a path at a time, between its points.
fn at(path: &Line, tau: f64) -> Option<f64> {
    let after = path.points.partition_point(|point| point.tau < tau);
    // Runs pass a mark by less than a step: past the last point, that one is meant.
    let next = path.points.get(after).or(path.points.last())?;
    let Some(before) = after.checked_sub(1).and_then(|before| path.points.get(before)) else { return Some(next.lambda) };
    let share = if next.tau > before.tau { (tau - before.tau) / (next.tau - before.tau) } else { 1.0 };
    Some(before.lambda + share.min(1.0) * (next.lambda - before.lambda))
}
