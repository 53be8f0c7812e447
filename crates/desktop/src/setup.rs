//! The flags that say what is trained on what, for `basin train` and `basin sweep`.

use std::fs;
use std::path::PathBuf;

use basin_train::data::files::Files;
use basin_train::experiment::{Base, Experiment, ExperimentError, ModelKind, Tokens, Tune, presets};
use basin_train::lab::grid::Knob;
use clap::Args;

use crate::reading::ReadingArgs;
use crate::source;
use crate::words::word;

/// What is not given has the value of `--experiment`, or its default.
#[derive(Args)]
pub struct SetupArgs {
    /// Train on this: a table with texts and labels (CSV, TSV, JSON or fastText), a name of `basin data list`, helpdesk (the default), reviews, or films.
    #[arg(long, value_name = "FILE|NAME")]
    data: Option<String>,
    /// Test on this file instead of holding examples out.
    #[arg(long, value_name = "FILE", requires = "data")]
    test: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadingArgs,
    /// Start from these hyperparameters: lesson, placebo (films) and help-desk (noisy labels, with their data), text and intents
    /// (clean labels, for accuracy on real sets).
    #[arg(long, value_name = "lesson|placebo|help-desk|text|intents", conflicts_with = "experiment")]
    preset: Option<String>,
    /// The network [default: bag]; sentence learns from the vectors of a pre-trained encoder, which `basin data get minilm` fetches.
    #[arg(long, value_name = "bag|cnn|attention|sentence", value_parser = word::<ModelKind>)]
    model: Option<ModelKind>,
    /// Train layers of the pre-trained encoder further, with one linear layer behind them: the last two, say, or all with the
    /// embedding of the words. Sets --model sentence, --base adam-w, --lr 2e-4 with a --warm-up of 0.1, a weight decay of 0.01,
    /// --epochs 3 and --batch 16, unless these or --experiment say otherwise.
    #[arg(long, value_name = "top:K|all")]
    tune: Option<Tune>,
    /// Share of the planned steps over which the learning rate rises, 0 to 0.5, before it falls [default: 0].
    #[arg(long, value_name = "SHARE")]
    warm_up: Option<f64>,
    /// Share of the last layer's inputs that a step of training leaves out at random, 0 to 0.9 [default: 0].
    #[arg(long, value_name = "SHARE")]
    dropout: Option<f64>,
    /// Independent initial weights per lane [default: 4].
    #[arg(long, value_name = "COUNT")]
    seeds: Option<usize>,
    /// Passes over the training set [default: 15].
    #[arg(long, value_name = "COUNT")]
    epochs: Option<usize>,
    /// Examples per batch [default: 32].
    #[arg(long, value_name = "COUNT")]
    batch: Option<usize>,
    /// Learning rate at the start; a lane may have its own [default: 0.004].
    #[arg(long, value_name = "NUMBER")]
    lr: Option<f64>,
    /// The optimizer that applies the gradient [default: adam-w].
    #[arg(long, value_name = "sgd|momentum|adam-w", value_parser = word::<Base>)]
    base: Option<Base>,
    /// Fraction of the training labels to replace by another class; without it none, but 0.2 of helpdesk and reviews, 0.3 of films.
    #[arg(long, value_name = "FRACTION")]
    label_noise: Option<f64>,
    /// Rarest class to most frequent class in the training set; 1 leaves it as it is [default: 1].
    #[arg(long, value_name = "RATIO")]
    balance: Option<f64>,
    /// Training examples to keep; 0 keeps all [default: 0].
    #[arg(long, value_name = "COUNT")]
    train_size: Option<usize>,
    /// Seed of split, thinning, label noise and batch order [default: 1].
    #[arg(long, value_name = "SEED")]
    data_seed: Option<u64>,
    /// What a token is [default: words].
    #[arg(long, value_name = "words|word-pairs|characters", value_parser = word::<Tokens>)]
    tokens: Option<Tokens>,
    /// Most frequent tokens that are kept [default: 20000].
    #[arg(long, value_name = "COUNT")]
    vocabulary: Option<usize>,
    /// Tokens of one text that are read, 1 to 1024; the rest is cut [default: 128].
    #[arg(long, value_name = "COUNT")]
    max_length: Option<usize>,
    /// Start from this experiment, such as the experiment.json of another run.
    #[arg(long, value_name = "FILE")]
    experiment: Option<PathBuf>,
}

impl SetupArgs {
    /// Whether a flag says what a knob is to be.
    pub fn gives(&self, knob: Knob) -> bool {
        match knob {
            Knob::LabelNoise => self.label_noise.is_some(),
            Knob::Lr => self.lr.is_some(),
            Knob::Batch => self.batch.is_some(),
            Knob::TrainSize => self.train_size.is_some(),
        }
    }

    /// The experiment and its files, not yet checked.
    ///
    /// # Errors
    /// What is wrong with the words or the files.
    pub fn experiment(&self) -> Result<(Experiment, Option<Files>), String> {
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
        match self.tune {
            // An experiment that trains some has what it takes.
            Some(tune) if experiment.model.tune.is_some() => experiment.model.tune = Some(tune),
            Some(tune) => presets::tuning(&mut experiment, tune),
            None => {}
        }
        let found = match &self.data {
            Some(data) => source::find(data, self.test.as_deref())?,
            None => source::of(&experiment.data.source)?,
        };
        let Experiment { data, model, training, seeds, .. } = &mut experiment;
        data.source = found.source;
        self.reading.apply(data, found.files.as_ref())?;
        data.label_noise = self.label_noise.or(data.label_noise);
        set(&mut data.balance, self.balance);
        set(&mut data.train_size, self.train_size);
        set(&mut data.seed, self.data_seed);
        set(&mut data.tokens, self.tokens);
        set(&mut data.vocabulary, self.vocabulary);
        set(&mut data.max_length, self.max_length);
        set(&mut model.kind, self.model);
        set(&mut model.dropout, self.dropout);
        set(&mut training.epochs, self.epochs);
        set(&mut training.batch, self.batch);
        set(&mut training.learning_rate, self.lr);
        set(&mut training.warm_up, self.warm_up);
        set(&mut training.base, self.base);
        set(seeds, self.seeds);
        Ok((experiment, found.files))
    }
}

fn set<T>(field: &mut T, given: Option<T>) {
    if let Some(value) = given {
        *field = value;
    }
}
