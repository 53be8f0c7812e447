//! Minimisers, and the path along them that theory predicts.
//!
//! Along the surface r = 0, in τ: dw/dτ = −½ P ∇S with P the projection onto the surface and S = λ₁ (full batch) or Tr H (one
//! example). That is the limit η → 0. At a finite rate (ours) the climb ends not ρ from the minimisers but κ½ ρ, because each
//! step begins η ρ λ/(2 − η λ) beside them: the speed is κ = (2/(2 − η λ))² times as large, with λ = λ₁, or, for each example
//! by itself, with its own ‖∂r_i/∂w‖².

use super::problem::{Problem, add, dot, gradient, norm};
use super::spectrum::{Curvature, largest_eigenvalue};

/// Length of second differences.
const H: f64 = 1e-3;

/// What the steps lower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lowers {
    /// The largest eigenvalue: SAM with the whole batch.
    Largest,
    /// The trace of the Hessian: SAM with one example a step.
    Trace,
}

/// A point on its way along the minimisers.
pub struct Flow {
    problem: &'static dyn Problem,
    lowers: Lowers,
    rate: f64,
    w: Vec<f64>,
    v1: Vec<f64>,
    tau: f64,
}

impl Flow {
    /// Begins at the minimiser `w`; `rate` is η, 0 for the limit.
    pub fn new(problem: &'static dyn Problem, w: Vec<f64>, lowers: Lowers, rate: f64) -> Self {
        let v1 = slopes(problem, &w).1.swap_remove(0);
        Self { problem, lowers, rate, v1, w, tau: 0.0 }
    }

    /// A step of Heun's method over `by` of τ, and back onto the minimisers; how many gradients that took.
    pub fn advance(&mut self, by: f64) -> usize {
        let start = self.w.clone();
        let (first, cost) = self.velocity();
        add(&mut self.w, by, &first);
        let (second, more) = self.velocity();
        self.w.copy_from_slice(&start);
        add(&mut self.w, 0.5 * by, &first);
        add(&mut self.w, 0.5 * by, &second);
        project(self.problem, &mut self.w);
        self.tau += by;
        cost + more
    }

    /// Where it is.
    pub fn weights(&self) -> &[f64] {
        &self.w
    }

    /// When.
    pub fn tau(&self) -> f64 {
        self.tau
    }

    /// λ₁ there and its direction.
    pub fn curvature(&self) -> Curvature {
        largest_eigenvalue(self.problem, &self.w, &self.v1)
    }

    fn kappa(&self, lambda: f64) -> f64 {
        (2.0 / (2.0 - self.rate * lambda)).powi(2)
    }

    /// dw/dτ, and how many gradients it took.
    fn velocity(&mut self) -> (Vec<f64>, usize) {
        let mut gradients = 4;
        let (_, slopes) = slopes(self.problem, &self.w);
        let mut velocity = vec![0.0; self.w.len()];
        match self.lowers {
            Lowers::Largest => {
                let Curvature { value, direction, cost } = self.curvature();
                gradients += cost;
                add(&mut velocity, -0.5 * self.kappa(value), &third(self.problem, None, &self.w, &direction));
                self.v1 = direction;
            }
            Lowers::Trace => {
                let share = 1.0 / slopes.len() as f64;
                for (example, slope) in slopes.iter().enumerate() {
                    // ½ r² has one eigenvalue here, the square of the slope's length, along the slope.
                    let length = norm(slope);
                    let direction: Vec<f64> = slope.iter().map(|s| s / length).collect();
                    let change = third(self.problem, Some(example), &self.w, &direction);
                    add(&mut velocity, -0.5 * share * self.kappa(length * length), &change);
                }
            }
        }
        let beside = least(&slopes, &slopes.iter().map(|slope| dot(slope, &velocity)).collect::<Vec<_>>());
        add(&mut velocity, -1.0, &beside);
        (velocity, gradients)
    }
}

/// ∇(vᵀ ∇²l v) at `w`: how the curvature along `v` changes, of the whole loss or of one example's.
fn third(problem: &dyn Problem, example: Option<usize>, w: &[f64], v: &[f64]) -> Vec<f64> {
    let mut slope = vec![0.0; w.len()];
    let mut at = |times: f64| {
        let (mut place, mut into) = (w.to_vec(), vec![0.0; w.len()]);
        add(&mut place, times * H, v);
        match example {
            None => gradient(problem, &place, &mut slope, &mut into),
            Some(example) => {
                let residual = problem.residual(example, &place, &mut slope);
                add(&mut into, residual, &slope);
            }
        }
        into
    };
    let (mut sum, here) = (at(1.0), at(0.0));
    add(&mut sum, 1.0, &at(-1.0));
    add(&mut sum, -2.0, &here);
    for number in &mut sum {
        *number /= H * H;
    }
    sum
}

/// Residuals and their slopes.
fn slopes(problem: &dyn Problem, w: &[f64]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let of = |example| {
        let mut slope = vec![0.0; w.len()];
        (problem.residual(example, w, &mut slope), slope)
    };
    (0..problem.examples()).map(of).unzip()
}

/// The shortest vector whose product with each of `rows` is that of `wanted`: rowsᵀ (rows rowsᵀ)⁻¹ wanted, by elimination with
/// pivots.
fn least(rows: &[Vec<f64>], wanted: &[f64]) -> Vec<f64> {
    let n = rows.len();
    let mut table: Vec<Vec<f64>> =
        rows.iter().zip(wanted).map(|(row, wanted)| rows.iter().map(|other| dot(row, other)).chain([*wanted]).collect()).collect();
    for column in 0..n {
        let pivot = (column..n).max_by(|a, b| table[*a][column].abs().total_cmp(&table[*b][column].abs())).unwrap_or(column);
        table.swap(column, pivot);
        let top = table[column].clone();
        for (row, numbers) in table.iter_mut().enumerate() {
            if row != column {
                let times = numbers[column] / top[column];
                add(numbers, -times, &top);
            }
        }
    }
    let mut sum = vec![0.0; rows[0].len()];
    for (i, row) in rows.iter().enumerate() {
        add(&mut sum, table[i][n] / table[i][i], row);
    }
    sum
}

/// Onto the minimisers by the shortest way, as far as f64 goes: Newton's steps on r = 0.
fn project(problem: &dyn Problem, w: &mut [f64]) {
    for _ in 0..50 {
        let (residuals, slopes) = slopes(problem, w);
        if norm(&residuals) < 1e-14 {
            break;
        }
        add(w, -1.0, &least(&slopes, &residuals));
    }
}

/// Where plain gradient descent with a small rate comes to from `w`: `steps` of it, then onto the minimisers. None where it is
/// not near any.
pub fn settle(problem: &dyn Problem, w: &[f64], rate: f64, steps: usize) -> Option<Vec<f64>> {
    let (mut w, mut slope, mut g) = (w.to_vec(), vec![0.0; w.len()], vec![0.0; w.len()]);
    for _ in 0..steps {
        gradient(problem, &w, &mut slope, &mut g);
        add(&mut w, -rate, &g);
    }
    project(problem, &mut w);
    let left = norm(&slopes(problem, &w).0);
    (left < 1e-9).then_some(w)
}
