//! From a lane's words to its method.

use basin_optim::base::Base;
use basin_optim::methods::{
    Asam, DeltaSam, EigenSam, FSam, FisherSam, FreeLb, Gsam, JSam, LSam, Llqr, LookSam, MSam, Method, Moment, Order, PerInstanceSam, R3f,
    RDrop, RwSam, Sam, Saner, Sgd, Smart, Within,
};
use basin_optim::population;
use basin_optim::weighting::{self, Draws, Radius};

use super::config::{self, TrainingConfig};
use super::lane::{LaneConfig, WHOLE};
use super::method::{ClimbLoss, MethodConfig, Rule};

/// How often Eigen-SAM looks for the most curved direction, and how long; the authors' settings.
const EIGEN_PERIOD: usize = 100;
const EIGEN_ITERATIONS: usize = 5;

/// The method of a lane, in the part of the run that it has.
pub fn method(lane: &LaneConfig) -> Box<dyn Method> {
    let method = of_words(&lane.method);
    if lane.is_whole() || !lane.method.climbs() {
        return method;
    }
    let moment = |number: f64| if number > 1.0 { Moment::Step(number as usize) } else { Moment::Share(number) };
    let ends = lane.until.to_bits() != WHOLE[1].to_bits();
    Box::new(Within { method, from: moment(lane.from), until: ends.then(|| moment(lane.until)) })
}

/// What a lane climbs on.
pub fn climb_loss(lane: &LaneConfig) -> population::ClimbLoss {
    match lane.climb_loss {
        ClimbLoss::CrossEntropy => population::ClimbLoss::CrossEntropy,
        ClimbLoss::Error => population::ClimbLoss::Error,
        ClimbLoss::BiSam => population::ClimbLoss::BiSam,
    }
}

fn of_words(config: &MethodConfig) -> Box<dyn Method> {
    match *config {
        MethodConfig::Sgd => Box::new(Sgd),
        MethodConfig::Sam => Box::new(Sam),
        MethodConfig::DeltaSam { rule, draws, radius } => {
            let draws = Draws { count: draws, radius: Radius::Relative(radius) };
            let rule = match rule {
                Rule::Noise => weighting::Rule::Noise(draws),
                Rule::NoiseChange => weighting::Rule::Change(draws),
                Rule::NoiseOverNorm => weighting::Rule::NoiseOverNorm(draws),
                Rule::Head => weighting::Rule::Head,
                Rule::HeadSimple => weighting::Rule::HeadSimple,
                Rule::Py => weighting::Rule::LabelProbability,
                Rule::InverseNorm => weighting::Rule::InverseNorm,
                Rule::Uniform => weighting::Rule::Uniform,
                Rule::Random => weighting::Rule::Random,
            };
            Box::new(DeltaSam { rule })
        }
        MethodConfig::PerInstanceSam => Box::new(PerInstanceSam),
        MethodConfig::MSam { groups, sorted } => Box::new(MSam { groups, sorted }),
        MethodConfig::Asam { eta } => Box::new(Asam { eta, plain_biases: true }),
        MethodConfig::FSam { sigma, lambda } => Box::new(FSam { sigma, lambda, order: Order::MeanLater }),
        MethodConfig::RwSam { lambda, radius } => Box::new(RwSam { lambda, radius: Radius::Relative(radius) }),
        MethodConfig::Gsam { alpha } => Box::new(Gsam { alpha }),
        MethodConfig::FisherSam => Box::new(FisherSam),
        MethodConfig::LSam => Box::new(LSam),
        MethodConfig::JSam => Box::new(JSam),
        MethodConfig::LookSam { every, alpha } => Box::new(LookSam { period: every, alpha }),
        MethodConfig::EigenSam { alpha } => Box::new(EigenSam { alpha, period: EIGEN_PERIOD, iterations: EIGEN_ITERATIONS }),
        MethodConfig::Saner { alpha, ramp } => Box::new(Saner { alpha, ramp }),
        MethodConfig::R3f { lambda } => Box::new(R3f { lambda }),
        MethodConfig::RDrop { alpha } => Box::new(RDrop { alpha }),
        MethodConfig::FreeLb { passes, stride } => Box::new(FreeLb { passes, stride }),
        MethodConfig::Smart { lambda } => Box::new(Smart { lambda }),
        MethodConfig::Llqr { every, inner } => Box::new(Llqr { period: every, inner }),
    }
}

/// The optimizer that applies the gradient.
pub fn base(training: &TrainingConfig) -> Base {
    match training.base {
        config::Base::Sgd => Base::Sgd { decay: training.weight_decay },
        config::Base::Momentum => Base::Momentum { mu: 0.9, decay: training.weight_decay },
        config::Base::AdamW => Base::AdamW { decay: training.weight_decay },
    }
}
