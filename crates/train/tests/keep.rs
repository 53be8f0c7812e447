//! Runs that are kept as they go: whenever the end comes, the next trainer goes on with them, to the same numbers.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use basin_train::experiment::{DataSource, Experiment};
use basin_train::keep::{Keep, NotWritten};
use basin_train::lab::grid::Grid;
use basin_train::protocol::{Command, DeviceChoice, Event, Files, Phase, RunId, Ticketed};
use basin_train::report::KeptRun;
use basin_train::trainer::{self, Host, Rest};

#[derive(Clone, Copy)]
enum Refuses {
    Full,
    Failed,
}

/// Files in memory, with a budget of writes: where that ends, so does the program, in the middle of a file.
#[derive(Clone, Default)]
struct Place {
    files: Rc<RefCell<BTreeMap<String, Vec<u8>>>>,
    claimed: Rc<RefCell<BTreeSet<u64>>>,
    space: Option<u64>,
    trouble: Option<&'static str>,
    /// Bytes above which it refuses to write, and with which words.
    full: Option<usize>,
    refuses: Option<Refuses>,
    /// Writes until the end, and what is told when it is there.
    writes: Option<Rc<Cell<usize>>>,
    now: Rc<Cell<f64>>,
    /// Whether no run can be claimed.
    unclaimable: bool,
    /// A run that nobody can claim.
    of_another_user: Option<u64>,
    /// Bytes for which it says that there is room.
    room: Option<i64>,
}

impl Keep for Place {
    async fn names(&mut self) -> Result<Vec<String>, String> {
        match self.trouble {
            Some(trouble) => Err(trouble.to_owned()),
            None => Ok(self.files.borrow().keys().cloned().collect()),
        }
    }

    async fn read(&mut self, name: &str) -> Result<Vec<u8>, String> {
        self.files.borrow().get(name).cloned().ok_or_else(|| "it is not there".to_owned())
    }

    async fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), NotWritten> {
        let others = self.files.borrow().iter().filter(|(other, _)| *other != name).map(|(_, bytes)| bytes.len()).sum::<usize>();
        match self.refuses {
            Some(_) if self.full.is_none_or(|full| others + bytes.len() <= full) => {}
            Some(Refuses::Full) => return Err(NotWritten::Full("it is full".to_owned())),
            Some(Refuses::Failed) => return Err(NotWritten::Failed("it is broken".to_owned())),
            None => {}
        }
        if let Some(writes) = &self.writes {
            if writes.get() == 0 {
                self.files.borrow_mut().insert(name.to_owned(), bytes[..bytes.len() / 2].to_vec());
                return std::future::pending().await;
            }
            writes.set(writes.get() - 1);
        }
        self.files.borrow_mut().insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }

    async fn remove(&mut self, name: &str) -> Result<(), String> {
        self.files.borrow_mut().remove(name);
        Ok(())
    }

    async fn claim(&mut self, run: u64, _patience: f64) -> Result<bool, String> {
        if self.unclaimable || self.of_another_user == Some(run) {
            Err("nobody may write here".to_owned())
        } else {
            Ok(self.claimed.borrow_mut().insert(run))
        }
    }

    fn release(&mut self, run: u64) {
        self.claimed.borrow_mut().remove(&run);
    }

    fn space(&self) -> u64 {
        self.space.unwrap_or(1 << 30)
    }

    async fn room(&mut self) -> Option<i64> {
        self.room
    }

    fn now(&self) -> f64 {
        self.now.set(self.now.get() + 1.0);
        self.now.get()
    }
}

/// A host whose first clock, the trainer's, goes on by a quarter of a second with each look, so that a run is kept every few
/// slices; those of its runs go on by 10 ms, so that a slice is a step.
struct Script {
    commands: VecDeque<Ticketed<Command>>,
    /// Turns from one of them to the next, and those that are left of it.
    pause: usize,
    waits: usize,
    /// What happens elsewhere once those are through, and the command that follows.
    meanwhile: Option<Box<dyn FnOnce() -> Command>>,
    /// Whether that waits for the end of a sweep.
    sweeps: bool,
    turns: usize,
    clocks: Cell<usize>,
    told: Rc<RefCell<Vec<Event>>>,
}

