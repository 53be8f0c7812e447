//! The sharpness of every lane: what is measured, on which examples, and at what cost.
//!
//! One measurement takes every lane at one step on one fixed batch. Measurements cost many gradient
//! evaluations, so [`Budget`] decides how often there is time for one.
//! Elsewhere: the formulas (`basin_optim::measures`).

use basin_optim::measures::alignment::alignment;
use basin_optim::measures::sharpness::{
    Eigenpair, Here, Scale, adaptive_perturbation, average_rise, example_gap, gap, largest_eigenvalue, rise, trace,
};
use basin_optim::methods::Context;
use basin_optim::population::{Purpose, Weights, evaluate, per_example};
use burn::tensor::{Tensor, Transaction};
use serde::{Deserialize, Serialize};

use crate::batch::Batch;
use crate::lane::MethodConfig;
use crate::models::OnBatch;
use crate::session::{Lane, Session};

/// Radii ρ of the gap, as multiples of the probe's ρ.
pub const GAP_RADII: [f64; 4] = [0.5, 1.0, 2.0, 4.0];

/// Standard deviation of the Gaussian noise of the average rise, added to each weight.
pub const SIGMA: f64 = 0.02;

/// Radius ρ of the adaptive gap: ‖ε/w‖, entry by entry.
pub const ADAPTIVE_RHO: f64 = 0.5;

/// Standard deviation of the noise of the adaptive average rise, as a share of each weight.
pub const ADAPTIVE_SIGMA: f64 = 0.1;

/// A quantity, with its radius where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "quantity", rename_all = "kebab-case")]
pub enum Quantity {
    /// L(w+ε) − L(w), ε = ρ g/‖g‖, nats.
    Gap {
        /// ρ.
        #[serde(with = "crate::any_float")]
        rho: f64,
    },
    /// Mean over the examples of l_i(w+ε_i) − l_i(w), each with its own ε_i, nats.
    ExampleGap {
        /// ρ.
        #[serde(with = "crate::any_float")]
        rho: f64,
    },
    /// The eigenvalue of the Hessian that is largest in size, with its sign; its error is ‖Hv − λv‖.
    LargestEigenvalue,
    /// The trace of the Hessian; its error is the standard error of the estimate.
    Trace,
    /// Mean of L(w+δ) − L(w) for Gaussian δ, nats; its error is a standard error.
    AverageRise {
        /// Standard deviation of δ, each weight.
        #[serde(with = "crate::any_float")]
        sigma: f64,
    },
    /// The gap with ε = ρ T²g/‖Tg‖, T = |w|: it does not change when layers are rescaled, nats.
    AdaptiveGap {
        /// ρ.
        #[serde(with = "crate::any_float")]
        rho: f64,
    },
    /// The average rise with δ = σ |w| ξ: it does not change when layers are rescaled, nats.
    AdaptiveAverageRise {
        /// σ, a share of each weight.
        #[serde(with = "crate::any_float")]
        sigma: f64,
    },
    /// cos(D, D*): D = the method's descent gradient − g, D* the same for exact per-instance SAM at the lane's ρ; 1 is
    /// best. Not defined for a lane without a climb.
    AlignmentCosine,
    /// ‖D − D*‖/‖D*‖; 0 is best.
    AlignmentDistance,
}

/// Whose examples a measurement was taken on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Training examples, with the labels that are trained on.
    Train,
    /// Examples that are not trained on.
    HeldOut,
}

impl Side {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Train => Self::HeldOut,
            Self::HeldOut => Self::Train,
        }
    }
}

/// A quantity of one lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// What was measured.
    #[serde(flatten)]
    pub quantity: Quantity,
    /// One value per member; NaN (`null` in JSON) where it diverged or is not defined.
    #[serde(with = "crate::any_float")]
    pub values: Vec<f64>,
    /// The error of each value, as the quantity says; empty for those that are exact.
    #[serde(default, with = "crate::any_float")]
    pub errors: Vec<f64>,
    /// Of the largest eigenvalue, whether a member's power iteration has not converged: its error is above a tenth of the
    /// value. Empty for the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_converged: Vec<bool>,
    /// What it cost, in gradient evaluations of the measured batch, each member.
    #[serde(with = "crate::any_float")]
    pub gradient_evaluations: f64,
}

impl Reading {
    fn new(quantity: Quantity, values: Vec<f64>, errors: Vec<f64>, gradient_evaluations: f64) -> Self {
        let far = |(value, error): (&f64, &f64)| value.is_finite() && (error.is_nan() || *error > TOLERANCE * value.abs());
        let not_converged = match quantity {
            Quantity::LargestEigenvalue => values.iter().zip(&errors).map(far).collect(),
            _ => Vec::new(),
        };
        Self { quantity, values, errors, not_converged, gradient_evaluations }
    }

