//! What is compared: methods × ρ × seeds, and one or two more knobs.
//!
//! The smallest unit is a *cell*: one method at one ρ and one setting of the other knobs, from one seed. The cells of a point
//! of the curves, which differ in their seed alone, stand side by side.

use serde::{Deserialize, Serialize};

use crate::experiment::{ConfigError, Experiment, LaneConfig, LaneError, MethodConfig, within};

/// Cells of a grid, at most.
pub const MOST_CELLS: usize = 20_000;

/// Measurements of the curve of each cell.
const MEASUREMENTS: usize = 8;

/// A comparison of methods, each of which is tried at every ρ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grid {
    /// Data, model and training; its lanes are the methods, whose own ρ does not count; its seeds are those of each point.
    pub experiment: Experiment,
    /// Radii ρ, ascending.
    #[serde(with = "crate::any_float")]
    pub radii: Vec<f64>,
    /// Radii of single lanes instead, ascending, one list a lane; an empty one, or none, takes [`Grid::radii`].
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "crate::any_float")]
    pub own_radii: Vec<Vec<f64>>,
    /// Up to two more knobs.
    #[serde(default)]
    pub over: Vec<Axis>,
    /// Fraction of the training data on which ρ is chosen. 0.05 to 0.9.
    #[serde(with = "crate::any_float")]
    pub validation: f64,
    /// Passes of each lane, where they are not those of the experiment: with the same number of gradients for all.
    #[serde(default)]
    pub epochs: Vec<usize>,
}

/// A knob with the values that it takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// The knob.
    pub knob: Knob,
    /// Its values, ascending; 0 of [`Knob::TrainSize`], which is all, comes last.
    #[serde(with = "crate::any_float")]
    pub values: Vec<f64>,
}

/// A knob besides ρ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Knob {
    /// Fraction of the training labels that are wrong.
    LabelNoise,
    /// Learning rate at the start.
    Lr,
    /// Examples per batch.
    Batch,
    /// Examples kept for training.
    TrainSize,
}

impl Knob {
    /// All of them, in the order of menus.
    pub const ALL: [Self; 4] = [Self::LabelNoise, Self::Lr, Self::Batch, Self::TrainSize];

    /// The word of the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::LabelNoise => "label-noise",
            Self::Lr => "lr",
            Self::Batch => "batch",
            Self::TrainSize => "train-size",
        }
    }

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::LabelNoise => "label noise",
            Self::Lr => "learning rate",
            Self::Batch => "batch size",
            Self::TrainSize => "training examples",
        }
    }

    /// Sets the knob.
    fn set(self, experiment: &mut Experiment, value: f64) {
        match self {
            Self::LabelNoise => experiment.data.label_noise = Some(value),
            Self::Lr => experiment.training.learning_rate = value,
            Self::Batch => experiment.training.batch = value as usize,
            Self::TrainSize => experiment.data.train_size = value as usize,
        }
    }

    /// A setting for people: `label noise 0.2`, `all training examples`.
    pub fn setting(self, value: f64) -> String {
        let (title, words) = (self.title(), self.value(value));
        if self.is_all(value) { format!("{words} {title}") } else { format!("{title} {words}") }
    }

    /// A value for people: `0.2`, `60`, or `all`.
    pub fn value(self, value: f64) -> String {
        if self.is_all(value) { "all".to_owned() } else { value.to_string() }
    }

    /// Whether a value is the word for all training examples.
    fn is_all(self, value: f64) -> bool {
        self == Self::TrainSize && value.abs() < 0.5
    }

    /// Where a value stands among others: all training examples are the most.
    fn order(self, value: f64) -> f64 {
        if self.is_all(value) { f64::INFINITY } else { value }
    }

    fn is_whole(self) -> bool {
        matches!(self, Self::Batch | Self::TrainSize)
    }
}

