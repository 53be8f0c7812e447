//! Texts to be answered, from a file or a pipe of any length: block after block, in bounded memory.
//!
//! Told by the start of the stream. One text a line is the rule, behind labels in fastText's format. JSON has an object or a string a
//! line, or is one list of either, which is read whole. A delimited table is one whose name ends so, whose reading was chosen, whose
//! first row names the text's column, or whose rows have known labels where those of the training table have them (`alike.rs`). Labels
//! are read no further.
//! Elsewhere: files that are learned from, whole and with much more of a guess (`reading.rs`).

use std::io::{ErrorKind, Read};

use super::alike;
use super::bytes::decode;
use super::columns::{Wish, names, place_of};
use super::delimited::{Dialect, LineEnd, split};
use super::dialect::{self, Choice};
use super::error::{DataError, column, counted, cut};
use super::fasttext;
use super::files::{MOST_BYTES, NamedBytes, check_size};
use super::header::{self, Header};
use super::json::{self, Field};
use super::names::Fit;
use super::rows::{Format, Mark, RawTable, Row};
use super::taken::Taken;

/// Bytes that are read at once, and of which the form is told.
const BLOCK: usize = 256 * 1024;

/// Rows that names and widths of a table's columns are told from.
const FIRST_ROWS: usize = 200;

/// Bytes of one row at most: more is a quote that never closes, or no table.
const LONGEST_ROW: usize = 16 << 20;

/// What to do where JSON is no object a line.
const ONE_A_LINE: &str = "Write one object a line, as `jq -c '.[]'` does";

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

