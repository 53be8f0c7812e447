//! Whether the first row is a header, and what stands above it.
//!
//! A header names columns: its cells are short, none of them is a label of another row, numbers begin below it. Known names
//! (`names.rs`) settle it at once; headers in other words and scripts are told by comparing the first row with the rest.
//! Elsewhere: which columns are used (`guess.rs`).

use super::names::Fit;
use super::profile::{Profile, number, words};
use super::rows::{RawTable, Row, most_common};

/// Rows that the first one is compared with.
const SAMPLE_ROWS: usize = 2000;

/// Points from which the first row is a header.
const ENOUGH: f64 = 2.0;

/// What the first row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// A row like the others.
    No,
    /// A header with names that we know.
    Known,
    /// A header with other names: it differs from the rows below.
    Unlike,
}

/// What the first row of a table without keys is.
pub(super) fn of(table: &RawTable) -> Header {
    let Some((first, others)) = table.rows.split_first() else { return Header::No };
    let fits: Vec<Fit> = first.cells().map(Fit::of).collect();
    let exact = |fit: &Fit| f64::from(u8::from(fit.text > 1.0)) + f64::from(u8::from(fit.label > 1.0));
    let known: f64 = fits.iter().map(exact).fold(0.0, |sum, points| (sum + 2.0 * points).min(4.0))
        + if fits.iter().any(|fit| fit.is_known()) { 1.0 } else { 0.0 };
    let points = known + names_only(first) + unlike(first, others, table.width(false), known >= 4.0);
    match points {
        points if points < ENOUGH => Header::No,
        _ if known > 0.0 => Header::Known,
        _ => Header::Unlike,
    }
}

/// Points for cells that could be names.
fn names_only(first: &Row) -> f64 {
    let cells: Vec<&str> = first.cells().filter(|cell| !cell.is_empty()).collect();
    let name = |cell: &str| {
        cell.chars().count() <= 30 && cell.split_whitespace().count() <= 3 && number(cell).is_none() && !cell.ends_with(['.', '!', '。'])
    };
    let mut sorted = cells.clone();
    sorted.sort_unstable();
    sorted.dedup();
    if cells.iter().any(|cell| number(cell).is_some()) {
        -3.0
    } else if cells.iter().all(|cell| name(cell)) && sorted.len() == cells.len() {
        0.5
    } else {
        -1.0
    }
}

/// Points for a first row that differs from the others.
fn unlike(first: &Row, others: &[Row], width: usize, surely_names: bool) -> f64 {
    let same = |row: &Row| row.width == first.width && row.cells().eq(first.cells());
    let rows: Vec<&Row> = others.iter().step_by(others.len().div_ceil(SAMPLE_ROWS).max(1)).filter(|row| !same(row)).collect();
    let cells = |column: usize| rows.iter().map(move |row| (row.cell(column).unwrap_or_default(), row.mark(column)));
    let profiles: Vec<Profile> = (0..width.min(64)).map(|column| Profile::of(cells(column))).collect();
    let best = |score: &dyn Fn(&Profile) -> f64| (0..profiles.len()).max_by(|&a, &b| score(&profiles[a]).total_cmp(&score(&profiles[b])));
    let (Some(label), Some(text)) = (best(&|p| p.as_label()), best(&|p| p.as_text())) else { return 0.0 };
    let head = |column: usize| first.cell(column).unwrap_or_default();

    // What other rows share is no name of a column, whatever it looks like.
    let recurs = |column: usize| !head(column).is_empty() && others.iter().any(|row| row.cell(column) == first.cell(column) && !same(row));
    if !surely_names && (0..profiles.len()).any(recurs) {
        return -10.0;
    }
    let mut points = 0.0;
    // Dates, times and codes have digits, their names have none.
    let begins_numbers = |column: usize| {
        let name = head(column);
        let numbers = profiles[column].numbers >= 0.9 && number(name).is_none();
        let digits = profiles[column].digits >= 0.4 && !name.contains(|c: char| c.is_ascii_digit());
        !name.is_empty() && (numbers || digits)
    };
    if rows.len() >= 2 && (0..profiles.len()).any(begins_numbers) {
        points += 3.0;
    }
    let labels = &profiles[label];
    if rows.len() >= 4 && labels.distinct <= labels.rows / 2.0 && labels.singles <= labels.rows / 50.0 && !head(label).is_empty() {
        points += if rows.len() >= 20 { 1.5 } else { 1.0 };
    }
    // A survey has its questions as names, each much longer than the answers that are classes.
    let asked = head(label).chars().count() as f64;
    let question =
        head(label).ends_with(['?', '？']) && rows.iter().all(|row| !row.cell(label).is_some_and(|cell| cell.ends_with(['?', '？'])));
    if rows.len() >= 4 && (question || asked >= 30.0) && asked >= 2.0 * labels.chars.max(4.0) {
        return points + 2.0;
    }
    let (length, usual) = (head(text).chars().count() as f64, profiles[text].chars);
    points += if 2.0 * length <= usual && words(head(text)) <= profiles[text].words.max(1.0) { 0.5 } else { 0.0 };
    if length >= 0.7 * usual && text != label { points - 1.0 } else { points }
}

