//! A trainer that is told what to do from a list, and what it tells.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::examples::RUN;
use crate::experiment::{DataSource, Experiment};
use crate::keep::Nowhere;
use crate::protocol::{Command, DeviceChoice, Event, Files, Ticketed};
use crate::trainer;
use crate::trainer::{Host, Rest};

/// A host that hands out commands one by one, and whose clock goes on by some milliseconds with every look.
pub(super) struct Script {
    pub(super) commands: VecDeque<Ticketed<Command>>,
    /// Commands are left out every other time, so that the run has its turn.
    pub(super) rests: bool,
    /// Turns that the run has after the last command.
    pub(super) turns: usize,
    pub(super) told: Rc<RefCell<Vec<Ticketed<Event>>>>,
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
pub(super) fn tell(commands: Vec<Ticketed<Command>>, turns: usize) -> Vec<Ticketed<Event>> {
    let told = Rc::new(RefCell::new(Vec::new()));
    let host = Script { commands: commands.into(), rests: true, turns, told: Rc::clone(&told) };
    let mut trainer = pin!(trainer::run(host, None::<Nowhere>));
    assert!(matches!(trainer.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Pending));
    told.take()
}

/// A start of a small run.
pub(super) fn small(seeds: usize) -> Command {
    let mut experiment = Experiment { seeds, ..Experiment::default() };
    experiment.data.source = DataSource::Reviews { examples: 40 };
    (experiment.model.dim, experiment.model.hidden) = (4, 4);
    (experiment.training.epochs, experiment.training.batch, experiment.training.probe) = (2, 8, 4);
    Command::Start { run: RUN, experiment: Box::new(experiment), files: None, device: DeviceChoice::Cpu, paused: false }
}

/// What was told, without progress and measurements.
pub(super) fn story(told: &[Ticketed<Event>]) -> Vec<String> {
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

pub(super) fn asked(commands: Vec<Command>) -> Vec<Ticketed<Command>> {
    (1..).zip(commands).map(|(ticket, message)| Ticketed { ticket: Some(ticket), message }).collect()
}
