//! What the trainer names by its flag is a control here.

/// Flags of the command line in messages about data and about what is handed on, longer ones first, and the control that does the same.
/// Whole commands, such as `basin export FILE …`, stay: they are for the program on the desktop.
const CONTROLS: [(&str, &str); 12] = [
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
    ("`--format onnx`", "“Save”, “Model as ONNX”"),
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
    use basin_train::instruments::LookError;

    use super::*;

    #[test]
    fn flags_become_controls() {
        let text = named("two columns hold texts; `--text-b none` reads one alone. Choose with `--label`, not `--labels`");
        assert_eq!(text, "two columns hold texts; “Second text”: none reads one alone. Choose with “Label column”, not `--labels`");
        assert_eq!(named(&text), text);
        let text = named(&LookError::NoSmallPage.to_string());
        assert!(text.contains("take the form onnx (“Save”, “Model as ONNX”), for programs"), "{text}");
        let command = LookError::EncoderStays.to_string();
        assert_eq!(named(&command), command);
    }
}
