//! How many cores there are, and how many of them are to work.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Threads that whoever started the program allows.
static MOST: AtomicUsize = AtomicUsize::new(usize::MAX);

/// As many threads as this process may run at once; one where the system does not say.
pub fn available() -> usize {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    cores.min(MOST.load(Ordering::Relaxed))
}

/// Leaves no more to be [`available`], where a flag says so: what runs before the training, such as an encoder, has them, too.
pub fn limit(jobs: Option<u16>) {
    MOST.store(jobs.map_or(usize::MAX, usize::from), Ordering::Relaxed);
}

/// The threads of a flag, more than there are cores if it says so; without it one a core.
pub fn wanted(jobs: Option<u16>) -> usize {
    jobs.map_or_else(available, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_leaves_fewer_cores() {
        let all = available();
        limit(Some(1));
        assert_eq!((available(), wanted(Some(3)), wanted(None)), (1, 3, 1));
        limit(None);
        assert_eq!(available(), all);
    }
}
