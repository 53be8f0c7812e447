//! Commands in, events out.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;

use super::dice::{Dice, rounds, values};
use super::examples::{RUN, commands};
use super::json::comes_back;
use super::script::{asked, small, story, tell};
use crate::driver::Driver;
use crate::experiment::{DataSource, Experiment, LaneConfig, MethodConfig, ModelConfig, ModelKind, SELECTION};
use crate::lab::grid::Grid;
use crate::protocol::{Command, DeviceChoice, Event, Files, NamedBytes, Phase, RunId, Ticketed, read_command};
use crate::report::Measurement;
use crate::run::Compute;

const KINDS: [ModelKind; 3] = [ModelKind::Bag, ModelKind::Cnn, ModelKind::Attention];

/// The same start with another model.
fn of_kind(mut start: Command, kind: ModelKind) -> Command {
    if let Command::Start { experiment, .. } = &mut start {
        experiment.model.kind = kind;
    }
    start
}

/// The same command on so little that a thousand of them take seconds, on the CPU.
fn reduced(mut command: Command) -> Command {
    match &mut command {
        Command::Sweep { grid, .. } => reduce(&mut grid.experiment),
        Command::Start { experiment, device, .. } => {
            *device = DeviceChoice::Cpu;
            reduce(experiment);
        }
        Command::Restore { device, .. } | Command::OpenKept { device, .. } => *device = DeviceChoice::Cpu,
        Command::Landscape { points, .. } if (6..=101).contains(points) => *points = 5,
        _ => {}
    }
    command
}

fn reduce(experiment: &mut Experiment) {
    let Experiment { data, model, training, lanes, seeds, .. } = experiment;
    if let DataSource::Reviews { examples } = &mut data.source {
        *examples = (*examples).min(60);
    }
    data.vocabulary = data.vocabulary.min(500);
    data.max_length = data.max_length.min(12);
    (model.dim, model.hidden) = (model.dim.min(8), model.hidden.min(8));
    (training.batch, training.probe) = (training.batch.min(16), training.probe.min(16));
    lanes.truncate(3);
    *seeds = (*seeds).min(2);
}

/// A sweep of SGD and SAM at two ρ.
fn sweep() -> Command {
    let Command::Start { mut experiment, .. } = small(2) else { unreachable!("it starts") };
    experiment.lanes = vec!["sam".parse().expect("lane words")];
    Command::Sweep { grid: Box::new(Grid::new(*experiment, vec![0.1, 0.2], Vec::new(), 0.25)), files: None, level: false, cores: None }
}

/// Every kind of command, on a run that can carry it out; among them saved runs and files of the user.
fn valid() -> Vec<Value> {
    let save = |start: Command| {
        let Command::Start { experiment, .. } = start else { unreachable!("it starts") };
        let mut driver = Driver::prepare(*experiment, None, Compute::cpu()).expect("the built-in data is good");
        pollster::block_on(driver.save())
    };
    let rows: Vec<String> = (0..30).map(|i| format!("text number {i} is {},{}", ["fine", "poor"][i % 2], ["good", "bad"][i % 2])).collect();
    let mine = Files { train: NamedBytes { name: "a.csv".to_owned(), bytes: rows.join("\n").into_bytes() }, test: None };
    let Command::Start { experiment: mut on_file, .. } = small(1) else { unreachable!("it starts") };
    on_file.data.source = DataSource::File { name: "a.csv".to_owned() };
    let mut all = commands(0.25);
    all.retain(|command| !matches!(command, Command::Start { .. } | Command::Restore { .. } | Command::Sweep { .. }));
    all.push(sweep());
    all.extend([small(1), small(2), Command::Inspect { files: mine.clone(), columns: None, delimiter: None }]);
    all.push(Command::Start { run: RUN, experiment: on_file, files: Some(mine), device: DeviceChoice::Cpu, paused: true });
    for kind in KINDS {
        all.push(of_kind(small(1), kind));
        all.push(Command::Restore { run: RUN, bytes: save(of_kind(small(2), kind)), device: DeviceChoice::Cpu });
    }
    values(all)
}

