//! The trial of the automatic device, with Mesa's software GPU in the place of a real one and clocks that say what
//! the test wants: a run that moves goes on from where it was.

use std::cell::Cell;

use basin_train::auto::{Lap, Pending, try_on};
use basin_train::compute::Compute;
use basin_train::config::Experiment;
use basin_train::protocol::DeviceChoice;
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

/// A clock that is so much further at each look.
fn ticking(seconds: f64) -> impl Fn() -> f64 {
    let now = Cell::new(0.0);
    move || {
        now.set(now.get() + seconds);
        now.get()
    }
}

/// Ten steps of `session` on the CPU that take `seconds` each: a step of one lane looks at the clock six times.
fn lap(session: &mut Session, seconds: f64) -> Lap {
    session.set_clock(Box::new(ticking(seconds / 5.0)));
    let mut pending = Pending::new(DeviceChoice::Auto);
    loop {
        // Long enough to have shown its speed, and slow enough to be worth a trial.
        if let Some(lap) = block_on(pending.look(session, 1000.0, 1)) {
            return lap;
        }
        session.step();
    }
}

#[test]
fn a_run_moves_to_a_faster_device_and_goes_on() {
    let gpu = block_on(Compute::gpu()).expect("this test needs a GPU; Mesa's software one is enough");
    let mut session = small();
    let turns = Cell::new(0);
    // Step 6 is copied, 9 to 19 are timed. The clock says 0.1 s a step on the GPU (one second for ten), the CPU took one.
    let ten = lap(&mut session, 1.0);
    assert_eq!(session.steps_done(), 19);
    let turn = async || turns.set(turns.get() + 1);
    let trial = block_on(try_on(gpu.clone(), &session, &ten, &ticking(1.0), turn)).expect("it can be copied");
    assert_eq!(turns.get(), 3, "the platform gets its turns, but not while steps are timed");
    assert!(trial.words.contains("100.0 ms a step on the GPU") && trial.words.ends_with("on the GPU."), "{}", trial.words);
    assert!(trial.words.contains("1000.0 ms on the CPU, the same 10 steps"), "{}", trial.words);
    let mut moved = trial.faster.expect("it is faster");
    assert_eq!((moved.steps_done(), moved.steps_planned()), (19, session.steps_planned()));
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
    assert_eq!(table.seen.iter().sum::<u32>(), 25 * 32, "what was seen before the move is not forgotten");

    // As slow as the CPU: it stays.
    let mut session = small();
    let ten = lap(&mut session, 0.1);
    let trial = block_on(try_on(gpu, &session, &ten, &ticking(1.0), async || ())).expect("it can be copied");
    assert!(trial.faster.is_none() && trial.words.ends_with("training stays on the CPU."), "{}", trial.words);
}
