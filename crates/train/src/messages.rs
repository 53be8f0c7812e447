//! Tests of the protocol's messages: whatever they hold survives their JSON, and no text makes the trainer panic.
//!
//! Every float of the examples below is the same number `x`, and no field is left to a default: a new field has to be
//! given one, and a float that forgets `any_float` does not come back. `BASIN_FUZZ=1000000 cargo test --release messages`
//! reads so many texts, and carries out one in a hundred of the commands among them.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::data::Format;
use crate::driver::Driver;
use crate::experiment::{
    Base, Columns, DataConfig, DataSource, Experiment, LaneConfig, MethodConfig, ModelConfig, ModelKind, Pair, Rule, Schedule, Tokens,
    TrainingConfig,
};
use crate::keep::Nowhere;
use crate::memory::DataSizes;
use crate::protocol::{
    Command, DeviceChoice, Event, Files, LeftOut, NamedBytes, Phase, RunId, Table, Taken, Ticketed, read_command, read_event,
};
use crate::random::{Purpose, below, stream};
use crate::report::{
    Answer, Budget, KeptRun, Landscape, LaneMeasurement, LaneTrace, Line, Measurement, PathOnPlane, PlaneChoice, Progress, Quantity,
    Reading, SentenceHistory, SentenceTable, Sentences, Sharpness, Side, StepTrace, Summary, TracedExample, Visit,
};
use crate::run::{Compute, LOSABLE};
use crate::trainer;
use crate::trainer::{Host, Rest};

const RUN: RunId = RunId(3);

fn text() -> String {
    "a \"word\", ü\n".to_owned()
}

fn columns() -> Columns {
    Columns { header: true, text: 0, text_b: Some(2), label: 1 }
}

fn experiment(x: f64) -> Experiment {
    let methods = [
        MethodConfig::Sam,
        MethodConfig::DeltaSam { rule: Rule::Head, draws: 1, radius: x },
        MethodConfig::PerInstanceSam,
        MethodConfig::MSam { groups: 2, sorted: true },
        MethodConfig::Asam { eta: x },
        MethodConfig::FSam { sigma: x, lambda: x },
        MethodConfig::RwSam { lambda: x, radius: x },
        MethodConfig::Gsam { alpha: x },
        MethodConfig::FisherSam,
    ];
    let sgd = LaneConfig { learning_rate: Some(x), ..LaneConfig::new(MethodConfig::Sgd) };
    let others = methods.map(|method| LaneConfig { method, rho: x, learning_rate: Some(x) });
    Experiment {
        data: DataConfig {
            source: DataSource::File { name: "a.csv".to_owned() },
            columns: Some(columns()),
            delimiter: Some(';'),
            label_noise: Some(x),
            balance: x,
            train_size: 1,
            test_fraction: x,
            validation: true,
            tokens: Tokens::WordPairs,
            vocabulary: 20,
            max_length: 5,
            seed: u64::MAX,
        },
        model: ModelConfig { kind: ModelKind::Cnn, dim: 4, hidden: 4, pair: Pair::Concat },
        training: TrainingConfig {
            batch: 3,
            epochs: 2,
            base: Base::Momentum,
            learning_rate: x,
            schedule: Schedule::Constant,
            weight_decay: x,
            evaluate_every: 1,
            probe: 2,
            probe_rho: x,
            sharpness_budget: x,
        },
        lanes: std::iter::once(sgd).chain(others).collect(),
        seeds: 2,
        first_seed: 1,
    }
}

fn files() -> Files {
    let file = |name: &str| NamedBytes { name: name.to_owned(), bytes: b"text,label\nhi,a\nyou,b\n".to_vec() };
    Files { train: file("a.csv"), test: Some(file("b.csv")) }
}

