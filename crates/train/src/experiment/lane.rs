//! A lane: one method with its ρ, its learning rate and its words, `delta-sam:rule=head:rho=0.8`.
//!
//! The text form is the same on the command line, in a link and in a file.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::bounds::{ConfigError, within};
use super::method::{ClimbLoss, MethodConfig, Rule, knobs, set_knob};
use crate::brief::{brief, counted};

/// One method and its knobs.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneConfig {
    /// The method.
    pub method: MethodConfig,
    /// Radius ρ of the climb, in weight space. 0 to 100. Not used by SGD.
    pub rho: f64,
    /// Learning rate η of this lane; `None` takes that of the experiment.
    pub learning_rate: Option<f64>,
    /// What the climb goes up on. Not used by SGD.
    pub climb_loss: ClimbLoss,
    /// The moment at which the method begins; before it steps are plain ones. Up to 1 a share of the planned steps, above 1 the
    /// number of steps done. Not used by SGD.
    pub from: f64,
    /// The moment from which steps are plain again, in the same way; 1 is never.
    pub until: f64,
}

/// The moments of a method that begins with the run and goes on.
pub(super) const WHOLE: [f64; 2] = [0.0, 1.0];

impl LaneConfig {
    /// A lane with the method's default ρ, all along, that climbs on the loss itself.
    pub fn new(method: MethodConfig) -> Self {
        let [from, until] = WHOLE;
        Self { rho: method.default_rho(), method, learning_rate: None, climb_loss: ClimbLoss::default(), from, until }
    }

    /// Whether the method takes every step of a run.
    pub fn is_whole(&self) -> bool {
        [self.from, self.until] == WHOLE
    }

    /// Whether the method is as its name says: in every step of a run, up on the loss that is minimised.
    pub fn is_plain(&self) -> bool {
        self.is_whole() && self.climb_loss == ClimbLoss::CrossEntropy
    }

    /// SGD, SAM and δ-SAM.
    pub fn three() -> Vec<Self> {
        [MethodConfig::Sgd, MethodConfig::Sam, MethodConfig::delta_sam(Rule::Noise)].map(Self::new).to_vec()
    }

    /// The name in curves and tables: `δ-SAM head`, `SAM on error from 0.5`.
    pub fn title(&self) -> String {
        let mut title = match self.method {
            MethodConfig::DeltaSam { rule: Rule::Random, .. } => "placebo (random weights)".to_owned(),
            MethodConfig::DeltaSam { rule, .. } => format!("{} {}", self.method.title(), rule.word()),
            _ => self.method.title().to_owned(),
        };
        if self.method.climbs() {
            let differs = |a: f64, b: f64| a.to_bits() != b.to_bits();
            let on = (self.climb_loss != ClimbLoss::CrossEntropy).then(|| format!(" on {}", self.climb_loss.word()));
            let from = differs(self.from, WHOLE[0]).then(|| format!(" from {}", self.from));
            let until = differs(self.until, WHOLE[1]).then(|| format!(" until {}", self.until));
            title.extend([on, from, until].into_iter().flatten());
        }
        title
    }

    /// The share of so many steps in which it climbs.
    pub fn share_of(&self, steps: f64) -> f64 {
        let share = |moment: f64| if moment > 1.0 { (moment / steps).min(1.0) } else { moment };
        (share(self.until) - share(self.from)).max(0.0)
    }

    /// What is wrong with its part of a run of so many planned steps, in which it takes plain steps alone; `None` where it climbs.
    pub fn never_climbs(&self, planned: usize) -> Option<String> {
        let step = |moment: f64| if moment > 1.0 { moment } else { (moment * planned as f64).ceil() };
        let [from, until] = [self.from, self.until].map(step);
        let never = !self.is_whole() && from >= until.min(planned as f64);
        never.then(|| {
            let title = self.title();
            format!(
                "{title} never climbs: of {} it would be plain before step {from} and from step {until} on; let `until` come after `from`, \
                 and both within the run.",
                counted(planned, "planned step")
            )
        })
    }

