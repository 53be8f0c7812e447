//! The trial of the automatic device, with Mesa's software GPU in the place of a real one and clocks that say what
//! the test wants: a run that moves goes on from where it was.

use std::cell::Cell;

use basin_train::auto::try_on;
use basin_train::compute::Compute;
use basin_train::config::Experiment;
use basin_train::session::Session;
use pollster::block_on;

fn small() -> Session {
    let lanes = vec!["sam".parse().expect("a lane")];
    let mut experiment = Experiment { seeds: 2, lanes, ..Experiment::default() };
    experiment.model.dim = 16;
    experiment.model.hidden = 24;
    experiment.data.train_size = 128;
    experiment.training.epochs = 8;
    let mut session = Session::prepare(experiment, None, Compute::cpu()).expect("the built-in data is good");
    for _ in 0..6 {
        session.step();
    }
    session
}

/// A clock that is a second further at each look.
fn seconds() -> impl Fn() -> f64 {
    let now = Cell::new(0.0);
    move || {
        now.set(now.get() + 1.0);
        now.get()
    }
}

#[test]
fn a_run_moves_to_a_faster_device_and_goes_on() {
    let gpu = block_on(Compute::gpu()).expect("this test needs a GPU; Mesa's software one is enough");
    let mut session = small();
    let turns = Cell::new(0);
    // The clock says 0.1 s a step (one second for ten), the CPU is said to take one.
    let trial = block_on(try_on(gpu.clone(), &session, 1.0, &seconds(), async || turns.set(turns.get() + 1))).expect("it can be copied");
    assert!(turns.get() > 10, "the platform gets its turns");
    assert!(trial.words.contains("100.0 ms a step on the GPU") && trial.words.ends_with("on the GPU."), "{}", trial.words);
    let mut moved = trial.faster.expect("it is faster");
    assert_eq!((moved.steps_done(), moved.steps_planned()), (6, session.steps_planned()));
    assert_eq!(moved.summary().device, gpu.name);

    // Both go on; f32 on another device, six steps later.
    for _ in 0..6 {
        session.step();
        moved.step();
    }
    let (here, there) = (block_on(session.measure()), block_on(moved.measure()));
    for (here, there) in here.lanes.iter().zip(&there.lanes) {
        assert_eq!(here.gradient_evaluations.to_bits(), there.gradient_evaluations.to_bits());
        for (a, b) in here.train_loss.iter().zip(&there.train_loss) {
            assert!((a - b).abs() < 1e-3, "{a} on the CPU, {b} on the GPU");
        }
    }
    let table = block_on(moved.sentence_table(0)).expect("lane 0 is there");
    assert_eq!(table.seen.iter().sum::<u32>(), 12 * 32, "what was seen before the move is not forgotten");

    // As slow as the CPU: it stays. Nearly over: it is not even tried.
    let trial = block_on(try_on(gpu.clone(), &session, 0.1, &seconds(), async || ())).expect("it can be copied");
    assert!(trial.faster.is_none() && trial.words.ends_with("training stays on the CPU."), "{}", trial.words);
    for _ in 0..10 {
        session.step();
    }
    let trial = block_on(try_on(gpu, &session, 1.0, &seconds(), async || ())).expect("it can be copied");
    assert!(trial.faster.is_none() && trial.words.contains("nearly over"), "{}", trial.words);
}
