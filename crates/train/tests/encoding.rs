//! Runs of the model `sentence` in a trainer: the encoder is fetched, texts are encoded in slices, and meanwhile commands are heard.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use basin_train::data::encoder::{Encoder, Vector, provide};
use basin_train::experiment::{DataSource, Experiment, ModelKind};
use basin_train::keep::{Keep, Key, NotWritten};
use basin_train::lab::grid::Grid;
use basin_train::protocol::{Command, DeviceChoice, EncoderOffer, Event, Files, NamedBytes, Phase, RunId, Ticketed};
use basin_train::report::ExportFormat;
use basin_train::trainer::{self, Encoders, Fetched, Host, Rest};

/// The vector of a text says how often it has each letter.
fn vector(text: &str) -> Vector {
    (b'a'..=b'z').map(|letter| text.bytes().filter(|byte| *byte == letter).count() as f32 / 10.0).collect()
}

/// An encoder that makes these; each text is made once.
#[derive(Default)]
struct Letters(Mutex<HashMap<String, Vector>>);

/// Texts that were encoded.
static ENCODED: AtomicUsize = AtomicUsize::new(0);

/// Tests share what the encoder has made.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

static LETTERS: std::sync::LazyLock<Arc<Letters>> = std::sync::LazyLock::new(Arc::default);

impl Encoder for Letters {
    fn name(&self) -> &'static str {
        "letters"
    }

    fn hash(&self) -> &'static str {
        "0123456789abcdef"
    }

    fn width(&self) -> usize {
        26
    }

    fn known(&self, text: &str) -> (usize, usize) {
        (text.len(), text.len())
    }

    fn encode(&self, texts: &[&str]) -> Vec<Vector> {
        ENCODED.fetch_add(texts.len(), Ordering::Relaxed);
        texts.iter().map(|text| vector(text)).collect()
    }

    fn encode_and_keep(&self, texts: &[&str]) -> Option<Vec<Vector>> {
        let missing = self.missing(texts);
        self.take_in(&missing, self.encode(&missing));
        let made = self.0.lock().expect("no panic");
        Some(texts.iter().map(|text| made[*text].clone()).collect())
    }

    fn missing<'a>(&self, texts: &[&'a str]) -> Vec<&'a str> {
        let made = self.0.lock().expect("no panic");
        let mut missing: Vec<&str> = texts.iter().copied().filter(|text| !made.contains_key(*text)).collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    fn take_in(&self, texts: &[&str], vectors: Vec<Vector>) {
        self.0.lock().expect("no panic").extend(texts.iter().map(|text| (*text).to_owned()).zip(vectors));
    }

    fn ahead(&self, texts: &[&str]) -> (usize, f64) {
        (self.missing(texts).len(), f64::NAN)
    }
}

/// What comes when the encoder is asked for: bytes of a hundred, then it is here; or why it does not come.
type Coming = VecDeque<Result<u64, &'static str>>;

/// Two helpers beside the trainer: one needs some looks for each piece, the other ends with its first one.
#[derive(Default)]
struct Helpers {
    /// Pieces that each was given.
    given: [usize; 2],
    /// What the first one is at, and looks until it is through.
    at: Option<(usize, Vec<Vector>, usize)>,
    /// Texts whose vectors were told.
    told: Rc<Cell<usize>>,
}

impl Encoders for Helpers {
    fn one_is_free(&self) -> bool {
        self.at.is_none() || self.given[1] == 0
    }

    fn give(&mut self, number: usize, texts: &[&str]) {
        if self.at.is_some() {
            self.given[1] += 1;
            return;
        }
        self.given[0] += 1;
        self.at = Some((number, texts.iter().map(|text| vector(text)).collect(), 3));
    }

    fn hear(&mut self) -> Option<(usize, Vec<Vector>)> {
        let (number, vectors, looks) = self.at.take()?;
        if looks > 0 {
            self.at = Some((number, vectors, looks - 1));
            return None;
        }
        self.told.set(self.told.get() + vectors.len());
        Some((number, vectors))
    }
}

