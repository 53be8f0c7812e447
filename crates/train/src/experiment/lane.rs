//! A lane: one method with its ρ, its learning rate and its words, `delta-sam:rule=head:rho=0.8`.
//!
//! The text form is the same on the command line, in a link and in a file.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::bounds::{ConfigError, within};
use crate::brief::brief;

/// One method and its knobs.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneConfig {
    /// The method.
    pub method: MethodConfig,
    /// Radius ρ of the climb, in weight space. 0 to 100. Not used by SGD.
    pub rho: f64,
    /// Learning rate η of this lane; `None` takes that of the experiment.
    pub learning_rate: Option<f64>,
}

/// The method, with what only it knows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MethodConfig {
    /// Stochastic gradient descent: no climb.
    Sgd,
    /// Sharpness-aware minimisation (arXiv:2010.01412).
    Sam,
    /// δ-SAM (arXiv:2112.08772): the climb weights the examples by `rule`.
    DeltaSam {
        /// Where the weights come from.
        rule: Rule,
        /// Draws averaged by the noise rules.
        draws: usize,
        /// Radius of the noise, relative to the root mean square of the layers' weights.
        radius: f64,
    },
    /// Each example climbs on its own: what δ-SAM approximates.
    PerInstanceSam,
    /// A climb for each of `groups` parts of the batch.
    MSam {
        /// Number of parts.
        groups: usize,
        /// Parts of equal labels rather than in the given order.
        sorted: bool,
    },
    /// Adaptive SAM (arXiv:2102.11600): ε scales with |w|.
    Asam {
        /// Added to |w|.
        eta: f64,
    },
    /// Friendly SAM (arXiv:2403.12350): climbs along the noise of the gradient.
    FSam {
        /// How much of the running mean is taken off.
        sigma: f64,
        /// Decay of the running mean.
        lambda: f64,
    },
    /// RW-SAM (arXiv:2509.18001): the climb weights up large gradients.
    RwSam {
        /// Temperature.
        lambda: f64,
        /// Radius of the Rademacher difference, relative to the root mean square of the layers' weights.
        radius: f64,
    },
    /// GSAM (arXiv:2203.08065): takes off the part of g orthogonal to the gradient up there.
    Gsam {
        /// How much.
        alpha: f64,
    },
    /// SAM in the metric of the diagonal Fisher information.
    FisherSam,
}

/// The rule that gives δ-SAM its weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Published estimator (our reading): second difference under Gaussian noise.
    Noise,
    /// `noise` divided by the norm of the example's gradient.
    NoiseOverNorm,
    /// Closed form: trace over gradient norm of the last layer.
    Head,
    /// `head` without the norm of the hidden layer.
    HeadSimple,
    /// Probability of the label.
    Py,
    /// One over the norm of the example's gradient.
    InverseNorm,
    /// Equal weights: SAM.
    Uniform,
    /// Placebo: random weights.
    Random,
}

impl Rule {
    /// All rules, in the order of menus.
    pub const ALL: [Self; 8] =
        [Self::Noise, Self::Head, Self::HeadSimple, Self::Py, Self::InverseNorm, Self::NoiseOverNorm, Self::Uniform, Self::Random];

    /// The word of the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Noise => "noise",
            Self::NoiseOverNorm => "noise-over-norm",
            Self::Head => "head",
            Self::HeadSimple => "head-simple",
            Self::Py => "p_y",
            Self::InverseNorm => "inverse-norm",
            Self::Uniform => "uniform",
            Self::Random => "random",
        }
    }
}

impl MethodConfig {
    /// Every method with its default knobs, in the order of menus.
    pub const ALL: [Self; 10] = [
        Self::Sgd,
        Self::Sam,
        Self::delta_sam(Rule::Noise),
        Self::PerInstanceSam,
        Self::MSam { groups: 4, sorted: false },
        Self::Asam { eta: 0.01 },
        Self::FSam { sigma: 1.0, lambda: 0.9 },
        Self::RwSam { lambda: 0.5, radius: 0.05 },
        Self::Gsam { alpha: 0.4 },
        Self::FisherSam,
    ];

