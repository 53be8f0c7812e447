//! The sharpness of every lane: what is measured, on which examples, and at what cost.
//!
//! One measurement takes every lane at one step on one fixed batch. Measurements cost many gradient
//! evaluations, so a budget decides how often there is time for one.
//! Elsewhere: the formulas (`basin_optim::measures`).

use basin_optim::measures::alignment::alignment;
use basin_optim::measures::sharpness::{
    Eigenpair, adaptive_perturbation, average_rise, example_gap, gap, gradient_variance, largest_eigenvalue, rise, sam_edge, trace,
};
use basin_optim::methods::Context;
use basin_optim::population::{ClimbLoss, Purpose, Weights, evaluate, per_example};
use burn::tensor::{Tensor, Transaction};

use super::probes::Probes;
use crate::experiment::{Base, build};
use crate::lost;
use crate::models::OnBatch;
use crate::models::batch::Batch;
use crate::report::{Quantity, Reading, Sharpness, Side};
use crate::run::{Lane, Run};

/// Radii ρ of the gap, as multiples of the probe's ρ.
pub const GAP_RADII: [f64; 4] = [0.5, 1.0, 2.0, 4.0];

/// Standard deviation of the Gaussian noise of the average rise, added to each weight.
pub const SIGMA: f64 = 0.02;

/// Radius ρ of the adaptive gap: ‖ε/w‖, entry by entry.
pub const ADAPTIVE_RHO: f64 = 0.5;

/// Standard deviation of the noise of the adaptive average rise, as a share of each weight.
pub const ADAPTIVE_SIGMA: f64 = 0.1;

/// Power iterations of a first estimate, and of one that starts from the last.
const ITERATIONS: [usize; 2] = [8, 3];

/// Power iterations of the only estimate of a run.
const ALONE: usize = 16;

/// Draws of each random estimate.
const DRAWS: usize = 4;

/// Length of the step of a Hessian product along the eigenvector: in f32 rounding and curvature of the third order
/// both stay below a thousandth of the largest eigenvalue.
const EIGEN_STEP: f64 = 0.02;

/// The same along a vector of signs, which moves each weight by a few ten-thousandths.
const TRACE_STEP: f64 = 0.1;

/// What one lane's readings are made of, still on the device.
struct Pending {
    quantity: Quantity,
    values: Tensor<1>,
    errors: Option<Tensor<1>>,
    gradient_evaluations: f64,
}

/// Where the next estimate of the largest eigenvalue starts, on the training and the held-out probe.
pub(crate) type Directions = [Option<Weights>; 2];

/// Measures the sharpness of every lane now, on the probe of the training set or on as many held-out examples.
/// Alignment is measured on training examples only, one batch of them. Power iterations start where the last ones of the
/// same side ended: in `directions`, one entry per lane.
pub(crate) async fn measure(run: &Run, probes: &Probes, directions: &mut [Directions], side: Side) -> Sharpness {
    let started = (run.clock)();
    let probe = probes.of(side);
    let mut lanes = Vec::with_capacity(run.lanes.len());
    for (lane, directions) in run.lanes.iter().zip(directions) {
        let before = directions[side as usize].take();
        let (mut pending, next) = sharpness_of(run, lane, probe, before.as_ref());
        directions[side as usize] = Some(next);
        if side == Side::Train {
            pending.extend(alignment_of(run, lane, &probes.batch));
        }
        lanes.push(read(pending, &lane.diverged).await);
    }
    Sharpness { step: run.steps.done, side, examples: probe.labels.len(), seconds: (run.clock)() - started, lanes }
}

/// The largest eigenvalue of the first lane alone, on the probe of the training set.
pub(crate) async fn eigenvalue(run: &Run, probes: &Probes) -> Reading {
    let (lane, probe) = (&run.lanes[0], probes.of(Side::Train));
    let objective = OnBatch::new(&*run.model, probe);
    let w = &lane.weights().select_rows(&probe.rows);
    let start = evaluate(&objective, w).gradient;
    let Eigenpair { value, residual, .. } = largest_eigenvalue(&objective, w, &start, ALONE, EIGEN_STEP);
    let pending =
        Pending { quantity: Quantity::LargestEigenvalue, values: value, errors: Some(residual), gradient_evaluations: 2.0 * ALONE as f64 };
    read(vec![pending], &lane.diverged).await.swap_remove(0)
}

