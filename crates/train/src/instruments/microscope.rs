//! One step under the microscope: every number of the next step of each lane, before it happens.
//!
//! The step is the real one: it is computed by the lane's method, told, and kept; the run's next step
//! takes it as it is.

use basin_optim::measures::split::{pull, split};
use basin_optim::population::{Weights, evaluate, gradient_norms, losses, mean_of_batch, unit};
use burn::tensor::{Tensor, TensorData, Transaction};

use super::error::{LookError, lives};
use crate::lost;
use crate::memory;
use crate::models::OnBatch;
use crate::models::batch::{Batch, TextBatch};
use crate::report::{LaneTrace, StepTrace, TracedExample};
use crate::run::{Lane, LaneStep, Run};

/// Places along the climb and along the move, from half a length behind to half a length beyond.
const PLACES: usize = 17;

/// Computes the next step and tells it for one member; the run's next step is this very one.
///
/// # Errors
/// A member that does not exist, or has diverged in all lanes.
pub(crate) async fn trace(run: &mut Run, member: usize) -> Result<StepTrace, LookError> {
    let mut alive = Vec::with_capacity(run.lanes.len());
    for lane in 0..run.lanes.len() {
        alive.push(lives(run, lane, member)?);
    }
    if !alive.contains(&true) {
        return Err(LookError::AllDiverged);
    }
    let next = run.next_step();
    let batch = next.examples.iter().map(|&example| {
        let of = &run.data.train[example];
        TracedExample {
            example,
            text: of.text.clone(),
            text_b: of.text_b.clone(),
            label: of.label as usize,
            given_label: of.given_label as usize,
        }
    });
    let batch = batch.collect();
    let on = run.batch(next.examples.iter().map(|&example| &run.data.train[example]));
    let mut lanes = Vec::with_capacity(next.lanes.len());
    for ((lane, step), alive) in run.lanes.iter().zip(&next.lanes).zip(alive) {
        lanes.push(if alive {
            trace_lane(run, lane, step, next.texts.as_ref(), &on, member).await
        } else {
            LaneTrace { diverged: true, ..LaneTrace::default() }
        });
    }
    run.keep(next);
    Ok(StepTrace { step: run.steps.done, member, batch, lanes })
}

/// Mean loss on `batch` at [`places`] from `w` along `direction`, as many at once as there is room for.
fn losses_along(run: &Run, direction: &Weights, w: &Weights, batch: &Batch) -> Tensor<1> {
    let objective = OnBatch::new(&*run.model, batch);
    let at_once = memory::members_at_once(&run.experiment.model, &run.data_sizes, batch.labels.len());
    let places = places();
    let means = places.chunks(at_once).map(|places| {
        let t = Tensor::from_data(TensorData::new(places.to_vec(), [places.len(), 1, 1]), &run.compute.device);
        mean_of_batch(losses(&objective, &w.add_scaled(direction, &t)))
    });
    Tensor::cat(means.collect(), 0)
}

