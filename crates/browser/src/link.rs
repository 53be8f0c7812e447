//! The app's end of the way to the trainer, which has a worker of its own (`thread.rs`).
//!
//! A trainer that ends, ends alone: the app hears of it, and a new worker says hello. That costs nothing but the
//! start, since the compiled module is shared. A worker that ends with an error says so, and one that just ends is
//! missed by `web/main.js`; where a browser cannot notice that, a trainer that does not answer is told of here.
//! The other end is `worker.rs`.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use basin_app::life::{Life, PING};
use basin_app::link::TrainerLink;
use basin_train::protocol::{Command, Event, Ticketed, read_event};
use wasm_bindgen::JsValue;
use web_time::Instant;

use crate::host::{Host, words_of};
use crate::thread::Thread;

/// A trainer in a worker.
pub struct LinkToWorker {
    host: Host,
    inbox: Rc<Inbox>,
    trainer: Option<Trainer>,
    started: Instant,
    life: Life,
}

/// What draws a frame; another one once the page is drawn in another place.
pub type Wake = Rc<RefCell<egui::Context>>;

/// Events that have arrived and were not polled yet, and what the handlers of JavaScript share with the link.
struct Inbox {
    events: RefCell<VecDeque<Ticketed<Event>>>,
    /// Whether anything has arrived since the last look.
    heard: Cell<bool>,
    /// Draws a frame, so that somebody polls.
    wake: Wake,
}

impl Inbox {
    fn push(&self, event: Ticketed<Event>) {
        self.events.borrow_mut().push_back(event);
        self.wake.borrow().request_repaint();
    }
}

impl LinkToWorker {
    /// Starts a worker of `host`; `wake` is asked for a frame when an event arrives.
    pub fn new(host: Host, wake: Wake) -> Self {
        let inbox = Rc::new(Inbox { events: RefCell::default(), heard: Cell::new(false), wake });
        let mut link = Self { host, inbox, trainer: None, started: Instant::now(), life: Life::new(0.0) };
        link.start_worker();
        link
    }

    fn now(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Starts a worker, or says why there is none.
    fn start_worker(&mut self) {
        self.life = Life::new(self.now());
        match Trainer::start(&self.host, &self.inbox) {
            Ok(trainer) => self.trainer = Some(trainer),
            Err(error) => report_end(&self.inbox, &words_of(&error)),
        }
    }
}

impl TrainerLink for LinkToWorker {
    fn send(&mut self, command: Ticketed<Command>) {
        match &self.trainer {
            Some(trainer) if !trainer.thread.has_ended() => trainer.send(&command),
            // It ended before it said hello, so it would again.
            _ => report_end(&self.inbox, "it could not start"),
        }
    }

    fn poll(&mut self) -> Option<Ticketed<Event>> {
        if self.trainer.as_ref().is_some_and(|trainer| trainer.thread.has_ended() && trainer.greeted.get()) {
            self.start_worker();
        }
        let now = self.now();
        if self.life.look(self.inbox.heard.replace(false), now)
            && let Some(trainer) = self.trainer.as_ref().filter(|trainer| !trainer.thread.has_ended())
        {
            trainer.send(&Ticketed { ticket: Some(PING), message: Command::Ping });
        }
        let mut events = self.inbox.events.borrow_mut();
        while events.front().is_some_and(|event| event.ticket == Some(PING)) {
            events.pop_front();
        }
        events.pop_front()
    }

    fn silent_seconds(&self) -> f64 {
        let lives = self.trainer.as_ref().is_some_and(|trainer| !trainer.thread.has_ended());
        if lives { self.life.silent_seconds() } else { 0.0 }
    }

    fn replace(&mut self) {
        self.trainer = None;
        let text = "The trainer did not answer and was ended.";
        self.inbox.push(Event::Stopped { text: text.to_owned() }.into());
        self.start_worker();
    }
}

/// A worker that trains.
struct Trainer {
    thread: Thread,
    /// It said hello, so the next one will.
    greeted: Rc<Cell<bool>>,
}

impl Trainer {
    fn start(host: &Host, inbox: &Rc<Inbox>) -> Result<Self, JsValue> {
        let greeted = Rc::new(Cell::new(false));
        let hear = {
            let (inbox, greeted) = (Rc::clone(inbox), Rc::clone(&greeted));
            move |text: &str| {
                // Hello is the first thing a trainer says.
                greeted.set(true);
                inbox.heard.set(true);
                inbox.push(read_event(text));
            }
        };
        let end = {
            let inbox = Rc::clone(inbox);
            move |details: &str| report_end(&inbox, details)
        };
        Ok(Self { thread: Thread::start(host.worker()?, None, hear, end)?, greeted })
    }

    fn send(&self, command: &Ticketed<Command>) {
        self.thread.post(&serde_json::to_string(command).expect("commands are plain data"));
    }
}

/// The trainer is gone: says so, with what is known of the cause and the remedy for it.
fn report_end(inbox: &Inbox, details: &str) {
    // The first line of a panic says where, the second what, and the next ones more than anybody wants to read.
    let details: String = details.lines().take(2).collect::<Vec<_>>().join(" ").chars().take(140).collect();
    let text = format!("The trainer stopped: {details}.");
    inbox.push(Event::Stopped { text }.into());
}