    /// δ-SAM with the default draws and radius.
    pub const fn delta_sam(rule: Rule) -> Self {
        Self::DeltaSam { rule, draws: 1, radius: 0.05 }
    }

    /// The word of the command line.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Sgd => "sgd",
            Self::Sam => "sam",
            Self::DeltaSam { .. } => "delta-sam",
            Self::PerInstanceSam => "per-instance",
            Self::MSam { .. } => "m-sam",
            Self::Asam { .. } => "asam",
            Self::FSam { .. } => "f-sam",
            Self::RwSam { .. } => "rw-sam",
            Self::Gsam { .. } => "gsam",
            Self::FisherSam => "fisher-sam",
        }
    }

    /// The name in curves and tables.
    pub fn title(&self) -> &'static str {
        match self {
            Self::Sgd => "SGD",
            Self::Sam => "SAM",
            Self::DeltaSam { .. } => "δ-SAM",
            Self::PerInstanceSam => "per-instance SAM",
            Self::MSam { .. } => "m-SAM",
            Self::Asam { .. } => "ASAM",
            Self::FSam { .. } => "F-SAM",
            Self::RwSam { .. } => "RW-SAM",
            Self::Gsam { .. } => "GSAM",
            Self::FisherSam => "Fisher-SAM",
        }
    }

    /// The ρ of a lane that names none: one at which SAM trains on all the data we tried (0.5 no longer
    /// leaves the initial plateau on two-class sets), a third of it for per-instance SAM, and the authors' for
    /// ASAM and Fisher-SAM. No substitute for tuning.
    pub fn default_rho(&self) -> f64 {
        match self {
            Self::Sgd => 0.0,
            Self::Sam | Self::DeltaSam { .. } | Self::MSam { .. } | Self::FSam { .. } | Self::RwSam { .. } | Self::Gsam { .. } => 0.2,
            Self::PerInstanceSam => 0.07,
            Self::Asam { .. } => 0.5,
            Self::FisherSam => 0.1,
        }
    }
}

impl LaneConfig {
    /// A lane with the method's default ρ.
    pub fn new(method: MethodConfig) -> Self {
        Self { rho: method.default_rho(), method, learning_rate: None }
    }

    /// SGD, SAM and δ-SAM.
    pub fn three() -> Vec<Self> {
        [MethodConfig::Sgd, MethodConfig::Sam, MethodConfig::delta_sam(Rule::Noise)].map(Self::new).to_vec()
    }

    /// The name in curves and tables: `δ-SAM head`.
    pub fn title(&self) -> String {
        match self.method {
            MethodConfig::DeltaSam { rule: Rule::Random, .. } => "placebo (random weights)".to_owned(),
            MethodConfig::DeltaSam { rule, .. } => format!("{} {}", self.method.title(), rule.word()),
            _ => self.method.title().to_owned(),
        }
    }

    /// Checks the lane's knobs.
    ///
    /// # Errors
    /// The first knob that is out of bounds.
    pub fn check(&self) -> Result<(), ConfigError> {
        within("lane rho", self.rho, 0.0, 100.0)?;
        if let Some(rate) = self.learning_rate {
            within("lane lr", rate, 1e-6, 100.0)?;
        }
        match self.method {
            MethodConfig::DeltaSam { draws, radius, .. } => {
                within("lane draws", draws, 1, 64)?;
                within("lane radius", radius, 1e-3, 1.0)
            }
            MethodConfig::MSam { groups, .. } => within("lane groups", groups, 1, 1024),
            MethodConfig::Asam { eta } => within("lane eta", eta, 0.0, 10.0),
            MethodConfig::FSam { sigma, lambda } => within("lane sigma", sigma, 0.0, 10.0).and(within("lane lambda", lambda, 0.0, 1.0)),
            MethodConfig::RwSam { lambda, radius } => {
                within("lane lambda", lambda, 0.0, 100.0).and(within("lane radius", radius, 1e-3, 1.0))
            }
            MethodConfig::Gsam { alpha } => within("lane alpha", alpha, 0.0, 10.0),
            MethodConfig::Sgd | MethodConfig::Sam | MethodConfig::PerInstanceSam | MethodConfig::FisherSam => Ok(()),
        }
    }
}