/// One command of each kind.
fn commands(x: f64) -> Vec<Command> {
    let start =
        Command::Start { run: RUN, experiment: Box::new(experiment(x)), files: Some(files()), device: DeviceChoice::Gpu, paused: true };
    let all = vec![
        start,
        Command::Inspect { files: files(), columns: Some(columns()), delimiter: Some('\t') },
        Command::Pause,
        Command::Resume,
        Command::Step,
        Command::StepToMeasurement,
        Command::Seek { step: 7 },
        Command::Pace { steps_per_second: Some(x) },
        Command::StopAt { step: Some(9), fall: Some(x) },
        Command::Stop,
        Command::Classify { text: text(), text_b: Some(text()) },
        Command::Save,
        Command::Restore { run: RUN, bytes: vec![0, 255], device: DeviceChoice::Cpu },
        Command::OpenKept { run: RUN, kept: 3, device: DeviceChoice::Cpu, paused: true },
        Command::DeleteKept { kept: 3 },
        Command::MeasureSharpness,
        Command::SharpnessBudget { share: x },
        Command::Trace { member: 1 },
        Command::Sentences,
        Command::SentenceTable { lane: 1 },
        Command::SentenceHistory { example: 1 },
        Command::Landscape { plane: PlaneChoice::Ends { lanes: [0, 1, 2] }, points: 9, member: 1 },
        Command::Landscape { plane: PlaneChoice::Random { seed: 7 }, points: 9, member: 1 },
        Command::Line { from: 0, to: 1, member: 1 },
        Command::Ping,
    ];
    for command in &all {
        // A kind that is missing above is missed here: add it in both places.
        match command {
            Command::Start { .. }
            | Command::Inspect { .. }
            | Command::Pause
            | Command::Resume
            | Command::Step
            | Command::StepToMeasurement
            | Command::Seek { .. }
            | Command::Pace { .. }
            | Command::StopAt { .. }
            | Command::Stop
            | Command::Classify { .. }
            | Command::Save
            | Command::Restore { .. }
            | Command::OpenKept { .. }
            | Command::DeleteKept { .. }
            | Command::MeasureSharpness
            | Command::SharpnessBudget { .. }
            | Command::Trace { .. }
            | Command::Sentences
            | Command::SentenceTable { .. }
            | Command::SentenceHistory { .. }
            | Command::Landscape { .. }
            | Command::Line { .. }
            | Command::Ping => {}
        }
    }
    all
}

fn taken() -> Taken {
    Taken {
        file: text(),
        format: Format::FastText,
        delimiter: Some('§'),
        columns: columns(),
        names: vec![text()],
        rows: 1,
        classes: vec![(text(), 1)],
        left_out: vec![LeftOut { why: text(), rows: 1, lines: vec![2] }],
        notes: vec![text()],
    }
}

fn summary(x: f64) -> Summary {
    Summary {
        experiment: experiment(x),
        data: text(),
        taken: Some(taken()),
        taken_of_test: Some(taken()),
        classes: vec![text()],
        train_counts: vec![1],
        test_counts: vec![1],
        flipped: 1,
        vocabulary: 2,
        weights: 3,
        steps: 4,
        pairs: true,
        sizes: DataSizes { train: 1, ..DataSizes::default() },
        samples: vec![text()],
        device: text(),
        notes: vec![text()],
    }
}

fn measurement(x: f64) -> Measurement {
    let lane = LaneMeasurement {
        gradient_evaluations: x,
        seconds: Some(x),
        train_loss: vec![x, 0.5],
        train_accuracy: vec![x, 0.5],
        test_loss: vec![x, 0.5],
        test_accuracy: vec![x, 0.5],
        gap: vec![x, 0.5],
        gap_held_out: vec![x, 0.5],
        train_accuracy_flipped: vec![x, 0.5],
        train_accuracy_kept: vec![x, 0.5],
        diverged: vec![true, false],
        only_answer: vec![Some(0), None],
    };
    Measurement { step: 1, epoch: x, lanes: vec![lane] }
}

