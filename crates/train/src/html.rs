//! Texts of others in HTML.

/// The text as HTML shows it, in an element or an attribute in double quotes; control characters are spaces.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push('\n'),
            letter if letter.is_control() => escaped.push(' '),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_of_others_stay_texts() {
        assert_eq!(super::escaped("<a href=\"x\">&\n\u{7}"), "&lt;a href=&quot;x&quot;&gt;&amp;\n ");
    }
}
