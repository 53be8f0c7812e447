//! What became of each training example: its loss, its weight in the climb, its gap, and how often it was
//! weighted up.
//!
//! Batches leave their numbers on the device; they are read back together with the next measurement.

use basin_kernels::{cross_entropy, last_layer_curvature};
use basin_optim::population::{Objective, Outputs};
use burn::tensor::{Tensor, Transaction};

use super::error::{LookError, check_lane};
use crate::lost;
use crate::memory;
use crate::models::OnBatch;
use crate::report::{SentenceHistory, SentenceTable, Sentences, Visit};
use crate::run::{Run, Seen, StepSeen};

/// Training examples that are kept track of; those beyond are not.
pub const MOST: usize = memory::MOST_KEPT as usize;

/// What batches have shown of the training examples.
#[derive(Clone)]
pub(crate) struct ExampleRecords {
    /// Examples that are kept track of.
    examples: usize,
    /// Visits that are kept of one example in one lane; then every second one goes.
    most_visits: usize,
    /// Steps whose numbers wait on the device at most; what comes then, before the next measurement, goes unrecorded.
    most_pending: usize,
    pub(super) lanes: Vec<LaneRecords>,
}

#[derive(Clone, Default)]
pub(super) struct LaneRecords {
    /// Steps whose numbers are still on the device.
    pending: Vec<Pending>,
    /// One entry per example.
    pub(super) records: Vec<Record>,
}

#[derive(Clone)]
struct Pending {
    step: usize,
    examples: Vec<usize>,
    /// Losses, and where there are any weights p and losses up there: `[members, batch]` each.
    losses: Tensor<2>,
    p: Option<Tensor<2>>,
    losses_up: Option<Tensor<2>>,
}

/// What is known of an example.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    pub(super) visits: Vec<Counted>,
}

/// A visit, and what was known of the example after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counted {
    pub(super) visit: Visit,
    pub(super) seen: u32,
    pub(super) weighted_up: u32,
    /// Sum of B·p over all visits.
    pub(super) weights: f64,
}

impl Record {
    fn add(&mut self, visit: Visit, most: usize) {
        let (seen, weighted_up, weights) = self.visits.last().map_or((0, 0, 0.0), |last| (last.seen, last.weighted_up, last.weights));
        if self.visits.len() >= most {
            let mut place = 0;
            self.visits.retain(|_| {
                place += 1;
                place % 2 == 0
            });
        }
        self.visits.push(Counted {
            visit,
            seen: seen + 1,
            weighted_up: weighted_up + u32::from(visit.weight.is_some_and(|w| w > 1.0)),
            weights: weights + visit.weight.unwrap_or(0.0),
        });
    }

    /// The visits of the first `step` steps.
    fn before(&self, step: usize) -> &[Counted] {
        &self.visits[..self.visits.partition_point(|counted| counted.visit.step < step)]
    }
}

impl ExampleRecords {
    /// Of `examples` training examples, in batches of `numbers` = members × examples.
    pub(crate) fn new(lanes: usize, examples: usize, numbers: usize) -> Self {
        let examples = examples.min(MOST);
        let (most_visits, most_pending) = (memory::most_visits(examples, lanes), memory::most_reports(lanes, numbers));
        let lane = || LaneRecords { pending: Vec::new(), records: vec![Record::default(); examples] };
        Self { examples, most_visits, most_pending, lanes: (0..lanes).map(|_| lane()).collect() }
    }

    /// Notes what the lanes see in a step that is taken after `step` others. Nothing is read back.
    pub(crate) fn record(&mut self, step: usize, seen: StepSeen) {
        let StepSeen { examples, lanes } = seen;
        if examples.iter().all(|&i| i >= self.examples) {
            return;
        }
        for (LaneRecords { pending, .. }, Seen { losses, p, losses_up }) in self.lanes.iter_mut().zip(lanes) {
            if pending.len() < self.most_pending {
                pending.push(Pending { step, examples: examples.clone(), losses, p, losses_up });
            }
        }
    }

    /// Reads back what is pending.
    pub(crate) async fn read(&mut self) {
        let mut transaction = Transaction::default();
        for pending in self.lanes.iter().flat_map(|lane| &lane.pending) {
            let tensors = [Some(&pending.losses), pending.p.as_ref(), pending.losses_up.as_ref()];
            for tensor in tensors.into_iter().flatten() {
                transaction = transaction.register(tensor.clone());
            }
        }
        let mut read = lost::read(transaction).await.into_iter();
        for lane in &mut self.lanes {
            for Pending { step, examples, p, losses_up, .. } in lane.pending.drain(..) {
                let batch = examples.len();
                let mut next = || {
                    let values: Vec<f32> = read.next().expect("one per tensor").try_to_vec_as().expect("reports are f32");
                    mean_of_members(&values, batch)
                };
                let losses = next();
                let p = p.map(|_| next());
                let losses_up = losses_up.map(|_| next());
                for (place, example) in examples.into_iter().enumerate() {
                    let Some(record) = lane.records.get_mut(example) else { continue };
                    let loss = losses[place];
                    if loss.is_finite() {
                        let weight = p.as_ref().map(|p| p[place] * batch as f64);
                        let gap = losses_up.as_ref().map(|up| up[place] - loss);
                        record.add(Visit { step, loss, weight, gap }, self.most_visits);
                    }
                }
            }
        }
    }
}

