//! Which delimiter and which quotes a text has.
//!
//! Judged by how well a label and a text come out, not by even rows alone: "Guten Tag, …;Rechnung" has one comma and one
//! semicolon in every row. A delimiter with a space behind it is likelier punctuation, and a quote is a rule only where
//! rows come out more even with it.
//! Elsewhere: splitting (`delimited.rs`), what a column looks like (`profile.rs`).

use std::collections::BTreeMap;

use super::bytes::SAMPLE;
use super::delimited::{Dialect, Inside, LineEnd, Quotes, Standing, split};
use super::profile::{Profile, start_of};

/// Rows of a sample that the columns are judged by.
const SAMPLE_ROWS: usize = 200;

/// Delimiters that are tried. A space divides only texts that are all in quotes, as R writes them.
const DELIMITERS: [char; 7] = ['\t', ',', ';', '|', '~', '^', ' '];

/// A delimiter for people.
pub fn delimiter_word(delimiter: char) -> String {
    match delimiter {
        '\t' => "tab".to_owned(),
        ',' => "comma".to_owned(),
        ';' => "semicolon".to_owned(),
        '|' => "pipe".to_owned(),
        ' ' => "space".to_owned(),
        other => format!("`{other}`"),
    }
}

const fn marks(open: char, close: char, inside: Inside) -> Quotes {
    Quotes::Marks { open, close, inside }
}

/// As RFC 4180 has it.
pub(super) const DOUBLE: Quotes = marks('"', '"', Inside::Doubled);

/// Quotes that are tried, simplest first, and what a simpler one is ahead by.
const QUOTES: [(Quotes, f64); 10] = [
    (DOUBLE, 0.0),
    (marks('"', '"', Inside::Backslash), 0.01),
    (Quotes::None, 0.02),
    (marks('"', '"', Inside::Bare), 0.03),
    (marks('\'', '\'', Inside::Bare), 0.05),
    (marks('“', '”', Inside::Bare), 0.05),
    (marks('‘', '’', Inside::Bare), 0.05),
    (marks('„', '“', Inside::Bare), 0.05),
    (marks('«', '»', Inside::Bare), 0.05),
    (marks('「', '」', Inside::Bare), 0.05),
];

/// How a text is to be read.
#[derive(Debug, PartialEq)]
pub(super) struct Choice {
    /// Delimiter, quotes, line ends.
    pub dialect: Dialect,
    /// Where the table begins, in bytes: behind a first line `sep=;`.
    pub start: usize,
    /// The line of a quote that never closes, where the rows do not come out without quotes either.
    pub open_quote: Option<usize>,
    /// What is unusual about it, for people.
    pub note: Option<String>,
}

/// Chooses the dialect of a text; `delimiter` is one that the user has chosen.
pub(super) fn choose(ending: &str, text: &str, delimiter: Option<char>) -> Choice {
    let line_end = LineEnd::of(text);
    let (start, named) = separator_line(text, line_end);
    let body = &text[start..];
    let sample = sample_of(body, line_end);
    let delimiter = delimiter.or(named).unwrap_or_else(|| best_delimiter(ending, sample, line_end));
    let (quotes, open_quote) = best_quotes(body, delimiter, line_end);
    Choice { dialect: Dialect { delimiter, quotes, line_end }, start, open_quote, note: unusual(quotes) }
}

/// A table of which each row is one cell in quotes, as a spreadsheet writes it that took the rows for texts: the rows
/// themselves. `None` for any other text.
pub(super) fn without_quotes_around_rows(text: &str) -> Option<String> {
    let line_end = LineEnd::of(text);
    let rows = |text: &str, delimiter: char| {
        let mut widths = BTreeMap::<usize, usize>::new();
        let mut bare = String::new();
        let standing = split(text, Dialect { delimiter, quotes: DOUBLE, line_end }, 1, |record| {
            *widths.entry(record.width).or_default() += 1;
            bare.extend(record.cells().chain(["\n"]));
        });
        (widths, bare, standing)
    };
    let whole = |text: &str| text.lines().all(|line| line.trim().is_empty() || (line.starts_with('"') && line.trim_end().ends_with('"')));
    // A header may stand without quotes above rows with them.
    let header = if text.starts_with('"') { 0 } else { 1 + text.find(char::from(line_end.byte()))? };
    let (header, body) = text.split_at(header);
    if body.trim().is_empty() || !whole(sample_of(body, line_end)) || !whole(body) {
        return None;
    }
    let within = |body: &str, delimiter: char| {
        let (widths, bare, standing) = rows(body, delimiter);
        let bare = header.to_owned() + &bare;
        let one_cell = widths.len() == 1 && widths.contains_key(&1) && !standing.over_lines && standing.loose == 0;
        // Texts alone, of which some contain the delimiter, come out in rows of all widths.
        let widths = one_cell.then(|| rows(&bare, delimiter).0)?;
        (widths.len() == 1 && !widths.contains_key(&1)).then_some(bare)
    };
    // Most files are no such table, which their first rows tell.
    let delimiter = [',', ';', '\t', '|'].into_iter().find(|delimiter| within(sample_of(body, line_end), *delimiter).is_some())?;
    within(body, delimiter)
}

