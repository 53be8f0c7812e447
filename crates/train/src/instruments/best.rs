//! The best epoch of each member, by training examples that are held back for nothing else (`data.selection`): its weights are
//! kept beside those that train on.
//!
//! After each epoch every member's accuracy on the held-back examples is compared with its highest so far; where it is higher,
//! or the same with a lower loss, the weights of now take the place of those that were kept: early stopping of each seed by itself,
//! except that nothing stops. It all happens on the device, and the test set has no part in it.
//!
//! | tensors of a saved run | shape | type |
//! |---|---|---|
//! | `best/epoch`, `best/loss`, `best/accuracy` | `[lanes, members]` | f64 |
//! | `best/LANE/LEAF` | `[members, rows, cols]` | f32 |

use std::sync::Arc;

use basin_optim::population::Weights;
use burn::tensor::{Device, Tensor, TensorData, Transaction};

use super::evaluate::{Evaluator, Score};
use crate::limits::Limits;
use crate::lost;
use crate::memory;
use crate::report::BestEpoch;
use crate::run::checkpoint::Saved;
use crate::run::{Compute, Extra, Lane, Run, RunError};

/// What is kept of all lanes.
#[derive(Clone)]
pub(crate) struct Best {
    held_back: Arc<Evaluator>,
    lanes: Vec<Kept>,
}

/// What is kept of one lane: `[members]` each, and the weights.
#[derive(Clone)]
struct Kept {
    /// The epoch, from 1; 0 before the first one.
    epoch: Tensor<1>,
    loss: Tensor<1>,
    accuracy: Tensor<1>,
    weights: Weights,
}

/// The numbers that are saved, in this order.
const NUMBERS: [&str; 3] = ["epoch", "loss", "accuracy"];

impl Kept {
    fn numbers(&self) -> [&Tensor<1>; 3] {
        [&self.epoch, &self.loss, &self.accuracy]
    }

    fn of([epoch, loss, accuracy]: [Tensor<1>; 3], weights: Weights) -> Self {
        Self { epoch, loss, accuracy, weights }
    }
}

fn evaluator(run: &Run) -> Evaluator {
    let at_once = memory::chunk(&run.experiment.model, &run.data_sizes, run.experiment.seeds as u64);
    Evaluator::new(&run.data.held_back, at_once, run.data.classes.len(), &*run.model, &run.compute.device)
}

impl Best {
    /// For a run that has not been trained; none where it keeps its last epoch.
    pub(crate) fn new(run: &Run) -> Option<Self> {
        if run.data.held_back.is_empty() {
            return None;
        }
        let full = |value: f64| Tensor::full([run.experiment.seeds], value, &run.compute.device);
        let kept = |w: &Weights| Kept::of([full(0.0), full(f64::INFINITY), full(-1.0)], w.clone());
        let lanes = run.lanes.iter().map(|lane| kept(lane.weights())).collect();
        Some(Self { held_back: Arc::new(evaluator(run)), lanes })
    }

    /// Looks at a run, which is at the end of an epoch. Nothing is read back.
    pub(crate) fn look(&mut self, run: &Run) {
        let epoch = run.steps.done as f64 / run.steps.epoch as f64;
        for (kept, lane) in self.lanes.iter_mut().zip(&run.lanes) {
            let w = lane.weights();
            let Score { loss, accuracy, .. } = self.held_back.evaluate(&*run.model, w);
            // Who answers no number answers nothing rightly.
            let as_good = accuracy.clone().equal(kept.accuracy.clone()).bool_and(loss.clone().lower(kept.loss.clone()));
            let better = accuracy.clone().greater(kept.accuracy.clone()).bool_or(as_good);
            let choose = |before: &Tensor<1>, now: Tensor<1>| before.clone().mask_where(better.clone(), now);
            let members = w.members();
            let weights = kept.weights.zip(w, |before, now| {
                let mask = better.clone().reshape([members, 1, 1]).expand(before.dims());
                before.mask_where(mask, now)
            });
            let epoch = choose(&kept.epoch, kept.epoch.full_like(epoch));
            *kept = Kept { epoch, loss: choose(&kept.loss, loss), accuracy: choose(&kept.accuracy, accuracy), weights };
        }
    }

