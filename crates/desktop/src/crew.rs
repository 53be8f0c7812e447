//! The helpers of a sweep in the window: threads, which share its data.
//!
//! Elsewhere: who gets which cells (`basin_train::lab`), `basin sweep`, which has its own threads and a folder (`sweep/jobs.rs`).

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Instant;

use basin_train::lab::crew::{Clock, Crew, Task, Word};

/// Threads that train.
pub struct Threads {
    /// Where each takes its pieces from. One whose end is gone ends itself.
    pieces: BTreeMap<usize, Sender<Vec<usize>>>,
    outbox: Sender<(usize, Word)>,
    inbox: Receiver<(usize, Word)>,
    /// Leave what is under way.
    stop: Arc<AtomicBool>,
}

impl Default for Threads {
    fn default() -> Self {
        let (outbox, inbox) = channel();
        Self { pieces: BTreeMap::new(), outbox, inbox, stop: Arc::default() }
    }
}

impl Crew for Threads {
    fn hire(&mut self, helper: usize, task: &Task) -> Result<(), String> {
        let (pieces, waiting) = channel::<Vec<usize>>();
        let (task, outbox, stop) = (task.clone(), self.outbox.clone(), Arc::clone(&self.stop));
        let work = move || {
            // Nobody listens once the crew is dismissed.
            let say = |word| drop(outbox.send((helper, word)));
            say(Word::Ready);
            while let Ok(cells) = waiting.recv() {
                let goes_on = |share| {
                    say(Word::Share { share });
                    !stop.load(Ordering::Relaxed)
                };
                // What a panic leaves half done is this thread's own, but for the shelf, which holds whole plans alone.
                match catch_unwind(AssertUnwindSafe(|| pollster::block_on(task.train(&cells, clock(), goes_on)))) {
                    Ok(Some(word)) => say(word),
                    Ok(None) => return,
                    Err(panic) => return say(Word::Died { text: message_of(panic.as_ref()) }),
                }
            }
        };
        thread::Builder::new().name("basin-helper".to_owned()).spawn(work).map_err(|error| error.to_string())?;
        self.pieces.insert(helper, pieces);
        Ok(())
    }

    fn give(&mut self, helper: usize, cells: &[usize]) {
        if let Some(pieces) = self.pieces.get(&helper) {
            // One that has ended has said so, or is about to.
            drop(pieces.send(cells.to_vec()));
        }
    }

    fn end(&mut self, helper: usize) {
        // A thread cannot be ended from outside: it gets no more pieces, and what it still says is about a helper that nobody has.
        self.pieces.remove(&helper);
    }

    fn hear(&mut self) -> Option<(usize, Word)> {
        self.inbox.try_recv().ok()
    }

    fn dismiss(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        *self = Self::default();
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// The words of a panic.
pub fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it gave no message".to_owned())
}

fn clock() -> Clock {
    let started = Instant::now();
    Box::new(move || started.elapsed().as_secs_f64())
}
