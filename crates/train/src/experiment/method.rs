//! The methods in words, with the knobs that only they have: `delta-sam:rule=head`.

use std::fmt;

use super::bounds::{ConfigError, within};

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
    /// L-SAM (arXiv:2405.03676): keeps what the climb changes in the errors.
    LSam,
    /// J-SAM (arXiv:2405.03676): keeps what the climb changes in the network.
    JSam,
    /// LookSAM (arXiv:2203.02714): climbs every `every`-th step.
    LookSam {
        /// Steps from climb to climb.
        every: usize,
        /// How much of what a climb added is added between.
        alpha: f64,
    },
    /// Eigen-SAM (arXiv:2501.12666): leans the climb towards the most curved direction.
    EigenSam {
        /// How far.
        alpha: f64,
    },
    /// SANER (arXiv:2411.17132): holds back where the climb made the gradient smaller.
    Saner {
        /// The factor there, at last.
        alpha: f64,
        /// Share of the run over which the factor falls to it.
        ramp: f64,
    },
    /// LLQR + SAM (arXiv:2605.16134): learns a scale for each weight.
    Llqr {
        /// Steps from one learning to the next.
        every: usize,
        /// Inner steps of each.
        inner: usize,
    },
    /// R3F (arXiv:2008.03156): the answers shall not change under noise on the tokens, whose size is ρ.
    R3f {
        /// How much the divergence counts.
        lambda: f64,
    },
    /// R-Drop (arXiv:2106.14448): two passes with different dropout shall answer alike. It has no ρ.
    RDrop {
        /// How much the divergence counts.
        alpha: f64,
    },
    /// FreeLB (arXiv:1909.11764): the mean gradient on the way to where the tokens hurt most, at most ρ away.
    FreeLb {
        /// Passes.
        passes: usize,
        /// A step of the ascent over ρ.
        stride: f64,
    },
    /// SMART (arXiv:1911.03437): the answers shall not change where the tokens, moved by ρ, change them most.
    Smart {
        /// How much the divergence counts.
        lambda: f64,
    },
}

/// What a climb goes up on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClimbLoss {
    /// The loss itself, cross-entropy.
    #[default]
    CrossEntropy,
    /// One minus the probability of the label.
    Error,
    /// BiSAM's bound of the 0-1 loss (arXiv:2407.12993).
    BiSam,
}

impl ClimbLoss {
    /// All, in the order of menus.
    pub const ALL: [Self; 3] = [Self::CrossEntropy, Self::Error, Self::BiSam];

    /// The word of the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::CrossEntropy => "ce",
            Self::Error => "error",
            Self::BiSam => "bisam",
        }
    }
}

/// The rule that gives δ-SAM its weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Published estimator (our reading): second difference under Gaussian noise.
    Noise,
    /// Its other reading: first difference under Gaussian noise.
    NoiseChange,
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
    pub const ALL: [Self; 9] = [
        Self::Noise,
        Self::NoiseChange,
        Self::Head,
        Self::HeadSimple,
        Self::Py,
        Self::InverseNorm,
        Self::NoiseOverNorm,
        Self::Uniform,
        Self::Random,
    ];

    /// The word of the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Noise => "noise",
            Self::NoiseChange => "noise-change",
            Self::NoiseOverNorm => "noise-over-norm",
            Self::Head => "head",
            Self::HeadSimple => "head-simple",
            Self::Py => "p_y",
            Self::InverseNorm => "inverse-norm",
            Self::Uniform => "uniform",
            Self::Random => "random",
        }
    }

    /// Draws of a lane that names none: so many forward passes has the published estimator.
    pub const fn draws(self) -> usize {
        match self {
            Self::NoiseChange => 3,
            _ => 1,
        }
    }
}

impl MethodConfig {
    /// Every method with its default knobs, in the order of menus.
    pub const ALL: [Self; 20] = [
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
        Self::LSam,
        Self::JSam,
        Self::LookSam { every: 5, alpha: 0.7 },
        Self::EigenSam { alpha: 0.2 },
        Self::Saner { alpha: 0.5, ramp: 0.5 },
        Self::Llqr { every: 1000, inner: 50 },
        Self::R3f { lambda: 1.0 },
        Self::RDrop { alpha: 1.0 },
        Self::FreeLb { passes: 3, stride: 0.5 },
        Self::Smart { lambda: 1.0 },
    ];

