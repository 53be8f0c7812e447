//! What is known of cells that were trained here before: a sweep that was stopped, or has more values, trains only what is new.
//!
//! What a cell gives depends on its experiment, its data and nothing else, so that it is known by these. Elsewhere: where they are kept
//! (`keep/cells.rs`), and cells in files of their own, which `basin sweep` keeps (`basin-desktop`).

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::json;

use super::grid::Grid;
use super::outcome::{NUMBERS, Outcome};
use crate::data::encoder;
use crate::data::files::Files;

/// Most cells that are remembered, some kilobytes each; with more, those that came first are forgotten.
const MOST: usize = 4096;

/// Cells that have come to their end.
#[derive(Default)]
pub struct Known {
    /// With the number of the turn in which they came: 0 of those that were read.
    cells: HashMap<String, (u64, Outcome)>,
    turn: u64,
}

/// Cells as bytes, below their checksum.
#[derive(Deserialize)]
struct Told {
    format: u32,
    cells: HashMap<String, Outcome>,
}

impl Known {
    /// What is known of the cells of a grid on these files, with their numbers.
    pub fn of(&self, grid: &Grid, files: Option<&Files>) -> Vec<(usize, Outcome)> {
        if self.cells.is_empty() {
            return Vec::new();
        }
        let sources = sources(grid, files);
        let found = |cell: usize| Some((cell, self.cells.get(&name(grid, cell, &sources))?.1.clone()));
        (0..grid.cells()).filter_map(found).collect()
    }

    /// Takes note of some cells.
    pub fn take_in(&mut self, grid: &Grid, files: Option<&Files>, cells: &[(usize, Outcome)]) {
        if cells.is_empty() {
            return;
        }
        let sources = sources(grid, files);
        let (before, turn) = (self.cells.len(), self.turn + 1);
        for (cell, outcome) in cells {
            self.cells.entry(name(grid, *cell, &sources)).or_insert_with(|| (turn, outcome.clone()));
        }
        self.turn += u64::from(self.cells.len() > before);
        let over = self.cells.len().saturating_sub(MOST);
        if over > 0 {
            let mut turns: Vec<u64> = self.cells.values().map(|(turn, _)| *turn).collect();
            turns.sort_unstable();
            let last = turns[over - 1];
            let mut left = over - turns.partition_point(|turn| *turn < last);
            // All of the turns before, and as many of the last one as it takes.
            self.cells.retain(|_, (turn, _)| {
                let of_last = *turn == last && left > 0;
                left -= usize::from(of_last);
                *turn >= last && !of_last
            });
        }
    }

    /// A number that grows with each time that new ones come.
    pub(crate) fn turn(&self) -> u64 {
        self.turn
    }

    /// Forgets what came up to a turn, and what was read.
    pub(crate) fn forget_until(&mut self, turn: u64) {
        self.cells.retain(|_, (came, _)| *came > turn);
    }

    /// All of it, to be kept.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let cells: HashMap<&str, &Outcome> = self.cells.iter().map(|(name, (_, outcome))| (&**name, outcome)).collect();
        let text = serde_json::to_string(&json!({ "format": NUMBERS, "cells": cells })).expect("it is plain data");
        format!("{:08x}\n{text}", crc32fast::hash(text.as_bytes())).into_bytes()
    }

    /// Takes in what was kept, as far as there is room. False if it is damaged; what gave other numbers than now says nothing.
    pub(crate) fn take_in_bytes(&mut self, bytes: &[u8]) -> bool {
        let parts = std::str::from_utf8(bytes).ok().and_then(|text| text.split_once('\n'));
        let Some((_, text)) = parts.filter(|(sum, text)| *sum == format!("{:08x}", crc32fast::hash(text.as_bytes()))) else { return false };
        if let Ok(Told { format: NUMBERS, cells }) = serde_json::from_str(text) {
            let others = cells.into_iter().take(MOST.saturating_sub(self.cells.len()));
            for (name, outcome) in others {
                self.cells.entry(name).or_insert((0, outcome));
            }
        }
        true
    }
}