    /// The best epochs, with the test set at their weights. Cost: a forward pass of each lane over the test set.
    pub(crate) async fn tell(&self, run: &Run, test: &Evaluator) -> Vec<BestEpoch> {
        let mut transaction = Transaction::default();
        for kept in &self.lanes {
            let Score { loss, accuracy, .. } = test.evaluate(&*run.model, &kept.weights);
            let [epoch, held_back_loss, held_back_accuracy] = kept.numbers().map(Clone::clone);
            transaction = transaction.register(Tensor::stack::<2>(vec![epoch, held_back_loss, held_back_accuracy, loss, accuracy], 0));
        }
        let read = lost::read(transaction).await;
        let lane = |values: TensorData| {
            let values: Vec<f32> = values.try_to_vec_as().expect("measurements are f32");
            let members = run.experiment.seeds;
            // Of a member that never had a number no epoch is best.
            let alive: Vec<bool> = values[members..2 * members].iter().map(|loss| loss.is_finite()).collect();
            let mut rows = values.chunks(members).map(|row| {
                row.iter().zip(&alive).map(|(value, alive)| if *alive { f64::from(*value) } else { f64::NAN }).collect::<Vec<f64>>()
            });
            let mut next = || rows.next().expect("five rows");
            BestEpoch { epoch: next(), held_back_loss: next(), held_back_accuracy: next(), test_loss: next(), test_accuracy: next() }
        };
        read.into_iter().map(lane).collect()
    }

    /// Gives every lane the weights of its best epochs, to be asked; what each had before, for [`give_back`].
    pub(crate) async fn lend(&self, run: &mut Run) -> Vec<Lent> {
        let mut transaction = Transaction::default();
        for kept in &self.lanes {
            transaction = transaction.register(Tensor::stack::<2>(vec![kept.epoch.clone(), kept.loss.clone()], 0));
        }
        let read = lost::read(transaction).await;
        let lend = |((lane, kept), numbers): ((&mut Lane, &Kept), TensorData)| {
            let numbers: Vec<f64> = numbers.try_to_vec_as::<f32>().expect("numbers are f32").into_iter().map(f64::from).collect();
            let (epochs, losses) = numbers.split_at(numbers.len() / 2);
            choose(lane, kept.weights.clone(), epochs, losses)
        };
        run.lanes.iter_mut().zip(&self.lanes).zip(read).map(lend).collect()
    }

    /// For a file.
    pub(crate) async fn save(&self) -> Vec<Extra> {
        let mut transaction = Transaction::default();
        for kept in &self.lanes {
            for number in kept.numbers() {
                transaction = transaction.register(number.clone());
            }
            for leaf in kept.weights.leaves() {
                transaction = transaction.register(leaf.value.clone());
            }
        }
        let read = lost::read(transaction).await;
        let mut read = read.into_iter().map(|data| data.try_to_vec_as::<f32>().expect("weights are f32"));
        let mut next = || read.next().expect("one per tensor");
        let (mut numbers, mut extras) = ([const { Vec::new() }; 3], Vec::new());
        for (lane, kept) in self.lanes.iter().enumerate() {
            for list in &mut numbers {
                list.extend(next().into_iter().map(f64::from));
            }
            for leaf in kept.weights.leaves() {
                extras.push(Extra::floats(format!("best/{lane}/{}", leaf.name), &leaf.value.dims(), next()));
            }
        }
        let members = self.lanes.first().map_or(0, |kept| kept.weights.members());
        for (name, list) in NUMBERS.into_iter().zip(numbers) {
            extras.push(Extra::numbers(format!("best/{name}"), &[self.lanes.len(), members], list));
        }
        extras
    }

    /// The same on another device.
    pub(crate) async fn move_to(&self, run: &Run) -> Self {
        let device = &run.compute.device;
        let mut lanes = Vec::with_capacity(self.lanes.len());
        for kept in &self.lanes {
            let mut transaction = Transaction::default();
            for number in kept.numbers() {
                transaction = transaction.register(number.clone());
            }
            for leaf in kept.weights.leaves() {
                transaction = transaction.register(leaf.value.clone());
            }
            let mut read = lost::read(transaction).await.into_iter();
            let mut next = || read.next().expect("one per tensor");
            let numbers = [next(), next(), next()].map(|data| Tensor::<1>::from_data(data, device));
            let weights = kept.weights.map(|_| Tensor::from_data(next(), device));
            lanes.push(Kept::of(numbers, weights));
        }
        Self { held_back: Arc::new(evaluator(run)), lanes }
    }

    /// Takes over what a saved run has kept, if it has.
    pub(crate) fn recall(&mut self, kept: Option<Recalled>) {
        let Some(Recalled { numbers, leaves }) = kept else { return };
        let members = self.lanes.first().map_or(0, |kept| kept.weights.members());
        for (lane, (kept, leaves)) in self.lanes.iter_mut().zip(leaves).enumerate() {
            let device = kept.loss.device();
            let number = |list: &Vec<f64>| {
                let values: Vec<f32> = list[lane * members..(lane + 1) * members].iter().map(|v| *v as f32).collect();
                Tensor::<1>::from_data(TensorData::new(values, [members]), &device)
            };
            let numbers = [number(&numbers[0]), number(&numbers[1]), number(&numbers[2])];
            *kept = Kept::of(numbers, weights_of(&kept.weights, leaves, &device));
        }
    }
}