impl Host for Script {
    fn poll(&mut self) -> Option<Ticketed<Command>> {
        let swept = |event: &Event| matches!(event, Event::Swept { share, .. } if *share >= 1.0);
        if let Some(left) = self.waits.checked_sub(1) {
            self.waits = left;
            return None;
        }
        self.waits = self.pause;
        if !self.commands.is_empty() || (self.sweeps && !self.told.borrow().iter().any(swept)) {
            return self.commands.pop_front();
        }
        Some(self.meanwhile.take()?().into())
    }

    fn emit(&mut self, event: Ticketed<Event>) {
        self.told.borrow_mut().push(event.message);
    }

    fn clock(&self) -> Box<dyn Fn() -> f64> {
        let tick = if self.clocks.replace(1) == 0 { 0.25 } else { 0.01 };
        let time = Cell::new(0.0);
        Box::new(move || {
            time.set(time.get() + tick);
            time.get()
        })
    }

    async fn give_turn(&mut self, _rest: Rest) {
        match self.turns.checked_sub(1) {
            Some(left) => self.turns = left,
            None => std::future::pending::<()>().await,
        }
    }

    fn memory(&self) -> Option<u64> {
        Some(1 << 30)
    }

    fn library(&self) -> Vec<String> {
        Vec::new()
    }

    fn read_library(&mut self, name: &str) -> Result<Files, String> {
        Err(format!("there is no {name}"))
    }
}

/// A trainer that is told this and ends after so many turns, as a killed one does.
fn tell(place: &Place, commands: Vec<Command>, turns: usize) -> Vec<Event> {
    tell_and_then(place, commands, None, turns)
}

/// The same, with so many turns from one command to the next.
fn tell_slowly(place: &Place, commands: Vec<Command>, pause: usize) -> Vec<Event> {
    let turns = pause * commands.len();
    tell_script(place, commands, None, pause, turns)
}

/// The same, and something happens elsewhere before its last command.
fn tell_and_then(place: &Place, commands: Vec<Command>, meanwhile: Option<Box<dyn FnOnce() -> Command>>, turns: usize) -> Vec<Event> {
    tell_script(place, commands, meanwhile, 0, turns)
}

