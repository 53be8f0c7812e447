//! The way to the trainer: requests with tickets, and the run that each belongs to.
//!
//! Every command goes with a ticket, which all that follows from it carries. An answer is taken while its request is
//! open; one that nobody waits for any more is late, whatever it says. No egui here.

use std::collections::BTreeMap;

use basin_train::experiment::Experiment;
use basin_train::protocol::{Command, DeviceChoice, Event, Files, RunId, Ticketed};
use basin_train::run::checkpoint;

use crate::files::ContentId;
use crate::link::TrainerLink;
use crate::messages::Topic;

/// A run as it was started, to compare the setup with.
#[derive(Clone, Debug, PartialEq)]
pub struct Started {
    /// The experiment as it was set up.
    pub experiment: Experiment,
    /// Where it trains.
    pub device: DeviceChoice,
    /// The files that were open, used or not.
    pub files: ContentId,
}

/// Why a run that is kept is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is the one that was here last time; else a run is to begin, waiting or not.
    Last {
        /// Whether it waits.
        paused: bool,
    },
    /// Somebody has chosen it.
    Chosen,
    /// Its trainer has ended.
    Ended,
}

/// What a request was about.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// A new run.
    Start(Box<Started>),
    /// A saved run, with the files that it holds.
    Restore(Option<Box<Files>>),
    /// A run that is kept.
    Kept(Why),
    /// A look at these files.
    Inspect(ContentId),
    /// What the lanes say to a text.
    Answer,
    /// The plane of this place.
    Plane(usize),
    /// The line between two lanes.
    Line,
    /// The training examples.
    Sentences,
    /// How a lane sees them.
    SentenceTable,
    /// How good the answers are.
    Judgement,
    /// The examples of a cell of a confusion matrix.
    JudgedCell,
    /// What the lanes say to many texts.
    Predictions,
    /// Sharpness, a step, a history.
    Look,
    /// What a kept run has shown.
    Comparison,
    /// Many runs over a grid.
    Sweep,
    /// The run as bytes.
    Save,
    /// A step of the past.
    Seek,
    /// Pause, resume, step, stop, and what else is not answered.
    Control,
}

impl Asked {
    /// What its failure is about.
    pub fn topic(&self) -> Topic {
        match self {
            Self::Start(_) | Self::Restore(_) | Self::Kept(_) => Topic::Start,
            Self::Inspect(_) => Topic::File,
            Self::Answer | Self::Predictions => Topic::Question,
            Self::Plane(_)
            | Self::Line
            | Self::Sentences
            | Self::SentenceTable
            | Self::Judgement
            | Self::JudgedCell
            | Self::Comparison
            | Self::Look => Topic::Look,
            Self::Save => Topic::Save,
            Self::Sweep => Topic::Sweep,
            Self::Seek | Self::Control => Topic::Run,
        }
    }

    /// Whether a later request like this one takes its place.
    fn is_replaced_by(&self, later: &Self) -> bool {
        match (self, later) {
            (Self::Inspect(_), Self::Inspect(_))
            | (Self::Answer, Self::Answer)
            | (Self::Line, Self::Line)
            | (Self::Sweep, Self::Sweep)
            | (Self::Comparison, Self::Comparison)
            | (Self::JudgedCell, Self::JudgedCell)
            | (Self::Predictions, Self::Predictions) => true,
            (Self::Plane(a), Self::Plane(b)) => a == b,
            _ => false,
        }
    }
}

struct Request {
    run: RunId,
    asked: Asked,
    failed: bool,
}

/// Something the trainer said.
#[derive(Debug)]
pub struct Received {
    /// The event, with the ticket of the request that it answers.
    pub event: Ticketed<Event>,
    /// What that request was about; none for what was not asked for, and for what is late.
    pub asked: Option<Asked>,
    /// Whether it answers a request that nobody waits for any more.
    pub late: bool,
    /// Whether something of its request has failed or was left off, now or before.
    pub failed: bool,
}

