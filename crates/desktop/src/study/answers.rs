//! What the cells of a study say together: each method at its own best ρ on every data set and noise level, and its differences
//! to SGD, to SAM and to the placebo.
//!
//! ρ is chosen by validation accuracy alone (`basin_train::lab::choice`). Differences are paired by seed, and judged in one family
//! for each reference, all data sets, models and noise levels together. Elsewhere: what is concluded of it (`questions.rs`).

use std::collections::HashMap;
use std::path::PathBuf;

use basin_train::experiment::{MethodConfig, ModelKind, Rule};
use basin_train::lab::choice::{Choice, choose, differences};
use basin_train::lab::detail::Detail;
use basin_train::lab::grid::{Grid, Point};
use basin_train::lab::outcome::Outcome;
use basin_train::stats::{Comparison, judge};

use super::plan::{Cell, Plan, Series};
use super::store::{Found, Ran, Store};
use crate::sweep::Budget;
use crate::words::told;

/// A series as far as it is trained.
pub struct Part {
    /// The name of its sweep.
    pub name: String,
    /// The data set.
    pub data: String,
    pub budget: Budget,
    /// With as many seeds as there are of which every cell is there.
    pub grid: Grid,
    /// Those seeds, which need not be the first.
    pub seeds: Vec<u64>,
    /// One for each cell of the grid.
    pub outcomes: Vec<Option<Outcome>>,
    details: Vec<Option<Detail>>,
    /// Each method at its own best ρ, at each noise level.
    pub choices: Vec<Choice>,
}

/// A difference of test accuracies at the best ρ of both.
#[derive(Clone, Copy)]
pub struct Compared {
    pub part: usize,
    /// A choice of that part, by number.
    pub choice: usize,
    pub comparison: Comparison,
}

/// What differences are taken to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reference {
    Sgd,
    Sam,
    Placebo,
}

/// All of it.
pub struct Answers {
    pub parts: Vec<Part>,
    /// By reference.
    families: [Vec<Compared>; 3],
    /// Cells that are there, and that the plan has.
    pub cells: [usize; 2],
    /// Series that lack seeds, of which not every cell is there, in words.
    pub short: Vec<String>,
    /// Files that are no whole cells.
    pub damaged: Vec<PathBuf>,
    /// What training took, in seconds of one core, all cells together.
    pub seconds: f64,
}

/// A number of a run.
pub struct Number {
    /// For programs.
    pub word: &'static str,
    /// For people.
    pub title: &'static str,
    of: fn(&Outcome, &Detail) -> f64,
}

/// A number by its words.
const fn number(word: &'static str, title: &'static str, of: fn(&Outcome, &Detail) -> f64) -> Number {
    Number { word, title, of }
}

pub const ACCURACY: Number = number("test_accuracy", "test accuracy, %", |outcome, _| 100.0 * outcome.test_accuracy);
pub const LOSS: Number = number("test_loss", "log-loss, nats", |outcome, _| outcome.test_loss);
pub const CALIBRATION: Number = number("calibration_error", "calibration error, %", |_, detail| 100.0 * detail.calibration_error);
pub const ALIGNMENT: Number = number("alignment", "cos(D, D*)", |_, detail| detail.alignment);
pub const GRADIENTS: Number = number("gradient_evaluations", "gradients", |outcome, _| outcome.gradient_evaluations);
pub const GAP: Number = number("gap", "gap", |outcome, _| outcome.gap);
pub const EIGENVALUE: Number = number("largest_eigenvalue", "λ_max", |outcome, _| outcome.largest_eigenvalue);

/// What a number of sharpness may be held against test accuracy; the training loss stands beside them, for comparison.
pub const SHARPNESS: [Number; 9] = [
    GAP,
    number("gap_held_out", "gap on held-out examples", |outcome, _| outcome.gap_held_out),
    number("example_gap", "gap of single examples", |_, detail| detail.example_gap),
    number("adaptive_gap", "adaptive gap", |_, detail| detail.adaptive_gap),
    number("average_rise", "average rise", |_, detail| detail.average_rise),
    EIGENVALUE,
    number("trace", "trace", |_, detail| detail.trace),
    number("gradient_variance", "tr V", |_, detail| detail.gradient_variance),
    number("train_loss", "training loss (no sharpness)", |outcome, _| outcome.train_loss),
];

