//! Stands in for the trainer until it exists: says hello, and that it is missing.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use basin_train::protocol::{Command, Event, RunId, VERSION};

use crate::turn::Turn;

pub async fn run(inbox: Rc<RefCell<VecDeque<Command>>>, emit: impl Fn(&Event), turn: Turn) {
    emit(&Event::Hello { version: VERSION, library: Vec::new() });
    let start = web_time::Instant::now();
    for _ in 0..1000 {
        turn.give().await;
    }
    emit(&Event::Note { run: RunId(1), text: format!("1000 turns took {} ms", start.elapsed().as_millis()) });
    loop {
        turn.give().await;
        let command = inbox.borrow_mut().pop_front();
        match command {
            Some(Command::Step) => panic!("a panic to look at"),
            Some(command) => emit(&Event::Failed { run: RunId(1), text: format!("there is no trainer yet: {command:.20?}") }),
            None => {}
        }
    }
}
