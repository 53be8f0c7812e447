//! The trainer on a thread of its own, at the other end of two channels.
//!
//! All work of a device stays on this one thread: burn orders work by thread. When the trainer panics, the
//! app is told and a new trainer takes its place.
//! Elsewhere: what the trainer does (`basin_train::trainer`), the window (`window.rs`).

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};
use std::{io, thread};

use basin_app::life::{Life, PING};
use basin_app::link::TrainerLink;
use basin_train::cores::Cores;
use basin_train::lab::crew::Crew;
use basin_train::protocol::{Command, EncoderOffer, Event, Files, Ticketed};
use basin_train::trainer::{self, Host, Rest};

use crate::crew::{Threads, message_of};
use crate::keep::Folder;
use crate::{cores, data, encoder, memory};

/// How long a trainer without a run waits for a command before it looks up.
const IDLE_WAIT: Duration = Duration::from_millis(50);

/// The app's end.
pub struct LinkToThread {
    commands: Sender<Ticketed<Command>>,
    events: Receiver<Ticketed<Event>>,
    started: Instant,
    life: Life,
}

impl LinkToThread {
    /// Starts the thread, whose runs are kept in the folder that `place` gives. `wake` is called after each event.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start(place: impl Fn() -> Option<Folder> + Send + 'static, wake: impl Fn() + Send + 'static) -> io::Result<Self> {
        let (commands, inbox) = channel();
        let (outbox, events) = channel();
        thread::Builder::new().name("basin-trainer".to_owned()).spawn(move || {
            let host = ThreadHost {
                inbox: Rc::new(Inbox { commands: inbox, next: RefCell::default(), heard: Cell::new(false) }),
                outbox: Rc::new(Outbox { events: outbox, wake: Box::new(wake) }),
            };
            host.keep_running(|host| pollster::block_on(trainer::run(host, place())));
        })?;
        Ok(Self { commands, events, started: Instant::now(), life: Life::new(0.0) })
    }
}

impl TrainerLink for LinkToThread {
    fn send(&mut self, command: Ticketed<Command>) {
        // A trainer that has gone for good said so in its last event.
        let _ = self.commands.send(command);
    }

    fn poll(&mut self) -> Option<Ticketed<Event>> {
        loop {
            let event = self.events.try_recv().ok();
            if self.life.look(event.is_some(), self.started.elapsed().as_secs_f64()) {
                self.send(Ticketed { ticket: Some(PING), message: Command::Ping });
            }
            if event.as_ref().is_none_or(|event| event.ticket != Some(PING)) {
                return event;
            }
        }
    }

    fn silent_seconds(&self) -> f64 {
        self.life.silent_seconds()
    }

    // A thread cannot be ended, and one that hangs has its run's files.
    fn can_replace(&self) -> bool {
        false
    }
}

/// Commands as they come, and what outlives a panic.
struct Inbox {
    commands: Receiver<Ticketed<Command>>,
    /// A command that ended a wait.
    next: RefCell<Option<Ticketed<Command>>>,
    /// Whether this trainer took a command.
    heard: Cell<bool>,
}

struct Outbox {
    events: Sender<Ticketed<Event>>,
    wake: Box<dyn Fn()>,
}

impl Outbox {
    fn emit(&self, event: Ticketed<Event>) {
        // The window has closed when nobody listens; the process is about to end.
        let _ = self.events.send(event);
        (self.wake)();
    }
}

/// The thread's end.
#[derive(Clone)]
struct ThreadHost {
    inbox: Rc<Inbox>,
    outbox: Rc<Outbox>,
}

