//! Seeded random vectors, shaped like weights or like a batch.
//!
//! Each member draws from its own stream, keyed by its seed, the step and the draw: a member draws
//! the same whether it trains alone or in a population, on the CPU or on a GPU.

use burn::tensor::{Tensor, TensorData};
use rand::RngExt;
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
    /// Draw number `draw` of a standard normal vector shaped like `w`.
    pub fn gaussian(&self, w: &Weights, draw: u64) -> Weights {
        self.like(w, draw, normal)
    }

    /// Draw number `draw` of a vector of signs ±1 shaped like `w`.
    pub fn rademacher(&self, w: &Weights, draw: u64) -> Weights {
        self.like(w, draw, normal).map(|l| l.value.clone().sign())
    }

    /// |standard normal|, one number per member and example, `[members, batch]`, of the type of `losses`.
    pub fn half_normal(&self, losses: &Tensor<2>) -> Tensor<2> {
        let [members, batch] = losses.dims();
        let mut values = Vec::with_capacity(members * batch);
        for member in 0..members {
            let mut stream = self.stream(member, 0);
            values.extend((0..batch).map(|_| normal(&mut stream).abs()));
        }
        Tensor::from_data(TensorData::new(values, [members, batch]), (&losses.device(), losses.dtype()))
    }

    fn stream(&self, member: usize, draw: u64) -> ChaCha8Rng {
        let (seed, step) = match self {
            Self::Seeded { seeds, step } => (seeds[member], *step),
            Self::Given(_) => (member as u64, 0),
        };
        let mut stream = ChaCha8Rng::seed_from_u64(seed);
        stream.set_stream(step.wrapping_mul(1 << 16).wrapping_add(draw));
        stream
    }

    fn like(&self, w: &Weights, draw: u64, sample: fn(&mut ChaCha8Rng) -> f32) -> Weights {
        if let Self::Given(vector) = self {
            return vector.clone();
        }
        let mut streams: Vec<_> = (0..w.members()).map(|member| self.stream(member, draw)).collect();
        w.map(|l| {
            let [members, rows, cols] = l.value.dims();
            let values: Vec<f32> = streams.iter_mut().flat_map(|stream| (0..rows * cols).map(|_| sample(stream))).collect();
            Tensor::from_data(TensorData::new(values, [members, rows, cols]), (&l.value.device(), l.value.dtype()))
        })
    }
}

/// A standard normal number, by Box and Muller's form.
fn normal(stream: &mut ChaCha8Rng) -> f32 {
    let (u, v): (f32, f32) = (1.0 - stream.random::<f32>(), stream.random());
    (-2.0 * u.ln()).sqrt() * (std::f32::consts::TAU * v).cos()
}
