//! Splits delimited text into cells, in the dialects that people's files have.
//!
//! Not the `csv` crate: it takes a quote that never closes, or that goes on behind its end, without a word; it knows no
//! space before a quote and no curly quotes, and a lone `\r` inside a text ends its line. Its rows and ours are compared
//! in a test where a file follows RFC 4180.
//! Elsewhere: which dialect a file has (`dialect.rs`).

use super::rows::MOST_COLUMNS;

/// How the cells of a text are divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// What stands between two cells.
    pub delimiter: char,
    /// What may stand around a cell.
    pub quotes: Quotes,
    /// What ends a line.
    pub line_end: LineEnd,
}

/// What may stand around a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quotes {
    /// Nothing: every character stands for itself.
    None,
    /// These marks.
    Marks {
        /// Before the cell.
        open: char,
        /// Behind it.
        close: char,
        /// How the closing mark is written inside the cell.
        inside: Inside,
    },
}

/// How a closing mark is written inside a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// Twice, as RFC 4180 has it.
    Doubled,
    /// With a backslash before it.
    Backslash,
    /// As it is: only a mark before a delimiter or the end of the line closes. Twice or with a backslash, it is one mark too.
    Bare,
}

/// What ends a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineEnd {
    /// `\n`, with or without a `\r` before it; a `\r` elsewhere is white space.
    Feed,
    /// `\r` alone, as on old Macs.
    Return,
}

impl LineEnd {
    /// What ends the lines of a text.
    pub fn of(text: &str) -> Self {
        if text.contains('\n') || !text.contains('\r') { Self::Feed } else { Self::Return }
    }

    /// The byte that ends a line.
    pub fn byte(self) -> u8 {
        match self {
            Self::Feed => b'\n',
            Self::Return => b'\r',
        }
    }
}

/// How the quotes of a text stood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Standing {
    /// Line of the first quote that never closes, or closes in the middle of a later line.
    pub open: Option<usize>,
    /// Cells that go on behind their closing quote, as in `"Good" he said`.
    pub loose: usize,
    /// Some cell has a line end inside its quotes.
    pub over_lines: bool,
    /// Cells in quotes.
    pub quoted: usize,
    /// Delimiters between cells.
    pub delimiters: usize,
    /// Of these, those with a space behind them.
    pub spaced: usize,
    /// Of the delimiters, those between two digits, as in `17,5`.
    pub in_numbers: usize,
}

/// One row of cells; the memory is used again for the next.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// Line on which it starts, from 1.
    pub line: usize,
    /// Cells, also those that are not kept.
    pub width: usize,
    text: String,
    ends: Vec<usize>,
}

impl Record {
    /// The cells that are kept.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.text[start..end])
    }

    fn clear(&mut self, line: usize) {
        (self.line, self.width) = (line, 0);
        self.text.clear();
        self.ends.clear();
    }

    fn end_cell(&mut self, start: usize) {
        self.width += 1;
        if self.width <= MOST_COLUMNS {
            self.ends.push(self.text.len());
        } else {
            self.text.truncate(start);
        }
    }
}

/// What a cell ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Delimiter,
    Line,
    Text,
}

/// Splits `text`, whose first line has the number `line`, and shows each row that is not blank.
pub(super) fn split(text: &str, dialect: Dialect, line: usize, mut each: impl FnMut(&Record)) -> Standing {
    let mut splitter = Splitter { text, bytes: text.as_bytes(), dialect, at: 0, line, standing: Standing::default() };
    let mut record = Record::default();
    while splitter.at < text.len() {
        record.clear(splitter.line);
        while splitter.cell(&mut record) == End::Delimiter {}
        if record.cells().any(|cell| !cell.trim().is_empty()) {
            each(&record);
        }
    }
    splitter.standing
}

struct Splitter<'a> {
    text: &'a str,
    bytes: &'a [u8],
    dialect: Dialect,
    at: usize,
    line: usize,
    standing: Standing,
}

