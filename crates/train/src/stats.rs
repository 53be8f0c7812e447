//! A spread over seeds, a difference, and what it is worth: Student's t, corrected by Holm for how many are looked at.
//!
//! Members of all lanes with the same index start from the same weights and see the same batches, so lanes are compared
//! member by member; groups of examples have no pairs, and are compared by Welch's test. A diverged member is NaN and is
//! left out. Sources: Student 1908 (Biometrika 6:1), Welch 1947 (Biometrika 34:28), Holm 1979 (Scand. J. Statist. 6:65).
//! Elsewhere: which comparisons a run makes (`results.rs`); how often the verdict is wrong (`tests/verdict.rs`).

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Chance, at most, that one or more of the differences that are judged together is called higher or lower without
/// being so.
pub const LEVEL: f64 = 0.05;

/// Pairs below which there is no verdict: two say next to nothing of their spread.
pub const FEWEST: usize = 3;

/// What the members of a lane say together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Mean over the members.
    pub mean: f64,
    /// Standard deviation with n − 1; 0 for a single member.
    pub sd: f64,
    /// Lowest member.
    pub low: f64,
    /// Highest member.
    pub high: f64,
    /// Members that are finite.
    pub count: usize,
}

impl Spread {
    /// The spread of the finite values; `None` if there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let finite = || values.iter().copied().filter(|v| v.is_finite());
        let count = finite().count();
        if count == 0 {
            return None;
        }
        let mean = finite().sum::<f64>() / count as f64;
        let squares = finite().map(|v| (v - mean) * (v - mean)).sum::<f64>();
        let sd = if count > 1 { (squares / (count - 1) as f64).sqrt() } else { 0.0 };
        Some(Self { mean, sd, low: finite().fold(f64::INFINITY, f64::min), high: finite().fold(f64::NEG_INFINITY, f64::max), count })
    }
}

/// A difference of two means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Mean of `lane − reference`, or mean of one group − mean of the other.
    pub mean: f64,
    /// Standard error of that mean; 0 for a single pair.
    pub standard_error: f64,
    /// Pairs in which both members are finite, or finite values in the smaller group.
    pub count: usize,
    /// Degrees of freedom of its t: pairs − 1, or Welch's for groups.
    pub degrees: f64,
}

impl Difference {
    /// `lane − reference`, pair by pair; `None` without a finite pair.
    pub fn paired(lane: &[f64], reference: &[f64]) -> Option<Self> {
        let differences: Vec<f64> = lane.iter().zip(reference).map(|(a, b)| a - b).collect();
        let Spread { mean, sd, count, .. } = Spread::of(&differences)?;
        let sd = unrounded(sd, lane.iter().chain(reference));
        Some(Self { mean, standard_error: sd / (count as f64).sqrt(), count, degrees: (count - 1) as f64 })
    }

    /// Two groups that have nothing to do with each other, with standard error √(s₁²/n₁ + s₂²/n₂) and Welch's degrees of
    /// freedom; `None` if one has no finite value.
    pub fn of_groups(group: &[f64], rest: &[f64]) -> Option<Self> {
        let (a, b) = (Spread::of(group)?, Spread::of(rest)?);
        let [of_a, of_b] = [(a, group), (b, rest)].map(|(s, values)| unrounded(s.sd, values).powi(2) / s.count as f64);
        let squares = [(of_a, a.count), (of_b, b.count)].map(|(v, n)| if n > 1 { v * v / (n - 1) as f64 } else { 0.0 });
        let spread = of_a + of_b;
        let degrees = if spread > 0.0 { spread * spread / (squares[0] + squares[1]) } else { (a.count + b.count - 2) as f64 };
        Some(Self { mean: a.mean - b.mean, standard_error: spread.sqrt(), count: a.count.min(b.count), degrees })
    }

