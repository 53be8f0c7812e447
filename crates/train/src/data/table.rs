//! From a file to rows of cells, whatever a spreadsheet, a script or an annotation tool made of them.
//!
//! The format is judged by the contents, the file's ending only breaks ties. What can be read safely is read and noted;
//! what cannot is an error that names the line.
//! Elsewhere: text (`bytes.rs`), the formats (`delimited.rs` and `dialect.rs`, `json.rs`, `fasttext.rs`), which column is
//! text and which is label (`columns.rs`), what becomes of the rows (`dataset.rs`).

use super::bytes::decode;
use super::delimited::split;
use super::dialect;
use super::error::{DataError, cut};
use super::fasttext;
use super::files::NamedBytes;
use super::foreign;
use super::header::rows_above;
use super::json;
use super::rows::{BadRow, Format, MOST_COLUMNS, RawTable, Reason, Row, most_common};

/// Reads a file into rows; `delimiter` is one that the user has chosen, else it is guessed.
///
/// # Errors
/// If it is empty, no text, JSON of a shape that is no list of examples, or has a quote that swallows the rest of it.
pub(crate) fn read(file: &NamedBytes, delimiter: Option<char>) -> Result<RawTable, DataError> {
    let mut notes = Vec::new();
    let text = decode(file, &mut notes)?;
    let name = file.shown();
    let ending = file.name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    if text.trim().is_empty() {
        return Err(DataError::Empty { file: name });
    }
    let is_json = json::is_json(&ending, &text);
    let mut table = match delimiter {
        Some(_) if is_json => return Err(DataError::Delimiter { file: name, why: "is JSON, which has no delimiter".to_owned() }),
        None if is_json => json::read(name, &text)?,
        None if fasttext::is_fasttext(&text) => fasttext::read(name, &text),
        delimiter => match foreign::told(&name, &text) {
            Some(error) => return Err(error),
            None => read_delimited(name, &ending, &text, delimiter)?,
        },
    };
    let width = most_common(table.rows.iter().map(|row| row.width));
    if width > MOST_COLUMNS {
        table.notes.push(format!("of its {width} columns the first {MOST_COLUMNS} are read: put text and label among them"));
    }
    let own = std::mem::take(&mut table.notes).into_iter().map(|note| format!("{}: {note}", table.file));
    table.notes = notes.into_iter().chain(own).collect();
    // A line of commas holds nothing either.
    if table.total == 0 { Err(DataError::Empty { file: table.file }) } else { Ok(table) }
}

fn read_delimited(name: String, ending: &str, text: &str, asked: Option<char>) -> Result<RawTable, DataError> {
    if let Some(bare) = dialect::without_quotes_around_rows(text) {
        let mut table = read_delimited(name, ending, &bare, asked)?;
        table.notes.push("each row stood in quotes as a whole, which were taken off".to_owned());
        return Ok(table);
    }
    let choice = dialect::choose(ending, text, asked);
    let line_end = choice.dialect.line_end.byte();
    let first_line = 1 + text[..choice.start].bytes().filter(|&byte| byte == line_end).count();
    if let Some(line) = choice.open_quote {
        return Err(DataError::OpenQuote { file: name, line: line + first_line - 1 });
    }
    let mut table = RawTable::new(name, Format::Delimited);
    table.delimiter = Some(choice.dialect.delimiter);
    table.notes.extend(choice.note);
    split(&text[choice.start..], choice.dialect, first_line, |record| {
        table.push(|| {
            let mut row = Row::new(record.line, record.cells());
            row.width = record.width;
            Ok(row)
        });
    });
    if let Some(delimiter) = asked
        && table.rows.iter().all(|row| row.width < 2)
        && !table.rows.is_empty()
    {
        let line = cut(table.rows[0].cell(0).unwrap_or_default(), 40);
        let why = format!("has no {} in its rows (line {}: `{line}`)", dialect::delimiter_word(delimiter), table.rows[0].line);
        return Err(DataError::Delimiter { file: table.file, why });
    }
    tidy(&mut table);
    Ok(table)
}

