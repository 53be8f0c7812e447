//! From bytes to rows of cells: CSV, TSV and JSONL, whatever a spreadsheet or a script made of them.
//!
//! The format is judged by the contents, the file's ending only breaks ties. What can be read safely is
//! read and noted; what cannot is an error that names the line. Two decisions:
//!
//! - Bytes that are no UTF-8 become `�` and a note counts their lines: one stray byte of an old encoding
//!   should not keep a class waiting, and the note says what to repair. UTF-16 with a byte order mark
//!   ("Unicode text" of spreadsheets) is read without ado.
//! - Tab-separated text is mostly written without quoting rules, so a quote in it is a character, unless
//!   every field that begins with a quote also ends with one. In comma-separated text quotes are rules,
//!   unless they do not add up and the lines do without them.
//!
//! Elsewhere: which column is text and which is label (`columns.rs`), what becomes of the rows (`dataset.rs`).

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::error::DataError;
use super::files::NamedBytes;

/// Examples of one file at most: more do not fit beside their tokens in the memory of a browser tab.
pub const MOST_ROWS: usize = 200_000;

/// Cells of one row that are kept: a line of ten million commas is no table.
const MOST_COLUMNS: usize = 256;

/// How much of a text judges its format, in bytes.
const SAMPLE: usize = 64 * 1024;

/// The rows of one file.
#[derive(Debug)]
pub(crate) struct RawTable {
    /// Name of the file, for messages.
    pub file: String,
    /// Names of the JSONL fields in order of their first appearance; `None` for the other formats.
    pub keys: Option<Vec<String>>,
    /// The rows that are not blank, at most [`MOST_ROWS`] and a header.
    pub rows: Vec<Row>,
    /// Rows in the file, also those that are not kept here.
    pub total: usize,
    /// Lines that hold no row at all.
    pub bad: Vec<BadRow>,
    /// What was repaired.
    pub notes: Vec<String>,
}

impl RawTable {
    /// Columns of the table: those of the header, else of most rows.
    pub fn width(&self, header: bool) -> usize {
        match (&self.keys, self.rows.first()) {
            (Some(keys), _) => keys.len(),
            (None, Some(first)) if header => first.width,
            _ => most_common(self.rows.iter().map(|row| row.width)),
        }
    }
}

/// One row: its cells in one piece of memory, because tables can have many columns.
#[derive(Debug)]
pub(crate) struct Row {
    /// Line of the file on which it starts, from 1.
    pub line: usize,
    /// Cells in the file, also those beyond [`MOST_COLUMNS`].
    pub width: usize,
    text: Box<str>,
    ends: Box<[usize]>,
}

impl Row {
    fn new<'a>(line: usize, cells: impl IntoIterator<Item = &'a str>) -> Self {
        let (mut text, mut ends, mut width) = (String::new(), Vec::new(), 0);
        for cell in cells {
            if width < MOST_COLUMNS {
                text.push_str(cell);
                ends.push(text.len());
            }
            width += 1;
        }
        Self { line, width, text: text.into(), ends: ends.into() }
    }

    /// A cell without the white space around it; `None` if the row is shorter.
    pub fn cell(&self, column: usize) -> Option<&str> {
        let end = *self.ends.get(column)?;
        let start = if column == 0 { 0 } else { self.ends[column - 1] };
        Some(self.text[start..end].trim())
    }

    /// All cells, without the white space around them.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).filter_map(|column| self.cell(column))
    }
}

/// A row that cannot be used.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BadRow {
    /// Line of the file, from 1.
    pub line: usize,
    /// Why.
    pub reason: Reason,
}

/// Why a row cannot be used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub(crate) enum Reason {
    #[error("not a JSON object ({0})")]
    Json(String),
    #[error("{}, but the label and the text need {need}", counted(*.have, "field"))]
    TooFew { have: usize, need: usize },
    #[error("{} in a table of {width}", counted(*.have, "field"))]
    TooMany { have: usize, width: usize },
    #[error("the text is empty")]
    NoText,
    #[error("the label is empty")]
    NoLabel,
}

impl Reason {
    /// What the user can do.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Json(_) => "Write one JSON object per line",
            Self::TooFew { .. } => "Give every line a label and a text, and check which columns are chosen",
            Self::TooMany { .. } => "Put texts that contain the delimiter in double quotes, or save as TSV",
            Self::NoText | Self::NoLabel => "Fill it in or remove the rows, and check which columns are chosen",
        }
    }
}

