//! `Shares`: how the texts of a batch are made of rows of an embedding, S `[texts, rows]`, mostly zeros.
//!
//! Products with it walk the entries, and touch no row of the table that no text has.

use std::sync::{Arc, OnceLock};

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Cube, Flex};
use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use crate::fused::{ON_GPU, cpu, fits, gpu, on_cpu, on_gpu};

/// How much of a text one row of the embedding makes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// Which of the batch's rows.
    pub row: usize,
    /// Which text.
    pub text: usize,
    /// Occurrences over the length of the text.
    pub share: f32,
}

/// A sparse matrix of shares.
#[derive(Clone, Debug)]
pub struct Shares {
    texts: usize,
    /// Which row of the table each row is.
    ids: Arc<[u32]>,
    /// In ascending order of rows.
    entries: Arc<[Share]>,
    /// The entries on a GPU, once it asks for them.
    uploaded: Arc<OnceLock<Uploaded>>,
}

/// A sparse matrix on a GPU, by columns and by rows.
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

impl Shares {
    /// A matrix from its entries, in ascending order of rows; `ids` are distinct.
    pub fn new(texts: usize, ids: Vec<u32>, entries: Vec<Share>) -> Self {
        Self { texts, ids: ids.into(), entries: entries.into(), uploaded: Arc::default() }
    }

    /// Some of the texts, for a table that has no rows but these, in their order.
    #[must_use]
    pub fn of_rows(&self, texts: std::ops::Range<usize>) -> Self {
        let entries = self.entries.iter().filter(|entry| texts.contains(&entry.text));
        let entries = entries.map(|entry| Share { text: entry.text - texts.start, ..*entry });
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
    pub fn entries(&self) -> &[Share] {
        &self.entries
    }

    /// Which row of the table each row is, on a device, `[rows]`.
    pub fn rows(&self, device: &Device) -> Tensor<1, Int> {
        let ids: Vec<i32> = self.ids.iter().map(|&id| id as i32).collect();
        Tensor::from_data(TensorData::new(ids, [self.ids.len()]), device)
    }

    /// S, `[1, texts, rows]`.
    pub fn matrix(&self, device: &Device) -> Tensor<3> {
        let rows = self.ids.len();
        let mut matrix = vec![0.0_f32; self.texts * rows];
        for &Share { row, text, share } in &*self.entries {
            matrix[text * rows + row] = share;
        }
        Tensor::from_data(TensorData::new(matrix, [1, self.texts, rows]), device)
    }

    /// Length of each text's row of S, `[1, texts, 1]`.
    pub fn lengths(&self, device: &Device) -> Tensor<3> {
        let mut squares = vec![0.0_f32; self.texts];
        for &Share { text, share, .. } in &*self.entries {
            squares[text] += share * share;
        }
        let lengths = squares.into_iter().map(f32::sqrt).collect();
        Tensor::from_data(TensorData::new(lengths, [1, self.texts, 1]), device)
    }

    fn uploaded(&self, device: &Device) -> &Uploaded {
        self.uploaded.get_or_init(|| {
            let int = |values: Vec<usize>| {
                let values: Vec<i32> = values.into_iter().map(|value| value as i32).collect();
                let count = values.len();
                let tensor = Tensor::<1, Int>::from_data(TensorData::new(values, [count]), (device, DType::I32));
                tensor.try_into_primitive::<Cube>().expect(ON_GPU)
            };
            let float = |entries: &[Share]| {
                let shares: Vec<f32> = entries.iter().map(|entry| entry.share).collect();
                let tensor = Tensor::<1>::from_data(TensorData::new(shares, [entries.len()]), (device, DType::F32));
                tensor.try_into_primitive::<Cube>().expect(ON_GPU)
            };
            let starts = |entries: &[Share], count: usize, of: fn(&Share) -> usize| {
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

    /// S E, the mean of each text's rows: the whole table, `[P, vocabulary, dim]` → `[P, texts, dim]`.
    pub fn means(&self, table: &Tensor<3>) -> Tensor<3> {
        if !fits(&[table]) {
            let device = table.device().without_autodiff();
            return self.matrix(&device).cast(table.dtype()).matmul(table.clone().select(1, self.rows(&device)));
        }
        match on_cpu(table) {
            Some(table) => Tensor::from_primitive::<Flex>(cpu::means(&table, self)),
            None => Tensor::from_primitive::<Cube>(gpu::means(on_gpu(table), self.texts, self.uploaded(&table.device()))),
        }
    }

    /// S′ v, what numbers at the texts are at the rows: `[P, texts, dim]` → `[P, rows, dim]`.
    pub fn spread(&self, v: &Tensor<3>) -> Tensor<3> {
        if !fits(&[v]) {
            return self.matrix(&v.device().without_autodiff()).cast(v.dtype()).swap_dims(1, 2).matmul(v.clone());
        }
        match on_cpu(v) {
            Some(v) => Tensor::from_primitive::<Flex>(cpu::spread(&v, self)),
            None => Tensor::from_primitive::<Cube>(gpu::spread(on_gpu(v), self.ids.len(), self.uploaded(&v.device()))),
        }
    }

    /// E + factor · S′ v of f32: adds to the rows of the whole table, in place where nobody else holds it.
    pub fn add_spread(&self, table: Tensor<3>, v: &Tensor<3>, factor: f64) -> Tensor<3> {
        let factor = factor as f32;
        if let (Some(own), Some(v)) = (on_cpu(&table), on_cpu(v)) {
            drop(table);
            return Tensor::from_primitive::<Flex>(cpu::add_spread(own, &v, factor, self));
        }
        let uploaded = self.uploaded(&table.device());
        let own = on_gpu(&table);
        drop(table);
        Tensor::from_primitive::<Cube>(gpu::add_spread(own, on_gpu(v), factor, self.ids.len(), uploaded))
    }
}
