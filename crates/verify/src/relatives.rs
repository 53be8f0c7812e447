//! What is run of the rest of the family: climb losses, L-SAM and J-SAM, LookSAM, Eigen-SAM, SANER, LLQR, and what is measured of a
//! climb.

use basin_optim::base::State;
use basin_optim::measures::sharpness::gradient_variance;
use basin_optim::measures::split::{pull, split};
use basin_optim::methods::{EigenSam, JSam, LSam, Llqr, LookSam, Method, Sam, Saner, StepReport};
use basin_optim::population::{ClimbLoss, Weights};
use basin_optim::weighting::{Draws, Radius, Rule};
use burn::tensor::Tensor;

use crate::bench::{Bench, Quantities, Value};

/// LookSAM's settings in the golden files.
const LOOK_SAM: LookSam = LookSam { period: 2, alpha: 0.7 };
/// Eigen-SAM's.
const EIGEN_SAM: EigenSam = EigenSam { alpha: 0.2, period: 100, iterations: 5 };
/// SANER's, a quarter of the run after its start.
const SANER: Saner = Saner { alpha: 0.5, ramp: 0.5 };
/// LLQR's.
const LLQR: Llqr = Llqr { period: 1000, inner: 50 };

/// The quantities of the rule `name`; none if there is no such rule here.
pub fn rule(bench: &Bench<'_>, name: &str) -> Option<Quantities> {
    Some(match name {
        "delta_sam_change" => bench.weighted(Rule::Change(Draws { count: 1, radius: Radius::Absolute(bench.radius) })),
        "climb_error" => climb_on(bench, ClimbLoss::Error),
        "climb_bisam" => climb_on(bench, ClimbLoss::BiSam),
        "l_sam" => bench.climb(&LSam),
        "j_sam" => bench.climb(&JSam),
        "split" => {
            let found = split(bench.problem.objective(), bench.problem.weights(), &there(bench));
            vec![("errors", number(found.errors)), ("network", number(found.network)), ("both", number(found.both))]
        }
        "per_example" => {
            let (objective, w) = (bench.problem.objective(), bench.problem.weights());
            vec![
                ("gradient_variance", number(gradient_variance(objective, w))),
                ("sam_pull", Value::Examples(pull(objective, w, &there(bench)))),
            ]
        }
        "eigen_sam" => {
            let (state, taken) = after(bench, &EIGEN_SAM, 0);
            let mut quantities = bench.climb_of(taken);
            quantities.push(("vector", Value::Flat(state.slot(EIGEN_SAM.slots()[0]).clone())));
            quantities
        }
        "saner" => {
            let (_, taken) = after(bench, &SANER, 1);
            let shrunk = taken.1.shrunk.clone().expect("SANER says so");
            let mut quantities = bench.climb_of(taken);
            quantities.push(("shrunk", number(shrunk)));
            quantities
        }
        _ => return None,
    })
}

fn number(of_members: Tensor<1>) -> Value {
    Value::Number(of_members.reshape([-1, 1, 1]))
}

/// w + ε of SAM.
fn there(bench: &Bench<'_>) -> Weights {
    bench.step(&Sam).1.perturbation.expect("SAM climbs").from(bench.problem.weights())
}

fn climb_on(bench: &Bench<'_>, climb: ClimbLoss) -> Quantities {
    let (next, report) = bench.step_on(climb, &Sam);
    let mut quantities = vec![("climb_grad", Value::Flat(report.gradient.clone()))];
    quantities.extend(bench.climb_of((next, report)));
    quantities
}

/// A step from the file's weights after `done` others, with what the method remembers of it.
fn after(bench: &Bench<'_>, method: &dyn Method, done: usize) -> (State, (Weights, StepReport)) {
    let w = bench.problem.weights();
    let mut state = State::new(method.slots().iter().copied(), w);
    state.time = done;
    let taken = bench.step_from(w.clone(), ClimbLoss::CrossEntropy, method, &mut state);
    (state, taken)
}

/// LookSAM's steps.
pub fn look_sam(bench: &Bench<'_>, steps: usize) -> Vec<Quantities> {
    bench.steps(&LOOK_SAM, steps, |_, _, report, after| {
        vec![
            ("grad", Value::Flat(report.gradient)),
            ("g_v", Value::Flat(after.slot(LOOK_SAM.slots()[0]).clone())),
            ("descent", Value::Flat(report.descent)),
        ]
    })
}

/// LLQR's steps.
pub fn llqr(bench: &Bench<'_>, steps: usize) -> Vec<Quantities> {
    bench.steps(&LLQR, steps, |_, _, report, after| {
        let scale = after.slot(LLQR.slots()[0]).map(|leaf| leaf.value.clone().add_scalar(1.0));
        vec![
            ("scale", Value::Flat(scale)),
            ("eps", Value::Flat(report.perturbation.expect("it climbs").vector())),
            ("descent", Value::Flat(report.descent)),
        ]
    })
}
