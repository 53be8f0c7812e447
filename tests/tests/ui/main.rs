//! The app, driven by label through a scripted trainer: no thread, no weights, no clock.
//!
//! `BASIN_SCREENSHOTS=folder cargo test --release -p basin-tests --test ui` also writes images of every layout.

mod access;
mod course;
mod faults;
mod flattening;
mod instrument;
mod judge;
mod kept;
mod links;
mod presenting;
mod sentence;
mod sweep;
mod time;
mod touch;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use basin_app::link::TrainerLink;
use basin_app::shell::{self, Platform, Shell};
use basin_app::{App, FileRequest, Opening};
use basin_train::cores::Cores;
use basin_train::data::Format;
use basin_train::experiment::{Base, Columns, DataSource, Experiment, LaneConfig, MethodConfig, ModelKind, Rule, presets};
use basin_train::memory::DataSizes;
use basin_train::protocol::{Command, DeviceChoice, Event, LeftOut, NamedBytes, Phase, RunId, Table, Taken, Ticketed, VERSION};
use basin_train::report::{Answer, ExportFormat, LaneMeasurement, Measurement, Progress, Summary};
use egui::{DroppedFileHandle, Key, Theme, ThemePreference, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

/// What was sent, and what will be said.
#[derive(Default)]
struct Script {
    sent: Vec<Command>,
    /// Commands whose tickets are still open.
    open: Vec<(u64, Command)>,
    events: VecDeque<Ticketed<Event>>,
    silent_seconds: f64,
    replaced: usize,
}

impl Script {
    /// Says something as the trainer would: with the ticket of the command that it answers, which it closes.
    fn say(&mut self, event: Event) {
        let place = self.open.iter().rposition(|(_, command)| answers(&event, command));
        let ticket = place.map(|place| self.open[place].0);
        let last = !matches!(&event, Event::Landscape { landscape, .. } if landscape.more);
        self.events.push_back(Ticketed { ticket, message: event });
        if let Some(place) = place.filter(|_| last) {
            self.events.push_back(Ticketed { ticket, message: Event::Done });
            self.open.remove(place);
        }
    }
}

/// Whether an event is what a command asked for.
fn answers(event: &Event, command: &Command) -> bool {
    match (event, command) {
        (
            Event::Prepared { run, .. },
            Command::Start { run: asked, .. } | Command::Restore { run: asked, .. } | Command::OpenKept { run: asked, .. },
        ) => run == asked,
        (Event::Table(_), Command::Inspect { .. })
        | (Event::Classified { .. }, Command::Classify { .. })
        | (Event::Saved { .. }, Command::Save)
        | (Event::Exported { .. }, Command::Export { .. })
        | (Event::Sharpness { .. }, Command::MeasureSharpness)
        | (Event::Traced { .. }, Command::Trace { .. })
        | (Event::Sentences { .. }, Command::Sentences)
        | (Event::SentenceTable { .. }, Command::SentenceTable { .. })
        | (Event::SentenceHistory { .. }, Command::SentenceHistory { .. })
        | (Event::Judged { .. }, Command::Judge)
        | (Event::JudgedCell { .. }, Command::JudgedCell { .. })
        | (Event::Predicted { .. }, Command::Predict { .. })
        | (Event::Landscape { .. }, Command::Landscape { .. })
        | (Event::Line { .. }, Command::Line { .. }) => true,
        _ => false,
    }
}

/// The trainer of these tests.
#[derive(Clone, Default)]
struct Scripted(Rc<RefCell<Script>>);

impl TrainerLink for Scripted {
    fn send(&mut self, command: Ticketed<Command>) {
        let mut script = self.0.borrow_mut();
        script.sent.push(command.message.clone());
        script.open.extend(command.ticket.map(|ticket| (ticket, command.message)));
    }

    fn poll(&mut self) -> Option<Ticketed<Event>> {
        self.0.borrow_mut().events.pop_front()
    }

    fn silent_seconds(&self) -> f64 {
        self.0.borrow().silent_seconds
    }

    fn replace(&mut self) {
        self.0.borrow_mut().replaced += 1;
    }
}

/// The platform of these tests: it reads what is dropped, and else only says what it was asked for.
#[derive(Default)]
struct Asked {
    files: VecDeque<FileRequest>,
    /// The files that were dropped, with the bytes that they may have.
    dropped: Vec<(String, u64)>,
    copied: Vec<String>,
    /// Whether nothing can be written to the clipboard.
    no_clipboard: bool,
    kept: Vec<String>,
    /// Whether there is no room for settings.
    full: bool,
    /// The kept runs that were shown.
    shown: Vec<u64>,
    /// How often another version was to come.
    renewed: usize,
    /// Whether digits were asked for, each time that changed.
    digits: Vec<bool>,
    fetched: Vec<String>,
    addresses: Vec<String>,
}

impl Platform for Asked {
    const MOST_BYTES: u64 = 1_000;

    const MOST_BYTES_OF_A_RUN: u64 = u64::MAX;

    fn open(&mut self, answer: shell::Answer) {
        self.files.push_back(answer.request);
    }

    fn read(&mut self, file: DroppedFileHandle, name: String, answer: shell::Answer) {
        self.dropped.push((name.clone(), answer.most));
        answer.tell(file.bytes().map(|bytes| NamedBytes { name, bytes }));
    }

    fn save(&mut self, name: String, bytes: Vec<u8>, _answer: shell::Answer) {
        self.files.push_back(FileRequest::Save { name, bytes });
    }

    fn copy(&mut self, text: String, _ctx: &egui::Context, copied: shell::Copied) {
        self.copied.push(text);
        copied.tell(!self.no_clipboard);
    }

    fn fetch(&mut self, address: String, _answer: shell::Answer) {
        self.fetched.push(address);
    }

    fn address(&mut self, link: &str) {
        self.addresses.push(link.to_owned());
    }

    fn digits(&mut self, digits: bool) {
        self.digits.push(digits);
    }

    fn keep(&mut self, settings: String) -> Result<(), String> {
        self.kept.push(settings);
        if self.full { Err("the storage is full".to_owned()) } else { Ok(()) }
    }

    fn shows_run(&mut self, kept: u64) {
        self.shown.push(kept);
    }

    fn renew(&mut self) {
        self.renewed += 1;
    }
}

/// The app as a window holds it: without the margin that the harness puts around a bare ui.
struct Window(Shell<Asked>);

impl eframe::App for Window {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.0.logic(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.0.ui(ui);
    }
}

/// A window on a scripted trainer.
struct Bench {
    script: Scripted,
    harness: Harness<'static, Window>,
}

const DESKTOP: egui::Vec2 = vec2(1440.0, 900.0);
const TABLET: egui::Vec2 = vec2(1024.0, 768.0);
const PHONE: egui::Vec2 = vec2(390.0, 844.0);

impl Bench {
    fn open(size: egui::Vec2, saved: Option<&str>, opening: Opening) -> Self {
        let script = Scripted::default();
        let app = App::new(Box::new(script.clone()), saved, opening);
        let harness = Harness::builder().with_size(size).with_max_steps(16).build_eframe(|_| Window(Shell::new(app, Asked::default())));
        Self { script, harness }
    }

    /// A window whose trainer is up: the run of the last session, the default experiment, is started.
    fn greeted(size: egui::Vec2) -> Self {
        Self::visited(size, Some(r#"{"experiment":{}}"#))
    }

    /// The same for somebody who has never been here.
    fn first_visit(size: egui::Vec2) -> Self {
        Self::visited(size, None)
    }

    fn visited(size: egui::Vec2, saved: Option<&str>) -> Self {
        let mut bench = Self::open(size, saved, Opening::default());
        bench.say([hello()]);
        bench
    }

    fn app(&self) -> &App {
        self.harness.state().0.app()
    }

    fn app_mut(&mut self) -> &mut App {
        self.harness.state_mut().0.app_mut()
    }

    /// What the platform was asked for.
    fn asked(&mut self) -> &mut Asked {
        self.harness.state_mut().0.platform_mut()
    }

    fn say(&mut self, events: impl IntoIterator<Item = Event>) {
        events.into_iter().for_each(|event| self.script.0.borrow_mut().say(event));
        self.harness.run();
    }

    /// Says something that answers a question which nobody waits for any more.
    fn say_late(&mut self, message: Event) {
        self.script.0.borrow_mut().events.push_back(Ticketed { ticket: Some(u64::MAX), message });
        self.harness.run();
    }

    /// Fails the last command of those that are still open.
    fn fail(&mut self, text: &str) {
        {
            let mut script = self.script.0.borrow_mut();
            let (ticket, command) = script.open.pop().expect("a command that can fail");
            let run = match command {
                Command::Start { run, .. } | Command::Restore { run, .. } | Command::OpenKept { run, .. } => run,
                _ => RunId(1),
            };
            let failed = Event::Failed { run, text: text.to_owned() };
            script.events.extend([failed, Event::Done].map(|message| Ticketed { ticket: Some(ticket), message }));
        }
        self.harness.run();
    }

    /// Writes a list of texts and has it answered.
    fn ask_list(&mut self, texts: &str) {
        self.click("Many texts");
        self.harness.get_by_label("List of texts").focus();
        self.harness.run();
        self.harness.get_by_label("List of texts").type_text(texts);
        self.harness.run();
        self.click("Answer the list");
    }

    /// Says what becomes of the command that the last one has stopped.
    fn leave_off(&mut self, text: &str) {
        {
            let mut script = self.script.0.borrow_mut();
            let (stop, _) = script.open.pop().expect("what stops it");
            let (ticket, command) = script.open.pop().expect("a command on its way");
            let run = match command {
                Command::Start { run, .. } | Command::Restore { run, .. } | Command::OpenKept { run, .. } => run,
                _ => RunId(1),
            };
            let left_off = Event::LeftOff { run, text: text.to_owned() };
            let said = [(ticket, left_off), (ticket, Event::Done), (stop, Event::Done)];
            script.events.extend(said.map(|(ticket, message)| Ticketed { ticket: Some(ticket), message }));
        }
        self.harness.run();
    }

    /// Answers the oldest open command of a kind with nothing more than that it is done.
    fn close(&mut self, of_kind: impl Fn(&Command) -> bool) {
        {
            let mut script = self.script.0.borrow_mut();
            let place = script.open.iter().position(|(_, command)| of_kind(command)).expect("it was asked for");
            let (ticket, _) = script.open.remove(place);
            script.events.push_back(Ticketed { ticket: Some(ticket), message: Event::Done });
        }
        self.harness.run();
    }

    /// The notices on the screen.
    fn notices(&self) -> Vec<String> {
        self.app().state().messages.notices().iter().map(|notice| notice.text.clone()).collect()
    }

    fn click(&mut self, label: &str) {
        self.harness.get_by_label(label).click();
        self.harness.run();
    }

    /// Scrolls to what has this label, and clicks it.
    fn reach(&mut self, label: &str) {
        self.harness.get_by_label(label).scroll_to_me();
        self.harness.run();
        self.click(label);
    }

    /// Clicks the last of several with this label: what lies on top, such as an entry of an open list.
    fn click_last(&mut self, label: &str) {
        self.harness.get_all_by_label(label).last().expect("at least one").click();
        self.harness.run();
    }

    /// Lets more time pass than there is between the letters of a sentence.
    fn pause(&mut self) {
        self.harness.run_steps(8);
    }

    fn press(&mut self, key: Key) {
        self.harness.key_press(key);
        self.harness.run();
    }

    /// What was sent since the last look.
    fn sent(&self) -> Vec<Command> {
        std::mem::take(&mut self.script.0.borrow_mut().sent)
    }

    /// The experiment of the only command sent, which starts it.
    fn started(&self) -> (RunId, Experiment) {
        match self.sent().as_slice() {
            [Command::Start { run, experiment, .. }] => (*run, (**experiment).clone()),
            other => panic!("expected one start, found {other:?}"),
        }
    }

    fn sees(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }
}

fn hello() -> Event {
    Event::Hello {
        version: VERSION,
        library: vec!["mr".to_owned(), "subj".to_owned()],
        memory: Some(4_000_000_000),
        cores: Cores { there: 4, advised: 3 },
        encoder: None,
    }
}

fn phase(run: u64, phase: Phase) -> Event {
    Event::Phase { run: RunId(run), phase }
}

const CLASSES: [&str; 6] = ["billing", "delivery", "account", "returns", "technical", "feedback"];

fn summary(experiment: &Experiment) -> Summary {
    Summary {
        experiment: experiment.clone(),
        data: "Help desk".to_owned(),
        taken: None,
        taken_of_test: None,
        classes: CLASSES.map(str::to_owned).to_vec(),
        train_counts: vec![70; 6],
        test_counts: vec![30; 6],
        flipped: 84,
        vocabulary: 1_804,
        weights: 124_550,
        steps: 390,
        pairs: false,
        sizes: DataSizes::default(),
        samples: vec![
            "My parcel was supposed to arrive on Tuesday and the tracking page has not moved since".to_owned(),
            "I was charged twice for the same month, could you refund one of them please?".to_owned(),
            "The app closes itself whenever I open the camera".to_owned(),
        ],
        sample_labels: vec![1, 0, 4],
        test_print: None,
        encoder: None,
        device: "CPU (flex, 4 threads)".to_owned(),
        notes: vec!["84 of 420 training labels were flipped.".to_owned()],
    }
}

fn prepared(run: u64, experiment: &Experiment) -> [Event; 2] {
    [Event::Prepared { run: RunId(run), summary: Box::new(summary(experiment)) }, phase(run, Phase::Running)]
}

/// A measurement in which lane l, member m has test accuracy `0.5 + 0.01·l + 0.002·m`.
fn measured(run: u64, step: usize, lanes: usize, members: usize) -> Event {
    let lane = |l: usize| {
        let values = |base: f64| (0..members).map(|m| base + 0.01 * l as f64 + 0.002 * m as f64).collect::<Vec<f64>>();
        LaneMeasurement {
            gradient_evaluations: step as f64 * [1.0, 2.0, 8.0 / 3.0][l.min(2)],
            seconds: Some(step as f64 * 0.01),
            train_loss: values(0.9),
            train_accuracy: values(0.6),
            test_loss: values(1.2),
            test_accuracy: values(0.5),
            gap: values(0.05),
            gap_held_out: values(0.06),
            train_accuracy_flipped: values(0.4),
            train_accuracy_kept: values(0.7),
            diverged: vec![false; members],
            only_answer: vec![None; members],
        }
    };
    Event::Measured { run: RunId(run), measurement: Measurement { step, epoch: step as f64 / 13.0, lanes: (0..lanes).map(lane).collect() } }
}

#[test]
fn a_first_visit_starts_with_the_films() {
    let mut bench = Bench::open(DESKTOP, None, Opening::default());
    bench.harness.run();
    assert_eq!(bench.sent(), [], "nothing is sent before the trainer is up");
    assert!(bench.sees("Waiting for the trainer"));
    bench.say([hello()]);
    let (run, experiment) = bench.started();
    assert_eq!((run, experiment), (RunId(1), presets::start()));
    assert!(bench.sees("30 % of the training labels are made wrong"));
}

#[test]
fn a_returning_visitor_finds_what_he_left() {
    let mut left = Bench::first_visit(DESKTOP);
    left.click("Remove SAM");
    let settings = left.app().settings().clone();
    let bench = Bench::visited(DESKTOP, Some(&settings.json()));
    assert_eq!((bench.started().1, settings.experiment.lanes.len()), (settings.experiment, 3));
}

#[test]
fn a_first_visit_has_doors_until_it_goes_through_one() {
    for size in [DESKTOP, TABLET, PHONE] {
        let mut bench = Bench::first_visit(size);
        assert!(bench.sees("Welcome to Basin"));
        for door in ["Take the course", "Just play", "Your own data"] {
            let rect = bench.harness.get_by_label(door).rect();
            assert!(rect.min.x >= 0.0 && rect.max.x <= size.x && rect.height() >= 32.0, "{door} at {size}: {rect}");
        }
        // They stay until one is chosen, also over a reload.
        let saved = bench.app().settings().json();
        assert!(Bench::visited(size, Some(&saved)).sees("Welcome to Basin"));
        bench.harness.get_by_label("Your own data").focus();
        bench.press(Key::Enter);
        assert_eq!(bench.asked().files.pop_front(), Some(FileRequest::Train));
        let saved = bench.app().settings().json();
        assert!(!bench.sees("Welcome to Basin") && !Bench::visited(size, Some(&saved)).sees("Welcome to Basin"));
    }
    let mut bench = Bench::first_visit(DESKTOP);
    bench.click("Take the course");
    assert!(!bench.sees("Welcome to Basin") && bench.app().settings().course.shown);
    let mut bench = Bench::first_visit(DESKTOP);
    bench.press(Key::Escape);
    assert!(!bench.sees("Welcome to Basin") && bench.asked().files.is_empty());
}

#[test]
fn what_was_tuned_for_the_films_stays_with_them() {
    let mut bench = Bench::first_visit(DESKTOP);
    bench.app_mut().file_opened(&FileRequest::Train, "tickets.csv".to_owned(), b"text,label\nhi,a\n".to_vec());
    let mut expected = Experiment::default();
    expected.data.source = DataSource::File { name: "tickets.csv".to_owned() };
    assert_eq!(bench.app().settings().experiment, expected);
    assert!(bench.app().state().messages.list().iter().any(|said| said.text.contains("were tuned for the film reviews")));
    // Who has set something up keeps it.
    let mut bench = Bench::first_visit(DESKTOP);
    bench.click("Remove SAM");
    bench.app_mut().file_opened(&FileRequest::Train, "tickets.csv".to_owned(), b"text,label\nhi,a\n".to_vec());
    assert_eq!(bench.app().settings().experiment.lanes.len(), 3);
}

/// On a phone the lines of the help once began outside the screen.
#[test]
fn the_help_lies_on_the_screen() {
    for size in [DESKTOP, TABLET, PHONE] {
        let mut bench = Bench::greeted(size);
        bench.click("Help");
        let rect = bench.harness.get_by_label("What is shown here").rect();
        assert!(rect.min.x >= 0.0 && rect.max.x <= size.x, "at {size}: {rect}");
    }
}

#[test]
fn who_comes_with_a_purpose_meets_no_doors() {
    let link = basin_train::experiment::link::encode(&Experiment::default());
    let openings = [
        Opening { link: Some(link), ..Opening::default() },
        Opening { experiment: Some(Experiment::default()), ..Opening::default() },
        Opening { paused: true, ..Opening::default() },
    ];
    for opening in openings {
        let mut bench = Bench::open(DESKTOP, None, opening);
        bench.say([hello()]);
        assert!(!bench.sees("Welcome to Basin"));
    }
    assert!(!Bench::greeted(DESKTOP).sees("Welcome to Basin"), "settings exist");
    let mut bench = Bench::first_visit(DESKTOP);
    bench.app_mut().send_json(r#"{"command":"pause"}"#).expect("a command");
    bench.harness.run();
    assert!(!bench.sees("Welcome to Basin"));
}

#[test]
fn sgd_says_on_which_optimizer_it_runs() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    assert!(bench.sees("SGD (AdamW)"));
    let mut plain = Experiment::default();
    plain.training.base = Base::Sgd;
    bench.app_mut().send_json(&serde_json::json!({ "command": "start", "experiment": plain }).to_string()).expect("a command");
    bench.say(prepared(2, &plain));
    assert!(bench.sees("SGD") && !bench.sees("SGD (AdamW)"));
}

/// The sentence beside the gaps says why they disagree, where they do and the loss is the reason.
#[test]
fn the_two_gaps_are_explained_where_they_disagree() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    let Event::Measured { run, measurement } = measured(1, 10, 3, 4) else { unreachable!("a measurement") };
    bench.say([Event::Measured { run, measurement: measurement.clone() }]);
    assert!(bench.sees("Thin: training examples.") && !bench.sees("They disagree"), "SGD has the smallest gap on both sides");
    let mut later = measurement.clone();
    later.step = 20;
    later.lanes[0].gap_held_out = vec![0.2; 4];
    later.lanes[0].train_loss = vec![0.002; 4];
    bench.say([Event::Measured { run, measurement: later }]);
    assert!(bench.sees("They disagree: SGD has fitted the training examples (loss 0.0020, SAM 0.913)"));
    let mut last = measurement;
    last.step = 30;
    last.lanes[0].gap_held_out = vec![0.2; 4];
    last.lanes[0].train_loss = vec![2.0; 4];
    bench.say([Event::Measured { run, measurement: last }]);
    assert!(!bench.sees("They disagree"), "its loss is not the reason");
}

#[test]
fn the_shell_can_ask_to_wait() {
    let mut bench = Bench::open(DESKTOP, None, Opening { paused: true, ..Opening::default() });
    bench.say([hello()]);
    assert!(matches!(bench.sent()[..], [Command::Start { paused: true, .. }]));
}

/// Whoever asks for a run before the trainer is up, a script or a file dropped early, gets that run and no other.
#[test]
fn what_is_asked_for_before_the_hello_is_not_replaced() {
    let mut bench = Bench::open(DESKTOP, None, Opening::default());
    bench.app_mut().send_json(r#"{"command":"start","experiment":{"seeds":2}}"#).expect("a command");
    bench.say([hello()]);
    let (run, experiment) = bench.started();
    assert_eq!((run, experiment.seeds), (RunId(1), 2));
    bench.say(prepared(1, &experiment));
    assert_eq!(bench.app().state_json()["phase"], "running", "the hello did not make its answer late");

    let mut bench = Bench::open(DESKTOP, None, Opening::default());
    bench.app_mut().send_json(r#"{"command":"restore","bytes":"AQID"}"#).expect("a command");
    bench.say([hello()]);
    assert!(matches!(bench.sent()[..], [Command::Restore { run: RunId(1), .. }]));
}

#[test]
fn another_version_of_the_protocol_starts_nothing() {
    let mut bench = Bench::open(DESKTOP, None, Opening::default());
    bench.say([Event::Hello { version: VERSION + 1, library: Vec::new(), memory: None, cores: Cores::default(), encoder: None }]);
    assert_eq!(bench.sent(), []);
    assert!(bench.sees("reload the page"));
}

#[test]
fn run_controls_send_their_commands() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.sent();
    bench.say(prepared(1, &Experiment::default()));
    bench.click("Pause");
    bench.say([phase(1, Phase::Paused)]);
    bench.click("Step");
    bench.click("Resume");
    bench.click("Stop");
    assert_eq!(bench.sent(), [Command::Pause, Command::Step, Command::Resume, Command::Stop]);
    bench.say([phase(1, Phase::Idle)]);
    bench.click("Train");
    assert_eq!(bench.started().0, RunId(2));
}

#[test]
fn keys_work_but_not_while_writing() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.sent();
    bench.say(prepared(1, &Experiment::default()));
    bench.press(Key::Space);
    bench.press(Key::S);
    assert_eq!(bench.sent(), [Command::Pause, Command::Step]);
    bench.pause();
    bench.press(Key::R);
    assert_eq!(bench.started().0, RunId(2));
    bench.say(prepared(2, &Experiment::default()));

    let field = bench.harness.get_by_label("Sentence");
    field.focus();
    bench.harness.run();
    bench.harness.get_by_label("Sentence").type_text("so r");
    bench.press(Key::Space);
    bench.press(Key::S);
    bench.press(Key::R);
    assert_eq!(bench.sent(), []);
}

#[test]
fn the_question_mark_opens_the_help() {
    let mut bench = Bench::greeted(DESKTOP);
    assert!(!bench.sees("What is shown here"));
    bench.harness.event(egui::Event::Text("?".to_owned()));
    bench.harness.run();
    assert!(bench.sees("What is shown here") && bench.sees("one look at the end that was planned"));
}

#[test]
fn a_lane_that_is_added_runs_after_restart_only() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.sent();
    bench.say(prepared(1, &Experiment::default()));
    assert!(!bench.sees("changed: press Restart"));
    bench.click("Add lane");
    bench.click("Placebo");
    assert_eq!(bench.sent(), [], "an edit does nothing to the running run");
    assert!(bench.sees("changed: press Restart"));
    bench.click("Restart");
    let (run, experiment) = bench.started();
    assert_eq!(run, RunId(2));
    let expected = [LaneConfig::three(), vec![LaneConfig::new(MethodConfig::delta_sam(Rule::Random))]].concat();
    assert_eq!(experiment.lanes, expected);
    assert!(!bench.sees("changed: press Restart"));
}

#[test]
fn lanes_go_and_presets_come() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.sent();
    bench.click("Remove SAM");
    bench.click("Restart");
    assert_eq!(bench.started().1.lanes.len(), 2);
    bench.click("Presets");
    bench.click("with placebo");
    bench.click("Restart");
    let words: Vec<String> = bench.started().1.lanes.iter().map(LaneConfig::title).collect();
    assert_eq!(words, ["SGD", "SAM", "δ-SAM noise", "placebo (random weights)"]);
    bench.click("Presets");
    bench.click("what SAM changes");
    bench.click("Restart");
    let words: Vec<String> = bench.started().1.lanes.iter().map(LaneConfig::title).collect();
    assert_eq!(words, ["SGD", "SAM", "L-SAM", "J-SAM"]);
}