/// The mean over the members whose number is finite, of `[members, batch]`; not a number where none is.
fn mean_of_members(values: &[f32], batch: usize) -> Vec<f64> {
    let of = |place: usize| {
        let alive = values.iter().skip(place).step_by(batch).map(|&v| f64::from(v)).filter(|v| v.is_finite());
        let (sum, count) = alive.fold((0.0, 0), |(sum, count), v| (sum + v, count + 1));
        sum / f64::from(count)
    };
    (0..batch).map(of).collect()
}

/// The training examples as people read them, the first [`MOST`] of them.
pub(crate) fn sentences(run: &Run) -> Sentences {
    let listed = || run.data.train.iter().take(MOST);
    Sentences {
        texts: listed().map(|e| e.text_b.as_ref().map_or_else(|| e.text.clone(), |b| format!("{} | {b}", e.text))).collect(),
        labels: listed().map(|e| e.label as usize).collect(),
        given_labels: listed().map(|e| e.given_label as usize).collect(),
        lengths: listed().map(|e| e.tokens.len() + e.tokens_b.len()).collect(),
        total: run.data.train.len(),
    }
}

/// How lane number `lane` sees the training examples. Cost: a forward pass over them.
///
/// # Errors
/// If there is no such lane.
pub(crate) async fn table(run: &Run, records: &mut ExampleRecords, lane: usize) -> Result<SentenceTable, LookError> {
    check_lane(run, lane)?;
    records.read().await;
    let w = run.lanes[lane].weights();
    let mut transaction = Transaction::default();
    let listed: Vec<_> = run.data.train.iter().take(MOST).collect();
    let at_once = memory::chunk(&run.experiment.model, &run.data_sizes, w.members() as u64);
    for chunk in listed.chunks(at_once) {
        let batch = run.batch(chunk.iter().copied());
        let (objective, w) = (OnBatch::new(&*run.model, &batch), w.select_rows(&batch.rows));
        let Outputs { hidden, logits } = objective.forward(&w);
        let losses = cross_entropy(logits.clone(), objective.one_hot());
        let curvature = last_layer_curvature(hidden, logits, objective.one_hot());
        transaction = transaction.register(losses).register(curvature);
    }
    let read = lost::read(transaction).await;
    let (mut loss, mut curvature) = (Vec::with_capacity(listed.len()), Vec::with_capacity(listed.len()));
    for (place, values) in read.into_iter().enumerate() {
        let values: Vec<f32> = values.try_to_vec_as().expect("losses are f32");
        let means = mean_of_members(&values, values.len() / w.members());
        if place % 2 == 0 { loss.extend(means) } else { curvature.extend(means) }
    }

    let last: Vec<Option<&Counted>> = records.lanes[lane].records.iter().map(|record| record.before(run.steps.done).last()).collect();
    let number = |of: fn(&Counted) -> Option<f64>| last.iter().map(|last| last.and_then(of).unwrap_or(f64::NAN)).collect();
    let count = |of: fn(&Counted) -> u32| last.iter().map(|last| last.map_or(0, of)).collect();
    Ok(SentenceTable {
        lane,
        step: run.steps.done,
        loss,
        curvature,
        weight: number(|last| last.visit.weight),
        gap: number(|last| last.visit.gap),
        seen: count(|last| last.seen),
        weighted_up: count(|last| last.weighted_up),
        mean_weight: number(|last| last.visit.weight.map(|_| last.weights / f64::from(last.seen))),
    })
}

/// The visits of a training example in every lane, up to where the run is.
///
/// # Errors
/// If there is no such example, or it is not kept track of.
pub(crate) async fn history(run: &Run, records: &mut ExampleRecords, example: usize) -> Result<SentenceHistory, LookError> {
    let known = records.examples;
    if example >= known {
        return Err(LookError::NoExample { known });
    }
    records.read().await;
    let lanes = records
        .lanes
        .iter()
        .map(|lane| lane.records[example].before(run.steps.done).iter().map(|counted| counted.visit).collect())
        .collect();
    Ok(SentenceHistory { example, lanes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_diverged_have_no_part_in_means() {
        // Two members, two examples: (1 + 3)/2 and 4 alone.
        assert_eq!(mean_of_members(&[1.0, f32::NAN, 3.0, 4.0], 2), [2.0, 4.0]);
        assert!(mean_of_members(&[f32::NAN], 1)[0].is_nan());
    }

    #[test]
    fn old_visits_are_thinned_but_all_are_counted() {
        let mut record = Record::default();
        for step in 0..1000 {
            let weight = Some(if step % 4 == 0 { 2.5 } else { 0.5 });
            record.add(Visit { step, loss: 1.0, weight, gap: None }, 256);
        }
        assert!(record.visits.len() <= 256 && record.visits.is_sorted_by_key(|v| v.visit.step));
        let last = record.visits.last().expect("the latest visit is kept");
        // 250 of 2.5 and 750 of 0.5: 625 + 375.
        assert_eq!((last.visit.step, last.seen, last.weighted_up), (999, 1000, 250));
        assert!((last.weights - 1000.0).abs() < 1e-9);
        // Before step 504 or so: as many visits as steps, a quarter of them weighted up.
        let then = record.before(504).last().expect("there were some");
        assert!(
            then.visit.step < 504 && then.seen as usize == then.visit.step + 1 && then.weighted_up == then.seen.div_ceil(4),
            "{then:?}"
        );
    }
}