/// What a lane had before it was given its best epochs.
pub(crate) struct Lent {
    weights: Option<Weights>,
    diverged: Vec<bool>,
}

/// Gives a lane the weights of these epochs, which have these losses on what is held back.
fn choose(lane: &mut Lane, weights: Weights, epochs: &[f64], losses: &[f64]) -> Lent {
    lane.chosen = Some(epochs.to_vec());
    // Of a member that never had a number no epoch is best.
    let diverged = losses.iter().map(|loss| !loss.is_finite()).collect();
    Lent { weights: lane.w.replace(weights), diverged: std::mem::replace(&mut lane.diverged, diverged) }
}

/// Gives every lane back what it had before [`Best::lend`].
pub(crate) fn give_back(run: &mut Run, lent: Vec<Lent>) {
    for (lane, Lent { weights, diverged }) in run.lanes.iter_mut().zip(lent) {
        (lane.w, lane.diverged, lane.chosen) = (weights, diverged, None);
    }
}

fn weights_of(like: &Weights, leaves: Vec<Vec<f32>>, device: &Device) -> Weights {
    let mut leaves = leaves.into_iter();
    like.map(|leaf| {
        let values = leaves.next().expect("it was looked at");
        Tensor::from_data(TensorData::new(values, leaf.value.dims()), device)
    })
}

/// What a saved run has kept, read and found whole.
pub(crate) struct Recalled {
    /// Epochs, losses and accuracies, of lanes and members.
    numbers: [Vec<f64>; 3],
    /// By lane and leaf.
    leaves: Vec<Vec<Vec<f32>>>,
}

impl Recalled {
    /// What there is; nothing where the run keeps its last epoch.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(saved: &Saved<'_>) -> Result<Option<Self>, RunError> {
        let extras = saved.extras();
        if extras.shape("best/epoch").is_none() {
            return Ok(None);
        }
        let (lanes, members) = (saved.experiment().lanes.len(), saved.experiment().seeds);
        let numbers = NUMBERS.map(|name| extras.numbers(&format!("best/{name}"), &[lanes, members]));
        let [epoch, loss, accuracy] = numbers;
        let of_lane = |lane: usize| -> Result<Vec<Vec<f32>>, RunError> {
            let leaves = saved.leaves().iter();
            leaves.map(|(leaf, [rows, cols])| extras.floats(&format!("best/{lane}/{leaf}"), &[members, *rows, *cols])).collect()
        };
        Ok(Some(Self { numbers: [epoch?, loss?, accuracy?], leaves: (0..lanes).map(of_lane).collect::<Result<_, _>>()? }))
    }
}

/// A saved run to be asked: of a run that keeps its best epochs (`data.selection`) with the weights of these, else with its last.
///
/// # Errors
/// What is wrong with the bytes, or more memory than there is.
pub fn classifier(bytes: &[u8], compute: Compute) -> Result<Run, RunError> {
    chosen(Saved::read(bytes)?, compute)
}

/// The same to be asked for new texts alone: its own examples are not there to be looked at, where it takes long to prepare these.
///
/// # Errors
/// As for [`classifier`].
pub fn predictor(bytes: &[u8], compute: Compute) -> Result<Run, RunError> {
    chosen(Saved::read_for(bytes, true)?, compute)
}

fn chosen(saved: Saved<'_>, compute: Compute) -> Result<Run, RunError> {
    let limits: &Limits = &compute.limits;
    saved.fits(limits)?;
    let kept = Recalled::read(&saved)?;
    let mut run = saved.resume(compute);
    if let Some(Recalled { numbers, leaves }) = kept {
        let members = run.experiment.seeds;
        let device = run.compute.device.clone();
        for (lane, (of_run, leaves)) in run.lanes.iter_mut().zip(leaves).enumerate() {
            let weights = weights_of(of_run.weights(), leaves, &device);
            let [epochs, losses] = [0, 1].map(|row: usize| &numbers[row][lane * members..(lane + 1) * members]);
            drop(choose(of_run, weights, epochs, losses));
        }
    }
    Ok(run)
}

#[cfg(test)]
mod tests {
    use pollster::block_on;