/// Rows above the table: titles and remarks, one cell each, or whatever stands above a row that names text and label.
pub(super) fn rows_above(rows: &[Row]) -> usize {
    const MOST: usize = 4;
    let names_both = |row: &Row| {
        let fits: Vec<Fit> = row.cells().map(Fit::of).collect();
        fits.iter().any(|fit| fit.text > 1.0) && fits.iter().any(|fit| fit.label > 1.0)
    };
    if let Some(place) = rows.iter().take(MOST).position(names_both) {
        let short = |row: &Row| row.full_cells() <= 2;
        return if rows[..place].iter().all(short) { place } else { 0 };
    }
    let width = most_common(rows.iter().map(|row| row.width));
    let single = rows.iter().take(MOST).take_while(|row| row.full_cells() == 1).count();
    if width >= 2 && single < MOST && rows.len() >= single + 2 && rows[single].full_cells() >= 2 { single } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::rows::Format;

    fn table(text: &str) -> RawTable {
        let mut table = RawTable::new("a.csv".to_owned(), Format::Delimited);
        for (line, at) in text.lines().zip(1..) {
            table.push(|| Ok(Row::new(at, line.split(','))));
        }
        table
    }

    /// Twenty rows of three labels.
    fn body(text: &str, labels: [&str; 3]) -> String {
        (0..20).map(|i| format!("{text} {i},{}\n", labels[i % 3])).collect()
    }

    #[test]
    fn names_in_any_script_are_a_header() {
        let chinese = (0..12).map(|i| format!("这个包裹到现在还没有收到第{i}次,{}\n", ["物流", "账单"][i % 2])).collect::<String>();
        assert_eq!(of(&table(&format!("文本,类别\n{chinese}"))), Header::Known);
        assert_eq!(of(&table(&format!("说法,归处\n{chinese}"))), Header::Unlike);
        let english = body("the parcel is late again", ["a", "b", "c"]);
        assert_eq!(of(&table(&format!("text,label\n{english}"))), Header::Known);
        assert_eq!(of(&table(&format!("foo,bar\n{english}"))), Header::Unlike);
        assert_eq!(of(&table(&format!("Mitteilung,Zuständigkeit\n{english}"))), Header::Unlike);
        assert_eq!(of(&table(&format!("رسالة,نوع\n{english}"))), Header::Unlike);
        assert_eq!(of(&table(&english)), Header::No);
        assert_eq!(of(&table(&chinese)), Header::No);
    }

    #[test]
    fn the_questions_of_a_survey_are_a_header() {
        let questions =
            "Please tell us in your own words what you thought of the kettle that came last week,How would you rate it on the whole?";
        for questions in [questions, "Q1. How are you?,Q2. Which one?"] {
            assert_eq!(of(&table(&format!("{questions}\n{}", body("the kettle leaks", ["good", "bad", "fair"])))), Header::Unlike);
        }
    }

    #[test]
    fn numbers_begin_below_a_header() {
        assert_eq!(of(&table("what,v\ngood,1\nbad,0\n")), Header::Unlike);
        assert_eq!(of(&table("good,1\nbad,0\nnice,1\n")), Header::No);
    }

    #[test]
    fn a_label_of_other_rows_is_no_name() {
        assert_eq!(of(&table("where is it,question\nover there,answer\nwho,question\n")), Header::No);
        assert_eq!(of(&table(&format!("something else altogether,topic\n{}", body("the parcel", ["topic", "b", "c"])))), Header::No);
        // A label that is seen once, with a text like the others.
        assert_eq!(of(&table(&format!("what is this parcel 3,odd\n{}", body("the parcel", ["a", "b", "c"])))), Header::No);
        // The header again, in the middle of joined files, is no label.
        let joined = format!("foo,bar\n{0}foo,bar\n{0}", body("the parcel is late again", ["a", "b", "c"]));
        assert_eq!(of(&table(&joined)), Header::Unlike);
    }

    #[test]
    fn titles_stand_above_the_table() {
        let body = body("the parcel is late", ["a", "b", "c"]);
        let above = |text: &str| rows_above(&table(text).rows);
        assert_eq!(above(&format!("Survey 2024\ntext,label\n{body}")), 1);
        assert_eq!(above(&format!("Survey 2024,\nby the team,\nfoo,bar\n{body}")), 2);
        assert_eq!(above(&format!("Survey,2024\ntext,label\n{body}")), 1);
        assert_eq!(above(&body), 0);
        assert_eq!(above("one\ntwo\nthree\n"), 0);
    }
}