/// Files in memory, where vectors are kept as a page does.
#[derive(Clone, Default)]
struct Shelf(Rc<RefCell<BTreeMap<String, Vec<u8>>>>);

impl Keep for Shelf {
    async fn names(&mut self) -> Result<Vec<String>, String> {
        Ok(self.0.borrow().keys().cloned().collect())
    }

    async fn read(&mut self, name: &str) -> Result<Vec<u8>, String> {
        self.0.borrow().get(name).cloned().ok_or_else(|| "it is not there".to_owned())
    }

    async fn write(&mut self, name: &str, bytes: &[u8]) -> Result<(), NotWritten> {
        self.0.borrow_mut().insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }

    async fn remove(&mut self, name: &str) -> Result<(), String> {
        self.0.borrow_mut().remove(name);
        Ok(())
    }

    async fn claim(&mut self, _run: u64, _patience: f64) -> Result<bool, String> {
        Ok(true)
    }

    fn release(&mut self, _run: u64) {}

    fn space(&self) -> u64 {
        1 << 30
    }

    fn now(&self) -> f64 {
        1.8e9
    }

    async fn keys(&mut self, texts: &[&str]) -> Option<Vec<Key>> {
        // The texts of a test begin with the same letters.
        let key = |text: &&str| -> Key { std::array::from_fn(|i| text.bytes().rev().nth(i).unwrap_or(0)) };
        Some(texts.iter().map(key).collect())
    }
}

struct Script {
    /// Each with how many turns before it.
    commands: VecDeque<(usize, Ticketed<Command>)>,
    turns: usize,
    coming: Coming,
    told: Rc<RefCell<Vec<Ticketed<Event>>>>,
    stopped: Rc<Cell<bool>>,
    /// Texts that helpers have encoded, where there are any.
    helped: Option<Rc<Cell<usize>>>,
}

impl Host for Script {
    fn poll(&mut self) -> Option<Ticketed<Command>> {
        match self.commands.front_mut()? {
            (0, _) => self.commands.pop_front().map(|(_, command)| command),
            (turns, _) => {
                *turns -= 1;
                None
            }
        }
    }

    fn emit(&mut self, event: Ticketed<Event>) {
        self.told.borrow_mut().push(event);
    }

