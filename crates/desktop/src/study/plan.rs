//! From the plan of a study, a TOML file, to its sweeps and their cells.
//!
//! A sweep of the plan is a grid (`basin_train::lab::grid`) for each of its data sets and models, with the label noise as its
//! other knob. A cell is one method at all its ρ, at one noise level, from one seed, which here draws the split, the noise, the
//! order of the batches and the initial weights: seeds are independent runs of the whole experiment, and cells of one seed are
//! paired. Elsewhere: what becomes of a cell (`store.rs`, `work.rs`).

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

use basin_train::data::encoder::{self, EncoderSizes};
use basin_train::data::files::Files;
use basin_train::experiment::{Base, DataSource, Experiment, LaneConfig, ModelKind, Tokens, Tune, link, presets};
use basin_train::lab::grid::{Axis, Grid, Knob, Point, climbs, method};
use basin_train::lab::outcome::NUMBERS;
use basin_train::lab::work::{self, Shelf};
use basin_train::run::Compute;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::sweep::Budget;
use crate::words::told;
use crate::{identity, source};

/// Seeds of a sweep that does not say.
const SEEDS: usize = 16;

/// What is asked, and of what.
pub struct Plan {
    /// For the head of the report.
    pub title: String,
    /// Every data set that is named, once.
    pub data: Vec<Data>,
    /// The sweeps, one entry for each of their data sets and models.
    pub series: Vec<Series>,
}

/// A data set.
pub struct Data {
    /// What the plan calls it.
    pub name: String,
    /// Its files; none of a set that is part of the program.
    pub files: Option<Files>,
    /// What tells them from others.
    prints: Vec<String>,
}

/// Methods that are compared on one data set with one model.
pub struct Series {
    /// The sweep of the plan that it is of, by number.
    pub sweep: usize,
    /// The name of that sweep.
    pub name: String,
    /// The data set, by number.
    pub data: usize,
    /// What each method may spend.
    pub budget: Budget,
    /// Methods, radii and noise levels; each seed is one of the data as well.
    pub grid: Grid,
}

/// What is trained and kept as one.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// By number.
    pub series: usize,
    /// The setting of the grid: the noise level.
    pub setting: usize,
    /// The method.
    pub lane: usize,
    /// From 0: the place of its seed.
    pub seed: usize,
}

/// All that a cell is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    format: u32,
    /// With one lane, whose own ρ does not count.
    pub experiment: Experiment,
    /// The radii that it is trained at.
    pub radii: Vec<f64>,
    /// Fraction of the training data on which ρ is chosen.
    pub validation: f64,
    /// SHA-256 of the data's files, and of the encoder that it learns from.
    files: Vec<String>,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    title: String,
    #[serde(default)]
    defaults: Wishes,
    #[serde(default)]
    sweep: Vec<Wishes>,
}

/// What a sweep is, or what all of them are; what neither says has the default of an experiment.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Wishes {
    name: Option<String>,
    data: Option<Vec<String>>,
    models: Option<Vec<ModelKind>>,
    /// Layers of the encoder that `sentence` trains further; the other models do without.
    tune: Option<Tune>,
    label_noise: Option<Vec<f64>>,
    methods: Option<Vec<Method>>,
    rho: Option<Vec<f64>>,
    own_rho: Option<BTreeMap<String, Vec<f64>>>,
    budget: Option<Budget>,
    seeds: Option<usize>,
    first_seed: Option<u64>,
    validation: Option<f64>,
    test_fraction: Option<f64>,
    train_size: Option<usize>,
    epochs: Option<usize>,
    batch: Option<usize>,
    lr: Option<f64>,
    warm_up: Option<f64>,
    base: Option<Base>,
    probe: Option<usize>,
    dim: Option<usize>,
    hidden: Option<usize>,
    tokens: Option<Tokens>,
    vocabulary: Option<usize>,
    max_length: Option<usize>,
}

/// A method of a sweep, which has no ρ of its own.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
struct Method(LaneConfig);

impl TryFrom<String> for Method {
    type Error = String;

    fn try_from(words: String) -> Result<Self, String> {
        method(&words).map(Self)
    }
}

/// Each field of the first, or else of the second.
macro_rules! either {
    ($first:ident, $second:ident: $($field:ident),* $(,)?) => {
        Wishes { $($field: $first.$field.or_else(|| $second.$field.clone())),* }
    };
}

