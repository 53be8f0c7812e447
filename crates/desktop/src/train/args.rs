//! From the words of `basin train` to an experiment.

use std::path::PathBuf;

use basin_train::data::files::Files;
use basin_train::experiment::{Experiment, LaneConfig, MethodConfig, SELECTION, knobs};
use basin_train::protocol::DeviceChoice;
use clap::{Args, ValueEnum};

use crate::setup::SetupArgs;
use crate::words::word;

/// What a lane may be.
fn lanes_help() -> String {
    let head = "The methods to compare, such as sgd,sam:rho=0.7,delta-sam:rule=head:rho=0.8 [default: sgd,sam,delta-sam]. A MOMENT is a \
         share of the run, or above 1 a number of steps. Methods, and what each takes behind a colon:";
    let methods = MethodConfig::ALL.iter().map(|method| format!("- {}: {}", method.word(), knobs(method)));
    [head.to_owned()].into_iter().chain(methods).collect::<Vec<_>>().join("\n")
}

/// Which epoch is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Keep {
    /// The one with the highest accuracy on examples that are held back; of equal ones that with the lowest loss.
    Best,
    /// The last one.
    Last,
}

/// What is trained, where, and what is left of it.
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line are")]
#[derive(Args)]
pub struct TrainArgs {
    #[command(flatten)]
    setup: SetupArgs,
    /// Measure on a validation split of the training set and leave the test set alone, for choosing ρ and other hyperparameters.
    #[arg(long)]
    pub(super) validation: bool,
    /// Which epoch of each seed is kept for `basin predict`, `basin evaluate` and the table: the last one, or the best by a tenth
    /// of the training examples, which are held back for that [default: last, with --experiment as that says].
    #[arg(long, value_name = "best|last", value_enum)]
    pub(super) keep: Option<Keep>,
    /// The methods to compare, such as sgd,sam:rho=0.7,delta-sam:rule=head:rho=0.8 [default: sgd,sam,delta-sam].
    #[arg(long, value_name = "LANE,…", value_delimiter = ',', long_help = lanes_help())]
    pub(super) lanes: Option<Vec<LaneConfig>>,
    /// Where to train.
    #[arg(long, value_name = "auto|cpu|gpu", default_value = "auto", value_parser = word::<DeviceChoice>)]
    pub(super) device: DeviceChoice,
    /// Threads that the lanes share on the CPU; without it one for each core. The results are the same.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
    /// Write experiment, curves, checkpoints (at the start, at each tenth and every half minute) and results to this folder.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// What the run is for: written to note.txt of the folder, and shown by `basin runs` and `basin report`.
    #[arg(long, value_name = "TEXT", requires = "out")]
    pub(super) note: Option<String>,
    /// Replace a run that --out holds.
    #[arg(long, requires = "out")]
    pub(super) force: bool,
    /// Go on with the run in this folder, however it ended: by Ctrl-C, a kill or a power cut. On the CPU it ends as if it had
    /// never stopped; what it did after its last checkpoint it does again.
    #[arg(long, value_name = "DIR", conflicts_with_all = [
        "data", "test", "model", "tune", "warm_up", "dropout", "lanes", "seeds", "epochs", "batch", "lr", "base", "label_noise", "balance", "train_size", "data_seed",
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
        let (mut experiment, files) = self.setup.experiment()?;
        experiment.data.validation |= self.validation;
        if let Some(lanes) = &self.lanes {
            experiment.lanes.clone_from(lanes);
        }
        match self.keep {
            Some(Keep::Best) if experiment.data.selection <= 0.0 => experiment.data.selection = SELECTION,
            Some(Keep::Last) => experiment.data.selection = 0.0,
            _ => {}
        }
        experiment.check().map_err(|error| error.to_string())?;
        Ok((experiment, files))
    }
}
