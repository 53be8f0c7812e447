//! Seeded random vectors, shaped like weights or like a batch.
//!
//! Each member draws from its own stream, keyed by its seed, the purpose, the step and the draw: a member draws the same
//! whether it trains alone or in a population, on the CPU or on a GPU, and what is drawn for one thing says nothing of what
//! is drawn for another.

use basin_kernels::{self as kernels, Between, Metric, Stream, filled};
use burn::tensor::{Tensor, TensorData};

use super::weights::Weights;

/// What random numbers are drawn for. Each has streams of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Purpose {
    /// A method's step.
    Step = 1,
    /// A measurement of sharpness.
    Sharpness = 2,
    /// The step that an alignment is measured of.
    Alignment = 3,
    /// The axes of a plane through weight space.
    Plane = 4,
    /// The masks of dropout of a step.
    Dropout = 5,
}

/// How numbers are distributed; these have streams of their own, too.
#[derive(Clone, Copy)]
#[repr(u32)]
enum Kind {
    Normal = 1,
    Signs = 2,
    HalfNormal = 3,
    Uniform = 4,
}

/// Where the random draws of a step come from.
#[derive(Clone, Debug)]
pub enum Noise {
    /// Drawn from seeds.
    Seeded {
        /// One seed per member.
        seeds: Vec<u64>,
        /// What for.
        purpose: Purpose,
        /// The step.
        step: u64,
    },
    /// The same given vector for every draw; for checks against known numbers.
    Given(Weights),
}

impl Noise {
    /// Draw number `draw` of a standard normal vector shaped like `w`; on a leaf with a metric, what one on the leaf behind
    /// it is there.
    pub fn gaussian(&self, w: &Weights, draw: u64) -> Weights {
        let normal = self.like(w, draw, Kind::Normal, Stream::fill_normal);
        match self {
            Self::Given(_) => normal,
            Self::Seeded { .. } => normal.map(|leaf| match &leaf.metric {
                Some(metric) => kernels::product(metric.factor().clone(), leaf.value.clone()),
                None => leaf.value.clone(),
            }),
        }
    }

    /// The antithetic pair: w + r ξ of all members, and after them w − r ξ of all, with ξ as [`Self::gaussian`] draws it and
    /// r of each member, `[members, 1, 1]`.
    pub fn antithetic_pair(&self, w: &Weights, r: &Tensor<3>, draw: u64) -> Weights {
        if let Some(normals) = self.normals(w.members(), draw) {
            let between = w.leaves().iter().map(|leaf| Between { middle: &leaf.value, factor: leaf.metric.as_ref().map(Metric::factor) });
            if let Some(pair) = kernels::antithetic_pair(&between.collect::<Vec<_>>(), r, normals) {
                return w.with_values(pair);
            }
        }
        let away = self.gaussian(w, draw).scale(r);
        w.zip(&away, |w, away| Tensor::cat(vec![w.clone() + away.clone(), w - away], 0))
    }

    /// What fills in the next normal numbers of a member: those of draw number `draw`, leaf after leaf. None where the vector
    /// is given.
    pub fn normals(&self, members: usize, draw: u64) -> Option<impl FnMut(usize, &mut [f32])> {
        let Self::Seeded { .. } = self else { return None };
        let mut streams = self.streams(members, Kind::Normal, draw);
        Some(move |member: usize, values: &mut [f32]| streams[member].fill_normal(values))
    }

    /// Draw number `draw` of a vector of signs ±1 shaped like `w`.
    pub fn rademacher(&self, w: &Weights, draw: u64) -> Weights {
        match self {
            Self::Given(vector) => vector.map(|l| l.value.clone().sign()),
            Self::Seeded { .. } => self.like(w, draw, Kind::Signs, Stream::fill_signs),
        }
    }

    /// Draw number `draw` of numbers between −1 and 1, shaped like `x`, `[members, rows, cols]`, whatever vector is given.
    pub fn uniform(&self, x: &Tensor<3>, draw: u64) -> Tensor<3> {
        filled(&mut self.streams(x.dims()[0], Kind::Uniform, draw), Stream::fill_uniform, x)
    }

    /// The same, standard normal.
    pub fn normal(&self, x: &Tensor<3>, draw: u64) -> Tensor<3> {
        filled(&mut self.streams(x.dims()[0], Kind::Normal, draw), Stream::fill_normal, x)
    }

    /// |standard normal|, one number per member and example, `[members, batch]`, of the type of `losses`.
    pub fn half_normal(&self, losses: &Tensor<2>) -> Tensor<2> {
        let [members, batch] = losses.dims();
        let mut values = vec![0.0; members * batch];
        for (member, own) in values.chunks_mut(batch).enumerate() {
            self.stream(member, Kind::HalfNormal, 0).fill_normal(own);
            for value in own {
                *value = value.abs();
            }
        }
        Tensor::from_data(TensorData::new(values, [members, batch]), (&losses.device(), losses.dtype()))
    }

    fn stream(&self, member: usize, kind: Kind, draw: u64) -> Stream {
        match self {
            Self::Seeded { seeds, purpose, step } => stream(seeds[member], *purpose, kind, *step, draw),
            Self::Given(_) => stream(member as u64, Purpose::Step, kind, 0, draw),
        }
    }

    fn like(&self, w: &Weights, draw: u64, kind: Kind, fill: fn(&mut Stream, &mut [f32])) -> Weights {
        if let Self::Given(vector) = self {
            return vector.clone();
        }
        let mut streams = self.streams(w.members(), kind, draw);
        w.map(|l| filled(&mut streams, fill, &l.value))
    }

    /// One for each member.
    fn streams(&self, members: usize, kind: Kind, draw: u64) -> Vec<Stream> {
        (0..members).map(|member| self.stream(member, kind, draw)).collect()
    }
}

/// Every part has a place of its own in the key, so no two draws share one; and its third word is none of a key that holds a
/// seed alone (`basin_train::random`).
fn stream(seed: u64, purpose: Purpose, kind: Kind, step: u64, draw: u64) -> Stream {
    let what_for = u64::from(purpose as u32) << 32 | u64::from(kind as u32);
    Stream::keyed([seed, step, what_for, draw])
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// The first numbers of streams that differ in one thing: 2 seeds, 5 purposes, 4 kinds, and steps and draws that once
    /// shared a word.
    #[test]
    fn no_two_things_draw_from_one_stream() {
        let mut firsts = HashSet::new();
        for seed in [7, 8] {
            for purpose in [Purpose::Step, Purpose::Sharpness, Purpose::Alignment, Purpose::Plane, Purpose::Dropout] {
                for kind in [Kind::Normal, Kind::Signs, Kind::HalfNormal, Kind::Uniform] {
                    for step in [0, 1, 1 << 48, u64::MAX] {
                        for draw in [0, 1, 1 << 16] {
                            let mut numbers = [0.0; 4];
                            stream(seed, purpose, kind, step, draw).fill_normal(&mut numbers);
                            assert!(firsts.insert(numbers.map(f32::to_bits)), "{seed} {purpose:?} {} {step} {draw}", kind as u32);
                        }
                    }
                }
            }
        }
        assert_eq!(firsts.len(), 2 * 5 * 4 * 4 * 3);
    }
}
