//! What happens after a panic, or when memory runs out: a text goes to whoever can show it, since nothing of this
//! instance can go on.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::RefCell;
use std::panic;

use basin_train::limits::in_words;

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
        tell(&info.to_string());
    }));
}

fn tell(text: &str) {
    LISTENER.with(|slot| {
        // A panic inside the listener finds it borrowed and ends here.
        if let Ok(slot) = slot.try_borrow_mut()
            && let Some(listener) = slot.as_ref()
        {
            listener(text);
        }
    });
}

/// The system's allocator, which says so when there is no memory left: that is no panic but a bare trap, `unreachable`.
struct Telling;

#[global_allocator]
static ALLOCATOR: Telling = Telling;

#[expect(unsafe_code, reason = "every allocator is; this one hands each call on as it is")]
// SAFETY: all four answer what the system's allocator answers.
unsafe impl GlobalAlloc for Telling {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        told(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        told(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        told(unsafe { System.realloc(place, layout, size) }, size)
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        unsafe { System.dealloc(place, layout) }
    }
}

/// `place`, after words about one that could not be had.
fn told(place: *mut u8, bytes: usize) -> *mut u8 {
    if place.is_null() {
        // The words are short: there is room for them.
        tell(&format!("out of memory ({} more were needed)", in_words(bytes as u64)));
    }
    place
}