#[test]
fn text_regularisers_have_their_own_knobs_and_r_drop_asks_for_dropout() {
    let saved = r#"{"experiment":{"lanes":["sgd","r-drop","free-lb"]}}"#;
    let mut bench = Bench::visited(DESKTOP, Some(saved));
    let needs = "R-Drop needs dropout, and there is none";
    assert!(bench.sees(needs) && bench.sees("ρ of FreeLB") && !bench.sees("ρ of R-Drop"));
    bench.click("More of FreeLB");
    assert!(bench.sees("Begin of FreeLB") && !bench.sees("Climb loss of FreeLB"), "its climb is not among the weights");
    assert!(bench.sees("free-lb:passes=3:stride=0.5:rho="), "the lane in the words of the command line");
    let with = r#"{"experiment":{"lanes":["sgd","r-drop"],"model":{"dropout":0.1}}}"#;
    assert!(!Bench::visited(DESKTOP, Some(with)).sees(needs));
}

#[test]
fn a_climb_goes_up_on_another_loss() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.sent();
    bench.click("More of SAM");
    assert!(bench.sees("sam:rho="), "the lane in the words of the command line");
    bench.click("Climb loss of SAM");
    bench.click_last("error (1 − probability)");
    bench.click("Restart");
    let lane = &bench.started().1.lanes[1];
    assert_eq!(lane.to_string(), format!("sam:rho={}:climb-loss=error", lane.rho));
    assert!(bench.sees("Method of SAM on error"));
}

