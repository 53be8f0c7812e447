//! The two ways to speak to whoever started the program: results on standard output, everything else on standard error.
//!
//! Both may be closed, full or nobody's: that never ends a run. `println!` and `eprintln!` panic then, so they are not
//! used in this crate (a lint of `main.rs` says so).

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

/// Writes to standard output. A reader that has seen enough (`| head`) is no failure.
///
/// # Errors
/// If it cannot be written, with the reason.
pub fn print(text: &str) -> Result<(), String> {
    let mut out = io::stdout().lock();
    match out.write_all(harmless(text).as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("standard output cannot be written: {error}")),
        _ => Ok(()),
    }
}

/// Whether somebody reads what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// Yes, as far as can be told.
    There,
    /// The reader has seen enough: what follows need not be computed.
    Gone,
}

/// Writes a piece of a longer result to standard output: to a file or a pipe as it is, for it is data.
///
/// # Errors
/// If it cannot be written, with the reason.
pub fn hand_out(text: &str) -> Result<Listener, String> {
    let mut out = io::stdout().lock();
    let text = if out.is_terminal() { harmless(text) } else { Cow::Borrowed(text) };
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(Listener::There),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Listener::Gone),
        Err(error) => Err(format!("standard output cannot be written: {error}")),
    }
}

/// Writes a line to standard error. Where nobody listens, nobody is told.
pub fn tell(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{}", harmless(&line.to_string()));
}

/// A text without what a terminal obeys: control characters other than line ends and tabs, and marks that turn the direction of
/// writing. Labels and names of files are anybody's words.
fn harmless(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    if text.contains(obeyed) { Cow::Owned(text.replace(obeyed, "\u{FFFD}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_told_nothing_that_it_obeys() {
        assert_eq!(harmless("\u{1B}[31mred\u{7}\tand\n\u{202E}back"), "\u{FFFD}[31mred\u{FFFD}\tand\n\u{FFFD}back");
        assert_eq!(harmless("δ-SAM, نص"), "δ-SAM, نص");
    }
}
