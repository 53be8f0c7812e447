//! The loop on the built-in data: it learns, it repeats itself, it resumes bit for bit, members keep apart.

use basin_train::driver::Driver;
use basin_train::experiment::{Base, Experiment, ModelKind};
use basin_train::report::Measurement;
use basin_train::run::{Compute, RunError};
use pollster::block_on;

fn small() -> Experiment {
    let mut experiment = Experiment { seeds: 2, ..Experiment::default() };
    experiment.model.dim = 16;
    experiment.model.hidden = 24;
    experiment.data.train_size = 256;
    experiment.training.epochs = 3;
    experiment
}

fn start(experiment: Experiment) -> Driver {
    Driver::prepare(experiment, None, Compute::cpu()).expect("the built-in data is good")
}

fn train(driver: &mut Driver, steps: usize) -> Measurement {
    for _ in 0..steps {
        driver.step();
    }
    block_on(driver.measure())
}

#[test]
fn every_method_learns_the_built_in_data() {
    let mut experiment = small();
    experiment.lanes = [
        "sgd",
        "sam",
        "delta-sam:rule=noise",
        "delta-sam:rule=head",
        "delta-sam:rule=random",
        "per-instance",
        "m-sam",
        "asam",
        "f-sam",
        "rw-sam",
        "gsam",
        "fisher-sam",
    ]
    .map(|lane| lane.parse().expect("a lane"))
    .to_vec();
    experiment.data.label_noise = Some(0.0);
    experiment.training.learning_rate = 0.01;
    experiment.training.epochs = 10;
    let mut driver = start(experiment);
    let before = block_on(driver.measure());
    let after = train(&mut driver, 80);
    for (lane, (before, after)) in before.lanes.iter().zip(&after.lanes).enumerate() {
        for member in 0..2 {
            let fall = before.train_loss[member] - after.train_loss[member];
            assert!(fall > 0.1, "lane {lane}: the training loss fell by {fall}");
        }
    }
    // 80 steps: one gradient each for SGD, two for SAM, two forward passes (2/3 of one) more for the noise rule.
    let spent: Vec<f64> = after.lanes[..4].iter().map(|l| (l.gradient_evaluations * 3.0).round()).collect();
    assert_eq!(spent, [240.0, 480.0, 640.0, 480.0]);
}

#[test]
fn the_other_models_learn_too() {
    for kind in [ModelKind::Cnn, ModelKind::Attention] {
        let mut experiment = small();
        experiment.model.kind = kind;
        experiment.training.learning_rate = 0.01;
        experiment.training.epochs = 10;
        experiment.data.max_length = 24;
        let mut driver = start(experiment);
        let before = block_on(driver.measure());
        let after = train(&mut driver, 80);
        let fall = before.lanes[0].train_loss[0] - after.lanes[0].train_loss[0];
        assert!(fall > 0.01, "{kind:?}: the training loss fell by {fall}");
    }
}

#[test]
fn the_same_seed_gives_the_same_run_and_rho_zero_is_sgd() {
    let mut experiment = small();
    experiment.lanes = ["sgd", "sam:rho=0", "delta-sam:rho=0"].map(|lane| lane.parse().expect("a lane")).to_vec();
    let one = train(&mut start(experiment.clone()), 20);
    let two = train(&mut start(experiment), 20);
    for (a, b) in one.lanes.iter().zip(&two.lanes) {
        assert_eq!(a.test_loss, b.test_loss, "two runs of one experiment");
    }
    assert_eq!(one.lanes[0].test_loss, one.lanes[1].test_loss, "SAM at rho 0");
    assert_eq!(one.lanes[0].test_loss, one.lanes[2].test_loss, "delta-SAM at rho 0");
}

#[test]
fn members_do_not_mix() {
    let together = train(&mut start(small()), 20);
    for member in 0..2 {
        let alone = Experiment { seeds: 1, first_seed: 1 + member, ..small() };
        let alone = train(&mut start(alone), 20);
        for (a, b) in together.lanes.iter().zip(&alone.lanes) {
            assert_eq!(a.test_loss[member as usize].to_bits(), b.test_loss[0].to_bits());
        }
    }
}

#[test]
fn a_saved_run_resumes_bit_for_bit() {
    for base in [Base::Sgd, Base::Momentum, Base::AdamW] {
        let mut experiment = small();
        experiment.training.base = base;
        experiment.training.learning_rate = 0.01;
        experiment.lanes.push("f-sam".parse().expect("a lane"));
        let mut whole = start(experiment);
        train(&mut whole, 11);
        let saved = block_on(whole.save());
        let mut resumed = Driver::restore(&saved, Compute::cpu()).expect("just saved");
        assert_eq!(resumed.steps_done(), 11);
        assert_eq!(train(&mut whole, 9), train(&mut resumed, 9), "{base:?}");
    }
}

#[test]
fn bytes_that_are_no_run_are_told_so() {
    for bytes in [&b""[..], b"not a safetensors file at all", &[0xff; 64]] {
        let error = Driver::restore(bytes, Compute::cpu()).err().expect("refused");
        assert!(matches!(error, RunError::Checkpoint(_)), "{error}");
        assert!(error.to_string().starts_with("this is no saved run of Basin"), "{error}");
    }
}