    /// That a batch has fewer examples than the lane has groups; `None` where it has as many.
    pub fn more_groups(&self, batch: usize) -> Option<String> {
        match self.method {
            MethodConfig::MSam { groups, .. } if groups > batch => {
                let of = counted(batch, "example");
                Some(format!(
                    "{} with {groups} groups has a batch of {of}: each example is a group of its own, as in per-instance SAM.",
                    self.title()
                ))
            }
            _ => None,
        }
    }

    /// Makes it climb in every step.
    pub fn climb_always(&mut self) {
        [self.from, self.until] = WHOLE;
    }

    /// Checks the lane's knobs.
    ///
    /// # Errors
    /// The first knob that is out of bounds.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.check_knobs().map_err(|mut error| {
            error.allowed = format!("{}, in lane `{}`", error.allowed, brief(&self.to_string(), 60));
            error
        })
    }

    fn check_knobs(&self) -> Result<(), ConfigError> {
        within("lane rho", self.rho, 0.0, 100.0)?;
        if let Some(rate) = self.learning_rate {
            within("lane lr", rate, 1e-6, 100.0)?;
        }
        moment("lane from", self.from)?;
        moment("lane until", self.until)?;
        // A share and a number of steps cannot be compared before the run is planned.
        if (self.from <= 1.0) == (self.until <= 1.0) && self.from >= self.until {
            let allowed = format!("before `until`, which is {}", self.until);
            return Err(ConfigError { knob: "lane from", value: self.from.to_string(), allowed });
        }
        self.method.check()
    }
}

/// `Ok` if `value` is a share, or a whole number of steps.
fn moment(knob: &'static str, value: f64) -> Result<(), ConfigError> {
    within(knob, value, 0.0, 2e9)?;
    if value > 1.0 && value.fract() != 0.0 {
        let allowed = "a share of the run from 0 to 1, or a whole number of steps".to_owned();
        return Err(ConfigError { knob, value: value.to_string(), allowed });
    }
    Ok(())
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
        knobs: String,
    },
    /// A knob is there twice.
    #[error("`{knob}` is given twice in lane `{lane}`: give it once")]
    Twice {
        /// The lane, cut.
        lane: String,
        /// The knob, cut.
        knob: String,
    },
}

/// The words of a lane without those that were once taken and ignored: a ρ of SGD, and all but the last of a knob that is given
/// twice.
pub(super) fn without_ignored(lane: &str) -> String {
    let words: Vec<&str> = lane.split(':').collect();
    let key = |place: usize| words[place].split('=').next();
    let counts = |place: usize| {
        let later = place > 0 && (place + 1..words.len()).any(|other| key(other) == key(place));
        let of_sgd = words[0].trim() == MethodConfig::Sgd.word() && key(place) == Some("rho");
        !later && !of_sgd
    };
    (0..words.len()).filter(|place| counts(*place)).map(|place| words[place]).collect::<Vec<_>>().join(":")
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
        let mut named: Vec<&str> = Vec::new();
        for word in words {
            let known = word.split_once('=').and_then(|(key, value)| {
                let climbs = config.method.climbs();
                match key {
                    "rho" if climbs => rho = Some(value.parse().ok()?),
                    "lr" => config.learning_rate = Some(value.parse().ok()?),
                    "climb-loss" if config.method.climbs_in_weights() => {
                        config.climb_loss = ClimbLoss::ALL.into_iter().find(|loss| loss.word() == value)?;
                    }
                    "from" if climbs => config.from = value.parse().ok()?,
                    "until" if climbs => config.until = value.parse().ok()?,
                    _ => set_knob(&mut config.method, key, value)?,
                }
                Some(key)
            });
            let Some(key) = known else {
                return Err(LaneError::Knob {
                    lane: brief(lane, 40),
                    method: method.word(),
                    found: brief(word, 24),
                    knobs: knobs(&method),
                });
            };
            if named.contains(&key) {
                return Err(LaneError::Twice { lane: brief(lane, 40), knob: brief(key, 24) });
            }
            named.push(key);
        }
        if let MethodConfig::DeltaSam { rule, draws, .. } = &mut config.method
            && !named.contains(&"draws")
        {
            *draws = rule.draws();
        }
        config.rho = rho.unwrap_or_else(|| config.method.default_rho());
        Ok(config)
    }
}

