//! What a run needs before it takes a device: checked knobs and data.

use std::sync::Arc;

use crate::data::dataset::{Dataset, Example};
use crate::data::encoder::{self, Encoder, EncoderError, EncoderSizes, layers_of};
use crate::data::error::DataError;
use crate::data::files::Files;
use crate::experiment::{Base, DataConfig, Experiment, LaneConfig, MethodConfig, Tune};
use crate::limits::{self, Limits, TooMuch};
use crate::memory::{DataSizes, Estimate, Network};
use crate::models::{self, Model, Sizes};
use crate::report::Summary;

use super::device::Compute;
use super::error::RunError;

/// What a run needs before it takes a device: checked knobs and data. What can be wrong with a request is found
/// here, while the run before still trains.
#[derive(Clone)]
pub struct Plan {
    pub(crate) experiment: Experiment,
    pub(crate) files: Option<Files>,
    pub(crate) data: Arc<Dataset>,
    /// Where layers of an encoder are trained: its sizes, and the word pieces of the longest text and of all.
    pub(crate) pieces: Option<(EncoderSizes, [usize; 2])>,
}

impl Plan {
    /// Checks the knobs and reads the data.
    ///
    /// # Errors
    /// A knob out of bounds, or what is wrong with the data.
    pub fn new(experiment: Experiment, files: Option<&Files>) -> Result<Self, RunError> {
        Self::encoded(experiment, files, None, false, |data| Dataset::load(data, files))
    }

