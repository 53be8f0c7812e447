//! Texts to be answered, from a file or a pipe of any length: block after block, in bounded memory.
//!
//! Three forms, told by the start of the stream: one text a line; one JSON object a line; a delimited table, where the name
//! ends so, the reading was chosen, or the first row names the text's column. Labels are not looked for.
//! Elsewhere: files that are learned from, whole and with much more of a guess (`reading.rs`).

use std::io::{ErrorKind, Read};

use serde_json::{Map, Value};

use super::bytes::decode;
use super::columns::{Wish, names, place_of};
use super::delimited::{Dialect, LineEnd, split};
use super::dialect::{self, Choice};
use super::error::{DataError, column, counted, cut};
use super::files::{MOST_BYTES, NamedBytes, check_size};
use super::header::{self, Header};
use super::names::Fit;
use super::rows::{Format, RawTable, Row};
use super::taken::Taken;

/// Bytes that are read at once, and of which the form is told.
const BLOCK: usize = 256 * 1024;

/// Rows that names and widths of a table's columns are told from.
const FIRST_ROWS: usize = 200;

/// Bytes of one row at most: more is a quote that never closes, or no table.
const LONGEST_ROW: usize = 16 << 20;

/// A text to be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Line on which it starts, from 1.
    pub line: usize,
    /// The text.
    pub text: String,
    /// The second text of a pair.
    pub text_b: Option<String>,
}

/// What is known beforehand of how texts stand in a stream.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// What the user has said.
    pub wish: &'a Wish,
    /// What stands between two cells, where the user has said so.
    pub delimiter: Option<char>,
    /// What was taken of the file that the run learned from: its columns have the same names here, if any.
    pub trained_on: Option<&'a Taken>,
    /// Whether each is a pair of texts.
    pub pairs: bool,
}

/// How texts stand in a stream.
#[derive(Clone, Debug, PartialEq)]
enum Form {
    Lines { pairs: bool, line_end: LineEnd },
    Json { text: String, text_b: Option<String> },
    Table { dialect: Dialect, header: bool, names: Vec<String>, text: usize, text_b: Option<usize> },
}

/// A stream of texts.
pub struct Texts<R> {
    name: String,
    reader: R,
    /// What was read and is not taken yet, from the start of line `line` on.
    buffer: Vec<u8>,
    line: usize,
    /// Whether nothing more will come.
    ended: bool,
    form: Form,
    notes: Vec<String>,
}