impl fmt::Display for LaneConfig {
    /// Every knob is written out, so that a stored lane keeps its meaning when defaults change; but what every method has and few
    /// use, climb loss and moments, only where it is not plain.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.method)?;
        if self.method.climbs() {
            write!(f, ":rho={}", self.rho)?;
            if self.climb_loss != ClimbLoss::CrossEntropy {
                write!(f, ":climb-loss={}", self.climb_loss.word())?;
            }
            if !self.is_whole() {
                write!(f, ":from={}:until={}", self.from, self.until)?;
            }
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
    fn a_lane_climbs_in_a_part_of_the_run() {
        let share = |words: &str| words.parse::<LaneConfig>().expect("lane words").share_of(66.0);
        // 33 of 66 steps are half of them; what ends before it begins never climbs.
        let shares = ["sam", "sam:from=0.5", "sam:from=33", "sam:until=0.25", "sam:from=0.5:until=33", "sam:from=0.5:until=3"].map(share);
        let expected = [1.0, 0.5, 0.5, 0.25, 0.0, 0.0];
        assert!(shares.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-12), "{shares:?}");
    }

    #[test]
    fn a_part_without_a_step_is_told() {
        let told = |words: &str, planned| words.parse::<LaneConfig>().expect("lane words").never_climbs(planned);
        let words = told("sam:from=0.5:until=3", 66).expect("it would end before it begins");
        assert!(words.contains("of 66 planned steps") && words.contains("before step 33 and from step 3 on"), "{words}");
        assert!(told("sam:from=66", 66).is_some(), "the run is over before");
        let fine = ["sam", "sgd", "sam:from=65", "sam:from=0.5", "sam:until=3", "sam:from=0.5:until=34"];
        assert!(fine.iter().all(|words| told(words, 66).is_none()));
    }

    #[test]
    fn a_number_out_of_bounds_is_told_with_its_lane() {
        let told = |words: &str| words.parse::<LaneConfig>().expect("lane words").check().expect_err("it is refused").to_string();
        assert_eq!(told("sam:rho=-1"), "lane rho is -1, but must be from 0 to 100, in lane `sam:rho=-1`");
        assert!(told("m-sam:groups=0").contains("in lane `m-sam:groups=0:"));
        let lane: LaneConfig = "m-sam:groups=33".parse().expect("lane words");
        assert!(lane.more_groups(32).is_some_and(|words| words.contains("33 groups") && words.contains("32 examples")));
        assert_eq!((lane.more_groups(33), LaneConfig::three()[1].more_groups(1)), (None, None));
    }

    #[test]
    fn every_lane_survives_its_own_words() {
        for method in MethodConfig::ALL {
            let mut lane = LaneConfig::new(method);
            lane.learning_rate = Some(0.125);
            assert_eq!(lane.to_string().parse::<LaneConfig>(), Ok(lane.clone()));
            if method.climbs() {
                let climb_loss = if method.climbs_in_weights() { ClimbLoss::BiSam } else { ClimbLoss::CrossEntropy };
                lane = LaneConfig { climb_loss, from: 0.25, until: 300.0, ..lane };
                assert_eq!(lane.to_string().parse::<LaneConfig>(), Ok(lane));
            }
        }
    }

    #[test]
    fn the_words_of_the_readme_are_lanes() {
        let lane: LaneConfig = "delta-sam:rule=head:rho=0.8".parse().expect("documented");
        assert_eq!(lane.rho.to_bits(), 0.8_f64.to_bits());
        assert!(matches!(lane.method, MethodConfig::DeltaSam { rule: Rule::Head, .. }));
        let late: LaneConfig = "sam:from=0.7:climb-loss=error".parse().expect("documented");
        assert_eq!(late.to_string(), "sam:rho=0.2:climb-loss=error:from=0.7:until=1");
        assert_eq!(late.title(), "SAM on error from 0.7");
    }