    /// Says so where members have not converged.
    pub fn convergence(&self) -> Option<String> {
        let alive = self.values.iter().filter(|value| value.is_finite()).count();
        match self.not_converged.iter().filter(|not| **not).count() {
            0 => None,
            all if all == alive => Some("not converged".to_owned()),
            some => Some(format!("{some} of {alive} not converged")),
        }
    }
}

/// All lanes at one step on one batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sharpness {
    /// Steps done.
    pub step: usize,
    /// Whose examples.
    pub side: Side,
    /// How many examples.
    pub examples: usize,
    /// What it took, in seconds, all lanes together.
    #[serde(with = "crate::any_float")]
    pub seconds: f64,
    /// The readings of each lane; the same quantities in the same order.
    pub lanes: Vec<Vec<Reading>>,
}

/// How much time sharpness may take, and has taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// Allowed share of the training time, 0 to 1; 0 measures only when asked.
    #[serde(with = "crate::any_float")]
    pub share: f64,
    /// Time that training took, in seconds.
    #[serde(with = "crate::any_float")]
    pub training_seconds: f64,
    /// Time that sharpness took, in seconds.
    #[serde(with = "crate::any_float")]
    pub sharpness_seconds: f64,
}

impl Budget {
    /// Whether there is time for a measurement that is expected to take `seconds`.
    pub fn allows(&self, seconds: f64) -> bool {
        self.share > 0.0 && self.sharpness_seconds + seconds <= self.share * self.training_seconds
    }
}

/// Error of an eigenvalue, as a share of it, above which it counts as not converged.
const TOLERANCE: f64 = 0.1;

/// Power iterations of a first estimate, and of one that starts from the last.
const ITERATIONS: [usize; 2] = [8, 3];

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

impl Session {
    /// Measures the sharpness of every lane now, on the probe of the training set or on as many held-out examples.
    /// Alignment is measured on training examples only, one batch of them.
    pub async fn measure_sharpness(&mut self, side: Side) -> Sharpness {
        let started = (self.clock)();
        let probe = self.probes[side as usize].clone();
        let mut lanes = Vec::with_capacity(self.lanes.len());
        for index in 0..self.lanes.len() {
            let (mut pending, next) = self.sharpness_of(&self.lanes[index], &probe, side);
            self.lanes[index].eigenvectors[side as usize] = Some(next);
            if side == Side::Train {
                pending.extend(self.alignment_of(&self.lanes[index]));
            }
            lanes.push(read(pending, &self.lanes[index].diverged).await);
        }
        Sharpness { step: self.step, side, examples: probe.labels.len(), seconds: (self.clock)() - started, lanes }
    }

    /// Readings of one lane on `probe`, and where its next power iteration starts.
    fn sharpness_of(&self, lane: &Lane, probe: &Batch, side: Side) -> (Vec<Pending>, Weights) {
        let objective = OnBatch::new(&*self.model, probe);
        let w = &lane.weights().select_rows(&probe.rows);
        let here = Here::at(&objective, w);
        let probe_rho = self.experiment.training.probe_rho;
        let radius = |rho: f64| lane.rho.full_like(rho);
        // The same draws for all lanes at a step.
        let noise = self.noise(Purpose::Sharpness);

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

        let before = lane.eigenvectors[side as usize].as_ref();
        let iterations = ITERATIONS[usize::from(before.is_some())];
        let Eigenpair { value, residual, next } =
            largest_eigenvalue(&objective, w, before.unwrap_or(&here.gradient), iterations, EIGEN_STEP);
        add(Quantity::LargestEigenvalue, value, Some(residual), 2.0 * iterations as f64);
        let estimate = trace(&objective, w, &noise, DRAWS, TRACE_STEP);
        add(Quantity::Trace, estimate.mean, Some(estimate.error), 2.0 * DRAWS as f64);

        let forwards = 2.0 * DRAWS as f64 / 3.0;
        let estimate = average_rise(&objective, w, &here, &noise, DRAWS, SIGMA, Scale::Absolute);
        add(Quantity::AverageRise { sigma: SIGMA }, estimate.mean, Some(estimate.error), forwards);
        let perturbation = adaptive_perturbation(w, &here, &radius(ADAPTIVE_RHO));
        add(Quantity::AdaptiveGap { rho: ADAPTIVE_RHO }, rise(&objective, w, &here, &perturbation), None, shared);
        let estimate = average_rise(&objective, w, &here, &noise, DRAWS, ADAPTIVE_SIGMA, Scale::OfWeights);
        add(Quantity::AdaptiveAverageRise { sigma: ADAPTIVE_SIGMA }, estimate.mean, Some(estimate.error), forwards);
        (pending, next)
    }