    use super::*;
    use crate::driver::Driver;
    use crate::experiment::{DataSource, Experiment};
    use crate::instruments::answers::{logits, read};

    /// Accuracy and loss of each member.
    fn scores(driver: &Driver) -> Vec<(f32, f32)> {
        let Score { loss, accuracy, .. } = evaluator(&driver.run).evaluate(&*driver.run.model, driver.run.lanes[0].weights());
        let read = block_on(lost::read(Transaction::default().register(accuracy).register(loss)));
        let [accuracy, loss] = [0, 1].map(|place: usize| read[place].clone().try_to_vec_as::<f32>().expect("f32"));
        accuracy.into_iter().zip(loss).collect()
    }

    /// Wrong labels are learned by heart, so an epoch before the last one is best.
    #[test]
    fn the_epoch_with_the_highest_accuracy_is_kept_and_saved_and_asked() {
        let lanes = vec!["sgd".parse().expect("a lane")];
        let mut experiment = Experiment { lanes, seeds: 3, ..Experiment::default() };
        experiment.data.source = DataSource::Films { examples: 400 };
        experiment.data.selection = 0.2;
        experiment.training.epochs = 8;
        experiment.training.learning_rate = 0.01;
        let mut driver = Driver::prepare(experiment.clone(), None, Compute::cpu()).expect("built in");
        // 400 less 30 % are 280, a fifth of which is held back.
        assert_eq!((driver.run.data.held_back.len(), driver.run.data.train.len()), (56, 224));
        assert!(driver.run.data.held_back.iter().all(|example| !example.flipped()));
        let mut best = [(0.0, -1.0_f32, f32::INFINITY); 3];
        let mut resumed = None;
        while !driver.finished() {
            driver.step();
            if driver.steps_done().is_multiple_of(driver.run.steps.epoch) {
                let epoch = driver.steps_done() as f64 / driver.run.steps.epoch as f64;
                for (best, (accuracy, loss)) in best.iter_mut().zip(scores(&driver)) {
                    if accuracy > best.1 || (accuracy.to_bits() == best.1.to_bits() && loss < best.2) {
                        *best = (epoch, accuracy, loss);
                    }
                }
            }
            if driver.steps_done() == driver.run.steps.epoch * 5 + 1 {
                resumed = Some(block_on(driver.save()));
            }
        }
        let told = |driver: &Driver| block_on(driver.best()).expect("it keeps them").remove(0);
        let found = told(&driver);
        assert_eq!(found.epoch, best.iter().map(|(epoch, ..)| *epoch).collect::<Vec<_>>());
        assert_eq!(found.held_back_loss, best.iter().map(|(.., loss)| f64::from(*loss)).collect::<Vec<_>>());
        assert!(found.epoch.iter().any(|epoch| *epoch < 8.0), "{found:?}");

        // A run that was stopped on its way ends with the same.
        let mut again = Driver::restore(&resumed.expect("it was saved"), Compute::cpu()).expect("just saved");
        while !again.finished() {
            again.step();
        }
        assert_eq!(told(&again), found);

        // Who asks the saved run asks the best epoch: its loss on the test set is the one that is told.
        let run = classifier(&block_on(driver.save()), Compute::cpu()).expect("just saved");
        let test = &driver.run.data.test;
        let (examples, _) = read(&run, test.iter().map(|example| (&*example.text, None)));
        let answers = block_on(logits(&run, &[0], &examples)).expect("a lane").remove(0);
        for member in 0..3 {
            let right = (0..test.len()).filter(|place| answers.choice(member, *place) == Some(test[*place].label as usize)).count();
            assert!((right as f64 / test.len() as f64 - found.test_accuracy[member]).abs() < 1e-6, "{found:?}");
        }
        // So does whoever asks the run itself, at its end; it goes on from the last one.
        let last = scores(&driver);
        let lent = block_on(driver.lend_best());
        let judged = block_on(driver.judge()).lanes.remove(0);
        for (figures, expected) in judged.members.iter().zip(&found.test_accuracy) {
            assert!((figures.accuracy - expected).abs() < 1e-6, "{figures:?} {found:?}");
        }
        assert_ne!(scores(&driver), last, "other weights answer");
        driver.give_back(lent);
        assert!(scores(&driver) == last && !driver.run.has_chosen_epochs());
        // Without the knob nothing is held back, and the last epoch answers.
        let last = Experiment { data: crate::experiment::DataConfig { selection: 0.0, ..experiment.data.clone() }, ..experiment };
        let driver = Driver::prepare(last, None, Compute::cpu()).expect("built in");
        assert!(driver.run.data.held_back.is_empty() && block_on(driver.best()).is_none());
    }
}
