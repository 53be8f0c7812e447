//! From a lane's words to its method.

use basin_optim::asam::AsamStep;
use basin_optim::base::Base;
use basin_optim::delta_sam::DeltaSamStep;
use basin_optim::f_sam::{FSamStep, Order};
use basin_optim::fisher_sam::FisherSamStep;
use basin_optim::gsam::GsamStep;
use basin_optim::m_sam::MSamStep;
use basin_optim::method::Method;
use basin_optim::per_instance::{Form, PerInstanceSamStep};
use basin_optim::rw_sam::RwSamStep;
use basin_optim::sam::SamStep;
use basin_optim::sgd::SgdStep;
use basin_optim::weighting::{self, Draws, Radius};

use crate::config::{self, TrainingConfig};
use crate::lane::{MethodConfig, Rule};

/// The method of a lane.
pub fn build(config: &MethodConfig) -> Box<dyn Method> {
    match *config {
        MethodConfig::Sgd => Box::new(SgdStep),
        MethodConfig::Sam => Box::new(SamStep),
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
            Box::new(DeltaSamStep { rule })
        }
        MethodConfig::PerInstanceSam => Box::new(PerInstanceSamStep { form: Form::Best }),
        MethodConfig::MSam { groups, sorted } => Box::new(MSamStep { groups, sorted }),
        MethodConfig::Asam { eta } => Box::new(AsamStep { eta, plain_biases: true }),
        MethodConfig::FSam { sigma, lambda } => Box::new(FSamStep { sigma, lambda, order: Order::MeanLater }),
        MethodConfig::RwSam { lambda, radius } => Box::new(RwSamStep { lambda, radius: Radius::Relative(radius) }),
        MethodConfig::Gsam { alpha } => Box::new(GsamStep { alpha }),
        MethodConfig::FisherSam => Box::new(FisherSamStep),
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
