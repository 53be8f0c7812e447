//! What others wrote, short enough for a message of ours.

/// The first `most` − 1 characters of a text and `…`, or all of it where it has no more than `most`.
pub fn brief(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_and_short_ones_stay() {
        assert_eq!([brief("grüße", 5), brief("grüße!", 5), brief("", 0)], ["grüße", "grüß…", ""]);
    }
}
