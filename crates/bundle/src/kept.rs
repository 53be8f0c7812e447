//! Results of slow steps, kept beside cargo's own: what has not changed is not made again.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::disk::{read, write};

/// What `make` made of `input` the last time, or makes of it now, from its first file to its second.
/// `folder` keeps one input and one result under this name.
///
/// # Errors
/// Those of `make`; a file that cannot be written.
pub fn kept(folder: &Path, name: &str, input: &[u8], make: impl FnOnce(&Path, &Path) -> Result<()>) -> Result<Vec<u8>> {
    let [before, after, fresh] = ["before", "after", "fresh"].map(|word| folder.join(format!("{name}.{word}")));
    if fs::read(&before).is_ok_and(|old| old == input)
        && let Ok(result) = fs::read(&after)
    {
        return Ok(result);
    }
    // A stale result beside a new input would be taken for its own if this were cut off half-way.
    let _ = fs::remove_file(&after);
    write(&before, input)?;
    make(&before, &fresh)?;
    fs::rename(&fresh, &after).with_context(|| format!("cannot keep {}", after.display()))?;
    read(&after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_made_once() {
        let folder = std::env::temp_dir().join(format!("basin-kept-{}", std::process::id()));
        let made = std::cell::Cell::new(0);
        let make = |input: &str| {
            let result = kept(&folder, "twice", input.as_bytes(), |from, to| {
                made.set(made.get() + 1);
                write(to, &read(from)?.repeat(2))
            });
            String::from_utf8(result.expect("the folder can be written")).expect("text")
        };
        assert_eq!([make("a"), make("a")], ["aa", "aa"]);
        assert_eq!(made.get(), 1);
        assert_eq!([make("b"), make("a")], ["bb", "aa"]);
        assert_eq!(made.get(), 3, "one result is kept");
        assert!(kept(&folder, "twice", b"c", |_, _| anyhow::bail!("no")).is_err());
        assert_eq!(make("c"), "cc", "what failed is tried again");
        fs::remove_dir_all(folder).expect("it was made here");
    }
}