fn tell_script(
    place: &Place,
    commands: Vec<Command>,
    meanwhile: Option<Box<dyn FnOnce() -> Command>>,
    pause: usize,
    turns: usize,
) -> Vec<Event> {
    let told = Rc::new(RefCell::new(Vec::new()));
    let sweeps = commands.iter().any(|command| matches!(command, Command::Sweep { .. }));
    let commands = commands.into_iter().map(Ticketed::from).collect();
    let host = Script { commands, pause, waits: 0, meanwhile, sweeps, turns, clocks: Cell::new(0), told: Rc::clone(&told) };
    {
        let mut trainer = pin!(trainer::run(host, Some(place.clone())));
        assert!(matches!(trainer.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
    }
    place.claimed.borrow_mut().clear();
    told.take()
}

fn start() -> Command {
    let mut experiment = Experiment { seeds: 1, ..Experiment::default() };
    experiment.data.source = DataSource::Reviews { examples: 40 };
    (experiment.model.dim, experiment.model.hidden) = (4, 4);
    (experiment.training.epochs, experiment.training.batch, experiment.training.probe) = (40, 8, 4);
    (experiment.training.evaluate_every, experiment.training.sharpness_budget) = (20, 0.0);
    Command::Start { run: RunId(1), experiment: Box::new(experiment), files: None, device: DeviceChoice::Cpu, paused: false }
}

fn open(kept: u64) -> Command {
    Command::OpenKept { run: RunId(2), kept, device: DeviceChoice::Cpu, paused: false }
}

fn kept(told: &[Event]) -> Vec<KeptRun> {
    let last = told.iter().rev().find_map(|event| if let Event::Kept { runs, .. } = event { Some(runs.clone()) } else { None });
    last.expect("a trainer tells what it keeps")
}

/// The numbers of each step that was measured, whenever that was, without the clock's.
fn measured(told: &[Event]) -> BTreeMap<usize, String> {
    let mut all = BTreeMap::new();
    for event in told {
        let measurements = match event {
            Event::Measured { measurement, .. } => std::slice::from_ref(measurement),
            Event::Curves { measurements, .. } => measurements,
            _ => continue,
        };
        for measurement in measurements {
            let mut measurement = measurement.clone();
            // A run that is opened is measured where it stands, too.
            if measurement.step % 20 > 0 {
                continue;
            }
            measurement.lanes.iter_mut().for_each(|lane| lane.seconds = None);
            let text = serde_json::to_string(&measurement).expect("plain data");
            let before = all.insert(measurement.step, text.clone());
            assert!(before.is_none_or(|before| before == text), "step {} was another one the second time", measurement.step);
        }
    }
    all
}

fn finished(told: &[Event]) -> bool {
    told.iter().any(|event| matches!(event, Event::Phase { phase: Phase::Finished, .. }))
}

#[test]
fn a_run_goes_on_to_the_same_end_whenever_its_program_is_killed() {
    let whole = tell(&Place::default(), vec![start()], 4000);
    assert!(finished(&whole) && measured(&whole).len() == 9, "160 steps, measured every 20");
    let mut opened = 0;
    for writes in 0..12 {
        let place = Place { writes: Some(Rc::new(Cell::new(writes))), ..Place::default() };
        let mut told = tell(&place, vec![start()], 4000);
        assert!(!finished(&told), "killed at write {writes}");
        let place = Place { writes: None, ..place };
        // Nobody has to open it: the list says what is there.
        let there = kept(&tell(&place, Vec::new(), 0));
        // Two files are written each time: the first pair makes a run that is kept.
        assert_eq!(there.len(), usize::from(writes > 0), "killed at write {writes}: {there:?}");
        let Some(run) = there.first() else { continue };
        let again = tell(&place, vec![open(run.number)], 4000);
        opened += 1;
        told.retain(|event| !matches!(event, Event::Phase { .. }));
        told.extend(again);
        assert!(finished(&told), "killed at write {writes}");
        assert_eq!(measured(&told), measured(&whole), "killed at write {writes}");
        let after = kept(&told);
        assert_eq!((after.len(), after[0].number, after[0].step, after[0].running), (1, run.number, 160, false));
    }
    assert_eq!(opened, 11);
}

#[test]
fn a_damaged_copy_leaves_the_one_before() {
    let place = Place::default();
    tell(&place, vec![start()], 60);
    let [run] = &kept(&tell(&place, Vec::new(), 0))[..] else { panic!("one run is kept") };
    let later = format!("{}.{}", run.number, ["a", "b"][usize::from(run.slot)]);
    place.files.borrow_mut().get_mut(&later).expect("it is there")[3000] ^= 1;
    let told = tell(&place, vec![open(run.number)], 8);
    let Some(Event::Opened { kept, .. }) = told.iter().find(|event| matches!(event, Event::Opened { .. })) else {
        panic!("the other copy is whole")
    };
    assert!(kept.slot != run.slot && kept.step < run.step && kept.step > 0);
    for file in place.files.borrow_mut().values_mut() {
        file.truncate(100);
    }
    let told = tell(&place, vec![open(run.number)], 8);
    assert!(told.iter().any(|event| matches!(event, Event::Failed { text, .. } if text.contains("damaged or gone"))));
}

#[test]
fn a_paused_run_waits_and_the_one_that_trained_goes_on() {
    let place = Place::default();
    tell(&place, vec![start()], 60);
    let told = tell(&place, vec![open(1), Command::Pause], 40);
    let phases = |told: &[Event]| {
        told.iter().filter_map(|event| if let Event::Phase { phase, .. } = event { Some(*phase) } else { None }).collect::<Vec<_>>()
    };
    assert_eq!(phases(&told), [Phase::Preparing, Phase::Running, Phase::Paused]);
    assert_eq!(phases(&tell(&place, vec![open(1)], 10)), [Phase::Preparing, Phase::Paused], "it was paused when it was kept last");
}

#[test]
fn another_run_takes_no_place_from_the_one_before() {
    let place = Place::default();
    tell(&place, vec![start()], 60);
    let told = tell(&place, vec![open(1), start()], 60);
    let runs = kept(&told);
    assert_eq!(runs.iter().map(|run| run.number).collect::<Vec<_>>(), [2, 1], "the later one first");
    assert!(runs[1].step > 0 && !runs[1].running, "the one before stands where it was: {runs:?}");
    let told = tell(&place, vec![open(2), Command::DeleteKept { kept: 2 }, Command::DeleteKept { kept: 1 }], 8);
    assert!(told.iter().any(|event| matches!(event, Event::Failed { text, .. } if text.contains("is open"))));
    assert_eq!(kept(&told).len(), 1);
    assert!(place.files.borrow().keys().all(|name| name.starts_with("2.")), "its files are gone");
}

#[test]
fn a_run_that_another_tab_has_is_left_to_it() {
    let place = Place::default();
    tell(&place, vec![start()], 60);
    place.claimed.borrow_mut().insert(1);
    let told = tell(&place, vec![open(1), Command::DeleteKept { kept: 1 }], 8);
    assert!(kept(&told)[0].elsewhere);
    let failed = told.iter().filter(|event| matches!(event, Event::Failed { text, .. } if text.contains("Another tab or window")));
    assert_eq!(failed.count(), 2);
}

#[test]
fn the_oldest_runs_make_room() {
    let one = Place::default();
    tell(&one, vec![start()], 60);
    let bytes = kept(&tell(&one, Vec::new(), 0))[0].bytes;
    // Room for two of them and a little more.
    let place = Place { space: Some(bytes * 5 / 2), ..Place::default() };
    for expected in [vec![1], vec![2, 1], vec![3, 2], vec![4, 3]] {
        let told = tell(&place, vec![start()], 60);
        assert_eq!(kept(&told).iter().map(|run| run.number).collect::<Vec<_>>(), expected);
    }
}

/// There is less room than was promised: others make room; where something else is wrong they stay.
#[test]
fn a_place_that_is_full_loses_the_oldest_and_one_that_is_broken_none() {
    for (refuses, expected) in [(Refuses::Full, vec![2]), (Refuses::Failed, vec![1])] {
        let place = Place::default();
        tell(&place, vec![start()], 60);
        let there: usize = place.files.borrow().values().map(Vec::len).sum();
        let place = Place { full: Some(there + 100), refuses: Some(refuses), ..place };
        let told = tell(&place, vec![start()], 60);
        assert_eq!(kept(&told).iter().map(|run| run.number).collect::<Vec<_>>(), expected);
        let notes = told.iter().filter(|event| matches!(event, Event::Note { text, .. } if text.contains("it is broken")));
        assert_eq!(notes.count(), usize::from(matches!(refuses, Refuses::Failed)));
    }
}

#[test]
fn who_looks_back_in_a_run_loses_nothing_of_it() {
    let place = Place::default();
    tell(&place, vec![start()], 4000);
    let looked = tell_slowly(&place, vec![open(1), Command::Seek { step: 20 }, Command::Seek { step: 0 }], 100);
    assert!(looked.iter().any(|event| matches!(event, Event::Progress { progress, .. } if progress.step == 0)), "it was there");
    let again = tell(&place, vec![open(1)], 20);
    assert_eq!(kept(&again)[0].step, 160);
    assert!(measured(&again).contains_key(&160));
}

#[test]
fn a_kept_run_is_laid_beside_another_and_has_a_name() {
    let place = Place::default();
    let whole = tell(&place, vec![start()], 4000);
    let name = |kept: u64, name: &str| Command::NameKept { kept, name: name.to_owned() };
    let told = tell_slowly(&place, vec![name(1, "  the first one "), start(), Command::CompareKept { kept: 1 }, name(2, "mine")], 60);
    let compared = told.iter().find_map(|event| match event {
        Event::Compared { kept: 1, summary, measurements } => Some((summary.clone(), measurements.clone())),
        _ => None,
    });
    let (summary, measurements) = compared.expect("it was asked for");
    assert_eq!((summary.data.as_str(), summary.steps), ("Product reviews (generated)", 160));
    let curves = Event::Curves { run: RunId(1), measurements, sharpness: Vec::new() };
    assert_eq!(measured(&[curves]), measured(&whole));
    // A name stays as its run goes on, and when it is opened again, and so does what is noted of it.
    let names = |told: &[Event]| kept(told).iter().map(|run| (run.number, run.name.clone())).collect::<Vec<_>>();
    let notes = |told: &[Event]| kept(told).iter().map(|run| run.note.clone()).collect::<Vec<_>>();
    let both = [(2, "mine".to_owned()), (1, "the first one".to_owned())];
    assert_eq!(names(&told), both);
    let note = |kept: u64, note: &str| Command::NoteKept { kept, note: note.to_owned() };
    let long = "long ".repeat(50);
    let told = tell(&place, vec![open(2), note(2, " with twice the rate\n"), note(1, &long)], 60);
    // 199 letters of the long one, and a sign that it was cut.
    let cut: String = long.chars().take(199).chain(['…']).collect();
    assert_eq!((names(&told), notes(&told)), (both.to_vec(), vec!["with twice the rate".to_owned(), cut.clone()]));
    let again = tell(&place, vec![open(2)], 60);
    assert_eq!((names(&again), notes(&again)), (both.to_vec(), vec!["with twice the rate".to_owned(), cut]));
    // A Basin that knew no notes has kept none.
    let about: serde_json::Value = serde_json::from_slice(&place.files.borrow()["1.about"]).expect("JSON");
    let mut old = about.as_object().expect("an object").clone();
    assert!(old.remove("note").is_some());
    place.files.borrow_mut().insert("1.about".to_owned(), serde_json::to_vec(&old).expect("plain data"));
    let told = tell(&place, Vec::new(), 0);
    assert_eq!((names(&told), notes(&told)[1].as_str()), (both.to_vec(), ""));
    let told = tell(&place, vec![Command::CompareKept { kept: 9 }, name(9, "nobody")], 8);
    let failed = told.iter().filter(|event| matches!(event, Event::Failed { .. }));
    assert_eq!(failed.count(), 2);
}

#[test]
fn each_run_that_is_not_kept_is_told_of() {
    let Command::Start { mut experiment, .. } = start() else { unreachable!("it starts") };
    let one = Place::default();
    tell(&one, vec![start()], 60);
    let space = Some(kept(&tell(&one, Vec::new(), 0))[0].bytes * 3 / 2);
    (experiment.model.dim, experiment.model.hidden) = (128, 128);
    let large = || Command::Start { run: RunId(1), experiment: experiment.clone(), files: None, device: DeviceChoice::Cpu, paused: false };
    let told = tell_slowly(&Place { space, ..Place::default() }, vec![large(), start(), large()], 60);
    let notes = told.iter().filter(|event| matches!(event, Event::Note { text, .. } if text.starts_with("This run is not kept (it takes")));
    assert_eq!((notes.count(), kept(&told).len()), (2, 1));
}

#[test]
fn a_run_of_somebody_else_is_no_reason_to_keep_none() {
    let place = Place::default();
    tell(&place, vec![start()], 60);
    let told = tell(&Place { of_another_user: Some(1), ..place }, vec![start()], 60);
    assert_eq!(kept(&told).iter().map(|run| (run.number, run.elsewhere)).collect::<Vec<_>>(), [(2, false), (1, true)]);
    assert!(!told.iter().any(|event| matches!(event, Event::Note { text, .. } if text.contains("not kept"))));
}

#[test]
fn what_sweeps_have_trained_makes_room_before_a_run_does() {
    let place = Place::default();
    tell(&place, vec![start()], 60);
    let run: u64 = kept(&tell(&place, Vec::new(), 0))[0].bytes;
    tell(&place, vec![sweep()], 4000);
    let cells: usize = place.files.borrow().iter().filter(|(name, _)| name.starts_with("sweeps")).map(|(_, bytes)| bytes.len()).sum();
    assert!(cells > 1);
    let told = tell(&Place { space: Some(2 * run + run / 10 + cells as u64 / 2), ..place.clone() }, vec![start()], 60);
    assert!(run / 10 < cells as u64 / 2 || kept(&told).len() == 2);
    assert_eq!(kept(&told).iter().map(|run| run.number).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn vectors_of_texts_make_room_before_a_run_does_the_oldest_first() {
    let place = Place::default();
    tell(&place, vec![start()], 60);
    let size = 4 * place.files.borrow().values().map(Vec::len).sum::<usize>();
    for name in ["vectors.9.00000000", "vectors.10.00000000"] {
        place.files.borrow_mut().insert(name.to_owned(), vec![0; size]);
    }
    let there: usize = place.files.borrow().values().map(Vec::len).sum();
    let place = Place { full: Some(there + 100), refuses: Some(Refuses::Full), ..place };
    let told = tell(&place, vec![start()], 60);
    assert_eq!(kept(&told).iter().map(|run| run.number).collect::<Vec<_>>(), [2, 1]);
    let left: Vec<String> = place.files.borrow().keys().filter(|name| name.starts_with("vectors.")).cloned().collect();
    assert_eq!(left, ["vectors.10.00000000"]);
}

#[test]
fn where_nothing_can_be_kept_that_is_said_once_and_training_goes_on() {
    for place in [Place { trouble: Some("no room in here"), ..Place::default() }, Place { space: Some(100), ..Place::default() }] {
        let told = tell(&place, vec![start()], 4000);
        assert!(finished(&told));
        let notes = told.iter().filter(|event| matches!(event, Event::Note { text, .. } if text.starts_with("This run is not kept (")));
        assert_eq!(notes.count(), 1);
        let snapshots: Vec<&Vec<u8>> =
            told.iter().filter_map(|event| if let Event::Snapshot { bytes, .. } = event { Some(bytes) } else { None }).collect();
        assert!(snapshots.len() > 2 && place.files.borrow().is_empty(), "whoever holds the trainer gets it instead");
        let restore = Command::Restore { run: RunId(2), bytes: snapshots[1].clone(), device: DeviceChoice::Cpu };
        let again = tell(&Place::default(), vec![restore, Command::Resume], 4000);
        assert_eq!(measured(&again).last_key_value(), measured(&told).last_key_value());
    }
}

/// Four runs: SGD and SAM at three ρ.
fn sweep() -> Command {
    sweep_at(vec![0.1, 0.2, 0.4])
}

/// SGD, and SAM at these ρ.
fn sweep_at(radii: Vec<f64>) -> Command {
    let Command::Start { mut experiment, .. } = start() else { unreachable!("it starts") };
    experiment.training.epochs = 2;
    experiment.lanes = vec!["sam".parse().expect("lane words")];
    let grid = Grid::new(*experiment, radii, Vec::new(), 0.25);
    Command::Sweep { grid: Box::new(grid), files: None, level: false, cores: None }
}

/// What each cell gave, and how many were known before.
fn swept(told: &[Event]) -> (BTreeMap<usize, String>, usize) {
    let mut cells = BTreeMap::new();
    let mut known = 0;
    for event in told {
        match event {
            Event::Swept { cells: done, .. } => cells.extend(done.iter().map(|(cell, outcome)| (*cell, format!("{outcome:?}")))),
            Event::Note { text, .. } if text.contains("known from before") => {
                known = text.split(' ').next().and_then(|word| word.parse().ok()).expect("a number");
            }
            _ => {}
        }
    }
    (cells, known)
}

#[test]
fn a_sweep_trains_nothing_again_after_its_program_was_killed() {
    let place = Place::default();
    let (all, _) = swept(&tell(&Place::default(), vec![sweep()], 4000));
    assert_eq!(all.len(), 4);
    let mut turns = 0;
    let done = loop {
        turns += 5;
        let done = swept(&tell(&place, vec![sweep()], turns)).0.len();
        if done > 0 {
            break done;
        }
    };
    assert!(done < 4);
    // Somebody's run is kept beside it, and neither takes the other for its own.
    let told = tell(&place, vec![start()], 60);
    assert_eq!(kept(&told).len(), 1);
    let (again, known) = swept(&tell(&place, vec![sweep()], 4000));
    assert!(again == all && known == done, "{known} of {done}");
    assert_eq!(swept(&tell(&place, vec![sweep()], 4000)), (all.clone(), 4));
    // What is damaged, and what was deleted, is trained again.
    let damage =
        |names: &[&str]| names.iter().for_each(|name| drop(place.files.borrow_mut().insert((*name).to_owned(), b"00000000".to_vec())));
    damage(&["sweeps.a"]);
    let (again, known) = swept(&tell(&place, vec![sweep()], 4000));
    assert!(again == all && known > 0, "the other one has at least what was known some seconds before");
    damage(&["sweeps.a", "sweeps.b"]);
    assert_eq!(swept(&tell(&place, vec![sweep()], 4000)), (all.clone(), 0));
    let told = tell(&place, vec![Command::DeleteSwept], 8);
    assert!(matches!(told.last(), Some(Event::Kept { swept: None, .. })));
    assert!(place.files.borrow().keys().all(|name| !name.starts_with("sweeps")));
    assert_eq!(swept(&tell(&place, vec![sweep()], 4000)), (all, 0));
}

/// The one was there first, and does not know what the other has kept since.
#[test]
fn a_run_takes_no_number_that_another_trainer_has_used_meanwhile() {
    let place = Place::default();
    let others = Rc::new(RefCell::new(BTreeMap::new()));
    let meanwhile = {
        let (place, others) = (place.clone(), Rc::clone(&others));
        move || {
            tell(&place, vec![start()], 60);
            others.replace(place.files.borrow().clone());
            start()
        }
    };
    tell_and_then(&place, Vec::new(), Some(Box::new(meanwhile)), 60);
    let (files, others) = (place.files.borrow(), others.borrow());
    assert!(others.contains_key("1.a") && others.contains_key("1.about"));
    assert!(files.contains_key("2.about") && others.iter().all(|(name, bytes)| files.get(name) == Some(bytes)), "{:?}", files.keys());
}

#[test]
fn a_place_in_which_nobody_can_claim_a_run_is_told_and_ends_nothing() {
    let place = Place { unclaimable: true, ..Place::default() };
    let told = tell(&place, vec![start()], 4000);
    assert!(finished(&told));
    let notes = told.iter().filter(|event| matches!(event, Event::Note { text, .. } if text.contains("nobody may write here")));
    assert_eq!(notes.count(), 1);
}

#[test]
fn a_kept_run_that_cannot_be_read_is_told_of_and_stays() {
    let place = Place::default();
    tell(&place, vec![start()], 200);
    let foreign = |name: &str| (name.to_owned(), b"written by a later Basin".to_vec());
    place.files.borrow_mut().extend([foreign("1.a"), foreign("1.b"), foreign("1.about"), foreign("7.b")]);
    let before = place.files.borrow().clone();
    let told = tell(&place, Vec::new(), 8);
    assert!(kept(&told).is_empty());
    assert!(told.iter().any(|event| matches!(event, Event::Note { text, .. } if text.starts_with("2 kept runs cannot be read here"))));
    assert_eq!(*place.files.borrow(), before);
    // What was begun and never kept is nobody's run.
    place.files.borrow_mut().extend([foreign("9.a")]);
    tell(&place, Vec::new(), 8);
    assert_eq!(*place.files.borrow(), before);
}

#[test]
fn a_disk_that_somebody_else_fills_costs_no_more_runs_than_one_needs() {
    let place = Place::default();
    (0..4).for_each(|_| drop(tell(&place, vec![start()], 60)));
    let there: usize = place.files.borrow().values().map(Vec::len).sum();
    // Nothing fits, whatever goes.
    let place = Place { full: Some(0), refuses: Some(Refuses::Full), ..place };
    let told = tell(&place, vec![start()], 60);
    let left = kept(&told).len();
    assert!(left == 2 || left == 3, "{left} of four are left, of {there} bytes");
    // Where it is known that all of them together would not make room, none goes.
    let place = Place::default();
    (0..3).for_each(|_| drop(tell(&place, vec![start()], 60)));
    let place = Place { full: Some(0), refuses: Some(Refuses::Full), room: Some(-1 << 30), ..place };
    assert_eq!(kept(&tell(&place, vec![start()], 60)).len(), 3);
}

#[test]
fn a_clock_that_is_set_back_loses_nothing() {
    let place = Place::default();
    place.now.set(1e9);
    tell(&place, vec![start()], 60);
    place.now.set(5e8);
    let told = tell(&place, vec![start()], 60);
    let runs = kept(&told);
    assert_eq!(runs.iter().map(|run| run.number).collect::<Vec<_>>(), [2, 1], "the later one first, whatever the clock says");
    assert!(runs.iter().all(|run| run.age >= 0.0), "{runs:?}");
    assert!(finished(&tell(&place, vec![open(2)], 4000)));
}

#[test]
fn what_another_tab_has_deleted_does_not_come_back() {
    let place = Place::default();
    let elsewhere = place.clone();
    let meanwhile = move || {
        elsewhere.files.borrow_mut().clear();
        sweep_at(vec![0.1, 0.2, 0.4, 0.8])
    };
    // The first sweep is through before the other tab deletes it all, and the second one trains one cell.
    let told = tell_and_then(&place, vec![sweep()], Some(Box::new(meanwhile)), 4000);
    assert!(!swept(&told).0.is_empty());
    let (_, known) = swept(&tell(&place, vec![sweep_at(vec![0.8])], 4000));
    let (_, old) = swept(&tell(&place, vec![sweep()], 4000));
    assert!(known >= 1 && old <= 1, "{known} of the new ones, {old} of those that were deleted");
    // Nor does what a tab has only read: all four are kept by now.
    let elsewhere = place.clone();
    let meanwhile = move || {
        elsewhere.files.borrow_mut().clear();
        sweep_at(vec![0.1, 0.2, 0.4, 1.6])
    };
    tell_and_then(&place, vec![sweep()], Some(Box::new(meanwhile)), 4000);
    assert!(swept(&tell(&place, vec![sweep()], 4000)).1 <= 1, "only what was new is there");
}