fn sharpness(x: f64) -> Sharpness {
    let quantities = [
        Quantity::Gap { rho: x },
        Quantity::ExampleGap { rho: x },
        Quantity::LargestEigenvalue,
        Quantity::Trace,
        Quantity::AverageRise { sigma: x },
        Quantity::AdaptiveGap { rho: x },
        Quantity::AdaptiveAverageRise { sigma: x },
        Quantity::AlignmentCosine,
        Quantity::AlignmentDistance,
    ];
    let reading = |quantity| Reading { quantity, values: vec![x], errors: vec![x], not_converged: vec![true], gradient_evaluations: x };
    Sharpness { step: 1, side: Side::HeldOut, examples: 2, seconds: x, lanes: vec![quantities.map(reading).to_vec()] }
}

fn trace(x: f64) -> StepTrace {
    let example = TracedExample { example: 1, text: text(), text_b: Some(text()), label: 0, given_label: 1 };
    let lane = LaneTrace {
        diverged: true,
        losses: vec![x],
        losses_up: vec![x],
        losses_after: vec![x],
        p: vec![x],
        norms: vec![x],
        fell_back: true,
        rho: x,
        rate: x,
        gradient_norm: x,
        climb_norm: x,
        descent_norm: x,
        move_norm: x,
        cos_descent: x,
        cos_climb: x,
        cos_move: x,
        climb: [x, x],
        descent: [x, x],
        moved: [x, x],
        ray: vec![[x, x]],
        path: vec![[x, x]],
        gradient_evaluations: x,
    };
    StepTrace { step: 1, member: 0, batch: vec![example], lanes: vec![lane] }
}

fn sentence_table(x: f64) -> SentenceTable {
    SentenceTable {
        lane: 1,
        step: 2,
        loss: vec![x],
        curvature: vec![x],
        weight: vec![x],
        gap: vec![x],
        seen: vec![1],
        weighted_up: vec![1],
        mean_weight: vec![x],
    }
}

fn landscape(x: f64) -> Landscape {
    Landscape {
        plane: text(),
        step: 1,
        xs: vec![x],
        ys: vec![x],
        loss: vec![x],
        accuracy: vec![x],
        paths: vec![PathOnPlane { points: vec![[x, x]], steps: vec![1], outside: vec![x] }],
        start_loss: Some(x),
        examples: 2,
        points_per_second: x,
        more: true,
    }
}

fn kept_run(x: f64) -> KeptRun {
    let (number, turn, slot, lanes, seeds, step, steps, bytes) = (1, 2, 1, 3, 4, 5, 6, 7);
    let (data, setup) = (text(), text());
    KeptRun { number, turn, slot, data, setup, lanes, seeds, step, steps, running: true, at: x, age: x, bytes, elsewhere: true }
}

