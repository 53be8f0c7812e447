//! The toy: L = ½ F₁(a) c² + ½ F₂(a) d², F₁ = 10 + (a − 1)², F₂ = 1 + (a + 1)².
//!
//! Its minimisers are the line c = d = 0, the floor of a valley whose walls are steeper or less steep along it. There the
//! Hessian has the eigenvalues 0, F₂ and F₁, so that λ₁ = F₁ is smallest at a = 1, Tr H = F₁ + F₂ at a = 0 and λ_M = F₂ at
//! a = −1: three sharpnesses, three places. As two examples, ½ r₁² = F₁ c² and ½ r₂² = F₂ d². The toy is ours.

use super::problem::Problem;

/// The valley; its weights are `[a, c, d]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Valley;

impl Valley {
    /// Where the dots start unless they are put elsewhere.
    pub const START: [f64; 3] = [-0.5, 0.3, 0.4];

    /// λ₁ on the floor at `a`.
    pub fn largest(a: f64) -> f64 {
        10.0 + (a - 1.0).powi(2)
    }

    /// λ_M on the floor at `a`, the smallest eigenvalue that is not 0.
    pub fn smallest(a: f64) -> f64 {
        1.0 + (a + 1.0).powi(2)
    }

    /// Tr H on the floor at `a`.
    pub fn trace(a: f64) -> f64 {
        Self::largest(a) + Self::smallest(a)
    }
}

impl Problem for Valley {
    fn weights(&self) -> usize {
        3
    }

    fn examples(&self) -> usize {
        2
    }

    fn residual(&self, example: usize, w: &[f64], slope: &mut [f64]) -> f64 {
        // r = √(2F) · c for the first example, with d for the second; √F falls or rises by F′/(2√F), F′ = 2(a ∓ 1).
        let (curvature, from, across) =
            if example == 0 { (Self::largest(w[0]), w[0] - 1.0, w[1]) } else { (Self::smallest(w[0]), w[0] + 1.0, w[2]) };
        let root = (2.0 * curvature).sqrt();
        slope.fill(0.0);
        slope[0] = 2.0 * from * across / root;
        slope[1 + example] = root;
        root * across
    }
}