    /// δ-SAM with the default draws and radius.
    pub const fn delta_sam(rule: Rule) -> Self {
        Self::DeltaSam { rule, draws: rule.draws(), radius: 0.05 }
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
            Self::LSam => "l-sam",
            Self::JSam => "j-sam",
            Self::LookSam { .. } => "look-sam",
            Self::EigenSam { .. } => "eigen-sam",
            Self::Saner { .. } => "saner",
            Self::Llqr { .. } => "llqr",
            Self::R3f { .. } => "r3f",
            Self::RDrop { .. } => "r-drop",
            Self::FreeLb { .. } => "free-lb",
            Self::Smart { .. } => "smart",
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
            Self::LSam => "L-SAM",
            Self::JSam => "J-SAM",
            Self::LookSam { .. } => "LookSAM",
            Self::EigenSam { .. } => "Eigen-SAM",
            Self::Saner { .. } => "SANER",
            Self::Llqr { .. } => "LLQR",
            Self::R3f { .. } => "R3F",
            Self::RDrop { .. } => "R-Drop",
            Self::FreeLb { .. } => "FreeLB",
            Self::Smart { .. } => "SMART",
        }
    }

    /// The ρ of a lane that names none: one at which SAM trains on all the data we tried (0.5 no longer
    /// leaves the initial plateau on two-class sets), a third of it for per-instance SAM, and the authors' for
    /// ASAM, Fisher-SAM, SANER and LLQR; of text regularisers, whose ρ is a length among embeddings, ones at which the films are
    /// learned (FreeLB and SMART are not at 0.2). No substitute for tuning.
    pub fn default_rho(&self) -> f64 {
        match self {
            Self::Sgd | Self::RDrop { .. } => 0.0,
            Self::PerInstanceSam => 0.07,
            Self::Asam { .. } | Self::R3f { .. } => 0.5,
            Self::FreeLb { .. } | Self::Smart { .. } => 0.05,
            Self::FisherSam | Self::Saner { .. } | Self::Llqr { .. } => 0.1,
            _ => 0.2,
        }
    }

    /// Whether the method has a ρ.
    pub fn climbs(&self) -> bool {
        !matches!(self, Self::Sgd | Self::RDrop { .. })
    }

    /// Whether it climbs among the weights; text regularisers move the tokens.
    pub fn climbs_in_weights(&self) -> bool {
        self.climbs() && !self.moves_tokens()
    }

    /// Whether it moves the tokens of a batch, which a model must then see.
    pub fn moves_tokens(&self) -> bool {
        matches!(self, Self::R3f { .. } | Self::FreeLb { .. } | Self::Smart { .. })
    }

    /// Whether it can run in text coordinates, where the embedding has a metric: no rotation of the weights changes its step, because
    /// it looks at them through sums, inner products, moves along gradients and normal noise alone; and it keeps nothing shaped like
    /// them, which would not fit the next batch. `tests/tests/rotation.rs` holds it against what comes out where they are rotated.
    pub fn in_text_coordinates(&self) -> bool {
        matches!(
            self,
            Self::Sgd
                | Self::Sam
                | Self::DeltaSam { .. }
                | Self::PerInstanceSam
                | Self::MSam { .. }
                | Self::Gsam { .. }
                | Self::LSam
                | Self::JSam
                | Self::RDrop { .. }
        )
    }

    /// Checks the method's own knobs.
    ///
    /// # Errors
    /// The first knob that is out of bounds.
    pub fn check(&self) -> Result<(), ConfigError> {
        match *self {
            Self::DeltaSam { draws, radius, .. } => {
                within("lane draws", draws, 1, 64)?;
                within("lane radius", radius, 1e-3, 1.0)
            }
            Self::MSam { groups, .. } => within("lane groups", groups, 1, 1024),
            Self::Asam { eta } => within("lane eta", eta, 0.0, 10.0),
            Self::FSam { sigma, lambda } => within("lane sigma", sigma, 0.0, 10.0).and(within("lane lambda", lambda, 0.0, 1.0)),
            Self::RwSam { lambda, radius } => within("lane lambda", lambda, 0.0, 100.0).and(within("lane radius", radius, 1e-3, 1.0)),
            Self::Gsam { alpha } | Self::EigenSam { alpha } => within("lane alpha", alpha, 0.0, 10.0),
            Self::LookSam { every, alpha } => within("lane every", every, 1, 1_000_000).and(within("lane alpha", alpha, 0.0, 10.0)),
            Self::Saner { alpha, ramp } => within("lane alpha", alpha, 0.0, 1.0).and(within("lane ramp", ramp, 0.0, 1.0)),
            Self::R3f { lambda } | Self::Smart { lambda } => within("lane lambda", lambda, 0.0, 100.0),
            Self::RDrop { alpha } => within("lane alpha", alpha, 0.0, 100.0),
            Self::FreeLb { passes, stride } => within("lane passes", passes, 1, 64).and(within("lane stride", stride, 0.0, 10.0)),
            Self::Llqr { every, inner } => within("lane every", every, 1, 1_000_000).and(within("lane inner", inner, 0, 1000)),
            Self::Sgd | Self::Sam | Self::PerInstanceSam | Self::FisherSam | Self::LSam | Self::JSam => Ok(()),
        }
    }
}

