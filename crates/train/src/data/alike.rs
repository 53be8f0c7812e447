//! Whether rows that are to be answered lie like those of the table that a run learned from, where neither has a header.
//!
//! As many cells say nothing: a sentence with a comma has two. So the labels have to stand where they stood.
//! Elsewhere: who asks (`texts.rs`), test files, which are tables in any case (`test_file.rs`).

use super::profile::number;
use super::rows::Row;
use super::taken::Taken;
use crate::experiment::Columns;

/// The columns of the training table, where at least nine rows in ten fit it.
pub(super) fn columns<'a>(rows: &[Row], trained: &'a Taken) -> Option<&'a Columns> {
    let fitting = rows.iter().filter(|row| fits(row, trained)).count();
    (fitting > 0 && fitting * 10 >= rows.len() * 9).then_some(&trained.columns)
}

/// Whether a row is as wide as those of a training table without a header, its label a class of it, or empty.
pub(super) fn fits(row: &Row, trained: &Taken) -> bool {
    let width = trained.names.len();
    let label = row.cell(trained.columns.label).unwrap_or_default().trim();
    let plain = !trained.columns.header && trained.delimiter.is_some() && width > 1;
    plain && row.width == width && (label.is_empty() || trained.classes.iter().any(|(class, _)| is_class(label, class)))
}

/// Whether a cell means a class, as white space and decimals say nothing (`labels.rs`).
fn is_class(cell: &str, class: &str) -> bool {
    let same_number = || number(class).is_some_and(|class| number(cell) == Some(class));
    cell.split_whitespace().eq(class.split_whitespace()) || same_number()
}

#[cfg(test)]
mod tests {
    use super::super::rows::Format;
    use super::*;

    fn trained(header: bool) -> Taken {
        Taken {
            file: "train.tsv".to_owned(),
            format: Format::Delimited,
            delimiter: Some('\t'),
            columns: Columns { header, text: 1, text_b: None, label: 0 },
            names: ["column 1", "column 2"].map(str::to_owned).to_vec(),
            rows: 3,
            classes: vec![("very good".to_owned(), 2), ("1".to_owned(), 1)],
            left_out: Vec::new(),
            notes: Vec::new(),
        }
    }

    fn rows(cells: &[&[&str]]) -> Vec<Row> {
        cells.iter().zip(1..).map(|(cells, line)| Row::new(line, cells.iter().copied())).collect()
    }

    #[test]
    fn labels_tell_a_table_from_sentences() {
        let fits = |row: &[&str], header: bool| columns(&rows(&[row]), &trained(header)).is_some();
        for label in ["very good", "very  good", "1", "1.0", ""] {
            assert!(fits(&[label, "some text"], false), "{label}");
        }
        assert!(!fits(&["The camera is great", " but the battery is bad"], false));
        assert!(!fits(&["1", "some text"], true), "a training table with a header has names");
        assert!(!fits(&["1", "some text", "more"], false) && !fits(&["1"], false) && columns(&[], &trained(false)).is_none());
    }

    #[test]
    fn one_row_in_ten_may_be_another() {
        let mut cells: Vec<&[&str]> = vec![&["1", "some text"]; 9];
        cells.push(&["new", "some text"]);
        assert!(columns(&rows(&cells), &trained(false)).is_some());
        cells.pop();
        cells[0] = &["new", "some text"];
        // Eight of nine are fewer than nine of ten.
        assert!(columns(&rows(&cells), &trained(false)).is_none());
    }
}
