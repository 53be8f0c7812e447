//! The sharpness of every lane, in numbers.

use serde::{Deserialize, Serialize};

use super::thin;

/// Error of an eigenvalue, as a share of it, above which it counts as not converged.
const TOLERANCE: f64 = 0.1;

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
    /// tr V = mean ‖∇l_i‖² − ‖∇L‖²: how far the gradients of the examples disagree.
    GradientVariance,
    /// The largest eigenvalue at which full-batch SAM at the lane's ρ and η still settles. Defined for plain gradient steps alone.
    SamEdge,
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
    pub(crate) fn new(quantity: Quantity, values: Vec<f64>, errors: Vec<f64>, gradient_evaluations: f64) -> Self {
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

impl Sharpness {
    /// Puts a measurement among others, by its step. Measured again at the same step, so at the same weights, the later one
    /// stands for both.
    pub fn put(self, among: &mut Vec<Self>) {
        let again = |before: &Self| before.step == self.step && before.side == self.side;
        match among.iter_mut().rev().take_while(|before| before.step >= self.step).find(|before| again(before)) {
            Some(before) => *before = self,
            None => among.insert(among.partition_point(|before| before.step <= self.step), self),
        }
    }

    /// The same among `most` at most: where there are more, every second one of each side is forgotten, but neither its first nor its
    /// last. Returns how many.
    pub fn put_within(self, among: &mut Vec<Self>, most: usize) -> usize {
        self.put(among);
        let before = among.len();
        if before > most {
            // Both sides may have been measured in turn.
            let (mut train, mut held_out): (Vec<Self>, Vec<Self>) =
                std::mem::take(among).into_iter().partition(|one| one.side == Side::Train);
            thin(&mut train, most / 2);
            thin(&mut held_out, most / 2);
            *among = train;
            for one in held_out {
                one.put(among);
            }
        }
        before - among.len()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

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