impl ThreadHost {
    /// Runs trainers one after the other, until the window is gone or one panics before it heard anything:
    /// that one would panic again.
    fn keep_running(&self, run: impl Fn(Self)) {
        loop {
            self.inbox.heard.set(false);
            // What a panic leaves half done is the trainer's own, and it is dropped.
            let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(self.clone()))) else { return };
            let again = if self.inbox.heard.get() { "" } else { "; close the window and open it again" };
            let text = format!("The trainer has stopped. This is a mistake in Basin: {}{again}.", message_of(panic.as_ref()));
            self.outbox.emit(Event::Stopped { text }.into());
            if !self.inbox.heard.get() {
                return;
            }
        }
    }
}

impl Host for ThreadHost {
    fn poll(&mut self) -> Option<Ticketed<Command>> {
        let waited = self.inbox.next.borrow_mut().take();
        let command = waited.or_else(|| self.inbox.commands.try_recv().ok())?;
        self.inbox.heard.set(true);
        Some(command)
    }

    fn emit(&mut self, event: Ticketed<Event>) {
        self.outbox.emit(event);
    }

    fn clock(&self) -> Box<dyn Fn() -> f64> {
        let started = Instant::now();
        Box::new(move || started.elapsed().as_secs_f64())
    }

    async fn give_turn(&mut self, rest: Rest) {
        if self.inbox.next.borrow().is_some() {
            return;
        }
        let wait = match rest {
            Rest::Not => Duration::ZERO,
            Rest::For(seconds) => Duration::try_from_secs_f64(seconds).map_or(IDLE_WAIT, |wait| wait.min(IDLE_WAIT)),
            Rest::UntilCommand => IDLE_WAIT,
        };
        let gone = match self.inbox.commands.recv_timeout(wait) {
            Ok(command) => {
                *self.inbox.next.borrow_mut() = Some(command);
                false
            }
            Err(error) => error == RecvTimeoutError::Disconnected,
        };
        if gone {
            // The window has closed: rest until the process ends.
            std::future::pending::<()>().await;
        }
    }

    fn memory(&self) -> Option<u64> {
        memory::of_this_process()
    }

    fn cores(&self) -> usize {
        cores::available()
    }

    fn cores_for_sweeps(&self) -> Cores {
        Cores::all(cores::available())
    }

    fn crew(&mut self) -> Option<Box<dyn Crew>> {
        Some(Box::new(Threads::default()))
    }

    fn library(&self) -> Vec<String> {
        data::library().into_iter().map(|(name, _)| name).collect()
    }

    fn read_library(&mut self, name: &str) -> Result<Files, String> {
        data::read(name).map_err(|error| error.to_string())
    }