/// The app's end of the way.
pub struct Client {
    link: Box<dyn TrainerLink>,
    last_ticket: u64,
    last_run: RunId,
    open: BTreeMap<u64, Request>,
    /// The run that is shown, as it was started; none if it was not started from the setup.
    pub started: Option<Started>,
}

impl Client {
    /// On this way.
    pub fn new(link: Box<dyn TrainerLink>) -> Self {
        Self { link, last_ticket: 0, last_run: RunId::default(), open: BTreeMap::new(), started: None }
    }

    /// Asks for a run of `started`; `files` are those that its source means.
    pub fn start(&mut self, started: Started, files: Option<Files>, paused: bool) -> RunId {
        let run = self.next_run();
        let (experiment, device) = (Box::new(started.experiment.clone()), started.device);
        self.request(Command::Start { run, experiment, files, device, paused }, Asked::Start(Box::new(started)));
        run
    }

    /// Asks for a saved run.
    pub fn restore(&mut self, bytes: Vec<u8>, device: DeviceChoice) -> RunId {
        let run = self.next_run();
        // What is wrong with the bytes is told by the trainer.
        let files = checkpoint::files(&bytes).ok().flatten().map(Box::new);
        self.request(Command::Restore { run, bytes, device }, Asked::Restore(files));
        run
    }

    /// Asks for a run that is kept.
    pub fn open_kept(&mut self, kept: u64, device: DeviceChoice, paused: bool, why: Why) -> RunId {
        let run = self.next_run();
        self.request(Command::OpenKept { run, kept, device, paused }, Asked::Kept(why));
        run
    }

    fn next_run(&mut self) -> RunId {
        self.last_run = RunId(self.last_run.0 + 1);
        self.last_run
    }

    /// Sends a command and opens its request, which belongs to the run that was asked for last; returns the ticket.
    pub fn request(&mut self, command: Command, asked: Asked) -> u64 {
        self.last_ticket += 1;
        self.open.retain(|_, before| !before.asked.is_replaced_by(&asked));
        self.open.insert(self.last_ticket, Request { run: self.last_run, asked, failed: false });
        self.link.send(Ticketed { ticket: Some(self.last_ticket), message: command });
        self.last_ticket
    }

    /// What the trainer has said next, if anything.
    pub fn receive(&mut self) -> Option<Received> {
        let event = self.link.poll()?;
        let request = event.ticket.and_then(|ticket| self.open.get_mut(&ticket));
        let late = event.ticket.is_some() && request.is_none();
        let (mut asked, mut failed) = (None, false);
        if let Some(request) = request {
            request.failed |= matches!(event.message, Event::Failed { .. } | Event::LeftOff { .. });
            failed = request.failed;
            asked = Some(request.asked.clone());
        }
        if let (Event::Done, Some(ticket)) = (&event.message, event.ticket) {
            self.open.remove(&ticket);
        }
        Some(Received { event, asked, late, failed })
    }

    /// The run that is to come, else the one that is shown, as it was started.
    pub fn latest_start(&self) -> Option<&Started> {
        let pending = self.open.values().rev().find_map(|request| match &request.asked {
            Asked::Start(started) => Some(&**started),
            _ => None,
        });
        pending.or(self.started.as_ref())
    }

    /// Whether an answer to such a request is to come.
    pub fn is_pending(&self, asked: impl Fn(&Asked) -> bool) -> bool {
        self.open.values().any(|request| asked(&request.asked))
    }

    /// Whether planes are still to be measured.
    pub fn measures_planes(&self) -> bool {
        self.is_pending(|asked| matches!(asked, Asked::Plane(_)))
    }

    /// Whether a file is still to be read.
    pub fn reads_a_file(&self) -> bool {
        self.is_pending(|asked| matches!(asked, Asked::Inspect(_)))
    }

    /// Whether any answer is to come.
    pub fn has_pending(&self) -> bool {
        !self.open.is_empty()
    }