#[test]
fn no_command_makes_the_trainer_panic() {
    const AT_ONCE: usize = 20;
    let valid = valid();
    let (mut carried_out, mut failed, mut runs) = (0, 0, 0);
    for seed in 0..=rounds() / 100 / AT_ONCE as u64 {
        let mut dice = Dice::new(seed);
        let mut commands = vec![Ticketed { ticket: Some(0), message: of_kind(small(2), KINDS[seed as usize % KINDS.len()]) }];
        while commands.len() < AT_ONCE {
            let Ok(mut command) = read_command(&dice.text(&valid)) else { continue };
            if let Command::Restore { bytes, .. } = &mut command.message
                && dice.below(2) > 0
                && !bytes.is_empty()
            {
                let place = dice.below(bytes.len());
                bytes[place] ^= 1 << dice.below(8);
            }
            commands.push(Ticketed { ticket: Some(commands.len() as u64), message: reduced(command.message) });
        }
        let sent = commands.clone();
        let told = catch_unwind(AssertUnwindSafe(|| tell(commands, 1)))
            .unwrap_or_else(|_| panic!("seed {seed}: {}", serde_json::to_string(&sent).expect("plain data")));
        carried_out += sent.len();
        failed += told.iter().filter(|event| matches!(event.message, Event::Failed { .. })).count();
        runs += told.iter().filter(|event| matches!(event.message, Event::Prepared { .. })).count();
        for event in told {
            comes_back(&event.message);
        }
    }
    println!("{carried_out} commands carried out, {failed} refused, {runs} runs");
    assert!(failed > 0 && runs > 0, "{failed} refused, {runs} runs");
}

#[test]
fn a_refused_start_leaves_the_run_that_trains() {
    let Command::Start { mut experiment, device, .. } = small(1) else { unreachable!("it starts") };
    experiment.data.source = DataSource::File { name: "one.csv".to_owned() };
    let one = NamedBytes { name: "one.csv".to_owned(), bytes: b"only one column\n".repeat(9) };
    let refused = Command::Start { run: RunId(4), experiment, files: Some(Files { train: one, test: None }), device, paused: false };
    let restore = Command::Restore { run: RunId(5), bytes: b"hello".to_vec(), device };
    // 64 members of twelve lanes with 512 × 1024 weights and more, and two moments of each: 20 GB of the 1 GB there is.
    let Command::Start { experiment: mut large, .. } = small(64) else { unreachable!("it starts") };
    large.model = ModelConfig { dim: 512, hidden: 1024, ..large.model };
    large.lanes = vec![LaneConfig::new(MethodConfig::Sgd); 12];
    let large = Command::Start { run: RunId(6), experiment: large, files: None, device, paused: false };
    let told = tell(asked(vec![small(1), refused, restore, large, Command::Step]), 0);
    let expected = [
        "preparing 3",
        "prepared 3",
        "running 3",
        "done 1",
        "failed 4",
        "done 2",
        "failed 5",
        "done 3",
        "failed 6",
        "done 4",
        "paused 3",
        "done 5",
    ];
    assert_eq!(story(&told), expected);
    let words = told.iter().find_map(|event| match &event.message {
        Event::Failed { run: RunId(6), text } => Some(text.clone()),
        _ => None,
    });
    assert!(words.as_ref().is_some_and(|text| text.contains("it fits with seeds ") && text.contains("model.dim (512)")), "{words:?}");
}

