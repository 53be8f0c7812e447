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

/// What a run tells at each of its steps, gone through once.
fn told(experiment: &Experiment, steps: usize) -> Vec<Measurement> {
    let mut driver = start(experiment.clone());
    let mut told = vec![block_on(driver.measure())];
    for _ in 0..steps {
        if driver.finished() {
            driver.extend(Some(1)).expect("it is at its end");
        }
        told.push(train(&mut driver, 1));
    }
    told
}

#[test]
fn any_past_step_comes_back_to_the_bit_and_goes_on_the_same_way() {
    for base in [Base::Momentum, Base::AdamW] {
        let mut experiment = small();
        experiment.training.base = base;
        experiment.training.learning_rate = 0.01;
        experiment.training.epochs = 2;
        experiment.lanes.push("f-sam".parse().expect("a lane"));
        experiment.lanes.push("delta-sam:rule=noise:draws=2".parse().expect("a lane"));
        // 256 examples are eight steps an epoch: 16 were planned, 8 more follow.
        let once = told(&experiment, 24);
        let mut driver = start(experiment);
        driver.remember();
        // Measured, and so kept, at few of them: the steps between are had by replay.
        for steps in [7, 9] {
            train(&mut driver, steps);
        }
        driver.extend(Some(1)).expect("it is at its end");
        train(&mut driver, 7);
        assert_eq!(driver.past(), 0..=23);
        // As text, in which what is no number equals itself.
        let table = |driver: &mut Driver| {
            let table = block_on(driver.sentence_table(4)).expect("there are five lanes");
            (table.step, table.seen.iter().sum::<u32>(), serde_json::to_string(&table).expect("plain data"))
        };
        let now = table(&mut driver);
        for step in [20, 3, 15, 0, 16, 23] {
            assert!(driver.seek(step, f64::INFINITY), "there is time enough");
            assert_eq!(block_on(driver.measure()), once[step], "{base:?}, step {step}");
        }
        assert!(table(&mut driver) == now, "nothing is counted twice");
        // Five steps of 32 examples had been seen then.
        driver.seek(5, f64::INFINITY);
        let (step, seen, _) = table(&mut driver);
        assert_eq!((step, seen), (5, 160));
        let saved = block_on(driver.save());
        for then in &once[6..=24] {
            assert_eq!(train(&mut driver, 1), *then, "{base:?}, from step 5");
        }
        // A run that was saved at a past step has the rest of its plans before it.
        let mut resumed = Driver::restore(&saved, Compute::cpu()).expect("just saved");
        assert_eq!((resumed.steps_done(), resumed.steps_planned(), resumed.past()), (5, 24, 5..=5));
        assert_eq!(train(&mut resumed, 19), once[24], "{base:?}");
    }
}

#[test]
fn a_run_that_remembers_nothing_stays_where_it_is() {
    let mut driver = start(small());
    train(&mut driver, 3);
    assert!(driver.seek(1, f64::INFINITY));
    assert_eq!((driver.steps_done(), driver.past()), (3, 3..=3));
}

#[test]
fn bytes_that_are_no_run_are_told_so() {
    for bytes in [&b""[..], b"not a safetensors file at all", &[0xff; 64]] {
        let error = Driver::restore(bytes, Compute::cpu()).err().expect("refused");
        assert!(matches!(error, RunError::Checkpoint(_)), "{error}");
        assert!(error.to_string().starts_with("this is no saved run of Basin"), "{error}");
    }
}

#[test]
fn lanes_on_several_cores_are_the_same_to_the_bit() {
    let all = |kind: ModelKind, cores: usize| {
        let mut experiment = small();
        (experiment.model.kind, experiment.training.batch, experiment.training.evaluate_every) = (kind, 16, 10);
        experiment.lanes = ["sgd", "sam", "f-sam", "delta-sam:rule=noise"].map(|lane| lane.parse().expect("a lane")).to_vec();
        let mut driver = start(experiment);
        driver.set_cores(cores);
        driver.remember();
        let mut curves = Vec::new();
        while !driver.finished() {
            curves.extend(block_on(driver.advance(f64::INFINITY, usize::MAX)));
        }
        // Back and on again, which is a step at a time.
        assert!(driver.seek(20, f64::INFINITY));
        curves.extend(block_on(driver.advance(f64::INFINITY, usize::MAX)));
        for lane in curves.iter_mut().flat_map(|measurement| &mut measurement.lanes) {
            lane.seconds = None;
        }
        let seen = block_on(driver.sentence_table(3)).expect("there are four lanes");
        format!("{curves:?} {seen:?}")
    };
    for kind in [ModelKind::Bag, ModelKind::Cnn, ModelKind::Attention] {
        assert_eq!(all(kind, 1), all(kind, 3), "{kind:?}");
    }
}
