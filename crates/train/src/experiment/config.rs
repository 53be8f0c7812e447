//! The experiment: data, model, lanes and seeds. Everything a link carries.
//!
//! Every knob has its unit, its default and its bounds here; [`Experiment::check`] is the only judge
//! of them, whatever the experiment came from (window, command line, link, file).
//! Elsewhere: what the methods do (`basin_optim`), the words of a lane on the command line (`lane.rs`).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bounds::{ConfigError, within};
use super::lane::{LaneConfig, titles};
use super::method::MethodConfig;
use crate::brief::brief;

/// An experiment: run it twice and it gives the same numbers (on the CPU, bit for bit).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Experiment {
    /// What is learned from.
    pub data: DataConfig,
    /// What learns.
    pub model: ModelConfig,
    /// How it learns; the same for all lanes.
    pub training: TrainingConfig,
    /// The methods that are compared, each from the same initial weights on the same batches.
    pub lanes: Vec<LaneConfig>,
    /// Members per lane: independent initial weights. 1 to 64.
    pub seeds: usize,
    /// Member m starts from the weights of seed `first_seed + m`.
    pub first_seed: u64,
}

/// Share of the training examples that are held back where the best epoch is wanted and nobody says another
/// ([`DataConfig::selection`]).
pub const SELECTION: f64 = 0.1;

/// Which examples, and what is done to them before training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// Where the examples come from.
    pub source: DataSource,
    /// Which columns hold text and label; `None` guesses.
    pub columns: Option<Columns>,
    /// What stands between the cells of a delimited file; `None` guesses.
    pub delimiter: Option<char>,
    /// Fraction of the training labels that are replaced by another class, chosen uniformly. 0 to 0.9. `None` leaves it to
    /// the source: [`DataSource::own_noise`].
    #[serde(with = "crate::any_float")]
    pub label_noise: Option<f64>,
    /// Rarest class : most frequent class in the training set, after thinning. 1 leaves it as it is. 0.01 to 1.
    #[serde(with = "crate::any_float")]
    pub balance: f64,
    /// Examples kept for training, chosen with the data seed; 0 keeps all.
    pub train_size: usize,
    /// Fraction of the examples held out for testing, the same in each class. 0.05 to 0.9.
    /// Not used when a separate test file is given.
    #[serde(with = "crate::any_float")]
    pub test_fraction: f64,
    /// Measure on examples held out from the training set instead of the test set, which is then not looked
    /// at: for choosing ρ, learning rate and the like.
    pub validation: bool,
    /// Share of the training examples of each class that are held back to choose each seed's best epoch by; 0 keeps the last
    /// epoch. 0 to 0.5.
    #[serde(with = "crate::any_float")]
    pub selection: f64,
    /// What a token is.
    pub tokens: Tokens,
    /// Most frequent tokens kept; the others become `<unk>`. 16 to 100,000.
    pub vocabulary: usize,
    /// Tokens of one text that are read; the rest is cut. 1 to 1024.
    pub max_length: usize,
    /// Seed of split, thinning, label noise and batch order, shared by all lanes and members.
    pub seed: u64,
}

/// Where the examples come from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataSource {
    /// Help-desk messages written for Basin, part of the program.
    HelpDesk,
    /// Generated product reviews, with this many examples. 40 to 20,000.
    Reviews {
        /// Number of examples, half of them positive.
        examples: usize,
    },
    /// Generated film reviews, on which label noise shows, with this many examples. 40 to 20,000.
    Films {
        /// Number of examples, half of them positive.
        examples: usize,
    },
    /// A data set of the data folder (`basin data get NAME`), or included in the web build.
    Library {
        /// The name that `basin data list` shows.
        name: String,
    },
    /// A file of the user; its bytes travel with `Command::Start`, not with the experiment.
    File {
        /// File name, for titles and messages.
        name: String,
    },
}

impl DataSource {
    /// The sets that are part of the program, with the examples they are usually taken with: half of 2,400 film reviews are
    /// enough for label noise to show, and all are trained on in seconds.
    pub const BUILT_IN: [Self; 3] = [Self::Films { examples: 2_400 }, Self::HelpDesk, Self::Reviews { examples: 2_000 }];

    /// What the command line and lessons call a set of the program.
    pub fn word(&self) -> Option<&'static str> {
        match self {
            Self::HelpDesk => Some("helpdesk"),
            Self::Reviews { .. } => Some("reviews"),
            Self::Films { .. } => Some("films"),
            Self::Library { .. } | Self::File { .. } => None,
        }
    }

    /// The set of the program with this word, with its usual number of examples.
    pub fn built_in(word: &str) -> Option<Self> {
        Self::BUILT_IN.into_iter().find(|source| source.word() == Some(word))
    }
}