impl Wishes {
    #[allow(clippy::clone_on_copy, reason = "the macro does not know which fields are numbers")]
    fn or(self, others: &Self) -> Self {
        either!(self, others: name, data, models, tune, label_noise, methods, rho, own_rho, budget, seeds, first_seed, validation, test_fraction,
            train_size, epochs, batch, lr, warm_up, base, probe, dim, hidden, tokens, vocabulary, max_length)
    }
}

/// Takes a wish that is there.
fn take<T>(field: &mut T, wish: Option<T>) {
    if let Some(value) = wish {
        *field = value;
    }
}

impl Plan {
    /// Reads a plan and the data sets that it names.
    ///
    /// # Errors
    /// What is wrong with which line or field, and what to do.
    pub fn read(path: &Path) -> Result<Self, String> {
        let name = path.display();
        let text = fs::read_to_string(path).map_err(|error| format!("{name} cannot be read: {error}"))?;
        Self::parse(&text).map_err(|error| format!("{name}: {error}"))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let written: Written = toml::from_str(text).map_err(|error| in_words(error.to_string().trim_end()))?;
        if written.sweep.is_empty() {
            return Err("there is no [[sweep]]: write one with data = [\"films\"], methods = [\"sam\"] and rho = [0.1, 0.2]".to_owned());
        }
        let mut plan = Self { title: written.title, data: Vec::new(), series: Vec::new() };
        let mut names = HashSet::new();
        for (number, wishes) in written.sweep.into_iter().enumerate() {
            let name = wishes.name.clone().unwrap_or_else(|| format!("sweep {}", number + 1));
            if !names.insert(name.clone()) {
                return Err(format!("two sweeps are called `{name}`: give each a name of its own"));
            }
            // Radii of all sweeps are for those that have the method.
            let strict = wishes.own_rho.is_some();
            let models = wishes.models.as_ref().or(written.defaults.models.as_ref());
            let learns = models.is_some_and(|models| models.iter().any(|model| model.learns_from_vectors()));
            if wishes.tune.is_some() && !learns {
                return Err(format!("[[sweep]] `{name}`: {NOTHING_TO_TUNE}"));
            }
            plan.add(number, &name, wishes.or(&written.defaults), strict).map_err(|error| format!("[[sweep]] `{name}`: {error}"))?;
        }
        if written.defaults.tune.is_some() && plan.series.iter().all(|series| series.grid.experiment.model.tune.is_none()) {
            return Err(format!("[defaults]: {NOTHING_TO_TUNE}"));
        }
        for words in written.defaults.own_rho.iter().flat_map(BTreeMap::keys) {
            let nowhere = |series: &Series| matches!(lane_of(&series.grid, words), Ok(None));
            if plan.series.iter().all(nowhere) {
                return Err(format!("[defaults]: {}", no_method(words)));
            }
        }
        Ok(plan)
    }

    /// Adds a series for each data set and model of a sweep.
    fn add(&mut self, sweep: usize, name: &str, mut wishes: Wishes, strict: bool) -> Result<(), String> {
        let data = wishes.data.take().unwrap_or_default();
        if data.is_empty() {
            return Err("`data` names no set: write data = [\"films\"], or names that `basin data list` shows".to_owned());
        }
        let models = wishes.models.take().unwrap_or_else(|| vec![ModelKind::Bag]);
        if models.is_empty() {
            return Err("`models` names none: write models = [\"bag\"], or leave it out".to_owned());
        }
        if let Some(twice) = first_twice(&data) {
            return Err(format!("`data` names {twice} twice: once is enough"));
        }
        if let Some(twice) = first_twice(&models) {
            return Err(format!("`models` names {} twice: once is enough", told(*twice)));
        }
        let (budget, own_rho) = (wishes.budget.unwrap_or(Budget::EqualEpochs), wishes.own_rho.take().unwrap_or_default());
        for model in models {
            let mut spent = None;
            for set in &data {
                let number = self.data_of(set)?;
                let mut experiment = Experiment { seeds: SEEDS, ..Experiment::default() };
                experiment.data.source = source::find(set, None)?.source;
                experiment.model.kind = model;
                if let Some(tune) = wishes.tune.filter(|_| model.learns_from_vectors()) {
                    let layers = EncoderSizes::default().layers;
                    if let Tune::Top(asked) = tune
                        && asked > layers
                    {
                        return Err(format!(
                            "tune is top:{asked}, but the encoder has {layers} layers: write top:1 to top:{layers}, or all"
                        ));
                    }
                    presets::tuning(&mut experiment, tune);
                }
                let mut grid = grid(experiment, wishes.clone(), &own_rho, strict)?;
                grid.check().map_err(|error| {
                    let text = error.to_string();
                    // The grid does not know the fields.
                    text.replace("the list of radii of ", "own-rho of ").replace("the list of radii", "rho")
                })?;
                if budget == Budget::EqualGradients {
                    grid.epochs = spent.get_or_insert_with(|| level(&grid)).clone()?;
                }
                self.series.push(Series { sweep, name: name.to_owned(), data: number, budget, grid });
            }
        }
        Ok(())
    }