/// Reads a file into rows.
///
/// # Errors
/// If it is empty, no text, a JSON array, or has a quote that swallows the rest of it.
pub(crate) fn read(file: &NamedBytes) -> Result<RawTable, DataError> {
    let mut notes = Vec::new();
    let text = decode(file, &mut notes)?;
    let mut table = RawTable { file: file.name.clone(), keys: None, rows: Vec::new(), total: 0, bad: Vec::new(), notes };
    match Format::of(&file.name, &text)? {
        Format::Jsonl => read_jsonl(&text, &mut table),
        Format::Delimited(delimiter) => {
            let quoting = follows_quoting_rules(file, text.as_bytes(), delimiter)?;
            read_delimited(&text, delimiter, quoting, &mut table);
        }
    }
    // A line of commas holds nothing either.
    if table.total == 0 { Err(DataError::Empty { file: file.name.clone() }) } else { Ok(table) }
}

/// The text of a file, without byte order mark.
fn decode<'a>(file: &'a NamedBytes, notes: &mut Vec<String>) -> Result<Cow<'a, str>, DataError> {
    let NamedBytes { name, bytes } = file;
    let formats: [(&[u8], &str); 4] = [
        (b"PK\x03\x04", "it is a ZIP archive, as spreadsheets are"),
        (b"\x1f\x8b", "it is compressed with gzip"),
        (b"PAR1", "it is a Parquet file"),
        (b"%PDF", "it is a PDF"),
    ];
    let not_text = |reason: &str| DataError::NotText { file: name.clone(), reason: reason.to_owned() };
    if let Some((_, reason)) = formats.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(not_text(reason));
    }
    match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => return Ok(utf_16(rest, u16::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] => return Ok(utf_16(rest, u16::from_be_bytes)),
        _ => {}
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.iter().take(SAMPLE).any(|&byte| byte == 0) {
        return Err(not_text("it has zero bytes"));
    }
    let text = String::from_utf8_lossy(bytes);
    if let Cow::Owned(_) = text {
        let broken = bytes.split(|&byte| byte == b'\n').zip(1..).filter(|(line, _)| std::str::from_utf8(line).is_err());
        let lines: Vec<usize> = broken.map(|(_, line)| line).collect();
        notes.push(format!(
            "{name}: bytes on {} are not UTF-8 and became `\u{FFFD}` (first on line {}); save the file as UTF-8",
            counted(lines.len(), "line"),
            lines.first().copied().unwrap_or(1),
        ));
    }
    Ok(text)
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Cow<'static, str> {
    let units = bytes.as_chunks().0.iter().map(|&pair| unit(pair));
    char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// "1 row", "2 rows".
pub(crate) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// How cells are divided.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    /// One JSON object per line.
    Jsonl,
    /// Cells with this byte between them.
    Delimited(u8),
}

impl Format {
    fn of(name: &str, text: &str) -> Result<Self, DataError> {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
        let start = text.trim_start();
        if matches!(ending.as_str(), "jsonl" | "ndjson" | "json") {
            return if start.starts_with('[') { Err(DataError::JsonArray { file: name.to_owned() }) } else { Ok(Self::Jsonl) };
        }
        let first_line = start.lines().next().unwrap_or_default();
        if first_line.starts_with('{') && serde_json::from_str::<Fields>(first_line).is_ok() {
            return Ok(Self::Jsonl);
        }
        let by_ending = match ending.as_str() {
            "tsv" | "tab" => Some(b'\t'),
            "csv" => Some(b','),
            _ => None,
        };
        // Texts contain commas and few contain tabs: of two delimiters that divide equally well, the first is meant.
        let mut best = (by_ending.unwrap_or(b'\t'), 0.0);
        for delimiter in [b'\t', b',', b';'] {
            let bonus = if by_ending == Some(delimiter) { 0.2 } else { 0.0 };
            let share = share_of_even_rows(text, delimiter);
            if share > 0.0 && share + bonus > best.1 {
                best = (delimiter, share + bonus);
            }
        }
        Ok(Self::Delimited(best.0))
    }
}

/// Of the first rows, the share that has as many cells as most of them; 0 if that is one cell.
fn share_of_even_rows(text: &str, delimiter: u8) -> f64 {
    let sample = &text[..text.floor_char_boundary(SAMPLE)];
    let mut widths: Vec<usize> = reader(sample, delimiter, true).records().take(200).flatten().map(|row| row.len()).collect();
    if sample.len() < text.len() && widths.len() > 1 {
        // The last row of the sample is cut.
        widths.pop();
    }
    let width = most_common(widths.iter().copied());
    if width < 2 { 0.0 } else { widths.iter().filter(|&&w| w == width).count() as f64 / widths.len() as f64 }
}

/// The most common number; of equally common ones the smallest; 0 if there is none.
pub(crate) fn most_common(numbers: impl Iterator<Item = usize>) -> usize {
    let mut counts = BTreeMap::<usize, usize>::new();
    for number in numbers {
        *counts.entry(number).or_default() += 1;
    }
    counts.into_iter().max_by_key(|&(number, count)| (count, std::cmp::Reverse(number))).map_or(0, |(number, _)| number)
}