#[test]
fn a_failure_is_shown_until_it_is_dismissed() {
    let mut bench = Bench::greeted(DESKTOP);
    let text = "tickets.csv, line 7: the quote is not closed: add a closing quote";
    bench.fail(text);
    assert!(bench.harness.query_by_label(text).is_some());
    bench.click("Dismiss");
    assert!(bench.harness.query_by_label("Dismiss").is_none());
    assert_eq!(bench.app().state_json()["messages"][0]["text"], text);
}

#[test]
fn events_of_an_old_run_are_dropped() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    bench.say([measured(1, 10, 3, 4)]);
    bench.click("Restart");
    assert_eq!(bench.app().state_json()["phase"], "preparing");
    bench.say(prepared(2, &Experiment::default()));
    bench.say([measured(1, 20, 3, 4), phase(1, Phase::Finished)]);
    bench.say_late(Event::Failed { run: RunId(1), text: "from the past".to_owned() });
    let json = bench.app().state_json();
    assert_eq!((&json["run"], &json["phase"], &json["measurements"]), (&2.into(), &"running".into(), &0.into()));
    assert!(bench.notices().is_empty() && json["messages"].to_string().contains("from the past"), "listed, but not in the way");
}

#[test]
fn charts_show_nothing_before_the_first_measurement() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say([Event::Preparing { run: RunId(1), what: "reading the data".to_owned(), share: None }]);
    assert!(bench.harness.query_by_label_contains("Chart of").is_none());
    bench.say(prepared(1, &Experiment::default()));
    bench.say([measured(1, 0, 3, 4)]);
    // Members 0.500 0.502 0.504 0.506: mean 0.503, sd 0.0026.
    assert!(bench.sees("Chart of Test accuracy: SGD 50.3 ± 0.3 %"));
}