    /// `run` is shown now: answers about the runs before it are late. Starts are always told how they end.
    pub fn shows(&mut self, run: RunId) {
        self.open.retain(|_, request| request.run >= run || matches!(request.asked, Asked::Inspect(_) | Asked::Sweep));
    }

    /// The trainer is gone, and what it owed with it.
    pub fn forget(&mut self) {
        self.open.clear();
        self.started = None;
    }

    /// For how many seconds the trainer has owed a sign of life.
    pub fn silent_seconds(&self) -> f64 {
        self.link.silent_seconds()
    }

    /// Whether another trainer can take the place of one that does not answer.
    pub fn can_replace_trainer(&self) -> bool {
        self.link.can_replace()
    }

    /// Puts another trainer in the place of one that does not answer.
    pub fn replace_trainer(&mut self) {
        self.link.replace();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::VecDeque;
    use std::rc::Rc;

    use super::*;

    #[derive(Clone, Default)]
    struct Script(Rc<RefCell<VecDeque<Ticketed<Event>>>>);

    impl TrainerLink for Script {
        fn send(&mut self, _command: Ticketed<Command>) {}

        fn poll(&mut self) -> Option<Ticketed<Event>> {
            self.0.borrow_mut().pop_front()
        }
    }

    impl Script {
        fn say(&self, ticket: u64, message: Event) {
            self.0.borrow_mut().push_back(Ticketed { ticket: Some(ticket), message });
        }
    }

    fn failed() -> Event {
        Event::Failed { run: RunId(1), text: "no".to_owned() }
    }

    #[test]
    fn an_answer_to_one_request_leaves_the_others_open() {
        let script = Script::default();
        let mut client = Client::new(Box::new(script.clone()));
        let line = client.request(Command::Line { from: 0, to: 1, member: 0 }, Asked::Line);
        let save = client.request(Command::Save, Asked::Save);
        script.say(save, failed());
        script.say(save, Event::Done);
        let received = client.receive().expect("the failure");
        assert_eq!((received.asked, received.failed, received.late), (Some(Asked::Save), true, false));
        assert!(client.receive().expect("its end").failed, "whoever asked knows that it did not succeed");
        assert!(client.is_pending(|asked| *asked == Asked::Line) && !client.is_pending(|asked| *asked == Asked::Save));
        script.say(line, Event::Done);
        assert!(client.receive().is_some_and(|received| !received.failed) && !client.has_pending());
    }

    #[test]
    fn a_later_question_takes_the_place_of_the_one_before() {
        let script = Script::default();
        let mut client = Client::new(Box::new(script.clone()));
        let ask = |text: &str| Command::Classify { text: text.to_owned(), text_b: None };
        let first = client.request(ask("a"), Asked::Answer);
        let second = client.request(ask("b"), Asked::Answer);
        script.say(first, Event::Done);
        script.say(second, Event::Done);
        assert!(client.receive().is_some_and(|received| received.late && received.asked.is_none()));
        assert!(client.has_pending());
        assert!(client.receive().is_some_and(|received| !received.late));
    }

    #[test]
    fn answers_about_an_old_run_are_late_once_the_next_one_is_shown() {
        let script = Script::default();
        let mut client = Client::new(Box::new(script.clone()));
        let started = || Started { experiment: Experiment::default(), device: DeviceChoice::Cpu, files: ContentId::default() };
        client.start(started(), None, false);
        let old = client.request(Command::Save, Asked::Save);
        let run = client.start(started(), None, false);
        let new = client.request(Command::Save, Asked::Save);
        script.say(old, Event::Saved { run: RunId(1), bytes: Vec::new() });
        assert!(client.receive().is_some_and(|received| !received.late), "the next run may still be refused");
        client.shows(run);
        for (ticket, late) in [(old, true), (new, false)] {
            script.say(ticket, Event::Done);
            assert_eq!(client.receive().map(|received| received.late), Some(late));
        }
    }
}