fn reader(text: &str, delimiter: u8, quoting: bool) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).quoting(quoting).from_reader(text.as_bytes())
}

/// How the quotes of a delimited text stand.
#[derive(Debug, PartialEq)]
enum Quotes {
    /// Every field that begins with a quote ends with one.
    Closed {
        /// Some field has a line end inside its quotes.
        over_lines: bool,
    },
    /// Some field goes on after its closing quote, as in `"Good" he said`.
    Loose,
    /// The quote on this line has no end, or one in the middle of a later line.
    Open {
        /// Line of the quote, from 1.
        line: usize,
    },
}

/// Reads quotes by the rules of RFC 4180 and says where they fail.
fn quotes(text: &[u8], delimiter: u8) -> Quotes {
    let (mut over_lines, mut loose) = (false, false);
    let (mut at, mut line) = (0, 1);
    let mut field_start = true;
    while at < text.len() {
        if field_start && text[at] == b'"' {
            let opened = line;
            at += 1;
            loop {
                match (text.get(at), text.get(at + 1)) {
                    (None, _) => return Quotes::Open { line: opened },
                    (Some(b'"'), Some(b'"')) => at += 2,
                    (Some(b'"'), _) => break,
                    (Some(b'\n'), _) => {
                        line += 1;
                        at += 1;
                    }
                    _ => at += 1,
                }
            }
            at += 1;
            over_lines |= line > opened;
            if !matches!(text.get(at), None | Some(b'\r' | b'\n')) && text[at] != delimiter {
                if line > opened {
                    return Quotes::Open { line: opened };
                }
                loose = true;
            }
            field_start = false;
        } else {
            line += usize::from(text[at] == b'\n');
            field_start = text[at] == delimiter || text[at] == b'\n';
            at += 1;
        }
    }
    if loose { Quotes::Loose } else { Quotes::Closed { over_lines } }
}

/// Whether quotes are rules in this text (the module's comment says when), or characters like any other.
fn follows_quoting_rules(file: &NamedBytes, text: &[u8], delimiter: u8) -> Result<bool, DataError> {
    // Without quoting rules every line is a row; then all of them should have the same number of cells.
    let even_without = || {
        let mut widths = text.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        let mut width = || widths.next().map(|line| line.split(|&byte| byte == delimiter).count());
        let first = width();
        first != Some(1) && std::iter::from_fn(width).all(|next| Some(next) == first)
    };
    match (quotes(text, delimiter), delimiter) {
        (Quotes::Closed { over_lines: true }, b'\t') => Ok(!even_without()),
        (Quotes::Closed { .. }, _) => Ok(true),
        (_, b'\t') => Ok(false),
        (Quotes::Loose, _) => Ok(!even_without()),
        (Quotes::Open { .. }, _) if even_without() => Ok(false),
        (Quotes::Open { line }, _) => Err(DataError::OpenQuote { file: file.name.clone(), line }),
    }
}

