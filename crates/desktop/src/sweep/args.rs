//! From the words of `basin sweep` to a grid.

use std::path::PathBuf;

use basin_train::data::files::Files;
use basin_train::experiment::LaneConfig;
use basin_train::lab::grid::{Axis, Grid, Knob, method};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::setup::SetupArgs;

/// What is compared, and what is left of it.
#[derive(Args)]
pub struct SweepArgs {
    #[command(flatten)]
    setup: SetupArgs,
    /// The methods, such as sam,delta-sam:rule=noise; SGD is always there beside them, and `basin train --help` lists what each takes.
    #[arg(long, value_name = "METHOD,…", value_delimiter = ',', default_value = "sam,per-instance,delta-sam:rule=noise", value_parser = method)]
    methods: Vec<LaneConfig>,
    /// Radii of the climb, each of which every method is tried at.
    #[arg(long, value_name = "NUMBER,…", value_delimiter = ',', default_value = "0.05,0.1,0.2,0.4,0.8")]
    rho: Vec<f64>,
    /// Another knob with its values; up to two of them. A train-size of 0 is all.
    #[arg(long, value_name = "label-noise|lr|batch|train-size=NUMBER,…", value_parser = axis)]
    over: Vec<Axis>,
    /// Fraction of the training data that is not trained on, and on which each method's ρ is chosen.
    #[arg(long, value_name = "FRACTION", default_value_t = 0.2)]
    validation: f64,
    /// How long each method trains: as many epochs as the others, or for as many gradients as SAM takes in those.
    #[arg(long, value_name = "equal-epochs|equal-gradients", default_value = "equal-epochs")]
    pub(super) budget: Budget,
    /// Threads; without it one for each core. The results are the same.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(super) jobs: Option<u16>,
    /// Print one JSON document instead of the tables.
    #[arg(long)]
    pub(super) json: bool,
    /// Write every run, the results and a figure to this folder; what it holds of the same sweep is not trained again.
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Stop after so many more runs, and what is trained together with them; for tests.
    #[arg(long, hide = true, value_name = "COUNT")]
    pub(super) stop_after: Option<usize>,
}

/// What is the same for all methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Budget {
    /// Passes over the training set.
    EqualEpochs,
    /// Gradient evaluations.
    EqualGradients,
}

/// A knob and its values, such as `label-noise=0,0.2,0.4`.
fn axis(words: &str) -> Result<Axis, String> {
    let known = || Knob::ALL.map(Knob::word).join(", ");
    let (name, values) =
        words.split_once('=').ok_or_else(|| format!("say a knob and its values, such as label-noise=0,0.2 ({})", known()))?;
    let knob = Knob::ALL
        .into_iter()
        .find(|knob| knob.word() == name)
        .ok_or_else(|| format!("there is no knob `{name}`: use one of {}", known()))?;
    let number = |value: &str| value.trim().parse().map_err(|_| format!("`{}` is no number", value.trim()));
    Ok(Axis { knob, values: values.split(',').map(number).collect::<Result<_, _>>()? })
}

impl SweepArgs {
    /// The grid and the user's files.
    ///
    /// # Errors
    /// What is wrong with the words or the files.
    pub(super) fn grid(&self) -> Result<(Grid, Option<Files>), String> {
        if let Some(axis) = self.over.iter().find(|axis| self.setup.gives(axis.knob)) {
            let knob = axis.knob.word();
            return Err(format!("--{knob} would not count beside --over {knob}: leave one of them out"));
        }
        let (mut experiment, files) = self.setup.experiment()?;
        experiment.lanes.clone_from(&self.methods);
        let grid = Grid::new(experiment, self.rho.clone(), self.over.clone(), self.validation);
        grid.check().map_err(|error| {
            let text = error.to_string();
            // The grid does not know the flags.
            text.replace("the list of radii", "--rho").replace("the list of other knobs", "--over")
        })?;
        Ok((grid, files))
    }
}