#[test]
fn a_sentence_gets_its_answers() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    bench.sent();
    bench.harness.get_by_label("Sentence").focus();
    bench.harness.run();
    bench.harness.get_by_label("Sentence").type_text("where is my parcel");
    bench.harness.run();
    bench.click("Ask");
    let [Command::Classify { text, text_b: None }] = &bench.sent()[..] else { panic!("expected a question") };
    assert_eq!(text, "where is my parcel");
    let answer = |p: f64| Answer { probabilities: vec![0.05, p, 0.95 - p, 0.0, 0.0, 0.0], deviations: vec![0.01; 6] };
    let answers = vec![answer(0.9), answer(0.7), answer(0.6)];
    // An answer to an older question is not shown.
    bench.say_late(Event::Classified { run: RunId(1), answers: answers.clone(), known_tokens: (1, 1) });
    assert!(!bench.sees("delivery: SGD"));
    bench.say([Event::Classified { run: RunId(1), answers, known_tokens: (3, 4) }]);
    assert!(bench.sees("delivery: SGD 90.0 %, SAM 70.0 %, δ-SAM noise 60.0 %"));
    assert!(bench.sees("3 of 4 tokens known"));
    bench.click("Save Answers");
    bench.click("CSV: its values…");
    let Some(FileRequest::Save { name, bytes }) = bench.asked().files.pop_front() else { panic!("expected a file to save") };
    // Three lanes and six classes under the head.
    assert_eq!((name.as_str(), String::from_utf8(bytes).expect("CSV is text").lines().count()), ("basin-answers.csv", 1 + 3 * 6));
    // New weights are asked again, once at a time.
    bench.say([measured(1, 10, 3, 4), measured(1, 20, 3, 4)]);
    assert!(matches!(&bench.sent()[..], [Command::Classify { text, .. }] if text == "where is my parcel"));
}