/// The first rows, whole ones where the text is longer.
fn sample_of(text: &str, line_end: LineEnd) -> &str {
    let sample = &text[..text.floor_char_boundary(SAMPLE)];
    let end = if sample.len() < text.len() { sample.rfind(char::from(line_end.byte())) } else { None };
    &sample[..end.unwrap_or(sample.len())]
}

/// `sep=;` as the first line, as spreadsheets write and read it: where the next line begins, and the delimiter.
fn separator_line(text: &str, line_end: LineEnd) -> (usize, Option<char>) {
    let end = text.find(char::from(line_end.byte())).map_or(text.len(), |at| at + 1);
    let line = text[..end].trim_matches(['\r', '\n', '"']);
    let named = line.get(..4).filter(|word| word.eq_ignore_ascii_case("sep=")).and_then(|_| {
        let mut rest = line[4..].chars();
        rest.next().filter(|_| rest.next().is_none())
    });
    if named.is_some() { (end, named) } else { (0, None) }
}

fn best_delimiter(ending: &str, sample: &str, line_end: LineEnd) -> char {
    let by_ending = match ending {
        "tsv" | "tab" => Some('\t'),
        "csv" => Some(','),
        _ => None,
    };
    let candidates = DELIMITERS.into_iter().filter(|delimiter| sample.contains(*delimiter));
    let score = |delimiter: char| {
        let quotes = QUOTES.into_iter().filter(|(quotes, _)| is_there(*quotes, sample));
        let of_quotes = quotes.map(|(quotes, behind)| {
            let measured = Measured::of(sample, Dialect { delimiter, quotes, line_end }, true);
            measured.as_delimiter(delimiter) + measured.as_quotes(quotes, delimiter) - behind
        });
        of_quotes.fold(f64::NEG_INFINITY, f64::max) + if by_ending == Some(delimiter) { 0.1 } else { 0.0 }
    };
    let mut best = (by_ending.unwrap_or('\t'), 0.0);
    for delimiter in candidates {
        let score = score(delimiter);
        if score > best.1 {
            best = (delimiter, score);
        }
    }
    best.0
}

/// The quotes of the whole text, and the line of a quote that has no end and cannot be done without.
fn best_quotes(text: &str, delimiter: char, line_end: LineEnd) -> (Quotes, Option<usize>) {
    let mut best: Option<(f64, Quotes, Measured)> = None;
    let mut open = None;
    for (quotes, behind) in QUOTES.into_iter().filter(|(quotes, _)| is_there(*quotes, text)) {
        let measured = Measured::of(text, Dialect { delimiter, quotes, line_end }, false);
        if quotes == DOUBLE {
            open = measured.standing.open;
        }
        let score = measured.even + measured.as_quotes(quotes, delimiter) - behind;
        if best.as_ref().is_none_or(|(highest, ..)| score > *highest) {
            best = Some((score, quotes, measured));
        }
    }
    let Some((_, quotes, measured)) = best else { return (Quotes::None, None) };
    // A tab seldom stands in a text, so rows of a TSV that are uneven are so for another reason.
    let fails = measured.standing.open.is_some() || measured.even < 0.98;
    (quotes, open.filter(|_| fails && delimiter != '\t'))
}

/// Whether a text may be quoted so: its opening mark stands where a cell could begin. (Anywhere will do; it only saves time.)
fn is_there(quotes: Quotes, text: &str) -> bool {
    match quotes {
        Quotes::None => true,
        Quotes::Marks { inside: Inside::Backslash, .. } => text.contains("\\\""),
        Quotes::Marks { open, .. } => text.contains(open),
    }
}

fn unusual(quotes: Quotes) -> Option<String> {
    match quotes {
        Quotes::None | DOUBLE => None,
        Quotes::Marks { inside: Inside::Backslash, .. } => Some("a backslash before a quote was read as part of the quoting".to_owned()),
        Quotes::Marks { open: '"', .. } => {
            Some("quotes inside quoted texts are not doubled; only one at the end of a cell was read as its end".to_owned())
        }
        Quotes::Marks { open, close, .. } => Some(format!("cells stand in {open} {close}, which were read as quotes around them")),
    }
}

