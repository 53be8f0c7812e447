//! Tables for other programs: CSV in one dialect.
//!
//! A header, then a row a line; commas, quotes where a cell needs them, lines end with LF, text in UTF-8. A number has a point,
//! no gaps and no exponent, and reads back as the same number; what is not defined is an empty cell. Texts stand as they are,
//! also where a spreadsheet would take one for a formula (`=…`, `+…`, `-…`, `@…`): a table of measurements changes no data.

use csv::{StringRecord, Writer};

/// A table that is being written.
pub struct Table(Writer<Vec<u8>>);

impl Table {
    /// A table with its header.
    pub fn new(head: &[&str]) -> Self {
        let mut table = Self(Writer::from_writer(Vec::new()));
        table.row(&[&head]);
        table
    }

    /// More rows of a table whose header is written already.
    pub fn further() -> Self {
        Self(Writer::from_writer(Vec::new()))
    }

    /// Adds a row, which has as many cells as the header.
    pub fn row(&mut self, cells: &[&dyn Cells]) {
        let mut row = StringRecord::new();
        for cells in cells {
            cells.push(&mut row);
        }
        self.0.write_record(&row).expect("memory takes every row, and rows are as long as the header");
    }

    /// The file.
    pub fn finish(self) -> String {
        let bytes = self.0.into_inner().expect("memory takes every row");
        String::from_utf8(bytes).expect("cells are text")
    }
}

/// What fills one cell of a row, or, as a list, one cell after the other.
pub trait Cells {
    /// Adds the cells.
    fn push(&self, row: &mut StringRecord);
}

impl Cells for str {
    fn push(&self, row: &mut StringRecord) {
        row.push_field(self);
    }
}

impl Cells for String {
    fn push(&self, row: &mut StringRecord) {
        row.push_field(self);
    }
}

impl Cells for f64 {
    fn push(&self, row: &mut StringRecord) {
        row.push_field(&if self.is_finite() { self.to_string() } else { String::new() });
    }
}

/// Whole numbers and truth values, as Rust writes them.
macro_rules! as_written {
    ($($type:ty),*) => {$(
        impl Cells for $type {
            fn push(&self, row: &mut StringRecord) {
                row.push_field(&self.to_string());
            }
        }
    )*};
}
as_written!(usize, u64, bool);

impl<T: Cells> Cells for Option<T> {
    fn push(&self, row: &mut StringRecord) {
        match self {
            Some(cell) => cell.push(row),
            None => row.push_field(""),
        }
    }
}

impl<T: Cells> Cells for [T] {
    fn push(&self, row: &mut StringRecord) {
        for cell in self {
            cell.push(row);
        }
    }
}

impl<T: Cells, const N: usize> Cells for [T; N] {
    fn push(&self, row: &mut StringRecord) {
        self[..].push(row);
    }
}

impl<T: Cells> Cells for Vec<T> {
    fn push(&self, row: &mut StringRecord) {
        self[..].push(row);
    }
}

impl<T: Cells + ?Sized> Cells for &T {
    fn push(&self, row: &mut StringRecord) {
        (*self).push(row);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The rows of a file, header first, as another program reads them.
    pub(crate) fn read(text: &str) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let row = |row: Result<StringRecord, csv::Error>| row.expect("good CSV").iter().map(str::to_owned).collect();
        reader.records().map(row).collect()
    }

    #[test]
    fn texts_read_back_as_they_were() {
        let texts = ["a, b", "she said \"no\"", "two\nlines\r\n", " spaces ", "=1+1", "-0.5", "ß ’", ""];
        let mut table = Table::new(&["n", "text"]);
        for (n, text) in texts.iter().enumerate() {
            table.row(&[&n, text]);
        }
        let rows = read(&table.finish());
        assert_eq!(rows[0], ["n", "text"]);
        assert_eq!(rows[1..].iter().map(|row| row[1].as_str()).collect::<Vec<_>>(), texts);
    }

    #[test]
    fn numbers_read_back_as_they_were() {
        let numbers = [0.1 + 0.2, -1.0 / 3.0, 1e19, 5e-324, f64::MAX, 20.0];
        let mut table = Table::new(&["n"]);
        for number in numbers {
            table.row(&[&number]);
        }
        let text = table.finish();
        let found: Vec<f64> = read(&text)[1..].iter().map(|row| row[0].parse().expect("a number")).collect();
        assert_eq!(found.iter().map(|v| v.to_bits()).collect::<Vec<_>>(), numbers.map(f64::to_bits));
        assert!(!text.contains('e'), "no exponents: {text}");
    }

    #[test]
    fn what_is_not_defined_is_an_empty_cell() {
        let mut table = Table::new(&["a", "b", "c", "d", "e"]);
        table.row(&[&[f64::NAN, f64::INFINITY], &None::<f64>, &Some(true), &7_u64]);
        assert_eq!(table.finish(), "a,b,c,d,e\n,,,true,7\n");
    }
}