/// All that decides what a cell gives.
fn name(grid: &Grid, cell: usize, sources: &[String]) -> String {
    let experiment = grid.experiment_of_cell(&grid.point_of(cell), cell);
    serde_json::to_string(&(experiment, grid.validation, sources)).expect("an experiment is plain data")
}

/// What the cells of a grid learn from beside what their experiments say: names, sizes and checksums of files, and the encoder.
fn sources(grid: &Grid, files: Option<&Files>) -> Vec<String> {
    let each = files.into_iter().flat_map(|files| std::iter::once(&files.train).chain(&files.test));
    let files = each.map(|file| format!("{} {} {:08x}", file.name, file.bytes.len(), crc32fast::hash(&file.bytes)));
    files.chain(encoder::hash_for(grid.experiment.model.kind)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::files::NamedBytes;
    use crate::experiment::Experiment;
    use crate::lab::choice::tests::outcome;

    #[test]
    fn a_cell_is_known_by_its_experiment_and_its_data() {
        let lanes = vec!["sam".parse().expect("lane words")];
        let grid = |radii: &[f64], epochs| {
            let mut experiment = Experiment { lanes: lanes.clone(), seeds: 2, ..Experiment::default() };
            experiment.training.epochs = epochs;
            Grid::new(experiment, radii.to_vec(), Vec::new(), 0.25)
        };
        let few = grid(&[0.1, 0.4], 3);
        let mut known = Known::default();
        assert!(known.of(&few, None).is_empty());
        // SGD from two seeds, SAM at 0.1 from two and at 0.4 from the first.
        let cells: Vec<(usize, Outcome)> = (0..5).map(|cell| (cell, outcome(0.5 + 0.01 * cell as f64, 0.5))).collect();
        known.take_in(&few, None, &cells);
        let numbers = |grid: &Grid, files: Option<&Files>| known.of(grid, files).into_iter().map(|(cell, _)| cell).collect::<Vec<_>>();
        assert_eq!(numbers(&few, None), [0, 1, 2, 3, 4]);
        // With 0.2 in between, that of 0.4 comes two places later.
        let more = grid(&[0.1, 0.2, 0.4], 3);
        assert_eq!(numbers(&more, None), [0, 1, 2, 3, 6]);
        assert_eq!(known.of(&more, None)[4].1.validation_accuracy.to_bits(), cells[4].1.validation_accuracy.to_bits());
        let file = |text: &[u8]| Files { train: NamedBytes { name: "a.csv".to_owned(), bytes: text.to_vec() }, test: None };
        assert!(numbers(&grid(&[0.1, 0.4], 4), None).is_empty() && numbers(&few, Some(&file(b"a"))).is_empty(), "others are others");
        let mut of_file = Known::default();
        of_file.take_in(&few, Some(&file(b"a")), &cells);
        assert_eq!((of_file.of(&few, Some(&file(b"a"))).len(), of_file.of(&few, Some(&file(b"b"))).len()), (5, 0));
        // As bytes, and back into one that knows others.
        let bytes = known.to_bytes();
        assert!(of_file.take_in_bytes(&bytes));
        assert_eq!((of_file.of(&few, None), of_file.of(&few, Some(&file(b"a"))).len()), (known.of(&few, None), 5));
        let mut none = Known::default();
        let turned = bytes.iter().map(|byte| if *byte == b'5' { b'6' } else { *byte }).collect::<Vec<_>>();
        for damaged in [&bytes[..bytes.len() - 1], b"", &turned] {
            assert!(!none.take_in_bytes(damaged) && none.of(&few, None).is_empty());
        }
        none.take_in(&few, None, &cells);
        let turn = none.turn();
        none.take_in(&few, None, &cells[..2]);
        assert_eq!((none.of(&few, None).len(), turn, none.turn()), (5, 1, 1), "those were known");
    }
}