/// Takes titles off the top, and gives the names of rows, as R writes them, a column of their own.
fn tidy(table: &mut RawTable) {
    let above = rows_above(&table.rows);
    table.bad.extend(table.rows.drain(..above).map(|row| BadRow { line: row.line, reason: Reason::Title }));
    let Some((first, others)) = table.rows.split_first() else { return };
    let width = most_common(others.iter().map(|row| row.width));
    let mut names: Vec<&str> = others.iter().map(|row| row.cell(0).unwrap_or_default()).collect();
    names.sort_unstable();
    let has_row_names = others.len() > 1 && first.width >= 2 && first.width + 1 == width && names.windows(2).all(|pair| pair[0] != pair[1]);
    // The delimiter inside a text: the first cell is a piece of it, and the next one goes on.
    let pieces = others.iter().any(Row::goes_on_in_second_cell) || names.iter().any(|name| name.contains(char::is_whitespace));
    // A last column that is empty to the end is none.
    if has_row_names && !pieces && others.iter().any(|row| row.filled() == width) {
        table.rows[0] = first.shifted();
        table.notes.push("the first column has no name in the header: it was taken for names of rows".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, bytes: impl AsRef<[u8]>) -> NamedBytes {
        NamedBytes { name: name.to_owned(), bytes: bytes.as_ref().to_vec() }
    }

    /// Lines and cells of a file.
    fn rows(name: &str, bytes: impl AsRef<[u8]>) -> Vec<(usize, Vec<String>)> {
        let table = read(&file(name, bytes), None).expect("a table");
        table.rows.iter().map(|row| (row.line, row.cells().map(str::to_owned).collect())).collect()
    }

    fn row(line: usize, cells: &[&str]) -> (usize, Vec<String>) {
        (line, cells.iter().map(|&cell| cell.to_owned()).collect())
    }

    #[test]
    fn a_quote_in_tabbed_text_is_a_character() {
        let text = "1\the said \"no\n0\t\"Good\" he said\n1\t\"never\n";
        let expected = [row(1, &["1", "he said \"no"]), row(2, &["0", "\"Good\" he said"]), row(3, &["1", "\"never"])];
        assert_eq!(rows("a.tsv", text), expected);
    }

    #[test]
    fn quoted_fields_are_unquoted_when_all_quotes_close() {
        let expected = [row(1, &["1", "he said \"no\""]), row(2, &["0", "fine, then"])];
        assert_eq!(rows("a.tsv", "1\t\"he said \"\"no\"\"\"\n0\tfine, then\n"), expected);
        assert_eq!(rows("a.csv", "1,\"he said \"\"no\"\"\"\n0,\"fine, then\"\n"), expected);
    }

    #[test]
    fn a_quoted_field_may_run_over_lines_and_lines_still_count() {
        let text = "text,label\r\n\"two\r\nlines\",a\r\n\r\nb,c\r\n";
        assert_eq!(rows("a.csv", text), [row(1, &["text", "label"]), row(2, &["two\r\nlines", "a"]), row(5, &["b", "c"])]);
        let tabbed = "x\t\"two\nlines\"\ny\tthree\n";
        assert_eq!(rows("a.tsv", tabbed), [row(1, &["x", "two\nlines"]), row(3, &["y", "three"])]);
    }

    #[test]
    fn quotes_that_close_by_chance_join_no_tabbed_lines() {
        // Line 1 opens a quote and line 2 ends with one, but every line has two cells as it stands.
        let text = "pos\t\"this is good\nneg\the called it \"bad\"\n";
        assert_eq!(rows("a.tsv", text).len(), 2);
    }

    #[test]
    fn an_open_quote_in_commas_is_an_error_unless_lines_do_without() {
        let error = read(&file("a.csv", "a,b\nx,\"open, and\ny,z\n"), None).expect_err("the quote swallows the file").to_string();
        assert!(error.starts_with("a.csv, line 2: a quote opens"), "{error}");
        assert_eq!(rows("a.csv", "a,b\nx,\"open\ny,z\n")[1], row(2, &["x", "\"open"]));
        let error = read(&file("a.csv", "sep=,\na,b\nx,\"open, and\ny,z\n"), None).expect_err("one line further down").to_string();
        assert!(error.starts_with("a.csv, line 3: a quote opens"), "{error}");
    }

    #[test]
    fn the_delimiter_is_found_in_the_contents() {
        assert_eq!(rows("a.txt", "good, nice\t1\nbad, ugly\t0\n")[0], row(1, &["good, nice", "1"]));
        assert_eq!(rows("a.csv", "pos;good, nice\nneg;bad\n")[0], row(1, &["pos", "good, nice"]));
        assert_eq!(rows("a.csv", "pos\tgood\nneg\tbad, bad\n")[0], row(1, &["pos", "good"]));
        assert_eq!(rows("a", "{\"text\": \"a\", \"label\": 1}\n")[0], row(1, &["a", "1"]));
        assert_eq!(rows("a.csv", "sep=;\na, b;c\n"), [row(2, &["a, b", "c"])]);
    }

    #[test]
    fn a_chosen_delimiter_is_used_or_told() {
        let of = |text: &str, delimiter| read(&file("a.csv", text), Some(delimiter));
        let table = of("a,b~c\nd,e~f\n", '~').expect("a table");
        assert_eq!((table.delimiter, table.rows[0].cells().collect::<Vec<_>>()), (Some('~'), vec!["a,b", "c"]));
        let told = of("a,b\nc,d\n", '|').expect_err("no bar").to_string();
        assert!(told.starts_with("a.csv has no pipe in its rows (line 1: `a,b`)"), "{told}");
        let told = of("{\"text\": \"a\", \"label\": 1}\n", ',').expect_err("JSON").to_string();
        assert!(told.starts_with("a.csv is JSON, which has no delimiter"), "{told}");
    }

    #[test]
    fn byte_order_marks_and_line_ends_of_all_systems() {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("\u{FEFF}a\tb{end}{end}c\td{end}");
            assert_eq!(rows("a.tsv", text), [row(1, &["a", "b"]), row(3, &["c", "d"])], "{end:?}");
        }
        // A return inside a text is no line end where lines end with a feed.
        assert_eq!(rows("a.tsv", "x\tone\rtwo\ny\tthree\n"), [row(1, &["x", "one\rtwo"]), row(2, &["y", "three"])]);
    }

    #[test]
    fn nothing_is_told_as_nothing() {
        for text in [" \r\n\n", ",,,\n,,,\n"] {
            let error = read(&file("a.csv", text), None).expect_err("blank").to_string();
            assert!(error.starts_with("a.csv is empty"), "{error}");
        }
    }

    #[test]
    fn what_stands_above_a_table_is_left_out() {
        let table = read(&file("a.csv", "Survey 2024,\n\ntext,label\ngood,1\nbad,0\n"), None).expect("a table");
        assert_eq!(table.rows[0].cells().collect::<Vec<_>>(), ["text", "label"]);
        assert_eq!((table.bad.as_slice(), table.total), (&[BadRow { line: 1, reason: Reason::Title }][..], 4));
    }

    #[test]
    fn names_of_rows_have_no_header() {
        for (name, text) in [
            ("a.txt", "\"text\" \"label\"\n\"1\" \"good film\" \"pos\"\n\"2\" \"bad film\" \"neg\"\n"),
            ("a.csv", "\"text\",\"label\"\n\"1\",\"good film\",\"pos\"\n\"2\",\"bad film\",\"neg\"\n"),
        ] {
            assert_eq!(rows(name, text)[..2], [row(1, &["", "text", "label"]), row(2, &["1", "good film", "pos"])], "{name}");
        }
        // Columns that are empty to the end are another matter.
        assert_eq!(rows("a.csv", "text,label\ngood,pos,\nbad,neg,\n")[0], row(1, &["text", "label"]));
    }

    #[test]
    fn rows_of_rfc_4180_are_those_of_the_csv_crate() {
        let cells = ["a", "b, c", "he said \"no\"", "two\nlines", "", " d ", "é;|\t"];
        let mut seed = 7_usize;
        let mut draw = |bound: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % bound
        };
        for _ in 0..200 {
            let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
            let expected: Vec<Vec<String>> =
                (0..8).map(|i| [&*format!("row {i}"), cells[draw(7)], cells[draw(7)], "end"].map(str::to_owned).to_vec()).collect();
            for row in &expected {
                writer.write_record(row).expect("memory can be written");
            }
            let bytes = writer.into_inner().expect("memory can be written");
            let found: Vec<Vec<String>> = rows("a.csv", bytes).into_iter().map(|(_, cells)| cells).collect();
            let trimmed = |row: Vec<String>| row.iter().map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
            assert_eq!(found, expected.into_iter().map(trimmed).collect::<Vec<_>>());
        }
    }
}