    /// The number of a data set, which is read when it is first named.
    fn data_of(&mut self, name: &str) -> Result<usize, String> {
        if let Some(number) = self.data.iter().position(|data| data.name == name) {
            return Ok(number);
        }
        let files = source::find(name, None)?.files;
        let prints = identity::prints(files.as_ref());
        self.data.push(Data { name: name.to_owned(), files, prints });
        Ok(self.data.len() - 1)
    }

    /// Every cell with its name, each once though sweeps may share it, in the order in which they are trained: sweep by sweep as
    /// the plan has them, and in each all of the first seed first, so that the whole is seen early.
    pub fn cells(&self) -> Vec<(Cell, String)> {
        let (mut cells, mut names) = (Vec::new(), HashSet::new());
        for of_sweep in self.series.chunk_by(|a, b| a.sweep == b.sweep) {
            let sweep = of_sweep[0].sweep;
            for seed in 0..of_sweep[0].grid.experiment.seeds {
                for (series, Series { grid, .. }) in self.series.iter().enumerate().filter(|(_, series)| series.sweep == sweep) {
                    let of_series = (0..grid.settings())
                        .flat_map(|setting| (0..grid.experiment.lanes.len()).map(move |lane| Cell { series, setting, lane, seed }));
                    for cell in of_series {
                        let name = self.identity(&cell).name();
                        if names.insert(name.clone()) {
                            cells.push((cell, name));
                        }
                    }
                }
            }
        }
        cells
    }

    /// All that a cell is.
    pub fn identity(&self, cell: &Cell) -> Identity {
        let Series { grid, data, .. } = &self.series[cell.series];
        let mut experiment = grid.experiment_of(&Point { setting: cell.setting, lane: cell.lane, rho: 0.0, first: 0 });
        experiment.seeds = 1;
        experiment.first_seed = grid.experiment.first_seed.saturating_add(cell.seed as u64);
        experiment.data.seed = experiment.first_seed;
        let (radii, validation) = (grid.radii_of(cell.lane).to_vec(), grid.validation);
        let mut files = self.data[*data].prints.clone();
        files.extend(encoder::hash_for(experiment.model.kind));
        Identity { format: NUMBERS, experiment, radii, validation, files }
    }

    /// A cell in words: `bag, films, label noise 0.2, SAM, seed 3`.
    pub fn words(&self, cell: &Cell) -> String {
        let Series { name, data, grid, .. } = &self.series[cell.series];
        let noise = grid.setting(cell.setting).first().map_or(0.0, |(_, value)| *value);
        let (method, seed) = (&grid.titles()[cell.lane], grid.seed(cell.seed));
        format!("{name}, {}, label noise {noise}, {method}, seed {seed}", self.data[*data].name)
    }
}

/// What is wrong with a file, without the reader's names of types.
fn in_words(error: &str) -> String {
    let types = [
        ("expected usize", "expected a whole number"),
        ("expected u64", "expected a whole number"),
        ("expected f64", "expected a number"),
        ("expected a sequence", "expected a list"),
        ("expected a map", "expected a table"),
        ("expected a string", "expected a text in quotes"),
        ("floating point", "number"),
        ("invalid type: sequence", "invalid type: list"),
        ("missing field `title`", "the title is missing: write title = \"What is compared\" in the first line"),
    ];
    types.iter().fold(error.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours))
}

impl Identity {
    /// The name of the cell's file. The experiment has its part in it by what it has otherwise than the default: a knob that a later
    /// version adds leaves the names of what it does not touch.
    pub fn name(&self) -> String {
        let changes = link::changes(&self.experiment, &Experiment::default(), 2);
        identity::name(&json!([self.format, changes, self.radii, self.validation, self.files]))
    }

    /// The sweep of this cell alone.
    pub fn grid(&self) -> Grid {
        let (experiment, radii, validation) = (self.experiment.clone(), self.radii.clone(), self.validation);
        Grid { experiment, radii, own_radii: Vec::new(), over: Vec::new(), validation, epochs: Vec::new() }
    }
}