/// One event of each kind.
fn events(x: f64) -> Vec<Event> {
    let sentences = Sentences { texts: vec![text()], labels: vec![1], given_labels: vec![0], lengths: vec![2], total: 1 };
    let visits = [Some(x), None].map(|perhaps| Visit { step: 1, loss: x, weight: perhaps, gap: perhaps });
    let line = Line { step: 1, from: 0, to: 1, t: vec![x], train_loss: vec![x], test_loss: vec![x], test_accuracy: vec![x] };
    let table = Table { taken: taken(), head: vec![vec![text()]], test: Some(taken()), test_problem: Some(text()) };
    let all = vec![
        Event::Hello { version: 1, library: vec![text()], memory: Some(1) },
        Event::Kept { runs: vec![kept_run(x)], open: Some(1) },
        Event::Opened { run: RUN, kept: Box::new(kept_run(x)), files: Some(files()) },
        Event::Snapshot { run: RUN, bytes: vec![0, 255] },
        Event::Lost { run: RUN, text: text() },
        Event::Table(Box::new(table)),
        Event::Preparing { run: RUN, what: text() },
        Event::Prepared { run: RUN, summary: Box::new(summary(x)) },
        Event::Curves { run: RUN, measurements: vec![measurement(x)], sharpness: vec![sharpness(x)] },
        Event::Measured { run: RUN, measurement: measurement(x) },
        Event::Progress {
            run: RUN,
            progress: Progress { step: 1, steps: 2, first: 0, furthest: 1, taken: 1, steps_per_second: x, seconds: x },
        },
        Event::Phase { run: RUN, phase: Phase::Finished },
        Event::Classified { run: RUN, answers: vec![Answer { probabilities: vec![x], deviations: vec![x] }], known_tokens: (1, 2) },
        Event::Saved { run: RUN, bytes: vec![0, 255] },
        Event::Sharpness { run: RUN, sharpness: sharpness(x), budget: Budget { share: x, training_seconds: x, sharpness_seconds: x } },
        Event::Traced { run: RUN, trace: Box::new(trace(x)) },
        Event::Sentences { run: RUN, sentences: Box::new(sentences) },
        Event::SentenceTable { run: RUN, table: Box::new(sentence_table(x)) },
        Event::SentenceHistory { run: RUN, history: SentenceHistory { example: 1, lanes: vec![visits.to_vec()] } },
        Event::Landscape { run: RUN, landscape: Box::new(landscape(x)) },
        Event::Line { run: RUN, line },
        Event::Moved { run: RUN, device: text() },
        Event::Note { run: RUN, text: text() },
        Event::Failed { run: RUN, text: text() },
        Event::Done,
        Event::Stopped { text: text() },
    ];
    for event in &all {
        // A kind that is missing above is missed here: add it in both places.
        match event {
            Event::Hello { .. }
            | Event::Kept { .. }
            | Event::Opened { .. }
            | Event::Snapshot { .. }
            | Event::Lost { .. }
            | Event::Table(_)
            | Event::Preparing { .. }
            | Event::Prepared { .. }
            | Event::Curves { .. }
            | Event::Measured { .. }
            | Event::Progress { .. }
            | Event::Phase { .. }
            | Event::Classified { .. }
            | Event::Saved { .. }
            | Event::Sharpness { .. }
            | Event::Traced { .. }
            | Event::Sentences { .. }
            | Event::SentenceTable { .. }
            | Event::SentenceHistory { .. }
            | Event::Landscape { .. }
            | Event::Line { .. }
            | Event::Moved { .. }
            | Event::Note { .. }
            | Event::Failed { .. }
            | Event::Done
            | Event::Stopped { .. } => {}
        }
    }
    all
}

/// Through JSON and back; NaN is not equal to itself, but its words are.
fn survives<T: Serialize + DeserializeOwned + std::fmt::Debug>(message: &T) {
    for ticket in [None, Some(u64::MAX)] {
        let message = Ticketed { ticket, message };
        let json = serde_json::to_string(&message).expect("messages are plain data");
        let read: Ticketed<T> = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
        assert_eq!(format!("{read:?}"), format!("{message:?}"));
    }
}

/// Through JSON and back as the same kind; of numbers with 17 digits serde_json may lose the last one.
fn comes_back<T: Serialize + DeserializeOwned>(message: &T) {
    let json = serde_json::to_string(message).expect("messages are plain data");
    let read: T = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
    assert_eq!(std::mem::discriminant(&read), std::mem::discriminant(message));
}

#[test]
fn every_message_survives_its_json_whatever_its_numbers_are() {
    for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, 5e-324, -0.0, 0.1, 3.0] {
        commands(x).iter().for_each(survives);
        events(x).iter().for_each(survives);
    }
}