impl Splitter<'_> {
    fn cell(&mut self, record: &mut Record) -> End {
        let start = self.at;
        if let Quotes::Marks { open, close, inside } = self.dialect.quotes {
            let mark = self.behind_spaces(start);
            if self.text[mark..].starts_with(open) {
                return self.quoted(record, mark + open.len_utf8(), close, inside);
            }
        }
        let kept = record.text.len();
        self.plain(record, start, kept)
    }

    /// A cell that ends at the next delimiter or line end behind `self.at`; all from `start` on belongs to it.
    fn plain(&mut self, record: &mut Record, start: usize, kept: usize) -> End {
        let newline = self.dialect.line_end.byte();
        let mut buffer = [0; 4];
        let delimiter = self.dialect.delimiter.encode_utf8(&mut buffer).as_bytes();
        let first = delimiter[0];
        let mut end = self.at;
        while end < self.bytes.len()
            && self.bytes[end] != newline
            && !(self.bytes[end] == first && self.bytes[end..].starts_with(delimiter))
        {
            end += 1;
        }
        record.text.push_str(&self.text[start..end]);
        record.end_cell(kept);
        self.pass(end)
    }

    /// Goes on behind what ends a cell at `end`.
    fn pass(&mut self, end: usize) -> End {
        if end >= self.bytes.len() {
            self.at = end;
            return End::Text;
        }
        if self.bytes[end] == self.dialect.line_end.byte() {
            self.line += 1;
            self.at = end + 1;
            return End::Line;
        }
        self.at = end + self.dialect.delimiter.len_utf8();
        self.standing.delimiters += 1;
        self.standing.spaced += usize::from(self.bytes.get(self.at) == Some(&b' '));
        let is_digit = |at: usize| self.bytes.get(at).is_some_and(u8::is_ascii_digit);
        self.standing.in_numbers += usize::from(end > 0 && is_digit(end - 1) && is_digit(self.at));
        End::Delimiter
    }

    /// A cell whose content starts at `start`, behind its opening quote.
    fn quoted(&mut self, record: &mut Record, start: usize, close: char, inside: Inside) -> End {
        let (cell_start, kept, opened) = (self.at, record.text.len(), self.line);
        let newline = self.dialect.line_end.byte();
        let mut buffer = [0; 4];
        let mark = close.encode_utf8(&mut buffer).as_bytes();
        let (mut at, mut piece) = (start, start);
        let closed = loop {
            let Some(&byte) = self.bytes.get(at) else { break false };
            if byte == newline {
                self.line += 1;
                at += 1;
            } else if byte == b'\\' && inside != Inside::Doubled {
                let next = at + 1;
                // A backslash before the mark or another backslash; before anything else it is a character.
                if self.bytes[next..].starts_with(mark) && !(inside == Inside::Bare && self.ends_at(next + mark.len())) {
                    record.text.push_str(&self.text[piece..at]);
                    (piece, at) = (next, next + mark.len());
                } else if self.bytes.get(next) == Some(&b'\\') {
                    record.text.push_str(&self.text[piece..at]);
                    (piece, at) = (next, next + 1);
                } else {
                    at = next;
                }
            } else if byte == mark[0] && self.bytes[at..].starts_with(mark) {
                let next = at + mark.len();
                let ends = inside != Inside::Bare || self.ends_at(next);
                if inside != Inside::Backslash && self.bytes[next..].starts_with(mark) && !(inside == Inside::Bare && ends) {
                    record.text.push_str(&self.text[piece..next]);
                    (piece, at) = (next + mark.len(), next + mark.len());
                } else if ends {
                    break true;
                } else {
                    at = next;
                }
            } else {
                at += 1;
            }
        };
        record.text.push_str(&self.text[piece..at.min(self.bytes.len())]);
        if !closed {
            self.standing.open.get_or_insert(opened);
            record.end_cell(kept);
            self.at = self.bytes.len();
            return End::Text;
        }
        let behind = at + mark.len();
        if self.ends_at(behind) {
            self.standing.quoted += 1;
            self.standing.over_lines |= self.line > opened;
            record.end_cell(kept);
            return self.pass(self.cell_end(behind));
        }
        if self.line > opened {
            self.standing.open.get_or_insert(opened);
        }
        // The quotes are part of the text: it is kept as it stands.
        self.standing.loose += 1;
        record.text.truncate(kept);
        self.at = behind;
        self.plain(record, cell_start, kept)
    }

    /// Behind the spaces at `at`, where spaces are not what divides.
    fn behind_spaces(&self, at: usize) -> usize {
        let spaces = self.bytes[at..].iter().take_while(|&&byte| byte == b' ').count();
        if self.dialect.delimiter == ' ' { at } else { at + spaces }
    }

    /// Where a cell that is closed at `at` ends: behind spaces and the `\r` of a line end.
    fn cell_end(&self, at: usize) -> usize {
        let at = self.behind_spaces(at);
        let returns = self.dialect.line_end == LineEnd::Feed && self.bytes.get(at) == Some(&b'\r');
        if returns && matches!(self.bytes.get(at + 1), None | Some(b'\n')) { at + 1 } else { at }
    }

    /// Whether a delimiter, a line end or the end of the text comes next.
    fn ends_at(&self, at: usize) -> bool {
        let end = self.cell_end(at);
        self.bytes.get(end).is_none_or(|&byte| byte == self.dialect.line_end.byte()) || self.text[end..].starts_with(self.dialect.delimiter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOUBLE: Quotes = Quotes::Marks { open: '"', close: '"', inside: Inside::Doubled };

    fn dialect(delimiter: char, quotes: Quotes) -> Dialect {
        Dialect { delimiter, quotes, line_end: LineEnd::Feed }
    }

    fn cells(text: &str, dialect: Dialect) -> (Vec<Vec<String>>, Standing) {
        let mut rows = Vec::new();
        let standing = split(text, dialect, 1, |record| rows.push(record.cells().map(str::to_owned).collect()));
        (rows, standing)
    }

    #[test]
    fn doubled_quotes_are_one_and_delimiters_inside_quotes_divide_nothing() {
        let (rows, standing) = cells("a,\"b, \"\"c\"\"\"\n\"\",d\n", dialect(',', DOUBLE));
        assert_eq!(rows, [["a", "b, \"c\""], ["", "d"]]);
        assert_eq!((standing.open, standing.loose, standing.quoted, standing.delimiters), (None, 0, 2, 2));
    }

    #[test]
    fn lines_are_counted_through_quotes_and_blank_lines() {
        let mut lines = Vec::new();
        let standing = split("a,\"two\nlines\"\r\n\n , \nb,c", dialect(',', DOUBLE), 1, |record| lines.push(record.line));
        assert_eq!((lines, standing.over_lines), (vec![1, 5], true));
    }

    #[test]
    fn spaces_around_quotes_belong_to_no_cell() {
        let (rows, standing) = cells("a, \"b, c\" , d\n", dialect(',', DOUBLE));
        assert_eq!(rows, [["a", "b, c", " d"]]);
        assert_eq!((standing.loose, standing.spaced), (0, 2));
    }

    #[test]
    fn quotes_that_do_not_close_are_told() {
        assert_eq!(cells("a,b\nc,\"d\n", dialect(',', DOUBLE)).1.open, Some(2));
        let (rows, standing) = cells("\"Good\" he said,a\n", dialect(',', DOUBLE));
        assert_eq!((rows, standing.loose, standing.open), (vec![vec!["\"Good\" he said".to_owned(), "a".to_owned()]], 1, None));
        assert_eq!(cells("\"a\nb\" c,d\n", dialect(',', DOUBLE)).1.open, Some(1));
    }

    #[test]
    fn every_dialect_of_quotes_inside_quotes() {
        let marks = |open, close, inside| dialect(',', Quotes::Marks { open, close, inside });
        let backslash = marks('"', '"', Inside::Backslash);
        assert_eq!(cells("a,\"x \\\"b, c\\\" \\\\ \\n\"\n", backslash).0, [["a", "x \"b, c\" \\ \\n"]]);
        let bare = marks('"', '"', Inside::Bare);
        assert_eq!(cells("a,\"he said \"no\" to it, and left\"\n", bare).0, [["a", "he said \"no\" to it, and left"]]);
        assert_eq!(cells("a,\"he said \"\"no\"\", and left\"\"\"\n", bare).0, [["a", "he said \"no\", and left\""]]);
        let single = marks('\'', '\'', Inside::Bare);
        assert_eq!(cells("'a','it''s, it\\'s, it's'\n", single).0, [["a", "it's, it's, it's"]]);
        assert_eq!(cells("a,“b, c”\r\n", marks('“', '”', Inside::Bare)).0, [["a", "b, c"]]);
    }

    #[test]
    fn delimiters_may_be_any_character() {
        assert_eq!(cells("a§\"b§c\"\n", dialect('§', DOUBLE)).0, [["a", "b§c"]]);
        assert_eq!(cells("\"a b\" \"c\"\n", dialect(' ', DOUBLE)).0, [["a b", "c"]]);
    }

    #[test]
    fn a_return_inside_a_line_is_white_space() {
        assert_eq!(LineEnd::of("a\rb\n"), LineEnd::Feed);
        assert_eq!(cells("a\tb\rc\r\nd\te\n", dialect('\t', Quotes::None)).0, [["a", "b\rc\r"], ["d", "e\n".trim()]]);
        assert_eq!(LineEnd::of("a\rb\r"), LineEnd::Return);
        let mac = Dialect { line_end: LineEnd::Return, ..dialect('\t', Quotes::None) };
        assert_eq!(cells("a\tb\r\rc\td", mac).0, [["a", "b"], ["c", "d"]]);
    }
}