/// A wish that no model has a use for.
const NOTHING_TO_TUNE: &str = "tune trains layers of the encoder of the model `sentence`, which `models` does not name: write models = [\"sentence\"], or leave tune out";

/// The first that was there before.
fn first_twice<T: PartialEq>(values: &[T]) -> Option<&T> {
    values.iter().enumerate().find(|(place, value)| values[..*place].contains(value)).map(|(_, value)| value)
}

/// The lane that a list of radii is for; none where the grid has no such method.
fn lane_of(grid: &Grid, words: &str) -> Result<Option<usize>, String> {
    let lane = method(words).map_err(|error| format!("own-rho: {error}"))?;
    let lane = LaneConfig { rho: 0.0, ..lane };
    Ok(grid.experiment.lanes.iter().position(|other| *other == lane))
}

fn no_method(words: &str) -> String {
    format!("own-rho names `{words}`, which is none of the methods: name it there, or leave it out")
}

/// The grid of a sweep on one data set with one model; `strict` refuses radii of other methods.
fn grid(mut experiment: Experiment, wishes: Wishes, own_rho: &BTreeMap<String, Vec<f64>>, strict: bool) -> Result<Grid, String> {
    let Experiment { data, model, training, lanes, seeds, first_seed } = &mut experiment;
    let methods = wishes.methods.filter(|methods| !methods.is_empty()).ok_or("`methods` names none: write methods = [\"sam\"]")?;
    *lanes = methods.into_iter().map(|Method(lane)| lane).collect();
    take(seeds, wishes.seeds);
    take(first_seed, wishes.first_seed);
    take(&mut data.test_fraction, wishes.test_fraction);
    take(&mut data.train_size, wishes.train_size);
    take(&mut data.tokens, wishes.tokens);
    take(&mut data.vocabulary, wishes.vocabulary);
    take(&mut data.max_length, wishes.max_length);
    take(&mut model.dim, wishes.dim);
    take(&mut model.hidden, wishes.hidden);
    take(&mut training.epochs, wishes.epochs);
    take(&mut training.batch, wishes.batch);
    take(&mut training.learning_rate, wishes.lr);
    take(&mut training.warm_up, wishes.warm_up);
    take(&mut training.probe, wishes.probe);
    take(&mut training.base, wishes.base);
    let radii = wishes.rho.ok_or("`rho` is missing: write the radii that every method is tried at, such as rho = [0.05, 0.1, 0.2]")?;
    let noise = wishes.label_noise.unwrap_or_else(|| vec![data.noise()]);
    let over = vec![Axis { knob: Knob::LabelNoise, values: noise }];
    let mut grid = Grid::new(experiment, radii, over, wishes.validation.unwrap_or(0.2));
    grid.own_radii = vec![Vec::new(); grid.experiment.lanes.len()];
    for (words, radii) in own_rho {
        let Some(place) = lane_of(&grid, words)? else {
            if strict {
                return Err(no_method(words));
            }
            continue;
        };
        let title = grid.titles().swap_remove(place);
        if !climbs(&grid.experiment.lanes[place]) {
            return Err(format!("own-rho names `{words}`, and {title} has no ρ: leave it out"));
        }
        if radii.is_empty() {
            return Err(format!("own-rho of {title} has no values: give it some, or leave it out"));
        }
        if !grid.own_radii[place].is_empty() {
            return Err(format!("own-rho has {title} twice: give its radii in one list"));
        }
        let mut radii = radii.clone();
        radii.sort_by(f64::total_cmp);
        grid.own_radii[place] = radii;
    }
    Ok(grid)
}

