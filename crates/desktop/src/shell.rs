//! Words of a shell: paths in commands that people copy, and in scripts.

use std::path::Path;

/// A path as one word of a shell, in quotes where it needs them.
pub fn word(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        return text.into_owned();
    }
    // What begins with a dash would be an option.
    let dash = if text.starts_with('-') { "./" } else { "" };
    format!("'{dash}{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_where_it_needs_it() {
        let found = ["run1", "a/b-2.toml", "größe", "sp ace/my run", "it's", "-x", "$HOME", "~", ""].map(|path| word(Path::new(path)));
        assert_eq!(found, ["run1", "a/b-2.toml", "größe", "'sp ace/my run'", r"'it'\''s'", "'./-x'", "'$HOME'", "'~'", "''"]);
    }
}