/// cos(D, D*) of the first lane alone.
pub(crate) async fn alignment_cosine(run: &Run, probes: &Probes) -> Reading {
    let lane = &run.lanes[0];
    let [cosine, _] = alignment_of(run, lane, &probes.batch);
    read(vec![cosine], &lane.diverged).await.swap_remove(0)
}

/// Readings of one lane on `probe`, and where its next power iteration starts.
fn sharpness_of(run: &Run, lane: &Lane, probe: &Batch, before: Option<&Weights>) -> (Vec<Pending>, Weights) {
    let objective = OnBatch::new(&*run.model, probe);
    let w = &lane.weights().select_rows(&probe.rows);
    let here = evaluate(&objective, w);
    let probe_rho = run.experiment.training.probe_rho;
    let radius = |rho: f64| lane.rho.full_like(rho);
    // The same draws for all lanes at a step.
    let noise = run.noise(Purpose::Sharpness);

    let mut pending = Vec::new();
    let mut add = |quantity, values, errors, gradient_evaluations| {
        pending.push(Pending { quantity, values, errors, gradient_evaluations });
    };
    // The gradient is shared by the gaps, the adaptive one among them.
    let shared = (1.0 / (GAP_RADII.len() + 1) as f64) + 1.0 / 3.0;
    for factor in GAP_RADII {
        let rho = factor * probe_rho;
        add(Quantity::Gap { rho }, gap(&objective, w, &here, &radius(rho)), None, shared);
    }
    add(Quantity::ExampleGap { rho: probe_rho }, example_gap(&objective, w, &radius(probe_rho)), None, 2.0);

    let iterations = ITERATIONS[usize::from(before.is_some())];
    let Eigenpair { value, residual, next } = largest_eigenvalue(&objective, w, before.unwrap_or(&here.gradient), iterations, EIGEN_STEP);
    add(Quantity::LargestEigenvalue, value, Some(residual), 2.0 * iterations as f64);
    let estimate = trace(&objective, w, &noise, DRAWS, TRACE_STEP);
    add(Quantity::Trace, estimate.mean, Some(estimate.error), 2.0 * DRAWS as f64);

    let forwards = 2.0 * DRAWS as f64 / 3.0;
    let normal = |draw| noise.gaussian(w, draw);
    let of_weights = |draw| normal(draw).zip(w, |xi, w| xi * w.abs());
    let estimate = average_rise(&objective, w, &here, normal, DRAWS, SIGMA);
    add(Quantity::AverageRise { sigma: SIGMA }, estimate.mean, Some(estimate.error), forwards);
    let perturbation = adaptive_perturbation(w, &here, &radius(ADAPTIVE_RHO));
    add(Quantity::AdaptiveGap { rho: ADAPTIVE_RHO }, rise(&objective, w, &here, &perturbation), None, shared);
    let estimate = average_rise(&objective, w, &here, of_weights, DRAWS, ADAPTIVE_SIGMA);
    add(Quantity::AdaptiveAverageRise { sigma: ADAPTIVE_SIGMA }, estimate.mean, Some(estimate.error), forwards);

    add(Quantity::GradientVariance, gradient_variance(&objective, w), None, 2.0);
    let flat = |t: Tensor<3>| t.reshape([-1]);
    let (norm, rho) = (flat(here.gradient.norm()), flat(lane.rho_at(run.rate_fraction())));
    let rate = lane.config.learning_rate.unwrap_or(run.experiment.training.learning_rate) * run.rate_fraction();
    let edge = if run.experiment.training.base == Base::Sgd { sam_edge(&norm, &rho, rate) } else { norm.full_like(f64::NAN) };
    add(Quantity::SamEdge, edge, None, 0.0);
    (pending, next)
}