/// The passes of each method that cost as many gradients as SAM's, which do not depend on the data: some generated reviews do.
fn level(grid: &Grid) -> Result<Vec<usize>, String> {
    let mut grid = grid.clone();
    grid.experiment.data.source = DataSource::built_in("films").expect("a set of the program");
    let mut shelf = Shelf::new(None);
    work::level(&mut grid, &mut shelf, &Compute::cpu()).map_err(|error| error.to_string())?;
    Ok(grid.epochs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        title = "Two methods"
        [defaults]
        data = ["films"]
        label-noise = [0, 0.25]
        methods = ["sam", "asam"]
        rho = [0.1, 0.2]
        own-rho = { asam = [2, 1, 0.5] }
        seeds = 2
        train-size = 96
        [[sweep]]
        name = "bag"
        [[sweep]]
        name = "level"
        budget = "equal-gradients"
        label-noise = [0.25]
    "#;

    #[test]
    fn cells_stand_by_sweep_and_seed_and_each_is_there_once() {
        let plan = Plan::parse(GOOD).expect("a good plan");
        assert_eq!((plan.series.len(), plan.series[0].grid.radii_of(2)), (2, &[0.5, 1.0, 2.0][..]));
        let cells = plan.cells();
        // 2 seeds × 2 noise levels × 3 methods; with equal gradients SGD alone has other passes, at one level.
        assert_eq!(cells.len(), 12 + 2);
        assert_eq!(plan.words(&cells[5].0), "bag, films, label noise 0.25, ASAM, seed 1");
        assert_eq!(plan.words(&cells[13].0), "level, films, label noise 0.25, SGD (AdamW), seed 2");
        let identity = plan.identity(&cells[11].0);
        assert_eq!((identity.experiment.data.seed, identity.experiment.first_seed, identity.radii), (2, 2, vec![0.5, 1.0, 2.0]));
        let epochs: Vec<usize> = [0, 12].map(|cell: usize| plan.identity(&cells[cell].0).experiment.training.epochs).to_vec();
        assert_eq!(epochs, [15, 30]);
    }

    #[test]
    fn what_is_wrong_is_told_by_line_or_field_with_a_remedy() {
        let told = |from: &str, to: &str| {
            assert!(GOOD.contains(from), "{from}");
            Plan::parse(&GOOD.replace(from, to)).err().unwrap_or_else(|| panic!("{to} is refused"))
        };
        for (from, to, words) in [
            ("seeds = 2", "seed = 2", &["line 9", "unknown field `seed`", "`seeds`"][..]),
            ("seeds = 2", "seeds = \"two\"", &["line 9", "invalid type", "expected a whole number"]),
            ("[0.1, 0.2]", "0.1", &["line 7", "expected a list"]),
            ("title = \"Two methods\"", "", &["the title is missing: write title = "]),
            ("[0, 0.25]", "[nan]", &["label-noise has the value NaN: give finite numbers"]),
            ("\"sam\", ", "\"sam:rho=0.3\", ", &["line 6", "`rho=0.3` has no place"]),
            ("asam = [2, 1, 0.5]", "sgd = [1]", &["own-rho names `sgd`", "has no ρ"]),
            ("asam = [2, 1, 0.5]", "asam = []", &["own-rho of ASAM has no values"]),
            ("asam = [2, 1, 0.5]", "sam = [2], \"sam:climb-loss=ce\" = [1]", &["own-rho has SAM twice"]),
            ("asam = [2, 1, 0.5]", "\"asam:rho=1\" = [2]", &["own-rho: `rho=1` has no place"]),
            ("seeds = 2", "seeds = 2\ntune = \"all\"", &["[defaults]: tune trains layers of the encoder", "sentence"]),
            ("name = \"bag\"", "name = \"bag\"\ntune = \"all\"", &["`bag`: tune trains layers of the encoder", "sentence"]),
            ("seeds = 2", "seeds = 2\nmodels = [\"sentence\"]\ntune = \"top:9\"", &["tune is top:9", "top:1 to top:6"]),
            ("seeds = 2", "seeds = 65", &["seeds is 65", "64"]),
            ("\"sam\", ", "\"sammy\", ", &["line 6", "unknown method `sammy`"]),
            ("rho = [0.1, 0.2]", "rho = [0.1, 0]", &["`bag`", "rho has the value 0", "above 0"]),
            ("rho = [0.1, 0.2]", "", &["`rho` is missing"]),
            ("asam = [2, 1, 0.5]", "gsam = [1]", &["own-rho names `gsam`", "none of the methods"]),
            ("asam = [2, 1, 0.5]", "asam = [-1]", &["own-rho of ASAM has the value -1"]),
            ("[\"films\"]", "[\"no-such-set\"]", &["no-such-set", "basin data list"]),
            ("[\"films\"]", "[]", &["`data` names no set"]),
            ("[0, 0.25]", "[0.25, 2]", &["data.label_noise is 2"]),
            ("\"level\"", "\"bag\"", &["two sweeps are called `bag`"]),
            ("\"equal-gradients\"", "\"little\"", &["line 15", "equal-gradients"]),
            ("title = \"Two methods\"", "title = \"Two methods", &["line 2"]),
            ("[[sweep]]", "[[sweeps]]", &["unknown field `sweeps`"]),
        ] {
            let text = told(from, to);
            for word in words {
                assert!(text.contains(word), "`{word}` is missing in: {text}");
            }
        }
        assert!(Plan::parse("title = \"nothing\"").err().expect("no sweep").contains("there is no [[sweep]]"));
    }
}
