//! Ctrl-C: the first one asks for an end, the second one is the end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::exit::STOPPED;
use crate::terminal::tell;

/// What was asked for, for work that nobody hands the flag to.
static ASKED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Whether an end was asked for.
pub fn asked() -> bool {
    ASKED.get().is_some_and(|stop| stop.load(Ordering::Relaxed))
}

/// Becomes true with the first Ctrl-C (or a request to terminate), of which `words` are told; the second one ends the process at
/// once.
///
/// # Errors
/// If the system does not let it be listened to.
pub fn flag(words: &'static str) -> Result<Arc<AtomicBool>, String> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let _ = ASKED.set(Arc::clone(&stop));
    let handler = move || {
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(STOPPED));
        }
        tell(words);
    };
    ctrlc::set_handler(handler).map_err(|error| format!("Ctrl-C cannot be listened to: {error}"))?;
    Ok(stop)
}