async fn trace_lane(run: &Run, lane: &Lane, step: &LaneStep, texts: Option<&TextBatch>, batch: &Batch, member: usize) -> LaneTrace {
    let objective = OnBatch::new(&*run.model, batch);
    let of_member = |w: &Weights| w.slice_members(member..member + 1);
    let row = |t: &Tensor<2>| if t.dims()[0] == 1 { t.clone() } else { t.clone().narrow(0, member, 1) };
    let report = &step.report;

    let w = of_member(lane.weights()).select_rows(&batch.rows);
    // A lane that sees no text coordinates sees the rows of this very batch.
    let after = of_member(&lane.rows_after(step, run.base, Some(batch), texts, &batch.rows));
    let gradient = evaluate(&objective, &w).gradient;
    let on_rows = |v: &Weights| lane.on_rows(of_member(v), texts);
    let descent = on_rows(&report.descent);
    let moved = after.add_times(&w, -1.0);
    let climb = report.perturbation.as_ref().map(|climb| on_rows(&climb.vector()));

    // x along g, y along what is orthogonal to it in the climb, or in the descent gradient where the climb
    // has nothing there: SAM climbs along g itself.
    let x = unit(&gradient);
    let across = |v: &Weights| v.add_scaled(&x, &v.dot(&x).neg());
    let of_climb = climb.as_ref().map(&across);
    let of_descent = across(&descent);

    let along = |direction: &Weights| losses_along(run, direction, &w, batch);
    let flat = |t: Tensor<3>| t.reshape([-1]);
    // Norms and products first, then everything with one number per example or place.
    let mut scalars = vec![
        flat(gradient.norm()),
        flat(descent.norm()),
        flat(moved.norm()),
        flat(descent.dot(&gradient)),
        flat(moved.dot(&descent)),
        flat(descent.dot(&x)),
        flat(moved.dot(&x)),
        flat(of_descent.norm()),
        flat(moved.dot(&of_descent)),
    ];
    if let (Some(climb), Some(own)) = (&climb, &of_climb) {
        scalars.extend([climb.norm(), climb.dot(&gradient), climb.dot(&x), own.norm(), descent.dot(own), moved.dot(own)].map(flat));
        let found = split(&objective, &w, &w.add_times(climb, 1.0));
        scalars.extend([found.errors, found.network, found.both, found.there]);
    }
    let mut transaction = Transaction::default()
        .register(Tensor::cat(scalars, 0))
        .register(row(&report.losses))
        .register(losses(&objective, &after))
        .register(gradient_norms(&objective, &w))
        .register(along(&moved));
    for optional in [report.losses_up.as_ref().map(row), report.p.as_ref().map(row)].into_iter().flatten() {
        transaction = transaction.register(optional);
    }
    if let Some(climb) = &climb {
        transaction = transaction.register(along(climb)).register(pull(&objective, &w, &w.add_times(climb, 1.0)));
    }
    if let Some(shrunk) = &report.shrunk {
        transaction = transaction.register(shrunk.clone());
    }
    if let Some(fell_back) = &report.fell_back {
        transaction = transaction.register(fell_back.clone());
    }
    let mut read = lost::read(transaction).await.into_iter().map(|values| {
        let values: Vec<f32> = values.try_to_vec_as().expect("a trace is f32");
        values.into_iter().map(f64::from).collect::<Vec<f64>>()
    });
    let mut next = || read.next().expect("one per tensor");
    let (n, losses, losses_after, norms, path) = (next(), next(), next(), next(), next());
    let losses_up = report.losses_up.as_ref().map_or_else(Vec::new, |_| next());
    let p = report.p.as_ref().map_or_else(Vec::new, |_| next());
    let ray = climb.as_ref().map_or_else(Vec::new, |_| next());
    let pull = climb.as_ref().map_or_else(Vec::new, |_| next());
    let shrunk = report.shrunk.as_ref().map(|_| next()[member]);
    let fell_back = report.fell_back.as_ref().is_some_and(|_| {
        let flags = next();
        flags.get(member).or(flags.first()).is_some_and(|flag| *flag > 0.0)
    });

    let over = |a: f64, b: f64| if b > 1e-12 { a / b } else { 0.0 };
    let [gradient_norm, descent_norm, move_norm] = [n[0], n[1], n[2]];
    let mut trace = LaneTrace {
        p,
        norms,
        pull,
        shrunk,
        fell_back,
        rho: lane.config.rho,
        rate: step.rate,
        gradient_norm,
        descent_norm,
        move_norm,
        cos_descent: over(n[3], gradient_norm * descent_norm),
        cos_move: over(-n[4], move_norm * descent_norm),
        descent: [n[5], n[7]],
        moved: [n[6], over(n[8], n[7])],
        ray: places().into_iter().map(f64::from).zip(ray).map(Into::into).collect(),
        path: places().into_iter().map(f64::from).zip(path).map(Into::into).collect(),
        gradient_evaluations: report.cost.gradient_evaluations(),
        losses,
        losses_up,
        losses_after,
        ..LaneTrace::default()
    };
    if let Some(&[climb_norm, climb_slope, climb_x, across, descent_across, move_across, errors, network, both, up_norm]) =
        n.get(9..).and_then(|n| n.first_chunk())
    {
        (trace.split, trace.up_norm) = (vec![errors, network, both], up_norm);
        trace.climb_norm = climb_norm;
        trace.cos_climb = over(climb_slope, climb_norm * gradient_norm);
        // Rounding leaves a millionth of a climb along g across it.
        if across > 1e-4 * climb_norm {
            trace.climb = [climb_x, across];
            trace.descent[1] = descent_across / across;
            trace.moved[1] = move_across / across;
        } else {
            trace.climb = [climb_x, 0.0];
        }
    }
    trace
}

/// t from −0.5 to 1.5; 0 and 1 are among them.
fn places() -> Vec<f32> {
    (0..PLACES).map(|i| i as f32 * 2.0 / (PLACES - 1) as f32 - 0.5).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_hold_both_ends_of_a_step() {
        let places = places();
        assert_eq!((places[0], places[4], places[12], places[16]), (-0.5, 0.0, 1.0, 1.5));
    }
}