    /// Half the width of its interval by Student's t at 95 %, looked at alone; `None` for less than [`FEWEST`] pairs.
    pub fn half_width(&self) -> Option<f64> {
        let distribution = StudentsT::new(0.0, 1.0, self.degrees).ok().filter(|_| self.count >= FEWEST)?;
        Some(distribution.inverse_cdf(1.0 - LEVEL / 2.0) * self.standard_error)
    }

    /// Whether nothing differs: every pair is equal to the last bit.
    fn is_none(&self) -> bool {
        self.mean == 0.0 && self.standard_error == 0.0
    }

    /// How likely a difference at least this large is where there is none, looked at alone; `None` for less than
    /// [`FEWEST`] pairs.
    fn p(&self) -> Option<f64> {
        if self.count < FEWEST {
            return None;
        }
        if self.is_none() {
            return Some(1.0);
        }
        // Accuracies are multiples of 1/examples, so all pairs can differ by the same. Such a spread of zero is chance, not
        // certainty: what is left is that all signs agree.
        if self.standard_error == 0.0 {
            return Some(0.5_f64.powi(self.count.min(1000) as i32 - 1));
        }
        // Numbers beyond what a float holds say nothing.
        let t = self.mean / self.standard_error;
        let distribution = StudentsT::new(0.0, 1.0, self.degrees).ok().filter(|_| t.is_finite() && self.degrees.is_finite());
        Some(distribution.map_or(1.0, |distribution| 2.0 * distribution.sf(t.abs())))
    }
}

/// A standard deviation of what comes of f32 of these values; 0 where it is no more than their rounding.
fn unrounded<'a>(sd: f64, values: impl IntoIterator<Item = &'a f64>) -> f64 {
    let largest = values.into_iter().filter(|value| value.is_finite()).fold(0.0_f64, |most, value| most.max(value.abs()));
    if sd <= 4.0 * f64::from(f32::EPSILON) * largest { 0.0 } else { sd }
}

/// What a difference says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Fewer than [`FEWEST`] pairs: noise cannot be told from a difference.
    TooFew,
    /// Every pair is equal to the last bit.
    Identical,
    /// As large as chance makes it.
    Noise,
    /// Above the reference.
    Higher,
    /// Below the reference.
    Lower,
}

impl Verdict {
    /// In words, the same wherever lanes are compared.
    pub fn words(self) -> &'static str {
        match self {
            Self::TooFew => "too few seeds to tell",
            Self::Identical => "identical in every seed",
            Self::Noise => "no difference beyond chance",
            Self::Higher => "higher",
            Self::Lower => "lower",
        }
    }

    /// Whether it says that there is a difference.
    pub fn is_clear(self) -> bool {
        matches!(self, Self::Higher | Self::Lower)
    }
}

/// A difference that was judged together with others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// The difference.
    pub difference: Difference,
    /// How likely one at least this large is by chance alone, corrected for the others; `None` where it was not tested.
    pub p: Option<f64>,
    /// How many were tested together.
    pub among: usize,
    /// What it says.
    pub verdict: Verdict,
}

/// Judges differences that are shown together: the chance that any of them is called higher or lower without being so
/// stays below [`LEVEL`], however many there are. What is no difference stays none.
pub fn judge(differences: &[Option<Difference>]) -> Vec<Option<Comparison>> {
    let alone: Vec<Option<f64>> = differences.iter().map(|difference| difference.as_ref()?.p()).collect();
    let together = holm(&alone);
    let among = alone.iter().flatten().count();
    let comparison = |(difference, p): (&Option<Difference>, Option<f64>)| {
        let difference = (*difference)?;
        let verdict = match p {
            None => Verdict::TooFew,
            Some(_) if difference.is_none() => Verdict::Identical,
            Some(p) if p > LEVEL => Verdict::Noise,
            Some(_) if difference.mean > 0.0 => Verdict::Higher,
            Some(_) => Verdict::Lower,
        };
        Some(Comparison { difference, p, among, verdict })
    };
    differences.iter().zip(together).map(comparison).collect()
}

