//! The little statistics of the picture: a spread over seeds and a difference with its verdict.
//!
//! Members of all lanes with the same index start from the same weights and see the same batches,
//! so lanes are compared member by member. A diverged member is NaN and is left out.

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

/// A mean difference: of two lanes member by member, or of two groups.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// Mean of `lane − reference`, or mean of one group − mean of the other.
    pub mean: f64,
    /// Standard error of that mean; 0 for a single pair.
    pub standard_error: f64,
    /// Pairs in which both members are finite, or finite values in the smaller group.
    pub count: usize,
}

/// What a difference says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Fewer than two pairs: noise cannot be told from a difference.
    TooFew,
    /// Every pair is equal to the last bit.
    Identical,
    /// |d| < 2 standard errors.
    Noise,
    /// At least 2 standard errors above the reference.
    Higher,
    /// At least 2 standard errors below the reference.
    Lower,
}

impl Paired {
    /// The paired difference `lane − reference`; `None` without a finite pair.
    pub fn of(lane: &[f64], reference: &[f64]) -> Option<Self> {
        let differences: Vec<f64> = lane.iter().zip(reference).map(|(a, b)| a - b).collect();
        let spread = Spread::of(&differences)?;
        Some(Self { mean: spread.mean, standard_error: spread.sd / (spread.count as f64).sqrt(), count: spread.count })
    }

    /// The difference of the means of two groups that have nothing to do with each other, with standard error
    /// √(s₁²/n₁ + s₂²/n₂); `None` if one has no finite value.
    pub fn of_groups(group: &[f64], rest: &[f64]) -> Option<Self> {
        let (a, b) = (Spread::of(group)?, Spread::of(rest)?);
        let standard_error = (a.sd * a.sd / a.count as f64 + b.sd * b.sd / b.count as f64).sqrt();
        Some(Self { mean: a.mean - b.mean, standard_error, count: a.count.min(b.count) })
    }

    /// The verdict at two standard errors.
    pub fn verdict(&self) -> Verdict {
        if self.count < 2 {
            Verdict::TooFew
        } else if self.mean == 0.0 && self.standard_error == 0.0 {
            Verdict::Identical
        } else if self.mean.abs() < 2.0 * self.standard_error {
            Verdict::Noise
        } else if self.mean > 0.0 {
            Verdict::Higher
        } else {
            Verdict::Lower
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
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
        let paired = Paired::of(&[2.0, 5.0, 8.0, f64::NAN], &[1.0, 2.0, 6.0, 9.0]).expect("three pairs");
        assert!(close(paired.mean, 2.0) && close(paired.standard_error, 1.0 / 3.0_f64.sqrt()), "{paired:?}");
        assert_eq!((paired.count, paired.verdict()), (3, Verdict::Higher));
    }

    #[test]
    fn groups_are_not_paired() {
        // 1, 3: mean 2, variance 2, n 2. 0, 1, 2: mean 1, variance 1, n 3. Standard error √(2/2 + 1/3) = √(4/3).
        let difference = Paired::of_groups(&[1.0, 3.0, f64::NAN], &[0.0, 1.0, 2.0]).expect("two groups");
        assert!(close(difference.mean, 1.0) && close(difference.standard_error, (4.0_f64 / 3.0).sqrt()), "{difference:?}");
        assert_eq!((difference.count, difference.verdict()), (2, Verdict::Noise));
        assert_eq!(Paired::of_groups(&[], &[1.0]), None);
    }

    #[test]
    fn a_small_difference_is_noise() {
        // d = −1, 3: mean 1, sd √8, standard error 2.
        assert_eq!(Paired::of(&[0.0, 4.0], &[1.0, 1.0]).expect("two pairs").verdict(), Verdict::Noise);
        // d = −1, −1: no spread at all.
        assert_eq!(Paired::of(&[0.0, 0.0], &[1.0, 1.0]).expect("two pairs").verdict(), Verdict::Lower);
        assert_eq!(Paired::of(&[1.0, 2.0], &[1.0, 2.0]).expect("two pairs").verdict(), Verdict::Identical);
        assert_eq!(Paired::of(&[1.0], &[0.0]).expect("one pair").verdict(), Verdict::TooFew);
    }
}