/// A point of the curves: some seeds of one method at one ρ and one setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Its setting of the other knobs: [`Grid::setting`].
    pub setting: usize,
    /// Its lane.
    pub lane: usize,
    /// Its ρ; 0 of a lane without a climb.
    pub rho: f64,
    /// Its first cell; as many follow as there are seeds.
    pub first: usize,
}

/// Why a grid cannot be trained.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GridError {
    /// A list has no values, or too many.
    #[error("{list} has {found} values: give {allowed}")]
    Count {
        /// Which one.
        list: String,
        /// How many it has.
        found: usize,
        /// How many it may have.
        allowed: &'static str,
    },
    /// A value that a list cannot have.
    #[error("{list} has the value {value}: {remedy}")]
    Value {
        /// Which list.
        list: String,
        /// The value.
        value: f64,
        /// What to do.
        remedy: &'static str,
    },
    /// A method that is there twice.
    #[error("the method {0} is named twice: its ρ comes from the list of radii, so name it once")]
    Twice(String),
    /// A method whose learning rate is not the one that is varied.
    #[error("{0} has a learning rate of its own, and the learning rate is varied: leave `lr=` out of it")]
    OwnRate(String),
    /// No method climbs.
    #[error("no method has a ρ: name one that climbs, such as sam")]
    NoClimb,
    /// The same knob on both axes.
    #[error("{0} is varied twice: give its values in one list")]
    SameKnob(&'static str),
    /// More cells than anybody waits for.
    #[error("that would be {0} runs, and {MOST_CELLS} is the most: leave out values, seeds or methods")]
    TooMany(usize),
    /// A knob out of bounds.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Grid {
    /// Compares these methods; SGD stands before them, for whatever ρ is worth is worth it against none.
    pub fn new(mut experiment: Experiment, mut radii: Vec<f64>, mut over: Vec<Axis>, validation: f64) -> Self {
        if experiment.lanes.iter().all(|lane| lane.method != MethodConfig::Sgd) {
            experiment.lanes.insert(0, LaneConfig::new(MethodConfig::Sgd));
        }
        // Whatever they said: each is tried at every radius.
        experiment.lanes.iter_mut().for_each(|lane| lane.rho = 0.0);
        radii.sort_by(f64::total_cmp);
        for Axis { knob, values } in &mut over {
            values.sort_by(|a, b| knob.order(*a).total_cmp(&knob.order(*b)));
        }
        experiment.data.validation = true;
        Self { experiment, radii, own_radii: Vec::new(), over, validation, epochs: Vec::new() }
    }

    /// Checks every list and every experiment.
    ///
    /// # Errors
    /// What is wrong first, and what to do.
    pub fn check(&self) -> Result<(), GridError> {
        let lanes = &self.experiment.lanes;
        let count = |list: &str, found: usize, range: std::ops::RangeInclusive<usize>, allowed| {
            if range.contains(&found) { Ok(()) } else { Err(GridError::Count { list: list.to_owned(), found, allowed }) }
        };
        count("the list of radii", self.radii.len(), 1..=64, "from 1 to 64")?;
        rising("the list of radii", &self.radii, |rho| rho, |rho| rho > 0.0, "a ρ is above 0; without a climb it is SGD")?;
        for (lane, own) in lanes.iter().zip(&self.own_radii).filter(|(_, own)| !own.is_empty()) {
            let list = format!("the list of radii of {}", lane.title());
            count(&list, own.len(), 1..=64, "from 1 to 64")?;
            rising(&list, own, |rho| rho, |rho| rho > 0.0, "a ρ is above 0; without a climb it is SGD")?;
        }
        within("validation", self.validation, 0.05, 0.9)?;
        count("the list of other knobs", self.over.len(), 0..=2, "two at most")?;
        for axis in &self.over {
            let (knob, values) = (axis.knob, &axis.values);
            count(knob.word(), values.len(), 1..=32, "from 1 to 32")?;
            let allowed = |value: f64| !knob.is_whole() || value.fract() == 0.0 && value >= 0.0;
            rising(knob.word(), values, |value| knob.order(value), allowed, "give whole numbers")?;
        }
        if let [a, b] = &self.over[..]
            && a.knob == b.knob
        {
            return Err(GridError::SameKnob(a.knob.word()));
        }
        for (i, lane) in lanes.iter().enumerate() {
            if lanes[..i].iter().any(|other| LaneConfig { rho: lane.rho, ..other.clone() } == *lane) {
                return Err(GridError::Twice(lane.title()));
            }
            if lane.learning_rate.is_some() && self.over.iter().any(|axis| axis.knob == Knob::Lr) {
                return Err(GridError::OwnRate(lane.title()));
            }
        }
        if !lanes.iter().any(climbs) {
            return Err(GridError::NoClimb);
        }
        let cells = self.cells();
        if cells > MOST_CELLS {
            return Err(GridError::TooMany(cells));
        }
        within("seeds", self.experiment.seeds, 1, 64)?;
        self.points().iter().try_for_each(|point| self.experiment_of(point).check()).map_err(Into::into)
    }

    /// Settings of the other knobs; one where there are none.
    pub fn settings(&self) -> usize {
        self.over.iter().map(|axis| axis.values.len()).product()
    }

    /// The values of the other knobs at a setting: the last knob goes fastest.
    pub fn setting(&self, mut setting: usize) -> Vec<(Knob, f64)> {
        let mut values: Vec<(Knob, f64)> = Vec::new();
        for axis in self.over.iter().rev() {
            values.push((axis.knob, axis.values[setting % axis.values.len()]));
            setting /= axis.values.len();
        }
        values.reverse();
        values
    }

    /// Cells.
    pub fn cells(&self) -> usize {
        self.settings() * self.experiment.seeds * (0..self.experiment.lanes.len()).map(|lane| self.radii_of(lane).len()).sum::<usize>()
    }

    /// The radii of a lane; 0 alone of one without a climb.
    pub fn radii_of(&self, lane: usize) -> &[f64] {
        match self.own_radii.get(lane) {
            _ if !climbs(&self.experiment.lanes[lane]) => &[0.0],
            Some(own) if !own.is_empty() => own,
            _ => &self.radii,
        }
    }

    /// All points: by setting, lane and ρ.
    pub fn points(&self) -> Vec<Point> {
        let mut points = Vec::new();
        let mut first = 0;
        for setting in 0..self.settings() {
            for lane in 0..self.experiment.lanes.len() {
                for &rho in self.radii_of(lane) {
                    points.push(Point { setting, lane, rho, first });
                    first += self.experiment.seeds;
                }
            }
        }
        points
    }

    /// The point of a cell.
    pub fn point_of(&self, cell: usize) -> Point {
        let points = self.points();
        points[points.partition_point(|point| point.first <= cell) - 1]
    }

    /// The seed of a cell.
    pub fn seed(&self, cell: usize) -> u64 {
        self.experiment.first_seed.saturating_add((cell % self.experiment.seeds) as u64)
    }

    /// The experiment of all seeds of a point: what a click on it opens.
    pub fn experiment_of(&self, point: &Point) -> Experiment {
        let mut experiment = self.experiment.clone();
        for (knob, value) in self.setting(point.setting) {
            knob.set(&mut experiment, value);
        }
        experiment.lanes = vec![LaneConfig { rho: point.rho, ..self.experiment.lanes[point.lane].clone() }];
        if let Some(epochs) = self.epochs.get(point.lane) {
            experiment.training.epochs = *epochs;
        }
        experiment
    }

    /// The experiment of a cell alone: what it is, and nothing else.
    pub fn experiment_of_cell(&self, point: &Point, cell: usize) -> Experiment {
        Experiment { seeds: 1, first_seed: self.seed(cell), ..self.experiment_of(point) }
    }

    /// Steps between two measurements of a run of so many.
    pub(crate) fn measure_every(steps: usize) -> usize {
        steps.div_ceil(MEASUREMENTS).max(1)
    }

    /// The words of a method, without a ρ.
    pub fn method(&self, lane: usize) -> String {
        let words = self.experiment.lanes[lane].to_string();
        words.split(':').filter(|word| !word.starts_with("rho=")).collect::<Vec<_>>().join(":")
    }

    /// Names of the methods.
    pub fn titles(&self) -> Vec<String> {
        self.experiment.titles()
    }
}

