//! What the trainer names by its flag is a control here.

/// Flags of the command line in messages about data, longer ones first, and the control that does the same.
const CONTROLS: [(&str, &str); 11] = [
    ("`--header no`", "take the tick from “The first row is a header”"),
    ("`--text-b none`", "“Second text”: none"),
    ("`--text-b`", "“Second text”"),
    ("`--text`", "“Text column”"),
    ("`--label answer`", "“Label column”"),
    ("`--label`", "“Label column”"),
    ("`--delimiter`", "“Delimiter”"),
    ("`--tokens characters`", "“Tokens”: characters"),
    ("`--max-length`", "“Longest text”"),
    ("`--test`", "“Add a test file…”"),
    ("`--data`", "“Open”"),
];

/// A message with the names of controls for those of flags.
pub fn named(text: &str) -> String {
    if !text.contains("`--") {
        return text.to_owned();
    }
    CONTROLS.iter().fold(text.to_owned(), |text, (flag, control)| text.replace(flag, control))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_become_controls() {
        let text = named("two columns hold texts; `--text-b none` reads one alone. Choose with `--label`, not `--labels`");
        assert_eq!(text, "two columns hold texts; “Second text”: none reads one alone. Choose with “Label column”, not `--labels`");
        assert_eq!(named(&text), text);
    }
}
