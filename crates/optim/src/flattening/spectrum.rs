//! What the Hessian says at some weights. Its products are differences of gradients, good to about nine digits in f64.

use super::problem::{Problem, add, dot, gradient, loss, norm};

/// Length of the difference.
const H: f64 = 1e-4;
/// Power iterations at most; each is two gradients.
const ITERATIONS: usize = 400;
/// The change of the direction at which it stands.
const STANDS: f64 = 1e-7;

/// Steps of the search for the worst rise; each lands where the gradient points from there.
const RISES: usize = 10;

/// An eigenpair of the Hessian.
#[derive(Clone, Debug, PartialEq)]
pub struct Curvature {
    /// The eigenvalue.
    pub value: f64,
    /// Its direction, of length 1.
    pub direction: Vec<f64>,
    /// Gradients that it took.
    pub cost: usize,
}

/// H v at `w`, written into `into`.
fn product(problem: &dyn Problem, w: &[f64], v: &[f64], into: &mut [f64]) {
    let mut room = [0; 3].map(|_| vec![0.0; w.len()]);
    let [at, slope, below] = &mut room;
    at.copy_from_slice(w);
    add(at, H, v);
    gradient(problem, at, slope, into);
    at.copy_from_slice(w);
    add(at, -H, v);
    gradient(problem, at, slope, below);
    into.iter_mut().zip(below).for_each(|(above, below)| *above = (*above - *below) / (2.0 * H));
}

/// λ₁ and its direction, by power iteration from `from`, which is no zero vector; the direction found last is a good one.
pub fn largest_eigenvalue(problem: &dyn Problem, w: &[f64], from: &[f64]) -> Curvature {
    let length = norm(from);
    let mut direction: Vec<f64> = from.iter().map(|v| v / length).collect();
    let mut image = vec![0.0; w.len()];
    let (mut value, mut cost) = (0.0, 0);
    for _ in 0..ITERATIONS {
        cost += 2;
        product(problem, w, &direction, &mut image);
        value = dot(&direction, &image);
        let length = norm(&image);
        if length == 0.0 {
            break;
        }
        let moved = direction.iter().zip(&image).map(|(v, image)| (v - image / length).powi(2)).sum::<f64>().sqrt();
        direction.iter_mut().zip(&image).for_each(|(v, image)| *v = image / length);
        if moved < STANDS {
            break;
        }
    }
    Curvature { value, direction, cost }
}

/// Tr H at `w`, a product for each weight.
pub fn trace(problem: &dyn Problem, w: &[f64]) -> f64 {
    let (mut axis, mut image) = (vec![0.0; w.len()], vec![0.0; w.len()]);
    let mut sum = 0.0;
    for i in 0..w.len() {
        axis[i] = 1.0;
        product(problem, w, &axis, &mut image);
        sum += image[i];
        axis[i] = 0.0;
    }
    sum
}

/// The largest L(w + ε) − L(w) with ‖ε‖ = ρ: from v₁ and from −v₁, ε ← ρ ∇L(w+ε)/‖∇L(w+ε)‖ ten times.
pub fn worst_rise(problem: &dyn Problem, w: &[f64], rho: f64, v1: &[f64]) -> f64 {
    let (mut up, mut slope, mut g) = (w.to_vec(), vec![0.0; w.len()], vec![0.0; w.len()]);
    let here = loss(problem, w, &mut slope);
    let mut from = |sign: f64| {
        up.copy_from_slice(w);
        add(&mut up, sign * rho, v1);
        for _ in 0..RISES {
            gradient(problem, &up, &mut slope, &mut g);
            let length = norm(&g);
            up.copy_from_slice(w);
            add(&mut up, rho / length, &g);
        }
        loss(problem, &up, &mut slope) - here
    };
    from(1.0).max(from(-1.0))
}
