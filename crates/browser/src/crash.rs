//! What happens after a panic: its text goes to whoever can show it, since nothing of this instance can go on.

use std::cell::RefCell;
use std::panic;

type Listener = Box<dyn Fn(&str)>;

thread_local! {
    /// Told of a panic. JavaScript's functions cannot travel in a panic hook, which must be `Send`.
    static LISTENER: RefCell<Option<Listener>> = const { RefCell::new(None) };
}

/// Calls `listener` with the message and place of each panic of this instance, besides the hooks that are there.
pub fn on_panic(listener: impl Fn(&str) + 'static) {
    LISTENER.with(|slot| *slot.borrow_mut() = Some(Box::new(listener)));
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        others(info);
        LISTENER.with(|slot| {
            // A panic inside the listener finds it borrowed and ends here.
            if let Ok(slot) = slot.try_borrow()
                && let Some(listener) = slot.as_ref()
            {
                listener(&info.to_string());
            }
        });
    }));
}
