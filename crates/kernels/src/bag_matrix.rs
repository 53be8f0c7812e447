//! The bag matrix S `[texts, rows]`: how the texts of a batch are made of rows of an embedding, mostly zeros.
//!
//! Elsewhere: products with it (`pooling.rs`), which walk the entries and touch no row of the table that no text has.

use std::sync::{Arc, OnceLock};

use burn::backend::Cube;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::tensor::{DType, Device, Int, Tensor, TensorData};

/// How much of a text one row of the embedding makes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// Which of the batch's rows.
    pub row: usize,
    /// Which text.
    pub text: usize,
    /// Occurrences over the length of the text.
    pub share: f32,
}

/// A sparse matrix of the shares of rows in texts. Copies are cheap: they have the entries together.
#[derive(Clone, Debug)]
pub struct BagMatrix {
    texts: usize,
    /// Which row of the table each row is.
    ids: Arc<[u32]>,
    /// In ascending order of rows.
    entries: Arc<[Entry]>,
    /// Cached for a GPU.
    uploaded: Arc<OnceLock<Uploaded>>,
}

/// A bag matrix on a GPU, by texts and by rows.
#[derive(Clone, Debug)]
pub(crate) struct Uploaded {
    /// Where each text's entries begin, and where the last ones end; then the row of the table of each.
    pub by_text: IntTensor<Cube>,
    /// The shares in this order.
    pub shares_by_text: FloatTensor<Cube>,
    /// Where each row's entries begin, and where the last ones end; then the row of the table of each row; then the
    /// text of each entry.
    pub by_row: IntTensor<Cube>,
    /// The shares in this order.
    pub shares_by_row: FloatTensor<Cube>,
}

impl BagMatrix {
    /// A matrix from its entries, in ascending order of rows; `ids` are distinct.
    pub fn new(texts: usize, ids: Vec<u32>, entries: Vec<Entry>) -> Self {
        Self { texts, ids: ids.into(), entries: entries.into(), uploaded: Arc::default() }
    }

    /// Some of the texts, for a table that has no rows but these, in their order.
    #[must_use]
    pub fn of_rows(&self, texts: std::ops::Range<usize>) -> Self {
        let entries = self.entries.iter().filter(|entry| texts.contains(&entry.text));
        let entries = entries.map(|entry| Entry { text: entry.text - texts.start, ..*entry });
        Self::new(texts.len(), (0..self.ids.len() as u32).collect(), entries.collect())
    }

    /// Number of texts.
    pub fn texts(&self) -> usize {
        self.texts
    }

    /// Which row of the table each row is.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The entries, in ascending order of rows.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Which row of the table each row is, on a device, `[rows]`.
    pub fn rows(&self, device: &Device) -> Tensor<1, Int> {
        let ids: Vec<i32> = self.ids.iter().map(|&id| id as i32).collect();
        Tensor::from_data(TensorData::new(ids, [self.ids.len()]), device)
    }

    /// S with its zeros, `[1, texts, rows]`.
    pub fn dense(&self, device: &Device) -> Tensor<3> {
        let rows = self.ids.len();
        let mut matrix = vec![0.0_f32; self.texts * rows];
        for &Entry { row, text, share } in &*self.entries {
            matrix[text * rows + row] = share;
        }
        Tensor::from_data(TensorData::new(matrix, [1, self.texts, rows]), device)
    }

    /// S S′, the inner products of the texts, row by row. Cost: a multiplication for each pair of texts that share a row,
    /// on the host.
    pub fn gram(&self) -> Vec<f64> {
        let mut gram = vec![0.0; self.texts * self.texts];
        for of_row in self.entries.chunk_by(|a, b| a.row == b.row) {
            for a in of_row {
                for b in of_row {
                    gram[a.text * self.texts + b.text] += f64::from(a.share) * f64::from(b.share);
                }
            }
        }
        gram
    }

    /// Length of each text's row of S, `[1, texts, 1]`.
    pub fn lengths(&self, device: &Device) -> Tensor<3> {
        let mut squares = vec![0.0_f32; self.texts];
        for &Entry { text, share, .. } in &*self.entries {
            squares[text] += share * share;
        }
        let lengths = squares.into_iter().map(f32::sqrt).collect();
        Tensor::from_data(TensorData::new(lengths, [1, self.texts, 1]), device)
    }

    /// The matrix on a GPU, uploaded at the first call.
    pub(crate) fn uploaded(&self, device: &Device) -> &Uploaded {
        self.uploaded.get_or_init(|| {
            let on_gpu = "a GPU asks for it";
            let int = |values: Vec<usize>| {
                let values: Vec<i32> = values.into_iter().map(|value| value as i32).collect();
                let count = values.len();
                let tensor = Tensor::<1, Int>::from_data(TensorData::new(values, [count]), (device, DType::I32));
                tensor.try_into_primitive::<Cube>().expect(on_gpu)
            };
            let float = |entries: &[Entry]| {
                let shares: Vec<f32> = entries.iter().map(|entry| entry.share).collect();
                let tensor = Tensor::<1>::from_data(TensorData::new(shares, [entries.len()]), (device, DType::F32));
                tensor.try_into_primitive::<Cube>().expect(on_gpu)
            };
            let starts = |entries: &[Entry], count: usize, of: fn(&Entry) -> usize| {
                (0..=count).map(|i| entries.partition_point(|entry| of(entry) < i)).collect::<Vec<usize>>()
            };
            let rows = self.ids.iter().map(|&id| id as usize);
            let mut by_row = starts(&self.entries, self.ids.len(), |entry| entry.row);
            by_row.extend(rows);
            by_row.extend(self.entries.iter().map(|entry| entry.text));
            let mut sorted = self.entries.to_vec();
            sorted.sort_by_key(|entry| entry.text);
            let mut by_text = starts(&sorted, self.texts, |entry| entry.text);
            by_text.extend(sorted.iter().map(|entry| self.ids[entry.row] as usize));
            Uploaded { by_text: int(by_text), shares_by_text: float(&sorted), by_row: int(by_row), shares_by_row: float(&self.entries) }
        })
    }
}
