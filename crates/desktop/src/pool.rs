//! Tasks on several threads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

/// Does tasks on up to `jobs` threads, the last one first; `take` is called on this one with what each gives, as it comes. When
/// `stop` becomes true no more are begun.
///
/// # Errors
/// The first thing that is wrong with a task; the others are then left.
pub fn each<T: Send, R: Send>(
    tasks: Vec<T>,
    jobs: usize,
    stop: &AtomicBool,
    one: impl Fn(T) -> Result<Option<R>, String> + Sync,
    mut take: impl FnMut(R),
) -> Result<(), String> {
    let threads = jobs.min(tasks.len());
    let queue = Mutex::new(tasks);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
    // Nobody begins anew before what he gave was taken: results do not pile up.
    let (given, taken) = mpsc::sync_channel::<Result<R, String>>(0);
    let mut failed = None;
    // Not `stop`: somebody else may ask that whether Ctrl-C was pressed.
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..threads {
            let (given, one, over) = (given.clone(), &one, &over);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed)
                    && !over.load(Ordering::Relaxed)
                    && let Some(task) = next()
                {
                    if let Some(result) = one(task).transpose() {
                        drop(given.send(result));
                    }
                }
            });
        }
        drop(given);
        for result in taken {
            match result {
                Ok(result) => take(result),
                Err(text) => {
                    over.store(true, Ordering::Relaxed);
                    failed.get_or_insert(text);
                }
            }
        }
    });
    failed.map_or(Ok(()), Err)
}
