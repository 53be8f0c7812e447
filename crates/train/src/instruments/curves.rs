//! Loss, accuracy and gap of every lane: a point of the curves.

use basin_optim::measures::sharpness::gap;
use basin_optim::population::evaluate;
use burn::tensor::{Tensor, Transaction};

use super::probes::Probes;
use crate::lost;
use crate::models::OnBatch;
use crate::report::{LaneMeasurement, Measurement, Side};
use crate::run::Run;

/// Measures every lane now; each gap costs a gradient and a forward pass on its probe. Members whose loss is no number are marked as
/// diverged in what is told, and in the run.
pub(crate) async fn measure(run: &mut Run, probes: &Probes) -> Measurement {
    // All lanes begin at the same weights: there, what the first one measures holds for all.
    let apart = if run.steps.done == 0 { 1 } else { run.lanes.len() };
    let mut transaction = Transaction::default();
    for lane in &run.lanes[..apart] {
        let w = lane.weights();
        let train = probes.train_sample.evaluate(&*run.model, w);
        let test = probes.test.evaluate(&*run.model, w);
        let [gap, gap_held_out] = [Side::Train, Side::HeldOut].map(|side| {
            let probe = probes.of(side);
            let (objective, touched) = (OnBatch::new(&*run.model, probe), w.select_rows(&probe.rows));
            gap(&objective, &touched, &evaluate(&objective, &touched), &probes.rho)
        });
        let rows = vec![train.loss, train.accuracy, test.loss, test.accuracy, gap, gap_held_out, train.repeated];
        let values = Tensor::stack::<2>(rows, 0);
        // Below them the share of each class among the answers, a row a class.
        transaction = transaction.register(Tensor::cat(vec![values, test.answers.transpose()], 0));
    }
    let read = lost::read(transaction).await;
    let read: Vec<Vec<f32>> = read.into_iter().map(|values| values.try_to_vec_as().expect("measurements are f32")).collect();

    // More than this share are all test examples; a device may round n/n.
    let all = 1.0 - 0.5 / probes.test.examples() as f64;
    let lanes = run.lanes.iter_mut().zip(read.iter().cycle()).map(|(lane, values)| {
        let mut rows = values.chunks(lane.diverged.len()).map(|row| row.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>());
        let mut next = || rows.next().expect("seven rows stand above those of the classes");
        let mut measured = LaneMeasurement {
            train_loss: next(),
            train_accuracy: next(),
            test_loss: next(),
            test_accuracy: next(),
            gap: next(),
            gap_held_out: next(),
            train_accuracy_flipped: Vec::new(),
            train_accuracy_kept: Vec::new(),
            gradient_evaluations: lane.spent.gradient_evaluations(),
            seconds: lane.seconds,
            diverged: Vec::new(),
            only_answer: Vec::new(),
        };
        let repeated = next();
        let classes: Vec<Vec<f64>> = rows.collect();
        let parts = measured.train_accuracy.iter().zip(repeated);
        (measured.train_accuracy_flipped, measured.train_accuracy_kept) =
            parts.map(|(all, flipped)| probes.train_sample.parts(*all, flipped)).unzip();
        for (member, diverged) in lane.diverged.iter_mut().enumerate() {
            *diverged |= !(measured.train_loss[member].is_finite() && measured.test_loss[member].is_finite());
            if *diverged {
                let LaneMeasurement { train_loss, train_accuracy, test_loss, test_accuracy, gap, .. } = &mut measured;
                for series in [train_loss, train_accuracy, test_loss, test_accuracy, gap] {
                    series[member] = f64::NAN;
                }
                let LaneMeasurement { gap_held_out, train_accuracy_flipped, train_accuracy_kept, .. } = &mut measured;
                for series in [gap_held_out, train_accuracy_flipped, train_accuracy_kept] {
                    series[member] = f64::NAN;
                }
            }
        }
        measured.diverged.clone_from(&lane.diverged);
        let only = |member: usize| classes.iter().position(|share| share[member] > all).filter(|_| !lane.diverged[member]);
        measured.only_answer = (0..lane.diverged.len()).map(only).collect();
        measured
    });
    let lanes = lanes.collect();
    Measurement { step: run.steps.done, epoch: run.steps.done as f64 / run.steps.epoch as f64, lanes }
}