/// How the rows of a text come out in a dialect.
#[derive(Debug)]
struct Measured {
    rows: usize,
    /// Whether the first row has one cell fewer than the others: R gives no name to the column of its row names.
    first_is_shorter: bool,
    /// Share of the rows that have as many cells as most of them; 0 if that is one cell.
    even: f64,
    standing: Standing,
    /// 0 to 1: whether there is a label, and a text beside it.
    sense: f64,
}

impl Measured {
    fn of(text: &str, dialect: Dialect, look_at_columns: bool) -> Self {
        let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
        let mut kept: Vec<Vec<String>> = Vec::new();
        let mut first = None;
        let standing = split(text, dialect, 1, |record| {
            first.get_or_insert(record.width);
            *widths.entry(record.width).or_default() += 1;
            if look_at_columns && kept.len() < SAMPLE_ROWS {
                kept.push(record.cells().map(|cell| start_of(cell.trim()).to_owned()).collect());
            }
        });
        let rows: usize = widths.values().sum();
        let (width, count) = widths.into_iter().max_by_key(|&(width, count)| (count, std::cmp::Reverse(width))).unwrap_or((0, 0));
        let even = if width < 2 { 0.0 } else { count as f64 / rows as f64 };
        kept.retain(|row| row.len() == width);
        let first_is_shorter = first.is_some_and(|first| first + 1 == width);
        Self { rows, first_is_shorter, even, standing, sense: if even > 0.0 { sense(&kept, width) } else { 0.0 } }
    }

    /// Points for a delimiter, about 1 for a good one.
    fn as_delimiter(&self, delimiter: char) -> f64 {
        if self.even == 0.0 {
            return f64::NEG_INFINITY;
        }
        // Texts contain commas and spaces; few contain tabs, and a semicolon or bar seldom stands in every row of them.
        let rare = match delimiter {
            '\t' => 0.3,
            ',' => 0.0,
            ' ' if self.is_of_r() => -0.3,
            ' ' => return f64::NEG_INFINITY,
            _ => 0.15,
        };
        let share = |some: usize| some as f64 / self.standing.delimiters.max(1) as f64;
        // Half of Europe writes decimals with a comma.
        let decimals = if delimiter == ',' { share(self.standing.in_numbers) } else { 0.0 };
        self.even + rare + 0.5 * self.sense - 0.5 * share(self.standing.spaced) - 0.5 * decimals
    }

    /// Whether it may be a table of R, whose rows all have cells in quotes: the name of the row and a text.
    fn is_of_r(&self) -> bool {
        let uneven = (1.0 - self.even) * self.rows as f64 - f64::from(u8::from(self.first_is_shorter));
        uneven <= 0.05 * self.rows as f64 && self.standing.quoted >= 2 * self.rows && self.standing.loose == 0
    }

    /// Points for quotes, zero for good ones.
    fn as_quotes(&self, quotes: Quotes, delimiter: char) -> f64 {
        let Standing { open, loose, over_lines, quoted, .. } = self.standing;
        let tab = delimiter == '\t';
        let open = if open.is_some() { -0.5 } else { 0.0 };
        // Tab-separated text is mostly written without quoting rules.
        let loose = if loose > 0 { if tab { -0.5 } else { -0.05 } } else { 0.0 };
        let over_lines = if tab && over_lines { -0.05 } else { 0.0 };
        // Marks that are no usual quotes are meant as such where nearly every row has them around a cell.
        let usual = matches!(quotes, Quotes::None | Quotes::Marks { open: '"', .. });
        let everywhere = if !usual && quoted as f64 >= 0.9 * self.rows as f64 { 0.06 } else { 0.0 };
        open + loose + over_lines + everywhere
    }
}