impl<R: Read> Texts<R> {
    /// Reads the start of a stream, which messages call `name`, and tells its form from it.
    ///
    /// # Errors
    /// If it cannot be read, is empty or no text, or has no such columns.
    pub fn open(name: &str, reader: R, expected: Expected<'_>) -> Result<Self, DataError> {
        let line_end = LineEnd::Feed;
        let (form, buffer) = (Form::Lines { pairs: expected.pairs, line_end }, Vec::new());
        let mut texts = Self { name: cut(name, 60), reader, buffer, line: 1, ended: false, form, notes: Vec::new() };
        // A first text may be longer than a block, and blank lines may stand above it.
        let begins = |buffer: &[u8]| {
            let last = buffer.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(0);
            buffer.len() >= BLOCK && !buffer[..last].trim_ascii().is_empty()
        };
        while !texts.ended && !begins(&texts.buffer) && texts.buffer.len() < LONGEST_ROW {
            texts.read_more()?;
        }
        if matches!(texts.buffer[..], [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]) {
            // UTF-16 has no lines that could be told from its bytes: all of it, as far as a file may go.
            while !texts.ended && texts.buffer.len() as u64 <= MOST_BYTES {
                texts.read_more()?;
            }
            check_size(name, texts.buffer.len() as u64, MOST_BYTES)?;
            texts.buffer = texts.decoded(texts.buffer.len())?.into_bytes();
        }
        // Where lines end is not known yet.
        let last = texts.buffer.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |at| at + 1);
        let head = texts.decoded(if texts.ended { texts.buffer.len() } else { last })?;
        texts.notes.clear();
        if head.trim().is_empty() {
            return Err(DataError::NoTexts { file: texts.name });
        }
        texts.take_form(&head, expected)?;
        Ok(texts)
    }

    fn take_form(&mut self, head: &str, expected: Expected<'_>) -> Result<(), DataError> {
        let Expected { wish, delimiter, trained_on, pairs } = expected;
        let ending = self.name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
        let first = head.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
        let name_of = |column: Option<usize>| trained_on.and_then(|taken| taken.names.get(column?)).map(String::as_str);
        let trained = [name_of(trained_on.map(|taken| taken.columns.text)), name_of(trained_on.and_then(|taken| taken.columns.text_b))];

        if delimiter.is_none() && (matches!(&*ending, "jsonl" | "ndjson" | "json") || first.starts_with("{\"")) {
            self.form = self.json(head, wish, trained, pairs)?;
            return Ok(());
        }
        let is_text = |cell: &str| trained[0] == Some(cell) || Fit::of(cell).text > 1.0;
        let asked = wish.header == Some(true) || wish.text.is_some() || wish.text_b.is_some() || delimiter.is_some();
        let is_table = asked || matches!(&*ending, "csv" | "tsv" | "tab");
        let choice = self.dialect(&ending, head, delimiter);
        let above = head[..choice.start].matches('\n').count();
        let mut table = RawTable::new(self.name.clone(), Format::Delimited);
        split(&head[choice.start..], choice.dialect, 1 + above, |record| {
            if table.rows.len() < FIRST_ROWS {
                table.push(|| {
                    let mut row = Row::new(record.line, record.cells());
                    row.width = record.width;
                    Ok(row)
                });
            }
        });
        let cells: Vec<String> = table.rows.first().map(|row| row.cells().map(str::to_owned).collect()).unwrap_or_default();
        // What was trained on had no names either, and as many columns.
        let like_trained = trained_on.filter(|taken| {
            let width = taken.names.len();
            !taken.columns.header && taken.delimiter.is_some() && width > 1 && table.rows.iter().all(|row| row.width == width)
        });
        let names_text = cells.iter().any(|cell| is_text(cell)) && (cells.len() == 1 || header::of(&table) != Header::No);
        if !is_table && !names_text && like_trained.is_none() {
            self.form = Form::Lines { pairs, line_end: LineEnd::of(head) };
            return Ok(());
        }
        if let Some(line) = choice.open_quote {
            return Err(DataError::OpenQuote { file: self.name.clone(), line: line + above });
        }
        let named = |name: &String| cells.iter().any(|cell| cell.to_lowercase() == name.to_lowercase());
        let wanted = || [&wish.text, &wish.text_b].into_iter().flatten().any(named);
        let header = wish.header.unwrap_or_else(|| names_text || wanted() || header::of(&table) != Header::No);
        let names = names(&table, header);
        let place = |asked: &Option<String>, trained: Option<&str>, known: &dyn Fn(&str) -> bool| {
            if let Some(asked) = asked {
                return place_of(asked, &names, &self.name).map(Some);
            }
            let by_name = names.iter().position(|name| trained == Some(name)).or_else(|| names.iter().position(|name| known(name)));
            Ok(by_name.filter(|_| header))
        };
        let like_trained = like_trained.filter(|_| !header).map(|taken| &taken.columns);
        let only = (names.len() == 1).then_some(0);
        let text = place(&wish.text, trained[0], &is_text)?.or(only).or(like_trained.map(|columns| columns.text));
        let text_b = place(&wish.text_b, trained[1], &|_| false)?.or(like_trained.and_then(|columns| columns.text_b));
        let text = text.ok_or_else(|| self.unsure(&names, "--text"))?;
        if pairs && text_b.is_none() {
            return Err(self.unsure(&names, "--text-b"));
        }
        self.form = Form::Table { dialect: choice.dialect, header, names, text, text_b: text_b.filter(|_| pairs) };
        // Behind `sep=;` and the header, to the first row that holds a text.
        let begins = table.rows.get(usize::from(header)).map_or(usize::MAX, |row| row.line - self.line);
        self.skip_lines(begins);
        Ok(())
    }

    /// The dialect of a table. A head that is no whole stream may end inside a cell.
    fn dialect(&self, ending: &str, head: &str, delimiter: Option<char>) -> Choice {
        let choice = dialect::choose(ending, head, delimiter);
        let quoted = Dialect { quotes: dialect::DOUBLE, ..choice.dialect };
        let (mut last, mut widest) = (1, 0);
        let standing = split(&head[choice.start..], quoted, 1, |record| (last, widest) = (record.line, widest.max(record.width)));
        if widest == 1 && standing.loose == 0 && standing.open.is_none() {
            // One column: no delimiter that stands in its texts divides it.
            return Choice { dialect: quoted, open_quote: None, note: None, ..choice };
        }
        if standing.open.is_none() || self.ended {
            return choice;
        }
        let newline = char::from(choice.dialect.line_end.byte());
        let whole: usize = head[choice.start..].split_inclusive(newline).take(last - 1).map(str::len).sum();
        dialect::choose(ending, &head[..choice.start + whole], Some(choice.dialect.delimiter))
    }

    /// No column is surely the one that is needed.
    fn unsure(&self, names: &[String], flag: &str) -> DataError {
        let which = if flag == "--text" { "that is surely the text" } else { "that is surely the second text" };
        DataError::NoColumn {
            file: self.name.clone(),
            column: which.to_owned(),
            have: names.len(),
            names: cut(&names.join(", "), 80),
            remedy: format!("say which, by name or number, with `{flag}`"),
        }
    }

    fn json(&self, head: &str, wish: &Wish, trained: [Option<&str>; 2], pairs: bool) -> Result<Form, DataError> {
        let (line, first) =
            head.lines().zip(1..).map(|(text, line)| (line, text)).find(|(_, text)| !text.trim().is_empty()).unwrap_or((1, ""));
        let object = self.object(line, first)?;
        let keys: Vec<String> = object.keys().cloned().collect();
        let key = |asked: &Option<String>, trained: Option<&str>, known: &dyn Fn(&str) -> bool| match asked {
            Some(asked) => place_of(asked, &keys, &self.name).map(|place| Some(keys[place].clone())),
            None => Ok(keys.iter().find(|key| trained == Some(key)).or_else(|| keys.iter().find(|key| known(key))).cloned()),
        };
        let only = || keys.first().filter(|_| keys.len() == 1).cloned();
        let text = key(&wish.text, trained[0], &|key| Fit::of(key).text > 1.0)?.or_else(only);
        let text = text.ok_or_else(|| self.unsure(&keys, "--text"))?;
        let text_b = key(&wish.text_b, trained[1], &|_| false)?.filter(|_| pairs);
        if pairs && text_b.is_none() {
            return Err(self.unsure(&keys, "--text-b"));
        }
        Ok(Form::Json { text, text_b })
    }

    /// How the texts are read, in words.
    pub fn words(&self) -> String {
        let how = match &self.form {
            Form::Lines { pairs: false, .. } => "each line is a text".to_owned(),
            Form::Lines { pairs: true, .. } => "each line is two texts with a tab between them".to_owned(),
            Form::Json { text, text_b: None } => format!("each line is a JSON object, its `{}` the text", cut(text, 30)),
            Form::Json { text, text_b: Some(text_b) } => {
                format!("each line is a JSON object, its `{}` and `{}` the texts", cut(text, 30), cut(text_b, 30))
            }
            Form::Table { dialect, header, names, text, text_b } => {
                let delimiter = dialect::delimiter_word(dialect.delimiter);
                let with = if *header { "with" } else { "without" };
                let second = text_b.map_or(String::new(), |text_b| format!(" and {}", column(text_b, names)));
                format!("{delimiter}-separated {with} a header, text: {}{second}", column(*text, names))
            }
        };
        format!("{}: {how}", self.name)
    }

    /// What was repaired on the way so far, each said once.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The next texts, as many as a block holds; none at the end. A text may be empty.
    ///
    /// # Errors
    /// What is wrong with which line, and the remedy.
    pub fn next_block(&mut self) -> Result<Option<Vec<Text>>, DataError> {
        loop {
            let end = self.whole_lines();
            if end == 0 && self.ended {
                return Ok(None);
            }
            let text = self.decoded(end)?;
            let (texts, taken) = self.texts_of(&text)?;
            self.skip_lines(taken);
            if !texts.is_empty() {
                return Ok(Some(texts));
            }
            if self.ended && taken == usize::MAX {
                return Ok(None);
            }
            if self.buffer.len() > LONGEST_ROW {
                return Err(DataError::OpenQuote { file: self.name.clone(), line: self.line });
            }
            self.read_more()?;
        }
    }

    /// The texts of whole lines, and how many of the lines are done; more than there are means all.
    fn texts_of(&self, block: &str) -> Result<(Vec<Text>, usize), DataError> {
        let first = self.line;
        match &self.form {
            Form::Lines { pairs, line_end } => {
                let lines = block.split(char::from(line_end.byte())).zip(first..).filter(|(line, _)| !line.trim().is_empty());
                let text = |(text, line): (&str, usize)| match (pairs, text.split_once('\t')) {
                    (false, _) => Ok(Text { line, text: text.trim().to_owned(), text_b: None }),
                    (true, Some((a, b))) => Ok(Text { line, text: a.trim().to_owned(), text_b: Some(b.trim().to_owned()) }),
                    (true, None) => Err(self.bad(line, "it has one text", "This run reads pairs: put a tab between two texts")),
                };
                Ok((lines.map(text).collect::<Result<_, _>>()?, usize::MAX))
            }
            Form::Json { text, text_b } => {
                let lines = block.split('\n').zip(first..).filter(|(line, _)| !line.trim().is_empty());
                let read = |(object, line): (&str, usize)| {
                    let mut object = self.object(line, object)?;
                    let mut field = |key: &String| match object.remove(key) {
                        Some(Value::String(text)) => Ok(text),
                        Some(Value::Null) => Ok(String::new()),
                        Some(other @ (Value::Number(_) | Value::Bool(_))) => Ok(other.to_string()),
                        Some(_) => Err(self.bad(line, &format!("its `{}` is no text", cut(key, 30)), "Write it as a string")),
                        None => Err(self.bad(line, &format!("it has no `{}`", cut(key, 30)), "Give every object this field")),
                    };
                    Ok(Text { line, text: field(text)?, text_b: text_b.as_ref().map(field).transpose()? })
                };
                Ok((lines.map(read).collect::<Result<_, DataError>>()?, usize::MAX))
            }
            Form::Table { dialect, names, text, text_b, .. } => {
                let mut rows: Vec<(usize, usize, Text)> = Vec::new();
                let need = text.max(&text_b.unwrap_or(0)) + 1;
                let standing = split(block, *dialect, first, |record| {
                    let cell = |column: usize| record.cells().nth(column).unwrap_or_default().trim().to_owned();
                    rows.push((record.line, record.width, Text { line: record.line, text: cell(*text), text_b: text_b.map(cell) }));
                });
                let mut taken = usize::MAX;
                if let Some((line, ..)) = rows.last() {
                    let line = *line;
                    if !self.ended {
                        // It may go on in the next block.
                        taken = line - first;
                        rows.pop();
                    } else if standing.open.is_some_and(|open| open >= line) {
                        return Err(DataError::OpenQuote { file: self.name.clone(), line });
                    }
                }
                if let Some((line, have, _)) = rows.iter().find(|(_, width, _)| *width > names.len()) {
                    let reason = format!("it has {} in a table of {}", counted(*have, "field"), names.len());
                    return Err(self.bad(*line, &reason, "Put texts that hold the delimiter in double quotes, or write one text a line"));
                }
                if let Some((line, have, _)) = rows.iter().find(|(_, width, _)| *width < need) {
                    let reason = format!("it has {have} of the {need} columns that the text needs");
                    return Err(self.bad(*line, &reason, "Give every line a text, and check which column is chosen (`--text`)"));
                }
                Ok((rows.into_iter().map(|(.., text)| text).collect(), taken))
            }
        }
    }

    fn object(&self, line: usize, text: &str) -> Result<Map<String, Value>, DataError> {
        serde_json::from_str(text).map_err(|_| {
            self.bad(line, &format!("it is no JSON object (`{}`)", cut(text, 30)), "Write one object a line, as `jq -c '.[]'` does")
        })
    }

    fn bad(&self, line: usize, reason: &str, remedy: &'static str) -> DataError {
        DataError::BadText { file: self.name.clone(), line, reason: reason.to_owned(), remedy }
    }

    /// What ends a line.
    fn newline(&self) -> u8 {
        match &self.form {
            Form::Lines { line_end, .. } => line_end.byte(),
            Form::Table { dialect, .. } => dialect.line_end.byte(),
            Form::Json { .. } => b'\n',
        }
    }

    /// Bytes up to the end of the last line that is whole.
    fn whole_lines(&self) -> usize {
        let last = || self.buffer.iter().rposition(|byte| *byte == self.newline()).map_or(0, |at| at + 1);
        if self.ended { self.buffer.len() } else { last() }
    }

    /// Takes `lines` lines off the start of what was read, or all whole ones.
    fn skip_lines(&mut self, lines: usize) {
        let (newline, whole) = (self.newline(), self.whole_lines());
        let mut ends = self.buffer[..whole].iter().enumerate().filter(|(_, byte)| **byte == newline).map(|(at, _)| at + 1);
        let (count, end) = match lines {
            usize::MAX => (ends.count(), whole),
            0 => (0, 0),
            lines => (lines, ends.nth(lines - 1).unwrap_or(whole)),
        };
        self.line += count;
        self.buffer.drain(..end);
    }

    fn read_more(&mut self) -> Result<(), DataError> {
        let before = self.buffer.len();
        self.buffer.resize(before + BLOCK, 0);
        let read = loop {
            match self.reader.read(&mut self.buffer[before..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        let count = read.as_ref().copied().unwrap_or(0);
        self.buffer.truncate(before + count);
        self.ended = count == 0;
        read.map(|_| ()).map_err(|error| DataError::Unreadable { file: self.name.clone(), why: error.to_string() })
    }

    /// The first `bytes` bytes as text.
    fn decoded(&mut self, bytes: usize) -> Result<String, DataError> {
        let file = NamedBytes { name: self.name.clone(), bytes: self.buffer[..bytes].to_vec() };
        let mut notes = Vec::new();
        let text = decode(&file, &mut notes)?.into_owned();
        if self.notes.is_empty() {
            self.notes = notes;
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Columns;

    /// A reader that gives a few bytes at a time.
    struct Slowly<'a>(&'a [u8], usize);

    impl Read for Slowly<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.1.min(self.0.len()).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn open<'a>(name: &str, bytes: &'a [u8], wish: &Wish) -> Result<Texts<Slowly<'a>>, DataError> {
        Texts::open(name, Slowly(bytes, 7), Expected { wish, delimiter: None, trained_on: None, pairs: false })
    }

    fn all(mut texts: Texts<impl Read>) -> Result<Vec<(usize, String)>, DataError> {
        let mut found = Vec::new();
        while let Some(block) = texts.next_block()? {
            found.extend(block.into_iter().map(|text| (text.line, text.text)));
        }
        Ok(found)
    }

    #[track_caller]
    fn found(name: &str, text: &str) -> Vec<(usize, String)> {
        all(open(name, text.as_bytes(), &Wish::default()).expect("texts")).expect("texts")
    }

    fn lines(expected: &[(usize, &str)]) -> Vec<(usize, String)> {
        expected.iter().map(|(line, text)| (*line, (*text).to_owned())).collect()
    }

    #[test]
    fn a_first_text_may_be_longer_than_a_block() {
        let long = "good ".repeat(BLOCK / 4);
        for above in ["", &"\n".repeat(BLOCK + 1)] {
            let line = 1 + above.len();
            assert_eq!(found("a.txt", &format!("{above}{long}\nok\n")), [(line, long.trim().to_owned()), (line + 1, "ok".to_owned())]);
        }
    }

    #[test]
    fn a_row_with_more_cells_than_the_table_is_told() {
        let texts = open("a.csv", b"id,text\n1,good phone, but bad\n2,bad\n", &Wish::default()).expect("a table");
        let error = all(texts).expect_err("a ragged row").to_string();
        assert!(error.contains("a.csv, line 2: it has 3 fields in a table of 2") && error.contains("double quotes"), "{error}");
    }

    #[test]
    fn texts_come_as_lines_as_objects_and_as_tables() {
        assert_eq!(found("-", "one, two\r\n\nthree \"four\"\nfive"), lines(&[(1, "one, two"), (3, "three \"four\""), (4, "five")]));
        assert_eq!(found("-", "text\none, two\n"), lines(&[(2, "one, two")]));
        let json = "{\"id\": 1, \"text\": \"a\\nb\"}\n{\"text\": 7, \"id\": 2}\n";
        assert_eq!(found("-", json), lines(&[(1, "a\nb"), (2, "7")]));
        let table = "id,text\n1,\"one,\ntwo\"\n2,\"she said \"\"no\"\"\"\n";
        for name in ["a.csv", "-"] {
            assert_eq!(found(name, table), lines(&[(2, "one,\ntwo"), (4, "she said \"no\"")]), "{name}");
        }
        assert_eq!(found("a.csv", "text\n\"a, b\"\n\"c, d, e\"\n"), lines(&[(2, "a, b"), (3, "c, d, e")]));
    }

    #[test]
    fn columns_are_those_of_the_training_file_or_those_that_are_named() {
        let bytes = b"when;what was said\n3;a b\n4;c d\n";
        let told = open("a.csv", bytes, &Wish::default()).err().expect("which is it?").to_string();
        assert!(
            told.contains("a.csv has no column that is surely the text: it has 2 (when, what was said)") && told.contains("with `--text`"),
            "{told}"
        );
        let wish = Wish { text: Some("what was said".to_owned()), ..Wish::default() };
        let texts = open("a.csv", bytes, &wish).expect("it is named");
        assert_eq!(texts.words(), "a.csv: semicolon-separated with a header, text: column 2 (`what was said`)");
        assert_eq!(all(texts).expect("texts"), lines(&[(2, "a b"), (3, "c d")]));
        let taken = Taken {
            file: "train.csv".to_owned(),
            format: Format::Delimited,
            delimiter: Some(','),
            columns: Columns { header: true, text: 1, text_b: None, label: 0 },
            names: ["topic", "what was said"].map(str::to_owned).to_vec(),
            rows: 1,
            classes: Vec::new(),
            left_out: Vec::new(),
            notes: Vec::new(),
        };
        let expected = Expected { wish: &Wish::default(), delimiter: None, trained_on: Some(&taken), pairs: false };
        let texts = Texts::open("-", &bytes[..], expected).expect("as it was learned");
        assert_eq!(all(texts).expect("texts"), lines(&[(2, "a b"), (3, "c d")]));
    }

    #[test]
    fn pairs_are_two_texts() {
        let wish = Wish::default();
        let expected = Expected { wish: &wish, delimiter: None, trained_on: None, pairs: true };
        let mut texts = Texts::open("-", &b"a\tb\n"[..], expected).expect("texts");
        let block = texts.next_block().expect("a pair").expect("a pair");
        assert_eq!(block, [Text { line: 1, text: "a".to_owned(), text_b: Some("b".to_owned()) }]);
        let told = Texts::open("-", &b"a\tb\n\nc\n"[..], expected).and_then(all).expect_err("one is missing").to_string();
        assert!(told.starts_with("-, line 3: it has one text. This run reads pairs"), "{told}");
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let told =
            |name: &str, text: &str| open(name, text.as_bytes(), &Wish::default()).and_then(all).expect_err("it is wrong").to_string();
        let text = told("-", "{\"text\": \"a\"}\n{\"text\": [1]}\n");
        assert!(text.contains("-, line 2: its `text` is no text. Write it as a string"), "{text}");
        let text = told("a.jsonl", "[{\"text\": \"a\"}]\n");
        assert!(text.contains("line 1: it is no JSON object") && text.contains("jq"), "{text}");
        let text = told("a.csv", "id,text\n1,a b\n2,c d\n3\n");
        assert!(text.contains("a.csv, line 4: it has 1 of the 2 columns"), "{text}");
        assert!(told("-", " \n\n").contains("- is empty"), "{}", told("-", " \n\n"));
        assert!(told("a.xlsx", "PK\u{3}\u{4}").contains("ZIP"));
    }

    /// Many blocks, cells over lines, rows that straddle the blocks.
    #[test]
    fn a_long_table_streams_through_in_blocks() {
        let mut table = "n,text\n".to_owned();
        let mut expected = Vec::new();
        let mut line = 2;
        for n in 0..60_000 {
            let text = if n % 3 == 0 { format!("the text,\nof number {n}") } else { format!("text {n}") };
            table.extend([&n.to_string(), ",\"", &text, "\"\n"]);
            line += 1 + text.matches('\n').count();
            expected.push((line - 1 - text.matches('\n').count(), text));
        }
        let wish = Wish::default();
        let mut texts =
            Texts::open("-", Slowly(table.as_bytes(), 100_000), Expected { wish: &wish, delimiter: None, trained_on: None, pairs: false })
                .expect("texts");
        let (mut found, mut blocks, mut most) = (Vec::new(), 0, 0);
        while let Some(block) = texts.next_block().expect("texts") {
            blocks += 1;
            most = most.max(texts.buffer.len());
            found.extend(block.into_iter().map(|text| (text.line, text.text)));
        }
        assert!(blocks > 3 && most < 2 * BLOCK, "{blocks} blocks, {most} bytes at most");
        assert_eq!(found.len(), expected.len());
        assert_eq!(found, expected);
    }

    #[test]
    fn other_encodings_are_read() {
        let utf_16: Vec<u8> = [0xFF, 0xFE].into_iter().chain("für uns\nzwei\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(all(open("-", &utf_16, &Wish::default()).expect("texts")).expect("texts"), lines(&[(1, "für uns"), (2, "zwei")]));
        assert_eq!(all(open("-", b"f\xFCr uns\n", &Wish::default()).expect("texts")).expect("texts"), lines(&[(1, "für uns")]));
        assert_eq!(found("-", "one\rtwo\r"), lines(&[(1, "one"), (2, "two")]));
    }
}