/// Names of lanes; those that would be the same carry their ρ, or else a number.
pub fn titles(lanes: &[LaneConfig]) -> Vec<String> {
    let plain: Vec<String> = lanes.iter().map(LaneConfig::title).collect();
    let with_rho: Vec<String> = lanes.iter().zip(&plain).map(|(lane, title)| format!("{title} ρ {}", lane.rho)).collect();
    let count = |titles: &[String], title: &String| titles.iter().filter(|t| *t == title).count();
    (0..lanes.len())
        .map(|i| match () {
            () if count(&plain, &plain[i]) == 1 => plain[i].clone(),
            () if count(&with_rho, &with_rho[i]) == 1 => with_rho[i].clone(),
            () => format!("{} #{}", plain[i], plain[..=i].iter().filter(|t| **t == plain[i]).count()),
        })
        .collect()
}

/// Why a word is no lane.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LaneError {
    /// The first word names no method.
    #[error("unknown method `{found}` in lane `{lane}`: use one of {}", MethodConfig::ALL.map(|m| m.word()).join(", "))]
    Method {
        /// The lane, cut.
        lane: String,
        /// The word.
        found: String,
    },
    /// A later word is no knob of the method.
    #[error("`{found}` is no knob of `{method}` in lane `{lane}`: use {knobs}")]
    Knob {
        /// The lane, cut.
        lane: String,
        /// The method's word.
        method: &'static str,
        /// The word.
        found: String,
        /// What it could be.
        knobs: &'static str,
    },
}

impl FromStr for LaneConfig {
    type Err = LaneError;

    fn from_str(lane: &str) -> Result<Self, LaneError> {
        let mut words = lane.trim().split(':');
        let first = words.next().unwrap_or_default();
        let method = MethodConfig::ALL
            .into_iter()
            .find(|m| m.word() == first)
            .ok_or_else(|| LaneError::Method { lane: brief(lane, 40), found: brief(first, 24) })?;
        let mut config = Self::new(method);
        let mut rho = None;
        for word in words {
            let known = word.split_once('=').and_then(|(key, value)| {
                match key {
                    "rho" => rho = Some(value.parse().ok()?),
                    "lr" => config.learning_rate = Some(value.parse().ok()?),
                    _ => set_knob(&mut config.method, key, value)?,
                }
                Some(())
            });
            if known.is_none() {
                return Err(LaneError::Knob {
                    lane: brief(lane, 40),
                    method: method.word(),
                    found: brief(word, 24),
                    knobs: knobs(&method),
                });
            }
        }
        config.rho = rho.unwrap_or_else(|| config.method.default_rho());
        Ok(config)
    }
}

/// Sets one knob of a method; `None` if it has no such knob or the value is none.
fn set_knob(method: &mut MethodConfig, key: &str, value: &str) -> Option<()> {
    match (method, key) {
        (MethodConfig::DeltaSam { rule, .. }, "rule") => *rule = Rule::ALL.into_iter().find(|r| r.word() == value)?,
        (MethodConfig::DeltaSam { draws, .. }, "draws") => *draws = value.parse().ok()?,
        (MethodConfig::DeltaSam { radius, .. } | MethodConfig::RwSam { radius, .. }, "radius") => *radius = value.parse().ok()?,
        (MethodConfig::MSam { groups, .. }, "groups") => *groups = value.parse().ok()?,
        (MethodConfig::MSam { sorted, .. }, "sorted") => *sorted = value.parse().ok()?,
        (MethodConfig::Asam { eta }, "eta") => *eta = value.parse().ok()?,
        (MethodConfig::FSam { sigma, .. }, "sigma") => *sigma = value.parse().ok()?,
        (MethodConfig::FSam { lambda, .. } | MethodConfig::RwSam { lambda, .. }, "lambda") => *lambda = value.parse().ok()?,
        (MethodConfig::Gsam { alpha }, "alpha") => *alpha = value.parse().ok()?,
        _ => return None,
    }
    Some(())
}

