//! Runs the constructors of the wasm module, once.
//!
//! burn's compiler crates register themselves with `inventory`, which needs constructors to run at the start.
//! If no exported function calls `__wasm_call_ctors`, the linker assumes a command that is called once and
//! makes *every* export call it: each call from JavaScript then runs all of them again, half a second a step.

use std::sync::Once;

/// Runs the constructors at the first call in this instance.
#[allow(unsafe_code, reason = "the linker's own function has no safe form")]
pub fn run() {
    unsafe extern "C" {
        fn __wasm_call_ctors();
    }
    static ONCE: Once = Once::new();
    // SAFETY: the linker defines it, it takes nothing and returns nothing, and `Once` keeps it to one call,
    // before any code that relies on it.
    ONCE.call_once(|| unsafe { __wasm_call_ctors() });
}
