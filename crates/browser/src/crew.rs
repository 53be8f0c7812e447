//! The helpers of a sweep in a page: workers of the trainer's worker, all of the one compiled module, each with a memory of its own.
//!
//! They end with the sweep, and with the trainer. The other end is `helper.rs`; who gets which cells, `basin_train::lab`.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use basin_train::lab::crew::{Crew, Task, Word};
use wasm_bindgen::JsValue;

use crate::host::{Helpers, words_of};
use crate::thread::Thread;
use crate::turn::Turn;

/// Workers that train.
pub struct Workers {
    helpers: Helpers,
    threads: BTreeMap<usize, Thread>,
    heard: Rc<RefCell<VecDeque<(usize, Word)>>>,
    /// Ends the trainer's sleep when something was said.
    turn: Turn,
    /// What is posted to each: with the data set, so it is made once.
    task: Option<JsValue>,
}

impl Workers {
    /// None yet.
    pub fn new(helpers: Helpers, turn: Turn) -> Self {
        Self { helpers, threads: BTreeMap::new(), heard: Rc::default(), turn, task: None }
    }
}

impl Crew for Workers {
    fn hire(&mut self, helper: usize, task: &Task) -> Result<(), String> {
        let task = self.task.get_or_insert_with(|| JsValue::from_str(&task.text()));
        let say = {
            let (heard, turn) = (Rc::clone(&self.heard), self.turn.clone());
            move |word| {
                heard.borrow_mut().push_back((helper, word));
                turn.wake();
            }
        };
        let hear = {
            let say = say.clone();
            move |text: &str| say(serde_json::from_str(text).unwrap_or_else(|error| Word::Failed { text: error.to_string() }))
        };
        let end = move |details: &str| say(Word::Died { text: details.to_owned() });
        let thread = self.helpers.worker("helper").and_then(|worker| Thread::start(worker, Some(task), hear, end));
        self.threads.insert(helper, thread.map_err(|error| words_of(&error))?);
        Ok(())
    }

    fn give(&mut self, helper: usize, cells: &[usize]) {
        if let Some(thread) = self.threads.get(&helper) {
            thread.post(&serde_json::to_string(cells).expect("numbers are plain data"));
        }
    }

    fn end(&mut self, helper: usize) {
        self.threads.remove(&helper);
    }

    fn hear(&mut self) -> Option<(usize, Word)> {
        let said = self.heard.borrow_mut().pop_front()?;
        if let (helper, Word::Died { .. }) = &said {
            self.end(*helper);
        }
        Some(said)
    }

    fn dismiss(&mut self) {
        self.threads.clear();
        self.heard.borrow_mut().clear();
    }
}