/// The knobs of a method, for messages.
fn knobs(method: &MethodConfig) -> &'static str {
    match method {
        MethodConfig::Sgd => "lr=NUMBER",
        MethodConfig::Sam | MethodConfig::PerInstanceSam | MethodConfig::FisherSam => "rho=NUMBER, lr=NUMBER",
        MethodConfig::DeltaSam { .. } => {
            "rho=NUMBER, lr=NUMBER, draws=COUNT, radius=NUMBER, rule=noise|head|head-simple|p_y|inverse-norm|noise-over-norm|uniform|random"
        }
        MethodConfig::MSam { .. } => "rho=NUMBER, lr=NUMBER, groups=COUNT, sorted=true|false",
        MethodConfig::Asam { .. } => "rho=NUMBER, lr=NUMBER, eta=NUMBER",
        MethodConfig::FSam { .. } => "rho=NUMBER, lr=NUMBER, sigma=NUMBER, lambda=NUMBER",
        MethodConfig::RwSam { .. } => "rho=NUMBER, lr=NUMBER, lambda=NUMBER, radius=NUMBER",
        MethodConfig::Gsam { .. } => "rho=NUMBER, lr=NUMBER, alpha=NUMBER",
    }
}

impl fmt::Display for LaneConfig {
    /// Every knob is written out, so that a stored lane keeps its meaning when defaults change.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.method.word())?;
        match self.method {
            MethodConfig::Sgd | MethodConfig::Sam | MethodConfig::PerInstanceSam | MethodConfig::FisherSam => {}
            MethodConfig::DeltaSam { rule, draws, radius } => write!(f, ":rule={}:draws={draws}:radius={radius}", rule.word())?,
            MethodConfig::MSam { groups, sorted } => write!(f, ":groups={groups}:sorted={sorted}")?,
            MethodConfig::Asam { eta } => write!(f, ":eta={eta}")?,
            MethodConfig::FSam { sigma, lambda } => write!(f, ":sigma={sigma}:lambda={lambda}")?,
            MethodConfig::RwSam { lambda, radius } => write!(f, ":lambda={lambda}:radius={radius}")?,
            MethodConfig::Gsam { alpha } => write!(f, ":alpha={alpha}")?,
        }
        if self.method != MethodConfig::Sgd {
            write!(f, ":rho={}", self.rho)?;
        }
        if let Some(rate) = self.learning_rate {
            write!(f, ":lr={rate}")?;
        }
        Ok(())
    }
}

impl Serialize for LaneConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LaneConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lane_survives_its_own_words() {
        for method in MethodConfig::ALL {
            let mut lane = LaneConfig::new(method);
            lane.learning_rate = Some(0.125);
            assert_eq!(lane.to_string().parse::<LaneConfig>(), Ok(lane));
        }
    }

    #[test]
    fn the_words_of_the_readme_are_lanes() {
        let lane: LaneConfig = "delta-sam:rule=head:rho=0.8".parse().expect("documented");
        assert_eq!(lane.rho.to_bits(), 0.8_f64.to_bits());
        assert!(matches!(lane.method, MethodConfig::DeltaSam { rule: Rule::Head, .. }));
    }

    #[test]
    fn a_wrong_word_is_told_with_its_remedy() {
        let unknown = "adam".parse::<LaneConfig>().expect_err("no such method").to_string();
        assert!(unknown.contains("unknown method `adam`") && unknown.contains("delta-sam"), "{unknown}");
        let knob = "sam:rule=head".parse::<LaneConfig>().expect_err("SAM has no rule").to_string();
        assert_eq!(knob, "`rule=head` is no knob of `sam` in lane `sam:rule=head`: use rho=NUMBER, lr=NUMBER");
    }

    #[test]
    fn equal_lanes_get_different_names() {
        let lanes: Vec<LaneConfig> = ["sgd", "sam:rho=0.1", "sam:rho=0.2", "sgd"].map(|words| words.parse().expect("lane words")).to_vec();
        assert_eq!(titles(&lanes), ["SGD #1", "SAM ρ 0.1", "SAM ρ 0.2", "SGD #2"]);
    }
}