fn read_delimited(text: &str, delimiter: u8, quoting: bool, table: &mut RawTable) {
    let bytes = text.as_bytes();
    let mut reader = reader(text, delimiter, quoting);
    let mut record = csv::StringRecord::new();
    let (mut line, mut counted_to) = (1, 0);
    while reader.read_record(&mut record).expect("memory cannot fail to read, the text is UTF-8, rows may differ in width") {
        // The reader's position lies before the blank lines above a row.
        let mut start = record.position().map_or(0, |position| position.byte() as usize);
        start += bytes[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        line += line_ends(&bytes[counted_to..start]);
        counted_to = start;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        table.total += 1;
        if table.rows.len() <= MOST_ROWS {
            table.rows.push(Row::new(line, record.iter()));
        }
    }
}

/// Line ends: `\n`, `\r\n` and a lone `\r`.
fn line_ends(bytes: &[u8]) -> usize {
    let lone = |(at, &byte): (usize, &u8)| byte == b'\n' || (byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
    bytes.iter().enumerate().filter(|&pair| lone(pair)).count()
}

fn read_jsonl(text: &str, table: &mut RawTable) {
    let mut keys: Vec<String> = Vec::new();
    let mut column_of: HashMap<String, usize> = HashMap::new();
    for (line, at) in text.split('\n').zip(1..).filter(|(line, _)| !line.trim().is_empty()) {
        table.total += 1;
        if table.rows.len() > MOST_ROWS {
            continue;
        }
        match serde_json::from_str::<Fields>(line) {
            Ok(Fields(fields)) => {
                let mut cells = vec![String::new(); keys.len()];
                for (key, value) in fields {
                    if !column_of.contains_key(&key) && keys.len() < MOST_COLUMNS {
                        column_of.insert(key.clone(), keys.len());
                        keys.push(key.clone());
                        cells.push(String::new());
                    }
                    if let Some(&column) = column_of.get(&key) {
                        cells[column] = value;
                    }
                }
                table.rows.push(Row::new(at, cells.iter().map(String::as_str)));
            }
            Err(error) => table.bad.push(BadRow { line: at, reason: Reason::Json(without_position(&error)) }),
        }
    }
    table.keys = Some(keys);
}

/// Serde's message counts lines from the start of the row, which would contradict ours.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or_default();
    format!("{what} at column {}", error.column())
}

/// The fields of a JSON object in the order of the file, each as text.
struct Fields(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object such as {\"text\": …, \"label\": …}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some((key, value)) = map.next_entry::<String, Value>()? {
                    let text = match value {
                        Value::String(text) => text,
                        Value::Null => String::new(),
                        // Numbers and booleans are labels; a list or an object is shown as it is written.
                        other => other.to_string(),
                    };
                    fields.push((key, text));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Object)
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
        let table = read(&file(name, bytes)).expect("a table");
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
        let error = read(&file("a.csv", "a,b\nx,\"open, and\ny,z\n")).expect_err("the quote swallows the file").to_string();
        assert!(error.starts_with("a.csv, line 2: a quote opens"), "{error}");
        assert_eq!(rows("a.csv", "a,b\nx,\"open\ny,z\n")[1], row(2, &["x", "\"open"]));
    }

    #[test]
    fn the_delimiter_is_found_in_the_contents() {
        assert_eq!(rows("a.txt", "good, nice\t1\nbad, ugly\t0\n")[0], row(1, &["good, nice", "1"]));
        assert_eq!(rows("a.csv", "pos;good, nice\nneg;bad\n")[0], row(1, &["pos", "good, nice"]));
        assert_eq!(rows("a.csv", "pos\tgood\nneg\tbad, bad\n")[0], row(1, &["pos", "good"]));
        assert_eq!(rows("a", "{\"text\": \"a\", \"label\": 1}\n")[0], row(1, &["a", "1"]));
    }

    #[test]
    fn byte_order_marks_and_line_ends_of_all_systems() {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("\u{FEFF}a\tb{end}{end}c\td{end}");
            assert_eq!(rows("a.tsv", text), [row(1, &["a", "b"]), row(3, &["c", "d"])], "{end:?}");
        }
        let utf_16: Vec<u8> = "\u{FEFF}é\tb\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(rows("a.txt", utf_16), [row(1, &["é", "b"])]);
    }

    #[test]
    fn broken_utf_8_is_replaced_and_counted() {
        let table = read(&file("a.tsv", b"1\tgood\n0\tcaf\xE9\n1\tna\xEFve \xE9\n")).expect("a table");
        assert_eq!(table.rows[1].cell(1), Some("caf\u{FFFD}"));
        assert_eq!(table.notes, ["a.tsv: bytes on 2 lines are not UTF-8 and became `\u{FFFD}` (first on line 2); save the file as UTF-8"]);
    }

    #[test]
    fn what_is_no_text_is_told_by_its_kind() {
        for (bytes, word) in [(&b"PK\x03\x04...."[..], "ZIP"), (b"\x1f\x8b\x08", "gzip"), (b"a\0b", "zero bytes")] {
            let error = read(&file("a.csv", bytes)).expect_err("no text").to_string();
            assert!(error.contains(word) && error.contains("export it as CSV"), "{error}");
        }
        let array = read(&file("a.json", "[{\"text\": \"a\"}]")).expect_err("one document").to_string();
        assert!(array.contains("one object per line"), "{array}");
        let error = read(&file("a.csv", " \r\n\n")).expect_err("blank").to_string();
        assert!(error.starts_with("a.csv is empty"), "{error}");
    }

    #[test]
    fn json_fields_keep_their_order_and_may_be_missing() {
        let text = "{\"zeta\": 1, \"alpha\": \"x\"}\n\n{\"alpha\": null, \"more\": [1, 2]}\nnonsense\n";
        let table = read(&file("a.jsonl", text)).expect("a table");
        assert_eq!(table.keys.as_deref(), Some(&["zeta".to_owned(), "alpha".to_owned(), "more".to_owned()][..]));
        let cells: Vec<Vec<&str>> = table.rows.iter().map(|row| row.cells().collect()).collect();
        assert_eq!(cells, [vec!["1", "x"], vec!["", "", "[1,2]"]]);
        assert_eq!(table.total, 3);
        let bad = BadRow { line: 4, reason: Reason::Json("expected ident at column 2".to_owned()) };
        assert_eq!(table.bad, [bad]);
    }

    #[test]
    fn the_most_common_number_is_the_smaller_of_two() {
        assert_eq!(most_common([3, 2, 3, 2, 5].into_iter()), 2);
        assert_eq!(most_common(std::iter::empty()), 0);
    }
}