/// How close the lane's climb comes to per-instance SAM at the ρ that the lane climbs now, on one batch of training examples.
fn alignment_of(run: &Run, lane: &Lane, batch: &Batch) -> [Pending; 2] {
    let rate_fraction = run.rate_fraction();
    let at_zero = lane.config.rho * lane.method.radius_factor(rate_fraction) == 0.0;
    if at_zero || !lane.config.method.climbs_in_weights() {
        // Neither this lane nor per-instance SAM climbs at ρ = 0: what is left of D and D* is rounding. Text regularisers climb
        // elsewhere.
        let undefined: Tensor<1> = lane.rho.full_like(f64::NAN).reshape([-1]);
        return [Quantity::AlignmentCosine, Quantity::AlignmentDistance].map(|quantity| Pending {
            quantity,
            values: undefined.clone(),
            errors: None,
            gradient_evaluations: 0.0,
        });
    }
    let objective = OnBatch::new(&*run.model, batch);
    let w = lane.weights().select_rows(&batch.rows);
    // A step that is not taken: only its descent gradient is of interest.
    let mut memory = lane.state.select(lane.method.slots(), &batch.rows);
    let (rho, noise) = (lane.rho_at(rate_fraction), run.noise(Purpose::Alignment));
    let (climb, time) = (build::climb_loss(&lane.config), run.steps.time());
    let mut context = Context { rho: rho.clone(), state: &mut memory, noise: &noise, climb, time };
    let report = lane.method.step(&w, &objective, &mut context);
    let exact = per_example(&objective, &w, &rho, ClimbLoss::CrossEntropy).descent;
    let found = alignment(&report.descent, &exact, &evaluate(&objective, &w).gradient);
    // Half each of what both take together: the step, two for per-instance SAM, one for g.
    let gradient_evaluations = 0.5 * report.cost.gradient_evaluations() + 1.5;
    let pending = |quantity, values| Pending { quantity, values, errors: None, gradient_evaluations };
    [pending(Quantity::AlignmentCosine, found.cosine), pending(Quantity::AlignmentDistance, found.distance)]
}

/// Reads a lane's numbers back; those of members that diverged are not numbers.
async fn read(pending: Vec<Pending>, diverged: &[bool]) -> Vec<Reading> {
    let mut transaction = Transaction::default();
    for Pending { values, errors, .. } in &pending {
        transaction = transaction.register(values.clone());
        if let Some(errors) = errors {
            transaction = transaction.register(errors.clone());
        }
    }
    let mut read = lost::read(transaction).await.into_iter();
    let mut next = || {
        let values: Vec<f32> = read.next().expect("one per tensor").try_to_vec_as().expect("readings are f32");
        values.into_iter().zip(diverged).map(|(v, diverged)| if *diverged { f64::NAN } else { f64::from(v) }).collect::<Vec<f64>>()
    };
    pending
        .into_iter()
        .map(|Pending { quantity, errors, gradient_evaluations, .. }| {
            let values = next();
            Reading::new(quantity, values, errors.map_or_else(Vec::new, |_| next()), gradient_evaluations)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::Driver;
    use crate::experiment::{Experiment, Schedule};
    use crate::run::Compute;

    /// Halfway through a cosine schedule GSAM climbs half its ρ, and without α it is SAM at that ρ.
    #[test]
    fn alignment_is_measured_at_the_radius_that_the_lane_climbs() {
        let lanes = ["gsam:alpha=0:rho=0.2", "sam:rho=0.1"].map(|lane| lane.parse().expect("lanes")).to_vec();
        let mut experiment = Experiment { lanes, ..Experiment::default() };
        experiment.training.schedule = Schedule::Cosine;
        let mut driver = Driver::prepare(experiment, None, Compute::cpu()).expect("the built-in data is good");
        let half = driver.run.steps.planned() / 2;
        driver.run.steps = driver.run.steps.at(half, vec![2 * half]);
        let of_lane = |lane: Vec<Reading>| lane.into_iter().find(|reading| reading.quantity == Quantity::AlignmentCosine);
        let lanes = pollster::block_on(driver.measure_sharpness(Side::Train)).lanes.into_iter();
        let cosines: Vec<f64> = lanes.map(|lane| of_lane(lane).expect("it is measured").values[0]).collect();
        assert!((cosines[0] - cosines[1]).abs() < 1e-4 && cosines[1].abs() < 0.999, "{cosines:?}");
    }
}
