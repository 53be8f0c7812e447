//! Memory that could not be had: wasm ends with `unreachable` and says nothing of it, so the last request that failed is
//! remembered here, for whoever has to say why.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use wasm_bindgen::prelude::wasm_bindgen;

/// Bytes that were asked for and not given; 0 if all were.
static FAILED: AtomicUsize = AtomicUsize::new(0);

/// The allocator of the system, with a note of what it could not give.
struct Remembering;

impl Remembering {
    fn remember(memory: *mut u8, bytes: usize) -> *mut u8 {
        if memory.is_null() {
            FAILED.store(bytes, Ordering::Relaxed);
        }
        memory
    }
}

#[allow(unsafe_code, reason = "an allocator has no safe form; all is passed on as it came")]
// SAFETY: the system's allocator keeps the contract, and nothing is changed on the way.
unsafe impl GlobalAlloc for Remembering {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::remember(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Self::remember(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Self::remember(unsafe { System.realloc(memory, layout, size) }, size)
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        unsafe { System.dealloc(memory, layout) };
    }
}

#[global_allocator]
static MEMORY: Remembering = Remembering;

/// Bytes that were asked for last and could not be had; 0 if all could. It works after a trap, too.
#[wasm_bindgen]
pub fn failed_allocation() -> f64 {
    FAILED.load(Ordering::Relaxed) as f64
}