/// Whether a lane has a ρ.
pub fn climbs(lane: &LaneConfig) -> bool {
    lane.method.climbs()
}

/// A method of a grid: the words of a lane without a ρ, which would not count.
///
/// # Errors
/// What is wrong with them.
pub fn method(words: &str) -> Result<LaneConfig, String> {
    let lane: LaneConfig = words.parse().map_err(|error: LaneError| error.to_string())?;
    match words.split(':').find(|word| word.starts_with("rho=")) {
        Some(word) => Err(format!("`{word}` has no place in the method `{words}`, which is tried at every ρ of the list: leave it out")),
        None => Ok(lane),
    }
}

fn rising(
    list: &str,
    values: &[f64],
    order: impl Fn(f64) -> f64,
    allowed: impl Fn(f64) -> bool,
    remedy: &'static str,
) -> Result<(), GridError> {
    let error = |value: f64, remedy| Err(GridError::Value { list: list.to_owned(), value, remedy });
    if let Some(value) = values.iter().find(|value| !value.is_finite()) {
        return error(*value, "give finite numbers");
    }
    if let Some(value) = values.iter().find(|value| !allowed(**value)) {
        return error(*value, remedy);
    }
    match values.windows(2).find(|pair| order(pair[0]) >= order(pair[1])) {
        Some(pair) => error(pair[1], "give each value once, the smaller ones first"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(methods: &[&str], over: Vec<Axis>) -> Grid {
        let lanes = methods.iter().map(|words| words.parse().expect("lane words")).collect();
        Grid::new(Experiment { lanes, seeds: 3, ..Experiment::default() }, vec![0.4, 0.1], over, 0.2)
    }

    #[test]
    fn points_stand_by_setting_lane_and_radius_and_sgd_has_no_radius() {
        let over = vec![Axis { knob: Knob::LabelNoise, values: vec![0.0, 0.4] }, Axis { knob: Knob::Batch, values: vec![8.0, 16.0] }];
        let grid = grid(&["sam", "per-instance"], over);
        grid.check().expect("a good grid");
        // 4 settings × (1 + 2 + 2) points × 3 seeds.
        assert_eq!((grid.settings(), grid.cells(), grid.points().len()), (4, 60, 20));
        let point = grid.points()[7];
        assert_eq!(point, Point { setting: 1, lane: 1, rho: 0.4, first: 21 });
        assert_eq!(grid.setting(1), [(Knob::LabelNoise, 0.0), (Knob::Batch, 16.0)]);
        let experiment = grid.experiment_of_cell(&point, 23);
        assert_eq!((experiment.seeds, experiment.first_seed, experiment.training.batch), (1, 3, 16));
        assert_eq!((experiment.data.label_noise, experiment.lanes[0].to_string().as_str()), (Some(0.0), "sam:rho=0.4"));
        assert!(experiment.data.validation && grid.points()[0].rho == 0.0);
    }

    #[test]
    fn a_method_can_have_radii_of_its_own() {
        let grid = Grid { own_radii: vec![Vec::new(), vec![1.0, 2.0, 4.0]], ..grid(&["asam", "sam"], Vec::new()) };
        grid.check().expect("a good grid");
        let radii: Vec<f64> = grid.points().iter().map(|point| point.rho).collect();
        // SGD has none, ASAM its own, SAM those of all.
        assert_eq!((radii, grid.cells()), (vec![0.0, 1.0, 2.0, 4.0, 0.1, 0.4], 18));
        assert_eq!(grid.point_of(13).rho.to_bits(), 0.1_f64.to_bits());
        let again: Grid = serde_json::from_str(&serde_json::to_string(&grid).expect("plain data")).expect("the same");
        assert_eq!(again, grid);
    }

    #[test]
    fn values_rise_and_all_training_examples_come_last() {
        let axis = |knob, values: &[f64]| Axis { knob, values: values.to_vec() };
        let grid = grid(&["sam"], vec![axis(Knob::LabelNoise, &[0.4, 0.0]), axis(Knob::TrainSize, &[0.0, 120.0, 60.0])]);
        grid.check().expect("a good grid");
        assert_eq!((&grid.over[0].values, &grid.over[1].values), (&vec![0.0, 0.4], &vec![60.0, 120.0, 0.0]));
        let words: Vec<String> = grid.setting(5).into_iter().chain(grid.setting(0)).map(|(knob, value)| knob.setting(value)).collect();
        assert_eq!(words, ["label noise 0.4", "all training examples", "label noise 0", "training examples 60"]);
    }

    #[test]
    fn a_method_has_no_radius() {
        assert_eq!(method("sam:lr=0.1").map(|lane| lane.learning_rate), Ok(Some(0.1)));
        assert!(method("sam:rho=0.3").is_err_and(|text| text.contains("`rho=0.3`") && text.contains("leave it out")));
        assert!(method("adam").is_err_and(|text| text.contains("unknown method")));
    }

    #[test]
    fn what_cannot_be_compared_is_refused_with_a_remedy() {
        let axis = |knob, values: &[f64]| Axis { knob, values: values.to_vec() };
        let words = |grid: Grid| grid.check().expect_err("a bad grid").to_string();
        assert!(words(grid(&["sgd"], Vec::new())).contains("no method has a ρ"));
        assert!(words(grid(&["sam", "sam:rho=0.3"], Vec::new())).contains("SAM is named twice"));
        assert!(words(grid(&["sam:lr=0.1"], vec![axis(Knob::Lr, &[0.1])])).contains("`lr=`"));
        assert!(words(grid(&["sam"], vec![axis(Knob::Batch, &[8.5])])).contains("whole numbers"));
        assert!(words(grid(&["sam"], vec![axis(Knob::LabelNoise, &[0.4, 0.4])])).contains("each value once"));
        // A file may have them in any order.
        let mut falling = grid(&["sam"], vec![axis(Knob::LabelNoise, &[0.2, 0.4])]);
        falling.over[0].values.reverse();
        assert!(words(falling).contains("the smaller ones first"));
        assert!(words(grid(&["sam"], vec![axis(Knob::Lr, &[f64::NAN])])).contains("lr has the value NaN: give finite numbers"));
        assert!(words(grid(&["sam"], vec![axis(Knob::LabelNoise, &[1.2])])).contains("data.label_noise is 1.2"));
        assert!(words(grid(&["sam"], vec![axis(Knob::Lr, &[0.1]); 2])).contains("lr is varied twice"));
        assert!(words(Grid { radii: vec![0.0, 0.1], ..grid(&["sam"], Vec::new()) }).contains("a ρ is above 0"));
        assert!(
            words(Grid { own_radii: vec![vec![], vec![0.2, 0.1]], ..grid(&["sam"], Vec::new()) })
                .contains("radii of SAM has the value 0.1")
        );
        assert!(words(Grid { radii: vec![f64::NAN], ..grid(&["sam"], Vec::new()) }).contains("NaN"));
        assert!(words(Grid { validation: 0.95, ..grid(&["sam"], Vec::new()) }).contains("validation is 0.95"));
        let many = (1..=32).map(f64::from).collect::<Vec<_>>();
        // 32 × 32 settings × (1 + 32) points × 3 seeds.
        let all = grid(&["sam"], vec![axis(Knob::Batch, &many), axis(Knob::TrainSize, &many)]);
        assert!(words(Grid { radii: many, ..all }).contains("101376 runs"));
    }
}