/// Holm's step-down correction: the smallest of m is multiplied by m, the next by m − 1, …, none becomes smaller than
/// one before it.
fn holm(alone: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(usize, f64)> = alone.iter().enumerate().filter_map(|(i, p)| Some((i, (*p)?))).collect();
    order.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    let mut corrected = vec![None; alone.len()];
    let (mut largest, count) = (0.0_f64, order.len());
    for (place, (i, p)) in order.into_iter().enumerate() {
        largest = largest.max(p * (count - place) as f64).min(1.0);
        corrected[i] = Some(largest);
    }
    corrected
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    fn alone(lane: &[f64], reference: &[f64]) -> Comparison {
        judge(&[Difference::paired(lane, reference)])[0].expect("a finite pair")
    }

    #[test]
    fn a_spread_leaves_diverged_members_out() {
        // 1, 2, 6: mean 3; squares 4 + 1 + 9 = 14; sd √(14/2) = √7.
        let spread = Spread::of(&[1.0, f64::NAN, 2.0, 6.0]).expect("three finite members");
        assert!(close(spread.mean, 3.0) && close(spread.sd, 7.0_f64.sqrt()), "{spread:?}");
        assert_eq!((spread.low, spread.high, spread.count), (1.0, 6.0, 3));
        assert_eq!(Spread::of(&[f64::NAN]), None);
    }

    #[test]
    fn differences_are_paired() {
        // d = 1, 3, 2: mean 2, sd 1, standard error 1/√3; the fourth pair has no partner.
        let found = alone(&[2.0, 5.0, 8.0, f64::NAN], &[1.0, 2.0, 6.0, 9.0]);
        let Difference { mean, standard_error, count, degrees } = found.difference;
        assert!(close(mean, 2.0) && close(standard_error, 1.0 / 3.0_f64.sqrt()), "{found:?}");
        assert_eq!((count, degrees.to_bits()), (3, 2.0_f64.to_bits()));
        // t = 2√3 with two degrees: by hand P(|T| > t) = 1 − t/√(2 + t²) = 1 − √12/√14 = 0.0742.
        assert!(close(found.p.expect("three pairs"), 1.0 - (12.0_f64 / 14.0).sqrt()), "{found:?}");
        assert_eq!(found.verdict, Verdict::Noise, "two standard errors were enough once");
    }

    #[test]
    fn quantiles_are_those_of_tables() {
        // Two-sided 5 % points of t in every textbook: 4.303 (2), 3.182 (3), 2.365 (7), 2.131 (15).
        for (degrees, point) in [(2.0, 4.303), (3.0, 3.182), (7.0, 2.365), (15.0, 2.131)] {
            let p = |t: f64| Difference { mean: t, standard_error: 1.0, count: 3, degrees }.p().expect("three pairs");
            assert!(p(point - 0.002) > 0.05 && p(point + 0.002) < 0.05, "{degrees}: {}", p(point));
            let half = Difference { mean: 1.0, standard_error: 2.0, count: 3, degrees }.half_width().expect("three pairs");
            assert!((half - 2.0 * point).abs() < 0.002, "{degrees}: {half}");
        }
    }

    #[test]
    fn two_seeds_have_no_verdict() {
        for (lane, reference) in [(&[0.9][..], &[0.1][..]), (&[0.9, 0.91], &[0.1, 0.1]), (&[0.5, 0.5], &[0.5, 0.5])] {
            let found = alone(lane, reference);
            assert_eq!((found.verdict, found.p, found.among), (Verdict::TooFew, None, 0));
        }
    }

    #[test]
    fn equal_differences_are_no_certainty() {
        // One example of ten each time, in f32 as they are measured: 2^(1 − 3) = 1/4 and 2^(1 − 6) = 1/32.
        let tenths = |tenths: &[u8]| tenths.iter().map(|t| f64::from(f32::from(*t) / 10.0)).collect::<Vec<_>>();
        let three = alone(&tenths(&[9, 8, 7]), &tenths(&[8, 7, 6]));
        assert_eq!((three.verdict, three.p), (Verdict::Noise, Some(0.25)));
        // 473, 474 and 471 right of 510, and one more in each.
        let shares = |right: [u16; 3]| right.map(|right| f64::from(f32::from(right) / 510.0));
        let three = alone(&shares([474, 475, 472]), &shares([473, 474, 471]));
        assert_eq!((three.verdict, three.p, three.difference.standard_error), (Verdict::Noise, Some(0.25), 0.0));
        let six = alone(&tenths(&[7, 6, 5, 8, 4, 3]), &tenths(&[8, 7, 6, 9, 5, 4]));
        assert_eq!((six.verdict, six.p), (Verdict::Lower, Some(1.0 / 32.0)));
        assert_eq!(alone(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0]).verdict, Verdict::Identical);
    }

    #[test]
    fn numbers_without_end_are_no_difference() {
        let huge = [1e300, -1e300, 1e300, 5e299];
        assert_eq!(alone(&huge, &[0.0; 4]).verdict, Verdict::Noise);
        assert_eq!(judge(&[Difference::of_groups(&huge, &[0.0, 1.0, 2.0])])[0].expect("two groups").verdict, Verdict::Noise);
    }

    #[test]
    fn groups_are_compared_by_welch() {
        // 1, 3, 5: mean 3, variance 4, n 3. 0, 1, 2, 1: mean 1, variance 2/3, n 4.
        let groups = Difference::of_groups(&[1.0, 3.0, 5.0, f64::NAN], &[0.0, 1.0, 2.0, 1.0]).expect("two groups");
        // s₁²/n₁ = 4/3, s₂²/n₂ = 1/6: together 3/2; degrees (3/2)² / ((4/3)²/2 + (1/6)²/3) = 2.25/(8/9 + 1/108) = 2.25·108/97.
        assert!(close(groups.mean, 2.0) && close(groups.standard_error, 1.5_f64.sqrt()), "{groups:?}");
        assert!(close(groups.degrees, 2.25 * 108.0 / 97.0), "{groups:?}");
        assert_eq!(groups.count, 3);
        assert_eq!(Difference::of_groups(&[], &[1.0]), None);
        let two = judge(&[Difference::of_groups(&[1.0, 3.0], &[0.0, 1.0, 2.0])])[0].expect("two groups");
        assert_eq!(two.verdict, Verdict::TooFew);
    }

    #[test]
    fn the_correction_is_that_of_holm() {
        // Sorted 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1: 0.04, 0.06, 0.06, 0.04, and none below the one before: 0.06.
        let corrected = holm(&[Some(0.03), None, Some(0.01), Some(0.04), Some(0.02)]);
        let expected = [Some(0.06), None, Some(0.04), Some(0.06), Some(0.06)];
        for (found, expected) in corrected.iter().zip(expected) {
            assert!(found.is_some() == expected.is_some() && close(found.unwrap_or(0.0), expected.unwrap_or(0.0)), "{corrected:?}");
        }
        assert_eq!(holm(&[Some(0.7), Some(0.9)]), [Some(1.0), Some(1.0)]);
    }

    #[test]
    fn a_comparison_is_judged_with_all_that_stand_beside_it() {
        // d = 2, 3, 4: mean 3, standard error 1/√3, t = 3√3 = 5.196, p = 1 − √27/√29 = 0.0351.
        let lane = Difference::paired(&[2.0, 3.0, 4.0], &[0.0; 3]);
        let noise = Difference::paired(&[-1.0, 0.5, 1.0], &[0.0; 3]);
        assert_eq!(judge(&[lane])[0].expect("three pairs").verdict, Verdict::Higher);
        let both = judge(&[lane, None, noise]);
        let first = both[0].expect("three pairs");
        assert_eq!((first.verdict, first.among, both[1]), (Verdict::Noise, 2, None));
        assert!(close(first.p.expect("three pairs"), 2.0 * (1.0 - (27.0_f64 / 29.0).sqrt())), "{first:?}");
    }
}
