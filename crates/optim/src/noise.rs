//! Seeded random vectors, shaped like weights or like a batch.
//!
//! Each member draws from its own stream, keyed by its seed, the step and the draw: a member draws
//! the same whether it trains alone or in a population, on the CPU or on a GPU.

use basin_kernels::{Between, Stream, antithetic_pair};
use burn::tensor::{Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::weights::Weights;

/// Where the random draws of a step come from.
#[derive(Clone, Debug)]
pub enum Noise {
    /// Drawn from seeds.
    Seeded {
        /// One seed per member.
        seeds: Vec<u64>,
        /// The step.
        step: u64,
    },
    /// The same given vector for every draw; for checks against known numbers.
    Given(Weights),
}

impl Noise {
    /// Draw number `draw` of a standard normal vector shaped like `w`; in a frame, what one on the rows is there.
    pub fn gaussian(&self, w: &Weights, draw: u64) -> Weights {
        let normal = self.like(w, draw, Stream::fill_normal);
        match (self, w.frame()) {
            (Self::Seeded { .. }, Some(frame)) => frame.noise(&normal),
            _ => normal,
        }
    }

    /// w + r ξ of all members, and after them w − r ξ of all: ξ as [`Self::gaussian`] draws it, and r of each member,
    /// `[members, 1, 1]`.
    pub fn both_sides(&self, w: &Weights, r: &Tensor<3>, draw: u64) -> Weights {
        if let Some(normals) = self.normals(w.members(), draw) {
            let between = w.leaves().iter().map(|leaf| Between { middle: &leaf.value, factor: w.noise_factor(leaf.role) });
            if let Some(sides) = antithetic_pair(&between.collect::<Vec<_>>(), r, normals) {
                return w.with_values(sides);
            }
        }
        let away = self.gaussian(w, draw).scale(r);
        w.zip(&away, |w, away| Tensor::cat(vec![w.clone() + away.clone(), w - away], 0))
    }

    /// What fills in the next normal numbers of a member: those of draw number `draw`, leaf after leaf. None where the vector
    /// is given.
    pub fn normals(&self, members: usize, draw: u64) -> Option<impl FnMut(usize, &mut [f32])> {
        let Self::Seeded { .. } = self else { return None };
        let mut streams = self.streams(members, draw);
        Some(move |member: usize, values: &mut [f32]| streams[member].fill_normal(values))
    }

    /// Draw number `draw` of a vector of signs ±1 shaped like `w`.
    pub fn rademacher(&self, w: &Weights, draw: u64) -> Weights {
        match self {
            Self::Given(vector) => vector.map(|l| l.value.clone().sign()),
            Self::Seeded { .. } => self.like(w, draw, Stream::fill_signs),
        }
    }

    /// |standard normal|, one number per member and example, `[members, batch]`, of the type of `losses`.
    pub fn half_normal(&self, losses: &Tensor<2>) -> Tensor<2> {
        let [members, batch] = losses.dims();
        let mut values = vec![0.0; members * batch];
        for (member, own) in values.chunks_mut(batch).enumerate() {
            self.stream(member, 0).fill_normal(own);
            for value in own {
                *value = value.abs();
            }
        }
        Tensor::from_data(TensorData::new(values, [members, batch]), (&losses.device(), losses.dtype()))
    }

    /// Keyed through `ChaCha8`, whose streams are independent by design.
    fn stream(&self, member: usize, draw: u64) -> Stream {
        let (seed, step) = match self {
            Self::Seeded { seeds, step } => (seeds[member], *step),
            Self::Given(_) => (member as u64, 0),
        };
        let mut key = ChaCha8Rng::seed_from_u64(seed);
        key.set_stream(step.wrapping_mul(1 << 16).wrapping_add(draw));
        Stream::new(&mut key)
    }

    fn streams(&self, members: usize, draw: u64) -> Vec<Stream> {
        (0..members).map(|member| self.stream(member, draw)).collect()
    }

    fn like(&self, w: &Weights, draw: u64, fill: fn(&mut Stream, &mut [f32])) -> Weights {
        if let Self::Given(vector) = self {
            return vector.clone();
        }
        let mut streams = self.streams(w.members(), draw);
        w.map(|l| {
            let [members, rows, cols] = l.value.dims();
            let mut values = vec![0.0; members * rows * cols];
            for (stream, own) in streams.iter_mut().zip(values.chunks_mut(rows * cols)) {
                fill(stream, own);
            }
            Tensor::from_data(TensorData::new(values, [members, rows, cols]), (&l.value.device(), l.value.dtype()))
        })
    }
}