impl Reference {
    pub const ALL: [Self; 3] = [Self::Sgd, Self::Sam, Self::Placebo];

    /// The lane of a grid that it is.
    pub fn lane(self, grid: &Grid) -> Option<usize> {
        let is = |method: MethodConfig| match self {
            Self::Sgd => method == MethodConfig::Sgd,
            Self::Sam => method == MethodConfig::Sam,
            Self::Placebo => matches!(method, MethodConfig::DeltaSam { rule: Rule::Random, .. }),
        };
        // Late SAM, and SAM on another loss, are other methods.
        grid.experiment.lanes.iter().position(|lane| is(lane.method) && lane.is_plain())
    }
}

impl Part {
    /// The noise level of a setting, 0 to 1.
    pub fn noise(&self, setting: usize) -> f64 {
        self.grid.setting(setting).first().map_or(0.0, |(_, value)| *value)
    }

    /// `films, cnn`: data set, and the model where it is not the usual one.
    pub fn place(&self) -> String {
        match self.model() {
            ModelKind::Bag => self.data.clone(),
            other => format!("{}, {}", self.data, told(other)),
        }
    }

    pub fn model(&self) -> ModelKind {
        self.grid.experiment.model.kind
    }

    /// `films, cnn, 20 % noise`.
    pub fn setting(&self, setting: usize) -> String {
        match self.noise(setting) {
            0.0 => format!("{}, clean", self.place()),
            noise => format!("{}, {:.0} % noise", self.place(), 100.0 * noise),
        }
    }

    /// A number of a point, one value a seed.
    pub fn values(&self, point: &Point, number: &Number) -> Vec<f64> {
        self.runs(point).map(|(outcome, detail)| (number.of)(outcome, detail)).collect()
    }

    /// The runs of a point, one a seed.
    pub fn runs(&self, point: &Point) -> impl Iterator<Item = (&Outcome, &Detail)> {
        let cells = point.first..point.first + self.grid.experiment.seeds;
        cells.filter_map(|cell| Some((self.outcomes[cell].as_ref()?, self.details[cell].as_ref()?)))
    }
}

impl Number {
    pub fn of(&self, (outcome, detail): (&Outcome, &Detail)) -> f64 {
        (self.of)(outcome, detail)
    }
}

impl Answers {
    /// Of what a folder holds of a plan.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn read(plan: &Plan, store: &Store) -> Result<Self, String> {
        let cells = plan.cells();
        let (mut found, mut damaged, mut seconds) = (HashMap::new(), Vec::new(), 0.0);
        for (cell, name) in &cells {
            match store.find(name, &plan.identity(cell))? {
                Found::Done(kept) => {
                    seconds += kept.seconds;
                    found.insert(name.clone(), kept.runs);
                }
                Found::Missing => {}
                Found::Damaged(path) => damaged.push(path),
            }
        }
        let (mut parts, mut short) = (Vec::new(), Vec::new());
        for (number, series) in plan.series.iter().enumerate() {
            let whole = whole_seeds(plan, number, &found);
            short.extend(lacking(plan, series, whole.len()));
            parts.extend(part(plan, series, whole));
        }
        let families = Reference::ALL.map(|reference| family(&parts, reference));
        Ok(Self { parts, families, cells: [found.len(), cells.len()], short, damaged, seconds })
    }

    /// Every difference to a reference.
    pub fn against(&self, reference: Reference) -> &[Compared] {
        &self.families[reference as usize]
    }

    /// The difference of one choice to a reference.
    pub fn of(&self, reference: Reference, part: usize, choice: usize) -> Option<Comparison> {
        let same = |compared: &&Compared| (compared.part, compared.choice) == (part, choice);
        self.against(reference).iter().find(same).map(|compared| compared.comparison)
    }

    /// The noise levels, from the lowest on.
    pub fn noises(&self) -> Vec<f64> {
        let mut noises: Vec<f64> =
            self.parts.iter().flat_map(|part| (0..part.grid.settings()).map(|setting| part.noise(setting))).collect();
        noises.sort_by(f64::total_cmp);
        noises.dedup();
        noises
    }
}

