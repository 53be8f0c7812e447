//! How many cores there are.

use std::num::NonZero;
use std::thread;

/// As many threads as this process may run at once; one where the system does not say.
pub fn available() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}