/// How texts stand in a stream: on lines, `labelled` in fastText's format; in JSON objects or as JSON strings, `spread` over lines in any
/// way; in a table.
#[derive(Clone, Debug, PartialEq)]
enum Form {
    Lines {
        pairs: bool,
        line_end: LineEnd,
        labelled: bool,
    },
    Json {
        text: String,
        text_b: Option<String>,
        spread: bool,
    },
    /// `lenient`: nothing but its first lines says that it is JSON, and what is none is a text as it stands.
    Strings {
        spread: bool,
        lenient: bool,
    },
    Table {
        dialect: Dialect,
        header: bool,
        names: Vec<String>,
        text: usize,
        text_b: Option<usize>,
    },
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
        let (form, buffer) = (Form::Lines { pairs: expected.pairs, line_end, labelled: false }, Vec::new());
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
            texts.read_all()?;
            texts.buffer = texts.decoded(texts.buffer.len())?.into_bytes();
        }
        if texts.begins_list() {
            // It may be one line of any length.
            texts.read_list()?;
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
        let name_of = |column: Option<usize>| trained_on.and_then(|taken| taken.names.get(column?)).map(String::as_str);
        let trained = [name_of(trained_on.map(|taken| taken.columns.text)), name_of(trained_on.and_then(|taken| taken.columns.text_b))];

        let is_json = || matches!(&*ending, "jsonl" | "ndjson" | "json") || json::begins(head) || json::begins_texts(head);
        if delimiter.is_none() && is_json() {
            return self.take_json(head, wish, trained, pairs);
        }
        let is_text = |cell: &str| trained[0] == Some(cell) || Fit::of(cell).text > 1.0;
        let asked = wish.header == Some(true) || wish.text.is_some() || wish.text_b.is_some() || delimiter.is_some();
        if !asked && fasttext::is_fasttext(head) {
            self.form = Form::Lines { pairs, line_end: LineEnd::of(head), labelled: true };
            return Ok(());
        }
        let is_table = asked || matches!(&*ending, "csv" | "tsv" | "tab");
        let choice = self.dialect(&ending, head, delimiter);
        let table = self.first_rows(head, &choice);
        let cells: Vec<String> = table.rows.first().map(|row| row.cells().map(str::to_owned).collect()).unwrap_or_default();
        // Names are short, and sentences with a comma may begin with one.
        let known = || cells.iter().any(|cell| trained[0] == Some(cell)) || cells.iter().all(|cell| cell.split_whitespace().count() <= 3);
        let is_header = || cells.len() == 1 || (known() && header::of(&table) != Header::No);
        let names_text = cells.iter().any(|cell| is_text(cell)) && is_header();
        let alike = trained_on.and_then(|taken| alike::columns(&table.rows, taken));
        // One line alone is a sentence.
        let as_trained =
            alike.is_some() && table.rows.len() > 1 && trained_on.is_some_and(|taken| taken.delimiter == Some(choice.dialect.delimiter));
        if !is_table && !names_text && !as_trained {
            let line_end = LineEnd::of(head);
            let strings = !pairs && json::are_texts(head);
            self.form =
                if strings { Form::Strings { spread: false, lenient: true } } else { Form::Lines { pairs, line_end, labelled: false } };
            return Ok(());
        }
        if let Some(line) = choice.open_quote {
            return Err(DataError::OpenQuote { file: self.name.clone(), line: line + lines_in(&head[..choice.start]) });
        }
        let named = |name: &String| cells.iter().any(|cell| cell.to_lowercase() == name.to_lowercase());
        let wanted = || [&wish.text, &wish.text_b].into_iter().flatten().any(named);
        let begins_alike = || alike.is_some() && trained_on.is_some_and(|taken| alike::fits(&table.rows[0], taken));
        let header = wish.header.unwrap_or_else(|| names_text || wanted() || (!begins_alike() && header::of(&table) != Header::No));
        let names = names(&table, header);
        let place = |asked: &Option<String>, trained: Option<&str>, known: &dyn Fn(&str) -> bool| {
            if let Some(asked) = asked {
                return place_of(asked, &names, &self.name).map(Some);
            }
            let by_name = names.iter().position(|name| trained == Some(name)).or_else(|| names.iter().position(|name| known(name)));
            Ok(by_name.filter(|_| header))
        };
        let only = (names.len() == 1).then_some(0);
        let text = place(&wish.text, trained[0], &is_text)?.or(only).or(alike.map(|columns| columns.text));
        let text_b = place(&wish.text_b, trained[1], &|_| false)?.or(alike.and_then(|columns| columns.text_b));
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

    /// The first rows of a table, as far as they tell what its columns are.
    fn first_rows(&self, head: &str, choice: &Choice) -> RawTable {
        let mut table = RawTable::new(self.name.clone(), Format::Delimited);
        split(&head[choice.start..], choice.dialect, 1 + lines_in(&head[..choice.start]), |record| {
            if table.rows.len() < FIRST_ROWS {
                table.push(|| {
                    let mut row = Row::new(record.line, record.cells());
                    row.width = record.width;
                    Ok(row)
                });
            }
        });
        table
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

    fn take_json(&mut self, head: &str, wish: &Wish, trained: [Option<&str>; 2], pairs: bool) -> Result<(), DataError> {
        let start = head.trim_start();
        let list = start.strip_prefix('[');
        if wish.text.is_none() && wish.text_b.is_none() && list.unwrap_or(start).trim_start().starts_with('"') {
            return self.take_strings(list.is_some(), 1 + lines_in(&head[..head.len() - start.len()]), pairs);
        }
        let spread = json::is_spread(head);
        if spread {
            self.read_list()?;
        }
        let first = if spread { json::spread(head, 1).next() } else { full_lines(head, 1).next() };
        let (line, first) = first.ok_or_else(|| DataError::NoTexts { file: self.name.clone() })?;
        let keys: Vec<String> = self.fields(line, first)?.into_iter().map(|field| field.key).collect();
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
        self.form = Form::Json { text, text_b, spread };
        Ok(())
    }

    /// JSON strings, in a list or on a line each, from line `first` on.
    fn take_strings(&mut self, spread: bool, first: usize, pairs: bool) -> Result<(), DataError> {
        if pairs {
            return Err(self.bad(first, "it has texts alone", "This run reads pairs: write an object with both texts for each"));
        }
        if spread {
            self.read_list()?;
        }
        self.form = Form::Strings { spread, lenient: false };
        Ok(())
    }

    /// How the texts are read, in words.
    pub fn words(&self) -> String {
        let how = match &self.form {
            Form::Lines { pairs, labelled, .. } => {
                let each = if *pairs { "each line is two texts with a tab between them" } else { "each line is a text" };
                format!("{each}{}", if *labelled { "; the labels before it (`__label__…`) are not read" } else { "" })
            }
            Form::Json { text, text_b, spread } => {
                let text_b = text_b.as_ref().map_or(String::new(), |text_b| format!(" and `{}`", cut(text_b, 30)));
                let texts = if text_b.is_empty() { "text" } else { "texts" };
                let each = if *spread { "a JSON list of objects, of each" } else { "each line is a JSON object," };
                format!("{each} its `{}`{text_b} the {texts}", cut(text, 30))
            }
            Form::Strings { spread: true, .. } => "a JSON list of texts".to_owned(),
            Form::Strings { spread: false, .. } => "each line is a text as a JSON string".to_owned(),
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
            Form::Lines { pairs, line_end, labelled } => {
                let lines = block.split(char::from(line_end.byte())).zip(first..).filter(|(line, _)| !line.trim().is_empty());
                let lines = lines.map(|(text, line)| (if *labelled { fasttext::without_labels(text) } else { text }, line));
                let text = |(text, line): (&str, usize)| match (pairs, text.split_once('\t')) {
                    (false, _) => Ok(Text { line, text: text.trim().to_owned(), text_b: None }),
                    (true, Some((a, b))) => Ok(Text { line, text: a.trim().to_owned(), text_b: Some(b.trim().to_owned()) }),
                    (true, None) => Err(self.bad(line, "it has one text", "This run reads pairs: put a tab between two texts")),
                };
                Ok((lines.map(text).collect::<Result<_, _>>()?, usize::MAX))
            }
            Form::Json { text, text_b, spread } => {
                let read = |(line, object): (usize, &str)| {
                    let fields = self.fields(line, object)?;
                    let field = |key: &String| match fields.iter().find(|field| field.key == *key) {
                        // A list of words is a text.
                        Some(Field { text, mark: None | Some(Mark::Several(_)), .. }) => Ok(text.clone()),
                        Some(_) => Err(self.bad(line, &format!("its `{}` is no text", cut(key, 30)), "Write it as a string")),
                        None => Err(self.bad(line, &format!("it has no `{}`", cut(key, 30)), "Give every object this field")),
                    };
                    Ok(Text { line, text: field(text)?, text_b: text_b.as_ref().map(field).transpose()? })
                };
                let texts: Result<_, DataError> =
                    if *spread { json::spread(block, first).map(read).collect() } else { full_lines(block, first).map(read).collect() };
                Ok((texts?, usize::MAX))
            }
            Form::Strings { spread, lenient } => {
                let remedy = "Write each text as a JSON string, or each as an object such as {\"text\": …}";
                let read = |(place, (line, value)): (usize, (usize, &str))| match json::string(value) {
                    Some(text) => Ok(Text { line, text, text_b: None }),
                    None if *lenient => Ok(Text { line, text: value.to_owned(), text_b: None }),
                    None if *spread => Err(self.bad(line, &format!("element {place} is no text (`{}`)", cut(value, 30)), remedy)),
                    None => Err(self.bad(line, &format!("it is no JSON string (`{}`)", cut(value, 30)), remedy)),
                };
                let texts: Result<_, DataError> = if *spread {
                    (1..).zip(json::spread(block, first)).map(read).collect()
                } else {
                    (1..).zip(full_lines(block, first)).map(read).collect()
                };
                Ok((texts?, usize::MAX))
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

    fn fields(&self, line: usize, text: &str) -> Result<Vec<Field>, DataError> {
        json::fields(text).ok_or_else(|| self.bad(line, &format!("it is no JSON object (`{}`)", cut(text, 30)), ONE_A_LINE))
    }

    fn bad(&self, line: usize, reason: &str, remedy: &'static str) -> DataError {
        DataError::BadText { file: self.name.clone(), line, reason: reason.to_owned(), remedy }
    }

    /// What ends a line.
    fn newline(&self) -> u8 {
        match &self.form {
            Form::Lines { line_end, .. } => line_end.byte(),
            Form::Table { dialect, .. } => dialect.line_end.byte(),
            Form::Json { .. } | Form::Strings { .. } => b'\n',
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

    /// Whether a JSON list of objects or of texts begins here.
    fn begins_list(&self) -> bool {
        let start = self.buffer.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(&self.buffer).trim_ascii_start();
        let has_objects = start.strip_prefix(b"[").is_some_and(|list| list.trim_ascii_start().starts_with(b"{"));
        has_objects || json::begins_texts(&String::from_utf8_lossy(&start[..start.len().min(BLOCK)]))
    }

    /// Reads all of it, as far as a file may go.
    fn read_all(&mut self) -> Result<(), DataError> {
        while !self.ended && self.buffer.len() as u64 <= MOST_BYTES {
            self.read_more()?;
        }
        check_size(&self.name, self.buffer.len() as u64, MOST_BYTES)
    }

    /// The same of JSON that has no object a line.
    fn read_list(&mut self) -> Result<(), DataError> {
        self.read_all().map_err(|error| match error {
            DataError::TooLarge { limit, .. } => self.bad(1, &format!("it is JSON of more than {limit} MB in one piece"), ONE_A_LINE),
            error => error,
        })
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

/// Lines that end in a text.
fn lines_in(text: &str) -> usize {
    text.matches('\n').count()
}

/// The lines of a text that are not blank, with their numbers.
fn full_lines(text: &str, first: usize) -> impl Iterator<Item = (usize, &str)> {
    text.split('\n').zip(first..).map(|(text, line)| (line, text)).filter(|(_, text)| !text.trim().is_empty())
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

    /// What was taken of a table without a header: `label, text` with this delimiter.
    fn nameless(delimiter: char) -> Taken {
        Taken {
            file: "train.tsv".to_owned(),
            format: Format::Delimited,
            delimiter: Some(delimiter),
            columns: Columns { header: false, text: 1, text_b: None, label: 0 },
            names: ["column 1", "column 2"].map(str::to_owned).to_vec(),
            rows: 2,
            classes: vec![("pos".to_owned(), 1), ("neg".to_owned(), 1)],
            left_out: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// How a stream is read, and its texts, by a run that learned from [`nameless`].
    #[track_caller]
    fn read_by(delimiter: char, name: &str, text: &str) -> (String, Vec<(usize, String)>) {
        let taken = nameless(delimiter);
        let expected = Expected { wish: &Wish::default(), delimiter: None, trained_on: Some(&taken), pairs: false };
        let texts = Texts::open(name, text.as_bytes(), expected).expect("texts");
        (texts.words(), all(texts).expect("texts"))
    }

    #[test]
    fn sentences_are_no_table_whatever_the_run_learned_from() {
        for line in [
            "The camera is great, but the battery is bad",
            "The camera is great; the battery is bad",
            "The camera is great\tthe battery is bad",
            "\"Great camera\", he said",
            "pos, as they say",
            "{\"so\"} he wrote, and left",
            "[laughs] well, no",
            "[\"laughs\"] well, no",
            "Message, and a long one about the camera",
        ] {
            for delimiter in ['\t', ',', ';'] {
                for text in [line.to_owned(), format!("{line}\nIt is fine, for a while\n{line}\n")] {
                    let (words, found) = read_by(delimiter, "-", &text);
                    assert_eq!(words, "-: each line is a text", "{delimiter:?} {text}");
                    let expected: Vec<(usize, String)> = (1..).zip(text.lines().map(str::to_owned)).collect();
                    assert_eq!(found, expected, "{delimiter:?}");
                }
            }
        }
        // A file whose name says that it is a table has to tell which column is meant.
        let taken = nameless('\t');
        let expected = Expected { wish: &Wish::default(), delimiter: None, trained_on: Some(&taken), pairs: false };
        let told = Texts::open("a.csv", &b"The camera is great, but the battery is bad\n"[..], expected).err().expect("which?").to_string();
        assert!(told.contains("--text"), "{told}");
    }

    #[test]
    fn tables_without_a_header_are_known_by_their_labels() {
        let rows = "pos\tgood, very good\nneg\tbad, very bad\n";
        let expected = lines(&[(1, "good, very good"), (2, "bad, very bad")]);
        let (words, found) = read_by('\t', "-", rows);
        assert_eq!((words.as_str(), found), ("-: tab-separated without a header, text: column 2", expected.clone()));
        assert_eq!(read_by('\t', "-", &rows.replace("neg", "")).1, expected, "a label may be missing");
        assert_eq!(read_by(',', "-", &rows.replace("neg", "odd")).0, "-: each line is a text");
        // Of a table by name, its own delimiter will do.
        assert_eq!(read_by('\t', "a.csv", "pos;good\n").1, lines(&[(1, "good")]));
    }

    #[test]
    fn labels_of_fasttext_are_taken_off() {
        for text in ["__label__pos good, very good\n__label__neg\tbad\n", "__label__pos __label__new good, very good\n__label__neg bad"] {
            let (words, found) = read_by('\t', "-", text);
            assert_eq!(words, "-: each line is a text; the labels before it (`__label__…`) are not read");
            assert_eq!(found, lines(&[(1, "good, very good"), (2, "bad")]));
        }
        assert_eq!(found("-", "I write __label__x\nso"), lines(&[(1, "I write __label__x"), (2, "so")]));
    }

    #[test]
    fn a_json_list_is_read_as_a_whole() {
        let list = "[{\"text\": \"a\\nb\", \"n\": 1},\n\n {\"n\": 2,\n \"text\": [\"c\", \"d\"]}]\n";
        for name in ["a.json", "-", "a.txt"] {
            let texts = open(name, list.as_bytes(), &Wish::default()).expect("a list");
            assert_eq!(texts.words(), format!("{name}: a JSON list of objects, of each its `text` the text"));
            assert_eq!(all(texts).expect("texts"), lines(&[(1, "a\nb"), (3, "c d")]));
        }
        assert_eq!(found("a.json", "{\n\"text\": \"a\"\n}\n{\n\"text\": \"b\"\n}\n"), lines(&[(1, "a"), (4, "b")]));
        // Of any length, on one line.
        let objects: Vec<String> = (0..40_000).map(|n| format!("{{\"text\": \"number {n}\"}}")).collect();
        let (wish, list) = (Wish::default(), format!("[{}]", objects.join(", ")));
        let expected = Expected { wish: &wish, delimiter: None, trained_on: None, pairs: false };
        let long = Texts::open("-", list.as_bytes(), expected).and_then(all).expect("texts");
        assert_eq!((list.len() > 3 * BLOCK, long.len(), &long[39_999]), (true, 40_000, &(1, "number 39999".to_owned())));
        // Fields inside others have the names that they are learned by.
        let wish = Wish { text: Some("data.text".to_owned()), ..Wish::default() };
        let texts = open("-", b"{\"data\": {\"text\": \"a\"}, \"id\": 1}\n", &wish).expect("it is named");
        assert_eq!(all(texts).expect("texts"), lines(&[(1, "a")]));
    }

    #[test]
    fn json_strings_are_texts_in_a_list_or_on_a_line_each() {
        let expected = lines(&[(1, "so, \"so\""), (3, "b\nc"), (3, "")]);
        let list = "[\"so, \\\"so\\\"\",\n\n\"b\\nc\", \"\",\n]\n";
        for name in ["a.json", "-", "the list", "a.txt"] {
            let texts = open(name, list.as_bytes(), &Wish::default()).expect("a list");
            assert_eq!(texts.words(), format!("{name}: a JSON list of texts"));
            assert_eq!(all(texts).expect("texts"), expected, "{name}");
        }
        let by_line = "\"so, \\\"so\\\"\"\n\n\"b\\nc\"\r\n";
        for name in ["a.jsonl", "-", "the list"] {
            let texts = open(name, by_line.as_bytes(), &Wish::default()).expect("strings");
            assert_eq!(texts.words(), format!("{name}: each line is a text as a JSON string"));
            assert_eq!(all(texts).expect("texts"), lines(&[(1, "so, \"so\""), (3, "b\nc")]), "{name}");
        }
        // Of any length, on one line.
        let (wish, list) = (Wish::default(), format!("[{}]", (0..40_000).map(|n| format!("\"number {n}\"")).collect::<Vec<_>>().join(",")));
        let expected = Expected { wish: &wish, delimiter: None, trained_on: None, pairs: false };
        let long = Texts::open("-", list.as_bytes(), expected).and_then(all).expect("texts");
        assert_eq!((list.len() > 2 * BLOCK, long.len(), &long[39_999]), (true, 40_000, &(1, "number 39999".to_owned())));
        // They are half of what pairs need.
        let pairs = Expected { pairs: true, ..expected };
        let told = Texts::open("a.json", &b"\n[\"a\", \"b\"]"[..], pairs).err().expect("pairs").to_string();
        assert!(told.starts_with("a.json, line 2: it has texts alone. This run reads pairs"), "{told}");
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
        let text = told("-", "{\"text\": \"a\"}\n{\"text\": [{\"a\": 1}, 2]}\n");
        assert!(text.contains("-, line 2: its `text` is no text. Write it as a string"), "{text}");
        let text = told("a.jsonl", "[{\"text\": \"a\"},\n{\"text\": \"b\", \"t");
        assert!(text.contains("line 2: it is no JSON object") && text.contains("jq"), "{text}");
        for (list, words) in [
            ("[\"a\",\n3, \"b\"]\n", "a.json, line 2: element 2 is no text (`3`)"),
            ("[\"a\", {\"text\": \"b\"}]\n", "a.json, line 1: element 2 is no text (`{\"text\": \"b\"}`)"),
            ("\"a\"\n\"b\", he said\n", "a.json, line 2: it is no JSON string (`\"b\", he said`)"),
            ("[1, 2]\n", "a.json, line 1: it is no JSON object (`1`)"),
        ] {
            let text = told("a.json", list);
            assert!(text.starts_with(words) && text.contains("Write "), "{text}");
        }
        assert!(told("a.json", "[]").contains("a.json is empty"));
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
