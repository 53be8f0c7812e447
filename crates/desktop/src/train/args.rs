//! From the words of `basin train` to an experiment.

use std::fs;
use std::path::PathBuf;

use basin_train::data::files::Files;
use basin_train::experiment::{Base, Experiment, ExperimentError, LaneConfig, ModelKind, Tokens, presets};
use basin_train::protocol::DeviceChoice;
use clap::{Args, ValueEnum};

use crate::reading::ReadingArgs;
use crate::source;
use crate::words::word;

/// Share of the training examples that are held back to choose the best epoch by.
const SELECTION: f64 = 0.1;

/// Which epoch is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Keep {
    /// The one with the highest accuracy on examples that are held back; of equal ones that with the lowest loss.
    Best,
    /// The last one.
    Last,
}

/// What is not given has the value of `--experiment`, or its default.
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line are")]
#[derive(Args)]
pub struct TrainArgs {
    /// Train on this: a CSV, TSV or JSONL file, a name of `basin data list`, helpdesk (the default), reviews, or films.
    #[arg(long, value_name = "FILE|NAME")]
    pub(super) data: Option<String>,
    /// Test on this file instead of holding examples out.
    #[arg(long, value_name = "FILE", requires = "data")]
    pub(super) test: Option<PathBuf>,
    #[command(flatten)]
    pub(super) reading: ReadingArgs,
    /// Start from these hyperparameters: lesson, placebo (films) and help-desk (noisy labels, with their data), text and intents
    /// (clean labels, for accuracy on real sets).
    #[arg(long, value_name = "lesson|placebo|help-desk|text|intents", conflicts_with = "experiment")]
    pub(super) preset: Option<String>,
    /// Measure on a validation split of the training set and leave the test set alone, for choosing ρ and other hyperparameters.
    #[arg(long)]
    pub(super) validation: bool,
    /// Which epoch of each seed is kept for `basin predict`, `basin evaluate` and the table: the last one, or the best by a tenth
    /// of the training examples, which are held back for that (with --experiment as that says).
    #[arg(long, value_name = "best|last", value_enum)]
    pub(super) keep: Option<Keep>,
    /// The network.
    #[arg(long, value_name = "bag|cnn|attention", value_parser = word::<ModelKind>)]
    pub(super) model: Option<ModelKind>,
    /// The methods to compare, such as sgd,sam:rho=0.7,delta-sam:rule=head:rho=0.8.
    #[arg(long, value_name = "LANE,…", value_delimiter = ',')]
    pub(super) lanes: Option<Vec<LaneConfig>>,
    /// Independent initial weights per lane.
    #[arg(long, value_name = "COUNT")]
    pub(super) seeds: Option<usize>,
    /// Passes over the training set.
    #[arg(long, value_name = "COUNT")]
    pub(super) epochs: Option<usize>,
    /// Examples per batch.
    #[arg(long, value_name = "COUNT")]
    pub(super) batch: Option<usize>,
    /// Learning rate at the start; a lane may have its own.
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub(super) lr: Option<f64>,
    /// The optimizer that applies the gradient.
    #[arg(long, value_name = "sgd|momentum|adam-w", value_parser = word::<Base>)]
    pub(super) base: Option<Base>,
    /// Fraction of the training labels to replace by another class; without it none, but 0.2 of helpdesk and reviews, 0.3 of films.
    #[arg(long, value_name = "FRACTION", allow_negative_numbers = true)]
    pub(super) label_noise: Option<f64>,
    /// Rarest class to most frequent class in the training set; 1 leaves it as it is.
    #[arg(long, value_name = "RATIO", allow_negative_numbers = true)]
    pub(super) balance: Option<f64>,
    /// Training examples to keep; 0 keeps all.
    #[arg(long, value_name = "COUNT")]
    pub(super) train_size: Option<usize>,
    /// Seed of split, thinning, label noise and batch order.
    #[arg(long, value_name = "SEED")]
    pub(super) data_seed: Option<u64>,
    /// What a token is.
    #[arg(long, value_name = "words|word-pairs|characters", value_parser = word::<Tokens>)]
    pub(super) tokens: Option<Tokens>,
    /// Most frequent tokens that are kept.
    #[arg(long, value_name = "COUNT")]
    pub(super) vocabulary: Option<usize>,
    /// Tokens of one text that are read, 1 to 1024; the rest is cut.
    #[arg(long, value_name = "COUNT")]
    pub(super) max_length: Option<usize>,
    /// Start from this experiment, such as the experiment.json of another run.
    #[arg(long, value_name = "FILE")]
    pub(super) experiment: Option<PathBuf>,
    /// Where to train.
    #[arg(long, value_name = "auto|cpu|gpu", default_value = "auto", value_parser = word::<DeviceChoice>)]
    pub(super) device: DeviceChoice,
    /// Write experiment, curves, checkpoints (at the start, at each tenth and every half minute) and results to this folder.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Replace a run that --out holds.
    #[arg(long, requires = "out")]
    pub(super) force: bool,
    /// Go on with the run in this folder, however it ended: by Ctrl-C, a kill or a power cut. On the CPU it ends as if it had
    /// never stopped; what it did after its last checkpoint it does again.
    #[arg(long, value_name = "DIR", conflicts_with_all = [
        "data", "test", "model", "lanes", "seeds", "epochs", "batch", "lr", "base", "label_noise", "balance", "train_size", "data_seed",
        "tokens", "experiment", "out", "preset", "validation", "keep", "vocabulary", "max_length", "text", "text_b", "label", "header", "delimiter",
    ])]
    pub(super) resume: Option<PathBuf>,
    /// With --resume of a finished run: train so many epochs more, with a warm restart (the learning rate starts again at
    /// its first value and falls along the same curve).
    #[arg(long, value_name = "COUNT", requires = "resume")]
    pub(super) more_epochs: Option<usize>,
    /// Print one JSON document instead of the table.
    #[arg(long)]
    pub(super) json: bool,
    /// Say what would be trained and how much memory it takes, part by part; train nothing.
    #[arg(long, conflicts_with_all = ["out", "resume"])]
    pub(super) dry_run: bool,
    /// Stop after this step as if by Ctrl-C; for tests.
    #[arg(long, hide = true, value_name = "STEP")]
    pub(super) stop_after_step: Option<usize>,
}

