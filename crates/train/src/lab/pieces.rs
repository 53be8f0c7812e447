//! The cells of a sweep that wait for somebody to train them.

use std::collections::{BTreeMap, VecDeque};

use super::grid::Grid;
use super::work::{MEMBERS, groups};

/// Helpers that a cell may end before it is left out.
pub const MOST_DEATHS: u32 = 3;

/// Cells in pieces, each of one group: what is trained together.
pub struct Pieces {
    waiting: VecDeque<Vec<usize>>,
    /// Helpers that have ended at a cell.
    deaths: BTreeMap<usize, u32>,
}

impl Pieces {
    /// Those cells of a grid that are `wanted`.
    pub fn new(grid: &Grid, wanted: impl Fn(usize) -> bool) -> Self {
        let cells = |group: super::work::Group| group.cells.into_iter().map(|(cell, _)| cell).collect();
        Self { waiting: groups(grid, wanted).into_iter().map(cells).collect(), deaths: BTreeMap::new() }
    }

    /// Cells that wait.
    pub fn cells(&self) -> usize {
        self.waiting.iter().map(Vec::len).sum()
    }

    /// The next piece for one of so many helpers: a whole group, and less once little is left, so that all come to their end at
    /// about the same time.
    pub fn take(&mut self, helpers: usize) -> Option<Vec<usize>> {
        let most = if helpers < 2 { MEMBERS } else { self.cells().div_ceil(2 * helpers).min(MEMBERS) };
        let mut piece = self.waiting.pop_front()?;
        if piece.len() > most {
            self.waiting.push_front(piece.split_off(most));
        }
        Some(piece)
    }

    /// Takes back the piece of a helper that has ended; the cells that have ended too many are left out, and given. The others come
    /// next, each by itself: whichever it was then ends no others, and takes less memory.
    #[must_use]
    pub fn take_back(&mut self, piece: &[usize]) -> Vec<usize> {
        let mut left_out = Vec::new();
        for &cell in piece.iter().rev() {
            let deaths = self.deaths.entry(cell).or_default();
            *deaths += 1;
            if *deaths < MOST_DEATHS {
                self.waiting.push_front(vec![cell]);
            } else {
                left_out.insert(0, cell);
            }
        }
        left_out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Experiment;

    /// SGD with 4 cells, SAM with 20 in groups of 8, 8 and 4.
    fn pieces() -> Pieces {
        let lanes = vec!["sam".parse().expect("lane words")];
        Pieces::new(
            &Grid::new(Experiment { lanes, seeds: 4, ..Experiment::default() }, vec![0.05, 0.1, 0.2, 0.4, 0.8], Vec::new(), 0.25),
            |_| true,
        )
    }

    #[test]
    fn every_cell_is_given_once_in_groups_and_in_smaller_pieces_towards_the_end() {
        let sizes = |helpers: usize| {
            let mut pieces = pieces();
            let given: Vec<Vec<usize>> = std::iter::from_fn(|| pieces.take(helpers)).collect();
            assert_eq!(given.concat(), (0..24).collect::<Vec<_>>(), "{helpers} helpers");
            given.iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(sizes(1), [4, 8, 8, 4]);
        // A quarter of what is left: 24 → 6, but a group has 4; 20 → 5, and the 3 that are left of its group; 12 → 3, …
        assert_eq!(sizes(2), [4, 5, 3, 3, 3, 2, 1, 1, 1, 1]);
        assert!(sizes(64).into_iter().all(|size| size == 1));
    }

    #[test]
    fn cells_whose_helper_has_ended_come_again_by_themselves_and_three_times_at_most() {
        let mut pieces = pieces();
        assert_eq!(pieces.take(1), Some(vec![0, 1, 2, 3]));
        assert!(pieces.take_back(&[0, 1, 2, 3]).is_empty());
        assert_eq!((pieces.cells(), pieces.take(1)), (24, Some(vec![0])));
        assert_eq!((pieces.take_back(&[0]), pieces.take(1)), (vec![], Some(vec![0])));
        assert_eq!((pieces.take_back(&[0]), pieces.take(1)), (vec![0], Some(vec![1])));
        // Those that were trained in between have nothing to do with it.
        assert!(pieces.take_back(&[1]).is_empty());
        assert_eq!(pieces.cells(), 23);
    }
}