    #[test]
    fn a_rule_has_its_own_number_of_draws_unless_one_is_named() {
        let draws = |words: &str| match words.parse::<LaneConfig>().expect("lane words").method {
            MethodConfig::DeltaSam { draws, .. } => draws,
            _ => 0,
        };
        assert_eq!(draws("delta-sam"), 1);
        assert_eq!(draws("delta-sam:rule=noise-change"), 3);
        assert_eq!(draws("delta-sam:draws=2:rule=noise-change"), 2);
    }

    #[test]
    fn a_wrong_word_is_told_with_its_remedy() {
        let unknown = "adam".parse::<LaneConfig>().expect_err("no such method").to_string();
        assert!(unknown.contains("unknown method `adam`") && unknown.contains("delta-sam"), "{unknown}");
        let knob = "sam:rule=head".parse::<LaneConfig>().expect_err("SAM has no rule").to_string();
        assert_eq!(
            knob,
            "`rule=head` is no knob of `sam` in lane `sam:rule=head`: use rho=NUMBER, lr=NUMBER, climb-loss=ce|error|bisam, from=MOMENT, \
             until=MOMENT"
        );
        let plain = "sgd:from=0.5".parse::<LaneConfig>().expect_err("SGD has no climb that could begin later").to_string();
        assert!(plain.ends_with("use lr=NUMBER"), "{plain}");
        let radius = "sgd:rho=0.5".parse::<LaneConfig>().expect_err("SGD has no climb whose radius it could be").to_string();
        assert_eq!(radius, "`rho=0.5` is no knob of `sgd` in lane `sgd:rho=0.5`: use lr=NUMBER");
        let twice = "sam:rho=0.1:lr=1:rho=0.2".parse::<LaneConfig>().expect_err("which of them?").to_string();
        assert_eq!(twice, "`rho` is given twice in lane `sam:rho=0.1:lr=1:rho=0.2`: give it once");
        let old = ["sgd:rho=0.5:lr=0.1", "sam:rho=0.1:lr=1:rho=0.2", "sam:rho=0.2"].map(without_ignored);
        assert_eq!(old, ["sgd:lr=0.1", "sam:lr=1:rho=0.2", "sam:rho=0.2"], "they mean what they meant");
    }

    #[test]
    fn moments_are_shares_or_whole_steps_in_order() {
        let check = |words: &str| words.parse::<LaneConfig>().expect("lane words").check().map_err(|error| error.to_string());
        for fine in ["sam:from=0.5", "sam:until=0.5", "sam:from=100", "sam:from=0.2:until=500", "sam:from=10:until=500"] {
            assert_eq!(check(fine), Ok(()), "{fine}");
        }
        for (words, told) in [
            ("sam:from=0.5:until=0.5", "lane from is 0.5, but must be before `until`, which is 0.5"),
            ("sam:from=1", "lane from is 1, but must be before `until`, which is 1"),
            ("sam:from=2.5", "lane from is 2.5, but must be a share of the run from 0 to 1, or a whole number of steps"),
        ] {
            let lane: LaneConfig = words.parse().expect("lane words");
            assert_eq!(check(words), Err(format!("{told}, in lane `{lane}`")));
        }
        assert!(check("sam:until=nan").is_err_and(|error| error.contains("lane until is NaN")));
    }

    #[test]
    fn equal_lanes_get_different_names() {
        let lanes: Vec<LaneConfig> = ["sgd", "sam:rho=0.1", "sam:rho=0.2", "sgd"].map(|words| words.parse().expect("lane words")).to_vec();
        assert_eq!(titles(&lanes), ["SGD #1", "SAM ρ 0.1", "SAM ρ 0.2", "SGD #2"]);
    }
}
