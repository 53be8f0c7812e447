//! From a lane's words to its method.

use basin_optim::base::Base;
use basin_optim::methods::{Asam, DeltaSam, FSam, FisherSam, Form, Gsam, MSam, Method, Order, PerInstanceSam, RwSam, Sam, Sgd};
use basin_optim::weighting::{self, Draws, Radius};

use super::config::{self, TrainingConfig};
use super::lane::{MethodConfig, Rule};

/// The method of a lane.
pub fn method(config: &MethodConfig) -> Box<dyn Method> {
    match *config {
        MethodConfig::Sgd => Box::new(Sgd),
        MethodConfig::Sam => Box::new(Sam),
        MethodConfig::DeltaSam { rule, draws, radius } => {
            let draws = Draws { count: draws, radius: Radius::Relative(radius) };
            let rule = match rule {
                Rule::Noise => weighting::Rule::Noise(draws),
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
        MethodConfig::PerInstanceSam => Box::new(PerInstanceSam { form: Form::Best }),
        MethodConfig::MSam { groups, sorted } => Box::new(MSam { groups, sorted }),
        MethodConfig::Asam { eta } => Box::new(Asam { eta, plain_biases: true }),
        MethodConfig::FSam { sigma, lambda } => Box::new(FSam { sigma, lambda, order: Order::MeanLater }),
        MethodConfig::RwSam { lambda, radius } => Box::new(RwSam { lambda, radius: Radius::Relative(radius) }),
        MethodConfig::Gsam { alpha } => Box::new(Gsam { alpha }),
        MethodConfig::FisherSam => Box::new(FisherSam),
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