#[test]
fn a_bad_number_cannot_be_entered() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.sent();
    bench.click("Training");
    let unchanged = Experiment::default().training.learning_rate;
    for (typed, expected) in [("nan", unchanged), ("five", unchanged), ("-3", 1e-6), ("1e9", 100.0), ("0,25", 0.25)] {
        bench.click("Learning rate η");
        bench.harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::A);
        bench.harness.run();
        bench.harness.get_by_label("Learning rate η").type_text(typed);
        bench.press(Key::Enter);
        let rate = bench.app().settings().experiment.training.learning_rate;
        assert!((rate - expected).abs() < 1e-12, "{typed} gave {rate}");
        bench.app_mut().send_json(r#"{"command":"start"}"#).expect("the default experiment");
        bench.harness.run();
    }
}

#[test]
fn verdicts_are_paired_and_honest() {
    let mut bench = Bench::greeted(DESKTOP);
    let experiment = Experiment::default();
    bench.say(prepared(1, &experiment));
    let Event::Measured { run, mut measurement } = measured(1, 10, 3, 4) else { unreachable!("a measurement") };
    // δ-SAM − SAM, member by member: +4 −4 +4 −4 points: mean 0.
    let sam = measurement.lanes[1].test_accuracy.clone();
    measurement.lanes[2].test_accuracy = sam.iter().zip([0.04, -0.04, 0.04, -0.04]).map(|(a, d)| a + d).collect();
    // SGD answers `billing` whatever it is asked.
    measurement.lanes[0].only_answer = vec![Some(0); 4];
    let progress = |steps| Event::Progress { run: RunId(1), progress: Progress { step: 10, steps, furthest: 10, ..Progress::default() } };
    bench.say([Event::Measured { run, measurement }, progress(20)]);
    // Who looks again and again sees a difference sooner or later.
    assert!(bench.sees("so far") && bench.sees("A verdict is for one look") && !bench.sees("no difference beyond chance"));
    bench.say([progress(10)]);
    assert!(bench.sees("no difference beyond chance") && !bench.sees("so far"));
    // SGD is one point below SAM in every member.
    assert!(bench.sees("−1.0 ± 0.0 pp"));
    assert!(bench.sees("Student's t over 4 pairs of seeds at 5 %, corrected for 2 comparisons (Holm): with so few seeds"));
    assert!(bench.sees("answers only `billing`"));
    // 30 test examples of each of six classes.
    assert!(bench.sees("always `billing`") && bench.sees("16.7 %"));
}