/// Zero-based columns of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Columns {
    /// Whether the first row is a header, not an example.
    pub header: bool,
    /// The text.
    pub text: usize,
    /// The second text of a pair.
    pub text_b: Option<usize>,
    /// The label.
    pub label: usize,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tokens {
    /// Lower-cased words (UAX 29).
    Words,
    /// Lower-cased words, and each pair of neighbours as one more token.
    WordPairs,
    /// Character n-grams of each word with its boundaries, n = 1 to 4; for names and languages.
    Characters,
}

/// The network.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelConfig {
    /// Its form.
    pub kind: ModelKind,
    /// Width of an embedding row, or of an encoder's vector. 2 to 512.
    pub dim: usize,
    /// Width of the hidden layer. 2 to 1024.
    pub hidden: usize,
    /// How the two texts of a pair meet; not used for single texts.
    pub pair: Pair,
    /// Share of the last layer's inputs that a step of training leaves out at random. 0 to 0.9.
    #[serde(with = "crate::any_float", skip_serializing_if = "is_nothing")]
    pub dropout: f64,
    /// Which layers of the encoder are trained further, of the form `sentence`; none leaves it as it is. One linear layer then stands
    /// behind the mean over the word pieces, in place of the hidden one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tune: Option<Tune>,
}

/// Which layers of an encoder are trained further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Tune {
    /// The last so many, 1 to 12: `top:2`.
    Top(usize),
    /// All, with the embedding of the word pieces: `all`.
    All,
}

impl std::fmt::Display for Tune {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Top(layers) => write!(f, "top:{layers}"),
            Self::All => f.write_str("all"),
        }
    }
}

impl std::str::FromStr for Tune {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let top = || word.strip_prefix("top:")?.parse().ok().filter(|layers| (1..=MOST_LAYERS).contains(layers));
        match word {
            "all" => Ok(Self::All),
            _ => top().map(Self::Top).ok_or_else(|| format!("`{word}` names no layers: write top:2 for the last two, or all")),
        }
    }
}

impl TryFrom<String> for Tune {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        word.parse()
    }
}

impl From<Tune> for String {
    fn from(tune: Tune) -> Self {
        tune.to_string()
    }
}

/// Layers of an encoder that can be trained further, at most.
pub const MOST_LAYERS: usize = 12;

/// What is left out of files and links, so that a Basin of before reads them.
#[cfg_attr(target_pointer_width = "64", expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so"))]
fn is_nothing(number: &f64) -> bool {
    number.to_bits() == 0
}

/// The form of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelKind {
    /// Mean of embedding rows, one hidden tanh layer.
    Bag,
    /// Convolutions over 3, 4 and 5 tokens, maximum over time (Kim 2014).
    Cnn,
    /// One transformer block with one head, mean over tokens.
    Attention,
    /// One hidden tanh layer on the vector that a pre-trained encoder gives of the text; the encoder stays as it is.
    Sentence,
}

impl ModelKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Bag, Self::Cnn, Self::Attention, Self::Sentence];

    /// Whether it learns from vectors of an encoder, and has no embedding of its own.
    pub fn learns_from_vectors(self) -> bool {
        self == Self::Sentence
    }
}

/// How the two texts of a pair meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pair {
    /// \[u, v\]
    Concat,
    /// \[u, v, |u − v|, u·v\]
    Interaction,
}

/// How the lanes learn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingConfig {
    /// Examples per batch. 1 to 1024.
    pub batch: usize,
    /// Passes over the training set. 1 to 10,000.
    pub epochs: usize,
    /// The last line of each step.
    pub base: Base,
    /// Learning rate η at the start; a lane may have its own. Above 0, up to 100.
    #[serde(with = "crate::any_float")]
    pub learning_rate: f64,
    /// How the learning rate changes over the run.
    pub schedule: Schedule,
    /// Share of the planned steps over which the learning rate rises to η, before it follows its schedule. 0 to 0.5.
    #[serde(with = "crate::any_float", skip_serializing_if = "is_nothing")]
    pub warm_up: f64,
    /// Weight decay of the base optimizer (not part of the climb). 0 to 1.
    #[serde(with = "crate::any_float")]
    pub weight_decay: f64,
    /// Optimizer steps between two evaluations; 0 chooses about 60 evaluations per run, one per epoch where layers of an encoder are
    /// trained.
    pub evaluate_every: usize,
    /// Examples of the probe on which the gap is measured. 1 to 1024.
    pub probe: usize,
    /// Radius ρ at which the gap of every lane is measured, the same for all. Above 0, up to 10.
    #[serde(with = "crate::any_float")]
    pub probe_rho: f64,
    /// Share of the training time that measuring sharpness may take, 0 to 1; 0 measures only when asked.
    #[serde(with = "crate::any_float")]
    pub sharpness_budget: f64,
}

