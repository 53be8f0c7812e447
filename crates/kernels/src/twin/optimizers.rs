//! A step of an optimizer on one leaf: from its tables, the weights and what is remembered of them, to the next ones.

use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamWConfig, AdamWState, AdaptiveMomentumState, Optimizer, SgdConfig};
use burn::tensor::Tensor;

use crate::rules::{AdamW, BETA, EPSILON, Momentum, Sgd};

/// See [`crate::optimizers::sgd`].
pub fn sgd([w]: [Tensor<3>; 1], g: Tensor<3>, rule: Sgd) -> [Tensor<3>; 1] {
    let decay = (rule.decay > 0.0).then(|| WeightDecayConfig::new(rule.decay as f32));
    [SgdConfig::new().with_weight_decay(decay).build().step(rule.rate, w, g, None).0]
}

/// See [`crate::optimizers::momentum`].
pub fn momentum([w, v]: [Tensor<3>; 2], g: Tensor<3>, rule: Momentum) -> [Tensor<3>; 2] {
    let v = v * rule.mu + g + w.clone() * rule.decay;
    [w - v.clone() * rule.rate, v]
}

/// See [`crate::optimizers::adam_w`].
pub fn adam_w([w, moment_1, moment_2]: [Tensor<3>; 3], g: Tensor<3>, rule: AdamW) -> [Tensor<3>; 3] {
    let known = AdamWState::new(AdaptiveMomentumState { time: rule.time - 1, moment_1, moment_2, max_moment_2: None });
    let config = AdamWConfig::new().with_beta_1(BETA[0]).with_beta_2(BETA[1]).with_epsilon(EPSILON);
    let (w, known) = config.with_weight_decay(rule.decay as f32).build().step(rule.rate, w, g, Some(known));
    let known = known.expect("Adam always returns its state").momentum;
    [w, known.moment_1, known.moment_2]
}