/// Whether some column reads like a label, and another like a text: half a point each.
fn sense(rows: &[Vec<String>], width: usize) -> f64 {
    let profiles: Vec<Profile> =
        (0..width.min(32)).map(|column| Profile::of(rows.iter().map(|row| (row.get(column).map_or("", String::as_str), None)))).collect();
    let label = |p: &Profile| p.distinct >= 2.0 && p.distinct <= p.rows / 2.0 && p.chars <= 40.0;
    let with_label: Vec<usize> = (0..profiles.len()).filter(|&column| label(&profiles[column])).collect();
    let text = |p: &Profile| p.is_sentence() && p.distinct > p.rows / 3.0;
    let has_text = (0..profiles.len()).any(|column| with_label.iter().any(|&label| label != column) && text(&profiles[column]));
    (if with_label.is_empty() { 0.0 } else { 0.5 }) + (if has_text { 0.5 } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(ending: &str, text: &str) -> (char, Quotes) {
        let choice = choose(ending, text, None);
        (choice.dialect.delimiter, choice.dialect.quotes)
    }

    #[test]
    fn a_comma_in_every_row_is_not_the_delimiter_of_a_semicolon_file() {
        let greetings = ["Guten Tag", "Hallo", "Moin", "Servus"];
        let topics = ["Rechnung", "Lieferung", "Rückgabe"];
        let row = |i: usize| format!("{}, die Sache Nummer {i} ist noch offen;{}\n", greetings[i % 4], topics[i % 3]);
        let body: String = (0..60).map(row).collect();
        for ending in ["csv", "txt", "tsv"] {
            assert_eq!(chosen(ending, &body).0, ';', "{ending}");
            assert_eq!(chosen(ending, &format!("Nachricht;Thema\n{body}")).0, ';', "{ending}");
            assert_eq!(chosen(ending, &body.replace(';', "|")).0, '|', "{ending}");
            assert_eq!(chosen(ending, &body.replace(';', "\t")).0, '\t', "{ending}");
        }
    }

    #[test]
    fn a_first_line_may_name_the_delimiter() {
        for first in ["sep=;", "SEP=;", "\"sep=;\""] {
            let text = format!("{first}\r\na, b;c\r\nd, e;f\r\n");
            let choice = choose("csv", &text, None);
            assert_eq!((choice.dialect.delimiter, &text[choice.start..choice.start + 4]), (';', "a, b"), "{first}");
        }
        assert_eq!(choose("csv", "sep=;\na|b\nc|d\n", Some('|')).dialect.delimiter, '|');
    }

    #[test]
    fn quotes_are_rules_where_rows_come_out_more_even() {
        let body = |quote: fn(&str) -> String| -> String {
            (0..30).map(|i| format!("{}, {}\n", ["a", "b", "c"][i % 3], quote(&format!("one{} text {i}", ", two".repeat(i % 4))))).collect()
        };
        for (open, close) in [('“', '”'), ('„', '“'), ('«', '»'), ('「', '」'), ('\'', '\'')] {
            let text: String =
                (0..30).map(|i| format!("{},{open}one{} text {i}{close}\n", ["a", "b", "c"][i % 3], ", two".repeat(i % 4))).collect();
            let found = chosen("csv", &text);
            assert_eq!(found, (',', marks(open, close, Inside::Bare)));
        }
        assert_eq!(chosen("csv", &body(|text| format!("\"{text}\""))), (',', DOUBLE));
        assert_eq!(chosen("csv", &body(|text| format!("\"\\\"{text}\\\", so\""))), (',', marks('"', '"', Inside::Backslash)));
        assert_eq!(chosen("csv", &body(|text| format!("\"he said \"{text}\" to me\""))), (',', marks('"', '"', Inside::Bare)));
    }

    #[test]
    fn natural_quotes_in_tabbed_text_are_characters() {
        for text in [
            "1\the said \"no\n0\t\"Good\" he said\n1\t\"never\n",
            "pos\t\"this is good\nneg\the called it \"bad\"\n",
            "1\t“Good” he said\n0\t“Bad” she said, and left\n",
            "1\t'Tis good\n0\t'Twas bad\n",
        ] {
            assert_eq!(chosen("tsv", text), ('\t', Quotes::None), "{text}");
        }
        assert_eq!(chosen("tsv", "1\t\"he said \"\"no\"\"\"\n0\tfine, then\n").1, DOUBLE);
    }

    #[test]
    fn a_space_divides_only_what_r_has_quoted() {
        let row = |i: usize| format!("\"{i}\" \"some text, number {i}\" \"{}\"\n", ["up", "down"][i % 2]);
        let text = "\"text\" \"label\"\n".to_owned() + &(1..30).map(row).collect::<String>();
        assert_eq!(chosen("txt", &text), (' ', DOUBLE));
        assert_eq!(chosen("txt", "one two\nthree four\nfive six\n").0, '\t');
    }

    #[test]
    fn a_quote_without_end_is_told_only_where_it_does_harm() {
        assert_eq!(choose("csv", "a,b\nx,\"open, and\ny,z\n", None).open_quote, Some(2));
        assert_eq!(choose("csv", "a,b\nx,\"open\ny,z\n", None).open_quote, None);
        assert_eq!(choose("tsv", "a\tb\nx\t\"open\ty\ny\tz\n", None).open_quote, None);
    }
}