#[test]
fn a_run_at_its_end_goes_on_by_steps() {
    let Command::Start { mut experiment, device, .. } = small(1) else { unreachable!("it starts") };
    experiment.training.epochs = 1;
    let start = Command::Start { run: RUN, experiment, files: None, device, paused: true };
    // 28 training examples of 40 are four batches of eight.
    let steps = vec![Command::Step; 5];
    let told = tell(asked([vec![start], steps, vec![Command::Trace { member: 0 }, Command::Step, Command::Resume]].concat()), 0);
    assert!(!told.iter().any(|event| matches!(event.message, Event::Failed { .. })));
    let progress = told.iter().filter_map(|event| match &event.message {
        Event::Progress { progress, .. } => Some((progress.step, progress.steps)),
        _ => None,
    });
    let progress: Vec<(usize, usize)> = progress.collect();
    assert_eq!(progress[..7], [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4), (5, 8), (6, 8)]);
    let traced = told.iter().find_map(|event| match &event.message {
        Event::Traced { trace, .. } => Some((trace.step, trace.lanes[0].rate)),
        _ => None,
    });
    // A warm restart: half a cosine over the round of four that began after step 4: 0.004 · (1 + cos(π/4))/2.
    let rate = 0.004 * 0.5 * (1.0 + (std::f64::consts::PI / 4.0).cos());
    assert!(traced.is_some_and(|(step, traced)| step == 5 && (traced - rate).abs() < 1e-12), "{traced:?} is not {rate}");
    assert!(story(&told).ends_with(&["running 3".to_owned(), "done 9".to_owned()]), "{:?}", story(&told));
}

/// Where the run was told to be, and how far it had been, each time that this changed.
fn places(told: &[Ticketed<Event>]) -> Vec<(usize, usize)> {
    let places = told.iter().filter_map(|event| match &event.message {
        Event::Progress { progress, .. } => Some((progress.step, progress.furthest)),
        _ => None,
    });
    let mut places: Vec<_> = places.collect();
    places.dedup();
    places
}

fn notes(told: &[Ticketed<Event>]) -> Vec<&str> {
    let notes = told.iter().filter_map(|event| match &event.message {
        Event::Note { text, .. } | Event::Failed { text, .. } => Some(text.as_str()),
        _ => None,
    });
    notes.collect()
}

#[test]
fn a_run_is_gone_back_in_and_goes_on_from_there() {
    let Command::Start { experiment, device, .. } = small(1) else { unreachable!("it starts") };
    let start = Command::Start { run: RUN, experiment, files: None, device, paused: true };
    let steps = vec![Command::Step; 3];
    let back = vec![Command::Seek { step: 1 }, Command::Step, Command::Seek { step: 99 }, Command::Seek { step: 0 }, Command::Ping];
    let told = tell(asked([vec![start], steps, back].concat()), 3);
    assert_eq!(places(&told), [(0, 0), (1, 1), (2, 2), (3, 3), (1, 3), (2, 3), (3, 3), (0, 3)]);
    let measured = told.iter().filter_map(|event| match &event.message {
        Event::Measured { measurement, .. } => Some((measurement.step, measurement.lanes[2].train_loss[0].to_bits())),
        _ => None,
    });
    let measured: Vec<(usize, u64)> = measured.collect();
    let at = |step: usize| measured.iter().filter(|(s, _)| *s == step).map(|(_, loss)| *loss).collect::<Vec<u64>>();
    for step in 0..=3 {
        let losses = at(step);
        assert!(losses.len() == 2 && losses[0] == losses[1], "step {step}: {losses:?}");
    }
    let done: Vec<String> = story(&told).into_iter().filter(|words| words.starts_with("done")).collect();
    assert_eq!(done.len(), 9, "every request is answered: {done:?}");
    assert_eq!(notes(&tell(asked(vec![Command::Seek { step: 1 }]), 1)), ["There is no run to go back in: start one first."]);
}

#[test]
fn a_run_pauses_where_it_was_asked_to() {
    let Command::Start { mut experiment, device, .. } = small(1) else { unreachable!("it starts") };
    experiment.training.epochs = 50;
    experiment.training.evaluate_every = 4;
    experiment.training.sharpness_budget = 0.0;
    let start = Command::Start { run: RUN, experiment, files: None, device, paused: true };
    let told = tell(asked(vec![start.clone(), Command::StopAt { step: Some(6), fall: None }, Command::Resume]), 20);
    assert_eq!((places(&told).last(), notes(&told)), (Some(&(6, 6)), vec!["Paused at step 6, as asked."]));
    assert!(story(&told).ends_with(&["running 3".to_owned(), "done 3".to_owned(), "paused 3".to_owned()]), "{:?}", story(&told));

    let told = tell(asked(vec![start.clone(), Command::StepToMeasurement]), 20);
    assert_eq!((places(&told).last(), notes(&told)), (Some(&(4, 4)), vec![]), "the next measurement");

    // A fall of nothing at all is there with the second measurement.
    let told = tell(asked(vec![start, Command::StopAt { step: None, fall: Some(0.0) }, Command::Resume]), 20);
    let notes = notes(&told);
    assert!(
        notes.len() == 1 && notes[0].starts_with("Paused: SGD is at ") && notes[0].contains(" % on the test set, and was at "),
        "{notes:?}"
    );
}

