//! What is known of cells that were trained here before: a sweep that was stopped, or has more values, trains only what is new.
//!
//! What a cell gives depends on its experiment, its data and nothing else, so that it is known by these. Elsewhere: cells in files,
//! which `basin sweep` keeps (`basin-desktop`).

use std::collections::HashMap;

use super::grid::Grid;
use super::outcome::Outcome;
use crate::data::files::Files;

/// Most cells that are remembered, some kilobytes each; with more, all before are forgotten.
const MOST: usize = 4096;

/// Cells that have come to their end.
#[derive(Default)]
pub struct Known {
    cells: HashMap<String, Outcome>,
}

impl Known {
    /// What is known of the cells of a grid on these files, with their numbers.
    pub fn of(&self, grid: &Grid, files: Option<&Files>) -> Vec<(usize, Outcome)> {
        if self.cells.is_empty() {
            return Vec::new();
        }
        let data = print(files);
        let found = |cell: usize| Some((cell, self.cells.get(&name(grid, cell, &data))?.clone()));
        (0..grid.cells()).filter_map(found).collect()
    }

    /// Takes note of some cells.
    pub fn take_in(&mut self, grid: &Grid, files: Option<&Files>, cells: &[(usize, Outcome)]) {
        if self.cells.len() + cells.len() > MOST {
            self.cells.clear();
        }
        let data = print(files);
        self.cells.extend(cells.iter().map(|(cell, outcome)| (name(grid, *cell, &data), outcome.clone())));
    }
}

/// All that decides what a cell gives.
fn name(grid: &Grid, cell: usize, data: &str) -> String {
    let experiment = grid.experiment_of_cell(&grid.point_of(cell), cell);
    serde_json::to_string(&(experiment, grid.validation, data)).expect("an experiment is plain data")
}

/// Names, sizes and checksums of files.
fn print(files: Option<&Files>) -> String {
    let each = files.into_iter().flat_map(|files| std::iter::once(&files.train).chain(&files.test));
    each.map(|file| format!("{} {} {:08x};", file.name, file.bytes.len(), crc32fast::hash(&file.bytes))).collect()
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
    }
}
