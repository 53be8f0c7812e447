//! Texts in reading order: which row of a table stands at which place.
//!
//! The CPU reads them as they are, one after the other. For other devices, and for a tape, they are padded at the end to one
//! length.

use std::sync::{Arc, OnceLock};

use burn::tensor::{Device, Tensor, TensorData};

use crate::bag_matrix::{BagMatrix, Entry};
use crate::pooling::{pool, scatter};

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
    /// Cached for other devices than the CPU.
    padded: Arc<OnceLock<Padded>>,
}

/// The texts padded at the end to one length.
#[derive(Clone, Debug)]
struct Padded {
    /// Which row stands at which place, as shares of one; at padding stands none.
    places: BagMatrix,
    /// 1 for a token, 0 for padding: `[1, texts, length]`.
    mask: Tensor<3>,
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
    pub(crate) fn are_one_each(&self) -> bool {
        self.one_each
    }

    /// The texts that a member sees.
    pub(crate) fn of_member(&self, member: usize) -> std::ops::Range<usize> {
        if self.one_each { member % self.count()..member % self.count() + 1 } else { 0..self.count() }
    }

    /// 1 for a token, 0 for padding, as each of `members` sees it: `[1 or members, texts of a member, length]`.
    pub(crate) fn mask(&self, members: usize, device: &Device) -> Tensor<3> {
        let mask = self.padded(device).mask.clone();
        if !self.one_each {
            return mask;
        }
        let [_, texts, length] = mask.dims();
        mask.reshape([1, texts, length]).expand([members / texts, texts, length]).reshape([members, 1, length])
    }

    /// The rows at each place, zeros at padding: `[members, rows, dim]` → `[members, texts of a member · length, dim]`.
    pub(crate) fn look_up(&self, rows: &Tensor<3>) -> Tensor<3> {
        let [members, count, dim] = rows.dims();
        let (apart, places) = (self.apart(), &self.padded(&rows.device().without_autodiff()).places);
        // Members that see texts of their own lie side by side, as one table.
        let found = pool(places, &rows.clone().reshape([members / apart, apart * count, dim]));
        found.reshape([members, places.texts() / apart, dim])
    }

    /// The gradient with respect to the rows from that with respect to what was looked up: the way back from
    /// [`Self::look_up`].
    pub(crate) fn to_rows(&self, found: Tensor<3>) -> Tensor<3> {
        let [members, count, dim] = found.dims();
        let (apart, places) = (self.apart(), &self.padded(&found.device()).places);
        let rows = scatter(places, &found.reshape([members / apart, apart * count, dim]));
        rows.reshape([members, self.table, dim])
    }

    /// Texts that each have members of their own.
    fn apart(&self) -> usize {
        if self.one_each { self.count() } else { 1 }
    }

    fn padded(&self, device: &Device) -> &Padded {
        self.padded.get_or_init(|| {
            let (length, apart) = (self.longest(), self.one_each);
            let mut mask = vec![0.0_f32; self.count() * length];
            let mut entries = Vec::with_capacity(self.rows.len());
            for text in 0..self.count() {
                let first = if apart { text * self.table } else { 0 };
                for (place, &row) in self.text(text).iter().enumerate() {
                    entries.push(Entry { row: first + row as usize, text: text * length + place, share: 1.0 });
                    mask[text * length + place] = 1.0;
                }
            }
            entries.sort_unstable_by_key(|entry| (entry.row, entry.text));
            let table = (self.apart() * self.table) as u32;
            let places = BagMatrix::new(self.count() * length, (0..table).collect(), entries);
            Padded { places, mask: Tensor::from_data(TensorData::new(mask, [1, self.count(), length]), device) }
        })
    }
}
