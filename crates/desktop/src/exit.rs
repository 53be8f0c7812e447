//! Exit codes: part of the interface, as the head of `main.rs` lists them.

/// Exit code of a check that failed.
pub const CHECK_FAILED: u8 = 1;
/// Exit code of bad input, and of everything that a user can put right.
pub const BAD_INPUT: u8 = 2;
/// Exit code of a run whose numbers were printed, but not all of its files could be written.
pub const NOT_WRITTEN: u8 = 3;
/// Exit code of a run that Ctrl-C stopped: 128 + SIGINT, as shells expect.
pub const STOPPED: u8 = 130;