    /// The same for a run that goes on, with the encoder of this hash if it learned from one; or for one that is asked for `new_texts` alone.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub(crate) fn again(experiment: Experiment, files: Option<&Files>, encoder: Option<&str>, new_texts: bool) -> Result<Self, RunError> {
        Self::encoded(experiment, files, encoder, new_texts, |data| Dataset::load(data, files))
    }

    /// All texts that the run would want vectors of, where its model learns from such; no encoder is asked.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub(crate) fn texts(experiment: &Experiment, files: Option<&Files>) -> Result<Vec<String>, RunError> {
        experiment.check()?;
        let data = Dataset::load(&experiment.data, files)?;
        Ok(data.texts().into_iter().map(str::to_owned).collect())
    }

    /// The same for somebody who only wants to know: texts get no vectors, so it is not for running. Also how many texts an
    /// encoder would be asked for, and for about how many seconds, where the model learns from one.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub fn look(experiment: Experiment, files: Option<&Files>) -> Result<(Self, Option<(usize, f64)>), RunError> {
        let (plan, encoder) = Self::on(experiment, files, None, |data| Dataset::load(data, files))?;
        let ahead = encoder.and_then(|encoder| {
            let texts = plan.data.texts();
            match plan.experiment.model.tune {
                None => Some(encoder.ahead(&texts)),
                Some(Tune::Top(layers)) => {
                    let all = layers_of(&*encoder);
                    Some((texts.len(), all.seconds_of_states(&texts, all.sizes().layers - layers)))
                }
                Some(Tune::All) => None,
            }
        });
        Ok((plan, ahead))
    }

    /// The same for a validation run that holds out this fraction of what it would train on, and keeps its test set at hand.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub(crate) fn with_validation(experiment: Experiment, files: Option<&Files>, fraction: f64) -> Result<Self, RunError> {
        Self::encoded(experiment, files, None, false, |data| Dataset::load_with_validation(data, files, fraction))
    }

    fn encoded(
        experiment: Experiment,
        files: Option<&Files>,
        wanted: Option<&str>,
        new_texts: bool,
        load: impl FnOnce(&DataConfig) -> Result<Dataset, DataError>,
    ) -> Result<Self, RunError> {
        let (mut plan, encoder) = Self::on(experiment, files, wanted, load)?;
        if let Some(encoder) = encoder {
            Arc::get_mut(&mut plan.data).expect("nobody else has seen it").learn_from(encoder, plan.experiment.model.tune, new_texts)?;
        }
        Ok(plan)
    }

    fn on(
        mut experiment: Experiment,
        files: Option<&Files>,
        wanted: Option<&str>,
        load: impl FnOnce(&DataConfig) -> Result<Dataset, DataError>,
    ) -> Result<(Self, Option<Arc<dyn Encoder>>), RunError> {
        experiment.check()?;
        // Not worth fetching one for.
        if cfg!(target_family = "wasm") && experiment.model.tune.is_some() {
            return Err(EncoderError::Fixed.into());
        }
        let encoder = experiment.model.kind.learns_from_vectors().then(|| encoder::open(wanted)).transpose()?;
        if let Some(encoder) = &encoder {
            experiment.model.dim = encoder.width();
            if let Some(tune) = experiment.model.tune {
                let layers = encoder.layers().ok_or(EncoderError::Fixed)?.sizes().layers;
                if let Tune::Top(asked) = tune
                    && asked > layers
                {
                    return Err(EncoderError::Layers { asked, name: encoder.name().to_owned(), layers }.into());
                }
            }
        }
        let data = Arc::new(load(&experiment.data)?);
        if let Some(taken) = &data.taken {
            // What was guessed of a file stays with the run: it is resumed on the same columns.
            experiment.data.columns = Some(taken.columns.clone());
        }
        let tuned = encoder.as_ref().filter(|_| experiment.model.tune.is_some());
        let pieces = tuned.map(|encoder| (layers_of(&**encoder).sizes(), data.pieces(&**encoder)));
        Ok((Self { experiment, files: files.cloned(), data, pieces }, encoder))
    }

    /// What the model is as wide as.
    pub(crate) fn sizes(&self) -> Sizes {
        Sizes { vocabulary: self.data.vocabulary.len(), classes: self.data.classes.len(), pairs: self.data.pairs }
    }

    /// Its model.
    pub(crate) fn model(&self) -> Box<dyn Model> {
        let config = &self.experiment.model;
        #[cfg(not(target_family = "wasm"))]
        if let (Some(tune), Some(encoder)) = (config.tune, &self.data.encoder) {
            return Box::new(models::Tuned::new(config, tune, self.sizes(), layers_of(&**encoder)));
        }
        models::build(config, self.sizes())
    }

    /// About how many seconds of one core a pass over the training texts takes for each lane and seed, where layers of an encoder
    /// are trained; a climb takes as long again.
    pub fn seconds_of_pass(&self) -> Option<f64> {
        seconds_of_pass(&self.experiment, &self.data)
    }

    /// What of the data decides how much memory the run takes.
    pub fn data_sizes(&self) -> DataSizes {
        let Self { data, files, pieces, .. } = self;
        let examples = || data.train.iter().chain(&data.test);
        let lengths = |e: &Example| [e.tokens.len() as u64, e.tokens_b.len() as u64];
        let bytes = |files: &Files| files.train.bytes.len() + files.test.as_ref().map_or(0, |file| file.bytes.len());
        let of_texts = DataSizes {
            train: data.train.len() as u64,
            test: data.test.len() as u64,
            vocabulary: data.vocabulary.len() as u64,
            classes: data.classes.len() as u64,
            pairs: data.pairs,
            longest: examples().flat_map(lengths).max().unwrap_or(0),
            tokens: examples().flat_map(lengths).sum(),
            texts: examples().map(|e| (e.text.len() + e.text_b.as_ref().map_or(0, String::len)) as u64).sum(),
            files: files.as_ref().map_or(0, bytes) as u64,
            encoder: EncoderSizes::default(),
        };
        let Some((encoder, [longest, tokens])) = *pieces else { return of_texts };
        let all = self.experiment.model.tune == Some(Tune::All);
        let vocabulary = if all { encoder.pieces as u64 } else { of_texts.vocabulary };
        DataSizes { longest: longest as u64, tokens: tokens as u64, vocabulary, encoder, ..of_texts }
    }

    /// How much memory the run takes.
    ///
    /// # Errors
    /// There is less, with the knobs that bring it down.
    pub fn fits(&self, limits: &Limits) -> Result<Estimate, TooMuch> {
        limits::check(&self.experiment, &self.data_sizes(), limits)
    }

    /// Steps that are planned.
    pub(crate) fn steps(&self) -> usize {
        self.data.train.len().div_ceil(self.experiment.training.batch).saturating_mul(self.experiment.training.epochs)
    }

    /// What of its lanes makes them another method than they are called, in words.
    pub(crate) fn idle_lanes(&self) -> Vec<String> {
        idle_lanes(&self.experiment, self.steps())
    }

    /// What will be trained, on a device.
    pub fn summary(&self, compute: &Compute) -> Summary {
        let steps = self.steps();
        let network = Network { config: self.experiment.model, data: self.data_sizes() };
        summarise(&self.experiment, &self.data, &network, steps, compute)
    }
}