/// What there is of a seed of a series: by setting and lane in turn, the runs of all ρ.
type Whole<'a> = Vec<Vec<&'a Ran>>;

/// The seeds of a series of which every cell is there, by their places; cells come to their ends in any order.
fn whole_seeds<'a>(plan: &Plan, number: usize, found: &'a HashMap<String, Vec<Ran>>) -> Vec<(usize, Whole<'a>)> {
    let grid = &plan.series[number].grid;
    let runs_of = |setting: usize, lane: usize, seed: usize| {
        found.get(&plan.identity(&Cell { series: number, setting, lane, seed }).name()).map(|runs| runs.iter().collect())
    };
    let of_seed = |seed: usize| {
        let places = (0..grid.settings()).flat_map(|setting| (0..grid.experiment.lanes.len()).map(move |lane| (setting, lane)));
        places.map(|(setting, lane)| runs_of(setting, lane, seed)).collect::<Option<Whole<'a>>>().map(|whole| (seed, whole))
    };
    (0..grid.experiment.seeds).filter_map(of_seed).collect()
}

/// `bag, films: 2 of 3 seeds`, where some are not whole.
fn lacking(plan: &Plan, series: &Series, there: usize) -> Option<String> {
    let Series { name, data, grid, .. } = series;
    let planned = grid.experiment.seeds;
    (there < planned)
        .then(|| format!("{name}, {}, {}: {there} of {planned} seeds", plan.data[*data].name, told(grid.experiment.model.kind)))
}

/// A series with the seeds of which every cell is there; none without any.
fn part(plan: &Plan, series: &Series, whole: Vec<(usize, Whole<'_>)>) -> Option<Part> {
    let Series { name, data, budget, grid, .. } = series;
    let lanes = grid.experiment.lanes.len();
    let (places, whole): (Vec<usize>, Vec<Whole<'_>>) = whole.into_iter().unzip();
    if whole.is_empty() {
        return None;
    }
    let seeds = places.into_iter().map(|seed| grid.seed(seed)).collect();
    let mut grid = grid.clone();
    grid.experiment.seeds = whole.len();
    let (mut outcomes, mut details) = (vec![None; grid.cells()], vec![None; grid.cells()]);
    let mut place = 0;
    for setting in 0..grid.settings() {
        for lane in 0..lanes {
            for radius in 0..grid.radii_of(lane).len() {
                for of_seed in &whole {
                    let ran = of_seed[setting * lanes + lane][radius];
                    (outcomes[place], details[place]) = (Some(ran.outcome.clone()), Some(ran.detail.clone()));
                    place += 1;
                }
            }
        }
    }
    let choices = choose(&grid, &outcomes);
    Some(Part { name: name.clone(), data: plan.data[*data].name.clone(), budget: *budget, grid, seeds, outcomes, details, choices })
}

/// Every difference to one reference, judged together.
fn family(parts: &[Part], reference: Reference) -> Vec<Compared> {
    let mut places = Vec::new();
    let mut found = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let Some(lane) = reference.lane(&part.grid) else { continue };
        for (choice, _, difference) in differences(&part.grid, &part.outcomes, &part.choices, &[lane]) {
            places.push((number, choice));
            found.push(difference);
        }
    }
    let judged = places.into_iter().zip(judge(&found));
    judged.filter_map(|((part, choice), comparison)| Some(Compared { part, choice, comparison: comparison? })).collect()
}