#[test]
fn a_file_is_inspected_shown_and_trained_on() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.sent();
    bench.click("Open data file");
    assert_eq!(bench.asked().files.pop_front(), Some(FileRequest::Train));
    bench.app_mut().file_opened(&FileRequest::Train, "tickets.csv".to_owned(), b"text,label\nhi,a\n".to_vec());
    let [Command::Inspect { files, columns: None, delimiter: None }] = &bench.sent()[..] else { panic!("expected a look at the file") };
    assert_eq!(files.train.name, "tickets.csv");
    bench.say([Event::Table(Box::new(table()))]);
    assert!(bench.sees("1\u{a0}204 examples in 3 classes: praise: 600"));
    // What was taken is stated, each thing once, and can be chosen otherwise.
    assert!(bench.sees("tickets.csv: semicolon-separated with a header."));
    assert!(bench.sees("Left out 2 rows (lines 17, 90): the label is empty"));
    assert!(bench.sees("several columns look like labels: `kind` was taken, not `id`. Choose with “Label column”"));
    let messages: Vec<&str> = bench.app().state().messages.list().iter().map(|message| message.text.as_str()).collect();
    assert_eq!(messages.iter().filter(|text| text.matches("tickets.csv").count() == 1).count(), 2, "{messages:?}");
    assert!(bench.app().settings().experiment.data.noise() == 0.0, "nobody's own labels are changed");
    // Another label column is looked at again.
    bench.harness.get_by_label("Label column").click();
    bench.harness.run();
    bench.click("message");
    let [Command::Inspect { columns: Some(columns), .. }] = &bench.sent()[..] else { panic!("expected a second look") };
    assert_eq!(*columns, Columns { label: 1, ..table().taken.columns });
    bench.click("Restart");
    let sent = bench.sent();
    let [Command::Start { experiment, files: Some(files), .. }] = &sent[..] else { panic!("expected a start, found {sent:?}") };
    assert_eq!(experiment.data.source, DataSource::File { name: "tickets.csv".to_owned() });
    assert_eq!(files.train.bytes, b"text,label\nhi,a\n");
}

#[test]
fn delimiter_and_header_of_a_file_can_be_chosen() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.app_mut().file_opened(&FileRequest::Train, "tickets.csv".to_owned(), b"text,label\nhi,a\n".to_vec());
    bench.say([Event::Table(Box::new(table()))]);
    bench.sent();
    bench.click("The first row is a header");
    let [Command::Inspect { columns: Some(columns), delimiter: None, .. }] = &bench.sent()[..] else { panic!("expected another look") };
    assert_eq!(*columns, Columns { header: false, ..table().taken.columns });
    bench.harness.get_by_label("Delimiter").click();
    bench.harness.run();
    bench.click("pipe");
    // Other cells are other columns: they are guessed again.
    let [Command::Inspect { columns: None, delimiter: Some('|'), .. }] = &bench.sent()[..] else { panic!("expected a third look") };
    let mut other = table();
    other.test_problem = Some("held.csv has no column 2".to_owned());
    bench.say([Event::Table(Box::new(other))]);
    assert!(bench.sees("held.csv has no column 2") && bench.sees("Label column"), "the training file can still be chosen from");
}

#[test]
fn noise_is_said_where_it_starts() {
    let mut bench = Bench::greeted(DESKTOP);
    assert!(bench.sees("20 % of the training labels are made wrong, to show what that does; 0 keeps them."));
    bench.app_mut().file_opened(&FileRequest::Train, "tickets.csv".to_owned(), b"text,label\nhi,a\n".to_vec());
    bench.harness.run();
    assert!(!bench.sees("20 % of"));
}

#[test]
fn a_saved_run_comes_and_goes_as_bytes() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    bench.sent();
    bench.click("Save");
    bench.click("Run…");
    assert_eq!(bench.sent(), [Command::Save]);
    let (_, saved) = faults::saved_run();
    bench.say([Event::Saved { run: RunId(1), bytes: saved.clone() }]);
    let Some(FileRequest::Save { name, bytes }) = bench.asked().files.pop_front() else { panic!("expected a file to save") };
    assert!(name.ends_with(".safetensors"));
    bench.app_mut().file_opened(&FileRequest::of_dropped(&name), name, bytes);
    let expected = Command::Restore { run: RunId(2), bytes: saved, device: DeviceChoice::Auto };
    assert_eq!(bench.sent(), [expected]);
    // The setup becomes that of the restored run.
    let experiment = Experiment { seeds: 2, ..Experiment::default() };
    bench.say(prepared(2, &experiment));
    assert_eq!(bench.app().settings().experiment, experiment);
    assert!(!bench.sees("changed: press Restart"));
}

#[test]
fn a_lane_is_saved_as_a_page_or_a_graph() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.say(prepared(1, &Experiment::default()));
    bench.sent();
    for (menu, format) in [("Model as a page", ExportFormat::Page), ("Model as ONNX", ExportFormat::Onnx)] {
        bench.click("Save");
        bench.click(menu);
        bench.click("of SAM…");
        assert_eq!(bench.sent(), [Command::Export { lane: 1, member: 0, format }]);
        let file = NamedBytes { name: "basin-sam-seed-1.html".to_owned(), bytes: vec![1, 2, 3] };
        bench.say([Event::Exported { run: RunId(1), file: file.clone() }]);
        assert_eq!(bench.asked().files.pop_front(), Some(FileRequest::Save { name: file.name, bytes: file.bytes }));
    }
}

#[test]
fn a_run_that_reads_with_an_encoder_is_no_small_page() {
    let mut bench = Bench::greeted(DESKTOP);
    let mut experiment = Experiment::default();
    experiment.model.kind = ModelKind::Sentence;
    bench.say(prepared(1, &experiment));
    bench.sent();
    bench.click("Save");
    let page = bench.harness.get_by_label("Model as a page");
    assert!(page.accesskit_node().is_disabled(), "its encoder has more bytes than a small page");
    bench.click("Model as ONNX");
    bench.click("of SAM…");
    assert_eq!(bench.sent(), [Command::Export { lane: 1, member: 0, format: ExportFormat::Onnx }]);
}

