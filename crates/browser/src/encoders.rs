//! Workers that encode texts beside the trainer, all of the one compiled module, each with the encoder in a memory of its own.
//!
//! The other end is `encoding.rs`; who gets which texts, `basin_train::trainer`.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use basin_train::cores::Cores;
use basin_train::data::encoder::Vector;
use basin_train::trainer;

use crate::host::{EncoderFile, Helpers};
use crate::thread::Thread;

/// Texts of which one more worker is worth its begin, some tenths of a second.
const WORTH_A_WORKER: usize = 100;

/// The number of a piece, and its texts.
pub type Piece<T> = (usize, Vec<T>);

/// The number of a piece, and the bits of each number of its vectors; none when a worker is ready for the first one.
pub type Made = Option<(usize, Vec<Vec<u32>>)>;

/// Vectors that have come, with the numbers of their pieces.
type Heard = Rc<RefCell<VecDeque<(usize, Vec<Vector>)>>>;

/// Workers that encode.
pub struct Encoders {
    workers: Vec<Worker>,
    heard: Heard,
}

struct Worker {
    thread: Thread,
    /// Whether it is ready, and at nothing.
    free: Rc<Cell<bool>>,
}

impl Encoders {
    /// As many as so many texts are worth, and this computer has cores for; none without any.
    pub fn begin(helpers: &Helpers, file: &EncoderFile, texts: usize) -> Option<Self> {
        let most = Cores::encoders_of_page(helpers.cores() as usize, helpers.small());
        let heard = Heard::default();
        let worker = |_| Worker::begin(helpers, file, &heard);
        // A browser that refuses one refuses the others.
        let workers: Vec<Worker> = (0..most.min(texts / WORTH_A_WORKER)).map_while(worker).collect();
        (!workers.is_empty()).then_some(Self { workers, heard })
    }
}

impl Worker {
    fn begin(helpers: &Helpers, file: &EncoderFile, heard: &Heard) -> Option<Self> {
        let free = Rc::new(Cell::new(false));
        let hear = {
            let (free, heard) = (Rc::clone(&free), Rc::clone(heard));
            move |text: &str| {
                // It is of this page's own version, or nothing comes of it.
                let Ok(made) = serde_json::from_str::<Made>(text) else { return };
                free.set(true);
                let vector = |bits: Vec<u32>| bits.into_iter().map(f32::from_bits).collect();
                heard.borrow_mut().extend(made.map(|(number, vectors)| (number, vectors.into_iter().map(vector).collect())));
            }
        };
        let end = {
            let free = Rc::clone(&free);
            move |details: &str| {
                free.set(false);
                log::warn!("A worker that encoded has ended ({details}): the others go on without it.");
            }
        };
        let thread = helpers.worker("encoder").and_then(|worker| Thread::start(worker, Some(&file.blob()), hear, end)).ok()?;
        Some(Self { thread, free })
    }
}

impl trainer::Encoders for Encoders {
    fn one_is_free(&self) -> bool {
        self.workers.iter().any(|worker| worker.free.get())
    }

    fn give(&mut self, number: usize, texts: &[&str]) {
        if let Some(worker) = self.workers.iter().find(|worker| worker.free.replace(false)) {
            let piece: Piece<&str> = (number, texts.to_vec());
            worker.thread.post(&serde_json::to_string(&piece).expect("texts are plain data"));
        }
    }

    fn hear(&mut self) -> Option<(usize, Vec<Vector>)> {
        self.heard.borrow_mut().pop_front()
    }
}
