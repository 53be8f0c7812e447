//! A loss that is a mean of squares: L = (1/n) Σ ½ r_i², so that its minimisers, r = 0, are a surface wherever there are more
//! weights than examples.

/// Residuals of examples at weights.
pub trait Problem {
    /// How many weights there are.
    fn weights(&self) -> usize;

    /// How many examples there are.
    fn examples(&self) -> usize;

    /// r_i at `w`; its slope ∂r_i/∂w is written into `slope`, which has as many numbers as there are weights.
    fn residual(&self, example: usize, w: &[f64], slope: &mut [f64]) -> f64;
}

/// L(w). `slope` is room to work in.
pub fn loss(problem: &dyn Problem, w: &[f64], slope: &mut [f64]) -> f64 {
    let squares = (0..problem.examples()).map(|example| problem.residual(example, w, slope).powi(2));
    squares.sum::<f64>() / (2.0 * problem.examples() as f64)
}

/// ∇L(w), written into `into`. `slope` is room to work in.
pub(super) fn gradient(problem: &dyn Problem, w: &[f64], slope: &mut [f64], into: &mut [f64]) {
    into.fill(0.0);
    let share = 1.0 / problem.examples() as f64;
    for example in 0..problem.examples() {
        let residual = problem.residual(example, w, slope);
        add(into, share * residual, slope);
    }
}

/// `to` += `times` · `what`.
pub(super) fn add(to: &mut [f64], times: f64, what: &[f64]) {
    for (to, what) in to.iter_mut().zip(what) {
        *to += times * what;
    }
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

pub(super) fn norm(v: &[f64]) -> f64 {
    dot(v, v).sqrt()
}