    fn encoder_offer(&self) -> Option<EncoderOffer> {
        encoder::offer()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use basin_train::protocol::read_script;

    use super::*;

    fn host() -> (ThreadHost, Sender<Ticketed<Command>>, Receiver<Ticketed<Event>>) {
        let (commands, inbox) = channel();
        let (outbox, events) = channel();
        let inbox = Inbox { commands: inbox, next: RefCell::default(), heard: Cell::new(false) };
        let outbox = Outbox { events: outbox, wake: Box::new(|| ()) };
        (ThreadHost { inbox: Rc::new(inbox), outbox: Rc::new(outbox) }, commands, events)
    }

    fn start(run: u64) -> Ticketed<Command> {
        read_script(&format!("{{\"command\":\"start\",\"run\":{run}}}")).expect("all else has defaults").into()
    }

    #[test]
    fn a_panic_is_told_and_a_new_trainer_comes() {
        let (host, commands, events) = host();
        commands.send(start(7)).expect("the host holds the other end");
        let trainers = Cell::new(0);
        host.keep_running(|mut host| {
            trainers.set(trainers.get() + 1);
            assert!(host.poll().is_none(), "wrong shape");
        });
        assert_eq!(trainers.get(), 2);
        let Ok(Ticketed { message: Event::Stopped { text }, .. }) = events.try_recv() else { panic!("the end was expected") };
        assert!(text.ends_with("wrong shape."), "{text}");
    }

    #[test]
    fn a_trainer_that_cannot_start_is_not_tried_for_ever() {
        let (host, _commands, events) = host();
        host.keep_running(|_| panic!("no start"));
        let Ok(Ticketed { message: Event::Stopped { text }, .. }) = events.try_recv() else { panic!("the end was expected") };
        assert!(text.contains("no start; close the window"), "{text}");
        assert!(events.try_recv().is_err(), "one failure is enough");
    }

    /// Sixty steps take several slices of the trainer, after each of which it may look at the sharpness.
    #[test]
    fn the_first_sharpness_waits_until_the_curves_have_moved() {
        let mut trainer = LinkToThread::start(|| None, || ()).expect("the system gives a thread");
        let start = r#"{"command":"start","run":1,"device":"cpu","experiment":{"training":{"evaluate_every":60}}}"#;
        trainer.send(read_script(start).expect("all else has defaults").into());
        let mut points = Vec::new();
        loop {
            match trainer.events.recv().expect("the trainer lives").message {
                Event::Measured { measurement, .. } => points.push(measurement.step),
                Event::Sharpness { .. } => break,
                Event::Failed { text, .. } => panic!("{text}"),
                _ => {}
            }
        }
        assert_eq!(points, [0, 60]);
    }

    /// A sweep of 24 cells, and what is told of them.
    #[test]
    fn a_sweep_gives_the_same_on_one_core_and_on_three_and_stops_when_it_is_asked_to() {
        let sweep = |cores: usize, epochs: usize| {
            let grid = r#""radii":[0.05,0.2],"validation":0.2"#;
            let experiment = r#""seeds":8,"data":{"source":{"films":{"examples":200}},"validation":true},"lanes":["sgd","sam:rho=0"]"#;
            let text = format!(
                r#"{{"command":"sweep","cores":{cores},"grid":{{{grid},"experiment":{{{experiment},"training":{{"epochs":{epochs}}}}}}}}}"#
            );
            Ticketed { ticket: Some(7), message: read_script(&text).expect("all else has defaults") }
        };
        let swept = |cores: usize| {
            let mut trainer = LinkToThread::start(|| None, || ()).expect("the system gives a thread");
            trainer.send(sweep(cores, 1));
            let mut outcomes = BTreeMap::new();
            loop {
                match trainer.events.recv().expect("the trainer lives") {
                    Ticketed { message: Event::Swept { cells, .. }, .. } => {
                        outcomes.extend(cells.into_iter().map(|(cell, o)| (cell, format!("{o:?}"))));
                    }
                    Ticketed { message: Event::Sweeping { cores: taken, .. }, .. } => assert_eq!(taken, cores),
                    Ticketed { message: Event::Failed { text, .. } | Event::Note { text, .. }, .. } => panic!("{text}"),
                    Ticketed { ticket: Some(7), message: Event::Done } => return outcomes,
                    _ => {}
                }
            }
        };
        let one = swept(1);
        assert_eq!(one.len(), 24);
        assert!(swept(3) == one);

        let mut trainer = LinkToThread::start(|| None, || ()).expect("the system gives a thread");
        trainer.send(sweep(2, 1000));
        loop {
            match trainer.events.recv().expect("the trainer lives") {
                Ticketed { message: Event::Swept { .. }, .. } => trainer.send(Command::StopSweep.into()),
                Ticketed { ticket: Some(7), message: Event::Done } => break,
                _ => {}
            }
        }
    }

    #[test]
    fn a_wait_ends_with_the_command_that_came() {
        let (mut host, commands, _events) = host();
        commands.send(start(1)).expect("the host holds the other end");
        commands.send(Command::Pause.into()).expect("the host holds the other end");
        pollster::block_on(host.give_turn(Rest::UntilCommand));
        assert!(matches!(host.poll(), Some(Ticketed { message: Command::Start { .. }, .. })));
        assert_eq!(host.poll(), Some(Command::Pause.into()));
        assert_eq!(host.poll(), None);
    }
}