#[test]
fn a_pace_is_kept_and_a_pace_of_nothing_refused() {
    // The clock of the script goes on by 10 ms with each look, and a slow run is measured after each step.
    let Command::Start { experiment, device, .. } = small(1) else { unreachable!("it starts") };
    let start = Command::Start { run: RUN, experiment, files: None, device, paused: true };
    let told = tell(asked(vec![start, Command::Pace { steps_per_second: Some(2.0) }, Command::Resume]), 400);
    let places = places(&told);
    assert!(places.windows(2).all(|pair| pair[1].0 - pair[0].0 == 1), "one by one: {places:?}");
    let wrong = [0.0, -1.0, f64::NAN, f64::INFINITY].map(|pace| Command::Pace { steps_per_second: Some(pace) });
    let told = tell(asked(wrong.to_vec()), 1);
    assert!(notes(&told).len() == 4 && notes(&told).iter().all(|text| text.ends_with("steps a second, but must be above 0.")), "{told:?}");
}

#[test]
fn a_very_long_run_shows_itself_early_and_is_the_same_run() {
    let Command::Start { mut experiment, device, .. } = small(1) else { unreachable!("it starts") };
    experiment.training.epochs = 10_000;
    experiment.training.sharpness_budget = 0.0;
    let start = Command::Start { run: RUN, experiment: experiment.clone(), files: None, device, paused: false };
    let told = tell(asked(vec![start]), 150);
    let measured = told.into_iter().filter_map(|event| match event.message {
        Event::Measured { measurement, .. } => Some(measurement),
        _ => None,
    });
    let measured: Vec<Measurement> = measured.collect();
    // 40,000 steps: by their number alone, the next measurement after the start would be at 667.
    let (last, before) = measured.split_last().expect("the start is measured");
    assert!(before.len() > 3 && last.step < 667, "{} measurements up to step {}", before.len() + 1, last.step);
    assert!(before.len() < 20, "they become rare: {}", before.len());
    let mut alone = Driver::prepare(*experiment, None, Compute::cpu()).expect("the built-in data is good");
    (0..last.step).for_each(|_| alone.step());
    let alone = pollster::block_on(alone.measure());
    assert_eq!((&alone.lanes[2].train_loss, &alone.lanes[2].gap), (&last.lanes[2].train_loss, &last.lanes[2].gap));
}

#[test]
fn the_best_epochs_are_told_at_the_end_where_they_are_kept() {
    let Command::Start { mut experiment, .. } = small(2) else { unreachable!("it starts") };
    let start = |experiment: &Experiment| {
        let Command::Start { run, files, device, paused, .. } = small(2) else { unreachable!("it starts") };
        Command::Start { run, experiment: Box::new(experiment.clone()), files, device, paused }
    };
    let best = |told: &[Ticketed<Event>]| told.iter().position(|event| matches!(event.message, Event::Best { .. }));
    assert_eq!(best(&tell(asked(vec![start(&experiment)]), 400)), None, "nothing is held back");
    experiment.data.selection = SELECTION;
    let told = tell(asked(vec![start(&experiment)]), 400);
    let place = best(&told).expect("it is told");
    assert_eq!(told[place + 1].message, Event::Phase { run: RUN, phase: Phase::Finished });
    let Event::Best { best, .. } = &told[place].message else { unreachable!("it is there") };
    assert_eq!(best.len(), experiment.lanes.len());
    let epochs = 1.0..=experiment.training.epochs as f64;
    assert!(
        best.iter().all(|lane| lane.epoch.len() == experiment.seeds && lane.epoch.iter().all(|epoch| epochs.contains(epoch))),
        "{best:?}"
    );
}