/// The optimizer that applies the gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Base {
    /// w − η g.
    Sgd,
    /// SGD with momentum 0.9.
    Momentum,
    /// Adam with decoupled weight decay.
    AdamW,
}

/// How the learning rate changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// η stays.
    Constant,
    /// η falls to zero along half a cosine.
    Cosine,
}

/// Measurements of a whole run, when the experiment does not say how often.
const MEASUREMENTS: usize = 60;

impl Default for Experiment {
    fn default() -> Self {
        Self {
            data: DataConfig::default(),
            model: ModelConfig::default(),
            training: TrainingConfig::default(),
            lanes: LaneConfig::three(),
            seeds: 4,
            first_seed: 1,
        }
    }
}

impl Default for DataConfig {
    fn default() -> Self {
        Self {
            source: DataSource::HelpDesk,
            columns: None,
            delimiter: None,
            label_noise: None,
            balance: 1.0,
            train_size: 0,
            test_fraction: 0.3,
            validation: false,
            selection: 0.0,
            tokens: Tokens::Words,
            vocabulary: 20_000,
            max_length: 128,
            seed: 1,
        }
    }
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self { kind: ModelKind::Bag, dim: 64, hidden: 128, pair: Pair::Interaction, dropout: 0.0, tune: None }
    }
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            batch: 32,
            epochs: 15,
            base: Base::AdamW,
            learning_rate: 0.004,
            schedule: Schedule::Cosine,
            warm_up: 0.0,
            weight_decay: 0.0,
            evaluate_every: 0,
            probe: 64,
            probe_rho: 0.05,
            sharpness_budget: 0.2,
        }
    }
}

/// Why a text is no experiment.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ExperimentError {
    /// It is no JSON, or has fields or words that no experiment has.
    #[error("{0}")]
    Words(String),
    /// It asks for something impossible.
    #[error(transparent)]
    Bounds(#[from] ConfigError),
}

impl DataSource {
    /// The label noise that a source comes with: the teaching sets are there to show what noise does, everybody else's
    /// labels stay as they are.
    pub fn own_noise(&self) -> f64 {
        match self {
            Self::HelpDesk | Self::Reviews { .. } => 0.2,
            Self::Films { .. } => 0.3,
            Self::Library { .. } | Self::File { .. } => 0.0,
        }
    }
}

impl DataConfig {
    /// The label noise: what was asked for, else what the source comes with.
    pub fn noise(&self) -> f64 {
        self.label_noise.unwrap_or_else(|| self.source.own_noise())
    }
}

/// What is a list in `value` where it is an object in `whole`.
fn list_for_object(value: &Value, whole: &Value) -> Option<String> {
    match (value, whole) {
        (Value::Array(_), Value::Object(_)) => Some("the experiment".to_owned()),
        (Value::Object(fields), Value::Object(whole)) => fields.iter().find_map(|(name, value)| {
            let inside = list_for_object(value, whole.get(name)?)?;
            Some(if inside.starts_with('`') { inside } else { format!("`{name}`") })
        }),
        _ => None,
    }
}

/// Whether a character can stand between cells.
pub fn can_divide(delimiter: char) -> bool {
    !(delimiter.is_alphanumeric() || matches!(delimiter, '"' | '\'' | '“' | '”' | '\n' | '\r' | '\0'))
}

impl Experiment {
    /// The lanes' names where people read them: a lane without a climb is nothing but its optimizer, and says which, `SGD (AdamW)`.
    pub fn titles(&self) -> Vec<String> {
        let optimizer = match self.training.base {
            Base::Sgd => "",
            Base::Momentum => " (momentum)",
            Base::AdamW => " (AdamW)",
        };
        let titles = titles(&self.lanes).into_iter().zip(&self.lanes);
        titles.map(|(title, lane)| if lane.method == MethodConfig::Sgd { title + optimizer } else { title }).collect()
    }