#[test]
fn a_text_that_is_no_message_is_a_message() {
    let answers = read_command(r#"{"command":"dance","ticket":7,"run":2}"#).expect_err("no command");
    let failed = r#"{"ticket":7,"event":"failed","run":2,"text":"This is no command of Basin: unknown variant `dance`"#;
    assert!(serde_json::to_string(&answers[0]).expect("plain data").starts_with(failed), "{answers:?}");
    assert_eq!(answers[1], Ticketed { ticket: Some(7), message: Event::Done });
    for text in ["", "{", "null", "[]", "{\"ticket\":-1}", "\u{0}"] {
        assert!(read_command(text).is_err_and(|answers| answers[0].ticket.is_none()));
        assert!(matches!(read_event(text).message, Event::Failed { .. }));
    }
}

/// A command of an older script: with numbers that are no longer used, and without a ticket.
#[test]
fn old_commands_are_still_commands() {
    let old = r#"{"command":"landscape","id":0,"plane":{"plane":"ends","lanes":[0,1,2]},"points":11}"#;
    let plane = PlaneChoice::Ends { lanes: [0, 1, 2] };
    assert_eq!(read_command(old), Ok(Command::Landscape { plane, points: 11, member: 0 }.into()));
    let text = "hi".to_owned();
    assert_eq!(read_command(r#"{"command":"classify","id":1,"text":"hi"}"#), Ok(Command::Classify { text, text_b: None }.into()));
}

/// Random choices from one seed.
struct Dice(rand_chacha::ChaCha8Rng);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(stream(seed, Purpose::Noise))
    }

    fn below(&mut self, bound: usize) -> usize {
        below(&mut self.0, bound)
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// Something that may stand where nobody expects it.
    fn anything(&mut self) -> Value {
        match self.below(20) {
            0 => Value::Null,
            1 => json!(true),
            2 => json!(0),
            3 => json!(-1),
            4 => json!(u64::MAX),
            5 => json!(1e308),
            6 => json!(0.5),
            7 => json!(""),
            8 => json!("nan"),
            9 => json!("-inf"),
            10 => json!([]),
            11 => json!({}),
            12 => json!("ü\u{0}\u{202e}😀"),
            13 => json!("x".repeat(3_000)),
            14 => (0..100).fold(json!(1), |inner, _| json!([inner])),
            15 => json!(i64::MIN),
            16 => json!({"plane": "random", "seed": 1}),
            17 => json!(["sgd", "sam:rho=nan"]),
            18 => json!(1),
            _ => json!(2),
        }
    }

    /// Changes one place of a message.
    fn mutate(&mut self, value: &mut Value) {
        let go_on = self.below(4) > 0;
        match value {
            Value::Object(fields) if go_on && !fields.is_empty() => {
                let keys: Vec<String> = fields.keys().cloned().collect();
                let key = self.pick(&keys).clone();
                match self.below(12) {
                    0 => drop(fields.remove(&key)),
                    1 => drop(fields.insert(format!("{key}_"), json!(1))),
                    2 => {
                        let other = self.pick(&keys).clone();
                        let copy = fields[&other].clone();
                        fields.insert(key, copy);
                    }
                    _ => self.mutate(&mut fields[&key]),
                }
            }
            Value::Array(items) if go_on && !items.is_empty() => {
                let place = self.below(items.len());
                match self.below(8) {
                    0 => drop(items.remove(place)),
                    1 => items.push(items[place].clone()),
                    _ => self.mutate(&mut items[place]),
                }
            }
            Value::Number(number) if go_on => {
                let number = number.as_f64().unwrap_or_default();
                *value = match self.below(4) {
                    0 => json!(number + 1.0),
                    1 => json!(-number),
                    2 => json!(number as u64 + 1),
                    _ => json!(number * 1e3),
                };
            }
            value => *value = self.anything(),
        }
    }

    /// A message that is like one of `valid`, as text.
    fn text(&mut self, valid: &[Value]) -> String {
        let mut value = self.pick(valid).clone();
        for _ in 0..self.below(4) {
            self.mutate(&mut value);
        }
        let text = value.to_string();
        if self.below(4) > 0 {
            return text;
        }
        let mut bytes = text.into_bytes();
        for _ in 0..=self.below(3) {
            if bytes.is_empty() {
                break;
            }
            let place = self.below(bytes.len());
            match self.below(3) {
                0 => bytes[place] = self.below(256) as u8,
                1 => bytes.truncate(place),
                _ => bytes.insert(place, *self.pick(b"{}[],:\"0-e")),
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn values<T: Serialize>(messages: Vec<T>) -> Vec<Value> {
    messages.into_iter().map(|message| serde_json::to_value(Ticketed { ticket: Some(1), message }).expect("plain data")).collect()
}

/// How many texts are read: `BASIN_FUZZ`, or so many that it takes a moment.
fn rounds() -> u64 {
    std::env::var("BASIN_FUZZ").ok().and_then(|count| count.parse().ok()).unwrap_or(20_000)
}

#[test]
fn no_text_makes_a_reader_panic() {
    let (commands, events) = (values(commands(0.25)), values(events(f64::NAN)));
    let (mut read, mut refused) = (0, 0);
    for seed in 0..rounds() {
        let mut dice = Dice::new(seed);
        let text = dice.text(if seed % 2 == 0 { &commands } else { &events });
        match read_command(&text) {
            Ok(command) => {
                read += 1;
                comes_back(&command.message);
            }
            Err(_) => refused += 1,
        }
        comes_back(&read_event(&text).message);
    }
    println!("{read} commands, {refused} refused");
    assert!(read > 0 && refused > 0, "{read} read, {refused} refused");
}

/// A host that hands out commands one by one, and whose clock goes on by some milliseconds with every look.
struct Script {
    commands: VecDeque<Ticketed<Command>>,
    /// Commands are left out every other time, so that the run has its turn.
    rests: bool,
    /// Turns that the run has after the last command.
    turns: usize,
    told: Rc<RefCell<Vec<Ticketed<Event>>>>,
}

impl Host for Script {
    fn poll(&mut self) -> Option<Ticketed<Command>> {
        self.rests = !self.rests;
        if self.rests { None } else { self.commands.pop_front() }
    }

    fn emit(&mut self, event: Ticketed<Event>) {
        self.told.borrow_mut().push(event);
    }

    fn clock(&self) -> Box<dyn Fn() -> f64> {
        let time = Cell::new(0.0);
        Box::new(move || {
            time.set(time.get() + 0.01);
            time.get()
        })
    }

    async fn give_turn(&mut self, _rest: Rest) {
        if self.commands.is_empty() {
            match self.turns.checked_sub(1) {
                Some(left) => self.turns = left,
                None => std::future::pending::<()>().await,
            }
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

/// Hands commands to a trainer, and lets it train for some turns after the last; what it told.
fn tell(commands: Vec<Ticketed<Command>>, turns: usize) -> Vec<Ticketed<Event>> {
    let told = Rc::new(RefCell::new(Vec::new()));
    let host = Script { commands: commands.into(), rests: true, turns, told: Rc::clone(&told) };
    let mut trainer = pin!(trainer::run(host, None::<Nowhere>));
    assert!(matches!(trainer.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
    told.take()
}

/// A start of a small run.
fn small(seeds: usize) -> Command {
    let mut experiment = Experiment { seeds, ..Experiment::default() };
    experiment.data.source = DataSource::Reviews { examples: 40 };
    (experiment.model.dim, experiment.model.hidden) = (4, 4);
    (experiment.training.epochs, experiment.training.batch, experiment.training.probe) = (2, 8, 4);
    Command::Start { run: RUN, experiment: Box::new(experiment), files: None, device: DeviceChoice::Cpu, paused: false }
}

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
        Command::Start { experiment, device, .. } => {
            *device = DeviceChoice::Cpu;
            let Experiment { data, model, training, lanes, seeds, .. } = &mut **experiment;
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
        Command::Restore { device, .. } | Command::OpenKept { device, .. } => *device = DeviceChoice::Cpu,
        Command::Landscape { points, .. } if (6..=101).contains(points) => *points = 5,
        _ => {}
    }
    command
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
    all.retain(|command| !matches!(command, Command::Start { .. } | Command::Restore { .. }));
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

/// What was told, without progress and measurements.
fn story(told: &[Ticketed<Event>]) -> Vec<String> {
    let shown = told.iter().filter_map(|Ticketed { ticket, message }| {
        let words = match message {
            Event::Prepared { run, .. } => format!("prepared {}", run.0),
            Event::Phase { run, phase } => format!("{phase:?} {}", run.0).to_lowercase(),
            Event::Failed { run, .. } => format!("failed {}", run.0),
            Event::Lost { run, .. } => format!("lost {}", run.0),
            Event::Done => format!("done {}", ticket.expect("a request")),
            _ => return None,
        };
        Some(words)
    });
    shown.collect()
}

fn asked(commands: Vec<Command>) -> Vec<Ticketed<Command>> {
    (1..).zip(commands).map(|(ticket, message)| Ticketed { ticket: Some(ticket), message }).collect()
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

/// A host under whom the GPU is lost before its third command.
struct Losing {
    script: Script,
    polled: usize,
}

impl Host for Losing {
    fn poll(&mut self) -> Option<Ticketed<Command>> {
        let command = self.script.poll();
        self.polled += usize::from(command.is_some());
        if self.polled == 3
            && let Some(device) = LOSABLE.get()
        {
            device.destroy();
        }
        command
    }

    fn emit(&mut self, event: Ticketed<Event>) {
        self.script.emit(event);
    }

    fn clock(&self) -> Box<dyn Fn() -> f64> {
        self.script.clock()
    }

    async fn give_turn(&mut self, rest: Rest) {
        self.script.give_turn(rest).await;
    }

    fn memory(&self) -> Option<u64> {
        self.script.memory()
    }

    fn library(&self) -> Vec<String> {
        self.script.library()
    }

    fn read_library(&mut self, name: &str) -> Result<Files, String> {
        self.script.read_library(name)
    }
}

/// Mesa's software GPU is enough. It is lost for a whole process, so the test starts itself in one of its own.
#[test]
fn a_lost_gpu_ends_its_run_and_not_the_trainer() {
    const OWN: &str = "BASIN_LOSES_ITS_GPU";
    if std::env::var_os(OWN).is_none() {
        let this = std::env::current_exe().expect("this test is a program");
        let name = "messages::a_lost_gpu_ends_its_run_and_not_the_trainer";
        let output = std::process::Command::new(this).args(["--exact", name, "--nocapture"]).env(OWN, "1").output();
        let output = output.expect("a test can be started");
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && told.contains("1 passed"), "{told}{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let on = |run: u64, choice: DeviceChoice| {
        let Command::Start { experiment, files, paused: _, .. } = small(1) else { unreachable!("it starts") };
        Command::Start { run: RunId(run), experiment, files, device: choice, paused: true }
    };
    let (gpu, cpu) = (DeviceChoice::Gpu, DeviceChoice::Cpu);
    let commands = asked(vec![on(3, gpu), Command::Step, Command::Step, on(4, gpu), on(5, cpu), Command::Step]);
    let told = Rc::new(RefCell::new(Vec::new()));
    let script = Script { commands: commands.into(), rests: true, turns: 0, told: Rc::clone(&told) };
    let mut trainer = pin!(trainer::run(Losing { script, polled: 0 }, None::<Nowhere>));
    // The GPU answers from another thread.
    let since = std::time::Instant::now();
    while told.borrow().last().is_none_or(|event: &Ticketed<Event>| event.ticket != Some(6) || event.message != Event::Done) {
        assert!(trainer.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert!(since.elapsed().as_secs() < 120, "{:?}", story(&told.borrow()));
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let told = told.take();
    let expected = [
        "preparing 3",
        "prepared 3",
        "paused 3",
        "done 1",
        "paused 3",
        "done 2",
        "lost 3",
        "idle 3",
        "done 3",
        "failed 4",
        "done 4",
        "preparing 5",
        "prepared 5",
        "paused 5",
        "done 5",
        "paused 5",
        "done 6",
    ];
    assert_eq!(story(&told), expected);
    let failures: Vec<&str> = told
        .iter()
        .filter_map(|event| match &event.message {
            Event::Failed { text, .. } | Event::Lost { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert!(failures[0].starts_with("The GPU was lost (") && failures[0].ends_with(")."), "{failures:?}");
    assert!(failures[1].starts_with("the GPU was lost (") && failures[1].ends_with("choose the CPU"), "{failures:?}");
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