    /// How close the lane's climb comes to per-instance SAM at the ρ that the lane climbs now, on one batch of training examples.
    fn alignment_of(&self, lane: &Lane) -> [Pending; 2] {
        let rate_fraction = self.rate_fraction();
        let at_zero = lane.config.rho * lane.method.radius_factor(rate_fraction) == 0.0;
        if at_zero || lane.config.method == MethodConfig::Sgd {
            // Neither this lane nor per-instance SAM climbs at ρ = 0: what is left of D and D* is rounding.
            let undefined: Tensor<1> = lane.rho.full_like(f64::NAN).reshape([-1]);
            return [Quantity::AlignmentCosine, Quantity::AlignmentDistance].map(|quantity| Pending {
                quantity,
                values: undefined.clone(),
                errors: None,
                gradient_evaluations: 0.0,
            });
        }
        let batch = &self.alignment_batch;
        let objective = OnBatch::new(&*self.model, batch);
        let w = lane.weights().select_rows(&batch.rows);
        // A step that is not taken: only its descent gradient is of interest.
        let mut memory = lane.state.select(lane.method.slots(), &batch.rows);
        let (rho, noise) = (lane.rho_at(rate_fraction), self.noise(Purpose::Alignment));
        let mut context = Context { rho: rho.clone(), state: &mut memory, noise: &noise };
        let report = lane.method.step(&w, &objective, &mut context);
        let exact = per_example(&objective, &w, &rho).descent;
        let found = alignment(&report.descent, &exact, &evaluate(&objective, &w).gradient);
        // Half each of what both take together: the step, two for per-instance SAM, one for g.
        let gradient_evaluations = 0.5 * report.cost.gradient_evaluations() + 1.5;
        let pending = |quantity, values| Pending { quantity, values, errors: None, gradient_evaluations };
        [pending(Quantity::AlignmentCosine, found.cosine), pending(Quantity::AlignmentDistance, found.distance)]
    }
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
    let mut read = transaction.execute_async().await.expect("the device computes what it was asked for").into_iter();
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
    use crate::compute::Compute;
    use crate::config::{Experiment, Schedule};

    /// Halfway through a cosine schedule GSAM climbs half its ρ, and without α it is SAM at that ρ.
    #[test]
    fn alignment_is_measured_at_the_radius_that_the_lane_climbs() {
        let lanes = ["gsam:alpha=0:rho=0.2", "sam:rho=0.1"].map(|lane| lane.parse().expect("lanes")).to_vec();
        let mut experiment = Experiment { lanes, ..Experiment::default() };
        experiment.training.schedule = Schedule::Cosine;
        let mut session = Session::prepare(experiment, None, Compute::cpu()).expect("the built-in data is good");
        session.steps = 2 * (session.steps / 2);
        session.step = session.steps / 2;
        let of_lane = |lane: Vec<Reading>| lane.into_iter().find(|reading| reading.quantity == Quantity::AlignmentCosine);
        let lanes = pollster::block_on(session.measure_sharpness(Side::Train)).lanes.into_iter();
        let cosines: Vec<f64> = lanes.map(|lane| of_lane(lane).expect("it is measured").values[0]).collect();
        assert!((cosines[0] - cosines[1]).abs() < 1e-4 && cosines[1].abs() < 0.999, "{cosines:?}");
    }

    #[test]
    fn an_eigenvalue_far_from_its_direction_is_told() {
        let reading = |values: &[f64], errors: &[f64]| Reading::new(Quantity::LargestEigenvalue, values.to_vec(), errors.to_vec(), 6.0);
        // A tenth of 2 is 0.2, of −3 it is 0.3; a member that diverged does not count.
        let some = reading(&[2.0, -3.0, f64::NAN], &[0.2, 0.31, f64::NAN]);
        assert_eq!(
            (some.not_converged.as_slice(), some.convergence().as_deref()),
            (&[false, true, false][..], Some("1 of 2 not converged"))
        );
        assert_eq!(reading(&[2.0, f64::NAN], &[0.5, f64::NAN]).convergence().as_deref(), Some("not converged"));
        assert_eq!(reading(&[1.0], &[f64::NAN]).convergence().as_deref(), Some("not converged"), "an error that is no number");
        assert_eq!(reading(&[2.0], &[0.1]).convergence(), None);
        assert!(Reading::new(Quantity::Trace, vec![1.0], vec![5.0], 8.0).not_converged.is_empty(), "its error is a standard error");
    }

    #[test]
    fn a_budget_of_a_fifth_allows_a_fifth() {
        let budget = Budget { share: 0.2, training_seconds: 10.0, sharpness_seconds: 1.5 };
        assert!(budget.allows(0.5) && !budget.allows(0.6), "2 seconds are allowed, 1.5 are spent");
        assert!(!Budget { share: 0.0, ..budget }.allows(0.0), "a budget of zero measures only when asked");
    }
}
