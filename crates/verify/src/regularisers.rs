//! What is run of the text regularisers: R3F, R-Drop, FreeLB, SMART.

use basin_optim::methods::{FreeLb, Method, R3f, RDrop, Smart, StepReport};
use basin_optim::population::Weights;

use crate::bench::{Bench, Quantities, Value};
use crate::file::{Fields, VerifyError};

/// Their settings in the golden files.
const R3F: R3f = R3f { lambda: 0.7 };
const R_DROP: RDrop = RDrop { alpha: 0.8 };
const FREE_LB: FreeLb = FreeLb { passes: 3, stride: 0.6 };
const SMART: Smart = Smart { lambda: 0.9 };

/// Inputs of the last layer in every problem.
const WIDTH: usize = 2;

/// The quantities of the rule `name`; none if there is no such rule here.
///
/// # Errors
/// A field that is missing or wrong.
pub fn rule(bench: &Bench<'_>, name: &str, file: &Fields<'_>) -> Result<Option<Quantities>, VerifyError> {
    let moved = |method: &dyn Method| {
        let (next, report) = bench.step(method);
        let losses = report.losses_up.clone().expect("it moves the tokens");
        let mut quantities = descent((next, report));
        quantities.push(("losses_moved", Value::Examples(losses)));
        quantities
    };
    Ok(Some(match name {
        "r3f" => moved(&R3F),
        "free_lb" => moved(&FREE_LB),
        "smart" => moved(&SMART),
        "r_drop" => {
            let (fields, batch) = (file.object(name)?, bench.problem.objective().batch());
            let mask = |pass: &str| fields.object("masks")?.matrix(pass, batch, WIDTH);
            let (next, report) = bench.step_dropping(&[mask("first")?, mask("second")?], &R_DROP);
            let losses = report.losses.clone();
            let mut quantities = descent((next, report));
            quantities.push(("losses_dropped", Value::Examples(losses)));
            quantities
        }
        _ => return Ok(None),
    }))
}

fn descent((next, report): (Weights, StepReport)) -> Quantities {
    vec![("descent", Value::Flat(report.descent)), ("w_new", Value::Flat(next))]
}