    /// Reads the JSON of an experiment; knobs that it does not name have their defaults.
    ///
    /// # Errors
    /// What is no experiment about it, in less than 200 characters, or the first knob that is out of bounds.
    pub fn parse(json: &[u8]) -> Result<Self, ExperimentError> {
        let words = |error: &dyn std::fmt::Display| ExperimentError::Words(brief(&error.to_string(), 180));
        // Editors write a mark of their encoding.
        let json = json.strip_prefix("\u{feff}".as_bytes()).unwrap_or(json);
        let value: Value = serde_json::from_slice(json).map_err(|error| words(&error))?;
        let experiment: Self = serde_json::from_slice(json).map_err(|error| words(&error))?;
        // Without this, a list would be read for an object: its values in the order of our fields.
        if let Some(name) = list_for_object(&value, &serde_json::to_value(&experiment).map_err(|error| words(&error))?) {
            return Err(words(&format!("{name} is a list: write an object such as {{\"epochs\": 5}}")));
        }
        experiment.check()?;
        Ok(experiment)
    }

    /// Steps between two measurements of a run of `planned` steps, `epoch` of them an epoch: `evaluate_every`, or so that there are
    /// about 60, but one an epoch where layers of an encoder are trained, whose answers to the test set take as long as an epoch.
    pub(crate) fn measure_every(&self, planned: usize, epoch: usize) -> usize {
        let every = match (self.training.evaluate_every, self.model.tune) {
            (0, None) => planned.div_ceil(MEASUREMENTS),
            (0, Some(_)) => epoch,
            (every, _) => every,
        };
        every.max(1)
    }

    /// One seed per member.
    pub fn member_seeds(&self) -> Vec<u64> {
        (0..self.seeds as u64).map(|member| self.first_seed + member).collect()
    }

    /// Checks every knob against its bounds.
    ///
    /// # Errors
    /// The first knob that is out of bounds, with what it may be.
    pub fn check(&self) -> Result<(), ConfigError> {
        let DataConfig { source, delimiter, balance, test_fraction, vocabulary, max_length, .. } = &self.data;
        if let DataSource::Reviews { examples } = source {
            within("data.source.reviews.examples", *examples, 40, 20_000)?;
        }
        if let DataSource::Films { examples } = source {
            within("data.source.films.examples", *examples, 40, 20_000)?;
        }
        if let Some(delimiter) = delimiter.filter(|&delimiter| !can_divide(delimiter)) {
            let allowed = "a character that is no letter, digit, quote or line end".to_owned();
            return Err(ConfigError { knob: "data.delimiter", value: format!("{delimiter:?}"), allowed });
        }
        within("data.label_noise", self.data.noise(), 0.0, 0.9)?;
        within("data.balance", *balance, 0.01, 1.0)?;
        within("data.test_fraction", *test_fraction, 0.05, 0.9)?;
        within("data.selection", self.data.selection, 0.0, 0.5)?;
        within("data.vocabulary", *vocabulary, 16, 100_000)?;
        within("data.max_length", *max_length, 1, 1024)?;
        within("model.dim", self.model.dim, 2, 512)?;
        within("model.hidden", self.model.hidden, 2, 1024)?;
        within("model.dropout", self.model.dropout, 0.0, 0.9)?;
        let t = &self.training;
        within("training.batch", t.batch, 1, 1024)?;
        within("training.epochs", t.epochs, 1, 10_000)?;
        within("training.learning_rate", t.learning_rate, 1e-6, 100.0)?;
        within("training.warm_up", t.warm_up, 0.0, 0.5)?;
        within("training.weight_decay", t.weight_decay, 0.0, 1.0)?;
        within("training.probe", t.probe, 1, 1024)?;
        within("training.probe_rho", t.probe_rho, 1e-6, 10.0)?;
        within("training.sharpness_budget", t.sharpness_budget, 0.0, 1.0)?;
        within("seeds", self.seeds, 1, 64)?;
        // Each member has a seed of its own.
        within("first_seed", self.first_seed, 0, u64::MAX - 63)?;
        within("lanes (their number)", self.lanes.len(), 1, 12)?;
        if self.model.kind.learns_from_vectors()
            && let Some(lane) = self.lanes.iter().find(|lane| lane.method.moves_tokens())
        {
            let allowed = format!("bag, cnn or attention: {} moves tokens, and this model sees none", lane.method.word());
            return Err(ConfigError { knob: "model.kind", value: "sentence".to_owned(), allowed });
        }
        if let Some(tune) = self.model.tune.filter(|_| !self.model.kind.learns_from_vectors()) {
            let allowed = "given with model.kind sentence alone, whose encoder it trains further: choose that, or leave it out".to_owned();
            return Err(ConfigError { knob: "model.tune", value: tune.to_string(), allowed });
        }
        self.lanes.iter().try_for_each(LaneConfig::check)
    }
}
