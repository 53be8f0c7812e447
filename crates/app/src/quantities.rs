//! The names of the sharpness quantities, their units, and one sentence on each.

use basin_train::experiment::MethodConfig;
use basin_train::report::{Quantity, Reading, Side};

use crate::state::LaneSeries;

/// The name in the table: `Gap, ρ 0.05`.
pub fn title(quantity: Quantity) -> String {
    match quantity {
        Quantity::Gap { rho } => format!("Gap, ρ {rho}"),
        Quantity::ExampleGap { rho } => format!("Gap per example, ρ {rho}"),
        Quantity::LargestEigenvalue => "Largest eigenvalue λ".to_owned(),
        Quantity::Trace => "Trace of the Hessian".to_owned(),
        Quantity::AverageRise { sigma } => format!("Average rise, σ {sigma}"),
        Quantity::AdaptiveGap { rho } => format!("Adaptive gap, ρ {rho}"),
        Quantity::AdaptiveAverageRise { sigma } => format!("Adaptive average rise, σ {sigma}"),
        Quantity::GradientVariance => "Gradient variance tr V".to_owned(),
        Quantity::SamEdge => "SAM edge".to_owned(),
        Quantity::AlignmentCosine => "cos(D, D*)".to_owned(),
        Quantity::AlignmentDistance => "|D − D*| / |D*|".to_owned(),
    }
}

/// The name in CSV and JSON, without the radius.
pub fn word(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Gap { .. } => "gap",
        Quantity::ExampleGap { .. } => "example_gap",
        Quantity::LargestEigenvalue => "largest_eigenvalue",
        Quantity::Trace => "trace",
        Quantity::AverageRise { .. } => "average_rise",
        Quantity::AdaptiveGap { .. } => "adaptive_gap",
        Quantity::AdaptiveAverageRise { .. } => "adaptive_average_rise",
        Quantity::GradientVariance => "gradient_variance",
        Quantity::SamEdge => "sam_edge",
        Quantity::AlignmentCosine => "alignment_cosine",
        Quantity::AlignmentDistance => "alignment_distance",
    }
}

/// ρ or σ, where the quantity has one.
pub fn radius(quantity: Quantity) -> Option<f64> {
    match quantity {
        Quantity::Gap { rho } | Quantity::ExampleGap { rho } | Quantity::AdaptiveGap { rho } => Some(rho),
        Quantity::AverageRise { sigma } | Quantity::AdaptiveAverageRise { sigma } => Some(sigma),
        Quantity::LargestEigenvalue
        | Quantity::Trace
        | Quantity::GradientVariance
        | Quantity::SamEdge
        | Quantity::AlignmentCosine
        | Quantity::AlignmentDistance => None,
    }
}

/// Its unit.
pub fn unit(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::GradientVariance => "nats² per unit of weight squared",
        Quantity::LargestEigenvalue | Quantity::Trace | Quantity::SamEdge => "nats per unit of weight squared",
        Quantity::AlignmentCosine | Quantity::AlignmentDistance => "no unit",
        _ => "nats",
    }
}

/// What it is, in one sentence.
pub fn help(quantity: Quantity) -> &'static str {
    match quantity {
        Quantity::Gap { .. } => "L(w+ε) − L(w): how much the mean loss rises after a climb of length ρ along its gradient, in nats.",
        Quantity::ExampleGap { .. } => {
            "Mean over examples of l(w+ε) − l(w), each with its own ε: how much the loss of an example rises when it climbs alone, along its own gradient, in nats."
        }
        Quantity::LargestEigenvalue => {
            "The eigenvalue of the Hessian that is largest in size: the curvature of the loss along its most curved direction, in nats per \
             unit of weight squared; its error is |Hv − λv|."
        }
        Quantity::Trace => {
            "The sum of all eigenvalues of the Hessian: the curvature over all directions together, in nats per unit of weight squared, \
             estimated; its error is the standard error."
        }
        Quantity::AverageRise { .. } => {
            "Mean of L(w+δ) − L(w) for Gaussian noise δ of standard deviation σ on each weight, in nats, with its standard error."
        }
        Quantity::AdaptiveGap { .. } => {
            "The gap with a climb whose steps are in proportion to each weight, so that rescaling layers does not change it, in nats."
        }
        Quantity::AdaptiveAverageRise { .. } => {
            "The average rise with noise in proportion to each weight, so that rescaling layers does not change it, in nats."
        }
        Quantity::GradientVariance => {
            "How far the gradients of single examples disagree: the mean of their squared lengths less the squared length of their mean. \
             A step on one example differs from the mean step by this much."
        }
        Quantity::SamEdge => {
            "The largest eigenvalue at which full-batch SAM still settles at the lane's ρ and learning rate, 2/η without a climb; where λ \
             reaches it, training holds it there. Derived for plain gradient steps, so it is told where the optimizer is SGD without momentum."
        }
        Quantity::AlignmentCosine => {
            "Cosine of the angle between what the climb changes in the gradient, D, and what exact per-instance SAM would change, D*; no \
             unit, 1 is the same direction."
        }
        Quantity::AlignmentDistance => "Distance of D from that of exact per-instance SAM, as a share of its length; no unit, 0 is equal.",
    }
}

/// Whether it says how close a lane is to per-instance SAM, rather than how sharp its place is.
pub fn is_alignment(quantity: Quantity) -> bool {
    matches!(quantity, Quantity::AlignmentCosine | Quantity::AlignmentDistance)
}

/// Why a lane has no value, in a sentence.
pub fn why_none(reading: &Reading, lane: &LaneSeries) -> &'static str {
    match lane.config.method {
        MethodConfig::Sgd if is_alignment(reading.quantity) => {
            "SGD has no climb: its descent gradient is g itself, so D = 0, and there is no ρ at which to compare it."
        }
        method if is_alignment(reading.quantity) && !method.climbs_in_weights() => {
            "This lane climbs nowhere among the weights, so there is no ρ at which it could be compared with per-instance SAM."
        }
        _ if is_alignment(reading.quantity) => "Not defined here: D or D* has no length, or the members diverged.",
        _ if reading.quantity == Quantity::SamEdge => {
            "Derived for plain gradient steps: it is told where the optimizer is SGD without momentum, and the learning rate is not zero."
        }
        _ => "The members of this lane diverged, or the loss after the climb is not finite.",
    }
}

/// A side in words.
pub fn side(side: Side) -> &'static str {
    match side {
        Side::Train => "Training",
        Side::HeldOut => "Held out",
    }
}

/// A side in CSV.
pub fn side_word(side: Side) -> &'static str {
    match side {
        Side::Train => "train",
        Side::HeldOut => "held_out",
    }
}
