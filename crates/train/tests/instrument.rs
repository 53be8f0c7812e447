//! What is measured of a run agrees with the run, and leaves it as it is.

use basin_train::driver::Driver;
use basin_train::experiment::{Base, Experiment};
use basin_train::report::{Landscape, PlaneChoice, Quantity, Reading, Side};
use basin_train::run::Compute;
use pollster::block_on;

const LANES: [&str; 4] = ["sgd", "sam", "delta-sam:rule=head", "per-instance"];

fn small() -> Driver {
    let mut experiment = Experiment { seeds: 2, lanes: LANES.map(|lane| lane.parse().expect("a lane")).to_vec(), ..Experiment::default() };
    experiment.model.dim = 16;
    experiment.model.hidden = 24;
    experiment.data.train_size = 256;
    experiment.training.epochs = 3;
    Driver::prepare(experiment, None, Compute::cpu()).expect("the built-in data is good")
}

fn advance(driver: &mut Driver, steps: usize) {
    for _ in 0..steps {
        driver.step();
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// f32 with losses around 1.
fn close(a: f64, b: f64, what: &str) {
    assert!((a - b).abs() < 5e-6, "{what}: {a} and {b}");
}

#[test]
fn a_step_that_is_looked_at_is_the_step_that_happens() {
    let (mut looked, mut plain) = (small(), small());
    advance(&mut looked, 3);
    advance(&mut plain, 3);
    let trace = block_on(looked.trace(1)).expect("member 1 is there");
    let again = block_on(looked.trace(1)).expect("looking twice shows the same");
    assert_eq!(trace, again);
    assert_eq!(looked.steps_done(), 3, "it has not happened yet");
    // All the other looks, too.
    block_on(looked.measure_sharpness(Side::Train));
    block_on(looked.sentence_table(2)).expect("lane 2 is there");
    advance(&mut looked, 2);
    advance(&mut plain, 2);
    assert_eq!(without_seconds(&mut looked), without_seconds(&mut plain), "bit for bit");
}

fn without_seconds(driver: &mut Driver) -> basin_train::report::Measurement {
    let mut measured = block_on(driver.measure());
    measured.lanes.iter_mut().for_each(|lane| lane.seconds = None);
    measured
}

#[test]
fn a_trace_is_consistent() {
    let mut driver = small();
    advance(&mut driver, 10);
    let trace = block_on(driver.trace(0)).expect("member 0 is there");
    assert_eq!((trace.step, trace.batch.len(), trace.lanes.len()), (10, 32, 4));
    for (lane, name) in trace.lanes.iter().zip(LANES) {
        assert_eq!(lane.losses.len(), 32);
        assert!(lane.gradient_norm > 0.0 && lane.norms.iter().all(|n| *n > 0.0), "{name}");
        // A mean of gradients is no longer than the mean of their lengths.
        assert!(lane.gradient_norm <= mean(&lane.norms) + 1e-6, "{name}");
        close(lane.path[4][1], mean(&lane.losses), "t = 0 of the move");
        close(lane.path[12][1], mean(&lane.losses_after), "t = 1 of the move");
        assert!(mean(&lane.losses_after) < mean(&lane.losses), "{name}: a step goes down on its own batch");
    }
    let [sgd, sam, delta, exact] = &trace.lanes[..] else { panic!("four lanes") };
    assert!(sgd.losses_up.is_empty() && sgd.ray.is_empty() && sgd.p.is_empty() && sgd.climb_norm == 0.0);
    close(sgd.cos_descent, 1.0, "SGD descends along g");
    for lane in [sam, delta] {
        close(lane.climb_norm, lane.rho, "‖ε‖ = ρ");
        close(lane.ray[4][1], mean(&lane.losses), "t = 0 of the climb");
        close(lane.ray[12][1], mean(&lane.losses_up), "t = 1 of the climb");
        assert!(mean(&lane.losses_up) > mean(&lane.losses));
        // In the plane of g and ε the climb has its whole length.
        close(lane.climb[0].hypot(lane.climb[1]), lane.rho, "the climb lies in its plane");
    }
    close(sam.cos_climb, 1.0, "SAM climbs along g");
    assert!(sam.p.is_empty() && delta.cos_climb < 0.999_99);
    close(delta.p.iter().sum::<f64>(), 1.0, "weights sum to one");
    assert!(exact.ray.is_empty() && exact.losses_up.len() == 32, "each example has its own climb");
    for lane in [sgd, sam, delta, exact] {
        assert!(lane.descent[0].hypot(lane.descent[1]) <= lane.descent_norm * (1.0 + 1e-5), "a projection is no longer");
    }
    let error = block_on(driver.trace(2)).expect_err("there are two members");
    assert_eq!(error.to_string(), "there is no such seed: this run has 2");
}

#[test]
fn every_visit_of_an_example_is_counted() {
    let mut driver = small();
    // 256 examples are 8 batches of 32: two passes and a half.
    advance(&mut driver, 20);
    let table = block_on(driver.sentence_table(2)).expect("lane 2 is there");
    let sentences = driver.sentences();
    assert_eq!((sentences.texts.len(), table.loss.len(), sentences.total), (256, 256, 256));
    assert_eq!(table.seen.iter().sum::<u32>(), 20 * 32);
    assert!(table.seen.iter().all(|seen| (2..=3).contains(seen)));
    // Σ B·p = B in every batch, so over all visits the mean is one.
    let sum: f64 = table.mean_weight.iter().zip(&table.seen).map(|(w, n)| w * f64::from(*n)).sum();
    assert!((sum / 640.0 - 1.0).abs() < 1e-5, "{sum}");
    assert!(table.weighted_up.iter().zip(&table.seen).all(|(up, seen)| up <= seen));
    assert_eq!(sentences.labels.iter().zip(&sentences.given_labels).filter(|(a, b)| a != b).count(), 51, "a fifth of 256, rounded");
    let measured = block_on(driver.measure());
    close(mean(&table.loss), mean(&measured.lanes[2].train_loss), "the mean loss is that of the curve");

    let history = block_on(driver.sentence_history(7)).expect("example 7 is there");
    assert_eq!(history.lanes.len(), 4);
    assert_eq!(history.lanes[2].len() as u32, table.seen[7]);
    let last = history.lanes[2].last().expect("it was seen");
    close(last.weight.expect("δ-SAM weights"), table.weight[7], "the last weight");
    assert!(history.lanes[0].iter().all(|visit| visit.weight.is_none() && visit.gap.is_none()), "SGD has neither");
    let plain = block_on(driver.sentence_table(1)).expect("lane 1 is there");
    assert!(plain.weight.iter().all(|w| w.is_nan()) && plain.gap.iter().all(|g| g.is_finite()), "SAM climbs without weights");
    assert!(block_on(driver.sentence_table(4)).is_err() && block_on(driver.sentence_history(256)).is_err());
}

fn reading(readings: &[Reading], wanted: impl Fn(&Quantity) -> bool) -> &Reading {
    readings.iter().find(|r| wanted(&r.quantity)).expect("it is measured")
}

#[test]
fn sharpness_agrees_with_the_curves_and_with_itself() {
    let mut driver = small();
    advance(&mut driver, 12);
    let measured = block_on(driver.measure());
    let sharpness = block_on(driver.measure_sharpness(Side::Train));
    let held_out = block_on(driver.measure_sharpness(Side::HeldOut));
    assert_eq!((sharpness.step, sharpness.examples, held_out.examples), (12, 64, 64));
    for (lane, readings) in sharpness.lanes.iter().enumerate() {
        let gap = reading(readings, |q| *q == Quantity::Gap { rho: 0.05 });
        for member in 0..2 {
            close(gap.values[member], measured.lanes[lane].gap[member], "the gap of the curve");
        }
        for Reading { quantity, values, errors, gradient_evaluations, .. } in readings {
            let undefined = match quantity {
                Quantity::AlignmentCosine | Quantity::AlignmentDistance => lane == 0,
                Quantity::SamEdge => driver.summary().experiment.training.base != Base::Sgd,
                _ => false,
            };
            assert!(values.iter().all(|v| v.is_finite() != undefined), "{quantity:?} of lane {lane}: {values:?}");
            assert!(errors.is_empty() || errors.iter().all(|e| *e >= 0.0));
            assert!((*gradient_evaluations > 0.0) != (undefined || *quantity == Quantity::SamEdge), "the edge comes with the gap");
        }
        let cosine = &reading(readings, |q| *q == Quantity::AlignmentCosine).values;
        assert!(lane < 3 || cosine.iter().all(|c| (c - 1.0).abs() < 1e-4), "per-instance SAM is what it is compared to: {cosine:?}");
        assert!(held_out.lanes[lane].iter().all(|r| r.quantity != Quantity::AlignmentCosine));
    }
    // Warm-started, the estimate of the eigenvalue settles.
    let first = reading(&sharpness.lanes[1], |q| *q == Quantity::LargestEigenvalue).errors.clone();
    for _ in 0..6 {
        block_on(driver.measure_sharpness(Side::Train));
    }
    let last = block_on(driver.measure_sharpness(Side::Train));
    let last = &reading(&last.lanes[1], |q| *q == Quantity::LargestEigenvalue).errors;
    assert!(last.iter().zip(&first).all(|(last, first)| last < first), "{last:?} after {first:?}");
}

fn survey(driver: &Driver, choice: PlaneChoice, points: usize) -> Vec<Landscape> {
    let mut survey = block_on(driver.survey(choice, points, 0)).expect("the plane can be laid");
    let mut grids = Vec::new();
    while grids.last().is_none_or(|grid: &Landscape| grid.more) {
        grids.extend(block_on(driver.survey_on(&mut survey)));
    }
    grids
}

#[test]
fn landscapes_hold_the_lanes_and_their_losses() {
    let mut driver = small();
    block_on(driver.measure());
    for _ in 0..3 {
        advance(&mut driver, 6);
        block_on(driver.measure());
    }
    let measured = block_on(driver.measure());
    let grids = survey(&driver, PlaneChoice::Ends { lanes: [0, 1, 2] }, 11);
    let sizes: Vec<usize> = grids.iter().map(|grid| grid.xs.len()).collect();
    assert_eq!(sizes, [9, 11]);
    let grid = &grids[1];
    assert!(grid.loss.len() == 121 && grid.loss.iter().all(|l| l.is_finite()) && grid.accuracy.iter().all(|a| (0.0..=1.0).contains(a)));
    assert_eq!(grid.paths[0].steps, [0, 6, 12, 18]);
    for lane in 0..3 {
        assert!(grid.paths[lane].outside[3] < 1e-3, "the plane goes through the end of lane {lane}");
    }
    let [a, b] = [0, 2].map(|lane| grid.paths[lane].points[0]);
    assert!((a[0] - b[0]).abs() + (a[1] - b[1]).abs() < 1e-9, "all lanes start at one place: {a:?} and {b:?}");
    assert!(grid.paths[3].outside[3] > 0.05, "the fourth lane has an end of its own");

    // On the line, both ends have the losses that the curves show: all 256 training examples are measured.
    let line = block_on(driver.line(0, 1, 0)).expect("both lanes are there");
    for (t, lane) in [(0.0, 0), (1.0, 1)] {
        // 41 points from −0.25 to 1.25: t = 0 and 1 lie between two points, but 3/80 apart.
        let near = line.t.iter().position(|at| (at - t).abs() < 0.019).expect("a point close by");
        let slope = (line.train_loss[near + 1] - line.train_loss[near]).abs() + 1e-3;
        assert!((line.train_loss[near] - measured.lanes[lane].train_loss[0]).abs() <= slope, "lane {lane}");
    }

    let random = survey(&driver, PlaneChoice::Random { seed: 3 }, 9);
    let start = random[0].loss[40];
    assert!(random[0].loss.iter().all(|l| l.is_finite()) && (random[0].xs[4]).abs() < 1e-9);
    assert!((start - 8.0_f64.ln()).abs() < 0.1, "eight classes, untrained: {start}");
    assert!(block_on(driver.survey(PlaneChoice::Ends { lanes: [0, 0, 0] }, 9, 0)).is_err());
    assert!(block_on(driver.survey(PlaneChoice::Ends { lanes: [0, 1, 9] }, 9, 0)).is_err());
    assert!(block_on(driver.survey(PlaneChoice::Random { seed: 1 }, 200, 0)).is_err());
}
