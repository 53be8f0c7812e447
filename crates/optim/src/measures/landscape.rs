//! Planes through weight space: what a picture of the loss is a slice of.
//!
//! A plane has an origin and two orthonormal axes, so that coordinates are distances between weights. Its
//! points are members of a population: a grid of the loss is a few forward passes.

use burn::tensor::{Tensor, TensorData};

use crate::population::{Noise, Role, Weights, rho_over_norm, unit};

/// A plane through the weights of one member.
#[derive(Clone, Debug)]
pub struct Plane {
    origin: Weights,
    axes: [Weights; 2],
}

impl Plane {
    /// Through three points, one member each: from `a` towards `b`, and across it towards `c`. Where the points lie
    /// on one line, or are one, an axis has no length and the picture is constant along it.
    pub fn through(a: &Weights, b: &Weights, c: &Weights) -> Self {
        Self::spanned(a.clone(), &b.add_times(a, -1.0), &c.add_times(a, -1.0))
    }

    /// Through `origin` along two random directions, each column of which is as long as that column of the
    /// weights. Source: Li et al. 2018, arXiv:1712.09913, filter normalisation; biases stay out of it.
    pub fn random(origin: &Weights, noise: &Noise) -> Self {
        let direction = |draw| {
            let random = noise.gaussian(origin, draw);
            let mut leaves = origin.leaves().iter();
            random.map(|d| {
                let w = leaves.next().expect("both come from one model");
                // A column feeds one unit of the next layer; a row of an embedding is what belongs to one token.
                let along = match d.role {
                    Role::Embedding => 2,
                    Role::Matrix => 1,
                    Role::Bias => return d.value.zeros_like(),
                };
                let length = |t: &Tensor<3>| t.clone().square().sum_dim(along).sqrt();
                d.value.clone() * rho_over_norm(&length(&w.value), &length(&d.value))
            })
        };
        Self::spanned(origin.clone(), &direction(0), &direction(1))
    }

    /// Gram and Schmidt.
    fn spanned(origin: Weights, u: &Weights, v: &Weights) -> Self {
        let x = unit(u);
        // Twice: what is left of a vector nearly along x is mostly rounding after the first time.
        let mut across = v.clone();
        for _ in 0..2 {
            across = across.add_scaled(&x, &across.dot(&x).neg());
        }
        let length = across.norm();
        let length = length.clone().mask_fill(length.clone().lower_equal(v.norm().mul_scalar(1e-5)), 0.0);
        let y = across.scale(&rho_over_norm(&length.ones_like(), &length));
        Self { origin, axes: [x, y] }
    }

    /// The weights at `[x, y]` for each of `points`, one member each.
    pub fn points(&self, points: &[[f64; 2]]) -> Weights {
        let device = self.origin.leaves()[0].value.device();
        let kind = self.origin.leaves()[0].value.dtype();
        let [x, y] = [0, 1].map(|axis| {
            let along: Vec<f64> = points.iter().map(|point| point[axis]).collect();
            Tensor::<3>::from_data(TensorData::new(along, [points.len(), 1, 1]), (&device, kind))
        });
        // One member broadcasts against the factors of all.
        self.origin.add_scaled(&self.axes[0], &x).add_scaled(&self.axes[1], &y)
    }

    /// Where `w` lies: x, y and its distance from the origin, `[members]` each.
    pub fn coordinates(&self, w: &Weights) -> [Tensor<1>; 3] {
        let from_origin = w.zip(&self.origin, |w, o| w - o);
        let along = |axis: &Weights| from_origin.dot(axis).reshape([-1]);
        [along(&self.axes[0]), along(&self.axes[1]), from_origin.norm().reshape([-1])]
    }

    /// The same plane as `see`, a linear map of weights, shows it.
    #[must_use]
    pub fn map(&self, see: impl Fn(&Weights) -> Weights) -> Self {
        Self { origin: see(&self.origin), axes: self.axes.each_ref().map(see) }
    }
}