impl fmt::Display for MethodConfig {
    /// With every knob.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        match *self {
            Self::Sgd | Self::Sam | Self::PerInstanceSam | Self::FisherSam | Self::LSam | Self::JSam => Ok(()),
            Self::DeltaSam { rule, draws, radius } => write!(f, ":rule={}:draws={draws}:radius={radius}", rule.word()),
            Self::MSam { groups, sorted } => write!(f, ":groups={groups}:sorted={sorted}"),
            Self::Asam { eta } => write!(f, ":eta={eta}"),
            Self::FSam { sigma, lambda } => write!(f, ":sigma={sigma}:lambda={lambda}"),
            Self::RwSam { lambda, radius } => write!(f, ":lambda={lambda}:radius={radius}"),
            Self::Gsam { alpha } | Self::EigenSam { alpha } | Self::RDrop { alpha } => write!(f, ":alpha={alpha}"),
            Self::LookSam { every, alpha } => write!(f, ":every={every}:alpha={alpha}"),
            Self::Saner { alpha, ramp } => write!(f, ":alpha={alpha}:ramp={ramp}"),
            Self::R3f { lambda } | Self::Smart { lambda } => write!(f, ":lambda={lambda}"),
            Self::FreeLb { passes, stride } => write!(f, ":passes={passes}:stride={stride}"),
            Self::Llqr { every, inner } => write!(f, ":every={every}:inner={inner}"),
        }
    }
}

/// Sets one knob of a method; `None` if it has no such knob or the value is none.
pub(super) fn set_knob(method: &mut MethodConfig, key: &str, value: &str) -> Option<()> {
    match (method, key) {
        (MethodConfig::DeltaSam { rule, .. }, "rule") => *rule = Rule::ALL.into_iter().find(|r| r.word() == value)?,
        (MethodConfig::DeltaSam { draws, .. }, "draws") => *draws = value.parse().ok()?,
        (MethodConfig::DeltaSam { radius, .. } | MethodConfig::RwSam { radius, .. }, "radius") => *radius = value.parse().ok()?,
        (MethodConfig::MSam { groups, .. }, "groups") => *groups = value.parse().ok()?,
        (MethodConfig::MSam { sorted, .. }, "sorted") => *sorted = value.parse().ok()?,
        (MethodConfig::Asam { eta }, "eta") => *eta = value.parse().ok()?,
        (MethodConfig::FSam { sigma, .. }, "sigma") => *sigma = value.parse().ok()?,
        (
            MethodConfig::FSam { lambda, .. }
            | MethodConfig::RwSam { lambda, .. }
            | MethodConfig::R3f { lambda }
            | MethodConfig::Smart { lambda },
            "lambda",
        ) => *lambda = value.parse().ok()?,
        (MethodConfig::FreeLb { passes, .. }, "passes") => *passes = value.parse().ok()?,
        (MethodConfig::FreeLb { stride, .. }, "stride") => *stride = value.parse().ok()?,
        (
            MethodConfig::Gsam { alpha }
            | MethodConfig::LookSam { alpha, .. }
            | MethodConfig::EigenSam { alpha }
            | MethodConfig::RDrop { alpha }
            | MethodConfig::Saner { alpha, .. },
            "alpha",
        ) => *alpha = value.parse().ok()?,
        (MethodConfig::LookSam { every, .. } | MethodConfig::Llqr { every, .. }, "every") => *every = value.parse().ok()?,
        (MethodConfig::Saner { ramp, .. }, "ramp") => *ramp = value.parse().ok()?,
        (MethodConfig::Llqr { inner, .. }, "inner") => *inner = value.parse().ok()?,
        _ => return None,
    }
    Some(())
}

/// The knobs of a lane of this method, for messages.
pub fn knobs(method: &MethodConfig) -> String {
    let climb_loss = if method.climbs_in_weights() { "climb-loss=ce|error|bisam, " } else { "" };
    let own = match method {
        MethodConfig::DeltaSam { .. } => {
            ", draws=COUNT, radius=NUMBER, rule=noise|noise-change|head|head-simple|p_y|inverse-norm|noise-over-norm|uniform|random"
        }
        MethodConfig::MSam { .. } => ", groups=COUNT, sorted=true|false",
        MethodConfig::Asam { .. } => ", eta=NUMBER",
        MethodConfig::FSam { .. } => ", sigma=NUMBER, lambda=NUMBER",
        MethodConfig::RwSam { .. } => ", lambda=NUMBER, radius=NUMBER",
        MethodConfig::Gsam { .. } | MethodConfig::EigenSam { .. } | MethodConfig::RDrop { .. } => ", alpha=NUMBER",
        MethodConfig::LookSam { .. } => ", every=STEPS, alpha=NUMBER",
        MethodConfig::Saner { .. } => ", alpha=NUMBER, ramp=SHARE",
        MethodConfig::Llqr { .. } => ", every=STEPS, inner=STEPS",
        MethodConfig::R3f { .. } | MethodConfig::Smart { .. } => ", lambda=NUMBER",
        MethodConfig::FreeLb { .. } => ", passes=COUNT, stride=NUMBER",
        MethodConfig::Sgd
        | MethodConfig::Sam
        | MethodConfig::PerInstanceSam
        | MethodConfig::FisherSam
        | MethodConfig::LSam
        | MethodConfig::JSam => "",
    };
    if method.climbs() { format!("rho=NUMBER, lr=NUMBER, {climb_loss}from=MOMENT, until=MOMENT{own}") } else { format!("lr=NUMBER{own}") }
}
