//! The examples on which a run is looked at: chosen once, so that curves are smooth and lanes comparable.

use burn::tensor::Tensor;

use super::evaluate::Evaluator;
use crate::data::dataset::Example;
use crate::memory;
use crate::models::batch::Batch;
use crate::random::{Purpose, shuffle, stream};
use crate::report::Side;
use crate::run::Run;

/// Examples of the training set whose loss is measured.
const TRAIN_SAMPLE: usize = 1024;
/// The same where layers of an encoder are trained, whose passes take long.
const TUNED_SAMPLE: usize = 256;

/// Fixed examples, and the radius at which their gap is measured.
pub(crate) struct Probes {
    pub(crate) train_sample: Evaluator,
    pub(crate) test: Evaluator,
    /// Training and held-out examples on which sharpness is measured.
    sides: [Batch; 2],
    /// As many training examples as a batch has, on which alignment is measured.
    pub(crate) batch: Batch,
    /// `[members, 1, 1]`.
    pub(crate) rho: Tensor<3>,
}

impl Probes {
    pub(crate) fn new(run: &Run) -> Self {
        let Run { experiment, data, .. } = run;
        let training = &experiment.training;
        let mut shuffled: Vec<usize> = (0..data.train.len()).collect();
        // Far from where the order of the batches is drawn.
        let mut rng = stream(experiment.data.seed, Purpose::Batches);
        rng.set_word_pos(u128::from(u64::MAX));
        shuffle(&mut rng, &mut shuffled);
        let sample = |n: usize| shuffled.iter().take(n).map(|&i| &data.train[i]);
        // Evenly from all of them: test files may be sorted.
        let (all, some) = (data.test.len(), training.probe.min(data.test.len()));
        let held_out = (0..some).map(|i| &data.test[i * all / some]);
        let most = if experiment.model.tune.is_some() { TUNED_SAMPLE } else { TRAIN_SAMPLE };
        let at_once = memory::chunk(&experiment.model, &run.data_sizes, run.passes_for as u64);
        let device = &run.compute.device;
        let evaluator =
            |examples: &mut dyn Iterator<Item = &Example>| Evaluator::new(examples, at_once, data.classes.len(), &*run.model, device);
        Self {
            train_sample: evaluator(&mut sample(most)),
            test: evaluator(&mut data.test.iter()),
            sides: [run.batch(sample(training.probe)), run.batch(held_out)],
            batch: run.batch(sample(training.batch)),
            rho: Tensor::full([experiment.seeds, 1, 1], training.probe_rho, device),
        }
    }

    /// The probe of a side.
    pub(crate) fn of(&self, side: Side) -> &Batch {
        &self.sides[side as usize]
    }
}
