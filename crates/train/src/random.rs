//! Seeded randomness that is the same on every platform: one stream per purpose.
//!
//! The generator is `ChaCha8` (Bernstein 2008) with the seed in the first eight bytes of its key and the
//! purpose as its stream number, so changing the label noise cannot change the split. The three draws
//! are written out here because the ones of `rand` may change their values between versions, and a
//! link must give the same examples next year.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What random numbers are drawn for; each has a stream of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Purpose {
    /// Which examples are held out.
    Split = 1,
    /// Which examples of a class stay when the set is thinned or made smaller.
    Thinning = 2,
    /// Which labels are wrong, and what they become.
    Noise = 3,
    /// The words of generated product reviews.
    Reviews = 4,
    /// The order of the batches.
    Batches = 5,
    /// Which training examples a validation run measures on.
    Validation = 6,
    /// The words of generated film reviews.
    Films = 7,
    /// Which training examples are held back to choose the best epoch by.
    Selection = 8,
}

/// The stream of random numbers for one purpose.
pub fn stream(seed: u64, purpose: Purpose) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(purpose as u64);
    rng
}

/// The stream for the initial values of a model's leaf, by its number. Its key is the seed as `rand` expands it, so that saved
/// runs find the weights they began with; that is a key of no other stream, nor of the noise of `basin_optim`.
pub fn leaf_stream(seed: u64, leaf: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(leaf);
    rng
}

/// A number from 0 to `bound` − 1, each with probability 1/`bound` (off by less than `bound`/2⁶⁴).
///
/// # Panics
/// If `bound` is zero.
pub fn below(rng: &mut impl Rng, bound: usize) -> usize {
    assert!(bound > 0, "no number is below zero");
    ((u128::from(rng.next_u64()) * bound as u128) >> 64) as usize
}

/// Puts `items` in a random order (Fisher and Yates), each order equally likely.
pub fn shuffle<T>(rng: &mut impl Rng, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        items.swap(last, below(rng, last + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purposes_and_seeds_have_their_own_numbers() {
        let first = |seed, purpose| stream(seed, purpose).next_u64();
        assert_eq!(first(1, Purpose::Split), first(1, Purpose::Split));
        assert_ne!(first(1, Purpose::Split), first(1, Purpose::Noise));
        assert_ne!(first(1, Purpose::Split), first(2, Purpose::Split));
        assert_ne!(first(1, Purpose::Split), leaf_stream(1, Purpose::Split as u64).next_u64());
    }

    #[test]
    fn numbers_below_six_are_even_dice() {
        let mut rng = stream(7, Purpose::Split);
        let mut counts = [0_u32; 6];
        for _ in 0..60_000 {
            counts[below(&mut rng, 6)] += 1;
        }
        // Each count is binomial with mean 10,000 and deviation √(60000 · 1/6 · 5/6) = 91; five of them are 456.
        assert!(counts.iter().all(|&count| count.abs_diff(10_000) < 456), "{counts:?}");
    }

    #[test]
    fn a_shuffle_moves_items_and_loses_none() {
        let mut items: Vec<usize> = (0..100).collect();
        shuffle(&mut stream(1, Purpose::Batches), &mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
