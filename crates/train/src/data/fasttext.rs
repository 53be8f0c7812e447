//! fastText's format: `__label__NAME text`, one example per line.
//!
//! Elsewhere: the other formats (`table.rs`).

use super::rows::{Format, Mark, RawTable, Row};

const PREFIX: &str = "__label__";

/// Whether nearly all lines begin with a label, and no delimiter follows it.
pub(super) fn is_fasttext(text: &str) -> bool {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(50).collect();
    let labelled = |line: &&&str| {
        let first = line.split_whitespace().next().unwrap_or_default();
        first.starts_with(PREFIX) && !first.contains([',', ';', '|'])
    };
    // A tab right behind the label is the other usual way to write a table.
    !lines.is_empty() && lines.iter().filter(labelled).count() * 10 >= lines.len() * 9
}

/// A line without the labels that it begins with.
pub(super) fn without_labels(line: &str) -> &str {
    let mut rest = line.trim();
    while rest.starts_with(PREFIX) {
        rest = rest.find(char::is_whitespace).map_or("", |end| rest[end..].trim_start());
    }
    rest
}

/// The rows, with a column `label` and a column `text`.
pub(super) fn read(file: String, text: &str) -> RawTable {
    let mut table = RawTable::new(file, Format::FastText);
    table.keys = Some(vec!["label".to_owned(), "text".to_owned()]);
    for (line, at) in text.split('\n').zip(1..).filter(|(line, _)| !line.trim().is_empty()) {
        table.push(|| {
            let (labels, words): (Vec<&str>, Vec<&str>) = line.split_whitespace().partition(|word| word.starts_with(PREFIX));
            let labels: Vec<&str> = labels.iter().map(|label| &label[PREFIX.len()..]).collect();
            let mark = (labels.len() > 1).then_some(Mark::Several(labels.len()));
            Ok(Row::marked(at, [(labels.join(", ").as_str(), mark), (words.join(" ").as_str(), None)]))
        });
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_taken_off_the_words() {
        let text = "__label__a one two\n\n__label__b\tthree\n__label__a __label__b four\nfive\n";
        assert!(is_fasttext("__label__a one\n__label__b\ttwo\n"));
        assert!(!is_fasttext("a one\n__label__b two\n") && !is_fasttext("__label__a,one\n"));
        let table = read("a.txt".to_owned(), text);
        let rows: Vec<(usize, Vec<&str>)> = table.rows.iter().map(|row| (row.line, row.cells().collect())).collect();
        assert_eq!(rows, [(1, vec!["a", "one two"]), (3, vec!["b", "three"]), (4, vec!["a, b", "four"]), (5, vec!["", "five"])]);
        assert_eq!(table.rows[2].mark(0), Some(Mark::Several(2)));
        let bare = ["__label__a one two", " __label__a\t__label__b four", "five __label__a", "__label__a"].map(without_labels);
        assert_eq!(bare, ["one two", "four", "five __label__a", ""]);
    }
}
