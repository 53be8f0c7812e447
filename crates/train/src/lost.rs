//! A GPU that is gone: its driver was reset, it was unplugged, the browser took it from the page.
//!
//! Work on it seems to go on, and is noticed to be lost where numbers are read back: deep inside a measurement, with nothing
//! to go on with. So whoever reads them waits there for ever, and who let the work begin drops it and hears why
//! ([`unless_lost`]). That holds in a browser, too, where no panic can be caught.

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::OnceLock;
use std::task::Poll;

use burn::tensor::{TensorData, Transaction};

use crate::brief::brief;

/// The GPU answers nothing more, and with it are gone the runs that were there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the GPU was lost ({why})")]
pub struct Lost {
    why: String,
}

thread_local! {
    /// Whether somebody waits for work on this thread who hears of a loss.
    static HEARD: Cell<bool> = const { Cell::new(false) };
    /// What somebody is to hear.
    static NEWS: RefCell<Option<Lost>> = const { RefCell::new(None) };
}

/// A process cannot set a GPU up again.
static FOR_GOOD: OnceLock<Lost> = OnceLock::new();

/// Why a device was given up. Whoever reads from it afterwards is only told that it is gone.
static GIVEN_UP: OnceLock<Lost> = OnceLock::new();

/// The loss of this process, if there was one.
pub fn for_good() -> Option<Lost> {
    FOR_GOOD.get().cloned()
}

/// What `work` comes to.
///
/// # Errors
/// The GPU was lost on the way; `work` is then dropped where it stood.
pub async fn unless_lost<T>(work: impl Future<Output = T>) -> Result<T, Lost> {
    let mut work = pin!(work);
    poll_fn(move |context| {
        let before = HEARD.replace(true);
        let polled = work.as_mut().poll(context);
        HEARD.set(before);
        match (NEWS.take(), polled) {
            (Some(lost), _) => Poll::Ready(Err(lost)),
            (None, Poll::Ready(done)) => Poll::Ready(Ok(done)),
            (None, Poll::Pending) => Poll::Pending,
        }
    })
    .await
}

/// Reads tensors back.
pub(crate) async fn read(transaction: Transaction) -> Vec<TensorData> {
    match transaction.execute_async().await {
        Ok(values) => values,
        Err(error) => {
            tell(&error);
            pending().await
        }
    }
}

/// Takes note of why a device is about to be given up; the first reason is the one.
pub(crate) fn note(error: &impl Display) {
    GIVEN_UP.get_or_init(|| Lost::of(error));
}

/// Takes note of a device that does not answer.
///
/// # Panics
/// If nobody would hear of it.
pub(crate) fn tell(error: &impl Display) {
    let lost = GIVEN_UP.get().cloned().unwrap_or_else(|| Lost::of(error));
    assert!(HEARD.get(), "{lost}");
    FOR_GOOD.get_or_init(|| lost.clone());
    NEWS.set(Some(lost));
}

impl Lost {
    fn of(error: &impl Display) -> Self {
        // Burn's words stand on two lines, of which the second one says what happened.
        let words = error.to_string();
        let why = words.rsplit("Caused by:").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        Self { why: brief(why.trim_end_matches('.'), 120) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_on_a_lost_gpu_ends_with_the_reason_and_other_work_with_its_result() {
        let lost = Lost::of(&"The device is poisoned\nCaused by:\n  Unknown: the driver was reset.");
        // As `tell` does, which would take the GPU from the other tests, too.
        let read = || async {
            assert!(HEARD.get());
            NEWS.set(Some(lost.clone()));
            pending::<()>().await;
        };
        let work = async {
            let inner = unless_lost(read()).await.expect_err("it is lost");
            assert_eq!(inner.to_string(), "the GPU was lost (Unknown: the driver was reset)", "who asks in between hears first");
            read().await;
        };
        assert!(pollster::block_on(unless_lost(work)).is_err());
        assert!(!HEARD.get());
        assert_eq!(pollster::block_on(unless_lost(async { 7 })), Ok(7));
    }
}
