//! Pieces of messages: what others wrote, short enough; how many there are of something.

/// The first `most` − 1 characters of a text and `…`, or all of it where it has no more than `most`.
pub fn brief(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// "1 row", "2 rows", "2 classes".
pub fn counted(count: usize, noun: &str) -> String {
    let ending = if noun.ends_with('s') { "es" } else { "s" };
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}{ending}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_and_short_ones_stay() {
        assert_eq!([counted(1, "class"), counted(2, "class"), counted(0, "cell")], ["1 class", "2 classes", "0 cells"]);
        assert_eq!([brief("grüße", 5), brief("grüße!", 5), brief("", 0)], ["grüße", "grüß…", ""]);
    }
}
