//! How many cores a sweep may take, and takes where nobody has chosen; and who encodes texts in a page.

use serde::{Deserialize, Serialize};

/// Helpers of a sweep, at most.
const MOST: usize = 64;

/// …and in a page where nobody has chosen: each has a memory of its own there.
const MOST_IN_A_PAGE: usize = 16;

/// Memories that hold the encoder in a page at the same time, at most: some 70 MB each.
const MOST_ENCODERS: usize = 4;

/// The cores of a computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cores {
    /// As many as there are.
    pub there: usize,
    /// As many as a sweep takes where nobody has chosen.
    pub advised: usize,
}

impl Default for Cores {
    fn default() -> Self {
        Self::all(1)
    }
}

impl Cores {
    /// All of them.
    pub fn all(there: usize) -> Self {
        Self { there, advised: there }
    }

    /// Of a page: all but one, which draws the picture. A small device, such as a phone, gives half of its cores and two at most, for its
    /// battery's sake and its memory's.
    pub fn of_page(there: usize, small: bool) -> Self {
        let there = there.max(1);
        let advised = if small { (there / 2).min(2) } else { (there - 1).min(MOST_IN_A_PAGE) };
        Self { there, advised: advised.max(1) }
    }

    /// Helpers that encode texts beside the trainer of a page: all cores encode then, for the picture is a bar, but on a small device
    /// half of them and two at most.
    pub fn encoders_of_page(there: usize, small: bool) -> usize {
        let all = if small { (there / 2).min(2) } else { there.min(MOST_ENCODERS) };
        all.saturating_sub(1)
    }

    /// As many as a sweep takes.
    pub fn taken(self, chosen: Option<usize>) -> usize {
        chosen.unwrap_or(self.advised).clamp(1, MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_core_is_left_for_the_picture_and_small_devices_give_less() {
        let advised = |small: bool| [0, 1, 2, 4, 8, 96].map(|there| Cores::of_page(there, small).advised);
        assert_eq!((advised(false), advised(true)), ([1, 1, 1, 3, 7, 16], [1, 1, 1, 2, 2, 2]));
        let encoders = |small: bool| [0, 1, 2, 4, 8, 96].map(|there| Cores::encoders_of_page(there, small));
        assert_eq!((encoders(false), encoders(true)), ([0, 0, 1, 3, 3, 3], [0, 0, 0, 1, 1, 1]));
        let cores = Cores::of_page(4, false);
        assert_eq!([None, Some(0), Some(2), Some(4), Some(999)].map(|chosen| cores.taken(chosen)), [3, 1, 2, 4, MOST]);
    }
}