impl TrainArgs {
    /// The experiment and its files.
    ///
    /// # Errors
    /// What is wrong with the words or the files.
    pub(super) fn experiment(&self) -> Result<(Experiment, Option<Files>), String> {
        let mut experiment = Experiment::default();
        if let Some(path) = &self.experiment {
            let name = path.display();
            let text = fs::read_to_string(path).map_err(|error| format!("{name} cannot be read: {error}"))?;
            experiment = Experiment::parse(text.as_bytes()).map_err(|error| match error {
                ExperimentError::Words(error) => {
                    format!("{name} is no experiment: {error}; `basin train --out DIR` writes one to DIR/experiment.json")
                }
                ExperimentError::Bounds(error) => format!("{name}: {error}"),
            })?;
        }
        if let Some(name) = &self.preset {
            let known = || presets::ALL.iter().map(|preset| preset.name).collect::<Vec<_>>().join(", ");
            let preset = presets::find(name).ok_or_else(|| format!("there is no preset `{name}`: use one of {}", known()))?;
            (preset.apply)(&mut experiment);
        }
        let found = match &self.data {
            Some(data) => source::find(data, self.test.as_deref())?,
            None => source::of(&experiment.data.source)?,
        };
        let Experiment { data, model, training, lanes, seeds, .. } = &mut experiment;
        data.source = found.source;
        self.reading.apply(data, found.files.as_ref())?;
        data.label_noise = self.label_noise.or(data.label_noise);
        set(&mut data.balance, self.balance);
        set(&mut data.train_size, self.train_size);
        set(&mut data.seed, self.data_seed);
        set(&mut data.tokens, self.tokens);
        set(&mut data.vocabulary, self.vocabulary);
        set(&mut data.max_length, self.max_length);
        data.validation |= self.validation;
        match self.keep {
            Some(Keep::Best) if data.selection <= 0.0 => data.selection = SELECTION,
            Some(Keep::Last) => data.selection = 0.0,
            _ => {}
        }
        set(&mut model.kind, self.model);
        set(&mut training.epochs, self.epochs);
        set(&mut training.batch, self.batch);
        set(&mut training.learning_rate, self.lr);
        set(&mut training.base, self.base);
        set(lanes, self.lanes.clone());
        set(seeds, self.seeds);
        experiment.check().map_err(|error| error.to_string())?;
        Ok((experiment, found.files))
    }
}

fn set<T>(field: &mut T, given: Option<T>) {
    if let Some(value) = given {
        *field = value;
    }
}