#[test]
fn a_linear_model_is_fitted_beside_a_run_and_told_once() {
    let told = tell(asked(vec![small(1), Command::Judge]), 400);
    let at = |is: &dyn Fn(&Event) -> bool| told.iter().position(|event| is(&event.message));
    // Whoever judges at once has it fitted there and then; the run that nobody judges is told of it by itself.
    assert!(at(&|event| matches!(event, Event::Judged { judgement, .. } if judgement.linear.is_some())).is_some());
    let told = tell(asked(vec![small(1)]), 400);
    let figures: Vec<f64> = told
        .iter()
        .filter_map(|event| if let Event::Linear { linear, .. } = &event.message { Some(linear.accuracy) } else { None })
        .collect();
    assert!(matches!(figures[..], [accuracy] if accuracy > 0.5), "{figures:?}");
    let first = told.iter().position(|event| matches!(event.message, Event::Measured { .. })).expect("a measurement");
    let linear = told.iter().position(|event| matches!(event.message, Event::Linear { .. })).expect("it was told");
    assert!(first < linear, "the run comes first");
}

#[test]
fn a_sweep_makes_the_run_wait_and_tells_its_cells_and_commands_get_through() {
    let told = tell(asked(vec![small(1), sweep(), Command::Classify { text: "fine".to_owned(), text_b: None }]), 400);
    let paused = Event::Phase { run: RUN, phase: Phase::Paused };
    let place = |wanted: &dyn Fn(&Event) -> bool| told.iter().position(|event| wanted(&event.message)).expect("it is told");
    let done = |ticket| told.iter().position(|event| event.message == Event::Done && event.ticket == Some(ticket)).expect("it ends");
    let begins = place(&|event| matches!(event, Event::Sweeping { .. }));
    assert!(place(&|event| *event == paused) < begins && begins < done(2));
    assert!(done(3) < done(2), "the question is answered while the sweep goes on");
    let mut cells: Vec<usize> = Vec::new();
    for event in &told {
        if let Event::Swept { cells: new, .. } = &event.message {
            assert_eq!(event.ticket, Some(2));
            cells.extend(new.iter().map(|(cell, _)| *cell));
        }
    }
    assert_eq!(cells, (0..6).collect::<Vec<_>>(), "two seeds of SGD, and of SAM at each of two ρ");
    let share = told.iter().rev().find_map(|event| if let Event::Swept { share, .. } = event.message { Some(share) } else { None });
    assert_eq!(share, Some(1.0));
    // Nothing trains meanwhile, and nothing goes on by itself.
    let last = told.iter().rev().find_map(|event| if let Event::Phase { phase, .. } = event.message { Some(phase) } else { None });
    assert_eq!(last, Some(Phase::Paused));
}

#[test]
fn a_sweep_stops_when_it_is_asked_to_and_waits_while_the_run_trains() {
    let told = tell(asked(vec![small(1), sweep(), Command::StopSweep]), 100);
    assert!(told.iter().any(|event| event.message == Event::Done && event.ticket == Some(2)));
    let swept = |told: &[Ticketed<Event>]| told.iter().filter(|event| matches!(event.message, Event::Swept { .. })).count();
    assert!(swept(&told) < 3);
    let told = tell(asked(vec![small(1), sweep(), Command::Resume]), 400);
    let finished = told.iter().position(|event| event.message == Event::Phase { run: RUN, phase: Phase::Finished }).expect("it ends");
    assert!(swept(&told[finished..]) > swept(&told[..finished]), "the run first");

    let Command::Sweep { mut grid, .. } = sweep() else { unreachable!("it sweeps") };
    grid.radii = vec![0.2, 0.1];
    let told = tell(asked(vec![Command::Sweep { grid, files: None, level: false, cores: None }]), 1);
    assert!(matches!(&told.last_chunk::<2>().expect("two")[0].message, Event::Failed { text, .. } if text.contains("smaller ones first")));
}