/// See [`Plan::seconds_of_pass`].
pub(crate) fn seconds_of_pass(experiment: &Experiment, data: &Dataset) -> Option<f64> {
    let tune = experiment.model.tune?;
    let encoder = data.encoder.clone().or_else(|| encoder::open(None).ok())?;
    let layers = match tune {
        Tune::Top(layers) => layers,
        Tune::All => layers_of(&*encoder).sizes().layers,
    };
    let texts: Vec<&str> = data.train.iter().flat_map(Example::texts).collect();
    Some(layers_of(&*encoder).seconds_of_gradients(&texts, layers))
}

/// What of the lanes of a run of so many steps makes them another method than they are called, in words.
pub(crate) fn idle_lanes(experiment: &Experiment, steps: usize) -> Vec<String> {
    let mut words: Vec<String> = experiment.lanes.iter().filter_map(|lane| lane.never_climbs(steps)).collect();
    words.extend(experiment.lanes.iter().filter_map(|lane| lane.more_groups(experiment.training.batch)));
    if experiment.model.dropout <= 0.0 && experiment.lanes.iter().any(|lane| matches!(lane.method, MethodConfig::RDrop { .. })) {
        let same =
            "R-Drop compares two passes with different dropout, and there is none: it is SGD at twice the cost. Set dropout above 0.";
        words.push(same.to_owned());
    }
    words
}

fn summarise(experiment: &Experiment, data: &Dataset, network: &Network, steps: usize, compute: &Compute) -> Summary {
    let mut notes = data.notes.clone();
    notes.extend(common_rho(&experiment.lanes));
    notes.extend(idle_lanes(experiment, steps));
    if experiment.training.base == Base::AdamW && experiment.lanes.iter().any(|lane| lane.method == MethodConfig::Sgd) {
        notes.push("The optimizer is AdamW for all lanes: the lane SGD is AdamW without a climb.".to_owned());
    }
    let samples = || data.test.iter().step_by((data.test.len() / 6).max(1)).take(6);
    Summary {
        data: data.title.clone(),
        classes: data.classes.clone(),
        train_counts: data.train_counts(),
        test_counts: data.test_counts(),
        flipped: data.flipped(),
        vocabulary: data.vocabulary.len(),
        weights: network.weights() as usize,
        sizes: network.data,
        steps,
        pairs: data.pairs,
        samples: samples().map(|example| example.text.clone()).collect(),
        sample_labels: samples().map(|example| example.label as usize).collect(),
        test_print: Some(data.test_print()),
        encoder: data.encoder.as_ref().map(|encoder| encoder.hash().to_owned()),
        device: compute.name.clone(),
        notes,
        experiment: experiment.clone(),
        taken: data.taken.clone(),
        taken_of_test: data.taken_of_test.clone(),
    }
}

/// A note when all climbing lanes share one ρ, since the best one differs by method.
fn common_rho(lanes: &[LaneConfig]) -> Option<String> {
    let climbing: Vec<&LaneConfig> = lanes.iter().filter(|lane| lane.method.climbs_in_weights()).collect();
    let (first, others) = climbing.split_first()?;
    let common = !others.is_empty() && others.iter().all(|lane| lane.rho.total_cmp(&first.rho).is_eq());
    common.then(|| {
        format!("All climbing lanes use ρ = {}: the best ρ differs by method, so tune it for each before you call one better.", first.rho)
    })
}