    fn clock(&self) -> Box<dyn Fn() -> f64> {
        let time = Cell::new(0.0);
        Box::new(move || {
            time.set(time.get() + 0.05);
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
        None
    }

    fn library(&self) -> Vec<String> {
        Vec::new()
    }

    fn read_library(&mut self, name: &str) -> Result<Files, String> {
        Err(format!("there is no {name}"))
    }

    fn encoder_offer(&self) -> Option<EncoderOffer> {
        Some(EncoderOffer::Ready { title: "letters".to_owned(), bytes: 100 })
    }

    fn fetch_encoder(&mut self) -> Fetched {
        match self.coming.pop_front() {
            None => Fetched::Here,
            Some(Ok(bytes)) => Fetched::Coming { bytes, of: 100 },
            Some(Err(text)) => Fetched::Failed(text.to_owned()),
        }
    }

    fn stop_fetching(&mut self) {
        self.stopped.set(true);
    }

    fn encoders(&mut self, _texts: usize) -> Option<Box<dyn Encoders>> {
        Some(Box::new(Helpers { told: self.helped.clone()?, ..Helpers::default() }))
    }
}

/// What a trainer tells of these commands, each after so many turns, and whether it has left off fetching.
fn tell(commands: Vec<(usize, Command)>, coming: Coming, turns: usize) -> (Vec<Ticketed<Event>>, bool) {
    tell_helped(commands, coming, turns, None)
}

/// The same beside helpers, if there are any, who note how many texts they have encoded.
fn tell_helped(
    commands: Vec<(usize, Command)>,
    coming: Coming,
    turns: usize,
    helped: Option<Rc<Cell<usize>>>,
) -> (Vec<Ticketed<Event>>, bool) {
    tell_beside(None, commands, coming, turns, helped)
}

/// The same, where vectors are kept, if there is such a place.
fn tell_beside(
    place: Option<&Shelf>,
    commands: Vec<(usize, Command)>,
    coming: Coming,
    turns: usize,
    helped: Option<Rc<Cell<usize>>>,
) -> (Vec<Ticketed<Event>>, bool) {
    provide(|_| Ok(LETTERS.clone()));
    let (told, stopped) = (Rc::new(RefCell::new(Vec::new())), Rc::new(Cell::new(false)));
    let ticketed = |(turn, (wait, message))| (wait, Ticketed { ticket: Some(turn), message });
    let commands = (1..).zip(commands).map(ticketed).collect();
    let host = Script { commands, turns, coming, told: Rc::clone(&told), stopped: Rc::clone(&stopped), helped };
    let mut trainer = pin!(trainer::run(host, place.cloned()));
    assert!(matches!(trainer.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
    (told.take(), stopped.get())
}

/// So many texts that no other test has, named after this one.
fn files(name: &str, count: usize) -> Files {
    let row = |i: usize| format!("{}\t{name} {} number{i}\n", ["cat", "dog"][i % 2], ["purrs", "woof"][i % 2]);
    let table = "label\ttext\n".to_owned() + &(0..count).map(row).collect::<String>();
    Files { train: NamedBytes { name: "animals.tsv".to_owned(), bytes: table.into_bytes() }, test: None }
}

fn start(run: u64, name: &str, count: usize) -> Command {
    let mut experiment = Experiment { seeds: 1, lanes: vec!["sgd".parse().expect("a lane")], ..Experiment::default() };
    experiment.data.source = DataSource::File { name: "animals.tsv".to_owned() };
    (experiment.model.kind, experiment.model.hidden, experiment.training.epochs) = (ModelKind::Sentence, 4, 2);
    let files = Some(files(name, count));
    Command::Start { run: RunId(run), experiment: Box::new(experiment), files, device: DeviceChoice::Cpu, paused: false }
}

/// What was told before runs train: words and shares.
fn preparing(told: &[Ticketed<Event>]) -> Vec<(String, f64)> {
    let of = |event: &Ticketed<Event>| match &event.message {
        Event::Preparing { what, share: Some(share), .. } => Some((what.clone(), *share)),
        _ => None,
    };
    told.iter().filter_map(of).collect()
}

fn place(told: &[Ticketed<Event>], is: impl Fn(&Event) -> bool) -> Option<usize> {
    told.iter().position(|event| is(&event.message))
}

fn failed(told: &[Ticketed<Event>]) -> Vec<&str> {
    told.iter().filter_map(|event| if let Event::Failed { text, .. } = &event.message { Some(&**text) } else { None }).collect()
}

/// What was left off: its run, its ticket and the words.
fn left_off(told: &[Ticketed<Event>]) -> Vec<(RunId, Option<u64>, &str)> {
    let mut found = Vec::new();
    for event in told {
        if let Event::LeftOff { run, text } = &event.message {
            found.push((*run, event.ticket, &**text));
        }
    }
    found
}

#[test]
fn the_encoder_is_fetched_and_texts_are_encoded_before_a_run_begins() {
    let _one = ONE_AT_A_TIME.lock();
    let commands = vec![(0, start(1, "fetched", 40)), (3, Command::Ping), (40, start(2, "fetched", 40))];
    let (told, _) = tell(commands, [Ok(0), Ok(50)].into(), 200);
    assert_eq!(failed(&told), Vec::<&str>::new());
    let steps = preparing(&told);
    assert_eq!(
        steps[..2],
        [("Fetching the encoder: 0.0 of 0.0 MB".to_owned(), 0.0), ("Fetching the encoder: 0.0 of 0.0 MB".to_owned(), 0.5)]
    );
    // Slices of eight, then twice as many: each took less time than it may. It is told five times a second.
    let encoded: Vec<&str> = steps[2..].iter().map(|(words, _)| &**words).collect();
    assert_eq!(encoded, ["Encoded 0 of 40 texts", "Encoded 24 of 40 texts"]);
    assert!(steps[2..].iter().map(|(_, share)| share).is_sorted_by(|a, b| a < b), "{steps:?}");
    // Whoever asks meanwhile is heard, and the start is answered when its run is there.
    let done = |ticket| told.iter().position(|event| event.ticket == Some(ticket) && event.message == Event::Done).expect("answered");
    let prepared = place(&told, |event| matches!(event, Event::Prepared { run: RunId(1), .. })).expect("a run");
    assert!(done(2) < prepared && prepared < done(1), "{told:?}");
    assert!(place(&told, |event| matches!(event, Event::Prepared { run: RunId(2), .. })).is_some(), "at once: all vectors are there");
}

#[test]
fn helpers_encode_beside_the_trainer_and_what_one_does_not_give_is_made_here() {
    let _one = ONE_AT_A_TIME.lock();
    let (before, helped) = (ENCODED.load(Ordering::Relaxed), Rc::new(Cell::new(0)));
    let (told, _) = tell_helped(vec![(0, start(1, "helped", 400))], Coming::new(), 300, Some(Rc::clone(&helped)));
    assert_eq!(failed(&told), Vec::<&str>::new());
    assert!(place(&told, |event| matches!(event, Event::Prepared { run: RunId(1), .. })).is_some(), "{told:?}");
    let shares: Vec<f64> = preparing(&told).into_iter().map(|(_, share)| share).collect();
    assert!(shares.is_sorted(), "{shares:?}");
    // The piece of the helper that ended, at least, was made here; nothing that a helper gave is.
    let (here, there) = (ENCODED.load(Ordering::Relaxed) - before, helped.get());
    assert!(there > 0 && here > 0 && here + there >= 400, "{here} here, {there} by helpers");
    let made = LETTERS.0.lock().expect("no panic");
    let own: Vec<(&String, &Vector)> = made.iter().filter(|(text, _)| text.starts_with("helped ")).collect();
    assert!(own.len() == 400 && own.iter().all(|(text, made)| ***made == *vector(text)), "{} texts", own.len());
}

#[test]
fn whoever_stops_waiting_keeps_what_is_encoded_and_the_run_before() {
    let _one = ONE_AT_A_TIME.lock();
    let before = ENCODED.load(Ordering::Relaxed);
    let commands = vec![(0, start(1, "stopped", 12)), (10, start(2, "stopped too", 500)), (3, Command::Stop)];
    let (told, stopped) = tell(commands, Coming::new(), 200);
    let [(RunId(2), Some(2), text)] = left_off(&told)[..] else { panic!("{told:?}") };
    assert!(text.starts_with("Stopped before the run began. Encoded ") && text.ends_with("they are kept for the next start."), "{text}");
    assert_eq!(failed(&told), Vec::<&str>::new(), "nothing went wrong");
    assert!(stopped && ENCODED.load(Ordering::Relaxed) < before + 512);
    assert!(place(&told, |event| matches!(event, Event::Prepared { run: RunId(2), .. })).is_none());
    assert!(matches!(
        told.iter().rev().find_map(|event| if let Event::Phase { run, phase } = event.message { Some((run, phase)) } else { None }),
        Some((RunId(1), Phase::Running | Phase::Finished))
    ));
    let done: Vec<u64> = told.iter().filter(|event| event.message == Event::Done).filter_map(|event| event.ticket).collect();
    assert_eq!(done, [1, 2, 3], "all are answered");
}

#[test]
fn what_else_waits_for_vectors_is_stopped_by_name_beside_the_run() {
    let _one = ONE_AT_A_TIME.lock();
    let lines: String = (0..500).map(|i| format!("to be stopped {i}\n")).collect();
    let predict = Command::Predict { file: NamedBytes { name: "new.txt".to_owned(), bytes: lines.into_bytes() } };
    let Command::Start { experiment, files, .. } = start(0, "a stopped sweep", 500) else { unreachable!("it starts") };
    let grid = Box::new(Grid::new(*experiment, vec![0.1], Vec::new(), 0.25));
    let sweep = Command::Sweep { grid, files, level: false, cores: None };
    for (command, stop, begins, ends) in [
        (predict, Command::Stop, "Stopped before the texts were answered. Encoded ", "they are kept for the next time."),
        (sweep.clone(), Command::StopSweep, "Stopped before the sweep began. Encoded ", "they are kept for the next one."),
        (sweep, Command::Stop, "Stopped before the sweep began. Encoded ", "they are kept for the next one."),
    ] {
        let Command::Start { run, mut experiment, files, device, paused } = start(1, "goes on", 30) else { unreachable!("it starts") };
        experiment.training.epochs = 5000;
        let start = Command::Start { run, experiment, files, device, paused };
        let (told, _) = tell(vec![(0, start), (12, command), (3, stop)], Coming::new(), 60);
        let [(RunId(1), Some(2), text)] = left_off(&told)[..] else { panic!("{told:?}") };
        assert!(text.starts_with(begins) && text.ends_with(ends), "{text}");
        assert_eq!(failed(&told), Vec::<&str>::new());
        assert!(place(&told, |event| matches!(event, Event::Predicted { .. } | Event::Sweeping { .. })).is_none());
        let last = told.iter().rev().find_map(|event| if let Event::Phase { phase, .. } = event.message { Some(phase) } else { None });
        assert_eq!(last, Some(Phase::Running), "the run is still there");
        let done: Vec<u64> = told.iter().filter(|event| event.message == Event::Done).filter_map(|event| event.ticket).collect();
        assert_eq!(done, [1, 2, 3], "all are answered");
    }
}

#[test]
fn texts_whose_vectors_are_kept_are_not_encoded_again_by_another_process() {
    let _one = ONE_AT_A_TIME.lock();
    let shelf = Shelf::default();
    // Whether a run begins, how many texts were encoded for it, and what was told before.
    let begin = |stop: Option<(usize, Command)>| {
        LETTERS.0.lock().expect("no panic").clear();
        let (before, helped) = (ENCODED.load(Ordering::Relaxed), Rc::new(Cell::new(0)));
        let commands = [(0, start(1, "kept", 2000))].into_iter().chain(stop).collect();
        let (told, _) = tell_beside(Some(&shelf), commands, Coming::new(), 200, Some(Rc::clone(&helped)));
        let steps: Vec<String> = preparing(&told).into_iter().map(|(what, _)| what).collect();
        let begun = place(&told, |event| matches!(event, Event::Prepared { run: RunId(1), .. })).is_some();
        (begun, ENCODED.load(Ordering::Relaxed) - before + helped.get(), steps)
    };
    // Who stops on the way has those for which there was time.
    let (begun, encoded, _) = begin(Some((5, Command::Stop)));
    assert!(!begun && encoded > 0 && encoded < 2000, "{encoded}");
    let (begun, _, steps) = begin(None);
    assert!(begun && steps[0] == format!("Encoded 0 of {} texts", 2000 - encoded), "{encoded}: {steps:?}");
    assert_eq!(begin(None), (true, 0, Vec::new()), "all are kept");
    let made = LETTERS.0.lock().expect("no panic");
    assert!(made.len() == 2000 && made.iter().all(|(text, made)| **made == *vector(text)), "{} texts", made.len());
    drop(made);
    // A damaged file is none.
    for bytes in shelf.0.borrow_mut().iter_mut().filter_map(|(name, bytes)| name.starts_with("vectors.").then_some(bytes)) {
        bytes.pop();
    }
    let (begun, encoded, steps) = begin(None);
    assert!(begun && encoded >= 2000 && steps[0] == "Encoded 0 of 2000 texts", "{encoded}: {steps:?}");
    assert_eq!(begin(None), (true, 0, Vec::new()), "it was replaced");
}

#[test]
fn whoever_pauses_while_texts_are_encoded_gets_a_run_that_waits() {
    let _one = ONE_AT_A_TIME.lock();
    let phases = |commands: Vec<(usize, Command)>| {
        let (told, _) = tell(commands, Coming::new(), 200);
        assert!(place(&told, |event| matches!(event, Event::Prepared { run: RunId(1), .. })).is_some(), "{told:?}");
        let phases = told.iter().filter_map(|event| if let Event::Phase { phase, .. } = event.message { Some(phase) } else { None });
        phases.filter(|phase| matches!(phase, Phase::Running | Phase::Paused)).collect::<Vec<_>>()
    };
    let paused = phases(vec![(0, start(1, "paused", 200)), (3, Command::Pause)]);
    assert!(!paused.is_empty() && paused.iter().all(|phase| *phase == Phase::Paused), "{paused:?}");
    let again = phases(vec![(0, start(1, "paused and not", 200)), (2, Command::Pause), (1, Command::Resume)]);
    assert_eq!(again.first(), Some(&Phase::Running));
}

#[test]
fn a_run_is_paused_while_texts_are_encoded_that_are_only_to_be_answered() {
    let _one = ONE_AT_A_TIME.lock();
    let Command::Start { run, mut experiment, files, device, paused } = start(1, "answers", 30) else { unreachable!("it starts") };
    experiment.training.epochs = 5000;
    let lines: String = (0..500).map(|i| format!("to be answered {i}\n")).collect();
    let file = NamedBytes { name: "new.txt".to_owned(), bytes: lines.into_bytes() };
    let start = Command::Start { run, experiment, files, device, paused };
    let (told, _) = tell(vec![(0, start), (12, Command::Predict { file }), (1, Command::Pause)], Coming::new(), 100);
    let last = told.iter().rev().find_map(|event| if let Event::Phase { phase, .. } = event.message { Some(phase) } else { None });
    assert_eq!(last, Some(Phase::Paused), "{:?}", preparing(&told));
    assert!(place(&told, |event| matches!(event, Event::Predicted { .. })).is_some(), "they are answered all the same");
}

#[test]
fn an_encoder_that_does_not_come_is_told_and_asked_for_again() {
    let _one = ONE_AT_A_TIME.lock();
    let commands = vec![(0, start(1, "failed", 10)), (6, start(2, "failed", 10))];
    let (told, _) = tell(commands, [Ok(10), Err("there is no network")].into(), 200);
    assert_eq!(failed(&told), ["there is no network"]);
    assert!(place(&told, |event| matches!(event, Event::Prepared { run: RunId(2), .. })).is_some());
}

#[test]
fn a_saved_run_and_a_file_of_texts_wait_for_vectors_too() {
    let _one = ONE_AT_A_TIME.lock();
    let (told, _) = tell(vec![(0, start(1, "saved", 30)), (60, Command::Save)], Coming::new(), 200);
    let Some(bytes) =
        told.iter().find_map(|event| if let Event::Saved { bytes, .. } = &event.message { Some(bytes.clone()) } else { None })
    else {
        panic!("{told:?}")
    };
    // Another process has none of them.
    LETTERS.0.lock().expect("no panic").clear();
    let lines: String = (0..50).map(|i| format!("a text {i}\n")).collect();
    let file = NamedBytes { name: "new.txt".to_owned(), bytes: lines.into_bytes() };
    let restore = Command::Restore { run: RunId(7), bytes, device: DeviceChoice::Cpu };
    let commands = vec![(0, restore.clone()), (20, Command::Predict { file })];
    let (told, _) = tell(commands, Coming::new(), 200);
    assert_eq!(failed(&told), Vec::<&str>::new());
    let steps = preparing(&told);
    assert!(
        steps.iter().any(|(what, _)| what == "Encoded 24 of 30 texts") && steps.iter().any(|(what, _)| what == "Encoded 24 of 50 texts"),
        "{steps:?}"
    );
    let Some(answered) = told
        .iter()
        .find_map(|event| if let Event::Predicted { predictions, .. } = &event.message { Some(predictions.texts.len()) } else { None })
    else {
        panic!("{told:?}")
    };
    assert_eq!(answered, 50);

    // Who asks meanwhile that it goes on is heard when it is there.
    LETTERS.0.lock().expect("no panic").clear();
    let (told, _) = tell(vec![(0, restore), (1, Command::Resume)], Coming::new(), 200);
    assert_eq!(failed(&told), Vec::<&str>::new());
    let prepared = place(&told, |event| matches!(event, Event::Prepared { run: RunId(7), .. })).expect("a run");
    let running = place(&told, |event| matches!(event, Event::Phase { run: RunId(7), phase: Phase::Running })).expect("it goes on");
    assert!(prepared < running, "{told:?}");
}

#[test]
fn a_kept_run_goes_on_when_somebody_asks_for_it_while_its_texts_are_encoded() {
    let _one = ONE_AT_A_TIME.lock();
    let shelf = Shelf::default();
    tell_beside(Some(&shelf), vec![(0, start(1, "kept on", 60)), (30, Command::Pause)], Coming::new(), 200, None);
    // Another process, to which no vectors are left.
    LETTERS.0.lock().expect("no panic").clear();
    shelf.0.borrow_mut().retain(|name, _| !name.starts_with("vectors."));
    let number = shelf.0.borrow().keys().find_map(|name| name.strip_suffix(".about")?.parse().ok()).expect("it is kept");
    let open = Command::OpenKept { run: RunId(5), kept: number, device: DeviceChoice::Cpu, paused: true };
    let (told, _) = tell_beside(Some(&shelf), vec![(1, open), (1, Command::Resume)], Coming::new(), 200, None);
    assert_eq!(failed(&told), Vec::<&str>::new());
    assert!(!preparing(&told).is_empty(), "it waits");
    assert!(place(&told, |event| matches!(event, Event::Phase { run: RunId(5), phase: Phase::Running })).is_some(), "{told:?}");
}

#[test]
fn a_run_whose_encoder_stays_is_not_handed_on() {
    let _one = ONE_AT_A_TIME.lock();
    let export = |format| Command::Export { lane: 0, member: 0, format };
    let commands = vec![(0, start(1, "stays", 20)), (60, export(ExportFormat::Onnx)), (0, export(ExportFormat::Page))];
    let (told, _) = tell(commands, Coming::new(), 200);
    let [graph, page] = failed(&told)[..] else { panic!("{told:?}") };
    assert!(graph.contains("`basin export FILE --format onnx --out model`"), "{graph}");
    assert!(page.contains("below 1 MB") && page.contains("`--format onnx`"), "{page}");
}

#[test]
fn another_start_takes_the_place_of_one_that_waits() {
    let _one = ONE_AT_A_TIME.lock();
    let Command::Start { mut experiment, device, paused, .. } = start(0, "", 1) else { unreachable!("it starts") };
    (experiment.model.kind, experiment.data.source) = (ModelKind::Bag, DataSource::Reviews { examples: 40 });
    let other = Command::Start { run: RunId(2), experiment, files: None, device, paused };
    let (told, _) = tell(vec![(0, start(1, "replaced", 400)), (3, other)], Coming::new(), 300);
    let prepared: Vec<u64> =
        told.iter().filter_map(|event| if let Event::Prepared { run, .. } = event.message { Some(run.0) } else { None }).collect();
    assert_eq!((prepared, failed(&told)), (vec![2], Vec::new()));
}