#[test]
fn links_set_the_experiment_up() {
    let experiment = Experiment { seeds: 8, ..Experiment::default() };
    let link = basin_train::experiment::link::encode(&experiment);
    let mut bench = Bench::open(DESKTOP, None, Opening { link: Some(link.clone()), ..Opening::default() });
    bench.say([hello()]);
    assert_eq!(bench.started().1, experiment);
    assert_eq!(bench.app().link(), link);
}

#[test]
fn settings_persist_but_a_file_does_not() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.app_mut().file_opened(&FileRequest::Train, "tickets.csv".to_owned(), Vec::new());
    let saved = bench.app().settings().json();
    let mut bench = Bench::open(DESKTOP, Some(&saved), Opening::default());
    bench.say([hello()]);
    assert_eq!(bench.sent(), [], "nothing else is trained in its place");
    assert!(bench.notices()[0].contains("tickets.csv"));
    bench.click("Train on the help desk");
    assert_eq!(bench.started().1.data.source, DataSource::HelpDesk);
    assert!(bench.notices().is_empty());

    let mut bench = Bench::open(DESKTOP, Some("{not json"), Opening::default());
    bench.say([hello()]);
    assert_eq!(bench.started().1, presets::start());
}

#[test]
fn scripts_send_commands_and_read_the_state() {
    let mut bench = Bench::greeted(DESKTOP);
    bench.sent();
    let app = bench.app_mut();
    app.send_json(r#"{"command":"start","experiment":{"seeds":2,"lanes":["sgd","sam:rho=0.7"]},"device":"cpu"}"#).expect("a command");
    let (run, experiment) = bench.started();
    assert_eq!((run, experiment.seeds, experiment.lanes.len()), (RunId(2), 2, 2));
    bench.say(prepared(2, &experiment));
    bench.say([measured(2, 10, 2, 2)]);
    let json = bench.app().state_json();
    assert_eq!((&json["phase"], &json["device"]), (&"running".into(), &"CPU (flex, 4 threads)".into()));
    // Members 0.510 and 0.512.
    assert!((json["lanes"][1]["test_accuracy"].as_f64().expect("a number") - 0.511).abs() < 1e-12);
    assert_eq!(json["lanes"][1]["title"], "SAM");

    let app = bench.app_mut();
    assert!(app.send_json("{").is_err());
    let told = app.send_json(r#"{"command":"start","experiment":{"seeds":100}}"#).expect_err("out of bounds");
    assert_eq!(told, "seeds is 100, but must be from 1 to 64");
}

#[test]
fn every_layout_has_its_controls() {
    for size in [DESKTOP, TABLET, PHONE] {
        let mut bench = Bench::greeted(size);
        bench.say(prepared(1, &Experiment::default()));
        bench.say([measured(1, 0, 3, 4), measured(1, 10, 3, 4)]);
        for label in ["Restart", "Pause", "Step", "Stop", "Help", "Theme", "Open", "Save", "Share…"] {
            let rect = bench.harness.get_by_label(label).rect();
            assert!(rect.min.x >= 0.0 && rect.max.x <= size.x, "{label} is cut off at {size}: {rect}");
            if size == PHONE {
                assert!(rect.height() >= 32.0 && rect.width() >= 32.0, "{label} is too small for a finger: {rect}");
            }
        }
    }
    let mut bench = Bench::greeted(PHONE);
    bench.say(prepared(1, &Experiment::default()));
    for (tab, shows) in [("Setup", "Label noise"), ("Results", "Device: "), ("Ask", "Sentence"), ("Curves", "Test loss")] {
        bench.click(tab);
        assert!(bench.sees(shows), "{tab} lacks {shows}");
    }
    bench.press(Key::Num4);
    assert!(bench.sees("Sentence"));
}

fn table() -> Table {
    let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
    Table {
        taken: Taken {
            file: "tickets.csv".to_owned(),
            format: Format::Delimited,
            delimiter: Some(';'),
            columns: Columns { header: true, text: 1, text_b: None, label: 2 },
            names: ["id", "message", "kind"].map(str::to_owned).to_vec(),
            rows: 1_204,
            classes: vec![("praise".to_owned(), 600), ("complaint".to_owned(), 404), ("question".to_owned(), 200)],
            left_out: vec![LeftOut { why: "the label is empty".to_owned(), rows: 2, lines: vec![17, 90] }],
            notes: vec!["tickets.csv: several columns look like labels: `kind` was taken, not `id`. Choose with `--label`".to_owned()],
        },
        head: vec![
            row(["1", "The new colours are lovely, and the search finally finds things", "praise"]),
            row(["2", "Since the update my laptop fan runs all day", "complaint"]),
            row(["3", "How do I add a second address to my account?", "question"]),
        ],
        test: None,
        test_problem: None,
    }
}

/// Smooth stand-in curves for the images: no run made them, and nothing but these images shows them.
fn stand_in(step: usize, experiment: &Experiment) -> Measurement {
    let t = step as f64 / 390.0;
    let lane = |l: usize| {
        let climbs = f64::from(u8::from(l > 0));
        let values = |mean: f64, spread: f64| -> Vec<f64> {
            (0..experiment.seeds)
                .map(|m| {
                    let wave = (step as f64 * (0.11 + 0.013 * m as f64) + 2.1 * m as f64 + 0.7 * l as f64).sin();
                    mean + spread * ((m as f64 - 1.5) * 0.5 + 0.5 * wave)
                })
                .collect()
        };
        let rise = 1.0 - (-6.0 * t).exp();
        let best = [0.80, 0.865, 0.872, 0.861][l % 4];
        let memory = (1.0 - climbs) * 0.55 * (t - 0.3).max(0.0);
        LaneMeasurement {
            gradient_evaluations: step as f64 * [1.0, 2.0, 8.0 / 3.0, 2.0][l % 4],
            seconds: Some(step as f64 * [0.004, 0.0085, 0.0105, 0.0087][l % 4]),
            train_loss: values(1.79 * (-(3.4 - 1.1 * climbs) * t).exp() + 0.12 + 0.3 * climbs, 0.02 + 0.03 * t),
            train_accuracy: values(0.16 + 0.7 * rise, 0.01),
            test_loss: values(0.55 - 0.06 * climbs + 1.24 * (-5.0 * t).exp() + memory, 0.03 * (0.3 + t)),
            test_accuracy: values(0.17 + (best - 0.17) * rise - 0.04 * memory, 0.012),
            gap: values((0.02 + 0.10 * t * (-(1.0 + 2.5 * climbs) * t).exp()) * (1.0 - 0.45 * climbs), 0.003 * (0.2 + t)),
            gap_held_out: values(0.02 + 0.10 * t * (1.0 - 0.7 * climbs), 0.003 * (0.2 + t)),
            train_accuracy_flipped: values(0.1 + 0.7 * rise * (1.0 - 0.5 * climbs), 0.01),
            train_accuracy_kept: values(0.16 + 0.8 * rise, 0.01),
            diverged: vec![false; experiment.seeds],
            only_answer: vec![None; experiment.seeds],
        }
    };
    Measurement { step, epoch: step as f64 / 13.0, lanes: (0..experiment.lanes.len()).map(lane).collect() }
}

fn trained(bench: &mut Bench, until: usize) {
    let experiment = bench.app().settings().experiment.clone();
    bench.say(prepared(1, &experiment));
    bench.say((0..=until).step_by(6).map(|step| Event::Measured { run: RunId(1), measurement: stand_in(step, &experiment) }));
    let progress = Progress { step: until, steps: 390, first: 0, furthest: until, taken: until, steps_per_second: 142.0, seconds: 8.2 };
    bench.say([Event::Progress { run: RunId(1), progress }]);
    bench.app_mut().send_json(r#"{"command":"classify","text":"Where is my parcel? It was due on Tuesday"}"#).expect("a question");
    let answer = |l: usize| {
        let sure = [0.55, 0.74, 0.81, 0.70][l % 4];
        let rest = 1.0 - sure;
        Answer {
            probabilities: [0.3, 0.0, 0.25, 0.2, 0.15, 0.1].iter().enumerate().map(|(i, p)| if i == 1 { sure } else { rest * p }).collect(),
            deviations: [0.02, 0.06, 0.02, 0.02, 0.01, 0.01].to_vec(),
        }
    };
    let answers = (0..experiment.lanes.len()).map(answer).collect();
    bench.say([Event::Classified { run: RunId(1), answers, known_tokens: (7, 8) }]);
}

/// The folder for images to look at, for people who change the layout; they are compared with nothing. None, and none are made.
fn image_folder() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("BASIN_SCREENSHOTS")?);
    std::fs::create_dir_all(&folder).expect("the folder for the images can be made");
    Some(folder)
}

/// A window for images.
fn opened(size: egui::Vec2, theme: Theme, tab: &str, middle: &str) -> Bench {
    let preference = if theme == Theme::Dark { ThemePreference::Dark } else { ThemePreference::Light };
    let mut json: serde_json::Value = serde_json::from_str(&Bench::greeted(DESKTOP).app().settings().json()).expect("settings");
    json["theme"] = serde_json::to_value(preference).expect("a word");
    json["tab"] = tab.into();
    json["middle"] = middle.into();
    let mut bench = Bench::open(size, Some(&json.to_string()), Opening::default());
    bench.say([hello()]);
    bench
}

fn shoot(folder: &Path, bench: &mut Bench, name: &str) {
    bench.harness.run_ok();
    let image = bench.harness.render().expect("software rendering works");
    image.save(folder.join(format!("{name}.png"))).expect("the image can be written");
}

#[test]
fn screenshots() {
    let Some(folder) = image_folder() else { return };
    let shoot = |bench: &mut Bench, name: &str| shoot(&folder, bench, name);
    let open = |size: egui::Vec2, theme: Theme, tab: &str| opened(size, theme, tab, "Curves");
    for (theme, shade) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
        for (size, name) in [(DESKTOP, "desktop"), (TABLET, "tablet")] {
            let mut bench = open(size, theme, "Results");
            trained(&mut bench, 312);
            shoot(&mut bench, &format!("{name}-{shade}"));
        }
        for tab in ["Setup", "Curves", "Results", "Ask"] {
            let mut bench = open(PHONE, theme, tab);
            trained(&mut bench, 312);
            shoot(&mut bench, &format!("phone-{shade}-{}", tab.to_lowercase()));
        }
    }
    for (size, name) in [(DESKTOP, "desktop"), (PHONE, "phone")] {
        let mut bench = Bench::first_visit(size);
        let experiment = presets::start();
        bench.say(prepared(1, &experiment));
        bench.say((0..=90).step_by(6).map(|step| Event::Measured { run: RunId(1), measurement: stand_in(step, &experiment) }));
        shoot(&mut bench, &format!("{name}-first-visit"));
    }
    let mut bench = open(DESKTOP, Theme::Light, "Curves");
    bench.say([Event::Preparing { run: RunId(1), what: "compiling the first step for the GPU".to_owned(), share: None }]);
    shoot(&mut bench, "desktop-light-preparing");
    for (size, name) in [(DESKTOP, "desktop"), (PHONE, "phone")] {
        let mut bench = sentence::encoding(size);
        shoot(&mut bench, &format!("{name}-encoding"));
    }
    for (size, name) in [(DESKTOP, "desktop"), (PHONE, "phone")] {
        let mut bench = open(size, Theme::Light, "Curves");
        trained(&mut bench, 312);
        bench.press(Key::R);
        shoot(&mut bench, &format!("{name}-light-asked"));
    }
    let mut bench = open(TABLET, Theme::Dark, "Ask");
    trained(&mut bench, 120);
    bench.say([Event::Failed {
        run: RunId(1),
        text: "tickets.csv, line 7: the quote is not closed: add a closing quote, or save the file again as CSV from your spreadsheet"
            .to_owned(),
    }]);
    shoot(&mut bench, "tablet-dark-ask-failure");
    let mut bench = open(DESKTOP, Theme::Dark, "Curves");
    trained(&mut bench, 390);
    bench.click("Presets");
    bench.click("with placebo");
    bench.click("Restart");
    let experiment = bench.app().settings().experiment.clone();
    bench.say(prepared(2, &experiment));
    bench.say((0..=390).step_by(6).map(|step| Event::Measured { run: RunId(2), measurement: stand_in(step, &experiment) }));
    bench.say([phase(2, Phase::Finished)]);
    bench.app_mut().file_opened(&FileRequest::Train, "tickets.csv".to_owned(), b"x".to_vec());
    bench.say([Event::Table(Box::new(table()))]);
    bench.click("Chart options");
    bench.click("Logarithmic losses");
    bench.harness.key_press(Key::Escape);
    bench.click("Gradients");
    bench.harness.hover_at(egui::pos2(640.0, 260.0));
    bench.harness.run_ok();
    bench.harness.run_ok();
    shoot(&mut bench, "desktop-dark-file-placebo-hover");
    let mut bench = open(DESKTOP, Theme::Light, "Curves");
    trained(&mut bench, 390);
    bench.click("Help");
    shoot(&mut bench, "desktop-light-help");
    let mut bench = open(PHONE, Theme::Light, "Curves");
    trained(&mut bench, 390);
    bench.click("Help");
    shoot(&mut bench, "phone-light-help");
}
