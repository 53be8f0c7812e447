//! Texts in reading order: which row of a table stands at which place.
//!
//! The CPU reads them as they are, one after the other; elsewhere they are padded at the end to one length.

use std::sync::{Arc, OnceLock};

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::bag_matrix::{BagMatrix, Entry};

/// Texts of at least one token each, as rows of a table. Copies are cheap: they have the numbers together.
#[derive(Clone, Debug)]
pub struct Sequences {
    /// The rows of all texts, one after the other.
    rows: Arc<[u32]>,
    /// Where each text ends among them.
    ends: Arc<[u32]>,
    /// Rows of the table.
    table: usize,
    /// Member m of a population sees text m modulo their number alone, where every member would see all.
    one_each: bool,
    /// Cached for one device that pads.
    padded: Arc<OnceLock<Padded>>,
}

/// Texts padded at the end to one length, for a population in which members that see texts of their own lie side by side, as
/// one table.
#[derive(Clone, Debug)]
pub(crate) struct Padded {
    /// The row at each place, `[texts · length]`; at padding any.
    pub rows: Tensor<1, Int>,
    /// The same as a matrix of zeros and ones, in which no row stands at padding.
    pub places: BagMatrix,
    /// 1 for a token, 0 for padding: `[1, texts, length]`.
    pub mask: Tensor<3>,
    /// Tokens of each text: `[1, texts, 1]`.
    pub lengths: Tensor<3>,
}

/// Shorter texts are padded to this length, so that every window of a convolution fits.
pub const SHORTEST: usize = 5;

impl Sequences {
    /// Texts of rows of a table that has `table` of them.
    pub fn new<'a>(texts: impl IntoIterator<Item = &'a [u32]>, table: usize) -> Self {
        let (mut rows, mut ends) = (Vec::new(), Vec::new());
        for text in texts {
            rows.extend_from_slice(text);
            ends.push(rows.len() as u32);
        }
        Self { rows: rows.into(), ends: ends.into(), table, one_each: false, padded: Arc::default() }
    }

    /// Number of texts.
    pub fn count(&self) -> usize {
        self.ends.len()
    }

    /// The rows of a text.
    pub fn text(&self, i: usize) -> &[u32] {
        let begin = i.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.rows[begin as usize..self.ends[i] as usize]
    }

    /// Rows of the table.
    pub fn table(&self) -> usize {
        self.table
    }

    /// Tokens of the longest one, no fewer than [`SHORTEST`].
    pub fn longest(&self) -> usize {
        (0..self.count()).map(|i| self.text(i).len()).max().unwrap_or(0).max(SHORTEST)
    }

    /// Some of the texts, in the given order.
    #[must_use]
    pub fn some(&self, indices: impl IntoIterator<Item = usize>) -> Self {
        Self::new(indices.into_iter().map(|i| self.text(i)), self.table)
    }

    /// The same texts where member m of a population sees text m modulo their number alone.
    #[must_use]
    pub fn one_each(self) -> Self {
        Self { one_each: true, padded: Arc::default(), ..self }
    }

    /// Whether each member sees one text alone.
    pub fn are_one_each(&self) -> bool {
        self.one_each
    }

    /// The texts that a member sees.
    pub(crate) fn of_member(&self, member: usize) -> std::ops::Range<usize> {
        if self.one_each { member % self.count()..member % self.count() + 1 } else { 0..self.count() }
    }

    /// Texts that each have members of their own.
    pub(crate) fn apart(&self) -> usize {
        if self.one_each { self.count() } else { 1 }
    }

    /// Numbers of each text, `[1, texts, width]`, as each of `members` sees them: `[1 or members, texts of a member, width]`.
    pub(crate) fn as_seen(&self, of_texts: &Tensor<3>, members: usize) -> Tensor<3> {
        let [_, texts, width] = of_texts.dims();
        if !self.one_each {
            return of_texts.clone();
        }
        of_texts.clone().reshape([1, texts, width]).expand([members / texts, texts, width]).reshape([members, 1, width])
    }

    /// The texts at one length, on a device without a tape.
    pub(crate) fn padded(&self, device: &Device) -> &Padded {
        self.padded.get_or_init(|| {
            let (length, count) = (self.longest(), self.count());
            let (mut rows, mut mask) = (vec![0_i32; count * length], vec![0.0_f32; count * length]);
            let mut entries = Vec::with_capacity(self.rows.len());
            for text in 0..count {
                let first = if self.one_each { text * self.table } else { 0 };
                for (place, &row) in self.text(text).iter().enumerate() {
                    let (row, place) = (first + row as usize, text * length + place);
                    entries.push(Entry { row, text: place, share: 1.0 });
                    rows[place] = row as i32;
                    mask[place] = 1.0;
                }
            }
            entries.sort_unstable_by_key(|entry| (entry.row, entry.text));
            let table = (self.apart() * self.table) as u32;
            let lengths = (0..count).map(|text| self.text(text).len() as f32).collect();
            let tensor = |numbers: Vec<f32>, width: usize| Tensor::from_data(TensorData::new(numbers, [1, count, width]), device);
            Padded {
                rows: Tensor::from_data(TensorData::new(rows, [count * length]), device),
                places: BagMatrix::new(count * length, (0..table).collect(), entries),
                mask: tensor(mask, length),
                lengths: tensor(lengths, 1),
            }
        })
    }
}
