//! The two ways to speak to whoever started the program: results on standard output, everything else on standard error.
//!
//! Both may be closed, full or nobody's: that never ends a run. `println!` and `eprintln!` panic then, so they are not
//! used in this crate (a lint of `main.rs` says so).

use std::fmt::Display;
use std::io::{self, Write};

/// Writes to standard output. A reader that has seen enough (`| head`) is no failure.
///
/// # Errors
/// If it cannot be written, with the reason.
pub fn print(text: &str) -> Result<(), String> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("standard output cannot be written: {error}")),
        _ => Ok(()),
    }
}

/// Writes a line to standard error. Where nobody listens, nobody is told.
pub fn tell(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
